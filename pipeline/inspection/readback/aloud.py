"""What would a screen reader say of the pages of a PDF? Goes along the structure tree,
and says each text with what it is.

Nothing is taken from where a text stands on its page: what the tree does not hold is
not said, and what it holds in another order is said in that order. Each cell of a
table is said with the heads that its tag names, as programs do for whoever moves from
cell to cell; a head that holds for the whole row is said once, before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.errors import UserError
from pipeline.inspection.readback.finished import FinishedPdf
from pipeline.inspection.readback.marks import Text
from pipeline.inspection.readback.outline import Block
from pipeline.inspection.readback.spelled import running_text
from pipeline.returns.intake.shown import is_invisible
from pipeline.system.pdf.tree import Mark, all_in, elements_of, kind_of, marks_of

# What stands inside of a line of text; everything else begins a new one.
_INLINE = frozenset(("Span", "Link", "NonStruct", "Lbl", "Quote", "Code", "Reference"))


@dataclass(frozen=True)
class Said:
    """One thing that is said, and the page (from 1) on which it begins."""

    page: int
    text: str


def read_aloud(pdf: FinishedPdf) -> Iterator[Said]:
    """All that is said of a file, in order. Raises UserError where it has no tags."""
    if "/StructTreeRoot" not in pdf.file.Root:
        raise UserError(
            "the PDF has no tags, so a screen reader can only guess",
            do="give a PDF that `make reports` wrote",
        )
    yield from _Reader(pdf).elements(pdf.file.Root.StructTreeRoot)


def lines_of_pages(said: Iterable[Said], pages: Iterable[int]) -> Iterator[str]:
    """What is said of some pages, each below its number. What begins on a page before and
    goes on is said there.
    """
    found: dict[int, list[str]] = {page: [] for page in pages}
    for each in said:
        if each.page in found:
            found[each.page].append("".join(c for c in each.text if not is_invisible(c)))
    for page, texts in found.items():
        yield f"--- page {page}"
        yield from texts or ["nothing is said"]


class _Reader:
    """Knows the words of each marked content, and says elements."""

    def __init__(self, pdf: FinishedPdf) -> None:
        self.pages = {page.obj.objgen: n for n, page in enumerate(pdf.file.pages, 1)}
        self.words: dict[Mark, list[Text]] = {}
        for page, drawn in zip(pdf.file.pages, pdf.pages, strict=True):
            for text in drawn.texts:
                if isinstance(text.tag, int):
                    self.words.setdefault((page.obj.objgen, text.tag), []).append(text)

    # --- elements

    def elements(self, element: Any) -> Iterator[Said]:
        """What is said of the children of an element: lines of text, and what is no text."""
        if marks_of([element]):  # text without an element of its own
            yield from self._line([element])
            return
        line: list[Any] = []
        for kid in elements_of(element):
            if _is_inline(kid):
                line.append(kid)
                continue
            yield from self._line(line)
            line = []
            yield from self._element(kid)
        yield from self._line(line)

    def _element(self, element: Any) -> Iterator[Said]:
        kind = kind_of(element)
        if kind == "Table":
            yield from self._table(element)
        elif kind == "Figure":
            alt = str(element.get("/Alt", "")).strip() or "without a description"
            yield Said(self._page(element), f"Figure: {alt}")
        elif kind == "L":
            items = [kid for kid in elements_of(element) if kind_of(kid) == "LI"]
            yield Said(self._page(element), f"List of {len(items)}")
            yield from self.elements(element)
        elif kind in ("H1", "H2", "H3", "H4", "H5", "H6"):
            yield from self._with(f"Heading {kind[1]}: ", self.elements(element))
        elif kind == "LI":
            yield from self._item(element)
        else:
            yield from self.elements(element)

    def _item(self, item: Any) -> Iterator[Said]:
        """An entry of a list, with its number where it has one."""
        kids = elements_of(item)
        label = " ".join(self._text(kid) for kid in kids if kind_of(kid) == "Lbl")
        number = f"{label} " if any(map(str.isalnum, label)) else ""
        said = (
            each
            for kid in kids
            if kind_of(kid) != "Lbl"
            for each in (self._line([kid]) if _is_inline(kid) else self._element(kid))
        )
        yield from self._with(f"- {number}", said)

    def _with(self, word: str, said: Iterator[Said]) -> Iterator[Said]:
        """Say a word before the first of what is said."""
        for each in said:
            yield Said(each.page, word + each.text)
            word = ""

    def _line(self, parts: list[Any]) -> Iterator[Said]:
        text = " ".join(filter(None, (self._text(part) for part in parts)))
        if text:
            yield Said(next(filter(None, map(self._page, parts)), 0), " ".join(text.split()))

    # --- tables

    def _table(self, table: Any) -> Iterator[Said]:
        parts = list(all_in(table))
        heads = {
            str(part.ID): (self._text(part), part.get("/A", {}).get("/Scope") == "/Column")
            for part in parts
            if "/ID" in part
        }
        groups = [
            part for part in elements_of(table) if kind_of(part) in ("THead", "TBody", "TFoot")
        ]
        rows = [row for group in groups for row in elements_of(group) if kind_of(row) == "TR"]
        columns = max((sum(map(_span, elements_of(row))) for row in rows), default=0)
        title = [kid for kid in elements_of(table) if kind_of(kid) == "Caption"]
        about = f"Table with {len(rows)} rows and {columns} columns"
        named = ": ".join([about, *map(self._text, title)])
        yield Said(self._page(table), named)
        for group in groups:
            for row in (kid for kid in elements_of(group) if kind_of(kid) == "TR"):
                cells = elements_of(row)
                if kind_of(group) == "THead":
                    said = f"Column heads: {'; '.join(self._text(cell) for cell in cells)}"
                else:
                    said = self._row(cells, heads)
                yield Said(self._page(row), said)

    def _row(self, cells: list[Any], heads: dict[str, tuple[str, bool]]) -> str:
        own = {str(cell.get("/ID", "")): self._text(cell) for cell in cells if _is_head(cell)}
        groups: dict[str, str] = {}  # heads of the rows around this one
        said = []
        for cell in (cell for cell in cells if not _is_head(cell)):
            columns = []
            for name in (str(name) for name in cell.get("/A", {}).get("/Headers", [])):
                text, of_column = heads.get(name, ("unknown head", True))
                if of_column:
                    columns.append(text)
                elif name not in own:
                    groups[name] = text
            said.append(" ".join([*columns, self._text(cell) or "blank"]))
        rows = ", ".join([*groups.values(), *own.values()])
        return ": ".join(filter(None, [rows, "; ".join(said)]))

    # --- words

    def _text(self, element: Any) -> str:
        """All words in an element; a link and a figure say that they are one."""
        words = []
        for part in all_in(element):
            if kind_of(part) == "Figure":
                words.append(f"figure: {part.get('/Alt', '')}")
                continue
            texts = [text for mark in marks_of([part]) for text in self.words.get(mark, [])]
            if kind_of(part) == "Link":
                words.append("link")
            words.append(running_text(Block("", texts=texts)).strip())
        return " ".join(" ".join(words).split())

    def _page(self, element: Any) -> int:
        """The page of the first marked content in an element, or 0."""
        marks = (mark for part in all_in(element) for mark in marks_of([part]))
        return next((self.pages.get(page, 0) for page, _ in marks), 0)


def _is_inline(element: Any) -> bool:
    return kind_of(element) in _INLINE and all(map(_is_inline, elements_of(element)))


def _is_head(cell: Any) -> bool:
    return kind_of(cell) == "TH"


def _span(cell: Any) -> int:
    return int(cell.get("/A", {}).get("/ColSpan", 1))
