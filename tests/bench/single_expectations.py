"""What does Great Expectations itself find on DuckDB, one expectation a rule? The second
opinion on the one query a table that the pipeline asks.

Great Expectations returns a connection to its pool before it fetches; the rollback that
goes with it discards DuckDB's open result, and then every check "fails" with an
exception inside. ReadOnlyDialect leaves transactions alone, which is right for a
database opened read-only. A check that crashed is `could_not_run`: never failed, never
passed.
"""

from __future__ import annotations

import atexit
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import duckdb
import duckdb_engine
from sqlalchemy.dialects import registry
from sqlalchemy.engine import URL
from sqlalchemy.types import NullType

from pipeline.returns.rules.expected import JOINT_KEY, Expected, Outcome, Status, quiet_library

if TYPE_CHECKING:
    from great_expectations.datasource.fluent import SQLDatasource
    from great_expectations.datasource.fluent.interfaces import Batch


# The most rows GX is asked to list per check; its own default is 20, and its lists of
# values stop at 200 in any case.
_ALL_ROWS = 2_000_000_000


class ReadOnlyDialect(duckdb_engine.Dialect):  # type: ignore[misc]
    """SQLAlchemy dialect `duckdb+readonly`: opens the file read-only, and begins and
    ends no transaction.
    """

    supports_statement_cache = False

    def connect(self, *cargs: Any, **cparams: Any) -> Any:
        # duckdb_engine adds a configuration of its own, which DuckDB refuses next to a
        # plain connection to the file.
        return duckdb_engine.ConnectionWrapper(
            duckdb.connect(cargs[0] if cargs else cparams["database"], True)
        )

    def get_columns(
        self, connection: Any, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[Any]:
        # duckdb_engine asks the PostgreSQL catalogue, which DuckDB does not have in
        # full; types are of no use to GX.
        described = connection.exec_driver_sql(f"describe {_quoted(schema, table_name)}").fetchall()
        return [
            {"name": row[0], "type": NullType(), "nullable": True, "default": None}
            for row in described
        ]

    def get_pk_constraint(
        self, connection: Any, table_name: str, schema: str | None = None, **kw: Any
    ) -> Any:
        return {"constrained_columns": [], "name": None}

    def do_begin(self, connection: Any) -> None:
        pass

    def do_commit(self, connection: Any) -> None:
        pass

    def do_rollback(self, connection: Any) -> None:
        pass


registry.register("duckdb.readonly", __name__, "ReadOnlyDialect")
# With Great Expectations its names are kept to the very end, and DuckDB prints leaks.
atexit.register(vars(duckdb_engine).clear)


def _quoted(*names: str | None) -> str:
    return ".".join('"' + name.replace('"', '""') + '"' for name in names if name)


def run_expectations(
    database: Path, expected: Sequence[Expected], index_columns: Sequence[str]
) -> list[Outcome]:
    """Run all checks on a DuckDB file; one outcome per check, in the order given.

    `index_columns` must exist in every table that carries a row-wise expectation.
    Raises duckdb.Error when the file cannot be opened read-only, for example while this
    process holds a writing connection to it.
    """
    if not expected:
        return []
    outcomes: dict[int, Outcome] = {}
    with duckdb.connect(str(database), read_only=True) as connection, quiet_library():
        rows = _RowCounts(connection)
        with _datasource(database) as datasource:
            for table, numbers in _by_table(expected).items():
                outcomes |= _run_table(
                    datasource, table, {n: expected[n] for n in numbers}, list(index_columns), rows
                )
        for number, outcome in outcomes.items():
            query = _rows_query(expected[number], index_columns)
            if query and outcome.status != "could_not_run":
                outcomes[number] = _with_all_rows(connection, expected[number], query, outcome)
    return [outcomes[number] for number in range(len(expected))]


def _by_table(expected: Sequence[Expected]) -> dict[str, list[int]]:
    tables: dict[str, list[int]] = {}
    for number, check in enumerate(expected):
        tables.setdefault(check.table, []).append(number)
    return tables


class _RowCounts:
    """Rows per table, counted once each."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._counts: dict[str, int] = {}

    def __getitem__(self, table: str) -> int:
        if table not in self._counts:
            schema, _, name = table.rpartition(".")
            row = self._connection.execute(
                f"select count(*) from {_quoted(schema, name)}"
            ).fetchone()
            self._counts[table] = int(row[0]) if row else 0
        return self._counts[table]


@contextmanager
def _datasource(database: Path) -> Iterator[SQLDatasource]:
    """A data source in a context that lives in memory: nothing is written to disk and
    nothing is sent.
    """
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
    url = URL.create("duckdb+readonly", database=str(database)).render_as_string(
        hide_password=False
    )
    # GX reads `$` in a connection string as the start of a variable.
    datasource = context.data_sources.add_sql(
        name="warehouse", connection_string=url.replace("$", r"\$"), create_temp_table=False
    )
    try:
        yield datasource
    finally:
        # GX keeps a connection of its own, which would keep others from writing to the
        # file in this process.
        datasource.get_execution_engine().close()
        datasource.get_engine().dispose()


def _run_table(
    datasource: SQLDatasource,
    table: str,
    checks: Mapping[int, Expected],
    index_columns: list[str],
    rows: _RowCounts,
) -> dict[int, Outcome]:
    """All checks of one table as one suite; those that crashed again, one by one, as
    one crash takes others with it.
    """
    outcomes: dict[int, Outcome] = {}
    expectations: dict[int, Any] = {}
    try:
        table_rows = rows[table]
        batch = _batch(datasource, table)
    except Exception as error:
        return {number: _crashed(check, error) for number, check in checks.items()}
    for number, check in checks.items():
        try:
            expectations[number] = _expectation(check, number)
        except Exception as error:
            outcomes[number] = _crashed(check, error)

    try:
        results = _validate(batch, expectations, index_columns)
    except Exception:
        results = {}
    for number, expectation in expectations.items():
        result = results.get(number)
        if result is None or _exception_in(result):
            try:
                result = _validate(batch, {number: expectation}, index_columns)[number]
            except Exception as error:
                outcomes[number] = _crashed(checks[number], error)
                continue
        outcomes[number] = _outcome(checks[number], result, index_columns, table_rows)
    return outcomes


def _batch(datasource: SQLDatasource, table: str) -> Batch:
    schema, _, name = table.rpartition(".")
    with warnings.catch_warnings():
        # GX would have the schema in the connection, where DuckDB has no place for it.
        warnings.simplefilter("ignore", DeprecationWarning)
        asset = datasource.add_table_asset(
            table, table_name=name, **({"schema_name": schema} if schema else {})
        )
    return asset.add_batch_definition_whole_table("whole").get_batch()


def _expectation(check: Expected, number: int) -> Any:
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    kind = check.expectation
    kwargs = dict(check.kwargs)
    if check.sql:
        kind = "unexpected_rows_expectation"
        kwargs = {"unexpected_rows_query": _as_template(check.sql)}
    configuration = ExpectationConfiguration(type=kind, kwargs=kwargs, meta={"number": number})
    return configuration.to_domain_obj()


def _as_template(sql: str) -> str:
    """Plain SQL in the form GX reads: its braces and SQLAlchemy's colons escaped, and
    {batch} named, in a comment.
    """
    sql = sql.strip().rstrip("; \t\r\n").replace("{", "{{").replace("}", "}}")
    return re.sub(r"(?<![:\w\\]):(?=\w)", r"\\:", sql) + "\n/* {batch} */"


def _validate(
    batch: Batch, expectations: Mapping[int, Any], index_columns: list[str]
) -> dict[int, Any]:
    """GX results by check number. A result may hold an exception; one may also end the
    whole validation.
    """
    from great_expectations.core.expectation_suite import ExpectationSuite

    result_format = {
        "result_format": "COMPLETE",
        "unexpected_index_column_names": index_columns,
        "partial_unexpected_count": _ALL_ROWS,
        "return_unexpected_index_query": False,
    }
    suite = ExpectationSuite(name="checks", expectations=list(expectations.values()))
    results = batch.validate(suite, result_format=result_format).results
    return {result.expectation_config.meta["number"]: result for result in results}


def _exception_in(result: Any) -> str:
    """The message of the exception inside a result, empty when there is none. GX has
    two forms for it.
    """
    info = result.exception_info or {}
    if "raised_exception" in info:
        return (
            str(info.get("exception_message") or "unknown exception")
            if info["raised_exception"]
            else ""
        )
    return "; ".join(dict.fromkeys(str(part["exception_message"]) for part in info.values()))


def _outcome(check: Expected, result: Any, index_columns: list[str], table_rows: int) -> Outcome:
    if error := _exception_in(result):
        return Outcome(check.rule_id, "could_not_run", error=error)
    status: Status = "passed" if result.success else "failed"
    details = result.result
    if check.sql:
        return Outcome(check.rule_id, status, evaluated=table_rows)
    evaluated = int(details.get("element_count", table_rows)) - int(
        details.get("missing_count") or 0
    )
    if check.expectation == JOINT_KEY:
        return Outcome(check.rule_id, status, evaluated=evaluated)
    found = details.get("unexpected_index_list") or []
    unexpected = int(details.get("unexpected_count") or 0)
    if len(found) != unexpected:
        error = f"GX counted {unexpected} bad rows and listed {len(found)}"
        return Outcome(check.rule_id, "could_not_run", error=error, evaluated=evaluated)
    bad_rows = sorted(({name: row[name] for name in index_columns} for row in found), key=_in_order)
    return Outcome(check.rule_id, status, bad_rows, evaluated=evaluated)


def _in_order(row: Mapping[str, object]) -> list[tuple[bool, Any]]:
    return [(value is None, "" if value is None else value) for value in row.values()]


def _rows_query(check: Expected, index_columns: Sequence[str]) -> str:
    """The query for all bad rows of a check that GX does not list, or not in full;
    empty when GX lists them all.
    """
    if check.expectation != JOINT_KEY:
        return check.sql
    schema, _, name = check.table.rpartition(".")
    index = ", ".join(map(_quoted, index_columns))
    key = [_quoted(str(column)) for column in cast(Sequence[object], check.kwargs["column_list"])]
    return f"""
        select {index}
        from {_quoted(schema, name)}
        where not ({" and ".join(f"{column} is null" for column in key)})
        qualify count(*) over (partition by {", ".join(key)}) > 1
        order by {index}
    """


def _with_all_rows(
    connection: duckdb.DuckDBPyConnection, check: Expected, query: str, outcome: Outcome
) -> Outcome:
    """The outcome with every row of the query; GX lists at most 200 rows of a query,
    and none of a joint key.
    """
    try:
        cursor = connection.execute(query)
        names = [column[0] for column in cursor.description or []]
        bad_rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    except duckdb.Error as error:
        return _crashed(check, error)
    if bool(bad_rows) != (outcome.status == "failed"):
        return _crashed(
            check, RuntimeError(f"GX says {outcome.status}, the query returns {len(bad_rows)} rows")
        )
    return replace(outcome, bad_rows=bad_rows)


def _crashed(check: Expected, error: Exception) -> Outcome:
    return Outcome(check.rule_id, "could_not_run", error=f"{type(error).__name__}: {error}")
