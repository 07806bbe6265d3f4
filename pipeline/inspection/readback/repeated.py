"""Which heads of tables are printed again, where a table goes on over a page? Nobody
hears them again: they are artifacts, and in no block.

What is an artifact and not the head of a table that has cells on that very page,
word by word, is none of them: a text outside of the structure says what no block
says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.inspection.readback.marks import Drawn, Text
from pipeline.inspection.readback.outline import Block


@dataclass(frozen=True)
class RepeatedHead:
    """A head as it is drawn once more: its page from 0, and its texts in order."""

    page: int
    texts: tuple[Text, ...]

    @property
    def text(self) -> str:
        return " ".join(text.text for text in self.texts)


def repeated_heads(blocks: list[Block], pages: list[Drawn]) -> list[RepeatedHead]:
    """The heads that are drawn again, page by page."""
    heads: dict[int, str] = {}
    reached: dict[int, set[int]] = {}  # the pages on which a table has cells
    for block in blocks:
        if not block.table:
            continue
        if "THead" in block.path:
            heads[block.table] = heads.get(block.table, "") + _bare(block.texts)
        else:
            reached.setdefault(block.table, set()).update(page for page, _ in block.marked)
    return [
        RepeatedHead(index, run)
        for index, drawn in enumerate(pages)
        for run in _runs(
            [text for text in drawn.texts if text.tag == "Artifact"],
            {head for table, head in heads.items() if head and index in reached.get(table, ())},
        )
    ]


def _runs(texts: list[Text], heads: set[str]) -> Iterator[tuple[Text, ...]]:
    """Texts one after the other that together say what a head says: the longest one."""
    start = 0
    while start < len(texts):
        said, end = "", start
        for place in range(start, len(texts)):
            said += _bare(texts[place : place + 1])
            if said in heads:
                end = place + 1
            if not any(head.startswith(said) for head in heads):
                break
        if end > start:
            yield tuple(texts[start:end])
        start = max(end, start + 1)


def _bare(texts: list[Text]) -> str:
    return "".join("".join(text.text.split()) for text in texts)
