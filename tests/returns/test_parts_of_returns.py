"""Do the parts that offices of a state send become one return, each with its findings?"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest
import yaml

from pipeline.contracts.model import Contracts, load_contracts
from pipeline.contracts.template import build_workbook, workbook_bytes
from pipeline.findings import Finding
from pipeline.project import Project
from pipeline.returns.intake.reading import RoundReading
from pipeline.returns.intake.stage import STAGED
from pipeline.returns.received import read_round
from pipeline.returns.rules.check import later_files, refusals, refused_parts

ROOT = Path(__file__).parents[2]
HEADER = (
    "table,state,year,sex,age,form,citizenship,identification,registering,stage,judgment,value,"
    "obs_status,conf_status,note\n"
)
VICTIMS, OFFENCES = "THB_VICTIMS", "THB_OFFENCES"


def victims(value: str, *, sex: str = "_T", age: str = "_T", more: str = ",,") -> str:
    return f"{VICTIMS},RO,2022,{sex},{age},,,,,,,{value},{more}\n"


def offences(value: str, year: int = 2022) -> str:
    return f"{OFFENCES},RO,{year},,,,,,,,,{value},,,\n"


def cover(office: str | None = None, **more: str) -> str:
    said = {"report": "thb", "state": "RO", "round": "2022", "date": "2023-03-01"} | more
    lines = ["field,answer", *(f"{k},{v}" for k, v in said.items())]
    return "\n".join([*lines, *([f"office,{office}"] if office is not None else [])]) + "\n"


@dataclass
class Sent:
    """A folder of returns with what was read of it."""

    project: Project
    contracts: Contracts
    files: list[str] = field(default_factory=list)

    def put(self, name: str, lines: Iterable[str], office: str | None = None, **more: str) -> None:
        """A CSV file with its cover."""
        folder = self.project.returns / "2022" / "thb"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.csv").write_text(HEADER + "".join(lines), encoding="utf-8")
        (folder / f"{name}.cover.csv").write_text(cover(office, **more), encoding="utf-8")

    def put_bytes(self, name: str, data: bytes) -> None:
        folder = self.project.returns / "2022" / "thb"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)

    def read(self) -> Read:
        return Read(self.project, read_round(self.project, self.contracts, round_=2022))


@dataclass
class Read:
    project: Project
    reading: RoundReading

    def of(self, *rules: str) -> list[Finding]:
        return [f for f in self.reading.findings if f.rule in rules]

    @property
    def rules(self) -> dict[str, list[str]]:
        """The rules that are broken, by the name of the file, of RO alone."""
        found: dict[str, list[str]] = {}
        for f in self.reading.findings:
            if f.state == "RO" and f.report == "thb":
                found.setdefault(f.file.rpartition("/")[2], []).append(f.rule)
        return found

    @property
    def refused(self) -> set[tuple[str, str, str]]:
        parts = refused_parts(self.reading)
        return set(refusals(self.reading.findings, later_files(self.reading), parts=parts))

    def figures(self, table: str = VICTIMS) -> list[tuple[str, float | None, str]]:
        """Key without its table, value and file of what is staged, in the order of keys."""
        with duckdb.connect(str(self.project.work(2022) / STAGED), read_only=True) as staged:
            rows = staged.execute(
                f"select key, value, file from {table.lower()} where usable order by key, file"
            ).fetchall()
        return [
            (k.partition(":")[2], None if v is None else float(v), f.rpartition("/")[2])
            for k, v, f in rows
        ]

    def aside(self, table: str = VICTIMS) -> list[str]:
        name = f"set_aside_{table.lower()}"
        with duckdb.connect(str(self.project.work(2022) / STAGED), read_only=True) as staged:
            if not staged.execute(
                "select 1 from duckdb_tables() where table_name = ?", [name]
            ).fetchall():
                return []
            return [
                r[0] for r in staged.execute(f"select file from {name} order by all").fetchall()
            ]

    def office(self, name: str) -> str:
        return next(f.office for f in self.reading.files if f.file.endswith(f"/{name}"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("parts") / "data_contracts"
    shutil.copytree(ROOT / "data_contracts", target)
    return target


@pytest.fixture(scope="module")
def contracts(folder: Path) -> Contracts:
    return load_contracts(folder)


Arrange = Callable[..., None]


@pytest.fixture
def arrange(folder: Path) -> Iterable[Arrange]:
    """Enter who gives what; gone after the test."""
    path = folder / "offices.yaml"
    before = path.read_text(encoding="utf-8")

    def enter(from_: int = 2000, **offices: list[str]) -> None:
        entry = {"state": "RO", "report": "thb", "from": from_, "offices": offices}
        path.write_text(yaml.safe_dump({"parts": [entry]}), encoding="utf-8")

    yield enter
    path.write_text(before, encoding="utf-8")


@pytest.fixture
def sent(tmp_path: Path, contracts: Contracts) -> Sent:
    project = Project(contracts.folder.parent, tmp_path / "outputs", tmp_path / "returns")
    return Sent(project, contracts)


def all_but(contracts: Contracts, *names: str) -> list[str]:
    return [
        t.name
        for t in contracts.contract("thb").tables_of(2022)
        if t.respondent == "states" and t.name not in names
    ]


def test_each_part_gives_its_tables_and_together_they_are_the_return(sent: Sent) -> None:
    sent.put("RO.police", [victims("5")], "POLICE")
    sent.put("RO.prosecution", [offences("7")], "PROSECUTION")
    read = sent.read()
    assert read.rules == {}
    assert read.figures() == [("RO.2022._T._T", 5, "RO.police.csv")]
    assert read.figures(OFFENCES) == [("RO.2022", 7, "RO.prosecution.csv")]
    assert [read.office(f"RO.{n}.csv") for n in ("police", "prosecution")] == [
        "POLICE",
        "PROSECUTION",
    ]
    assert read.refused == set()


def test_two_parts_may_give_different_cells_of_a_table(sent: Sent) -> None:
    sent.put("RO.police", [victims("5", sex="F")], "POLICE")
    sent.put("RO.customs", [victims("6", sex="M")], "CUSTOMS")
    read = sent.read()
    assert read.rules == {}
    assert [(k, v) for k, v, _ in read.figures()] == [
        ("RO.2022.F._T", 5),
        ("RO.2022.M._T", 6),
    ]


def test_figures_that_differ_are_told_to_both_and_keep_the_table_out(sent: Sent) -> None:
    sent.put("RO.police", [victims("5"), offences("3")], "POLICE")
    sent.put("RO.customs", [victims("6")], "CUSTOMS")
    read = sent.read()
    found = read.of("parts-disagree")
    assert [f.file for f in found] == ["2022/thb/RO.customs.csv", "2022/thb/RO.police.csv"]
    for own, other in (found, found[::-1]):
        assert own.severity == "error"
        assert own.key == "THB_VICTIMS:RO.2022._T._T"
        assert other.file in own.found
    assert "6 here; 5 in the part of Police, 2022/thb/RO.police.csv, line 2" in found[0].found
    assert read.refused == {("RO", "thb", VICTIMS)}
    assert len(read.figures()) == 1  # neither a sum, nor both
    assert read.aside() == ["2022/thb/RO.customs.csv"]
    assert read.figures(OFFENCES) == [("RO.2022", 3, "RO.police.csv")]


def test_figures_that_agree_count_once_and_both_are_asked(sent: Sent) -> None:
    sent.put("RO.police", [victims("5"), offences("3")], "POLICE")
    sent.put("RO.customs", [victims("5")], "CUSTOMS")
    read = sent.read()
    found = read.of("cell-in-two-parts")
    assert {f.file for f in found} == {"2022/thb/RO.customs.csv", "2022/thb/RO.police.csv"}
    assert {f.severity for f in found} == {"query"}
    assert read.refused == set()
    assert read.figures() == [("RO.2022._T._T", 5, "RO.police.csv")]
    account = next(a for a in read.reading.accounts if a.file.endswith("customs.csv"))
    assert account.ignored["in-another-part"] == 1
    assert account.loaded == 0


@pytest.mark.parametrize(
    ("one", "other", "rule"),
    [
        (victims("5"), victims(":"), "cell-in-two-parts"),
        (victims(":"), victims("5"), "cell-in-two-parts"),
        (victims(":"), victims(":"), "cell-in-two-parts"),
        (victims("", more="K,,x"), victims("5"), "cell-in-two-parts"),
        (victims("<5"), victims("<5"), "cell-in-two-parts"),
        (victims("5"), victims("5", more=",,a note"), "cell-in-two-parts"),
        (victims("5"), victims("0"), "parts-disagree"),
        (victims("5"), victims("<5"), "parts-disagree"),
        (victims("5"), victims("–"), "parts-disagree"),
        (victims("5"), victims("5", more="P,,x"), "parts-disagree"),
        (victims("5"), victims("5", more=",C,"), "parts-disagree"),
        (victims("5", more=",C,"), victims(":"), "parts-disagree"),
    ],
)
def test_what_two_parts_say_of_a_cell_agrees_or_does_not(
    sent: Sent, one: str, other: str, rule: str
) -> None:
    sent.put("RO.police", [one, offences("3")], "POLICE")
    sent.put("RO.customs", [other], "CUSTOMS")
    read = sent.read()
    assert read.rules == {"RO.customs.csv": [rule], "RO.police.csv": [rule]}
    assert len(read.figures()) == 1
    if rule == "cell-in-two-parts" and "5" in (one + other).replace("<5", ""):
        assert read.figures()[0][1] == 5  # a figure counts beside an office without one


def test_three_parts_are_each_told_of_the_two_others(sent: Sent) -> None:
    for office, value in (("police", "5"), ("customs", "6"), ("courts", "5")):
        sent.put(f"RO.{office}", [victims(value)], office.upper())
    found = sent.read().of("parts-disagree")
    assert len(found) == 3
    assert all(f.found.count(" in the part of ") == 2 for f in found)


def test_a_part_that_cannot_be_read_refuses_only_itself(sent: Sent) -> None:
    sent.put("RO.police", [victims("5")], "POLICE")
    sent.put_bytes("RO.customs.xlsx", b"PK\x03\x04 no workbook")
    read = sent.read()
    assert read.refused == set()
    assert read.figures() == [("RO.2022._T._T", 5, "RO.police.csv")]
    (told,) = read.of("part-refused")
    assert (told.file, told.found, told.severity) == ("", "Customs", "note")
    assert any(f.severity == "error" for f in read.reading.findings if "customs" in f.file)


@pytest.mark.parametrize("more", [{"state": "BG"}, {"round": "2021"}, {"report": "octa"}])
def test_a_part_of_another_return_refuses_only_itself(sent: Sent, more: dict[str, str]) -> None:
    sent.put("RO.police", [victims("5")], "POLICE")
    sent.put("RO.customs", [victims("6"), offences("x")], "CUSTOMS", **more)
    read = sent.read()
    assert "wrong-cover" in read.rules["RO.customs.csv"]
    assert "parts-disagree" not in read.rules["RO.customs.csv"]
    assert read.refused == set()  # nor does what is wrong inside keep a table out
    assert [v for _, v, _ in read.figures()] == [5]


def test_where_every_part_is_refused_the_return_is(sent: Sent) -> None:
    sent.put_bytes("RO.police.xlsx", b"PK\x03\x04 no workbook")
    sent.put_bytes("RO.customs.xlsx", b"PK\x03\x04 no workbook")
    assert sent.read().refused == {("RO", "thb", "")}


def test_a_later_file_of_an_office_replaces_the_tables_of_its_part_alone(sent: Sent) -> None:
    sent.put("RO.police", [victims("5", sex="F"), offences("3")], "POLICE")
    sent.put("RO.customs", [victims("6", sex="M")], "CUSTOMS")
    sent.put("RO.police.2", [victims("9", sex="F")], "POLICE")
    read = sent.read()
    assert read.rules == {}
    assert read.figures() == [
        ("RO.2022.F._T", 9, "RO.police.2.csv"),
        ("RO.2022.M._T", 6, "RO.customs.csv"),
    ]
    assert read.figures(OFFENCES) == [("RO.2022", 3, "RO.police.csv")]


def test_an_office_takes_back_what_it_gave_and_no_more(sent: Sent) -> None:
    sent.put("RO.police", [victims("5", sex="F")], "POLICE")
    sent.put("RO.customs", [victims("6", sex="M")], "CUSTOMS")
    sent.put_bytes("RO.customs.2.withdrawn.csv", b"table,reason\nTHB_VICTIMS,counted twice\n")
    read = sent.read()
    assert [(k, v) for k, v, _ in read.figures()] == [("RO.2022.F._T", 5)]


# Whose part it is.


@pytest.mark.parametrize("said", ["POLICE", "police", "Police", " police ", "РOLICE"])
def test_an_office_may_be_written_in_many_ways(sent: Sent, said: str) -> None:
    sent.put("RO.police", [victims("5")], said)
    read = sent.read()
    assert read.rules == {}
    assert read.office("RO.police.csv") == "POLICE"


@pytest.mark.parametrize(
    "name", ["RO.border_police", "ro.Border-Police", "RO.BORDER POLICE", "RO.border_police.2"]
)
def test_the_name_of_a_file_names_an_office_of_the_list(sent: Sent, name: str) -> None:
    sent.put("RO.customs", [offences("3")], "CUSTOMS")
    sent.put(name, [victims("5")], "Border police")
    read = sent.read()
    assert read.rules == {}
    assert read.office(f"{name}.csv") == "BORDER_POLICE"


@pytest.mark.parametrize("name", ["RO.polizei", "RO.pоlice", "RO.poli\u017fe", "RO.police.customs"])
def test_a_name_with_another_word_is_unclear(sent: Sent, name: str) -> None:
    sent.put("RO.customs", [offences("3")], "CUSTOMS")
    sent.put(name, [victims("5")], "POLICE")
    read = sent.read()
    assert [f.rule for f in read.reading.findings if f.severity == "error"] == ["unclear-name"]
    assert read.refused == set()


def test_a_part_whose_cover_names_no_office_is_that_of_its_name(sent: Sent) -> None:
    sent.put("RO.police", [victims("5")])
    read = sent.read()
    assert read.rules == {"RO.police.csv": ["office-missing"]}
    assert read.office("RO.police.csv") == "POLICE"
    sent.put("RO.police", [victims("5")], "")
    assert sent.read().rules == {"RO.police.csv": ["office-missing"]}


def test_an_office_that_nobody_knows_is_an_error_of_its_file(sent: Sent) -> None:
    sent.put("RO.police", [victims("5")], "Ministry of Silly Walks")
    read = sent.read()
    (found,) = read.of("office-unknown")
    assert "BORDER_POLICE (Border police)" in found.allowed
    assert read.refused == {("RO", "thb", "")}
    sent.put("RO.customs", [offences("3")], "CUSTOMS")
    assert sent.read().refused == set()


def test_a_cover_that_names_another_office_than_the_file_is_refused(sent: Sent) -> None:
    sent.put("RO.police", [victims("5")], "CUSTOMS")
    sent.put("RO.courts", [offences("3")], "COURTS")
    read = sent.read()
    assert read.rules["RO.police.csv"] == ["wrong-cover"]
    assert read.figures() == []
    assert read.refused == set()


def test_a_part_under_the_name_of_the_whole_return_is_told_of(sent: Sent) -> None:
    sent.put("RO", [victims("5")], "POLICE")
    read = sent.read()
    assert read.rules == {"RO.csv": ["office-not-in-name"]}
    assert read.of("office-not-in-name")[0].allowed == "RO.police.xlsx"
    assert read.office("RO.csv") == "POLICE"


def test_two_parts_of_one_office_are_not_both_read(sent: Sent) -> None:
    sent.put("RO", [victims("6")], "POLICE")
    sent.put("RO.police", [victims("5")], "POLICE")
    read = sent.read()
    assert "part-twice" in read.rules["RO.csv"]
    assert read.figures() == [("RO.2022._T._T", 5, "RO.police.csv")]
    assert read.refused == set()


def test_the_same_part_in_two_formats_is_a_second_file(sent: Sent) -> None:
    sent.put("RO.police", [victims("5")], "POLICE")
    sent.put_bytes("RO.Police.xls", b"anything")
    read = sent.read()
    assert [r for found in read.rules.values() for r in found].count("second-file") == 1
    assert read.refused <= {("RO", "thb", "")}


def test_the_same_file_from_two_offices_is_told_to_both(sent: Sent) -> None:
    sent.put("RO.police", [victims("5")], "POLICE")
    sent.put("RO.customs", [victims("5")], "CUSTOMS")
    read = sent.read()
    assert read.rules == {"RO.police.csv": ["part-copied"], "RO.customs.csv": ["part-copied"]}
    assert read.figures() == [("RO.2022._T._T", 5, "RO.police.csv")]


def test_a_whole_return_beside_parts_is_told_to_all_and_added_to_nothing(sent: Sent) -> None:
    sent.put("RO", [victims("5"), offences("2")])
    sent.put("RO.police", [victims("6")], "POLICE")
    read = sent.read()
    assert sorted(read.rules["RO.csv"]) == ["parts-disagree", "whole-beside-parts"]
    assert sorted(read.rules["RO.police.csv"]) == ["parts-disagree", "whole-beside-parts"]
    assert "the return, 2022/thb/RO.csv" in read.of("whole-beside-parts")[1].found
    assert read.refused == {("RO", "thb", VICTIMS)}
    assert read.figures(OFFENCES) == [("RO.2022", 2, "RO.csv")]


def test_a_whole_return_that_is_refused_leaves_the_parts(sent: Sent) -> None:
    sent.put("RO", [victims("5")], state="BG")
    sent.put("RO.police", [victims("6")], "POLICE")
    read = sent.read()
    assert read.refused == set()
    assert read.figures() == [("RO.2022._T._T", 6, "RO.police.csv")]


def test_a_return_without_an_office_is_the_whole_return_of_the_state(sent: Sent) -> None:
    sent.put("RO", [victims("5")], "")
    sent.put("RO.2", [victims("6")])
    read = sent.read()
    assert read.rules == {}
    assert [f.office for f in read.reading.files] == ["", ""]
    assert all("office" not in f.as_json() for f in read.reading.files)
    assert read.figures() == [("RO.2022._T._T", 6, "RO.2.csv")]


# Who gives what, where that is entered.


def test_a_part_that_nobody_sent_is_missing(
    sent: Sent, arrange: Arrange, contracts: Contracts
) -> None:
    arrange(POLICE=all_but(contracts, OFFENCES), PROSECUTION=[OFFENCES])
    sent.put("RO.police", [victims("5")], "POLICE")
    (told,) = sent.read().of("part-missing")
    sheet = contracts.table(OFFENCES).layout.sheet
    assert (told.state, told.file, told.found) == ("RO", "", f"Prosecution: {sheet}")
    sent.put("RO.prosecution", [offences("5")], "PROSECUTION")
    assert sent.read().rules == {}


def test_a_whole_return_stands_for_all_parts(
    sent: Sent, arrange: Arrange, contracts: Contracts
) -> None:
    arrange(POLICE=all_but(contracts, OFFENCES), PROSECUTION=[OFFENCES])
    sent.put("RO", [victims("5")])
    assert sent.read().rules == {}


def test_a_table_of_another_office_is_asked_about(
    sent: Sent, arrange: Arrange, contracts: Contracts
) -> None:
    arrange(POLICE=all_but(contracts, OFFENCES), PROSECUTION=[OFFENCES])
    sent.put("RO.police", [victims("5"), offences("4")], "POLICE")
    sent.put("RO.prosecution", [offences("4", 2021)], "PROSECUTION")
    sent.put("RO.courts", [victims("4", sex="F")], "COURTS")
    read = sent.read()
    found = {f.file.rpartition("/")[2]: f for f in read.of("table-of-another-office")}
    assert set(found) == {"RO.police.csv", "RO.courts.csv"}
    assert found["RO.police.csv"].table == OFFENCES
    assert "Prosecution" in found["RO.police.csv"].found
    assert [v for _, v, _ in read.figures(OFFENCES)] == [4, 4]  # loaded, and asked about


def test_who_gives_a_table_comes_first_where_two_agree(
    sent: Sent, arrange: Arrange, contracts: Contracts
) -> None:
    arrange(POLICE=all_but(contracts, OFFENCES), PROSECUTION=[OFFENCES])
    sent.put("RO.police", [offences("4")], "POLICE")
    sent.put("RO.prosecution", [offences("4")], "PROSECUTION")
    assert sent.read().figures(OFFENCES) == [("RO.2022", 4, "RO.prosecution.csv")]


def test_an_arrangement_counts_from_its_round_on(
    sent: Sent, arrange: Arrange, contracts: Contracts
) -> None:
    arrange(2023, POLICE=all_but(contracts, OFFENCES), PROSECUTION=[OFFENCES])
    sent.put("RO.police", [victims("5"), offences("4")], "POLICE")
    assert sent.read().rules == {}


def part(contracts: Contracts, office: str, *only: str) -> bytes:
    book = build_workbook(contracts, "thb", state="RO", round_=2022, office=office, only=only)
    return workbook_bytes(book, 2022)


def test_the_form_of_an_office_has_its_sheets_and_comes_back_as_its_part(
    sent: Sent, contracts: Contracts
) -> None:
    sent.put_bytes("RO.police.xlsx", part(contracts, "POLICE", VICTIMS))
    sent.put("RO.prosecution", [offences("4")], "PROSECUTION")
    read = sent.read()
    assert read.rules == {}
    assert read.office("RO.police.xlsx") == "POLICE"


def test_a_sheet_that_an_office_gives_is_missed_and_no_other(
    sent: Sent, arrange: Arrange, contracts: Contracts
) -> None:
    arrange(POLICE=all_but(contracts, OFFENCES), PROSECUTION=[OFFENCES])
    sent.put_bytes("RO.police.xlsx", part(contracts, "POLICE", *all_but(contracts, OFFENCES)))
    sent.put_bytes("RO.prosecution.xlsx", part(contracts, "PROSECUTION", VICTIMS))
    read = sent.read()
    assert [(f.file, f.table) for f in read.of("missing-sheet")] == [
        ("2022/thb/RO.prosecution.xlsx", OFFENCES)
    ]


def test_reading_again_from_memory_says_the_same(sent: Sent) -> None:
    sent.put("RO.police", [victims("5")], "POLICE")
    sent.put("RO.customs", [victims("6"), offences("2")], "CUSTOMS")
    first, again = sent.read(), sent.read()
    assert first.reading == again.reading
    assert first.figures() == again.figures()


def test_what_an_office_writes_is_shown_with_care(sent: Sent) -> None:
    sent.put("RO.police", [victims("5")], "\x1b[31mPOLICE")
    found = [f for f in sent.read().reading.findings if f.file]
    assert found
    assert all(f.found.isprintable() for f in found)
