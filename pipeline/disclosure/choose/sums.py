"""Which cells add up to which? The sums among true cells, and how far each of them
holds.

A sum is a whole and its parts: codes under their parent in a code list, states in the
region, cells in a worked-out group or total, and the same margin in two linked tables.
Parts that nobody reported count as nothing where the sum then holds; otherwise they
leave a gap, and the sum only says that the parts are not more than the whole. A sum
that does not even say that does not reconcile: it links nothing and is listed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum
from itertools import combinations

from pipeline.cells import TOTAL, Key
from pipeline.contracts.model import Contracts, Dimension, Table
from pipeline.numbers.true_cells import TrueCell

REGIONAL = ("region", "constant", "both")


class Holds(IntEnum):
    """How far a sum holds, from strong to weak."""

    EXACTLY = 0
    AT_LEAST = 1  # the whole is at least its parts
    NOT = 2


@dataclass(frozen=True)
class Sum:
    """A whole and its parts, as keys, and how far the figures bear it out. One count
    that stands in two tables is a whole with one part; it holds exactly or not at all.
    """

    whole: str
    parts: tuple[str, ...]
    holds: Holds = Holds.EXACTLY

    @property
    def is_one_count(self) -> bool:
        return len(self.parts) == 1 and self.parts[0].split(":")[0] != self.whole.split(":")[0]


def find_sums(
    cells: Mapping[str, TrueCell], contracts: Contracts, *, suppressed: tuple[int, int]
) -> list[Sum]:
    """Every sum among cells that count, in a fixed order, each as strong as its own
    figures allow.

    `suppressed` is the range that a count may have which its sender suppressed.
    """
    found: dict[tuple[str, tuple[str, ...]], bool] = {}  # whether a part is known to be missing
    for cell in cells.values():
        parts = tuple(sorted(p for p in cell.parts if p in cells and cells[p].counts))
        if parts and cell.counts:
            found[str(cell.key), parts] = False
    tables = {t.name: t for t in contracts.tables}
    by_table: dict[str, list[TrueCell]] = defaultdict(list)
    for cell in cells.values():
        if cell.key.cube in tables and cell.counts and cell.origin not in REGIONAL:
            by_table[cell.key.cube].append(cell)
    for name, members in sorted(by_table.items()):
        for whole, children, is_short in _within(tables[name], members):
            # a worked-out whole is its parts, whatever lacks
            found.setdefault((whole, tuple(children)), is_short)
    for one, other in _shared(
        tables, {k: c for k, c in cells.items() if c.key.cube in tables and c.counts}
    ):
        found[other, (one,)] = False
    sums = {Sum(whole, parts): is_short for (whole, parts), is_short in sorted(found.items())}
    return [
        Sum(s.whole, s.parts, _strength(s, cells, suppressed=suppressed, is_short=is_short))
        for s, is_short in sums.items()
    ]


def _within(table: Table, cells: Iterable[TrueCell]) -> Iterator[tuple[str, list[str], bool]]:
    """Parent and children of every dimension, and whether a child is missing of which
    there are figures all the same.

    An open list adds up over what a state listed, without groups; a part that nobody
    reported stands aside for its own parts. One that is broken down in another
    dimension is no nothing: the sum is then no more than "at least".
    """
    rows: dict[tuple[int, tuple[str, ...]], dict[str, TrueCell]] = defaultdict(dict)
    cells = list(cells)
    broken_down = {wider for cell in cells for wider in _wider(cell.key)}
    # One line for each set of cells that differ in a single dimension.
    for cell in cells:
        for position in range(2, len(cell.key.codes)):
            rest = cell.key.codes[:position] + cell.key.codes[position + 1 :]
            rows[position, rest][cell.key.codes[position]] = cell
    # In each line every code that has children there is a whole.
    for (position, _), line in sorted(rows.items()):
        dimension = table.dimensions[position - 2]
        if table.layout.open_rows and dimension.name in table.layout.rows:
            listed = [
                c for code, c in sorted(line.items()) if code != TOTAL and c.origin == "reported"
            ]
            if TOTAL in line and listed:
                yield str(line[TOTAL].key), [str(c.key) for c in listed], False
            continue
        for code, whole in sorted(line.items()):
            parts = list(_parts(dimension, code, line=line))
            if parts:
                yield (
                    str(whole.key),
                    sorted(str(p.key) for p in parts),
                    any(
                        child.code not in line
                        and _with(whole.key, position, code=child.code) in broken_down
                        for child in dimension.codelist
                        if child.parent == code and not child.is_group
                    ),
                )


def _wider(key: Key) -> Iterator[Key]:
    """The keys that a cell is a part of, with any of its dimensions at their total."""
    broken = [i for i in range(2, len(key.codes)) if key.codes[i] != TOTAL]
    for count in range(1, len(broken) + 1):
        for places in combinations(broken, count):
            yield Key(key.cube, tuple(TOTAL if i in places else c for i, c in enumerate(key.codes)))


def _with(key: Key, position: int, *, code: str) -> Key:
    return Key(key.cube, (*key.codes[:position], code, *key.codes[position + 1 :]))


def _parts(dimension: Dimension, code: str, *, line: Mapping[str, TrueCell]) -> Iterator[TrueCell]:
    for child in dimension.codelist:
        if child.parent == code and not child.is_group:
            if child.code in line:
                yield line[child.code]
            else:
                yield from _parts(dimension, child.code, line=line)


def _shared(
    tables: Mapping[str, Table], cells: Mapping[str, TrueCell]
) -> Iterator[tuple[str, str]]:
    """Cells that stand in linked tables too: dimensions by name, the others at their
    total. Two tables that are linked to a third share what they have in common also
    where the third has no figure.
    """
    # first table -> table -> codes it stands at there
    linked: dict[str, dict[str, dict[str, str]]] = defaultdict(dict)
    for table in tables.values():
        for identity in table.identities:
            if identity.same_total_as:
                linked[identity.same_total_as] |= {
                    identity.same_total_as: {},
                    table.name: dict(identity.at),
                }
    for first, names in sorted(linked.items()):
        common = [d.name for d in tables[first].dimensions]
        margins: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for text, cell in sorted(cells.items()):
            if cell.key.cube not in names or cell.origin in REGIONAL:
                continue
            codes = dict(zip(tables[cell.key.cube].key_dimensions, cell.key.codes, strict=True))
            if all(c == TOTAL for d, c in codes.items() if d not in ("state", "year", *common)):
                at = names[cell.key.cube]
                margins[
                    *cell.key.codes[:2], *(codes.get(d, at.get(d, TOTAL)) for d in common)
                ].append(text)
        for same in margins.values():
            own = [k for k in same if k.startswith(f"{first}:")]
            yield from ((own[0], k) for k in same if k != own[0]) if own else combinations(same, 2)


def _strength(
    sum_: Sum, cells: Mapping[str, TrueCell], *, suppressed: tuple[int, int], is_short: bool
) -> Holds:
    """What the figures of this sum alone allow; of one that is short of a part, never
    more than "at least".
    """
    low, high = _range(cells[sum_.whole], suppressed)
    parts = [_range(cells[p], suppressed) for p in sum_.parts]
    least = sum(p[0] for p in parts)
    most = sum(p[1] for p in parts)
    if low <= most and least <= high and not is_short:
        return Holds.EXACTLY
    if sum_.is_one_count:
        return Holds.NOT
    return Holds.AT_LEAST if least <= high else Holds.NOT


def _range(cell: TrueCell, suppressed: tuple[int, int]) -> tuple[Decimal, Decimal]:
    if cell.value is None:
        return Decimal(max(suppressed[0], cell.least)), Decimal(suppressed[1])
    return cell.value, cell.value
