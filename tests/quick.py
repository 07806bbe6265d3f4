"""Which tests does `make test` run, when `make test-all` runs every one?

A test marked `thorough` takes half a minute or more and tries what others try in small. Of
one marked `sampled(n)`, which tries many cases of one kind, the first of each n cases is
run, so that each such kind is tried.
"""

from __future__ import annotations

from collections import Counter

import pytest


def quick(items: list[pytest.Item]) -> list[pytest.Item]:
    """The tests that are run when little time is left, in their order."""
    kept = []
    seen: Counter[str] = Counter()
    for item in items:
        if item.get_closest_marker("thorough"):
            continue
        if sampled := item.get_closest_marker("sampled"):
            kind = item.nodeid.partition("[")[0]
            seen[kind] += 1
            if (seen[kind] - 1) % sampled.args[0]:
                continue
        kept.append(item)
    return kept
