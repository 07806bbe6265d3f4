"""What does the sheet Checks of a form say? What was found, sheet by sheet what the
cover does not answer, what each rule means, and every check of the form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.contracts.layout import COVER_SHEET, DEFINITION_FIELD, SOURCE_FIELD, SheetForm
from pipeline.contracts.looks import Look, Looks
from pipeline.findings import Severity
from pipeline.returns.formats.raw import column_letters
from pipeline.returns.intake.problems import RULES
from pipeline.returns.rules.reference import meaning_of

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

LISTED = 40  # lines with findings that stand at the top of the sheet
_GREY, _BLUE, _WHITE = "FFE7E6E6", "FF1F3864", "FFFFFFFF"


@dataclass(frozen=True)
class Entry:
    """A check as a line of the sheet: of which sheet and line of the form, and the
    formula that says what was found, or nothing.
    """

    sheet: str
    line: str
    formula: str


def write_checks(
    sheet: Worksheet,
    cover: Worksheet,
    *,
    forms: Sequence[SheetForm],
    entries: Sequence[Entry],
    rules: Mapping[tuple[str, Severity], str],
) -> None:
    """Write the sheet. `rules` are the rules that the form looks at with their severity,
    each with a table that has it.
    """
    from openpyxl.styles import Font

    looks = Looks(_look)
    sheets_at = 4
    found_at = sheets_at + len(forms) + 2
    rules_at = found_at + LISTED + 2
    entries_at = rules_at + len(rules) + 2
    first, last = entries_at + 1, entries_at + len(entries)
    sheet["A1"], sheet["A1"].font = "Checks", Font(bold=True, size=14, color=_BLUE)
    numbered = f"$D${first}:$D${last}"
    sheet["A2"] = (
        f'=IF(COUNT({numbered})=0,"Nothing was found.",COUNT({numbered})&" checks found something,'
        f' listed from line {found_at} on; all checks stand at the end of this sheet.")'
    )
    _heads(sheet, found_at, ("Sheet", "Line", "What was found"))
    for number in range(1, LISTED + 1):
        for column, letter in enumerate("ABC", 1):
            of = f"${letter}${first}:${letter}${last}"
            found = f"INDEX({of},SMALL({numbered},{number}))"
            sheet.cell(found_at + number, column).value = f'=IFERROR({found},"")'
    _heads(sheet, sheets_at, ("Sheet", "Figures", "What the cover does not answer"))
    for row, form in enumerate(forms, sheets_at + 1):
        sheet.cell(row, 1, form.sheet)
        sheet.cell(row, 2).value = f"={_figures(form)}"
        sheet.cell(row, 3).value = f'=IF(B{row}=0,"",{_unanswered(cover, form)})'
    _heads(sheet, rules_at, ("Rule", "Severity", "What it means"))
    for row, ((rule, severity), table) in enumerate(sorted(rules.items()), rules_at + 1):
        texts = (rule, severity, meaning_of(rule if rule in RULES else f"{table}.{rule}"))
        for column, text in enumerate(texts, 1):
            sheet.cell(row, column, text)
    _heads(sheet, entries_at, ("Sheet", "Line", "Every check"))
    for row, entry in enumerate(entries, first):
        sheet.cell(row, 1, entry.sheet)
        sheet.cell(row, 2, entry.line)
        sheet.cell(row, 3).value = entry.formula
        sheet.cell(row, 4).value = f'=IF(C{row}="","",ROW()-{entries_at})'
        looks.put(sheet.cell(row, 4), "number")
    for row in range(sheets_at + 1, entries_at):
        cell = sheet.cell(row, 3)
        if cell.has_style:  # a head
            cell.alignment = _wrapped()
        else:
            looks.put(cell, "text")
    for letter, width in (("A", 30), ("B", 22), ("C", 110), ("D", 4)):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "A3"
    sheet.protection.sheet = True
    sheet.protection.formatColumns = sheet.protection.formatRows = False


def _figures(form: SheetForm) -> str:
    first, last = form.rows[0].index, form.rows[-1].index
    values = [column_letters(c.index) for c in form.columns if c.kind == "value"]
    ranges = ",".join(f"'{form.sheet}'!{v}{first}:{v}{last}" for v in values)
    return f"COUNT({ranges})"


def _unanswered(cover: Worksheet, form: SheetForm) -> str:
    """What the cover does not answer of a sheet that has figures."""
    fields = {str(row[0].value): row[0].row for row in cover.iter_rows(min_row=5)}
    asked = (
        ("authority", "no reporting authority; "),
        ("date", "no date of the return; "),
        (SOURCE_FIELD + form.table.name, "no source of this sheet; "),
        (DEFINITION_FIELD + form.table.name, "not said whether the definition matches; "),
    )
    return "&".join(
        f'IF(TRIM({COVER_SHEET}!$C${fields[field]})="","{text}","")'
        for field, text in asked
        if field in fields  # judgements have no source
    )


def _look(name: str) -> Look:
    """How texts of the sheet look, and the numbers that nobody needs to see."""
    from openpyxl.styles import Font

    return {"alignment": _wrapped()} if name == "text" else {"font": Font(color=_WHITE)}


def _wrapped() -> Any:
    from openpyxl.styles import Alignment

    return Alignment(wrap_text=True, vertical="top")


def _heads(sheet: Worksheet, row: int, texts: Sequence[str]) -> None:
    from openpyxl.styles import Font

    for column, text in enumerate(texts, 1):
        head = sheet.cell(row, column, text)
        head.font, head.fill = Font(bold=True), _fill()


def _fill() -> Any:
    from openpyxl.styles import PatternFill

    return PatternFill("solid", start_color=_GREY, end_color=_GREY)
