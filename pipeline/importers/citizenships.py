"""Which country does a source mean? Spellings of citizenship and country as codes of the contract's list."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pipeline.cells import TOTAL, UNKNOWN
from pipeline.contracts.codelists import GROUP_PREFIX, fold, load_aliases

NATIONALS = "NAT"


@dataclass(frozen=True)
class Citizenship:
    """What a spelling means. `aggregate`: a sum over countries, not a country. `remark`: what the note must say."""

    code: str
    aggregate: bool = False
    remark: str = ""


@lru_cache(maxsize=4)
def _aggregates(folder: Path) -> frozenset[str]:
    path = folder / "aliases" / "citizenship_aggregates.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return frozenset(fold(row["alias"]) for row in csv.DictReader(file))


def read_citizenship(codelists: Path, spelling: str) -> Citizenship:
    """The code of a spelling. What names no one country is `_U`, and the remark keeps the spelling."""
    folded = fold(spelling)
    if folded == "total":
        return Citizenship(TOTAL)
    if folded in _aggregates(codelists):
        return Citizenship("", aggregate=True)
    code = load_aliases(codelists, "citizenship").get(folded, "")
    if code.startswith(GROUP_PREFIX):
        return Citizenship("", aggregate=True)
    if not code or code == UNKNOWN:
        name = f"'{spelling}'" if spelling else "a blank name"
        return Citizenship(UNKNOWN, remark=f"given in the source under {name}")
    return Citizenship(code)
