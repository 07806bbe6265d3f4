"""Which papers of meetings count? Those that somebody signed, each as it stood then.

`releases/meetings.jsonl` is a record of signed events
(`pipeline.system.signed.chain`): a paper was recorded, or its record was taken back.
A paper counts while the hash of its file is the one that was recorded last; one that
nobody recorded is printed nowhere and stops nothing, whatever is wrong in it, and one
that was changed or is gone stops the build, for what was signed is not what lies there.
What is recorded is kept in the archive, so that it can be had as it was on any day.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pipeline.contracts.model import Contracts
from pipeline.errors import SignOffError, UserError
from pipeline.project import Project
from pipeline.returns.archive import keep_original, original, restore_file
from pipeline.returns.intake.folder import MEETINGS as FOLDER
from pipeline.returns.meetings.papers import (
    Meeting,
    Paper,
    Priorities,
    is_paper,
    load_papers,
    paper_files,
)
from pipeline.system.files import write_private
from pipeline.system.signed.chain import Chain, open_chain
from pipeline.system.signed.event_lines import file_of, lines_of
from pipeline.system.signed.people import Person, kept_reason

RECORD, TAKE_BACK = "record", "take-back"


@dataclass(frozen=True)
class Recorded:
    """What lies there of a paper, and who recorded it: its hash is empty where there is no
    file, `recorded` where it is not on record.
    """

    name: str
    sha256: str
    recorded: str
    by: str
    day: str

    @property
    def counts(self) -> bool:
        return bool(self.recorded) and self.sha256 == self.recorded

    def __str__(self) -> str:
        if self.counts:
            return f"{self.name}  recorded by {self.by} on {self.day}, {self.sha256[:12]}"
        if self.recorded:
            what = "changed since it was recorded" if self.sha256 else "recorded, and its file gone"
            return f"{self.name}  {what} by {self.by} on {self.day}"
        return f"{self.name}  not recorded, printed nowhere, {self.sha256[:12]}"


@dataclass(frozen=True)
class Decisions:
    """The papers of a round that count: meetings in their order, and chosen priorities."""

    meetings: tuple[Meeting, ...] = ()
    priorities: Priorities | None = None

    @property
    def papers(self) -> tuple[Paper, ...]:
        return (*self.meetings, *((self.priorities,) if self.priorities else ()))


def papers_of(project: Project, round_: int) -> list[Recorded]:
    """Every paper of a round, on record or not. Raises SignOffError where the record is
    not as it was written.
    """
    files = {p.stem: p for p in paper_files(project, round_) if is_paper(p)}
    events = _last_events(project, round_)
    found = []
    for name in sorted({*files, *events}):
        event = events.get(name, {})
        digest = hashlib.sha256(files[name].read_bytes()).hexdigest() if name in files else ""
        found.append(
            Recorded(
                name,
                digest,
                str(event.get("sha256", "")),
                str(event.get("by", "")),
                str(event.get("day", "")),
            )
        )
    return found


def decisions(project: Project, contracts: Contracts, *, round_: int) -> Decisions:
    """The papers of a round that count. Raises ContractError where one of them is wrong,
    SignOffError where one is not as it was recorded.
    """
    known = {paper.name: paper for paper in papers_of(project, round_)}
    for paper in known.values():
        if paper.recorded and not paper.counts:
            raise SignOffError(
                f"meeting paper {paper}",
                where=f"returns/{round_}/meetings/{paper.name}.yaml",
                allowed=f"the file with the hash {paper.recorded[:12]}",
                do=(
                    f"restore it, or record what it says now: make record-meeting ROUND={round_}"
                    f' N={paper.name} REASON="..."'
                ),
            )
    counting = [paper.name for paper in known.values() if paper.counts]
    papers = load_papers(project, contracts, round_=round_, names=counting)
    meetings = [p for p in papers if isinstance(p, Meeting)]
    chosen = [p for p in papers if isinstance(p, Priorities)]
    ordered = sorted(meetings, key=lambda m: int(m.name))
    return Decisions(tuple(ordered), chosen[0] if chosen else None)


def record_paper(
    project: Project, contracts: Contracts, *, round_: int, name: str, reason: str, who: Person
) -> Recorded:
    """Put a paper on record as it stands. Raises ContractError where it is wrong,
    UserError where it is on record already, or is recorded anew without a reason.
    """
    paper = _paper(project, round_, name)
    load_papers(project, contracts, round_=round_, names=[name])
    if not paper.sha256:
        raise UserError(
            f"meeting paper {paper}",
            where=f"returns/{round_}/meetings/{name}.yaml",
            do="restore the file, or take the record back: TAKE_BACK=yes",
        )
    if paper.counts:
        raise UserError(f"this paper is on record already: {paper}")
    if reason or paper.recorded:
        reason = kept_reason(reason)
    if keep_original(project, _file_of(project.returns, round_, name)) != paper.sha256:
        raise UserError("the file was changed while it was recorded", do="look at it, then again")
    _enter(project, round_, event=RECORD, name=name, sha256=paper.sha256, reason=reason, who=who)
    return _paper(project, round_, name)


def take_back(
    project: Project, *, round_: int, name: str, reason: str, who: Person
) -> Recorded | None:
    """Take a paper off the record; None where its file is gone too. Raises UserError where
    it is not on record, or without a reason.
    """
    paper = _paper(project, round_, name)
    if not paper.recorded:
        raise UserError(f"this paper is not on record: {paper}")
    _enter(
        project,
        round_,
        event=TAKE_BACK,
        name=name,
        sha256=paper.recorded,
        reason=kept_reason(reason),
        who=who,
    )
    return next((p for p in papers_of(project, round_) if p.name == name), None)


def recorded_on(project: Project, day: date, *, then: Project) -> int:
    """Put the record of papers as it was on a day into another project, for reading, and
    among its returns each paper that was on record then, as it was recorded. Returns how
    many papers.

    Raises UserError where neither the archive nor the folder of the round has one so.
    """
    known = [event for event in _record(project).read() if event["day"] <= day.isoformat()]
    if known:  # days go forward, so that these are the first lines
        write_private(then.meetings, file_of(lines_of(project.meetings)[: len(known)]))
    papers = _last_of(known)
    for (round_, name), event in papers.items():
        sha256, lies = str(event["sha256"]), _file_of(project.returns, round_, name)
        file = _file_of(then.returns, round_, name).relative_to(then.returns)
        if not original(project, sha256).is_file() and lies.is_file():
            keep_original(project, lies)  # it was recorded before papers were kept
        if not original(project, sha256).is_file():
            raise UserError(
                f"meeting paper {file} is nowhere as it was recorded on {event['day']}",
                where=str(original(project, sha256)),
                allowed=f"a file with the hash {sha256[:12]}",
                do="restore it from a backup, to the folder of its round or to the archive",
            )
        restore_file(project, sha256, name=file.as_posix(), folder=then.returns)
    return len(papers)


def _file_of(returns: Path, round_: int, name: str) -> Path:
    return returns / str(round_) / FOLDER / f"{name}.yaml"


def _paper(project: Project, round_: int, name: str) -> Recorded:
    known = {paper.name: paper for paper in papers_of(project, round_)}
    if name not in known:
        raise UserError(
            f"round {round_} has no meeting paper '{name}'",
            where=f"returns/{round_}/meetings",
            allowed=", ".join(known) or "none lies there yet",
            do="write it; docs/how-to/assessment.md#meetings shows how",
        )
    return known[name]


def _enter(
    project: Project,
    round_: int,
    *,
    event: str,
    name: str,
    sha256: str,
    reason: str,
    who: Person,
) -> None:
    _record(project).append(
        {
            "event": event,
            "round": round_,
            "paper": name,
            "sha256": sha256,
            "reason": reason,
        },
        who,
    )


def _last_events(project: Project, round_: int) -> dict[str, dict[str, Any]]:
    """What is on record of each paper of a round."""
    found = _last_of(_record(project).read())
    return {name: event for (of, name), event in found.items() if of == round_}


def _last_of(events: Iterable[Mapping[str, Any]]) -> dict[tuple[int, str], dict[str, Any]]:
    """What is on record of each paper, by its round and name."""
    found: dict[tuple[int, str], dict[str, Any]] = {}
    for event in events:
        paper = int(event["round"]), str(event["paper"])
        if event["event"] == RECORD:
            found[paper] = dict(event)
        else:
            found.pop(paper, None)
    return found


def _record(project: Project) -> Chain:
    return open_chain(
        project,
        "meetings",
        path=project.meetings,
        holds=("event", "round", "paper", "sha256", "reason"),
    )
