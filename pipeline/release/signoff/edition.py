"""How does an approved version leave? Checked once more, numbered, signed, entered into
the register, never changed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from pipeline.disclosure.protect import register_edition
from pipeline.errors import SignOffError
from pipeline.project import Project
from pipeline.release.editions import write_list
from pipeline.release.manifest import papers_in, sha256
from pipeline.release.publish import keep_for_reading
from pipeline.release.signoff.checks import Candidate, missing
from pipeline.release.signoff.crate import CRATE, Described, crate_json
from pipeline.release.signoff.draft import REHEARSAL, as_rehearsal, read_files
from pipeline.release.signoff.held import require_held
from pipeline.release.signoff.moves import move
from pipeline.release.signoff.record import (
    EDITION,
    Person,
    Subject,
    enter,
    require_earlier,
    seal_of,
    standing,
)
from pipeline.release.signoff.signature import KEY, sign, signatures
from pipeline.release.signoff.state import edition_seen
from pipeline.release.signoff.steps import candidate, needed
from pipeline.release.succession import edition_name
from pipeline.report.document.compose import read_definition, title_of

TEST_SIGNATURE = (
    "signed with a test certificate that anybody can make: it proves nothing about who released it"
)


def signed_name(pdf: str) -> str:
    """The name of a report with its signature."""
    return f"{pdf.removesuffix('.pdf')}.signed.pdf"


def release(
    project: Project, subject: Subject, *, who: Person, test: bool = False
) -> Iterator[str]:
    """Release the approved version as an edition. Yields lines for the terminal.

    What is written are the bytes that were read at the beginning, on a copy of which
    every check ran. With `test` the signature may be that of the test certificate,
    which says nothing about who signed.

    Raises SignOffError with everything that is missing; then nothing was changed. The
    order is such that a run that dies is finished by the next: first the register,
    which must know whatever goes out, then the files, then the record.
    """
    with candidate(project, subject, day=who.day) as found:
        lines = missing(found)
        require_held(found.copy, subject, seen=found.seen)
        if lines:
            raise SignOffError(
                "not released. Missing:" + "".join(f"\n  - {line}" for line in lines),
                where=str(subject),
                allowed="nothing missing",
                do="see docs/how-to/sign-off.md, 'When a release is refused'",
            )
        move(found.standing.state, "release", role=who.role)
        require_earlier(project, subject, who=who)
        number = edition_seen(found.seen).number
        name = edition_name(subject, number, rehearsal=who.rehearses)
        files = as_rehearsal(found.seen.master) if who.rehearses else found.seen.master
        folder = project.edition_folder(subject.version, name)
        reason = f"{subject.report} {subject.round}, {subject.version} version, edition {number}"
        signed = {
            signed_name(paper.pdf): sign(project, files[paper.pdf], reason=reason)
            for paper in papers_in(files)
        }
        is_test = any(
            _is_test(project, subject, signed=one, allowed=test) for one in signed.values()
        )
        registered = ""
        if found.rule.protected:
            registered = register_edition(
                found.copy,
                found.contracts,
                round_=subject.round,
                report=subject.report,
                version=subject.version,
                who=who,
                number=number,
            )
            yield f"register of editions: {registered}"
        if folder.exists():  # a release died before it was recorded
            _require_same(folder, files)
        else:
            seal = seal_of(project, subject)
            about = {
                "edition": name,
                "version": subject.version,
                "day": who.day.isoformat(),
                "register": registered,
                "rehearsal": who.rehearses,
                "record": seal,
            }
            about |= {"test": TEST_SIGNATURE} if is_test else {}
            whole = {**files, **signed, EDITION: _json(about)}
            trial = REHEARSAL if who.rehearses else TEST_SIGNATURE if is_test else ""
            described = _described(found, name, who=who, record=str(seal["sha256"]), trial=trial)
            keep_for_reading(folder, {**whole, CRATE: crate_json(described, whole)})
    hashes = {name: sha256(data) for name, data in read_files(folder).items()}
    more = {"test": True} if is_test else {}
    enter(
        project,
        subject,
        command="release",
        who=who,
        edition=number,
        name=name,
        files=hashes,
        register=registered,
        **more,
    )
    said = "the signed PDF" if len(signed) == 1 else f"{len(signed)} signed PDFs"
    yield f"{folder}: edition {number} released by {who}"
    yield f"{write_list(project, subject.version)}: the list of editions, with this one"
    yield (
        f"  {len(files)} files as they were approved, and {said}; their hashes stand in the record"
    )
    if is_test:
        yield f"  TEST: {TEST_SIGNATURE}"


def _described(found: Candidate, name: str, *, who: Person, record: str, trial: str) -> Described:
    """What the metadata of an edition say of it, of what was seen and approved."""
    subject = found.subject
    definition = read_definition(found.copy.templates, subject.report, version=subject.version)
    return Described(
        name,
        title_of(definition, subject.round),
        f"{definition.subtitle}, reference year {subject.round}",
        definition.marking,
        str(found.manifest.get("reference", "")),
        edition_seen(found.seen),
        who.day,
        found.signed.commit,
        tuple(approval.role for approval in found.standing.approvals),
        record,
        trial,
    )


def _is_test(project: Project, subject: Subject, *, signed: bytes, allowed: bool) -> bool:
    """Whether a file was signed with the test certificate. Raises SignOffError where
    that was not asked for.
    """
    is_test = any(s.is_test for s in signatures(project, signed))
    if is_test and not allowed:
        raise SignOffError(
            f"not released: it would be {TEST_SIGNATURE}",
            where=str(subject),
            allowed=f"a key of the publisher ({KEY}, see docs/how-to/sign-off.md)",
            do="name the key; or, where this is a trial, say so: TEST=yes",
        )
    return is_test


def withdraw(project: Project, subject: Subject, *, who: Person, reason: str) -> Iterator[str]:
    """Withdraw the released edition. Its files and its entry in the register stay: what
    was public stays known.
    """
    now = standing(project, subject)
    move(now.state, "withdraw", role=who.role)
    require_earlier(project, subject, who=who)
    enter(project, subject, command="withdraw", who=who, edition=now.number, reason=needed(reason))
    yield f"{subject}: edition {now.number} withdrawn by {who}; the record of it stays"
    yield f"{write_list(project, subject.version)}: the list of editions, which says so"


def _require_same(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        if not (folder / name).is_file() or (folder / name).read_bytes() != data:
            raise SignOffError(
                f"there are other files of this edition, and no record of their release: {name}",
                where=str(folder),
                allowed="an edition as it was released",
                do="find out where they come from; then move the folder away",
            )


def _json(content: Mapping[str, object]) -> bytes:
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()
