"""How did states answer, before a meeting and after it? Words with how many chose each.

For the book of a meeting: no state is named, nothing is added up or averaged, and what
nobody answered stays visible. How far apart answers lie is told by the words at their
ends, in places of the scale.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from pipeline.cells import Key
from pipeline.contracts.model import LEVEL
from pipeline.report.exhibits.judged_cells import (
    AFTER,
    ALL,
    BEFORE,
    ENABLERS,
    NOT_ASSESSED,
    NOTHING,
    SCORES,
    Question,
    between_view,
    counted_view,
    key_of,
    questions_of,
    settings_of,
)
from pipeline.report.exhibits.layout import ExhibitSpec, fill
from pipeline.report.exhibits.tables import anchor
from pipeline.report.numbers import cell_text
from pipeline.report.printing import Printing
from pipeline.report.store import Store
from pipeline.report.views import CellView, Column, EmptyView, Row, TableView

SESSION = "session"  # among the values of a place: the newest session that it tells of
_HEADS = {BEFORE: "Before the meeting", AFTER: "After the meeting"}
_SOURCE = "experts of the member states, assessment of round {year}"
_AGREEMENT, ALPHA = "Agreement of the states", "ALPHA"
_SUGGESTED = "Level of threat that the scores suggest"
_EACH = "Each word with the number of states that chose it, in the order of its scale."
_ALPHA = (
    "Agreement is Krippendorff's alpha for ordinal data: one is full agreement, nil what chance"
    " would give."
)


def sessions_told(values: Mapping[str, str]) -> tuple[str, ...]:
    """The sessions that a book tells of, the newest last: all of them where no session is
    named.
    """
    return (BEFORE,) if values.get(SESSION) == BEFORE else (BEFORE, AFTER)


def states_that_judged(store: Store, area: str, *, session: str) -> Question | None:
    """The question of a crime area that most states answered in a session; None where none
    did.
    """
    found = [(_answers(store, q), q) for q in _asked(store, area, session=session)]
    most = max((count for count, _ in found), default=0)
    return next((q for count, q in found if count and count == most), None)


def build_answers(
    spec: ExhibitSpec, store: Printing, *, number: str, values: Mapping[str, str]
) -> TableView | EmptyView:
    """One crime area, one line a question and an enabler: how many states chose each word,
    session beside session.
    """
    told = sessions_told(values)
    if not any(_is_judged(store, spec.area, session) for session in told):
        return EmptyView(NOTHING)
    rows = []
    for first in _asked(store, spec.area, session=told[0]):
        asked = [Question(first.cube, first.area, s, first.code) for s in told]
        views = [view for q in asked for view in (_spread(store, q), counted_view(store, q))]
        label = dict(questions_of(store, first.cube))[first.code]
        rows.append(Row(label, tuple(v if v.text else _missing() for v in views)))
    agreed: list[CellView] = []
    for label, statistic in ((_SUGGESTED, LEVEL), (_AGREEMENT, ALPHA)):
        agreed = [_of_area(store, spec.area, session, statistic=statistic) for session in told]
        if any(view.text for view in agreed):
            views = [view for one in agreed for view in (one, CellView(""))]
            rows.append(Row(label, tuple(views), 0, "total"))
    columns = [Column("Question", "label", weight=26)]
    for session in told:
        columns.append(Column(_HEADS[session], "text", weight=30 if len(told) > 1 else 56))
        columns.append(Column("States", "text", weight=11))
    notes = [_EACH, *([_ALPHA] if any(view.text for view in agreed) else [])]
    return _table(spec, store, number=number, columns=columns, rows=rows, values=values, more=notes)


def build_apart(
    spec: ExhibitSpec, store: Printing, *, number: str, values: Mapping[str, str]
) -> TableView | EmptyView:
    """All crime areas, each with the question on which states are furthest apart: those
    whose answers reach over most of their scale first, those that nobody judged last.
    """
    if not store.is_asked(SCORES):
        return EmptyView(NOTHING)
    told = sessions_told(values)
    session = told[-1]
    areas = [c.code for c in store.table(SCORES).dimension("area").codes]
    lines = []
    for place, area in enumerate(areas):
        widest = _widest(store, area, session=session)
        lines.append(((-_reach(store, widest) if widest else Fraction(1), place), area, widest))
    if not any(widest for _, _, widest in lines):
        return EmptyView(NOTHING)
    rows = []
    for _, area, widest in sorted(lines, key=lambda line: line[0]):
        most = states_that_judged(store, area, session=session)
        label = store.label(SCORES, "area", code=area)
        if widest is None or most is None:
            rows.append(Row(label, tuple(_missing() for _ in range(2 + 2 * len(told)))))
            continue
        views = [counted_view(store, most), CellView(_question(store, widest))]
        for one in told:
            asked = Question(widest.cube, area, one, widest.code)
            views += [between_view(store, asked), _of_area(store, area, one, statistic=ALPHA)]
        rows.append(Row(label, tuple(v if v.text else _missing() for v in views)))
    columns = [Column("Crime area", "label", weight=26), Column("States", "text", weight=10)]
    columns.append(Column("Furthest apart on", "text", weight=20))
    for one in told:
        group = _HEADS[one] if len(told) > 1 else ""
        columns += [Column("From\N{EN DASH}to", "text", group, 18)]
        columns += [Column("Agreement", "number", group, 12)]
    return _table(
        spec, store, number=number, columns=columns, rows=rows, values=values, more=[_ALPHA]
    )


def _asked(store: Store, area: str, *, session: str) -> Iterator[Question]:
    for cube in (SCORES, ENABLERS):
        for code, _ in questions_of(store, cube):
            yield Question(cube, area, session, code)


def _question(store: Store, asked: Question) -> str:
    return dict(questions_of(store, asked.cube))[asked.code]


def _is_judged(store: Store, area: str, session: str) -> bool:
    return store.is_asked(SCORES) and bool(states_that_judged(store, area, session=session))


def _answers(store: Store, asked: Question) -> int:
    return _whole(store, key_of(store, asked, statistic="STATES"))


def _whole(store: Store, key: Key) -> int:
    cell = store.cell(key)
    return int(cell.value) if cell.has_value and cell.value is not None else 0


def _widest(store: Store, area: str, *, session: str) -> Question | None:
    """The question whose answers reach over most of its scale; of several the one on which
    the fewest states chose the same word.
    """
    found = [q for q in _asked(store, area, session=session) if _answers(store, q)]
    return max(found, key=lambda q: (_reach(store, q), -_most_on_one_word(store, q)), default=None)


def _reach(store: Store, asked: Question) -> Fraction:
    """Which part of the steps of a scale lies between the outermost answers."""
    low, high = (
        _whole(store, key_of(store, asked, statistic=name)) for name in ("LOWEST", "HIGHEST")
    )
    return Fraction(high - low, len(_words(store, asked)) - 1)


def _most_on_one_word(store: Store, asked: Question) -> int:
    return max(_whole(store, key) for key in _chosen_keys(store, asked))


def _words(store: Store, asked: Question) -> tuple[str, ...]:
    return settings_of(store).tables[asked.cube].scale(asked.code).words


def _chosen_keys(store: Store, asked: Question) -> list[Key]:
    """The cells that say how many states chose each word, from the least to the most."""
    places = range(1, len(_words(store, asked)) + 1)
    return [key_of(store, asked, statistic=f"AT_{place}") for place in places]


def _spread(store: Printing, asked: Question) -> CellView:
    """`low 2; medium 5; not assessed 4`, with the cells behind it."""
    keys = [*_chosen_keys(store, asked), key_of(store, asked, statistic="STATES")]
    *chosen, states = [store.print_cell(key) for key in keys]
    if not states.has_value or states.coverage is None or states.of is None:
        return CellView("")
    said = [
        f"{word} {cell_text(cell)}"
        for word, cell in zip(_words(store, asked), chosen, strict=True)
        if cell.value
    ]
    if silent := states.of - states.coverage:
        said.append(f"{NOT_ASSESSED} {silent}")
    return CellView("; ".join(said), f"answers({', '.join(map(str, keys))})")


def _of_area(store: Printing, area: str, session: str, *, statistic: str) -> CellView:
    """A statistic over all questions of a crime area."""
    key = key_of(store, Question(SCORES, area, session, ALL), statistic=statistic)
    cell = store.print_cell(key)
    return CellView(cell_text(cell), str(key)) if cell.has_value else CellView("")


def _missing() -> CellView:
    return CellView(NOT_ASSESSED, status="missing")


def _table(
    spec: ExhibitSpec,
    store: Printing,
    *,
    number: str,
    columns: list[Column],
    rows: list[Row],
    values: Mapping[str, str],
    more: list[str],
) -> TableView:
    return TableView(
        anchor(spec, store, values=values),
        number,
        fill(spec.title, values, where=spec.place),
        "",
        tuple(columns),
        tuple(rows),
        _SOURCE.format(year=values["year"]),
        notes=(*(fill(n, values, where=spec.place) for n in spec.notes), *more),
        wide=spec.wide,
    )
