"""Which state makes a movement or a sum? Bindings of the narrative that name it by the
data, and claims on one.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from pipeline.cells import REGION, Cell, Key
from pipeline.contracts.codelists import in_running_text
from pipeline.report.formulas import share
from pipeline.report.narrative.bindings import NothingToShow, candidates
from pipeline.report.narrative.coverage_claims import Held, answers
from pipeline.report.numbers import UNIT_SUFFIX, cell_text, change_text, formula_text
from pipeline.report.printing import Printing
from pipeline.report.store import Store

_NONE = Decimal(0)
_MOST, _MUCH = 1 / 2, 1 / 4  # of the region's change


def _shifts(store: Store, text: str, *, year: str) -> tuple[dict[str, tuple[Cell, Cell]], Key]:
    """The cells of a regional figure and of an earlier year, of each state that gave a
    number for both.

    Figures in question are left out, as in every comparison.

    Raises NothingToShow where a figure is withheld or fewer than two states can be
    compared.
    """
    key = Key.parse(text)
    now = store.cell(key)
    then = store.cell(key.at(year=int(year)))
    if now.withheld or then.withheld:
        raise NothingToShow
    pairs = {}
    for state in now.states:
        pair = store.cell(key.at(state=state, year=int(year))), store.cell(key.at(state=state))
        if any(c.withheld for c in pair):
            raise NothingToShow
        if state in then.states and all(c.has_value and c.compares for c in pair):
            pairs[state] = pair
    if len(pairs) < 2:
        raise NothingToShow
    return pairs, key


def _part_of_movement(store: Printing, state: str, *, text: str, year: str) -> tuple[float, str]:
    """Which part of the region's change is that of a state: above one where others
    moved against it.
    """
    pairs, key = _shifts(store, text, year=year)
    store.contracts.codelist("states")[state]
    if state not in pairs:
        raise NothingToShow
    changes = {s: (now.value or _NONE) - (then.value or _NONE) for s, (then, now) in pairs.items()}
    total = sum(changes.values(), start=_NONE)
    if not total:
        raise NothingToShow
    for then, now in pairs.values():
        store.print_cell(then.key)
        store.print_cell(now.key)
    said = (
        f"{state} {change_text(changes[state])} of {change_text(total)} in {len(pairs)} states,"
        f" {key.cube} {year} to {key.year}"
    )
    return float(changes[state] / total), said


def _driver(store: Printing, text: str, year: str) -> str:
    """`Hungary (from 255 to 861)`: the state whose change is more than half of the
    region's, where there is one.
    """
    pairs, _ = _shifts(store, text, year=year)
    parts = {state: _part_of_movement(store, state, text=text, year=year)[0] for state in pairs}
    state = max(parts, key=lambda s: (parts[s], s))
    if parts[state] <= _MOST:
        raise NothingToShow
    then, now = pairs[state]
    return (
        f"{in_running_text(store.label('', 'state', code=state))} (from {cell_text(then)} to"
        f" {cell_text(now)})"
    )


def _leader(store: Printing, pattern: str) -> str:
    """`Hungary (66.6 per cent)`: the state with the largest figure, and its share of
    the region's.
    """
    answers(store, pattern)
    found = candidates(store, pattern)
    if len(found) < 2:
        raise NothingToShow
    label, cell = found[0]
    formula = share(store, cell.key, whole=cell.key.at(state=REGION))
    if formula.value is None:
        raise NothingToShow
    return f"{in_running_text(label)} ({formula_text(formula)} {UNIT_SUFFIX[formula.unit]})"


def _made(above: float) -> Callable[[Printing, str, str, str], Held]:
    """Whether a state's change is more than a part of the change of the region."""

    def check(store: Printing, state: str, key: str, year: str) -> Held:
        part, said = _part_of_movement(store, state, text=key, year=year)
        return part > above, said

    return check


def _apart(store: Store, pattern: str, year: str) -> Held:
    """Whether some states rose while others fell."""
    cube, _, codes = pattern.partition(":")
    pairs, _ = _shifts(store, f"{cube}:{REGION}{codes[1:]}", year=year)
    up, down = (
        [
            s
            for s, (a, b) in pairs.items()
            if ((b.value or 0) > (a.value or 0)) == rose and a.value != b.value
        ]
        for rose in (True, False)
    )
    return bool(up and down), f"up: {', '.join(up) or 'none'}; down: {', '.join(down) or 'none'}"


def operands(store: Printing, command: str, *, arguments: list[str]) -> list[str]:
    """The keys behind a binding or a claim of this page."""
    pattern = next(a for a in arguments if ":" in a)
    if command == "leader":
        _, cell = candidates(store, pattern)[0]
        return [share(store, cell.key, whole=cell.key.at(state=REGION)).text]
    pairs, _ = _shifts(store, pattern.replace(":*", f":{REGION}"), year=arguments[-1])
    return [str(c.key) for pair in pairs.values() for c in pair]


FORMS = {"driver": ("KEY since YEAR",), "leader": ("PATTERN",)}
COMMANDS: dict[tuple[str, str], Callable[..., str]] = {
    ("driver", "KEY since YEAR"): _driver,
    ("leader", "PATTERN"): _leader,
}
CLAIMS: dict[str, tuple[tuple[str, ...], Callable[..., Held]]] = {
    "driver": (("STATE of KEY since YEAR",), _made(above=_MOST)),
    "much": (("STATE of KEY since YEAR",), _made(above=_MUCH)),
    "apart": (("PATTERN since YEAR",), _apart),
}
