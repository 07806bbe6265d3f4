"""What do experts of others judge of a crime area? Their scores by item and edition:
the middle, the range, the states that have one, and how many moved.

No state is named and none is ranked: it is a table of the region, in every version.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

from pipeline.contracts.scored import CRIME_AREA, Item, chosen_items, items_of
from pipeline.errors import UserError
from pipeline.report.exhibits.layout import ExhibitSpec, fill
from pipeline.report.exhibits.tables import anchor
from pipeline.report.printing import Printing
from pipeline.report.scores import (
    NOT_SCORED,
    Reading,
    editions_of,
    median,
    moved,
    scored,
    scores_of,
    spread,
)
from pipeline.report.sources import source_line
from pipeline.report.store import Store
from pipeline.report.views import CellView, Column, EmptyView, Row, TableView

_LABEL, _RANGE, _FIGURE, _MOVED = 37, 12, 10, 11  # weights of columns
_COUNTED = "States scored"
_APART = "Of no crime area of the Center"
_NONE = "No edition with scores was taken in."


def items_shown(spec: ExhibitSpec, store: Store) -> tuple[Item, ...]:
    """The items of an exhibit: of its pillars, and of its crime areas where it names any.
    Raises UserError where there is none, because no edition could change that.
    """
    if not store.contracts.is_scored(spec.cube):
        raise UserError(f"{spec.cube} holds no scores", where=spec.place, allowed="CTX_OC_INDEX")
    codes = store.table(spec.cube).dimension("item").codelist
    found = chosen_items(codes, spec.pillars, crime_areas=spec.crime_areas)
    if not found:
        held = {i.crime_area: None for i in items_of(codes) if i.pillar in spec.pillars}
        pillars, areas = ", ".join(spec.pillars), ", ".join(spec.crime_areas)
        raise UserError(
            f"no item of the pillar {pillars} belongs to {areas}",
            where=spec.place,
            allowed=", ".join(filter(None, held)) or "no crime area beside this pillar",
            do=f"correct crime_areas, or the list codelists/{codes.name}.csv",
        )
    return found


def build_outside_scores(
    spec: ExhibitSpec, store: Printing, *, number: str, values: Mapping[str, str]
) -> TableView | EmptyView:
    """A line an item, two columns an edition, and two from each edition to the next. Items
    of several crime areas stand below the name of theirs.
    """
    editions = editions_of(store, spec.cube)
    told = {**values, "editions": _spanned(editions)}
    title = fill(spec.title, told, where=spec.place)
    notes = tuple(fill(n, told, where=spec.place) for n in spec.notes)
    items = items_shown(spec, store)
    if not editions:
        return EmptyView(_NONE)
    keys = {
        (i.code, e): scores_of(store, spec.cube, item=i.code, edition=e)
        for i in items
        for e in editions
    }
    steps = list(pairwise(editions))
    rows = []
    grouped = len({item.crime_area for item in items}) > 1
    for at, item in enumerate(items):
        if grouped and (not at or item.crime_area != items[at - 1].crime_area):
            rows.append(Row(_area_name(store, item), (), 0, "group"))
        readings: list[Reading] = []
        for edition in editions:
            own = keys[item.code, edition]
            readings += [median(store, own), spread(store, own)]
        for before, after in steps:
            own, earlier = keys[item.code, after], keys[item.code, before]
            readings += moved(store, own, before=earlier)
        rows.append(Row(item.label, tuple(map(_view, readings)), int(grouped)))
    counted = []
    for edition in editions:
        of_items = [keys[i.code, edition] for i in items if i.is_in(edition)]
        view = _view(scored(store, of_items)) if of_items else CellView("")
        counted += [CellView(""), view]
    rows.append(Row(_COUNTED, (*counted, *[CellView("")] * (2 * len(steps))), 0, "group"))
    return TableView(
        anchor(spec, store, values=values),
        number,
        title,
        "",
        tuple(_columns(editions)),
        tuple(rows),
        source_line(store, [spec.cube]),
        notes=_with_dash(notes, items, editions=editions),
    )


def _columns(editions: list[int]) -> Iterable[Column]:
    yield Column("Item", "label", weight=_LABEL)
    for edition in editions:
        group = f"Edition {edition}"
        yield Column("Median", "number", group, _FIGURE)
        yield Column("Range", "number", group, _RANGE)
    for before, after in pairwise(editions):
        group = f"States, {before}\N{EN DASH}{after}"
        yield Column("higher", "number", group, _MOVED)
        yield Column("lower", "number", group, _MOVED)


def _area_name(store: Store, item: Item) -> str:
    areas = store.contracts.codelist(CRIME_AREA)
    return areas.label(item.crime_area) if item.crime_area else _APART


def _view(reading: Reading) -> CellView:
    status = "missing" if reading.text == NOT_SCORED else ""
    return CellView(reading.text, reading.reference, (), status)


def _with_dash(
    notes: tuple[str, ...], items: Iterable[Item], *, editions: list[int]
) -> tuple[str, ...]:
    """The notes, and behind the last one what a dash stands for, where one stands."""
    if all(item.is_in(edition) for item in items for edition in editions):
        return notes
    *before, last = notes or ("",)
    return (*before, f"{last} {NOT_SCORED}: not in the edition.".strip())


def _spanned(editions: list[int]) -> str:
    """`2021 to 2025`; each has a head of its own below."""
    return " to ".join(dict.fromkeys(str(e) for e in (editions[:1] + editions[-1:])))
