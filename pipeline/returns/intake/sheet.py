"""Which figures stand on a sheet of the form? Lines and columns are found by their
codes, wherever they are now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from pipeline.contracts.beside import GreyFigure
from pipeline.contracts.codelists import fold
from pipeline.contracts.layout import (
    CODE_MARK,
    CODE_ROW,
    CONF_HEAD,
    NOTE_HEAD,
    STATUS_SUFFIX,
    ColumnKind,
    FormRow,
    SheetForm,
)
from pipeline.returns.formats.raw import RawCell, RawSheet, column_letters
from pipeline.returns.intake.codes import (
    clean,
    codes_of,
    latin,
    load_headers,
    read_code,
    split_codes,
)
from pipeline.returns.intake.entry import Figure, ReturnContext, enter_line
from pipeline.returns.intake.grey import LEFT, is_left
from pipeline.returns.intake.openlist import OpenList

SEARCH_ROWS, SEARCH_COLUMNS = 30, 10
MAX_OUTSIDE = 25  # lines outside the form that get a finding of their own
# heads that are words, by their column
_HEADS = {
    "code": CODE_MARK,
    "conf_status": CONF_HEAD,
    "note": NOTE_HEAD,
}
# What was filled in grey, by the number of its line and the codes of its column.
Grey = Mapping[tuple[int, tuple[str, ...]], GreyFigure]
NO_ROWS = "*"  # stands for the code of the line in tables without dimensions that go down


@dataclass(frozen=True)
class Column:
    """What a column of the sheet holds. A `refused` column has a code that cannot be
    read.
    """

    kind: ColumnKind
    codes: tuple[str, ...] = ()
    refused: bool = False


@dataclass(frozen=True)
class Line:
    """One line below the row of codes: its number and its filled cells by column."""

    row: int
    cells: dict[int, RawCell]


def read_sheet(ctx: ReturnContext, sheet: RawSheet, *, form: SheetForm, grey: Grey) -> None:
    """Read one sheet: entries, findings and the outcome of each of its filled cells go
    to the context. A figure that is still the `grey` one of its cell is no new report.
    """
    _SheetReader(ctx, sheet, form=form, grey=grey).read()


class _SheetReader:
    def __init__(self, ctx: ReturnContext, sheet: RawSheet, *, form: SheetForm, grey: Grey) -> None:
        seen = {place: cell for place, cell in sheet.cells.items() if not ctx.is_held(cell)}
        self.ctx, self.form, self.table, self.grey = ctx, form, form.table, grey
        self.sheet = replace(sheet, cells=seen)
        self.held = {place: cell for place, cell in sheet.cells.items() if ctx.is_held(cell)}
        self.top, self.left = 0, 0
        self.columns: dict[int, Column] = {}
        self.labels: dict[int, str] = {}  # what the form has above the code of a column
        self.damaged = False
        self.localised: list[RawCell] = []
        self.seen_heads: set[str] = set()
        self.seen_rows: set[str] = set()
        self.outside: dict[int, list[RawCell]] = defaultdict(list)

    def read(self) -> None:
        mark = self._find_mark()
        if mark is None:
            self.ctx.book.add(
                "no-code-row",
                "no row of codes",
                sheet=self.sheet.name,
                cell=f"A{CODE_ROW}",
                table=self.table.name,
            )
            self.ctx.refuse(self.sheet.cells.values(), self.table)
            return
        self.top, self.left = mark
        self._read_heads()
        self._ignore_text_above()
        self._refuse_merged()
        lines = self._lines()
        if self.table.layout.open_rows:
            self._read_open_lines(lines)
        else:
            for line in lines:
                self._read_line(line)
        self._report_missing()
        self._report_outside()

    # Where the form is.

    def _find_mark(self) -> tuple[int, int] | None:
        near = [
            (place, cell)
            for place, cell in sorted(self.sheet.cells.items())
            if place[0] <= SEARCH_ROWS and place[1] <= SEARCH_COLUMNS
        ]
        marks = [n for n in near if fold(latin(n[1].text)) == CODE_MARK.casefold()]
        for (row, column), cell in marks or [
            n for n in near if self._localised(n[1].text) == CODE_MARK
        ]:
            if (row, column) != (CODE_ROW, 1):
                self.ctx.find(
                    "form-moved",
                    cell,
                    table=self.table,
                    found=f"the row of codes stands in row {row}",
                )
            if not marks:
                self.localised.append(cell)
            elif fold(cell.text) != CODE_MARK.casefold():
                self.ctx.find("look-alike", cell, table=self.table)
            return row, column
        return None

    def _localised(self, text: str) -> str:
        """The head of the form that a head in another language stands for; empty when
        it is none.
        """
        known = load_headers(self.ctx.contracts.codelists)
        if head := _HEADS.get(known.get(fold(clean(text)), "")):
            return head
        codes, _, last = clean(text).rpartition(" ")
        return codes + STATUS_SUFFIX if codes and known.get(fold(last)) == "status" else ""

    def _read_heads(self) -> None:
        self.columns[self.left] = Column("code")
        heads = {fold(c.head): c for c in self.form.columns if c.kind not in ("code", "label")}
        cells = {
            c: cell for (r, c), cell in self.sheet.cells.items() if r == self.top and c > self.left
        }
        unread = {}
        for column, cell in cells.items():
            text = fold(clean(cell.text))
            known = heads.get(text) or heads.get(fold(latin(clean(cell.text))))
            if known is None and (known := heads.get(fold(self._localised(cell.text)))):
                self.localised.append(cell)
                text = fold(known.head)
            if known is None:
                unread[column] = cell
                continue
            if fold(known.head) != text:
                self.ctx.find("look-alike", cell, table=self.table)
            self.columns[column] = Column(known.kind, known.codes)
            self.labels[column] = known.label
            self.seen_heads.add(known.head)
        self._read_labels(unread)
        for column, cell in unread.items():
            self._read_strange_head(column, cell)
        self._find_bare_heads()
        if self.localised:
            found = ", ".join(c.text[:30] for c in self.localised[:5])
            self.ctx.find("localised-header", self.localised[0], table=self.table, found=found)
        self.ctx.ignore([c for col, c in cells.items() if col in self.columns], "form-code")
        self.ctx.ignore([self.sheet.cells[self.top, self.left]], "form-code")

    def _read_labels(self, unread: dict[int, RawCell]) -> None:
        for form_column in self.form.columns:
            column = self.left + form_column.index - 1
            if form_column.kind == "label" and column not in self.columns:
                self.columns[column] = Column("label")
                self.labels[column] = form_column.label
                cell = unread.pop(column, None)
                if cell and fold(cell.text) != fold(form_column.label or form_column.head):
                    self.ctx.find("changed-text", cell, table=self.table)

    def _read_strange_head(self, column: int, cell: RawCell) -> None:
        """A head that is not of this form: a code of another year or list, a damaged
        code, or a column of their own.
        """
        text = clean(cell.text)
        is_status = fold(text).endswith(STATUS_SUFFIX)
        codes = split_codes(
            text[: -len(STATUS_SUFFIX)] if is_status else text,
            self.table.layout.columns,
            table=self.table,
        )
        expected = self._form_head_at(column)
        if codes:
            refused = self._outside_years(self.table.layout.columns, codes[0])
            if refused and not is_status:
                self.ctx.find("year-outside-window", cell, table=self.table)
            self.columns[column] = Column("status" if is_status else "value", codes[0], refused)
            self.damaged = True
        elif expected is not None and expected not in self.seen_heads:
            self.ctx.book.add(
                "unknown-code",
                cell.raw,
                sheet=cell.sheet,
                cell=cell.address,
                table=self.table.name,
                allowed=expected,
            )
            kind = next(c.kind for c in self.form.columns if c.head == expected)
            self.columns[column] = Column(kind, (), refused=True)
            self.damaged = True

    def _find_bare_heads(self) -> None:
        """Columns with figures whose code was emptied."""
        filled = {c for (r, c) in self.sheet.cells if r > self.top}
        for column in sorted(filled - set(self.columns)):
            expected = self._form_head_at(column)
            if (
                (self.top, column) not in self.sheet.cells
                and expected is not None
                and expected not in self.seen_heads
            ):
                address = f"{column_letters(column)}{self.top}"
                self.ctx.book.add(
                    "unknown-code",
                    "no code",
                    sheet=self.sheet.name,
                    cell=address,
                    table=self.table.name,
                    allowed=expected,
                )
                kind = next(c.kind for c in self.form.columns if c.head == expected)
                self.columns[column] = Column(kind, (), refused=True)
                self.damaged = True

    def _form_head_at(self, column: int) -> str | None:
        index = column - self.left + 1
        return next(
            (
                c.head
                for c in self.form.columns
                if c.index == index and c.kind not in ("code", "label")
            ),
            None,
        )

    def _outside_years(self, names: tuple[str, ...], codes: tuple[str, ...]) -> bool:
        return any(
            n == "year" and int(c) not in self.form.years for n, c in zip(names, codes, strict=True)
        )

    def _ignore_text_above(self) -> None:
        in_form = {self.left + c.index - 1: c.label for c in self.form.columns}
        for (row, column), cell in self.sheet.cells.items():
            if row >= self.top:
                continue
            if row == self.top - 1 and column in self.columns and column != self.left:
                expected = self.labels.get(column, in_form.get(column, ""))
                if fold(cell.text) != fold(expected):
                    self.ctx.find("changed-text", cell, table=self.table)
                self.ctx.ignore([cell], "form-text")
            elif column <= self.left:
                self.ctx.ignore([cell], "form-text")
            else:
                self.outside[row].append(cell)

    def _refuse_merged(self) -> None:
        figures = {c for c, column in self.columns.items() if column.kind not in ("code", "label")}
        for first_row, first, last_row, last in self.sheet.merged:
            if last_row > self.top and figures & set(range(first, last + 1)):
                address = f"{column_letters(first)}{first_row}"
                area = f"{address}:{column_letters(last)}{last_row}"
                self.ctx.book.add(
                    "merged-cells",
                    f"merged: {area}",
                    sheet=self.sheet.name,
                    cell=address,
                    table=self.table.name,
                )
                # Also what stands below the first of them, where nobody sees it.
                area_cells = (
                    (r, c) for r in range(first_row, last_row + 1) for c in range(first, last + 1)
                )
                hidden = [
                    p
                    for p in area_cells
                    if p in self.sheet.cells and p[0] > self.top and p[1] in figures
                ]
                self.ctx.refuse([self.sheet.cells[p] for p in hidden], self.table)

    # What stands in it.

    def _lines(self) -> list[Line]:
        lines: dict[int, dict[int, RawCell]] = defaultdict(dict)
        for (row, column), cell in self.sheet.cells.items():
            # Merged figures are refused already: they are no figures of any line.
            if row < self.top or not self.ctx.ledger.is_open(cell.sheet, cell.address):
                continue
            if column in self.columns and row > self.top:
                lines[row][column] = cell
            else:
                self.outside[row].append(cell)
        for (row, column), cell in self.held.items():
            # Its line must know that there was something: no figure is left out, or
            # taken for free, without a word.
            is_answer = column in self.columns and self.columns[column].kind in (
                "value",
                "status",
                "conf",
            )
            if is_answer and row > self.top and self.ctx.ledger.is_open(cell.sheet, cell.address):
                lines[row][column] = cell
        return [Line(row, cells) for row, cells in sorted(lines.items())]

    def _of_kind(self, line: Line, *kinds: ColumnKind) -> list[RawCell]:
        return [
            cell
            for column, cell in sorted(line.cells.items())
            if self.columns[column].kind in kinds
        ]

    def _read_line(self, line: Line) -> None:
        """A line of a table whose every line has its code in the form."""
        cell = line.cells.get(self.left)
        text = clean(cell.text) if cell else ""
        figures = self._of_kind(line, "value", "status")
        rows = {r.code or NO_ROWS: r for r in self.form.rows}
        row = rows.get(text) or rows.get(latin(text))
        names = self.table.layout.rows
        if row is not None:
            if row.code and row.code != text or not row.code and text != NO_ROWS:
                self._look_alike(cell)
            self.seen_rows.add(text if text in rows else latin(text))
            self._ignore_names(line, row)
            self._enter(line, row.codes)
        elif names and (codes := split_codes(text, names, table=self.table)):
            self.damaged = True
            if codes[1]:
                self._look_alike(cell)
            if cell and self._outside_years(names, codes[0]):
                self.ctx.find("year-outside-window", cell, table=self.table)
                self._refuse_line(line)
                return
            self.ctx.ignore([cell, *self._of_kind(line, "label")], "form-code")
            self._enter(line, codes[0])
        elif figures:
            self.damaged = True
            address = f"{column_letters(self.left)}{line.row}"
            self.ctx.book.add(
                "unknown-code",
                text or "no code",
                sheet=self.sheet.name,
                cell=address,
                table=self.table.name,
                allowed=self._expected_code(line.row),
            )
            self._refuse_line(line)
        else:
            self.outside[line.row] += line.cells.values()

    def _expected_code(self, row: int) -> str:
        shift = self.top - CODE_ROW
        code = next((r.code or NO_ROWS for r in self.form.rows if r.index + shift == row), "")
        return f"{code}, the code of this line in the form" if code else ""

    def _look_alike(self, cell: RawCell | None) -> None:
        if cell:
            self.ctx.find("look-alike", cell, table=self.table)

    def _ignore_names(self, line: Line, row: FormRow) -> None:
        labels = self._of_kind(line, "label")
        expected = {fold(label) for label in row.labels}
        for cell in labels:
            if fold(cell.text) not in expected:
                self.ctx.find("changed-text", cell, table=self.table)
        self.ctx.ignore(labels, "form-text")
        self.ctx.ignore([line.cells.get(self.left)], "form-code")

    def _refuse_line(self, line: Line) -> None:
        self.ctx.ignore(self._of_kind(line, "label"), "form-text")
        self.ctx.refuse(line.cells.values(), self.table)

    def _read_open_lines(self, lines: list[Line]) -> None:
        """Lines of a list from which the state chooses; its first lines, total and
        unknown, are the form's own.
        """
        (dimension,) = self.table.layout.rows
        fixed = {r.code: r for r in self.form.rows if r.codes}
        chosen, claimed = [], False
        for line in lines:
            cell = line.cells.get(self.left)
            text = clean(cell.text) if cell else ""
            row = fixed.get(text) or fixed.get(latin(text))
            if row is None:
                chosen.append(line)
                continue
            if text not in fixed:
                self._look_alike(cell)
            self.seen_rows.add(row.code)
            claimed = claimed or (row.code == "_U" and bool(self._of_kind(line, "value", "status")))
            self._ignore_names(line, row)
            self._enter(line, row.codes)
        names = OpenList(self.ctx, self.table, dimension=dimension, claimed=claimed)
        for line in chosen:
            self._read_chosen(line, names)

    def _read_chosen(self, line: Line, names: OpenList) -> None:
        cell = line.cells.get(self.left)
        labels = self._of_kind(line, "label")
        if not self._of_kind(line, "value", "status"):
            if (
                cell
                and not labels
                and not read_code(cell.text, codes_of(self.table, self.table.layout.rows[0]))[0]
            ):
                self.outside[line.row] += line.cells.values()
                return
            self.ctx.ignore([cell, *labels], "line-label")
            self._enter(line, ())
            return
        address = f"{column_letters(self.left)}{line.row}"
        place = cell or (labels[0] if labels else RawCell(self.sheet.name, address, ""))
        name = " ".join(c.text for c in labels)
        code = names.code(cell.text if cell else "", name, place=place)
        self.ctx.ignore([cell, *labels], "line-label")
        if not code:
            self.ctx.refuse(line.cells.values(), self.table)
            return
        self._enter(line, (code,))

    def _enter(self, line: Line, row_codes: tuple[str, ...]) -> None:
        refused = [cell for column, cell in line.cells.items() if self.columns[column].refused]
        self.ctx.refuse(refused, self.table)
        figures = []
        statuses = dict(self._usable(line, "status"))
        for codes, cell in self._usable(line, "value"):
            key, status = self._codes(row_codes, codes), statuses.pop(codes, None)
            if is_left(self.grey.get((line.row, codes)), cell, status):
                self._leave(Figure(key, cell, status))
            else:
                figures.append(Figure(key, cell, status))
        figures += [
            Figure(self._codes(row_codes, codes), None, cell) for codes, cell in statuses.items()
        ]
        conf = next((cell for _, cell in self._usable(line, "conf")), None)
        note = next((cell for _, cell in self._usable(line, "note")), None)
        enter_line(self.ctx, self.table, figures=figures, conf=conf, note=note)
        left_over = [c for c in line.cells.values() if self.ctx.ledger.is_open(c.sheet, c.address)]
        if left_over:  # a second column for status, confidentiality or note
            self.outside[line.row] += left_over

    def _leave(self, figure: Figure) -> None:
        """A figure that stands as it was filled in says nothing new."""
        for cell in (figure.value, figure.status):
            if cell:
                self.ctx.held.pop((cell.sheet, cell.address), None)
        self.ctx.ignore([figure.value, figure.status], LEFT)
        self.ctx.left.append(f"{self.table.name}:{'.'.join(figure.codes)}")

    def _usable(self, line: Line, kind: ColumnKind) -> list[tuple[tuple[str, ...], RawCell]]:
        return [
            (self.columns[column].codes, cell)
            for column, cell in sorted(line.cells.items())
            if self.columns[column].kind == kind and not self.columns[column].refused
        ]

    def _codes(self, row_codes: tuple[str, ...], column_codes: tuple[str, ...]) -> tuple[str, ...]:
        return self.form.key(row_codes, column_codes).codes

    # What is missing, what is too much.

    def _report_missing(self) -> None:
        """Lines and columns of the form that were removed; a damaged code is reported
        where it stands instead.
        """
        if self.damaged:
            return
        rows = [r.code or NO_ROWS for r in self.form.rows if r.codes or not self.table.layout.rows]
        heads = [c.head for c in self.form.columns if c.kind == "value"]
        missing = [code for code in rows if code not in self.seen_rows]
        missing += [head for head in heads if head not in self.seen_heads]
        if missing:
            address = f"{column_letters(self.left)}{self.top}"
            self.ctx.book.add(
                "missing-lines",
                "without " + ", ".join(missing[:12]),
                sheet=self.sheet.name,
                cell=address,
                table=self.table.name,
            )

    def _report_outside(self) -> None:
        lines = []
        for _, cells in sorted(self.outside.items()):
            still = [
                c
                for c in cells
                if self.ctx.ledger.is_open(c.sheet, c.address) and not self.ctx.is_held(c)
            ]
            blank = [c for c in still if not c.text.strip() and not c.formula]
            self.ctx.ignore(blank, "blank-text")
            if filled := [c for c in still if c not in blank]:
                lines.append(filled)
        for cells in lines[:MAX_OUTSIDE]:
            found = ", ".join(f"{c.address}: {c.raw[:40]}" for c in cells[:3])
            more = f" and {len(cells) - 3} more cells" if len(cells) > 3 else ""
            self.ctx.find("outside-form", cells[0], table=self.table, found=found + more)
        if len(lines) > MAX_OUTSIDE:
            found = f"{len(lines) - MAX_OUTSIDE} more lines from here"
            self.ctx.find("outside-form", lines[MAX_OUTSIDE][0], table=self.table, found=found)
        for cells in lines:
            self.ctx.refuse(cells, self.table)
