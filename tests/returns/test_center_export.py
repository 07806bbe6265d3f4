"""Is an export of the Center's system counted as its columns are entered, and is what
nobody entered told?
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from builds import ROOT, ROUND

from pipeline.cells import Key
from pipeline.contracts.center_export import load_exports
from pipeline.contracts.model import Contracts, load_contracts
from pipeline.errors import ContractError, UserError
from pipeline.project import Project
from pipeline.returns.importers.returns import open_return
from pipeline.returns.importers.run import run_import

# Invented: nobody outside of the Center knows the layout of its exports.
EXPORTS = """exports:
  - id: log-of-actions
    separator: ;
    encoding: utf-8
    date: {column: When, form: DD.MM.YYYY}
    activity:
      column: What
      words: {message: EXCH, request: EXCH, joint case: JOINT, seminar: TRAIN}
    task_force:
      column: Group
      words: {drugs: DRUG, Mirage: MIRAGE}
    states:
      column: With
      separator: ","
      words: {Romania: RO, Bulgaria: BG, an observer: OTHER}
  - id: counts-of-meetings
    separator: tab
    encoding: cp1252
    date: {column: Year, form: YYYY}
    activity: {always: MEET}
    count: Meetings
"""
LOG = """When;What;Group;With;Remark
02.03.2022;message;drugs;Romania,Bulgaria;x
03.03.2022;Request;drugs;Romania;x
04.03.2021;joint case;Mirage;Bulgaria, an observer;x
05.03.2022;seminar;drugs;Bulgaria;x
05.03.2009;message;drugs;Romania;x
"""


@pytest.fixture
def place(tmp_path: Path) -> Project:
    """A project whose exports are entered."""
    shutil.copytree(ROOT / "data_contracts", tmp_path / "data_contracts")
    shutil.copytree(ROOT / "templates", tmp_path / "templates", symlinks=True)
    (tmp_path / "data_contracts/center_export.yaml").write_text(EXPORTS, encoding="utf-8")
    (tmp_path / "returns").mkdir()
    return Project(tmp_path)


def imported(place: Project, text: str, encoding: str = "utf-8") -> list[str]:
    file = place.root / "export.csv"
    file.write_bytes(text.encode(encoding))
    contracts = load_contracts(place.contracts)
    return run_import(
        place, contracts, source="center_export", file=file, round_=ROUND, release="15/01/2023"
    ).lines()


def value(place: Project, cube: str, *codes: str) -> str:
    contracts = load_contracts(place.contracts)
    report = contracts.table(cube).report
    folder = place.returns / str(ROUND) / report
    file = open_return(contracts, report, state="SELEC", round_=ROUND, folder=folder)
    return file.value(Key(cube, ("SELEC", *codes)))


def test_rows_are_counted_by_year_activity_force_and_state(place: Project) -> None:
    account = "\n".join(imported(place, LOG))
    assert "4 rows used" in account
    assert "1 rows outside, other_year" in account
    assert value(place, "SEL_ACTIVITY", "2022", "EXCH", "_T") == "2"
    assert value(place, "SEL_ACTIVITY", "2022", "EXCH", "DRUG") == "2"
    assert value(place, "SEL_ACTIVITY", "2021", "JOINT", "MIRAGE") == "1"
    assert value(place, "ACT_STATES", "2022", "EXCH", "RO") == "2"
    assert value(place, "ACT_STATES", "2022", "EXCH", "BG") == "1"
    assert value(place, "ACT_TRAININGS", "2022", "DRUG") == "1"
    assert value(place, "ACT_STATES", "2022", "TRAIN", "BG") == "1"


def test_what_no_row_says_is_not_reported_and_no_zero(place: Project) -> None:
    imported(place, LOG)
    assert value(place, "SEL_ACTIVITY", "2022", "OPER", "_T") == ""
    assert value(place, "SEL_ACTIVITY", "2020", "EXCH", "_T") == ""
    assert value(place, "ACT_STATES", "2022", "EXCH", "TR") == ""


def test_no_state_gets_a_return_of_the_center(place: Project) -> None:
    imported(place, LOG)
    found = {p.name for p in place.returns.rglob("*") if p.is_file()}
    assert found == {"SELEC.xlsx"}


def test_a_file_of_counts_adds_them_up_and_says_what_it_does_not_tell(place: Project) -> None:
    account = "\n".join(imported(place, "Year\tMeetings\r\n2022\t12\r\n2022\t3\r\n", "cp1252"))
    assert "read as 'counts-of-meetings'" in account
    assert "does not say the task force" in account
    assert "does not say the states" in account
    assert value(place, "SEL_ACTIVITY", "2022", "MEET", "_T") == "15"
    assert value(place, "SEL_ACTIVITY", "2022", "MEET", "DRUG") == ""


WRONG = {
    "an unknown word": (("message", "letter"), "line 2, column 'What': 'letter' is no word"),
    "an unknown state": ((",Bulgaria", ",Atlantis"), "line 2, column 'With': 'Atlantis' is no"),
    "an empty word": ((";drugs;Romania;x\n04", ";;Romania;x\n04"), "line 3, column 'Group': ''"),
    "another form of date": (("02.03.2022", "2022-03-02"), "is no date of the form DD.MM.YYYY"),
    "no day": (("02.03.2022", "31.02.2022"), "line 2, column 'When': '31.02.2022' is no day"),
    "a cell more": ((",Bulgaria;x", ",Bulgaria;x;y"), "line 2: 6 cells, the head has 5"),
    "a person": (("message", "ana.pop@example.org"), "what looks like data of a person"),
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_row_that_nobody_understands_is_told_and_nothing_is_written(
    fault: str, place: Project
) -> None:
    (old, new), expected = WRONG[fault]
    assert old in LOG
    with pytest.raises(UserError) as caught:
        imported(place, LOG.replace(old, new, 1))
    assert expected in f"{caught.value}"
    assert "ana.pop" not in f"{caught.value}"
    assert list(place.returns.rglob("*.xlsx")) == []


def test_all_rows_that_nobody_understands_are_told_at_once(place: Project) -> None:
    rows = "".join(f"02.03.2022;odd {n};drugs;Romania;x\n" for n in range(30))
    with pytest.raises(UserError) as caught:
        imported(place, LOG + rows)
    assert "30 things of the file cannot be understood" in f"{caught.value}"
    assert "and 10 more" in f"{caught.value}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (LOG.replace("Group", "Unit"), "log-of-actions: not once in its head: 'Group'"),
        (LOG.replace("Remark", "When"), "log-of-actions: not once in its head: 'When'"),
        ("", "it has no line"),
        (LOG.replace(";", ","), "not once in its head"),
        ('When;"What\n', "it cannot be read"),
    ],
)
def test_a_file_that_is_no_export_is_refused_with_what_it_lacks(
    text: str, expected: str, place: Project
) -> None:
    with pytest.raises(UserError) as caught:
        imported(place, text)
    assert expected in f"{caught.value}"


def test_letters_of_another_encoding_are_told(place: Project) -> None:
    with pytest.raises(UserError) as caught:
        imported(place, LOG.replace("message", "съобщение"), "cp1251")
    assert "cannot be read as utf-8" in f"{caught.value}"


def test_nothing_is_assumed_of_an_export_that_nobody_entered(
    project: Project, contracts: Contracts, tmp_path: Path
) -> None:
    file = tmp_path / "export.csv"
    file.write_text(LOG, encoding="utf-8")
    with pytest.raises(UserError, match="no export of the Center's system is entered"):
        run_import(project, contracts, source="center_export", file=file, round_=ROUND)


ENTRIES = {
    "no code": (("joint case: JOINT", "joint case: RAID"), "'RAID' is no code; allowed: EXCH"),
    "no force": (("drugs: DRUG", "drugs: _T"), "'_T' is no code; allowed: MIRAGE"),
    "no state": (("Romania: RO", "Romania: XX"), "'XX' is no code; allowed: AL"),
    "no activity": (("    activity: {always: MEET}\n", ""), "'activity' is missing"),
    "both": (("{always: MEET}", "{always: MEET, column: A}"), "either 'always', or 'column'"),
    "the same word": (("request: EXCH", "Message: JOINT"), "reads like another word"),
    "twice": (("counts-of-meetings", "log-of-actions"), "'log-of-actions' stands twice"),
    "no form": (("form: YYYY}", "form: year}"), "'year' is not one of YYYY"),
}


@pytest.mark.parametrize("fault", ENTRIES)
def test_what_is_wrong_with_an_entry_is_told_with_its_line(fault: str, place: Project) -> None:
    (old, new), expected = ENTRIES[fault]
    assert old in EXPORTS
    path = place.contracts / "center_export.yaml"
    path.write_text(EXPORTS.replace(old, new), encoding="utf-8")
    with pytest.raises(ContractError) as caught:
        load_exports(place.contracts, load_contracts(place.contracts))
    assert expected in f"{caught.value}"
    assert "line " in f"{caught.value}"
