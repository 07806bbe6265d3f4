"""How are axes, lines, breaks and gaps of a plot drawn? The same in every chart that
has them, on the axes that are given.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.report.charts import geometry
from pipeline.report.charts.sheet import (
    DASHES,
    GREY,
    INK,
    LINE_COLOURS,
    MARKERS,
    PALE,
    PAPER,
    SMALL,
    TEXT,
    fill_style,
    tick_label,
)
from pipeline.report.views import ChartData, Point, Series

_DARK = (0, 1, 2)  # fills on which white is read


def set_value_axis(axis: Any, ticks: Sequence[float]) -> None:
    axis.set_ticks(ticks, [tick_label(tick) for tick in ticks])
    axis.grid(True, color=PALE, linewidth=0.5)


def figure_with_notes(point: Point, *, gap: str = " ") -> str:
    """A figure, and behind `gap` how many states it counts and whether its series broke."""
    notes = [note for note in (point.coverage, "break" if point.status == "break" else "") if note]
    return f"{point.text}{gap}({', '.join(notes)})" if notes else point.text


def write_in_part(axes: Any, text: str, *, at: tuple[float, float], index: int) -> None:
    """The figure of a part of a bar, in its middle; on hatching it has a ground."""
    style = fill_style(index)
    axes.text(
        *at,
        text,
        ha="center",
        va="center_baseline",
        fontsize=SMALL,
        color=PAPER if index in _DARK else INK,
        bbox={"facecolor": style["facecolor"], "edgecolor": "none", "pad": 1.2}
        if style.get("hatch")
        else None,
    )


def gap_texts(points: Sequence[tuple[str, Point]], most: int) -> list[str]:
    """Which parts have no value: by name when they are few, otherwise how many of each
    kind.
    """
    gaps = [(label, point.text) for label, point in points if point.value is None and point.text]
    kinds = list(dict.fromkeys(text for _, text in gaps))
    if len(gaps) == len(points) and len(kinds) == 1:
        return [f"all {kinds[0]}" if len(gaps) > 1 else kinds[0]]
    if len(gaps) <= most:
        return [f"{label} {text}" for label, text in gaps]
    return [f"{sum(1 for _, text in gaps if text == kind)} × {kind}" for kind in kinds]


def joined_runs(series: Series, xs: Sequence[str]) -> list[list[tuple[int, Point]]]:
    """Points that a line may join: it ends at a gap, before a break in the series, and
    where the states change.
    """
    by_x = {point.x: point for point in series.points}
    runs: list[list[tuple[int, Point]]] = [[]]
    for place, x in enumerate(xs):
        point = by_x.get(x)
        if point is None or point.value is None:
            runs.append([])
            continue
        if point.status == "break" or not point.joined:
            runs.append([])
        runs[-1].append((place, point))
    return [run for run in runs if run]


def plot_line(
    axes: Any, series: Series, *, xs: Sequence[str], index: int, labelled: bool, small: bool = False
) -> None:
    colour = LINE_COLOURS[index % len(LINE_COLOURS)]
    marker = {
        "marker": MARKERS[index % len(MARKERS)],
        "markersize": geometry.SMALL_MARK if small else geometry.MARK,
        "markeredgewidth": geometry.MARK_EDGE,
    }
    for run in joined_runs(series, xs):
        places = [place for place, _ in run]
        values = [point.value for _, point in run]
        axes.plot(
            places,
            values,
            color=colour,
            linestyle=DASHES[index % len(DASHES)],
            linewidth=geometry.LINE_WIDTH,
            clip_on=False,
        )
        for hollow in (False, True):
            chosen = [
                (place, point.value)
                for place, point in run
                if (point.status == "partial") == hollow
            ]
            if chosen:
                axes.plot(
                    *zip(*chosen, strict=True),
                    color=colour,
                    linestyle="none",
                    clip_on=False,
                    **marker,
                    markerfacecolor=PAPER if hollow else colour,
                )
        for step, (place, point) in enumerate(run if labelled else []):
            below = _in_valley(values, step) and (point.value or 0) > 0.12 * max(axes.get_ylim())
            axes.annotate(
                point.text,
                (place, point.value),
                (0, -5 if below else 5),
                textcoords="offset points",
                ha="center",
                va="top" if below else "bottom",
                fontsize=TEXT,
            )


def _in_valley(values: Sequence[float | None], step: int) -> bool:
    """A label above the lowest of three points would stand between the two lines that
    rise from it.
    """
    value = values[step] or 0
    sides = [other or 0 for other in values[max(step - 1, 0) : step + 2]]
    return max(sides) > value and min(sides) == value


def mark_breaks(axes: Any, data: ChartData, *, xs: Sequence[str], size: float) -> None:
    breaks: dict[int, list[str]] = {}
    for series in data.series:
        for point in series.points:
            if point.status == "break":
                breaks.setdefault(xs.index(point.x), []).append(series.label)
    for place, labels in sorted(breaks.items()):
        whose = f" {labels[0]}" if len(labels) == 1 < len(data.series) else ""
        axes.axvline(place - 0.5, color=GREY, linewidth=0.7, linestyle=(0, (3, 2)), clip_on=False)
        axes.annotate(
            f"break{whose}",
            (place - 0.5, 1),
            (0, 1.5),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=size,
            color=GREY,
        )


def mark_gaps(axes: Any, series: Series, *, xs: Sequence[str], size: float = TEXT) -> None:
    """Print why a point is not there at the foot of the plot: a gap has no height that
    could be read.
    """
    for point in series.points:
        if point.value is None and point.text:
            axes.annotate(
                point.text,
                (xs.index(point.x), 0),
                (0, 2),
                xycoords=("data", "axes fraction"),
                ha="center",
                va="bottom",
                textcoords="offset points",
                fontsize=size,
                fontweight="bold",
            )
