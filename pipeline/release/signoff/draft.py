"""What does a reviewer read? A draft: the master with DRAFT, its number and its
fingerprint on every page.

The number comes from the record of what was submitted, the fingerprint from the
content, so that neither clock nor machine shows and two different drafts never bear the
same mark. The fingerprint is over every file of the version, not the PDF alone, and
over what it was allowed by: the certificate of its proof, the policy and the contracts.
A draft of a report that lacks states says so beside; the master never does, for it is
what a release copies, and no release lets it go without a reason that somebody signed
(`pipeline.release.gate`).
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from pipeline.disclosure.proof import certificate_path
from pipeline.errors import SignOffError
from pipeline.project import Project
from pipeline.release.build import Built, build_version
from pipeline.release.gate.enough import incomplete
from pipeline.release.manifest import MANIFEST, NOT_IN_VERSIONS, papers_in, pdf_of, sha256
from pipeline.release.order import EVERYTHING, Again
from pipeline.release.pagemark import MM, MarkLine, mark_pages
from pipeline.release.publish import put_in_place
from pipeline.release.signoff.record import Subject, standing
from pipeline.system.kept import seal_folder

REHEARSAL = "REHEARSAL: signed by nobody, not for release"
WEB_PAGE = "html/index.html"
_REPORT = b'<main id="report" tabindex="-1">'
_EDITIONS = re.compile(rb'<p class="editions">.*?</p>\n', re.S)


def build_draft(
    project: Project, round_: int, *, report: str, version: str, again: Again = EVERYTHING
) -> Built:
    """Render a version, keep it as the master, and put its draft in place. Raises what
    `build_version` raises.
    """
    built = build_version(project, round_, report=report, version=version, again=again)
    return mark_built(project, Subject(round_, report, version), built=built, again=again)


def mark_built(project: Project, subject: Subject, *, built: Built, again: Again) -> Built:
    """What was built as the draft that people read; a draft that says what it must stays
    as it is.
    """
    if not again.draft and (pdf := _current_draft(project, subject)):
        return replace(built, pdf=pdf)
    return replace(built, pdf=write_draft(project, subject))


def _current_draft(project: Project, subject: Subject) -> Path | None:
    """The PDF of the draft, where it is one of this very master; None for a rehearsal,
    whose marks say more.
    """
    folder = project.version_folder(subject.round, subject.report, subject.version)
    draft, now = read_files(folder), standing(project, subject)
    if now.rehearsal or changed_files(draft):
        return None
    fingerprint = _fingerprint(project, subject, read_master(project, subject))
    marked = json.loads(draft[MANIFEST]).get("draft")
    lacks = incomplete(project, subject.round, report=subject.report)
    if marked != _told_of(now.draft_of(fingerprint), fingerprint, lacks=lacks):
        return None
    return folder / pdf_of(draft)


def _told_of(number: int, fingerprint: str, *, lacks: str) -> dict[str, object]:
    """What the manifest of a draft says of it."""
    told: dict[str, object] = {"number": number, "fingerprint": fingerprint}
    return told | ({"incomplete": lacks} if lacks else {})


def _fingerprint(project: Project, subject: Subject, files: Mapping[str, bytes]) -> str:
    return fingerprint_of(
        {name: sha256(data) for name, data in files.items()} | _bound(project, subject)
    )


def write_draft(project: Project, subject: Subject, *, rehearsal: bool = False) -> Path:
    """Mark the master as a draft and put it with its data files in place; in a
    rehearsal it says that too. Returns the PDF.

    Raises SignOffError when there is no master, or its files are not those of its
    manifest.
    """
    files = read_master(project, subject)
    if changed := changed_files(files):
        raise SignOffError(
            f"changed after it was built: {', '.join(changed)}",
            where=f"master of {subject}",
            allowed="the files that manifest.json names, as they were built",
            do=build_again(project, subject),
        )
    manifest = json.loads(files[MANIFEST])
    name = pdf_of(files)
    fingerprint = _fingerprint(project, subject, files)
    now = standing(project, subject)
    number = now.draft_of(fingerprint)
    lacks = incomplete(project, subject.round, report=subject.report)
    mark = mark_of(number, fingerprint, rehearsal=rehearsal or now.rehearsal, lacks=lacks)
    changed_here = _with_mark(files, mark)
    if WEB_PAGE in changed_here:
        # The list of editions lies beside editions, not beside drafts.
        changed_here[WEB_PAGE] = _EDITIONS.sub(b"", changed_here[WEB_PAGE])
    for file, data in changed_here.items():
        manifest["outputs"][file] = {"sha256": sha256(data), "bytes": len(data)}
    manifest["draft"] = _told_of(number, fingerprint, lacks=lacks)
    content = (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode()
    folder = project.version_folder(subject.round, subject.report, subject.version)
    put_in_place(folder, {**files, **changed_here, MANIFEST: content})
    seal_folder(folder)
    return folder / name


def as_rehearsal(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of an edition that was only rehearsed: every page says so."""
    return {**files, **_with_mark(files, REHEARSAL)}


def _with_mark(files: Mapping[str, bytes], mark: str) -> dict[str, bytes]:
    """The files that people read, with a mark on every page: the PDFs, and the page for
    browsers where there is one.
    """
    marked = {
        paper.pdf: mark_pages(files[paper.pdf], lambda width, height: [_line(mark, width, height)])
        for paper in papers_in(files)
    }
    if WEB_PAGE in files:
        marked[WEB_PAGE] = _marked_page(files[WEB_PAGE], mark)
    return marked


def fingerprint_of(hashes: Mapping[str, str]) -> str:
    """One hash for many files: that of a line `<sha256>  <name>` for each, in the order
    of their names.
    """
    return sha256("".join(f"{hash_}  {name}\n" for name, hash_ in sorted(hashes.items())).encode())


def bound_to(subject: Subject, inputs: Mapping[str, str]) -> dict[str, str]:
    """Of the hashes of inputs by name, those that the fingerprint of a version covers
    besides its own files.
    """
    proof = f"proof/{subject.version}.json"
    contracts = "data_contracts/"
    return {
        name: hash_
        for name, hash_ in inputs.items()
        if name == proof
        or (name.startswith(contracts) and name.removeprefix(contracts) not in NOT_IN_VERSIONS)
    }


def _bound(project: Project, subject: Subject) -> dict[str, str]:
    found = {
        f"data_contracts/{name}": sha256(data)
        for name, data in read_files(project.contracts, "__pycache__").items()
    }
    proof = certificate_path(project, subject.round, version=subject.version)
    if proof.is_file():
        found[f"proof/{subject.version}.json"] = sha256(proof.read_bytes())
    return bound_to(subject, found)


def _marked_page(page: bytes, mark: str) -> bytes:
    """The page for browsers with the mark as the first line of its report."""
    head, found, rest = page.partition(_REPORT)
    if not found:
        raise SignOffError(
            "the page for browsers has no place for the mark",
            where=WEB_PAGE,
            allowed=_REPORT.decode(),
            do="repair templates/shared/web/page.html.j2",
        )
    return head + found + f"\n<p><strong>{mark}</strong></p>".encode() + rest


def read_master(project: Project, subject: Subject) -> dict[str, bytes]:
    """The files of the master by name, as they lie there. Raises SignOffError when it
    was not built.
    """
    files = read_files(project.master_folder(subject.round, subject.report, subject.version))
    if MANIFEST not in files or not pdf_of(files):
        raise SignOffError(
            "this version was not built", where=str(subject), do=build_again(project, subject)
        )
    return files


def read_files(folder: Path, *without: str) -> dict[str, bytes]:
    """Every file of a folder by its path in it, each opened once; none where there is
    no folder. `without` names folders that are passed over.

    Raises SignOffError at a link and at what is no file: nobody could say what will be
    read there the next time.
    """
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if not set(without) & set(name.parts) and (path.is_symlink() or not path.is_dir()):
            found[name.as_posix()] = _read_file(path)
    return found


def _read_file(path: Path) -> bytes:
    try:
        # Without waiting: a pipe has nothing to give.
        opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as problem:
        what = "a link, not a file" if path.is_symlink() else f"cannot be read: {problem.strerror}"
        raise _no_file(path, what) from None
    with os.fdopen(opened, "rb") as file:
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            raise _no_file(path, "no regular file")
        return file.read()


def _no_file(path: Path, what: str) -> SignOffError:
    return SignOffError(
        what,
        where=str(path),
        allowed="files only, which the owner may read",
        do="remove it, then run 'make reports'",
    )


def changed_files(files: Mapping[str, bytes]) -> list[str]:
    """Names of files that are missing, not in the manifest beside them, or of other
    content than it says.
    """
    try:
        outputs = json.loads(files[MANIFEST])["outputs"]
        named = {name: facts["sha256"] for name, facts in outputs.items()}
    except (KeyError, ValueError, TypeError, AttributeError):
        return [MANIFEST]
    found = {name: sha256(data) for name, data in files.items() if name != MANIFEST}
    return sorted(name for name in named | found if named.get(name) != found.get(name))


_SIZE = 12.5  # points: as large as a sheet on its side has room for the longest mark


def mark_of(number: int, fingerprint: str, *, rehearsal: bool = False, lacks: str = "") -> str:
    """What stands on every page of a draft, once. `lacks` is what is said of a report that
    has figures of too few states.
    """
    short = f"{'REHEARSAL ' if rehearsal else ''}DRAFT {number}"
    said = [short, fingerprint[:8], *([lacks] if lacks else []), "not approved, not for release"]
    return " \u00b7 ".join(said)


def _line(told: str, width: float, height: float) -> MarkLine:
    """At the side that is not bound, where no text of a page stands."""
    return MarkLine(told, width - 7 * MM, height / 2, size=_SIZE, turn=True)


def build_again(project: Project, subject: Subject) -> str:
    """What to do where a built version is missing or damaged."""
    manifest = project.version_folder(subject.round, subject.report, subject.version) / MANIFEST
    return (
        f"remove {manifest} where it is there, then run "
        f"'make report ROUND={subject.round} REPORT={subject.report} VERSION={subject.version}'"
    )
