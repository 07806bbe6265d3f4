"""What stands in one place of a document, and which of its numerals are accounted for?

A passage is read from the finished PDF. Claims say of a stretch of it what it is; a
numeral counts as accounted for when one claim covers the whole of it. Claims never
overlap, so a number can be only one thing.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

NUMERAL = re.compile(r"\d+(?:[.,]\d+)*")
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff\x00]")
CELL, FORMULA = "cell", "formula"


@dataclass(frozen=True)
class Claim:
    """`kind` is cell, formula, or the kind of an exception; `what` names the key, the
    formula or the exception.
    """

    start: int
    end: int
    kind: str
    what: str = ""


def squeeze(text: str) -> str:
    """The text without anything that cannot be seen: how claims compare."""
    return "".join(_seen(text).split())


def _seen(text: str) -> str:
    return _UNSEEN.sub("", unicodedata.normalize("NFKC", text))


@dataclass
class Passage:
    """A text of the document. `place` is `chapter/exhibit/part`, or where it stands
    outside of the chapters.
    """

    page: int
    place: str
    text: str
    claims: list[Claim] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.text = _seen(self.text)
        # Claims are made on the text without blanks: the renderer breaks lines and sets
        # pieces of words apart.
        self._at = [i for i, c in enumerate(self.text) if not c.isspace()]
        self.bare = "".join(self.text[i] for i in self._at)
        self._numerals = [
            (m[0], m.start(), self._place(m.start()), self._place(m.end()))
            for m in NUMERAL.finditer(self.text)
        ]

    def _place(self, at: int) -> int:
        """The place in the text without blanks of a place in the text."""
        return bisect_left(self._at, at)

    @property
    def holds_numerals(self) -> bool:
        return bool(self._numerals)

    def free(self, start: int, end: int) -> bool:
        """Whether a stretch is not claimed yet, and cuts no numeral in two."""
        cut = any(
            first < place < last for _, _, first, last in self._numerals for place in (start, end)
        )
        return not cut and all(end <= c.start or c.end <= start for c in self.claims)

    def claim(self, start: int, end: int, kind: str, what: str = "") -> None:
        if 0 <= start < end <= len(self.bare) and self.free(start, end):
            self.claims.append(Claim(start, end, kind, what))

    def claim_all(self, kind: str, what: str = "") -> None:
        self.claim(0, len(self.bare), kind, what)

    def claim_pattern(self, pattern: str, kind: str, *, what: str = "") -> int:
        """Claim every match of a pattern over the text without blanks. Returns how many
        there were.
        """
        found = 0
        for match in re.finditer(pattern, self.bare):
            if match.end() > match.start() and self.free(*match.span()):
                self.claim(*match.span(), kind, what)
                found += 1
        return found

    def claim_phrase(self, phrase: str, kind: str, *, what: str = "") -> int:
        """Claim a phrase where it stands by itself: not as a part of a longer number."""
        bare = squeeze(phrase)
        return self.claim_pattern(re.escape(bare), kind, what=what) if bare else 0

    def claim_numerals(self, known: Mapping[str, tuple[str, str]]) -> None:
        """Claim each free numeral that is known by its text: `known` says of what kind
        it is, and what.
        """
        for numeral, _, start, end in self._numerals:
            if numeral in known:
                self.claim(start, end, *known[numeral])

    def numerals(self) -> Iterator[tuple[str, Claim | None, int]]:
        """Every numeral with the claim that covers the whole of it, and its place in
        `text`.
        """
        for numeral, at, start, end in self._numerals:
            yield (
                numeral,
                next((c for c in self.claims if c.start <= start and end <= c.end), None),
                at,
            )

    def around(self, at: int, words: int = 48) -> str:
        """The words around a numeral."""
        start = max(0, at - words)
        end = at + words
        cut = " ".join(self.text[start:end].split())
        return f"{'...' if start else ''}{cut}{'...' if end < len(self.text) else ''}"


def claim_years(passages: Iterable[Passage], years: Iterable[str]) -> None:
    """Years stand by themselves: 2022 in `1,2022` or `2022.5` is none."""
    either = "|".join(sorted(years))
    if either:
        for passage in passages:
            passage.claim_pattern(rf"(?:{either})", "year")
