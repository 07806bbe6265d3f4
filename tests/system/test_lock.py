"""One build at a time, one that died is noticed, and a machine that cannot write is
told in a sentence.
"""

from __future__ import annotations

import errno
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from builds import ROOT

from pipeline.errors import BusyError
from pipeline.project import Project
from pipeline.system.lock import HELD, at_work

HOLD = """
import sys, time
from pathlib import Path
from pipeline.project import Project
from pipeline.system.lock import at_work
with at_work(Project(Path.cwd(), Path(sys.argv[1])), "validate 2022"):
    print("holds", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "outputs")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout
    assert process.stdout.readline() == "holds\n"
    return process


def command(
    outputs: Path, *arguments: str, limit: int = 0, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command of the pipeline; `limit` is the largest file in bytes that it may
    write, as on a full disk.
    """

    def bound() -> None:
        if limit:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.run(
        [sys.executable, "-m", "pipeline", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        preexec_fn=bound,
        # The interpreter does not notice when only a part of its cache fits on the
        # disk.
        env={
            **os.environ,
            "SELEC_OUTPUTS": str(outputs),
            "PYTHONDONTWRITEBYTECODE": "1",
            **environment,
        },
    )


def test_a_second_build_is_told_who_is_at_work(
    holder: subprocess.Popen[str], tmp_path: Path
) -> None:
    try:
        with (
            pytest.raises(BusyError, match=rf"process {holder.pid} \(validate 2022\) is at work"),
            at_work(Project(ROOT, tmp_path / "outputs"), "numbers 2022"),
        ):
            pytest.fail("two builds at once")
        done = command(tmp_path / "outputs", "validate", "--round", "2022")
        assert done.returncode == BusyError.exit_code
        assert "wait until it has ended" in done.stderr
        assert not (tmp_path / "outputs" / "2022").exists()
    finally:
        holder.kill()
        holder.wait()


def test_a_build_that_died_is_noticed_and_its_leftovers_go(
    holder: subprocess.Popen[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = tmp_path / "outputs"
    half = outputs / "2022" / "thb" / ".report.pdf.12.unfinished"
    folder = outputs / "2022" / "thb" / ".public-abc.unfinished"
    folder.mkdir(parents=True)
    (folder / "report.html").write_text("half")
    half.write_text("half")
    holder.kill()
    holder.wait()
    with at_work(Project(ROOT, outputs), "numbers 2022"):
        pass
    assert "an earlier run (validate 2022) ended in the middle" in capsys.readouterr().err
    assert not half.exists()
    assert not folder.exists()
    with at_work(Project(ROOT, outputs), "numbers 2022"):
        pass
    assert capsys.readouterr().err == ""


def test_steps_of_one_build_do_not_wait_for_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs = tmp_path / "outputs"
    with at_work(Project(ROOT, outputs), "reports"):
        monkeypatch.setenv(HELD, str(outputs.resolve()))
        with at_work(Project(ROOT, outputs), "render thb"):
            pass


@pytest.mark.thorough
def test_a_full_disk_is_told_without_a_traceback_and_the_next_run_goes_on(tmp_path: Path) -> None:
    returns = tmp_path / "returns"
    (returns / "2022" / "thb").mkdir(parents=True)
    (returns / "2022" / "thb" / "RO.csv").write_text(
        "table,state,year,value,obs_status,conf_status,note\n"
    )
    outputs = tmp_path / "outputs"
    full = command(outputs, "validate", "--round", "2022", limit=4096, SELEC_RETURNS=str(returns))
    assert full.returncode == 10
    assert "Traceback" not in full.stderr
    assert "the last good outputs stand" in full.stderr
    again = command(outputs, "validate", "--round", "2022", SELEC_RETURNS=str(returns))
    assert again.returncode == 0, again.stderr
    assert not list(outputs.rglob("*.unfinished*"))


def test_outputs_that_cannot_be_made_are_told_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    done = command(tmp_path / "file" / "outputs", "validate", "--round", "2022")
    assert done.returncode == 10
    assert "Traceback" not in done.stderr
    assert os.strerror(errno.ENOTDIR) in done.stderr


def test_a_build_that_is_told_to_end_takes_away_what_its_steps_left(tmp_path: Path) -> None:
    """Steps are killed, or told to end by the same signal: they tidy up nothing."""
    project = Project(ROOT, tmp_path / "outputs")
    left = [
        project.outputs / ".running" / "999999999",
        project.outputs / "2022" / ".a.csv.999999999.unfinished",
        project.records / "archive" / ".incoming.999999999.unfinished",
    ]

    def ended_in_a_step() -> None:
        with at_work(project, "build 2022"):
            for path in left:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text('{"what": "validate 2022", "started": "1"}', encoding="utf-8")
            sys.exit(128 + signal.SIGTERM)

    with pytest.raises(SystemExit, match="143"):
        ended_in_a_step()
    assert [path for path in left if path.exists()] == []
    assert [*(project.outputs / ".running").iterdir()] == []
