"""What did earlier editions leave open of a cell? Its range when this release shows
nothing at all.

What is no longer open cannot be protected by anything this release withholds, so it is
not asked of the pattern. The range is that of a linear program, which is never narrower
than the true one: in doubt the release is refused.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import vstack

from pipeline.disclosure.choose.linked import NO_LIMIT, System

_TINY = 1e-6


def left_open(
    system: System, known: np.ndarray, *, cells: Iterable[int]
) -> dict[int, tuple[int, int]]:
    """The range of each of these cells for somebody who knows only the cells marked as
    known, bounds and rows.
    """
    # What is known is fixed at its value; the rest may lie anywhere in its bounds.
    low, high = (
        np.where(known, system.value, bound).astype(float) for bound in (system.low, system.high)
    )
    high[high >= NO_LIMIT] = np.inf
    exact = system.row_low == system.row_high
    lower = system.row_low > -NO_LIMIT
    upper = system.row_high < NO_LIMIT
    # Rows that hold exactly are equations, the others limits on one side or both.
    at_most = vstack([system.rows[~exact & upper], -system.rows[~exact & lower]])
    limit = np.concatenate([system.row_high[~exact & upper], -system.row_low[~exact & lower]])
    found = {}
    # Two linear programs a cell, least and most: the intruder's problem of cell
    # suppression (Fischetti and Salazar-González, Management Science 47, 2001).
    for cell in cells:
        ends = []
        for sign in (1.0, -1.0):
            cost = np.zeros(len(system.value))
            cost[cell] = sign
            solved = linprog(
                cost,
                A_ub=at_most if limit.size else None,
                b_ub=limit if limit.size else None,
                A_eq=system.rows[exact],
                b_eq=system.row_low[exact],
                bounds=np.column_stack([low, high]),
                method="highs-ds",
            )
            ends.append(float(solved.x[cell]) if solved.status == 0 else -sign * np.inf)
        # Counts are whole, so the ends move inwards to the next whole numbers.
        least = np.ceil(max(ends[0], float(low[cell])) - _TINY)
        most = np.floor(min(ends[1], float(high[cell])) + _TINY)
        found[cell] = (int(least), int(min(most, NO_LIMIT)))
    return found
