"""What do UNODC's data tables share? One layout: two banner lines, a header, one row
per published number.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from pipeline.contracts.model import Contracts
from pipeline.returns.importers.figures import Columns, Gathering, own_rows
from pipeline.returns.importers.grids import Value
from pipeline.returns.importers.sheets import Published, PublishedRow, read_published

UNIT_COUNTS = "counts"
LABELS = ("Indicator", "Dimension", "Category", "Sex", "Age", "Unit of measurement")
COLUMNS = Columns("Iso3_code", "Year", LABELS)
_DATE = re.compile(r"\d{1,2}/\d{1,2}/\d{4}")
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def read_table(path: Path, value: str, *, contracts: Contracts) -> tuple[str, Published]:
    """The release as the banner states it, and the table; `value` is its column of
    figures. Raises UserError.
    """
    expected = (COLUMNS.state, *LABELS[:-1], COLUMNS.year, LABELS[-1], value)
    published = read_published(path, {value: expected}, contracts=contracts)
    return f"release {_release(published.banner) or 'not stated in the file'}", published


def _release(banner: tuple[Value, ...]) -> str:
    """The date above the header as UNODC writes it, also where a spreadsheet has made a
    date of it.
    """
    for value in banner:
        text = value.text.strip()
        if value.kind == "date" and _ISO_DATE.match(text):
            return f"{date.fromisoformat(text[:10]):%d/%m/%Y}"
        if _DATE.fullmatch(text):
            return text
    return ""


def rows_of_round(gathering: Gathering, table: str) -> list[tuple[str, str, PublishedRow]]:
    """Rows of member states in the years of the round, each with its state and year;
    the others are counted.
    """
    return own_rows(gathering, table, columns=COLUMNS)


def described(state: str, row: PublishedRow, *, value: str) -> str:
    """A row in one line for the account."""
    named = ("Indicator", "Dimension", "Category", "Sex", "Age", "Year", value)
    return " / ".join([state, *(row.text(c) for c in named)])
