"""What does a proof look like on paper? Plain JSON that can be checked by addition, and is the same bytes each time.

It holds true values and is restricted: it must never be part of a public artefact.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.audit.facts import Knowledge
from pipeline.audit.links import Link
from pipeline.audit.reconcile import Reconciled
from pipeline.audit.sensitive import Demand, is_narrowed
from pipeline.audit.system import NO_LIMIT, Interval
from pipeline.audit.world import World
from pipeline.kept import keep_bytes

FORMAT = 2


def make_certificate(
    knowledge: Knowledge, world: World, held: Reconciled, demands: Mapping[str, Demand],
    tables: Sequence[Mapping[str, int]], already_public: Sequence[str],
) -> dict[str, Any]:  # fmt: skip
    """Everything that is needed to check the tables without anything else than the released files."""
    known = world.known
    hidden = sorted(n for n in world.unknowns if n not in known)
    limits = {n: world.unknowns[n].when_hidden for n in hidden}
    cubes = sorted({world.unknowns[n].cube for n in world.unknowns})
    return {
        "format": FORMAT, "version": knowledge.version, "round": knowledge.round_,
        "released": {f.name: f.sha256 for f in knowledge.released},
        "editions": {
            e.name: {"released": {f.name: f.sha256 for f in e.released}, "own": world.own[e.name]}
            for e in knowledge.editions
        },
        "rules": {
            "cubes": {c: _rules(knowledge, c) for c in cubes},
            "sensitive": [n for n in hidden if world.unknowns[n].steps is None or world.unknowns[n].bound],
        },
        "scale": _scale(knowledge, cubes),
        "known": {n: v for n, v in world.said.items() if v is not None and n not in world.shown_now},
        "base": {n: held.base[n] for n in hidden},
        "bounds": {
            n: [low, None if high >= NO_LIMIT else high]
            for n, (low, high) in limits.items()
            if (low, high) != (1, NO_LIMIT)
        },
        "demands": {n: list(d) for n, d in sorted(demands.items())},
        "sums": [[k.whole, list(k.parts), k.relation] for k in held.links if _touches(k, known)],
        "intervals": [_interval(i) for i in knowledge.intervals if any(n not in known for n in i[1])],
        "tables": [dict(sorted(t.items())) for t in tables],
        "narrowed": sorted(n for n, d in demands.items() if is_narrowed(world.unknowns[n], d)),
        "not_reconciling": [[k.whole, list(k.parts)] for k in held.dropped],
        "already_public": sorted(already_public),
    }  # fmt: skip


def _rules(knowledge: Knowledge, cube: str) -> dict[str, Any]:
    rules = knowledge.rules.cube(cube)
    return {
        "small_counts": rules.small_counts, "threshold": rules.threshold, "highest": rules.highest,
        "values": rules.values,
    }  # fmt: skip


def _scale(knowledge: Knowledge, cubes: Sequence[str]) -> dict[str, int]:
    decimals = {t.name: t.decimals for t in knowledge.contracts.tables}
    return {c: decimals[c] for c in cubes if decimals.get(c)}


def _touches(link: Link, known: Mapping[str, int]) -> bool:
    return link.whole not in known or any(p not in known for p in link.parts)


def _interval(interval: Interval) -> list[Any]:
    name, factors, lowest, highest = interval
    return [name, dict(sorted(factors.items())), lowest, highest]


def certificate_bytes(certificate: Mapping[str, Any]) -> bytes:
    """The same certificate is the same bytes."""
    return (json.dumps(certificate, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n").encode("utf-8")


def write_certificate(certificate: Mapping[str, Any], path: Path) -> None:
    """Put the certificate in place in one step."""
    keep_bytes(path, certificate_bytes(certificate))
