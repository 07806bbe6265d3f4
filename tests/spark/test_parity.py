"""Do DuckDB and Spark give the same rows? Every model and check over the example round,
each given the tables that DuckDB made, so that it is judged alone; then every case and form.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlglot
from builds import ROOT, ROUND
from engines import DuckEngine, Rows, SparkEngine
from portable_forms import FORMS, GIVEN
from spark_here import missing, start
from sql_cases import NAMED, columns_of_tables, run_case

from pipeline.contracts.model import load_contracts
from pipeline.numbers.sql.portable import differences
from pipeline.numbers.sql.runner import read_checks, read_models
from pipeline.project import Project
from pipeline.system.kept import quoted_path

pytestmark = pytest.mark.filterwarnings("ignore")
CONTRACTS = load_contracts(ROOT / "data_contracts")
MODELS = read_models(ROOT / "sql", tables=CONTRACTS.tables)
CHECKS = read_checks(ROOT / "sql", MODELS)
BOTH = MODELS | CHECKS


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkEngine]:
    """One local Spark for all comparisons."""
    if lacks := missing():
        pytest.skip(lacks)
    session = start(tmp_path_factory.mktemp("spark"))
    yield SparkEngine(session)
    session.stop()


@pytest.fixture(scope="module")
def compared(request: pytest.FixtureRequest) -> Iterator[Counter[str]]:
    """How much was compared, by kind, and all rows: told at the end."""
    found: Counter[str] = Counter()
    yield found
    told = ", ".join(f"{n:,} {what}" for what, n in found.items())
    plugins = request.config.pluginmanager
    reporter, capture = map(plugins.get_plugin, ("terminalreporter", "capturemanager"))
    if found and reporter is not None and capture is not None:
        with capture.global_and_fixture_disabled():  # else nobody sees it
            reporter.write_line(f"\ncompared on both engines: {told}")


def marked(value: Any) -> Any:
    """A value that equals no value of another kind: true is not one."""
    if isinstance(value, tuple):
        return tuple(map(marked, value))
    return ("is", value) if isinstance(value, bool) else value


def counted(found: Rows) -> Counter[Any]:
    return Counter(marked(row) for row in found.rows)


Compare = Callable[[str, DuckEngine, str], int]


@pytest.fixture
def compare(spark: SparkEngine, compared: Counter[str]) -> Compare:
    """Both engines give the same columns and the same rows; how many."""

    def run(sql: str, duck: DuckEngine, what: str) -> int:
        rows = same_rows(sql, duck, spark)
        compared[what] += 1
        compared["rows"] += rows
        return rows

    return run


def same_rows(sql: str, duck: DuckEngine, spark: SparkEngine) -> int:
    wanted, got = duck.run(sql), spark.run(sql)
    assert got.columns == wanted.columns
    only_duck, only_spark = counted(wanted) - counted(got), counted(got) - counted(wanted)
    assert (list(only_duck)[:3], list(only_spark)[:3]) == ([], [])
    return len(wanted.rows)


def hand_over(
    connection: duckdb.DuckDBPyConnection, tables: Iterable[str], spark: SparkEngine, folder: Path
) -> None:
    """Tables of DuckDB, as files of Parquet, to Spark."""
    for table in tables:
        file = folder / f"{table}.parquet"
        connection.execute(f"copy (select * from {table}) to {quoted_path(file)} (format parquet)")
        spark.read(table, file)


@pytest.fixture(scope="module")
def duck(spark: SparkEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckEngine]:
    """The tables of the built round, which Spark is given too."""
    project = Project.here()
    connection = duckdb.connect()
    built = project.work(ROUND) / "cubes.duckdb"
    connection.execute(f"attach {quoted_path(built)} as built (read_only)")
    connection.execute(f"attach {quoted_path(project.warehouse)} as ledger (read_only)")
    for schema in ("warehouse", "seed", "staging", "core", "marts"):
        connection.execute(f"create schema {schema}")
    for table in CONTRACTS.tables:
        only = "" if table.is_asked(ROUND) else " where false"
        name = f"warehouse.{table.sql_name}"
        connection.execute(f"create view {name} as from ledger.{table.sql_name}{only}")
    made = connection.execute(
        "select schema_name || '.' || table_name from duckdb_tables() where database_name = 'built'"
    ).fetchall()
    for (name,) in made:
        connection.execute(f"create view {name} as from built.{name}")
    read = {name for model in BOTH.values() for name in model.needs}
    hand_over(connection, sorted(read), spark, tmp_path_factory.mktemp("tables"))
    yield DuckEngine(connection)
    connection.close()


@pytest.mark.parametrize("name", MODELS)
def test_a_model_gives_the_same_rows_on_both_engines(
    name: str, duck: DuckEngine, compare: Compare
) -> None:
    rows = compare(MODELS[name].sql, duck, "models")
    assert rows == len(duck.run(f"select 1 as x from {name}").rows)  # as it was built


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_finds_the_same_bad_rows_on_both_engines(
    name: str, duck: DuckEngine, compare: Compare
) -> None:
    assert compare(CHECKS[name].sql, duck, "checks") == 0


@pytest.fixture(scope="module")
def columns() -> dict[str, list[tuple[str, str]]]:
    return columns_of_tables(CONTRACTS)


@pytest.mark.parametrize(("model", "case"), NAMED, ids=[f"{m}: {c['name']}" for m, c in NAMED])
def test_a_case_gives_the_same_rows_on_both_engines(
    model: str,
    case: dict[str, Any],
    columns: dict[str, list[tuple[str, str]]],
    spark: SparkEngine,
    compare: Compare,
    tmp_path: Path,
) -> None:
    connection = run_case(BOTH[model], case["given"], columns, BOTH)
    hand_over(connection, sorted(BOTH[model].needs), spark, tmp_path)
    assert compare(BOTH[model].sql, DuckEngine(connection), "cases") >= len(case["expect"])


@pytest.fixture(scope="module")
def forms(spark: SparkEngine, tmp_path_factory: pytest.TempPathFactory) -> DuckEngine:
    connection = duckdb.connect()
    connection.execute(GIVEN)
    folder = tmp_path_factory.mktemp("forms")
    hand_over(connection, ["core.cells", "core.names"], spark, folder)
    return DuckEngine(connection)


@pytest.mark.parametrize("sql", FORMS)
def test_a_form_gives_the_same_rows_on_both_engines(
    sql: str, forms: DuckEngine, compare: Compare
) -> None:
    compare(sql, forms, "forms")


@pytest.mark.parametrize(
    "sql",
    [
        "select list(key order by value desc, key desc) as x from core.cells where value < 2",
        "select key, list(key) filter (where ok) as x from core.cells group by key",
        "select key, codes[place] as x from core.cells where place < array_length(codes)",
        "select key, list_transform(codes, lambda code, i: i) as x from core.cells",
        "select key, value::integer as x from core.cells where value is not null",
        "select * from core.cells qualify row_number() over (order by key) > 0",
    ],
)
def test_what_is_refused_would_give_other_rows_without_a_word(
    sql: str, forms: DuckEngine, spark: SparkEngine
) -> None:
    """The words of sqlglot alone: Spark runs them, and says nothing."""
    plain = sqlglot.transpile(sql.replace("core.cells", "core__cells"), "duckdb", "spark")[0]
    rows = Counter(repr(tuple(row)) for row in spark.session.sql(plain).collect())
    wanted = forms.connection.execute(sql).fetchall()
    assert rows != Counter(repr(row) for row in wanted)
    assert list(differences(sql, "here"))
