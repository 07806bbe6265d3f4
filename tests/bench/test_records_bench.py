"""Do all ways of the bench on records do the same work? On a small file they must find
the same bad rows.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench import records
from bench.record_files import write_records
from bench.record_peers import WAYS
from bench.records import Measured


@pytest.mark.parametrize("table", ["migration/RO.MIG_DETECTED", "octa/RO.OCT_DRUG_KG"])
def test_every_way_finds_the_same_bad_rows(tmp_path: Path, table: str) -> None:
    path = tmp_path / "returns" / "2022" / f"{table}.records.csv"
    path.parent.mkdir(parents=True)
    write_records(path, 5000, seed=3, one_bad_in=100)
    found = {way: make(path, tmp_path / way)() for way, make in WAYS.items()}
    assert set(found.values()) == {found["pipeline"]}
    assert 20 < found["pipeline"][0] < 100


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    paths = [tmp_path / name / "RO.OCT_DRUG_KG.records.csv" for name in ("one", "two", "other")]
    for path, seed in zip(paths, (1, 1, 2), strict=True):
        path.parent.mkdir()
        write_records(path, 300_000, seed=seed, one_bad_in=50)
    one, two, other = (path.read_bytes() for path in paths)
    assert one == two
    assert one != other


def test_a_way_runs_in_a_process_of_its_own_and_is_measured(tmp_path: Path) -> None:
    (measured,) = records.measure_ways(tmp_path, "OCT_DRUG_KG", 20_000, ())
    assert measured.bad == pytest.approx(20, abs=15)
    assert measured.mib > 30
    assert measured.seconds is not None
    assert list(tmp_path.rglob("*.csv")) == []


@pytest.mark.thorough
@pytest.mark.slow
def test_records_of_all_states_end_in_the_cubes(tmp_path: Path) -> None:
    """The bench stops when a record is lost on the way."""
    steps = records.measure_intake(tmp_path, 1001, "csv.gz")
    assert [s.way for s in steps] == ["validate", "numbers"]


def test_ways_that_differ_are_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    one = Measured("T", "pipeline", 10, 2.0, 100, 3)
    assert records.report_differences([one, replace(one, way="sql_counts")]) == 0
    assert records.report_differences([one, replace(one, way="sql_counts", bad=4)]) == 1
    assert "not the same bad rows" in capsys.readouterr().err
    assert records.report_differences([replace(one, bad=0)]) == 1


def test_the_table_gives_times_as_multiples_of_sql_and_says_who_did_not_finish() -> None:
    one = Measured("T", "pipeline", 1000, 3.0, 100, 3)
    rows = [
        one,
        replace(one, way="sql_counts", seconds=2.0),
        replace(one, way="sql_with_lines", seconds=4.0),
        replace(one, way="gx_pandas", seconds=None, bad=None, why="out of memory"),
    ]
    told = list(records.lines(rows))[2:]
    assert told[0] == "| T | this pipeline | 1,000 | 3.0 | 1.5 | 100 | 3 |"
    assert told[3] == "| T | Great Expectations on pandas | 1,000 | out of memory |  | 100 |  |"
