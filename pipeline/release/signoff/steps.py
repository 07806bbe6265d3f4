"""How does a draft become approved? Submitted by one person, approved by two others,
over the same files each time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date

from pipeline.contracts.model import Contracts, load_contracts
from pipeline.contracts.policy import load_policy
from pipeline.errors import SignOffError
from pipeline.project import Project
from pipeline.release.editions import editions_of_subject
from pipeline.release.gate.look import gate
from pipeline.release.gate.reasons import GateReason
from pipeline.release.publish import discard, keep_for_reading
from pipeline.release.signoff.built import built_now
from pipeline.release.signoff.checks import Candidate, missing
from pipeline.release.signoff.draft import write_draft
from pipeline.release.signoff.events import Submission
from pipeline.release.signoff.findings import open_findings, problems, reasons_file
from pipeline.release.signoff.held import held
from pipeline.release.signoff.moves import APPROVALS, move
from pipeline.release.signoff.record import (
    Person,
    Subject,
    enter,
    parse_day,
    record_of,
    require_earlier,
    standing,
    unrecorded,
)
from pipeline.release.signoff.review import review_of
from pipeline.release.signoff.state import Signed, changed_inputs, differences, look_at
from pipeline.release.signoff.summary import summary

_SHOWN = 12
REHEARSED = " (REHEARSAL: nobody signed, and nothing of it counts)"


def submit(project: Project, contracts: Contracts, subject: Subject, who: Person) -> Iterator[str]:
    """Hand the draft as it lies there to the reviewers. Yields lines for the terminal.

    Raises SignOffError with every error and every open query without a reason, with all
    that the release gate says and nobody let pass, or when it was submitted already.
    """
    now = standing(project, subject)
    move(now.state if now.is_open else "draft", "submit", role=who.role)
    require_earlier(project, subject, who=who)
    # its number may be another one than when it was built
    pdf = write_draft(project, subject, rehearsal=who.rehearses)
    seen = look_at(project, subject)
    signed = seen.signed
    if (
        now.is_open
        and now.submission
        and not list(_changes(project, subject, submission=now.submission, signed=signed))
    ):
        raise SignOffError(
            f"draft {now.submission.draft} is this very draft, and {now.state}",
            where=str(subject),
        )
    found = open_findings(project, contracts, round_=subject.round, report=subject.report)
    reasons = reasons_file(project, subject.round, report=subject.report)
    _require(
        problems(found),
        subject,
        do=f"enter reasons in {reasons}, or for a rule"
        f" with 'make accept ROUND={subject.round} REPORT={subject.report} RULE=..."
        ' REASON="..."\'; an error needs a new return, or to be let pass at the gate',
    )
    passed = _through_the_gate(project, subject, move="submit", who=who)
    number = now.draft_of(signed.master)
    kept = project.draft_folder(
        subject.round, subject.report, version=subject.version, number=number
    )
    # a run that died before the record kept another master under this number
    if signed.master not in now.drafts:
        discard(kept)
    if not kept.exists():  # else this master was handed in before
        keep_for_reading(kept, seen.master)
    enter(
        project,
        subject,
        command="submit",
        who=who,
        draft=number,
        **signed.as_dict(),
        findings=[asdict(f) for f in found],
        **_as_entered(passed),
    )
    yield f"{pdf}: DRAFT {number} \u00b7 {signed.master[:8]} in review"
    yield from summary(project, subject, number=number, seen=seen, findings=found, passed=passed)
    yield from _record_line(project, subject)


def approve(project: Project, contracts: Contracts, subject: Subject, who: Person) -> Iterator[str]:
    """Approve the submitted draft: every file of it, and the findings still open with
    the reasons.

    Raises SignOffError when anything changed since, or the same person has approved or
    submitted it.
    """
    now = standing(project, subject)
    step = move(now.state, "approve", role=who.role, approvals=len(now.approvals) + 1)
    require_earlier(project, subject, who=who)
    assert now.submission is not None  # the table of moves: what is in review was submitted
    if who.same_as(now.submission.by):
        raise SignOffError(
            f"{who.name} submitted this draft",
            where=str(subject),
            allowed=f"{APPROVALS} other people",
            do="let somebody else approve it",
        )
    if any(who.same_as(a.by) for a in now.approvals):
        raise SignOffError(
            f"{who.name} has approved this draft already",
            where=str(subject),
            allowed=f"{APPROVALS} different people",
            do="let another person approve it",
        )
    seen = look_at(project, subject)
    signed = seen.signed
    _require(
        list(_changes(project, subject, submission=now.submission, signed=signed)),
        subject,
        do="what the reviewers read is no longer what lies there: 'make submit' hands in the new"
        " draft",
    )
    _require(
        list(review_of(project, subject).problems()),
        subject,
        do=f"'make review ROUND={subject.round} REPORT={subject.report} VERSION={subject.version}'"
        " lists them; 'make tick REF=' and 'make reply COMMENT=' settle them",
    )
    found = open_findings(project, contracts, round_=subject.round, report=subject.report)
    _require(problems(found), subject, do="enter the reasons first: 'make accept'")
    passed = _through_the_gate(project, subject, move="approve", who=who)
    enter(
        project,
        subject,
        command="approve",
        who=who,
        draft=now.submission.draft,
        artefacts=dict(signed.artefacts),
        master=signed.master,
        inputs=signed.bound(),
        beside=signed.beside,
        findings=[asdict(f) for f in found],
        **_as_entered(passed),
    )
    number = now.submission.draft
    yield (
        f"{subject}: DRAFT {number} \u00b7 {signed.master[:8]} approved by {who}; now {step.after}"
    )
    yield from summary(project, subject, number=number, seen=seen, findings=found, passed=passed)
    yield from _record_line(project, subject)


def send_back(project: Project, subject: Subject, *, who: Person, reason: str) -> Iterator[str]:
    """Take a draft out of review, or an approval back; a reason is needed."""
    now = standing(project, subject)
    move(now.state, "return", role=who.role)
    require_earlier(project, subject, who=who)
    enter(project, subject, command="return", who=who, reason=needed(reason))
    yield f"{subject}: returned by {who}; now draft"
    yield from _record_line(project, subject)


def status(project: Project, subject: Subject) -> Iterator[str]:
    """Where a version stands, and what a release would still miss."""
    now = standing(project, subject)
    edition = f", edition {now.number}" if now.number else ""
    draft = f", DRAFT {now.submission.draft}" if now.submission and now.is_open else ""
    yield f"{subject}: {now.state}{draft}{edition}{REHEARSED if now.rehearsal else ''}"
    built = built_now(project, subject)
    yield f"  built now: {built.told}" if built else "  built now: nothing; make report"
    if now.submission and now.is_open:
        yield (f"  submitted by {now.submission.by}, {now.submission.role}, {now.submission.day}")
    what = "" if now.is_open else f"edition {now.number} was "
    for approval in now.approvals:
        yield f"  {what}approved by {approval.by}, {approval.role}, {approval.day}"
    for known in editions_of_subject(project, subject):
        yield f"  edition {known.event.edition}: {known}"
    for place in unrecorded(project, subject, now=now):
        yield (
            f"  {place} lies there without a record of its release: 'make release' finishes what"
            " was interrupted"
        )
    for event in now.withdrawn:
        yield (f"  edition {event.edition} withdrawn by {event.by}, {event.day}: {event.reason}")
    if now.is_open:
        with candidate(project, subject) as found:
            lines = missing(found)
        yield (
            f"  a release would miss {len(lines)}:"
            if lines
            else "  nothing is missing: make release"
        )
        yield from (f"  - {line}" for line in lines[:_SHOWN])
        if len(lines) > _SHOWN:
            yield f"  - and {len(lines) - _SHOWN} more"
    yield from _record_line(project, subject)


@contextmanager
def candidate(
    project: Project, subject: Subject, *, day: date | None = None
) -> Iterator[Candidate]:
    """A version with all that the checks of a release look at: everything is read here,
    once, and goes by copy. `day` is that of the release: one that has not come counts as
    today, for nobody's silence is taken for consent beforehand.
    """
    today = parse_day("")
    seen = look_at(project, subject)
    with held(project, subject, seen=seen) as copy:
        contracts = load_contracts(copy.contracts)
        found = open_findings(project, contracts, round_=subject.round, report=subject.report)
        rule = load_policy(copy.contracts, contracts).version(subject.version)
        yield Candidate(
            project,
            copy,
            contracts,
            rule,
            subject,
            standing(project, subject),
            seen,
            tuple(found),
            min(day or today, today),
        )


def needed(reason: str) -> str:
    """A reason on one line. Raises SignOffError without one."""
    reason = " ".join(reason.split())
    if not reason:
        raise SignOffError(
            "there is no reason", allowed="a sentence that the record keeps", do='give REASON="..."'
        )
    return reason[:1000]


def _through_the_gate(
    project: Project, subject: Subject, *, move: str, who: Person
) -> list[GateReason]:
    """What was let pass at the release gate for a version. Raises SignOffError with what
    stands in the way of a draft that goes into review, or stays there.
    """
    found = gate(project, subject.round, day=who.day, reports=(subject.report,))
    holding = found.holding(subject.report, version=subject.version, move=move)
    _require(
        [str(reason) for reason in holding],
        subject,
        do="do what stands behind each; or let the head of unit or the director let it pass:"
        f" 'make accept ROUND={subject.round} REPORT={subject.report} GATE=..."
        ' REASON="..."\'',
    )
    return [r for r in found.passed(subject.report, version=subject.version) if r.is_for_review]


def _as_entered(passed: list[GateReason]) -> dict[str, object]:
    """What an event says of what was let pass; nothing where nothing was."""
    return {"gate": [reason.as_json() for reason in passed]} if passed else {}


def _changes(
    project: Project, subject: Subject, *, submission: Submission, signed: Signed
) -> Iterator[str]:
    told = (
        *differences(submission.artefacts, signed.artefacts),
        *changed_inputs(project, subject, event=submission, now=signed),
    )
    yield from (f"{name}: {how} after it was submitted" for name, how in told)
    if submission.commit != signed.commit:
        yield f"commit {signed.commit[:12]} built it, {submission.commit[:12]} was submitted"


def _require(lines: list[str], subject: Subject, *, do: str) -> None:
    if lines:
        rest = [f"and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
        listed = "".join(f"\n  - {line}" for line in [*lines[:_SHOWN], *rest])
        raise SignOffError(
            f"{len(lines)} things stand in the way:{listed}", where=str(subject), do=do
        )


def _record_line(project: Project, subject: Subject) -> Iterator[str]:
    record = record_of(project, subject)
    if (head := record.head()).number:
        told = (
            f"{head.sha256[:16]} (note it in the minutes: it stands for all that is written there)"
        )
        yield f"record {record.path}: {told}"
