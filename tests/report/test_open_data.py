"""What becomes of a table when it is data? Numbers, marks, symbols, groups, and texts
that look like formulas.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime

import openpyxl
import pytest

from pipeline.report.exhibits.chart_tables import table_of
from pipeline.report.open_data.flows import flows
from pipeline.report.open_data.grids import grid, grid_csv, machine
from pipeline.report.open_data.package import codes_csv
from pipeline.report.open_data.sdmx import observations_csv
from pipeline.report.open_data.workbook import workbook
from pipeline.report.printing import Printing
from pipeline.report.views import CellView, ChartData, Column, Point, Row, Series, TableView

NOON = datetime(2023, 3, 31, 12, tzinfo=UTC)
DOC = {
    "title": "A report",
    "subtitle": "Public version",
    "round": 2022,
    "edition": "Edition 1",
    "date_text": "Data received by 31 March 2023",
    "reference": "SELEC/THB/2022/P/1",
    "releasability": ["Free to use."],
}


def table(*rows: Row, columns: tuple[Column, ...] = ()) -> TableView:
    heads = columns or (
        Column("State", "label"),
        Column("2021"),
        Column("2022"),
        Column("ICCS", "text"),
    )
    return TableView("thb-t1", "Table 1", "Victims", "victims", heads, rows, "returns.")


def row(label: str, *texts: str, marks: tuple[str, ...] = (), kind: str = "body") -> Row:
    cells = tuple(CellView(t, marks=marks if i == 0 else ()) for i, t in enumerate(texts))
    return Row(label, cells, 0, kind)  # type: ignore[arg-type]


def sheet_of(view: TableView) -> list[tuple[object, ...]]:
    """The lines of the table on its sheet, heads first."""
    book = openpyxl.load_workbook(io.BytesIO(workbook([view], DOC, created=NOON)))
    sheet = book["Table_1"]
    (named,) = sheet.tables.values()
    return [tuple(c.value for c in line) for line in sheet[named.ref]]


@pytest.mark.parametrize(
    ("printed", "plain"),
    [
        ("1,856", "1856"),
        ("\N{MINUS SIGN}10.6", "-10.6"),
        ("+3.0", "3.0"),
        ("0.25", "0.25"),
        ("c", "c"),
        (":", ":"),
        ("9 of 11", "9 of 11"),
        ("<5", "<5"),
        ("1,2,", "1,2,"),
    ],
)
def test_a_number_loses_its_commas_and_a_text_stays(printed: str, plain: str) -> None:
    assert machine(printed) == plain


def test_marks_stand_apart_from_numbers() -> None:
    found = grid(
        table(
            row("Romania", "1,200", "c", "0204", marks=("b", "*")), row("Serbia", ":", "7", "0204")
        )
    )
    assert found.heads == ("State", "2021", "2022", "ICCS", "Marks")
    assert found.lines == (
        ("Romania", "1200", "c", "0204", "2021: b, *"),
        ("Serbia", ":", "7", "0204", ""),
    )


def test_a_line_that_heads_others_becomes_a_column() -> None:
    found = grid(
        table(
            Row("Drugs", (), 0, "group"), row("Cocaine", "1", "2", ""), row("Heroin", "3", "4", "")
        )
    )
    assert found.heads[:2] == ("Group", "State")
    assert [line[:2] for line in found.lines] == [("Drugs", "Cocaine"), ("Drugs", "Heroin")]


def test_heads_of_groups_are_told_apart() -> None:
    columns = (
        Column("Sex", "label"),
        Column("Total", group="2021"),
        Column("Total", group="2022"),
        Column("Total"),
    )
    assert grid(table(row("F", "1", "2", "3"), columns=columns)).heads == (
        "Sex",
        "2021: Total",
        "2022: Total",
        "Total",
    )


def test_the_workbook_has_numbers_codes_and_shorthand() -> None:
    lines = sheet_of(
        table(row("Romania", "1,200", "c", "0204", marks=("*",)), row("Serbia", ":", "7.5", "x"))
    )
    assert lines == [
        ("State", "2021", "2022", "ICCS", "Shorthand"),
        ("Romania", 1200, "[c]", "0204", "2021: [part]"),
        ("Serbia", "[x]", 7.5, "[nc]", "[z]"),
    ]


def test_no_text_of_a_table_becomes_a_formula() -> None:
    view = table(row("=1+1", "1", "2", "@SUM(A1)"), row("+49", "3", "4", "http://example.org"))
    lines = sheet_of(view)
    assert [line[0] for line in lines[1:]] == ["=1+1", "+49"]
    book = openpyxl.load_workbook(io.BytesIO(workbook([view], DOC, created=NOON)))
    cells = [c for line in book["Table_1"].iter_rows() for c in line]
    assert not any(c.data_type == "f" or c.hyperlink for c in cells)
    texts = list(csv.reader(io.StringIO(grid_csv(view).decode())))
    assert [line[0] for line in texts[1:]] == ["'=1+1", "'+49"]


def test_the_same_tables_make_the_same_workbook() -> None:
    view = table(row("Romania", "1", "2", "a"))
    assert workbook([view], DOC, created=NOON) == workbook([view], DOC, created=NOON)


def test_a_chart_is_a_table_of_its_points() -> None:
    points = (Point("2021", 5.0, "5"), Point("2022", None, "c", status="withheld"))
    partial = (Point("2021", 7.0, "7", coverage="9 of 11"), Point("2022", 8.0, "8", status="break"))
    data = ChartData(
        "line", (Series("Romania", points), Series("SELEC region", partial)), "victims", "Victims"
    )
    lines = grid(table_of(data, "thb-f1", number="Figure 1", head="State", source="returns."))
    assert lines.heads == ("State", "2021", "2022", "Marks")
    assert lines.lines == (
        ("Romania", "5", "c", ""),
        ("SELEC region", "7", "8", "2021: *; 2022: b"),
        ("States counted: SELEC region", "9 of 11", "", ""),
    )
    bars = ChartData("bar", data.series[:1], "victims", "Victims", labels={"2021": "Last year"})
    assert grid(table_of(bars, "thb-f1", number="Figure 1", head="Year", source="")).lines == (
        ("Last year", "5"),
        ("2022", "c"),
    )


def test_withheld_cells_read_the_same_whatever_they_hide(store: Callable[..., Printing]) -> None:
    cells = """
    key                       | value
    THB_VICTIMS:RO.2022._T._T | 500
    THB_VICTIMS:RO.2022.F._T  | c
    THB_VICTIMS:RO.2022.M._T  | c
    """
    opened = store(cells, version="public")
    (flow,) = (f for f in flows(opened) if f.id == "THB_VICTIMS")
    lines = list(
        csv.DictReader(io.StringIO(observations_csv(flow, opened.cells_of("THB_VICTIMS")).decode()))
    )
    assert {(x["SEX"], x["OBS_VALUE"], x["OBS_STATUS"], x["CONF_STATUS"]) for x in lines} == {
        ("_T", "500", "A", "F"),
        ("F", "", "Q", "S"),
        ("M", "", "Q", "S"),
    }
    assert {x["STRUCTURE_ID"] for x in lines} == {"SELEC:THB_VICTIMS(1.0.0)"}


def test_the_list_of_items_that_others_scored_says_pillar_and_crime_area(
    store: Callable[..., Printing],
) -> None:
    cells = "key | value\nCTX_OC_INDEX:RO.2023.HEROIN | 5.5\nTHB_VICTIMS:RO.2022._T._T | 5"
    opened = store(cells, report="octa", version="public")
    (flow,) = (f for f in flows(opened) if f.id == "CTX_OC_INDEX")
    (items,) = (c.codes for c in flow.components if c.id == "ITEM")
    assert items is not None
    lines = {x["code"]: x for x in csv.DictReader(io.StringIO(codes_csv(items).decode()))}
    assert (lines["HEROIN"]["pillar"], lines["HEROIN"]["crime_area"]) == ("market", "DRUGS")
    assert {x["pillar"] for x in lines.values()} == {"market", "actor", "resilience"}
    areas = next(c.codes for c in flow.components if c.id == "REF_AREA")
    assert areas is not None
    assert b"pillar" not in codes_csv(areas)
