"""What do tables of judgements print? Words where the version knows them, no column of what
it does not, and the same words as whoever reads the store apart from the renderer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest

from pipeline.contracts.model import Contracts
from pipeline.inspection.readback.values import read_register
from pipeline.numbers.stored_tables import StoredContribution, StoredDecision, StoredFact
from pipeline.report.document.contributed import write_contributions, write_decisions
from pipeline.report.exhibits.judged_cells import judged_areas, session_of
from pipeline.report.exhibits.judged_levels import build_levels
from pipeline.report.exhibits.judgements import (
    build_areas,
    build_judgement,
    build_matrix,
    build_priorities,
)
from pipeline.report.exhibits.layout import ExhibitSpec
from pipeline.report.ledger import Sentence
from pipeline.report.printing import Printing
from pipeline.report.views import EmptyView, TableView

MakeStore = Callable[..., Printing]
ROUND = (
    StoredFact("round", "2023"),
    StoredFact("cutoff", "2024-03-31"),
    StoredFact("refused", ""),
)
VALUES = {"year": "2023"}
STATES = "AL BA BG GR HU"
Answers = Mapping[tuple[str, str], Mapping[str, int]]


def cells(answers: Answers, *, session: str = "2", cube: str = "ASM_SCORES_SEE") -> str:
    """Lines of a store: by crime area and question the statistics."""
    lines = [
        f"{cube}:SELEC.2023.{area}.{session}.{question}.{name} | {value} | {STATES}"
        for (area, question), own in answers.items()
        for name, value in own.items()
    ]
    return "\n".join(lines)


def of(low: int, high: int, *, least: int = 0, most: int = 0) -> dict[str, int]:
    told = {"STATES": 5, "MEDIAN_LOW": low, "MEDIAN_HIGH": high}
    return {**told, "LOWEST": least, "HIGHEST": most} if least else told


@pytest.fixture
def made(store: MakeStore) -> MakeStore:
    def make(*parts: str, version: str = "restricted", **more: object) -> Printing:
        text = "\n".join(("key | value | states", *parts))
        return store(text, report="octa", version=version, meta=ROUND, **more)

    return make


def grid(store: Printing, area: str = "DRUGS") -> TableView | EmptyView:
    spec = ExhibitSpec("J", "judgement", "Drugs, {year}", area=area)
    return build_judgement(spec, store, number="Table 1", values=VALUES)


def words(view: TableView | EmptyView) -> dict[str, list[str]]:
    assert isinstance(view, TableView)
    return {row.label: [cell.text for cell in row.cells] for row in view.rows}


FULL: Answers = {
    ("DRUGS", "LIKELIHOOD"): of(4, 4, least=2, most=5),
    ("DRUGS", "IMP_MONEY"): of(3, 4, least=3, most=5),
    ("DRUGS", "OUTLOOK"): of(6, 6, least=4, most=7),
    ("DRUGS", "ALL"): {"LEVEL": 3},
}
BEFORE: Answers = {("DRUGS", "LIKELIHOOD"): of(3, 3, least=1, most=5)}


def test_the_grid_has_a_word_for_each_answer(made: MakeStore) -> None:
    view = grid(made(cells(FULL), cells(BEFORE, session="1")))
    assert isinstance(view, TableView)
    assert [c.label for c in view.columns] == [
        "Question",
        "Judgement",
        "From\N{EN DASH}to",
        "Before the meeting",
        "States",
    ]
    told = words(view)
    assert told["Likelihood now"] == ["high", "low to very high", "medium", "5 of 11"]
    assert told["Impact, financial"] == [
        "medium to high",
        "medium to very high",
        "not assessed",
        "5 of 11",
    ]
    assert told["Level of threat that the scores suggest"][0] == "high"
    assert told["Outlook: the threat grows in the next five years"][0] == "highly likely"
    assert "Impact, social" not in told  # nobody was asked, or nobody answered


def test_a_version_has_no_column_of_what_it_does_not_know(made: MakeStore) -> None:
    view = grid(made(cells({k: of(4, 4) for k in FULL if k[1] != "ALL"}), version="public"))
    assert isinstance(view, TableView)
    assert [c.label for c in view.columns] == ["Question", "Judgement", "States"]


def test_before_the_meeting_the_first_answers_stand(made: MakeStore) -> None:
    store = made(cells(BEFORE, session="1"))
    assert session_of(store, "DRUGS") == "1"
    view = grid(store)
    assert isinstance(view, TableView)
    assert "Before the meeting" not in [c.label for c in view.columns]
    assert words(view)["Likelihood now"][0] == "medium"


@pytest.mark.parametrize("build", [build_judgement, build_areas, build_matrix, build_priorities])
def test_without_judgements_there_is_no_table(
    made: MakeStore, build: Callable[..., TableView | EmptyView]
) -> None:
    spec = ExhibitSpec("J", "judgement", "Drugs", area="DRUGS")
    store = made("THB_OFFENCES:SELEC.2023 | 7 | AL BA")
    assert isinstance(build(spec, store, number="Table 1", values=VALUES), EmptyView)
    assert judged_areas(store) == []


def test_areas_stand_in_the_order_of_the_list_and_not_by_level(made: MakeStore) -> None:
    answers: Answers = {
        ("OCG", "LIKELIHOOD"): of(5, 5),
        ("OCG", "ALL"): {"LEVEL": 4},
        ("THB", "LIKELIHOOD"): of(1, 1),
        ("THB", "ALL"): {"LEVEL": 1},
    }
    spec = ExhibitSpec("JA", "judged_areas", "Areas, {year}")
    view = build_areas(spec, made(cells(answers)), number="Table 1", values=VALUES)
    told = words(view)
    assert list(told) == ["Trafficking in human beings", "Organised criminal groups"]
    assert [line[0] for line in told.values()] == ["low", "very high"]
    assert [line[1] for line in told.values()] == ["very low", "very high"]


def test_an_area_stands_in_its_field_of_the_matrix(made: MakeStore, contracts: Contracts) -> None:
    answers: Answers = {
        ("DRUGS", "LIKELIHOOD"): of(3, 4),
        ("DRUGS", "IMP_MONEY"): of(2, 2),
        ("DRUGS", "IMP_PERSON"): of(5, 5),
        ("VEH", "LIKELIHOOD"): of(1, 1),  # without any impact: in no field
    }
    spec = ExhibitSpec("JM", "threat_matrix", "Matrix, {year}")
    told = words(build_matrix(spec, made(cells(answers)), number="Table 1", values=VALUES))
    assert list(told) == ["very high", "high", "medium", "low", "very low"]
    assert told["high"][4] == "Drug trafficking"
    assert contracts.assessment is not None
    settings = contracts.assessment
    for row, likelihood in zip(told.values(), range(5, 0, -1), strict=True):
        for impact, text in enumerate(row, 1):
            level = settings.levels.word(settings.matrix.level(likelihood, impact))
            assert text in (f"({level})", "Drug trafficking")


def test_priorities_are_proposed_by_level_then_trend_then_confidence(made: MakeStore) -> None:
    def judged(level: int, trend: int, confidence: int) -> list[tuple[str, dict[str, int]]]:
        return [
            ("LIKELIHOOD", of(3, 3)),
            ("TREND", of(trend, trend)),
            ("CONFIDENCE", of(confidence, confidence)),
            ("ALL", {"LEVEL": level}),
        ]

    answers = {
        (area, question): own
        for area, told in {
            "THB": judged(3, 2, 3),
            "DRUGS": judged(4, 1, 1),
            "FIN": judged(3, 3, 1),
            "VEH": judged(3, 2, 3),
            "OCG": judged(3, 2, 1),
        }.items()
        for question, own in told
    }
    answers["ENV", "LIKELIHOOD"] = of(5, 5)  # no impact, so no level: not proposed
    spec = ExhibitSpec("JP", "priorities", "Priorities, {year}")
    told = words(build_priorities(spec, made(cells(answers)), number="Table 1", values=VALUES))
    assert {label: line[0] for label, line in told.items()} == {
        "Drug trafficking": "first",
        "Financial crime, money laundering and corruption": "second",
        "Trafficking in human beings": "third",
        "Stolen vehicles": "third",
        "Organised criminal groups": "fifth",
    }
    assert told["Drug trafficking"][1:] == ["very high", "falling", "low"]


def test_whoever_reads_the_store_apart_finds_the_same_words(
    made: MakeStore, tmp_path: Path
) -> None:
    view = grid(made(cells(FULL), cells(BEFORE, session="1")))
    assert isinstance(view, TableView)
    register = read_register(tmp_path / "store.duckdb")
    compared = 0
    for cell in (cell for row in view.rows for cell in row.cells if cell.key):
        assert cell.text in register.printed(cell.key), cell.key
        compared += 1
    assert compared > 10
    wrong = "middle(ASM_SCORES_SEE:SELEC.2023.DRUGS.2.LIKELIHOOD.MEDIAN_LOW, X:SELEC.2023)"
    assert register.printed(wrong) == ()


def contribution(topic: str, text: str, head: str = "") -> StoredContribution:
    return StoredContribution("DRUGS", topic, "RO" if head else "", text, head)


@pytest.mark.parametrize(
    "text",
    [
        "Lorries with two floors carried 40 kg",
        "[[THB_VICTIMS:SELEC.2022._T._T]] and {year}",
        "<script>alert(1)</script> & more",
        "{{ 7 * 7 }}",
    ],
)
def test_a_text_of_an_expert_is_printed_letter_for_letter(made: MakeStore, text: str) -> None:
    store = made(
        "THB_OFFENCES:SELEC.2023 | 7 | AL BA",
        contributions=[contribution("ROUTES", text, "Romania")],
    )
    (topic,) = write_contributions(store, ("DRUGS",))
    assert topic.name == "Routes"
    assert topic.texts == ((text, "Romania"),)
    noted = [s for s in store.shown if isinstance(s, Sentence)]
    assert [(s.text, s.written) for s in noted] == [(text, text), ("Romania", "Romania")]
    assert write_contributions(store, ("VEH",)) == []


def test_topics_of_several_areas_name_theirs(made: MakeStore) -> None:
    own: Iterable[StoredContribution] = [
        contribution("ROUTES", "By sea"),
        StoredContribution("CYBER", "GAPS", "", "Losses", ""),
    ]
    store = made("THB_OFFENCES:SELEC.2023 | 7 | AL BA", contributions=[*own])
    topics = write_contributions(store, ("DRUGS", "CYBER"))
    assert [t.name for t in topics] == ["Drug trafficking: routes", "Cybercrime: information gaps"]


def test_areas_judged_before_the_meeting_alone_are_told_as_such(made: MakeStore) -> None:
    after: Answers = {("VEH", "LIKELIHOOD"): of(2, 2)}
    store = made(cells(after), cells(BEFORE, session="1"))
    assert judged_areas(store) == ["DRUGS", "VEH"]
    assert [session_of(store, area) for area in ("DRUGS", "VEH", "OCG")] == ["1", "2", ""]
    spec = ExhibitSpec("JA", "judged_areas", "Areas, {year}")
    view = build_areas(spec, store, number="Table 1", values=VALUES)
    assert isinstance(view, TableView)
    assert "Drug trafficking: judged before the meeting, each state alone." in view.notes
    assert words(view)["Stolen vehicles"][1] == "low"
    whole = build_areas(spec, made(cells(after)), number="Table 1", values=VALUES)
    assert isinstance(whole, TableView)
    assert not [note for note in whole.notes if "before" in note]


class TestMeeting:
    MET: Answers = {("DRUGS", "ALL"): {"LEVEL": 3, "MEETING": 4}}

    def test_the_level_of_a_meeting_stands_beside_that_of_the_scores(self, made: MakeStore) -> None:
        store = made(cells({**FULL, **self.MET}))
        told = words(grid(store))
        assert told["Level of threat that the scores suggest"][0] == "high"
        assert told["Level of threat that the meeting judged"] == ["very high", "", "5 of 11"]
        spec = ExhibitSpec("JA", "judged_areas", "Areas, {year}")
        view = build_areas(spec, store, number="Table 1", values=VALUES)
        assert isinstance(view, TableView)
        assert [c.label for c in view.columns][1:3] == ["Scores suggest", "Meeting judged"]
        assert words(view)["Drug trafficking"][:2] == ["high", "very high"]

    def test_an_area_that_only_a_meeting_judged_is_judged(self, made: MakeStore) -> None:
        store = made(cells({("VEH", "ALL"): {"MEETING": 2}}))
        assert judged_areas(store) == ["VEH"]
        told = words(grid(store, "VEH"))
        assert told == {"Level of threat that the meeting judged": ["medium", "5 of 11"]}

    def test_reasons_are_told_of_the_areas_asked_for(self, made: MakeStore) -> None:
        store = made(
            cells({("DRUGS", "ALL"): {"MEETING": 4}}),
            decisions=(
                StoredDecision("level", "DRUGS", 0, "1", "Routes moved.", "Meeting of experts"),
                StoredDecision("priority", "VEH", 1, "priorities", "It pays.", "Chosen by all"),
            ),
        )
        (why,) = write_decisions(store, "level", ["DRUGS"])
        assert (why.name, why.texts) == (
            "Why the meeting judged so",
            (("Routes moved.", "Meeting of experts"),),
        )
        assert not write_decisions(store, "level", ["VEH"])
        (chosen,) = write_decisions(store, "priority", [])
        assert chosen.name == "First: stolen vehicles"
        noted = [s.place for s in store.shown if isinstance(s, Sentence)]
        assert "decisions.VEH.priority.1" in noted

    def test_the_biggest_threats_stand_first(self, made: MakeStore) -> None:
        spec = ExhibitSpec("JL", "threat_levels", "Levels, {year}")

        def rows(answers: Answers) -> list[list[str]]:
            view = build_levels(spec, made(cells(answers)), number="Table 1", values=VALUES)
            assert isinstance(view, TableView)
            return [[row.label, row.cells[0].text] for row in view.rows]

        suggested: Answers = {**FULL, ("VEH", "LIKELIHOOD"): of(1, 1), ("VEH", "ALL"): {"LEVEL": 1}}
        assert rows(suggested) == [
            ["very high", "none"],
            ["high", "Drug trafficking"],
            ["medium", "none"],
            ["low", "Stolen vehicles"],
        ]
        told = rows({**suggested, ("DRUGS", "ALL"): {"LEVEL": 3, "MEETING": 4}})
        assert told[0] == ["very high", "Drug trafficking"]
        assert told[1] == ["high", "none"]
        assert told[3] == ["low", "Stolen vehicles (as the scores suggest)"]
