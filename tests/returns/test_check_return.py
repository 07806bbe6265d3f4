"""Does a state hear before it sends what the Center would say, with nothing around its
file but the contracts?
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from builds import ROOT
from defects.cases import CASES, Case
from defects.returns import CsvDraft, Place, WorkbookDraft, good_workbook, place
from typer.testing import CliRunner

from pipeline.commands.cli import app
from pipeline.contracts.model import Contracts
from pipeline.errors import ReturnError, UserError
from pipeline.returns.round.alone import Whose, check_alone

ROUND = 2022
# One defect of each way in which a file can be wrong: as a whole, in a cell, beside others.
SOME = [c for c in CASES if not c.earlier and c.kind is WorkbookDraft and c.rule][::17]


def sent(folder: Path, case: Case, state: str) -> tuple[Path, list[tuple[str, ...]]]:
    """A file with a defect, and what must be found in it."""
    draft = WorkbookDraft(case.report, state)
    at: Place = case.change(draft)
    also = [(r, s, *place(draft.figure(*where))) for r, s, *where in case.also]
    folder.mkdir()
    draft.write(folder)
    return folder / f"{state}.xlsx", [(case.rule, case.severity, *at), *also]


@pytest.mark.parametrize("case", SOME, ids=lambda c: c.name)
def test_a_defect_is_told_as_the_center_would_tell_it(
    case: Case, contracts: Contracts, tmp_path: Path
) -> None:
    state = case.state or "RO"
    path, expected = sent(tmp_path / "sent", case, state)
    if not path.is_file():
        pytest.skip("the defect is in the name of the file")
    checked = check_alone(contracts, path, said=Whose(case.report, state, ROUND))
    found = [(f.rule, f.severity, f.sheet, f.cell) for f in checked.findings]
    assert sorted(found) == sorted(expected)
    assert checked.in_order == all(severity == "note" for _, severity, *_ in expected)


def test_there_are_defects_of_each_severity_among_them() -> None:
    assert len(SOME) >= 5
    assert {c.severity for c in SOME} >= {"error", "query"}


def test_a_good_return_is_in_order_whatever_it_is_called(
    contracts: Contracts, tmp_path: Path
) -> None:
    path = tmp_path / "our return (last).xlsx"
    path.write_bytes(good_workbook("thb", "BG"))
    before = sorted(tmp_path.iterdir())
    checked = check_alone(contracts, path, said=Whose())
    assert (checked.whose, checked.findings) == (Whose("thb", "BG", ROUND), ())
    assert checked.loaded > 100
    assert sorted(tmp_path.iterdir()) == before


def test_a_csv_return_is_checked_when_somebody_says_whose_it_is(
    contracts: Contracts, tmp_path: Path
) -> None:
    draft = CsvDraft("thb", "RO")
    draft.write(tmp_path)
    (path,) = [p for p in tmp_path.iterdir() if not p.name.endswith(".cover.csv")]
    with pytest.raises(UserError, match="does not say whose return it is"):
        check_alone(contracts, path, said=Whose())
    checked = check_alone(contracts, path, said=Whose("thb", "RO", ROUND))
    assert checked.findings == ()


@pytest.mark.parametrize(
    ("content", "rule"), [(b"no workbook", ""), (b"PK\x03\x04 half of one", "unreadable-file")]
)
def test_a_file_that_cannot_be_opened_is_told(
    content: bytes, rule: str, contracts: Contracts, tmp_path: Path
) -> None:
    path = tmp_path / "RO.xlsx"
    path.write_bytes(content)
    if not rule:
        with pytest.raises(UserError, match="whose return it is"):
            check_alone(contracts, path, said=Whose())
        return
    checked = check_alone(contracts, path, said=Whose())
    assert [f.rule for f in checked.findings] == [rule]
    assert not checked.in_order


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (Whose("fire", "RO", ROUND), "there is no report 'fire'"),
        (Whose("thb", "XX", ROUND), "'XX' does not answer the thb questionnaire"),
        (Whose("thb", "RO", 1), "there is no round 1"),
    ],
)
def test_a_return_of_nobody_is_refused(
    said: Whose, told: str, contracts: Contracts, tmp_path: Path
) -> None:
    path = tmp_path / "RO.xlsx"
    path.write_bytes(good_workbook("thb", "RO"))
    with pytest.raises(UserError, match=told):
        check_alone(contracts, path, said=said)


def test_the_command_ends_with_its_code_and_tells_machines_too(tmp_path: Path) -> None:
    path = tmp_path / "RO.xlsx"
    path.write_bytes(good_workbook("octa", "RO"))
    runner = CliRunner()
    good = runner.invoke(app, ["check-return", str(path)])
    assert (good.exit_code, "errors: 0, queries: 0, notes: 0" in good.output) == (0, True)
    draft = WorkbookDraft("octa", "RO")
    draft.figure("OCT_DRUG_KG", "HER", str(ROUND)).value = "some"
    draft.write(tmp_path)
    bad = runner.invoke(app, ["check-return", str(path)])
    assert isinstance(bad.exception, ReturnError)
    assert "error: 1 Drugs kg" in bad.output
    told = json.loads(runner.invoke(app, ["check-return", "--json", str(path)]).output)
    assert [f["rule"] for f in told] == ["not-a-number"]


def test_a_state_needs_the_code_and_the_contracts_and_nothing_else(tmp_path: Path) -> None:
    """No templates, no SQL, no returns, no outputs: and none of them is made."""
    for name in ("pipeline", "data_contracts"):
        shutil.copytree(ROOT / name, tmp_path / "tool" / name)
    desk = tmp_path / "desk"
    desk.mkdir()
    (desk / "RO.xlsx").write_bytes(good_workbook("octa", "RO"))
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "check-return", "RO.xlsx"],
        cwd=desk,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "tool")},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert [p.name for p in desk.iterdir()] == ["RO.xlsx"]
