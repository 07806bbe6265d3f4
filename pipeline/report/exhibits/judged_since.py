"""What changed since the last assessment? Likelihood and level of each crime area then
and now, in words.

An area that was not judged before has no word of then: nothing is filled in for it.
"""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.report.exhibits.judged_cells import (
    NOTHING,
    SCORES,
    Question,
    earlier_of,
    judged_areas,
    judged_table,
    level_view,
    median_view,
    or_not_assessed,
    session_of,
    settings_of,
)
from pipeline.report.exhibits.layout import ExhibitSpec
from pipeline.report.printing import Printing
from pipeline.report.store import Store
from pipeline.report.views import CellView, Column, EmptyView, Row, TableView

_FIRST = "first assessment"


def is_second(store: Store) -> bool:
    """Whether a crime area that is judged now was judged before."""
    return any(earlier_of(store, area)[0] for area in judged_areas(store))


def build_since(
    spec: ExhibitSpec, store: Printing, *, number: str, values: Mapping[str, str]
) -> TableView | EmptyView:
    """A line a crime area: the year of its last assessment, likelihood and level then and
    now.
    """
    if not is_second(store):
        return EmptyView(NOTHING)
    areas = judged_areas(store)
    likelihood = settings_of(store).matrix.likelihood
    rows = []
    for area in areas:
        session, (year, before) = session_of(store, area), earlier_of(store, area)
        now = Question(SCORES, area, session, likelihood)
        views = [CellView(str(year) if year else _FIRST, status="" if year else "missing")]
        if year:
            views.append(median_view(store, Question(SCORES, area, before, likelihood, year)))
        else:
            views.append(CellView(""))
        views.append(median_view(store, now))
        views.append(level_view(store, area, session=before, year=year) if year else CellView(""))
        views.append(level_view(store, area, session=session))
        label = store.label(SCORES, "area", code=area)
        rows.append(Row(label, tuple(map(or_not_assessed, views))))
    columns = [Column("Crime area", "label", weight=34), Column("Last assessed", "text", weight=14)]
    for head in ("Likelihood now", "Level of threat"):
        columns += [Column("then", "text", head, 13), Column("now", "text", head, 13)]
    return judged_table(
        spec, store, number=number, columns=columns, rows=tuple(rows), values=values, areas=areas
    )
