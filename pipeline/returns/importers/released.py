"""When was a publisher's file released? As the file says it, or as it was given with
RELEASE= for one that does not.
"""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.contracts.releases import earliest_release
from pipeline.contracts.sources import NOT_STATED
from pipeline.errors import UserError

# As Eurostat's service says when it last updated: 28/03/25 23:00:00.
_STAMP = re.compile(r"release (?P<day>\d\d)/(?P<month>\d\d)/(?P<year>\d\d) \d\d:\d\d:\d\d")


def choose_release(stated: str, given: str, *, file: Path) -> str:
    """`release ...` of a file. `stated` is what it says, or that it says nothing; `given`
    is a day, a month or a year. Raises UserError where both are there, or `given` is no
    date.
    """
    if not given:
        return stated
    if stated != NOT_STATED:
        raise UserError(
            f"the file says its {stated}",
            where=str(file),
            allowed="RELEASE= for a file that does not state its release",
            do="leave RELEASE= out",
        )
    said = f"release {given}"
    if not earliest_release(said):
        raise no_date(given)
    return said


def no_date(given: str) -> UserError:
    """What is said of a release that is no date."""
    return UserError(
        f"'{given[:40]}' is no date of a release",
        allowed="a day, a month or a year, such as 14/04/2025, December 2025 or 2025",
        do="give it with RELEASE=",
    )


def day_of_release(stated: str) -> str:
    """A release that is a stamp of time as the day alone; any other one as it is."""
    if found := _STAMP.fullmatch(stated):
        return f"release {found['day']}/{found['month']}/20{found['year']}"
    return stated
