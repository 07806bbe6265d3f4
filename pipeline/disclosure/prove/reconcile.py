"""How far does each sum hold? And a base table: the true values, with what senders
suppressed filled in to fit.

First each sum alone: exactly; or, where parts are missing, "the whole is at least its
parts"; or not at all. Then all together: where suppressed counts can't be filled in so
that all hold, as few sums as possible are weakened, later ones before earlier ones. A
sum that does not hold links nothing and is listed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.disclosure.prove.links import Link
from pipeline.disclosure.prove.solver import Limits, Question, Reals, load, run
from pipeline.disclosure.prove.world import World
from pipeline.errors import UserError

Ranges = Mapping[str, tuple[int, int]]
SECONDS = 120.0


@dataclass(frozen=True)
class Reconciled:
    """The sums that hold, those that don't, and a value for every unknown in which all
    of them hold.
    """

    links: list[Link]
    dropped: list[Link]
    base: dict[str, int]


def reconcile(world: World) -> Reconciled:
    """Decide each sum alone, then those with suppressed counts together."""
    ranges = {n: _range(world, n) for n in world.unknowns}
    links: list[Link] = []
    dropped: list[Link] = []
    for link in world.links:
        kept = _alone(link, ranges)
        (links if kept else dropped).append(kept or link)
    base = {n: low for n, (low, high) in ranges.items() if low == high}
    for open_names, members in _groups(links, ranges):
        filled, weaker = _together(open_names, members, ranges=ranges)
        base |= filled
        for link, kept in weaker.items():
            links.remove(link)
            (links if kept else dropped).append(kept or link)
    base |= {n: low for n, (low, _) in ranges.items() if n not in base}
    return Reconciled(sorted(links), sorted(dropped), base)


def _range(world: World, name: str) -> tuple[int, int]:
    said = world.said.get(name)
    return world.unknowns[name].range_ if said is None else (said, said)


def _alone(link: Link, ranges: Ranges) -> Link | None:
    low, high = ranges[link.whole]
    least, most = (sum(ranges[p][end] for p in link.parts) for end in (0, 1))
    if low <= most and least <= high:
        return link
    if least <= high and not link.same:
        return replace(link, relation=">=")
    return None


def _groups(links: Sequence[Link], ranges: Ranges) -> list[tuple[list[str], list[Link]]]:
    """Suppressed counts that the same sums tie together, with these sums, in a fixed
    order.
    """
    open_of = {
        link: [n for n in (link.whole, *link.parts) if ranges[n][0] < ranges[n][1]]
        for link in links
    }
    leader: dict[str, str] = {}

    def lead(name: str) -> str:
        while leader.setdefault(name, name) != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    for names in open_of.values():
        for one, other in zip(names, names[1:], strict=False):
            a, b = sorted((lead(one), lead(other)))
            leader[b] = a
    groups: dict[str, tuple[list[str], list[Link]]] = {}
    for link, names in open_of.items():
        if names:
            groups.setdefault(lead(names[0]), ([], []))[1].append(link)
    for name in sorted(leader):
        groups[lead(name)][0].append(name)
    return [groups[g] for g in sorted(groups)]


def _together(
    names: Sequence[str], links: Sequence[Link], *, ranges: Ranges
) -> tuple[dict[str, int], dict[Link, Link | None]]:
    """Fill in suppressed counts; where that is impossible, say which sums become what."""
    answer = _solve(names, links, ranges=ranges, weaken=False)
    if answer is None:
        answer = _solve(names, links, ranges=ranges, weaken=True)
    if answer is None:
        raise UserError(
            f"suppressed counts could not be filled in around {names[0]}",
            do="look at the sums of this table and year",
        )
    filled = {n: int(np.rint(answer[i])) for i, n in enumerate(names)}
    weaker: dict[Link, Link | None] = {}
    if len(answer) > len(names):
        known = dict(filled)
        for link in links:
            gap = _value(link.whole, known, ranges=ranges) - sum(
                _value(p, known, ranges=ranges) for p in link.parts
            )
            if gap < 0 or (gap > 0 and link.same):
                weaker[link] = None
            elif gap > 0 and link.relation == "=":
                weaker[link] = replace(link, relation=">=")
    return filled, weaker


def _value(name: str, filled: Mapping[str, int], *, ranges: Ranges) -> int:
    return filled.get(name, ranges[name][0])


def _solve(
    names: Sequence[str], links: Sequence[Link], *, ranges: Ranges, weaken: bool
) -> Reals | None:
    """Columns: the suppressed counts and, to weaken, four for each sum: what is over,
    what is short, two yes-or-no.
    """
    place = {n: i for i, n in enumerate(names)}
    low, high = ([float(ranges[n][end]) for n in names] for end in (0, 1))
    cost = [0.0] * len(names)
    start: list[int] = [0]
    column: list[int] = []
    factor, row_low, row_high = ([0.0][:0] for _ in range(3))

    def row(entries: Mapping[int, float], least: float, *, most: float) -> None:
        column.extend(entries)
        factor.extend(entries.values())
        start.append(len(column))
        row_low.append(least)
        row_high.append(most)

    # A row for each sum: its unknowns with signs, what is known on the other side.
    for rank, link in enumerate(links):
        entries: dict[int, float] = {}
        known = 0
        for name, sign in ((link.whole, 1), *((p, -1) for p in link.parts)):
            if name in place:
                entries[place[name]] = entries.get(place[name], 0.0) + sign
            else:
                known += sign * ranges[name][0]
        # To weaken it: what is over and what is short, each allowed by a yes-or-no
        # number whose price is higher for sums that come earlier.
        if weaken:
            over = len(low)
            most = float(sum(ranges[n][1] for n in (link.whole, *link.parts)))
            low += [0.0] * 4
            high += [most, most, 0.0 if link.same else 1.0, 1.0]
            cost += [0.0, 0.0, *_price(rank, len(links))]
            entries |= {over: -1.0, over + 1: 1.0}
            row({over: 1.0, over + 2: -most, over + 3: -most}, -np.inf, most=0.0)
            row({over + 1: 1.0, over + 3: -most}, -np.inf, most=0.0)
        row(entries, -known, most=np.inf if link.relation == ">=" else -known)
    question = Question(
        np.array(cost),
        np.array(low),
        np.array(high),
        np.array(start),
        np.array(column),
        np.array(factor),
        np.array(row_low),
        np.array(row_high),
    )
    status, answer = run(load(question, whole=True), Limits(SECONDS))
    return answer if status == "found" else None


def _price(rank: int, count: int) -> tuple[float, float]:
    """Of weakening a sum by one step and of dropping it: first their number counts,
    then the step, then the order.
    """
    order = 0.25 * (count - rank) / count**2
    return 1 + order, 1 + 0.25 / count + order
