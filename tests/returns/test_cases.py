"""Is a case of the register taken as it was written, and is whatever is wrong in it told?"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from builds import ROOT, ROUND

from pipeline.contracts.model import Contracts
from pipeline.contracts.policy import load_policy
from pipeline.errors import ContractError
from pipeline.project import Project
from pipeline.returns.cases import load_cases, secret_texts, told_to
from pipeline.returns.intake.folder import find_returns

CASE = """name: Otter
kind: regional operation
crime_area: VEH
task_force: VEH
states: [HU, RS]
dates: {began: '2021-03', ended: 2022-05-04}
results:
  - {id: cars, value: 12, unit: vehicles, what: vehicles found}
  - {id: worth, value: 1250000, unit: EUR, what: worth of the vehicles}
text: |
  On [[ended]] the states found [[cars]] vehicles
  that are worth [[worth]] euro.

  It began in [[began]].
clearance: partner
source: {publisher: A test, title: an invented letter, date: 2022-06-01}
"""


@pytest.fixture
def register(project: Project) -> Path:
    folder = project.returns / str(ROUND) / "cases"
    folder.mkdir(parents=True)
    return folder


def told(project: Project, contracts: Contracts) -> str:
    with pytest.raises(ContractError) as caught:
        load_cases(project, contracts, round_=ROUND)
    return f"{caught.value}"


@pytest.mark.parametrize("name", [".~lock.otter.yaml#", "~$otter.yaml", ".DS_Store"])
def test_what_a_program_left_beside_cases_is_no_case(
    project: Project, contracts: Contracts, register: Path, name: str
) -> None:
    (register / "otter.yaml").write_text(CASE, encoding="utf-8")
    (register / name).write_bytes(b"x")
    assert len(load_cases(project, contracts, round_=ROUND)) == 1


def test_a_case_is_read_with_its_bindings_and_lines(
    project: Project, contracts: Contracts, register: Path
) -> None:
    (register / "otter.yaml").write_text(CASE, encoding="utf-8")
    (case,) = load_cases(project, contracts, round_=ROUND)
    assert (case.id, case.file, case.clearance) == ("otter", f"{ROUND}/cases/otter.yaml", "partner")
    assert case.title == "Regional operation [[case otter name]]"
    assert case.head == "Hungary and Serbia; finalised [[case otter ended]]"
    assert case.paragraphs == (
        "On [[case otter ended]] the states found [[case otter cars]] vehicles that are worth"
        " [[case otter worth]] euro.",
        "It began in [[case otter began]].",
    )
    facts = {f.name: f for f in case.facts}
    assert facts["cars"].value == 12
    assert (facts["cars"].unit, facts["cars"].line) == ("vehicles", 8)
    assert (facts["ended"].day, facts["ended"].line) == ("2022-05-04", 6)
    assert facts["source"].said == "an invented letter"


def test_the_cases_of_the_project_are_cleared_for_everybody(contracts: Contracts) -> None:
    cases = load_cases(Project(ROOT), contracts, round_=ROUND)
    assert {c.id for c in cases} == {"dardaneli", "discussion"}
    assert {c.clearance for c in cases} == {"public"}


def test_a_round_without_a_register_has_no_case(project: Project, contracts: Contracts) -> None:
    assert load_cases(project, contracts, round_=ROUND) == ()


def replaced(old: str, new: str) -> Callable[[str], str]:
    def edit(text: str) -> str:
        assert old in text
        return text.replace(old, new)

    return edit


WRONG: dict[str, tuple[Callable[[str], str], str]] = {
    "no area": (replaced("crime_area: VEH", "crime_area: CARS"), "line 3, crime_area: 'CARS'"),
    "no task force": (replaced("task_force: VEH", "task_force: _T"), "line 4, task_force: '_T'"),
    "no member": (replaced("[HU, RS]", "[HU, DE]"), "line 5, states.2: 'DE' is no member state"),
    "no kind": (replaced("regional operation", "raid"), "line 2, kind: 'raid' is not one of"),
    "no clearance": (replaced("clearance: partner", "clearance: all"), "'all' is not one of"),
    "clearance lacks": (replaced("clearance: partner\n", ""), "'clearance' is missing"),
    "source lacks": (replaced(", date: 2022-06-01", ""), "'date' is missing"),
    "unknown entry": (lambda text: text + "officer: x\n", "nobody reads 'officer'"),
    "no day": (replaced("2022-05-04", "2022-02-30"), "no such day or month: 2022-02-30"),
    "no month": (replaced("'2021-03'", "'2021-13'"), "no such day or month: 2021-13"),
    "a bare year": (replaced("2022-06-01", "2022"), "put it in quotes"),
    "order of times": (replaced("'2021-03'", "'2022-08'"), "it ended before it began"),
    "another round": (
        replaced("2022-05-04", "2012-05-04"),
        "2012-05-04 is outside of the years 2018 to 2022",
    ),
    "no unit": (replaced("unit: vehicles", "unit: cars"), "line 8, results.1: 'cars' is no unit"),
    "twice": (replaced("id: worth", "id: cars"), "line 9, results.2: 'cars' stands twice"),
    "name of a date": (replaced("id: worth", "id: ended"), "'ended' stands twice, or is the name"),
    "not told": (replaced("[[worth]]", "much"), "line 9, results.2: the text does not say it"),
    "bound to nothing": (replaced("[[worth]]", "[[price]]"), "'[[price]]' is no result"),
    "a bare number": (replaced("[[cars]]", "12"), "'12' is a number"),
    "a number in words": (replaced("[[cars]]", "twelve"), "'twelve' is a number"),
    "a number in a label": (replaced("vehicles found", "12 vehicles"), "'what' says a number"),
    "markup": (replaced("euro.", "*euro*."), "'*' is no sign of a plain text"),
    "a tag": (replaced("euro.", "<b>euro."), "'<' is no sign of a plain text"),
    "an empty file": (lambda _: "", "the file is empty"),
}


@pytest.mark.parametrize("fault", WRONG)
def test_what_is_wrong_is_told_with_its_file_and_line(
    fault: str, project: Project, contracts: Contracts, register: Path
) -> None:
    edit, expected = WRONG[fault]
    (register / "otter.yaml").write_text(edit(CASE), encoding="utf-8")
    found = told(project, contracts)
    assert f"{ROUND}/cases/otter.yaml" in found
    assert expected in found


PERSONAL = {
    "name": "Otter ana.pop@example.org",
    "text": "The states wrote to ana.pop@example.org about it.",
    "title": "letter of ana.pop@example.org",
    "publisher": "ana.pop@example.org",
    "what": "found by ana.pop@example.org",
}


@pytest.mark.parametrize("field", PERSONAL)
def test_data_of_persons_are_refused_wherever_they_stand_and_not_repeated(
    field: str, project: Project, contracts: Contracts, register: Path
) -> None:
    old = {
        "name": "Otter",
        "text": "It began in",
        "title": "an invented letter",
        "publisher": "A test",
        "what": "vehicles found",
    }[field]
    (register / "otter.yaml").write_text(CASE.replace(old, PERSONAL[field]), encoding="utf-8")
    found = told(project, contracts)
    assert "e-mail address" in found
    assert "ana.pop" not in found


def test_signs_that_steer_a_text_are_refused(
    project: Project, contracts: Contracts, register: Path
) -> None:
    (register / "otter.yaml").write_text(
        CASE.replace("It began", "It \u202ebegan"), encoding="utf-8"
    )
    assert "otter.yaml" in told(project, contracts)


@pytest.mark.parametrize("name", ["Otter.yaml", "otter.yml", "otter case.yaml", ".otter.yaml"])
def test_what_is_no_case_by_its_name_is_told_and_its_name_is_not(
    name: str, project: Project, contracts: Contracts, register: Path
) -> None:
    (register / name).write_text(CASE, encoding="utf-8")
    found = told(project, contracts)
    assert "a case is a file CODE-NAME.yaml" in found
    assert name not in found


def test_a_link_is_not_followed(
    project: Project, contracts: Contracts, register: Path, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere.yaml").write_text(CASE, encoding="utf-8")
    (register / "otter.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    assert "is no case" in told(project, contracts)


def test_all_that_is_wrong_is_told_at_once(
    project: Project, contracts: Contracts, register: Path
) -> None:
    (register / "otter.yaml").write_text(CASE.replace("VEH", "CARS"), encoding="utf-8")
    (register / "stoat.yaml").write_text(CASE.replace("12", "-12"), encoding="utf-8")
    found = told(project, contracts)
    assert found.count("'CARS'") == 2
    assert "stoat.yaml" in found


def test_the_folder_of_cases_is_no_return(
    project: Project, contracts: Contracts, register: Path
) -> None:
    shutil.copy(ROOT / f"returns/{ROUND}/cases/discussion.yaml", register)
    assert find_returns(project, contracts, round_=ROUND) == []


def test_a_version_holds_what_was_cleared_for_it(
    project: Project, contracts: Contracts, register: Path
) -> None:
    versions = load_policy(ROOT / "data_contracts", contracts).versions
    assert {v: told_to(rule) for v, rule in versions.items()} == {
        "restricted": {"restricted", "partner", "public"},
        "partner": {"partner", "public"},
        "public": {"public"},
    }
    (register / "otter.yaml").write_text(CASE, encoding="utf-8")
    cases = load_cases(project, contracts, round_=ROUND)
    assert list(secret_texts(cases, versions["partner"])) == []
    assert set(secret_texts(cases, versions["public"])) == {
        "Otter",
        "an invented letter",
        *cases[0].paragraphs,
    }
