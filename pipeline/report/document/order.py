"""What of a version is to be made? The order that its renderer gets, and what was kept
of the last one.

What is equal to what was kept is not made again: a text that others print leaves the
pages as they are, and a new page style draws no chart. What was kept is hashes and
figures, and the HTML of the pages, which lies beside the ledger of the version.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from pipeline.system.kept import damaged, parse_json

HTML, ANNEX, LEDGER, SOURCE = "report.html", "cells.csv", "shown.json", "source.json"
CHARTS = "charts.json"  # drawings of the last build, and then those of this one
OPEN = "open"  # the folder of the open forms, in that of the order


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
    of those placed, `facts` the figures of its build.
    """

    html: str
    annex: str
    views: str
    title: str
    subject: str
    exhibits: tuple[str, ...]
    facts: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def same_pages(self, other: Source | None) -> bool:
        """Whether pages of the same style would come out equal."""
        return other is not None and (
            (self.html, self.annex, self.title, self.subject, self.facts["cutoff"])
            == (other.html, other.annex, other.title, other.subject, other.facts["cutoff"])
        )


def parse_source(content: bytes, path: Path) -> Source:
    """What was kept of a document in the bytes of a file that lies at `path`. Raises
    DamagedFileError.
    """
    match parse_json(content, path):
        case {
            "html": str(html),
            "annex": str(annex),
            "views": str(views),
            "title": str(title),
            "subject": str(subject),
            "exhibits": list(exhibits),
            "facts": dict(facts),
        }:
            placed = tuple(map(str, exhibits))
            return Source(html, annex, views, title, subject, placed, facts)
    raise damaged(path, "it does not say what was kept of a document")


@dataclass(frozen=True)
class Order:
    """One version, the store it is made from, the folder to write to, and which parts
    to make; `edition` is the number of the edition that it would be. Where `kept` is
    given, its HTML and annex lie in the folder already. Paths are absolute.
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

    @property
    def pdf(self) -> str:
        """The name of the report as a file."""
        return pdf_name(self.report, self.version, round_=self.round, edition=self.edition)


def pdf_name(report: str, version: str, *, round_: int, edition: int) -> str:
    """The name of the PDF of an edition, which tells it from those of other versions and
    from other editions. Those of before bore no number: edition 0.
    """
    return f"selec-{report}-{round_}-{version}{f'-{edition}' if edition else ''}.pdf"


def digest(content: str | bytes) -> str:
    data = content.encode() if isinstance(content, str) else content
    return hashlib.sha256(data).hexdigest()
