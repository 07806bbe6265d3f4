"""What does a file say to anybody who looks? Its bytes, unpacked, and the text that a
reader extracts.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pikepdf
import pypdfium2

# where a line ends within a word, as a reader of PDFs writes it
_HYPHEN = re.compile("[\N{SOFT HYPHEN}\ufffe\x02]\\s*")


def everything_in(path: Path) -> Iterator[str]:
    """A file as bytes, unpacked, and as the text that a reader extracts."""
    data = path.read_bytes()
    yield data.decode("utf-8", "replace")
    if path.suffix == ".duckdb":
        yield from texts_of(path)
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as parts:
            yield from (parts.read(name).decode("utf-8", "replace") for name in parts.namelist())
    if path.suffix == ".pdf":
        with pikepdf.open(path) as opened:
            for item in opened.objects:
                if isinstance(item, pikepdf.String):
                    yield str(item)
                elif isinstance(item, pikepdf.Stream):
                    try:
                        yield bytes(item.read_bytes()).decode("utf-8", "replace")
                    except (pikepdf.PdfError, zlib.error):
                        yield bytes(item.read_raw_bytes()).decode("utf-8", "replace")
        with pypdfium2.PdfDocument(path) as pages:
            yield from (" ".join(page.get_textpage().get_text_range().split()) for page in pages)


def texts_of(path: Path) -> Iterator[str]:
    """Every text of a database: it stores them compressed."""
    with duckdb.connect(str(path), read_only=True) as connection:
        for schema, table in connection.execute(
            "select distinct table_schema, table_name from information_schema.tables"
        ).fetchall():
            yield str(connection.execute(f'select * from "{schema}"."{table}"').fetchall())


def said_in(path: Path) -> str:
    """All that a file says, its name too: small letters, no hyphens at ends of lines."""
    told = _HYPHEN.sub("", "\n".join([path.name, *everything_in(path)]))
    return " ".join(told.casefold().split())


def files_in(*folders: Path) -> list[Path]:
    return [p for folder in folders for p in sorted(folder.rglob("*")) if p.is_file()]
