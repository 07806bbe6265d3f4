"""What did UNODC publish on illicit arms? The IAFQ table read into the firearms tables of the octa return."""

from __future__ import annotations

from pathlib import Path

from pipeline.cells import TOTAL, UNKNOWN, Key
from pipeline.contracts.codelists import fold
from pipeline.contracts.model import Contracts
from pipeline.importers.figures import Gathering, Reading, Source, clean_number
from pipeline.importers.reconcile import remark_sums
from pipeline.importers.sheets import PublishedRow
from pipeline.importers.unodc import UNIT_COUNTS, described, read_table, rows_of_round

VALUE = "VALUE"
# First word of the category, folded: "rifle (Inlcuding Carbine)" and "Rifle, including carbine" are one type.
TYPES = {
    "pistol": "PIS", "revolver": "REV", "rifle": "RIF", "shotgun": "SHO", "machine": "MAC", "submachine": "SUB",
    "other": "OTH", "unknown": UNKNOWN,
}  # fmt: skip
STAGES = {
    "Individuals arrested/suspected for illicit trafficking in weapons": "SUSP",
    "Individuals prosecuted for illicit trafficking in weapons": "PROS",
    "Individuals convicted for illicit trafficking in weapons": "CONV",
}
SEIZED = "Arms seized"
# The source says na where sex and age have no meaning, Total where they have one.
NO_SPLIT = ("na", "Total")
TABLES = ("OCT_FIREARMS", "OCT_FIREARMS_PERSONS")


def read(path: Path, contracts: Contracts, round_: int) -> Reading:
    """Read an IAFQ workbook for the years of a round. Raises UserError when the file is not one.

    The column Source names the questionnaires behind a row (IAFQ, IAFQ/SOF, SOF/UNODA). No cell has rows of two
    of them, so it does not choose between rows; were there two with different values, the cell would stay blank.
    """
    release, rows = read_table(path, VALUE)
    gathering = Gathering(contracts, round_)
    for state, row in rows_of_round(rows, contracts, "octa", round_, gathering):
        _map_row(row, state, gathering)
    source = Source("iafq", "UNODC", "Illicit Arms Flows Questionnaire (IAFQ)", release)
    return remark_sums(gathering.settle(source, TABLES), contracts)


def _map_row(row: PublishedRow, state: str, gathering: Gathering) -> None:
    what, text = described(state, row, VALUE), clean_number(row.values.get(VALUE))
    key, rule = _key(row, state)
    if key is None:
        return gathering.skip(row.where, what, rule)
    if row.text("Unit of measurement") != UNIT_COUNTS:
        return gathering.skip(row.where, what, "rate_not_count")
    if not text:
        return gathering.skip(row.where, what, "no_number")
    return gathering.add(key, text, row.where)


def _key(row: PublishedRow, state: str) -> tuple[Key | None, str]:
    """The cell of a row, or the rule by which it has none."""
    indicator, dimension, category = row.text("Indicator"), row.text("Dimension"), row.text("Category")
    year = row.text("Year")
    if indicator == SEIZED and dimension in ("Total", "by type"):
        first = fold(category).replace("-", " ").replace("sub machine", "submachine").partition(" ")[0]
        code = TOTAL if dimension == "Total" else TYPES.get(first.strip("(),"), "")
        return (Key("OCT_FIREARMS", (state, year, code)), "") if code else (None, "type_not_in_list")
    if indicator in STAGES and dimension == "Total":
        if row.text("Sex") in NO_SPLIT and row.text("Age") in NO_SPLIT:
            return Key("OCT_FIREARMS_PERSONS", (state, year, STAGES[indicator])), ""
        return None, "persons_by_sex_not_asked"
    if indicator == SEIZED or indicator in STAGES:
        return None, "breakdown_not_asked"
    return None, "no_place_in_the_return"
