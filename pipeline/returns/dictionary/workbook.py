"""How does the data dictionary lie in a spreadsheet? One sheet a subject, one line an
entry, with a filter on every column.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.contracts.template import workbook_bytes
from pipeline.returns.dictionary.entries import Dictionary
from pipeline.system.files import guarded

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_INK, _GROUND, _LINE, _FONT = "FFFFFF", "1F3864", "D5DAE0", "Calibri"
_LINE_HEIGHT, _MOST_LINES = 15.0, 27  # points; a row of a spreadsheet has 409 at most
_HEADS_ON = 3  # the line of heads: a title and a sentence stand above
Line = Sequence[str | int | float | None]


@dataclass(frozen=True)
class _Sheet:
    """A sheet: heads with the width of each column in characters, then lines."""

    name: str
    title: str
    says: str
    heads: tuple[tuple[str, int], ...]
    lines: tuple[Line, ...]


def dictionary_workbook(dictionary: Dictionary) -> bytes:
    """The dictionary as a workbook, the same bytes for the same contracts. No cell is a
    formula.
    """
    from openpyxl import Workbook

    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    workbook.properties.title = "Data dictionary of the returns to SELEC"
    for sheet in _sheets(dictionary):
        _write(workbook.create_sheet(sheet.name), sheet)
    return workbook_bytes(workbook, dictionary.round)


def _sheets(dictionary: Dictionary) -> Iterable[_Sheet]:
    tables = [(c, t) for c in dictionary.contracts for t in c.tables]
    yield _Sheet(
        "Contracts",
        "Data dictionary of the returns to SELEC",
        f"What is asked of states, table by table. Rules are those of round {dictionary.round}.",
        (
            *(("Report", 12), ("Version", 10), ("Name", 36), ("Report that it is for", 40)),
            *(("Tables", 8), ("Years of a return", 10), ("Purpose", 50), ("Use", 50)),
            *(("Limits", 50), ("Who is asked", 50)),
        ),
        tuple(
            (
                *(c.contract.report, c.contract.version, c.contract.name, c.contract.title),
                *(len(c.tables), c.contract.window_years, c.contract.purpose, c.contract.usage),
                *(c.contract.limitations, ", ".join(c.states)),
            )
            for c in dictionary.contracts
        ),
    )
    yield _Sheet(
        "Tables",
        "Tables",
        "One table is one sheet of the form, and one cube of figures.",
        (
            *(("Table", 24), ("Report", 12), ("Sheet of the form", 26), ("Title", 40)),
            *(("What it asks", 60), ("One row", 36), ("Figure", 26), ("Unit", 14)),
            *(("Decimals", 10), ("Who answers", 18), ("How", 28), ("First round", 9)),
            *(("Last round", 9), ("What adds up", 44), ("Crime area", 12), ("ICCS", 12)),
        ),
        tuple(
            (
                *(t.table.name, t.table.report, t.table.layout.sheet, t.table.title),
                *(t.table.description, t.table.grain, t.table.measure, t.table.unit),
                *(t.table.decimals, t.answers, t.how, t.first_round, t.last_round),
                *("; ".join(t.adds_up), t.table.crime_area, t.table.iccs),
            )
            for _, t in tables
        ),
    )
    yield _Sheet(
        "Fields",
        "Fields",
        "The fields of each table in their order. The position is that in a key.",
        (
            *(("Table", 24), ("Field", 20), ("Label", 30), ("Role", 12), ("Position", 9)),
            *(("Type", 10), ("Required", 10), ("Code list", 18), ("Codes used", 36)),
            *(("Least", 10), ("Most", 14), ("What it holds", 70)),
        ),
        tuple(
            (
                *(f.table, f.name, f.label, f.role, f.position, f.kind),
                "yes" if f.required else "no",
                f.codelist,
                ", ".join(f.codes) or ("all" if f.codelist else ""),
                *(f.minimum, f.maximum, f.description),
            )
            for _, t in tables
            for f in t.fields
        ),
    )
    yield _Sheet(
        "Codes",
        "Code lists",
        "Years without a number are open. Groups are worked out and never entered in a form.",
        (
            *(("Code list", 18), ("Code", 14), ("Label", 44), ("Part of", 14)),
            *(("First year", 8), ("Last year", 8), ("Only for", 24), ("Group", 8)),
            *(("Note", 50), ("Tables that use the list", 60)),
        ),
        tuple(
            (
                *(a.name, c.code, c.label, c.parent, c.valid_from, c.valid_to),
                *(" ".join(c.states), "yes" if c.is_group else "", c.note, ", ".join(a.tables)),
            )
            for a in dictionary.lists
            for c in a.codes
        ),
    )
    heads = (("Severity", 10), ("What it means", 50), ("What is allowed", 60), ("What to do", 60))
    yield _Sheet(
        "Rules of tables",
        "Rules of tables",
        f"What is checked in round {dictionary.round}. An error keeps the table out, a query asks "
        "the state, a note needs nothing.",
        (("Table", 24), ("Rule", 44), *heads),
        tuple(
            (r.of, r.rule, r.severity, r.meaning, r.allowed, r.do)
            for _, t in tables
            for r in t.rules
        ),
    )
    yield _Sheet(
        "Rules of files",
        "Rules of files",
        "What is checked of every file before its figures are compared.",
        (("Subject", 28), ("Rule", 26), *heads),
        tuple((r.of, r.rule, r.severity, r.meaning, r.allowed, r.do) for r in dictionary.intake),
    )
    yield _Sheet(
        "Signs",
        "How a form is filled in",
        "What may stand in a cell of the form, and what it means.",
        (("Written", 22), ("Means", 110)),
        dictionary.signs,
    )


def _lines_of(line: Line, content: _Sheet) -> int:
    """How many lines a row needs where its texts break at the width of their columns."""
    texts = ("" if value is None else str(value) for value in line)
    needed = [
        sum(-(-len(part) // width) for part in text.split("\n"))
        for text, (_, width) in zip(texts, content.heads, strict=True)
    ]
    return min(max(needed, default=1), _MOST_LINES)


def _write(sheet: Worksheet, content: _Sheet) -> None:
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.properties import PageSetupProperties

    sheet["A1"], sheet["A1"].font = (
        content.title,
        Font(name=_FONT, bold=True, size=14, color=_GROUND),
    )
    sheet["A2"] = content.says
    ground = PatternFill("solid", start_color=_GROUND, end_color=_GROUND)
    below = Border(bottom=Side(style="thin", color=_LINE))
    top = Alignment(horizontal="left", vertical="top", wrap_text=True)
    for column, (head, width) in enumerate(content.heads, 1):
        cell = sheet.cell(_HEADS_ON, column, head)
        cell.font, cell.fill = Font(name=_FONT, bold=True, color=_INK), ground
        cell.alignment = Alignment(vertical="center", wrap_text=True)
        sheet.column_dimensions[get_column_letter(column)].width = width + 2
    for row, line in enumerate(content.lines, _HEADS_ON + 1):
        for column, value in enumerate(line, 1):
            place = sheet.cell(row, column)
            place.value = (guarded(value) or None) if isinstance(value, str) else value
            place.alignment, place.border = top, below
        sheet.row_dimensions[row].height = _LINE_HEIGHT * _lines_of(line, content)
    last = get_column_letter(len(content.heads))
    sheet.freeze_panes = f"B{_HEADS_ON + 1}"
    sheet.auto_filter.ref = f"A{_HEADS_ON}:{last}{_HEADS_ON + len(content.lines)}"
    sheet.row_dimensions[_HEADS_ON].height = 32
    sheet.sheet_view.showGridLines = False
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A3
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = f"{_HEADS_ON}:{_HEADS_ON}"
