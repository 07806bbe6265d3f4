"""Which letters do bytes stand for, where no mark says so? Told by words that are known
under a code page.

Most bytes are letters under every code page, only others. So a page is trusted when
words known under it stand in the text, more of them than under any other page. Where
pages are equally good, the words on which they agree are trusted. All others, and those
that read like none, become `UNREAD`, which whoever reads the cell must refuse.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Set

UNREAD = "\ue000"  # of private use: no keyboard has it
# Of Windows, of the command line, of Unix and of Macintosh, in the scripts of the
# states.
CODE_PAGES = (
    "cp1250",
    "cp1251",
    "cp1252",
    "cp1253",
    "cp1254",
    "cp852",
    "cp866",
    "cp855",
    "cp737",
    "cp857",
    "cp850",
    "koi8-r",
    "iso8859-2",
    "iso8859-5",
    "iso8859-7",
    "iso8859-9",
    "mac-cyrillic",
    "mac-greek",
    "mac-turkish",
    "mac-latin2",
    "mac-croatian",
)
MIN_KNOWN = 4  # letters of known words: two of them are found in a text by chance
MAX_ODD = 4  # one in so many words may read like none before nothing is trusted
MAX_WORDS = 20_000  # different ones outside of ASCII; a return has some hundred

_RUN = re.compile("[A-Za-z\x80-\xff]+")  # in a text whose characters are the bytes
_WORD = re.compile(r"[^\W\d_]+")
# steering characters, frames of the command line
_NO_TEXT = re.compile("[\x00-\x1f\x7f-\x9f\u2500-\u259f]")
_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK")


def read_letters(data: bytes, words: Set[str], *, likely: Iterable[str] = ()) -> tuple[str, str]:
    """The text of bytes that are no UTF-8, and the code page that its known words tell;
    empty when none is told.

    `words` are known words, folded. Of pages that say the same the `likely` ones are
    named.
    """
    text = data.decode("latin-1")
    runs = sorted({run for run in _RUN.findall(text) if not run.isascii()})
    told = (
        _told(runs, words, pages=list(dict.fromkeys((*likely, *CODE_PAGES))))
        if len(runs) <= MAX_WORDS
        else {}
    )
    agreed = _agreed(runs, told)

    def said(match: re.Match[str]) -> str:
        run = match.group()
        return (
            run
            if run.isascii()
            else agreed.get(run) or "".join(c if c.isascii() else UNREAD for c in run)
        )

    return _RUN.sub(said, _with_spaces(text)), next(iter(told), "") if agreed else ""


def _told(runs: list[str], words: Set[str], *, pages: list[str]) -> dict[str, dict[str, str]]:
    """What the runs say under the pages that know most of them: one, or several that
    know equally many letters.
    """
    readings = {page: said for page in pages for said in [_readings(runs, page)] if said}
    known = {page: _known(said.values(), words) for page, said in readings.items()}
    most = max(known.values(), default=0)
    return {page: said for page, said in readings.items() if known[page] == most >= MIN_KNOWN}


def _agreed(runs: list[str], told: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """The runs that say the same under each of these pages; none where much of it reads
    like nothing.
    """
    agreed = {}
    for run in runs:
        said = {readings[run] for readings in told.values()}
        if len(said) == 1 and not _is_odd(text := said.pop()):
            agreed[run] = text
    odd = sum(
        1 for run in runs if any(_is_odd(readings[run]) for readings in list(told.values())[:1])
    )
    return agreed if MAX_ODD * odd <= len(runs) + MAX_ODD else {}


def _with_spaces(text: str) -> str:
    """The text with the one byte that is a space wherever it stands between digits, as
    spreadsheets group them.
    """
    return re.sub("(?<=[0-9])\xa0(?=[0-9])", " ", text)


def _readings(runs: list[str], page: str) -> dict[str, str]:
    """What the runs say under a page; empty when it has no letter for a byte, or a sign
    that nobody types.
    """
    try:
        read = {run: run.encode("latin-1").decode(page) for run in runs}
    except UnicodeDecodeError:
        return {}
    return {} if any(_NO_TEXT.search(text) for text in read.values()) else read


def _is_odd(text: str) -> bool:
    """True for mixed scripts, capitals behind small letters, and signs of mathematics
    in a word.
    """
    for word in _WORD.findall(text):
        scripts = {
            s
            for c in word
            if not c.isascii()
            for s in _SCRIPTS
            if unicodedata.name(c, "").startswith(s)
        }
        has_latin = any(c.isascii() for c in word)
        if len(scripts | ({"LATIN"} if has_latin else set())) > 1:
            return True
        if not word.isascii() and any(
            a.islower() and b.isupper() for a, b in zip(word, word[1:], strict=False)
        ):
            return True
    return _WORD.search(text) is not None and any(unicodedata.category(c) == "Sm" for c in text)


def _known(readings: Iterable[str], words: Set[str]) -> int:
    """Letters of the different known words."""
    # Whole runs only: beside a dash or quotation mark of a wrong page, a part of a word
    # is a word by chance.
    found = {text.casefold() for text in readings if not text.isascii() and not _is_odd(text)}
    return sum(len(word) for word in found if word in words)
