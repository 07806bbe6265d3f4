"""Where do the member states lie? Their outlines on a sheet in millimetres, made by
tools/outline_region.py.

Which states are members is not said here: who draws a map gives their codes, and every
other state is land around them. Borders of that land are not drawn, and the one around
Kosovo is drawn dashed: a map of figures takes no side. The same layers, in the same
order, are what the leak scan expects to find on the page.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from pipeline.errors import RenderError
from pipeline.project import CODE_ROOT

Ring = tuple[tuple[float, float], ...]
FILE = CODE_ROOT / "templates" / "shared" / "region.json"
KOSOVO = "XK"

# Where a state's name stands, in millimetres; a name beside its state has a lead from
# its end to a place inside. The name of a state that is not listed stands in the middle
# of its outline.
_NAMES: dict[str, tuple[float, float, tuple[float, float] | None]] = {
    "AL": (15.5, 67.0, (22.6, 63.0)),
    "BA": (14.6, 37.2, None),
    "BG": (57.0, 52.0, None),
    "GR": (34.5, 73.6, None),
    "HU": (29.0, 15.5, None),
    "MD": (85.5, 13.0, (74.5, 17.5)),
    "ME": (15.6, 53.0, (20.0, 47.0)),
    "MK": (34.8, 58.6, None),
    "RO": (55.0, 28.0, None),
    "RS": (31.0, 34.0, None),
    "TR": (115.0, 83.0, None),
    KOSOVO: (31.0, 51.2, None),
    "UA": (112.0, 8.5, None),
}


@dataclass(frozen=True)
class Layer:
    """What one path of a map draws: all land around, one state, or a line that is no
    border of fact.
    """

    name: str  # "around", a code of a state, "neutral", "lead"
    rings: tuple[Ring, ...]
    closed: bool = True


@dataclass(frozen=True)
class Region:
    width: float
    height: float
    shapes: Mapping[
        str, tuple[Ring, ...]
    ]  # of every state in the frame, member or not, by its code
    nameless: tuple[Ring, ...]  # land of states too small for a code
    neutral: tuple[Ring, ...]

    def around(self, codes: Sequence[str]) -> tuple[Ring, ...]:
        """All land but that of these states."""
        others = (rings for code, rings in self.shapes.items() if code not in (*codes, KOSOVO))
        return (*(ring for rings in others for ring in rings), *self.nameless)


@lru_cache(maxsize=1)
def read_region(path: Path = FILE) -> Region:
    raw = json.loads(path.read_text(encoding="utf-8"))
    return Region(
        raw["width"],
        raw["height"],
        MappingProxyType({c: _rings(r) for c, r in raw["shapes"].items()}),
        _rings(raw["nameless"]),
        _rings(raw["neutral"]),
    )


def _rings(flat: list[list[int]]) -> tuple[Ring, ...]:
    return tuple(
        tuple(zip((v / 100 for v in r[::2]), (v / 100 for v in r[1::2]), strict=True)) for r in flat
    )


def layers(codes: Sequence[str]) -> list[Layer]:
    """The paths of a map of these states, from the ground up. Raises RenderError for a
    code without an outline.
    """
    region = _with_outlines(codes)
    found = [Layer("around", region.around(codes)), Layer(KOSOVO, region.shapes[KOSOVO])]
    found += [Layer(code, region.shapes[code]) for code in codes]
    found += [Layer("neutral", (line,), closed=False) for line in region.neutral]
    for code in codes:
        x, y, inside = name_place(code)
        if inside:
            found.append(Layer("lead", (((_lead_start(x, inside[0]), y), inside),), closed=False))
    return found


def without_outline(codes: Sequence[str]) -> list[str]:
    """Those of these states that the map does not show."""
    return [code for code in codes if code not in read_region().shapes]


def _with_outlines(codes: Sequence[str]) -> Region:
    if unknown := without_outline(codes):
        raise RenderError(
            f"the map has no outline of {', '.join(unknown)}",
            where=str(FILE.name),
            allowed=", ".join(sorted(read_region().shapes)),
            do=(
                "add its number to CODES of tools/outline_region.py and make the outlines anew, as"
                " its first lines say"
            ),
        )
    return read_region()


def name_place(code: str) -> tuple[float, float, tuple[float, float] | None]:
    """Where the name of a state stands, and the place inside of it that a lead goes to
    where the name stands beside.
    """
    if code in _NAMES:
        return _NAMES[code]
    largest, *_ = read_region().shapes[code]
    x, y = _middle(largest)
    return x, y, None


def _middle(ring: Ring) -> tuple[float, float]:
    """At the height of the centre of an outline, the middle of the widest stretch
    inside of it.
    """
    area = sum(a * d - c * b for (a, b), (c, d) in zip(ring, (*ring[1:], ring[0]), strict=True)) * 3
    y = (
        sum(
            (b + d) * (a * d - c * b)
            for (a, b), (c, d) in zip(ring, (*ring[1:], ring[0]), strict=True)
        )
        / area
    )
    sides = zip(ring, (*ring[1:], ring[0]), strict=True)
    crossings = sorted(
        a + (y - b) / (d - b) * (c - a) for (a, b), (c, d) in sides if (b <= y) != (d <= y)
    )
    left, right = max(
        zip(crossings[::2], crossings[1::2], strict=True), key=lambda part: part[1] - part[0]
    )
    return (left + right) / 2, y


def _lead_start(x: float, inside: float) -> float:
    """A lead starts a little beside the end of its label."""
    return x + (0.8 if inside > x else -0.8)


def picture(ground: str, land: str, states: str, width: float, codes: Sequence[str]) -> str:
    """The states of these codes alone as SVG, `width` millimetres wide, for the cover:
    it shows no figure.
    """
    region = read_region()
    height = region.height * width / region.width
    drawn = "".join(
        f'<path fill="{land if layer.name == KOSOVO else states}" stroke="{ground}"'
        f' stroke-width=".3" d="{"".join(_outline(ring) for ring in layer.rings)}"/>'
        for layer in picture_layers(codes)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}mm" height="{height:g}mm" '
        f'viewBox="0 0 {region.width:g} {region.height:g}">{drawn}</svg>'
    )


def picture_layers(codes: Sequence[str]) -> list[Layer]:
    """What the picture of the cover draws, in its order."""
    region = _with_outlines(codes)
    return [Layer(code, region.shapes[code]) for code in (KOSOVO, *sorted(codes))]


def _outline(ring: Ring) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in ring) + "Z"
