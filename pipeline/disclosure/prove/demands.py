"""What has been shown for each sensitive cell, and what is still to show? Demands
against the tables found so far.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from pipeline.disclosure.prove.system import Numbers

Range = tuple[int, int]


@dataclass
class Progress:
    """Demands by cell: a value of at most `low`, one of at least `high`, and `values`
    different ones.
    """

    cell: Numbers
    low: Numbers
    high: Numbers
    values: Numbers
    seen: list[set[int]] = field(default_factory=list)
    first: Numbers | None = None  # what each cell was in the first table

    def __post_init__(self) -> None:
        self.seen = [set() for _ in self.cell]
        self.low_shown = np.zeros(len(self.cell), dtype=bool)
        self.high_shown = np.zeros(len(self.cell), dtype=bool)
        self.proven = np.zeros(len(self.cell), dtype=bool)

    def add(self, table: Numbers) -> int:
        """Take a table into account. Returns how many demands came nearer to being met."""
        found = table[self.cell]
        if self.first is None:
            self.first = found
            open_ = np.flatnonzero(~self.proven)
        else:  # what the first table showed teaches nothing a second time
            open_ = np.flatnonzero(~self.proven & (found != self.first))
        return self.note(open_.tolist(), found[open_].tolist())

    def note(self, demands: Sequence[int], values: Sequence[int]) -> int:
        """Take into account that the cells of some demands can have these values. Returns
        how many demands came nearer to being met.
        """
        nearer = 0
        for k, value in zip(demands, values, strict=True):
            low = value <= self.low[k]
            high = value >= self.high[k]
            new = (low and not self.low_shown[k]) or (high and not self.high_shown[k])
            new = new or (value not in self.seen[k] and len(self.seen[k]) < self.values[k])
            self.low_shown[k] |= low
            self.high_shown[k] |= high
            self.seen[k].add(value)
            self.proven[k] = (
                self.low_shown[k] and self.high_shown[k] and len(self.seen[k]) >= self.values[k]
            )
            nearer += int(new)
        return nearer

    def wanted(self, k: int, lowest: int, *, highest: int) -> list[Range]:
        """Ranges of which each brings demand k nearer, within the bounds of its cell."""
        found: list[Range] = []
        if not self.low_shown[k]:
            found.append((lowest, int(self.low[k])))
        if not self.high_shown[k]:
            found.append((int(self.high[k]), highest))
        if not found:
            found = _gaps(sorted(self.seen[k]), lowest, highest=highest)
        return [(a, b) for a, b in found if lowest <= a <= b <= highest]

    def open(self) -> Sequence[int]:
        return [int(k) for k in np.flatnonzero(~self.proven)]


def _gaps(seen: Sequence[int], lowest: int, *, highest: int) -> list[Range]:
    """Ranges without any of these values."""
    edges = [lowest - 1, *seen, highest + 1]
    return [(a + 1, b - 1) for a, b in zip(edges, edges[1:], strict=False) if b - a > 1]
