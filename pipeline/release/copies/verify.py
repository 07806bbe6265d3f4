"""What is this file? Its hash, the edition or copy it is, who signed it, and whose copy
a leaked page comes from.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.errors import SignOffError, UserError
from pipeline.project import Project
from pipeline.release.copies.hand_out import every_copy
from pipeline.release.copies.trace import is_pdf, trace
from pipeline.release.editions import Known, known_editions
from pipeline.release.manifest import pdf_of, sha256
from pipeline.release.signoff.edition import TEST_SIGNATURE
from pipeline.release.signoff.signature import Signature, signatures

# bytes of a file that is opened; a larger one is none of ours, which its hash tells
_LARGEST = 1_000_000_000


def verify(project: Project, path: Path, password: str = "") -> Iterator[str]:
    """Say of a file what it is, one line each. Raises SignOffError at the end where it
    is nothing that was released, or bears the name of another version's file.
    """
    # By its hash first: a released file, then a numbered copy.
    digest, content = _taken(path)
    yield f"sha256:    {digest}"
    known = list(known_editions(project))
    found = [(k, name) for k in known for name, of in k.event.files.items() if of == digest]
    for edition, name in found:
        yield f"edition:   {edition}: {name}"
        yield from _worth(edition)
        yield from _newer(project, edition)
    # A file may be one thing and bear the name of another.
    misnamed = yield from _named(path.name, found, known=known)
    copies = [(label, e) for label, e in every_copy(project).items() if e["sha256"] == digest]
    for label, entry in copies:
        of = [
            k
            for k in known
            if (k.event.name, k.subject.version) == (entry["edition"], entry["version"])
        ]
        yield f"edition:   {of[0] if of else 'unknown: no record names it'}"
        for edition in of:
            yield from _worth(edition)
            yield from _newer(project, edition)
        yield f"copy:      {_holder(label, entry)}"
        if password and content is not None:
            yield f"pattern:   {_pattern(content, label, entry=entry, password=password)}"
    # Without a copy the signatures in the file tell who approved it.
    if not copies:
        signed = _signatures(project, content, path=path)
        yield from signed.lines
        yield from _approved(project, content or b"", found=signed.found, known=known)
        if any(not (s.intact and s.whole) for s in signed.found):
            raise SignOffError(
                "the signature does not hold", where=path.name, do="take the file from the register"
            )
    if not found and not copies:
        raise SignOffError(
            "this is no file of any edition and no copy, or it was changed",
            where=path.name,
            allowed="a file that was released, byte for byte",
            do="'make trace FILE=' tells whose copy a page is from",
        )
    if misnamed:
        raise SignOffError(
            f"the file bears the name of another: {misnamed}",
            where=path.name,
            allowed="a file of a version under its own name",
            do="give it its own name before it goes to anybody",
        )


def _worth(edition: Known) -> Iterator[str]:
    """What a release that was a trial is worth."""
    if edition.event.is_test:
        yield f"TEST:      the edition was {TEST_SIGNATURE}"
    if edition.event.is_rehearsal:
        yield "REHEARSAL: names were typed, no key signed: this was never released in earnest"


def _newer(project: Project, edition: Known) -> Iterator[str]:
    """Where the edition is that replaced this one."""
    if edition.later:
        path = project.edition_folder(edition.subject.version, edition.later.name)
        name = pdf_of(edition.later.files)
        yield f"newest:    {edition.later.name}: {path / name}"


def _named(
    name: str, found: Iterable[tuple[Known, str]], *, known: Iterable[Known]
) -> Generator[str, None, str]:
    """A line where the file has another name than in its edition; returns whose name it
    is where that is another version, report or round.
    """
    own = {PurePosixPath(of).name: edition for edition, of in found}
    if not own or name in own:
        return ""
    yield f"name:      here it is {name}; in the edition it is {' or '.join(sorted(own))}"
    subjects = {edition.subject for edition, _ in found}
    for other in known:
        if other.subject not in subjects and name in {
            PurePosixPath(file).name for file in other.event.files
        }:
            return (
                f"{name} is a file of {other.subject}, and this is one of"
                f" {' and '.join(map(str, subjects))}"
            )
    return ""


def _pattern(content: bytes, label: str, *, entry: dict[str, Any], password: str) -> str:
    """Whether the pages bear the dots of a copy. The cover may be too dark for them:
    the page behind it is not.
    """
    try:
        named = {
            t.label for t in trace(content, {label: entry["code"]}, password=password, pages=2)
        }
    except UserError as problem:
        return f"not looked at: {problem.what}"
    return "that of this copy" if label in named else "NOT that of this copy"


@dataclass(frozen=True)
class Signatures:
    """The signatures of a file, and what is said of them."""

    found: tuple[Signature, ...]
    lines: tuple[str, ...]


def _signatures(project: Project, content: bytes | None, *, path: Path) -> Signatures:
    """Lines about the signatures of a file, whatever the file is."""
    if content is None:
        return Signatures(
            (), (f"signature: not looked for: the file has more than {_LARGEST:,} bytes",)
        )
    if not is_pdf(content):
        return Signatures((), ("signature: none, the file is no PDF",))
    try:
        found = signatures(project, content)
    except SignOffError:
        raise
    except Exception:  # whatever a damaged, locked or foreign PDF makes the library raise
        return Signatures(
            (), ("signature: cannot be looked for: the PDF is damaged, cut short or locked",)
        )
    lines = []
    for signature in found:
        lines.append(f"signature: {signature.line()}")
        if signature.is_test:
            lines.append(f"TEST:      {TEST_SIGNATURE}")
    return Signatures(tuple(found), tuple(lines) or ("signature: none",))


def _approved(
    project: Project, content: bytes, *, found: Iterable[Signature], known: Iterable[Known]
) -> Iterator[str]:
    """Which approved file a signed one begins with."""
    for edition in known if list(found) else ():
        name = pdf_of(edition.event.files)
        file = project.edition_folder(edition.subject.version, edition.event.name) / name
        if file.is_file() and content.startswith(approved := file.read_bytes()):
            yield f"approved:  its first {len(approved):,} bytes are {name}, {sha256(approved)}"


def whose(project: Project, path: Path, *, password: str = "") -> Iterator[str]:
    """Whose copy the pages of a file, or a picture of one, come from. Raises
    SignOffError where no page tells.
    """
    digest, content = _taken(path)
    copies = every_copy(project)
    for label, entry in copies.items():
        if entry["sha256"] == digest:
            yield f"file:   {_holder(label, entry)} (the whole file, unchanged)"
            return
    if content is None:
        raise UserError(
            "the file is too large",
            where=path.name,
            allowed=f"up to {_LARGEST:,} bytes",
            do="give some of its pages",
        )
    found = trace(
        content, {label: entry["code"] for label, entry in copies.items()}, password=password
    )
    for page in found:
        yield (
            f"page {page.page}: {_holder(page.label, copies[page.label])}; {page.agreeing} of 64"
            " bits agree"
        )
    if not found:
        raise SignOffError(
            "no page bears the pattern of a copy in the log",
            where=path.name,
            allowed="a page or a picture of one",
            do=(
                "see docs/how-to/copies.md for what the pattern survives; try a larger piece, or a"
                " better picture"
            ),
        )


def read_password(path: Path | None) -> str:
    """The first line of a password file. Raises UserError where there is none."""
    if path is None:
        return ""
    if not path.is_file():
        raise UserError("there is no such file", where=str(path), do="give PASSWORD_FILE=")
    try:
        return path.read_bytes().split(b"\n", 1)[0].decode("utf-8-sig").strip()
    except (UnicodeDecodeError, OSError) as problem:
        raise UserError(
            f"the password cannot be read: {problem}",
            where=str(path),
            allowed="a text file, the password in its first line",
            do="give the file of that copy: PASSWORD_FILE=",
        ) from None


def _taken(path: Path) -> tuple[str, bytes | None]:
    """Hash and content of a file, read once; no content where it is too large to be one
    of ours.
    """
    if not path.is_file():
        raise UserError("there is no such file", where=str(path), do="give FILE=")
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size > _LARGEST:
                return hashlib.file_digest(file, "sha256").hexdigest(), None
            content = file.read()
    except OSError as problem:
        raise UserError(
            f"the file cannot be read: {problem.strerror}",
            where=str(path),
            do="see who may open it",
        ) from None
    return sha256(content), content


def _holder(label: str, entry: dict[str, Any]) -> str:
    return f"{label}: {entry['name']}, {entry['organisation']}, since {entry['day']}"
