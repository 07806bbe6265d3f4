"""On which tables is cell suppression measured? Generated linked tables of three sizes,
and public ones as CSV.
"""

from __future__ import annotations

import csv
import random
from bisect import bisect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, product
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array

from pipeline.disclosure.choose.grid import grid_of
from pipeline.disclosure.choose.linked import NO_LIMIT, Demand, System
from pipeline.disclosure.prove.proof import peel
from pipeline.disclosure.prove.system import build_system

TOTAL = "total"
VALUES = 3  # how many values a hidden count must leave open
# node -> its parts; one node may be split in more than one way: see `Splits`
Tree = Mapping[str, Sequence[str]]
Splits = Mapping[str, Sequence[Sequence[str]]]


@dataclass(frozen=True)
class Instance:
    """Published cells with their true counts, and every sum that a reader knows: a
    whole and its parts.
    """

    values: dict[str, int]
    sums: list[tuple[str, list[str]]]
    threshold: int = 5


@dataclass(frozen=True)
class Shape:
    """How fine the dimensions of a generated instance are, and how many persons it
    counts.
    """

    years: int
    states: int
    state_groups: int
    age_levels: int
    forms: int
    form_groups: int
    citizenships: int
    citizenship_groups: int
    cubes: tuple[tuple[str, ...], ...]
    persons: int


SEX_AGE_FORM = ("year", "state", "sex", "age", "form")
SHAPES = {
    1_000: Shape(
        1, 8, 2, 1, 4, 0, 12, 3, (SEX_AGE_FORM, ("year", "state", "sex", "citizenship")), 1_500
    ),
    10_000: Shape(
        2, 11, 3, 2, 4, 0, 32, 5, (SEX_AGE_FORM, ("year", "state", "sex", "citizenship")), 9_000
    ),
    100_000: Shape(
        3,
        16,
        3,
        2,
        10,
        3,
        54,
        7,
        (
            SEX_AGE_FORM,
            ("year", "state", "sex", "citizenship"),
            ("year", "state", "form", "citizenship"),
        ),
        90_000,
    ),
}


def make_instance(cells: int, seed: int) -> Instance:
    """A linked set of cubes with about so many cells (1,000, 10,000 or 100,000). Same
    arguments, same tables.
    """
    shape = SHAPES[cells]
    chance = random.Random(seed)
    splits = _dimensions(shape)
    records = list(_persons(shape, splits, chance))
    values: dict[str, int] = {}
    sums: dict[str, tuple[str, list[str]]] = {}
    for cube in shape.cubes:
        counts = _count(records, cube, splits)
        for codes in product(*(_nodes(splits[d]) for d in cube)):
            values[_name(cube, codes)] = counts.get(codes, 0)
        for whole, parts in _sums(cube, splits):
            sums.setdefault(f"{whole}={'+'.join(parts)}", (whole, parts))
    return Instance(values, list(sums.values()))


def _dimensions(shape: Shape) -> dict[str, Splits]:
    ages: Splits = {TOTAL: [["minor", "adult"]]}
    if shape.age_levels > 1:
        ages = {**ages, "minor": [["0-11", "12-17"]], "adult": [["18-24", "25+"]]}
    return {
        "year": _tree("y", shape.years, 0),
        "state": _tree("s", shape.states, shape.state_groups),
        "sex": {TOTAL: [["F", "M"]]},
        "age": ages,
        "form": _tree("f", shape.forms, shape.form_groups),
        "citizenship": _tree("c", shape.citizenships, shape.citizenship_groups),
    }


def _tree(letter: str, leaves: int, groups: int) -> Splits:
    """A total over leaves, or over groups of leaves; one leaf alone is its own total."""
    if leaves == 1:
        return {}
    names = [f"{letter}{i}" for i in range(leaves)]
    if not groups:
        return {TOTAL: [names]}
    parts = {f"{letter}g{g}": [names[g::groups]] for g in range(groups)}
    return {TOTAL: [list(parts)], **parts}


def _nodes(splits: Splits) -> list[str]:
    found = [TOTAL]
    for whole in found:
        found += [p for parts in splits.get(whole, ()) for p in parts if p not in found]
    return found


def _leaves(splits: Splits) -> list[str]:
    return [n for n in _nodes(splits) if n not in splits]


def _ancestors(splits: Splits) -> dict[str, list[str]]:
    """For every leaf: itself and every node that holds it."""
    above: dict[str, set[str]] = {n: {n} for n in _nodes(splits)}
    for whole in _nodes(splits):
        for parts in splits.get(whole, ()):
            for part in parts:
                above[part] |= above[whole]
    return {leaf: sorted(above[leaf]) for leaf in _leaves(splits)}


def _persons(
    shape: Shape, splits: Mapping[str, Splits], chance: random.Random
) -> Iterable[dict[str, str]]:
    """Few large states, a few frequent citizenships of their own each, forms that go
    with sex.
    """
    draw = {
        d: _skewed(_leaves(s), chance, 1.1 if d in ("state", "citizenship") else 0.6)
        for d, s in splits.items()
    }
    at_home = {s: draw["citizenship"]() for s in _leaves(splits["state"])}
    by_sex = {
        "F": _skewed(_leaves(splits["form"]), chance, 1.2),
        "M": _skewed(_leaves(splits["form"]), chance, 0.8),
    }
    for _ in range(shape.persons):
        person = {d: draw[d]() for d in splits}
        person["form"] = by_sex[person["sex"]]()
        if chance.random() < 0.4:
            person["citizenship"] = at_home[person["state"]]
        yield person


class _skewed:
    """Draws codes with chances that fall like 1 / rank ** power."""

    def __init__(self, codes: Sequence[str], chance: random.Random, power: float) -> None:
        self.codes = chance.sample(list(codes), len(codes))
        self.steps = list(accumulate((rank + 1) ** -power for rank in range(len(codes))))
        self.chance = chance

    def __call__(self) -> str:
        return self.codes[bisect(self.steps, self.chance.random() * self.steps[-1])]


def _count(
    records: Iterable[Mapping[str, str]], cube: Sequence[str], splits: Mapping[str, Splits]
) -> dict[tuple[str, ...], int]:
    above = [_ancestors(splits[d]) for d in cube]
    atoms: dict[tuple[str, ...], int] = {}
    for record in records:
        codes = tuple(record[d] for d in cube)
        atoms[codes] = atoms.get(codes, 0) + 1
    counts: dict[tuple[str, ...], int] = {}
    for codes, number in atoms.items():
        for holder in product(*(a[c] for a, c in zip(above, codes, strict=True))):
            counts[holder] = counts.get(holder, 0) + number
    return counts


def _sums(cube: Sequence[str], splits: Mapping[str, Splits]) -> Iterable[tuple[str, list[str]]]:
    for position, dimension in enumerate(cube):
        others = [_nodes(splits[d]) for i, d in enumerate(cube) if i != position]
        for whole, ways in splits[dimension].items():
            for parts, rest in product(ways, list(product(*others))):
                yield (
                    _name(cube, (*rest[:position], whole, *rest[position:])),
                    [_name(cube, (*rest[:position], p, *rest[position:])) for p in parts],
                )


def _name(cube: Sequence[str], codes: Sequence[str]) -> str:
    """Dimensions at their total are left out, so cubes that share a margin share its
    cells.
    """
    return ",".join(f"{d}={c}" for d, c in zip(cube, codes, strict=True) if c != TOTAL) or "all"


def read_municipal(path: Path) -> Instance:
    """Public test data of municipalities: regions in counties and in groups, by main
    income and months.
    """
    with path.open(encoding="utf-8", newline="") as file:
        records = list(csv.DictReader(file))
    regions: dict[str, list[list[str]]] = {TOTAL: []}
    for grouping in ("county", "k_group"):
        groups = _groups(records, "region", grouping)
        regions[TOTAL].append(list(groups))
        regions.update({whole: [parts] for whole, parts in groups.items()})
    months = _groups(records, "months", "months2")
    # a group of one is that one
    single = {w: parts[0] for w, parts in months.items() if len(parts) == 1}
    splits: dict[str, Splits] = {
        "region": regions,
        "main_income": {TOTAL: [sorted({r["main_income"] for r in records})]},
        "months": {
            TOTAL: [[single.get(w, w) for w in months]],
            **{w: [parts] for w, parts in months.items() if w not in single},
        },
    }
    cube = tuple(splits)
    expanded = [{d: r[d] for d in cube} for r in records for _ in range(int(r["freq"]))]
    counts = _count(expanded, cube, splits)
    values = {_name(cube, c): counts.get(c, 0) for c in product(*(_nodes(splits[d]) for d in cube))}
    return Instance(values, list(_sums(cube, splits)), threshold=4)


def _groups(records: Iterable[Mapping[str, str]], part: str, whole: str) -> dict[str, list[str]]:
    groups: dict[str, set[str]] = {}
    for record in records:
        groups.setdefault(f"{whole}:{record[whole]}", set()).add(record[part])
    return {w: sorted(parts) for w, parts in sorted(groups.items())}


def as_system(instance: Instance) -> System:
    """The instance as its publisher sees it: zeros are shown, so whoever is hidden is
    known to be at least 1.
    """
    names = tuple(instance.values)
    place = {n: i for i, n in enumerate(names)}
    value = np.array([instance.values[n] for n in names], dtype=np.int64)
    wholes = {w for w, _ in instance.sums}
    least, most = (end.tolist() for end in _left_by_zeros(names, value, instance.sums))
    primary = (value > 0) & (value < instance.threshold)
    dearer = np.array([1.2 if n in wholes else 1.0 for n in names])
    indices = [[place[w], *(place[p] for p in parts)] for w, parts in instance.sums]
    signs = [[1.0, *([-1.0] * len(parts))] for _, parts in instance.sums]
    rows = csr_array(
        (np.concatenate(signs), np.concatenate(indices), np.cumsum([0, *map(len, indices)])),
        shape=(len(instance.sums), len(names)),
    )
    none = np.zeros(len(instance.sums), dtype=np.int64)
    node = _nodes_of(names)
    return System(
        grid=grid_of(node, rows, value),
        names=names,
        value=value,
        low=np.minimum(value, 1),
        high=np.where(value > 0, NO_LIMIT, 0),
        loss=np.where(value > 0, (1 + np.log1p(value)) * dearer, np.inf),
        rows=rows,
        row_low=none,
        row_high=none,
        demands=tuple(
            Demand(c, least[c], min(max(instance.threshold - 1, least[c]), most[c]), count)
            for c in np.flatnonzero(primary).tolist()
            for count in [min(VALUES, most[c] - least[c] + 1)]
        ),
        hidden=primary,
    )


def _nodes_of(names: Sequence[str]) -> np.ndarray:
    """The node of each cell on each dimension, 0 where it is at its total."""
    codes = [dict(part.split("=") for part in n.split(",") if "=" in part) for n in names]
    dimensions = sorted({d for found in codes for d in found})
    number = {
        d: {c: i for i, c in enumerate(sorted({f[d] for f in codes if d in f}), 1)}
        for d in dimensions
    }
    return np.array([[number[d].get(f.get(d, ""), 0) for d in dimensions] for f in codes])


def _left_by_zeros(
    names: Sequence[str], value: np.ndarray, sums: Iterable[tuple[str, list[str]]]
) -> tuple[np.ndarray, np.ndarray]:
    """The least and greatest count of each cell for somebody who is shown no count at all,
    only which are zero: no pattern leaves more open.
    """
    _, _, known = peel(
        build_system(
            names,
            value,
            lows=np.minimum(value, 1),
            highs=np.where(value > 0, NO_LIMIT, 0),
            hidden=np.ones(len(value), dtype=bool),
            sums=sums,
        )
    )
    return known.low, known.high
