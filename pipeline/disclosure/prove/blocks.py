"""Which cells are worth changing together? Small blocks around cells that are still to
be proven.

A change of a table keeps every sum, so a cell can move only together with others of
each of its sums. A block grows from a cell through its sums and takes first the cells
whose sums are all in it already, because they close circles.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush

import numpy as np

from pipeline.disclosure.prove.system import Flags, System


class Neighbours:
    """Who shares a row with whom, as plain lists: a block is grown one cell at a time."""

    def __init__(self, system: System) -> None:
        start = system.start.tolist()
        cell = system.cell.tolist()
        self.cells_of = [cell[a:b] for a, b in zip(start, start[1:], strict=False)]
        self.rows_of: list[list[int]] = [[] for _ in range(len(system.value))]
        for row, cells in enumerate(self.cells_of):
            for c in cells:
                self.rows_of[c].append(row)

    def blocks(self, seeds: Iterable[int], size: int) -> Iterator[list[int]]:
        """Disjoint blocks of up to `size` cells, grown from the seeds in their order."""
        taken: Flags = np.zeros(len(self.rows_of), dtype=bool)
        for seed in seeds:
            if not taken[seed]:
                yield self._grow(seed, size, taken=taken)

    def _grow(self, seed: int, size: int, *, taken: Flags) -> list[int]:
        touched: set[int] = set()
        missing: dict[int, int] = {}  # rows of a cell that are not yet touched by the block
        waiting: list[tuple[int, int, int]] = [(0, 0, seed)]
        block: list[int] = []
        while waiting and len(block) < size:
            cell = heappop(waiting)[2]
            if taken[cell]:
                continue
            taken[cell] = True
            block.append(cell)
            for row in self.rows_of[cell]:
                if row in touched:
                    continue
                touched.add(row)
                for other in self.cells_of[row]:
                    if not taken[other]:
                        missing[other] = missing.get(other, len(self.rows_of[other])) - 1
                        heappush(waiting, (missing[other], len(touched), other))
        return block
