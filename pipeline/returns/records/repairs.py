"""What is told of a file of records that was refused, or read in another way?

The intake rules speak of workbooks; what is said here fits the formats in which records
come.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.returns.formats.raw import DamagedFile

FORMATS = (
    "CSV text (.records.csv), the same packed with gzip (.records.csv.gz), or Parquet"
    " (.records.parquet)"
)
SAVE_AS_TEXT = "save the rows as CSV text in UTF-8 and send that, named as .records.csv"
WRITE_AGAIN = "write the file again from its source and send all of it"
NO_ROW_NAMES = (
    "write the file without row names: index=False in pandas (after reset_index(drop=True)),"
    " row.names = FALSE in R"
)
# what programs write for nothing
MISSING_WORDS = (
    "na",
    "n/a",
    "#n/a",
    "<na>",
    "nan",
    "null",
    "none",
    "nat",
)


@dataclass(frozen=True)
class Remark:
    """A note on how a file was read: it refuses nothing."""

    rule: str
    found: str
    allowed: str = ""
    do: str = ""


class RefusedRecords(DamagedFile):
    """The file cannot be read as records. Beside rule and what was found: what is
    allowed, and what to do.
    """

    def __init__(self, rule: str, found: str, *, allowed: str, do: str) -> None:
        super().__init__(rule, found)
        self.allowed, self.do = allowed, do


def unreadable(found: str, do: str = SAVE_AS_TEXT) -> RefusedRecords:
    return RefusedRecords("unreadable-file", found, allowed=FORMATS, do=do)


def damaged(found: str) -> RefusedRecords:
    return RefusedRecords("unreadable-file", found, allowed="a complete file", do=WRITE_AGAIN)


def too_much(found: str, allowed: str) -> RefusedRecords:
    return RefusedRecords(
        "unsafe-file",
        found,
        allowed=allowed,
        do=(
            "look whether the file holds the records alone; if it does, ask the Center for a higher"
            " limit"
        ),
    )


def wrong_header(found: str, columns: str, *, do: str) -> RefusedRecords:
    return RefusedRecords(
        "records-header", found, allowed=f"a first line with the columns {columns}", do=do
    )


def strange_column(found: str, columns: str, *, do: str) -> RefusedRecords:
    return RefusedRecords("records-column", found, allowed=columns, do=do)
