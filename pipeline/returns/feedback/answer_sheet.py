"""Where does a state write its answers? A sheet of the marked workbook and a CSV, with
a row for each query and blank columns beside it.

`pipeline.returns.rules.answers` reads them back: it knows the columns by their codes,
which stand above the heads that people read.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from pipeline.findings import Finding
from pipeline.returns.feedback.list_sheet import BLUE, FONT, LINE_HEIGHT, RED, SOFT, set_page
from pipeline.returns.feedback.words import clean, shortened, what_to_do
from pipeline.returns.rules.answers import (
    ANSWER,
    ANSWERED,
    EFFECT,
    QUERY,
    RESOLUTION,
    TO_FILL,
)
from pipeline.returns.rules.query_log import EFFECTS, RESOLUTIONS, is_conflict
from pipeline.returns.texts import N_, Texts
from pipeline.system.files import guarded

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

# Code, head and width of each column; the last four are the state's.
COLUMNS = (
    (QUERY, N_("Query"), 12),
    ("report", N_("Report"), 10),
    ("sheet", N_("Sheet"), 22),
    ("cell", N_("Cell"), 9),
    ("key", N_("Key"), 34),
    ("found", N_("Found"), 32),
    ("do", N_("What to do"), 32),
    (EFFECT, N_("Effect"), 13),
    (RESOLUTION, N_("What counts"), 12),
    (ANSWER, N_("Answer"), 48),
    (ANSWERED, N_("Day of the answer"), 18),
)
HELP = (
    N_("Fill in the columns on the right for each query that you answer; leave the others blank."),
    N_(
        "Effect: confirmed (the figure stands), corrected (another figure comes in your own file)"
        " or withdrawn (the figure is taken back)."
    ),
    N_("What counts: only where a part is larger than its whole: whole, parts or neither."),
    N_(
        "Answer: why, in a few words, without names, numbers or addresses of persons. Day: as in"
        " 2023-04-20."
    ),
)
_TO_FILL, _CLOSED, _GREY = "FFFFF8E1", "FFD9D9D9", "FF7F7F7F"
_DAY = "yyyy-mm-dd"


def asked_in(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that ask the state, each query once."""
    asking = (f for f in findings if f.severity == "query" and f.query)
    return list({f.query: f for f in asking}.values())


def add_answer_sheet(
    book: Workbook, title: str, *, findings: Iterable[Finding], marking: str, texts: Texts
) -> None:
    """Put a sheet for the answers behind the list of findings; none where nothing is
    asked.
    """
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    asked = asked_in(findings)
    if not asked:
        return
    sheet = book.create_sheet(title, 1)
    said = [texts.say(N_("Answers to the queries")), marking, *map(texts.say, HELP)]
    for row, text in enumerate(said, 1):
        sheet.cell(row, 1, guarded(clean(text)))
    sheet["A1"].font = Font(FONT, bold=True, size=14, color=BLUE)
    sheet["A2"].font = Font(FONT, bold=True, color=RED)
    top = len(said) + 3
    for column, (code, head, width) in enumerate(COLUMNS, 1):
        sheet.cell(top - 1, column, code).font = Font(FONT, size=8, color=_GREY)
        cell = sheet.cell(top, column, texts.say(head))
        cell.font = Font(FONT, bold=True)
        cell.fill = PatternFill("solid", start_color=SOFT, end_color=SOFT)
        cell.alignment = Alignment(wrap_text=True, vertical="bottom")
        sheet.column_dimensions[get_column_letter(column)].width = width
    for row, finding in enumerate(asked, top + 1):
        _write_row(sheet, row, finding=finding, texts=texts)
    last = top + len(asked)
    _offer_lists(sheet, top + 1, last)
    sheet.freeze_panes = f"B{top + 1}"
    sheet.auto_filter.ref = f"A{top}:{get_column_letter(len(COLUMNS))}{last}"
    set_page(sheet, marking, top=top, texts=texts)


def _write_row(sheet: Worksheet, row: int, *, finding: Finding, texts: Texts) -> None:
    from openpyxl.styles import Alignment, PatternFill

    values = _values(finding, texts)
    widths = [width for _, _, width in COLUMNS]
    # Some programs do not open a row to the height of its wrapped text by themselves.
    lines = max(len(wrap(v, w - 1)) or 1 for v, w in zip(values, widths, strict=False))
    sheet.row_dimensions[row].height = LINE_HEIGHT * max(2, lines)
    for column, text in enumerate(values, 1):
        sheet.cell(row, column, guarded(text) or None).alignment = Alignment(
            wrap_text=True, vertical="top"
        )
    for column, (code, _, _) in enumerate(COLUMNS, 1):
        if code in TO_FILL:
            is_open = code != RESOLUTION or is_conflict(finding.rule)
            colour = _TO_FILL if is_open else _CLOSED
            cell = sheet.cell(row, column)
            cell.fill = PatternFill("solid", start_color=colour, end_color=colour)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            cell.number_format = _DAY if code == ANSWERED else "@"


def _values(finding: Finding, texts: Texts) -> list[str]:
    """The columns that are written, as they may be shown."""
    told = (
        finding.query,
        finding.report,
        finding.sheet,
        finding.cell,
        finding.key,
        finding.found,
        what_to_do(finding, texts),
    )
    return [shortened(clean(text), 1_000) for text in told]


def _offer_lists(sheet: Any, first: int, last: int) -> None:
    """The words that may stand in a column, to choose from."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    codes = [code for code, _, _ in COLUMNS]
    for code, words in ((EFFECT, EFFECTS), (RESOLUTION, RESOLUTIONS)):
        letter = get_column_letter(codes.index(code) + 1)
        offered = DataValidation(
            "list",
            formula1=f'"{",".join(words)}"',
            allow_blank=True,
            showErrorMessage=True,
            sqref=f"{letter}{first}:{letter}{last}",
        )
        sheet.add_data_validation(offered)


def answers_csv(findings: Iterable[Finding], texts: Texts) -> bytes:
    """The same rows as a CSV, for who sent one; empty where nothing is asked. Parted by
    semicolons, as spreadsheets of the region open it.
    """
    asked = asked_in(findings)
    if not asked:
        return b""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow([code for code, _, _ in COLUMNS])
    blank = [""] * len(TO_FILL)
    writer.writerows([*map(guarded, _values(f, texts)), *blank] for f in asked)
    return out.getvalue().encode("utf-8-sig")
