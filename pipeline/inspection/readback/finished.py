"""What does a finished PDF hold? Opened once, and read once, for all who judge it.

Takes the bytes of the file; gives its pages as they are drawn, its blocks in
reading order, and where its links lead. Each is read where it is first asked for, and
nobody who judges changes what was read.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cached_property

import pikepdf

from pipeline.inspection.readback.marks import Drawn, Fonts, read_page
from pipeline.inspection.readback.objects import read_name_tree
from pipeline.inspection.readback.outline import Block, read_blocks
from pipeline.inspection.readback.repeated import RepeatedHead, repeated_heads


@dataclass(frozen=True)
class FinishedPdf:
    """One finished PDF by its bytes. What is asked of it raises pikepdf.PdfError where it
    cannot be opened.
    """

    content: bytes

    @cached_property
    def file(self) -> pikepdf.Pdf:
        """The open file, for reading."""
        return pikepdf.open(io.BytesIO(self.content))

    @cached_property
    def pages(self) -> list[Drawn]:
        """What each page draws."""
        fonts = Fonts()
        return [read_page(page, fonts) for page in self.file.pages]

    @cached_property
    def blocks(self) -> list[Block]:
        """All texts and drawings that have a tag, in reading order."""
        return read_blocks(self.file, self.pages)[0]

    @cached_property
    def repeated_heads(self) -> list[RepeatedHead]:
        """Heads of tables that are drawn once more, and are in no block."""
        return repeated_heads(self.blocks, self.pages)

    @cached_property
    def destinations(self) -> dict[str, int]:
        """The page, from 1, of each place that a link can lead to; 0 for one on none."""
        numbers = {page.obj.objgen: index + 1 for index, page in enumerate(self.file.pages)}
        places = read_name_tree(self.file.Root, "/Dests")
        return {name: numbers.get(to[0].objgen, 0) for name, to in places}
