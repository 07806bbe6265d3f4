"""What is worked out from cells? Shares, changes, rates and ranges, each naming the
cells it stands on.

A formula has no value when one of its cells has none or is in question, when a change
would cross a break in the series or compare different groups of states, or when a base
is too small to carry a percentage. Its `reason` then says why.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from pipeline.cells import (
    BOTH_YEARS,
    OBS_SYMBOL,
    POPULATION_CUBE,
    REGION,
    REGIONS,
    WITHHELD_SYMBOL,
    Cell,
    Key,
)
from pipeline.report.printing import Printing
from pipeline.report.store import Store

CHANGE_FLOOR = 20  # a change in per cent is computed only when both values reach this
SHARE_FLOOR = 20
BREAK = "B"
NOT_COMPUTED = "x"


@dataclass(frozen=True)
class Formula:
    """A number worked out from cells. `text` names the formula and its cells; `unit` is
    percent, per_100k or that of the cells. `states` are those that a regional one
    counts.
    """

    text: str
    value: Decimal | None
    unit: str
    inputs: tuple[Key, ...]
    reason: str = ""
    symbol: str = NOT_COMPUTED  # what a table prints where there is no value
    states: tuple[str, ...] = ()


def _symbol(cells: Iterable[Cell]) -> str:
    """A formula over a withheld cell is withheld, over a missing one missing; otherwise
    it was not computed.
    """
    cells = list(cells)
    if any(c.withheld for c in cells):
        return WITHHELD_SYMBOL
    return NOT_COMPUTED if all(c.has_value for c in cells) else OBS_SYMBOL["O"]


# --- changes


def change(store: Printing, key: Key, *, since: int) -> Formula:
    """Change in per cent of a cell against the same cell of an earlier year, like with
    like.

    A regional change is over the states that reported both years: where the two sums
    count other states, or cross a break, the sums over the states with both years stand
    in their place.
    """
    now, then = (store.print_cell(k) for k in compared(store, key, since=since))
    text = f"change({now.key}, {then.key})"
    reason = _why_no_change(store, now, then=then)
    if reason or now.value is None or then.value is None:
        return Formula(text, None, "percent", (now.key, then.key), reason, _symbol([now, then]))
    value = (now.value - then.value) / then.value * 100
    return Formula(text, _round(value), "percent", (now.key, then.key), states=now.states)


def compared(store: Store, key: Key, *, since: int) -> tuple[Key, Key]:
    """The two cells that a change of this cell goes by."""
    now = store.cell(key)
    then = store.cell(key.at(year=since))
    if (
        key.state != REGION
        or since != key.year - 1
        or key.year != store.round
        or not _unlike(store, now, then=then)
    ):
        return now.key, then.key
    both = key.at(state=BOTH_YEARS)
    pair = (both, both.at(year=since))
    known = [store.cell(k) for k in pair]
    return pair if any(c.has_value or c.withheld for c in known) else (now.key, then.key)


def comparable(store: Store, key: Key, *, since: int) -> tuple[Cell, Cell] | None:
    """The two cells that a change of this cell goes by, not noted as printed; None
    where there is no such change.
    """
    now, then = (store.cell(k) for k in compared(store, key, since=since))
    return None if _why_no_change(store, now, then=then) else (now, then)


def _unlike(store: Store, now: Cell, *, then: Cell) -> bool:
    return (
        now.withheld or then.withheld or now.states != then.states or _breaks(store, now, then=then)
    )


def _breaks(store: Store, now: Cell, *, then: Cell) -> bool:
    if now.key.state == BOTH_YEARS:
        return False  # states with a break in between are not in it
    years = range(then.key.year + 1, now.key.year + 1)
    return any(store.cell(now.key.at(year=y)).obs_status == BREAK for y in years)


def _why_no_change(store: Store, now: Cell, *, then: Cell) -> str:
    if not now.has_value or not then.has_value:
        return "one of the two figures is not available"
    if not now.compares or not then.compares:
        return "one of the two figures is in question"
    if now.states != then.states:
        return "different states reported in the two years"
    if _breaks(store, now, then=then):
        return "break in the time series"
    assert now.value is not None
    assert then.value is not None
    if now.value < CHANGE_FLOOR or then.value < CHANGE_FLOOR:
        return f"a figure is below {CHANGE_FLOOR}"
    return ""


def driver(store: Printing, key: Key, *, since: int) -> Formula | None:
    """The one state that makes more than half of a regional change, with its own change
    in the unit of the figure; None where there is none, or where this version shows too
    little to name it.
    """
    now, then = (store.cell(k) for k in compared(store, key, since=since))
    if (
        key.state not in REGIONS
        or now.value is None
        or then.value is None
        or now.states != then.states
    ):
        return None
    moved = now.value - then.value
    found = []
    for state in now.states:
        own = store.cell(now.key.at(state=state))
        before = store.cell(then.key.at(state=state))
        if own.value is None or before.value is None:
            return None  # it may have moved more than those that are shown
        step = own.value - before.value
        if moved and step * moved > 0 and abs(step) * 2 > abs(moved):
            found.append((-abs(step), own.key, before.key, step))
    if not found:
        return None
    _, one, other, step = min(found)
    for k in (one, other):
        store.print_cell(k)
    return Formula(f"difference({one}, {other})", step, now.unit, (one, other))


# --- shares and rates


def share(store: Printing, part: Key, *, whole: Key) -> Formula:
    """Share in per cent of a part in its whole, over the same states.

    Where the whole of the region counts more states than the part, the base is the sum
    over the part's states; in a version that may not show one of those states' totals
    there is no share. No part is more than its whole.
    """
    top = store.print_cell(part)
    bases = _same_states(store, top, whole=whole)
    text = f"share({part}, {' + '.join(map(str, bases))})"
    cells = [store.print_cell(k) for k in bases]
    if not top.has_value or top.value is None or not all(c.has_value for c in cells):
        return Formula(
            text,
            None,
            "percent",
            (part, *bases),
            "a figure is not available",
            _symbol([top, *cells]),
        )
    doubtful = not top.compares or (top.coverage is None and not all(c.compares for c in cells))
    if doubtful or not all(c.counts for c in cells):
        return Formula(text, None, "percent", (part, *bases), "a figure is in question")
    base = sum((c.value for c in cells if c.value is not None), Decimal(0))
    if base < SHARE_FLOOR:
        return Formula(text, None, "percent", (part, *bases), f"the base is below {SHARE_FLOOR}")
    if top.value > base:
        return Formula(text, None, "percent", (part, *bases), "the part is larger than its whole")
    return Formula(
        text, _round(top.value / base * 100), "percent", (part, *bases), states=top.states
    )


def shares_of_two_years(
    store: Printing, part: Key, *, whole: Key, since: int
) -> tuple[Formula, Formula]:
    """The share in two years over the same states: those that gave the part in both."""
    now, then = compared(store, part, since=since)
    if store.cell(now).states != store.cell(then).states:
        why = "different states in the two years"
        nothing = Formula(f"share({part}, {whole})", None, "percent", (part, whole), why)
        return nothing, nothing
    return share(store, now, whole=whole), share(store, then, whole=whole.at(year=since))


def _same_states(store: Store, part: Cell, *, whole: Key) -> tuple[Key, ...]:
    """The whole itself, or where it counts other states than the part, the whole of
    each state in the part.
    """
    base = store.cell(whole)
    if not part.states or part.states == base.states:
        return (whole,)
    return tuple(whole.at(state=s) for s in part.states)


def rate(store: Printing, key: Key) -> Formula:
    """Count per 100,000 inhabitants of the states that are in the count (mid-year
    population, UN DESA WPP 2024).
    """
    cell = store.print_cell(key)
    states = cell.states or (key.state,)
    population = [Key(POPULATION_CUBE, (s, str(key.year))) for s in states]
    people = [store.print_cell(k) for k in population]
    text = f"rate({key}, {' + '.join(map(str, population))})"
    total = sum((p.value for p in people if p.value is not None), Decimal(0))
    if not cell.has_value or cell.value is None or not total:
        return Formula(
            text,
            None,
            "per_100k",
            (key, *population),
            "the figure is not available",
            _symbol([cell]),
        )
    if not cell.compares:
        return Formula(text, None, "per_100k", (key, *population), "the figure is in question")
    return Formula(
        text,
        _round(cell.value / total * 100_000, "0.01"),
        "per_100k",
        (key, *population),
        states=cell.states,
    )


# --- sums over the states that gave every part


def whole_bars(store: Printing, parts: list[Key]) -> list[Formula]:
    """The parts of one whole over the states that gave every one of them, so that they
    may stand on each other.

    Without a value where no state did, or where this version does not show a figure
    that is needed.
    """
    cells = [store.cell(k) for k in parts]
    same = len({c.states for c in cells}) == 1 and all(c.has_value for c in cells)
    if same or parts[0].state not in REGIONS:
        for key in parts:  # they stand themselves, and not the figures of states below them
            store.print_cell(key)
    if same:
        return [Formula(str(c.key), c.value, c.unit, (c.key,), states=c.states) for c in cells]
    if parts[0].state not in REGIONS:
        # What a state does not list is no missing part.
        if store.table(parts[0].cube).layout.open_rows:
            return [
                Formula(str(c.key), c.value, c.unit, (c.key,), symbol=_symbol([c])) for c in cells
            ]
        given = all(c.has_value and c.compares for c in cells)
        return [
            Formula(str(c.key), c.value if given else None, c.unit, (c.key,), symbol=_symbol([c]))
            for c in cells
        ]
    common = common_states(store, parts)
    found = []
    for cell in cells:
        keys = tuple(cell.key.at(state=s) for s in common)
        own = [store.print_cell(k) for k in keys]
        value = sum((c.value for c in own if c.value is not None), Decimal(0)) if own else None
        text = f"sum({' + '.join(map(str, keys))})" if keys else str(cell.key)
        found.append(
            Formula(
                text,
                value,
                cell.unit,
                keys or (cell.key,),
                symbol=_symbol([cell]),
                states=tuple(common),
            )
        )
    return found


def common_states(store: Store, parts: list[Key]) -> list[str]:
    """The states that gave every one of these parts of the region; none where the version
    withholds one of the sums.
    """
    if any(store.cell(k).withheld for k in parts):
        return []
    members = [m.code for m in store.contracts.members(parts[0].year)]
    return [s for s in members if all(_is_told(store.cell(k.at(state=s))) for k in parts)]


def _is_told(cell: Cell) -> bool:
    return cell.has_value and cell.counts


# --- figures in question


def if_parts_hold(store: Printing, key: Key) -> Formula | None:
    """What a figure would be if the parts that exceed it, or exceed a figure in its
    sum, were right instead.

    None where it is not in question, or where the version does not show all of these
    parts as numbers.
    """
    cell = store.cell(key)
    if cell.question != "whole" or cell.value is None:
        return None
    parts = [store.parts_instead(whole) for whole in cell.wholes]
    if not parts or not all(parts):
        return None
    wholes = [Key.parse(w) for w in cell.wholes]
    instead = [Key.parse(p) for of_whole in parts for p in of_whole]
    known = [store.print_cell(k) for k in (*wholes, *instead)]
    if any(c.value is None for c in known):
        return None
    step = sum((c.value or Decimal(0) for c in known[len(wholes) :]), Decimal(0))
    step -= sum((c.value or Decimal(0) for c in known[: len(wholes)]), Decimal(0))
    text = f"instead({key}, {' + '.join(map(str, wholes))}, {' + '.join(map(str, instead))})"
    states = tuple(w.state for w in wholes)
    return Formula(text, cell.value + step, cell.unit, (key, *wholes, *instead), states=states)


def _round(value: Decimal, step: str = "0.1") -> Decimal:
    return value.quantize(Decimal(step), ROUND_HALF_UP)
