"""In which order does a chapter on a crime area read? As the field has it, with what experts
wrote in the section where it belongs, and no section without anything to say.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from builds import ROOT

from pipeline.numbers.stored_tables import StoredContribution, StoredFact
from pipeline.report.document.compose import Writer, read_definition
from pipeline.report.narrative.bound_text import Narrative
from pipeline.report.printing import Printing

MakeStore = Callable[..., Printing]
TEMPLATES = ROOT / "templates"
ROUND = (
    StoredFact("round", "2023"),
    StoredFact("cutoff", "2024-03-31"),
    StoredFact("refused", ""),
)
STATES = "AL BA BG GR HU"
ANSWERS = {"LIKELIHOOD": 4, "IMP_MONEY": 3, "TREND": 3, "OUTLOOK": 6, "CONFIDENCE": 2}
# without any figure a chapter is left out
_FIGURE = "OCT_DRUG_KG:SELEC.2023.HER | 5 | RO"
TOPICS = ("PLAY", "ACTORS", "MODUS", "ROUTES", "ENABLERS", "WEAK", "CHANCE", "GAPS")


def judged(area: str, year: int = 2023, **answers: int) -> list[str]:
    """Lines of a store: what experts judged of a crime area in a year."""
    lines = []
    for question, place in {**ANSWERS, **answers}.items():
        key = f"ASM_SCORES_SEE:SELEC.{year}.{area}.2.{question}"
        lines.append(f"{key}.STATES | 5 | {STATES}")
        lines += [f"{key}.{name} | {place} | {STATES}" for name in ("MEDIAN_LOW", "MEDIAN_HIGH")]
    lines.append(f"ASM_SCORES_SEE:SELEC.{year}.{area}.2.ALL.LEVEL | 3 | {STATES}")
    return lines


def text(topic: str, area: str = "DRUGS", head: str = "") -> StoredContribution:
    return StoredContribution(area, topic, "RO" if head else "", f"On {topic} of {area}", head)


@pytest.fixture
def write(store: MakeStore) -> Callable[..., str]:
    def make(
        chapter: str,
        *lines: str,
        texts: tuple[StoredContribution, ...] = (),
        version: str = "public",
    ) -> str:
        cells = "\n".join(("key | value | states", _FIGURE, *lines))
        made = store(cells, report="octa", version=version, meta=ROUND, contributions=[*texts])
        writer = Writer(made, TEMPLATES, read_definition(TEMPLATES, "octa", version=version))
        # what people have not read again for a round is no matter of this test
        folder = TEMPLATES / "octa" / "narrative"
        writer.narrative = Narrative(folder, made, judges_words=False)
        return writer.write_chapter(chapter)

    return make


def sections(html: str) -> list[str]:
    return re.findall(
        r'<h2 id="[^"]*"><span class="heading-number">[^<]*</span> ([^<]*)</h2>', html
    )


def words_of(html: str, section: str) -> str:
    """What stands below the heading of a section, without marks."""
    after = html.split(f"</span> {section}</h2>")[1].split("<h2")[0]
    return " ".join(re.sub(r"<[^>]*>", " ", after).split())


def test_sections_stand_in_the_order_of_the_field(write: Callable[..., str]) -> None:
    texts = tuple(map(text, TOPICS))
    html = write("drugs_full", *judged("DRUGS"), texts=texts, version="restricted")
    assert sections(html) == [
        "State of play",
        "In each state",
        "Actors",
        "Modus operandi and routes",
        "Enablers",
        "Vulnerabilities and opportunities",
        "Outlook",
        "What the data cannot say",
        "Intelligence gaps",
        "Information gaps",
        "What experts judge",
        "What changed since the last assessment",
    ]
    key = re.sub(r"<[^>]*>", "", html).index("Their scores suggest a threat that is high")
    assert key < re.sub(r"<[^>]*>", "", html).index("State of play")


@pytest.mark.parametrize(
    ("topic", "section"),
    [
        ("PLAY", "State of play"),
        ("ACTORS", "Actors"),
        ("MODUS", "Modus operandi and routes"),
        ("ROUTES", "Modus operandi and routes"),
        ("ENABLERS", "Enablers"),
        ("WEAK", "Vulnerabilities and opportunities"),
        ("CHANCE", "Vulnerabilities and opportunities"),
        ("GAPS", "Information gaps"),
    ],
)
def test_a_text_stands_in_its_section_and_alone_makes_one(
    write: Callable[..., str], topic: str, section: str
) -> None:
    html = write("drugs", texts=(text(topic), text(topic, area="VEH")))
    assert f"On {topic} of DRUGS" in words_of(html, section)
    assert html.count(f"On {topic}") == 1  # once, and nothing of another crime area
    assert set(sections(html)) == {"State of play", section, "What the data cannot say"}


def test_without_any_word_of_experts_nothing_is_added(write: Callable[..., str]) -> None:
    html = write("drugs")
    assert sections(html) == ["State of play", "What the data cannot say"]
    assert "No expert assessment was submitted for this chapter." in html


def test_texts_of_two_areas_name_theirs(write: Callable[..., str]) -> None:
    html = write("people", texts=(text("ACTORS", area="THB"), text("ACTORS", area="MIG")))
    assert words_of(html, "Actors") == (
        "Trafficking in human beings On ACTORS of THB"
        " Illegal migration and smuggling of migrants On ACTORS of MIG"
    )


def test_a_chapter_without_figures_stands_where_experts_judged_or_wrote(
    write: Callable[..., str],
) -> None:
    assert write("goods") == ""
    assert "State of play" in sections(write("goods", *judged("GOODS")))
    assert "Actors" in sections(write("goods", texts=(text("ACTORS", area="GOODS"),)))
    assert write("goods", *judged("DRUGS"), texts=(text("ACTORS"),)) == ""


def test_what_changed_is_told_from_the_last_year_that_was_assessed(
    write: Callable[..., str],
) -> None:
    earlier = [*judged("DRUGS", 2020, LIKELIHOOD=1), *judged("DRUGS", 2021, LIKELIHOOD=3)]
    html = write("drugs", *earlier, *judged("DRUGS"))
    assert words_of(html, "What changed since the last assessment") == (
        "On drug trafficking, from the assessment of 2021 to that of 2023: likelihood medium →"
        " high, level of threat that the scores suggest high → high."
    )


def test_a_first_assessment_is_told_as_one(write: Callable[..., str]) -> None:
    html = write("drugs", *judged("DRUGS"), *judged("VEH", 2021))
    assert words_of(html, "What changed since the last assessment") == (
        "On drug trafficking no earlier assessment is held: this is the first one."
    )


def test_an_outlook_that_nobody_judged_has_no_section(write: Callable[..., str]) -> None:
    lines = [line for line in judged("DRUGS") if ".OUTLOOK." not in line]
    assert "Outlook" not in sections(write("drugs", *lines))
    assert "highly likely" in words_of(write("drugs", *judged("DRUGS")), "Outlook")
