"""From words to cells: are judgements counted and put in order, never added up, and does no
version for others tell who judged what?
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product
from pathlib import Path

import openpyxl
import pytest
from assessments import EXERCISE, write_forms, write_papers
from builds import ROOT

from pipeline.cells import Key
from pipeline.contracts.model import Contracts, load_contracts
from pipeline.contracts.policy import load_policy
from pipeline.contracts.sources import Sources, text_hash
from pipeline.disclosure.proof import audited_cell
from pipeline.disclosure.prove.facts import JudgedLine, TrueCell, read_released
from pipeline.disclosure.prove.judged import JudgedRules, judged_failures
from pipeline.inspection.leaks.secrets import collect
from pipeline.inspection.numerals.known import read_known
from pipeline.numbers.build import build_numbers, inputs_of
from pipeline.numbers.contributions import Contribution, contributions, stored_contributions
from pipeline.numbers.judgements import is_released
from pipeline.numbers.mart_rows import MartCell, Marts, read_marts
from pipeline.numbers.sql.explain import explain, lines
from pipeline.numbers.stores import write_stores
from pipeline.project import Project
from pipeline.report.exhibits.judged_cells import earlier_of
from pipeline.report.exhibits.judged_since import build_since
from pipeline.report.exhibits.layout import ExhibitSpec
from pipeline.report.printing import Printing
from pipeline.report.views import TableView
from pipeline.returns.cleared import sender_texts
from pipeline.returns.rules.validation import validate_and_write

LONG_AFTER = EXERCISE + 7
STATES = ("AL", "BG", "GR", "HU", "RO", "TR")
DRUGS = "ASM_SCORES_SEE:SELEC.2023.DRUGS"


@dataclass(frozen=True)
class Assessed:
    """A round in which only experts answered."""

    project: Project
    contracts: Contracts
    marts: Marts
    round: int = EXERCISE

    def store(self, version: str) -> Printing:
        path = self.project.store(self.round, "octa", version)
        return Printing(path, self.contracts, report="octa", version=version)


def build(folder: Path, *, order: tuple[str, ...] = STATES) -> Assessed:
    """The round, the answers of each state those of the one at its place in `order`."""
    contracts = load_contracts(ROOT / "data_contracts")
    project = Project(ROOT, folder / "outputs", folder / "returns")
    paths = write_forms(contracts, folder / "returns", states=STATES)
    forms = {p.stem: openpyxl.load_workbook(p) for p in paths}
    for path, of in zip(paths, order, strict=True):
        book = openpyxl.load_workbook(path)
        for sheet in ("1 Judgements", "2 Enablers"):
            for row in forms[of][sheet].iter_rows(min_row=7):
                for cell in row[3:]:
                    book[sheet][cell.coordinate].value = cell.value
        if path.stem == "TR":  # of drugs Türkiye judged before the meeting alone
            row = next(
                r for r in book["1 Judgements"].iter_rows(min_row=7) if r[0].value == "DRUGS.2"
            )
            for cell in row[3:]:
                cell.value = None
        book.save(path)
    write_papers(project, contracts)
    validate_and_write(project, contracts, round_=EXERCISE)
    build_numbers(project, contracts, round_=EXERCISE)
    marts = read_marts(project, EXERCISE)
    for name in ("public", "partner"):
        write_stores(
            project,
            contracts,
            round_=EXERCISE,
            version=load_policy(project.contracts, contracts).version(name),
            marts=marts,
            inputs=inputs_of(project, contracts, round_=EXERCISE),
            reports=["octa"],
        )
    return Assessed(project, contracts, marts)


@pytest.fixture(scope="module")
def assessed(tmp_path_factory: pytest.TempPathFactory) -> Assessed:
    return build(tmp_path_factory.mktemp("assessed"))


def test_medians_are_words_and_nothing_is_added_up(assessed: Assessed) -> None:
    store = assessed.store("restricted")
    own = [store.cell(Key.parse(f"ASM_SCORES:{s}.2023.DRUGS.1.LIKELIHOOD")).value for s in STATES]
    places = sorted(int(v) for v in own if v is not None)
    cells = {
        name: store.cell(Key.parse(f"{DRUGS}.1.LIKELIHOOD.{name}"))
        for name in ("MEDIAN_LOW", "MEDIAN_HIGH", "LOWEST", "HIGHEST", "STATES")
    }
    assert cells["MEDIAN_LOW"].value == places[2]
    assert cells["MEDIAN_HIGH"].value == places[3]
    words = ("very low", "low", "medium", "high", "very high")
    assert cells["LOWEST"].word == words[places[0] - 1]
    assert cells["HIGHEST"].word == words[places[-1] - 1]
    assert cells["STATES"].value == 6
    assert not cells["STATES"].word
    assert {c.coverage for c in cells.values()} == {6}
    regional = {c.cube for c in assessed.marts.cells if c.origin in ("region", "constant", "both")}
    assert not [cube for cube in regional if cube.startswith("ASM_")]


def test_a_state_that_did_not_judge_is_in_no_count(assessed: Assessed) -> None:
    store = assessed.store("restricted")
    after = store.cell(Key.parse(f"{DRUGS}.2.LIKELIHOOD.STATES"))
    assert after.value == 5
    assert after.states == STATES[:-1]
    spread = [
        store.cell(Key.parse(f"{DRUGS}.2.LIKELIHOOD.AT_{place}")).value for place in range(1, 6)
    ]
    assert sum(v or 0 for v in spread) == 5


def test_the_level_follows_from_the_matrix(assessed: Assessed) -> None:
    store, settings = assessed.store("restricted"), assessed.contracts.assessment
    assert settings is not None

    def high(question: str) -> int:
        return int(store.cell(Key.parse(f"{DRUGS}.2.{question}.MEDIAN_HIGH")).value or 0)

    expected = settings.matrix.level(
        high(settings.matrix.likelihood), max(map(high, settings.matrix.impacts))
    )
    level = store.cell(Key.parse(f"{DRUGS}.2.ALL.LEVEL"))
    assert level.value == expected
    assert level.word == settings.levels.word(expected)


@pytest.mark.parametrize("version", ["public", "partner"])
class TestForOthers:
    def test_only_medians_counts_and_levels_of_the_last_session(
        self, assessed: Assessed, version: str
    ) -> None:
        store = assessed.store(version)
        keys = [c.key for c in store.every_cell() if c.key.cube.startswith("ASM_")]
        assert {k.state for k in keys} == {"SELEC"}
        assert {k.codes[3] for k in keys} == {"2"}
        assert {k.codes[-1] for k in keys} == {
            "STATES",
            "MEDIAN_LOW",
            "MEDIAN_HIGH",
            "LEVEL",
            "MEETING",
        }
        assert all(c.has_value and not c.states for c in map(store.cell, keys))
        assert not [line for line in store.coverage if line.cube.startswith("ASM_")]
        assert not [line for line in store.sources if line.cube.startswith("ASM_")]

    def test_who_answered_as_whom_changes_no_byte(
        self, assessed: Assessed, version: str, exchanged: Assessed
    ) -> None:
        """Whatever can be worked out from the version holds of every state alike."""
        one, other = (
            a.project.store(EXERCISE, "octa", version).with_suffix(".csv").read_bytes()
            for a in (assessed, exchanged)
        )
        assert one == other
        differ = [
            c.key
            for c in assessed.marts.cells
            if c.state == "AL" and c.value != _value(exchanged.marts, c.key)
        ]
        assert len(differ) > 50

    def test_no_text_without_clearance_of_sender_and_center(
        self, assessed: Assessed, version: str
    ) -> None:
        assert assessed.store("restricted").contributions
        assert not assessed.store(version).contributions


@pytest.fixture(scope="module")
def exchanged(tmp_path_factory: pytest.TempPathFactory) -> Assessed:
    """The same round, every state but Türkiye with the answers of another."""
    order = (*STATES[1:5], STATES[0], STATES[5])
    return build(tmp_path_factory.mktemp("exchanged"), order=order)


def _value(marts: Marts, key: str) -> Decimal | None:
    return next((c.value for c in marts.cells if c.key == key), None)


@pytest.mark.parametrize("words", [3, 5, 7])
def test_what_is_released_leaves_every_state_two_answers_at_least(words: int) -> None:
    """Of as few states as the policy allows, by trying every answer of all of them."""
    contracts = load_contracts(ROOT / "data_contracts")
    assert contracts.assessment is not None
    states = contracts.assessment.min_states
    possible: dict[tuple[int, int], list[set[int]]] = {}
    for answers in product(range(words), repeat=states):
        ordered = sorted(answers)
        told = ordered[(states - 1) // 2], ordered[states // 2]
        own = possible.setdefault(told, [set() for _ in range(states)])
        for state, answer in enumerate(answers):
            own[state].add(answer)
    assert min(len(own) for each in possible.values() for own in each) >= 2
    # an expert who knows the own answer as well learns none of another state
    for mine in range(words):
        seen: dict[tuple[int, int], list[set[int]]] = {}
        for answers in product(range(words), repeat=states - 1):
            ordered = sorted((mine, *answers))
            told = ordered[(states - 1) // 2], ordered[states // 2]
            own = seen.setdefault(told, [set() for _ in range(states - 1)])
            for state, answer in enumerate(answers):
                own[state].add(answer)
        assert min(len(own) for each in seen.values() for own in each) >= 2


RULES = JudgedRules(frozenset({"MEDIAN_LOW", "STATES"}), "2", 3)


def _true(key: str, value: int, states: str) -> Mapping[str, TrueCell]:
    parts = tuple(f"ASM_SCORES:{s}.2023.DRUGS.2.LIKELIHOOD" for s in states.split())
    return {key: TrueCell(key, Decimal(value), "A", "F", "judged", parts)}


@pytest.mark.parametrize(
    ("key", "value", "named", "states", "told"),
    [
        (f"{DRUGS}.2.LIKELIHOOD.MEDIAN_LOW", 4, (), "AL BG GR", ""),
        ("ASM_SCORES:RO.2023.DRUGS.2.LIKELIHOOD", 4, (), "AL BG GR", "one state"),
        (f"{DRUGS}.2.LIKELIHOOD.AT_4", 4, (), "AL BG GR", "no statistic"),
        (f"{DRUGS}.1.LIKELIHOOD.MEDIAN_LOW", 4, (), "AL BG GR", "session"),
        (f"{DRUGS}.2.LIKELIHOOD.MEDIAN_LOW", 5, (), "AL BG GR", "another value"),
        (f"{DRUGS}.2.LIKELIHOOD.MEDIAN_LOW", None, (), "AL BG GR", "another value"),
        (f"{DRUGS}.2.LIKELIHOOD.MEDIAN_LOW", 4, (), "AL BG", "fewer states"),
        (f"{DRUGS}.2.LIKELIHOOD.MEDIAN_LOW", 4, ("AL",), "AL BG GR", "names the states"),
    ],
)
def test_the_audit_refuses_a_line_that_tells_who_judged(
    key: str, value: int | None, named: tuple[str, ...], states: str, told: str
) -> None:
    line = JudgedLine(key, None if value is None else Decimal(value), named)
    found = list(judged_failures([line], _true(key, 4, states), rules=RULES))
    assert [k for k, _ in found] == ([key] if told else [])
    assert all(told in why for _, why in found)


def test_the_audit_reads_judgements_of_the_released_file(assessed: Assessed) -> None:
    path = assessed.project.released(EXERCISE, "octa", version="public")
    released = read_released(path)
    assert released.judged
    assert not [k for k in released.shown if k.startswith("ASM_")]
    truth = {key: audited_cell(cell) for key, cell in assessed.marts.every_cell().items()}
    settings = assessed.contracts.assessment
    assert settings is not None
    rules = JudgedRules(settings.statistics, settings.session, settings.min_states)
    assert not list(judged_failures(released.judged, truth, rules=rules))
    more = replace(rules, min_states=7)
    assert len(list(judged_failures(released.judged, truth, rules=more))) == len(released.judged)


WRITTEN = Contribution("RO", "DRUGS", "ROUTES", "By sea", ("B: mostly reliable",), "public", True)


@pytest.mark.parametrize(
    ("own", "cleared", "told_to", "told"),
    [
        (WRITTEN, True, {"public"}, True),
        (WRITTEN, False, {"public"}, False),
        (replace(WRITTEN, clearance="partner"), True, {"public"}, False),
        (replace(WRITTEN, clearance="partner"), True, {"public", "partner"}, True),
        (replace(WRITTEN, clearance="restricted"), True, {"public", "partner"}, False),
        (replace(WRITTEN, clearance=""), True, {"public"}, False),
        (replace(WRITTEN, is_free=False), True, {"public"}, False),
        (replace(WRITTEN, is_free=False, clearance=""), False, None, True),
    ],
)
def test_a_text_goes_only_where_it_is_cleared(
    contracts: Contracts,
    own: Contribution,
    cleared: bool,
    told_to: set[str] | None,
    told: bool,
) -> None:
    sources = Sources((), {}, frozenset({text_hash("By sea")} if cleared else ()))
    stored = stored_contributions([own], contracts, told_to=told_to, sources=sources)
    assert [s.text for s in stored] == (["By sea"] if told else [])
    for line in stored:
        if told_to is None:
            assert (line.state, line.head) == ("RO", "Romania \N{MIDDLE DOT} B: mostly reliable")
        else:
            assert (line.state, line.head) == ("", "")


def test_texts_of_experts_wait_for_the_center_among_those_of_covers(assessed: Assessed) -> None:
    waiting = {t.text: t for t in sender_texts(assessed.project, EXERCISE)}
    written = {c.text for c in assessed.store("restricted").contributions}
    assert written <= waiting.keys()
    assert not any(waiting[text].is_cleared for text in written)


def test_a_median_is_explained_by_the_cells_of_the_forms(assessed: Assessed) -> None:
    text = f"{DRUGS}.2.LIKELIHOOD.MEDIAN_LOW"
    told = "\n".join(
        lines(explain(assessed.project, assessed.contracts, round_=EXERCISE, text=text))
    )
    for state in STATES[:-1]:
        assert f"{EXERCISE}/assessment/{state}.xlsx" in told
    assert "1 Judgements" in told
    assert "what experts of the states judged" in told


def _level_of(**answers: str) -> tuple[str, tuple[str, ...]]:
    """A level of threat, by question the states that answered it."""
    parts = tuple(
        f"ASM_SCORES:{state}.2023.DRUGS.2.{question}"
        for question, states in answers.items()
        for state in states.split()
    )
    return f"{DRUGS}.2.ALL.LEVEL", parts


@pytest.mark.parametrize(
    ("answers", "released"),
    [
        ({"LIKELIHOOD": "AL BG GR HU RO", "IMP_MONEY": "AL BG GR HU RO"}, True),
        ({"LIKELIHOOD": "AL BG GR HU RO", "IMP_MONEY": "AL"}, False),
        ({"LIKELIHOOD": "AL", "IMP_MONEY": "AL BG GR HU RO"}, False),
        ({"LIKELIHOOD": "AL BG GR", "IMP_MONEY": "HU RO TR"}, False),
        ({}, False),
    ],
)
def test_a_level_that_rests_on_the_word_of_few_is_released_nowhere(
    assessed: Assessed, answers: dict[str, str], released: bool
) -> None:
    key, parts = _level_of(**answers)
    settings = assessed.contracts.assessment
    assert settings is not None
    told = next(c for c in assessed.marts.cells if c.key == key)
    cell = replace(told, part_keys=parts, coverage=6, value=Decimal(3))
    assert is_released(cell, settings) == released
    rules = JudgedRules(settings.statistics, settings.session, settings.min_states)
    truth = {key: TrueCell(key, Decimal(3), "A", "F", "judged", parts)}
    found = list(judged_failures([JudgedLine(key, Decimal(3), ())], truth, rules=rules))
    assert bool(found) != released


@pytest.mark.parametrize("conf", ["N", "C", "D", "E", "A"])
def test_a_text_that_its_sender_bound_is_free_for_nobody(assessed: Assessed, conf: str) -> None:
    cells = [c for c in assessed.marts.cells if c.cube == "ASM_TEXTS" and c.state == "RO"]
    cubes, contracts = {"ASM_TEXTS"}, assessed.contracts

    def free(changed: list[MartCell]) -> list[bool]:
        found = contributions(changed, contracts, cubes=cubes, round_=EXERCISE)
        return [own.is_free for own in found]

    assert any(free(cells))
    assert not any(free([replace(c, conf_status=conf) for c in cells]))


class TestMeeting:
    def test_a_level_that_a_meeting_judged_is_a_cell_with_its_word(
        self, assessed: Assessed
    ) -> None:
        key = f"{DRUGS}.2.ALL.MEETING"
        cell = assessed.store("restricted").cell(Key.parse(key))
        assert (str(cell.value), cell.coverage, cell.of) == ("4.000", 6, 11)
        assert assessed.contracts.word_of(cell.key, cell.value) == "very high"
        told = "\n".join(
            lines(explain(assessed.project, assessed.contracts, round_=EXERCISE, text=key))
        )
        assert "judged by the meeting of experts" in told
        assert "2023/meetings/1.yaml, line 4, written 'very high'" in told

    @pytest.mark.parametrize("version", ["public", "partner"])
    def test_a_level_of_few_states_and_a_restricted_reason_are_in_no_version_for_others(
        self, assessed: Assessed, version: str
    ) -> None:
        store = assessed.store(version)
        met = {c.key.codes[2] for c in store.every_cell() if c.key.codes[-1] == "MEETING"}
        assert met == {"DRUGS", "MIG"}
        reasons = [d.reason for d in store.decisions if d.kind == "level"]
        assert reasons == ["Routes moved, and what states seize follows them late."]
        assert {d.head for d in store.decisions if d.kind == "level"} == {
            "Meeting of experts, 4 October 2023"
        }
        assert [(d.area, d.place) for d in store.decisions if d.kind == "priority"] == [
            ("MIG", 1),
            ("DRUGS", 2),
        ]

    def test_the_restricted_version_says_who_agreed(self, assessed: Assessed) -> None:
        heads = {d.area: d.head for d in assessed.store("restricted").decisions}
        assert (
            heads["THB"]
            == "Meeting of experts, 4 October 2023: medium, agreed by Albania, Bulgaria, Romania"
        )

    def test_the_audit_asks_how_many_agreed(self) -> None:
        key = f"{DRUGS}.2.ALL.MEETING"
        rules = JudgedRules(frozenset({"MEETING"}), "2", 5)
        for agreed, refused in ((6, False), (4, True)):
            truth = {key: TrueCell(key, Decimal(3), "A", "F", "meeting", (), agreed)}
            line = JudgedLine(key, Decimal(3), ())
            assert bool(list(judged_failures([line], truth, rules=rules))) == refused

    @pytest.mark.parametrize("version", ["public", "partner"])
    def test_the_leak_scan_looks_for_every_reason_and_text_that_is_not_cleared(
        self, assessed: Assessed, version: str
    ) -> None:
        secrets = set(collect(assessed.project, EXERCISE, "octa", version).values())
        assert "A route through one of the states was told in confidence." in secrets
        assert "Routes moved, and what states seize follows them late." not in secrets
        texts = {own.text for own in assessed.store("restricted").contributions}
        open_ = {own.text for own in assessed.store(version).contributions}
        assert texts - open_ <= secrets
        assert texts - open_
        assert not open_ & secrets


@pytest.fixture(scope="module")
def long_after(tmp_path_factory: pytest.TempPathFactory) -> Assessed:
    """A round whose last assessment lies before the window of years; vehicles were not
    judged then.
    """
    folder = tmp_path_factory.mktemp("long_after")
    contracts = load_contracts(ROOT / "data_contracts")
    project = Project(ROOT, folder / "outputs", folder / "returns")
    for path in write_forms(contracts, project.returns, states=STATES):
        book = openpyxl.load_workbook(path)
        for sheet in ("1 Judgements", "2 Enablers", "3 Texts"):
            for row in book[sheet].iter_rows(min_row=7):
                if str(row[0].value).startswith("VEH."):
                    for cell in row[3:]:
                        cell.value = None
        book.save(path)
    write_papers(project, contracts)
    write_forms(contracts, project.returns, round_=LONG_AFTER, states=STATES, seed=2)
    for round_ in (EXERCISE, LONG_AFTER):
        validate_and_write(project, contracts, round_=round_)
    build_numbers(project, contracts, round_=LONG_AFTER)
    marts = read_marts(project, LONG_AFTER)
    write_stores(
        project,
        contracts,
        round_=LONG_AFTER,
        version=load_policy(project.contracts, contracts).version("public"),
        marts=marts,
        inputs=inputs_of(project, contracts, round_=LONG_AFTER),
        reports=["octa"],
    )
    return Assessed(project, contracts, marts, LONG_AFTER)


@pytest.mark.parametrize("version", ["restricted", "public"])
class TestLongAfter:
    """The last assessment is found however long ago it was, and its year is named."""

    def test_what_changed_is_told_of_the_last_assessment(
        self, long_after: Assessed, version: str
    ) -> None:
        store = long_after.store(version)
        assert max(len(c.years(LONG_AFTER)) for c in long_after.contracts) <= LONG_AFTER - EXERCISE
        assert earlier_of(store, "DRUGS") == (EXERCISE, "2")
        assert earlier_of(store, "VEH") == (0, "")
        spec = ExhibitSpec("JC", "since_last", "Then and now")
        view = build_since(spec, store, number="Table 1", values={"year": f"{LONG_AFTER}"})
        assert isinstance(view, TableView)
        years = [str(EXERCISE), str(LONG_AFTER)]
        assert [c.label for c in view.columns] == ["Crime area", *years * 3]
        rows = {row.label: [cell.text for cell in row.cells] for row in view.rows}
        then = store.cell(Key.parse(f"{DRUGS}.2.ALL.LEVEL"))
        assert then.word
        assert rows["Drug trafficking"][2] == then.word
        assert rows["Drug trafficking"][4:] == ["very high", "not judged"]
        assert rows["Stolen vehicles"][0] == "not assessed before"
        assert store.cell(Key.parse(f"{DRUGS}.2.ALL.MEETING")).word == "very high"

    def test_no_text_and_for_others_no_answer_of_then_is_held(
        self, long_after: Assessed, version: str
    ) -> None:
        store = long_after.store(version)
        cells = (c.key for c in store.every_cell() if c.key.year == EXERCISE)
        of_then = [key for key in cells if key.cube.startswith("ASM_")]
        assert of_then
        assert not [key for key in of_then if key.cube == "ASM_TEXTS"]
        states = {key.state for key in of_then}
        assert states == {"SELEC"} if version == "public" else {*STATES} < states

    def test_the_audit_knows_the_year(self, long_after: Assessed, version: str) -> None:
        known = read_known(
            long_after.project.templates,
            long_after.contracts,
            store=long_after.project.store(LONG_AFTER, "octa", version),
            report="octa",
            version=version,
        )
        assert known.assessed == {str(EXERCISE), str(LONG_AFTER)}
        assert str(EXERCISE) not in known.years


def test_the_released_file_of_long_after_is_borne_out(long_after: Assessed) -> None:
    released = read_released(long_after.project.released(LONG_AFTER, "octa", version="public"))
    truth = {key: audited_cell(cell) for key, cell in long_after.marts.every_cell().items()}
    settings = long_after.contracts.assessment
    assert settings is not None
    rules = JudgedRules(settings.statistics, settings.session, settings.min_states)
    assert [j for j in released.judged if f".{EXERCISE}." in j.key]
    assert not list(judged_failures(released.judged, truth, rules=rules))


def test_a_judgement_of_long_ago_is_explained_by_the_forms_of_then(long_after: Assessed) -> None:
    told = explain(
        long_after.project,
        long_after.contracts,
        round_=LONG_AFTER,
        text=f"{DRUGS}.2.LIKELIHOOD.MEDIAN_LOW",
    )
    assert "2023/assessment/AL.xlsx" in "\n".join(lines(told))
