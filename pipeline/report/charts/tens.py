"""What does "of ten victims" look like? A line of ten small figures for each question,
coloured by what they are, their names beside them; returns the sheet.

The last point of a series is its base, `n`. Figures of one part stand together, and are
dark to white in the order of the parts. A line that lacks a part has no figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi, sin
from typing import Any

from pipeline.report.charts import geometry
from pipeline.report.charts.palette import TENTHS
from pipeline.report.charts.plot import gap_texts
from pipeline.report.charts.sheet import (
    GREY,
    INK,
    SMALL,
    TEXT,
    Sheet,
    text_height,
    text_width,
    wrap_text,
)
from pipeline.report.views import ChartData, Point, Series

_TWO = 120.0  # millimetres: from this width on, lines stand in two columns
_BETWEEN = 8.0  # millimetres between two columns
_GAP = 3.6  # millimetres below a line
_FOOT = 5.0
_BESIDE = 1.0  # millimetres between figures and names
_CORNERS = 12  # of half of a circle
_EVERY = "all"


@dataclass(frozen=True)
class _Line:
    """One line as it is set: its names in lines of text, the rows of its head, and how
    high it is without the gap below it.
    """

    series: Series
    names: list[str]
    head: float
    height: float


def draw_tens(data: ChartData, width: float, *, height: float | None) -> Sheet:
    """As high as its lines need, whatever height is asked for."""
    columns = 2 if width >= _TWO and len(data.series) > 1 else 1
    wide = (width - _BETWEEN * (columns - 1)) / columns
    lines = [_line(series, wide) for series in data.series]
    rows = [lines[i : i + columns] for i in range(0, len(lines), columns)]
    heights = [max(line.height for line in row) + _GAP for row in rows]
    sheet = Sheet(width, sum(heights) + _FOOT)
    top = 0.0
    for row, high in zip(rows, heights, strict=True):
        for column, line in enumerate(row):
            _draw(sheet, line, left=column * (wide + _BETWEEN), top=top, width=wide)
        top += high
    sheet.text(0, sheet.height - 2.2, text=data.unit, color=GREY)
    return sheet


def fill_of(index: int) -> dict[str, Any]:
    """How the figures of a part are filled."""
    return {"facecolor": TENTHS[index % len(TENTHS)], "edgecolor": INK, "linewidth": 0.6}


def _line(series: Series, width: float) -> _Line:
    *parts, base = series.points
    room = width - _names_from(0) - geometry.SWATCH_LABEL
    names = [wrap_text(name_of(p), room) for p in parts]
    told = text_width(_base(base)) + text_width(_states(parts, base)) + 3
    head = text_height(1 if text_width(series.label, bold=True) + told + 3 <= width else 2)
    listed = sum(text_height(name.count("\n") + 1) + 0.5 for name in names)
    return _Line(series, names, head, head + 1.2 + max(geometry.TEN_HEIGHT, listed))


def _names_from(left: float) -> float:
    """Where the names of parts begin, beside the figures."""
    return left + 10 * geometry.TEN_STEP + _BESIDE


def name_of(point: Point) -> str:
    """`sexual exploitation 6`: the name first, for one girl is no `1 girls`."""
    return f"{point.x} {point.text}"


def _base(base: Point) -> str:
    return f"{base.x} {base.text}" if base.value is not None else ""


def _states(parts: list[Point], base: Point) -> str:
    """How many states stand behind a line; nothing where it is not drawn."""
    if base.value is None:
        return ""
    counted = next((p.coverage for p in (*parts, base) if p.coverage), _EVERY)
    return f"{counted} states"


def _draw(sheet: Sheet, line: _Line, *, left: float, top: float, width: float) -> None:
    *parts, base = line.series.points
    first = text_height(1)
    sheet.text(
        left, top + first / 2, text=line.series.label, va="center_baseline", fontweight="bold"
    )
    end = left + width
    for text in (_states(parts, base), _base(base)):
        if text:
            sheet.text(
                end,
                top + line.head - first / 2,
                text=text,
                ha="right",
                va="center_baseline",
                color=GREY,
            )
            end -= text_width(text) + 3
    y = top + line.head + 1.2
    if any(p.value is None for p in parts):  # in the place of the figures
        points = [(p.x, p) for p in parts]
        told = wrap_text(", ".join(gap_texts(points, len(parts))), width, size=SMALL)
        sheet.text(left, y, text=told, va="top", fontsize=SMALL, color=GREY)
        return
    place = 0
    for index, point in enumerate(parts):
        for _ in range(round(point.value or 0)):
            x = left + place * geometry.TEN_STEP
            sheet.shape(_figure(x, y), **fill_of(index))
            place += 1
    names = _names_from(left)
    for index, name in enumerate(line.names):
        middle = y + first / 2
        sheet.box(
            names,
            middle - geometry.SWATCH_HEIGHT / 2,
            width=geometry.SWATCH_WIDTH,
            height=geometry.SWATCH_HEIGHT,
            **fill_of(index),
        )
        sheet.text(names + geometry.SWATCH_LABEL, y, text=name, va="top", fontsize=TEXT)
        y += text_height(name.count("\n") + 1) + 0.5


def _figure(x: float, y: float) -> list[list[tuple[float, float]]]:
    """A head above a body with round shoulders, from the upper left corner of its place."""
    wide, high = geometry.TEN_WIDTH, geometry.TEN_HEIGHT
    radius = wide * 0.34
    middle = x + wide / 2
    turns = [pi * step / _CORNERS for step in range(_CORNERS + 1)]
    head = [
        (middle + radius * cos(turn), y + radius - radius * sin(turn))
        for turn in [*turns, *(pi + t for t in turns[1:-1])]
    ]
    neck = y + 2 * radius + 0.35
    shoulder = wide / 2
    body = [
        (middle + shoulder * cos(turn), neck + shoulder * 0.8 - shoulder * 0.8 * sin(turn))
        for turn in turns
    ]
    return [head, [*body, (x, y + high), (x + wide, y + high)]]
