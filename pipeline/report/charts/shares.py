"""What does a chart of parts of a whole look like? Bars of one length, each cut into
its parts, with its base beside it; returns the sheet.

The last series is the base of each bar, `n`: the sum of its parts, over the states that
gave every one of them. A bar is as long whatever its base, so bars over other states
may stand under each other.
"""

from __future__ import annotations

from pipeline.report.charts import geometry
from pipeline.report.charts.plot import gap_texts, set_value_axis, write_in_part
from pipeline.report.charts.sheet import (
    GREY,
    SMALL,
    Sheet,
    draw_legend,
    fill_style,
    label_of,
    places_of,
    text_height,
    text_width,
    widest_of,
    wrap_text,
)
from pipeline.report.views import ChartData, Point, Series

_ROW = 6.6  # millimetres
_FOOT = 9.5
_TICKS = (0.0, 25.0, 50.0, 75.0, 100.0)
_COVERED = "states"
_EVERY = "all"


def draw_shares(data: ChartData, width: float, *, height: float | None) -> Sheet:
    xs = places_of(data)
    *parts, base = data.series
    bases = {point.x: point for point in base.points}
    names = [wrap_text(label_of(data, x), 44) for x in xs]
    counted = [_counted(parts, x) for x in xs]
    whole = [bases[x].value is not None for x in xs]
    covered = [
        (text or _EVERY) if known else "" for text, known in zip(counted, whole, strict=True)
    ]
    covered = covered if any(counted) else []
    notes = [_breaks(parts, x) for x in xs]
    # Columns behind the bars: the base, the states behind it, breaks.
    widths = [widest_of([base.label, *(bases[x].text for x in xs)])]
    widths += [widest_of([_COVERED, *covered])] if covered else []
    behind = sum(w + 3 for w in widths) + (widest_of(notes, SMALL) + 3 if any(notes) else 0) + 1
    left = widest_of(names) + 2.5
    right = width - behind
    direct = _heads(parts, xs, bases, span=right - left)
    labels = [series.label for series in parts]
    styles = [fill_style(index) for index in range(len(parts))]
    legend = (
        draw_legend(None, labels, styles=styles, left=0, width=width, top=0)
        if len(parts) > 1
        else 0.0
    )
    head = (0 if direct else legend + 0.5) + 4.5
    row = max(_ROW, max(text_height(name.count("\n") + 1) for name in names) + 1.2)
    sheet = Sheet(width, height or head + row * len(xs) + _FOOT)
    if legend and not direct:
        draw_legend(sheet, labels, styles=styles, left=0, width=width, top=0)
    for start, text in direct:
        sheet.text(left + start, head - 2, text=text)
    bottom = sheet.height - _FOOT
    axes = sheet.axes(left, head, right=right, bottom=bottom)
    set_value_axis(axes.xaxis, _TICKS)
    axes.set_xlim(0, 100)
    axes.set_ylim(len(xs) - 0.5, -0.5)
    axes.set_yticks(range(len(xs)), names, linespacing=1.0)
    axes.spines["bottom"].set_visible(False)
    sheet.text(
        left, sheet.height - 2.2, text=f"per cent of {base.label}; figures: {data.unit}", color=GREY
    )
    middles = [head + (place + 0.5) / len(xs) * (bottom - head) for place in range(len(xs))]
    per_mm = 100 / (right - left)
    for place, x in enumerate(xs):
        total = bases[x].value
        reached = 0.0
        for index, series in enumerate(parts):
            point = next(p for p in series.points if p.x == x)
            if not total or not point.value:
                continue
            length = point.value / total * 100
            axes.barh(
                place,
                length,
                left=reached,
                height=geometry.STACK_SHARE,
                clip_on=False,
                **styles[index],
            )
            if text_width(point.text, SMALL) + 1.6 <= length / per_mm:
                middle = reached + length / 2
                write_in_part(axes, point.text, at=(middle, place), index=index)
            reached += length
        if total is None:  # in the place of the bar
            text = _gaps(parts, x, span=right - left - 2)
            sheet.text(left + 1, middles[place], text=text, fontsize=SMALL, color=GREY)
    columns = [(base.label, [bases[x].text for x in xs])]
    columns += [(_COVERED, covered)] if covered else []
    edge = right
    for (title, texts), wide in zip(columns, widths, strict=True):
        edge += wide + 3
        sheet.text(edge, head - 2, text=title, ha="right", color=GREY)
        for place, text in enumerate(texts):
            sheet.text(edge, middles[place], text=text, ha="right")
    for place, text in enumerate(notes):
        sheet.text(edge + 3, middles[place], text=text, fontsize=SMALL, color=GREY)
    return sheet


def _heads(
    parts: list[Series], xs: list[str], bases: dict[str, Point], *, span: float
) -> list[tuple[float, str]]:
    """The names of the parts above the first bar, with their starts in millimetres; none
    where one is wider than its part.
    """
    first = [next(p for p in series.points if p.x == xs[0]) for series in parts]
    whole = bases[xs[0]].value
    if not whole:
        return []
    found = []
    reached = 0.0
    for series, point in zip(parts, first, strict=True):
        length = (point.value or 0) / whole * span
        if text_width(series.label) + 1.5 > length:
            return []
        found.append((reached, series.label))
        reached += length
    return found


def _counted(parts: list[Series], x: str) -> str:
    """How many states stand behind a bar, where it is not all of them."""
    return next((p.coverage for s in parts for p in s.points if p.x == x and p.coverage), "")


def _breaks(parts: list[Series], x: str) -> str:
    broken = any(p.status == "break" for s in parts for p in s.points if p.x == x)
    return "break" if broken else ""


def _gaps(parts: list[Series], x: str, *, span: float) -> str:
    """What keeps a bar from being drawn: by name where there is room, else by number."""
    points = [(s.label, p) for s in parts for p in s.points if p.x == x]
    named, counted = (", ".join(gap_texts(points, most)) for most in (2, 0))
    return named if text_width(named, SMALL) <= span else counted
