"""Are records read where they stand, refused for what is wrong with them, and counted
into the cells of the form?
"""

from __future__ import annotations

import csv
import gzip
import io
import shutil
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from bench.record_files import allowed, form_of_file, write_records

from pipeline.contracts.layout import form_of
from pipeline.contracts.lint import lint_project
from pipeline.contracts.model import Contracts, Table
from pipeline.errors import ContractError, UserError
from pipeline.findings import Finding
from pipeline.numbers.sql.explain import explain, lines
from pipeline.numbers.sql.marts import build_marts
from pipeline.numbers.warehouse.ledger import load_round
from pipeline.project import Project
from pipeline.returns.intake.reading import RoundReading
from pipeline.returns.intake.stage import STAGED
from pipeline.returns.received import read_round
from pipeline.returns.records.check import SAMPLE
from pipeline.returns.records.limits import LIMIT_VARIABLE
from pipeline.returns.records.plain import LONGEST_LINE
from pipeline.returns.records.read import RecordsRead, read_records
from pipeline.returns.rules.check import refusals
from pipeline.returns.rules.outcome import Validation
from pipeline.returns.rules.summary import table_outcomes

ROUND = 2022
VICTIMS = "thb/RO.THB_VICTIMS.records.csv"
DRUGS = "octa/RO.OCT_DRUG_KG.records.csv"
GOOD = (
    "state,year,sex,age,conf_status\n"
    "RO,2022,F,Y_LT18,\nRO,2022,F,Y_LT18,\nRO,2022,M,_U,\nRO,2021,_U,Y_GE18,F\n"
)
QUOTED = "\n".join(",".join(f'"{field}"' for field in line.split(",")) for line in GOOD.split())


def packed(text: str) -> bytes:
    """A text as a .gz file whose bytes do not depend on the clock: the workers of a
    test run must agree on them.
    """
    return gzip.compress(text.encode(), mtime=0)


def send(project: Project, name: str, content: str | bytes) -> Path:
    path = project.returns / str(ROUND) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.fixture
def receive(project: Project, contracts: Contracts) -> Callable[[str, str | bytes], RecordsRead]:
    """Send one file of records and read it."""

    def read(name: str, content: str | bytes) -> RecordsRead:
        send(project, name, content)
        (found,) = read_records(project, contracts, round_=ROUND)
        return found

    return read


Receive = Callable[[str, str | bytes], RecordsRead]


def values(read: RecordsRead) -> dict[str, str]:
    """Figures other than zero, by key."""
    return {
        e.key.partition(":")[2]: f"{e.value} {e.conf_status} {e.address}"
        for e in read.entries
        if e.value
    }


def told(findings: tuple[Finding, ...]) -> list[tuple[str, str, str]]:
    return [(f.rule, f.cell, f.found) for f in findings]


def full_list(project: Project, name: str) -> list[tuple[int, str, str, str]]:
    path = project.findings(ROUND) / "records" / name
    rows: list[tuple[int, str, str, str]] = duckdb.execute(
        "from read_parquet(?)", [str(path)]
    ).fetchall()
    return rows


# What records come to.


def test_records_are_counted_into_the_cells_of_the_form_with_all_margins(receive: Receive) -> None:
    read = receive(VICTIMS, GOOD)
    assert read.findings == ()
    assert values(read) == {
        "RO.2022.F.Y_LT18": "2 F 2 records",
        "RO.2022.F._T": "2 F 2 records",
        "RO.2022.M._U": "1 F 1 record",
        "RO.2022.M._T": "1 F 1 record",
        "RO.2022._T.Y_LT18": "2 F 2 records",
        "RO.2022._T._U": "1 F 1 record",
        "RO.2022._T._T": "3 F 3 records",
        "RO.2021._U.Y_GE18": "1 F 1 record",
        "RO.2021._U._T": "1 F 1 record",
        "RO.2021._T.Y_GE18": "1 F 1 record",
        "RO.2021._T._T": "1 F 1 record",
    }
    assert len(read.entries) == 2 * 5 * 4  # two years with records, all codes of sex and age
    assert {e.obs_status for e in read.entries} == {"A"}


def test_a_record_counts_for_every_code_above_its_own(receive: Receive) -> None:
    read = receive(
        "thb/BG.THB_VICTIMS_FORM.records.csv", "state,year,form,sex,age\nBG,2022,BEG,F,Y_LT18\n"
    )
    assert {k.split(".")[2] for k in values(read)} == {"BEG", "OTH", "_T"}
    # A form of exploitation that is listed from 2024 on has no cell in 2022; all others
    # are zero.
    assert {e.codes[2] for e in read.entries if e.value == 0} >= {"SEX", "LAB", "_U", "MARR"}
    assert "SURR" not in {e.codes[2] for e in read.entries}


def test_open_lists_have_the_lines_of_the_form_and_the_countries_with_records(
    receive: Receive,
) -> None:
    read = receive(
        "thb/RO.THB_VICTIMS_CTZ.records.csv",
        "state,year,citizenship\nRO,2022,RO\nRO,2022,MD\nRO,2022,RO\n",
    )
    assert {e.codes[2]: e.value for e in read.entries} == {"_T": 3, "RO": 2, "MD": 1, "_U": 0}


def test_a_year_without_a_line_is_not_reported_and_a_line_of_the_year_alone_says_nothing_happened(
    receive: Receive,
) -> None:
    read = receive(VICTIMS, "state,year,sex,age\nRO,2022,F,_U\nRO,2020,,\n")
    assert read.findings == ()
    assert {e.codes[1] for e in read.entries} == {"2020", "2022"}
    assert {e.value for e in read.entries if e.codes[1] == "2020"} == {0}


def test_a_line_of_the_year_alone_is_no_record_beside_others_of_the_year(receive: Receive) -> None:
    read = receive(VICTIMS, "state,year,sex,age\nRO,2022,F,_U\nRO,2022,,\n")
    assert told(read.findings) == [
        ("unknown-code", "line 3", "1 line, column sex: nothing"),
        ("unknown-code", "line 3", "1 line, column age: nothing"),
    ]


def test_a_cell_is_as_confidential_as_the_most_confidential_of_its_records(
    receive: Receive,
) -> None:
    read = receive(
        VICTIMS, "conf_status,state,year,sex,age\n,RO,2022,F,_U\nC,RO,2022,F,_U\nN,RO,2022,M,_U\n"
    )
    found = {e.codes[2:]: e.conf_status for e in read.entries}
    assert (found["F", "_U"], found["M", "_T"], found["_T", "_T"], found["O", "_U"]) == (
        "C",
        "N",
        "N",
        "F",
    )


def test_quantities_are_added_exactly_and_rounded_once(receive: Receive) -> None:
    quantities = ("HER,0.0004", "HER, 0.0004 ", 'COC,"12.5"', "XTC,0.0001")
    read = receive(
        DRUGS, "\n".join(["state,year,drug,quantity_kg", *(f"RO,2022,{q}" for q in quantities)])
    )
    assert read.findings == ()
    found = {e.codes[2]: (e.raw, e.value, e.obs_status, e.address) for e in read.entries}
    assert found["HER"] == ("0.0008", Decimal("0.001"), "A", "2 records")
    assert found["COC"] == ("12.5", Decimal("12.5"), "A", "1 record")
    # more than nothing, less than half of a gram
    assert found["XTC"] == (
        "0.0001",
        None,
        "N",
        "1 record",
    )
    assert found["MET"] == ("0", Decimal(0), "A", "0 records")


def test_a_quantity_beyond_what_a_cell_can_hold_is_refused(receive: Receive) -> None:
    line = "RO,2022,HER,999999999999999\n"
    read = receive(DRUGS, "state,year,drug,quantity_kg\n" + line * 2)
    assert [f.rule for f in read.findings] == ["number-too-large"]
    assert not any(e.usable for e in read.entries)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("RO.THB_VICTIMS.records.csv", GOOD.replace("\n", "\r\n").encode()),
        ("RO.THB_VICTIMS.records.csv", b"\xef\xbb\xbf" + GOOD.replace(",", ";").encode()),
        ("ro.thb_victims.records.CSV", GOOD.replace(",", "\t").encode().rstrip()),
        ("RO.THB_VICTIMS.records.csv", QUOTED.encode()),
        (
            "RO.THB_VICTIMS.records.csv",
            GOOD.replace("\n", "\n\n").replace("RO,", " RO , ").encode(),
        ),
        ("RO.THB_VICTIMS.records.csv", GOOD.replace("\n", "\r").encode()),
        ("RO.THB_VICTIMS.records.csv.gz", packed(GOOD)),
        ("RO.THB_VICTIMS.records.csv.gz", packed(GOOD[:50]) + packed(GOOD[50:])),
        ("RO.THB_VICTIMS.records.parquet", b""),
    ],
)
def test_every_form_of_a_file_gives_the_same_figures(
    receive: Receive, tmp_path: Path, name: str, content: bytes
) -> None:
    if name.endswith("parquet"):
        path = tmp_path / "made.parquet"
        (tmp_path / "made.csv").write_text(GOOD, encoding="utf-8")
        duckdb.execute(
            f"copy (from read_csv('{tmp_path}/made.csv', all_varchar = true)) to '{path}' (format"
            " parquet)"
        )
        content = path.read_bytes()
    expected = receive(VICTIMS, GOOD)
    (Path(tmp_path) / "returns" / str(ROUND) / VICTIMS).unlink()
    read = receive(f"thb/{name}", content)
    assert read.findings == ()
    assert read.entries == expected.entries
    assert len(values(read)) == 11
    assert expected.account is not None
    assert read.account is not None
    assert read.account.loaded == expected.account.loaded == 17


# What may be wrong.


@pytest.mark.parametrize(
    ("line", "rule", "found"),
    [
        ("RO,2022,F", "records-line", "1 line: 3 fields"),
        ("RO,2022,F,_U,F,5", "records-line", "1 line: 6 fields"),
        ('RO,2022,F,"_U,F",F', "records-line", "1 line: 6 fields"),
        ("BG,2022,F,_U,", "wrong-state", "1 line, column state: BG"),
        (",2022,F,_U,", "wrong-state", "1 line, column state: nothing"),
        ("RO,2017,F,_U,", "year-outside-window", "1 line, column year: 2017"),
        ("RO,22,F,_U,", "year-outside-window", "1 line, column year: 22"),
        ("RO,2022,X,_U,", "unknown-code", "1 line, column sex: X"),
        ("RO,2022,f,_U,", "unknown-code", "1 line, column sex: f"),
        ("RO,2022,_T,_U,", "unknown-code", "1 line, column sex: _T"),
        ("RO,2022,F,,", "unknown-code", "1 line, column age: nothing"),
        ("RO,2022,М,_U,", "unknown-code", "1 line, column sex: М"),
        ("RO,2022,F,_U,Z", "unknown-conf", "1 line, column conf_status: Z"),
        ("RO,2022,F,_U,E", "unknown-conf", "1 line, column conf_status: E"),
    ],
)
def test_what_is_wrong_with_a_row_is_told_with_its_line(
    receive: Receive, line: str, rule: str, found: str
) -> None:
    read = receive(VICTIMS, GOOD + line + "\nRO,2022,F,_U,\n")
    assert told(read.findings) == [(rule, "line 6", found)]
    assert read.findings[0].severity == "error"
    assert read.findings[0].table == "THB_VICTIMS"
    assert not any(e.usable or e.value is not None for e in read.entries)
    # all cells of the form stand, so that none counts as withdrawn
    assert len(read.entries) == 5 * 5 * 4


@pytest.mark.parametrize(
    ("quantity", "found"),
    [
        ("-1", "-1"),
        ("1,5", "1,5"),
        ("abc", "abc"),
        ("", "nothing"),
        ("NA", "NA"),
        ("0x10", "0x10"),
        ("inf", "inf"),
        ("1_000", "1_000"),
        ("12 5", "12 5"),
        ("1e16", "1e16"),
        ("-0.30000000000000004", "-0.300…, a number of 20 characters"),
        ("1234567890123456", "a number of 16 digits"),
        ("1234567,5", "a number with a comma"),
        ("-12.5", "-12.5"),
    ],
)
def test_a_quantity_is_a_number_of_nought_or_more(
    receive: Receive, quantity: str, found: str
) -> None:
    read = receive(DRUGS, f"state;year;drug;quantity_kg\nRO;2022;HER;1\nRO;2022;COC;{quantity}\n")
    assert told(read.findings) == [
        ("records-quantity", "line 3", f"1 line, column quantity_kg: {found}")
    ]
    assert "9 behind it" in read.findings[0].allowed
    assert not any(e.usable for e in read.entries)


def test_a_code_that_did_not_exist_in_the_year_is_no_code(
    project: Project, contracts: Contracts, receive: Receive
) -> None:
    text = "state,year,form,sex,age\nRO,2023,SURR,F,_U\nRO,2024,SURR,F,_U\n"
    path = project.returns / "2025" / "thb" / "RO.THB_VICTIMS_FORM.records.csv"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    (read,) = read_records(project, contracts, round_=2025)
    assert told(read.findings) == [
        ("records-code-year", "line 2", "1 line, column form: SURR in 2023")
    ]


def test_a_border_that_the_state_does_not_have_is_no_code(receive: Receive) -> None:
    read = receive(
        "migration/RO.MIG_DETECTED.records.csv",
        "state,year,place,section\nRO,2022,AT,TR\nRO,2022,AT,UA\n",
    )
    assert told(read.findings) == [("unknown-code", "line 2", "1 line, column section: TR")]


@pytest.mark.parametrize(
    ("header", "rule", "found"),
    [
        ("state,year,sex,age,name", "records-column", "the column 'name'"),
        ("state,year,sex,age,", "records-column", "a column without a name, filled in line 2"),
        ("state,year,,sex,age", "records-column", "a column without a name"),
        ("state,year,sex", "records-header", "without the column age"),
        (
            "state,year,sex,age,sex",
            "records-header",
            "a column stands twice: state, year, sex, age, sex",
        ),
        (
            "RO,2022,F,_U",
            "records-header",
            "a first line without the names of columns: ro, 2022, f, _u",
        ),
    ],
)
def test_a_file_with_other_columns_is_refused_as_a_whole(
    receive: Receive, header: str, rule: str, found: str
) -> None:
    read = receive(VICTIMS, f"{header}\nRO,2022,F,_U,Maria Pop\nRO,,F,_U\n")
    assert told(read.findings) == [(rule, "", found)]
    assert "Maria" not in str(read.findings)
    assert read.account is not None
    assert (
        read.account.refused
        == read.account.filled
        == 5 + 3 + len([h for h in header.split(",") if h])
    )


def test_an_empty_file_of_records_is_asked_about(receive: Receive) -> None:
    read = receive(VICTIMS, "state,year,sex,age\n")
    assert [(f.rule, f.severity) for f in read.findings] == [("records-none", "query")]
    assert read.entries == ()


# Lines.


def test_lines_are_those_an_editor_shows(project: Project, receive: Receive) -> None:
    text = (
        b"state,year,sex,age\r\n"
        b"RO,2022,F,_U\n"
        b"\n"
        b"RO,2022,A,_U\r"  # line 4
        b"   \r\n"
        b'"RO","2022","B","_U\n'  # a line break inside quotes is a line break: line 6
        b'"\n'
        b"RO,2022,\xff\xfe,_U\n"  # 8
        b"RO,2022,C\x1fD,_U\n"  # 9
        b"RO,2022," + b"x" * (3 * LONGEST_LINE) + b",_U\n"  # 10
        b"RO,2022,E,_U"  # 11
    )
    read = receive(VICTIMS, text)
    found = full_list(project, "RO.THB_VICTIMS.parquet")
    assert [(line, rule, text[:3]) for line, rule, _, text in found] == [
        (4, "unknown-code", "A"),
        (6, "unknown-code", "B"),
        (8, "unknown-code", "\ufffd\ufffd"),
        (9, "unknown-code", "C\ufffdD"),
        (10, "records-line", "3 f"),
        (11, "unknown-code", "E"),
    ]
    assert [f.cell for f in read.findings] == ["line 10", "lines 4, 6, 8, 9, 11"]


def test_a_sample_of_lines_stands_in_the_finding_and_all_of_them_in_the_full_list(
    project: Project, receive: Receive
) -> None:
    bad = {3 * n: "X" if n % 5 else "Y" for n in range(1, 61)}
    rows = [f"RO,2022,{bad.get(line, 'F')},_U" for line in range(2, 1000)]
    (finding,) = receive(VICTIMS, "state,year,sex,age\n" + "\n".join(rows)).findings
    assert finding.found == "60 lines, column sex: X (48), Y (12)"
    assert (
        finding.cell == f"lines {', '.join(map(str, sorted(bad)[:SAMPLE]))} and {60 - SAMPLE} more"
    )
    assert "records/RO.THB_VICTIMS.parquet" in finding.do
    expected = [(line, "unknown-code", "sex", code) for line, code in sorted(bad.items())]
    assert full_list(project, "RO.THB_VICTIMS.parquet") == expected


def test_the_list_of_an_earlier_run_goes(project: Project, receive: Receive) -> None:
    receive(VICTIMS, GOOD + "RO,2022,X,_U,\n")
    assert full_list(project, "RO.THB_VICTIMS.parquet")
    assert receive(VICTIMS, GOOD).findings == ()
    assert list((project.findings(ROUND) / "records").iterdir()) == []


@pytest.mark.parametrize(
    "name", [VICTIMS, DRUGS, "migration/RO.MIG_DETECTED.records.csv", VICTIMS + ".gz"]
)
@pytest.mark.parametrize("one_bad_in", [0, 7])
def test_rows_are_checked_and_counted_as_by_hand(
    project: Project, contracts: Contracts, name: str, one_bad_in: int
) -> None:
    path = send(project, name, "")
    write_records(path, 3000, seed=5, one_bad_in=one_bad_in)
    (read,) = read_records(project, contracts, round_=ROUND)
    with gzip.open(path, "rt") if name.endswith("gz") else path.open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3000
    wrong = [
        (line, c.column)
        for line, row in enumerate(rows, 2)
        for c in allowed(form_of_file(path))
        if not (
            _is_number(row[c.column])
            if c.is_number
            else row[c.column] in (*c.codes, *(() if c.needed else ("",)))
        )
    ]
    assert len(wrong) == sum(int(f.found.split()[0]) for f in read.findings)
    assert read.account is not None
    assert read.account.filled == sum(bool(f) for row in rows for f in row.values()) + len(rows[0])
    assert read.account.refused == sum(
        bool(f) for line, row in enumerate(rows, 2) for f in row.values() if line in dict(wrong)
    )
    if one_bad_in:
        found = full_list(project, path.name.split(".records")[0] + ".parquet")
        assert sorted((line, column) for line, _, column, _ in found) == sorted(wrong)
        assert len(wrong) > 300
    else:
        assert wrong == []
        assert {e.codes: e.value for e in read.entries} == _count_by_hand(
            read.entries[0].table, rows
        )


def _is_number(text: str) -> bool:
    return text != "" and Decimal(text) >= 0


def _count_by_hand(table: Table, rows: list[dict[str, str]]) -> dict[tuple[str, ...], Decimal]:
    """Each row adds to all combinations of its codes and those above them; in years
    with rows the others are zero.
    """
    assert table.records is not None
    sums: Counter[tuple[str, ...]] = Counter()
    for row in rows:
        amount = Decimal(row[table.records.quantity]) if table.records.quantity else Decimal(1)
        chains = []
        for d in table.dimensions:
            code = row[d.name]
            chain = []
            while code:
                chain.append(code)
                code = d.codelist[code].parent
            chains.append(chain)
        for codes in product(*chains):
            sums["RO", row["year"], *codes] += amount  # type: ignore[assignment]
    for year in {r["year"] for r in rows}:
        mine = [
            [c.code for c in d.codes if c.valid_for("RO") and c.valid_in(int(year))]
            for d in table.dimensions
        ]
        for codes in product(*mine):
            sums["RO", year, *codes] += 0
    return dict(sums)  # type: ignore[arg-type]


# Files.


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("RO.THB_ASSETS.records.csv", "records-not-asked"),
        ("RO.NOTHING.records.csv", "records-not-asked"),
        ("RO.OCT_DRUG_KG.records.csv", "records-not-asked"),
        ("XX.THB_VICTIMS.records.csv", "not-a-member"),
        ("RO.THB_VICTIMS.records.xlsx", "records-not-asked"),
        ("RO.THB_VICTIMS.records.csv.zip", "records-not-asked"),
        ("RO.2.THB_VICTIMS.records.csv", "records-not-asked"),
        ("RO.records.csv", "records-not-asked"),
        ("my.records.csv", "not-a-return"),
    ],
)
def test_a_file_named_otherwise_is_told_and_not_read(
    project: Project, contracts: Contracts, name: str, rule: str
) -> None:
    send(project, f"thb/{name}", GOOD)
    reading = read_round(project, contracts, round_=ROUND)
    assert [f.rule for f in reading.findings if f.file.endswith(name)] == [rule]
    assert reading.accounts == ()


def test_two_files_of_a_table_refuse_it(project: Project, contracts: Contracts) -> None:
    send(project, VICTIMS, GOOD)
    send(project, VICTIMS + ".gz", gzip.compress(GOOD.encode(), mtime=0))
    reading = read_round(project, contracts, round_=ROUND)
    (finding,) = [f for f in reading.findings if f.severity == "error"]
    assert (finding.rule, finding.table) == ("second-file", "THB_VICTIMS")
    assert finding.do == "keep the one that is meant: RO.THB_VICTIMS.records.csv or this one"
    assert len(staged(project, "thb_victims")) == 40


def test_a_link_is_not_followed(project: Project, contracts: Contracts, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.csv").write_text(GOOD, encoding="utf-8")
    path = project.returns / str(ROUND) / VICTIMS
    path.parent.mkdir(parents=True)
    path.symlink_to(tmp_path / "elsewhere.csv")
    (read,) = read_records(project, contracts, round_=ROUND)
    assert [(f.rule, f.table) for f in read.findings] == [("linked-file", "THB_VICTIMS")]


def test_a_parquet_file_damaged_in_its_middle_refuses_its_table(
    receive: Receive, tmp_path: Path
) -> None:
    path = tmp_path / "made.parquet"
    codes = "['F', 'M'][1 + (hash(i) % 2)::integer] as sex"
    query = (
        f"select 'RO' as state, 2022 as year, {codes}, '_U' as age from range(5000) as numbers(i)"
    )
    duckdb.execute(f"copy ({query}) to '{path}' (format parquet)")
    content = path.read_bytes()
    assert receive("thb/RO.THB_VICTIMS.records.parquet", content).findings == ()
    read = receive(
        "thb/RO.THB_VICTIMS.records.parquet", content[:20] + b"\xff" * 200 + content[220:]
    )
    assert [(f.rule, f.table) for f in read.findings] == [("unreadable-file", "THB_VICTIMS")]


def test_a_packed_file_is_not_inflated_without_bound(
    receive: Receive, monkeypatch: pytest.MonkeyPatch, project: Project
) -> None:
    monkeypatch.setattr("pipeline.returns.records.read.most_bytes", lambda: 5_000_000)
    read = receive(
        VICTIMS + ".gz", gzip.compress(GOOD.encode() + b"RO,2022,F,_U,\n" * 1_000_000, mtime=0)
    )
    assert told(read.findings) == [("unsafe-file", "", "more than 125,000 rows")]
    assert list(project.work(ROUND).iterdir()) == []


def test_a_parquet_file_of_endless_rows_is_not_read(
    receive: Receive, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("pipeline.returns.records.read.most_bytes", lambda: 5_000_000)
    path = tmp_path / "many.parquet"
    columns = "'RO' as state, 2022 as year, 'F' as sex, '_U' as age"
    duckdb.execute(f"copy (select {columns} from range(600000)) to '{path}' (format parquet)")
    read = receive("thb/RO.THB_VICTIMS.records.parquet", path.read_bytes())
    assert [f.rule for f in read.findings] == ["unsafe-file"]
    assert read.findings[0].found == "more than 125,000 rows"


def test_a_parquet_file_tells_rows_and_refuses_lists(receive: Receive, tmp_path: Path) -> None:
    path = tmp_path / "made.parquet"
    columns = "t(state, year, sex, age)"
    rows = (
        "(values ('RO', 2022, 'F', '_U'), ('RO', 2016, 'F', null), ('RO', 2022, 'Q', '_U')) as"
        f" {columns}"
    )
    duckdb.execute(f"copy (from {rows}) to '{path}' (format parquet)")
    read = receive("thb/RO.THB_VICTIMS.records.parquet", path.read_bytes())
    assert told(read.findings) == [
        ("year-outside-window", "row 2", "1 row, column year: 2016"),
        ("unknown-code", "row 3", "1 row, column sex: Q"),
        ("unknown-code", "row 2", "1 row, column age: nothing"),
    ]
    assert read.account is not None
    assert (read.account.filled, read.account.refused) == (11, 7)
    duckdb.execute(
        f"copy (select state, year, sex, [age] as age from {rows}) to '{path}' (format parquet)"
    )
    read = receive("thb/RO.THB_VICTIMS.records.parquet", path.read_bytes())
    assert [f.rule for f in read.findings] == ["records-column"]


@pytest.mark.parametrize("text", ["much", "0", "-1", "1.5", "²"])
def test_a_wrong_limit_is_told_to_the_person_at_the_keyboard(
    receive: Receive, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv(LIMIT_VARIABLE, text)
    with pytest.raises(UserError, match="no number of gibibytes"):
        receive(VICTIMS, GOOD)


# Beside the return of the state, and all the way to the cubes.


def staged(project: Project, table: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(project.work(ROUND) / STAGED), read_only=True) as connection:
        return connection.execute(f"select key, value, file from {table} order by key").fetchall()


def totals_csv(tables: dict[str, dict[tuple[str, ...], Decimal]], contracts: Contracts) -> str:
    """Figures as a CSV return."""
    names = list(dict.fromkeys(d.name for t in tables for d in contracts.table(t).dimensions))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ["table", "state", "year", *names, "value", "obs_status", "conf_status", "note"]
    )
    for name, cells in tables.items():
        for (state, year, *codes), value in cells.items():
            own = dict(zip([d.name for d in contracts.table(name).dimensions], codes, strict=True))
            figure = f"{value.normalize() + 0:f}"
            writer.writerow(
                [name, state, year, *(own.get(n, "") for n in names), figure, "", "", ""]
            )
    return text.getvalue()


def account_of(reading: RoundReading, end: str) -> Any:
    return next(a for a in reading.accounts if a.file.endswith(end))


def test_a_sheet_beside_the_records_of_its_table_is_set_aside(
    project: Project, contracts: Contracts
) -> None:
    send(project, VICTIMS, GOOD)
    # The sheet has an error of its own: what is not used keeps nothing out.
    victims: dict[tuple[str, ...], Decimal] = {("RO", "2022", "_T", "_T"): Decimal(99)}
    text = totals_csv(
        {"THB_VICTIMS": victims, "THB_OFFENCES": {("RO", "2022"): Decimal(7)}}, contracts
    )
    send(project, "thb/RO.csv", text + "THB_VICTIMS,RO,2022,F,_T,many,,,\n")
    reading = read_round(project, contracts, round_=ROUND)
    asked = [f for f in reading.findings if f.rule == "records-and-totals"]
    assert [(f.severity, f.table, f.file) for f in asked] == [
        ("query", "THB_VICTIMS", "2022/thb/RO.csv")
    ]
    assert refusals(f for f in reading.findings if f.table) == set()
    account = account_of(reading, "RO.csv")
    assert account.ignored["sent-as-records"] == 2
    assert account.loaded_by_table == {"THB_OFFENCES": 1}
    assert {(key, file) for key, value, file in staged(project, "thb_victims") if value} >= {
        ("THB_VICTIMS:RO.2022._T._T", "2022/thb/RO.THB_VICTIMS.records.csv")
    }
    assert 99 not in {value for _, value, _ in staged(project, "thb_victims")}
    outcomes = table_outcomes(
        contracts, Validation(reading, reading.findings, frozenset(), reading.accounts)
    )
    files = {o["table"]: o["file"] for o in outcomes if o["loaded"]}
    assert files == {
        "THB_VICTIMS": "2022/thb/RO.THB_VICTIMS.records.csv",
        "THB_OFFENCES": "2022/thb/RO.csv",
    }
    assert sum(o["table"] == "THB_VICTIMS" for o in outcomes) == 1


def build(project: Project, contracts: Contracts) -> list[tuple[Any, ...]]:
    """The cells of the marts, without where each came from."""
    reading = read_round(project, contracts, round_=ROUND)
    refused = refusals(reading.findings)
    assert refused == set()
    loaded = load_round(
        project.warehouse, project.work(ROUND) / STAGED, contracts=contracts, refused=refused
    )
    build_marts(project, contracts, round_=ROUND, submissions=loaded.submissions, refused=refused)
    with duckdb.connect(str(project.work(ROUND) / "cubes.duckdb"), read_only=True) as connection:
        return connection.execute(
            "select * exclude (raw, file, sheet, address) from marts.cells order by key"
        ).fetchall()


def example_leaves(
    project: Project, contracts: Contracts
) -> dict[str, dict[tuple[str, ...], Decimal]]:
    """Figures of example returns that a record may have: those that no other code is
    part of.
    """
    for name in ("thb/HU.csv", "thb/HU.cover.csv", "octa/HU.xlsx"):
        path = project.returns / str(ROUND) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(project.root / "returns" / str(ROUND) / name, path)
    read_round(project, contracts, round_=ROUND)
    found: dict[str, dict[tuple[str, ...], Decimal]] = {}
    for name in ("THB_VICTIMS", "THB_VICTIMS_FORM", "OCT_DRUG_KG"):
        table = contracts.table(name)
        for key, value, _ in staged(project, table.sql_name):
            codes = tuple(key.partition(":")[2].split("."))
            is_leaf = all(
                c != "_T" and not d.children(c)
                for d, c in zip(table.dimensions, codes[2:], strict=True)
            )
            if value and is_leaf:
                found.setdefault(name, {})[codes] = value
    shutil.rmtree(project.returns / str(ROUND))
    return found


def test_the_cubes_are_those_of_a_state_that_sends_totals(
    tmp_path: Path, project: Project, contracts: Contracts
) -> None:
    leaves = example_leaves(project, contracts)
    assert sum(map(len, leaves.values())) > 70
    totals: dict[str, dict[tuple[str, ...], Decimal]] = {}
    by_records = Project(project.root, tmp_path / "other", tmp_path / "other-returns")
    for name, cells in leaves.items():
        table = contracts.table(name)
        header = [
            *table.key_dimensions,
            *filter(None, [table.records.quantity if table.records else ""]),
        ]
        rows = []
        sums = dict.fromkeys(_form_codes(contracts, table, cells), Decimal(0))
        for codes, value in cells.items():
            if "quantity_kg" in header:
                parts = [value / 4, value / 4, value - value / 4 - value / 4]
                rows += [[*codes, f"{part:f}"] for part in parts]
            else:
                rows += [list(codes)] * int(value)
            chains = [
                _above(d.codelist, c) for d, c in zip(table.dimensions, codes[2:], strict=True)
            ]
            for above in product(*chains):
                sums[codes[0], codes[1], *above] += value
        totals[name] = sums
        text = "\n".join([",".join(header), *(",".join(row) for row in rows)])
        send(by_records, f"{table.report}/HU.{name}.records.csv", text)
    for report in ("thb", "octa"):
        own = {n: c for n, c in totals.items() if contracts.table(n).report == report}
        send(project, f"{report}/HU.csv", totals_csv(own, contracts))

    expected = build(project, contracts)
    found = build(by_records, contracts)
    assert found == expected
    assert sum(row[0].startswith("THB_VICTIMS_FORM:SELEC.2022") for row in found) > 100

    walked = lines(
        explain(by_records, contracts, round_=ROUND, text="THB_VICTIMS:SELEC.2022._T._T")
    )
    assert any(
        "2022/thb/HU.THB_VICTIMS.records.csv" in line and " records, written '" in line
        for line in walked
    )


def _form_codes(
    contracts: Contracts, table: Table, cells: dict[tuple[str, ...], Decimal]
) -> list[tuple[str, ...]]:
    """Every cell of the form of the years that have figures."""
    years = {codes[1] for codes in cells}
    form = form_of(table, contracts.contract(table.report), state="HU", round_=ROUND)
    return [k.codes for k in form.addresses() if k.codes[1] in years]


def _above(codelist: Any, code: str) -> list[str]:
    return [code, *(_above(codelist, codelist[code].parent) if codelist[code].parent else [])]


def test_a_refused_table_does_not_look_withdrawn(project: Project, contracts: Contracts) -> None:
    send(project, VICTIMS, GOOD + "RO,2022,X,_U,\n")
    read_round(project, contracts, round_=ROUND)
    with duckdb.connect(str(project.work(ROUND) / STAGED), read_only=True) as connection:
        query = "select count(*), count(value), count(*) filter (usable) from thb_victims"
        counted = connection.execute(query).fetchone()
    assert counted == (100, 0, 0)


# The contract.


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"one": "one row per victim"}, "one of 'count: rows' and 'sum: <column>'"),
        (
            {"one": "one row", "count": "rows", "sum": "kg"},
            "one of 'count: rows' and 'sum: <column>'",
        ),
        (
            {"one": " ", "count": "rows"},
            "line [0-9]+, THB_VICTIMS: records, one: .*what one row is, in words",
        ),
        ({"one": "one row", "sum": "year"}, "stands for something else"),
        ({"one": "one row", "sum": "kg; drop"}, "the name of a column: small letters"),
    ],
)
def test_a_record_form_that_cannot_work_is_told(
    tmp_path: Path, project: Project, value: object, message: str
) -> None:
    shutil.copytree(project.contracts, tmp_path / "data_contracts")
    path = tmp_path / "data_contracts" / "thb.odcs.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    own = content["schema"][0]["customProperties"]
    next(p for p in own if p["property"] == "records")["value"] = value
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    with pytest.raises(ContractError, match=message):
        list(lint_project(Project(tmp_path)))


def test_the_how_to_page_lists_the_tables_of_the_contracts(
    contracts: Contracts, project: Project
) -> None:
    page = (project.root / "docs" / "how-to" / "records.md").read_text(encoding="utf-8")
    listed = [
        (
            t.report,
            t.name,
            t.records.one,
            ", ".join(d.name for d in t.dimensions),
            t.records.quantity or "rows",
        )
        for t in contracts.tables
        if t.records
    ]
    assert {report for report, *_ in listed} == {"thb", "migration", "octa"}
    rows = [
        tuple(f.strip(" `") for f in line.strip("|").split("|"))
        for line in page.splitlines()
        if "_" in line
    ]
    assert [row for row in rows if row[0] in ("thb", "migration", "octa")] == listed


@pytest.mark.parametrize(
    "text", ["1980010123456", "RO49AAAA1B31007593840000", "ana@example.org", "+40 721 234 567"]
)
def test_what_may_be_about_a_person_is_written_down_nowhere(
    project: Project, contracts: Contracts, text: str
) -> None:
    send(project, "thb/RO.THB_VICTIMS_CTZ.records.csv", f"state,year,citizenship\nRO,2022,{text}\n")
    reading = read_round(project, contracts, round_=2022)
    assert [f.rule for f in reading.findings if f.table] != []
    for path in project.outputs.rglob("*"):
        if path.suffix == ".parquet":
            (listed,) = duckdb.read_parquet(str(path)).project("found").fetchall()
            assert listed == ("(not shown: it may be about a person)",)
        elif path.is_file():
            assert text.encode() not in path.read_bytes()
    assert not any(text in f.found for f in reading.findings)
