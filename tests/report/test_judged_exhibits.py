"""What do exhibits over all crime areas say of judgements? How states spread over the words
of the outlook, what makes crime possible, what changed, and what is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import product
from pathlib import Path

import pytest

from pipeline.errors import UserError
from pipeline.inspection.readback.values import read_register
from pipeline.numbers.stored_tables import StoredContribution, StoredFact
from pipeline.report.exhibits.described import describe
from pipeline.report.exhibits.figures import build_figure, why_no_figure
from pipeline.report.exhibits.judged_enablers import build_enablers
from pipeline.report.exhibits.judged_gaps import NOT_JUDGED, build_gaps
from pipeline.report.exhibits.judged_outlook import build_outlook_words
from pipeline.report.exhibits.judged_since import build_since
from pipeline.report.exhibits.layout import ExhibitSpec
from pipeline.report.ledger import charts_of
from pipeline.report.printing import Printing
from pipeline.report.views import EmptyView, FigureView, TableView

MakeStore = Callable[..., Printing]
ROUND = (
    StoredFact("round", "2023"),
    StoredFact("cutoff", "2024-03-31"),
    StoredFact("refused", ""),
)
VALUES = {"year": "2023"}
STATES = "AL BA BG GR HU"
WORDS = 7  # of the outlook


def answer(
    area: str,
    question: str,
    low: int,
    high: int = 0,
    *,
    year: int = 2023,
    cube: str = "ASM_SCORES_SEE",
    session: str = "2",
) -> list[str]:
    key = f"{cube}:SELEC.{year}.{area}.{session}.{question}"
    told = {"STATES": 5, "MEDIAN_LOW": low, "MEDIAN_HIGH": high or low}
    return [f"{key}.{name} | {value} | {STATES}" for name, value in told.items()]


def level(area: str, place: int, *, year: int = 2023) -> str:
    return f"ASM_SCORES_SEE:SELEC.{year}.{area}.2.ALL.LEVEL | {place} | {STATES}"


def spread(area: str, *counts: int) -> list[str]:
    key = f"ASM_SCORES_SEE:SELEC.2023.{area}.2.OUTLOOK"
    return [f"{key}.AT_{place} | {n} | {STATES}" for place, n in enumerate(counts, 1)]


@pytest.fixture
def made(store: MakeStore) -> MakeStore:
    def make(*lines: str, version: str = "restricted", **more: object) -> Printing:
        text = "\n".join(("key | value | states", *lines))
        return store(text, report="octa", version=version, meta=ROUND, **more)

    return make


def told(view: TableView | EmptyView) -> list[tuple[str, ...]]:
    assert isinstance(view, TableView)
    return [(row.label, *(cell.text for cell in row.cells)) for row in view.rows]


class TestOutlook:
    SPEC = ExhibitSpec("JO", "outlook", "Outlook, {year}")
    LINES = (
        *answer("DRUGS", "OUTLOOK", 6),
        *spread("DRUGS", 0, 0, 0, 0, 1, 3, 1),
        *answer("VEH", "OUTLOOK", 2, 3),
        *spread("VEH", 1, 2, 2, 0, 0, 0, 0),
    )

    def test_a_bar_is_cut_into_the_words_that_states_chose(self, made: MakeStore) -> None:
        store = made(*self.LINES)
        view = build_figure(self.SPEC, store, number="Figure 1", values=VALUES)
        assert isinstance(view, FigureView)
        (chart,) = charts_of(store.shown)
        assert [s.label for s in chart.data.series][:2] == ["almost certain", "highly likely"]
        bars = {
            area: [p.value for s in chart.data.series for p in s.points if p.x == area]
            for area in ("DRUGS", "VEH")
        }
        assert bars == {"DRUGS": [1, 3, 1, 0, 0, 0, 0], "VEH": [0, 0, 0, 0, 2, 2, 1]}
        assert view.alt == describe(chart.data)
        assert "highly likely: Drug trafficking 3" in view.alt
        assert view.table is not None
        assert [row.label for row in view.table.rows] == ["Drug trafficking", "Stolen vehicles"]

    def test_a_version_that_knows_no_spread_has_no_chart(self, made: MakeStore) -> None:
        store = made(*answer("DRUGS", "OUTLOOK", 6), version="public")
        assert why_no_figure(self.SPEC, store, values=VALUES)
        view = build_figure(self.SPEC, store, number="Figure 1", values=VALUES)
        assert isinstance(view, EmptyView)

    def test_areas_stand_beside_their_word_in_every_version(self, made: MakeStore) -> None:
        spec = ExhibitSpec("JOW", "outlook_words", "Growth, {year}")
        lines = (*answer("DRUGS", "OUTLOOK", 6), *answer("VEH", "OUTLOOK", 2, 3))
        lines += (*answer("THB", "OUTLOOK", 6), *answer("OCG", "LIKELIHOOD", 3))
        for version in ("restricted", "public"):
            store = made(*lines, version=version)
            rows = told(build_outlook_words(spec, store, number="Table 1", values=VALUES))
            assert len(rows) == WORDS
            assert [row for row in rows if row[1] != "none"] == [
                ("highly likely", "Trafficking in human beings; Drug trafficking"),
                ("unlikely", "Stolen vehicles"),  # of two words in the middle the higher
            ]


def test_enablers_stand_side_by_side(made: MakeStore) -> None:
    cube = "ASM_ENABLERS_SEE"
    store = made(
        *answer("DRUGS", "ONLINE", 3, cube=cube),
        *answer("DRUGS", "CORRUPTION", 1, 2, cube=cube),
        *answer("VEH", "LIKELIHOOD", 3),
    )
    spec = ExhibitSpec("JE", "judged_enablers", "Enablers, {year}")
    (row,) = told(build_enablers(spec, store, number="Table 1", values=VALUES))
    assert row[:3] == ("Drug trafficking", "main role", "no role to some role")
    assert set(row[3:]) == {"not assessed"}


class TestSince:
    SPEC = ExhibitSpec("JC", "since_last", "Then and now")
    NOW = (*answer("DRUGS", "LIKELIHOOD", 4), level("DRUGS", 3))
    THEN = (*answer("DRUGS", "LIKELIHOOD", 3, year=2021), level("DRUGS", 2, year=2021))

    def test_the_words_of_then_stand_beside_those_of_now(
        self, made: MakeStore, tmp_path: Path
    ) -> None:
        store = made(*self.NOW, *self.THEN, *answer("VEH", "LIKELIHOOD", 2))
        view = build_since(self.SPEC, store, number="Table 1", values=VALUES)
        assert told(view) == [
            ("Drug trafficking", "medium", "high", "medium", "high"),
            (
                "Stolen vehicles",
                *(("not assessed before", "low") + ("not assessed before", "not assessed")),
            ),
        ]
        assert isinstance(view, TableView)
        heads = [(c.group, c.label) for c in view.columns[1:]]
        assert heads == list(product(("Likelihood", "Level: scores suggest"), ("2021", "2023")))

    def test_what_meetings_judged_then_and_now_stands_beside_what_scores_suggest(
        self, made: MakeStore
    ) -> None:
        met = ("ASM_SCORES_SEE:SELEC.2021.DRUGS.2.ALL.MEETING | 4 | AL BG GR HU RO | very high",)
        store = made(*self.NOW, *self.THEN, *met, *answer("VEH", "LIKELIHOOD", 2))
        view = build_since(self.SPEC, store, number="Table 1", values=VALUES)
        assert [row[-2:] for row in told(view)] == [
            ("very high", "not judged"),
            ("not assessed before", "not judged"),
        ]
        assert isinstance(view, TableView)
        assert view.columns[-1].group == "Level: meeting judged"

    def test_each_area_is_compared_with_its_own_last_assessment(self, made: MakeStore) -> None:
        then = answer("VEH", "LIKELIHOOD", 1, year=2020)
        store = made(*self.NOW, *self.THEN, *answer("VEH", "LIKELIHOOD", 2), *then)
        rows = told(build_since(self.SPEC, store, number="Table 1", values=VALUES))
        assert [row[:4] for row in rows] == [
            ("Drug trafficking", "", "medium", "high"),
            ("Stolen vehicles", "very low", "", "low"),
        ]

    def test_whoever_reads_the_store_apart_finds_the_same_words(
        self, made: MakeStore, tmp_path: Path
    ) -> None:
        view = build_since(self.SPEC, made(*self.NOW, *self.THEN), number="T", values=VALUES)
        assert isinstance(view, TableView)
        register = read_register(tmp_path / "store.duckdb")
        bound = [cell for row in view.rows for cell in row.cells if cell.key]
        assert len(bound) == 4
        assert all(cell.text in register.printed(cell.key) for cell in bound)

    def test_what_was_judged_before_and_not_now_makes_no_table(self, made: MakeStore) -> None:
        store = made(*self.THEN, *answer("VEH", "LIKELIHOOD", 2))
        assert isinstance(build_since(self.SPEC, store, number="Table 1", values=VALUES), EmptyView)


class TestGaps:
    SPEC = ExhibitSpec("JG", "information_gaps", "Gaps, {year}")

    def rows(self, store: Printing) -> tuple[list[tuple[str, ...]], Iterable[str]]:
        view = build_gaps(self.SPEC, store, number="Table 1", values=VALUES)
        assert isinstance(view, TableView)
        return told(view), view.notes

    def test_a_text_names_its_state_where_the_version_may(self, made: MakeStore) -> None:
        own = StoredContribution("DRUGS", "GAPS", "RO", "Prices of 40 kg", "Romania")
        rows, notes = self.rows(made(*answer("DRUGS", "LIKELIHOOD", 3), contributions=[own]))
        assert rows[0] == ("Trafficking in human beings", NOT_JUDGED, "")
        assert ("Drug trafficking", "Prices of 40 kg", "Romania") in rows
        assert len(rows) == 12
        assert not notes

    def test_a_version_for_others_names_nobody(self, made: MakeStore) -> None:
        own = StoredContribution("DRUGS", "GAPS", "", "Prices", "")
        other = StoredContribution("DRUGS", "ROUTES", "", "By sea", "")
        store = made(
            *answer("DRUGS", "LIKELIHOOD", 3), version="public", contributions=[own, other]
        )
        rows, _ = self.rows(store)
        assert ("Drug trafficking", "Prices") in rows
        assert "By sea" not in str(rows)

    def test_areas_that_nobody_wrote_of_stand_in_a_note(self, made: MakeStore) -> None:
        lines = [line for area in ("DRUGS", "VEH") for line in answer(area, "LIKELIHOOD", 3)]
        rows, notes = self.rows(made(*lines))
        assert {row[1] for row in rows} == {NOT_JUDGED}
        assert [*notes] == [
            "On these crime areas no text stands here: Drug trafficking; Stolen vehicles."
        ]

    def test_without_a_word_there_is_no_table(self, made: MakeStore) -> None:
        store = made("THB_OFFENCES:SELEC.2023 | 7 | AL BA")
        assert isinstance(build_gaps(self.SPEC, store, number="T", values=VALUES), EmptyView)


class TestStates:
    SPEC = ExhibitSpec("JS", "judged_states", "By state, {year}", question="LIKELIHOOD")
    LINES = (
        *answer("DRUGS", "LIKELIHOOD", 4),
        *answer("VEH", "LIKELIHOOD", 2, session="1"),
        "ASM_SCORES:AL.2023.DRUGS.2.LIKELIHOOD | 5 |",
        "ASM_SCORES:RO.2023.DRUGS.2.LIKELIHOOD | 2 |",
        "ASM_SCORES:RO.2023.DRUGS.1.LIKELIHOOD | 1 |",
        "ASM_SCORES:RO.2023.VEH.1.LIKELIHOOD | 3 |",
    )

    def test_each_tile_has_the_word_of_its_state_in_the_session_that_stands(
        self, made: MakeStore
    ) -> None:
        store = made(*self.LINES)
        view = build_figure(self.SPEC, store, number="Figure 1", values=VALUES)
        assert isinstance(view, FigureView)
        (chart,) = charts_of(store.shown)
        drugs = next(s for s in chart.data.series if s.label == "Drug trafficking")
        vehicles = next(s for s in chart.data.series if s.label == "Stolen vehicles")
        assert [p.x for p in drugs.points] == [m.code for m in store.contracts.members(2023)]
        assert {p.x: p.text for p in drugs.points if p.value} == {"AL": "very high", "RO": "low"}
        assert {p.x: p.text for p in vehicles.points if p.value} == {"RO": "medium"}
        assert {p.text for p in drugs.points if not p.value} == {":"}
        assert chart.data.words == ("very low", "low", "medium", "high", "very high")
        assert "Stolen vehicles: judged before the meeting, each state alone." in view.notes

    def test_the_alternative_text_ranks_no_state(self, made: MakeStore) -> None:
        store = made(*self.LINES)
        view = build_figure(self.SPEC, store, number="Figure 1", values=VALUES)
        assert isinstance(view, FigureView)
        assert "Drug trafficking from low to very high; Stolen vehicles medium" in view.alt
        assert "Albania" not in view.alt

    def test_a_version_that_knows_no_answer_of_a_state_has_no_map(self, made: MakeStore) -> None:
        store = made(*answer("DRUGS", "LIKELIHOOD", 4), version="public")
        assert why_no_figure(self.SPEC, store, values=VALUES)
        assert isinstance(
            build_figure(self.SPEC, store, number="Figure 1", values=VALUES), EmptyView
        )

    def test_a_question_that_nobody_is_asked_is_refused(self, made: MakeStore) -> None:
        spec = ExhibitSpec("JS", "judged_states", "By state", question="HUNGER")
        with pytest.raises(UserError, match="not asked 'HUNGER'"):
            build_figure(spec, made(*self.LINES), number="Figure 1", values=VALUES)

    def test_a_chart_of_numbers_shows_no_words(self, made: MakeStore) -> None:
        spec = ExhibitSpec("X", "heat", "By state", cube="ASM_SCORES")
        with pytest.raises(UserError, match="answered in words"):
            build_figure(spec, made(*self.LINES), number="Figure 1", values=VALUES)
