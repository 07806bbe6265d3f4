"""Where does a version stand? Its record of events, played through the table of moves."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from pipeline.errors import SignOffError, UserError
from pipeline.project import Project
from pipeline.signoff.chain import append, read_chain
from pipeline.signoff.moves import ROLES, STATES, move

Event = Mapping[str, Any]


@dataclass(frozen=True)
class Subject:
    """What is signed: one version of a report of a round."""

    round: int
    report: str
    version: str

    def __str__(self) -> str:
        return f"{self.report} {self.round} {self.version}"


@dataclass(frozen=True)
class Person:
    """Who does something, as whom, on which day. Names are as given; the pipeline knows nobody."""

    name: str
    role: str
    day: date

    def same_as(self, name: str) -> bool:
        return plain(self.name) == plain(name)

    def as_dict(self) -> dict[str, str]:
        return {"by": self.name, "role": self.role, "day": self.day.isoformat()}


@dataclass(frozen=True)
class Standing:
    """The state of the newest edition. `number` is that of the edition, 0 until it is released; `drafts` maps the
    hash of each master that was ever submitted to the number of its draft."""

    state: str = STATES[0]
    number: int = 0
    submission: Event | None = None
    approvals: tuple[Event, ...] = ()
    released: tuple[Event, ...] = ()
    withdrawn: tuple[Event, ...] = ()
    drafts: Mapping[str, int] = field(default_factory=dict)

    def draft_of(self, master: str) -> int:
        """The number that a draft bears: that under which this master was submitted, else the next one."""
        return self.drafts.get(master) or max(self.drafts.values(), default=0) + 1

    @property
    def is_open(self) -> bool:
        """Whether the edition has not yet been released: otherwise the next event begins another one."""
        return self.state not in ("released", "withdrawn")


def person(by: str, role: str, day: str) -> Person:
    """Check who is said to act. Raises UserError without a name, with an unknown role, or with what is no day."""
    name = " ".join(by.split())
    if not name or len(name) > 100 or not name.isprintable():
        raise UserError("there is no name", allowed="one person's name", do='give BY="Name Surname"')
    if role not in ROLES:
        raise UserError(f"there is no role '{role}'", allowed=", ".join(ROLES), do="give ROLE=")
    return Person(name, role, parse_day(day))


def parse_day(day: str) -> date:
    """A day as it was typed, today without one. Raises UserError at what is no day."""
    try:
        return date.fromisoformat(day) if day else date.today()
    except ValueError:
        raise UserError(f"'{day}' is no day", allowed="a day such as 2023-05-02", do="give DATE=2023-05-02") from None


def plain(name: str) -> str:
    """A name as it is compared: one person is not two because of a capital or a space."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def standing(project: Project, subject: Subject) -> Standing:
    """Where a version stands. Raises SignOffError when the record was changed by hand."""
    return play(read_chain(_path(project, subject)))


def play(events: Iterable[Event]) -> Standing:
    """Follow the events through the table of moves; raises SignOffError at one that it does not allow."""
    now = Standing()
    for event in events:
        now = _after(now, event)
    return now


def _after(now: Standing, event: Event) -> Standing:
    command = event["event"]
    if command == "submit" and not now.is_open:
        now = replace(now, state=STATES[0], number=0, submission=None, approvals=())
    step = move(now.state, command, event["role"], approvals=len(now.approvals) + 1)
    now = replace(now, state=step.after)
    if command == "submit":
        drafts = {**now.drafts, event["master"]: event["draft"]}
        return replace(now, submission=event, approvals=(), drafts=drafts)
    if command == "approve":
        return replace(now, approvals=(*now.approvals, event))
    if command == "return":
        return replace(now, submission=None, approvals=())
    if command == "release":
        return replace(now, number=event["edition"], released=(*now.released, event))
    return replace(now, withdrawn=(*now.withdrawn, event))


def enter(project: Project, subject: Subject, command: str, who: Person, **more: Any) -> str:
    """Write an event into the record, if it is an allowed move. Returns the hash that now stands for the record."""
    path = _path(project, subject)
    event = {"event": command, **who.as_dict(), **more}
    now = play([*read_chain(path), event])
    return append(path, {**event, "state": now.state})


def require_earlier(project: Project, subject: Subject, who: Person) -> None:
    """Raises SignOffError when the day lies before that of the last event: a record goes forward."""
    events = read_chain(_path(project, subject))
    if events and who.day.isoformat() < events[-1]["day"]:
        raise SignOffError(
            f"{who.day} lies before {events[-1]['day']}, the day of the last event", where=str(subject),
            allowed="days in their order", do="give the day on which it is done: DATE=",
        )  # fmt: skip


def _path(project: Project, subject: Subject) -> Any:
    return project.signoff_record(subject.round, subject.report, subject.version)
