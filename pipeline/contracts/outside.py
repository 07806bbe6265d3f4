"""Which figures of others stand beside those of the returns, and who published them?

Reads `context.yaml` beside the contracts and, for each cube of it, the figures in
`context/<CUBE>.csv`. They are facts with a publisher, a table and a release; no state
was asked for them, and no sum mixes them with a figure of a state. A cube of `scores`
holds what experts of others judge of each member state, by edition: nothing adds it up.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pipeline.cells import TOTAL
from pipeline.contracts.checked_files import read_checked
from pipeline.contracts.codelists import CodeList, load_codelist
from pipeline.contracts.lists import ListLine, read_list
from pipeline.contracts.releases import earliest_release
from pipeline.contracts.scored import Scale, wrong_items
from pipeline.errors import ContractError
from pipeline.project import collected_in
from pipeline.system.yaml_files import YamlFile

CONTEXT, SCHEMA = "context.yaml", "context.schema.json"
FOLDER = "context"
AREAS, STATES = "outside_area", "states"  # the code lists of what figures of others are of
PAGE = "docs/how-to/context.md"
_YEAR = re.compile("(19|20)[0-9]{2}")
_COUNT = re.compile("0|[1-9][0-9]{0,11}")
_SCORE = re.compile(r"(0|[1-9][0-9]?)(\.[0-9]{1,3})?")
_PLACE = re.compile(r"sheet '[^']{1,80}', cell [A-Z]{1,3}[1-9][0-9]{0,6}")


@dataclass(frozen=True)
class OutsideDimension:
    """A dimension of a cube of context beside area and year."""

    name: str
    label: str
    codelist: CodeList


@dataclass(frozen=True)
class OutsideCube:
    """A cube of figures that others published. `reports` print from it; `because` says
    why a reader learns nothing from it of a figure that is withheld. `area` is what all
    figures are of; of `scores` each is of a state, and a year is an edition.
    """

    name: str
    title: str
    description: str
    unit: str
    publisher: str
    table: str
    release: str
    area: str
    dimensions: tuple[OutsideDimension, ...]
    reports: tuple[str, ...]
    because: str
    scores: Scale | None = None

    @property
    def areas(self) -> str:
        """The code list of what its figures are of."""
        return STATES if self.scores else AREAS

    @property
    def cited(self) -> str:
        """Publisher, table and release, as the source of an exhibit names them."""
        return f"{self.publisher}, {self.table}, {self.release}"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of its file of figures; of scores with their place in the
        publisher's file.
        """
        place = ("place",) if self.scores else ()
        return ("area", "year", *(d.name for d in self.dimensions), "value", *place, "source")


@dataclass(frozen=True)
class OutsideFigure:
    """One figure: its codes in the order of the dimensions, totals left out. `place` is
    where a score stands in the publisher's file.
    """

    cube: str
    area: str
    year: int
    codes: tuple[str, ...]
    value: Decimal
    source: str
    place: str = ""

    @property
    def told(self) -> str:
        """Where it was published, as `make explain` says it."""
        return f"{self.source}, edition {self.year}, {self.place}" if self.place else self.source


@lru_cache(maxsize=8)
def load_outside(folder: Path) -> tuple[OutsideCube, ...]:
    """The cubes of context beside the contracts in `folder`; none where there is no such
    file. Raises ContractError with all that is wrong, each with its line.
    """
    path = folder / CONTEXT
    if not path.exists():
        return ()
    file = read_checked(path, folder / SCHEMA, wrong=lambda file: _wrong(file, folder), page=PAGE)
    return tuple(_read(entry, folder) for entry in file.mapping()["context"])


def _read(entry: Mapping[str, Any], folder: Path) -> OutsideCube:
    dimensions = tuple(
        OutsideDimension(d["name"], d["label"], load_codelist(folder / "codelists", d["codelist"]))
        for d in entry["dimensions"]
    )
    return OutsideCube(
        entry["cube"],
        entry["title"],
        entry["description"],
        entry["unit"],
        entry["publisher"],
        entry["table"],
        entry["release"],
        entry.get("area", ""),
        dimensions,
        tuple(entry["reports"]),
        entry["because"],
        _scale(entry.get("scores")),
    )


def _scale(given: Mapping[str, Any] | None) -> Scale | None:
    if given is None:
        return None
    return Scale(*(Decimal(str(given[name])) for name in ("from", "to", "step")))


def _wrong(file: YamlFile, folder: Path) -> Iterator[str]:
    lists = folder / "codelists"
    seen: set[str] = set()
    reports = collected_in(folder, folder.parent / "templates")
    for at, entry in enumerate(file.mapping()["context"]):
        name = f"line {file.line(('context', at))}, {entry['cube']}"
        if entry["cube"] in seen:
            yield f"{name}: it stands twice"
        seen.add(entry["cube"])
        if earliest_release(entry["release"]) is None:
            yield f"{name}: '{entry['release']}' names no date; write release 03/06/2025"
        if unknown := [r for r in entry["reports"] if r not in reports]:
            yield f"{name}: there is no report {', '.join(unknown)}; allowed: {', '.join(reports)}"
        if entry["unit"] not in load_codelist(lists, "unit"):
            yield f"{name}: '{entry['unit']}' is in no list of units"
        if "scores" in entry:
            if "area" in entry:
                yield f"{name}: 'area' stands beside 'scores', which are of states; take it out"
            # scores are not added up, so their list needs no total
            yield from wrong_items(lists, entry["dimensions"][0]["codelist"])
            continue
        if entry["area"] not in load_codelist(lists, AREAS):
            yield f"{name}: '{entry['area']}' is not in codelists/{AREAS}.csv"
        for dimension in entry["dimensions"]:
            if not load_codelist(lists, dimension["codelist"]).has_total:
                yield f"{name}: the list {dimension['codelist']} has no total"


@lru_cache(maxsize=8)
def load_figures(folder: Path) -> Mapping[str, tuple[OutsideFigure, ...]]:
    """The figures of every cube of context, by its name. Raises ContractError with the
    line of whatever is no figure of it.
    """
    return MappingProxyType(
        {
            cube.name: _read_figures(folder / FOLDER / f"{cube.name}.csv", cube)
            for cube in load_outside(folder)
        }
    )


def _read_figures(path: Path, cube: OutsideCube) -> tuple[OutsideFigure, ...]:
    if not path.is_file():
        raise ContractError(
            f"there are no figures of {cube.name}",
            where=f"{FOLDER}/{path.name}",
            do=f"make them with 'make context'; see {PAGE}",
        )
    found: dict[tuple[str, ...], OutsideFigure] = {}
    states = {c.code for c in load_codelist(path.parent.parent / "codelists", STATES) if c.parent}
    for line in read_list(path, cube.columns, keys=cube.columns):
        figure = _figure(line, cube, states=states)
        own = tuple(line[c] for c in cube.columns[: 2 + len(cube.dimensions)])
        if own in found:
            raise line.wrong(f"{'.'.join(own)} stands twice", do="take one of the lines out")
        found[own] = figure
    return tuple(found.values())


def _figure(line: ListLine, cube: OutsideCube, *, states: Collection[str]) -> OutsideFigure:
    if line["area"] not in (states if cube.scores else (cube.area,)):
        allowed = "a member state" if cube.scores else cube.area
        raise line.wrong(f"the area is '{line['area']}'", allowed=allowed)
    if not _YEAR.fullmatch(line["year"]):
        raise line.wrong(f"'{line['year']}' is no year", allowed="four digits, such as 2022")
    codes = tuple(line[d.name] for d in cube.dimensions)
    for dimension, code in zip(cube.dimensions, codes, strict=True):
        # Totals are added up when the numbers are made, so that they always hold.
        if code == TOTAL or code not in dimension.codelist:
            raise line.wrong(
                f"'{code}' is no code of {dimension.name}",
                allowed=f"codelists/{dimension.codelist.name}.csv, without totals",
            )
    place = ""
    if cube.scores:
        place = _place_of_score(line, cube.scores)
    elif not _COUNT.fullmatch(line["value"]):
        raise line.wrong(f"the value is '{line['value']}'", allowed="digits alone, such as 1204")
    if line["source"] != cube.cited:
        raise line.wrong(
            f"the source is '{line['source']}'",
            allowed=cube.cited,
            do=f"make the file and {CONTEXT} name the same release",
        )
    return OutsideFigure(
        cube.name,
        line["area"],
        int(line["year"]),
        codes,
        Decimal(line["value"]),
        line["source"],
        place,
    )


def _place_of_score(line: ListLine, scale: Scale) -> str:
    """Where a score stands in the publisher's file. Raises ContractError where it is no
    score, or its place is none.
    """
    if not _SCORE.fullmatch(line["value"]) or not scale.holds(Decimal(line["value"])):
        raise line.wrong(f"the score is '{line['value']}'", allowed=scale.allowed)
    if not _PLACE.fullmatch(line["place"]):
        raise line.wrong(
            f"the place is '{line['place']}'", allowed="a sheet and a cell: sheet 'Scores', cell F7"
        )
    return line["place"]
