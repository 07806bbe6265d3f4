"""What do small multiples look like? One small plot a series, each on a scale of its
own; returns the sheet.

On one scale most states would be a flat line below the largest: what is compared is the
course, and each panel has the numbers of its own axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import floor

from pipeline.report.charts import geometry
from pipeline.report.charts.plot import (
    joined_runs,
    mark_breaks,
    mark_gaps,
    plot_line,
    set_value_axis,
)
from pipeline.report.charts.sheet import (
    GREY,
    SMALL,
    TEXT,
    Sheet,
    label_of,
    places_of,
    scale_of,
    text_width,
    tick_label,
    widest_of,
)
from pipeline.report.views import ChartData

_LEAST = 6.0  # mm of height of a plot, below which a course cannot be read


def draw_multiples(data: ChartData, width: float, *, height: float | None) -> Sheet:
    xs = places_of(data)
    count = len(data.series)
    columns = min(count, 4 if width >= 120 else 2)
    rows = -(-count // columns)
    panels = [ChartData(data.kind, (series,), data.unit, data.title) for series in data.series]
    scales = [scale_of(one, 2) for one in panels]
    lasts = [[run[-1] for run in joined_runs(series, xs)][-1:] for series in data.series]
    gap = 3.0 + widest_of([point.text for last in lasts for _, point in last], SMALL)
    left = widest_of([tick_label(tick) for ticks, _, _ in scales for tick in ticks], SMALL) + 2
    head = 7.5
    foot = 5.0
    # A year in which more states report has more panels than the height was given for.
    sheet = Sheet(width, max(height or 6 + rows * 27, 5 + rows * (head + foot + _LEAST)))
    panel_width = width / columns - left - gap
    panel_height = (sheet.height - 5) / rows
    sheet.text(0, 2, text=data.unit, color=GREY)
    for index, series in enumerate(data.series):
        row, column = divmod(index, columns)
        ticks, low, high = scales[index]
        x = left + column * (left + panel_width + gap)
        y = 5 + row * panel_height
        axes = sheet.axes(x, y + head, right=x + panel_width, bottom=y + panel_height - foot)
        set_value_axis(axes.yaxis, ticks)
        axes.set_ylim(low, high)
        axes.set_xlim(*geometry.ends_of_axis(len(xs), geometry.PANEL_MARGIN))
        axes.set_xticks(*_outer_labels(data, xs, width=panel_width), fontsize=SMALL)
        axes.tick_params(labelsize=SMALL)
        axes.tick_params(axis="x", pad=4)  # clear of the nought beside the axis
        sheet.text(
            x - left,
            y + 2.8,
            text=series.label,
            va="baseline",
            fontweight="bold",
            fontsize=_fitting(series.label, left + panel_width + gap - 1),
        )
        plot_line(axes, series, xs=xs, index=0, labelled=False, small=True)
        mark_breaks(axes, panels[index], xs=xs, size=SMALL)
        mark_gaps(axes, series, xs=xs, size=SMALL)
        for place, point in lasts[index]:
            near = abs(point.value or 0) < 0.1 * (high - low)  # clear of the axis
            axes.annotate(
                point.text,
                (place, point.value),
                (3.5, 4 if near else 0),
                textcoords="offset points",
                fontsize=SMALL,
                ha="left",
                va="center_baseline",
            )
    return sheet


def _outer_labels(
    data: ChartData, xs: Sequence[str], *, width: float
) -> tuple[list[int], list[str]]:
    """All labels when they fit side by side, otherwise the first and the last."""
    labels = [label_of(data, x) for x in xs]
    if widest_of(labels, SMALL) + 1.5 <= width / len(xs):
        return list(range(len(xs))), labels
    shown = sorted({0, len(xs) - 1})
    return shown, [labels[place] for place in shown]


def _fitting(label: str, width: float) -> float:
    """The largest type size, up to the usual one, at which a bold label fits."""
    return max(
        SMALL,
        min(TEXT, floor(10 * TEXT * width / max(text_width(label, TEXT, bold=True), 0.1)) / 10),
    )
