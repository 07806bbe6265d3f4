"""Which country does a source mean? Spellings of citizenship and country as codes of
the contract's list.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.cells import TOTAL, UNKNOWN
from pipeline.contracts.codelists import GROUP_PREFIX, fold, load_aliases
from pipeline.returns.importers.names import bare, bare_countries
from pipeline.returns.importers.sheets import folded
from pipeline.returns.intake.codes import load_aggregates

NATIONALS = "NAT"


@dataclass(frozen=True)
class Citizenship:
    """What a spelling means. `aggregate`: a sum over countries, not a country.
    `remark`: what the note must say.
    """

    code: str
    aggregate: bool = False
    remark: str = ""


def read_citizenship(codelists: Path, spelling: str) -> Citizenship:
    """The code of a spelling. What names no one country is `_U`, and the remark keeps
    the spelling.
    """
    aliases = load_aliases(codelists, "citizenship")
    aggregates = load_aggregates(codelists)
    name = fold(spelling)
    if name not in aliases and name not in aggregates:
        name = bare_countries(codelists).get(bare(spelling), folded(spelling))
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
