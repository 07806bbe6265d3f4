"""What did the states of a round send? Reads every return, cell by cell, into findings, accounts and staged figures."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from pipeline.contracts.codelists import fold
from pipeline.contracts.layout import COVER_SHEET, HELP_SHEET, LISTS_SHEET, form_of, tables_for
from pipeline.contracts.model import Contracts, Table
from pipeline.findings import Finding
from pipeline.intake.account import FileAccount, Ledger
from pipeline.intake.archive import DamagedFile
from pipeline.intake.codes import latin
from pipeline.intake.cover import cover_of_sheet, read_cover
from pipeline.intake.csvfile import CsvText, read_csv
from pipeline.intake.entry import Entry, ReturnContext
from pipeline.intake.folder import ReturnFile, find_returns, respondents
from pipeline.intake.lines import column_names, cover_of_csv, csv_cells, read_lines
from pipeline.intake.problems import FindingBook
from pipeline.intake.reading import FileReading, RoundReading
from pipeline.intake.sheet import read_sheet
from pipeline.intake.stage import write_staged
from pipeline.intake.workbook import RawCell, RawSheet, RawWorkbook, read_workbook
from pipeline.progress import Progress, silent
from pipeline.project import REPORTS, Project
from pipeline.records.read import RecordsRead, read_records

STAGED = "staged.duckdb"


@dataclass(frozen=True)
class _Read:
    reading: FileReading
    findings: list[Finding]
    account: FileAccount
    entries: list[Entry]


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
    for done, file in enumerate(returns):
        progress(f"reading {file.name}", done, len(returns))
        read.append(_read_file(file, contracts, round_))
    records = read_records(project, contracts, round_, progress)
    read = [_without_sheets(r, records, contracts) for r in read]
    read += [_Read(r.reading, list(r.findings), r.account, list(r.entries)) for r in records if r.reading and r.account]
    findings += [f for r in records if not r.reading for f in r.findings]
    findings += [f for r in read for f in r.findings]
    findings += _missing_returns(found, contracts, round_)
    entries = [(r.reading.report, round_, r.reading.file, e) for r in read for e in r.entries]
    files = tuple(r.reading for r in read)
    write_staged(project.work(round_) / STAGED, contracts, files, entries, _earlier(project, round_))
    ordered = tuple(sorted(findings, key=lambda f: (f.sort_key, f.file, f.found)))
    return RoundReading(round_, files, ordered, tuple(r.account for r in read))


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
    entries = [e for e in read.entries if e.table.name not in tables]
    return _Read(read.reading, findings + book.findings, account.set_aside(tables, "sent-as-records"), entries)


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
    book.add("not-a-return", file.path.name)
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


def _read_file(file: ReturnFile, contracts: Contracts, round_: int) -> _Read:
    """Read one file. A file that cannot be read, or must not be, becomes a finding; its cells count as refused."""
    book = _book(file, contracts, round_)
    try:
        data = file.path.read_bytes()
    except OSError as problem:
        book.add("unreadable-file", f"cannot be opened ({problem.strerror})")
        return _unread(file, book, round_, "", Ledger([]))
    sha256 = hashlib.sha256(data).hexdigest()
    if file.rule:
        book.add(file.rule, file.path.name)
        return _unread(file, book, round_, sha256, _refuse_all(data, file, contracts))
    try:
        if file.path.suffix.lower() == ".csv":
            return _read_csv(file, contracts, round_, data, sha256, book)
        return _read_workbook(file, contracts, round_, read_workbook(data), sha256, book)
    except DamagedFile as damage:
        book.add(damage.rule, damage.found)
        return _unread(file, book, round_, sha256, Ledger([]))


def _unread(file: ReturnFile, book: FindingBook, round_: int, sha256: str, ledger: Ledger) -> _Read:
    reading = FileReading(round_, file.report, file.state, file.name, sha256, "", "", "refused")
    return _Read(reading, book.findings, ledger.close(file.name, file.state, file.report, sha256), [])


def _refuse_all(data: bytes, file: ReturnFile, contracts: Contracts) -> Ledger:
    """The cells of a file that is not read for another reason than damage: all of them are refused."""
    try:
        if file.path.suffix.lower() == ".xlsx":
            cells = [c for s in read_workbook(data).sheets for c in s.cells.values()]
        elif file.path.suffix.lower() == ".csv":
            cells = csv_cells(read_csv(data, file.state, column_names(contracts.contract(file.report))))
        else:
            cells = []
    except DamagedFile:
        cells = []
    ledger = Ledger((c.sheet, c.address) for c in cells)
    for cell in cells:
        ledger.refuse(cell.sheet, cell.address, "")
    return ledger


def _context(
    file: ReturnFile, contracts: Contracts, round_: int, book: FindingBook, cells: list[RawCell], *, is_csv: bool
) -> ReturnContext:
    ledger = Ledger((c.sheet, c.address) for c in cells)
    return ReturnContext(contracts, contracts.contract(file.report), file.state, round_, book, ledger, is_csv)


def _close(ctx: ReturnContext, file: ReturnFile, sha256: str, cover: dict[str, str]) -> _Read:
    refused = any(f.severity == "error" and not f.table for f in ctx.book.findings)
    reading = FileReading(
        ctx.round, file.report, file.state, file.name, sha256, cover.get("date", ""),
        cover.get("contract_version", ""), "refused" if refused else "read", MappingProxyType(cover),
    )  # fmt: skip
    account = ctx.ledger.close(file.name, file.state, file.report, sha256)
    return _Read(reading, ctx.book.findings, account, ctx.entries)


# Workbooks.


def _read_workbook(
    file: ReturnFile, contracts: Contracts, round_: int, workbook: RawWorkbook, sha256: str, book: FindingBook
) -> _Read:
    cells = [c for s in workbook.sheets for c in s.cells.values()]
    ctx = _context(file, contracts, round_, book, cells, is_csv=False)
    if workbook.active_content:
        book.add("active-content", ", ".join(workbook.active_content[:5]))
    tables = tables_for(ctx.contract, ctx.state)
    by_name = _match_sheets(workbook, tables)
    cover_sheet = by_name.get(COVER_SHEET)
    cover = read_cover(ctx, cover_of_sheet(cover_sheet) if cover_sheet else None)
    for name in (COVER_SHEET, HELP_SHEET, LISTS_SHEET):
        if name in by_name:
            ctx.ignore(by_name[name].cells.values(), name.lower())
    _check_sheets(ctx, workbook, by_name)
    for table in tables:
        if table.layout.sheet in by_name:
            read_sheet(ctx, by_name[table.layout.sheet], form_of(table, ctx.contract, ctx.state, round_))
        else:
            book.add("missing-sheet", "no such sheet", sheet=table.layout.sheet, table=table.name)
    return _close(ctx, file, sha256, cover)


def _match_sheets(workbook: RawWorkbook, tables: list[Table]) -> dict[str, RawSheet]:
    """Sheets of the form by the name that the form gives them."""
    names = {fold(n): n for n in (COVER_SHEET, HELP_SHEET, LISTS_SHEET, *(t.layout.sheet for t in tables))}
    found: dict[str, RawSheet] = {}
    for sheet in workbook.sheets:
        name = names.get(fold(sheet.name)) or names.get(fold(latin(sheet.name)))
        if name:
            found.setdefault(name, sheet)
    return found


def _check_sheets(ctx: ReturnContext, workbook: RawWorkbook, by_name: dict[str, RawSheet]) -> None:
    known = {sheet.name: name for name, sheet in by_name.items()}
    tables = {t.layout.sheet: t.name for t in ctx.contract.tables}
    for sheet in workbook.sheets:
        name = known.get(sheet.name)
        if sheet.hidden and name != LISTS_SHEET:
            table = tables.get(name or "", "")
            ctx.book.add("hidden-sheet", f"hidden sheet with {len(sheet.cells)} cells", sheet=sheet.name, table=table)
        elif name is None and sheet.cells:
            ctx.book.add("unknown-sheet", f"sheet with {len(sheet.cells)} cells", sheet=sheet.name)
        if name is None:
            ctx.ignore(sheet.cells.values(), "unknown-sheet")


# CSV files.


def _read_csv(
    file: ReturnFile, contracts: Contracts, round_: int, data: bytes, sha256: str, book: FindingBook
) -> _Read:
    csv_text = read_csv(data, file.state, column_names(contracts.contract(file.report)))
    cover_text = _read_cover_file(file)
    answers = cover_of_csv(cover_text, COVER_SHEET) if cover_text else None
    filled = [c for c in (answers or {}).values() if c.text]
    ctx = _context(file, contracts, round_, book, csv_cells(csv_text) + filled, is_csv=True)
    if not csv_text.encoding.startswith("utf-8"):
        book.add("encoding", csv_text.encoding, cell="line 1")
    cover = read_cover(ctx, answers)
    ctx.ignore(filled, "cover")
    read_lines(ctx, csv_text)
    return _close(ctx, file, sha256, cover)


def _read_cover_file(file: ReturnFile) -> CsvText | None:
    """The companion of a CSV return. A damaged one counts as damage of the return: it may say whose it is."""
    if file.cover is None or not file.cover.is_file():
        return None
    return read_csv(file.cover.read_bytes(), file.state, {"field", "answer"})
