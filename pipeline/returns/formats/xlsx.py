"""What stands in each filled cell of an Excel workbook, as text, with its address?

Read as the format has it, not through the objects of a library: one odd style or one
broken value must not take the sheet with it. A cell that holds what no cell can hold is
of the kind `damaged`, and its text says what it is.
"""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError, iterparse

from pipeline.returns.formats.archive import DAMAGE, check_archive
from pipeline.returns.formats.bounds import MAX_CELLS
from pipeline.returns.formats.raw import (
    CellKind,
    DamagedFile,
    RawCell,
    RawSheet,
    RawWorkbook,
    column_letters,
)
from pipeline.returns.formats.xlsx_parts import (
    Package,
    SheetPart,
    WorkbookParts,
    damaged,
    is_true,
    namespace,
    read_parts,
    text_of,
    unescaped,
)

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_ROWS = 100_000  # written rows of a sheet, empty ones included; a form has about a hundred
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384
_ADDRESS = re.compile(r"\$?([A-Z]{1,3})\$?([1-9][0-9]{0,6})")
_ROW = re.compile(r"[1-9][0-9]{0,6}")
_WHOLE = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_BOOLEANS = {"0": "FALSE", "1": "TRUE", "false": "FALSE", "true": "TRUE"}


def read_xlsx(data: bytes, max_cells: int = MAX_CELLS) -> RawWorkbook:
    """Read every filled cell of a workbook as text. Nothing is calculated, followed or
    fetched.

    Raises DamagedFile when the bytes are not a readable workbook.
    """
    active = check_archive(data)
    if active:
        return RawWorkbook((), tuple(active))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            package = Package(archive)
            parts = read_parts(package)
            sheets = tuple(
                _Sheet(package, parts, sheet=sheet, max_cells=max_cells).read()
                for sheet in parts.sheets
            )
    except DAMAGE as problem:
        raise damaged(f"its archive is broken ({problem})") from problem
    return RawWorkbook(sheets)


class _Sheet:
    """The cells of one sheet, row by row. `masters` are formulas that other cells
    share, with their place.
    """

    def __init__(
        self, package: Package, parts: WorkbookParts, *, sheet: SheetPart, max_cells: int
    ) -> None:
        self.package, self.parts, self.sheet, self.max_cells = package, parts, sheet, max_cells
        self.main = ""
        self.cells: dict[tuple[int, int], RawCell] = {}
        self.rows: set[int] = set()
        self.last_row = self.written = 0
        self.hidden_rows: set[int] = set()
        self.hidden_columns: list[tuple[int, int]] = []
        self.merged: list[tuple[int, int, int, int]] = []
        self.masters: dict[str, tuple[str, str]] = {}

    def read(self) -> RawSheet:
        part = self.sheet.part
        if part not in self.package:
            raise damaged(f"the part of sheet '{self.sheet.name[:60]}' is missing")
        data = self.package.read(part)
        try:
            _, root = next(iter(iterparse(io.BytesIO(data), events=("start",))))
            self.main = main = namespace(root, "worksheet")
            looked_at = {f"{main}row", f"{main}col", f"{main}mergeCell"}
            for _, element in iterparse(io.BytesIO(data)):
                if element.tag in looked_at:
                    self._take(element)
        except ParseError as problem:
            raise damaged(f"its part {part[:100]} is cut off or garbled") from problem
        cells = dict(sorted(self.cells.items()))
        # Only those with something in them: a form may hide the million rows below it.
        rows = frozenset(r for r, _ in cells) & self.hidden_rows
        columns = frozenset(
            c for _, c in cells if any(first <= c <= last for first, last in self.hidden_columns)
        )
        return RawSheet(
            self.sheet.name, self.sheet.hidden, cells, tuple(sorted(self.merged)), rows, columns
        )

    def _take(self, element: Element) -> None:
        if element.tag == f"{self.main}row":
            self._read_row(element)
            element.clear()
        elif element.tag == f"{self.main}col" and is_true(element.get("hidden")):
            first = element.get("min", "")
            last = element.get("max", "")
            if _ROW.fullmatch(first) and _ROW.fullmatch(last):
                self.hidden_columns.append((int(first), int(last)))
        elif element.tag == f"{self.main}mergeCell":
            first, _, last = element.get("ref", "").partition(":")
            (top, left), (bottom, right) = self._place(first), self._place(last or first)
            self.merged.append(
                (min(top, bottom), min(left, right), max(top, bottom), max(left, right))
            )

    def _read_row(self, element: Element) -> None:
        cells = element.findall(f"{self.main}c")
        row = self.last_row = self._row_number(element, cells)
        twice = row in self.rows
        self.rows.add(row)
        self.written += 1
        if self.written > MAX_ROWS:
            raise DamagedFile("unsafe-file", f"more than {MAX_ROWS:,} rows")
        if is_true(element.get("hidden")):
            self.hidden_rows.add(row)
        column = 0
        for cell in cells:
            address = cell.get("r", "") or f"{column_letters(column + 1)}{row}"
            place = self._place(address)
            column = place[1]
            if not len(cell):  # styled, and empty: four cells of five of a form
                continue
            read = self._cell(cell, f"{column_letters(column)}{place[0]}")
            if read is None:
                continue
            if place in self.cells:
                read = _damaged(
                    read, f"the cell stands twice: {self.cells[place].raw} and {read.raw}"
                )
            elif twice:
                read = _damaged(read, f"row {row} stands twice: {read.raw}")
            elif place[0] != row:
                read = _damaged(read, f"the cell stands in row {row}: {read.raw}")
            self.cells[place] = read
            if len(self.cells) > self.max_cells:
                raise DamagedFile("unsafe-file", f"more than {self.max_cells:,} cells")

    def _row_number(self, element: Element, cells: list[Element]) -> int:
        """The number that a row bears, else that of its cells, else the one after the
        row before.
        """
        said = element.get("r", "")
        if not said:
            addressed = next((c.get("r", "") for c in cells if c.get("r")), "")
            return self._place(addressed)[0] if addressed else self.last_row + 1
        if not _ROW.fullmatch(said) or int(said) > _LAST_ROW:
            raise damaged(f"a row with the number '{said[:20]}' on sheet '{self.sheet.name[:60]}'")
        return int(said)

    def _place(self, address: str) -> tuple[int, int]:
        place = _place_of(address)
        if place is None:
            raise damaged(
                f"a cell with the address '{address[:20]}' on sheet '{self.sheet.name[:60]}'"
            )
        return place

    def _cell(self, element: Element, address: str) -> RawCell | None:
        """One cell; None when nothing stands in it."""
        formulas = element.findall(f"{self.main}f")
        values = [*element.findall(f"{self.main}v"), *element.findall(f"{self.main}is")]
        formula = self._formula(formulas[0], address) if formulas else ""
        if len(values) > 1 or len(formulas) > 1:
            told = [self._value(element, v)[0] for v in values] + [
                unescaped(f.text or "") for f in formulas[1:]
            ]
            return RawCell(
                self.sheet.name,
                address,
                f"{len(told)} values in one cell: {' and '.join(told)}",
                "damaged",
            )
        if not values:
            return RawCell(self.sheet.name, address, "", "empty", formula) if formula else None
        text, kind = self._value(element, values[0])
        if kind == "empty" and not formula:
            return None
        return RawCell(self.sheet.name, address, text, kind, "" if kind == "damaged" else formula)

    def _value(self, element: Element, value: Element) -> tuple[str, CellKind]:
        """Text and kind of what a cell holds."""
        type_ = element.get("t", "n")
        if value.tag == f"{self.main}is":
            return text_of(value, self.main), "text"
        text = value.text or ""
        if type_ == "str":  # the result of a formula, also when it is no character at all
            return unescaped(text), "text"
        text = text.strip(" \t\r\n")
        if not text:
            return "", "empty"
        if type_ == "s":
            number = _number_below(text, len(self.parts.texts))
            return (
                (f"text number {text}", "damaged")
                if number is None
                else (self.parts.texts[number], "text")
            )
        if type_ == "e":
            return text, "error"
        if type_ == "b":
            return (_BOOLEANS[text], "boolean") if text in _BOOLEANS else (text, "damaged")
        if type_ == "d":
            return _iso_date(text)
        if type_ == "n":
            return self._number(text, element.get("s", ""))
        return text, "damaged"

    def _number(self, text: str, style: str) -> tuple[str, CellKind]:
        if not _NUMBER.fullmatch(text) or not isfinite(float(text)):
            return text, "damaged"
        number = int(text) if _WHOLE.fullmatch(text) else float(text)
        index = _number_below(style, len(self.parts.formats))
        shown = "number" if index is None else self.parts.formats[index]
        if shown == "number":
            return cell_text(number, "n")
        from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

        try:
            epoch = MAC_EPOCH if self.parts.from_1904 else WINDOWS_EPOCH
            return cell_text(from_excel(number, epoch, timedelta=shown == "duration"), "d")
        except (OverflowError, ValueError):
            return text, "date"

    def _formula(self, element: Element, address: str) -> str:
        text = unescaped(element.text or "")
        kind = element.get("t", "")
        shared = element.get("si", "")
        if kind == "dataTable":
            return f"=TABLE({element.get('r1', '')},{element.get('r2', '')})"
        if kind == "shared" and text:
            self.masters.setdefault(shared, (text, address))
        elif kind == "shared" and shared in self.masters:
            text = _moved(*self.masters[shared], address)
        return text if text.startswith("=") else f"={text}"


@lru_cache(maxsize=1 << 16)  # the sheets of a form have their cells at the same addresses
def _place_of(address: str) -> tuple[int, int] | None:
    """Row and column of an address; None where no sheet has such a cell."""
    match = _ADDRESS.fullmatch(address)
    column = 0
    for letter in match[1] if match else "":
        column = column * 26 + ord(letter) - 64
    if not match or column > _LAST_COLUMN or int(match[2]) > _LAST_ROW:
        return None
    return int(match[2]), column


def _number_below(text: str, limit: int) -> int | None:
    """The number of an item of a list; None where the list has no such item."""
    return (
        int(text)
        if text.isascii() and text.isdigit() and len(text) < 10 and int(text) < limit
        else None
    )


def _damaged(cell: RawCell, found: str) -> RawCell:
    return RawCell(cell.sheet, cell.address, found, "damaged")


def _moved(formula: str, origin: str, address: str) -> str:
    """A shared formula as it reads in another cell than the one that it is written in."""
    from openpyxl.formula.tokenizer import TokenizerError
    from openpyxl.formula.translate import Translator, TranslatorError

    try:
        return str(Translator(f"={formula.removeprefix('=')}", origin).translate_formula(address))
    except (TokenizerError, TranslatorError, ValueError, IndexError):
        return formula


def _iso_date(text: str) -> tuple[str, CellKind]:
    from openpyxl.utils.datetime import from_ISO8601

    try:
        return cell_text(from_ISO8601(text), "d")  # type: ignore[no-untyped-call]
    except (ValueError, TypeError):
        return text, "damaged"


def cell_text(value: Any, data_type: str) -> tuple[str, CellKind]:
    """Text and kind of a value that a library read; `data_type` is "e" for an error
    value.
    """
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
        # A spreadsheet holds fifteen significant digits; more are noise of the binary
        # form.
        return f"{value:.15g}", "number"
    if isinstance(value, datetime):
        return (value.date() if value.time() == time() else value).isoformat(), "date"
    if isinstance(value, date | time | timedelta):
        return str(value), "date"
    return str(value), "text"
