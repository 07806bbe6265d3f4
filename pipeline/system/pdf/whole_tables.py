"""How does a table that goes on over a page stay one table for whoever hears it? Begin
at `join_tables`.

The layout engine tags each piece of a table as a table of its own, in columns too,
without a caption and with its heads once more (WeasyPrint issue 2903). Each piece
was made from the same element of the HTML, and so were the parts of a row that goes
on: that is how they find each other. All rows come into the first piece, in order.
A head is read where it stands first, a foot where it stands last; where they are
printed once more they become artifacts, which a screen reader passes by, and leave
the tree (PDF/UA-1, 7.5 and 7.8; PDF 32000-1, 14.8.2.2.2).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pydyf  # type: ignore[import-untyped]

from pipeline.errors import RenderError
from pipeline.system.pdf.elements import elements_in, is_taken_out, objects_in, referred, take_out

# What is made of parts that can go on by themselves; what is in a cell follows as it is.
_MADE_OF_PARTS = frozenset(("/Table", "/THead", "/TBody", "/TFoot", "/TR"))
_FIRST, _HEAD, _ROWS, _FOOT, _LAST = range(5)


@dataclass(frozen=True)
class _Piece:
    """A box on one page with its element of the structure tree."""

    box: Any
    element: Any


def join_tables(document: Any, pdf: Any) -> None:
    """Make one element of all pieces of a table, just before the file is written."""
    tables: dict[int, list[_Piece]] = defaultdict(list)
    for piece in _pieces(document, pdf):
        tables[id(piece.box.element)].append(piece)
    joiner = _Joiner(pdf)
    for found in tables.values():
        # A table in a head that was passed by went with it.
        pieces = [piece for piece in found if not is_taken_out(pdf, piece.element)]
        if len(pieces) > 1:
            joiner.join(pieces)
            for later in pieces[1:]:
                joiner.leave(later.element)
    joiner.pass_by()


def _pieces(document: Any, pdf: Any) -> Iterator[_Piece]:
    """The pieces of all tables, in the order of the pages. What is repeated on each page
    as a whole, in its margins or in a fixed place, goes on nowhere.
    """
    elements = [i for i in pdf.objects if isinstance(i, dict) and i.get("S") == "/Table"]
    for (box, flows), element in zip(_table_boxes(document), elements, strict=True):
        if flows:
            yield _Piece(box, element)


def _table_boxes(document: Any) -> Iterator[tuple[Any, bool]]:
    """Boxes of tables in the order in which the engine makes their elements, each with
    whether it is part of the flow.
    """
    from weasyprint.formatting_structure.boxes import MarginBox
    from weasyprint.layout.absolute import AbsolutePlaceholder

    waiting = [(page._page_box, True) for page in reversed(document.pages)]
    while waiting:
        box, flows = waiting.pop()
        kind = type(box)
        if kind is AbsolutePlaceholder:
            flows = flows and box.style["position"] != "fixed"
        elif kind is MarginBox:
            flows = False
        children = box.children
        if children:
            if box.is_table_wrapper:
                children = _children(box)
            waiting.extend([(child, flows) for child in reversed(children)])
        if box.element_tag == "table" and box.element is not None:
            yield box, flows


def _children(box: Any) -> list[Any]:
    """What the engine takes for the children of a box: those of a table are its captions
    and groups of rows.
    """
    table = box.get_wrapped_table() if box.is_table_wrapper else None
    if table is None:
        return list(box.children)
    parts = [child.children if child is table else [child] for child in box.children]
    return [child for part in parts for child in part]


class _Joiner:
    """Joins pieces, and remembers what of them is passed by: marked content and links,
    by the reference of their page.
    """

    def __init__(self, pdf: Any) -> None:
        self.pdf = pdf
        self.marked: dict[bytes, set[int]] = defaultdict(set)
        self.links: dict[bytes, list[Any]] = defaultdict(list)

    def join(self, pieces: list[_Piece]) -> None:
        """Bring the children of all pieces into the first, each element of the HTML
        once. The other pieces are empty then.
        """
        first = pieces[0].element
        if first["S"] not in _MADE_OF_PARTS:
            for later in pieces[1:]:
                self._take(first, list(later.element["K"]))
            return
        own = [kid for kid in first["K"] if not _is_element(self.pdf, kid)]
        # The pieces of each child, and where it stands among the others.
        children: dict[int, list[_Piece]] = defaultdict(list)
        places: dict[int, int] = {}
        for piece in pieces:
            parts = elements_in(self.pdf, piece.element)
            for number, (box, part) in enumerate(zip(_children(piece.box), parts, strict=True)):
                child = id(box if _is_nameless(box, piece.box) else box.element)
                children[child].append(_Piece(box, part))
                places.setdefault(child, _place(box, part, number=number))
        # One of each child is kept, the others join it or are passed by.
        kept = []
        for child in sorted(children, key=places.__getitem__):
            one = self._one_of(children[child], repeated=places[child] in (_HEAD, _FOOT))
            kept.append(one)
        first["K"][:] = own
        self._take(first, [element.reference for element in kept])

    def _one_of(self, pieces: list[_Piece], *, repeated: bool) -> Any:
        if len(pieces) == 1:
            return pieces[0].element
        if repeated:
            read = pieces[0] if pieces[0].box.is_header else pieces[-1]
            for piece in pieces:
                if piece is not read:
                    self._pass(piece.element)
            return read.element
        self.join(pieces)
        for later in pieces[1:]:
            take_out(self.pdf, later.element)
        return pieces[0].element

    def _take(self, element: Any, kids: list[Any]) -> None:
        """Add children to an element. Each text is an element with a page of its own, so
        it may come from any page.
        """
        for kid in kids:
            child = referred(self.pdf, kid)
            if "P" in child:
                child["P"] = element.reference
            element["K"].append(kid)

    def leave(self, element: Any) -> None:
        """Take an element out of the tree, and what holds nothing else."""
        parent = referred(self.pdf, element["P"])
        parent["K"].remove(element.reference)
        take_out(self.pdf, element)
        if not parent["K"] and parent["S"] != "/Document":
            self.leave(parent)

    def _pass(self, element: Any) -> None:
        """Have an element, and all that is in it, passed by."""
        for kid in element["K"]:
            if not isinstance(kid, bytes):
                self.marked[element["Pg"]].add(kid)
        for child in objects_in(self.pdf, element):
            if child.get("Type") == "/StructElem":
                self._pass(child)
            elif child.get("Type") == "/OBJR":
                self.links[child["Pg"]].append(referred(self.pdf, child["Obj"]))
                take_out(self.pdf, child)
        take_out(self.pdf, element)

    # --- what is passed by

    def pass_by(self) -> None:
        """Mark as artifacts what no element holds any more."""
        if not self.marked and not self.links:
            return
        root = referred(self.pdf, self.pdf.catalog["StructTreeRoot"])
        numbers = referred(self.pdf, root["ParentTree"])["Nums"]
        parents = dict(zip(numbers[::2], numbers[1::2], strict=True))
        for reference, marked in self.marked.items():
            page = referred(self.pdf, reference)
            self._mark(page, marked)
            for number in marked:
                parents[page["StructParents"]][number] = "null"
        # A link that is passed by leads nowhere: the same one is in the head that is read.
        for reference, links in self.links.items():
            page = referred(self.pdf, reference)
            for link in links:
                page["Annots"].remove(link.reference)
                del parents[link["StructParent"]]
                take_out(self.pdf, link)
        numbers[:] = [part for pair in parents.items() for part in pair]

    def _mark(self, page: Any, marked: set[int]) -> None:
        """Where the page's content begins what is passed by, have it begin an artifact."""
        content = referred(self.pdf, page["Contents"]).stream
        found = [
            place
            for place, part in enumerate(content)
            if isinstance(part, pydyf.Dictionary) and part.get("MCID") in marked
        ]
        if len(found) != len(marked):
            number = page["StructParents"] + 1
            raise RenderError(
                f"page {number}: the head of a table that goes on is drawn as a group, so a"
                " screen reader cannot be told to pass it by",
                do="take opacity, filters, masks and transforms off the heads of tables",
            )
        for place in found:
            content[place - 1] = "/Artifact"
            content[place] = pydyf.Dictionary({"Type": "/Pagination"})


def _is_nameless(box: Any, parent: Any) -> bool:
    """Whether a box was made by the engine: it says that it is made from the element of
    its parent.
    """
    return box.element is None or box.element is parent.element


def _is_element(pdf: Any, kid: Any) -> bool:
    return isinstance(kid, bytes) and referred(pdf, kid).get("Type") == "/StructElem"


def _place(box: Any, element: Any, *, number: int) -> int:
    """Where a child stands in a table: heads before rows, feet after them, a caption
    where it stood.
    """
    if element["S"] == "/Caption":
        return _LAST if number else _FIRST
    if getattr(box, "is_header", False):
        return _HEAD
    return _FOOT if getattr(box, "is_footer", False) else _ROWS
