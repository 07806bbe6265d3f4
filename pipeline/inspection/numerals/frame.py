"""What stands around the text? Heads and feet of pages, bookmarks, the document's
title, names of attachments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pikepdf

from pipeline.inspection.leaks.files import check_cells
from pipeline.inspection.numerals.known import Known
from pipeline.inspection.numerals.passage import Passage, squeeze
from pipeline.inspection.numerals.walk import REPEATED
from pipeline.inspection.readback.finished import FinishedPdf
from pipeline.inspection.readback.marks import Text
from pipeline.inspection.readback.objects import read_name_tree
from pipeline.inspection.readback.report import ScanReport
from pipeline.inspection.readback.words import shortens


def furniture(known: Known, pdf: FinishedPdf, *, headings: set[str]) -> Iterator[Passage]:
    """Everything that is drawn on a page and is in no block: the page's number, the
    reference, the chapter, and the heads of a table that goes on, which were accounted for
    where they stand first.
    """
    pages = pdf.pages
    in_blocks = {mark for block in pdf.blocks for mark in block.marked}
    repeated = {(h.page, text.order) for h in pdf.repeated_heads for text in h.texts}
    for head in pdf.repeated_heads:
        passage = Passage(head.page + 1, f"{known.report}/furniture", head.text)
        passage.claim_all(REPEATED)
        yield passage
    for index, drawn in enumerate(pages):
        texts: dict[Any, list[Text]] = {}
        for text in drawn.texts:
            if (index, text.order) in repeated:
                continue
            if not isinstance(text.tag, int) or (index, text.tag) not in in_blocks:
                texts.setdefault(
                    text.tag if isinstance(text.tag, int) else ("", text.place), []
                ).append(text)
        for parts in texts.values():
            passage = Passage(
                index + 1, f"{known.report}/furniture", " ".join(p.text for p in parts)
            )
            if passage.bare == f"page{index + 1}of{len(pages)}":
                passage.claim_all("page")
            elif (
                passage.bare in headings
                or _begins(passage.bare, headings)
                or any(shortens(passage.text, heading) for heading in headings)
            ):
                passage.claim_all(REPEATED)
            passage.claim_phrase(known.reference, "reference number")
            known.claim_edition(passage)
            known.exceptions.claim(passage)
            yield passage


def _begins(bare: str, headings: set[str]) -> bool:
    """A long heading goes on in a second line: its first one holds the number and more
    than one word's letters.
    """
    return len(re.sub(r"[^a-zA-Z]", "", bare)) > 7 and any(h.startswith(bare) for h in headings)


def outside(known: Known, pdf: pikepdf.Pdf, *, headings: set[str]) -> Iterator[Passage]:
    """Texts of the file that no page shows: bookmarks, title and subject, what
    attachments are called.
    """
    for title in _bookmarks(pdf.Root.get("/Outlines")):
        passage = Passage(0, f"{known.report}/bookmark", title)
        if passage.bare in headings:
            passage.claim_all(REPEATED)
        yield passage
    for name in ("/Title", "/Subject", "/Author", "/Keywords"):
        if name in pdf.docinfo:
            passage = Passage(0, f"{known.report}/metadata", str(pdf.docinfo[name]))
            known.claim_edition(passage)
            if re.search(rf"(?:, |reference year ){known.round_}(?:$|, edition )", passage.text):
                passage.claim_phrase(str(known.round_), "year")
            yield passage
    for name, spec in read_name_tree(pdf.Root, "/EmbeddedFiles"):
        yield Passage(0, f"{known.report}/attachment", f"{name} {spec.get('/Desc', '')}")


def wrong_attachments(known: Known, pdf: pikepdf.Pdf) -> Iterator[str]:
    """What the attached data file says otherwise than the version's store."""
    report = ScanReport()
    for name, spec in read_name_tree(pdf.Root, "/EmbeddedFiles"):
        check_cells(name, bytes(spec.EF.F.read_bytes()), register=known.register, report=report)
    yield from (str(leak) for leak in report.leaks)


def _bookmarks(outlines: Any) -> Iterator[str]:
    waiting = [outlines] if outlines is not None else []
    while waiting:
        node = waiting.pop()
        if "/Title" in node:
            yield str(node.Title)
        waiting += [node[name] for name in ("/First", "/Next") if name in node]


def known_headings(passages: list[Passage]) -> set[str]:
    """The headings as they were printed, which heads of pages and bookmarks repeat."""
    return {squeeze(p.text) for p in passages if p.place.endswith("/heading")}
