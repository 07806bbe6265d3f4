"""Which lines that a state wrote itself may a reader see? Rows of open lists that their
sender suppressed.

In an open list a state names the codes itself, and nobody names a country for nobody:
`<5` in such a row is at least 1. Beside the total of its list that may tell the count:
four rows under a total of `<5` are one each. So beside a total such rows are left out
of a version altogether: nobody can tell that the country was named, and it may as well
not have been. All of them are, whatever the figures are, because a choice between them
would tell something of the figures.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from pipeline.cells import TOTAL
from pipeline.contracts.model import Contracts, Table
from pipeline.contracts.policy import Policy
from pipeline.numbers.true_cells import TrueCell

Line = tuple[TrueCell | None, list[TrueCell]]  # the total of a list, and its rows


def open_lines(cells: Iterable[TrueCell], contracts: Contracts) -> Iterator[Line]:
    """The open lists of every table, state and year that count, every other dimension
    at its total.
    """
    tables = {t.name: t for t in contracts.tables if t.layout.open_rows}
    lines: dict[tuple[str, ...], dict[str, TrueCell]] = defaultdict(dict)
    for cell in cells:
        table = tables.get(cell.key.cube)
        for position in open_positions(table) if table and cell.counts else ():
            codes = cell.key.codes
            if all(c == TOTAL for i, c in enumerate(codes[2:], 2) if i != position):
                lines[cell.key.cube, str(position), *codes[:2]][codes[position]] = cell
    for _, line in sorted(lines.items()):
        yield (
            line.get(TOTAL),
            [c for code, c in sorted(line.items()) if code != TOTAL and c.origin == "reported"],
        )


def open_positions(table: Table) -> list[int]:
    """Where in a key the codes stand that a state chooses itself: the dimensions that
    go down an open sheet.
    """
    if not table.layout.open_rows:
        return []
    return [i for i, d in enumerate(table.dimensions, 2) if d.name in table.layout.rows]


def rows_beside_a_total(cells: Iterable[TrueCell], contracts: Contracts) -> frozenset[str]:
    """The suppressed rows of lists that have a total, or a suppressed one, with what
    breaks them down further. A row of which there is a number is seen all the same.
    """
    cells = list(cells)
    of_code: dict[tuple[str, ...], list[TrueCell]] = defaultdict(list)
    tables = {t.name: t for t in contracts.tables}
    for cell in cells:
        for position in (
            open_positions(tables[cell.key.cube]) if cell.key.cube in tables and cell.counts else ()
        ):
            of_code[_row(cell, position)].append(cell)
    found: set[str] = set()
    for total, rows in open_lines(cells, contracts):
        for row in rows if total else ():
            for position in open_positions(tables[row.key.cube]):
                same = of_code[_row(row, position)]
                if row.key.codes[position] != TOTAL and all(c.is_suppressed for c in same):
                    found |= {str(c.key) for c in same}
    return frozenset(found)


def _row(cell: TrueCell, position: int) -> tuple[str, ...]:
    return cell.key.cube, str(position), *cell.key.codes[:2], cell.key.codes[position]


def least_named(policy: Policy) -> int:
    """What a row at least is that a state named itself."""
    return max(1, policy.suppressed[0])


def rows_with_a_floor(
    named: frozenset[str],
    editions: Sequence[Mapping[str, TrueCell]],
    *,
    contracts: Contracts,
    policy: Policy,
) -> frozenset[str]:
    """Of the suppressed rows that somebody can see (`named`), those that are at least
    1. Where a list contradicts that in any edition, its state wrote `<5` for nobody as
    well, and no row of it has a floor.
    """
    found: set[str] = set()
    contradicted: set[str] = set()
    for cells in editions:
        for total, rows in open_lines(cells.values(), contracts):
            seen = {str(r.key) for r in rows if r.is_suppressed and str(r.key) in named}
            known = sum(int(r.value) for r in rows if r.value is not None)
            highest = (
                policy.suppressed[1] if total is None or total.value is None else int(total.value)
            )
            found |= seen
            if total is not None and known + len(seen) * least_named(policy) > highest:
                contradicted |= seen
    return frozenset(found - contradicted)


def with_floors(
    cells: Mapping[str, TrueCell], floor: frozenset[str], *, policy: Policy
) -> dict[str, TrueCell]:
    """The cells, of which those in `floor` are at least 1 where their sender suppressed
    them.
    """
    least = least_named(policy)
    return {
        k: replace(c, least=least) if k in floor and c.is_suppressed else c
        for k, c in cells.items()
    }
