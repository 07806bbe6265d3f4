"""Does a sentence that names a state, a year, a publisher or a coverage by hand fail to
build, with file and line?
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from builds import ROOT

from pipeline.contracts.state_names import load_names
from pipeline.errors import NarrativeError
from pipeline.report.document.check_text import Fault
from pipeline.report.exhibits.layout import variables
from pipeline.report.narrative.bound_text import Narrative
from pipeline.report.narrative.claims import check_claim
from pipeline.report.narrative.sections import file_faults, read_sections, texts_of, unread
from pipeline.report.narrative.unbound import unbound
from pipeline.report.printing import Printing

MakeStore = Callable[..., Printing]
V = "THB_VICTIMS"
CELLS = f"""
key                   | value | states
{V}:SELEC.2021._T._T  | 1,000 | GR RO
{V}:SELEC.2022._T._T  | 1,100 | GR RO
{V}:RO.2021._T._T     | 505   |
{V}:RO.2022._T._T     | 500   |
{V}:GR.2021._T._T     | 157   |
{V}:GR.2022._T._T     | 358   |
"""


def faults(sentence: str, general: bool = False) -> list[str]:
    names = load_names(ROOT / "data_contracts")
    return [
        f"{problem}"
        for problem in unbound(
            sentence, "thb/narrative/chapter.md line 3", names=names, general=general
        )
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "Greece had many.",
        "In TÜRKIYE it was so.",
        "Hungarian courts are slow.",
        "The Turks and others.",
        "FYROM sent it.",
        "The Republic of Moldova is silent.",
        "In Bosnia and Herzegovina.",
        "Croatia left.",
        "Serbs were counted.",
        f"[[general Romania]] had [[{V}:RO.2022._T._T]].",
        f"[[claim rose {V}:GR.2022._T._T since 2021: Romania rose]].",
        "Citizens of [[state TR]] were many.",
        f"[[state HU]] had [[{V}:RO.2022._T._T]].",
    ],
)
@pytest.mark.parametrize("general", [False, True])
def test_a_state_that_no_figure_names_does_not_build(sentence: str, general: bool) -> None:
    (told,) = faults(sentence, general)
    assert "names a state" in told
    assert "thb/narrative/chapter.md line 3" in told
    assert "to do:" in told


@pytest.mark.parametrize(
    "sentence",
    [
        f"In [[state RO]] it was [[{V}:RO.2022._T._T]].",
        "Southeast Europe and the Western Balkans.",
        f"Citizens of [[state TR]]: [[{V}_CTZ:SELEC.2022.TR]].",
        "Me, red or not, and ring.",
        f"[[claim much RO of {V}:SELEC.2022._T._T since 2021: Romania made much of it]].",
        "{state_name} gave it.",
    ],
)
def test_a_state_of_the_sentence_s_own_figures_may_be_named(sentence: str) -> None:
    assert faults(sentence) == []


@pytest.mark.parametrize(
    ("sentence", "what"),
    [
        ("Only some did.", "'Only' claims"),
        ("For the first year.", "'first' claims"),
        ("No state did.", "'No state' claims"),
        ("Every state did.", "claims"),
        ("No member state gave it.", "claims"),
        ("All member states gave it.", "claims"),
        ("As Eurostat has it.", "names a publisher"),
        ("UNODC says so.", "names a publisher"),
        ("As the United Nations Office on Drugs and Crime has it.", "names a publisher"),
        ("[[general As Frontex has it]].", "publisher that the claim does not test"),
        (
            "[[claim source-is Eurostat: As UNODC has it]].",
            "publisher that the claim does not test",
        ),
    ],
)
def test_words_of_coverage_and_publishers_are_bound(sentence: str, what: str) -> None:
    (told,) = faults(sentence)
    assert what in told


@pytest.mark.parametrize("general", [False, True])
@pytest.mark.parametrize(
    "sentence",
    [
        "A rise is highly likely.",
        "That is unlikely to change.",
        "The market will almost certainly grow.",
        "There is a realistic possibility of it.",
        "We hold it with moderate confidence.",
        "[[general Probably more is hidden]].",
        f"[[claim more {V}:SELEC.2022._T._T than {V}:SELEC.2021._T._T: It is likely to go on]].",
    ],
)
def test_only_a_judgement_says_how_likely_a_thing_is(sentence: str, general: bool) -> None:
    (told, *_) = [f for f in faults(sentence, general) if "judges what no expert" in f]
    assert "ASM_SCORES_SEE" in told


def test_a_bound_word_of_likelihood_is_no_fault() -> None:
    bound = "[[ASM_SCORES_SEE:SELEC.2023.DRUGS.2.OUTLOOK.MEDIAN_HIGH]]"
    assert faults(f"A change is {bound}, and confidence in it is told.") == []


def test_a_general_section_may_speak_of_publishers_and_of_only() -> None:
    assert (
        faults("Only some do, as the United Nations Office on Drugs and Crime says.", general=True)
        == []
    )


@pytest.mark.parametrize("general", [False, True])
@pytest.mark.parametrize(
    ("sentence", "what"),
    [
        ("From [[ref 2021]] on.", "is a year"),
        ("The eleven member states.", "counts states"),
        ("In four states.", "counts"),
    ],
)
def test_years_and_counts_of_states_belong_to_a_round(
    sentence: str, what: str, general: bool
) -> None:
    (told,) = faults(sentence, general)
    assert what in told


def test_thresholds_and_titles_belong_to_none() -> None:
    text = "Where fewer than three states report, see [[ref World Population Prospects 2024]]."
    assert faults(text, general=True) == []


@pytest.mark.parametrize(
    ("claim", "word"),
    [
        (f"rose {V}:GR.2022._T._T since 2021: much of it", "much"),
        (f"rose {V}:GR.2022._T._T since 2021: most of the movement", "most"),
        (f"rose {V}:GR.2022._T._T since 2021: it doubled", "doubled"),
        (f"rose {V}:GR.2022._T._T since 2021: it fell", "fell"),
        (f"rose {V}:GR.2022._T._T since 2021: the highest", "highest"),
        (f"rose {V}:GR.2022._T._T since 2021: only there", "only"),
        ("empty THB_ASSETS: every state is silent", "every state"),
        (f"much RO of {V}:SELEC.2022._T._T since 2021: most of it", "most"),
    ],
)
def test_a_claim_covers_its_words(claim: str, word: str, store: MakeStore) -> None:
    with pytest.raises(
        NarrativeError, match=rf"'{word}' in .* is more than the claim '[a-z]+' tests"
    ) as problem:
        check_claim(store(CELLS), claim, where="line 3")
    assert "claims of" in problem.value.allowed


def test_sharply_is_a_change_of_a_fifth(store: MakeStore) -> None:
    made = store(CELLS)
    assert (
        check_claim(made, f"rose {V}:GR.2022._T._T since 2021: rose sharply", where="")
        == "rose sharply"
    )
    with pytest.raises(NarrativeError, match="do not bear out 'rose clearly'") as problem:
        check_claim(made, f"rose {V}:SELEC.2022._T._T since 2021: rose clearly", where="")
    assert "from 20 per cent on, and it is 10.0" in problem.value.allowed


# --- files and sections


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    def write(text: str, name: str = "chapter", round_: str = "") -> Path:
        folder = tmp_path / "thb" / "narrative" / round_
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
        return folder / f"{name}.md"

    return write


@pytest.mark.parametrize(
    "text",
    [
        f"It was [[{V}:RO.2022._T._T] in all, and [[{V}:GR.2022._T._T]] there.",
        f"It was [[{V}:RO.2022._T._T].",
        f"It was [{V}:RO.2022._T._T]].",
        f"It was [{V}:RO.2022._T._T].",
        f"It was [[{V}:RO.2022._T._T.\n\nEnd.",
        f"It was [[claim rose X: [[{V}:RO.2022._T._T]]]].",
    ],
)
def test_a_bracket_that_is_missing_is_found_before_anything_is_worked_out(
    file: Callable[..., Path], text: str
) -> None:
    told = [str(problem) for problem in file_faults(file(f"# s\n\nWords.\n\n{text}\n"))]
    assert any("chapter.md line 5: a binding is not" in t for t in told), told


def test_brackets_that_are_whole_are_no_fault(file: Callable[..., Path]) -> None:
    text = (
        f"A [[{V}:RO.2022._T._T]], [[moved\n{V}:RO.2022._T._T since 2021]] and [a link](#x),"
        " [so].\n"
    )
    assert list(file_faults(file(f"# s general reviewed: 2022\n\n{text}"))) == []


@pytest.mark.parametrize(
    "head", ["# Two words", "# s reviewed", "# s reviewed: soon", "## s", "# s general read: 2022"]
)
def test_a_head_line_that_says_something_else_is_told(file: Callable[..., Path], head: str) -> None:
    (told,) = file_faults(file(f"{head}\n\nWords.\n"))
    assert "is not a head line" in str(told)


def test_the_text_of_a_round_stands_in_the_place_of_the_default(
    file: Callable[..., Path], store: MakeStore
) -> None:
    path = file(f"# a\n\n[[{V}:RO.2022._T._T]] of all.\n\n# b\n\n[[{V}:GR.2022._T._T]] of all.\n")
    file(f"# b\n\n[[{V}:GR.2022._T._T]] of this round.\n", round_="2022")
    file(f"# b\n\n[[{V}:GR.2022._T._T]] of another round.\n", round_="2023")
    made = store(CELLS)
    narrative = Narrative(path.parent, made)
    assert (
        str(narrative.paragraphs("chapter", "a", values=variables(made))) == "<p>500 of all.</p>\n"
    )
    assert (
        str(narrative.paragraphs("chapter", "b", values=variables(made)))
        == "<p>358 of this round.</p>\n"
    )
    assert [p.name for p in texts_of(path.parent, "chapter", round_=2021)] == ["chapter.md"]
    assert {p.parent.name for p in narrative.read} == {"narrative", "2022"}


@pytest.mark.parametrize(
    ("head", "body", "waits"),
    [
        ("# s general", "What holds.", True),
        ("# s", "What somebody judges.", True),
        ("# s", f"[[{V}:RO.2022._T._T]].", False),
        ("# s general reviewed: 2021", "What holds.", True),
        ("# s general reviewed: 2022", "What holds.", False),
        ("# s reviewed: 2023", "What somebody judges.", False),
        ("# s", "[[general Most]] of it.", True),
    ],
)
def test_a_statement_without_a_figure_waits_for_a_reader(
    file: Callable[..., Path], head: str, body: str, waits: bool
) -> None:
    section = read_sections(file(f"{head}\n\n{body}\n"))["s"]
    assert bool(list(unread(section, 2022))) == waits


# --- all at once


def test_the_check_of_a_round_names_every_kind_of_fault_on_a_line(
    file: Callable[..., Path], store: MakeStore, tmp_path: Path
) -> None:
    path = file(
        "\n\n".join(
            [
                "# s reviewed: 2022",
                "Greece had 7.",
                f"It [[claim fell {V}:SELEC.2022._T._T since 2021: fell]].",
                f"It [[claim rose {V}:HU.2022._T._T since 2021: rose]].",
                f"- [[{V}:RO.2022._T._T]] of them.\n- Only some.",
                " ".join(["word"] * 46) + ".",
                f"[[{V}:XX.2022._T._T]] of them.",
                "In {yaer}.",
                "# t",
                "Nobody read it.",
            ]
        )
        + "\n"
    )
    made = store(CELLS)
    told: list[NarrativeError] = []
    narrative = Narrative(path.parent, made, tell=told.append)
    for name in ("s", "t", "missing"):
        narrative.paragraphs("chapter", name, values=variables(made))
    lines = [" ".join(str(problem).split()) for problem in told]
    for place, words in (
        (3, "a number is not bound"),
        (3, "'Greece' names a state"),
        (5, "do not bear out 'fell'"),
        (10, "'Only' claims"),
        (14, "'XX' is not in the code list"),
        (16, "unknown variable 'yaer'"),
        (18, "was never read"),
    ):
        assert any(f"chapter.md line {place}: " in line and words in line for line in lines), (
            place,
            words,
        )
    assert any("no section 'missing'" in line for line in lines)
    assert narrative.claims == {
        (
            "thb/narrative/chapter.md line 5",
            f"claim fell {V}:SELEC.2022._T._T since 2021: fell",
        ): True,
        (
            "thb/narrative/chapter.md line 7",
            f"claim rose {V}:HU.2022._T._T since 2021: rose",
        ): False,
    }
    with pytest.raises(NarrativeError, match="line 3: a number"):
        Narrative(path.parent, made).paragraphs("chapter", "s", values=variables(made))


def test_a_fault_is_one_line_with_the_versions_that_it_stops() -> None:
    fault = Fault("thb/narrative/x.md line 3", "what", "this", "do", ("thb/public", "octa/public"))
    assert (
        fault.line
        == "thb/public, octa/public: templates/thb/narrative/x.md line 3: what (allowed: this)"
    )


@pytest.mark.parametrize(
    ("sentence", "named"),
    [
        ("Found were [[MIG_STAY_CTZ:SELEC.2022.TR]] times citizens of Türkiye.", False),
        (
            "Found were [[MIG_STAY_CTZ:SELEC.2022.MD]] times citizens of the Republic of Moldova.",
            False,
        ),
        ("Found were [[MIG_STAY_CTZ:SELEC.2022.TR]] times citizens of Romania.", True),
        ("Found were [[MIG_STAY_CTZ:SELEC.2022.TR]] times citizens of Türkiye, in Türkiye.", True),
        ("Türkiye found [[MIG_STAY_CTZ:SELEC.2022.TR]] times its citizens.", True),
        ("Citizens of Türkiye were found [[MIG_STAY:TR.2022._T._T]] times.", True),
    ],
)
def test_citizens_are_named_by_their_figure(sentence: str, named: bool) -> None:
    found = [
        str(e)
        for e in unbound(sentence, "x.md", names=load_names(ROOT / "data_contracts"), general=False)
    ]
    assert any("names a state" in told for told in found) == named, found
