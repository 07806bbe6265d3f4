"""Is the map the region, and does the scan of a finished file see a map that is another
one?
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.errors import RenderError
from pipeline.inspection.readback.maps import place_of, strange
from pipeline.inspection.readback.marks import Path
from pipeline.report.charts.draw import draw_chart
from pipeline.report.charts.maps import KOSOVO_NAME, NOT_REPORTED, NOTES, WITHHELD
from pipeline.report.charts.region import (
    FILE,
    KOSOVO,
    Layer,
    layers,
    name_place,
    picture_layers,
    read_region,
)
from pipeline.report.charts.sheet import SMALL, text_width
from pipeline.report.views import ChartData, Point, Series

STATES = ("AL", "BA", "BG", "GR", "HU", "MD", "ME", "MK", "RO", "RS", "TR")
SCALE, LEFT, TOP = 2.9, 51.0, 700.0  # points a millimetre, and where the sheet lies on a page


def on_page(layer: Layer) -> Path:
    parts = tuple(
        tuple((LEFT + x * SCALE, TOP - y * SCALE) for x, y in ring) for ring in layer.rings
    )
    return Path(parts, False, (0.0, 0.0, 0.0), None, 0.4, False, (0.0, 0.0), 1, 1)


def map_of(*points: Point) -> ChartData:
    names = {code: f"Name of {code}" for code in STATES}
    return ChartData("map", (Series("2022", points),), "per 100,000 inhabitants", "Map", "", names)


def test_every_state_has_outline_and_place_for_its_name_inside_of_the_sheet() -> None:
    region = read_region()
    assert {*STATES, KOSOVO} <= set(region.shapes)
    for rings in (*region.shapes.values(), region.nameless, region.neutral):
        for x, y in (place for ring in rings for place in ring):
            assert 0 <= x <= region.width
            assert 0 <= y <= region.height
    assert FILE.stat().st_size < 150_000


NAMES = {
    "BA": "Herzegovina",
    "MK": "Macedonia",
    "ME": "Montenegro",
    KOSOVO: KOSOVO_NAME,
    "MD": "Republic of Moldova",
    "AL": "Albania",
    "RS": "Serbia",
    "HU": "Hungary",
    "RO": "Romania",
    "BG": "Bulgaria",
    "GR": "Greece",
    "TR": "Türkiye",
}


@pytest.mark.parametrize(
    "more", [{}, {"UA": "Ukraine"}, {"HR": "Croatia"}, {"SI": "Slovenia"}, {"CY": "Cyprus"}]
)
def test_names_of_states_do_not_stand_on_each_other(more: dict[str, str]) -> None:
    boxes = {}
    for code, name in (NAMES | more).items():
        x, y, inside = name_place(code)
        width = text_width(name, 5.6 if code == KOSOVO else SMALL)
        lines = 1 if code == KOSOVO else 2
        left = x - width / 2 if not inside else x - width if inside[0] > x else x
        boxes[code] = (left, y - 1.4 * lines, left + width, y + 1.4 * lines)
    for one, a in boxes.items():
        for other, b in boxes.items():
            apart = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
            assert one == other or apart, (one, other)


def test_states_without_a_figure_are_hatched_and_the_legend_says_why() -> None:
    svg = draw_chart(
        map_of(
            Point("RO", 2.5, "2.50"),
            Point("BG", None, "c", status="withheld"),
            Point("ME", None, ":"),
        )
    )
    assert f">{NOT_REPORTED}<" in svg
    assert f">{WITHHELD}<" in svg
    assert svg.count("<pattern") >= 2
    full = draw_chart(map_of(Point("RO", 2.5, "2.50"), Point("BG", 1.0, "1.00")))
    assert NOT_REPORTED not in full
    assert "<pattern" not in full


def test_a_map_names_kosovo_neutrally_and_says_what_its_borders_mean() -> None:
    assert f">{KOSOVO_NAME}<" in draw_chart(
        map_of(Point("RO", 2.5, "2.50"), Point("BG", 1.0, "1.00"))
    )
    assert "do not imply official endorsement or acceptance" in NOTES[0]
    assert "1244/1999" in NOTES[1]


def test_a_code_without_an_outline_is_refused_by_name() -> None:
    with pytest.raises(RenderError, match="no outline of PT"):
        layers(["PT"])


def test_a_map_at_any_place_and_scale_is_the_region() -> None:
    wanted = [layer for layer in layers(STATES) if layer.closed]
    paths = [on_page(layer) for layer in wanted]
    assert list(strange(paths, wanted, place=place_of(paths[0], wanted[0]))) == []


@pytest.mark.parametrize(
    "change",
    [
        # one corner stands elsewhere
        lambda parts: (
            ((parts[0][0][0] + 2, parts[0][0][1]), *parts[0][1:]),
            *parts[1:],
        ),
        # a whole state was moved
        lambda parts: tuple(tuple((x, y + 3) for x, y in part) for part in parts),
        lambda parts: (*parts, ((60, 600), (70, 600), (70, 610))),  # one more island
        lambda parts: (parts[0][:-3],),  # corners were left out
    ],
)
def test_a_path_that_is_another_shape_is_found(change: object) -> None:
    wanted = picture_layers(STATES)
    paths = [on_page(layer) for layer in wanted]
    paths[4] = replace(paths[4], parts=change(paths[4].parts))  # type: ignore[operator]
    assert list(strange(paths, wanted, place=place_of(paths[0], wanted[0]))) == [paths[4]]


def test_any_state_of_the_map_may_be_a_member_and_has_its_name_inside_of_its_outline() -> None:
    region = read_region()
    others = sorted({*region.shapes} - {*STATES, KOSOVO})
    assert {"HR", "SI", "UA"} <= set(others)
    for code in others:
        wanted = layers([*STATES, code])
        assert wanted[0].rings == region.around([*STATES, code])
        assert not set(region.shapes[code]) & set(wanted[0].rings)
        assert [layer.rings for layer in wanted if layer.name == code] == [region.shapes[code]]
        x, y, inside = name_place(code)
        assert inside is None
        assert is_in(region.shapes[code][0], x, y)


def is_in(ring: tuple[tuple[float, float], ...], x: float, y: float) -> bool:
    sides = zip(ring, (*ring[1:], ring[0]), strict=True)
    return (
        sum(
            (b <= y) != (d <= y) and a + (y - b) / (d - b) * (c - a) > x for (a, b), (c, d) in sides
        )
        % 2
        == 1
    )


def test_a_map_with_a_new_member_is_drawn_with_its_name_and_its_figure() -> None:
    svg = draw_chart(map_of(Point("RO", 2.5, "2.50"), Point("UA", 1.0, "1.00")))
    assert ">UA<" in svg
    assert ">1.00<" in svg
