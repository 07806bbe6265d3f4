"""What does a state get to fill in? The blank workbook of the contract, with its
checks, and with what the state reported before in grey.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.contracts.beside import (
    BEFORE_FIELD,
    BEFORE_SUFFIX,
    STATUS_BEFORE_SUFFIX,
    Beside,
    GreyFigure,
    beside_columns,
    digest_of,
)
from pipeline.contracts.layout import (
    CODE_ROW,
    COVER_SHEET,
    HELP_SHEET,
    LABEL_ROW,
    FormRow,
    SheetForm,
    form_of,
    tables_for,
)
from pipeline.contracts.model import Contracts
from pipeline.contracts.offices import load_offices
from pipeline.contracts.template import build_workbook, workbook_bytes
from pipeline.returns.round.before import Earlier, Reported
from pipeline.returns.round.checks import CHECKS_HELP, add_checks

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_FILL, _INK = "FFF2F2F2", "FF7F7F7F"
_WIDTH, _STATUS_WIDTH = 12, 7
_LAST = 1000  # of the rules that colour a cell
_GREY_HELP = (
    "Grey figures",
    (
        "What the state reported before stands in grey. Left as it is, a grey figure is no new"
        " report: the Center keeps the earlier one. Type another figure, or choose a status beside"
        " it (A for a normal value), and it turns black: then it is reported anew. An emptied cell"
        " means: no word about it. Write : to take the figure back. The columns to the right of"
        " the form keep what was filled in; leave them as they are."
    ),
)


@dataclass(frozen=True)
class StateForm:
    """The workbook of a state for a report. `grey` is the number of figures that it
    shows in grey, `no_room` names sheets with earlier figures that have no line in it,
    and how many.
    """

    content: bytes
    grey: int
    no_room: tuple[tuple[str, int], ...]
    sheets: tuple[str, ...]


def build_form(
    contracts: Contracts,
    report: str,
    *,
    state: str,
    round_: int,
    reported: Reported,
    office: str = "",
) -> StateForm:
    """Build the workbook of a state, or that of one of its offices: with the sheets that
    the office gives, all of them where that is not entered. The same contract and
    figures give the same bytes.

    Raises UserError when the state does not answer the report in that round.
    """
    only = load_offices(contracts).of(report, state, round_=round_).get(office, ())
    book = build_workbook(contracts, report, state=state, round_=round_, office=office, only=only)
    contract = contracts.contract(report)
    forms = [
        form_of(t, contract, state=state, round_=round_)
        for t in tables_for(contract, state, round_=round_)
        if not only or t.name in only
    ]
    grey, no_room, said = 0, [], {}
    for form in forms:
        figures = reported.get((state, form.table.name), {})
        if not figures:
            continue
        shown = _fill_in(book[form.sheet], form, figures)
        grey += len(shown)
        said[form.table.name] = digest_of(shown)
        if len(shown) < len(figures):
            no_room.append((form.sheet, len(figures) - len(shown)))
    _add_digests(book[COVER_SHEET], said)
    _add_help(book[HELP_SHEET], grey=bool(grey))
    add_checks(book, contracts, round_=round_, forms=forms)
    return StateForm(
        workbook_bytes(book, round_), grey, tuple(no_room), tuple(f.sheet for f in forms)
    )


def write_template(
    contracts: Contracts, report: str, *, state: str, round_: int, path: Path, office: str = ""
) -> None:
    """Write the blank workbook of `state`, or of one of its offices, for a round to
    `path`, nothing filled in. The same contract gives the same bytes.

    Raises UserError when the state does not answer the report in that round.
    """
    form = build_form(contracts, report, state=state, round_=round_, reported={}, office=office)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(form.content)


def _fill_in(sheet: Worksheet, form: SheetForm, figures: Mapping[str, Earlier]) -> list[GreyFigure]:
    """Fill in what was reported before, and keep it beside the form."""
    besides = beside_columns(form)
    shown: list[GreyFigure] = []
    names = form.table.key_dimensions
    down, across = form.table.layout.rows, form.table.layout.columns
    by_place: dict[tuple[tuple[str, ...], tuple[str, ...]], Earlier] = {}
    for figure in figures.values():
        codes = dict(zip(names, figure.codes, strict=True))
        by_place[tuple(codes[n] for n in down), tuple(codes[n] for n in across)] = figure
    for row in _lines(sheet, form, by_place):
        bound = ""
        for beside in besides:
            earlier = by_place.get((row.codes, beside.value.codes))
            if earlier is None:
                continue
            shown.append(_put(sheet, row, beside, earlier))
            bound = earlier.conf or bound
        if bound:  # what was bound stays so until the state says otherwise
            conf = next(c for c in form.columns if c.kind == "conf")
            sheet.cell(row.index, conf.index, bound)
    if shown:
        _head(sheet, form, besides)
    return shown


def _lines(
    sheet: Worksheet,
    form: SheetForm,
    by_place: Mapping[tuple[tuple[str, ...], tuple[str, ...]], Earlier],
) -> list[FormRow]:
    """The lines of a form; those of an open list with the codes that the state chose
    before, in the order of the code list.
    """
    from openpyxl.styles import Protection

    table = form.table
    fixed = [r for r in form.rows if r.codes or not table.layout.rows]
    free = [r for r in form.rows if not r.codes and table.layout.rows]
    if not free:
        return fixed
    dimension = table.dimension(table.layout.rows[0])
    known = {r.codes for r in fixed}
    used = {down for down, _ in by_place}
    chosen = [c for c in dimension.codes if (c.code,) in used and (c.code,) not in known]
    for row, code in zip(free, chosen, strict=False):
        for column, text in ((1, code.code), (2, code.label)):
            name = sheet.cell(row.index, column, text)
            # Under another name, its grey figures would be those of another line.
            name.protection, name.fill = Protection(locked=True), _grey_fill()
        fixed.append(FormRow(row.index, (code.code,), (code.label,)))
    return fixed


def _put(sheet: Worksheet, row: FormRow, beside: Beside, earlier: Earlier) -> GreyFigure:
    value: int | float | str
    if isinstance(earlier.value, Decimal):
        whole = earlier.value == earlier.value.to_integral_value()
        value = int(earlier.value) if whole else float(earlier.value)
    else:
        value = earlier.value
    status = earlier.status or None
    sheet.cell(row.index, beside.value.index, value)
    sheet.cell(row.index, beside.value.index + 1, status)
    for column, text in ((beside.before, value), (beside.status_before, status)):
        kept = sheet.cell(row.index, column, text)
        kept.fill, kept.font = _grey_fill(), _grey_ink()
        kept.number_format = sheet.cell(row.index, beside.value.index).number_format
    code = str(sheet.cell(row.index, 1).value or "")
    return GreyFigure(code, beside.value.head, str(value), earlier.status)


def _head(sheet: Worksheet, form: SheetForm, besides: list[Beside]) -> None:
    """The heads of what was reported before, and the rule that shows a figure in grey as
    long as it stands as it was filled in.
    """
    from openpyxl.formatting.rule import FormulaRule
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    first, last = form.rows[0].index, form.rows[-1].index
    for beside in besides:
        label = beside.value.label
        heads = (
            (beside.before, f"{beside.value.head}{BEFORE_SUFFIX}", f"Before: {label}", _WIDTH),
            (
                beside.status_before,
                f"{beside.value.head}{STATUS_BEFORE_SUFFIX}",
                "Status before",
                _STATUS_WIDTH,
            ),
        )
        for column, head, above, width in heads:
            for place, text in ((LABEL_ROW, above), (CODE_ROW, head)):
                cell = sheet.cell(place, column, text)
                cell.font, cell.fill = Font(bold=True), _grey_fill()
                cell.alignment = Alignment(wrap_text=True, vertical="bottom")
            sheet.column_dimensions[get_column_letter(column)].width = width
        value, status = (get_column_letter(beside.value.index + n) for n in (0, 1))
        kept, kept_status = (get_column_letter(c) for c in (beside.before, beside.status_before))
        rule = FormulaRule(  # type: ignore[no-untyped-call]
            formula=[
                f'AND(${kept}{first}<>"",${value}{first}=${kept}{first},'
                f"${status}{first}=${kept_status}{first})"
            ],
            fill=_grey_fill(),
            font=_grey_ink(),
        )
        rule.priority = _LAST  # what is found about a figure is shown before it
        sheet.conditional_formatting.add(f"{value}{first}:{status}{last}", rule)


def _grey_fill() -> Any:
    from openpyxl.styles import PatternFill

    return PatternFill("solid", start_color=_FILL, end_color=_FILL)


def _grey_ink() -> Any:
    from openpyxl.styles import Font

    return Font(color=_INK, italic=True)


def _add_digests(cover: Worksheet, said: Mapping[str, str]) -> None:
    """A line of the cover for each sheet with grey figures, which nobody fills in."""
    for table, text in said.items():
        row = cover.max_row + 1
        texts = (BEFORE_FIELD + table, "Grey figures as the Center filled them in", text)
        for column, value in enumerate(texts, 1):
            cell = cover.cell(row, column, value)
            cell.fill = _grey_fill()


def _add_help(sheet: Worksheet, *, grey: bool) -> None:
    from openpyxl.styles import Alignment, Font

    for what, text in (*([_GREY_HELP] if grey else []), CHECKS_HELP):
        row = sheet.max_row + 1
        sheet.cell(row, 1, what).font = Font(bold=True)
        sheet.cell(row, 2, text).alignment = Alignment(wrap_text=True, vertical="top")
