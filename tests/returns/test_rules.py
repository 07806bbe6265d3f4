"""Do the rules of the contracts find what they must, and never pass without having
looked?
"""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from pipeline.contracts.model import Contracts, Identity, load_contracts
from pipeline.contracts.template import build_workbook, workbook_bytes
from pipeline.errors import CheckError
from pipeline.findings import Finding
from pipeline.project import Project
from pipeline.returns.intake.stage import staged_columns
from pipeline.returns.received import read_round
from pipeline.returns.rules import queries
from pipeline.returns.rules.check import check_round, refusals, validate_round
from pipeline.returns.rules.compile import compile_rules
from pipeline.returns.rules.expected import Expected, Outcome
from pipeline.returns.rules.pages import write_findings, write_pages
from pipeline.returns.rules.summary import summary_rows

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def contracts() -> Contracts:
    return load_contracts(ROOT / "data_contracts")


@pytest.fixture
def project(tmp_path: Path, contracts: Contracts) -> Project:
    """A round with one return that has an error in one table and a query in another."""
    book = build_workbook(contracts, "thb", state="RO", round_=2022)
    book["9 Offences"]["K7"] = "<b>ten</b>"
    sheet = book["10 Judgments"]
    for row, number in ((7, 9), (8, 5), (9, 4), (10, 1), (11, 0)):
        sheet.cell(row, 3).value = number
    folder = tmp_path / "returns" / "2022" / "thb"
    folder.mkdir(parents=True)
    (folder / "RO.xlsx").write_bytes(workbook_bytes(book, 2022))
    return Project(ROOT, tmp_path / "outputs", tmp_path / "returns")


def test_rules_are_named_after_table_column_and_check(contracts: Contracts) -> None:
    rules = {r.rule_id: r for r in compile_rules(contracts, contracts.contract("thb"), round_=2022)}
    for name in (
        "THB_VICTIMS.sex.required",
        "THB_VICTIMS.sex.code",
        "THB_VICTIMS.year.window",
        "THB_VICTIMS.key.unique",
        "THB_VICTIMS.value.minimum",
        "THB_VICTIMS.value.maximum",
        "THB_VICTIMS.value.integer",
        "THB_VICTIMS.sex.sum",
        "THB_VICTIMS_FORM.total.same_as_THB_VICTIMS",
        "THB_VICTIMS_FORM.form.valid",
        "THB_CONV_FORM.form.at_most",
        "THB_VICTIMS.value.change",
        "THB_VICTIMS.value.revised",
        "THB_VICTIMS.value.not_restated",
        "THB_VICTIMS.note.required",
        "THB_VICTIMS.note.embargo",
        "THB_PERSONS.stage.chain",
    ):
        assert name in rules
    assert len(rules) == len(compile_rules(contracts, contracts.contract("thb"), round_=2022))
    assert all(r.allowed and r.do for r in rules.values())


def test_a_table_of_kilograms_may_hold_fractions_and_nil(contracts: Contracts) -> None:
    names = {r.rule_id for r in compile_rules(contracts, contracts.contract("octa"), round_=2022)}
    assert "OCT_DRUG_SEIZURES.value.integer" in names
    assert not {"OCT_DRUG_KG.value.integer", "OCT_DRUG_KG.value.nil"} & names


def test_every_query_runs_on_empty_tables(project: Project, contracts: Contracts) -> None:
    read_round(project, contracts, round_=2022)
    rules = [r for c in contracts for r in compile_rules(contracts, c, round_=2022) if r.check.sql]
    assert len(rules) > 100
    with duckdb.connect(str(project.work(2022) / "staged.duckdb"), read_only=True) as connection:
        for rule in rules:
            columns = [c[0] for c in connection.execute(rule.check.sql).description or []]
            assert columns == [*queries.ORIGIN, "found"], rule.rule_id


def _staged(
    contracts: Contracts, name: str, rows: dict[str, tuple[float | None, str]]
) -> duckdb.DuckDBPyConnection:
    """A table in memory with figures of Romania for 2022: code of the only dimension to
    value and status.
    """
    table = contracts.table(name)
    connection = duckdb.connect()
    connection.execute(
        f"create table {table.sql_name} ({', '.join(f'{c} {t}' for c, t in staged_columns(table))})"
    )
    for line, (code, (value, status)) in enumerate(rows.items(), 7):
        key = f"{name}:RO.2022.{code}"
        connection.execute(
            f"insert into {table.sql_name} values (2022, ?, 'RO', 2022, ?, ?, '', ?, ?, 'F', null,"
            " 'f', 's', ?, true)",
            [table.report, code, key, value, status, f"C{line}"],
        )
    return connection


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ({"_T": (10, "A"), "FORC": (6, "A"), "VOL": (4, "A"), "_U": (0, "A")}, []),
        ({"_T": (10, "A"), "FORC": (6, "A"), "VOL": (4, "A")}, []),
        ({"_T": (10, "A"), "FORC": (6, "A"), "VOL": (2, "A")}, []),  # the rest may be unknown
        ({"_T": (10, "A"), "FORC": (6, "A"), "VOL": (2, "A"), "_U": (None, "O")}, []),
        ({"_T": (10, "A"), "FORC": (6, "A"), "VOL": (2, "A"), "_U": (None, "Q")}, []),
        (
            {"_T": (10, "A"), "FORC": (6, "A"), "VOL": (2, "A"), "_U": (None, "M")},
            ["total 10, parts 8 (2 reported)"],
        ),
        (
            {"_T": (10, "A"), "FORC": (6, "A"), "VOL": (2, "A"), "_U": (0, "A")},
            ["total 10, parts 8 (3 reported)"],
        ),
        ({"_T": (10, "A"), "FORC": (11, "A")}, []),  # a part above its whole has a rule of its own
        ({"_T": (10, "A"), "FORC": (6, "A"), "VOL": (5, "A")}, ["total 10, parts 11 (2 reported)"]),
        ({"_T": (None, "O"), "FORC": (11, "A"), "VOL": (1, "A"), "_U": (0, "A")}, []),
    ],
)
def test_parts_and_total(
    contracts: Contracts, rows: dict[str, tuple[float | None, str]], found: list[str]
) -> None:
    table = contracts.table("MIG_RETURNED")
    sql = queries.identity(
        table, Identity("query", "kind", "equal"), states=["RO"], years=range(2018, 2023)
    )
    with _staged(contracts, "MIG_RETURNED", rows) as connection:
        assert [row[-1] for row in connection.execute(sql).fetchall()] == found


@pytest.mark.parametrize(
    ("rows", "wrong"),
    [
        # an open list without its unknown is not complete
        (
            {"_T": (50, "A"), "RO": (30, "A"), "BG": (15, "A")},
            0,
        ),
        ({"_T": (50, "A"), "RO": (30, "A"), "BG": (15, "A"), "_U": (5, "A")}, 0),
        ({"_T": (50, "A"), "RO": (30, "A"), "BG": (15, "A"), "_U": (0, "A")}, 1),
        ({"_T": (50, "A"), "RO": (30, "A"), "BG": (None, "Q"), "_U": (0, "A")}, 0),
        ({"_T": (50, "A"), "NAT": (30, "A"), "ABR": (25, "A")}, 1),
    ],
)
def test_parts_of_an_open_list(
    contracts: Contracts, rows: dict[str, tuple[float | None, str]], wrong: int
) -> None:
    table = contracts.table("THB_VICTIMS_CTZ")
    sql = queries.identity(
        table, Identity("query", "citizenship", "equal"), states=["RO"], years=range(2018, 2023)
    )
    with _staged(contracts, "THB_VICTIMS_CTZ", rows) as connection:
        assert len(connection.execute(sql).fetchall()) == wrong


def test_an_error_refuses_its_table_and_a_query_does_not() -> None:
    def finding(table: str, severity: str) -> Finding:
        return Finding(2022, "thb", "RO", "f", "s", "A1", table, "", "rule", severity, "", "", "")  # type: ignore[arg-type]

    findings = [finding("THB_A", "error"), finding("THB_B", "query"), finding("", "note")]
    assert refusals(findings) == {("RO", "thb", "THB_A")}
    assert refusals([finding("", "error")]) == {("RO", "thb", "")}


def test_a_check_that_could_not_run_stops_the_build(
    project: Project, contracts: Contracts, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = read_round(project, contracts, round_=2022)

    def crash(database: Path, expected: list[Expected], **_: object) -> list[Outcome]:
        return [
            Outcome(e.rule_id, "could_not_run" if n == 3 else "passed", error="oh")
            for n, e in enumerate(expected)
        ]

    monkeypatch.setattr("pipeline.returns.rules.judged.judge_rules", crash)
    with pytest.raises(CheckError, match="1 checks could not run: THB_"):
        check_round(project, contracts, round_=2022, reading=reading)


def test_only_tables_with_figures_are_checked(
    project: Project, contracts: Contracts, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = read_round(project, contracts, round_=2022)
    tables: set[str] = set()

    def look(database: Path, expected: list[Expected], **_: object) -> list[Outcome]:
        tables.update(e.table for e in expected)
        return [Outcome(e.rule_id, "passed") for e in expected]

    monkeypatch.setattr("pipeline.returns.rules.judged.judge_rules", look)
    assert check_round(project, contracts, round_=2022, reading=reading) == []
    assert tables == {"thb_offences", "thb_judgments"}


def test_a_round_is_validated_and_its_findings_written(
    project: Project, contracts: Contracts
) -> None:
    validation = validate_round(project, contracts, round_=2022)
    own = [
        (f.rule, f.severity, f.sheet, f.cell) for f in validation.findings if f.rule != "no-return"
    ]
    assert own == [
        ("not-a-number", "error", "9 Offences", "K7"),
        ("THB_JUDGMENTS.judgment.sum", "query", "10 Judgments", "C7"),
    ]
    assert validation.refused == {("RO", "thb", "THB_OFFENCES")}
    row = next(
        r for r in summary_rows(validation, ["thb", "octa"]) if (r.state, r.report) == ("RO", "thb")
    )
    assert (row.loaded, row.refused, row.errors, row.queries, row.outcome) == (
        5,
        1,
        1,
        1,
        "1 table refused",
    )
    assert row.filled == row.loaded + row.refused + row.ignored

    folder = project.findings(2022)
    write_pages(project, contracts, validation=validation)
    page = (folder / "RO.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;ten&lt;/b&gt;" in page
    assert "<b>ten" not in page
    assert page.count("For law enforcement and judicial use only") == 2
    assert not any(
        word in page for word in ("http:", "https:", "<script", "<link", "@import", "url(")
    )
    content = json.loads((folder / "findings.json").read_text(encoding="utf-8"))
    assert content["refused"] == [["RO", "thb", "THB_OFFENCES"]]
    assert len(content["findings"]) == len(validation.findings)
    outcomes = {t["table"]: t["outcome"] for t in content["tables"]}
    assert outcomes["THB_OFFENCES"] == "refused"
    assert outcomes["THB_JUDGMENTS"] == "loaded"
    assert outcomes["THB_VICTIMS"] == "empty"

    # Writing the same again touches nothing; a page of a state that is no longer there
    # goes.
    (folder / "XX.html").write_text("old")
    before = {p.name: p.stat().st_mtime_ns for p in folder.iterdir() if p.name != "XX.html"}
    write_findings(project, contracts, validation=validation)
    write_pages(project, contracts, validation=validation)
    assert {p.name: p.stat().st_mtime_ns for p in folder.iterdir()} == before
