"""What did states report in certain cells? The usable figures of a round with the place
of each, as bounds, for rules that set figures of different files side by side.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from pipeline.cells import SUPPRESSED_HIGHEST, Bounds, Key
from pipeline.contracts.model import Table
from pipeline.system.kept import open_database

_SUPPRESSED = "Q"


@dataclass(frozen=True)
class Reported:
    """A figure of a return, and where it stands. `raw` is what was written there; `free`
    whether its sender bound it in no way.
    """

    key: Key
    raw: str
    bounds: Bounds
    free: bool
    file: str
    sheet: str
    address: str


def read_reported(
    staged: Path, table: Table, *, keys: Collection[Key] | None = None
) -> Iterator[Reported]:
    """The figures of a table, or of some keys of it: numbers, and `<5` as anything from
    nothing to four. One a key, because duplicates have a rule of their own.
    """
    wanted = None if keys is None else {str(key) for key in keys}
    with open_database(staged) as connection:
        rows = connection.execute(
            f"""select key, coalesce(raw, ''), value, obs_status, conf_status, file, sheet, address
            from {table.sql_name}
            where usable
            qualify row_number() over (partition by key order by rowid) = 1
            order by rowid"""
        ).fetchall()
    for key, raw, value, status, conf, file, sheet, address in rows:
        if wanted is not None and key not in wanted:
            continue
        if value is not None:
            bounds = Bounds(value, value)
        elif status == _SUPPRESSED and raw.lstrip().startswith("<"):
            bounds = Bounds(Decimal(0), Decimal(SUPPRESSED_HIGHEST))
        else:
            continue
        yield Reported(Key.parse(key), raw, bounds, conf in (None, "F"), file, sheet, address)
