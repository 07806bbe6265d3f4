"""How may a text out of a return be shown? Short, in letters that are what they seem,
and without data of persons.
"""

from __future__ import annotations

import re
import unicodedata

from pipeline.returns.intake.personal import personal_data

MAX_SHOWN = 300  # characters
MAX_NAMED = 4  # invisible characters of one text
NOT_SHOWN = "(not shown: looks like "  # how a text begins that stands for data of a person
# Characters that steer a terminal or turn the direction of the text behind them, and
# those that stand for nothing. Zero-width spaces and joiners are none of these: they
# come along with what is pasted from a web page.
_STEERING = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff\U000e0000-\U000e007f]"
)
# Blanks and fillers that are letters or signs to a program, and nothing to a reader.
_FILLERS = "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\uffa0\ufe00-\ufe0f"
_INVISIBLE = re.compile(f"[{_FILLERS}]")
# a soft hyphen looks like a minus to some programs
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069\u00ad]")
# A number as people write it, which is a figure and no number of a person.
_FIGURE = re.compile("-?[1-9][0-9]*(?:[ .,\u00a0\u202f\u2009'][0-9]{3})*(?:[.,][0-9]+)?")


def steers(text: str) -> bool:
    """True when a text holds characters that nobody types and that make it look like
    another one.
    """
    return _STEERING.search(text) is not None


def is_invisible(character: str) -> bool:
    """True for what a reader does not see: marks of direction, joiners, soft hyphens,
    control characters.
    """
    if character in "\t\n\r":
        return False
    return unicodedata.category(character) in ("Cf", "Cc") or bool(_INVISIBLE.match(character))


def without_invisible(text: str) -> str:
    """The text that a reader sees; empty where invisible characters may have changed
    how it looks.
    """
    if text.isascii() and text.isprintable():
        return text
    if _TURNS.search(text) or steers(text):
        return ""
    return "".join(c for c in text if not is_invisible(c))


def names_of_invisible(text: str) -> str:
    """The invisible characters of a text by number and name; empty where there is none."""
    if text.isascii() and text.isprintable():
        return ""
    names = dict.fromkeys(
        f"U+{ord(c):04X} {unicodedata.name(c, '')}".strip() for c in text if is_invisible(c)
    )
    return ", ".join(list(names)[:MAX_NAMED])


def is_bare_figure(text: str) -> bool:
    """True for digits alone, grouped or not: whether they are a figure, only their
    place can tell.
    """
    return _FIGURE.fullmatch(text.strip()) is not None


def printable(text: str) -> str:
    """A text as it may be printed: control characters, turns of direction and unpaired
    surrogates as escapes.
    """
    text = text.encode("utf-8", "backslashreplace").decode()
    return "".join(
        c if c.isprintable() or c in "\n\t" or _is_joiner(c) else _escaped(c) for c in text
    )


def _is_joiner(character: str) -> bool:
    return unicodedata.category(character) in ("Cf", "Zs") and not steers(character)


def _escaped(character: str) -> str:
    number = ord(character)
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}"


def shown(text: str, *, is_figure: bool = False) -> str:
    """What a finding may repeat of a text. The digits of a figure are shown whatever
    number they look like.
    """
    # What is cut off below need not be searched; what may begin before the cut and end
    # behind it must.
    if not (is_figure and is_bare_figure(text)) and (name := personal_data(text[: 2 * MAX_SHOWN])):
        return f"{NOT_SHOWN}{name})"
    text = printable(text)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}… ({len(text):,} characters)"


def shown_name(name: str) -> str:
    """What may be printed of the name of a file or sheet: one line."""
    return " ".join(shown(name).split())
