"""What does a heat map look like? A tile a point, coloured by the class of its value;
returns the sheet.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.report.charts.classes import bounds_of, class_ink, class_legend, class_of
from pipeline.report.charts.sheet import (
    CLASSES,
    GREY,
    PALE,
    PAPER,
    TEXT,
    Sheet,
    label_of,
    places_of,
    text_height,
    values_of,
    widest_of,
    wrap_text,
)
from pipeline.report.views import ChartData, Point


def draw_heat(data: ChartData, width: float, *, height: float | None) -> Sheet:
    xs = places_of(data)
    bounds = bounds_of(values_of(data))
    names = [wrap_text(series.label, 46) for series in data.series]
    left = widest_of(names) + 2
    cell = (width - left) / len(xs)
    heads = [wrap_text(label_of(data, x), cell - 1) for x in xs]
    upright = widest_of(heads) > cell - 0.5
    if upright:
        heads = [label_of(data, x) for x in xs]
    head = (
        widest_of(heads) + 2
        if upright
        else text_height(max(text.count("\n") + 1 for text in heads)) + 1.2
    )
    legend = 5.0 + class_legend(None, data, bounds=bounds, left=0, width=width, top=0)
    row = max(5.4, max(text_height(name.count("\n") + 1) for name in names) + 1)
    sheet = Sheet(width, height or legend + head + row * len(names))
    row = (sheet.height - legend - head) / len(names)
    sheet.text(0, 2, text=", ".join(t for t in (data.unit, data.x_title) if t), color=GREY)
    class_legend(sheet, data, bounds=bounds, left=0, width=width, top=4.2)
    for column, text in enumerate(heads):
        turned = (
            {"rotation": 90, "va": "bottom"}
            if upright
            else {"va": "bottom" if "\n" in text else "baseline"}
        )
        sheet.text(
            left + (column + 0.5) * cell, legend + head - 1, text=text, ha="center", **turned
        )
    size = min(
        TEXT,
        TEXT * (cell - 0.6) / max(widest_of([p.text for s in data.series for p in s.points]), 0.1),
    )
    for line, (name, series) in enumerate(zip(names, data.series, strict=True)):
        y = legend + head + line * row
        sheet.text(left - 1.5, y + row / 2, text=name, ha="right", va="center_baseline")
        for point in series.points:
            _draw_tile(
                sheet,
                left + xs.index(point.x) * cell,
                y=y,
                width=cell,
                height=row,
                point=point,
                bounds=bounds,
                size=size,
            )
    return sheet


def _draw_tile(
    sheet: Sheet,
    x: float,
    *,
    y: float,
    width: float,
    height: float,
    point: Point,
    bounds: Sequence[float],
    size: float,
) -> None:
    """One cell of a heat map; without a value it stays white, with the point's text."""
    colour = PAPER if point.value is None else CLASSES[class_of(point.value, bounds)]
    sheet.box(x, y, width=width, height=height, facecolor=colour, edgecolor=PALE, linewidth=0.5)
    sheet.text(
        x + width / 2,
        y + height / 2,
        text=f"{point.text}*" if point.status == "partial" else point.text,
        ha="center",
        va="center_baseline",
        color=class_ink(point.value, bounds),
        fontsize=size,
        fontweight="bold" if point.value is None else "normal",
    )
