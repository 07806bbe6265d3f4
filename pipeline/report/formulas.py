"""What is worked out from cells? Shares, changes and rates, each naming the cells it stands on.

A formula has no value when one of its cells has none, when a change would cross a break in the series or compare
different groups of states, or when a base is too small to carry a percentage. Its `reason` then says why.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from pipeline.cells import OBS_SYMBOL, WITHHELD_SYMBOL, Cell, Key
from pipeline.report.store import Store
from pipeline.sql.marts import POPULATION_CUBE

CHANGE_FLOOR = 20  # a change in per cent is computed only when both values reach this
SHARE_FLOOR = 20
BREAK = "B"
NOT_COMPUTED = "x"


@dataclass(frozen=True)
class Formula:
    """A number worked out from cells. `text` names the formula and its cells; `unit` is percent or per_100k."""

    text: str
    value: Decimal | None
    unit: str
    inputs: tuple[Key, ...]
    reason: str = ""
    symbol: str = NOT_COMPUTED  # what a table prints where there is no value


def _symbol(cells: Iterable[Cell]) -> str:
    """A formula over a withheld cell is withheld, over a missing one missing; otherwise it was not computed."""
    cells = list(cells)
    if any(c.withheld for c in cells):
        return WITHHELD_SYMBOL
    return NOT_COMPUTED if all(c.has_value for c in cells) else OBS_SYMBOL["O"]


def change(store: Store, key: Key, since: int) -> Formula:
    """Change in per cent of a cell against the same cell of an earlier year."""
    now, then = store.print_cell(key), store.print_cell(key.at(year=since))
    text = f"change({now.key}, {then.key})"
    reason = _why_no_change(store, now, then)
    if reason or now.value is None or then.value is None:
        return Formula(text, None, "percent", (now.key, then.key), reason, _symbol([now, then]))
    value = (now.value - then.value) / then.value * 100
    return Formula(text, _round(value), "percent", (now.key, then.key))


def _why_no_change(store: Store, now: Cell, then: Cell) -> str:
    if not now.has_value or not then.has_value:
        return "one of the two figures is not available"
    if now.states != then.states:
        return "different states reported in the two years"
    years = range(then.key.year + 1, now.key.year + 1)
    if any(store.cell(now.key.at(year=y)).obs_status == BREAK for y in years):
        return "break in the time series"
    assert now.value is not None
    assert then.value is not None
    if now.value < CHANGE_FLOOR or then.value < CHANGE_FLOOR:
        return f"a figure is below {CHANGE_FLOOR}"
    return ""


def share(store: Store, part: Key, whole: Key) -> Formula:
    """Share in per cent of a part in its whole, over the same states.

    Where the whole of the region counts more states than the part, the base is the sum over the part's states; in a
    version that may not show one of those states' totals there is no share.
    """
    top = store.print_cell(part)
    bases = _same_states(store, top, whole)
    text = f"share({part}, {' + '.join(map(str, bases))})"
    cells = [store.print_cell(k) for k in bases]
    if not top.has_value or top.value is None or not all(c.has_value for c in cells):
        return Formula(text, None, "percent", (part, *bases), "a figure is not available", _symbol([top, *cells]))
    base = sum((c.value for c in cells if c.value is not None), Decimal(0))
    if base < SHARE_FLOOR:
        return Formula(text, None, "percent", (part, *bases), f"the base is below {SHARE_FLOOR}")
    return Formula(text, _round(top.value / base * 100), "percent", (part, *bases))


def _same_states(store: Store, part: Cell, whole: Key) -> tuple[Key, ...]:
    """The whole itself, or where it counts other states than the part, the whole of each state in the part."""
    base = store.cell(whole)
    if not part.states or part.states == base.states:
        return (whole,)
    return tuple(whole.at(state=s) for s in part.states)


def rate(store: Store, key: Key) -> Formula:
    """Count per 100,000 inhabitants of the states that are in the count (mid-year population, UN DESA WPP 2024)."""
    cell = store.print_cell(key)
    states = cell.states or (key.state,)
    population = [Key(POPULATION_CUBE, (s, str(key.year))) for s in states]
    people = [store.print_cell(k) for k in population]
    text = f"rate({key}, {' + '.join(map(str, population))})"
    total = sum((p.value for p in people if p.value is not None), Decimal(0))
    if not cell.has_value or cell.value is None or not total:
        return Formula(text, None, "per_100k", (key, *population), "the figure is not available", _symbol([cell]))
    return Formula(text, _round(cell.value / total * 100_000, "0.01"), "per_100k", (key, *population))


def _round(value: Decimal, step: str = "0.1") -> Decimal:
    return value.quantize(Decimal(step), ROUND_HALF_UP)
