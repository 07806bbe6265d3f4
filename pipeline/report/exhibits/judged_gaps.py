"""What is not known of a crime area? What experts wrote of information gaps, with who
says it where the version may tell, and the crime areas without any judgement.
"""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.numbers.stored_tables import StoredContribution
from pipeline.report.exhibits.judged_cells import (
    NOTHING,
    SCORES,
    SOURCE,
    areas_of,
    judged_areas,
)
from pipeline.report.exhibits.layout import ExhibitSpec, fill
from pipeline.report.exhibits.tables import anchor
from pipeline.report.printing import Printing
from pipeline.report.store import Store
from pipeline.report.views import CellView, Column, EmptyView, Row, TableView

GAPS = "GAPS"  # the topic
NOT_JUDGED = "no judgement that this version may tell"
_SILENT = "On these crime areas no text stands here: {areas}."


def has_gaps(store: Store) -> bool:
    """Whether there is a gap to tell: a text, or a crime area that was not judged beside
    others that were.
    """
    judged = judged_areas(store)
    texts = any(own.topic == GAPS for own in store.contributions)
    return texts or 0 < len(judged) < len(areas_of(store))


def build_gaps(
    spec: ExhibitSpec, store: Printing, *, number: str, values: Mapping[str, str]
) -> TableView | EmptyView:
    """A line a text, by crime area, and one for each area without a judgement. Areas without
    either stand in a note.
    """
    if not has_gaps(store):
        return EmptyView(NOTHING)
    judged = judged_areas(store)
    told = [own for own in store.contributions if own.topic == GAPS]
    named = any(own.state for own in told)
    rows, silent = [], []
    for area in areas_of(store):
        label = store.label(SCORES, "area", code=area)
        lines = [_line(store, own) for own in told if own.area == area]
        if area not in judged:
            lines.append((CellView(NOT_JUDGED, status="missing"), CellView("")))
        rows += [Row(label, cells if named else cells[:1]) for cells in lines]
        silent += [] if lines else [label]
    columns = [Column("Crime area", "label", weight=28)]
    columns.append(Column("What is not known", "text", weight=54))
    columns += [Column("Who says it", "text", weight=18)] if named else []
    notes = [fill(n, values, where=spec.place) for n in spec.notes]
    notes += [_SILENT.format(areas="; ".join(silent))] if silent else []
    return TableView(
        anchor(spec, store, values=values),
        number,
        fill(spec.title, values, where=spec.place),
        "",
        tuple(columns),
        tuple(rows),
        SOURCE.format(year=values["year"]),
        notes=tuple(notes),
        may_split=True,
    )


def _line(store: Store, own: StoredContribution) -> tuple[CellView, CellView]:
    """A text, and the state that wrote it where the version may tell."""
    who = store.label("", "state", code=own.state) if own.state else ""
    return CellView(own.text), CellView(who)
