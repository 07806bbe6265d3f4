"""How is a state's workbook opened so that it can be sent back? With all that is seen,
and nothing that runs.

The drop-downs of newer programs stand in an extension that openpyxl drops: they are
read from the archive and put back in the form that all programs know.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pipeline.returns.feedback.words import clean
from pipeline.system.files import guarded

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.reader.excel import ExcelReader

_X14 = "{http://schemas.microsoft.com/office/spreadsheetml/2009/9/main}"
_XM = "{http://schemas.microsoft.com/office/excel/2006/main}"
_FLAGS = ("allowBlank", "showErrorMessage", "showInputMessage", "showDropDown")
_TEXTS = ("type", "operator", "errorStyle", "errorTitle", "error", "promptTitle", "prompt")
# Functions that only look at the cells of the workbook; a drop-down or colour rule with
# another one is left out.
_HARMLESS = frozenset(
    re.findall(
        r"[A-Z]+",
        """
    ABS AND CEILING COLUMN COUNT COUNTA COUNTBLANK COUNTIF COUNTIFS DATE DAY EXACT FALSE FIND FLOOR
    IF IFERROR INDEX
    INDIRECT INT ISBLANK ISERR ISERROR ISEVEN ISFORMULA ISLOGICAL ISNA ISNUMBER
    ISODD ISTEXT LEFT LEN LOWER MATCH MAX MEDIAN MID
    MIN MOD MONTH NOT OFFSET OR RIGHT ROUND ROW SEARCH SUBSTITUTE SUBTOTAL SUM SUMIF
    SUMPRODUCT TEXT TRIM TRUE TRUNC UPPER VALUE
    VLOOKUP YEAR
""",
    )
)
_CALL = re.compile(r"([A-Za-z_][A-Za-z0-9_.]*)\s*\(")


def open_original(data: bytes) -> Workbook:
    """Open a workbook whose archive was checked, and take out of it what could run.
    Raises what openpyxl raises.
    """
    reader = _read(data, values=False)
    book = reader.wb
    formulas: list[Any] = [
        c for s in book.worksheets for c in s._cells.values() if c.data_type == "f"
    ]
    if formulas:
        stored = _read(data, values=True).wb
        for cell in formulas:
            result = stored[cell.parent.title]._cells.get((cell.row, cell.column))
            cell.value = result.value if result is not None else None
    _put_lists_back(data, reader)
    for sheet in book.worksheets:
        _quieten(sheet)
    _quieten_names(book)
    return book


def _read(data: bytes, *, values: bool) -> ExcelReader:
    from openpyxl.reader.excel import ExcelReader

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library warns of extensions that it drops
        reader = ExcelReader(
            io.BytesIO(data), data_only=values, keep_links=False, rich_text=not values
        )
        reader.read()
    return reader


def is_harmless(formula: object) -> bool:
    """Whether the formula of a drop-down or a colour rule only looks at cells of this
    workbook.
    """
    text = re.sub(r'"[^"]*"', '""', str(formula or ""))
    called = {name.upper().removeprefix("_XLFN.") for name in _CALL.findall(text)}
    return called <= _HARMLESS and "[" not in text and "|" not in text


def _quieten(sheet: Any) -> None:  # parts that the library does not offer are reached into
    from openpyxl.formatting.formatting import ConditionalFormattingList

    for cell in sheet._cells.values():
        if cell.hyperlink is not None and cell.hyperlink.target:
            cell._hyperlink = None
        if cell.data_type == "s":
            text = str(cell.value)
            if (safe := guarded(clean(text))) != text:
                cell.value = safe
        elif cell.data_type == "f":  # the stored value of a formula was a text that begins like one
            cell.value = guarded(clean(str(cell.value)))
    sheet._charts, sheet._pivots = [], []
    sheet.data_validations.dataValidation = [
        v
        for v in sheet.data_validations.dataValidation
        if is_harmless(v.formula1) and is_harmless(v.formula2)
    ]
    kept = ConditionalFormattingList()
    for formatting in sheet.conditional_formatting:
        for rule in formatting.rules:
            if all(is_harmless(f) for f in _formulas(rule)):
                kept.add(str(formatting.sqref), rule)
    sheet.conditional_formatting = kept
    for name, table in list(sheet.tables.items()):
        if table.tableType == "queryTable" or any(
            guarded(c.name) != c.name for c in table.tableColumns
        ):
            del sheet.tables[name]
        for column in table.tableColumns:
            column.calculatedColumnFormula = column.totalsRowFormula = None
    sheet.defined_names.clear()


def _formulas(rule: Any) -> Iterable[object]:
    scales = (rule.colorScale, rule.dataBar, rule.iconSet)
    return [*(rule.formula or []), *(v.val for s in scales if s is not None for v in s.cfvo)]


def _quieten_names(book: Any) -> None:
    """Keep the names of ranges, which drop-downs use; a name can also hold a formula, a
    macro or a link.
    """
    from openpyxl.packaging.core import DocumentProperties
    from openpyxl.packaging.custom import CustomPropertyList

    for name, defined in list(book.defined_names.items()):
        text = str(defined.attr_text or "")
        if (
            defined.type != "RANGE"
            or not is_harmless(text)
            or name.casefold().startswith(("auto_", "_xlnm.auto"))
        ):
            del book.defined_names[name]
    # Who wrote the file is in its properties: a person.
    book.properties, book.custom_doc_props = DocumentProperties(), CustomPropertyList()
    for sheet in book.chartsheets:
        book.remove(sheet)


def _put_lists_back(data: bytes, reader: ExcelReader) -> None:
    from openpyxl.worksheet.datavalidation import DataValidation
    from openpyxl.xml.functions import fromstring

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for sheet, relation in reader.parser.find_sheets():
            content = (
                archive.read(relation.target) if relation.target in archive.namelist() else b""
            )
            if b"dataValidations" not in content or sheet.name not in reader.wb.sheetnames:
                continue
            for item in fromstring(content).iter(f"{_X14}dataValidation"):
                places = item.findtext(f"{_XM}sqref")
                if not places:
                    continue
                said: dict[str, Any] = {name: item.get(name) for name in _TEXTS if item.get(name)}
                said |= {name: item.get(name) in ("1", "true") for name in _FLAGS}
                for number in ("formula1", "formula2"):
                    said[number] = item.findtext(f"{_X14}{number}/{_XM}f")
                lists = DataValidation(sqref=places, **said)
                reader.wb[sheet.name].add_data_validation(lists)
