"""What stands in a workbook of the old Excel format? Each filled cell as text, with its
address.

The format keeps formulas apart from what people see, and its reader gives their results
only.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from pipeline.returns.formats.bounds import MAX_CELLS
from pipeline.returns.formats.raw import DamagedFile, RawCell, RawSheet, RawWorkbook, column_letters
from pipeline.returns.formats.xlsx import cell_text

if TYPE_CHECKING:
    from xlrd.book import Book
    from xlrd.sheet import Cell, Sheet

# folders and streams that hold programs
_MACROS = (
    "_VBA_PROJECT_CUR",
    "_VBA_PROJECT",
    "VBA",
    "Macros",
)
_LEFT_OUT = re.compile(r"= (Macro sheet|Visual Basic module)\)$", re.MULTILINE)
# beginnings of the names of those that hold embedded objects and controls
_OBJECTS = (
    "MBD",
    "ObjectPool",
    "Ctls",
)


def read_xls(data: bytes, max_cells: int = MAX_CELLS) -> RawWorkbook:
    """Read every filled cell, `max_cells` of a sheet. Raises DamagedFile when the bytes
    are not a readable workbook.
    """
    import xlrd

    log = io.StringIO()
    try:
        if active := _streams(data, log):
            return RawWorkbook((), active, formulas_seen=False)
        # Ragged rows: one cell at the far end of a sheet must not fill the sheet with
        # empty ones.
        with xlrd.open_workbook(
            file_contents=data, formatting_info=True, ragged_rows=True, logfile=log, verbosity=1
        ) as book:
            if linked := (*_links(book), *_macro_sheets(log.getvalue())):
                return RawWorkbook((), linked, formulas_seen=False)
            return RawWorkbook(
                tuple(_read_sheet(book, s, max_cells=max_cells) for s in book.sheets()),
                formulas_seen=False,
            )
    except MemoryError:
        raise
    except DamagedFile:
        raise
    except (
        Exception
    ) as problem:  # only the library runs here: whatever it raises, the file is not as it should be
        if "encrypted" in str(problem).lower():
            raise DamagedFile(
                "password-protected", "a workbook protected by a password"
            ) from problem
        raise DamagedFile(
            "unreadable-file", "a damaged workbook: its records cannot be read"
        ) from problem


def _streams(data: bytes, log: io.StringIO) -> tuple[str, ...]:
    """Names of streams of the file that hold programs or embedded objects."""
    from xlrd.compdoc import CompDoc

    names = {node.name for node in CompDoc(data, logfile=log).dirlist if node.etype in (1, 2)}
    return tuple(sorted(n for n in names if n in _MACROS or n.startswith(_OBJECTS)))


def _macro_sheets(log: str) -> tuple[str, ...]:
    """Sheets with macros of Excel 4.0: the library leaves them out and only tells so in
    its log.
    """
    return ("a sheet of macros",) * bool(_LEFT_OUT.search(log))


def _links(book: Book) -> tuple[str, ...]:
    """Links to other workbooks and to programs (DDE), as the book lists them."""
    from xlrd.book import SUPBOOK_DDEOLE, SUPBOOK_EXTERNAL

    names = {
        SUPBOOK_EXTERNAL: "a link to another workbook",
        SUPBOOK_DDEOLE: "a link to a program (DDE)",
    }
    return tuple(sorted({names[kind] for kind in book._supbook_types if kind in names}))


def _read_sheet(book: Book, sheet: Sheet, *, max_cells: int) -> RawSheet:
    cells = {}
    for row in range(sheet.nrows):
        for column, cell in enumerate(sheet.row(row)):
            if raw := _cell(book, sheet.name, row=row + 1, column=column + 1, cell=cell):
                cells[row + 1, column + 1] = raw
        if len(cells) > max_cells:
            raise DamagedFile("unsafe-file", f"more than {max_cells:,} cells")
    merged = tuple(
        sorted(
            (top + 1, left + 1, bottom, right) for top, bottom, left, right in sheet.merged_cells
        )
    )
    return RawSheet(
        sheet.name,
        sheet.visibility != 0,
        cells,
        merged,
        frozenset(r + 1 for r, info in sheet.rowinfo_map.items() if info.hidden),
        frozenset(c + 1 for c, info in sheet.colinfo_map.items() if info.hidden),
    )


def _cell(book: Book, sheet: str, *, row: int, column: int, cell: Cell) -> RawCell | None:
    import xlrd

    address = f"{column_letters(column)}{row}"
    if cell.ctype in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
        return None
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return RawCell(sheet, address, xlrd.error_text_from_code.get(cell.value, "#ERROR"), "error")
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return RawCell(sheet, address, *cell_text(bool(cell.value), "b"))
    if cell.ctype == xlrd.XL_CELL_DATE:
        return RawCell(sheet, address, _date(cell.value, book.datemode), "date")
    if cell.ctype == xlrd.XL_CELL_NUMBER:
        return RawCell(sheet, address, *cell_text(cell.value, "n"))
    if not cell.value:
        # A label is never empty: this is a formula whose result is no character at all.
        return RawCell(sheet, address, "", "text", "=")
    return RawCell(sheet, address, cell.value)


def _date(value: float, mode: int) -> str:
    import xlrd

    try:
        return cell_text(xlrd.xldate_as_datetime(value, mode), "d")[0]
    except (xlrd.XLDateError, OverflowError, ValueError):
        return f"{value:.15g}"
