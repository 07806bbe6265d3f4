"""What can an outsider work out from what was published? Attacks that share nothing
with what they are meant for.

Plain subtraction along margins, repeated until nothing is new; across tables;
whole-number programming on one cell; counts behind a printed share; lengths of bars.

The reader knows the released values, which cells are withheld, and the code lists: a
total is the sum of its parts, a regional cell the sum over the states it names. What
nobody reported counts for nothing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from pipeline.cells import REGION, TOTAL, Key
from pipeline.contracts.model import Contracts

CONSTANT, BOTH_YEARS = "SELEC_FIX", "SELEC_BOTH"
Sum = tuple[Key, tuple[Key, ...]]
Contributors = Mapping[Key, tuple[str, ...]]  # regional cell -> the states in it, as published


def work_out(
    shown: Mapping[Key, Decimal],
    withheld: Iterable[Key],
    contracts: Contracts,
    contributors: Contributors | None = None,
) -> dict[Key, Decimal]:
    """Every withheld cell that subtraction gives, with the value it gives."""
    hidden = set(withheld)
    known = dict(shown)
    sums = sums_over({*shown, *hidden}, contracts, contributors)
    by_cell: dict[Key, list[Sum]] = defaultdict(list)
    for whole, parts in sums:
        for key in (whole, *parts):
            by_cell[key].append((whole, parts))
    waiting = list(sums)
    found = {}
    while waiting:
        whole, parts = waiting.pop()
        unknown = [k for k in (whole, *parts) if k not in known]
        if len(unknown) != 1:
            continue
        (key,) = unknown
        rest = sum((known[p] for p in parts if p != key), Decimal(0))
        found[key] = known[key] = rest if key == whole else known[whole] - rest
        waiting += by_cell[key]
    return found


def sums_over(
    keys: set[Key], contracts: Contracts, contributors: Contributors | None = None
) -> list[Sum]:
    """Every sum among these cells: parts of a dimension, and the states that a regional
    figure names.
    """
    families: dict[tuple[Key, str], list[Key]] = defaultdict(list)
    cubes = {t.name for t in contracts.tables}
    for key in sorted(
        k for k in keys if k.cube in cubes and k.state not in (REGION, CONSTANT, BOTH_YEARS)
    ):
        table = contracts.table(key.cube)
        for position, dimension in enumerate(table.dimensions, 2):
            parent = dimension.codelist[key.codes[position]].parent
            # a state lists citizenships; groups and own nationals are worked out from
            # them
            if table.layout.open_rows:
                twin = Key(key.cube, (*key.codes[:position], key.state, *key.codes[position + 1 :]))
                derived = key.codes[position].startswith("G_") or (
                    key.codes[position] == "NAT" and twin in keys
                )
                parent = TOTAL if parent and not derived else ""
            if parent:
                codes = (*key.codes[:position], parent, *key.codes[position + 1 :])
                families[Key(key.cube, codes), dimension.name].append(key)
    found = [
        (whole, tuple(sorted(parts))) for (whole, _), parts in families.items() if whole in keys
    ]
    for whole, states in (contributors or {}).items():
        parts = tuple(whole.at(state=s) for s in states)
        if (
            whole in keys
            and whole.cube in cubes
            and whole.state not in states
            and set(parts) <= keys
        ):
            found.append((whole, parts))
    return sorted((whole, parts) for whole, parts in found if parts)


def across_tables(keys: Iterable[Key], contracts: Contracts) -> dict[Key, Key]:
    """Cells that stand in two tables: the cell of the second table -> the same count in
    the first.
    """
    known = set(keys)
    same = {}
    for table in contracts.tables:
        for identity in table.identities:
            if not identity.same_total_as:
                continue
            other = contracts.table(identity.same_total_as)
            names = [d.name for d in other.dimensions]
            for key in (k for k in known if k.cube == table.name):
                codes = dict(zip(table.key_dimensions, key.codes, strict=True))
                if all(codes[d.name] == TOTAL for d in table.dimensions if d.name not in names):
                    twin = other.key(
                        {
                            d: codes.get(d, dict(identity.at).get(d, TOTAL))
                            for d in other.key_dimensions
                        }
                    )
                    if twin in known:
                        same[key] = twin
    return same


def work_out_across(
    shown: Mapping[Key, Decimal],
    withheld: Iterable[Key],
    contracts: Contracts,
    contributors: Contributors | None = None,
) -> dict[Key, Decimal]:
    """Plain subtraction where a count that stands in two tables is known as soon as one
    of them gives it.
    """
    known = dict(shown)
    hidden = set(withheld)
    twins = across_tables({*known, *hidden}, contracts)
    pairs = [*twins.items(), *((b, a) for a, b in twins.items())]
    found: dict[Key, Decimal] = {}
    while True:
        new = work_out(known, hidden - set(known), contracts, contributors)
        new |= {a: known[b] for a, b in pairs if a not in known and b in known}
        if not new:
            return found
        found |= new
        known |= new


def between(
    key: Key,
    shown: Mapping[Key, Decimal],
    withheld: Iterable[Key],
    contracts: Contracts,
    limits_of: Mapping[Key, tuple[int, int]] | None = None,
) -> tuple[int, int] | None:
    """Least and greatest count of one withheld cell, by whole-number programming over
    the sums of its state and year.

    A withheld count is at least one, because zeros are shown; `limits_of` says where
    more is known. None where the published figures contradict each other.
    """
    near = {k for k in {*shown, *withheld} if k.codes[:2] == key.codes[:2] and k.cube == key.cube}
    unknown = sorted(k for k in near if k not in shown)
    place = {k: i for i, k in enumerate(unknown)}
    rows, limits = [], []
    for whole, parts in sums_over(near, contracts):
        row = np.zeros(len(unknown))
        rest = 0
        for member, sign in ((whole, 1), *((p, -1) for p in parts)):
            if member in place:
                row[place[member]] += sign
            else:
                rest += sign * int(shown[member])
        if row.any():
            rows.append(row)
            limits.append(-rest)
    cost = np.zeros(len(unknown))
    cost[place[key]] = 1
    bounds = [(limits_of or {}).get(k, (1, 10_000)) for k in unknown]
    ends = []
    for sign in (1, -1):
        solved = milp(
            sign * cost,
            integrality=np.ones(len(unknown)),
            bounds=Bounds(*np.array(bounds).T),
            constraints=LinearConstraint(np.array(rows), limits, limits) if rows else None,
        )
        if solved.x is None:
            return None
        ends.append(round(float(solved.x[place[key]])))
    return ends[0], ends[1]


def numerators(share: Decimal, base: int) -> list[int]:
    """Counts that give this printed share in per cent, to one decimal, of a base."""
    step = Decimal("0.1")
    return [
        n
        for n in range(base + 1)
        if (Decimal(n) / base * 100).quantize(step, ROUND_HALF_UP) == share
    ]


def bar_lengths(svg: str) -> list[float]:
    """Lengths of the bars of a drawing with horizontal bars, in the order drawn."""
    paths = re.findall(r'<path d="([^"]+)" style="fill: #[0-9a-f]{6}; stroke: #ffffff', svg)
    across = [[float(x) for x in re.findall(r"[ML] (-?[\d.]+) ", d)] for d in paths]
    return [max(xs) - min(xs) for xs in across if xs]
