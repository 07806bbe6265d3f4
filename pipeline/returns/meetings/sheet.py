"""How does the amendment sheet of a meeting look? A line a text and a gap, drop-downs,
and no formula.

What is grey stays as it is: by it the sheet is known again when it comes back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from pipeline.contracts.layout import LISTS_SHEET
from pipeline.contracts.model import Contracts
from pipeline.contracts.template import workbook_bytes
from pipeline.returns.feedback.words import clean
from pipeline.returns.meetings.texts import GAPS, MeetingText, meeting_name

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

COVER, TEXTS, GAPS_SHEET = "Meeting", "1 Texts", "2 Gaps"
SHEETS = (COVER, TEXTS, GAPS_SHEET, LISTS_SHEET)
FORM, ROUND, MEETING = "form", "round", "meeting"  # fields of the cover
NAME_OF_FORM = "amendments"
FIRST_FIELD, HEADS_ROW = 4, 3  # rows
REFERENCE, AREA, TOPIC, TEXT, EVALUATION = (
    "Reference",
    "Crime area",
    "Topic",
    "Text as it stands",
    "Evaluation",
)
AMENDED, REASON, HASH = "Amended text", "Reason", "Hash of the text"
GAP, WHO, WHEN = "Gap", "Who closes it", "By when"
TABLE = "ASM_TEXTS"
LONGEST_REASON = 500
MARKING = "Working paper. For law enforcement and judicial use only"
_LINE = 15  # points
_GREY, _LIGHT = "FFE7E6E6", "FFF7F7F7"


@dataclass(frozen=True)
class SheetColumn:
    """A column of a sheet: its head, its width, and whether the meeting writes in it."""

    head: str
    width: int
    is_open: bool = False


TEXT_COLUMNS = (
    SheetColumn(REFERENCE, 20),
    SheetColumn(AREA, 22),
    SheetColumn(TOPIC, 18),
    SheetColumn(TEXT, 60),
    SheetColumn(EVALUATION, 28),
    SheetColumn(AMENDED, 60, is_open=True),
    SheetColumn(REASON, 34, is_open=True),
    SheetColumn(HASH, 12),
)
GAP_COLUMNS = (
    SheetColumn(REFERENCE, 20),
    SheetColumn(AREA, 22),
    SheetColumn(GAP, 60),
    SheetColumn(WHO, 24, is_open=True),
    SheetColumn(WHEN, 14, is_open=True),
    SheetColumn(HASH, 12),
)


def closers(contracts: Contracts, round_: int) -> list[str]:
    """Who may close a gap: the states of the round, and the Center."""
    states = contracts.codelist("states")
    return [*(states.label(m.code) for m in contracts.members(round_)), "SELEC"]


def sheet_bytes(
    contracts: Contracts, texts: Iterable[MeetingText], *, round_: int, number: int
) -> bytes:
    """The amendment sheet of a meeting as a file. The same texts give the same bytes."""
    from openpyxl import Workbook

    book = Workbook()
    cover = book.worksheets[0]
    cover.title = COVER
    texts = list(texts)
    table = contracts.table(TABLE)
    _write_cover(cover, round_=round_, number=number, longest=table.longest_note)
    areas, topics = (table.dimension(name).codelist for name in ("area", "topic"))
    amendable = [
        [
            t.reference,
            areas.label(t.area),
            topics.label(t.topic),
            t.text,
            t.evaluation,
            "",
            "",
            t.sha256,
        ]
        for t in texts
        if t.topic != GAPS
    ]
    _write_lines(book.create_sheet(TEXTS), TEXT_COLUMNS, amendable, told="What of a text changes")
    gaps = [
        [t.reference, areas.label(t.area), t.text, "", "", t.sha256]
        for t in texts
        if t.topic == GAPS
    ]
    _write_lines(book.create_sheet(GAPS_SHEET), GAP_COLUMNS, gaps, told="Who closes which gap")
    _offer_closers(book, closers(contracts, round_), lines=len(gaps))
    return workbook_bytes(book, round_)


def _write_cover(sheet: Worksheet, *, round_: int, number: int, longest: int) -> None:
    from openpyxl.styles import Alignment, Font

    name = meeting_name(number)
    sheet["A1"], sheet["A1"].font = f"Amendments of the {name}", Font(bold=True, size=14)
    sheet["A2"] = MARKING
    fields = (
        (FORM, NAME_OF_FORM),
        (ROUND, str(round_)),
        (MEETING, str(number)),
    )
    for row, (field, value) in enumerate(fields, FIRST_FIELD):
        for column, text in enumerate((field, value), 1):
            sheet.cell(row, column, text).fill = _fill(_GREY)
    told = (
        "Texts: write the amended text in full beside the one that it replaces, and the reason."
        " What is left empty stays as it is.",
        "Gaps: choose who closes a gap, and write by when, as 2024-09-30.",
        f"A text has at most {longest:,} characters. No names, no personal data, no formulas.",
    )
    for row, line in enumerate(told, FIRST_FIELD + len(fields) + 1):
        sheet.cell(row, 1, line).alignment = Alignment(vertical="top")
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 16, 40
    _protect(sheet)


def _write_lines(
    sheet: Worksheet, columns: tuple[SheetColumn, ...], lines: list[list[str]], *, told: str
) -> None:
    from openpyxl.styles import Alignment, Font, Protection
    from openpyxl.utils import get_column_letter

    sheet["A1"], sheet["A1"].font = told, Font(bold=True, size=13)
    if not lines:
        sheet["A2"] = "Nothing was sent."
    wrapped = Alignment(wrap_text=True, vertical="top")
    for index, column in enumerate(columns, 1):
        head = sheet.cell(HEADS_ROW, index, column.head)
        head.font, head.fill = Font(bold=True), _fill(_GREY)
        sheet.column_dimensions[get_column_letter(index)].width = column.width
    for row, line in enumerate(lines, HEADS_ROW + 1):
        most = 1
        for index, (column, text) in enumerate(zip(columns, line, strict=True), 1):
            cell = sheet.cell(row, index)
            if text:
                cell.value = clean(text)
                cell.data_type = "s"  # also where it begins like a formula
            cell.alignment, cell.protection = wrapped, Protection(locked=not column.is_open)
            cell.fill = _fill(_LIGHT if column.is_open else _GREY)
            if column.head != HASH:
                most = max(most, len(wrap(text, column.width - 1)))
        # Some programs do not open a row to the height of its wrapped text by themselves.
        sheet.row_dimensions[row].height = _LINE * most
    sheet.freeze_panes = f"B{HEADS_ROW + 1}"
    _set_page(sheet)
    _protect(sheet)


def _set_page(sheet: Any) -> None:
    """Landscape pages with the marking at head and foot, the heads of columns on each."""
    from openpyxl.worksheet.properties import PageSetupProperties

    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9  # A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = f"{HEADS_ROW}:{HEADS_ROW}"
    sheet.oddHeader.center.text = sheet.oddFooter.center.text = MARKING


def _offer_closers(book: Workbook, names: list[str], *, lines: int) -> None:
    """A hidden sheet with who may close a gap, and the drop-downs that offer it."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    lists = book.create_sheet(LISTS_SHEET)
    for row, name in enumerate(names, 1):
        lists.cell(row, 1, name)
    lists.sheet_state = "hidden"
    _protect(lists)
    if not lines:
        return
    rule = DataValidation("list", formula1=f"={LISTS_SHEET}!$A$1:$A${len(names)}", allow_blank=True)
    rule.showErrorMessage, rule.error = True, "Choose a name from the list."
    letter = get_column_letter([c.head for c in GAP_COLUMNS].index(WHO) + 1)
    rule.add(f"{letter}{HEADS_ROW + 1}:{letter}{HEADS_ROW + lines}")
    book[GAPS_SHEET].add_data_validation(rule)


def _fill(colour: str) -> Any:
    from openpyxl.styles import PatternFill

    return PatternFill("solid", start_color=colour, end_color=colour)


def _protect(sheet: Worksheet) -> None:
    sheet.protection.sheet = True
    sheet.protection.formatColumns = False
    sheet.protection.formatRows = False
