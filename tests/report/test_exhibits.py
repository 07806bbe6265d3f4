"""Does an exhibit lay out the right cells, with its marks and coverage, and say why
when it has none?
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from builds import REPORTS, ROOT

from pipeline.cells import Key
from pipeline.errors import UserError
from pipeline.numbers.stored_tables import StoredFinding
from pipeline.report.document.annexes import build_annex
from pipeline.report.exhibits.figures import build_figure
from pipeline.report.exhibits.layout import (
    CHARTS,
    JUDGED_STATES,
    OF_TEN,
    OUTLOOK,
    ExhibitSpec,
    fill,
    lay_out,
    read_exhibits,
    variables,
)
from pipeline.report.exhibits.tables import build_indicators, build_table
from pipeline.report.ledger import charts_of
from pipeline.report.printing import Printing
from pipeline.report.views import ChartData, EmptyView, FigureView, TableView

MakeStore = Callable[..., Printing]
BASE = "kind: table\n  title: Victims, {window}\n  cube: THB_VICTIMS\n"
THIS_YEAR = "  columns: {axis: year, codes: ['2022']}"
OF_NO_GRID = (OF_TEN, OUTLOOK, JUDGED_STATES)
OTHER = "key | value\nTHB_OFFENCES:RO.2022 | 1"
STATES = """
key                              | value | obs | states | vintage
THB_VICTIMS:AL.2021._T._T        | 100   |     |        |
THB_VICTIMS:AL.2022._T._T        | 110   | B   |        |
THB_VICTIMS:BA.2021._T._T        | 70    |     |        |
THB_VICTIMS:BA.2022._T._T        | <5    |     |        |
THB_VICTIMS:RO.2021._T._T        | 400   |     |        | 2021
THB_VICTIMS:RO.2022._T._T        | 500   |     |        |
THB_VICTIMS:SELEC.2021._T._T     | 570   |     | AL BA RO |
THB_VICTIMS:SELEC.2022._T._T     | 610   |     | AL RO  |
THB_VICTIMS:SELEC_FIX.2021._T._T | 500   |     | AL RO  |
THB_VICTIMS:SELEC_FIX.2022._T._T | 610   |     | AL RO  |
"""
SEXES = """
key                          | value | states
THB_VICTIMS:SELEC.2022._T._T | 400   | AL RO
THB_VICTIMS:SELEC.2022.F._T  | 300   | AL RO
THB_VICTIMS:SELEC.2022.M._T  | 100   | AL RO
THB_VICTIMS:SELEC.2022._T.Y_LT18 | 90 | AL RO
THB_VICTIMS:SELEC.2022.F.Y_LT18 | 60  | AL RO
"""


@pytest.fixture
def spec(tmp_path: Path) -> Callable[[str], ExhibitSpec]:
    """One exhibit from its lines in exhibits.yaml, after its id."""

    def read(lines: str) -> ExhibitSpec:
        path = tmp_path / "thb" / "exhibits.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"T1:\n  {lines.strip()}\n", encoding="utf-8")
        return read_exhibits(path)["T1"]

    return read


Spec = Callable[[str], ExhibitSpec]


def table(spec: ExhibitSpec, store: Printing, **more: str) -> TableView:
    view = build_table(spec, store, number="Table 1", values=variables(store, **more))
    assert isinstance(view, TableView)
    return view


def texts(view: TableView) -> dict[str, list[str]]:
    return {r.label: [c.text + "".join(c.marks) for c in r.cells] for r in view.rows}


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (
            "kind: pyramid\n  title: x\n  cube: THB_VICTIMS\n  rows: age\n  columns: sex",
            "columns: a pyramid needs 2 codes, one for each side",
        ),
        ("kind: pie\n  title: x", "line 2, exhibit T1, kind: 'pie' is not one of"),
        (
            "kind: table\n  title: x\n  colour: red",
            "line [0-9], exhibit T1: nobody reads 'colour'; known are kind, title",
        ),
        (
            "kind: table\n  cube: THB_VICTIMS",
            "line 1, exhibit T1: 'title', 'rows', 'columns' are missing",
        ),
        (
            "kind: table\n  title: x\n  rows: {codes: [RO]}",
            "line 4, exhibit T1, rows: 'axis' is missing",
        ),
    ],
)
def test_a_wrong_exhibit_is_told_with_its_name(spec: Spec, lines: str, told: str) -> None:
    with pytest.raises(UserError, match=told):
        spec(lines)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (
            "kind: table\n  title: x\n  rows: state\n  columns: year",
            "exhibit T1: 'cube' is missing",
        ),
        (BASE + "  rows: colour\n  columns: year", "no dimension 'colour'"),
        (BASE + "  rows: state\n  columns: year\n  at: {colour: red}", "'at' names colour"),
        (
            BASE + "  rows: {axis: sex, codes: [W]}\n  columns: year",
            "code 'W' is not in the code list sex",
        ),
        (
            BASE + "  rows: state\n  columns: {axis: year, codes: ['{yaer}']}",
            "unknown variable 'yaer'",
        ),
        (
            "kind: table\n  title: x\n  cube: NO_CUBE\n  rows: state\n  columns: year",
            "there is no table 'NO_CUBE'",
        ),
    ],
)
def test_an_exhibit_of_cells_that_do_not_exist_does_not_build(
    spec: Spec, store: MakeStore, lines: str, told: str
) -> None:
    with pytest.raises(UserError, match=told):
        table(spec(lines), store(STATES))


def test_what_is_not_named_stands_at_total_region_and_reference_year(
    spec: Spec, store: MakeStore
) -> None:
    made = store(SEXES)
    grid = lay_out(
        spec(BASE + "  rows: sex\n  columns: {axis: age, codes: [_T, Y_LT18]}"),
        made,
        values=variables(made),
    )
    assert [[str(k) for k in row] for row in grid.keys[:2]] == [
        ["THB_VICTIMS:SELEC.2022._T._T", "THB_VICTIMS:SELEC.2022._T.Y_LT18"],
        ["THB_VICTIMS:SELEC.2022.F._T", "THB_VICTIMS:SELEC.2022.F.Y_LT18"],
    ]


def test_two_dimensions_across_are_headed_by_group(spec: Spec, store: MakeStore) -> None:
    made = store(SEXES)
    lines = (
        BASE
        + "  rows: {axis: state, codes: [SELEC]}\n  columns: {axis: [sex, age], codes: [[F, _T],"
        " [F, Y_LT18]]}"
    )
    view = table(spec(lines), made)
    assert [(c.group, c.label) for c in view.columns[1:]] == [
        ("Female", "All ages"),
        ("Female", "Children (under 18)"),
    ]
    assert texts(view)["SELEC region"] == ["300*", "60*"]


def test_parts_are_indented_under_their_total_and_silent_ones_left_out(
    spec: Spec, store: MakeStore
) -> None:
    view = table(spec(BASE + "  rows: sex\n  columns: {axis: year, codes: ['2022']}"), store(SEXES))
    assert [(r.label, r.level, r.kind) for r in view.rows] == [
        ("All persons", 0, "total"),
        ("Female", 1, "body"),
        ("Male", 1, "body"),
    ]


def test_states_always_have_their_line(spec: Spec, store: MakeStore) -> None:
    view = table(
        spec(
            BASE
            + "  rows: {axis: state, region: [SELEC]}\n  columns: {axis: year, codes: ['2022']}"
        ),
        store(STATES),
    )
    assert len([r for r in view.rows if r.kind == "body"]) == 11
    assert texts(view)["Serbia"] == [":"]
    assert texts(view)["Bosnia and Herzegovina"] == ["<5"]


def test_statuses_partial_sums_and_earlier_rounds_have_marks_with_footnotes(
    spec: Spec, store: MakeStore
) -> None:
    view = table(
        spec(
            BASE + "  rows: {axis: state, region: [SELEC]}\n  columns: {axis: year, codes: ['2021',"
            " '2022']}"
        ),
        store(STATES),
    )
    told = texts(view)
    assert told["Albania"] == ["100", "110b"]
    assert told["Romania"] == ["400v", "500"]
    assert told["SELEC region"] == ["570*", "610*"]
    assert {f.mark for f in view.footnotes} == {"b", "v", "*"}
    assert [f.mark for f in view.footnotes][-1] == "*"


def test_a_queried_figure_has_its_mark(spec: Spec, store: MakeStore) -> None:
    made = store(
        "key | value | queried\nTHB_VICTIMS:RO.2022._T._T | 500 | yes\nTHB_VICTIMS:AL.2022._T._T |"
        " 110 |"
    )
    view = table(spec(BASE + "  rows: state\n  columns: {axis: year, codes: ['2022']}"), made)
    assert (texts(view)["Romania"], texts(view)["Albania"]) == (["500q"], ["110"])


def test_the_annex_on_queries_gives_the_reason_of_a_known_error_in_full(
    spec: Spec, store: MakeStore
) -> None:
    why = "known error ro-1: " + "counts sessions of courts instead of decisions, " * 4
    finding = StoredFinding(
        "RO", "thb", "THB_VICTIMS", "", "r", "query", "s", "D7", "5" * 200, "", "1.0.0", why
    )
    view = build_annex(
        spec("kind: findings\n  title: Queries"),
        store(STATES, findings=[finding]),
        number="1",
        values={},
    )
    assert isinstance(view, TableView)
    assert view.rows[0].cells[-1].text == f"s D7: {'5' * 104}; {why}"


def test_under_regional_sums_stand_the_states_counted(spec: Spec, store: MakeStore) -> None:
    lines = (
        BASE + "  rows: {axis: state, region: [SELEC, SELEC_FIX]}\n  columns: {axis: year, codes:"
        " ['2021', '2022']}"
    )
    told = texts(table(spec(lines), store(STATES)))
    assert list(told.values())[-2:] == [["3 of 11", "2 of 11"], ["2 of 11", "2 of 11"]]
    assert all(label.startswith("States in ") for label in list(told)[-2:])


def test_added_columns_speak_of_the_reference_year(spec: Spec, store: MakeStore) -> None:
    view = table(
        spec(
            BASE + "  rows: sex\n  columns: {axis: year, codes: ['2022']}\n  add: [share, coverage]"
        ),
        store(SEXES),
    )
    assert [c.label for c in view.columns] == ["Sex", "2022", "Share (%)", "States counted"]
    assert texts(view)["Female"] == ["300*", "75.0", "2 of 11"]


def test_changes_not_computed_are_explained_below(spec: Spec, store: MakeStore) -> None:
    lines = (
        BASE + "  rows: {axis: state, region: [SELEC]}\n  columns: {axis: year, codes: ['2021',"
        " '2022']}\n  add: [change]"
    )
    view = table(spec(lines), store(STATES))
    told = texts(view)
    assert [told[r][-2:] for r in ("Albania", "Romania", "SELEC region")] == [
        ["x", ""],
        ["+25.0", ""],
        ["x", ""],
    ]
    assert view.columns[-1].label == "Same states"
    assert "x" in {f.mark for f in view.footnotes}


def test_only_the_largest_are_shown_and_hidden_ones_do_not_compete(
    spec: Spec, store: MakeStore
) -> None:
    made = store(
        """
        key                         | value | states
        THB_VICTIMS_CTZ:SELEC.2022.RO | 400 | AL RO BG
        THB_VICTIMS_CTZ:SELEC.2022.BG | c   |
        THB_VICTIMS_CTZ:SELEC.2022.MD | 20  | AL RO BG
        THB_VICTIMS_CTZ:SELEC.2022.UA | 30  | AL RO BG
        THB_VICTIMS_CTZ:SELEC.2022._U | 900 | AL RO BG
        THB_VICTIMS_CTZ:SELEC.2022._T | 999 | AL RO BG
        """,
        version="public",
    )
    lines = (
        BASE.replace("VICTIMS", "VICTIMS_CTZ") + "  rows: {axis: citizenship, top: 2}\n" + THIS_YEAR
    )
    assert list(texts(table(spec(lines), made))) == ["Romania", "Ukraine"]


def test_the_symbols_of_a_withheld_and_a_missing_cell_differ(spec: Spec, store: MakeStore) -> None:
    made = store(
        """
        key                       | value
        THB_VICTIMS:RO.2022._T._T | 500
        THB_VICTIMS:AL.2022._T._T | c
        """,
        version="public",
    )
    view = table(spec(BASE + "  rows: state\n  columns: {axis: year, codes: ['2022']}"), made)
    assert (texts(view)["Albania"], texts(view)["Serbia"]) == (["c"], [":"])
    assert {c.status for r in view.rows for c in r.cells} == {"", "withheld", "missing"}


@pytest.mark.parametrize(
    ("cells", "more", "reason"),
    [
        (OTHER, {}, "No state reported figures for this exhibit."),
        (OTHER, {"state_name": "Romania"}, "Romania reported no figures for this exhibit."),
        (
            "key | value\nTHB_VICTIMS:RO.2022._T._T | c",
            {},
            "No figure of this exhibit may be shown in this version.",
        ),
    ],
)
def test_an_exhibit_without_figures_says_why(
    spec: Spec, store: MakeStore, cells: str, more: dict[str, str], reason: str
) -> None:
    made = store(cells, version="public")
    for lines in (
        BASE + "  rows: state\n  columns: year",
        BASE.replace("table", "heat") + "  rows: state\n  columns: year",
    ):
        build = build_figure if "heat" in lines else build_table
        view = build(spec(lines), made, number="Table 1", values=variables(made, **more))
        assert isinstance(view, EmptyView)
        assert view.reason == reason


def test_a_chart_of_one_mark_is_a_line_of_text(spec: Spec, store: MakeStore) -> None:
    made = store("key | value\nTHB_VICTIMS:RO.2022._T._T | 500")
    view = build_figure(
        spec(
            BASE.replace("table", "bar") + "  rows: state\n  columns: {axis: year, codes: ['2022']}"
        ),
        made,
        number="Figure 1",
        values=variables(made),
    )
    assert isinstance(view, EmptyView)
    assert view.reason == "Too few figures for a chart."


def test_a_chart_tells_its_finding_in_words(spec: Spec, store: MakeStore) -> None:
    made = store(STATES)
    view = build_figure(
        spec(
            BASE.replace("table", "bar") + "  rows: state\n  columns: {axis: year, codes: ['2022']}"
        ),
        made,
        number="Figure 1",
        values=variables(made),
    )
    assert isinstance(view, FigureView)
    assert "Romania 500, Albania 110" in view.alt
    assert view.svg.lstrip().startswith("<svg")


def test_no_chart_draws_a_withheld_value(spec: Spec, store: MakeStore) -> None:
    made = store(
        """
        key                       | value
        THB_VICTIMS:RO.2022._T._T | 500
        THB_VICTIMS:GR.2022._T._T | 358
        THB_VICTIMS:AL.2022._T._T | c
        """,
        version="public",
    )
    view = build_figure(
        spec(
            BASE.replace("table", "bar") + "  rows: state\n  columns: {axis: year, codes: ['2022']}"
        ),
        made,
        number="Figure 1",
        values=variables(made),
    )
    assert isinstance(view, FigureView)
    assert "c: withheld." in view.notes
    assert "Albania" not in view.alt.split("No figure shown")[0]


OTHER_STATES = "The states are not the same in each bar: bars show parts, not a trend."
TWO_YEARS = """
key                         | value | states
THB_VICTIMS_CTZ:SELEC.2021.AF | 10 | BG GR
THB_VICTIMS_CTZ:SELEC.2022.AF | 30 | BG GR
THB_VICTIMS_CTZ:SELEC.2021.SY | 50 | BG GR
THB_VICTIMS_CTZ:SELEC.2022.SY | 40 | BG
THB_VICTIMS_CTZ:SELEC.2021.MD | 90 | BG GR
THB_VICTIMS_CTZ:SELEC.2022.MD | c  |
"""


def drawn_of(spec: ExhibitSpec, made: Printing) -> tuple[FigureView, ChartData]:
    """A figure, and what its drawing is made of."""
    view = build_figure(spec, made, number="Figure 1", values=variables(made))
    assert isinstance(view, FigureView)
    (drawn,) = charts_of(made.shown)
    return view, drawn.data


def test_two_years_are_sorted_by_the_later_and_joined_over_the_same_states(
    spec: Spec, store: MakeStore
) -> None:
    made = store(TWO_YEARS, version="public")
    _, data = drawn_of(
        spec(
            "kind: dumbbell\n  title: x\n  cube: THB_VICTIMS_CTZ\n"
            "  rows: {axis: citizenship, codes: [MD, AF, SY]}\n"
            "  columns: {axis: year, codes: ['2021', '2022']}"
        ),
        made,
    )
    lasts = [s.points[-1] for s in data.series]
    assert [p.text for p in lasts] == ["40", "30", "c"]
    assert [p.joined for p in lasts[:2]] == [False, True]


def share_bars(spec: Spec, made: Printing) -> tuple[FigureView, ChartData]:
    return drawn_of(
        spec(
            "kind: share_bar\n  title: x\n  cube: THB_VICTIMS_FORM\n  rows: year\n"
            "  columns: {axis: form, codes: [SEX, LAB]}"
        ),
        made,
    )


def forms(year: int, sex: str = "900 | BG GR") -> str:
    return f"""
THB_VICTIMS_FORM:SELEC.{year}.SEX._T._T | {sex}
THB_VICTIMS_FORM:SELEC.{year}.LAB._T._T | 500 | GR RO
THB_VICTIMS_FORM:BG.{year}.SEX._T._T | 600 |
THB_VICTIMS_FORM:GR.{year}.SEX._T._T | 300 |
THB_VICTIMS_FORM:GR.{year}.LAB._T._T | 200 |
THB_VICTIMS_FORM:RO.{year}.LAB._T._T | 300 |""".strip()


YEARS_DIFFER = "Other states are counted in other years: bars of two years are no trend."
BY_YEAR = "rows: year\n  columns: {axis: form, codes: [SEX, LAB]}"
BY_FORM = "rows: {axis: form, codes: [SEX, LAB]}\n  columns: {axis: year, codes: ['2021', '2022']}"


@pytest.mark.parametrize(
    ("kind", "axes", "second", "said"),
    [
        ("stacked_bar", BY_YEAR, "BG GR", []),
        ("stacked_bar", BY_YEAR, "BG RO", [OTHER_STATES]),
        ("grouped_bar", BY_FORM, "BG GR", []),
        ("grouped_bar", BY_FORM, "BG RO", [YEARS_DIFFER]),
        ("grouped_bar", BY_FORM, "", []),
    ],
)
def test_bars_of_years_over_other_states_say_so(
    spec: Spec, store: MakeStore, kind: str, axes: str, second: str, said: list[str]
) -> None:
    lines = ["key | value | states"]
    for year, states in ((2021, "BG GR"), (2022, second)):
        for form, value in (("SEX", 300), ("LAB", 500)):
            sum_ = f"{value * 2} | {states}" if states else "c |"
            lines.append(f"THB_VICTIMS_FORM:SELEC.{year}.{form}._T._T | {sum_}")
            for state in states.split():
                lines.append(f"THB_VICTIMS_FORM:{state}.{year}.{form}._T._T | {value} |")
    view, data = drawn_of(
        spec(f"kind: {kind}\n  title: x\n  cube: THB_VICTIMS_FORM\n  {axes}"),
        store("\n".join(lines)),
    )
    assert data.kind == kind
    assert [n for n in view.notes if n in (OTHER_STATES, YEARS_DIFFER)] == said


def test_bars_of_parts_have_the_sum_of_their_parts_as_base(spec: Spec, store: MakeStore) -> None:
    made = store("\n".join(["key | value | states", forms(2020), forms(2021), forms(2022)]))
    view, data = share_bars(spec, made)
    assert data.kind == "share_bar"
    assert OTHER_STATES not in view.notes
    *parts, base = data.series
    assert [[p.text for p in s.points if p.value] for s in parts] == [["300"] * 3, ["200"] * 3]
    assert [p.text for p in base.points if p.value] == ["500"] * 3
    assert {p.coverage for s in parts for p in s.points if p.value} == {"1 of 11"}


def test_bars_over_as_many_but_other_states_say_so(spec: Spec, store: MakeStore) -> None:
    other = forms(2021).replace("GR", "HU")  # one state as well, but another one
    made = store("\n".join(["key | value | states", forms(2020), other, forms(2022)]))
    view, data = share_bars(spec, made)
    assert {p.coverage for s in data.series[:-1] for p in s.points if p.value} == {"1 of 11"}
    assert OTHER_STATES in view.notes


@pytest.mark.parametrize(("hidden", "kind"), [(1, "share_bar"), (2, "line")])
def test_a_bar_that_cannot_be_made_is_a_gap_and_too_few_bars_are_lines(
    spec: Spec, store: MakeStore, hidden: int, kind: str
) -> None:
    years = [forms(y, "c |" if y < 2020 + hidden else "900 | BG GR") for y in (2020, 2021, 2022)]
    made = store("\n".join(["key | value | states", *years]), version="public")
    _, data = share_bars(spec, made)
    assert data.kind == kind
    if kind == "share_bar":
        assert [p.text for p in data.series[-1].points][-3:] == ["c", "500", "500"]


def test_indicators_of_a_state_have_no_coverage_to_tell(spec: Spec, store: MakeStore) -> None:
    lines = (
        "kind: indicators\n  title: x\n  indicators:\n    - {key:"
        ' "THB_VICTIMS:{state}.{year}._T._T", label: Victims}'
    )
    made = store(STATES)

    def listed(store: Printing, state: str) -> TableView:
        values = variables(store, state=state)
        view = build_indicators(spec(lines), store, number="Table 1", values=values)
        assert isinstance(view, TableView)
        return view

    state, region = (listed(made, of) for of in ("RO", "SELEC"))
    assert "States counted" not in [c.label for c in state.columns]
    assert "Same states" not in [c.label for c in state.columns]
    withheld = store(
        "key | value\nTHB_VICTIMS:RO.2021._T._T | 500\nTHB_VICTIMS:RO.2022._T._T | c",
        version="public",
    )
    assert [c.label for c in listed(withheld, "RO").columns] == [c.label for c in state.columns]
    assert texts(region) == {}
    assert region.notes == ("Given by fewer than two in five states, and so no headline: Victims.",)
    most = store("""
        key                          | value | states | of
        THB_VICTIMS:SELEC.2021._T._T | 500   | AL RO  | 3
        THB_VICTIMS:SELEC.2022._T._T | 610   | AL RO  | 3
        """)
    assert texts(listed(most, "SELEC"))["Victims"] == [
        "500*",
        "610*",
        "+22.0",
        "2 of 3",
        "2 of 3",
        "victims",
    ]


def test_indicators_without_any_figure_are_no_table(spec: Spec, store: MakeStore) -> None:
    lines = (
        "kind: indicators\n  title: x\n  indicators:\n    - {key:"
        ' "THB_VICTIMS:{state}.{year}._T._T", label: Victims}'
    )
    made = store("key | value\nTHB_VICTIMS:RO.2022._T._T | :\nTHB_VICTIMS:RO.2018._T._T | 7")
    values = variables(made, state="RO")
    view = build_indicators(spec(lines), made, number="Table 1", values=values)
    assert view == EmptyView("No figure of these indicators was reported.")


@pytest.mark.parametrize("report", REPORTS)
def test_every_exhibit_of_the_project_is_well_formed(report: str, store: MakeStore) -> None:
    made = store("key | value\nTHB_OFFENCES:RO.2022 | 1", report)
    values = variables(made, state="RO", state_name="Romania")
    for spec in read_exhibits(ROOT / "templates" / report / "exhibits.yaml").values():
        for key in (key for line in spec.lines for key in line.keys):
            made.contracts.check_key(Key.parse(fill(key, values)))
        if spec.kind == "table" or spec.kind in CHARTS and spec.kind not in OF_NO_GRID:
            grid = lay_out(spec, made, values=values)
            assert grid.columns or any(a and a.top for a in (spec.rows, spec.columns)), spec.where
