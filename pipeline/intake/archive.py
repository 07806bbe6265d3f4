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
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref\s*=\s*[\"']([A-Za-z]{1,3})(\d{1,7}):([A-Za-z]{1,3})(\d{1,7})")
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
        content = archive.read(part)
        # UTF-16 parts would hide the declaration from a search for bytes: without their zeros they do not.
        if _DOCTYPE.search(content.replace(b"\0", b"")):
            raise DamagedFile("unsafe-file", f"a document type declaration in {part.filename}")
        merged += sum(_area(m) for m in _MERGED.finditer(content))
    if merged > MAX_MERGED:
        raise DamagedFile("unsafe-file", f"{merged:,} cells under merged ranges")
    return sorted(n for n in names if _ACTIVE.search(n))


def _area(match: re.Match[bytes]) -> int:
    left, top, right, bottom = match.groups()
    return (abs(int(bottom) - int(top)) + 1) * (abs(_number(right) - _number(left)) + 1)


def _number(letters: bytes) -> int:
    result = 0
    for letter in letters.upper():
        result = result * 26 + letter - 64
    return result
