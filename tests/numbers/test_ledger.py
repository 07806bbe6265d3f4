"""Is the ledger append-only: the same file changes nothing, a corrected one is added, a
dead build leaves no trace?
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline.cells import Key
from pipeline.contracts.model import Contracts
from pipeline.errors import UserError
from pipeline.numbers.warehouse import ledger
from pipeline.numbers.warehouse.ledger import load_round, open_warehouse
from pipeline.returns.intake.stage import FILE_COLUMNS, staged_columns

Cells = dict[str, str]
FIRST: Cells = {
    "THB_VICTIMS:MD.2020._T._T": "139",
    "THB_VICTIMS:MD.2021._T._T": "312",
    "THB_OFFENCES:MD.2021": "66",
}


class Staging:
    """Staged files of the thb return of one state, as intake writes them."""

    def __init__(self, folder: Path, contracts: Contracts) -> None:
        self.folder, self.contracts = folder, contracts
        self.warehouse = folder / "warehouse.duckdb"

    def stage(
        self,
        cells: Cells,
        sha256: str = "one",
        round_: int = 2021,
        *,
        version: str = "1.0.0",
        name: str = "MD.xlsx",
    ) -> Path:
        path = self.folder / f"staged-{sha256}.duckdb"
        path.unlink(missing_ok=True)
        with duckdb.connect(str(path)) as connection:
            connection.execute(
                f"create table files ({', '.join(f'{c} {k}' for c, k in FILE_COLUMNS)})"
            )
            connection.execute(
                "insert into files values (?, 'thb', 'MD', ?, ?, '2022-03-31', ?, 'read', 1, '')",
                [round_, name, sha256, version],
            )
            connection.execute("create table withdrawn (file varchar, table_name varchar)")
            for table in self.contracts.tables:
                columns = staged_columns(table)
                connection.execute(
                    f"create table {table.sql_name} ({', '.join(f'{c} {k}' for c, k in columns)})"
                )
            for key, value in cells.items():
                self._add(connection, Key.parse(key), value, round_=round_, name=name)
        return path

    def _add(
        self,
        connection: duckdb.DuckDBPyConnection,
        key: Key,
        value: str,
        *,
        round_: int,
        name: str,
    ) -> None:
        row = [
            round_,
            "thb",
            key.state,
            key.year,
            *key.codes[2:],
            str(key),
            value,
            Decimal(value),
            "A",
            "F",
            None,
            name,
            "1 Victims sex age",
            "D7",
            True,
        ]
        connection.execute(
            f"insert into {key.cube.lower()} values ({', '.join('?' for _ in row)})", row
        )

    def load(self, path: Path, refused: tuple[tuple[str, str, str], ...] = ()) -> ledger.Loaded:
        return load_round(self.warehouse, path, contracts=self.contracts, refused=refused)

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def everything(self) -> list[object]:
        names = ["submissions", *(t.sql_name for t in self.contracts.tables)]
        return [self.rows(f"select * from {name} order by all") for name in names]


@pytest.fixture
def staging(tmp_path: Path, contracts: Contracts) -> Staging:
    return Staging(tmp_path, contracts)


def test_every_contract_table_has_its_table_in_the_warehouse(
    tmp_path: Path, contracts: Contracts
) -> None:
    open_warehouse(tmp_path / "w.duckdb", contracts).close()
    with duckdb.connect(str(tmp_path / "w.duckdb")) as connection:
        names = {
            n for (n,) in connection.execute("select table_name from duckdb_tables()").fetchall()
        }
    assert names == {"submissions", "withdrawals", *(t.sql_name for t in contracts.tables)}


def test_the_same_file_twice_changes_nothing(staging: Staging) -> None:
    first = staging.load(staging.stage(FIRST))
    before = staging.everything()
    second = staging.load(staging.stage(FIRST))
    assert (first.new, second.new) == (1, 0)
    assert first.submissions == second.submissions
    assert staging.everything() == before


def test_a_corrected_file_is_added_and_the_older_one_stays(staging: Staging) -> None:
    old = staging.load(staging.stage(FIRST))
    new = staging.load(staging.stage({**FIRST, "THB_VICTIMS:MD.2020._T._T": "37"}, "two", 2022))
    assert new.new == 1
    assert new.submissions != old.submissions
    values = staging.rows(
        "select value, submission_id from thb_victims where year = 2020 order by value"
    )
    assert values == [(Decimal(37), new.submissions[0]), (Decimal(139), old.submissions[0])]


def test_the_same_bytes_sent_for_a_later_round_are_a_submission_of_that_round(
    staging: Staging,
) -> None:
    old = staging.load(staging.stage(FIRST))
    new = staging.load(staging.stage(FIRST, round_=2022))
    assert new.new == 1
    assert new.submissions != old.submissions
    assert staging.rows("select round, cells from submissions order by all") == [
        (2021, 3),
        (2022, 3),
    ]
    assert staging.rows("select count(*) from thb_victims") == [(4,)]
    before = staging.everything()
    again = [staging.load(staging.stage(FIRST, round_=r)) for r in (2021, 2022)]
    assert [a.submissions for a in again] == [old.submissions, new.submissions]
    assert staging.everything() == before


def test_a_file_that_comes_back_to_an_earlier_one_is_a_submission_of_its_own(
    staging: Staging,
) -> None:
    staging.load(staging.stage(FIRST))
    staging.load(staging.stage({**FIRST, "THB_OFFENCES:MD.2021": "67"}, "two"))
    back = staging.load(staging.stage(FIRST, name="MD.3.xlsx"))
    assert back.new == 1
    assert staging.rows("select file, count(*) from submissions group by file order by file") == [
        ("MD.3.xlsx", 1),
        ("MD.xlsx", 2),
    ]


def test_the_same_file_read_otherwise_is_another_submission(staging: Staging) -> None:
    staging.load(staging.stage(FIRST))
    corrected_reader = {**FIRST, "THB_OFFENCES:MD.2021": "67"}
    assert staging.load(staging.stage(corrected_reader)).new == 1
    assert staging.load(staging.stage(FIRST, version="1.1.0")).new == 1


def test_a_refused_table_is_not_loaded_and_the_others_are(staging: Staging) -> None:
    staging.load(staging.stage(FIRST), refused=(("MD", "thb", "THB_VICTIMS"),))
    assert staging.rows("select count(*) from thb_victims") == [(0,)]
    assert staging.rows("select value from thb_offences") == [(Decimal(66),)]
    assert staging.rows("select outcome, cells from submissions") == [("partly accepted", 1)]


def test_a_refused_return_leaves_no_submission(staging: Staging) -> None:
    loaded = staging.load(staging.stage(FIRST), refused=(("MD", "thb", ""),))
    assert (loaded.submissions, loaded.new) == ((), 0)
    assert staging.rows("select * from submissions") == []


def test_the_refusal_of_another_state_or_report_does_not_matter(staging: Staging) -> None:
    assert (
        staging.load(staging.stage(FIRST), refused=(("RO", "thb", ""), ("MD", "octa", ""))).new == 1
    )


def test_a_cell_keeps_its_origin(staging: Staging) -> None:
    staging.load(staging.stage(FIRST))
    row = staging.rows(
        "select raw, sheet, address, obs_status, conf_status, note from thb_victims where year ="
        " 2021"
    )
    assert row == [("312", "1 Victims sex age", "D7", "A", "F", "")]


def test_a_load_that_dies_leaves_the_ledger_as_it_was(
    staging: Staging, monkeypatch: pytest.MonkeyPatch
) -> None:
    staging.load(staging.stage(FIRST))
    before = staging.everything()
    real = ledger._append
    done: list[bool] = []

    def dies(*arguments: Any, **more: Any) -> None:
        if done:
            raise RuntimeError("killed in the middle")
        done.append(True)
        real(*arguments, **more)

    monkeypatch.setattr(ledger, "_append", dies)
    with pytest.raises(RuntimeError, match="killed in the middle"):
        staging.load(staging.stage({**FIRST, "THB_OFFENCES:MD.2021": "67"}, "two"))
    monkeypatch.undo()
    assert staging.everything() == before
    assert staging.load(staging.stage({**FIRST, "THB_OFFENCES:MD.2021": "67"}, "two")).new == 1


def test_a_file_that_is_no_warehouse_is_told_in_one_line(
    tmp_path: Path, contracts: Contracts
) -> None:
    (tmp_path / "w.duckdb").write_text("no database")
    with pytest.raises(UserError, match="not a valid DuckDB database file") as problem:
        open_warehouse(tmp_path / "w.duckdb", contracts)
    assert "Traceback" not in str(problem.value)
