"""What did UNODC publish on drug seizures? Annex 7.1 of the World Drug Report read into kilograms by drug.

The annex names about a hundred drugs in groups; the return asks for sixteen. Different drugs of one code are added. The
same drug given twice for one state and year is not: nothing says whether the rows are parts or versions of one
seizure figure. A row of zero kilograms beside another one changes neither reading and is passed over.
A published group total stands for its group, and the drugs it includes are not added to it.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from pathlib import Path

from pipeline.cells import Key
from pipeline.contracts.codelists import fold
from pipeline.contracts.model import Contracts
from pipeline.importers.figures import Gathering, Reading, Source, clean_number, number_of, plain, states_of
from pipeline.importers.sheets import PublishedRow, read_workbook

HEADER_ROW = 2
COLUMNS = ("DrugGroup", "DrugSubGroup", "DrugName", "Reference year", "Kilograms", "msCode")
TABLE = "OCT_DRUG_KG"
DECIMALS = 3
EDITIONS = {"Drug seizures, 2018-2022": "World Drug Report 2024"}  # the file names its years, not its edition
# Codes by group, then by subgroup, then by drug; the more exact name wins. Quotes are plain and case is folded.
GROUPS = {
    "opioids": "OPOTH", "cannabis-type drugs (excluding synthetic cannabinoids)": "COTH", "cocaine-type": "COC",
    'amphetamine-type stimulants (excluding "ecstasy")': "ATSO", '"ecstasy"-type substances': "XTC", "nps": "NPS",
    "sedatives and tranquillizers": "SED", "hallucinogens": "HAL", "any other drugs/substances": "OTH",
    "solvents and inhalants": "OTH",
}  # fmt: skip
SUBGROUPS = {
    "cannabis herb (marijuana)": "CHERB", "cannabis resin (hashish)": "CRES", "cannabis oil": "COIL",
    "amphetamine": "AMP", "methamphetamine": "MET", "coca-type": "OTH",
}  # fmt: skip
DRUGS = {
    "heroin": "HER", "opium": "OPI",
    # Plants weigh many times what could be made of them, so they are not among the opioids.
    "poppy plants": "OTH", "poppy straw (seed heads, pods or capsules)": "OTH",
}  # fmt: skip
PRECURSORS = "precursors"
# Totals over several codes of the return: there is no line for them.
TOTALS_WITHOUT_LINE = ('reported total ats (excluding "ecstasy")', "reported total cannabis-type")


def read(path: Path, contracts: Contracts, round_: int) -> Reading:
    """Read annex 7.1 for the years of a round, in kilograms with three decimals. Raises UserError."""
    banner, rows = read_workbook(path, HEADER_ROW, COLUMNS)
    gathering = Gathering(contracts, round_, decimals=DECIMALS)
    states, years = states_of(contracts, round_), {str(y) for y in contracts.contract("octa").years(round_)}
    cells: dict[Key, list[PublishedRow]] = defaultdict(list)
    for row in rows:
        state, year = states.get(fold(row.text("msCode")), ""), row.text("Reference year")
        if not state:
            gathering.leave_out("other_state")
        elif year not in years:
            gathering.leave_out("other_year")
        elif code := _code(row, gathering):
            cells[Key(TABLE, (state, year, code))].append(row)
    for key, group in sorted(cells.items()):
        _map_cell(key, group, gathering)
    title = banner[0] if banner else "Drug seizures"
    release = EDITIONS.get(title, "edition not stated in the file")
    return gathering.settle(Source("drug_seizures", "UNODC", f"annex 7.1 {title}", release), (TABLE,))


def _folded(row: PublishedRow, column: str) -> str:
    return fold(row.text(column)).replace("“", '"').replace("”", '"')


def _described(row: PublishedRow) -> str:
    return " / ".join(row.text(c) for c in ("msCode", "Reference year", "DrugSubGroup", "DrugName", "Kilograms"))


def _code(row: PublishedRow, gathering: Gathering) -> str:
    """The code of the drug; a row that has none is skipped by its rule."""
    group, subgroup, drug = (_folded(row, c) for c in ("DrugGroup", "DrugSubGroup", "DrugName"))
    if group == PRECURSORS:
        gathering.skip(row.where, _described(row), "precursors_not_asked")
    elif subgroup in TOTALS_WITHOUT_LINE:
        gathering.skip(row.where, _described(row), "total_of_several_codes")
    elif not clean_number(row.values.get("Kilograms"), 9):
        gathering.skip(row.where, _described(row), "no_number")
    elif code := DRUGS.get(drug) or SUBGROUPS.get(subgroup) or GROUPS.get(group):
        return code
    else:
        gathering.skip(row.where, _described(row), "drug_not_in_list")
    return ""


def _kilograms(row: PublishedRow) -> Decimal:
    return number_of(clean_number(row.values.get("Kilograms"), 9)) or Decimal(0)


def _is_total(row: PublishedRow) -> bool:
    return _folded(row, "DrugName").startswith("total ") or "(total of the above" in _folded(row, "DrugName")


def _map_cell(key: Key, rows: list[PublishedRow], gathering: Gathering) -> None:
    """Add the rows of one cell: its published total where there is one, else its drugs."""
    totals, parts = [r for r in rows if _is_total(r)], [r for r in rows if not _is_total(r)]
    if totals:
        parts = _settle_total(key, totals, parts, gathering)
    for drug in dict.fromkeys(_drug(r) for r in parts):
        same = [r for r in parts if _drug(r) == drug]
        some = [r for r in same if _kilograms(r)]
        for row in some or same:
            gathering.add(key, plain(_kilograms(row), 9), row.where, part=drug)
        for row in same if some else []:
            if not _kilograms(row):
                gathering.skip(row.where, _described(row), "zero_beside_another_row")


def _drug(row: PublishedRow) -> str:
    """The drug without brand names: "Methylphenidate" and "Methylphenidate (Ritalin, Concerta)" repeat each other."""
    return _folded(row, "DrugName").partition(" (")[0]


def _settle_total(
    key: Key, totals: list[PublishedRow], parts: list[PublishedRow], gathering: Gathering
) -> list[PublishedRow]:
    """The rows to add where a total is published: the total, unless its parts are more than it."""
    added = sum((_kilograms(r) for r in parts), Decimal(0))
    if added > max(_kilograms(r) for r in totals):
        # A total that is less than its parts does not include them, whatever its name says; nobody can tell.
        total = _kilograms(totals[0])
        note = f"{key.year}: published total {total:f} kg is less than its parts, {added:f} kg; left blank"
        for row in totals + parts:
            gathering.skip(row.where, _described(row), "total_less_than_its_parts")
        gathering.remark(key, note)
        return []
    for row in parts:
        gathering.skip(row.where, _described(row), "included_in_published_total")
    return totals
