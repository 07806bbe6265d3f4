"""When was a source released that a cover names? The earliest day on which its text
lets it have been.
"""

from __future__ import annotations

import re
from datetime import date

_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_MONTH = "|".join(_MONTHS)
# What stands behind a word such as release: a day in one of the ways in which
# publishers write it, a month, or a year.
WHEN = (
    r"(?P<iso>\d{4}-\d{2}-\d{2})|(?P<day>\d{1,2})[./](?P<number>\d{1,2})[./](?P<of>\d{4})"
    rf"|(?:(?P<on>\d{{1,2}}) )?(?P<month>{_MONTH}) (?P<in>\d{{4}})|(?P<year>\d{{4}})"
)
# Years of data stand in titles too ("Drug seizures, 2018-2022"): a year counts only
# behind a word for an edition.
_RELEASE = re.compile(
    rf"\b(?:release|released|edition|version of|update of|updated|last"
    rf" update|report|prospects|yearbook)"
    rf"(?: of| on|:)? (?:{WHEN})(?![\d-])",
    re.IGNORECASE,
)


def earliest_release(source: str) -> date | None:
    """The first day on which all that a text names can have been out; None where it
    names no date of a release.

    A month or year alone is its first day: a source of 2024 was not there in 2023. What
    is no date says nothing.
    """
    days = [day for found in _RELEASE.finditer(" ".join(source.split())) if (day := _day(found))]
    return max(days, default=None)


def _day(found: re.Match[str]) -> date | None:
    try:
        if found["iso"]:
            return date.fromisoformat(found["iso"])
        if found["of"]:
            return date(int(found["of"]), int(found["number"]), int(found["day"]))
        if found["in"]:
            return date(
                int(found["in"]), _MONTHS.index(found["month"].lower()) + 1, int(found["on"] or 1)
            )
        return date(int(found["year"]), 1, 1)
    except ValueError:
        return None
