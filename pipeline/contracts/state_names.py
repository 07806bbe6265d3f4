"""By which names does a text name a state, or a publisher? Adjectives too."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from pipeline.contracts.codelists import load_codelist
from pipeline.contracts.lists import read_list

# adjectives of states, and publishers
NAMES, NAME_COLUMNS = (
    "names_in_texts.csv",
    (
        "kind",
        "code",
        "name",
    ),
)
_SHORTEST = 4  # letters of a state's alias that is a word and no code


@dataclass(frozen=True)
class Names:
    """Every name of a state, adjectives too, and of a publisher, each with the pattern
    that finds it in a text.
    """

    states: Mapping[str, re.Pattern[str]]
    publishers: re.Pattern[str]

    def states_in(self, text: str) -> dict[str, str]:
        """The states that a text names: code -> the name as it stands there."""
        found = ((code, pattern.search(text)) for code, pattern in self.states.items())
        return {code: match[0] for code, match in found if match}


@lru_cache(maxsize=8)
def load_names(contracts: Path) -> Names:
    """The names that texts may not hold outside of a binding: of `data_contracts`, from
    the list of states, its aliases and `names_in_texts.csv`.
    """
    names: dict[str, set[str]] = defaultdict(set)
    for state in load_codelist(contracts / "codelists", "states"):
        if state.parent:
            names[state.code] |= {state.label, state.extra["official_name"]}
    for row in read_list(
        contracts / "codelists" / "aliases" / "states.csv",
        ("alias", "code"),
        keys=("alias", "code"),
    ):
        if len(row["alias"]) >= _SHORTEST and row["alias"].isprintable():
            names[row["code"]].add(row["alias"])
    publishers = {"UN DESA"}
    for row in read_list(contracts / NAMES, NAME_COLUMNS, keys=("kind", "name")):
        (publishers if row["kind"] == "publisher" else names[row["code"]]).add(row["name"])
    patterns = {code: _any_of(found, "s?") for code, found in names.items()}
    return Names(MappingProxyType(patterns), _any_of(publishers))


def _any_of(names: set[str], ending: str = "") -> re.Pattern[str]:
    longest_first = sorted(names, key=lambda n: (-len(n), n))
    return re.compile(
        rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))}){ending}(?!\w)", re.IGNORECASE
    )
