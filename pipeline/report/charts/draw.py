"""What does a chart look like? One drawing a kind, as inline SVG with real text, the
same bytes every time.

Every drawing works in millimetres on a `Sheet`, so a label is as high in a small chart
as in a large one. Charts are read without colour too: labels stand next to what they
name, fills are ordered in lightness and hatched, lines differ in dash and marker. A
value that is None has no place on any axis: only the point's text is printed, where it
starts.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Sequence
from html import escape
from math import floor, isfinite
from typing import Any, Protocol

from pipeline.errors import RenderError
from pipeline.report.charts.classes import bounds_of, class_ink, class_legend, class_of
from pipeline.report.charts.flows import draw_flow
from pipeline.report.charts.maps import draw_map
from pipeline.report.charts.sheet import (
    CLASSES,
    DASHES,
    GREY,
    INK,
    LINE_COLOURS,
    MARKERS,
    PALE,
    PAPER,
    SMALL,
    TEXT,
    Sheet,
    draw_legend,
    fill_style,
    label_of,
    places_of,
    register_fonts,
    scale_of,
    spread_apart,
    text_height,
    text_width,
    tick_label,
    values_of,
    widest_of,
    wrap_text,
)
from pipeline.report.views import ChartData, Point, Series

# a drawing less wide than this sets its texts closer; size of the smallest texts
NARROW, TINY = (
    120,
    5.8,
)
_HIDDEN = ("missing", "withheld", "suppressed")


def draw_chart(data: ChartData, *, width_mm: float = 160, height_mm: float | None = None) -> str:
    """Draw a chart as inline SVG, `width_mm` wide and as high as its rows need unless
    `height_mm` is given.

    Raises RenderError when there is nothing to draw, or a point says it is withheld and
    yet carries a value.
    """
    _check(data)
    import matplotlib

    with matplotlib.rc_context(_style(_salt(data))):
        sheet = _DRAWINGS[data.kind](data, width_mm, height=height_mm)
        buffer = io.StringIO()
        sheet.figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return _clean(buffer.getvalue(), data)


def _check(data: ChartData) -> None:
    if not any(series.points for series in data.series):
        raise RenderError(
            "the chart has no points",
            where=data.title,
            do="give an exhibit without data as EmptyView",
        )
    for series in data.series:
        for point in series.points:
            if point.value is None:
                continue
            if point.status in _HIDDEN or not isfinite(point.value):
                raise RenderError(
                    f"point {point.key or point.x} is '{point.status or 'not a number'}' and yet"
                    " has a value",
                    where=data.title,
                    do="leave the value out: it could be measured in the drawing",
                )


def _salt(data: ChartData) -> str:
    return hashlib.sha256(f"{data.kind}|{data.title}".encode()).hexdigest()[:10]


def _style(salt: str) -> dict[str, Any]:
    register_fonts()
    return {
        "svg.fonttype": "none",
        "svg.hashsalt": salt,
        "font.family": ["Source Sans Pro"],
        "font.size": TEXT,
        "text.parse_math": False,
        "text.color": INK,
        "axes.linewidth": 0.5,
        "axes.edgecolor": GREY,
        "axes.unicode_minus": True,
        "xtick.color": GREY,
        "ytick.color": GREY,
        "xtick.labelcolor": INK,
        "ytick.labelcolor": INK,
        "hatch.linewidth": 0.5,
        "path.simplify": False,
    }


# --- lines ----------------------------------------------------------------------------


def _draw_line(data: ChartData, width: float, *, height: float | None) -> Sheet:
    xs = places_of(data)
    ticks, low, high = scale_of(data)
    several = len(data.series) > 1
    narrow = width < NARROW
    ends = [wrap_text(_end_label(series, several), 23 if narrow else 42) for series in data.series]
    names = widest_of(ends)
    foot = [
        label_of(data, x) if narrow else _foot(data, x, width=(width - names - 20) / len(xs))
        for x in xs
    ]
    counted = _counted(data, xs) if narrow else []
    foot_lines = max(text.count("\n") + 1 for text in foot) + len(counted)
    needed = sum(text_height(text.count("\n") + 1) for text in ends)
    sheet = Sheet(
        width,
        height or max(_height_of_lines(data, narrow), needed + 14) + text_height(foot_lines - 1),
    )
    left = widest_of([tick_label(tick) for tick in ticks]) + 2.5
    right = width - names - 6.5
    top = 9.0
    bottom = sheet.height - text_height(foot_lines) - (6.5 if data.x_title else 2.5)
    axes = sheet.axes(left, top, right=right, bottom=bottom)
    _set_value_axis(axes.yaxis, ticks)
    axes.set_ylim(low, high)
    axes.set_xlim(-0.35, len(xs) - 0.65)
    axes.set_xticks(range(len(xs)), foot, linespacing=1.05)
    axes.tick_params(axis="x", pad=4)  # a mark at zero reaches below the axis
    sheet.text(0, 2.2, text=data.unit, color=GREY)
    if data.x_title:
        sheet.text((left + right) / 2, sheet.height - 2, text=data.x_title, ha="center", color=GREY)
    for line, texts in enumerate(counted):
        colour = LINE_COLOURS[line % len(LINE_COLOURS)] if len(counted) > 1 else GREY
        for place, text in enumerate(texts):
            x = left + (place + 0.35) / (len(xs) - 0.3) * (right - left)
            sheet.text(
                x,
                bottom + text_height(2 + line) - 0.8,
                text=text,
                ha="center",
                fontsize=TINY,
                color=colour,
            )
    for index, series in enumerate(data.series):
        _plot_line(axes, series, xs=xs, index=index, labelled=not several)
    _mark_breaks(axes, data, xs=xs, size=SMALL)
    if not several:
        _mark_gaps(axes, data.series[0], xs=xs)
    _label_ends(sheet, data, xs=xs, texts=ends, box=(left, top, right, bottom), scale=(low, high))
    return sheet


def _height_of_lines(data: ChartData, narrow: bool) -> float:
    if not any(values_of(data)):
        return 42
    return 52 if narrow else 62


def _counted(data: ChartData, xs: Sequence[str]) -> list[list[str]]:
    """Under a narrow plot: for each line, in its colour, how many states each figure
    counts or why there is none.
    """
    rows = []
    for series in data.series:
        by_x = {p.x: p for p in series.points}
        points = [by_x.get(x) for x in xs]
        rows.append(
            ["" if p is None else p.coverage if p.value is not None else p.text for p in points]
        )
    if len(rows) == 1:
        rows = [
            [
                t if p.value is not None else ""
                for t, p in zip(rows[0], data.series[0].points, strict=False)
            ]
        ]
    return [row for row in rows if any(row)]


def _end_label(series: Series, with_text: bool) -> str:
    return (
        f"{series.label}  {series.points[-1].text}" if with_text and series.points else series.label
    )


def _foot(data: ChartData, x: str, *, width: float) -> str:
    """What stands under a place of the x axis: its label, how many states its figures
    cover, which lines have a gap.
    """
    points = [
        (series.label, point) for series in data.series for point in series.points if point.x == x
    ]
    coverage = dict.fromkeys(point.coverage for _, point in points if point.coverage)
    if len(coverage) > 1:  # lines with counts of their own
        coverage = dict.fromkeys(f"{label} {p.coverage}" for label, p in points if p.coverage)
    gaps = _gaps(points, 3) if len(data.series) > 1 else []
    return "\n".join([label_of(data, x), *(wrap_text(text, width) for text in (*coverage, *gaps))])


def _gaps(points: Sequence[tuple[str, Point]], most: int) -> list[str]:
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


def _set_value_axis(axis: Any, ticks: Sequence[float]) -> None:
    axis.set_ticks(ticks, [tick_label(tick) for tick in ticks])
    axis.grid(True, color=PALE, linewidth=0.5)


def _runs(series: Series, xs: Sequence[str]) -> list[list[tuple[int, Point]]]:
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


def _plot_line(
    axes: Any, series: Series, *, xs: Sequence[str], index: int, labelled: bool, small: bool = False
) -> None:
    colour = LINE_COLOURS[index % len(LINE_COLOURS)]
    marker = {
        "marker": MARKERS[index % len(MARKERS)],
        "markersize": 2.6 if small else 4,
        "markeredgewidth": 0.8,
    }
    for run in _runs(series, xs):
        places = [place for place, _ in run]
        values = [point.value for _, point in run]
        axes.plot(
            places,
            values,
            color=colour,
            linestyle=DASHES[index % len(DASHES)],
            linewidth=1.3,
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


def _mark_breaks(axes: Any, data: ChartData, *, xs: Sequence[str], size: float) -> None:
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


def _mark_gaps(axes: Any, series: Series, *, xs: Sequence[str], size: float = TEXT) -> None:
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


def _label_ends(
    sheet: Sheet,
    data: ChartData,
    *,
    xs: Sequence[str],
    texts: Sequence[str],
    box: tuple[float, float, float, float],
    scale: tuple[float, float],
) -> None:
    """Name each line at its right end, labels pushed apart, with a thin lead from the
    last mark to its label.
    """
    left, top, right, bottom = box
    low, high = scale
    marks: list[tuple[float, float] | None] = []
    for series in data.series:
        runs = _runs(series, xs)
        if not runs:
            marks.append(None)
            continue
        place, point = runs[-1][-1]
        x = left + (place + 0.35) / (len(xs) - 0.3) * (right - left)
        marks.append((x, bottom - ((point.value or 0) - low) / (high - low) * (bottom - top)))
    heights = [text_height(text.count("\n") + 1) for text in texts]
    wanted = [mark[1] if mark else bottom for mark in marks]
    for index, (y, mark) in enumerate(
        zip(spread_apart(wanted, heights, low=top - 6, high=bottom + 2), marks, strict=True)
    ):
        colour = LINE_COLOURS[index % len(LINE_COLOURS)]
        if mark and len(data.series) > 1:
            # Dotted, so that the lead of a line that ends early does not read as more
            # of the line.
            lead = [mark[0] + 1.2, right + 2, right + 4.5], [mark[1], mark[1], y]
            sheet.line(*lead, color=colour, linewidth=0.5, linestyle=(0, (1, 2)))
        sheet.text(right + 5.2, y, text=texts[index], color=colour)


def _draw_small_multiples(data: ChartData, width: float, *, height: float | None) -> Sheet:
    xs = places_of(data)
    count = len(data.series)
    columns = min(count, 4 if width >= 120 else 2)
    rows = -(-count // columns)
    ticks, low, high = scale_of(data, 3)
    lasts = [[run[-1] for run in _runs(series, xs)][-1:] for series in data.series]
    gap = 3.0 + widest_of([point.text for last in lasts for _, point in last], SMALL)
    left = widest_of([tick_label(tick) for tick in ticks], SMALL) + 2
    head = 7.5
    foot = 4.5
    sheet = Sheet(width, height or 6 + rows * 29)
    panel_width = (width - left - gap * columns) / columns
    panel_height = (sheet.height - 5) / rows
    sheet.text(0, 2, text=data.unit, color=GREY)
    for index, series in enumerate(data.series):
        row, column = divmod(index, columns)
        x = left + column * (panel_width + gap)
        y = 5 + row * panel_height
        axes = sheet.axes(x, y + head, right=x + panel_width, bottom=y + panel_height - foot)
        _set_value_axis(axes.yaxis, ticks)
        axes.set_ylim(low, high)
        axes.set_xlim(-0.4, len(xs) - 0.6)
        axes.set_xticks(*_outer_labels(data, xs, width=panel_width), fontsize=SMALL)
        axes.tick_params(labelleft=column == 0, labelsize=SMALL)
        sheet.text(
            x,
            y + 2.8,
            text=series.label,
            va="baseline",
            fontweight="bold",
            fontsize=_fitting(series.label, panel_width + gap - 1),
        )
        one = ChartData(data.kind, (series,), data.unit, data.title)
        _plot_line(axes, series, xs=xs, index=0, labelled=False, small=True)
        _mark_breaks(axes, one, xs=xs, size=5.6)
        _mark_gaps(axes, series, xs=xs, size=SMALL)
        for place, point in lasts[index]:
            near = abs(point.value or 0) < 0.1 * (high - low)  # clear of the axis
            axes.annotate(
                point.text,
                (place, point.value),
                (3.5, 4 if near else 0),
                textcoords="offset points",
                fontsize=SMALL,
                ha="left",
                va="center_baseline",
            )
    return sheet


def _outer_labels(
    data: ChartData, xs: Sequence[str], *, width: float
) -> tuple[list[int], list[str]]:
    """All labels when they fit side by side, otherwise the first and the last."""
    labels = [label_of(data, x) for x in xs]
    if widest_of(labels, SMALL) + 1.5 <= width / len(xs):
        return list(range(len(xs))), labels
    shown = sorted({0, len(xs) - 1})
    return shown, [labels[place] for place in shown]


def _fitting(label: str, width: float) -> float:
    """The largest type size, up to the usual one, at which a bold label fits."""
    return max(
        5.5, min(TEXT, floor(10 * TEXT * width / max(text_width(label, TEXT, bold=True), 0.1)) / 10)
    )


def _draw_slope(data: ChartData, width: float, *, height: float | None) -> Sheet:
    xs = places_of(data)
    ends = [xs[0], xs[-1]]
    by_x = [{point.x: point for point in series.points} for series in data.series]
    low = min([0.0, *values_of(data)])
    high = max([0.0, *values_of(data)])
    high = high if high > low else low + 1
    sheet = Sheet(width, height or max(60, len(data.series) * 4.6 + 12))
    left = width * 0.36
    right = width * 0.64
    top = 10.0
    bottom = sheet.height - 3
    for x, place in zip(ends, (left, right), strict=True):
        sheet.text(place, 3, text=label_of(data, x), ha="center", fontweight="bold")
        sheet.line([place, place], [top - 3, bottom + 1], color=PALE, linewidth=0.7)
    sheet.text(0, 3, text=data.unit, color=GREY)
    for side, (x, place) in enumerate(zip(ends, (left, right), strict=True)):
        points = [points.get(x) for points in by_x]
        marks = [
            (
                bottom - (p.value - low) / (high - low) * (bottom - top)
                if p and p.value is not None
                else None
            )
            for p in points
        ]
        wanted = [bottom if y is None else y for y in marks]
        places = spread_apart(wanted, [text_height(1)] * len(marks), low=5.5, high=sheet.height)
        out = -1 if side == 0 else 1
        for index, (series, point, mark, y) in enumerate(
            zip(data.series, points, marks, places, strict=True)
        ):
            if point is None:
                continue
            colour = LINE_COLOURS[index % len(LINE_COLOURS)]
            text = f"{series.label}  {point.text}" if side == 0 else f"{point.text}  {series.label}"
            sheet.text(
                place + out * 6, y, text=text, ha="right" if side == 0 else "left", color=colour
            )
            if mark is not None:
                sheet.line(
                    [place + out * 1.2, place + out * 5], [mark, y], color=colour, linewidth=0.4
                )
                _slope_mark(sheet, place, y=mark, index=index, hollow=point.status == "partial")
    for index, points_of in enumerate(by_x):
        first = points_of.get(ends[0])
        last = points_of.get(ends[1])
        if (
            first
            and last
            and first.value is not None
            and last.value is not None
            and last.status != "break"
        ):
            levels = [
                bottom - (p.value - low) / (high - low) * (bottom - top)
                for p in (first, last)
                if p.value is not None
            ]
            sheet.line(
                [left, right],
                levels,
                color=LINE_COLOURS[index % len(LINE_COLOURS)],
                linewidth=1.3,
                linestyle=DASHES[index % len(DASHES)],
            )
    return sheet


def _slope_mark(sheet: Sheet, x: float, *, y: float, index: int, hollow: bool) -> None:
    colour = LINE_COLOURS[index % len(LINE_COLOURS)]
    sheet.line(
        [x],
        [y],
        color=colour,
        marker=MARKERS[index % len(MARKERS)],
        markersize=4,
        linestyle="none",
        markerfacecolor=PAPER if hollow else colour,
        markeredgewidth=0.8,
    )


# --- bars -----------------------------------------------------------------------------


def _draw_bars(data: ChartData, width: float, *, height: float | None) -> Sheet:
    """Horizontal bars, one a series in each row, each with its text at its end."""
    xs = places_of(data)
    count = len(data.series)
    texts = [_bar_text(point) for series in data.series for point in series.points]
    sheet, axes, low, _ = _bar_sheet(
        data,
        xs,
        row=2.9 * count + 2 if count > 1 else 5.4,
        width=width,
        height=height,
        right=widest_of(texts) + 4,
    )
    bar = 0.78 / count
    for index, series in enumerate(data.series):
        for point in series.points:
            place = xs.index(point.x) + (index - (count - 1) / 2) * bar
            value = point.value or 0
            if point.value is not None:
                style = fill_style(index)
                axes.barh(place, value, height=bar * 0.92, clip_on=False, **style)
            axes.annotate(
                _bar_text(point),
                (max(value, 0), place),
                (3, 0),
                textcoords="offset points",
                va="center_baseline",
                ha="left",
                fontsize=TEXT if count < 3 else SMALL,
                fontweight="bold" if point.value is None else "normal",
            )
    return sheet


def _bar_text(point: Point) -> str:
    notes = [note for note in (point.coverage, "break" if point.status == "break" else "") if note]
    return f"{point.text} ({', '.join(notes)})" if notes else point.text


def _bar_sheet(
    data: ChartData,
    xs: Sequence[str],
    *,
    row: float,
    width: float,
    height: float | None,
    right: float,
) -> tuple[Sheet, Any, float, float]:
    """Sheet and plot for horizontal bars: labels of rows at the left, legend above,
    unit under the axis.
    """
    labels = [wrap_text(label_of(data, x), 44) for x in xs]
    row = max(row, max(text_height(label.count("\n") + 1) for label in labels) + 1.2)
    names = [series.label for series in data.series]
    styles = [fill_style(index) for index in range(len(names))]
    head = (
        draw_legend(None, names, styles=styles, left=0, width=width, top=0) + 1.5
        if len(names) > 1
        else 1.0
    )
    sheet = Sheet(width, height or head + row * len(xs) + 9.5)
    if len(names) > 1:
        draw_legend(sheet, names, styles=styles, left=0, width=width, top=0)
    left = widest_of(labels) + 2.5
    ticks, low, high = _bar_scale(data)
    axes = sheet.axes(left, head, right=width - right, bottom=sheet.height - 9.5)
    _set_value_axis(axes.xaxis, ticks)
    axes.set_xlim(low, high)
    axes.set_ylim(len(xs) - 0.5, -0.5)
    axes.set_yticks(range(len(xs)), labels, linespacing=1.0)
    axes.spines["bottom"].set_visible(False)
    axes.axvline(0, color=GREY, linewidth=0.6)
    sheet.text(
        left,
        sheet.height - 2.2,
        text=", ".join(t for t in (data.unit, data.x_title) if t),
        color=GREY,
    )
    return sheet, axes, low, high


def _bar_scale(data: ChartData) -> tuple[list[float], float, float]:
    if data.kind != "stacked_bar":
        return scale_of(data, 5)
    sums = [
        sum(p.value or 0 for s in data.series for p in s.points if p.x == x)
        for x in places_of(data)
    ]
    whole = Series("", tuple(Point(str(index), value, "") for index, value in enumerate(sums)))
    return scale_of(ChartData(data.kind, (whole,), "", ""), 5)


def _draw_stacked_bars(data: ChartData, width: float, *, height: float | None) -> Sheet:
    xs = places_of(data)
    gaps = [_stack_gaps(data, x) for x in xs]
    right = max(5.0, widest_of(gaps, SMALL) + 4)
    sheet, axes, low, high = _bar_sheet(data, xs, row=6.6, width=width, height=height, right=right)
    per_mm = (high - low) / (axes.get_position().width * width)
    reached = dict.fromkeys(xs, 0.0)
    for index, series in enumerate(data.series):
        for point in series.points:
            if not point.value:
                continue
            place = xs.index(point.x)
            style = fill_style(index)
            axes.barh(
                place, point.value, left=reached[point.x], height=0.74, clip_on=False, **style
            )
            if text_width(point.text, SMALL) + 1.6 <= point.value / per_mm:
                ink = PAPER if index in (0, 1, 2) else INK
                back = (
                    {"facecolor": style["facecolor"], "edgecolor": "none", "pad": 1.2}
                    if style.get("hatch")
                    else None
                )
                axes.text(
                    reached[point.x] + point.value / 2,
                    place,
                    point.text,
                    ha="center",
                    va="center_baseline",
                    fontsize=SMALL,
                    color=ink,
                    bbox=back,
                )
            reached[point.x] += point.value
    for place, (x, text) in enumerate(zip(xs, gaps, strict=True)):
        axes.annotate(
            text,
            (reached[x], place),
            (3, 0),
            textcoords="offset points",
            va="center_baseline",
            fontsize=SMALL,
            color=GREY,
        )
    return sheet


def _stack_gaps(data: ChartData, x: str) -> str:
    """What is not in the bar: named when it is one or two parts, otherwise counted; and
    the coverage of the bar.
    """
    points = [
        (series.label, point) for series in data.series for point in series.points if point.x == x
    ]
    coverage = list(dict.fromkeys(point.coverage for _, point in points if point.coverage))
    if len(coverage) > 1:
        counts = sorted(int(text.split()[0]) for text in coverage)
        coverage = [f"{counts[0]} to {counts[-1]}{coverage[0][coverage[0].index(' ') :]}"]
    breaks = ["break"] if any(point.status == "break" for _, point in points) else []
    return ", ".join([*_gaps(points, 2), *coverage, *breaks])


# --- heat -----------------------------------------------------------------------------


def _draw_heat(data: ChartData, width: float, *, height: float | None) -> Sheet:
    xs = places_of(data)
    bounds = bounds_of(values_of(data))
    names = [wrap_text(series.label, 46) for series in data.series]
    left = widest_of(names) + 2
    cell = (width - left) / len(xs)
    heads = [wrap_text(label_of(data, x), cell - 1) for x in xs]
    upright = widest_of(heads) > cell - 0.5
    if upright:
        heads = [label_of(data, x) for x in xs]
    head = (
        widest_of(heads) + 2
        if upright
        else text_height(max(text.count("\n") + 1 for text in heads)) + 1.2
    )
    legend = 5.0 + class_legend(None, data, bounds=bounds, left=0, width=width, top=0)
    row = max(5.4, max(text_height(name.count("\n") + 1) for name in names) + 1)
    sheet = Sheet(width, height or legend + head + row * len(names))
    row = (sheet.height - legend - head) / len(names)
    sheet.text(0, 2, text=", ".join(t for t in (data.unit, data.x_title) if t), color=GREY)
    class_legend(sheet, data, bounds=bounds, left=0, width=width, top=4.2)
    for column, text in enumerate(heads):
        turned = (
            {"rotation": 90, "va": "bottom"}
            if upright
            else {"va": "bottom" if "\n" in text else "baseline"}
        )
        sheet.text(
            left + (column + 0.5) * cell, legend + head - 1, text=text, ha="center", **turned
        )
    size = min(
        TEXT,
        TEXT * (cell - 0.6) / max(widest_of([p.text for s in data.series for p in s.points]), 0.1),
    )
    for line, (name, series) in enumerate(zip(names, data.series, strict=True)):
        y = legend + head + line * row
        sheet.text(left - 1.5, y + row / 2, text=name, ha="right", va="center_baseline")
        for point in series.points:
            _draw_tile(
                sheet,
                left + xs.index(point.x) * cell,
                y=y,
                width=cell,
                height=row,
                point=point,
                bounds=bounds,
                size=size,
            )
    return sheet


def _draw_tile(
    sheet: Sheet,
    x: float,
    *,
    y: float,
    width: float,
    height: float,
    point: Point,
    bounds: Sequence[float],
    size: float,
) -> None:
    """One cell of a heat map; without a value it stays white, with the point's text."""
    colour = PAPER if point.value is None else CLASSES[class_of(point.value, bounds)]
    sheet.box(x, y, width=width, height=height, facecolor=colour, edgecolor=PALE, linewidth=0.5)
    sheet.text(
        x + width / 2,
        y + height / 2,
        text=f"{point.text}*" if point.status == "partial" else point.text,
        ha="center",
        va="center_baseline",
        color=class_ink(point.value, bounds),
        fontsize=size,
        fontweight="bold" if point.value is None else "normal",
    )


class DrawChart(Protocol):
    """Draws the data of a chart on a sheet of a width and, where it is given, a height."""

    def __call__(self, data: ChartData, width: float, *, height: float | None) -> Sheet: ...


_DRAWINGS: dict[str, DrawChart] = {
    "line": _draw_line,
    "bar": _draw_bars,
    "grouped_bar": _draw_bars,
    "stacked_bar": _draw_stacked_bars,
    "small_multiples": _draw_small_multiples,
    "heat": _draw_heat,
    "map": draw_map,
    "slope": _draw_slope,
    "flow": draw_flow,
}


# --- SVG ------------------------------------------------------------------------------


def _clean(svg: str, data: ChartData) -> str:
    """Leave only what is seen: no prolog, no metadata, no style for all of the page, no
    name used twice in a page.
    """
    salt = _salt(data)
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", "", svg, flags=re.S)
    svg = re.sub(r"<defs>\s*</defs>", "", svg)
    used = set(re.findall(r'(?:url\(|href=")#([\w.-]+)', svg))
    svg = re.sub(r' id="([^"]+)"', lambda m: f' id="c{salt}-{m[1]}"' if m[1] in used else "", svg)
    svg = re.sub(r'(url\(|href=")#([\w.-]+)', rf"\1#c{salt}-\2", svg)
    svg = re.sub(r"<[^>]*>", lambda tag: re.sub(r"-?\d+\.\d{3,}", _rounded, tag[0]), svg)
    svg = re.sub(r' transform="rotate\(-?0 [^)]*\)"', "", svg)
    for _ in range(4):  # groups without any attribute only make the drawing larger
        svg = re.sub(
            r"<g>\s*((?:<(?:path|use)\b[^>]*/>\s*|<text\b[^>]*>[^<]*</text>\s*)*)</g>", r"\1", svg
        )
    head = f' role="img" stroke-linejoin="round"><title>{escape(data.title)}</title>'
    svg = re.sub(r">", lambda _: head, svg, count=1)
    return re.sub(r"\s*\n\s*", "\n", svg).strip()


def _rounded(number: re.Match[str]) -> str:
    # A hundredth of a point is finer than any printer; more digits would only make the
    # file larger.
    return f"{round(float(number[0]), 2):g}"
