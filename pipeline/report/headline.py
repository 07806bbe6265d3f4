"""Which few figures open a report? A row of large numbers, each with its change and the states behind it.

A table like any other: one column an indicator, so every figure is a cell or a formula with its key.
"""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.cells import Key
from pipeline.report.exhibits import ExhibitSpec, fill
from pipeline.report.formulas import change
from pipeline.report.sources import source_line
from pipeline.report.store import Store
from pipeline.report.tables import anchor, cell_view, counted_view, footnotes, formula_view
from pipeline.report.views import CellView, Column, Row, TableView


def build_headline(spec: ExhibitSpec, store: Store, number: str, values: Mapping[str, str]) -> TableView:
    """The figure of the reference year, its change on the year before, and how many states it counts."""
    marks: dict[str, str] = {}
    keys = [Key.parse(fill(line["key"], values, spec.where)) for line in spec.indicators]
    labels = [fill(line["label"], values, spec.where) for line in spec.indicators]
    columns = [Column("Figure", "label"), *(Column(label) for label in labels)]
    figures = tuple(CellView(v.text, v.key, (), v.status) for v in (cell_view(store, key, {}) for key in keys))
    rows = [Row(values["year"], figures, kind="total")]
    changes = tuple(formula_view(change(store, key, int(values["previous"]))) for key in keys)
    rows.append(Row("change on the year before, %", changes))
    counted = tuple(counted_view(store.cell(key)) for key in keys)
    if any(view.text for view in counted):
        rows.append(Row("states counted", counted))
    if any(view.text == "x" for view in changes):
        marks["x"] = "Not computed: see the rules on changes and shares in the chapter on method"
    cubes = list(dict.fromkeys(key.cube for key in keys))
    return TableView(
        anchor(spec, store, values), number, fill(spec.title, values, spec.where), "", tuple(columns), tuple(rows),
        source_line(store, cubes), footnotes(marks), tuple(fill(n, values, spec.where) for n in spec.notes),
        headline=True,
    )  # fmt: skip
