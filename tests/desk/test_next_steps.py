"""Does the desk say what is due, what to do next, and never call a newer build released?"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from builds import ROOT

from pipeline.contracts.model import Contracts
from pipeline.desk.due import Due, due_on
from pipeline.desk.links import Links, page_of
from pipeline.desk.todo import next_of_states, next_of_version
from pipeline.project import Project
from pipeline.release.editions import Known
from pipeline.release.signoff.built import BuiltNow
from pipeline.release.signoff.events import Release
from pipeline.release.signoff.record import Subject
from pipeline.returns.round.owed import Owed, Standing

SUBJECT = Subject(2022, "thb", "public")
RELEASE = Release(
    "Dora K.", "director", "2023-05-05", None, False, 1, "thb-2022-public-1", {}, False
)
BUILT = BuiltNow(SUBJECT, "draft", "released", 2, 3, Known(SUBJECT, RELEASE, None, None), (), False)
CALENDAR = """
zone: Europe/Bucharest
rounds:
  - round: 2022
    report: thb
    opens: "2023-01-16"
    due: "2023-03-31"
    cutoff: "2023-05-12"
    release:
      public: "2023-06-15 10:00"
"""


@pytest.mark.parametrize(
    ("change", "stale", "without", "command"),
    [
        ({}, "", 0, "make submit ROUND=2022 REPORT=thb VERSION=public"),
        ({}, "", 4, "make accept ROUND=2022 REPORT=thb"),
        ({}, "return RO.xlsx changed", 0, "make report ROUND=2022 REPORT=thb VERSION=public"),
        ({"state": "in review"}, "", 0, "make approve ROUND=2022 REPORT=thb VERSION=public"),
        ({"state": "approved"}, "", 0, "make release ROUND=2022 REPORT=thb VERSION=public"),
        ({"state": "withdrawn"}, "", 0, "make submit ROUND=2022 REPORT=thb VERSION=public"),
        (
            {"state": "released"},
            "code changed",
            0,
            "make report ROUND=2022 REPORT=thb VERSION=public",
        ),
    ],
)
def test_each_version_has_its_next_command(
    change: dict[str, str], stale: str, without: int, command: str
) -> None:
    built = replace(BUILT, **change)  # type: ignore[arg-type]
    found = next_of_version(built, stale=stale, without_reason=without, unsettled=0)
    assert found is not None
    assert found.command.startswith(command)
    assert stale in found.what


def test_a_released_version_waits_for_nothing() -> None:
    released = replace(BUILT, state="released")
    assert next_of_version(released, stale="", without_reason=3, unsettled=2) is None


def test_what_reviewers_wait_for_comes_before_an_approval() -> None:
    for state in ("in review", "approved"):
        found = next_of_version(
            replace(BUILT, state=state), stale="", without_reason=0, unsettled=2
        )
        assert found is not None
        assert found.command == "make review ROUND=2022 REPORT=thb VERSION=public"


def test_a_newer_build_is_a_draft_beside_the_edition_that_readers_have() -> None:
    assert BUILT.told == (
        "DRAFT 3, another build than edition 1; not handed in and not approved, to be edition 2"
    )
    other = replace(BUILT, record="approved")
    assert other.told.endswith("; what is approved is another build")
    step = next_of_version(other, stale="", without_reason=0, unsettled=0)
    assert step is not None
    assert "again, it is another build now" in step.what


def test_what_is_owed_and_asked_is_next() -> None:
    day = date(2023, 4, 3)
    late = Owed("thb", "RO", date(2023, 3, 31), False, Standing.LATE, None, 3)
    waited = replace(late, state="BG", standing=Standing.WAITED_FOR)
    due = Due(day, True, (), (late, waited))
    steps = list(next_of_states(2022, due=due, queries={"GR": 4, "RO": 2}))
    assert [(s.what, s.command) for s in steps] == [
        ("late or refused: RO", "make late ROUND=2022"),
        ("6 were not asked yet, of GR, RO", "make ask ROUND=2022 STATE=GR DATE="),
    ]
    assert list(next_of_states(2022, due=Due(day, False), queries={})) == []


def test_due_are_the_days_to_come_and_the_returns_that_are_owed(
    contracts: Contracts, tmp_path: Path
) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "returns").mkdir()
    for name in ("templates", "sql"):
        (root / name).symlink_to(ROOT / name)
    folder = root / "data_contracts"
    folder.mkdir()
    for path in (ROOT / "data_contracts").iterdir():
        if path.name != "calendar.yaml":
            (folder / path.name).symlink_to(path)
    (folder / "calendar.yaml").write_text(CALENDAR, encoding="utf-8")
    project = Project(root, tmp_path / "outputs", tmp_path / "returns")
    due = due_on(project, contracts, round_=2022, day=date(2023, 5, 1))
    assert [(d.when, d.days) for d in due.days] == [
        ("2023-05-12", 11),
        ("2023-06-15 10:00", 45),
    ]
    assert len(due.late) == len(due.owed) == 11
    assert not due_on(project, contracts, round_=2021, day=date(2023, 5, 1)).is_entered


def test_the_pages_of_other_rounds_are_led_to_and_nothing_else_beside_them(tmp_path: Path) -> None:
    links = [page_of(2021), "round-20211.html", "round-2021.htm", "desk.html", "round-../a.html"]
    (tmp_path / "index.html").write_text("".join(f'<a href="{n}">x</a>' for n in links))
    for name in links[:4]:
        (tmp_path / name).write_text("")
    assert Links(tmp_path, reports=["thb"]).listed() == {"index.html", "round-2021.html"}
