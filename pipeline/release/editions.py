"""Which editions were released, and which of them is the newest?

`releases/editions/<version>/index.html` lies beside the editions of a version. What was
released is never changed, so the page of an edition cannot say that another one
replaced it: it links this list, which is written anew with each release and each
withdrawal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path

from pipeline.contracts.definitions import read_version_texts
from pipeline.project import Project
from pipeline.release.manifest import papers_in, pdf_of
from pipeline.release.signoff.events import Release, Withdrawal
from pipeline.release.signoff.record import Standing, Subject, standing
from pipeline.report.document.compose import read_definition
from pipeline.system.files import write_private
from pipeline.system.page_templates import mistakes_told, open_templates

PAGE = "index.html"
_WEB_PAGE = "html/index.html"


@dataclass(frozen=True)
class Known:
    """A released edition: its event in the record, that of its withdrawal, and that of
    the newest one after it.
    """

    subject: Subject
    event: Release
    withdrawn: Withdrawal | None
    later: Release | None

    def __str__(self) -> str:
        told = (
            f"{self.event.name}, {self.subject.version} version, edition {self.event.edition},"
            f" released {self.event.day}"
        )
        if self.later:
            told += f"; SUPERSEDED by {self.later.name}, released {self.later.day}"
        if gone := self.withdrawn:
            told += f"; WITHDRAWN {gone.day}: {gone.reason}"
        return told

    @property
    def state(self) -> str:
        """`withdrawn`, `replaced` or `newest`."""
        return "withdrawn" if self.withdrawn else "replaced" if self.later else "newest"


def editions_of(now: Standing) -> Iterator[tuple[Release, Withdrawal | None]]:
    """Every edition ever released, with the event of its withdrawal where there is one."""
    for event in now.released:
        yield event, next((w for w in now.withdrawn if w.edition == event.edition), None)


def known_editions(project: Project, version: str = "*") -> Iterator[Known]:
    """Every edition that was ever released, of all records, or of those of a version."""
    for record in sorted((project.releases / "signoff").glob(f"*/*-{version}.jsonl")):
        report, _, of = record.stem.rpartition("-")
        yield from editions_of_subject(project, Subject(int(record.parent.name), report, of))


def editions_of_subject(project: Project, subject: Subject) -> Iterator[Known]:
    """Every edition of a version of a report, in their order."""
    found = list(editions_of(standing(project, subject)))
    for event, withdrawn in found:
        later = [other for other, _ in found if other.edition > event.edition]
        yield Known(subject, event, withdrawn, later[-1] if later else None)


def write_list(project: Project, version: str) -> Path:
    """Write the list of the editions of a version beside them. It says of a withdrawn one
    that it was withdrawn, and keeps the reason, which is for those who read the record.
    """
    texts = read_version_texts(project.templates)[version]
    environment = open_templates(project.templates / "editions", trim_blocks=True)
    with mistakes_told(project.templates):
        page = environment.get_template("editions.html.j2").render(
            marking=texts.marking,
            subtitle=texts.subtitle,
            groups=list(_groups(project, known_editions(project, version))),
        )
    path = project.edition_folder(version, PAGE)
    write_private(path, page.encode())
    return path


def _groups(project: Project, known: Iterable[Known]) -> Iterator[dict[str, object]]:
    """Reports in their order, newest round and newest edition first."""
    place = {report: number for number, report in enumerate(project.reports)}
    ordered = sorted(
        known,
        key=lambda k: (
            place.get(k.subject.report, len(place)),
            -k.subject.round,
            -k.event.edition,
        ),
    )
    for subject, editions in groupby(ordered, key=lambda k: k.subject):
        definition = read_definition(project.templates, subject.report, version=subject.version)
        yield {
            "title": definition.title,
            "round": subject.round,
            "editions": [_line(edition) for edition in editions],
        }


def _line(known: Known) -> dict[str, object]:
    pdf = pdf_of(known.event.files)
    return {
        "name": known.event.name,
        "number": known.event.edition,
        "day": _day(known.event.day),
        "state": known.state,
        "told": _told(known),
        "pdf": pdf,
        "short": [paper.pdf for paper in papers_in(known.event.files) if paper.prefix],
        "address": _WEB_PAGE if _WEB_PAGE in known.event.files else pdf,
    }


def _told(known: Known) -> str:
    said = []
    if known.event.is_rehearsal:
        said.append("REHEARSAL: signed by nobody, not released in earnest")
    if known.event.is_test:
        said.append("TEST: its signature proves nothing about who released it")
    if known.withdrawn:
        said.append(f"Withdrawn on {_day(known.withdrawn.day)}")
    if known.later:
        said.append(f"Replaced by edition {known.later.edition} of {_day(known.later.day)}")
    elif not known.withdrawn:
        said.append("The newest edition")
    return ". ".join(said)


def _day(text: str) -> str:
    day = date.fromisoformat(text)
    return f"{day.day} {day:%B %Y}"
