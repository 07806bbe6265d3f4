"""Which sheets of a workbook are those of the form? Reads its cover and hands each
table's sheet to its reader.
"""

from __future__ import annotations

from dataclasses import replace

from pipeline.contracts.codelists import fold
from pipeline.contracts.layout import (
    CHECKS_SHEET,
    CODE_ROW,
    COVER_SHEET,
    HELP_SHEET,
    LISTS_SHEET,
    form_of,
    tables_for,
)
from pipeline.contracts.model import Table
from pipeline.contracts.offices import Parts
from pipeline.returns.formats.raw import RawCell, RawSheet, RawWorkbook, column_letters
from pipeline.returns.intake.codes import clean, latin
from pipeline.returns.intake.cover import cover_of_sheet, read_cover
from pipeline.returns.intake.entry import ReturnContext
from pipeline.returns.intake.grey import part_beside
from pipeline.returns.intake.personal import personal_data
from pipeline.returns.intake.problems import FindingBook
from pipeline.returns.intake.screen import screen
from pipeline.returns.intake.sheet import read_sheet

_OWN = (COVER_SHEET, HELP_SHEET, CHECKS_SHEET, LISTS_SHEET)


def read_book(
    ctx: ReturnContext, workbook: RawWorkbook, *, is_supplement: bool, parts: Parts
) -> dict[str, str]:
    """Read a workbook: entries, findings and the outcome of each cell go to the
    context. Returns the cover's answers.

    A supplement brings some tables anew: sheets that it leaves out are not missed. Of
    the part of an office those are that the office gives by `parts`.
    """
    tables = tables_for(ctx.contract, ctx.state, round_=ctx.round)
    by_name = _match_sheets(ctx, workbook, tables=tables)
    table_at = {s.name: t.name for t in tables if (s := by_name.get(t.layout.sheet))}
    cells = [c for s in workbook.sheets for c in s.cells.values()]
    taken = screen(ctx, cells, table_of=lambda cell: table_at.get(cell.sheet, ""))
    own = {name: _without(sheet, taken) for name, sheet in by_name.items() if name in _OWN}
    by_name = by_name | own
    cover_sheet = by_name.get(COVER_SHEET)
    answers = cover_of_sheet(cover_sheet) if cover_sheet else None
    cover = read_cover(ctx, answers)
    for name in _OWN:
        if name in by_name:
            ctx.ignore(by_name[name].cells.values(), name.lower())
    _check_sheets(ctx, workbook, by_name=by_name)
    for table in tables:
        sheet = by_name.get(table.layout.sheet)
        if sheet is not None and (title := _title_of_another(sheet, table, tables=tables)):
            # Two tables with the same lines and columns would be taken for each other
            # without a word.
            ctx.book.add(
                "other-title", title, sheet=sheet.name, table=table.name, allowed=table.title
            )
            ctx.refuse(sheet.cells.values(), table)
        elif sheet is not None:
            form = form_of(table, ctx.contract, state=ctx.state, round_=ctx.round)
            parted = part_beside(ctx, sheet, form=form, answers=answers or {})
            _find_hidden_cells(ctx, parted.sheet, table=table)
            read_sheet(ctx, parted.sheet, form=form, grey=parted.grey)
        elif not is_supplement and (not ctx.office or table.name in parts.get(ctx.office, ())):
            ctx.book.add(
                "missing-sheet", "no such sheet", sheet=table.layout.sheet, table=table.name
            )
    ctx.settle_held()
    return cover


def with_neutral_names(book: FindingBook, workbook: RawWorkbook) -> RawWorkbook:
    """The workbook with sheets called by their number where their names hold personal
    data.
    """
    sheets = []
    for number, sheet in enumerate(workbook.sheets, 1):
        if name := personal_data(sheet.name):
            neutral = f"(sheet {number})"
            book.add(
                "personal-data", f"a name of the sheet with what looks like: {name}", sheet=neutral
            )
            cells = {place: replace(cell, sheet=neutral) for place, cell in sheet.cells.items()}
            sheet = replace(sheet, name=neutral, cells=cells)
        sheets.append(sheet)
    return replace(workbook, sheets=tuple(sheets))


def _without(sheet: RawSheet, taken: set[tuple[str, str]]) -> RawSheet:
    return replace(
        sheet, cells={p: c for p, c in sheet.cells.items() if (c.sheet, c.address) not in taken}
    )


def _match_sheets(
    ctx: ReturnContext, workbook: RawWorkbook, *, tables: list[Table]
) -> dict[str, RawSheet]:
    """Sheets of the form by the name that the form gives them, wherever they stand in
    the file.

    A sheet of another name is still the table's when it alone bears the table's title
    and codes.
    """
    names = {fold(n): n for n in (*_OWN, *(t.layout.sheet for t in tables))}
    found: dict[str, RawSheet] = {}
    strange = []
    for sheet in workbook.sheets:
        plain = names.get(fold(clean(sheet.name)))
        name = plain or names.get(fold(latin(clean(sheet.name))))
        if name and name not in found:
            found[name] = sheet
            if not plain:
                ctx.book.add("look-alike", sheet.name, sheet=sheet.name, allowed=name)
        else:
            strange.append(sheet)
    for table in tables:
        if table.layout.sheet in found:
            continue
        alike = [s for s in strange if s.cells and _bears(ctx, s, table=table)]
        rivals = [
            t
            for t in tables
            if t.layout.sheet not in found and alike and _bears(ctx, alike[0], table=t)
        ]
        if len(alike) == 1 and rivals == [table]:
            found[table.layout.sheet] = alike[0]
            strange.remove(alike[0])
            ctx.book.add(
                "sheet-renamed",
                alike[0].name[:60],
                sheet=alike[0].name,
                table=table.name,
                allowed=table.layout.sheet,
            )
    return found


def _bears(ctx: ReturnContext, sheet: RawSheet, *, table: Table) -> bool:
    """True when a sheet has the title of the table's form and every code of its
    columns.
    """
    form = form_of(table, ctx.contract, state=ctx.state, round_=ctx.round)
    texts = {fold(clean(c.text)) for (row, _), c in sheet.cells.items() if row <= 3 * CODE_ROW}
    return fold(table.title) in texts and all(
        fold(c.head) in texts for c in form.columns if c.kind == "value"
    )


def _title_of_another(sheet: RawSheet, table: Table, *, tables: list[Table]) -> str:
    texts = {fold(clean(c.text)) for (row, _), c in sheet.cells.items() if row <= 3 * CODE_ROW}
    if fold(table.title) in texts:
        return ""
    return next((t.title for t in tables if fold(t.title) in texts), "")


def _check_sheets(
    ctx: ReturnContext, workbook: RawWorkbook, *, by_name: dict[str, RawSheet]
) -> None:
    known = {sheet.name: name for name, sheet in by_name.items()}
    tables = {t.layout.sheet: t.name for t in ctx.contract.tables}
    for sheet in workbook.sheets:
        name = known.get(sheet.name)
        if sheet.hidden and name != LISTS_SHEET:
            table = tables.get(name or "", "")
            ctx.book.add(
                "hidden-sheet",
                f"hidden sheet with {len(sheet.cells)} cells",
                sheet=sheet.name,
                table=table,
            )
        elif name is None and sheet.cells:
            ctx.book.add("unknown-sheet", f"sheet with {len(sheet.cells)} cells", sheet=sheet.name)
        if name is None:
            ctx.ignore((c for c in sheet.cells.values() if not ctx.is_held(c)), "unknown-sheet")


def _find_hidden_cells(ctx: ReturnContext, sheet: RawSheet, *, table: Table) -> None:
    """Figures in lines and columns that are hidden or filtered out are read; the state
    may not know of them.
    """
    unseen = [
        c
        for (row, column), c in sorted(sheet.cells.items())
        if c.kind == "number" and (row in sheet.hidden_rows or column in sheet.hidden_columns)
    ]
    if unseen:
        ctx.find("hidden-cells", unseen[0], table=table, found=_places(sheet, unseen))


def _places(sheet: RawSheet, cells: list[RawCell]) -> str:
    rows = sorted(sheet.hidden_rows & {row for row, _ in sheet.cells})
    columns = [
        column_letters(c)
        for c in sorted(sheet.hidden_columns & {column for _, column in sheet.cells})
    ]
    what = [f"row {', '.join(map(str, rows[:8]))}"] * bool(rows) + [
        f"column {', '.join(columns[:8])}"
    ] * bool(columns)
    return f"{len(cells)} figures out of sight in {' and '.join(what)}"
