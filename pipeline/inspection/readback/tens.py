"""How many of ten does each line of figures show? Counted on the page, against what the
released values make.

A drawn line has ten figures of one size, one step apart on one height; those of a part
stand together, in the colour of its place. Beside them each part has a swatch of its
colour. Nothing else is painted.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

from pipeline.inspection.readback.axes import NEAR, Found, is_colour, is_swatch
from pipeline.inspection.readback.marks import Path
from pipeline.report.charts import geometry
from pipeline.report.charts.palette import TENTHS
from pipeline.report.views import ChartData, Point

NOT_RELEASED = "the mark belongs to no released value"
_TEN = 10


def tens(data: ChartData, paths: list[Path], *, axes: Any, counts: Counter[str]) -> Found:
    """What is wrong with the figures of lines of ten; parts that are right are counted."""
    lines = [(s.label, s.points[:-1]) for s in data.series if _is_drawn(s.points)]
    swatches = [p for p in paths if is_swatch(p)]
    figures = [p for p in paths if not is_swatch(p)]
    named = sum(len(parts) for _, parts in lines)
    if (len(figures), len(swatches)) != (_TEN * len(lines), named):
        yield (
            f"{len(figures)} figures and {len(swatches)} swatches for {len(lines)} lines of ten"
            f" with {named} parts",
            NOT_RELEASED,
        )
        return
    for index, (label, parts) in enumerate(lines):
        own = figures[_TEN * index : _TEN * (index + 1)]
        if not _in_a_row(own):
            yield f"the figures of {label} are no row of ten", NOT_RELEASED
        reached = 0
        for place, part in enumerate(parts):
            many = round(part.value or 0)
            drawn = own[reached : reached + many]
            swatch = swatches.pop(0)
            if not all(_has_colour(path, place) for path in (*drawn, swatch)):
                yield f"{many} of {label}: {part.x} have the colour of another part", NOT_RELEASED
            else:
                counts["mark"] += 1
            reached += many
        if reached != _TEN:
            yield f"{reached} of {label} are released", "a line has ten figures"


def _is_drawn(points: tuple[Point, ...]) -> bool:
    return all(p.value is not None for p in points)


def _has_colour(path: Path, place: int) -> bool:
    return is_colour(path.fill, TENTHS[place % len(TENTHS)])


def _in_a_row(figures: list[Path]) -> bool:
    """Whether they are of one size, on one height, and one step apart."""
    wide, high, step = (
        mm / geometry.MM_PER_POINT
        for mm in (geometry.TEN_WIDTH, geometry.TEN_HEIGHT, geometry.TEN_STEP)
    )
    sizes = all(
        abs(p.box[2] - p.box[0] - wide) < 2 * NEAR and abs(p.box[3] - p.box[1] - high) < 2 * NEAR
        for p in figures
    )
    level = all(abs(p.box[1] - figures[0].box[1]) < NEAR for p in figures)
    apart = all(abs(b.box[0] - a.box[0] - step) < 2 * NEAR for a, b in pairwise(figures))
    return sizes and level and apart
