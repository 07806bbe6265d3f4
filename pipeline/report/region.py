"""Where do the member states lie? Their outlines on a sheet in millimetres, made by tools/outline_region.py.

Borders of what lies around the member states are not drawn, and the one around Kosovo is drawn dashed: a map of figures
takes no side. The same layers, in the same order, are what the leak scan expects to find on the page.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pipeline.errors import RenderError

Ring = tuple[tuple[float, float], ...]
FILE = Path(__file__).parents[2] / "templates" / "shared" / "region.json"
KOSOVO = "XK"

# Where a state's name stands, in millimetres; a name beside its state has a lead from its end to a place inside.
LABELS: dict[str, tuple[float, float, tuple[float, float] | None]] = {
    "AL": (15.5, 67.0, (22.6, 63.0)), "BA": (14.6, 37.2, None), "BG": (57.0, 52.0, None), "GR": (34.5, 73.6, None),
    "HU": (29.0, 15.5, None), "MD": (85.5, 13.0, (74.5, 17.5)), "ME": (15.6, 53.0, (20.0, 47.0)),
    "MK": (34.8, 58.6, None), "RO": (55.0, 28.0, None), "RS": (31.0, 34.0, None), "TR": (115.0, 83.0, None),
    KOSOVO: (31.0, 51.2, None),
}  # fmt: skip


@dataclass(frozen=True)
class Layer:
    """What one path of a map draws: all land around, one state, or a line that is no border of fact."""

    name: str  # "around", a code of a state, "neutral", "lead"
    rings: tuple[Ring, ...]
    closed: bool = True


@dataclass(frozen=True)
class Region:
    width: float
    height: float
    shapes: dict[str, tuple[Ring, ...]]
    around: tuple[Ring, ...]
    neutral: tuple[Ring, ...]


@lru_cache(maxsize=1)
def read_region(path: Path = FILE) -> Region:
    raw = json.loads(path.read_text(encoding="utf-8"))
    return Region(
        raw["width"], raw["height"], {c: _rings(r) for c, r in raw["shapes"].items()}, _rings(raw["around"]),
        _rings(raw["neutral"]),
    )  # fmt: skip


def _rings(flat: list[list[int]]) -> tuple[Ring, ...]:
    return tuple(tuple(zip((v / 100 for v in r[::2]), (v / 100 for v in r[1::2]), strict=True)) for r in flat)


def layers(codes: Sequence[str]) -> list[Layer]:
    """The paths of a map of these states, from the ground up. Raises RenderError for a code without an outline."""
    region = read_region()
    if unknown := [code for code in codes if code not in region.shapes]:
        raise RenderError(
            f"the map has no outline of {', '.join(unknown)}", where=str(FILE.name),
            allowed=", ".join(sorted(region.shapes)), do="make the outlines anew with tools/outline_region.py",
        )  # fmt: skip
    found = [Layer("around", region.around), Layer(KOSOVO, region.shapes[KOSOVO])]
    found += [Layer(code, region.shapes[code]) for code in codes]
    found += [Layer("neutral", (line,), closed=False) for line in region.neutral]
    for code in codes:
        x, y, inside = LABELS[code]
        if inside:
            found.append(Layer("lead", (((_lead_start(x, inside[0]), y), inside),), closed=False))
    return found


def _lead_start(x: float, inside: float) -> float:
    """A lead starts a little beside the end of its label."""
    return x + (0.8 if inside > x else -0.8)


def picture(ground: str, land: str, states: str, width: float) -> str:
    """The member states alone as SVG, `width` millimetres wide, for the cover: it shows no figure."""
    region = read_region()
    height = region.height * width / region.width
    drawn = "".join(
        f'<path fill="{land if layer.name == KOSOVO else states}" stroke="{ground}" stroke-width=".3" '
        f'd="{"".join(_outline(ring) for ring in layer.rings)}"/>'
        for layer in picture_layers()
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}mm" height="{height:g}mm" '
        f'viewBox="0 0 {region.width:g} {region.height:g}">{drawn}</svg>'
    )


def picture_layers() -> list[Layer]:
    """What the picture of the cover draws, in its order."""
    region = read_region()
    return [Layer(code, region.shapes[code]) for code in (KOSOVO, *sorted(set(region.shapes) - {KOSOVO}))]


def _outline(ring: Ring) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in ring) + "Z"
