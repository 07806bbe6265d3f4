"""What must stay possible for each hidden sensitive cell? From the rules, and from what
was known before.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np

from pipeline.disclosure.prove.links import Link
from pipeline.disclosure.prove.peel import tighten
from pipeline.disclosure.prove.system import NO_LIMIT, Numbers, System
from pipeline.disclosure.prove.world import Unknown, World

Demand = tuple[int, int, int]  # at most, at least, number of different values


def derivable(
    world: World,
    links: Sequence[Link],
    *,
    base: dict[str, int],
    own: frozenset[str] = frozenset(),
) -> dict[str, tuple[int, int]]:
    """The range of each cell for somebody who knows what earlier editions showed and the
    cells in `own`, and of every other cell only whether it is zero or its sender
    suppressed it.

    No pattern can keep a value outside this range possible, so nothing outside it is
    demanded.
    """
    names = sorted(world.unknowns)
    place = {n: i for i, n in enumerate(names)}
    limits = [
        (base[n], base[n]) if n in world.shown_before or n in own else world.unknowns[n].before
        for n in names
    ]
    start = np.cumsum([0, *(1 + len(k.parts) for k in links)])
    cells = [place[n] for k in links for n in (k.whole, *k.parts)]
    factors = [f for k in links for f in (1, *([-1] * len(k.parts)))]
    system = System(
        _numbers([base[n] for n in names]),
        _numbers([x[0] for x in limits]),
        _numbers([x[1] for x in limits]),
        start,
        _numbers(cells),
        _numbers(factors),
        np.zeros(len(links), dtype=np.int64),
        _numbers([NO_LIMIT if k.relation == ">=" else 0 for k in links]),
    )
    tight = tighten(system)
    return {
        n: (low, high)
        for n, low, high in zip(names, tight.low.tolist(), tight.high.tolist(), strict=True)
    }


def _numbers(values: Sequence[int]) -> Numbers:
    return np.array(values, dtype=np.int64)


def demand_of(unknown: Unknown, lowest: int, highest: int) -> Demand:
    """What a hidden sensitive cell must be able to be, as far as its derivable range
    allows.
    """
    steps = unknown.steps
    if steps is None:
        low = max(lowest, unknown.unit)
        high = unknown.highest
    else:
        low, high = steps, steps
        if unknown.is_small:
            low = lowest
            high = max(high, unknown.highest)
        if unknown.bound:
            width = max(1, ceil(steps * unknown.rules.width_percent / 100))
            low = min(low, max(lowest, steps - width))
            high = max(high, steps + width)
    return low, min(high, highest), min(unknown.rules.values, highest - lowest + 1)


def is_narrowed(unknown: Unknown, demand: Demand) -> bool:
    """Whether what senders suppressed beside each other tells more than the rules would
    allow.
    """
    by_size = unknown.steps is None or unknown.is_small
    return demand[2] < unknown.rules.values or (by_size and demand[1] < unknown.highest)
