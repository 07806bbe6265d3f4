"""What are the numerals of the running text? Bindings worked out again, variables of
the round, listed references.

Every sentence is looked up in the narrative file that it claims to come from, so what
is written there, and not what the renderer made of it, says which numerals may stand in
it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

from pipeline.inspection.numerals.known import Known
from pipeline.inspection.numerals.passage import CELL, FORMULA, NUMERAL, Passage, squeeze
from pipeline.inspection.readback.bindings import TELLS
from pipeline.report.ledger import Fact, Sentence

_PIECE = re.compile(r"\[\[(.+?)\]\]|\{(\w+(?::[\w.*]+)?)\}", re.DOTALL)
_YEAR = re.compile(r"(?:19|20)\d\d")
_CASES = "cases"  # of these no narrative tells, but the store
CONTRIBUTIONS = "contributions"  # in the place of what experts wrote
DECISIONS = "decisions"  # in the place of why meetings decided what they did
_EARLIER = "earlier"  # the variable of the year of the last assessment
_NOTHING = "\x02"  # in no text: a binding that has nothing to show
_PER = "per 100,000 inhabitants"
Part = tuple[tuple[str, ...], str, str]  # what may stand there, and as in a piece
Piece = tuple[str, str, str]  # text, kind of its claim or nothing, what it is
Statement = Fact | Sentence


class SentenceCheck:
    """Goes through the sentences in their order and claims their numerals in the
    passages of running text.
    """

    def __init__(self, known: Known) -> None:
        self.known = known
        self._files: dict[str, str] = {}

    def check(self, statements: list[Statement], passages: list[Passage]) -> Iterator[str]:
        """Yield what is wrong with a sentence as a whole; its numerals then stay
        unaccounted for.
        """
        running = _Running(passages)
        start = 0
        for statement in statements:
            if not NUMERAL.search(statement.text) and not TELLS.search(statement.bound):
                continue
            if isinstance(statement, Sentence) and not self._is_written(statement):
                yield f"no narrative says '{statement.written}'"
                continue
            pieces = self._pieces(statement)
            wanted = "".join(text for text, _, _ in pieces)
            found = running.find(wanted, start)
            if found is None:
                yield (
                    f"'{statement.text}' ({statement.place}) is not what its bindings say:"
                    f" '{_spaced(statement, pieces)}'"
                )
                continue
            start = found
            for text, kind, what in pieces:
                passage, at = running.at(start)
                self._claim(passage, at, text=text, kind=kind, what=what)
                for after in running.after(start, text):  # a paragraph that goes on over the page
                    self._claim(after[0], after[1], text=text, kind=kind, what=what)
                start += len(text)

    def _claim(self, passage: Passage, start: int, *, text: str, kind: str, what: str) -> None:
        """Claim each numeral of a piece; a reference only where the list of exceptions
        has it for this place.
        """
        if kind == "reference":
            excused = self.known.exceptions.of_reference(
                what, f"{self.known.report}/{passage.place}"
            )
            if excused:
                passage.claim(start, start + len(text), excused.kind, excused.why)
            return
        if kind == "rate" and text.endswith(squeeze(_PER)):
            end = start + len(text) - len(squeeze(_PER))
            passage.claim(start, end, FORMULA, what)
            passage.claim(end, start + len(text), "unit", _PER)
            return
        numerals = list(NUMERAL.finditer(text))
        for index, numeral in enumerate(numerals):
            own = _kind_in(kind, index, text=text)
            if own and own != "rate":
                passage.claim(start + numeral.start(), start + numeral.end(), own, what)

    def _is_written(self, sentence: Sentence) -> bool:
        chapter = sentence.place.split(".")[0]
        if chapter == CONTRIBUTIONS:
            return sentence.written in self.known.register.contributed
        if chapter == DECISIONS:
            return sentence.written in self.known.register.decided
        if chapter == _CASES:
            return sentence.written in self.known.register.case_texts
        if chapter not in self._files:
            self._files[chapter] = " ".join(_narrative(self.known, chapter).split())
        return " ".join(sentence.written.split()) in self._files[chapter]

    def _pieces(self, statement: Statement) -> list[Piece]:
        """The statement as it must read, cut into words, variables and bindings."""
        parts: list[Part] = []
        match statement:
            case Sentence(written=written, place=place) if place.startswith(
                (CONTRIBUTIONS, DECISIONS)
            ):
                # letter by letter what its sender wrote: nothing in it is bound or filled in
                parts = [((_plain(written),), "contribution", place)]
            case Sentence(written=written, values=own):
                parts = self._parts(written, {**self.known.variables, **own})
            case Fact(bound=bound):
                # Its label is of the chapter's template: years may stand in it. No
                # narrative holds it, so it is judged by its key and as labels are.
                found = self._parts(bound, self.known.variables)
                parts = [p for part in found for p in self._label(part)]
        return _as_read(parts, squeeze(_marked_off(statement.text)))

    def _parts(
        self, written: str, values: dict[str, str]
    ) -> list[tuple[tuple[str, ...], str, str]]:
        parts: list[tuple[tuple[str, ...], str, str]] = []
        at = 0
        for match in _PIECE.finditer(written):
            parts.append(((_plain(written[at : match.start()]),), "", ""))
            at = match.end()
            parts.append(
                self._binding(match[1], values) if match[1] else self._variable(match[2], values)
            )
        parts.append(((_plain(written[at:]),), "", ""))
        return parts

    def _label(
        self, part: tuple[tuple[str, ...], str, str]
    ) -> list[tuple[tuple[str, ...], str, str]]:
        if part[1]:
            return [part]
        pieces = re.split(rf"({'|'.join(self.known.years)})", part[0][0])
        return [((p,), "year" if p in self.known.years else "", "") for p in pieces if p]

    def _variable(self, name: str, values: dict[str, str]) -> tuple[tuple[str, ...], str, str]:
        variable, _, asked = name.partition(":")
        text = format(values[variable], asked) if variable in values else _NOTHING
        is_year = variable in self.known.variables or (
            variable == _EARLIER and text in self.known.assessed and text < self.known.years[-1]
        )
        return (_plain(text),), "year" if is_year else "", name

    def _binding(self, binding: str, values: dict[str, str]) -> tuple[tuple[str, ...], str, str]:
        filled = " ".join(binding.split()).format(**values)
        texts = tuple(squeeze(t) for t in self.known.bindings.texts(filled) if t) or (_NOTHING,)
        first = filled.split()[0]
        if first == "ref":
            return texts, "reference", filled.removeprefix("ref ")
        return texts, _KINDS.get(first, CELL), filled


# What a claim prints are words: a numeral among them is accounted for by nothing.
_KINDS = {
    **dict.fromkeys(
        ("coverage", "share", "shares", "leader", "alone", "median", "spread"), FORMULA
    ),
    "rescored": "rescored",
    "rate": "rate",
    "case": "case",
    "moved": "moved",
    "lastyear": "year",
    **dict.fromkeys(("began", "ceased", "broken", "redefined", "revised"), "dated"),
    **dict.fromkeys(
        ("claim", "general", "reporters", "silent", "members", "memberlist", "publishers", "state"),
        "",
    ),
}


def _kind_in(kind: str, index: int, *, text: str) -> str:
    """What a numeral of a binding's text is. Of a movement: the change, both figures,
    the number of states, the part of one state; of a figure in question: the figure,
    and what it would be otherwise.
    """
    if kind == "dated":  # a figure has commas, a year has none
        return "year" if _YEAR.fullmatch(list(NUMERAL.finditer(text))[index][0]) else CELL
    if kind == "rescored":  # counts of states, and the edition before
        return "year" if _YEAR.fullmatch(list(NUMERAL.finditer(text))[index][0]) else FORMULA
    if kind == "moved":
        return CELL if index in ((0,) if text.startswith("didnotchange") else (1, 2)) else FORMULA
    return FORMULA if kind == CELL and index and "if" in text else kind


def _as_read(parts: list[tuple[tuple[str, ...], str, str]], text: str) -> list[Piece]:
    """Of each binding the text that was printed, where it is one of those that may be."""
    form = "".join("(" + "|".join(map(re.escape, texts)) + ")" for texts, _, _ in parts)
    match = re.fullmatch(form, text, re.DOTALL)
    return [
        (match[i] if match else texts[0], kind, what)
        for i, (texts, kind, what) in enumerate(parts, 1)
    ]


class _Running:
    """The passages of running text as one: a paragraph that is broken over two pages
    stands in two of them.
    """

    def __init__(self, passages: list[Passage]) -> None:
        self.passages = passages
        self.starts = list(accumulate((len(p.bare) for p in passages), initial=0))
        self.text = "".join(p.bare for p in passages)

    def find(self, wanted: str, start: int) -> int | None:
        """Where a sentence stands next: not inside of a longer number."""
        place = self.text.find(wanted, start)
        while place >= 0:
            if not self._cuts(place) and not self._cuts(place + len(wanted)):
                return place
            place = self.text.find(wanted, place + 1)
        return None

    def _cuts(self, place: int) -> bool:
        """Whether a number goes on over this place, within one passage."""
        return (
            place not in self.starts
            and bool(re.search(r"\d[.,]?\Z", self.text[max(0, place - 2) : place]))
            and (self.text[place : place + 1].isdigit())
        )

    def at(self, place: int) -> tuple[Passage, int]:
        """The passage of a place in the whole text, and the place in it."""
        index = min(bisect_right(self.starts, place) - 1, len(self.passages) - 1)
        return self.passages[index], place - self.starts[index]

    def after(self, place: int, text: str) -> Iterator[tuple[Passage, int]]:
        """The passages that a piece goes on into, with where it would start in each:
        before its first letter.
        """
        index = bisect_right(self.starts, place) - 1
        while index + 1 < len(self.passages) and self.starts[index + 1] < place + len(text):
            index += 1
            yield self.passages[index], place - self.starts[index]


def _narrative(known: Known, chapter: str) -> str:
    """What is written of a chapter, for all rounds and for this one."""
    folders = [known.templates / folder / "narrative" for folder in (known.report, "shared")]
    paths = [
        p for f in folders for p in (f / f"{chapter}.md", f / str(known.round_) / f"{chapter}.md")
    ]
    return "\n".join(p.read_text(encoding="utf-8") for p in paths if p.is_file())


def _marked_off(text: str) -> str:
    return re.sub(r"[*_`\\]", "", text)


def _plain(text: str) -> str:
    return squeeze(_marked_off(text))


def _spaced(statement: Statement, pieces: list[Piece]) -> str:
    return " ".join(f"{what} = {text}" for text, kind, what in pieces if kind) or statement.text
