"""Is a report its folder and its contract, and does nothing else name it?"""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

import pytest
from builds import REPORTS, ROOT

from pipeline.contracts.model import load_contracts
from pipeline.errors import ContractError
from pipeline.project import Project, collected_in, printed_in

PIPELINE = ROOT / "pipeline"
# What makes the example returns says which of them are CSV; `activity` is also what the
# Center did, the name of a dimension.
NAMED_IN = {"pipeline/returns/importers/examples.py"}
NAMES = [name for name in REPORTS if name != "activity"]


def report(templates: Path, name: str, order: str) -> None:
    (templates / name).mkdir(parents=True)
    (templates / name / "report.yaml").write_text(f"title: T\n{order}\nversions: {{}}\n")


def contract(contracts: Path, name: str) -> None:
    contracts.mkdir(exist_ok=True)
    (contracts / f"{name}.odcs.yaml").write_text("id: x\n")


def test_reports_stand_in_the_order_that_they_give_then_by_name(tmp_path: Path) -> None:
    report(tmp_path, "late", "order: 12")
    report(tmp_path, "early", "order: 2  # first of all")
    report(tmp_path, "again", "order: 12")
    report(tmp_path, "without", "reference: x")
    report(tmp_path, "within", "versions:\n  order: 1")
    (tmp_path / "shared").mkdir()
    assert printed_in(tmp_path) == ("early", "again", "late", "within", "without")


def test_what_is_collected_is_every_contract_those_of_reports_first(tmp_path: Path) -> None:
    templates, contracts = tmp_path / "templates", tmp_path / "data_contracts"
    report(templates, "zebra", "order: 1")
    report(templates, "printed_only", "order: 2")
    for name in ("zebra", "judged", "asked"):
        contract(contracts, name)
    assert collected_in(contracts, templates) == ("zebra", "asked", "judged")


def test_the_project_has_four_reports_and_collects_more() -> None:
    project = Project(ROOT)
    assert project.reports == ("thb", "migration", "octa", "activity")
    assert set(project.collected) - set(project.reports) == {"assessment"}
    assert tuple(load_contracts(project.contracts).by_report) == project.collected


def test_a_contract_without_a_folder_is_loaded_and_not_printed(tmp_path: Path) -> None:
    for name in ("data_contracts", "templates"):
        shutil.copytree(ROOT / name, tmp_path / name)
    text = (tmp_path / "data_contracts/activity.odcs.yaml").read_text(encoding="utf-8")
    text = text.replace("value: activity}", "value: alone}", 1).replace("ACT_", "ALO_")
    text = text.replace("act_", "alo_")
    (tmp_path / "data_contracts/alone.odcs.yaml").write_text(text, encoding="utf-8")
    project = Project(tmp_path)
    assert "alone" in project.collected
    assert "alone" not in project.reports
    assert "ALO_STATES" in {t.name for t in load_contracts(project.contracts).tables}


def test_a_folder_without_a_contract_is_told(tmp_path: Path) -> None:
    from pipeline.commands.lint import lint_everything

    for name in ("data_contracts", "templates", "sql", "returns"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copytree(tmp_path / "templates/activity", tmp_path / "templates/orphan")
    path = tmp_path / "templates/thb/report.yaml"
    light = path.read_text(encoding="utf-8").replace("'#5a2a62'", "'#c0c0c0'")
    path.write_text(light, encoding="utf-8")
    with pytest.raises(ContractError) as caught:
        list(lint_everything(Project(tmp_path)))
    told = f"{caught.value}"
    assert "templates/orphan/report.yaml" in told
    assert "there is no contract data_contracts/orphan.odcs.yaml" in told
    assert "#c0c0c0 has a contrast of 1.8 on white" in told


def test_no_code_names_a_report() -> None:
    found = {
        path.relative_to(ROOT).as_posix()
        for path in PIPELINE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value in NAMES
    }
    assert NAMES == ["thb", "migration", "octa"]
    assert found <= NAMED_IN, found - NAMED_IN
