"""With which rounds is a new one compared? With those that had a year of it."""

from __future__ import annotations

from pathlib import Path

import duckdb
from builds import ROOT

from pipeline.contracts.model import load_contracts
from pipeline.project import Project
from pipeline.returns.intake.stage import STAGED, staged_columns, write_staged
from pipeline.returns.received import read_round
from pipeline.system.columns import insert_rows
from pipeline.system.kept import seal, unseal

ROUND = 2022


def test_only_rounds_that_had_a_year_of_this_one_are_looked_at(tmp_path: Path) -> None:
    project = Project(ROOT, tmp_path / "outputs", tmp_path / "returns")
    contracts = load_contracts(project.contracts)
    table = contracts.table("THB_OFFENCES")
    (project.returns / str(ROUND) / "thb").mkdir(parents=True)
    for round_ in range(ROUND - 7, ROUND):
        staged = project.work(round_) / STAGED
        staged.parent.mkdir(parents=True)
        write_staged(staged, contracts, files=(), entries=())
        unseal(staged)
        with duckdb.connect(str(staged)) as connection:
            columns = staged_columns(table)
            given = {"round": round_, "report": "thb", "state": "RO", "year": round_}
            given |= {"key": f"THB_OFFENCES:RO.{round_}", "value": "7", "usable": True}
            insert_rows(
                connection,
                table.sql_name,
                kinds=[kind for _, kind in columns],
                rows=[[given.get(name) for name, _ in columns]],
            )
        seal(staged)
    read_round(project, contracts, round_=ROUND)
    with duckdb.connect(str(project.work(ROUND) / STAGED), read_only=True) as connection:
        found = connection.execute("select round, year from earlier order by all").fetchall()
    window = contracts.contract("thb").years(ROUND)
    assert found == [(year, year) for year in window if year < ROUND]
