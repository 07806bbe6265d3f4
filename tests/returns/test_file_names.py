"""Is every file of a folder read, told to the state that it is from, or known as
nobody's?
"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from pipeline.contracts.model import Contracts, load_contracts
from pipeline.findings import Finding
from pipeline.project import Project
from pipeline.returns.archive import restore
from pipeline.returns.journal import read_journal
from pipeline.returns.received import read_round
from pipeline.returns.rules.check import later_files, refusals
from pipeline.returns.rules.validation import print_summary, validate_and_write
from pipeline.steps.inputs import Reader
from pipeline.steps.plan import watch_of
from pipeline.system.files import name_as_text

ROOT = Path(__file__).parents[2]
LINES = b"table,state,year,value,obs_status,conf_status,note\nOCT_DRUG_OFFENCES,%s,2022,8,,,\n"


@pytest.fixture(scope="module")
def contracts() -> Contracts:
    return load_contracts(ROOT / "data_contracts")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "returns" / "2022" / "octa").mkdir(parents=True)
    return Project(ROOT, tmp_path / "outputs", tmp_path / "returns")


def put(project: Project, name: str | bytes, state: str = "RO", folder: str = "octa") -> None:
    path = os.path.join(os.fsencode(project.returns / "2022" / folder), os.fsencode(name))
    with open(path, "wb") as file:
        file.write(LINES % state.encode())


def told(
    project: Project, contracts: Contracts
) -> tuple[list[Finding], frozenset[tuple[str, str, str]]]:
    """The findings about files, but for missing covers, and what is refused for them."""
    reading = read_round(project, contracts, round_=2022)
    findings = [f for f in reading.findings if f.rule not in ("no-return", "cover-missing")]
    return findings, refusals(findings, later_files(reading))


@pytest.mark.parametrize(
    "name",
    [
        "RO.02.csv",
        "RO.1.csv",
        "RO.0.csv",
        "RO.100.csv",
        "RO.2.3.csv",
        "RO.final.csv",
        "RO.v2.xlsx",
        "RO.csv.csv",
        "RO.xlsx.csv",
        "RO (1).csv",
        "RO - Copy.csv",
        "RO_2.csv",
        "RO-2.csv",
        "RO 2.csv",
        "RO2.csv",
        "ro.Final.csv",
        "RO..csv",
        "RO .csv",
        "RO.corrected.ods",
        "RO_octa_2022.xls",
        ".RO.csv",
        "RO.2.withdrawn.2.csv",
        "RO.THB_VICTIMS.csv",
        "[RO].csv",
        "RO.2 .csv",
        "RO.2\n.csv",
        "RO\u200b.csv",
        "RO.02.csv.gz",
    ],
)
def test_a_name_that_is_nearly_that_of_a_return_is_an_error_of_its_state(
    project: Project, contracts: Contracts, name: str
) -> None:
    put(project, "RO.csv")
    put(project, name)
    findings, refused = told(project, contracts)
    assert [(f.rule, f.severity, f.state, f.report) for f in findings] == [
        ("unclear-name", "error", "RO", "octa")
    ]
    assert "<STATE>.2.xlsx" in findings[0].do
    assert refused == frozenset()  # the return that is there stands
    (project.returns / "2022" / "octa" / "RO.csv").unlink()
    findings, refused = told(project, contracts)
    assert [f.rule for f in findings] == ["unclear-name"]
    # and where none is, the state has not simply sent nothing
    assert refused == {("RO", "octa", "")}


@pytest.mark.parametrize(
    "name", ["RO.numbers", "RO.fods", "RO.xml", "RO.json", "RO.bak", "RO.html", "RO", "RO.xlsx~"]
)
def test_a_return_in_another_format_is_an_error_of_its_state(
    project: Project, contracts: Contracts, name: str
) -> None:
    put(project, name)
    findings, refused = told(project, contracts)
    assert [(f.rule, f.severity, f.state) for f in findings] == [
        ("unsupported-format", "error", "RO")
    ]
    assert refused == {("RO", "octa", "")}
    put(project, "RO.csv")
    findings, refused = told(project, contracts)
    assert [f.rule for f in findings] == ["unsupported-format"]
    assert refused == frozenset()  # a copy for people to read beside the return


@pytest.mark.parametrize(
    "name",
    [
        "RO.cover.csv",
        "RO letter.docx",
        "RO.csv.bak",
        ".RO.xlsx.icloud",
        "RO.csv.part",
        "RO_mail.msg",
    ],
)
def test_a_file_that_begins_with_the_code_of_a_state_is_asked_about(
    project: Project, contracts: Contracts, name: str
) -> None:
    put(project, name)
    findings, refused = told(project, contracts)
    assert [(f.rule, f.severity, f.state) for f in findings] == [("stray-file", "query", "RO")]
    assert refused == frozenset()


def test_a_folder_of_a_state_is_asked_about(project: Project, contracts: Contracts) -> None:
    (project.returns / "2022" / "octa" / "RO").mkdir()
    findings, _ = told(project, contracts)
    assert [(f.rule, f.state) for f in findings] == [("stray-file", "RO")]


def test_a_return_beside_the_folders_of_the_reports_is_asked_about(
    project: Project, contracts: Contracts
) -> None:
    put(project, "RO.xlsx", folder="")
    findings, _ = told(project, contracts)
    assert [(f.rule, f.severity, f.file) for f in findings] == [
        ("wrong-folder", "query", "2022/RO.xlsx")
    ]


@pytest.mark.parametrize(
    "name",
    [
        "~$RO.xlsx",
        "~$.xlsx",
        ".~lock.RO.xlsx#",
        ".~lock.RO.ods#",
        ".DS_Store",
        "._RO.xlsx",
        "Thumbs.db",
        "thumbs.db",
        "ehthumbs.db",
        "desktop.ini",
        "Desktop.ini",
        "~WRL0001.tmp",
        "Icon\r",
        ".directory",
        ".nfs0000abc1",
        ".gitkeep",
    ],
)
@pytest.mark.parametrize("folder", ["octa", ""])
def test_what_programs_leave_behind_is_nobodys(
    project: Project, contracts: Contracts, name: str, folder: str
) -> None:
    put(project, name, folder=folder)
    assert told(project, contracts) == ([], frozenset())


@pytest.mark.parametrize("name", ["ro.csv", "Ro.CSV", "RO.2.csv", "RO.99.csv"])
def test_names_of_returns_in_other_capitals_are_read(
    project: Project, contracts: Contracts, name: str
) -> None:
    put(project, name)
    reading = read_round(project, contracts, round_=2022)
    assert [(f.state, f.outcome) for f in reading.files] == [("RO", "read")]
    assert {f.rule for f in reading.findings} == {"no-return", "cover-missing"}


@pytest.mark.parametrize(
    "name", ["notes.txt", "readme", "old.zip", "roll.docx", "total.pdf", "1.csv.txt"]
)
def test_what_names_no_state_is_only_noted(
    project: Project, contracts: Contracts, name: str
) -> None:
    put(project, name)
    findings, _ = told(project, contracts)
    assert [(f.rule, f.severity, f.state) for f in findings] == [("not-a-return", "note", "")]


STRANGE = [
    b"Rom\xe2nia.xlsx",
    b"RO.\xe2.csv",
    b"\xff\xfe",
    b"two\nlines.txt",
    b"RO.\xe2.records.csv",
    b"R\xd0\x9e.csv",
    b"a\tb",
]


def test_names_that_are_no_utf_8_or_hold_line_breaks_stop_nobody(
    project: Project, contracts: Contracts, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Findings, journal, pages, what a build knows of them, and the returns of an earlier
    day.
    """
    put(project, "TR.csv", "TR")
    for name in STRANGE:
        put(project, name)
        put(project, name, folder="")
    os.mkdir(os.path.join(os.fsencode(project.returns / "2022" / "octa"), b"f\xe2lder"))
    put(project, b"f\xe2lder/x\xe2y")
    validation = validate_and_write(project, contracts, round_=2022)
    print_summary(project, validation)
    capsys.readouterr().out.encode()
    assert [(f.state, f.outcome) for f in validation.reading.files if f.outcome == "read"] == [
        ("TR", "read")
    ]
    named = {f.file for f in validation.findings if f.rule not in ("no-return", "cover-missing")}
    assert len(named) == 2 * len(STRANGE) + 1
    assert all(name.isprintable() for name in named)
    assert {f"2022/octa/{name_as_text(os.fsdecode(n))}" for n in STRANGE} <= {
        e.file for e in read_journal(project)
    }
    assert restore(project, date.today(), folder=tmp_path / "then") == 2 * len(STRANGE) + 2
    known = Reader(project, watch_of(project)).returns(2022)
    assert len([n for n in known if not n.endswith("/")]) == 2 * len(STRANGE) + 2
    assert not [n for n, digest in known.items() if not (n.isprintable() and digest)]
