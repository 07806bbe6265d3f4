"""Is there another table that agrees with all that is shown? The least costly change of
a part, in whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from pipeline.disclosure.choose.components import Part
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


@dataclass(frozen=True)
class Move:
    """A change in whole numbers that keeps every row: the cells that change, and by how
    much.
    """

    cells: np.ndarray
    change: np.ndarray


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
        return move if self._holds(move) else None

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

    def _holds(self, move: Move) -> bool:
        """Checked in whole numbers: a solver allows itself small errors."""
        columns = self.part.columns[:, move.cells]
        rows = columns @ move.change
        return bool(
            np.all(rows >= self.part.row_low)
            and np.all(rows <= self.part.row_high)
            and np.all(move.change <= self.part.up[move.cells])
            and np.all(-move.change <= self.part.down[move.cells])
        )

    def _other_corner(self, model: highspy.HighsLp, change: np.ndarray) -> np.ndarray | None:
        """Fewer cells that change more are more often whole-numbered, and quicker found
        than by a search.
        """
        spread = np.abs(change) + SPARSER
        model.col_cost_ = np.asarray(model.col_cost_) / np.concatenate([spread, spread])
        return self._solve(model)

    def _whole(
        self, model: highspy.HighsLp, change: np.ndarray, *, free: np.ndarray
    ) -> np.ndarray | None:
        """The same in whole numbers: first among what is hidden or moved in the
        fractional answer, then among all.
        """
        size = len(change)
        upper = np.array(model.col_upper_)
        kept = np.tile((np.abs(change) > WHOLE) | free, 2)
        model.integrality_ = [highspy.HighsVarType.kInteger] * (2 * size)
        self.solver.setOptionValue("presolve", "on")
        lower = np.array(model.col_lower_)
        found = None
        for bound in (np.where(kept, upper, lower), upper):
            model.col_upper_ = bound
            self.solver.passModel(model)
            self.solver.run()
            if self.solver.getInfo().primal_solution_status == 2:
                answer: np.ndarray = np.asarray(self.solver.getSolution().col_value)
                found = answer[:size] - answer[size:]
                break
        self.solver.setOptionValue("presolve", "off")
        return found

    def _solve(self, model: highspy.HighsLp) -> np.ndarray | None:
        self.solver.passModel(model)
        self.solver.run()
        if self.solver.getModelStatus() != SOLVED:
            return None
        answer: np.ndarray = np.asarray(self.solver.getSolution().col_value)
        size = len(answer) // 2
        difference: np.ndarray = answer[:size] - answer[size:]
        return difference

    def _model(self, wish: Wish, cells: np.ndarray, *, cost: np.ndarray) -> highspy.HighsLp:
        """Every cell twice, once for going up and once for going down, so that no
        change is the solver's first idea.
        """
        part = self.part
        size = len(cells)
        starts = part.columns.indptr[cells]
        ends = part.columns.indptr[cells + 1]
        lengths = ends - starts
        first = np.concatenate([[0], np.cumsum(lengths)])
        places = np.repeat(starts - first[:-1], lengths) + np.arange(first[-1])
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
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = 2 * size, len(rows)
        model.col_cost_ = np.concatenate([cost[cells], cost[cells]])
        model.col_lower_ = least
        model.col_upper_ = np.concatenate([up, down])
        model.row_lower_, model.row_upper_ = part.row_low[rows], part.row_high[rows]
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_ = np.concatenate([first, first[-1] + first[1:]])
        model.a_matrix_.index_ = np.concatenate([index, index])
        model.a_matrix_.value_ = np.concatenate([signs, -signs])
        return model


def _is_whole(change: np.ndarray) -> bool:
    return bool(np.abs(change - np.rint(change)).max(initial=0) < WHOLE)
