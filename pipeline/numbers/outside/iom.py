"""What did IOM's Missing Migrants Project record on the routes of the region? Persons
who died or went missing, added up over incidents by route and year.

One row is an incident, or a part of one. What nobody told the project is not in it, so
every figure is a lower bound. An incident without a route could have been anywhere: it
is left out, and the account says how many there are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

from pipeline.contracts.model import Contracts
from pipeline.contracts.outside import OutsideCube
from pipeline.contracts.sources import NOT_STATED
from pipeline.errors import UserError
from pipeline.numbers.outside.taken import FIRST_YEAR, Taken
from pipeline.returns.importers.sheets import PublishedRow, folded, read_published
from pipeline.returns.importers.values import NO_NUMBER, read_number
from pipeline.returns.intake.parse import load_symbols

CUBE = "CTX_MISSING"
YEAR, ROUTE = "Incident year", "Migration route"
DEAD, MISSING = "Number of Dead", "Minimum Estimated Number of Missing"
BOTH = "Total Number of Dead and Missing"
HEADS = (YEAR, ROUTE, DEAD, MISSING, BOTH)
# Names as they are compared, those of older releases among them.
ROUTES = {
    "eastern mediterranean": "EMED",
    "western balkans": "WBALK",
    "türkiye-europe land route": "TR_EUR",
    "turkey-europe land route": "TR_EUR",
    "syria to türkiye": "SY_TR",
    "syria to turkey": "SY_TR",
    "iran to türkiye": "IR_TR",
    "iran to turkey": "IR_TR",
}
# Routes that the publisher has in other parts of the world.
ELSEWHERE = frozenset(
    {
        "afghanistan to iran",
        "atlantic route to the canary islands",
        "belarus-eu border",
        "caribbean to central america",
        "caribbean to us",
        "central mediterranean",
        "central mediterranean,us-mexico border crossing",
        "comoros to mayotte",
        "darien",
        "darien gap",
        "dominican republic to puerto rico",
        "drc to uganda",
        "eastern route to/from ehoa",
        "english channel to the uk",
        "haiti to dominican republic",
        "horn of africa route",
        "horn of africa to yemen crossing",
        "italy to france",
        "northern route from ehoa",
        "route to southern africa",
        "sahara desert crossing",
        "sea crossings to mayotte",
        "ukraine to europe",
        "us-mexico border crossing",
        "venezuela to caribbean",
        "western africa / atlantic route to the canary islands",
        "western mediterranean",
    }
)


def read(path: Path, contracts: Contracts, cube: OutsideCube) -> Taken:
    """Read the incidents into figures of a cube. Raises UserError when it is another file,
    names a route that no list knows, or holds a row that cannot be added up.
    """
    published = read_published(path, {CUBE: HEADS}, contracts=contracts)
    figures: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    elsewhere = 0
    unrouted: Counter[str] = Counter()  # rows, and persons
    for row in published.rows:
        year = _year(row, path)
        if year < FIRST_YEAR:
            continue
        persons = _persons(row, path, contracts=contracts)
        if not row.text(ROUTE):
            unrouted.update(rows=1, persons=persons)
        elif folded(row.text(ROUTE)) in ELSEWHERE:
            elsewhere += 1
        else:
            figures[(cube.area, str(year), _route(row, path))] += persons
    kept = {key: value for key, value in figures.items() if value}
    remarks = []
    if elsewhere:
        remarks.append(f"{elsewhere} rows skipped, a route elsewhere")
    if unrouted:
        remarks.append(
            f"{unrouted['rows']} rows skipped, no route; {unrouted['persons']} dead and missing"
        )
    return Taken(cube, NOT_STATED, len(published.rows), kept, tuple(remarks))


def _year(row: PublishedRow, path: Path) -> int:
    if not (year := row.year(YEAR)):
        raise UserError(
            f"'{row.text(YEAR)[:40]}' is no year",
            where=f"{path} {row.where}",
            allowed="four digits, such as 2022",
            do="take the file as the publisher offers it",
        )
    return int(year)


def _route(row: PublishedRow, path: Path) -> str:
    """The code of a route. Raises UserError at one that no list knows, because its dead
    would be lost.
    """
    name = folded(row.text(ROUTE))
    if name not in ROUTES or row.is_unreadable(ROUTE):
        raise UserError(
            f"there is no route '{row.text(ROUTE)[:60]}'",
            where=f"{path} {row.where}",
            allowed=", ".join([*ROUTES, *sorted(ELSEWHERE)]),
            do="add the route to codelists/missing_route.csv and to the reader",
        )
    return ROUTES[name]


def _persons(row: PublishedRow, path: Path, *, contracts: Contracts) -> int:
    """Who died or went missing in an incident. Raises UserError where that is no number,
    or not the sum of both.
    """
    symbols = load_symbols(contracts.codelists)
    found = {head: read_number(row.value(head), 0, symbols=symbols) for head in (DEAD, MISSING)}
    total = read_number(row.value(BOTH), 0, symbols=symbols)
    # A blank part is none: the publisher writes one of the two where the other is unknown.
    parts = ["0" if n.rule == NO_NUMBER and not n.raw else n.text for n in found.values()]
    if not total.text.isdigit() or not all(p.isdigit() for p in parts):
        raw = ", ".join(f"'{n.raw}'" for n in (*found.values(), total))
        said = f"dead, missing and both are {raw}"
    elif sum(map(int, parts)) != int(total.text):
        said = f"{parts[0]} dead and {parts[1]} missing are not {total.text}"
    else:
        return int(total.text)
    raise UserError(
        said,
        where=f"{path} {row.where}",
        allowed="whole numbers, and both together as their sum",
        do="take the file as the publisher offers it",
    )
