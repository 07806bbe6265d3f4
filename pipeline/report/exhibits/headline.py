"""Which few figures open a report? A row of large numbers, each with its change over
the same states, the states behind it, and its years as a small line.

A table like any other: one column an indicator, so every figure is a cell or a formula
with its key.
"""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.cells import Key
from pipeline.report.exhibits.course import Headline, build_course
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
from pipeline.report.sources import source_code, source_line
from pipeline.report.store import Store
from pipeline.report.views import CellView, Column, Row, TableView


def headlines_of(spec: ExhibitSpec, store: Store, *, values: Mapping[str, str]) -> list[Headline]:
    """The figures of a row that may open a report. A sum over fewer than two in five
    states may not, and no figure of which a source gives several.
    """
    found = []
    for line in spec.indicators:
        key, label, name = (
            fill(text, values, where=spec.place)
            for text in (line["key"], line["label"], line.get("name", line["label"]))
        )
        found.append(Headline(Key.parse(key), label, name))
    cells = [store.cell(line.key) for line in found]
    return [
        line
        for line, cell in zip(found, cells, strict=True)
        if is_headline(cell) and not store.is_least(cell)
    ]


def build_headline(
    spec: ExhibitSpec, store: Printing, *, number: str, values: Mapping[str, str]
) -> TableView:
    """The figure of the reference year, what it would be if parts in question held, its
    change on the year before over the same states and how many these are, how many states
    the figure counts, and its years. The change of a sum over fewer than two in five
    states is none.
    """
    marks: dict[str, str] = {}
    lines = headlines_of(spec, store, values=values)
    keys = [line.key for line in lines]
    columns = [Column("Figure", "label"), *(Column(line.label) for line in lines)]
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
    rows.append(Row("change on the year before, same states, %", changes))
    same = tuple(
        same_states_view(store, f) if t else CellView("") for f, t in zip(moved, told, strict=True)
    )
    if any(view.text for view in same):
        rows.append(Row("states compared", same))
    counted = tuple(counted_view(store.cell(key)) for key in keys)
    if any(view.text for view in counted):
        rows.append(Row("states that reported", counted))
    if any(f.value is None for f, t in zip(moved, told, strict=True) if t):
        marks["x"] = NOT_COMPUTED_TEXT
    cubes = list(dict.fromkeys(key.cube for key in keys))
    id_ = anchor(spec, store, values=values)
    course = build_course(store, lines, of=id_, values=values) if lines else None
    return TableView(
        id_,
        number,
        fill(spec.title, values, where=spec.place),
        "",
        tuple(columns),
        tuple(rows),
        source_line(store, cubes),
        footnotes_of(store, rows, marks=marks),
        (
            *(fill(n, values, where=spec.place) for n in spec.notes),
            *(course.notes if course else ()),
        ),
        source_code=source_code(store, cubes),
        headline=True,
        course=course,
    )
