"""How does a good workbook look in other formats? The same sheets and cells as .xls and
as .ods.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openpyxl import Workbook


def as_old_excel(book: Workbook) -> bytes:
    """The workbook in the old Excel format: texts and figures, hidden sheets, rows and
    columns.
    """
    import xlwt

    old = xlwt.Workbook(encoding="utf-8")
    dates = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    for sheet in book.worksheets:
        target = old.add_sheet(sheet.title)
        target.visibility = 0 if sheet.sheet_state == "visible" else 1
        for row in sheet.iter_rows():
            for cell in row:
                if cell.value is not None:
                    style = {"style": dates} if cell.is_date else {}
                    target.write(cell.row - 1, cell.column - 1, _old_value(cell.value), **style)
        for number, dimension in sheet.row_dimensions.items():
            target.row(number - 1).hidden = bool(dimension.hidden)
        for area in sheet.merged_cells.ranges:
            target.merge(area.min_row - 1, area.max_row - 1, area.min_col - 1, area.max_col - 1)
    raw = io.BytesIO()
    old.save(raw)
    return raw.getvalue()


def _old_value(value: Any) -> Any:
    import xlwt

    return xlwt.Formula(value[1:]) if isinstance(value, str) and value.startswith("=") else value


def as_open_document(book: Workbook) -> bytes:
    """The workbook as OpenDocument: texts, figures and dates, hidden rows."""
    from odf.opendocument import OpenDocumentSpreadsheet
    from odf.style import Style, TableProperties
    from odf.table import Table

    document = OpenDocumentSpreadsheet()
    hidden = Style(name="hidden", family="table")
    hidden.addElement(TableProperties(display="false"))
    document.automaticstyles.addElement(hidden)
    for sheet in book.worksheets:
        style = {} if sheet.sheet_state == "visible" else {"stylename": hidden}
        table = Table(name=sheet.title, **style)
        _add_rows(table, sheet)
        document.spreadsheet.addElement(table)
    raw = io.BytesIO()
    document.save(raw)
    return raw.getvalue()


def _add_rows(table: Any, sheet: Any) -> None:
    from odf.table import TableRow

    for row in sheet.iter_rows():
        number = row[0].row
        out = TableRow(
            **({"visibility": "collapse"} if sheet.row_dimensions[number].hidden else {})
        )
        for cell in row:
            out.addElement(_open_document_cell(cell))
        table.addElement(out)


def _open_document_cell(cell: Any) -> Any:
    from odf.table import TableCell
    from odf.text import P

    value = cell.value
    if value is None:
        return TableCell()
    if cell.is_date:
        made = TableCell(valuetype="date", datevalue=value.isoformat()[:10])
        made.addElement(P(text=value.isoformat()[:10]))
    elif isinstance(value, bool):
        made = TableCell(valuetype="boolean", booleanvalue=str(value).lower())
        made.addElement(P(text=str(value).upper()))
    elif isinstance(value, int | float):
        made = TableCell(valuetype="float", value=str(value))
        made.addElement(P(text=str(value)))
    elif value.startswith("="):
        made = TableCell(valuetype="float", value="12", formula=f"of:{value}")
        made.addElement(P(text="12"))
    else:
        made = TableCell(valuetype="string")
        for line in value.split("\n"):
            made.addElement(P(text=line))
    return made
