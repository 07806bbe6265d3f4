"""Which figures could a state send? Invented ones that agree with each other, from the
contract and a seed.

Every total is handed out to its smallest parts, and what stands between is their sum,
so that parts add up to wholes in every dimension. A table that counts the same as
another one by other dimensions hands out what that one has in its smallest parts. A
year is like the one before it within a few per cent.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from pipeline.cells import TOTAL, UNKNOWN, Key
from pipeline.contracts.codelists import Code
from pipeline.contracts.layout import tables_for
from pipeline.contracts.model import Contract, Dimension, Table, link_of

_LEAST, _MOST = 600, 6000  # of a total in the first year
_DRIFT = 0.08  # from a year to the next
_CHOSEN = 4  # lines of an open list that a state fills in
_FILLED = 12  # smallest parts of a table that are above nil ...
_SPLIT = 3  # ... and parts of each of them in a table that splits it
Figures = dict[Key, int]
# The codes of a smallest part, one a dimension, and how much of a year it is.
_Small = dict[tuple[str, ...], int]


@dataclass(frozen=True)
class _Part:
    """A smallest part of a dimension, and every code that it counts for: its own, those
    above it, the total.
    """

    code: str
    counts_for: frozenset[str]


@dataclass(frozen=True)
class _Filled:
    """How a state fills in a table: the parts of each of its dimensions, and the weights
    by which a total goes to combinations of them.
    """

    table: Table
    parts: Mapping[str, Sequence[_Part]]

    def combinations(self, names: Sequence[str]) -> list[tuple[_Part, ...]]:
        return [*product(*(self.parts[name] for name in names))]

    @property
    def names(self) -> list[str]:
        return [d.name for d in self.table.dimensions]


def invented(contract: Contract, state: str, *, round_: int, seed: int) -> Figures:
    """The figures of a state for every year and cell of its questionnaire. The same seed
    gives the same figures.
    """
    years = contract.years(round_)
    small: dict[str, dict[int, _Small]] = {}
    figures: Figures = {}
    tables = {t.name: t for t in tables_for(contract, state, round_=round_)}
    # A table that counts what another one counts comes after it.
    for table in sorted(tables.values(), key=lambda t: _depth(t, tables)):
        chance = random.Random(f"{seed} {state} {table.name}")
        filled = _Filled(
            table,
            {d.name: _parts(d, table, state, years=years, chance=chance) for d in table.dimensions},
        )
        link = link_of(table)
        if link is not None and link.same_total_as in tables:
            first = tables[link.same_total_as]
            small[table.name] = _split(
                filled, first, small[first.name], at=dict(link.at), chance=chance
            )
        else:
            small[table.name] = _handed_out(filled, years, chance=chance)
        for key, value in _summed(filled, state, small[table.name]):
            figures[key] = figures.get(key, 0) + value
    return figures


def _depth(table: Table, tables: Mapping[str, Table]) -> int:
    link = link_of(table)
    if link is None or link.same_total_as not in tables:
        return 0
    return 1 + _depth(tables[link.same_total_as], tables)


def _handed_out(filled: _Filled, years: range, *, chance: random.Random) -> dict[int, _Small]:
    """A total of each year, handed out to combinations of smallest parts."""
    size = float(chance.randint(_LEAST, _MOST))
    combinations = filled.combinations(filled.names)
    weights = _weights(len(combinations), _FILLED, chance=chance)
    found = {}
    for year in years:
        size *= 1 + chance.uniform(-_DRIFT, _DRIFT)
        shares = _shares(round(size), weights)
        found[year] = {_codes(c): n for c, n in zip(combinations, shares, strict=True)}
    return found


def _split(
    filled: _Filled,
    first: Table,
    before: Mapping[int, _Small],
    *,
    at: Mapping[str, str],
    chance: random.Random,
) -> dict[int, _Small]:
    """What another table has in its smallest parts, handed out to the further dimensions
    of this one.
    """
    theirs = [d.name for d in first.dimensions]
    common = [name for name in filled.names if name in theirs]
    further = filled.combinations([name for name in filled.names if name not in theirs])
    weights: dict[tuple[str, ...], list[float]] = {}
    found: dict[int, _Small] = {}
    for year, parts in before.items():
        amounts: dict[tuple[str, ...], int] = defaultdict(int)
        for codes, number in parts.items():
            by_name = dict(zip(theirs, codes, strict=True))
            if all(by_name[name] == code for name, code in at.items()):
                amounts[tuple(by_name[name] for name in common)] += number
        found[year] = {}
        for held, amount in amounts.items():
            own = weights.setdefault(held, _weights(len(further), _SPLIT, chance=chance))
            for combination, share in zip(further, _shares(amount, own), strict=True):
                more = iter(_codes(combination))
                kept = dict(zip(common, held, strict=True))
                codes = tuple(kept[n] if n in kept else next(more) for n in filled.names)
                found[year][codes] = share
    return found


def _codes(combination: Sequence[_Part]) -> tuple[str, ...]:
    return tuple(part.code for part in combination)


def _summed(filled: _Filled, state: str, years: Mapping[int, _Small]) -> Iterator[tuple[Key, int]]:
    """Each smallest part once for every cell that counts it."""
    counts_for = {
        name: {part.code: sorted(part.counts_for) for part in parts}
        for name, parts in filled.parts.items()
    }
    for year, small in years.items():
        for codes, value in small.items():
            above = (counts_for[n].get(c, [c]) for n, c in zip(filled.names, codes, strict=True))
            for combination in product(*above):
                yield Key(filled.table.name, (state, str(year), *combination)), value


def _parts(
    dimension: Dimension, table: Table, state: str, *, years: range, chance: random.Random
) -> list[_Part]:
    """The smallest parts of a dimension, as the state may give them in every year."""
    codes = {
        code.code: code
        for code in dimension.codes_for(state, years)
        if all(code.valid_in(year) for year in years)
    }
    wholes = {dimension.parent_of(code) for code in codes.values()}
    smallest = [c for c in codes if c not in wholes and c not in (TOTAL, UNKNOWN)]
    if table.layout.open_rows and dimension.name in table.layout.rows:
        smallest = sorted(chance.sample(smallest, min(_CHOSEN, len(smallest))))
    if not smallest:
        return [_Part(code, frozenset([code])) for code in codes][:1]
    return [_Part(c, frozenset(_up(dimension, codes[c], codes))) for c in smallest]


def _up(dimension: Dimension, code: Code, codes: Mapping[str, Code]) -> Iterator[str]:
    at: Code | None = code
    while at is not None:
        yield at.code
        at = codes.get(dimension.parent_of(at))
    if dimension.has_total:
        yield TOTAL


def _weights(number: int, most: int, *, chance: random.Random) -> list[float]:
    """How a total is handed out: to a few parts, and nil to the others."""
    filled = set(chance.sample(range(number), min(most, number)))
    return [chance.random() + 0.1 if n in filled else 0.0 for n in range(number)]


def _shares(total: int, weights: Sequence[float]) -> list[int]:
    """Whole numbers that add up to a total, as near to the weights as can be."""
    whole = sum(weights)
    exact = [total * weight / whole for weight in weights]
    shares = [int(e) for e in exact]
    short = sorted(range(len(exact)), key=lambda n: shares[n] - exact[n])
    for n in short[: total - sum(shares)]:
        shares[n] += 1
    return shares
