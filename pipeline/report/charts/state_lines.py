"""What do the small lines beside strips of states look like? One a state, below each
other, each in the height of its row; returns the sheet.

Like the lines under large figures each starts at zero, and its largest value stands at
the top. The first and the last year stand above the first line.
"""

from __future__ import annotations

from pipeline.report.charts import geometry
from pipeline.report.charts.sheet import GREY, SMALL, Sheet, label_of, places_of, text_height
from pipeline.report.charts.sparkline import plot_course
from pipeline.report.views import ChartData

_INSET = 3.0  # millimetres beside a plot
_FOOT = 1.0  # millimetres from the end of a row to the zero of its line


def draw_state_lines(data: ChartData, width: float, *, height: float | None) -> Sheet:
    """As high as its rows and a line of years above them, whatever height is asked for."""
    xs = places_of(data)
    head = text_height(1, SMALL)
    sheet = Sheet(width, head + geometry.STRIP_ROW * len(data.series))
    left, right = _INSET, width - _INSET
    for place in sorted({0, len(xs) - 1}):
        along = geometry.share_of_axis(place, len(xs), margin=geometry.PANEL_MARGIN)
        sheet.text(
            left + along * (right - left),
            head / 2,
            text=label_of(data, xs[place]),
            ha="center",
            fontsize=SMALL,
            color=GREY,
        )
    for index, series in enumerate(data.series):
        bottom = head + geometry.STRIP_ROW * (index + 1) - _FOOT
        axes = sheet.axes(left, bottom - geometry.STRIP_HEIGHT, right=right, bottom=bottom)
        panel = ChartData(data.kind, (series,), data.unit, data.title)
        plot_course(axes, panel, series=series, xs=xs)
    return sheet
