"""What do UNODC's data tables share? One layout: two banner lines, a header, one row per published number."""

from __future__ import annotations

from pathlib import Path

from pipeline.contracts.codelists import fold
from pipeline.contracts.model import Contracts
from pipeline.importers.figures import Gathering, states_of
from pipeline.importers.sheets import PublishedRow, read_workbook

HEADER_ROW = 3
UNIT_COUNTS = "Counts"


def columns(value: str) -> tuple[str, ...]:
    """The columns every table has, with the name of its value column."""
    return ("Iso3_code", "Indicator", "Dimension", "Category", "Sex", "Age", "Year", "Unit of measurement", value)


def read_table(path: Path, value: str) -> tuple[str, list[PublishedRow]]:
    """The release as the banner states it, and the rows. Raises UserError."""
    banner, rows = read_workbook(path, HEADER_ROW, columns(value))
    date = next((line for line in banner if line[:1].isdigit()), "")
    return f"release {date or 'not stated in the file'}", rows


def rows_of_round(
    rows: list[PublishedRow], contracts: Contracts, report: str, round_: int, gathering: Gathering
) -> list[tuple[str, PublishedRow]]:
    """Rows of member states in the years of the round, each with its state; the others are counted as outside."""
    states, years = states_of(contracts, round_), {str(y) for y in contracts.contract(report).years(round_)}
    own = []
    for row in rows:
        state = states.get(fold(row.text("Iso3_code")), "")
        if not state:
            gathering.leave_out("other_state")
        elif row.text("Year") not in years:
            gathering.leave_out("other_year")
        else:
            own.append((state, row))
    return own


def described(state: str, row: PublishedRow, value: str) -> str:
    """A row in one line for the account."""
    named = ("Indicator", "Dimension", "Category", "Sex", "Age", "Year", value)
    return " / ".join([state, *(row.text(c) for c in named)])


