"""Which code is meant by what a state typed? Look-alike letters, spellings of
countries, unknown lines.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from pipeline.cells import TOTAL, UNKNOWN
from pipeline.contracts.codelists import fold, load_aliases
from pipeline.contracts.lists import read_list
from pipeline.contracts.model import Table

# Cyrillic and Greek letters that look like Latin ones.
_LOOK_ALIKE = str.maketrans(
    "АВСЕЅІЈКМНОРТХУҮавсеѕіјкмнортхуҮΑΒΕΖΗΙΚΜΝΟΡΤΥΧοανικτυχρⅠⅤⅩ",
    "ABCESIJKMHOPTXYYabcesijkmhoptxyYABEZHIKMNOPTYXoaviktuxpIVX",
)
_YEAR = re.compile(r"(19|20|21)[0-9]{2}")


def latin(text: str) -> str:
    """The text with look-alike letters replaced by the Latin letters they look like."""
    return text.translate(_LOOK_ALIKE)


def clean(text: str) -> str:
    """A code as typed, without spaces around it."""
    return " ".join(text.split())


def read_code(text: str, valid: Container[str]) -> tuple[str, bool]:
    """The valid code that a text stands for, and whether look-alike letters were
    folded; "" when there is none.
    """
    text = clean(text)
    if text in valid:
        return text, False
    if latin(text) in valid:
        return latin(text), True
    return "", False


def split_codes(
    text: str, names: tuple[str, ...], *, table: Table
) -> tuple[tuple[str, ...], bool] | None:
    """Codes of the dimensions `names` joined by points, as in the first column of a
    form; None when one is unknown.
    """
    parts = clean(text).split(".")
    if len(parts) != len(names):
        return None
    codes, folded = [], False
    for name, part in zip(names, parts, strict=True):
        if name == "year":
            if not _YEAR.fullmatch(part):
                return None
            codes.append(part)
            continue
        code, alike = read_code(part, codes_of(table, name))
        if not code:
            return None
        codes.append(code)
        folded = folded or alike
    return tuple(codes), folded


@lru_cache(maxsize=8)
def load_headers(codelists: Path) -> Mapping[str, str]:
    """Heads of columns in the languages of the states (folded) to the column they name."""
    lines = read_list(
        codelists / "aliases" / "headers.csv", ("alias", "code", "language"), keys=("alias", "code")
    )
    return MappingProxyType({fold(line["alias"]): line["code"] for line in lines})


@lru_cache(maxsize=256)
def codes_of(table: Table, name: str) -> frozenset[str]:
    """Every code that a dimension of the table may ever hold."""
    return frozenset(c.code for c in table.dimension(name).codes)


@dataclass(frozen=True)
class Spelling:
    """What the name of a country was read as. `rule` is the finding to make of it, if
    any.
    """

    code: str  # "" when the line cannot be used
    rule: str = ""
    look_alike: bool = False


@lru_cache(maxsize=8)
def load_aggregates(codelists: Path) -> frozenset[str]:
    """Names of continents and unions, folded: their figures overlap those of the
    countries.
    """
    path = codelists / "aliases" / "citizenship_aggregates.csv"
    if not path.is_file():
        return frozenset()
    return frozenset(
        fold(line["alias"])
        for line in read_list(path, ("alias", "source", "note"), keys=("alias",))
    )


def read_citizenship(
    code: str, name: str, *, table: Table, dimension: str, codelists: Path
) -> Spelling:
    """The citizenship of an open line from its code, else from its name; unknown names
    become `_U` with a finding.
    """
    valid = codes_of(table, dimension)
    aliases = load_aliases(codelists, table.dimension(dimension).codelist.name)
    by_code, alike = read_code(code.upper(), valid)
    by_code = by_code or _alias(code, aliases, valid=valid)
    by_name = _alias(name, aliases, valid=valid)
    if {fold(code), fold(name)} & load_aggregates(codelists):
        return Spelling("", "aggregate-line")
    if by_code and by_name and by_code != by_name:
        return Spelling("", "code-label-differ")
    found = by_code or by_name
    if found == TOTAL and not by_code:
        # A second line called total would double the first; only the line of the form
        # is the total.
        return Spelling("", "aggregate-line")
    if not found:
        return Spelling(UNKNOWN, "unknown-citizenship")
    return Spelling(found, "", alike)


def _alias(text: str, aliases: Mapping[str, str], *, valid: frozenset[str]) -> str:
    if not text.strip():
        return ""
    code = aliases.get(fold(text)) or aliases.get(fold(latin(text))) or ""
    return code if code in valid else ""
