"""In what order is a document read, and what is each text for? Blocks of text along the
structure tree.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pikepdf

from pipeline.inspection.readback.marks import Drawn, Path, Text

# Elements that make one block of what is in them, whatever that is; the others only
# when nothing larger holds them.
_WHOLE = ("TD", "TH", "Caption", "Figure", "H1", "H2", "H3", "H4", "H5", "H6")
_BLOCKS = (
    "P",
    "LI",
    "LBody",
    "Lbl",
    "Div",
    "Sect",
    "Part",
    "L",
    "TR",
    "Table",
    "THead",
    "TBody",
    "Document",
    "Art",
)


@dataclass
class Block:
    """Texts that stand together: `kind` is the tag of their element, `page` counts from
    1.
    """

    kind: str
    page: int = 0
    path: tuple[str, ...] = ()
    texts: list[Text] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)
    alt: str = ""
    # page and number of each marked content
    marked: list[tuple[int, int]] = field(default_factory=list)
    links: list[str] = field(default_factory=list)  # where links in it lead
    table: int = 0  # which table it is in, counted from 1

    @property
    def text(self) -> str:
        return " ".join(t.text for t in self.texts)


def read_blocks(pdf: pikepdf.Pdf, pages: list[Drawn]) -> tuple[list[Block], list[str]]:
    """Blocks in reading order, and what of the structure could not be understood."""
    numbers = {page.obj.objgen: index for index, page in enumerate(pdf.pages)}
    by_tag: dict[tuple[int, int | str], tuple[list[Text], list[Path]]] = {}
    for index, drawn in enumerate(pages):
        for text in drawn.texts:
            if text.tag is not None:
                by_tag.setdefault((index, text.tag), ([], []))[0].append(text)
        for path in drawn.paths:
            if path.tag is not None:
                by_tag.setdefault((index, path.tag), ([], []))[1].append(path)
    walker = _Walker(numbers, by_tag)
    if "/StructTreeRoot" in pdf.Root:
        walker.walk(pdf.Root.StructTreeRoot, None, path=(), page=None)
    unread = [
        f"page {page + 1}: marked content {tag} is in no structure element"
        for (page, tag), (texts, _) in by_tag.items()
        if tag != "Artifact" and (page, tag) not in walker.used and texts
    ]
    return [b for b in walker.blocks if b.texts or b.paths or b.alt or b.kind == "TD"], unread


class _Walker:
    def __init__(
        self,
        numbers: dict[Any, int],
        by_tag: dict[tuple[int, int | str], tuple[list[Text], list[Path]]],
    ) -> None:
        self.numbers, self.by_tag = numbers, by_tag
        self.blocks: list[Block] = []
        self.table = self.tables = 0  # the one that is gone through, and how many there were
        self.used: set[tuple[int, int | str]] = set()

    def walk(
        self, element: Any, block: Block | None, *, path: tuple[str, ...], page: int | None
    ) -> None:
        kind = str(element.get("/S", "/"))[1:]
        path = (*path, kind) if kind else path
        if "/Pg" in element:
            page = self.numbers.get(element.Pg.objgen, page)
        outer = self.table
        if kind == "Table":
            self.table = self.tables = self.tables + 1
        if block is None or block.kind not in _WHOLE:
            if kind in _WHOLE or kind in _BLOCKS or block is None:
                block = self._open(kind, path)
            for extra in ("/Alt", "/ActualText"):
                if extra in element:
                    block.alt += str(element[extra])
        kids = element.get("/K", [])
        for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
            block = self._kid(kid, block, path=path, page=page)
        self.table = outer

    def _kid(self, kid: Any, block: Block, *, path: tuple[str, ...], page: int | None) -> Block:
        if isinstance(kid, int):
            self._take(block, page, number=int(kid))
        elif isinstance(kid, pikepdf.Dictionary) and kid.get("/Type") == "/MCR":
            self._take(
                block,
                self.numbers.get(kid.Pg.objgen, page) if "/Pg" in kid else page,
                number=int(kid.MCID),
            )
        elif isinstance(kid, pikepdf.Dictionary) and kid.get("/Type") == "/OBJR":
            block.links.append(str(kid.Obj.get("/Dest", "")))
        elif isinstance(kid, pikepdf.Dictionary):
            self.walk(kid, block, path=path, page=page)
            inner = str(kid.get("/S", "/"))[1:]
            if block.kind not in _WHOLE and (inner in _WHOLE or inner in _BLOCKS):
                # what follows an inner block is one of its own
                block = self._open(block.kind, block.path)
        return block

    def _open(self, kind: str, path: tuple[str, ...]) -> Block:
        block = Block(kind, path=path, table=self.table)
        self.blocks.append(block)
        return block

    def _take(self, block: Block, page: int | None, *, number: int) -> None:
        if page is None:
            return
        self.used.add((page, number))
        texts, paths = self.by_tag.get((page, number), ([], []))
        block.page = block.page or page + 1
        block.texts += texts
        block.paths += paths
        block.marked.append((page, number))
