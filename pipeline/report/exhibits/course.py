"""How did the figures that open a report come about? Their years, as small lines below
them.

The points are cells like those of every chart: what a version may not show has no mark.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.cells import Key
from pipeline.report.charts.sparkline import LABEL
from pipeline.report.exhibits.chart_tables import table_of
from pipeline.report.exhibits.described import describe
from pipeline.report.exhibits.figures import FULL, broken_line, cell_point
from pipeline.report.ledger import PrintedChart, course_of
from pipeline.report.printing import Printing
from pipeline.report.views import ChartData, FigureView, Series

_NAME = "Key figures by year"  # it has no number of its own
SCALE = "each from zero, on a scale of its own"
# what is said below the row, for readers who see the drawing
_NOTE = "Each small line starts at zero, and is broken where other states are counted."
_HIDDEN = "c: withheld."


@dataclass(frozen=True)
class Headline:
    """One of the figures that open a report: its key in the reference year, the head of
    its column, and how a text calls it.
    """

    key: Key
    label: str
    name: str


def build_course(
    store: Printing, lines: Sequence[Headline], *, of: str, values: Mapping[str, str]
) -> FigureView:
    """The drawing below the row of key figures whose id is `of`, one line a figure, over
    the years of the round.
    """
    title = f"{_NAME}, {values['window']}"
    series = []
    for line in lines:
        points = (cell_point(store, str(y), key=line.key.at(year=y)) for y in store.years)
        series.append(broken_line(store, Series(line.name, tuple(points))))
    data = ChartData("sparkline", tuple(series), SCALE, title)
    id_ = course_of(of)
    store.note(PrintedChart(id_, data))
    hidden = any(p.status == "withheld" for s in series for p in s.points)
    return FigureView(
        id_,
        _NAME,
        title,
        SCALE,
        store.charts.draw(data, width_mm=FULL, height_mm=None),
        describe(data),
        "",
        notes=(_NOTE, _HIDDEN) if hidden else (_NOTE,),
        table=table_of(data, id_, number=_NAME, head=LABEL.capitalize(), source=""),
    )
