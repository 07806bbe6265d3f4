"""What stands in a list of the project? CSV files beside the contracts, read strictly:
nothing is passed over.

A list is UTF-8 with or without a byte order mark, parted by commas, with one line of
columns. Whatever would be read otherwise than it looks is refused with file and line.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import ContractError
from pipeline.system.yaml_files import name_of, read_text, visible

_UNSEEN = ("\u00ad", "\u200b", "\u200e", "\u200f", "\u2060", "\ufeff", "\u00a0")


@dataclass(frozen=True)
class ListLine:
    """One line of a list: its values by column, and where it stands."""

    path: Path
    number: int
    values: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.values[column]

    def wrong(self, what: str, *, allowed: str = "", do: str = "correct the line") -> ContractError:
        return ContractError(
            what, where=f"{name_of(self.path)} line {self.number}", allowed=allowed, do=do
        )


def read_list(
    path: Path, columns: Sequence[str], *, keys: Sequence[str] = (), more: bool = False
) -> list[ListLine]:
    """Read a list that has these columns, and further ones where `more`. `keys` are
    columns that may not be empty.

    Raises ContractError at a list that is missing or empty, at other columns, at a line
    of another length, and at characters that nobody sees.
    """
    if not path.is_file():
        raise ContractError(
            "no such list", where=name_of(path), do="add the CSV file, or correct what names it"
        )
    reader = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
    lines: list[ListLine] = []
    heads: list[str] = []
    try:
        for row in reader:
            if not heads:
                heads = _heads(path, row, columns=columns, more=more)
            elif row:
                line = ListLine(path, reader.line_num, dict(zip(heads, row, strict=False)))
                _check(line, row, heads=heads, keys=keys)
                lines.append(line)
    except csv.Error as problem:
        where = f"{name_of(path)} line {reader.line_num}"
        raise ContractError(
            f"this is no CSV: {problem}", where=where, do="repair the quotes of the line"
        ) from None
    if not lines:
        raise ContractError(
            "the list is empty",
            where=name_of(path),
            allowed=",".join(columns),
            do="restore its lines from the history",
        )
    return lines


def _heads(path: Path, row: list[str], *, columns: Sequence[str], more: bool) -> list[str]:
    where = f"{name_of(path)} line 1"
    if len(row) == 1 and (";" in row[0] or "\t" in row[0]):
        raise ContractError(
            "the columns are not parted by commas",
            where=where,
            allowed=",".join(columns),
            do=(
                "save the list as CSV with commas: in LibreOffice with 'Edit filter settings', in"
                " Excel as 'CSV UTF-8'"
            ),
        )
    missing = [c for c in columns if c not in row]
    unknown = [] if more else [c for c in row if c not in columns]
    if missing or unknown or len(set(row)) < len(row) or not all(row):
        what = (
            f"columns are missing: {', '.join(missing)}"
            if missing
            else (
                f"nobody reads the columns {', '.join(map(visible, unknown))}"
                if unknown
                else "a column stands twice or has no name"
            )
        )
        raise ContractError(
            what, where=where, allowed=",".join(columns), do="correct the first line"
        )
    return row


def _check(line: ListLine, row: list[str], *, heads: list[str], keys: Sequence[str]) -> None:
    if len(row) != len(heads):
        raise line.wrong(
            f"the line has {len(row)} fields and the list {len(heads)} columns",
            allowed=",".join(heads),
            do="put a text that holds a comma in quotes",
        )
    for column, value in line.values.items():
        if value != value.strip() or any(
            c in value for c in _UNSEEN if c != "\u00a0" or column in keys
        ):
            raise line.wrong(
                f"blanks or marks that nobody sees in {column}: '{visible(value)}'",
                do="take them out",
            )
        if not value and column in keys:
            raise line.wrong(f"there is no {column}", do="fill it in, or take the line out")
