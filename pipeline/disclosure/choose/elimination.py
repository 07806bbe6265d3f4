"""Which cells does subtraction alone ask to hide? Gaussian elimination in whole numbers
modulo a prime, per part.

The other cells are shown from the dearest down, each unless a sensitive one would then
follow exactly from shown ones. That is the usual answer to the question; it says
nothing of bounds, so on its own it leaves cells exposed.
"""

from __future__ import annotations

import numpy as np

from pipeline.disclosure.choose.components import PRIME, Part

Vector = dict[int, int]  # a cell as a combination of free cells, modulo the prime


def eliminate(part: Part) -> np.ndarray:
    """The hidden cells of a part: those hidden anyway and the added ones."""
    rank = np.empty(len(part.cells), dtype=np.int64)
    rank[np.lexsort((np.arange(len(part.cells)), part.value, part.loss))] = np.arange(
        len(part.cells)
    )
    vectors = _Vectors(_free(part, rank.tolist()), np.flatnonzero(part.hidden).tolist())
    hidden = part.hidden.copy()
    for cell in sorted(np.flatnonzero(~hidden).tolist(), key=lambda c: -int(rank[c])):
        hidden[cell] = not vectors.show(cell)
    return hidden


class _Vectors:
    """What is still unknown of each cell that is not shown: its vector without
    everything that the shown ones tell.
    """

    def __init__(self, vectors: dict[int, Vector], hidden: list[int]) -> None:
        self.vectors, self.hidden = vectors, set(hidden)
        for cell in hidden:
            vectors.setdefault(cell, {cell: 1})
        self.holders: dict[int, set[int]] = {}
        for cell, vector in vectors.items():
            for free in vector:
                self.holders.setdefault(free, set()).add(cell)

    def show(self, cell: int) -> bool:
        """Show a cell, or refuse when a hidden one would be known."""
        vector = self.vectors.pop(cell, {cell: 1})
        for free in vector:
            self.holders.get(free, set()).discard(cell)
        if not vector:
            return True
        pivot = min(vector, key=lambda free: (len(self.holders.get(free, ())), free))
        inverse = pow(vector[pivot], PRIME - 2, PRIME)
        touched = sorted(self.holders.get(pivot, ()))
        if any(
            c in self.hidden and self._is_multiple(c, vector, pivot=pivot, inverse=inverse)
            for c in touched
        ):
            return False
        for other in touched:
            self._subtract(other, vector, factor=self.vectors[other][pivot] * inverse % PRIME)
        return True

    def _is_multiple(self, cell: int, vector: Vector, *, pivot: int, inverse: int) -> bool:
        other = self.vectors[cell]
        factor = other[pivot] * inverse % PRIME
        return len(other) == len(vector) and all(
            other.get(k) == factor * x % PRIME for k, x in vector.items()
        )

    def _subtract(self, cell: int, vector: Vector, *, factor: int) -> None:
        mine = self.vectors[cell]
        for free, number in vector.items():
            rest = (mine.get(free, 0) - factor * number) % PRIME
            if rest:
                mine[free] = rest
                self.holders.setdefault(free, set()).add(cell)
            elif mine.pop(free, None) is not None:
                self.holders[free].discard(cell)


def _free(part: Part, rank: list[int]) -> dict[int, Vector]:
    """Cells that follow from others, each as a combination of free ones. Of a sum the
    cheapest cell follows from the rest, so totals are free cells themselves and showing
    one is crossing it out everywhere.
    """
    # Only exact sums can be solved; bounds say nothing here.
    rows, values = part.rows, part.value
    sums = np.flatnonzero((part.row_low == 0) & (part.row_high == 0)).tolist()
    bounds = rows.indptr.tolist()
    solved: dict[int, Vector] = {}
    holders: dict[int, set[int]] = {}
    # Gauss-Jordan elimination with numbers modulo a prime, so that nothing is rounded:
    # large sums first, each with what earlier ones solved put in.
    for row in sorted(
        sums, key=lambda r: -int(values[rows.indices[bounds[r] : bounds[r + 1]]].sum())
    ):
        members = slice(bounds[row], bounds[row + 1])
        vector: Vector = {}
        for cell, sign in zip(
            rows.indices[members].tolist(), rows.data[members].tolist(), strict=True
        ):
            _add(vector, solved.get(cell, {cell: 1}), factor=int(sign))
        if not vector:
            continue
        # The cheapest cell of the row is the one that follows from the rest.
        least = min(vector, key=lambda c: rank[c])
        inverse = pow(vector.pop(least), PRIME - 2, PRIME)
        solution = {c: -x * inverse % PRIME for c, x in vector.items()}
        # Whatever stood on that cell now stands on what it follows from.
        for cell in holders.pop(least, set()):
            number = solved[cell].pop(least, 0)  # 0 where it has cancelled out since
            if number:
                _add(solved[cell], solution, factor=number)
                for free in solution:
                    holders.setdefault(free, set()).add(cell)
        solved[least] = solution
        for free in solution:
            holders.setdefault(free, set()).add(least)
    return solved


def _add(vector: Vector, other: Vector, *, factor: int) -> None:
    for cell, number in other.items():
        total = (vector.get(cell, 0) + factor * number) % PRIME
        if total:
            vector[cell] = total
        else:
            vector.pop(cell, None)
