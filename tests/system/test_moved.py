"""Are records that lay among the outputs moved once, whole, and never over others?"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from builds import ROOT
from typer.testing import CliRunner

from pipeline.commands.cli import app
from pipeline.errors import BusyError, UserError
from pipeline.project import Project
from pipeline.system.kept import check_file, keep_bytes
from pipeline.system.lock import at_work
from pipeline.system.moved import settle_records


@pytest.fixture
def old(tmp_path: Path) -> Project:
    """Outputs as they were once: a ledger with its hash, an archive, a register."""
    project = Project(tmp_path)
    keep_bytes(project.outputs / "warehouse.duckdb", b"ledger")
    for name in ("archive/ab/abcd", "releases/public/thb-2021-1.csv", "2021/work/cubes.duckdb"):
        path = project.outputs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")
    return project


def names(folder: Path) -> set[str]:
    files = (p for p in folder.rglob("*") if p.is_file())
    found = {p.relative_to(folder).as_posix() for p in files}
    return {n for n in found if not n.startswith((".lock", ".times", ".running"))}


def test_records_are_moved_with_a_message_and_outputs_stay(
    old: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    settle_records(old)
    told = capsys.readouterr().err
    assert names(old.outputs) == {"2021/work/cubes.duckdb"}
    assert names(old.records) == {
        "archive/ab/abcd",
        "releases/public/thb-2021-1.csv",
        "warehouse.duckdb",
        ".kept/warehouse.duckdb.sum",
    }
    assert check_file(old.warehouse)
    for name in ("archive", "releases", "warehouse.duckdb"):
        assert f"{old.records / name}: outputs may be deleted" in told
    settle_records(old)
    assert capsys.readouterr().err == ""


def test_a_register_that_lies_elsewhere_is_moved_there(old: Project, tmp_path: Path) -> None:
    elsewhere = Project(tmp_path, releases_folder=tmp_path / "safe" / "releases")
    settle_records(elsewhere)
    assert names(elsewhere.releases) == {"public/thb-2021-1.csv"}
    assert names(elsewhere.archive) == {"ab/abcd"}


def test_a_register_that_was_always_named_so_stays(old: Project, tmp_path: Path) -> None:
    """Whoever named the old place keeps it: it is where the next command looks."""
    settle_records(Project(tmp_path, releases_folder=old.outputs / "releases"))
    assert names(old.outputs / "releases") == {"public/thb-2021-1.csv"}


@pytest.mark.parametrize("name", ["archive", "releases", "warehouse.duckdb"])
def test_nothing_is_put_over_other_records(old: Project, name: str) -> None:
    other = old.records / name
    other.parent.mkdir(parents=True, exist_ok=True)
    other.write_text("another one", encoding="utf-8")
    with pytest.raises(UserError, match="there are two of these records"):
        settle_records(old)
    assert other.read_text(encoding="utf-8") == "another one"
    assert (old.outputs / name).exists()


def test_a_move_that_was_ended_goes_on(old: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    rename = os.rename

    def ended(source: str, target: str) -> None:
        if source.endswith("archive"):
            raise KeyboardInterrupt
        rename(source, target)

    monkeypatch.setattr(os, "rename", ended)
    with pytest.raises(KeyboardInterrupt):
        settle_records(old)
    monkeypatch.undo()
    settle_records(old)
    assert names(old.outputs) == {"2021/work/cubes.duckdb"}
    assert len(names(old.records)) == 4


def test_another_disk_is_left_to_a_person(old: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: str, target: str) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "rename", refuse)
    with pytest.raises(UserError, match="cp -a to"):
        settle_records(old)
    assert (old.outputs / "archive/ab/abcd").exists()


def test_a_day_that_was_built_before_is_built_again(
    old: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What that build left among its outputs is moved before the day is put there again;
    the build after it would find two of them.
    """
    put: list[Path] = []

    def known(project: Project, when: date, *, folder: Path) -> int:
        put.append(folder)
        folder.mkdir(parents=True, exist_ok=True)
        return 0

    for name in ("returns.archive.restore", "disclosure.register.as_known_on"):
        monkeypatch.setattr(f"pipeline.{name}", known)
    monkeypatch.setattr("pipeline.returns.cleared.cleared_on", known)
    monkeypatch.setenv("SELEC_OUTPUTS", str(tmp_path / "now" / "outputs"))
    done = CliRunner().invoke(app, ["as-of", "2023-03-01", "--folder", str(tmp_path)])
    assert done.exit_code == 0, done.exception
    assert put[1:] == [old.releases] * 2
    assert names(old.outputs) == {"2021/work/cubes.duckdb"}
    settle_records(old)


@pytest.mark.parametrize("inside", ["outputs/records", "outputs", "."])
def test_records_never_lie_where_outputs_are_deleted(tmp_path: Path, inside: str) -> None:
    with pytest.raises(UserError, match="lies in the other"):
        settle_records(Project(tmp_path, records_folder=tmp_path / inside))


def test_nothing_is_moved_under_a_build(old: Project, tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from pipeline.project import Project\n"
        "from pipeline.system.moved import settle_records\n"
        f"settle_records(Project(Path({str(tmp_path)!r})))"
    )
    with at_work(old, "reports"):
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True)
    assert done.returncode == 1
    assert BusyError.__name__.encode() in done.stderr
    assert (old.outputs / "archive/ab/abcd").exists()


def test_other_outputs_have_records_of_their_own(tmp_path: Path) -> None:
    usual, tried = Project(tmp_path), Project(tmp_path, tmp_path / "trial")
    assert usual.records == tmp_path / "records"
    assert tried.records == tmp_path / "trial-records"


def test_two_outputs_with_the_same_records_wait_for_each_other(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    one = Project(tmp_path, tmp_path / "one", records_folder=shared)
    code = (
        "from pathlib import Path; from pipeline.project import Project\n"
        "from pipeline.system.lock import at_work\n"
        f"p = Path({str(tmp_path)!r})\n"
        "with at_work(Project(p, p / 'two', records_folder=p / 'shared'), 'x'): pass"
    )
    with at_work(one, "reports"):
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True)
    assert b"is at work on the same shared" in done.stderr
