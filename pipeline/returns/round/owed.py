"""Who owes which return, since when?

Beside the calendar it looks at what lies in the folder of the returns, at the journal
for the day on which a file was first seen, and at the last validation for returns
that were refused whole: who sent what cannot be read owes it still. Of a return that
comes in parts by office, each part is owed for itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pipeline.contracts.calendar import Dates
from pipeline.contracts.layout import respondents
from pipeline.contracts.model import Contracts
from pipeline.contracts.offices import load_offices, office_list
from pipeline.project import Project
from pipeline.returns.intake.folder import ReturnFile, find_returns
from pipeline.returns.intake.reading import FileReading
from pipeline.returns.journal import read_journal
from pipeline.returns.rules.validated import VALIDATION, read_validation
from pipeline.system.kept import is_there


class Standing(StrEnum):
    """Where the return of a state stands on a day."""

    NOT_OPEN = "not asked yet"
    WAITED_FOR = "waited for"
    LATE = "late"
    REFUSED = "refused"
    INCOMPLETE = "incomplete"  # parts of it came, and others are waited for
    RECEIVED = "received"


@dataclass(frozen=True)
class Owed:
    """The return of a state to a report. `days` are those that it is overdue, those
    that are left where negative; of a return that is there, those by which it came late.
    None where nobody knows when it came. `missing` are the offices whose part is not
    there, `refused` those whose part was refused; both by name.
    """

    report: str
    state: str
    due: date
    extended: bool
    standing: Standing
    received: date | None
    days: int | None
    missing: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()

    @property
    def is_owed(self) -> bool:
        return self.standing not in (Standing.NOT_OPEN, Standing.RECEIVED)

    @property
    def told(self) -> str:
        """The standing in words, with its days."""
        days = self.days or 0
        match self.standing:
            case Standing.LATE:
                return f"late, {_days(days)}"
            case Standing.REFUSED if days > 0:
                return f"refused, {_days(days)} late"
            case Standing.INCOMPLETE:
                late = f"{_days(days)} late" if days > 0 else f"{_days(-days)} left"
                return f"{self.standing}, {late if days else 'due today'}; {self._parts}"
            case Standing.REFUSED | Standing.WAITED_FOR:
                left = "due today" if not days else f"{_days(-days)} left"
                return f"{self.standing}, {left}"
            case Standing.RECEIVED if days > 0:
                return f"received, {_days(days)} late"
            case _:
                return str(self.standing)

    @property
    def _parts(self) -> str:
        told = (("no part of", self.missing), ("refused part of", self.refused))
        return "; ".join(f"{what} {', '.join(names)}" for what, names in told if names)


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
    parts = {r: _Parts(project, contracts, r) for r in rounds}
    found = []
    for dates in entries:
        received = sent[dates.round].get(dates.report, {})
        refused = {s for s, report in thrown_out[dates.round] if report == dates.report}
        for state in respondents(contracts, dates.report, round_=dates.round):
            due = dates.due_of(state)
            came = received.get(state)
            days: int | None
            missing: tuple[str, ...] = ()
            refused_parts: tuple[str, ...] = ()
            if state in received and state not in refused:
                missing, refused_parts = parts[dates.round].lacking(dates.report, state)
            if missing or refused_parts:
                standing, days = Standing.INCOMPLETE, (day - due).days
            elif state in received and state not in refused:
                standing, days = Standing.RECEIVED, (came - due).days if came else None
            elif day < dates.opens:
                standing, days = Standing.NOT_OPEN, (day - due).days
            else:
                days = (day - due).days
                waited = Standing.LATE if days > 0 else Standing.WAITED_FOR
                standing = Standing.REFUSED if state in received else waited
            extended = due != dates.due
            found.append(
                Owed(
                    dates.report,
                    state,
                    due,
                    extended,
                    standing,
                    came,
                    days,
                    missing,
                    refused_parts,
                )
            )
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
    if not is_there(project.work(round_) / VALIDATION):
        return frozenset()
    refused = read_validation(project, round_).refused
    return frozenset((state, report) for state, report, table in refused if not table)


class _Parts:
    """The parts of offices in the folder of a round, with what the last validation says
    of each file that lies there.
    """

    def __init__(self, project: Project, contracts: Contracts, round_: int) -> None:
        self.contracts, self.round = contracts, round_
        self._arranged = load_offices(contracts)
        self._read: dict[str, FileReading] = {}
        if is_there(project.work(round_) / VALIDATION):
            self._read = {f.file: f for f in read_validation(project, round_).files}
        self._files: list[ReturnFile] = []
        if (project.returns / str(round_)).is_dir():
            self._files = [
                file
                for file in find_returns(project, contracts, round_=round_)
                if not file.rule and not file.withdraws
            ]

    def lacking(self, report: str, state: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The offices of which no part is there, and those whose part was refused. None
        where a whole return stands for all of them.
        """
        usable: set[str] = set()
        refused: set[str] = set()
        for file in self._files:
            if (file.report, file.state) == (report, state):
                read = self._read.get(file.name)
                office = file.office or (read.office if read else "")
                is_refused = read is not None and read.outcome == "refused"
                (refused if is_refused else usable).add(office)
        if "" in usable:
            return (), ()
        expected = self._arranged.of(report, state, round_=self.round)
        missing = [o for o in expected if o not in usable | refused]
        return self._names(missing), self._names(refused - usable - {""})

    def _names(self, offices: Iterable[str]) -> tuple[str, ...]:
        known = set(offices)
        return tuple(c.label for c in office_list(self.contracts) if c.code in known)
