"""Can one cell be proven at all? The cells that sweeps left over, one by one over
everything they are linked to.

First linear programs, whose bounds can only be wider than those of whole numbers: where
even they exclude what a cell needs, no table exists. Linear programs serve to search
and to refuse, never to prove. What they leave open is asked in whole numbers.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from pipeline.disclosure.prove.demands import Range
from pipeline.disclosure.prove.solver import Limits, Question, load, open_ended, run
from pipeline.disclosure.prove.system import Flags, Numbers, System

TINY = 1e-5
BEYOND = 1_000_000


class Component:
    """Linked cells as one model in HiGHS that is kept warm: only costs and bounds
    change.
    """

    def __init__(self, system: System, members: Flags) -> None:
        self.part, self.where = system.only(members)
        self.place = {int(c): i for i, c in enumerate(self.where)}
        self._models: dict[bool, Any] = {}

    def model(self, whole: bool) -> Any:
        if whole not in self._models:
            p = self.part
            low = open_ended(p.low)
            high = open_ended(p.high)
            # a finite bound beyond all that is asked: a program without end has no
            # answer
            if not whole:
                high = np.minimum(high, float(p.value.max() + BEYOND))
            question = Question(
                np.zeros(len(p.value)),
                low,
                high,
                p.start,
                p.cell,
                p.factor.astype(np.float64),
                open_ended(p.row_low),
                open_ended(p.row_high),
            )
            self._models[whole] = load(question, whole)
        return self._models[whole]

    def extreme(
        self, cell: int, most: bool, *, seconds: float
    ) -> tuple[float | None, np.ndarray | None]:
        """The least or greatest value of a cell when fractions are allowed, and a table
        where it has it.
        """
        model = self.model(False)
        column = self.place[cell]
        model.changeColCost(column, -1.0 if most else 1.0)
        status, answer = run(model, Limits(seconds))
        optimal = model.modelStatusToString(model.getModelStatus()) == "Optimal"
        model.changeColCost(column, 0.0)
        if status != "found" or answer is None or not optimal:
            return None, None
        return float(answer[column]), answer

    def duals(self, cell: int, most: bool, *, seconds: float) -> np.ndarray | None:
        """How much each row counts for the least or greatest value of a cell; None
        where there is no answer.
        """
        if self.extreme(cell, most, seconds=seconds)[1] is None:
            return None
        model = self.model(False)
        column = self.place[cell]
        model.changeColCost(column, -1.0 if most else 1.0)
        run(model, Limits(seconds))
        duals = np.array(model.getSolution().row_dual)
        model.changeColCost(column, 0.0)
        return -duals if most else duals

    def table(self, cell: int, wanted: Range, *, seconds: float) -> tuple[str, Numbers | None]:
        """A table of whole numbers in which a cell is in a range, or the word that
        there is none.
        """
        model = self.model(True)
        column = self.place[cell]
        model.changeColBounds(column, float(wanted[0]), float(wanted[1]))
        status, answer = run(model, Limits(seconds))
        model.changeColBounds(
            column, float(self.part.low[column]), float(open_ended(self.part.high)[column])
        )
        return status, None if answer is None else np.rint(answer).astype(np.int64)

    def full(self, base: Numbers, answer: Numbers) -> Numbers:
        """The whole system's table with this component's cells as in the answer."""
        table = base.copy()
        table[self.where] = answer
        return table


def remaining(deadline: float, most: float) -> float:
    """Seconds that one question may take."""
    return min(most, deadline - time.monotonic())
