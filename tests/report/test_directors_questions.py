"""Which page answers what a director asks of a threat assessment? The biggest threat, how sure
we are, what changed, what we do not know, what we should do: in an exercise of two rounds,
each on a page that is named here.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache

import pypdfium2
import pytest
from assessments import EXERCISE, write_forms
from builds import ROOT

from pipeline.cells import Key
from pipeline.contracts.model import Contracts, load_contracts
from pipeline.contracts.policy import load_policy
from pipeline.contracts.sources import Sources, text_hash
from pipeline.numbers.build import build_numbers, inputs_of
from pipeline.numbers.mart_rows import read_marts
from pipeline.numbers.stores import write_stores
from pipeline.project import Project
from pipeline.report.document.preview import PRINT, build_preview
from pipeline.report.exhibits.judged_cells import areas_of
from pipeline.report.printing import Printing
from pipeline.returns.rules.validation import validate_and_write
from pipeline.system.pdf.write import render_pdf

NOW = EXERCISE + 1
Pages = Callable[[str, str], list[str]]
VERSIONS = ("restricted", "public")

SCORES = "ASM_SCORES_SEE:SELEC"
# by question and version: the chapter, and its page of the preview
ANSWERED = {
    "what is the biggest threat": {"restricted": ("dashboard_full", 2), "public": ("dashboard", 2)},
    "how sure are we": {"restricted": ("drugs_full", 1), "public": ("drugs", 1)},
    "what changed": {"restricted": ("dashboard_full", 5), "public": ("dashboard", 3)},
    "what do we not know": {"restricted": ("dashboard_full", 5), "public": ("dashboard", 4)},
    "what should we do": {"restricted": ("dashboard_full", 4), "public": ("drugs", 1)},
}


def answers(store: Printing, question: str) -> list[str]:
    """What must stand on the page, as the cells and texts of the version have it."""

    def word(area: str, rest: str, *, year: int = NOW) -> str:
        return store.cell(Key.parse(f"{SCORES}.{year}.{area}.2.{rest}")).word

    levels = store.contracts.assessment.levels.words  # type: ignore[union-attr]
    areas = {area: store.label("ASM_SCORES", "area", code=area) for area in areas_of(store)}
    highest = max((word(area, "ALL.LEVEL") for area in areas), key=levels.index)
    gap, chance = (
        next(own.text for own in store.contributions if own.topic == topic and own.area == area)
        for topic, area in (("GAPS", "THB"), ("CHANCE", "DRUGS"))
    )
    then_and_now = [
        word("DRUGS", rest, year=year)
        for rest in ("LIKELIHOOD.MEDIAN_LOW", "ALL.LEVEL")
        for year in (EXERCISE, NOW)
    ]
    first = f"first {highest}"  # the priority that is proposed first
    worst = [areas[area] for area in areas if word(area, "ALL.LEVEL") == highest]
    return {
        "what is the biggest threat": [f"{name} {highest}" for name in worst],
        "how sure are we": [
            f"Confidence in these judgements is {word('DRUGS', 'CONFIDENCE.MEDIAN_LOW')}."
        ],
        "what changed": [f"Drug trafficking {' '.join(then_and_now)}"],
        "what do we not know": [gap],
        "what should we do": [first] if store.version == "restricted" else [chance],
    }[question]


def store_of(project: Project, contracts: Contracts, *, version: str) -> Printing:
    path = project.store(NOW, "octa", version)
    return Printing(path, contracts, report="octa", version=version)


@pytest.fixture(scope="module")
def exercise(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Contracts]:
    """Two rounds in which only experts answered, and every text was cleared by the Center
    that its sender left to others.
    """
    folder = tmp_path_factory.mktemp("exercise")
    for name in ("data_contracts", "templates", "sql"):
        shutil.copytree(ROOT / name, folder / "root" / name)
    for path in (folder / "root" / "templates").glob("*/narrative/*.md"):
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r"reviewed: \d+", f"reviewed: {NOW}", text), encoding="utf-8")
    contracts = load_contracts(folder / "root" / "data_contracts")
    project = Project(folder / "root", folder / "outputs", folder / "returns")
    for round_ in (EXERCISE, NOW):
        write_forms(contracts, project.returns, round_=round_, seed=round_)
        validate_and_write(project, contracts, round_=round_)
    build_numbers(project, contracts, round_=NOW)
    shown = store_of(project, contracts, version="restricted")
    cleared = frozenset(text_hash(own.text) for own in shown.contributions)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.numbers.stores.sources_of", lambda _: Sources((), {}, cleared))
        write_stores(
            project,
            contracts,
            round_=NOW,
            version=load_policy(project.contracts, contracts).version("public"),
            marts=read_marts(project, NOW),
            inputs=inputs_of(project, contracts, round_=NOW),
            reports=["octa"],
        )
    return project, contracts


@pytest.fixture(scope="module")
def pages(exercise: tuple[Project, Contracts], tmp_path_factory: pytest.TempPathFactory) -> Pages:
    """The text of each page of a chapter, printed by the machinery of previews."""
    project, contracts = exercise
    folder = tmp_path_factory.mktemp("pages")

    @cache
    def made(version: str, chapter: str) -> list[str]:
        store = store_of(project, contracts, version=version)
        html = build_preview(store, project.templates, chapter)[PRINT]
        pdf = folder / f"{version}-{chapter}.pdf"
        render_pdf(
            html,
            pdf,
            base_folder=project.templates,
            title="Exercise",
            subject="Exercise",
            date=datetime(NOW + 1, 3, 31, tzinfo=UTC),
            attachments=[],
        )
        with pypdfium2.PdfDocument(pdf) as document:
            return [" ".join(p.get_textpage().get_text_range().split()) for p in document]

    return made


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("question", ANSWERED)
def test_a_page_answers_the_question(
    exercise: tuple[Project, Contracts], pages: Pages, question: str, version: str
) -> None:
    chapter, number = ANSWERED[question][version]
    said = answers(store_of(*exercise, version=version), question)
    assert said
    told = pages(version, chapter)
    where = [n for n, page in enumerate(told, 1) if all(answer in page for answer in said)]
    assert number in where, f"{said} not on page {number} of {chapter} but on {where or 'none'}"


@pytest.mark.slow
def test_only_the_states_read_who_says_it_and_how_sure_they_are(pages: Pages) -> None:
    told = {
        version: " ".join(pages(version, f"dashboard{end}") + pages(version, f"drugs{end}"))
        for version, end in (("restricted", "_full"), ("public", ""))
    }
    for said in ("Who says it", "mostly reliable", "Before the meeting", "states judge it"):
        assert said in told["restricted"], said
        assert said not in told["public"], said
    assert "EXERCISE" in told["public"]
