"""Does an exhibit say what it shows, by the first sentence that its version can say, and
has what nobody reported no place?
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from builds import REPORTS, ROOT

from pipeline.errors import ContractError, NarrativeError
from pipeline.inspection.readback.wording import split_narratives
from pipeline.numbers.stored_tables import StoredCoverage
from pipeline.report.document.annexes import build_annex
from pipeline.report.document.compose import Writer, read_definition
from pipeline.report.document.lint_templates import lint_messages
from pipeline.report.exhibits.described import describe
from pipeline.report.exhibits.layout import read_exhibits, variables
from pipeline.report.narrative.bound_text import MESSAGES, Narrative
from pipeline.report.narrative.style import read_style_rules, style_faults
from pipeline.report.printing import Printing
from pipeline.report.views import ChartData, Kind, Point, Series, TableView

MakeStore = Callable[..., Printing]
ALL = "THB_VICTIMS:SELEC.2022._T._T"
CELLS = f"""
key                          | value | states
{ALL}                        | 1,856 | AL BA RO
THB_VICTIMS:SELEC.2021._T._T | 1,319 | AL BA RO
THB_VICTIMS:RO.2022._T._T    | 500   |
"""
HIDDEN = f"""
key                          | value | states
{ALL}                        | 1,856 | AL BA RO
THB_VICTIMS:SELEC.2021._T._T | c     |
"""
TWO = f"# t1\n\nVictims [[moved {ALL} since 2021]]\n\nIn {{year}}: [[{ALL}]] victims\n"


def narrative(folder: Path, made: Printing, text: str) -> Narrative:
    place = folder / "thb" / "narrative"
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{MESSAGES}.md").write_text(text, encoding="utf-8")
    return Narrative(place, made)


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (CELLS, "Victims rose by 40.7 per cent, from 1,319 to 1,856 (same 3 states)"),
        (HIDDEN, "In 2022: 1,856 victims"),
        ("key | value\nTHB_OFFENCES:RO.2022 | 1", ""),
    ],
)
def test_the_first_sentence_with_something_to_show_is_the_message(
    tmp_path: Path, store: MakeStore, cells: str, told: str
) -> None:
    made = store(cells, version="public" if cells == HIDDEN else "restricted")
    said = narrative(tmp_path, made, TWO).message("T1", values=variables(made))
    assert re.sub(r", of which .*", "", said) == told


def test_an_exhibit_without_a_message_has_none(tmp_path: Path, store: MakeStore) -> None:
    made = store(CELLS)
    assert narrative(tmp_path, made, TWO).message("T2", values=variables(made)) == ""
    assert Narrative(tmp_path / "octa" / "narrative", made).message("T1", values={}) == ""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"[[claim fell {ALL} since 2021: Fewer victims]]", "do not bear out"),
        (f"There were 1,856 of [[{ALL}]]", "a number is not bound"),
        (f"Romania had [[{ALL}]]", "Romania"),
    ],
)
def test_a_message_is_held_as_a_text_is(
    tmp_path: Path, store: MakeStore, text: str, told: str
) -> None:
    made = store(CELLS)
    with pytest.raises(NarrativeError, match=told):
        narrative(tmp_path, made, f"# t1\n\n{text}\n").message("T1", values=variables(made))


def test_whoever_collects_faults_hears_of_sentences_that_are_not_needed(
    tmp_path: Path, store: MakeStore
) -> None:
    made = store(CELLS)
    heard: list[str] = []
    said = narrative(tmp_path, made, TWO + "\nHungary [[THB_VICTIMS:HU.2022._T._T]]\n")
    said.tell = lambda problem: heard.append(problem.what)
    assert said.message("T1", values=variables(made)).startswith("Victims rose")
    assert any("Hungary" in what for what in heard)


@pytest.mark.parametrize("report", REPORTS)
def test_every_exhibit_of_the_reports_has_a_message_and_no_message_is_left_over(
    report: str,
) -> None:
    path = ROOT / "templates" / report / "exhibits.yaml"
    assert [*lint_messages(path, read_exhibits(path))] == []


def test_an_exhibit_without_message_and_a_message_of_none_are_told(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "templates" / "thb", tmp_path / "thb")
    text = tmp_path / "thb" / "narrative" / f"{MESSAGES}.md"
    changed = text.read_text(encoding="utf-8").replace("# t2\n", "# t2z\n")
    text.write_text(changed, encoding="utf-8")
    path = tmp_path / "thb" / "exhibits.yaml"
    missing, left = lint_messages(path, read_exhibits(path))
    text.write_text("# z\n\n# a\n", encoding="utf-8")
    placed = [s.id for s in read_exhibits(path).values() if "{state_name}" not in s.title]
    told = [*lint_messages(path, read_exhibits(path))]
    named = [line.split(": it has")[0].split(" ")[-1] for line in told[:-2]]
    assert named == [i for i in placed if i in named]  # in the order of the file
    assert ["'z'" in told[-2], "'a'" in told[-1]] == [True, True]
    assert "exhibit T2: it has no message; add '# t2'" in missing
    assert "there is no exhibit 't2z'" in left


def test_the_words_of_a_message_are_public_where_the_version_places_its_exhibit() -> None:
    read, unread = split_narratives(ROOT, "thb", version="public")
    by_state = "registered the most women and girls|The most women and girls were registered"
    assert any(re.search(by_state, text) for text in unread)
    assert not any(re.search(by_state, text) for text in read)
    assert any("Against {previous}, registered victims" in text for text in read)
    # one line a state is for readers who have no pages of states
    _, unread = split_narratives(ROOT, "thb", version="restricted")
    assert [re.findall(r"THB_\w+", text) for text in unread] == [["THB_VICTIMS"], ["THB_PERSONS"]]


# --- what nobody reported


def writer(store: Printing) -> Writer:
    definition = read_definition(ROOT / "templates", store.report, version=store.version)
    return Writer(store, ROOT / "templates", definition)


def test_an_exhibit_without_a_figure_takes_no_number_and_its_neighbour_the_whole_width(
    store: MakeStore,
) -> None:
    made = writer(store(CELLS))
    assert made.exhibit("T12") == ""
    assert 'class="pair"' not in made.pair("T13", "T2")
    assert [entry.number for entry in made.tables] == ["Table 1"]
    assert made.empty == 1


def test_a_chapter_without_a_figure_is_left_out_and_one_without_exhibits_is_not(
    store: MakeStore,
) -> None:
    made = writer(store(CELLS))
    assert made.write_chapter("other_indicators") == ""
    assert made.contents == []
    chapters = ROOT / "templates" / "thb" / "chapters"
    left = {p.name.split(".")[0] for p in sorted(chapters.iterdir()) if made.leaves_out(p)}
    assert "victims" not in left
    assert left.isdisjoint({"introduction", "countries", "summary"})
    assert {"justice", "citizenship", "other_indicators"} <= left


def answered(cube: str, title: str, **answers: str) -> list[StoredCoverage]:
    return [StoredCoverage("thb", cube, title, 1, s, answer) for s, answer in answers.items()]


def test_who_answered_is_seen_and_what_nobody_answered_is_one_table(store: MakeStore) -> None:
    rows = [
        *answered("THB_VICTIMS", "Victims", AL="reported", BA="question", RO="earlier"),
        *answered("THB_JUDGMENTS", "Decisions", AL="none", RO="earlier", TR="earlier"),
        *answered("THB_ASSETS", "Assets", AL="none", RO="refused"),
    ]
    made = store(CELLS, coverage=rows)
    specs = read_exhibits(ROOT / "templates" / "shared" / "exhibits.yaml")

    def view(name: str) -> TableView:
        found = build_annex(specs[name], made, number="Table 1", values=variables(made))
        assert isinstance(found, TableView)
        return found

    grounds = [cell.status.removeprefix("answer-") for cell in view("coverage").rows[0].cells]
    states = [m.code for m in made.contracts.members(made.round)]
    assert dict(zip(states, grounds, strict=False)) == {
        **dict.fromkeys(states, "none"),
        "AL": "reported",
        "BA": "question",
        "RO": "earlier",
    }
    assert grounds[-1] == ""  # how many of them is no answer
    told = [(row.label, row.cells[0].text) for row in view("unreported").rows]
    assert told == [("Decisions", "Romania, Türkiye"), ("Assets", "none")]


# --- alternative texts


def chart(kind: Kind, *series: Series) -> ChartData:
    return ChartData(kind, series, "victims", "Victims by year")


def line(label: str, *values: tuple[int | None, str, str]) -> Series:
    """A line from 2018 on: value, status, count of states."""
    points = (
        Point(str(2018 + n), value, "c" if value is None else f"{value:,}", "", status, coverage)
        for n, (value, status, coverage) in enumerate(values)
    )
    return Series(label, tuple(points))


@pytest.mark.parametrize(
    ("series", "told"),
    [
        (
            line("All", (500, "", ""), (900, "", ""), (700, "", "")),
            "All: rises from 500 in 2018 to 700 in 2020, highest 900 in 2019.",
        ),
        (
            line("Boys", (None, "withheld", ""), (90, "partial", "4 of 11"), (60, "", "")),
            "Boys: falls from 90 in 2019 to 60 in 2020, over 4 to 11 of 11 states (withheld in"
            " 2018).",
        ),
        (
            line("Men", (70, "", ""), (50, "", ""), (70, "", ""), (None, "missing", "")),
            "Men: goes from 70 in 2018 to 70 in 2020, lowest 50 in 2019 (no figure in 2021).",
        ),
        (line("Girls", (None, "suppressed", ""), (9, "", "")), "9 in 2019 (suppressed as small in"),
    ],
)
def test_a_line_is_told_by_course_coverage_and_gaps(series: Series, told: str) -> None:
    said = describe(chart("line", series))
    assert told in said
    assert said.startswith("Line chart, victims. ")
    assert "Victims by year" not in said  # its caption is read beside it


def test_of_a_table_with_shades_the_largest_figures_are_told() -> None:
    rows = [line(f"State {n}", (n, "", ""), (n * 10, "", "")) for n in range(1, 12)]
    said = describe(chart("heat", *rows))
    assert said == (
        "Table with shades, victims. Largest: State 11 110 in 2019, State 10 100 in 2019,"
        " State 9 90 in 2019."
    )


# --- style


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("It should be noted that victims came.", "It should be noted"),
        ("The influx of persons grew.", "influx"),
        ("A Dramatic\nrise of [[general it]].", "Dramatic"),
        ("They were clandestinely brought.", "clandestinely"),
        ("[[general An influx]] came.", ""),
        ("A minority gave figures.", ""),
        ("The flow chart shows it.", ""),
    ],
)
def test_words_that_are_not_written_are_found_outside_of_bindings(
    sentence: str, found: str
) -> None:
    rules = read_style_rules(ROOT / "templates")
    told = [p.what for p in style_faults(sentence, "thb/x.md line 1", rules=rules)]
    assert told == ([f"'{' '.join(found.split())}' is not written in these reports"] * bool(found))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("- {words: [a, A], write: b}", "line 1.*'A' stands here twice"),
        ("- {words: [], write: b}", "words"),
        ("- {words: [a]}", "write"),
        ("- {words: [a], write: b, also: c}", "also"),
    ],
)
def test_a_wrong_rule_of_style_is_told(tmp_path: Path, content: str, told: str) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "style.yaml").write_text(content, encoding="utf-8")
    with pytest.raises(ContractError, match=told):
        read_style_rules(tmp_path)


def test_a_project_without_rules_of_style_has_none(tmp_path: Path) -> None:
    assert read_style_rules(tmp_path) == ()
