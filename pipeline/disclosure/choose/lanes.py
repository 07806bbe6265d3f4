"""How is a large part gone through on two cores, and nothing lost when it is stopped?

Its demands are gone through in turns. In a turn each lane looks, in a process of its
own and from what is hidden so far, for the moves of its share of them. Every move is a
change of the true table, so those of all lanes hold together. The lanes are always as
many, however many cores there are: the same part gets the same pattern anywhere.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Protocol

from pipeline.disclosure.choose.components import Part
from pipeline.disclosure.choose.linked import Move
from pipeline.disclosure.choose.repair import Repair
from pipeline.system.progress import Progress

LANES = 2
FIRST, LATER = 25, 400  # demands of a lane in a turn; in the first few, so that it is told soon
PUT_DOWN = 20.0  # seconds after which what is proven is put down again

Owned = tuple[Move, int]  # a move, and the demanded cell that it was looked for
_fork = get_context("fork")


@dataclass(frozen=True)
class Kept:
    """How far a part was gone through by whole turns: its moves, and the demanded cells
    for which none was found.
    """

    moves: tuple[Owned, ...] = ()
    lost: tuple[int, ...] = ()


class Keeping(Protocol):
    """Where it is put down meanwhile how far a part was gone through: what an earlier run
    left, and a place for this one.
    """

    def read(self, part: Part) -> Kept: ...

    def write(self, part: Part, kept: Kept) -> None: ...


class _Forget:
    """Keeps nothing."""

    def read(self, part: Part) -> Kept:
        return Kept()

    def write(self, part: Part, kept: Kept) -> None:
        pass


forget: Keeping = _Forget()


def hide_in_lanes(
    repair: Repair, order: Sequence[int], *, progress: Progress, keeping: Keeping
) -> None:
    """What `Repair.hide` does, in turns. Progress tells how many demands are proven, and
    about how long the rest takes. Only whole turns are kept, so a run that was stopped and
    goes on ends with the pattern of one that was not.
    """
    kept = keeping.read(repair.part)
    if not all(repair.attacker.holds(move) for move, _ in kept.moves):
        kept = Kept()
    for move, owner in kept.moves:
        repair.take(move, owner)
    repair.lost = list(kept.lost)
    begun = written = time.monotonic()
    waiting = _open(repair, order)
    first = len(order) - len(waiting)
    size = FIRST if kept == Kept() else LATER
    try:
        while waiting:
            done = len(order) - len(waiting)
            _tell(progress, done, first=first, total=len(order), begun=begun)
            turn, waiting = waiting[: LANES * size], waiting[LANES * size :]
            for moves, lost in _turn(repair, turn):
                for move, owner in moves:
                    if repair.proofs.wishes(owner):  # another lane may have proven it meanwhile
                        repair.take(move, owner)
                repair.lost = list(dict.fromkeys([*repair.lost, *lost]))
            # those of the turn again that a move proved which was not taken
            waiting = _open(repair, (*turn, *waiting))
            size = LATER
            kept = Kept(tuple(repair.proofs.owned()), tuple(repair.lost))
            if time.monotonic() - written > PUT_DOWN:
                keeping.write(repair.part, kept)
                written = time.monotonic()
    finally:  # whoever stops it here loses the turn that was under way, and no more
        keeping.write(repair.part, kept)


def _open(repair: Repair, cells: Iterable[int]) -> list[int]:
    """The cells that are neither proven nor given up."""
    lost = set(repair.lost)
    return [c for c in cells if c not in lost and repair.proofs.wishes(c)]


def _tell(progress: Progress, done: int, *, first: int, total: int, begun: float) -> None:
    spent = time.monotonic() - begun
    gone = done - first
    left = f"; about {_duration(spent / gone * (total - done))} left" if gone else ""
    progress(f"one part of many linked cells: sensitive cells proven{left}", done, total=total)


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"


def _turn(repair: Repair, cells: Sequence[int]) -> Iterator[tuple[list[Owned], list[int]]]:
    """The moves that each lane found for its share, and the cells it could not protect. A
    lane whose process ends without an answer is gone through here.
    """
    shares = [cells[lane::LANES] for lane in range(LANES)]
    with _working(repair, shares) as answers:
        for share, answer in zip(shares, answers, strict=True):
            try:
                yield answer.recv()
            except EOFError:
                yield _found(repair, share)


@contextmanager
def _working(repair: Repair, shares: Sequence[Sequence[int]]) -> Iterator[list[Connection]]:
    """The ends at which the lanes answer. None of their processes outlives this."""
    processes, answers = [], []
    try:
        for share in shares:
            answer, told = _fork.Pipe(duplex=False)
            process = _fork.Process(target=_work, args=(repair, share, told), daemon=True)
            process.start()
            told.close()
            processes.append(process)
            answers.append(answer)
        yield answers
    finally:
        for process in processes:
            process.terminate()
            process.join()
        for answer in answers:
            answer.close()


def _work(repair: Repair, share: Sequence[int], told: Connection) -> None:
    told.send(_found(repair, share))


def _found(repair: Repair, share: Sequence[int]) -> tuple[list[Owned], list[int]]:
    known, lost = len(repair.proofs.moves), len(repair.lost)
    repair.hide(share)
    return repair.proofs.owned(known), repair.lost[lost:]
