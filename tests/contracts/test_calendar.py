"""Does the calendar hold only days that can be, each mistake told with its line?"""

from __future__ import annotations

import re
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import yaml
from builds import ROOT
from here import Done, run_here
from icalendar import Calendar as ICalendar

from pipeline.contracts.calendar import FILES, Calendar, load_calendar
from pipeline.contracts.model import Contracts
from pipeline.contracts.policy import load_policy
from pipeline.errors import ContractError
from pipeline.returns.round.ics import calendar_file

PAGE = ROOT / "docs" / "how-to" / "calendar.md"
EXAMPLE = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[0]


def read(folder: Path, contracts: Contracts, text: str = EXAMPLE) -> Calendar:
    for name in FILES:
        shutil.copy(ROOT / "data_contracts" / name, folder / name)
    (folder / "calendar.yaml").write_text(text, encoding="utf-8")
    return load_calendar(folder, contracts, policy=load_policy(ROOT / "data_contracts", contracts))


@pytest.fixture
def example(tmp_path: Path, contracts: Contracts) -> Calendar:
    return read(tmp_path, contracts)


def test_the_calendar_of_the_project_is_read(contracts: Contracts) -> None:
    policy = load_policy(ROOT / "data_contracts", contracts)
    assert load_calendar(ROOT / "data_contracts", contracts, policy=policy).entries == ()


def test_the_example_of_the_page_is_read(example: Calendar) -> None:
    (thb,) = example.of_round(2022)
    assert (thb.due_of("RO"), thb.due_of("TR")) == (date(2023, 3, 31), date(2023, 4, 14))
    assert thb.reminders_of("TR") == [date(2023, 3, 31), date(2023, 4, 11), date(2023, 4, 21)]
    assert dict(thb.release)["public"].astimezone(UTC) == datetime(2023, 6, 19, 7, tzinfo=UTC)
    assert example.of_round(2023) == ()
    days = [h.day for h in thb.happenings()]
    assert days == sorted(days)
    assert len(days) == 13


def test_what_may_be_left_out_can_be(tmp_path: Path, contracts: Contracts) -> None:
    content = yaml.safe_load(EXAMPLE)
    needed = ("round", "report", "opens", "due", "cutoff", "release")
    content["rounds"] = [{name: content["rounds"][0][name] for name in needed}]
    (thb,) = read(tmp_path, contracts, yaml.safe_dump(content)).entries
    assert (thb.proofs, thb.embargo, thb.next, thb.reminders) == (None, None, None, ())
    assert len(list(thb.happenings())) == 5


WRONG = {
    "a day that is none": ("2023-03-31", "2023-02-30", "rounds.1.due: there is no '2023-02-30'"),
    "an hour that is none": ("12 10:00", "12 25:00", "there is no '2023-06-12 25:00'"),
    "a day in words": ("2023-05-12", "12 May 2023", "rounds.1.cutoff"),
    "due before it opens": ("2023-03-31", "2023-01-31", "before the round opens on 2023-02-01"),
    "cut off before due": ("2023-05-12", "2023-03-30", "before they are due on 2023-03-31"),
    "more time that is less": ("2023-04-14", "2023-03-31", "rounds.1.extended.TR: more time"),
    "more time than there is": ("2023-04-14", "2023-05-13", "the cut-off on 2023-05-12"),
    "a state that is not asked": ("TR:", "HR:", "'HR' is not asked, only AL, BA"),
    "released before the cut-off": ("2023-06-12 10", "2023-05-11 10", "before the cut-off"),
    "proofs after the release": ("2023-05-26", "2023-06-13", "proof sheets are back on 2023-06-13"),
    "embargo after the release": (
        'embargo: "2023-06-19',
        'embargo: "2023-06-20',
        "after the public release",
    ),
    "a meeting before": ('["2023-05-04"]', '["2023-01-04"]', "before the round opens"),
    "the next round before": ("2024-02-01", "2023-02-01", "not after this one"),
    "a report that is none": ("thb", "drugs", "there is no report 'drugs', only thb"),
    "a version that is none": ("restricted:", "secret:", "no version 'secret', only restricted"),
    "a zone that is none": ("Europe/Bucharest", "Europe/Nowhere", "no name of the time zone"),
    "a zone that is a path": ("Europe/Bucharest", "../../etc/passwd", "no name of the time zone"),
    "an unknown entry": ("proofs:", "prooofs:", "prooofs"),
    "a reminder in words": ("[14, 3, -7]", "[14, soon]", "rounds.1.reminders.2"),
}


@pytest.mark.parametrize(("old", "new", "told"), WRONG.values(), ids=list(WRONG))
def test_a_mistake_is_told_with_its_line(
    old: str, new: str, told: str, tmp_path: Path, contracts: Contracts
) -> None:
    assert old in EXAMPLE
    with pytest.raises(ContractError) as refused:
        read(tmp_path, contracts, EXAMPLE.replace(old, new, 1))
    assert told in str(refused.value)
    assert re.search(r"line \d+", str(refused.value))
    assert "docs/how-to/calendar.md" in str(refused.value)


def test_a_round_that_stands_twice_is_told(tmp_path: Path, contracts: Contracts) -> None:
    entry = EXAMPLE[EXAMPLE.index("  - round:") :]
    with pytest.raises(ContractError, match="thb of round 2022 stands twice"):
        read(tmp_path, contracts, EXAMPLE + entry)


def test_calendar_programs_read_the_days(example: Calendar) -> None:
    found = [h for entry in example.entries for h in entry.happenings()]
    content = calendar_file(found)
    assert content == calendar_file(reversed(found))
    events = ICalendar.from_ical(content).walk("VEVENT")
    starts = {str(e["summary"]): e.decoded("dtstart") for e in events}
    assert len(events) == len({str(e["uid"]) for e in events}) == len(found)
    assert starts["thb 2022: returns are due"] == date(2023, 3, 31)
    assert starts["thb 2022: public version is released"] == datetime(2023, 6, 19, 7, tzinfo=UTC)


def test_a_day_that_was_moved_is_the_same_event(
    example: Calendar, tmp_path: Path, contracts: Contracts
) -> None:
    def events(calendar: Calendar) -> dict[str, str]:
        found = [h for entry in calendar.entries for h in entry.happenings()]
        walked = ICalendar.from_ical(calendar_file(found)).walk("VEVENT")
        return {str(e["summary"]): str(e["uid"]) for e in walked}

    moved = read(tmp_path, contracts, EXAMPLE.replace("2023-05-12", "2023-05-15"))
    assert events(moved) == events(example)


def test_the_commands_print_the_days(tmp_path: Path) -> None:
    """In a project of its own, as its analysts call them."""
    for name in ("data_contracts", "templates"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "data_contracts" / "calendar.yaml").write_text(EXAMPLE, encoding="utf-8")

    def run(*arguments: str) -> Done:
        return run_here(*arguments, root=tmp_path, environment={"PATH": "/usr/bin:/bin"})

    told = run("calendar", "--out", "days.ics")
    assert told.returncode == 0, told.stderr
    assert "2023-06-19 10:00" in told.stdout
    assert "data cut-off" in told.stdout
    assert (tmp_path / "days.ics").read_bytes().startswith(b"BEGIN:VCALENDAR\r\n")
    late = run("late", "--round", "2022", "--date", "2023-04-05")
    assert late.returncode == 0, late.stderr
    assert "thb: 11 of 11 owe their return: AL, BA, BG" in late.stdout
    for arguments, what in (
        (("late", "--round", "2021"), "round 2021 is not entered"),
        (("calendar", "--round", "1999"), "round 1999 is not entered"),
        (("late", "--round", "2022", "--date", "soon"), "'soon' is no day"),
    ):
        refused = run(*arguments)
        assert refused.returncode == 2
        assert what in refused.stderr
        assert "Traceback" not in refused.stderr
