"""What is in a PDF beside its pages? Every byte, object, string and stream, used or
left over.

The file must be one revision in which every byte belongs to a listed object and every
object is reached from the catalog; names of entries are those that the renderer writes;
each string is judged by the entry that holds it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import pikepdf

from pipeline.inspection.readback.marks import Drawn, forms_of, to_unicode
from pipeline.inspection.readback.report import ScanReport

# Every name of an entry in a PDF of this project. A form field, script, layer or note
# would bring another one.
_KNOWN_TEXT = """
    A AF AFRelationship Alt Annots Ascent BBox BS BaseFont BleedBox CA CIDSystemInfo CIDToGIDMap CS
    CapHeight
    CheckSum ColSpan ColorSpace Contents Count CreationDate Desc DescendantFonts Descent Dest
    DestOutputProfile
    Dests DW DisplayDocTitle EF EmbeddedFiles Encoding ExtGState F Filter First Flags Font FontBBox
    FontDescriptor FontFamily FontFile2 FontName Group Headers I ID IDTree Index Info ItalicAngle K
    Kids Lang
    Last Length Length1 MarkInfo Marked Matrix MediaBox Metadata ModDate N Names Next Nums O Obj
    Ordering
    Outlines OutputConditionIdentifier OutputIntents P Pages PaintType Params Parent ParentTree
    Pattern
    PatternType Pg Prev Producer Range Rect Registry Resources Root RowSpan S Scope Shading Size
    StemH StemV
    StructParent StructParents StructTreeRoot Subject Subtype Supplement Tabs TilingType Title
    ToUnicode TrimBox
    Type UF ViewerPreferences W WhitePoint XObject XStep YStep ca DecodeParms Columns Predictor
    Extends Limits
"""
KNOWN = frozenset(_KNOWN_TEXT.split())
_RESOURCE = re.compile(r"/(?:x\d+|p\d+|[aA][\d.]+|[A-Z]{6}|lab-d50|lab-d65|srgb)")
_FIXED = {
    "/Registry": ("Adobe",),
    "/Ordering": ("Identity",),
    "/FontFamily": ("Source Sans Pro",),
    "/Lang": ("en",),
    "/Info": ("IEC 61966-2-1 Default RGB Colour Space - sRGB",),
    "/OutputConditionIdentifier": ("IEC 61966-2-1 Default RGB Colour Space - sRGB",),
}
_XMP_TEXT = """
    xmpmeta RDF Description title description Alt Bag Seq li CreateDate ModifyDate schemas schema
    namespaceURI
    prefix property name valueType category about part conformance Producer lang parseType
"""
_XMP_NAMES = frozenset(_XMP_TEXT.split())


def walk(start: Any, seen: set[tuple[int, int]]) -> Iterator[tuple[str, str, Any]]:
    """Every entry that can be reached: the object it is in, its name, its value."""
    waiting: list[tuple[str, str, Any]] = [("trailer", "", start)]
    while waiting:
        holder, name, item = waiting.pop()
        if isinstance(item, pikepdf.Object) and item.is_indirect:
            if item.objgen in seen:
                continue
            seen.add(item.objgen)
            holder = f"object {item.objgen[0]}"
        yield holder, name, item
        if isinstance(item, pikepdf.Array):
            waiting += [(holder, name, part) for part in item]
        elif isinstance(item, (pikepdf.Dictionary, pikepdf.Stream)):
            waiting += [(holder, key, part) for key, part in item.items()]


class Objects:
    """Reads one file and reports what does not belong into it. Strings that need
    judging are left in `strings`.
    """

    def __init__(self, file: str, data: bytes, *, report: ScanReport) -> None:
        self.file, self.data, self.report = file, data, report
        self.strings: list[tuple[str, str, str]] = []  # place, entry, text
        self.streams: list[tuple[str, str, bytes]] = []

    def read(self, pdf: pikepdf.Pdf) -> None:
        self._revisions()
        self._bytes(pdf)
        seen: set[tuple[int, int]] = set()
        for holder, name, item in walk(pdf.trailer, seen):
            self._entry(holder, name, item)
        for item in pdf.objects:
            if isinstance(item, pikepdf.Object) and item.objgen not in seen:
                self._left_over(item)

    def _add(self, where: str, what: str, *, why: str) -> None:
        self.report.add(f"{self.file}, {where}", what, why)

    def _entry(self, holder: str, name: str, item: Any) -> None:
        if isinstance(item, (pikepdf.Dictionary, pikepdf.Stream)):
            for key in set(item.keys()):
                if key[1:] not in KNOWN and not (name in _HOLDERS and _RESOURCE.fullmatch(key)):
                    self._add(holder, f"an entry {key}", why="the renderer writes no such entry")
            if item.get("/Type") == "/Annot" and item.get("/Subtype") != "/Link":
                self._add(
                    holder,
                    f"an annotation {item.get('/Subtype')}",
                    why="only links may lie on a page",
                )
        if isinstance(item, pikepdf.Stream):
            self._stream(holder, name, item=item)
        elif isinstance(item, pikepdf.String):
            self.strings.append((holder, name, str(item)))

    def _stream(self, holder: str, name: str, *, item: Any) -> None:
        try:
            data = bytes(item.read_bytes())
        except (pikepdf.PdfError, RuntimeError) as problem:
            self._add(
                holder,
                f"a stream that cannot be unpacked: {problem}",
                why="nobody can say what it holds",
            )
            data = bytes(item.read_raw_bytes())
        self.streams.append((holder, name, data))
        if item.get("/Subtype") == "/Image":
            self._add(holder, "an image", why="charts are drawn, so an image could hold anything")

    def _left_over(self, item: Any) -> None:
        if isinstance(item, pikepdf.Stream) and item.get("/Type") in ("/ObjStm", "/XRef"):
            return
        where = f"object {item.objgen[0]}"
        seen = {(0, 0)}
        found = [
            str(part) for _, _, part in walk(item, seen) if isinstance(part, (pikepdf.String, int))
        ]
        if isinstance(item, pikepdf.Stream):
            self._stream(where, "", item=item)
        self._add(
            where,
            f"an object that nothing refers to: {' '.join(found)[:120] or repr(item)[:120]}",
            why="what was taken out of a document must not stay in the file",
        )

    # --- bytes

    def _revisions(self) -> None:
        ends = [m.end() for m in re.finditer(rb"%%EOF", self.data)]
        if len(ends) != 1 or self.data[ends[0] :].strip():
            self._add(
                "end of file",
                f"{max(len(ends), 1)} revisions or bytes after the end",
                why="an earlier revision can be read back",
            )
        for number, end in enumerate(ends[:-1], 1):
            self._earlier(number, self.data[:end])

    def _earlier(self, number: int, data: bytes) -> None:
        try:
            with pikepdf.open(io.BytesIO(data)) as pdf:
                for holder, name, item in walk(pdf.trailer, set()):
                    if isinstance(item, pikepdf.String):
                        self.strings.append((f"revision {number}, {holder}", name, str(item)))
                    elif isinstance(item, pikepdf.Stream):
                        self._stream(f"revision {number}, {holder}", name, item=item)
        except pikepdf.PdfError:
            self._add(f"revision {number}", "cannot be read", why="nobody can say what it holds")

    def _bytes(self, pdf: pikepdf.Pdf) -> None:
        """Every byte between the header and the end belongs to an object of the
        cross-reference table.
        """
        offsets = sorted(self._offsets(pdf))
        if not offsets:
            self._add(
                "cross-reference table",
                "cannot be read",
                why="bytes outside of objects cannot be found",
            )
            return
        header = self.data[: offsets[0]]
        if len(header) > 32:
            self._add(
                "start of file",
                f"{len(header)} bytes before the first object",
                why="they belong to no object",
            )
        for start, end in zip(offsets, [*offsets[1:], self._end(offsets[-1])], strict=True):
            rest = self._after_object(self.data[start:end])
            if rest:
                self._add(
                    f"byte {start}",
                    f"{len(rest)} bytes outside of any object: {rest[:60]!r}",
                    why="left over",
                )

    def _offsets(self, pdf: pikepdf.Pdf) -> Iterator[int]:
        start = re.findall(rb"startxref\s+(\d+)", self.data)
        if not start:
            return
        at = int(start[-1])
        if self.data[at : at + 4] == b"xref":
            table = self.data[at : self.data.find(b"trailer", at)]
            yield from (int(m[1]) for m in re.finditer(rb"(\d{10}) \d{5} n", table))
            return
        table_object = pdf.get_object(int(self.data[at : at + 12].split()[0]), 0)
        if not isinstance(table_object, pikepdf.Stream):
            return
        widths = [int(w) for w in table_object.W]
        rows = bytes(table_object.read_bytes())
        for place in range(0, len(rows), sum(widths)):
            row = rows[place : place + sum(widths)]
            kind = int.from_bytes(row[: widths[0]], "big") if widths[0] else 1
            if kind == 1:
                yield int.from_bytes(row[widths[0] : widths[0] + widths[1]], "big")

    def _end(self, after: int) -> int:
        places = [
            p
            for p in (self.data.find(b"startxref", after), self.data.find(b"\nxref", after))
            if p > 0
        ]
        return min(places, default=len(self.data))

    def _after_object(self, data: bytes) -> bytes:
        """What stands in the place of one object beside the object itself."""
        length = re.search(rb"/Length (\d+)(?! \d+ R)", data.split(b"stream", 1)[0])
        start = re.search(rb"stream\r?\n", data)
        if start and length:
            data = data[start.end() + int(length[1]) :]
        at = data.find(b"endobj")
        return data[at + 6 :].strip() if at >= 0 else data[:80]


_HOLDERS = ("/XObject", "/Pattern", "/Font", "/ExtGState", "/ColorSpace", "/Shading", "/Properties")


def check_fonts(file: str, pdf: pikepdf.Pdf, *, pages: list[Drawn], report: ScanReport) -> None:
    """Every glyph in an embedded font is shown on some page: a leftover one tells a
    letter that was taken out.
    """
    from fontTools.ttLib import TTFont, TTLibError  # type: ignore[import-untyped]

    # What the pages show, font by font; then what each font file holds besides.
    shown: dict[str, set[int]] = {}
    for drawn in pages:
        for name, codes in drawn.glyphs.items():
            shown.setdefault(name, set()).update(codes)
    fonts = [
        o for o in pdf.objects if isinstance(o, pikepdf.Dictionary) and o.get("/Type") == "/Font"
    ]
    for font in (f for f in fonts if f.get("/Subtype") != "/CIDFontType2"):
        name = str(font.get("/BaseFont"))
        used = shown.get(str(font.get("/BaseFont")), set())
        characters = to_unicode(font.ToUnicode.read_bytes()) if "/ToUnicode" in font else {}
        extra = set(characters) - used
        file_of = next(
            (p.FontDescriptor.get("/FontFile2") for p in font.get("/DescendantFonts", [])), None
        )
        if file_of is None:
            report.add(
                f"{file}, font {name}",
                "no embedded font",
                "the renderer embeds every font as TrueType",
            )
            continue
        try:
            extra |= _drawn_glyphs(TTFont(io.BytesIO(file_of.read_bytes())), used)
        except (TTLibError, AssertionError, KeyError) as problem:
            report.add(
                f"{file}, font {name}",
                f"cannot be read: {problem}",
                "nobody can say which letters it holds",
            )
        if extra:
            letters = " ".join(sorted(characters.get(code, f"glyph {code}") for code in extra))
            report.add(
                f"{file}, font {name}",
                f"{len(extra)} characters that no page shows: {letters}",
                "a font keeps what was taken out of a text",
            )


def _drawn_glyphs(font: Any, used: set[int]) -> set[int]:
    """Glyphs with an outline that are neither shown nor a part of a shown one."""
    order = font.getGlyphOrder()
    outlines = font["glyf"]
    needed = set()
    waiting = [order[code] for code in used if code < len(order)]
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            if outlines[name].isComposite():
                waiting += outlines[name].getComponentNames(outlines)
    return {
        i
        for i, n in enumerate(order)
        if i and n not in needed and outlines[n].numberOfContours != 0
    }


def check_forms(file: str, pdf: pikepdf.Pdf, *, pages: list[Drawn], report: ScanReport) -> None:
    """Every form is drawn: one that is not would hide its text from all readers but
    one.
    """
    drawn = set().union(*(page.forms for page in pages))
    for item in pdf.objects:
        if isinstance(item, pikepdf.Stream) and "/PatternType" in item:
            drawn |= set(forms_of(item, item.get("/Resources", pikepdf.Dictionary())))
    for item in pdf.objects:
        if (
            isinstance(item, pikepdf.Stream)
            and item.get("/Subtype") == "/Form"
            and item.objgen not in drawn
        ):
            report.add(
                f"{file}, object {item.objgen[0]}",
                "a form that no page draws",
                "its content is hidden",
            )


def check_xmp(file: str, data: bytes, *, allowed: set[str], report: ScanReport) -> None:
    """The metadata holds the known properties only, each with a value that the version
    declares.
    """
    where = f"{file}, XMP"
    if b"<!--" in data or b"<!DOCTYPE" in data:
        report.add(where, "a comment or a document type", "the metadata holds properties only")
    try:
        root = ElementTree.fromstring(data)
    except ElementTree.ParseError as problem:
        report.add(where, f"cannot be read: {problem}", "nobody can say what it holds")
        return
    for element in root.iter():
        entries = [
            (element.tag, (element.text or "").strip()),
            ("tail", (element.tail or "").strip()),
        ]
        entries += list(element.attrib.items())
        for tag, value in entries:
            name = tag.rsplit("}", 1)[-1]
            if name != "tail" and name not in _XMP_NAMES:
                report.add(where, f"{name}: {value}", "the renderer writes no such property")
            elif (
                value
                and value not in allowed
                and re.search(r"\d", value)
                and not value.startswith("http://www.aiim")
            ):
                report.add(where, f"{name}: {value}", "it is not what the version declares")


@dataclass(frozen=True)
class Declared:
    """What the entries of a file may say: anchors, headings, time stamps, the producer,
    the names of attachments.
    """

    names: set[str]
    titles: set[str]
    stamps: set[str]
    producer: str
    attachments: set[str]

    def allows(self, entry: str, text: str) -> bool:
        if entry in _FIXED:
            return text in _FIXED[entry]
        if entry in ("/CreationDate", "/ModDate"):
            return text in self.stamps
        if entry in ("/Dest", "/Contents"):
            return text in self.names
        if entry in ("/F", "/UF"):
            return text in self.attachments
        if entry == "/Names":
            return text in self.names or text in self.attachments or bool(_ID.fullmatch(text))
        if entry == "/Producer":
            return text == self.producer
        return entry in ("/ID", "/CheckSum", "/Alt") or (
            entry == "/Headers" and bool(_ID.fullmatch(text))
        )


_ID = re.compile(r"[0-9a-z-]{1,24}")


def check_strings(
    file: str, strings: list[tuple[str, str, str]], *, declared: Declared, report: ScanReport
) -> list[tuple[str, str]]:
    """Judge each string by the entry that holds it; what is handed back is text whose
    numerals have to be judged.
    """
    left = []
    for holder, entry, text in strings:
        where = f"{file}, {holder}, {entry}"
        if entry in ("/Title", "/Subject", "/Desc"):
            if "".join(text.split()) not in declared.titles:
                left.append((where, text))
        elif not declared.allows(entry, text):
            report.add(where, f"'{text}'", "it is not what the version declares")
    return left


def read_name_tree(root: Any, tree: str) -> list[tuple[str, Any]]:
    """Names and values of a name tree."""
    waiting = [root.get("/Names", {}).get(tree)]
    found: list[tuple[str, Any]] = []
    while waiting:
        node = waiting.pop()
        if node is None:
            continue
        names = list(node.get("/Names", []))
        found += [(str(name), value) for name, value in zip(names[::2], names[1::2], strict=False)]
        waiting += list(node.get("/Kids", []))
    return found
