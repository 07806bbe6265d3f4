"""Does a table that is asked from some round on leave the rounds before as they were,
from the form to the report?
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from builds import ROOT

from pipeline.contracts.layout import cover_fields, tables_for
from pipeline.contracts.lint import lint_contract
from pipeline.contracts.model import Contracts, read_contracts
from pipeline.contracts.template import build_workbook, workbook_bytes
from pipeline.errors import ContractError
from pipeline.numbers.sql.marts import write_seeds
from pipeline.project import ENDING, Project
from pipeline.report.exhibits.layout import ExhibitSpec, asked_of
from pipeline.report.printing import Printing
from pipeline.returns.received import read_round
from pipeline.returns.rules.check import check_round
from pipeline.returns.rules.compile import compile_rules

TABLE = "THB_JUDGMENTS"
OTHERS = ("migration", "octa")


def contracts_with(folder: Path, **own: object) -> Contracts:
    """The contracts, where one table says in which rounds it is asked."""
    content = json.loads(json.dumps(yaml.safe_load(path_of("thb").read_text(encoding="utf-8"))))
    table = next(t for t in content["schema"] if t["name"] == TABLE)
    table["customProperties"] += [{"property": name, "value": value} for name, value in own.items()]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"thb{ENDING}"
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return read_contracts([path, *map(path_of, OTHERS)], ROOT / "data_contracts" / "codelists")


def path_of(report: str) -> Path:
    return ROOT / "data_contracts" / f"{report}{ENDING}"


@pytest.fixture
def later(tmp_path: Path) -> Contracts:
    return contracts_with(tmp_path / "later", firstRound=2023)


def test_forms_and_rules_of_earlier_rounds_do_not_have_the_table(later: Contracts) -> None:
    thb = later.contract("thb")
    for round_, asked in ((2022, False), (2023, True), (2024, True)):
        assert (TABLE in [t.name for t in tables_for(thb, "RO", round_=round_)]) is asked
        assert (
            any(
                TABLE in field
                for field, *_ in cover_fields(thb, "RO", state_name="Romania", round_=round_)
            )
            is asked
        )
        assert (
            "10 Judgments" in build_workbook(later, "thb", state="RO", round_=round_).sheetnames
        ) is asked
        assert (
            any(r.rule_id.startswith(TABLE) for r in compile_rules(later, thb, round_=round_))
            is asked
        )


def test_a_table_may_end_with_a_round(tmp_path: Path) -> None:
    ended = contracts_with(tmp_path / "ended", lastRound=2021).contract("thb")
    assert [
        TABLE in [t.name for t in tables_for(ended, "RO", round_=r)] for r in (2020, 2021, 2022)
    ] == [
        True,
        True,
        False,
    ]


def test_a_return_of_an_earlier_round_misses_nothing(project: Project, later: Contracts) -> None:
    for round_ in (2022, 2023):
        path = project.returns / str(round_) / "thb" / "RO.xlsx"
        path.parent.mkdir(parents=True)
        path.write_bytes(
            workbook_bytes(build_workbook(later, "thb", state="RO", round_=2022), 2022)
        )
    found = [
        f
        for f in read_round(project, later, round_=2022).findings
        if f.state == "RO" and f.report == "thb"
    ]
    assert [f.rule for f in found if f.table == TABLE or f.rule == "missing-sheet"] == []
    found = [
        f for f in read_round(project, later, round_=2023).findings if f.rule == "missing-sheet"
    ]
    assert [(f.state, f.table, f.severity) for f in found] == [("RO", TABLE, "error")]


def test_a_sheet_that_the_round_does_not_ask_for_is_named(
    project: Project, later: Contracts
) -> None:
    path = project.returns / "2022" / "thb" / "RO.xlsx"
    path.parent.mkdir(parents=True)
    path.write_bytes(workbook_bytes(build_workbook(later, "thb", state="RO", round_=2023), 2022))
    reading = read_round(project, later, round_=2022)
    assert ("unknown-sheet", "10 Judgments") in {(f.rule, f.sheet) for f in reading.findings}
    assert [
        f.rule
        for f in check_round(project, later, round_=2022, reading=reading)
        if f.table == TABLE
    ] == []


def test_coverage_and_sums_of_a_round_know_its_tables_only(later: Contracts) -> None:
    for round_, asked in ((2022, False), (2023, True)):
        connection = duckdb.connect()
        write_seeds(connection, later, round_=round_)
        cubes = {name for (name,) in connection.execute("select cube from seed.cube").fetchall()}
        assert (TABLE in cubes) is asked
        assert "THB_VICTIMS" in cubes


def test_exhibits_leave_out_what_the_round_does_not_ask(
    store: Callable[..., Printing], later: Contracts, tmp_path: Path
) -> None:
    path = store("key | value\nTHB_VICTIMS:RO.2022._T._T | 5\n").path
    shown = Printing(path, later, report="thb", version="restricted")
    assert shown.round == 2022
    table = ExhibitSpec("T1", "table", "Decisions", TABLE)
    assert asked_of(table, shown) is None
    assert asked_of(replace(table, cube="THB_VICTIMS"), shown) is not None
    lines = ({"key": "THB_VICTIMS:SELEC.{year}._T._T"}, {"key": TABLE + ":SELEC.{year}._T"})
    both = asked_of(ExhibitSpec("S", "indicators", "Summary", indicators=lines), shown)
    assert both is not None
    assert both.indicators == lines[:1]
    assert asked_of(ExhibitSpec("S", "indicators", "Summary", indicators=lines[1:]), shown) is None
    # A figure of it that a text or a formula asks for was not reported.
    assert not shown.cell(later.table(TABLE).total_key("RO", 2022)).has_value


@pytest.mark.parametrize(
    ("own", "told"),
    [
        ({"firstRound": "next"}, "firstRound is 'next'; it must be a round"),
        ({"firstRound": 20233}, "firstRound is 20233; it must be a round"),
        ({"firstRound": 2023, "lastRound": 2022}, "firstRound 2023 is after lastRound 2022"),
    ],
)
def test_rounds_that_cannot_be_are_refused(own: dict[str, Any], told: str, tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=told):
        contracts_with(tmp_path / "wrong", **own)


def test_a_property_that_nobody_reads_is_refused(tmp_path: Path) -> None:
    contracts_with(tmp_path / "good", firstRound=2023, lastRound=2024)
    assert lint_contract(tmp_path / "good" / f"thb{ENDING}") == []
    contracts_with(tmp_path / "wrong", firstround=2023)
    (told,) = lint_contract(tmp_path / "wrong" / f"thb{ENDING}")
    assert f", {TABLE}: nobody reads the property 'firstround'; known are crimeArea" in told
    assert told.startswith(f"thb{ENDING} line ")
