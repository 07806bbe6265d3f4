"""Where is the table in a published file? Found by its columns: whichever sheet, row,
order, separator and encoding.

What cannot be read for certain is refused: columns that are missing or stand twice,
merged cells in the table, rows that do not fit its header, a code page that cannot be
told.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.contracts.codelists import fold, load_aliases
from pipeline.contracts.model import Contracts
from pipeline.errors import UserError
from pipeline.returns.formats.raw import DamagedFile, column_letters
from pipeline.returns.importers.grids import (
    BLANK,
    Line,
    SourceGrid,
    Value,
    check_kind,
    cut,
    is_text,
    read_sheets,
    read_texts,
    split_top,
)
from pipeline.returns.intake.codes import latin
from pipeline.returns.intake.parse import load_symbols

LABEL = " label"  # behind the name of a column: the one that holds the labels of its codes
HEADER_WITHIN = 40  # rows from the top in which the header must stand
ALLOWED = "a workbook (.xlsx, .xls, .ods) or a text file (.csv, .tsv, .csv.gz) as published"
Choices = dict[str, tuple[str, ...]]
_YEAR = re.compile(r"(\d{4})(?:\.0+)?")
# The head of a key that stands packed in one column, as heads are compared: the parts of
# the key, and behind the stroke what the other columns are.
PACKED = re.compile(r"(?P<parts>\w+( ?, ?\w+)*) ?\\ ?time(_period)?")
_PACKED_BEGIN = re.compile(r"(?P<parts>\w+( ?, ?\w+)+) ?\\ ?time")
# As labels beside codes write a head: `geo: Geopolitical entity`.
_NAMED_HEAD = re.compile(r"(?P<id>\w+(?: \w+)?) ?: ?\S.*")


def folded(text: str) -> str:
    """The form in which heads and labels are compared: single spaces, no case,
    look-alike letters as Latin ones.
    """
    return fold(latin(text))


def _head(text: str) -> str:
    """The form in which heads are compared: of a packed key its parts in no order, without
    the frequency.
    """
    name = folded(text)
    if packed := PACKED.fullmatch(name):
        parts = sorted(part.strip() for part in packed["parts"].split(","))
        return f"{','.join(p for p in parts if p != 'freq')}\\time_period"
    return name


@dataclass(frozen=True)
class PublishedRow:
    """One row of the table and where it stands (`row 12`). `columns` gives the place of
    each head.
    """

    where: str
    line: Line
    columns: dict[str, int]

    @property
    def whole(self) -> str:
        """All that stands in the row, for the account."""
        return " / ".join(value.text.strip() for _, value in sorted(self.line.items()))

    def value(self, column: str) -> Value:
        return self.line.get(self.columns[column], BLANK)

    def text(self, column: str) -> str:
        return self.value(column).text.strip()

    def label(self, column: str) -> str:
        """The text as labels are compared: no case, single spaces, look-alike letters
        as Latin ones.
        """
        return folded(self.text(column))

    def year(self, column: str) -> str:
        """A year, also where a spreadsheet has made 2022.0 of it; "" where none stands."""
        found = _YEAR.fullmatch(self.text(column))
        return found[1] if found and not self.is_unreadable(column) else ""

    def is_unreadable(self, column: str) -> bool:
        """True when an error value, a date, a truth value or a formula never worked out
        stands where words belong.
        """
        value = self.value(column)
        return value.kind in ("error", "date", "boolean") or (
            value.kind == "empty" and value.formula
        )


@dataclass(frozen=True)
class Published:
    """The table of a file. `kind` names which of the expected headers it has, `heads`
    are its columns in order.

    `banner` holds the cells above the header, `remarks` what an analyst must know about
    how the file was read.
    """

    kind: str
    banner: tuple[Value, ...]
    heads: tuple[str, ...]
    rows: list[PublishedRow]
    remarks: tuple[str, ...]

    def head(self, name: str) -> str:
        """The head that is `name` as heads are compared, as the file spells it; empty
        where it has none.
        """
        return next((head for head in self.heads if folded(head) == folded(name)), "")


@dataclass(frozen=True)
class _Table:
    """A header found: which of the choices it is, its row, and the column of every
    head.
    """

    kind: str
    grid: SourceGrid
    row: int
    columns: dict[str, int]


def read_published(
    path: Path, choices: Choices, *, contracts: Contracts, linked: bool = False
) -> Published:
    """Read the one table of a file that has all columns of one of the choices.

    Heads are given as the choice spells them, others as the file does. `linked`: the
    workbook may name another one. Raises UserError.
    """
    if not path.is_file():
        raise UserError(
            "there is no such file", where=str(path), do="name the downloaded file with FILE="
        )
    try:
        data = path.read_bytes()
        kind = check_kind(data)
        if is_text(kind):
            table = _table_of_text(
                path, read_texts(data, kind), choices=choices, contracts=contracts
            )
        else:
            table = _table_of_sheets(path, read_sheets(data, kind, linked=linked), choices=choices)
    except (DamagedFile, OSError) as problem:
        what = f"the file cannot be read: {problem}"
        locked = isinstance(problem, DamagedFile) and problem.rule == "password-protected"
        do = (
            "take the password off"
            if locked
            else "download the file again, or save it in another of these formats"
        )
        raise UserError(
            what, where=str(path), allowed=ALLOWED, do=f"{do}, and name it with FILE="
        ) from problem
    _check_shape(path, table)
    return _published(table)


def _table_of_sheets(path: Path, grids: list[SourceGrid], *, choices: Choices) -> _Table:
    """The one sheet that has the columns; a hidden sheet counts only where no visible
    one has them.
    """
    found = [t for g in grids if (t := _find(path, g, choices=choices))]
    found = [t for t in found if not t.grid.hidden] or found
    if not found:
        raise _no_header(path, grids, choices=choices)
    if len(found) > 1:
        raise UserError(
            f"{len(found)} sheets have the columns of this source:"
            f" {', '.join(t.grid.name for t in found)}",
            where=str(path),
            allowed="one sheet with them",
            do="delete the sheets that are not to be imported",
        )
    return found[0]


def _table_of_text(
    path: Path, texts: dict[str, str], *, choices: Choices, contracts: Contracts
) -> _Table:
    """The table of a text file, cut at the separator that gives the columns, in the
    encoding that its words tell.
    """
    seen: list[SourceGrid] = []
    tables: dict[str, _Table] = {}
    for encoding, text in texts.items():
        for delimiter, top in split_top(text, HEADER_WITHIN):
            seen.append(top)
            if _find(path, top, choices=choices):
                table = _find(path, cut(text, delimiter), choices=choices)
                assert table is not None  # its header stands in the rows seen before
                tables[encoding] = table
    if not tables:
        raise _no_header(path, seen, choices=choices)
    if len(tables) == 1 and next(iter(tables)).startswith("utf"):
        return next(iter(tables.values()))
    return _choose_code_page(path, tables, choices=choices, contracts=contracts)


def _choose_code_page(
    path: Path, tables: dict[str, _Table], *, choices: Choices, contracts: Contracts
) -> _Table:
    """The table in the code page under which most words are known; UserError when two
    readings are equally good.
    """
    lists = contracts.codelists
    known = {
        *load_aliases(lists, "states"),
        *load_aliases(lists, "citizenship"),
        *load_symbols(lists),
    }
    readings: dict[tuple[str, ...], str] = {}
    for encoding, table in tables.items():
        readings.setdefault(tuple(_foreign_words(table, choices[table.kind])), encoding)
    ranked = sorted(readings, key=lambda words: -_known(words, known))
    if len(ranked) > 1 and _known(ranked[0], known) == _known(ranked[1], known):
        first, second = ([w for w in r if w not in set(o)] for r, o in (ranked[:2], ranked[1::-1]))
        raise UserError(
            f"the code page cannot be told: '{first[0] if first else ''}' in"
            f" {_named(readings[ranked[0]])} is '{second[0] if second else ''}' in"
            f" {_named(readings[ranked[1]])}",
            where=str(path),
            allowed="UTF-8, or a code page that known words tell",
            do="save the file as UTF-8, and name it with FILE=",
        )
    table = tables[readings[ranked[0]]]
    encoding = readings[ranked[0]]
    remark = f"the text was read as {_named(encoding)}"
    return replace(table, grid=replace(table.grid, remarks=(*table.grid.remarks, remark)))


def _foreign_words(table: _Table, expected: tuple[str, ...]) -> Iterator[str]:
    """Texts that are not ASCII, which a code page changes, row by row in the columns
    that are read.
    """
    # years are heads too
    wanted = {_head(name) for name in expected}
    columns = {c for h, c in table.columns.items() if _head(h) in wanted or h.isdigit()}
    for number, line in table.grid.lines.items():
        if number > table.row:
            yield from (v.text for c, v in line.items() if c in columns and not v.text.isascii())


def _known(words: tuple[str, ...], known: Container[str]) -> int:
    return sum(n for word, n in Counter(words).items() if fold(word) in known)


def _named(encoding: str) -> str:
    return encoding.replace("cp", "Windows-").replace("utf-", "UTF-")


def _find(path: Path, grid: SourceGrid, *, choices: Choices) -> _Table | None:
    """The first row near the top that has all columns of a choice. Raises UserError
    when a head stands twice.
    """
    for number in sorted(n for n in grid.lines if n <= HEADER_WITHIN):
        for kind, expected in choices.items():
            wanted = {_head(name): name for name in expected}
            heads = _heads(grid.lines[number], wanted)
            if not set(wanted) <= set(heads):
                continue
            line = grid.lines[number]
            if twice := [h for h, columns in heads.items() if h and len(columns) > 1]:
                name = line[heads[twice[0]][0]].text.strip()
                raise UserError(
                    f"the column '{name}' stands {len(heads[twice[0]])} times",
                    where=_place(path, grid, row=number),
                    allowed="one column of that name",
                    do="delete or rename the columns that are not the publisher's",
                )
            names = _label_columns(line)
            columns = {}
            for h, (column, *_) in heads.items():
                spelled = names.get(column, line[column].text.strip())
                # The order of a packed key is that of the file.
                if h:
                    columns[spelled if "\\" in h else wanted.get(h, spelled)] = column
            return _Table(kind, grid, number, columns)
    return None


def _heads(line: Line, wanted: Container[str]) -> dict[str, list[int]]:
    """The columns of each head of a row, as heads are compared. One with its name behind it
    is that head where it is wanted.
    """
    names = _label_columns(line)
    heads: dict[str, list[int]] = {}
    for column, value in sorted(line.items()):
        head = _head(names.get(column, value.text))
        named = _NAMED_HEAD.fullmatch(head)
        if named and head not in wanted and named["id"] in wanted:
            head = named["id"]
        heads.setdefault(head, []).append(column)
    return heads


def _label_columns(line: Line) -> dict[int, str]:
    """The columns of a header of SDMX-CSV 2.0 that hold the label beside a code, named
    after the column of the code.

    There the name of a component stands behind its id, and may be the same but for
    case: `sex,Sex`.
    """
    texts = {column: value.text.strip() for column, value in line.items()}
    if [texts.get(n, "").lstrip("\ufeff") for n in (1, 2, 3)] != [
        "STRUCTURE",
        "STRUCTURE_ID",
        "STRUCTURE_NAME",
    ]:
        return {}
    first = 6 if texts.get(4) == "ACTION" else 5  # the first label
    return {
        n: f"{texts[n - 1]}{LABEL}"
        for n in range(first, max(texts) + 1, 2)
        if n in texts and n - 1 in texts
    }


def _no_header(path: Path, grids: list[SourceGrid], *, choices: Choices) -> UserError:
    """Which columns are missing from the row that has most of them, and what stands
    there.
    """
    rows = [
        (g, n, {_head(v.text) for v in g.lines[n].values()})
        for g in grids
        for n in g.lines
        if n <= HEADER_WITHIN
    ]
    where = str(path)
    found = "nothing"
    missing = list(next(iter(choices.values())))
    for grid, number, _ in rows:
        # A row with a key of other parts may have been cut at the commas of the key.
        whole = ",".join(v.text.strip() for _, v in sorted(grid.lines[number].items()))
        if (packed := _PACKED_BEGIN.match(folded(whole))) and any(
            "\\" in c[0] for c in choices.values()
        ):
            return _other_key(_place(path, grid, row=number), packed["parts"], choices=choices)
    if rows:
        kind, (grid, number, heads) = max(
            ((kind, row) for kind in choices for row in rows),
            key=lambda pair: (
                sum(_head(c) in pair[1][2] for c in choices[pair[0]]) / len(choices[pair[0]])
            ),
        )
        where = _place(path, grid, row=number)
        found = ", ".join(
            v.text.strip() for _, v in sorted(grid.lines[number].items()) if v.text.strip()
        )[:200]
        missing = [c for c in choices[kind] if _head(c) not in heads]
    # A kind whose name goes on behind a blank is another form of the same table.
    shown = [c for kind, c in choices.items() if " " not in kind]
    return UserError(
        f"columns are missing: {', '.join(missing)}; found: {found or 'nothing'}",
        where=where,
        allowed=(
            f"{' | '.join(', '.join(c) for c in shown)}; in one of the first {HEADER_WITHIN} rows"
        ),
        do=(
            "name a file of this source with FILE=, or another SOURCE=; heads must be the"
            " publisher's own"
        ),
    )


def nearest(given: Collection[str], wanted: Mapping[str, Collection[str]]) -> str:
    """Of which of the wanted lists most names are given, and fewest are missing."""
    return max(wanted, key=lambda k: 2 * len(set(wanted[k]) & set(given)) - len(wanted[k]))


def told_apart(what: str, *, given: Iterable[str], wanted: Iterable[str]) -> str:
    """`parts of the key are missing: geo; parts of the key are not known: sex`, or nothing."""
    given, wanted = list(given), list(wanted)
    missing = [name for name in wanted if name not in given]
    unknown = [name for name in given if name not in wanted]
    said = [f"{what} are missing: {', '.join(missing)}"] if missing else []
    said += [f"{what} are not known: {', '.join(unknown)[:200]}"] if unknown else []
    return "; ".join(said)


def _other_key(where: str, parts: str, *, choices: Choices) -> UserError:
    """A packed key whose parts are those of no table that is read."""
    given = [part.strip() for part in parts.split(",") if part.strip() != "freq"]
    keys = [c[0] for c in choices.values() if "\\" in c[0]]
    wanted = {key: _head(key).partition("\\")[0].split(",") for key in keys}
    key = nearest(given, wanted)
    return UserError(
        told_apart("parts of the key", given=given, wanted=wanted[key]),
        where=where,
        allowed=" | ".join(keys),
        do="name a file of this source with FILE=, or another SOURCE=",
    )


def _place(path: Path, grid: SourceGrid, *, row: int) -> str:
    return f"{path} sheet '{grid.name}' row {row}" if grid.name else f"{path} row {row}"


def _check_shape(path: Path, table: _Table) -> None:
    """Merged cells in the table, and rows of a text file that do not fit its header,
    would shift or hide figures.
    """
    grid = table.grid
    for top, left, bottom, right in grid.merged:
        if bottom >= table.row and any(left <= c <= right for c in table.columns.values()):
            cells = f"{column_letters(left)}{top}:{column_letters(right)}{bottom}"
            raise UserError(
                f"merged cells {cells} stand in the table",
                where=_place(path, grid, row=top),
                allowed="one cell per value",
                do="undo the merge and fill in each cell, or download the file again",
            )
    if not grid.widths:
        return
    width = grid.widths[table.row]
    for number, fields in grid.widths.items():
        if number > table.row and fields > width and max(grid.lines[number]) > width:
            raise UserError(
                f"the row has {fields} fields, its header {width}",
                where=_place(path, grid, row=number),
                allowed="as many fields as the header",
                do=(
                    "look for a separator or a decimal comma inside a field that has no quotes, or"
                    " download again"
                ),
            )
    last = max(grid.widths)
    if grid.cut_off and last > table.row and grid.widths[last] < width:
        raise UserError(
            f"the last row has {grid.widths[last]} fields, its header {width}, and no line end: the"
            " file is incomplete",
            where=_place(path, grid, row=last),
            allowed="a complete file",
            do="download the file again",
        )


def _published(table: _Table) -> Published:
    grid, columns = table.grid, table.columns
    banner = tuple(
        value
        for n in sorted(grid.lines)
        if n < table.row
        for _, value in sorted(grid.lines[n].items())
    )
    below = [n for n in sorted(grid.lines) if n > table.row]
    rows = [PublishedRow(f"row {n}", grid.lines[n], columns) for n in below]
    return Published(table.kind, banner, tuple(columns), rows, tuple(_remarks(table, below)))


def _remarks(table: _Table, below: list[int]) -> Iterator[str]:
    grid = table.grid
    places = set(table.columns.values())
    yield from grid.remarks
    if grid.hidden:
        yield f"the sheet '{grid.name}' is hidden; it was read"
    if hidden := len(grid.hidden_rows & set(below)):
        yield f"{hidden} rows are hidden or filtered; they were read"
    if columns := [head for head, c in table.columns.items() if c in grid.hidden_columns]:
        yield f"hidden columns were read: {', '.join(columns)}"
    stored = sum(
        v.formula and bool(v.text) for n in below for c, v in grid.lines[n].items() if c in places
    )
    if stored:
        yield f"{stored} cells are formulas; their stored results were taken"
    if short := sum(grid.widths[n] < grid.widths[table.row] for n in below if grid.widths):
        yield f"{short} rows have fewer fields than the header; those that lack count as blank"
