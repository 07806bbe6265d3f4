"""Does the scan read flows and maps back from the page as they were drawn, and see when
one shows another value?
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from drawings import draw_block

from pipeline.inspection.readback.axes import Label, labels_of, read_axes
from pipeline.inspection.readback.marks import Path
from pipeline.inspection.readback.measure import measure
from pipeline.report.views import ChartData, Point, Series


def points(*values: float | None) -> tuple[Point, ...]:
    shown = zip(("BG", "GR", "HU", "RO"), values, strict=True)
    return tuple(Point(x, v, "c" if v is None else f"{v:,.0f}", f"K:{x}.2022") for x, v in shown)


SENT = Series("Asia", points(4000, 9000, None, 120)), Series("Africa", points(0, 3000, 800, 640))
FLOW = ChartData("flow", SENT, "persons", "Flow")
MAP = ChartData(
    "map", (Series("2022", points(12, 3.5, None, 40)),), "per 100,000 inhabitants", "Map"
)

SCALE = ("very low", "low", "medium", "high", "very high")


def words(*places: int | None) -> tuple[Point, ...]:
    shown = zip(("BG", "GR", "HU", "RO"), places, strict=True)
    return tuple(
        Point(x, p, SCALE[p - 1] if p else ":", f"K:{x}.2022", "" if p else "missing")
        for x, p in shown
    )


WORDS = ChartData(
    "heat",
    (Series("Drugs", words(1, 5, None, 3)), Series("Firearms", words(2, 4, 5, 1))),
    "likelihood now",
    "Words",
    words=SCALE,
    gap="not assessed",
)


def drawn(title: str) -> tuple[list[Path], list[Label]]:
    """Paths and labels of a chart, from a page of a PDF."""
    figure = draw_block({"Flow": FLOW, "Map": MAP, "Words": WORDS}[title])
    return figure.paths, labels_of(figure)


def faults(
    data: ChartData, paths: list[Path], labels: list[Label] | None = None
) -> tuple[list[str], int]:
    own = labels if labels is not None else drawn(data.title)[1]
    painted = [p for p in paths if p.fill is not None or p.stroke is not None]
    counts: Counter[str] = Counter()
    found = measure(data, paths, axes=read_axes(data, painted, labels=own), counts=counts)
    return [what for what, _ in found], counts["mark"]


@pytest.mark.parametrize(
    ("data", "marks"), [(FLOW, 6), (MAP, 3), (WORDS, 7)], ids=["flow", "map", "words"]
)
def test_a_chart_as_drawn_shows_its_values(data: ChartData, marks: int) -> None:
    assert faults(data, drawn(data.title)[0]) == ([], marks)


@pytest.mark.parametrize("data", [FLOW, MAP], ids=["flow", "map"])
def test_a_chart_of_other_released_values_is_seen(data: ChartData) -> None:
    first, *rest = data.series
    other = replace(first, points=(replace(first.points[0], value=20000.0), *first.points[1:]))
    assert faults(replace(data, series=(other, *rest)), drawn(data.title)[0])[0] != []


def moved(path: Path, by: float) -> Path:
    return replace(path, parts=tuple(tuple((x, y + by) for x, y in part) for part in path.parts))


def higher(path: Path) -> Path:
    top = path.box[3]
    return replace(
        path,
        parts=tuple(tuple((x, y + 1 if y == top else y) for x, y in part) for part in path.parts),
    )


@pytest.mark.parametrize("kind", ["bands", "ends"])
@pytest.mark.parametrize("change", [lambda p: moved(p, -1.5), higher], ids=["moved", "thicker"])
def test_a_band_or_end_that_shows_another_value_is_seen(
    kind: str, change: Callable[[Path], Path]
) -> None:
    paths = list(drawn("Flow")[0])
    curved = kind == "bands"
    place = [i for i, p in enumerate(paths) if p.fill is not None and p.curved == curved][-1]
    paths[place] = change(paths[place])
    assert faults(FLOW, paths)[0] != []


def test_a_state_in_the_colour_of_another_class_and_a_coloured_gap_are_seen() -> None:
    paths = list(drawn("Map")[0])
    hatched = [i for i, p in enumerate(paths) if isinstance(p.fill, str)]
    assert len(hatched) == 2  # the state without a figure, and the swatch that says what it means
    colour = next(p.fill for p in reversed(paths) if isinstance(p.fill, tuple))
    state = replace(paths[hatched[0]], fill=colour)
    assert any(
        "is coloured" in what
        for what in faults(MAP, [*paths[: hatched[0]], state, *paths[hatched[0] + 1 :]])[0]
    )


def swapped(found: list[Label], one: str, other: str) -> list[Label]:
    names = {one: other, other: one}
    return [replace(label, text=names.get(label.text, label.text)) for label in found]


def test_a_word_on_the_ground_of_another_is_seen() -> None:
    paths, labels = drawn("Words")
    assert "medium" in {label.text for label in labels}
    assert faults(WORDS, paths, swapped(labels, "low", "medium"))[0] != []
    tiles = [label for label in labels if label.text == "medium"]
    wrong = [replace(x, text="low") if x == tiles[-1] else x for x in labels]  # not in the legend
    assert any("says 'low'" in what for what in faults(WORDS, paths, wrong)[0])
    silent = [replace(x, text="high") if x.text == ":" else x for x in labels]
    assert any("says 'high'" in what for what in faults(WORDS, paths, silent)[0])


def test_a_tile_as_dark_as_another_word_and_a_legend_in_another_order_are_seen() -> None:
    paths, labels = drawn("Words")
    filled = [i for i, p in enumerate(paths) if p.fill is not None]
    light, dark = filled[-1], filled[-2]  # very low, very high
    other = [replace(p, fill=paths[dark].fill) if i == light else p for i, p in enumerate(paths)]
    assert any("colour of another class" in what for what in faults(WORDS, other, labels)[0])
    legend = filled[:5]
    turned = list(paths)
    turned[legend[0]] = replace(paths[legend[0]], fill=paths[legend[4]].fill)
    assert any("another word" in what for what in faults(WORDS, turned, labels)[0])
    assert faults(replace(WORDS, words=SCALE[::-1]), paths, labels)[0] != []
