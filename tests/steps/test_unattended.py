"""Does a run do what calendar and record allow on a day, and end as its stages do?"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from builds import ROOT

from pipeline.contracts.calendar import Calendar, Dates
from pipeline.contracts.operations import Operations
from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.release.operations.runs import read_runs, recorded
from pipeline.steps.unattended import Stage, Way, round_of, run_stages, way_of

SUBJECT = ("--round", "1", "--report", "thb", "--version", "public")
SETTINGS = Operations(("restricted", "public"), 0, 100, 5, "daily", 60, "4G")


def days(report: str, opens: str, due: str, round_: int = 2024) -> Dates:
    day = date.fromisoformat
    return Dates(round_, report, day(opens), day(due), day(due), ())


THB = days("thb", "2025-01-15", "2025-03-31")
OCTA = days("octa", "2025-02-01", "2025-04-30")


def way_on(day: str, *entries: Dates, has_returns: bool = True) -> Way:
    return way_of(
        2024,
        entries=entries,
        reports=("thb", "migration", "octa"),
        settings=SETTINGS,
        day=date.fromisoformat(day),
        has_returns=has_returns,
    )


def commands(day: str, *entries: Dates) -> list[str]:
    way = way_on(day, *entries)
    return [" ".join(stage.arguments[:1] + stage.arguments[4:5]) for stage in way.stages]


@pytest.mark.parametrize(
    ("day", "done"),
    [
        ("2025-01-14", []),
        ("2025-01-15", ["validate", "remind 2025-01-15"]),
        ("2025-03-30", ["validate", "remind 2025-03-30"]),
        ("2025-03-31", ["validate", "remind 2025-03-31", "build thb", "gate thb", "desk"]),
        ("2025-04-29", ["validate", "remind 2025-04-29", "build thb", "gate thb", "desk"]),
        (
            "2025-04-30",
            ["validate", "remind 2025-04-30", "build thb octa", "gate thb", "gate octa", "desk"],
        ),
    ],
)
def test_the_calendar_says_how_far_a_run_goes(day: str, done: list[str]) -> None:
    assert commands(day, THB, OCTA) == done


def test_a_round_that_is_not_entered_waits_for_nothing() -> None:
    assert commands("2025-01-01") == [
        "validate",
        "build thb migration octa",
        "gate 2025-01-01",
        "desk",
    ]


def test_why_a_report_is_not_built_is_told() -> None:
    way = way_on("2025-01-20", THB, OCTA)
    assert way.why == (
        "thb: returns are due on 2025-03-31, no report is built before",
        "octa: opens on 2025-02-01",
    )


def test_what_is_collected_without_a_report_is_read_and_nothing_is_built_of_it() -> None:
    judged = days("judged", "2025-01-01", "2025-01-31")
    assert commands("2024-12-31", judged, THB) == []
    for day in ("2025-01-10", "2025-02-10"):
        assert commands(day, judged, THB) == ["validate", f"remind {day}"]
    assert "build thb" in commands("2025-03-31", judged, THB)
    assert not [line for line in way_on("2025-03-31", judged, THB).why if "judged" in line]


@pytest.mark.parametrize(
    ("day", "done"),
    [
        ("2025-01-14", []),
        ("2025-01-15", ["remind"]),
        ("2025-03-30", ["remind"]),
        ("2025-03-31", ["validate", "remind", "build", "gate", "desk"]),
    ],
)
def test_without_any_return_nothing_is_read_until_the_first_are_due(
    day: str, done: list[str]
) -> None:
    """A round that has just opened is no failure, day after day."""
    way = way_on(day, THB, OCTA, has_returns=False)
    assert [stage.arguments[0] for stage in way.stages] == done
    assert ("no return of round 2024 came yet" in way.why) == (done == ["remind"])


def test_the_newest_open_round_is_run() -> None:
    later = days("thb", "2026-01-15", "2026-03-31", 2025)
    calendar = Calendar("Europe/Bucharest", (THB, OCTA, later))
    assert round_of(calendar, date(2025, 12, 31)) == 2024
    assert round_of(calendar, date(2026, 1, 15)) == 2025
    with pytest.raises(UserError, match="no round is open on 2025-01-01"):
        round_of(calendar, date(2025, 1, 1))
    with pytest.raises(UserError, match="no round is open"):
        round_of(Calendar("Europe/Bucharest"), date(2025, 1, 1))


@pytest.fixture
def here(tmp_path: Path) -> Project:
    return Project(ROOT, tmp_path / "outputs")


def test_a_run_ends_with_the_code_of_the_stage_that_failed(here: Project) -> None:
    way = Way(
        (
            Stage("first", ("version",)),
            Stage("letters", ("late", "--round", "1999")),
            Stage("second", ("approve", *SUBJECT), True),
            Stage("third", ("version",)),
        ),
        (),
    )
    told: list[str] = []
    with recorded(here, "run 2024", round_=2024) as record:
        code = run_stages(here, way, record, tell=told.append)
    (run,) = read_runs(here)
    assert code == 2
    assert [(step.name, step.code) for step in run.steps] == [
        ("first", 0),
        ("letters", 2),
        ("second", 11),
    ]
    assert told == [
        "first: done",
        "letters: exit code 2",
        "second: exit code 11",
        "third: not tried: what it needs failed",
    ]
    printed = record.told.read_text(encoding="utf-8")
    assert "1999" in printed
    assert "1999" not in record.path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--date", "2012-02"), 2, "'2012-02' is no day"),
        (("--date", "2012-02-01"), 2, "no round is open on 2012-02-01"),
    ],
)
def test_what_keeps_a_run_from_beginning_is_the_last_run(
    here: Project, arguments: tuple[str, ...], code: int, said: str
) -> None:
    """Else the notice of a failure would tell of the run before, which was well."""
    with recorded(here, "run 2022", round_=2022):
        pass
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "run", *arguments],
        cwd=ROOT,
        env={**os.environ, "SELEC_OUTPUTS": str(here.outputs)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == code
    last, earlier = read_runs(here)
    assert (earlier.what, earlier.code) == ("run 2022", 0)
    assert (last.what, last.code, last.steps) == ("run", code, ())
    told = (here.records / "runs" / f"{last.id}.log").read_text(encoding="utf-8")
    assert said in told
    assert said in done.stderr
