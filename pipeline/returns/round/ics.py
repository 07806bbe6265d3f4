"""How do the days of a round get into a calendar program? As one iCalendar file
(RFC 5545), the same bytes for the same days.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

from pipeline import __version__

if TYPE_CHECKING:
    from pipeline.contracts.calendar import Happening

_MADE_BY = f"-//SELEC//reporting pipeline {__version__}//EN"


def calendar_file(found: Iterable[Happening]) -> bytes:
    """The happenings as all-day events, those with an hour at that hour in UTC. An event
    keeps its identity while round, report and what it is stay, so that a day that was
    moved moves in the calendars that have it.
    """
    from icalendar import Calendar, Event

    calendar = Calendar()
    calendar.add("prodid", _MADE_BY)
    calendar.add("version", "2.0")
    met: dict[str, int] = {}
    for happening in sorted(found, key=lambda h: (h.round, h.report, h.what, str(h.when))):
        name = f"{happening.round} {happening.report} {happening.what}"
        met[name] = met.get(name, 0) + 1  # experts may meet several times
        event = Event()
        event.add("uid", f"{hashlib.sha256(f'{name} {met[name]}'.encode()).hexdigest()[:32]}@selec")
        event.add("dtstamp", _moment(happening.day))
        event.add("dtstart", _start(happening.when))
        event.add("summary", f"{happening.report} {happening.round}: {happening.what}")
        calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content


def _start(when: date | datetime) -> date | datetime:
    return when.astimezone(UTC) if isinstance(when, datetime) else when


def _moment(day: date) -> datetime:
    """When an event was written: the format asks for it, and the clock is not asked."""
    return datetime.combine(day, time(), UTC)
