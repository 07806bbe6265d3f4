"""What did UNODC publish on drug seizures? Annex 7.1 of the World Drug Report read into
kilograms by drug.

The annex names about a hundred drugs in groups; the return asks for sixteen. Different
drugs of one code are added. The same drug given twice for one state and year is added
where that changes no digit that a report prints (a trace beside a main row), or where a
printed national total shows that the rows are its parts. For the rest nothing says
whether the rows are parts or versions of one figure: the larger is the least that was
seized, and stands in the return with the status that the contract has for it and a note
that names them all. A row of zero kilograms beside another one changes neither reading
and is passed over. A published group total stands for its group, and the drugs it
includes are not added to it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from pipeline.cells import Key, printed_decimals
from pipeline.contracts.anchors import EVERY_CODE, Anchor, load_anchors
from pipeline.contracts.model import Contracts
from pipeline.returns.importers.figures import (
    Columns,
    Figure,
    Gathering,
    Reading,
    Source,
    listed,
    number_of,
    own_rows,
    with_anchored,
)
from pipeline.returns.importers.sheets import PublishedRow, folded, read_published
from pipeline.returns.importers.values import Number, plain

KILOGRAMS = "Kilograms"
COLUMNS = Columns("msCode", "Reference year", ("DrugGroup", "DrugSubGroup", "DrugName"))
TABLE = "OCT_DRUG_KG"
TITLE = "Drug seizures"
DECIMALS = 3
LEAST = "; the larger is the least that was seized"
# the file names its years, not its edition
EDITIONS = {"Drug seizures, 2018-2022": "World Drug Report 2024"}
# Codes by group, then by subgroup, then by drug; the more exact name wins. Quotes are
# plain and case is folded.
GROUPS = {
    "opioids": "OPOTH",
    "cannabis-type drugs (excluding synthetic cannabinoids)": "COTH",
    "cocaine-type": "COC",
    'amphetamine-type stimulants (excluding "ecstasy")': "ATSO",
    '"ecstasy"-type substances': "XTC",
    "nps": "NPS",
    "sedatives and tranquillizers": "SED",
    "hallucinogens": "HAL",
    "any other drugs/substances": "OTH",
    "solvents and inhalants": "OTH",
}
SUBGROUPS = {
    "cannabis herb (marijuana)": "CHERB",
    "cannabis resin (hashish)": "CRES",
    "cannabis oil": "COIL",
    "amphetamine": "AMP",
    "methamphetamine": "MET",
    "coca-type": "OTH",
}
DRUGS = {
    "heroin": "HER",
    "opium": "OPI",
    # Plants weigh many times what could be made of them, so they are not among the
    # opioids.
    "poppy plants": "OTH",
    "poppy straw (seed heads, pods or capsules)": "OTH",
}
PRECURSORS = "precursors"
# Totals over several codes of the return: there is no line for them.
TOTALS_WITHOUT_LINE = ('reported total ats (excluding "ecstasy")', "reported total cannabis-type")


def read(path: Path, contracts: Contracts, round_: int) -> Reading:
    """Read annex 7.1 for the years of a round, in kilograms with three decimals. Raises
    UserError.
    """
    expected = (*COLUMNS.labels, COLUMNS.year, KILOGRAMS, COLUMNS.state)
    published = read_published(path, {TABLE: expected}, contracts=contracts)
    reading = _gather(Gathering(contracts, round_, published, DECIMALS))
    return with_anchored(
        reading,
        contracts,
        read_again=lambda scope: _gather(Gathering(contracts, round_, published, DECIMALS, scope)),
    )


def _gather(gathering: Gathering) -> Reading:
    banner = [v.text.strip() for v in gathering.published.banner]
    title = next((t for t in banner if folded(t).startswith("drug seizures")), TITLE)
    release = EDITIONS.get(title, "edition not stated in the file")
    source = Source("drug_seizures", "UNODC", f"annex 7.1 {title}", release)
    cells: dict[Key, list[_Row]] = defaultdict(list)
    for state, year, row in own_rows(gathering, TABLE, columns=COLUMNS):
        number = gathering.read(row, KILOGRAMS)
        if code := _code(row, number, gathering=gathering):
            cells[Key(TABLE, (state, year, code))].append(_Row(row, number))
    anchors = _single_cells(source, gathering)
    for key, group in sorted(cells.items()):
        _map_cell(key, group, gathering=gathering, anchor=anchors.get(key))
    return gathering.settle(source, (TABLE,))


def _single_cells(source: Source, gathering: Gathering) -> dict[Key, Anchor]:
    """The printed national totals of one cell each."""
    return {
        Key(a.cube, (a.area, str(a.year), *a.codes)): a
        for a in load_anchors(gathering.contracts.folder, gathering.contracts)
        if a.is_of(source.publisher, source.table, release=source.release)
        and EVERY_CODE not in a.codes
    }


@dataclass(frozen=True)
class _Row:
    """A row of the annex with its weight."""

    published: PublishedRow
    number: Number

    @property
    def where(self) -> str:
        return self.published.where

    @property
    def kilograms(self) -> Decimal:
        return number_of(self.number.text) or Decimal(0)

    @property
    def is_total(self) -> bool:
        name = _folded(self.published, "DrugName")
        return name.startswith("total ") or "(total of the above" in name

    @property
    def drug(self) -> str:
        """Without brand names: "Methylphenidate" and "Methylphenidate (Ritalin,
        Concerta)" repeat each other.
        """
        return _folded(self.published, "DrugName").partition(" (")[0]


def _folded(row: PublishedRow, column: str) -> str:
    return row.label(column).replace("“", '"').replace("”", '"')


def _described(row: PublishedRow) -> str:
    return " / ".join(
        row.text(c) for c in ("msCode", "Reference year", "DrugSubGroup", "DrugName", KILOGRAMS)
    )


def _code(row: PublishedRow, number: Number, *, gathering: Gathering) -> str:
    """The code of the drug; a row that has none is skipped by its rule."""
    group, subgroup, drug = (_folded(row, c) for c in ("DrugGroup", "DrugSubGroup", "DrugName"))
    if group == PRECURSORS:
        gathering.skip(row.where, _described(row), rule="precursors_not_asked")
    elif subgroup in TOTALS_WITHOUT_LINE:
        gathering.skip(row.where, _described(row), rule="total_of_several_codes")
    elif number.is_missing:
        gathering.skip(row.where, _described(row), rule=number.rule)
    elif code := DRUGS.get(drug) or SUBGROUPS.get(subgroup) or GROUPS.get(group):
        return code
    else:
        gathering.skip(row.where, _described(row), rule="drug_not_in_list")
    return ""


def _map_cell(key: Key, rows: list[_Row], *, gathering: Gathering, anchor: Anchor | None) -> None:
    """Add the rows of one cell: its published total where there is one, else its drugs."""
    if any(r.number.rule for r in rows):
        # Without the weight that cannot be read neither the total nor the sum can be
        # settled: all stand side by side.
        for row in rows:
            gathering.add(key, row.number, where=row.where, part=row.drug)
        return
    totals = [r for r in rows if r.is_total]
    parts = _without_zeros([r for r in rows if not r.is_total], gathering)
    if totals:
        parts = _settle_total(
            key, _without_zeros(totals, gathering), parts=parts, gathering=gathering
        )
    drugs = {
        drug: [r for r in parts if r.drug == drug] for drug in dict.fromkeys(r.drug for r in parts)
    }
    if any(len(_weights(same)) > 1 for same in drugs.values()):
        gathering.add_settled(_several(key, drugs, gathering=gathering, anchor=anchor), len(parts))
        return
    for row in parts:
        gathering.add(key, row.number, where=row.where, part=row.drug)


def _without_zeros(rows: list[_Row], gathering: Gathering) -> list[_Row]:
    """The rows without those of zero kilograms that stand beside another one of their
    drug.
    """
    some = {r.drug for r in rows if r.kilograms}
    for row in rows:
        if row.drug in some and not row.kilograms:
            gathering.skip(row.where, _described(row.published), rule="zero_beside_another_row")
    return [r for r in rows if r.kilograms or r.drug not in some]


def _weights(rows: list[_Row]) -> list[Decimal]:
    """The different weights of rows; the same one twice is one."""
    return sorted({r.kilograms for r in rows}, reverse=True)


def _several(
    key: Key, drugs: dict[str, list[_Row]], *, gathering: Gathering, anchor: Anchor | None
) -> Figure:
    """The figure of a cell in which a drug has several rows with different weights."""
    weights = {drug: _weights(rows) for drug, rows in drugs.items()}
    least = sum((w[0] for w in weights.values()), Decimal(0))
    most = sum((sum(w, Decimal(0)) for w in weights.values()), Decimal(0))
    several = [
        f"{listed([f'{w:f}' for w in ws])} for {drug}"
        for drug, ws in weights.items()
        if len(ws) > 1
    ]
    given = f"{key.year}: source gives {'; '.join(several)}"
    if anchor and anchor.is_met_by(most) and not anchor.is_met_by(least):
        return Figure(
            key,
            plain(most, DECIMALS),
            note=f"{given}; added, as their sum is printed: {anchor.where}",
        )
    if _printed(least) == _printed(most):
        return Figure(
            key,
            plain(most, DECIMALS),
            note=f"{given}; added, which changes no digit that is printed",
        )
    return _least(key, least, given=given, gathering=gathering)


def _least(key: Key, kilograms: Decimal, *, given: str, gathering: Gathering) -> Figure:
    """The least that was seized, as a figure that says so."""
    status = gathering.contracts.table(TABLE).several_figures
    return Figure(key, plain(kilograms, DECIMALS), status, given + LEAST)


def _printed(kilograms: Decimal) -> Decimal:
    step = Decimal(1).scaleb(-printed_decimals(kilograms, "kg"))
    return kilograms.quantize(step, ROUND_HALF_UP)


def _settle_total(
    key: Key, totals: list[_Row], *, parts: list[_Row], gathering: Gathering
) -> list[_Row]:
    """The rows to add where a total is published: the total, unless its parts are more
    than it.
    """
    least = sum(
        (max(_weights([r for r in parts if r.drug == d])) for d in {r.drug for r in parts}),
        Decimal(0),
    )
    if least > (total := max(r.kilograms for r in totals)):
        # A total that is less than its parts does not include them, whatever its name
        # says; nobody can tell.
        given = f"{key.year}: published total {total:f} kg is less than its parts, {least:f} kg"
        gathering.add_settled(
            _least(key, least, given=given, gathering=gathering), len(totals + parts)
        )
        return []
    for row in parts:
        gathering.skip(row.where, _described(row.published), rule="included_in_published_total")
    return totals
