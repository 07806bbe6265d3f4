"""What does this version know? Cells and labels from its one store file.

Reading leaves a store as it is; `printing.py` notes what of it is printed.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import MappingProxyType
from typing import Final

from pipeline.cells import POPULATION_CUBE, Cell, Key, is_outside
from pipeline.contracts.model import Contracts, Table
from pipeline.errors import UserError
from pipeline.numbers.questions import Conflict
from pipeline.numbers.stored_tables import (
    StoredArea,
    StoredCase,
    StoredCaseFact,
    StoredCell,
    StoredContribution,
    StoredCoverage,
    StoredDecision,
    StoredFact,
    StoredFinding,
    StoredRevision,
    StoredSource,
    read_rows,
)
from pipeline.report.edition import read_edition
from pipeline.system.kept import is_there, open_database


class Store:
    """The cells of one report version, for reading only. Asking for a cell that nobody
    reported gives a cell that is missing.
    """

    def __init__(self, path: Path, contracts: Contracts, *, report: str, version: str) -> None:
        if not is_there(path):
            raise UserError(
                "the store of this version does not exist",
                where=str(path),
                do="run 'make reports' first",
            )
        self.contracts: Final = contracts
        self.report: Final = report
        self.version: Final = version
        self.path: Final = path
        self.edition: Final = read_edition(path)
        connection = open_database(path)
        try:
            cells = map(_cell, read_rows(connection, StoredCell, table="cells"))
            self._cells: Final = MappingProxyType({c.key: c for c in cells})
            self.coverage: Final = read_rows(
                connection, StoredCoverage, table="coverage", order="sort"
            )
            self.revisions: Final = read_rows(
                connection, StoredRevision, table="revisions", order="all"
            )
            self.findings: Final = read_rows(
                connection, StoredFinding, table="findings", order="all"
            )
            self.sources: Final = read_rows(connection, StoredSource, table="sources", order="all")
            self.areas: Final = read_rows(connection, StoredArea, table="areas", order="sort")
            self.conflicts: Final = read_rows(connection, Conflict, table="conflicts", order="all")
            self.cases: Final = read_rows(connection, StoredCase, table="cases", order="case_id")
            self.case_facts: Final = read_rows(
                connection, StoredCaseFact, table="case_facts", order="case_id, line, name"
            )
            self.contributions: Final = read_rows(
                connection, StoredContribution, table="contributions"
            )
            self.decisions: Final = read_rows(connection, StoredDecision, table="decisions")
            facts = read_rows(connection, StoredFact, table="meta", order="name")
            self.meta: Final = MappingProxyType({fact.name: fact.value for fact in facts})
        finally:
            connection.close()
        self.round: Final = int(self.meta["round"])
        self.queried: Final = frozenset(str(c.key) for c in self._cells.values() if c.queried)
        self.years: Final = contracts.contract(report).years(self.round)

    def cell(self, key: Key) -> Cell:
        """The cell of a key. Raises UserError when the key's cube or codes do not
        exist.
        """
        if key in self._cells:
            return self._cells[key]
        unit = "inhabitants"
        if key.cube != POPULATION_CUBE:
            unit = self.contracts.check_key(key).unit
        return Cell(key, None, unit, obs_status="O")

    def is_least(self, cell: Cell) -> bool:
        """Whether the source gives several figures of a cell, or of one that it counts:
        the value is the largest.
        """
        if is_outside(cell.key.cube) or not cell.has_value:
            return False
        several = self.table(cell.key.cube).several_figures
        return bool(several) and cell.obs_status == several

    def conflict(self, whole: str) -> Conflict | None:
        """What exceeds a whole, by preference in its own table; None where this version
        tells of nothing.
        """
        own = [c for c in self.conflicts if c.whole == whole]
        return min(
            own,
            key=lambda c: (c.part_cube != c.whole_cube, not c.parts, c.part),
            default=None,
        )

    def parts_instead(self, whole: str) -> tuple[str, ...]:
        """The parts that would stand in the place of a whole in question; none where
        they are not all numbers.
        """
        own = [c for c in self.conflicts if c.whole == whole and c.parts]
        best = min(own, key=lambda c: (c.part_cube != c.whole_cube, c.dimensions), default=None)
        return best.parts if best else ()

    def every_cell(self) -> Iterable[Cell]:
        return self._cells.values()

    def own_tables(self) -> tuple[Table, ...]:
        """The tables of this report's own contract."""
        return self.contracts.contract(self.report).tables

    def cells_of(self, cube: str) -> Iterable[Cell]:
        return (c for k, c in sorted(self._cells.items()) if k.cube == cube)

    def cubes(self) -> set[str]:
        """The cubes that the store has cells of, shown or withheld."""
        return {key.cube for key in self._cells}

    def has_figures(self, cube: str) -> bool:
        """Whether this version knows of any figure of a cube, shown or withheld."""
        own = (c for key, c in self._cells.items() if key.cube == cube)
        return any(c.has_value or c.withheld for c in own)

    def is_asked(self, cube: str) -> bool:
        """Whether the round asks states for a cube; one that no contract has is for its
        user to refuse.
        """
        return all(t.is_asked(self.round) for t in self.contracts.every_table if t.name == cube)

    def table(self, cube: str) -> Table:
        return self.contracts.table(cube)

    def label(self, cube: str, dimension: str, *, code: str) -> str:
        """The printed name of a code: short state names, labels of code lists, years as
        they are.
        """
        if dimension == "year":
            return code
        if dimension == "state":
            return self.contracts.areas_of(cube).label(code)
        return self.table(cube).dimension(dimension).codelist.label(code)


def _cell(row: StoredCell) -> Cell:
    return Cell(
        key=Key.parse(row.key),
        value=row.value,
        unit=row.unit,
        obs_status=row.obs_status,
        conf_status=row.conf_status,
        coverage=row.coverage,
        of=row.members,
        states=row.states or (),
        note=row.note or "",
        vintage=row.vintage,
        withheld=row.withheld,
        question=row.question,
        counts=row.counts,
        wholes=row.wholes or (),
        queried=row.queried,
        word=row.word or "",
    )
