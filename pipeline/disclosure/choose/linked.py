"""What may be hidden, and what ties cells together? One sparse system of whole numbers
over all cells of a release.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_array

from pipeline.disclosure.choose.grid import Grid

NO_LIMIT = np.int64(2**53)


@dataclass(frozen=True)
class Demand:
    """What must stay possible for a sensitive cell: a value at or below `low`, one at
    or above `high`, and at least `values` different ones, each in a whole-numbered
    table that agrees with everything shown.
    """

    cell: int
    low: int
    high: int
    values: int = 3


@dataclass(frozen=True)
class Knower:
    """A holder against whom a pattern is proven: which cells they know, and what every
    other sensitive cell must still be able to be for them.
    """

    name: str
    knows: np.ndarray
    demands: tuple[Demand, ...]


@dataclass(frozen=True)
class System:
    """Cells (columns) and what is known of them. All values are whole numbers, in steps
    of the cell's unit.

    `value` is a table in which every row holds: `row_low <= rows @ value <= row_high`.
    A sum is a row with the whole at 1, its parts at -1 and both limits 0; an upper
    limit of NO_LIMIT says that parts are missing; a printed share or rate is a row
    between its rounding limits. `low` and `high` bound a cell whoever hides it (a
    hidden count is at least 1 where zeros are shown). `loss` is what hiding a cell
    costs a reader; infinite where it may not be hidden.
    """

    names: tuple[str, ...]
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    loss: np.ndarray
    rows: csr_array
    row_low: np.ndarray
    row_high: np.ndarray
    demands: tuple[Demand, ...]
    # cells hidden whatever is chosen: sensitive ones, and those a rule of the policy
    # withholds
    hidden: np.ndarray
    # the node of each cell on each axis, where cells have codes
    grid: Grid | None = None
    known_to: tuple[Knower, ...] = ()


@dataclass(frozen=True)
class Move:
    """A change of the true table in whole numbers that keeps every row: the cells that
    change, and by how much.
    """

    cells: np.ndarray
    change: np.ndarray

    def named(self, names: Sequence[str]) -> dict[str, int]:
        """How much each cell that changes does, by name."""
        cells = (names[c] for c in self.cells.tolist())
        return dict(zip(cells, self.change.tolist(), strict=True))


@dataclass(frozen=True)
class Pattern:
    """Which cells are hidden, for whom the added ones are, and which sensitive cells no
    pattern could protect. `moves` change hidden cells only: together they show what every
    other sensitive cell can be.
    """

    hidden: np.ndarray
    # added cell -> sensitive cells it protects
    protects: dict[int, tuple[int, ...]] = field(default_factory=dict)
    unprotected: tuple[int, ...] = ()
    moves: tuple[Move, ...] = ()
    # of these -> from whom: holders by name, no name for everybody
    lost_to: dict[int, tuple[str, ...]] = field(default_factory=dict)
