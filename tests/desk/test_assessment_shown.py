"""Does the desk say where an assessment and its meetings stand, and what is to do next?"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from assessments import EXERCISE, write_forms, write_papers
from builds import ROOT

from pipeline.contracts.model import Contracts, load_contracts
from pipeline.desk.due import Due
from pipeline.desk.meetings import Step, next_of_assessment, steps_of
from pipeline.desk.page import write_desk
from pipeline.project import Project
from pipeline.report.document.book import PDF
from pipeline.returns.meetings.kept import sheet_path
from pipeline.returns.rules.validation import validate_and_write

DUE = Due(date(2024, 4, 2), False)
STATES = ("AL", "BG", "RO")
FILES = [{"report": "assessment", "state": state} for state in STATES]
Look = Callable[..., dict[str, Step]]


@pytest.fixture
def round_(tmp_path: Path) -> Project:
    for name in ("data_contracts", "templates"):
        shutil.copytree(ROOT / name, tmp_path / "root" / name)
    return Project(
        tmp_path / "root", tmp_path / "outputs", tmp_path / "returns", tmp_path / "records"
    )


@pytest.fixture
def look(round_: Project, contracts: Contracts) -> Look:
    def steps(*, due: Due = DUE) -> dict[str, Step]:
        found = steps_of(round_, contracts, round_=EXERCISE, files=FILES, due=due)
        return {step.what: step for step in found}

    return steps


def waiting(steps: dict[str, Step]) -> list[str]:
    return [todo.command for todo in next_of_assessment(steps.values())]


def put(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")


def test_a_round_that_asks_for_no_assessment_has_no_steps(
    round_: Project, contracts: Contracts
) -> None:
    assert steps_of(round_, contracts, round_=2022, files=[], due=DUE) == []


def test_forms_that_are_missing_are_named(look: Look) -> None:
    forms = look()["forms"]
    assert forms.stands == "3 of 11 states sent one; not there: BA, GR, HU, MD, ME, MK, RS, TR"
    assert forms.command == "make template REPORT=assessment STATE=BA ROUND=2023"
    entered = look(due=replace(DUE, is_entered=True))["forms"]
    assert entered.command == "make late ROUND=2023"


def test_each_meeting_goes_on_with_what_it_lacks(round_: Project, look: Look) -> None:
    report = "make report ROUND=2023 REPORT=octa VERSION=restricted"
    assert waiting(look())[1:] == [report]
    put(round_.meeting_folder(EXERCISE, 1) / PDF)
    assert waiting(look())[1:] == ["make amendments ROUND=2023 N=1 FILE="]
    put(sheet_path(round_, EXERCISE, 1))
    assert waiting(look())[1:] == ["make record-meeting ROUND=2023 N=1", report]
    put(round_.meeting_folder(EXERCISE, 2) / PDF)
    put(sheet_path(round_, EXERCISE, 2))
    assert waiting(look())[1:] == ["make record-meeting ROUND=2023 N=2"]


def test_what_was_decided_is_recorded_or_not_or_changed_since(
    round_: Project, contracts: Contracts, look: Look
) -> None:
    put(sheet_path(round_, EXERCISE, 1))
    write_papers(round_, contracts)
    steps = look()
    assert steps["levels of the first expert meeting"].is_done
    assert steps["levels of the first expert meeting"].stands.startswith("recorded by Exercise on")
    assert steps["priorities"].is_done
    assert not [c for c in waiting(steps) if "record-meeting" in c]
    paper = sheet_path(round_, EXERCISE, 1).with_name("1.yaml")
    text = paper.read_text(encoding="utf-8")
    paper.with_name("2.yaml").write_text(text, encoding="utf-8")
    paper.write_text(text.replace("very high", "high"), encoding="utf-8")
    steps = look()
    assert "builds stop" in steps["levels of the first expert meeting"].stands
    assert "printed nowhere" in steps["levels of the second expert meeting"].stands
    assert [c for c in waiting(steps) if "record-meeting" in c] == [
        'make record-meeting ROUND=2023 N=1 REASON="..."',
        "make record-meeting ROUND=2023 N=2",
    ]


def test_the_page_shows_the_steps_of_a_round_that_asks_experts(round_: Project) -> None:
    own = load_contracts(round_.contracts)
    write_forms(own, round_.returns, states=["RO"])
    validate_and_write(round_, own, round_=EXERCISE)
    page = write_desk(round_, own, round_=EXERCISE).read_text(encoding="utf-8")
    assert '<h2 id="assessment">' in page
    assert "1 of 11 states sent one" in page
    assert "<b>assessment</b>: book of the first expert meeting" in page
