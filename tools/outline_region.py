"""Make templates/shared/region.json: the outlines of the member states, and of every
other state that the map shows.

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python tools/outline_region.py package/countries-50m.json
    templates/shared/region.json

The source is Natural Earth 4.1.0, Admin 0 countries, 1:50m (public domain), by the npm
package world-atlas 2.0.2 as TopoJSON (ISC licence). Outlines are projected with
Lambert's conformal conic projection, cut to the frame of the map, thinned by arcs so
that neighbours keep one common border, and written in hundredths of a millimetre on a
sheet that is 170 mm wide. Nothing but Python is needed. Which of them are member states
is not said here: a map asks the code list.
"""

from __future__ import annotations

import json
import sys
from math import cos, log, pi, radians, sin, sqrt, tan
from pathlib import Path
from typing import Any

Place = tuple[float, float]
# The states in the frame of the map by their numbers in the source: ISO 3166-1.
CODES = {
    "008": "AL",
    "070": "BA",
    "100": "BG",
    "300": "GR",
    "348": "HU",
    "498": "MD",
    "499": "ME",
    "807": "MK",
    "642": "RO",
    "688": "RS",
    "792": "TR",
    "031": "AZ",
    "040": "AT",
    "051": "AM",
    "191": "HR",
    "196": "CY",
    "203": "CZ",
    "268": "GE",
    "364": "IR",
    "368": "IQ",
    "376": "IL",
    "380": "IT",
    "400": "JO",
    "422": "LB",
    "616": "PL",
    "643": "RU",
    "703": "SK",
    "705": "SI",
    "760": "SY",
    "804": "UA",
}
KOSOVO = "Kosovo"  # the source gives it no code
# their smaller islands are kept too
FINE = (
    "AL",
    "BA",
    "BG",
    "GR",
    "HU",
    "MD",
    "ME",
    "MK",
    "RO",
    "RS",
    "TR",
    "XK",
)

# degrees taken in before projection: far coasts would fold over the map
AROUND = (
    5.0,
    55.0,
    28.0,
    57.0,
)
PARALLELS = (37.0, 46.0)
MIDDLE = (30.0, 41.5)
WIDTH, HEIGHT = 170.0, 112.0  # millimetres
TOLERANCE = 0.22  # millimetres: what the thinning may move a border


def project(longitude: float, latitude: float) -> Place:
    """Lambert's conformal conic projection on a sphere of radius 1."""
    first, second, origin, here = (radians(v) for v in (*PARALLELS, MIDDLE[1], latitude))
    n = log(cos(first) / cos(second)) / log(tan(pi / 4 + second / 2) / tan(pi / 4 + first / 2))
    f = cos(first) * tan(pi / 4 + first / 2) ** n / n
    far = f / tan(pi / 4 + here / 2) ** n
    near = f / tan(pi / 4 + origin / 2) ** n
    angle = n * radians(longitude - MIDDLE[0])
    return far * sin(angle), near - far * cos(angle)


def main(source: Path, target: Path) -> None:
    topology = json.loads(source.read_text(encoding="utf-8"))
    sheet = Sheet()
    arcs = [thin(arc, sheet) for arc in unpack(topology)]
    shapes: dict[str, list[list[Place]]] = {}
    nameless: list[list[Place]] = []
    kosovo: set[int] = set()
    for country in topology["objects"]["countries"]["geometries"]:
        rings = [ring for polygon in polygons(country) for ring in polygon]
        near = [cut(join(arcs, ring), AROUND) for ring in rings]
        found = [
            cut([sheet.place(*p) for p in ring], (0.0, WIDTH, 0.0, HEIGHT)) for ring in near if ring
        ]
        name = country["properties"]["name"]
        code = "XK" if name == KOSOVO else CODES.get(country.get("id", ""), "")
        kept = [r for r in found if len(r) > 2 and abs(area(r)) > (0.3 if code in FINE else 0.8)]
        if code and kept:
            shapes[code] = sorted(kept, key=lambda r: -abs(area(r)))
        else:
            nameless += kept
        if code == "XK":
            kosovo = {index if index >= 0 else ~index for ring in rings for index in ring}
    assert set(FINE) <= set(shapes), sorted(shapes)
    content = {
        "source": (
            "Natural Earth 4.1.0, Admin 0 countries, 1:50m, public domain, by world-atlas 2.0.2"
        ),
        "width": WIDTH,
        "height": HEIGHT,
        "shapes": {code: [whole(r) for r in shapes[code]] for code in sorted(shapes)},
        "nameless": [whole(r) for r in sorted(nameless, key=lambda r: -abs(area(r)))],
        "neutral": [whole([sheet.place(*p) for p in arcs[i]]) for i in sorted(kosovo)],
    }
    lines = [
        f" {json.dumps(key)}: {json.dumps(value, separators=(',', ':'))}"
        for key, value in content.items()
    ]
    target.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


class Sheet:
    """From degrees to millimetres, y downwards: Hungary's western and Türkiye's eastern
    end fill the width.
    """

    def __init__(self) -> None:
        left = project(14.9, 44.0)[0]
        right = project(45.2, 38.5)[0]
        self.scale = WIDTH / (right - left)
        self.left, self.top = left, project(20.0, 49.3)[1]

    def place(self, longitude: float, latitude: float) -> Place:
        x, y = project(longitude, latitude)
        return (x - self.left) * self.scale, (self.top - y) * self.scale


def unpack(topology: Any) -> list[list[Place]]:
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        places = []
        for dx, dy in arc:
            x = x + dx
            y = y + dy
            places.append((x * sx + tx, y * sy + ty))
        arcs.append(places)
    return arcs


def polygons(country: Any) -> list[list[list[int]]]:
    found: list[list[list[int]]] = (
        country["arcs"] if country["type"] == "MultiPolygon" else [country["arcs"]]
    )
    return found


def join(arcs: list[list[Place]], ring: list[int]) -> list[Place]:
    places: list[Place] = []
    for index in ring:
        arc = arcs[index] if index >= 0 else arcs[~index][::-1]
        places += arc[1:] if places else arc
    return places


def thin(arc: list[Place], sheet: Sheet) -> list[Place]:
    """Douglas and Peucker, on the sheet: leave out what lies nearer than the tolerance
    to the line without it.
    """
    if not any(AROUND[0] <= x <= AROUND[1] and AROUND[2] <= y <= AROUND[3] for x, y in arc):
        return arc
    line = [sheet.place(*p) for p in arc]
    keep = {0, len(line) - 1}
    waiting = [(0, len(line) - 1)]
    if line[0] == line[-1] and len(line) > 3:  # a ring has no two ends to start from
        middle = len(line) // 2
        keep.add(middle)
        waiting = [(0, middle), (middle, len(line) - 1)]
    while waiting:
        first, last = waiting.pop()
        away = [(distance(line[i], line[first], end=line[last]), i) for i in range(first + 1, last)]
        if away and max(away)[0] > TOLERANCE:
            middle = max(away)[1]
            keep.add(middle)
            waiting += [(first, middle), (middle, last)]
    return [arc[i] for i in sorted(keep)]


def distance(place: Place, start: Place, *, end: Place) -> float:
    (x, y), (a, b), (c, d) = place, start, end
    length = (c - a) ** 2 + (d - b) ** 2
    part = (
        0.0 if not length else max(0.0, min(1.0, ((x - a) * (c - a) + (y - b) * (d - b)) / length))
    )
    return sqrt((x - a - part * (c - a)) ** 2 + (y - b - part * (d - b)) ** 2)


def cut(ring: list[Place], frame: tuple[float, float, float, float]) -> list[Place]:
    """The part of a ring inside of a frame: left, right, lower and upper end
    (Sutherland and Hodgman).
    """
    for axis, limit, sign in zip((0, 0, 1, 1), frame, (1, -1, 1, -1), strict=True):
        result: list[Place] = []
        for before, here in zip([*ring[-1:], *ring[:-1]], ring, strict=True):
            inside = sign * (here[axis] - limit) >= 0
            was = sign * (before[axis] - limit) >= 0
            if inside != was:
                part = (limit - before[axis]) / (here[axis] - before[axis])
                crossing = [b + part * (h - b) for b, h in zip(before, here, strict=True)]
                crossing[axis] = limit
                result.append((crossing[0], crossing[1]))
            if inside:
                result.append(here)
        ring = result
        if not ring:
            return []
    return ring


def area(ring: list[Place]) -> float:
    return sum(a * d - c * b for (a, b), (c, d) in zip(ring, [*ring[1:], ring[0]], strict=True)) / 2


def whole(line: list[Place]) -> list[int]:
    """Hundredths of a millimetre, x and y in turn."""
    places = [(round(x * 100), round(y * 100)) for x, y in line]
    kept = [p for i, p in enumerate(places) if i == 0 or p != places[i - 1]]
    if len(kept) > 1 and kept[0] == kept[-1]:
        kept.pop()
    return [value for place in kept for value in place]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
