"""What makes crime possible, in the judgement of experts? The role of each enabler by
crime area, side by side.
"""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.report.exhibits.judged_cells import (
    ENABLERS,
    NOTHING,
    SCORES,
    Question,
    is_answered,
    judged_areas,
    judged_table,
    median_view,
    or_not_assessed,
    questions_of,
    session_of,
)
from pipeline.report.exhibits.layout import ExhibitSpec
from pipeline.report.printing import Printing
from pipeline.report.store import Store
from pipeline.report.views import Column, EmptyView, Row, TableView


def areas_with_enablers(store: Store) -> list[str]:
    """The crime areas of which the version may tell the role of an enabler."""
    codes = [code for code, _ in questions_of(store, ENABLERS)]
    return [
        area
        for area in judged_areas(store)
        if any(is_answered(store, area, code, cube=ENABLERS) for code in codes)
    ]


def build_enablers(
    spec: ExhibitSpec, store: Printing, *, number: str, values: Mapping[str, str]
) -> TableView | EmptyView:
    """A line a crime area, a column an enabler, the word in the middle of the answers."""
    areas = areas_with_enablers(store)
    if not areas:
        return EmptyView(NOTHING)
    asked = questions_of(store, ENABLERS)
    rows = []
    for area in areas:
        session = session_of(store, area)
        views = [median_view(store, Question(ENABLERS, area, session, code)) for code, _ in asked]
        label = store.label(SCORES, "area", code=area)
        rows.append(Row(label, tuple(map(or_not_assessed, views))))
    columns = [Column("Crime area", "label", weight=28)]
    columns += [Column(label, "text", weight=12) for _, label in asked]
    return judged_table(
        spec, store, number=number, columns=columns, rows=tuple(rows), values=values, areas=areas
    )
