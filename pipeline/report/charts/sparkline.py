"""What do the small lines under large figures look like? One plot a series without an
axis, under the column of its figure; returns the sheet.

Each line starts at zero and has a scale of its own: its largest value stands at the
top. Who reads it back knows the scale by that, so no number is printed but the first
and the last year. The last point is the figure above, and is marked.
"""

from __future__ import annotations

from typing import Any

from pipeline.report.charts import geometry
from pipeline.report.charts.plot import joined_runs, mark_breaks, mark_gaps
from pipeline.report.charts.sheet import (
    GREY,
    LINE_COLOURS,
    PALE,
    RULE,
    SMALL,
    Sheet,
    label_of,
    places_of,
    text_height,
    values_of,
)
from pipeline.report.views import ChartData, Series

LABEL = "course by year"
_INSET, _GAP = 2.7, 3.0  # millimetres beside a plot: as the figures stand in their column
_RULE_WIDTH = 2.0  # points, as between the columns above
_SMALL_MARK = 2.0  # points, of every point but the last


def draw_sparklines(data: ChartData, width: float, *, height: float | None) -> Sheet:
    """The plots are as high as `geometry.SPARK_HEIGHT` says, whatever height is asked for."""
    xs = places_of(data)
    broken = any(p.status == "break" for series in data.series for p in series.points)
    top = 1.6 + (text_height(1, SMALL) if broken else 0.0)
    bottom = top + geometry.SPARK_HEIGHT
    sheet = Sheet(width, bottom + 1.4 + text_height(1, SMALL))
    sheet.text(0.8, bottom - geometry.SPARK_HEIGHT / 2, text=LABEL, color=GREY)
    column = (width - geometry.SPARK_LABELS) / len(data.series)
    half_rule = _RULE_WIDTH / 2 * geometry.MM_PER_POINT
    for index, series in enumerate(data.series):
        edge = geometry.SPARK_LABELS + index * column
        left, right = edge + _INSET, edge + column - _GAP
        rule = [edge + half_rule] * 2, [0.0, sheet.height]
        sheet.line(*rule, color=RULE, linewidth=_RULE_WIDTH, solid_capstyle="butt")
        axes = sheet.axes(left, top, right=right, bottom=bottom)
        panel = ChartData(data.kind, (series,), data.unit, data.title)
        plot_course(axes, panel, series=series, xs=xs)
        for place in sorted({0, len(xs) - 1}):
            along = geometry.share_of_axis(place, len(xs), margin=geometry.PANEL_MARGIN)
            sheet.text(
                left + along * (right - left),
                sheet.height - text_height(1, SMALL) / 2,
                text=label_of(data, xs[place]),
                ha="center",
                fontsize=SMALL,
                color=GREY,
            )
    return sheet


def plot_course(axes: Any, panel: ChartData, *, series: Series, xs: list[str]) -> None:
    """One small line on axes without numbers, from zero to its largest value."""
    values = [0.0, *values_of(panel)]
    ends = geometry.ends_of_axis(len(xs), geometry.PANEL_MARGIN)
    axes.set_axis_off()
    axes.set_xlim(*ends)
    axes.set_ylim(min(values), max(values) if max(values) > min(values) else 1.0)
    # Under the line, and drawn before it: reading back goes by this order.
    axes.plot(ends, (0, 0), color=PALE, linewidth=0.7, clip_on=False, zorder=1)
    runs = joined_runs(series, xs)
    last = runs[-1][-1] if runs else None
    for run in runs:
        places, drawn = [place for place, _ in run], [point.value for _, point in run]
        axes.plot(
            places, drawn, color=LINE_COLOURS[0], linewidth=geometry.LINE_WIDTH, clip_on=False
        )
        for place, point in run:
            axes.plot(
                [place],
                [point.value],
                color=LINE_COLOURS[0],
                linestyle="none",
                marker="o",
                markersize=geometry.MARK if (place, point) == last else _SMALL_MARK,
                markeredgewidth=geometry.MARK_EDGE,
                clip_on=False,
            )
    mark_breaks(axes, panel, xs=xs, size=SMALL)
    mark_gaps(axes, series, xs=xs, size=SMALL)
