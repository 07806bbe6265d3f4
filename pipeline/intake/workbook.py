"""What stands in each filled cell of a workbook, as text, with its address?"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Literal

from pipeline.intake.archive import DamagedFile, check_archive

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

CellKind = Literal["number", "text", "date", "boolean", "error", "empty"]


@dataclass(frozen=True)
class RawCell:
    """One filled cell before anything is made of it. `formula` is the formula, `text` then its stored result."""

    sheet: str
    address: str
    text: str
    kind: CellKind = "text"
    formula: str = ""

    @property
    def raw(self) -> str:
        """What a person saw or typed: the text, or the formula with its result."""
        return f"{self.formula} ({self.text})" if self.formula else self.text


@dataclass(frozen=True)
class RawSheet:
    """One sheet: its filled cells by row and column (1 is the first), and its merged ranges."""

    name: str
    hidden: bool
    cells: dict[tuple[int, int], RawCell]
    merged: tuple[tuple[int, int, int, int], ...] = ()  # first row, first column, last row, last column


@dataclass(frozen=True)
class RawWorkbook:
    sheets: tuple[RawSheet, ...]
    active_content: tuple[str, ...] = ()


def column_letters(column: int) -> str:
    """The letters of a column: 1 is A, 27 is AA."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def read_workbook(data: bytes) -> RawWorkbook:
    """Read every filled cell of a workbook as text. Nothing is calculated, followed or fetched.

    Raises DamagedFile when the bytes are not a readable workbook.
    """
    active = check_archive(data)
    visible = _open(data, values=False)
    has_formulas = any(c.data_type == "f" for s in visible.worksheets for c in s._cells.values())
    stored = _open(data, values=True) if has_formulas else None
    sheets = tuple(_read_sheet(s, stored[s.title] if stored else None) for s in visible.worksheets)
    return RawWorkbook(sheets, tuple(active))


def _open(data: bytes, *, values: bool) -> Workbook:
    from openpyxl import load_workbook

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the library warns of extensions that hold no figures
            return load_workbook(io.BytesIO(data), data_only=values, keep_links=False)
    except Exception as problem:  # only the library runs here: whatever it raises, the file is not as it should be
        raise DamagedFile("unreadable-file", f"a damaged workbook ({type(problem).__name__})") from problem


def _read_sheet(sheet: Worksheet, stored: Any) -> RawSheet:
    cells = {}
    # The private store is read because iterating by rows would create every empty cell up to the last one.
    for place in sorted(sheet._cells):
        cell = sheet._cells[place]
        if cell.value is None:
            continue
        formula = _formula(cell.value) if cell.data_type == "f" else ""
        value = stored._cells[place].value if formula and place in stored._cells else None if formula else cell.value
        text, kind = _text(value, stored._cells[place].data_type if value is not None and formula else cell.data_type)
        cells[place] = RawCell(sheet.title, cell.coordinate, text, kind, formula)
    merged = tuple(sorted((m.min_row, m.min_col, m.max_row, m.max_col) for m in sheet.merged_cells.ranges))
    return RawSheet(sheet.title, sheet.sheet_state != "visible", cells, merged)


def _formula(value: Any) -> str:
    text = getattr(value, "text", None) or getattr(value, "ref", None) or value
    return str(text) if str(text).startswith("=") else f"={text}"


def _text(value: Any, data_type: str) -> tuple[str, CellKind]:
    if value is None:
        return "", "empty"
    if isinstance(value, bool):
        return str(value).upper(), "boolean"
    if data_type == "e":
        return str(value), "error"
    if isinstance(value, int):
        return str(value), "number"
    if isinstance(value, float):
        # A spreadsheet holds fifteen significant digits; more are noise of the binary form.
        return f"{value:.15g}", "number"
    if isinstance(value, datetime):
        return (value.date() if value.time() == time() else value).isoformat(), "date"
    if isinstance(value, date | time | timedelta):
        return str(value), "date"
    return str(value), "text"
