"""Do rows arrive in a table as they are, in their order?"""

from __future__ import annotations

from decimal import Decimal

import duckdb
import pytest

from pipeline.system import columns
from pipeline.system.columns import insert_rows

KINDS = ("varchar", "integer", "DECIMAL(18,3)", "varchar[]", "boolean")


@pytest.mark.parametrize("most", [1, 2, 100])
def test_rows_arrive_as_they_are(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "_MOST", most)
    rows = [
        ("b", 1, Decimal("999999999999999.125"), ["x", "y"], True),
        ("a", None, Decimal("0.1"), [], False),
        (None, 3, None, None, None),
        ("<5", 4, Decimal("1E+3"), [""], True),
    ]
    with duckdb.connect() as connection:
        made = ", ".join(f"c{n} {kind}" for n, kind in enumerate(KINDS))
        connection.execute(f"create table t ({made})")
        insert_rows(connection, "t", kinds=KINDS, rows=rows)
        assert connection.execute("from t").fetchall() == rows


def test_no_rows_are_nothing_to_do() -> None:
    with duckdb.connect() as connection:
        connection.execute("create table t (a integer)")
        insert_rows(connection, "t", kinds=["integer"], rows=[])
        assert connection.execute("from t").fetchall() == []
