"""Which whole-numbered tables prove the most cells? A search over blocks of cells, put
to HiGHS block by block.

First come steps: within a block the shortest change that gives one cell one value it
needs, by linear programming; answers in fractions are left out. Steps that touch no
cell in common join in one table. Then come sweeps: one sweep makes one table. Starting
from the true one it takes disjoint blocks, and in each asks for the change that brings
most demands nearer (one yes-or-no unknown for each range that a cell should reach).
Every answer is rounded and checked in whole numbers before it counts, so the solver is
never trusted. Each block is asked about as if it were alone, and answers are put
together in the order of the blocks.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.disclosure.prove.blocks import Neighbours
from pipeline.disclosure.prove.demands import Progress, Range
from pipeline.disclosure.prove.solver import Limits, Question, load, open_ended, run
from pipeline.disclosure.prove.suggested import Joining, Placed
from pipeline.disclosure.prove.system import Numbers, System, add_rows

REACH = (
    25  # how far beyond what the demands need a cell may move: narrow bounds keep the search easy
)


@dataclass(frozen=True)
class Level:
    """How a sweep looks: cells in a block, demands asked for at once, and how long to
    go on with this level.
    """

    size: int
    demands: int
    enough: float  # demands that a sweep must bring nearer for each cell in its blocks


STEPS = (250, 600, 1_500)  # cells in a block for steps, one pass each
LEVELS = (
    Level(250, 80, 0.02),
    Level(1_000, 70, 0.015),
    Level(4_000, 70, 0.0),
    Level(10**9, 30, 0.0),
)
TINY = 1e-6
STEP = Limits(seconds=5)
BLOCK = Limits(seconds=20, nodes=40, gap=0.2)


class Search:
    """Tables found for a system, and what they show."""

    def __init__(self, system: System, progress: Progress, *, deadline: float) -> None:
        self.system, self.progress, self.deadline = system, progress, deadline
        self.neighbours = Neighbours(system)
        self.by_cell = {int(c): k for k, c in enumerate(progress.cell)}
        self.tables: list[Placed] = []  # as what changes from the true table
        # how often for each demand: the hard ones wait
        self.asked = np.zeros(len(progress.cell), dtype=np.int64)
        progress.add(system.value)

    def sweep_all(self) -> None:
        """Steps, then sweeps with blocks of growing size until sweeps bring nothing
        more.
        """
        for size in STEPS:
            self._steps(size)
        for level in LEVELS:
            while open_ := self.progress.open():
                nearer, cells = self._sweep(level, open_)
                if nearer <= level.enough * cells or time.monotonic() > self.deadline:
                    break

    def suggest(self, changes: Iterable[Placed]) -> None:
        """Try changes that somebody else suggests: those that hold and bring a demand
        nearer are joined in few tables.
        """
        joining = Joining(self.system)
        shown = _only(self.progress, range(len(self.progress.cell)))
        for cells, change in changes:
            if not joining.holds(cells, change):
                continue
            values = dict(zip(cells.tolist(), self.system.value[cells] + change, strict=True))
            mine = [self.by_cell[c] for c in values if c in self.by_cell]
            mine = [k for k in mine if not shown.proven[k]]
            if shown.note(mine, [int(values[int(shown.cell[k])]) for k in mine]):
                joining.add(cells, change)
        for joined in joining.tables:
            table = self.system.value.copy()
            for cells, change in joined:
                table[cells] += change
            self.bank(table)

    def bank(self, table: Numbers) -> int:
        """Keep a table if it holds and shows something new."""
        if not self.system.holds(table):
            return 0
        nearer = self.progress.add(table)
        if nearer:
            change = table - self.system.value
            moved = np.flatnonzero(change)
            self.tables.append((moved, change[moved]))
        return nearer

    def _sweep(self, level: Level, open_: Sequence[int]) -> tuple[int, int]:
        """One table. Returns how many demands it brought nearer, and how many cells
        were in its blocks.
        """
        cells = 0
        table = self.system.value.copy()
        asked = []
        for block in self.neighbours.blocks(self._seeds(open_), level.size):
            targets = self._targets(block, level.demands)
            if targets:
                cells += len(block)
                asked.append((block, targets))
        for block, targets in asked:
            _join(self.system, table, cells=np.array(block), change=self._change(block, targets))
        return self.bank(table), cells

    def _seeds(self, open_: Sequence[int]) -> list[int]:
        # other seeds first than last time, so borders fall elsewhere
        turn = (len(self.tables) * 7919) % len(open_)
        order = sorted((*open_[turn:], *open_[:turn]), key=lambda k: self.asked[k])
        return [int(self.progress.cell[k]) for k in order]

    def _steps(self, size: int) -> None:
        """Steps in disjoint blocks, put together to few tables."""
        if not (open_ := self.progress.open()):
            return
        tables: list[Numbers] = []
        for block in self.neighbours.blocks(self._seeds(open_), size):
            for cells, change in self._steps_of(block):
                if not any(_join(self.system, t, cells=cells, change=change) for t in tables):
                    tables.append(self.system.value.copy())
                    _join(self.system, tables[-1], cells=cells, change=change)
        for table in tables:
            self.bank(table)

    def _steps_of(self, block: list[int]) -> list[tuple[Numbers, Numbers]]:
        """Cells and their changes, one pair for each step of a block."""
        open_ = [
            k
            for c in block
            if (k := self.by_cell.get(c)) is not None and not self.progress.proven[k]
        ]
        steps = Steps(self.system, self.neighbours, block=block)
        mine = _only(self.progress, open_)
        where = np.array(block)
        place = {c: i for i, c in enumerate(block)}
        mine.cell = np.array([place[c] for c in mine.cell.tolist()], dtype=np.int64)
        low = self.system.low[where]
        high = self.system.high[where]
        value = self.system.value[where]
        found = []
        for k, cell in enumerate(mine.cell.tolist()):
            failed: set[Range] = set()
            while wanted := [
                r
                for r in mine.wanted(k, int(low[cell]), highest=int(high[cell]))
                if r not in failed
            ]:
                change = None if time.monotonic() > self.deadline else steps.find(cell, wanted[0])
                if change is None or not mine.add(value + change):
                    failed.add(wanted[0])
                    continue
                moved = np.flatnonzero(change)
                found.append((where[moved], change[moved]))
        return found

    def _targets(self, block: Sequence[int], most: int) -> dict[int, list[Range]]:
        """What to ask for in a block: ranges by cell, for those least often asked, then
        nearest to the seed.
        """
        here = [self.by_cell[c] for c in block if c in self.by_cell]
        chosen = sorted(
            (k for k in here if not self.progress.proven[k]), key=lambda k: self.asked[k]
        )[:most]
        self.asked[chosen] += 1
        cells = self.progress.cell[chosen].tolist()
        low, high = self.system.low, self.system.high
        wanted = {
            c: self.progress.wanted(k, int(low[c]), highest=int(high[c]))
            for k, c in zip(chosen, cells, strict=True)
        }
        return {c: ranges for c, ranges in wanted.items() if ranges}

    def _change(self, block: list[int], targets: dict[int, list[Range]]) -> Numbers:
        """The change of the block's cells that reaches most targets; none where nothing
        is found.
        """
        nothing = np.zeros(len(block), dtype=np.int64)
        if time.monotonic() > self.deadline:
            return nothing
        question, cells = _question(
            self.system, self.neighbours, table=self.system.value, block=block, targets=targets
        )
        status, answer = run(load(question, whole=True), BLOCK)
        if status != "found" or answer is None:
            return nothing
        return np.rint(answer[: len(cells)]).astype(np.int64)


class Steps:
    """A block as one linear program that is kept warm. Every cell twice, for going up
    and for going down, at a price: the shortest change is asked for, and that is mostly
    whole-numbered.
    """

    def __init__(self, system: System, neighbours: Neighbours, *, block: list[int]) -> None:
        self.size = len(block)
        # The same block without ranges, each cell twice: once for going up, once for
        # going down, so that what it costs to change is linear.
        question, _ = _question(system, neighbours, table=system.value, block=block, targets={})
        self.down, self.up = np.maximum(-question.low, 0), np.maximum(question.high, 0)
        entries = np.diff(question.start)
        start = np.concatenate(([0], np.cumsum(2 * entries)))
        row = np.repeat(np.arange(len(entries)), entries)
        at = np.arange(len(question.column)) + question.start[row]
        column = np.zeros(start[-1], dtype=np.int64)
        factor = np.zeros(start[-1])
        column[at], factor[at] = question.column, question.factor
        column[at + entries[row]], factor[at + entries[row]] = (
            question.column + self.size,
            -question.factor,
        )
        self.ask = load(
            Question(
                np.ones(2 * self.size),
                np.zeros(2 * self.size),
                np.concatenate((self.up, self.down)),
                start,
                column,
                factor,
                question.row_low,
                question.row_high,
            ),
            whole=False,
        )
        self.value = system.value[block]
        for option, value in (("presolve", "off"), ("solver", "simplex")):
            self.ask.setOptionValue(option, value)

    def find(self, cell: int, wanted: Range) -> Numbers | None:
        """The shortest change that gives a cell a value in a range, if that is
        whole-numbered.
        """
        low = wanted[0] - int(self.value[cell])
        high = wanted[1] - int(self.value[cell])
        up = low > 0
        least, most = (low, high) if up else (-high, -low)
        room = self.up[cell] if up else self.down[cell]
        if least > room:
            return None
        asked, other = (cell, self.size + cell) if up else (self.size + cell, cell)
        self.ask.changeColBounds(asked, float(least), float(min(most, room)))
        self.ask.changeColBounds(other, 0.0, 0.0)
        status, answer = run(self.ask, STEP)
        self.ask.changeColBounds(cell, 0.0, float(self.up[cell]))
        self.ask.changeColBounds(self.size + cell, 0.0, float(self.down[cell]))
        if status != "found" or answer is None:
            return None
        change = answer[: self.size] - answer[self.size :]
        whole = np.rint(change)
        return whole.astype(np.int64) if np.abs(change - whole).max() < TINY else None


def _only(progress: Progress, demands: Sequence[int]) -> Progress:
    """A copy of what is shown for some of the demands."""
    part = Progress(
        progress.cell[demands],
        progress.low[demands],
        progress.high[demands],
        progress.values[demands],
    )
    part.seen = [set(progress.seen[k]) for k in demands]
    part.first = None if progress.first is None else progress.first[demands]
    for name in ("low_shown", "high_shown", "proven"):
        setattr(part, name, getattr(progress, name)[demands])
    return part


def _join(system: System, table: Numbers, *, cells: Numbers, change: Numbers) -> bool:
    """Change a table by one answer more, unless it touches these cells already or would
    not hold any more.
    """
    if np.any(table[cells] != system.value[cells]):
        return False
    table[cells] += change
    holds = system.holds(table)
    if not holds:
        table[cells] -= change
    return holds


def _question(
    system: System,
    neighbours: Neighbours,
    *,
    table: Numbers,
    block: list[int],
    targets: dict[int, list[Range]],
) -> tuple[Question, Numbers]:
    """Columns: the change of each cell of the block, then one yes or no for each range
    to be reached.
    """
    # Changes of the cells of a block while all others stay: the rows that touch it, and
    # how far each cell may go.
    cells = np.array(block, dtype=np.int64)
    rows, sub = _rows_of(system, neighbours, cells=cells)
    place = {c: i for i, c in enumerate(block)}
    far = (_distance(int(table[c]), wanted) for c, ranges in targets.items() for wanted in ranges)
    reach = REACH + max(far, default=0)
    low = np.maximum(system.low[cells] - table[cells], -reach).astype(np.float64)
    high = np.minimum(system.high[cells] - table[cells], reach).astype(np.float64)
    start = [*sub.start.tolist()]
    column = [*sub.cell.tolist()]
    factor = [*sub.factor.astype(float).tolist()]
    total = add_rows(system.factor * table[system.cell], system.start)[rows]
    row_low = [*(open_ended(system.row_low[rows]) - total).tolist()]
    row_high = [*(open_ended(system.row_high[rows]) - total).tolist()]
    # For each range that is wanted a yes-or-no number: where it says yes, the cell lies
    # in the range; otherwise the row says nothing.
    answers = len(block)
    for cell, ranges in targets.items():
        i = place[cell]
        now = int(table[cell])
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
    return (
        Question(
            np.concatenate((np.zeros(len(block)), -np.ones(yes))),
            np.concatenate((low, np.zeros(yes))),
            np.concatenate((high, np.ones(yes))),
            np.array(start),
            np.array(column),
            np.array(factor),
            np.array(row_low),
            np.array(row_high),
        ),
        cells,
    )


def _distance(now: int, wanted: Range) -> int:
    """How far a cell has to move to be in a range."""
    return max(wanted[0] - now, now - wanted[1], 0)


def _rows_of(system: System, neighbours: Neighbours, *, cells: Numbers) -> tuple[Numbers, System]:
    """The rows that cells are in, and the system over these cells and rows."""
    rows = np.array(
        sorted({r for c in cells.tolist() for r in neighbours.rows_of[c]}), dtype=np.int64
    )
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
        system.value[cells],
        system.low[cells],
        system.high[cells],
        np.array(start),
        np.array(column, dtype=np.int64),
        np.array(factor, dtype=np.int64),
        system.row_low[rows],
        system.row_high[rows],
    )
