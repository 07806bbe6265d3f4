"""What does a dumbbell chart look like? One row a series, a mark for each of two years,
joined by a bar where the two may be compared; returns the sheet.

The marks stand on one scale that starts at zero. Each has its figure beside it, on the
outer side, so that no two labels meet however near to each other the years are. A year
without a figure has no mark: its name and its symbol stand behind the row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.report.charts import geometry
from pipeline.report.charts.plot import set_value_axis
from pipeline.report.charts.sheet import (
    GREY,
    LINE_COLOURS,
    MARKERS,
    PAPER,
    TEXT,
    Sheet,
    is_counted,
    label_of,
    places_of,
    text_height,
    text_width,
    ticks_between,
    widest_of,
    wrap_text,
)
from pipeline.report.views import ChartData, Point, Series

_ROW = 6.4  # millimetres
_GAP = 2.2  # between a mark and its figure
_HEAD = 4.6  # the years above the first row
_FOOT = 9.5  # numbers of the axis and its unit


def draw_dumbbell(data: ChartData, width: float, *, height: float | None) -> Sheet:
    xs = places_of(data)
    ends = xs[:1] + xs[1:][-1:]
    rows = [_ends_of(series, ends) for series in data.series]
    values = [p.value for row in rows for p in row if p and p.value is not None]
    few = 3 if width < 120 else 5
    ends_at = min([0.0, *values]), max([0.0, *values]) or 1.0
    ticks = ticks_between(*ends_at, count=few, whole=is_counted(values))
    names = [wrap_text(series.label, 44) for series in data.series]
    texts = [_text(p) for row in rows for p in row if p and p.value is not None]
    gaps = [_gaps(data, row) for row in rows]
    beside = widest_of(texts) + _GAP + 1
    left = widest_of(names) + 2.5 + beside
    right = width - beside - (widest_of(gaps) + 2 if any(gaps) else 0)
    tall = max(text_height(name.count("\n") + 1) for name in names) + 1.2
    sheet = Sheet(width, height or _HEAD + max(_ROW, tall) * len(rows) + _FOOT)
    bottom = sheet.height - _FOOT
    axes = sheet.axes(left, _HEAD, right=right, bottom=bottom)
    set_value_axis(axes.xaxis, ticks)
    axes.set_xlim(ticks[0], ticks[-1])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_yticks([])
    axes.spines["bottom"].set_visible(False)
    sheet.text(left, sheet.height - 2.2, text=data.unit, color=GREY)

    def across(value: float) -> float:
        return left + (value - ticks[0]) / (ticks[-1] - ticks[0]) * (right - left)

    for index, (name, row, gap) in enumerate(zip(names, rows, gaps, strict=True)):
        y = _HEAD + (index + 0.5) / len(rows) * (bottom - _HEAD)
        sheet.text(left - beside, y, text=name, ha="right")
        _join(axes, row, place=index)
        shown = sorted((p.value, place) for place, p in enumerate(row) if p and p.value is not None)
        end = left
        for order, (value, place) in enumerate(shown):
            point = row[place]
            assert point is not None
            _mark(axes, value, place=index, which=place, hollow=point.status == "partial")
            outside = -1 if len(shown) == 2 and order == 0 else 1
            sheet.text(
                across(value) + outside * _GAP,
                y,
                text=_text(point),
                ha="right" if outside < 0 else "left",
            )
            end = across(value) + _GAP + text_width(_text(point))
        if gap:
            sheet.text(end + 2, y, text=gap, fontweight="bold", color=GREY)
    _name_years(sheet, data, rows, ends=ends, across=across, step=(bottom - _HEAD) / len(rows))
    return sheet


def _ends_of(series: Series, ends: Sequence[str]) -> list[Point | None]:
    by_x = {point.x: point for point in series.points}
    return [by_x.get(x) for x in ends]


def _text(point: Point) -> str:
    return f"{point.text} (break)" if point.status == "break" else point.text


def _gaps(data: ChartData, row: Sequence[Point | None]) -> str:
    """Which year has no figure, with its symbol."""
    return ", ".join(
        f"{label_of(data, p.x)} {p.text}" for p in row if p and p.value is None and p.text
    )


def _join(axes: Any, row: Sequence[Point | None], *, place: int) -> None:
    """A bar between two years of the same states without a break."""
    first, last = row[0], row[-1]
    if len(row) < 2 or first is None or last is None:
        return
    if first.value is None or last.value is None or last.status == "break" or not last.joined:
        return
    axes.plot(
        [first.value, last.value],
        [place, place],
        color=LINE_COLOURS[0],
        linewidth=geometry.LINE_WIDTH,
        clip_on=False,
    )


def _mark(axes: Any, value: float, *, place: int, which: int, hollow: bool) -> None:
    """The later year is a dark square, the earlier one a red disc: apart in grey by
    their form.
    """
    colour = LINE_COLOURS[1 - which]
    axes.plot(
        [value],
        [place],
        color=colour,
        marker=MARKERS[which],
        markersize=geometry.MARK,
        markeredgewidth=geometry.MARK_EDGE,
        markerfacecolor=PAPER if hollow else colour,
        linestyle="none",
        clip_on=False,
    )


def _name_years(
    sheet: Sheet,
    data: ChartData,
    rows: Sequence[Sequence[Point | None]],
    *,
    ends: Sequence[str],
    across: Any,
    step: float,
) -> None:
    """Each year stands above its own mark in the first row that has both, else in the
    first that has it.
    """
    whole = [i for i, row in enumerate(rows) if all(p and p.value is not None for p in row)]
    for which, x in enumerate(ends):
        own = [i for i, row in enumerate(rows) if (p := row[which]) and p.value is not None]
        if not own:
            continue
        index = whole[0] if whole else own[0]
        value = getattr(rows[index][which], "value", 0.0)
        others = [p.value for p in rows[index] if p and p.value is not None]
        lower = len(others) == 2 and (value, which) == min(zip(others, (0, 1), strict=True))
        sheet.text(
            across(value) + (-0.4 if lower else 0.4),
            _HEAD + (index + 0.5) * step - 3.1,
            text=label_of(data, x),
            ha="right" if lower else "left",
            color=LINE_COLOURS[1 - which],
            fontweight="bold",
            fontsize=TEXT,
        )
