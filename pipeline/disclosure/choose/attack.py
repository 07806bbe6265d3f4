"""Is there another table that agrees with all that is shown? The least costly change of
a part, in whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from pipeline.disclosure.choose.components import Part
from pipeline.disclosure.choose.linked import Move
from pipeline.disclosure.highs import highspy

WHOLE = 1e-6  # how far from a whole number a solver's answer may be
SOLVED = highspy.HighsModelStatus.kOptimal
FREE = 0.01  # cost up to which a cell counts as hidden already
SPARSER = 0.25  # a cell that changed much is as much hidden as one that changed little
NODES = 50  # of a search for whole numbers: enough for small parts, and an end for hard ones


@dataclass(frozen=True)
class Wish:
    """One cell should change by at least `least` and at most `most`, the cells that one
    holder knows standing still; -1 is no holder.
    """

    cell: int
    least: float
    most: float
    holder: int = -1


@dataclass
class _Program:
    """A linear program over the columns of cells, as HiGHS reads it: every cell twice, going
    up and going down.
    """

    cost: np.ndarray
    low: np.ndarray
    high: np.ndarray
    row_low: np.ndarray
    row_high: np.ndarray
    start: np.ndarray
    row: np.ndarray
    factor: np.ndarray
    whole: bool = False

    def given_to(self, solver: highspy.Highs) -> None:
        """As arrays: the fields of a HighsLp are copied number by number, which takes as
        long as solving.
        """
        size = len(self.cost)
        kind = highspy.HighsVarType.kInteger if self.whole else highspy.HighsVarType.kContinuous
        solver.passModel(
            size,
            len(self.row_low),
            len(self.row),
            int(highspy.MatrixFormat.kColwise),
            int(highspy.ObjSense.kMinimize),
            0.0,
            self.cost,
            self.low,
            self.high,
            self.row_low,
            self.row_high,
            self.start.astype(np.int32),
            self.row.astype(np.int32),
            self.factor,
            np.full(size, int(kind), dtype=np.int32),
        )


class Surroundings:
    """The cells that are nearest to a cell: those that share a row with it, by what
    hiding them costs, and on.
    """

    def __init__(self, part: Part) -> None:
        cells = len(part.cells)
        rows = part.rows.shape[0]
        across = part.rows
        down = csr_array(part.columns.T)
        size = cells + rows
        self.members = cells + np.arange(across.nnz)
        indices = np.concatenate([down.indices + cells, across.indices])
        indptr = np.concatenate([down.indptr, down.nnz + across.indptr[1:]])
        data = np.concatenate([np.full(down.nnz, 1e-9), np.ones(across.nnz)])
        self.steps = csr_array((data, indices, indptr), shape=(size, size))
        self.toll = self.steps.data[down.nnz :]
        self.entered = across.indices
        self.count = cells
        self.reach = 4.0

    def nearest(self, start: int, cost: np.ndarray, *, at_most: int) -> np.ndarray:
        """At most so many cells, `start` among them, in order of place. Endless cost
        keeps a cell out.
        """
        if np.isfinite(cost).all() and self.count <= at_most:
            return np.arange(self.count)
        np.take(np.maximum(cost, 1e-9), self.entered, out=self.toll)
        while True:
            away = dijkstra(self.steps, indices=start, limit=self.reach)[: self.count]
            reached = np.flatnonzero(np.isfinite(away))
            if len(reached) >= at_most:
                order = np.argsort(away[reached], kind="stable")
                return np.sort(reached[order[:at_most]])
            if self.reach > 1e4:
                return reached
            self.reach *= 2


class Attacker:
    """Looks for the least costly move of a part that grants a wish, among some of its
    cells.
    """

    def __init__(self, part: Part) -> None:
        self.part = part
        self.solver = highspy.Highs()  # type: ignore[no-untyped-call]
        options: dict[str, bool | int | float | str] = {
            "output_flag": False,
            "threads": 1,
            "parallel": "off",
            "presolve": "off",
            "random_seed": 0,
            "simplex_strategy": 1,
            "mip_max_nodes": NODES,
            "mip_rel_gap": 0.3,
        }
        for name, value in options.items():
            self.solver.setOptionValue(name, value)

    def move(
        self, wish: Wish, cells: np.ndarray, *, cost: np.ndarray, search: bool = True
    ) -> Move | None:
        """The least costly move within `cells` (sorted), `cost` per unit of change, or
        none. Always in whole numbers: a fractional answer is followed by a search among
        whole ones, or given up where that is not worth it.
        """
        cells = self._free_of(wish, cells)
        model = self._model(wish, cells, cost=cost)
        change = self._solve(model)
        if change is None:
            return None
        if not _is_whole(change):
            change = self._other_corner(model, change)
        if change is not None and not _is_whole(change):
            change = self._whole(model, change, free=cost[cells] <= FREE) if search else None
        if change is None:
            return None
        whole = np.rint(change).astype(np.int64)
        moved = np.flatnonzero(whole)
        move = Move(cells[moved], whole[moved])
        return move if self.holds(move) else None

    def carriers(self, wish: Wish, cells: np.ndarray, *, cost: np.ndarray) -> np.ndarray | None:
        """The cells that change in the least costly move, whole-numbered or not: where
        to look in a large part.
        """
        cells = self._free_of(wish, cells)
        change = self._solve(self._model(wish, cells, cost=cost))
        return None if change is None else cells[np.abs(change) > WHOLE]

    def _free_of(self, wish: Wish, cells: np.ndarray) -> np.ndarray:
        """The cells that the holder of the wish does not know."""
        return cells if wish.holder < 0 else cells[~self.part.known_to[wish.holder].knows[cells]]

    def holds(self, move: Move) -> bool:
        """Checked in whole numbers: a solver allows itself small errors."""
        places, lengths = self._entries(move.cells)
        rows, index = np.unique(self.part.columns.indices[places], return_inverse=True)
        change = self.part.columns.data[places] * np.repeat(move.change, lengths)
        total = np.bincount(index, weights=change, minlength=len(rows))
        return bool(
            np.all(total >= self.part.row_low[rows])
            and np.all(total <= self.part.row_high[rows])
            and np.all(move.change <= self.part.up[move.cells])
            and np.all(-move.change <= self.part.down[move.cells])
        )

    def _entries(self, cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where the entries of some columns stand, one column after the other, and how many
        each has.
        """
        starts = self.part.columns.indptr[cells]
        lengths = self.part.columns.indptr[cells + 1] - starts
        first = np.cumsum(lengths) - lengths
        return np.repeat(starts - first, lengths) + np.arange(lengths.sum()), lengths

    def _other_corner(self, model: _Program, change: np.ndarray) -> np.ndarray | None:
        """Fewer cells that change more are more often whole-numbered, and quicker found
        than by a search.
        """
        spread = np.abs(change) + SPARSER
        return self._solve(replace(model, cost=model.cost / np.concatenate([spread, spread])))

    def _whole(self, model: _Program, change: np.ndarray, *, free: np.ndarray) -> np.ndarray | None:
        """The same in whole numbers: first among what is hidden or moved in the
        fractional answer, then among all.
        """
        size = len(change)
        kept = np.tile((np.abs(change) > WHOLE) | free, 2)
        self.solver.setOptionValue("presolve", "on")
        found = None
        for bound in (np.where(kept, model.high, model.low), model.high):
            replace(model, high=bound, whole=True).given_to(self.solver)
            self.solver.run()
            if self.solver.getInfo().primal_solution_status == 2:
                answer: np.ndarray = np.asarray(self.solver.getSolution().col_value)
                found = answer[:size] - answer[size:]
                break
        self.solver.setOptionValue("presolve", "off")
        return found

    def _solve(self, model: _Program) -> np.ndarray | None:
        model.given_to(self.solver)
        self.solver.run()
        if self.solver.getModelStatus() != SOLVED:
            return None
        answer: np.ndarray = np.asarray(self.solver.getSolution().col_value)
        size = len(answer) // 2
        difference: np.ndarray = answer[:size] - answer[size:]
        return difference

    def _model(self, wish: Wish, cells: np.ndarray, *, cost: np.ndarray) -> _Program:
        """Every cell twice, once for going up and once for going down, so that no
        change is the solver's first idea.
        """
        part = self.part
        size = len(cells)
        places, lengths = self._entries(cells)
        first = np.concatenate([[0], np.cumsum(lengths)])
        rows, index = np.unique(part.columns.indices[places], return_inverse=True)
        signs = part.columns.data[places]
        up = part.up[cells].copy()
        down = part.down[cells].copy()
        least = np.zeros(2 * size)
        mine = int(np.searchsorted(cells, wish.cell))
        if wish.least > 0:
            least[mine], up[mine], down[mine] = wish.least, min(wish.most, up[mine]), 0
        else:
            least[size + mine], down[mine], up[mine] = -wish.most, min(-wish.least, down[mine]), 0
        return _Program(
            cost=np.concatenate([cost[cells], cost[cells]]),
            low=least,
            high=np.concatenate([up, down]),
            row_low=part.row_low[rows],
            row_high=part.row_high[rows],
            start=np.concatenate([first, first[-1] + first[1:]]),
            row=np.concatenate([index, index]),
            factor=np.concatenate([signs, -signs]).astype(float),
        )


def _is_whole(change: np.ndarray) -> bool:
    return bool(np.abs(change - np.rint(change)).max(initial=0) < WHOLE)
