"""What does a chart of flows look like? Bands from each source on the left to each
state, as thick as its count.
"""

from __future__ import annotations

from pipeline.report.charts import geometry
from pipeline.report.charts.palette import mixed
from pipeline.report.charts.sheet import (
    FILLS,
    GREY,
    INK,
    PAPER,
    SMALL,
    Sheet,
    label_of,
    places_of,
    spread_apart,
    text_height,
    text_width,
    values_of,
    widest_of,
    wrap_text,
)
from pipeline.report.views import ChartData, Point

PALER = 0.62  # a band is paler than its ends by this part


def draw_flow(data: ChartData, width: float, *, height: float | None) -> Sheet:
    xs = places_of(data)
    count = len(data.series)
    names = [wrap_text(series.label, 32) for series in data.series]
    states = [_with_gaps(data, x) for x in xs]
    sheet = Sheet(width, height or max(84.0, 9.0 * max(count, len(xs))))
    left = widest_of(names) + 2
    right = width - widest_of(states) - 2
    top = 6.0
    room = sheet.height - 8.0
    whole = sum(values_of(data)) or 1.0
    scale = (room - geometry.FLOW_GAP * (max(count, len(xs)) - 1)) / whole
    sent = [sum(p.value or 0 for p in series.points) * scale for series in data.series]
    got = [sum(p.value or 0 for s in data.series for p in s.points if p.x == x) * scale for x in xs]
    starts = _tops(sent, top, room=room)
    ends = _tops(got, top, room=room)
    sheet.text(0, 2.2, text=data.unit, color=GREY)
    from_ = list(starts)
    to = list(ends)
    bands: list[tuple[int, Point, float, float]] = []
    for index, series in enumerate(data.series):
        for point in series.points:
            if not point.value:
                continue
            place = xs.index(point.x)
            bands.append((index, point, from_[index], to[place]))
            from_[index] += point.value * scale
            to[place] += point.value * scale
    for index, point, y, other in bands:
        thick = (point.value or 0) * scale
        colour = mixed(FILLS[index % len(FILLS)], PAPER, part=PALER)
        sheet.band(
            left + geometry.FLOW_END,
            y,
            end=right - geometry.FLOW_END,
            other=other,
            thick=thick,
            facecolor=colour,
            edgecolor="none",
            linewidth=0,
        )
    for index, point, y, other in bands:
        thick = (point.value or 0) * scale
        style = {"facecolor": FILLS[index % len(FILLS)], "edgecolor": "none", "linewidth": 0}
        sheet.box(left, y, width=geometry.FLOW_END, height=thick, **style)
        sheet.box(right - geometry.FLOW_END, other, width=geometry.FLOW_END, height=thick, **style)
        if (
            thick >= text_height(1, SMALL)
            and text_width(point.text, SMALL) <= geometry.FLOW_END - 1
        ):
            ink = PAPER if index % len(FILLS) in (0, 1, 2) else INK
            sheet.text(
                right - geometry.FLOW_END / 2,
                other + thick / 2,
                text=point.text,
                ha="center",
                va="center_baseline",
                color=ink,
                fontsize=SMALL,
            )
    for texts, tops, sizes, x, side in (
        (names, starts, sent, left - 1.5, "right"),
        (states, ends, got, right + 1.5, "left"),
    ):
        heights = [text_height(text.count("\n") + 1) for text in texts]
        middles = [y + size / 2 for y, size in zip(tops, sizes, strict=True)]
        for text, y in zip(
            texts, spread_apart(middles, heights, low=4.5, high=sheet.height), strict=True
        ):
            sheet.text(x, y, text=text, ha=side)
    return sheet


def _tops(sizes: list[float], top: float, *, room: float) -> list[float]:
    """Where each node begins: with equal gaps, in the middle of the room."""
    free = room - sum(sizes) - geometry.FLOW_GAP * (len(sizes) - 1)
    places = [top + free / 2]
    for size in sizes[:-1]:
        places.append(places[-1] + size + geometry.FLOW_GAP)
    return places


def _with_gaps(data: ChartData, x: str) -> str:
    """A state's name, and which of its flows have no figure: by name when they are few,
    otherwise counted by kind.
    """
    gaps = [
        (s.label, p.text)
        for s in data.series
        for p in s.points
        if p.x == x and p.value is None and p.text
    ]
    kinds = list(dict.fromkeys(text for _, text in gaps))
    if len(gaps) <= 2:
        told = [wrap_text(f"{label} {text}", 30) for label, text in gaps]
    else:
        labels = {kind: [label for label, text in gaps if text == kind] for kind in kinds}
        told = [
            f"{len(who)} × {kind}" if len(who) > 1 else f"{who[0]} {kind}"
            for kind, who in labels.items()
        ]
    return "\n".join([label_of(data, x), *told])
