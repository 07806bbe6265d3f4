"""Does the ledger of what was printed read back as it was written, and is every entry
that the pipeline does not write refused?
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest

from pipeline.errors import DamagedFileError
from pipeline.report.ledger import (
    Fact,
    FigureExhibit,
    LedgerEntry,
    PrintedCell,
    PrintedChart,
    PrintedHeading,
    PrintedLine,
    Sentence,
    TableExhibit,
    TableKeys,
    entry_keys,
    ledger_json,
    parse_ledger,
)
from pipeline.report.views import ChartData, Footnote, Point, Series

PATH = Path("/outputs/2022/work/printed/thb-public.json")
ONE = "THB_VICTIMS:RO.2021._T._T"
TWO = "THB_VICTIMS:RO.2022._T._T"
CHANGE = f"change({TWO}, {ONE})"
CHART = ChartData(
    "line",
    (
        Series(
            "Romania", (Point("2021", 505.0, "505", ONE), Point("2022", None, "c", TWO, "withheld"))
        ),
    ),
    "victims",
    "Victims",
    labels={"2021": "2021"},
)
ROMANIA = PrintedLine("Romania", (PrintedCell("500", TWO, ("b", "1")), PrintedCell("-1.0", CHANGE)))
ENTRIES: list[LedgerEntry] = [
    PrintedHeading("1", "summary", "Key findings", 1),
    PrintedHeading("2.1", "state-ro", "Romania RO", 2, listed="Romania"),
    TableExhibit(
        "Table 1",
        "thb-t1",
        "T1",
        "table",
        "Victims",
        "",
        ("THB_VICTIMS",),
        "victims",
        ("State", "2022", "Change"),
        ("", "", "of it"),
        (ROMANIA,),
        (Footnote("1", "It was 505.", f"It was [[{ONE}]]."), Footnote("b", "Break.")),
        ("Counted once.",),
        "returns",
    ),
    TableKeys("thb-t1", ((TWO, CHANGE), ())),
    PrintedChart("thb-f1", CHART),
    FigureExhibit(
        "Figure 1", "thb-f1", "F1", "line", "Victims", "RO", ("THB_VICTIMS",), (), (), "returns"
    ),
    Fact(f"[[{TWO}]] victims", "500 victims", "state-ro.fact.1"),
    Sentence(
        f"There were [[{TWO}]].",
        "There were 500.",
        "victims.a.1",
        "There were [[{key}]].",
        {"state": "RO"},
    ),
]


def test_what_was_written_reads_back_the_same() -> None:
    text = ledger_json(ENTRIES)
    assert parse_ledger(text.encode(), PATH) == ENTRIES
    assert {type(e) for e in ENTRIES} == set(get_args(LedgerEntry))
    assert ledger_json(parse_ledger(text.encode(), PATH)) == text


def test_every_kind_of_entry_has_the_keys_that_earlier_builds_wrote() -> None:
    """Outputs of before stay readable, and new ones are readable to what reads them."""
    common = ["exhibit", "id", "spec", "kind", "title", "state", "cubes", "drawn"]
    below = ["footnotes", "notes", "source"]
    assert [list(e) for e in json.loads(ledger_json(ENTRIES))] == [
        ["heading", "id", "title", "level"],
        ["heading", "id", "title", "level", "listed"],
        [*common, "unit", "heads", "groups", "lines", *below],
        ["table", "rows"],
        ["chart", "data"],
        [*common, *below],
        ["sentence", "text", "place"],
        ["sentence", "text", "place", "written", "values"],
    ]


def test_exhibits_without_data_that_builds_of_before_noted_are_passed_over() -> None:
    written = json.loads(ledger_json(ENTRIES))
    table = next(e for e in written if "lines" in e)
    empty = {key: table[key] for key in ("id", "spec", "kind", "title", "state", "cubes", "drawn")}
    written.insert(2, {"exhibit": "Table 7", **empty, "reason": "No state answered."})
    assert parse_ledger(json.dumps(written).encode(), PATH) == [*ENTRIES]


def test_the_keys_of_an_exhibit_are_those_of_its_cells_and_of_its_drawing() -> None:
    table, figure = (e for e in ENTRIES if isinstance(e, TableExhibit | FigureExhibit))
    assert entry_keys(table, ENTRIES) == [TWO, TWO, ONE]
    assert entry_keys(figure, ENTRIES) == [ONE, TWO]


def of_kind(key: str) -> dict[str, Any]:
    found: dict[str, Any] = next(e for e in json.loads(ledger_json(ENTRIES)) if key in e)
    return found


@pytest.mark.parametrize(
    "entry",
    [
        {"picture": "thb-f1"},
        {},
        "Table 1",
        None,
        {**of_kind("heading"), "exhibit": "Table 1"},  # two kinds at once
        {**of_kind("heading"), "level": "1"},
        {**of_kind("heading"), "listed": 1},
        {"table": "thb-t1"},
        {"table": "thb-t1", "rows": [[1]]},
        {"table": "thb-t1", "rows": ["THB"]},
        {**of_kind("lines"), "lines": [{"label": "Romania"}]},
        {**of_kind("lines"), "lines": [{"label": "Romania", "cells": [["500"]]}]},
        {**of_kind("lines"), "footnotes": [["1"]]},
        {**of_kind("lines"), "cubes": None},
        {k: v for k, v in of_kind("lines").items() if k != "heads"},
        {"chart": "thb-f1", "data": {**of_kind("chart")["data"], "kind": "pie"}},
        {"chart": "thb-f1", "data": {**of_kind("chart")["data"], "series": [{}]}},
        {"chart": "thb-f1", "data": {**of_kind("chart")["data"], "labels": []}},
        {"sentence": "There were.", "text": "There were."},
        {**of_kind("written"), "written": None},
        {**of_kind("written"), "values": {"state": 1}},
    ],
)
def test_an_entry_that_the_pipeline_does_not_write_is_refused_with_its_place(entry: object) -> None:
    content = json.dumps([of_kind("heading"), entry]).encode()
    with pytest.raises(DamagedFileError) as refused:
        parse_ledger(content, PATH)
    assert "entry 2 " in str(refused.value)
    assert str(PATH) in str(refused.value)
    assert "run 'make report REPORT=thb VERSION=public ROUND=2022'" in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"[{", b'{"heading": "1"}', b"\xff"])
def test_what_is_no_list_in_json_is_damaged(content: bytes) -> None:
    with pytest.raises(DamagedFileError):
        parse_ledger(content, PATH)
