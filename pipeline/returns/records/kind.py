"""What kind of file is it that somebody named as records? Told by its bytes, never by
its name.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Literal

from pipeline.returns.formats.kinds import foreign_kind
from pipeline.returns.records.repairs import Remark, damaged, unreadable

RecordKind = Literal["csv", "csv.gz", "parquet"]
KIND_NAMES: dict[RecordKind, str] = {
    "csv": "CSV text",
    "csv.gz": "text packed with gzip",
    "parquet": "a Parquet file",
}
HEAD = 4096  # bytes by which a file is told
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_UTF32_MARKS = (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")
_PARQUET, _GZIP, _ZIP, _OLE = b"PAR1", b"\x1f\x8b", b"PK", b"\xd0\xcf\x11\xe0"
# Files in which programs keep tables, beside those that `foreign_kind` knows.
_TABLES = (
    (b"PARE", "a Parquet file that is encrypted"),
    (b"ARROW1", "an Arrow (Feather) file"),
    (b"FEA1", "a Feather file"),
    (b"\x28\xb5\x2f\xfd", "a file packed with Zstandard"),
    (b"\xfd7zXZ", "a file packed with xz"),
    (b"BZh", "a file packed with bzip2"),
    (b"SQLite format 3", "an SQLite database"),
    (b"$FL", "an SPSS file"),
    (b"<stata_dta>", "a Stata file"),
    (b"RDX", "an R data file"),
    (b"RDA", "an R data file"),
    (b"X\n\x00", "an R data file"),
    (b"\x80\x04", "a Python pickle"),
    (b"\x80\x05", "a Python pickle"),
    (b"Obj\x01", "an Avro file"),
    (b"ORC", "an ORC file"),
    (b"{", "a JSON file"),
    (b"[", "a JSON file"),
)
_LARGEST_ARCHIVE = 100_000_000  # bytes of a .zip whose parts are looked at


def kind_of_records(path: Path) -> RecordKind:
    """The kind of a file. Raises RefusedRecords when it is none in which records come."""
    with path.open("rb") as file:
        head = file.read(HEAD)
        file.seek(max(0, path.stat().st_size - len(_PARQUET)))
        end = file.read(len(_PARQUET))
    if head.startswith(_PARQUET):
        if end != _PARQUET or path.stat().st_size < 12:
            raise damaged("a Parquet file that is not complete: its end is missing")
        return "parquet"
    if head.startswith(_GZIP):
        return "csv.gz"
    if head.startswith(_ZIP):
        raise unreadable(_archive(path))
    check_text(head)
    return "csv"


def check_text(head: bytes) -> None:
    """Raise RefusedRecords when a file that begins with these bytes is no text."""
    if not head.strip():
        raise (
            damaged("the file is empty")
            if not head
            else damaged("the file begins with nothing but blanks")
        )
    if head.startswith(_UTF32_MARKS):
        raise unreadable("text in UTF-32")
    if head.startswith(UTF16_MARKS):
        return
    if head.startswith((_PARQUET, _GZIP)):
        what = KIND_NAMES["parquet"] if head.startswith(_PARQUET) else "packed twice"
        raise unreadable(
            f"a packed file that holds no text: {what}", "send the file itself, packed once at most"
        )
    if head.startswith(_OLE):
        raise unreadable("a workbook of the old Excel format, or one with a password")
    kind = next((k for magic, k in _TABLES if head.startswith(magic)), "") or foreign_kind(head)
    if not kind and head.startswith(_ZIP):
        kind = "a workbook or another archive"
    if kind:
        raise unreadable(kind)
    if encoding_of(head) == "utf-8-sig" and _is_binary(head):
        raise unreadable("bytes that are no text")


def encoding_of(head: bytes) -> str:
    """The encoding of a text file: UTF-8, or one of the kinds of UTF-16, also without
    its mark.
    """
    if head.startswith(UTF16_MARKS):
        return "utf-16"
    even = head[::2].count(0)
    odd = head[1::2].count(0)
    # Codes, digits and separators have a zero in the higher of their two bytes.
    if max(even, odd) * 2 > len(head) * 0.7 and min(even, odd) * 20 < len(head):
        return "utf-16-le" if odd > even else "utf-16-be"
    return "utf-8-sig"


def _is_binary(head: bytes) -> bool:
    """True when more than one byte in thirty is one that no text has."""
    controls = sum(byte < 32 and byte not in b"\t\n\r\f" for byte in head)
    return controls * 30 > len(head)


def _archive(path: Path) -> str:
    if path.stat().st_size > _LARGEST_ARCHIVE:
        return "an archive (.zip)"
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
        return "a workbook or another archive that is not complete"
    if any(n.startswith("xl/") for n in names):
        return "an Excel workbook"
    return "an OpenDocument workbook" if "content.xml" in names else "an archive (.zip)"


def renamed(kind: RecordKind, named: str) -> tuple[Remark, ...]:
    """The note on a file that is of another kind than its name says."""
    if kind == named:
        return ()
    allowed = f".records.{kind}"
    do = f"name the file .records.{kind}; it was read"
    return (Remark("file-renamed", f"{KIND_NAMES[kind]} named .records.{named}", allowed, do),)
