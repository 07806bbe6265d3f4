"""What stands in each filled cell of an OpenDocument workbook, as text, with its
address?
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.returns.formats.archive import MAX_ELEMENTS, check_archive
from pipeline.returns.formats.bounds import MAX_CELLS, MAX_MERGED, MAX_TEXT
from pipeline.returns.formats.raw import (
    CellKind,
    DamagedFile,
    RawCell,
    RawSheet,
    RawWorkbook,
    column_letters,
)
from pipeline.returns.formats.xlsx import cell_text

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_LINK = "{http://www.w3.org/1999/xlink}href"
_SCRIPT = "{urn:oasis:names:tc:opendocument:xmlns:script:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_CALC = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NOT_FINITE = ("nan", "inf", "-inf", "infinity", "-infinity", "1.#nan", "1.#inf", "-1.#inf")
_WHOLE = re.compile(r"-?[0-9]{1,18}")
MAX_ROWS, MAX_COLUMNS = 1_048_576, 16_384


def read_ods(
    data: bytes, max_cells: int = MAX_CELLS, *, most_elements: int = MAX_ELEMENTS
) -> RawWorkbook:
    """Read every filled cell, `max_cells` of a sheet. Nothing is calculated, followed
    or fetched.

    Raises DamagedFile when the bytes are not a readable workbook.
    """
    from xml.etree.ElementTree import ParseError, fromstring

    active = check_archive(data, most_elements)
    if active:
        return RawWorkbook((), tuple(active))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = [
                fromstring(archive.read(n))
                for n in ("content.xml", "styles.xml")
                if n in archive.namelist()
            ]
        root = parts[0]
        if active := sorted({what for part in parts for what in _reaching_out(part)}):
            return RawWorkbook((), tuple(active))
        hidden = {
            style.get(f"{_STYLE}name", "")
            for style in root.iter(f"{_STYLE}style")
            for properties in style.iter(f"{_STYLE}table-properties")
            if properties.get(f"{_TABLE}display") == "false"
        }
        body = root.find(f"{_OFFICE}body/{_OFFICE}spreadsheet")
        if body is None:
            raise DamagedFile("unreadable-file", "an OpenDocument file that is no workbook")
        sheets = [
            _Sheet(t, hidden, max_cells=max_cells).read() for t in body.findall(f"{_TABLE}table")
        ]
    except (ParseError, KeyError, ValueError) as problem:
        raise DamagedFile(
            "unreadable-file", "a damaged workbook: a part is cut off or garbled"
        ) from problem
    return RawWorkbook(tuple(sheets))


def _reaching_out(root: Element) -> Iterator[str]:
    """What in a part would act, or would be filled from elsewhere. A link in a text is
    text until somebody clicks.
    """
    for element in root.iter():
        if element.tag in (
            f"{_OFFICE}dde-source",
            f"{_TABLE}table-source",
            f"{_TABLE}cell-range-source",
        ):
            yield "a link to another file or program"
        elif element.tag in (f"{_SCRIPT}event-listener", f"{_OFFICE}script"):
            yield "a macro"
        elif element.tag != f"{_TEXT}a" and _leaves(element.get(_LINK, "")):
            yield "a link to another file or address"


def _leaves(link: str) -> bool:
    """True when a link leads out of the archive: only `#place` and parts of the archive
    itself do not.
    """
    return ":" in link or link.startswith(("/", "\\", "..")) or "/.." in link


class _Sheet:
    def __init__(self, table: Element, hidden_styles: set[str], *, max_cells: int) -> None:
        self.table = table
        self.max_cells = max_cells
        self.name = table.get(f"{_TABLE}name", "")
        self.hidden = table.get(f"{_TABLE}style-name", "") in hidden_styles
        self.cells: dict[tuple[int, int], RawCell] = {}
        self.merged: list[tuple[int, int, int, int]] = []
        self.hidden_rows: set[int] = set()

    def read(self) -> RawSheet:
        row = 1
        for element in _children(self.table, f"{_TABLE}table-row"):
            repeated = _repeated(element, "rows", limit=MAX_ROWS)
            # An empty stretch is one element that stands for up to a million rows:
            # nothing to unfold there.
            filled = self._read_row(element, row)
            for copy in range(1, repeated if filled else 1):
                self._read_row(element, row + copy)
            if element.get(f"{_TABLE}visibility") in ("collapse", "filter") and filled:
                self.hidden_rows.update(range(row, row + repeated))
            row += repeated
        hidden = _hidden_columns(self.table)
        columns = frozenset(
            c for c in {c for _, c in self.cells} if any(first <= c < end for first, end in hidden)
        )
        return RawSheet(
            self.name,
            self.hidden,
            self.cells,
            tuple(sorted(self.merged)),
            frozenset(self.hidden_rows),
            columns,
        )

    def _read_row(self, element: Element, row: int) -> bool:
        column, filled = 1, False
        for cell in element:
            if cell.tag not in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
                continue
            repeated = _repeated(cell, "columns", limit=MAX_COLUMNS)
            text, kind, formula = _content(cell)
            if text or formula:
                filled = True
                for place in range(column, column + repeated):
                    address = f"{column_letters(place)}{row}"
                    self.cells[row, place] = RawCell(self.name, address, text, kind, formula)
                if len(self.cells) > self.max_cells:
                    raise DamagedFile("unsafe-file", f"more than {self.max_cells:,} cells")
            rows, columns = (
                _whole(cell.get(f"{_TABLE}number-{n}-spanned", "1")) for n in ("rows", "columns")
            )
            if rows > 1 or columns > 1:
                if rows < 1 or columns < 1 or rows * columns * repeated > MAX_MERGED:
                    raise DamagedFile(
                        "unsafe-file", f"{rows:,} rows and {columns:,} columns merged"
                    )
                self.merged += [
                    (row, c, row + rows - 1, c + columns - 1)
                    for c in range(column, column + repeated)
                ]
            column += repeated
        return filled


def _children(element: Element, tag: str) -> Iterator[Element]:
    """Elements of a kind in document order, also inside groups and headers, but not
    those of an inner table.
    """
    for child in element:
        if child.tag == tag:
            yield child
        elif child.tag in (
            f"{_TABLE}table-row-group",
            f"{_TABLE}table-header-rows",
            f"{_TABLE}table-rows",
            f"{_TABLE}table-column-group",
            f"{_TABLE}table-header-columns",
            f"{_TABLE}table-columns",
        ):
            yield from _children(child, tag)


def _hidden_columns(table: Element) -> list[tuple[int, int]]:
    """Stretches of hidden columns: the first one, and the one after the last."""
    column, hidden = 1, []
    for element in _children(table, f"{_TABLE}table-column"):
        repeated = _repeated(element, "columns", limit=MAX_COLUMNS)
        if element.get(f"{_TABLE}visibility") in ("collapse", "filter"):
            hidden.append((column, column + repeated))
        column += repeated
    return hidden


def _repeated(element: Element, what: str, *, limit: int) -> int:
    number = _whole(element.get(f"{_TABLE}number-{what}-repeated", "1"))
    if not 0 < number <= limit:
        raise DamagedFile("unsafe-file", f"{number:,} {what} in one element")
    return number


def _content(cell: Element) -> tuple[str, CellKind, str]:
    """Text, kind and formula of a cell; all empty when nothing stands in it."""
    shown = "\n".join("".join(_pieces(p)) for p in cell.findall(f"{_TEXT}p"))
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
    # A formula that was worked out has the type of its result, also when that is no
    # character at all.
    return text, "empty" if formula and not text and kind != "string" else "text", formula


def _pieces(paragraph: Element) -> Iterator[str]:
    """The text of a paragraph; repeated spaces, tabs and line ends are elements of
    their own there.
    """
    yield paragraph.text or ""
    for element in paragraph:
        if element.tag == f"{_TEXT}s":
            yield " " * min(_whole(element.get(f"{_TEXT}c", "1")), MAX_TEXT)
        elif element.tag in (f"{_TEXT}tab", f"{_TEXT}line-break"):
            yield "\n" if element.tag == f"{_TEXT}line-break" else "\t"
        else:
            yield from _pieces(element)
        yield element.tail or ""


def _number(text: str) -> tuple[str, CellKind]:
    if text.casefold() in _NOT_FINITE:
        return text, "error"
    if not _NUMBER.fullmatch(text):
        return text, "damaged"
    return cell_text(float(text), "n")


def _whole(text: str) -> int:
    """A number of things. Raises ValueError for what only Python takes for one."""
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"no number: {text[:20]}")
    return int(text)
