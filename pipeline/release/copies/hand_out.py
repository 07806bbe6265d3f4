"""How is a restricted edition handed out? A copy for each recipient: numbered and
named, traceable, encrypted, logged.

`releases/copies/<version>/<edition>/` holds the copies, `releases/passwords/...` the
password of each in a file of its own, `releases/copies/<version>/<edition>.jsonl` the
log, which never holds a password and is never changed. A copy exists once it stands in
the log: a run that dies before is done again, under the same number.
"""

from __future__ import annotations

import io
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.errors import SignOffError
from pipeline.project import Project
from pipeline.release.copies.pattern import drawing, new_code
from pipeline.release.copies.recipients import Recipient
from pipeline.release.editions import editions_of
from pipeline.release.manifest import pdf_of, sha256
from pipeline.release.pagemark import MM, MarkLine, mark_pages
from pipeline.release.signoff.draft import read_files
from pipeline.release.signoff.record import Person, Subject, standing
from pipeline.system.files import write_private
from pipeline.system.signed.chain import Chain, open_chain
from pipeline.system.signed.heads import require_heads

# Without letters and digits that are taken for each other, because a password is read
# out and typed.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP = 6, 5  # 31 to the power of 30: some 148 bits
# what the log says of each
_HOLDS = (
    "copy",
    "name",
    "organisation",
    "edition",
    "version",
    "file",
    "sha256",
    "code",
)
_INK = (0.2, 0.2, 0.2)


@dataclass(frozen=True)
class Edition:
    """A released edition of which copies are made."""

    subject: Subject
    number: int
    name: str
    pdf: bytes
    rehearsal: bool = False

    def __str__(self) -> str:
        return f"{self.subject}, edition {self.number}"


def make_copies(
    project: Project, subject: Subject, *, recipients: Iterable[Recipient], who: Person
) -> Iterator[str]:
    """Make a copy of the newest released edition for every recipient who has none.
    Yields lines for the terminal.

    Raises SignOffError when no edition is released, or its files are not those that
    were released.
    """
    edition = released_edition(project, subject)
    log = copies_log(project, subject.version, edition=edition.name)
    for recipient in recipients:
        entries = log.read()
        held = [
            e
            for e in entries
            if (e["name"].casefold(), e["organisation"].casefold()) == recipient.key
        ]
        if held:
            yield f"{recipient} has copy {held[0]['copy']} since {held[0]['day']}"
            continue
        yield _make(project, edition, recipient=recipient, log=log, who=who)
    yield f"{log.path}: {len(log.read())} copies of {edition}"


def released_edition(project: Project, subject: Subject) -> Edition:
    """The newest edition that was released and not withdrawn, its files as they were
    released.
    """
    found = [
        event for event, withdrawn in editions_of(standing(project, subject)) if withdrawn is None
    ]
    if not found:
        raise SignOffError(
            "there is no released edition to hand out",
            where=str(subject),
            allowed="a released edition",
            do="see 'make status' for what a release would still miss",
        )
    event = found[-1]
    folder = project.edition_folder(subject.version, event.name)
    hashes = {name: sha256(data) for name, data in read_files(folder).items()}
    if changed := sorted(n for n in {*hashes, *event.files} if hashes.get(n) != event.files.get(n)):
        raise SignOffError(
            f"not as it was released: {', '.join(changed)}",
            where=str(folder),
            allowed="the files of the release",
            do="restore the folder from its copy; nothing was handed out",
        )
    pdf = (folder / pdf_of(event.files)).read_bytes()
    return Edition(subject, event.edition, event.name, pdf, event.is_rehearsal)


def _make(
    project: Project, edition: Edition, *, recipient: Recipient, log: Chain, who: Person
) -> str:
    entries = log.read()
    number = len(entries) + 1
    code = new_code(e["code"] for e in entries)
    password = "-".join(
        "".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS)
    )
    content = encrypted(marked(edition, number, recipient=recipient, code=code), password)
    version = edition.subject.version
    stem = f"selec-{edition.name}-copy-{number:03}"
    secret = project.releases / "passwords" / version / edition.name / f"{stem}.txt"
    copy = project.releases / "copies" / version / edition.name / f"{stem}.pdf"
    write_private(secret, f"{password}\n".encode())
    write_private(copy, content)
    log.append(
        {
            "event": "copy",
            "copy": number,
            "name": recipient.name,
            "organisation": recipient.organisation,
            "edition": edition.name,
            "version": version,
            "file": copy.name,
            "sha256": sha256(content),
            "code": code,
        },
        who,
    )
    return f"{copy}: copy {number} for {recipient}; password in {secret}"


def marked(edition: Edition, number: int, *, recipient: Recipient, code: str) -> bytes:
    """The edition's PDF with number and name in the margins and the pattern of the copy
    over every page.

    As conforming as the edition: marks are artifacts, in an embedded font.
    """
    told = f"{'REHEARSAL ' if edition.rehearsal else ''}Copy {number} \u00b7 {recipient}"

    def lines(width: float, height: float) -> Iterator[MarkLine]:
        yield MarkLine(told, width / 2, height - 9 * MM, colour=_INK)
        yield MarkLine(f"{told} \u00b7 {edition.name}", width / 2, 7 * MM, colour=_INK)
        yield MarkLine(
            f"COPY {number}", width - 7 * MM, height / 2, size=14, turn=True, colour=_INK
        )

    return mark_pages(edition.pdf, lines, drawing=drawing(code))


def encrypted(content: bytes, password: str) -> bytes:
    """The PDF under AES-256. It may be read and printed, also by assistive technology;
    nothing else.

    Two encryptions of the same file differ. The owner's password is thrown away: the
    edition itself is kept.
    """
    import pikepdf

    allowed = pikepdf.Permissions(
        accessibility=True,
        extract=False,
        modify_annotation=False,
        modify_assembly=False,
        modify_form=False,
        modify_other=False,
        print_lowres=True,
        print_highres=True,
    )
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as pdf:
        lock = pikepdf.Encryption(
            user=password, owner=secrets.token_urlsafe(32), R=6, allow=allowed
        )
        pdf.save(out, encryption=lock, fix_metadata_version=False)
    return out.getvalue()


def copies_log(project: Project, version: str, *, edition: str) -> Chain:
    path = project.releases / "copies" / version / f"{edition}.jsonl"
    return open_chain(project, f"copies {version} {edition}", path=path, holds=_HOLDS)


def every_copy(project: Project) -> dict[str, dict[str, Any]]:
    """Every logged copy of every edition, by a label such as `restricted thb-2022-1
    copy 3`. Raises SignOffError where a log is not as it was written, or is gone.
    """
    require_heads(project.releases)
    return {
        f"{e['version']} {e['edition']} copy {e['copy']}": e
        for path in sorted((project.releases / "copies").glob("*/*.jsonl"))
        for e in copies_log(project, path.parent.name, edition=path.stem).read()
    }
