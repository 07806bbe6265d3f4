"""What did states send as records? Reads each file into findings, an account, and
figures like those of a form.
"""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.contracts.model import Contract, Contracts
from pipeline.errors import UserError
from pipeline.findings import Finding
from pipeline.project import Project
from pipeline.returns.intake.account import FileAccount
from pipeline.returns.intake.entry import Entry
from pipeline.returns.intake.problems import FindingBook
from pipeline.returns.intake.reading import FileReading
from pipeline.returns.records.check import BrokenRule, check, gather, remarks
from pipeline.returns.records.cubes import LARGEST, figures, unusable
from pipeline.returns.records.find import RecordFile, find_records
from pipeline.returns.records.form import RecordForm
from pipeline.returns.records.kind import RecordKind, kind_of_records, renamed
from pipeline.returns.records.layout import check_names
from pipeline.returns.records.limits import Allowance, most_bytes, most_seconds
from pipeline.returns.records.plain import PlainText, file_hash, plain_text
from pipeline.returns.records.repairs import RefusedRecords, Remark, damaged, too_much
from pipeline.returns.records.source import Source, open_parquet, open_text
from pipeline.system.files import UNFINISHED
from pipeline.system.progress import Progress, silent

if TYPE_CHECKING:
    import duckdb

MEMORY = "1GB"  # what DuckDB may hold before it moves to the disk
ROW_NUMBER = "row-number"  # by which rule a number that a program wrote before a row is ignored


@dataclass(frozen=True)
class RecordsRead:
    """What one file of records came to. A file that is about no table of the contract
    has findings only.
    """

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
    left_out: int = 0  # numbers of rows


def read_records(
    project: Project, contracts: Contracts, *, round_: int, progress: Progress = silent
) -> list[RecordsRead]:
    """Read every file of records of a round. What is wrong with one is a finding, never
    an exception.

    Lines that break a rule are listed in `findings/records/<STATE>.<TABLE>.parquet`;
    lists of earlier runs are removed. Raises UserError when memory or disk do not
    suffice.
    """
    files = find_records(project, contracts, round_=round_)
    lists = project.findings(round_) / "records"
    for old in lists.glob("*.parquet"):
        old.unlink()
    read = []
    for done, file in enumerate(files):
        step = _Step(progress, file.name, done, len(files))
        read.append(
            _read_file(project, contracts, round_=round_, file=file, lists=lists, progress=step)
        )
    return read


@dataclass(frozen=True)
class _Step:
    """Says how far the reading of one of the files is."""

    progress: Progress
    name: str
    file: int
    files: int

    def __call__(self, what: str, done: int = 0, *, total: int = 0) -> None:
        self.progress(f"{self.name}: {what}", self.file, total=self.files)


def _read_file(
    project: Project,
    contracts: Contracts,
    *,
    round_: int,
    file: RecordFile,
    lists: Path,
    progress: Progress,
) -> RecordsRead:
    contract = contracts.contract(file.report)
    book = FindingBook(
        round_, file.report, state=file.state, file=file.name, contract_version=contract.version
    )
    if file.table is None:
        _refuse_name(file, book)
        return RecordsRead(tuple(book.findings))
    table = file.table
    form = RecordForm(table, file.state, contract.years(round_))
    sha256 = ""
    # A second file adds no cells: those of the first one stand for the table, which is
    # refused.
    refused = _Counted(
        0, 0, 0, [] if file.rule == "second-file" else unusable(form, contract, round_=round_)
    )
    counted = refused
    if file.rule:
        _refuse_name(file, book)
    else:
        work = project.work(round_)
        work.mkdir(parents=True, exist_ok=True)
        try:
            progress("reading")
            sha256 = file_hash(file.path)
            with tempfile.TemporaryDirectory(
                prefix=".records-", suffix=UNFINISHED, dir=work
            ) as folder:
                full_list = lists / f"{file.state}.{table.name}.parquet"
                counted = _Reader(
                    file,
                    form,
                    contract=contract,
                    round_=round_,
                    book=book,
                    full_list=full_list,
                    progress=progress,
                ).count(Path(folder))
        except RefusedRecords as refused_for:
            _refuse(refused_for, table.name, book=book)
        except OSError as problem:
            if problem.errno == errno.ENOSPC:
                raise _no_room(file) from problem
            book.add("unreadable-file", f"cannot be opened ({problem.strerror})", table=table.name)
    reading = FileReading(round_, file.report, file.state, file.name, sha256, "", "", "records")
    ignored = {
        rule: n for rule, n in (("form-code", counted.header), (ROW_NUMBER, counted.left_out)) if n
    }
    account = FileAccount(
        file.name,
        file.state,
        file.report,
        sha256,
        sum(ignored.values()) + counted.good + counted.bad,
        counted.good,
        counted.bad,
        ignored,
        {table.name: counted.good} if counted.good else {},
        {table.name: counted.bad} if counted.bad else {},
        table.name,
    )
    return RecordsRead(tuple(book.findings), table.name, reading, account, tuple(counted.entries))


def _refuse_name(file: RecordFile, book: FindingBook) -> None:
    """The finding on a file that is not read for where it lies or what it is called."""
    table = file.table.name if file.table else ""
    allowed, do = {
        "second-file": (
            "one file of records per table",
            f"keep the one that is meant: {file.other} or this one",
        ),
        "not-a-return": ("<STATE>.<TABLE>.records.csv, .csv.gz or .parquet", ""),
        "records-not-asked": (
            "<STATE>.<TABLE>.records.csv, .csv.gz or .parquet of a table taken as records",
            "",
        ),
    }.get(file.rule, ("", ""))
    book.add(file.rule, file.path.name, table=table, allowed=allowed, do=do)


def _refuse(refused: RefusedRecords, table: str, *, book: FindingBook) -> None:
    book.add(refused.rule, refused.found, table=table, allowed=refused.allowed, do=refused.do)


def _no_room(file: RecordFile) -> UserError:
    return UserError(
        "memory or disk do not suffice to read the records",
        where=file.name,
        do="make room on the disk of the outputs folder and run again",
    )


class _Reader:
    """One file that is read: where its findings go, and what it is checked against."""

    def __init__(
        self,
        file: RecordFile,
        form: RecordForm,
        *,
        contract: Contract,
        round_: int,
        book: FindingBook,
        full_list: Path,
        progress: Progress,
    ) -> None:
        self.file, self.form, self.contract, self.round = file, form, contract, round_
        self.book, self.full_list, self.progress = book, full_list, progress
        self.kind: RecordKind = "csv"
        self.left_out = 0
        self.refused: RefusedRecords | None = None

    def count(self, work: Path) -> _Counted:
        """Check the file and count it. Raises RefusedRecords where it cannot be read,
        UserError where room lacks.
        """
        import duckdb

        self.allowance = allowance = Allowance(most_bytes(), most_seconds())
        self.kind = kind_of_records(self.file.path)
        self._remark(renamed(self.kind, self.file.kind))
        text = None
        if self.kind != "parquet":
            text = plain_text(
                self.file.path,
                self.kind,
                form=self.form,
                work=work,
                allowance=allowance,
                progress=self.progress,
            )
            self._remark(text.remarks)
            self.left_out, self.refused = text.left_out, text.refused
        # What is sorted and joined lies on the disk beside the working copy.
        spill = min(allowance.bytes, shutil.disk_usage(work).free // 2)
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": MEMORY,
            "temp_directory": str(work / "spill"),
            "max_temp_directory_size": f"{spill}B",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
        try:
            with duckdb.connect(config=config) as connection, allowance.bound(connection):
                # DuckDB cannot know how long a file is and would often keep the file in
                # memory instead of the few rows it is joined with. Joins are written
                # with the small side last, and stay so.
                connection.execute("set enable_progress_bar = false")
                connection.execute("set disabled_optimizers = 'join_order,build_side_probe_side'")
                return self._count(connection, self._open(connection, text, allowance=allowance))
        except duckdb.OutOfMemoryException as problem:
            if spill < allowance.bytes:
                raise _no_room(self.file) from problem
            limit = f"{MEMORY} of memory and {spill:,} bytes of the disk"
            raise too_much(f"reading it takes more than {limit}", limit) from problem
        except duckdb.Error as problem:
            if "No space left" in str(problem):
                raise _no_room(self.file) from problem
            # A text file was made plain before, and a query that cannot be bound fails
            # on every file: both are bugs.
            is_bug = isinstance(
                problem, duckdb.BinderException | duckdb.ParserException | duckdb.CatalogException
            )
            if is_bug or self.kind != "parquet":
                raise
            raise damaged("the rows cannot be read; the file may be damaged") from problem

    def _open(
        self, connection: duckdb.DuckDBPyConnection, text: PlainText | None, *, allowance: Allowance
    ) -> Source:
        """The file as DuckDB reads it, with what was left out of it."""
        if text:
            return open_text(text, self.form)
        table = open_parquet(connection, self.file.path, form=self.form, allowance=allowance)
        self._remark(table.remarks)
        self.left_out = table.left_out
        return table.source

    def _count(self, connection: duckdb.DuckDBPyConnection, source: Source) -> _Counted:
        form, book = self.form, self.book
        try:
            if self.refused:
                raise self.refused
            check_names(source.header, form)
        except RefusedRecords as refused:
            _refuse(refused, form.table.name, book=book)
            (fields,) = connection.execute(source.filled_fields()).fetchone() or (0,)
            cells = unusable(form, self.contract, round_=self.round)
            return _Counted(0, 0, source.header.fields + int(fields or 0), cells, self.left_out)
        self._step("gathering equal rows")
        gather(connection, source, form=form)
        self._step("checking the rows")
        checked = check(connection, source, form, self.full_list)
        self._remark(remarks(connection, source, form=form))
        for broken in checked.broken:
            self._find(broken)
        entries = unusable(form, self.contract, round_=self.round)
        if not checked.broken:
            self._step("counting")
            entries = figures(
                connection,
                form,
                contract=self.contract,
                round_=self.round,
                names=source.header.names,
            )
            if large := [e for e in entries if e.value is not None and e.value >= LARGEST]:
                book.add("number-too-large", large[0].raw, table=form.table.name, key=large[0].key)
                entries = unusable(form, self.contract, round_=self.round)
            elif not checked.rows and not entries:
                book.add("records-none", "no record", table=form.table.name)
        return _Counted(
            source.header.fields, checked.good_fields, checked.bad_fields, entries, self.left_out
        )

    def _step(self, what: str) -> None:
        self.progress(what)
        self.allowance.check_time()

    def _remark(self, found: Iterable[Remark]) -> None:
        for remark in found:
            self.book.add(
                remark.rule,
                remark.found,
                table=self.form.table.name,
                allowed=remark.allowed,
                do=remark.do,
            )

    def _find(self, broken: BrokenRule) -> None:
        rule, count = broken.rule, broken.count
        kind = "row" if self.kind == "parquet" else "line"
        kinds = kind + "s" * (count > 1)
        more = f" and {count - len(broken.lines):,} more" if count > len(broken.lines) else ""
        examples = ", ".join(text + (f" ({n:,})" if count > 1 else "") for text, n in broken.found)
        column = f", column {rule.column}" if rule.column else ""
        self.book.add(
            rule.rule,
            f"{count:,} {kinds}{column}: {examples}",
            cell=f"{kinds} {', '.join(map(str, broken.lines))}{more}",
            table=self.form.table.name,
            allowed=rule.allowed,
            do=(
                f"{rule.do or f'correct the {kinds}'}; records/{self.full_list.name} beside the"
                " findings lists all"
            ),
        )
