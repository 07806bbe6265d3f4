"""Is a figure in disguise read, or does it keep its table out? It is never left out of
a table that is accepted.
"""

from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook

from pipeline.contracts.model import Contracts, load_contracts
from pipeline.contracts.template import build_workbook, workbook_bytes
from pipeline.findings import Finding
from pipeline.project import Project
from pipeline.returns.intake.parse import load_symbols, parse_figure
from pipeline.returns.intake.shown import names_of_invisible
from pipeline.returns.received import read_round
from pipeline.returns.rules.check import refusals

ROOT = Path(__file__).parents[2]
SYMBOLS = load_symbols(ROOT / "data_contracts" / "codelists")
KEY = "OCT_DRUG_OFFENCES:RO.2022"
LINE = "OCT_DRUG_OFFENCES,RO,2022,{},,,\n"
HEADER = "table,state,year,value,obs_status,conf_status,note\n"
INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\u2061\ufeff\u061c\u180e\u034f\u3164\u2800\ufe0f"
TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u00ad"


@pytest.fixture(scope="module")
def contracts() -> Contracts:
    return load_contracts(ROOT / "data_contracts")


@pytest.fixture(scope="module")
def blank(contracts: Contracts) -> bytes:
    return workbook_bytes(build_workbook(contracts, "octa", state="RO", round_=2022), 2022)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "returns" / "2022" / "octa").mkdir(parents=True)
    return Project(ROOT, tmp_path / "outputs", tmp_path / "returns")


def sent_lines(project: Project, contracts: Contracts, lines: str) -> tuple[list[Finding], int]:
    """Findings and number of loaded cells of a CSV return."""
    folder = project.returns / "2022" / "octa"
    (folder / "RO.csv").write_text(HEADER + lines, encoding="utf-8")
    cover = "field,answer\nreport,octa\nstate,RO\nround,2022\ndate,2023-03-31\n"
    (folder / "RO.cover.csv").write_text(cover, encoding="utf-8")
    reading = read_round(project, contracts, round_=2022)
    return [f for f in reading.findings if f.file], reading.accounts[0].loaded


def sent_cell(project: Project, contracts: Contracts, blank: bytes, text: str) -> list[Finding]:
    """Findings of a workbook with a text as the figure of 2022."""
    book = load_workbook(io.BytesIO(blank))
    sheet = book["3 Drug offences"]
    cell = next(sheet.cell(7, n) for n in range(1, 60) if str(sheet.cell(5, n).value) == "2022")
    cell.value, cell.data_type = text, "s"
    (project.returns / "2022" / "octa" / "RO.xlsx").write_bytes(workbook_bytes(book, 2022))
    return [f for f in read_round(project, contracts, round_=2022).findings if f.file]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('="18"', "18"),
        ("=12", "12"),
        ("= 12", "12"),
        ('= "12"', "12"),
        ("=+5", "5"),
        ("=-5", "-5"),
        ('="1 234"', "1234"),
        ('="+5"', "5"),
        ("=12.0", "12"),
        ('="18 "', "18"),
    ],
)
def test_a_number_behind_a_sign_of_equality_is_read(text: str, value: str) -> None:
    parsed = parse_figure(text, "text", decimals=0, symbols=SYMBOLS)
    assert parsed.value == Decimal(value)
    assert [p.rule for p in parsed.problems] == ["number-as-formula"]


@pytest.mark.parametrize(
    ("text", "status"), [('=":"', "O"), ('="<5"', "Q"), ('="n/a"', "O"), ('=""', "O")]
)
def test_a_word_behind_a_sign_of_equality_is_read(text: str, status: str) -> None:
    parsed = parse_figure(text, "text", decimals=0, symbols=SYMBOLS)
    assert (parsed.value, parsed.obs_status, parsed.refused) == (None, status, False)


@pytest.mark.parametrize("mark", INVISIBLE)
@pytest.mark.parametrize("shape", ["12{}", "{}12", "1{}2", "{}12{}"])
def test_what_nobody_sees_beside_a_number_is_named(mark: str, shape: str) -> None:
    for is_csv in (True, False):
        parsed = parse_figure(
            shape.replace("{}", mark), "text", decimals=0, symbols=SYMBOLS, is_csv=is_csv
        )
        assert parsed.value == 12
        is_pasted = mark in "\u200b\ufeff" and shape != "1{}2" and not is_csv
        assert [p.rule for p in parsed.problems] == [
            "number-as-text" if is_pasted else "invisible-characters"
        ]
    assert names_of_invisible(f"12{mark}").startswith(f"U+{ord(mark):04X}")


@pytest.mark.parametrize("mark", TURNING)
@pytest.mark.parametrize("shape", ["12{}", "{}12", "1{}2"])
def test_a_number_that_may_look_like_another_one_is_refused(mark: str, shape: str) -> None:
    parsed = parse_figure(shape.replace("{}", mark), "text", decimals=0, symbols=SYMBOLS)
    assert ([p.rule for p in parsed.problems], parsed.refused) == (["not-a-number"], True)


@pytest.mark.parametrize(
    "text",
    ["=12+3", "=SUM(A1:A2)", '="18"&""', "='18'", "=A1", "@12", "＝12", "=", "==12", '="18x"'],
)
def test_what_is_no_number_is_not_made_one(text: str) -> None:
    assert parse_figure(text, "text", decimals=0, symbols=SYMBOLS).refused


@pytest.mark.parametrize("text", ['="18"', "=12", "+5", "12\u200e"])
def test_a_disguised_figure_counts_with_a_note_at_its_cell(
    project: Project, contracts: Contracts, blank: bytes, text: str
) -> None:
    field = '"' + text.replace('"', '""') + '"'
    findings, loaded = sent_lines(project, contracts, LINE.format(field))
    assert loaded == 1
    assert {(f.severity, f.key) for f in findings} <= {("note", KEY)}
    (project.returns / "2022" / "octa" / "RO.csv").unlink()
    (finding,) = [f for f in sent_cell(project, contracts, blank, text) if f.table]
    assert (finding.severity, finding.key) == ("note", KEY)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("=12+3", "formula-as-text"),
        ("=SUM(A1:A3)", "formula-as-text"),
        ("@12", "formula-as-text"),
        ("\u202d12\u202c", "not-a-number"),
        ("12\u202c", "not-a-number"),
        ("\x0712", "not-a-number"),
        ("12\x7f", "not-a-number"),
        ("\U000e003112", "not-a-number"),
        ("12\u00ad", "not-a-number"),
        ("write to a@police.example", "personal-data"),
        ("+SUM(A1)", "formula-as-text"),
    ],
)
def test_a_figure_that_cannot_be_read_keeps_its_table_out(
    project: Project, contracts: Contracts, text: str, rule: str
) -> None:
    findings, loaded = sent_lines(
        project, contracts, LINE.format(text) + "OCT_VEHICLE_THEFT,RO,2022,7,,,\n"
    )
    (finding,) = findings
    assert (finding.rule, finding.severity, finding.cell, finding.key) == (
        rule,
        "error",
        "line 2, column value",
        KEY,
    )
    assert refusals(findings) == {("RO", "octa", "OCT_DRUG_OFFENCES")}
    assert loaded == 1
    if rule == "not-a-number":
        assert "U+" in finding.found


@pytest.mark.parametrize("text", ["=12+3", "\ufeff=SUM(A1)", "a@police.example"])
def test_in_a_workbook_too(project: Project, contracts: Contracts, blank: bytes, text: str) -> None:
    (finding,) = [f for f in sent_cell(project, contracts, blank, text) if f.table]
    assert (finding.severity, finding.key, finding.sheet) == ("error", KEY, "3 Drug offences")


@pytest.mark.parametrize("column", ["12,A\u202e,,", "12,,C\u202c,", "12,,=C,", "12,=A,,"])
def test_a_status_or_confidentiality_that_cannot_be_read_keeps_the_table_out(
    project: Project, contracts: Contracts, column: str
) -> None:
    """A cell that was to be confidential must not become a free one."""
    findings, loaded = sent_lines(project, contracts, f"OCT_DRUG_OFFENCES,RO,2022,{column}\n")
    assert [f.severity for f in findings] == ["error"]
    assert refusals(findings) == {("RO", "octa", "OCT_DRUG_OFFENCES")}
    assert loaded == 0


def test_a_note_that_poses_as_a_formula_is_left_out_and_the_figure_counts(
    project: Project, contracts: Contracts
) -> None:
    findings, loaded = sent_lines(project, contracts, 'OCT_DRUG_OFFENCES,RO,2022,12,,,"=""18"""\n')
    assert ([(f.rule, f.severity, f.key) for f in findings], loaded) == (
        [("formula-as-text", "query", "")],
        1,
    )


def test_a_code_with_an_invisible_character_is_named(
    project: Project, contracts: Contracts
) -> None:
    findings, _ = sent_lines(project, contracts, "OCT_DRUG_OFFENCES,RO\u200e,2022,12,,,\n")
    assert [f.rule for f in findings] == ["wrong-state"]
    assert "U+200E LEFT-TO-RIGHT MARK" in findings[0].found


def test_an_answer_given_twice_is_none(project: Project, contracts: Contracts) -> None:
    folder = project.returns / "2022" / "octa"
    (folder / "RO.csv").write_text(HEADER + LINE.format(7), encoding="utf-8")
    cover = "field,answer\nreport,octa\nstate,RO\nround,2022\ndate,2023-03-31\ndate,2023-06-30\n"
    (folder / "RO.cover.csv").write_text(cover, encoding="utf-8")
    reading = read_round(project, contracts, round_=2022)
    (finding,) = [f for f in reading.findings if f.file]
    assert (finding.rule, finding.cell) == ("damaged-cell", "line 6, column answer")
    assert reading.files[0].received == ""
