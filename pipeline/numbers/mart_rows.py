"""What do the marts of a round hold for stores? Reads them once, as typed rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from pipeline.cells import Key, Question, is_counted
from pipeline.numbers.questions import Conflict
from pipeline.numbers.sql.marts import open_marts
from pipeline.numbers.stored_tables import StoredArea, StoredCoverage, StoredRevision, read_rows
from pipeline.numbers.true_cells import SUPPRESSED, TrueCell
from pipeline.project import Project

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class MartCell:
    """A cell as the mart of all cells has it, with all that is known of it here."""

    key: str
    cube: str
    state: str
    year: int
    codes: tuple[str, ...]
    value: Decimal | None
    unit: str
    obs_status: str
    conf_status: str
    coverage: int | None
    members: int | None
    states: tuple[str, ...] | None
    note: str
    round: int | None
    origin: str
    part_keys: tuple[str, ...] | None
    question: Question
    questioned: tuple[str, ...]
    counts: bool

    @property
    def is_suppressed(self) -> bool:
        """Whether its sender had suppressed it: nobody here knows the number."""
        return self.value is None and self.obs_status == SUPPRESSED


@dataclass(frozen=True)
class Marts:
    """What the marts of a round hold for stores: rows as they stand there."""

    cells: tuple[MartCell, ...]
    coverage: tuple[StoredCoverage, ...]
    revisions: tuple[StoredRevision, ...]
    areas: tuple[StoredArea, ...]
    conflicts: tuple[Conflict, ...] = ()
    # A part in question, and its wholes.
    doubtful: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def every_cell(self) -> dict[str, TrueCell]:
        """All cells by key, also those of others, which are public."""
        return {
            c.key: TrueCell(
                Key.parse(c.key),
                c.value,
                c.obs_status,
                c.conf_status,
                c.origin,
                c.part_keys or (),
                agreed=0 if c.part_keys else len(c.states or ()),
            )
            for c in self.cells
        }

    def reported_cells(self) -> dict[str, TrueCell]:
        """The cells that disclosure control is about."""
        return {k: c for k, c in self.every_cell().items() if is_counted(c.key.cube)}


def read_marts(project: Project, round_: int) -> Marts:
    """Read what stores are made of. Raises UserError when the marts were not built yet."""
    marts = open_marts(project, round_)
    try:
        cells = read_rows(marts, MartCell, table="marts.cells", order="key")
        return Marts(
            cells,
            read_rows(marts, StoredCoverage, table="marts.coverage", order="sort, state_sort"),
            read_rows(marts, StoredRevision, table="marts.revisions", order="key"),
            read_rows(marts, StoredArea, table="marts.by_crime_area", order="sort"),
            read_rows(
                marts, Conflict, table="marts.conflicts", order="whole, part_cube, dimensions"
            ),
            _doubtful(marts, cells),
        )
    finally:
        marts.close()


def _doubtful(
    marts: duckdb.DuckDBPyConnection, cells: Iterable[MartCell]
) -> dict[str, tuple[str, ...]]:
    """The parts in question, and what is worked out from them, each with the wholes in
    whose blocks it stands.
    """
    rows = marts.execute(
        "select key, wholes from core.questioned_cells where role = 'part' order by key"
    ).fetchall()
    found = {key: tuple(wholes) for key, wholes in rows}
    for cell in cells:
        if cell.origin in ("derived", "group") and not cell.counts and cell.key not in found:
            wholes = {w for part in cell.part_keys or () for w in found.get(part, ())}
            found[cell.key] = tuple(sorted(wholes))
    return found
