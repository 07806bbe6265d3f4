"""How do true cells become one system? Says which are sensitive, what each must keep
possible, and what hiding any would cost.

All editions stand in the system together. A cell whose figure an edition had already is
the same unknown in both; a cell that was revised is another unknown, named
`KEY@edition`, with the sums of its own edition.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import numpy as np
from scipy.sparse import csr_array

from pipeline.cells import BOTH_YEARS, REGION, REGIONS, TOTAL
from pipeline.contracts.holders import Holder
from pipeline.contracts.model import Contracts
from pipeline.contracts.policy import Policy, VersionRule
from pipeline.disclosure.choose.completion import complete
from pipeline.disclosure.choose.grid import ALL, grid_of
from pipeline.disclosure.choose.holders import Possible, Ranges, knowers
from pipeline.disclosure.choose.linked import NO_LIMIT, Demand, System
from pipeline.disclosure.choose.rows import rows_with_a_floor, with_floors
from pipeline.disclosure.choose.sums import Holds, Sum, find_sums
from pipeline.numbers.true_cells import TrueCell


@dataclass(frozen=True)
class PublishedEdition:
    """What was published once: its name, the true cells of its day, the keys it showed,
    and the rows it left out.
    """

    name: str
    cells: Mapping[str, TrueCell]
    shown: frozenset[str]
    left_out: frozenset[str] = frozenset()

    @property
    def named(self) -> frozenset[str]:
        """Suppressed cells that its readers know to be there."""
        return frozenset(k for k, c in self.cells.items() if c.is_suppressed) - self.left_out


@dataclass(frozen=True)
class Linked:
    """The cells and sums of a release and of the editions before it, every count
    completed.
    """

    # by name: the key, or KEY@edition for a figure that the release does not have so
    cells: dict[str, TrueCell]
    # names of the release itself; all others were last seen in an earlier edition
    current: frozenset[str]
    shown_before: Mapping[str, str]  # name -> the newest edition that showed it
    hidden_before: frozenset[str]  # names that the newest edition with the cell withheld
    values: dict[str, Decimal]
    sums: tuple[Sum, ...]
    # suppressed rows of which only this release says that they are there
    named_now: frozenset[str] = frozenset()


def link(
    cells: Mapping[str, TrueCell],
    editions: Sequence[PublishedEdition],
    *,
    contracts: Contracts,
    policy: Policy,
    left_out: frozenset[str] = frozenset(),
) -> Linked:
    """Tie a release and the editions before it (newest first) together. The release has
    no line for what is in `left_out`.
    """
    # Rows of open lists that readers can see tell that their count is at least one.
    seen_rows = frozenset(k for k, c in cells.items() if c.is_suppressed) - left_out
    seen_before: frozenset[str] = frozenset().union(*(e.named for e in editions))
    floor = rows_with_a_floor(
        seen_rows | seen_before,
        [cells, *(e.cells for e in editions)],
        contracts=contracts,
        policy=policy,
    )
    release = cells
    cells = with_floors(cells, floor, policy=policy)
    named = {k: c for k, c in cells.items() if c.counts}
    current = frozenset(named)
    sums: dict[Sum, None] = dict.fromkeys(find_sums(named, contracts, suppressed=policy.suppressed))
    shown: dict[str, str] = {}
    withheld: set[str] = set()
    # The same key with the same value is one cell in every edition; where the value
    # changed since, the edition has a cell of its own.
    known = {(k, c.value): k for k, c in named.items()}
    for edition in editions:
        own = {
            k: c for k, c in with_floors(edition.cells, floor, policy=policy).items() if c.counts
        }
        names = {k: _name(k, c, known=known, edition=edition.name) for k, c in sorted(own.items())}
        for key, name in names.items():
            seen = name in shown or name in withheld
            named.setdefault(name, own[key])
            if key in edition.shown:
                shown.setdefault(name, edition.name)
            elif not seen:
                withheld.add(name)
        if edition.cells is release:
            continue  # another version of the release itself: its sums are those of the release
        for s in find_sums(own, contracts, suppressed=policy.suppressed):
            sums.setdefault(Sum(names[s.whole], tuple(names[p] for p in s.parts), s.holds))
    # Counts that senders suppressed get figures that agree with all sums, so that there
    # is one true table to hide in.
    values, held = complete(named, list(sums), suppressed=policy.suppressed)
    hidden_before = frozenset(withheld - set(shown))
    return Linked(named, current, shown, hidden_before, values, tuple(held), floor - seen_before)


def _name(
    key: str, cell: TrueCell, *, known: dict[tuple[str, Decimal | None], str], edition: str
) -> str:
    """The name under which a figure of an earlier edition is known: that of the newest
    cell with the same figure.
    """
    return known.setdefault((key, cell.value), f"{key}@{edition}")


@dataclass(frozen=True)
class Secrets:
    """What a version withholds by rule: sensitive cells, and others (too few
    contributors, no longer published).
    """

    small: frozenset[str]
    bound: frozenset[str]
    few: frozenset[str]
    given_up: frozenset[str]

    @property
    def all(self) -> frozenset[str]:
        return self.small | self.bound | self.few | self.given_up


def find_secrets(
    linked: Linked, policy: Policy, *, version: VersionRule, day: date, given_up: frozenset[str]
) -> Secrets:
    """Apply the policy to every cell; `given_up` are names of cells that stay out
    whatever they are.
    """
    small = set()
    bound = set()
    few = set()
    for name, cell in linked.cells.items():
        key = cell.key
        if key.cube not in policy.tables:
            continue
        rule = policy.table(key.cube)
        counted = rule.counts_persons and version.hides_small_counts
        if cell.is_suppressed or (
            counted and cell.value is not None and 0 < cell.value < rule.threshold
        ):
            small.add(name)
        if (
            key.state in REGIONS
            and counted
            and cell.value
            and len(cell.parts) < rule.min_contributors
        ):
            few.add(name)
        if _is_bound(cell, linked, policy=policy, version=version, day=day):
            bound.add(name)
    return Secrets(frozenset(small), frozenset(bound), frozenset(few), given_up)


def _is_bound(
    cell: TrueCell, linked: Linked, *, policy: Policy, version: VersionRule, day: date
) -> bool:
    """Bound by its sender; a total or group worked out from bound cells of the sender
    is bound with them.
    """
    parts = [
        linked.cells[p]
        for p in cell.parts
        if p in linked.cells and linked.cells[p].key.state == cell.key.state
    ]
    return any(
        policy.is_bound(version, c.key.state, table=c.key.cube, conf_status=c.conf_status, day=day)
        for c in (cell, *parts)
    )


def build_system(
    linked: Linked,
    secrets: Secrets,
    *,
    contracts: Contracts,
    policy: Policy,
    round_: int,
    left_open: Mapping[str, tuple[int, int]] | None = None,
    holders: Sequence[Holder] = (),
    left_to: Ranges | None = None,
) -> System:
    """The numeric system of a release. Values are whole numbers in the smallest unit of
    their table. `left_open` are ranges of cells that are known to be narrower than what
    follows step by step from earlier editions, `left_to` the same for each of `holders`.
    """
    names = tuple(linked.cells)
    index = {n: i for i, n in enumerate(names)}
    scale = np.array([_steps(linked.cells[n], contracts) for n in names], dtype=np.int64)
    value = np.array(
        [int(linked.values[n] * int(s)) for n, s in zip(names, scale, strict=True)], dtype=np.int64
    )
    # What every reader knows before any sum: counts are not negative, zeros are shown,
    # and a suppressed count lies in the range of the policy.
    low = (value > 0).astype(np.int64)
    high = np.full(len(names), NO_LIMIT, dtype=np.int64)
    may_be_hidden = _zeros_that_tell(linked, secrets.bound)
    for name in names:
        i = index[name]
        if linked.cells[name].is_suppressed:
            lowest = max(policy.suppressed[0], linked.cells[name].least)
            highest = policy.suppressed[1]
            low[i], high[i] = lowest * scale[i], highest * scale[i]
        elif value[i] == 0 and name not in may_be_hidden:
            high[i] = 0  # zeros are shown, unless a bound one follows from them
    # Rows of the system are the sums; the ranges below follow from what earlier
    # editions showed.
    rows, row_high = _rows(linked.sums, index)
    before = np.array([n in linked.shown_before for n in names])
    low_before = low.copy()  # that this release names a row must not make it ask for less
    for name in linked.named_now:
        low_before[index[name]] = policy.suppressed[0] * scale[index[name]]
    possible = _possible(
        linked.sums,
        index,
        low=np.where(before, value, low_before),
        high=np.where(before, value, high),
    )
    for name, (least, most) in (left_open or {}).items():
        possible[0][index[name]], possible[1][index[name]] = least, most
    hidden = np.array([_stays_hidden(n, linked, secrets=secrets) for n in names])

    # A demand for each sensitive cell that stays hidden: how much it must be able to
    # change.
    def demand(i: int, possible: Possible) -> Demand:
        return _demand(
            i,
            linked.cells[names[i]],
            small=names[i] in secrets.small,
            bound=names[i] in secrets.bound,
            possible=possible,
            value=value,
            scale=int(scale[i]),
            policy=policy,
        )

    system = System(
        names,
        value,
        low,
        high,
        _losses(
            names,
            linked,
            hidden=hidden,
            high=high,
            contracts=contracts,
            policy=policy,
            round_=round_,
        ),
        rows,
        np.zeros(rows.shape[0], dtype=np.int64),
        row_high,
        tuple(
            demand(i, possible)
            for i, n in enumerate(names)
            if hidden[i] and (n in secrets.small or n in secrets.bound)
        ),
        hidden,
        grid_of(_nodes(names, linked, contracts), rows, value),
    )
    # To a holder less is possible, so less is asked for what follows from their own cells.
    keys = [linked.cells[n].key for n in names]
    places = [(key.state, key.cube) for key in keys]
    known_to = knowers(
        system, holders, places=places, possible=possible, left=left_to or {}, demand_of=demand
    )
    return replace(system, known_to=known_to)


def _nodes(names: Sequence[str], linked: Linked, contracts: Contracts) -> np.ndarray:
    """The place of each cell on the axes of state, year and every dimension of a table, as
    numbers; that of all where it is about the region, at the total, or of a table without
    the dimension.
    """
    found = []
    for name in names:
        key = linked.cells[name].key
        dimensions = contracts.table(key.cube).dimensions
        state = TOTAL if key.state in REGIONS else key.state
        codes = dict(zip((d.name for d in dimensions), key.codes[2:], strict=True))
        found.append({"state": state, "year": str(key.year), **codes})
    axes = sorted({axis for codes in found for axis in codes})
    number = {axis: {TOTAL: ALL} for axis in axes}
    node = np.zeros((len(names), len(axes)), dtype=np.int64)
    for place, codes in enumerate(found):
        for a, axis in enumerate(axes):
            known = number[axis]
            node[place, a] = known.setdefault(codes.get(axis, TOTAL), len(known))
    return node


def _zeros_that_tell(linked: Linked, bound: frozenset[str]) -> set[str]:
    """The zeros that senders bound, and those from which one follows: sums of nothing,
    and parts that are all nothing.

    A whole of nothing has parts of nothing; so a bound zero stays open only where its
    sums may be hidden as well.
    """
    zero = {n for n, c in linked.cells.items() if linked.values[n] == 0 and not c.is_suppressed}
    sums = [(s.whole, *s.parts) for s in linked.sums if s.holds != Holds.NOT and s.whole in zero]
    return _grown({n for n in bound if n in zero}, [[n for n in s if n in zero] for s in sums])


def _grown(begin: set[str], groups: Iterable[Sequence[str]]) -> set[str]:
    """What hangs together with `begin` through groups of names."""
    groups_of: dict[str, list[Sequence[str]]] = {}
    for group in groups:
        for name in group:
            groups_of.setdefault(name, []).append(group)
    found = set(begin)
    waiting = list(begin)
    while waiting:
        for group in groups_of.get(waiting.pop(), ()):
            fresh = [n for n in group if n not in found]
            found.update(fresh)
            waiting += fresh
    return found


def _steps(cell: TrueCell, contracts: Contracts) -> int:
    return int(10 ** contracts.table(cell.key.cube).decimals)


def _stays_hidden(name: str, linked: Linked, *, secrets: Secrets) -> bool:
    """What an edition showed is known for good; what only an earlier edition had stays
    as it left it.
    """
    if name in linked.shown_before:
        return False
    return name in secrets.all or name not in linked.current


def _rows(sums: Sequence[Sum], index: Mapping[str, int]) -> tuple[csr_array, np.ndarray]:
    held = [s for s in sums if s.holds != Holds.NOT]
    data, columns, starts = [], [], [0]
    for s in held:
        columns += [index[s.whole], *(index[p] for p in s.parts)]
        data += [1, *(-1 for _ in s.parts)]
        starts.append(len(columns))
    rows = csr_array(
        (np.array(data, dtype=np.int64), columns, starts), shape=(len(held), len(index))
    )
    high = np.array([0 if s.holds == Holds.EXACTLY else NO_LIMIT for s in held], dtype=np.int64)
    return rows, high


def _possible(
    sums: Sequence[Sum], index: Mapping[str, int], *, low: np.ndarray, high: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """What anyone can derive before this release: from zeros, from what senders
    suppressed, from earlier editions.
    """
    least = low.copy()
    most = high.copy()
    held = [
        (index[s.whole], [index[p] for p in s.parts], s.holds) for s in sums if s.holds != Holds.NOT
    ]
    changed = True
    while changed:
        changed = False
        for whole, parts, holds in held:
            floor = int(least[parts].sum())
            ceiling = int(min(most[parts].astype(float).sum(), NO_LIMIT))
            if floor > least[whole]:
                least[whole], changed = floor, True
            if holds == Holds.EXACTLY and ceiling < most[whole]:
                most[whole], changed = ceiling, True
            for part in parts:
                room = int(most[whole]) - floor + int(least[part])
                if most[whole] < NO_LIMIT and room < most[part]:
                    most[part], changed = room, True
                need = int(least[whole]) - ceiling + int(most[part])
                if holds == Holds.EXACTLY and ceiling < NO_LIMIT and need > least[part]:
                    least[part], changed = need, True
    return least, most


def _demand(
    i: int,
    cell: TrueCell,
    *,
    small: bool,
    bound: bool,
    possible: tuple[np.ndarray, np.ndarray],
    value: np.ndarray,
    scale: int,
    policy: Policy,
) -> Demand:
    """What must stay possible: never more than what is possible before this release. A
    count that is small and bound must keep open what either asks; one that its sender
    suppressed has no value to be bound about.
    """
    rule = policy.table(cell.key.cube)
    least = int(possible[0][i])
    most = int(possible[1][i])
    low = high = int(value[i])
    if cell.is_suppressed:
        low = max(least, scale)
        high = rule.highest * scale
    elif small:
        low = least
        high = max(high, rule.highest * scale)
    if bound and not cell.is_suppressed:
        width = max(1, math.ceil(int(value[i]) * rule.width_percent / 100))
        low = min(low, int(value[i]) - width)
        high = max(high, int(value[i]) + width)
    return Demand(i, max(low, least), min(high, most), min(rule.values, most - least + 1))


def _losses(
    names: Sequence[str],
    linked: Linked,
    *,
    hidden: np.ndarray,
    high: np.ndarray,
    contracts: Contracts,
    policy: Policy,
    round_: int,
) -> np.ndarray:
    loss = np.zeros(len(names))
    weights = policy.weights
    for i, name in enumerate(names):
        cell = linked.cells[name]
        if not hidden[i] and (high[i] == 0 or name in linked.shown_before):
            loss[i] = math.inf
            continue
        broken_down = sum(code != TOTAL for code in cell.key.codes[2:])
        in_region = cell.key.state in REGIONS
        headline = policy.table(cell.key.cube).headline
        loss[i] = 1 + math.log1p(float(linked.values[name]))
        loss[i] *= weights.region if in_region else 1
        loss[i] *= weights.both_years if cell.key.state == BOTH_YEARS else 1
        loss[i] *= weights.total if not broken_down else 1
        loss[i] *= weights.headline if headline and not broken_down else 1
        now = cell.key.year == round_
        loss[i] *= weights.reference_year if now else 1
        told = now and headline and cell.key.state == REGION and broken_down == 1
        loss[i] *= weights.headline_parts if told else 1
        loss[i] *= weights.hidden_before if name in linked.hidden_before else 1
    return loss


def given_away(linked: Linked, system: System, *, policy: Policy) -> list[str]:
    """Sensitive cells of which earlier editions left less open than the policy demands,
    whatever is shown now.
    """
    found = []
    for demand in system.demands:
        name = system.names[demand.cell]
        if (
            name in linked.current
            and demand.values < policy.table(linked.cells[name].key.cube).values
        ):
            found.append(name)
    return found
