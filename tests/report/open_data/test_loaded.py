"""Do others load what we publish? SDMX with sdmx1 and pysdmx, the package with
frictionless, the workbook.
"""

from __future__ import annotations

import csv
import io
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from builds import OF_STATES, REPORTS, ROUND

from pipeline.project import Project
from pipeline.report.open_data.grids import machine

pytestmark = pytest.mark.slow


def version_folder(built: Project, report: str) -> Path:
    return built.version_folder(ROUND, report, "public")


def released(built: Project, report: str) -> dict[str, dict[str, str]]:
    """The lines of the list of released cells by key."""
    with built.released(ROUND, report, version="public").open(encoding="utf-8", newline="") as file:
        return {row["key"]: row for row in csv.DictReader(file)}


@pytest.mark.parametrize("report", REPORTS)
def test_sdmx_reads_back_as_the_released_cells_with_codes_of_its_structure(
    built: Project, report: str
) -> None:
    """With a library other than the one that wrote the structure."""
    import sdmx

    folder = version_folder(built, report) / "data"
    message: Any = sdmx.read_sdmx(folder / "structure.xml")
    wanted = released(built, report)
    found = {}
    assert set(message.dataflow) == set(message.structure) == {key.split(":")[0] for key in wanted}
    for path in sorted(folder.glob("*.csv")):
        structure = message.structure[path.stem]
        codes = {c.id: set(c.local_representation.enumerated.items) for c in _coded(structure)}
        assert {"FREQ", "REF_AREA", "OBS_STATUS", "CONF_STATUS", "UNIT_MEASURE"} <= set(codes)
        read: Any = sdmx.read_sdmx(path, structure=structure)
        for observation in read.data[0].obs:
            row = {d.id: str(observation.dimension[d.id].value) for d in structure.dimensions}
            state = row["REF_AREA"]
            year = row["TIME_PERIOD"]
            others = [v for n, v in row.items() if n not in ("FREQ", "REF_AREA", "TIME_PERIOD")]
            row |= {n: str(v.value) for n, v in observation.attached_attribute.items()}
            for name, known in codes.items():
                assert row[name] in known, f"{path.name}: {name} {row[name]}"
            found[f"{path.stem}:{'.'.join([state, year, *others])}"] = row | {
                "value": str(observation.value)
            }
    assert set(found) == set(wanted)
    for key, row in found.items():
        line = wanted[key]
        counted = f"{row['COUNTED']}/{row['COUNTED_OF']}" if row["COUNTED"] else ""
        doubted = (
            "V"
            if {"i", "q"} & set(line["marks"].split()) and line["obs_status"] == "A"
            else line["obs_status"]
        )
        assert (row["OBS_STATUS"], row["CONF_STATUS"]) == (doubted, line["conf_status"])
        assert row.get("MARKS", "") == line["marks"]
        assert (row["value"], row["UNIT_MEASURE"]) == (line["value"], line["unit"])
        assert (counted, row["COUNTED_AREAS"]) == (line["coverage"], line["states"])


def _coded(structure: Any) -> list[Any]:
    """The dimensions and attributes of a data structure that take their values from a
    code list.
    """
    every = [*structure.dimensions, *structure.attributes]
    return [c for c in every if c.local_representation and c.local_representation.enumerated]


@pytest.mark.parametrize("report", REPORTS)
def test_the_structure_is_valid_sdmx(built: Project, report: str) -> None:
    """Read with the schemas of the standard, which pysdmx ships."""
    from pysdmx.io import read_sdmx

    message = read_sdmx(version_folder(built, report) / "data" / "structure.xml", validate=True)
    structures = message.get_data_structure_definitions()
    assert structures
    assert all(
        s.agency == "SELEC" and re.fullmatch(r"\d+\.\d+\.\d+", s.version) for s in structures
    )
    lists = {one.id: {code.id for code in one} for one in message.get_codelists()}
    assert {"F", "S"} <= lists["CL_CONF_STATUS"]
    assert {"A", "O", "M", "Q"} <= lists["CL_OBS_STATUS"]


@pytest.mark.parametrize("report", REPORTS)
def test_a_withheld_cell_says_nothing_but_that_it_is_withheld(built: Project, report: str) -> None:
    seen = 0
    for path in sorted((version_folder(built, report) / "data").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row["CONF_STATUS"] != "F":
                    told = [
                        row[n]
                        for n in (
                            "OBS_VALUE",
                            "OBS_STATUS",
                            "CONF_STATUS",
                            "COUNTED",
                            "COUNTED_AREAS",
                        )
                    ]
                    assert told == ["", "Q", "S", "", ""]
                    seen += 1
    assert seen == sum(r["conf_status"] == "S" for r in released(built, report).values())
    assert seen or report != "thb"


@pytest.mark.parametrize("report", REPORTS)
def test_the_data_package_is_valid_to_its_last_row(built: Project, report: str) -> None:
    import frictionless

    found = frictionless.validate(str(version_folder(built, report) / "data" / "datapackage.json"))
    assert found.valid, found.to_summary()
    package = json.loads(
        (version_folder(built, report) / "data" / "datapackage.json").read_text(encoding="utf-8")
    )
    rows = {task.name: task.stats["rows"] for task in found.tasks}
    cubes = [r for r in package["resources"] if not r["path"].startswith("codes/")]
    assert sum(rows[r["name"]] for r in cubes) == len(released(built, report))
    assert all(r["schema"]["primaryKey"][0] == "FREQ" and r["schema"]["foreignKeys"] for r in cubes)


def test_duckdb_adds_up_what_pandas_adds_up(built: Project) -> None:
    import duckdb
    import pandas as pd

    path = version_folder(built, "thb") / "data" / "THB_VICTIMS.csv"
    query = (
        f"select sum(OBS_VALUE) from '{path}' where REF_AREA = 'SELEC' and TIME_PERIOD = {ROUND}"
        " and SEX = '_T' and AGE = '_T'"
    )
    (total,) = duckdb.connect().execute(query).fetchone() or (None,)
    frame = pd.read_csv(path, keep_default_na=False, na_values=[""])
    chosen = frame.query(
        f"REF_AREA == 'SELEC' and TIME_PERIOD == {ROUND} and SEX == '_T' and AGE == '_T'"
    )
    assert total == chosen.OBS_VALUE.sum()
    assert total == Decimal(released(built, "thb")[f"THB_VICTIMS:SELEC.{ROUND}._T._T"]["value"])


@pytest.mark.parametrize("report", OF_STATES)
def test_each_sheet_of_the_workbook_holds_the_table_of_the_page(
    built: Project, report: str
) -> None:
    import openpyxl

    folder = version_folder(built, report)
    (path,) = folder.glob("*.xlsx")
    book = openpyxl.load_workbook(path)
    assert book.sheetnames[:2] == ["Cover", "Contents"]
    sheets = [s for s in book.worksheets if re.fullmatch(r"(Table|Figure|Headline)_\d+", s.title)]
    tables = {p.stem.replace("-", "_"): p for p in (folder / "html" / "tables").glob("*.csv")}
    # The workbook has shorthand in place of symbols; years of key figures stand in other sheets.
    left_out = {name for name in tables if name.endswith(("_statuses", "_course"))}
    assert sorted(n.rpartition("_")[2] for n in left_out) == ["course", "course", "statuses"]
    assert len(sheets) == len(tables) - len(left_out)
    for sheet in sheets:
        (named,) = sheet.tables.values()
        with tables[named.name.removesuffix("_data")].open(encoding="utf-8", newline="") as file:
            lines = list(csv.reader(file))
        shown = [[c.value for c in row] for row in sheet[named.ref]]
        assert len(shown) == len(lines)
        for line, cells in zip(lines[1:], shown[1:], strict=True):
            for text, cell in zip(line, cells, strict=True):
                if isinstance(cell, int | float):
                    assert Decimal(str(cell)) == Decimal(text)
                elif not str(cell).startswith("["):
                    assert machine(str(cell)) == text.removeprefix("'") or "[" in str(cell)
        assert sheet["A1"].value.startswith(sheet.title.replace("_", " ") + ": ")


@pytest.mark.parametrize("report", REPORTS)
def test_no_cell_of_the_workbook_is_a_formula_and_nothing_tells_when_it_was_made(
    built: Project, report: str
) -> None:
    import zipfile

    (path,) = version_folder(built, report).glob("*.xlsx")
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as parts:
        assert {i.date_time[:3] for i in parts.infolist()} == {(1980, 1, 1)}
        assert not any(b"<f>" in parts.read(n) for n in parts.namelist())
        assert b"T12:00:00Z" in parts.read("docProps/core.xml")


@pytest.mark.parametrize("version", ["restricted", "partner"])
def test_versions_for_some_have_no_open_forms(built: Project, version: str) -> None:
    folder = built.version_folder(ROUND, "thb", version)
    assert folder.is_dir()
    assert not (folder / "data").exists()
    assert not (folder / "html").exists()
    assert not list(folder.glob("*.xlsx"))
