"""Who owes which return, since when?

Beside the calendar it looks at what lies in the folder of the returns, at the journal
for the day on which a file was first seen, and at the last validation for returns that
were refused whole: who sent what cannot be read owes it still.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pipeline.contracts.calendar import Dates
from pipeline.contracts.layout import respondents
from pipeline.contracts.model import Contracts
from pipeline.project import Project
from pipeline.returns.intake.folder import find_returns
from pipeline.returns.journal import read_journal
from pipeline.returns.rules.validated import read_validation
from pipeline.system.kept import is_there


class Standing(StrEnum):
    """Where the return of a state stands on a day."""

    NOT_OPEN = "not asked yet"
    WAITED_FOR = "waited for"
    LATE = "late"
    REFUSED = "refused"
    RECEIVED = "received"


@dataclass(frozen=True)
class Owed:
    """The return of a state to a report. `days` are those that it is overdue, those
    that are left where negative; of a return that is there, those by which it came late.
    None where nobody knows when it came.
    """

    report: str
    state: str
    due: date
    extended: bool
    standing: Standing
    received: date | None
    days: int | None

    @property
    def is_owed(self) -> bool:
        return self.standing in (Standing.WAITED_FOR, Standing.LATE, Standing.REFUSED)

    @property
    def told(self) -> str:
        """The standing in words, with its days."""
        days = self.days or 0
        match self.standing:
            case Standing.LATE:
                return f"late, {_days(days)}"
            case Standing.REFUSED if days > 0:
                return f"refused, {_days(days)} late"
            case Standing.REFUSED | Standing.WAITED_FOR:
                left = "due today" if not days else f"{_days(-days)} left"
                return f"{self.standing}, {left}"
            case Standing.RECEIVED if days > 0:
                return f"received, {_days(days)} late"
            case _:
                return str(self.standing)


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"


def owed_on(
    project: Project, contracts: Contracts, *, entries: Iterable[Dates], day: date
) -> list[Owed]:
    """How each return of some reports of a round stands on a day, by report and state;
    those that are owed the longest first.
    """
    entries = list(entries)
    rounds = {dates.round for dates in entries}
    sent = {r: _received(project, contracts, round_=r) for r in rounds}
    thrown_out = {r: _refused(project, r) for r in rounds}
    found = []
    for dates in entries:
        received = sent[dates.round].get(dates.report, {})
        refused = {s for s, report in thrown_out[dates.round] if report == dates.report}
        for state in respondents(contracts, dates.report, round_=dates.round):
            due = dates.due_of(state)
            came = received.get(state)
            if state in received and state not in refused:
                standing, days = Standing.RECEIVED, (came - due).days if came else None
            elif day < dates.opens:
                standing, days = Standing.NOT_OPEN, (day - due).days
            else:
                days = (day - due).days
                waited = Standing.LATE if days > 0 else Standing.WAITED_FOR
                standing = Standing.REFUSED if state in received else waited
            extended = due != dates.due
            found.append(Owed(dates.report, state, due, extended, standing, came, days))
    reports = list(dict.fromkeys(o.report for o in found))
    return sorted(
        found,
        key=lambda o: (reports.index(o.report), not o.is_owed, -(o.days or 0), o.state),
    )


def _received(
    project: Project, contracts: Contracts, *, round_: int
) -> dict[str, dict[str, date | None]]:
    """By report the states of which a return lies there, with the day on which the first
    one was seen; None before any validation saw it.
    """
    if not (project.returns / str(round_)).is_dir():
        return {}
    seen: dict[str, date] = {}
    for event in read_journal(project):
        if event.sha256:
            seen.setdefault(event.file, date.fromisoformat(event.seen[:10]))
    came: dict[str, dict[str, date | None]] = {}
    for file in find_returns(project, contracts, round_=round_):
        if file.rule or file.withdraws:
            continue
        of_report = came.setdefault(file.report, {})
        known = [day for day in (seen.get(file.name), of_report.get(file.state)) if day]
        of_report[file.state] = min(known, default=None)
    return came


def _refused(project: Project, round_: int) -> frozenset[tuple[str, str]]:
    """State and report of the returns that the last validation refused whole; none before
    there was one. Raises DamagedFileError where nobody can say.
    """
    if not is_there(project.work(round_) / "validation.json"):
        return frozenset()
    refused = read_validation(project, round_).refused
    return frozenset((state, report) for state, report, table in refused if not table)
