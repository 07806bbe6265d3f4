"""On which engine is a select run? DuckDB reads it as it is written; for Spark it is
translated.

Models are built by DuckDB. Spark is here to prove that they could be built elsewhere:
text of a select in, rows out, and no model or figure is known here. What `portable`
refuses is not translated, since some of it would give other rows without a word.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pipeline.errors import UserError
from pipeline.numbers.sql.portable import differences

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Rows:
    """What a select gave: the names of its columns, and its rows in no order."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


class Engine(Protocol):
    """What runs a select that is written for DuckDB."""

    def run(self, sql: str) -> Rows: ...


@dataclass(frozen=True)
class DuckEngine:
    """DuckDB, with whatever its connection holds."""

    connection: duckdb.DuckDBPyConnection

    def run(self, sql: str) -> Rows:
        result = self.connection.execute(sql)
        return _rows([d[0] for d in result.description], result.fetchall())


@dataclass(frozen=True)
class SparkEngine:
    """A session of Spark, which knows the tables that were read from Parquet."""

    session: Any

    def read(self, table: str, file: Path) -> None:
        """Make a file of Parquet known as a table: `core.reported`."""
        self.session.read.parquet(str(file)).createOrReplaceTempView(_view(table))

    def run(self, sql: str) -> Rows:
        found = self.session.sql(to_spark(sql))
        return _rows(found.columns, found.collect())


def to_spark(sql: str, place: str = "select") -> str:
    """The same select in the words of Spark. Raises UserError where Spark would read it
    otherwise.
    """
    import sqlglot
    from sqlglot import exp

    if told := list(differences(sql, place)):
        raise UserError("\n".join(told), do="write what is named, then run 'make check'")
    tree = sqlglot.parse_one(sql, read="duckdb")
    for table in list(tree.find_all(exp.Table)):
        if table.db:
            view = exp.to_table(_view(f"{table.db}.{table.name}"))
            table.replace(exp.alias_(view, table.alias or table.name, table=True))
    for node in reversed(list(tree.walk())):
        if (words := _in_words_of_spark(node)) is not None:
            node.replace(words)
    return str(tree.sql(dialect="spark"))


def _view(table: str) -> str:
    return table.replace(".", "__")


def _in_words_of_spark(node: Any) -> Any:
    """What sqlglot leaves as it is, or reads otherwise at the edges: an index behind the
    end, a range without a number in it, the sum of a list, by how much bits are moved.
    """
    from sqlglot import exp

    name = node.name.lower() if isinstance(node, exp.Anonymous) else ""
    if isinstance(node, exp.Bracket):
        # the tree counts from 0 what was written from 1
        return _element(node.this, exp.Literal.number(int(node.expressions[0].name) + 1))
    if name == "list_extract":
        return _element(*node.expressions)
    if name == "list_sum":
        none = exp.cast(exp.Literal.number(0), "double")
        total, one = exp.to_identifier("total"), exp.to_identifier("one")
        add = exp.Lambda(this=exp.Add(this=total, expression=one), expressions=[total, one])
        return _called("aggregate", *node.expressions, none, add)
    if isinstance(node, exp.GenerateSeries):
        start, end = (exp.cast(node.args[a].copy(), "bigint") for a in ("start", "end"))
        up_to = exp.Sub(this=end.copy(), expression=exp.Literal.number(1))
        nothing = exp.cast(exp.Array(expressions=[]), "array<bigint>", dialect="spark")
        numbers = _called("sequence", start.copy(), up_to)
        return exp.Case().when(exp.LT(this=start, expression=end), numbers).else_(nothing)
    if isinstance(node, exp.BitwiseLeftShift | exp.BitwiseRightShift):
        words = node.copy()
        words.set("expression", exp.cast(node.expression.copy(), "int"))
        return words
    return None


def _element(items: Any, index: Any) -> Any:
    """Counted from 1, from the end below 0, and nothing where there is none."""
    from sqlglot import exp

    return _called("try_element_at", items, exp.cast(index.copy(), "int"))


def _called(name: str, *arguments: Any) -> Any:
    from sqlglot import exp

    return exp.Anonymous(this=name, expressions=[a.copy() for a in arguments])


def _rows(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Rows:
    return Rows(tuple(columns), tuple(tuple(_plain(value) for value in row) for row in rows))


def _plain(value: Any) -> Any:
    """A value as both engines give it: numbers by their value, lists as tuples."""
    if isinstance(value, Decimal):
        return value.normalize() + 0
    if isinstance(value, list | tuple):
        return tuple(_plain(v) for v in value)
    return value
