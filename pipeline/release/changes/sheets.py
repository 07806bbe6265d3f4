"""How do changed pages look side by side? The page of before and the page of now, made
smaller, what differs marked.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.release.changes.wording import Box, Compared

Pair = tuple[int | None, int | None]
Marks = dict[tuple[str, int], list[Box]]  # by side and page
_COLOURS = {"old": "0.97 0.72 0.66", "new": "0.66 0.88 0.74"}
_SCALE = 0.625
_LEFT, _TOP, _GAP = 28.0, 36.0, 42.0  # points on a page of A4 lying down
_PAGE_WIDTH, _PAGE_HEIGHT, _SHEET_HEIGHT = 595.28, 841.89, 595.28


def marks_of(compared: Compared) -> Marks:
    """Where words differ, by side and page."""
    found: Marks = {}
    for passage in compared.passages:
        for side, words in (("old", passage.old), ("new", passage.new)):
            for word in words:
                found.setdefault((side, word.page), []).append(word.box)
    return found


def pairs_of(compared: Compared, marks: Marks) -> list[Pair]:
    """The pages that differ, each beside its counterpart, in the order of the second
    document.
    """
    return [
        (x, y)
        for x, y in compared.pairs
        if x is None or y is None or ("old", x) in marks or ("new", y) in marks
    ]


def lay_pages(target: Path, old: Path, *, new: Path, pairs: Sequence[Pair], marks: Marks) -> None:
    """Lay the pairs of pages into the last sheets of `target`, one pair a sheet. They
    are pictures there: the text that differs stands in the list before them.
    """
    import pikepdf

    with (
        pikepdf.open(target, allow_overwriting_input=True) as sheets,
        pikepdf.open(old) as a,
        pikepdf.open(new) as b,
    ):
        for sheet, (x, y) in zip(list(sheets.pages)[-len(pairs) :], pairs, strict=True):
            for place, (document, number, side) in enumerate(((a, x, "old"), (b, y, "new"))):
                if number is not None:
                    _lay(
                        sheets,
                        sheet,
                        page=document.pages[number],
                        place=place,
                        boxes=marks.get((side, number), []),
                        side=side,
                    )
        sheets.save(target, deterministic_id=True)


def _lay(sheets: Any, sheet: Any, *, page: Any, place: int, boxes: list[Box], side: str) -> None:
    import pikepdf

    form = sheets.copy_foreign(page.as_form_xobject())
    if "/StructParents" in form:
        del form.StructParents  # the tags stay in the report
    name = sheet.add_resource(form, pikepdf.Name.XObject)
    state = pikepdf.Dictionary(Type=pikepdf.Name.ExtGState, BM=pikepdf.Name.Multiply)
    multiply = sheet.add_resource(state, pikepdf.Name.ExtGState)
    left = _LEFT + place * (_PAGE_WIDTH * _SCALE + _GAP)
    bottom = _SHEET_HEIGHT - _TOP - _PAGE_HEIGHT * _SCALE
    drawn = [
        "/Artifact BMC q",
        f"{_SCALE} 0 0 {_SCALE} {left:.2f} {bottom:.2f} cm {name} Do",
        f"{multiply} gs {_COLOURS[side]} rg",
        *(
            f"{x0 - 1:.2f} {y0:.2f} {x1 - x0 + 2:.2f} {y1 - y0:.2f} re f"
            for x0, y0, x1, y1 in boxes
        ),
        (
            f"Q q 0.6 G 0.5 w {left:.2f} {bottom:.2f} {_PAGE_WIDTH * _SCALE:.2f}"
            f" {_PAGE_HEIGHT * _SCALE:.2f} re S Q EMC"
        ),
    ]
    # Before its own content, which turns the page upside down to count from the top.
    sheet.contents_add("\n".join(drawn).encode(), prepend=True)
