"""Which words are different between two PDFs, and where do they stand? Read in the
order in which they are drawn.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

Box = tuple[float, float, float, float]  # left, bottom, right, top, in points
_LEADER = re.compile(r"^[\s.]*$")
_CAPTION = re.compile(r"(?:Table|Figure) \d+$")
_DOTS = 3  # so many dots in a row lead to a page number, which moves with every line before it


@dataclass(frozen=True)
class Word:
    """One word of a page (from 0), as it is printed."""

    text: str
    page: int
    box: Box


@dataclass(frozen=True)
class Passage:
    """Words that were replaced: either side may be empty. `before` and `after` are the
    texts around them.
    """

    old: tuple[Word, ...]
    new: tuple[Word, ...]
    around: tuple[str, str]

    @property
    def pages(self) -> tuple[int | None, int | None]:
        return (self.old[0].page if self.old else None), (self.new[0].page if self.new else None)


@dataclass(frozen=True)
class Compared:
    """Two documents word by word: what is different, and which page of the first each
    page of the second follows.
    """

    passages: tuple[Passage, ...]
    # all pages of both, in the order of the second
    pairs: tuple[tuple[int | None, int | None], ...]


def read_lines(pdf: Path) -> list[list[Word]]:
    """The lines of a PDF as words; what repeats on every page and the leaders of the
    contents are left out.
    """
    import pikepdf

    from pipeline.inspection.readback.marks import Fonts, read_page

    lines: list[list[Word]] = []
    with pikepdf.open(pdf) as document:
        fonts = Fonts()
        for number, page in enumerate(document.pages):
            texts = [t for t in read_page(page, fonts).texts if t.tag != "Artifact"]
            last: Any = None
            line: list[Word] = []
            for text in texts:
                if last is not None and (abs(text.y - last.y) > text.size / 2 or text.x < last.x):
                    lines.append(line)
                    line = []
                line += _words(text, number)
                last = text
            lines.append(line)
    return [kept for line in lines if (kept := _without_leader(line))]


def _words(text: Any, page: int) -> Iterator[Word]:
    """The words of a piece of text. A character is taken to be as wide as the others:
    good enough for a mark.
    """
    step = text.width / max(len(text.text), 1)
    for found in re.finditer(r"\S+", text.text):
        left = text.x + found.start() * step
        yield Word(
            found[0],
            page,
            (left, text.y - text.size * 0.25, text.x + found.end() * step, text.y + text.size),
        )


def _without_leader(line: list[Word]) -> list[Word]:
    dots = [n for n, w in enumerate(line) if _LEADER.match(w.text)]
    return line[: dots[0]] if len(dots) >= _DOTS else line


def compare(old: list[list[Word]], new: list[list[Word]]) -> Compared:
    """Lines first, then words where lines differ: a changed word that moves a line
    break is one changed word.
    """
    before, after = ([_text(line) for line in side] for side in (old, new))
    passages: list[Passage] = []
    votes: Counter[tuple[int, int]] = Counter()
    for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            votes.update((x[0].page, y[0].page) for x, y in zip(old[a:b], new[c:d], strict=True))
        else:
            passages += _in_words(
                [w for line in old[a:b] for w in line],
                [w for line in new[c:d] for w in line],
                votes=votes,
            )
    return Compared(tuple(passages), tuple(_pair(votes, _pages(old), new=_pages(new))))


def _pages(lines: list[list[Word]]) -> int:
    return max((line[0].page for line in lines), default=-1) + 1


def _in_words(
    old: list[Word], new: list[Word], *, votes: Counter[tuple[int, int]]
) -> Iterator[Passage]:
    matcher = SequenceMatcher(None, [w.text for w in old], [w.text for w in new], autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            votes.update((x.page, y.page) for x, y in zip(old[a:b], new[c:d], strict=True))
        else:
            yield Passage(
                tuple(old[a:b]),
                tuple(new[c:d]),
                (_text(new[max(c - 6, 0) : c]), _text(new[d : d + 6])),
            )


def _text(words: Sequence[Word]) -> str:
    return " ".join(w.text for w in words)


def _pair(
    votes: Counter[tuple[int, int]], old: int, *, new: int
) -> Iterator[tuple[int | None, int | None]]:
    """Each page of the second beside the page of the first with which it shares most
    words; no page twice.
    """
    best: dict[int, int] = {}
    taken: set[int] = set()
    for (x, y), _ in sorted(votes.items(), key=lambda v: (-v[1], v[0])):
        if y not in best and x not in taken:
            best[y] = x
            taken.add(x)
    missing = [x for x in range(old) if x not in taken]
    for y in range(new):
        limit = best.get(y)
        while missing and limit is not None and missing[0] < limit:
            yield missing.pop(0), None
        yield limit, y
    yield from ((x, None) for x in missing)


def captions(lines: list[list[Word]]) -> dict[str, str]:
    """Titles of tables and figures by what they are called, as printed above them."""
    found: dict[str, str] = {}
    for line in lines:
        head = _text(line[:2])
        if len(line) > 2 and _CAPTION.fullmatch(head):
            # the last one: the list of exhibits stands before them
            found[head] = _text(line[2:]).split(" · ")[0]
    return found
