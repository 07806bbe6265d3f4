"""What does a chart of bars look like? Level bars side by side or stacked, each with
its text; returns the sheet. Begin at `draw_bars` or `draw_stacked_bars`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.report.charts import geometry
from pipeline.report.charts.plot import (
    figure_with_notes,
    gap_texts,
    set_value_axis,
    write_in_part,
)
from pipeline.report.charts.sheet import (
    GREY,
    SMALL,
    TEXT,
    Sheet,
    draw_legend,
    fill_style,
    label_of,
    places_of,
    scale_of,
    text_height,
    text_width,
    widest_of,
    wrap_text,
)
from pipeline.report.views import ChartData, Point, Series


def draw_bars(data: ChartData, width: float, *, height: float | None) -> Sheet:
    """Horizontal bars, one a series in each row, each with its text at its end."""
    xs = places_of(data)
    count = len(data.series)
    texts = [figure_with_notes(point) for series in data.series for point in series.points]
    sheet, axes, low, _ = _bar_sheet(
        data,
        xs,
        row=2.9 * count + 2 if count > 1 else 5.4,
        width=width,
        height=height,
        right=widest_of(texts) + 4,
    )
    thick = geometry.BAR_SHARE / count * geometry.BAR_FILL
    apart = axes.get_position().height * sheet.height / len(xs) * geometry.BAR_SHARE / count
    size = TEXT if count < 3 and apart >= 0.8 * text_height(1) else SMALL  # figures have no descent
    for index, series in enumerate(data.series):
        for point in series.points:
            place = xs.index(point.x) + geometry.bar_offset(index, count)
            value = point.value or 0
            if point.value is not None:
                style = fill_style(index)
                axes.barh(place, value, height=thick, clip_on=False, **style)
            axes.annotate(
                figure_with_notes(point),
                (max(value, 0), place),
                (3, 0),
                textcoords="offset points",
                va="center_baseline",
                ha="left",
                fontsize=size,
                fontweight="bold" if point.value is None else "normal",
            )
    return sheet


def _bar_sheet(
    data: ChartData,
    xs: Sequence[str],
    *,
    row: float,
    width: float,
    height: float | None,
    right: float,
) -> tuple[Sheet, Any, float, float]:
    """Sheet and plot for horizontal bars: labels of rows at the left, legend above,
    unit under the axis.
    """
    labels = [wrap_text(label_of(data, x), 44) for x in xs]
    row = max(row, max(text_height(label.count("\n") + 1) for label in labels) + 1.2)
    names = [series.label for series in data.series]
    styles = [fill_style(index) for index in range(len(names))]
    head = (
        draw_legend(None, names, styles=styles, left=0, width=width, top=0) + 1.5
        if len(names) > 1
        else 1.0
    )
    sheet = Sheet(width, height or head + row * len(xs) + 9.5)
    if len(names) > 1:
        draw_legend(sheet, names, styles=styles, left=0, width=width, top=0)
    left = widest_of(labels) + 2.5
    ticks, low, high = _bar_scale(data)
    axes = sheet.axes(left, head, right=width - right, bottom=sheet.height - 9.5)
    set_value_axis(axes.xaxis, ticks)
    axes.set_xlim(low, high)
    axes.set_ylim(len(xs) - 0.5, -0.5)
    axes.set_yticks(range(len(xs)), labels, linespacing=1.0)
    axes.spines["bottom"].set_visible(False)
    axes.axvline(0, color=GREY, linewidth=0.6)
    sheet.text(
        left,
        sheet.height - 2.2,
        text=", ".join(t for t in (data.unit, data.x_title) if t),
        color=GREY,
    )
    return sheet, axes, low, high


def _bar_scale(data: ChartData) -> tuple[list[float], float, float]:
    if data.kind != "stacked_bar":
        return scale_of(data, 5)
    sums = [
        sum(p.value or 0 for s in data.series for p in s.points if p.x == x)
        for x in places_of(data)
    ]
    whole = Series("", tuple(Point(str(index), value, "") for index, value in enumerate(sums)))
    return scale_of(ChartData(data.kind, (whole,), "", ""), 5)


def draw_stacked_bars(data: ChartData, width: float, *, height: float | None) -> Sheet:
    xs = places_of(data)
    gaps = [_stack_gaps(data, x) for x in xs]
    right = max(5.0, widest_of(gaps, SMALL) + 4)
    sheet, axes, low, high = _bar_sheet(data, xs, row=6.6, width=width, height=height, right=right)
    per_mm = (high - low) / (axes.get_position().width * width)
    reached = dict.fromkeys(xs, 0.0)
    for index, series in enumerate(data.series):
        for point in series.points:
            if not point.value:
                continue
            place = xs.index(point.x)
            axes.barh(
                place,
                point.value,
                left=reached[point.x],
                height=geometry.STACK_SHARE,
                clip_on=False,
                **fill_style(index),
            )
            if text_width(point.text, SMALL) + 1.6 <= point.value / per_mm:
                middle = reached[point.x] + point.value / 2
                write_in_part(axes, point.text, at=(middle, place), index=index)
            reached[point.x] += point.value
    for place, (x, text) in enumerate(zip(xs, gaps, strict=True)):
        axes.annotate(
            text,
            (reached[x], place),
            (3, 0),
            textcoords="offset points",
            va="center_baseline",
            fontsize=SMALL,
            color=GREY,
        )
    return sheet


def _stack_gaps(data: ChartData, x: str) -> str:
    """What is not in the bar: named when it is one or two parts, otherwise counted; and
    the coverage of the bar.
    """
    points = [
        (series.label, point) for series in data.series for point in series.points if point.x == x
    ]
    coverage = list(dict.fromkeys(point.coverage for _, point in points if point.coverage))
    if len(coverage) > 1:
        counts = sorted(int(text.split()[0]) for text in coverage)
        coverage = [f"{counts[0]} to {counts[-1]}{coverage[0][coverage[0].index(' ') :]}"]
    breaks = ["break"] if any(point.status == "break" for _, point in points) else []
    return ", ".join([*gap_texts(points, 2), *coverage, *breaks])
