"""Do charts of two years, of parts of a whole, of two sides and of small panels show
what was released, and is any other drawing refused?
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from drawings import draw_block, faults, series_of, with_base

from pipeline.errors import RenderError
from pipeline.inspection.readback.axes import labels_of
from pipeline.report.charts.draw import draw_chart
from pipeline.report.exhibits.described import describe
from pipeline.report.views import ChartData, Kind

NEW: tuple[Kind, ...] = (
    "dumbbell",
    "share_bar",
    "pyramid",
    "small_multiples",
    "sparkline",
    "of_ten",
)
YEARS = ("2021", "2022")
LONG = "All that the services of an invented state registered in ports and inland"
ROWS: dict[str, tuple[tuple[float | None, float | None], ...]] = {
    "plain": ((120.0, 80.0), (40.0, 160.0)),
    "nil": ((0.0, 0.0), (0.0, 7.0)),
    "one missing": ((None, 80.0), (40.0, 160.0)),
    "last missing": ((120.0, None), (40.0, 160.0)),
    "only one shown": ((120.0, None), (None, None)),
    "the same": ((50.0, 50.0), (50.0, 50.0)),
    "far apart": ((1.0, 2.0), (90_000.0, 250_000.0)),
    "none shown": ((None, None), (None, None)),
}


def chart(kind: Kind, rows: tuple[tuple[float | None, ...], ...], *, name: str = "") -> ChartData:
    series = series_of(rows, YEARS, name=name or "Row")
    return with_base(ChartData(kind, series, "persons", f"Chart {kind}"))


def labels(data: ChartData) -> list[str]:
    return [label.text for label in labels_of(draw_block(data))]


def changed(data: ChartData, **more: object) -> ChartData:
    """The chart with its first series' last point changed."""
    first, *others = data.series
    points = (*first.points[:-1], replace(first.points[-1], **more))  # type: ignore[arg-type]
    return replace(data, series=(replace(first, points=points), *others))


@pytest.mark.parametrize("rows", ROWS.values(), ids=list(ROWS))
@pytest.mark.parametrize("kind", NEW)
def test_what_is_drawn_is_read_back(kind: Kind, rows: tuple[tuple[float | None, ...], ...]) -> None:
    data = chart(kind, rows)
    assert faults(data, draw_block(data))[0] == []


@pytest.mark.parametrize("kind", NEW)
@pytest.mark.parametrize("width", [83.0, 174.0])
def test_long_names_and_narrow_pages_are_read_back_too(kind: Kind, width: float) -> None:
    data = chart(kind, ROWS["plain"], name=LONG)
    assert faults(data, draw_block(data, width_mm=width))[0] == []


@pytest.mark.parametrize("kind", NEW)
def test_a_mark_of_another_value_is_refused(kind: Kind) -> None:
    data = chart(kind, ROWS["plain"])
    other = chart(kind, ((120.0, 190.0), (40.0, 160.0)))
    assert faults(data, draw_block(other))[0] != []


@pytest.mark.parametrize("kind", ["dumbbell", "pyramid"])
def test_marks_that_changed_places_are_refused(kind: Kind) -> None:
    data = chart(kind, ROWS["plain"])
    assert faults(data, draw_block(chart(kind, ((80.0, 120.0), (40.0, 160.0)))))[0] != []
    assert faults(data, draw_block(chart(kind, ((40.0, 160.0), (120.0, 80.0)))))[0] != []


def test_a_base_that_is_not_the_sum_of_its_parts_is_refused() -> None:
    data = chart("share_bar", ROWS["plain"])
    *parts, base = data.series
    more = tuple(replace(p, value=(p.value or 0) + 1) for p in base.points)
    wrong = replace(data, series=(*parts, replace(base, points=more)))
    assert any("base" in fault for fault in faults(wrong, draw_block(wrong))[0])


def bars(data: ChartData) -> int:
    """Lines that join the two years of a row."""
    return draw_chart(data).count("stroke-width: 1.3")


@pytest.mark.parametrize(
    "more", [{"status": "break"}, {"joined": False}, {"value": None, "text": "c"}]
)
def test_two_years_are_joined_only_where_they_may_be_compared(more: dict[str, object]) -> None:
    data = chart("dumbbell", ROWS["plain"])
    assert bars(data) == 2
    assert bars(changed(data, **more)) == 1


def test_a_dumbbell_tells_breaks_and_years_without_a_figure() -> None:
    data = chart("dumbbell", ROWS["plain"])
    assert "80(break)" in labels(changed(data, status="break"))
    assert "2022c" in labels(changed(data, value=None, text="c", status="withheld"))


def test_a_bar_with_a_gap_has_no_base_and_no_count_of_states() -> None:
    data = chart("share_bar", ROWS["plain"])
    counted = tuple(
        replace(s, points=tuple(replace(p, coverage="7 of 11") for p in s.points))
        for s in data.series[:-1]
    )
    shown = replace(data, series=counted)
    gap = replace(changed(shown, value=None, text="c", status="withheld"))
    told = labels(with_base(gap))
    assert told.count("7of11") == 1
    assert "160" in labels(with_base(replace(gap, series=gap.series[1:])))
    assert "Row0c" in told


def test_the_text_for_who_does_not_see_it_gives_bases_and_states() -> None:
    data = chart("share_bar", ROWS["one missing"])
    assert describe(data) == (
        "Chart of parts of a whole, persons. 2021: Row 1 40; 2022: Row 0 80, Row 1 160, n 240."
    )


def test_each_panel_has_its_own_axis() -> None:
    told = labels(chart("small_multiples", ROWS["far apart"]))
    assert {"1", "2", "200,000"} <= set(told)


def test_a_pyramid_of_three_sides_is_refused() -> None:
    with pytest.raises(RenderError, match="3 sides"):
        draw_chart(chart("pyramid", (*ROWS["plain"], (1.0, 2.0))))
