"""What would readers be shown under another entry of the policy? Every option chosen,
proven and counted, so that somebody can decide.

An option is one entry changed: against whom a version is proven, how much of a table
may be withheld before a breakdown is given up, from which count on a figure is shown.
Each goes the whole way of a release in a folder that is thrown away afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.cells import REGIONS
from pipeline.contracts.holders import groups_of_holders
from pipeline.contracts.model import Contracts
from pipeline.contracts.policy import Policy, TableRule, load_policy
from pipeline.disclosure.protect import Figures, Protected, figures_of, protect_versions
from pipeline.errors import DisclosureError
from pipeline.numbers.true_cells import TrueCell
from pipeline.project import Project
from pipeline.system.files import UNFINISHED
from pipeline.system.progress import Progress, silent

SHARES = (0.25, 0.5, 0.75, 1.0)  # of a table, before a breakdown is given up
THRESHOLDS = (3, 5, 10)  # those that statistics offices use
HEADS = ("shown", "by rule", "to protect", "given up", "states %", "region %", "proven", "tables")
PRESENT = "as the policy says"


@dataclass(frozen=True)
class Option:
    """A policy that differs from the one in force in one entry, which `entry` says."""

    entry: str
    policy: Policy


@dataclass(frozen=True)
class Outcome:
    """What a version would show under an option: cells shown; withheld by rule, to protect
    others, and in breakdowns given up; per cent of the persons counted by single states, and
    in sums over states, that can be seen; sensitive cells proven, and by how many tables.
    Where something stays unsafe, `unsafe` says how many cells, and nothing would be shown.
    """

    entry: str
    shown: int = 0
    by_rule: int = 0
    protecting: int = 0
    given_up: int = 0
    states_percent: float = 0.0
    region_percent: float = 0.0
    proven: int = 0
    tables: int = 0
    unsafe: int = 0

    def row(self) -> tuple[str, ...]:
        if self.unsafe:
            return (self.entry, f"{self.unsafe:,} cells cannot be protected: nothing is shown")
        counts = (self.shown, self.by_rule, self.protecting, self.given_up)
        shares = (self.states_percent, self.region_percent)
        return (
            self.entry,
            *(f"{n:,}" for n in counts),
            *(f"{share:.1f}" for share in shares),
            f"{self.proven:,}",
            f"{self.tables:,}",
        )


def options_of(policy: Policy, *, version: str) -> Iterator[Option]:
    """The policy in force, then each option for a version: holders, shares, thresholds."""
    yield Option(PRESENT, policy)
    rule = policy.version(version)
    for name, holders in groups_of_holders(policy.holders):
        if holders != rule.holders:
            versions = {**policy.versions, version: replace(rule, holders=holders)}
            entry = "[]" if name == "none" else f"[{name}]"
            yield Option(f"holders: {entry}", replace(policy, versions=versions))
    for share in SHARES:
        if share != policy.coarsen_above:
            yield Option(f"coarsen_above: {share:g}", replace(policy, coarsen_above=share))
    present = {t.threshold for t in policy.tables.values() if t.counts_persons}
    for threshold in THRESHOLDS if rule.hides_small_counts else ():
        if present != {threshold}:
            tables = {n: _from(t, threshold) for n, t in policy.tables.items()}
            yield Option(f"threshold: {threshold}", replace(policy, tables=tables))


def weigh_options(
    project: Project,
    contracts: Contracts,
    *,
    round_: int,
    version: str,
    progress: Progress = silent,
) -> Iterator[Outcome]:
    """The outcome of each option, one after the other. Nothing of them is kept. Raises
    UserError where the version withholds nothing.
    """
    policy = load_policy(project.contracts, contracts)
    policy.protected_version(version)
    figures = figures_of(project, contracts, round_=round_)
    folder = project.round_folder(round_)
    for option in options_of(policy, version=version):
        progress(f"{version}, {option.entry}")
        with TemporaryDirectory(prefix=".option-", suffix=UNFINISHED, dir=folder) as temporary:
            elsewhere = replace(
                project,
                outputs_folder=Path(temporary),
                records_folder=project.records,
                releases_folder=project.releases,
            )
            outcome = _outcome(elsewhere, contracts, option, figures=figures, version=version)
        yield outcome


def table_of(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """The outcomes as lines of plain text, one an option."""
    rows = [("entry of the policy", *HEADS), *(o.row() for o in outcomes)]
    whole = [row for row in rows if len(row) == len(rows[0])]
    widths = [max(len(row[i]) for row in whole) for i in range(len(rows[0]))]
    widths[0] = max(len(row[0]) for row in rows)
    for first, *rest in rows:
        filled = [f"{t:>{w}}" for t, w in zip(rest, widths[1:], strict=False)]
        yield "  ".join([f"{first:<{widths[0]}}", *(rest if len(rest) == 1 else filled)])


def _outcome(
    project: Project, contracts: Contracts, option: Option, *, figures: Figures, version: str
) -> Outcome:
    try:
        done = protect_versions(
            project, contracts, policy=option.policy, figures=figures, versions=[version]
        )
    except DisclosureError as error:
        return Outcome(option.entry, unsafe=len(error.what.splitlines()))
    protected = next(p for p in done if p.version == version)
    return _counted(option, protected, figures.marts.reported_cells())


def _counted(option: Option, protected: Protected, cells: Mapping[str, TrueCell]) -> Outcome:
    tables = protected.decision.tables.values()
    shown = protected.decision.shown
    persons = {
        k: c.value or Decimal(0)
        for k, c in cells.items()
        if c.counts and option.policy.table(c.key.cube).counts_persons
    }
    region = {k: v for k, v in persons.items() if cells[k].key.state in REGIONS}
    states = {k: v for k, v in persons.items() if k not in region}
    return Outcome(
        option.entry,
        len(shown),
        sum(t.primary for t in tables),
        sum(t.secondary for t in tables),
        sum(t.given_up for t in tables),
        _percent([v for k, v in states.items() if k in shown], states.values()),
        _percent([v for k, v in region.items() if k in shown], region.values()),
        protected.proof.demands,
        protected.proof.tables,
    )


def _percent(seen: Sequence[Decimal], every: Iterable[Decimal]) -> float:
    whole = sum(every, Decimal(0))
    return float(sum(seen, Decimal(0)) / whole * 100) if whole else 100.0


def _from(rule: TableRule, threshold: int) -> TableRule:
    """The rule with counts of persons shown from `threshold` on."""
    if not rule.counts_persons:
        return rule
    return replace(rule, threshold=threshold, highest=threshold - 1)
