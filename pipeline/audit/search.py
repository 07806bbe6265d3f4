"""Which whole-numbered tables prove the most cells? A search over blocks of cells, put to HiGHS one by one.

One sweep makes one table: starting from the true one it takes disjoint blocks, and in each asks for the change that
brings most demands nearer (one yes-or-no unknown for each range that a cell should reach). Every answer is rounded and
checked in whole numbers before it counts, so the solver is never trusted.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.audit.blocks import Neighbours
from pipeline.audit.demands import Progress, Range
from pipeline.audit.solver import Limits, Question, load, open_ended, run
from pipeline.audit.system import Numbers, System, add_rows

REACH = 25  # how far beyond what the demands need a cell may move: narrow bounds keep the search easy


@dataclass(frozen=True)
class Level:
    """How a sweep looks: cells in a block, demands asked for at once, and how long to go on with this level."""

    size: int
    demands: int
    enough: float  # demands that a sweep must bring nearer for each cell in its blocks


LEVELS = (Level(250, 80, 0.02), Level(1_000, 70, 0.015), Level(4_000, 70, 0.0), Level(10**9, 30, 0.0))
BLOCK = Limits(seconds=20, nodes=40, gap=0.2)


class Search:
    """Tables found for a system, and what they show."""

    def __init__(self, system: System, progress: Progress, deadline: float) -> None:
        self.system, self.progress, self.deadline = system, progress, deadline
        self.neighbours = Neighbours(system)
        self.by_cell = {int(c): k for k, c in enumerate(progress.cell)}
        self.tables: list[Numbers] = []
        self.asked = np.zeros(len(progress.cell), dtype=np.int64)  # how often for each demand: the hard ones wait
        progress.add(system.value)

    def sweep_all(self) -> None:
        """Sweep with blocks of growing size until sweeps bring nothing more."""
        for level in LEVELS:
            while open_ := self.progress.open():
                nearer, cells = self._sweep(level, open_)
                if nearer <= level.enough * cells or time.monotonic() > self.deadline:
                    break

    def bank(self, table: Numbers) -> int:
        """Keep a table if it holds and shows something new."""
        if not self.system.holds(table):
            return 0
        nearer = self.progress.add(table)
        if nearer:
            self.tables.append(table)
        return nearer

    def _sweep(self, level: Level, open_: Sequence[int]) -> tuple[int, int]:
        """One table. Returns how many demands it brought nearer, and how many cells were in its blocks."""
        cells = 0
        table = self.system.value.copy()
        turn = (len(self.tables) * 7919) % len(open_)  # other seeds first than last time, so borders fall elsewhere
        order = sorted((*open_[turn:], *open_[:turn]), key=lambda k: self.asked[k])
        seeds = [int(self.progress.cell[k]) for k in order]
        for block in self.neighbours.blocks(seeds, level.size):
            if time.monotonic() > self.deadline:
                break
            targets = self._targets(block, level.demands)
            if targets:
                cells += len(block)
                table[block] += self._change(table, block, targets)
        return self.bank(table), cells

    def _targets(self, block: Sequence[int], most: int) -> dict[int, list[Range]]:
        """What to ask for in a block: ranges by cell, for those least often asked, then nearest to the seed."""
        here = [self.by_cell[c] for c in block if c in self.by_cell]
        chosen = sorted((k for k in here if not self.progress.proven[k]), key=lambda k: self.asked[k])[:most]
        self.asked[chosen] += 1
        cells = self.progress.cell[chosen].tolist()
        low, high = self.system.low, self.system.high
        wanted = {c: self.progress.wanted(k, int(low[c]), int(high[c])) for k, c in zip(chosen, cells, strict=True)}
        return {c: ranges for c, ranges in wanted.items() if ranges}

    def _change(self, table: Numbers, block: list[int], targets: dict[int, list[Range]]) -> Numbers:
        """The change of the block's cells that reaches most targets; none where nothing is found."""
        question, cells = _question(self.system, self.neighbours, table, block, targets)
        status, answer = run(load(question, whole=True), BLOCK)
        nothing = np.zeros(len(cells), dtype=np.int64)
        if status != "found" or answer is None:
            return nothing
        change = np.rint(answer[: len(cells)]).astype(np.int64)
        changed = table.copy()
        changed[cells] += change
        return change if self.system.holds(changed) else nothing


def _question(
    system: System, neighbours: Neighbours, table: Numbers, block: list[int], targets: dict[int, list[Range]]
) -> tuple[Question, Numbers]:
    """Columns: the change of each cell of the block, then one yes or no for each range to be reached."""
    cells = np.array(block, dtype=np.int64)
    rows, sub = _rows_of(system, neighbours, cells)
    place = {c: i for i, c in enumerate(block)}
    reach = REACH + max(_distance(int(table[c]), wanted) for c, ranges in targets.items() for wanted in ranges)
    low = np.maximum(system.low[cells] - table[cells], -reach).astype(np.float64)
    high = np.minimum(system.high[cells] - table[cells], reach).astype(np.float64)
    start, column, factor = [*sub.start.tolist()], [*sub.cell.tolist()], [*sub.factor.astype(float).tolist()]
    total = add_rows(system.factor * table[system.cell], system.start)[rows]
    row_low = [*(open_ended(system.row_low[rows]) - total).tolist()]
    row_high = [*(open_ended(system.row_high[rows]) - total).tolist()]
    answers = len(block)
    for cell, ranges in targets.items():
        i, now = place[cell], int(table[cell])
        for a, b in ranges:
            for bound, edge, is_low in ((a - now, low[i], True), (b - now, high[i], False)):
                if (is_low and bound > edge) or (not is_low and bound < edge):
                    column += [i, answers]
                    factor += [1.0, float(edge - bound)]
                    start.append(len(column))
                    row_low.append(edge if is_low else -np.inf)
                    row_high.append(np.inf if is_low else edge)
            answers += 1
    yes = answers - len(block)
    return Question(
        np.concatenate((np.zeros(len(block)), -np.ones(yes))), np.concatenate((low, np.zeros(yes))),
        np.concatenate((high, np.ones(yes))), np.array(start), np.array(column), np.array(factor),
        np.array(row_low), np.array(row_high),
    ), cells  # fmt: skip


def _distance(now: int, wanted: Range) -> int:
    """How far a cell has to move to be in a range."""
    return max(wanted[0] - now, now - wanted[1], 0)


def _rows_of(system: System, neighbours: Neighbours, cells: Numbers) -> tuple[Numbers, System]:
    """The rows that cells are in, and the system over these cells and rows."""
    rows = np.array(sorted({r for c in cells.tolist() for r in neighbours.rows_of[c]}), dtype=np.int64)
    place = {c: i for i, c in enumerate(cells.tolist())}
    start, column, factor = [0], [], []
    for row in rows.tolist():
        for entry in range(system.start[row], system.start[row + 1]):
            at = place.get(int(system.cell[entry]))
            if at is not None:
                column.append(at)
                factor.append(int(system.factor[entry]))
        start.append(len(column))
    return rows, System(
        system.value[cells], system.low[cells], system.high[cells], np.array(start), np.array(column, dtype=np.int64),
        np.array(factor, dtype=np.int64), system.row_low[rows], system.row_high[rows],
    )  # fmt: skip
