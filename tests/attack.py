"""What can a reader work out from what was published? Plain subtraction along margins, repeated until nothing is new.

The reader knows the released values, which cells are withheld, and the code lists: a total is the sum of its parts, a
regional cell the sum over the states that reported. What nobody reported counts for nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal

from pipeline.cells import REGION, Key
from pipeline.contracts.model import Contracts

CONSTANT = "SELEC_FIX"
Sum = tuple[Key, tuple[Key, ...]]


def work_out(shown: Mapping[Key, Decimal], withheld: Iterable[Key], contracts: Contracts) -> dict[Key, Decimal]:
    """Every withheld cell that subtraction gives, with the value it gives."""
    hidden = set(withheld)
    known, sums = dict(shown), sums_over({*shown, *hidden}, contracts)
    by_cell: dict[Key, list[Sum]] = defaultdict(list)
    for whole, parts in sums:
        for key in (whole, *parts):
            by_cell[key].append((whole, parts))
    waiting, found = list(sums), {}
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


def sums_over(keys: set[Key], contracts: Contracts) -> list[Sum]:
    """Every sum among these cells: parts of a dimension, and states of the region."""
    families: dict[tuple[Key, str], list[Key]] = defaultdict(list)
    cubes = {t.name for t in contracts.tables}
    for key in sorted(k for k in keys if k.cube in cubes):
        table = contracts.table(key.cube)
        for position, dimension in enumerate(table.dimensions, 2):
            parent = dimension.codelist[key.codes[position]].parent
            if parent:
                codes = (*key.codes[:position], parent, *key.codes[position + 1 :])
                families[Key(key.cube, codes), dimension.name].append(key)
        if key.state not in (REGION, CONSTANT):
            families[key.at(state=REGION), "state"].append(key)
    found = [(whole, tuple(sorted(parts))) for (whole, _), parts in families.items() if whole in keys]
    years = {cube: {k.year for k in keys if k.cube == cube} for cube in cubes}
    found += [
        (whole.at(state=CONSTANT), tuple(p for p in parts if all(p.at(year=y) in keys for y in years[p.cube])))
        for (whole, axis), parts in families.items() if axis == "state" and whole.at(state=CONSTANT) in keys
    ]  # fmt: skip
    inside = {
        whole: parts for whole, parts in found if whole.state == CONSTANT and parts and parts[0].state != CONSTANT
    }
    for (whole, axis), parts in families.items():
        constant = whole.at(state=CONSTANT)
        if axis == "state" and whole in keys and constant in inside:
            found.append((whole, (constant, *sorted(set(parts) - set(inside[constant])))))
    return sorted((whole, parts) for whole, parts in found if parts)
