"""Which words are known with their letters? They tell the code page of a text that does
not say it itself.
"""

from __future__ import annotations

import csv
import re
from functools import lru_cache
from pathlib import Path

from pipeline.contracts.codelists import fold, load_aliases
from pipeline.errors import ContractError
from pipeline.returns.intake.codes import load_headers
from pipeline.returns.intake.parse import load_symbols

# beside the contracts: frequent words of notes and covers, in the languages of the
# states
WORDS = "words_of_notes.csv"
_WORD = re.compile(r"[^\W\d_]{2,}")


def _read(path: Path) -> list[str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (UnicodeDecodeError, csv.Error) as problem:
        raise ContractError(
            f"cannot be read ({problem})", where=str(path), do="save it as CSV UTF-8"
        ) from problem
    if any(not row.get("word") for row in rows):
        raise ContractError(
            "a line without a word", where=str(path), allowed="word,language", do="correct the file"
        )
    return [row["word"] for row in rows]


@lru_cache(maxsize=8)
def load_words(codelists: Path) -> frozenset[str]:
    """Words with letters outside of ASCII, folded: names of countries, heads, words for
    missing, words of notes.

    Raises ContractError when the file of words cannot be read.
    """
    texts = [*load_aliases(codelists, "citizenship"), *load_aliases(codelists, "states")]
    texts += [*load_headers(codelists), *load_symbols(codelists)]
    path = codelists.parent / WORDS
    if path.is_file():
        texts += _read(path)
    return frozenset(
        word for text in texts for word in _WORD.findall(fold(text)) if not word.isascii()
    )
