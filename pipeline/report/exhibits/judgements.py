"""What do experts judge of a crime area, and which level of threat do they see? Tables
of words: one area, all areas side by side, the matrix of likelihood and impact.

Only what the version shows: how answers spread, and what was judged before the meeting,
are columns of the versions that know it. Nothing is added up, averaged or ranked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pipeline.contracts.model import LEVEL
from pipeline.report.exhibits.judged_cells import (
    ALL,
    BEFORE,
    ENABLERS,
    HIGHER_WORD,
    NO_MEETING,
    NOTHING,
    SCORES,
    Question,
    agreed_view,
    between_view,
    counted_view,
    judged_areas,
    judged_table,
    key_of,
    level_view,
    median_view,
    met_view,
    or_not_assessed,
    place_of,
    place_word,
    questions_of,
    session_of,
    settings_of,
)
from pipeline.report.exhibits.layout import ExhibitSpec
from pipeline.report.printing import Printing
from pipeline.report.views import CellView, Column, EmptyView, Row, TableView


def build_judgement(
    spec: ExhibitSpec, store: Printing, *, number: str, values: Mapping[str, str]
) -> TableView | EmptyView:
    """The assessment grid of one crime area: one line a question and an enabler."""
    session = session_of(store, spec.area)
    if not session:
        return EmptyView(NOTHING)
    lines = []
    for cube in (SCORES, ENABLERS):
        for code, label in questions_of(store, cube):
            asked = Question(cube, spec.area, session, code)
            views = [
                median_view(store, asked),
                between_view(store, asked),
                median_view(store, replace(asked, session=BEFORE)),
                counted_view(store, asked),
            ]
            if views[0].text:
                lines.append((label, views))
    heads = ("Judgement", "From\N{EN DASH}to", "Before the meeting", "States")
    # what a version does not know has no column
    met = met_view(store, spec.area)
    known = {i for i in range(len(heads)) if any(views[i].text for _, views in lines)}
    kept = sorted({0, *known, *((len(heads) - 1,) if met.text else ())})
    if session == BEFORE:
        kept = [i for i in kept if heads[i] != "Before the meeting"]
    columns = [Column("Question", "label", weight=40)]
    columns += [Column(heads[i], "text", weight=22 if heads[i] != "States" else 12) for i in kept]
    rows = tuple(
        Row(label, tuple(or_not_assessed(views[i]) for i in kept)) for label, views in lines
    )
    level = level_view(store, spec.area, session=session)
    if level.text:
        empty = [CellView("")] * (len(kept) - 1)
        said = "Level of threat that the scores suggest"
        rows = (*rows, Row(said, (level, *empty), 0, "total"))
    if met.text:
        beside = [CellView("")] * (len(kept) - 2)
        said = "Level of threat that the meeting judged"
        rows = (*rows, Row(said, (met, *beside, agreed_view(store, spec.area)), 0, "total"))
    return judged_table(
        spec, store, number=number, columns=columns, rows=rows, values=values, areas=[spec.area]
    )


def build_areas(
    spec: ExhibitSpec, store: Printing, *, number: str, values: Mapping[str, str]
) -> TableView | EmptyView:
    """Crime areas side by side, in the order of the list and not by level."""
    areas = judged_areas(store)
    if not areas:
        return EmptyView(NOTHING)
    asked = [q for q, _ in questions_of(store, SCORES) if q in _IN_SHORT]
    columns = [Column("Crime area", "label", weight=26), Column("Level", "text", weight=11)]
    has_met = any(met_view(store, area).text for area in areas)
    if has_met:
        columns[-1] = Column("Scores suggest", "text", "Level", 11)
        columns.append(Column("Meeting judged", "text", "Level", 11))
    columns += [Column(_IN_SHORT[q], "text", weight=13) for q in asked]
    columns.append(Column("States", "text", weight=10))
    rows = []
    for area in areas:
        session = session_of(store, area)
        views = [level_view(store, area, session=session)]
        if has_met:
            met = met_view(store, area)
            views.append(met if met.text else NO_MEETING)
        views += [median_view(store, Question(SCORES, area, session, q)) for q in asked]
        likelihood = settings_of(store).matrix.likelihood
        views.append(counted_view(store, Question(SCORES, area, session, likelihood)))
        label = store.label(SCORES, "area", code=area)
        rows.append(Row(label, tuple(map(or_not_assessed, views))))
    return judged_table(
        spec, store, number=number, columns=columns, rows=tuple(rows), values=values, areas=areas
    )


def build_matrix(
    spec: ExhibitSpec, store: Printing, *, number: str, values: Mapping[str, str]
) -> TableView | EmptyView:
    """Likelihood down, highest impact across: each crime area in its field, and the level
    that a field suggests.
    """
    settings = settings_of(store)
    areas = judged_areas(store)
    placed: dict[tuple[int, int], list[str]] = {}
    for area in areas:
        session = session_of(store, area)
        likelihood = place_of(store, area, settings.matrix.likelihood, session=session)
        impacts = [place_of(store, area, q, session=session) for q in settings.matrix.impacts]
        known = [i for i in impacts if i]
        if likelihood and known:
            label = store.label(SCORES, "area", code=area)
            placed.setdefault((likelihood, max(known)), []).append(label)
    if not placed:
        return EmptyView(NOTHING)
    judged = settings.tables[SCORES]
    down = judged.scale(settings.matrix.likelihood).words
    across = judged.scale(settings.matrix.impacts[0]).words
    columns = [Column("Likelihood now", "label", weight=20)]
    columns += [Column(word, "text", "Highest impact", 20) for word in across]
    rows = []
    for likelihood in range(len(down), 0, -1):
        cells = []
        for impact in range(1, len(across) + 1):
            level = settings.levels.word(settings.matrix.level(likelihood, impact))
            named = placed.get((likelihood, impact), [])
            cells.append(CellView("; ".join(named) or f"({level})"))
        rows.append(Row(down[likelihood - 1], tuple(cells)))
    return judged_table(
        spec,
        store,
        number=number,
        columns=columns,
        rows=tuple(rows),
        values=values,
        areas=areas,
        says=HIGHER_WORD,
    )


def build_priorities(
    spec: ExhibitSpec, store: Printing, *, number: str, values: Mapping[str, str]
) -> TableView | EmptyView:
    """Crime areas as the scores propose them for priorities: by level, then by trend, then
    by confidence; areas that these do not part stand on one place. People choose.
    """
    asked = ("TREND", "CONFIDENCE")
    judged = judged_areas(store)
    found: dict[tuple[int, ...], list[str]] = {}
    for area in judged:
        session = session_of(store, area)
        level = store.cell(key_of(store, Question(SCORES, area, session, ALL), statistic=LEVEL))
        if level.has_value and level.value is not None:
            others = (place_of(store, area, q, session=session) for q in asked)
            found.setdefault((int(level.value), *others), []).append(area)
    if not found:
        return EmptyView(NOTHING)
    columns = [Column("Crime area", "label", weight=40), Column("Proposed", "text", weight=14)]
    columns += [Column(head, "text", weight=18) for head in ("Level", "Trend", "Confidence")]
    rows, place = [], 1
    for _, areas in sorted(found.items(), reverse=True):
        proposed = place_word(place)
        for area in areas:
            session = session_of(store, area)
            views = [level_view(store, area, session=session)]
            views += [median_view(store, Question(SCORES, area, session, q)) for q in asked]
            label = store.label(SCORES, "area", code=area)
            rows.append(Row(label, (CellView(proposed), *map(or_not_assessed, views))))
        place += len(areas)
    return judged_table(
        spec, store, number=number, columns=columns, rows=tuple(rows), values=values, areas=judged
    )


# Heads of the table of all areas.
_IN_SHORT = {
    "LIKELIHOOD": "Likelihood now",
    "TREND": "Trend",
    "OUTLOOK": "It grows",
    "CONFIDENCE": "Confidence",
}
