"""How does a grid of cells become a chart? Chart data, and what stands around the
drawing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Protocol

from pipeline.cells import REGIONS, Cell, Key
from pipeline.errors import UserError
from pipeline.report.charts.maps import NOTES
from pipeline.report.exhibits.chart_tables import OF_TEN_HEAD, table_of
from pipeline.report.exhibits.described import describe
from pipeline.report.exhibits.exhibit_rules import OF_EXPERTS
from pipeline.report.exhibits.judged_cells import NOTHING, SOURCE, judged_areas, told_of_early
from pipeline.report.exhibits.judged_outlook import HEAD as OUTLOOK_HEAD
from pipeline.report.exhibits.judged_outlook import spread_areas, spread_of_outlook
from pipeline.report.exhibits.judged_states import HEAD as STATES_HEAD
from pipeline.report.exhibits.judged_states import map_of_states, told_of_states
from pipeline.report.exhibits.layout import (
    JUDGED_STATES,
    OF_TEN,
    OUTLOOK,
    ExhibitSpec,
    Grid,
    Item,
    fill,
    lay_out,
)
from pipeline.report.exhibits.tables import anchor, coverage_text, first_head, why_empty
from pipeline.report.exhibits.tens import NOTE as TENS_NOTE
from pipeline.report.exhibits.tens import build_tens, tens_of
from pipeline.report.formulas import Formula, rate, whole_bars
from pipeline.report.ledger import PrintedChart, keys_of
from pipeline.report.numbers import cell_text, formula_text, number_text
from pipeline.report.printing import Printing
from pipeline.report.questions import QUESTION_MARK
from pipeline.report.sources import source_code, source_line
from pipeline.report.store import Store
from pipeline.report.views import ChartData, EmptyView, FigureView, Kind, Point, Series

MIN_VALUES = 2  # a chart of fewer marks than this says nothing that a sentence would not say better
# widths of a drawing in millimetres: the text, and half of it less the gap of a pair
FULL, HALF = (
    174.0,
    83.0,
)
# What says in a kind of chart that a sum is one over fewer than all states; in others
# it is the count beside a figure.
_PARTIAL = {
    **dict.fromkeys(("line", "small_multiples", "dumbbell"), "Hollow marks"),
    "heat": "Figures with an asterisk",
}
# rows are categories; other kinds: rows are series
_BY_CATEGORY = (
    "bar",
    "stacked_bar",
    "grouped_bar",
    "share_bar",
    "pyramid",
    "map",
)
# bars whose parts are those of one whole, over the states that gave every one of them
_OF_COMMON_STATES = ("stacked_bar", "share_bar")
BASE = "n"
_NO_LINE = "No line of ten may be shown in this version."


def why_no_figure(spec: ExhibitSpec, store: Store, *, values: Mapping[str, str]) -> str:
    """One line where a chart would have nothing to draw, else nothing."""
    if spec.kind == OF_TEN:
        return "" if tens_of(spec, store, values=values) else _NO_LINE
    if spec.kind == OUTLOOK:
        return "" if spread_areas(store) else NOTHING
    if spec.kind == JUDGED_STATES:
        return "" if told_of_states(spec, store) else NOTHING
    grid = _with_values(lay_out(spec, store, values=values), store, spec=spec)
    cells = [c for row in grid.cells(store) for c in row]
    return _why_none(cells, store, spec=spec, values=values)


def _why_none(
    cells: list[Cell], store: Store, *, spec: ExhibitSpec, values: Mapping[str, str]
) -> str:
    reason = why_empty(cells, store, cube=spec.cube, state=values.get("state_name", ""))
    if reason or sum(c.has_value for c in cells) >= MIN_VALUES:
        return reason
    if any(c.withheld for c in cells):
        return "Too few figures may be shown in this version."
    return "Too few figures for a chart."


def build_figure(
    spec: ExhibitSpec,
    store: Printing,
    *,
    number: str,
    values: Mapping[str, str],
    width_mm: float = FULL,
) -> FigureView | EmptyView:
    """A figure of an exhibit, or the one line that says why there is none."""
    if spec.kind == OF_TEN:
        return _build_of_ten(spec, store, number=number, values=values, width_mm=width_mm)
    if spec.kind in (OUTLOOK, JUDGED_STATES):
        return _build_judged(spec, store, number=number, values=values, width_mm=width_mm)
    if store.table(spec.cube).judged:
        raise UserError(
            f"{spec.cube} is answered in words, and a {spec.kind} shows numbers",
            where=spec.place,
            allowed=f"table, {', '.join(OF_EXPERTS)}, {OUTLOOK}, {JUDGED_STATES}",
        )
    grid = _with_values(lay_out(spec, store, values=values), store, spec=spec)
    kind, drawn = _kind_of(spec, store, grid=grid)
    title = fill(spec.title, values, where=spec.place)
    id_ = anchor(spec, store, values=values)
    cells = [c for row in grid.cells(store) for c in row]
    if reason := _why_none(cells, store, spec=spec, values=values):
        return EmptyView(reason)
    unit = "per 100,000 inhabitants" if spec.measure == "rate" else store.table(spec.cube).unit
    data = _chart_data(kind, spec, store=store, grid=grid, title=title, unit=unit, drawn=drawn)
    store.note(PrintedChart(id_, data))
    return FigureView(
        id_,
        number,
        title,
        unit,
        store.charts.draw(data, width_mm=width_mm, height_mm=spec.height or None),
        describe(data),
        source_line(store, [spec.cube]),
        notes=tuple(
            fill(n, values, where=spec.place)
            for n in (*spec.notes, *grid.notes, *_chart_notes(data, cells, drawn=drawn))
        ),
        table=table_of(
            data,
            id_,
            number=number,
            head=first_head(spec, store),
            source=source_line(store, [spec.cube]),
        ),
        source_code=source_code(store, [spec.cube]),
    )


def _build_of_ten(
    spec: ExhibitSpec, store: Printing, *, number: str, values: Mapping[str, str], width_mm: float
) -> FigureView | EmptyView:
    title = fill(spec.title, values, where=spec.place)
    id_ = anchor(spec, store, values=values)
    data = build_tens(spec, store, title=title, values=values)
    if not data.series:
        return EmptyView(_NO_LINE)
    store.note(PrintedChart(id_, data))
    cubes = [key.split(":")[0] for s in data.series for p in s.points for key in keys_of(p.key)]
    source = source_line(store, list(dict.fromkeys(cubes)))
    return FigureView(
        id_,
        number,
        title,
        data.unit,
        store.charts.draw(data, width_mm=width_mm, height_mm=None),
        describe(data),
        source,
        notes=(TENS_NOTE, *(fill(n, values, where=spec.place) for n in spec.notes)),
        table=table_of(data, id_, number=number, head=OF_TEN_HEAD, source=source),
        source_code=source_code(store, cubes),
    )


def _build_judged(
    spec: ExhibitSpec, store: Printing, *, number: str, values: Mapping[str, str], width_mm: float
) -> FigureView | EmptyView:
    """A drawing of what experts judge, in words of their scales."""
    if reason := why_no_figure(spec, store, values=values):
        return EmptyView(reason)
    title = fill(spec.title, values, where=spec.place)
    id_ = anchor(spec, store, values=values)
    if spec.kind == OUTLOOK:
        data, head = spread_of_outlook(store, title=title), OUTLOOK_HEAD
        areas = spread_areas(store)
    else:
        data, head = map_of_states(spec, store, title=title), STATES_HEAD
        areas = judged_areas(store)
    store.note(PrintedChart(id_, data))
    source = SOURCE.format(year=values["year"])
    return FigureView(
        id_,
        number,
        title,
        data.unit,
        store.charts.draw(data, width_mm=width_mm, height_mm=None),
        describe(data),
        source,
        notes=tuple(
            fill(n, values, where=spec.place) for n in (*spec.notes, *told_of_early(store, areas))
        ),
        table=table_of(data, id_, number=number, head=head, source=source),
    )


def _chart_notes(data: ChartData, cells: list[Cell], *, drawn: Mapping[Key, Formula]) -> list[str]:
    notes = []
    points = [p for s in data.series for p in s.points]
    if data.kind in _OF_COMMON_STATES and any(p.coverage for p in points):
        notes.append("Each bar is over the states that gave every part of it.")
        if _differ(drawn):
            notes.append("The states are not the same in each bar: bars show parts, not a trend.")
    elif any(_partial(c) for c in cells):
        how = _PARTIAL.get(data.kind, "Figures with a count of states")
        notes.append(f"{how} are sums over fewer than all member states.")
    if data.kind in ("bar", "grouped_bar") and _years_differ(cells):
        notes.append("Other states are counted in other years: bars of two years are no trend.")
    if any(not p.joined for p in points) and data.kind == "dumbbell":
        notes.append("Two years are not joined where other states are counted.")
    elif any(not p.joined for p in points):
        notes.append("A line is broken where other states are counted than in the year before.")
    if data.kind == "small_multiples":
        notes.append("Each panel has its own scale: compare courses, not heights.")
    if any(p.text == QUESTION_MARK for p in points):
        notes.append(f"{QUESTION_MARK}: in question, a part is larger than its whole; not drawn.")
    if any(c.withheld for c in cells):
        notes.append("c: withheld.")
    return notes + list(NOTES if data.kind == "map" else ())


def _differ(drawn: Mapping[Key, Formula]) -> bool:
    """Whether bars of the region are over different states, however many they are."""
    regional = (f for key, f in drawn.items() if key.state in REGIONS and f.value is not None)
    return len({f.states for f in regional}) > 1


def _years_differ(cells: list[Cell]) -> bool:
    """Whether sums of the region for the same thing are over other states in other years."""
    counted: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
    for cell in cells:
        if cell.key.state in REGIONS and cell.value is not None:
            thing = (cell.key.cube, cell.key.state, *cell.key.codes[2:])
            counted.setdefault(thing, set()).add(tuple(sorted(cell.states)))
    return any(len(states) > 1 for states in counted.values())


def _kind_of(spec: ExhibitSpec, store: Printing, *, grid: Grid) -> tuple[str, dict[Key, Formula]]:
    """The kind of drawing, and of stacked bars the sums that may stand on each other.

    Where a bar of the region cannot be made of the same states throughout, the parts
    are drawn as lines; bars of one length need two that can.
    """
    if spec.kind not in _OF_COMMON_STATES:
        return spec.kind, {}
    drawn: dict[Key, Formula] = {}
    for row in grid.keys:
        drawn |= dict(zip(row, whole_bars(store, list(row)), strict=True))
    regional = any(k.state in REGIONS for row in grid.keys for k in row)
    by_year = spec.rows is not None and spec.rows.dimensions == ("year",)
    gaps = [row for row in grid.keys if any(drawn[k].value is None for k in row)]
    few = len(gaps) > len(grid.keys) - MIN_VALUES if spec.kind == "share_bar" else bool(gaps)
    if regional and by_year and few:
        return "line", {}
    return spec.kind, drawn


def _with_values(grid: Grid, store: Store, *, spec: ExhibitSpec) -> Grid:
    """Leave out lines in which nobody reported anything, except the eleven states of a
    map.
    """
    if spec.kind in ("map", "heat") and "state" in (spec.rows.dimensions if spec.rows else ()):
        return grid
    keep = [i for i, row in enumerate(grid.keys) if any(_speaks(store.cell(k)) for k in row)]
    return Grid(
        tuple(grid.rows[i] for i in keep),
        grid.columns,
        tuple(grid.keys[i] for i in keep),
        grid.notes,
    )


def _speaks(cell: Cell) -> bool:
    return cell.has_value or cell.withheld or cell.obs_status == "Q"


def _chart_data(
    kind: str,
    spec: ExhibitSpec,
    *,
    store: Printing,
    grid: Grid,
    title: str,
    unit: str,
    drawn: Mapping[Key, Formula],
) -> ChartData:
    point = _rate_point if spec.measure == "rate" else cell_point
    if drawn:

        def point(store: Printing, x: str, *, key: Key) -> Point:
            return _bar_point(store, x, key=key, formula=drawn[key])

    labels: dict[str, str] = {}
    if spec.kind in _BY_CATEGORY:
        series = [
            _series(
                store, c.label, items=grid.rows, keys=[row[j] for row in grid.keys], point=point
            )
            for j, c in enumerate(grid.columns)
        ]
        items = grid.rows
        if kind == "share_bar":
            series.append(_bases(series))
    else:
        series = [
            _series(store, r.label, items=grid.columns, keys=list(grid.keys[i]), point=point)
            for i, r in enumerate(grid.rows)
        ]
        items = grid.columns
    for item in items:
        labels[_x(item)] = item.label
    if kind in ("line", "dumbbell"):
        series = [broken_line(store, s) for s in series]
    if kind == "dumbbell":
        series.sort(key=_by_later_value)
    if kind == "line" and len(series) > 1:
        series = [_with_coverage_in_label(s) for s in series]
    chosen: Kind = kind  # type: ignore[assignment]  # checked against the known kinds when the file was read
    scale = store.contracts.scale_of_scores(spec.cube) if spec.measure == "value" else None
    least = float(scale.lowest) if scale else 0.0
    return ChartData(chosen, tuple(series), unit, title, "", labels, least=least)


def _by_later_value(series: Series) -> tuple[bool, float, bool, float]:
    """Largest figure of the last place first; what is not shown comes last."""
    first, last = series.points[0].value, series.points[-1].value
    return last is None, -(last or 0.0), first is None, -(first or 0.0)


def broken_line(store: Store, series: Series) -> Series:
    """A line that is not joined where the states behind it change, and where a figure
    is the least that there was.
    """
    points: list[Point] = []
    before: tuple[str, ...] | None = None
    after_least = False  # the point before stands for several figures of its source
    for p in series.points:
        if p.value is None or "(" in p.key:
            points.append(p)
            continue
        cell = store.cell(Key.parse(p.key))
        least = store.is_least(cell)
        points.append(
            replace(
                p,
                joined=before is None or (cell.states == before and not least and not after_least),
            )
        )
        before, after_least = cell.states, least
    return Series(series.label, tuple(points))


def _with_coverage_in_label(series: Series) -> Series:
    """A line that counts the same number of states throughout says so once, at its end,
    not under every year.
    """
    counts = {p.coverage for p in series.points if p.value is not None}
    if len(counts) != 1 or "" in counts:
        return series
    points = tuple(replace(p, coverage="") for p in series.points)
    return Series(f"{series.label} ({counts.pop()})", points)


def _x(item: Item) -> str:
    return ".".join(item.codes.values())


class PointOf(Protocol):
    """The point of a place on the axis."""

    def __call__(self, store: Printing, x: str, *, key: Key) -> Point: ...


def _series(
    store: Printing,
    label: str,
    *,
    items: tuple[Item, ...],
    keys: list[Key],
    point: PointOf,
) -> Series:
    return Series(
        label, tuple(point(store, _x(item), key=key) for item, key in zip(items, keys, strict=True))
    )


def _bases(parts: list[Series]) -> Series:
    """The sum of the parts of each bar; none where one of them is not drawn."""
    points = []
    for own in zip(*(s.points for s in parts), strict=True):
        gap = next((p for p in own if p.value is None), None)
        if gap is not None:
            points.append(gap)
            continue
        total = sum((Decimal(str(p.value)) for p in own), Decimal(0))
        keys = " + ".join(p.key.removeprefix("sum(").removesuffix(")") for p in own)
        points.append(Point(own[0].x, float(total), number_text(total), f"sum({keys})"))
    return Series(BASE, tuple(points))


def _bar_point(store: Printing, x: str, *, key: Key, formula: Formula) -> Point:
    """A part of a bar, over the states that gave every part."""
    if formula.value is None:
        point = cell_point(store, x, key=key)
        return (
            Point(x, None, formula.symbol, f"undrawn({key})", "missing")
            if point.value is not None
            else point
        )
    cell = store.cell(key)
    text = number_text(formula.value) if formula.text.startswith("sum(") else cell_text(cell)
    many = len(formula.states)
    of = cell.of or 0
    coverage = f"{many} of {of}" if cell.coverage is not None and many < of else ""
    return Point(
        x,
        _float(formula.value),
        text,
        formula.text,
        "partial" if coverage else _status(cell),
        coverage,
    )


def cell_point(store: Printing, x: str, *, key: Key) -> Point:
    """The point of a cell; without a value where there is none to draw."""
    cell = store.print_cell(key)
    if cell.has_value and not cell.counts:
        return _doubtful_point(x, key)
    return Point(
        x,
        _float(cell.value if cell.has_value else None),
        cell_text(cell),
        str(key),
        _status(cell),
        _partial(cell),
    )


def _doubtful_point(x: str, key: Key) -> Point:
    """A figure in question has no place in a drawing."""
    return Point(x, None, QUESTION_MARK, f"undrawn({key})", "missing")


def _rate_point(store: Printing, x: str, *, key: Key) -> Point:
    formula = rate(store, key)
    cell = store.print_cell(key)
    if cell.has_value and not cell.compares:
        return _doubtful_point(x, key)
    text = formula_text(formula) if formula.value is not None else cell_text(cell)
    return Point(x, _float(formula.value), text, formula.text, _status(cell), _partial(cell))


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _status(cell: Cell) -> str:
    if cell.withheld:
        return "withheld"
    if cell.value is None:
        return "suppressed" if cell.obs_status == "Q" else "missing"
    if cell.obs_status == "B":
        return "break"
    return "partial" if _partial(cell) else ""


def _partial(cell: Cell) -> str:
    """How many states stand behind a regional figure, where it is not all of them."""
    if (
        cell.has_value
        and cell.coverage is not None
        and cell.of is not None
        and cell.coverage < cell.of
    ):
        return coverage_text(cell)
    return ""
