"""What does the choice itself tell? An attacker who runs the public program on every
table that fits what was published, and leaves out those that give another pattern.

Asked for each group of withheld cells that sums tie together, as far as its tables can be
counted out; all other groups are held at their true figures, which helps the attacker.
Before: the choice without a secret, which anybody can repeat. After: with a secret that
the attacker does not know, who can only see how often chance gives the pattern.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.contracts.model import Contracts
from pipeline.contracts.policy import Policy
from pipeline.disclosure.choose.choose import choose
from pipeline.disclosure.choose.components import split
from pipeline.disclosure.choose.decide import Chooser
from pipeline.disclosure.choose.linked import Demand, Knower, System
from pipeline.disclosure.choose.prices import order_of, priced
from pipeline.disclosure.choose.system import Secrets, build_system, find_secrets
from pipeline.disclosure.prove import peel as narrowing
from pipeline.disclosure.prove import system as unknowns

MOST_CELLS = 12  # of a group that is counted out
MOST_TABLES = 60  # that fit it
World = dict[int, int]  # withheld cell -> what it is in a table that fits


@dataclass(frozen=True)
class Group:
    """Withheld cells that move together, all tables that fit, and the cells around them on
    which a pattern is compared.
    """

    cells: tuple[int, ...]
    worlds: tuple[World, ...]
    around: np.ndarray
    sensitive: tuple[int, ...]


@dataclass(frozen=True)
class Left:
    """Values of a sensitive cell that stay possible: by the sums, and by the choice."""

    name: str
    by_sums: frozenset[int]
    by_choice: frozenset[int]


class Attack:
    """What an attacker has: the program, the pattern that was published, the policy."""

    def __init__(self, chooser: Chooser, contracts: Contracts, policy: Policy) -> None:
        self.chooser, self.contracts, self.policy = chooser, contracts, policy
        self.hidden = chooser.pattern.hidden
        self.system = self._built(chooser.secrets, policy)
        self.counts_persons = np.array(
            [
                policy.table(chooser.linked.cells[n].key.cube).counts_persons
                for n in self.system.names
            ]
        )
        everything = replace(
            policy,
            tables={k: replace(t, threshold=10**9) for k, t in policy.tables.items()},
        )
        every = find_secrets(
            chooser.linked,
            everything,
            version=chooser.version,
            day=chooser.day,
            given_up=chooser.secrets.given_up,
        )
        # What is asked of each cell where it is small.
        self.asked = self._built(every, everything)
        parts, _ = split(self.system)
        self.part_of = {int(c): part.cells for part in parts for c in part.cells}

    def _built(self, secrets: Secrets, policy: Policy) -> System:
        chooser = self.chooser
        return build_system(
            chooser.linked,
            secrets,
            contracts=self.contracts,
            policy=policy,
            round_=chooser.round,
            holders=chooser.version.holders,
        )

    def groups(self) -> Iterator[Group]:
        """Groups of withheld cells whose tables can be counted out, with a sensitive one."""
        system = self.system
        sums = system.rows
        value = system.value.astype(np.int64)
        around = unknowns.System(
            value,
            np.where(self.hidden, system.low, value).astype(np.int64),
            np.where(self.hidden, system.high, value).astype(np.int64),
            sums.indptr.astype(np.int64),
            sums.indices.astype(np.int64),
            sums.data.astype(np.int64),
            system.row_low.astype(np.int64),
            system.row_high.astype(np.int64),
        )
        tight = narrowing.tighten(around)
        rest, where = tight.only(tight.low < tight.high)
        label = narrowing.components(rest)
        demanded = {d.cell for d in system.demands}
        for number in np.unique(label):
            inside = np.flatnonzero(label == number)
            cells = tuple(int(c) for c in where[inside])
            sensitive = tuple(c for c in cells if c in demanded)
            if len(cells) > MOST_CELLS or not sensitive or cells[0] not in self.part_of:
                continue
            worlds = tuple(_tables(rest, inside))
            if 1 < len(worlds) <= MOST_TABLES:
                found = tuple(dict(zip(cells, table, strict=True)) for table in worlds)
                near = sums.indices[
                    np.isin(
                        np.repeat(np.arange(sums.shape[0]), np.diff(sums.indptr)),
                        np.unique(sums.tocsc()[:, list(cells)].indices),
                    )
                ]
                yield Group(cells, found, np.unique(near), sensitive)

    def left(
        self, group: Group, secrets: Sequence[bytes] = (b"",), *, everywhere: bool = False
    ) -> list[Left]:
        """The values of each sensitive cell of a group in tables that give the published
        pattern, with any of these secrets: around the group, or in all that hangs together
        with it.
        """
        if everywhere:
            group = replace(group, around=self.part_of[group.cells[0]])
        kept = [w for w in group.worlds if any(self.gives(group, w, secret=s) for s in secrets)]
        return [
            Left(
                self.system.names[c],
                frozenset(w[c] for w in group.worlds),
                frozenset(w[c] for w in kept),
            )
            for c in group.sensitive
        ]

    def gives(self, group: Group, world: World, *, secret: bytes = b"") -> bool:
        """Whether a table gives the pattern that was published, around its group."""
        chooser = self.chooser
        system = priced(
            self._with(world, self.part_of[group.cells[0]]), secret, edition=chooser.edition
        )
        pattern = choose(
            system,
            preferred=np.zeros(len(system.names), dtype=bool),
            seed=order_of(secret, edition=chooser.edition),
        )
        return bool((pattern.hidden == self.hidden)[group.around].all())

    def _with(self, world: World, part: np.ndarray) -> System:
        """The system as it would be with other figures, asked about one part alone."""
        system = self.system
        value = system.value.copy()
        for cell, count in world.items():
            value[cell] = count
        small = self.counts_persons & (value > 0) & (value < self._threshold(system.names))
        secrets = self.chooser.secrets
        others = secrets.few | secrets.given_up
        hidden = small | np.array([n in others for n in system.names])
        here = np.zeros(len(value), dtype=bool)
        here[part] = True
        known_to = tuple(
            Knower(k.name, k.knows, tuple(_small(k.demands, small & here, value)))
            for k in self.asked.known_to
        )
        return replace(
            system,
            value=value,
            loss=system.loss * (1 + np.log1p(value)) / (1 + np.log1p(system.value)),
            hidden=hidden,
            demands=tuple(_small(self.asked.demands, small & here, value)),
            known_to=known_to,
        )

    def _threshold(self, names: Sequence[str]) -> int:
        return self.policy.table(self.chooser.linked.cells[names[0]].key.cube).threshold


def _small(demands: Iterable[Demand], small: np.ndarray, value: np.ndarray) -> Iterator[Demand]:
    for d in demands:
        if small[d.cell]:
            yield replace(d, high=min(max(int(value[d.cell]), 4), d.high))


def _tables(system: unknowns.System, inside: np.ndarray) -> Iterator[tuple[int, ...]]:
    """All whole-numbered tables of a group, cell by cell, as long as its sums can hold;
    one more than MOST_TABLES at most.
    """
    rows = np.unique(system.entry_row[np.isin(system.cell, inside)])
    own = system.only(np.isin(np.arange(len(system.value)), inside))[0]
    assert len(own.row_low) == len(rows)
    if int(own.high.max()) > 10**6:
        return
    waiting = [(own.low.copy(), own.high.copy())]
    found = 0
    steps = 0
    while waiting and found <= MOST_TABLES and steps < 5000:
        steps += 1
        low, high = waiting.pop()
        tight = narrowing.tighten(own.bounded(low, high))
        if np.any(tight.low > tight.high):
            continue
        open_ = np.flatnonzero(tight.low < tight.high)
        if not len(open_):
            total = tight.activity(tight.low)
            if np.all((own.row_low <= total) & (total <= own.row_high)):
                found += 1
                yield tuple(tight.low.tolist())
            continue
        cell = open_[np.argmin((tight.high - tight.low)[open_])]
        middle = (tight.low[cell] + tight.high[cell]) // 2
        upper, lower = tight.low.copy(), tight.high.copy()
        upper[cell], lower[cell] = middle + 1, middle
        waiting += [(tight.low, lower), (upper, tight.high)]


def secrets_of(count: int) -> list[bytes]:
    """Secrets that an attacker could try."""
    return [hashlib.sha256(f"guess {n}".encode()).digest() for n in range(count)]
