"""From when on is a round fit to be published? The release gate, read and checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.contracts.checked_files import read_checked
from pipeline.contracts.model import Contracts
from pipeline.contracts.policy import Policy
from pipeline.system.yaml_files import YamlFile

GATE, SCHEMA = "release_gate.yaml", "release_gate.schema.json"
FILES = (GATE, SCHEMA)
PAGE = "docs/how-to/release-gate.md"

Asked = Literal["refused_returns", "open_errors", "conflicts", "texts", "proof_sheets"]


@dataclass(frozen=True)
class GateRules:
    """How many states a report and each headline table need, and what else must hold.
    `reference` says who decided these numbers.
    """

    reference: str
    states: int
    headline_states: int
    reports: Mapping[str, int]
    tables: Mapping[str, int]
    asks: frozenset[Asked]

    def least(self, report: str) -> int:
        """Figures of how many states a report needs."""
        return self.reports.get(report, self.states)

    def least_in(self, table: str) -> int:
        """Figures of how many states a headline table needs."""
        return self.tables.get(table, self.headline_states)


def load_gate_rules(folder: Path, contracts: Contracts, *, policy: Policy) -> GateRules:
    """Read the gate in `folder` (data_contracts). Raises ContractError with all that is
    wrong with it, each with its line.
    """
    file = read_checked(
        folder / GATE,
        folder / SCHEMA,
        wrong=lambda file: _wrong(file, contracts, policy=policy),
        page=PAGE,
    )
    content = file.content
    return GateRules(
        content["reference"],
        content["states"],
        content["headline_states"],
        content["reports"],
        content["tables"],
        frozenset(content["asks"]),
    )


def _wrong(file: YamlFile, contracts: Contracts, *, policy: Policy) -> Iterator[str]:
    """Names that the contracts do not have, and numbers that no round can reach."""
    content = file.content
    reports = [contract.report for contract in contracts]
    headlines = [name for name, rule in policy.tables.items() if rule.headline]
    for kind, known in (("reports", reports), ("tables", headlines)):
        for name in content[kind]:
            if name not in known:
                yield (
                    f"{file.place((kind, name))}: '{name}' is"
                    f" {'no report' if kind == 'reports' else 'no headline table'}, only"
                    f" {', '.join(known)}"
                )
    most = sum(bool(state.parent) for state in contracts.codelist("states"))
    places: list[tuple[str, ...]] = [("states",), ("headline_states",)]
    places += [(kind, name) for kind in ("reports", "tables") for name in content[kind]]
    for place in places:
        number = content[place[0]] if len(place) == 1 else content[place[0]][place[1]]
        if number > most:
            yield f"{file.place(place)}: {number} states are asked for, and there are {most}"
