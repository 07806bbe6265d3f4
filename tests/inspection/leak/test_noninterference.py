"""Does anything that only the restricted version knows change a byte of what others
get?

CHANGES (an environment variable) says how many random changes are tried; `make soak`
tries two hundred.
"""

from __future__ import annotations

import json
import os
import random
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from builds import REPORTS, ROOT, ROUND

from pipeline.contracts.model import Contracts
from pipeline.contracts.policy import load_policy
from pipeline.disclosure.choose.decide import Chooser
from pipeline.disclosure.choose.system import PublishedEdition
from pipeline.disclosure.proof import certificate_path
from pipeline.disclosure.protect import release_day
from pipeline.numbers.build import inputs_of, store_inputs
from pipeline.numbers.mart_rows import Marts, read_marts
from pipeline.numbers.stores import write_stores
from pipeline.numbers.true_cells import TrueCell
from pipeline.numbers.versions import StoreInputs
from pipeline.project import Project
from pipeline.returns.rules.validated import read_validation

pytestmark = pytest.mark.slow
CHANGES = int(os.environ.get("CHANGES", "12"))


@pytest.fixture(scope="module")
def marts(built: Project) -> Marts:
    return read_marts(built, ROUND)


@pytest.fixture(scope="module")
def shown(built: Project) -> frozenset[str]:
    files = [
        built.released(ROUND, r, version="public").read_text(encoding="utf-8") for r in REPORTS
    ]
    lines = [line for text in files for line in text.splitlines()[1:]]
    return frozenset(x.split(",")[0] for x in lines if x.split(",")[1])


@pytest.fixture(scope="module")
def left_out(built: Project, marts: Marts) -> frozenset[str]:
    """The cells that the public version has no line for."""
    files = [
        built.released(ROUND, r, version="public").read_text(encoding="utf-8") for r in REPORTS
    ]
    return frozenset(marts.every_cell()) - {
        line.split(",")[0] for text in files for line in text.splitlines()
    }


def test_notes_findings_definitions_and_sources_of_figures_change_nothing(
    built: Project,
    marts: Marts,
    shown: frozenset[str],
    left_out: frozenset[str],
    contracts: Contracts,
    tmp_path: Path,
) -> None:
    """Random notes, vintages of withheld cells, findings, revisions, definitions: the
    public stores stay.
    """
    chance = random.Random(4)
    project = Project(ROOT, tmp_path)
    shutil.copytree(built.round_folder(ROUND) / "stores", project.round_folder(ROUND) / "stores")
    public = load_policy(ROOT / "data_contracts", contracts).version("public")
    inputs = inputs_of(built, contracts, round_=ROUND)
    for _ in range(CHANGES * 7 // 10):
        changed = write_stores(
            project,
            contracts,
            round_=ROUND,
            version=public,
            marts=disturb(marts, shown, chance),
            inputs=disturb_inputs(inputs, shown, chance),
            reports=REPORTS,
            shown=shown,
            left_out=left_out,
        )
        assert not any(changed.values())


def disturb(marts: Marts, shown: frozenset[str], chance: random.Random) -> Marts:
    cells = list(marts.cells)
    for place in chance.sample(range(len(cells)), 40):
        cell = replace(cells[place], note=f"canary {chance.random()}")
        if cell.key not in shown and cell.value is not None:
            more = cell.value + chance.randint(1, 9)
            cell = replace(cell, value=more, round=chance.choice([2020, 2021]))
        cells[place] = cell
    revisions = chance.sample(marts.revisions, min(3, len(marts.revisions)))
    return replace(marts, cells=tuple(cells), revisions=tuple(revisions))


def disturb_inputs(
    inputs: StoreInputs, shown: frozenset[str], chance: random.Random
) -> StoreInputs:
    """What a state was asked is public only of figures that are all shown: it is a mark
    of theirs.
    """
    hidden = [f for f in inputs.findings if not f.key or f.key not in shown]
    told = [f for f in inputs.findings if f not in hidden]
    findings = (*told, *chance.sample(hidden, min(5, len(hidden))))
    sources = tuple(replace(s, definition=f"canary {chance.random()}") for s in inputs.sources)
    return replace(inputs, findings=findings, sources=sources)


def test_counts_moved_between_hidden_cells_change_nothing_behind_an_edition(
    built: Project,
    marts: Marts,
    shown: frozenset[str],
    left_out: frozenset[str],
    contracts: Contracts,
) -> None:
    """The certificate's own counter-tables, year by year, take the place of the true
    figures: the same is shown.
    """
    chance = random.Random(5)
    cells = marts.reported_cells()
    certificate = json.loads(
        certificate_path(built, ROUND, version="public").read_text(encoding="utf-8")
    )
    policy = load_policy(ROOT / "data_contracts", contracts)
    day = release_day(store_inputs(read_validation(built, ROUND), ROUND, reports=REPORTS))
    edition = PublishedEdition("public-2022-1", cells, shown & frozenset(cells), left_out)
    years = [
        {k: v for k, v in table.items() if k.split(".")[1] == str(year)}
        for table in certificate["tables"]
        for year in range(ROUND - 4, ROUND + 1)
    ]
    years = [y for y in years if sum(cells[k].value is not None for k in y) > 4]
    for changes in chance.choices(years, k=CHANGES * 3 // 10):
        other = moved_by(changes, cells)
        assert sum(other[k].value != cells[k].value for k in cells) > 4
        chooser = Chooser(
            other,
            [edition],
            contracts=contracts,
            policy=policy,
            version=policy.version("public"),
            round_=ROUND,
            day=day,
            again=[edition],
        )
        assert chooser.decision().shown == edition.shown


def moved_by(changes: dict[str, int], cells: dict[str, TrueCell]) -> dict[str, TrueCell]:
    """The figures of a counter-table; what its sender suppressed has none to change."""
    moved = dict(cells)
    for key, change in changes.items():
        if (value := cells[key].value) is not None:
            moved[key] = replace(cells[key], value=value + change)
    return moved


def test_the_day_of_release_is_that_of_the_newest_return(built: Project) -> None:
    inputs = store_inputs(read_validation(built, ROUND), ROUND, reports=REPORTS)
    assert release_day(inputs) == max(date.fromisoformat(m["cutoff"]) for m in inputs.meta.values())
