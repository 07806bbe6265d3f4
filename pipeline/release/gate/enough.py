"""Are there figures of enough states, or is a report incomplete?"""

from __future__ import annotations

from pipeline.contracts.gate_rules import GateRules, load_gate_rules
from pipeline.contracts.layout import CENTER
from pipeline.contracts.model import Contracts, load_contracts
from pipeline.contracts.policy import load_policy
from pipeline.numbers.presence import read_counts
from pipeline.project import Project
from pipeline.release.gate.reasons import states_of


def rules_of(project: Project, contracts: Contracts) -> GateRules:
    """The release gate of a project."""
    policy = load_policy(project.contracts, contracts)
    return load_gate_rules(project.contracts, contracts, policy=policy)


def incomplete(project: Project, round_: int, *, report: str) -> str:
    """What the drafts of a report say of the states that it lacks, such as `incomplete:
    8 of 11 states`; empty where it has enough. It is never empty for want of a count.
    """
    contracts = load_contracts(project.contracts)
    counts = read_counts(project, contracts, round_=round_)
    if counts is None:
        return "incomplete: its states were not counted"
    counted = counts.reports[report]
    if len(counted.present) >= counted.least(rules_of(project, contracts).least(report)):
        return ""
    if counted.asked == (CENTER,):
        return "incomplete: no figure of the Center"
    return f"incomplete: {states_of(counted.present, counted.lacking)}"
