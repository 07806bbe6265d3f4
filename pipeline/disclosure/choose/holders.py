"""What must stay open to somebody who knows some cells anyway? Demands against each
holder, and what earlier editions left of them.

A change of the table that touches no cell of a holder looks the same to them as to
everybody else, so a proof is shared by all holders that it leaves alone. Only where
every change found so far runs over a holder's cells is another one asked for, with
these held still.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from scipy.sparse import csc_array, csr_array

from pipeline.contracts.holders import Holder
from pipeline.disclosure.choose.before import left_open
from pipeline.disclosure.choose.linked import NO_LIMIT, Demand, Knower, Pattern, System

Ranges = Mapping[tuple[str, str], tuple[int, int]]  # holder and cell -> what was left open
Possible = tuple[np.ndarray, np.ndarray]


def knowers(
    system: System,
    holders: Iterable[Holder],
    *,
    places: Sequence[tuple[str, str]],
    possible: Possible,
    left: Ranges,
    demand_of: Callable[[int, Possible], Demand],
) -> tuple[Knower, ...]:
    """The holders who know a cell of a system, each with what every other sensitive cell
    must still be able to be. `places` are state and table of each cell; `possible` is
    what anyone can derive before the release, `left` what earlier editions left to one
    holder.
    """
    found = []
    columns = csc_array(system.rows)
    for holder in holders:
        knows = np.array([holder.knows(*place) for place in places], dtype=bool)
        if not knows.any():
            continue
        own = _narrowed(system, columns, knows=knows, possible=possible)
        for i, name in enumerate(system.names):
            if (holder.name, name) in left:
                own[0][i], own[1][i] = left[holder.name, name]
        changed = (own[0] != possible[0]) | (own[1] != possible[1])
        found.append(
            Knower(
                holder.name,
                knows,
                tuple(
                    demand_of(d.cell, own) if changed[d.cell] else d
                    for d in system.demands
                    if not knows[d.cell]
                ),
            )
        )
    return tuple(found)


def _narrowed(
    system: System, columns: csc_array, *, knows: np.ndarray, possible: Possible
) -> Possible:
    """What follows step by step for somebody who knows some cells, from there on."""
    rows = csr_array(system.rows)
    least = np.where(knows, system.value, possible[0]).astype(np.int64)
    most = np.where(knows, system.value, possible[1]).astype(np.int64)
    waiting = _rows_of(columns, np.flatnonzero(knows))
    while waiting:
        row = waiting.pop()
        cells = rows.indices[rows.indptr[row] : rows.indptr[row + 1]]
        signs = rows.data[rows.indptr[row] : rows.indptr[row + 1]]
        new = _from_row(
            signs,
            least[cells],
            most[cells],
            limits=(int(system.row_low[row]), int(system.row_high[row])),
        )
        moved = cells[(new[0] > least[cells]) | (new[1] < most[cells])]
        if len(moved):
            least[cells] = np.maximum(least[cells], new[0])
            most[cells] = np.minimum(most[cells], new[1])
            waiting |= _rows_of(columns, moved)
    return least, most


def _rows_of(columns: csc_array, cells: np.ndarray) -> set[int]:
    return {
        int(r)
        for c in cells.tolist()
        for r in columns.indices[columns.indptr[c] : columns.indptr[c + 1]]
    }


def _from_row(
    signs: np.ndarray, least: np.ndarray, most: np.ndarray, *, limits: tuple[int, int]
) -> Possible:
    """The bounds that a row gives each of its cells while the others are within theirs."""
    low = np.where(signs > 0, least, -most.astype(float))
    high = np.where(signs > 0, most, -least).astype(float)
    low[low <= -float(NO_LIMIT)], high[high >= float(NO_LIMIT)] = -np.inf, np.inf
    ends = [-np.inf if limits[0] <= -NO_LIMIT else limits[0]]
    ends.append(np.inf if limits[1] >= NO_LIMIT else limits[1])
    below, above = np.empty(len(signs)), np.empty(len(signs))
    for i in range(len(signs)):
        others = np.arange(len(signs)) != i
        below[i] = ends[0] - high[others].sum()
        above[i] = ends[1] - low[others].sum()
    down, up = np.where(signs > 0, below, -above), np.where(signs > 0, above, -below)
    return (
        np.where(np.isfinite(down), down, 0).astype(np.int64),
        np.where(np.isfinite(up), up, float(NO_LIMIT)).astype(np.int64),
    )


def look_back(system: System, pattern: Pattern, *, known: np.ndarray, seen: Ranges) -> Ranges:
    """What earlier editions left open to holders of cells that no pattern protects from
    them, where that is news.
    """
    news: dict[tuple[str, str], tuple[int, int]] = {}
    for knower in system.known_to:
        failed = [
            cell
            for cell, names in pattern.lost_to.items()
            if knower.name in names and (knower.name, system.names[cell]) not in seen
        ]
        if failed:
            left = left_open(system, known | knower.knows, cells=failed)
            news |= {(knower.name, system.names[c]): r for c, r in left.items()}
    return news
