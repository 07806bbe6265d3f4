"""What does a heat map look like? A tile a point, coloured by the class of its value,
or by the place of its word on a scale; returns the sheet.
"""

from __future__ import annotations

from pipeline.report.charts.classes import Classes, classes_of
from pipeline.report.charts.sheet import (
    GREY,
    PALE,
    PAPER,
    TEXT,
    Sheet,
    draw_legend,
    label_of,
    places_of,
    text_height,
    text_width,
    widest_of,
    wrap_text,
)
from pipeline.report.views import ChartData, Point

_ROOM, _AIR = 0.6, 1.6  # millimetres beside a text in its tile, and beside one of several words


def draw_heat(data: ChartData, width: float, *, height: float | None) -> Sheet:
    xs = places_of(data)
    classes = classes_of(data)
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
    texts, size = _fitted([point for series in data.series for point in series.points], cell)
    legend = 5.0 + _legend(None, classes, width=width, top=0)
    lines = max(text.count("\n") + 1 for text in [*names, *texts.values()])
    row = max(5.4, text_height(lines) + 1)
    sheet = Sheet(width, height or legend + head + row * len(names))
    row = (sheet.height - legend - head) / len(names)
    sheet.text(0, 2, text=", ".join(t for t in (data.unit, data.x_title) if t), color=GREY)
    _legend(sheet, classes, width=width, top=4.2)
    for column, text in enumerate(heads):
        turned = (
            {"rotation": 90, "va": "bottom"}
            if upright
            else {"va": "bottom" if "\n" in text else "baseline"}
        )
        sheet.text(
            left + (column + 0.5) * cell, legend + head - 1, text=text, ha="center", **turned
        )
    for line, (name, series) in enumerate(zip(names, data.series, strict=True)):
        y = legend + head + line * row
        sheet.text(left - 1.5, y + row / 2, text=name, ha="right", va="center_baseline")
        for point in series.points:
            x = left + xs.index(point.x) * cell
            colour = PAPER if point.value is None else classes.colour(point.value)
            style = {"facecolor": colour, "edgecolor": PALE, "linewidth": 0.5}
            sheet.box(x, y, width=cell, height=row, **style)
            sheet.text(
                x + cell / 2,
                y + row / 2,
                text=texts[point],
                ha="center",
                va="center" if "\n" in texts[point] else "center_baseline",
                color=classes.ink(point.value),
                fontsize=size,
                fontweight="bold" if point.value is None else "normal",
            )
    return sheet


def _fitted(points: list[Point], cell: float) -> tuple[dict[Point, str], float]:
    """The text of each tile, broken between words, and the one size in which all fit."""
    told = {p: f"{p.text}*" if p.status == "partial" else p.text for p in points}
    longest = max((text_width(w) for text in told.values() for w in text.split(" ")), default=0)
    size = min(TEXT, TEXT * (cell - _ROOM) / max(longest, 0.1))
    return {p: wrap_text(text, cell - _AIR, size=size) for p, text in told.items()}, size


def _legend(sheet: Sheet | None, classes: Classes, *, width: float, top: float) -> float:
    return draw_legend(sheet, classes.labels, styles=classes.styles, left=0, width=width, top=top)
