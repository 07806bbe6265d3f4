"""What of a version does a build make again? Written down with what was kept of the
last one.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pipeline.project import Project
from pipeline.release.signoff.record import Subject
from pipeline.release.succession import note_edition
from pipeline.report.document.compose import read_definition
from pipeline.report.document.order import (
    ANNEX,
    CHARTS,
    EVERY,
    SOURCE,
    Order,
    Part,
    Source,
    papers_of,
    parse_source,
    short_ledger,
)
from pipeline.report.edition import note_path, read_edition
from pipeline.system.files import UNFINISHED
from pipeline.system.kept import is_kept


@dataclass(frozen=True)
class Again:
    """Of a version that was built before, the parts whose inputs changed, whether it is
    inspected and marked as a draft although its files stay what they were, and whether it
    may be another edition now: what is only made again stays the edition that it was.
    """

    parts: frozenset[Part] = EVERY
    audit: bool = True
    scan: bool = True
    draft: bool = True
    edition: bool = True


EVERYTHING = Again()


def begin_version(
    project: Project, round_: int, *, report: str, version: str, again: Again = EVERYTHING
) -> Order:
    """Write down what is to be made of a version, in a folder of its own beside its
    master, with what was kept of it. Where something is not what was kept, everything is
    made.
    """
    if again.edition or not _is_noted(project, round_, report, version):
        edition = note_edition(project, Subject(round_, report, version))
    else:
        edition = read_edition(project.store(round_, report, version))
    definition = read_definition(project.templates, report, version=version)
    key_findings = bool(definition.key_findings)
    folder = project.master_folder(round_, report, version)
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{version}-", suffix=UNFINISHED, dir=folder.parent))
    kept = None
    try:
        # Drawings have names that say all that they are made of: they stay good when
        # everything else is made again.
        if is_kept(charts := charts_path(project, round_, report, version)):
            shutil.copyfile(charts, scratch / CHARTS)
        if again.parts != EVERY:
            kept = _take_kept(
                project,
                round_,
                report=report,
                version=version,
                scratch=scratch,
                key_findings=key_findings,
            )
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    return Order(
        project.root.absolute(),
        project.store(round_, report, version).absolute(),
        scratch.absolute(),
        round_,
        report,
        version,
        again.parts if kept else EVERY,
        kept,
        edition.number,
        key_findings,
    )


def _is_noted(project: Project, round_: int, report: str, version: str) -> bool:
    """Whether the document that was kept says which edition it is of."""
    return is_kept(note_path(project.store(round_, report, version)))


def kept_paths(
    project: Project, round_: int, report: str, version: str, *, key_findings: bool
) -> dict[str, Path]:
    """Restricted: what is kept of a version for the next build, by its name in the folder of
    an order. Ledger and HTML of each of its documents, and the record of them all.
    """
    ledger = project.ledger(round_, report, version)
    whole, short = papers_of("")
    kept = {
        whole.ledger: ledger,
        whole.html: ledger.with_suffix(".html"),
        SOURCE: ledger.with_suffix(".source"),
    }
    if key_findings:
        beside = short_ledger(ledger)
        kept |= {short.ledger: beside, short.html: beside.with_suffix(".html")}
    return kept


def charts_path(project: Project, round_: int, report: str, version: str) -> Path:
    """Restricted: the drawings of a version, which only its own renderer gets again."""
    return project.ledger(round_, report, version).with_suffix(".charts")


def _take_kept(
    project: Project,
    round_: int,
    *,
    report: str,
    version: str,
    scratch: Path,
    key_findings: bool,
) -> Source | None:
    kept = kept_paths(project, round_, report, version, key_findings=key_findings)
    annex = project.master_folder(round_, report, version) / ANNEX
    if not all(map(is_kept, kept.values())) or not annex.is_file():
        return None
    for name, path in {**kept, ANNEX: annex}.items():
        shutil.copyfile(path, scratch / name)
    source = parse_source((scratch / SOURCE).read_bytes(), kept[SOURCE])
    return source if bool(source.key_findings) == key_findings else None
