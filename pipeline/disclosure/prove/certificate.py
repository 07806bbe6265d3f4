"""What does a proof look like on paper? Plain JSON that can be checked by addition, and
is the same bytes each time.

It holds true values and is restricted: it must never be part of a public artefact.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.cells import REGIONS, Key, is_outside
from pipeline.disclosure.prove.facts import EarlierEdition, Knowledge
from pipeline.disclosure.prove.links import Link
from pipeline.disclosure.prove.reconcile import Reconciled
from pipeline.disclosure.prove.world import World
from pipeline.system.kept import keep_bytes

FORMAT = 4


def make_certificate(
    knowledge: Knowledge,
    world: World,
    *,
    held: Reconciled,
    tables: Sequence[Mapping[str, int]],
    ranges: Mapping[str, Mapping[str, Mapping[str, str]]],
    of_holders: Mapping[str, Mapping[str, Mapping[str, Mapping[str, str]]]],
) -> dict[str, Any]:
    """What nobody can tell from released files, policy, contracts and code lists:
    whoever has these checks the tables without anything else. `ranges` tell for cells
    how earlier editions narrowed them, `of_holders` the same for each holder.
    """
    known = world.known
    hidden = sorted(n for n in world.unknowns if n not in known)
    now = EarlierEdition("", knowledge.released, knowledge.truth)
    return {
        "format": FORMAT,
        "version": knowledge.version,
        "round": knowledge.round_,
        "day": knowledge.day,
        "rules": dict(knowledge.rules_files),
        "releases": {e.name: _release(e, world) for e in (now, *knowledge.editions)},
        "base": {n: held.base[n] for n in hidden},
        "suppressed": [n for n in hidden if world.unknowns[n].steps is None],
        "statuses": {
            n: world.unknowns[n].conf_status for n in hidden if world.unknowns[n].conf_status != "F"
        },
        "at_least": _entries((k for k in held.links if k.relation == ">="), known),
        "contradicted": _entries(held.dropped, known),
        "ranges": ranges,
        "holders": of_holders,
        "tables": [dict(sorted(t.items())) for t in tables],
    }


def _release(edition: EarlierEdition, world: World) -> dict[str, Any]:
    """What the files of one release do not tell: rows without a line, and the parts of
    what was worked out.
    """
    cells = {c.key: c for c in edition.truth if c.counts}
    told = {k for f in edition.released for k in f.states if k in f.shown}
    return {
        "files": {f.name: f.sha256 for f in edition.released},
        "left_out": sorted(k for k in cells if not any(f.names(k) for f in edition.released)),
        "parts": {
            k: sorted(p for p in c.part_keys if p in cells)
            for k, c in sorted(cells.items())
            if c.part_keys
            and not (k in told and Key.parse(k).state in REGIONS)
            and not is_outside(c.key.split(":")[0])
        },
        "own": world.own.get(edition.name, {}),
    }


def _entries(links: Iterable[Link], known: Mapping[str, int]) -> list[list[str]]:
    return [list(e) for e in sorted({(k.whole, *k.parts) for k in links if touches(k, known)})]


def touches(link: Link, known: Mapping[str, int]) -> bool:
    """Whether a sum says anything of a cell that is not known."""
    return link.whole not in known or any(p not in known for p in link.parts)


def certificate_bytes(certificate: Mapping[str, Any]) -> bytes:
    """The same certificate is the same bytes."""
    return (
        json.dumps(certificate, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n"
    ).encode("utf-8")


def write_certificate(certificate: Mapping[str, Any], path: Path) -> None:
    """Put the certificate in place in one step."""
    keep_bytes(path, certificate_bytes(certificate))
