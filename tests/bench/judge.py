"""How bad is a pattern? How many sensitive cells an attacker gets exactly, or to within
one or two, for comparison.

The bounds are those of linear programs, rounded inwards to whole numbers: an attacker
with whole numbers may know more, so the counts are a lower mark of what is exposed.
Every table met on the way widens what many cells can be.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.disclosure.prove.exact import TINY, Component, remaining
from pipeline.disclosure.prove.peel import components
from pipeline.disclosure.prove.proof import Demands, peel
from pipeline.disclosure.prove.solver import Reals
from pipeline.disclosure.prove.system import Flags, Interval, Numbers, Sum, build_system

WIDE = 3  # a cell that can be as much as this apart is not counted
SECONDS = 60.0
UNDECIDED = -1  # the width of a cell for which the time was over


@dataclass(frozen=True)
class Exposure:
    """Hidden sensitive cells by how closely an attacker knows them; `undecided` ran out
    of time.
    """

    sensitive: int
    exact: int
    width_1: int
    width_2: int
    undecided: int


def judge(
    names: Sequence[str],
    values: Numbers,
    *,
    hidden: Flags,
    sums: Iterable[Sum],
    lows: Numbers,
    highs: Numbers,
    demands: Demands,
    intervals: Iterable[Interval] = (),
    time_limit: float = 300.0,
) -> Exposure:
    """Count the cells of `demands` that are hidden and known to within less than three."""
    deadline = time.monotonic() + time_limit
    tight, where, known = peel(
        build_system(
            names, values, lows=lows, highs=highs, hidden=hidden, sums=sums, intervals=intervals
        )
    )
    index = {name: i for i, name in enumerate(names)}
    place = {int(c): i for i, c in enumerate(where)}
    cells = [index[n] for n in sorted(demands) if hidden[index[n]]]
    open_ = [place[c] for c in cells if c in place]
    widths = [int(known.high[c] - known.low[c]) for c in cells if c not in place]
    label = components(tight)
    for number in sorted({int(label[c]) for c in open_}):
        members = [c for c in open_ if label[c] == number]
        widths += _widths(Component(tight, label == number), members, deadline=deadline)
    exact, width_1, width_2, undecided = (
        sum(w == width for w in widths) for width in (0, 1, 2, UNDECIDED)
    )
    return Exposure(len(cells), exact, width_1, width_2, undecided)


def _widths(component: Component, members: Sequence[int], *, deadline: float) -> list[int]:
    """How far apart each cell's least and greatest value are."""
    least = component.part.value.astype(np.float64)
    most = least.copy()
    found = []
    for cell in members:
        column = component.place[cell]
        undecided = False
        for upwards in (True, False):
            if _width(least[column], most[column]) >= WIDE:
                break
            answer: Reals | None = None
            if time.monotonic() < deadline:
                _, answer = component.extreme(cell, upwards, seconds=remaining(deadline, SECONDS))
            undecided = undecided or answer is None
            if answer is not None:
                np.minimum(least, answer, out=least)
                np.maximum(most, answer, out=most)
        width = _width(least[column], most[column])
        found.append(UNDECIDED if undecided and width < WIDE else width)
    return found


def _width(least: float, most: float) -> int:
    return int(np.floor(most + TINY) - np.ceil(least - TINY))
