"""What does every chart stand on? A sheet measured in millimetres, the width of texts,
fills, legends and scales.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from math import floor, log10
from types import MappingProxyType
from typing import Any

from pipeline.report.charts import geometry
from pipeline.report.charts.palette import (
    CLASSES,
    FILLS,
    GREY,
    INK,
    LAND,
    LINE_COLOURS,
    PALE,
    PAPER,
    RULE,
)
from pipeline.report.views import ChartData

# handed on to the drawings
__all__ = [
    "CLASSES",
    "FILLS",
    "GREY",
    "INK",
    "LAND",
    "LINE_COLOURS",
    "PALE",
    "PAPER",
    "RULE",
]

TEXT, SMALL = 8.0, 7.0  # sizes in points
LINE_HEIGHT = 1.18

DASHES: tuple[Any, ...] = (
    "-",
    (0, (5, 1.6)),
    (0, (1.2, 1.2)),
    (0, (6, 1.5, 1.2, 1.5)),
    (0, (3, 1)),
)
MARKERS = "osD^vPX<>hp"
HATCHES = ("", "////", "", "\\\\\\\\", "", "||||", "")


# --- fonts and measures ---------------------------------------------------------------


@lru_cache(maxsize=1)
def register_fonts() -> None:
    from matplotlib import font_manager

    from pipeline.system.pdf.fonts import FONT_WEIGHTS, font_folder

    for face in FONT_WEIGHTS.values():
        font_manager.fontManager.addfont(font_folder() / f"SourceSansPro-{face}.ttf")


@lru_cache(maxsize=2)
def _advances(face: str) -> Mapping[int, float]:
    """Width of each character, as a part of the type size."""
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    from pipeline.system.pdf.fonts import font_folder

    with TTFont(font_folder() / f"SourceSansPro-{face}.ttf", lazy=True) as font:
        widths = font["hmtx"]
        units = font["head"].unitsPerEm
        shares = {code: widths[glyph][0] / units for code, glyph in font.getBestCmap().items()}
    return MappingProxyType(shares)


def text_width(text: str, size: float = TEXT, *, bold: bool = False) -> float:
    """Width of a line of text in millimetres."""
    advances = _advances("Bold" if bold else "Regular")
    return (
        sum(advances.get(ord(character), 0.6) for character in text) * size * geometry.MM_PER_POINT
    )


def text_height(lines: int, size: float = TEXT) -> float:
    return lines * size * LINE_HEIGHT * geometry.MM_PER_POINT


def wrap_text(text: str, width: float, *, size: float = TEXT) -> str:
    """Break a label between words so that no line is wider than `width` millimetres."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and text_width(f"{lines[-1]} {word}", size) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return "\n".join(lines)


def widest_of(texts: Sequence[str], size: float = TEXT) -> float:
    return max((text_width(line, size) for text in texts for line in text.split("\n")), default=0)


def spread_apart(
    wanted: Sequence[float], heights: Sequence[float], *, low: float, high: float
) -> list[float]:
    """Centres as near to the wanted ones as they can be without overlap, in the order
    of the wanted ones.

    Neighbours that collide move together to their common mean, again and again until
    none does.
    """
    order = sorted(range(len(wanted)), key=lambda index: (wanted[index], index))
    ends = list(accumulate(heights[index] for index in order))
    offsets = [end - heights[index] / 2 for end, index in zip(ends, order, strict=True)]
    blocks: list[tuple[float, int]] = []
    for index, offset in zip(order, offsets, strict=True):
        mean = wanted[index] - offset
        size = 1
        while blocks and blocks[-1][0] > mean:
            before, count = blocks.pop()
            mean = (before * count + mean * size) / (count + size)
            size = count + size
        blocks.append((mean, size))
    starts = [mean for mean, size in blocks for _ in range(size)]
    room = max(low, high - ends[-1]) if ends else low
    places = [0.0] * len(wanted)
    for index, start, offset in zip(order, starts, offsets, strict=True):
        places[index] = min(max(start, low), room) + offset
    return places


# --- the sheet ------------------------------------------------------------------------


@dataclass
class Sheet:
    """A drawing surface measured in millimetres from its upper left corner."""

    width: float
    height: float

    def __post_init__(self) -> None:
        from matplotlib.figure import Figure

        self.figure: Any = Figure(
            figsize=(self.width / 25.4, self.height / 25.4), dpi=72, facecolor="none"
        )

    def axes(self, left: float, top: float, *, right: float, bottom: float) -> Any:
        """A plot between these edges, all measured from the upper left corner, with
        thin axes at its foot only.
        """
        box = (
            left / self.width,
            1 - bottom / self.height,
            (right - left) / self.width,
            (bottom - top) / self.height,
        )
        axes = self.figure.add_axes(box, facecolor="none")
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(length=0, pad=geometry.TICK_PAD, labelsize=TEXT)
        axes.set_axisbelow(True)
        return axes

    def text(self, x: float, y: float, *, text: str, **style: Any) -> None:
        style = {"ha": "left", "va": "center", "fontsize": TEXT, "linespacing": 1.0, **style}
        self.figure.text(x / self.width, 1 - y / self.height, text, **style)

    def line(self, x: Sequence[float], y: Sequence[float], **style: Any) -> None:
        from matplotlib.lines import Line2D

        places = [value / self.width for value in x], [1 - value / self.height for value in y]
        self.figure.add_artist(Line2D(*places, **style))

    def box(self, x: float, y: float, *, width: float, height: float, **style: Any) -> None:
        from matplotlib.patches import Rectangle

        corner = (x / self.width, 1 - (y + height) / self.height)
        self.figure.add_artist(
            Rectangle(
                corner,
                width / self.width,
                height / self.height,
                transform=self.figure.transFigure,
                **style,
            )
        )

    def shape(self, rings: Sequence[Sequence[tuple[float, float]]], **style: Any) -> None:
        """One area of several closed outlines; an outline inside of another one is a
        hole.
        """
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path

        corners, codes = [], []
        for ring in rings:
            corners += [(x / self.width, 1 - y / self.height) for x, y in (*ring, ring[0])]
            codes += [Path.MOVETO, *[Path.LINETO] * (len(ring) - 1), Path.CLOSEPOLY]
        self.figure.add_artist(
            PathPatch(Path(corners, codes), transform=self.figure.transFigure, **style)
        )

    def band(
        self, x: float, y: float, *, end: float, other: float, thick: float, **style: Any
    ) -> None:
        """A band from one upright edge to another, equally thick at both, that leaves
        and arrives level.
        """
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path

        middle = (x + end) / 2
        corners = [
            (x, y),
            (middle, y),
            (middle, other),
            (end, other),
            (end, other + thick),
            (middle, other + thick),
            (middle, y + thick),
            (x, y + thick),
            (x, y),
        ]
        codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
        places = [(a / self.width, 1 - b / self.height) for a, b in corners]
        self.figure.add_artist(
            PathPatch(Path(places, codes), transform=self.figure.transFigure, **style)
        )


def draw_legend(
    sheet: Sheet | None,
    labels: Sequence[str],
    *,
    styles: Sequence[dict[str, Any]],
    left: float,
    width: float,
    top: float,
) -> float:
    """Swatches with labels in as many rows as they need; without a sheet only the
    height is worked out.
    """
    x = left
    y = top
    row = text_height(1) + 0.8
    for label, style in zip(labels, styles, strict=True):
        needed = 6 + text_width(label) + 4
        if x > left and x + needed > left + width:
            x = left
            y = y + row
        if sheet:
            sheet.box(
                x, y + 0.7, width=geometry.SWATCH_WIDTH, height=geometry.SWATCH_HEIGHT, **style
            )
            sheet.text(x + geometry.SWATCH_LABEL, y + row / 2 - 0.1, text=label)
        x += needed
    return y + row - top


def fill_style(index: int) -> dict[str, Any]:
    return {
        "facecolor": FILLS[index % len(FILLS)],
        "edgecolor": PAPER,
        "hatch": HATCHES[index % len(HATCHES)],
        "linewidth": 0.6,
    }


def places_of(data: ChartData) -> list[str]:
    """The places along the x axis, in the order they first appear."""
    return list(dict.fromkeys(point.x for series in data.series for point in series.points))


def label_of(data: ChartData, x: str) -> str:
    return data.labels.get(x, x)


def values_of(data: ChartData) -> list[float]:
    return [
        point.value for series in data.series for point in series.points if point.value is not None
    ]


def ticks_between(low: float, high: float, *, count: int, whole: bool) -> list[float]:
    """Round numbers from at or below `low` to at or above `high`, about `count` of
    them; whole ones where only things are counted.
    """
    span = high - low
    power = 10.0 ** floor(log10(span / count))
    # a small scale of what is counted goes in steps of three, because two and a half is none
    parts = (1, 2, 3, 5, 10) if whole and power == 1 else (1, 2, 2.5, 5, 10)
    steps = (max(1.0, part * power) if whole else part * power for part in parts)
    step = next((step for step in steps if span / step <= count), 10 * power)
    first = floor(low / step)
    last = -floor(-high / step)
    return [round(index * step, 10) for index in range(first, last + 1)]


def is_counted(values: Sequence[float]) -> bool:
    """Whether all values are whole, as those of what is counted are."""
    return all(float(value).is_integer() for value in values)


def tick_label(value: float) -> str:
    text = f"{value:,.10g}" if abs(value) < 1e9 else f"{value:,.0f}"
    return text.replace("-", "−")


def scale_of(data: ChartData, count: int = 5) -> tuple[list[float], float, float]:
    """Ticks and ends of the axis of values. It starts at zero; where all is zero it ends
    at one, because the frame of a plot is read back by its grid.
    """
    values = values_of(data)
    low = min([0.0, *values])
    high = max([0.0, *values])
    if low == high:
        high = 1.0
    ticks = ticks_between(low, high, count=count, whole=is_counted(values))
    return ticks, ticks[0], ticks[-1]
