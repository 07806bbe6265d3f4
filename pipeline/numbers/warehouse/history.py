"""Who said what when? Every statement of a state about a table, from the ledger, with
the file it stands in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.cells import plain
from pipeline.contracts.model import Contracts, Table
from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.returns.journal import read_journal
from pipeline.system.kept import is_there, open_database

if TYPE_CHECKING:
    import duckdb


_FILE = ("file", "office")  # heads; the second one where a return came in parts


@dataclass(frozen=True)
class Sent:
    """One file of a state: what became of it, and how many figures of the table it
    brought; of the part of an office its code.
    """

    round: int
    file: str
    sha256: str
    received: str
    known: str
    outcome: str
    cells: int
    office: str = ""


@dataclass(frozen=True)
class Statement:
    """What one file says of one key. `says` is the value, or the status that stands in
    its place, `office` whose part of a return the file is.
    """

    key: str
    round: int
    received: str
    file: str
    place: str
    says: str
    status: str
    counts: bool
    office: str = ""


@dataclass(frozen=True)
class History:
    """All that a state said of a table: its files in order, and the keys of which it
    said more than one thing.
    """

    state: str
    table: str
    files: tuple[Sent, ...]
    statements: tuple[Statement, ...]
    keys: int

    def as_dict(self) -> dict[str, Any]:
        return {
            "state": self.state,
            "table": self.table,
            "keys": self.keys,
            "files": [asdict(f) for f in self.files],
            "statements": [asdict(s) for s in self.statements],
        }


def history(
    project: Project, contracts: Contracts, *, state: str, table_name: str, key: str = ""
) -> History:
    """Read the ledger. Without `key` only keys with several different statements are
    listed.

    Raises UserError when there is no such state or table, or nothing was ever loaded.
    """
    table = contracts.table(table_name)
    states = [c.code for c in contracts.codelist("states")]
    if state not in states:
        raise UserError(f"there is no state '{state}'", allowed=", ".join(states))
    if key:
        contracts.check_key(_key(key, table, state))
    if not is_there(project.warehouse):
        raise UserError(
            "nothing was loaded yet", where=str(project.warehouse), do="run 'make reports' first"
        )
    with open_database(project.warehouse) as ledger:
        said = list(_statements(ledger, table, state=state))
        files = (
            *_accepted(ledger, project, table=table, state=state),
            *_not_loaded(ledger, project, table=table, state=state),
        )
    by_key: dict[str, list[Statement]] = {}
    for statement in said:
        by_key.setdefault(statement.key, []).append(statement)
    told = [
        s
        for name, all_of_it in sorted(by_key.items())
        for s in all_of_it
        if (name == key if key else len({(s.says, s.status) for s in all_of_it}) > 1)
    ]
    ordered = sorted(files, key=lambda f: (f.round, f.known, f.file))
    return History(state, table.name, tuple(ordered), tuple(told), len(by_key))


def _key(text: str, table: Table, state: str) -> Any:
    from pipeline.cells import Key

    key = Key.parse(text)
    if (key.cube, key.state) != (table.name, state):
        raise UserError(
            f"{text} is no cell of {table.name} of {state}", allowed=f"{table.name}:{state}.…"
        )
    return key


def _statements(
    ledger: duckdb.DuckDBPyConnection, table: Table, *, state: str
) -> Iterator[Statement]:
    rows = ledger.execute(
        f"""select c.key, s.round, s.received, s.file, c.sheet, c.address, c.value, c.obs_status,
        s.outcome, {_office(ledger)}
        from {table.sql_name} c join submissions s using (submission_id) where c.state = ?
        order by c.key, s.round, s.received, s.file, s.submission_id""",
        [state],
    ).fetchall()
    newest = {row[0]: number for number, row in enumerate(rows) if row[8] != "set aside"}
    for number, row in enumerate(rows):
        key, round_, received, file, sheet, address, value, status, _, office = row
        says = plain(Decimal(value)) if value is not None else "–"
        place = f"{sheet} {address}".strip()
        counts = newest.get(key) == number
        yield Statement(key, round_, received, file, place, says, status, counts, office)


def _accepted(
    ledger: duckdb.DuckDBPyConnection, project: Project, *, table: Table, state: str
) -> Iterator[Sent]:
    known = {(e.file, e.sha256): e.known for e in read_journal(project)}
    rows = ledger.execute(
        f"""select s.round, s.file, s.sha256, s.received, s.outcome, count(c.key),
        {_office(ledger)}
        from submissions s left join {table.sql_name} c using (submission_id)
        where s.state = ? and s.report = ? group by all order by all""",
        [state, table.report],
    ).fetchall()
    for round_, file, sha256, received, outcome, cells, office in rows:
        since = known.get((file, sha256), received)
        yield Sent(round_, file, sha256, received, since, outcome, cells, office)


def _office(ledger: duckdb.DuckDBPyConnection) -> str:
    """How a query asks for the office of a submission. A ledger that was last written
    before returns came in parts knows of none.
    """
    columns = ledger.execute(
        "select 1 from duckdb_columns() where table_name = 'submissions' and column_name = 'office'"
    ).fetchall()
    return "coalesce(s.office, '') as office" if columns else "'' as office"


def _not_loaded(
    ledger: duckdb.DuckDBPyConnection, project: Project, *, table: Table, state: str
) -> Iterator[Sent]:
    """Files of the state that brought no figure: refused, withdrawing, or gone from the
    folder.
    """
    loaded = {
        tuple(row) for row in ledger.execute("select file, sha256 from submissions").fetchall()
    }
    withdrawn = {
        tuple(row)
        for row in ledger.execute(
            "select file, sha256 from withdrawals where table_name = ?", [table.name]
        ).fetchall()
    }
    for event in read_journal(project):
        parts = Path(event.file).parts
        if len(parts) != 3 or parts[1] != table.report or parts[2].split(".")[0].upper() != state:
            continue
        if (event.file, event.sha256) in loaded or parts[2].lower().endswith(".cover.csv"):
            continue
        if not event.sha256:
            outcome = "gone from the folder"
        else:
            outcome = (
                "withdraws the table" if (event.file, event.sha256) in withdrawn else "not loaded"
            )
        yield Sent(int(parts[0]), event.file, event.sha256, "", event.known, outcome, 0)


def print_history(found: History) -> None:
    """The history as two tables, for the terminal."""
    import os

    from rich.console import Console
    from rich.table import Table as Grid

    console = Console(width=None if os.isatty(1) else 140, highlight=False)
    files = Grid(
        title=f"{found.table}: files of {found.state}",
        title_justify="left",
        box=None,
        pad_edge=False,
    )
    parted = any(f.office for f in found.files)
    for head in ("known since", "round", *_FILE[: 1 + parted], "sha256", "date on it", "outcome"):
        files.add_column(head)
    files.add_column("figures", justify="right")
    for f in found.files:
        files.add_row(
            f.known,
            str(f.round),
            *(f.file, f.office)[: 1 + parted],
            f.sha256[:12],
            f.received,
            f.outcome,
            str(f.cells),
        )
    console.print(files)
    title = (
        f"Statements that differ ({len({s.key for s in found.statements})} of {found.keys} keys)"
    )
    said = Grid(title=title, title_justify="left", box=None, pad_edge=False)
    for head in ("key", "round", "date on it", *_FILE[: 1 + parted], "place"):
        said.add_column(head)
    said.add_column("says", justify="right")
    for head in ("status", ""):
        said.add_column(head)
    for s in found.statements:
        counts = "counts" if s.counts else ""
        file = (s.file, s.office)[: 1 + parted]
        said.add_row(s.key, str(s.round), s.received, *file, s.place, s.says, s.status, counts)
    console.print(said)
