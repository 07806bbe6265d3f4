"""What do experts judge of a crime area, and which level of threat do they see? Tables
of words: one area, all areas side by side, the matrix of likelihood and impact.

Only what the version shows: how answers spread, and what was judged before the meeting,
are columns of the versions that know it. Nothing is added up, averaged or ranked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.cells import REGION, Cell, Key
from pipeline.contracts.model import LEVEL, MEETING, OF_REGION
from pipeline.contracts.scales import Assessment
from pipeline.errors import UserError
from pipeline.report.exhibits.layout import ExhibitSpec, fill
from pipeline.report.exhibits.tables import anchor
from pipeline.report.numbers import cell_text
from pipeline.report.printing import Printing
from pipeline.report.store import Store
from pipeline.report.views import CellView, Column, EmptyView, Row, TableView

SCORES, ENABLERS = "ASM_SCORES", "ASM_ENABLERS"
BEFORE, AFTER = "1", "2"  # sessions: each state alone, and again after the meeting
ALL = "ALL"  # the code that stands for all areas or all questions
NOT_ASSESSED = "not assessed"
NOTHING = "No judgement of it was submitted."
_MEDIANS = ("MEDIAN_LOW", "MEDIAN_HIGH")
_ENDS = ("LOWEST", "HIGHEST")
_SOURCE = "experts of the member states, assessment of round {year}"
_ONE_WORD = "Median of the states that judged; of two in the middle, both are told."


@dataclass(frozen=True)
class Question:
    """What is asked of one crime area in one session: a code of a table of judgements."""

    cube: str
    area: str
    session: str
    code: str


def judged_areas(store: Store) -> list[str]:
    """The crime areas of which the version may tell a judgement, in their order."""
    if not store.is_asked(SCORES):
        return []
    codes = (c.code for c in store.table(SCORES).dimension("area").codes)
    return [code for code in codes if session_of(store, code)]


def session_of(store: Store, area: str) -> str:
    """The session whose judgements of a crime area stand: that after the meeting, once there
    is one; empty where nobody judged the area.
    """
    asked = [(cube, code) for cube in (SCORES, ENABLERS) for code, _ in questions_of(store, cube)]
    for session in (AFTER, BEFORE):
        questions = (Question(cube, area, session, code) for cube, code in asked)
        if any(store.cell(median_keys(store, q)[0]).has_value for q in questions):
            return session
    # a meeting may judge what nobody had scored
    return released_session(store) if store.cell(_met_key(store, area)).has_value else ""


def released_session(store: Store) -> str:
    """The session that versions for others read of, to which the judgement of a meeting
    belongs.
    """
    return settings_of(store).session


def median_keys(store: Store, asked: Question) -> tuple[Key, Key]:
    """The cells of the lower and the higher median."""
    low, high = (statistic_key(store, asked, statistic=name) for name in _MEDIANS)
    return low, high


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
                _median(store, asked),
                between(store, asked),
                _median(store, replace(asked, session=BEFORE)),
                counted(store, asked),
            ]
            if views[0].text:
                lines.append((label, views))
    heads = ("Judgement", "From\N{EN DASH}to", "Before the meeting", "States")
    # what a version does not know has no column
    met = _met(store, spec.area)
    known = {i for i in range(len(heads)) if any(views[i].text for _, views in lines)}
    kept = sorted({0, *known, *((len(heads) - 1,) if met.text else ())})
    if session == BEFORE:
        kept = [i for i in kept if heads[i] != "Before the meeting"]
    columns = [Column("Question", "label", weight=40)]
    columns += [Column(heads[i], "text", weight=22 if heads[i] != "States" else 12) for i in kept]
    rows = tuple(
        Row(label, tuple(_or_not_assessed(views[i]) for i in kept)) for label, views in lines
    )
    level = _level(store, spec.area, session=session)
    if level.text:
        empty = [CellView("")] * (len(kept) - 1)
        said = "Level of threat that the scores suggest"
        rows = (*rows, Row(said, (level, *empty), 0, "total"))
    if met.text:
        beside = [CellView("")] * (len(kept) - 2)
        said = "Level of threat that the meeting judged"
        rows = (*rows, Row(said, (met, *beside, _agreed(store, spec.area)), 0, "total"))
    return _table(
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
    has_met = any(_met(store, area).text for area in areas)
    if has_met:
        columns[-1] = Column("Scores suggest", "text", "Level", 11)
        columns.append(Column("Meeting judged", "text", "Level", 11))
    columns += [Column(_IN_SHORT[q], "text", weight=13) for q in asked]
    columns.append(Column("States", "text", weight=10))
    rows = []
    for area in areas:
        session = session_of(store, area)
        views = [_level(store, area, session=session)]
        if has_met:
            met = _met(store, area)
            views.append(met if met.text else CellView("not judged", status="missing"))
        views += [_median(store, Question(SCORES, area, session, q)) for q in asked]
        likelihood = settings_of(store).matrix.likelihood
        views.append(counted(store, Question(SCORES, area, session, likelihood)))
        label = store.label(SCORES, "area", code=area)
        rows.append(Row(label, tuple(map(_or_not_assessed, views))))
    return _table(
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
        likelihood = _place(store, area, settings.matrix.likelihood, session=session)
        impacts = [_place(store, area, q, session=session) for q in settings.matrix.impacts]
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
    return _table(
        spec, store, number=number, columns=columns, rows=tuple(rows), values=values, areas=areas
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
        level = store.cell(
            statistic_key(store, Question(SCORES, area, session, ALL), statistic=LEVEL)
        )
        if level.has_value and level.value is not None:
            others = (_place(store, area, q, session=session) for q in asked)
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
            views = [_level(store, area, session=session)]
            views += [_median(store, Question(SCORES, area, session, q)) for q in asked]
            label = store.label(SCORES, "area", code=area)
            rows.append(Row(label, (CellView(proposed), *map(_or_not_assessed, views))))
        place += len(areas)
    return _table(
        spec, store, number=number, columns=columns, rows=tuple(rows), values=values, areas=judged
    )


def place_word(place: int) -> str:
    """`first` of 1: the place of a crime area among priorities."""
    return _PLACES[place - 1] if place <= len(_PLACES) else "later"


def in_sentence(label: str) -> str:
    """A label as it stands inside of a sentence."""
    return f"{label[:1].lower()}{label[1:]}"


_PLACES = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
    "eleventh", "twelfth",
)  # fmt: skip
# Heads of the table of all areas.
_IN_SHORT = {
    "LIKELIHOOD": "Likelihood now",
    "TREND": "Trend",
    "OUTLOOK": "It grows",
    "CONFIDENCE": "Confidence",
}


def settings_of(store: Store) -> Assessment:
    settings = store.contracts.assessment
    if settings is None:
        raise UserError(
            "there are no scales",
            where="data_contracts",
            do="write assessment.yaml, or take the exhibit out",
        )
    return settings


def questions_of(store: Store, cube: str) -> Iterable[tuple[str, str]]:
    table = store.table(cube)
    asked = table.dimension(settings_of(store).tables[cube].dimension)
    return [(c.code, c.label) for c in asked.codes]


def statistic_key(store: Store, asked: Question, *, statistic: str) -> Key:
    table = store.table(f"{asked.cube}{OF_REGION}")
    own = settings_of(store).tables[asked.cube].dimension
    codes = {"state": REGION, "year": str(store.round), "area": asked.area, own: asked.code}
    return table.key({**codes, "session": asked.session, "statistic": statistic})


def _median(store: Printing, asked: Question) -> CellView:
    """The word in the middle of the answers, or the two words that it lies between."""
    return _words("middle", [store.print_cell(k) for k in median_keys(store, asked)])


def between(store: Printing, asked: Question) -> CellView:
    keys = [statistic_key(store, asked, statistic=name) for name in _ENDS]
    return _words("between", [store.print_cell(k) for k in keys])


def _words(name: str, cells: list[Cell]) -> CellView:
    if not all(c.has_value for c in cells):
        return CellView("")
    said = list(dict.fromkeys(cell_text(c) for c in cells))
    return CellView(" to ".join(said), f"{name}({', '.join(str(c.key) for c in cells)})")


def counted(store: Printing, asked: Question) -> CellView:
    cell = store.print_cell(statistic_key(store, asked, statistic="STATES"))
    if not cell.has_value:
        return CellView("")
    return CellView(f"{cell.coverage} of {cell.of}", f"coverage({cell.key})")


def _level(store: Printing, area: str, *, session: str) -> CellView:
    asked = Question(SCORES, area, session, ALL)
    cell = store.print_cell(statistic_key(store, asked, statistic=LEVEL))
    return CellView(cell_text(cell), str(cell.key)) if cell.has_value else CellView("")


def _met_key(store: Store, area: str) -> Key:
    asked = Question(SCORES, area, released_session(store), ALL)
    return statistic_key(store, asked, statistic=MEETING)


def _met(store: Printing, area: str) -> CellView:
    """The level that the meeting judged; empty where it did not."""
    cell = store.print_cell(_met_key(store, area))
    return CellView(cell_text(cell), str(cell.key)) if cell.has_value else CellView("")


def _agreed(store: Printing, area: str) -> CellView:
    cell = store.print_cell(_met_key(store, area))
    return CellView(f"{cell.coverage} of {cell.of}", f"coverage({cell.key})")


def _place(store: Store, area: str, question: str, *, session: str) -> int:
    """The place of the higher median; 0 where there is none."""
    _, high = median_keys(store, Question(SCORES, area, session, question))
    cell = store.cell(high)
    return int(cell.value) if cell.has_value and cell.value is not None else 0


def _or_not_assessed(view: CellView) -> CellView:
    return view if view.text else CellView(NOT_ASSESSED, status="missing")


def _table(
    spec: ExhibitSpec,
    store: Printing,
    *,
    number: str,
    columns: list[Column],
    rows: tuple[Row, ...],
    values: Mapping[str, str],
    areas: Sequence[str],
) -> TableView:
    """`areas` are those that it tells of: a reader must know which of them nobody judged
    again after the meeting.
    """
    early = [store.label(SCORES, "area", code=a) for a in areas if session_of(store, a) == BEFORE]
    told = [_ONE_WORD]
    if early:
        whose = "All" if len(early) == len(areas) else "; ".join(early)
        told.append(f"{whose}: judged before the meeting, each state alone.")
    return TableView(
        anchor(spec, store, values=values),
        number,
        fill(spec.title, values, where=spec.place),
        "",
        tuple(columns),
        rows,
        _SOURCE.format(year=values["year"]),
        notes=tuple(fill(n, values, where=spec.place) for n in (*spec.notes, *told)),
        wide=spec.wide,
    )
