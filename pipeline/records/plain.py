"""How does a text file of records become one that DuckDB can take line by line, every line in its place?

Line numbers in findings must be those an editor shows. The reader of DuckDB leaves blank lines out and stops at odd
bytes, so a file is looked through once, in pieces. Nearly all are plain already and are read where they lie; a packed
or odd one is written to a working copy that has the same lines in the same places.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import zlib
from pathlib import Path

from pipeline.errors import UserError
from pipeline.formats.raw import DamagedFile

PIECE = 4_000_000  # bytes looked at in one go
LONGEST_LINE = 65_536  # a record has some forty characters; what is beyond this is cut off in the working copy
MOST_GIB = 64  # how much a packed file may inflate to, and a Parquet file may hold
LIMIT_VARIABLE = "SELEC_RECORDS_MAX_GIB"
_UTF8_MARK, _UTF16_MARKS = b"\xef\xbb\xbf", (b"\xff\xfe", b"\xfe\xff")
# Bytes that would mean something to the reader: it is told that the second one parts columns, so that none are.
NO_VALUE, NO_DELIMITER = "\x01", "\x1f"
_ODD = (b"\x00", NO_VALUE.encode(), NO_DELIMITER.encode())


def most_bytes() -> int:
    """How much a file of records may hold when it is unpacked. Raises UserError when the setting is no number."""
    text = os.environ.get(LIMIT_VARIABLE, str(MOST_GIB))
    if not text.isascii() or not text.isdigit() or not int(text):
        raise UserError(
            f"'{text}' is no number of gibibytes", where=LIMIT_VARIABLE,
            allowed=f"a whole number; {MOST_GIB} where it is not set", do="correct the setting, or remove it",
        )  # fmt: skip
    return int(text) * 2**30


def file_hash(path: Path) -> str:
    """SHA-256 of a file of any size."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def plain_text(path: Path, packed: bool, work: Path, limit: int) -> Path:
    """The file itself, or a working copy in the folder `work`. Raises DamagedFile when it cannot or may not be read."""
    if packed:
        path = _inflate(path, work / "inflated.csv", min(limit, shutil.disk_usage(work).free // 2))
    elif path.stat().st_size > limit:
        raise DamagedFile("unsafe-file", f"{path.stat().st_size:,} bytes")
    if _is_plain(path):
        return path
    return _rewrite(path, work / "lines.csv")


def _inflate(path: Path, target: Path, limit: int) -> Path:
    size = 0
    try:
        with gzip.open(path) as packed, target.open("wb") as file:
            while piece := packed.read(PIECE):
                size += len(piece)
                if size > limit:
                    raise DamagedFile("unsafe-file", f"it inflates to more than {limit:,} bytes")
                file.write(piece)
    except (EOFError, gzip.BadGzipFile, zlib.error) as problem:
        raise DamagedFile("unreadable-file", "the packed file is damaged or not complete") from problem
    return target


def _is_plain(path: Path) -> bool:
    """ASCII without control characters, no blank line, no endless one, and one way to end lines. Raises DamagedFile."""
    ends: set[bool] = set()
    with path.open("rb") as file:
        start = file.read(3)
        if not start:
            raise DamagedFile("unreadable-file", "the file is empty")
        if start[:2] in _UTF16_MARKS:
            raise DamagedFile("unreadable-file", "text in UTF-16")
        if start != _UTF8_MARK:
            file.seek(0)
        while piece := file.read(PIECE):
            piece += file.readline(LONGEST_LINE)  # a piece ends where a line does
            if not _is_plain_piece(piece):
                return False
            ends.add(b"\r\n" in piece)
    return len(ends) < 2


def _is_plain_piece(piece: bytes) -> bool:
    if not piece.isascii() or any(odd in piece for odd in _ODD):
        return False
    if piece.startswith((b"\n", b"\r")) or b"\n\n" in piece:
        return False
    if b"\r" in piece and (
        b"\n\r" in piece or not piece.count(b"\r") == piece.count(b"\r\n") == piece.count(b"\n")
    ):
        return False
    start = 0
    while len(piece) - start > LONGEST_LINE:
        end = piece.rfind(b"\n", start, start + LONGEST_LINE)
        if end < 0:
            return False
        start = end + 1
    return True


def _rewrite(path: Path, target: Path) -> Path:
    """The same lines in UTF-8: a blank one holds a space, an endless one its beginning, odd bytes stand as `\ufffd`."""
    odd = dict.fromkeys((0, ord(NO_VALUE), ord(NO_DELIMITER)), "\ufffd")
    with (
        path.open(encoding="utf-8-sig", errors="replace", newline=None) as text,
        target.open("w", encoding="utf-8", newline="\n") as file,
    ):
        while line := text.readline(LONGEST_LINE):
            rest = line
            while rest and not rest.endswith("\n"):
                rest = text.readline(LONGEST_LINE)
            line = line.rstrip("\n").translate(odd)
            file.write((line or " ") + "\n")
    return target
