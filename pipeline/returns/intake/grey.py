"""Which cells of a sheet stand beside its form? Takes them away before the form is
read, and tells the figures that a state left grey.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pipeline.contracts.beside import (
    BEFORE_FIELD,
    BEFORE_SUFFIX,
    CHECK_SUFFIX,
    STATUS_BEFORE_SUFFIX,
    GreyFigure,
    digest_of,
)
from pipeline.contracts.codelists import fold
from pipeline.contracts.layout import FormColumn, SheetForm
from pipeline.returns.formats.raw import RawCell, RawSheet
from pipeline.returns.intake.codes import clean
from pipeline.returns.intake.cover import Answers
from pipeline.returns.intake.entry import ReturnContext

LEFT = "left-grey"  # why a figure that still equals the grey one is no new report
_BESIDE = "beside-the-form"
_ROWS = 30  # of a sheet, in which the heads are looked for


@dataclass(frozen=True)
class Parted:
    """A sheet without what stands beside its form. `grey` are the figures filled in
    grey, by the number of their line and the codes of their column; none where they
    are not those that the cover tells of.
    """

    sheet: RawSheet
    grey: dict[tuple[int, tuple[str, ...]], GreyFigure]


def part_beside(
    ctx: ReturnContext, sheet: RawSheet, *, form: SheetForm, answers: Answers
) -> Parted:
    """Take away the columns beside a form. What is no longer as the Center filled it in
    is an error: nobody can tell then which figures the state left.
    """
    heads, first = _heads(sheet, form)
    columns = {column for _, column in heads}
    beside = {
        (row, column): cell
        for (row, column), cell in sheet.cells.items()
        if column in columns and row >= first - 1
    }
    grey = _grey(sheet, heads, first=first)
    ctx.ignore((c for c in beside.values() if not ctx.is_held(c)), _BESIDE)
    said = answers.get(BEFORE_FIELD + form.table.name)
    expected, found = said.text.strip() if said else "", digest_of(grey.values())
    if fold(expected) != fold(found):
        ctx.book.add(
            "grey-figures-changed",
            f"{found or 'no grey figures'}; the cover says: {expected or 'none'}",
            sheet=sheet.name,
            table=form.table.name,
        )
        grey = {}
    inside = {place: cell for place, cell in sheet.cells.items() if place not in beside}
    hidden = sheet.hidden_columns - columns
    return Parted(replace(sheet, cells=inside, hidden_columns=hidden), grey)


def _heads(sheet: RawSheet, form: SheetForm) -> tuple[dict[tuple[FormColumn, int], str], int]:
    """The column of figures and the own column of each head beside the form, with its
    ending; and the row of heads, 0 where there are none.
    """
    known = {
        fold(column.head + suffix): (column, suffix)
        for column in form.columns
        if column.kind == "value"
        for suffix in (CHECK_SUFFIX, BEFORE_SUFFIX, STATUS_BEFORE_SUFFIX)
    }
    found: dict[tuple[FormColumn, int], str] = {}
    first = 0
    for (row, column), cell in sorted(sheet.cells.items()):
        if row > _ROWS or (first and row > first):
            break
        if match := known.get(fold(clean(cell.text))):
            found[match[0], column] = match[1]
            first = row
    return found, first


def _grey(
    sheet: RawSheet, heads: dict[tuple[FormColumn, int], str], *, first: int
) -> dict[tuple[int, tuple[str, ...]], GreyFigure]:
    before = {column: of for (of, column), suffix in heads.items() if suffix == BEFORE_SUFFIX}
    status = {of.codes: c for (of, c), suffix in heads.items() if suffix == STATUS_BEFORE_SUFFIX}
    found = {}
    for (row, column), cell in sheet.cells.items():
        if column not in before or row <= first or not cell.text.strip():
            continue
        of = before[column]
        beside = sheet.cells.get((row, status.get(of.codes, 0)))
        code = sheet.cells.get((row, 1))
        found[row, of.codes] = GreyFigure(
            clean(code.text) if code else "", of.head, cell.text, beside.text if beside else ""
        )
    return found


def is_left(grey: GreyFigure | None, value: RawCell | None, status: RawCell | None) -> bool:
    """Whether a figure is the one that was filled in: a formula or another status is the
    state's own word.
    """
    if grey is None or value is None or value.formula or (status and status.formula):
        return False
    return grey.stands(value.text, status.text if status else "")
