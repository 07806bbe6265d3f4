"""Do drawing and reading back go by the same numbers? Whoever widens a bar must not
break the scan, and must not blind it.
"""

from __future__ import annotations

import pytest
from drawings import draw_block, faults, with_base

from pipeline.report.charts import geometry
from pipeline.report.views import ChartData, Kind, Point, Series

VALUES = {"A": (120.0, 80.0, 200.0), "B": (40.0, 160.0, 90.0), "C": (10.0, 20.0, 30.0)}
MANY = tuple(
    Series(
        name,
        tuple(Point(str(2020 + i), v, f"{v:.0f}", f"K:{name}.{i}") for i, v in enumerate(values)),
    )
    for name, values in VALUES.items()
)


MOST: dict[Kind, int] = {"bar": 1, "pyramid": 2}  # series; of other kinds three


def chart(kind: Kind) -> ChartData:
    data = ChartData(kind, MANY[: MOST.get(kind, 3)], "persons", f"Chart {kind}")
    return with_base(data)


def marks_of(kind: Kind) -> int:
    """One mark a value; a dumbbell has those of the first and the last year."""
    return MOST.get(kind, 3) * (2 if kind == "dumbbell" else 3)


# Number, another value, and the charts that are read by it.
READ: list[tuple[str, float, tuple[Kind, ...]]] = [
    ("LINE_MARGIN", 0.8, ("line",)),
    ("PANEL_MARGIN", 0.7, ("small_multiples", "sparkline")),
    ("MARK", 12.0, ("line", "dumbbell", "sparkline")),
    ("SMALL_MARK", 12.0, ("small_multiples",)),
    ("BAR_SHARE", 0.5, ("grouped_bar",)),
    ("SWATCH_WIDTH", 5.2, ("grouped_bar", "stacked_bar", "heat")),
    ("SWATCH_HEIGHT", 1.8, ("grouped_bar", "stacked_bar", "heat")),
    ("SWATCH_LABEL", 7.5, ("heat",)),
    ("TICK_PAD", 5.0, ("line", "small_multiples")),
    ("FLOW_GAP", 4.0, ("flow",)),
    ("SPARK_HEIGHT", 12.0, ("sparkline",)),
    ("STRIP_HEIGHT", 4.4, ("state_lines",)),
    ("TEN_WIDTH", 4.0, ("of_ten",)),
    ("TEN_HEIGHT", 7.0, ("of_ten",)),
    ("TEN_STEP", 5.2, ("of_ten",)),
]
# Those that only the drawing goes by, so far as a changed one still lets marks be told.
ONLY_DRAWN: list[tuple[str, float, tuple[Kind, ...]]] = [
    ("MARK_EDGE", 1.2, ("line", "small_multiples", "dumbbell")),
    ("LINE_WIDTH", 2.0, ("line", "small_multiples", "dumbbell")),
    ("LEAD_WIDTH", 0.8, ("line",)),
    ("BAR_FILL", 0.6, ("bar", "grouped_bar")),
    ("STACK_SHARE", 0.5, ("stacked_bar", "share_bar", "pyramid")),
    ("FLOW_END", 18.0, ("flow",)),
    ("SPARK_LABELS", 40.0, ("sparkline",)),
    ("STRIP_ROW", 7.0, ("state_lines",)),
]
CASES = [(n, v, kind) for n, v, kinds in READ + ONLY_DRAWN for kind in kinds]
READ_CASES = [(n, v, kind) for n, v, kinds in READ for kind in kinds]


@pytest.mark.parametrize(("name", "value", "kind"), CASES)
def test_a_changed_number_changes_drawing_and_measuring_together(
    monkeypatch: pytest.MonkeyPatch, name: str, value: float, kind: Kind
) -> None:
    before = draw_block(chart(kind)).paths
    assert faults(chart(kind), draw_block(chart(kind))) == ([], marks_of(kind))
    monkeypatch.setattr(geometry, name, value)
    drawn = draw_block(chart(kind))
    assert drawn.paths != before or name in ("SWATCH_LABEL", "TICK_PAD")
    assert faults(chart(kind), drawn) == ([], marks_of(kind))


@pytest.mark.parametrize(("name", "value", "kind"), READ_CASES)
def test_a_drawing_by_another_number_is_not_read_as_right(
    monkeypatch: pytest.MonkeyPatch, name: str, value: float, kind: Kind
) -> None:
    with monkeypatch.context() as drawing:
        drawing.setattr(geometry, name, value)
        drawn = draw_block(chart(kind))
    assert faults(chart(kind), drawn)[0]


def test_every_number_is_tried() -> None:
    numbers = {n for n, v in vars(geometry).items() if n.isupper() and isinstance(v, float)}
    tried = {name for name, *_ in CASES}
    assert numbers - tried == {"MM_PER_POINT"}  # no choice of ours


@pytest.mark.parametrize("count", [1, 2, 7])
def test_positions_and_their_inverses_agree(count: int) -> None:
    for place in range(count):
        share = geometry.share_of_axis(place, count, margin=0.35)
        assert geometry.place_at(share, count, margin=0.35) == pytest.approx(place)
        offset = geometry.bar_offset(place, count)
        assert geometry.series_at(offset, count) == pytest.approx(place)
