"""Which cells hold the judgements of a crime area, and how does a table say them?

In words of their scales, each bound to its cells. A judgement is that of the session
after the meeting, once there is one; an earlier assessment is the last year before in
which the area was judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.cells import REGION, Cell, Key
from pipeline.contracts.model import LEVEL, MEETING, OF_REGION
from pipeline.contracts.scales import Assessment
from pipeline.errors import UserError
from pipeline.report.exhibits.layout import ExhibitSpec, fill
from pipeline.report.exhibits.tables import anchor
from pipeline.report.numbers import cell_text
from pipeline.report.printing import Printing
from pipeline.report.store import Store
from pipeline.report.views import CellView, Column, Row, TableView

SCORES, ENABLERS = "ASM_SCORES", "ASM_ENABLERS"
BEFORE, AFTER = "1", "2"  # sessions: each state alone, and again after the meeting
ALL = "ALL"  # the code that stands for all areas or all questions
NOT_ASSESSED = "not assessed"
NO_MEETING = CellView("not judged", status="missing")  # no meeting judged the level
NOTHING = "No judgement of it was submitted."
_MEDIANS = ("MEDIAN_LOW", "MEDIAN_HIGH")
_ENDS = ("LOWEST", "HIGHEST")
SOURCE = "experts of the member states, assessment of round {year}"
_BOTH_WORDS = "Median of the states that judged; of two in the middle, both are told."
HIGHER_WORD = "Median of the states that judged; of two in the middle the higher one."


@dataclass(frozen=True)
class Question:
    """What is asked of one crime area in one session: a code of a table of judgements.
    `year` is that of an earlier assessment, 0 that of the round.
    """

    cube: str
    area: str
    session: str
    code: str
    year: int = 0


def judged_areas(store: Store) -> list[str]:
    """The crime areas of which the version may tell a judgement, in their order."""
    if not store.is_asked(SCORES):
        return []
    return [code for code in areas_of(store) if session_of(store, code)]


def areas_of(store: Store) -> list[str]:
    """The crime areas that experts are asked about, in their order."""
    codes = (c.code for c in store.table(SCORES).dimension("area").codes)
    return [code for code in codes if code != ALL]


def is_answered(store: Store, area: str, code: str, *, cube: str = SCORES) -> bool:
    """Whether the version may tell what experts judge on a question of a crime area."""
    low, _ = median_keys(store, Question(cube, area, session_of(store, area), code))
    return store.cell(low).has_value


def earlier_of(store: Store, area: str) -> tuple[int, str]:
    """The last assessment of a crime area before this one that the version holds: its year
    and the session that stands; 0 and empty where there is none.
    """
    cube = f"{SCORES}{OF_REGION}"
    years = {cell.key.year for cell in store.every_cell() if cell.key.cube == cube}
    for year in sorted((y for y in years if y < store.round), reverse=True):
        if session := session_of(store, area, year=year):
            return year, session
    return 0, ""


def session_of(store: Store, area: str, *, year: int = 0) -> str:
    """The session whose judgements of a crime area stand: that after the meeting, once there
    is one; empty where nobody judged the area.
    """
    asked = [(cube, code) for cube in (SCORES, ENABLERS) for code, _ in questions_of(store, cube)]
    for session in (AFTER, BEFORE):
        questions = (Question(cube, area, session, code, year) for cube, code in asked)
        if any(store.cell(median_keys(store, q)[0]).has_value for q in questions):
            return session
    # a meeting may judge what nobody had scored
    met = store.cell(_met_key(store, area, year=year)).has_value
    return released_session(store) if met else ""


def released_session(store: Store) -> str:
    """The session that versions for others read of, to which the judgement of a meeting
    belongs.
    """
    return settings_of(store).session


def median_keys(store: Store, asked: Question) -> tuple[Key, Key]:
    """The cells of the lower and the higher median."""
    low, high = (key_of(store, asked, statistic=name) for name in _MEDIANS)
    return low, high


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


def key_of(store: Store, asked: Question, *, statistic: str) -> Key:
    table = store.table(f"{asked.cube}{OF_REGION}")
    own = settings_of(store).tables[asked.cube].dimension
    codes = {
        "state": REGION,
        "year": str(asked.year or store.round),
        "area": asked.area,
        own: asked.code,
    }
    return table.key({**codes, "session": asked.session, "statistic": statistic})


def median_view(store: Printing, asked: Question) -> CellView:
    """The word in the middle of the answers, or the two words that it lies between."""
    return _words("middle", [store.print_cell(k) for k in median_keys(store, asked)])


def between_view(store: Printing, asked: Question) -> CellView:
    keys = [key_of(store, asked, statistic=name) for name in _ENDS]
    return _words("between", [store.print_cell(k) for k in keys])


def _words(name: str, cells: list[Cell]) -> CellView:
    if not all(c.has_value for c in cells):
        return CellView("")
    said = list(dict.fromkeys(cell_text(c) for c in cells))
    return CellView(" to ".join(said), f"{name}({', '.join(str(c.key) for c in cells)})")


def counted_view(store: Printing, asked: Question) -> CellView:
    cell = store.print_cell(key_of(store, asked, statistic="STATES"))
    if not cell.has_value:
        return CellView("")
    return CellView(f"{cell.coverage} of {cell.of}", f"coverage({cell.key})")


def level_view(store: Printing, area: str, *, session: str, year: int = 0) -> CellView:
    asked = Question(SCORES, area, session, ALL, year)
    cell = store.print_cell(key_of(store, asked, statistic=LEVEL))
    return CellView(cell_text(cell), str(cell.key)) if cell.has_value else CellView("")


def met_view(store: Printing, area: str, *, year: int = 0) -> CellView:
    """The level that the meeting judged; empty where it did not."""
    cell = store.print_cell(_met_key(store, area, year=year))
    return CellView(cell_text(cell), str(cell.key)) if cell.has_value else CellView("")


def agreed_view(store: Printing, area: str) -> CellView:
    """How many states agreed to what the meeting judged."""
    cell = store.print_cell(_met_key(store, area))
    return CellView(f"{cell.coverage} of {cell.of}", f"coverage({cell.key})")


def _met_key(store: Store, area: str, *, year: int = 0) -> Key:
    asked = Question(SCORES, area, released_session(store), ALL, year)
    return key_of(store, asked, statistic=MEETING)


def place_of(store: Store, area: str, question: str, *, session: str) -> int:
    """The place of the higher median; 0 where there is none."""
    _, high = median_keys(store, Question(SCORES, area, session, question))
    cell = store.cell(high)
    return int(cell.value) if cell.has_value and cell.value is not None else 0


def or_not_assessed(view: CellView) -> CellView:
    return view if view.text else CellView(NOT_ASSESSED, status="missing")


def judged_table(
    spec: ExhibitSpec,
    store: Printing,
    *,
    number: str,
    columns: list[Column],
    rows: tuple[Row, ...],
    values: Mapping[str, str],
    areas: Sequence[str],
    says: str = _BOTH_WORDS,
) -> TableView:
    """`areas` are those that it tells of: a reader must know which of them nobody judged
    again after the meeting. `says` is how its words come to be.
    """
    told = [says, *told_of_early(store, areas)]
    return TableView(
        anchor(spec, store, values=values),
        number,
        fill(spec.title, values, where=spec.place),
        "",
        tuple(columns),
        rows,
        SOURCE.format(year=values["year"]),
        notes=tuple(fill(n, values, where=spec.place) for n in (*spec.notes, *told)),
        wide=spec.wide,
    )


def told_of_early(store: Store, areas: Sequence[str]) -> list[str]:
    """Which of these crime areas nobody judged again after the meeting."""
    early = [store.label(SCORES, "area", code=a) for a in areas if session_of(store, a) == BEFORE]
    if not early:
        return []
    whose = "All" if len(early) == len(areas) else "; ".join(early)
    return [f"{whose}: judged before the meeting, each state alone."]


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
