"""What does a population pyramid look like? Two sides back to back, a bar on each for
every row, the names of the rows between them; returns the sheet.

Both sides have one scale, from zero in the middle outwards.
"""

from __future__ import annotations

from pipeline.errors import RenderError
from pipeline.report.charts import geometry
from pipeline.report.charts.plot import figure_with_notes, set_value_axis
from pipeline.report.charts.sheet import (
    GREY,
    Sheet,
    fill_style,
    label_of,
    places_of,
    scale_of,
    text_height,
    widest_of,
    wrap_text,
)
from pipeline.report.views import ChartData

_SIDES = 2
_ROW = 9.0  # millimetres
_HEAD = 5.5
_FOOT = 9.5


def draw_pyramid(data: ChartData, width: float, *, height: float | None) -> Sheet:
    """Raises RenderError where there are more than two series: a pyramid has two sides."""
    if len(data.series) > _SIDES:
        raise RenderError(
            f"a pyramid of {len(data.series)} sides",
            where=data.title,
            do="name two codes for its columns",
        )
    xs = places_of(data)
    names = [wrap_text(label_of(data, x), 18) for x in xs]
    texts = [figure_with_notes(p, gap="\n") for series in data.series for p in series.points]
    outside = widest_of(texts) + 2.5
    middle = widest_of(names) + 4
    side = (width - middle) / _SIDES - outside
    row = max(_ROW, text_height(max(t.count("\n") + 1 for t in (*texts, *names))) + 1.2)
    sheet = Sheet(width, height or _HEAD + row * len(xs) + _FOOT)
    bottom = sheet.height - _FOOT
    ticks, low, high = scale_of(data, 3 if width < 120 else 5)
    for index in range(_SIDES):
        outward = -1 if index == 0 else 1
        start = width / 2 + outward * middle / 2
        ends = sorted((start, start + outward * side))
        axes = sheet.axes(ends[0], _HEAD, right=ends[1], bottom=bottom)
        set_value_axis(axes.xaxis, ticks)
        axes.set_xlim(*((high, low) if index == 0 else (low, high)))
        axes.set_ylim(len(xs) - 0.5, -0.5)
        axes.set_yticks([])
        axes.spines["bottom"].set_visible(False)
        axes.axvline(0, color=GREY, linewidth=0.6)
        if index >= len(data.series):
            continue
        series = data.series[index]
        sheet.text(
            start,
            2.2,
            text=series.label,
            ha="right" if index == 0 else "left",
            fontweight="bold",
        )
        for point in series.points:
            place = xs.index(point.x)
            if point.value is not None:
                axes.barh(
                    place,
                    point.value,
                    height=geometry.STACK_SHARE,
                    clip_on=False,
                    **fill_style(index),
                )
            axes.annotate(
                figure_with_notes(point, gap="\n"),
                (max(point.value or 0, 0), place),
                (3 * outward, 0),
                textcoords="offset points",
                va="center",
                ha="right" if index == 0 else "left",
                linespacing=1.0,
                fontweight="bold" if point.value is None else "normal",
            )
    for place, name in enumerate(names):
        y = _HEAD + (place + 0.5) / len(xs) * (bottom - _HEAD)
        sheet.text(width / 2, y, text=name, ha="center")
    sheet.text(width / 2, sheet.height - 2.2, text=data.unit, ha="center", color=GREY)
    return sheet
