"""Is this file a workbook that is safe to open? Looks at the archive before any library unpacks it."""

from __future__ import annotations

import io
import re
import zipfile
import zlib

MAX_FILE = 20_000_000  # bytes; a filled form is below half a million
MAX_INFLATED = 80_000_000
MAX_PARTS = 500
MAX_MERGED = 50_000  # cells under merged ranges: the library touches each of them

_ACTIVE = re.compile(r"vbaProject|/macrosheets/|/externalLinks/|/embeddings/|/activeX/|connections\.xml|/queryTables/")
_DOCTYPE = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
_ENCODING = re.compile(rb"\s*<\?xml[^<>]*?encoding\s*=\s*[\"']([^\"']*)")
_ENCODINGS = (b"utf-8", b"utf-16", b"us-ascii", b"ascii")
_MERGE_TAG = re.compile(rb"<(?:[^\s<>/:]+:)?mergeCell[\s/>]")
_MERGED = re.compile(
    rb"<(?:[^\s<>/:]+:)?mergeCell\s[^<>]*?ref\s*=\s*[\"']([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})[\"']"
)
_KINDS = (
    (b"\xd0\xcf\x11\xe0", "a file of the old Excel format, or one protected by a password"),
    (b"%PDF", "a PDF file"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"{\\rtf", "a text document"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
)

# What the standard library raises on an archive that is broken, encrypted or compressed in an unknown way.
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)


class DamagedFile(Exception):
    """The file cannot be read as a return. `rule` is the intake rule to report, `found` what it is."""

    def __init__(self, rule: str, found: str) -> None:
        self.rule, self.found = rule, found
        super().__init__(found)


def foreign_kind(data: bytes) -> str:
    """What a file is that is neither workbook nor text; empty when it may be one of those."""
    for magic, kind in _KINDS:
        if data.startswith(magic):
            return kind
    head = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<html", b"<!doctype html", b"<table", b"<?xml")):
        return "a web page or XML file"
    return ""


def check_archive(data: bytes) -> list[str]:
    """Names of macros, links and embedded objects in a workbook, none of which are read.

    Raises DamagedFile when the bytes are no workbook, or one that would inflate or expand beyond bounds.
    """
    if not data.strip():
        raise DamagedFile("unreadable-file", "the file is empty")
    if kind := foreign_kind(data):
        raise DamagedFile("unreadable-file", kind)
    if not data.startswith(b"PK"):
        raise DamagedFile("unreadable-file", "not a workbook")
    if len(data) > MAX_FILE:
        raise DamagedFile("unsafe-file", f"{len(data):,} bytes")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _check_parts(archive)
    except _DAMAGE as problem:
        raise DamagedFile("unreadable-file", f"a damaged or incomplete workbook ({problem})") from problem


def _check_parts(archive: zipfile.ZipFile) -> list[str]:
    parts = archive.infolist()
    names = [p.filename for p in parts]
    if len(set(names)) != len(names) or len(parts) > MAX_PARTS:
        raise DamagedFile("unsafe-file", f"an archive of {len(parts)} parts, or with parts of the same name")
    # The reader never yields more bytes of a part than it declares, so the declared sizes are a true bound.
    inflated = sum(p.file_size for p in parts)
    if inflated > MAX_INFLATED:
        raise DamagedFile("unsafe-file", f"{inflated:,} bytes when unpacked")
    if any(p.flag_bits & 1 for p in parts):
        raise DamagedFile("unreadable-file", "a workbook protected by a password")
    if "[Content_Types].xml" not in names or "xl/workbook.xml" not in names:
        raise DamagedFile("unreadable-file", "an archive that is not an Excel workbook")
    merged = 0
    for part in parts:
        if not part.filename.endswith((".xml", ".rels")):
            continue
        merged += _check_part(part.filename, archive.read(part))
    if merged > MAX_MERGED:
        raise DamagedFile("unsafe-file", f"{merged:,} cells under merged ranges")
    return sorted(n for n in names if _ACTIVE.search(n))


def _check_part(name: str, content: bytes) -> int:
    """The number of cells under merged ranges in one XML part; raises DamagedFile when it hides what it holds."""
    # In UTF-16 every other byte is zero: without them a search for bytes finds what is there.
    content = (
        content.replace(b"\0", b"").removeprefix(b"\xef\xbb\xbf").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    )
    declared = _ENCODING.match(content)
    if content.strip() and (
        not content.lstrip().startswith(b"<") or (declared and declared.group(1).lower() not in _ENCODINGS)
    ):
        raise DamagedFile("unsafe-file", f"an encoding other than UTF-8 and UTF-16 in {name}")
    if _DOCTYPE.search(content):
        raise DamagedFile("unsafe-file", f"a document type declaration in {name}")
    ranges = list(_MERGED.finditer(content))
    if len(ranges) != len(_MERGE_TAG.findall(content)):
        raise DamagedFile("unsafe-file", f"a merged range that cannot be read in {name}")
    return sum(_area(m) for m in ranges)


def _area(match: re.Match[bytes]) -> int:
    left, top, right, bottom = match.groups()
    return (abs(int(bottom) - int(top)) + 1) * (abs(_number(right) - _number(left)) + 1)


def _number(letters: bytes) -> int:
    result = 0
    for letter in letters:
        result = result * 26 + letter - 64
    return result
