"""Which figures does a chart draw? The same as a table, for readers who do not see the drawing or want to compute."""

from __future__ import annotations

from pipeline.report.tables import MARK_TEXTS, PARTIAL_MARK, STATUS_MARKS, footnotes
from pipeline.report.views import CellView, ChartData, Column, Point, Row, TableView

_BY_SERIES = ("line", "small_multiples", "slope", "heat")  # one row a series; other kinds: one row a place of the axis


def table_of(data: ChartData, id_: str, number: str, head: str, source: str) -> TableView:
    """The points of a chart as a table; `head` names what goes down, as the exhibit's rows do."""
    xs = list(dict.fromkeys(p.x for series in data.series for p in series.points))
    points = {(series.label, p.x): p for series in data.series for p in series.points}
    labels, names = [s.label for s in data.series], [data.labels.get(x, x) for x in xs]
    if data.kind in _BY_SERIES:
        heads, lines = names, [(label, [points.get((label, x)) for x in xs]) for label in labels]
    else:
        heads, lines = labels, [(n, [points.get((s, x)) for s in labels]) for n, x in zip(names, xs, strict=True)]
    marks: dict[str, str] = {}
    rows = tuple(Row(label, tuple(_cell(p, marks) for p in line)) for label, line in lines)
    columns = (Column(head, "label"), *(Column(h) for h in heads))
    return TableView(f"{id_}-data", number, data.title, data.unit, columns, rows, source, footnotes(marks))


def _cell(point: Point | None, marks: dict[str, str]) -> CellView:
    if point is None:
        return CellView(":", status="missing")
    own = [STATUS_MARKS["B"]] if point.status == "break" else []
    own += [PARTIAL_MARK] if point.coverage else []
    for mark in own:
        marks[mark] = MARK_TEXTS[mark]
    status = point.status if point.value is None else ""
    return CellView(point.text, point.key, tuple(own), status)
