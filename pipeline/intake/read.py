"""What did the states of a round send? Reads every return, cell by cell, into findings, accounts and staged figures."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Container, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from types import MappingProxyType

from pipeline.contracts.model import Contracts
from pipeline.findings import Finding
from pipeline.formats.archive import MAX_FILE
from pipeline.formats.kinds import KIND_NAMES
from pipeline.formats.opened import Opened, open_file
from pipeline.formats.raw import CsvText, DamagedFile, RawCell, RawWorkbook
from pipeline.intake.account import FileAccount, Ledger
from pipeline.intake.book import read_book, with_neutral_names
from pipeline.intake.entry import Entry, ReturnContext
from pipeline.intake.folder import ReturnFile, find_returns, respondents
from pipeline.intake.lines import (
    column_names,
    cover_of_csv,
    csv_cells,
    has_header,
    header_names,
    localise,
    read_csv_return,
)
from pipeline.intake.problems import FindingBook
from pipeline.intake.reading import FileReading, RoundReading
from pipeline.intake.stage import write_staged
from pipeline.intake.withdrawal import WITHDRAWAL_COLUMNS, read_withdrawal
from pipeline.progress import Progress, silent
from pipeline.project import REPORTS, Project
from pipeline.records.read import RecordsRead, read_records

STAGED = "staged.duckdb"
SUPERSEDED, WITHDRAWN, AS_RECORDS = "superseded", "withdrawn", "sent-as-records"
_NOT_OPENED = {
    "linked-file": "a link to a file elsewhere; it was not followed",
    "not-a-file": "a folder, a pipe or a device under the name of a return; it was not opened",
}


@dataclass(frozen=True)
class _File:
    """A file of the folder with its bytes and what they hold, or why they could not be read."""

    file: ReturnFile
    sha256: str
    opened: Opened | None = None
    cover: CsvText | None = None
    damage: DamagedFile | None = None


@dataclass(frozen=True)
class _Read:
    """What came of one file. `set_aside` are figures that a later file of the state replaced or withdrew."""

    reading: FileReading
    findings: list[Finding]
    account: FileAccount
    entries: list[Entry]
    withdraws: frozenset[str] = frozenset()
    set_aside: tuple[Entry, ...] = ()


def read_round(
    project: Project, contracts: Contracts, round_: int, progress: Progress = silent
) -> RoundReading:
    """Read every return of a round and stage its figures in `project.work(round_)/staged.duckdb`.

    What is wrong with a return is a finding, never an exception. Raises UserError when the round has no folder.
    """
    found = find_returns(project, contracts, round_)
    findings = [f for file in found if file.rule == "not-a-return" for f in _not_a_return(file, contracts, round_)]
    returns = [file for file in found if file.rule != "not-a-return"]
    read = []
    for done, file in enumerate(_open_all(returns, contracts)):
        progress(f"reading {file.file.name}", done, len(returns))
        read.append(_read_file(file, contracts, round_))
    read = [r for _, files in groupby(read, key=_whose) for r in _supersede(list(files))]
    records = read_records(project, contracts, round_, progress)
    read = [_without_sheets(r, records, contracts) for r in read]
    read += [_Read(r.reading, list(r.findings), r.account, list(r.entries)) for r in records if r.reading and r.account]
    findings += [f for r in records if not r.reading for f in r.findings]
    findings += [f for r in read for f in r.findings]
    findings += _missing_returns(found, contracts, round_)
    entries = [(r.reading.report, round_, r.reading.file, e) for r in read for e in r.entries]
    set_aside = [(r.reading.report, round_, r.reading.file, e) for r in read for e in r.set_aside]
    files = tuple(r.reading for r in read)
    withdrawn = [(r.reading.file, table) for r in read for table in sorted(r.withdraws)]
    write_staged(
        project.work(round_) / STAGED, contracts, files, entries, set_aside, _earlier(project, round_), withdrawn
    )  # fmt: skip
    ordered = tuple(sorted(findings, key=lambda f: (f.sort_key, f.file, f.found)))
    cells_of = {(file, e.key): e.cells for _, _, file, e in entries if e.cells > 1}
    return RoundReading(round_, files, ordered, tuple(r.account for r in read), MappingProxyType(cells_of))


def _earlier(project: Project, round_: int) -> list[tuple[int, Path]]:
    """The staged files of earlier rounds."""
    folders = [p for p in project.outputs.glob("*") if p.name.isdigit() and int(p.name) < round_]
    staged = [(int(p.name), project.work(int(p.name)) / STAGED) for p in folders]
    return [(r, path) for r, path in staged if path.is_file()]


def _book(file: ReturnFile, contracts: Contracts, round_: int) -> FindingBook:
    version = contracts.contract(file.report).version if file.report else ""
    return FindingBook(round_, file.report, file.state, file.name, version)


def _not_a_return(file: ReturnFile, contracts: Contracts, round_: int) -> list[Finding]:
    book = _book(file, contracts, round_)
    book.add("not-a-return", file.name.rsplit("/", 1)[-1])
    return book.findings


def _missing_returns(found: list[ReturnFile], contracts: Contracts, round_: int) -> list[Finding]:
    present = {(f.report, f.state) for f in found}
    findings = []
    for report in REPORTS:
        for state in respondents(contracts, report, round_):
            if (report, state) not in present:
                book = FindingBook(round_, report, state, "", contracts.contract(report).version)
                book.add("no-return", "no file")
                findings += book.findings
    return findings


# Opening: the only part that touches bytes, several files at a time, each in a bound process of its own.


def _open_all(files: list[ReturnFile], contracts: Contracts) -> Iterator[_File]:
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        yield from pool.map(lambda file: _open(file, contracts), files)


def _open(file: ReturnFile, contracts: Contracts) -> _File:
    sha256 = ""
    try:
        if file.rule in _NOT_OPENED:
            raise DamagedFile(file.rule, _NOT_OPENED[file.rule])
        data = _bytes_of(file.path)
        sha256 = hashlib.sha256(data).hexdigest()
        names = (
            WITHDRAWAL_COLUMNS if file.withdraws
            else header_names(contracts.contract(file.report), contracts.codelists)
        )  # fmt: skip
        opened = open_file(data, file.state, names)
        cover = None
        if file.cover and file.cover.is_file() and isinstance(opened.content, CsvText):
            cover = _open_cover(file.cover, file.state)
        return _File(file, sha256, opened, cover)
    except DamagedFile as damage:
        return _File(file, sha256, damage=damage)


def _open_cover(path: Path, state: str) -> CsvText:
    """The companion of a CSV return. A damaged one counts as damage of the return: it may say whose it is."""
    if path.is_symlink():
        raise DamagedFile("linked-file", f"a link instead of {path.name}; it was not followed")
    content = open_file(_bytes_of(path), state, {"field", "answer"}).content
    if not isinstance(content, CsvText):
        raise DamagedFile("unreadable-file", f"{path.name} is no text file")
    return content


def _bytes_of(path: Path) -> bytes:
    """The bytes of a file, never through a link and never more than a return may have."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > MAX_FILE:
                raise DamagedFile("unsafe-file", f"{size:,} bytes")
            return file.read(MAX_FILE + 1)
    except OSError as problem:
        raise DamagedFile("unreadable-file", f"cannot be opened ({problem.strerror})") from problem


# Reading what was opened.


def _read_file(opened: _File, contracts: Contracts, round_: int) -> _Read:
    """Read one file. A file that cannot be read, or must not be, becomes a finding; its cells count as refused."""
    file, damage = opened.file, opened.damage
    columns = column_names(contracts.contract(file.report))
    book = _book(file, contracts, round_)
    if file.rule and file.rule not in _NOT_OPENED:
        book.add(file.rule, file.name.rsplit("/", 1)[-1])
        return _unread(opened, book, round_, _refuse_all(opened, columns))
    if damage or opened.opened is None:
        assert damage
        book.add(damage.rule, damage.found)
        return _unread(opened, book, round_, Ledger([]))
    content, kind = opened.opened.content, opened.opened.kind
    localised: list[str] = []
    if isinstance(content, CsvText) and not file.withdraws:
        content, localised = localise(content, contracts.contract(file.report), contracts.codelists)
        if not file.suffix.startswith(".csv") and not has_header(content, contracts.contract(file.report)):
            # Any bytes can be read as text of some code page: without a header it is no return under a wrong name.
            book.add("unreadable-file", f"no workbook, but {KIND_NAMES[kind]} without a header")
            return _unread(opened, book, round_, Ledger([]))
    if file.suffix != f".{kind}":
        book.add("file-renamed", f"{KIND_NAMES[kind]} named {file.suffix}", allowed=f".{kind}")
    if isinstance(content, RawWorkbook):
        if content.active_content:
            book.add("active-content", ", ".join(content.active_content[:5]))
            return _unread(opened, book, round_, Ledger([]))
        if not content.formulas_seen:
            book.add("old-format", KIND_NAMES[kind])
        content = with_neutral_names(book, content)
        ctx = _context(opened, contracts, round_, book, _cells(content), is_csv=False)
        return _close(ctx, opened, read_book(ctx, content, is_supplement=file.number > 1))
    if file.withdraws:
        ctx = _context(opened, contracts, round_, book, csv_cells(content, WITHDRAWAL_COLUMNS), is_csv=True)
        withdrawn = read_withdrawal(ctx, content)
        return replace(_close(ctx, opened, {}), withdraws=withdrawn)
    answers = cover_of_csv(opened.cover) if opened.cover else None
    filled = [c for c in (answers or {}).values() if c.text]
    ctx = _context(opened, contracts, round_, book, csv_cells(content, columns) + filled, is_csv=True)
    return _close(ctx, opened, read_csv_return(ctx, content, answers, localised))


def _cells(workbook: RawWorkbook) -> list[RawCell]:
    return [c for s in workbook.sheets for c in s.cells.values()]


def _unread(opened: _File, book: FindingBook, round_: int, ledger: Ledger) -> _Read:
    file = opened.file
    reading = FileReading(
        round_, file.report, file.state, file.name, opened.sha256, "", "", "refused", number=file.number
    )  # fmt: skip
    return _Read(reading, book.findings, ledger.close(file.name, file.state, file.report, opened.sha256), [])


def _refuse_all(opened: _File, columns: Container[str]) -> Ledger:
    """The cells of a file that is not read for another reason than damage: all of them are refused."""
    content = opened.opened.content if opened.opened else None
    cells = csv_cells(content, columns) if isinstance(content, CsvText) else _cells(content) if content else []
    ledger = Ledger((c.sheet, c.address) for c in cells)
    for cell in cells:
        ledger.refuse(cell.sheet, cell.address, "")
    return ledger


def _context(
    opened: _File, contracts: Contracts, round_: int, book: FindingBook, cells: Iterable[RawCell], *, is_csv: bool
) -> ReturnContext:
    file = opened.file
    ledger = Ledger((c.sheet, c.address) for c in cells)
    return ReturnContext(contracts, contracts.contract(file.report), file.state, round_, book, ledger, is_csv)


def _close(ctx: ReturnContext, opened: _File, cover: dict[str, str]) -> _Read:
    file = opened.file
    refused = any(f.severity == "error" and not f.table for f in ctx.book.findings)
    reading = FileReading(
        ctx.round, file.report, file.state, file.name, opened.sha256, cover.get("date", ""),
        cover.get("contract_version", ""), "refused" if refused else "read", MappingProxyType(cover), file.number,
        opened.opened.kind if opened.opened else "",
    )  # fmt: skip
    account = ctx.ledger.close(file.name, file.state, file.report, opened.sha256)
    if refused and file.number > 1:
        # A later file that cannot be used leaves the earlier ones as they were.
        return _Read(reading, ctx.book.findings, account.refuse(None), [])
    return _Read(reading, ctx.book.findings, account, ctx.entries)


# Several files of one state: a later one brings its tables anew, or takes tables back.


def _whose(read: _Read) -> tuple[str, str]:
    return read.reading.report, read.reading.state


def _supersede(files: list[_Read]) -> list[_Read]:
    """The files of one return in the order of their numbers, without the figures that later files replaced."""
    last: dict[str, int] = {}
    for number, read in enumerate(files):
        if read.reading.outcome == "refused" and read.reading.number > 1:
            continue
        for table in {*read.account.loaded_by_table, *read.account.refused_by_table, *read.withdraws}:
            last[table] = number
    return [_without(read, {t: files[n] for t, n in last.items() if n > number}) for number, read in enumerate(files)]


def _without(read: _Read, later: dict[str, _Read]) -> _Read:
    """A file without the figures, and the findings about them, of tables that `later` files bring or withdraw."""
    if not later:
        return read
    withdrawn = {t for t, by in later.items() if t in by.withdraws}
    account = read.account.set_aside(withdrawn, WITHDRAWN).set_aside(set(later) - withdrawn, SUPERSEDED)
    return replace(
        read,
        findings=[f for f in read.findings if f.table not in later],
        account=account,
        entries=[e for e in read.entries if e.table.name not in later],
        set_aside=tuple(e for e in read.entries if e.table.name in later),
    )


def _without_sheets(read: _Read, records: list[RecordsRead], contracts: Contracts) -> _Read:
    """A return without the tables that the state sent as records: their cells are set aside."""
    whose = (read.reading.state, read.reading.report)
    tables = {r.table for r in records if r.reading and (r.reading.state, r.reading.report) == whose}
    account = read.account
    if not tables:
        return read
    book = FindingBook(read.reading.round, whose[1], whose[0], read.reading.file, contracts.contract(whose[1]).version)
    for name in sorted(tables):
        if cells := account.loaded_by_table.get(name, 0) + account.refused_by_table.get(name, 0):
            sheet = contracts.table(name).layout.sheet
            book.add("records-and-totals", f"records, and {cells:,} filled cells of the sheet", sheet=sheet, table=name)
    # What is wrong on a sheet that is not used keeps nothing out.
    findings = [replace(f, severity="note") if f.table in tables else f for f in read.findings]
    return replace(
        read, findings=findings + book.findings, account=account.set_aside(tables, AS_RECORDS),
        entries=[e for e in read.entries if e.table.name not in tables],
        set_aside=(*read.set_aside, *(e for e in read.entries if e.table.name in tables)),
    )  # fmt: skip
