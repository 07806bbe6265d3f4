"""Is the small line under a key figure read back like every chart: its gaps, breaks and
zeros, and each mark by its height?
"""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from builds import ROOT
from drawings import draw_block, faults, series_of

from pipeline.inspection.readback.axes import labels_of
from pipeline.report.charts import geometry
from pipeline.report.charts.draw import draw_chart
from pipeline.report.charts.sheet import SMALL
from pipeline.report.exhibits.described import describe
from pipeline.report.views import ChartData

YEARS = ("2018", "2019", "2020", "2021", "2022")
COURSES: dict[str, tuple[float | None, ...]] = {
    "five years": (120.0, 80.0, 95.0, 400.0, 380.0),
    "a gap": (120.0, None, 95.0, 400.0, 380.0),
    "gaps around": (None, 80.0, None, 400.0, None),
    "one year only": (None, None, None, None, 380.0),
    "nothing at all": (None, None, None, None, None),
    "zeros": (0.0, 0.0, 0.0, 0.0, 0.0),
    "from zero": (0.0, 0.0, 3.0, 0.0, 7.0),
    "very large": (90_000.0, 250_000.0, 1.0, 2.0, 249_999.0),
    "parts of a kilogram": (0.4, 2.75, 9.125, 0.001, 3.5),
}


def chart(*courses: tuple[float | None, ...]) -> ChartData:
    series = series_of(courses, YEARS, name="figure")
    return ChartData("sparkline", series, "each from zero", "Key figures by year")


def changed(data: ChartData, year: str, **more: object) -> ChartData:
    """The chart with one point of its first line changed."""
    first, *others = data.series
    points = tuple(replace(p, **more) if p.x == year else p for p in first.points)  # type: ignore[arg-type]
    return replace(data, series=(replace(first, points=points), *others))


def lines(data: ChartData) -> int:
    """How many stretches of line are drawn."""
    width = f"stroke-width: {geometry.LINE_WIDTH}"
    return len(re.findall(rf'<path d="[^"]*L[^"]*" style="[^"]*{width}', draw_chart(data)))


@pytest.mark.parametrize("course", COURSES.values(), ids=list(COURSES))
@pytest.mark.parametrize("beside", [0, 4])
def test_each_year_with_a_figure_has_one_mark_that_is_read_back(
    course: tuple[float | None, ...], beside: int
) -> None:
    data = chart(course, *[COURSES["five years"]] * beside)
    given = sum(v is not None for v in course) + len(YEARS) * beside
    assert faults(data, draw_block(data, width_mm=174)) == ([], given)


@pytest.mark.parametrize("year", YEARS)
def test_a_mark_at_another_height_is_refused_in_each_year(year: str) -> None:
    data = chart(COURSES["five years"], COURSES["from zero"])
    block = draw_block(data, width_mm=174)
    assert faults(changed(data, year, value=222.0), block)[0]


@pytest.mark.parametrize("year", YEARS)
def test_a_year_that_may_not_be_shown_and_is_drawn_is_refused(year: str) -> None:
    data = chart(COURSES["five years"])
    block = draw_block(data, width_mm=174)
    hidden = changed(data, year, value=None, text="c", status="withheld")
    assert any("mark" in what or "corner" in what for what in faults(hidden, block)[0])


def test_a_line_in_the_place_of_another_is_refused() -> None:
    one, other = COURSES["five years"], COURSES["very large"]
    assert faults(chart(one, other), draw_block(chart(other, one), width_mm=174))[0]


@pytest.mark.parametrize("year", YEARS[1:])
def test_the_line_is_broken_at_gaps_breaks_and_other_states(year: str) -> None:
    data = chart(COURSES["five years"])
    assert lines(data) == 1
    for more in ({"joined": False}, {"status": "break"}, {"value": None, "text": ":"}):
        other = changed(data, year, **more)
        cut = 1 if year == YEARS[-1] or year == YEARS[1] else 2
        assert lines(other) <= cut
        assert faults(other, draw_block(other, width_mm=174))[0] == []


def test_a_break_is_told_and_so_is_why_there_is_no_figure() -> None:
    data = chart(COURSES["five years"])
    broken = labels_of(draw_block(changed(data, "2020", status="break"), width_mm=174))
    assert "break" in [label.text for label in broken]
    hidden = changed(data, "2022", value=None, text="c", status="withheld")
    assert "c" in [label.text for label in labels_of(draw_block(hidden, width_mm=174))]
    assert "withheld in 2022" in describe(hidden)


def test_no_text_is_smaller_than_seven_points() -> None:
    data = changed(chart(*[COURSES["a gap"]] * 5), "2020", status="break")
    sizes = [round(label.size, 2) for label in labels_of(draw_block(data, width_mm=174))]
    assert min(sizes) >= SMALL == 7.0


def test_the_marked_point_is_the_last_one_with_a_figure() -> None:
    block = draw_block(chart(COURSES["gaps around"]), width_mm=174)
    marks = [p for p in block.paths if p.fill is not None and p.stroke is not None]
    sizes = [(p.origin[0], p.box[2] - p.box[0]) for p in marks]
    assert max(sizes, key=lambda mark: mark[1])[0] == max(x for x, _ in sizes)
    assert len({round(size, 1) for _, size in sizes}) == 2


def test_its_columns_are_those_of_the_row_above() -> None:
    css = (ROOT / "templates" / "shared" / "report.css").read_text(encoding="utf-8")
    assert f".headline col.label {{ width: {geometry.SPARK_LABELS:g}mm }}" in css


def test_the_alternative_text_says_each_course_in_one_sentence() -> None:
    told = describe(chart(COURSES["a gap"], COURSES["one year only"]))
    assert "figure 0: rises from 120 in 2018 to 380 in 2022, highest 400 in 2021" in told
    assert "(no figure in 2019)" in told
    assert "figure 1: 380 in 2022" in told
