"""What did Eurostat publish on illegal migration? Three tables told apart by their
header, for the migration return.
"""

from __future__ import annotations

from pathlib import Path

from pipeline.cells import TOTAL, Key
from pipeline.contracts.model import Contracts
from pipeline.errors import UserError
from pipeline.returns.importers.citizenships import read_citizenship
from pipeline.returns.importers.eurostat import (
    code_of,
    confidentiality_of,
    flagged,
    is_code,
    label_of,
    release_of,
)
from pipeline.returns.importers.figures import (
    Columns,
    Gathering,
    Reading,
    Source,
    own_rows,
    with_anchored,
)
from pipeline.returns.importers.observations import FLAG, VALUE, Dataset, read_observations
from pipeline.returns.importers.sheets import Choices, Published, PublishedRow

DATASETS = {
    "present": Dataset(("reason", "apprehen", "citizen", "sex", "age", "unit", "geo")),
    "refused": Dataset(("border", "unit", "reason", "citizen", "geo")),
}
# A copy that is no file of the service.
COPIES: Choices = {
    "present_by_citizenship": ("citizen", "geo", "year", "Illegal Third Country Nationals"),
}
HEADERS = {**{kind: dataset.long for kind, dataset in DATASETS.items()}, **COPIES}
TITLES = {
    "present": "Third-country nationals found to be illegally present (migr_eipre)",
    "refused": "Third-country nationals refused entry at the external borders (migr_eirfs)",
    "present_by_citizenship": (
        "Third-country nationals found to be illegally present (migr_eipre), by citizenship"
    ),
}
TABLES = {"present": "MIG_STAY", "refused": "MIG_REFUSED", "present_by_citizenship": "MIG_STAY_CTZ"}
CODED = ("reason", "apprehen")  # whose codes no list of this program knows: the labels are needed
LABELS = ("reason", "apprehen", "citizen", "sex", "age", "unit", "border")
# Labels as they are compared: no case, single spaces, hyphens for dashes.
REASON = {"total": TOTAL, "illegal entry": "ENTRY", "overstay": "OVER", "other reason": "OTH"}
PLACE = {
    "total": TOTAL,
    "in the external border area": "EXT",
    "at the border crossing point - at sea, land, air": "BCP",
    "between border crossing points - at land": "BTWL",
    "between border crossing points - at sea": "BTWS",
    "in the inland area": "INL",
}
ROUNDED = "Rounded to the nearest 5 by the publisher."
DROPPED = (
    ROUNDED + " Zero rows and flags were dropped in the copy: an absent row may be zero or missing."
)


def read(path: Path, contracts: Contracts, round_: int) -> Reading:
    """Read one of the three tables for the years of a round. Raises UserError when the
    file holds none of them.
    """
    published = read_observations(path, DATASETS, contracts=contracts, others=COPIES)
    _require_labels(path, published)
    reading = _gather(Gathering(contracts, round_, published))
    return with_anchored(
        reading,
        contracts,
        read_again=lambda scope: _gather(Gathering(contracts, round_, published, scope=scope)),
    )


def _require_labels(path: Path, published: Published) -> None:
    """Raise UserError when codes stand where labels are read: the breakdown would be
    lost without a word.
    """
    for row in published.rows if published.kind == "present" else ():
        for column in CODED:
            if is_code(row, column):
                raise UserError(
                    f"labels are codes: '{row.text(column)}' in the column {column}",
                    where=f"{path} {row.where}",
                    allowed="labels in English, alone or beside their codes",
                    do=(
                        "download the table with labels (labels=name or labels=both), and name it"
                        " with FILE="
                    ),
                )


def _gather(gathering: Gathering) -> Reading:
    contracts, published = gathering.contracts, gathering.published
    kind = published.kind
    labels = tuple(head for head in HEADERS[kind][:-1] if head in LABELS)
    columns = Columns("geo", "year" if kind.endswith("citizenship") else "TIME_PERIOD", labels)
    reporting: set[str] = set()
    for state, year, row in own_rows(
        gathering,
        TABLES[kind],
        columns=columns,
        elsewhere="other_reporting_area",
        read_area=code_of,
    ):
        used = gathering.added
        _map_row(kind, row, place=(state, year), contracts=contracts, gathering=gathering)
        if gathering.added > used:
            reporting.add(state)
    _remark_rounding(kind, reporting, contracts=contracts, gathering=gathering)
    source = Source("eurostat_migration", "Eurostat", TITLES[kind], release_of(published))
    return gathering.settle(source, (TABLES[kind],))


def _remark_rounding(
    kind: str, states: set[str], *, contracts: Contracts, gathering: Gathering
) -> None:
    """The first line of each state's sheet says what the publisher's rounding means."""
    table = contracts.table(TABLES[kind])
    note = DROPPED if kind.endswith("citizenship") else ROUNDED
    for state in sorted(states):
        gathering.remark(table.total_key(state, gathering.round_), note)


def _map_row(
    kind: str,
    row: PublishedRow,
    *,
    place: tuple[str, str],
    contracts: Contracts,
    gathering: Gathering,
) -> None:
    if kind.endswith("citizenship"):
        return _map_citizenship(kind, row, place=place, contracts=contracts, gathering=gathering)
    what = f"{'.'.join(place)} " + " / ".join(
        row.text(c) for c in HEADERS[kind] if c not in ("geo", "TIME_PERIOD")
    )
    if label_of(row, "citizen") != "total" or label_of(row, "unit") != "person":
        return gathering.skip(row.where, what, rule="breakdown_not_asked")
    if kind == "refused":
        codes = (
            (TOTAL,) * 2
            if label_of(row, "border") == label_of(row, "reason") == "total"
            else ("", "")
        )
    elif label_of(row, "sex") == label_of(row, "age") == "total":
        place_found = PLACE.get(label_of(row, "apprehen").replace("–", "-"), "")
        codes = (REASON.get(label_of(row, "reason"), ""), place_found)
    else:
        codes = ("", "")
    if not all(codes):
        return gathering.skip(row.where, what, rule="breakdown_not_asked")
    number, status, note = flagged(
        gathering.read(row, VALUE), row.text(FLAG), confidentiality=confidentiality_of(row)
    )
    if number.is_missing:
        return gathering.skip(row.where, what, rule=number.rule)
    return gathering.add(
        Key(TABLES[kind], (*place, *codes)), number, where=row.where, obs_status=status, note=note
    )


def _map_citizenship(
    kind: str,
    row: PublishedRow,
    *,
    place: tuple[str, str],
    contracts: Contracts,
    gathering: Gathering,
) -> None:
    spelling = row.text("citizen")
    column = HEADERS[kind][-1]
    found = read_citizenship(contracts.codelists, spelling)
    number = gathering.read(row, column)
    what = f"{'.'.join(place)} {spelling} {number.raw}"
    if found.aggregate:
        return gathering.skip(row.where, what, rule="aggregate_of_countries")
    if number.is_missing:
        return gathering.skip(row.where, what, rule=number.rule)
    part = spelling or "blank" if found.remark else ""
    return gathering.add(
        Key(TABLES[kind], (*place, found.code)),
        number,
        where=row.where,
        note=found.remark,
        part=part,
    )
