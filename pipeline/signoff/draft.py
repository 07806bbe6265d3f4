"""What does a reviewer read? A draft: the master with DRAFT, its number and its fingerprint on every page.

The number comes from the record of what was submitted, the fingerprint from the content, so that neither clock nor
machine shows and two different drafts never bear the same mark.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from pipeline.errors import SignOffError
from pipeline.kept import seal_folder
from pipeline.project import Project
from pipeline.release.build import Built, build_version
from pipeline.release.manifest import sha256
from pipeline.release.pagemark import MM, MarkLine, mark_pages
from pipeline.release.publish import put_in_place
from pipeline.report.worker import pdf_name
from pipeline.signoff.record import Subject, standing

MANIFEST, WEB_PAGE = "manifest.json", "html/index.html"
_REPORT = b'<main id="report" tabindex="-1">'


def build_draft(project: Project, round_: int, report: str, version: str) -> Built:
    """Render a version, keep it as the master, and put its draft in place. Raises what `build_version` raises."""
    built = build_version(project, round_, report, version)
    return Built(write_draft(project, Subject(round_, report, version)), built.figures)


def write_draft(project: Project, subject: Subject) -> Path:
    """Mark the master as a draft and put it with its data files in place. Returns the PDF.

    Raises SignOffError when there is no master, or its files are not those of its manifest.
    """
    files = read_master(project, subject)
    if changed := changed_files(files):
        raise SignOffError(
            f"changed after it was built: {', '.join(changed)}", where=f"master of {subject}",
            allowed="the files that manifest.json names, as they were built", do=_build(project, subject),
        )  # fmt: skip
    manifest = json.loads(files[MANIFEST])
    name = pdf_name(subject.report, subject.version, subject.round)
    fingerprint = sha256(files[name])
    number = standing(project, subject).draft_of(fingerprint)
    marked = mark_pages(files[name], lambda width, height: _lines(number, fingerprint, width, height))
    changed_here = {name: marked}
    if WEB_PAGE in files:
        changed_here[WEB_PAGE] = _marked_page(files[WEB_PAGE], mark_of(number, fingerprint))
    for file, data in changed_here.items():
        manifest["outputs"][file] = {"sha256": sha256(data), "bytes": len(data)}
    manifest["draft"] = {"number": number, "master": fingerprint}
    content = (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode()
    folder = project.version_folder(subject.round, subject.report, subject.version)
    put_in_place(folder, {**files, **changed_here, MANIFEST: content})
    seal_folder(folder)
    return folder / name


def _marked_page(page: bytes, mark: str) -> bytes:
    """The page for browsers with the mark as the first line of its report."""
    head, found, rest = page.partition(_REPORT)
    if not found:
        raise SignOffError(
            "the page for browsers has no place for the mark", where=WEB_PAGE, allowed=_REPORT.decode(),
            do="repair templates/shared/web/page.html.j2",
        )  # fmt: skip
    return head + found + f"\n<p><strong>{mark}</strong></p>".encode() + rest


def read_master(project: Project, subject: Subject) -> dict[str, bytes]:
    """The files of the master by name, as they lie there. Raises SignOffError when it was not built."""
    files = read_files(project.master_folder(subject.round, subject.report, subject.version))
    if MANIFEST not in files or pdf_name(subject.report, subject.version, subject.round) not in files:
        raise SignOffError("this version was not built", where=str(subject), do=_build(project, subject))
    return files


def read_files(folder: Path) -> dict[str, bytes]:
    """Every file of a folder by its path in it; none where there is no folder."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def changed_files(files: Mapping[str, bytes]) -> list[str]:
    """Names of files that are missing, not in the manifest beside them, or of other content than it says."""
    try:
        outputs = json.loads(files[MANIFEST])["outputs"]
    except (KeyError, ValueError):
        return [MANIFEST]
    named = {name: facts["sha256"] for name, facts in outputs.items()}
    found = {name: sha256(data) for name, data in files.items() if name != MANIFEST}
    return sorted(name for name in named | found if named.get(name) != found.get(name))


def mark_of(number: int, fingerprint: str) -> str:
    """What stands on every page of a draft."""
    return f"DRAFT {number} \u00b7 {fingerprint[:8]} \u00b7 not approved, not for release"


def _lines(number: int, fingerprint: str, width: float, height: float) -> Iterator[MarkLine]:
    told = mark_of(number, fingerprint)
    yield MarkLine(told, width / 2, height - 9 * MM)
    yield MarkLine(told, width / 2, 7 * MM)
    yield MarkLine(f"DRAFT {number}", width - 7 * MM, height / 2, size=22, turn=True)


def _build(project: Project, subject: Subject) -> str:
    manifest = project.version_folder(subject.round, subject.report, subject.version) / MANIFEST
    return (
        f"remove {manifest} where it is there, then run "
        f"'make report ROUND={subject.round} REPORT={subject.report} VERSION={subject.version}'"
    )
