"""What did reviewers look at, what did they ask, and what of it is still open?

`releases/review/<round>/<report>-<version>.jsonl` is a record as in
`pipeline.system.signed.chain`: ticks of exhibits, comments on what a reference names,
and replies to them. An exhibit is changed where it prints a figure that the edition
before, or the draft before where there is no edition, does not print so. A tick holds
as long as the exhibit looks as it did; a comment is open until somebody else replied.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pipeline.errors import SignOffError, UserError
from pipeline.inspection.explain.references import Ledger
from pipeline.project import Project
from pipeline.release.manifest import MANIFEST, parse_manifest, sha256
from pipeline.release.signoff.record import Person, Standing, Subject, plain, standing
from pipeline.report.document.order import ANNEX
from pipeline.report.ledger import (
    LedgerEntry,
    drawing_of,
    entry_keys,
    exhibits_of,
    ledger_json,
    parse_ledger,
    reference_of,
)
from pipeline.returns.sentences import kept_sentence
from pipeline.system.files import csv_rows
from pipeline.system.kept import read_bytes
from pipeline.system.signed.chain import Chain, open_chain

_PAGE = re.compile(r"(?P<report>[a-z]+):p(?P<page>[1-9][0-9]{0,3})")


@dataclass(frozen=True)
class Changed:
    """An exhibit that prints other figures than before: its reference and title, how many
    of its figures changed, and who ticked it as it is now; empty where nobody did.
    """

    ref: str
    title: str
    figures: int
    look: str
    ticked: str = ""


@dataclass(frozen=True)
class Comment:
    """A comment by its number, on what a reference names, with the replies to it."""

    number: int
    ref: str
    text: str
    by: str
    day: str
    draft: int
    replies: tuple[tuple[str, str], ...] = ()  # by, text

    @property
    def is_open(self) -> bool:
        return all(plain(by) == plain(self.by) for by, _ in self.replies)


@dataclass(frozen=True)
class Review:
    """The review of the draft that lies there: what it is compared with, its changed
    exhibits and all comments of the version.
    """

    beside: str  # "edition 1", "DRAFT 2"; empty where there is nothing before
    changed: tuple[Changed, ...] = ()
    comments: tuple[Comment, ...] = ()

    def problems(self) -> Iterator[str]:
        """What an approval waits for, a line each."""
        for exhibit in self.changed:
            if not exhibit.ticked:
                yield (
                    f"{exhibit.ref} is not ticked: {exhibit.figures} of its figures are other than"
                    f" in {self.beside}"
                )
        for comment in self.comments:
            if comment.is_open:
                yield f"comment {comment.number} on {comment.ref} has no reply: {comment.text}"


def record_of_review(project: Project, subject: Subject) -> Chain:
    """The record of what reviewers ticked and asked."""
    name = f"{subject.report}-{subject.version}.jsonl"
    path = project.releases / "review" / str(subject.round) / name
    return open_chain(project, f"review {subject}", path=path)


@dataclass(frozen=True)
class _Looked:
    """The printed draft as reviewers see it: its ledger, its cells, what was before."""

    subject: Subject
    entries: Sequence[LedgerEntry]
    cells: bytes
    before: bytes
    beside: str

    @cached_property
    def keys(self) -> set[str]:
        """The keys of figures that are printed otherwise than before."""
        if not self.beside:
            return set()
        old, now = _by_key(self.before), _by_key(self.cells)
        return {key for key, said in now.items() if old.get(key) != said}

    def changed(self, ticks: Mapping[tuple[str, str], str]) -> Iterator[Changed]:
        for exhibit in exhibits_of(self.entries):
            found = len(self.keys.intersection(entry_keys(exhibit, self.entries)))
            if found:
                ref = reference_of(self.subject.report, exhibit.number)
                drawn = filter(None, [drawing_of(exhibit, self.entries)])
                printed = [e for e in self.entries if e is exhibit]
                look = sha256(ledger_json([*printed, *drawn]).encode())
                yield Changed(ref, exhibit.title, found, look, ticks.get((ref, look), ""))


def review_of(project: Project, subject: Subject, *, copy: Project | None = None) -> Review:
    """The review of the draft that lies there; `copy` is a project from which its files
    are read, where it is not this one. Raises SignOffError where a record is not as it was
    written.
    """
    now = standing(project, subject)
    looked = _look(project, subject, now=now, copy=copy or project)
    ticks: dict[tuple[str, str], str] = {}
    comments: dict[int, Comment] = {}
    record = record_of_review(project, subject)
    for event in record.read():
        _follow(event, ticks, comments=comments, where=record.path.name)
    return Review(looked.beside, tuple(looked.changed(ticks)), tuple(comments.values()))


def _follow(
    event: Mapping[str, Any],
    ticks: dict[tuple[str, str], str],
    *,
    comments: dict[int, Comment],
    where: str,
) -> None:
    match event:
        case {"event": "tick", "ref": str(ref), "look": str(look), "by": str(by)}:
            ticks[ref, look] = by
        case {
            "event": "comment",
            "number": int(number),
            "ref": str(ref),
            "text": str(text),
            "draft": int(draft),
        }:
            comments[number] = Comment(number, ref, text, event["by"], event["day"], draft)
        case {"event": "reply", "comment": int(number), "text": str(text)} if number in comments:
            said = comments[number]
            replies = (*said.replies, (str(event["by"]), text))
            comments[number] = Comment(
                said.number, said.ref, said.text, said.by, said.day, said.draft, replies
            )
        case _:
            raise SignOffError(
                "this event is none of a review",
                where=f"{where} line {event.get('number')}",
                allowed="tick, comment, reply",
                do="restore the file from its last good copy",
            )


def _look(project: Project, subject: Subject, *, now: Standing, copy: Project) -> _Looked:
    """What lies there, and what was before: the edition that was released last, else the
    draft that was handed in before this one.
    """
    where = subject.round, subject.report, subject.version
    ledger = copy.ledger(*where)
    entries = parse_ledger(read_bytes(ledger), ledger)
    cells = (copy.master_folder(*where) / ANNEX).read_bytes()
    last = max(now.released, key=lambda event: event.edition, default=None)
    draft = now.submission.draft if now.submission else max(now.drafts.values(), default=0) + 1
    if last:
        folder, beside = (
            project.edition_folder(subject.version, last.name),
            f"edition {last.edition}",
        )
    else:
        folder = project.draft_folder(
            subject.round, subject.report, version=subject.version, number=draft - 1
        )
        beside = f"DRAFT {draft - 1}"
    before = folder / ANNEX
    if not before.is_file():
        return _Looked(subject, entries, cells, b"", "")
    return _Looked(subject, entries, cells, before.read_bytes(), beside)


def _by_key(content: bytes) -> dict[str, tuple[str, ...]]:
    """What is printed for each key: the value, or what stands in place of it."""
    return {
        row["key"]: (row["value"],) if row["value"] else ("", row["obs_status"], row["conf_status"])
        for row in csv_rows(content)
    }


# --- what people enter


def tick(project: Project, subject: Subject, *, ref: str, who: Person) -> Iterator[str]:
    """Enter that a changed exhibit was looked at. Yields lines for the terminal.

    Raises SignOffError where the draft is not in review, where the same person handed it
    in, and where the reference names no changed exhibit: each is ticked by itself.
    """
    now = _require_in_review(project, subject)
    assert now.submission is not None
    if who.same_as(now.submission.by):
        raise SignOffError(
            f"{who.name} handed this draft in",
            where=str(subject),
            allowed="somebody else",
            do="let a reviewer tick it",
        )
    found = review_of(project, subject)
    exhibit = next((c for c in found.changed if c.ref == ref.strip()), None)
    if exhibit is None:
        raise SignOffError(
            f"'{ref}' is no changed exhibit of this draft",
            where=str(subject),
            allowed=", ".join(c.ref for c in found.changed) or "none: nothing changed",
            do="give one of them: REF=",
        )
    if exhibit.ticked:
        yield f"{exhibit.ref}: ticked already, by {exhibit.ticked}"
        return
    event = {"event": "tick", "ref": exhibit.ref, "look": exhibit.look}
    record_of_review(project, subject).append({**event, "draft": now.submission.draft}, who)
    left = [c.ref for c in found.changed if not c.ticked and c.ref != exhibit.ref]
    yield f"{exhibit.ref}: ticked by {who}; {len(left)} left{': ' if left else ''}{', '.join(left)}"


def comment(
    project: Project, subject: Subject, *, ref: str, text: str, who: Person
) -> Iterator[str]:
    """Enter a comment on a figure, an exhibit, a sentence or a page of the draft in
    review. Raises UserError where the reference names nothing of it.
    """
    now = _require_in_review(project, subject)
    assert now.submission is not None
    _require_reference(project, subject, ref.strip())
    event = {"event": "comment", "ref": ref.strip(), "text": kept_sentence(text)}
    head = record_of_review(project, subject).append({**event, "draft": now.submission.draft}, who)
    yield f"comment {head.number} on {ref.strip()} by {who}: an approval waits for a reply"


def reply(
    project: Project, subject: Subject, *, number: int, text: str, who: Person
) -> Iterator[str]:
    """Enter what is replied to a comment. Raises SignOffError where there is no such
    comment.
    """
    found = {c.number: c for c in review_of(project, subject).comments}
    if number not in found:
        raise SignOffError(
            f"there is no comment {number}",
            where=str(subject),
            allowed=", ".join(map(str, found)) or "none: nobody commented",
            do="'make review' lists them",
        )
    event = {"event": "reply", "comment": number, "text": kept_sentence(text)}
    record_of_review(project, subject).append(event, who)
    own = " (a comment waits for somebody else)" if who.same_as(found[number].by) else ""
    yield f"reply to comment {number} by {who}{own}"


def told(project: Project, subject: Subject) -> Iterator[str]:
    """Where the review of a version stands, line by line."""
    found = review_of(project, subject)
    if not found.beside:
        yield f"{subject}: there is no edition and no draft before: all of it is new"
    else:
        open_ = sum(not c.ticked for c in found.changed)
        yield (
            f"{subject}: {len(found.changed)} exhibits print other figures than {found.beside},"
            f" {open_} not ticked"
        )
    for exhibit in found.changed:
        ticked = f"ticked by {exhibit.ticked}" if exhibit.ticked else "not ticked"
        yield f"  {exhibit.ref}  {exhibit.title}: {exhibit.figures} figures; {ticked}"
    for said in found.comments:
        state = "open" if said.is_open else "answered"
        who = f"{said.by}, {said.day}"
        yield f"  comment {said.number} ({state}), {who}, on {said.ref}: {said.text}"
        for by, text in said.replies:
            yield f"    {by}: {text}"


def _require_in_review(project: Project, subject: Subject) -> Standing:
    now = standing(project, subject)
    if now.state not in ("in review", "approved"):
        raise SignOffError(
            f"the version is '{now.state}'",
            where=str(subject),
            allowed="a draft that is in review",
            do="hand it in first: make submit",
        )
    return now


def _require_reference(project: Project, subject: Subject, ref: str) -> None:
    where = subject.round, subject.report, subject.version
    if match := _PAGE.fullmatch(ref):
        pages = _pages(project, subject)
        if match["report"] != subject.report or int(match["page"]) > pages:
            raise UserError(
                f"'{ref}' is no page of this draft",
                allowed=f"{subject.report}:p1 to {subject.report}:p{pages}",
                do="give the number at the foot of the page",
            )
        return
    path = project.ledger(*where)
    Ledger(subject.report, parse_ledger(read_bytes(path), path)).find(ref)


def _pages(project: Project, subject: Subject) -> int:
    path = project.master_folder(subject.round, subject.report, subject.version) / MANIFEST
    return int(parse_manifest(read_bytes(path), path).build["pages"])
