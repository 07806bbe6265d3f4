"""How does DuckDB get a file of records line by line? As plain text, with every line in
its place.

Line numbers in findings must be those an editor shows. The reader of DuckDB leaves
blank lines out and stops at odd bytes, so a file is looked through once, in pieces.
Nearly all are plain already and are read where they lie; a packed or odd one is written
to a working copy that has the same lines in the same places. What is written is counted
like what is read, and nothing is done line by line that can be done to a whole piece.
"""

from __future__ import annotations

import codecs
import hashlib
import io
import shutil
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import AnyStr, BinaryIO

from pipeline.returns.records.form import RecordForm
from pipeline.returns.records.kind import HEAD, RecordKind, check_text, encoding_of
from pipeline.returns.records.layout import (
    BLANKS,
    Header,
    Layout,
    Narrowed,
    NotSpare,
    announced,
    read_layout,
)
from pipeline.returns.records.limits import Allowance
from pipeline.returns.records.repairs import RefusedRecords, Remark, damaged, too_much
from pipeline.system.progress import Progress, silent

PIECE = 4_000_000  # bytes looked at in one go
PACKED = 65_536  # bytes of a packed file taken in one go: what a member leaves over is copied
LONGEST_LINE = (
    1_000  # a record has some forty characters; what is beyond this is cut off in the working copy
)
ENDLESS_LINE = 1_000_000  # a line of this length is none of a text that holds records
SHORTEST_MEMBER = (
    100  # bytes of a packed file; one that consists of many parts has at most one in so many
)
_UTF8_MARK = codecs.BOM_UTF8
# Bytes that would mean something to the reader: it is told that the second one parts
# columns, so that none are.
NO_VALUE, NO_DELIMITER = "\x01", "\x1f"
_ODD = ("\x00", NO_VALUE, NO_DELIMITER)


@dataclass(frozen=True)
class PlainText:
    """A text that DuckDB can take: where it lies, how many lines stand above the
    records, what its columns are.

    `left_out` is the number of filled fields that the working copy leaves out by their
    place. `refused`: fields that are no columns hold something; they are all in the
    working copy, so that they can be counted.
    """

    path: Path
    skip: int
    layout: Layout
    remarks: tuple[Remark, ...] = ()
    left_out: int = 0
    refused: RefusedRecords | None = None

    @property
    def header(self) -> Header:
        return self.layout.header


def file_hash(path: Path) -> str:
    """SHA-256 of a file of any size."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def plain_text(
    path: Path,
    kind: RecordKind,
    *,
    form: RecordForm,
    work: Path,
    allowance: Allowance,
    progress: Progress = silent,
) -> PlainText:
    """The file, or a working copy in the folder `work`. Raises RefusedRecords when it
    cannot or may not be read.
    """
    if kind == "csv":
        allowance.check_bytes(path.stat().st_size, "it has")
        if found := _plain_already(path, form, allowance=allowance.again()):
            return found
    copy = _Copy(path, kind, form, work / "lines.csv", progress)
    try:
        return copy.write(allowance.again(), narrow=True)
    except NotSpare as refused:
        return replace(copy.write(allowance.again(), narrow=False), refused=refused)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece


def _inflate(file: BinaryIO, size: int, *, allowance: Allowance) -> Iterator[bytes]:
    """What a file packed with gzip holds, in pieces. A file may have several members,
    one behind the other.
    """
    members = 1
    inflated = 0
    packed = zlib.decompressobj(wbits=31)
    data = file.read(PACKED)
    try:
        while data:
            piece = packed.decompress(data, PIECE)
            inflated += len(piece)
            allowance.check_bytes(inflated, "it inflates to")
            allowance.check_time()
            if piece:
                yield piece
            data = (packed.unused_data if packed.eof else packed.unconsumed_tail) or file.read(
                PACKED
            )
            if packed.eof:
                # Zeros may fill up a file to its end.
                while data and not (data := data.lstrip(b"\0")):
                    data = file.read(PACKED)
                members += bool(data)
                if members > 1000 + size // SHORTEST_MEMBER:
                    raise too_much(
                        f"a packed file of more than {members - 1:,} parts",
                        "a file packed in one piece",
                    )
                packed = zlib.decompressobj(wbits=31) if data else packed
        tail = packed.flush()
    except zlib.error as problem:
        raise damaged("the packed file is damaged or not complete") from problem
    if not packed.eof:
        raise damaged("the packed file is damaged or not complete")
    if tail:
        yield tail


# Files that are plain already.


def _plain_already(path: Path, form: RecordForm, *, allowance: Allowance) -> PlainText | None:
    """The file itself when it is ASCII without control characters and odd lines, and
    each of its fields a column.
    """
    with path.open("rb") as file:
        head = file.read(PIECE) + file.readline(ENDLESS_LINE)
        check_text(head[:HEAD])
        if (
            encoding_of(head[:HEAD]) != "utf-8-sig"
            or not head.removeprefix(_UTF8_MARK)[:HEAD].isascii()
        ):
            return None
        text = (
            head.removeprefix(_UTF8_MARK)
            .decode("ascii", errors="replace")
            .replace("\r\n", "\n")
            .replace("\r", "\n")
        )
        found = _top(text, form)
        if found is None or not found[1].is_plain:
            return None
        file.seek(len(_UTF8_MARK) if head.startswith(_UTF8_MARK) else 0)
        ends: set[bool] = set()
        while piece := file.read(PIECE):
            piece += file.readline(ENDLESS_LINE)  # a piece ends where a line does
            if not _is_plain_piece(piece):
                return None
            allowance.take_rows(piece.count(b"\n"), len(piece))
            allowance.check_time()
            ends.add(b"\r\n" in piece)
    if len(ends) > 1:
        return None
    return PlainText(path, *found)


def _is_plain_piece(piece: bytes) -> bool:
    """ASCII without control characters, no blank line, no long one, and one way to end
    lines.
    """
    if not piece.isascii() or any(odd.encode() in piece for odd in _ODD):
        return False
    if piece.startswith((b"\n", b"\r")) or b"\n\n" in piece:
        return False
    if b"\r" in piece and (
        b"\n\r" in piece or not piece.count(b"\r") == piece.count(b"\r\n") == piece.count(b"\n")
    ):
        return False
    return not _has_long_line(piece, b"\n")


def _has_long_line(piece: AnyStr, end: AnyStr) -> bool:
    start = 0
    while len(piece) - start > LONGEST_LINE:
        last = piece.rfind(end, start, start + LONGEST_LINE + 1)
        if last < 0:
            return True
        start = last + 1
    return False


def _top(text: str, form: RecordForm) -> tuple[int, Layout] | None:
    """How many lines stand above the records, and the layout, by the first lines of a
    text; None for blanks alone.
    """
    number, head, rest = _first_line(text)
    delimiter = announced(head)
    if delimiter:
        above, head, rest = _first_line(rest)
        number += above
    if not head:
        return None
    _, first, _ = _first_line(rest)
    return number, read_layout(
        head[:LONGEST_LINE], first[:LONGEST_LINE], delimiter=delimiter, form=form
    )


def _first_line(text: str) -> tuple[int, str, str]:
    """The first line that is not blank: its number, what it says, and the text below.
    Nothing where all is blank.
    """
    begin = len(text) - len(text.lstrip(BLANKS + "\n"))
    begin = text.rfind("\n", 0, begin) + 1
    line, _, rest = text[begin:].partition("\n")
    return (text.count("\n", 0, begin) + 1, line, rest) if line.strip(BLANKS) else (0, "", "")


# Working copies.


@dataclass(frozen=True)
class _Copy:
    """A working copy of a file: the same lines in UTF-8, of which a blank one holds a
    space, a long one its beginning.

    Odd bytes stand as `\ufffd`.
    """

    path: Path
    kind: RecordKind
    form: RecordForm
    target: Path
    progress: Progress

    def write(self, allowance: Allowance, *, narrow: bool) -> PlainText:
        """Write it; with `narrow`, without the fields that are no columns. Raises
        RefusedRecords.
        """
        with self.path.open("rb") as file:
            size = self.path.stat().st_size
            chunks = (
                _inflate(file, size, allowance=allowance)
                if self.kind == "csv.gz"
                else _chunks(file)
            )
            return self._write(chunks, allowance, narrow=narrow)

    def _write(self, chunks: Iterator[bytes], allowance: Allowance, *, narrow: bool) -> PlainText:
        first = next(chunks, b"")
        while len(first) < HEAD and (more := next(chunks, b"")):
            first += more
        check_text(first[:HEAD])
        encoding = encoding_of(first[:HEAD])
        most = min(allowance.bytes, shutil.disk_usage(self.target.parent).free // 2)
        written, lines, found = 0, 0, None
        narrowed: Narrowed | None = None
        with self.target.open("wb") as file:
            for text in _texts(_again(first, chunks), encoding):
                if found is None and (top := _top(text, self.form)):
                    found = (lines + top[0], top[1])
                    narrowed = (
                        Narrowed(top[1], self.form) if narrow and not top[1].is_plain else None
                    )
                allowance.take_rows(text.count("\n"), len(text))
                allowance.check_time()
                text = _cleaned(text, allowance)
                if narrowed and found:
                    text = _narrow(text, lines, skip=found[0], narrowed=narrowed)
                lines += text.count("\n")
                data = text.encode()
                written += len(data)
                if written > most:
                    raise too_much(
                        f"more than {most:,} bytes when made plain text", f"at most {most:,} bytes"
                    )
                file.write(data)
                self.progress(f"{written // 1_000_000:,} MB unpacked")
        if found is None:
            raise damaged("the file holds nothing but blanks")
        notes = tuple(_remarks(encoding, found[1] if narrow else None))
        return PlainText(self.target, *found, notes, narrowed.left_out if narrowed else 0)


def _again(first: bytes, chunks: Iterable[bytes]) -> Iterator[bytes]:
    yield first
    yield from chunks


def _texts(chunks: Iterable[bytes], encoding: str) -> Iterator[str]:
    """The text in pieces that end where a line does, with one way to end lines. Raises
    RefusedRecords at an endless.
    """
    decoder = io.IncrementalNewlineDecoder(
        codecs.getincrementaldecoder(encoding)("replace"), translate=True
    )
    parts: list[str] = []
    size = 0

    def ends(rest: str) -> list[str]:
        if len(rest) > ENDLESS_LINE:
            raise too_much(
                f"a line of more than {ENDLESS_LINE:,} characters", "one record in a line"
            )
        return [rest]

    for chunk in chunks:
        text = decoder.decode(chunk)
        parts.append(text)
        size += len(text)
        if size < PIECE // 4:
            continue  # many small pieces are as much work as a large one
        text = "".join(parts)
        end = text.rfind("\n") + 1
        parts = ends(text[end:])
        size = len(parts[0])
        if end:
            yield text[:end]
    text = "".join([*parts, decoder.decode(b"", final=True)])
    end = text.rfind("\n") + 1
    ends(text[end:])
    if text:
        yield text if end == len(text) else text + "\n"


def _cleaned(text: str, allowance: Allowance) -> str:
    for odd in _ODD:
        if odd in text:
            text = text.replace(odd, "\ufffd")
    size = len(text)
    # Each time over, every other blank line of a run gets its space.
    text = text.replace("\n\n", "\n \n").replace("\n\n", "\n \n")
    text = " " + text if text.startswith("\n") else text
    allowance.take_empty(len(text) - size)
    if _has_long_line(text, "\n"):
        size = len(text)
        text = "\n".join([line[:LONGEST_LINE] for line in text.split("\n")])
        allowance.take_empty(size - len(text))
    return text


def _narrow(text: str, before: int, *, skip: int, narrowed: Narrowed) -> str:
    """The lines below the header without the fields that are no columns; `before` lines
    of the file came earlier.
    """
    lines = text.removesuffix("\n").split("\n")
    numbered = enumerate(lines, before + 1)
    return "".join([(line if n <= skip else narrowed.line(line, n)) + "\n" for n, line in numbered])


def _remarks(encoding: str, layout: Layout | None) -> Iterator[Remark]:
    if encoding.startswith("utf-16"):
        yield Remark("encoding", "UTF-16", "UTF-8", "save the file as UTF-8; it was read")
    if layout is None:
        return
    if layout.first_row >= 0:
        yield Remark(
            "records-read-as",
            "a number before each row, which counts the rows; it was left out",
            "the columns of the table",
            "write the file without row names next time",
        )
    if layout.ends_open:
        yield Remark(
            "records-read-as",
            "empty fields behind the last column; they were left out",
            "the columns of the table",
            "end each line with its last field",
        )
