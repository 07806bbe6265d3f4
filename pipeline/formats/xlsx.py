"""What stands in each filled cell of an Excel workbook, as text, with its address?"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from math import isfinite
from typing import TYPE_CHECKING, Any

from pipeline.formats.archive import check_archive
from pipeline.formats.raw import CellKind, DamagedFile, RawCell, RawSheet, RawWorkbook, column_letters

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet


def read_xlsx(data: bytes) -> RawWorkbook:
    """Read every filled cell of a workbook as text. Nothing is calculated, followed or fetched.

    Raises DamagedFile when the bytes are not a readable workbook.
    """
    active = check_archive(data)
    if active:
        return RawWorkbook((), tuple(active))
    visible = _open(data, values=False)
    has_formulas = any(c.data_type == "f" for s in visible.worksheets for c in s._cells.values())
    stored = _open(data, values=True) if has_formulas else None
    sheets = tuple(_read_sheet(s, stored[s.title] if stored else None) for s in visible.worksheets)
    return RawWorkbook(sheets)


def _open(data: bytes, *, values: bool) -> Workbook:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the library warns of extensions that hold no figures
            with _merged_cells_kept():
                from openpyxl import load_workbook

                return load_workbook(io.BytesIO(data), data_only=values, keep_links=False)
    except MemoryError:
        raise
    except Exception as problem:  # only the library runs here: whatever it raises, the file is not as it should be
        raise DamagedFile("unreadable-file", f"a damaged workbook ({type(problem).__name__})") from problem


@contextmanager
def _merged_cells_kept() -> Iterator[None]:
    """The library empties the cells below a merged range. What stands there nobody sees, but it was sent."""
    import openpyxl.reader.excel as library
    from openpyxl.worksheet._reader import WorksheetReader
    from openpyxl.worksheet.cell_range import CellRange, MultiCellRange

    class Keeping(WorksheetReader):
        def bind_merged_cells(self) -> None:
            if self.parser.merged_cells:
                self.ws.merged_cells = MultiCellRange([CellRange(c.ref) for c in self.parser.merged_cells.mergeCell])

    vars(library)["WorksheetReader"] = Keeping
    try:
        yield
    finally:
        vars(library)["WorksheetReader"] = WorksheetReader


def _read_sheet(sheet: Worksheet, stored: Any) -> RawSheet:
    cells = {}
    # The private store is read because iterating by rows would create every empty cell up to the last one.
    for place in sorted(sheet._cells):
        cell = sheet._cells[place]
        if cell.value is None:
            continue
        formula = _formula(cell.value) if cell.data_type == "f" else ""
        shown = stored._cells.get(place) if formula else cell
        text, kind = cell_text(shown.value, shown.data_type) if shown else ("", "empty")
        cells[place] = RawCell(sheet.title, f"{column_letters(place[1])}{place[0]}", text, kind, formula)
    merged = tuple(sorted((m.min_row, m.min_col, m.max_row, m.max_col) for m in sheet.merged_cells.ranges))
    # Only those with something in them: a form may hide the million rows below it.
    rows = frozenset(r for r in {r for r, _ in cells} if r in sheet.row_dimensions and sheet.row_dimensions[r].hidden)
    hidden = [(d.min or 0, d.max or 0) for d in sheet.column_dimensions.values() if d.hidden]
    columns = frozenset(c for c in {c for _, c in cells} if any(first <= c <= last for first, last in hidden))
    return RawSheet(sheet.title, sheet.sheet_state != "visible", cells, merged, rows, columns)


def _formula(value: Any) -> str:
    text = getattr(value, "text", None) or getattr(value, "ref", None) or value
    return str(text) if str(text).startswith("=") else f"={text}"


def cell_text(value: Any, data_type: str) -> tuple[str, CellKind]:
    """Text and kind of a value that a library read; `data_type` is "e" for an error value."""
    if value is None:
        return "", "empty"
    if isinstance(value, bool):
        return str(value).upper(), "boolean"
    if data_type == "e":
        return str(value), "error"
    if isinstance(value, int):
        return str(value), "number"
    if isinstance(value, float):
        if not isfinite(value):
            return str(value), "error"
        # A spreadsheet holds fifteen significant digits; more are noise of the binary form.
        return f"{value:.15g}", "number"
    if isinstance(value, datetime):
        return (value.date() if value.time() == time() else value).isoformat(), "date"
    if isinstance(value, date | time | timedelta):
        return str(value), "date"
    return str(value), "text"
