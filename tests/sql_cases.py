"""How is a model run over given rows? The cases of cases.yaml, and the columns of every
table.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from pipeline.contracts.model import Contracts
from pipeline.numbers.sql.marts import write_seeds
from pipeline.numbers.sql.runner import Model, read_models, run_models
from pipeline.numbers.warehouse.ledger import table_ddl
from pipeline.system.yaml_files import written_in

ROOT = Path(__file__).parents[1]
CASES = written_in((ROOT / "tests/numbers/sql/cases.yaml").read_text(encoding="utf-8"))
NAMED = [(model, case) for model, cases in CASES.items() for case in cases]


def columns_of_tables(contracts: Contracts) -> dict[str, list[tuple[str, str]]]:
    """Columns of every table, read off a build without any submission."""
    connection = duckdb.connect()
    connection.execute("create schema warehouse")
    for table in contracts.tables:
        connection.execute(table_ddl(table).replace("exists ", "exists warehouse."))
    write_seeds(connection, contracts, round_=2022)
    connection.execute(
        "create table seed.current_submissions (submission_id varchar, round integer, report"
        " varchar, state varchar, file varchar, received varchar)"
    )
    connection.execute("create table seed.refused (state varchar, report varchar, cube varchar)")
    run_models(connection, read_models(ROOT / "sql", tables=contracts.tables))
    rows = connection.execute(
        "select table_schema || '.' || table_name, column_name, data_type from"
        " information_schema.columns order by all"
    ).fetchall()
    found: dict[str, list[tuple[str, str]]] = {}
    for table_name, column, kind in rows:
        found.setdefault(table_name, []).append((column, kind))
    return found


Given = dict[str, list[dict[str, Any]]]


def run_case(
    model: Model,
    given: Given,
    schemas: dict[str, list[tuple[str, str]]],
    models: Mapping[str, Model] | None = None,
) -> Any:
    """The rows of a model over given rows. What it reads and the case does not give is
    worked out from what it does give, or is empty.
    """
    connection = duckdb.connect()
    for schema in ("seed", "staging", "core", "marts", "warehouse"):
        connection.execute(f"create schema {schema}")
    made: set[str] = set()

    def make(table: str) -> None:
        if table in made:
            return
        made.add(table)
        between = (models or {}).get(table)
        if table not in given and between is not None and between.needs & given.keys():
            for needed in sorted(between.needs):
                make(needed)
            connection.execute(f"create table {table} as {between.sql}")
            return
        fill_table(connection, table, given.get(table, []), schemas[table])

    for needed in sorted(model.needs):
        make(needed)
    assert given.keys() <= made, f"{model.name} does not read {sorted(given.keys() - made)}"
    return connection.execute(model.sql)


def fill_table(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    rows: list[dict[str, Any]],
    columns: list[tuple[str, str]],
) -> None:
    connection.execute(f"create table {table} ({', '.join(f'{c} {k}' for c, k in columns)})")
    for row in rows:
        unknown = set(row) - {c for c, _ in columns}
        assert not unknown, f"{table} has no column {unknown}"
        marks = ", ".join("?" for _ in row)
        connection.execute(
            f"insert into {table} ({', '.join(row)}) values ({marks})", list(row.values())
        )
