"""Does the comparison of two folders of outputs see every difference, and only those?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from repro.compare_outputs import differences, main


def outputs(folder: Path) -> Path:
    """A folder as a build leaves it: a report, a store, a page on the rounds, notes."""
    report = folder / "2022" / "thb" / "public"
    report.mkdir(parents=True)
    (report / "report.pdf").write_bytes(b"%PDF one")
    (folder / "index.html").write_text("validated in 3.0 s", encoding="utf-8")
    (folder / ".times").mkdir()
    (folder / ".times" / "validate_2022").write_text("3.0", encoding="utf-8")
    with duckdb.connect(str(folder / "2022" / "store.duckdb")) as store:
        store.execute("create table cells as select * from (values (1, 'a'), (2, 'b')) t (n, s)")
    return folder


def edit_store(statement: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        with duckdb.connect(str(folder / "2022" / "store.duckdb")) as store:
            store.execute(statement)

    return change


def write(name: str, content: bytes) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / name).write_bytes(content)

    return change


NO_OUTPUT: dict[str, Callable[[Path], None]] = {
    "nothing": lambda folder: None,
    "the time of a step": write(".times/validate_2022", b"9.9"),
    "the page on the rounds": write("index.html", b"validated in 9.9 s"),
    "a lock": write(".lock", b"1"),
    "a digest": write("2022/store.sha256", b"0"),
    "the order of rows": edit_store("create or replace table cells as from cells order by n desc"),
}
SEEN: dict[str, tuple[Callable[[Path], None], str]] = {
    "a byte": (write("2022/thb/public/report.pdf", b"%PDF two"), "report.pdf: 8 and 8 bytes"),
    "a new file": (write("2022/more.csv", b"n"), "more.csv: only in the second"),
    "a value": (edit_store("update cells set s = 'c' where n = 1"), "tables differ: main.cells"),
    "a row": (edit_store("delete from cells where n = 1"), "tables differ: main.cells"),
    "a type": (edit_store("alter table cells alter n type bigint"), "tables differ: main.cells"),
    "a column": (edit_store("alter table cells rename s to t"), "tables differ: main.cells"),
    "a table": (edit_store("create table more (n integer)"), "tables differ: main.more"),
}


@pytest.mark.parametrize("change", NO_OUTPUT.values(), ids=list(NO_OUTPUT))
def test_what_is_no_output_is_left_aside(change: Callable[[Path], None], tmp_path: Path) -> None:
    one, other = outputs(tmp_path / "one"), outputs(tmp_path / "other")
    change(other)
    assert not list(differences(one, other))
    assert main([str(one), str(other)]) == 0


@pytest.mark.parametrize(("change", "line"), SEEN.values(), ids=list(SEEN))
def test_a_difference_is_named(change: Callable[[Path], None], line: str, tmp_path: Path) -> None:
    one, other = outputs(tmp_path / "one"), outputs(tmp_path / "other")
    change(other)
    (found,) = differences(one, other)
    assert line in found
    assert main([str(one), str(other)]) == 1


def test_a_lost_file_is_named(tmp_path: Path) -> None:
    one, other = outputs(tmp_path / "one"), outputs(tmp_path / "other")
    (other / "2022" / "thb" / "public" / "report.pdf").unlink()
    assert list(differences(one, other)) == ["2022/thb/public/report.pdf: only in the first"]


def test_nothing_compared_is_not_equal(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert main([str(tmp_path / "empty"), str(tmp_path / "empty")]) == 1
    assert main([str(outputs(tmp_path / "one")), str(tmp_path / "empty")]) == 1
