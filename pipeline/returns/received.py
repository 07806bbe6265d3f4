"""What did the states of a round send? Returns and records together, as figures to
stage, findings and accounts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from pipeline.contracts.layout import respondents
from pipeline.contracts.model import Contracts
from pipeline.contracts.offices import Offices, load_offices
from pipeline.findings import Finding
from pipeline.project import Project
from pipeline.returns.cleared import without_cleared
from pipeline.returns.intake.folder import ReturnFile, find_returns
from pipeline.returns.intake.memory import MEMORY, ReadMemory
from pipeline.returns.intake.problems import FindingBook
from pipeline.returns.intake.read import ReturnRead, book_of, read_returns
from pipeline.returns.intake.reading import FileReading, RoundReading
from pipeline.returns.intake.stage import STAGED, write_staged
from pipeline.returns.joined import join_returns, owner_of_table
from pipeline.returns.records.read import RecordsRead, read_records
from pipeline.system.progress import Progress, silent

# files that are nobody's return; states are told of them
NOT_READ = (
    "not-a-return",
    "wrong-folder",
    "stray-file",
)
AS_RECORDS = "sent-as-records"


def read_round(
    project: Project,
    contracts: Contracts,
    *,
    round_: int,
    progress: Progress = silent,
    meanwhile: Callable[[], None] = lambda: None,
) -> RoundReading:
    """Read every return of a round and stage its figures in
    `project.work(round_)/staged.duckdb`. `meanwhile` is done once, while other processes
    open the first files.

    What is wrong with a return is a finding, never an exception. Raises UserError when
    the round has no folder.
    """
    found = find_returns(project, contracts, round_=round_)
    findings = [
        f
        for file in found
        if file.rule in NOT_READ
        for f in _not_read(file, contracts, round_=round_)
    ]
    returns = [file for file in found if file.rule not in NOT_READ]
    memory = ReadMemory(project.work(round_) / MEMORY, contracts, round_)
    read = list(
        read_returns(
            returns,
            contracts,
            round_=round_,
            progress=progress,
            memory=memory,
            meanwhile=meanwhile,
        )
    )
    offices = load_offices(contracts)
    joined = join_returns(read, contracts, offices=offices, round_=round_, sent=returns)
    findings += joined.findings
    records = read_records(project, contracts, round_=round_, progress=progress)
    read = [_without_sheets(r, records, contracts=contracts) for r in joined.read]
    read += [
        ReturnRead(_of_office(r, offices, read), list(r.findings), r.account, list(r.entries))
        for r in records
        if r.reading and r.account
    ]
    findings += [f for r in records if not r.reading for f in r.findings]
    findings += [f for r in read for f in r.findings]
    findings += _missing_returns(found, contracts, round_=round_)
    entries = [(r.reading.report, round_, r.reading.file, e) for r in read for e in r.entries]
    set_aside = [(r.reading.report, round_, r.reading.file, e) for r in read for e in r.set_aside]
    files = tuple(r.reading for r in read)
    findings = list(without_cleared(findings, files, project=project))
    left = [(r.reading.file, key) for r in read for key in r.left]
    withdrawn = [(r.reading.file, table) for r in read for table in sorted(r.withdraws)]
    write_staged(
        project.work(round_) / STAGED,
        contracts,
        files=files,
        entries=entries,
        set_aside=set_aside,
        earlier=_earlier(project, contracts, round_=round_),
        withdrawn=withdrawn,
        left=left,
        not_told=joined.not_told,
    )
    memory.forget_others()
    ordered = tuple(sorted(findings, key=lambda f: (f.sort_key, f.file, f.found)))
    cells_of = {(file, e.key): e.cells for _, _, file, e in entries if e.cells > 1}
    return RoundReading(
        round_, files, ordered, tuple(r.account for r in read), MappingProxyType(cells_of)
    )


def _earlier(project: Project, contracts: Contracts, *, round_: int) -> list[tuple[int, Path]]:
    """The staged files of the earlier rounds that had a year of this one: figures of
    others are not restated, and no rule compares with them.
    """
    first = min(contract.years(round_)[0] for contract in contracts)
    folders = [p for p in project.outputs.glob("*") if p.name.isdigit()]
    staged = [(int(p.name), project.work(int(p.name)) / STAGED) for p in folders]
    return [(r, path) for r, path in staged if first <= r < round_ and path.is_file()]


def _not_read(file: ReturnFile, contracts: Contracts, *, round_: int) -> list[Finding]:
    book = book_of(file, contracts, round_=round_)
    book.add(file.rule, file.name.rsplit("/", 1)[-1])
    return book.findings


def _missing_returns(
    found: list[ReturnFile], contracts: Contracts, *, round_: int
) -> list[Finding]:
    present = {(f.report, f.state) for f in found if f.rule not in NOT_READ}
    findings = []
    for report in contracts.by_report:
        for state in respondents(contracts, report, round_=round_):
            if (report, state) not in present:
                book = FindingBook(
                    round_,
                    report,
                    state=state,
                    file="",
                    contract_version=contracts.contract(report).version,
                )
                book.add("no-return", "no file")
                findings += book.findings
    return findings


def _of_office(records: RecordsRead, offices: Offices, read: Iterable[ReturnRead]) -> FileReading:
    """A file of records beside parts, with the office that alone gives its table, where
    that is entered.
    """
    reading = records.reading
    assert reading
    beside = (r.reading for r in read if r.reading.office)
    if not any((r.report, r.state) == (reading.report, reading.state) for r in beside):
        return reading
    parts = offices.of(reading.report, reading.state, round_=reading.round)
    return replace(reading, office=owner_of_table(parts, records.table))


def _without_sheets(
    read: ReturnRead, records: list[RecordsRead], *, contracts: Contracts
) -> ReturnRead:
    """A return without the tables that the state sent as records: their cells are set
    aside.
    """
    whose = (read.reading.state, read.reading.report)
    tables = {
        r.table for r in records if r.reading and (r.reading.state, r.reading.report) == whose
    }
    account = read.account
    if not tables:
        return read
    book = FindingBook(
        read.reading.round,
        whose[1],
        state=whose[0],
        file=read.reading.file,
        contract_version=contracts.contract(whose[1]).version,
    )
    for name in sorted(tables):
        if cells := account.loaded_by_table.get(name, 0) + account.refused_by_table.get(name, 0):
            sheet = contracts.table(name).layout.sheet
            book.add(
                "records-and-totals",
                f"records, and {cells:,} filled cells of the sheet",
                sheet=sheet,
                table=name,
            )
    # What is wrong on a sheet that is not used keeps nothing out.
    findings = [replace(f, severity="note") if f.table in tables else f for f in read.findings]
    return replace(
        read,
        findings=findings + book.findings,
        account=account.set_aside(tables, AS_RECORDS),
        entries=[e for e in read.entries if e.table.name not in tables],
        set_aside=(*read.set_aside, *(e for e in read.entries if e.table.name in tables)),
    )
