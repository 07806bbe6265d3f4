"""Is a chart read back where every figure is nil, or all are the same? A state that counts
nothing every year is as true as any other.
"""

from __future__ import annotations

from collections import Counter

import pytest
from drawings import draw_block, with_base

from pipeline.inspection.readback.axes import labels_of, read_axes
from pipeline.inspection.readback.measure import measure
from pipeline.report.views import ChartData, Kind, Point, Series

YEARS = ("2020", "2021", "2022", "2023", "2024")
KINDS: tuple[Kind, ...] = (
    "line",
    "small_multiples",
    "bar",
    "grouped_bar",
    "stacked_bar",
    "heat",
    "dumbbell",
    "share_bar",
    "pyramid",
    "of_ten",
)
VALUES = {
    "nil": [0.0],
    "nil in two": [0.0, 0.0],
    "one": [1.0],
    "nil beside one": [0.0, 1.0],
    "a thousand": [1000.0],
}


def chart(kind: Kind, values: list[float]) -> ChartData:
    series = tuple(
        Series(
            f"Series {number}",
            tuple(Point(y, value, f"{value:,.0f}", f"K:{number}.{y}") for y in YEARS),
        )
        for number, value in enumerate(values)
    )
    return with_base(ChartData(kind, series, "persons", "Nothing"))


@pytest.mark.parametrize("values", VALUES.values(), ids=list(VALUES))
@pytest.mark.parametrize("kind", KINDS)
def test_a_chart_without_a_span_is_read_back(kind: Kind, values: list[float]) -> None:
    data = chart(kind, values)
    block = draw_block(data)
    painted = [p for p in block.paths if p.fill is not None or p.stroke is not None]
    counts: Counter[str] = Counter()
    axes = read_axes(data, painted, labels=labels_of(block))
    assert list(measure(data, block.paths, axes=axes, counts=counts)) == []
