"""How does DuckDB read a file of records? The SQL that gives its rows, as text, from
lines or from Parquet.

A row has the columns `r_<name>` with the text as it stands, `fields` (how many fields
the line has), `odd_filled` (how many of them are filled, in a line with too few or too
many) and `q`, the text of the quantity, where one is added up.

Lines are read whole and taken apart here rather than by the reader: that is faster, as
most lines of a table that counts its rows are alike and are taken apart once, and it
keeps every line in its place. No code and no number holds what parts columns, so a
quoted field is never more than its text between two marks.
"""

from __future__ import annotations

import glob
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.contracts.codelists import fold
from pipeline.returns.records.form import CONF, RecordForm
from pipeline.returns.records.layout import FIRST_ROWS, ROW_NAMES, Header, asked
from pipeline.returns.records.limits import Allowance
from pipeline.returns.records.plain import NO_DELIMITER, NO_VALUE, PlainText
from pipeline.returns.records.repairs import Remark, damaged, strange_column, too_much

if TYPE_CHECKING:
    import duckdb

ROW, LINE, QUANTITY = "row", "line", "q"
LONGEST_TEXT = 200  # characters of a field of a Parquet file; a longer one is no code and no number
MOST_COLUMNS = 1_000  # of a Parquet file; a table of records has fewer than ten


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def file_name(path: Path) -> str:
    """A path in SQL. DuckDB would read a star or a bracket in the name of a folder as a
    pattern.
    """
    return quoted(glob.escape(str(path)))


def column(name: str) -> str:
    """A column of the records in SQL, without blanks and quotes around it. The prefix
    keeps it apart from others.
    """
    return f'"c_{name}"'


def raw(name: str) -> str:
    """The same as it stands in the file."""
    return f'"r_{name}"'


def bare(field: str) -> str:
    """A field without blanks and quotes around it. Too slow for every row of a large
    file.
    """
    return f"trim({field}, ' \t\"')"


@dataclass(frozen=True)
class TextSource:
    """A text file whose lines DuckDB can take as they stand."""

    path: Path
    header: Header
    by_line: bool  # whether equal lines are brought together before they are taken apart
    quantity: str = ""
    skip: int = 1  # lines above the first record

    def read(self, *, numbered: bool) -> str:
        """The lines below the header; the first line of the file has number 1."""
        number = f"row_number() over () + {self.skip} as {ROW}, " if numbered else ""
        return (
            f"select {number}{LINE} from read_csv({file_name(self.path)}, auto_detect = false,"
            f" compression = 'none', header = false, skip = {self.skip}, delim ="
            f" {quoted(NO_DELIMITER)}, quote = '', escape = '', nullstr = {quoted(NO_VALUE)},"
            f" columns = {{{LINE}: 'VARCHAR'}})"
        )

    def rows(self, lines: str, keep: str = "") -> str:
        """The rows that a relation of lines stands for; `keep` are columns of it to
        hand on, each with a comma.
        """
        names = self.header.names
        parts = ", ".join(
            f"coalesce(f[{i}], '') as {QUANTITY if n == self.quantity else raw(n)}"
            for i, n in enumerate(names, 1)
        )
        odd = (
            f"case when len(f) <> {len(names)} then len(list_filter(f, lambda x: {bare('x')} <>"
            " '')) else 0 end"
        )
        return f"""
            select {keep}{parts}, len(f) as fields, {odd} as odd_filled
            from (select {keep}string_split({LINE},
            {quoted(self.header.delimiter)}) as f from ({lines}))"""

    def filled_fields(self) -> str:
        """How many fields below the header are filled, whatever the header says."""
        fields = f"string_split({LINE}, {quoted(self.header.delimiter)})"
        filled = f"list_filter({fields}, lambda x: {bare('x')} <> '')"
        lines = f"select {LINE}, count(*) as n from ({self.read(numbered=False)}) group by {LINE}"
        return f"select sum(n * len({filled}))::bigint from ({lines})"


@dataclass(frozen=True)
class ParquetSource:
    """A Parquet file; `stored` are the names of its columns as they stand in it."""

    path: Path
    header: Header
    stored: tuple[str, ...]
    quantity: str = ""
    by_line: bool = False

    def read(self, *, numbered: bool) -> str:
        """The rows of the file; the first has number 1."""
        number = f"file_row_number + 1 as {ROW}, " if numbered else ""
        # A text without end, repeated by a dictionary, costs nothing to store and much
        # to look at.
        columns = ", ".join(
            f"coalesce(left(cast({_named(s)} as varchar), {LONGEST_TEXT}), '') as "
            + (QUANTITY if n == self.quantity else raw(n))
            for s, n in zip(self.stored, self.header.names, strict=True)
        )
        return f"select {number}{columns} from read_parquet({file_name(self.path)})"

    def rows(self, lines: str, keep: str = "") -> str:
        return f"select *, {len(self.header.names)} as fields, 0 as odd_filled from ({lines})"

    def filled_fields(self) -> str:
        """How many fields are filled, whatever the columns are called."""
        counts = f"select count(columns(*)) from read_parquet({file_name(self.path)})"
        return f"select sum(n) from (unpivot ({counts}) on * into name x value n)"


Source = TextSource | ParquetSource


def _named(stored: str) -> str:
    """A column of a Parquet file in SQL."""
    return '"' + stored.replace('"', '""') + '"'


def open_text(text: PlainText, form: RecordForm) -> TextSource:
    """A plain text file with its header, which is not checked yet."""
    quantity = form.records.quantity
    return TextSource(
        text.path, text.header, by_line=not quantity, quantity=quantity, skip=text.skip
    )


@dataclass(frozen=True)
class ParquetTable:
    """A Parquet file opened: its columns, notes on what was left out of it, and how
    many fields that were.
    """

    source: ParquetSource
    remarks: tuple[Remark, ...] = ()
    left_out: int = 0


def open_parquet(
    connection: duckdb.DuckDBPyConnection, path: Path, *, form: RecordForm, allowance: Allowance
) -> ParquetTable:
    """A Parquet file with its columns, which are not checked yet. Raises RefusedRecords
    where it holds too much.
    """
    import duckdb

    try:
        file = file_name(path)
        query = f"select sum(num_rows) from parquet_file_metadata({file})"
        (rows,) = connection.execute(query).fetchone() or (0,)
        described = connection.execute(f"describe select * from read_parquet({file})").fetchall()
        if len(described) > MOST_COLUMNS:
            raise too_much(
                f"{len(described):,} columns", "the columns of the table and conf_status"
            )
        (size,) = connection.execute(
            f"select sum(total_uncompressed_size)::hugeint from parquet_metadata({file})"
        ).fetchone() or (0,)
    except duckdb.InterruptException:
        raise
    except duckdb.Error as problem:
        raise damaged("a Parquet file that is damaged or not complete") from problem
    allowance.check_bytes(int(size or 0), "it holds")
    # A run of equal rows takes no room in the file, so rows are bounded too.
    allowance.take_rows(int(rows or 0))
    for stored, kind, *_ in described:
        _check_nested(str(stored), str(kind), form=form)
    columns = tuple((str(row[0]), str(row[1])) for row in described)
    stored = tuple(name for name, _ in columns)
    names = tuple(map(fold, stored))
    first = _first_row(connection, file, columns=columns, form=form)
    if first < 0:
        return ParquetTable(ParquetSource(path, Header(names, 0), stored, form.records.quantity))
    kept = [n for n, name in enumerate(names) if not _may_number(name, form)]
    source = ParquetSource(
        path,
        Header(tuple(names[n] for n in kept), 0),
        tuple(stored[n] for n in kept),
        form.records.quantity,
    )
    remark = Remark(
        "records-read-as",
        "a column that counts the rows; it was left out",
        "the columns of the table",
        "write the file without row names next time",
    )
    return ParquetTable(source, (remark,), int(rows or 0))


def _check_nested(stored: str, kind: str, *, form: RecordForm) -> None:
    """Raises RefusedRecords when a column holds lists or structures."""
    if not (kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION", "VARIANT"))):
        return
    is_asked = fold(stored) in (*form.columns, CONF)
    raise strange_column(
        f"the column '{stored[:40]}', which holds more than one value in a row",
        asked(form),
        do=(
            "give each value a row of its own"
            if is_asked
            else "remove the column, and send no personal data"
        ),
    )


def _may_number(name: str, form: RecordForm) -> bool:
    return name in ROW_NAMES and name not in (*form.columns, CONF)


def _first_row(
    connection: duckdb.DuckDBPyConnection,
    file: str,
    *,
    columns: tuple[tuple[str, str], ...],
    form: RecordForm,
) -> int:
    """The number of the first row where one column, and no other that is strange,
    counts the rows; -1 else.
    """
    found = [(name, kind) for name, kind in columns if _may_number(fold(name), form)]
    if len(found) != 1 or not (
        found[0][1].endswith("INT") or found[0][1] in ("INTEGER", "UINTEGER", "VARCHAR")
    ):
        return -1
    number = f"try_cast({_named(found[0][0])} as bigint)"
    for first in map(int, FIRST_ROWS):
        differ = f"{number} is distinct from file_row_number + {first}"
        (others,) = connection.execute(
            f"select count(*) from read_parquet({file}) where {differ}"
        ).fetchone() or (1,)
        if not others:
            return first
    return -1
