"""Where does a figure go in a return workbook? Cells of one workbook found by their
codes, read and filled.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.cells import Key
from pipeline.contracts.layout import (
    CODE_MARK,
    CONF_HEAD,
    COVER_SHEET,
    NOTE_HEAD,
    SOURCE_FIELD,
    STATUS_SUFFIX,
    form_of,
    tables_for,
)
from pipeline.contracts.model import Contracts, Table
from pipeline.contracts.template import build_workbook, workbook_bytes
from pipeline.errors import UserError
from pipeline.returns.importers.figures import number_of

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

NOTE_LENGTH = 1000  # as the contracts allow
NO_MORE_ROOM = "further remarks did not fit"
NO_ROWS_CODE = "*"  # code of the only line of a table that has no dimension down


def put_files(files: dict[Path, bytes]) -> None:
    """Write files, all of them or none: each is put in place when all are there beside
    their places.
    """
    parts = {path: path.with_suffix(f"{path.suffix}.part") for path in files}
    try:
        for path, data in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            parts[path].write_bytes(data)
        for path, part in parts.items():
            part.replace(path)
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)


def join_notes(old: str, new: str) -> str:
    """One more remark on a line, once. What does not fit into a note is replaced by
    words that say so.
    """
    if not new or new in old or old.endswith(NO_MORE_ROOM):
        return old
    joined = f"{old}; {new}" if old else new
    if len(joined) > NOTE_LENGTH - len(NO_MORE_ROOM) - 2:
        return (
            f"{old}; {NO_MORE_ROOM}"
            if old
            else new[: NOTE_LENGTH - len(NO_MORE_ROOM) - 2] + f"; {NO_MORE_ROOM}"
        )
    return joined


def sort_name(label: str) -> str:
    """Labels in the order people look them up: accents and case do not count."""
    folded = unicodedata.normalize("NFKD", label)
    return "".join(c for c in folded if not unicodedata.combining(c)).casefold()


@dataclass
class _Sheet:
    """One table's sheet: which line and column carries which codes."""

    table: Table
    sheet: Worksheet
    values: dict[str, int]
    statuses: dict[str, int]
    conf: int
    note: int
    lines: dict[str, int]
    free: list[int]

    def codes(self, key: Key) -> tuple[str, str]:
        """The code of the line and the head of the column of a key."""
        codes = dict(zip(self.table.key_dimensions, key.codes, strict=True))
        layout = self.table.layout
        row = ".".join(codes[d] for d in layout.rows) if layout.rows else NO_ROWS_CODE
        return row, ".".join(codes[d] for d in layout.columns)


@dataclass
class WorkbookReturn:
    """A return as a workbook: opened where it exists, else the blank form of the state."""

    contracts: Contracts
    report: str
    state: str
    round_: int
    path: Path
    workbook: Any = None
    _sheets: dict[str, _Sheet] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.workbook is not None:
            return
        if self.path.is_file():
            self.workbook = _open(self.path)
        else:
            self.workbook = build_workbook(
                self.contracts, self.report, state=self.state, round_=self.round_
            )

    def value(self, key: Key) -> str:
        sheet = self._sheet(key)
        row, column = sheet.codes(key)
        if row not in sheet.lines:
            return ""
        return _text(sheet.sheet.cell(sheet.lines[row], sheet.values[column]).value)

    def has_line(self, key: Key) -> bool:
        sheet = self._sheet(key)
        return sheet.codes(key)[0] in sheet.lines

    def add_lines(self, table: Table, codes: set[str]) -> set[str]:
        """Give every code of an open list its line, in the order of names; returns the
        codes that found none.
        """
        sheet = self._sheets_of(table)
        if not table.layout.open_rows:
            return set(codes) - set(sheet.lines)
        codelist = table.dimension(table.layout.rows[0]).codelist
        new = sorted(
            (c for c in codes if c not in sheet.lines), key=lambda c: sort_name(codelist.label(c))
        )
        for code in new[: len(sheet.free)]:
            line = sheet.free.pop(0)
            sheet.sheet.cell(line, 1).value = code
            sheet.sheet.cell(line, 2).value = codelist.label(code)
            sheet.lines[code] = line
        return {c for c in new if c not in sheet.lines}

    def put(self, key: Key, text: str, *, status: str) -> None:
        sheet = self._sheet(key)
        row, column = sheet.codes(key)
        sheet.sheet.cell(sheet.lines[row], sheet.values[column]).value = _cell_value(text)
        if status:
            sheet.sheet.cell(sheet.lines[row], sheet.statuses[column]).value = status

    def remark(self, key: Key, note: str) -> None:
        sheet = self._sheet(key)
        cell = sheet.sheet.cell(sheet.lines[sheet.codes(key)[0]], sheet.note)
        cell.value = join_notes(_text(cell.value), note) or None

    def cite(self, table: str, cited: str) -> None:
        cell = self._cover_cell(SOURCE_FIELD + table)
        old = _text(cell.value)
        if cited not in old:
            cell.value = f"{old}; {cited}" if old else cited

    def answer(self, field_: str, text: str) -> None:
        """Fill a field of the cover sheet that is still blank."""
        cell = self._cover_cell(field_)
        if not _text(cell.value):
            cell.value = text

    def cover(self) -> list[tuple[str, str]]:
        sheet = self.workbook[COVER_SHEET]
        return [
            (_text(r[0].value), _text(r[2].value))
            for r in sheet.iter_rows(min_row=5, max_col=3)
            if r[0].value
        ]

    def lines(self) -> list[tuple[list[tuple[Key, str, str]], list[Key], str, str]]:
        """Every line with its filled cells (key, text, status), all its keys, its
        confidentiality and its note.
        """
        found = []
        for table in tables_for(
            self.contracts.contract(self.report), self.state, round_=self.round_
        ):
            sheet = self._sheets_of(table)
            for code, line in sheet.lines.items():
                keys = [self._key(table, code, head) for head in sheet.values]
                cells = []
                for key, head in zip(keys, sheet.values, strict=True):
                    text = _text(sheet.sheet.cell(line, sheet.values[head]).value)
                    if text:
                        cells.append(
                            (key, text, _text(sheet.sheet.cell(line, sheet.statuses[head]).value))
                        )
                conf = _text(sheet.sheet.cell(line, sheet.conf).value)
                found.append((cells, keys, conf, _text(sheet.sheet.cell(line, sheet.note).value)))
        return found

    def content(self) -> dict[Path, bytes]:
        """The file of the return as it is to be written."""
        return {self.path: workbook_bytes(self.workbook, self.round_)}

    def save(self) -> None:
        put_files(self.content())

    def _key(self, table: Table, row: str, head: str) -> Key:
        layout = table.layout
        codes = dict(zip(layout.columns, head.split("."), strict=True))
        codes |= dict(zip(layout.rows, row.split("."), strict=True)) if layout.rows else {}
        return table.key({"state": self.state, **codes})

    def _cover_cell(self, code: str) -> Any:
        sheet = self.workbook[COVER_SHEET]
        for row in sheet.iter_rows(min_row=1, max_col=3):
            if row[0].value == code:
                return row[2]
        raise UserError(
            f"the cover has no field '{code}'",
            where=f"{self.path} sheet {COVER_SHEET}",
            do="start from a blank workbook of this round: move the file away and import again",
        )

    def _sheet(self, key: Key) -> _Sheet:
        return self._sheets_of(self.contracts.table(key.cube))

    def _sheets_of(self, table: Table) -> _Sheet:
        if table.name not in self._sheets:
            self._sheets[table.name] = self._locate(table)
        return self._sheets[table.name]

    def _locate(self, table: Table) -> _Sheet:
        """Find lines and columns by their codes, so that lines a state inserted do no
        harm.
        """
        name = table.layout.sheet
        if name not in self.workbook.sheetnames:
            raise self._misfit(f"there is no sheet '{name}'")
        sheet = self.workbook[name]
        head = next((r for r in range(1, 30) if sheet.cell(r, 1).value == CODE_MARK), 0)
        heads = (
            {_text(sheet.cell(head, c).value): c for c in range(1, sheet.max_column + 1)}
            if head
            else {}
        )
        form = form_of(
            table, self.contracts.contract(self.report), state=self.state, round_=self.round_
        )
        wanted = [c.head for c in form.columns if c.kind == "value"]
        missing = [
            h
            for h in [*wanted, *(w + STATUS_SUFFIX for w in wanted), CONF_HEAD, NOTE_HEAD]
            if h not in heads
        ]
        if missing:
            raise self._misfit(f"sheet '{name}' has no column '{missing[0]}'")
        lines, free = {}, []
        for row in range(head + 1, max(sheet.max_row, form.rows[-1].index) + 1):
            code = _text(sheet.cell(row, 1).value)
            if code:
                lines[code] = row
            elif table.layout.open_rows and not _text(sheet.cell(row, 2).value):
                free.append(row)
        return _Sheet(
            table,
            sheet,
            {h: heads[h] for h in wanted},
            {h: heads[h + STATUS_SUFFIX] for h in wanted},
            heads[CONF_HEAD],
            heads[NOTE_HEAD],
            lines,
            free,
        )

    def _misfit(self, what: str) -> UserError:
        return UserError(
            what,
            where=str(self.path),
            allowed=f"the {self.report} workbook of {self.state} for round {self.round_}",
            do="start from a blank workbook of this round: move the file away and import again",
        )


def _open(path: Path) -> Any:
    import zipfile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        return load_workbook(path)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError) as problem:
        raise UserError(
            f"the return cannot be opened ({type(problem).__name__})",
            where=str(path),
            do="repair the workbook or move it away, then import again",
        ) from problem


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _cell_value(text: str) -> int | Decimal | str:
    number = number_of(text)
    if number is None:
        return text
    return int(number) if number == number.to_integral_value() else number
