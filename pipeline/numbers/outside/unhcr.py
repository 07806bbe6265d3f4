"""What did UNHCR publish on asylum abroad? Applications of the member states' citizens
in other countries, added up over those.

Which rows are taken is said in `asylum_counts`: persons at the first instance, one
count of each country of asylum and year. What somebody lodged in the own country is not
abroad. A country that counts otherwise in a year has no figure in it, and the account
names it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from pipeline.contracts.model import Contracts
from pipeline.contracts.outside import OutsideCube
from pipeline.contracts.sources import NOT_STATED
from pipeline.errors import UserError
from pipeline.numbers.outside.taken import FIRST_YEAR, Taken
from pipeline.returns.importers.asylum_counts import (
    APPLICATIONS,
    Count,
    Heads,
    chosen,
    count_of,
    is_new,
)
from pipeline.returns.importers.figures import find_state, states_of
from pipeline.returns.importers.sheets import Published, PublishedRow, read_published
from pipeline.returns.importers.values import read_number
from pipeline.returns.intake.parse import load_symbols


@dataclass
class _Abroad:
    """What stands in the file of one country of asylum and year, by country of origin."""

    counts: list[tuple[str, Count]] = field(default_factory=list)
    other: bool = False  # new applications stand there too that are counted otherwise


@dataclass(frozen=True)
class _Place:
    """Whose citizens a row counts, where and when; `asylum` as the file calls it."""

    origin: str
    asylum: str
    year: int
    is_member: bool  # the country of asylum is a member state


def read(path: Path, contracts: Contracts, cube: OutsideCube) -> Taken:
    """Read applications into figures of a cube, by citizenship. Raises UserError when it is
    another file, or one that does not hold all citizens abroad.
    """
    published = read_published(
        path, {name: heads.all for name, heads in APPLICATIONS.items()}, contracts=contracts
    )
    heads = APPLICATIONS[published.kind]
    abroad: dict[tuple[int, str], _Abroad] = defaultdict(_Abroad)
    for row, place in _places(published, path, heads=heads, contracts=contracts):
        at = abroad[place.year, place.asylum]
        numbers = [
            read_number(row.value(head), 0, symbols=load_symbols(contracts.codelists))
            for head in heads.figures
        ]
        count = count_of(row, heads, numbers=numbers)
        if isinstance(count, Count):
            at.counts.append((place.origin, count))
        else:
            at.other = at.other or is_new(row, heads)
    figures: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    fives = 0
    for (year, _), at in abroad.items():
        counts = _settled(at, path)
        fives += sum(count.least for count in counts.values())
        for origin, count in counts.items():
            figures[(cube.area, str(year), origin)] += Decimal(count.number.text)
    kept = {key: value for key, value in figures.items() if value}
    remarks = (f"{fives} figures are 5, for 1 to 5", *_remarks(abroad))
    return Taken(cube, NOT_STATED, len(published.rows), kept, remarks)


def _places(
    published: Published, path: Path, *, heads: Heads, contracts: Contracts
) -> list[tuple[PublishedRow, _Place]]:
    """The rows of the citizens of member states in other countries. Raises UserError
    where a row cannot be placed, or the file leaves out citizens or countries.
    """
    years = [_year(row, path, heads=heads) for row in published.rows]
    members = contracts.members(max(years, default=FIRST_YEAR))
    states = states_of(contracts, max(years, default=FIRST_YEAR))
    places = []
    for row, year in zip(published.rows, years, strict=True):
        origin = find_state(states, row.text(heads.origin))
        if not origin or year < FIRST_YEAR:
            continue
        asylum = row.text(heads.asylum)
        if not asylum or row.is_unreadable(heads.asylum):
            raise _unplaced(row, path, head=heads.asylum)
        state = find_state(states, asylum)
        if state != origin:
            places.append((row, _Place(origin, state or asylum, year, bool(state))))
    found = {place.origin for _, place in places}
    if missing := [m.label for m in members if m.code not in found]:
        raise UserError(
            f"there is no application of citizens of {', '.join(missing)}",
            where=str(path),
            allowed="a file with the citizens of all member states",
            do="download applications of all countries of origin, and name the file with FILE=",
        )
    if all(place.is_member for _, place in places):
        raise UserError(
            "no country of asylum stands in it that is not a member state",
            where=str(path),
            allowed="a file with all countries of asylum",
            do="download applications in all countries of asylum, and name the file with FILE=",
        )
    return places


def _year(row: PublishedRow, path: Path, *, heads: Heads) -> int:
    if not (year := row.year(heads.year)):
        raise _unplaced(row, path, head=heads.year)
    if row.is_unreadable(heads.origin):
        raise _unplaced(row, path, head=heads.origin)
    return int(year)


def _unplaced(row: PublishedRow, path: Path, *, head: str) -> UserError:
    return UserError(
        f"'{row.text(head)[:40]}' cannot be read in the column {head}",
        where=f"{path} {row.where}",
        allowed="a year, and countries by their codes",
        do="download the file again, and name it with FILE=",
    )


def _settled(at: _Abroad, path: Path) -> dict[str, Count]:
    """The one count of each country of origin. Raises UserError where two rows of it
    differ, or one holds no number: a sum without it would be lower than what is known.
    """
    found: dict[str, Count] = {}
    taken = chosen([count for _, count in at.counts])
    for origin, count in at.counts:
        if count.choice != taken[0].choice:
            continue
        before = found.setdefault(origin, count)
        if count.number.rule or before.number.text != count.number.text:
            raise UserError(
                f"citizens of {count.origin} are '{count.number.raw}'"
                + ("" if before is count else f" and '{before.number.raw}'"),
                where=f"{path} {count.row.where}",
                allowed="one number for a country of origin, a country of asylum and a year",
                do="download the file again, and name it with FILE=",
            )
    return found


def _remarks(abroad: dict[tuple[int, str], _Abroad]) -> list[str]:
    """How many countries of asylum stand behind a year, and which have new applications
    and no figure.
    """
    behind: Counter[int] = Counter()
    without: dict[int, list[str]] = defaultdict(list)
    for (year, asylum), at in sorted(abroad.items()):
        behind[year] += bool(at.counts)
        if at.other and not at.counts:
            without[year].append(asylum)
    lines = []
    for year, countries in sorted(behind.items()):
        said = f"; counted otherwise and left out: {', '.join(without[year])}"
        lines.append(f"{year}: {countries} countries of asylum{said if without[year] else ''}")
    return lines
