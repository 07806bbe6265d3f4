"""What keeps a round from being published? Typed reasons, and who let one pass."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a reason is about, in the order in which reasons are told."""

    NOT_COUNTED = "not-counted"
    STATES = "states"
    HEADLINE = "headline-states"
    REFUSED = "refused-return"
    ERROR = "open-error"
    CONFLICT = "conflict"
    TEXTS = "texts"
    OBJECTION = "objection"
    PROOFS = "proof-sheets"


# Proof sheets are read while reviewers read: they hold back the release alone.
AFTER_REVIEW = frozenset({Kind.OBJECTION, Kind.PROOFS})


@dataclass(frozen=True)
class LetPass:
    """Why a reason does not hold a report back: who signed that, as whom and when."""

    reason: str
    by: str
    role: str
    day: str

    def __str__(self) -> str:
        return f"let pass by {self.by}, {self.role}, {self.day}: {self.reason}"


@dataclass(frozen=True)
class GateReason:
    """One thing that keeps a report back, or one version of it where `version` is
    named: what was found, what is asked, what to do.

    `about` names all that it is about, of which `found` may tell a few: states, keys,
    sections. `findings` are the ids of the open findings behind it. Whoever lets it pass
    lets pass what was found, and nothing that is found later.
    """

    kind: Kind
    round: int
    report: str
    found: str
    asked: str
    do: str
    version: str = ""
    state: str = ""
    table: str = ""
    about: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    passed: LetPass | None = None

    @property
    def id(self) -> str:
        """What `make accept GATE=` takes: another one as soon as something else is found."""
        said = (self.kind, str(self.round), self.report, self.version, self.state, self.table)
        told = "|".join((*said, self.found, *self.about, "", *self.findings))
        return f"g{hashlib.sha256(told.encode()).hexdigest()[:8]}"

    @property
    def can_pass(self) -> bool:
        """Whether somebody may let it pass: nobody can where nothing was looked at."""
        return self.kind is not Kind.NOT_COUNTED

    @property
    def is_for_review(self) -> bool:
        """Whether those who review a draft must know of it."""
        return self.kind not in AFTER_REVIEW

    @property
    def holds_back(self) -> str:
        """The first move that is refused because of it."""
        return "submit" if self.is_for_review else "release"

    def holds(self, *, version: str, move: str) -> bool:
        """Whether it stands in the way of a move of a version."""
        if self.passed or self.version not in ("", version):
            return False
        return move == "release" or self.is_for_review

    def __str__(self) -> str:
        return f"{self.id} {self.kind}: {self.found}; asked: {self.asked}; to do: {self.do}"

    def as_json(self) -> dict[str, Any]:
        """The reason as records in JSON hold it."""
        return {"id": self.id, "holds_back": self.holds_back, **asdict(self)}


@dataclass(frozen=True)
class ReportGate:
    """How a report stands: which states have figures for the reference year, of those
    that were asked, and what keeps it back. `least` is how many states are asked for.
    `told` is what holds nothing back and should be known.
    """

    report: str
    title: str
    present: tuple[str, ...]
    lacking: tuple[str, ...]
    least: int
    reasons: tuple[GateReason, ...]
    told: tuple[str, ...] = ()

    @property
    def is_go(self) -> bool:
        return not self.open

    @property
    def open(self) -> tuple[GateReason, ...]:
        """The reasons that nobody let pass."""
        return tuple(r for r in self.reasons if not r.passed)

    @property
    def states(self) -> str:
        return states_of(self.present, self.lacking)

    def as_json(self) -> dict[str, Any]:
        return {
            "report": self.report,
            "title": self.title,
            "go": self.is_go,
            "states": len(self.present),
            "of": len(self.present) + len(self.lacking),
            "least": self.least,
            "lacking": list(self.lacking),
            "reasons": [r.as_json() for r in self.reasons],
            "told": list(self.told),
        }


@dataclass(frozen=True)
class Gate:
    """Whether a round is fit to be published on a day, by the rules of `reference`: GO
    where each report is.
    """

    round: int
    day: date
    reference: str
    reports: tuple[ReportGate, ...]

    @property
    def is_go(self) -> bool:
        # a gate that looked at nothing has not passed
        return bool(self.reports) and all(report.is_go for report in self.reports)

    @property
    def verdict(self) -> str:
        return "GO" if self.is_go else "NO-GO"

    @property
    def reasons(self) -> tuple[GateReason, ...]:
        """What keeps the round back, of all reports."""
        return tuple(reason for report in self.reports for reason in report.open)

    def only(self, report: str) -> Gate:
        """The same of one report."""
        return replace(self, reports=tuple(r for r in self.reports if r.report == report))

    def holding(self, report: str, *, version: str, move: str) -> list[GateReason]:
        """What stands in the way of a move of a version."""
        return [
            reason
            for one in self.reports
            if one.report == report
            for reason in one.reasons
            if reason.holds(version=version, move=move)
        ]

    def passed(self, report: str, *, version: str) -> list[GateReason]:
        """What somebody let pass for a version."""
        return [
            reason
            for one in self.reports
            if one.report == report
            for reason in one.reasons
            if reason.passed and reason.version in ("", version)
        ]

    def as_json(self) -> dict[str, Any]:
        return {
            "round": self.round,
            "day": self.day.isoformat(),
            "verdict": self.verdict,
            "reference": self.reference,
            "reports": [report.as_json() for report in self.reports],
        }


def states_of(present: Iterable[str], lacking: Iterable[str]) -> str:
    """`9 of 11 states`."""
    number = len(list(present))
    return f"{number} of {number + len(list(lacking))} states"
