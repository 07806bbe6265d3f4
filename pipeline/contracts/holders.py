"""Who knows which cells whatever a version shows? The holders that the release policy
names: each state its own figures, a collector what it collected.

A version is proven against its holders one by one: what one of them knows is taken as
known, and the cells of all others must stay as open as they are to everybody else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.system.yaml_files import YamlFile

OWN = "own"  # each state the figures that it sent itself


@dataclass(frozen=True)
class Holder:
    """Somebody who knows all figures of some states, in these tables; no table means all."""

    name: str
    states: frozenset[str]
    tables: frozenset[str] = frozenset()

    def knows(self, state: str, table: str) -> bool:
        return state in self.states and (not self.tables or table in self.tables)


def read_holders(
    content: Mapping[str, Any], states: Iterable[str]
) -> dict[str, tuple[Holder, ...]]:
    """The holders of each entry: one that knows its own figures stands for every state."""
    every = sorted(states)
    found = {}
    for name, entry in content.items():
        knows = entry["knows"]
        if knows == OWN:
            found[name] = tuple(Holder(s, frozenset({s})) for s in every)
            continue
        whose = every if knows["states"] == "all" else knows["states"]
        tables = [] if knows["tables"] == "all" else knows["tables"]
        found[name] = (Holder(name, frozenset(whose), frozenset(tables)),)
    return found


def groups_of_holders(
    holders: Mapping[str, tuple[Holder, ...]],
) -> list[tuple[str, tuple[Holder, ...]]]:
    """Nobody, each entry by its name, and all entries together where there are several."""
    found = [("none", ()), *holders.items()]
    together = tuple(holder for group in holders.values() for holder in group)
    return [*found, ("all", together)] if len(holders) > 1 else found


def check_holders(file: YamlFile, *, tables: set[str], states: set[str]) -> Iterator[str]:
    """Entries about states, tables and holders that are not there. One that no version
    names stays in the table of alternatives.
    """
    content = file.content
    for name, entry in content["holders"].items():
        place = file.place(("holders", name))
        if name in states:
            yield f"{place}: it is called as a state is, and proofs name holders"
        if entry["knows"] == OWN:
            continue
        for kind, known in (("states", states), ("tables", tables)):
            given = entry["knows"][kind]
            for unknown in sorted(set(given) - known) if given != "all" else ():
                yield f"{place}: there is no {kind.removesuffix('s')} '{unknown}'"
    for name, version in content["versions"].items():
        place = file.place(("versions", name, "holders"))
        for unknown in sorted(set(version["holders"]) - set(content["holders"])):
            allowed = ", ".join(content["holders"]) or "none"
            yield f"{place}: there is no holder '{unknown}'; allowed: {allowed}"
        if version["holders"] and not version["protected"]:
            yield f"{place}: the version shows everything, so it is proven against nobody"
