"""How does the page on the round stay true? It is written anew after every move.

A move is done when its record is written. That the page could not be written is told,
and undoes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipeline.contracts.model import load_contracts
from pipeline.desk.page import write_desk
from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.steps.stale import stale_versions
from pipeline.system.files import owner_only
from pipeline.system.kept import is_there


def renew_desk(project: Project, round_: int) -> Iterator[str]:
    """Write the page on a round anew where there is something to be seen on it. Yields a
    line where that could not be done.
    """
    if not is_there(project.findings(round_) / "findings.json"):
        return
    try:
        desk_of(project, round_)
    except (UserError, OSError) as problem:
        told = " ".join(str(problem).split())[:200]
        yield f"the desk was not renewed, run 'make desk ROUND={round_}': {told}"


def desk_of(project: Project, round_: int) -> Path:
    """Write the page on a round, on which what is stale says so."""
    contracts = load_contracts(project.contracts)
    stale = {(s.report, s.version): s.why for s in stale_versions(project, round_)}
    with owner_only(project.outputs):
        return write_desk(project, contracts, round_=round_, stale=stale)
