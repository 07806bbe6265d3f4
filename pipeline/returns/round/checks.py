"""How does a form check itself while it is filled in? A column of findings beside each
column of figures, colours in the cells, and the sheet Checks that lists them.

All of it are formulas and conditional formatting: no macro, nothing that reaches out of
the workbook, and nothing that is read when the return comes back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pipeline.contracts.beside import CHECK_SUFFIX, Beside, beside_columns
from pipeline.contracts.layout import (
    CHECKS_SHEET,
    CODE_ROW,
    COVER_SHEET,
    HELP_SHEET,
    LABEL_ROW,
    LISTS_SHEET,
    STATUS_SUFFIX,
    SheetForm,
)
from pipeline.contracts.looks import Look, Looks
from pipeline.contracts.model import Contracts
from pipeline.findings import SEVERITIES, Severity
from pipeline.returns.formats.raw import column_letters
from pipeline.returns.intake.parse import MISSING, NO_VALUE, load_symbols
from pipeline.returns.intake.problems import RULES
from pipeline.returns.round.check_sheet import Entry, write_checks
from pipeline.returns.round.formulas import (
    AGREEING,
    STATUSES,
    TEXTS,
    Condition,
    Place,
    Workbook,
    conditions,
    one_cell,
)

if TYPE_CHECKING:
    from openpyxl import Workbook as Book
    from openpyxl.worksheet.worksheet import Worksheet

CHECKS_HELP = (
    "Checks",
    (
        "The form checks itself while it is filled in. A cell turns red for an error, which would"
        " keep the table out, yellow for a query, which the Center would ask, blue for a note. The"
        f" sheet {CHECKS_SHEET} lists them; the columns to the right of the form name the rule of"
        " each cell. Nothing there is read when the return comes back."
    ),
)
_COLOURS: dict[Severity, str] = {"error": "FFF8CBAD", "query": "FFFFE699", "note": "FFDDEBF7"}
_GREY, _INK = "FFE7E6E6", "FF595959"
_STATUSES_AT, _TEXTS_AT, _AGREEING_AT = "A", "F", "G"  # columns of the sheet Lists
_OF_LINES = ("unknown-citizenship", "key.unique")  # told in the first cell of a line
_WIDTH = 16
_UNSURE = "not checked: an error stands beside it"
_LONGEST = 8000  # letters of a formula; programs take 8,192


def add_checks(
    book: Book, contracts: Contracts, *, round_: int, forms: Sequence[SheetForm]
) -> None:
    """Let a form check itself. Raises ValueError where a formula would be longer than
    spreadsheets take.
    """
    _add_lists(book, contracts)
    whole = Workbook(contracts, {f.table.name: f for f in forms}, round_)
    entries: list[Entry] = []
    rules: dict[tuple[str, Severity], str] = {}
    looks = Looks(_look)
    for form in forms:
        found = conditions(whole, form)
        sheet, besides = book[form.sheet], beside_columns(form)
        _add_columns(sheet, form, looks=looks, besides=besides, found=found)
        _add_colours(sheet, form, besides)
        entries += _entries(form, besides, found)
        told = {(c.rule, c.severity) for every in found.values() for c in every}
        for key in (*_counted(form), *told):
            rules.setdefault(key, form.table.name)
    sheet = book.create_sheet(CHECKS_SHEET, book.sheetnames.index(HELP_SHEET) + 1)
    write_checks(sheet, book[COVER_SHEET], forms=forms, entries=entries, rules=rules)


def _add_lists(book: Book, contracts: Contracts) -> None:
    """Texts in place of figures with the statuses that agree with each, under names that
    every formula may use.
    """
    from openpyxl.workbook.defined_name import DefinedName

    sheet = book[LISTS_SHEET]
    symbols = sorted(load_symbols(contracts.codelists).items())
    agreeing = [
        f"{text}|{status}"
        for text, symbol in symbols
        for status in sorted(NO_VALUE if symbol.obs_status == MISSING else {symbol.obs_status})
    ]
    for letter, texts in ((_TEXTS_AT, [text for text, _ in symbols]), (_AGREEING_AT, agreeing)):
        for row, text in enumerate(texts, 1):
            cell = sheet[f"{letter}{row}"]
            cell.value, cell.data_type = text, "s"
    lengths = (
        (STATUSES, _STATUSES_AT, len(contracts.codelist("obs_status"))),
        (TEXTS, _TEXTS_AT, len(symbols)),
        (AGREEING, _AGREEING_AT, len(agreeing)),
    )
    for name, letter, length in lengths:
        range_ = f"{LISTS_SHEET}!${letter}$1:${letter}${length}"
        book.defined_names[name] = DefinedName(name, attr_text=range_)


def _look(name: str) -> Look:
    """How the columns beside a form look: their heads, and what is told there."""
    from openpyxl.styles import Alignment, Font

    if name == "told":
        return {"font": Font(size=8, color=_INK)}
    wrapped = Alignment(wrap_text=True, vertical="bottom")
    return {"font": Font(bold=True), "fill": _fill(_GREY), "alignment": wrapped}


def _add_columns(
    sheet: Worksheet,
    form: SheetForm,
    *,
    looks: Looks,
    besides: Sequence[Beside],
    found: dict[Place, list[Condition]],
) -> None:
    for beside in besides:
        label = f"Check: {beside.value.label}"
        for place, text in ((LABEL_ROW, label), (CODE_ROW, f"{beside.value.head}{CHECK_SUFFIX}")):
            looks.put(sheet.cell(place, beside.check, text), "head")
        sheet.column_dimensions[column_letters(beside.check)].width = _WIDTH
        for row in form.rows:
            own = found[row.index, beside.value.index]
            cell = sheet.cell(row.index, beside.check)
            cell.value = _formula(row.index, beside, own)
            looks.put(cell, "told")


def _formula(row: int, beside: Beside, own: Sequence[Condition]) -> str | None:
    """What a cell breaks, as `query sex.sum; query value.change; `; nothing for a cell
    that is empty.
    """
    if not own:
        return None
    v, s = (f"{column_letters(beside.value.index + n)}{row}" for n in (0, 1))
    told = "&".join(f'IF({c.formula},"{c.severity} {c.rule}; ","")' for c in own)
    formula = f'=IF({v}&{s}="","",IFERROR({told},"{_UNSURE}"))'
    if any(c.rule in _OF_LINES for c in own):
        formula = f'=IFERROR({told},"{_UNSURE}")'
    if len(formula) > _LONGEST:
        raise ValueError(f"the formula beside {v} has {len(formula)} letters")
    return formula


def _add_colours(sheet: Worksheet, form: SheetForm, besides: Sequence[Beside]) -> None:
    """Colour a figure by the gravest that is found about it, alone or beside others."""
    from openpyxl.formatting.rule import FormulaRule

    first, last = form.rows[0].index, form.rows[-1].index
    note, conf = (f"${_column(form, kind)}{first}" for kind in ("note", "conf"))
    fills = {gravity: _fill(colour) for gravity, colour in _COLOURS.items()}
    for beside in besides:
        v, s = (column_letters(beside.value.index + n) for n in (0, 1))
        at = {"v": f"${v}{first}", "s": f"${s}{first}", "note": note, "conf": conf}
        alone = one_cell(form.table, **at)
        told = f"${column_letters(beside.check)}{first}"
        tests: list[tuple[Severity, str]] = [("error", f"ISERROR({at['v']})")]
        for severity in SEVERITIES:
            own = "+".join(f"({c.formula})" for c in alone if c.severity == severity)
            tests += [
                (severity, f'ISNUMBER(SEARCH("{severity} ",{told}))'),
                (severity, f"({own})>0"),
            ]
        for priority, (gravity, test) in enumerate(tests, 1):
            rule = FormulaRule(formula=[test], fill=fills[gravity], stopIfTrue=True)  # type: ignore[no-untyped-call]
            rule.priority = priority
            sheet.conditional_formatting.add(f"{v}{first}:{s}{last}", rule)


def _column(form: SheetForm, kind: str) -> str:
    return next(column_letters(c.index) for c in form.columns if c.kind == kind)


def _counted(form: SheetForm) -> dict[tuple[str, Severity], str]:
    """How many cells of a form break each rule of single cells, as formulas."""
    first, last = form.rows[0].index, form.rows[-1].index
    values = [c.index for c in form.columns if c.kind == "value"]

    def block(left: int, right: int) -> str:
        return f"'{form.sheet}'!${column_letters(left)}${first}:${column_letters(right)}${last}"

    v, s = block(values[0], values[-1]), block(values[0] + 1, values[-1] + 1)
    note, conf = (
        f"'{form.sheet}'!${letter}${first}:${letter}${last}"
        for letter in (_column(form, "note"), _column(form, "conf"))
    )
    heads = (
        f"'{form.sheet}'!${column_letters(values[0])}${CODE_ROW}"
        f":${column_letters(values[-1])}${CODE_ROW}"
    )
    is_value = f'(RIGHT({heads},{len(STATUS_SUFFIX)})<>"{STATUS_SUFFIX}")'
    alone = one_cell(form.table, v=v, s=s, note=note, conf=conf)
    error = RULES["error-value"].severity
    sums: dict[tuple[str, Severity], list[str]] = {("error-value", error): [f"ISERROR({v})"]}
    for c in alone:
        sums.setdefault((c.rule, c.severity), []).append(c.formula)
    return {
        key: "+".join(f"SUMPRODUCT({is_value}*{formula})" for formula in formulas)
        for key, formulas in sums.items()
    }


def _entries(
    form: SheetForm, besides: Sequence[Beside], found: dict[Place, list[Condition]]
) -> Iterator[Entry]:
    """What the sheet Checks may have to say of a form: how many cells break a rule by
    themselves, and what each line breaks beside others.
    """
    for (rule, severity), number in _counted(form).items():
        told = f'"{severity} {rule}; cells: "&{number}'
        yield Entry(form.sheet, "coloured cells", f'=IFERROR(IF({number}=0,"",{told}),"{_UNSURE}")')
    for row in form.rows:
        parts = []
        for beside in besides:
            if found[row.index, beside.value.index]:
                at = f"'{form.sheet}'!{column_letters(beside.check)}{row.index}"
                cell = f"{column_letters(beside.value.index)}{row.index}"
                parts.append(f'IF({at}="","","{cell}: "&{at})')
        if parts:
            name = f"{row.index}: {row.code}" if row.code else str(row.index)
            yield Entry(form.sheet, name, f"={'&'.join(parts)}")


def _fill(colour: str) -> Any:
    from openpyxl.styles import PatternFill

    return PatternFill("solid", start_color=colour, end_color=colour)
