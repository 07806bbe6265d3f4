"""What does a slope chart look like? The first and the last year on two uprights, a
line a series between them; returns the sheet.
"""

from __future__ import annotations

from pipeline.report.charts import geometry
from pipeline.report.charts.sheet import (
    DASHES,
    GREY,
    LINE_COLOURS,
    MARKERS,
    PALE,
    PAPER,
    Sheet,
    label_of,
    places_of,
    spread_apart,
    text_height,
    values_of,
)
from pipeline.report.views import ChartData


def draw_slope(data: ChartData, width: float, *, height: float | None) -> Sheet:
    xs = places_of(data)
    ends = [xs[0], xs[-1]]
    by_x = [{point.x: point for point in series.points} for series in data.series]
    low = min([0.0, *values_of(data)])
    high = max([0.0, *values_of(data)])
    high = high if high > low else low + 1
    sheet = Sheet(width, height or max(60, len(data.series) * 4.6 + 12))
    left = width * 0.36
    right = width * 0.64
    top = 10.0
    bottom = sheet.height - 3
    for x, place in zip(ends, (left, right), strict=True):
        sheet.text(place, 3, text=label_of(data, x), ha="center", fontweight="bold")
        sheet.line([place, place], [top - 3, bottom + 1], color=PALE, linewidth=0.7)
    sheet.text(0, 3, text=data.unit, color=GREY)
    for side, (x, place) in enumerate(zip(ends, (left, right), strict=True)):
        points = [points.get(x) for points in by_x]
        marks = [
            (
                bottom - (p.value - low) / (high - low) * (bottom - top)
                if p and p.value is not None
                else None
            )
            for p in points
        ]
        wanted = [bottom if y is None else y for y in marks]
        places = spread_apart(wanted, [text_height(1)] * len(marks), low=5.5, high=sheet.height)
        out = -1 if side == 0 else 1
        for index, (series, point, mark, y) in enumerate(
            zip(data.series, points, marks, places, strict=True)
        ):
            if point is None:
                continue
            colour = LINE_COLOURS[index % len(LINE_COLOURS)]
            text = f"{series.label}  {point.text}" if side == 0 else f"{point.text}  {series.label}"
            sheet.text(
                place + out * 6, y, text=text, ha="right" if side == 0 else "left", color=colour
            )
            if mark is not None:
                sheet.line(
                    [place + out * 1.2, place + out * 5], [mark, y], color=colour, linewidth=0.4
                )
                _slope_mark(sheet, place, y=mark, index=index, hollow=point.status == "partial")
    for index, points_of in enumerate(by_x):
        first = points_of.get(ends[0])
        last = points_of.get(ends[1])
        if (
            first
            and last
            and first.value is not None
            and last.value is not None
            and last.status != "break"
        ):
            levels = [
                bottom - (p.value - low) / (high - low) * (bottom - top)
                for p in (first, last)
                if p.value is not None
            ]
            sheet.line(
                [left, right],
                levels,
                color=LINE_COLOURS[index % len(LINE_COLOURS)],
                linewidth=geometry.LINE_WIDTH,
                linestyle=DASHES[index % len(DASHES)],
            )
    return sheet


def _slope_mark(sheet: Sheet, x: float, *, y: float, index: int, hollow: bool) -> None:
    colour = LINE_COLOURS[index % len(LINE_COLOURS)]
    sheet.line(
        [x],
        [y],
        color=colour,
        marker=MARKERS[index % len(MARKERS)],
        markersize=geometry.MARK,
        linestyle="none",
        markerfacecolor=PAPER if hollow else colour,
        markeredgewidth=geometry.MARK_EDGE,
    )
