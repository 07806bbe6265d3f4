"""Into which classes do values fall, and how are they coloured? For heat maps and maps,
with their legend. Judgements are their own classes: one a word of their scale.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10
from typing import Any

from pipeline.report.charts.palette import ink_on, ramp
from pipeline.report.charts.sheet import CLASSES, GREY, PAPER, tick_label, values_of
from pipeline.report.views import ChartData


@dataclass(frozen=True)
class Classes:
    """The classes of a chart: the lower bounds of the second to the last, the colours, and
    the legend, each label with its colour.
    """

    bounds: tuple[float, ...]
    colours: tuple[str, ...]
    legend: tuple[tuple[str, str], ...]

    def colour(self, value: float) -> str:
        return self.colours[_class_of(value, self.bounds, count=len(self.colours))]

    def ink(self, value: float | None) -> str:
        """The colour of a text on the ground of a value; of none the ground is white."""
        return ink_on(PAPER if value is None else self.colour(value))

    @property
    def styles(self) -> list[dict[str, Any]]:
        """How the swatches of the legend look."""
        return [
            {"facecolor": colour, "edgecolor": GREY, "linewidth": 0.4} for _, colour in self.legend
        ]

    @property
    def labels(self) -> list[str]:
        return [text for text, _ in self.legend]


def classes_of(data: ChartData) -> Classes:
    """The classes of the values of a chart, or of the words of its scale."""
    if data.words:
        colours = ramp(len(data.words))
        bounds = tuple(float(place) for place in range(2, len(data.words) + 1))
        words = [*zip(data.words, colours, strict=True)]
        gaps = (p.text for s in data.series for p in s.points if p.status == "missing")
        silent = [(f"{text} {data.gap}", PAPER) for text in dict.fromkeys(gaps)]
        return Classes(bounds, colours, (*words, *silent))
    values = values_of(data)
    bounds = tuple(b for b in bounds_of(values) if b > data.least)
    legend = tuple(
        (text, CLASSES[_class_of(low, bounds, count=len(CLASSES))])
        for text, low in _labels(values or [data.least], bounds, least=data.least)
    )
    return Classes(bounds, CLASSES, legend)


def bounds_of(values: Sequence[float]) -> list[float]:
    """Round lower bounds of the second to the fifth class, in even steps, or in growing
    ones when a few values lead.
    """
    positive = sorted(value for value in values if value > 0)
    if not positive:
        return []
    high = positive[-1]
    middle = positive[len(positive) // 2]
    if high > 8 * middle:
        powers = range(floor(log10(positive[0])), floor(log10(high)) + 1)
        round_ones = [
            part * 10.0**power
            for power in powers
            for part in (1, 2, 5)
            if part * 10.0**power <= high
        ]
        inner = [value for value in round_ones if value > positive[0]] or round_ones
        chosen = {inner[round((len(inner) - 1) * (part + 1) / 4)] for part in range(4)}
        return sorted(chosen)
    power = 10.0 ** floor(log10(high / 5))
    whole = all(value.is_integer() for value in map(float, positive))
    steps = [
        part * power
        for part in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
        if not whole or (part * power).is_integer()
    ]
    step = next((step for step in steps if high <= 5 * step), max(steps, default=1.0))
    return [round(step * part, 10) for part in range(1, 5) if step * part < high] or [high]


def _class_of(value: float, bounds: Sequence[float], *, count: int) -> int:
    """Index of the colour; fewer classes are spread over all colours."""
    step = sum(1 for bound in bounds if value >= bound)
    return round(step * (count - 1) / max(len(bounds), 1)) if bounds else 0


def _labels(
    values: Sequence[float], bounds: Sequence[float], *, least: float
) -> list[tuple[str, float]]:
    """What the legend says of each class, and where the class begins."""
    whole = all(float(value).is_integer() for value in [*values, *bounds])
    edges = [min([least, *values]), *bounds]
    labels = []
    for index, low in enumerate(edges):
        if index + 1 == len(edges):
            one = not bounds and max(values) == low
            text = tick_label(low) if one else f"{tick_label(low)} or more"
        elif whole:
            high = edges[index + 1] - 1
            text = tick_label(low) if high == low else f"{tick_label(low)} to {tick_label(high)}"
        else:
            text = f"{tick_label(low)} to under {tick_label(edges[index + 1])}"
        labels.append((text, low))
    return labels
