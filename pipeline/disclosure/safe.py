"""Which cells may the public version show? The first safe form: when in doubt, withhold.

A cell of a table without sensitivity is shown unless its sender bound it. In a sensitive table (small counts of
persons) only regional cells and state totals are candidates, and a candidate is shown only when every part of it and
every complement is 5 or more, or 0, which is a count of nobody. What is then still open by plain subtraction (one
hidden part beside a shown total) is closed by hiding the smallest shown neighbour. Everything else is withheld, `c`.
A cell that its sender bound takes with it every total it is in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from pipeline.cells import REGION, TOTAL, Key
from pipeline.contracts.model import Contracts, Table

THRESHOLD = 5
MIN_CONTRIBUTORS = 3
CONSTANT = "SELEC_FIX"
REGIONS = (REGION, CONSTANT)
Sum = tuple[str, list[str]]  # a whole and its parts, as keys


@dataclass(frozen=True)
class Candidate:
    """What the rule needs to know of a cell: its value, statuses, and the keys that add up to it."""

    key: Key
    value: Decimal | None
    obs_status: str
    conf_status: str
    parts: tuple[str, ...] = ()


def is_small(value: Decimal) -> bool:
    """A count that could point at a person: more than nobody, fewer than the threshold."""
    return 0 < value < THRESHOLD


def choose_public(cells: Iterable[Candidate], contracts: Contracts) -> set[str]:
    """Keys that the public version may show with their value. Everything else with a value is withheld."""
    by_cube: dict[str, list[Candidate]] = defaultdict(list)
    everything = {str(c.key): c for c in cells}
    for cell in everything.values():
        by_cube[cell.key.cube].append(cell)
    sensitive = {t.name: t for t in contracts.tables if t.sensitivity != "none"}
    shown: set[str] = set()
    for cube, members in sorted(by_cube.items()):
        if cube in sensitive:
            shown |= _choose_sensitive(sensitive[cube], members, everything)
        else:
            bound = _bound_with_totals(contracts, members)
            shown |= {str(c.key) for c in members if c.value is not None and str(c.key) not in bound}
    return shown


def _bound_with_totals(contracts: Contracts, cells: list[Candidate]) -> set[str]:
    """Cells that their sender bound, and every total they are in, up to the region's: beside a shown total and the
    other parts, which are all shown in a table without sensitivity, a bound cell could be worked out."""
    bound = {str(c.key) for c in cells if c.conf_status != "F"}
    if not bound:
        return bound
    wholes: dict[str, list[str]] = defaultdict(list)
    for cell in cells:
        for part in cell.parts:
            wholes[part].append(str(cell.key))
    for parent, children in _families(contracts.table(cells[0].key.cube), {str(c.key): c for c in cells}):
        for child in children:
            wholes[child].append(parent)
    waiting = list(bound)
    while waiting:
        more = [w for w in wholes[waiting.pop()] if w not in bound]
        bound.update(more)
        waiting += more
    return bound


def _is_free(cell: Candidate, everything: Mapping[str, Candidate]) -> bool:
    """No sender bound the cell or any cell that is in it."""
    parts = [everything[p] for p in cell.parts if p in everything]
    return cell.value is not None and all(c.conf_status == "F" for c in [cell, *parts])


def _is_state_total(table: Table, key: Key) -> bool:
    codes = key.codes[2:]
    return all(code == TOTAL or not d.has_total for d, code in zip(table.dimensions, codes, strict=True))


def _choose_sensitive(table: Table, cells: list[Candidate], everything: Mapping[str, Candidate]) -> set[str]:
    linked = any(i.same_total_as for i in table.identities)  # its totals are shown by the table it is linked to
    by_state_year: dict[tuple[str, str], list[Candidate]] = defaultdict(list)
    for cell in cells:
        by_state_year[cell.key.codes[:2]].append(cell)  # type: ignore[index]
    shown: set[str] = set()
    for cell in cells:
        if not _is_free(cell, everything) or cell.value is None:
            continue
        if cell.key.state in REGIONS:
            if _region_is_safe(cell, everything):
                shown.add(str(cell.key))
        elif (
            not linked
            and _is_state_total(table, cell.key)
            and _state_total_is_safe(table, cell, by_state_year[cell.key.codes[:2]])  # type: ignore[index]
        ):
            shown.add(str(cell.key))
    families = _families(table, {str(c.key): c for c in cells if c.key.state in REGIONS and c.value is not None})
    sums = _regional_sums(families, cells)
    before: set[str] = set()
    while before != shown:  # what one step hides may open a sum that another had closed
        before = set(shown)
        _close_parts(families, everything, shown)
        _close_states(cells, shown, everything)
        _close_sums(sums, everything, shown)
    return shown


def _region_is_safe(cell: Candidate, everything: Mapping[str, Candidate]) -> bool:
    values = [everything[p].value for p in cell.parts]
    return len(values) >= MIN_CONTRIBUTORS and not any(v is None or is_small(v) for v in values)


def _state_total_is_safe(table: Table, total: Candidate, cells: list[Candidate]) -> bool:
    """Every part within the total and every complement must be nobody or at least the threshold."""
    assert total.value is not None
    if is_small(total.value):
        return False
    for part in cells:
        inside = all(t in (TOTAL, p) for t, p in zip(total.key.codes[2:], part.key.codes[2:], strict=True))
        if part is total or not inside:
            continue
        if part.obs_status == "Q" or (part.value is not None and is_small(part.value)):
            return False
        if part.value is not None and is_small(abs(total.value - part.value)):
            return False
    return True


def _close_parts(families: list[Sum], everything: Mapping[str, Candidate], shown: set[str]) -> None:
    """Regional tables: beside a shown total no small complement."""
    changed = True
    while changed:
        changed = False
        for parent, children in families:
            known = [k for k in children if k in shown]
            if parent in shown and known and _leaves_small(everything, parent, known):
                shown.discard(_smallest(known, everything))
                changed = True


def _leaves_small(everything: Mapping[str, Candidate], parent: str, known: list[str]) -> bool:
    total, values = _value(everything[parent]), [_value(everything[k]) for k in known]
    return is_small(total - sum(values)) or any(is_small(abs(total - v)) for v in values)


def _close_sums(sums: list[Sum], everything: Mapping[str, Candidate], shown: set[str]) -> None:
    """No hidden cell may follow from shown ones by subtraction, also not in several steps.

    A regional cell whose states are all shown is no secret: it stays known, and what follows from it counts.
    """
    by_cell: dict[str, list[Sum]] = defaultdict(list)
    for whole, parts in sums:
        for key in (whole, *parts):
            by_cell[key].append((whole, parts))
    waiting, known = list(sums), set(shown)
    while waiting:
        whole, parts = waiting.pop()
        unknown = [k for k in (whole, *parts) if k not in known]
        if len(unknown) != 1:
            continue
        members = everything[unknown[0]].parts
        if members and all(p in shown for p in members):
            known.add(unknown[0])
            waiting += by_cell[unknown[0]]
            continue
        neighbours = [k for k in parts if k in shown] or [whole] * (whole in shown)
        if not neighbours:  # every neighbour is known only as the sum of its states
            neighbours = [p for k in (whole, *parts) if k != unknown[0] for p in everything[k].parts]
        shown.discard(_smallest(neighbours, everything))
        waiting, known = list(sums), set(shown)


def _smallest(keys: Iterable[str], everything: Mapping[str, Candidate]) -> str:
    return min(keys, key=lambda k: (_value(everything[k]), k))


def _regional_sums(families: list[Sum], cells: list[Candidate]) -> list[Sum]:
    """Families of regional cells, regional cells over their states, the region over constant composition and rest."""
    regional = {str(c.key): c for c in cells if c.key.state in REGIONS and c.value is not None}
    sums = families + [(k, list(c.parts)) for k, c in sorted(regional.items()) if c.parts]
    for text, cell in sorted(regional.items()):
        constant = str(cell.key.at(state=CONSTANT))
        if cell.key.state == REGION and constant in regional:
            inside = set(regional[constant].parts)
            sums.append((text, [constant, *(p for p in cell.parts if p not in inside)]))
    return sums


def _families(table: Table, cells: Mapping[str, Candidate]) -> list[Sum]:
    """For every one of these cells and dimension: the cells one level below it in the code list."""
    parents: dict[tuple[str, str], list[str]] = defaultdict(list)
    for text, cell in sorted(cells.items()):
        for position, dimension in enumerate(table.dimensions, 2):
            code = cell.key.codes[position]
            parent = dimension.codelist[code].parent
            if parent:
                codes = (*cell.key.codes[:position], parent, *cell.key.codes[position + 1 :])
                parents[str(Key(cell.key.cube, codes)), dimension.name].append(text)
    return [(parent, children) for (parent, _), children in sorted(parents.items()) if parent in cells]


def _close_states(cells: list[Candidate], shown: set[str], everything: Mapping[str, Candidate]) -> None:
    """A regional cell beside shown states must leave nobody, or at least two states with enough persons, hidden."""
    for cell in sorted((c for c in cells if c.key.state == REGION), key=lambda c: str(c.key)):
        if str(cell.key) not in shown:
            continue
        while True:
            hidden = [p for p in cell.parts if p not in shown]
            if _leaves_nobody_or_enough(hidden, everything):
                break
            open_states = [p for p in cell.parts if p in shown]
            if not open_states:
                shown.discard(str(cell.key))
                break
            shown.discard(min(open_states, key=lambda k: (_value(everything[k]), k)))
    for cell in sorted((c for c in cells if c.key.state == CONSTANT), key=lambda c: str(c.key)):
        region = everything.get(str(cell.key.at(state=REGION)))
        if str(cell.key) in shown and not _constant_is_safe(region, cell, shown, everything):
            shown.discard(str(cell.key))


def _constant_is_safe(
    region: Candidate | None, constant: Candidate, shown: set[str], everything: Mapping[str, Candidate]
) -> bool:
    """Neither the states in the sum nor, beside a shown region, those outside it may come down to one hidden state."""
    inside = [p for p in constant.parts if p not in shown]
    beside = region.parts if region and str(region.key) in shown else ()
    outside = [p for p in beside if p not in constant.parts and p not in shown]
    return all(_leaves_nobody_or_enough(group, everything) for group in (inside, outside))


def _leaves_nobody_or_enough(hidden: list[str], everything: Mapping[str, Candidate]) -> bool:
    persons = _sum(hidden, everything)
    return not persons or (len(hidden) >= 2 and persons >= 2 * THRESHOLD)


def _value(cell: Candidate) -> Decimal:
    assert cell.value is not None
    return cell.value


def _sum(keys: Iterable[str], everything: Mapping[str, Candidate]) -> Decimal:
    return sum((_value(everything[k]) for k in keys), Decimal(0))
