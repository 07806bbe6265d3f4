"""Do the peers of the bench do the same work? On the same figures they must find the
same bad rows.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from builds import ROUND

from bench import peers
from bench.edits import EDITS
from bench.spent import Spent
from bench.steps import checked_out, line
from pipeline.contracts.model import Contracts
from pipeline.project import Project
from pipeline.returns.intake.stage import STAGED


@pytest.mark.thorough
@pytest.mark.slow
def test_every_way_finds_the_same_bad_rows(
    built: Project, contracts: Contracts, tmp_path: Path
) -> None:
    big = tmp_path / "big.duckdb"
    peers.make_big(built, ROUND, big, 5000)
    checks = peers.big_checks(contracts, ROUND)
    assert {name: way(big, checks) for name, way in peers.WAYS.items()} == dict.fromkeys(
        peers.WAYS, 5
    )
    staged = built.work(ROUND) / STAGED
    every = peers.staged_checks(contracts, staged, ROUND)
    assert len(every) > 300
    found = peers.by_pipeline(staged, every)
    assert peers.by_hand_written_sql(staged, every) == found > 100
    # By Great Expectations alone each takes a second in twenty; tests/returns/test_judged.py
    # has it run some of each kind, and all of them in `make soak`.
    some = every[::24]
    assert peers.by_gx_on_duckdb(staged, some) == peers.by_pipeline(staged, some) > 2


def test_each_edit_of_the_bench_changes_this_working_copy(tmp_path: Path) -> None:
    root = checked_out(tmp_path / "copy", "")
    for name, edit in EDITS.items():
        before = {f: f.read_bytes() for f in _texts(root)}
        edit(root)
        changed = [f for f in _texts(root) if before[f] != f.read_bytes()]
        assert len(changed) == (0 if name == "nothing" else 1), name


def _texts(root: Path) -> list[Path]:
    folders = ("pipeline", "templates", "data_contracts", "returns")
    return [f for name in folders for f in (root / name).rglob("*") if f.is_file()]


def test_a_line_tells_both_sides_and_what_part_is_left() -> None:
    told = line("protect", {"before": Spent(10.0, 8.0, 300.4), "now": Spent(4.0, 2.0, 250.0)})
    assert told.split() == ["protect", "8.0", "10.0", "300", "2.0", "4.0", "250", "0.25"]
