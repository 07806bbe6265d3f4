"""Is a number that is written as a word part of the public wording? `three victims`
tells as much as `3 victims`.

Each such word must stand in the version's own templates, contracts, code lists or code
together with the words that follow it. Where a list of names follows that a binding
printed, the words up to the names must. How many member states there are is public.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from pipeline.inspection.readback.outline import Block
from pipeline.inspection.readback.who import count_said
from pipeline.inspection.readback.wording import public_contracts, public_texts, split_narratives

_NUMBERS = frozenset(
    {
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
        "twenty",
        "thirty",
        "forty",
        "fifty",
        "sixty",
        "seventy",
        "eighty",
        "ninety",
        "hundred",
        "thousand",
        "million",
        "dozen",
        "dozens",
        "couple",
        "pair",
        "trio",
        "twice",
        "thrice",
    }
)
_AROUND = 2  # words beside a number that have to be public with it
_TOKEN = re.compile(r"[^\W\d_]+|[^\s\w]|[\d_]\S*")
_GAP = 0.12  # of the type size: pieces of text nearer than this are one word
WHY = "no public wording says this number of this"


@lru_cache(maxsize=4)
def said_in_public(root: Path, report: str, version: str, sources: tuple[str, ...]) -> str:
    """All words that the version may say as they are, each with one blank before and
    after it.
    """
    texts = [public_texts(root, split_narratives(root, report, version=version)[0]), *sources]
    return f" {' '.join(_tokens(' '.join(texts)))} "


@lru_cache(maxsize=2)
def names(root: Path) -> frozenset[str]:
    """First words of the names of states, which bindings print."""
    return frozenset(_tokens(code.label)[0] for code in public_contracts(root).codelist("states"))


def count_of_members(root: Path, round_: int) -> str:
    """How many member states a round has, as texts say it."""
    return count_said(len(public_contracts(root).members(round_)))


def spelled_numbers(
    text: str, public: str, *, names: frozenset[str], members: str = ""
) -> Iterator[str]:
    """Numbers written as words that public wording does not say, each with the words
    around it.
    """
    tokens = _tokens(text)
    for place, token in enumerate(tokens):
        if token == members and _of_states(tokens, place):
            continue
        if token in _NUMBERS:
            phrase = _phrase(tokens[place : place + 1 + _AROUND], names)
            if len(phrase) == 1:  # nothing follows: `victims: three`
                phrase = [
                    *_phrase(tokens[max(place - _AROUND, 0) : place][::-1], names, ends=".!?")[
                        ::-1
                    ],
                    token,
                ]
            if f" {' '.join(phrase)} " not in public:
                yield " ".join(phrase)


def _of_states(tokens: list[str], place: int) -> bool:
    """Whether a number can only be that of the member states: `eleven states`, and `all
    eleven` where nothing follows that would be counted, as in `all eleven in 2020`.
    """
    after = [*tokens[place + 1 : place + 3], "", ""][:2]
    if after[0] in ("member", "states"):
        return True
    nothing = not after[0][:1].isalnum() or (after[0] == "in" and after[1][:1].isdigit())
    return tokens[max(place - 1, 0) : place] == ["all"] and nothing


def _phrase(tokens: list[str], names: frozenset[str], *, ends: str = "") -> list[str]:
    """Words up to a figure or a name, which a binding may have printed, and up to a
    mark.
    """
    for place, token in enumerate(tokens):
        mark = token in ends if ends else not token[0].isalnum()
        if mark or token[0].isdigit() or token in names:
            return tokens[:place]
    return tokens


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text.replace("\N{SOFT HYPHEN}", "").casefold())


def running_text(block: Block) -> str:
    """The text of a block, words put together again that were drawn in pieces."""
    parts: list[str] = []
    for before, text in zip([None, *block.texts], block.texts, strict=False):
        near = (
            before is not None
            and abs(before.y - text.y) < 1
            and text.x - before.x - before.width < _GAP * text.size
        )
        parts += [text.text] if near else [" ", text.text]
    return "".join(parts)
