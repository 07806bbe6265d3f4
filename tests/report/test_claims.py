"""Do words such as rose, highest or most stand only where the figures bear them out?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.contracts.model import Contracts
from pipeline.errors import NarrativeError
from pipeline.inspection.readback.bindings import Bindings
from pipeline.inspection.readback.values import read_register
from pipeline.report.exhibits.layout import variables
from pipeline.report.narrative.bindings import operands_of
from pipeline.report.narrative.bound_text import Narrative
from pipeline.report.printing import Printing

MakeStore = Callable[..., Printing]
Tell = Callable[..., str]

V = "THB_VICTIMS"
CELLS = f"""
key                        | value | states   | obs
{V}:SELEC.2020._T._T       | 1,000 | AL BA RO |
{V}:SELEC.2021._T._T       | 1,319 | AL BA RO |
{V}:SELEC.2022._T._T       | 1,856 | AL BA RO |
{V}:SELEC.2022.F._T        | 1,464 | AL BA RO |
{V}:SELEC.2022.M._T        | 392   | AL BA RO |
{V}:RO.2021._T._T          | 505   |          |
{V}:RO.2022._T._T          | 500   |          |
{V}:GR.2021._T._T          | 157   |          |
{V}:GR.2022._T._T          | 358   |          |
{V}:TR.2021._T._T          | 402   |          |
{V}:TR.2022._T._T          | 150   |          |
{V}:BG.2021._T._T          | 30    |          |
{V}:BG.2022._T._T          | 60    |          |
{V}:MK.2021._T._T          | 9     |          |
{V}:MK.2022._T._T          | 19    |          |
{V}:HU.2021._T._T          | 100   |          |
{V}:HU.2022._T._T          | 300   |          | B
"""
HIDDEN = CELLS.replace("| 30    |", "| c     |")
TRUE = [
    f"rose {V}:SELEC.2022._T._T since 2021",
    f"fell {V}:RO.2022._T._T since 2021",
    f"doubled {V}:GR.2022._T._T since 2021",
    f"doubled {V}:BG.2022._T._T since 2021",
    f"halved {V}:TR.2022._T._T since 2021",
    f"steady {V}:RO.2022._T._T since 2021",
    f"peak {V}:SELEC.2022._T._T since 2020",
    f"majority {V}:SELEC.2022.F._T of {V}:SELEC.2022._T._T",
    f"minority {V}:SELEC.2022.M._T of {V}:SELEC.2022._T._T",
    f"more {V}:SELEC.2022.F._T than {V}:SELEC.2022.M._T",
    f"fewer {V}:RO.2022._T._T than {V}:RO.2021._T._T",
    f"highest {V}:RO.2022._T._T of {V}:*.2022._T._T",
    f"lowest {V}:MK.2022._T._T of {V}:*.2022._T._T",
    f"rose-in-most {V}:*.2022._T._T since 2021",
    "none THB_OFFENCES:*.2022",
]
FALSE = [
    f"fell {V}:SELEC.2022._T._T since 2021",
    f"rose {V}:RO.2022._T._T since 2021",
    f"doubled {V}:SELEC.2022._T._T since 2021",
    f"tripled {V}:GR.2022._T._T since 2021",
    f"halved {V}:RO.2022._T._T since 2021",
    f"steady {V}:TR.2022._T._T since 2021",
    f"trough {V}:SELEC.2022._T._T since 2020",
    f"majority {V}:SELEC.2022.M._T of {V}:SELEC.2022._T._T",
    f"minority {V}:SELEC.2022.F._T of {V}:SELEC.2022._T._T",
    f"fewer {V}:SELEC.2022.F._T than {V}:SELEC.2022.M._T",
    f"highest {V}:GR.2022._T._T of {V}:*.2022._T._T",
    f"lowest {V}:RO.2022._T._T of {V}:*.2022._T._T",
    f"fell-in-most {V}:*.2022._T._T since 2021",
    f"every {V}:*.2022._T._T",
    f"none {V}:*.2022._T._T",
]


@pytest.fixture
def tell(tmp_path: Path, store: MakeStore) -> Tell:
    """The HTML of a text that is the section `s` of a chapter."""

    def write(text: str, cells: str = CELLS, head: str = "# s reviewed: 2022") -> str:
        texts = tmp_path / "thb" / "narrative"
        texts.mkdir(parents=True, exist_ok=True)
        (texts / "chapter.md").write_text(f"{head}\n\n{text}\n", encoding="utf-8")
        made = store(cells)
        return str(
            Narrative(texts, made).paragraphs("chapter", "s", values=variables(made))
        ).strip()

    return write


@pytest.mark.parametrize("claim", TRUE)
def test_a_claim_that_holds_is_printed(tell: Tell, claim: str) -> None:
    assert tell(f"Words. [[claim {claim}: It is so]]. End.") == "<p>Words. It is so. End.</p>"


@pytest.mark.parametrize("claim", FALSE)
def test_a_claim_that_the_data_do_not_bear_out_stops_the_build(tell: Tell, claim: str) -> None:
    with pytest.raises(NarrativeError, match="the data do not bear out 'It is so'") as problem:
        tell(f"Words. [[claim {claim}: It is so]]. End.")
    assert "thb/narrative/chapter.md line 3" in str(problem.value)
    assert problem.value.allowed


def test_a_false_claim_is_told_with_the_figures(tell: Tell) -> None:
    with pytest.raises(NarrativeError, match=r"1,319 in 2021, 1,856 in 2022, \+40\.7 per cent"):
        tell(f"[[claim fell {V}:SELEC.2022._T._T since 2021: It fell]].")


@pytest.mark.parametrize(
    "claim",
    [
        f"rose {V}:AL.2022._T._T since 2021",
        f"rose {V}:MK.2022._T._T since 2021",
        f"rose {V}:HU.2022._T._T since 2021",
        f"peak {V}:RO.2022._T._T since 2020",
        f"more {V}:SELEC.2022._T._T than {V}:RO.2022._T._T",
        f"majority {V}:SELEC.2022._T.Y_LT18 of {V}:SELEC.2022._T._T",
    ],
)
def test_without_figures_that_can_be_compared_there_is_nothing_to_claim(
    tell: Tell, claim: str
) -> None:
    assert tell(f"Words. [[claim {claim}: It is so]]. End.") == "<p>Words. End.</p>"


@pytest.mark.parametrize(
    "binding",
    [
        f"claim rose {V}:BG.2022._T._T since 2021: It is so",
        f"claim doubled {V}:BG.2022._T._T since 2021: It is so",
        f"claim highest {V}:RO.2021._T._T of {V}:*.2021._T._T: It is so",
        f"claim rose-in-most {V}:*.2022._T._T since 2021: It is so",
        f"claim every {V}:*.2021._T._T: It is so",
        f"rises {V}:*.2022._T._T since 2021 2",
        f"falls {V}:*.2022._T._T since 2021 2",
    ],
)
def test_nothing_is_claimed_over_a_hidden_figure(tell: Tell, binding: str) -> None:
    assert tell(f"Words. [[{binding}]]. End.", HIDDEN) == "<p>Words. End.</p>"


@pytest.mark.parametrize(
    "text",
    [
        "The number rose sharply.",
        "Victims fell again.",
        "Most victims are women.",
        "It doubled.",
        "The highest number came from the north.",
        "That is the majority.",
        "There are more than before.",
        "A growing number.",
        "Numbers are declining.",
        "For the first time it moved.",
        f"It has the smallest: [[ranked {V}:*.2022._T._T 1]].",
        f"The most fell: [[ranked {V}:*.2022._T._T 1]].",
    ],
)
def test_a_claim_in_plain_words_does_not_build(tell: Tell, text: str) -> None:
    with pytest.raises(
        NarrativeError, match=r"(?s)claims something that is bound to no cell.*write-narrative"
    ):
        tell(text)


@pytest.mark.parametrize(
    "text",
    [
        f"The most came from [[ranked {V}:*.2022._T._T 1]].",
        f"The fewest came from [[lowest {V}:*.2022._T._T]].",
        f"The largest rises were those of [[rises {V}:*.2022._T._T since 2021 2]].",
        "A [[general rise]] can mean more attention.",
        f"It [[moved {V}:SELEC.2022._T._T since 2021]].",
        "Almost everything else may be said.",
    ],
)
def test_words_that_are_borne_out_or_claim_nothing_are_printed(tell: Tell, text: str) -> None:
    assert tell(text)


def test_a_section_marked_as_general_may_speak_of_rises(tell: Tell) -> None:
    told = tell("A rise can mean more crime.", head="# s general reviewed: 2022")
    assert told == "<p>A rise can mean more crime.</p>"


@pytest.mark.parametrize(
    "binding",
    [
        "claim",
        "claim rose",
        f"claim grows {V}:RO.2022._T._T since 2021: words",
        f"claim rose {V}:RO.2022._T._T: words",
        f"claim fell {V}:RO.2022._T._T since 2021",
        f"claim fell {V}:RO.2022._T._T since 2021: by 5",
        "general 5 victims",
        "claim fell NO_TABLE:RO.2022 since 2021: words",
    ],
)
def test_a_claim_of_an_unknown_form_or_with_digits_does_not_build(tell: Tell, binding: str) -> None:
    with pytest.raises(NarrativeError, match="line 3"):
        tell(f"So it was: [[{binding}]].")


def test_states_are_named_in_the_order_of_their_movement(tell: Tell) -> None:
    told = tell(
        f"Up: [[rises {V}:*.2022._T._T since 2021 2]]. Down: [[falls {V}:*.2022._T._T since 2021"
        " 1]]."
    )
    # Hungary's series breaks, and figures below twenty are not compared.
    assert (
        told
        == "<p>Up: Greece (from 157 to 358) and Bulgaria (from 30 to 60). Down: Türkiye (from 402"
        " to 150).</p>"
    )


@pytest.mark.parametrize("cells", [CELLS, HIDDEN])
def test_the_check_of_finished_versions_judges_claims_by_itself(
    cells: str, store: MakeStore, contracts: Contracts, tmp_path: Path
) -> None:
    store(cells)
    second = Bindings(read_register(tmp_path / "store.duckdb"), contracts, round_=2022)
    hidden = cells == HIDDEN
    for claim in TRUE:
        over_hidden = hidden and (f"{V}:BG.2022._T._T since" in claim or "-in-most" in claim)
        assert bool(second.texts(f"claim {claim}: words")) == (not over_hidden), claim
    for claim in FALSE:
        assert second.texts(f"claim {claim}: words") == (), claim
    assert second.texts(f"rises {V}:*.2022._T._T since 2021 2") == (
        () if hidden else ("Greece (from 157 to 358) and Bulgaria (from 30 to 60)",)
    )
    assert second.texts("general 42 victims") == ()


def test_a_claim_names_the_cells_it_goes_by(store: MakeStore) -> None:
    made = store(CELLS)
    assert operands_of(made, f"claim rose {V}:RO.2022._T._T since 2021: it rose") == [
        f"{V}:RO.2021._T._T",
        f"{V}:RO.2022._T._T",
    ]
    assert f"{V}:GR.2022._T._T" in operands_of(
        made, f"claim highest {V}:RO.2022._T._T of {V}:*.2022._T._T: most"
    )
