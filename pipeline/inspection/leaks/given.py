"""What does a scan of one version go by? The released cells, the public words, the
files of the version.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import UserError
from pipeline.inspection.readback.spelled import count_of_members, said_in_public
from pipeline.inspection.readback.values import Register
from pipeline.inspection.readback.words import Search
from pipeline.report.document.order import papers_of, pdf_name, workbook_name
from pipeline.report.ledger import LedgerEntry


@dataclass
class Given:
    """What a scan of one version goes by."""

    register: Register
    shown: list[LedgerEntry]
    wording: list[str]
    search: Search
    root: Path
    machine: set[str] = field(default_factory=set)
    manifest: dict[str, Any] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    # what other PDFs than the report print, by their names
    beside: dict[str, list[LedgerEntry]] = field(default_factory=dict)
    # what the labels of each chart of the report say
    drawings: list[str] = field(default_factory=list)

    @property
    def said(self) -> str:
        """All that the version may say in words: what stands for its report and version
        in the manifest.
        """
        told = [str(self.manifest.get(name, "")) for name in ("report", "version")]
        try:
            return said_in_public(
                self.root, told[0], told[1], (*self.register.sources, *self._told_of_cases())
            )
        except (UserError, OSError, KeyError):  # then nothing is public
            return ""

    def _told_of_cases(self) -> tuple[str, ...]:
        """What the version may tell of cases: they were cleared for it in these words."""
        return (
            *self.register.contributed,
            *self.register.decided,
            *self.register.case_texts,
            *(t for s in self.register.cases.values() for t in s),
        )

    @property
    def names(self) -> set[str]:
        """The names that files of the version bear; those of its open forms stand in
        folders of their own.
        """
        report, version, round_ = (
            str(self.manifest.get(name, "")) for name in ("report", "version", "round")
        )
        edition = int(self.manifest.get("edition", 0))
        known = {"manifest.json", "cells.csv", f"{report}.csv"}
        if not round_.isdigit():
            return known
        pdf = pdf_name(report, version, round_=int(round_), edition=edition)
        return known | {paper.pdf for paper in papers_of(pdf)} | {workbook_name(pdf)}

    @property
    def members(self) -> str:
        """How many member states the round of the manifest has, as a word."""
        return count_of_members(self.root, int(self.manifest.get("round", 0)))
