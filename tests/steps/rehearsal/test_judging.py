"""Do invented experts judge as experts do: in words of their scales, closer after a meeting?"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest
from assessments import ASSESSMENT, EXERCISE
from builds import ROOT

from pipeline.contracts.layout import form_of, tables_for
from pipeline.contracts.model import Contracts
from pipeline.project import Project
from pipeline.returns.intake.folder import MEETINGS
from pipeline.returns.meetings.papers import Meeting, Priorities, load_papers
from pipeline.steps.rehearsal.exercise import Days
from pipeline.steps.rehearsal.judging import SESSIONS, Answer, answers
from pipeline.steps.rehearsal.meetings import decided


def given(contracts: Contracts, state: str, *, seed: int = 1, sessions: int = 2) -> list[Answer]:
    contract = contracts.contract(ASSESSMENT)
    return [*answers(contract, state, round_=EXERCISE, seed=seed, sessions=sessions)]


def test_the_same_seed_gives_the_same_words_and_another_one_others(contracts: Contracts) -> None:
    assert given(contracts, "RO") == given(contracts, "RO")
    assert given(contracts, "RO") != given(contracts, "RO", seed=2)
    assert given(contracts, "RO") != given(contracts, "BG")


def test_answers_are_words_of_their_scales_and_closer_after_the_meeting(
    contracts: Contracts,
) -> None:
    spread: dict[str, list[int]] = defaultdict(list)
    contract = contracts.contract(ASSESSMENT)
    places: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for member in contracts.members(EXERCISE):
        told = {(a.sheet, a.row, a.column): a.text for a in given(contracts, member.code)}
        for table in tables_for(contract, member.code, round_=EXERCISE):
            form = form_of(table, contract, state=member.code, round_=EXERCISE)
            assert table.judged is not None
            for row in form.rows:
                for column in (c for c in form.columns if c.kind == "value"):
                    word = told.pop((form.sheet, row.index, column.index), "")
                    place = form.scale(column).place(word)
                    assert bool(word) == bool(place)
                    if place and not table.judged.is_texts:
                        places[row.codes[0], row.codes[1], column.head].append(place)
        assert all(text.startswith("EXERCISE") for text in told.values())  # notes are left
    for (_, session, _), own in places.items():
        spread[session].append(max(own) - min(own))
    before, after = (sum(spread[s]) / len(spread[s]) for s in SESSIONS)
    assert after < before


def test_before_the_meeting_nothing_is_judged_again(contracts: Contracts) -> None:
    early, late = (len(given(contracts, "RO", sessions=n)) for n in (1, 2))
    assert early < late


@pytest.mark.parametrize("seed", range(4))
def test_what_an_invented_meeting_decides_is_a_paper(
    contracts: Contracts, tmp_path: Path, seed: int
) -> None:
    states = [m.code for m in contracts.members(EXERCISE)]
    project = Project(ROOT, tmp_path / "outputs", tmp_path / "returns")
    folder = project.returns / str(EXERCISE) / MEETINGS
    folder.mkdir(parents=True)
    for name, content in decided(contracts, Days.of(EXERCISE), states=states, seed=seed).items():
        (folder / name).write_bytes(content)
    meeting, chosen = load_papers(project, contracts, round_=EXERCISE)
    assert isinstance(meeting, Meeting)
    assert [level.area for level in meeting.levels] == contracts.areas_judged
    assert len(meeting.levels[0].agreed) == len(states) - 1
    assert isinstance(chosen, Priorities)
