"""Which letters do bytes stand for, where no mark says so? Told by words that are known under a code page.

Most bytes are letters under every code page, only others. So a page is trusted when words known under it stand in the
text, more of them than under any other page, and no word of it reads like none. Where pages are equally good, the
letters on which they agree are trusted. All others become `UNREAD`, which whoever reads the cell must refuse.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Set

UNREAD = "\ue000"  # of private use: no keyboard has it
# Of Windows, of the command line, of Unix and of Macintosh, in the scripts of the states.
CODE_PAGES = (
    "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp852", "cp866", "cp855", "cp737", "cp857", "cp850",
    "koi8-r", "iso8859-2", "iso8859-5", "iso8859-7", "iso8859-9",
    "mac-cyrillic", "mac-greek", "mac-turkish", "mac-latin2", "mac-croatian",
)  # fmt: skip
MIN_KNOWN = 4  # letters of known words: two of them are found in a text by chance
MAX_WORDS = 20_000  # different ones outside of ASCII; a return has some hundred

_RUN = re.compile("[A-Za-z\x80-\xff]+")  # in a text whose characters are the bytes
_WORD = re.compile(r"[^\W\d_]+")
_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK")


def read_letters(data: bytes, words: Set[str], likely: Iterable[str] = ()) -> tuple[str, str]:
    """The text of bytes that are no UTF-8, and the code page that its known words tell; empty when none is told.

    `words` are known words, folded. Of pages that say the same the `likely` ones are named.
    """
    text = data.decode("latin-1")
    runs = sorted({run for run in _RUN.findall(text) if not run.isascii()})
    pages = dict.fromkeys((*likely, *CODE_PAGES))
    tried = {page: _readings(runs, page) for page in pages} if len(runs) <= MAX_WORDS else {}
    readings = {page: by_run for page, by_run in tried.items() if by_run}
    known = {page: _known(by_run.values(), words) for page, by_run in readings.items()}
    most = max(known.values(), default=0)
    best = [page for page in readings if known[page] == most >= MIN_KNOWN]
    agreed = {run: readings[best[0]][run] if _agree(run, best, readings) else "" for run in runs} if best else {}

    def said(match: re.Match[str]) -> str:
        run = match.group()
        return run if run.isascii() else agreed.get(run) or "".join(c if c.isascii() else UNREAD for c in run)

    return _RUN.sub(said, _with_spaces(text)), best[0] if best else ""


def _with_spaces(text: str) -> str:
    """The text with the one byte that is a space wherever it stands between digits, as spreadsheets group them."""
    return re.sub("(?<=[0-9])\xa0(?=[0-9])", " ", text)


def _readings(runs: list[str], page: str) -> dict[str, str]:
    """What the runs say under a page; empty when one of them says nothing that a person would write."""
    read = {}
    for run in runs:
        try:
            text = run.encode("latin-1").decode(page)
        except UnicodeDecodeError:
            return {}
        if not _may_be_written(text):
            return {}
        read[run] = text
    return read


def _may_be_written(text: str) -> bool:
    """False for signs that nobody types beside letters, mixed scripts, and capitals behind small letters."""
    for character in text:
        kind = unicodedata.category(character)
        # Control characters, and the frames and mathematical signs of the command line.
        if kind in ("Cc", "Sm", "Co") or "\u2500" <= character <= "\u25ff":
            return False
    for word in _WORD.findall(text):
        if word.isascii():
            continue
        scripts = {s for c in word for s in _SCRIPTS if unicodedata.name(c, "").startswith(s)}
        if len(scripts) > 1 or any(a.islower() and b.isupper() for a, b in zip(word, word[1:], strict=False)):
            return False
    return True


def _known(readings: Iterable[str], words: Set[str]) -> int:
    """Letters of the different known words."""
    found = {word for text in readings for word in _WORD.findall(text.casefold()) if not word.isascii()}
    return sum(len(word) for word in found if word in words)


def _agree(run: str, pages: list[str], readings: dict[str, dict[str, str]]) -> bool:
    return len({readings[page][run] for page in pages}) == 1
