"""In which place does each text of a document stand? Goes through its blocks in reading
order, beside the ledger.

The ledger says which exhibit comes next; headings and exhibits are counted here, and
every text is compared with what was noted for its place. What fits nowhere is running
text, whose numerals nobody has accounted for yet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.inspection.numerals.charts import DrawingCheck
from pipeline.inspection.numerals.known import Known
from pipeline.inspection.numerals.passage import CELL, Passage, squeeze
from pipeline.inspection.numerals.tables import TableCheck
from pipeline.inspection.readback.outline import Block
from pipeline.inspection.readback.spelled import running_text
from pipeline.report.edition import CORRIGENDUM
from pipeline.report.ledger import (
    HEADLINE,
    Exhibit,
    FigureExhibit,
    LedgerEntry,
    PrintedHeading,
    TableExhibit,
    charts_of,
    drawing_of,
    entry_keys,
    exhibits_of,
    footnotes_of,
    lines_of,
)

REPEATED = "heading or title"
_HYPHEN = re.compile("[-\N{SOFT HYPHEN}\N{HYPHEN}]")
_SOURCE = re.compile(r"Source:(.+)$")  # the code behind a title


class Walk:
    """One way through a document. Afterwards `passages` holds every text, `running`
    those of the chapters' own text, `wrong` what is wrong with a passage, by its place
    in the list.
    """

    def __init__(
        self, known: Known, ledger: Sequence[LedgerEntry], *, destinations: dict[str, int]
    ) -> None:
        self.known, self.destinations = known, destinations
        self.headings = [e for e in ledger if isinstance(e, PrintedHeading)]
        self.exhibits = exhibits_of(ledger)
        self.drawn = {d.id: d for d in charts_of(ledger)}
        self.passages: list[Passage] = []
        self.running: list[Passage] = []
        self.wrong: dict[int, str] = {}
        self.section = "cover"
        self.exhibit: Exhibit | None = None
        self.counted = {"Table": 0, "Figure": 0, HEADLINE: 0}
        self.chapters = self.annexes = self.sections = 0
        self._waiting = iter(self.exhibits)
        self._next: Exhibit | None = next(self._waiting, None)
        self._next_heading = 0
        self._row, self._column = -1, 0
        self._below: dict[str, str] = {}
        self._table: TableCheck | None = None

    def walk(self, blocks: list[Block]) -> None:
        for block in blocks:
            self._block(block)
        left = [e.number for e in [self._next, *self._waiting] if e]
        if left:
            self.refuse(f"{left[0]} was noted as printed and is not in the document")

    def _add(self, passage: Passage, wrong: str = "") -> Passage:
        self.passages.append(passage)
        if wrong:
            self.wrong[len(self.passages) - 1] = wrong
        return passage

    def refuse(self, wrong: str) -> None:
        self._add(Passage(0, self.section, ""), wrong)

    # --- blocks

    def _block(self, block: Block) -> None:
        text = running_text(block)
        if block.kind == "Figure":
            self._figure(block)
        elif block.kind == "TD":
            self._cell(block, text)
        elif not squeeze(text):
            return
        elif block.kind == "TH":
            self._table_head(block, text)
        elif block.kind == "Caption":
            self._caption(block, text)
        elif re.fullmatch(r"H\d", block.kind):
            self._heading(block, text)
        elif self.section == "contents":
            self._contents(block, text)
        else:
            self._text(block, text)

    def _heading(self, block: Block, text: str) -> None:
        bare = squeeze(text)
        passage = Passage(block.page, f"{self.section}/heading", text)
        if bare == "Contents":
            self.section = "contents"
        elif self._next_heading < len(self.headings) and self._is_heading(bare):
            heading = self.headings[self._next_heading]
            self._next_heading += 1
            self.exhibit = None
            if heading.level == 1:
                self.section = heading.id
            passage.place = f"{self.section}/heading"
            if heading.listed is None:
                number = squeeze(heading.number)
                passage.claim(0, len(number), "heading", heading.number)
        elif self.section == "cover" and block.page > 1:
            self.section = passage.place = "imprint"
        self.known.claim_label(passage, [])
        self._add(passage)

    def _is_heading(self, bare: str) -> bool:
        """Whether the text is the next heading, with the number that comes next."""
        heading = self.headings[self._next_heading]
        title = squeeze(heading.title)
        if not heading.number:  # it stands before the contents
            return bare == title
        annex = heading.number.startswith("Annex")
        if bare != (squeeze(heading.number) + title if heading.listed is None else title):
            return False
        if heading.level == 1:
            self.chapters, self.annexes, self.sections = (
                self.chapters + (not annex),
                self.annexes + annex,
                0,
            )
            self._prefix = chr(64 + self.annexes) if annex else str(self.chapters)
            return heading.number == (f"Annex {self._prefix}" if annex else self._prefix)
        self.sections += 1
        return heading.number == f"{self._prefix}.{self.sections}"

    # --- contents

    def _contents(self, block: Block, text: str) -> None:
        """A line of the contents: number and title as in their place, and the page on
        which they stand.
        """
        passage = self._add(Passage(block.page, "contents", text))
        target = block.links[0] if block.links else ""
        start = next((s for s in self._listed(target) if passage.bare.startswith(s)), None)
        page = re.search(r"(?<!\d)(\d+)$", passage.bare)
        if start is None or page is None or page.start() < len(start):
            return
        passage.claim(0, len(start), REPEATED, target)
        if int(page[1]) == self.destinations.get(target):
            passage.claim(*page.span(), "page")

    def _listed(self, target: str) -> Iterator[str]:
        for heading in self.headings:
            if heading.id == target:
                listed = heading.title if heading.listed is None else heading.listed
                yield squeeze(heading.number + listed)
        for exhibit in self.exhibits:
            if exhibit.id == target:
                yield _caption_of(exhibit)

    # --- exhibits

    def _caption(self, block: Block, text: str) -> None:
        exhibit = self._next
        if exhibit is None or not squeeze(text).startswith(_caption_of(exhibit)):
            self._add(
                Passage(block.page, f"{self.section}/text", text),
                "it is no exhibit that was noted next",
            )
            return
        word = exhibit.number.split()[0]
        self.counted[word] += 1
        self.exhibit, self._next = exhibit, next(self._waiting, None)
        passage = Passage(block.page, f"{self.section}/{exhibit.spec}/title", text)
        if exhibit.number == f"{word} {self.counted[word]}":
            passage.claim(0, len(squeeze(exhibit.printed_number)), "exhibit", exhibit.number)
        self._table = TableCheck(self.known, exhibit, numbers=[e.number for e in self.exhibits])
        # also where its first years have no figure
        passage.claim_phrase(self.known.variables["window"], "year")
        self.known.claim_label(passage, self._table.cubes, years=self._years(exhibit))
        self._add(passage, self._wrong_source(text, exhibit))
        self._row, self._column = -1, 0
        self._below = _below(exhibit)

    def _wrong_source(self, text: str, exhibit: Exhibit) -> str:
        """What is wrong with the code of the source behind a title, or nothing."""
        said = _SOURCE.search(text)
        keys = entry_keys(exhibit, self.drawn.values())
        right = self.known.source_of({key.split(":")[0] for key in keys} or set(exhibit.cubes))
        if said is None or squeeze(said[1]) == squeeze(right):
            return ""
        return f"its source is {right or 'said in full below it'}"

    def _years(self, exhibit: Exhibit) -> list[str] | None:
        """The years that a title may name beside the window: those of the exhibit's
        cells. Without cells, any.
        """
        found = {
            key.split(":")[1].split(".")[1] for key in entry_keys(exhibit, self.drawn.values())
        }
        return sorted(found) or None

    def _place(self, part: str) -> str:
        return (
            f"{self.section}/{self.exhibit.spec}/{part}" if self.exhibit else f"{self.section}/text"
        )

    def _table_head(self, block: Block, text: str) -> None:
        if self.exhibit is None or self._table is None:
            self._text(block, text)
        elif "THead" in block.path:
            passage = Passage(block.page, self._place("head"), text)
            self._table.head(self._add(passage, broken_word(text, self.exhibit)))
        else:
            self._row, self._column = self._row + 1, 0
            lines = lines_of(self.exhibit)
            passage = Passage(block.page, self._place("row"), text)
            if self._row < len(lines) and squeeze(lines[self._row].label) == passage.bare:
                self._table.row_label(passage)
                self._add(passage)
            else:
                self._add(passage, "the line was not noted as printed")

    def _cell(self, block: Block, text: str) -> None:
        lines = lines_of(self.exhibit)
        passage = Passage(block.page, self._place("cell"), text)
        if (
            self._table
            and 0 <= self._row < len(lines)
            and self._column < len(lines[self._row].cells)
        ):
            self._add(passage, self._table.cell(passage, self._row, column=self._column))
        else:
            self._add(passage, "the cell was not noted as printed")
        self._column += 1

    def _figure(self, block: Block) -> None:
        noted = drawing_of(self.exhibit, self.drawn.values()) if self.exhibit else None
        if self.exhibit is None or noted is None:
            self._add(
                Passage(block.page, f"{self.section}/drawing", f"{running_text(block)} {block.alt}")
            )
            return
        check = DrawingCheck(
            self.known, self.exhibit, noted=noted, place=self._place("x").removesuffix("/x")
        )
        if check.wrong:
            self.refuse(f"{self.exhibit.number}: {check.wrong[0]}")
        for passage in check.passages(block):
            self._add(passage)

    # --- running text

    def _text(self, block: Block, text: str) -> None:
        bare = squeeze(text)
        if self.exhibit and (part := self._below.get(bare)):
            self._add(self._note(Passage(block.page, self._place(part), text), part))
            return
        in_front = self.section in ("cover", "imprint")
        place = "imprint" if self.section == "cover" and block.page > 1 else self.section
        passage = self._add(Passage(block.page, place if in_front else f"{place}/text", text))
        if in_front:
            passage.claim_phrase(self.known.reference, "reference number")
            passage.claim_phrase(self.known.date_text, "date")
            passage.place = f"{self.known.report}/{place}"
            self.known.exceptions.claim(passage)
            if bare == squeeze(f"Reference year {self.known.round_}"):
                passage.claim_phrase(str(self.known.round_), "year")
            self.known.claim_edition(passage)
            self._claim_page(passage, block)
            if re.fullmatch(rf"{self.known.round_}[A-Za-z]+version", bare):
                passage.claim_phrase(str(self.known.round_), "year")
            passage.place = place
            self.running.append(passage)  # the finding of the year stands on the cover
        elif self.section == CORRIGENDUM:
            self.known.claim_edition(passage)
        else:
            self.running.append(passage)

    def _claim_page(self, passage: Passage, block: Block) -> None:
        """The page on which the corrigendum stands, where the cover leads to it."""
        page = self.destinations.get(CORRIGENDUM)
        if page and CORRIGENDUM in block.links:
            passage.claim_pattern(f"(?<=seepage){page}$", "page")

    def _note(self, passage: Passage, part: str) -> Passage:
        assert self._table is not None
        if part == "source":
            for name in self.known.sources:
                passage.claim_phrase(name, "source", what=name)
            for round_ in (
                self.known.round_,
                *(r["old_round"] for r in self.known.tables["revisions"]),
            ):
                passage.claim_phrase(f"round {round_}", "year")
                passage.claim_phrase(f"rounds {round_} and {self.known.round_}", "year")
        for note in footnotes_of(self.exhibit):
            if note.bound and passage.bare.startswith(note.mark):
                claim_bound(self.known, passage, mark=note.mark, bound=note.bound)
                self.known.claim_label(passage, re.findall(r"\[\[(\w+):", note.bound))
        self.known.claim_label(passage, self._table.cubes)
        return passage


def claim_bound(known: Known, passage: Passage, *, mark: str, bound: str) -> None:
    """Account for the figures of a footnote where it reads as its keys say."""
    pieces = re.split(r"\[\[(.+?)\]\]", bound)
    texts = [known.register.text(p) if i % 2 else p for i, p in enumerate(pieces)]
    if passage.bare != squeeze(mark + "".join(texts)):
        return
    at = len(squeeze(mark))
    for i, text in enumerate(texts):
        if i % 2:
            passage.claim(at, at + len(squeeze(text)), CELL, pieces[i])
        at += len(squeeze(text))


def broken_word(text: str, exhibit: Exhibit) -> str:
    """What is wrong with the head of a column whose lines part a word elsewhere than at
    its hyphens, or nothing.
    """
    if not isinstance(exhibit, TableExhibit):
        return ""
    labels = (*exhibit.heads, *exhibit.groups)
    whole = {_HYPHEN.sub("", word) for label in labels for word in label.split()}
    begun = ""
    for piece in text.split():
        begun += _HYPHEN.sub("", piece)
        if begun in whole:
            begun = ""
        elif not _HYPHEN.search(piece[-1]):
            return f"a word of the head is broken at '{piece}'"
    return f"a word of the head ends at '{begun}'" if begun else ""


def _caption_of(exhibit: Exhibit) -> str:
    return squeeze(exhibit.printed_number + exhibit.title)


def _below(exhibit: Exhibit) -> dict[str, str]:
    """What stands below an exhibit, by its text: a note, or the line on sources."""
    match exhibit:
        case (
            TableExhibit(footnotes=footnotes, notes=notes, source=source)
            | FigureExhibit(footnotes=footnotes, notes=notes, source=source)
        ):
            found = {squeeze(f.mark + f.text): "note" for f in footnotes}
            for number, note in enumerate(notes):
                found[squeeze(f"Note: {note}" if not number else note)] = "note"
            return {**found, squeeze(f"Source: {source}"): "source"}
        case _:
            return {}
