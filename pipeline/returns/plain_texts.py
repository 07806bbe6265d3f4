"""May a text that the Center writes beside its figures be printed as it stands?

It names no person, steers no reader's screen, and says no number: figures are bound to
what is known, so that whoever reads one can be led to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.returns.intake.personal import personal_data
from pipeline.returns.intake.shown import steers

_SIGNS = re.compile(r"[*_`\\{}\[\]<>|]")  # would be read as more than letters
_WORDS = re.compile(
    r"\b(two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh"
    r"|nine)teen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundreds?|thousands?"
    r"|millions?|billions?|dozens?)\b",
    re.IGNORECASE,
)
_NUMERAL = re.compile(r"\d[\d.,]*")


def screened(text: str, *, what: str) -> Iterator[str]:
    """What may not be kept in it. `what` is the paper that it stands in."""
    if name := personal_data(text):
        # what may not be kept is not told either
        yield f"it holds what looks like: {name}; {what} names no person"
    if steers(text):
        yield "it holds control characters or turns of its direction; type it anew"


def numbers_in(text: str) -> list[str]:
    """The numbers that it says, in digits or in words, each once."""
    return list(dict.fromkeys((*_NUMERAL.findall(text), *_WORDS.findall(text))))


def signs_in(text: str) -> list[str]:
    """Signs that would be read as more than letters, each once."""
    return list(dict.fromkeys(_SIGNS.findall(text)))
