"""Which day does a state mean? The form's own way to write one, and the common ones."""

from __future__ import annotations

import re
from datetime import date

_DATES = (
    (re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})"), (1, 2, 3)),
    (re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})\.?"), (3, 2, 1)),
)


def read_date(text: str) -> date | None:
    """The day that a text of a state says, as the form asks for it or as it is commonly
    written; None when it is neither.
    """
    for pattern, (year, month, day) in _DATES:
        if match := pattern.fullmatch(
            text.strip()[:10] if pattern is _DATES[0][0] else text.strip()
        ):
            try:
                return date(int(match[year]), int(match[month]), int(match[day]))
            except ValueError:
                return None
    return None
