"""Is this version of this round safe? The audit as a whole: from released files and true cells to a certificate.

It fails closed: a sensitive cell that is shown, that can't be proven, or that was not decided in time is a failure that
names the cell. Linear programs serve only to search and to refuse; what proves is whole-numbered tables.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.audit.certificate import make_certificate
from pipeline.audit.exact import TINY, Component
from pipeline.audit.facts import Knowledge
from pipeline.audit.peel import components, tighten
from pipeline.audit.proof import Proof, prove
from pipeline.audit.reconcile import Reconciled, reconcile
from pipeline.audit.sensitive import Demand, demand_of, derivable
from pipeline.audit.system import build_system
from pipeline.audit.world import World, build_world

LOOK_BACK_SECONDS = 60.0


@dataclass(frozen=True)
class Audit:
    """What an audit found. `failures` names cells with the reason; a release with any must not go out."""

    certificate: dict[str, Any]
    failures: list[tuple[str, str]]
    contradicted: list[str]  # others published what is not true here: it was left out
    counts: dict[str, int]
    seconds: dict[str, float]

    @property
    def is_safe(self) -> bool:
        return not self.failures


def audit(knowledge: Knowledge) -> Audit:
    """Audit one version of one round, all reports together. Raises UserError when the inputs contradict each other."""
    begun = time.monotonic()
    world = build_world(knowledge)
    held = reconcile(world)
    ranges = derivable(world, held.links, held.base)
    known = world.known
    demands = {
        n: demand_of(u, *ranges[n]) for n, u in sorted(world.unknowns.items()) if u.is_sensitive and n not in known
    }
    prepared = time.monotonic()
    proof = _prove(knowledge, world, held, known, demands)
    narrower = {n: demand_of(world.unknowns[n], *r) for n, r in _left_open(world, held, proof.failures).items()}
    if any(demands[n] != d for n, d in narrower.items()):
        demands |= narrower
        proof = _prove(knowledge, world, held, known, demands)
    failures, already = _shown(world)
    failures += [(k, "it is shown with contributors that the true cell does not have") for k in world.other_states]
    failures += [(k, "the release has no line for it, and only a row of an open list may be left out") for k in
                 world.without_line]  # fmt: skip
    failures += list(proof.failures.items())
    certificate = make_certificate(knowledge, world, held, demands, proof.tables, already)
    counts = {
        "cells": len(world.unknowns), "hidden": len(certificate["base"]), "sensitive": len(demands),
        "proven": proof.proven, "tables": len(proof.tables), "sums": len(certificate["sums"]),
        "narrowed": len(certificate["narrowed"]), "not_reconciling": len(held.dropped), "already_public": len(already),
    }  # fmt: skip
    seconds = {"prepare": prepared - begun, **proof.seconds, "all": time.monotonic() - begun}
    return Audit(certificate, sorted(failures), world.contradicted, counts, seconds)


def _left_open(world: World, held: Reconciled, names: Iterable[str]) -> dict[str, tuple[int, int]]:
    """The ranges of cells for somebody who has only the earlier editions. This release cannot make them wider."""
    wanted = [n for n in names if n in world.unknowns]
    if not wanted or not world.shown_before:
        return {}
    every = sorted(world.unknowns)
    hidden = np.array([n not in world.shown_before and world.unknowns[n].when_hidden != (0, 0) for n in every])
    limits = np.array([_limits(world, n, before=True) for n in every], dtype=np.int64)
    system = build_system(
        every, np.array([held.base[n] for n in every], dtype=np.int64), limits[:, 0], limits[:, 1], hidden,
        [(k.whole, k.parts, k.relation) for k in held.links],
    )  # fmt: skip
    tight = tighten(system)
    place, label = {n: i for i, n in enumerate(every)}, components(tight)
    found = {}
    for name in wanted:
        cell = place[name]
        component = Component(tight, label == label[cell])
        ends = [component.extreme(cell, most, LOOK_BACK_SECONDS)[0] for most in (False, True)]
        least = int(tight.low[cell]) if ends[0] is None else int(np.ceil(ends[0] - TINY))
        greatest = int(tight.high[cell]) if ends[1] is None else int(np.floor(ends[1] + TINY))
        found[name] = (max(least, int(tight.low[cell])), min(greatest, int(tight.high[cell])))
    return found


def _prove(
    knowledge: Knowledge, world: World, held: Reconciled, known: Mapping[str, int], demands: Mapping[str, Demand]
) -> Proof:
    names = sorted(world.unknowns)
    limits = [_limits(world, n) for n in names]
    return prove(
        names, np.array([held.base[n] for n in names], dtype=np.int64), np.array([n not in known for n in names]),
        [(k.whole, k.parts, k.relation) for k in held.links], knowledge.intervals,
        np.array([x[0] for x in limits], dtype=np.int64), np.array([x[1] for x in limits], dtype=np.int64), demands,
        knowledge.time_limit,
    )  # fmt: skip


def _limits(world: World, name: str, before: bool = False) -> tuple[int, int]:
    """What bounds a hidden cell: that it is hidden, and others who published that it is small."""
    low, high = world.unknowns[name].before if before else world.unknowns[name].when_hidden
    is_said_small = name in world.said and world.said[name] is None
    return (low, min(high, world.unknowns[name].limit)) if is_said_small else (low, high)


def _shown(world: World) -> tuple[list[tuple[str, str]], list[str]]:
    """Sensitive cells that are shown, as failures; those that an earlier edition had shown unchanged, as a list."""
    failures, already = [], []
    for name, unknown in sorted(world.unknowns.items()):
        if not unknown.is_sensitive:
            continue
        if name in world.shown_before:
            already.append(name)
        elif name in world.shown_now:
            reason = "its sender bound it" if unknown.bound else "it is a small count"
            failures.append((name, f"{reason}, and the release shows it"))
    return failures, already
