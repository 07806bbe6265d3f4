"""Which cells can change together? A linked system cut into parts that share no
unknown, less what is fixed anyway.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_array, csr_array
from scipy.sparse.csgraph import connected_components

from pipeline.disclosure.choose.grid import Grid
from pipeline.disclosure.choose.linked import NO_LIMIT, Demand, Knower, System

PRIME = (1 << 61) - 1


@dataclass(frozen=True)
class Part:
    """Cells that may be hidden and hang together, seen as changes of the true table: no
    change at all fits every row.

    `cells` are places in the system; everything else counts from 0 within the part.
    `up` and `down` say how far a cell can move whoever hides it, `row_low` and
    `row_high` how far a row can.
    """

    cells: np.ndarray
    value: np.ndarray
    up: np.ndarray
    down: np.ndarray
    loss: np.ndarray
    hidden: np.ndarray
    rows: csr_array
    columns: csc_array
    row_low: np.ndarray
    row_high: np.ndarray
    demands: tuple[Demand, ...]
    grid: Grid | None = None
    known_to: tuple[Knower, ...] = ()  # holders who know a cell of it


def split(system: System) -> tuple[list[Part], list[Demand]]:
    """The parts that hold a demand, largest first, and the demands whose cell can't
    change whatever is hidden.
    """
    # Cells that follow one after the other from a row with one unknown change nothing.
    live, used = _peel(system)
    rows = csr_array(csc_array(system.rows)[:, np.flatnonzero(live)])
    kept = np.flatnonzero(used)
    rows = csr_array(rows[kept])
    # From here on a row speaks of changes from the true table, not of values.
    change = np.rint(system.rows @ system.value).astype(np.int64)[kept]
    low = _limits(system.row_low[kept], change)
    high = _limits(system.row_high[kept], change)
    # A row that follows from others adds work and no knowledge.
    following = _follows(rows, (low == 0) & (high == 0))
    rows = csr_array(rows[~following])
    low = low[~following]
    high = high[~following]
    cells = np.flatnonzero(live)
    # Cells that no chain of rows joins are separate questions: a part is a connected
    # component of cells and rows.
    number, label = _label(rows)
    demands: dict[int, list[Demand]] = {}
    place = {int(c): i for i, c in enumerate(cells)}
    fixed = [d for d in system.demands if d.cell not in place]
    for demand in system.demands:
        if demand.cell in place:
            demands.setdefault(int(label[place[demand.cell]]), []).append(demand)
    # A row belongs to the part of its first cell.
    row_label = np.full(rows.shape[0], -1)
    filled = np.diff(rows.indptr) > 0
    row_label[filled] = label[rows.indices[rows.indptr[:-1][filled]]]
    parts = [
        _part(
            system,
            cells,
            rows=rows,
            low=low,
            high=high,
            mine=np.flatnonzero(label == k),
            my_rows=np.flatnonzero(row_label == k),
            demands=d,
        )
        for k, d in sorted(demands.items())
    ]
    return sorted(parts, key=lambda p: (-len(p.cells), int(p.cells[0]))), fixed


def _limits(limits: np.ndarray, change: np.ndarray) -> np.ndarray:
    """Limits of the change of a row, endless ones as infinity."""
    found: np.ndarray = (limits - change).astype(float)
    found[limits >= NO_LIMIT] = np.inf
    found[limits <= -NO_LIMIT] = -np.inf
    return found


def _peel(system: System) -> tuple[np.ndarray, np.ndarray]:
    """Cells that could change if everything were hidden that may be, and the rows that
    say something about them.

    A sum with a single cell that could change fixes it; that may leave a single one in
    another sum, and so on.
    """
    live = (system.low < system.high) & (system.hidden | np.isfinite(system.loss))
    rows = csr_array(system.rows)
    columns = csc_array(rows)
    sums = np.asarray(system.row_low == system.row_high)
    left = np.asarray(abs(rows) @ live.astype(float) > 0)
    count = np.zeros(rows.shape[0], dtype=np.int64)
    for row in np.flatnonzero(left).tolist():
        count[row] = np.count_nonzero(live[rows.indices[rows.indptr[row] : rows.indptr[row + 1]]])
    waiting = np.flatnonzero(sums & (count == 1)).tolist()
    while waiting:
        row = waiting.pop()
        for cell in rows.indices[rows.indptr[row] : rows.indptr[row + 1]]:
            if not live[cell]:
                continue
            live[cell] = False
            above = columns.indices[columns.indptr[cell] : columns.indptr[cell + 1]]
            count[above] -= 1
            waiting += above[sums[above] & (count[above] == 1)].tolist()
    return live, count > 0


def _follows(rows: csr_array, sums: np.ndarray) -> np.ndarray:
    """Rows that follow from others, so nothing is lost without them: of two ways to add
    up a total, one is enough.

    Every whole is worked out from the finest cells by its shortest sum, with the finest
    cells at random numbers modulo a prime of 61 bits: a sum that still holds says
    nothing new.
    """
    bounds = rows.indptr
    defining: dict[int, int] = {}
    wholes: dict[int, int] = {}
    for row in np.flatnonzero(sums).tolist():
        members = rows.indices[bounds[row] : bounds[row + 1]]
        signs = rows.data[bounds[row] : bounds[row + 1]]
        ones = members[signs == 1]
        if len(ones) != 1 or not np.all(np.abs(signs) == 1):
            continue
        whole = wholes[row] = int(ones[0])
        if (
            whole not in defining
            or len(members) < bounds[defining[whole] + 1] - bounds[defining[whole]]
        ):
            defining[whole] = row
    worth = _worth(rows, defining)
    found = np.zeros(rows.shape[0], dtype=bool)
    for row, whole in wholes.items():
        if defining[whole] != row:
            members = rows.indices[bounds[row] : bounds[row + 1]].tolist()
            found[row] = (2 * worth[whole] - sum(worth[m] for m in members)) % PRIME == 0
    return found


def _worth(rows: csr_array, defining: dict[int, int]) -> dict[int, int]:
    """A number for every cell: random where it is finest, else the sum of its parts.
    Circular sums count as finest.
    """
    chance = np.random.default_rng(PRIME).integers(1, PRIME, size=rows.shape[1]).tolist()
    worth: dict[int, int] = {}
    for start in range(rows.shape[1]):
        stack = [start]
        open_ = set()
        while stack:
            cell = stack[-1]
            if cell in worth:
                stack.pop()
                continue
            row = defining.get(cell)
            parts = (
                []
                if row is None
                else rows.indices[rows.indptr[row] : rows.indptr[row + 1]].tolist()
            )
            missing = [p for p in parts if p != cell and p not in worth]
            if row is None or (cell in open_ and missing):
                worth[cell] = chance[cell]
            elif missing:
                open_.add(cell)
                stack += missing
            else:
                worth[cell] = sum(worth[p] for p in parts if p != cell) % PRIME
    return worth


def _label(rows: csr_array) -> tuple[int, np.ndarray]:
    """The number of groups of cells that rows tie together, and the group of every
    cell.
    """
    across = csr_array(
        (np.ones(rows.nnz, dtype=np.int8), rows.indices, rows.indptr), shape=rows.shape
    )
    size = rows.shape[1]
    graph = csr_array(
        (
            across.data,
            across.indices,
            np.concatenate([np.zeros(size, dtype=across.indptr.dtype), across.indptr]),
        ),
        shape=(size + rows.shape[0], size + rows.shape[0]),
    )
    number, label = connected_components(graph, directed=False)
    return number, label[:size]


def _part(
    system: System,
    cells: np.ndarray,
    *,
    rows: csr_array,
    low: np.ndarray,
    high: np.ndarray,
    mine: np.ndarray,
    my_rows: np.ndarray,
    demands: Iterable[Demand],
) -> Part:
    inside = csr_array(csc_array(rows[my_rows])[:, mine])
    places = cells[mine]
    place = {int(c): i for i, c in enumerate(places)}
    value = system.value[places]
    return Part(
        cells=places,
        value=value,
        up=_room(system.high[places] - value),
        down=_room(value - system.low[places]),
        loss=system.loss[places],
        hidden=system.hidden[places].copy(),
        rows=inside,
        columns=csc_array(inside),
        row_low=low[my_rows],
        row_high=high[my_rows],
        demands=_placed(demands, place),
        grid=system.grid.of(places) if system.grid else None,
        known_to=tuple(
            Knower(k.name, k.knows[places], _placed(k.demands, place))
            for k in system.known_to
            if k.knows[places].any()
        ),
    )


def _placed(demands: Iterable[Demand], place: Mapping[int, int]) -> tuple[Demand, ...]:
    return tuple(Demand(place[d.cell], d.low, d.high, d.values) for d in demands if d.cell in place)


def _room(room: np.ndarray) -> np.ndarray:
    """Endless room is told as infinity: a solver works badly with huge bounds."""
    return np.where(room > 10**9, np.inf, room.astype(float))
