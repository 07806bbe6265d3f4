"""What does a chart tell beside the released values? Its texts, its alternative text,
and what its marks measure.

The renderer's list says which key stands behind each point; the values come from the
register. The drawing is then read back: `pipeline.inspection.readback.measure` turns
marks into values, and each mark must be one of the points, each point one mark.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from pipeline.inspection.readback.axes import Label, labels_of, read_axes
from pipeline.inspection.readback.labels import ChartTexts
from pipeline.inspection.readback.measure import measure
from pipeline.inspection.readback.outline import Block
from pipeline.inspection.readback.report import NUMERAL, ScanReport
from pipeline.inspection.readback.values import Register
from pipeline.inspection.readback.words import compact
from pipeline.report.exhibits.described import describe
from pipeline.report.ledger import LedgerEntry, charts_of
from pipeline.report.views import ChartData, Point, Series

_OF = re.compile(r"(\d+)of(\d+)")


class ChartCheck:
    """Compares the drawn charts with the noted ones, in their order."""

    def __init__(self, file: str, register: Register, *, shown: Sequence[LedgerEntry]) -> None:
        self.file, self.register = file, register
        self.charts = charts_of(shown)
        self.report = ScanReport()

    def check(self, figures: list[Block]) -> None:
        if len(figures) != len(self.charts):
            self.report.add(
                self.file,
                f"{len(figures)} drawings, {len(self.charts)} charts were noted",
                "a drawing has no keys",
            )
        for block, noted in zip(figures, self.charts, strict=False):
            where = f"{self.file}, page {block.page}, chart {noted.id}"
            data = self.released(noted.data, where)
            if compact(block.alt) != compact(describe(data)):
                self.report.add(
                    where, f"the alternative text '{block.alt}'", f"released is '{describe(data)}'"
                )
            self.report.counts["alternative text"] += len(re.findall(NUMERAL, block.alt))
            labels = labels_of(block)
            painted = [p for p in block.paths if p.fill is not None or p.stroke is not None]
            axes = read_axes(data, painted, labels=labels)
            self.scales(where, axes.taken)
            self._texts(where, data, labels=[t for t in labels if t not in axes.taken])
            for what, why in measure(data, block.paths, axes=axes, counts=self.report.counts):
                self.report.add(where, what, why)
        for block in figures[len(self.charts) :]:
            for label in labels_of(block):
                if re.search(r"\d", label.text):
                    where = f"{self.file}, page {block.page}, drawing"
                    self.report.add(where, f"'{label.text}'", "a drawing has no keys")

    def released(self, noted: ChartData, where: str) -> ChartData:
        """The chart as the released values make it."""
        series = []
        for line in noted.series:
            points = tuple(self._point(p, where) for p in line.points)
            self._label(line.label, points, where=where)
            series.append(Series(line.label, points))
        return replace(noted, series=tuple(series))

    def _point(self, noted: Point, where: str) -> Point:
        key = noted.key
        allowed = self.register.printed(key)
        value = self.register.value(key)
        text = noted.text
        if text not in allowed and not (value is None and text == self.register.text(_first(key))):
            self.report.add(
                where, f"'{text}' is noted for {key}", f"released is {' or '.join(allowed)}"
            )
            text = allowed[0] if allowed else "c"
        cell = self.register.cells.get(_first(key))
        added = re.match(r"sum\((.+)\)|tenths\((.+?), ", key)
        summed = (added[1] or added[2]).split(" + ") if added else []
        if added and not (len(summed) == 1 and cell and cell.coverage):
            wrong = bool(noted.coverage) and not noted.coverage.startswith(f"{len(summed)} of ")
        else:
            wrong = bool(noted.coverage) and (cell is None or noted.coverage != cell.coverage)
        if wrong:
            what = f"'{noted.coverage}' is noted for {key}"
            self.report.add(where, what, "it is not the released count of states")
        return replace(noted, value=None if value is None else float(value), text=text)

    def _label(self, label: str, points: tuple[Point, ...], *, where: str) -> None:
        """A line that counts the same states throughout says so in its label."""
        for counted in re.findall(r"\((\d+ of \d+)\)$", label):
            if not any(
                c and c.coverage == counted
                for c in (self.register.cells.get(_first(p.key)) for p in points)
            ):
                self.report.add(where, f"'{label}'", "no point of the line counts so many states")

    # --- texts

    def _texts(self, where: str, data: ChartData, *, labels: list[Label]) -> None:
        """Account for every label with a digit that does not belong to a scale."""
        texts = ChartTexts(data)
        place = 0
        while place < len(labels):
            text, taken = texts.next_label(labels[place:])
            if text in texts.free:
                self.report.counts["chart label"] += len(re.findall(NUMERAL, text))
            elif texts.values[text] > 0:
                texts.values[text] -= 1
                self.report.counts["value in chart"] += 1
            elif re.search(r"\d", text) and not self.gaps(text, data):
                self.report.add(
                    where, f"'{text}'", "it is no released value and no number of a scale"
                )
            place += taken

    def gaps(self, text: str, data: ChartData) -> bool:
        """What stands beside a stacked bar: parts without a figure by name or number,
        and the range of coverage.
        """
        points = [(s.label, p) for s in data.series for p in s.points]
        for label in sorted({compact(label) for label, _ in points}, key=len, reverse=True):
            text = text.replace(label, "")
        counts = {m for _, p in points for m in _OF.findall(compact(p.coverage))}
        lows = {a for a, _ in counts}
        wholes = {b for _, b in counts}
        for low, high, whole in re.findall(r"(\d+)to(\d+)of(\d+)", text):
            if low in lows and high in lows and whole in wholes:
                text = text.replace(f"{low}to{high}of{whole}", "", 1)
        for part, whole in _OF.findall(text):
            if (part, whole) in counts:
                text = text.replace(f"{part}of{whole}", "", 1)
        for many, kind in re.findall(r"(\d+)×(c|:|<5|x|–)", text):
            if int(many) <= len(data.series):
                text = text.replace(f"{many}×{kind}", "", 1)
        return not re.search(r"\d", text.replace("<5", ""))

    def scales(self, where: str, labels: list[Label]) -> None:
        """Labels of the axis and of classes are round numbers; the drawing is read by
        them.
        """
        for label in labels:
            text = label.text.replace("\N{MINUS SIGN}", "-")
            numbers = [n.replace(",", "") for n in re.findall(r"\d[\d,]*(?:\.\d+)?", text)]
            good = re.fullmatch(r"-?[\d,.]+|[\d,.]+to(?:under)?[\d,.]+|[\d,.]+ormore", text)
            if not good or any(
                not _round(n) for n in numbers if "to" not in text or "under" in text
            ):
                self.report.add(
                    where,
                    f"'{label.text}'",
                    "it is no released value and no round number of a scale",
                )
            else:
                self.report.counts["scale of chart"] += len(numbers)


def _round(text: str) -> bool:
    """At most two digits that are not zero, or three that end in a five: 0.8, 1,200 and
    12,500 are, 1,234 is not.
    """
    digits = text.replace(".", "").strip("0")
    return len(digits) <= 2 or (len(digits) == 3 and digits.endswith("5"))


def _first(reference: str) -> str:
    match = re.fullmatch(r"\w+\((.+?)(?:(?:, | \+ ).+)?\)", reference)
    return match[1] if match else reference
