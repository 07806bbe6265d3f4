"""Does the proof of a generated instance hold for somebody who can only add? Shown
cells and counter-tables, added up.

Generated instances have no contracts and no code lists, so the verifier of releases
cannot read them: it works out by itself what adds up. Here the instance says it.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .instances import Instance

Demands = Mapping[str, tuple[int, int, int]]


@dataclass(frozen=True)
class Verified:
    """What adding up said of the tables, how long it took, and the size of what is
    needed for it, in bytes.
    """

    holds: bool
    said: str
    seconds: float
    size: int


def verify(
    instance: Instance, hidden: set[str], demands: Demands, tables: Sequence[Mapping[str, int]]
) -> Verified:
    """Add up every table; over all of them each sensitive cell must have the values it
    must be able to have.
    """
    begun = time.perf_counter()
    wrong = [f"{n} has a demand and is shown" for n in sorted(demands.keys() - hidden)]
    values = instance.values
    wrong += [
        f"the sum of {w} does not hold"
        for w, parts in instance.sums
        if values[w] != sum(values[p] for p in parts)
    ]
    sums_of: dict[str, list[int]] = defaultdict(list)
    for number, (whole, parts) in enumerate(instance.sums):
        for name in (whole, *parts):
            sums_of[name].append(number)
    seen = {n: {values[n]} for n in demands}
    # The true table adds up, so of a table only the sums of what changes need adding up.
    for changes in tables:
        wrong += [f"{n} changes and is no hidden cell" for n in sorted(changes.keys() - hidden)]
        wrong += [
            f"{n} is {values[n] + c}"
            for n, c in changes.items()
            if values[n] + c < min(1, values[n])
        ]
        for number in sorted({s for n in changes for s in sums_of[n]}):
            whole, parts = instance.sums[number]
            if changes.get(whole, 0) != sum(changes.get(p, 0) for p in parts):
                wrong.append(f"the sum of {whole} does not hold")
        for name in changes.keys() & demands.keys():
            seen[name].add(values[name] + changes[name])
    for name, (low, high, count) in demands.items():
        if min(seen[name]) > low or max(seen[name]) < high or len(seen[name]) < count:
            wrong.append(f"{name} is not proven")
    written = {
        "hidden": sorted(hidden),
        "demands": demands,
        "sums": instance.sums,
        "tables": tables,
    }
    seconds = time.perf_counter() - begun
    return Verified(
        not wrong, "\n".join(wrong)[:4000], seconds, len(json.dumps(written).encode("utf-8"))
    )
