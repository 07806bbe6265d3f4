"""Do expectations on DuckDB give the right outcome, and every bad row?"""

from __future__ import annotations

import datetime
import socket
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import duckdb
import pytest

from pipeline.returns.rules.expected import Expected, Outcome

from .single_expectations import run_expectations

ROOT = Path(__file__).parents[2]
INDEX = ("file", "cell")
SQL_WITH_TRAPS = """
-- braces {x}, colons and percent signs are plain SQL here
with bad as (
    select file, cell, value::varchar as text, day
    from returns.thb_victims
    where value >= 0 and state like 'R%' and ':x {y}' <> '' and {'a': 1}.a = 1
)
select file, cell, text, day from bad order by cell -- the end;
;
"""
IN_ALBANIA = {
    "type": "comparison",
    "column": {"name": "state"},
    "operator": "==",
    "parameter": "AL",
}
CHECKS = [
    Expected(
        "not_null",
        "returns.thb_victims",
        "expect_column_values_to_not_be_null",
        {"column": "value"},
    ),
    Expected(
        "known",
        "returns.thb_victims",
        "expect_column_values_to_be_in_set",
        {"column": "state", "value_set": ["AL", "RO", "BG"]},
    ),
    Expected(
        "range",
        "returns.thb_victims",
        "expect_column_values_to_be_between",
        {"column": "value", "min_value": 0, "max_value": 499},
    ),
    Expected(
        "unique_cell",
        "returns.thb_victims",
        "expect_compound_columns_to_be_unique",
        {"column_list": ["state", "sex"]},
    ),
    Expected(
        "no_column",
        "returns.thb_victims",
        "expect_column_values_to_not_be_null",
        {"column": "missing"},
    ),
    Expected("sql_rows", "returns.thb_victims", sql=SQL_WITH_TRAPS),
    Expected(
        "sql_none",
        "returns.thb_victims",
        sql="select file, cell from returns.thb_victims where false",
    ),
    Expected("sql_crash", "returns.thb_victims", sql="select nothing from returns.thb_victims"),
    Expected("no_type", "returns.thb_victims", "expect_the_unexpected", {"column": "value"}),
    Expected(
        "bad_kwargs", "returns.thb_victims", "expect_column_values_to_not_be_null", {"col": "value"}
    ),
    Expected(
        "row_count",
        "returns.thb_victims",
        "expect_table_row_count_to_be_between",
        {"min_value": 10_000},
    ),
    Expected(
        "conditional",
        "returns.thb_victims",
        "expect_column_values_to_be_null",
        {"column": "note", "row_condition": IN_ALBANIA},
    ),
    Expected(
        "no_table", "returns.nowhere", "expect_column_values_to_not_be_null", {"column": "value"}
    ),
    Expected(
        "empty",
        "Empty",
        "expect_column_values_to_be_in_set",
        {"column": "state", "value_set": ["AL"]},
    ),
    Expected(
        "all_null",
        "Nulls",
        "expect_column_values_to_be_in_set",
        {"column": "state", "value_set": ["AL"]},
    ),
    Expected("no_index", "Plain", "expect_column_values_to_not_be_null", {"column": "state"}),
]


@pytest.fixture(scope="session")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    folder = tmp_path_factory.mktemp("gx $HOME")
    database = folder / "warehouse.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema returns")
        connection.execute("""
            create table returns.thb_victims as
            select
                'RO.xlsx' as file,
                i as cell,
                case when i < 1000 then 'RO' when i < 1990 then 'BG' when i < 1999 then 'AL'
                else 'ZZ' end as state,
                case when i < 1997 then 'F' || i else 'M' end as sex,
                case when i = 7 then null else (i % 501)::decimal(18, 3) end as value,
                date '2022-12-31' as day,
                case when i in (5, 1995) then 'n' end as note,
            from range(2000) as r(i)
        """)
        connection.execute('create table "Empty" (file varchar, cell varchar, state varchar)')
        connection.execute(
            """create table "Nulls" as select 'f' as file, 'A1' as cell, null::varchar as state"""
        )
        connection.execute("""create table "Plain" as select null::varchar as state""")

    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("a check tried to use the network")

    home = folder / "home"
    home.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        patch.setattr(socket, "getaddrinfo", refuse)
        patch.setenv("HOME", str(home))
        patch.chdir(home)
        # A plain reader of the same file must not be in the way.
        with duckdb.connect(str(database), read_only=True):
            found = run_expectations(database, CHECKS, index_columns=INDEX)
        assert list(home.iterdir()) == []
    assert [outcome.rule_id for outcome in found] == [check.rule_id for check in CHECKS]
    return {outcome.rule_id: outcome for outcome in found}


def cells(outcome: Outcome) -> list[object]:
    assert {row["file"] for row in outcome.bad_rows} <= {"RO.xlsx"}
    return [row["cell"] for row in outcome.bad_rows]


def test_a_failed_check_lists_every_bad_row_by_its_index_columns(
    outcomes: dict[str, Outcome],
) -> None:
    assert outcomes["not_null"] == Outcome(
        "not_null", "failed", [{"file": "RO.xlsx", "cell": 7}], evaluated=2000
    )
    assert cells(outcomes["known"]) == [1999]
    assert cells(outcomes["range"]) == [500, 1001, 1502]
    assert outcomes["range"].evaluated == 1999


def test_rows_that_break_a_joint_key_are_listed(outcomes: dict[str, Outcome]) -> None:
    assert outcomes["unique_cell"].status == "failed"
    assert cells(outcomes["unique_cell"]) == [1997, 1998]


def test_a_condition_limits_the_rows_looked_at(outcomes: dict[str, Outcome]) -> None:
    assert outcomes["conditional"].status == "failed"
    assert cells(outcomes["conditional"]) == [1995]
    assert outcomes["conditional"].evaluated == 9


def test_an_sql_check_returns_all_its_rows_beyond_the_cap(outcomes: dict[str, Outcome]) -> None:
    outcome = outcomes["sql_rows"]
    assert outcome.status == "failed"
    assert cells(outcome) == [i for i in range(1000) if i != 7]
    assert outcome.bad_rows[1] == {
        "file": "RO.xlsx",
        "cell": 1,
        "text": "1.000",
        "day": datetime.date(2022, 12, 31),
    }
    assert outcome.evaluated == 2000


def test_an_sql_check_without_rows_passes(outcomes: dict[str, Outcome]) -> None:
    assert outcomes["sql_none"] == Outcome("sql_none", "passed", evaluated=2000)


@pytest.mark.parametrize(
    "rule", ["no_column", "sql_crash", "no_type", "bad_kwargs", "no_table", "no_index"]
)
def test_a_check_that_crashed_could_not_run_and_says_why(
    outcomes: dict[str, Outcome], rule: str
) -> None:
    outcome = outcomes[rule]
    assert outcome.status == "could_not_run"
    assert outcome.bad_rows == []
    assert outcome.error


def test_the_error_names_the_missing_column(outcomes: dict[str, Outcome]) -> None:
    assert "missing" in outcomes["no_column"].error


def test_a_check_of_a_whole_table_fails_without_bad_rows(outcomes: dict[str, Outcome]) -> None:
    assert outcomes["row_count"] == Outcome("row_count", "failed", evaluated=2000)


@pytest.mark.parametrize("rule", ["empty", "all_null"])
def test_a_check_that_saw_no_value_says_so(outcomes: dict[str, Outcome], rule: str) -> None:
    assert outcomes[rule].evaluated == 0


def test_a_check_needs_either_an_expectation_or_sql() -> None:
    with pytest.raises(ValueError, match="either"):
        Expected("both", "t", "expect_column_values_to_not_be_null", sql="select 1")
    with pytest.raises(ValueError, match="either"):
        Expected("none", "t")
    with pytest.raises(ValueError, match="joint key"):
        Expected(
            "key",
            "t",
            "expect_compound_columns_to_be_unique",
            {"column_list": ["a"], "row_condition": IN_ALBANIA},
        )


def test_no_checks_no_outcomes(tmp_path: Path) -> None:
    assert run_expectations(tmp_path / "absent.duckdb", [], index_columns=INDEX) == []


def test_a_process_that_ran_checks_ends_without_noise() -> None:
    script = "import pipeline.returns.rules.judged, great_expectations"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert (done.stdout, done.stderr) == ("", "")
