"""What must hold before a version is released? One function a question; each yields a
line for everything missing.

Checks are made on `copy`, what was read once (`pipeline.release.signoff.held`), and
nothing is believed because a file that lies beside says so: what the build recorded is
compared with what is found again. To add a check, write a function and put it into
CHECKS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pipeline.contracts.model import Contracts
from pipeline.contracts.policy import VersionRule
from pipeline.disclosure.proof import certificate_path, require_proof
from pipeline.disclosure.register import editions
from pipeline.errors import UserError
from pipeline.numbers.store_files import store_problems
from pipeline.project import Project
from pipeline.release.gate.look import gate
from pipeline.release.manifest import MANIFEST
from pipeline.release.signoff.again import Found, check_pages_again, count_numbers_again, scan_again
from pipeline.release.signoff.draft import changed_files, read_files
from pipeline.release.signoff.findings import OpenFinding, problems
from pipeline.release.signoff.moves import APPROVALS
from pipeline.release.signoff.record import Standing, Subject, plain
from pipeline.release.signoff.review import review_of
from pipeline.release.signoff.state import (
    Seen,
    Signed,
    changed_in_git,
    changed_inputs,
    commit_now,
    differences,
)
from pipeline.release.succession import edition_problems
from pipeline.system.kept import read_json


@dataclass(frozen=True)
class Candidate:
    """A version that is to be released, with all that the checks ask about it. `copy`
    is a project that holds what was `seen` and nobody else writes to; `project` is the
    one that people work in.
    """

    project: Project
    copy: Project
    contracts: Contracts
    rule: VersionRule
    subject: Subject
    standing: Standing
    seen: Seen
    findings: tuple[OpenFinding, ...]
    day: date

    @property
    def signed(self) -> Signed:
        return self.seen.signed

    @property
    def manifest(self) -> Mapping[str, Any]:
        return self.seen.manifest


Check = Callable[[Candidate], Iterator[str]]


def missing(candidate: Candidate) -> list[str]:
    """All that keeps a version from being released, in the order of the checks; empty
    when nothing does.
    """
    return [line for check in CHECKS for line in check(candidate)]


def check_approvals(c: Candidate) -> Iterator[str]:
    """Enough different people approved this very submission, none of them the one who
    submitted it.
    """
    if c.standing.state == "released":
        yield (
            f"approvals: edition {c.standing.number} is released already, and a released edition is"
            " never changed"
        )
        return
    people = {plain(a.by) for a in c.standing.approvals}
    if len(people) < APPROVALS:
        given = ", ".join(f"{a.by} ({a.role})" for a in c.standing.approvals) or "none"
        yield (
            f"approvals: {len(people)} of {APPROVALS} different people; given: {given}; state:"
            f" {c.standing.state}"
        )
    submitted = c.standing.submission
    if submitted and plain(submitted.by) in people:
        yield f"approvals: {submitted.by} approved what the same person submitted"


def check_artefacts(c: Candidate) -> Iterator[str]:
    """Every file is the one that was submitted and that each approval names: no other,
    none more, none fewer.
    """
    for name in changed_files(c.seen.master):
        yield f"hashes: {name}: not as it was built"
    where = c.subject.round, c.subject.report, c.subject.version
    for name in changed_files(read_files(c.project.version_folder(*where))):
        yield f"hashes: draft/{name}: not as it was built"
    if c.standing.submission is None:
        yield "hashes: nothing was submitted"
        return
    for name, how in differences(c.standing.submission.artefacts, c.signed.artefacts):
        yield f"hashes: {name}: {how} after it was submitted"
    for approval in c.standing.approvals:
        for name, how in differences(approval.artefacts, c.signed.artefacts):
            yield f"hashes: {name}: {how} after {approval.by} approved it on {approval.day}"


def check_inputs(c: Candidate) -> Iterator[str]:
    """Every return, contract, model, template, program, store and certificate is the
    one that was submitted, and each approval names the same certificate, policy,
    contracts and store.
    """
    if c.standing.submission is None:
        return
    for name, how in changed_inputs(
        c.project, c.subject, event=c.standing.submission, now=c.signed
    ):
        yield f"inputs: {name}: {how} after the draft was submitted"
    for approval in c.standing.approvals:
        for name, how in changed_inputs(
            c.project, c.subject, event=approval, now=c.signed, names=c.signed.bound()
        ):
            yield f"inputs: {name}: {how} after {approval.by} approved it on {approval.day}"


def check_store(c: Candidate) -> Iterator[str]:
    """The store is what its hash says, and so are the released cells beside it, which
    are proven and published.
    """
    where = c.subject.round, c.subject.report, c.subject.version
    for problem in store_problems(c.copy.store(*where), c.subject.round):
        yield f"store: {problem}"
    name = f"{c.subject.report}.csv"
    if c.rule.protected and c.seen.master.get(name) != c.seen.work.get(
        f"stores/{c.subject.version}/{name}"
    ):
        yield (
            f"store: {name} of the version is not stores/{c.subject.version}/{name}, which is what"
            " was proven"
        )


def check_edition(c: Candidate) -> Iterator[str]:
    """The edition that the files say they are is the next one, it replaces the one that
    was released last, and it corrects what differs from the files of that one.
    """
    where = c.subject.round, c.subject.report
    shown = c.copy.released(*where, version=c.subject.version)
    wrong = edition_problems(
        c.project,
        c.subject,
        rule=c.rule,
        shown=shown.read_bytes() if shown.is_file() else b"",
        seen=c.seen.work.get(c.seen.note, b""),
        number=c.manifest.get("edition"),
    )
    yield from (f"edition: {line}" for line in wrong)


def check_commit(c: Candidate) -> Iterator[str]:
    """The working copy is the commit that built the files, with nothing changed."""
    now = commit_now(c.project)
    if c.signed.commit.endswith("+"):
        yield (
            f"git: the files were built from commit {c.signed.commit[:12]} with changes that were"
            " not committed"
        )
    elif c.signed.commit != now:
        yield (
            f"git: the files were built from commit {c.signed.commit[:12]}, the working copy is at"
            f" {now[:12]}"
        )
    if c.standing.submission is not None and c.standing.submission.commit != c.signed.commit:
        yield (
            f"git: commit {c.standing.submission.commit[:12]} was submitted, the files name"
            f" {c.signed.commit[:12]}"
        )
    for path in changed_in_git(c.project.root):
        yield f"git: {path}: not as committed"


def check_proof(c: Candidate) -> Iterator[str]:
    """A protected version has a proof that verifies for the cells that it shows, beside
    all that was released.
    """
    if c.rule.protected:
        try:
            require_proof(c.copy, c.subject.round, version=c.subject.version)
        except UserError as problem:
            yield f"disclosure proof: {' '.join(str(problem).split())[:300]}"
            return
        path = certificate_path(c.copy, c.subject.round, version=c.subject.version)
        beside = read_json(path)["releases"]
        for edition in editions(c.project, (c.subject.version, *c.rule.readers_have)):
            if edition.label not in beside:
                yield (
                    f"disclosure proof: it was made before edition {edition.label} was registered;"
                    " run 'make reports'"
                )


def check_accessibility(c: Candidate) -> Iterator[str]:
    """The PDF is looked at again for what PDF/UA and PDF/A ask, as the renderer does
    before it writes one.
    """
    found = check_pages_again(c.copy, c.contracts, subject=c.subject, master=c.seen.master)
    yield from _told("accessibility", found)
    yield from _compared(c.manifest, found)


def check_numbers(c: Candidate) -> Iterator[str]:
    """Every printed number is audited again."""
    found = count_numbers_again(c.copy, c.contracts, subject=c.subject, master=c.seen.master)
    yield from _told("number audit", found)
    yield from _compared(c.manifest, found)


def check_leaks(c: Candidate) -> Iterator[str]:
    """The files of a protected version are opened again as an attacker would."""
    if c.rule.protected:
        found = scan_again(c.copy, c.subject)
        yield from _told("leak scan", found)
        yield from _compared(c.manifest, found)


def check_manifest(c: Candidate) -> Iterator[str]:
    """The manifest is about this version, and names the inputs that lie there."""
    about = {"report": c.subject.report, "version": c.subject.version, "round": c.subject.round}
    for name, value in about.items():
        if c.manifest.get(name) != value:
            yield f"manifest: '{name}' says {c.manifest.get(name)}, and this is {value}"
    named = c.manifest.get("inputs")
    if not isinstance(named, dict) or "store" not in named:
        yield f"manifest: {MANIFEST} names no inputs"
        return
    for name, hash_ in named.items():
        if (name == "store" or "/" in name) and c.signed.inputs.get(name) != hash_:
            yield f"manifest: it was built from another {name} than lies there"


def _told(called: str, found: Found) -> Iterator[str]:
    yield from (f"{called}: {line}" for line in found.problems)


def _compared(manifest: Mapping[str, Any], found: Found) -> Iterator[str]:
    """What the build recorded, beside what was found again in these bytes."""
    for name, said, figures in found.unlike(manifest.get("build")) if not found.problems else ():
        yield (
            f"manifest: 'build.{name}' says {_shortly(said, figures)}, these files give"
            f" {_shortly(figures, said)}"
        )


def _shortly(one: Any, other: Any) -> str:
    """A record, of two that differ only what is not the same."""
    if isinstance(one, dict) and isinstance(other, dict):
        one = {name: value for name, value in one.items() if other.get(name) != value}
    return " ".join(str(one).split())[:200]


def check_findings(c: Candidate) -> Iterator[str]:
    """No error is open, every open query has a reason, and the approvals knew all of
    them.
    """
    yield from (f"findings: {line}" for line in problems(c.findings))
    for approval in c.standing.approvals:
        known = approval.reasons
        for finding in c.findings:
            if finding.id not in known:
                yield f"findings: opened after {approval.by} approved: {finding}"
            elif known[finding.id] != finding.reason:
                yield f"findings: another reason since {approval.by} approved: {finding}"


def check_gate(c: Candidate) -> Iterator[str]:
    """The round is fit to be published, but for what was let pass; and the approvals
    knew what was let pass of what they were about.
    """
    found = gate(c.copy, c.subject.round, day=c.day, reports=(c.subject.report,))
    for reason in found.holding(c.subject.report, version=c.subject.version, move="release"):
        yield f"gate: {reason}"
    for reason in found.passed(c.subject.report, version=c.subject.version):
        for approval in c.standing.approvals if reason.is_for_review else ():
            if reason.id not in approval.passed:
                yield f"gate: let pass after {approval.by} approved: {reason}"


def check_review(c: Candidate) -> Iterator[str]:
    """Every changed exhibit is ticked, every comment answered; also those that came after
    the approvals.
    """
    found = review_of(c.project, c.subject, copy=c.copy)
    yield from (f"review: {line}" for line in found.problems())


CHECKS: tuple[Check, ...] = (
    check_artefacts,
    check_inputs,
    check_commit,
    check_store,
    check_proof,
    check_leaks,
    check_numbers,
    check_accessibility,
    check_manifest,
    check_edition,
    check_findings,
    check_gate,
    check_review,
    check_approvals,
)
