"""What stands in each field of a CSV file, as text, with its line and column?"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from dataclasses import dataclass

from pipeline.intake.archive import MAX_FILE, DamagedFile, foreign_kind

MAX_LINES = 200_000
DELIMITERS = (",", ";", "\t")

# Code pages in use in each state, likeliest first; those not named here use the Central European one.
_CODE_PAGES = {
    "BG": ("cp1251",), "MK": ("cp1251", "cp1250"), "RS": ("cp1251", "cp1250"), "GR": ("cp1253",), "TR": ("cp1254",),
}  # fmt: skip
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class CsvRecord:
    """One record: the number of the line on which it begins and its fields as text."""

    line: int
    fields: tuple[str, ...]


@dataclass(frozen=True)
class CsvText:
    """A CSV file as records, the first of which is its header."""

    records: tuple[CsvRecord, ...]
    encoding: str
    delimiter: str


def read_csv(data: bytes, state: str, names: set[str]) -> CsvText:
    """Split a CSV file into records. `names` are the column names it may have: they tell the delimiter.

    Raises DamagedFile when the bytes are no text or no table.
    """
    if not data.strip():
        raise DamagedFile("unreadable-file", "the file is empty")
    if data.startswith(b"PK\x03\x04") or (kind := foreign_kind(data)):
        raise DamagedFile("unreadable-file", "a workbook named as CSV" if data.startswith(b"PK") else kind)
    if len(data) > MAX_FILE:
        raise DamagedFile("unsafe-file", f"{len(data):,} bytes")
    text, encoding = decode(data, state)
    delimiter = _delimiter(text, names)
    return CsvText(tuple(_records(text, delimiter)), encoding, delimiter)


def decode(data: bytes, state: str) -> tuple[str, str]:
    """The text of a file and the encoding it was read in. Raises DamagedFile when none fits."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        candidates: tuple[str, ...] = ("utf-16",)
    else:
        candidates = ("utf-8-sig", *_CODE_PAGES.get(state, ()), "cp1250", "cp1252")
    for encoding in dict.fromkeys(candidates):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text and (encoding.startswith("utf") or not _mixes_scripts(text)):
            return text, encoding.removesuffix("-sig")
    raise DamagedFile("unreadable-file", "bytes that are no text in UTF-8, UTF-16 or the code page of the state")


def _mixes_scripts(text: str) -> bool:
    """True when words mix Latin with Cyrillic or Greek letters: the sign of a wrong code page."""
    words = _WORD.findall(text)
    return any({"LATIN"} < _scripts(word) for word in words if not word.isascii())


def _scripts(word: str) -> set[str]:
    return {unicodedata.name(c, "").split(" ")[0] for c in word if c.isalpha()} & {"LATIN", "CYRILLIC", "GREEK"}


def _delimiter(text: str, names: set[str]) -> str:
    header = text.lstrip("\ufeff \r\n").split("\n", 1)[0]

    def known(delimiter: str) -> int:
        return sum(f.strip().strip('"').casefold() in names for f in header.split(delimiter))

    return max(DELIMITERS, key=known)


def _records(text: str, delimiter: str) -> list[CsvRecord]:
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter)
    records, line = [], 1
    try:
        for fields in reader:
            if any(field for field in fields):
                records.append(CsvRecord(line, tuple(fields)))
            line = reader.line_num + 1
            if len(records) > MAX_LINES:
                raise DamagedFile("unsafe-file", f"more than {MAX_LINES:,} lines")
    except csv.Error as problem:
        raise DamagedFile("unreadable-file", f"not a CSV file ({problem})") from problem
    if not records:
        raise DamagedFile("unreadable-file", "the file is empty")
    return records
