"""Which marks of doubt may a version show? Figures under query and blocks in conflict,
where what they tell is public.

A mark says that a figure disagrees with others. A protected version shows it only where
it shows all of these figures: the mark then tells nothing that its readers could not
see. A part in question whose whole cannot be shown beside it is withheld with it,
because nobody could be told what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from pipeline.cells import TOTAL, Key
from pipeline.contracts.model import Contracts, Table
from pipeline.findings import Finding


@dataclass(frozen=True)
class Conflict:
    """A whole of a state and year, a part above it, and the parts that would stand in
    its place (none where they are not all numbers). All are keys. `resolution` and
    `reason` are what the state answered; empty while it is open.
    """

    state: str
    year: int
    whole: str
    whole_cube: str
    part_cube: str
    dimensions: tuple[str, ...]
    part: str
    parts: tuple[str, ...]
    resolution: str
    reason: str

    @property
    def told(self) -> frozenset[str]:
        """The figures that whoever hears of the conflict must see."""
        return frozenset({self.whole, self.part})


def shown_without_doubtful(
    shown: Collection[str],
    conflicts: Iterable[Conflict],
    *,
    doubtful: Mapping[str, Collection[str]],
) -> frozenset[str]:
    """What a protected version shows once parts in question are gone whose conflict it
    cannot tell.

    `doubtful` gives for each part in question the wholes that it exceeds or belongs to.
    A conflict may lose its largest part by another one, so this is asked again until
    nothing changes.
    """
    left = set(shown)
    conflicts = list(conflicts)
    while True:
        told = {c.whole for c in conflicts if c.told <= left}
        gone = {
            part for part, wholes in doubtful.items() if part in left and not set(wholes) & told
        }
        if not gone:
            return frozenset(left)
        left -= gone


def visible_conflicts(conflicts: Iterable[Conflict], shown: Collection[str]) -> list[Conflict]:
    """The conflicts whose figures are all shown; the parts that stand for the whole
    only where all of them are.
    """
    return [
        c if set(c.parts) <= set(shown) else Conflict(**{**c.__dict__, "parts": ()})
        for c in conflicts
        if c.told <= set(shown)
    ]


def queried_keys(
    findings: Iterable[Finding],
    contracts: Contracts,
    *,
    present: Collection[str],
    shown: Collection[str] | None,
) -> frozenset[str]:
    """Keys that a state was asked about. `present` are the keys that have a figure;
    with `shown`, only those for which everything that the rule looked at is shown.
    """
    asked = [f for f in findings if f.severity == "query" and f.key]
    if shown is None:
        return frozenset(f.key for f in asked)
    return frozenset(
        f.key
        for f in asked
        if (looked_at := _looked_at(f.rule, Key.parse(f.key), contracts=contracts, present=present))
        and looked_at <= set(shown)
    )


def _looked_at(rule: str, key: Key, *, contracts: Contracts, present: Collection[str]) -> set[str]:
    """The figures that a rule compared with each other; none where it looked at
    something that is not published.
    """
    table, (_, place, what) = contracts.table(key.cube), (*rule.split("."), "", "")[:3]
    if (place, what) == ("value", "change"):
        return {str(key), str(key.at(year=key.year - 1))}
    if what in ("sum", "at_most"):
        return {str(key), *(k for k in _children(table, key, dimension=place) if k in present)}
    if what.startswith("same_as_"):
        return {str(key), *_twins(contracts, table, key=key, other=what.removeprefix("same_as_"))}
    return set()


def _children(table: Table, key: Key, *, dimension: str) -> list[str]:
    """The cells one step below a whole in a dimension."""
    at = table.key_dimensions.index(dimension)
    codes = table.dimension(dimension)
    below = [c.code for c in codes.codes if codes.parent_of(c) == key.codes[at]]
    return [str(Key(key.cube, (*key.codes[:at], code, *key.codes[at + 1 :]))) for code in below]


def _twins(contracts: Contracts, table: Table, *, key: Key, other: str) -> list[str]:
    """The same count in the other table."""
    codes = dict(zip(table.key_dimensions, key.codes, strict=True))
    fixed = {d: c for i in table.identities if i.same_total_as == other for d, c in i.at}
    twin = contracts.table(other)
    return [str(twin.key({d: codes.get(d, fixed.get(d, TOTAL)) for d in twin.key_dimensions}))]
