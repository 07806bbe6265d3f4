"""Where do an exhibit's figures come from? Short codes for the sources on the cover
sheets of the returns, and the whole names behind them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from pipeline.contracts.sources import load_sources
from pipeline.report.store import Store

# a table of which no state named a source
NOT_NAMED = "returns"


def publishers(store: Store, cubes: Iterable[str]) -> list[str]:
    """Every source that states named for these tables, each once, in alphabetical
    order.
    """
    wanted = set(cubes)
    return _each(s.source for s in store.sources if s.cube in wanted)


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


def source_code(store: Store, cubes: Iterable[str]) -> str:
    """`GLOTIP, CTS`: the sources of these tables by their codes, `returns` where no
    state named one; "" for figures of others, whose source is always said in full.
    """
    cubes = list(cubes)
    if any(c.name in cubes for c in store.contracts.outside):
        return ""
    codes = codes_of(store)
    return ", ".join(codes[p] for p in publishers(store, cubes)) or NOT_NAMED


def codes_of(store: Store) -> Mapping[str, str]:
    """Source -> code, for every source that this version names: that of the Center's
    list, with a letter where one of the list is named with several releases (`CTS a`,
    `CTS b`); `other` where the list has none.
    """
    return _codes(store.contracts.codelists, tuple(_each(s.source for s in store.sources)))


@lru_cache(maxsize=16)  # asked for each exhibit of a version
def _codes(codelists: Path, named: tuple[str, ...]) -> Mapping[str, str]:
    return MappingProxyType(load_sources(codelists).in_short(named))


def _each(sources: Iterable[str]) -> list[str]:
    named = {part.strip() for source in sources for part in source.split(";")}
    return sorted(n for n in named if n)
