"""Which values do the marks of a chart show? Read back from the paths of the page, by
the chart's own scale.

What is checked, by kind of chart:
- line, small_multiples: the grid gives the scale, of each small plot its own; each
  marker's place and height is one released point of the line of its colour, each point
  one marker, each vertex of a line stands on a marker.
- sparkline, state_lines: the same, where the one line of the grid is zero and the
  largest value stands as high above it as all largest values do.
- bar, grouped_bar: each bar starts at zero, stands in the place of one point and is as
  long as its value.
- pyramid: the same on two sides of one scale, a series a side.
- stacked_bar: the bars of a row follow each other without a gap, one for each released
  value that is not zero.
- share_bar: the same, where each part is as long as its share in the base of its row,
  and the base is the sum of the parts.
- dumbbell: the grid gives the scale; each mark stands in the row of its series and is
  the first or the last point of it by its colour; a joining bar goes from mark to mark.
- of_ten: see `pipeline.inspection.readback.tens`.
- flow: see `pipeline.inspection.readback.flows`.
- heat: one tile a point in the noted order, which says the text of its point; a
  colour is that of the class its value falls in, or of the place of its word, white
  for none.
- map: the outlines of the region, each in its place; a state has the colour of its
  class, or is hatched for none.
Any other filled area must be a swatch of the legend or the ground of a label inside a
bar.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

from pipeline.inspection.readback.axes import (
    NEAR,
    Axes,
    Box,
    Found,
    Label,
    Scale,
    grid,
    is_colour,
    is_swatch,
    join,
    runs,
)
from pipeline.inspection.readback.flows import flows
from pipeline.inspection.readback.maps import place_of, strange
from pipeline.inspection.readback.marks import Path
from pipeline.inspection.readback.tens import tens
from pipeline.inspection.readback.words import compact
from pipeline.report.charts import geometry
from pipeline.report.charts.palette import CLASSES, LAND, LINE_COLOURS, PAPER, ramp
from pipeline.report.charts.region import layers
from pipeline.report.views import ChartData, Point

Mark = tuple[Any, float]  # place and value
Class = tuple[float, float, str]  # lower end, upper end, colour
NOT_RELEASED = "the mark belongs to no released value"
# small lines without numbers: how high, in millimetres, the largest value of each stands
_SPARKS: dict[str, Callable[[], float]] = {
    "sparkline": lambda: geometry.SPARK_HEIGHT,
    "state_lines": lambda: geometry.STRIP_HEIGHT,
}
NO_MARK = "a released value has no mark that shows it"


class Measure(Protocol):
    """Yields what is wrong with the marks of one kind of chart."""

    def __call__(
        self, data: ChartData, paths: list[Path], *, axes: Axes, counts: Counter[str]
    ) -> Found: ...


def measure(data: ChartData, paths: list[Path], *, axes: Axes, counts: Counter[str]) -> Found:
    """Yield what is wrong with the marks of a chart; count those that are right."""
    kinds: dict[str, Measure] = {
        "line": _lines,
        "small_multiples": _lines,
        "sparkline": _lines,
        "state_lines": _lines,
        "bar": _bars,
        "grouped_bar": _bars,
        "stacked_bar": _stacks,
        "dumbbell": _dumbbell,
        "share_bar": _shares,
        "pyramid": _pyramid,
        "flow": flows,
        "of_ten": tens,
        "heat": _tiles,
        "map": _map,
    }
    try:
        painted = [p for p in paths if p.fill is not None or p.stroke is not None]
        yield from _frames(paths, axes=axes)
        yield from axes.faults()
        yield from kinds[data.kind](data, painted, axes=axes, counts=counts)
    except (ValueError, IndexError, ZeroDivisionError) as problem:
        yield (
            f"the drawing cannot be read back ({problem})",
            "its marks cannot be compared with released values",
        )


def _places(data: ChartData) -> list[str]:
    return list(dict.fromkeys(p.x for s in data.series for p in s.points))


def _points(data: ChartData) -> list[tuple[int, int, Point]]:
    """Series, place and point of everything that has a value."""
    places = _places(data)
    return [
        (index, places.index(p.x), p)
        for index, s in enumerate(data.series)
        for p in s.points
        if p.value is not None
    ]


def _frames(paths: list[Path], *, axes: Axes) -> Found:
    """Paths that are never painted are the frame of the drawing and of its plots: where
    they end tells nothing.
    """
    parts = [
        (p.curved, _around_points(part))
        for p in paths
        if p.fill is None and p.stroke is None
        for part in p.parts
    ]
    frames = [(curved, box) for curved, box in parts if box[0] < box[2] or box[1] < box[3]]
    upright = grid(paths, upright=True)
    known = [
        *(join(p.box for p in run) for run in runs(paths)),
        *([join(g.box for g in upright)] if upright else []),
        *(join(g.box for g in plot.lines) for plot in axes.plots if plot.lines),
    ]
    known += [join(box for _, box in frames)] if frames else []
    for curved, box in frames:
        if curved or not any(_same(box, other) for other in known):
            yield f"an unpainted path at {', '.join(f'{v:.1f}' for v in box)} points", NOT_RELEASED


def _shown(value: float) -> str:
    return f"{value:,.6g}"


def _around_points(points: Sequence[tuple[float, float]]) -> Box:
    return join((x, y, x, y) for x, y in points)


def _same(one: Box, other: Box) -> bool:
    return all(abs(a - b) < 0.5 for a, b in zip(one, other, strict=True))


def _match(marks: list[Mark], wanted: list[Mark], *, slack: float, counts: Counter[str]) -> Found:
    """Pair each mark with one released value in the same place."""
    left = list(wanted)
    for place, value in marks:
        near = [w for w in left if w[0] == place and abs(w[1] - value) <= slack + 1e-9]
        if near:
            left.remove(min(near, key=lambda w: abs(w[1] - value)))
            counts["mark"] += 1
        else:
            yield f"a mark shows about {_shown(value)} at {place}", NOT_RELEASED
    for place, value in left:
        yield f"{_shown(value)} at {place}", NO_MARK


# --- lines ----------------------------------------------------------------------------


def _lines(data: ChartData, paths: list[Path], *, axes: Axes, counts: Counter[str]) -> Found:
    panels = [plot.lines for plot in axes.plots]
    small = data.kind in ("small_multiples", *_SPARKS)
    total = len(_places(data))
    margin = geometry.PANEL_MARGIN if small else geometry.LINE_MARGIN
    if len(panels) != (len(data.series) if small else 1):
        raise ValueError(f"{len(panels)} plots for {len(data.series)} series")
    used: set[int] = set()
    for index, panel in enumerate(panels):
        # each of several small plots has one series and an axis of its own
        shown = [(s, x, p) for s, x, p in _points(data) if not small or s == index]
        most = max((p.value or 0 for _, _, p in shown), default=0)
        if data.kind in _SPARKS:
            values = [float(p.value or 0) for _, _, p in shown]
            scale = _scale_of_sparkline(panel, values, high=_SPARKS[data.kind]())
        else:
            scale = Scale([p.box[1] for p in panel], axes.plots[index].values, most=most)
        yield from scale.faults()
        left = panel[0].box[0]
        right = panel[0].box[2]
        first = max(p.order for p in panel)
        last = (
            min((p.order for p in panels[index + 1]), default=0)
            if index + 1 < len(panels)
            else float("inf")
        )
        own = [p for p in paths if first < p.order < last]
        marks, spots = [], []
        for path in own:
            if _is_mark(path):
                share = (path.origin[0] - left) / (right - left)
                place = geometry.place_at(share, total, margin=margin)
                series = index if small else _series_of(path)
                marks.append(((series, round(place)), scale.value(path.origin[1])))
                spots.append(path.origin)
                used.add(path.order)
                if abs(place - round(place)) > 0.02:
                    yield f"a mark stands between two places at {place:.2f}", NOT_RELEASED
        wanted = [
            ((s if small else s % len(LINE_COLOURS), x), float(p.value or 0)) for s, x, p in shown
        ]
        yield from _match(marks, wanted, slack=scale.slack, counts=counts)
        yield from _vertices(own, spots, ends=(left, right), used=used)
    yield from _strangers([p for p in paths if p.order not in used and p.fill is not None])


def _scale_of_sparkline(panel: list[Path], values: list[float], *, high: float) -> Scale:
    """From zero to the largest value of the line, over the height that all have."""
    (zero,) = panel
    span = max([0.0, *values]) - min([0.0, *values])
    top = zero.box[1] + high / geometry.MM_PER_POINT
    return Scale([zero.box[1], top], [0.0, span or 1.0], most=span)


def _is_mark(path: Path) -> bool:
    left, bottom, right, top = path.box
    outlined = path.fill is not None and path.stroke is not None
    return outlined and geometry.is_mark(max(right - left, top - bottom))


def _series_of(path: Path) -> int:
    return next((i for i, c in enumerate(LINE_COLOURS) if is_colour(path.stroke, c)), -1)


def _vertices(
    paths: list[Path],
    spots: list[tuple[float, float]],
    *,
    ends: tuple[float, float],
    used: set[int],
) -> Found:
    """A line of data goes from mark to mark; a lead to a label starts at the height of
    one.
    """
    for path in paths:
        if path.fill is not None or path.order in used or _series_of(path) < 0:
            continue
        corners = [corner for part in path.parts for corner in part]
        if path.dashed and geometry.is_lead(path.width):
            corners = [
                (x, y)
                for x, y in corners[:1]
                if not any(abs(y - spot[1]) < 2 * NEAR for spot in spots)
            ]
        else:
            corners = [
                c
                for c in corners
                if not any(max(abs(c[0] - x), abs(c[1] - y)) < 2 * NEAR for x, y in spots)
            ]
        for x, y in corners:
            yield f"a line has a corner without a mark at {x:.1f}, {y:.1f} points", NOT_RELEASED


def _strangers(paths: Sequence[Path]) -> Found:
    for path in paths:
        yield f"a filled area at {', '.join(f'{v:.1f}' for v in path.box)} points", NOT_RELEASED


def _dumbbell(data: ChartData, paths: list[Path], *, axes: Axes, counts: Counter[str]) -> Found:
    places = _places(data)
    ends = places[:1] + places[1:][-1:]
    points = [(s, ends.index(p.x), p) for s, _, p in _points(data) if p.x in ends]
    lines = axes.plots[0].lines
    most = max((p.value or 0 for _, _, p in points), default=0)
    scale = Scale([p.box[0] for p in lines], axes.values(), most=most)
    yield from scale.faults()
    bottom, top = lines[0].box[1], lines[0].box[3]
    row = (top - bottom) / len(data.series)
    marks = [p for p in paths if _is_mark(p)]
    found = []
    for path in marks:
        place = (top - path.origin[1]) / row - 0.5
        if abs(place - round(place)) > 0.02:
            yield f"a mark stands between two rows at {place:.2f}", NOT_RELEASED
        found.append(((round(place), 1 - _series_of(path)), scale.value(path.origin[0])))
    wanted = [((s, end), float(p.value or 0)) for s, end, p in points]
    yield from _match(found, wanted, slack=scale.slack, counts=counts)
    spots = [p.origin for p in marks]
    yield from _vertices(paths, spots, ends=(0, 0), used={p.order for p in marks})
    yield from _strangers([p for p in paths if p.fill is not None and p not in marks])


# --- bars -----------------------------------------------------------------------------


def _bar_parts(
    paths: list[Path], axes: Axes, *, most: float
) -> tuple[Scale, list[Path], list[Path], float, float]:
    """Scale, bars, other filled areas, and the upper and lower end of the plot."""
    lines = axes.plots[0].lines
    scale = Scale([p.box[0] for p in lines], axes.values(), most=most)
    bottom = lines[0].box[1]
    top = lines[0].box[3]
    filled = [p for p in paths if p.fill is not None]
    bars = [
        p for p in filled if p.stroke is not None and bottom - 1 <= p.box[1] and p.box[3] <= top + 1
    ]
    return scale, bars, [p for p in filled if p not in bars], top, bottom


def _bars(data: ChartData, paths: list[Path], *, axes: Axes, counts: Counter[str]) -> Found:
    points = _points(data)
    count = len(data.series)
    most = max((p.value or 0 for _, _, p in points), default=0)
    scale, bars, others, top, bottom = _bar_parts(paths, axes, most=most)
    yield from scale.faults()
    row = (top - bottom) / len(_places(data))
    found = []
    for path in bars:
        left, low, right, high = path.box
        place = (top - (low + high) / 2) / row - 0.5
        found.append((_slot(place, count), left, right))
    wanted = [((place, series), float(p.value or 0)) for series, place, p in points]
    yield from _from_zero(found, wanted, scale=scale, counts=counts)
    yield from _beside(others, bars, series=len(data.series))


def _from_zero(
    bars: list[tuple[Any, float, float]],
    wanted: list[Mark],
    *,
    scale: Scale,
    counts: Counter[str],
) -> Found:
    """Bars, each with its place, where it starts and where it ends, against released
    values.
    """
    for _, start, _ in bars:
        if abs(scale.value(start)) > scale.slack:
            yield f"a bar starts at {_shown(scale.value(start))}", NOT_RELEASED
    marks = [(place, scale.value(end)) for place, _, end in bars]
    drawn = {place for place, _ in marks}
    # a bar of no length may not be drawn at all
    asked = [w for w in wanted if w[1] or w[0] in drawn]
    yield from _match(marks, asked, slack=scale.slack, counts=counts)


def _pyramid(data: ChartData, paths: list[Path], *, axes: Axes, counts: Counter[str]) -> Found:
    values = axes.values()
    most = max((p.value or 0 for _, _, p in _points(data)), default=0)
    filled = [p for p in paths if p.fill is not None]
    middle = (axes.plots[0].lines[0].box[0] + axes.plots[1].lines[0].box[0]) / 2
    for side, plot in enumerate(axes.plots):
        scale = Scale([p.box[0] for p in plot.lines], values, most=most)
        yield from scale.faults()
        bottom, top = plot.lines[0].box[1], plot.lines[0].box[3]
        row = (top - bottom) / len(_places(data))
        found = []
        for path in filled:
            left, low, right, high = path.box
            if ((left + right) / 2 > middle) != bool(side):
                continue
            place = (top - (low + high) / 2) / row - 0.5
            slot = round(place) if abs(place - round(place)) < 0.02 else -1
            found.append((slot, *((left, right) if side else (right, left))))
        wanted = [(x, float(p.value or 0)) for s, x, p in _points(data) if s == side]
        yield from _from_zero(found, wanted, scale=scale, counts=counts)


def _slot(place: float, count: int) -> tuple[int, int]:
    """Row and series of a bar, from how many rows below the first its middle lies."""
    row = round(place)
    series = geometry.series_at(place - row, count)
    return (row, round(series)) if abs(series - round(series)) < 0.1 else (row, -1)


def _shares(data: ChartData, paths: list[Path], *, axes: Axes, counts: Counter[str]) -> Found:
    """The parts of each bar as shares of its base, in per cent."""
    *parts, base = data.series
    wholes = {p.x: p.value for p in base.points}
    drawn = []
    for series in parts:
        points = []
        for p in series.points:
            whole = wholes.get(p.x)
            share = p.value / whole * 100 if whole and p.value is not None else None
            points.append(replace(p, value=share))
        drawn.append(replace(series, points=tuple(points)))
    for x, whole in wholes.items():
        own = [p.value for s in parts for p in s.points if p.x == x]
        known = [v for v in own if v is not None]
        if whole is not None and (len(known) < len(own) or abs(sum(known) - whole) > 1e-6):
            yield f"a base of {_shown(whole)} at {x}", "it is not the sum of its parts"
    yield from _stacks(replace(data, series=tuple(drawn)), paths, axes=axes, counts=counts)


def _stacks(data: ChartData, paths: list[Path], *, axes: Axes, counts: Counter[str]) -> Found:
    points = _points(data)
    places = _places(data)
    sums = [
        sum(p.value or 0 for _, place, p in points if place == index)
        for index in range(len(places))
    ]
    scale, bars, others, top, bottom = _bar_parts(paths, axes, most=max(sums, default=0))
    yield from scale.faults()
    row = (top - bottom) / len(places)
    for index in range(len(places)):
        own = [p for p in bars if round((top - (p.box[1] + p.box[3]) / 2) / row - 0.5) == index]
        own.sort(key=lambda p: (p.box[0], p.order))
        reached, lengths = scale.zero, []
        for path in own:
            if abs(path.box[0] - reached) > 2 * NEAR:
                yield (
                    f"a bar starts {path.box[0] - reached:.1f} points from the one before",
                    NOT_RELEASED,
                )
            reached = path.box[2]
            lengths.append(scale.value(path.box[2]) - scale.value(path.box[0]))
        wanted = [float(p.value or 0) for _, place, p in points if place == index and p.value]
        for fault, why in _match(
            list(enumerate(lengths)), list(enumerate(wanted)), slack=2 * scale.slack, counts=counts
        ):
            yield f"{fault} of row {places[index]}", why
    yield from _beside(others, bars, series=len(data.series))


def _beside(others: list[Path], bars: list[Path], *, series: int) -> Found:
    """Filled areas that are no bars: swatches of the legend, and the ground of a label,
    inside one bar.
    """
    swatches = [p for p in others if is_swatch(p)]
    if len(swatches) > (series if series > 1 else 0):
        yield f"{len(swatches)} swatches for {series} series", NOT_RELEASED
    inside = [
        p
        for p in others
        if p not in swatches and p.stroke is None and any(_within(p.box, b.box) for b in bars)
    ]
    yield from _strangers([p for p in others if p not in swatches and p not in inside])


def _within(inner: Box, outer: Box) -> bool:
    return all(a >= b - 1 for a, b in zip(inner[:2], outer[:2], strict=True)) and all(
        a <= b + 1 for a, b in zip(inner[2:], outer[2:], strict=True)
    )


# --- classes --------------------------------------------------------------------------


def _tiles(data: ChartData, paths: list[Path], *, axes: Axes, counts: Counter[str]) -> Found:
    filled = [p for p in paths if p.fill is not None]
    swatches = [p for p in filled if is_swatch(p)]
    tiles = [p for p in filled if p not in swatches]
    points = [p for s in data.series for p in s.points]
    if len(tiles) != len(points):
        yield f"{len(tiles)} tiles for {len(points)} points", NOT_RELEASED
        return
    if any(p.fill is None for p in paths):
        yield "a line among the tiles", NOT_RELEASED
    classes = _classes_of_words(data, axes) if data.words else _classes(axes)
    if not data.words:
        yield from _empty_classes(points, classes)
    yield from _coloured(points, tiles, classes=classes, counts=counts)
    yield from _misplaced(data, tiles)
    yield from _mislabelled(points, tiles, labels=axes.labels)


def _coloured(
    points: list[Point], tiles: list[Path], *, classes: list[Class], counts: Counter[str]
) -> Found:
    """Each tile or state has the colour of the class of its value; without a value it
    is white or hatched.
    """
    for tile, point in zip(tiles, points, strict=True):
        if point.value is None:
            if not is_colour(tile.fill, PAPER) and not isinstance(tile.fill, str):
                yield f"the tile of {point.key} is coloured", NOT_RELEASED
            continue
        fits = [colour for low, high, colour in classes if low <= point.value < high]
        if not fits or not is_colour(tile.fill, fits[-1]):
            yield f"the tile of {point.key} has the colour of another class", NOT_RELEASED
        else:
            counts["mark"] += 1


def _map(data: ChartData, paths: list[Path], *, axes: Axes, counts: Counter[str]) -> Found:
    points = [p for s in data.series for p in s.points]
    wanted = layers([p.x for p in points])
    areas = [w for w in wanted if w.closed]
    lines = [w for w in wanted if not w.closed]
    # white, then dashed
    lines = [line for line in lines for _ in range(2 if line.name == "neutral" else 1)]
    drawn = [p for p in paths if not is_swatch(p)]
    filled = [p for p in drawn if p.fill is not None]
    stroked = [p for p in drawn if p.fill is None]
    if (len(filled), len(stroked)) != (len(areas), len(lines)):
        yield (
            f"{len(filled)} areas and {len(stroked)} lines, not {len(areas)} and {len(lines)}",
            NOT_RELEASED,
        )
        return
    place = place_of(filled[0], areas[0])
    for path in [*strange(filled, areas, place=place), *strange(stroked, lines, place=place)]:
        yield (
            (
                f"a path at {', '.join(f'{v:.1f}' for v in path.box)} points is no outline of the"
                " region"
            ),
            NOT_RELEASED,
        )
    states = [
        path
        for path, layer in zip(filled, areas, strict=True)
        if layer.name in {p.x for p in points}
    ]
    if not all(is_colour(path.fill, LAND) for path in filled if path not in states):
        yield "land around the states is coloured", NOT_RELEASED
    classes = _classes(axes)
    yield from _empty_classes(points, classes)
    yield from _coloured(points, states, classes=classes, counts=counts)


def _empty_classes(points: list[Point], classes: list[Class]) -> Found:
    """A class of numbers that holds none would tell that there was one."""
    most = max((p.value or 0 for p in points), default=0)
    for low, _, _ in classes:
        if low > max(most, 0):
            yield f"a class from {_shown(low)}", "no released value falls in it"


def _classes_of_words(data: ChartData, axes: Axes) -> list[Class]:
    """A class a word, from the legend: all words of the scale in its order, each with the
    colour of its place, and behind them at most what a place without a word is called.
    """
    colours = ramp(len(data.words))
    told = [label.text if label else "" for _, label in axes.classes]
    gaps = {compact(f"{p.text} {data.gap}") for s in data.series for p in s.points if not p.value}
    words = [compact(word) for word in data.words]
    if told[: len(words)] != words or not set(told[len(words) :]) <= gaps:
        raise ValueError(f"a legend of {', '.join(told)}")
    for (swatch, label), colour in zip(axes.classes, colours, strict=False):
        if label and not is_colour(swatch.fill, colour):
            raise ValueError(f"'{label.text}' in the colour of another word")
    return [(float(place), place + 1.0, colour) for place, colour in enumerate(colours, 1)]


def _mislabelled(points: list[Point], tiles: list[Path], *, labels: Sequence[Label]) -> Found:
    """Each tile says what its point does: a right word on another ground is a wrong one."""
    for tile, point in zip(tiles, points, strict=True):
        inside = [t for t in labels if _stands_in(t, tile.box)]
        said = "".join(t.text for t in inside)
        if said.removesuffix("*") != compact(point.text):
            yield f"the tile of {point.key} says '{said}'", NOT_RELEASED


def _stands_in(label: Label, box: Box) -> bool:
    left, bottom, right, top = box
    return left <= (label.x + label.right) / 2 <= right and bottom <= label.y <= top


def _classes(axes: Axes) -> list[Class]:
    """Lower end, upper end and colour of each class, from the legend."""
    lows = []
    # a hatched one means no figure
    known = [(s, label) for s, label in axes.classes if not isinstance(s.fill, str)]
    for _, label in known:
        ends = re.findall(r"\d+(?:\.\d+)?", label.text.replace(",", "")) if label else []
        if not ends:
            raise ValueError("a swatch without a label of its class")
        lows.append(float(ends[0]))
    colours = [next((c for c in CLASSES if is_colour(s.fill, c)), "") for s, _ in known]
    return [
        (low, lows[i + 1] if i + 1 < len(lows) else float("inf"), colours[i])
        for i, low in enumerate(lows)
    ]


def _misplaced(data: ChartData, tiles: list[Path]) -> Found:
    """In a heat map each tile stands in the row of its series and the column of its
    place.
    """
    if data.kind != "heat":
        return
    columns = sorted({round(t.box[0]) for t in tiles})
    rows = sorted({round(t.box[1]) for t in tiles}, reverse=True)
    places = _places(data)
    spots = [(index, places.index(p.x)) for index, s in enumerate(data.series) for p in s.points]
    for tile, (row, column) in zip(tiles, spots, strict=True):
        if (rows.index(round(tile.box[1])), columns.index(round(tile.box[0]))) != (row, column):
            yield f"a tile stands in row {row + 1}, column {column + 1} of another", NOT_RELEASED
