"""What figures did the states send? Those of a round that was read, as their returns have
them.
"""

from __future__ import annotations

from decimal import Decimal

import duckdb

from pipeline.cells import Key, plain
from pipeline.contracts.model import Contracts
from pipeline.project import Project
from pipeline.returns.intake.stage import STAGED


def figures_sent(project: Project, contracts: Contracts, round_: int) -> dict[Key, tuple[str, str]]:
    """Text and observation status of every usable figure that was staged."""
    found: dict[Key, tuple[str, str]] = {}
    with duckdb.connect(str(project.work(round_) / STAGED), read_only=True) as connection:
        for table in contracts.tables:
            rows = connection.execute(
                f"select key, value, raw, obs_status from {table.sql_name} where usable"
            ).fetchall()
            found |= {Key.parse(key): _said(value, raw, status) for key, value, raw, status in rows}
    return found


def _said(value: Decimal | None, raw: str, status: str) -> tuple[str, str]:
    return (raw if value is None else plain(value), "" if status == "A" else status)
