"""What does a map look like? The member states coloured by class, each with its name
and its figure.

A state without a figure is hatched: one way where it did not report, another where the
figure is withheld. What lies around is one grey land without borders.
"""

from __future__ import annotations

from typing import Any

from pipeline.report.charts.classes import Classes, classes_of
from pipeline.report.charts.region import KOSOVO, Layer, layers, name_place, read_region
from pipeline.report.charts.sheet import (
    GREY,
    INK,
    LAND,
    PAPER,
    SMALL,
    Sheet,
    draw_legend,
    label_of,
    text_height,
    wrap_text,
)
from pipeline.report.views import ChartData, Point

KOSOVO_NAME = "Kosovo*"
NOT_REPORTED, WITHHELD = "not reported", "withheld"
_HATCHES = {NOT_REPORTED: "\\\\\\\\\\", WITHHELD: "......"}
NOTES = (
    "The boundaries and names shown on this map do not imply official endorsement or acceptance.",
    (
        "* This designation is without prejudice to positions on status, and is in line with UNSCR"
        " 1244/1999 and the ICJ Opinion on the Kosovo declaration of independence."
    ),
    "Geometry: Natural Earth.",
)
_SIDE = 46.0  # millimetres beside a low map: its legend, and what the codes stand for
_CODE = 7.0  # millimetres from a code to its name
_FAINT = "#aab3bd"  # of hatches: a name stands on them
_NARROW = {"BA": 17.0, "MK": 14.0}  # millimetres that a name may take inside of its state


def draw_map(data: ChartData, width: float, *, height: float | None) -> Sheet:
    """As wide as the text, with its legend below; where a height is given, as large as that
    allows, with its legend beside it. In a low map the names of states are wider than the
    states: they have their codes, and the legend tells what these stand for.
    """
    points = [point for series in data.series for point in series.points]
    region = read_region()
    classes = classes_of(data)
    labels, fills = classes.labels, classes.styles
    for gap in (NOT_REPORTED, WITHHELD):
        if any(_gap(point) == gap for point in points):
            labels.append(gap)
            fills.append(_hatched(gap))
    top = text_height(1) + 2
    low = height is not None
    if height is not None:
        scale = min((width - _SIDE) / region.width, (height - top - 1) / region.height)
        sheet = Sheet(width, height)
    else:
        scale = width / region.width
        foot = draw_legend(None, labels, styles=fills, left=0, width=width, top=0)
        sheet = Sheet(width, top + region.height * scale + 2 + foot)
    by_code = {point.x: point for point in points}
    for layer in layers([point.x for point in points]):
        _draw_layer(
            sheet, layer, scale=scale, top=top, point=by_code.get(layer.name), classes=classes
        )
    sheet.text(0, 2.2, text=data.unit, color=GREY)
    for point in points:
        name = point.x if low else label_of(data, point.x)
        _name(sheet, name, point=point, scale=scale, top=top, classes=classes)
    x, y, _ = name_place(KOSOVO)
    sheet.text(
        x * scale,
        top + y * scale,
        text=KOSOVO_NAME,
        ha="center",
        va="center_baseline",
        fontsize=5.6,
        color=INK,
    )
    if not low:
        below = top + region.height * scale + 2
        draw_legend(sheet, labels, styles=fills, left=0, width=width, top=below)
        return sheet
    # One class a line, below each other: no label is as wide as the room.
    left = region.width * scale + 4
    y = top
    for text, style in zip(labels, fills, strict=True):
        y += draw_legend(sheet, [text], styles=[style], left=left, width=_SIDE, top=y)
    y += 3
    for point in points:
        sheet.text(left, y, text=point.x, va="center_baseline", fontsize=SMALL, fontweight="bold")
        name = label_of(data, point.x)
        sheet.text(left + _CODE, y, text=name, va="center_baseline", fontsize=SMALL)
        y += text_height(1, SMALL) + 0.5
    return sheet


def _gap(point: Point) -> str:
    if point.value is not None:
        return ""
    return WITHHELD if point.status == "withheld" else NOT_REPORTED


def _hatched(gap: str) -> dict[str, Any]:
    return {"facecolor": PAPER, "edgecolor": _FAINT, "hatch": _HATCHES[gap], "linewidth": 0.4}


def _draw_layer(
    sheet: Sheet,
    layer: Layer,
    *,
    scale: float,
    top: float,
    point: Point | None,
    classes: Classes,
) -> None:
    lines = [[(x * scale, top + y * scale) for x, y in ring] for ring in layer.rings]
    if layer.name in ("neutral", "lead"):
        for line in lines:
            if layer.name == "neutral":  # the outlines of its neighbours have drawn it as a border
                sheet.line(*zip(*line, strict=True), color=PAPER, linewidth=1.2)
            dashes: Any = (0, (3, 2)) if layer.name == "neutral" else "-"
            sheet.line(*zip(*line, strict=True), color=GREY, linewidth=0.5, linestyle=dashes)
        return
    style: dict[str, Any] = {"facecolor": LAND, "edgecolor": "none", "linewidth": 0}
    if point is not None and point.value is not None:
        style = {
            "facecolor": classes.colour(point.value),
            "edgecolor": GREY,
            "linewidth": 0.4,
        }
    elif point is not None:
        style = _hatched(_gap(point))
    sheet.shape(lines, **style)


def _name(
    sheet: Sheet, name: str, *, point: Point, scale: float, top: float, classes: Classes
) -> None:
    x, y, inside = name_place(point.x)
    ink = INK if inside else classes.ink(point.value)
    if not inside:
        name = wrap_text(name, _NARROW.get(point.x, 60.0) * scale, size=SMALL)
    lines = name.count("\n") + 1
    side = "center" if not inside else "right" if inside[0] > x else "left"
    # name and figure together stand around their place
    y = top + y * scale - text_height(lines + 1) / 2
    sheet.text(
        x * scale, y + text_height(lines, SMALL) / 2, text=name, ha=side, fontsize=SMALL, color=ink
    )
    sheet.text(
        x * scale,
        y + text_height(lines, SMALL) + text_height(1) / 2,
        text=point.text,
        ha=side,
        fontweight="bold",
        color=ink,
    )
