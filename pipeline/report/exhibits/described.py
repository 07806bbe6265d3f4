"""What does a chart show, in words? Its alternative text, for who does not see it.

What it says stands above it already, and its title below: neither is said again. The
text gives the kind of drawing, the course or the order of its figures, how many states
stand behind them, and which figures are not shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pipeline.cells import SCORE
from pipeline.report.views import ChartData, Point, Series

_KIND = {
    "line": "Line chart",
    "bar": "Bar chart",
    "stacked_bar": "Chart of stacked bars",
    "grouped_bar": "Chart of bars side by side",
    "small_multiples": "Small line charts beside each other",
    "heat": "Table with shades",
    "map": "Map with shades",
    "dumbbell": "Chart of two years, one row each",
    "share_bar": "Chart of parts of a whole",
    "pyramid": "Population pyramid",
    "flow": "Flow chart",
    "sparkline": "Small lines beside each other",
    "of_ten": "Lines of figures",
    "state_lines": "Small lines below each other",
}
_MOST = 12  # lines, or figures of a line, that are read out
_LARGEST = 3  # figures of a table with shades that are read out
_OF = re.compile(r"(\d+) of (\d+)")
_WHY = {"withheld": "withheld", "suppressed": "suppressed as small"}


def describe(data: ChartData) -> str:
    """The alternative text of a chart, of a few sentences."""
    shown = [s for s in data.series if any(p.value is not None for p in s.points)]
    if data.kind in ("line", "small_multiples", "dumbbell", "sparkline", "state_lines"):
        body = "; ".join(_course(s) for s in shown[:_MOST])
    elif data.kind in ("bar", "map"):
        body = _ranking(data, shown[0])
    elif data.kind == "share_bar":
        body = _bars_of_parts(data)
    elif data.kind == "of_ten":
        body = "; ".join(_of_ten(s) for s in data.series)
    elif data.kind == "heat":
        body = _largest(data, shown)
    else:
        body = "; ".join(_parts(data, s) for s in shown[:_MOST])
    missing = sorted(
        {data.labels.get(p.x, p.x) for s in data.series for p in s.points if p.value is None}
    )
    gaps = ""
    if missing and data.kind in ("bar", "map"):
        gaps = f" No figure shown for {', '.join(missing)}."
    return f"{_KIND[data.kind]}, {data.unit}. {body}.{gaps}"


def _course(series: Series) -> str:
    """`Children: falls from 666 in 2021 to 567 in 2022, over 9 of 11 states
    (withheld in 2018)`.
    """
    points = [p for p in series.points if p.value is not None]
    first, last = points[0], points[-1]
    if first is last:
        said = f"{first.text} in {first.x}"
    else:
        one, other = first.value or 0.0, last.value or 0.0
        how = "rises" if other > one else "falls" if other < one else "goes"
        said = f"{how} from {first.text} in {first.x} to {last.text} in {last.x}"
        high = max(points, key=lambda p: p.value or 0.0)
        low = min(points, key=lambda p: p.value or 0.0)
        said += f", highest {high.text} in {high.x}" if high not in (first, last) else ""
        said += f", lowest {low.text} in {low.x}" if low not in (first, last) else ""
    return f"{series.label}: {said}{_counted(points)}{_left_out(series)}"


def _counted(points: Iterable[Point]) -> str:
    """How many states stand behind the figures of a line, where it is not all of them."""
    found = [_OF.fullmatch(p.coverage) for p in points]
    pairs = [(int(m[1]), int(m[2])) for m in found if m]
    if not pairs:
        return ""
    of = pairs[0][1]
    counts = {n for n, _ in pairs} | ({of} if len(pairs) < len(found) else set())
    low, high = min(counts), max(counts)
    return (
        f", over {low} of {of} states" if low == high else f", over {low} to {high} of {of} states"
    )


def _left_out(series: Series) -> str:
    """The years without a figure, and why."""
    by_reason: dict[str, list[str]] = {}
    for point in series.points:
        if point.value is None:
            by_reason.setdefault(_WHY.get(point.status, "no figure"), []).append(point.x)
    if not by_reason:
        return ""
    told = [f"{why} in {', '.join(years)}" for why, years in by_reason.items()]
    return f" ({'; '.join(told)})"


def _ranking(data: ChartData, series: Series) -> str:
    ranked = sorted(
        (p for p in series.points if p.value is not None), key=lambda p: -(p.value or 0.0)
    )
    return ", ".join(f"{data.labels.get(p.x, p.x)} {p.text}" for p in ranked)


def _largest(data: ChartData, shown: Iterable[Series]) -> str:
    """The largest figures of a table with shades: all of them are heard in the table. Of
    scores and of judgements the range of each line, because they rank nobody.
    """
    if data.unit == SCORE or data.words:
        return "; ".join(_range(s) for s in shown)
    marks = [(s.label, p) for s in shown for p in s.points if p.value is not None]
    ranked = sorted(marks, key=lambda mark: -(mark[1].value or 0.0))[:_LARGEST]
    return "Largest: " + ", ".join(
        f"{label} {p.text} in {data.labels.get(p.x, p.x)}" for label, p in ranked
    )


def _range(series: Series) -> str:
    """`Arms trafficking from 3.5 to 8.5`."""
    points = sorted((p for p in series.points if p.value is not None), key=lambda p: p.value or 0.0)
    low, high = points[0].text, points[-1].text
    return f"{series.label} {low}" if low == high else f"{series.label} from {low} to {high}"


def _bars_of_parts(data: ChartData) -> str:
    """`2022: Forced labour 223, Other 120, n 343, over 8 of 11 states; ...`."""
    told = []
    for x in dict.fromkeys(p.x for s in data.series for p in s.points):
        row = [(s.label, p) for s in data.series for p in s.points if p.x == x]
        shown = [(label, p) for label, p in row if p.value is not None]
        said = ", ".join(f"{label} {p.text}" for label, p in shown) or "no figure shown"
        counted = _counted([p for _, p in shown[:-1]])
        told.append(f"{data.labels.get(x, x)}: {said}{counted}")
    return "; ".join(told)


def _of_ten(series: Series) -> str:
    """`Victims by form: sexual exploitation 6, other 4, n 1,442, over 6 of 11 states`."""
    *parts, base = series.points
    if base.value is None:
        return f"{series.label}: no figure shown"
    said = ", ".join(f"{p.x} {p.text}" for p in parts)
    counted = [p for p in series.points if p.coverage][:1]
    return f"{series.label}: {said}, {base.x} {base.text}{_counted(counted)}"


def _parts(data: ChartData, series: Series) -> str:
    points = [p for p in series.points if p.value is not None]
    told = ", ".join(f"{data.labels.get(p.x, p.x)} {p.text}" for p in points[:_MOST])
    return f"{series.label}: {told}{_counted(points)}"
