"""What did Eurostat publish on recorded offences? The table crim_off_cat read into cells of the octa return."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.cells import TOTAL, Key
from pipeline.contracts.codelists import fold
from pipeline.contracts.model import Contracts
from pipeline.errors import UserError
from pipeline.importers.figures import Gathering, Reading, Source, clean_number, states_of
from pipeline.importers.reconcile import remark_sums
from pipeline.importers.sheets import read_text

KEY_HEADER = r"freq,iccs,unit,geo\TIME_PERIOD"
OFFENCES: dict[str, tuple[str, str]] = {
    "ICCS0601": ("OCT_DRUG_OFFENCES", ""),
    "ICCS07041": ("OCT_MONEY_LAUNDERING", ""),
    "ICCS0703": ("OCT_CORRUPTION", TOTAL),
    "ICCS07031": ("OCT_CORRUPTION", "BRI"),
    "ICCS0903": ("OCT_CYBERCRIME", TOTAL),
    "ICCS05021": ("OCT_VEHICLE_THEFT", ""),
    "ICCS09051": ("OCT_OCG", ""),
}
TABLES = tuple(dict.fromkeys(table for table, _ in OFFENCES.values()))
# Eurostat's flags to SDMX observation statuses. n (not significant) and r (revised) have none that says so.
FLAGS = {"b": "B", "d": "D", "e": "E", "i": "E", "s": "E", "p": "P", "u": "U"}
_VALUE = re.compile(r"(?P<text>:|[\d.,]+)?\s*(?P<flags>[a-z]*)")


def read_flags(flags: str, known: dict[str, str] | None = None) -> tuple[str, str]:
    """Observation status of Eurostat's flags, and the note when there are several or one without a status."""
    statuses = [(known or FLAGS)[f] for f in flags if f in (known or FLAGS)]
    exact = len(flags) <= 1 and len(statuses) == len(flags)
    return (statuses[0] if statuses else ""), ("" if exact else f"flags of the publisher: {', '.join(flags)}")


def read(path: Path, contracts: Contracts, round_: int) -> Reading:
    """Read Eurostat's TSV for the years of a round; a row of the account is one year of one line. Raises UserError."""
    lines = [line.split("\t") for line in read_text(path).splitlines() if line.strip()]
    header = [h.strip() for h in lines[0]] if lines else []
    if header[:1] != [KEY_HEADER]:
        raise UserError(
            f"the header starts with '{header[0] if header else ''}'", where=f"{path} row 1", allowed=KEY_HEADER,
            do="name the TSV of crim_off_cat with FILE=, or another SOURCE=",
        )  # fmt: skip
    gathering = Gathering(contracts, round_)
    states, years = states_of(contracts, round_), {str(y) for y in contracts.contract("octa").years(round_)}
    for number, line in enumerate(lines[1:], 2):
        codes = line[0].strip().split(",")
        if len(codes) != 4:
            raise UserError(
                f"'{line[0]}' is not a key of four codes", where=f"{path} row {number}", allowed=KEY_HEADER,
                do="download the file again",
            )  # fmt: skip
        _, iccs, unit, geo = codes
        for year, cell in zip(header[1:], line[1:], strict=False):
            if not (state := states.get(fold(geo), "")):
                gathering.leave_out("kosovo_is_no_member_state" if geo == "XK" else "other_state")
            elif year not in years:
                gathering.leave_out("other_year")
            else:
                _map_cell(gathering, f"row {number}, {year}", (state, year), iccs, unit, cell)
    title = "Police-recorded offences (crim_off_cat)"
    source = Source("eurostat_crime", "Eurostat", title, "release not stated in the file")
    return remark_sums(gathering.settle(source, TABLES), contracts)


def _map_cell(gathering: Gathering, where: str, place: tuple[str, str], iccs: str, unit: str, cell: str) -> None:
    what = f"{'.'.join(place)} {iccs} {unit} {cell.strip()}"
    table, code = OFFENCES.get(iccs, ("", ""))
    found = _VALUE.fullmatch(cell.strip())
    if unit != "NR":
        return gathering.skip(where, what, "rate_not_count")
    if not table:
        return gathering.skip(where, what, "no_place_in_the_return")
    if found is None:
        return gathering.skip(where, what, "no_number")
    text = clean_number(found["text"])
    if not text:
        return gathering.skip(where, what, "not_available")
    status, note = read_flags(found["flags"])
    return gathering.add(Key(table, (*place, code) if code else place), text, where, status, note)
