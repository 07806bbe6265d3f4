"""What stands in each filled cell of an OpenDocument workbook, as text, with its address?"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from pipeline.formats.archive import check_archive
from pipeline.formats.raw import MAX_CELLS, CellKind, DamagedFile, RawCell, RawSheet, RawWorkbook, column_letters
from pipeline.formats.xlsx import cell_text

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_CALC = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
MAX_ROWS, MAX_COLUMNS = 1_048_576, 16_384


def read_ods(data: bytes, max_cells: int = MAX_CELLS) -> RawWorkbook:
    """Read every filled cell, `max_cells` of a sheet. Nothing is calculated, followed or fetched.

    Raises DamagedFile when the bytes are not a readable workbook.
    """
    from xml.etree.ElementTree import ParseError, fromstring

    active = check_archive(data)
    if active:
        return RawWorkbook((), tuple(active))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            root = fromstring(archive.read("content.xml"))
        hidden = {
            style.get(f"{_STYLE}name", "")
            for style in root.iter(f"{_STYLE}style")
            for properties in style.iter(f"{_STYLE}table-properties")
            if properties.get(f"{_TABLE}display") == "false"
        }
        sheets = [_Sheet(t, hidden, max_cells).read() for t in root.iter(f"{_TABLE}table")]
    except (ParseError, KeyError, ValueError) as problem:
        raise DamagedFile("unreadable-file", f"a damaged workbook ({type(problem).__name__})") from problem
    if next(_sources(root), None) is not None:
        return RawWorkbook((), ("a link to another file or program",))
    return RawWorkbook(tuple(sheets))


def _sources(root: Element) -> Iterator[Element]:
    """Elements by which a sheet is filled from elsewhere."""
    for name in (f"{_OFFICE}dde-source", f"{_TABLE}table-source", f"{_TABLE}cell-range-source"):
        yield from root.iter(name)


class _Sheet:
    def __init__(self, table: Element, hidden_styles: set[str], max_cells: int) -> None:
        self.table = table
        self.max_cells = max_cells
        self.name = table.get(f"{_TABLE}name", "")
        self.hidden = table.get(f"{_TABLE}style-name", "") in hidden_styles
        self.cells: dict[tuple[int, int], RawCell] = {}
        self.merged: list[tuple[int, int, int, int]] = []
        self.hidden_rows: set[int] = set()

    def read(self) -> RawSheet:
        columns = frozenset(_hidden_columns(self.table))
        row = 1
        for element in _children(self.table, f"{_TABLE}table-row"):
            repeated = _repeated(element, "rows", MAX_ROWS)
            # An empty stretch is one element that stands for up to a million rows: nothing to unfold there.
            filled = self._read_row(element, row)
            for copy in range(1, repeated if filled else 1):
                self._read_row(element, row + copy)
            if element.get(f"{_TABLE}visibility") in ("collapse", "filter") and filled:
                self.hidden_rows.update(range(row, row + repeated))
            row += repeated
        return RawSheet(
            self.name, self.hidden, self.cells, tuple(sorted(self.merged)), frozenset(self.hidden_rows), columns
        )

    def _read_row(self, element: Element, row: int) -> bool:
        column, filled = 1, False
        for cell in element:
            if cell.tag not in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
                continue
            repeated = _repeated(cell, "columns", MAX_COLUMNS)
            text, kind, formula = _content(cell)
            if text or formula:
                filled = True
                for place in range(column, column + repeated):
                    address = f"{column_letters(place)}{row}"
                    self.cells[row, place] = RawCell(self.name, address, text, kind, formula)
                if len(self.cells) > self.max_cells:
                    raise DamagedFile("unsafe-file", f"more than {self.max_cells:,} cells")
            rows, columns = (int(cell.get(f"{_TABLE}number-{n}-spanned", "1")) for n in ("rows", "columns"))
            if rows > 1 or columns > 1:
                self.merged.append((row, column, row + rows - 1, column + columns - 1))
            column += repeated
        return filled


def _children(element: Element, tag: str) -> Iterator[Element]:
    """Elements of a kind in document order, also inside groups and headers, but not those of an inner table."""
    for child in element:
        if child.tag == tag:
            yield child
        elif child.tag in (f"{_TABLE}table-row-group", f"{_TABLE}table-header-rows", f"{_TABLE}table-rows",
                           f"{_TABLE}table-column-group", f"{_TABLE}table-header-columns", f"{_TABLE}table-columns"):
            yield from _children(child, tag)  # fmt: skip


def _hidden_columns(table: Element) -> Iterator[int]:
    column = 1
    for element in _children(table, f"{_TABLE}table-column"):
        repeated = _repeated(element, "columns", MAX_COLUMNS)
        if element.get(f"{_TABLE}visibility") in ("collapse", "filter"):
            yield from range(column, column + repeated)
        column += repeated


def _repeated(element: Element, what: str, limit: int) -> int:
    number = int(element.get(f"{_TABLE}number-{what}-repeated", "1"))
    if not 0 < number <= limit:
        raise DamagedFile("unsafe-file", f"{number:,} {what} in one element")
    return number


def _content(cell: Element) -> tuple[str, CellKind, str]:
    """Text, kind and formula of a cell; all empty when nothing stands in it."""
    shown = "\n".join("".join(p.itertext()) for p in cell.findall(f"{_TEXT}p"))
    formula = cell.get(f"{_TABLE}formula", "")
    if formula:
        formula = "=" + formula.split("=", 1)[-1]
    kind = cell.get(f"{_OFFICE}value-type", "")
    if cell.get(f"{_CALC}value-type") == "error" or (formula and shown.startswith(("#", "Err:"))):
        return shown, "error", formula
    if kind in ("float", "currency", "percentage"):
        return (*_number(cell.get(f"{_OFFICE}value", "")), formula)
    if kind == "boolean":
        return (*cell_text(cell.get(f"{_OFFICE}boolean-value") == "true", "b"), formula)
    if kind in ("date", "time"):
        return cell.get(f"{_OFFICE}{kind}-value", "") or shown, "date", formula
    text = cell.get(f"{_OFFICE}string-value") or shown
    return text, "empty" if formula and not text else "text", formula


def _number(text: str) -> tuple[str, CellKind]:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text, "text"
    if not number.is_finite():
        return text, "error"
    return cell_text(float(number), "n")
