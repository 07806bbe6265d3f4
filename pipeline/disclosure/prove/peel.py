"""What follows from plain arithmetic, before anything is searched? Bounds from each
row, until nothing is new.

A row with one unknown cell fixes it; a row of which all but one cell is bounded bounds
the last. Cells whose bounds meet are known to an attacker. A row that can't be broken
within the bounds says nothing more.
"""

from __future__ import annotations

import numpy as np

from pipeline.disclosure.prove.system import NO_LIMIT, Flags, Numbers, System, add_rows

PASSES = 300


def tighten(system: System) -> System:
    """The same system with the narrowest bounds that its rows give one by one."""
    if not len(system.cell):
        return system
    order = np.argsort(system.cell, kind="stable")
    cells, first = np.unique(system.cell[order], return_index=True)
    low = system.low.copy()
    high = system.high.copy()
    for _ in range(PASSES):
        below, above = _from_rows(system, low, high=high)
        new_low = np.maximum(low[cells], np.maximum.reduceat(below[order], first))
        new_high = np.minimum(high[cells], np.minimum.reduceat(above[order], first))
        if np.array_equal(new_low, low[cells]) and np.array_equal(new_high, high[cells]):
            break
        low[cells], high[cells] = new_low, new_high
    return system.bounded(low, high)


def _from_rows(system: System, low: Numbers, *, high: Numbers) -> tuple[Numbers, Numbers]:
    """For each entry: the bounds that its row gives its cell while the other cells are
    within theirs.
    """
    up = system.factor > 0
    row = system.entry_row
    factor = np.abs(system.factor)
    least = low[system.cell]
    most = high[system.cell]
    small = np.where(up, least, most)
    great = np.where(up, most, least)
    rest_least, open_least = _others(system, small * system.factor, unbounded=small >= NO_LIMIT)
    rest_most, open_most = _others(system, great * system.factor, unbounded=great >= NO_LIMIT)
    room_up = system.row_high[row] - rest_least
    room_down = system.row_low[row] - rest_most
    no_top = open_least | (system.row_high[row] >= NO_LIMIT)
    no_bottom = open_most | (system.row_low[row] <= -NO_LIMIT)
    above = np.where(up, room_up // factor, -room_down // factor)
    below = np.where(up, -(-room_down // factor), -(room_up // factor))
    above[np.where(up, no_top, no_bottom)] = NO_LIMIT
    below[np.where(up, no_bottom, no_top)] = -NO_LIMIT
    return below, above


def _others(system: System, entries: Numbers, *, unbounded: Flags) -> tuple[Numbers, Flags]:
    """For each entry: the sum of the others in its row, and whether one of them has no
    bound.
    """
    entries = np.where(unbounded, 0, entries)
    row = system.entry_row
    total = add_rows(entries, system.start)
    unbounded_here = add_rows(unbounded.astype(np.int64), system.start)
    return total[row] - entries, unbounded_here[row] > unbounded


def binding(system: System) -> Flags:
    """Rows that some table within the bounds would break."""
    up = system.factor > 0
    least = system.low[system.cell]
    most = system.high[system.cell]
    small = np.where(up, least, most)
    great = np.where(up, most, least)
    ranges = []
    for ends in (small, great):
        unbounded = ends >= NO_LIMIT
        total = add_rows(np.where(unbounded, 0, ends * system.factor), system.start)
        ranges.append((total, add_rows(unbounded.astype(np.int64), system.start) > 0))
    (lowest, no_lowest), (highest, no_highest) = ranges
    below = (system.row_low > -NO_LIMIT) & (no_lowest | (lowest < system.row_low))
    above = (system.row_high < NO_LIMIT) & (no_highest | (highest > system.row_high))
    return np.asarray(below | above)


def components(system: System) -> Numbers:
    """A number for each cell: cells with the same number are linked by rows."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    cells = len(system.value)
    rows = len(system.row_low)
    links = coo_array(
        (np.ones(len(system.cell)), (system.cell, cells + system.entry_row)), (cells + rows,) * 2
    )
    return np.asarray(connected_components(links, directed=False)[1][:cells])
