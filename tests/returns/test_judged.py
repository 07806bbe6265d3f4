"""Does one query a table find every bad row that single expectations find?

Every table of the contracts is filled at random, with figures that break its rules.
"""

from __future__ import annotations

import itertools
import os
import random
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from bench.single_expectations import run_expectations

from pipeline.contracts.model import Contracts, Table, load_contracts
from pipeline.project import Project
from pipeline.returns.intake.stage import STAGED, staged_columns
from pipeline.returns.received import read_round
from pipeline.returns.rules.compile import compile_rules
from pipeline.returns.rules.expected import Expected
from pipeline.returns.rules.judged import judge_rules
from pipeline.returns.rules.queries import ORIGIN
from pipeline.system.columns import insert_rows

ROOT = Path(__file__).parents[2]
ROUND = 2022
MOST = 120  # combinations of codes a table
# Rules of a kind that are run as single expectations too, each a query by SQLAlchemy;
# 0 for all, as `make soak` does.
OF_A_KIND = int(os.environ.get("OF_A_KIND", "2"))


def _kind(rule_id: str) -> str:
    """What a rule asks, without the table, dimension or other table that it names."""
    what = rule_id.split(".", 1)[1].split("_as_")[0]
    dimension, _, last = what.rpartition(".")
    return what if dimension in ("value", "note", "key", "total", "year") else last


def _rows(table: Table, chance: random.Random) -> list[dict[str, object]]:
    codes = [[c.code for c in d.codes] for d in table.dimensions]
    combinations = list(itertools.islice(itertools.product(*codes), MOST))
    rows: list[dict[str, object]] = []
    for state, year, combination in itertools.product(
        ("RO", "BG"), range(ROUND - 4, ROUND + 1), combinations
    ):
        value = chance.choice([None, -1, 0.5, 10**12, *(chance.randint(0, 900) for _ in range(16))])
        line = len(rows) + 7
        rows.append(
            {name: None for name, _ in staged_columns(table)}
            | dict(zip((d.name for d in table.dimensions), combination, strict=True))
            | {
                "round": ROUND,
                "report": table.report,
                "state": state,
                "year": year,
                "key": ".".join((f"{table.name}:{state}", str(year), *combination)),
                "value": value,
                "raw": str(value),
                "obs_status": "M" if value is None else chance.choice("AAAAAABENPQZ"),
                "conf_status": chance.choice("FFFE"),
                "note": chance.choice((None, None, "why", "2030-01-31")),
                "file": f"{state}.xlsx",
                "sheet": table.layout.sheet,
                "address": f"C{line}",
                "usable": True,
            }
        )
    for row in chance.sample(rows, min(8, len(rows))):
        rows.append(row | {"address": f"C{len(rows) + 7}"})
        rows.append(row | {"address": f"D{len(rows) + 7}", "year": 1900})
        rows.append(row | {"address": f"F{len(rows) + 7}", "year": None})
        for name in ("state", *(d.name for d in table.dimensions), "conf_status"):
            rows.append(
                row | {"address": f"E{len(rows) + 7}", name: chance.choice((None, "?{x}:y"))}
            )
    return rows


@pytest.fixture(scope="module")
def contracts() -> Contracts:
    return load_contracts(ROOT / "data_contracts")


@pytest.fixture(scope="module")
def database(contracts: Contracts, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("judged")
    (folder / "returns" / str(ROUND)).mkdir(parents=True)
    project = Project(ROOT, folder / "outputs", folder / "returns")
    read_round(project, contracts, round_=ROUND)
    path = project.work(ROUND) / STAGED
    chance = random.Random(13)
    with duckdb.connect(str(path)) as connection:
        for table in contracts.tables:
            rows = _rows(table, chance)
            columns = staged_columns(table)
            insert_rows(
                connection,
                table.sql_name,
                kinds=[kind for _, kind in columns],
                rows=[[row[name] for name, _ in columns] for row in rows],
            )
            # Half of the older figures differ, and some of them are gone from the round.
            connection.execute(
                f"""insert into earlier
                select {ROUND - 1}, report, state, year, '{table.name}', key,
                    case when value < 1000 then value + row_number() over () % 2 end, 'A'
                from {table.sql_name} where year < {ROUND} and value >= 0 and address like 'C%'"""
            )
            connection.execute(f"delete from {table.sql_name} where rowid % 7 = 3")
        connection.execute("delete from files")
        for report, state in itertools.product({t.report for t in contracts.tables}, ("RO", "BG")):
            connection.execute(
                "insert into files (round, report, state, file, outcome, number)"
                " values (?, ?, ?, ?, 'read', 1)",
                [ROUND, report, state, f"{state}.xlsx"],
            )
    return path


def _some_of_each_kind(checks: list[Expected]) -> list[Expected]:
    """In their order, spread over the tables: of each kind the same share of the list."""
    by_kind: dict[str, list[Expected]] = {}
    for check in checks:
        by_kind.setdefault(_kind(check.rule_id), []).append(check)
    chosen: set[str] = set()
    for same in by_kind.values():
        step = max(1, len(same) // OF_A_KIND) if OF_A_KIND else 1
        chosen |= {c.rule_id for c in same[::step]}
    return [c for c in checks if c.rule_id in chosen]


def test_every_bad_row_is_that_of_the_single_expectations(
    contracts: Contracts, database: Path
) -> None:
    checks = [r.check for c in contracts for r in compile_rules(contracts, c, round_=ROUND)]
    judged = judge_rules(database, checks, ORIGIN)
    some = _some_of_each_kind(checks)
    chosen = {c.rule_id for c in some}
    outcomes = [o for o in judged if o.rule_id in chosen]
    assert outcomes == run_expectations(database, some, ORIGIN)
    assert {o.status for o in outcomes} == {o.status for o in judged} == {"passed", "failed"}
    kinds = {_kind(c.rule_id) for c in checks}
    assert {_kind(o.rule_id) for o in judged if o.bad_rows} == kinds


def test_a_rule_that_breaks_takes_no_other_with_it(contracts: Contracts, database: Path) -> None:
    table = contracts.tables[0]
    rules = compile_rules(contracts, contracts.contract(table.report), round_=ROUND)
    checks = [r.check for r in rules if r.check.table == table.sql_name]
    whole = judge_rules(database, checks, ORIGIN)
    broken = Expected("t.broken", table.sql_name, sql="select nothing from nowhere")
    unknown = replace(broken, rule_id="t.kind", sql="", expectation="expect_the_unexpected")
    found = judge_rules(database, [broken, *checks, unknown], ORIGIN)
    assert found[1:-1] == whole
    assert [(o.rule_id, o.status, bool(o.error)) for o in (found[0], found[-1])] == [
        ("t.broken", "could_not_run", True),
        ("t.kind", "could_not_run", True),
    ]
