"""What do we hold, from whom, since when? Appends submissions to the ledger; nothing in
it is ever overwritten.

A submission is identified by what was read from it: the hash of the file, the contract
version and the accepted cells. Loading the same file twice therefore changes nothing,
and a corrected reader or contract makes a new submission. The same bytes sent again,
for a later round or under another name, are a submission of their own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.contracts.model import Contracts, Table
from pipeline.errors import UserError
from pipeline.returns.intake.stage import SET_ASIDE
from pipeline.system.kept import check_database, is_there, quoted_path, seal, unseal, write_out

if TYPE_CHECKING:
    import duckdb

_SUBMISSIONS = """
create table if not exists submissions (
    submission_id varchar primary key,
    round integer not null,
    report varchar not null,
    state varchar not null,
    file varchar not null,
    sha256 varchar not null,
    received varchar not null,
    contract_version varchar not null,
    outcome varchar not null,
    cells integer not null,
    office varchar
)
"""
# A ledger from before returns came in parts holds whole returns only.
_OFFICE = "alter table submissions add column if not exists office varchar"
_WITHDRAWALS = """
create table if not exists withdrawals (
    round integer not null,
    report varchar not null,
    state varchar not null,
    table_name varchar not null,
    file varchar not null,
    sha256 varchar not null
)
"""
_CELL_COLUMNS = (
    "submission_id varchar not null",
    "key varchar not null",
    "state varchar not null",
    "year smallint not null",
)
_CELL_ATTRIBUTES = (
    "value decimal(18, 3)",
    "raw varchar not null",
    "obs_status varchar not null",
    "conf_status varchar not null",
    "note varchar not null",
    "sheet varchar not null",
    "address varchar not null",
)


@dataclass(frozen=True)
class Loaded:
    """What a load changed: submissions read in the round and how many of them the
    ledger did not hold yet.
    """

    submissions: tuple[str, ...]
    new: int


def table_ddl(table: Table) -> str:
    """The warehouse table of a contract table."""
    dimensions = [f"{d.name} varchar not null" for d in table.dimensions]
    columns = ",\n    ".join((*_CELL_COLUMNS, *dimensions, *_CELL_ATTRIBUTES))
    return f"create table if not exists {table.sql_name} (\n    {columns}\n)"


def open_warehouse(path: Path, contracts: Contracts) -> duckdb.DuckDBPyConnection:
    """Open the ledger for writing and add the tables that contracts have and it has
    not. Raises UserError if locked.
    """
    import duckdb

    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        if is_there(path):
            check_database(path)
        unseal(path)
        connection = duckdb.connect(str(path))
    except duckdb.IOException as problem:
        raise UserError(
            f"the warehouse cannot be opened: {str(problem).splitlines()[0]}",
            where=path.name,
            do="wait until the other build has ended, or make the folder writable, then run again",
        ) from problem
    connection.execute(_SUBMISSIONS)
    connection.execute(_OFFICE)
    connection.execute(_WITHDRAWALS)
    for table in contracts.tables:
        connection.execute(table_ddl(table))
    return connection


@dataclass(frozen=True)
class _File:
    """One file that a state sent, as intake staged it."""

    round: int
    report: str
    state: str
    file: str
    sha256: str
    received: str
    contract_version: str
    number: int
    outcome: str
    office: str


def load_round(
    warehouse: Path, staged: Path, *, contracts: Contracts, refused: Iterable[tuple[str, str, str]]
) -> Loaded:
    """Append the accepted returns of one round to the ledger.

    `staged` is the file that intake wrote. `refused` names (state, report, table); an
    empty table means the whole return. Figures that a later file replaced are kept as a
    submission of their own that no report counts. One transaction: a build that dies
    leaves the ledger as it was.
    """
    connection = open_warehouse(warehouse, contracts)
    try:
        check_database(staged)
        connection.execute(f"attach {quoted_path(staged)} as staged (read_only)")
        refused_set = set(refused)
        files = connection.execute(
            "select round, report, state, file, sha256, coalesce(received, ''),"
            " coalesce(contract_version, ''), number, outcome, office from staged.files where"
            " outcome = 'read' or number = 1 order by all"
        ).fetchall()
        names = connection.execute(
            "select table_name from duckdb_tables() where database_name = 'staged'"
        ).fetchall()
        present = {str(name) for (name,) in names}
        loaded, new = [], 0
        connection.execute("begin")
        for file in (_File(*row) for row in files):
            contract = contracts.contract(file.report)
            replaced = {
                SET_ASIDE + t.sql_name: t
                for t in contract.tables
                if SET_ASIDE + t.sql_name in present
            }
            submission, cells = _identity(connection, replaced, file=file)
            if cells:
                new += _enter(
                    connection,
                    submission,
                    file=file,
                    outcome="set aside",
                    cells=cells,
                    tables=replaced,
                )
            if (file.state, file.report, "") in refused_set:
                continue
            tables = {
                t.sql_name: t
                for t in contract.tables
                if (file.state, file.report, t.name) not in refused_set
            }
            submission, cells = _identity(connection, tables, file=file)
            if not cells and (file.number > 1 or (file.office and file.outcome == "refused")):
                continue
            loaded.append(submission)
            outcome = "accepted" if len(tables) == len(contract.tables) else "partly accepted"
            new += _enter(
                connection, submission, file=file, outcome=outcome, cells=cells, tables=tables
            )
        connection.execute("""insert into withdrawals
            select round, report, state, table_name, file, sha256
            from staged.withdrawn join staged.files using (file)
            except select * from withdrawals""")
        connection.execute("commit")
        write_out(connection)
    finally:
        connection.close()
        seal(warehouse)  # after an error too: the transaction is undone then
    return Loaded(tuple(loaded), new)


def _identity(
    connection: duckdb.DuckDBPyConnection, tables: dict[str, Table], *, file: _File
) -> tuple[str, int]:
    """The id of a submission and its number of cells, from the file's hash and every
    accepted cell; where the ledger holds just that of another file, from round and name
    too.

    `tables` are contract tables by the name of the staged table that holds their
    figures.
    """
    digest = hashlib.sha256(
        f"{file.report}|{file.state}|{file.sha256}|{file.contract_version}".encode()
    )
    cells = 0
    for staged in tables:
        rows = connection.execute(
            f"""select key, raw, value, obs_status, conf_status, note, sheet,
            address from staged.{staged}
            where file = ? and usable order by all""",
            [file.file],
        ).fetchall()
        cells += len(rows)
        for row in rows:
            digest.update(repr(row).encode())
    held = connection.execute(
        "select round, file from submissions where submission_id = ?", [digest.hexdigest()[:24]]
    ).fetchone()
    if held not in (None, (file.round, file.file)):
        digest.update(repr((file.round, file.file)).encode())
    return digest.hexdigest()[:24], cells


def _enter(
    connection: duckdb.DuckDBPyConnection,
    submission: str,
    *,
    file: _File,
    outcome: str,
    cells: int,
    tables: dict[str, Table],
) -> bool:
    """Append one submission with its cells; False when the ledger holds it already."""
    if connection.execute(
        "select 1 from submissions where submission_id = ?", [submission]
    ).fetchone():
        return False
    connection.execute(
        "insert into submissions values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            submission,
            file.round,
            file.report,
            file.state,
            file.file,
            file.sha256,
            file.received,
            file.contract_version,
            outcome,
            cells,
            file.office or None,
        ],
    )
    for staged, table in tables.items():
        _append(connection, staged, table=table, submission=submission, file=file.file)
    return True


def _append(
    connection: duckdb.DuckDBPyConnection, staged: str, *, table: Table, submission: str, file: str
) -> None:
    dimensions = "".join(f"{d.name}, " for d in table.dimensions)
    connection.execute(
        f"""insert into {table.sql_name}
        select ?, key, state, year, {dimensions} value, coalesce(raw, ''), obs_status, conf_status,
            coalesce(note, ''), sheet, address
        from staged.{staged} where file = ? and usable order by key""",
        [submission, file],
    )
