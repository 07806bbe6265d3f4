"""Does the proof hold for somebody who knows some cells anyway? The same tables, and
more where they are wanted, holder by holder.

A counter-table is a change of the true one. It falls into pieces that share no sum, and
each piece alone is a change that holds as well. So for a holder every table is worth
what is left of it without the pieces that touch a cell of theirs. Only for what these
do not show are further tables looked for, in which nothing of theirs changes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.cells import Key
from pipeline.contracts.holders import Holder
from pipeline.disclosure.prove.links import Link
from pipeline.disclosure.prove.proof import Demands, Proof
from pipeline.disclosure.prove.ranges import Derived
from pipeline.disclosure.prove.sensitive import demand_of
from pipeline.disclosure.prove.world import World

Table = Mapping[str, int]
Prove = Callable[[frozenset[str], Demands, Sequence[Table]], Proof]


@dataclass(frozen=True)
class Against:
    """What was proven against holders: tables besides those for everybody, cells that
    stay unsafe with the reason, how many demands there were, and by holder how earlier
    editions narrowed cells.
    """

    tables: list[dict[str, int]] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    holders: int = 0
    demands: int = 0
    ranges: dict[str, dict[str, Mapping[str, Mapping[str, str]]]] = field(default_factory=dict)


def prove_against(
    world: World,
    links: Sequence[Link],
    *,
    holders: Sequence[Holder],
    tables: Sequence[Table],
    derive: Callable[[frozenset[str]], Mapping[str, tuple[int, int]]],
    look_back: Callable[[frozenset[str], Iterable[str]], Mapping[str, Derived]],
    prove: Prove,
) -> Against:
    """Proofs against each holder who knows a cell that is not known to all.

    `derive` tells what follows for somebody who knows some cells, `look_back` what
    earlier editions left them of cells that failed, `prove` looks for tables beside those
    that are known to hold.
    """
    known = world.known
    sensitive = sorted(n for n, u in world.unknowns.items() if u.is_sensitive and n not in known)
    links_of: dict[str, list[Link]] = defaultdict(list)
    for link in links if holders else ():
        for name in {link.whole, *link.parts}:
            links_of[name].append(link)
    found = Against()
    pool = [pieces(t, links_of) for t in tables] if holders else []
    count = 0
    demanded = 0
    for holder in holders:
        own = frozenset(n for n in world.unknowns if n not in known and knows(holder, n))
        if not own:
            continue
        # What follows for them without this release is not asked for.
        ranges = derive(own)
        mine = [n for n in sensitive if n not in own]
        demands = {n: demand_of(world.unknowns[n], *ranges[n]) for n in mine}
        left = [without(t, own) for t in pool]
        proof = prove(own, demands, left)
        derived = look_back(own, proof.failures)
        narrower = {n: demand_of(world.unknowns[n], r.least, r.most) for n, r in derived.items()}
        if any(demands[n] != d for n, d in narrower.items()):
            demands |= narrower
            proof = prove(own, demands, left)
            times = {n: r.times for n, r in derived.items() if r.times}
            found.ranges.update({holder.name: times} if times else {})
        pool += [pieces(t, links_of) for t in proof.tables]
        found.tables.extend(proof.tables)
        count += 1
        demanded += len(demands)
        for name, reason in proof.failures.items():
            found.failures.setdefault(name, f"{reason}, for {holder.name}, who knows other cells")
    return Against(found.tables, found.failures, count, demanded, found.ranges)


def knows(holder: Holder, name: str) -> bool:
    """Whether a holder knows an unknown, of this release or of an edition."""
    key = Key.parse(name.split("@")[0])
    return holder.knows(key.state, key.cube)


def pieces(table: Table, links_of: Mapping[str, Sequence[Link]]) -> list[dict[str, int]]:
    """A table in the pieces that no sum ties to each other. `links_of` are the sums that
    each cell is in.
    """
    left = dict(table)
    found = []
    while left:
        cell, change = left.popitem()
        piece, waiting = {cell: change}, [cell]
        while waiting:
            for link in links_of[waiting.pop()]:
                for name in (link.whole, *link.parts):
                    if name in left:
                        piece[name] = left.pop(name)
                        waiting.append(name)
        found.append(piece)
    return found


def without(table: Iterable[Table], own: frozenset[str]) -> dict[str, int]:
    """What is left of a table in pieces without those that touch cells of a holder."""
    return {n: change for piece in table if own.isdisjoint(piece) for n, change in piece.items()}
