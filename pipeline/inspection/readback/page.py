"""What does a page for browsers tell? Its texts, tables and drawings, read as a browser
reads them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from pipeline.inspection.readback.marks import Text
from pipeline.inspection.readback.outline import Block

# Elements that make a block of what is in them, with the tag that the same text has in
# a PDF.
_BLOCKS = {
    "td": "TD",
    "th": "TH",
    "caption": "Caption",
    "figcaption": "Caption",
    "h1": "H1",
    "h2": "H1",
    "h3": "H2",
    "h4": "H3",
    "h5": "H4",
    "p": "P",
    "li": "LI",
    "dt": "P",
    "dd": "P",
    "summary": "Summary",
    "title": "P",
    "div": "P",
}
_VOID = {"meta", "link", "br", "hr", "img", "col"}
_FORBIDDEN = {
    "script",
    "style",
    "iframe",
    "object",
    "embed",
    "form",
    "input",
    "button",
    "base",
    "template",
    "foreignobject",
    "img",
    "image",
    "video",
    "audio",
    "canvas",
    "animate",
    "set",
    "noscript",
    "textarea",
    "dialog",
    "slot",
}
_SPOKEN = {"aria-label", "title", "alt", "content", "placeholder", "aria-description"}
# What hides a text from those who look, and not from those who copy.
_HIDDEN = re.compile(
    r"display\s*:|visibility|opacity\s*:\s*0|font-size\s*:\s*0|clip\s*:|url\(\s*['\"]?(?!#)", re.I
)


@dataclass
class Drawing:
    """One inline drawing: its title, its description, the text of its labels in their
    order.
    """

    title: str = ""
    description: str = ""
    labels: str = ""


@dataclass
class Page:
    """A page as it is read: blocks of text with the cells of tables, those of data
    tables behind charts apart.
    """

    blocks: list[Block] = field(default_factory=list)
    # per chart its lines, the heads first
    chart_tables: list[list[list[str]]] = field(default_factory=list)
    drawings: list[Drawing] = field(default_factory=list)
    spoken: list[str] = field(default_factory=list)  # texts of attributes
    links: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)
    strange: list[str] = field(default_factory=list)


def read_page(html: str) -> Page:
    """Read a page in the order of its elements, with all that the renderer never
    writes.
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    reader.page.blocks = [b for b in reader.page.blocks if b.texts or b.kind == "TD"]
    return reader.page


def _text(data: str) -> Text:
    """A text without a place: a page is laid out by the browser."""
    return Text(data, 0, 0, 0, 0, 0, (0.0,), 1.0, None, 0, 0, "")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self.open: list[tuple[str, Block | None]] = []
        self.drawing: Drawing | None = None
        self.table: list[list[str]] | None = None  # of a chart, while in it
        self.figures = 0  # how deep in <details class="figures">

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {k: v or "" for k, v in attrs}
        self._attributes(tag, given)
        if tag in _FORBIDDEN:
            self.page.strange.append(f"an element <{tag}>")
        if tag == "svg":
            self.drawing = Drawing()
            self.page.drawings.append(self.drawing)
        if tag == "details" and "figures" in given.get("class", ""):
            self.figures += 1
        elif tag == "table" and self.figures:
            self.table = []
            self.page.chart_tables.append(self.table)
        if self.table is not None and tag == "tr":
            self.table.append([])
        elif self.table is not None and tag in ("td", "th"):
            self.table[-1].append("")
        block = None
        charted = self.table is not None and tag in ("td", "th")
        if tag in _BLOCKS and not self.drawing and not charted:
            block = Block(
                "Download" if tag == "p" and given.get("class") == "download" else _BLOCKS[tag]
            )
            self.page.blocks.append(block)
        if tag == "a" and given.get("href", "").startswith("#") and (current := self._block()):
            current.links.append(given["href"][1:])
        if tag not in _VOID:
            self.open.append((tag, block))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._attributes(tag, {k: v or "" for k, v in attrs})
        if tag in _FORBIDDEN:
            self.page.strange.append(f"an element <{tag}>")

    def handle_endtag(self, tag: str) -> None:
        while self.open:
            name, block = self.open.pop()
            if name == "svg":
                self.drawing = None
            if name == "table":
                self.table = None
            if name == "details" and self.figures:
                self.figures -= 1
            if block and (outer := self._block()) and outer.kind not in ("TD", "TH"):
                # What follows an inner block is a block of its own.
                again = Block(outer.kind)
                self.page.blocks.append(again)
                self.open = [(n, again if b is outer else b) for n, b in self.open]
            if name == tag:
                break

    def handle_data(self, data: str) -> None:
        if not data.strip():
            return
        if self.drawing:
            inner = self.open[-1][0] if self.open else ""
            if inner == "title":
                self.drawing.title += data
            elif inner == "desc":
                self.drawing.description += data
            else:
                self.drawing.labels += data
        elif self._in_chart_table() and self.table and self.table[-1]:
            self.table[-1][-1] += data
        elif block := self._block():
            block.texts.append(_text(data))
        else:
            self.page.blocks.append(Block("P", texts=[_text(data)]))

    def handle_comment(self, data: str) -> None:
        self.page.strange.append(f"a comment '{data.strip()}'")

    def _in_chart_table(self) -> bool:
        return self.table is not None and any(name in ("td", "th") for name, _ in self.open[-3:])

    def _block(self) -> Block | None:
        return next((b for _, b in reversed(self.open) if b), None)

    def _attributes(self, tag: str, given: dict[str, str]) -> None:
        for name, value in given.items():
            if (
                name.startswith("on")
                or (name == "style" and _HIDDEN.search(value))
                or name in ("hidden", "srcdoc")
            ):
                self.page.strange.append(f'<{tag} {name}="{value}">')
            if (
                name in _SPOKEN
                and given.get("http-equiv") is None
                and given.get("name") != "viewport"
            ):
                self.page.spoken.append(value)
            if name in ("href", "src", "xlink:href"):
                self.page.links.append(value)
            if name == "id":
                self.page.anchors.add(value)
            if name.startswith("data-"):
                self.page.strange.append(f"an attribute {name}")
