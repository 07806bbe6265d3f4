"""Which field of a line is which column? Read off the header, and the first record
where programs write more fields.

pandas and R write a number before each row, with a head of their own making or none;
spreadsheets and some databases end lines with separators that part nothing. Neither
says anything of a person: the numbers are compared with the rows they number, the
fields behind the last column must be empty, and both are left out. Any other field more
is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.contracts.codelists import fold
from pipeline.returns.records.form import CONF, RecordForm
from pipeline.returns.records.repairs import (
    NO_ROW_NAMES,
    RefusedRecords,
    strange_column,
    wrong_header,
)

DELIMITERS = (",", ";", "\t")
OTHER_DELIMITERS = {"|": "|", ":": ":", "^": "^", "~": "~", " ": "blanks"}
BLANKS = ' \t"'  # what may stand around a field
# Heads under which programs keep the numbers of rows.
ROW_NAMES = (
    "",
    "unnamed: 0",
    "__index_level_0__",
    "index",
    "row.names",
    "rownames",
    "rowname",
    "row_names",
    "row",
    "x",
    "x1",
    "...1",
    "column0",
)
_ANNOUNCED = re.compile(r'"?sep=(?P<delimiter>[,;\t])"?', re.IGNORECASE)  # Excel's own first line
MOST_SPARE = 50  # empty fields behind the last column that are looked at one by one
FIRST_ROWS = ("0", "1")  # pandas counts from nought, R from one


@dataclass(frozen=True)
class Header:
    """The columns of a file in its own order, and what parts them in a text file."""

    names: tuple[str, ...]
    fields: int  # filled ones
    delimiter: str = ""


@dataclass(frozen=True)
class Layout:
    """The header of a text file, and which fields of its lines are left out.

    `first_row` is the number before the first row, -1 where rows bear none.
    `ends_open`: empty fields may follow.
    """

    header: Header
    first_row: int = -1
    ends_open: bool = False

    @property
    def is_plain(self) -> bool:
        """True when every field of a line is a column."""
        return self.first_row < 0 and not self.ends_open


def announced(line: str) -> str:
    """The separator that the first line of a file announces; empty when it announces
    none.
    """
    found = _ANNOUNCED.fullmatch(line.strip("\ufeff\r\n "))
    return found["delimiter"] if found else ""


def split(line: str, delimiter: str) -> list[str]:
    """The fields of a line without blanks and quotes around them."""
    return [field.strip(BLANKS) for field in line.rstrip("\r\n").split(delimiter)]


def read_layout(head: str, first: str, *, delimiter: str, form: RecordForm) -> Layout:
    """The layout of a file by its header, its first record and the separator it
    announces, if any.

    Names are as they are compared. Without an announced separator, the one that gives
    most known names parts them.
    """
    expected = {*form.columns, CONF}
    delimiter = delimiter or max(
        DELIMITERS, key=lambda d: len(expected & set(map(fold, split(head, d))))
    )
    names = [fold(name) for name in split(head, delimiter)]
    fields = sum(map(bool, names))
    record = split(first, delimiter) if first.strip() else []
    starts = bool(record) and record[0] in FIRST_ROWS
    if starts and len(names) > 1 and names[0] in ROW_NAMES and names[0] not in expected:
        names = names[1:]
    elif not (starts and len(record) > len(names) and set(names) <= expected):
        starts = False
    last = max((n for n, name in enumerate(names, 1) if name), default=0)
    ends_open = 0 < last < len(names)
    names = names[:last] if ends_open else names
    ends_open |= len(record) > len(names) + starts and not any(record[len(names) + starts :])
    return Layout(
        Header(tuple(names), fields, delimiter), int(record[0]) if starts else -1, ends_open
    )


class NotSpare(RefusedRecords):
    """A field that seemed to be no column holds something else than the number of its
    row, or nothing.
    """


@dataclass
class Narrowed:
    """Takes from each line the fields of the columns. Counts the rows it has seen, and
    the filled fields left out.
    """

    layout: Layout
    form: RecordForm
    rows: int = 0
    left_out: int = 0

    def line(self, line: str, number: int) -> str:
        """The line without what is left out. Raises NotSpare."""
        header = self.layout.header
        if not line.strip(BLANKS):
            return line
        fields = line.split(header.delimiter, len(header.names) + MOST_SPARE)
        if self.layout.first_row >= 0:
            if fields[0].strip(BLANKS) != str(self.layout.first_row + self.rows):
                found = f"a first field that does not count the rows, in line {number}"
                raise NotSpare("records-column", found, allowed=asked(self.form), do=NO_ROW_NAMES)
            fields = fields[1:]
            self.left_out += 1
        self.rows += 1
        if self.layout.ends_open and len(fields) > len(header.names):
            if any(f.strip(BLANKS + header.delimiter) for f in fields[len(header.names) :]):
                raise NotSpare(
                    "records-column",
                    f"a column without a name, filled in line {number}",
                    allowed=asked(self.form),
                    do="remove the column, and send no personal data",
                )
            fields = fields[: len(header.names)]
        return header.delimiter.join(fields)


def asked(form: RecordForm) -> str:
    """The columns that a file of records may have, as findings name them."""
    return f"{', '.join(form.columns)}; conf_status if wanted; no others"


def check_names(header: Header, form: RecordForm) -> None:
    """Raises RefusedRecords when a column is strange, missing or there twice."""
    names = header.names
    expected = (*form.columns, CONF)
    strange = [n for n in names if n not in expected]
    missing = [n for n in form.columns if n not in names]
    if len(strange) == len(names):
        whole = header.delimiter.join(names)
        for delimiter, named in OTHER_DELIMITERS.items():
            if len(set(expected) & set(whole.split(delimiter))) > 1:
                raise wrong_header(
                    f"columns parted by {named}",
                    asked(form),
                    do="save the file with commas, semicolons or tabs",
                )
        raise wrong_header(
            f"a first line without the names of columns: {', '.join(names)[:80]}",
            asked(form),
            do="put the names of the columns in the first line, and nothing above them",
        )
    if strange and strange[0] in ROW_NAMES:
        found = f"the column '{strange[0]}'" if strange[0] else "a column without a name"
        raise strange_column(found, asked(form), do=NO_ROW_NAMES)
    if strange:
        # A column that was not asked for may tell who the person is: nothing of it is
        # read.
        raise strange_column(
            f"the column '{strange[0][:40]}'",
            asked(form),
            do="remove the column, and send no personal data",
        )
    if missing:
        raise wrong_header(
            f"without the column {', '.join(missing)}", asked(form), do="add the column"
        )
    if len(set(names)) < len(names):
        raise wrong_header(
            f"a column stands twice: {', '.join(names)}", asked(form), do="keep the column once"
        )
