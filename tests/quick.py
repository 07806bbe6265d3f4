"""Which tests does `make test` run, when `make test-all` runs every one?

A test marked `thorough` takes long and tries what others try in small, or is one more
case of what is tried already. Of one marked `sampled(n)`, which tries many cases of one
kind, the first of each n cases is run, so that each such kind is tried.
"""

from __future__ import annotations

from collections import Counter

import pytest


def quick(items: list[pytest.Item]) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """The tests that are run when little time is left, in their order, and the others."""
    kept: list[pytest.Item] = []
    left: list[pytest.Item] = []
    seen: Counter[str] = Counter()
    for item in items:
        is_left = item.get_closest_marker("thorough") is not None
        if sampled := item.get_closest_marker("sampled"):
            kind = item.nodeid.partition("[")[0]
            is_left = is_left or seen[kind] % sampled.args[0] != 0
            seen[kind] += 1
        (left if is_left else kept).append(item)
    return kept, left
