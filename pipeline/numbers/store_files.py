"""How does a store lie on the disk? Writes it with its hash and its released cells as
CSV, and checks that it is as it was written.
"""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from pipeline.cells import plain
from pipeline.numbers.released import released_csv
from pipeline.numbers.stored_tables import (
    TABLES,
    StoreContent,
    StoredFact,
    ddl_of,
    make_tables,
    read_rows,
    strange_columns,
    values_of,
    write_rows,
)
from pipeline.system.files import unfinished
from pipeline.system.kept import is_kept, keep_bytes, keep_file, write_out


def write_store(path: Path, content: StoreContent, *, round_: int) -> bool:
    """Write a store when its content differs from the one in place. The sidecar .sha256
    is what make compares.
    """
    import duckdb

    digest = _digest(content)
    released = released_csv(content.cells, round_)
    sidecar = path.with_suffix(".sha256")
    as_csv = path.with_suffix(".csv")
    # The CSV is compared as well: other code may write the same cells in another way.
    if (
        all(map(is_kept, (path, as_csv, sidecar)))
        and sidecar.read_text().strip() == digest
        and as_csv.read_bytes() == released
    ):
        return False
    temporary = unfinished(path)
    temporary.unlink(missing_ok=True)
    connection = duckdb.connect(str(temporary))
    try:
        make_tables(connection)
        for name in TABLES:
            write_rows(connection, name, rows=getattr(content, name))
        write_out(connection)
    finally:
        connection.close()
    # First: what a build that dies here leaves must not pass for finished.
    sidecar.unlink(missing_ok=True)
    keep_bytes(as_csv, released)
    keep_file(temporary, path)
    keep_bytes(sidecar, f"{digest}\n".encode())
    return True


def write_empty_store(path: Path, round_: int) -> None:
    """A store of a round in which nobody reported anything: what can be written over it
    can be written over any.
    """
    facts = {"cutoff": f"{round_ + 1}-01-01", "refused": "", "round": str(round_)}
    meta = tuple(StoredFact(name, value) for name, value in facts.items())
    write_store(path, StoreContent(meta=meta), round_=round_)


def store_problems(path: Path, round_: int) -> list[str]:
    """What of a store is not as it was written: its tables against the hash beside it,
    its released cells against its tables. Empty where all is as it was.
    """
    import duckdb

    sidecar = path.with_suffix(".sha256")
    as_csv = path.with_suffix(".csv")
    if gone := [f.name for f in (path, sidecar, as_csv) if not f.is_file()]:
        return [f"{', '.join(gone)}: there is no such file; run 'make reports'"]
    try:
        with duckdb.connect(str(path), read_only=True) as store:
            if strange := strange_columns(store):
                return [f"{path.name}: {', '.join(strange)}: not the columns of a store"]
            tables = {name: read_rows(store, kind, table=name) for name, kind in TABLES.items()}
    except duckdb.Error as problem:
        return [f"{path.name}: it cannot be read: {str(problem).splitlines()[0][:200]}"]
    content = StoreContent(**tables)
    found = []
    if not content.cells:
        found.append(f"{path.name}: it holds no cell, so nothing was compared")
    if sidecar.read_bytes().strip() != _digest(content).encode():
        found.append(f"{path.name}: its tables are not those of {sidecar.name}")
    if as_csv.read_bytes() != released_csv(content.cells, round_):
        found.append(f"{as_csv.name}: not the released cells of {path.name}")
    return found


def _digest(content: StoreContent) -> str:
    """The hash of what a store holds and of its columns, whatever file they lie in."""
    rows = {name: [values_of(row) for row in getattr(content, name)] for name in TABLES}
    columns = {name: ddl_of(kind) for name, kind in TABLES.items()}
    return hashlib.sha256(
        json.dumps([rows, columns], default=_jsonable, sort_keys=True).encode()
    ).hexdigest()


def _jsonable(value: Any) -> str:
    return plain(value) if isinstance(value, Decimal) else str(value)
