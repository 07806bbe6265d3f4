"""What kind of file are these bytes? Told by what they are, never by the name that
somebody gave them.
"""

from __future__ import annotations

import io
import zipfile
from typing import Literal

from pipeline.returns.formats.raw import DamagedFile

FileKind = Literal["xlsx", "xls", "ods", "csv", "csv.gz"]
KIND_NAMES: dict[FileKind, str] = {
    "xlsx": "an Excel workbook (.xlsx)",
    "xls": "a workbook of the old Excel format (.xls)",
    "ods": "an OpenDocument workbook (.ods)",
    "csv": "a text file (.csv)",
    "csv.gz": "a compressed text file (.csv.gz)",
}

_OLE = b"\xd0\xcf\x11\xe0"
_FOREIGN = (
    (b"%PDF", "a PDF file"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"{\\rtf", "a text document"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"PAR1", "a Parquet file"),
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
)
# What the standard library raises on an archive whose list of parts is broken.
_DAMAGE = (zipfile.BadZipFile, NotImplementedError, OSError, ValueError)


def kind_of(data: bytes) -> FileKind:
    """The kind of a file that may be a return. Raises DamagedFile when it is none of
    those.
    """
    if not data.strip():
        raise DamagedFile("unreadable-file", "the file is empty")
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise DamagedFile("password-protected", "a workbook protected by a password")
        return "xls"
    if data.startswith(b"PK"):
        return _kind_of_archive(data)
    if data.startswith(b"\x1f\x8b"):
        return "csv.gz"
    if kind := foreign_kind(data):
        raise DamagedFile("unreadable-file", kind)
    return "csv"


def foreign_kind(data: bytes) -> str:
    """What a file is that is neither workbook nor text; empty when it may be one of
    those.
    """
    for magic, kind in _FOREIGN:
        if data.startswith(magic):
            return kind
    head = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<html", b"<!doctype", b"<table", b"<?xml", b"<script")):
        return "a web page or XML file"
    return ""


def _kind_of_archive(data: bytes) -> FileKind:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = {name.replace("\\", "/").casefold() for name in archive.namelist()}
    except _DAMAGE as problem:
        raise DamagedFile(
            "unreadable-file", f"a damaged or incomplete workbook ({problem})"
        ) from problem
    # Its list of relationships says which part is the workbook: programs call it as
    # they like.
    is_binary = "xl/workbook.bin" in names
    is_excel = not is_binary and any(
        name.startswith("xl/") and name.endswith(".xml") for name in names
    )
    if is_excel and "content.xml" in names:
        raise DamagedFile("unsafe-file", "an Excel and an OpenDocument workbook in one archive")
    if is_excel:
        return "xlsx"
    if "content.xml" in names:
        return "ods"
    if "encrypted-package" in names:
        raise DamagedFile("password-protected", "a workbook protected by a password")
    what = "a binary Excel workbook (.xlsb)" if is_binary else "an archive that is no workbook"
    raise DamagedFile("unreadable-file", what)
