"""What did Eurostat publish on recorded offences? The table crim_off_cat read into
cells of the octa return.
"""

from __future__ import annotations

from pathlib import Path

from pipeline.cells import TOTAL, Key
from pipeline.contracts.model import Contracts
from pipeline.errors import UserError
from pipeline.returns.importers.eurostat import (
    CODE,
    code_of,
    confidentiality_of,
    flagged,
    release_of,
)
from pipeline.returns.importers.figures import (
    Gathering,
    Reading,
    Source,
    find_state,
    is_elsewhere,
    scope_of_round,
    with_anchored,
)
from pipeline.returns.importers.observations import (
    FLAG,
    TIME,
    VALUE,
    Dataset,
    read_observations,
)
from pipeline.returns.importers.reconcile import remark_sums
from pipeline.returns.importers.sheets import Published, PublishedRow
from pipeline.returns.intake.codes import clean, latin

DATASETS = {"crim_off_cat": Dataset(("iccs", "unit", "geo"))}
CODED = ("iccs", "unit")  # whose labels no list of this program knows: the codes are needed
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


def read(path: Path, contracts: Contracts, round_: int) -> Reading:
    """Read Eurostat's table for the years of a round; a row of the account is one year
    of one line. Raises UserError.
    """
    published = read_observations(path, DATASETS, contracts=contracts)
    found = {row.text(TIME) for row in published.rows}
    years = scope_of_round(contracts, TABLES[0], round_=round_).years
    if not years & found:
        raise UserError(
            "there is no row and no column of a year of the round; found:"
            f" {', '.join(sorted(found))[:200] or 'nothing'}",
            where=str(path),
            allowed=", ".join(sorted(years)),
            do="name a file that has these years with FILE=",
        )
    _require_codes(path, published)
    reading = _gather(Gathering(contracts, round_, published))
    return with_anchored(
        reading,
        contracts,
        read_again=lambda scope: _gather(Gathering(contracts, round_, published, scope=scope)),
    )


def _require_codes(path: Path, published: Published) -> None:
    """Raise UserError when labels stand alone: no offence would be known by them."""
    for row in published.rows:
        for column in CODED:
            if row.text(column) and not CODE.fullmatch(_code(row, column)):
                raise UserError(
                    f"codes are labels: '{row.text(column)}' in the column {column}",
                    where=f"{path} {row.where}",
                    allowed="codes of the service, alone or with their labels",
                    do=(
                        "download the table with codes (labels=id or labels=both), and name it"
                        " with FILE="
                    ),
                )


def _code(row: PublishedRow, column: str) -> str:
    return latin(clean(code_of(row, column)))


def _gather(gathering: Gathering) -> Reading:
    contracts, published = gathering.contracts, gathering.published
    scope = gathering.scope or scope_of_round(contracts, TABLES[0], round_=gathering.round_)
    for row in published.rows:
        iccs, unit, geo = (_code(row, part) for part in DATASETS["crim_off_cat"].dimensions)
        year = row.text(TIME)
        if not (state := find_state(scope.areas, geo)) and not is_elsewhere(contracts, geo):
            gathering.skip(row.where, row.whole, rule="state_not_in_list")
        elif not state:
            gathering.leave_out("kosovo_is_no_member_state" if geo == "XK" else "other_state")
        elif year not in scope.years:
            gathering.leave_out("other_year")
        else:
            _map_cell(gathering, row, place=(state, year), iccs=iccs, unit=unit)
    title = "Police-recorded offences (crim_off_cat)"
    source = Source("eurostat_crime", "Eurostat", title, release_of(published))
    return remark_sums(gathering.settle(source, TABLES), contracts)


def _map_cell(
    gathering: Gathering,
    row: PublishedRow,
    *,
    place: tuple[str, str],
    iccs: str,
    unit: str,
) -> None:
    given = f"{row.text(VALUE)} {row.text(FLAG)}".strip()
    what = f"{'.'.join(place)} {iccs} {unit} {given}"
    table, code = OFFENCES.get(iccs, ("", ""))
    if unit != "NR":
        return gathering.skip(row.where, what, rule="rate_not_count")
    if not table:
        return gathering.skip(row.where, what, rule="no_place_in_the_return")
    number, status, note = flagged(
        gathering.read(row, VALUE), row.text(FLAG), confidentiality=confidentiality_of(row)
    )
    if number.is_missing:
        return gathering.skip(row.where, what, rule="not_available")
    return gathering.add(
        Key(table, (*place, code) if code else place),
        number,
        where=row.where,
        obs_status=status,
        note=note,
    )
