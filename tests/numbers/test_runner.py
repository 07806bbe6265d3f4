"""Do models run in the order of their references, and does a wrong one say which file
it is?
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from builds import ROOT

from pipeline.errors import CheckError, UserError
from pipeline.numbers.sql.runner import (
    EVERY_CUBE,
    in_order,
    read_checks,
    read_models,
    run_checks,
    run_models,
)
from pipeline.system.files import replace_file


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        for schema in ("seed", "warehouse"):
            opened.execute(f"create schema {schema}")
        opened.execute(
            "create table warehouse.counts as select 1 as id, 5 as value union all select 2, 7"
        )
        yield opened


def write(folder: Path, **models: str) -> Path:
    """Model files; `core__total` stands for core/total.sql."""
    for name, sql in models.items():
        path = folder / f"{name.replace('__', '/')}.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(sql, encoding="utf-8")
    return folder


def test_models_run_after_what_they_read(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    folder = write(
        tmp_path,
        staging__counts="select id, value from warehouse.counts",
        marts__a_total="select * from core.total",
        core__total="select sum(value) as value from staging.every_cube",
    )
    steps: list[str] = []
    run_models(
        connection,
        read_models(folder),
        progress=lambda what, *_, total=0: steps.append(what.split()[-1]),
    )
    assert steps == ["staging.counts", EVERY_CUBE, "core.total", "marts.a_total"]
    assert connection.execute("select value from marts.a_total").fetchall() == [(12,)]


def test_the_staging_union_fills_what_one_model_lacks(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    folder = write(tmp_path, staging__a="select 1 as x, 'a' as note", staging__b="select 2 as x")
    run_models(connection, read_models(folder))
    assert connection.execute("select x, note from staging.every_cube order by x").fetchall() == [
        (1, "a"),
        (2, None),
    ]


def test_models_that_need_each_other_are_named(tmp_path: Path) -> None:
    folder = write(tmp_path, core__egg="select * from core.hen", core__hen="select * from core.egg")
    with pytest.raises(UserError, match="models need each other") as problem:
        in_order(read_models(folder))
    assert "core.egg" in str(problem.value)
    assert "core.hen" in str(problem.value)


def test_a_reference_to_nothing_is_told_with_its_model(tmp_path: Path) -> None:
    folder = write(tmp_path, core__total="select * from staging.countz")
    with pytest.raises(
        UserError, match=r"core\.total: reads staging\.countz, which no model builds"
    ):
        in_order(read_models(folder))


def test_sql_that_cannot_be_parsed_is_told_with_its_file(tmp_path: Path) -> None:
    folder = write(tmp_path, core__total="select from where (")
    with pytest.raises(UserError, match=r"sql/core/total\.sql: the SQL cannot be parsed"):
        read_models(folder)


def test_a_model_that_does_not_run_is_told_with_its_file(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    folder = write(
        tmp_path,
        core__total="select no_such_column from warehouse.counts",
        staging__a="select 1 as x",
    )
    with pytest.raises(
        UserError, match=r"sql/core/total\.sql: the model does not run[\s\S]*no_such_column"
    ):
        run_models(connection, read_models(folder))


def test_a_check_that_finds_nothing_tells_how_many_rows_it_read(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    folder = write(tmp_path, checks__no_negative="select * from warehouse.counts where value < 0")
    assert run_checks(connection, folder) == {"checks.no_negative": 2}


def test_a_check_shows_the_bad_rows(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    folder = write(tmp_path, checks__small="select id, value from warehouse.counts where value > 5")
    with pytest.raises(
        CheckError, match=r"sql/checks/small\.sql: the check found bad rows[\s\S]*id=2, value=7"
    ):
        run_checks(connection, folder)


ALL_CHECKS = read_checks(ROOT / "sql")
# Each check with each model it reads: the kind of check that could pass on nothing.
MET_EMPTY = [(name, model) for name, c in ALL_CHECKS.items() for model in sorted(c.reads)]


@pytest.fixture
def filled(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Every table that a check reads, with one row."""
    for schema in ("core", "marts"):
        connection.execute(f"create schema {schema}")
    for table in {n for check in ALL_CHECKS.values() for n in check.needs}:
        connection.execute(f"create table {table} as select 1 as id")
    return connection


def only(folder: Path, check: str, *, head: str = "") -> Path:
    """One check of the project, which selects nothing: what it reads is what matters."""
    sources = "".join(f", {n} as t{i}" for i, n in enumerate(sorted(ALL_CHECKS[check].needs)))
    head = head or "\n".join(x for x in ALL_CHECKS[check].sql.splitlines() if x.startswith("--"))
    sql = f"{head}\nselect 1 as bad from {sources[2:]} where false"
    return write(folder, **{check.replace(".", "__"): sql})


def test_there_are_checks_that_read_models() -> None:
    assert len(MET_EMPTY) > len(ALL_CHECKS) > 5


@pytest.mark.parametrize(("check", "model"), MET_EMPTY, ids=lambda x: x)
def test_a_check_over_one_empty_model_fails_unless_its_head_allows_it(
    tmp_path: Path, filled: duckdb.DuckDBPyConnection, check: str, model: str
) -> None:
    folder = only(tmp_path, check)
    full = run_checks(filled, folder)[check]
    filled.execute(f"delete from {model}")
    if model in ALL_CHECKS[check].may_be_empty:
        assert run_checks(filled, folder) == {check: full - 1}
        return
    with pytest.raises(CheckError, match=rf"{model} holds no rows.* proves nothing"):
        run_checks(filled, folder)


@pytest.mark.parametrize("check", ALL_CHECKS)
def test_no_head_allows_a_check_to_read_nothing(check: str) -> None:
    assert ALL_CHECKS[check].reads - ALL_CHECKS[check].may_be_empty


def test_seeds_are_no_rows_that_a_check_read(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    connection.execute("create table seed.parameters as select 1 as value")
    folder = write(tmp_path, checks__a="select 1 from seed.parameters where value < 0")
    with pytest.raises(CheckError, match="reads no model"):
        run_checks(connection, folder)


@pytest.mark.parametrize("named", ["core.other", "seed.parameters", "warehouse.counts, core.x", ""])
def test_a_head_that_allows_what_the_check_does_not_read_is_refused(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection, named: str
) -> None:
    connection.execute("create table seed.parameters as select 1 as value")
    sql = "select c.id from warehouse.counts c, seed.parameters where c.value < 0"
    folder = write(tmp_path, checks__small=f"-- Bad row: none.\n-- May be empty: {named}\n{sql}")
    with pytest.raises(UserError, match=r"sql/checks/small\.sql: its head says"):
        run_checks(connection, folder)


def test_all_empty_models_are_told_at_once(
    tmp_path: Path, filled: duckdb.DuckDBPyConnection
) -> None:
    filled.execute("delete from marts.cells")
    filled.execute("delete from marts.contributions")
    with pytest.raises(CheckError, match=r"marts\.cells, marts\.contributions hold no rows"):
        run_checks(filled, only(tmp_path, "checks.region_is_sum_of_states"))


def test_a_folder_without_checks_proves_nothing(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    with pytest.raises(CheckError, match="there is no check"):
        run_checks(connection, tmp_path)


def test_a_check_that_reads_what_nothing_builds_is_told(tmp_path: Path) -> None:
    folder = write(tmp_path, checks__small="select * from core.gone", core__there="select 1 as x")
    models = read_models(folder)
    with pytest.raises(UserError, match=r"reads core\.gone, which no model builds"):
        read_checks(folder, models)


def test_many_bad_rows_are_cut_to_the_first_ten(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    connection.execute("insert into warehouse.counts select i, 9 from range(100, 200) t(i)")
    folder = write(
        tmp_path, checks__small="select id from warehouse.counts where value = 9 order by id"
    )
    with pytest.raises(CheckError, match="the first 10") as problem:
        run_checks(connection, folder)
    assert str(problem.value).count("id=") == 10


def test_the_grain_of_a_model_is_its_first_comment() -> None:
    models = read_models(ROOT / "sql")
    assert models["core.state_cells"].grain.startswith("Grain: one cell of one state")


def test_a_finished_file_replaces_the_one_in_place(tmp_path: Path) -> None:
    (tmp_path / "new").write_text("new")
    replace_file(tmp_path / "new", tmp_path / "folder" / "final")
    assert (tmp_path / "folder/final").read_text() == "new"
    assert not (tmp_path / "new").exists()
