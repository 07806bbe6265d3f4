"""Who is reminded of which returns on a day?

A reminder is made of the calendar and of how returns stand, of nothing else: no figure,
no name of a file and no text of a sender can come into it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pipeline.contracts.calendar import Calendar, Dates
from pipeline.contracts.model import Contracts
from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.returns.round.owed import Owed, Standing, owed_on


@dataclass(frozen=True)
class OwedReturn:
    """A return that a state is reminded of. `overdue` are the days since it was due,
    those that are left where negative. Of one that came in parts, `missing` are the
    offices that owe theirs, `refused_parts` those whose part was refused.
    """

    report: str
    title: str
    due: date
    extended: bool
    refused: bool
    overdue: int
    cutoff: date
    missing: tuple[str, ...] = ()
    refused_parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reminder:
    """What a state is reminded of on a day. `occasions` are the days of the calendar on
    which it was to be reminded, by report: a reminder that went out is known by them.
    """

    round: int
    state: str
    name: str
    is_member: bool
    day: date
    returns: tuple[OwedReturn, ...]
    occasions: tuple[str, ...]


def reminders_on(
    project: Project,
    contracts: Contracts,
    *,
    calendar: Calendar,
    round_: int,
    day: date,
    state: str = "",
) -> list[Reminder]:
    """The reminders of a round that are due on a day: to each state that owes a return
    for which a day to remind has come. A state that is named is reminded of all that it
    owes, whatever the calendar says.

    Raises UserError where the state that is named owes nothing.
    """
    entries = {dates.report: dates for dates in calendar.of_round(round_)}
    owed = [o for o in owed_on(project, contracts, entries=entries.values(), day=day) if o.is_owed]
    states = list(dict.fromkeys(o.state for o in owed))
    if state and state not in states:
        raise UserError(
            f"'{state}' owes no return of round {round_} on {day}",
            allowed=", ".join(sorted(states)) or "nobody owes one",
            do=f"see 'make late ROUND={round_} DATE={day}'",
        )
    found = []
    for code in [state] if state else sorted(states):
        own = [o for o in owed if o.state == code]
        occasions = [_occasion(entries[o.report], o, day) for o in own]
        if state and not any(occasions):
            occasions = [f"{o.report} {day}" for o in own]
        if not any(occasions):
            continue
        found.append(
            Reminder(
                round_,
                code,
                contracts.codelist("states").label(code),
                code in {c.code for c in contracts.members(round_)},
                day,
                tuple(_owed_return(contracts, entries[o.report], o, day) for o in own),
                tuple(o for o in occasions if o),
            )
        )
    return found


def _occasion(dates: Dates, owed: Owed, day: date) -> str:
    """The last day on which a state was to be reminded of a report, as `thb 2023-04-07`;
    empty before the first one.
    """
    come = [r for r in dates.reminders_of(owed.state) if dates.opens <= r <= day]
    return f"{owed.report} {come[-1]}" if come else ""


def _owed_return(contracts: Contracts, dates: Dates, owed: Owed, day: date) -> OwedReturn:
    return OwedReturn(
        owed.report,
        contracts.contract(owed.report).title,
        owed.due,
        owed.extended,
        owed.standing == Standing.REFUSED,
        (day - owed.due).days,
        dates.cutoff,
        owed.missing,
        owed.refused,
    )


def next_reminder(calendar: Calendar, round_: int, *, day: date) -> date | None:
    """The first day after `day` on which anybody may be reminded; None where there is
    none.
    """
    days = {
        reminder
        for dates in calendar.of_round(round_)
        for state in ("", *(state for state, _ in dates.extended))
        for reminder in dates.reminders_of(state)
    }
    return min((d for d in days if d > day), default=None)
