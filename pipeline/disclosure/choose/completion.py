"""What may the counts be that senders suppressed? One whole-numbered completion in
which as many sums hold as can.

The values found are no estimates. They are needed because a table that shall agree with
everything public must be complete, and because sums that cannot hold together must be
known: those are weakened, as few and as little as can be.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np

from pipeline.disclosure.choose.sums import Holds, Sum
from pipeline.disclosure.highs import highspy
from pipeline.errors import DisclosureError
from pipeline.numbers.true_cells import TrueCell

_ORDER = 1e-4  # of two sums that could be weakened, the later one is


def complete(
    cells: Mapping[str, TrueCell], sums: Sequence[Sum], *, suppressed: tuple[int, int]
) -> tuple[dict[str, Decimal], list[Sum]]:
    """A value for every cell that counts, and the sums as far as they hold in it, in
    the order given.
    """
    values = {k: c.value for k, c in cells.items() if c.value is not None}
    result = list(sums)
    for unknown, touched in _groups(cells, sums):
        lowest = {k: max(suppressed[0], cells[k].least) for k in unknown}
        found, strengths = _solve(
            values, lowest, sums=[sums[i] for i in touched], high=suppressed[1]
        )
        values |= found
        for i, strength in zip(touched, strengths, strict=True):
            result[i] = replace(sums[i], holds=strength)
    return values, result


def _groups(
    cells: Mapping[str, TrueCell], sums: Sequence[Sum]
) -> list[tuple[list[str], list[int]]]:
    """Suppressed cells that sums tie together, with those sums."""
    leader: dict[str, str] = {k: k for k, c in cells.items() if c.is_suppressed}

    def find(key: str) -> str:
        while leader[key] != key:
            leader[key] = leader[leader[key]]
            key = leader[key]
        return key

    touched: dict[int, str] = {}
    for i, s in enumerate(sums):
        unknown = [k for k in (s.whole, *s.parts) if k in leader]
        if unknown and s.holds != Holds.NOT:
            touched[i] = unknown[0]
            for key in unknown[1:]:
                leader[find(key)] = find(unknown[0])
    members: dict[str, list[str]] = defaultdict(list)
    for key in sorted(leader):
        members[find(key)].append(key)
    rows: dict[str, list[int]] = defaultdict(list)
    for i, key in touched.items():
        rows[find(key)].append(i)
    return [(keys, rows[top]) for top, keys in sorted(members.items())]


def _solve(
    values: Mapping[str, Decimal], lowest: Mapping[str, int], *, sums: list[Sum], high: int
) -> tuple[dict[str, Decimal], list[Holds]]:
    """One group: whole numbers for its unknown cells, from `lowest` to `high`, at the
    least cost of weakened sums.
    """
    # One whole-numbered unknown for each count that its sender suppressed.
    model = highspy.Highs()  # type: ignore[no-untyped-call]
    model.setOptionValue("output_flag", False)
    model.setOptionValue("threads", 1)
    cells = {k: model.addIntegral(lb=low, ub=high) for k, low in lowest.items()}
    costs = []
    weak: list[tuple[highspy.highs_var | None, highspy.highs_var]] = []
    # A row for each sum, with two yes-or-no numbers that weaken it: to "at least" its
    # parts, or altogether. The limit is so large that a weakened row says nothing (the
    # big-M form of an either-or).
    for i, s in enumerate(sums):
        signed = ((k, 1 if k == s.whole else -1) for k in (s.whole, *s.parts))
        known = float(sum((sign * values[k] for k, sign in signed if k in values), Decimal(0)))
        limit = abs(known) + high * (len(s.parts) + 1)
        gap = model.qsum(
            [
                *([cells[s.whole]] if s.whole in cells else []),
                *(-cells[p] for p in s.parts if p in cells),
            ]
        )
        off = model.addBinary()
        model.addConstr(gap + known >= -limit * off)
        atleast = None
        if s.holds == Holds.EXACTLY and not s.is_one_count:
            atleast = model.addBinary()
            model.addConstr(gap + known <= limit * (atleast + off))
            costs.append(atleast * (1 - i * _ORDER / len(sums)))
        elif s.is_one_count:
            model.addConstr(gap + known <= limit * off)
        costs.append(off * (1 + 0.25 / len(sums) - i * _ORDER / len(sums)))
        weak.append((atleast, off))
    # As few sums as possible are weakened; among equals the later ones.
    if costs:
        model.minimize(model.qsum(costs))
    else:
        model.run()
    if model.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise DisclosureError(
            "no completion of suppressed counts was found",
            where=next(iter(lowest)),
            do="look at its sums",
        )
    # What the solver chose, as figures and as strengths of the sums.
    solution = np.round(np.array(model.getSolution().col_value)).astype(int)
    found = {k: Decimal(int(solution[v.index])) for k, v in cells.items()}
    strengths = []
    for s, (atleast, off) in zip(sums, weak, strict=True):
        loose = s.holds == Holds.AT_LEAST or (atleast is not None and solution[atleast.index])
        strengths.append(
            Holds.NOT if solution[off.index] else Holds.AT_LEAST if loose else Holds.EXACTLY
        )
    return found, strengths
