"""What of a change is one on paper? Bindings of the narrative that name states which
began or ceased to report, counted otherwise, were corrected, or make a change alone.

They say what the store knows: figures, their statuses, corrections of earlier rounds.
Nobody is named where a figure that the binding goes by is withheld.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal

from pipeline.cells import REGION, Cell, Key, printed_decimals
from pipeline.contracts.codelists import in_running_text
from pipeline.report.formulas import BREAK, CHANGE_FLOOR, compared, driver
from pipeline.report.last_given import is_given, respondents_of
from pipeline.report.narrative.bindings import NothingToShow
from pipeline.report.narrative.coverage_claims import answers, listed
from pipeline.report.numbers import cell_text, is_headline, number_text, percent_decimals
from pipeline.report.printing import Printing
from pipeline.report.store import Store

OTHER_DEFINITION = "D"
REVISED = Decimal("0.1")  # of the figure before: a correction that is told
STEADY = Decimal(5)  # per cent: what the other states moved less than is no movement of theirs


def year_spans(years: Iterable[int]) -> str:
    """`2018`, `2019 to 2022`, `2018 and 2020 to 2022`."""
    spans: list[list[int]] = []
    for year in sorted(years):
        if spans and year == spans[-1][-1] + 1:
            spans[-1].append(year)
        else:
            spans.append([year])
    return listed(f"{s[0]} to {s[-1]}" if len(s) > 1 else str(s[0]) for s in spans)


def _regional(pattern: str) -> Key:
    """The sum over the states that a pattern `CUBE:*.YEAR.codes` goes through."""
    cube, _, codes = pattern.partition(":")
    return Key.parse(f"{cube}:{REGION}{codes[1:]}")


# --- who began, who ceased


def _began(store: Printing, pattern: str, year: str) -> str:
    """`North Macedonia (7)`: states whose figure stands in the sum of the region, and
    that gave none for the earlier year.
    """
    now, then = _two_sums(store, pattern, year=year)
    return _only_in(store, now, then)


def _ceased(store: Printing, pattern: str, year: str) -> str:
    """`Türkiye (182)`: states with a figure in the earlier sum, and none now."""
    now, then = _two_sums(store, pattern, year=year)
    return _only_in(store, then, now)


def _two_sums(store: Store, pattern: str, *, year: str) -> tuple[Cell, Cell]:
    answers(store, pattern)  # refuses what is no pattern of states
    now = store.cell(_regional(pattern))
    then = store.cell(now.key.at(year=int(year)))
    if not now.has_value or not then.has_value:
        raise NothingToShow
    return now, then


def _only_in(store: Printing, one: Cell, other: Cell) -> str:
    """The states, with their figures, that are in one sum and gave nothing for the other."""
    cells = []
    for state in respondents_of(store, one.key.cube):
        own, beside = (store.cell(c.key.at(state=state)) for c in (one, other))
        if own.withheld or beside.withheld:
            raise NothingToShow
        if state in one.states and own.has_value and not is_given(beside):
            cells.append(own)
    return _named(store, [(c, cell_text(c)) for c in cells])


def _named(store: Printing, cells: Iterable[tuple[Cell, str]]) -> str:
    told = []
    for cell, said in cells:
        store.print_cell(cell.key)
        name = in_running_text(store.label("", "state", code=cell.key.state))
        told.append(f"{name} ({said})")
    if not told:
        raise NothingToShow
    return listed(told)


# --- who counted otherwise, who was corrected


def _courses(store: Store, pattern: str, *, year: str) -> Iterator[list[Cell]]:
    """The figures of each state, from a year to that of the pattern."""
    last = _regional(pattern)
    years = range(int(year), last.year + 1)
    answers(store, pattern, years=years)  # nobody is named where one of them is withheld
    for state in respondents_of(store, last.cube):
        yield [store.cell(last.at(state=state, year=y)) for y in years]


def _broken(store: Printing, pattern: str, year: str) -> str:
    """`Greece (2020)`: states with a break of their series after a year, and when."""
    found = []
    for cells in _courses(store, pattern, year=year):
        broken = [c for c in cells[1:] if c.has_value and c.obs_status == BREAK]
        if broken:
            found.append((broken[0], year_spans(c.key.year for c in broken)))
    return _named(store, found)


def _redefined(store: Printing, pattern: str, year: str) -> str:
    """`Bulgaria (2019 to 2022)`: states whose figures follow another definition in these
    years, and do not in others.
    """
    found = []
    for cells in _courses(store, pattern, year=year):
        given = [c for c in cells if c.has_value]
        other = [c for c in given if c.obs_status == OTHER_DEFINITION]
        if other and len(other) < len(given):
            found.append((other[0], year_spans(c.key.year for c in other)))
    return _named(store, found)


def _revised(store: Printing, pattern: str, year: str) -> str:
    """`the Republic of Moldova (37 for 2020)`: figures that this round corrected by a
    tenth or more.
    """
    moved = {
        r.key
        for r in store.revisions
        if r.old_value and r.new_value is not None
        if abs(r.new_value - r.old_value) >= REVISED * r.old_value
    }
    found = []
    for cells in _courses(store, pattern, year=year):
        own = [c for c in cells if str(c.key) in moved and c.has_value]
        found += [(c, f"{cell_text(c)} for {c.key.year}") for c in own]
    return _named(store, found)


# --- who makes a change alone


def _alone(store: Printing, text: str, year: str) -> str:
    """`without Bulgaria the figure rose by 5.8 per cent, from 1,610 to 1,703 (10
    other states)`: what the other states did, where they did not move with the region.
    """
    now, then = (store.cell(k) for k in compared(store, Key.parse(text), since=int(year)))
    one = driver(store, Key.parse(text), since=int(year))
    if one is None or now.value is None or then.value is None or len(now.states) < 3:
        raise NothingToShow
    if not (is_headline(now) and is_headline(then)):
        raise NothingToShow
    own, before = (store.print_cell(k).value or Decimal(0) for k in one.inputs)
    rest, rest_before = now.value - own, then.value - before
    if min(rest, rest_before) < CHANGE_FLOOR:
        raise NothingToShow
    moved = (rest - rest_before) / rest_before * 100
    against = (rest - rest_before) * (now.value - then.value) <= 0
    if not against and abs(moved) >= STEADY:
        raise NothingToShow
    for cell in (now, then):
        store.print_cell(cell.key)
    state = in_running_text(store.label("", "state", code=one.inputs[0].state))
    from_, to = (number_text(v, printed_decimals(v, now.unit)) for v in (rest_before, rest))
    verb = "rose" if rest > rest_before else "fell"
    size = number_text(abs(moved), percent_decimals(moved))
    said = f"{verb} by {size} per cent, from {from_} to {to}" if moved else f"stayed at {to}"
    return f"without {state} the figure {said} ({len(now.states) - 1} other states)"


def operands(store: Printing, command: str, *, arguments: list[str]) -> list[str]:
    """The keys behind a binding of this page."""
    what, year = arguments[0], int(arguments[2])
    if command == "alone":
        one = driver(store, Key.parse(what), since=year)
        keys = [*compared(store, Key.parse(what), since=year), *(one.inputs if one else ())]
        return [str(k) for k in keys]
    last = _regional(what)
    years = (year, last.year) if command in ("began", "ceased") else range(year, last.year + 1)
    states = respondents_of(store, last.cube)
    return [str(last.at(state=s, year=y)) for s in states for y in years]


_SINCE = "PATTERN since YEAR"
FORMS = {
    **dict.fromkeys(("began", "ceased", "broken", "redefined", "revised"), (_SINCE,)),
    "alone": ("KEY since YEAR",),
}
COMMANDS: dict[tuple[str, str], Callable[..., str]] = {
    ("began", _SINCE): _began,
    ("ceased", _SINCE): _ceased,
    ("broken", _SINCE): _broken,
    ("redefined", _SINCE): _redefined,
    ("revised", _SINCE): _revised,
    ("alone", "KEY since YEAR"): _alone,
}
