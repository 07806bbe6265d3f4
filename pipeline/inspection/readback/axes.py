"""By which scale is a chart drawn? Grid lines of its plots, the labels that stand at
them, swatches of a legend.

A label belongs to an axis by its place, not by what it says: a released value may read
the same as a number of the axis. Where a label is left out, the even steps of the grid
give the value of its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.inspection.readback.marks import Path
from pipeline.inspection.readback.outline import Block
from pipeline.inspection.readback.words import compact
from pipeline.report.charts import geometry
from pipeline.report.charts.palette import PALE
from pipeline.report.views import ChartData

Found = Iterator[tuple[str, str]]
Box = tuple[float, float, float, float]
NEAR = 0.06  # points: coordinates are rounded to hundredths
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
# How far labels may stand from where the renderer sets them, in points: beside a level
# line, below an upright one (whose label hangs from it by its height), beside a swatch.
_BESIDE = (-1.5, 1.5)
_BELOW = (3.0, 9.0)
_AFTER = (-1.0, 1.0)
_DROP = 0.375  # of the type size: how far the foot of a figure lies below its middle


@dataclass(frozen=True)
class Label:
    """A line of text in a drawing, with its place on the page: its left end and foot,
    its right end, its size.
    """

    text: str
    x: float
    y: float
    right: float = 0.0
    size: float = 0.0

    @property
    def number(self) -> float | None:
        text = self.text.replace(",", "").replace("\N{MINUS SIGN}", "-")
        return float(text) if _NUMBER.fullmatch(text) else None


def labels_of(block: Block) -> list[Label]:
    found: dict[int, list[Any]] = {}
    for text in block.texts:
        found.setdefault(text.place, []).append(text)
    return [
        Label(
            compact("".join(p.text for p in parts)),
            parts[0].x,
            parts[0].y,
            max(p.x + p.width for p in parts),
            parts[0].size,
        )
        for parts in found.values()
    ]


@dataclass
class Plot:
    """One plot: its grid lines in the order of their values, and the labels at each."""

    lines: list[Path]
    labels: list[list[Label]]

    @property
    def values(self) -> list[float | None]:
        return [found[0].number if found else None for found in self.labels]


@dataclass
class Axes:
    """All scales of one chart. `taken` are the labels that belong to them; those of a scale
    of words are no numbers, and stay labels. `labels` are all those of a map of tiles.
    """

    plots: list[Plot] = field(default_factory=list)
    classes: list[tuple[Path, Label | None]] = field(default_factory=list)
    words: bool = False
    labels: Sequence[Label] = ()

    @property
    def taken(self) -> list[Label]:
        at_lines = [label for plot in self.plots for found in plot.labels for label in found]
        if self.words:
            return at_lines
        return at_lines + [
            label for swatch, label in self.classes if label and not isinstance(swatch.fill, str)
        ]

    def values(self) -> list[float | None]:
        """The values of the axis, which plots of one row or column share."""
        known = [plot.values for plot in self.plots if any(plot.labels)]
        if not known:
            raise ValueError("an axis without any label")
        if any(values != known[0] for values in known):
            raise ValueError("plots of one chart with different axes")
        return known[0]

    def faults(self) -> Found:
        for plot in self.plots:
            for found in plot.labels:
                if len(found) > 1:
                    yield (
                        f"labels {' and '.join(f.text for f in found)} at one grid line",
                        "one line has one value",
                    )


def read_axes(data: ChartData, paths: list[Path], *, labels: Sequence[Label]) -> Axes:
    """The scales of a chart, from its kind, its painted paths and its labels."""
    kind = data.kind
    if kind in ("heat", "map"):
        classes = [(s, _beside_swatch(s, labels)) for s in paths if is_swatch(s)]
        return Axes(classes=classes, words=bool(data.words), labels=labels)
    if kind in (
        "sparkline",
        "state_lines",
    ):  # a line at zero, and no label: the height says the scale
        return Axes([Plot(run, [[] for _ in run]) for run in runs(paths)])
    if kind in ("line", "small_multiples"):
        return Axes([Plot(run, [_at_level(line, labels) for line in run]) for run in runs(paths)])
    lines = sorted(grid(paths, upright=True), key=lambda p: p.box[0])
    if kind == "pyramid":  # two sides with as many lines, each from the middle outwards
        half = len(lines) // 2
        sides = (lines[:half][::-1], lines[half:])
        return Axes([Plot(side, [_at_foot(line, labels) for line in side]) for side in sides])
    return Axes([Plot(lines, [_at_foot(line, labels) for line in lines])] if lines else [])


def _at_level(line: Path, labels: Sequence[Label]) -> list[Label]:
    left, height = line.box[:2]
    return [
        t
        for t in labels
        if t.number is not None
        and _BESIDE[0] <= left - t.right - geometry.TICK_PAD <= _BESIDE[1]
        and abs(t.y + _DROP * t.size - height) < 0.8
    ]


def _at_foot(line: Path, labels: Sequence[Label]) -> list[Label]:
    middle, foot = line.box[:2]
    return [
        t
        for t in labels
        if t.number is not None
        and _BELOW[0] <= foot - t.y - geometry.TICK_PAD <= _BELOW[1]
        and abs((t.x + t.right) / 2 - middle) < 0.5
    ]


def _beside_swatch(swatch: Path, labels: Sequence[Label]) -> Label | None:
    _, bottom, right, _ = swatch.box
    gap = (geometry.SWATCH_LABEL - geometry.SWATCH_WIDTH) / geometry.MM_PER_POINT
    near = [
        t for t in labels if _AFTER[0] <= t.x - right - gap <= _AFTER[1] and abs(t.y - bottom) < 2.5
    ]
    return near[0] if len(near) == 1 else None


class Scale:
    """From a coordinate to a value, by the grid lines and the labels of the axis."""

    def __init__(
        self, lines: Sequence[float], values: Sequence[float | None], *, most: float
    ) -> None:
        self.lines = list(lines)
        if len(lines) != len(values):
            raise ValueError(f"{len(lines)} grid lines where the axis has {len(values)}")
        known = [(x, v) for x, v in zip(lines, values, strict=True) if v is not None]
        self.one = len(lines) == 1
        if len(known) < (1 if self.one else 2):
            raise ValueError(f"{len(lines)} grid lines and {len(known)} labels of the axis")
        self.start, self.first = known[0]
        self.step = 1.0 if self.one else (known[-1][1] - self.first) / (known[-1][0] - self.start)
        gaps = [b - a for a, b in zip(lines, lines[1:], strict=False)]
        self.even = all(abs(self.value(x) - v) <= self.slack for x, v in known)
        self.even &= all(abs(gap - gaps[0]) <= 2 * NEAR for gap in gaps)
        # An axis that goes on beyond its data would tell that there was more.
        self.too_long = len(lines) > 2 and most > 0 and self._last_but_one(values[-2]) >= most

    def _last_but_one(self, label: float | None) -> float:
        return self.value(self.lines[-2]) - self.slack if label is None else label

    @property
    def slack(self) -> float:
        return 1e-9 if self.one else abs(self.step) * NEAR

    @property
    def zero(self) -> float:
        """Where a bar starts."""
        return self.start if self.one else self.start - self.first / self.step

    def value(self, coordinate: float) -> float:
        if self.one:
            return self.first if abs(coordinate - self.start) <= NEAR else float("inf")
        return self.first + (coordinate - self.start) * self.step

    def faults(self) -> Found:
        if not self.even:
            yield (
                "the labels of the axis do not stand where their values are",
                "the scale would lie",
            )
        if self.too_long:
            yield (
                f"the axis reaches {self.value(self.lines[-1]):,.6g}",
                "no released value needs an axis so long",
            )


# --- paths ----------------------------------------------------------------------------


def is_colour(found: Any, hexadecimal: str) -> bool:
    if not isinstance(found, tuple) or len(found) != 3:
        return False
    wanted = (int(hexadecimal[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return all(abs(a - b) < 0.003 for a, b in zip(found, wanted, strict=True))


def is_swatch(path: Path) -> bool:
    left, bottom, right, top = path.box
    width = geometry.SWATCH_WIDTH / geometry.MM_PER_POINT
    height = geometry.SWATCH_HEIGHT / geometry.MM_PER_POINT
    size = abs(right - left - width) < 0.1 and abs(top - bottom - height) < 0.1
    return path.fill is not None and size


def grid(paths: list[Path], *, upright: bool) -> list[Path]:
    found = []
    for path in paths:
        left, bottom, right, top = path.box
        thin = abs(right - left) if upright else abs(top - bottom)
        if path.fill is None and is_colour(path.stroke, PALE) and thin < 0.02:
            found.append(path)
    return found


def runs(paths: list[Path]) -> list[list[Path]]:
    """Level grid lines by plot: those of equal ends that follow each other upwards."""
    found: list[list[Path]] = []
    for path in grid(paths, upright=False):
        last = found[-1][-1].box if found else None
        if (
            last is None
            or any(abs(path.box[i] - last[i]) > NEAR for i in (0, 2))
            or path.box[1] < last[1]
        ):
            found.append([])
        found[-1].append(path)
    return found


def join(boxes: Iterable[Box]) -> Box:
    left, bottom, right, top = zip(*boxes, strict=True)
    return min(left), min(bottom), max(right), max(top)
