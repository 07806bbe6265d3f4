"""Is a known error of a supplier left out or accepted as the register says, and is a
fixed one noticed?
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from builds import ROOT

from pipeline.contracts.known_errors import REGISTER, SCHEMA, KnownError, load_known_errors
from pipeline.contracts.lint import lint_project
from pipeline.contracts.model import Contracts, load_contracts
from pipeline.contracts.policy import load_policy
from pipeline.contracts.template import build_workbook, workbook_bytes
from pipeline.errors import ContractError
from pipeline.findings import Finding
from pipeline.numbers.warehouse.ledger import load_round
from pipeline.project import Project
from pipeline.release.build import inputs_of_version
from pipeline.returns.intake.reading import FileReading, RoundReading
from pipeline.returns.rules.check import validate_round
from pipeline.returns.rules.known import (
    entries_in_force,
    is_known,
    require_current,
    require_figures,
    with_known,
)
from pipeline.returns.rules.outcome import Validation
from pipeline.returns.rules.pages import write_pages

CELL = "THB_JUDGMENTS:RO.2022._T"
WHOLE: dict[str, Any] = {
    "id": "ro-judgments",
    "state": "RO",
    "report": "thb",
    "table": "THB_JUDGMENTS",
    "round": 2022,
    "cells": ["THB_JUDGMENTS:RO.2022.*"],
    "rule": "THB_JUDGMENTS.value.maximum",
    "why": "The figures count sessions of courts instead of decisions",
    "reported": "2023-04-01",
    "until": 2022,
    "effect": "leave-out",
}
Make = Callable[..., Contracts]


@pytest.fixture
def registered(tmp_path: Path, contracts: Contracts) -> Make:
    """The contracts beside a register whose entries are WHOLE with some fields changed."""

    def make(*changes: dict[str, Any]) -> Contracts:
        folder = tmp_path / "data_contracts"
        shutil.copytree(contracts.codelists, folder / "codelists", dirs_exist_ok=True)
        shutil.copy(contracts.folder / SCHEMA, folder)
        entries = [{**WHOLE, **change} for change in changes]
        (folder / REGISTER).write_text(yaml.safe_dump({"known_errors": entries}), encoding="utf-8")
        return Contracts(list(contracts), folder / "codelists")

    return make


def entry(**changes: Any) -> KnownError:
    made = {
        **WHOLE,
        "cells": tuple(changes.pop("cells", WHOLE["cells"])),
        "reported": date(2023, 4, 1),
        **changes,
    }
    return KnownError(**made)


def finding(key: str = CELL, severity: str = "error", rule: str = WHOLE["rule"]) -> Finding:
    return Finding(
        2022,
        "thb",
        key.split(":")[1][:2],
        "2022/thb/RO.xlsx",
        "10 Judgments",
        "C7",
        key.split(":")[0],
        key,
        rule,
        severity,  # type: ignore[arg-type]
        "9",
        "at most 5",
        "correct it",
        "1.0.0",
    )


def reading(
    received: str = "2023-03-31", round_: int = 2022, outcome: str = "read", state: str = "RO"
) -> RoundReading:
    file = FileReading(
        round_,
        "thb",
        state,
        f"{round_}/thb/{state}.xlsx",
        "",
        received,
        "1.0.0",
        outcome,  # type: ignore[arg-type]
    )
    return RoundReading(round_, (file,), (), ())


@pytest.mark.parametrize(
    ("cell", "key", "falls"),
    [
        ("OCT_FIREARMS_PERSONS:TR.*.PROS", "OCT_FIREARMS_PERSONS:TR.2018.PROS", True),
        ("OCT_FIREARMS_PERSONS:TR.*.PROS", "OCT_FIREARMS_PERSONS:TR.2018.CONV", False),
        ("OCT_FIREARMS_PERSONS:TR.2018.*", "OCT_FIREARMS_PERSONS:TR.2019.CONV", False),
        ("THB_VICTIMS:RO.2022.*.*", "THB_VICTIMS:RO.2022.F.Y_LT18", True),
        ("THB_VICTIMS:RO.2022.*.*", "THB_VICTIMS_FORM:RO.2022.F.Y_LT18", False),
        ("THB_VICTIMS:RO.2022.*", "THB_VICTIMS:RO.2022.F.Y_LT18", False),
    ],
)
def test_a_star_stands_for_one_code(cell: str, key: str, falls: bool) -> None:
    assert bool(entry(cells=[cell]).matching(key)) == falls


def test_the_register_of_the_project_is_linted_with_its_entries() -> None:
    known = load_known_errors(ROOT / "data_contracts", load_contracts(ROOT / "data_contracts"))
    (line,) = [line for line in lint_project(Project(ROOT)) if line.startswith("known errors")]
    assert all(e.id in line for e in known)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"id": "RO 1"}, "RO 1.id"),
        ({"until": "next year"}, "ro-judgments.until"),
        ({"until": "2023-02-30"}, "'2023-02-30' is no day of the calendar"),
        ({"until": 2021}, "until 2021 is before its round 2022"),
        ({"effect": "ignore"}, "ro-judgments.effect"),
        ({"why": "wrong"}, "ro-judgments.why"),
        ({"who": "RO"}, "nobody reads 'who'"),
        ({"table": "THB_JUDGEMENTS"}, "no table 'THB_JUDGEMENTS' in the report 'thb'"),
        ({"report": "octa"}, "no table 'THB_JUDGMENTS' in the report 'octa'"),
        ({"state": "SELEC"}, "'SELEC' does not report THB_JUDGMENTS"),
        ({"cells": ["THB_JUDGMENTS:BG.2022._T"]}, "is a cell of 'BG', the entry is about RO"),
        ({"cells": ["THB_JUDGMENTS:RO.2022"]}, "written THB_JUDGMENTS:state.year.judgment"),
        (
            {"cells": ["THB_JUDGMENTS:RO.late._T"]},
            "'late' in 'THB_JUDGMENTS:RO.late._T' is not a year",
        ),
        (
            {"cells": ["THB_JUDGMENTS:RO.2022.X"]},
            "'X' in 'THB_JUDGMENTS:RO.2022.X' is no code of judgment",
        ),
        ({"rule": "THB_JUDGMENTS.key.unique", "effect": "accept"}, "two figures for one cell"),
    ],
)
def test_a_wrong_entry_is_named(registered: Make, change: dict[str, Any], told: str) -> None:
    contracts = registered(change)
    with pytest.raises(ContractError, match=told.replace(".", r"\.").replace("*", r"\*")):
        load_known_errors(contracts.folder, contracts)


def test_an_id_that_stands_twice_and_broken_yaml_are_named(registered: Make) -> None:
    contracts = registered({}, {})
    with pytest.raises(ContractError, match="ro-judgments: the id stands twice"):
        load_known_errors(contracts.folder, contracts)
    (contracts.folder / REGISTER).write_text("known_errors: [", encoding="utf-8")
    with pytest.raises(
        ContractError, match="known_errors.yaml line 2, column 1: this cannot be read as YAML"
    ):
        load_known_errors(contracts.folder, contracts)
    (contracts.folder / REGISTER).unlink()
    assert load_known_errors(contracts.folder, contracts) == ()


@pytest.mark.parametrize(
    ("change", "returned", "state"),
    [
        ({}, reading(), "in force"),
        ({}, reading(round_=2021), "not looked at"),
        ({}, reading(state="BG"), "not looked at"),
        ({}, reading(outcome="refused"), "not looked at"),
        ({}, reading(round_=2023), "over"),
        ({"until": 2023}, reading(round_=2023), "in force"),
        ({"until": "2023-03-31"}, reading(received="2023-03-31"), "in force"),
        ({"until": "2023-03-30"}, reading(received="2023-03-31"), "over"),
        # without a date: the first day after its year
        (
            {"until": "2022-12-31"},
            reading(received=""),
            "over",
        ),
        ({"until": "2023-01-01"}, reading(received="soon"), "in force"),
    ],
)
def test_an_entry_holds_for_returns_up_to_its_end(
    registered: Make, change: dict[str, Any], returned: RoundReading, state: str
) -> None:
    found = entries_in_force(registered(change), returned)
    assert [("over" if k.is_over else "in force") for k in found] == (
        [] if state == "not looked at" else [state]
    )


def test_a_fixed_error_and_one_past_its_end_stop_the_build_by_name(registered: Make) -> None:
    (known,) = entries_in_force(registered({}), reading())
    require_current([known], [finding()], round_=2022)
    for other in (
        [],
        [finding(rule="THB_JUDGMENTS.judgment.sum")],
        [finding("THB_JUDGMENTS:BG.2022._T")],
    ):
        with pytest.raises(
            ContractError, match=r"ro-judgments: .* the supplier has fixed it"
        ) as stopped:
            require_current([known], other, round_=2022)
        assert "remove each" in stopped.value.do

    (half,) = entries_in_force(registered({"cells": [CELL, "THB_JUDGMENTS:RO.2021._T"]}), reading())
    with pytest.raises(ContractError, match=r"at THB_JUDGMENTS:RO\.2021\._T: the supplier"):
        require_current([half], [finding()], round_=2022)

    (over,) = entries_in_force(registered({}), reading(round_=2023))
    require_current([over], [], round_=2023)
    with pytest.raises(
        ContractError, match=r"past its end \(2022\), but RO still sends the error in round 2023"
    ):
        require_current([over], [finding()], round_=2023)


@pytest.mark.parametrize(
    ("effect", "severity", "lowered"),
    [
        ("leave-out", "error", "query"),
        ("leave-out", "query", "query"),
        ("accept", "error", "query"),
        ("accept", "query", "note"),
        ("accept", "note", "note"),
    ],
)
def test_a_known_finding_is_lowered_and_says_why(
    registered: Make, effect: str, severity: str, lowered: str
) -> None:
    known = entries_in_force(registered({"effect": effect}), reading())
    other = finding(rule="THB_JUDGMENTS.judgment.sum")
    told = with_known(known, [finding(severity=severity), other], out=[], versions={"thb": "1.0.0"})
    assert told[0].severity == lowered
    assert told[0].known == "ro-judgments"
    assert told[0].remark == f"known error ro-judgments: {WHOLE['why']}"
    assert told[1] == other
    assert (is_known(known, finding()), is_known(known, other)) == (True, False)


def test_what_is_no_figure_cannot_be_accepted(registered: Make) -> None:
    known = entries_in_force(registered({"effect": "accept"}), reading())
    require_figures(known, [finding()], unread=frozenset())
    with pytest.raises(
        ContractError, match=f"no figure that could be used as it was sent: ro-judgments: {CELL}"
    ):
        require_figures(known, [finding()], unread=frozenset({CELL}))


def send(folder: Path, total: int) -> Project:
    """Romania's judgments of 2022, their total in C7, and a note beside it."""
    book = build_workbook(load_contracts(ROOT / "data_contracts"), "thb", state="RO", round_=2022)
    sheet = book["10 Judgments"]
    values = {c.value: c.column for c in sheet[6] if c.value == "2022"}
    for row, number in ((7, total), (8, 3), (9, 1), (10, 0), (11, 0)):
        sheet.cell(row, values["2022"]).value = number
        sheet.cell(row, values["2022"] - 2).value = 4 if row == 7 else None
    sheet.cell(7, values["2022"] + 1).value = "E"
    sheet.cell(8, values["2022"] + 3).value = "with appeals"
    target = folder / "returns" / "2022" / "thb"
    target.mkdir(parents=True, exist_ok=True)
    (target / "RO.xlsx").write_bytes(workbook_bytes(book, 2022))
    return Project(ROOT, folder / "outputs", folder / "returns")


def figures(project: Project, table: str) -> dict[str, bool]:
    with duckdb.connect(str(project.work(2022) / "staged.duckdb"), read_only=True) as connection:
        return dict(connection.execute(f"select key, usable from {table} order by key").fetchall())


def account(validation: Validation) -> tuple[int, int, int, int]:
    (own,) = validation.accounts
    return own.filled, own.loaded, own.refused, own.ignored.get("known-error", 0)


def test_cells_are_left_out_and_the_rest_of_the_table_is_loaded(
    registered: Make, tmp_path: Path
) -> None:
    project = send(tmp_path, 20_000_000)
    refused = validate_round(project, registered(), round_=2022)
    assert refused.refused == {("RO", "thb", "THB_JUDGMENTS")}
    filled, _, not_loaded, _ = account(refused)
    assert not_loaded == 8  # six figures, the status of one and the note of its line

    contracts = registered({"cells": [CELL]})
    validation = validate_round(project, contracts, round_=2022)
    assert validation.refused == frozenset()
    # the figure is left out, and with it its status
    assert account(validation) == (
        filled,
        6,
        0,
        2,
    )
    own = [f for f in validation.findings if f.key.startswith("THB_JUDGMENTS:")]
    # Its parts are not measured against the figure left out, and no other finding
    # speaks of it.
    assert [(f.rule, f.key, f.severity, f.known) for f in own if f.rule != "note.required"] == [
        ("THB_JUDGMENTS.value.maximum", CELL, "query", "ro-judgments")
    ]
    assert figures(project, "thb_judgments")[CELL] is False
    assert figures(project, "set_aside_thb_judgments") == {CELL: True}
    write_pages(project, contracts, validation=validation)
    page = (project.findings(2022) / "RO.html").read_text(encoding="utf-8")
    assert f"known error ro-judgments: {WHOLE['why']}" in page

    load_round(
        project.warehouse,
        project.work(2022) / "staged.duckdb",
        contracts=contracts,
        refused=validation.refused,
    )
    with duckdb.connect(str(project.warehouse), read_only=True) as ledger:
        held = ledger.execute(
            "select outcome, count(*), bool_or(key = ?) from submissions join thb_judgments using"
            " (submission_id) group by all order by all",
            [CELL],
        ).fetchall()
    assert held == [("accepted", 5, False), ("set aside", 1, True)]

    # A line of cells takes its other figures out too, each with a finding of its own.
    every = validate_round(project, registered({}), round_=2022)
    assert account(every)[3] == 7  # five figures, the status of one, the note of another
    known = [f for f in every.findings if f.known]
    assert {f.rule for f in known} == {"THB_JUDGMENTS.value.maximum", "known-error"}
    assert len(known) == 5
    assert {f.contract_version for f in known} == {contracts.contract("thb").version}
    assert {
        f["contract_version"]
        for f in json.loads((project.findings(2022) / "findings.json").read_text(encoding="utf-8"))[
            "findings"
        ]
    } == {"1.0.0"}


def test_a_corrected_return_asks_for_the_entry_to_end(registered: Make, tmp_path: Path) -> None:
    project = send(tmp_path, 4)
    with pytest.raises(ContractError, match="ro-judgments: .* the supplier has fixed it"):
        validate_round(project, registered({"cells": [CELL]}), round_=2022)


def test_who_does_not_see_findings_does_not_see_that_the_register_changed(
    contracts: Contracts, tmp_path: Path
) -> None:
    policy = load_policy(ROOT / "data_contracts", contracts)
    sidecar = tmp_path / "thb.sha256"
    sidecar.write_text("0")
    seen = {
        name: any(
            "known_errors" in f
            for f in inputs_of_version(
                Project(ROOT, tmp_path),
                contracts,
                store=tmp_path / "thb.duckdb",
                report="thb",
                rule=rule,
                rendered={},
            )
        )
        for name, rule in policy.versions.items()
    }
    assert seen == {"restricted": True, "public": False, "partner": False}
