"""What does ACRO print when an analyst makes tables from records? Runs in ACRO's own
virtual environment.

    .venv-acro/bin/python tests/bench/acro_session.py < job.json > printed.json

The job names the threshold, the records (a row of codes and how many persons have it)
and the tables, each a list of columns. Knows nothing of this project, so that the two
sets of libraries never meet in one process.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Sequence
from typing import Any

# columns with one code, for tables that have no rows or columns of their own
STAND_INS = (
    "everybody",
    "everyone",
)


def main() -> int:
    logging.disable(logging.WARNING)
    job = json.load(sys.stdin)
    session = start(job["threshold"])
    frame = expand(job["columns"], job["records"])
    begun = time.perf_counter()
    printed = [crosstab(session, frame, columns, job["total"]) for columns in job["tables"]]
    json.dump({"printed": printed, "seconds": time.perf_counter() - begun}, sys.stdout)
    return 0


def start(threshold: int) -> Any:
    """A session that suppresses. ACRO reads its limits from inside its own package;
    afterwards they can be changed.
    """
    import acro  # type: ignore[import-not-found]

    session = acro.ACRO(suppress=True)
    session.config["safe_threshold"] = threshold
    return session


def expand(columns: Sequence[str], records: Sequence[Sequence[Any]]) -> Any:
    """One row for each person, every column with its codes as categories; the last item
    of a record is its count.
    """
    import pandas as pd

    counted = pd.DataFrame(records, columns=[*columns, "persons"])
    frame = counted.loc[counted.index.repeat(counted["persons"]), list(columns)].reset_index(
        drop=True
    )
    for column in columns:
        frame[column] = pd.Categorical(frame[column], categories=sorted(counted[column].unique()))
    for column in STAND_INS:
        frame[column] = pd.Categorical(["person"] * len(frame), categories=["person"])
    return frame


def crosstab(session: Any, frame: Any, columns: Sequence[str], total: str) -> list[list[Any]]:
    """One table with its margins: the codes of each cell, and the number printed there
    or nothing.
    """
    rows = [frame[c] for c in columns[:-1] or STAND_INS[:1]]
    heads = frame[columns[-1] if columns else STAND_INS[1]]
    table = session.crosstab(rows, heads, margins=True, margins_name=total)
    return [
        [_codes(row, columns[:-1], total) + _codes(head, columns[-1:], total), _whole(number)]
        for row, numbers in zip(table.index, table.to_numpy().tolist(), strict=True)
        for head, number in zip(table.columns, numbers, strict=True)
    ]


def _whole(number: float) -> int | None:
    """A count, or nothing where it is a missing value."""
    return None if number != number else int(number)


def _codes(label: Any, columns: Sequence[str], total: str) -> list[str]:
    """The label of a row or column as codes; that of a margin is the total followed by
    empty words.
    """
    if not columns:
        return []
    codes = [str(c) for c in (label if isinstance(label, tuple) else (label,))]
    return [total] * len(columns) if codes[0] == total else codes


if __name__ == "__main__":
    sys.exit(main())
