"""What did Frontex publish on illegal border-crossing? Its monthly detections, added up
to years by route and nationality, or over nationalities to months by route.

The workbook has one row for each route, kind of border and nationality, and one column
a month. A year of which a month is missing, or holds no number, is no year: its figures
are left out, its months too, and the account says so. The release is named in a note of
the workbook.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from pipeline.contracts.model import Contracts
from pipeline.contracts.outside import OutsideCube
from pipeline.errors import UserError
from pipeline.numbers.outside.taken import FIRST_YEAR, Taken
from pipeline.returns.importers.citizenships import read_citizenship
from pipeline.returns.importers.grids import check_kind, is_text, read_sheets
from pipeline.returns.importers.sheets import Published, PublishedRow, read_published
from pipeline.returns.importers.values import read_number
from pipeline.returns.intake.parse import load_symbols

CUBE, BY_MONTH = "CTX_CROSSINGS", "CTX_CROSSINGS_MONTH"
ROUTE_HEAD, BORDER_HEAD, NATIONALITY_HEAD = "Route", "Border type or inland", "Nationality"
# Names as they are compared: no case, without the word route.
ROUTES = {
    "western balkan": "WBALK",
    "eastern mediterranean": "EMED",
    "circular from albania to greece": "ALGR",
    "eastern borders": "EAST",
    "eastern land borders": "EAST",
    "black sea": "BLACK",
    "central mediterranean": "CMED",
    "western mediterranean": "WMED",
    "western african": "WAFR",
    "other": "OTH",
}
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_MONTH = re.compile(rf"({'|'.join(_MONTHS)})(20\d\d)", re.IGNORECASE)
_AS_OF = re.compile(r"data as of (\d{2}[A-Z]{3}\d{2})\b", re.IGNORECASE)


def read(path: Path, contracts: Contracts, cube: OutsideCube) -> Taken:
    """Read the workbook into figures of a cube. Raises UserError when it is another file,
    or names a route that no list knows.
    """
    heads = (ROUTE_HEAD, BORDER_HEAD, NATIONALITY_HEAD)
    published = read_published(path, {CUBE: heads}, contracts=contracts, linked=True)
    release = _release(path)
    years = _years(published, path)
    figures: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    skipped: Counter[str] = Counter()
    incomplete: set[int] = set()
    for row in published.rows:
        codes = _codes(row, path, contracts=contracts)
        if not codes:
            skipped["aggregate_of_countries"] += 1
            continue
        route, citizenship = codes
        for year, months in years.items():
            counts = _counts(row, months, contracts=contracts)
            if counts is None:
                incomplete.add(year)
            elif cube.name == BY_MONTH:
                for month, count in enumerate(counts, 1):
                    figures[cube.area, str(year), route, f"M{month:02}"] += count
            else:
                figures[cube.area, str(year), route, citizenship] += sum(counts)
    # A month in which a route has no detection is a part of its course.
    kept = {
        key: value
        for key, value in figures.items()
        if (value or cube.name == BY_MONTH) and int(key[1]) not in incomplete
    }
    remarks = [f"{n} rows skipped, {rule}" for rule, n in sorted(skipped.items())]
    remarks += [f"{year} left out: a month holds no number" for year in sorted(incomplete)]
    return Taken(cube, release, len(published.rows), kept, tuple(remarks))


def _release(path: Path) -> str:
    """The day that the notes of the workbook name: `Source: FRAN data as of 03JUN25`."""
    data = path.read_bytes()
    kind = check_kind(data)
    for grid in [] if is_text(kind) else read_sheets(data, kind, linked=True):
        for line in grid.lines.values():
            for value in line.values():
                if found := _AS_OF.search(value.text):
                    day = datetime.strptime(found[1].title(), "%d%b%y")
                    return f"release {day:%d/%m/%Y}"
    raise UserError(
        "the file does not say as of which day its data are",
        where=str(path),
        allowed="a note such as 'Source: FRAN data as of 03JUN25'",
        do="take the workbook as the publisher offers it, with all its sheets",
    )


def _years(published: Published, path: Path) -> dict[int, list[str]]:
    """The heads of the months of every whole year."""
    months: dict[int, dict[str, str]] = defaultdict(dict)
    for head in published.heads:
        if found := _MONTH.fullmatch(head.strip()):
            months[int(found[2])][found[1].upper()] = head
    whole = {
        year: [heads[m] for m in _MONTHS]
        for year, heads in sorted(months.items())
        if set(heads) == set(_MONTHS) and year >= FIRST_YEAR
    }
    if not whole:
        raise UserError(
            "no year has a column for each of its months",
            where=str(path),
            allowed=f"heads such as JAN{FIRST_YEAR} to DEC{FIRST_YEAR}",
            do="take the workbook as the publisher offers it",
        )
    return whole


def _codes(row: PublishedRow, path: Path, *, contracts: Contracts) -> tuple[str, str] | None:
    """Route and citizenship of a row; None for a sum over countries. Raises UserError at
    a route that no list knows, because its detections would be lost.
    """
    name = " ".join(w for w in row.label(ROUTE_HEAD).split() if w != "route")
    if name not in ROUTES:
        raise UserError(
            f"there is no route '{row.text(ROUTE_HEAD)[:60]}'",
            where=f"{path} {row.where}",
            allowed=", ".join(ROUTES),
            do="add the route to codelists/route.csv and to the reader",
        )
    found = read_citizenship(contracts.codelists, row.text(NATIONALITY_HEAD))
    return None if found.aggregate else (ROUTES[name], found.code)


def _counts(row: PublishedRow, months: list[str], *, contracts: Contracts) -> list[Decimal] | None:
    """The detections of the months of a year; None where one of them holds no number."""
    counts = []
    symbols = load_symbols(contracts.codelists)
    for month in months:
        number = read_number(row.value(month), 0, symbols=symbols)
        if number.rule or not number.text.isdigit():
            return None
        counts.append(Decimal(number.text))
    return counts
