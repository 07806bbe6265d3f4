"""How does DuckDB read a file of records? The SQL that gives its rows, as text, from lines or from Parquet.

A row has the columns `r_<name>` with the text as it stands, `fields` (how many fields the line has), `odd_filled` (how
many of them are filled, in a line with too few or too many) and `q`, the text of the quantity, where one is added up.

Lines are read whole and taken apart here rather than by the reader: that is faster, as most lines of a table that
counts its rows are alike and are taken apart once, and it keeps every line in its place. No code and no number holds
what parts columns, so a quoted field is never more than its text between two marks.
"""

from __future__ import annotations

import glob
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.contracts.codelists import fold
from pipeline.formats.raw import DamagedFile
from pipeline.records.form import Header, RecordForm, read_header
from pipeline.records.plain import LONGEST_LINE, NO_DELIMITER, NO_VALUE

if TYPE_CHECKING:
    import duckdb

ROW, LINE, QUANTITY = "row", "line", "q"


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def file_name(path: Path) -> str:
    """A path in SQL. DuckDB would read a star or a bracket in the name of a folder as a pattern."""
    return quoted(glob.escape(str(path)))


def column(name: str) -> str:
    """A column of the records in SQL, without blanks and quotes around it. The prefix keeps it apart from others."""
    return f'"c_{name}"'


def raw(name: str) -> str:
    """The same as it stands in the file."""
    return f'"r_{name}"'


def bare(field: str) -> str:
    """A field without blanks and quotes around it. Too slow for every row of a large file."""
    return f"trim({field}, ' \t\"')"


@dataclass(frozen=True)
class TextSource:
    """A text file whose lines DuckDB can take as they stand."""

    path: Path
    header: Header
    by_line: bool  # whether equal lines are brought together before they are taken apart
    quantity: str = ""

    def read(self, *, numbered: bool) -> str:
        """The lines below the header; the first line of the file has number 1."""
        number = f"row_number() over () + 1 as {ROW}, " if numbered else ""
        return (
            f"select {number}{LINE} from read_csv({file_name(self.path)}, auto_detect = false, header = false,"
            f" skip = 1, delim = {quoted(NO_DELIMITER)}, quote = '', escape = '', nullstr = {quoted(NO_VALUE)},"
            f" columns = {{{LINE}: 'VARCHAR'}})"
        )

    def rows(self, lines: str, keep: str = "") -> str:
        """The rows that a relation of lines stands for; `keep` are columns of it to hand on, each with a comma."""
        names = self.header.names
        parts = ", ".join(
            f"coalesce(f[{i}], '') as {QUANTITY if n == self.quantity else raw(n)}" for i, n in enumerate(names, 1)
        )
        odd = f"case when len(f) <> {len(names)} then len(list_filter(f, lambda x: {bare('x')} <> '')) else 0 end"
        return f"""
            select {keep}{parts}, len(f) as fields, {odd} as odd_filled
            from (select {keep}string_split({LINE}, {quoted(self.header.delimiter)}) as f from ({lines}))"""

    def filled_fields(self) -> str:
        """How many fields below the header are filled, whatever the header says."""
        fields = f"string_split({LINE}, {quoted(self.header.delimiter)})"
        filled = f"list_filter({fields}, lambda x: {bare('x')} <> '')"
        return f"select sum(len({filled})) from ({self.read(numbered=False)})"


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
        columns = ", ".join(
            f"""coalesce(cast("{s.replace('"', '""')}" as varchar), '') as """
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


def open_text(path: Path, form: RecordForm) -> TextSource:
    """A plain text file with its header, which is not checked yet."""
    with path.open("rb") as file:
        line = file.readline(LONGEST_LINE).decode("utf-8-sig", errors="replace")
    quantity = form.records.quantity
    return TextSource(path, read_header(line, form), by_line=not quantity, quantity=quantity)


def open_parquet(connection: duckdb.DuckDBPyConnection, path: Path, form: RecordForm, limit: int) -> ParquetSource:
    """A Parquet file with its columns, which are not checked yet. Raises DamagedFile where it holds too much."""
    import duckdb

    try:
        file = file_name(path)
        sizes = connection.execute(f"select total_uncompressed_size from parquet_metadata({file})").fetchall()
        (number,) = connection.execute(f"select num_rows from parquet_file_metadata({file})").fetchone() or (0,)
        described = connection.execute(f"describe select * from read_parquet({file})").fetchall()
    except duckdb.Error as problem:
        raise DamagedFile("unreadable-file", "not a Parquet file, or not a complete one") from problem
    # A run of equal rows takes no room in the file, so rows are bounded too: one that says little has ten bytes.
    size = sum(s for (s,) in sizes)
    if size > limit or number * 10 > limit:
        raise DamagedFile("unsafe-file", f"{number:,} rows, {size:,} bytes when unpacked")
    nested = [str(n) for n, kind, *_ in described if kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION"))]
    if nested:
        raise DamagedFile("records-column", f"the column '{nested[0][:40]}', which holds more than one value in a row")
    stored = tuple(str(row[0]) for row in described)
    return ParquetSource(path, Header(tuple(map(fold, stored)), 0), stored, form.records.quantity)
