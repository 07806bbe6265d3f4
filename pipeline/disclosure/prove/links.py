"""Which sums can a reader write down? Every one that follows from keys, code lists and
contracts.

Parts of a dimension and their whole; a worked-out cell and the cells it was made of;
the margins that two tables have in common. How far each holds is decided in
`reconcile`. Regional cells are tied to their states only: what adds up in every state
adds up in the region.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from pipeline.cells import REGIONS, TOTAL, Key
from pipeline.contracts.codelists import GROUP_PREFIX
from pipeline.contracts.model import Contracts, Dimension, Table
from pipeline.disclosure.prove.facts import TrueCell

OWN_NATIONALS = "NAT"
Relation = Literal["=", ">="]


@dataclass(frozen=True, order=True)
class Link:
    """A whole and its parts. `same`: one count that stands in two tables, which holds
    exactly or not at all.
    """

    whole: str
    parts: tuple[str, ...]
    same: bool = False
    relation: Relation = "="


def find_links(cells: Mapping[str, TrueCell], contracts: Contracts) -> list[Link]:
    """All sums among the cells that have a number, sorted."""
    # Only cells with a number add up.
    counted = {k: c for k, c in cells.items() if c.counts}
    keys = {k: Key.parse(k) for k in counted}
    tables = {t.name: t for t in contracts.tables}
    of_states: dict[str, list[str]] = defaultdict(list)
    for name in sorted(counted):
        if keys[name].cube in tables and keys[name].state not in REGIONS:
            of_states[keys[name].cube].append(name)
    found: dict[tuple[str, tuple[str, ...]], tuple[bool, Relation]] = {
        (k, tuple(sorted(p for p in c.part_keys if p in counted))): (False, "=")
        for k, c in counted.items()
    }
    # Along each dimension of a table: a code and its children.
    for cube, names in of_states.items():
        detailed = _detailed(names, keys)
        for position, dimension in enumerate(tables[cube].dimensions, 2):
            children = _children(dimension)
            for whole, parts in _along(
                tables[cube], dimension, position=position, names=names, keys=keys, cells=counted
            ):
                lacks = _lacks_a_part(
                    keys[whole],
                    children,
                    position=position,
                    parts=parts,
                    keys=keys,
                    detailed=detailed,
                )
                found.setdefault((whole, tuple(sorted(parts))), (False, ">=" if lacks else "="))
    # Across tables: one count that stands in two of them.
    for one, other in _shared(tables, of_states, keys=keys):
        found.setdefault((one, (other,)), (True, "="))
    return sorted(Link(whole, parts, *what) for (whole, parts), what in found.items() if parts)


def _detailed(names: Iterable[str], keys: Mapping[str, Key]) -> set[tuple[str, ...]]:
    """Codes of every margin, in one dimension or more, of a cell that has a number."""
    margins: set[tuple[str, ...]] = set()
    for name in names:
        grown = {keys[name].codes}
        for i in range(2, len(keys[name].codes)):
            grown |= {(*codes[:i], TOTAL, *codes[i + 1 :]) for codes in grown}
        margins |= grown - {keys[name].codes}
    return margins


def _lacks_a_part(
    whole: Key,
    children: Mapping[str, Sequence[str]],
    *,
    position: int,
    parts: Iterable[str],
    keys: Mapping[str, Key],
    detailed: set[tuple[str, ...]],
) -> bool:
    """Whether a part without a number of its own has numbers in another breakdown: then
    it is not nothing.
    """
    there = {keys[p].codes[position] for p in parts}
    return any(
        code not in there
        and (*whole.codes[:position], code, *whole.codes[position + 1 :]) in detailed
        for code in children.get(whole.codes[position], ())
    )


def _along(
    table: Table,
    dimension: Dimension,
    *,
    position: int,
    names: Sequence[str],
    keys: Mapping[str, Key],
    cells: Mapping[str, TrueCell],
) -> Iterator[tuple[str, list[str]]]:
    """Wholes and parts along one dimension, the other codes fixed."""
    lines: dict[tuple[str, ...], dict[str, str]] = defaultdict(dict)
    for name in names:
        codes = keys[name].codes
        lines[codes[:position] + codes[position + 1 :]][codes[position]] = name
    is_open = is_chosen_by_states(table, dimension)
    children = {} if is_open else _children(dimension)
    for line in lines.values():
        if is_open and TOTAL in line:
            yield line[TOTAL], [n for c, n in line.items() if _is_listed(c, cells[n])]
        for code in children:
            if code in line:
                yield line[code], _present(code, children, line=line)


def is_chosen_by_states(table: Table, dimension: Dimension) -> bool:
    """Whether states write the codes of this dimension into their sheet themselves."""
    return table.layout.open_rows > 0 and dimension.name in table.layout.rows


def stands_in_an_open_list(cell: TrueCell, contracts: Contracts) -> bool:
    """A row that its state wrote itself, every other breakdown at its total: nobody
    writes one for nobody.
    """
    key = Key.parse(cell.key)
    table = next((t for t in contracts.tables if t.name == key.cube), None)
    if table is None or cell.origin != "reported":
        return False
    broken_down = [
        (d, c) for d, c in zip(table.dimensions, key.codes[2:], strict=True) if c != TOTAL
    ]
    if len(broken_down) != 1:
        return False
    ((dimension, code),) = broken_down
    return is_chosen_by_states(table, dimension) and _is_listed(code, cell)


def _is_listed(code: str, cell: TrueCell) -> bool:
    """A code that its state listed itself: no total, no group, and own nationals only
    where reported.
    """
    if code == TOTAL or code.startswith(GROUP_PREFIX):
        return False
    return code != OWN_NATIONALS or cell.origin == "reported"


def _children(dimension: Dimension) -> dict[str, list[str]]:
    """Codes by the nearest code above them that the table uses."""
    used = {c.code for c in dimension.codes}
    found: dict[str, list[str]] = defaultdict(list)
    for code in dimension.codes:
        parent = code.parent
        while parent and parent not in used:
            parent = dimension.codelist[parent].parent
        if parent:
            found[parent].append(code.code)
    return dict(found)


def _present(
    code: str, children: Mapping[str, Sequence[str]], *, line: Mapping[str, str]
) -> list[str]:
    """The parts of a code that have a number; a part without one stands aside for its
    own parts.
    """
    found: list[str] = []
    for child in children.get(code, ()):
        found += [line[child]] if child in line else _present(child, children, line=line)
    return found


def _shared(
    tables: Mapping[str, Table], of_states: Mapping[str, Sequence[str]], *, keys: Mapping[str, Key]
) -> Iterator[tuple[str, str]]:
    """The same count in two tables with the same total. Tables that are both tied to a
    third share what that has.
    """
    tied: dict[str, dict[str, Mapping[str, str]]] = defaultdict(dict)
    for table in tables.values():
        for identity in table.identities:
            if identity.same_total_as:
                tied[identity.same_total_as][table.name] = dict(identity.at)
    for first, others in sorted(tied.items()):
        common = [d.name for d in tables[first].dimensions]
        margins = {
            n: _margin(
                tables[n], common, at=others.get(n, {}), names=of_states.get(n, ()), keys=keys
            )
            for n in (first, *sorted(others))
        }
        for one, other in combinations(margins, 2):
            for at in margins[one].keys() & margins[other].keys():
                if one == first or at not in margins[first]:
                    yield margins[other][at], margins[one][at]


def _margin(
    table: Table,
    common: Sequence[str],
    *,
    at: Mapping[str, str],
    names: Iterable[str],
    keys: Mapping[str, Key],
) -> dict[tuple[str, ...], str]:
    """Cells that are total in all but the common dimensions, by state, year and these.
    The whole table stands at the codes `at` of dimensions that it does not have.
    """
    found = {}
    for name in names:
        codes = dict(zip(table.key_dimensions, keys[name].codes, strict=True))
        if all(codes[d.name] == TOTAL for d in table.dimensions if d.name not in common):
            found[
                keys[name].codes[0],
                keys[name].codes[1],
                *(codes.get(d, at.get(d, TOTAL)) for d in common),
            ] = name
    return found
