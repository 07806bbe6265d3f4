"""How does a proof sheet look as a workbook? One sheet a report, one line a figure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pipeline.contracts.template import workbook_bytes
from pipeline.release.proofs.sheets import ProofSheet, ReportSheet
from pipeline.returns.feedback.words import clean
from pipeline.system.files import guarded

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

MARKING = "Working paper. For law enforcement and judicial use only"
_WIDTHS = {"Figure": 44, "Table": 44, "Key": 40, "Marks": 26, "Restated": 24, "Your answer": 40}


def sheet_book(sheet: ProofSheet) -> bytes:
    """The sheet of a state as a workbook: what is asked, then all figures of each report
    in every version, with a column for the answer.
    """
    from openpyxl import Workbook

    book = Workbook()
    first = book.worksheets[0]
    first.title = "Please confirm"
    _fill(first, [[line] for line in _cover(sheet)], widths=[110])
    for report in sheet.reports:
        _fill(book.create_sheet(report.report), _figures(report), heads=True)
        if report.worked:
            lines = [["Version", "Printed", "Worked out as", "Stands at"]]
            lines += [
                [version, one.text, one.formula, one.ref]
                for version, worked in report.worked.items()
                for one in worked
            ]
            _fill(book.create_sheet(f"{report.report} worked out"), lines, heads=True)
        if report.queries:
            lines = [["Query", "Table", "About", "Rule", "Found"]]
            lines += [[q.id, q.table, q.place, q.rule, q.found] for q in report.queries]
            _fill(book.create_sheet(f"{report.report} queries"), lines, heads=True)
    return workbook_bytes(book, sheet.round)


def _cover(sheet: ProofSheet) -> Iterable[str]:
    yield MARKING
    yield f"Proof sheet of round {sheet.round}: {sheet.name}"
    yield (
        "Every figure of your state that will be printed or given away, in each version. 'hidden'"
        " is a figure that readers of a version do not see."
    )
    for report in sheet.reports:
        until = f"by {report.until:%Y-%m-%d}" if report.until else "when you have looked at it"
        yield f"{report.title}: {len(report.reported)} figures; please confirm {until}."
    yield (
        "What is wrong: write it beside the figure in the last column, and send this workbook back."
    )


def _figures(report: ReportSheet) -> list[list[str]]:
    heads = ["Table", "Figure", "Year", "Unit", *(f"{v} version" for v in report.versions)]
    heads += ["Year before", "Change", "Marks", "Restated", "Stands at", "Key", "Your answer"]
    lines = [heads]
    for figure in report.figures:
        shown = [str(figure.shown[version]) for version in report.versions]
        own = [figure.table, figure.label, str(figure.year), figure.unit, *shown]
        beside = [figure.before, figure.change, figure.marks, figure.restated]
        lines.append([*own, *beside, figure.ref, figure.key, ""])
    return lines


def _fill(
    sheet: Worksheet, lines: list[list[str]], *, heads: bool = False, widths: Iterable[int] = ()
) -> None:
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    for row, line in enumerate(lines, 1):
        for column, text in enumerate(line, 1):
            cell = sheet.cell(row, column)
            cell.value, cell.data_type = guarded(clean(text)), "s"
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if heads and row == 1:
                cell.font = Font(bold=True)
    named = [_WIDTHS.get(head, 16) for head in lines[0]] if heads else list(widths)
    for number, width in enumerate(named, 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    if heads:
        sheet.freeze_panes = "C2"
