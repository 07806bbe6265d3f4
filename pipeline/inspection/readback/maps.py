"""Does a map show the region, and nothing else? Its paths compared with the outlines
that the project keeps.

Outlines are no figures, but a path of another shape could be one. So every path of a
map, and of the picture on the cover, must be the outline that stands in its place in
the list, at one scale and in one place on the page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.inspection.readback.marks import Path
from pipeline.report.charts.region import Layer

# points: outlines are kept in hundredths of a millimetre, drawings in hundredths of a
# point
_SLACK = 0.35
Place = tuple[float, float, float]  # points a millimetre, left and upper end of the sheet


def place_of(path: Path, layer: Layer) -> Place:
    """How a layer of the sheet was put on the page, from the box around it."""
    left, _, right, top = path.box
    xs = [x for ring in layer.rings for x, _ in ring]
    ys = [y for ring in layer.rings for _, y in ring]
    scale = (right - left) / (max(xs) - min(xs))
    return scale, left - min(xs) * scale, top + min(ys) * scale


def strange(paths: Sequence[Path], layers: Sequence[Layer], *, place: Place) -> Iterator[Path]:
    """The paths that are not the layer in their place."""
    for path, layer in zip(paths, layers, strict=True):
        if path.curved or not _is(path, layer, place=place):
            yield path


def _is(path: Path, layer: Layer, *, place: Place) -> bool:
    scale, left, top = place
    if len(path.parts) != len(layer.rings):
        return False
    for part, ring in zip(path.parts, layer.rings, strict=True):
        wanted = [(left + x * scale, top - y * scale) for x, y in ring]
        found = list(part)
        while len(found) > len(wanted) and _near(found[-1], found[0]):
            found.pop()  # a closed outline comes back to its start, once or twice
        if len(found) != len(wanted) or not all(map(_near, found, wanted)):
            return False
    return True


def _near(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return abs(one[0] - other[0]) <= _SLACK and abs(one[1] - other[1]) <= _SLACK
