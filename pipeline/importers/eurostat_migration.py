"""What did Eurostat publish on illegal migration? Three tables told apart by their header, for the migration return."""

from __future__ import annotations

from pathlib import Path

from pipeline.cells import TOTAL, Key
from pipeline.contracts.model import Contracts
from pipeline.importers.citizenships import read_citizenship
from pipeline.importers.eurostat_crime import read_flags
from pipeline.importers.figures import Columns, Gathering, Reading, Source, own_rows, with_anchored
from pipeline.importers.sheets import PublishedRow, read_published

HEADERS = {
    "present": ("LAST UPDATE", "reason", "apprehen", "citizen", "sex", "age", "unit", "geo", "TIME_PERIOD", "OBS_VALUE",
                "OBS_FLAG"),
    "refused": ("LAST UPDATE", "border", "unit", "reason", "citizen", "geo", "TIME_PERIOD", "OBS_VALUE", "OBS_FLAG"),
    "present_by_citizenship": ("citizen", "geo", "year", "Illegal Third Country Nationals"),
}  # fmt: skip
TITLES = {
    "present": "Third-country nationals found to be illegally present (migr_eipre)",
    "refused": "Third-country nationals refused entry at the external borders (migr_eirfs)",
    "present_by_citizenship": "Third-country nationals found to be illegally present (migr_eipre), by citizenship",
}
TABLES = {"present": "MIG_STAY", "refused": "MIG_REFUSED", "present_by_citizenship": "MIG_STAY_CTZ"}
UPDATED = "LAST UPDATE"
LABELS = ("reason", "apprehen", "citizen", "sex", "age", "unit", "border")
# Labels as they are compared: no case, single spaces, hyphens for dashes.
REASON = {"total": TOTAL, "illegal entry": "ENTRY", "overstay": "OVER", "other reason": "OTH"}
PLACE = {
    "total": TOTAL, "in the external border area": "EXT", "at the border crossing point - at sea, land, air": "BCP",
    "between border crossing points - at land": "BTWL", "between border crossing points - at sea": "BTWS",
    "in the inland area": "INL",
}  # fmt: skip
ROUNDED = "Rounded to the nearest 5 by the publisher."
DROPPED = ROUNDED + " Zero rows and flags were dropped in the copy: an absent row may be zero or missing."


def read(path: Path, contracts: Contracts, round_: int) -> Reading:
    """Read one of the three tables for the years of a round. Raises UserError when the file holds none of them."""
    published = read_published(path, HEADERS, contracts)
    reading = _gather(Gathering(contracts, round_, published))
    return with_anchored(
        reading, contracts, lambda scope: _gather(Gathering(contracts, round_, published, scope=scope))
    )


def _gather(gathering: Gathering) -> Reading:
    contracts, published = gathering.contracts, gathering.published
    kind = published.kind
    labels = tuple(head for head in HEADERS[kind][:-1] if head in LABELS)
    columns = Columns("geo", "year" if kind.endswith("citizenship") else "TIME_PERIOD", labels)
    reporting: set[str] = set()
    for state, year, row in own_rows(gathering, "migration", columns, elsewhere="other_reporting_area"):
        reporting.add(state)
        _map_row(kind, row, (state, year), contracts, gathering)
    _remark_rounding(kind, reporting, contracts, gathering)
    source = Source("eurostat_migration", "Eurostat", TITLES[kind], _release(published.rows, kind))
    return gathering.settle(source, (TABLES[kind],))


def _release(rows: list[PublishedRow], kind: str) -> str:
    updated = max((row.text(UPDATED) for row in rows), default="") if UPDATED in HEADERS[kind] else ""
    return f"release {updated or 'not stated in the file'}"


def _remark_rounding(kind: str, states: set[str], contracts: Contracts, gathering: Gathering) -> None:
    """The first line of each state's sheet says what the publisher's rounding means."""
    table = contracts.table(TABLES[kind])
    note = DROPPED if kind.endswith("citizenship") else ROUNDED
    for state in sorted(states):
        gathering.remark(table.total_key(state, gathering.round_), note)


def _map_row(kind: str, row: PublishedRow, place: tuple[str, str], contracts: Contracts, gathering: Gathering) -> None:
    if kind.endswith("citizenship"):
        return _map_citizenship(kind, row, place, contracts, gathering)
    what = f"{'.'.join(place)} " + " / ".join(row.text(c) for c in HEADERS[kind] if c not in ("geo", "TIME_PERIOD"))
    if row.label("citizen") != "total" or row.label("unit") != "person":
        return gathering.skip(row.where, what, "breakdown_not_asked")
    if kind == "refused":
        codes = (TOTAL,) * 2 if row.label("border") == row.label("reason") == "total" else ("", "")
    elif row.label("sex") == row.label("age") == "total":
        codes = (REASON.get(row.label("reason"), ""), PLACE.get(row.label("apprehen").replace("–", "-"), ""))
    else:
        codes = ("", "")
    if not all(codes):
        return gathering.skip(row.where, what, "breakdown_not_asked")
    number = gathering.read(row, "OBS_VALUE")
    if number.is_missing:
        return gathering.skip(row.where, what, number.rule)
    status, note = read_flags(row.text("OBS_FLAG"))
    return gathering.add(Key(TABLES[kind], (*place, *codes)), number, row.where, status, note)


def _map_citizenship(
    kind: str, row: PublishedRow, place: tuple[str, str], contracts: Contracts, gathering: Gathering
) -> None:
    spelling, column = row.text("citizen"), HEADERS[kind][-1]
    found, number = read_citizenship(contracts.codelists, spelling), gathering.read(row, column)
    what = f"{'.'.join(place)} {spelling} {number.raw}"
    if found.aggregate:
        return gathering.skip(row.where, what, "aggregate_of_countries")
    if number.is_missing:
        return gathering.skip(row.where, what, number.rule)
    part = spelling or "blank" if found.remark else ""
    return gathering.add(Key(TABLES[kind], (*place, found.code)), number, row.where, note=found.remark, part=part)
