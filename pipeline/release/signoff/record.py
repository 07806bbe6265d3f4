"""Where does a version stand? Its events, played through the table of moves."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.errors import SignOffError
from pipeline.project import Project
from pipeline.release.signoff.events import (
    Approval,
    Release,
    SentBack,
    Submission,
    Withdrawal,
    command_of,
    parse_event,
)
from pipeline.release.signoff.moves import MOVES, STATES, move
from pipeline.returns.rules.query_record import record_of_queries
from pipeline.system.signed.chain import Chain, Head, is_rehearsal, open_chain
from pipeline.system.signed.event_lines import RESTORE
from pipeline.system.signed.heads import end_of, read_heads, require_known
from pipeline.system.signed.people import Person as Person
from pipeline.system.signed.people import parse_day as parse_day
from pipeline.system.signed.people import person as person
from pipeline.system.signed.signers import plain as plain

EDITION = "edition.json"  # what an edition is, beside its files


@dataclass(frozen=True)
class Subject:
    """What is signed: one version of a report of a round."""

    round: int
    report: str
    version: str

    def __str__(self) -> str:
        return f"{self.report} {self.round} {self.version}"


@dataclass(frozen=True)
class Standing:
    """The state of the newest edition. `number` is that of the edition, 0 until it is
    released; `drafts` maps the hash of each master that was ever submitted to the
    number of its draft. In a `rehearsal` nothing counts.
    """

    state: str = STATES[0]
    number: int = 0
    submission: Submission | None = None
    approvals: tuple[Approval, ...] = ()
    released: tuple[Release, ...] = ()
    withdrawn: tuple[Withdrawal, ...] = ()
    drafts: Mapping[str, int] = field(default_factory=dict)
    rehearsal: bool = False

    def draft_of(self, master: str) -> int:
        """The number that a draft bears: that under which this master was submitted,
        else the next one.
        """
        return self.drafts.get(master) or max(self.drafts.values(), default=0) + 1

    @property
    def is_open(self) -> bool:
        """Whether the edition has not yet been released: otherwise the next event
        begins another one.
        """
        return self.state not in ("released", "withdrawn")


def record_of(project: Project, subject: Subject) -> Chain:
    """The record of a version."""
    path = project.signoff_record(subject.round, subject.report, version=subject.version)
    return open_chain(project, f"signoff {subject}", path=path)


def standing(project: Project, subject: Subject) -> Standing:
    """Where a version stands.

    Raises SignOffError when the record is not as it was written, or not the one that an
    edition bears the head of.
    """
    record = record_of(project, subject)
    events = record.read()
    for where, number, sha256, heads in _sealed(project, subject):
        record.require_holds(number, sha256, by=where)
        require_known(read_heads(project.releases), heads, by=where)
    return replace(play(events), rehearsal=is_rehearsal(events))


def _sealed(project: Project, subject: Subject) -> Iterator[tuple[str, object, object, object]]:
    """The head of the record as each edition that was released bears it: where, the
    number of the line, its hash, and the end of the heads of all records.
    """
    # those of a rehearsal begin with another word
    pattern = f"*{subject.report}-{subject.round}-*/{EDITION}"
    for path in sorted(project.edition_folder(subject.version, "").glob(pattern)):
        try:
            seal = json.loads(path.read_bytes())["record"]
            yield f"{path.parent.name}/{EDITION}", seal["number"], seal["sha256"], seal["heads"]
        except (ValueError, KeyError, TypeError):
            raise SignOffError(
                "the edition does not say which approvals it was released by",
                where=str(path),
                allowed="the file as it was released",
                do="restore the folder of the edition",
            ) from None


def unrecorded(project: Project, subject: Subject, *, now: Standing) -> list[str]:
    """Editions whose files lie there without an event of their release: it died before,
    or was cut off the record.
    """
    recorded = {event.name for event in now.released}
    return [place for place, *_ in _sealed(project, subject) if place.split("/")[0] not in recorded]


def seal_of(project: Project, subject: Subject) -> dict[str, object]:
    """What an edition bears of its record, and of all others."""
    head = record_of(project, subject).head()
    return {
        "number": head.number,
        "sha256": head.sha256,
        "heads": end_of(read_heads(project.releases)),
    }


def play(events: Iterable[Mapping[str, object]]) -> Standing:
    """Follow the events through the table of moves; raises SignOffError at one that it
    does not allow.
    """
    now = Standing()
    for number, found in enumerate(events, 1):
        try:
            now = _after(now, found)
        except (KeyError, TypeError, ValueError):
            raise SignOffError(
                "this event lacks what such an event says",
                where=f"line {number} of the record",
                allowed=", ".join(dict.fromkeys(m.command for m in MOVES)),
                do=RESTORE,
            ) from None
    return now


def _after(now: Standing, found: Mapping[str, object]) -> Standing:
    command, role = command_of(found)
    if command == "submit" and not now.is_open:
        now = replace(now, state=STATES[0], number=0, submission=None, approvals=())
    # The table of moves first: it names a command that it does not know.
    step = move(now.state, command, role=role, approvals=len(now.approvals) + 1)
    now = replace(now, state=step.after)
    match parse_event(found):
        case Submission() as event:
            drafts = {**now.drafts, event.master: event.draft}
            return replace(now, submission=event, approvals=(), drafts=drafts)
        case Approval() as event:
            _require_another(event, now)
            return replace(now, approvals=(*now.approvals, event))
        case SentBack():
            return replace(now, submission=None, approvals=())
        case Release() as event:
            return replace(now, number=event.edition, released=(*now.released, event))
        case Withdrawal() as event:
            return replace(now, withdrawn=(*now.withdrawn, event))


def _require_another(event: Approval, now: Standing) -> None:
    """Nobody approves what he or she submitted, and nobody approves twice: by name, and
    by key.
    """
    submitted = (now.submission,) if now.submission else ()
    for earlier in (*submitted, *now.approvals):
        same_key = event.key is not None and event.key == earlier.key
        if same_key or plain(event.by) == plain(earlier.by):
            what = "submitted" if earlier is now.submission else "approved"
            raise SignOffError(
                f"{event.by} approves a draft that the same person, or the same key, has {what}",
                allowed="different people",
                do=RESTORE,
            )


def enter(project: Project, subject: Subject, *, command: str, who: Person, **more: Any) -> Head:
    """Write an event into the record, if it is an allowed move. Returns what now stands
    for the record.
    """
    if not who.rehearses:
        _require_no_rehearsal(project, subject)
    if command != "release" and (
        there := unrecorded(project, subject, now=standing(project, subject))
    ):
        raise SignOffError(
            f"{there[0]} lies there, and the record does not know of its release",
            where=str(subject),
            allowed="an edition and the event of its release",
            do=(
                "where a release was interrupted, 'make release' finishes it; else the end of the"
                " record was cut off: restore it from its last good copy"
            ),
        )
    record = record_of(project, subject)
    now = play([*record.read(), {"event": command, **who.as_dict(), **more}])
    return record.append({"event": command, **more, "state": now.state}, who)


def _require_no_rehearsal(project: Project, subject: Subject) -> None:
    """What is signed rests on no answer that was only rehearsed."""
    for round_ in sorted(int(p.name) for p in project.returns.glob("[0-9]*") if p.name.isdigit()):
        record = record_of_queries(project, round_)
        if round_ <= subject.round and is_rehearsal(record.read()):
            raise SignOffError(
                f"the queries of round {round_} were asked or answered in rehearsal",
                where=str(record.path),
                allowed="queries that were entered with a key",
                do=(
                    "move the log and its record away, and enter them again: 'make ask', 'make"
                    " answer'"
                ),
            )


def require_earlier(project: Project, subject: Subject, *, who: Person) -> None:
    """Raises SignOffError when the day lies before that of the last event: a record
    goes forward.
    """
    events = record_of(project, subject).read()
    if events and who.day.isoformat() < events[-1]["day"]:
        raise SignOffError(
            f"{who.day} lies before {events[-1]['day']}, the day of the last event",
            where=str(subject),
            allowed="days in their order",
            do="give the day on which it is done: DATE=",
        )
