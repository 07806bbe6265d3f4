"""How does each state judge each crime area? One question as a map of words: areas
down, states across, each ground as dark as its word is high on the scale.

Only versions that know what a state judged have it. States stand in the Center's order
and are not ranked; nothing is added up.
"""

from __future__ import annotations

from pipeline.cells import Key
from pipeline.contracts.scales import Scale
from pipeline.errors import UserError
from pipeline.report.exhibits.judged_cells import (
    AFTER,
    NOT_ASSESSED,
    SCORES,
    areas_of,
    in_sentence,
    questions_of,
    session_of,
    settings_of,
)
from pipeline.report.exhibits.layout import ExhibitSpec
from pipeline.report.numbers import cell_text
from pipeline.report.printing import Printing
from pipeline.report.store import Store
from pipeline.report.views import ChartData, Point, Series

HEAD = "Crime area"


def told_of_states(spec: ExhibitSpec, store: Store) -> bool:
    """Whether the version knows what any state answered to the question. Raises UserError
    where nobody is asked it.
    """
    if not store.is_asked(SCORES):
        return False
    _scale_of(spec, store)
    return any(store.cell(key).has_value for row in _keys(spec, store).values() for key in row)


def map_of_states(spec: ExhibitSpec, store: Printing, *, title: str) -> ChartData:
    """A line a crime area, a tile a state; an area that nobody judged stays visible."""
    words = _scale_of(spec, store).words
    asked = dict(questions_of(store, SCORES))[spec.question]
    labels = {m.code: m.label for m in store.contracts.members(store.round)}
    series = tuple(
        Series(store.label(SCORES, "area", code=area), tuple(_point(store, key) for key in row))
        for area, row in _keys(spec, store).items()
    )
    unit = in_sentence(asked)
    return ChartData("heat", series, unit, title, "", labels, words, NOT_ASSESSED)


def _scale_of(spec: ExhibitSpec, store: Store) -> Scale:
    scales = dict(settings_of(store).tables[SCORES].scales)
    if spec.question not in scales:
        raise UserError(
            f"experts are not asked '{spec.question}'",
            where=spec.place,
            allowed=", ".join(scales),
            do="name one of these questions",
        )
    return scales[spec.question]


def _keys(spec: ExhibitSpec, store: Store) -> dict[str, list[Key]]:
    """By crime area the answer of each state in the session that stands."""
    table = store.table(SCORES)
    base = {"year": str(store.round), "question": spec.question}
    members = [m.code for m in store.contracts.members(store.round)]
    return {
        area: [
            table.key(
                {**base, "area": area, "session": session_of(store, area) or AFTER, "state": state}
            )
            for state in members
        ]
        for area in areas_of(store)
    }


def _point(store: Printing, key: Key) -> Point:
    cell = store.print_cell(key)
    if cell.has_value and cell.value is not None:
        return Point(key.state, float(cell.value), cell_text(cell), str(key))
    status = "withheld" if cell.withheld else "missing"
    return Point(key.state, None, cell_text(cell), str(key), status)
