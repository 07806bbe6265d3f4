"""Are the projects that growth is measured on the same for a seed, do their returns
arrive, and is a step that grows too fast found?
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from pipeline.contracts.model import load_contracts
from pipeline.project import Project
from pipeline.returns.intake.stage import STAGED
from pipeline.returns.rules.validation import validate_and_write

from .growth_rule import growth_of
from .synthetic import ROOT, ROUND, Example, Made, Size, make_project, tables_today

# Those that are sent as CSV, which is read within this process.
EXAMPLES = ("thb/HU", "migration/RS", "octa/BG")
# Five states and two tables more than there are; HU and BG are sent twice.
TINY = Size(rounds=2, states=16, tables=tables_today() + 2)


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Example:
    returns = tmp_path_factory.mktemp("examples")
    for name in EXAMPLES:
        for ending in (".csv", ".cover.csv"):
            path = returns / str(ROUND) / f"{name}{ending}"
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / "returns" / str(ROUND) / f"{name}{ending}", path)
    return Example.read(tmp_path_factory.mktemp("staged"), returns)


@pytest.fixture(scope="module")
def tiny(example: Example, tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make_project(tmp_path_factory.mktemp("tiny") / "project", TINY, example, seed=1)


def _written(made: Made) -> dict[str, bytes]:
    return {
        path.relative_to(made.root).as_posix(): path.read_bytes()
        for name in ("data_contracts", "templates", "returns")
        for path in sorted((made.root / name).rglob("*"))
        if path.is_file()
    }


def test_a_seed_makes_the_same_project_twice(example: Example, tiny: Made, tmp_path: Path) -> None:
    again = make_project(tmp_path / "again", TINY, example, seed=1)
    other = make_project(tmp_path / "other", TINY, example, seed=2)
    assert _written(again) == _written(tiny)
    assert again.sent == tiny.sent == other.sent
    assert _written(other) != _written(tiny)


def test_a_project_has_the_states_and_tables_that_were_asked_for(tiny: Made) -> None:
    contracts = load_contracts(tiny.root / "data_contracts")
    assert len(contracts.tables) == TINY.tables
    members = {m.code for m in contracts.members(ROUND)}
    assert members == set(TINY.members)
    assert len(members) == TINY.states


@pytest.mark.slow
def test_every_figure_is_accepted(tiny: Made) -> None:
    project = Project(tiny.root)
    contracts = load_contracts(project.contracts)
    validation = validate_and_write(project, contracts, round_=ROUND)
    assert [f for f in validation.findings if f.severity == "error"] == []
    with duckdb.connect(str(project.work(ROUND) / STAGED), read_only=True) as staged:
        usable = sum(
            staged.execute(f"select count(*) from {t.sql_name} where usable").fetchall()[0][0]
            for t in contracts.tables
        )
    assert usable == tiny.sent[ROUND] > 900


def test_a_state_that_is_added_sends_what_another_one_sent(tiny: Made) -> None:
    added = TINY.members.keys() - TINY.members.values()
    assert len(added) == 5
    folder = tiny.root / "returns" / str(ROUND)
    sent = {
        code: len((folder / f"octa/{code}.csv").read_text().splitlines())
        for code, like in TINY.members.items()
        if like == "BG"
    }
    assert sent["BG"] > 100
    assert sent == dict.fromkeys(sent, sent["BG"])
    assert len(sent) == 2


# The judgement.

SIZES = (1, 3, 10)


def test_a_quadratic_step_is_named() -> None:
    assert growth_of([(n, n * n) for n in SIZES]).is_faster
    assert growth_of([(n, 5 + n * n) for n in (11, 20, 30)]).is_faster
    noisy = growth_of([(1, 1.03), (3, 8.8), (10, 103)])
    assert noisy.is_faster
    assert noisy.verdict == "faster"


@pytest.mark.parametrize("fixed", [0, 1, 20])
def test_a_linear_step_passes_whatever_is_fixed(fixed: float) -> None:
    found = growth_of(
        [(n, fixed + 2 * n * noise) for n, noise in zip(SIZES, (1.03, 0.98, 1.02), strict=True)]
    )
    assert not found.is_faster


def test_what_hardly_grows_cannot_be_told() -> None:
    found = growth_of([(1, 10.0), (3, 10.1), (10, 10.5)])
    assert found.verdict == "not faster, mostly fixed"


def test_a_cost_that_grows_while_its_input_stands_still_is_named() -> None:
    assert growth_of([(100, 10), (100, 12), (101, 20)]).is_faster
    assert not growth_of([(100, 10), (100, 11), (101, 11)]).is_faster


def test_a_size_counts_each_axis_alone() -> None:
    size = Size(1, 11, 40)
    assert list(replace(size, rounds=3).round_numbers) == [2020, 2021, 2022]
    assert len(replace(size, states=30).members) == 30
