"""How does a finished file get into place? In one step, so that a build that dies leaves the last good one."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterable
from pathlib import Path

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet runs a cell that starts so
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def replace_file(temporary: Path, final: Path) -> None:
    """Put a finished file in place of an earlier one; the folder is made where it is missing."""
    final.parent.mkdir(parents=True, exist_ok=True)
    os.replace(temporary, final)


def write_file(final: Path, content: bytes) -> None:
    """Write a file in one step."""
    final.parent.mkdir(parents=True, exist_ok=True)
    temporary = final.with_name(f".{final.name}.writing")
    temporary.write_bytes(content)
    os.replace(temporary, final)


def csv_bytes(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> bytes:
    """A table as CSV, UTF-8, one header line. A text that a spreadsheet would run gets an apostrophe before it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows([_inert(v) for v in row] for row in rows)
    return text.getvalue().encode()


def csv_rows(content: bytes) -> list[dict[str, str]]:
    """The lines of what `csv_bytes` wrote, by head, without the apostrophes before what a spreadsheet would run.

    Read too is what a spreadsheet saved of it: with a byte order mark, or parted by semicolons. A line with more cells
    than heads has them under the name "". Raises UnicodeDecodeError and csv.Error.
    """
    text = content.decode("utf-8-sig")
    delimiter = ";" if ";" in text.split("\n", 1)[0] else ","
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, restkey="", restval="", strict=True)
    return [{h: _plain(v) if isinstance(v, str) else ",".join(v) for h, v in row.items()} for row in reader]


def _plain(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text


def _inert(value: object) -> object:
    if not isinstance(value, str) or _NUMBER.fullmatch(value):
        return value
    guard = "'" if value.startswith(_FORMULA) else ""
    return guard + value.replace("\r", "\n")  # a bare carriage return is not quoted, and begins a line for many readers
