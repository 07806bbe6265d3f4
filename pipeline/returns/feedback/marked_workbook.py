"""What does a returned workbook look like with its findings marked? A copy with
colours, comments and a list in front.

The copy is made from the bytes that were read, so formatting, drop-downs and other
sheets are those of the state. What could run or be fetched on another machine stays
behind: formulas become their stored values, and charts, pivot tables, links to
elsewhere and names that are more than a range are left out. Only files that could be
read in the bound process of `pipeline.returns.formats` come here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.contracts.template import workbook_bytes
from pipeline.findings import Finding, Severity
from pipeline.returns.feedback.answer_sheet import add_answer_sheet
from pipeline.returns.feedback.list_sheet import Listed, add_list_sheet
from pipeline.returns.feedback.opening import open_original
from pipeline.returns.feedback.words import REMOVED, clean, comment_text, is_personal, worst
from pipeline.returns.formats.raw import RawCell, RawWorkbook
from pipeline.returns.texts import N_, Texts
from pipeline.system.files import guarded

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

AUTHOR = "SELEC"
# Pale enough for black text (a contrast above 10), apart for the colour-blind; the
# comment says the severity in words.
COLOURS: dict[Severity, str] = {"error": "FFF4A582", "query": "FFFFE58A", "note": "FFBFD9EE"}
SEPARATOR = "\n\n- - - - -\n"
MAX_COMMENT = 8_000  # characters; beyond, the list in front has the rest
_ADDRESS = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384


@dataclass(frozen=True)
class Heading:
    """What the list in front says above its lines; `lines` are shown as they are."""

    title: str
    marking: str
    lines: tuple[str, ...]


def mark_workbook(
    data: bytes,
    raw: RawWorkbook,
    *,
    findings: Sequence[Finding],
    heading: Heading,
    round_: int,
    texts: Texts,
) -> bytes:
    """The marked copy of an Excel workbook, of which `raw` was read. The same inputs
    give the same bytes.
    """
    try:
        book = open_original(data)
    except (
        Exception
    ):  # only the library runs there: what it can read but not take over is sent back as its cells
        return mark_cells(raw, findings, heading=heading, round_=round_, texts=texts)
    if [s.title for s in book.worksheets] != [s.name for s in raw.sheets]:
        # the library did not see the sheets that were read
        return mark_cells(raw, findings, heading=heading, round_=round_, texts=texts)
    _mark(
        book, {s.title: s for s in book.worksheets}, findings=findings, heading=heading, texts=texts
    )
    try:
        return workbook_bytes(book, round_)
    except Exception:  # the same: it can hold what it cannot write
        return mark_cells(raw, findings, heading=heading, round_=round_, texts=texts)


def mark_cells(
    raw: RawWorkbook, findings: Sequence[Finding], *, heading: Heading, round_: int, texts: Texts
) -> bytes:
    """The marked copy of a workbook of another format: a fresh one with the cells that
    were read.
    """
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.worksheets[0])
    sheets = {}
    for raw_sheet in raw.sheets:
        sheet = sheets[raw_sheet.name] = book.create_sheet(free_title(book, raw_sheet.name))
        sheet.sheet_state = "hidden" if raw_sheet.hidden else "visible"
        for (row, column), cell in raw_sheet.cells.items():
            sheet.cell(row, column, _value(cell))
        for top, left, bottom, right in raw_sheet.merged:
            sheet.merge_cells(start_row=top, start_column=left, end_row=bottom, end_column=right)
    _mark(book, sheets, findings=findings, heading=heading, texts=texts)
    return workbook_bytes(book, round_)


def _value(cell: RawCell) -> str | int | float | None:
    if cell.kind == "number":
        number = float(cell.text)
        if math.isfinite(number):
            return int(number) if number.is_integer() and abs(number) < 1e15 else number
    return guarded(clean(cell.text)) or None


def _mark(
    book: Workbook,
    sheets: Mapping[str, Worksheet],
    *,
    findings: Sequence[Finding],
    heading: Heading,
    texts: Texts,
) -> None:
    """Colour and comment the cells of `sheets` (by the name that findings give them)
    and put the list in front.
    """
    at_cell: dict[tuple[str, str], list[Finding]] = {}
    listed = []
    for finding in findings:
        sheet = sheets.get(finding.sheet)
        address = _anchor(sheet, finding.cell) if sheet else ""
        if address:
            at_cell.setdefault((finding.sheet, address), []).append(finding)
        listed.append(Listed(finding, sheet.title if sheet else "", address))
    for (name, address), found in at_cell.items():
        _mark_cell(sheets[name][address], found, texts=texts)
    title = free_title(book, texts.say(N_("Findings")))
    add_list_sheet(
        book,
        title,
        heading=heading.title,
        marking=heading.marking,
        lines=heading.lines,
        listed=listed,
        colours=COLOURS,
        texts=texts,
    )
    add_answer_sheet(
        book,
        free_title(book, texts.say(N_("Answers"))),
        findings=findings,
        marking=heading.marking,
        texts=texts,
    )


def _anchor(sheet: Worksheet, address: str) -> str:
    """The cell of a sheet that can carry a comment: the first one where cells are
    merged; empty for no cell.
    """
    from openpyxl.utils import column_index_from_string

    match = _ADDRESS.fullmatch(address)
    if not match or int(match[2]) > _LAST_ROW or column_index_from_string(match[1]) > _LAST_COLUMN:
        return ""
    for merged in sheet.merged_cells.ranges:
        if address in merged:
            return str(merged.start_cell.coordinate)
    return address


def _mark_cell(cell: Cell, findings: Sequence[Finding], *, texts: Texts) -> None:
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    if any(map(is_personal, findings)):
        cell.value = guarded(texts.say(REMOVED))
    colour = COLOURS[worst(findings)]
    cell.fill = PatternFill("solid", start_color=colour, end_color=colour)
    font: Any = copy(cell.font)
    font.color = "FF000000"  # a white font on a dark cell would not be read on the new colour
    cell.font = font
    text = comment_text(findings, texts)
    if cell.comment:
        text = f"{clean(cell.comment.text)}{SEPARATOR}{text}"
    if len(text) > MAX_COMMENT:
        text = f"{text[:MAX_COMMENT]}…"
    width, height = _box(text)
    cell.comment = Comment(text, AUTHOR, width=width, height=height)


def _box(text: str) -> tuple[int, int]:
    """Width and height of a comment in pixels, so that its text is read without pulling
    at its corner.
    """
    wide = 62  # characters of a line
    lines = sum(max(1, math.ceil(len(line) / wide)) for line in text.split("\n"))
    return 400, min(900, 18 * lines + 24)


def free_title(book: Workbook, wanted: str) -> str:
    """A name for a sheet that a workbook can hold and has not: `Findings`, `Findings
    (2)` ...
    """
    taken = {name.casefold() for name in book.sheetnames}
    base = re.sub(r"[\[\]:*?/\\]", " ", clean(wanted)).strip().strip("'") or "Sheet"
    for number in range(1, len(taken) + 2):
        end = f" ({number})" if number > 1 else ""
        title = base[: 31 - len(end)] + end
        if title.casefold() not in taken:
            return title
    raise AssertionError("more names than sheets were tried")
