"""What did UNODC publish on illicit arms? The IAFQ table read into the firearms tables
of the octa return.
"""

from __future__ import annotations

from pathlib import Path

from pipeline.cells import TOTAL, UNKNOWN, Key
from pipeline.contracts.model import Contracts
from pipeline.returns.importers.figures import Gathering, Reading, Source, with_anchored
from pipeline.returns.importers.reconcile import remark_sums
from pipeline.returns.importers.sheets import PublishedRow
from pipeline.returns.importers.unodc import UNIT_COUNTS, described, read_table, rows_of_round

VALUE = "VALUE"
# First word of the category, folded: "rifle (Inlcuding Carbine)" and "Rifle, including
# carbine" are one type.
TYPES = {
    "pistol": "PIS",
    "revolver": "REV",
    "rifle": "RIF",
    "shotgun": "SHO",
    "machine": "MAC",
    "submachine": "SUB",
    "other": "OTH",
    "unknown": UNKNOWN,
}
STAGES = {
    "individuals arrested/suspected for illicit trafficking in weapons": "SUSP",
    "individuals prosecuted for illicit trafficking in weapons": "PROS",
    "individuals convicted for illicit trafficking in weapons": "CONV",
}
SEIZED = "arms seized"
# The source says na where sex and age have no meaning, Total where they have one.
NO_SPLIT = ("na", "total")
TABLES = ("OCT_FIREARMS", "OCT_FIREARMS_PERSONS")


def read(path: Path, contracts: Contracts, round_: int) -> Reading:
    """Read an IAFQ workbook for the years of a round. Raises UserError when the file is
    not one.

    The column Source names the questionnaires behind a row (IAFQ, IAFQ/SOF, SOF/UNODA).
    No cell has rows of two of them, so it does not choose between rows; were there two
    with different values, the cell would stay blank.
    """
    release, published = read_table(path, VALUE, contracts=contracts)
    reading = _gather(Gathering(contracts, round_, published), release)
    return with_anchored(
        reading,
        contracts,
        read_again=lambda scope: _gather(
            Gathering(contracts, round_, published, scope=scope), release
        ),
    )


def _gather(gathering: Gathering, release: str) -> Reading:
    for state, year, row in rows_of_round(gathering, TABLES[0]):
        _map_row(row, state, year=year, gathering=gathering)
    source = Source("iafq", "UNODC", "Illicit Arms Flows Questionnaire (IAFQ)", release)
    return remark_sums(gathering.settle(source, TABLES), gathering.contracts)


def _map_row(row: PublishedRow, state: str, *, year: str, gathering: Gathering) -> None:
    what = described(state, row, value=VALUE)
    key, rule = _key(row, state, year)
    if key is None:
        return gathering.skip(row.where, what, rule=rule)
    if row.label("Unit of measurement") != UNIT_COUNTS:
        return gathering.skip(row.where, what, rule="rate_not_count")
    number = gathering.read(row, VALUE)
    if number.is_missing:
        return gathering.skip(row.where, what, rule=number.rule)
    return gathering.add(key, number, where=row.where)


def _key(row: PublishedRow, state: str, year: str) -> tuple[Key | None, str]:
    """The cell of a row, or the rule by which it has none."""
    indicator = row.label("Indicator")
    dimension = row.label("Dimension")
    category = row.label("Category")
    if indicator == SEIZED and dimension in ("total", "by type"):
        first = category.replace("-", " ").replace("sub machine", "submachine").partition(" ")[0]
        code = TOTAL if dimension == "total" else TYPES.get(first.strip("(),"), "")
        return (
            (Key("OCT_FIREARMS", (state, year, code)), "") if code else (None, "type_not_in_list")
        )
    if indicator in STAGES and dimension == "total":
        if row.label("Sex") in NO_SPLIT and row.label("Age") in NO_SPLIT:
            return Key("OCT_FIREARMS_PERSONS", (state, year, STAGES[indicator])), ""
        return None, "persons_by_sex_not_asked"
    if indicator == SEIZED or indicator in STAGES:
        return None, "breakdown_not_asked"
    return None, "no_place_in_the_return"
