"""Where does a change of a large part close? Among the cells at the codes of a cell and
at a few others, with the codes above them, on every axis.

A change keeps every sum, so it runs round: out at one code and back at another, in
every dimension of the cell. Which cells close such a round is known from codes alone.
Cells that are near by price close it seldom, since the totals above a cell are dear.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array

ALL = 0  # the node of an axis for cells that are about all of it
_OWN = 3  # leaves below the node of a cell that are looked among


@dataclass(frozen=True)
class Axis:
    """The codes of a dimension as nodes. `leaves` have no node below them, those with the
    largest figures first; `above` says for each leaf which nodes hold it, itself among
    them, as a row of flags.
    """

    leaves: np.ndarray
    above: np.ndarray

    def among(self, node: int, others: int, beside: np.ndarray) -> np.ndarray:
        """Flags of the nodes to look among: those that hold leaves of `node`, or one of so
        many other leaves. Leaves that are in `beside` come first: there the cell itself
        has parts, or the sums that it is in.
        """
        mine = self.above[:, node]
        first = np.isin(self.leaves, beside)
        own = np.flatnonzero(mine & first)[:_OWN]
        if not len(own):
            own = np.flatnonzero(mine)[:_OWN]
        most = others if self._adds_up else 0
        near = np.flatnonzero(~mine & first)[:most]
        far = np.flatnonzero(~mine & ~first)[: most - len(near)]
        picked = np.concatenate([own, near, far])
        found: np.ndarray = self.above[picked].any(axis=0)
        found[[ALL, node]] = True
        return found

    @property
    def _adds_up(self) -> bool:
        """Whether any node holds others: years that no sum joins do not move together."""
        return bool(self.above.sum() > len(self.leaves))


@dataclass(frozen=True)
class Grid:
    """The node of each cell (rows) on each axis (columns), and the axes."""

    node: np.ndarray
    axes: tuple[Axis, ...]

    def of(self, cells: np.ndarray) -> Grid:
        """The same for some cells, which count from 0 then."""
        return replace(self, node=np.asfortranarray(self.node[cells]))

    def around(self, cell: int, others: int) -> np.ndarray:
        """The cells to look among for a move of one, in their order: at its own codes and
        at so many others of each axis, and above.
        """
        inside = np.ones(len(self.node), dtype=bool)
        differs = np.zeros(len(self.node), dtype=np.int8)
        for node in self.node.T:  # one axis after the other, each in one piece of memory
            differs += node != node[cell]
        near = np.flatnonzero(differs <= 1)
        for axis, node in zip(self.axes, self.node.T, strict=True):
            beside = node[near[(differs[near] == 0) | (node[near] != node[cell])]]
            inside &= axis.among(int(node[cell]), others, beside)[node]
        return np.flatnonzero(inside)


def grid_of(node: np.ndarray, rows: csr_array, value: np.ndarray) -> Grid:
    """The grid of a system: which node holds which is read off its sums, a whole (at 1)
    over parts (at -1) that differ from it in one axis.
    """
    entries = np.diff(rows.indptr)
    row = np.repeat(np.arange(rows.shape[0]), entries)
    is_sum = np.bincount(row[rows.data == 1], minlength=rows.shape[0]) == 1
    whole = np.zeros(rows.shape[0], dtype=np.int64)
    whole[row[rows.data == 1]] = rows.indices[rows.data == 1]
    at = np.flatnonzero((rows.data == -1) & is_sum[row])
    parts, wholes = rows.indices[at], whole[row[at]]
    differs = node[parts] != node[wholes]
    one = differs.sum(axis=1) == 1
    cell, axis = np.nonzero(differs[one])
    below, over = node[parts[one][cell], axis], node[wholes[one][cell], axis]
    return Grid(
        node,
        tuple(
            _axis(node[:, a], value, np.unique(np.stack([below, over])[:, axis == a], axis=1))
            for a in range(node.shape[1])
        ),
    )


def _axis(node: np.ndarray, value: np.ndarray, pairs: np.ndarray) -> Axis:
    """`pairs` are nodes (first row) and the nodes right above them."""
    size = int(node.max(initial=0)) + 1
    holds = np.eye(size, dtype=bool)  # holds[a, b]: b is a, or above it
    holds[pairs[0], pairs[1]] = True
    while not np.array_equal(further := (holds.astype(np.int64) @ holds) > 0, holds):
        holds = further
    leaves = np.setdiff1d(np.unique(node), [ALL, *pairs[1].tolist()])
    weight = np.bincount(node, weights=value, minlength=size)
    leaves = leaves[np.lexsort((leaves, -weight[leaves]))]
    return Axis(leaves, holds[leaves])
