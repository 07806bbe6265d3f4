"""Does the desk say which of the last runs ended badly or took long?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from builds import ROOT

from pipeline.desk.runs import SHOWN, last_runs
from pipeline.project import Project


def run(project: Project, number: int, seconds: int, code: int | None, what: str = "run") -> None:
    folder = project.records / "runs"
    folder.mkdir(parents=True, exist_ok=True)
    first: dict[str, object] = {
        "form": 1,
        "run": f"20230601T0000{number:02}Z-aaaa",
        "what": f"{what} 2022",
        "round": 2022,
        "began": "2023-06-01T00:00:00Z",
        "process": 0,
        "process_began": "0",
    }
    minutes, rest = divmod(seconds, 60)
    last: dict[str, object] = {
        "ended": f"2023-06-01T00:{minutes:02}:{rest:02}Z",
        "code": code,
        "said": {},
    }
    lines = [first] + ([] if code is None else [last])
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / f"{first['run']}.jsonl").write_text(text, encoding="utf-8")


@pytest.fixture
def desk(tmp_path: Path) -> Project:
    return Project(ROOT, tmp_path / "outputs")


def test_a_run_is_laid_beside_earlier_ones_of_its_kind(desk: Project) -> None:
    run(desk, 1, 60, 0)
    run(desk, 2, 64, 0)
    run(desk, 3, 600, 4)  # one that failed says nothing of how long it usually takes
    run(desk, 4, 5, 0, what="validate")
    run(desk, 5, 62, 0)
    run(desk, 6, 200, 0)
    last, before, other, failed, *_ = last_runs(desk)
    assert (last.usual, last.is_slow) == (62, True)
    assert (before.usual, before.is_slow) == (62, False)
    assert other.usual is None
    assert (failed.is_well, failed.end) == (False, "exit code 4")


def test_a_run_that_was_killed_has_no_time(desk: Project) -> None:
    run(desk, 1, 60, 0)
    run(desk, 2, 60, None)
    killed, _ = last_runs(desk)
    assert (killed.end, killed.is_well, killed.took, killed.is_slow) == (
        "killed",
        False,
        None,
        False,
    )


def test_ten_are_shown(desk: Project) -> None:
    for number in range(15):
        run(desk, number, 60, 0)
    assert [line.id[13:15] for line in last_runs(desk)] == [f"{n:02}" for n in range(14, 4, -1)]
    assert len(last_runs(desk)) == SHOWN
    assert last_runs(Project(ROOT, desk.outputs / "other")) == []
