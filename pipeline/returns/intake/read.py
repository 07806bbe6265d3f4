"""What does the file of a state hold? Opens it and reads it, cell by cell, into
figures, findings and an account.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Container, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from pipeline.contracts.model import Contracts
from pipeline.findings import Finding
from pipeline.returns.formats.archive import MAX_FILE
from pipeline.returns.formats.kinds import KIND_NAMES
from pipeline.returns.formats.opened import Opened, open_file
from pipeline.returns.formats.raw import CsvText, DamagedFile, RawCell, RawWorkbook
from pipeline.returns.intake.account import FileAccount, OpenCells
from pipeline.returns.intake.book import read_book, with_neutral_names
from pipeline.returns.intake.entry import Entry, ReturnContext
from pipeline.returns.intake.folder import ReturnFile
from pipeline.returns.intake.lines import (
    column_names,
    cover_of_csv,
    csv_cells,
    has_header,
    header_names,
    localise,
    read_csv_return,
)
from pipeline.returns.intake.memory import ReadMemory, Remembered
from pipeline.returns.intake.problems import FindingBook
from pipeline.returns.intake.reading import FileReading
from pipeline.returns.intake.vocabulary import load_words
from pipeline.returns.intake.withdrawal import WITHDRAWAL_COLUMNS, read_withdrawal
from pipeline.system.progress import Progress, silent

_NOT_OPENED = {
    "linked-file": "a link to a file elsewhere; it was not followed",
    "not-a-file": "a folder, a pipe or a device under the name of a return; it was not opened",
}


@dataclass(frozen=True)
class ReturnRead:
    """What came of one file of a state. `set_aside` are figures that a later file of
    the state replaced or withdrew, `left` the keys of those that it left grey.
    """

    reading: FileReading
    findings: list[Finding]
    account: FileAccount
    entries: list[Entry]
    withdraws: frozenset[str] = frozenset()
    set_aside: tuple[Entry, ...] = ()
    left: tuple[str, ...] = ()


def read_returns(
    files: list[ReturnFile],
    contracts: Contracts,
    *,
    round_: int,
    progress: Progress = silent,
    memory: ReadMemory | None = None,
    meanwhile: Callable[[], None] = lambda: None,
) -> Iterator[ReturnRead]:
    """Read each file, or recall what came of it. What is wrong with one is a finding,
    never an exception. `meanwhile` is done once, while the first ones are opened.
    """
    opened = _open_all(files, contracts, memory=memory, meanwhile=meanwhile)
    for done, file in enumerate(opened):
        progress(f"reading {file.file.name}", done, total=len(files))
        if file.came:
            yield _recalled(file.came)
            continue
        read = _read_file(file, contracts, round_=round_)
        if memory and file.remembered_as and file.opened:
            # What could not be opened is tried again: it may have been this machine.
            memory.keep(file.remembered_as, _to_remember(read))
        yield read


def _recalled(came: Remembered) -> ReturnRead:
    return ReturnRead(
        came.reading,
        list(came.findings),
        came.account,
        list(came.entries),
        came.withdraws,
        left=came.left,
    )


def _to_remember(read: ReturnRead) -> Remembered:
    return Remembered(
        read.reading,
        tuple(read.findings),
        read.account,
        tuple(read.entries),
        read.withdraws,
        read.left,
    )


def book_of(file: ReturnFile, contracts: Contracts, *, round_: int) -> FindingBook:
    """The findings of a file, none yet."""
    version = contracts.contract(file.report).version if file.report else ""
    return FindingBook(
        round_, file.report, state=file.state, file=file.name, contract_version=version
    )


# Opening: the only part that touches bytes, several files at a time, each in a bound
# process of its own.


@dataclass(frozen=True)
class _File:
    """A file of the folder and what it holds, why it could not be read, or what came of
    the same bytes before. `remembered_as` is their name in the memory.
    """

    file: ReturnFile
    sha256: str
    opened: Opened | None = None
    cover: CsvText | None = None
    damage: DamagedFile | None = None
    came: Remembered | None = None
    remembered_as: str = ""


def _open_all(
    files: list[ReturnFile],
    contracts: Contracts,
    *,
    memory: ReadMemory | None,
    meanwhile: Callable[[], None],
) -> Iterator[_File]:
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        opened = pool.map(lambda file: _open(file, contracts, memory=memory), files)
        meanwhile()
        yield from opened


def _open(file: ReturnFile, contracts: Contracts, *, memory: ReadMemory | None) -> _File:
    sha256 = remembered_as = ""
    try:
        if file.rule in _NOT_OPENED:
            raise DamagedFile(file.rule, _NOT_OPENED[file.rule])
        data = _bytes_of(file.path)
        sha256 = hashlib.sha256(data).hexdigest()
        # The bytes that are hashed are the bytes that are read: nothing is read twice.
        companion = _companion(file.cover) if file.cover and file.cover.is_file() else None
        if memory and not isinstance(companion, DamagedFile):
            remembered_as = memory.name(file, data, cover=companion)
            if came := memory.recall(remembered_as):
                return _File(file, sha256, came=came)
        names = (
            WITHDRAWAL_COLUMNS
            if file.withdraws
            else header_names(contracts.contract(file.report), contracts.codelists)
        )
        words = load_words(contracts.codelists)
        opened = open_file(data, file.state, names=names, words=words)
        cover = None
        if file.cover and companion is not None and isinstance(opened.content, CsvText):
            cover = _open_cover(file.cover, companion, state=file.state, words=words)
        return _File(file, sha256, opened, cover, remembered_as=remembered_as)
    except DamagedFile as damage:
        return _File(file, sha256, damage=damage)


def _companion(path: Path) -> bytes | DamagedFile:
    """The bytes of the companion of a CSV return, or why there are none."""
    if path.is_symlink():
        return DamagedFile("linked-file", f"a link instead of {path.name}; it was not followed")
    try:
        return _bytes_of(path)
    except DamagedFile as damage:
        return damage


def _open_cover(
    path: Path, companion: bytes | DamagedFile, *, state: str, words: Iterable[str]
) -> CsvText:
    """The companion of a CSV return. A damaged one counts as damage of the return: it
    may say whose it is.
    """
    if isinstance(companion, DamagedFile):
        raise companion
    content = open_file(companion, state, names={"field", "answer"}, words=words).content
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


def _read_file(opened: _File, contracts: Contracts, *, round_: int) -> ReturnRead:
    """Read one file. A file that cannot be read, or must not be, becomes a finding; its
    cells count as refused.
    """
    file, damage = opened.file, opened.damage
    columns = column_names(contracts.contract(file.report))
    book = book_of(file, contracts, round_=round_)
    if file.rule and file.rule not in _NOT_OPENED:
        book.add(file.rule, file.name.rsplit("/", 1)[-1])
        return _unread(opened, book, round_=round_, ledger=_refuse_all(opened, columns))
    if damage or opened.opened is None:
        assert damage
        book.add(damage.rule, damage.found)
        return _unread(opened, book, round_=round_, ledger=OpenCells([]))
    content, kind = opened.opened.content, opened.opened.kind
    localised: list[str] = []
    if isinstance(content, CsvText) and not file.withdraws:
        content, localised = localise(
            content, contracts.contract(file.report), codelists=contracts.codelists
        )
        if not file.suffix.startswith(".csv") and not has_header(
            content, contracts.contract(file.report)
        ):
            # Any bytes can be read as text of some code page: without a header it is no
            # return under a wrong name.
            book.add("unreadable-file", f"no workbook, but {KIND_NAMES[kind]} without a header")
            return _unread(opened, book, round_=round_, ledger=OpenCells([]))
    if file.suffix != f".{kind}":
        book.add("file-renamed", f"{KIND_NAMES[kind]} named {file.suffix}", allowed=f".{kind}")
    if isinstance(content, RawWorkbook):
        if content.active_content:
            book.add("active-content", ", ".join(content.active_content[:5]))
            return _unread(opened, book, round_=round_, ledger=OpenCells([]))
        if not any(s.cells for s in content.sheets):
            book.add(
                "nothing-read", f"a workbook with {len(content.sheets)} sheets and no filled cell"
            )
            return _unread(opened, book, round_=round_, ledger=OpenCells([]))
        if not content.formulas_seen:
            book.add("old-format", KIND_NAMES[kind])
        content = with_neutral_names(book, content)
        ctx = _context(
            opened, contracts, round_=round_, book=book, cells=_cells(content), is_csv=False
        )
        return _close(
            ctx,
            opened,
            cover=read_book(ctx, content, is_supplement=file.number > 1, parts=file.parts),
        )
    if file.withdraws:
        ctx = _context(
            opened,
            contracts,
            round_=round_,
            book=book,
            cells=csv_cells(content, WITHDRAWAL_COLUMNS),
            is_csv=True,
        )
        withdrawn = read_withdrawal(ctx, content)
        return replace(_close(ctx, opened, cover={}, withdrawn=withdrawn), withdraws=withdrawn)
    answers = cover_of_csv(opened.cover) if opened.cover else None
    filled = [c for c in (answers or {}).values() if c.text]
    ctx = _context(
        opened,
        contracts,
        round_=round_,
        book=book,
        cells=csv_cells(content, columns) + filled,
        is_csv=True,
    )
    return _close(
        ctx, opened, cover=read_csv_return(ctx, content, answers=answers, localised=localised)
    )


def _cells(workbook: RawWorkbook) -> list[RawCell]:
    return [c for s in workbook.sheets for c in s.cells.values()]


def _unread(opened: _File, book: FindingBook, *, round_: int, ledger: OpenCells) -> ReturnRead:
    file = opened.file
    reading = FileReading(
        round_,
        file.report,
        file.state,
        file.name,
        opened.sha256,
        "",
        "",
        "refused",
        number=file.number,
        office=file.office,
    )
    return ReturnRead(
        reading,
        book.findings,
        ledger.close(file.name, file.state, report=file.report, sha256=opened.sha256),
        [],
    )


def _refuse_all(opened: _File, columns: Container[str]) -> OpenCells:
    """The cells of a file that is not read for another reason than damage: all of them
    are refused.
    """
    content = opened.opened.content if opened.opened else None
    cells = (
        csv_cells(content, columns)
        if isinstance(content, CsvText)
        else _cells(content)
        if content
        else []
    )
    ledger = OpenCells((c.sheet, c.address) for c in cells)
    for cell in cells:
        ledger.refuse(cell.sheet, cell.address, table="")
    return ledger


def _context(
    opened: _File,
    contracts: Contracts,
    *,
    round_: int,
    book: FindingBook,
    cells: Iterable[RawCell],
    is_csv: bool,
) -> ReturnContext:
    file = opened.file
    ledger = OpenCells((c.sheet, c.address) for c in cells)
    return ReturnContext(
        contracts,
        contracts.contract(file.report),
        file.state,
        round_,
        book,
        ledger,
        is_csv,
        office=file.office,
    )


def _brings_nothing(ctx: ReturnContext, opened: _File, *, withdrawn: frozenset[str]) -> str:
    """What a file is that changes nothing, and of which the state believes that it
    does; empty for all others.

    A first workbook may be blank: it says that nothing was reported. An error says
    enough about a file already.
    """
    content = opened.opened.content if opened.opened else None
    if ctx.entries or withdrawn or any(f.severity == "error" for f in ctx.book.findings):
        return ""
    if opened.file.withdraws:
        return "a withdrawal of no table"
    if opened.file.number > 1:
        return "a later file without a figure"
    return (
        "a header without lines"
        if isinstance(content, CsvText) and len(content.records) < 2
        else ""
    )


def _close(
    ctx: ReturnContext,
    opened: _File,
    *,
    cover: dict[str, str],
    withdrawn: frozenset[str] = frozenset(),
) -> ReturnRead:
    file = opened.file
    if nothing := _brings_nothing(ctx, opened, withdrawn=withdrawn):
        ctx.book.add("nothing-read", nothing)
    refused = any(f.severity == "error" and not f.table for f in ctx.book.findings)
    reading = FileReading(
        ctx.round,
        file.report,
        file.state,
        file.name,
        opened.sha256,
        cover.get("date", ""),
        cover.get("contract_version", ""),
        "refused" if refused else "read",
        MappingProxyType(cover),
        file.number,
        opened.opened.kind if opened.opened else "",
        ctx.office,
    )
    account = ctx.ledger.close(file.name, file.state, report=file.report, sha256=opened.sha256)
    if refused and (file.number > 1 or ctx.office):
        # A later file that cannot be used leaves the earlier ones as they were, and the
        # part of an office the parts of the others.
        return ReturnRead(reading, ctx.book.findings, account.refuse(None), [])
    return ReturnRead(reading, ctx.book.findings, account, ctx.entries, left=tuple(ctx.left))
