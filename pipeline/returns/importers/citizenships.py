"""Which country does a source mean? Spellings of citizenship and country as codes of
the contract's list.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from pipeline.cells import TOTAL, UNKNOWN
from pipeline.contracts.codelists import GROUP_PREFIX, fold, load_aliases
from pipeline.returns.importers.sheets import folded
from pipeline.returns.intake.codes import latin, load_aggregates

NATIONALS = "NAT"


@dataclass(frozen=True)
class Citizenship:
    """What a spelling means. `aggregate`: a sum over countries, not a country.
    `remark`: what the note must say.
    """

    code: str
    aggregate: bool = False
    remark: str = ""


def _bare(spelling: str) -> str:
    """A name without what code pages and keyboards lose: accents, curly apostrophes,
    look-alike letters.
    """
    letters = unicodedata.normalize("NFKD", latin(spelling).replace("’", "'"))
    return fold("".join(c for c in letters if not unicodedata.combining(c)))


@lru_cache(maxsize=4)
def _bare_names(codelists: Path) -> Mapping[str, str]:
    """Names by their bare form; those that two countries share are left out."""
    aliases = load_aliases(codelists, "citizenship")
    named: dict[str, set[str]] = {}
    for name in aliases:
        named.setdefault(_bare(name), set()).add(name)
    return MappingProxyType(
        {bare: min(names) for bare, names in named.items() if len({aliases[n] for n in names}) == 1}
    )


def read_citizenship(codelists: Path, spelling: str) -> Citizenship:
    """The code of a spelling. What names no one country is `_U`, and the remark keeps
    the spelling.
    """
    aliases = load_aliases(codelists, "citizenship")
    aggregates = load_aggregates(codelists)
    name = fold(spelling)
    if name not in aliases and name not in aggregates:
        name = _bare_names(codelists).get(_bare(spelling), folded(spelling))
    if name == "total":
        return Citizenship(TOTAL)
    if name in aggregates:
        return Citizenship("", aggregate=True)
    code = aliases.get(name, "")
    if code.startswith(GROUP_PREFIX):
        return Citizenship("", aggregate=True)
    if not code or code == UNKNOWN:
        given = f"'{spelling}'" if spelling else "a blank name"
        return Citizenship(UNKNOWN, remark=f"given in the source under {given}")
    return Citizenship(code)
