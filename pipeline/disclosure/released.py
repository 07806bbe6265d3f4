"""Which cells were released, for machines? One line a cell of a version, with or without its value."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

COLUMNS = ("key", "value", "unit", "obs_status", "conf_status", "coverage", "states")


def released_csv(rows: Iterable[Sequence[Any]]) -> bytes:
    """The cells of a store (rows as its table `cells`) as CSV, UTF-8. A withheld cell has status S and no value."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for key, _, _, _, _, value, unit, obs_status, conf_status, coverage, members, states, *_ in rows:
        counted = "" if coverage is None else f"{coverage}/{members}" if members is not None else coverage
        writer.writerow([key, _plain(value), unit, obs_status, conf_status, counted, " ".join(states or ())])
    return text.getvalue().encode()


def _plain(value: Decimal | None) -> str:
    return "" if value is None else format(value.normalize() + 0, "f")
