"""What does the list of findings look like in front of a marked workbook? One line per
finding, linked to its cell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from pipeline.findings import SEVERITIES, Finding, Severity
from pipeline.returns.feedback.words import clean, name_of, shortened, what_to_do
from pipeline.returns.texts import N_, Texts
from pipeline.system.files import guarded

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

HEADS = (
    (N_("Severity"), 10),
    (N_("Rule"), 32),
    (N_("Sheet"), 22),
    (N_("Cell"), 9),
    (N_("Key"), 38),
    (N_("Found"), 30),
    (N_("Allowed"), 32),
    (N_("What to do"), 36),
)
FONT, BLUE, RED, _LINK, SOFT = "Calibri", "FF1F3864", "FF8C1414", "FF0B4F9E", "FFE7E6E6"
LINE_HEIGHT = 15  # points


@dataclass(frozen=True)
class Listed:
    """A finding with the sheet of the copy it leads to (empty when there is none) and
    the cell that carries it.
    """

    finding: Finding
    sheet: str
    cell: str


def add_list_sheet(
    book: Workbook,
    title: str,
    *,
    heading: str,
    marking: str,
    lines: Sequence[str],
    listed: Sequence[Listed],
    colours: Mapping[Severity, str],
    texts: Texts,
) -> None:
    """Put the list in front of a workbook, and open the workbook there."""
    from openpyxl.styles import Alignment, Font

    sheet = book.create_sheet(title, 0)
    order = {name: number for number, name in enumerate(book.sheetnames)}
    for row, text in enumerate((heading, marking, *lines), 1):
        sheet.cell(row, 1, guarded(clean(text)))
    sheet["A1"].font = Font(FONT, bold=True, size=14, color=BLUE)
    sheet["A2"].font = Font(FONT, bold=True, color=RED)
    top = len(lines) + 4
    _write_heads(sheet, top, texts=texts)
    for row, item in enumerate(sorted(listed, key=lambda i: _place(i, order)), top + 1):
        _write_line(sheet, row, item=item, colours=colours, texts=texts)
    last = top + len(listed)
    for row in range(top + 1, last + 1):
        for column in range(1, len(HEADS) + 1):
            sheet.cell(row, column).alignment = Alignment(wrap_text=True, vertical="top")
        # Some programs do not open a row to the height of its wrapped text by
        # themselves.
        sheet.row_dimensions[row].height = LINE_HEIGHT * _lines(sheet, row)
    sheet.freeze_panes = f"A{top + 1}"
    sheet.auto_filter.ref = f"A{top}:H{max(last, top)}"
    set_page(sheet, marking, top=top, texts=texts)
    _open_at_first(book)


def _place(item: Listed, order: Mapping[str, int]) -> tuple[int, int, str, int, str, str]:
    letters = item.cell.rstrip("0123456789")
    row = int(item.cell[len(letters) :] or 0)
    return (
        SEVERITIES.index(item.finding.severity),
        order.get(item.sheet, -1),
        item.finding.sheet,
        row,
        letters.rjust(3),
        item.finding.rule,
    )


def _lines(sheet: Worksheet, row: int) -> int:
    """Lines of the longest wrapped text of a row."""
    texts = (
        (str(sheet.cell(row, column).value or ""), width)
        for column, (_, width) in enumerate(HEADS, 1)
    )
    return max(
        sum(len(wrap(part, width - 1)) or 1 for part in text.split("\n")) for text, width in texts
    )


def _write_heads(sheet: Worksheet, row: int, *, texts: Texts) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    for column, (head, width) in enumerate(HEADS, 1):
        cell = sheet.cell(row, column, texts.say(head))
        cell.font, cell.fill = (
            Font(FONT, bold=True),
            PatternFill("solid", start_color=SOFT, end_color=SOFT),
        )
        cell.alignment = Alignment(wrap_text=True, vertical="bottom")
        sheet.column_dimensions[get_column_letter(column)].width = width


def _write_line(
    sheet: Worksheet, row: int, *, item: Listed, colours: Mapping[Severity, str], texts: Texts
) -> None:
    from openpyxl.styles import Font, PatternFill
    from openpyxl.utils import quote_sheetname
    from openpyxl.worksheet.hyperlink import Hyperlink

    finding = item.finding
    values = (
        name_of(finding.severity, texts),
        finding.rule,
        finding.sheet,
        finding.cell,
        finding.key,
        finding.found,
        texts.say(finding.allowed),
        what_to_do(finding, texts),
    )
    for column, text in enumerate(values, 1):
        sheet.cell(row, column, guarded(shortened(clean(text), 1_000)) or None)
    colour = colours[finding.severity]
    sheet.cell(row, 1).fill = PatternFill("solid", start_color=colour, end_color=colour)
    if item.sheet:
        linked = sheet.cell(row, 4 if item.cell else 3)
        # A link inside the workbook: as an address it would be one to elsewhere, which
        # programs ask about.
        linked.hyperlink = Hyperlink(
            ref=linked.coordinate, location=f"{quote_sheetname(item.sheet)}!{item.cell or 'A1'}"
        )
        linked.font = Font(FONT, color=_LINK, underline="single")


def set_page(sheet: Any, marking: str, *, top: int, texts: Texts) -> None:
    """Print a list on landscape pages, with its marking in head and foot."""
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = _fit_to_page()
    sheet.print_title_rows = f"{top}:{top}"
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    said = marking.replace("&", "&&")  # & begins a code in heads and feet
    sheet.oddHeader.center.text = sheet.oddFooter.center.text = said
    sheet.oddFooter.right.text = texts.say(N_("page {page} of {pages}")).format(
        page="&P", pages="&N"
    )


def _fit_to_page() -> Any:
    from openpyxl.worksheet.properties import PageSetupProperties

    return PageSetupProperties(fitToPage=True)


def _open_at_first(book: Workbook) -> None:
    # Sheets that are selected together are edited together.
    book.active = 0
    for sheet in book.worksheets:
        sheet.sheet_view.tabSelected = sheet is book.worksheets[0]
