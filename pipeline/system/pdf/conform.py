"""Does a finished PDF hold what PDF/A-3a and PDF/UA-1 ask? Reads the bytes with another
library than wrote them; returns what is wrong and what is in them. Begin at `check_pdf`.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from pipeline.system.pdf.fonts import FONT_FAMILY

_INFO_KEYS = {"/Title", "/Subject", "/Producer", "/CreationDate", "/ModDate"}
_LINK_SCHEMES = ("https", "http", "mailto")


@dataclass(frozen=True)
class PdfFigures:
    """What was written. `tables` counts the parts of a table on different pages each as
    one; `fonts` are the faces.
    """

    pages: int
    bytes: int
    sha256: str
    tables: int
    figures: int
    attachments: tuple[str, ...]
    fonts: tuple[str, ...]


def check_pdf(
    content: bytes, *, title: str, language: str = "en", date: datetime
) -> tuple[list[str], PdfFigures]:
    """Look at the finished bytes with another library: what is wrong with them, and
    what is in them.
    """
    import pikepdf

    with pikepdf.open(io.BytesIO(content)) as pdf:
        elements = list(_structure(pdf))
        fonts, font_failures = _check_fonts(pdf)
        failed = [
            *_check_catalog(pdf, title, language=language),
            *_check_information(pdf, title, date=date),
            *_check_tags(elements),
            *_check_links(pdf),
            *font_failures,
            *_check_actions(pdf),
        ]
        figures = PdfFigures(
            pages=len(pdf.pages),
            bytes=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            tables=sum(1 for element in elements if element.S == "/Table"),
            figures=sum(1 for element in elements if element.S == "/Figure"),
            attachments=tuple(sorted(pdf.attachments)),
            fonts=fonts,
        )
    return failed, figures


def _structure(pdf: Any) -> Iterator[Any]:
    """Structure elements in reading order."""
    import pikepdf

    waiting = [pdf.Root.StructTreeRoot] if "/StructTreeRoot" in pdf.Root else []
    while waiting:
        element = waiting.pop()
        if not isinstance(element, pikepdf.Dictionary):
            continue
        if "/S" in element:
            yield element
        kids = element.get("/K", [])
        waiting.extend(reversed(list(kids) if isinstance(kids, pikepdf.Array) else [kids]))


def _check_catalog(pdf: Any, title: str, *, language: str) -> Iterator[str]:
    root = pdf.Root
    if not root.get("/MarkInfo", {}).get("/Marked", False) or "/StructTreeRoot" not in root:
        yield "the document is not tagged"
    if str(root.get("/Lang", "")) != language:
        yield f"the language is '{root.get('/Lang', '')}', not '{language}'"
    if not root.get("/ViewerPreferences", {}).get("/DisplayDocTitle", False):
        yield "a reader would show the file name, not the title"
    if not any(intent.get("/S") == "/GTS_PDFA1" for intent in root.get("/OutputIntents", [])):
        yield "there is no output intent for colours"
    if "/Outlines" not in root:
        yield "there are no bookmarks: the document has no headings"
    for file in root.get("/AF", []):
        stream = file.EF.F
        if file.get("/AFRelationship") != "/Data" or stream.get("/Subtype") != "/text/csv":
            yield f"attachment {file.UF} is not marked as CSV data"


def _check_information(pdf: Any, title: str, *, date: datetime) -> Iterator[str]:
    stamp = date.strftime("D:%Y%m%d%H%M%SZ")
    info = {key: str(value) for key, value in pdf.docinfo.items()}
    if unexpected := sorted(set(info) - _INFO_KEYS):
        yield f"the document information holds {', '.join(unexpected)}"
    if info.get("/Title") != title:
        yield "the title is not in the document information"
    if {info.get("/CreationDate"), info.get("/ModDate")} != {stamp}:
        yield f"the document's dates are not {stamp}"
    for file in pdf.Root.get("/AF", []):
        if {str(file.EF.F.Params.get(key)) for key in ("/CreationDate", "/ModDate")} != {stamp}:
            yield f"the dates of attachment {file.UF} are not {stamp}"
    with pdf.open_metadata() as xmp:
        expected = {
            "dc:title": title,
            "pdfaid:part": "3",
            "pdfaid:conformance": "A",
            "pdfuaid:part": "1",
        }
        for name, value in expected.items():
            if xmp.get(name) != value:
                yield f"the metadata says {name} is {xmp.get(name)!r}, not {value!r}"


def _check_tags(elements: list[Any]) -> Iterator[str]:
    level = 0
    for element in elements:
        kind = str(element.S)
        if kind == "/Figure" and not str(element.get("/Alt", "")).strip():
            yield "a figure has no alternative text"
        if kind == "/TH" and "/Scope" not in element.get("/A", {}):
            yield "a table head does not say whether it heads a row or a column"
        if kind == "/Link" and not element.get("/K"):
            yield "a link has no content"
        if re.fullmatch(r"/H[1-6]", kind):
            if int(kind[2]) > level + 1:
                yield (
                    f"a heading of level {kind[2]} follows one of level {level or 'none'}: a level"
                    " is skipped"
                )
            level = int(kind[2])


def _check_links(pdf: Any) -> Iterator[str]:
    """Whoever cannot see a link is told of it by its tag alone."""
    listed = list(pdf.Root.get("/StructTreeRoot", {}).get("/ParentTree", {}).get("/Nums", []))
    parents = {
        int(number): parent for number, parent in zip(listed[::2], listed[1::2], strict=True)
    }
    for number, page in enumerate(pdf.pages, 1):
        for item in page.get("/Annots", []):
            parent = parents.get(int(item.get("/StructParent", -1)))
            if item.get("/Subtype") == "/Link" and (parent is None or parent.get("/S") != "/Link"):
                yield (
                    f"page {number}: a link to {item.get('/Dest', 'elsewhere')} is not tagged as a"
                    " link"
                )


def _check_fonts(pdf: Any) -> tuple[tuple[str, ...], list[str]]:
    import pikepdf

    names = set()
    failed = []
    for item in pdf.objects:
        if not isinstance(item, pikepdf.Dictionary) or item.get("/Type") != "/Font":
            continue
        name = str(item.get("/BaseFont", "")).split("+")[-1].lstrip("/")
        for part in item.get("/DescendantFonts", [item]):
            if not {"/FontFile", "/FontFile2", "/FontFile3"} & set(
                part.get("/FontDescriptor", {}).keys()
            ):
                failed.append(f"font {name} is not embedded")
        names.add(name)
        if not name.startswith(FONT_FAMILY.replace(" ", "-")) and "/ToUnicode" in item:
            # Fonts of the machine make other bytes on another machine.
            letters = " ".join(_characters(item.ToUnicode.read_bytes()))
            failed.append(f"font {name} of this machine was used: {FONT_FAMILY} has no {letters}")
    return tuple(sorted(names)), failed


def _characters(character_map: bytes) -> list[str]:
    codes = re.findall(rb"<[0-9a-f]+>\s*<([0-9a-f]+)>\s*\n", character_map, flags=re.I)
    texts = sorted(
        {bytes.fromhex(code.decode()).decode("utf-16-be", "replace") for code in codes} - {" "}
    )
    return [f"{text} (U+{ord(text[0]):04X})" for text in texts if text]


def _check_actions(pdf: Any) -> Iterator[str]:
    """No script, nothing that starts by itself, no link to a file: its address would
    tell who built it and where.
    """
    import pikepdf

    if {"/OpenAction", "/AA"} & set(pdf.Root.keys()) or "/JavaScript" in pdf.Root.get("/Names", {}):
        yield "the document starts an action when it is opened"
    for item in pdf.objects:
        if not isinstance(item, pikepdf.Dictionary):
            continue
        if item.get("/S") in ("/JavaScript", "/Launch") or "/JS" in item:
            yield "the document holds a script or starts a program"
        for action in (item, item.get("/A")):
            if isinstance(action, pikepdf.Dictionary) and action.get("/S") == "/URI":
                scheme = urlsplit(str(action.URI)).scheme
                if scheme not in _LINK_SCHEMES:
                    yield f"a link leads to a '{scheme}' address"
