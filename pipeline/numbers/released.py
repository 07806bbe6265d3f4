"""Which cells were released, for machines? One line a cell of a version, with or
without its value.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pipeline.cells import doubt_marks, plain
from pipeline.system.files import csv_bytes

COLUMNS = ("key", "value", "unit", "obs_status", "conf_status", "coverage", "states", "marks")


def released_csv(rows: Iterable[Sequence[Any]], round_: int) -> bytes:
    """The cells of a store (rows as its table `cells`) as CSV. A withheld cell has
    status S and no value. `marks` are those of doubt: i in question, q queried, v of an
    earlier round than this.
    """
    return csv_bytes(COLUMNS, (_released(row, round_) for row in rows))


def _released(row: Sequence[Any], round_: int) -> tuple[Any, ...]:
    (
        key,
        _,
        _,
        _,
        _,
        value,
        unit,
        obs_status,
        conf_status,
        coverage,
        members,
        states,
        _,
        vintage,
        *doubt,
    ) = row
    _, _, _, wholes, queried = doubt
    carried = vintage is not None and vintage < round_ and coverage is None
    marks = doubt_marks(bool(wholes), queried, carried=carried) if value is not None else ""
    counted = (
        "" if coverage is None else f"{coverage}/{members}" if members is not None else coverage
    )
    shown = "" if value is None else plain(value)
    return key, shown, unit, obs_status, conf_status, counted, " ".join(states or ()), marks
