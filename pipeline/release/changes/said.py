"""What had states said, as far as a build knew? From its own marts, or from the ledger
where it was only kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.cells import REGIONS, Key, is_outside
from pipeline.contracts.model import Contracts
from pipeline.numbers.sql.marts import open_marts
from pipeline.project import Project
from pipeline.release.changes.sides import Side
from pipeline.system.kept import open_database


@dataclass(frozen=True)
class Leaf:
    """A figure of a return that a cell is made of: as it was written, and where."""

    key: str
    says: str
    place: str


class Marts:
    """The figures behind a cell, from the marts of the outputs that a build is one of."""

    def __init__(self, project: Project, round_: int) -> None:
        self._marts = open_marts(project, round_)

    def close(self) -> None:
        self._marts.close()

    def leaves(self, key: str) -> dict[str, Leaf]:
        """The figures of returns that a cell adds up to, by their keys."""
        if is_outside(key.split(":")[0]):
            return {}
        rows = self._marts.execute(
            """with recursive down as (
                select key, part_keys, raw, file, sheet, address from marts.cells where key = ?
                union
                select c.key, c.part_keys, c.raw, c.file, c.sheet, c.address
                from down, unnest(down.part_keys) as p (part) inner join marts.cells as c
                on c.key = p.part
            )
            select key, raw, file, sheet, address from down where file <> ''""",
            [key],
        ).fetchall()
        return {
            k: Leaf(k, raw or "", f"{file} {sheet} {address}".strip())
            for k, raw, file, sheet, address in rows
        }


class FiguresOfBuild:
    """The figures behind a cell as a kept build knew them: of the returns that its
    manifest names, or, where it names none, of those dated up to its data cut-off.
    """

    def __init__(self, project: Project, contracts: Contracts, *, build: Side, now: Marts) -> None:
        self._contracts, self._now = contracts, now
        self._ledger = open_database(project.warehouse)
        self._files = {h for name, h in build.inputs.items() if name.startswith("returns/")}
        self._cutoff = build.cutoff
        self._tables = {
            name
            for (name,) in self._ledger.execute(
                "select table_name from information_schema.tables"
            ).fetchall()
        }

    def close(self) -> None:
        self._ledger.close()

    def leaves(self, key: str) -> dict[str, Leaf]:
        """As `Marts.leaves`; states that no longer say anything are found by putting
        them in place of the region.
        """
        parsed = Key.parse(key)
        if is_outside(parsed.cube):
            return {}
        wanted = {key, *self._now.leaves(key)}
        if parsed.state in REGIONS:
            states = [c.code for c in self._contracts.codelist("states")]
            wanted |= {str(Key(parsed.cube, (state, *parsed.codes[1:]))) for state in states}
        found: dict[str, Leaf] = {}
        for cube in sorted({Key.parse(k).cube for k in wanted}):
            found.update(self._said(cube, sorted(k for k in wanted if k.startswith(f"{cube}:"))))
        return found

    def _said(self, cube: str, keys: list[str]) -> Mapping[str, Leaf]:
        table = self._contracts.table(cube).sql_name
        if table not in self._tables:
            return {}
        rows = self._ledger.execute(
            f"""select c.key, c.raw, s.file, c.sheet, c.address, s.sha256, s.received
            from {table} c join submissions s using (submission_id)
            where list_contains(?, c.key) and s.outcome <> 'set aside'
            order by c.key, s.round, s.received, s.file, s.submission_id""",
            [keys],
        ).fetchall()
        found = {}
        for key, raw, file, sheet, address, digest, received in rows:
            if digest in self._files if self._files else received <= self._cutoff:
                found[key] = Leaf(key, raw, f"{file} {sheet} {address}".strip())
        return found
