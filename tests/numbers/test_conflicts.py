"""From returns to numbers: who counts where a part is larger than its whole, before and
after the answer?
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pipeline.contracts.model import Contracts
from pipeline.errors import UserError
from pipeline.findings import Finding
from pipeline.numbers.build import build_numbers
from pipeline.numbers.sql.explain import explain, lines
from pipeline.numbers.sql.marts import open_marts
from pipeline.project import Project
from pipeline.report.printing import Printing
from pipeline.returns.rules.query_log import answer, ask, read_log
from pipeline.returns.rules.validated import read_validation
from pipeline.returns.rules.validation import validate_and_write
from pipeline.system.signed.people import person

HEAD = "table,state,year,sex,age,form,citizenship,stage,value,obs_status,conf_status,note\n"
COVER = "field,answer\nreport,thb\nstate,{state}\nround,{round}\ndate,{day}\n"
Send = Callable[..., None]
WHO = person("Ana Pop", "analyst", day="2023-05-02")


@pytest.fixture
def send(project: Project) -> Send:
    """Send a return with figures of victims in 2022: keys are `sex.age`, `form.sex.age`
    or a citizenship.
    """

    def put(state: str, round_: int = 2022, year: int = 2022, **figures: object) -> None:
        folder = project.returns / str(round_) / "thb"
        folder.mkdir(parents=True, exist_ok=True)
        rows = []
        for name, value in figures.items():
            codes = (
                name.replace("T", "_T")
                .replace("LT", "Y_LT18")
                .replace("Y_L_T18", "Y_LT18")
                .split("x")
            )
            codes = [{"GE": "Y_GE18", "L_T": "Y_LT18"}.get(c, c) for c in codes]
            if len(codes) == 2:
                rows.append(f"THB_VICTIMS,{state},{year},{codes[0]},{codes[1]},,,,{value},,,")
            else:
                rows.append(
                    f"THB_VICTIMS_FORM,{state},{year},{codes[1]},{codes[2]},{codes[0]},,,{value},,,"
                )
        (folder / f"{state}.csv").write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
        cover = COVER.format(state=state, round=round_, day=f"{round_ + 1}-03-31")
        (folder / f"{state}.cover.csv").write_text(cover, encoding="utf-8")

    return put


def build(
    project: Project, contracts: Contracts, round_: int = 2022
) -> dict[str, tuple[object, object]]:
    """The cells of the marts: value and states counted."""
    for r in sorted(int(p.name) for p in project.returns.iterdir()):
        validate_and_write(project, contracts, round_=r)
    build_numbers(project, contracts, round_=round_)
    with open_marts(project, round_) as marts:
        rows = marts.execute("select key, value, states from marts.cells").fetchall()
    return {k: (v, tuple(s or ())) for k, v, s in rows}


def findings(project: Project, rule: str) -> list[Finding]:
    return [f for f in read_validation(project, 2022).findings if f.rule.endswith(rule)]


@pytest.fixture
def two_states(send: Send) -> None:
    send("MD", TxT=43, TxLT=44, TxGE=107, FxT=13)
    send("RO", TxT=500, TxLT=234, TxGE=266, FxT=400)


@pytest.mark.usefixtures("two_states")
def test_until_the_state_has_answered_the_whole_counts_and_its_parts_do_not(
    project: Project, contracts: Contracts
) -> None:
    cells = build(project, contracts)
    assert cells["THB_VICTIMS:SELEC.2022._T._T"] == (543, ("MD", "RO"))
    assert cells["THB_VICTIMS:SELEC.2022._T.Y_LT18"] == (234, ("RO",))
    assert cells["THB_VICTIMS:SELEC.2022._T.Y_GE18"] == (266, ("RO",))
    # the sexes agree with the total
    assert cells["THB_VICTIMS:SELEC.2022.F._T"] == (
        413,
        ("MD", "RO"),
    )
    assert cells["THB_VICTIMS:MD.2022._T.Y_LT18"] == (44, ())
    (found,) = findings(project, ".part_exceeds_whole")
    assert (found.severity, found.key) == ("query", "THB_VICTIMS:MD.2022._T._T")
    assert "107" in found.found
    assert "44" in found.found
    said = "\n".join(
        lines(explain(project, contracts, round_=2022, text="THB_VICTIMS:MD.2022._T.Y_LT18"))
    )
    assert (
        "in conflict: THB_VICTIMS:MD.2022._T._T is 43, but its part THB_VICTIMS:MD.2022._T.Y_GE18"
        " is 107" in said
    )
    store = Printing(
        project.store(2022, "thb", "restricted"), contracts, report="thb", version="restricted"
    )
    assert [c.answer for c in store.coverage if (c.cube, c.state) == ("THB_VICTIMS", "MD")] == [
        "question"
    ]


@pytest.mark.sampled(3)
@pytest.mark.usefixtures("two_states")
@pytest.mark.parametrize(
    ("resolution", "total", "children", "own"),
    [
        ("whole", 543, (234, ("RO",)), 43),
        ("parts", 651, (278, ("MD", "RO")), 151),
        ("neither", 500, (234, ("RO",)), 43),
    ],
)
def test_the_answer_says_which_figures_count(
    project: Project,
    contracts: Contracts,
    resolution: str,
    total: int,
    children: tuple[int, tuple[str, ...]],
    own: int,
) -> None:
    build(project, contracts)
    (query,) = ask(
        project,
        contracts,
        round_=2022,
        state="MD",
        day="2023-04-01",
        findings=findings(project, ".part_exceeds_whole"),
        who=WHO,
    )
    answer(
        project,
        contracts,
        round_=2022,
        id_=query.id,
        text="One agency only.",
        effect="confirmed",
        day="2023-04-20",
        resolution=resolution,
        who=WHO,
    )
    cells = build(project, contracts)
    assert cells["THB_VICTIMS:SELEC.2022._T._T"][0] == total
    assert cells["THB_VICTIMS:SELEC.2022._T.Y_LT18"] == children
    assert cells["THB_VICTIMS:MD.2022._T._T"][0] == own
    (found,) = findings(project, ".part_exceeds_whole")
    assert found.severity == "note"
    assert "One agency only." in "\n".join(
        lines(explain(project, contracts, round_=2022, text="THB_VICTIMS:MD.2022._T._T"))
    )


@pytest.mark.usefixtures("two_states")
def test_an_answer_does_not_hold_for_other_figures(
    project: Project, contracts: Contracts, send: Send
) -> None:
    build(project, contracts)
    (query,) = ask(
        project,
        contracts,
        round_=2022,
        state="MD",
        day="2023-04-01",
        findings=findings(project, ".part_exceeds_whole"),
        who=WHO,
    )
    answer(
        project,
        contracts,
        round_=2022,
        id_=query.id,
        text="The parts.",
        effect="confirmed",
        day="2023-04-20",
        resolution="parts",
        who=WHO,
    )
    send("MD", 2023, TxT=50, TxLT=44, TxGE=107)
    send("RO", 2023, TxT=500)
    cells = build(project, contracts, 2023)
    assert cells["THB_VICTIMS:SELEC.2022._T._T"][0] == 550
    assert cells["THB_VICTIMS:MD.2022._T._T"][0] == 50


@pytest.mark.usefixtures("two_states")
@pytest.mark.parametrize(
    ("effect", "resolution", "words"),
    [
        ("confirmed", "", "whole and parts cannot both be confirmed"),
        ("confirmed", "both", "resolution: 'both'"),
    ],
)
def test_whole_and_parts_cannot_both_be_confirmed(
    project: Project, contracts: Contracts, effect: str, resolution: str, words: str
) -> None:
    build(project, contracts)
    (query,) = ask(
        project,
        contracts,
        round_=2022,
        state="MD",
        day="2023-04-01",
        findings=findings(project, ".part_exceeds_whole"),
        who=WHO,
    )
    with pytest.raises(UserError, match=words):
        answer(
            project,
            contracts,
            round_=2022,
            id_=query.id,
            text="Yes.",
            effect=effect,
            day="2023-04-20",
            resolution=resolution,
            who=WHO,
        )
    assert read_log(project, contracts, round_=2022)[query.id].effect == ""


def test_tables_that_count_the_same_victims_are_held_against_each_other(
    project: Project, contracts: Contracts, send: Send
) -> None:
    """A form above all victims of that sex and age, where the main table has the
    sender's sign for fewer than five.
    """
    send("RS", TxT=100, FxLT="<5", SEXxFxLT=42, LABxFxLT=3, SEXxTxT=60)
    send("RO", TxT=500, FxLT=90, SEXxFxLT=80, SEXxTxT=300)
    cells = build(project, contracts)
    assert cells["THB_VICTIMS_FORM:SELEC.2022.SEX.F.Y_LT18"] == (80, ("RO",))
    assert cells["THB_VICTIMS_FORM:SELEC.2022.SEX._T._T"] == (360, ("RO", "RS"))
    (found,) = findings(project, ".part_exceeds_whole")
    assert found.key == "THB_VICTIMS:RS.2022.F.Y_LT18"


def test_an_old_figure_falls_to_newer_parts_and_a_blank_total_is_their_sum(
    project: Project, contracts: Contracts, send: Send
) -> None:
    """The sexes swapped in round 2021, corrected in 2022 with the totals left blank."""
    send("BG", 2021, 2021, TxT=404, FxT=80, FxLT=31, FxGE=49, MxT=324)
    send("BG", 2022, 2021, FxLT=31, FxGE=322, TxT=404)
    cells = build(project, contracts)
    assert cells["THB_VICTIMS:BG.2021.F._T"][0] == 353
    assert cells["THB_VICTIMS:BG.2021.M._T"][0] == 324  # nothing newer contradicts it
    dropped = findings(project, ".value.outdated")
    assert [(f.key, f.severity) for f in dropped] == [("THB_VICTIMS:BG.2021.F._T", "query")]
    said = "\n".join(
        lines(explain(project, contracts, round_=2022, text="THB_VICTIMS:BG.2021.F._T"))
    )
    assert "the figure of round 2021, 80, is no longer used" in said


def test_an_old_figure_that_the_newer_parts_bear_out_stands(
    project: Project, contracts: Contracts, send: Send
) -> None:
    send("BG", 2021, 2021, TxT=404, FxT=353)
    send("BG", 2022, 2021, FxLT=31, FxGE=322)
    cells = build(project, contracts)
    assert cells["THB_VICTIMS:BG.2021.F._T"][0] == 353
    assert findings(project, ".value.outdated") == []


def test_where_no_return_was_accepted_there_is_nothing_to_count(
    project: Project, contracts: Contracts
) -> None:
    (project.returns / "2022" / "thb").mkdir(parents=True)
    with pytest.raises(UserError, match="there is no figure: no return of round 2022") as told:
        build(project, contracts)
    assert "make late ROUND=2022" in str(told.value)
