"""What is known of the cells that nobody may see? Whole numbers between bounds, tied by
rows over a few of them.

A row says `row_low <= sum of coefficient * cell <= row_high`. A sum is a row with the
whole at 1, its parts at -1 and both limits 0; where parts are missing its upper limit
is open. Shown cells are numbers in the limits, not unknowns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import UserError

NO_LIMIT = 2**53
Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]
# whole, parts, and "=" (the default) or ">="
Sum = tuple[str, Sequence[str]] | tuple[str, Sequence[str], str]
# name, coefficients, limits: None is no limit
Interval = tuple[str, Mapping[str, int], int | None, int | None]


@dataclass(frozen=True)
class System:
    """Unknown cells with their true values and bounds, and the rows over them
    (compressed by row).
    """

    value: Numbers
    low: Numbers
    high: Numbers
    start: Numbers  # row r holds the entries start[r] to start[r + 1]
    cell: Numbers
    factor: Numbers
    row_low: Numbers
    row_high: Numbers

    @property
    def entry_row(self) -> Numbers:
        """The row of each entry."""
        return np.repeat(np.arange(len(self.row_low)), np.diff(self.start))

    def activity(self, value: Numbers) -> Numbers:
        """What each row adds up to in a table."""
        return add_rows(self.factor * value[self.cell], self.start)

    def holds(self, value: Numbers) -> bool:
        """Whether a table is possible for somebody who knows the bounds and the rows."""
        total = self.activity(value)
        inside = np.all((self.low <= value) & (value <= self.high))
        return bool(inside and np.all((self.row_low <= total) & (total <= self.row_high)))

    def only(self, unknown: Flags) -> tuple[System, Numbers]:
        """The system over some of its cells, the others at their true value, and where
        each cell of it comes from.
        """
        where = np.flatnonzero(unknown)
        place = np.full(len(unknown), -1, dtype=np.int64)
        place[where] = np.arange(len(where))
        fixed = add_rows(
            np.where(unknown[self.cell], 0, self.factor * self.value[self.cell]), self.start
        )
        kept = unknown[self.cell]
        sizes = add_rows(kept.astype(np.int64), self.start)
        rows = sizes > 0
        return (
            System(
                self.value[where],
                self.low[where],
                self.high[where],
                np.concatenate(([0], np.cumsum(sizes[rows]))),
                place[self.cell[kept]],
                self.factor[kept],
                np.where(self.row_low <= -NO_LIMIT, -NO_LIMIT, self.row_low - fixed)[rows],
                np.where(self.row_high >= NO_LIMIT, NO_LIMIT, self.row_high - fixed)[rows],
            ),
            where,
        )

    def rows_kept(self, kept: Flags) -> System:
        """The system with some of its rows."""
        entries = kept[self.entry_row]
        start = np.concatenate(([0], np.cumsum(np.diff(self.start)[kept])))
        return System(
            self.value,
            self.low,
            self.high,
            start,
            self.cell[entries],
            self.factor[entries],
            self.row_low[kept],
            self.row_high[kept],
        )

    def bounded(self, low: Numbers, high: Numbers) -> System:
        """The same system with other bounds."""
        return System(
            self.value, low, high, self.start, self.cell, self.factor, self.row_low, self.row_high
        )


def add_rows(entries: Numbers, start: Numbers) -> Numbers:
    """Sums of entries row by row; a row may be empty."""
    total = np.concatenate(([0], np.cumsum(entries)))
    return total[start[1:]] - total[start[:-1]]


def build_system(
    names: Sequence[str],
    values: Numbers,
    *,
    lows: Numbers,
    highs: Numbers,
    hidden: Flags,
    sums: Iterable[Sum],
    intervals: Iterable[Interval] = (),
) -> System:
    """Read sums and intervals over named cells; shown cells have their value as both
    bounds.

    Raises UserError when the true values do not fit what is said to be known of them.
    """
    place = {name: i for i, name in enumerate(names)}
    labels: list[str] = []
    rows: list[dict[int, int]] = []
    limits: list[tuple[int, int]] = []
    for sum_ in sums:
        row = {place[sum_[0]]: 1}
        for part in sum_[1]:
            row[place[part]] = row.get(place[part], 0) - 1
        rows.append(row)
        labels.append(sum_[0])
        limits.append((0, NO_LIMIT if sum_[2:] == (">=",) else 0))
    for name, factors, lowest, highest in intervals:
        rows.append({place[k]: f for k, f in factors.items()})
        labels.append(name)
        limits.append(
            (-NO_LIMIT if lowest is None else lowest, NO_LIMIT if highest is None else highest)
        )
    values = np.asarray(values, dtype=np.int64)
    system = System(
        values,
        np.where(hidden, lows, values),
        np.where(hidden, highs, values),
        np.concatenate(([0], np.cumsum([len(r) for r in rows], dtype=np.int64))).astype(np.int64),
        np.array([i for r in rows for i in r], dtype=np.int64),
        np.array([f for r in rows for f in r.values()], dtype=np.int64),
        np.array([x[0] for x in limits], dtype=np.int64),
        np.array([x[1] for x in limits], dtype=np.int64),
    )
    _must_hold(system, names, labels=labels)
    return system


def _must_hold(system: System, names: Sequence[str], *, labels: Sequence[str]) -> None:
    total = system.activity(system.value)
    wrong = [
        labels[i] for i in np.flatnonzero((total < system.row_low) | (total > system.row_high))[:5]
    ]
    wrong += [
        names[i]
        for i in np.flatnonzero((system.value < system.low) | (system.value > system.high))[:5]
    ]
    if wrong:
        raise UserError(
            f"the true cells do not fit what is known of them: {', '.join(wrong)}",
            do="a sum, an interval or a bound that does not hold cannot be part of an audit",
        )
