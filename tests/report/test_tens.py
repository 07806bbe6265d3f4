"""Of ten, how many are what? Are parts rounded to ten, only over figures that the version
shows, and is any other drawing refused?
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from drawings import draw_block, faults
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.inspection.readback.axes import labels_of
from pipeline.inspection.readback.values import Register, Released
from pipeline.report.charts.draw import draw_chart
from pipeline.report.exhibits.described import describe
from pipeline.report.exhibits.figures import build_figure, why_no_figure
from pipeline.report.exhibits.layout import ExhibitSpec, asked_of, read_exhibits, variables
from pipeline.report.exhibits.tens import tenths
from pipeline.report.ledger import charts_of, keys_of
from pipeline.report.printing import Printing
from pipeline.report.views import ChartData, EmptyView, FigureView, Point, Series

MakeStore = Callable[..., Printing]
V = "THB_VICTIMS"
LINES = f"""
T1:
  kind: of_ten
  title: Of ten victims, {{year}}
  lines:
    - label: By sex and age
      parts:
        - {{key: "{V}:SELEC.{{year}}.F.Y_GE18", label: women}}
        - {{key: "{V}:SELEC.{{year}}.F.Y_LT18", label: girls}}
        - {{key: "{V}:SELEC.{{year}}.M._T", label: men and boys}}
      or:
        - label: By sex
          parts:
            - {{key: "{V}:SELEC.{{year}}.F._T", label: women and girls}}
            - {{key: "{V}:SELEC.{{year}}.M._T", label: men and boys}}
    - label: By citizenship
      of: "THB_VICTIMS_CTZ:SELEC.{{year}}.G_KNOWN"
      parts:
        - {{key: "THB_VICTIMS_CTZ:SELEC.{{year}}.NAT", label: own nationals}}
        - {{key: "THB_VICTIMS_CTZ:SELEC.{{year}}.G_FOR", label: foreigners}}
"""
SEXES = f"""
key                       | value | states
{V}:SELEC.2022.F._T       | 90    | AL RO
{V}:SELEC.2022.M._T       | 12    | RO
{V}:AL.2022.F._T          | 50    |
{V}:RO.2022.F._T          | 40    |
{V}:RO.2022.M._T          | 12    |
"""
AGES = f"""{SEXES.rstrip()}
{V}:SELEC.2022.F.Y_GE18   | 70    | AL RO
{V}:SELEC.2022.F.Y_LT18   | 20    | AL RO
{V}:RO.2022.F.Y_GE18      | 33    |
{V}:RO.2022.F.Y_LT18      | 7     |
"""
CITIZENS = """
key                                | value | states
THB_VICTIMS_CTZ:SELEC.2022.G_KNOWN | 100   | AL GR
THB_VICTIMS_CTZ:SELEC.2022.NAT     | 56    | AL GR
THB_VICTIMS_CTZ:SELEC.2022.G_FOR   | 44    | GR
"""


@pytest.fixture
def spec(tmp_path: Path) -> ExhibitSpec:
    return written(tmp_path, LINES)


def written(folder: Path, lines: str) -> ExhibitSpec:
    path = folder / "thb" / "exhibits.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(lines, encoding="utf-8")
    return read_exhibits(path)["T1"]


def drawn(spec: ExhibitSpec, store: Printing) -> tuple[FigureView, ChartData]:
    view = build_figure(spec, store, number="Figure 1", values=variables(store))
    assert isinstance(view, FigureView)
    return view, charts_of(store.shown)[-1].data


def told(data: ChartData) -> dict[str, list[str]]:
    return {s.label: [f"{p.x} {p.text}" for p in s.points] for s in data.series}


@given(st.lists(st.integers(0, 10**7), min_size=2, max_size=4).filter(any))
def test_parts_make_ten_and_none_is_a_whole_figure_away(parts: list[int]) -> None:
    found = tenths([Decimal(p) for p in parts])
    assert sum(found) == 10
    for part, count in zip(parts, found, strict=True):
        assert abs(Fraction(10 * part, sum(parts)) - count) < 1
    assert all(
        a >= b
        for a, b in [
            (found[i], found[j])
            for i in range(len(parts))
            for j in range(len(parts))
            if parts[i] > parts[j]
        ]
    )


@given(st.lists(st.integers(0, 10**7), min_size=2, max_size=4).filter(any))
def test_the_audit_rounds_to_ten_as_the_report_does_by_its_own_way(parts: list[int]) -> None:
    cells = {
        f"K:{i}": Released(Decimal(p), "persons", "A", False, "", ()) for i, p in enumerate(parts)
    }
    keys = ", ".join(cells)
    register = Register(cells)
    counts = tenths([Decimal(p) for p in parts])
    assert [register.value(f"tenths({key}, {keys})") for key in cells] == counts
    texts = [register.printed(f"tenths({key}, {keys})") for key in cells]
    for part, count, text in zip(parts, counts, texts, strict=True):
        assert text == (("under 1",) if part and not count else (str(count),))


@pytest.mark.parametrize(
    ("parts", "counts"),
    [([1, 1, 1], [4, 3, 3]), ([50, 50], [5, 5]), ([1, 99], [0, 10]), ([15, 85], [1, 9])],
)
def test_of_equal_rests_the_larger_part_and_then_the_first_is_rounded_up(
    parts: list[int], counts: list[int]
) -> None:
    assert tenths([Decimal(p) for p in parts]) == counts


def test_a_line_is_over_the_states_that_gave_every_part(
    spec: ExhibitSpec, store: MakeStore
) -> None:
    view, data = drawn(spec, store(AGES))
    assert told(data) == {"By sex and age": ["women 7", "girls 1", "men and boys 2", "n 52"]}
    assert data.series[0].points[0].coverage == "1 of 11"
    assert "n 52, over 1 of 11 states" in view.alt
    assert view.table is not None
    assert [c.text for c in view.table.rows[0].cells] == ["7", "52", "1 of 11"]
    assert keys_of(data.series[0].points[-1].key) == [
        f"{V}:RO.2022.F.Y_GE18",
        f"{V}:RO.2022.F.Y_LT18",
        f"{V}:RO.2022.M._T",
    ]


@pytest.mark.parametrize("hidden", ["70", "20"])
def test_where_a_part_is_withheld_the_line_in_its_place_stands(
    spec: ExhibitSpec, store: MakeStore, hidden: str
) -> None:
    cells = AGES.replace(f"| {hidden}    | AL RO", "| c     |", 1)
    assert cells != AGES
    made = store(cells, version="public")
    _, data = drawn(spec, made)
    assert told(data) == {"By sex": ["women and girls 8", "men and boys 2", "n 52"]}
    # what was only tried is not printed
    assert not [k for k in made.printed if k.codes[-1] in ("Y_GE18", "Y_LT18")]


def test_without_any_line_there_is_no_figure(spec: ExhibitSpec, store: MakeStore) -> None:
    made = store(SEXES.replace("| 12    | RO", "| c     |"), version="public")
    assert why_no_figure(spec, made, values=variables(made))
    view = build_figure(spec, made, number="Figure 1", values=variables(made))
    assert isinstance(view, EmptyView)
    assert not made.shown
    assert not made.printed


@pytest.mark.parametrize("base", [19, 20])
def test_a_base_that_carries_no_share_carries_no_line(
    spec: ExhibitSpec, store: MakeStore, base: int
) -> None:
    cells = SEXES.replace("RO.2022.F._T          | 40", f"RO.2022.F._T          | {base - 12}")
    made = store(cells)
    assert bool(why_no_figure(spec, made, values=variables(made))) is (base < 20)


def test_parts_that_make_up_a_whole_stand_on_it(spec: ExhibitSpec, store: MakeStore) -> None:
    _, data = drawn(spec, store(CITIZENS))
    assert told(data) == {"By citizenship": ["own nationals 6", "foreigners 4", "n 100"]}
    assert data.series[0].points[-1].key == "THB_VICTIMS_CTZ:SELEC.2022.G_KNOWN"


@pytest.mark.parametrize(
    "other", [CITIZENS.replace("| 44 ", "| 43 "), CITIZENS.replace("| 44    | GR", "| c     |")]
)
def test_parts_that_do_not_make_up_their_whole_are_no_line(
    spec: ExhibitSpec, store: MakeStore, other: str
) -> None:
    made = store(other, version="public")
    assert why_no_figure(spec, made, values=variables(made))


def test_a_line_of_a_table_that_is_not_asked_for_is_left_out(
    spec: ExhibitSpec, store: MakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = store(CITIZENS)
    monkeypatch.setattr(made, "is_asked", lambda cube: cube == V)
    kept = asked_of(spec, made)
    assert kept is not None
    assert [line.label for line in kept.lines] == ["By sex and age"]
    monkeypatch.setattr(made, "is_asked", lambda cube: False)
    assert asked_of(spec, made) is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("      of: ", "      off: ", "nobody reads 'off'"),
        ("label: women}", "name: women}", "'label' is missing"),
        ("  lines:", "  rows: state\n  lines:", "nobody reads 'rows'"),
    ],
)
def test_a_wrong_line_is_told_with_its_place(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        written(tmp_path, LINES.replace(old, new, 1))


# --- drawings


def line(*counts: int, label: str = "Victims", base: int = 200) -> Series:
    points = tuple(Point(f"part {i}", c, str(c), f"K:{i}") for i, c in enumerate(counts))
    return Series(label, (*points, Point("n", base, str(base), "sum(K:n)")))


def chart(*lines: Series) -> ChartData:
    return ChartData("of_ten", lines, "ten a line", "Of ten")


@pytest.mark.parametrize("width", [83.0, 174.0])
def test_a_line_without_a_part_leaves_no_figure_and_the_others_stand(width: float) -> None:
    hidden = Point("men", None, "c", "K:9", "withheld")
    gap = Series("Hidden", (Point("women", 6, "6", "K:8"), hidden, Point("n", None, "c")))
    data = chart(line(6, 4), gap, line(1, 2, 3, 4))
    block = draw_block(data, width_mm=width)
    assert faults(data, block) == ([], 6)
    texts = [label.text for label in labels_of(block)]
    assert "menc" in texts
    assert "Hidden: no figure shown" in describe(data)
    assert draw_chart(data, width_mm=width).count("<path") < draw_chart(
        chart(line(6, 4), line(5, 5), line(1, 2, 3, 4)), width_mm=width
    ).count("<path")


def test_figures_of_another_count_colour_or_place_are_refused() -> None:
    data = chart(line(6, 4))
    for other in (line(7, 3), line(4, 6), line(6, 3, 1)):
        assert faults(data, draw_block(chart(other)))[0]
    block = draw_block(data)
    moved = replace(block, paths=[*block.paths[:-3], *block.paths[-2:]])
    assert faults(data, moved)[0]


def test_eleven_of_ten_are_refused() -> None:
    data = chart(line(6, 5))
    assert faults(data, draw_block(data))[0]


def test_the_text_for_who_does_not_see_it_names_every_part_with_its_base() -> None:
    assert describe(chart(line(6, 4))) == (
        "Lines of figures, ten a line. Victims: part 0 6, part 1 4, n 200."
    )
