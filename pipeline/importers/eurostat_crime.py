"""What did Eurostat publish on recorded offences? The table crim_off_cat read into cells of the octa return."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.cells import TOTAL, Key
from pipeline.contracts.model import Contracts
from pipeline.errors import UserError
from pipeline.importers.figures import (
    Gathering,
    Reading,
    Source,
    find_state,
    is_elsewhere,
    scope_of_round,
    with_anchored,
)
from pipeline.importers.grids import Value
from pipeline.importers.reconcile import remark_sums
from pipeline.importers.sheets import PublishedRow, read_published
from pipeline.intake.codes import clean, latin

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
_YEAR = re.compile(r"\d{4}")
_FLAGGED = re.compile(r"(?P<text>:|\d(?:.*\d)?)?\s*(?P<flags>[bcdefinprsuz]{1,3})")


def read_flags(flags: str, known: dict[str, str] | None = None) -> tuple[str, str]:
    """Observation status of Eurostat's flags, and the note when there are several or one without a status."""
    statuses = [(known or FLAGS)[f] for f in flags if f in (known or FLAGS)]
    exact = len(flags) <= 1 and len(statuses) == len(flags)
    return (statuses[0] if statuses else ""), ("" if exact else f"flags of the publisher: {', '.join(flags)}")


def read(path: Path, contracts: Contracts, round_: int) -> Reading:
    """Read Eurostat's table for the years of a round; a row of the account is one year of one line. Raises UserError.

    The heads of the columns are years.
    """
    published = read_published(path, {"crim_off_cat": (KEY_HEADER,)}, contracts)
    heads = [head for head in published.heads if _YEAR.fullmatch(head)]
    years = scope_of_round(contracts, "octa", round_).years
    if not years & set(heads):
        raise UserError(
            f"there is no column of a year of the round; found: {', '.join(heads)[:200] or 'nothing'}", where=str(path),
            allowed=", ".join(sorted(years)), do="name a file that has these years with FILE=",
        )  # fmt: skip
    reading = _gather(path, heads, Gathering(contracts, round_, published))
    return with_anchored(
        reading, contracts, lambda scope: _gather(path, heads, Gathering(contracts, round_, published, scope=scope))
    )


def _gather(path: Path, heads: list[str], gathering: Gathering) -> Reading:
    contracts = gathering.contracts
    scope = gathering.scope or scope_of_round(contracts, "octa", gathering.round_)
    for row in gathering.published.rows:
        codes = [latin(clean(code)) for code in row.text(KEY_HEADER).split(",")]
        if len(codes) != 4:
            raise UserError(
                f"'{row.text(KEY_HEADER)}' is not a key of four codes", where=f"{path} {row.where}",
                allowed=KEY_HEADER, do="delete the row if it is not the publisher's, or download the file again",
            )  # fmt: skip
        _, iccs, unit, geo = codes
        for year in heads:
            if not (state := find_state(scope.areas, geo)) and not is_elsewhere(contracts, geo):
                gathering.skip(f"{row.where}, {year}", row.text(KEY_HEADER), "state_not_in_list")
            elif not state:
                gathering.leave_out("kosovo_is_no_member_state" if geo == "XK" else "other_state")
            elif year not in scope.years:
                gathering.leave_out("other_year")
            else:
                _map_cell(gathering, f"{row.where}, {year}", (state, year), iccs, unit, row)
    title = "Police-recorded offences (crim_off_cat)"
    source = Source("eurostat_crime", "Eurostat", title, "release not stated in the file")
    return remark_sums(gathering.settle(source, TABLES), contracts)


def _map_cell(
    gathering: Gathering, where: str, place: tuple[str, str], iccs: str, unit: str, row: PublishedRow
) -> None:
    value = row.value(place[1])
    what = f"{'.'.join(place)} {iccs} {unit} {value.text.strip()}"
    table, code = OFFENCES.get(iccs, ("", ""))
    if unit != "NR":
        return gathering.skip(where, what, "rate_not_count")
    if not table:
        return gathering.skip(where, what, "no_place_in_the_return")
    flags = ""
    if value.kind == "text" and (found := _FLAGGED.fullmatch(value.text.strip())):
        value, flags = Value(found["text"] or ":", "text"), found["flags"]
    number = gathering.read_value(value, place[1])
    if number.is_missing:
        return gathering.skip(where, what, "not_available")
    status, note = read_flags(flags)
    return gathering.add(Key(table, (*place, code) if code else place), number, where, status, note)
