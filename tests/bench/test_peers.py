"""Do the peers of the bench do the same work? On the same figures they must find the
same bad rows.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from builds import ROUND

from bench import peers
from bench.steps import table
from pipeline.contracts.model import Contracts
from pipeline.project import Project
from pipeline.returns.intake.stage import STAGED


@pytest.mark.slow
def test_every_way_finds_the_same_bad_rows(
    built: Project, contracts: Contracts, tmp_path: Path
) -> None:
    big = tmp_path / "big.duckdb"
    peers.make_big(built, ROUND, big, 5000)
    checks = peers.big_checks(contracts, ROUND)
    ways = (peers.by_gx_on_duckdb, peers.by_hand_written_sql, peers.by_gx_on_pandas)
    assert [way(big, checks) for way in ways] == [5, 5, 5]
    staged = built.work(ROUND) / STAGED
    every = peers.staged_checks(contracts, staged, ROUND)
    assert len(every) > 300
    assert peers.by_hand_written_sql(staged, every) == peers.by_gx_on_duckdb(staged, every) > 100


def test_times_are_told_as_least_and_median() -> None:
    lines = list(table({"validate": [2.0, 1.0, 4.0], "checks": [0.5]}, {"checks": 1234}))
    assert lines[1].split() == ["validate", "3", "1.00", "2.00"]
    assert lines[2].split() == ["checks", "1", "0.50", "0.50", "1,234"]
