"""Does each model turn given rows into the expected ones? Cases stand in cases.yaml;
every model must have one.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from pipeline.contracts.model import Contracts, load_contracts
from pipeline.numbers.sql.marts import write_seeds
from pipeline.numbers.sql.runner import Model, in_order, read_models, references, run_models
from pipeline.numbers.warehouse.ledger import table_ddl

ROOT = Path(__file__).parents[3]
CASES = yaml.safe_load((Path(__file__).parent / "cases.yaml").read_text(encoding="utf-8"))
NAMED = [(model, case) for model, cases in CASES.items() for case in cases]


@pytest.fixture(scope="module")
def models() -> dict[str, Model]:
    return read_models(ROOT / "sql", ["staging", "core", "marts", "checks"])


@pytest.fixture(scope="module")
def contracts() -> Contracts:
    return load_contracts(ROOT / "data_contracts")


@pytest.fixture(scope="module")
def schemas(contracts: Contracts) -> dict[str, list[tuple[str, str]]]:
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
    run_models(connection, read_models(ROOT / "sql"))
    rows = connection.execute(
        "select table_schema || '.' || table_name, column_name, data_type from"
        " information_schema.columns order by all"
    ).fetchall()
    found: dict[str, list[tuple[str, str]]] = {}
    for table_name, column, kind in rows:
        found.setdefault(table_name, []).append((column, kind))
    return found


def run_case(
    model: Model, given: dict[str, list[dict[str, Any]]], schemas: dict[str, list[tuple[str, str]]]
) -> Any:
    connection = duckdb.connect()
    for schema in ("seed", "staging", "core", "marts", "warehouse"):
        connection.execute(f"create schema {schema}")
    for table in sorted(model.needs):
        columns = schemas[table]
        connection.execute(f"create table {table} ({', '.join(f'{c} {k}' for c, k in columns)})")
        for row in given.get(table, []):
            assert set(row) <= {c for c, _ in columns}, (
                f"{table} has no column {set(row) - {c for c, _ in columns}}"
            )
            names = list(row)
            values = list(row.values())
            connection.execute(
                f"insert into {table} ({', '.join(names)}) values"
                f" ({', '.join('?' for _ in names)})",
                values,
            )
    return connection.execute(model.sql)


@pytest.mark.parametrize(("model", "case"), NAMED, ids=[f"{m}: {c['name']}" for m, c in NAMED])
def test_given_rows_give_expected_rows(
    model: str,
    case: dict[str, Any],
    models: dict[str, Model],
    schemas: dict[str, list[tuple[str, str]]],
) -> None:
    result = run_case(models[model], case["given"], schemas)
    columns = [d[0] for d in result.description]
    wanted = list(case["expect"][0]) if case["expect"] else columns[:1]
    rows = [dict(zip(columns, row, strict=True)) for row in result.fetchall()]
    got = sorted(({c: plain(r[c]) for c in wanted} for r in rows), key=str)
    assert got == sorted(case["expect"], key=str)


def plain(value: Any) -> Any:
    return int(value) if isinstance(value, Decimal) else value


def test_every_model_and_check_has_a_case(models: dict[str, Model]) -> None:
    assert {m for m in models if not m.startswith("staging.")} == set(CASES)


def test_every_contract_table_has_its_staging_model(
    models: dict[str, Model], contracts: Contracts
) -> None:
    assert {f"staging.{t.sql_name}" for t in contracts.tables} == {
        m for m in models if m.startswith("staging.")
    }


def test_staging_models_rename_and_keep_the_order_of_dimensions(
    models: dict[str, Model], contracts: Contracts, schemas: dict[str, list[tuple[str, str]]]
) -> None:
    for table in contracts.tables:
        dimensions = {d.name: f"code {i}" for i, d in enumerate(table.dimensions)}
        row = {
            "submission_id": "s",
            "state": "RO",
            "year": 2022,
            "value": 1,
            "raw": "1",
            "sheet": "x",
            **dimensions,
        }
        model = models[f"staging.{table.sql_name}"]
        result = run_case(model, {f"warehouse.{table.sql_name}": [row]}, schemas)
        got = dict(zip([d[0] for d in result.description], result.fetchone(), strict=True))
        assert (got["cube"], got["codes"], got["state"]) == (
            table.name,
            list(dimensions.values()),
            "RO",
        )


def test_every_model_says_its_grain_first(models: dict[str, Model]) -> None:
    for name, model in models.items():
        start = "-- Bad row:" if name.startswith("checks.") else "-- Grain:"
        assert model.sql.startswith(start), name


def test_order_follows_references(models: dict[str, Model]) -> None:
    order = in_order({n: m for n, m in models.items() if not n.startswith("checks.")})
    for name in order:
        for needed in models[name].needs if name in models else ():
            if needed in order:
                assert order.index(needed) < order.index(name)


def test_references_are_read_from_the_sql() -> None:
    sql = "with a as (select * from core.x), b as (select 1) select * from a join marts.y on true"
    assert references(sql, "here") == {"core.x", "marts.y"}
