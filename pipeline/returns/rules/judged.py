"""Which rules of a table did the staged figures pass, fail, or leave unanswered?

Reads a DuckDB file. One query a table returns the bad rows of all its rules, and is run
once; Great Expectations then names from their numbers, in one expectation, the rules
that failed. A rule whose query breaks is `could_not_run` and takes no other with
it: the rules of its table are then asked one by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from pipeline.returns.rules.expected import Expected, Outcome, quiet_library
from pipeline.returns.rules.queries import among
from pipeline.system.repairable import require_room

_Rows = dict[int, list[dict[str, object]]]


def judge_rules(
    database: Path, expected: Sequence[Expected], index_columns: Sequence[str]
) -> list[Outcome]:
    """Run all rules on a DuckDB file; one outcome a rule, in the order given.

    Raises duckdb.Error when the file cannot be opened read-only.
    """
    if not expected:
        return []
    tables: dict[str, dict[int, Expected]] = {}
    for number, rule in enumerate(expected):
        tables.setdefault(rule.table, {})[number] = rule
    outcomes: dict[int, Outcome] = {}
    every: _Rows = {}
    evaluated: dict[int, int] = {}
    with duckdb.connect(str(database), read_only=True) as connection:
        for rules in tables.values():
            rows, broken = _bad_rows(connection, rules, index_columns)
            outcomes |= broken
            try:
                evaluated |= {n: _evaluated(connection, rules[n]) for n in rows}
            except Exception as error:
                outcomes |= {n: _broken(rules[n], error) for n in rows}
                continue
            every |= rows
    try:
        failed = _failed(every)
    except Exception as error:
        outcomes |= {n: _broken(expected[n], error) for n in every}
    else:
        for n, bad in every.items():
            outcomes[n] = Outcome(
                expected[n].rule_id,
                "failed" if n in failed else "passed",
                bad,
                evaluated=evaluated[n],
            )
    return [outcomes[number] for number in range(len(expected))]


def _bad_rows(
    connection: duckdb.DuckDBPyConnection, rules: Mapping[int, Expected], index: Sequence[str]
) -> tuple[_Rows, dict[int, Outcome]]:
    """The bad rows of each rule, and the rules that broke."""
    broken: dict[int, Outcome] = {}
    queries: dict[int, str] = {}
    for n, rule in rules.items():
        try:
            queries[n] = _numbered(n, rule, index)
        except Exception as error:
            broken[n] = _broken(rule, error)
    try:
        return _fetch(connection, queries, rules=rules, index=index), broken
    except duckdb.Error:
        pass
    rows: _Rows = {}
    for n, query in queries.items():
        try:
            rows |= _fetch(connection, {n: query}, rules=rules, index=index)
        except duckdb.Error as error:
            require_room(error)
            broken[n] = _broken(rules[n], error)
    return rows, broken


def _numbered(number: int, rule: Expected, index: Sequence[str]) -> str:
    """The bad rows of a rule with its number, and their places in its own order."""
    found = "found" if rule.sql else "cast(null as varchar) as found"
    sql = (rule.sql or _as_sql(rule, index)).strip().rstrip("; \t\r\n")
    return (
        f"select {number} as rule, row_number() over () as place, {', '.join(index)}, {found}"
        f" from (\n{sql}\n) as bad"
    )


def _fetch(
    connection: duckdb.DuckDBPyConnection,
    queries: Mapping[int, str],
    *,
    rules: Mapping[int, Expected],
    index: Sequence[str],
) -> _Rows:
    rows: _Rows = {n: [] for n in queries}
    if not queries:
        return rows
    union = "\nunion all\n".join(queries.values())
    for n, _, *values, found in connection.execute(f"{union}\norder by rule, place").fetchall():
        row = dict(zip(index, values, strict=True))
        rows[n].append(row | {"found": found} if rules[n].sql else row)
    return rows


def _as_sql(rule: Expected, index: Sequence[str]) -> str:
    """The query for the bad rows of an expectation."""
    given: Any = rule.kwargs
    after = ""
    match rule.expectation:
        case "expect_column_values_to_not_be_null":
            bad = f"{given['column']} is null"
        case "expect_column_values_to_be_in_set":
            codes = given["value_set"]
            outside = f"{given['column']} not in {among(codes)}" if codes else "true"
            bad = f"{given['column']} is not null and {outside}"
        case "expect_column_values_to_be_between":
            low, high = given.get("min_value"), given.get("max_value")
            limits = [f"{given['column']} < {low}"] if low is not None else []
            limits += [f"{given['column']} > {high}"] if high is not None else []
            bad = " or ".join(limits)
        case "expect_compound_columns_to_be_unique":
            key = given["column_list"]
            bad = "not (" + " and ".join(f"{c} is null" for c in key) + ")"
            after = f" qualify count(*) over (partition by {', '.join(key)}) > 1"
        case kind:
            raise ValueError(f"no query for {kind}")
    columns = ", ".join(index)
    return f"select {columns} from {rule.table} where {bad}{after} order by {columns}"


def _evaluated(connection: duckdb.DuckDBPyConnection, rule: Expected) -> int:
    """How many rows a rule looked at, without those that it skips as missing."""
    given: Any = rule.kwargs
    match rule.expectation:
        case "expect_column_values_to_be_in_set" | "expect_column_values_to_be_between":
            looked = f"count({given['column']})"
        case "expect_compound_columns_to_be_unique":
            looked = f"count(coalesce({', '.join(f'{c}::varchar' for c in given['column_list'])}))"
        case _:
            looked = "count(*)"
    row = connection.execute(f"select {looked} from {rule.table}").fetchone()
    return int(row[0]) if row else 0


def _context() -> Any:
    """A context that lives in memory: nothing is written to disk and nothing is sent."""
    import great_expectations
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
    )

    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        analytics_enabled=False,
        progress_bars={"globally": False},
    )
    context = great_expectations.get_context(project_config=config, mode="ephemeral")
    return context.data_sources.add_pandas("rules")


def _failed(rows: _Rows) -> set[int]:
    """The rules that Great Expectations names as failed."""
    import pandas
    from great_expectations.expectations.core import ExpectColumnValuesToBeBetween

    if not rows:
        return set()
    frame = pandas.DataFrame({"rule": list(rows), "bad": [len(bad) for bad in rows.values()]})
    with quiet_library():
        asset = _context().add_dataframe_asset("rules")
        whole = asset.add_batch_definition_whole_dataframe("rules")
        result = whole.get_batch(batch_parameters={"dataframe": frame}).validate(
            ExpectColumnValuesToBeBetween(column="bad", max_value=0),
            result_format={
                "result_format": "COMPLETE",
                "unexpected_index_column_names": ["rule"],
                "return_unexpected_index_query": False,
            },
        )
    failed = {int(row["rule"]) for row in result.result.get("unexpected_index_list") or []}
    if bool(failed) == bool(result.success) or failed != {n for n, bad in rows.items() if bad}:
        raise RuntimeError("the library does not name the rules that have bad rows")
    return failed


def _broken(rule: Expected, error: Exception) -> Outcome:
    return Outcome(rule.rule_id, "could_not_run", error=f"{type(error).__name__}: {error}")
