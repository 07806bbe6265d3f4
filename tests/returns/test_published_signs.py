"""Are the flags and codes of publishers kept as they are meant, and is an import that
understood nothing an error?
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import damage as d
import duckdb
import pytest
from damage import Row, Sheet

from pipeline.contracts.model import Contracts
from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.returns.importers.figures import Reading
from pipeline.returns.importers.run import SOURCES, read_source, run_import
from pipeline.returns.intake.stage import STAGED
from pipeline.returns.received import read_round

ROUND = 2022
UNODC_HEADS: Row = [
    "Iso3_code",
    "Country",
    "Region",
    "Subregion",
    "Indicator",
    "Dimension",
    "Category",
    "Sex",
    "Age",
    "Year",
    "Unit of measurement",
]


def _unodc(value: str, state: str, figure: object, *labels: str) -> bytes:
    row: Row = [state, state, "Europe", "", *labels[:5], "2022", "Counts", figure]
    return d.as_xlsx([Sheet("data", [["UNODC"], ["14/04/2025"], [*UNODC_HEADS, value], row])])


def _drugs(state: str, figure: object) -> bytes:
    heads: Row = ["DrugGroup", "DrugSubGroup", "DrugName", "Reference year", "Kilograms", "msCode"]
    row: Row = ["Opioids", "Opiates", "Heroin", 2022, figure, state]
    return d.as_xlsx([Sheet("Export", [["Drug seizures, 2018-2022"], heads, row])])


def _crime(state: str, figure: object, key: str = r"freq,iccs,unit,geo\TIME_PERIOD") -> bytes:
    codes = {"freq": "A", "iccs": "ICCS0601", "unit": "NR", "geo": state}
    parts = key.partition("\\")[0].split(",")
    return d.as_csv(
        [[key, "2021 ", "2022 "], [",".join(codes[p] for p in parts), "7 ", f"{figure}"]], "\t"
    )


PRESENT = [
    "LAST UPDATE",
    "reason",
    "apprehen",
    "citizen",
    "sex",
    "age",
    "unit",
    "geo",
    "TIME_PERIOD",
    "OBS_VALUE",
    "OBS_FLAG",
    "CONF_STATUS",
]
WHOLE = ["Total", "Total", "Total", "Total", "Total", "Person"]


def _present(state: str, figure: object, flag: str = "", confidentiality: str = "") -> bytes:
    return d.as_csv([PRESENT, ["", *WHOLE, state, "2022", str(figure), flag, confidentiality]])


def _asylum(state: str, figure: object) -> bytes:
    heads: Row = [
        *("year", "coo_iso", "coa_iso", "procedure_type", "app_type", "dec_level", "app_pc"),
        "applied",
    ]
    return d.as_csv([heads, ["2022", "SYR", state, "G", "N", "FI", "P", str(figure)]])


MAKERS: dict[str, tuple[Callable[[str, object], bytes], str, str]] = {
    "glotip": (
        lambda s, f: _unodc(
            "txtVALUE", s, f, "Detected trafficking victims", "Total", "Total", "Total", "Total"
        ),
        "THB_VICTIMS:RO.2022._T._T",
        "ROU",
    ),
    "cts": (
        lambda s, f: _unodc(
            "VALUE", s, f, "Offences", "by type of offence", "Money laundering", "Total", "Total"
        ),
        "OCT_MONEY_LAUNDERING:RO.2022",
        "ROU",
    ),
    "iafq": (
        lambda s, f: _unodc("VALUE", s, f, "Arms seized", "Total", "Total", "na", "na"),
        "OCT_FIREARMS:RO.2022._T",
        "ROU",
    ),
    "drug_seizures": (_drugs, "OCT_DRUG_KG:RO.2022.HER", "ROU"),
    "eurostat_crime": (_crime, "OCT_DRUG_OFFENCES:RO.2022", "RO"),
    "eurostat_migration": (_present, "MIG_STAY:RO.2022._T._T", "Romania"),
    "unhcr_asylum": (_asylum, "MIG_ASYLUM:RO.2022.APPL", "ROU"),
}


def read(tmp_path: Path, contracts: Contracts, source: str, content: bytes) -> Reading:
    path = tmp_path / "published.dat"
    path.write_bytes(content)
    return read_source(contracts, source, file=path, round_=ROUND)


def figure(reading: Reading, key: str) -> tuple[str, str]:
    (found,) = [(f.text, f.obs_status) for f in reading.figures if str(f.key) == key and f.text]
    return found


def test_every_source_is_tried() -> None:
    assert set(MAKERS) == set(SOURCES) - {"center_export"}  # nobody publishes it


@pytest.mark.parametrize(
    ("written", "text", "status", "rule"),
    [
        ("c", "c", "Q", "suppressed_by_the_publisher"),
        ("suppressed", "c", "Q", "suppressed_by_the_publisher"),
        ("z", "z", "M", "not_applicable"),
        ("not applicable", "z", "M", "not_applicable"),
    ],
)
@pytest.mark.parametrize("source", MAKERS)
def test_why_there_is_no_figure_is_kept(
    tmp_path: Path,
    contracts: Contracts,
    source: str,
    written: str,
    text: str,
    status: str,
    rule: str,
) -> None:
    make, key, state = MAKERS[source]
    reading = read(tmp_path, contracts, source, make(state, written))
    assert figure(reading, key) == (text, status)
    assert reading.skipped_by_rule == {rule: 1}
    assert reading.rows == 1 + (source == "eurostat_crime")  # there a row is one year of one line


@pytest.mark.parametrize(
    ("flags", "figures"),
    [
        ("b", {"12": ("12", "B")}),
        ("d", {"12": ("12", "D")}),
        ("e", {"12": ("12", "E")}),
        ("s", {"12": ("12", "E")}),
        ("i", {"12": ("12", "E")}),
        ("p", {"12": ("12", "P")}),
        ("u", {"12": ("12", "U")}),
        ("r", {"12": ("12", "")}),
        ("f", {"12": ("12", "")}),
        ("bd", {"12": ("12", "B")}),
        ("ep", {"12": ("12", "E")}),
        ("n", {"12": ("12", ""), "0": ("0n", "N"), ":": ("0n", "N")}),
        ("c", {"12": ("12", ""), ":": ("c", "Q")}),
        ("z", {":": ("z", "M")}),
    ],
)
@pytest.mark.parametrize("source", ["eurostat_crime", "eurostat_migration"])
def test_flags_of_eurostat_become_statuses(
    tmp_path: Path,
    contracts: Contracts,
    source: str,
    flags: str,
    figures: dict[str, tuple[str, str]],
) -> None:
    key = MAKERS[source][1]
    for written, expected in figures.items():
        ways = (
            [_crime("RO", f"{written} {flags}")]
            if source == "eurostat_crime"
            else [
                _present("Romania", written.replace(":", ""), flags),
                _present("Romania", written, flags.upper()),
            ]
        )
        for content in ways:
            reading = read(tmp_path, contracts, source, content)
            assert figure(reading, key) == expected
            noted = [
                f.note
                for f in reading.figures
                if str(f.key) == key and "flags of the publisher" in f.note
            ]
            is_named = expected[0] == "12" and (len(flags) > 1 or not expected[1])
            assert len(noted) == is_named


@pytest.mark.parametrize(
    ("value", "status", "expected"),
    [
        ("", "C", ("c", "Q")),
        ("", "N", ("c", "Q")),
        ("12", "F", ("12", "")),
        ("12", "", ("12", "")),
        ("12", "C", ("12", "")),
    ],
)
def test_a_confidentiality_of_its_own_column_is_kept(
    tmp_path: Path, contracts: Contracts, value: str, status: str, expected: tuple[str, str]
) -> None:
    reading = read(
        tmp_path, contracts, "eurostat_migration", _present("Romania", value, "", status)
    )
    assert figure(reading, "MIG_STAY:RO.2022._T._T") == expected
    noted = any("confidentiality of the publisher: C" in f.note for f in reading.figures)
    assert noted == ((value, status) == ("12", "C"))


@pytest.mark.sampled(3)
@pytest.mark.parametrize("source", MAKERS)
def test_what_a_publisher_suppresses_is_read_from_the_return_as_suppressed(
    tmp_path: Path, project: Project, contracts: Contracts, source: str
) -> None:
    make, key, state = MAKERS[source]
    path = tmp_path / "published.dat"
    path.write_bytes(make(state, "c"))
    run_import(project, contracts, source=source, file=path, round_=ROUND)
    assert not list(project.returns.rglob("*.part"))
    reading = read_round(project, contracts, round_=ROUND)
    assert [f for f in reading.findings if f.severity == "error"] == []
    with duckdb.connect(str(project.work(ROUND) / STAGED), read_only=True) as connection:
        table = contracts.table(key.partition(":")[0]).sql_name
        found = connection.execute(
            f"select value, obs_status from {table} where key = ?", [key]
        ).fetchall()
    assert found == [(None, "Q")]


# Codes and labels of Eurostat.

TWO = ["STRUCTURE", "STRUCTURE_ID", "freq", *PRESENT[1:]]
BOTH = [
    "STRUCTURE",
    "STRUCTURE_ID",
    "STRUCTURE_NAME",
    "freq",
    "Time frequency",
    "reason",
    "Reason",
    "apprehen",
    "Place",
    "citizen",
    "Country of citizenship",
    "sex",
    "Sex",
    "age",
    "Age class",
    "unit",
    "Unit of measure",
    "geo",
    "Geopolitical entity (reporting)",
    "TIME_PERIOD",
    "Time",
    "OBS_VALUE",
    "Observation value",
    "OBS_FLAG",
    "Observation status",
    "CONF_STATUS",
    "Confidentiality status",
]
FORMS = {
    "labels": [PRESENT, ["", "Overstay", *WHOLE[1:], "Romania", "2022", "15", "", ""]],
    "labels_beside_codes": [
        PRESENT,
        [
            "",
            "OV:Overstay",
            "TOTAL:Total",
            "TOTAL: Total",
            "T:Total",
            "TOTAL:Total",
            "PER:Person",
            "RO:Romania",
            "2022",
            "15",
            "",
            "",
        ],
    ],
    "version_2_with_labels": [
        TWO,
        [
            "dataflow",
            "ESTAT:MIGR_EIPRE(1.0)",
            "Annual",
            "Overstay",
            *WHOLE[1:],
            "Romania",
            "2022",
            "15",
            "",
            "",
        ],
    ],
    "version_2_with_both": [
        BOTH,
        [
            "dataflow",
            "ESTAT:MIGR_EIPRE(1.0)",
            "Persons",
            "A",
            "Annual",
            "OV",
            "Overstay",
            "TOTAL",
            "Total",
            "TOTAL",
            "Total",
            "T",
            "Total",
            "TOTAL",
            "Total",
            "PER",
            "Person",
            "RO",
            "Romania",
            "2022",
            "",
            "15",
            "",
            "",
            "",
            "",
            "",
        ],
    ],
    "no_last_update": [PRESENT[1:], ["Overstay", *WHOLE[1:], "Romania", "2022", "15", "", ""]],
}


@pytest.mark.parametrize("form", FORMS)
def test_a_table_is_read_in_each_form_that_the_service_gives(
    tmp_path: Path, contracts: Contracts, form: str
) -> None:
    reading = read(tmp_path, contracts, "eurostat_migration", d.as_csv(FORMS[form]))
    assert figure(reading, "MIG_STAY:RO.2022.OVER._T") == ("15", "")
    assert reading.used == 1


@pytest.mark.parametrize("column", ["reason", "apprehen"])
def test_codes_in_place_of_labels_are_an_error_with_what_to_do(
    tmp_path: Path, contracts: Contracts, column: str
) -> None:
    codes = {"reason": "TOTAL", "apprehen": "TOTAL"} | {column: "ANY_CODE"}
    row = ["", *codes.values(), "TOTAL", "T", "TOTAL", "PER", "RO", "2022", "15", "", ""]
    with pytest.raises(
        UserError, match=f"labels are codes: 'ANY_CODE' in the column {column}"
    ) as problem:
        read(tmp_path, contracts, "eurostat_migration", d.as_csv([PRESENT, row]))
    assert "labels=name" in problem.value.do


def test_codes_of_the_whole_are_the_same_in_all_lists_of_the_service(
    tmp_path: Path, contracts: Contracts
) -> None:
    refused = ["border", "unit", "reason", "citizen", "geo", "TIME_PERIOD", "OBS_VALUE", "OBS_FLAG"]
    rows = [
        refused,
        ["TOTAL", "PER", "TOTAL", "TOTAL", "RO", "2022", "15", "e"],
        ["LAND", "PER", "TOTAL", "TOTAL", "RO", "2022", "10", ""],
    ]
    reading = read(tmp_path, contracts, "eurostat_migration", d.as_csv(rows))
    assert figure(reading, "MIG_REFUSED:RO.2022._T._T") == ("15", "E")
    assert reading.skipped_by_rule == {"breakdown_not_asked": 1}


@pytest.mark.parametrize(
    "order",
    [
        o
        for parts in (("freq", "iccs", "unit", "geo"), ("iccs", "unit", "geo"))
        for o in itertools.permutations(parts)
    ],
    ids=",".join,
)
def test_the_key_of_a_line_may_have_any_order(
    tmp_path: Path, contracts: Contracts, order: tuple[str, ...]
) -> None:
    content = _crime("RO", "9 p", ",".join(order) + "\\TIME_PERIOD")
    assert figure(
        read(tmp_path, contracts, "eurostat_crime", content), "OCT_DRUG_OFFENCES:RO.2022"
    ) == ("9", "P")


# An import that fails.


@pytest.mark.parametrize("source", MAKERS)
def test_an_import_that_used_no_row_is_an_error_and_writes_nothing(
    tmp_path: Path, project: Project, contracts: Contracts, source: str
) -> None:
    make, _, state = MAKERS[source]
    path = tmp_path / "published.dat"
    path.write_bytes(make(state, "2022").replace(b"\t7 ", b"\t: "))
    for name, content in {
        "another state": make(
            "AUT" if len(state) == 3 else "AT" if len(state) == 2 else "Austria", 5
        ),
        "no figure": make(state, ":").replace(b"\t7 ", b"\t: "),
    }.items():
        path.write_bytes(content)
        with pytest.raises(UserError, match="no row of the file was used") as problem:
            run_import(project, contracts, source=source, file=path, round_=ROUND)
        assert problem.value.where == str(path), name
        assert problem.value.do.startswith("no return was written")
        assert not project.returns.exists() or not any(
            p.is_file() for p in project.returns.rglob("*")
        )


def test_a_failing_import_leaves_every_return_as_it_was(
    tmp_path: Path, project: Project, contracts: Contracts
) -> None:
    path = tmp_path / "published.dat"
    make, _, state = MAKERS["cts"]
    path.write_bytes(make(state, 12))
    folder = project.returns / str(ROUND) / "octa"
    folder.mkdir(parents=True)
    (folder / "TR.xlsx").write_bytes(b"no workbook")  # the last one to be opened
    with pytest.raises(UserError, match="the return cannot be opened"):
        run_import(project, contracts, source="cts", file=path, round_=ROUND)
    assert [p.name for p in project.returns.rglob("*") if p.is_file()] == ["TR.xlsx"]


def test_no_note_stands_beside_no_figure(tmp_path: Path, contracts: Contracts) -> None:
    rows = [
        PRESENT,
        ["", *WHOLE, "Romania", "2022", "15", "", ""],
        ["", *WHOLE, "Bulgaria", "2022", "", "", ""],
    ]
    reading = read(tmp_path, contracts, "eurostat_migration", d.as_csv(rows))
    assert {f.key.state for f in reading.figures} == {"RO"}
