"""What does it cost readers to be proven against more? The choice once for each group
of holders that the policy names, and once for none.

Nothing is written and nothing is proven here: it says how many figures each would show.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from pipeline.cells import REGIONS
from pipeline.contracts.holders import groups_of_holders
from pipeline.contracts.model import Contracts
from pipeline.contracts.policy import Policy, VersionRule
from pipeline.disclosure.choose.decide import Chooser
from pipeline.disclosure.choose.reasons import PROTECTS
from pipeline.disclosure.choose.system import PublishedEdition
from pipeline.numbers.true_cells import TrueCell


@dataclass(frozen=True)
class Alternative:
    """One way to choose: against whom it is proven, cells that it shows of how many, those
    withheld to protect others, and the share of what single states counted in persons that
    can be seen. Where cells cannot be protected so, nothing is shown.
    """

    holders: str
    shown: int
    cells: int
    protecting: int
    value_percent: float
    unprotected: int = 0

    def line(self) -> str:
        if self.unprotected:
            return f"against {self.holders}: {self.unprotected:,} cells could not be protected"
        return (
            f"against {self.holders}: {self.shown:,} of {self.cells:,} cells shown,"
            f" {self.protecting:,} withheld to protect others; {self.value_percent} per cent of"
            " the persons that single states counted"
        )


def holder_alternatives(
    cells: Mapping[str, TrueCell],
    editions: Sequence[PublishedEdition],
    *,
    contracts: Contracts,
    policy: Policy,
    version: VersionRule,
    round_: int,
    day: date,
    secret: bytes = b"",
) -> Iterator[Alternative]:
    """The loss of a version against nobody, against each group of holders, and against
    all of them where there are several.
    """
    for name, holders in groups_of_holders(policy.holders):
        chooser = Chooser(
            cells,
            editions,
            contracts=contracts,
            policy=policy,
            version=replace(version, holders=holders),
            round_=round_,
            day=day,
            secret=secret,
        )
        counted = {k: c for k, c in cells.items() if c.counts}
        if lost := chooser.pattern.unprotected:
            yield Alternative(name, 0, len(counted), 0, 0.0, len(lost))
            continue
        decision = chooser.decision()
        protecting = sum(w.reason == PROTECTS for w in decision.withheld.values())
        share = _share_seen(counted, decision.shown, policy=policy)
        yield Alternative(name, len(decision.shown), len(counted), protecting, share)


def _share_seen(cells: Mapping[str, TrueCell], shown: frozenset[str], *, policy: Policy) -> float:
    persons = {
        k: c.value or Decimal(0)
        for k, c in cells.items()
        if c.key.state not in REGIONS and policy.table(c.key.cube).counts_persons
    }
    seen = sum((v for k, v in persons.items() if k in shown), Decimal(0))
    return round(float(seen / (sum(persons.values()) or 1) * 100), 1)
