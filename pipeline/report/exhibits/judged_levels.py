"""What are the biggest threats? Crime areas by their level, from the highest down.

A level is the one that the meeting of experts judged. Where it judged none, it is the
one that the scores suggest, and the table says so. A version has no other level than
those that it may tell.
"""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.cells import Cell
from pipeline.contracts.model import LEVEL, MEETING
from pipeline.report.exhibits.judged_cells import (
    ALL,
    NOTHING,
    SCORES,
    Question,
    judged_areas,
    judged_table,
    key_of,
    released_session,
    session_of,
    settings_of,
)
from pipeline.report.exhibits.layout import ExhibitSpec
from pipeline.report.printing import Printing
from pipeline.report.store import Store
from pipeline.report.views import CellView, Column, EmptyView, Row, TableView

NOT_MET = "as the scores suggest"
_HOW = "Scores suggest a level by the medians of likelihood and of the highest impact."


def build_levels(
    spec: ExhibitSpec, store: Printing, *, number: str, values: Mapping[str, str]
) -> TableView | EmptyView:
    """One line a level, with its crime areas in the order of the list."""
    areas = judged_areas(store)
    met = {area: _cell(store, area, MEETING, session=released_session(store)) for area in areas}
    has_met = any(cell.has_value for cell in met.values())
    placed: dict[int, list[str]] = {}
    for area in areas:
        cell, mark = met[area], ""
        if not cell.has_value:
            cell = _cell(store, area, LEVEL, session=session_of(store, area))
            mark = f" ({NOT_MET})" if has_met else ""
        if cell.has_value and cell.value is not None:
            store.print_cell(cell.key)
            label = store.label(SCORES, "area", code=area)
            placed.setdefault(int(cell.value), []).append(f"{label}{mark}")
    if not placed:
        return EmptyView(NOTHING)
    words = settings_of(store).levels.words
    rows = [
        Row(words[place - 1], (CellView("; ".join(placed.get(place, ())) or "none"),))
        for place in range(len(words), 0, -1)
    ]
    said = "Meeting of experts judged" if has_met else "Scores suggest"
    columns = [Column("Threat is", "label", weight=24), Column(said, "text", weight=76)]
    return judged_table(
        spec,
        store,
        number=number,
        columns=columns,
        rows=tuple(rows),
        values=values,
        areas=areas,
        says=_HOW,
    )


def _cell(store: Store, area: str, statistic: str, *, session: str) -> Cell:
    asked = Question(SCORES, area, session, ALL)
    return store.cell(key_of(store, asked, statistic=statistic))
