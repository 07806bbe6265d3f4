"""Which SQL made a cell? The models from the staging of its table to the mart of all
cells.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from graphlib import TopologicalSorter
from pathlib import Path

from pipeline.cells import POPULATION_CUBE, is_outside
from pipeline.numbers.sql.runner import EVERY_CUBE, GIVEN, references
from pipeline.numbers.sql.staging import LAYER as STAGING

MART = "marts.cells"
# What a model adds to the cells that states reported: only cells of these origins went
# through it.
_MADE_BY = {
    "core.derived_totals": ("derived",),
    "core.citizenship_groups": ("group",),
    **dict.fromkeys(
        ("core.region_sums", "core.region_overtaken", "core.region_cells"),
        ("region", "constant", "both"),
    ),
    **dict.fromkeys(
        (
            "core.judged_answers",
            "core.judged_counts",
            "core.judged_levels",
            "core.judged_agreement",
            "core.judged_cells",
        ),
        ("judged",),
    ),
    "core.meeting_levels": ("meeting",),
    "marts.population": ("reference",),
    "marts.context": ("context", "score"),
}


def models_behind(folder: Path, cube: str, *, origins: Collection[str]) -> tuple[str, ...]:
    """Names of models in the order in which they run, for cells of a cube that have
    these origins.
    """
    graph: dict[str, set[str]] = {}
    waiting = [MART]
    while waiting:
        name = waiting.pop()
        if name not in graph:
            graph[name] = {
                n for n in _needs(folder, name, cube=cube) if _is_behind(n, cube, origins=origins)
            }
            waiting += graph[name]
    ordered = TopologicalSorter({k: sorted(v) for k, v in sorted(graph.items())}).static_order()
    return tuple(n for n in ordered if n != EVERY_CUBE)


def own_models(folder: Path, cube: str, *, origins: Collection[str]) -> tuple[str, ...]:
    """The models behind cells of a cube that not every reported cell runs through."""
    common = {m for m in models_behind(folder, cube, origins=()) if not m.startswith(f"{STAGING}.")}
    return tuple(m for m in models_behind(folder, cube, origins=origins) if m not in common)


def _needs(folder: Path, name: str, *, cube: str) -> frozenset[str]:
    if name == EVERY_CUBE:
        return frozenset({f"{STAGING}.{cube.lower()}"})
    path = folder / f"{name.replace('.', '/')}.sql"
    if name.startswith(f"{STAGING}.") and not path.is_file():
        return frozenset()  # rendered: it reads the warehouse, and no other model
    return _read(path)


@lru_cache(maxsize=256)
def _read(path: Path) -> frozenset[str]:
    return references(path.read_text(encoding="utf-8"), f"sql/{path.parent.name}/{path.name}")


def _is_behind(name: str, cube: str, *, origins: Collection[str]) -> bool:
    if name.split(".")[0] in GIVEN:
        return False
    if is_outside(cube):
        return name == ("marts.population" if cube == POPULATION_CUBE else "marts.context")
    return name not in _MADE_BY or any(o in origins for o in _MADE_BY[name])
