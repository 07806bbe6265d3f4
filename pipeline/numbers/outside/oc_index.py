"""What do the experts of the Global Organized Crime Index judge of each member state?
Its scores by edition, read by the words of the heads.

The workbook has a sheet an edition. Order and names of columns differ between the
sheets, and earlier editions have fewer items, so nothing is found by its place. Each
score is checked against the scale, and the publisher's averages against the scores: a
column that was moved, or a score that was typed anew, misses them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from pipeline.contracts.model import Contracts
from pipeline.contracts.outside import OutsideCube
from pipeline.contracts.scored import ACTOR, MARKET, RESILIENCE, Item, Scale, items_of
from pipeline.errors import UserError
from pipeline.numbers.outside.taken import Taken
from pipeline.returns.formats.raw import DamagedFile, column_letters
from pipeline.returns.importers.figures import find_state, states_of
from pipeline.returns.importers.grids import (
    BLANK,
    SourceGrid,
    Value,
    check_kind,
    is_text,
    read_sheets,
)
from pipeline.returns.importers.sheets import HEADER_WITHIN, folded

COUNTRY = "country"
_PLACES = frozenset({"continent", "region"})  # columns that say where a country lies
# The publisher's averages, as heads are compared: over which pillars, one after the other.
AVERAGES = {
    "criminality": (MARKET, ACTOR),
    "criminal markets": (MARKET,),
    "criminal actors": (ACTOR,),
    "resilience": (RESILIENCE,),
}
TOLERANCE = Decimal("0.01")  # averages have two decimals, and some are of rounded ones
_AVERAGE = re.compile(r" (avg|average)$")
_EDITION = re.compile(r"(?<!\d)(20\d\d)(?!\d)")
_NUMBER = re.compile(r"\d{1,3}(\.\d+)?")
_AGAIN = "download the workbook again, and name it with FILE="


@dataclass(frozen=True)
class _Edition:
    """The sheet of one edition: the row of its heads, and the column of each item and of
    each average.
    """

    path: Path
    year: int
    grid: SourceGrid
    head: int
    country: int
    items: Mapping[str, int]
    averages: Mapping[str, int]

    def where(self, row: int, column: int) -> str:
        return f"{self.path} sheet '{self.grid.name}' cell {self.cell(row, column)}"

    @staticmethod
    def cell(row: int, column: int) -> str:
        return f"{column_letters(column)}{row}"

    def value(self, row: int, column: int) -> Value:
        return self.grid.lines.get(row, {}).get(column, BLANK)


def read(path: Path, contracts: Contracts, cube: OutsideCube) -> Taken:
    """Read the scores of the member states, and the place of each. Raises UserError at
    whatever is no score, is missing or stands twice, with its sheet and cell.
    """
    items = items_of(cube.dimensions[0].codelist)
    editions = _editions(path, items)
    latest = max(edition.year for edition in editions)
    states = states_of(contracts, latest)
    names = {m.code: m.label for m in contracts.members(latest)}
    assert cube.scores is not None  # lint holds it: the reader is that of a cube of scores
    figures: dict[tuple[str, ...], Decimal] = {}
    places: dict[tuple[str, ...], str] = {}
    rows = 0
    remarks: list[str] = []
    for edition in sorted(editions, key=lambda e: e.year):
        found = _rows_of_states(edition, states)
        if missing := [name for code, name in names.items() if code not in found]:
            raise UserError(
                f"there is no row of {', '.join(missing)}",
                where=f"{path} sheet '{edition.grid.name}'",
                allowed=f"one row of each of {', '.join(names.values())}",
                do=_AGAIN,
            )
        for state, row in found.items():
            scores = {i: _score(edition, row, c, cube.scores) for i, c in edition.items.items()}
            _check_averages(edition, row, scores=scores, items=items)
            for code, score in scores.items():
                key = (state, str(edition.year), code)
                figures[key] = score
                cell = edition.cell(row, edition.items[code])
                places[key] = f"sheet '{edition.grid.name}', cell {cell}"
        rows += len(edition.grid.lines) - 1
        remarks.append(_told(edition, items, states=len(found)))
    return Taken(cube, f"release {latest}", rows, figures, tuple(remarks), places)


def _told(edition: _Edition, items: tuple[Item, ...], *, states: int) -> str:
    left = [item.label for item in items if item.code not in edition.items]
    without = f"; without {', '.join(left)}" if left else ""
    hidden = "; its sheet is hidden, and was read" if edition.grid.hidden else ""
    of = f"{len(edition.items)} items of {states} states"
    return f"edition {edition.year}: {of}, averages agree{without}{hidden}"


# --- sheets and heads


def _editions(path: Path, items: tuple[Item, ...]) -> list[_Edition]:
    """The sheets with scores; others, such as a title page, are passed over."""
    if not path.is_file():
        raise UserError(
            "there is no such file", where=str(path), do="name the downloaded file with FILE="
        )
    try:
        data = path.read_bytes()
        kind = check_kind(data)
        grids = [] if is_text(kind) else read_sheets(data, kind)
    except (DamagedFile, OSError) as problem:
        raise UserError(
            f"the file cannot be read: {problem}",
            where=str(path),
            allowed="the publisher's workbook",
            do=_AGAIN,
        ) from problem
    found: dict[int, _Edition] = {}
    for grid in grids:
        if (head := _row_of_heads(grid, items)) is None:
            continue
        edition = _edition(path, grid, head, items=items)
        if before := found.get(edition.year):
            raise UserError(
                f"two sheets are of the edition {edition.year}:"
                f" '{before.grid.name}' and '{grid.name}'",
                where=str(path),
                allowed="one sheet an edition",
                do="delete the sheet that is not the publisher's",
            )
        found[edition.year] = edition
    if not found:
        raise UserError(
            "no sheet has scores of countries",
            where=str(path),
            allowed=f"a sheet an edition, with the columns Country and {items[0].label}",
            do=_AGAIN,
        )
    return list(found.values())


def _named(text: str) -> str:
    """A head as heads are compared: no case, no hyphens, no sign behind it."""
    return " ".join(folded(text).replace("-", " ").rstrip(" .,:;*").split())


def _row_of_heads(grid: SourceGrid, items: tuple[Item, ...]) -> int | None:
    """The first row with a column of countries and one of an item."""
    known = {_named(item.label) for item in items}
    for number in sorted(n for n in grid.lines if n <= HEADER_WITHIN):
        heads = {_named(value.text) for value in grid.lines[number].values()}
        if COUNTRY in heads and heads & known:
            return number
    return None


def _edition(path: Path, grid: SourceGrid, head: int, *, items: tuple[Item, ...]) -> _Edition:
    """The columns of a sheet. Raises UserError at a head that is not known, stands twice
    or is missing.
    """
    where = f"{path} sheet '{grid.name}'"
    named = _EDITION.findall(grid.name)
    if len(named) != 1:
        raise UserError(
            f"the name of the sheet tells {' and '.join(named) or 'no edition'}",
            where=where,
            allowed="a name with the year of one edition, such as 2025_dataset",
            do="name the sheet as the publisher does",
        )
    year = int(named[0])
    wanted = {_named(item.label): item.code for item in items if item.is_in(year)}
    columns: dict[str, int] = {}
    for column, value in sorted(grid.lines[head].items()):
        name = _named(value.text)
        if not name or name in _PLACES:
            continue
        name = _AVERAGE.sub("", name)
        place = f"{where} cell {column_letters(column)}{head}"
        if name not in wanted and name not in AVERAGES and name != COUNTRY:
            raise UserError(
                f"the edition {year} has no column '{value.text.strip()[:60]}'",
                where=place,
                allowed="the items of codelists/oc_index_item.csv and the publisher's averages",
                do="add a new item to the list with the edition in which it begins",
            )
        if name in columns:
            raise UserError(
                f"the column '{value.text.strip()[:60]}' stands twice, also in"
                f" {column_letters(columns[name])}{head}",
                where=place,
                allowed="one column of that name",
                do=_AGAIN,
            )
        columns[name] = column
    _check_whole(grid, head, where=where, columns=columns)
    labels = {_named(item.label): item.label for item in items}
    if missing := [n for n in (COUNTRY, *wanted, *AVERAGES) if n not in columns]:
        raise UserError(
            f"columns are missing: {', '.join(labels.get(n, n.capitalize()) for n in missing)}",
            where=f"{where} row {head}",
            allowed=f"every item of the edition {year}, and the averages",
            do=f"{_AGAIN}; where the publisher dropped an item, end it in the list",
        )
    return _Edition(
        path,
        year,
        grid,
        head,
        columns[COUNTRY],
        {code: columns[name] for name, code in wanted.items()},
        {name: columns[name] for name in AVERAGES},
    )


def _check_whole(grid: SourceGrid, head: int, *, where: str, columns: Mapping[str, int]) -> None:
    """Merged cells in the table would hide scores."""
    for top, left, bottom, right in grid.merged:
        if bottom >= head and any(left <= c <= right for c in columns.values()):
            cells = f"{column_letters(left)}{top}:{column_letters(right)}{bottom}"
            raise UserError(
                f"merged cells {cells} stand in the table",
                where=where,
                allowed="one cell per score",
                do=_AGAIN,
            )


# --- rows


def _rows_of_states(edition: _Edition, states: Mapping[str, str]) -> dict[str, int]:
    """The row of each member state. Raises UserError where one stands twice."""
    found: dict[str, int] = {}
    for row in sorted(n for n in edition.grid.lines if n > edition.head):
        name = edition.value(row, edition.country).text.strip()
        state = find_state(states, name)
        if not state:
            continue
        if state in found:
            first = edition.cell(found[state], edition.country)
            raise UserError(
                f"'{name[:60]}' stands twice, also in {first}",
                where=edition.where(row, edition.country),
                allowed="one row a state",
                do=_AGAIN,
            )
        found[state] = row
    return found


def _score(edition: _Edition, row: int, column: int, scale: Scale) -> Decimal:
    value = edition.value(row, column)
    text = value.text.strip()
    if value.kind in ("number", "text") and _NUMBER.fullmatch(text) and scale.holds(Decimal(text)):
        return Decimal(text)
    said = f"'{text[:40]}' is no score" if text else "there is no score"
    raise UserError(
        said, where=edition.where(row, column), allowed=scale.allowed, do="ask the publisher"
    )


def _check_averages(
    edition: _Edition, row: int, *, scores: Mapping[str, Decimal], items: tuple[Item, ...]
) -> None:
    """What the publisher prints beside the scores must be what they give."""
    for name, column in edition.averages.items():
        means = list(_means(AVERAGES[name], scores=scores, items=items))
        exact = sum(means, Decimal(0)) / len(means)
        text = edition.value(row, column).text.strip()
        printed = Decimal(text) if _NUMBER.fullmatch(text) else None
        if printed is None or abs(printed - exact) > TOLERANCE:
            state = edition.value(row, edition.country).text.strip()[:60]
            raise UserError(
                f"the average '{name}' of {state} is '{text[:40]}', its scores give {exact:.2f}",
                where=edition.where(row, column),
                allowed=f"the mean of the scores, {TOLERANCE} more or less",
                do="nothing was written; find out which score is another one",
            )


def _means(
    pillars: tuple[str, ...], *, scores: Mapping[str, Decimal], items: tuple[Item, ...]
) -> Iterator[Decimal]:
    for pillar in pillars:
        own = [scores[i.code] for i in items if i.pillar == pillar and i.code in scores]
        yield sum(own, Decimal(0)) / len(own)
