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

_FIRST = CellView("not assessed before", status="missing")


def is_second(store: Store) -> bool:
    """Whether a crime area that is judged now was judged before."""
    return any(earlier_of(store, area)[0] for area in judged_areas(store))


def build_since(
    spec: ExhibitSpec, store: Printing, *, number: str, values: Mapping[str, str]
) -> TableView | EmptyView:
    """A line a crime area: likelihood and level at its last assessment and now, each below
    its year.
    """
    if not is_second(store):
        return EmptyView(NOTHING)
    areas = judged_areas(store)
    asked = settings_of(store).matrix.likelihood
    last = {area: earlier_of(store, area) for area in areas}
    years = sorted({year for year, _ in last.values() if year})
    rows = []
    for area in areas:
        session = session_of(store, area)
        likelihoods = [_likelihood(store, area, asked, last=last[area], year=y) for y in years]
        levels = [_level(store, area, last=last[area], year=year) for year in years]
        now = median_view(store, Question(SCORES, area, session, asked))
        views = [*likelihoods, or_not_assessed(now)]
        views += [*levels, or_not_assessed(level_view(store, area, session=session))]
        rows.append(Row(store.label(SCORES, "area", code=area), tuple(views)))
    columns = [Column("Crime area", "label", weight=34)]
    for head in ("Likelihood", "Level of threat"):
        columns += [Column(str(y), "text", head, 14) for y in (*years, store.round)]
    return judged_table(
        spec, store, number=number, columns=columns, rows=tuple(rows), values=values, areas=areas
    )


def _likelihood(
    store: Printing, area: str, asked: str, *, last: tuple[int, str], year: int
) -> CellView:
    """The word of an earlier year; nothing where it is not that of the last assessment."""
    if year != last[0]:
        return _FIRST if not last[0] else CellView("")
    return or_not_assessed(median_view(store, Question(SCORES, area, last[1], asked, year)))


def _level(store: Printing, area: str, *, last: tuple[int, str], year: int) -> CellView:
    if year != last[0]:
        return _FIRST if not last[0] else CellView("")
    return or_not_assessed(level_view(store, area, session=last[1], year=year))
