"""What is this file? Its hash, the edition or copy it is, who signed it, and whose copy a leaked page comes from."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.copies.copies import every_copy
from pipeline.copies.trace import trace
from pipeline.errors import SignOffError, UserError
from pipeline.project import Project
from pipeline.release.manifest import sha256
from pipeline.report.worker import pdf_name
from pipeline.signoff.record import Subject, standing
from pipeline.signoff.release import editions_of
from pipeline.signoff.signature import signatures


@dataclass(frozen=True)
class Known:
    """A released edition: its event in the record, and that of its withdrawal."""

    subject: Subject
    event: Any
    withdrawn: Any

    def __str__(self) -> str:
        told = f"{self.event['name']}, {self.subject.version} version, released {self.event['day']}"
        gone = self.withdrawn
        return f"{told}; WITHDRAWN {gone['day']}: {gone['reason']}" if gone else told


def verify(project: Project, path: Path, password: str = "") -> Iterator[str]:
    """Say of a file what it is, one line each. Raises SignOffError at the end where it is nothing that was released."""
    content = _read(path)
    digest = sha256(content)
    yield f"sha256:    {digest}"
    known = list(known_editions(project))
    sound = [f"{k}: {name}" for k in known for name, of in k.event["files"].items() if of == digest]
    for line in sound:
        yield f"edition:   {line}"
    copies = [(label, e) for label, e in every_copy(project).items() if e["sha256"] == digest]
    for label, entry in copies:
        yield f"edition:   {next((str(k) for k in known if k.event['name'] == entry['edition']), 'unknown')}"
        yield f"copy:      {_holder(label, entry)}"
        sound.append(label)
        if password:
            # The cover may be too dark for the dots: the page behind it is not.
            named = {t.label for t in trace(content, {label: entry["code"]}, password, pages=2)}
            yield f"pattern:   {'that of this copy' if label in named else 'NOT that of this copy'}"
    if not copies:
        broken = yield from _signed(project, content, known)
        if broken:
            raise SignOffError("the signature does not hold", where=path.name, do="take the file from the register")
    if not sound:
        raise SignOffError(
            "this is no file of any edition and no copy, or it was changed", where=path.name,
            allowed="a file that was released, byte for byte", do="'make trace FILE=' tells whose copy a page is from",
        )  # fmt: skip


def _signed(project: Project, content: bytes, known: list[Known]) -> Generator[str, None, bool]:
    """Lines about the signatures of a file; returns whether one of them is broken."""
    found = signatures(project, content) if content.startswith(b"%PDF") else []
    for signature in found:
        yield f"signature: {signature.line()}"
        for edition in known:
            name = pdf_name(edition.subject.report, edition.subject.version, edition.subject.round)
            file = project.edition_folder(edition.subject.version, edition.event["name"]) / name
            if file.is_file() and content.startswith(approved := file.read_bytes()):
                yield f"approved:  its first {len(approved):,} bytes are {name}, {sha256(approved)}"
    if not found:
        yield "signature: none"
    return any(not (s.intact and s.whole) for s in found)


def whose(project: Project, path: Path, password: str = "") -> Iterator[str]:
    """Whose copy the pages of a file, or a picture of one, come from. Raises SignOffError where no page tells."""
    content = _read(path)
    copies = every_copy(project)
    for label, entry in copies.items():
        if entry["sha256"] == sha256(content):
            yield f"file:   {_holder(label, entry)} (the whole file, unchanged)"
            return
    found = trace(content, {label: entry["code"] for label, entry in copies.items()}, password)
    for page in found:
        yield f"page {page.page}: {_holder(page.label, copies[page.label])}; {page.agreeing} of 64 bits agree"
    if not found:
        raise SignOffError(
            "no page bears the pattern of a copy in the log", where=path.name, allowed="a page or a picture of one",
            do="see docs/copies.md for what the pattern survives; try a larger piece, or a better picture",
        )  # fmt: skip


def known_editions(project: Project) -> Iterator[Known]:
    """Every edition that was ever released, of all records."""
    for record in sorted((project.releases / "signoff").glob("*/*.jsonl")):
        report, _, version = record.stem.rpartition("-")
        subject = Subject(int(record.parent.name), report, version)
        for event, withdrawn in editions_of(standing(project, subject)):
            yield Known(subject, event, withdrawn)


def read_password(path: Path | None) -> str:
    """The first line of a password file. Raises UserError where there is none."""
    if path is None:
        return ""
    if not path.is_file():
        raise UserError("there is no such file", where=str(path), do="give PASSWORD_FILE=")
    return path.read_text(encoding="utf-8").split("\n", 1)[0].strip()


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise UserError("there is no such file", where=str(path), do="give FILE=")
    return path.read_bytes()


def _holder(label: str, entry: dict[str, Any]) -> str:
    return f"{label}: {entry['name']}, {entry['organisation']}, since {entry['day']}"
