"""Which lines of text in a drawing are one label, and what may a label say?

The renderer breaks a long label between words, and each line comes back as a text of
its own. Lines are one label again only where they stand in one place and where every
break falls between two words of what the label may say. Two neighbours 10 and 9 are
never 109.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate

from pipeline.inspection.readback.axes import Label
from pipeline.inspection.readback.words import compact
from pipeline.report.views import ChartData

_LONGEST = 8  # lines that one label may take
# From line to line of one label, in type sizes: letters with accents or tails move a
# line. Labels of their own that stand below each other are 1.18 sizes apart or more,
# see `text_height` in pipeline/report/charts/sheet.py.
_LINE = (0.8, 1.15)
# points: the renderer estimates the width of a line, so the edges of two lines differ a
# little
_EDGE = 0.9


class ChartTexts:
    """What may stand in the drawing of a chart.

    `values` counts how often each value may still stand there; `free` are names, units,
    years and counts of states, which may stand there any number of times. Both are
    without spaces, as texts of a page are compared.
    """

    def __init__(self, data: ChartData) -> None:
        values = _value_texts(data)
        free = _free_texts(data)
        self.values = Counter(map(compact, values))
        self.free = set(map(compact, free)) - {""}
        self._value_breaks, self._free_breaks = _breaks(values), _breaks(free)

    def next_label(self, labels: Sequence[Label]) -> tuple[str, int]:
        """The text of the first label, and of how many lines it is: as many as make a
        label that is known.
        """
        most = 1
        while most < min(_LONGEST, len(labels)) and _is_below(labels[most - 1], labels[most]):
            most += 1
        for count in range(most, 0, -1):
            lines = [label.text for label in labels[:count]]
            if self._is_label(lines):
                return "".join(lines), count
        return labels[0].text, 1

    def _is_label(self, lines: list[str]) -> bool:
        text = "".join(lines)
        cuts = set(accumulate(len(line) for line in lines[:-1]))
        free = text in self.free and any(cuts <= known for known in self._free_breaks[text])
        return free or (
            self.values[text] > 0 and any(cuts <= known for known in self._value_breaks[text])
        )


def _is_below(upper: Label, lower: Label) -> bool:
    """Whether a line stands directly under another one, as the next line of the same
    label.
    """
    edges = (
        lower.x - upper.x,
        lower.right - upper.right,
        (lower.x + lower.right - upper.x - upper.right) / 2,
    )
    low, high = (part * upper.size for part in _LINE)
    return (
        upper.size == lower.size
        and low <= upper.y - lower.y <= high
        and min(map(abs, edges)) <= _EDGE
    )


def _breaks(texts: Iterable[str]) -> dict[str, list[set[int]]]:
    """By text without spaces: where its words end, for each way to write it."""
    found: dict[str, list[set[int]]] = {}
    for text in texts:
        words = [compact(word) for word in text.split(" ")]
        found.setdefault(compact(text), []).append(set(accumulate(map(len, words))))
    return found


def _value_texts(data: ChartData) -> list[str]:
    """The text of each value, once for each of its points, and beside the name of its
    line.
    """
    texts: list[str] = []
    for series in data.series:
        for point in series.points:
            text = point.text
            if data.kind in ("bar", "grouped_bar", "pyramid"):
                notes = [
                    n for n in (point.coverage, "break" if point.status == "break" else "") if n
                ]
                text = f"{point.text} ({', '.join(notes)})" if notes else text
            elif data.kind == "dumbbell" and point.status == "break":
                text += " (break)"
            elif data.kind == "of_ten":
                text = f"{point.x} {point.text}"
            elif data.kind == "heat" and point.status == "partial":
                text += "*"
            texts.append(text)
        if series.points and data.kind == "line":
            for end in (series.points[0], series.points[-1]):
                texts += [f"{series.label}  {end.text}", f"{end.text}  {series.label}"]
    return texts


def _free_texts(data: ChartData) -> set[str]:
    points = [(s.label, p) for s in data.series for p in s.points]
    texts = {data.unit, data.title, data.x_title, *data.labels.values(), *(p.x for _, p in points)}
    texts |= (
        {s.label for s in data.series}
        | {p.coverage for _, p in points}
        | {f"{s} {p.coverage}" for s, p in points}
    )
    texts |= {f"{s} {p.text}" for s, p in points if p.value is None} | {
        p.text for _, p in points if p.value is None
    }
    texts |= {*data.words, *(f"{p.text} {data.gap}" for _, p in points if data.gap)}
    if data.kind == "of_ten":
        texts |= {f"{p.coverage or 'all'} states" for _, p in points}
    if data.kind == "dumbbell":
        told = [[p for p in (s.points[0], s.points[-1]) if p.value is None] for s in data.series]
        texts |= {", ".join(f"{data.labels.get(p.x, p.x)} {p.text}" for p in row) for row in told}
    kinds = {p.text for _, p in points if p.value is None}
    return texts | {f"{n} × {kind}" for kind in kinds for n in range(2, len(data.series) + 1)}
