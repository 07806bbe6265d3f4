"""Is any text free of the restricted tree's words? Searched as it stands, reversed, and
in the usual encodings.

A secret is searched in letters and digits only: case, spaces, ligatures, accents
written apart and soft hyphens make no difference. A phrase of fewer than `SHORTEST`
such characters, with fewer than `FEWEST_LETTERS` letters, or one that public wording
holds too, is no secret: it would be found where nothing leaked.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import Any

SHORTEST = 12
FEWEST_LETTERS = 8
_PIECE = 6  # bytes of a text that are looked up together
_PIECES = 24  # bits: so many pieces are told apart
_INVISIBLE = re.compile("[\\s\u00ad\u200b-\u200f\u2060\ufeff\x00]+")
_NO_LETTER = re.compile(r"[\W_]+")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}")
_HEX = re.compile(rb"(?:[0-9A-Fa-f]{2}\s?){8,}")


def compact(text: str) -> str:
    """The text without anything that cannot be seen, ligatures and full-width forms
    taken apart.
    """
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))


def shortens(said: str, heading: str) -> bool:
    """Whether a text is a numbered heading (without blanks) with words left out: its
    number, and words of it in their order.
    """
    number = re.match(r"(?:Annex [A-Z]|\d+)(?= )", said)
    if not number or not re.match(rf"{compact(number[0])}(?!\d)", heading):
        return False
    rest, at = heading.casefold(), len(compact(number[0]))
    for word in said[number.end() :].split():
        at = rest.find(word.casefold(), at)
        if at < 0 or any(c.isdigit() for c in word):
            return False
        at += len(word)
    return True


def bare(text: str) -> str:
    """Letters and digits only, without case and accents: what a search compares."""
    return _NO_LETTER.sub(
        "", text.casefold() if text.isascii() else unicodedata.normalize("NFKD", text).casefold()
    )


def canaries(secrets: Iterable[str], public: str = "") -> dict[str, str]:
    """Secrets worth a search, by their bare form: long enough, with a letter, and in no
    public wording.
    """
    known = bare(public)
    found = {bare(s): s for s in secrets}
    return {
        b: s
        for b, s in sorted(found.items())
        if len(b) >= SHORTEST and sum(c.isalpha() for c in b) >= FEWEST_LETTERS and b not in known
    }


def views(data: bytes) -> Iterator[tuple[str, str]]:
    """The ways to read some bytes as text: as they are, as UTF-16, and what base64 or
    hex in them says.
    """
    yield "text", data.decode("utf-8", "replace")
    if b"\x00" in data:
        for start in (0, 1):
            yield "UTF-16", data[start:].decode("utf-16-le", "replace")
    for token in _BASE64.findall(data):
        padded = token.replace(b"-", b"+").replace(b"_", b"/")
        for start in range(4):
            part = padded[start:]
            try:
                decoded = base64.b64decode(part[: len(part) // 4 * 4])
            except binascii.Error:
                continue
            yield "base64", decoded.decode("utf-8", "ignore")
            if b"\x00" in decoded:
                yield "base64 of UTF-16", decoded.replace(b"\x00", b"").decode("utf-8", "ignore")
    for token in _HEX.findall(data):
        digits = re.sub(rb"\s", b"", token)
        decoded = bytes.fromhex(digits[: len(digits) // 2 * 2].decode())
        yield "hex", decoded.replace(b"\x00", b"").decode("utf-8", "ignore")


class Search:
    """Collects texts with their places, then looks for every canary in all of them at
    once.
    """

    def __init__(self, secrets: dict[str, str]) -> None:
        self.secrets = secrets
        self.texts: dict[str, tuple[str, str]] = {}  # bare text -> where it stood first, and how

    def add_text(self, where: str, text: str, *, way: str = "text") -> None:
        if len(found := bare(text)) >= SHORTEST:
            self.texts.setdefault(found, (where, way))

    def add_bytes(self, where: str, data: bytes) -> None:
        for way, text in views(data):
            self.add_text(where, text, way=way)

    def hits(self) -> Iterator[tuple[str, str, str]]:
        """Place, way of writing, and secret of everything found."""
        # Bytes are searched several times faster than letters, and hardly any secret has
        # to be searched for: nearly all have a piece that stands nowhere.
        everything = "\n".join(self.texts).encode()
        may_hold = _pieces_of(everything)
        for secret, original in self.secrets.items():
            for form, how in ((secret, ""), (secret[::-1], ", reversed")):
                wanted = form.encode()
                if may_hold(wanted) and wanted in everything:
                    places = [place for text, place in self.texts.items() if form in text]
                    yield from ((where, way + how, original) for where, way in places)


def _pieces_of(everything: bytes) -> Callable[[bytes], bool]:
    """Whether some bytes may stand in others: all pieces of them do. Where they do stand
    there, the answer is never no.
    """
    import numpy

    def numbers(data: bytes) -> Any:
        """A number below 2 ** _PIECES for each piece; different ones may share it."""
        letters = numpy.frombuffer(data, dtype=numpy.uint8).astype(numpy.uint32)
        count = max(len(data) - _PIECE + 1, 0)
        mixed = numpy.zeros(count, dtype=numpy.uint32)
        for start in range(_PIECE):
            mixed = (mixed ^ letters[start : start + count]) * numpy.uint32(0x01000193)
        return mixed >> numpy.uint32(32 - _PIECES)

    met = numpy.zeros(1 << _PIECES, dtype=bool)
    met[numbers(everything)] = True
    return lambda data: bool(met[numbers(data)].all())
