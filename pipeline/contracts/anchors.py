"""Which totals did publishers print elsewhere? The list of anchors, read and checked,
and what figures say beside one.

A copy of a table is right when its sum meets a total that its publisher printed
somewhere else. An anchor is such a total: what it counts, in which cells of which cube
it must be found again, and how far the two may be apart.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path

from pipeline.cells import TOTAL, Key
from pipeline.contracts.codelists import GROUP_PREFIX
from pipeline.contracts.model import Contracts, Table
from pipeline.errors import ContractError

ANCHORS = "anchors.csv"
COLUMNS = (
    "id",
    "publisher",
    "table",
    "release",
    "area",
    "year",
    "cube",
    "codes",
    "value",
    "tolerance",
    "where",
)
REGION = "SELEC"
EVERY_CODE = "*"  # the sum of all codes that are listed, without their total and without groups
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Anchor:
    """One printed total. `publisher`, `table` and `release` name the figures that must
    meet it, as their importer cites them; an empty `release` is every one. `area` is a
    state, the region, or what the publisher's file calls it.

    `codes` are those of the cube's dimensions after state and year. `tolerance` is in
    the unit of the cube.
    """

    id: str
    publisher: str
    table: str
    release: str
    area: str
    year: int
    cube: str
    codes: tuple[str, ...]
    value: Decimal
    tolerance: Decimal
    where: str

    @property
    def cited(self) -> str:
        """The source that must meet the anchor, as covers of returns cite it."""
        return ", ".join(part for part in (self.publisher, self.table, self.release) if part)

    @property
    def allowed(self) -> str:
        """What the figures may be, in words."""
        within = f", {number_text(self.tolerance)} more or less" if self.tolerance else ""
        return f"{number_text(self.value)}{within} ({self.where})"

    @property
    def cells(self) -> str:
        return f"{self.cube}:{'.'.join((self.area, str(self.year), *self.codes))}"

    def is_of(self, publisher: str, table: str, *, release: str) -> bool:
        """Whether the figures of this source must meet the anchor."""
        return (publisher, table) == (self.publisher, self.table) and self.release in ("", release)

    def covers(self, key: Key) -> bool:
        """Whether a cell is one of those that are added up, whatever its area."""
        if key.cube != self.cube or key.year != self.year or len(key.codes) != len(self.codes) + 2:
            return False
        return all(
            given == wanted
            or (wanted == EVERY_CODE and given != TOTAL and not given.startswith(GROUP_PREFIX))
            for given, wanted in zip(key.codes[2:], self.codes, strict=True)
        )

    def is_met_by(self, number: Decimal) -> bool:
        return abs(number - self.value) <= self.tolerance


@dataclass(frozen=True)
class Comparison:
    """What figures say beside an anchor. `found` is their sum, None where an area of
    `missing` has no number.
    """

    anchor: Anchor
    found: Decimal | None
    missing: tuple[str, ...] = ()

    @property
    def is_missed(self) -> bool:
        return self.found is not None and not self.anchor.is_met_by(self.found)


def number_text(number: Decimal) -> str:
    """A number as people write it: 222,520 or 17.5."""
    text = f"{number:,.3f}"
    return text.rstrip("0").rstrip(".")


def areas_of(anchor: Anchor, contracts: Contracts) -> tuple[str, ...]:
    """The areas that are added up: the members of the year for the region, otherwise
    the anchor's own.
    """
    if anchor.area == REGION:
        return tuple(c.code for c in contracts.members(anchor.year))
    return (anchor.area,)


def compare(
    anchor: Anchor, figures: Mapping[Key, Decimal | None], areas: Sequence[str]
) -> Comparison:
    """Add up the figures under an anchor. A figure of None stands in the source and is
    no number.

    A sum that lacks one of its areas is no smaller total but none at all: nothing is
    compared then.
    """
    total = Decimal(0)
    missing = []
    for area in areas:
        own = [
            value for key, value in figures.items() if key.codes[0] == area and anchor.covers(key)
        ]
        numbers = [value for value in own if value is not None]
        if not own or len(numbers) < len(own):
            missing.append(area)
        total += sum(numbers, Decimal(0))
    return Comparison(anchor, None if missing else total, tuple(missing))


@lru_cache(maxsize=8)
def load_anchors(folder: Path, contracts: Contracts) -> tuple[Anchor, ...]:
    """Read the list in `folder` (data_contracts); without one, nothing is compared.
    Raises ContractError with all that is wrong with it.
    """
    path = folder / ANCHORS
    if not path.is_file():
        return ()
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            heads = reader.fieldnames or []
            rows = list(reader)
    except (UnicodeDecodeError, csv.Error) as problem:
        raise ContractError(
            f"the list cannot be read: {problem}", where=ANCHORS, do="repair the CSV file"
        ) from None
    if tuple(heads) != COLUMNS:
        raise ContractError(
            f"the columns are {', '.join(heads)}", where=ANCHORS, allowed=", ".join(COLUMNS)
        )
    wrong = list(_wrong(rows, contracts))
    if wrong:
        raise ContractError(
            "\n".join(wrong),
            where=ANCHORS,
            do="correct the lines named; see docs/how-to/importers.md",
        )
    return tuple(_read(row) for row in rows)


def _read(row: dict[str, str]) -> Anchor:
    codes = tuple(row["codes"].split(".")) if row["codes"] else ()
    return Anchor(
        row["id"],
        row["publisher"],
        row["table"],
        row["release"],
        row["area"],
        int(row["year"]),
        row["cube"],
        codes,
        Decimal(row["value"]),
        Decimal(row["tolerance"]),
        row["where"],
    )


def _wrong(rows: Iterable[dict[str, str]], contracts: Contracts) -> Iterator[str]:
    seen: set[str] = set()
    tables = {t.name: t for t in contracts.tables}
    tables |= {c.name: contracts.table(c.name) for c in contracts.outside}
    for line, row in enumerate(rows, 2):
        if None in row or None in row.values():
            yield f"line {line}: it has not {len(COLUMNS)} fields"
            continue
        name = f"line {line}, {row['id']}"
        if not _ID.fullmatch(row["id"]) or row["id"] in seen:
            yield f"{name}: an id is in small letters, digits and hyphens, and stands once"
        seen.add(row["id"])
        for column in ("publisher", "table", "area", "where"):
            if not row[column].strip():
                yield f"{name}: there is no {column}"
        if not re.fullmatch(r"(19|20)\d\d", row["year"]):
            yield f"{name}: '{row['year']}' is no year"
        yield from (f"{name}: {problem}" for problem in _wrong_numbers(row))
        if row["cube"] not in tables:
            yield f"{name}: there is no table '{row['cube']}'"
        else:
            yield from (
                f"{name}: {problem}" for problem in _wrong_codes(row["codes"], tables[row["cube"]])
            )


def _wrong_numbers(row: dict[str, str]) -> Iterator[str]:
    numbers: list[Decimal] = []
    for column in ("value", "tolerance"):
        try:
            number = Decimal(row[column])
        except InvalidOperation:
            yield f"'{row[column]}' is no {column}; write digits, with a point before decimals"
            continue
        if not number.is_finite() or number < 0:
            yield f"the {column} {row[column]} is below zero"
        numbers.append(number)
    if len(numbers) == 2 and numbers[0] and numbers[1] * 10 > numbers[0]:
        # A total that a tenth more or less would meet tells no series from another.
        yield f"the tolerance {row['tolerance']} is more than a tenth of {row['value']}"


def _wrong_codes(text: str, table: Table) -> Iterator[str]:
    codes = text.split(".") if text else []
    if len(codes) != len(table.dimensions):
        yield (
            f"'{text}' is not one code each for"
            f" {', '.join(d.name for d in table.dimensions) or 'no dimension'}"
        )
        return
    for dimension, code in zip(table.dimensions, codes, strict=True):
        if code != EVERY_CODE and code not in {c.code for c in dimension.codes}:
            yield f"'{code}' is no code of {dimension.name}"
