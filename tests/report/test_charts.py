"""Does every kind of chart draw, name what it shows, and keep what is withheld out of
the drawing?
"""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from drawings import with_base

from pipeline.errors import RenderError
from pipeline.report.charts.classes import bounds_of, classes_of
from pipeline.report.charts.draw import draw_chart
from pipeline.report.charts.sheet import is_counted, scale_of, spread_apart
from pipeline.report.views import ChartData, Kind, Point, Series

SVG = "{http://www.w3.org/2000/svg}"
STATES = ("AL", "BA", "BG", "GR", "HU", "MD", "ME", "MK", "RO", "RS", "TR")
YEARS = ("2019", "2020", "2021", "2022")


def point(
    x: str, value: float | None, text: str = "", status: str = "", coverage: str = ""
) -> Point:
    return Point(
        x,
        value,
        text or (f"{value:,.0f}" if value is not None else ":"),
        status=status,
        coverage=coverage,
    )


def chart(
    kind: Kind, *rows: tuple[str, tuple[float | None, ...]], xs: tuple[str, ...] = YEARS
) -> ChartData:
    series = tuple(
        Series(label, tuple(point(x, value) for x, value in zip(xs, values, strict=False)))
        for label, values in rows
    )
    return with_base(ChartData(kind, series, "Registered victims", "Victims"))


def sample(kind: Kind) -> ChartData:
    if kind == "map":
        return chart(kind, ("2022", tuple(range(100, 1200, 100))), xs=STATES)
    return chart(
        kind,
        ("Türkiye", (611, 722, None, 933)),
        ("Ελλάδα", (614, 725, 836, 947)),
        *([] if kind == "pyramid" else [("Скопје", (17, 28, 39, 40))]),
    )


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def size(svg: str) -> tuple[float, float]:
    root = ElementTree.fromstring(svg)
    return float(root.attrib["width"].removesuffix("pt")), float(
        root.attrib["height"].removesuffix("pt")
    )


def numbers(svg: str) -> set[str]:
    return set(re.findall(r"\d+\.?\d*", re.sub(r"<text.*?</text>", "", svg)))


@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_kind_draws_its_labels_as_text(kind: Kind) -> None:
    data = sample(kind)
    svg = draw_chart(data)
    words = " ".join(texts(svg))
    names = STATES if kind == "map" else [series.label for series in data.series]
    # their names stand beside them, in the row of figures and the rows of states
    if kind not in ("sparkline", "state_lines"):
        assert all(name in words for name in names)
        assert "Registered victims" in words
    assert "<title>Victims</title>" in svg
    assert "<style" not in svg
    assert "<metadata" not in svg
    assert "Source Sans Pro" in svg


@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_kind_is_drawn_with_the_same_bytes_again(kind: Kind) -> None:
    assert draw_chart(sample(kind)) == draw_chart(sample(kind))


@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_kind_keeps_its_text_on_the_sheet(kind: Kind) -> None:
    svg = draw_chart(sample(kind))
    width, height = size(svg)
    for element in ElementTree.fromstring(svg).iter(f"{SVG}text"):
        if "x" in element.attrib:
            assert 0 <= float(element.attrib["x"]) <= width
            assert 0 <= float(element.attrib["y"]) <= height + 1


@pytest.mark.parametrize("kind", get_args(Kind))
@pytest.mark.parametrize(
    "values", [(0, 0, 0, 0), (5,), (None, None, None, None), (1, 100_000, 3, 0)]
)
def test_unusual_numbers_draw_too(kind: Kind, values: tuple[float | None, ...]) -> None:
    xs = STATES if kind == "map" else YEARS
    assert "nan" not in draw_chart(chart(kind, ("Romania", values), xs=xs)).replace("nance", "")


@pytest.mark.parametrize("kind", get_args(Kind))
def test_names_in_two_drawings_of_a_page_never_meet(kind: Kind) -> None:
    data = sample(kind)
    first, second = (
        set(re.findall(r' id="([^"]+)"', draw_chart(replace(data, title=title))))
        for title in ("Victims", "Offenders")
    )
    assert not first & second


# a line of ten with a gap has no figures: see test_tens.py
@pytest.mark.parametrize("kind", [kind for kind in get_args(Kind) if kind != "of_ten"])
def test_a_withheld_point_leaves_its_symbol_and_no_other_trace(kind: Kind) -> None:
    data = sample(kind)
    first, *others = data.series
    hidden = replace(first.points[1], value=None, text="c", status="withheld")
    shown = replace(
        data, series=(replace(first, points=(first.points[0], hidden, *first.points[2:])), *others)
    )
    if kind == "share_bar":
        shown = with_base(replace(shown, series=shown.series[:-1]))
    svg = draw_chart(shown)
    assert first.points[1].text not in " ".join(texts(svg))
    if kind != "dumbbell":  # it shows its first and last x only
        assert any(text.split()[-1].strip(",") == "c" for text in texts(svg))


@pytest.mark.parametrize("status", ["withheld", "suppressed", "missing"])
def test_a_hidden_point_that_still_has_a_value_stops_the_drawing(status: str) -> None:
    data = ChartData("bar", (Series("a", (point("RO", 4, "c", status),)),), "victims", "Victims")
    with pytest.raises(RenderError, match="yet has a value"):
        draw_chart(data)


def test_a_chart_without_points_is_refused() -> None:
    with pytest.raises(RenderError, match="no points"):
        draw_chart(ChartData("line", (), "victims", "Victims"))


def test_a_line_stops_at_a_gap_and_before_a_break() -> None:
    whole = draw_chart(chart("line", ("Region", (10, 20, 30, 40))))
    gap = draw_chart(chart("line", ("Region", (10, None, 30, 40))))
    broken = ChartData(
        "line",
        (
            Series(
                "Region",
                (
                    point("2019", 10),
                    point("2020", 20),
                    point("2021", 30, "30", "break"),
                    point("2022", 40),
                ),
            ),
        ),
        "victims",
        "Victims",
    )
    assert "break" in texts(draw_chart(broken))
    assert ":" in texts(gap)

    def drawn(svg: str) -> int:
        return len(
            re.findall(r'<path d="[^"]*" style="[^"]*stroke: #14213d[^"]*stroke-width: 1.3', svg)
        )

    assert drawn(whole) == 1
    assert drawn(gap) == drawn(draw_chart(broken)) == 2


def test_a_break_of_one_line_among_several_says_whose() -> None:
    data = chart("line", ("Women", (10, 20)), ("Men", (30, 40)))
    women = replace(
        data.series[0], points=(data.series[0].points[0], point("2020", 20, "20", "break"))
    )
    assert "break Women" in texts(draw_chart(replace(data, series=(women, data.series[1]))))


def test_a_partial_point_is_hollow() -> None:
    data = ChartData(
        "line", (Series("Region", (point("2021", 9, "9", "partial"),)),), "victims", "Victims"
    )
    assert "fill: #ffffff; stroke: #14213d" in draw_chart(data)


def test_coverage_stands_under_its_year() -> None:
    data = ChartData(
        "line", (Series("Region", (point("2021", 9, coverage="9 of 11"),)),), "victims", "Victims"
    )
    assert "9 of 11" in " ".join(texts(draw_chart(data)))


def test_labels_of_codes_are_printed() -> None:
    data = replace(
        chart("bar", ("2022", (1, 2)), xs=("RO", "MD")), labels={"RO": "Romania", "MD": "Moldova"}
    )
    assert {"Romania", "Moldova"} <= set(texts(draw_chart(data)))


def test_end_labels_of_eleven_lines_do_not_overlap() -> None:
    svg = draw_chart(
        chart(
            "line",
            *((f"State {code}", (5, 5, 5, 5 + index / 10)) for index, code in enumerate(STATES)),
        )
    )
    ends = sorted(float(y) for y in re.findall(r'y="([\d.]+)"[^>]*>State', svg))
    assert len(ends) == 11
    assert min(after - before for before, after in zip(ends, ends[1:], strict=False)) >= 8


def test_a_large_heat_map_annotates_every_cell() -> None:
    rows = [
        (f"Crime area {row}", tuple(row * 100 + column for column in range(11)))
        for row in range(16)
    ]
    svg = draw_chart(chart("heat", *rows, xs=STATES))
    assert {"0", "5", "1,505"} <= set(texts(svg))
    assert svg.count("<") < 700


def test_letters_that_look_like_formulas_or_markup_stay_letters() -> None:
    data = ChartData("bar", (Series("a", (Point("x", 1, "<5 & $x^2$"),)),), "victims", "A & B <C>")
    svg = draw_chart(data)
    assert "<5 & $x^2$" in texts(svg)
    assert "<title>A &amp; B &lt;C&gt;</title>" in svg


def test_tiles_name_the_code_and_the_text() -> None:
    words = texts(draw_chart(sample("map")))
    assert {"RO", "900", "TR", "1,100"} <= set(words)


def test_width_and_height_are_millimetres() -> None:
    width, height = size(draw_chart(sample("line"), width_mm=127, height_mm=50.8))
    assert (round(width), round(height)) == (360, 144)


def test_spread_keeps_order_distance_and_borders() -> None:
    places = spread_apart([10, 10, 10, 50], [4, 4, 4, 4], low=0, high=60)
    assert places == [6, 10, 14, 50]
    assert spread_apart([59, 60], [4, 4], low=0, high=60) == [54, 58]
    assert spread_apart([0, 0], [4, 4], low=0, high=60) == [2, 6]


@pytest.mark.parametrize(
    ("values", "bounds"),
    [([0, 0], []), ([269, 286, 50, 120], [60, 120, 180, 240]), ([0.5, 1.0], [0.2, 0.4, 0.6, 0.8])],
)
def test_classes_have_roundbounds_of(values: list[float], bounds: list[float]) -> None:
    assert bounds_of(values) == bounds


def test_classes_of_scores_begin_where_their_scale_does() -> None:
    data = chart("heat", ("a", (1.5, 4.0, 9.0, 6.5)))
    assert classes_of(data).labels[0] == "0 to under 2"
    of_scores = replace(data, least=1.0)
    assert classes_of(of_scores).labels == [
        "1 to under 2", "2 to under 4", "4 to under 6", "6 to under 8", "8 or more",
    ]  # fmt: skip
    assert "1 to under 2" in texts(draw_chart(of_scores))
    low = replace(chart("heat", ("a", (1.0, 1.2, 1.0, 1.2))), least=1.0)
    assert classes_of(low).labels == ["1 or more"]


@pytest.mark.parametrize("high", [*range(1, 60), 110, 249, 1300])
@pytest.mark.parametrize("count", [2, 3, 5])
def test_what_is_counted_has_whole_ticks(high: int, count: int) -> None:
    ticks, low, last = scale_of(chart("bar", ("a", (0, None, high, 1))), count)
    assert is_counted(ticks)
    assert low == 0
    assert ticks[-2] < high <= last
    assert len(ticks) <= count + 2


def test_what_is_measured_may_have_ticks_between_whole_numbers() -> None:
    assert not is_counted(scale_of(chart("bar", ("a", (0.4, 0.93, 0.1, 1.1))), 5)[0])


@pytest.mark.parametrize("kind", ["bar", "stacked_bar", "line", "dumbbell", "pyramid"])
def test_no_axis_shows_a_part_of_what_is_counted(kind: Kind) -> None:
    rows = ("a", (4, 5, 3, 6)), ("b", (5, 5, 6, 5))
    assert not [t for t in texts(draw_chart(chart(kind, *rows))) if "." in t]


def test_drawing_library_is_not_loaded_before_it_is_needed() -> None:
    code = (
        "import sys, pipeline.report.charts.draw, pipeline.system.pdf.write;"
        "print({'matplotlib', 'weasyprint', 'pikepdf'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "set()"
