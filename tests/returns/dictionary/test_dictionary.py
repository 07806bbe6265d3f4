"""Does the data dictionary say all that the contracts say, the same in workbook and page?"""

from __future__ import annotations

import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from browser import broken_rules, chromium, opened
from builds import ROOT, ROUND
from openpyxl import load_workbook

from pipeline.contracts.model import Contract, Contracts
from pipeline.project import Project
from pipeline.returns.dictionary.entries import Dictionary, read_dictionary
from pipeline.returns.dictionary.page import write_dictionary
from pipeline.returns.dictionary.workbook import dictionary_workbook
from pipeline.returns.rules.compile import compile_rules

PAGE = ROOT / "docs" / "reference" / "dictionary.md"
Lines = list[dict[str, Any]]


@pytest.fixture(scope="module")
def dictionary(contracts: Contracts) -> Dictionary:
    return read_dictionary(contracts, round_=ROUND)


@pytest.fixture(scope="module")
def sheets(dictionary: Dictionary) -> dict[str, Lines]:
    """The lines of each sheet by head, below its title, its sentence and its heads."""
    book = load_workbook(io.BytesIO(dictionary_workbook(dictionary)))
    found: dict[str, Lines] = {}
    for sheet in book.worksheets:
        heads, *lines = list(sheet.values)[2:]
        found[sheet.title] = [dict(zip(map(str, heads), line, strict=True)) for line in lines]
    return found


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, contracts: Contracts) -> dict[str, Path]:
    project = Project(ROOT, tmp_path_factory.mktemp("dictionary"))
    paths = write_dictionary(project, contracts, round_=ROUND)
    return {p.suffix: p for p in paths}


def test_every_table_and_every_field_has_a_line(
    contracts: Contracts, sheets: dict[str, Lines]
) -> None:
    assert [line["Table"] for line in sheets["Tables"]] == [t.name for t in contracts.tables]
    positions = {(f["Table"], f["Field"]): f["Position"] for f in sheets["Fields"]}
    for table in contracts.tables:
        found = [positions[table.name, name] for name in table.key_dimensions]
        assert found == list(range(1, len(found) + 1))
        assert (table.name, "value") in positions
        assert (table.name, "conf_status") in positions


def test_codes_stand_there_with_the_years_and_states_that_they_hold_for(
    contracts: Contracts, sheets: dict[str, Lines]
) -> None:
    said = {(line["Code list"], line["Code"]): line for line in sheets["Codes"]}
    lists = {d.codelist.name: d.codelist for t in contracts.tables for d in t.dimensions}
    codes = [(name, code) for name, own in lists.items() for code in own]
    assert len(codes) > 300
    for name, code in codes:
        line = said[name, code.code]
        assert (line["First year"] or 0) == code.valid_from
        assert (line["Last year"] or 9999) == code.valid_to
        assert str(line["Only for"] or "") == code.extra.get("states", "")
        assert line["Label"] == code.label
    assert any(line["First year"] for line in said.values())
    assert any(line["Only for"] for line in said.values())


def test_every_rule_of_the_round_has_a_line(contracts: Contracts, sheets: dict[str, Lines]) -> None:
    compiled = [
        (r.rule_id, r.severity, r.allowed, r.do)
        for c in contracts
        for r in compile_rules(contracts, c, round_=ROUND)
    ]
    found = [
        (r["Rule"], r["Severity"], r["What is allowed"], r["What to do"])
        for r in sheets["Rules of tables"]
    ]
    assert len(compiled) > 500
    assert sorted(compiled) == sorted(found)
    assert all(r["What it means"] for r in sheets["Rules of tables"] + sheets["Rules of files"])


def test_rounds_and_who_answers_come_from_the_contract(
    contracts: Contracts, sheets: dict[str, Lines]
) -> None:
    for table, line in zip(contracts.tables, sheets["Tables"], strict=True):
        assert (line["First round"] or 0) == table.first_round
        assert line["Unit"] == table.unit
        assert line["Who answers"] == (
            "the Center" if table.respondent == "center" else "each member state"
        )
    assert {line["Who answers"] for line in sheets["Tables"]} == {
        "the Center",
        "each member state",
    }


def test_a_table_that_the_round_does_not_ask_for_is_listed_without_rules(
    contracts: Contracts,
) -> None:
    def later(contract: Contract) -> Contract:
        first, *rest = contract.tables
        return replace(contract, tables=(replace(first, first_round=ROUND + 1), *rest))

    asked = [c for c in contracts if c.tables_of(ROUND)]
    changed = Contracts([later(c) for c in asked], contracts.codelists)
    for entry in read_dictionary(changed, round_=ROUND).contracts:
        first, *rest = entry.tables
        assert (first.is_asked, first.first_round, first.rules) == (False, ROUND + 1, ())
        assert all(t.rules and t.is_asked for t in rest)


def test_no_cell_is_a_formula_and_the_bytes_are_the_same_again(dictionary: Dictionary) -> None:
    content = dictionary_workbook(dictionary)
    assert content == dictionary_workbook(dictionary)
    cells = [
        cell
        for sheet in load_workbook(io.BytesIO(content)).worksheets
        for row in sheet.iter_rows()
        for cell in row
    ]
    assert len(cells) > 5000
    assert not [c.coordinate for c in cells if c.data_type == "f"]


class _Anchors(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = dict(attrs)
        self.ids += [str(own["id"])] if "id" in own else []
        self.links += [str(own["href"])] if "href" in own else []


def test_the_page_holds_what_the_workbook_holds(
    written: dict[str, Path], dictionary: Dictionary
) -> None:
    text = written[".html"].read_text(encoding="utf-8")
    anchors = _Anchors(text)
    assert len(anchors.ids) == len(set(anchors.ids))
    inside = {link[1:] for link in anchors.links if link.startswith("#")}
    assert len(inside) > 40
    assert inside <= set(anchors.ids)
    assert set(anchors.links) - {f"#{i}" for i in inside} == {written[".xlsx"].name}
    rows = len(re.findall("<tr><th", text)) - text.count("<thead>")
    tables = [t for c in dictionary.contracts for t in c.tables]
    assert rows == sum(len(t.fields) + len(t.rules) for t in tables) + sum(
        len(a.codes) for a in dictionary.lists
    ) + len(dictionary.intake)


def test_the_page_reads_on_a_phone_and_on_a_screen(written: dict[str, Path]) -> None:
    address = written[".html"].as_uri()
    with chromium() as browser:
        for width in (390, 1280):
            with opened(browser, address, width=width, judged=True) as found:
                assert broken_rules(found.page) == []
                found.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = 1)")
                assert found.page.evaluate("document.documentElement.scrollWidth") <= width
                assert found.troubles == []


def test_the_reference_page_names_every_sheet(sheets: dict[str, Lines]) -> None:
    rows = re.findall(r"^\| ([A-Z][a-z ]+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == list(sheets)
