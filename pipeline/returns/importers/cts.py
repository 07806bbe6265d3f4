"""What did UNODC publish on recorded offences? The UN-CTS tables read into cells of the
migration and octa returns.
"""

from __future__ import annotations

from pathlib import Path

from pipeline.cells import TOTAL, Key
from pipeline.contracts.codelists import fold
from pipeline.contracts.model import Contracts
from pipeline.returns.importers.figures import Gathering, Reading, Source, with_anchored
from pipeline.returns.importers.reconcile import remark_sums
from pipeline.returns.importers.sheets import PublishedRow
from pipeline.returns.importers.unodc import UNIT_COUNTS, described, read_table, rows_of_round

VALUE = "VALUE"
# Category, folded, to the table and its code; the spellings are the publisher's.
CATEGORIES: dict[str, tuple[str, str]] = {
    fold(name): place
    for name, place in {
        "Smuggling of migrants": ("MIG_SMUGGLING", ""),
        "Money laundering": ("OCT_MONEY_LAUNDERING", ""),
        "Corruption": ("OCT_CORRUPTION", TOTAL),
        "Corruption: Bribery": ("OCT_CORRUPTION", "BRI"),
        "Corruption: Other acts of corruption": ("OCT_CORRUPTION", "OTH"),
        "Unlawful access to a computer system": ("OCT_CYBERCRIME", "ACC"),
        "Unlawful interference with a computer system or computer data": ("OCT_CYBERCRIME", "INF"),
        "Unlawful interception or access of computer data": ("OCT_CYBERCRIME", "INC"),
        "Theft: of a motorized vehicle": ("OCT_VEHICLE_THEFT", ""),
        "Acts that cause environmental pollution or degradation": ("OCT_ENVIRONMENT", "POL"),
        "Acts involving the movement of dumping of waste": ("OCT_ENVIRONMENT", "WAS"),
        "Acts involving the movement or dumping of waste": ("OCT_ENVIRONMENT", "WAS"),
        "Trade or possession of protected or prohibited species of faune and flora": (
            "OCT_ENVIRONMENT",
            "SPE",
        ),
        "Trade or possession of protected or prohibited species of fauna and flora": (
            "OCT_ENVIRONMENT",
            "SPE",
        ),
        "Acts that result in the depletion of degradation of natural resources": (
            "OCT_ENVIRONMENT",
            "DEP",
        ),
        "Acts that result in the depletion or degradation of natural resources": (
            "OCT_ENVIRONMENT",
            "DEP",
        ),
    }.items()
}
INDICATORS = ("offences", "acts against the environment")
TABLES = tuple(dict.fromkeys(table for table, _ in CATEGORIES.values()))


def read(path: Path, contracts: Contracts, round_: int) -> Reading:
    """Read a UN-CTS workbook for the years of a round. Raises UserError when the file
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
    for state, year, row in rows_of_round(gathering, TABLES[0]):
        _map_row(row, state, year=year, gathering=gathering)
    source = Source("cts", "UNODC", "Crime Trends Survey (UN-CTS)", release)
    return remark_sums(gathering.settle(source, TABLES), gathering.contracts)


def _map_row(row: PublishedRow, state: str, *, year: str, gathering: Gathering) -> None:
    what = described(state, row, value=VALUE)
    table, code = CATEGORIES.get(row.label("Category"), ("", ""))
    if row.label("Unit of measurement") != UNIT_COUNTS:
        return gathering.skip(row.where, what, rule="rate_not_count")
    if not table or row.label("Indicator") not in INDICATORS:
        return gathering.skip(row.where, what, rule="no_place_in_the_return")
    if row.label("Sex") != "total" or row.label("Age") != "total":
        return gathering.skip(row.where, what, rule="sex_or_age_not_asked")
    number = gathering.read(row, VALUE)
    if number.is_missing:
        return gathering.skip(row.where, what, rule=number.rule)
    return gathering.add(
        Key(table, (state, year, code) if code else (state, year)), number, where=row.where
    )
