"""Can a reader see every text? Text that is printed to be found and not to be read is a
leak whatever it says.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator

import pikepdf

from pipeline.inspection.readback.marks import Clip, Colour, Drawn, Path, Text

_SMALLEST = 2.0  # points
_SEEN = 0.5  # the part of a text that a clip path must leave
_PALE = 0.82  # lightness from which text cannot be read on white


def hidden_texts(page: pikepdf.Page, drawn: Drawn) -> Iterator[tuple[Text, str]]:
    """Texts of a page that nobody sees, each with the reason."""
    left, bottom, right, top = (float(v) for v in page.mediabox)
    fills = [p for p in drawn.paths if isinstance(p.fill, tuple) and not p.curved]
    grounds = [(p, *p.box) for p in fills]
    orders = [p.order for p in fills]
    hatched = [(p, *p.box) for p in drawn.paths if isinstance(p.fill, str)]
    for text in drawn.texts:
        if not text.text.strip():
            continue
        if text.mode >= 3:
            yield text, f"text in rendering mode {text.mode}"
        elif text.alpha < 0.1:
            yield text, "transparent text"
        elif text.size < _SMALLEST:
            yield text, f"text {text.size:.1f} points high"
        elif not (left - 1 <= text.x <= right + 1 and bottom - 1 <= text.y <= top + 1):
            yield text, "text outside of the page"
        elif text.seen < _SEEN:
            yield text, "text outside of its clip path"
        elif _light(text.fill) and not _on_dark(text, [*grounds, *hatched]):
            yield text, "white text on white"
        elif any(_covers(text, *box) for _, *box in grounds[bisect(orders, text.order) :]):
            yield text, "text under a filled area"


def _light(colour: Colour) -> bool:
    if isinstance(colour, str):
        return False
    if len(colour) == 4:
        return max(colour) < 1 - _PALE
    return sum(colour) / len(colour) >= _PALE


def _inside(text: Text, box: tuple[float, float, float, float]) -> bool:
    left, bottom, right, top = box
    middle = text.x + text.width / 2, text.y + text.size / 4
    return left <= middle[0] <= right and bottom <= middle[1] <= top


def _holds(path: Path, text: Text) -> bool:
    """Whether the middle of a text lies in an area of any shape."""
    return Clip(*path.box, path.parts).shows(text.x + text.width / 2, text.y + text.size / 4)


def _on_dark(text: Text, grounds: list[tuple[Path, float, float, float, float]]) -> bool:
    under = [
        p
        for p, *box in grounds
        if p.order < text.order
        and _inside(text, (box[0], box[1], box[2], box[3]))
        and (p.upright or _holds(p, text))
    ]
    return bool(under) and (isinstance(under[-1].fill, str) or not _light(under[-1].fill or (1.0,)))


def _covers(text: Text, left: float, bottom: float, right: float, top: float) -> bool:
    end = text.x + text.width
    height = text.y + text.size / 2
    return left <= text.x and end <= right and bottom <= text.y and height <= top
