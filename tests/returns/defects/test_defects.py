"""Does each defect give exactly its finding, at its cell, and leave the returns of
other states alone?
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from defects import foreign, messy  # noqa: F401
from defects.cases import CASES, Case
from defects.returns import (
    GOOD,
    ROOT,
    ROUND,
    CsvDraft,
    Place,
    WorkbookDraft,
    contracts,
    good_workbook,
    place,
)
from pipeline.findings import Finding
from pipeline.project import Project
from pipeline.returns.received import read_round
from pipeline.returns.rules.check import validate_round
from pipeline.returns.rules.outcome import Validation

GOOD_STATE = "TR"  # sends a good return in every round
STATES = [c.code for c in contracts().members(ROUND) if c.code != GOOD_STATE]


@dataclass
class Batch:
    """A round in which each state sends at most one defect per report. Checked when
    first asked for.
    """

    slots: dict[tuple[str, str], Case] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    also: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)
    validation: Validation | None = None

    def check(self, folder: Path) -> Validation:
        if self.validation is None:
            for (report, state), case in self.slots.items():
                if case.earlier:
                    _send(folder, WorkbookDraft(report, state, ROUND - 1))
                draft = case.kind(report, state)
                self.places[case.name] = case.change(draft)
                if isinstance(draft, WorkbookDraft):
                    self.also[case.name] = [
                        (r, s, *place(draft.figure(*where))) for r, s, *where in case.also
                    ]
                _send(folder, draft)
            for report in GOOD:
                good = {f"{GOOD_STATE}.xlsx": good_workbook(report, GOOD_STATE)}
                _send(folder, WorkbookDraft(report, GOOD_STATE, files=good))
            project = Project(ROOT, folder / "outputs", folder / "returns")
            if any(c.earlier for c in self.slots.values()):
                read_round(project, contracts(), round_=ROUND - 1)
            self.validation = validate_round(project, contracts(), round_=ROUND)
        return self.validation


def _send(folder: Path, draft: WorkbookDraft | CsvDraft) -> None:
    target = folder / "returns" / str(draft.round) / draft.report
    target.mkdir(parents=True, exist_ok=True)
    draft.write(target)


def _batches() -> dict[str, tuple[Batch, str]]:
    """Every case with its batch and state: as few rounds as the states and reports
    allow.
    """
    batches: list[Batch] = []
    placed = {}
    for case in sorted(CASES, key=lambda c: not c.state):
        for batch in [*batches, Batch()]:
            free = [
                s for s in STATES if (case.report, s) not in batch.slots and case.state in ("", s)
            ]
            if free:
                batch.slots[case.report, free[0]] = case
                placed[case.name] = (batch, free[0])
                if batch not in batches:
                    batches.append(batch)
                break
    return placed


PLACED = _batches()
_ROUNDS = [*dict.fromkeys(id(batch) for batch, _ in PLACED.values())]
# A round costs the same for one of its defects as for all: `make test` checks every other one.
each_case = pytest.mark.parametrize(
    "case",
    [
        pytest.param(
            case,
            id=case.name,
            marks=[pytest.mark.thorough] * (_ROUNDS.index(id(PLACED[case.name][0])) % 2),
        )
        for case in CASES
    ],
)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    return {key: tmp_path_factory.mktemp(f"batch{n}") for n, key in enumerate(_ROUNDS)}


def _check(case: Case, folders: dict[int, Path]) -> tuple[Batch, str, Validation]:
    batch, state = PLACED[case.name]
    return batch, state, batch.check(folders[id(batch)])


def _found(validation: Validation, report: str, state: str) -> list[Finding]:
    return [f for f in validation.findings if (f.report, f.state) == (report, state)]


def test_there_are_defects_of_every_kind() -> None:
    assert len({c.name for c in CASES}) == len(CASES)
    assert len(CASES) >= 50
    assert set(PLACED) == {c.name for c in CASES}


@each_case
def test_a_defect_gives_exactly_its_finding(case: Case, folders: dict[int, Path]) -> None:
    batch, state, validation = _check(case, folders)
    found = [(f.rule, f.severity, f.sheet, f.cell) for f in _found(validation, case.report, state)]
    expected = [(case.rule, case.severity, *batch.places[case.name])] if case.rule else []
    assert sorted(found) == sorted(expected + batch.also.get(case.name, []))


@each_case
def test_only_an_error_refuses_and_only_its_table(case: Case, folders: dict[int, Path]) -> None:
    _, state, validation = _check(case, folders)
    refused = {t for s, r, t in validation.refused if (s, r) == (state, case.report)}
    tables = {f.table for f in _found(validation, case.report, state)}
    assert refused == (tables if case.rule and case.severity == "error" else set())


@each_case
def test_every_filled_cell_is_accounted_for(case: Case, folders: dict[int, Path]) -> None:
    _, state, validation = _check(case, folders)
    accounts = [a for a in validation.accounts if (a.report, a.state) == (case.report, state)]
    assert accounts
    for account in accounts:
        assert account.filled == account.loaded + account.refused + sum(account.ignored.values())
    if (state, case.report, "") in validation.refused:
        assert sum(a.loaded for a in accounts) == 0


@each_case
def test_another_state_is_still_accepted(case: Case, folders: dict[int, Path]) -> None:
    _, _, validation = _check(case, folders)
    assert _found(validation, case.report, GOOD_STATE) == []
    account = next(
        a for a in validation.accounts if (a.report, a.state) == (case.report, GOOD_STATE)
    )
    assert account.loaded == 5 * sum(len(lines) for lines in GOOD[case.report].values())
    assert account.refused == 0
