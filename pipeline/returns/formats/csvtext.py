"""What stands in each field of a CSV file, as text, with its line and column?"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import zlib
from collections.abc import Set

from pipeline.contracts.codelists import fold
from pipeline.returns.formats.archive import MAX_INFLATED
from pipeline.returns.formats.bounds import MAX_CELLS, MAX_CHARACTERS, MAX_TEXT
from pipeline.returns.formats.kinds import foreign_kind
from pipeline.returns.formats.letters import read_letters
from pipeline.returns.formats.raw import CsvRecord, CsvText, DamagedFile

MAX_LINES = 20_000
MAX_FIELDS = 1_000_000  # empty ones too: a form has about ten in a line
DELIMITERS = (",", ";", "\t")

# Code pages in use in each state, likeliest first; those not named here use the Central
# European one.
CODE_PAGES = {
    "BG": ("cp1251",),
    "MK": ("cp1251", "cp1250"),
    "RS": ("cp1251", "cp1250"),
    "GR": ("cp1253",),
    "TR": ("cp1254",),
}
# Excel's own first line, which tells the delimiter
_ANNOUNCED = re.compile(r"sep=[,;\t]\r?\n", re.IGNORECASE)
_WORD = re.compile(r"\w+")


def read_csv(data: bytes, state: str, *, names: set[str], words: Set[str] = frozenset()) -> CsvText:
    """Split a CSV file into records. `names` are the column names it may have: they
    tell the delimiter.

    `words` tell the code page of a text that is no UTF-8. Letters that they do not tell
    become `UNREAD`, and the encoding is empty. Raises DamagedFile when the bytes are no
    text or no table.
    """
    if is_unicode(data):
        text, encoding = decode(data, state)
    else:
        text, encoding = read_letters(data, words, likely=CODE_PAGES.get(state, ()))
    delimiter = _delimiter(text, names)
    return CsvText(tuple(_records(text, delimiter)), encoding, delimiter)


def inflate(data: bytes) -> bytes:
    """The text inside a .csv.gz file. Raises DamagedFile when it is damaged, too large
    or no text.
    """
    packed = zlib.decompressobj(wbits=31)
    try:
        text = packed.decompress(data, MAX_INFLATED + 1)
    except zlib.error as problem:
        raise DamagedFile("unreadable-file", f"a damaged compressed file ({problem})") from problem
    if len(text) > MAX_INFLATED:
        raise DamagedFile("unsafe-file", f"more than {MAX_INFLATED:,} bytes when unpacked")
    if not packed.eof:
        raise DamagedFile("unreadable-file", "an incomplete compressed file")
    if packed.unused_data.strip(b"\0"):
        raise DamagedFile("unreadable-file", "a compressed file with more behind its end")
    if not text.strip():
        raise DamagedFile("unreadable-file", "the file is empty")
    if text.startswith((b"PK", b"\x1f\x8b", b"\xd0\xcf\x11\xe0")) or foreign_kind(text):
        raise DamagedFile("unreadable-file", "a compressed file that holds no CSV text")
    return text


def is_unicode(data: bytes) -> bool:
    """True for UTF-8, and for UTF-16 or what else has zero bytes; bytes of a code page
    are neither.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data:
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def decode(data: bytes, state: str) -> tuple[str, str]:
    """The text of a file and the encoding it was read in. Raises DamagedFile when none
    fits.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        candidates: tuple[str, ...] = ("utf-16",)
    elif b"\0" in data[:200]:
        # UTF-16 without its mark: commas, digits and Latin letters have a zero in the
        # higher of their two bytes.
        even = data[:200:2].count(0)
        odd = data[1:200:2].count(0)
        candidates = ("utf-16-le",) if odd > even else ("utf-16-be",)
    else:
        candidates = ("utf-8-sig", *CODE_PAGES.get(state, ()), "cp1250", "cp1252")
    for encoding in dict.fromkeys(candidates):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text and (encoding.startswith("utf") or not _mixes_scripts(text)):
            return text, encoding.removesuffix("-sig")
    raise DamagedFile(
        "unreadable-file", "bytes that are no text in UTF-8, UTF-16 or the code page of the state"
    )


def _mixes_scripts(text: str) -> bool:
    """True when words mix Latin with Cyrillic or Greek letters: the sign of a wrong
    code page.
    """
    words = _WORD.findall(text)
    return any({"LATIN"} < _scripts(word) for word in words if not word.isascii())


def _scripts(word: str) -> set[str]:
    return {unicodedata.name(c, "").split(" ")[0] for c in word if c.isalpha()} & {
        "LATIN",
        "CYRILLIC",
        "GREEK",
    }


def _delimiter(text: str, names: set[str]) -> str:
    text = text.lstrip("\ufeff \r\n")
    if _ANNOUNCED.match(text):
        return text[len("sep=")]
    header = text.split("\n", 1)[0]

    def known(delimiter: str) -> int:
        return sum(fold(f.strip().strip('"')) in names for f in header.split(delimiter))

    return max(DELIMITERS, key=known)


def _records(text: str, delimiter: str) -> list[CsvRecord]:
    text = text.removeprefix("\ufeff")
    announced = _ANNOUNCED.match(text)
    begin = 1 + bool(announced)
    body = text[announced.end() :] if announced else text
    # Strict: a quote that is never closed would swallow the lines behind it without a
    # word.
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=delimiter, strict=True)
    records, line = [], begin
    number = filled = characters = 0
    try:
        for fields in reader:
            if any(field for field in fields):
                records.append(CsvRecord(line, tuple(fields)))
            line = reader.line_num + begin
            number += len(fields)
            filled += sum(1 for field in fields if field)
            if len(records) > MAX_LINES or number > MAX_FIELDS or filled > MAX_CELLS:
                raise DamagedFile(
                    "unsafe-file", f"more than {MAX_LINES:,} lines or {MAX_CELLS:,} fields"
                )
            characters += sum(map(len, fields))
            if characters > MAX_CHARACTERS:
                raise DamagedFile("unsafe-file", f"more than {MAX_CHARACTERS:,} characters")
            if any(len(field) > MAX_TEXT for field in fields):
                raise DamagedFile(
                    "unsafe-file", f"a text of more than {MAX_TEXT:,} characters in line {line}"
                )
    except csv.Error as problem:
        raise DamagedFile(
            "unreadable-file", f"not a CSV file (line {line}: {problem})"
        ) from problem
    if not records:
        raise DamagedFile("unreadable-file", "the file is empty")
    return records
