"""Into which classes do values fall, and how are they coloured? For heat maps and maps,
with their legend.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, log10

from pipeline.report.charts.sheet import (
    CLASSES,
    GREY,
    INK,
    PAPER,
    Sheet,
    draw_legend,
    tick_label,
    values_of,
)
from pipeline.report.views import ChartData


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


def class_of(value: float, bounds: Sequence[float]) -> int:
    """Index of the fill; fewer classes are spread over all fills."""
    step = sum(1 for bound in bounds if value >= bound)
    return round(step * (len(CLASSES) - 1) / max(len(bounds), 1)) if bounds else 0


def class_labels(values: Sequence[float], bounds: Sequence[float]) -> list[tuple[str, int]]:
    whole = all(float(value).is_integer() for value in [*values, *bounds])
    edges = [min([0.0, *values]), *bounds]
    labels = []
    for index, low in enumerate(edges):
        if index + 1 == len(edges):
            text = f"{tick_label(low)} or more" if bounds else tick_label(low)
        elif whole:
            high = edges[index + 1] - 1
            text = tick_label(low) if high == low else f"{tick_label(low)} to {tick_label(high)}"
        else:
            text = f"{tick_label(low)} to under {tick_label(edges[index + 1])}"
        labels.append((text, class_of(low, bounds)))
    return labels


def class_legend(
    sheet: Sheet | None,
    data: ChartData,
    *,
    bounds: Sequence[float],
    left: float,
    width: float,
    top: float,
) -> float:
    labels = class_labels(values_of(data) or [0.0], bounds)
    styles = [
        {"facecolor": CLASSES[index], "edgecolor": GREY, "linewidth": 0.4} for _, index in labels
    ]
    return draw_legend(
        sheet, [text for text, _ in labels], styles=styles, left=left, width=width, top=top
    )


def class_ink(value: float | None, bounds: Sequence[float]) -> str:
    return PAPER if value is not None and class_of(value, bounds) >= 3 else INK
