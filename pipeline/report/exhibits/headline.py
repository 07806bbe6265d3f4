"""Which few figures open a report? A row of large numbers, each with its change and the
states behind it.

A table like any other: one column an indicator, so every figure is a cell or a formula
with its key.
"""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.cells import Key
from pipeline.report.exhibits.layout import ExhibitSpec, fill
from pipeline.report.exhibits.tables import (
    NOT_COMPUTED_TEXT,
    anchor,
    cell_view,
    counted_view,
    footnotes_of,
    formula_view,
    same_states_view,
)
from pipeline.report.formulas import change, if_parts_hold
from pipeline.report.numbers import is_headline
from pipeline.report.printing import Printing
from pipeline.report.sources import source_line
from pipeline.report.views import CellView, Column, Row, TableView


def build_headline(
    spec: ExhibitSpec, store: Printing, *, number: str, values: Mapping[str, str]
) -> TableView:
    """The figure of the reference year, what it would be if parts in question held, its
    change on the year before, and how many states they count. A sum over fewer than two
    in five states is no headline, and neither is its change.
    """
    marks: dict[str, str] = {}
    lines = [
        (Key.parse(fill(line["key"], values, where=spec.place)), line) for line in spec.indicators
    ]
    lines = [
        (key, line)
        for key, line in lines
        if is_headline(store.cell(key)) and not store.is_least(store.cell(key))
    ]
    keys = [key for key, _ in lines]
    columns = [
        Column("Figure", "label"),
        *(Column(fill(line["label"], values, where=spec.place)) for _, line in lines),
    ]
    figures = tuple(
        CellView(v.text, v.key, (), v.status)
        for v in (cell_view(store, key, marks={}) for key in keys)
    )
    rows = [Row(values["year"], figures, kind="total")]
    instead = [if_parts_hold(store, key) for key in keys]
    if any(instead):
        views = tuple(formula_view(f) if f else CellView("") for f in instead)
        rows.append(Row("if the parts in question hold", views))
    moved = [change(store, key, since=int(values["previous"])) for key in keys]
    told = [all(is_headline(store.cell(k)) for k in f.inputs) for f in moved]
    changes = tuple(
        formula_view(f) if t else CellView("") for f, t in zip(moved, told, strict=True)
    )
    rows.append(Row("change on the year before, %", changes))
    same = tuple(
        same_states_view(store, f) if t else CellView("") for f, t in zip(moved, told, strict=True)
    )
    if any(view.text for view in same):
        rows.append(Row("in the same states", same))
    counted = tuple(counted_view(store.cell(key)) for key in keys)
    if any(view.text for view in counted):
        rows.append(Row("states counted", counted))
    if any(f.value is None for f, t in zip(moved, told, strict=True) if t):
        marks["x"] = NOT_COMPUTED_TEXT
    cubes = list(dict.fromkeys(key.cube for key in keys))
    return TableView(
        anchor(spec, store, values=values),
        number,
        fill(spec.title, values, where=spec.place),
        "",
        tuple(columns),
        tuple(rows),
        source_line(store, cubes),
        footnotes_of(store, rows, marks=marks),
        tuple(fill(n, values, where=spec.place) for n in spec.notes),
        headline=True,
    )
