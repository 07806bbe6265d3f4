"""Which parts of an Excel workbook hold its sheets, its texts and its formats? Followed
as the file itself names them.

A workbook in Strict Open XML has other names for the same things: both are known. Of
formats only those of numbers are read, for they tell dates from figures; fonts, fills
and properties of the document may be as they like.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError, fromstring

from pipeline.returns.formats.numberformats import Shown, shown_as
from pipeline.returns.formats.raw import DamagedFile

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

# Transitional, as nearly all programs write it, and Strict.
MAIN = (
    "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}",
    "{http://purl.oclc.org/ooxml/spreadsheetml/main}",
)
_RELATIONS = (
    "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}",
    "{http://purl.oclc.org/ooxml/officeDocument/relationships}",
)
_PACKAGE = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_WHOLE = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True)
class SheetPart:
    """A sheet of the workbook: its name, whether it is hidden, and the part that holds
    its cells.
    """

    name: str
    hidden: bool
    part: str


@dataclass(frozen=True)
class WorkbookParts:
    """What the cells of all sheets refer to. `formats` says how each style shows a
    number.
    """

    sheets: tuple[SheetPart, ...]
    texts: tuple[str, ...]
    formats: tuple[Shown, ...]
    from_1904: bool  # days are counted from then, as old programs of another maker did


class Package:
    """The parts of an archive by name. Names differ in case and slashes between
    programs, never in more.
    """

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = {_plain(name): name for name in archive.namelist()}

    def __contains__(self, name: str) -> bool:
        return _plain(name) in self._names

    def read(self, name: str) -> bytes:
        return self._archive.read(self._names[_plain(name)])

    def root(self, name: str) -> Element:
        """The root of an XML part. Raises DamagedFile when it is missing or no XML."""
        if name not in self:
            raise damaged(f"its part {name[:100]} is missing")
        try:
            return fromstring(self.read(name))
        except (ParseError, ValueError) as problem:
            raise damaged(f"its part {name[:100]} is cut off or garbled") from problem

    def related(self, name: str) -> list[tuple[str, str, str]]:
        """What a part refers to inside of the archive: number, last word of the kind,
        name of the part.
        """
        folder, base = posixpath.split(name)
        relations = posixpath.join(folder, "_rels", f"{base}.rels")
        if relations not in self:
            return []
        return [
            (
                r.get("Id", ""),
                r.get("Type", "").rsplit("/", 1)[-1],
                _resolved(folder, r.get("Target", "")),
            )
            for r in self.root(relations).iter(f"{_PACKAGE}Relationship")
            if r.get("TargetMode", "").lower() != "external"
        ]


def read_parts(package: Package) -> WorkbookParts:
    """Sheets, shared texts and formats of a workbook. Raises DamagedFile when they
    cannot be found.
    """
    books = [part for _, kind, part in package.related("") if kind == "officeDocument"]
    if len(set(books)) != 1:
        raise damaged(
            "an archive that is no workbook" if not books else "two workbooks in one archive"
        )
    book = package.root(books[0])
    main = namespace(book, "workbook")
    related = package.related(books[0])
    parts = {number: (kind, part) for number, kind, part in related}
    texts = [part for _, kind, part in related if kind == "sharedStrings"]
    styles = [part for _, kind, part in related if kind == "styles"]
    properties = book.find(f"{main}workbookPr")
    return WorkbookParts(
        tuple(_sheets(book, main, parts=parts)),
        tuple(_texts(package.root(texts[0]))) if texts else (),
        tuple(_formats(package.root(styles[0]))) if styles else (),
        is_true(properties.get("date1904") if properties is not None else None),
    )


def namespace(root: Element, name: str) -> str:
    """The namespace of the root of a part, in braces. Raises DamagedFile when it is
    none of a workbook.
    """
    for main in MAIN:
        if root.tag == f"{main}{name}":
            return main
    raise damaged(f"a part that should be a {name} is another thing")


def _sheets(book: Element, main: str, *, parts: dict[str, tuple[str, str]]) -> Iterator[SheetPart]:
    for sheet in book.iterfind(f"{main}sheets/{main}sheet"):
        name = unescaped(sheet.get("name", ""))
        number = next((n for r in _RELATIONS if (n := sheet.get(f"{r}id"))), "")
        kind, part = parts.get(number, ("", ""))
        if not part:
            raise damaged(f"the part of sheet '{name[:60]}' is missing")
        if kind == "worksheet":  # a sheet of a chart has no cells
            yield SheetPart(name, sheet.get("state", "visible") != "visible", part)


def _texts(root: Element) -> Iterator[str]:
    main = namespace(root, "sst")
    for item in root.iterfind(f"{main}si"):
        yield text_of(item, main)


def text_of(item: Element, main: str) -> str:
    """The text of a cell in one piece or in several of different looks; how it is
    pronounced is no part of it.
    """
    pieces = [t.text or "" for t in item.iterfind(f"{main}t")]
    pieces += [t.text or "" for t in item.iterfind(f"{main}r/{main}t")]
    return "".join(map(unescaped, pieces))


def _formats(root: Element) -> Iterator[Shown]:
    main = namespace(root, "styleSheet")
    codes = {
        f.get("numFmtId", ""): f.get("formatCode", "")
        for f in root.iterfind(f"{main}numFmts/{main}numFmt")
    }
    for style in root.iterfind(f"{main}cellXfs/{main}xf"):
        number = style.get("numFmtId", "0")
        code = unescaped(codes.get(number, ""))
        yield shown_as(int(number) if _WHOLE.fullmatch(number) else 0, code)


def unescaped(text: str) -> str:
    """The text that `_x000D_` and the like stand for; `_x005F_` is an underscore that
    begins no such escape.
    """
    if "_x" not in text:
        return text
    text = _ESCAPE.sub(lambda m: chr(int(m.group(1), 16)), text)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def is_true(text: str | None) -> bool:
    return text in ("1", "true", "on")


def damaged(what: str) -> DamagedFile:
    return DamagedFile("unreadable-file", f"a damaged workbook: {what}")


def _plain(name: str) -> str:
    return name.replace("\\", "/").casefold()


def _resolved(folder: str, target: str) -> str:
    target = target.replace("\\", "/")
    return (
        target.lstrip("/")
        if target.startswith("/")
        else posixpath.normpath(posixpath.join(folder, target))
    )
