"""Who gave figures, until when, and from which source? Bindings of the narrative about
coverage, and claims on it.

A state gave a figure where its cell has a value, or says that there is one: suppressed
by the sender as small, or nil. What a version may not show is neither given nor missing
here: the sentence is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from pipeline.cells import REGION, Key
from pipeline.contracts.codelists import in_running_text
from pipeline.errors import UserError
from pipeline.report.last_given import is_given, last_year, respondents_of
from pipeline.report.narrative.bindings import NothingToShow
from pipeline.report.numbers import count_word
from pipeline.report.store import Store

Held = tuple[bool, str]  # whether a claim holds, and the figures that say so

_MOST_PUBLISHERS = 6  # a sentence that names more of them is a list


def listed(parts: Iterable[str]) -> str:
    """`one, two and three`."""
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last


def answers(store: Store, pattern: str, *, years: Iterable[int] = ()) -> dict[str, bool]:
    """By member state, whether it gave the figure of a pattern `CUBE:*.YEAR.codes`, in
    each of some years if any.

    Raises NothingToShow where one of the figures is withheld, UserError where the
    pattern has no state to vary.
    """
    cube, _, codes = pattern.partition(":")
    if not codes.startswith("*.") or "*" in codes[1:]:
        raise UserError(
            f"'{pattern}' needs one * and it stands for the states",
            allowed="for example THB_VICTIMS:*.2022._T._T",
        )
    found = {}
    for state in respondents_of(store, cube):
        key = Key.parse(f"{cube}:{state}{codes[1:]}")
        cells = [store.cell(key.at(year=y)) for y in years or (key.year,)]
        if any(c.withheld for c in cells):
            raise NothingToShow
        found[state] = all(map(is_given, cells))
    return found


def _named(store: Store, states: Iterable[str]) -> list[str]:
    return [in_running_text(store.label("", "state", code=s)) for s in states]


def _reporters(store: Store, pattern: str, whole_window: bool = False) -> str:
    found = answers(store, pattern, years=store.years if whole_window else ())
    states = [s for s, given in found.items() if given]
    if not states:
        return "no state"
    return (
        f"all {count_word(len(found))} member states"
        if len(states) == len(found)
        else listed(_named(store, states))
    )


def _reporters_window(store: Store, pattern: str) -> str:
    return _reporters(store, pattern, whole_window=True)


def _silent(store: Store, pattern: str) -> str:
    """Names of the states that gave no figure; `any member state` when that are all.
    Nothing to show when nobody is.
    """
    found = answers(store, pattern)
    states = [s for s, given in found.items() if not given]
    if not states:
        raise NothingToShow
    return "any member state" if len(states) == len(found) else listed(_named(store, states))


def _lastyear(store: Store, pattern: str) -> str:
    cube, _, codes = pattern.partition(":")
    state, year, *others = codes.split(".")
    if state != "*" or not year.isdigit():
        raise UserError(
            f"'{pattern}' needs * for the states", allowed="for example THB_VICTIMS:*.2022._T._T"
        )
    found = last_year(store, cube, codes=others, until=int(year))
    if found is None:
        raise NothingToShow
    return str(found)


def _members(store: Store) -> str:
    return count_word(len(store.contracts.members(store.round)))


def _memberlist(store: Store) -> str:
    return listed(m.label for m in store.contracts.members(store.round))


def _membercodes(store: Store) -> str:
    return listed(f"{m.code} {m.label}" for m in store.contracts.members(store.round))


# --- claims


def _empty(store: Store, what: str, year: str = "") -> Held:
    """Whether nobody gave a figure: of a pattern, or of a table in the window or in one
    year of it.
    """
    if ":" in what:
        states = [s for s, given in answers(store, what).items() if given]
        return not states, f"figures of {', '.join(states) or 'no state'}"
    respondents = respondents_of(store, what)
    cells = [
        c
        for c in store.cells_of(what)
        if c.key.state in respondents
        and (c.key.year == int(year) if year else c.key.year in store.years)
    ]
    given = [c.key for c in cells if c.withheld or is_given(c)]
    states = sorted({k.state for k in given})
    return not given, f"{len(given)} figures, from {', '.join(states) or 'nobody'}"


def _last_year_is(store: Store, pattern: str, year: str) -> Held:
    found = _lastyear(store, pattern)
    return found == year, f"the last figure is of {found}"


def _how_many(holds: Callable[[int, int], bool]) -> Callable[[Store, str], Held]:
    """Whether so many of the member states gave a figure."""

    def check(store: Store, pattern: str) -> Held:
        found = answers(store, pattern)
        states = [s for s, given in found.items() if given]
        return holds(len(states), len(found)), f"figures of {', '.join(states) or 'no state'}"

    return check


def _same_states(same: bool) -> Callable[[Store, str, str], Held]:
    """Whether the states behind a regional figure are the same in every year since one,
    or not in both years.
    """

    def check(store: Store, text: str, year: str) -> Held:
        key = Key.parse(text)
        years = range(int(year), key.year + 1) if same else (int(year), key.year)
        cells = [store.cell(key.at(year=y)) for y in years]
        if not all(c.has_value for c in cells):
            raise NothingToShow
        said = "; ".join(f"{c.key.year}: {' '.join(c.states)}" for c in cells)
        return (len({c.states for c in cells}) == 1) == same, said

    return check


def _differ(store: Store, one: str, other: str) -> Held:
    """Whether two regional figures count different states."""
    first = store.cell(Key.parse(one))
    second = store.cell(Key.parse(other))
    if not first.has_value or not second.has_value:
        raise NothingToShow
    return first.states != second.states, f"{' '.join(first.states)} and {' '.join(second.states)}"


# --- sources


def _publishers_of(store: Store, table: str = "") -> set[str]:
    """Who published the figures, as the covers name the sources: what stands before the
    first comma of each.
    """
    rows = [s for s in store.sources if not table or s.cube == table]
    return set(publishers_in(str(s.source or "") for s in rows))


def publishers_in(sources: Iterable[str]) -> Iterator[str]:
    """`Eurostat, Police-recorded offences; UNODC, Crime Trends Survey`: Eurostat,
    UNODC.
    """
    for source in sources:
        yield from (part.partition(",")[0].strip() for part in source.split(";") if part.strip())


def _publishers(store: Store) -> str:
    found = sorted(_publishers_of(store))
    if not found or len(found) > _MOST_PUBLISHERS:
        raise NothingToShow
    return listed(found)


def _source_is(store: Store, names: str, table: str = "") -> Held:
    """Whether every source that the covers name, of a table or of all, is of one of
    these publishers.
    """
    found = _publishers_of(store, table)
    if table:
        store.table(table)
    if not found:
        raise NothingToShow
    return (
        found <= set(names.replace("_", " ").split(",")),
        f"sources of {', '.join(sorted(found))}",
    )


def operands(store: Store, command: str, *, arguments: list[str]) -> list[str]:
    """The keys behind a binding of this page, for those who ask where a word comes
    from.
    """
    words = [a for a in arguments if ":" in a]
    if command in ("reporters", "silent") and words:
        cube, _, codes = words[0].partition(":")
        window = (
            store.years
            if "window" in arguments
            else [Key.parse(f"{cube}:{REGION}{codes[1:]}").year]
        )
        keys = [Key.parse(f"{cube}:{s}{codes[1:]}") for s in respondents_of(store, cube)]
        return [str(k.at(year=y)) for k in keys for y in window]
    return []


FORMS = {
    "reporters": ("PATTERN", "PATTERN whole window"),
    "silent": ("PATTERN",),
    "lastyear": ("PATTERN",),
    "members": ("",),
    "memberlist": ("", "codes"),
    "publishers": ("",),
}
COMMANDS: dict[tuple[str, str], Callable[..., str]] = {
    ("reporters", "PATTERN"): _reporters,
    ("reporters", "PATTERN whole window"): _reporters_window,
    ("silent", "PATTERN"): _silent,
    ("lastyear", "PATTERN"): _lastyear,
    ("members", ""): _members,
    ("memberlist", ""): _memberlist,
    ("memberlist", "codes"): _membercodes,
    ("publishers", ""): _publishers,
}
CLAIMS: dict[str, tuple[tuple[str, ...], Callable[..., Held]]] = {
    "empty": (("TABLE", "TABLE in YEAR", "PATTERN"), _empty),
    "last-year": (("PATTERN is YEAR",), _last_year_is),
    "every": (("PATTERN",), _how_many(lambda given, of: given == of)),
    "none": (("PATTERN",), _how_many(lambda given, of: not given)),
    "most-report": (("PATTERN",), _how_many(lambda given, of: given * 2 > of)),
    "few-report": (("PATTERN",), _how_many(lambda given, of: given * 2 < of)),
    "same-states": (("KEY since YEAR",), _same_states(same=True)),
    "other-states": (("KEY since YEAR",), _same_states(same=False)),
    "differ": (("KEY than KEY",), _differ),
    "source-is": (("NAMES", "NAMES of TABLE"), _source_is),
}
