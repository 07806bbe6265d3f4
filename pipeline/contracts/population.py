"""How many people live in each member state? The reference population, read and
checked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pipeline.contracts.codelists import load_codelist
from pipeline.contracts.lists import read_list

FILE = "population.csv"
COLUMNS = ("state", "year", "population", "source")
_YEAR = re.compile("(19|20)[0-9]{2}")
_PERSONS = re.compile("[1-9][0-9]{0,9}")


@dataclass(frozen=True)
class Population:
    """The inhabitants of a state in a year, and who says so."""

    state: str
    year: int
    persons: int
    source: str


@lru_cache(maxsize=8)
def load_population(codelists: Path) -> tuple[Population, ...]:
    """Read `population.csv`. Raises ContractError with the line of whatever no rate
    could be worked out from.
    """
    states = {c.code for c in load_codelist(codelists, "states") if c.parent}
    found: dict[tuple[str, str], Population] = {}
    for line in read_list(codelists / FILE, COLUMNS, keys=COLUMNS):
        own = (line["state"], line["year"])
        if line["state"] not in states:
            raise line.wrong(
                f"there is no state '{line['state']}'", allowed=", ".join(sorted(states))
            )
        if not _YEAR.fullmatch(line["year"]):
            raise line.wrong(f"'{line['year']}' is no year", allowed="four digits, such as 2022")
        if not _PERSONS.fullmatch(line["population"]):
            raise line.wrong(
                f"the population is '{line['population']}'", allowed="digits alone, such as 2907571"
            )
        if own in found:
            raise line.wrong(f"{' '.join(own)} stands twice", do="take one of the two lines out")
        found[own] = Population(
            line["state"], int(line["year"]), int(line["population"]), line["source"]
        )
    return tuple(found.values())
