"""What changed since the last assessment? Likelihood and levels of each crime area
then and now, in words.

An area that was not judged before has no word of then: nothing is filled in for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pipeline.report.exhibits.judged_cells import (
    NO_MEETING,
    NOTHING,
    SCORES,
    Question,
    earlier_of,
    judged_areas,
    judged_table,
    level_view,
    median_view,
    met_view,
    or_not_assessed,
    session_of,
    settings_of,
)
from pipeline.report.exhibits.layout import ExhibitSpec
from pipeline.report.printing import Printing
from pipeline.report.store import Store
from pipeline.report.views import CellView, Column, EmptyView, Row, TableView

View = Callable[[Printing, str, str, int], CellView]  # of an area, a session and a year
_FIRST = CellView("not assessed before", status="missing")


def is_second(store: Store) -> bool:
    """Whether a crime area that is judged now was judged before."""
    return any(earlier_of(store, area)[0] for area in judged_areas(store))


def build_since(
    spec: ExhibitSpec, store: Printing, *, number: str, values: Mapping[str, str]
) -> TableView | EmptyView:
    """A line a crime area: likelihood, the level that scores suggest and the level that a
    meeting judged, where one did, at its last assessment and now, each below its year.
    """
    if not is_second(store):
        return EmptyView(NOTHING)
    areas = judged_areas(store)
    last = {area: earlier_of(store, area) for area in areas}
    years = sorted({year for year, _ in last.values() if year})
    told: dict[str, View] = {"Likelihood": _likelihood, "Level: scores suggest": _suggested}
    if any(met_view(store, a, year=y).text for a in areas for y in (last[a][0], store.round)):
        told["Level: meeting judged"] = _met
    rows = []
    for area in areas:
        views = []
        for view in told.values():
            views += [_of_then(store, view, area, last=last[area], year=year) for year in years]
            views.append(view(store, area, session_of(store, area), store.round))
        rows.append(Row(store.label(SCORES, "area", code=area), tuple(views)))
    columns = [Column("Crime area", "label", weight=52)]
    for head in told:
        columns += [Column(str(y), "text", head, 14) for y in (*years, store.round)]
    return judged_table(
        spec, store, number=number, columns=columns, rows=tuple(rows), values=values, areas=areas
    )


def _of_then(
    store: Printing, view: View, area: str, *, last: tuple[int, str], year: int
) -> CellView:
    """The word of an earlier year; nothing where it is not that of the last assessment."""
    if year != last[0]:
        return _FIRST if not last[0] else CellView("")
    return view(store, area, last[1], year)


def _likelihood(store: Printing, area: str, session: str, year: int) -> CellView:
    asked = settings_of(store).matrix.likelihood
    return or_not_assessed(median_view(store, Question(SCORES, area, session, asked, year)))


def _suggested(store: Printing, area: str, session: str, year: int) -> CellView:
    return or_not_assessed(level_view(store, area, session=session, year=year))


def _met(store: Printing, area: str, _: str, year: int) -> CellView:
    view = met_view(store, area, year=year)
    return view if view.text else NO_MEETING
