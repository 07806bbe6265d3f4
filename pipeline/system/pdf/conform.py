"""Does a finished PDF hold what PDF/A-3a and PDF/UA-1 ask? Reads the bytes with
another library than wrote them; returns what each rule says, and what is in them. Begin
at `check_pdf`.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from pipeline.system.pdf.fonts import FONT_FAMILY
from pipeline.system.pdf.table_rules import judge_tables

_INFO_KEYS = {"/Title", "/Subject", "/Producer", "/CreationDate", "/ModDate"}
_LINK_SCHEMES = ("https", "http", "mailto")
# The rules that every file meets, whatever is on its pages. The others run where there is
# a figure, a table, a link, an attachment.
ALWAYS_RUN = frozenset(
    {
        "tagged",
        "language",
        "title shown",
        "output intent",
        "bookmarks",
        "information",
        "title",
        "dates",
        "metadata dc:title",
        "metadata pdfaid:part",
        "metadata pdfaid:conformance",
        "metadata pdfuaid:part",
        "no action at opening",
        "no programs",
        "pages",
    }
)


@dataclass(frozen=True)
class Verdict:
    """What one rule says of one thing that it looked at; nothing was wrong where the
    failure is empty.
    """

    rule: str
    failure: str = ""


@dataclass(frozen=True)
class Conformance:
    """What the check of one file came to: which rules looked at something, and every
    failure, in the order of the rules.
    """

    ran: frozenset[str]
    failures: tuple[str, ...]

    @classmethod
    def of(cls, verdicts: Iterable[Verdict]) -> Conformance:
        seen = list(verdicts)
        return cls(frozenset(v.rule for v in seen), tuple(v.failure for v in seen if v.failure))

    def faults(self) -> tuple[str, ...]:
        """All that keeps the file from passing. A check that ran none of the rules that
        every file meets has shown nothing.
        """
        idle = ", ".join(sorted(ALWAYS_RUN - self.ran))
        return (*self.failures, *([f"these rules were not run: {idle}"] if idle else ()))

    def record(self) -> dict[str, int]:
        """The counts, for whoever keeps them."""
        return {"rules": len(self.ran), "failed": len(self.failures)}


@dataclass(frozen=True)
class PdfFigures:
    """What is in a file. A table counts once on however many pages it stands; `fonts` are
    the faces.
    """

    pages: int
    bytes: int
    sha256: str
    tables: int
    figures: int
    attachments: tuple[str, ...]
    fonts: tuple[str, ...]
    conformance: Conformance


def check_pdf(content: bytes, *, title: str, language: str = "en", date: datetime) -> PdfFigures:
    """Look at the finished bytes with another library: what is in them, and what each
    rule says of them.
    """
    import pikepdf

    with pikepdf.open(io.BytesIO(content)) as pdf:
        elements = list(_structure(pdf))
        fonts = [item for item in _dictionaries(pdf) if item.get("/Type") == "/Font"]
        conformance = Conformance.of(
            [
                *_check_catalog(pdf, language),
                *_check_information(pdf, title, date=date),
                *_check_tags(elements),
                *(Verdict(rule, failure) for rule, failure in judge_tables(pdf, elements)),
                *_check_links(pdf),
                *_check_fonts(fonts),
                *_check_actions(pdf),
                _judged(
                    "pages",
                    "the file has no page, so nothing was looked at",
                    fails=not len(pdf.pages),
                ),
            ]
        )
        return PdfFigures(
            pages=len(pdf.pages),
            bytes=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            tables=sum(1 for element in elements if element.S == "/Table"),
            figures=sum(1 for element in elements if element.S == "/Figure"),
            attachments=tuple(sorted(pdf.attachments)),
            fonts=tuple(sorted({_font_name(font) for font in fonts})),
            conformance=conformance,
        )


def _judged(rule: str, failure: str, *, fails: object) -> Verdict:
    return Verdict(rule, failure if fails else "")


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


def _dictionaries(pdf: Any) -> Iterator[Any]:
    import pikepdf

    return (item for item in pdf.objects if isinstance(item, pikepdf.Dictionary))


def _check_catalog(pdf: Any, language: str) -> Iterator[Verdict]:
    root = pdf.Root
    marked = root.get("/MarkInfo", {}).get("/Marked", False) and "/StructTreeRoot" in root
    yield _judged("tagged", "the document is not tagged", fails=not marked)
    said = str(root.get("/Lang", ""))
    yield _judged("language", f"the language is '{said}', not '{language}'", fails=said != language)
    yield _judged(
        "title shown",
        "a reader would show the file name, not the title",
        fails=not root.get("/ViewerPreferences", {}).get("/DisplayDocTitle", False),
    )
    intents = [intent.get("/S") for intent in root.get("/OutputIntents", [])]
    yield _judged(
        "output intent",
        "there is no output intent for colours",
        fails="/GTS_PDFA1" not in intents,
    )
    yield _judged(
        "bookmarks",
        "there are no bookmarks: the document has no headings",
        fails="/Outlines" not in root,
    )
    for file in root.get("/AF", []):
        yield _judged(
            "attachment kind",
            f"attachment {file.UF} is not marked as CSV data",
            fails=file.get("/AFRelationship") != "/Data"
            or file.EF.F.get("/Subtype") != "/text/csv",
        )


def _check_information(pdf: Any, title: str, *, date: datetime) -> Iterator[Verdict]:
    stamp = date.strftime("D:%Y%m%d%H%M%SZ")
    info = {key: str(value) for key, value in pdf.docinfo.items()}
    unexpected = sorted(set(info) - _INFO_KEYS)
    yield _judged(
        "information",
        f"the document information holds {', '.join(unexpected)}",
        fails=unexpected,
    )
    yield _judged(
        "title",
        "the title is not in the document information",
        fails=info.get("/Title") != title,
    )
    yield _judged(
        "dates",
        f"the document's dates are not {stamp}",
        fails={info.get("/CreationDate"), info.get("/ModDate")} != {stamp},
    )
    for file in pdf.Root.get("/AF", []):
        dates = {str(file.EF.F.Params.get(key)) for key in ("/CreationDate", "/ModDate")}
        yield _judged(
            "attachment dates",
            f"the dates of attachment {file.UF} are not {stamp}",
            fails=dates != {stamp},
        )
    with pdf.open_metadata() as xmp:
        expected = {
            "dc:title": title,
            "pdfaid:part": "3",
            "pdfaid:conformance": "A",
            "pdfuaid:part": "1",
        }
        for name, value in expected.items():
            yield _judged(
                f"metadata {name}",
                f"the metadata says {name} is {xmp.get(name)!r}, not {value!r}",
                fails=xmp.get(name) != value,
            )


def _check_tags(elements: list[Any]) -> Iterator[Verdict]:
    level = 0
    for element in elements:
        kind = str(element.S)
        if kind == "/Figure":
            yield _judged(
                "alternative text",
                "a figure has no alternative text",
                fails=not str(element.get("/Alt", "")).strip(),
            )
        if kind == "/TH":
            yield _judged(
                "table heads",
                "a table head does not say whether it heads a row or a column",
                fails="/Scope" not in element.get("/A", {}),
            )
        if kind == "/Link":
            yield _judged("link content", "a link has no content", fails=not element.get("/K"))
        if re.fullmatch(r"/H[1-6]", kind):
            yield _judged(
                "levels of headings",
                f"a heading of level {kind[2]} follows one of level {level or 'none'}: a level is"
                " skipped",
                fails=int(kind[2]) > level + 1,
            )
            level = int(kind[2])


def _check_links(pdf: Any) -> Iterator[Verdict]:
    """Whoever cannot see a link is told of it by its tag alone."""
    listed = list(pdf.Root.get("/StructTreeRoot", {}).get("/ParentTree", {}).get("/Nums", []))
    parents = {
        int(number): parent for number, parent in zip(listed[::2], listed[1::2], strict=True)
    }
    for number, page in enumerate(pdf.pages, 1):
        for item in page.get("/Annots", []):
            if item.get("/Subtype") != "/Link":
                continue
            parent = parents.get(int(item.get("/StructParent", -1)))
            yield _judged(
                "tagged links",
                f"page {number}: a link to {item.get('/Dest', 'elsewhere')} is not tagged as a"
                " link",
                fails=parent is None or parent.get("/S") != "/Link",
            )


def _check_fonts(fonts: Iterable[Any]) -> Iterator[Verdict]:
    """Every font is in the file, and is that of the package: fonts of the machine make
    other bytes on another machine.
    """
    for item in fonts:
        name = _font_name(item)
        for part in item.get("/DescendantFonts", [item]):
            files = {"/FontFile", "/FontFile2", "/FontFile3"}
            yield _judged(
                "embedded fonts",
                f"font {name} is not embedded",
                fails=not files & set(part.get("/FontDescriptor", {}).keys()),
            )
        if "/ToUnicode" in item:
            letters = " ".join(_characters(item.ToUnicode.read_bytes()))
            yield _judged(
                "own fonts",
                f"font {name} of this machine was used: {FONT_FAMILY} has no {letters}",
                fails=not name.startswith(FONT_FAMILY.replace(" ", "-")),
            )


def _font_name(font: Any) -> str:
    return str(font.get("/BaseFont", "")).split("+")[-1].lstrip("/")


def _characters(character_map: bytes) -> list[str]:
    codes = re.findall(rb"<[0-9a-f]+>\s*<([0-9a-f]+)>\s*\n", character_map, flags=re.I)
    texts = sorted(
        {bytes.fromhex(code.decode()).decode("utf-16-be", "replace") for code in codes} - {" "}
    )
    return [f"{text} (U+{ord(text[0]):04X})" for text in texts if text]


def _check_actions(pdf: Any) -> Iterator[Verdict]:
    """No script, nothing that starts by itself, no link to a file: its address would
    tell who built it and where.
    """
    import pikepdf

    at_opening = {"/OpenAction", "/AA"} & set(pdf.Root.keys())
    yield _judged(
        "no action at opening",
        "the document starts an action when it is opened",
        fails=at_opening or "/JavaScript" in pdf.Root.get("/Names", {}),
    )
    for item in _dictionaries(pdf):
        yield _judged(
            "no programs",
            "the document holds a script or starts a program",
            fails=item.get("/S") in ("/JavaScript", "/Launch") or "/JS" in item,
        )
        for action in (item, item.get("/A")):
            if isinstance(action, pikepdf.Dictionary) and action.get("/S") == "/URI":
                scheme = urlsplit(str(action.URI)).scheme
                yield _judged(
                    "addresses",
                    f"a link leads to a '{scheme}' address",
                    fails=scheme not in _LINK_SCHEMES,
                )
