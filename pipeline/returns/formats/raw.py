"""What came out of a file, before anything is made of it? Cells, sheets and lines as
text, each with its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

CellKind = Literal["number", "text", "date", "boolean", "error", "empty", "damaged"]


class DamagedFile(Exception):
    """The file cannot be read as a return. `rule` is the intake rule to report, `found`
    what it is.
    """

    def __init__(self, rule: str, found: str) -> None:
        self.rule, self.found = rule, found
        super().__init__(found)


@dataclass(frozen=True)
class RawCell:
    """One filled cell before anything is made of it. `formula` is the formula, `text`
    then its stored result.
    """

    sheet: str
    address: str
    text: str
    kind: CellKind = "text"
    formula: str = ""

    @property
    def raw(self) -> str:
        """What a person saw or typed: the text, or the formula with its result."""
        return f"{self.formula} ({self.text})" if self.formula else self.text


@dataclass(frozen=True)
class RawSheet:
    """One sheet: its filled cells by row and column (1 is the first), and its merged
    ranges.

    `hidden_rows` and `hidden_columns` are those that a person does not see, hidden by
    hand or by a filter.
    """

    name: str
    hidden: bool
    cells: dict[tuple[int, int], RawCell]
    # first row, first column, last row, last column
    merged: tuple[tuple[int, int, int, int], ...] = ()
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()


@dataclass(frozen=True)
class RawWorkbook:
    """A workbook as it was read. `active_content` names what could act: then no sheet
    was read.

    `formulas_seen` is false where the format, or its reader, does not tell a formula
    from a figure.
    """

    sheets: tuple[RawSheet, ...]
    active_content: tuple[str, ...] = ()
    formulas_seen: bool = True


@dataclass(frozen=True)
class CsvRecord:
    """One record: the number of the line on which it begins and its fields as text."""

    line: int
    fields: tuple[str, ...]


@dataclass(frozen=True)
class CsvText:
    """A CSV file as records, the first of which is its header."""

    records: tuple[CsvRecord, ...]
    encoding: str
    delimiter: str


@lru_cache(maxsize=1024)
def column_letters(column: int) -> str:
    """The letters of a column: 1 is A, 27 is AA."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
