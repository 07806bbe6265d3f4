"""What would the next round bring? The returns of the last one a year later, with other
figures and one state more.

Figures are changed by whole factors, a state at a time, so that parts still add up to
their totals. Tables that were empty are filled, and every figure names another source:
what a text took for granted of the last round is gone.
"""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

from bench.example import figures_sent
from builds import REPORTS, ROOT, ROUND

from pipeline.cells import Key
from pipeline.contracts.layout import SOURCE_FIELD, cover_fields, tables_for
from pipeline.contracts.model import Contracts, Table, load_contracts
from pipeline.numbers.build import build_numbers
from pipeline.project import Project
from pipeline.returns.importers.csv_return import CsvCell, Dialect, write_csv_return
from pipeline.returns.received import read_round
from pipeline.returns.rules.validation import validate_and_write

NEXT = ROUND + 1
JOINED = "HR"  # a member of earlier years, whose membership the copied list does not end
REGISTER = "known_errors: []\n"
# Tables that nobody filled, with the figure of every year and the states that now give
# it.
FILLED: dict[str, tuple[tuple[str, ...], dict[str, int]]] = {
    "SEL_ACTIVITY": (("SELEC",), {"EXCH._T": 47, "MEET._T": 12}),
    "OCT_GOODS_SEIZURES": (("RO", "BG"), {"_T": 140, "CIG": 90}),
    "OCT_TERROR_ATTACKS": (("RO",), {"_T": 1}),
    "OCT_CONTAINERS": (("RO", "GR"), {"EXAM": 310, "SEIZ": 22}),
    "OCT_DRUG_SEIZURES": (("RO",), {"HER": 75, "COC": 64}),
    "OCT_CYBERCRIME": (("RO", "GR"), {"ACC": 120, "INF": 90}),
    "MIG_REFUSED": (("HR",), {"_T._T": 5000}),
    "MIG_STAY": (("HR", "ME", "RS"), {"_T._T": 30000}),
    "MIG_SMUGGLING": (("HR", "MD"), {"": 210}),
    "THB_VICTIMS": (("HR",), {"_T._T": 66}),
    "THB_OFFENCES": (("HR",), {"": 33}),
    "OCT_DRUG_OFFENCES": (("HR", "MD"), {"": 900}),
}


def next_round(folder: Path) -> tuple[Project, Contracts]:
    """A project whose only round is the next one, its stores of restricted versions
    built.
    """
    root = folder / "root"
    for name in ("data_contracts", "templates", "sql"):
        shutil.copytree(ROOT / name, root / name)
    (root / "data_contracts" / "known_errors.yaml").write_text(REGISTER, encoding="utf-8")
    _let_join(root / "data_contracts" / "codelists")
    contracts = load_contracts(root / "data_contracts")
    project = Project(root, folder / "outputs", folder / "returns")
    _write_returns(project, contracts, _figures(folder / "before", contracts))
    validate_and_write(project, contracts, round_=NEXT)
    build_numbers(project, contracts, round_=NEXT)
    return project, contracts


def _let_join(codelists: Path) -> None:
    """The state is a member again, and its population is known."""
    path = codelists / "states.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        if row["code"] == JOINED:
            row["valid_to"] = ""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    with (codelists / "population.csv").open("a", encoding="utf-8") as file:
        file.writelines(
            f'{JOINED},{y},3900000,"UN DESA, World Population Prospects 2024"\n'
            for y in range(2013, 2024)
        )


def _figures(folder: Path, contracts: Contracts) -> dict[Key, tuple[str, str]]:
    """Text and observation status of every figure of the last round, as the returns
    have it.
    """
    before = Project(ROOT, folder)
    read_round(before, load_contracts(ROOT / "data_contracts"), round_=ROUND)
    return figures_sent(before, contracts, ROUND)


def _write_returns(
    project: Project, contracts: Contracts, figures: dict[Key, tuple[str, str]]
) -> None:
    for report in REPORTS:
        contract = contracts.contract(report)
        for state in [
            *(m.code for m in contracts.members(NEXT)),
            *(["SELEC"] if report == "octa" else []),
        ]:
            tables = {t.name: t for t in tables_for(contract, state, round_=NEXT)}
            cells = {
                k: c
                for k, c in _later(figures, state, tables).items()
                if k.year in contract.years(NEXT)
            }
            cells |= _filled(state, tables, contract.years(NEXT))
            sources = {k.cube for k in cells}
            cover = [
                (f, _answer(f, value, state, sources))
                for f, _, value, _ in cover_fields(contract, state, state_name=state, round_=NEXT)
            ]
            path = project.returns / str(NEXT) / report / f"{state}.csv"
            write_csv_return(
                path,
                contract,
                state=state,
                round_=NEXT,
                cells=cells,
                cover=cover,
                dialect=Dialect(),
            )


def _later(
    figures: dict[Key, tuple[str, str]], state: str, tables: dict[str, Table]
) -> dict[Key, CsvCell]:
    """The figures of a state a year later: of some states three times as much in the
    last year, of others less.
    """
    turn = sum(map(ord, state)) % 3
    cells = {}
    for key, (text, status) in figures.items():
        if key.state == state and key.cube in tables:
            later = key.at(year=key.year + 1)
            factor = (
                3
                if turn == 0 and later.year == NEXT
                else 2
                if turn == 1 and later.year < NEXT
                else 1
            )
            number = text.replace(".", "").isdigit()
            cells[later] = CsvCell(
                (
                    f"{float(text) * factor:g}"
                    if number and "." in text
                    else str(int(text) * factor)
                    if number
                    else text
                ),
                status,
            )
    return cells


def _filled(state: str, tables: dict[str, Table], years: range) -> dict[Key, CsvCell]:
    return {
        Key(table, (state, str(year), *(codes.split(".") if codes else ()))): CsvCell(
            str(figure + 10 * (year - NEXT))
        )
        for table, (states, figures) in FILLED.items()
        if table in tables and state in states
        for codes, figure in figures.items()
        for year in years
        if figure + 10 * (year - NEXT) >= 0
    }


def _answer(field: str, value: str, state: str, sources: set[str]) -> str:
    if field == "date":
        return f"{NEXT + 1}-03-31"
    if field.startswith(SOURCE_FIELD):
        return (
            f"Ministry of the Interior of {state}, register"
            if field.removeprefix(SOURCE_FIELD) in sources
            else ""
        )
    return value or "National Focal Point"
