"""Does a rehearsal try the whole year, in a place of its own, and tell what did not work?"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from builds import ROOT

from pipeline.errors import UserError
from pipeline.project import CODE_ROOT, Project
from pipeline.returns.intake.folder import find_returns
from pipeline.steps.rehearsal.account import Account, Done, write_account
from pipeline.steps.rehearsal.exercise import Days, Exercise, prepare
from pipeline.steps.rehearsal.marks import EXERCISE
from pipeline.steps.rehearsal.senders import Manner, Senders
from pipeline.steps.rehearsal.year import Plan, rehearse

ROUND = 2024
OPENS = Days.of(ROUND).opens
STATES = ("BG", "HU", "ME", "RO", "RS", "TR")
ODD = (Manner.WRONG, Manner.BROKEN, Manner.LATE, Manner.ODD, Manner.AS_CSV)


def exercise(folder: Path, states: tuple[str, ...] = STATES) -> Exercise:
    return prepare(
        Project(ROOT),
        folder,
        round_=ROUND,
        reports=("thb",),
        versions=("restricted", "public"),
        states=states,
    )


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Exercise:
    return exercise(tmp_path_factory.mktemp("exercise") / "here")


def digest_of(folder: Path) -> str:
    whole = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        whole.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return whole.hexdigest()


@pytest.mark.thorough
@pytest.mark.slow
@pytest.mark.parametrize("size", ["small", "assessment"])
def test_a_year_goes_from_the_opening_to_copies(tmp_path: Path, size: str) -> None:
    folder = tmp_path / "a year, Година"
    before = {name: digest_of(ROOT / name) for name in ("data_contracts", "sql", "templates")}
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("SELEC_", "MAKE"))}
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "rehearsal", "--round", f"{ROUND}", "--size", size]
        + ["--to", str(folder)],
        cwd=ROOT,
        env=inherited,
        capture_output=True,
        text=True,
        timeout=1500,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    assert "all of them worked: GO, editions and copies" in done.stdout
    account = json.loads((folder / "rehearsal.json").read_text(encoding="utf-8"))
    assert account["failed"] == 0
    # What the year must have met: refusals that were asked for, with their own codes.
    assert {t["code"] for t in account["tried"]} == {0, 5, 11, 13, 16}
    told = {t["what"] for t in account["tried"]}
    assert ("paper 2 is signed" in told) == (size == "assessment")
    editions = folder / "records" / "releases" / "editions"
    assert {p.parent.parent.name for p in editions.glob("*/*/edition.json")} == {
        "restricted",
        "public",
    }
    for page in ("desk", "gate"):
        found = [p for p in (folder / "outputs").rglob("*.html") if page in p.read_text("utf-8")]
        assert found
        assert all(EXERCISE in p.read_text(encoding="utf-8") for p in found)
    assert before == {name: digest_of(ROOT / name) for name in before}


def test_a_rehearsal_begins_in_an_empty_folder_only(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UserError, match="begins in an empty folder") as told:
        exercise(tmp_path)
    assert "TO=" in told.value.do
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]
    with pytest.raises(UserError, match="begins in an empty folder"):
        exercise(tmp_path / "mine.txt")


def test_everything_that_pages_are_made_of_is_marked(prepared: Exercise) -> None:
    templates = prepared.project.templates
    pages = 0
    for path in sorted(p for p in templates.rglob("*") if p.suffix in (".j2", ".css")):
        text = path.read_text(encoding="utf-8")
        if "<body" in text or re.search(r"^ *@page\b", text, re.MULTILINE):
            pages += 1
            assert EXERCISE in text or path.name == "base.html.j2", path
    assert pages > 12
    versions = (templates / "shared" / "versions.yaml").read_text(encoding="utf-8")
    assert versions.count(f"marking: '{EXERCISE}: ") == versions.count("marking: ") == 3
    assert all(c.title.startswith(EXERCISE) for c in prepared.contracts())


def test_the_project_of_an_exercise_has_days_people_and_population(prepared: Exercise) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "lint"],
        cwd=prepared.root,
        env={**os.environ, "PYTHONPATH": str(CODE_ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    members = [m.code for m in prepared.contracts().members(ROUND)]
    assert members == list(STATES)
    assert not prepared.contracts().contract("octa").tables_of(ROUND)
    assert (
        subprocess.run(
            ["git", "status", "--porcelain"], cwd=prepared.root, capture_output=True, check=True
        ).stdout
        == b""
    )


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("never", [0, 1, 3])
def test_each_thing_that_can_go_wrong_goes_wrong_once(
    prepared: Exercise, seed: int, never: int
) -> None:
    senders = Senders.of(prepared, seed=seed, never=never)
    assert list(senders.manners) == list(STATES)
    assert len(senders.those(Manner.NEVER)) == never
    # With few states, the first ones of the list go first.
    for manner in ODD[: len(STATES) - never]:
        assert len(senders.those(manner)) == 1, manner


@pytest.mark.parametrize("manner", Manner)
def test_a_state_that_was_given_more_time_owes_only_what_cannot_be_read(
    prepared: Exercise, manner: Manner
) -> None:
    assert prepared.days.reminded < prepared.days.extended
    manners = dict.fromkeys(STATES, Manner.LATE) | {prepared.extended: manner}
    owing = Senders(prepared, 1, manners).owing()
    assert (prepared.extended in owing) == (manner is Manner.BROKEN)
    assert set(STATES) - {prepared.extended} <= set(owing)


def test_what_states_send_lies_where_returns_are_read(tmp_path: Path) -> None:
    here = exercise(tmp_path / "here", states=STATES[:3])
    senders = Senders(here, 1, dict.fromkeys(STATES[:3], Manner.AS_CSV))
    for state in STATES[:3]:
        assert senders.send(state, day=here.days.due)
    found = find_returns(here.project, here.contracts(), round_=ROUND)
    assert sorted(f.state for f in found if not f.rule) == sorted(STATES[:3])


def test_what_does_not_work_is_told_and_the_year_goes_on(tmp_path: Path) -> None:
    """A pipeline of which no command works: all of the year is tried, all of it told."""
    asked: list[Sequence[str]] = []

    def broken(folder: Path, arguments: Sequence[str]) -> Done:
        asked.append(arguments)
        return Done(1, "Traceback (most recent call last)\nboom")

    told: list[str] = []
    plan = Plan(ROUND, ("thb",), ("restricted", "public"), STATES)
    account = rehearse(Project(ROOT), tmp_path / "x", plan, run=broken, tell=told.append)
    commands = {arguments[0] for arguments in asked}
    assert {"open", "run", "late", "remind", "gate", "submit", "release", "copies"} <= commands
    failed = {t.what for t in account.failed}
    assert {t.what for t in account.tried if t.command} <= failed
    assert all("boom" in t.wrong for t in account.failed if t.command)
    assert sum("FAILED" in line for line in told) == len(account.failed)
    page, content = sorted(write_account(Project(tmp_path / "x"), account, heading={"round": "x"}))
    assert "did not work" in page.read_text(encoding="utf-8")
    assert json.loads(content.read_text(encoding="utf-8"))["failed"] == len(account.failed)


@pytest.mark.parametrize(
    ("done", "expected", "wrong"),
    [
        (Done(0, "fine"), 0, ""),
        (Done(13, "NO-GO"), 13, ""),
        (Done(0, "GO"), 13, "exit code 0, not 13: GO"),
        (Done(0, "Traceback (most recent call last)\nx"), 0, "exit code 0, not 0: Traceback"),
        (Done(137, ""), 0, "exit code 137, not 0"),
    ],
)
def test_a_command_ends_as_it_should_or_that_is_told(
    tmp_path: Path, done: Done, expected: int, wrong: str
) -> None:
    account = Account(tmp_path, lambda folder, arguments: done, lambda line: None)
    account.command(OPENS, "something", "gate", expected=expected)
    (tried,) = account.tried
    assert tried.wrong.startswith(wrong)
    assert bool(tried.wrong) == bool(wrong)


def test_what_cannot_be_looked_at_is_told(tmp_path: Path) -> None:
    account = Account(tmp_path, lambda folder, arguments: Done(0, "no JSON"), lambda line: None)
    account.command(OPENS, "a list", "late", wrong=lambda told: json.loads(told))
    account.act(OPENS, "something by hand", lambda: [][0])
    assert [t.wrong.split(":")[0] for t in account.failed] == ["JSONDecodeError", "IndexError"]
