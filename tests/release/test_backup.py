"""Does a backup come back byte for byte, or not at all, by both ways of keeping it?"""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
import time
from collections.abc import Callable
from datetime import datetime, tzinfo
from pathlib import Path

import pytest

from pipeline.errors import BusyError, DamagedFileError, UserError
from pipeline.project import Project
from pipeline.release.operations import backup
from pipeline.release.operations.backup import check_backup, make_backup, restore_backup
from pipeline.release.operations.sealed import pack, unpack
from pipeline.release.operations.snapshot import require_whole, snapshot
from pipeline.release.publish import keep_for_reading
from pipeline.system.lock import at_work

CONTENT = {
    "records/warehouse.duckdb": os.urandom(3 << 20),
    "records/archive/ab/abcd": b"a return",
    "records/releases/signoff/2022/thb-public.jsonl": b"{}\n",
    "records/empty": b"",
    "returns/2022/thb/RO.xlsx": b"figures",
    "returns/2022/thb/Отчёт št.xlsx": b"of a strange name",
    "data_contracts/thb.odcs.yaml": b"contract",
}


@pytest.fixture(params=["restic", "archive"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """With restic, and as on a machine without it."""
    if request.param == "archive":
        monkeypatch.setattr(backup, "RESTIC", "no-such-tool")
    elif not shutil.which("restic"):
        pytest.skip("restic is not on this machine")
    return str(request.param)


@pytest.fixture
def kept(tmp_path: Path) -> Project:
    """A project with a little of everything that is kept, editions for reading only."""
    project = Project(tmp_path / "project")
    for name, content in CONTENT.items():
        path = project.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    keep_for_reading(project.edition_folder("public", "thb-2022-1"), {"a/report.pdf": b"%PDF"})
    (project.outputs / "2022").mkdir(parents=True)
    (project.outputs / "2022" / "report.pdf").write_bytes(b"comes back by itself")
    return project


@pytest.fixture
def password(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text("a made-up password\n", encoding="utf-8")
    path.chmod(0o600)
    return path


def hashes(folder: Path) -> dict[str, str]:
    passing = (".lock", ".running", ".times")
    return {
        p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and not {*p.relative_to(folder).parts} & {*passing, "outputs"}
    }


def test_what_was_kept_comes_back(way: str, kept: Project, password: Path, tmp_path: Path) -> None:
    before = hashes(kept.root)
    done = make_backup(kept, tmp_path / "safe", password_file=password, wait=0)
    assert done.files == len(before)
    assert done.how == ("restic" if way == "restic" else "encrypted archive")
    assert hashes(kept.root) == before
    into = tmp_path / "other" / "project"
    _, placed = restore_backup(tmp_path / "safe", into, password_file=password)
    assert {p.name for p in placed} == {"records", "returns", "data_contracts"}
    assert hashes(into) == before
    assert not [p for p in into.iterdir() if p.name.startswith(".")]
    edition = into / "records/releases/editions/public/thb-2022-1/a/report.pdf"
    assert edition.stat().st_mode & 0o222 == 0


def test_the_last_backup_is_the_one_that_counts(
    way: str, kept: Project, password: Path, tmp_path: Path
) -> None:
    make_backup(kept, tmp_path / "safe", password_file=password, wait=0)
    (kept.root / "returns/2022/thb/RO.xlsx").write_bytes(b"corrected")
    (kept.root / "records/empty").unlink()
    make_backup(kept, tmp_path / "safe", password_file=password, wait=0)
    restore_backup(tmp_path / "safe", tmp_path / "into", password_file=password)
    assert (tmp_path / "into/returns/2022/thb/RO.xlsx").read_bytes() == b"corrected"
    assert not (tmp_path / "into/records/empty").exists()


def test_the_last_backup_is_the_last_one_though_the_clock_was_set_back(
    way: str, kept: Project, password: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By years, by a day, by the hour at the end of summer time: what is checked and brought
    back is what was made last.
    """
    days = ("2031-05-01 02:10", "2016-01-01 00:00", "2031-04-30 02:10", "2031-05-01 01:10")
    names = []

    class Clock(datetime):
        says = ""

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Clock:
            return cls.fromisoformat(f"{cls.says}+00:00")

    monkeypatch.setattr(backup, "datetime", Clock)
    for number, day in enumerate(days):
        Clock.says = day
        (kept.root / "returns/2022/thb/RO.xlsx").write_bytes(f"{number}".encode())
        names.append(make_backup(kept, tmp_path / "safe", password_file=password, wait=0).name)
        assert check_backup(tmp_path / "safe", password_file=password).name == names[-1]
    assert len({*names}) == len(days)
    restore_backup(tmp_path / "safe", tmp_path / "into", password_file=password)
    assert (tmp_path / "into/returns/2022/thb/RO.xlsx").read_bytes() == b"3"


def test_nothing_can_be_read_without_the_password(
    way: str, kept: Project, password: Path, tmp_path: Path
) -> None:
    make_backup(kept, tmp_path / "safe", password_file=password, wait=0)
    for path in (p for p in (tmp_path / "safe").rglob("*") if p.is_file()):
        content = path.read_bytes()
        assert b"a return" not in content
        assert b"warehouse" not in content
        assert path.stat().st_mode & 0o077 == 0
    password.write_text("another one", encoding="utf-8")
    with pytest.raises(UserError, match="password"):
        check_backup(tmp_path / "safe", password_file=password)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _without_a_piece(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: 38 + (1 << 20) + 16] + content[38 + 2 * ((1 << 20) + 16) :])


def _pieces_swapped(path: Path) -> None:
    content, piece = path.read_bytes(), (1 << 20) + 16
    head, one, two = content[:38], content[38 : 38 + piece], content[38 + piece : 38 + 2 * piece]
    path.write_bytes(head + two + one + content[38 + 2 * piece :])


def _last_piece_gone(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: 38 + 2 * ((1 << 20) + 16)])


@pytest.mark.parametrize(
    "change", [_cut, _flip, _without_a_piece, _pieces_swapped, _last_piece_gone]
)
def test_a_changed_archive_brings_nothing_back(
    change: Callable[[Path], None],
    kept: Project,
    password: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(backup, "RESTIC", "no-such-tool")
    make_backup(kept, tmp_path / "safe", password_file=password, wait=0)
    (archive,) = (tmp_path / "safe").iterdir()
    change(archive)
    with pytest.raises(UserError):
        restore_backup(tmp_path / "safe", tmp_path / "into", password_file=password)
    assert not any((tmp_path / "into").iterdir())


def test_a_changed_repository_brings_nothing_back(
    kept: Project, password: Path, tmp_path: Path
) -> None:
    if not shutil.which("restic"):
        pytest.skip("restic is not on this machine")
    make_backup(kept, tmp_path / "safe", password_file=password, wait=0)
    largest = max((tmp_path / "safe/data").rglob("*"), key=lambda p: p.stat().st_size)
    largest.chmod(0o600)
    _flip(largest)
    with pytest.raises(DamagedFileError):
        restore_backup(tmp_path / "safe", tmp_path / "into", password_file=password)
    assert not any((tmp_path / "into").iterdir())


@pytest.mark.parametrize("place", ["records", "returns", "data_contracts"])
def test_nothing_is_replaced(
    place: str, kept: Project, password: Path, tmp_path: Path, way: str
) -> None:
    make_backup(kept, tmp_path / "safe", password_file=password, wait=0)
    lying = tmp_path / "into" / place / "mine"
    lying.parent.mkdir(parents=True)
    lying.write_text("mine", encoding="utf-8")
    with pytest.raises(UserError, match="lies there already"):
        restore_backup(tmp_path / "safe", tmp_path / "into", password_file=password)
    assert [*(tmp_path / "into").rglob("mine")] == [lying]


def test_folders_that_a_fresh_clone_leaves_empty_are_filled(
    kept: Project, password: Path, tmp_path: Path, way: str
) -> None:
    make_backup(kept, tmp_path / "safe", password_file=password, wait=0)
    (tmp_path / "into" / "records").mkdir(parents=True)
    restore_backup(tmp_path / "safe", tmp_path / "into", password_file=password)
    assert (tmp_path / "into/records/empty").is_file()


def test_a_backup_waits_for_a_build(kept: Project, password: Path, tmp_path: Path) -> None:
    """What a build is writing is never half in a backup."""
    half = kept.records / "warehouse.duckdb"
    began = threading.Event()

    def build() -> None:
        with at_work(kept, "reports"):
            half.write_bytes(b"half")
            began.set()
            time.sleep(1.5)
            half.write_bytes(b"whole")

    builder = threading.Thread(target=build)
    builder.start()
    began.wait(10)
    with pytest.raises(BusyError):
        make_backup(kept, tmp_path / "safe", password_file=password, wait=0)
    make_backup(kept, tmp_path / "safe", password_file=password, wait=30)
    builder.join()
    restore_backup(tmp_path / "safe", tmp_path / "into", password_file=password)
    assert (tmp_path / "into/records/warehouse.duckdb").read_bytes() == b"whole"


def test_a_build_that_tidies_up_leaves_a_backup_alone(kept: Project) -> None:
    """The copy is packed while others build, who remove what a run that died left."""
    marker = kept.outputs / ".running" / "1234567"
    with snapshot(kept, wait=0) as folder:
        marker.parent.mkdir(exist_ok=True)
        marker.write_text("{}", encoding="utf-8")
        with at_work(kept, "reports"):
            assert not marker.exists()
        assert require_whole(folder) == len(CONTENT) + 1


def test_the_copy_of_a_backup_that_was_killed_goes_with_the_next_one(kept: Project) -> None:
    left = kept.records / ".backup-1234567-1"
    (left / "records").mkdir(parents=True)
    (left / "records" / "file").write_text("secret", encoding="utf-8")
    (left / "records").chmod(0o500)
    with snapshot(kept, wait=0) as folder:
        assert not left.exists()
        assert folder.is_dir()
        assert not [*(folder / "records").glob(".backup*")]
    assert not [*kept.records.glob(".backup*")]


def test_records_and_releases_that_lie_elsewhere_are_kept_too(
    way: str, tmp_path: Path, password: Path
) -> None:
    project = Project(tmp_path / "p", releases_folder=tmp_path / "r", records_folder=tmp_path / "e")
    for folder in (project.records, project.releases, project.contracts, project.returns):
        folder.mkdir(parents=True)
        (folder / "file").write_text(folder.name, encoding="utf-8")
    make_backup(project, tmp_path / "safe", password_file=password, wait=0)
    restore_backup(tmp_path / "safe", tmp_path / "into", password_file=password)
    assert (tmp_path / "into/records/file").read_text(encoding="utf-8") == "e"
    assert (tmp_path / "into/records/releases/file").read_text(encoding="utf-8") == "r"


@pytest.mark.parametrize("inside", ["records/backup", "outputs/backup", "records"])
def test_a_backup_lies_outside(kept: Project, password: Path, inside: str) -> None:
    with pytest.raises(UserError, match="lost with it"):
        make_backup(kept, kept.root / inside, password_file=password, wait=0)


def test_a_password_is_a_file_of_its_owner(kept: Project, password: Path, tmp_path: Path) -> None:
    def refused() -> str:
        with pytest.raises(UserError) as problem:
            make_backup(kept, tmp_path / "safe", password_file=password, wait=0)
        assert not (tmp_path / "safe").exists()
        return str(problem.value)

    password.chmod(0o640)
    assert "chmod 600" in refused()
    password.chmod(0o600)
    password.write_text("  \n", encoding="utf-8")
    assert "is empty" in refused()
    password.unlink()
    assert "cannot be read" in refused()


def test_where_there_is_no_backup_it_says_so(password: Path, tmp_path: Path) -> None:
    for name in ("none", "empty"):
        (tmp_path / "empty").mkdir(exist_ok=True)
        with pytest.raises(UserError, match="there is no backup"):
            check_backup(tmp_path / name, password_file=password)


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20])
def test_every_length_comes_back(size: int, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "file").write_bytes(os.urandom(size))
    pack(tmp_path / "in", tmp_path / "packed", password=b"x")
    (tmp_path / "out").mkdir()
    unpack(tmp_path / "packed", tmp_path / "out", password=b"x")
    assert hashes(tmp_path / "out") == hashes(tmp_path / "in")
