"""How is a finished PDF marked page by page? Text in the margins as artifacts, in an
embedded font, tags untouched.

A mark is no part of the document: assistive technology passes it by, the structure tree
does not know it, metadata and attachments stay as they are. So a PDF/A-3a that is
PDF/UA-1 still is both.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

MM = 72 / 25.4  # points
_FONT = "/SelecMark"


@dataclass(frozen=True)
class MarkLine:
    """One line of a mark. `x` and `y` are the place in points from the lower left
    corner, `turn` makes it read upwards.

    `align` says which part of the line stands at the place; `colour` is red, green and
    blue from 0 to 1. Every line has a white ground, so that it is read on a dark page too.
    """

    text: str
    x: float
    y: float
    size: float = 8.0
    align: Literal["left", "middle", "right"] = "middle"
    turn: bool = False
    colour: tuple[float, float, float] = (0.55, 0.08, 0.13)


Lines = Callable[[float, float], Iterable[MarkLine]]
# the PDF, width and height of a page: a form to paint over it
Drawing = Callable[[Any, float, float], Any]


def mark_pages(content: bytes, lines: Lines, *, drawing: Drawing | None = None) -> bytes:
    """Mark every page; `lines` and `drawing` are asked once for every size of page
    (width and height in points).

    The same content and marks give the same bytes.
    """
    import pikepdf

    with pikepdf.open(io.BytesIO(content)) as pdf:
        sizes = {_size(page) for page in pdf.pages}
        marks = {size: tuple(lines(*size)) for size in sorted(sizes)}
        face = _Face("".join(line.text for found in marks.values() for line in found))
        font = face.embed(pdf)
        ends = {
            size: pdf.make_stream(_painted(found, face, size=size)) for size, found in marks.items()
        }
        forms = (
            {
                size: _form(pdf, drawing, size=size, number=number)
                for number, size in enumerate(marks)
            }
            if drawing
            else {}
        )
        begin = pdf.make_stream(b"q\n")
        for page in pdf.pages:
            size = _size(page)
            # The page's own drawing may leave another coordinate system behind.
            page.contents_add(begin, prepend=True)
            page.contents_add(ends[size])
            page.add_resource(font, pikepdf.Name.Font, pikepdf.Name(_FONT), replace_existing=True)
            if size in forms:
                name, form, paint = forms[size]
                page.add_resource(
                    form, pikepdf.Name.XObject, pikepdf.Name(name), replace_existing=True
                )
                page.contents_add(paint)
        out = io.BytesIO()
        pdf.save(out, deterministic_id=True, fix_metadata_version=False)
    return out.getvalue()


def _form(
    pdf: Any, drawing: Drawing, *, size: tuple[float, float], number: int
) -> tuple[str, Any, Any]:
    """A drawing with its name, which pages of other sizes may share resources with, and
    what paints it.
    """
    name = f"/SelecForm{number}"
    return (
        name,
        drawing(pdf, *size),
        pdf.make_stream(f"/Artifact BMC\nq\n{name} Do\nQ\nEMC\n".encode()),
    )


def _size(page: Any) -> tuple[float, float]:
    left, bottom, right, top = (float(v) for v in page.mediabox)
    return right - left, top - bottom


def _painted(lines: Iterable[MarkLine], face: _Face, *, size: tuple[float, float]) -> bytes:
    said = [b"Q"]
    for line in lines:
        length = face.length(line.text) * line.size
        back = {"left": 0.0, "middle": length / 2, "right": length}[line.align]
        x, y = (line.x, line.y - back) if line.turn else (line.x - back, line.y)
        turn = "0 1 -1 0" if line.turn else "1 0 0 1"
        red, green, blue = line.colour
        edge = _EDGE * line.size
        ground = f"{-edge:.3f} {-edge:.3f} {length + 2 * edge:.3f} {line.size + edge:.3f} re f"
        said.append(
            f"/Artifact BMC\nq\n{turn} {x:.3f} {y:.3f} cm\n1 1 1 rg\n{ground}\n"
            f"{red:g} {green:g} {blue:g} rg\nBT\n{_FONT} {line.size:g} Tf\n"
            f"<{face.codes(line.text)}> Tj\nET\nQ\nEMC".encode()
        )
    return b"\n".join(said) + b"\n"


_EDGE = 0.3  # of the ground beyond the letters, as a part of their size


class _Face:
    """The report's font, cut down to some characters. What it does not have is shown as
    a question mark.
    """

    def __init__(self, characters: str) -> None:
        from fontTools import subset  # type: ignore[import-untyped]
        from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

        from pipeline.system.pdf.fonts import font_folder

        options = subset.Options()
        options.layout_features, options.name_IDs, options.hinting = [], [], False
        options.notdef_outline, options.glyph_names = True, False
        font = TTFont(font_folder() / "SourceSansPro-Semibold.ttf", recalcTimestamp=False)
        cutter = subset.Subsetter(options)
        cutter.populate(text=characters + "?")
        cutter.subset(font)
        saved = io.BytesIO()
        font.save(saved)
        self.program = saved.getvalue()
        self.order = font.getReverseGlyphMap()
        self.map = font.getBestCmap()
        self.scale = 1000 / font["head"].unitsPerEm
        self.widths = {g: font["hmtx"][g][0] * self.scale for g in font.getGlyphOrder()}
        head = font["head"]
        lines = font["OS/2"]
        self.box = [round(v * self.scale) for v in (head.xMin, head.yMin, head.xMax, head.yMax)]
        self.ascent, self.descent = (
            round(v * self.scale) for v in (lines.sTypoAscender, lines.sTypoDescender)
        )
        self.cap = round(getattr(lines, "sCapHeight", 660) * self.scale)
        letters = hashlib.sha256(self.program).digest()[:6]
        self.name = "".join(chr(ord("A") + b % 26) for b in letters) + "+Source-Sans-Pro-Semibold"

    def _glyphs(self, text: str) -> list[str]:
        return [self.map.get(ord(c)) or self.map[ord("?")] for c in text]

    def codes(self, text: str) -> str:
        return "".join(f"{self.order[g]:04x}" for g in self._glyphs(text))

    def length(self, text: str) -> float:
        """The width of a text, in units of its size."""
        return float(sum(self.widths[g] for g in self._glyphs(text)) / 1000)

    def embed(self, pdf: Any) -> Any:
        from pikepdf import Array, Dictionary, Name

        descriptor = pdf.make_indirect(
            Dictionary(
                Type=Name.FontDescriptor,
                FontName=Name("/" + self.name),
                Flags=4,
                FontBBox=Array(self.box),
                ItalicAngle=0,
                Ascent=self.ascent,
                Descent=self.descent,
                CapHeight=self.cap,
                StemV=100,
                FontFile2=pdf.make_stream(self.program, Length1=len(self.program)),
            )
        )
        by_code = sorted((code, glyph) for glyph, code in self.order.items())
        widths = Array(
            [by_code[0][0], Array([round(self.widths[glyph], 3) for _, glyph in by_code])]
        )
        part = pdf.make_indirect(
            Dictionary(
                Type=Name.Font,
                Subtype=Name.CIDFontType2,
                BaseFont=Name("/" + self.name),
                DW=0,
                W=widths,
                CIDSystemInfo=Dictionary(Registry=b"Adobe", Ordering=b"Identity", Supplement=0),
                CIDToGIDMap=Name.Identity,
                FontDescriptor=descriptor,
            )
        )
        return pdf.make_indirect(
            Dictionary(
                Type=Name.Font,
                Subtype=Name.Type0,
                BaseFont=Name("/" + self.name),
                Encoding=Name("/Identity-H"),
                DescendantFonts=Array([part]),
                ToUnicode=pdf.make_stream(self._to_unicode()),
            )
        )

    def _to_unicode(self) -> bytes:
        pairs = sorted({(self.order[glyph], char) for char, glyph in self.map.items()})
        lines = [f"<{code:04x}> <{chr(char).encode('utf-16-be').hex()}>" for code, char in pairs]
        blocks = [lines[i : i + 100] for i in range(0, len(lines), 100)]
        listed = "\n".join(f"{len(b)} beginbfchar\n" + "\n".join(b) + "\nendbfchar" for b in blocks)
        return (
            "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
            "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
            f"1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n{listed}\n"
            "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
        ).encode()
