"""Does a reader find the answer, in one sentence, where it is looked for?

For each public report the questions of a journalist, who reads the cover, the summary and
the key findings, and those of a police chief, who goes on into the chapters. An answer is
a binding: the sentence that holds it must stand whole on a page not later than the one
given, counted from the cover.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pypdfium2
import pytest

from pipeline.project import Project
from pipeline.release.manifest import pdf_of
from pipeline.report.ledger import Sentence, parse_ledger

ROUND = 2022
_SUMMARY = 3  # cover, how to read, summary
_FINDINGS = 6
_CHAPTERS = 30

V, F, P = "THB_VICTIMS:SELEC.2022", "THB_VICTIMS_FORM:SELEC.2022", "THB_PERSONS:SELEC.2022"
M, S = "MIG_STAY:SELEC.2022", "MIG_SMUGGLING:SELEC.2022"
D = "OCT_DRUG_KG:SELEC.2022"

JOURNALIST = {
    "thb": [
        ("how many victims were registered?", f"{V}._T._T", _SUMMARY),
        ("more or fewer than the year before?", f"moved {V}._T._T since 2021", 1),
        ("and over five years?", "moved THB_VICTIMS:SELEC_FIX.2022._T._T since 2018", _SUMMARY),
        ("which states registered most?", "ranked THB_VICTIMS:*.2022._T._T 3", _SUMMARY),
        ("how many are women and girls?", f"share {V}.F._T of {V}._T._T", _SUMMARY),
        ("how many are children?", f"share {V}._T.Y_LT18 of {V}._T._T", _SUMMARY),
        ("what were they exploited for?", f"{F}.SEX._T._T", _SUMMARY),
        ("how many in forced labour?", f"{F}.LAB._T._T", _SUMMARY),
        (
            "are they foreigners?",
            "share THB_VICTIMS_CTZ:SELEC.2022.NAT of THB_VICTIMS_CTZ:SELEC.2022.G_KNOWN",
            _SUMMARY,
        ),
        ("was anybody convicted?", f"moved {P}.CONV._T since 2021", _SUMMARY),
    ],
    "migration": [
        ("how many were found?", f"{M}._T._T", _SUMMARY),
        ("more or fewer than the year before?", f"moved {M}._T._T since 2021", 1),
        ("how many states count them?", f"coverage {M}._T._T", _SUMMARY),
        ("where were most found?", "leader MIG_STAY:*.2022._T._T", _SUMMARY),
        ("how many entered illegally?", f"share {M}.ENTRY._T of {M}._T._T", _SUMMARY),
        ("how many overstayed?", f"share {M}.OVER._T of {M}._T._T", _SUMMARY),
        ("who are they?", "ranked MIG_STAY_CTZ:SELEC.2022.* 3", _SUMMARY),
        ("how many were refused entry?", "moved MIG_REFUSED:SELEC.2022._T._T since 2021", _SUMMARY),
        ("how much smuggling?", S, _SUMMARY),
        ("does it grow?", f"moved {S} since 2021", _SUMMARY),
    ],
    "octa": [
        ("how many drug offences?", "OCT_DRUG_OFFENCES:SELEC.2022", _SUMMARY),
        ("more or fewer?", "moved OCT_DRUG_OFFENCES:SELEC.2022 since 2021", _SUMMARY),
        ("is more cocaine seized?", f"moved {D}.COC since 2021", _SUMMARY),
        ("and heroin?", f"moved {D}.HER since 2021", _SUMMARY),
        ("does smuggling of migrants grow?", f"moved {S} since 2021", 1),
        ("and trafficking in persons?", "moved THB_OFFENCES:SELEC.2022 since 2021", _SUMMARY),
        ("and attacks on computers?", "moved OCT_CYBERCRIME:SELEC.2022._T since 2021", _SUMMARY),
        ("and corruption?", "moved OCT_CORRUPTION:SELEC.2022._T since 2021", _SUMMARY),
        ("how many firearms were seized?", "OCT_FIREARMS:SELEC.2022._T", _SUMMARY),
        ("how many cars are stolen?", "moved OCT_VEHICLE_THEFT:SELEC.2022 since 2021", _SUMMARY),
    ],
}
POLICE_CHIEF = {
    "thb": [
        ("where did it rise most?", "rises THB_VICTIMS:*.2022._T._T since 2021 2", _FINDINGS),
        ("where did it fall most?", "falls THB_VICTIMS:*.2022._T._T since 2021 2", _FINDINGS),
        ("what is the rate?", f"rate {V}._T._T", _CHAPTERS),
        ("are there more child victims?", f"moved {V}._T.Y_LT18 since 2021", _SUMMARY),
        ("does sexual exploitation grow?", f"moved {F}.SEX._T._T since 2021", _SUMMARY),
        ("does forced labour grow?", f"moved {F}.LAB._T._T since 2021", _SUMMARY),
        ("how many cases were recorded?", "moved THB_OFFENCES:SELEC.2022 since 2021", _SUMMARY),
        ("how many are suspected?", f"{P}.SUSP._T", _CHAPTERS),
        ("are more prosecuted?", f"moved {P}.PROS._T since 2021", _SUMMARY),
        ("where do foreign victims turn up?", "ranked THB_VICTIMS_CTZ:*.2022.G_FOR 2", _SUMMARY),
    ],
    "migration": [
        ("where are they found?", f"share {M}._T.EXT of {M}._T._T", _SUMMARY),
        ("how many inland?", f"share {M}._T.INL of {M}._T._T", _SUMMARY),
        ("which states find most?", "ranked MIG_STAY:*.2022._T._T 2", _CHAPTERS),
        ("which citizenships rise?", "rises MIG_STAY_CTZ:SELEC.2022.* since 2021 2", _SUMMARY),
        ("how many between crossing points?", f"{M}._T.BTWL", _CHAPTERS),
        ("do illegal entries rise?", f"moved {M}.ENTRY._T since 2021", _CHAPTERS),
        ("where is smuggling recorded?", "ranked MIG_SMUGGLING:*.2022 2", _SUMMARY),
        ("where does it rise?", "rises MIG_SMUGGLING:*.2022 since 2021 4", _CHAPTERS),
        ("what is its rate?", f"rate {S}", _CHAPTERS),
        ("who refuses entry most?", "ranked MIG_REFUSED:*.2022._T._T 2", _CHAPTERS),
    ],
    "octa": [
        ("what is the rate of corruption?", "rate OCT_CORRUPTION:SELEC.2022._T", _CHAPTERS),
        ("is the trend in heroin one state's?", f"moved {D}.HER since 2021", _SUMMARY),
        ("who leads in methamphetamine?", "ranked OCT_DRUG_KG:*.2022.MET 1", _FINDINGS),
        ("where is smuggling recorded?", "ranked MIG_SMUGGLING:*.2022 2", _SUMMARY),
        ("where do attacks on computers rise?", "ranked OCT_CYBERCRIME:*.2022._T 2", _FINDINGS),
        ("is money laundering pursued?", "moved OCT_MONEY_LAUNDERING:SELEC.2022 since 2021", 6),
        ("are groups pursued?", "moved OCT_OCG:SELEC.2022 since 2021", _SUMMARY),
        ("where are cars stolen?", "ranked OCT_VEHICLE_THEFT:*.2022 2", _CHAPTERS),
        ("where are firearms seized?", "ranked OCT_FIREARMS:*.2022._T 2", _CHAPTERS),
        ("what is the rate of drug offences?", "rate OCT_DRUG_OFFENCES:SELEC.2022", _CHAPTERS),
    ],
}


@cache
def sentences(project: Project, report: str) -> list[Sentence]:
    path = project.ledger(ROUND, report, "public")
    return [e for e in parse_ledger(path.read_bytes(), path) if isinstance(e, Sentence)]


@cache
def pages(project: Project, report: str) -> list[str]:
    folder = Path(project.version_folder(ROUND, report, "public"))
    path = folder / pdf_of(p.name for p in folder.iterdir())
    document = pypdfium2.PdfDocument(path)
    return [squeezed(page.get_textpage().get_text_range()) for page in document]


def squeezed(text: str) -> str:
    """Without spaces: where a line is broken is nobody's question."""
    return re.sub(r"[\s\ufffe\u00ad]+", "", text)


@pytest.mark.parametrize(
    ("report", "question", "answer", "last"),
    [
        pytest.param(report, *asked, id=f"{report}: {asked[0]}")
        for readers in (JOURNALIST, POLICE_CHIEF)
        for report, questions in readers.items()
        for asked in questions
    ],
)
def test_the_answer_stands_in_one_sentence_on_a_page_where_it_is_looked_for(
    built: Project, report: str, question: str, answer: str, last: int
) -> None:
    answers = [s.text for s in sentences(built, report) if f"[[{answer}]]" in s.bound]
    assert answers, f"nothing answers '{question}'"
    read = pages(built, report)[:last]
    found = [s for s in answers if any(squeezed(s) in page for page in read)]
    assert found, f"no page up to {last} answers '{question}': {answers}"


def test_each_reader_asks_ten_questions_of_each_report() -> None:
    for readers in (JOURNALIST, POLICE_CHIEF):
        assert {
            report: len({q for q, _, _ in of}) for report, of in readers.items()
        } == dict.fromkeys(("thb", "migration", "octa"), 10)
