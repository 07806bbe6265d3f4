"""What must hold before a version is released? One function a question; each yields a line for everything missing.

A check that another step makes is read from the `build` figures of the manifest: a record that is absent is missing,
never passed. To add a check, write a function and put it into CHECKS.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.contracts.model import Contracts
from pipeline.contracts.policy import VersionRule
from pipeline.errors import DisclosureError
from pipeline.project import Project
from pipeline.release.proof import certificate_path, require_proof
from pipeline.release.register import editions
from pipeline.signoff.draft import changed_files, read_files
from pipeline.signoff.findings import OpenFinding, problems
from pipeline.signoff.moves import APPROVALS
from pipeline.signoff.record import Standing, Subject, plain
from pipeline.signoff.state import Signed, changed_in_git, commit_now, differences


@dataclass(frozen=True)
class Candidate:
    """A version that is to be released, with all that the checks ask about it."""

    project: Project
    contracts: Contracts
    rule: VersionRule
    subject: Subject
    standing: Standing
    signed: Signed
    manifest: dict[str, Any]
    findings: tuple[OpenFinding, ...]


Check = Callable[[Candidate], Iterator[str]]


def missing(candidate: Candidate) -> list[str]:
    """All that keeps a version from being released, in the order of the checks; empty when nothing does."""
    return [line for check in CHECKS for line in check(candidate)]


def check_approvals(c: Candidate) -> Iterator[str]:
    """Enough different people approved this very submission, none of them the one who submitted it."""
    if c.standing.state == "released":
        yield f"approvals: edition {c.standing.number} is released already, and a released edition is never changed"
        return
    people = {plain(a["by"]) for a in c.standing.approvals}
    if len(people) < APPROVALS:
        given = ", ".join(f"{a['by']} ({a['role']})" for a in c.standing.approvals) or "none"
        yield f"approvals: {len(people)} of {APPROVALS} different people; given: {given}; state: {c.standing.state}"
    submitted = c.standing.submission
    if submitted and plain(submitted["by"]) in people:
        yield f"approvals: {submitted['by']} approved what the same person submitted"


def check_artefacts(c: Candidate) -> Iterator[str]:
    """Every file is the one that was submitted and that each approval names."""
    where = c.subject.round, c.subject.report, c.subject.version
    for folder in (c.project.master_folder(*where), c.project.version_folder(*where)):
        for name in changed_files(read_files(folder)):
            yield f"hashes: {folder / name}: not as it was built"
    if c.standing.submission is None:
        yield "hashes: nothing was submitted"
        return
    for name, how in differences(c.standing.submission["artefacts"], c.signed.artefacts):
        yield f"hashes: {name}: {how} after it was submitted"
    for approval in c.standing.approvals:
        for name, how in differences(approval["artefacts"], c.signed.artefacts):
            yield f"hashes: {name}: {how} after {approval['by']} approved it on {approval['day']}"


def check_inputs(c: Candidate) -> Iterator[str]:
    """Every return, contract, model, template, program and store is the one that was submitted."""
    if c.standing.submission is not None:
        for name, how in differences(c.standing.submission["inputs"], c.signed.inputs):
            yield f"inputs: {name}: {how} after the draft was submitted"


def check_commit(c: Candidate) -> Iterator[str]:
    """The working copy is the commit that built the files, with nothing changed."""
    now = commit_now(c.project)
    if c.signed.commit.endswith("+"):
        yield f"git: the files were built from commit {c.signed.commit[:12]} with changes that were not committed"
    elif c.signed.commit != now:
        yield f"git: the files were built from commit {c.signed.commit[:12]}, the working copy is at {now[:12]}"
    if c.standing.submission is not None and c.standing.submission["commit"] != c.signed.commit:
        yield f"git: commit {c.standing.submission['commit'][:12]} was submitted, the files name {c.signed.commit[:12]}"
    for path in changed_in_git(c.project.root):
        yield f"git: {path}: not as committed"


def check_proof(c: Candidate) -> Iterator[str]:
    """A protected version has a proof that verifies for the cells that it shows, beside all that was released."""
    if c.rule.protected:
        try:
            require_proof(c.project, c.subject.round, c.subject.version)
        except DisclosureError as problem:
            yield f"disclosure proof: {' '.join(str(problem).split())[:300]}"
            return
        path = certificate_path(c.project, c.subject.round, c.subject.version)
        beside = json.loads(path.read_text(encoding="utf-8"))["releases"]
        for edition in editions(c.project, (c.subject.version, *c.rule.readers_have)):
            if edition.label not in beside:
                yield f"disclosure proof: it was made before edition {edition.label} was registered; run 'make reports'"


def check_accessibility(c: Candidate) -> Iterator[str]:
    """`build.accessibility` of the manifest: what the check of PDF/UA and PDF/A found."""
    yield from _recorded(c.manifest, "accessibility", "accessibility")


def check_numbers(c: Candidate) -> Iterator[str]:
    """`build.number_audit` of the manifest: what the audit of every printed number found."""
    yield from _recorded(c.manifest, "number_audit", "number audit", "unaccounted")


def check_findings(c: Candidate) -> Iterator[str]:
    """No error is open, every open query has a reason, and the approvals knew all of them."""
    yield from (f"findings: {line}" for line in problems(c.findings))
    for approval in c.standing.approvals:
        known = {f["id"]: f["reason"] for f in approval["findings"]}
        for finding in c.findings:
            if finding.id not in known:
                yield f"findings: opened after {approval['by']} approved: {finding}"
            elif known[finding.id] != finding.reason:
                yield f"findings: another reason since {approval['by']} approved: {finding}"


def _recorded(manifest: dict[str, Any], name: str, called: str, wrong: str = "failed") -> Iterator[str]:
    """A record of another step: an object that counts what is `wrong`; nothing else counts as passed."""
    record = manifest["build"].get(name)
    if not isinstance(record, dict) or not isinstance(record.get(wrong), int):
        yield f"{called}: there is no record of it in manifest.json ('build.{name}' with '{wrong}')"
    elif record[wrong]:
        yield f"{called}: {record[wrong]} {wrong}"


CHECKS: tuple[Check, ...] = (
    check_artefacts, check_inputs, check_commit, check_proof, check_accessibility, check_numbers, check_findings,
    check_approvals,
)  # fmt: skip
