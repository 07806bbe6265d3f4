"""How long do the same checks take done in other ways? Hand-written SQL, and Great
Expectations on pandas.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from pipeline.contracts.model import Contracts
from pipeline.project import Project
from pipeline.returns.intake.stage import STAGED
from pipeline.returns.rules.compile import compile_rules
from pipeline.returns.rules.expected import Expected, Outcome
from pipeline.returns.rules.judged import judge_rules

from .single_expectations import run_expectations

BIG_TABLE, COPIES = "thb_victims", "copy"
ORIGIN = ("file", "sheet", "address")


Way = Callable[[Path, Sequence[Expected]], int]


@dataclass(frozen=True)
class Took:
    """CPU and wall seconds of a way, and the bad rows that it found."""

    cpu: float
    wall: float
    bad_rows: int


def timed(way: Way, database: Path, checks: Sequence[Expected]) -> Took:
    wall, cpu = time.perf_counter(), time.process_time()
    bad = way(database, checks)
    return Took(time.process_time() - cpu, time.perf_counter() - wall, bad)


def staged_checks(contracts: Contracts, database: Path, round_: int) -> list[Expected]:
    """Every check of every contract over a table that holds rows."""
    with duckdb.connect(str(database), read_only=True) as connection:
        filled = {
            t.sql_name
            for t in contracts.tables
            if connection.execute(f"select 1 from {t.sql_name} limit 1").fetchone()
        }
    rules = [r for contract in contracts for r in compile_rules(contracts, contract, round_=round_)]
    return [r.check for r in rules if r.check.table in filled]


def big_checks(contracts: Contracts, round_: int) -> list[Expected]:
    """The checks of one table that pandas can run too: those that look at one row, and
    the joint key.
    """
    rules = compile_rules(contracts, contracts.contract("thb"), round_=round_)
    checks = [r.check for r in rules if r.check.table == BIG_TABLE and r.check.expectation]
    return [_with_copies(c) for c in checks]


def _with_copies(check: Expected) -> Expected:
    if "column_list" not in check.kwargs:
        return check
    columns = [*_column_list(check), COPIES]
    return Expected(check.rule_id, check.table, check.expectation, {"column_list": columns})


def _column_list(check: Expected) -> list[str]:
    columns = check.kwargs["column_list"]
    assert isinstance(columns, list)
    return columns


def make_big(project: Project, round_: int, path: Path, rows: int) -> None:
    """One staged table repeated up to `rows` lines; one line in a thousand gets a
    figure below zero.
    """
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"attach '{project.work(round_) / STAGED}' as staged (read_only)")
        (have,) = connection.execute(f"select count(*) from staged.{BIG_TABLE}").fetchone() or (0,)
        bad = sorted(random.Random(round_).sample(range(rows), rows // 1000))
        connection.execute(f"create table wrong as select unnest({bad}) as line")
        connection.execute(f"""create table {BIG_TABLE} as
            with repeated as (
                select row_number() over (order by copy, key) - 1 as line, copy, s.*
                from range({rows // have + 1}) as copies(copy), staged.{BIG_TABLE} as s
            )
            select * exclude (line) replace (case when line in (from wrong) then -1 else value end
            as value)
            from repeated where line < {rows} order by line""")
        connection.execute("drop table wrong")


def by_pipeline(database: Path, checks: Sequence[Expected]) -> int:
    """The project's own way: a query a table, one expectation for all."""
    return _bad_rows(judge_rules(database, checks, ORIGIN))


def by_gx_on_duckdb(database: Path, checks: Sequence[Expected]) -> int:
    """An expectation a rule, each a query of its own by way of SQLAlchemy."""
    return _bad_rows(run_expectations(database, checks, index_columns=ORIGIN))


def _bad_rows(outcomes: Sequence[Outcome]) -> int:
    """A rule that could not run is an error of the bench, not a time."""
    crashed = [o for o in outcomes if o.status == "could_not_run"]
    if crashed:
        raise RuntimeError(f"{crashed[0].rule_id} could not run: {crashed[0].error}")
    return sum(len(o.bad_rows) for o in outcomes)


def by_hand_written_sql(database: Path, checks: Sequence[Expected]) -> int:
    """The same checks as one plain query each, every bad row fetched."""
    bad = 0
    with duckdb.connect(str(database), read_only=True) as connection:
        for check in checks:
            bad += len(connection.execute(check.sql or _as_sql(check)).fetchall())
    return bad


def _as_sql(check: Expected) -> str:
    given, kind = check.kwargs, check.expectation
    select = f"select {', '.join(ORIGIN)} from {check.table} where"
    if kind == "expect_column_values_to_not_be_null":
        return f"{select} {given['column']} is null"
    if kind == "expect_column_values_to_be_in_set":
        values = given["value_set"]
        assert isinstance(values, list)
        listed = ", ".join(f"'{v}'" for v in values)
        return f"{select} {given['column']} not in ({listed})"
    if kind == "expect_column_values_to_be_between":
        limits = (
            [f"{given['column']} < {given['min_value']}"]
            if given.get("min_value") is not None
            else []
        )
        limits += (
            [f"{given['column']} > {given['max_value']}"]
            if given.get("max_value") is not None
            else []
        )
        return f"{select} {' or '.join(limits)}"
    if kind == "expect_compound_columns_to_be_unique":
        columns = ", ".join(_column_list(check))
        return (
            f"select {', '.join(ORIGIN)} from {check.table} qualify count(*) over (partition by"
            f" {columns}) > 1"
        )
    raise ValueError(f"no hand-written form of {kind}")


def by_gx_on_pandas(database: Path, checks: Sequence[Expected]) -> int:
    """Great Expectations as it comes: the table as a data frame, every bad row listed."""
    import great_expectations as gx
    from great_expectations.expectations.registry import get_expectation_impl

    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    with duckdb.connect(str(database), read_only=True) as connection:
        frame = connection.execute(f"select * from {BIG_TABLE}").df()
    context: Any = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    batch = (
        context.data_sources.add_pandas("peers")
        .add_dataframe_asset(BIG_TABLE)
        .add_batch_definition_whole_dataframe("all")
        .get_batch(batch_parameters={"dataframe": frame})
    )
    suite = gx.ExpectationSuite(name="peers")
    for check in checks:
        suite.add_expectation(
            get_expectation_impl(check.expectation)(
                **{k: _plain(v) for k, v in check.kwargs.items()}
            )
        )
    asked = {"result_format": "COMPLETE", "unexpected_index_column_names": list(ORIGIN)}
    result = batch.validate(suite, result_format=asked)
    crashed = [r for r in result.results if (r.exception_info or {}).get("raised_exception")]
    if crashed:
        raise RuntimeError(f"{crashed[0].expectation_config.type} could not run on pandas")
    return sum(r.result.get("unexpected_count", 0) for r in result.results)


def _plain(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else value


WAYS: dict[str, Way] = {
    "this pipeline": by_pipeline,
    "GX on DuckDB": by_gx_on_duckdb,
    "hand-written SQL": by_hand_written_sql,
    "GX on pandas": by_gx_on_pandas,
}
