"""What do we hold, from whom, since when? Appends submissions to the ledger; nothing in it is ever overwritten.

A submission is identified by what was read from it: the hash of the file, the contract version and the accepted cells.
Loading the same file twice therefore changes nothing, and a corrected reader or contract makes a new submission.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.contracts.model import Contracts, Table
from pipeline.errors import UserError

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
    cells integer not null
)
"""
_CELL_COLUMNS = (
    "submission_id varchar not null", "key varchar not null", "state varchar not null", "year smallint not null",
)  # fmt: skip
_CELL_ATTRIBUTES = (
    "value decimal(18, 3)", "raw varchar not null", "obs_status varchar not null", "conf_status varchar not null",
    "note varchar not null", "sheet varchar not null", "address varchar not null",
)  # fmt: skip


@dataclass(frozen=True)
class Loaded:
    """What a load changed: submissions read in the round and how many of them the ledger did not hold yet."""

    submissions: tuple[str, ...]
    new: int


def table_ddl(table: Table) -> str:
    """The warehouse table of a contract table."""
    dimensions = [f"{d.name} varchar not null" for d in table.dimensions]
    columns = ",\n    ".join((*_CELL_COLUMNS, *dimensions, *_CELL_ATTRIBUTES))
    return f"create table if not exists {table.sql_name} (\n    {columns}\n)"


def open_warehouse(path: Path, contracts: Contracts) -> duckdb.DuckDBPyConnection:
    """Open the ledger for writing and add the tables that contracts have and it has not. Raises UserError if locked."""
    import duckdb

    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        connection = duckdb.connect(str(path))
    except duckdb.IOException as problem:
        raise UserError(
            f"the warehouse cannot be opened: {str(problem).splitlines()[0]}", where=path.name,
            do="wait until the other build has ended, or make the folder writable, then run again",
        ) from problem  # fmt: skip
    connection.execute(_SUBMISSIONS)
    for table in contracts.tables:
        connection.execute(table_ddl(table))
    return connection


def load_round(warehouse: Path, staged: Path, contracts: Contracts, refused: Iterable[tuple[str, str, str]]) -> Loaded:
    """Append the accepted returns of one round to the ledger.

    `staged` is the file that intake wrote. `refused` names (state, report, table); an empty table means the whole
    return. One transaction: a build that dies leaves the ledger as it was.
    """
    connection = open_warehouse(warehouse, contracts)
    try:
        connection.execute(f"attach '{staged}' as staged (read_only)")
        refused_set = set(refused)
        files = connection.execute(
            "select round, report, state, file, sha256, received, contract_version from staged.files order by all"
        ).fetchall()
        loaded, new = [], 0
        connection.execute("begin")
        for round_, report, state, file, sha256, received, version in files:
            if (state, report, "") in refused_set:
                continue
            tables = [
                t for t in contracts.contract(report).tables if (state, report, t.name) not in refused_set
            ]  # fmt: skip
            submission, cells = _identity(connection, tables, report, state, file, sha256, version)
            loaded.append(submission)
            if connection.execute("select 1 from submissions where submission_id = ?", [submission]).fetchone():
                continue
            new += 1
            outcome = "accepted" if len(tables) == len(contracts.contract(report).tables) else "partly accepted"
            connection.execute(
                "insert into submissions values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [submission, round_, report, state, file, sha256, received or "", version or "", outcome, cells],
            )
            for table in tables:
                _append(connection, table, submission, file)
        connection.execute("commit")
        return Loaded(tuple(loaded), new)
    finally:
        connection.close()


def _identity(
    connection: duckdb.DuckDBPyConnection, tables: list[Table], report: str, state: str, file: str, sha256: str,
    version: str,
) -> tuple[str, int]:  # fmt: skip
    """The id of a submission and its number of cells, from the file's hash and every accepted cell."""
    digest = hashlib.sha256(f"{report}|{state}|{sha256}|{version}".encode())
    cells = 0
    for table in tables:
        rows = connection.execute(
            f"""select key, raw, value, obs_status, conf_status, note, sheet, address from staged.{table.sql_name}
            where file = ? and usable order by all""",
            [file],
        ).fetchall()
        cells += len(rows)
        for row in rows:
            digest.update(repr(row).encode())
    return digest.hexdigest()[:24], cells


def _append(connection: duckdb.DuckDBPyConnection, table: Table, submission: str, file: str) -> None:
    dimensions = "".join(f"{d.name}, " for d in table.dimensions)
    connection.execute(
        f"""insert into {table.sql_name}
        select ?, key, state, year, {dimensions} value, coalesce(raw, ''), obs_status, conf_status, coalesce(note, ''),
            sheet, address
        from staged.{table.sql_name} where file = ? and usable order by key""",
        [submission, file],
    )
