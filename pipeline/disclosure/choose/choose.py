"""Which cells are hidden besides the sensitive ones, so that nobody can work those out?
At the least loss we find.

The linked system is cut into parts. In each part every demand is proven by
whole-numbered tables that agree with all that stays shown: the least costly change of
the true table that moves the cell as far as demanded; shown cells that change with it
are hidden. So a pattern is safe by construction, and hiding more never undoes a proof.
At last, cells that no proof needs any more are shown again.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.disclosure.choose.components import Part, split
from pipeline.disclosure.choose.elimination import eliminate
from pipeline.disclosure.choose.lanes import Keeping, forget, hide_in_lanes
from pipeline.disclosure.choose.linked import Demand, Move, Pattern, System
from pipeline.disclosure.choose.repair import SEARCHED, Repair
from pipeline.system.progress import Progress, silent

KEPT = 1e-3  # part of its price that hiding a cell costs which was hidden before
# a pattern used before is kept as it is while no more than this part of its loss could
# be shown again
SPARE = 0.1
TIES = 1e-4
SHORT = 0.5  # what a hidden cell costs per unit of change where short moves are wanted
ELIMINATED = 30_000  # cells of a part up to which elimination is quick enough to be the start
# cells of a part up to which everything is done a second time, with what the first time
# taught
TWICE = 3_000
# moves looked for, per added cell and in all, to find cells that can be shown again
EFFORT, MOST_EFFORT = 4, 1_000
LARGE_EFFORT = 200  # of a part that is gone through in lanes: little comes of it, and slowly


def choose(
    system: System,
    preferred: np.ndarray | None = None,
    *,
    seed: int = 0,
    progress: Progress = silent,
    keeping: Keeping = forget,
) -> Pattern:
    """A safe pattern of little loss. `preferred` marks cells hidden in the pattern used
    before, `seed` breaks ties. What is proven of a large part is put down by `keeping`
    meanwhile, and taken up again where an earlier run was interrupted.
    """
    parts, fixed = split(system)
    hidden = system.hidden.copy()
    protects: dict[int, tuple[int, ...]] = {}
    lost_to: dict[int, tuple[str, ...]] = {}
    lost = [d.cell for d in fixed if not _is_met(d, int(system.value[d.cell]))]
    moves: list[Move] = []
    order = np.random.default_rng(seed).permutation(len(system.names))
    for part in parts:
        before = None if preferred is None else preferred[part.cells]
        repair = _choose_part(
            part, before, order=order[part.cells], progress=progress, keeping=keeping
        )
        moves += _put_back(part, repair, before=part.hidden, hidden=hidden, protects=protects)
        lost += part.cells[repair.lost].tolist()
        lost_to |= _lost_to(part, repair)
    return Pattern(hidden, protects, tuple(sorted(set(lost))), tuple(moves), lost_to)


def _is_met(demand: Demand, value: int) -> bool:
    """Whether a demand holds for a cell that has this value only."""
    return demand.high <= value <= demand.low and demand.values <= 1


def _choose_part(
    part: Part,
    preferred: np.ndarray | None,
    *,
    order: np.ndarray,
    progress: Progress,
    keeping: Keeping,
) -> Repair:
    price = np.where(part.hidden, 1.0, part.loss) * (1 + TIES * order / max(order.max(), 1))
    sequence = sorted(
        (d.cell for d in part.demands), key=lambda c: (-int(part.value[c]), int(order[c]))
    )
    hidden = part.hidden.copy()
    if preferred is not None:
        price = np.where(preferred, price * KEPT, price)
        hidden |= preferred
    elif len(part.cells) <= ELIMINATED:
        hidden = eliminate(part)
    repair = Repair(part, price, hidden=hidden.copy())
    if len(part.cells) > SEARCHED:
        hide_in_lanes(repair, sequence, progress=progress, keeping=keeping)
    else:
        repair.hide(sequence)
    if preferred is None and len(part.cells) <= TWICE:
        repair = _again(part, repair, sequence=sequence)
    added = repair.hidden & ~part.hidden
    as_before = bool((repair.hidden == hidden).all())
    most = MOST_EFFORT if len(part.cells) <= SEARCHED else LARGE_EFFORT
    repair.show_again(min(EFFORT * int(added.sum()), most))
    spared = part.loss[added & ~repair.hidden].sum()
    if preferred is not None and as_before and spared <= SPARE * part.loss[added].sum():
        repair.hidden = hidden
    return repair


def _again(part: Part, first: Repair, *, sequence: list[int]) -> Repair:
    """The better of a result and a second one, in which cells are cheap that many
    proofs of the first shared.
    """
    shared = np.array([len(first.proofs.using.get(c, ())) for c in range(len(part.cells))])
    second = Repair(part, first.price / np.sqrt(1 + shared), hidden=part.hidden.copy())
    second.hide(sequence)
    second.price = first.price
    better = (len(second.lost), _loss(part, second)) < (len(first.lost), _loss(part, first))
    return second if better else first


def _lost_to(part: Part, repair: Repair) -> dict[int, tuple[str, ...]]:
    return {int(part.cells[c]): repair.proofs.open_to(c) for c in repair.lost}


def _loss(part: Part, repair: Repair) -> float:
    return float(part.loss[repair.hidden & ~part.hidden].sum())


def _put_back(
    part: Part,
    repair: Repair,
    *,
    before: np.ndarray,
    hidden: np.ndarray,
    protects: dict[int, tuple[int, ...]],
) -> list[Move]:
    """The result of a part in terms of the system, and the moves that prove it. `protects`
    is told of cells that were not hidden before.
    """
    hidden[part.cells] = repair.hidden
    for cell in np.flatnonzero(repair.hidden & ~before).tolist():
        protects[int(part.cells[cell])] = tuple(part.cells[repair.protects(cell)].tolist())
    return [Move(part.cells[m.cells], m.change) for m in repair.proofs.moves if m is not None]


def strengthen(system: System, pattern: Pattern, *, cells: Sequence[int]) -> Pattern:
    """Hide more where an auditor found no whole-numbered table for these sensitive
    cells; then there is one.

    A short move around the cell is asked for: cells that are hidden already cost
    something too, so the tables that prove it differ from the true one in few places
    and are easy to find again.
    """
    wanted = set(cells)
    parts, _ = split(system)
    hidden = pattern.hidden.copy()
    protects = dict(pattern.protects)
    lost = set(pattern.unprotected)
    lost_to = dict(pattern.lost_to)
    moves = list(pattern.moves)
    for part in parts:
        mine = [d.cell for d in part.demands if int(part.cells[d.cell]) in wanted]
        if not mine:
            continue
        price = np.where(part.hidden, 1.0, part.loss)
        before = pattern.hidden[part.cells]
        repair = Repair(
            part,
            price,
            hidden=before.copy(),
            step=SHORT,
        )
        repair.hide(mine)
        moves += _put_back(part, repair, before=before, hidden=hidden, protects=protects)
        lost |= set(part.cells[repair.lost].tolist())
        lost_to |= _lost_to(part, repair)
    return Pattern(hidden, protects, tuple(sorted(lost)), tuple(moves), lost_to)
