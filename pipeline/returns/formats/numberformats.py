"""Does a number format show a number as a date or a time? A spreadsheet tells dates
from figures by nothing else.
"""

from __future__ import annotations

import re
from typing import Literal

Shown = Literal["number", "date", "duration"]

# The formats that a file names by number alone (ECMA-376, 18.8.30), those of East Asian
# programs included.
_DATES = frozenset((*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)))
_DURATIONS = frozenset((46,))

# What a format shows as it stands: quoted text, a character behind a backslash, a
# width, a filling.
_LITERAL = re.compile(r'"[^"]*"?|\\.|_.|\*.', re.DOTALL)
_BRACKETS = re.compile(r"\[([^\]]*)\]")
_ELAPSED = re.compile(r"h+|m+|s+", re.IGNORECASE)
# of seconds: the only digits that a time has
_FRACTION = re.compile(r"(?<=[sS])[.,]0+|(?<=\])[.,]0+")
_HALF_OF_DAY = re.compile(r"am/pm|a/p", re.IGNORECASE)
_DIGITS = re.compile(r"[0#?@%]")
_LETTERS = re.compile(r"[^\W\d_]+")
_ENGLISH = frozenset("ymdhsebg")


def shown_as(number: int, code: str = "") -> Shown:
    """How a format shows a number. `code` is empty for the formats that have a number
    only.
    """
    if not code:
        return "date" if number in _DATES else "duration" if number in _DURATIONS else "number"
    # The first section is that of positive numbers, as figures are.
    code = _LITERAL.sub(" ", code).split(";", 1)[0]
    elapsed = [b for b in _BRACKETS.findall(code) if _ELAPSED.fullmatch(b)]
    plain = _HALF_OF_DAY.sub(
        " h ", _BRACKETS.sub(lambda m: m.group() if m.group(1) in elapsed else " ", code)
    )
    plain = _FRACTION.sub("", plain)
    if _DIGITS.search(plain):
        return "number"
    words = [w.casefold() for w in _LETTERS.findall(plain)]
    if not words or not all(map(_may_be_of_a_date, words)):
        return "number"
    if elapsed:
        return "duration"
    return "date" if any(set(w) <= _ENGLISH or len(w) > 1 for w in words) else "number"


def _may_be_of_a_date(word: str) -> bool:
    """True for the letters of a date: English ones, or one letter again and again, as
    other languages write theirs.

    `TT.MM.JJJJ`, `éééé-hh-nn` and `ДД.ММ.ГГГГ` are dates; `Standard`, `Általános` and
    `Општо` are words for General.
    """
    return set(word) <= _ENGLISH or len(set(word)) == 1
