"""What did states send as records? Reads each file into findings, an account, and figures like those of a form."""

from __future__ import annotations

import errno
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.contracts.model import Contract, Contracts
from pipeline.errors import UserError
from pipeline.files import UNFINISHED
from pipeline.findings import Finding
from pipeline.formats.raw import DamagedFile
from pipeline.intake.account import FileAccount
from pipeline.intake.entry import Entry
from pipeline.intake.problems import FindingBook
from pipeline.intake.reading import FileReading
from pipeline.progress import Progress, silent
from pipeline.project import Project
from pipeline.records.check import BrokenRule, check, gather
from pipeline.records.cubes import LARGEST, figures, unusable
from pipeline.records.find import RecordFile, find_records
from pipeline.records.form import RecordForm, check_names
from pipeline.records.plain import file_hash, most_bytes, plain_text
from pipeline.records.source import open_parquet, open_text

if TYPE_CHECKING:
    import duckdb

MEMORY = "1GB"  # what DuckDB may hold before it moves to the disk


@dataclass(frozen=True)
class RecordsRead:
    """What one file of records came to. A file that is about no table of the contract has findings only."""

    findings: tuple[Finding, ...]
    table: str = ""
    reading: FileReading | None = None
    account: FileAccount | None = None
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True)
class _Counted:
    """Filled fields of a file by where they ended, and its figures."""

    header: int
    good: int
    bad: int
    entries: list[Entry]


def read_records(
    project: Project, contracts: Contracts, round_: int, progress: Progress = silent
) -> list[RecordsRead]:
    """Read every file of records of a round. What is wrong with one is a finding, never an exception.

    Lines that break a rule are listed in `findings/records/<STATE>.<TABLE>.parquet`; lists of earlier runs are removed.
    Raises UserError when memory or disk do not suffice.
    """
    files = find_records(project, contracts, round_)
    lists = project.findings(round_) / "records"
    for old in lists.glob("*.parquet"):
        old.unlink()
    read = []
    for done, file in enumerate(files):
        progress(f"reading {file.name}", done, len(files))
        read.append(_read_file(project, contracts, round_, file, lists))
    return read


def _read_file(project: Project, contracts: Contracts, round_: int, file: RecordFile, lists: Path) -> RecordsRead:
    contract = contracts.contract(file.report)
    book = FindingBook(round_, file.report, file.state, file.name, contract.version)
    if file.table is None:
        book.add(file.rule, file.path.name)
        return RecordsRead(tuple(book.findings))
    table = file.table
    form = RecordForm(table, file.state, contract.years(round_))
    sha256 = ""
    # A second file adds no cells: those of the first one stand for the table, which is refused.
    refused = _Counted(0, 0, 0, [] if file.rule == "second-file" else unusable(form, contract, round_))
    counted = refused
    if file.rule:
        book.add(file.rule, file.path.name, table=table.name)
    else:
        work = project.work(round_)
        work.mkdir(parents=True, exist_ok=True)
        try:
            sha256 = file_hash(file.path)
            with tempfile.TemporaryDirectory(prefix=".records-", suffix=UNFINISHED, dir=work) as folder:
                full_list = lists / f"{file.state}.{table.name}.parquet"
                counted = _Reader(file, form, contract, round_, book, full_list).count(Path(folder))
        except DamagedFile as damage:
            book.add(damage.rule, damage.found, table=table.name)
        except OSError as problem:
            if problem.errno == errno.ENOSPC:
                raise _no_room(file) from problem
            book.add("unreadable-file", f"cannot be opened ({problem.strerror})", table=table.name)
    reading = FileReading(round_, file.report, file.state, file.name, sha256, "", "", "records")
    account = FileAccount(
        file.name, file.state, file.report, sha256, counted.header + counted.good + counted.bad, counted.good,
        counted.bad, {"form-code": counted.header} if counted.header else {},
        {table.name: counted.good} if counted.good else {}, {table.name: counted.bad} if counted.bad else {},
        table.name,
    )  # fmt: skip
    return RecordsRead(tuple(book.findings), table.name, reading, account, tuple(counted.entries))


def _no_room(file: RecordFile) -> UserError:
    return UserError(
        "memory or disk do not suffice to read the records", where=file.name,
        do="make room on the disk of the outputs folder and run again",
    )  # fmt: skip


class _Reader:
    """One file that is read: where its findings go, and what it is checked against."""

    def __init__(
        self, file: RecordFile, form: RecordForm, contract: Contract, round_: int, book: FindingBook, full_list: Path
    ) -> None:
        self.file, self.form, self.contract, self.round = file, form, contract, round_
        self.book, self.full_list = book, full_list

    def count(self, work: Path) -> _Counted:
        """Check the file and count it. Raises DamagedFile when it cannot be read, UserError when there is no room."""
        import duckdb

        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": MEMORY, "temp_directory": str(work / "spill"), "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }  # fmt: skip
        limit = most_bytes()
        path = self.file.path
        if self.file.kind != "parquet":
            path = plain_text(path, self.file.kind == "csv.gz", work, limit)
        try:
            with duckdb.connect(config=config) as connection:
                # DuckDB cannot know how long a file is and would often keep the file in memory instead of the few rows
                # it is joined with. Joins are written with the small side last, and stay so.
                connection.execute("set enable_progress_bar = false")
                connection.execute("set disabled_optimizers = 'join_order,build_side_probe_side'")
                return self._count(connection, path, limit)
        except duckdb.OutOfMemoryException as problem:
            raise _no_room(self.file) from problem
        except duckdb.Error as problem:
            if "No space left" in str(problem):
                raise _no_room(self.file) from problem
            # A text file was made plain before, and a query that cannot be bound fails on every file: both are bugs.
            is_bug = isinstance(problem, duckdb.BinderException | duckdb.ParserException | duckdb.CatalogException)
            if is_bug or self.file.kind != "parquet":
                raise
            raise DamagedFile("unreadable-file", "the rows cannot be read; the file may be damaged") from problem

    def _count(self, connection: duckdb.DuckDBPyConnection, path: Path, limit: int) -> _Counted:
        form, book = self.form, self.book
        is_parquet = self.file.kind == "parquet"
        source = open_parquet(connection, path, form, limit) if is_parquet else open_text(path, form)
        try:
            check_names(source.header.names, form)
        except DamagedFile as damage:
            book.add(damage.rule, damage.found, table=form.table.name, allowed=", ".join(form.columns))
            (fields,) = connection.execute(source.filled_fields()).fetchone() or (0,)
            return _Counted(0, 0, source.header.fields + int(fields or 0), unusable(form, self.contract, self.round))
        gather(connection, source, form)
        checked = check(connection, source, form, self.full_list)
        for broken in checked.broken:
            self._find(broken)
        entries = unusable(form, self.contract, self.round)
        if not checked.broken:
            entries = figures(connection, form, self.contract, self.round, source.header.names)
            if large := [e for e in entries if e.value is not None and e.value >= LARGEST]:
                book.add("number-too-large", large[0].raw, table=form.table.name, key=large[0].key)
                entries = unusable(form, self.contract, self.round)
            elif not checked.rows and not entries:
                book.add("records-none", "no record", table=form.table.name)
        return _Counted(source.header.fields, checked.good_fields, checked.bad_fields, entries)

    def _find(self, broken: BrokenRule) -> None:
        rule, count = broken.rule, broken.count
        kind = "row" if self.file.kind == "parquet" else "line"
        kinds = kind + "s" * (count > 1)
        more = f" and {count - len(broken.lines):,} more" if count > len(broken.lines) else ""
        examples = ", ".join(text + (f" ({n:,})" if count > 1 else "") for text, n in broken.found)
        column = f", column {rule.column}" if rule.column else ""
        self.book.add(
            rule.rule, f"{count:,} {kinds}{column}: {examples}",
            cell=f"{kinds} {', '.join(map(str, broken.lines))}{more}", table=self.form.table.name, allowed=rule.allowed,
            do=f"correct the {kinds}; records/{self.full_list.name} beside the findings lists all of them",
        )  # fmt: skip
