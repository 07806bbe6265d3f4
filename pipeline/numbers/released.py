"""Which cells were released, for machines? One line a cell of a version, with or
without its value.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.cells import doubt_marks, plain
from pipeline.numbers.stored_tables import StoredCell, columns_of, values_of
from pipeline.system.files import csv_bytes


@dataclass(frozen=True)
class ReleasedCell:
    """A line of the file of released cells. A withheld cell has status S and no value.
    `marks` are those of doubt: i in question, q queried, v of an earlier round.
    """

    key: str
    value: str
    unit: str
    obs_status: str
    conf_status: str
    coverage: str
    states: str
    marks: str


def released_csv(cells: Iterable[StoredCell], round_: int) -> bytes:
    """The cells of the store of a round as CSV."""
    return csv_bytes(columns_of(ReleasedCell), (values_of(_released(c, round_)) for c in cells))


def _released(cell: StoredCell, round_: int) -> ReleasedCell:
    carried = cell.vintage is not None and cell.vintage < round_ and cell.coverage is None
    has_value = cell.value is not None
    return ReleasedCell(
        key=cell.key,
        value="" if cell.value is None else plain(cell.value),
        unit=cell.unit,
        obs_status=cell.obs_status,
        conf_status=cell.conf_status,
        coverage=_counted(cell),
        states=" ".join(cell.states or ()),
        marks=doubt_marks(bool(cell.wholes), cell.queried, carried=carried) if has_value else "",
    )


def _counted(cell: StoredCell) -> str:
    """How many states a regional value counts: `4/11`."""
    if cell.coverage is None:
        return ""
    return str(cell.coverage) if cell.members is None else f"{cell.coverage}/{cell.members}"
