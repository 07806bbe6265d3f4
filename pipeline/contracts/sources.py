"""Which sources may a version name that leaves the house? The Center's list, and how a
cover may speak of it.

What a state answers on the cover is its own text, and any text may say a figure. A
version for others therefore prints what the Center wrote in `codelists/source.csv`: the
answer is only compared with it. Beside the name of a source stands the day or year of
its release, taken out of the answer as a date and nothing else. Whatever else a state
wrote is said as `ANOTHER`, unless somebody of the Center cleared that very text
(`pipeline.returns.cleared`).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from pipeline.contracts.codelists import Code, fold, load_aliases, load_codelist
from pipeline.contracts.layout import DEFINITION_ANSWERS
from pipeline.contracts.releases import WHEN, earliest_release

LIST = "source"
# stands for a text that is neither listed nor cleared
ANOTHER = "sources that states named to SELEC"
_NOT_LISTED = "other"  # the code of a source that the list does not have
NOT_STATED = "release not stated in the file"
_YEAR = "(?:199|20[0-9])[0-9]"
_PLACES = {"{years}": f"({_YEAR}-{_YEAR})", "{year}": f"({_YEAR})"}  # what a name may leave open
_RELEASE = re.compile(rf"(?P<word>release|edition|last update) (?:{WHEN})")

# as Eurostat says when it last updated
_STAMP = re.compile(r"release [0-3]\d/[01]\d/\d\d [0-2]\d:[0-5]\d:[0-5]\d")


@dataclass(frozen=True)
class Sources:
    """The Center's list of sources, the spellings under which states may name them, and
    what of other texts was cleared.
    """

    codes: tuple[Code, ...]
    aliases: Mapping[str, str]  # folded spelling -> code
    cleared: frozenset[str] = frozenset()  # hashes of texts

    def named(self, text: str) -> str:
        """A part of an answer as the Center writes it; "" where it names no listed
        source.

        What comes back is made of the list and of a date alone, and given once more it
        is the same.
        """
        code, match = self._found(text)
        if code is None or match is None:
            return ""
        release = match["release"]
        return self._printed(code, match) + (f", {_release(release)}" if release else "")

    def code_of(self, text: str) -> str:
        """The code of the listed source that a part of an answer names; "" where it
        names none.
        """
        code, _ = self._found(text)
        return code.code if code else ""

    def in_short(self, named: Iterable[str]) -> dict[str, str]:
        """Each part of answers by the code under which a version names it: that of the
        list, with a letter where one of the list is named with several releases (`CTS
        a`, `CTS b`); `other` where the list has none.
        """
        pairs = sorted((self.code_of(part) or _NOT_LISTED, part) for part in set(named))
        codes: dict[str, str] = {}
        for code, group in groupby(pairs, key=lambda pair: pair[0]):
            parts = [part for _, part in group]
            for number, part in enumerate(parts):
                codes[part] = f"{code} {_letter(number)}" if len(parts) > 1 else code
        return codes

    def _found(self, text: str) -> tuple[Code, re.Match[str]] | tuple[None, None]:
        """The listed source that a text names, with no more behind it than a release."""
        said = fold(text).rstrip(".")
        for code in self.codes:
            for spelling in self._spellings(code):
                match = re.fullmatch(rf"{_pattern(spelling)}(?:, (?P<release>.+))?", said)
                if match and (match["release"] is None or _release(match["release"])):
                    return code, match
        return None, None

    def offered(self) -> list[str]:
        """The sources that a form offers, as the Center writes them: those without a
        year of their own.
        """
        publishers = {c.parent for c in self.codes}
        return [
            self._label(c) for c in self.codes if "{" not in c.label and c.code not in publishers
        ]

    def parts(self, answer: str) -> Iterator[tuple[str, str]]:
        """Each part of an answer as it was written, with the listed source that it
        names or "".
        """
        for part in answer.split(";"):
            if text := as_written(part):
                yield text, self.named(text)

    def for_others(self, answer: str) -> str:
        """The answer what the source is, as a version for others may print it."""
        said = (
            name or (text if self.is_cleared(text) else ANOTHER)
            for text, name in self.parts(answer)
        )
        return "; ".join(dict.fromkeys(said))

    def definition_for_others(self, answer: str) -> str:
        """The answer whether a national definition matches, for others: one of the
        form, a cleared text, or nothing.
        """
        text = as_written(answer)
        if fold(text) in DEFINITION_ANSWERS:
            return fold(text)
        return text if self.is_cleared(text) else ""

    def is_for_others(self, said: str) -> bool:
        """Whether nothing of a sender is left in what is said of sources but what was
        cleared.
        """
        return all(
            text in (name, ANOTHER) or self.is_cleared(text) for text, name in self.parts(said)
        )

    def is_cleared(self, text: str) -> bool:
        return text_hash(text) in self.cleared

    def _label(self, code: Code) -> str:
        """The name of a source behind that of its publisher."""
        publisher = next((c.label for c in self.codes if c.code == code.parent), "")
        return f"{publisher}, {code.label}" if publisher else code.label

    def _spellings(self, code: Code) -> list[str]:
        """How a source may be named: as the Center does, by its code, as states are
        known to. Where a year is part of the name only the whole name says which one.
        """
        label = self._label(code)
        others = (
            []
            if "{" in label
            else [code.code, *(a for a, of in self.aliases.items() if of == code.code)]
        )
        return [label, *others]

    def _printed(self, code: Code, match: re.Match[str]) -> str:
        years = iter(match.groups())
        return re.sub(r"\{years?\}", lambda _: next(years), self._label(code))


@lru_cache(maxsize=4)
def load_sources(codelists: Path) -> Sources:
    """Read the list and its spellings. Raises ContractError where there is none."""
    return Sources(tuple(load_codelist(codelists, LIST)), load_aliases(codelists, LIST))


def _letter(number: int) -> str:
    """a, b, ... z, aa, ab, ..."""
    before, last = divmod(number, 26)
    return (_letter(before - 1) if before else "") + chr(ord("a") + last)


def as_written(text: str) -> str:
    """A text with single spaces, letters and accents put together: the form that is
    printed, and hashed.
    """
    return " ".join(unicodedata.normalize("NFC", text).split())


def text_hash(text: str) -> str:
    """What stands for one very text: the SHA-256 of it as it is printed."""
    return hashlib.sha256(as_written(text).encode()).hexdigest()


def _pattern(spelling: str) -> str:
    pattern = re.escape(fold(spelling))
    for place, years in _PLACES.items():
        pattern = pattern.replace(re.escape(place), years)
    return pattern


def _release(said: str) -> str:
    """`release 14/04/2025`, `release not stated in the file`; "" for whatever else
    stands behind a source.
    """
    if said == fold(NOT_STATED):
        return NOT_STATED
    if not said.isascii():  # digits of another script are digits to a pattern
        return ""
    if _STAMP.fullmatch(said):
        return said
    match = _RELEASE.fullmatch(said)
    if match is None or earliest_release(said) is None or not re.search(_YEAR, said):
        return ""
    return (
        said
        if match["month"] is None
        else said.replace(match["month"], match["month"].capitalize())
    )
