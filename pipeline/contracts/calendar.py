"""When is what due? The calendar of rounds and reports, read and checked.

Days are those of the calendar's zone, hours are hours there. The clock is never asked
here: who wants to know what is late says on which day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipeline.contracts.checked_files import read_checked
from pipeline.contracts.layout import respondents
from pipeline.contracts.model import Contracts
from pipeline.contracts.policy import Policy
from pipeline.system.yaml_files import YamlFile

CALENDAR, SCHEMA = "calendar.yaml", "calendar.schema.json"
FILES = (CALENDAR, SCHEMA)
PAGE = "docs/how-to/calendar.md"


@dataclass(frozen=True)
class Happening:
    """Something of the calendar: when, of which round and report, and what. A moment
    has an hour and a zone, a day has neither.
    """

    when: date | datetime
    round: int
    report: str
    what: str

    @property
    def day(self) -> date:
        return self.when.date() if isinstance(self.when, datetime) else self.when


@dataclass(frozen=True)
class Dates:
    """The days of a report in a round.

    `extended`: states that asked for more time, and were given it, with their day.
    `reminders`: days before the due date of a state on which it is reminded; after it
    where negative. `release`: the hour at which each version is released. `embargo`:
    until when those who have it beforehand keep it to themselves.
    """

    round: int
    report: str
    opens: date
    due: date
    cutoff: date
    release: tuple[tuple[str, datetime], ...]
    extended: tuple[tuple[str, date], ...] = ()
    reminders: tuple[int, ...] = ()
    meetings: tuple[date, ...] = ()
    proofs: date | None = None
    embargo: datetime | None = None
    next: date | None = None

    def due_of(self, state: str) -> date:
        """The day on which the return of a state is due."""
        return dict(self.extended).get(state, self.due)

    def reminders_of(self, state: str) -> list[date]:
        """The days on which a state is reminded, as long as it owes its return."""
        return sorted(self.due_of(state) - timedelta(days) for days in self.reminders)

    def happenings(self) -> Iterator[Happening]:
        """Everything that stands in the calendar of the report, by time."""
        found: list[tuple[date | datetime, str]] = [
            (self.opens, "the round opens: forms go out"),
            (self.due, "returns are due"),
            *((day, f"return of {state} is due, extended") for state, day in self.extended),
            *((self.due - timedelta(n), "states that owe are reminded") for n in self.reminders),
            *((day, "experts meet") for day in self.meetings),
            (self.cutoff, "data cut-off: what comes later counts in the next edition"),
            *([(self.proofs, "proof sheets are back")] if self.proofs else []),
            *((hour, f"{version} version is released") for version, hour in self.release),
            *([(self.embargo, "the embargo ends")] if self.embargo else []),
            *([(self.next, "the next round opens")] if self.next else []),
        ]
        for when, what in sorted(found, key=lambda f: (_moment(f[0]), f[1])):
            yield Happening(when, self.round, self.report, what)


def _moment(when: date | datetime) -> tuple[date, str]:
    if isinstance(when, datetime):
        return when.date(), f"{when:%H:%M}"
    return when, ""


@dataclass(frozen=True)
class Calendar:
    """All rounds that are entered. `zone` is a name of the time zone database."""

    zone: str
    entries: tuple[Dates, ...] = field(default=())

    def of_round(self, round_: int) -> tuple[Dates, ...]:
        return tuple(entry for entry in self.entries if entry.round == round_)


def load_calendar(folder: Path, contracts: Contracts, *, policy: Policy) -> Calendar:
    """Read the calendar in `folder` (data_contracts). Raises ContractError with all that
    is wrong with it, each with its line.
    """
    path = folder / CALENDAR
    file = read_checked(
        path, folder / SCHEMA, wrong=lambda file: _wrong(file, contracts, policy=policy), page=PAGE
    )
    zone = ZoneInfo(file.content["zone"])
    return Calendar(zone.key, tuple(_read(entry, zone) for entry in file.content["rounds"]))


def _wrong(file: YamlFile, contracts: Contracts, *, policy: Policy) -> Iterator[str]:
    """What a schema cannot see: days that are none, and days and names that contradict
    each other or the contracts.
    """
    zone = file.content["zone"]
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield f"{file.place(('zone',))}: '{zone}' is no name of the time zone database"
    seen = set()
    for number, entry in enumerate(file.content["rounds"]):
        at: tuple[Any, ...] = ("rounds", number)
        if no_days := [*_no_days(entry)]:
            yield from (f"{file.place((*at, *path))}: {what}" for path, what in no_days)
            continue
        if (subject := (entry["round"], entry["report"])) in seen:
            yield f"{file.place(at)}: {entry['report']} of round {entry['round']} stands twice"
        seen.add(subject)
        for path, what in (*_unknown(entry, contracts, policy=policy), *_contradictions(entry)):
            yield f"{file.place((*at, *path))}: {what}"


def _no_days(entry: dict[str, Any]) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Days and hours that the calendar does not have, such as 30 February."""
    for name, value in entry.items():
        inside = (
            value.items()
            if isinstance(value, dict)
            else enumerate(value)
            if isinstance(value, list)
            else [(None, value)]
        )
        for key, text in inside:
            if not isinstance(text, str) or name == "report":
                continue
            try:
                datetime.fromisoformat(text)
            except ValueError:
                yield (name,) if key is None else (name, key), f"there is no '{text}'"


def _unknown(
    entry: dict[str, Any], contracts: Contracts, *, policy: Policy
) -> Iterator[tuple[tuple[Any, ...], str]]:
    reports = [contract.report for contract in contracts]
    if entry["report"] not in reports:
        yield ("report",), f"there is no report '{entry['report']}', only {', '.join(reports)}"
        return
    asked = respondents(contracts, entry["report"], round_=entry["round"])
    for state in entry.get("extended", {}):
        if state not in asked:
            yield ("extended", state), f"'{state}' is not asked, only {', '.join(asked)}"
    for version in entry["release"]:
        if version not in policy.versions:
            known = ", ".join(policy.versions)
            yield ("release", version), f"there is no version '{version}', only {known}"


def _contradictions(entry: dict[str, Any]) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Days that come before what must come before them."""
    due, cutoff = entry["due"], entry["cutoff"]
    if due < entry["opens"]:
        yield ("due",), f"returns are due on {due}, before the round opens on {entry['opens']}"
    for state, day in entry.get("extended", {}).items():
        if not due < day <= cutoff:
            yield (
                ("extended", state),
                f"more time until {day} ends not between {due}, when all are due, and the"
                f" cut-off on {cutoff}",
            )
    if cutoff < due:
        yield ("cutoff",), f"data are cut off on {cutoff}, before they are due on {due}"
    for number, meeting in enumerate(entry.get("meetings", [])):
        if meeting < entry["opens"]:
            yield ("meetings", number), f"experts meet on {meeting}, before the round opens"
    first = min(entry["release"].values())
    if first[:10] < cutoff:
        yield ("release",), f"a version is released on {first[:10]}, before the cut-off on {cutoff}"
    if (proofs := entry.get("proofs", cutoff)) < cutoff or proofs > first[:10]:
        yield (
            ("proofs",),
            f"proof sheets are back on {proofs}, not between the cut-off on {cutoff} and the first"
            f" release on {first[:10]}",
        )
    embargo, public = entry.get("embargo"), entry["release"].get("public")
    if embargo and public and embargo > public:
        yield ("embargo",), f"the embargo ends on {embargo}, after the public release on {public}"
    if (after := entry.get("next")) and after <= entry["opens"]:
        yield ("next",), f"the next round opens on {after}, not after this one"


def _read(entry: dict[str, Any], zone: ZoneInfo) -> Dates:
    def day(name: str) -> date | None:
        return date.fromisoformat(entry[name]) if name in entry else None

    def hour(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=zone)

    return Dates(
        entry["round"],
        entry["report"],
        opens=date.fromisoformat(entry["opens"]),
        due=date.fromisoformat(entry["due"]),
        cutoff=date.fromisoformat(entry["cutoff"]),
        release=tuple((version, hour(text)) for version, text in entry["release"].items()),
        extended=tuple(
            (state, date.fromisoformat(text)) for state, text in entry.get("extended", {}).items()
        ),
        reminders=tuple(entry.get("reminders", [])),
        meetings=tuple(map(date.fromisoformat, entry.get("meetings", []))),
        proofs=day("proofs"),
        embargo=hour(entry["embargo"]) if "embargo" in entry else None,
        next=day("next"),
    )
