"""What do the checks of a build say of the files that would leave? Made again on their
very bytes.

The build made them when it put the version in place. Between then and the release the
files and the record of the checks beside them lie on a disk that people write to.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from pipeline.contracts.model import Contracts
from pipeline.errors import UserError
from pipeline.inspection.leaks.scan import scan_version
from pipeline.inspection.leaks.secrets import collect, machine_names
from pipeline.inspection.numerals.audit import audit_numbers
from pipeline.inspection.numerals.known import read_known
from pipeline.inspection.readback.finished import FinishedPdf
from pipeline.project import Project
from pipeline.release.manifest import accessibility_of, papers_in, pdf_of
from pipeline.release.signoff.record import Subject
from pipeline.report.document.compose import read_definition, title_of
from pipeline.report.document.key_findings import title_of_paper
from pipeline.report.document.order import Paper, short_ledger
from pipeline.report.ledger import parse_ledger
from pipeline.report.store import Store
from pipeline.returns.cleared import sources_of
from pipeline.system.pdf.conform import PdfFigures, check_pdf

DATA_FILE = "cells.csv"  # goes with every version, beside the PDF and in it
_LISTED = 6
# Of the scan of a build, what is another number now: it met the manifest before its own
# figures stood in it.
_OF_MANIFEST = "number in manifest"


@dataclass(frozen=True)
class Found:
    """What a check found wrong, and the figures that the manifest of the build must
    have of it, by their name there.
    """

    problems: tuple[str, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)

    def unlike(self, build: object) -> Iterator[tuple[str, Any, Any]]:
        """Where the `build` of a manifest says otherwise: name, what it says, what was
        found.
        """
        recorded = build if isinstance(build, dict) else {}
        for name, figures in self.figures.items():
            said = recorded.get(name)
            if isinstance(said, dict):
                said = {kind: number for kind, number in said.items() if kind != _OF_MANIFEST}
            if said != figures:
                yield name, said, figures


def count_numbers_again(
    copy: Project, contracts: Contracts, *, subject: Subject, master: Mapping[str, bytes]
) -> Found:
    """The audit of every numeral of the PDF."""

    def audit() -> Found:
        where = subject.round, subject.report, subject.version
        known = read_known(
            copy.templates,
            contracts,
            store=copy.store(*where),
            report=subject.report,
            version=subject.version,
        )
        wrong: list[object] = [*unlike_attached(master[pdf_of(master)], master)]
        figures = {}
        for paper, ledger in _ledgers(copy, subject, master).items():
            read = parse_ledger(ledger.read_bytes(), ledger)
            found = audit_numbers(FinishedPdf(master[paper.pdf]), known, ledger=read)
            wrong = [*found.unaccounted, *wrong]
            figures[paper.figure("number_audit")] = found.figures()
        return Found(_listed(wrong), figures)

    return _ended(audit)


def _ledgers(copy: Project, subject: Subject, files: Collection[str]) -> dict[Paper, Path]:
    """The documents among the files of a version, each with the ledger of what it prints."""
    ledger = copy.ledger(subject.round, subject.report, subject.version)
    return dict(zip(papers_in(files), (ledger, short_ledger(ledger)), strict=False))


def unlike_attached(pdf: bytes, files: Mapping[str, bytes]) -> Iterator[str]:
    """Data files of a version that are not what the PDF carries under their name. The
    audit reads what is attached; so a data file that the reader is given beside it is
    audited too.
    """
    import pikepdf

    with pikepdf.open(io.BytesIO(pdf)) as opened:
        attached = {
            name: bytes(spec.get_file().read_bytes()) for name, spec in opened.attachments.items()
        }
    for name in sorted({*attached, DATA_FILE}):
        if attached.get(name) != files.get(name):
            yield f"{name} of the version is not the {name} that is attached to the PDF"


def scan_again(copy: Project, subject: Subject) -> Found:
    """The scan of all files for what was not released."""

    def scan() -> Found:
        where = subject.round, subject.report, subject.version
        folder = copy.master_folder(*where)
        ledger = copy.ledger(*where)
        ledgers = _ledgers(copy, subject, [path.name for path in folder.iterdir()])
        found = scan_version(
            copy.master_folder(*where),
            copy.store(*where),
            secrets=collect(copy, *where),
            shown=ledger,
            beside={paper.pdf: path for paper, path in ledgers.items() if path != ledger},
            root=copy.root,
            machine=machine_names(),
            sources=sources_of(copy),
        )
        counts = {kind: number for kind, number in found.counts.items() if kind != _OF_MANIFEST}
        return Found(_listed(found.leaks), {"leak_scan": counts})

    return _ended(scan)


def check_pages_again(
    copy: Project, contracts: Contracts, *, subject: Subject, master: Mapping[str, bytes]
) -> Found:
    """What PDF/UA-1 and PDF/A-3a ask, as far as the renderer checks it; veraPDF looks
    at more and is run by hand.
    """

    def look() -> Found:
        store = Store(
            copy.store(subject.round, subject.report, subject.version),
            contracts,
            report=subject.report,
            version=subject.version,
        )
        title = title_of(
            read_definition(copy.templates, subject.report, version=subject.version), store.round
        )
        day = datetime.combine(date.fromisoformat(store.meta["cutoff"]), time(12), UTC)
        problems: list[str] = []
        counted: dict[str, Any] = {}
        for paper in papers_in(master):
            said = title_of_paper(paper, title)
            found = judge_pages(check_pdf(master[paper.pdf], title=said, date=day))
            problems += [
                f"{paper.pdf}: {line}" if paper.prefix else line for line in found.problems
            ]
            counted |= {paper.figure(name): value for name, value in found.figures.items()}
        return Found(tuple(problems), counted)

    return _ended(look)


def judge_pages(figures: PdfFigures) -> Found:
    """What the check of a PDF came to. Raises RenderError where it ran no rule."""
    counted = accessibility_of(figures.conformance.record())
    return Found(
        _listed([*figures.conformance.faults()]),
        {"accessibility": counted, "pages": figures.pages},
    )


def _ended(check: Callable[[], Found]) -> Found:
    """A check that did not come to its end has not passed: a damaged file makes every
    library raise errors of its own, and none of them may pass for a finding about the
    figures.
    """
    try:
        return check()
    except UserError as problem:
        return Found((" ".join(str(problem).split())[:300],))
    except Exception as problem:
        return Found(
            (
                (
                    f"it could not be made: {type(problem).__name__}:"
                    f" {' '.join(str(problem).split())[:200]}"
                ),
            )
        )


def _listed(found: list[Any]) -> tuple[str, ...]:
    more = [f"and {len(found) - _LISTED} more"] if len(found) > _LISTED else []
    return (*(" ".join(str(one).split()) for one in found[:_LISTED]), *more)
