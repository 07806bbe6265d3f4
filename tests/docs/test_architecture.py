"""Does the page on architecture lead to the code, and does a figure really take that
way?
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from builds import ROOT, copy_project
from openpyxl import load_workbook
from small_project import keep_chapters, keep_few_returns

from pipeline.cells import Key
from pipeline.contracts.layout import form_of
from pipeline.contracts.model import Contracts, load_contracts
from pipeline.disclosure.proof import require_proof
from pipeline.disclosure.protect import protect_round
from pipeline.inspection.explain.printed import ExplainedNumber, explain_reference
from pipeline.numbers.build import build_numbers
from pipeline.numbers.sql.marts import open_marts
from pipeline.project import Project
from pipeline.release.build import build_version
from pipeline.report.numbers import cell_text
from pipeline.report.printing import Printing
from pipeline.returns.formats.opened import open_file
from pipeline.returns.formats.raw import RawWorkbook
from pipeline.returns.intake.folder import find_returns
from pipeline.returns.intake.parse import load_symbols, parse_figure
from pipeline.returns.rules.validation import validate_and_write

PAGE = ROOT / "docs" / "architecture.md"
SYMBOLS = load_symbols(ROOT / "data_contracts" / "codelists")
TEXT = PAGE.read_text(encoding="utf-8")
HOUSE = ROOT / "tests" / "system" / "test_house.py"
ROUND = 2022


def house(name: str) -> Any:
    """A list of tests/system/test_house.py, which is the one place that has it."""
    for node in ast.parse(HOUSE.read_bytes()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            return ast.literal_eval(node.value)
    raise AssertionError(f"{HOUSE} has no {name}")


def rows_of(heading: str, text: str = TEXT) -> list[list[str]]:
    """The lines of the first table below a text, without its head."""
    table = re.findall(r"(?:^\|.*\n)+", text[text.index(heading) :], re.MULTILINE)[0]
    lines = [line.strip().strip("|").split("|") for line in table.splitlines()]
    return [[cell.strip() for cell in line] for line in lines[2:]]


def names_in(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def what(name: str) -> Any:
    """The module, class or function of a name. Raises where there is none."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            found = getattr(found, part)
        return found
    raise AssertionError(f"there is no {name}")


NAMED = sorted(set(re.findall(r"`(pipeline(?:\.\w+)+)`", TEXT)))


@pytest.mark.parametrize("name", NAMED)
def test_every_module_and_function_of_the_page_is_there(name: str) -> None:
    assert callable(what(name))


def test_every_station_names_a_function_and_says_where_the_figure_is() -> None:
    stations = rows_of("## Stations")
    assert len(stations) > 15
    for station, function, figure in stations:
        assert re.search(r"`pipeline\.[\w.]+`", function), station
        assert figure, station


def test_the_wings_of_the_page_are_those_of_the_house() -> None:
    rows = rows_of("## Wings and arrows")
    assert tuple(tuple(names_in(wings)) for wings, *_ in rows) == house("WINGS")
    nouns = next(line for line in TEXT.splitlines() if line.startswith("The nouns are"))
    assert {name.removesuffix(".py") for name in names_in(nouns.split(":")[0])} == set(
        house("NOUNS")
    )


def test_the_readme_names_every_wing() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    folders = re.findall(r"`pipeline/(\w+)/`", text)
    assert sorted(folders) == sorted(wing for wings in house("WINGS") for wing in wings)


def test_every_room_of_a_wing_is_there() -> None:
    for wings, _, rooms in rows_of("## Wings and arrows"):
        for room in names_in(rooms):
            assert any((ROOT / "pipeline" / wing / room).exists() for wing in names_in(wings)), room


def test_the_rooms_that_are_kept_apart_are_those_of_the_house() -> None:
    told = {
        (room, other)
        for rooms, others, _ in rows_of("These rooms do not use each other")
        for room in names_in(rooms)
        for other in names_in(others)
    }
    assert told == set(house("APART"))


# Three questions that somebody new asks: the page names the place, the place has it.


def test_somebody_new_finds_where_a_decimal_comma_is_parsed() -> None:
    (function,) = (f for station, f, _ in rows_of("## Stations") if station == "parsed")
    module = inspect.getmodule(what(names_in(function)[0]))
    assert module is not None
    assert "decimal-comma" in inspect.getsource(module)
    read = parse_figure("12,5", "text", decimals=3, symbols=SYMBOLS)
    assert read.value == Decimal("12.500")
    assert [p.rule for p in read.problems] == ["decimal-comma"]


def test_somebody_new_finds_where_a_cell_is_withheld() -> None:
    (function,) = (f for station, f, _ in rows_of("## Stations") if station == "withheld or shown")
    decision = what(names_in(function)[0])
    returned = inspect.get_annotations(decision, eval_str=True)["return"]
    assert {"shown", "withheld"} <= set(inspect.get_annotations(returned))
    assert (PAGE.parent / "background" / "disclosure.md").is_file()
    assert "](background/disclosure.md)" in TEXT


def test_somebody_new_finds_where_the_number_on_page_7_comes_from() -> None:
    (command,) = set(re.findall(r"`(make explain REF=thb:\S+)`", TEXT))
    assert re.search(r"^explain:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    linked = PAGE.parent / "how-to" / "number-audit.md"
    assert "](how-to/number-audit.md)" in TEXT
    assert "make explain REF=thb:T4.r4.c2" in linked.read_text(encoding="utf-8")
    assert command.partition("REF=")[2] in TEXT.replace(command, "", 1)  # the figure of this page


# The figure itself, station by station.

FIGURE = Key.parse(f"THB_VICTIMS:RO.{ROUND}._T._T")
REGION = FIGURE.at(state="SELEC")
SMALL = Key.parse(f"THB_VICTIMS:RO.{ROUND}.M.Y_LT18")
EXHIBIT = {
    "T1": {
        "kind": "table",
        "title": "Registered victims by state, {year}",
        "cube": "THB_VICTIMS",
        "rows": {"axis": "state", "region": "SELEC"},
        "columns": {"axis": "year", "codes": ["{year}"]},
    }
}
CHAPTER = '{{ chapter("victims", "Victims") }}\n{{ exhibit("T1") }}\n'


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A working copy with the returns of three states and a report of one table.

    Romania sends its figure as text, 500 with a blank in front, and three boys.
    """
    root = copy_project(tmp_path_factory.mktemp("way") / "copy")
    keep_few_returns(root, ROUND)
    keep_chapters(root, ["victims"])
    templates = root / "templates" / "thb"
    (templates / "exhibits.yaml").write_text(yaml.safe_dump(EXHIBIT), encoding="utf-8")
    (templates / "chapters" / "victims.html.j2").write_text(CHAPTER, encoding="utf-8")
    project = Project(root)
    path = project.returns / str(ROUND) / "thb" / "RO.xlsx"
    book = load_workbook(path)
    for key, text in ((FIGURE, " 500"), (SMALL, 3)):
        book[sheet_of(project)[0]][address_of(project, key)].value = text
    book.save(path)
    return project


def sheet_of(project: Project) -> tuple[str, dict[Key, tuple[int, int]]]:
    contracts = load_contracts(project.contracts)
    table = contracts.table(FIGURE.cube)
    form = form_of(table, contracts.contract("thb"), state=FIGURE.state, round_=ROUND)
    return form.sheet, dict(form.addresses())


def address_of(project: Project, key: Key) -> str:
    row, column = sheet_of(project)[1][key]
    return f"{chr(ord('A') + column - 1)}{row}"


def rows(database: Path, sql: str, *values: object) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(sql, list(values)).fetchall()


def stations(project: Project, contracts: Contracts) -> Iterator[tuple[str, Any]]:
    """The name of each station as the page has it, and what the figure is there."""
    sheet, address = sheet_of(project)[0], address_of(project, FIGURE)
    files = [f for f in find_returns(project, contracts, round_=ROUND) if f.state == FIGURE.state]
    yield "found", [(f.report, f.rule) for f in files]
    content = open_file(files[0].path.read_bytes(), FIGURE.state, names=()).content
    assert isinstance(content, RawWorkbook)
    cells = [c for s in content.sheets for c in s.cells.values()]
    (raw,) = (c for c in cells if (c.sheet, c.address) == (sheet, address))
    yield "opened", raw.text
    decimals = contracts.table(FIGURE.cube).decimals
    parsed = parse_figure(raw.text, raw.kind, decimals=decimals, symbols=SYMBOLS)
    yield "parsed", parsed.value

    checked = validate_and_write(project, contracts, round_=ROUND)
    value = "select value, raw, address from thb_victims where key = ?"
    yield "staged", rows(project.work(ROUND) / "staged.duckdb", value, str(FIGURE))
    found = [f for f in checked.findings if f.key == str(FIGURE)]
    yield "checked", {(f.rule, f.severity) for f in found if f.rule == "number-as-text"}

    build_numbers(project, contracts, round_=ROUND)
    codes = (
        "select value from thb_victims where state = ? and year = ? and sex = '_T' and age = '_T'"
    )
    yield "loaded", rows(project.warehouse, codes, FIGURE.state, ROUND)
    with open_marts(project, ROUND) as marts:
        sums = "select value, states, part_keys from marts.cells where key = ?"
        (total,) = marts.execute(sums, [str(REGION)]).fetchall()
        parts = "select sum(value) from marts.cells where list_contains(?, key)"
        (added,) = marts.execute(parts, [total[2]]).fetchone() or (None,)
    yield "added up", (str(FIGURE) in total[2], total[0] == added, FIGURE.state in total[1])
    known = Printing(
        project.store(ROUND, "thb", "restricted"), contracts, report="thb", version="restricted"
    )
    yield "stored", known.cell(FIGURE).value

    protect_round(project, contracts, round_=ROUND)
    public = Printing(
        project.store(ROUND, "thb", "public"), contracts, report="thb", version="public"
    )
    yield "withheld or shown", (cell_text(public.cell(FIGURE)), cell_text(public.cell(SMALL)))
    yield "proven", bool(require_proof(project, ROUND, version="public"))
    yield "printed", cell_text(known.cell(FIGURE))

    built = build_version(project, ROUND, report="thb", version="restricted")
    yield "read back", built.figures["number_audit"]["unaccounted"]
    lines = (built.pdf.parent / "cells.csv").read_text(encoding="utf-8").splitlines()
    yield "put in place", [line.split(",")[1] for line in lines if line.startswith(f"{FIGURE},")]
    number = explain_reference(
        project, contracts, round_=ROUND, reference="thb:T1.r9.c1", version="restricted"
    )
    assert isinstance(number, ExplainedNumber)
    evidence = str([cell.as_dict() for cell in number.cells])
    yield "explained", (number.printed.text, number.printed.behind, address in evidence)


# What the figure is at each station of the page that is reached here.
SEEN: dict[str, Any] = {
    "found": [("thb", "")],
    "opened": " 500",
    "parsed": Decimal(500),
    "staged": [(Decimal(500), " 500", "L7")],
    "checked": {("number-as-text", "note")},
    "loaded": [(Decimal(500),)],
    "added up": (True, True, True),
    "stored": Decimal(500),
    "withheld or shown": ("500", "c"),
    "proven": True,
    "printed": "500",
    "read back": 0,
    "put in place": ["500"],
    "explained": ("500", (str(FIGURE),), True),
}


@pytest.mark.thorough
@pytest.mark.slow
def test_a_figure_takes_the_way_of_the_page(shop: Project) -> None:
    contracts = load_contracts(shop.contracts)
    seen = dict(stations(shop, contracts))
    assert seen == SEEN


def test_the_stations_that_are_walked_are_those_of_the_page() -> None:
    told = [station for station, *_ in rows_of("## Stations")]
    assert [station for station in told if station in SEEN] == list(SEEN)
    # Left out here: what other tests hold, and what needs the keys of three people.
    assert set(told) - set(SEEN) == {"kept", "read", "laid out", "approved, released"}
