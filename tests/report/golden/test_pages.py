"""Are the pages of the finished reports set as a publisher would? Measured where each
text and line really stands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pikepdf
import pytest
from builds import EVERY_VERSION, EVERY_VERSION_OF_STATES, ROUND

from pipeline.contracts.model import Contracts
from pipeline.inspection.readback.marks import Drawn, Fonts, read_page
from pipeline.inspection.readback.outline import Block, read_blocks
from pipeline.project import Project
from pipeline.report.document.compose import build_document
from pipeline.report.ledger import TableKeys
from pipeline.report.printing import Printing

pytestmark = pytest.mark.slow

POINTS = 72 / 25.4
TOP, BOTTOM = 22 * POINTS, 20 * POINTS  # margins of a page, where head and foot stand
LEAST = 0.25  # the part of a page that something stands on, but for the cover
MOST = 36  # pages of the public threat assessment of a round without judgements
each_report = pytest.mark.parametrize(("report", "version"), EVERY_VERSION)
each_report_of_states = pytest.mark.parametrize(("report", "version"), EVERY_VERSION_OF_STATES)


@dataclass(frozen=True)
class Read:
    """A finished report: what each page draws, its height, and its blocks in reading
    order.
    """

    pages: list[Drawn]
    heights: list[float]
    blocks: list[Block]


@lru_cache(maxsize=9)
def read(path: Path) -> Read:
    with pikepdf.open(path) as pdf:
        fonts = Fonts()
        pages = [read_page(page, fonts) for page in pdf.pages]
        return Read(
            pages, [float(page.mediabox[3]) for page in pdf.pages], read_blocks(pdf, pages)[0]
        )


def opened(built: Project, report: str, version: str) -> Read:
    return read(
        built.version_folder(ROUND, report, version) / f"selec-{report}-{ROUND}-{version}-1.pdf"
    )


def filled(read: Read) -> Iterator[tuple[int, float]]:
    """Each page after the cover with the part of its height down to the last thing that
    stands on it.
    """
    for number, (drawn, height) in enumerate(zip(read.pages, read.heights, strict=True), 1):
        upper = height - TOP
        lower = BOTTOM
        ends = [t.y for t in drawn.texts] + [
            p.box[1] for p in drawn.paths if p.fill is not None or p.stroke is not None
        ]
        inside = [y for y in ends if lower - 1 <= y <= upper + 1]
        if number > 1:
            yield number, (upper - min(inside, default=upper)) / (upper - lower)


@each_report
def test_no_page_is_nearly_empty(built: Project, report: str, version: str) -> None:
    shares = list(filled(opened(built, report, version)))
    assert [(page, round(share, 2)) for page, share in shares if share < LEAST] == []


@each_report
def test_pages_are_on_the_whole_well_filled(built: Project, report: str, version: str) -> None:
    shares = [share for _, share in filled(opened(built, report, version))]
    assert sum(shares) / len(shares) > 0.7


def test_the_public_threat_assessment_stays_short(built: Project) -> None:
    assert len(opened(built, "octa", "public").pages) <= MOST


@each_report
def test_no_heading_stands_alone_at_the_foot_of_a_page(
    built: Project, report: str, version: str
) -> None:
    found = opened(built, report, version)
    heads = {
        (b.page, t.order): b.text
        for b in found.blocks
        if b.kind in ("H1", "H2", "H3")
        for t in b.texts
    }
    alone = []
    for number, (drawn, height) in enumerate(zip(found.pages, found.heights, strict=True), 1):
        inside = [t for t in drawn.texts if BOTTOM <= t.y <= height - TOP and t.text.strip()]
        lowest = min(inside, key=lambda t: t.y, default=None)
        if number > 1 and lowest is not None and (number, lowest.order) in heads:
            alone.append((number, heads[number, lowest.order]))
    assert alone == []


@each_report
def test_no_text_runs_off_its_page(built: Project, report: str, version: str) -> None:
    """A row that did not fit below the one before would stand in the margin, or outside
    of the page.
    """
    found = opened(built, report, version)
    kinds = ("TD", "TH", "P", "LBody", "Caption")
    off = []
    for block in found.blocks:
        if block.kind in kinds and block.page > 1:  # head and foot are in no block
            upper = found.heights[block.page - 1] - TOP + 4
            off += [
                (block.page, block.text)
                for text in block.texts
                if not BOTTOM - 4 <= text.y <= upper
            ]
    assert off == []


@each_report_of_states
def test_a_table_is_one_on_however_many_pages(built: Project, report: str, version: str) -> None:
    """Each has one caption, and the heads that are printed once more are passed by."""
    blocks = opened(built, report, version).blocks
    captions = Counter(b.table for b in blocks if b.table and b.kind == "Caption")
    assert captions == Counter({b.table for b in blocks if b.table})
    reached: dict[int, set[int]] = {}
    headed: dict[int, set[int]] = {}
    for block in (b for b in blocks if b.table):
        found = headed if "THead" in block.path else reached
        found.setdefault(block.table, set()).update(page for page, _ in block.marked)
    assert any(len(pages) > 1 for pages in reached.values())
    assert {len(pages) for pages in headed.values()} == {1}


@pytest.mark.parametrize("version", ["restricted", "public"])
def test_every_row_of_every_table_reaches_its_page(
    built: Project, contracts: Contracts, version: str
) -> None:
    """Each printed cell that the renderer noted is a cell of the PDF, also where a
    table goes on over a page.
    """
    store = Printing(built.store(ROUND, "thb", version), contracts, report="thb", version=version)
    build_document(store, built.templates)
    tables = [e for e in store.shown if isinstance(e, TableKeys)]
    noted = sum(len(row) for keys in tables for row in keys.rows)
    cells = [b for b in opened(built, "thb", version).blocks if b.kind == "TD"]
    assert len(cells) == noted > 300
