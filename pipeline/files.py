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


def _inert(value: object) -> object:
    if not isinstance(value, str) or _NUMBER.fullmatch(value):
        return value
    guard = "'" if value.startswith(_FORMULA) else ""
    return guard + value.replace("\r", "\n")  # a bare carriage return is not quoted, and begins a line for many readers
