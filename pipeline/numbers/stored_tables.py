"""What stands in a store? A type for a row of each table, from which its columns come.

Names, order and SQL types of columns are those of the fields: whoever writes, reads or
publishes a table asks here, and nobody counts positions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from decimal import Decimal
from functools import cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_type_hints

from pipeline.cells import Question
from pipeline.numbers.questions import Conflict
from pipeline.system.columns import insert_rows

if TYPE_CHECKING:
    import duckdb
    from _typeshed import DataclassInstance

Row = TypeVar("Row", bound="DataclassInstance")
_SQL_TYPES: dict[Any, str] = {
    str: "varchar",
    int: "integer",
    bool: "boolean",
    Decimal: "decimal(18, 3)",
    tuple[str, ...]: "varchar[]",
    Question: "varchar",
}


@dataclass(frozen=True)
class StoredCell:
    """A cell as far as a version may know it. `coverage` of `members` states are in a
    regional value, and `wholes` are the figures in question beside which it stands.
    """

    key: str
    cube: str
    state: str
    year: int
    codes: tuple[str, ...]
    value: Decimal | None
    unit: str
    obs_status: str
    conf_status: str
    coverage: int | None
    members: int | None
    states: tuple[str, ...] | None
    note: str
    vintage: int | None
    withheld: bool
    question: Question
    counts: bool
    wholes: tuple[str, ...]
    queried: bool
    word: str = ""


@dataclass(frozen=True)
class StoredCoverage:
    """How a state answered a table."""

    report: str
    cube: str
    title: str
    sort: int
    state: str
    answer: str


@dataclass(frozen=True)
class StoredRevision:
    """A figure that a newer round restated."""

    key: str
    state: str
    year: int
    old_value: Decimal | None
    old_raw: str
    old_round: int
    new_value: Decimal | None
    new_raw: str
    difference: Decimal | None
    unit: str


@dataclass(frozen=True)
class StoredFinding:
    """A finding of the validation, for versions that list them."""

    state: str
    report: str
    cube: str
    key: str
    rule: str
    severity: str
    sheet: str
    cell: str
    found: str
    allowed: str
    contract_version: str
    remark: str


@dataclass(frozen=True)
class StoredSource:
    """What a cover names as source of a table, and whether its definition is followed."""

    state: str
    report: str
    cube: str
    source: str
    definition: str


@dataclass(frozen=True)
class StoredArea:
    """A table with a regional total, by its crime area."""

    crime_area: str
    cube: str
    sort: int


@dataclass(frozen=True)
class StoredFact:
    """A fact of the round, as text: its number, its cutoff, how many cells are withheld."""

    name: str
    value: str


@dataclass(frozen=True)
class StoredCase:
    """A case that the version may tell, its texts with their bindings."""

    case_id: str
    file: str
    crime_area: str
    clearance: str
    title: str
    head: str
    paragraphs: tuple[str, ...]
    cited: str


@dataclass(frozen=True)
class StoredCaseFact:
    """What a binding of a case prints, and in which line of its file it stands."""

    case_id: str
    name: str
    what: str
    value: Decimal | None
    unit: str
    day: str
    said: str
    line: int


@dataclass(frozen=True)
class StoredContribution:
    """A text of an expert that the version may print. `head` says who wrote it and how sure
    it is; `state` and `head` are empty in versions for others.
    """

    area: str
    topic: str
    state: str
    text: str
    head: str


@dataclass(frozen=True)
class StoredDecision:
    """Why a meeting judged the level of a crime area (`kind` level), or why the area was
    chosen as a priority, `place` saying which. `head` says who decided it and when, in
    versions for others without the names of states.
    """

    kind: str
    area: str
    place: int
    paper: str
    reason: str
    head: str


@dataclass(frozen=True)
class StoreContent:
    """All tables of a store, in the order in which they are made."""

    cells: tuple[StoredCell, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    coverage: tuple[StoredCoverage, ...] = ()
    revisions: tuple[StoredRevision, ...] = ()
    findings: tuple[StoredFinding, ...] = ()
    sources: tuple[StoredSource, ...] = ()
    areas: tuple[StoredArea, ...] = ()
    meta: tuple[StoredFact, ...] = ()
    cases: tuple[StoredCase, ...] = ()
    case_facts: tuple[StoredCaseFact, ...] = ()
    contributions: tuple[StoredContribution, ...] = ()
    decisions: tuple[StoredDecision, ...] = ()


def columns_of(kind: type[DataclassInstance]) -> tuple[str, ...]:
    """The columns of a table whose rows are of this type."""
    return _names_of(kind)


@cache
def _names_of(kind: type[Any]) -> tuple[str, ...]:
    return tuple(f.name for f in fields(kind))


def ddl_of(kind: type[DataclassInstance]) -> str:
    """The columns with their SQL types: `key varchar, year integer`."""
    pairs = zip(columns_of(kind), _sql_types(kind), strict=True)
    return ", ".join(f"{name} {sql_type}" for name, sql_type in pairs)


def _sql_types(kind: type[DataclassInstance]) -> list[str]:
    hints = get_type_hints(kind)
    return [_sql_type(hints[name]) for name in columns_of(kind)]


def _sql_type(hint: Any) -> str:
    kinds = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    (kind,) = (k for k in kinds if k is not NoneType)
    return _SQL_TYPES[kind]


TABLES: dict[str, type[Any]] = {
    name: get_args(hint)[0] for name, hint in get_type_hints(StoreContent).items()
}


def values_of(row: DataclassInstance) -> list[Any]:
    """The values of a row in the order of its columns; lists as DuckDB and JSON have
    them.
    """
    values = (getattr(row, name) for name in columns_of(type(row)))
    return [list(v) if isinstance(v, tuple) else v for v in values]


def read_rows(
    connection: duckdb.DuckDBPyConnection, kind: type[Row], *, table: str, order: str = ""
) -> tuple[Row, ...]:
    """The rows of a table, its columns asked for by their names; others are left out.
    Without `order` they come as they were written.
    """
    names = columns_of(kind)
    ordered = f" order by {order}" if order else ""
    found = connection.execute(f"select {', '.join(names)} from {table}{ordered}").fetchall()
    return tuple(_row(kind, names, values=values) for values in found)


def _row(kind: type[Row], names: Iterable[str], *, values: Iterable[Any]) -> Row:
    frozen = (tuple(v) if isinstance(v, list) else v for v in values)
    return kind(**dict(zip(names, frozen, strict=True)))


def write_rows(
    connection: duckdb.DuckDBPyConnection, table: str, *, rows: Iterable[DataclassInstance]
) -> None:
    """Fill a table of a store with rows of its type."""
    kind = TABLES[table]
    insert_rows(
        connection,
        f"{table} ({', '.join(columns_of(kind))})",
        kinds=_sql_types(kind),
        rows=[values_of(row) for row in rows],
    )


def make_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """The empty tables of a store."""
    for name, kind in TABLES.items():
        connection.execute(f"create table {name} ({ddl_of(kind)})")


def strange_columns(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Tables of a file whose columns are not those of a store, as `table`; none where
    all of them are, and nothing else is there.
    """
    found: dict[str, list[str]] = {}
    for table, name, kind in connection.execute(
        "select table_name, column_name, data_type from duckdb_columns() where not internal"
        " order by table_name, column_index"
    ).fetchall():
        found.setdefault(table, []).append(f"{name} {kind}")
    wanted = {name: ddl_of(kind) for name, kind in TABLES.items()}
    return sorted(
        name
        for name in wanted | found
        if _plain(wanted.get(name, "")) != _plain(", ".join(found.get(name, ())))
    )


def _plain(ddl: str) -> str:
    """DuckDB writes its types otherwise: DECIMAL(18,3)."""
    return ddl.lower().replace(", ", ",")
