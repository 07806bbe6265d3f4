"""What would another contract have said of returns that were accepted? Reads and checks
them again, under both.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline.contracts.model import Contracts
from pipeline.errors import UserError
from pipeline.findings import SEVERITIES, Finding
from pipeline.project import Project
from pipeline.returns.received import read_round
from pipeline.returns.rules.check import check_round, later_files, refusals, refused_parts
from pipeline.returns.rules.known import InForce, entries_in_force, is_known
from pipeline.returns.rules.outcome import Refusals
from pipeline.system.progress import Progress, silent

# The form of a return names the contract it was made for: under another version every
# return would be asked about it.
_NOT_REPLAYED = ("contract-version",)


@dataclass(frozen=True)
class Replay:
    """The accepted returns of a round under two contracts: what is found only under the
    new one, and what no longer.

    Notes are left out. `refused` are tables that would no longer be loaded, (state,
    report, table), "" for the whole return; `accepted` those that now would.
    """

    round: int
    returns: int
    new: tuple[Finding, ...]
    gone: tuple[Finding, ...]
    refused: tuple[tuple[str, str, str], ...]
    accepted: tuple[tuple[str, str, str], ...]

    @property
    def breaks_supplier(self) -> bool:
        return bool(self.refused) or any(f.severity == "error" for f in self.new)


@dataclass(frozen=True)
class _Checked:
    findings: list[Finding]
    refused: Refusals
    known: list[InForce]
    returns: frozenset[tuple[str, str]]


def opened_rounds(project: Project) -> list[int]:
    """The rounds with returns, oldest first."""
    return sorted(
        int(p.name)
        for p in project.returns.glob("*")
        if p.name.isdigit()
        and any(f.is_file() for r in project.collected for f in (p / r).glob("*"))
    )


def newest_round(project: Project) -> int:
    """The last round with returns. Raises UserError when there is none."""
    rounds = opened_rounds(project)
    if not rounds:
        raise UserError(
            "there are no returns to replay",
            where=str(project.returns),
            do="put returns under returns/<round>/<report>/",
        )
    return max(rounds)


def replay_round(
    project: Project, old: Contracts, *, new: Contracts, round_: int, progress: Progress = silent
) -> Replay:
    """Validate the returns of a round with two versions of the contracts, in folders of
    its own that go again.

    A return or table that the old contract refuses was not accepted: what the new one
    finds there is not counted. Errors that the register beside the old contract knows
    are left out of both. Rules that look back at earlier rounds give notes only, so
    none are read. Raises UserError when the round has no returns.
    """
    with tempfile.TemporaryDirectory() as scratch:
        before = _check(
            project, old, round_=round_, folder=Path(scratch) / "old", progress=progress, known=None
        )
        after = _check(
            project,
            new,
            round_=round_,
            folder=Path(scratch) / "new",
            progress=progress,
            known=before.known,
        )
    accepted = [
        f
        for f in after.findings
        if not {(f.state, f.report, ""), (f.state, f.report, f.table)} & before.refused
    ]
    return Replay(
        round_,
        len(before.returns),
        tuple(_only_in(accepted, before.findings, by_severity=True)),
        tuple(_only_in(before.findings, after.findings, by_severity=False)),
        tuple(sorted(after.refused - before.refused)),
        tuple(sorted(before.refused - after.refused)),
    )


def _check(
    project: Project,
    contracts: Contracts,
    *,
    round_: int,
    folder: Path,
    progress: Progress,
    known: list[InForce] | None,
) -> _Checked:
    apart = Project(project.root, folder, project.returns)
    reading = read_round(apart, contracts, round_=round_, progress=progress)
    progress("checking against the contracts")
    in_force = entries_in_force(contracts, reading) if known is None else known
    found = [
        f
        for f in (*reading.findings, *check_round(apart, contracts, round_=round_, reading=reading))
        if f.severity != "note" and f.rule not in _NOT_REPLAYED and not is_known(in_force, f)
    ]
    refused = refusals(found, later_files(reading), parts=refused_parts(reading))
    returns = frozenset(
        (f.state, f.report) for f in reading.files if (f.state, f.report, "") not in refused
    )
    return _Checked(
        sorted(found, key=lambda f: (f.sort_key, f.file, f.key, f.found)),
        refused,
        in_force,
        returns,
    )


def _only_in(
    findings: Iterable[Finding], others: Iterable[Finding], *, by_severity: bool
) -> list[Finding]:
    """The findings that the others do not have at the same place; by severity also
    those that are worse there.
    """
    worst: dict[tuple[str, ...], int] = {}
    for f in others:
        worst[_place(f)] = min(worst.get(_place(f), len(SEVERITIES)), SEVERITIES.index(f.severity))
    return [
        f
        for f in findings
        if _place(f) not in worst
        or (by_severity and SEVERITIES.index(f.severity) < worst[_place(f)])
    ]


def _place(finding: Finding) -> tuple[str, ...]:
    f = finding
    return (f.report, f.state, f.file, f.sheet, f.cell, f.table, f.key, f.rule)
