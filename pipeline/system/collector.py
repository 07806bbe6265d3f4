"""When does Python look for objects that nothing refers to? Not while millions of them
are made that are all needed to the end.
"""

from __future__ import annotations

import gc
import resource
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Look for no waste meanwhile. Layout and reading back make many objects and drop few
    before their end: looking took a quarter of the time.
    """
    working = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if working:
            gc.enable()


def collect_above(mib: int) -> None:
    """Look for waste once if this process has held more than that many MiB: a second of
    work then saves a tenth of the memory.
    """
    if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > mib << 10:
        gc.collect()
