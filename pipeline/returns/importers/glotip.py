"""What did UNODC publish on trafficking in persons? The GLOTIP table read into cells of
the thb return.
"""

from __future__ import annotations

from pathlib import Path

from pipeline.cells import TOTAL, UNKNOWN, Key
from pipeline.contracts.model import Contracts
from pipeline.returns.importers.citizenships import NATIONALS, read_citizenship
from pipeline.returns.importers.figures import Gathering, Reading, Source, with_anchored
from pipeline.returns.importers.reconcile import remark_sums
from pipeline.returns.importers.sheets import PublishedRow
from pipeline.returns.importers.unodc import UNIT_COUNTS, described, read_table, rows_of_round
from pipeline.returns.importers.values import Number

VALUE = "txtVALUE"
# Labels as they are compared: no case, single spaces.
SEX = {"total": TOTAL, "female": "F", "male": "M", "other": "O", "unknown": UNKNOWN}
AGE = {"total": TOTAL, "0 to 17 years": "Y_LT18", "18 years or over": "Y_GE18", "unknown": UNKNOWN}
FORM = {"sexual exploitation": "SEX", "forced labour": "LAB", "other forms of exploitation": "OTH"}
CONVICTED = "persons convicted"
STAGE = {
    "persons brought into formal contact": "SUSP",
    "persons prosecuted": "PROS",
    CONVICTED: "CONV",
}
VICTIMS, OFFENCES = "detected trafficking victims", "offences of trafficking in persons"
TABLES = (
    "THB_VICTIMS",
    "THB_VICTIMS_FORM",
    "THB_VICTIMS_CTZ",
    "THB_REPATRIATED",
    "THB_PERSONS",
    "THB_CONV_FORM",
    "THB_CONV_CTZ",
    "THB_OFFENCES",
)
# By citizenship and by country: indicator and dimension to the table they fill.
COUNTRIES = {
    (VICTIMS, "by citizenship"): "THB_VICTIMS_CTZ",
    (VICTIMS, "by country of repatriation"): "THB_REPATRIATED",
    (CONVICTED, "by citizenship"): "THB_CONV_CTZ",
}


def read(path: Path, contracts: Contracts, round_: int) -> Reading:
    """Read a GLOTIP workbook for the years of a round. Raises UserError when the file
    is not one.
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
    own = rows_of_round(gathering, TABLES[0])
    named = _countries_named(own, gathering.contracts)
    for state, year, row in own:
        _map_row(row, (state, year), gathering=gathering, named=named)
    reading = gathering.settle(
        Source("glotip", "UNODC", "Trafficking in persons (GLOTIP)", release), TABLES
    )
    return remark_sums(reading, gathering.contracts)


def _countries_named(
    own: list[tuple[str, str, PublishedRow]], contracts: Contracts
) -> set[tuple[str, str, str, str]]:
    """State, year, table and code of every citizenship given by name, to see whether
    Nationals repeat one of them.
    """
    named = set()
    for state, year, row in own:
        table = COUNTRIES.get((row.label("Indicator"), row.label("Dimension")), "")
        if table:
            code = read_citizenship(contracts.codelists, row.text("Category")).code
            named.add((state, year, table, code))
    return named


def _map_row(
    row: PublishedRow,
    place: tuple[str, str],
    *,
    gathering: Gathering,
    named: set[tuple[str, str, str, str]],
) -> None:
    what = described(place[0], row, value=VALUE)
    if row.label("Unit of measurement") != UNIT_COUNTS:
        return gathering.skip(row.where, what, rule="rate_not_count")
    number = gathering.read(row, VALUE)
    if number.is_missing:
        return gathering.skip(row.where, what, rule=number.rule)
    table = COUNTRIES.get((row.label("Indicator"), row.label("Dimension")), "")
    if table:
        return _map_country(
            row, place, table=table, number=number, gathering=gathering, named=named
        )
    key, rule = _key(row, *place)
    if key is None:
        return gathering.skip(row.where, what, rule=rule)
    return gathering.add(key, number, where=row.where)


def _key(row: PublishedRow, state: str, year: str) -> tuple[Key | None, str]:
    """The cell of a row that is not about countries, or the rule by which it has none."""
    indicator = row.label("Indicator")
    dimension = row.label("Dimension")
    category = row.label("Category")
    sex = SEX.get(row.label("Sex"))
    age = AGE.get(row.label("Age"))
    if sex is None or age is None:
        return None, "sex_or_age_not_in_list"
    if indicator == VICTIMS and dimension == "total":
        return Key("THB_VICTIMS", (state, year, sex, age)), ""
    if dimension == "by form of exploitation" and category not in FORM:
        return None, "form_not_in_list"
    if indicator == VICTIMS and dimension == "by form of exploitation":
        return Key("THB_VICTIMS_FORM", (state, year, FORM[category], sex, age)), ""
    if indicator == OFFENCES and sex == age == TOTAL:
        return Key("THB_OFFENCES", (state, year)), ""
    if indicator in STAGE and dimension == "total":
        # The return asks for offenders by sex only. Unknown sex comes with unknown age,
        # which is all there is of it.
        if age == TOTAL or sex == UNKNOWN:
            return Key("THB_PERSONS", (state, year, STAGE[indicator], sex)), ""
        return None, "offenders_by_age_not_asked"
    if indicator == CONVICTED and dimension == "by form of exploitation" and sex == age == TOTAL:
        return Key("THB_CONV_FORM", (state, year, FORM[category])), ""
    return None, "no_place_in_the_return"


def _map_country(
    row: PublishedRow,
    place: tuple[str, str],
    *,
    table: str,
    number: Number,
    gathering: Gathering,
    named: set[tuple[str, str, str, str]],
) -> None:
    state, year = place
    spelling = row.text("Category")
    if row.label("Sex") != "total" or row.label("Age") != "total":
        return gathering.skip(
            row.where, f"{state} {spelling} {year}", rule="country_by_sex_or_age_not_asked"
        )
    found = read_citizenship(gathering.contracts.codelists, spelling)
    code, note, part = found.code, found.remark, ""
    if found.aggregate:
        return gathering.skip(
            row.where, f"{state} {spelling} {year}", rule="aggregate_of_countries"
        )
    if table == "THB_REPATRIATED" and row.label("Category") == "abroad":
        # Abroad is the sum of the countries named beside it (Romania 2019: 30), and all
        # there is where none is named.
        code = TOTAL
    elif (
        table != "THB_REPATRIATED"
        and code == NATIONALS
        and (state, year, table, state) not in named
    ):
        code, note = state, "given in the source as Nationals"
    elif code == UNKNOWN:
        part = spelling or "blank"  # different unnamed groups are added up
    return gathering.add(
        Key(table, (state, year, code)), number, where=row.where, note=note, part=part
    )
