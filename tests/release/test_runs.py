"""Does the record of a run say how it ended, whatever ended it, and nothing of states?"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builds import ROOT

from pipeline.errors import BusyError, UserError
from pipeline.project import Project
from pipeline.release.operations.clock import require_clock
from pipeline.release.operations.notice import notice_of
from pipeline.release.operations.runs import (
    PART_OF,
    RunRecord,
    StepRun,
    find_run,
    forget_runs,
    read_runs,
    recorded,
)
from pipeline.system.steady import moment


def last(project: Project) -> str:
    return read_runs(project)[0].end


def test_a_run_is_read_as_it_was_written(project: Project) -> None:
    step = StepRun("validate 2022", 10.0, 12.5, why="never done", inputs="ab12")
    failed = StepRun("numbers 2022", 12.5, 13.0, code=4, error="CheckError")
    with recorded(project, "build 2022", round_=2022) as record:
        record.step(step)
        record.step(failed)
        record.said["findings"] = {"error": 2}
    (run,) = read_runs(project)
    assert (run.what, run.round, run.code, run.end) == ("build 2022", 2022, 0, "done")
    assert run.steps == (step, failed)
    assert run.said == {"findings": {"error": 2}}
    assert run.libraries["pandas"]
    assert run.seconds is not None
    assert find_run(project, run.id[:12]) == find_run(project, "last") == run
    assert find_run(project, "1") == run


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (UserError("wrong"), 2),
        (BusyError("busy"), 9),
        (SystemExit(5), 5),
        (SystemExit(), 0),
        (SystemExit("told"), 1),
        (SystemExit(143), 143),
        (KeyboardInterrupt(), 130),
        (ValueError("a bug"), 1),
        (OSError(28, "No space left on device"), 10),
    ],
)
def test_every_end_has_its_code(project: Project, problem: BaseException, code: int) -> None:
    with pytest.raises(type(problem)), recorded(project, "run 2022", round_=2022):
        raise problem
    assert read_runs(project)[0].code == code


def test_a_run_that_was_killed_has_no_end(project: Project, tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from pipeline.project import Project\n"
        "from pipeline.release.operations.runs import recorded\n"
        f"project = Project(Path.cwd(), Path({str(project.outputs)!r}))\n"
        "with recorded(project, 'run 2022', round_=2022):\n"
        "    print('runs', flush=True)\n"
        "    input()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "runs\n"
    assert last(project) == "going on"
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert last(project) == "killed"
    assert read_runs(project)[0].seconds is None


def test_a_part_of_a_run_writes_into_its_record(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with recorded(project, "run 2022", round_=2022) as whole:
        monkeypatch.setenv(PART_OF, whole.id)
        with recorded(project, "build 2022", round_=2022) as part:
            part.step(StepRun("numbers 2022", 1, 2))
            part.tell("printed")
        monkeypatch.delenv(PART_OF)
        whole.tell("told")
    (run,) = read_runs(project)
    assert [step.name for step in run.steps] == ["numbers 2022"]
    assert whole.told.read_text(encoding="utf-8") == "told\n"


@pytest.mark.parametrize("name", ["gone", "../../etc/passwd", ""])
def test_a_run_that_is_named_wrongly_is_a_run_of_its_own(
    project: Project, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(PART_OF, name)
    with recorded(project, "build 2022", round_=2022):
        pass
    assert last(project) == "done"


@pytest.mark.parametrize("cut", [1, 20, 40])
def test_a_line_that_was_cut_off_costs_that_line_only(project: Project, cut: int) -> None:
    with recorded(project, "build 2022", round_=2022) as record:
        record.step(StepRun("validate 2022", 1, 2))
        record.step(StepRun("numbers 2022", 2, 3))
    content = record.path.read_bytes()
    record.path.write_bytes(content[:-cut])
    (run,) = read_runs(project)
    assert [s.name for s in run.steps] == ["validate 2022", "numbers 2022"]
    assert run.code == (0 if cut == 1 else None)


def test_what_is_no_record_is_passed_over(project: Project) -> None:
    record = RunRecord(project, "build 2022", round_=2022)
    folder = record.path.parent
    (folder / "a.jsonl").write_bytes(b"\xff\x00")
    (folder / "b.jsonl").write_text("[1]\n", encoding="utf-8")
    (folder / "c.jsonl").write_text('{"form": 2, "run": "x"}\n', encoding="utf-8")
    (folder / "d.jsonl").mkdir()
    assert [run.id for run in read_runs(project)] == [record.id]


def test_old_records_go_but_the_last_ones(project: Project) -> None:
    for _ in range(4):
        with recorded(project, "build 2022", round_=2022):
            pass
    folder = project.records / "runs"
    kept = sorted(folder.glob("*.jsonl"))
    for number, path in enumerate(kept, 1):
        old = folder / f"{number:06}-20{10 + number}0101T000000Z"
        path.rename(old.with_suffix(".jsonl"))
        old.with_suffix(".log").write_text("told", encoding="utf-8")
    gone = forget_runs(project, keep_days=365, keep_last=2)
    assert [name[:11] for name in gone] == ["000002-2012", "000001-2011"]
    assert {p.stem[:11] for p in folder.iterdir()} == {"000003-2013", "000004-2014"}
    # the numbers go on
    assert RunRecord(project, "build 2022", round_=2022).id.startswith("000005-")


def test_a_clock_that_was_set_back_changes_no_order(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    moments = [datetime(2023, 6, day, 5, 30, tzinfo=UTC) for day in (3, 1, 2)]

    monkeypatch.setattr("pipeline.release.operations.clock.moment", lambda: moments[0].timestamp())
    for what in ("first", "second", "third"):
        with recorded(project, what, round_=2022):
            pass
        moments.pop(0) if len(moments) > 1 else None
    assert [run.what for run in read_runs(project)] == ["third", "second", "first"]
    assert [run.set_back_from for run in read_runs(project)] == [
        "2023-06-03T05:30:00Z",
        "2023-06-03T05:30:00Z",
        "",
    ]
    told = capsys.readouterr().err
    assert told.count("the clock was set back, or was wrong") == 2
    assert any("2023-06-03T05:30:00Z" in line for line in notice_of(read_runs(project)[0]))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Sets the clock of runs."""

    def set_(text: str) -> None:
        at = datetime.fromisoformat(f"{text}+00:00").timestamp()
        monkeypatch.setattr("pipeline.release.operations.clock.moment", lambda: at)

    return set_


def test_a_run_by_the_calendar_is_refused_days_before_the_last_one(
    project: Project, clock: Callable[[str], None]
) -> None:
    """Not where the clock was corrected a little, and not for ever: whoever names the day
    says that it is right.
    """
    clock("2023-06-10 05:30")
    with recorded(project, "run 2022", round_=2022):
        pass
    for near in ("2023-06-10 04:30", "2023-06-09 06:00", "2024-06-10 05:30"):
        clock(near)
        require_clock(project)
    for far in ("2016-01-01 00:00", "2023-06-09 05:00"):
        clock(far)
        with pytest.raises(UserError, match="an earlier run began at 2023-06-10T05:30:00Z"):
            require_clock(project)
    with recorded(project, "build 2022", round_=2022):
        pass
    with pytest.raises(UserError, match="2023-06-10T05:30:00Z"):
        require_clock(project)  # a build on a wrong clock does not make it right
    with recorded(project, "run 2022", round_=2022, is_dated=True):
        pass
    require_clock(project)


def test_steps_do_not_end_before_they_began(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 0.0)
    began = moment()
    assert began > 1_000_000_000
    assert moment() >= began


def test_a_clock_that_is_years_ahead_removes_no_record(
    project: Project, clock: Callable[[str], None]
) -> None:
    for day in range(1, 10):
        clock(f"2023-06-0{day} 05:30")
        with recorded(project, "run 2022", round_=2022):
            pass
    clock("2031-01-01 05:30")
    with recorded(project, "run 2022", round_=2022):
        assert forget_runs(project, keep_days=365, keep_last=5) == []
    assert len(read_runs(project)) == 10


def test_records_are_for_their_owner_only(project: Project) -> None:
    before = os.umask(0o022)
    try:
        with recorded(project, "build 2022", round_=2022) as record:
            record.step(StepRun("validate 2022", 1, 2))
            record.tell("what was printed")
    finally:
        os.umask(before)
    for path in (record.path, record.told):
        assert path.stat().st_mode & 0o077 == 0
    assert record.path.parent.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["", "0", "3", "nothing"])
def test_a_run_that_is_not_there_is_told(project: Project, name: str) -> None:
    for _ in range(2):
        with recorded(project, "build 2022", round_=2022):
            pass
    with pytest.raises(UserError, match="there is no run|2 runs"):
        find_run(project, name)


def test_a_line_is_json_that_other_programs_read(project: Project) -> None:
    with recorded(project, "build 2022", round_=2022) as record:
        record.step(StepRun("validate 2022", 1, 2))
    lines = [json.loads(line) for line in record.path.read_text(encoding="utf-8").splitlines()]
    assert [sorted({"run", "step", "ended"} & set(line)) for line in lines] == [
        ["run"],
        ["step"],
        ["ended"],
    ]
