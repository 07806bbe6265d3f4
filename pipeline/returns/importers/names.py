"""Which spellings name the same country? Names compared without their accents, their
little words and the order of their parts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from pipeline.contracts.codelists import fold, load_aliases
from pipeline.returns.intake.codes import latin

_LITTLE = frozenset(("the", "of", "and"))


def bare(spelling: str) -> str:
    """A name without what code pages and keyboards lose (accents, curly apostrophes,
    look-alike letters), and its words in one order, without the little ones: lists of
    names write `Moldova, Republic of` and `Moldova (the Republic of)`.
    """
    letters = unicodedata.normalize("NFKD", latin(spelling).replace("’", "'"))
    plain = fold("".join(c for c in letters if not unicodedata.combining(c)))
    words = re.findall(r"[\w']+", plain)
    return " ".join(sorted(w for w in words if w not in _LITTLE)) or plain


def by_bare_name(names: Mapping[str, str]) -> dict[str, str]:
    """One spelling of each bare form; a form that two codes share is left out."""
    named: dict[str, set[str]] = {}
    for name in names:
        named.setdefault(bare(name), set()).add(name)
    return {form: min(s) for form, s in named.items() if len({names[n] for n in s}) == 1}


@lru_cache(maxsize=4)
def bare_countries(codelists: Path) -> Mapping[str, str]:
    """The spellings of countries in the lists, by their bare form."""
    return MappingProxyType(by_bare_name(load_aliases(codelists, "citizenship")))


def with_bare_names(names: Mapping[str, str]) -> dict[str, str]:
    """Codes by their spellings, and by the bare forms of these."""
    return {**{form: names[name] for form, name in by_bare_name(names).items()}, **names}
