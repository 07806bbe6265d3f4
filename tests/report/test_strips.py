"""Does one line tell of a state what the version shows, and nothing else?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from drawings import draw_block, faults

from pipeline.inspection.readback.values import read_register
from pipeline.numbers.stored_tables import StoredCoverage
from pipeline.report.exhibits.layout import ExhibitSpec, read_exhibits, variables
from pipeline.report.exhibits.strips import answered, build_strips
from pipeline.report.ledger import charts_of, keys_of
from pipeline.report.printing import Printing
from pipeline.report.views import ChartData, Series, TableView

MakeStore = Callable[..., Printing]
V, F = "THB_VICTIMS", "THB_VICTIMS_FORM"
SPEC = f"""
T1:
  kind: strips
  title: States, {{year}}
  indicators:
    - {{key: "{V}:{{state}}.{{year}}._T._T", label: Registered victims}}
    - {{key: "{V}:{{state}}.{{year}}._T.Y_LT18", label: "Children (%)", show: share}}
  lines:
    - label: Main form
      parts:
        - {{key: "{F}:{{state}}.{{year}}.SEX._T._T", label: sexual}}
        - {{key: "{F}:{{state}}.{{year}}.LAB._T._T", label: labour}}
"""
CELLS = f"""
key                    | value | obs
{V}:RO.2020._T._T      | 80    |
{V}:RO.2021._T._T      | 90    |
{V}:RO.2022._T._T      | 100   |
{V}:RO.2022._T.Y_LT18  | 40    |
{F}:RO.2022.SEX._T._T  | 30    |
{F}:RO.2022.LAB._T._T  | 10    |
"""
ANSWERS = [
    StoredCoverage("thb", table, table, sort, state, answer if state == "RO" else "earlier")
    for sort, (table, answer) in enumerate({V: "reported", F: "suppressed", "T": "none"}.items())
    for state in ("AL", "BA", "BG", "GR", "HU", "MD", "ME", "MK", "RO", "RS", "TR")
]
HEADS = ["State", "Registered victims", "Children (%)", "Main form", "Its share (%)"]


@pytest.fixture
def spec(tmp_path: Path) -> ExhibitSpec:
    path = tmp_path / "thb" / "exhibits.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(SPEC, encoding="utf-8")
    return read_exhibits(path)["T1"]


def strips(spec: ExhibitSpec, store: Printing) -> TableView:
    return build_strips(spec, store, number="Table 1", values=variables(store))


def of_state(view: TableView, name: str) -> list[str]:
    (row,) = (r for r in view.rows if r.label == name)
    return [c.text for c in row.cells]


def test_one_line_tells_total_share_main_part_and_its_share(
    spec: ExhibitSpec, store: MakeStore
) -> None:
    view = strips(spec, store(CELLS))
    assert [c.label for c in view.columns][:-1] == HEADS
    assert len(view.rows) == 11
    assert of_state(view, "Romania")[:-1] == ["100", "40.0", "sexual", "75.0"]
    assert of_state(view, "Albania")[:-1] == [":", ":", ":", ":"]


@pytest.mark.parametrize(
    "cells",
    [
        CELLS.replace("| 10    |", "| c     |"),
        CELLS.replace("| 10    |", "| :     |"),
        CELLS.replace("| 10    |", "| 30    |"),  # two as large
    ],
)
def test_a_main_part_is_told_only_where_all_parts_are_shown_and_one_leads(
    spec: ExhibitSpec, store: MakeStore, cells: str
) -> None:
    made = store(cells, version="public")
    assert of_state(strips(spec, made), "Romania")[2:4] == [":", ":"]
    assert not [k for k in made.printed if k.cube == F]


def test_a_part_of_few_has_no_share(spec: ExhibitSpec, store: MakeStore) -> None:
    few = CELLS.replace("| 30    |", "| 9     |").replace("| 10    |", "| 8     |")
    assert of_state(strips(spec, store(few)), "Romania")[2:4] == ["sexual", "x"]


def test_the_audit_works_out_every_number_of_a_line(spec: ExhibitSpec, store: MakeStore) -> None:
    made = store(CELLS, coverage=ANSWERS)
    register = read_register(made.path)
    for row in strips(spec, made).rows:
        for cell in row.cells:
            if cell.key:
                assert cell.text in register.printed(cell.key), cell


def test_tables_answered_are_counted_and_name_no_cell(store: MakeStore) -> None:
    made = store(CELLS, coverage=ANSWERS)
    assert (answered(made, "RO"), answered(made, "TR")) == ("2 of 3", "0 of 3")
    assert keys_of("answered(RO)") == []


def test_each_state_has_its_own_small_line_beside_its_row(
    spec: ExhibitSpec, store: MakeStore
) -> None:
    made = store(CELLS)
    view = strips(spec, made)
    (chart,) = charts_of(made.shown)
    assert [s.label for s in chart.data.series] == [r.label for r in view.rows]
    assert faults(chart.data, draw_block(chart.data, width_mm=27.0)) == ([], 3)


def test_a_line_of_another_state_is_refused(spec: ExhibitSpec, store: MakeStore) -> None:
    made = store(CELLS)
    strips(spec, made)
    data = charts_of(made.shown)[0].data
    names = [s.label for s in data.series]
    turned = data.series[::-1]
    swapped = tuple(Series(n, s.points) for n, s in zip(names, turned, strict=True))
    other = ChartData(data.kind, swapped, data.unit, data.title, "", data.labels)
    assert faults(data, draw_block(other, width_mm=27.0))[0]
