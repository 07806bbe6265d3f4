"""What does a chart of lines look like? One plot with a line a series, named at its
right end; returns the sheet. Begin at `draw_line`.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.report.charts import geometry
from pipeline.report.charts.plot import (
    gap_texts,
    joined_runs,
    mark_breaks,
    mark_gaps,
    plot_line,
    set_value_axis,
)
from pipeline.report.charts.sheet import (
    GREY,
    LINE_COLOURS,
    SMALL,
    Sheet,
    label_of,
    places_of,
    scale_of,
    spread_apart,
    text_height,
    tick_label,
    values_of,
    widest_of,
    wrap_text,
)
from pipeline.report.views import ChartData, Series

NARROW = 120  # millimetres: a drawing less wide than this sets its texts closer
LOW = 34  # millimetres: a drawing less high than this has fewer lines of its grid


def draw_line(data: ChartData, width: float, *, height: float | None) -> Sheet:
    xs = places_of(data)
    ticks, low, high = scale_of(data, 3 if height is not None and height < LOW else 5)
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
    set_value_axis(axes.yaxis, ticks)
    axes.set_ylim(low, high)
    axes.set_xlim(*geometry.ends_of_axis(len(xs), geometry.LINE_MARGIN))
    axes.set_xticks(range(len(xs)), foot, linespacing=1.05)
    axes.tick_params(axis="x", pad=4)  # a mark at zero reaches below the axis
    sheet.text(0, 2.2, text=data.unit, color=GREY)
    if data.x_title:
        sheet.text((left + right) / 2, sheet.height - 2, text=data.x_title, ha="center", color=GREY)
    for line, texts in enumerate(counted):
        colour = LINE_COLOURS[line % len(LINE_COLOURS)] if len(counted) > 1 else GREY
        for place, text in enumerate(texts):
            x = left + _along(place, len(xs)) * (right - left)
            sheet.text(
                x,
                bottom + text_height(2 + line) - 0.8,
                text=text,
                ha="center",
                fontsize=SMALL,
                color=colour,
            )
    for index, series in enumerate(data.series):
        plot_line(axes, series, xs=xs, index=index, labelled=not several)
    mark_breaks(axes, data, xs=xs, size=SMALL)
    if not several:
        mark_gaps(axes, data.series[0], xs=xs)
    _label_ends(sheet, data, xs=xs, texts=ends, box=(left, top, right, bottom), scale=(low, high))
    return sheet


def _along(place: int, count: int) -> float:
    return geometry.share_of_axis(place, count, margin=geometry.LINE_MARGIN)


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
    gaps = gap_texts(points, 3) if len(data.series) > 1 else []
    return "\n".join([label_of(data, x), *(wrap_text(text, width) for text in (*coverage, *gaps))])


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
        runs = joined_runs(series, xs)
        if not runs:
            marks.append(None)
            continue
        place, point = runs[-1][-1]
        x = left + _along(place, len(xs)) * (right - left)
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
            sheet.line(*lead, color=colour, linewidth=geometry.LEAD_WIDTH, linestyle=(0, (1, 2)))
        sheet.text(right + 5.2, y, text=texts[index], color=colour)
