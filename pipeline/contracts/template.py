"""What does the blank form look like? Writes the return workbook of a state from the
contract alone.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Collection, Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.contracts.layout import (
    CODE_ROW,
    COVER_SHEET,
    DEFINITION_ANSWERS,
    DEFINITION_FIELD,
    HELP_SHEET,
    LABEL_ROW,
    LISTS_SHEET,
    OFFICE_FIELD,
    SOURCE_FIELD,
    FormColumn,
    SheetForm,
    cover_fields,
    form_of,
    tables_for,
)
from pipeline.contracts.looks import Look, Looks
from pipeline.contracts.model import Contract, Contracts
from pipeline.contracts.offices import office_label
from pipeline.contracts.scales import Scale
from pipeline.contracts.sources import load_sources
from pipeline.errors import UserError

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

HELP = (
    (
        "What to fill in",
        "White cells only. Grey cells are locked: they carry the codes by which the form is read.",
    ),
    (
        "Numbers",
        (
            "Whole numbers, or up to three decimals where the unit is kg. No formulas, no text"
            " beside a number."
        ),
    ),
    ("0", "Counted, and there was none."),
    (":", "Not available. An empty cell means the same: not reported. It is never read as zero."),
    ("–", "Not applicable: it cannot exist in the state."),
    ("<5", "Suppressed by the sender because the count is below five."),
    ("0n", "Nil: more than nothing, but less than half of the unit."),
    (
        "Status",
        (
            "Choose a status beside a figure when it needs one: B break in the series, D definition"
            " differs, E estimated, K included in another category, P provisional, U low"
            " reliability, W includes another."
        ),
    ),
    (
        "Confidentiality",
        (
            "Leave empty when the line may be published by the rules of the Center; C, D or N binds"
            " the Center; E needs the end of the embargo in the note."
        ),
    ),
    (
        "Sources",
        (
            "On the cover, for each sheet: choose from the list, several parted by semicolons;"
            " after a comma the day of a release, as in: release 14/04/2025. Another source than"
            " these is asked about."
        ),
    ),
    (
        "Note",
        (
            "Explain breaks, differences of definition and unusual changes. No names, no personal"
            " data."
        ),
    ),
    (
        "Years",
        (
            "Restate the reference year and the four before it; a changed figure is recorded as a"
            " revision."
        ),
    ),
    (
        "Totals",
        (
            "Give the total even where the parts are not known. Parts and unknown must add up to"
            " the total."
        ),
    ),
    (
        "Lists of citizenship",
        "One line per country: choose it from the list in the column beside the code.",
    ),
)
_HELP_OF_WORDS = (
    "Words",
    (
        "Where a sheet asks for a judgement, choose a word from the list of the cell. A judgement"
        " that you cannot make stays empty: it is not assessed."
    ),
)
_YEARS = range(2000, 2100)
_FIRST_SCALE = 6  # the column of lists in which the words of scales begin
_WORDS_WIDTH = 24
_GREY, _BLUE, _LIGHT = "FFE7E6E6", "FF1F3864", "FFF7F7F7"


def check_round(returns: Path, round_: int) -> None:
    """Refuse a round that cannot be or that nobody opened: one before the first that
    has a folder of returns.
    """
    rounds = [
        int(p.name) for p in returns.glob("*") if p.is_dir() and re.fullmatch("[0-9]{4}", p.name)
    ]
    first = min(rounds, default=_YEARS[0])
    if not first <= round_ <= _YEARS[-1]:
        told = (
            f"before the first one, {first}"
            if _YEARS[0] <= round_ < first
            else "no year of four digits"
        )
        raise UserError(
            f"there is no round {round_}: it is {told}",
            allowed=f"{first} or later, such as {max(rounds, default=first) + 1}",
            do="give the reference year of the forms",
        )


def build_workbook(
    contracts: Contracts,
    report: str,
    *,
    state: str,
    round_: int,
    office: str = "",
    only: Collection[str] = (),
) -> Workbook:
    """The form of a state; that of one of its `office`s names it, and has the sheets of
    the tables in `only`, of all tables where it is empty.
    """
    from openpyxl import Workbook

    contract = contracts.contract(report)
    asked = [*(c.code for c in contracts.members(round_)), "SELEC"]
    allowed = [s for s in asked if tables_for(contract, s, round_=round_)]
    if state not in allowed:
        raise UserError(
            f"'{state}' does not answer the {report} questionnaire of round {round_}",
            allowed=", ".join(allowed) or "nobody in that round",
            do="give the code of one that does, or another round or report",
        )
    forms = [
        form_of(t, contract, state=state, round_=round_)
        for t in tables_for(contract, state, round_=round_)
        if not only or t.name in only
    ]
    workbook = Workbook()
    cover = workbook.active
    assert cover is not None
    cover.title = COVER_SHEET
    lists = workbook.create_sheet(LISTS_SHEET)
    _write_lists(lists, contracts, forms=forms)
    fields = cover_fields(
        contract,
        state,
        state_name=contracts.codelist("states")[state].extra["official_name"],
        round_=round_,
        office=office,
        tables=[form.table for form in forms],
    )
    _write_cover(cover, contract, contracts=contracts, fields=fields)
    judged = any(form.table.judged for form in forms)
    _write_help(
        workbook.create_sheet(HELP_SHEET, 1), lines=[*HELP, _HELP_OF_WORDS] if judged else HELP
    )
    looks = Looks(_look)
    for form in forms:
        sheet = workbook.create_sheet(form.sheet, len(workbook.sheetnames) - 1)
        _write_form(sheet, form, looks=looks, scales=_scales_of(forms))
    lists.sheet_state = "hidden"
    return workbook


def workbook_bytes(workbook: Workbook, round_: int) -> bytes:
    """The workbook as a file whose bytes do not depend on the clock: every time stamp
    is the round's.
    """
    stamp = datetime(round_ + 1, 1, 1)
    workbook.properties.creator = "SELEC"
    workbook.properties.created = stamp
    workbook.properties.modified = stamp
    raw = io.BytesIO()
    workbook.save(raw)
    return normalise_archive(raw.getvalue(), stamp)


def normalise_archive(data: bytes, stamp: datetime) -> bytes:
    """Rewrite a zip archive with one fixed date for every member, and the modification
    time inside it set too.
    """
    import re

    result = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for info in source.infolist():
            content = source.read(info)
            if info.filename == "docProps/core.xml":  # openpyxl writes the clock's time on saving
                text = f"{stamp:%Y-%m-%dT%H:%M:%SZ}".encode()
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + text, content)
            member = zipfile.ZipInfo(info.filename, stamp.timetuple()[:6])
            member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            target.writestr(member, content)
    return result.getvalue()


def _fill(colour: str) -> Any:
    from openpyxl.styles import PatternFill

    return PatternFill("solid", start_color=colour, end_color=colour)


def _protect(sheet: Worksheet) -> None:
    sheet.protection.sheet = True
    sheet.protection.formatColumns = False
    sheet.protection.formatRows = False


def _write_lists(sheet: Worksheet, contracts: Contracts, *, forms: list[SheetForm]) -> None:
    """Column A: statuses, B: confidentiality, C: answers, D: countries for open lists,
    E: sources, and from F on the words of each scale that the forms are answered on.
    """
    columns: list[Iterable[str]] = [
        [c.code for c in contracts.codelist("obs_status")],
        [c.code for c in contracts.codelist("conf_status")],
        DEFINITION_ANSWERS,
        [
            c.label
            for c in contracts.codelist("citizenship")
            if not c.is_group and c.code not in ("_T", "_U")
        ],
        load_sources(contracts.codelists).offered(),
        *(scale.words for scale in _scales_of(forms)),
    ]
    for column, values in enumerate(columns, 1):
        for row, value in enumerate(values, 1):
            sheet.cell(row, column, value)
    _protect(sheet)


def _scales_of(forms: Iterable[SheetForm]) -> list[Scale]:
    """The scales on which these forms are answered, each once."""
    judged = [form.table.judged for form in forms if form.table.judged]
    return list(dict.fromkeys(scale for table in judged for _, scale in table.scales))


def _write_cover(
    sheet: Worksheet,
    contract: Contract,
    *,
    contracts: Contracts,
    fields: list[tuple[str, str, str, bool]],
) -> None:
    from openpyxl.styles import Alignment, Font, Protection
    from openpyxl.worksheet.datavalidation import DataValidation

    known = {code: value for code, _, value, _ in fields}
    sheet["A1"], sheet["A1"].font = contract.name, Font(bold=True, size=14, color=_BLUE)
    sheet["A2"] = f"{known['state_name']}, round {known['round']}"
    if office := known.get(OFFICE_FIELD):
        sheet["A2"] = f"{sheet['A2'].value}, {office_label(contracts, office)}"
    answers = DataValidation(
        "list", formula1=f"={LISTS_SHEET}!$C$1:$C${len(DEFINITION_ANSWERS)}", allow_blank=True
    )
    offered = len(load_sources(contracts.codelists).offered())
    # Offered, not demanded: a table may have several sources, or one that the Center
    # does not know yet.
    sources = DataValidation(
        "list",
        formula1=f"={LISTS_SHEET}!$E$1:$E${offered}",
        allow_blank=True,
        showErrorMessage=False,
    )
    for rule in (answers, sources):
        sheet.add_data_validation(rule)
    for column, head in enumerate(("Field", "What", "Answer"), 1):
        sheet.cell(4, column, head).font = Font(bold=True)
    for row, (code, label, value, open_) in enumerate(fields, 5):
        sheet.cell(row, 1, code).fill = _fill(_GREY)
        sheet.cell(row, 2, label).fill = _fill(_GREY)
        answer = sheet.cell(row, 3, value or None)
        answer.alignment = Alignment(wrap_text=True, vertical="top")
        answer.protection = Protection(locked=not open_)
        if not open_:
            answer.fill = _fill(_GREY)
        if code.startswith(DEFINITION_FIELD):
            answers.add(answer.coordinate)
        if code.startswith(SOURCE_FIELD):
            sources.add(answer.coordinate)
    for letter, width in (("A", 30), ("B", 62), ("C", 80)):
        sheet.column_dimensions[letter].width = width
    _protect(sheet)


def _write_help(sheet: Worksheet, *, lines: Iterable[tuple[str, str]]) -> None:
    from openpyxl.styles import Alignment, Font

    sheet["A1"], sheet["A1"].font = (
        "How to fill in this return",
        Font(bold=True, size=14, color=_BLUE),
    )
    for row, (what, text) in enumerate(lines, 3):
        sheet.cell(row, 1, what).font = Font(bold=True)
        sheet.cell(row, 2, text).alignment = Alignment(wrap_text=True, vertical="top")
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 24, 110
    _protect(sheet)


def _look(name: str) -> Look:
    """How cells of a form look: its heads, what is locked and what is open, texts and
    figures.
    """
    from openpyxl.styles import Alignment, Font, Protection

    match name:
        case "head":
            wrapped = Alignment(wrap_text=True, vertical="bottom")
            return {"font": Font(bold=True), "fill": _fill(_GREY), "alignment": wrapped}
        case "locked":
            return {"fill": _fill(_GREY), "protection": Protection(locked=True)}
        case "open":
            return {"fill": _fill(_LIGHT), "protection": Protection(locked=False)}
        case "entry":
            return {"protection": Protection(locked=False)}
        case "text":
            wrapped = Alignment(wrap_text=True, vertical="top")
            return {**_look("entry"), "alignment": wrapped}
        case number_format:
            return {**_look("entry"), "number_format": number_format}


def _write_form(sheet: Worksheet, form: SheetForm, *, looks: Looks, scales: list[Scale]) -> None:
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    table = form.table
    sheet["A1"], sheet["A1"].font = table.title, Font(bold=True, size=13, color=_BLUE)
    sheet["A2"] = table.description
    told = (
        "Choose a word from the list of the cell. Empty means not assessed"
        if table.judged
        else f"Unit: {table.unit}. Empty means not reported"
    )
    sheet["A3"] = f"{told}; see the sheet {HELP_SHEET}."
    for column in form.columns:
        top = sheet.cell(LABEL_ROW, column.index, column.label or None)
        head = sheet.cell(CODE_ROW, column.index)
        head.value = column.head if column.kind not in ("label",) else column.label or column.head
        for shown in (top, head):
            looks.put(shown, "head")
        sheet.column_dimensions[get_column_letter(column.index)].width = (
            _WORDS_WIDTH if table.judged and column.kind == "value" else _width(column)
        )
    labels = [c for c in form.columns if c.kind == "label"]
    for row in form.rows:
        open_line = bool(table.layout.open_rows) and not row.codes
        named = "open" if open_line else "locked"
        code = sheet.cell(row.index, 1, row.code or ("*" if not table.layout.rows else None))
        looks.put(code, named)
        for column, label in zip(labels, row.labels, strict=True):
            looks.put(sheet.cell(row.index, column.index, label or None), named)
        for column in form.columns:
            if column.kind in ("value", "status", "conf", "note"):
                entry = sheet.cell(row.index, column.index)
                look = "entry"
                if column.kind == "note" and table.judged and table.judged.is_texts:
                    look = "text"
                if column.kind == "value" and table.judged is None:
                    look = "#,##0.###" if table.decimals else "#,##0"
                looks.put(entry, look)
    _add_lists(sheet, form, scales=scales)
    sheet.freeze_panes = f"{get_column_letter(len(labels) + 2)}{form.rows[0].index}"
    sheet.row_dimensions[LABEL_ROW].height = 45
    _protect(sheet)


def _width(column: FormColumn) -> float:
    return {"code": 14, "label": 34, "value": 12, "status": 7, "conf": 15, "note": 60}[column.kind]


def _add_lists(sheet: Worksheet, form: SheetForm, *, scales: list[Scale]) -> None:
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    first, last = form.rows[0].index, form.rows[-1].index

    def offer(source: str, columns: list[FormColumn], *, start: int) -> None:
        if not columns:
            return
        rule = DataValidation("list", formula1=source, allow_blank=True, showErrorMessage=True)
        rule.error = "Choose a value from the list."
        for column in columns:
            letter = get_column_letter(column.index)
            rule.add(f"{letter}{start}:{letter}{last}")
        sheet.add_data_validation(rule)

    offer(
        f"={LISTS_SHEET}!$A$1:$A$13", [c for c in form.columns if c.kind == "status"], start=first
    )
    offer(f"={LISTS_SHEET}!$B$1:$B$6", [c for c in form.columns if c.kind == "conf"], start=first)
    for number, scale in enumerate(scales if form.table.judged else []):
        asked = [c for c in form.columns if c.kind == "value" and form.scale(c) == scale]
        letter = get_column_letter(_FIRST_SCALE + number)
        if asked:
            offer(f"={LISTS_SHEET}!${letter}$1:${letter}${len(scale.words)}", asked, start=first)
    if form.table.layout.open_rows:
        open_first = next(r.index for r in form.rows if not r.codes)
        offer(
            f"={LISTS_SHEET}!$D$1:$D$300",
            [c for c in form.columns if c.kind == "label"],
            start=open_first,
        )
