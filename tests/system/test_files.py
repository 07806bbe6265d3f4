"""Does a finished file get into place whole, and is a table for spreadsheets only a
table?
"""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path

import pytest

from pipeline.system.files import csv_bytes, write_file


def test_a_file_is_written_with_its_folder_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.csv"
    write_file(path, b"1")
    write_file(path, b"2")
    assert path.read_bytes() == b"2"
    assert list(path.parent.iterdir()) == [path]


def test_a_table_is_csv_as_everybody_reads_it() -> None:
    content = csv_bytes(
        ("key", "value"), [("THB_OFFENCES:RO.2022", Decimal("21")), ("a,b", ""), ("c", None)]
    )
    assert content == b'key,value\nTHB_OFFENCES:RO.2022,21\n"a,b",\nc,\n'


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-2+3", "@SUM(A1)", "\tx", "\r=x", "-", "--1", "-1e5", "-3 persons"]
)
def test_a_text_that_a_spreadsheet_would_run_is_guarded(text: str) -> None:
    _, (cell,) = csv.reader(io.StringIO(csv_bytes(("a",), [(text,)]).decode(), newline=""))
    assert cell == "'" + text.replace("\r", "\n")


@pytest.mark.parametrize(
    "value", ["-3", "12.5", "-0.25", 7, -7, Decimal("-1.5"), "Q", "<5", "4/11", "1=1"]
)
def test_numbers_and_plain_texts_stay_as_they_are(value: object) -> None:
    assert csv_bytes(("a",), [(value,)]) == f"a\n{value}\n".encode()
