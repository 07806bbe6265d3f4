"""Is a figure in question marked, named and kept out of sentences, and does no version
tell more than it shows?
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.cells import Cell, Key
from pipeline.contracts.model import Contracts
from pipeline.errors import NarrativeError
from pipeline.findings import Finding
from pipeline.numbers.questions import (
    Conflict,
    queried_keys,
    shown_without_doubtful,
    visible_conflicts,
)
from pipeline.report.narrative.bindings import (
    COMMANDS,
    NothingToShow,
    candidates,
    fact_text,
    may_open,
)
from pipeline.report.narrative.claims import unnamed_drivers
from pipeline.report.printing import Printing
from pipeline.report.questions import footnote

MakeStore = Callable[..., Printing]
V = "THB_VICTIMS"
WHOLE, ADULTS, CHILDREN = (f"{V}:MD.2022._T.{c}" for c in ("_T", "Y_GE18", "Y_LT18"))
CONFLICT = Conflict("MD", 2022, WHOLE, V, V, ("age",), ADULTS, (ADULTS, CHILDREN), "", "")
CELLS = f"""
key                          | value | states | question | counts | wholes | queried
{WHOLE}                      | 43    |        | whole    | yes    | {WHOLE} | yes
{ADULTS}                     | 107   |        | part     | no     | {WHOLE} |
{CHILDREN}                   | 44    |        | part     | no     | {WHOLE} |
THB_VICTIMS:RO.2022._T._T    | 500   |        |          | yes    |        |
THB_VICTIMS:GR.2022._T._T    | 40    |        |          | yes    |        |
THB_VICTIMS:SELEC.2022._T._T | 583   | GR MD RO | whole  | yes    | {WHOLE} |
THB_OFFENCES:SELEC.2022      | 100   | GR RO  |          | yes    |        |
"""


# --- what a version may tell


def test_a_conflict_is_told_where_whole_and_part_are_shown() -> None:
    assert visible_conflicts([CONFLICT], {WHOLE, ADULTS, CHILDREN}) == [CONFLICT]
    assert visible_conflicts([CONFLICT], {WHOLE, ADULTS}) == [replace(CONFLICT, parts=())]
    assert (
        visible_conflicts([CONFLICT], {WHOLE, CHILDREN})
        == visible_conflicts([CONFLICT], {ADULTS})
        == []
    )


def test_a_part_whose_conflict_cannot_be_told_is_withheld() -> None:
    doubtful = {ADULTS: (WHOLE,), CHILDREN: (WHOLE,)}
    assert shown_without_doubtful({WHOLE, ADULTS, CHILDREN}, [CONFLICT], doubtful=doubtful) == {
        WHOLE,
        ADULTS,
        CHILDREN,
    }
    assert shown_without_doubtful({WHOLE, CHILDREN, "other"}, [CONFLICT], doubtful=doubtful) == {
        WHOLE,
        "other",
    }
    assert shown_without_doubtful({ADULTS, CHILDREN}, [CONFLICT], doubtful=doubtful) == frozenset()


def test_what_goes_with_one_conflict_may_take_another_along() -> None:
    """The largest part of the second block is a part of the first, whose whole is
    withheld.
    """
    second = replace(CONFLICT, whole="w2", part=ADULTS, parts=())
    doubtful = {ADULTS: (WHOLE, "w2"), "p2": ("w2",)}
    assert shown_without_doubtful({ADULTS, "p2", "w2"}, [CONFLICT, second], doubtful=doubtful) == {
        ADULTS,
        "p2",
        "w2",
    }
    doubtful = {ADULTS: (WHOLE,), "p2": ("w2",)}
    assert shown_without_doubtful({ADULTS, "p2", "w2"}, [CONFLICT, second], doubtful=doubtful) == {
        "w2"
    }


@pytest.mark.parametrize(
    ("rule", "key", "looked_at"),
    [
        (f"{V}.value.change", f"{V}:RO.2022._T._T", {f"{V}:RO.2021._T._T"}),
        (f"{V}.age.sum", f"{V}:RO.2022.F._T", {f"{V}:RO.2022.F.Y_LT18", f"{V}:RO.2022.F.Y_GE18"}),
        (f"{V}_FORM.total.same_as_{V}", f"{V}_FORM:RO.2022._T._T._T", {f"{V}:RO.2022._T._T"}),
        (
            "THB_CONV_FORM.total.same_as_THB_PERSONS",
            "THB_CONV_FORM:RO.2022._T",
            {"THB_PERSONS:RO.2022.CONV._T"},
        ),
        (f"{V}.note.required", f"{V}:RO.2022._T._T", None),
        ("known-error", f"{V}:RO.2022._T._T", None),
        (f"{V}.published", f"{V}:RO.2022._T._T", None),
    ],
)
def test_a_query_is_public_where_all_that_the_rule_looked_at_is(
    contracts: Contracts, rule: str, key: str, looked_at: set[str] | None
) -> None:
    finding = Finding(
        round=2022,
        report="thb",
        state="RO",
        file="2022/thb/RO.xlsx",
        sheet="",
        cell="",
        table=V,
        key=key,
        rule=rule,
        severity="query",
        found="",
        allowed="",
        do="",
    )
    every = {key, *(looked_at or ())}
    assert queried_keys([finding], contracts, present=every, shown=None) == {key}
    assert queried_keys([finding], contracts, present=every, shown=every) == (
        set() if looked_at is None else {key}
    )
    for hidden in every:
        assert (
            queried_keys([finding], contracts, present=every, shown=every - {hidden}) == frozenset()
        )
    assert (
        queried_keys([replace(finding, severity="note")], contracts, present=every, shown=None)
        == frozenset()
    )


# --- what a report says


@pytest.fixture
def made(store: MakeStore) -> Printing:
    return store(CELLS, conflicts=[CONFLICT])


def test_a_sentence_prints_what_a_whole_in_question_would_be_otherwise(made: Printing) -> None:
    said = COMMANDS["value"](made, f"{V}:SELEC.2022._T._T")
    assert said == "583 (691 if the parts of the Republic of Moldova hold)"
    assert COMMANDS["value"](made, WHOLE) == fact_text(made, WHOLE) == "43 (151 if its parts hold)"


def test_a_part_in_question_is_told_by_no_sentence_and_no_tile(made: Printing) -> None:
    with pytest.raises(NothingToShow):
        COMMANDS["value"](made, ADULTS)
    assert fact_text(made, ADULTS) == ""
    assert fact_text(made, f"{V}:HU.2022._T._T") == ":"


def test_a_ranking_leaves_a_figure_in_question_out_and_says_so_where_it_matters(
    made: Printing,
) -> None:
    assert [cell.key.state for _, cell in candidates(made, f"{V}:*.2022._T._T")] == ["RO", "GR"]
    assert COMMANDS["ranked"](made, f"{V}:*.2022._T._T", "1") == "Romania (500)"
    assert (
        COMMANDS["ranked"](made, f"{V}:*.2022._T._T", "2")
        == "Romania (500) and Greece (40), leaving out the Republic of Moldova, whose figure is in"
        " question"
    )


def test_the_footnote_names_both_figures(made: Printing) -> None:
    bound = footnote(made, [Key.parse(WHOLE), Key.parse(CHILDREN)])
    named = f"registered victims, total [[{WHOLE}]], but adults (18 and over) [[{ADULTS}]]"
    assert f"Republic of Moldova 2022: {named}" in bound
    regional = footnote(made, [Key.parse(f"{V}:SELEC.2022._T._T")])
    assert "count such wholes of Republic of Moldova" in regional
    assert "[[" not in regional


@pytest.mark.parametrize(
    ("resolution", "said"),
    [("whole", "whole counts"), ("parts", "parts count"), ("neither", "neither")],
)
def test_the_footnote_says_what_the_state_answered(
    store: MakeStore, resolution: str, said: str
) -> None:
    made = store(CELLS, conflicts=[replace(CONFLICT, resolution=resolution, reason="a reason")])
    assert footnote(made, [Key.parse(WHOLE)]).endswith(".")
    assert said in footnote(made, [Key.parse(WHOLE)])


def test_a_sum_over_few_states_is_no_key_finding(store: MakeStore) -> None:
    made = store("""
        key                     | value | states | of
        THB_OFFENCES:SELEC.2022 | 100   | GR RO  | 6
        THB_OFFENCES:SELEC.2021 | 100   | GR RO  | 5
        THB_OFFENCES:RO.2022    | 50    |        |
        """)
    assert not may_open(made, "THB_OFFENCES:SELEC.2022")
    assert not may_open(made, "moved THB_OFFENCES:SELEC.2022 since 2021")
    assert may_open(made, "value THB_OFFENCES:SELEC.2021")
    assert may_open(made, "THB_OFFENCES:RO.2022")


def test_a_list_of_sums_over_few_states_is_no_key_finding(store: MakeStore) -> None:
    made = store("""
        key                         | value | states   | of
        THB_VICTIMS_CTZ:SELEC.2022.SY | 100 | GR RO    | 6
        THB_VICTIMS_CTZ:SELEC.2022.UA | 120 | GR HU RO | 5
        THB_VICTIMS_CTZ:RO.2022.SY    | 50  |          |
        THB_VICTIMS_CTZ:GR.2022.SY    | 50  |          |
        """)
    assert may_open(made, "ranked THB_VICTIMS_CTZ:SELEC.2022.* 1")
    assert not may_open(made, "ranked THB_VICTIMS_CTZ:SELEC.2022.* 2")
    assert may_open(made, "ranked THB_VICTIMS_CTZ:*.2022.SY 2")


def test_a_course_that_one_state_makes_is_not_claimed_without_its_name(store: MakeStore) -> None:
    made = store("""
        key                     | value | states
        THB_OFFENCES:SELEC.2021 | 100   | HU RO
        THB_OFFENCES:SELEC.2022 | 200   | HU RO
        THB_OFFENCES:HU.2021    | 40    |
        THB_OFFENCES:HU.2022    | 130   |
        THB_OFFENCES:RO.2021    | 60    |
        THB_OFFENCES:RO.2022    | 70    |
        """)
    claim = "claim doubled THB_OFFENCES:SELEC.2022 since 2021: doubled"
    (fault,) = unnamed_drivers(made, [claim], where="here")
    assert isinstance(fault, NarrativeError)
    assert "Hungary" in fault.do
    for beside in (
        "moved THB_OFFENCES:SELEC.2022 since 2021",
        "driver THB_OFFENCES:SELEC.2022 since 2021",
    ):
        assert list(unnamed_drivers(made, [claim, beside], where="here")) == []
    assert (
        list(
            unnamed_drivers(
                made, ["claim rose THB_OFFENCES:RO.2022 since 2021: rose"], where="here"
            )
        )
        == []
    )


def test_a_cell_compares_unless_it_is_in_question(tmp_path: Path) -> None:
    cell = Cell(Key.parse(WHOLE), None, "victims")
    assert cell.compares
    assert not replace(cell, question="whole").compares
    assert not replace(cell, counts=False, question="settled").compares
    assert replace(cell, question="settled").compares
    assert replace(cell, question="whole", coverage=3).compares
