"""When did something begin and end, even where the clock is set meanwhile?"""

from __future__ import annotations

import time

# Nobody sets the monotonic clock; all processes of a machine have the same.
_BETWEEN = time.time() - time.monotonic()


def moment() -> float:
    """Seconds since 1970 as the clock said when this process began, and as they have gone
    by since then: a later moment is never the smaller one.
    """
    return _BETWEEN + time.monotonic()
