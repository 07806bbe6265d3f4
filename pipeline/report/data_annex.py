"""Which cells did a version print, for machines? cells.csv: one line a printed cell."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from pipeline.cells import Cell
from pipeline.report.numbers import csv_value

COLUMNS = ("key", "value", "unit", "obs_status", "conf_status", "coverage")


def cells_csv(cells: Iterable[Cell]) -> bytes:
    """The printed cells in order of their keys, UTF-8, one header line. A withheld cell has status S and no value."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for cell in sorted(cells, key=lambda c: str(c.key)):
        coverage = "" if cell.coverage is None else f"{cell.coverage}/{cell.of}"
        writer.writerow([cell.key, csv_value(cell), cell.unit, cell.obs_status, cell.conf_status, coverage])
    return text.getvalue().encode()
