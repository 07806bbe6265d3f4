"""Which cells did a version print, for machines? cells.csv: one line a printed cell."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.cells import Cell
from pipeline.report.numbers import csv_value
from pipeline.system.files import csv_bytes

COLUMNS = ("key", "value", "unit", "obs_status", "conf_status", "coverage", "marks")


def cells_csv(cells: Iterable[Cell], round_: int) -> bytes:
    """The printed cells in order of their keys. A withheld cell has status S and no
    value; marks are those of doubt.
    """
    return csv_bytes(
        COLUMNS, (_line(cell, round_) for cell in sorted(cells, key=lambda c: str(c.key)))
    )


def _line(cell: Cell, round_: int) -> tuple[str, ...]:
    coverage = "" if cell.coverage is None else f"{cell.coverage}/{cell.of}"
    return (
        str(cell.key),
        csv_value(cell),
        cell.unit,
        cell.obs_status,
        cell.conf_status,
        coverage,
        cell.doubts(round_),
    )
