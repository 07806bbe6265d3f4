"""Where do the figures that were read wait for their checks? In one DuckDB file per
round, table by table.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.cells import Key
from pipeline.contracts.model import Contracts, Table
from pipeline.returns.intake.entry import Entry
from pipeline.system.columns import insert_rows
from pipeline.system.files import unfinished
from pipeline.system.kept import check_database, keep_file, open_database, seal, unseal, write_out

if TYPE_CHECKING:
    import duckdb

    from pipeline.returns.intake.reading import FileReading

STAGED = "staged.duckdb"  # in the work folder of a round
# before the name of a table: figures that later files of the state replaced or withdrew
SET_ASIDE = "set_aside_"
ORIGIN = ("file", "sheet", "address")


def staged_columns(table: Table) -> list[tuple[str, str]]:
    """Names and types of the columns of a staged table."""
    return [
        ("round", "integer"),
        ("report", "varchar"),
        ("state", "varchar"),
        ("year", "smallint"),
        *((d.name, "varchar") for d in table.dimensions),
        ("key", "varchar"),
        ("raw", "varchar"),
        ("value", "decimal(18,3)"),
        ("obs_status", "varchar"),
        ("conf_status", "varchar"),
        ("note", "varchar"),
        ("file", "varchar"),
        ("sheet", "varchar"),
        ("address", "varchar"),
        ("usable", "boolean"),
    ]


FILE_COLUMNS = [
    ("round", "integer"),
    ("report", "varchar"),
    ("state", "varchar"),
    ("file", "varchar"),
    ("sha256", "varchar"),
    ("received", "varchar"),
    ("contract_version", "varchar"),
    ("outcome", "varchar"),
    ("number", "integer"),
    ("office", "varchar"),
]


def write_staged(
    path: Path,
    contracts: Contracts,
    *,
    files: Sequence[FileReading],
    entries: Sequence[tuple[str, int, str, Entry]],
    set_aside: Sequence[tuple[str, int, str, Entry]] = (),
    earlier: Sequence[tuple[int, Path]] = (),
    withdrawn: Sequence[tuple[str, str]] = (),
    left: Sequence[tuple[str, str]] = (),
    not_told: Sequence[tuple[str, str]] = (),
) -> None:
    """Write the staged file in one go. `entries` are (report, round, file, entry) in
    the order to keep.

    `set_aside` are figures that a later file of the same state replaced or withdrew: no
    rule looks at them, the ledger keeps them. `withdrawn` are (file, table) of tables
    that a state took back, `left` (file, key) of figures of earlier rounds that it left as
    they were filled in: no new report, and not missed. `not_told` are (file, table) of
    the parts of offices that need not answer for a table, because others give it.

    `earlier` are the staged files of earlier rounds; their figures are copied into one
    table of that name, the latest round first, so that revisions can be seen.

    The file is replaced as a whole, so that a build that dies leaves the one before.
    """
    import duckdb

    fresh = unfinished(path)
    fresh.unlink(missing_ok=True)
    rows = _rows_by_table(entries)
    replaced = _rows_by_table(set_aside)
    with duckdb.connect(str(fresh)) as connection:
        connection.execute("begin")
        for table in contracts.tables:
            _fill(connection, table.sql_name, columns=staged_columns(table), rows=rows[table.name])
            if replaced[table.name]:
                _fill(
                    connection,
                    SET_ASIDE + table.sql_name,
                    columns=staged_columns(table),
                    rows=replaced[table.name],
                )
        _fill(
            connection,
            "files",
            columns=FILE_COLUMNS,
            rows=[
                (
                    f.round,
                    f.report,
                    f.state,
                    f.file,
                    f.sha256,
                    f.received,
                    f.contract_version,
                    f.outcome,
                    f.number,
                    f.office,
                )
                for f in files
            ],
        )
        _fill(
            connection,
            "withdrawn",
            columns=[("file", "varchar"), ("table_name", "varchar")],
            rows=list(withdrawn),
        )
        _fill(
            connection,
            "left_grey",
            columns=[("file", "varchar"), ("key", "varchar")],
            rows=list(left),
        )
        _fill(
            connection,
            "not_told",
            columns=[("file", "varchar"), ("table_name", "varchar")],
            rows=list(not_told),
        )
        connection.execute("commit")
        _copy_earlier(connection, contracts, earlier=earlier)
        write_out(connection)
    keep_file(fresh, path)


def _rows_by_table(
    entries: Sequence[tuple[str, int, str, Entry]],
) -> dict[str, list[tuple[object, ...]]]:
    rows: dict[str, list[tuple[object, ...]]] = defaultdict(list)
    for report, round_, file, e in entries:
        rows[e.table.name].append(
            (
                round_,
                report,
                e.codes[0],
                int(e.codes[1]),
                *e.codes[2:],
                e.key,
                e.raw,
                None if e.value is None else str(e.value),
                e.obs_status,
                e.conf_status,
                e.note or None,
                file,
                e.sheet,
                e.address,
                e.usable,
            )
        )
    return rows


def _fill(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    *,
    columns: list[tuple[str, str]],
    rows: list[tuple[object, ...]],
) -> None:
    types = ", ".join(f'"{column}" {kind}' for column, kind in columns)
    connection.execute(f"create table {name} ({types})")
    insert_rows(connection, name, kinds=[kind for _, kind in columns], rows=rows)


def _copy_earlier(
    connection: duckdb.DuckDBPyConnection,
    contracts: Contracts,
    *,
    earlier: Sequence[tuple[int, Path]],
) -> None:
    """The latest earlier figure of every key. An earlier file of another contract may
    lack a table: it has no past.
    """
    connection.execute(
        "create table earlier (round integer, report varchar, state varchar, year smallint,"
        " table_name varchar, key varchar, value decimal(18,3), obs_status varchar)"
    )
    for _, path in sorted(earlier, reverse=True):
        check_database(path)
        connection.execute(f"attach {_quoted(str(path))} as past (read_only)")
        query = "select table_name from duckdb_tables() where database_name = 'past'"
        names = {str(name) for (name,) in connection.execute(query).fetchall()}
        for table in contracts.tables:
            if table.sql_name in names:
                connection.execute(
                    "insert into earlier select distinct on (key) round, report, state, year, ?,"
                    f" key, value, obs_status from past.{table.sql_name} where usable and key not"
                    " in (select key from earlier) order by key, rowid",
                    [table.name],
                )
        connection.execute("detach past")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@dataclass(frozen=True)
class StagedCell:
    """A figure as it was staged, with the place it stands at. `usable` is false when it
    was refused as it was read.
    """

    round: int
    file: str
    sheet: str
    address: str
    key: str
    raw: str
    usable: bool


def staged_cells(path: Path, table: Table, *, state: str) -> list[StagedCell]:
    """The figures of a state in a table, in the order in which they were read."""
    with open_database(path) as connection:
        rows = connection.execute(
            f"""select round, file, sheet, address, key, coalesce(raw, ''),
            usable from {table.sql_name}
            where state = ? order by rowid""",
            [state],
        ).fetchall()
    return [StagedCell(*row) for row in rows]


def staged_texts(path: Path, table: Table) -> list[tuple[str, str, str, str]]:
    """What experts wrote in a table of texts: area, topic, state and text, in the order of
    the lists and then by state.
    """
    with open_database(path) as connection:
        rows = connection.execute(
            f"select key, note from {table.sql_name} where usable and note <> '' order by all"
        ).fetchall()
    found: dict[tuple[str, str, str], str] = {}
    for key, note in rows:
        state, _, area, topic, *_ = Key.parse(key).codes
        found[area, topic, state] = note
    areas, topics = ([c.code for c in d.codes] for d in table.dimensions[:2])
    ordered = sorted(found, key=lambda p: (areas.index(p[0]), topics.index(p[1]), p[2]))
    return [(area, topic, state, found[area, topic, state]) for area, topic, state in ordered]


def leave_out(path: Path, cells: Iterable[tuple[Table, StagedCell]]) -> None:
    """Take figures out of use: no rule adds them up and no report counts them; the
    ledger keeps them as set aside.
    """
    import duckdb

    unseal(path)
    with duckdb.connect(str(path)) as connection:
        connection.execute("begin")
        for table, cell in cells:
            aside = SET_ASIDE + table.sql_name
            place = [
                cell.file,
                cell.sheet,
                cell.address,
                cell.key,
            ]
            where = "file = ? and sheet = ? and address = ? and key = ? and usable"
            connection.execute(
                f"create table if not exists {aside} as select * from {table.sql_name} limit 0"
            )
            connection.execute(
                f"insert into {aside} select * from {table.sql_name} where {where}", place
            )
            connection.execute(f"update {table.sql_name} set usable = false where {where}", place)
        connection.execute("commit")
        write_out(connection)
    seal(path)
