"""Where else were citizens of the member states found as victims? UNODC's counts by
citizenship of all other countries, added up by citizenship, year and place.

Every figure is at least so many: a `<5` counts as one, because nobody names a country
for nobody, and what is blank or stands under no one country counts as none. What a
member state reported is left out: nothing here holds a cell of a return.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from pipeline.cells import UNKNOWN
from pipeline.contracts.model import Contracts
from pipeline.contracts.outside import OutsideCube
from pipeline.errors import UserError
from pipeline.numbers.outside.taken import FIRST_YEAR, Taken
from pipeline.returns.importers.citizenships import read_citizenship
from pipeline.returns.importers.figures import find_state, states_of
from pipeline.returns.importers.glotip import VALUE, VICTIMS
from pipeline.returns.importers.sheets import Published, PublishedRow
from pipeline.returns.importers.unodc import COLUMNS, UNIT_COUNTS, read_table
from pipeline.returns.importers.values import NO_NUMBER, SIGNS, Number, read_number
from pipeline.returns.intake.parse import load_symbols

BY_CITIZENSHIP = "by citizenship"
COUNTRY = "Country"
UNITED_KINGDOM, UNION, ELSEWHERE = "GB", "EU", "OTH"  # of codelists/found_abroad.csv
_UNION_GROUP = "G_EU"  # in the list of citizenships: the Union without the eleven
# A year of which fewer than half as many countries gave citizenships as of the year with
# most of them is only begun: the publisher adds countries with each release.
_BEGUN = 2
_NAMED = 8  # spellings that the account lists

# Who found the victims, as the file calls it; year; citizenship
Group = tuple[str, str, str]


@dataclass
class _Account:
    """What was not added up, and why; and which countries stand behind a year."""

    region: int = 0  # rows that a member state reported
    nobody: int = 0  # rows of which nobody can tell who reported them
    blank: int = 0
    unnamed: Counter[str] = field(default_factory=Counter)  # rows by their spelling
    behind: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    @property
    def begun(self) -> set[str]:
        """The years of which the file has but a beginning."""
        most = max(map(len, self.behind.values()), default=0)
        return {year for year, found in self.behind.items() if len(found) * _BEGUN < most}

    def lines(self) -> Iterator[str]:
        """A line for each reason, and for each year."""
        if self.region:
            yield f"{self.region} rows left out: a member state reported them"
        if self.nobody:
            yield f"{self.nobody} rows left out: they do not say which country reported them"
        if self.blank:
            yield f"{self.blank} rows of these citizenships have no figure"
        if self.unnamed:
            named = ", ".join(f"'{text[:40]}'" for text, _ in self.unnamed.most_common(_NAMED))
            yield f"{sum(self.unnamed.values())} rows name no one country, such as {named}"
        for year, countries in sorted(self.behind.items()):
            said = "; left out, it is only begun" if year in self.begun else ""
            yield f"{year}: {len(countries)} countries gave citizenships{said}"


def read(path: Path, contracts: Contracts, cube: OutsideCube) -> Taken:
    """Read the workbook into figures of a cube. Raises UserError when it is another file,
    or holds a row that cannot be added up.
    """
    release, published = read_table(path, VALUE, contracts=contracts)
    account = _Account()
    groups: dict[Group, list[Number]] = defaultdict(list)
    places: dict[str, str] = {}
    counts = list(_counts(published, path))
    # One list of member states for all years, so that a course is of the same ones.
    latest = max((int(year) for _, year in counts), default=FIRST_YEAR)
    states = states_of(contracts, latest)
    for row, year in counts:
        who = _reporter(row, published.head(COUNTRY), states=states, account=account)
        if not who or int(year) < FIRST_YEAR:
            continue
        account.behind[year].add(who)
        places[who] = _place(row.text(published.head(COUNTRY)), contracts)
        code = _citizenship(row, path, contracts=contracts, account=account)
        if code not in states.values():
            continue
        if number := _number(row, path, contracts=contracts):
            groups[who, year, code].append(number)
        else:
            account.blank += 1
    if not groups:
        raise UserError(
            "no other country found a victim with the citizenship of a member state in it",
            where=str(path),
            allowed=f"rows of '{VICTIMS}', {BY_CITIZENSHIP}, of all countries",
            do="take the workbook of trafficking in persons as the publisher offers it",
        )
    kept = {group: found for group, found in groups.items() if group[1] not in account.begun}
    figures: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    for (who, year, code), numbers in kept.items():
        # Rows of one country that differ are nobody's to choose from: all of them are no
        # fewer than the lowest.
        figures[cube.area, year, code, places[who]] += min(map(_least, numbers))
    counted = {key: value for key, value in figures.items() if value}
    return Taken(cube, release, len(published.rows), counted, (*account.lines(), *_of_values(kept)))


def _counts(published: Published, path: Path) -> Iterator[tuple[PublishedRow, str]]:
    """The rows that count victims by citizenship, each with its year."""
    if not published.head(COUNTRY):
        raise UserError(
            f"columns are missing: {COUNTRY}",
            where=str(path),
            allowed=f"{COLUMNS.state}, {COUNTRY} and the others of the workbook",
            do="take the workbook as the publisher offers it",
        )
    wanted = (VICTIMS, BY_CITIZENSHIP, "total", "total", UNIT_COUNTS)
    heads = ("Indicator", "Dimension", "Sex", "Age", "Unit of measurement")
    for row in published.rows:
        if bad := [h for h in heads if row.is_unreadable(h)]:
            raise _unread(row, path, head=bad[0], allowed="words")
        if tuple(row.label(head) for head in heads) != wanted:
            continue
        if not (year := row.year(COLUMNS.year)):
            raise _unread(row, path, head=COLUMNS.year, allowed="four digits, such as 2022")
        yield row, year


def _reporter(
    row: PublishedRow, country: str, *, states: Mapping[str, str], account: _Account
) -> str:
    """The country that found the victims, as the file calls it; "" for a member state, by
    its code or its name, and where nobody can tell.
    """
    code, name = row.text(COLUMNS.state), row.text(country)
    if find_state(states, code) or find_state(states, name):
        account.region += 1
        return ""
    if not code or not name or row.is_unreadable(COLUMNS.state) or row.is_unreadable(country):
        account.nobody += 1
        return ""
    return code


def _place(country: str, contracts: Contracts) -> str:
    """Where a country lies, as a code of codelists/found_abroad.csv."""
    code = read_citizenship(contracts.codelists, country).code
    if code == UNITED_KINGDOM:
        return UNITED_KINGDOM
    named = contracts.codelist("citizenship")
    return UNION if code in named and named[code].parent == _UNION_GROUP else ELSEWHERE


def _citizenship(row: PublishedRow, path: Path, *, contracts: Contracts, account: _Account) -> str:
    """The code of the citizenship of a row; "" where it names no one country."""
    if row.is_unreadable("Category"):
        raise _unread(row, path, head="Category", allowed="a citizenship in words")
    spelling = row.text("Category")
    found = read_citizenship(contracts.codelists, spelling)
    if found.aggregate or found.code == UNKNOWN:
        account.unnamed[spelling] += 1
        return ""
    return found.code


def _number(row: PublishedRow, path: Path, *, contracts: Contracts) -> Number | None:
    """The figure of a row; None where the publisher gives none. Raises UserError where it
    cannot be read: a sum without it would be lower than what is known.
    """
    symbols = load_symbols(contracts.codelists)
    number = read_number(row.value(VALUE), 0, symbols=symbols)
    if number.rule == NO_NUMBER or number.rule in SIGNS:
        return None
    if number.rule:
        raise _unread(row, path, head=VALUE, allowed="a whole number, <5 or a blank")
    return number


def _unread(row: PublishedRow, path: Path, *, head: str, allowed: str) -> UserError:
    return UserError(
        f"'{row.text(head)[:40]}' cannot be read in the column {head}",
        where=f"{path} {row.where}",
        allowed=allowed,
        do="take the workbook as the publisher offers it",
    )


def _least(number: Number) -> int:
    """How many there are at least."""
    return int(number.text) if number.text.isdigit() else 1


def _of_values(kept: Mapping[Group, list[Number]]) -> Iterator[str]:
    """How many figures are a lower bound, and how many were no one figure."""
    if bounds := sum(any(not n.text.isdigit() for n in found) for found in kept.values()):
        yield f"{bounds} figures are <5, counted as one each"
    differing = [group for group, found in kept.items() if len({n.text for n in found}) > 1]
    if differing:
        named = ", ".join(" ".join(group) for group in sorted(differing)[:_NAMED])
        yield f"{len(differing)} stand there with different figures, the lowest counts: {named}"
