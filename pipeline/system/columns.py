"""How do many rows get into a table at once? As one list a column.

That is a hundred times faster than row by row, and nothing is converted by guess on the
way, as a frame of pandas does.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pipeline.cells import plain

if TYPE_CHECKING:
    import duckdb

_MOST = 50_000  # rows of one statement, so that memory stays small


def insert_rows(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    *,
    kinds: Sequence[str],
    rows: Sequence[Sequence[Any]],
) -> None:
    """Append rows to a table, in their order. `kinds` are the SQL types of its columns,
    rows hold a value for each.
    """
    parts = [
        f"unnest(${number}::{'varchar' if _is_decimal(kind) else kind}[])::{kind}"
        for number, kind in enumerate(kinds, 1)
    ]
    statement = f"insert into {table} select {', '.join(parts)}"
    for start in range(0, len(rows), _MOST):
        columns = zip(*rows[start : start + _MOST], strict=True)
        lists = [
            [*map(_exact, values)] if _is_decimal(kind) else list(values)
            for kind, values in zip(kinds, columns, strict=True)
        ]
        connection.execute(statement, lists)


def _is_decimal(kind: str) -> bool:
    return kind.lower().startswith("decimal")


def _exact(value: Any) -> Any:
    """A decimal as its digits: a list has one scale for all."""
    return plain(value) if isinstance(value, Decimal) else value
