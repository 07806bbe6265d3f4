"""Which reports that lie there are not made from what lies there? Versions that a build
of now would make again, named with what changed.

A build makes the versions that it is asked for. The others stay where they are, and
look as finished as those.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.project import Project
from pipeline.steps.plan import Change, Plan, Step
from pipeline.steps.why import reasons_of

_REGISTER = "records/releases/"


@dataclass(frozen=True)
class Stale:
    """A version whose report lies there and is out of date, and why."""

    report: str
    version: str
    pdf: Path
    why: str


def stale_versions(project: Project, round_: int) -> list[Stale]:
    """The versions of a round that lie there, built from something else than there is
    now. A step that must be done makes what comes after it stale.
    """
    every = Plan(project, round_, versions=()).policy.protected
    lying = {pdf.parent.name for pdf in Plan(project, round_, versions=every).pdfs()}
    return list(_stale(Plan(project, round_, versions=[v for v in every if v in lying])))


def _stale(plan: Plan) -> Iterator[Stale]:
    known: dict[str, str] = {}
    lying = {(p.parent.parent.name, p.parent.name): p for p in plan.pdfs()}
    for step in plan.steps.values():
        if step.kind in ("findings", "desk"):
            continue
        before = next((known[name] for name in step.after if name in known), "")
        why = before or reasons_of(_that_matter(plan, step))
        if why:
            known[step.name] = why
        pdf = lying.get((step.report, step.version))
        if pdf and why:
            yield Stale(step.report, step.version, pdf, why)


def _that_matter(plan: Plan, step: Step) -> list[Change]:
    """What changed, but for the mark of a draft, which says nothing of what is read, and
    for editions that were registered, beside which the same figures are proven again.
    """
    return [
        change
        for change in plan.changes(step)
        if change.group not in ("draft", "left") and not change.name.startswith(_REGISTER)
    ]
