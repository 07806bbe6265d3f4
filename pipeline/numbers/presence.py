"""Which states have figures for the reference year, by report and table?

Counted from the marts, with the parts above their wholes that no state has explained. A
return that came and says nothing of the reference year is no figure. That a figure is
suppressed, nil or not applicable is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.contracts.layout import CENTER, respondents
from pipeline.contracts.model import Contracts
from pipeline.numbers.sql.marts import open_marts
from pipeline.project import Project
from pipeline.system.kept import is_there


@dataclass(frozen=True)
class Counted:
    """The states that were asked for a report, with those that have figures for the
    reference year: in any of its tables, and by table. `ever` have figures for any year
    of the window.
    """

    report: str
    asked: tuple[str, ...]
    present: tuple[str, ...]
    by_table: Mapping[str, tuple[str, ...]]
    ever: tuple[str, ...]

    def least(self, asked_for: int) -> int:
        """How many must have figures where so many are asked for, of those that are asked."""
        return min(asked_for, len(self.asked))

    @property
    def lacking(self) -> tuple[str, ...]:
        return tuple(state for state in self.asked if state not in self.present)

    def lacking_in(self, table: str) -> tuple[str, ...]:
        return tuple(state for state in self.asked if state not in self.by_table[table])


@dataclass(frozen=True)
class OpenConflict:
    """A part above its whole to which the state has not answered. Both are keys."""

    cube: str
    state: str
    whole: str
    part: str


@dataclass(frozen=True)
class Counts:
    """The states by report, and the open conflicts of the reference year."""

    reports: Mapping[str, Counted]
    conflicts: tuple[OpenConflict, ...]


def read_counts(project: Project, contracts: Contracts, *, round_: int) -> Counts | None:
    """Count once for all reports; None where the marts were not built yet. Raises
    DamagedFileError where they are not what was left.
    """
    if not is_there(marts_of(project, round_)):
        return None
    with open_marts(project, round_) as marts:
        rows = marts.execute(
            "select distinct cube, state, year = ? from marts.cells where coverage is null"
            " and (value is not null or obs_status in ('M', 'N', 'Q')) order by all",
            [round_],
        ).fetchall()
        conflicts = marts.execute(
            "select distinct whole_cube, state, whole, part from marts.conflicts"
            " where year = ? and resolution = '' order by all",
            [round_],
        ).fetchall()
    having: dict[str, set[str]] = {}
    ever: dict[str, set[str]] = {}
    for cube, state, is_now in rows:
        ever.setdefault(cube, set()).add(state)
        if is_now:
            having.setdefault(cube, set()).add(state)
    reports = {}
    for contract in contracts:
        # the Center answers for its own activity: it is no state, and counts where nobody
        # else is asked
        states = respondents(contracts, contract.report, round_=round_)
        asked = tuple(state for state in states if state != CENTER) or tuple(states)
        by_table = {
            table.name: tuple(s for s in asked if s in having.get(table.name, ()))
            for table in contract.tables_of(round_)
        }
        present = tuple(s for s in asked if any(s in of for of in by_table.values()))
        reports[contract.report] = Counted(
            contract.report,
            asked,
            present,
            by_table,
            tuple(s for s in asked if any(s in ever.get(t, ()) for t in by_table)),
        )
    return Counts(reports, tuple(OpenConflict(*row) for row in conflicts))


def marts_of(project: Project, round_: int) -> Path:
    """Where the marts of a round lie."""
    return project.work(round_) / "cubes.duckdb"
