"""What did Eurostat publish on illegal migration? Four tables, told apart by their header, for the migration return."""

from __future__ import annotations

from pathlib import Path

from pipeline.cells import TOTAL, Key
from pipeline.contracts.codelists import fold
from pipeline.contracts.model import Contracts
from pipeline.importers.citizenships import read_citizenship
from pipeline.importers.eurostat_crime import read_flags
from pipeline.importers.figures import Gathering, Reading, Source, clean_number, states_of
from pipeline.importers.sheets import PublishedRow, read_csv

HEADERS = {
    "present": ("LAST UPDATE", "reason", "apprehen", "citizen", "sex", "age", "unit", "geo", "TIME_PERIOD", "OBS_VALUE",
                "OBS_FLAG"),
    "refused": ("LAST UPDATE", "border", "unit", "reason", "citizen", "geo", "TIME_PERIOD", "OBS_VALUE", "OBS_FLAG"),
    "present_by_citizenship": ("citizen", "geo", "year", "Illegal Third Country Nationals"),
    "ordered_by_citizenship": ("citizen", "geo", "year", "Third Country Nationals Ordered to Leave"),
}  # fmt: skip
TITLES = {
    "present": "Third-country nationals found to be illegally present (migr_eipre)",
    "refused": "Third-country nationals refused entry at the external borders (migr_eirfs)",
    "present_by_citizenship": "Third-country nationals found to be illegally present (migr_eipre), by citizenship",
    "ordered_by_citizenship": "Third-country nationals ordered to leave (migr_eiord), by citizenship",
}
TABLES = {
    "present": "MIG_STAY", "refused": "MIG_REFUSED", "present_by_citizenship": "MIG_STAY_CTZ",
    "ordered_by_citizenship": "MIG_ORDERED_CTZ",
}  # fmt: skip
REASON = {"Total": TOTAL, "Illegal entry": "ENTRY", "Overstay": "OVER", "Other reason": "OTH"}
PLACE = {
    "Total": TOTAL, "In the external border area": "EXT", "At the border crossing point – at sea, land, air": "BCP",
    "Between border crossing points - at land": "BTWL", "Between border crossing points - at sea": "BTWS",
    "In the inland area": "INL",
}  # fmt: skip
ROUNDED = "Rounded to the nearest 5 by the publisher."
DROPPED = ROUNDED + " Zero rows and flags were dropped in the copy: an absent row may be zero or missing."


def read(path: Path, contracts: Contracts, round_: int) -> Reading:
    """Read one of the four CSV files for the years of a round. Raises UserError when it is none of them."""
    kind, rows = read_csv(path, HEADERS)
    gathering = Gathering(contracts, round_)
    states, years = states_of(contracts, round_), {str(y) for y in contracts.contract("migration").years(round_)}
    year_column = "year" if kind.endswith("citizenship") else "TIME_PERIOD"
    reporting: set[str] = set()
    for row in rows:
        state, year = states.get(fold(row.text("geo")), ""), row.text(year_column)
        if not state:
            gathering.leave_out("other_reporting_area")
        elif year not in years:
            gathering.leave_out("other_year")
        else:
            reporting.add(state)
            _map_row(kind, row, (state, year), contracts, gathering)
    _remark_rounding(kind, reporting, contracts, round_, gathering)
    return gathering.settle(Source("eurostat_migration", "Eurostat", TITLES[kind], _release(rows)), (TABLES[kind],))


def _release(rows: list[PublishedRow]) -> str:
    updated = max((row.text("LAST UPDATE") for row in rows), default="")
    return f"release {updated or 'not stated in the file'}"


def _remark_rounding(kind: str, states: set[str], contracts: Contracts, round_: int, gathering: Gathering) -> None:
    """The first line of each state's sheet says what the publisher's rounding means."""
    table = contracts.table(TABLES[kind])
    note = DROPPED if kind.endswith("citizenship") else ROUNDED
    for state in sorted(states):
        gathering.remark(table.total_key(state, round_), note)


def _map_row(kind: str, row: PublishedRow, place: tuple[str, str], contracts: Contracts, gathering: Gathering) -> None:
    if kind.endswith("citizenship"):
        return _map_citizenship(kind, row, place, contracts, gathering)
    what = f"{'.'.join(place)} " + " / ".join(row.text(c) for c in HEADERS[kind] if c not in ("geo", "TIME_PERIOD"))
    if row.text("citizen") != "Total" or row.text("unit") != "Person":
        return gathering.skip(row.where, what, "breakdown_not_asked")
    if kind == "refused":
        codes = (TOTAL,) * 2 if row.text("border") == row.text("reason") == "Total" else ("", "")
    elif row.text("sex") == row.text("age") == "Total":
        codes = (REASON.get(row.text("reason"), ""), PLACE.get(row.text("apprehen"), ""))
    else:
        codes = ("", "")
    if not all(codes):
        return gathering.skip(row.where, what, "breakdown_not_asked")
    text = clean_number(row.text("OBS_VALUE"))
    if not text:
        return gathering.skip(row.where, what, "no_number")
    status, note = read_flags(row.text("OBS_FLAG"))
    return gathering.add(Key(TABLES[kind], (*place, *codes)), text, row.where, status, note)


def _map_citizenship(
    kind: str, row: PublishedRow, place: tuple[str, str], contracts: Contracts, gathering: Gathering
) -> None:
    spelling = row.text("citizen")
    raw = row.text(HEADERS[kind][-1])
    found, text = read_citizenship(contracts.codelists, spelling), clean_number(raw)
    what = f"{'.'.join(place)} {spelling} {raw}"
    if found.aggregate:
        return gathering.skip(row.where, what, "aggregate_of_countries")
    if not text:
        return gathering.skip(row.where, what, "no_number")
    part = spelling or "blank" if found.remark else ""
    return gathering.add(Key(TABLES[kind], (*place, found.code)), text, row.where, note=found.remark, part=part)
