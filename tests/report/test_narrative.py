"""Does a text print only numbers that are cells, and leave out what this version has
nothing to show for?
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from builds import ROOT

from pipeline.cells import Key
from pipeline.contracts.model import Contracts
from pipeline.contracts.policy import load_policy
from pipeline.errors import NarrativeError, UserError
from pipeline.report.exhibits.layout import variables
from pipeline.report.narrative.bound_text import Narrative
from pipeline.report.narrative.release_texts import release_texts
from pipeline.report.printing import Printing

MakeStore = Callable[..., Printing]
Tell = Callable[..., str]

CELLS = """
key                             | value | states
THB_VICTIMS:SELEC.2021._T._T    | 1,319 | AL BA RO
THB_VICTIMS:SELEC.2022._T._T    | 1,856 | AL BA RO
THB_VICTIMS:SELEC.2022.F._T     | 464   | AL BA RO
THB_VICTIMS:RO.2018._T._T       | 497   |
THB_VICTIMS:RO.2021._T._T       | 505   |
THB_VICTIMS:RO.2022._T._T       | 500   |
THB_VICTIMS:GR.2022._T._T       | 358   |
THB_VICTIMS:TR.2022._T._T       | 343   |
THB_VICTIMS:AL.2021._T._T       | 110   |
THB_VICTIMS:AL.2022._T._T       | 110   |
THB_VICTIMS:BG.2021._T._T       | 8,000 |
THB_VICTIMS:BG.2022._T._T       | 8,003 |
THB_VICTIMS:HU.2022._T._T       | :     |
THB_VICTIMS:MD.2022._T._T       | <5    |
THB_VICTIMS:RO.2022.O._T        | 0     |
POPULATION:RO.2022              | 20,000,000 |
"""
PUBLIC = """
key                             | value | states
THB_VICTIMS:SELEC.2022._T._T    | 1,856 | AL BA RO
THB_VICTIMS:RO.2022._T._T       | 500   |
THB_VICTIMS:GR.2022._T._T       | 358   |
THB_VICTIMS:AL.2022._T._T       | c     |
"""


@pytest.fixture
def tell(tmp_path: Path, store: MakeStore) -> Tell:
    """The HTML of a text that is the section `s` of a chapter."""

    def write(text: str, cells: str = CELLS, version: str = "restricted", **more: str) -> str:
        made, narrative = prepare(
            tmp_path, store, f"# s reviewed: 2022\n\n{text}\n", cells, version
        )
        return str(narrative.paragraphs("chapter", "s", values={**variables(made), **more})).strip()

    return write


def prepare(
    folder: Path, store: MakeStore, text: str, cells: str = CELLS, version: str = "restricted"
) -> tuple[Printing, Narrative]:
    texts = folder / "thb" / "narrative"
    texts.mkdir(parents=True, exist_ok=True)
    (texts / "chapter.md").write_text(text, encoding="utf-8")
    made = store(cells, version=version)
    return made, Narrative(texts, made)


def test_a_key_prints_its_cell(tell: Tell) -> None:
    assert (
        tell("There were [[THB_VICTIMS:SELEC.2022._T._T]] victims.")
        == "<p>There were 1,856 victims.</p>"
    )


def test_variables_stand_for_the_round(tell: Tell) -> None:
    told = tell(
        "In {year}: [[THB_VICTIMS:{state}.{year}._T._T]], after {previous} and {window}.",
        state="RO",
    )
    assert told == "<p>In 2022: 500, after 2021 and 2018–2022.</p>"


def test_zero_is_told(tell: Tell) -> None:
    assert (
        tell("Of another sex were [[THB_VICTIMS:RO.2022.O._T]].") == "<p>Of another sex were 0.</p>"
    )


@pytest.mark.parametrize(
    "line", ["About 1,856 victims.", "In 2022 it rose.", "One in ٣.", "- 5 items", "H2O"]
)
def test_a_bare_digit_does_not_build_and_is_told_with_file_and_line(
    line: str, tmp_path: Path, store: MakeStore
) -> None:
    _, narrative = prepare(tmp_path, store, f"# s reviewed: 2022\n\nGood text.\n\n{line}\n")
    with pytest.raises(
        NarrativeError, match=r"thb/narrative/chapter\.md line 5: a number is not bound to a cell"
    ):
        narrative.paragraphs("chapter", "s", values={})


def test_digits_after_a_binding_of_two_lines_are_told_with_their_line(
    tmp_path: Path, store: MakeStore
) -> None:
    text = "# s reviewed: 2022\n\n[[share THB_VICTIMS:SELEC.2022.F._T\nof X]] of\n7 victims.\n"
    _, narrative = prepare(tmp_path, store, text)
    with pytest.raises(NarrativeError, match=r"chapter\.md line 5"):
        narrative.paragraphs("chapter", "s", values={})


def test_a_reference_may_hold_digits(tell: Tell) -> None:
    assert tell("See [[ref Directive 2011/36/EU]].") == "<p>See Directive 2011/36/EU.</p>"


@pytest.mark.parametrize(
    ("binding", "told"),
    [
        ("THB_VICTIM:RO.2022._T._T", "there is no table 'THB_VICTIM'"),
        ("THB_VICTIMS:RO.2022._T", "THB_VICTIMS:state.year.sex.age"),
        ("THB_VICTIMS:XX.2022._T._T", "'XX' is not in the code list"),
        ("no key", "binding"),
        ("coverage THB_VICTIMS:RO.2022._T._T", "not a regional cell"),
        ("ranked THB_VICTIMS:RO.2022._T._T 3", "needs exactly one"),
    ],
)
def test_a_binding_to_nothing_does_not_build(tell: Tell, binding: str, told: str) -> None:
    with pytest.raises(NarrativeError, match=told) as problem:
        tell(f"Good words. Then [[{binding}]] victims.")
    assert "thb/narrative/chapter.md line 3" in str(problem.value)


@pytest.mark.parametrize(
    "binding",
    [
        "share THB_VICTIMS:SELEC.2022.F._T",
        "ranked THB_VICTIMS:*.2022._T._T",
        "moved THB_VICTIMS:RO.2022._T._T",
        "rate THB_VICTIMS:RO.2022._T._T POPULATION:RO.2022",
        "moved THB_VICTIMS:RO.2022._T._T from 2021",
        "moved THB_VICTIMS:RO.2022._T._T since then",
        "ranked THB_VICTIMS:*.2022._T._T many",
        "share THB_VICTIMS:SELEC.2022.F._T in THB_VICTIMS:SELEC.2022._T._T",
    ],
)
def test_a_binding_of_an_unknown_form_does_not_build(tell: Tell, binding: str) -> None:
    with pytest.raises(NarrativeError, match=r"chapter\.md line 3"):
        tell(f"So it was: [[{binding}]].")


def test_an_unknown_variable_does_not_build(tell: Tell) -> None:
    with pytest.raises(
        UserError, match=r"thb/narrative/chapter\.md line 3: unknown variable 'yaer'"
    ):
        tell("Victims: [[THB_VICTIMS:RO.{yaer}._T._T]].")


@pytest.mark.parametrize(
    "key", ["THB_VICTIMS:HU.2022._T._T", "THB_VICTIMS:MD.2022._T._T", "THB_OFFENCES:RO.2022"]
)
def test_a_sentence_without_its_number_is_left_out_and_its_neighbours_stay(
    tell: Tell, key: str
) -> None:
    told = tell(
        f"One state registered [[THB_VICTIMS:RO.2022._T._T]]. The other figure was [[{key}]]. That"
        " is all."
    )
    assert told == "<p>One state registered 500. That is all.</p>"


def test_a_sentence_with_a_withheld_number_is_left_out(
    tell: Tell, tmp_path: Path, store: MakeStore
) -> None:
    text = (
        "In all [[THB_VICTIMS:SELEC.2022._T._T]]. One state had [[THB_VICTIMS:AL.2022._T._T]] of"
        " them. Done."
    )
    assert tell(text, PUBLIC, "public") == "<p>In all 1,856. Done.</p>"
    _, narrative = prepare(tmp_path, store, f"# s reviewed: 2022\n\n{text}\n", PUBLIC, "public")
    narrative.paragraphs("chapter", "s", values={})
    assert narrative.left_out == ["One state had [[THB_VICTIMS:AL.2022._T._T]] of them."]
    assert narrative.bound == 1


def test_a_paragraph_of_which_nothing_stays_leaves_no_trace(tell: Tell) -> None:
    assert tell("One state: [[THB_VICTIMS:HU.2022._T._T]].\n\nThe end.") == "<p>The end.</p>"


def test_a_sentence_that_starts_with_a_binding_is_a_sentence_of_its_own(tell: Tell) -> None:
    assert (
        tell("Nothing else. [[THB_VICTIMS:HU.2022._T._T]] in one state. Fine.")
        == "<p>Nothing else. Fine.</p>"
    )


@pytest.mark.parametrize(
    ("binding", "text"),
    [
        (
            "moved THB_VICTIMS:SELEC.2022._T._T since 2021",
            "rose by 40.7 per cent, from 1,319 to 1,856 (same 3 states)",
        ),
        (
            "moved THB_VICTIMS:RO.2022._T._T since {previous}",
            "fell by 1.0 per cent, from 505 to 500",
        ),
        ("moved THB_VICTIMS:AL.2022._T._T since 2021", "did not change (110)"),
        (
            "moved THB_VICTIMS:BG.2022._T._T since 2021",
            "hardly moved: it rose by 0.0 per cent, from 8,000 to 8,003",
        ),
        ("share THB_VICTIMS:SELEC.2022.F._T of THB_VICTIMS:SELEC.2022._T._T", "25.0 per cent"),
        ("rate THB_VICTIMS:RO.2022._T._T", "2.50 per 100,000 inhabitants"),
        ("coverage THB_VICTIMS:SELEC.2022._T._T", "3 of 11"),
    ],
)
def test_words_follow_the_figures(tell: Tell, binding: str, text: str) -> None:
    assert tell(f"It [[{binding}]].") == f"<p>It {text}.</p>"


def test_a_ranking_names_the_largest_first(tell: Tell) -> None:
    told = tell(
        "Most: [[ranked THB_VICTIMS:*.2022._T._T 3]]; fewest: [[lowest THB_VICTIMS:*.2022._T._T]]."
    )
    assert (
        told
        == "<p>Most: Bulgaria (8,003), Romania (500) and Greece (358); fewest: Albania (110).</p>"
    )


def test_no_ranking_is_told_where_one_candidate_is_hidden(tell: Tell) -> None:
    for binding in (
        "ranked THB_VICTIMS:*.2022._T._T 2",
        "lowest THB_VICTIMS:*.2022._T._T",
        "silent THB_VICTIMS:*.2022._T._T",
    ):
        assert (
            tell(f"Words. Of no use are [[{binding}]]. End.", PUBLIC, "public")
            == "<p>Words. End.</p>"
        )


def test_states_without_a_figure_are_named(tell: Tell) -> None:
    told = tell("Nothing from [[silent THB_VICTIMS:*.2022._T._T]].")
    assert "Hungary" in told
    assert "Serbia" in told
    assert "Romania" not in told


def test_what_a_text_prints_stands_in_the_data_annex(tmp_path: Path, store: MakeStore) -> None:
    text = "# s reviewed: 2022\n\nIt [[moved THB_VICTIMS:SELEC.2022._T._T since 2021]].\n"
    made, narrative = prepare(tmp_path, store, text)
    narrative.paragraphs("chapter", "s", values={})
    assert {
        Key.parse("THB_VICTIMS:SELEC.2021._T._T"),
        Key.parse("THB_VICTIMS:SELEC.2022._T._T"),
    } <= set(made.printed)


def test_a_missing_section_or_chapter_is_told_with_those_there_are(
    tmp_path: Path, store: MakeStore
) -> None:
    _, narrative = prepare(
        tmp_path, store, "# overview reviewed: 2022\n\nText.\n\n# states reviewed: 2022\n\nText.\n"
    )
    with pytest.raises(
        NarrativeError, match=r"there is no section 'nothing'[\s\S]*overview, states"
    ):
        narrative.paragraphs("chapter", "nothing", values={})
    with pytest.raises(NarrativeError, match=r"the text does not exist"):
        narrative.paragraphs("no_chapter", "s", values={})


def test_sections_end_where_the_next_one_starts(tmp_path: Path, store: MakeStore) -> None:
    _, narrative = prepare(
        tmp_path, store, "# one reviewed: 2022\n\nBegun.\n\n# two reviewed: 2022\n\nEnded.\n"
    )
    assert str(narrative.paragraphs("chapter", "one", values={})).strip() == "<p>Begun.</p>"
    assert str(narrative.paragraphs("chapter", "two", values={})).strip() == "<p>Ended.</p>"


def test_list_items_without_a_figure_are_left_out(tmp_path: Path, store: MakeStore) -> None:
    text = (
        "# s reviewed: 2022\n\n- Victims: [[THB_VICTIMS:RO.2022._T._T]].\n"
        "- Another: [[THB_VICTIMS:HU.2022._T._T]].\n- **Bold** end.\n"
    )
    made, narrative = prepare(tmp_path, store, text)
    items = [str(i) for i in narrative.items("chapter", "s", values=variables(made))]
    assert items == ["Victims: 500.", "<strong>Bold</strong> end."]


def test_text_cannot_bring_html_of_its_own(tell: Tell) -> None:
    assert "<script>" not in tell("Words <script>alert()</script> and *more*.")


@pytest.mark.parametrize(
    "path",
    sorted((ROOT / "templates").glob("*/narrative/*.md")),
    ids=lambda p: f"{p.parts[-3]}-{p.stem}",
)
def test_no_text_of_the_project_holds_a_bare_number(path: Path, store: MakeStore) -> None:
    narrative = Narrative(path.parent, store(CELLS))
    with pytest.raises(NarrativeError, match="there is no section ''"):
        narrative.paragraphs(path.stem, "", values={})


@pytest.mark.parametrize(
    ("version", "said", "unsaid"),
    [
        ("restricted", "The public version is made from", "Small counts of persons are shown"),
        (
            "public",
            "Counts of one to four persons are withheld",
            "Small counts of persons are shown",
        ),
        (
            "partner",
            "Small counts of persons are shown",
            "Counts of one to four persons are withheld",
        ),
    ],
)
def test_the_annex_on_method_says_what_the_policy_has_of_the_version(
    store: MakeStore, contracts: Contracts, version: str, said: str, unsaid: str
) -> None:
    texts = release_texts(load_policy(ROOT / "data_contracts", contracts), version)
    made = store(CELLS, version=version)
    narrative = Narrative(ROOT / "templates" / "thb" / "narrative", made)
    told = {"released": texts.version, "others": texts.others, "against": texts.against}
    values = {**variables(made), **told}
    text = "".join(
        narrative.paragraphs("method", section, values=values) for section in texts.sections
    )
    assert said in text
    assert unsaid not in text
    assert ("only where the state agreed" in text) == (version == "partner")
    assert ("can read the public version as well" in text) == (version == "partner")
    assert "authorities of each member state, who know the figures of their own state" in text


def test_a_version_that_is_proven_against_nobody_says_so(
    store: MakeStore, contracts: Contracts
) -> None:
    policy = load_policy(ROOT / "data_contracts", contracts)
    alone = replace(policy.version("public"), holders=(), proven_against=())
    texts = release_texts(replace(policy, versions={"public": alone}), "public")
    narrative = Narrative(ROOT / "templates" / "thb" / "narrative", store(CELLS, version="public"))
    text = narrative.paragraphs("method", texts.sections[-1], values={"released": "public"})
    assert "They can subtract these, and may learn figures of others" in text
