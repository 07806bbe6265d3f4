"""Is every file kept as it was sent, and can the returns of any day be put together
again?
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline.contracts.model import load_contracts
from pipeline.errors import UserError
from pipeline.numbers.warehouse.ledger import load_round
from pipeline.project import Project
from pipeline.returns.archive import TAKEN, archive_round, original, restore
from pipeline.returns.journal import Event, read_journal
from pipeline.returns.rules.outcome import Validation
from pipeline.returns.rules.validation import validate_and_write

ROOT = Path(__file__).parents[2]
CONTRACTS = load_contracts(ROOT / "data_contracts")

FIRST = date(2026, 2, 10)
LATER = date(2026, 4, 10)
LAST = date(2026, 5, 10)


def send(project: Project, name: str, content: bytes) -> Path:
    path = project.returns / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def back(project: Project, day: date, folder: Path) -> dict[str, bytes]:
    restore(project, day, folder=folder)
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


def test_a_file_is_kept_by_its_hash_for_its_owner_only(project: Project) -> None:
    send(project, "2022/thb/RO.xlsx", b"one")
    (event,) = archive_round(project, 2022, dates={"2022/thb/RO.xlsx": "2026-02-01"}, today=FIRST)
    assert event == Event("2026-02-01", "2026-02-10", "2022/thb/RO.xlsx", event.sha256)
    kept = original(project, event.sha256)
    assert kept.read_bytes() == b"one"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert (
        stat.S_IMODE(project.archive.stat().st_mode)
        == stat.S_IMODE(kept.parent.stat().st_mode)
        == 0o700
    )


def test_what_did_not_change_is_not_entered_again(project: Project) -> None:
    send(project, "2022/thb/RO.xlsx", b"one")
    archive_round(project, 2022, dates={}, today=FIRST)
    assert archive_round(project, 2022, dates={}, today=LATER) == []
    assert len(read_journal(project)) == 1


def test_the_returns_of_a_day_come_back_as_they_were(project: Project, tmp_path: Path) -> None:
    send(project, "2022/thb/RO.xlsx", b"one")
    send(project, "2022/thb/RS.csv", b"lines")
    send(project, "2022/thb/RS.cover.csv", b"cover")
    dates = {"2022/thb/RO.xlsx": "2026-02-01", "2022/thb/RS.csv": "2026-02-03"}
    archive_round(project, 2022, dates=dates, today=FIRST)
    send(project, "2022/thb/RO.xlsx", b"two")
    archive_round(project, 2022, dates={**dates, "2022/thb/RO.xlsx": "2026-04-02"}, today=LATER)
    (project.returns / "2022/thb/RS.csv").unlink()
    (project.returns / "2022/thb/RS.cover.csv").unlink()
    archive_round(project, 2022, dates={"2022/thb/RO.xlsx": "2026-04-02"}, today=LAST)
    both = {"2022/thb/RS.csv": b"lines", "2022/thb/RS.cover.csv": b"cover"}
    assert back(project, date(2026, 2, 1), tmp_path / "a") == {"2022/thb/RO.xlsx": b"one"}
    assert back(project, date(2026, 4, 1), tmp_path / "b") == {"2022/thb/RO.xlsx": b"one", **both}
    assert back(project, date(2026, 4, 2), tmp_path / "c") == {"2022/thb/RO.xlsx": b"two", **both}
    assert back(project, LAST, tmp_path / "d") == {"2022/thb/RO.xlsx": b"two"}


@pytest.mark.parametrize(
    "told",
    ["", "March", "2026-02-30", "2026-12-01", "2026-01-31"],
    ids=["none", "word", "no day", "future", "older"],
)
def test_a_date_that_cannot_be_is_not_believed(project: Project, told: str) -> None:
    send(project, "2022/thb/RO.xlsx", b"one")
    archive_round(project, 2022, dates={"2022/thb/RO.xlsx": "2026-02-01"}, today=FIRST)
    send(project, "2022/thb/RO.xlsx", b"two")
    (event,) = archive_round(project, 2022, dates={"2022/thb/RO.xlsx": told}, today=LATER)
    assert event.known == "2026-04-10"


@pytest.mark.parametrize("wrong", [date(2016, 1, 1), FIRST, date(2026, 4, 9)])
def test_a_clock_that_was_set_back_makes_nothing_known_earlier(
    project: Project, tmp_path: Path, wrong: date
) -> None:
    """What came later is known later, and the date on its cover is believed as ever."""
    send(project, "2022/thb/RO.xlsx", b"first")
    archive_round(project, 2022, dates={}, today=LATER)
    send(project, "2022/thb/RO.xlsx", b"second")
    send(project, "2022/thb/BG.xlsx", b"dated")
    send(project, "2022/thb/GR.xlsx", b"not dated")
    dates = {"2022/thb/BG.xlsx": "2026-03-01"}
    archive_round(project, 2022, dates=dates, today=wrong)
    (project.returns / "2022/thb/GR.xlsx").unlink()
    archive_round(project, 2022, dates=dates, today=wrong)
    events = [(e.file.split("/")[-1], e.known, e.seen) for e in read_journal(project)]
    assert events == [
        ("RO.xlsx", f"{LATER}", f"{LATER}"),
        ("BG.xlsx", "2026-03-01", f"{wrong}"),
        ("GR.xlsx", f"{LATER}", f"{wrong}"),
        ("RO.xlsx", f"{LATER}", f"{wrong}"),
        ("GR.xlsx", f"{LATER}", f"{wrong}"),
    ]
    assert back(project, date(2026, 4, 1), tmp_path / "a") == {"2022/thb/BG.xlsx": b"dated"}
    assert back(project, LATER, tmp_path / "b") == {
        "2022/thb/BG.xlsx": b"dated",
        "2022/thb/RO.xlsx": b"second",
    }


def test_a_day_before_anything_was_known_is_told(project: Project, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nothing was known"):
        restore(project, FIRST, folder=tmp_path / "none")
    send(project, "2022/thb/RO.xlsx", b"one")
    archive_round(project, 2022, dates={}, today=FIRST)
    with pytest.raises(UserError, match="days from 2026-02-10 on"):
        restore(project, date(2026, 2, 9), folder=tmp_path / "none")


def test_a_link_is_not_followed_and_no_content_of_the_archive(
    project: Project, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("not for the archive")
    link = project.returns / "2022" / "thb" / "RO.xlsx"
    link.parent.mkdir(parents=True)
    link.symlink_to(secret)
    assert archive_round(project, 2022, dates={}, today=FIRST) == []


def test_an_archived_file_that_was_changed_is_noticed(project: Project, tmp_path: Path) -> None:
    send(project, "2022/thb/RO.xlsx", b"one")
    (event,) = archive_round(project, 2022, dates={}, today=FIRST)
    original(project, event.sha256).write_bytes(b"another")
    with pytest.raises(UserError, match=r"not 2022/thb/RO\.xlsx any more"):
        restore(project, FIRST, folder=tmp_path / "back")
    original(project, event.sha256).unlink()
    with pytest.raises(UserError, match="the archive lacks"):
        restore(project, FIRST, folder=tmp_path / "back")


# The bytes that are read are those that are kept.

LINE = b"table,state,year,value,obs_status,conf_status,note\nOCT_DRUG_OFFENCES,RO,2022,%d,,,\n"
COVER = b"field,answer\nreport,octa\nstate,RO\nround,2022\ndate,2023-03-31\n"


def agree(project: Project, validation: Validation) -> dict[str, bytes]:
    """The bytes of each file that was read, by its name; journal, archive and ledger
    must speak of the same ones.
    """
    load_round(
        project.warehouse,
        project.work(2022) / "staged.duckdb",
        contracts=CONTRACTS,
        refused=validation.refused,
    )
    with duckdb.connect(str(project.warehouse), read_only=True) as ledger:
        loaded = dict(
            ledger.execute("select file, sha256 from submissions where cells > 0").fetchall()
        )
    journal = {e.file: e.sha256 for e in read_journal(project)}
    read = {f.file: f.sha256 for f in validation.reading.files if f.sha256}
    assert read
    assert loaded.items() <= read.items() <= journal.items()
    contents = {name: original(project, sha256).read_bytes() for name, sha256 in read.items()}
    assert {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()} == read
    return contents


def swap(path: Path) -> None:
    path.write_bytes(LINE % 999)


def replace_by_another(path: Path) -> None:
    (path.parent / "new").write_bytes(LINE % 999)
    (path.parent / "new").rename(path)


@pytest.mark.parametrize(
    "act",
    [
        swap,
        replace_by_another,
        Path.unlink,
        lambda p: (p.unlink(), p.symlink_to("/etc/passwd")),
        lambda p: p.chmod(0),
    ],
    ids=["written over", "replaced", "removed", "made a link", "locked"],
)
@pytest.mark.parametrize("when", ["reading", "checking"])
def test_whatever_happens_to_a_file_meanwhile_figures_and_archive_agree(
    project: Project, act: Callable[[Path], object], when: str
) -> None:
    path = send(project, "2022/octa/RO.csv", LINE % 80)
    _ = send(project, "2022/octa/RO.cover.csv", COVER)
    acted: list[str] = []

    def meanwhile(what: str, done: int = 0, total: int = 0) -> None:
        if not acted and what.startswith(when):
            acted.append(what)
            act(path)

    validation = validate_and_write(project, CONTRACTS, round_=2022, progress=meanwhile)
    assert acted
    assert agree(project, validation) == {"2022/octa/RO.csv": LINE % 80}
    assert [(f.state, f.outcome) for f in validation.reading.files] == [("RO", "read")]


def test_a_file_changed_while_it_is_copied_is_kept_under_the_hash_of_the_copy(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = send(project, "2022/octa/RO.csv", LINE % 80)
    digest = hashlib.file_digest
    send(project, "2022/octa/RO.cover.csv", COVER)

    def then_changed(file: Any, name: str) -> Any:
        result = digest(file, name)
        if file.name == str(path):
            path.write_bytes(LINE % 999)
        return result

    monkeypatch.setattr("pipeline.returns.archive.hashlib.file_digest", then_changed)
    validation = validate_and_write(project, CONTRACTS, round_=2022)
    monkeypatch.undo()
    assert agree(project, validation) == {"2022/octa/RO.csv": LINE % 999}


def test_what_is_no_file_stays_none_and_a_giant_is_not_copied(project: Project) -> None:
    folder = send(project, "2022/octa/RO.csv", LINE % 80).parent
    (folder / "BG.csv").symlink_to(folder / "RO.csv")
    os.mkfifo(folder / "TR.csv")
    (folder / "GR.xlsx").mkdir()
    with (folder / "HU.xlsx").open("wb") as giant:
        giant.truncate(1 << 40)
    validation = validate_and_write(project, CONTRACTS, round_=2022)
    rules = {f.state: f.rule for f in validation.findings if f.severity == "error"}
    assert rules == {
        "BG": "linked-file",
        "TR": "not-a-file",
        "GR": "not-a-file",
        "HU": "unsafe-file",
    }
    assert [e.file for e in read_journal(project)] == ["2022/octa/RO.csv"]
    assert not (project.work(2022) / TAKEN).exists()


def test_a_damaged_original_is_put_right_by_the_file_that_still_lies_there(
    project: Project,
) -> None:
    send(project, "2022/octa/RO.csv", LINE % 80)
    (event,) = archive_round(project, 2022, dates={}, today=FIRST)
    original(project, event.sha256).write_bytes(LINE % 81)
    agree(project, validate_and_write(project, CONTRACTS, round_=2022))


def test_what_a_run_that_was_killed_left_is_taken_away(project: Project) -> None:
    send(project, "2022/octa/RO.csv", LINE % 80)
    left = project.work(2022) / TAKEN / "2022" / "octa"
    left.mkdir(parents=True)
    (left / "BG.csv").write_bytes(LINE % 7)
    validation = validate_and_write(project, CONTRACTS, round_=2022)
    assert [f.file for f in validation.reading.files] == ["2022/octa/RO.csv"]
