"""Which numbers are there to be known? One unknown for each cell, and another for each
value it had in an edition.

A cell that an earlier edition had with the same value, or suppressed just the same, is
the same unknown: what any edition showed of it is known. Where it differed it is
another unknown, `KEY@edition`, in the sums of that edition.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from pipeline.cells import REGIONS, Key
from pipeline.disclosure.prove.facts import (
    CubeRules,
    EarlierEdition,
    Knowledge,
    TrueCell,
    join_shown,
    to_steps,
    unit_of,
)
from pipeline.disclosure.prove.links import Link, find_links, stands_in_an_open_list
from pipeline.disclosure.prove.system import NO_LIMIT
from pipeline.errors import UserError


@dataclass(frozen=True)
class Unknown:
    """One number: its true value in whole steps, None where its sender suppressed it,
    and what the rules say of it.
    """

    name: str
    cube: str
    steps: int | None
    unit: int
    rules: CubeRules
    bound: bool
    conf_status: str = "F"
    tells_of_bound: bool = (
        False  # a zero from which follows that another, which a sender bound, is one
    )
    # of an open list, named by its state, and known to readers: suppressed, it is at
    # least 1
    is_seen_row: bool = False
    is_new_row: bool = False  # such a row that no earlier edition named

    @property
    def limit(self) -> int:
        """The greatest small count, in steps."""
        return self.rules.threshold * self.unit - 1

    @property
    def highest(self) -> int:
        """What a hidden small count must be able to reach, in steps."""
        return self.rules.highest * self.unit

    @property
    def _suppressed(self) -> tuple[int, int]:
        least = max(self.rules.suppressed[0], int(self.is_seen_row))
        return least * self.unit, self.rules.suppressed[1] * self.unit

    @property
    def before(self) -> tuple[int, int]:
        """What was known of it, when it is not shown, before the release that is
        audited.
        """
        return replace(self, is_seen_row=False).when_hidden if self.is_new_row else self.when_hidden

    @property
    def is_small(self) -> bool:
        return self.steps is not None and self.rules.small_counts and 0 < self.steps <= self.limit

    @property
    def is_sensitive(self) -> bool:
        return self.steps is None or self.bound or self.is_small

    @property
    def range_(self) -> tuple[int, int]:
        """What may be true of it by its true value alone."""
        return self._suppressed if self.steps is None else (self.steps, self.steps)

    @property
    def when_hidden(self) -> tuple[int, int]:
        """What everybody knows of it when it is not shown: zeros are shown, unless one
        that a sender bound follows.
        """
        if self.steps is None:
            return self._suppressed
        if self.steps == 0:
            return 0, NO_LIMIT if self.bound or self.tells_of_bound else 0
        return 1, NO_LIMIT


@dataclass
class World:
    """All unknowns by name, the sums over them, what was shown when, and what others
    said.
    """

    unknowns: dict[str, Unknown] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    shown_now: dict[str, int] = field(default_factory=dict)
    shown_before: dict[str, int] = field(default_factory=dict)
    said: dict[str, int | None] = field(default_factory=dict)  # by others; None for a small count
    contradicted: list[str] = field(default_factory=list)  # others said what is not true here
    # edition -> key -> its unknown of then
    own: dict[str, dict[str, str]] = field(default_factory=dict)
    # shown with contributors that it does not have
    other_states: list[str] = field(default_factory=list)
    # cells that the release does not even name
    without_line: list[str] = field(default_factory=list)

    @property
    def known(self) -> dict[str, int]:
        said = {k: v for k, v in self.said.items() if v is not None}
        return said | self.shown_before | self.shown_now


def build_world(knowledge: Knowledge) -> World:
    """Raises UserError when a released number is not the true one."""
    world = World()
    now = EarlierEdition("", knowledge.released, knowledge.truth)
    first: dict[tuple[str, int | None], str] = {}
    links: set[Link] = set()
    seen_rows: set[str] = set()
    rows_before: set[str] = set()
    # The release and every edition before it, under names that tell one cell with two
    # values apart.
    for edition in (now, *knowledge.editions):
        cells = {c.key: c for c in edition.truth}
        names = _name(world, knowledge, edition=edition.name, cells=cells, first=first)
        if edition.name:
            world.own[edition.name] = {k: n for k, n in names.items() if n != k}
        rows = {
            k
            for k in names
            if cells[k].is_suppressed and stands_in_an_open_list(cells[k], knowledge.contracts)
        }
        unnamed = {k for k in names if not any(f.names(k) for f in edition.released)}
        seen_rows |= {names[k] for k in rows - unnamed}
        if edition.name:
            rows_before |= {names[k] for k in rows - unnamed}
        else:
            world.without_line = sorted(unnamed - rows)
        # What adds up in an edition is known of its cells for good.
        for link in find_links(cells, knowledge.contracts):
            links.add(
                replace(
                    link, whole=names[link.whole], parts=tuple(sorted(names[p] for p in link.parts))
                )
            )
        shown = world.shown_before if edition.name else world.shown_now
        shown.update(_shown(world, edition, names=names))
    for file in knowledge.released:
        cells = {c.key: c for c in knowledge.truth}
        world.other_states += [
            k for k, s in file.states.items() if not _names_its_states(cells.get(k), s)
        ]
    world.links = sorted(links)
    # What readers can tell without any sum: rows that they see, zeros that tell, and
    # what others published.
    _mark_seen_rows(world, seen_rows, before=rows_before)
    _mark_what_tells(world)
    _hear(world, knowledge)
    return world


def _name(
    world: World,
    knowledge: Knowledge,
    *,
    edition: str,
    cells: Mapping[str, TrueCell],
    first: dict[tuple[str, int | None], str],
) -> dict[str, str]:
    """The unknown of each cell of an edition; new ones are added to the world."""
    names = {}
    units = {cube: unit_of(knowledge.contracts, cube) for cube in {k.split(":")[0] for k in cells}}
    for key, cell in sorted(cells.items()):
        if not cell.counts:
            continue
        cube = key.split(":")[0]
        steps = None if cell.value is None else to_steps(key, cell.value, unit=units[cube])
        name = names[key] = first.setdefault((key, steps), f"{key}@{edition}" if edition else key)
        if name not in world.unknowns:
            bound = knowledge.rules.is_bound(key, cell.conf_status)
            rules = knowledge.rules.cube(cube)
            world.unknowns[name] = Unknown(
                name, cube, steps, units[cube], rules, bound, cell.conf_status
            )
    return names


def _shown(world: World, edition: EarlierEdition, *, names: Mapping[str, str]) -> dict[str, int]:
    found = {}
    for key, value in join_shown(edition.released).items():
        unknown = world.unknowns.get(names.get(key, ""))
        steps = None if unknown is None else to_steps(key, value, unit=unknown.unit)
        if unknown is None or steps != unknown.steps or steps is None:
            raise UserError(
                f"{key} is released as {value}, which is not its true value",
                where=edition.name or "this release",
                do="build the release again from the marts it is audited against",
            )
        found[unknown.name] = steps
    return found


def _mark_seen_rows(world: World, rows: set[str], *, before: set[str]) -> None:
    """Mark the rows that readers know to be at least 1. A list that contradicts this
    was not written by that rule.
    """
    for name in rows:
        world.unknowns[name] = replace(
            world.unknowns[name], is_seen_row=True, is_new_row=name not in before
        )
    for link in world.links:
        least = sum(world.unknowns[p].range_[0] for p in link.parts)
        if least > world.unknowns[link.whole].range_[1]:
            for name in rows.intersection(link.parts):
                world.unknowns[name] = replace(world.unknowns[name], is_seen_row=False)


def _mark_what_tells(world: World) -> None:
    """Mark the zeros that tell of a bound one: beside it in a sum that is nothing as a
    whole, step by step.
    """
    found = {n for n, u in world.unknowns.items() if u.bound and u.steps == 0}
    sums = (
        [(k.whole, *k.parts) for k in world.links if world.unknowns[k.whole].steps == 0]
        if found
        else []
    )
    before = -1
    while before < len(found):
        before = len(found)
        for names in sums:
            if not found.isdisjoint(names):
                found.update(n for n in names if world.unknowns[n].steps == 0)
    for name in found:
        world.unknowns[name] = replace(world.unknowns[name], tells_of_bound=True)


def _names_its_states(cell: TrueCell | None, states: Iterable[str]) -> bool:
    if cell is None or Key.parse(cell.key).state not in REGIONS:
        return True
    return sorted(states) == sorted(Key.parse(p).state for p in cell.part_keys)


def _hear(world: World, knowledge: Knowledge) -> None:
    """Take what others published where it can be true; list what can't."""
    for key, value in sorted(knowledge.extra.items()):
        unknown = world.unknowns.get(key)
        if unknown is None:
            continue
        lowest, highest = unknown.range_
        steps = None if value is None else to_steps(key, value, unit=unknown.unit)
        could = lowest <= unknown.limit if steps is None else lowest <= steps <= highest
        if could:
            world.said[key] = steps
        else:
            world.contradicted.append(key)
