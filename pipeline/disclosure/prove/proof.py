"""For which sensitive cells do counter-tables exist, on numbers alone? The core of the
audit, without contracts.

Cells that peeling fixes or bounds too narrowly fail at once. The others are proven by
changes that are suggested and hold, then by sweeps over blocks; what is left is asked
one by one. Whoever is not proven is named with a reason: impossible, or not decided
within the time.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from pipeline.disclosure.prove.demands import Progress
from pipeline.disclosure.prove.exact import TINY, Component, remaining
from pipeline.disclosure.prove.peel import binding, components, tighten
from pipeline.disclosure.prove.search import Search
from pipeline.disclosure.prove.suggested import Change, placed
from pipeline.disclosure.prove.system import Flags, Interval, Numbers, Sum, System, build_system

Demands = Mapping[str, tuple[int, int, int]]  # at most, at least, number of different values
UNDECIDED = "not decided within the time"
SINGLE_SECONDS = 60.0


@dataclass(frozen=True)
class Proof:
    """Counter-tables as sparse changes to the true table, and the demands that they
    don't meet.
    """

    tables: list[dict[str, int]]
    failures: dict[str, str]
    proven: int
    seconds: dict[str, float] = field(default_factory=dict, compare=False)


def prove(
    names: Sequence[str],
    values: Numbers,
    *,
    hidden: Flags,
    sums: Iterable[Sum],
    intervals: Iterable[Interval],
    lows: Numbers,
    highs: Numbers,
    demands: Demands,
    suggested: Iterable[Change] = (),
    time_limit: float = 600.0,
    witnesses: Iterable[Mapping[str, int]] = (),
) -> Proof:
    """Counter-tables for the demands on hidden cells. `lows` and `highs` bound a hidden
    cell; NO_LIMIT is no bound. `suggested` are changes of the true table that may hold,
    `witnesses` tables that are there already, as changes: what they show is not looked for
    again.
    """
    clock = [time.monotonic()]
    deadline = clock[0] + time_limit
    # Cells that follow one after the other are taken out first.
    system = build_system(
        names, values, lows=lows, highs=highs, hidden=hidden, sums=sums, intervals=intervals
    )
    tight, where, known = peel(system)
    place = {int(c): i for i, c in enumerate(where)}
    index = {name: i for i, name in enumerate(names)}
    failures, open_ = {}, []
    # A demand that is wider than what bounds alone leave open has failed already.
    for name, (low, high, count) in sorted(demands.items()):
        cell = index[name]
        reason = _too_narrow(
            int(known.low[cell]), int(known.high[cell]), low=low, high=high, count=count
        )
        if reason:
            failures[name] = reason
        elif cell in place:
            open_.append((place[cell], low, high, count))
    columns = np.array(open_, dtype=np.int64).reshape(-1, 4)
    progress = Progress(columns[:, 0], columns[:, 1], columns[:, 2], columns[:, 3])
    for changes in witnesses:
        table = tight.value.copy()
        for name, change in changes.items():
            table[place[index[name]]] += change
        progress.add(table)
    clock.append(time.monotonic())
    # Many demands are met by one counter-table: a whole-numbered table with the same
    # shown cells and other hidden ones (Fischetti and Salazar-González, 2001; the idea
    # of an alternative table in Gusfield, SIAM J. Comput. 17, 1988).
    search = Search(tight, progress, deadline=deadline)
    search.suggest(placed(suggested, names, where=where))
    search.sweep_all()
    clock.append(time.monotonic())
    # What is left is asked cell by cell, with the reason where there is no table.
    reasons = _ask_one_by_one(search, components(tight), deadline=deadline)
    clock.append(time.monotonic())
    failures |= {names[where[cell]]: reason for cell, reason in reasons.items()}
    tables = [_named(*t, names=names, where=where) for t in search.tables]
    seconds = dict(zip(("peel", "search", "single"), np.diff(clock).tolist(), strict=True))
    return Proof(tables, dict(sorted(failures.items())), len(demands) - len(failures), seconds)


def peel(system: System) -> tuple[System, Numbers, System]:
    """The system of what stays open, where its cells come from, and all cells with what
    follows at once.
    """
    unknown, where = system.only(system.low < system.high)
    tight = tighten(unknown)
    low = system.low.copy()
    high = system.high.copy()
    low[where], high[where] = tight.low, tight.high
    tight = tight.rows_kept(binding(tight))
    rest, inner = tight.only(tight.low < tight.high)
    return rest, where[inner], system.bounded(low, high)


def _too_narrow(lowest: int, highest: int, *, low: int, high: int, count: int) -> str:
    if lowest <= low and highest >= high and highest - lowest + 1 >= count:
        return ""
    said = f"exactly {lowest}" if lowest == highest else f"between {lowest} and {highest}"
    return f"it follows from what is public: {said}"


def _named(
    cells: Numbers, change: Numbers, *, names: Sequence[str], where: Numbers
) -> dict[str, int]:
    return {names[i]: c for i, c in zip(where[cells].tolist(), change.tolist(), strict=True)}


def _ask_one_by_one(search: Search, label: Numbers, *, deadline: float) -> dict[int, str]:
    """Why each cell that is still open can't be proven; tables found on the way join
    the others.
    """
    progress, reasons = search.progress, {}
    models: dict[int, Component] = {}
    for k in progress.open():
        cell = int(progress.cell[k])
        if progress.proven[k]:
            continue
        if label[cell] not in models:
            models.clear()  # one warm model at a time: cells come in the order of their names
            models[label[cell]] = Component(search.system, label == label[cell])
        reason = _ask(search, models[label[cell]], k=k, deadline=deadline)
        if reason:
            reasons[cell] = reason
    return reasons


def _ask(search: Search, component: Component, *, k: int, deadline: float) -> str:
    """Prove one cell; otherwise the reason why not."""
    progress = search.progress
    cell = int(search.progress.cell[k])
    lowest = int(search.system.low[cell])
    highest = int(search.system.high[cell])
    # The ends of its range first: a linear bound that is too narrow needs no search.
    for most, shown in ((False, progress.low_shown[k]), (True, progress.high_shown[k])):
        if shown or time.monotonic() > deadline:
            continue
        bound, _ = component.extreme(cell, most, seconds=remaining(deadline, SINGLE_SECONDS))
        if bound is not None and most:
            highest = min(highest, int(np.floor(bound + TINY)))
        if bound is not None and not most:
            lowest = max(lowest, int(np.ceil(bound - TINY)))
    reason = _too_narrow(
        lowest,
        highest,
        low=int(progress.low[k]),
        high=int(progress.high[k]),
        count=int(progress.values[k]),
    )
    if reason:
        return reason
    undecided = False
    # Then tables with values that no table so far has shown.
    while not progress.proven[k]:
        wanted = progress.wanted(k, lowest, highest=highest)
        status = "impossible"
        for range_ in wanted:
            if time.monotonic() > deadline:
                return UNDECIDED
            status, answer = component.table(
                cell, range_, seconds=remaining(deadline, SINGLE_SECONDS)
            )
            if answer is not None and search.bank(component.full(search.system.value, answer)):
                break
            undecided = undecided or status != "impossible"
        else:
            return (
                UNDECIDED if undecided else "no whole-numbered table gives it the values it needs"
            )
    return ""
