"""Are files of records read as programs write them, refused in words that fit their
format, and bounded in all?
"""

from __future__ import annotations

import gzip
import io
import time
import zipfile
import zlib
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from pipeline.contracts.model import Contracts
from pipeline.findings import Finding
from pipeline.project import Project
from pipeline.returns.received import read_round
from pipeline.returns.records.limits import Allowance
from pipeline.returns.records.read import RecordsRead, read_records
from pipeline.returns.records.repairs import RefusedRecords

ROUND = 2022
TEXT, PACKED, PARQUET = ".records.csv", ".records.csv.gz", ".records.parquet"
VICTIMS, DRUGS = "thb/RO.THB_VICTIMS", "octa/RO.OCT_DRUG_KG"
Receive = Callable[[str, bytes], RecordsRead]


@pytest.fixture
def receive(project: Project, contracts: Contracts) -> Receive:
    """Send one file of records and read it; what was sent before goes."""

    def read(name: str, content: bytes) -> RecordsRead:
        for old in (project.returns / str(ROUND)).rglob("*.records.*"):
            old.unlink()
        path = project.returns / str(ROUND) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        (found,) = read_records(project, contracts, round_=ROUND)
        return found

    return read


def zipped(text: bytes) -> bytes:
    return gzip.compress(text, mtime=0)


def as_parquet(tmp_path: Path, query: str) -> bytes:
    path = tmp_path / "made.parquet"
    duckdb.execute(f"copy ({query}) to '{path}' (format parquet)")
    return path.read_bytes()


def figures(read: RecordsRead) -> dict[str, str]:
    return {e.key.partition(":")[2]: e.raw for e in read.entries if e.raw not in ("", "0")}


def notes(read: RecordsRead) -> list[str]:
    assert {f.severity for f in read.findings} <= {"note"}, read.findings
    return [f.rule for f in read.findings]


# As programs write them.

ROWS = [("RO", 2022, "F", "Y_LT18"), ("RO", 2022, "M", "_U"), ("RO", 2021, "F", "_U")]
HEADS = ("state", "year", "sex", "age")
FRAME = pd.DataFrame(ROWS, columns=list(HEADS))
PLAIN = "\n".join([",".join(HEADS), *(",".join(map(str, r)) for r in ROWS)]) + "\n"
R_NAMED = ("r_write_csv", "r_write_table")


def _r_table(text: str) -> str:
    """As R's write.table has it: a name before each row, and none above them."""
    head, *rows = text.splitlines()
    return "\n".join([head, *(f'"{n}",{row}' for n, row in enumerate(rows, 1))])


def _r_csv(text: str) -> str:
    head, *rows = text.splitlines()
    quoted = [",".join(f'"{h}"' for h in head.split(","))]
    return "\n".join([f'"",{quoted[0]}', *(f'"{n}",{row}' for n, row in enumerate(rows, 1))])


AS_WRITTEN: dict[str, tuple[bytes, list[str]]] = {
    "pandas": (FRAME.to_csv(index=False).encode(), []),
    "pandas_with_index": (FRAME.to_csv().encode(), ["records-read-as"]),
    "pandas_read_and_written": (
        pd.read_csv(io.StringIO(FRAME.to_csv())).to_csv(index=False).encode(),
        ["records-read-as"],
    ),
    "pandas_named_index": (FRAME.to_csv(index_label="index").encode(), ["records-read-as"]),
    "pandas_semicolon_index": (FRAME.to_csv(sep=";").encode(), ["records-read-as"]),
    "pandas_tab_index": (FRAME.to_csv(sep="\t").encode(), ["records-read-as"]),
    "pandas_year_with_gaps": (
        FRAME.astype({"year": float}).to_csv(index=False).encode(),
        ["records-read-as"],
    ),
    "r_write_csv": (_r_csv(PLAIN).encode(), ["records-read-as"]),
    "r_write_table": (_r_table(PLAIN).encode(), ["records-read-as"]),
    "r_with_missing_confidentiality": (
        PLAIN.replace("\n", ",NA\n").replace("age,NA", "age,conf_status").encode(),
        ["records-read-as"],
    ),
    "trailing_separators": (PLAIN.replace("\n", ",\n").encode(), ["records-read-as"]),
    "trailing_separators_below": (
        PLAIN.replace("\n", ",,\n").replace("age,,", "age").encode(),
        ["records-read-as"],
    ),
    "empty_columns_of_a_workbook": (
        PLAIN.replace("\n", ";;;\n").replace(",", ";").encode(),
        ["records-read-as"],
    ),
    "utf_16": (PLAIN.encode("utf-16"), ["encoding"]),
    "utf_16_without_mark": (PLAIN.encode("utf-16-le"), ["encoding"]),
    "utf_16_big": (PLAIN.encode("utf-16-be"), ["encoding"]),
    "separator_announced": (
        ("sep=;\r\n" + PLAIN.replace(",", ";").replace("\n", "\r\n")).encode(),
        [],
    ),
    "separator_announced_in_quotes": (('"sep=,"\n' + PLAIN).encode(), []),
    "separator_announced_mac": (("sep=,\n" + PLAIN).replace("\n", "\r").encode(), []),
    "blank_lines_above": (("\n \n" + PLAIN).encode(), []),
    "no_line_end": (PLAIN.strip().encode(), []),
}


@pytest.mark.parametrize("way", AS_WRITTEN)
@pytest.mark.parametrize("ending", [TEXT, PACKED])
def test_text_is_read_as_programs_write_it(receive: Receive, way: str, ending: str) -> None:
    content, rules = AS_WRITTEN[way]
    expected = receive(VICTIMS + TEXT, PLAIN.encode())
    assert len(figures(expected)) == 11
    read = receive(VICTIMS + ending, zipped(content) if ending == PACKED else content)
    assert notes(read) == rules
    assert read.entries == expected.entries
    assert read.account is not None
    numbered = read.account.ignored.get("row-number", 0)
    assert numbered == (
        len(ROWS) if "index" in way or way in ("pandas_read_and_written", *R_NAMED) else 0
    )
    assert read.account.filled == read.account.loaded + sum(read.account.ignored.values())


PARQUET_WAYS = {
    "text": ("select * from t", []),
    "year_as_double": ("select * replace (year::double as year) from t", ["records-read-as"]),
    "categories": ("select * replace (sex::enum('F', 'M') as sex) from t", []),
    "bytes": ("select * replace (sex::blob as sex) from t", []),
    "index_of_pandas": (
        "select *, row_number() over () - 1 as __index_level_0__ from t",
        ["records-read-as"],
    ),
    "row_names_of_r": (
        'select row_number() over ()::varchar as "row.names", * from t',
        ["records-read-as"],
    ),
    "null_confidentiality": ("select *, null::varchar as conf_status from t", []),
    "words_for_nothing": ("select *, 'NaN' as conf_status from t", ["records-read-as"]),
}


@pytest.mark.parametrize("way", PARQUET_WAYS)
def test_parquet_is_read_as_programs_write_it(receive: Receive, tmp_path: Path, way: str) -> None:
    query, rules = PARQUET_WAYS[way]
    values = ", ".join(map(str, ROWS))
    content = as_parquet(
        tmp_path, f"with t as (from (values {values}) as t({', '.join(HEADS)})) {query}"
    )
    expected = receive(VICTIMS + TEXT, PLAIN.encode())
    read = receive(VICTIMS + PARQUET, content)
    assert notes(read) == rules
    assert read.entries == expected.entries


@pytest.mark.parametrize(
    ("expression", "sum_"),
    [
        ("0.1::double + 0.2::double", "0.3"),
        ("5 / 3::double", "1.666666667"),
        ("80.118::double / 1000", "0.080118"),
        ("0.1::float", "0.1"),
        ("1e-5::double", "0.00001"),
        ("100000::double", "100000"),
        ("12::double", "12"),
        ("1.5::decimal(38, 12)", "1.5"),
        ("2::utinyint", "2"),
        ("123456789012.1::double", "123456789012.1"),
        ("'1e+05'", "100000"),
        ("'0.30000000000000004'", "0.3"),
        ("'2.0000000005'", "2.000000001"),
    ],
)
@pytest.mark.parametrize("ending", [TEXT, PARQUET])
def test_quantities_are_read_to_nine_decimals(
    receive: Receive, tmp_path: Path, expression: str, sum_: str, ending: str
) -> None:
    query = (
        f"select 'RO' as state, 2022 as year, 'HER' as drug, {expression} as quantity_kg from"
        " range(2)"
    )
    content = as_parquet(tmp_path, query)
    if ending == TEXT:
        rows = duckdb.execute(query.replace(expression, f"({expression})::varchar")).fetchall()
        content = "\n".join(
            ["state,year,drug,quantity_kg", *(",".join(map(str, row)) for row in rows)]
        ).encode()
    read = receive(DRUGS + ending, content)
    assert set(notes(read)) <= {"records-read-as"}
    found = Decimal(figures(read)["RO.2022.HER"])
    assert found == 2 * Decimal(sum_)


def test_namibia_is_no_word_for_nothing(receive: Receive) -> None:
    read = receive(
        "thb/RO.THB_VICTIMS_CTZ" + TEXT, b"state,year,citizenship\nRO,2022,NA\nRO,2022,RO\n"
    )
    assert notes(read) == []
    assert figures(read) == {"RO.2022._T": "2", "RO.2022.NA": "1", "RO.2022.RO": "1"}


@pytest.mark.parametrize(
    "rows",
    [
        ["7", "8", "9"],
        ["1", "3", "4"],
        ["1", "1", "1"],
        ["0", "1", "1980010123456"],
        ["1", "2", "Maria Pop"],
    ],
)
@pytest.mark.parametrize("head", ["", "Unnamed: 0", "index", None])
def test_a_first_column_that_does_not_count_the_rows_is_refused_unread(
    project: Project, receive: Receive, rows: list[str], head: str | None
) -> None:
    first, *others = PLAIN.splitlines()
    lines = [
        first if head is None else f"{head},{first}",
        *(f"{n},{row}" for n, row in zip(rows, others, strict=True)),
    ]
    read = receive(VICTIMS + TEXT, "\n".join(lines).encode())
    assert all(not e.usable for e in read.entries)
    (finding,) = read.findings
    assert finding.rule == (
        "records-column" if head is not None or rows[0] in ("0", "1") else "records-line"
    )
    for path in project.outputs.rglob("*"):
        assert not path.is_file() or path.suffix == ".parquet" or b"Maria" not in path.read_bytes()
    assert not {"Maria", "1980010123456"} & set(str(read.findings).replace(",", " ").split())
    assert read.account is not None
    assert read.account.filled == 4 + bool(head) + 3 * 5
    assert read.account.refused == read.account.filled - (
        4 if finding.rule == "records-line" else 0
    )


def test_an_index_with_gaps_is_refused_with_what_to_do_in_pandas_and_r(
    receive: Receive, tmp_path: Path
) -> None:
    values = ", ".join(map(str, ROWS))
    query = (
        f"select *, 5 * row_number() over () as __index_level_0__ from (values {values}) as"
        f" t({', '.join(HEADS)})"
    )
    (finding,) = receive(VICTIMS + PARQUET, as_parquet(tmp_path, query)).findings
    assert (finding.rule, finding.found) == ("records-column", "the column '__index_level_0__'")
    assert "index=False" in finding.do
    assert "personal" not in finding.do


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("2022-01-01", "a date of 2022"),
        ("2022-01-01 00:00:00", "a date of 2022"),
        ("01.01.2022", "a date"),
        ("1/1/2022", "a date"),
        ("20220101", "a number of 8 digits"),
        ("22", "22"),
        ("2017", "2017"),
        ("true", "true"),
    ],
)
def test_what_stands_for_a_year_is_told(receive: Receive, value: str, found: str) -> None:
    read = receive(VICTIMS + TEXT, f"state,year,sex,age\nRO,{value},F,_U\n".encode())
    (finding,) = read.findings
    assert (finding.rule, finding.found) == ("year-outside-window", f"1 line, column year: {found}")
    assert finding.do.startswith("give the year alone")
    assert finding.allowed == "2018 to 2022"


# What cannot be read, in words that fit the format.


def _workbook() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return data.getvalue()


GOOD_PARQUET = "from (values {}) as t({})".format(", ".join(map(str, ROWS)), ", ".join(HEADS))
# Name of the damage: what the file holds, what is found, and a word of the repair;
# `parquet` stands for a whole one.
DAMAGED: dict[str, tuple[Callable[[bytes], bytes], str, str]] = {
    "empty": (lambda parquet: b"", "the file is empty", "write the file again"),
    "blank": (lambda parquet: b" \n \n", "nothing but blanks", "write the file again"),
    "truncated_parquet": (
        lambda parquet: parquet[:-30],
        "a Parquet file that is not complete",
        "write the file again",
    ),
    "truncated_gzip": (
        lambda parquet: zipped(PLAIN.encode() * 50)[:-20],
        "not complete",
        "write the file again",
    ),
    "garbage_behind_gzip": (
        lambda parquet: zipped(PLAIN.encode()) + b"more",
        "damaged",
        "write the file again",
    ),
    "packed_twice": (lambda parquet: zipped(zipped(PLAIN.encode())), "packed twice", "packed once"),
    "packed_parquet": (lambda parquet: zipped(parquet), "a Parquet file", "send the file itself"),
    "packed_workbook": (lambda parquet: zipped(_workbook()), "a workbook", "CSV text"),
    "workbook": (lambda parquet: _workbook(), "an Excel workbook", "CSV text"),
    "half_a_workbook": (lambda parquet: _workbook()[:50], "not complete", "CSV text"),
    "old_workbook": (
        lambda parquet: b"\xd0\xcf\x11\xe0" + bytes(600),
        "the old Excel format",
        "CSV text",
    ),
    "pdf": (lambda parquet: b"%PDF-1.7\n" + bytes(200), "a PDF file", "CSV text"),
    "web_page": (lambda parquet: b"<!DOCTYPE html><html>", "a web page", "CSV text"),
    "json": (lambda parquet: b'[{"state": "RO"}]', "a JSON file", "CSV text"),
    "feather": (lambda parquet: b"ARROW1\0\0" + bytes(100), "Arrow", "CSV text"),
    "zstandard": (lambda parquet: b"\x28\xb5\x2f\xfd" + bytes(100), "Zstandard", "CSV text"),
    "r_data": (lambda parquet: zipped(b"RDX3\nX\n" + bytes(100)), "an R data file", "CSV text"),
    "any_bytes": (lambda parquet: bytes(range(256)) * 20, "no text", "CSV text"),
    "utf_32": (lambda parquet: PLAIN.encode("utf-32"), "UTF-32", "CSV text"),
    "no_header": (
        lambda parquet: b"RO,2022,F,_U\n",
        "a first line without the names",
        "first line",
    ),
    "pipes": (lambda parquet: PLAIN.replace(",", "|").encode(), "columns parted by |", "commas"),
    "title_above": (
        lambda parquet: b"Victims\n" + PLAIN.encode(),
        "a first line without the names",
        "nothing above",
    ),
    "column_missing": (
        lambda parquet: PLAIN.replace(",age", "").encode(),
        "without the column age",
        "add the column",
    ),
    "column_more": (
        lambda parquet: PLAIN.replace(",age", ",name,age").encode(),
        "column 'name'",
        "remove the column",
    ),
}


def check_words(finding: Finding) -> None:
    """What a finding about records says fits the files in which records come."""
    told = f"{finding.found} {finding.allowed} {finding.do}"
    assert ".xlsx" not in told
    assert "form" not in f" {finding.do} ".replace("format", "").split()
    assert told.isprintable()
    assert "Error" not in told
    assert finding.do


@pytest.mark.parametrize("ending", [TEXT, PACKED, PARQUET])
@pytest.mark.parametrize("damage", DAMAGED)
def test_what_cannot_be_read_is_told_in_words_of_its_format(
    receive: Receive, tmp_path: Path, damage: str, ending: str
) -> None:
    make, found, repair = DAMAGED[damage]
    read = receive(VICTIMS + ending, make(as_parquet(tmp_path, GOOD_PARQUET)))
    (finding,) = [f for f in read.findings if f.severity == "error"]
    assert found in finding.found
    assert repair in finding.do
    assert (finding.table, finding.state) == ("THB_VICTIMS", "RO")
    assert not any(e.usable for e in read.entries)
    for told in read.findings:
        check_words(told)


NESTED = {
    "list": ("[age] as age", "give each value a row of its own"),
    "structure": ("{'a': age} as age", "give each value a row of its own"),
    "map": ("map {'a': age} as age", "give each value a row of its own"),
    "other_list": ("age, [age] as ages", "remove the column"),
}


@pytest.mark.parametrize("kind", NESTED)
def test_a_column_of_several_values_is_refused_with_what_to_do(
    receive: Receive, tmp_path: Path, kind: str
) -> None:
    expression, repair = NESTED[kind]
    content = as_parquet(tmp_path, f"select state, year, sex, {expression} {GOOD_PARQUET}")
    (finding,) = receive(VICTIMS + PARQUET, content).findings
    assert finding.rule == "records-column"
    assert "more than one value in a row" in finding.found
    assert repair in finding.do
    check_words(finding)


@pytest.mark.parametrize("named", [TEXT, PACKED, PARQUET])
@pytest.mark.parametrize("kind", [TEXT, PACKED, PARQUET])
def test_a_file_is_what_it_holds_whatever_it_is_called(
    receive: Receive, tmp_path: Path, kind: str, named: str
) -> None:
    text = PLAIN.encode()
    content = {TEXT: text, PACKED: zipped(text), PARQUET: as_parquet(tmp_path, GOOD_PARQUET)}[kind]
    expected = receive(VICTIMS + TEXT, text)
    read = receive(VICTIMS + named, content)
    assert notes(read) == ([] if kind == named else ["file-renamed"])
    assert all(kind.removeprefix(".records") in f.do for f in read.findings)
    assert read.entries == expected.entries


def test_a_file_name_that_is_no_text_is_told(project: Project, contracts: Contracts) -> None:
    folder = project.returns / str(ROUND) / "thb"
    folder.mkdir(parents=True)
    (folder / "RO.THB_VICTIMS\udcff.records.csv").write_text(PLAIN, encoding="utf-8")
    (read,) = read_records(project, contracts, round_=ROUND)
    assert [(f.rule, f.state) for f in read.findings] == [("records-not-asked", "RO")]
    assert read.findings[0].file.isprintable()
    read_round(project, contracts, round_=ROUND)


# Bounds.


def bomb(unit: bytes, size: int, head: bytes = b"state,year,sex,age\n", tail: bytes = b"") -> bytes:
    """`size` bytes of one repeated piece, packed."""
    packer = zlib.compressobj(1, wbits=31)
    block = unit * max(1, 500_000 // len(unit))
    parts = [packer.compress(head), *(packer.compress(block) for _ in range(size // len(block)))]
    return b"".join([*parts, packer.compress(tail), packer.flush()])


LIMIT = 2**24  # bytes that a file may hold in these tests
LARGE = 100_000_000
TEXT_BOMBS: dict[str, tuple[Callable[[], bytes], str]] = {
    "newlines": (lambda: bomb(b"\n", LARGE), "more than"),
    "newlines_alone": (lambda: bomb(b"\n", LARGE, b""), "nothing but blanks"),
    "carriage_returns": (lambda: bomb(b"\r", LARGE), "more than"),
    "dos_line_ends": (lambda: bomb(b"\r\n", LARGE), "more than"),
    "one_line_of_spaces": (lambda: bomb(b" ", LARGE), "a line of more than"),
    "lines_of_spaces": (lambda: bomb(b"   \n", LARGE), "more than"),
    "one_line_of_commas": (lambda: bomb(b",", LARGE), "a line of more than"),
    "lines_of_commas": (lambda: bomb(b",,,\n", LARGE), "more than"),
    "long_lines_of_commas": (lambda: bomb(b"," * 900 + b"\n", LARGE), "too long to be a record"),
    "quotes": (lambda: bomb(b'"', LARGE), "a line of more than"),
    "lines_of_quotes": (lambda: bomb(b'"\n', LARGE), "more than"),
    "one_line": (lambda: bomb(b"x", LARGE), "a line of more than"),
    "long_lines": (lambda: bomb(b"x" * 900_000 + b"\n", LARGE), "too long to be a record"),
    "many_columns": (lambda: bomb(b"a,", LARGE, b""), "a line of more than"),
    "rows": (lambda: bomb(b"RO,2022,F,_U\n", LARGE), "more than 419,430 rows"),
    "odd_bytes_that_grow": (
        lambda: bomb(b"\xff" * 100 + b"\n", 16_000_000),
        "when made plain text",
    ),
    "empty_members": (lambda: zipped(PLAIN.encode()) + zipped(b"") * 100_000, "parts"),
    "members_of_newlines": (
        lambda: zipped(PLAIN.encode()) + zipped(b"\n" * 60_000) * 5_000,
        "more than",
    ),
    "numbered_rows": (
        lambda: bomb(b"1,RO,2022,F,_U\n", LARGE, b",state,year,sex,age\n"),
        "more than",
    ),
}


@pytest.mark.parametrize("kind", TEXT_BOMBS)
def test_a_file_that_would_inflate_without_end_is_a_finding_in_seconds(
    project: Project,
    contracts: Contracts,
    receive: Receive,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    monkeypatch.setattr("pipeline.returns.records.read.most_bytes", lambda: LIMIT)
    make, found = TEXT_BOMBS[kind]
    content = make()
    began = time.process_time()
    read = receive(VICTIMS + PACKED, content)
    assert time.process_time() - began < 10
    (finding,) = [f for f in read.findings if f.severity == "error"]
    assert found in finding.found
    check_words(finding)
    assert list(project.work(ROUND).iterdir()) == []


def test_blank_lines_cost_nothing_and_keep_their_place(receive: Receive) -> None:
    text = (
        b"state,year,sex,age\n"
        + b"\n" * 2_000_000
        + b"RO,2022,F,_U\n"
        + b"\r\n" * 10
        + b"RO,2022,X,_U\n"
    )
    began = time.process_time()
    read = receive(VICTIMS + PACKED, zipped(text))
    assert time.process_time() - began < 10
    assert [(f.rule, f.cell) for f in read.findings] == [("unknown-code", "line 2000013")]


SAME = "select 'RO' as state, 2022 as year, '_U' as age"
PARQUET_BOMBS = {
    "rows": (f"{SAME}, 'F' as sex from range(3000000)", "more than 419,430 rows"),
    "text_in_a_dictionary": (f"{SAME}, repeat('F', 1000000) as sex from range(2000)", "2,000 rows"),
    "columns": (f"select {', '.join(f'1 as c{n}' for n in range(1200))}", "1,200 columns"),
    "size": (
        f"{SAME}, hash(i) as sex, hash(i + 1) as conf_status from range(1200000) as t(i)",
        "holds",
    ),
}


@pytest.mark.parametrize("kind", PARQUET_BOMBS)
def test_a_parquet_file_without_end_is_a_finding_in_seconds(
    receive: Receive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr("pipeline.returns.records.read.most_bytes", lambda: LIMIT)
    query, found = PARQUET_BOMBS[kind]
    content = as_parquet(tmp_path, query)
    began = time.process_time()
    read = receive(VICTIMS + PARQUET, content)
    assert time.process_time() - began < 10
    (finding,) = [f for f in read.findings if f.severity == "error"]
    assert found in finding.found
    assert len(finding.found) < 400
    check_words(finding)


@pytest.mark.parametrize("ending", [TEXT, PARQUET])
def test_rows_that_all_differ_are_refused(receive: Receive, tmp_path: Path, ending: str) -> None:
    query = (
        "select 'RO' as state, 2022 as year, 'F' || i as sex, '_U' as age from range(1100000) as"
        " t(i)"
    )
    content = as_parquet(tmp_path, query)
    if ending == TEXT:
        content = b"state,year,sex,age\n" + b"".join(
            b"RO,2022,F%d,_U\n" % n for n in range(1_100_000)
        )
    (finding,) = receive(VICTIMS + ending, content).findings
    assert (finding.rule, finding.found) == ("unsafe-file", "1,100,000 different rows")


@pytest.mark.parametrize("ending", [TEXT, PACKED, PARQUET])
def test_the_time_that_reading_may_take_is_bounded(
    receive: Receive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    monkeypatch.setattr("pipeline.returns.records.read.most_seconds", lambda: 0)
    query = "select 'RO' as state, 2022 as year, 'F' as sex, '_U' as age"
    content = as_parquet(tmp_path, query) if ending == PARQUET else PLAIN.encode()
    read = receive(VICTIMS + ending, zipped(content) if ending == PACKED else content)
    (finding,) = read.findings
    assert (finding.rule, finding.found) == ("unsafe-file", "reading it takes more than 0 seconds")


def test_a_query_that_takes_too_long_is_interrupted() -> None:
    refused = pytest.raises(RefusedRecords, match="more than 0 seconds")
    with duckdb.connect() as connection, refused, Allowance(LIMIT, 0).bound(connection):
        connection.execute("select count(*) from range(1000000000000) as t(i) where hash(i) = 1")


def test_the_other_states_are_read_beside_a_bomb(project: Project, contracts: Contracts) -> None:
    folder = project.returns / str(ROUND) / "thb"
    folder.mkdir(parents=True)
    (folder / "BG.THB_VICTIMS.records.csv").write_text(PLAIN.replace("RO", "BG"), encoding="utf-8")
    (folder / "HU.THB_VICTIMS.records.csv.gz").write_bytes(bomb(b"\n", LARGE))
    (folder / "RO.THB_VICTIMS.records.csv").write_text(PLAIN, encoding="utf-8")
    told: list[str] = []
    read = read_records(
        project,
        contracts,
        round_=ROUND,
        progress=lambda what, done=0, total=0: told.append(f"{done}/{total} {what}"),
    )
    assert [len(figures(r)) for r in read] == [11, 0, 11]
    assert [f.rule for r in read for f in r.findings] == ["unsafe-file"]
    assert any(line.startswith("1/3") and line.endswith("MB unpacked") for line in told)
    assert any("checking the rows" in line for line in told)
