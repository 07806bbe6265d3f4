"""What stands in a publisher's file, cell by cell? A workbook of three formats or a
text file, told by its bytes.

Publishers' tables are larger than any return (GLOTIP has 760,000 cells), so they are
not opened in the bound process that reads returns. The same checks of the archive come
first, and .xlsx sheets are read as a stream, which also spares the parts of a workbook
that hold no cells: UNODC's name a drawing that is not there.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pipeline.returns.formats.archive import MAX_INFLATED, check_archive
from pipeline.returns.formats.csvtext import CODE_PAGES, DELIMITERS, decode, inflate
from pipeline.returns.formats.kinds import FileKind, kind_of
from pipeline.returns.formats.ods import read_ods
from pipeline.returns.formats.raw import CellKind, DamagedFile, RawSheet
from pipeline.returns.formats.xls import read_xls
from pipeline.returns.formats.xlsx import cell_text

MAX_BYTES = MAX_INFLATED  # of the file itself; archives are also measured unpacked
MAX_ELEMENTS = (
    20_000_000  # of all parts of a workbook; GLOTIP's has a million, a return a fortieth of that
)
MAX_CELLS = 1_000_000  # of one .xls or .ods sheet, which are held in memory as a whole
# Excel's own first line, which tells the separator
_ANNOUNCED = re.compile(r"sep=([,;\t])\r?\n", re.IGNORECASE)
_BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class Value:
    """One cell: its text, what type it has, and whether it is the stored result of a
    formula.
    """

    text: str
    kind: CellKind
    formula: bool = False


BLANK = Value("", "empty")
Line = dict[int, Value]  # filled cells of one row by column, 1 is the first


@dataclass(frozen=True)
class SourceGrid:
    """One sheet, or a text file, as its filled cells by row number and column; 1 is the
    first of both.

    `merged` are ranges (first row, first column, last row, last column). `cut_off`: a
    text file whose last row ends without a line end and before the others do. `remarks`
    is what an analyst must know about how the file was read.
    """

    name: str
    lines: dict[int, Line]
    merged: tuple[tuple[int, int, int, int], ...] = ()
    hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    # fields per row of a text file; empty for a workbook
    widths: dict[int, int] = field(default_factory=dict)
    cut_off: bool = False
    remarks: tuple[str, ...] = ()


def is_text(kind: FileKind) -> bool:
    return kind in ("csv", "csv.gz")


def check_kind(data: bytes) -> FileKind:
    """The kind of a file by its bytes. Raises DamagedFile when it is too large or none
    that can hold a table.
    """
    if len(data) > MAX_BYTES:
        raise DamagedFile("unsafe-file", f"a file of {len(data):,} bytes")
    return kind_of(data)


# Workbooks.


def read_sheets(data: bytes, kind: FileKind, *, linked: bool = False) -> list[SourceGrid]:
    """Every sheet of a workbook. Nothing is calculated, followed or fetched. `linked`: an
    .xlsx file may name another workbook, as some publishers' do; the name is passed over.
    Raises DamagedFile.
    """
    if kind == "xlsx":
        active = check_archive(data, MAX_ELEMENTS)
        _refuse_active(tuple(n for n in active if not (linked and _LINK.search(n))))
        return _read_xlsx(data)
    book = (
        read_xls(data, MAX_CELLS)
        if kind == "xls"
        else read_ods(data, MAX_CELLS, most_elements=MAX_ELEMENTS)
    )
    _refuse_active(book.active_content)
    remarks = () if book.formulas_seen else ("an .xls file does not tell formulas from figures",)
    return [_grid(sheet, remarks) for sheet in book.sheets]


# Parts that name another workbook, and the lines that name these parts.
_LINK = re.compile(
    r"^(\[Content_Types\]\.xml|xl/_rels/workbook\.xml\.rels): externalLink$|^xl/externalLinks/"
)


def _refuse_active(found: tuple[str, ...]) -> None:
    if found:
        raise DamagedFile(
            "active-content", f"a workbook with macros, links or embedded objects ({found[0][:80]})"
        )


def _grid(sheet: RawSheet, remarks: tuple[str, ...]) -> SourceGrid:
    lines: dict[int, Line] = {}
    for (row, column), cell in sheet.cells.items():
        lines.setdefault(row, {})[column] = Value(cell.text, cell.kind, bool(cell.formula))
    return SourceGrid(
        sheet.name,
        lines,
        sheet.merged,
        sheet.hidden,
        sheet.hidden_rows,
        sheet.hidden_columns,
        remarks=remarks,
    )


def _read_xlsx(data: bytes) -> list[SourceGrid]:
    import warnings

    from openpyxl import load_workbook

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the library warns of extensions that hold no figures
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
            grids = [_stream(sheet) for sheet in book.worksheets]
            book.close()
    except MemoryError:
        raise
    except (
        Exception
    ) as problem:  # only the library runs here: whatever it raises, the file is not as it should be
        raise DamagedFile(
            "unreadable-file", f"a damaged workbook ({type(problem).__name__})"
        ) from problem
    return grids


def _stream(sheet: Any) -> SourceGrid:
    """One sheet in one pass. The library's read-only sheet gives values; its parser
    also tells what hides or merges.
    """
    from openpyxl.worksheet._reader import FORMULA_TAG, WorkSheetParser

    class Parser(WorkSheetParser):
        def parse_cell(self, element: Any) -> dict[str, Any]:
            cell: dict[str, Any] = super().parse_cell(element)
            cell["formula"] = element.find(FORMULA_TAG) is not None
            return cell

    known: dict[tuple[Any, ...], Value] = {}  # a table has few different values: each is kept once
    lines: dict[int, Line] = {}
    with sheet._get_source() as source:
        parser = Parser(
            source,
            sheet._shared_strings,
            data_only=True,
            epoch=sheet.parent.epoch,
            date_formats=sheet.parent._date_formats,
            timedelta_formats=sheet.parent._timedelta_formats,
        )
        for number, cells in parser.parse():
            line: Line = {}
            for cell in cells:
                raw = cell["value"]
                kind = cell["data_type"]
                formula = cell["formula"]
                if raw is None and not formula:
                    continue
                sort = (type(raw), raw, kind, formula)
                if sort not in known:
                    known[sort] = Value(*cell_text(raw, kind), formula)
                line[cell["column"]] = known[sort]
            if line:
                lines[number] = line
    ranges = parser.merged_cells.mergeCell if parser.merged_cells else ()
    return SourceGrid(
        sheet.title,
        lines,
        tuple(sorted((m.min_row, m.min_col, m.max_row, m.max_col) for m in ranges)),
        sheet.sheet_state != "visible",
        frozenset(
            int(number) for number, given in parser.row_dimensions.items() if _is_hidden(given)
        ),
        frozenset(
            column
            for given in parser.column_dimensions.values()
            if _is_hidden(given)
            for column in range(int(given["min"]), int(given["max"]) + 1)
        ),
    )


def _is_hidden(given: dict[str, str]) -> bool:
    return given.get("hidden", "").lower() in ("1", "true")


# Text files.


def read_texts(data: bytes, kind: FileKind) -> dict[str, str]:
    """The text of a file by each encoding in which it is text; only one where that is
    UTF-8 or UTF-16.

    Raises DamagedFile when there is none.
    """
    data = inflate(data) if kind == "csv.gz" else data
    found: dict[str, str] = {}
    # a state stands for the code page that its office software writes
    for state in (
        "",
        *CODE_PAGES,
    ):
        try:
            text, encoding = decode(data, state)
        except DamagedFile:
            continue
        found[encoding] = text
    if not found:
        raise DamagedFile(
            "unreadable-file", "bytes that are no text in UTF-8, UTF-16 or Windows-1250 to 1254"
        )
    return found


def split_top(text: str, limit: int) -> Iterator[tuple[str, SourceGrid]]:
    """A text cut into cells at each separator in turn, or at the one it announces;
    `limit` rows of it.

    Where it breaks off at an open quote, these are the rows before.
    """
    text = text.removeprefix(_BYTE_ORDER_MARK)
    announced = _ANNOUNCED.match(text)
    for delimiter in [announced[1]] if announced else DELIMITERS:
        yield delimiter, cut(text, delimiter, limit=limit)


def cut(text: str, delimiter: str, *, limit: int | None = None) -> SourceGrid:
    """A text cut into cells at a separator. Raises DamagedFile when a quote is not
    closed, unless `limit` is given.
    """
    text = text.removeprefix(_BYTE_ORDER_MARK)
    announced = _ANNOUNCED.match(text)
    skipped = 1 if announced else 0
    body = text[announced.end() :] if announced else text
    # Strict: a quote that is never closed would swallow the lines behind it without a
    # word.
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=delimiter, strict=True)
    lines: dict[int, Line] = {}
    widths: dict[int, int] = {}
    known: dict[str, Value] = {}
    number = 1 + skipped
    try:
        for fields in itertools.islice(reader, limit):
            line = {
                column: known.setdefault(f, Value(f, "text"))
                for column, f in enumerate(fields, 1)
                if f.strip()
            }
            if line:
                lines[number], widths[number] = line, len(fields)
            number = reader.line_num + 1 + skipped
    except csv.Error as problem:
        if limit is None:
            found = f"a text file that breaks off at line {number} ({problem})"
            raise DamagedFile("unreadable-file", found) from problem
    return SourceGrid("", lines, widths=widths, cut_off=not body.endswith(("\n", "\r")))
