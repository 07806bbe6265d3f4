"""Is every file kept as it was sent, and can the returns of any day be put together again?"""

from __future__ import annotations

import stat
from datetime import date
from pathlib import Path

import pytest

from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.warehouse.archive import archive_round, original, restore
from pipeline.warehouse.journal import Event, read_journal

FIRST, LATER, LAST = date(2026, 2, 10), date(2026, 4, 10), date(2026, 5, 10)


def send(project: Project, name: str, content: bytes) -> Path:
    path = project.returns / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def back(project: Project, day: date, folder: Path) -> dict[str, bytes]:
    restore(project, day, folder)
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_file_is_kept_by_its_hash_for_its_owner_only(project: Project) -> None:
    send(project, "2022/thb/RO.xlsx", b"one")
    (event,) = archive_round(project, 2022, {"2022/thb/RO.xlsx": "2026-02-01"}, FIRST)
    assert event == Event("2026-02-01", "2026-02-10", "2022/thb/RO.xlsx", event.sha256)
    kept = original(project, event.sha256)
    assert kept.read_bytes() == b"one"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(project.archive.stat().st_mode) == stat.S_IMODE(kept.parent.stat().st_mode) == 0o700


def test_what_did_not_change_is_not_entered_again(project: Project) -> None:
    send(project, "2022/thb/RO.xlsx", b"one")
    archive_round(project, 2022, {}, FIRST)
    assert archive_round(project, 2022, {}, LATER) == []
    assert len(read_journal(project)) == 1


def test_the_returns_of_a_day_come_back_as_they_were(project: Project, tmp_path: Path) -> None:
    send(project, "2022/thb/RO.xlsx", b"one")
    send(project, "2022/thb/RS.csv", b"lines")
    send(project, "2022/thb/RS.cover.csv", b"cover")
    dates = {"2022/thb/RO.xlsx": "2026-02-01", "2022/thb/RS.csv": "2026-02-03"}
    archive_round(project, 2022, dates, FIRST)
    send(project, "2022/thb/RO.xlsx", b"two")
    archive_round(project, 2022, {**dates, "2022/thb/RO.xlsx": "2026-04-02"}, LATER)
    (project.returns / "2022/thb/RS.csv").unlink()
    (project.returns / "2022/thb/RS.cover.csv").unlink()
    archive_round(project, 2022, {"2022/thb/RO.xlsx": "2026-04-02"}, LAST)
    both = {"2022/thb/RS.csv": b"lines", "2022/thb/RS.cover.csv": b"cover"}
    assert back(project, date(2026, 2, 1), tmp_path / "a") == {"2022/thb/RO.xlsx": b"one"}
    assert back(project, date(2026, 4, 1), tmp_path / "b") == {"2022/thb/RO.xlsx": b"one", **both}
    assert back(project, date(2026, 4, 2), tmp_path / "c") == {"2022/thb/RO.xlsx": b"two", **both}
    assert back(project, LAST, tmp_path / "d") == {"2022/thb/RO.xlsx": b"two"}


@pytest.mark.parametrize(
    "told", ["", "March", "2026-02-30", "2026-12-01", "2026-01-31"], ids=["none", "word", "no day", "future", "older"]
)
def test_a_date_that_cannot_be_is_not_believed(project: Project, told: str) -> None:
    send(project, "2022/thb/RO.xlsx", b"one")
    archive_round(project, 2022, {"2022/thb/RO.xlsx": "2026-02-01"}, FIRST)
    send(project, "2022/thb/RO.xlsx", b"two")
    (event,) = archive_round(project, 2022, {"2022/thb/RO.xlsx": told}, LATER)
    assert event.known == "2026-04-10"


def test_a_day_before_anything_was_known_is_told(project: Project, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nothing was known"):
        restore(project, FIRST, tmp_path / "none")
    send(project, "2022/thb/RO.xlsx", b"one")
    archive_round(project, 2022, {}, FIRST)
    with pytest.raises(UserError, match="days from 2026-02-10 on"):
        restore(project, date(2026, 2, 9), tmp_path / "none")


def test_a_link_is_not_followed_and_no_content_of_the_archive(project: Project, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("not for the archive")
    link = project.returns / "2022" / "thb" / "RO.xlsx"
    link.parent.mkdir(parents=True)
    link.symlink_to(secret)
    assert archive_round(project, 2022, {}, FIRST) == []


def test_an_archived_file_that_was_changed_is_noticed(project: Project, tmp_path: Path) -> None:
    send(project, "2022/thb/RO.xlsx", b"one")
    (event,) = archive_round(project, 2022, {}, FIRST)
    original(project, event.sha256).write_bytes(b"another")
    with pytest.raises(UserError, match=r"not 2022/thb/RO\.xlsx any more"):
        restore(project, FIRST, tmp_path / "back")
    original(project, event.sha256).unlink()
    with pytest.raises(UserError, match="the archive lacks"):
        restore(project, FIRST, tmp_path / "back")


