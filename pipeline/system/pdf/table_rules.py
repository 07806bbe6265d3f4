"""Is each table of a finished PDF read once and as a whole? Looks for a table that goes
on as a second element, and for a head that is read again.

A validator of PDF/UA takes both for right: a table needs no caption, and its heads may
say what the heads before it said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pipeline.system.pdf.tree import Mark, all_in, elements_of, marks_of

WHOLE, ONCE, PASSED_BY = "whole tables", "heads read once", "marked content"
_MARKED = re.compile(rb"/MCID\s+(\d+)")


def judge_tables(pdf: Any, elements: list[Any]) -> Iterator[tuple[str, str]]:
    """A rule, and what is wrong or nothing, for each thing that was looked at. `elements`
    are those of the structure in reading order.
    """
    numbers = {page.obj.objgen: number for number, page in enumerate(pdf.pages, 1)}
    before = None
    for place, element in enumerate(elements):
        if element.S != "/Table":
            continue
        kinds = [str(kid.S) for kid in elements_of(element)]
        heads = kinds.count("/THead")
        at = f"page {numbers.get(element.Pg.objgen)}"
        yield ONCE, f"{at}: a table has {heads} heads, each is read" if heads > 1 else ""
        goes_on = (
            before is not None
            and "/Caption" not in kinds
            and _goes_on(pdf, elements, before=before, after=place)
        )
        yield WHOLE, f"{at}: what goes on there is a second table for whoever hears it" * goes_on
        before = place
    yield from _passed_by(pdf)


def _goes_on(pdf: Any, elements: list[Any], *, before: int, after: int) -> bool:
    """Whether a table without a caption is the rest of the table before it: nothing is read
    between them but notes at the foot of the page, they have as many columns, and it has
    the same heads or none.
    """
    first, second = (list(all_in(elements[place])) for place in (before, after))
    end = before + len(first)
    notes = (e for e in elements[end:after] if marks_of([e]) and _top(e).S != "/NonStruct")
    if end > after or next(notes, None) is not None or _width(first) != _width(second):
        return False
    heads = [_shown(pdf, _heads(part)) for part in (first, second)]
    pages = [{page for page, _ in marks_of(part)} for part in (first, second)]
    # Two tables without heads may stand one below the other.
    return heads[0] == heads[1] if any(heads[1]) else pages[0].isdisjoint(pages[1])


def _top(element: Any) -> Any:
    """The element directly below the document that holds an element."""
    while element.P.get("/S", "/Document") != "/Document":
        element = element.P
    return element


def _heads(table: list[Any]) -> list[Mark]:
    return [mark for part in table if part.S == "/THead" for mark in marks_of(all_in(part))]


def _width(table: list[Any]) -> int:
    """How many columns the first row reaches over."""
    row = next((part for part in table if part.S == "/TR"), None)
    cells = [] if row is None else elements_of(row)
    return sum(int(cell.get("/A", {}).get("/ColSpan", 1)) for cell in cells)


def _shown(pdf: Any, marks: list[Mark]) -> list[bytes]:
    """What marked content shows, in the codes of its font: the same text is the same
    there, as a file has one font for one face.
    """
    import pikepdf

    shown = dict.fromkeys(marks, b"")
    for page in pdf.pages:
        if page.obj.objgen not in {mark[0] for mark in marks}:
            continue
        inside: list[Any] = []
        for operands, operator in pikepdf.parse_content_stream(page):
            name = str(operator)
            if name in ("BDC", "BMC"):
                about = operands[-1]
                known = isinstance(about, pikepdf.Dictionary) and "/MCID" in about
                inside.append((page.obj.objgen, int(about["/MCID"])) if known else None)
            elif name == "EMC":
                inside.pop()
            elif name in ("Tj", "TJ") and inside and inside[-1] in shown:
                pieces = operands if name == "Tj" else operands[0]
                shown[inside[-1]] += b"".join(
                    bytes(piece) for piece in pieces if isinstance(piece, pikepdf.String)
                )
    return [shown[mark] for mark in marks]


def _passed_by(pdf: Any) -> Iterator[tuple[str, str]]:
    """What no element holds must be an artifact: marked as content, some programs read it
    all the same.
    """
    nums = list(pdf.Root.get("/StructTreeRoot", {}).get("/ParentTree", {}).get("/Nums", []))
    parents = {int(n): list(p) for n, p in zip(nums[::2], nums[1::2], strict=True) if _listed(p)}
    for number, page in enumerate(pdf.pages, 1):
        held = parents.get(int(page.get("/StructParents", -1)), [])
        if None not in held:
            continue
        parts = list(page.Contents) if _listed(page.Contents) else [page.Contents]
        marked = {int(m) for part in parts for m in _MARKED.findall(part.read_bytes())}
        left = sorted(m for m in marked if m >= len(held) or held[m] is None)
        yield (
            PASSED_BY,
            f"page {number}: marked content {left[0]} is in no element" if left else "",
        )


def _listed(item: Any) -> bool:
    import pikepdf

    return isinstance(item, pikepdf.Array)
