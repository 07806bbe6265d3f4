"""Is this version of this round safe? The audit as a whole: from released files and
true cells to a certificate.

It fails closed: a sensitive cell that is shown, that can't be proven, or that was not
decided in time is a failure that names the cell. Linear programs serve only to search
and to refuse; what proves is whole-numbered tables.
"""

from __future__ import annotations

import time
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from pipeline.disclosure.prove.certificate import make_certificate, touches
from pipeline.disclosure.prove.facts import Knowledge
from pipeline.disclosure.prove.holders import Against, prove_against
from pipeline.disclosure.prove.judged import JudgedRules, judged_failures
from pipeline.disclosure.prove.proof import Demands, Proof, prove
from pipeline.disclosure.prove.ranges import Derived, left_open
from pipeline.disclosure.prove.reconcile import Reconciled, reconcile
from pipeline.disclosure.prove.sensitive import Demand, demand_of, derivable, is_narrowed
from pipeline.disclosure.prove.suggested import Change
from pipeline.disclosure.prove.world import World, build_world
from pipeline.errors import UserError


@dataclass(frozen=True)
class Audit:
    """What an audit found. `failures` names cells with the reason; a release with any
    must not go out.
    """

    certificate: dict[str, Any]
    demands: dict[str, Demand]  # hidden sensitive cells, and what each must be able to be
    failures: list[tuple[str, str]]
    contradicted: list[str]  # others published what is not true here: it was left out
    already_public: list[str]  # sensitive cells that an earlier edition had shown unchanged
    counts: dict[str, int]
    seconds: dict[str, float]

    @property
    def is_safe(self) -> bool:
        return not self.failures


def audit(knowledge: Knowledge, suggested: Sequence[Change] = ()) -> Audit:
    """Audit one version of one round, all reports together. `suggested` are changes of
    hidden cells, by name, that may prove something; none is believed. Raises UserError when
    the inputs contradict each other, and where there is nothing to audit.
    """
    begun = time.monotonic()
    # What an attacker with all released files knows, and how far each sum holds.
    world = build_world(knowledge)
    _require_cells(knowledge, world)
    held = reconcile(world)
    ranges = derivable(world, held.links, base=held.base)
    known = world.known
    # What each sensitive cell must still be able to be.
    demands = {
        n: demand_of(u, *ranges[n])
        for n, u in sorted(world.unknowns.items())
        if u.is_sensitive and n not in known
    }
    prepared = time.monotonic()
    prove_ = partial(_prove, knowledge, world, held=held, known=known, suggested=suggested)
    proof = prove_(demands=demands)
    # Where the proof fails, earlier editions alone may have narrowed the cell: it is
    # then asked for no more than they left open.
    before = {n: _limits(world, n, before=True) for n in world.unknowns}
    derived = left_open(world, held, names=proof.failures, limits=before)
    narrower = {n: demand_of(world.unknowns[n], r.least, r.most) for n, r in derived.items()}
    if any(demands[n] != d for n, d in narrower.items()):
        demands |= narrower
        proof = prove_(demands=demands)
    # Besides cells that can be worked out: cells shown that should not be, with states
    # that they do not count, or without a line of their own.
    failures, already = _shown(world)
    failures += [
        (k, "it is shown with contributors that the true cell does not have")
        for k in world.other_states
    ]
    failures += [
        (k, "the release has no line for it, and only a row of an open list may be left out")
        for k in world.without_line
    ]
    failures += list(proof.failures.items())
    failures += _judged(knowledge)
    # Then for those who know cells anyway, one by one.
    proven = time.monotonic()
    against = _against(
        knowledge, world, held=held, tables=proof.tables, limits=before, suggested=suggested
    )
    failures += [(n, r) for n, r in against.failures.items() if n not in proof.failures]
    times = {n: r.times for n, r in derived.items() if r.times and n in demands}
    tables = [*proof.tables, *against.tables]
    certificate = make_certificate(
        knowledge, world, held=held, tables=tables, ranges=times, of_holders=against.ranges
    )
    # Counts and seconds for the page on disclosure and the desk.
    narrowed = sum(is_narrowed(world.unknowns[n], d) for n, d in demands.items())
    counts = {
        "cells": len(world.unknowns),
        "hidden": len(certificate["base"]),
        "sensitive": len(demands),
        "proven": proof.proven,
        "tables": len(tables),
        "holders": against.holders,
        "against_holders": against.demands,
        "sums": sum(touches(k, known) for k in held.links),
        "narrowed": narrowed,
        "not_reconciling": len(held.dropped),
        "already_public": len(already),
    }
    ended = time.monotonic()
    seconds = {"prepare": prepared - begun, **proof.seconds, "holders": ended - proven}
    seconds["all"] = ended - begun
    return Audit(
        certificate, demands, sorted(failures), world.contradicted, already, counts, seconds
    )


def _require_cells(knowledge: Knowledge, world: World) -> None:
    """Refuse an audit that would meet no released file or no cell: it proves nothing."""
    if not knowledge.released or not world.unknowns:
        met = "no cell with a figure" if knowledge.released else "no released file"
        raise UserError(
            f"the audit met {met}, so it proves nothing",
            where=f"{knowledge.version} version of {knowledge.round_}",
            do=f"run 'make reports ROUND={knowledge.round_}', and see which returns were refused",
        )


def _judged(knowledge: Knowledge) -> list[tuple[str, str]]:
    settings = knowledge.contracts.assessment
    rules = (
        JudgedRules(settings.statistics, settings.session, settings.min_states)
        if settings
        else JudgedRules(frozenset(), "", 0)
    )
    lines = [line for file in knowledge.released for line in file.judged]
    return list(judged_failures(lines, knowledge.judged, rules=rules))


def _prove(
    knowledge: Knowledge,
    world: World,
    *,
    held: Reconciled,
    known: Container[str],
    demands: Mapping[str, Demand],
    suggested: Sequence[Change],
    witnesses: Sequence[Mapping[str, int]] = (),
) -> Proof:
    names = sorted(world.unknowns)
    limits = [_limits(world, n) for n in names]
    return prove(
        names,
        np.array([held.base[n] for n in names], dtype=np.int64),
        hidden=np.array([n not in known for n in names]),
        sums=[(k.whole, k.parts, k.relation) for k in held.links],
        intervals=knowledge.intervals,
        lows=np.array([x[0] for x in limits], dtype=np.int64),
        highs=np.array([x[1] for x in limits], dtype=np.int64),
        demands=demands,
        suggested=suggested,
        time_limit=knowledge.time_limit,
        witnesses=witnesses,
    )


def _against(
    knowledge: Knowledge,
    world: World,
    *,
    held: Reconciled,
    tables: Sequence[Mapping[str, int]],
    limits: Mapping[str, tuple[int, int]],
    suggested: Sequence[Change],
) -> Against:
    """The proof for each holder: what they know is taken as known."""
    known = world.known

    def derive(own: frozenset[str]) -> Mapping[str, tuple[int, int]]:
        return derivable(world, held.links, base=held.base, own=own)

    def look_back(own: frozenset[str], names: Iterable[str]) -> Mapping[str, Derived]:
        return left_open(world, held, names=names, limits=limits, own=own)

    def proof(
        own: frozenset[str], demands: Demands, witnesses: Sequence[Mapping[str, int]]
    ) -> Proof:
        return _prove(
            knowledge,
            world,
            held=held,
            known=known.keys() | own,
            demands=demands,
            suggested=suggested,
            witnesses=witnesses,
        )

    return prove_against(
        world,
        held.links,
        holders=knowledge.holders,
        tables=tables,
        derive=derive,
        look_back=look_back,
        prove=proof,
    )


def _limits(world: World, name: str, *, before: bool = False) -> tuple[int, int]:
    """What bounds a hidden cell: that it is hidden, and others who published that it is
    small.
    """
    low, high = world.unknowns[name].before if before else world.unknowns[name].when_hidden
    is_said_small = name in world.said and world.said[name] is None
    return (low, min(high, world.unknowns[name].limit)) if is_said_small else (low, high)


def _shown(world: World) -> tuple[list[tuple[str, str]], list[str]]:
    """Sensitive cells that are shown, as failures; those that an earlier edition had
    shown unchanged, as a list.
    """
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
