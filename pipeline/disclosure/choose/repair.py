"""Which cells must be hidden besides? Moves in whole numbers, one by one, until every
demand of a part is proven.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from pipeline.disclosure.choose.attack import SPARSER, Attacker, Surroundings, Wish
from pipeline.disclosure.choose.components import Part
from pipeline.disclosure.choose.linked import Demand, Knower, Move

# what a hidden cell costs per unit of change: short moves prove the same and bind fewer
# cells
STEP = 1e-3
NEAR = (1_000, 4_000)  # cells around a demand that are tried before the whole part
OTHERS = (1, 3, 8)  # other codes of each axis that a change of a large part may run over
SEARCHED = 12_000  # cells among which whole-numbered moves can be searched for
HIDDEN_NEAR = 1_000  # hidden cells around a demand that are tried before a cell counts as needed


class Proofs:
    """The moves found so far, and which values of each demanded cell they prove
    possible; to each holder those that touch no cell which they know.
    """

    def __init__(
        self, demands: Iterable[Demand], value: np.ndarray, known_to: Sequence[Knower] = ()
    ) -> None:
        self.value = value
        self.against = [(k, Proofs(k.demands, value)) for k in known_to]
        self.demands = {d.cell: d for d in demands}
        self.moves: list[Move | None] = []
        self.owners: list[int] = []  # for which cell each move was looked for
        self.using: dict[int, set[int]] = {}  # cell -> the moves that change it
        # cell -> change -> number of moves
        self.seen: dict[int, dict[int, int]] = {c: {0: 1} for c in self.demands}

    def add(self, move: Move, owner: int) -> int:
        """Keep a move; its number."""
        number = len(self.moves)
        self.moves.append(move)
        self.owners.append(owner)
        self._count(move, 1)
        for cell in move.cells.tolist():
            self.using.setdefault(cell, set()).add(number)
        return number

    def drop(self, numbers: Iterable[int]) -> None:
        for number in sorted(numbers):
            move = self.moves[number]
            if move is None:
                continue
            self.moves[number] = None
            self._count(move, -1)
            for cell in move.cells.tolist():
                self.using[cell].discard(number)

    def owned(self, since: int = 0) -> list[tuple[Move, int]]:
        """The moves that are kept, from number `since` on, each with the cell that it was
        looked for.
        """
        pairs = zip(self.moves[since:], self.owners[since:], strict=True)
        return [(move, owner) for move, owner in pairs if move is not None]

    def _count(self, move: Move, by: int) -> None:
        for knower, proofs in self.against:
            if not knower.knows[move.cells].any():
                proofs._count(move, by)
        for cell, change in zip(move.cells.tolist(), move.change.tolist(), strict=True):
            seen = self.seen.get(cell)
            if seen is not None:
                seen[change] = seen.get(change, 0) + by
                if not seen[change]:
                    del seen[change]

    def wishes(self, cell: int) -> list[Wish]:
        """What still has to be shown of a cell to everybody, then to a holder: nothing, or
        moves of which any one is a step ahead, best first.
        """
        found = self._wishes(cell)
        for number, (_, proofs) in enumerate(self.against):
            if found:
                break
            if cell in proofs.demands:
                found = [replace(w, holder=number) for w in proofs._wishes(cell)]
        return found

    def open_to(self, cell: int) -> tuple[str, ...]:
        """From whom a cell is not protected: holders by name, no name for everybody."""
        names = [""] * bool(self._wishes(cell))
        return (*names, *(k.name for k, p in self.against if cell in p.demands and p._wishes(cell)))

    def _wishes(self, cell: int) -> list[Wish]:
        demand = self.demands[cell]
        seen = self.seen[cell]
        value = int(self.value[cell])
        least = min(seen)
        most = max(seen)
        if value + most < demand.high:
            return [Wish(cell, demand.high - value, np.inf)]
        if value + least > demand.low:
            return [Wish(cell, -np.inf, demand.low - value)]
        if len(seen) >= demand.values:
            return []
        open_ = [k for k in range(least - demand.values, most + demand.values + 1) if k not in seen]
        inside = [k for k in open_ if least < k < most]
        outside = [Wish(cell, most + 1, np.inf), Wish(cell, -np.inf, least - 1)]
        return [Wish(cell, k, k) for k in sorted(inside, key=abs)] + outside


class Repair:
    """The state of a part while cells are hidden and shown again."""

    def __init__(
        self,
        part: Part,
        price: np.ndarray,
        *,
        hidden: np.ndarray,
        step: float = STEP,
    ) -> None:
        self.part, self.price, self.hidden, self.step = part, price, hidden, step
        self.proofs = Proofs(part.demands, part.value, part.known_to)
        self.attacker = Attacker(part)
        self.around = Surroundings(part)
        self.cost = np.where(hidden, step, price)
        self.lost: list[int] = []
        self.asked = 0

    def hide(self, order: Sequence[int]) -> None:
        """Hide cells until every demand is proven, in this order of cells; `lost` are
        those that can't be protected.
        """
        for cell in order:
            while wishes := self.proofs.wishes(cell):
                if not any(self._grant(w) for w in wishes):
                    self.lost.append(cell)
                    break

    def _grant(self, wish: Wish) -> bool:
        """Prove one value possible, at the least cost of cells that are still shown."""
        for cells in self._fields(wish):
            move = self._ask(wish, cells, cost=self.cost)
            if move is not None:
                break
        else:
            return False
        added = self._added(move)
        if len(added) > 1:
            cost = self.cost / SPARSER
            cost[move.cells] = self.cost[move.cells] / (np.abs(move.change) + SPARSER)
            cost[self.hidden] = self.step
            other = self._ask(wish, cells, cost=cost)
            if other is not None and self.price[self._added(other)].sum() < self.price[added].sum():
                move = other
        self.take(move, wish.cell)
        return True

    def _fields(self, wish: Wish) -> Iterator[np.ndarray]:
        """Where to look for a move: around the cell, in a large part first by codes, then
        wherever the whole part has the cheapest one to offer.
        """
        everywhere = np.arange(len(self.cost))
        near = everywhere
        if self.part.grid and len(everywhere) > SEARCHED:
            for others in OTHERS:
                yield (near := self.part.grid.around(wish.cell, others))
        for size in NEAR:
            if size < len(everywhere):
                yield (near := self.around.nearest(wish.cell, self.cost, at_most=size))
        if len(everywhere) <= SEARCHED:
            yield everywhere
            return
        carriers = self.attacker.carriers(wish, everywhere, cost=self.cost)
        if carriers is not None:
            yield np.union1d(near, carriers)

    def _ask(
        self, wish: Wish, cells: np.ndarray, *, cost: np.ndarray, search: bool = True
    ) -> Move | None:
        self.asked += 1
        return self.attacker.move(wish, cells, cost=cost, search=search)

    def _added(self, move: Move) -> np.ndarray:
        shown: np.ndarray = move.cells[~self.hidden[move.cells]]
        return shown

    def take(self, move: Move, cell: int) -> None:
        """Keep a move that was looked for `cell`: what it changes is hidden from now on."""
        self.proofs.add(move, cell)
        self.hidden[move.cells] = True
        self.cost[move.cells] = self.step

    def show_again(self, effort: int) -> None:
        """Show added cells that are not needed, dearest first, as long as every demand
        stays proven.
        """
        added = np.flatnonzero(self.hidden & ~self.part.hidden)
        until = self.asked + effort
        for cell in sorted(added.tolist(), key=lambda c: (-self.price[c], c)):
            if self.asked >= until:
                break
            if not self._pins(cell):
                self._show(cell)

    def _pins(self, cell: int) -> bool:
        """Whether a demanded cell would follow by plain subtraction if this one were
        shown: spares most solving.
        """
        rows, columns = self.part.rows, self.part.columns
        shown = {cell}
        waiting = [cell]
        while waiting:
            last = waiting.pop()
            for row in columns.indices[columns.indptr[last] : columns.indptr[last + 1]].tolist():
                if self.part.row_low[row] != self.part.row_high[row]:
                    continue
                members = rows.indices[rows.indptr[row] : rows.indptr[row + 1]]
                unknown = [c for c in members[self.hidden[members]].tolist() if c not in shown]
                if len(unknown) == 1:
                    if unknown[0] in self.proofs.demands and unknown[0] not in self.lost:
                        return True
                    shown.add(unknown[0])
                    waiting += unknown
        return False

    def _show(self, cell: int) -> None:
        """Show a cell if other moves among hidden cells prove what the moves over this
        one proved.
        """
        # Taken back first: every move that proves something over this cell.
        dropped = sorted(self.proofs.using.get(cell, ()))
        moves = [
            (m, self.proofs.owners[n]) for n in dropped if (m := self.proofs.moves[n]) is not None
        ]
        self.proofs.drop(dropped)
        owners = {o for _, o in moves}  # they fail first if any does
        touched = {c for m, _ in moves for c in m.cells.tolist() if c in self.proofs.demands}
        # The cell is shown for a trial; who lost a proof is asked anew, the owners of
        # the moves first, because they fail first if any does.
        self.hidden[cell] = False
        among = np.where(self.hidden, self.step, np.inf)
        new: list[int] = []
        for open_ in sorted(touched, key=lambda c: (c not in owners, c)):
            if open_ in self.lost:
                continue
            while wishes := self.proofs.wishes(open_):
                cells = self.around.nearest(open_, among, at_most=HIDDEN_NEAR)
                move = next(
                    (
                        m
                        for w in wishes
                        if (m := self._ask(w, cells, cost=among, search=False)) is not None
                    ),
                    None,
                )
                if move is None:
                    self.proofs.drop(new)
                    self.hidden[cell] = True
                    for old, owner in moves:
                        self.proofs.add(old, owner)
                    return
                new.append(self.proofs.add(move, open_))
        self.cost[cell] = self.price[cell]

    def protects(self, cell: int) -> list[int]:
        """The demanded cells whose proof needs an added cell; where none does, one that
        it was hidden beside.
        """
        owners = {self.proofs.owners[n] for n in self.proofs.using.get(cell, ())}
        if not owners:
            away = [c for c in self._beside(cell) if c in self.proofs.demands]
            owners = {away[0] if away else next(iter(self.proofs.demands))}
        return sorted(owners)

    def _beside(self, cell: int) -> list[int]:
        near = self.around.nearest(cell, self.cost, at_most=min(NEAR[0], len(self.cost)))
        return [int(number) for number in near]
