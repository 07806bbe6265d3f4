"""Which tables does somebody else suggest? Changes of the true table, each tried in
whole numbers here before it counts.

Whoever chose what is hidden knows such changes. Nothing is believed of them: one that
names a cell that is not hidden, or breaks a row or a bound, is left out, and what they
do not prove is searched for as if there were none. Changes that touch no row in common
hold together, so few tables are made of many changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from pipeline.disclosure.prove.system import Flags, Numbers, System

Change = Mapping[str, int]  # how much each cell that changes does, by name
Placed = tuple[Numbers, Numbers]  # cells of a system, and how much each changes


def placed(changes: Iterable[Change], names: Sequence[str], *, where: Numbers) -> Iterator[Placed]:
    """The changes in terms of a system, whose cell number i is `names[where[i]]`; without
    those of cells that it does not have.
    """
    place = {names[c]: i for i, c in enumerate(where.tolist())}
    for change in changes:
        if all(name in place for name in change):
            yield (
                np.array([place[n] for n in change], dtype=np.int64),
                np.array(list(change.values()), dtype=np.int64),
            )


TRIED = 64  # tables that a change may still join: more are tried in vain


class Joining:
    """Tables made of changes that touch no row in common."""

    def __init__(self, system: System) -> None:
        self.system = system
        order = np.argsort(system.cell, kind="stable")
        self.row, self.factor = system.entry_row[order], system.factor[order]
        self.entries = np.bincount(system.cell, minlength=len(system.value))
        self.start = np.cumsum(self.entries) - self.entries
        self.total = system.activity(system.value)
        self.tables: list[list[Placed]] = []
        self._touched: list[Flags] = []  # rows, then cells, of the newest tables only

    def holds(self, cells: Numbers, change: Numbers) -> bool:
        """Whether the true table, changed so, is possible for somebody who knows the bounds
        and the rows.
        """
        system = self.system
        value = system.value[cells] + change
        if np.any((value < system.low[cells]) | (value > system.high[cells])):
            return False
        at = self._entries(cells)
        row, index = np.unique(self.row[at], return_inverse=True)
        moved = np.zeros(len(row), dtype=np.int64)
        np.add.at(moved, index, self.factor[at] * np.repeat(change, self.entries[cells]))
        total = self.total[row] + moved
        return bool(np.all((system.row_low[row] <= total) & (total <= system.row_high[row])))

    def add(self, cells: Numbers, change: Numbers) -> None:
        """Put a change that holds into the first of the newest tables that it fits into."""
        here = np.concatenate([self.row[self._entries(cells)], len(self.total) + cells])
        newest = zip(self.tables[-TRIED:], self._touched, strict=True)
        free = ((table, touched) for table, touched in newest if not touched[here].any())
        table, touched = next(free, None) or self._begin()
        table.append((cells, change))
        touched[here] = True

    def _begin(self) -> tuple[list[Placed], Flags]:
        table: list[Placed] = []
        touched = np.zeros(len(self.total) + len(self.entries), dtype=bool)
        self.tables.append(table)
        self._touched = [*self._touched, touched][-TRIED:]
        return table, touched

    def _entries(self, cells: Numbers) -> Numbers:
        """Where the entries of some cells stand, one cell after the other."""
        lengths = self.entries[cells]
        first = np.cumsum(lengths) - lengths
        found: Numbers = np.repeat(self.start[cells] - first, lengths) + np.arange(lengths.sum())
        return found
