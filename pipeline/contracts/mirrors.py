"""Which tables hold two sides of the same thing? Pairs in which one state counts the
citizens of another one, and that other one its own nationals.

Reads `mirrors.yaml` beside the contracts. A pair of figures is far apart where it is
beyond the tolerance both as a ratio and as a number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from pipeline.cells import TOTAL, Bounds, Key
from pipeline.contracts.checked_files import read_checked
from pipeline.contracts.model import Contracts
from pipeline.system.yaml_files import YamlFile

MIRRORS, SCHEMA = "mirrors.yaml", "mirrors.schema.json"
FILES = (MIRRORS, SCHEMA)  # of data_contracts
PAGE = "docs/how-to/mirrors.md"


@dataclass(frozen=True)
class Mirror:
    """Two tables with one dimension of countries: `found` counts citizens of a country,
    `returned` own nationals by the country they came back from.
    """

    id: str
    found: str
    returned: str
    ratio: Decimal
    absolute: Decimal

    @property
    def tables(self) -> tuple[str, str]:
        return self.found, self.returned

    def other(self, key: Key) -> Key:
        """The cell of the other state: state and country change places."""
        cube = self.returned if key.cube == self.found else self.found
        state, year, country = key.codes
        return Key(cube, (country, year, state))

    def is_far(self, one: Bounds, other: Bounds) -> bool:
        """Whether two figures are too far apart, whatever they are within their bounds."""
        small, large = sorted((one, other), key=lambda b: b.lowest)
        return small.distance(large) > self.absolute and large.lowest > self.ratio * small.highest


@lru_cache(maxsize=8)
def load_mirrors(folder: Path, contracts: Contracts) -> tuple[Mirror, ...]:
    """The pairs in `folder` (data_contracts); none where there is no such file. Raises
    ContractError with all that is wrong, each with its line.
    """
    path = folder / MIRRORS
    if not path.exists():
        return ()
    file = read_checked(
        path, folder / SCHEMA, wrong=lambda file: _wrong(file, contracts), page=PAGE
    )
    return tuple(_read(entry) for entry in file.mapping()["mirrors"])


def _read(entry: Mapping[str, Any]) -> Mirror:
    tolerance = entry["tolerance"]
    return Mirror(
        entry["id"],
        entry["found"],
        entry["returned"],
        Decimal(str(tolerance["ratio"])),
        Decimal(str(tolerance["absolute"])),
    )


def _wrong(file: YamlFile, contracts: Contracts) -> Iterator[str]:
    tables = {t.name: t for t in contracts.tables}
    states = {c.code for c in contracts.codelist("states") if c.parent}
    ids: set[str] = set()
    for at, entry in enumerate(file.mapping()["mirrors"]):
        name = f"line {file.line(('mirrors', at))}, {entry['id']}"
        if entry["id"] in ids:
            yield f"{name}: it stands twice"
        ids.add(entry["id"])
        if entry["found"] == entry["returned"]:
            yield f"{name}: a table is no mirror of itself"
        for side in ("found", "returned"):
            table = tables.get(entry[side])
            if table is None:
                yield f"{name}: there is no table '{entry[side]}'"
            elif [d.name for d in table.dimensions] != [entry["dimension"]]:
                yield f"{name}: {table.name} has not the dimension {entry['dimension']} alone"
            elif lacking := sorted(states - {c.code for c in table.dimensions[0].codes}):
                yield f"{name}: {entry['dimension']} lacks the states {', '.join(lacking)}"


def pairs(
    mirror: Mirror, contracts: Contracts, *, years: range | tuple[int, ...]
) -> Iterator[tuple[Key, Key]]:
    """Every pair of cells that two member states can give, the one of `found` first, in
    the order of the states and years.
    """
    for year in years:
        members = [c.code for c in contracts.members(year)]
        for state in members:
            for country in members:
                if state != country and TOTAL not in (state, country):
                    key = Key(mirror.found, (state, str(year), country))
                    yield key, mirror.other(key)
