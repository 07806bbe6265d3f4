"""How does an approved version leave? Checked once more, numbered, signed, entered into the register, never changed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from pipeline.contracts.model import Contracts
from pipeline.errors import SignOffError
from pipeline.project import Project
from pipeline.protect import register_edition
from pipeline.release.manifest import sha256
from pipeline.release.publish import keep_for_reading
from pipeline.report.worker import pdf_name
from pipeline.signoff.checks import missing
from pipeline.signoff.draft import as_rehearsal, read_files, read_master
from pipeline.signoff.moves import move
from pipeline.signoff.record import (
    EDITION,
    Person,
    Standing,
    Subject,
    enter,
    require_earlier,
    seal_of,
    standing,
)
from pipeline.signoff.signature import sign
from pipeline.signoff.signoff import candidate, needed


def edition_name(subject: Subject, number: int, *, rehearsal: bool = False) -> str:
    return f"{'REHEARSAL-' if rehearsal else ''}{subject.report}-{subject.round}-{number}"


def signed_name(subject: Subject) -> str:
    return pdf_name(subject.report, subject.version, subject.round).removesuffix(".pdf") + ".signed.pdf"


def release(project: Project, contracts: Contracts, subject: Subject, who: Person) -> Iterator[str]:
    """Release the approved version as an edition. Yields lines for the terminal.

    Raises SignOffError with everything that is missing; then nothing was changed. The order is such that a run that
    dies is finished by the next: first the register, which must know whatever goes out, then the files, then the
    record.
    """
    found = candidate(project, contracts, subject)
    if lines := missing(found):
        raise SignOffError(
            "not released. Missing:" + "".join(f"\n  - {line}" for line in lines), where=str(subject),
            allowed="nothing missing", do="see docs/sign-off.md, 'When a release is refused'",
        )  # fmt: skip
    move(found.standing.state, "release", who.role)
    require_earlier(project, subject, who)
    number = _next_number(project, subject, found.standing, protected=found.rule.protected)
    name = edition_name(subject, number, rehearsal=who.rehearses)
    folder = project.edition_folder(subject.version, name)
    registered = ""
    if found.rule.protected:
        registered = register_edition(
            project, contracts, subject.round, subject.report, subject.version, who, number=number
        )
        yield f"register of editions: {registered}"
    files = read_master(project, subject)
    if who.rehearses:
        files = as_rehearsal(subject, files)
    if folder.exists():  # a release died before it was recorded
        _require_same(folder, files)
    else:
        about = {
            "edition": name, "version": subject.version, "day": who.day.isoformat(), "register": registered,
            "rehearsal": who.rehearses, "record": seal_of(project, subject),
        }  # fmt: skip
        pdf = files[pdf_name(subject.report, subject.version, subject.round)]
        signed = sign(project, pdf, f"{subject.report} {subject.round}, {subject.version} version, edition {number}")
        keep_for_reading(folder, {**files, signed_name(subject): signed, EDITION: _json(about)})
    hashes = {name: sha256(data) for name, data in read_files(folder).items()}
    enter(project, subject, "release", who, edition=number, name=name, files=hashes, register=registered)
    yield f"{folder}: edition {number} released by {who}"
    yield from (f"  {hash_}  {name}" for name, hash_ in hashes.items())


def withdraw(project: Project, subject: Subject, who: Person, reason: str) -> Iterator[str]:
    """Withdraw the released edition. Its files and its entry in the register stay: what was public stays known."""
    now = standing(project, subject)
    move(now.state, "withdraw", who.role)
    require_earlier(project, subject, who)
    enter(project, subject, "withdraw", who, edition=now.number, reason=needed(reason))
    yield f"{subject}: edition {now.number} withdrawn by {who}; the record of it stays"


def editions_of(now: Standing) -> Iterator[tuple[Mapping[str, object], Mapping[str, object] | None]]:
    """Every edition ever released, with the event of its withdrawal where there is one."""
    for event in now.released:
        yield event, next((w for w in now.withdrawn if w["edition"] == event["edition"]), None)


def _next_number(project: Project, subject: Subject, now: Standing, *, protected: bool) -> int:
    """One more than all before; a number that stands in the register with these very cells but was never released
    here was entered by hand or by a release that died, and is taken up."""
    taken = {event["edition"] for event in now.released}
    pattern = re.compile(rf"{re.escape(subject.report)}-{subject.round}-([0-9]+)")
    listed: dict[int, Path] = {}
    for path in (project.releases / subject.version).glob("*.csv") if protected else ():
        if match := pattern.fullmatch(path.stem):
            listed[int(match[1])] = path
    if protected:
        shown = project.released(subject.round, subject.report, subject.version).read_bytes()
        for number in sorted(set(listed) - taken):
            if listed[number].read_bytes() == shown:
                return number
    return max({*taken, *listed}, default=0) + 1


def _require_same(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        if not (folder / name).is_file() or (folder / name).read_bytes() != data:
            raise SignOffError(
                f"there are other files of this edition, and no record of their release: {name}", where=str(folder),
                allowed="an edition as it was released", do="find out where they come from; then move the folder away",
            )  # fmt: skip


def _json(content: Mapping[str, object]) -> bytes:
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()
