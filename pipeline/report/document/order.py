"""What of a version is to be made? The order that its renderer gets, and what was kept
of the last one.

What is equal to what was kept is not made again: a text that others print leaves the
pages as they are, and a new page style draws no chart. What was kept is hashes and
figures, and the HTML of the pages, which lies beside the ledger of the version.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from pipeline.system.kept import damaged, parse_json

HTML, ANNEX, LEDGER, SOURCE = "report.html", "cells.csv", "shown.json", "source.json"
CHARTS = "charts.json"  # drawings of the last build, and then those of this one
OPEN = "open"  # the folder of the open forms, in that of the order


@dataclass(frozen=True)
class Paper:
    """A document of a version: its names in the folder of an order, and what stands before
    those of its figures in a manifest.
    """

    pdf: str
    html: str
    ledger: str
    prefix: str = ""

    def figure(self, name: str) -> str:
        """A figure of this document as a manifest calls it."""
        return f"{self.prefix}{name}"


class Part(StrEnum):
    """What a version is made of, each from the one before or from the store."""

    DOCUMENT = "document"  # the texts, tables and charts as HTML, with ledger and annex
    PAGES = "pages"  # the PDF
    DATA = "data"  # data package and workbook
    WEB = "web"  # the page for browsers


EVERY = frozenset(Part)


@dataclass(frozen=True)
class Source:
    """The document that the parts are made of: hashes of its HTML, of its annex and of
    what other forms take from it, and what its PDF says of itself. `exhibits` are the ids
    of those placed, `facts` the figures of its build, `key_findings` a hash of the HTML of
    its short document, empty where it has none.
    """

    html: str
    annex: str
    views: str
    title: str
    subject: str
    exhibits: tuple[str, ...]
    facts: Mapping[str, Any]
    key_findings: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def same_pages(self, other: Source | None) -> bool:
        """Whether pages of the same style would come out equal."""
        return other is not None and self._of_pages() == other._of_pages()

    def _of_pages(self) -> tuple[str, ...]:
        own = (self.html, self.key_findings, self.annex)
        return (*own, self.title, self.subject, self.facts["cutoff"])


def parse_source(content: bytes, path: Path) -> Source:
    """What was kept of a document in the bytes of a file that lies at `path`. Raises
    DamagedFileError.
    """
    match {"key_findings": "", **parse_json(content, path)}:
        case {
            "html": str(html),
            "annex": str(annex),
            "views": str(views),
            "title": str(title),
            "subject": str(subject),
            "exhibits": list(exhibits),
            "facts": dict(facts),
            "key_findings": str(short),
        }:
            placed = tuple(map(str, exhibits))
            return Source(html, annex, views, title, subject, placed, facts, short)
    raise damaged(path, "it does not say what was kept of a document")


@dataclass(frozen=True)
class Order:
    """One version, the store it is made from, the folder to write to, and which parts
    to make; `edition` is the number of the edition that it would be. Where `kept` is
    given, its HTML and annex lie in the folder already. `key_findings` says whether it has a
    short document too. Paths are absolute.
    """

    root: Path
    store: Path
    out: Path
    round: int
    report: str
    version: str
    parts: frozenset[Part] = EVERY
    kept: Source | None = None
    edition: int = 1
    key_findings: bool = False

    @property
    def pdf(self) -> str:
        """The name of the report as a file."""
        return pdf_name(self.report, self.version, round_=self.round, edition=self.edition)

    @property
    def papers(self) -> tuple[Paper, ...]:
        """The documents of the version, the report first."""
        every = papers_of(self.pdf)
        return every if self.key_findings else every[:1]


def papers_of(pdf: str) -> tuple[Paper, Paper]:
    """The documents that a version with this report may have: the report itself, and its
    key findings as a short document.
    """
    short = Paper(key_findings_name(pdf), f"short-{HTML}", f"short-{LEDGER}", "key_findings_")
    return Paper(pdf, HTML, LEDGER), short


def papers_among(pdf: str, names: Collection[str]) -> tuple[Paper, ...]:
    """Of the documents of a version those whose PDF is among the names of its files."""
    return tuple(paper for paper in papers_of(pdf) if paper.pdf in names)


def key_findings_name(pdf: str) -> str:
    """The name of the short document beside a report."""
    return f"{pdf.removesuffix('.pdf')}.key-findings.pdf"


def workbook_name(pdf: str) -> str:
    """The name of the workbook beside a report."""
    return Path(pdf).with_suffix(".xlsx").name


def short_ledger(ledger: Path) -> Path:
    """Where the ledger of the key findings lies beside that of their report."""
    return ledger.with_suffix(f".short{ledger.suffix}")


def pdf_name(report: str, version: str, *, round_: int, edition: int) -> str:
    """The name of the PDF of an edition, which tells it from those of other versions and
    from other editions. Those of before bore no number: edition 0.
    """
    return f"selec-{report}-{round_}-{version}{f'-{edition}' if edition else ''}.pdf"


def digest(content: str | bytes) -> str:
    data = content.encode() if isinstance(content, str) else content
    return hashlib.sha256(data).hexdigest()
