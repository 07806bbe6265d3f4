"""What had earlier editions left open of a cell? A range, and the sums that give it,
for anybody to add up.

A linear program finds how often each sum has to be taken. What counts is the addition
itself, done here in exact fractions: whatever the numbers of times are, the range that
comes out is true.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor

import numpy as np

from pipeline.disclosure.prove.exact import Component
from pipeline.disclosure.prove.links import Link
from pipeline.disclosure.prove.peel import components, tighten
from pipeline.disclosure.prove.reconcile import Reconciled
from pipeline.disclosure.prove.system import NO_LIMIT, System, add_rows, build_system
from pipeline.disclosure.prove.world import World

SECONDS = 60.0
FINEST = 1_000  # the largest denominator of a number of times


@dataclass(frozen=True)
class Derived:
    """The least and the greatest value of a cell, and for each end how often each sum
    is added up to show it.
    """

    least: int
    most: int
    times: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def left_open(
    world: World,
    held: Reconciled,
    *,
    names: Iterable[str],
    limits: Mapping[str, tuple[int, int]],
    own: frozenset[str] = frozenset(),
) -> dict[str, Derived]:
    """The ranges of cells for somebody who has only the earlier editions, and knows the
    cells in `own`. This release cannot make them wider.
    `limits` bound each cell before this release.
    """
    wanted = [n for n in names if n in world.unknowns]
    if not wanted or not world.shown_before:
        return {}
    every = sorted(world.unknowns)
    hidden = np.array(
        [n not in world.shown_before and n not in own and limits[n] != (0, 0) for n in every]
    )
    bounds = np.array([limits[n] for n in every], dtype=np.int64)
    system = build_system(
        every,
        np.array([held.base[n] for n in every], dtype=np.int64),
        lows=bounds[:, 0],
        highs=bounds[:, 1],
        hidden=hidden,
        sums=[(k.whole, k.parts, k.relation) for k in held.links],
    )
    tight = tighten(system)
    place = {n: i for i, n in enumerate(every)}
    label = components(tight)
    return {
        name: _derive(tight, place[name], members=label == label[place[name]], links=held.links)
        for name in wanted
    }


def _derive(tight: System, cell: int, *, members: np.ndarray, links: list[Link]) -> Derived:
    component = Component(tight, members)
    rows = np.flatnonzero(add_rows(members[tight.cell].astype(np.int64), tight.start) > 0)
    ends = [int(tight.low[cell]), int(tight.high[cell])]
    told: dict[str, dict[str, str]] = {"least": {}, "most": {}}
    for most in (False, True):
        duals = component.duals(cell, most, seconds=SECONDS)
        times = (
            {}
            if duals is None
            else {
                int(r): Fraction(float(y)).limit_denominator(FINEST)
                for r, y in zip(rows, duals, strict=True)
                if abs(y) > 1 / FINEST
            }
        )
        end = _add_up(tight, cell, times=times, most=most)
        if end is not None and (end < ends[1] if most else end > ends[0]):
            ends[int(most)] = end
            told["most" if most else "least"] = {
                json.dumps([links[r].whole, *links[r].parts]): str(y)
                for r, y in sorted(times.items())
            }
    return Derived(ends[0], ends[1], told if any(told.values()) else {})


def _add_up(tight: System, cell: int, *, times: Mapping[int, Fraction], most: bool) -> int | None:
    """The end of a cell's range that follows from so many times each row; None where
    nothing follows.
    """
    factors: dict[int, Fraction] = {cell: Fraction(1)}
    for row, y in times.items():
        if tight.row_high[row] >= NO_LIMIT and (y < 0) != most:
            return None
        for entry in range(int(tight.start[row]), int(tight.start[row + 1])):
            name = int(tight.cell[entry])
            factors[name] = factors.get(name, Fraction(0)) - y * int(tight.factor[entry])
    total = Fraction(0)
    for name, factor in factors.items():
        limit = int((tight.high if (factor > 0) == most else tight.low)[name])
        if factor and limit >= NO_LIMIT:
            return None
        total += factor * limit
    return floor(total) if most else ceil(total)
