"""Which findings are errors that we know? Leaves their cells out, lowers them, and
notices when one is fixed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from pipeline.contracts.known_errors import REGISTER, KnownError, load_known_errors
from pipeline.contracts.model import Contracts
from pipeline.errors import ContractError
from pipeline.findings import Finding, Severity
from pipeline.returns.intake.account import FileAccount
from pipeline.returns.intake.reading import RoundReading
from pipeline.returns.intake.stage import StagedCell

# the rule by which cells are ignored, and of findings that the register alone makes
LEFT_OUT = "known-error"
LEFT_OUT_ALLOWED = "a figure of what the table asks for"
LEFT_OUT_DO = "correct the figure; until then it is left out"
_LOWERED: dict[Severity, Severity] = {"error": "query", "query": "note", "note": "note"}


@dataclass(frozen=True)
class InForce:
    """An entry that a return of the round falls under. `is_over` when the return came
    after the entry's end.
    """

    entry: KnownError
    is_over: bool

    def lines(self, finding: Finding) -> list[str]:
        """The lines of the entry that a finding falls under; none when it is not the
        error that is known.
        """
        entry = self.entry
        same = (finding.state, finding.report, finding.table, finding.rule)
        known = (entry.state, entry.report, entry.table, entry.rule)
        return entry.matching(finding.key) if same == known and finding.key else []


def entries_in_force(contracts: Contracts, reading: RoundReading) -> list[InForce]:
    """The entries of the register whose state sent a return of this round that could be
    read.

    What is past is told by the round and the date on the cover, never by the clock. A
    return without a date counts as dated at the end of its round's year, as in the
    reports.
    """
    received: dict[tuple[str, str], date] = {}
    for file in reading.files:
        if file.outcome == "read":
            whose = file.state, file.report
            received[whose] = max(received.get(whose, date.min), _day(file.received, reading.round))
    return [
        InForce(e, e.is_over(reading.round, received[e.state, e.report]))
        for e in load_known_errors(contracts.folder, contracts)
        if e.round <= reading.round and (e.state, e.report) in received
    ]


def _day(text: str, round_: int) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return date(round_ + 1, 1, 1)


def require_current(
    in_force: Iterable[InForce], findings: Sequence[Finding], *, round_: int
) -> None:
    """Raise ContractError when the register and the returns part: an error was fixed,
    or outlived its entry.
    """
    wrong = [w for f in in_force for w in _out_of_date(f, findings, round_=round_)]
    if wrong:
        raise ContractError(
            "\n".join(wrong),
            where=REGISTER,
            allowed="errors that the returns have, until the end of their entry",
            do=(
                "end the entries named: remove each, or set its 'until' to the last round or day"
                " that needs it; where an error outlived its entry, ask the state and set a later"
                " 'until' (see docs/how-to/known-errors.md)"
            ),
        )


def _out_of_date(known: InForce, findings: Sequence[Finding], *, round_: int) -> Iterator[str]:
    entry = known.entry
    matched = {line for f in findings for line in known.lines(f)}
    if known.is_over:
        if matched:
            yield (
                f"{entry.id}: past its end ({entry.until}), but {entry.state} still sends the error"
                f" in round {round_}: " + ", ".join(sorted(matched))
            )
        return
    gone = [line for line in entry.cells if line not in matched]
    if gone:
        yield (
            f"{entry.id}: the return of {entry.state} in round {round_} has no finding of"
            f" {entry.rule} any more at {', '.join(gone)}: the supplier has fixed it"
        )


def left_out(
    known: Iterable[InForce], cells: Iterable[StagedCell]
) -> list[tuple[InForce, StagedCell]]:
    """The figures that are not used, each with its entry."""
    leaving = [k for k in known if k.entry.effect == "leave-out" and not k.is_over]
    pairs = ((k, cell) for cell in cells for k in leaving if k.entry.matching(cell.key))
    first: dict[tuple[str, str, str, str], tuple[InForce, StagedCell]] = {}
    for k, cell in pairs:
        first.setdefault((cell.file, cell.sheet, cell.address, cell.key), (k, cell))
    return list(first.values())


def require_figures(
    known: Iterable[InForce], findings: Iterable[Finding], *, unread: frozenset[str]
) -> None:
    """Raise ContractError when an entry accepts what could not be read as a figure.
    `unread` are keys.
    """
    accepted = [k for k in known if k.entry.effect == "accept" and not k.is_over]
    wrong = sorted(
        {
            f"{k.entry.id}: {f.key}"
            for k in accepted
            for f in findings
            if k.lines(f) and f.key in unread
        }
    )
    if wrong:
        raise ContractError(
            "there is no figure that could be used as it was sent: " + ", ".join(wrong),
            where=REGISTER,
            allowed="effect: leave-out",
            do="leave the cell out, or ask the state for a figure",
        )


def with_known(
    known: Sequence[InForce],
    findings: Iterable[Finding],
    *,
    out: Sequence[tuple[InForce, StagedCell]],
    versions: Mapping[str, str],
) -> list[Finding]:
    """The findings with the known ones lowered, and one for every figure that is left
    out without a finding of its own.

    `versions` of the contracts by report go with the findings that the register alone
    makes.
    """
    lowered = [_lowered(known, f) for f in findings]
    told = {(f.file, f.key) for f in lowered if f.known}
    return lowered + [
        _of_cell(k.entry, c, version=versions[k.entry.report])
        for k, c in out
        if (c.file, c.key) not in told
    ]


def is_known(known: Iterable[InForce], finding: Finding) -> bool:
    return any(k.lines(finding) for k in known if not k.is_over)


def _lowered(known: Iterable[InForce], finding: Finding) -> Finding:
    for k in known:
        if not k.is_over and k.lines(finding):
            entry = k.entry
            # A figure that is left out stays a query, so that the reports mark the
            # place where it is missing.
            keeps = finding.severity == "query" and entry.effect == "leave-out"
            severity = finding.severity if keeps else _LOWERED[finding.severity]
            return replace(
                finding, severity=severity, known=entry.id, remark=entry.remark, do=_to_do(entry)
            )
    return finding


def _to_do(entry: KnownError) -> str:
    if entry.effect == "leave-out":
        return LEFT_OUT_DO
    return "correct the figure; until then it is used as it was sent"


def _of_cell(entry: KnownError, cell: StagedCell, *, version: str) -> Finding:
    return Finding(
        round=cell.round,
        report=entry.report,
        state=entry.state,
        file=cell.file,
        sheet=cell.sheet,
        cell=cell.address,
        table=entry.table,
        key=cell.key,
        rule=LEFT_OUT,
        severity="query",
        found=cell.raw,
        allowed=LEFT_OUT_ALLOWED,
        do=_to_do(entry),
        contract_version=version,
        known=entry.id,
        remark=entry.remark,
    )


def after_leaving_out(
    account: FileAccount, out: Iterable[tuple[InForce, StagedCell]], *, reading: RoundReading
) -> FileAccount:
    """The account of a file after the figures `out` were left out."""
    cells: dict[str, int] = {}
    for known, cell in out:
        if cell.file == account.file:
            table = known.entry.table
            cells[table] = cells.get(table, 0) + reading.cells_of.get((cell.file, cell.key), 1)
    return account.leave_out(cells, LEFT_OUT) if cells else account
