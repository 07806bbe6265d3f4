"""Which figures does a chart draw? The same as a table, for readers who do not see the
drawing or want to compute.
"""

from __future__ import annotations

from dataclasses import replace

from pipeline.report.exhibits.tables import MARK_TEXTS, PARTIAL_MARK, STATUS_MARKS, footnotes
from pipeline.report.views import CellView, ChartData, Column, Point, Row, TableView

# a line or column for those whose figures are sums over fewer than all member states
COUNTED = "States counted"
# heads of the table behind lines of ten: one row a part, beside it the base of its line
OF_TEN_HEAD, OF_TEN, OF_BASE = "Part", "Of ten", "Base, n"
# one row a series; other kinds: one row a place of the axis
_BY_SERIES = (
    "line",
    "small_multiples",
    "dumbbell",
    "heat",
    "sparkline",
    "state_lines",
)


def table_of(data: ChartData, id_: str, *, number: str, head: str, source: str) -> TableView:
    """The points of a chart as a table; `head` names what goes down, as the exhibit's
    rows do.
    """
    if data.kind == "of_ten":
        return _table_of_tens(data, id_, number=number, head=head, source=source)
    xs = list(dict.fromkeys(p.x for series in data.series for p in series.points))
    points = {(series.label, p.x): p for series in data.series for p in series.points}
    labels = [s.label for s in data.series]
    names = [data.labels.get(x, x) for x in xs]
    counted = [s for s in labels if any(points[s, x].coverage for x in xs if (s, x) in points)]
    marks: dict[str, str] = {}
    if data.kind in _BY_SERIES:
        rows = [Row(s, tuple(_cell(points.get((s, x)), marks) for x in xs)) for s in labels]
        rows += [
            Row(f"{COUNTED}: {s}", tuple(_counted(points.get((s, x))) for x in xs), 0, "group")
            for s in counted
        ]
        columns = [Column(name, "text" if data.words else "number") for name in names]
    else:
        rows = [
            Row(
                name,
                tuple(
                    [_cell(points.get((s, x)), marks) for s in labels]
                    + [_counted(points.get((s, x))) for s in counted]
                ),
            )
            for name, x in zip(names, xs, strict=True)
        ]
        columns = [Column(s) for s in labels]
        columns += [
            Column(f"{COUNTED}: {s}" if len(labels) > 1 else COUNTED, "text") for s in counted
        ]
    heads = (Column(head, "label"), *columns)
    return TableView(
        f"{id_}-data", number, data.title, data.unit, heads, tuple(rows), source, footnotes(marks)
    )


def _table_of_tens(data: ChartData, id_: str, *, number: str, head: str, source: str) -> TableView:
    rows = []
    for series in data.series:
        *parts, base = series.points
        for part in parts:
            counted = CellView(part.coverage or base.coverage)
            cells = (_cell(replace(part, coverage=""), {}), _cell(replace(base, coverage=""), {}))
            rows.append(Row(f"{series.label}: {part.x}", (*cells, counted)))
    columns = (Column(head, "label"), Column(OF_TEN), Column(OF_BASE), Column(COUNTED, "text"))
    return TableView(f"{id_}-data", number, data.title, data.unit, columns, tuple(rows), source)


def _counted(point: Point | None) -> CellView:
    return CellView(point.coverage if point else "")


def _cell(point: Point | None, marks: dict[str, str]) -> CellView:
    if point is None:
        return CellView(":", status="missing")
    own = [STATUS_MARKS["B"]] if point.status == "break" else []
    own += [PARTIAL_MARK] if point.coverage else []
    for mark in own:
        marks[mark] = MARK_TEXTS[mark]
    status = point.status if point.value is None else ""
    return CellView(point.text, point.key, tuple(own), status)
