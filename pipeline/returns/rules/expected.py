"""What is expected of the rows of a table, and what came of it? A check that crashed is
`could_not_run`: never failed, never passed.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from pipeline.system.patches import import_great_expectations

Status = Literal["passed", "failed", "could_not_run"]

# It is asked of several columns together, so it takes their names and nothing else.
JOINT_KEY = "expect_compound_columns_to_be_unique"


@dataclass(frozen=True)
class Expected:
    """One check of one table: either a GX expectation type with its kwargs, or an SQL
    query that returns the bad rows.

    `table` is `name` or `schema.name`; for SQL it is the table whose rows count as
    evaluated. `sql` is plain SQL for DuckDB, without placeholders: it names its tables
    itself and selects the index columns of each bad row. Checks on text patterns must
    be SQL (`regexp_matches`), as GX knows no pattern operator for DuckDB.
    """

    rule_id: str
    table: str
    expectation: str = ""
    kwargs: Mapping[str, object] = field(default_factory=dict)
    sql: str = ""

    def __post_init__(self) -> None:
        if bool(self.expectation) == bool(self.sql):
            raise ValueError(f"{self.rule_id}: give either an expectation type or an SQL query")
        if self.expectation == JOINT_KEY and set(self.kwargs) != {"column_list"}:
            raise ValueError(
                f"{self.rule_id}: a joint key takes a column_list only; write any other as an SQL"
                " query"
            )


@dataclass(frozen=True)
class Outcome:
    """What came of one check.

    `bad_rows` lists every bad row: its index columns (expectation), or all columns the
    query selects, in the query's order (SQL). A check of a whole column or table fails
    without bad rows. `evaluated` counts the rows looked at, without those the
    expectation skips as missing; a check that passed on 0 rows has shown nothing.
    """

    rule_id: str
    status: Status
    bad_rows: list[dict[str, object]] = field(default_factory=list)
    error: str = ""
    evaluated: int = 0


@contextmanager
def quiet_library() -> Iterator[None]:
    """Import GX without its side effects; keep its log lines, which may hold values of
    returns, out of ours.
    """
    logger = logging.getLogger("great_expectations")
    level = logger.level
    import_great_expectations()
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)
