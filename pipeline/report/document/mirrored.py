"""What do two states say of the same persons? A table of all pairs of figures: what one
reports of the citizens of the other, and that other one of its own nationals.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from pipeline.cells import SUPPRESSED_HIGHEST, Bounds, Cell
from pipeline.contracts.mirrors import Mirror, load_mirrors, pairs
from pipeline.report.exhibits.layout import ExhibitSpec, fill
from pipeline.report.exhibits.tables import anchor
from pipeline.report.numbers import cell_text
from pipeline.report.printing import Printing
from pipeline.report.sources import source_line
from pipeline.report.views import CellView, Column, EmptyView, Row, TableView

NO_PAIR = "No two states gave figures of the same persons."
_FAR, _NEAR = "far apart", ""


def build_mirror(
    spec: ExhibitSpec, store: Printing, *, number: str, values: Mapping[str, str]
) -> TableView | EmptyView:
    """Every pair of the report whose two figures this version shows; nothing where there
    is none.
    """
    own = {table.name for table in store.own_tables()}
    mirrors = [
        m for m in load_mirrors(store.contracts.folder, store.contracts) if own.issuperset(m.tables)
    ]
    rows = [row for mirror in mirrors for row in _rows(store, mirror)]
    if not rows:
        return EmptyView(NO_PAIR)
    cubes = dict.fromkeys(name for mirror in mirrors for name in mirror.tables)
    columns = (
        Column("Registered in, citizens of, year", "label", weight=46),
        Column("By the state where they were found", weight=18),
        Column("Came back, by their own state", weight=18),
        Column("The two figures", "text", weight=18),
    )
    return TableView(
        anchor(spec, store, values=values),
        number,
        fill(spec.title, values, where=spec.place),
        "",
        columns,
        tuple(rows),
        source_line(store, tuple(cubes)),
        notes=tuple(fill(n, values, where=spec.place) for n in spec.notes),
        may_split=True,
    )


def _rows(store: Printing, mirror: Mirror) -> Iterator[Row]:
    for keys in pairs(mirror, store.contracts, years=tuple(store.years)):
        found, returned = (store.cell(key) for key in keys)
        one, other = _bounds(found), _bounds(returned)
        if one is None or other is None:
            continue
        for cell in (found, returned):
            store.print_cell(cell.key)
        state, country = (store.label("", "state", code=key.state) for key in keys)
        yield Row(
            f"{state}, citizens of {country}, {found.key.year}",
            (
                _view(found),
                _view(returned),
                CellView(_FAR if mirror.is_far(one, other) else _NEAR),
            ),
        )


def _view(cell: Cell) -> CellView:
    return CellView(cell_text(cell), str(cell.key))


def _bounds(cell: Cell) -> Bounds | None:
    """What a figure may be; None where there is none, or this version does not show it."""
    if cell.withheld:
        return None
    if cell.value is not None:
        return Bounds(cell.value, cell.value)
    return Bounds(Decimal(0), Decimal(SUPPRESSED_HIGHEST)) if cell.obs_status == "Q" else None
