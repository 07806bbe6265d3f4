"""What is due in a round, and who owes what? Days of the calendar from a day on, and
the returns that are owed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pipeline.contracts.calendar import Dates, load_calendar
from pipeline.contracts.model import Contracts
from pipeline.contracts.policy import load_policy
from pipeline.project import Project
from pipeline.returns.round.owed import Owed, Standing, owed_on

_DAYS = 6  # of the calendar that are shown


@dataclass(frozen=True)
class DueDay:
    """A day of the calendar that is still to come: when, of which report, what, and in
    how many days.
    """

    when: str
    report: str
    what: str
    days: int


@dataclass(frozen=True)
class Due:
    """What is due, seen from a day. Where the round is not in the calendar nobody knows."""

    day: date
    is_entered: bool
    days: tuple[DueDay, ...] = ()
    owed: tuple[Owed, ...] = ()

    @property
    def late(self) -> tuple[Owed, ...]:
        """The returns that are late, also in a part, and those that were refused whole."""
        return tuple(
            o
            for o in self.owed
            if o.standing in (Standing.LATE, Standing.REFUSED)
            or (o.standing == Standing.INCOMPLETE and (o.days or 0) > 0)
        )


def due_on(project: Project, contracts: Contracts, *, round_: int, day: date) -> Due:
    """What is due in a round. Raises ContractError where the calendar is wrong."""
    policy = load_policy(project.contracts, contracts)
    entries = load_calendar(project.contracts, contracts, policy=policy).of_round(round_)
    if not entries:
        return Due(day, False)
    owed = owed_on(project, contracts, entries=entries, day=day)
    return Due(day, True, _days(entries, day), tuple(o for o in owed if o.is_owed))


def _days(entries: tuple[Dates, ...], day: date) -> tuple[DueDay, ...]:
    coming = [h for entry in entries for h in entry.happenings() if h.day >= day]
    ordered = sorted(coming, key=lambda h: (f"{h.when:%Y-%m-%d %H:%M}", h.report, h.what))
    return tuple(
        DueDay(
            f"{h.when:%Y-%m-%d %H:%M}" if h.when != h.day else f"{h.when:%Y-%m-%d}",
            h.report,
            h.what,
            (h.day - day).days,
        )
        for h in ordered[:_DAYS]
    )
