"""What does a state look like in one line? Strips of states: a total and its years, its
rate, a share of it, its main part, other figures, and how much of the return it gave.

Only what the version shows: the main part is told where the state gave every part and
none of them is withheld or in question.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

from pipeline.cells import OBS_SYMBOL, Key
from pipeline.report.exhibits.chart_tables import table_of
from pipeline.report.exhibits.described import describe
from pipeline.report.exhibits.figures import broken_line, cell_point
from pipeline.report.exhibits.layout import ExhibitSpec, LineOfTen, fill
from pipeline.report.exhibits.tables import (
    NOT_COMPUTED_TEXT,
    anchor,
    cell_view,
    footnotes_of,
    formula_view,
)
from pipeline.report.formulas import NOT_COMPUTED, SHARE_FLOOR, Formula, rate, share
from pipeline.report.ledger import ANSWERED, PrintedChart, course_of
from pipeline.report.printing import Printing
from pipeline.report.sources import source_code, source_line
from pipeline.report.store import Store
from pipeline.report.views import (
    CellView,
    ChartData,
    Column,
    FigureView,
    Row,
    Series,
    TableView,
)

WIDTH = 27.0  # millimetres of the drawing, as in templates/shared/report.css
_SCALE = "each from zero, on a scale of its own"
_NOTE = "Small lines: {} by year, each from zero and broken at a break in the series."
ANSWERED_BY = ("reported", "question", "suppressed")  # answers with a figure for the year
_COUNTED, _SHARE = "Tables answered", "Its share (%)"
_STATE, _MAIN, _TEXT = 25, 13, 3  # weights of columns, and what text has more


def build_strips(
    spec: ExhibitSpec, store: Printing, *, number: str, values: Mapping[str, str]
) -> TableView:
    """The first indicator is the total: its years are drawn beside the rows, and shares are
    shares of it.
    """
    marks: dict[str, str] = {}
    rows, cubes = [], []
    main = spec.lines[0] if spec.lines else None
    for member in store.contracts.members(store.round):
        own = {**values, "state": member.code}
        keys = [Key.parse(fill(i["key"], own, where=spec.place)) for i in spec.indicators]
        cubes += [store.contracts.check_key(k).name for k in keys]
        views = [
            _view(store, key, whole=keys[0], show=str(i.get("show", "value")), marks=marks)
            for key, i in zip(keys, spec.indicators, strict=True)
        ]
        if main:
            parts = [Key.parse(fill(k, own, where=spec.place)) for k, _ in main.parts]
            cubes += [store.contracts.check_key(k).name for k in parts]
            views += _main_part(store, main, keys=parts)
        views.append(CellView(answered(store, member.code), f"{ANSWERED}({member.code})"))
        rows.append(Row(member.label, tuple(views)))
    if any(v.text == NOT_COMPUTED for r in rows for v in r.cells):
        marks[NOT_COMPUTED] = NOT_COMPUTED_TEXT
    heads = [fill(i["label"], values, where=spec.place) for i in spec.indicators]
    columns = [Column("State", "label", weight=_STATE)]
    columns += [Column(head, weight=_weight(head)) for head in heads]
    if main:
        label = fill(main.label, values, where=spec.place)
        columns += [Column(label, "text", weight=_MAIN), Column(_SHARE, weight=_weight(_SHARE))]
    columns.append(Column(_COUNTED, "text", weight=_weight(_COUNTED) + _TEXT))
    id_ = anchor(spec, store, values=values)
    course = _course(spec, store, of=id_, label=heads[0], values=values)
    notes = (*(fill(n, values, where=spec.place) for n in spec.notes), *course.notes)
    return TableView(
        id_,
        number,
        fill(spec.title, values, where=spec.place),
        "",
        tuple(columns),
        tuple(rows),
        source_line(store, list(dict.fromkeys(cubes))),
        footnotes_of(store, rows, marks=marks),
        notes,
        source_code=source_code(store, cubes),
        course=course,
        strips=True,
    )


def _weight(head: str) -> int:
    """How wide a column is beside the others: no word of its head is broken."""
    return max(10, max(map(len, head.split())) + 4)


def answered(store: Store, state: str) -> str:
    """How many tables of the return a state answered for the reference year: `9 of 12`."""
    own = [line.answer for line in store.coverage if line.state == state]
    return f"{sum(a in ANSWERED_BY for a in own)} of {len(own)}"


def _view(store: Printing, key: Key, *, whole: Key, show: str, marks: dict[str, str]) -> CellView:
    if show == "rate":
        return formula_view(rate(store, key))
    if show == "share":
        return formula_view(share(store, key, whole=whole))
    return cell_view(store, key, marks=marks)


def _main_part(store: Printing, line: LineOfTen, *, keys: list[Key]) -> list[CellView]:
    """The name of the largest part, and its share of all of them; colons where the parts
    are not all there, and where two are as large.
    """
    cells = [store.cell(key) for key in keys]
    told = [c.value for c in cells if c.has_value and c.compares and c.value is not None]
    base = sum(told, Decimal(0))
    if len(told) < len(cells) or told.count(max(told)) > 1:
        return [CellView(OBS_SYMBOL["O"], status="missing")] * 2
    for key in keys:
        store.print_cell(key)
    place = told.index(max(told))
    text = f"share({keys[place]}, {' + '.join(map(str, keys))})"
    value = (told[place] / base * 100).quantize(Decimal("0.1"), ROUND_HALF_UP)
    shown = None if base < SHARE_FLOOR else value
    part = Formula(text, shown, "percent", tuple(keys))
    return [CellView(line.parts[place][1]), formula_view(part)]


def _course(
    spec: ExhibitSpec, store: Printing, *, of: str, label: str, values: Mapping[str, str]
) -> FigureView:
    """The years of the first indicator, one small line a state."""
    first = spec.indicators[0]
    title = f"{label} by state, {values['window']}"
    series = []
    for member in store.contracts.members(store.round):
        key = Key.parse(fill(first["key"], {**values, "state": member.code}, where=spec.place))
        points = (cell_point(store, str(y), key=key.at(year=y)) for y in store.years)
        series.append(broken_line(store, Series(member.label, tuple(points))))
    data = ChartData("state_lines", tuple(series), _SCALE, title)
    id_ = course_of(of)
    store.note(PrintedChart(id_, data))
    return FigureView(
        id_,
        label,
        title,
        _SCALE,
        store.charts.draw(data, width_mm=WIDTH, height_mm=None),
        describe(data),
        "",
        notes=(_NOTE.format(label.lower()),),
        table=table_of(data, id_, number=label, head="State", source=""),
    )
