"""What did publishers print of single states that a return gives as well? The list of
such figures, and how far a return may be from them.

Reads `published.yaml` beside the contracts and, for each entry of it, the figures in
`published/<id>.csv`. They measure returns and nothing else: no report, no store and no
file for others holds them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pipeline.cells import Bounds, Key
from pipeline.contracts.checked_files import read_checked
from pipeline.contracts.lists import ListLine, read_list
from pipeline.contracts.model import Contracts
from pipeline.contracts.releases import earliest_release
from pipeline.errors import ContractError
from pipeline.system.yaml_files import YamlFile

PUBLISHED, SCHEMA = "published.yaml", "published.schema.json"
FOLDER = "published"
FILES = (PUBLISHED, SCHEMA, FOLDER)  # of data_contracts
PAGE = "docs/how-to/published.md"
COLUMNS = ("state", "year", "value", "source")
_YEAR = re.compile("(19|20)[0-9]{2}")
_VALUE = re.compile(r"(?P<below><)?(?P<number>0|[1-9][0-9]{0,11})")


@dataclass(frozen=True)
class Published:
    """A series of figures of states, and the cells that they are compared with.
    `tolerance_percent` is of the published figure.
    """

    id: str
    source: str
    publisher: str
    table: str
    release: str
    cube: str
    codes: tuple[str, ...]
    tolerance_percent: Decimal
    tolerance_absolute: Decimal

    @property
    def cited(self) -> str:
        """Publisher, table and release, as covers of returns name a source."""
        return f"{self.publisher}, {self.table}, {self.release}"

    def covers(self, key: Key) -> bool:
        """Whether a cell of a state is one that the series has."""
        return key.cube == self.cube and key.codes[2:] == self.codes

    def tolerance(self, figure: PublishedFigure) -> Decimal:
        """How far a return may be from a figure, in the unit of the cube."""
        share = figure.bounds.highest * self.tolerance_percent / 100
        return max(share, self.tolerance_absolute).quantize(Decimal(1))


@dataclass(frozen=True)
class PublishedFigure:
    """One figure of a state and year; `text` as it was published, digits or `<5`."""

    key: Key
    text: str

    @property
    def bounds(self) -> Bounds:
        return bounds_of(self.text)


def bounds_of(text: str) -> Bounds:
    """What a published figure may be. Raises ValueError where it is none."""
    found = _VALUE.fullmatch(text)
    if not found or (found["below"] and found["number"] == "0"):
        raise ValueError(text)
    number = Decimal(found["number"])
    return Bounds(Decimal(0), number - 1) if found["below"] else Bounds(number, number)


@lru_cache(maxsize=8)
def load_published(folder: Path, contracts: Contracts) -> tuple[Published, ...]:
    """The series in `folder` (data_contracts); none where there is no such file. Raises
    ContractError with all that is wrong, each with its line.
    """
    path = folder / PUBLISHED
    if not path.exists():
        return ()
    file = read_checked(
        path, folder / SCHEMA, wrong=lambda file: _wrong(file, contracts), page=PAGE
    )
    return tuple(_read(entry) for entry in file.mapping()["published"])


def _read(entry: Mapping[str, Any]) -> Published:
    tolerance = entry["tolerance"]
    return Published(
        entry["id"],
        entry["source"],
        entry["publisher"],
        entry["table"],
        entry["release"],
        entry["cube"],
        tuple(entry["codes"]),
        Decimal(str(tolerance["percent"])),
        Decimal(str(tolerance["absolute"])),
    )


def _wrong(file: YamlFile, contracts: Contracts) -> Iterator[str]:
    tables = {t.name: t for t in contracts.tables}
    ids: set[str] = set()
    cells: set[tuple[str, ...]] = set()
    for at, entry in enumerate(file.mapping()["published"]):
        name = f"line {file.line(('published', at))}, {entry['id']}"
        own = (entry["publisher"], entry["cube"], *entry["codes"])
        if entry["id"] in ids or own in cells:
            yield f"{name}: it stands twice"
        ids.add(entry["id"])
        cells.add(own)
        if earliest_release(entry["release"]) is None:
            yield f"{name}: '{entry['release']}' names no date; write release 03/06/2025"
        table = tables.get(entry["cube"])
        if table is None:
            yield f"{name}: there is no table '{entry['cube']}'"
        elif len(entry["codes"]) != len(table.dimensions):
            names = ", ".join(d.name for d in table.dimensions) or "no dimension"
            yield f"{name}: the codes are not one each for {names}"
        else:
            for dimension, code in zip(table.dimensions, entry["codes"], strict=True):
                if code not in dimension.codelist:
                    yield f"{name}: '{code}' is no code of {dimension.name}"


@lru_cache(maxsize=8)
def load_published_figures(
    folder: Path, contracts: Contracts
) -> Mapping[str, tuple[PublishedFigure, ...]]:
    """The figures of every series, by its id. Raises ContractError with the line of
    whatever is no figure of it.
    """
    return MappingProxyType(
        {
            series.id: _read_figures(folder / FOLDER / f"{series.id}.csv", series, contracts)
            for series in load_published(folder, contracts)
        }
    )


def _read_figures(
    path: Path, series: Published, contracts: Contracts
) -> tuple[PublishedFigure, ...]:
    if not path.is_file():
        raise ContractError(
            f"there are no figures of {series.id}",
            where=f"{FOLDER}/{path.name}",
            do=f"make them with 'make published'; see {PAGE}",
        )
    found: dict[Key, PublishedFigure] = {}
    for line in read_list(path, COLUMNS, keys=COLUMNS):
        figure = _figure(line, series, contracts)
        if figure.key in found:
            raise line.wrong(f"{figure.key} stands twice", do="take one of the lines out")
        found[figure.key] = figure
    return tuple(found.values())


def _figure(line: ListLine, series: Published, contracts: Contracts) -> PublishedFigure:
    states = [c.code for c in contracts.codelist("states") if c.parent]
    if line["state"] not in states:
        raise line.wrong(f"'{line['state']}' is no member state", allowed=", ".join(states))
    if not _YEAR.fullmatch(line["year"]):
        raise line.wrong(f"'{line['year']}' is no year", allowed="four digits, such as 2022")
    try:
        bounds_of(line["value"])
    except ValueError:
        raise line.wrong(
            f"the value is '{line['value']}'", allowed="digits alone, such as 1204, or <5"
        ) from None
    if line["source"] != series.cited:
        raise line.wrong(
            f"the source is '{line['source']}'",
            allowed=series.cited,
            do=f"make the file and {PUBLISHED} name the same release",
        )
    key = Key(series.cube, (line["state"], line["year"], *series.codes))
    return PublishedFigure(key, line["value"])
