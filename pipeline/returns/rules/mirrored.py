"""Do two states say the same of the same persons? What one reports of the citizens of
the other, beside what that other one reports of its own nationals.

Both are asked where the two are far apart, each with its own figure first. A pair of
which a sender bound one side is passed over: its figure is not told to another state.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.cells import Key
from pipeline.contracts.anchors import number_text
from pipeline.contracts.mirrors import Mirror, load_mirrors, pairs
from pipeline.contracts.model import Contracts
from pipeline.findings import Finding
from pipeline.project import Project
from pipeline.returns.intake.stage import STAGED
from pipeline.returns.rules.reported import Reported, read_reported
from pipeline.returns.texts import N_

RULE = "mirror"
COMPARE = N_("compare with the other state; correct the figure, or say why the two differ")


def check_mirrors(project: Project, contracts: Contracts, *, round_: int) -> list[Finding]:
    """Two queries, one to each state, for every pair of figures of a round that is beyond
    the tolerance.
    """
    staged = project.work(round_) / STAGED
    findings: list[Finding] = []
    for mirror in load_mirrors(contracts.folder, contracts):
        tables = [contracts.table(name) for name in mirror.tables]
        if not all(table.is_asked(round_) for table in tables):
            continue
        reported = {r.key: r for table in tables for r in read_reported(staged, table)}
        years = range(min((k.year for k in reported), default=round_), round_ + 1)
        for keys in pairs(mirror, contracts, years=years):
            findings += _compare(keys, reported, mirror=mirror, contracts=contracts, round_=round_)
    return findings


def _compare(
    keys: tuple[Key, Key],
    reported: dict[Key, Reported],
    *,
    mirror: Mirror,
    contracts: Contracts,
    round_: int,
) -> Iterator[Finding]:
    sides = [reported[key] for key in keys if key in reported]
    if len(sides) < len(keys) or not all(side.free for side in sides):
        return
    found, returned = sides
    if mirror.is_far(found.bounds, returned.bounds):
        yield _finding(found, returned, mirror=mirror, contracts=contracts, round_=round_)
        yield _finding(returned, found, mirror=mirror, contracts=contracts, round_=round_)


def _finding(
    own: Reported, other: Reported, *, mirror: Mirror, contracts: Contracts, round_: int
) -> Finding:
    """What is said to the state of one side."""
    table = contracts.table(own.key.cube)
    theirs = contracts.table(other.key.cube)
    state = contracts.codelist("states").label(other.key.state)
    return Finding(
        round=round_,
        report=table.report,
        state=own.key.state,
        file=own.file,
        sheet=own.sheet,
        cell=own.address,
        table=table.name,
        key=str(own.key),
        rule=f"{table.name}.{RULE}",
        severity="query",
        found=f"{_text(own)}; {state} reports {_text(other)} ({theirs.title}, {other.key})",
        allowed=(
            f"at most {number_text(mirror.ratio)} times the other figure, or"
            f" {number_text(mirror.absolute)} apart"
        ),
        do=COMPARE,
        contract_version=contracts.contract(table.report).version,
    )


def _text(reported: Reported) -> str:
    """A figure as digits or `<5`: what a sender typed is not told to another state."""
    low, high = reported.bounds.lowest, reported.bounds.highest
    return number_text(low) if low == high else f"<{number_text(high + 1)}"
