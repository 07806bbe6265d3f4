"""How is a published file read? Rows as text by column name, with the place of each row; the header is checked."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import UserError

Row = dict[str, object]


@dataclass(frozen=True)
class PublishedRow:
    """One row by column name, and where it stands (`row 12`)."""

    where: str
    values: Row

    def text(self, column: str) -> str:
        value = self.values.get(column)
        return "" if value is None else str(value).strip()


def read_workbook(path: Path, header_row: int, expected: tuple[str, ...]) -> tuple[list[str], list[PublishedRow]]:
    """The lines above the header as text, and the rows below it, of the first sheet. Raises UserError."""
    import zipfile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    _must_exist(path)
    try:
        # Publishers' files state a wrong extent of the sheet; without it openpyxl counts the rows itself.
        workbook = load_workbook(path, read_only=True, data_only=True)
        sheet = workbook.worksheets[0]
        sheet.reset_dimensions()
        lines = list(sheet.iter_rows(values_only=True))
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError, IndexError) as problem:
        raise UserError(
            f"the file cannot be read as a workbook ({type(problem).__name__})", where=str(path),
            allowed="an .xlsx file as published", do="download the file again and name it with FILE=",
        ) from problem  # fmt: skip
    header = [_text(v) for v in lines[header_row - 1]] if len(lines) >= header_row else []
    _check_header(path, header, expected, f"row {header_row}")
    banner = [" ".join(t for t in map(_text, line) if t) for line in lines[: header_row - 1]]
    rows = [
        PublishedRow(f"row {n}", dict(zip(header, line, strict=False)))
        for n, line in enumerate(lines[header_row:], header_row + 1) if any(v is not None for v in line)
    ]  # fmt: skip
    return banner, rows


def read_text(path: Path) -> str:
    """The text of a published CSV or TSV file. Raises UserError when it is not UTF-8."""
    _must_exist(path)
    try:
        return path.read_text(encoding="utf-8-sig")
    except (UnicodeDecodeError, OSError) as problem:
        raise UserError(
            "the file cannot be read as UTF-8 text", where=str(path), allowed="a text file as published",
            do="download the file again and name it with FILE=",
        ) from problem  # fmt: skip


def read_csv(path: Path, choices: dict[str, tuple[str, ...]]) -> tuple[str, list[PublishedRow]]:
    """Which of the known headers the file has, and its rows. Raises UserError when it has none of them."""
    lines = list(csv.reader(io.StringIO(read_text(path), newline="")))
    header = lines[0] if lines else []
    for name, expected in choices.items():
        if set(expected) <= set(header):
            return name, [
                PublishedRow(f"row {n}", dict(zip(header, line, strict=False))) for n, line in enumerate(lines[1:], 2)
            ]
    allowed = " | ".join(",".join(c) for c in choices.values())
    raise UserError(
        f"the header is '{','.join(header)[:200]}'", where=f"{path} row 1", allowed=allowed,
        do="name a file of this source with FILE=, or another SOURCE=",
    )  # fmt: skip


def _must_exist(path: Path) -> None:
    if not path.is_file():
        raise UserError("there is no such file", where=str(path), do="name the downloaded file with FILE=")


def _check_header(path: Path, header: list[str], expected: tuple[str, ...], where: str) -> None:
    missing = [c for c in expected if c not in header]
    if missing:
        found = ", ".join(c for c in header if c)[:200] or "nothing"
        raise UserError(
            f"columns are missing: {', '.join(missing)}; found: {found}", where=f"{path} {where}",
            allowed=", ".join(expected), do="name a file of this source with FILE=, or another SOURCE=",
        )  # fmt: skip


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()
