"""Do the key figures say their years and what changed only on paper, and nothing of what
a version may not show?
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from builds import ROOT

from pipeline.contracts.model import Contracts
from pipeline.errors import UserError
from pipeline.inspection.explain.references import Ledger, Printed
from pipeline.inspection.readback.bindings import Bindings
from pipeline.inspection.readback.paper import PAPER
from pipeline.inspection.readback.values import read_register
from pipeline.numbers.stored_tables import StoredRevision
from pipeline.report.document.compose import MOST_FINDINGS, Writer, read_definition
from pipeline.report.exhibits.headline import build_headline
from pipeline.report.exhibits.layout import ExhibitSpec, read_exhibits, variables
from pipeline.report.ledger import charts_of, entry_keys, exhibits_of, statements_of
from pipeline.report.narrative.bindings import NothingToShow
from pipeline.report.narrative.commands import operands_of, print_binding
from pipeline.report.narrative.paper import FORMS
from pipeline.report.narrative.sections import read_sections, sentences_of
from pipeline.report.printing import Printing
from pipeline.report.views import Point

MakeStore = Callable[..., Printing]

V = "THB_VICTIMS"
CELLS = f"""
key                    | value | obs | states
{V}:SELEC.2018._T._T   | 260   |     | AL BG GR HU RO
{V}:SELEC.2019._T._T   | 300   |     | AL BG GR HU RO
{V}:SELEC.2020._T._T   | 320   |     | AL BG GR HU RO
{V}:SELEC.2021._T._T   | 430   |     | AL BG GR HU RO TR
{V}:SELEC.2022._T._T   | 335   |     | BA BG GR HU RO TR
{V}:SELEC_BOTH.2021._T._T | 420 |    | BG GR HU RO TR
{V}:SELEC_BOTH.2022._T._T | 330 |    | BG GR HU RO TR
{V}:AL.2021._T._T      | 10    |     |
{V}:AL.2022._T._T      | :     |     |
{V}:BA.2022._T._T      | 5     |     |
{V}:BG.2021._T._T      | 200   |     |
{V}:BG.2022._T._T      | 80    |     |
{V}:GR.2018._T._T      | 60    | D   |
{V}:GR.2019._T._T      | 60    | D   |
{V}:GR.2020._T._T      | 60    |     |
{V}:GR.2021._T._T      | 60    |     |
{V}:GR.2022._T._T      | 70    |     |
{V}:HU.2020._T._T      | 70    | B   |
{V}:HU.2021._T._T      | 70    |     |
{V}:HU.2022._T._T      | 80    |     |
{V}:MD.2021._T._T      | <5    |     |
{V}:MD.2022._T._T      | <5    |     |
{V}:RO.2021._T._T      | 60    |     |
{V}:RO.2022._T._T      | 70    |     |
{V}:TR.2021._T._T      | 30    |     |
{V}:TR.2022._T._T      | 30    |     |
"""
ALL = f"{V}:*.2022._T._T"
REGION = f"{V}:SELEC.2022._T._T"
SAID = {
    f"began {ALL} since 2021": "Bosnia and Herzegovina (5)",
    f"ceased {ALL} since 2021": "Albania (10)",
    f"broken {ALL} since 2018": "Hungary (2020)",
    f"redefined {ALL} since 2018": "Greece (2018 to 2019)",
    f"revised {ALL} since 2018": "Bulgaria (200 for 2021)",
    f"alone {REGION} since 2021": (
        "without Bulgaria the figure rose by 13.6 per cent, from 220 to 250 (4 other states)"
    ),
}
HIDDEN = CELLS.replace("GR.2022._T._T      | 70 ", "GR.2022._T._T      | c  ")


def revised(state: str, year: int, *, old: str, new: str) -> StoredRevision:
    key = f"{V}:{state}.{year}._T._T"
    values = Decimal(old), Decimal(new)
    return StoredRevision(
        key, state, year, values[0], old, 2021, values[1], new, values[1] - values[0], "victims"
    )


REVISIONS = [
    revised("BG", 2021, old="150", new="200"),
    revised("RO", 2021, old="61", new="60"),
    revised("BG", 2022, old="80", new="80"),
]


def row(tmp_path: Path) -> ExhibitSpec:
    path = tmp_path / "thb" / "exhibits.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        "H1:\n  kind: headline\n  title: Key figures, {year}\n  indicators:\n"
        f'    - {{key: "{V}:SELEC.{{year}}._T._T", label: victims, name: registered victims}}\n',
        encoding="utf-8",
    )
    return read_exhibits(path)["H1"]


def course(tmp_path: Path, made: Printing) -> tuple[Point, ...]:
    view = build_headline(row(tmp_path), made, number="Headline 1", values=variables(made))
    assert view.course is not None
    (drawn,) = charts_of(made.shown)
    assert drawn.id == view.course.id == f"{view.id}-course"
    (line,) = drawn.data.series
    assert line.label == "registered victims"
    return line.points


# --- the years of a figure


def test_the_years_of_a_figure_are_its_cells_joined_over_the_same_states(
    tmp_path: Path, store: MakeStore
) -> None:
    made = store(CELLS)
    points = course(tmp_path, made)
    assert [(p.key, p.text) for p in points] == [
        (f"{V}:SELEC.{y}._T._T", t)
        for y, t in ((2018, "260"), (2019, "300"), (2020, "320"), (2021, "430"), (2022, "335"))
    ]
    assert [p.joined for p in points] == [True, True, True, False, False]
    assert {str(key) for key in made.printed} >= {p.key for p in points}


@pytest.mark.parametrize("year", [2018, 2021])
def test_a_year_that_is_withheld_or_missing_has_no_value(
    tmp_path: Path, store: MakeStore, year: int
) -> None:
    line = next(x for x in CELLS.splitlines() if x.startswith(f"{V}:SELEC.{year}."))
    hidden = CELLS.replace(line, f"{V}:SELEC.{year}._T._T | c | |")
    (point,) = (p for p in course(tmp_path, store(hidden, version="public")) if p.x == str(year))
    assert (point.value, point.text, point.status) == (None, "c", "withheld")
    missing = CELLS.replace(line, "")
    (point,) = (p for p in course(tmp_path, store(missing)) if p.x == str(year))
    assert (point.value, point.text, point.status) == (None, ":", "missing")


def test_a_figure_of_one_year_and_one_of_zeros_are_drawn(tmp_path: Path, store: MakeStore) -> None:
    one = f"key | value | states\n{V}:SELEC.2022._T._T | 40 | AL BG GR HU RO"
    assert [p.value for p in course(tmp_path, store(one))] == [None] * 4 + [40.0]
    years = [f"{V}:SELEC.{y}._T._T | 0 | AL BG GR HU RO" for y in range(2018, 2023)]
    zeros = "\n".join(["key | value | states", *years])
    assert [p.value for p in course(tmp_path, store(zeros))] == [0.0] * 5


def test_a_break_of_the_region_is_one_of_the_line(tmp_path: Path, store: MakeStore) -> None:
    line = f"{V}:SELEC.2020._T._T   | 320   |     |"
    broken = course(tmp_path, store(CELLS.replace(line, line.replace("|     |", "| B   |"))))
    assert [p.x for p in broken if p.status == "break"] == ["2020"]


def test_a_row_without_a_figure_that_may_open_a_report_has_no_drawing(
    tmp_path: Path, store: MakeStore
) -> None:
    made = store(f"key | value | states\n{V}:SELEC.2022._T._T | 40 | AL BG")
    view = build_headline(row(tmp_path), made, number="Headline 1", values=variables(made))
    assert view.course is None
    assert view.notes == ()


def test_each_year_is_found_by_its_reference_and_belongs_to_the_row(store: MakeStore) -> None:
    made = store(CELLS)
    writer(made).exhibit("H1")
    ledger = Ledger("thb", made.shown)
    year = ledger.find("thb:H1.s1.p3")
    assert isinstance(year, Printed)
    assert (year.text, year.behind) == ("320", (f"{V}:SELEC.2020._T._T",))
    assert "series 'registered victims', 2020" in year.where
    figure = ledger.find("thb:H1.r1.c1")
    assert isinstance(figure, Printed)
    assert figure.text == "335"
    (exhibit,) = exhibits_of(made.shown)
    assert f"{V}:SELEC.2018._T._T" in entry_keys(exhibit, made.shown)
    assert {p.ref for p in ledger.numbers()} >= {"thb:H1.s1.p3", "thb:H1.r1.c1"}


# --- what changed only on paper


def test_the_audit_knows_every_binding_of_the_page() -> None:
    assert set(PAPER) == set(FORMS)


@pytest.mark.parametrize("binding", SAID)
def test_a_change_on_paper_is_said_and_read_back_alike(
    store: MakeStore, contracts: Contracts, binding: str
) -> None:
    made = store(CELLS, revisions=REVISIONS)
    assert print_binding(made, binding, where="") == SAID[binding]
    audit = Bindings(read_register(made.path), contracts, round_=2022)
    assert audit.texts(binding) == (SAID[binding],)
    assert operands_of(made, binding)


@pytest.mark.parametrize("binding", SAID)
def test_nobody_is_named_over_a_hidden_figure(
    store: MakeStore, contracts: Contracts, binding: str
) -> None:
    made = store(HIDDEN, version="public", revisions=REVISIONS)
    with pytest.raises(NothingToShow):
        print_binding(made, binding, where="")
    assert Bindings(read_register(made.path), contracts, round_=2022).texts(binding) == ()


@pytest.mark.parametrize(
    ("binding", "old", "new"),
    [
        # nobody began: the state that is new in the sum gave a small figure before
        (f"began {ALL} since 2021", "AL.2021._T._T      | 10 ", "BA.2021._T._T      | <5 "),
        # nobody ceased: what is gone was suppressed by the sender
        (f"ceased {ALL} since 2021", "AL.2022._T._T      | : ", "AL.2022._T._T      | <5 "),
        # the first year is compared with none before
        (f"broken {ALL} since 2018", "HU.2020._T._T      | 70    | B", "HU.2018._T._T | 70 | B"),
        # another definition throughout is no step
        (f"redefined {ALL} since 2018", f"{V}:GR.2018._T._T      | 60    | D   |\n", ""),
        # the others moved with the region
        (f"alone {REGION} since 2021", "RO.2022._T._T      | 70 ", "RO.2022._T._T      | 40 "),
        # no state alone makes more than half of the change
        (f"alone {REGION} since 2021", "BG.2022._T._T      | 80 ", "BG.2022._T._T      | 199"),
    ],
)
def test_where_there_is_none_nothing_is_said(
    store: MakeStore, contracts: Contracts, binding: str, old: str, new: str
) -> None:
    assert old in CELLS
    cells = CELLS.replace(old, new)
    if binding.startswith("redefined"):
        lines = cells.splitlines()
        cells = "\n".join(x.replace("|     |", "| D   |") if "GR.20" in x else x for x in lines)
    if "RO.2022" in old:
        cells = cells.replace("BOTH.2022._T._T | 330", "BOTH.2022._T._T | 270").replace(
            "HU.2022._T._T      | 80", "HU.2022._T._T      | 60"
        )
        cells = cells.replace("GR.2022._T._T      | 70", "GR.2022._T._T      | 50")
    made = store(cells)
    with pytest.raises(NothingToShow):
        print_binding(made, binding, where="")
    assert Bindings(read_register(made.path), contracts, round_=2022).texts(binding) == ()


@pytest.mark.parametrize(
    ("years", "said"),
    [("2019 2020 2022", "2019 to 2020 and 2022"), ("2018 2020 2022", "2018, 2020 and 2022")],
)
def test_years_of_another_definition_are_told_in_spans(
    store: MakeStore, contracts: Contracts, years: str, said: str
) -> None:
    flags = [f"{V}:RO.{y}._T._T | 60 | {'D' if str(y) in years else ''}" for y in range(2018, 2023)]
    made = store("\n".join(["key | value | obs", *flags]))
    binding = f"redefined {ALL} since 2018"
    assert print_binding(made, binding, where="") == f"Romania ({said})"
    audit = Bindings(read_register(made.path), contracts, round_=2022)
    assert audit.texts(binding) == (f"Romania ({said})",)


# --- the box and the findings


def writer(made: Printing) -> Writer:
    definition = read_definition(ROOT / "templates", "thb", version=made.version)
    return Writer(made, ROOT / "templates", definition)


def test_the_box_says_it_of_the_figures_of_the_row_and_notes_each_sentence(
    store: MakeStore,
) -> None:
    made = store(CELLS, revisions=REVISIONS)
    box = str(writer(made).on_paper("H1", "paper"))
    assert "What changed only on paper" in box
    assert box.count("<li>") == 1
    assert "<b>Registered victims.</b> One state makes the change: without Bulgaria" in box
    notes = statements_of(made.shown)
    assert len(notes) == len(SAID)
    assert all(note.text in box for note in notes)


def test_where_nothing_is_told_there_is_no_box(store: MakeStore) -> None:
    same = "AL BG GR HU RO"
    cells = f"""
key                  | value | states
{V}:SELEC.2021._T._T | 400   | {same}
{V}:SELEC.2022._T._T | 410   | {same}
"""
    assert str(writer(store(cells)).on_paper("H1", "paper")) == ""


def test_more_findings_than_a_reader_keeps_are_refused(tmp_path: Path, store: MakeStore) -> None:
    texts = tmp_path / "thb" / "narrative"
    texts.mkdir(parents=True)
    made = store(CELLS)
    wrote = writer(made)
    wrote.narrative.folder = texts
    item = f"- There were [[{REGION}]] victims.\n"
    path = texts / "summary.md"
    path.write_text(f"# findings\n\n{item * MOST_FINDINGS}", encoding="utf-8")
    assert str(wrote.findings("summary", "findings")).count("<li>") == MOST_FINDINGS
    path.write_text(f"# findings\n\n{item * (MOST_FINDINGS + 1)}", encoding="utf-8")
    again = writer(made)
    again.narrative.folder = texts
    with pytest.raises(UserError, match="there are 5 key findings"):
        again.findings("summary", "findings")


@pytest.mark.parametrize("report", ["thb", "migration", "octa"])
def test_each_report_has_four_findings_of_one_sentence(report: str) -> None:
    path = ROOT / "templates" / report / "narrative" / "summary.md"
    (block,) = read_sections(path)["findings"].blocks()
    assert len(block.items) == MOST_FINDINGS
    assert all(len(sentences_of(item)) == 1 for item, _ in block.items)
