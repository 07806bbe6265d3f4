"""Where do an exhibit's figures come from? Source lines from the cover sheets of the
returns.
"""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.report.store import Store


def publishers(store: Store, cubes: Iterable[str]) -> list[str]:
    """Every source that states named for these tables, each once, in alphabetical
    order.
    """
    wanted = set(cubes)
    named = {
        part.strip() for s in store.sources if s.cube in wanted for part in s.source.split(";")
    }
    return sorted(n for n in named if n)


def source_line(store: Store, cubes: Iterable[str]) -> str:
    """`returns of the member states to SELEC, round 2022, filled from ...`, or who
    published figures of others; the template writes `Source:` before it.
    """
    cubes = list(cubes)
    others = [c.cited for c in store.contracts.outside if c.name in cubes]
    if others:
        return f"{'; '.join(others)}. No figure of a return."
    named = publishers(store, cubes)
    behind = f", filled from {'; '.join(named)}" if named else ""
    return f"returns of the member states to SELEC, round {store.round}{behind}."
