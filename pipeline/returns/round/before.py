"""What did each state report before? The figures of earlier rounds that a new form
shows in grey.

They are those with which the rules compare a new return: of each cell the latest
round's, as it was staged, without the tables that were refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from pipeline.contracts.model import Contract, Contracts, Table
from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.returns.intake.stage import STAGED
from pipeline.returns.rules.validated import read_validation
from pipeline.system.kept import is_there, open_database

# How a form writes a status that stands in place of a figure. One that was not reported
# is not shown: there is nothing to restate.
_SIGNS = {"M": "–", "N": "0n", "Q": "<5"}
_NORMAL, _FREE = "A", "F"


@dataclass(frozen=True)
class Earlier:
    """A figure as a state reported it: the text of its cell, the status beside it where
    it has one, and the confidentiality of its line. `codes` follow the key dimensions.
    """

    codes: tuple[str, ...]
    value: Decimal | str
    status: str
    conf: str
    round: int


# By state and name of the table, each figure by its key.
Reported = Mapping[tuple[str, str], Mapping[str, Earlier]]


def rounds_before(project: Project, contract: Contract, round_: int) -> list[int]:
    """The earlier rounds with returns that had a year of this one, the latest first."""
    folder = project.returns
    names = [p.name for p in folder.iterdir() if p.is_dir()] if folder.is_dir() else []
    found = {int(n) for n in names if len(n) == 4 and n.isascii() and n.isdigit()}
    return sorted((r for r in found if contract.years(round_)[0] <= r < round_), reverse=True)


def reported_before(
    project: Project, contracts: Contracts, *, report: str, round_: int
) -> Reported:
    """What was reported before for the years of a round. Raises UserError where an
    earlier round has returns that nobody checked, DamagedFileError where what was left of
    it is damaged.
    """
    contract = contracts.contract(report)
    found: dict[tuple[str, str], dict[str, Earlier]] = {}
    for earlier in rounds_before(project, contract, round_):
        staged = project.work(earlier) / STAGED
        if not is_there(staged) or not is_there(project.work(earlier) / "validation.json"):
            raise UserError(
                f"round {earlier} has returns that were not checked, so nobody can tell what"
                " states reported",
                where=str(project.returns / str(earlier)),
                do=f"run 'make validate ROUND={earlier}', then open the round again",
            )
        refused = read_validation(project, earlier).refused
        for table in contract.tables_of(round_):
            for state, key, figure in _figures(project, table, earlier):
                if {(state, report, ""), (state, report, table.name)} & refused:
                    continue
                if int(figure.codes[1]) in contract.years(round_):
                    found.setdefault((state, table.name), {}).setdefault(key, figure)
    return found


def _figures(project: Project, table: Table, round_: int) -> list[tuple[str, str, Earlier]]:
    """The usable figures of a table in an earlier round, one a key, in reading order."""
    with open_database(project.work(round_) / STAGED) as connection:
        query = "select 1 from duckdb_tables() where table_name = ?"
        if not connection.execute(query, [table.sql_name]).fetchall():
            return []  # a table that this round did not ask for
        names = ", ".join(d.name for d in table.dimensions)
        rows = connection.execute(
            f"select distinct on (key) key, value, obs_status, conf_status, state,"
            f" cast(year as varchar){f', {names}' if names else ''}"
            f" from {table.sql_name} where usable order by key, rowid"
        ).fetchall()
    found = []
    for key, value, status, conf, *codes in rows:
        said = value if value is not None else _SIGNS.get(status)
        if said is not None:
            beside = "" if value is None or status == _NORMAL else status
            bound = "" if conf == _FREE else conf
            found.append((codes[0], key, Earlier(tuple(codes), said, beside, bound, round_)))
    return found
