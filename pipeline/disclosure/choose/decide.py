"""Which cells does a protected version show, and why is each other one withheld?

The methods in their order, each only where the one before does not do: hide complements
over the whole linked system; give up breakdowns of a table that would be mostly
withheld; withhold its cells of single states. A sensitive cell that no method protects
stops the release.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from pipeline.cells import REGIONS, TOTAL
from pipeline.contracts.model import Contracts, Table
from pipeline.contracts.policy import Policy, VersionRule
from pipeline.disclosure.choose.before import left_open
from pipeline.disclosure.choose.choose import choose, strengthen
from pipeline.disclosure.choose.holders import look_back
from pipeline.disclosure.choose.lanes import Keeping, forget
from pipeline.disclosure.choose.linked import Pattern, System
from pipeline.disclosure.choose.prices import order_of, priced
from pipeline.disclosure.choose.reasons import (
    AS_BEFORE,
    BOUND,
    FEW,
    GIVEN_UP,
    LEFT_OUT,
    PROTECTS,
    SMALL,
    SUPPRESSED,
)
from pipeline.disclosure.choose.rows import rows_beside_a_total
from pipeline.disclosure.choose.system import (
    Linked,
    PublishedEdition,
    Secrets,
    build_system,
    find_secrets,
    given_away,
    link,
)
from pipeline.errors import DisclosureError
from pipeline.numbers.true_cells import TrueCell
from pipeline.system.progress import Progress, silent


@dataclass(frozen=True)
class Withheld:
    """Why a cell is not shown: a reason, and for an added cell the sensitive cells it
    protects.
    """

    reason: str
    protects: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableCount:
    """What is left of a table: cells that count, withheld by their own nature, added,
    given up, and the share of the table's total over single states that can still be
    seen.
    """

    cells: int
    primary: int
    secondary: int
    given_up: int
    visible_percent: float | None


@dataclass(frozen=True)
class Decision:
    """The keys a version shows, why the others are withheld, and what the analyst
    should know.
    """

    shown: frozenset[str]
    withheld: Mapping[str, Withheld]
    tables: Mapping[str, TableCount]
    # table -> breakdowns given up for single states; "state" for all
    coarsened: Mapping[str, tuple[str, ...]]
    already_public: tuple[str, ...]  # shown by an earlier edition, so shown again
    # withheld, but earlier editions left less open than the policy demands
    given_away: tuple[str, ...]
    # withheld with their row: the version has no line for them
    left_out: frozenset[str] = frozenset()


class Chooser:
    """Decides for one version of a round; asked again when a cell could not be proven
    safe.
    """

    def __init__(
        self,
        cells: Mapping[str, TrueCell],
        editions: Sequence[PublishedEdition],
        *,
        contracts: Contracts,
        policy: Policy,
        version: VersionRule,
        round_: int,
        day: date,
        progress: Progress = silent,
        again: Sequence[PublishedEdition] = (),
        secret: bytes = b"",
        keeping: Keeping = forget,
    ) -> None:
        """`again` are the newest editions of this very version and round, one a report:
        while every figure they showed is unchanged, the same cells are shown, whatever
        changed behind them. `keeping` puts down what is proven of large parts meanwhile.
        """
        self.contracts, self.policy, self.version, self.round, self.day = (
            contracts,
            policy,
            version,
            round_,
            day,
        )
        self.progress, self.keeping, self.secret = progress, keeping, secret
        self.edition = f"{version.name}-{round_}"
        self.cells, self.editions = cells, editions
        self.left_out = self._rows_left_out()
        self.linked: Linked = link(
            cells, editions, contracts=contracts, policy=policy, left_out=self.left_out
        )
        self.single_states = self._single_states()
        self.steps: Counter[str] = Counter()  # table -> steps of coarsening taken
        # what earlier editions left of cells that failed
        self.left_open: dict[str, tuple[int, int]] = {}
        self.left_to: dict[tuple[str, str], tuple[int, int]] = {}  # the same for holders
        self.kept = _shown_again(cells, again)
        self._choose()

    def _choose(self) -> None:
        """Choose a pattern; take the next step of every table that would be mostly
        withheld, and choose again.
        """
        while True:
            self.progress("choosing what to withhold")
            self.given_up = self._given_up()
            self.secrets: Secrets = find_secrets(
                self.linked, self.policy, version=self.version, day=self.day, given_up=self.given_up
            )
            system = build_system(
                self.linked,
                self.secrets,
                contracts=self.contracts,
                policy=self.policy,
                round_=self.round,
                left_open=self.left_open,
                holders=self.version.holders,
                left_to=self.left_to,
            )
            self.system: System = priced(system, self.secret, edition=self.edition)
            before = np.array([n in self.linked.hidden_before for n in self.system.names])
            self.pattern: Pattern = (
                choose(
                    self.system,
                    before,
                    seed=order_of(self.secret, edition=self.edition),
                    progress=self.progress,
                    keeping=self.keeping,
                )
                if self.system.demands
                else Pattern(self.system.hidden.copy())
            )
            if not self._look_back() and not self._coarsen():
                return

    def _rows_left_out(self) -> frozenset[str]:
        """Rows that would tell beside their total, and those that an edition with the
        same cells left out. A row that any edition named is known to be there, whatever
        is left out now.
        """
        found = set(rows_beside_a_total(self.cells.values(), self.contracts))
        for edition in self.editions:
            found |= {
                k for k in edition.left_out if k in self.cells and self.cells[k].is_suppressed
            }
        return frozenset(found).difference(*(e.named for e in self.editions))

    def _look_back(self) -> bool:
        """See what earlier editions left open of cells without protection. Returns
        whether that was news.
        """
        names = self.system.names
        failed = [
            i
            for i in self.pattern.unprotected
            if names[i] not in self.left_open and "" in self.pattern.lost_to.get(i, ("",))
        ]
        if not self.pattern.unprotected or not self.linked.shown_before:
            return False
        known = np.array([n in self.linked.shown_before for n in names])
        told = look_back(self.system, self.pattern, known=known, seen=self.left_to)
        self.left_to |= told
        if not failed:
            return bool(told)
        self.left_open |= {
            names[i]: r for i, r in left_open(self.system, known, cells=failed).items()
        }
        return True

    def _coarsen(self) -> bool:
        """Take a step of coarsening where it is due. Returns whether any table had one
        left.
        """
        if self.kept is not None:
            return False
        due = {self.linked.cells[self.system.names[i]].key.cube for i in self.pattern.unprotected}
        hidden = {n for n, h in zip(self.system.names, self.pattern.hidden, strict=True) if h}
        for cube, names in self.single_states.items():
            kept = [n for n in names if n not in self.given_up]
            if len(kept) and sum(n in hidden for n in kept) > self.policy.coarsen_above * len(kept):
                due.add(cube)
        taken = [c for c in sorted(due) if self.steps[c] <= len(self.policy.table(c).coarsen)]
        for cube in taken:
            self.steps[cube] += 1
        return bool(taken)

    def _single_states(self) -> dict[str, list[str]]:
        """Cells of single states that are not zero, by table, of this release."""
        found: dict[str, list[str]] = defaultdict(list)
        for name in sorted(self.linked.current):
            cell = self.linked.cells[name]
            if cell.key.state not in REGIONS and cell.value != 0:
                found[cell.key.cube].append(name)
        return found

    def _given_up(self) -> frozenset[str]:
        """Cells of single states in a breakdown that is no longer published, or all
        that this round's editions hid.
        """
        if self.kept is not None:
            return self.linked.current - self.kept
        found = set()
        for cube, steps in self.steps.items():
            rule = self.policy.table(cube)
            table = self.contracts.table(cube)
            for name in self.single_states.get(cube, []):
                cell = self.linked.cells[name]
                given_up = any(
                    _is_broken_down(table, cell, dimensions=step) for step in rule.coarsen[:steps]
                )
                if given_up or steps > len(rule.coarsen):
                    found.add(name)
        return frozenset(found)

    def protect_more(self, names: Sequence[str]) -> None:
        """Hide more for cells that an audit could not prove safe. Raises
        DisclosureError for cells not known here.
        """
        index = {n: i for i, n in enumerate(self.system.names)}
        unknown = [n for n in names if n not in index]
        if unknown:
            raise DisclosureError(
                "\n".join(
                    f"{n} could not be proven safe, and nothing can be withheld for it"
                    for n in unknown
                ),
                where=f"{self.version.name} version of {self.round}",
                do=(
                    "build the round again; where that does not help, compare the register with"
                    " what was released"
                ),
            )
        self.pattern = strengthen(self.system, self.pattern, cells=[index[n] for n in names])

    def moves(self) -> list[dict[str, int]]:
        """Changes of hidden cells, by name, that agree with all that is shown: how the
        pattern was found, and a hint for whoever proves it.
        """
        return [m.named(self.system.names) for m in self.pattern.moves]

    def decision(self) -> Decision:
        """What came out. Raises DisclosureError naming every cell that cannot be
        protected.
        """
        names = self.system.names
        if self.pattern.unprotected:
            raise DisclosureError(
                self._unprotected(),
                do="see docs/background/disclosure.md, 'When a cell cannot be protected'",
            )
        hidden = {
            n
            for n, h in zip(names, self.pattern.hidden, strict=True)
            if h and n in self.linked.current
        }
        shown = self.linked.current - hidden
        for name in sorted(hidden & self.secrets.few - self.given_up):
            parts = self.linked.cells[name].parts
            if parts and name not in self.secrets.small and all(p in shown for p in parts):
                shown |= {name}  # a sum of shown cells is no secret, however few states are in it
        index = {n: i for i, n in enumerate(names)}
        withheld = {n: self._why(n, index[n]) for n in sorted(self.linked.current - shown)}
        public = sorted(n for n in self.secrets.small | self.secrets.bound if n in shown)
        return Decision(
            frozenset(shown),
            withheld,
            self._counts(shown, withheld),
            self._coarsened(),
            tuple(public),
            tuple(given_away(self.linked, self.system, policy=self.policy)),
            self.left_out,
        )

    def _why(self, name: str, place: int) -> Withheld:
        cell = self.linked.cells[name]
        secrets = self.secrets
        if cell.is_suppressed:
            return Withheld(LEFT_OUT if name in self.left_out else SUPPRESSED)
        if name in secrets.bound:
            return Withheld(BOUND)
        if name in secrets.small:
            return Withheld(SMALL)
        if name in secrets.few:
            return Withheld(FEW)
        if name in secrets.given_up:
            return Withheld(GIVEN_UP if self.kept is None else AS_BEFORE)
        protects = self.pattern.protects.get(place, ())
        return Withheld(PROTECTS, tuple(sorted(self.system.names[i] for i in protects)))

    def _counts(
        self, shown: frozenset[str], withheld: Mapping[str, Withheld]
    ) -> dict[str, TableCount]:
        counts = {}
        members: dict[str, list[str]] = defaultdict(list)
        for name in sorted(self.linked.current):
            members[self.linked.cells[name].key.cube].append(name)
        for cube, names in sorted(members.items()):
            reasons = Counter(withheld[n].reason for n in names if n in withheld)
            secondary = reasons[PROTECTS] + reasons[AS_BEFORE]
            given_up = reasons[GIVEN_UP]
            primary = sum(reasons.values()) - secondary - given_up
            totals = [n for n in names if self._is_state_total(n)]
            whole = sum(self.linked.values[n] for n in totals)
            seen = sum(self.linked.values[n] for n in totals if n in shown)
            counts[cube] = TableCount(
                len(names),
                primary,
                secondary,
                given_up,
                round(float(seen / whole * 100), 1) if whole else None,
            )
        return counts

    def _is_state_total(self, name: str) -> bool:
        cell = self.linked.cells[name]
        table = self.contracts.table(cell.key.cube)
        at_total = (
            c == TOTAL or not d.has_total
            for d, c in zip(table.dimensions, cell.key.codes[2:], strict=True)
        )
        return cell.key.state not in REGIONS and all(at_total)

    def _coarsened(self) -> dict[str, tuple[str, ...]]:
        found = {}
        for cube, steps in sorted(self.steps.items()):
            rule = self.policy.table(cube)
            given = tuple(" x ".join(step) for step in rule.coarsen[:steps])
            found[cube] = (*given, "state") if steps > len(rule.coarsen) else given
        return found

    def _unprotected(self) -> str:
        lines = []
        for i in self.pattern.unprotected:
            name = self.system.names[i]
            beside = sorted(
                {
                    f"{n} (edition {self.linked.shown_before[n]})"
                    for s in self.linked.sums
                    if name in (s.whole, *s.parts)
                    for n in (s.whole, *s.parts)
                    if n in self.linked.shown_before
                }
            )
            known = f" beside what was published: {', '.join(beside)}" if beside else ""
            lines.append(f"{name} cannot be protected{known}")
        return "\n".join(lines)


def _shown_again(
    cells: Mapping[str, TrueCell], again: Sequence[PublishedEdition]
) -> frozenset[str] | None:
    """What the editions of this round showed, where that is all of the release and no
    figure of it changed.
    """
    before = {k: c for edition in again for k, c in edition.cells.items()}
    shown = frozenset(k for edition in again for k in edition.shown if k in before)
    if not {k for k, c in cells.items() if c.counts} <= set(before):
        return None
    return shown if all(k in cells and cells[k].value == before[k].value for k in shown) else None


def _is_broken_down(table: Table, cell: TrueCell, *, dimensions: Sequence[str]) -> bool:
    """Whether the cell is a part in all of the dimensions at once; groups of an open
    list stand for its parts.
    """
    if cell.origin == "group":
        return False
    codes = dict(zip((d.name for d in table.dimensions), cell.key.codes[2:], strict=True))
    return all(codes[d] != TOTAL for d in dimensions)
