"""Is every filled cell of a return read, parsed without guessing, and accounted for?"""

from __future__ import annotations

import io
import random
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import xlwt
from defects.formats import as_old_excel

from pipeline.contracts.model import Contracts, load_contracts
from pipeline.contracts.releases import earliest_release
from pipeline.contracts.template import build_workbook, workbook_bytes
from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.returns.formats import opened
from pipeline.returns.formats.archive import check_archive
from pipeline.returns.formats.csvtext import decode, read_csv
from pipeline.returns.formats.kinds import kind_of
from pipeline.returns.formats.opened import Opened, open_file
from pipeline.returns.formats.raw import (
    CellKind,
    DamagedFile,
    RawCell,
    RawSheet,
    RawWorkbook,
    column_letters,
)
from pipeline.returns.formats.xlsx import cell_text, read_xlsx
from pipeline.returns.intake.account import AccountError, FileAccount, OpenCells
from pipeline.returns.intake.codes import latin, read_citizenship
from pipeline.returns.intake.parse import load_symbols, parse_figure
from pipeline.returns.intake.problems import MAX_ALIKE, RULES, FindingBook
from pipeline.returns.received import read_round
from pipeline.returns.rules.check import refusals

ROOT = Path(__file__).parents[2]
SYMBOLS = load_symbols(ROOT / "data_contracts" / "codelists")


@pytest.fixture(scope="module")
def contracts() -> Contracts:
    return load_contracts(ROOT / "data_contracts")


@pytest.fixture(scope="module")
def blank(contracts: Contracts) -> dict[tuple[str, str], bytes]:
    wanted = [("thb", "RO"), ("migration", "TR"), ("octa", "SELEC")]
    return {
        (r, s): workbook_bytes(build_workbook(contracts, r, state=s, round_=2022), 2022)
        for r, s in wanted
    }


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "returns" / "2022").mkdir(parents=True)
    return Project(ROOT, tmp_path / "outputs", tmp_path / "returns")


def send(project: Project, name: str, data: bytes) -> None:
    path = project.returns / "2022" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)


# The text of a figure: text, decimals allowed, value, status, rules.
@pytest.mark.parametrize(
    ("text", "decimals", "value", "status", "rules"),
    [
        ("12", 0, "12", "", ["number-as-text"]),
        ("+12", 0, "12", "", ["number-as-text"]),
        ("−5", 0, "-5", "", ["number-as-text"]),
        ("1\u00a0234", 0, "1234", "", ["number-as-text"]),
        ("1\u202f234\u202f567", 0, "1234567", "", ["number-as-text"]),
        ("12 34", 0, None, "", ["not-a-number"]),
        ("1,234", 0, "1234", "", ["thousands-comma"]),
        ("0,500", 0, None, "", ["decimal-comma"]),
        ("1,234", 3, None, "", ["ambiguous-number"]),
        ("1,234,567", 3, "1234567", "", ["thousands-comma"]),
        ("1.234", 0, None, "", ["ambiguous-number"]),
        ("1.234", 3, "1.234", "", ["number-as-text"]),
        ("1.234,5", 3, "1234.5", "", ["decimal-comma"]),
        ("1,234.5", 3, "1234.5", "", ["thousands-comma"]),
        ("1 234,5", 3, "1234.5", "", ["decimal-comma"]),
        ("12,5", 0, None, "", ["decimal-comma"]),
        ("12.5", 0, "12.5", "", ["number-as-text"]),
        ("1e5", 0, None, "", ["not-a-number"]),
        ("nan", 0, None, "", ["not-a-number"]),
        ("٣", 0, None, "", ["not-a-number"]),
        ("82²", 0, None, "", ["not-a-number"]),
        (":", 0, None, "O", []),
        ("N/A", 0, None, "O", []),
        ("…", 0, None, "O", []),
        ("-", 0, None, "O", []),
        ("–", 0, None, "M", []),
        ("< 5", 0, None, "Q", []),
        ("0n", 0, None, "N", []),
        (" \u00a0 ", 0, None, "O", ["blank-text"]),
    ],
)
def test_text_of_a_figure(
    text: str, decimals: int, value: str | None, status: str, rules: list[str]
) -> None:
    parsed = parse_figure(text, "text", decimals=decimals, symbols=SYMBOLS)
    assert parsed.value == (None if value is None else Decimal(value))
    assert parsed.obs_status == status
    assert [p.rule for p in parsed.problems] == rules


@pytest.mark.parametrize("text", SYMBOLS)
def test_every_word_of_the_alias_list_is_missing_and_never_zero(text: str) -> None:
    for written in (text, text.upper(), f"  {text}\u00a0", text.capitalize()):
        parsed = parse_figure(written, "text", decimals=3, symbols=SYMBOLS)
        assert parsed.value is None
        assert parsed.obs_status == SYMBOLS[text].obs_status
        assert not parsed.refused
        # A word of a state's language may also mean "none": it is told how it was read.
        assert [p.rule for p in parsed.problems] == ["missing-word"] * bool(SYMBOLS[text].language)


def test_words_for_missing_are_known_in_every_language_of_the_states() -> None:
    languages = {part for symbol in SYMBOLS.values() for part in symbol.language.split("/")}
    assert languages >= {"sq", "bs", "hr", "sr", "mk", "bg", "el", "hu", "ro", "tr"}


def test_five_ways_of_no_figure_stay_five_things() -> None:
    said = {
        text: parse_figure(text, "text", decimals=3, symbols=SYMBOLS)
        for text in (":", "–", "<5", "0n", "0")
    }
    assert [(p.value, p.obs_status) for p in said.values()] == [
        (None, "O"),
        (None, "M"),
        (None, "Q"),
        (None, "N"),
        (Decimal(0), ""),
    ]


@pytest.mark.parametrize("text", ["12.0000001", "12.9999999", "-0.0000001"])
def test_a_fraction_in_a_count_stays_a_fraction_however_small(text: str) -> None:
    value = parse_figure(text, "number", decimals=0, symbols=SYMBOLS).value
    assert value is not None
    assert value != value.to_integral_value()


def test_a_number_in_csv_is_no_number_stored_as_text() -> None:
    assert parse_figure("12", "text", decimals=0, symbols=SYMBOLS, is_csv=True).problems == ()


def test_every_problem_of_the_parser_has_its_words() -> None:
    for rule in RULES.values():
        assert rule.allowed
        assert rule.do


# Codes and names.


def test_look_alike_letters_are_folded_to_latin() -> None:
    assert latin("ВОСНА") == "BOCHA"
    assert latin("_Т Υ_LΤ18") == "_T Y_LT18"


@pytest.mark.parametrize(
    ("code", "name", "read", "rule"),
    [
        ("", "Romania", "RO", ""),
        ("RO", "", "RO", ""),
        ("ro", "Rumania", "RO", ""),
        ("", "FYROM", "MK", ""),
        ("RO", "Bulgaria", "", "code-label-differ"),
        ("", "Asia", "", "aggregate-line"),
        ("", "Total", "", "aggregate-line"),
        ("", "Atlantis", "_U", "unknown-citizenship"),
        ("G_SEL", "", "_U", "unknown-citizenship"),
        ("NAT", "", "NAT", ""),
        ("ABR", "", "ABR", ""),
    ],
)
def test_citizenship_of_an_open_line(
    contracts: Contracts, code: str, name: str, read: str, rule: str
) -> None:
    table = contracts.table("THB_VICTIMS_CTZ")
    spelling = read_citizenship(
        code, name, table=table, dimension="citizenship", codelists=contracts.codelists
    )
    assert (spelling.code, spelling.rule) == (read, rule)


# CSV files.


@pytest.mark.parametrize(
    ("text", "encoding", "state", "read_as"),
    [
        ("Полиција", "utf-8", "MK", "utf-8"),
        ("Полиција", "cp1251", "MK", "cp1251"),
        ("Полиција", "cp1251", "RS", "cp1251"),
        ("Izveštaj policije", "cp1250", "RS", "cp1250"),
        ("Αστυνομία", "cp1253", "GR", "cp1253"),
        ("Türkiye, İstanbul", "cp1254", "TR", "cp1254"),
        ("Poliția", "utf-16", "RO", "utf-16"),
        ("Őrség", "cp1250", "HU", "cp1250"),
        ("Полиция", "cp1251", "BG", "cp1251"),
        ("Poliția", "utf-16-le", "RO", "utf-16-le"),
        ("Poliția", "utf-16-be", "RO", "utf-16-be"),
        ("табела,држава,година", "utf-16-le", "MK", "utf-16-le"),
        ("табела,држава,година", "utf-16-be", "MK", "utf-16-be"),
        ("Shqipëri", "utf-8-sig", "AL", "utf-8"),
        ("vlera në ƒ", "cp1252", "AL", "cp1252"),
    ],
)
def test_code_page_of_the_state(text: str, encoding: str, state: str, read_as: str) -> None:
    assert decode(text.encode(encoding), state) == (text, read_as)


def test_a_record_knows_the_line_on_which_it_begins() -> None:
    records = read_csv(
        b'table;note\nA;"two\nlines"\n\nB;x\n', "RO", names={"table", "note"}
    ).records
    assert [(r.line, r.fields[0]) for r in records] == [(1, "table"), (2, "A"), (5, "B")]


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(DamagedFile):
        read_csv(b"table,\x00\x01\x02\x81\x8d", "RO", names={"table"})


# The account.


def test_a_cell_is_settled_once() -> None:
    ledger = OpenCells([("S", "A1"), ("S", "A2")])
    ledger.load("S", "A1", table="T")
    with pytest.raises(AccountError):
        ledger.refuse("S", "A1", table="T")
    with pytest.raises(AccountError, match="without an outcome"):
        ledger.close("f", "RO", report="thb", sha256="")


def test_an_account_that_does_not_add_up_is_a_bug() -> None:
    with pytest.raises(AccountError):
        FileAccount("f", "RO", "thb", "", 3, 1, 1, {}, {"T": 1}, {"T": 1})


def test_cells_of_refused_tables_move_from_loaded_to_refused() -> None:
    account = FileAccount("f", "RO", "thb", "", 7, 5, 1, {"cover": 1}, {"T": 3, "U": 2}, {"T": 1})
    assert account.refuse({"T"}).refused == 4
    assert account.refuse({"T"}).loaded == 2
    assert account.refuse(None).loaded == 0
    assert account.refuse(()) == account


# Workbooks and rounds.


def test_column_letters() -> None:
    assert [column_letters(n) for n in (1, 26, 27, 702, 703, 16384)] == [
        "A",
        "Z",
        "AA",
        "ZZ",
        "AAA",
        "XFD",
    ]


def test_a_number_that_is_none_is_an_error_value() -> None:
    assert [cell_text(float(text), "n") for text in ("nan", "inf", "-inf")] == [
        ("nan", "error"),
        ("inf", "error"),
        ("-inf", "error"),
    ]


def test_one_cell_at_the_far_end_of_an_old_workbook_does_not_fill_it() -> None:
    book = xlwt.Workbook()
    raw = io.BytesIO()
    book.add_sheet("Cover").write(65_535, 255, 1)
    book.save(raw)
    content = open_file(raw.getvalue(), "RO", names=()).content
    assert isinstance(content, RawWorkbook)
    assert list(content.sheets[0].cells) == [(65_536, 256)]


def test_a_process_that_reads_files_is_used_again_and_replaced_when_it_has_ended() -> None:
    def reader() -> subprocess.Popen[bytes]:
        with pytest.raises(DamagedFile, match="empty"):
            open_file(b" ", "RO", names=())
        return opened._idle[-1].process

    first = reader()
    assert reader() is first
    first.kill()
    first.wait()
    assert reader() is not first


def test_archives_are_looked_at_before_they_are_opened(blank: dict[tuple[str, str], bytes]) -> None:
    assert check_archive(blank["thb", "RO"]) == []
    with pytest.raises(DamagedFile, match="empty"):
        kind_of(b" ")


def test_two_sheets_that_changed_names_are_not_taken_for_each_other(
    project: Project, contracts: Contracts
) -> None:
    """The tables of offences and of assets have the same lines and columns: only the
    titles tell them apart.
    """
    from openpyxl import load_workbook

    data = workbook_bytes(build_workbook(contracts, "thb", state="RO", round_=2022), 2022)
    book = load_workbook(io.BytesIO(data))
    one = book["9 Offences"]
    other = book["11 Assets"]
    one["C7"], other["C7"] = 12, 1000
    one.title, other.title = "-", "9 Offences"
    one.title = "11 Assets"
    send(project, "thb/RO.xlsx", workbook_bytes(book, 2022))
    reading = read_round(project, contracts, round_=2022)
    found = {
        (f.rule, f.sheet, f.table)
        for f in reading.findings
        if f.state == "RO" and f.report == "thb"
    }
    assert found == {
        ("other-title", "9 Offences", "THB_OFFENCES"),
        ("other-title", "11 Assets", "THB_ASSETS"),
    }
    assert reading.accounts[0].loaded == 0


@pytest.mark.parametrize(
    ("name", "make", "rules"),
    [
        ("RO.xlsx", "xls", {"file-renamed", "old-format"}),
        ("RO.ods", "xlsx", {"file-renamed"}),
        ("RO.xlsx", "csv", {"file-renamed", "cover-missing"}),
        ("RO.xls", "text", {"unreadable-file"}),
    ],
)
def test_a_file_is_what_it_holds_not_what_it_is_called(
    project: Project, contracts: Contracts, name: str, make: str, rules: set[str]
) -> None:
    book = build_workbook(contracts, "octa", state="RO", round_=2022)
    makers: dict[str, Callable[[], bytes]] = {
        "xls": lambda: as_old_excel(book),
        "xlsx": lambda: workbook_bytes(book, 2022),
        "csv": (
            lambda: (
                b"table,state,year,value,obs_status,conf_status,note\nOCT_DRUG_OFFENCES,RO,2022,800,,,\n"
            )
        ),
        "text": lambda: b"Dear colleagues,\nplease find the figures below.\n",
    }
    send(project, f"octa/{name}", makers[make]())
    findings = read_round(project, contracts, round_=2022).findings
    assert {f.rule for f in findings if (f.state, f.report) == ("RO", "octa")} == rules


@pytest.mark.parametrize(
    ("day", "taken"),
    [
        ("2023-03-31", True),
        ("2022-01-01", True),
        ("31.03.2023", False),
        ("soon", False),
        ("2099-01-01", False),
        ("2021-12-31", False),
    ],
)
def test_the_date_of_a_cover_must_be_one(
    project: Project, contracts: Contracts, day: str, taken: bool
) -> None:
    """The last of them is the cut-off date that the reports print."""
    header = b"table,state,year,value,obs_status,conf_status,note"
    send(project, "octa/RO.csv", header + b"\nOCT_DRUG_OFFENCES,RO,2022,8,,,\n")
    send(
        project,
        "octa/RO.cover.csv",
        f"field,answer\nreport,octa\nstate,RO\nround,2022\ndate,{day}\n".encode(),
    )
    reading = read_round(project, contracts, round_=2022)
    assert reading.files[0].received == (day if taken else "")
    rules = [f.rule for f in reading.findings if (f.state, f.report) == ("RO", "octa")]
    assert rules == ([] if taken else ["cover-date"])


@pytest.mark.parametrize(
    ("source", "released"),
    [
        ("UNODC, Trafficking in persons (GLOTIP), release 14/04/2025", date(2025, 4, 14)),
        ("UNODC, annex 7.1 Drug seizures, 2018-2022, World Drug Report 2024", date(2024, 1, 1)),
        ("Eurostat, crim_off_cat, release 2025-03-01", date(2025, 3, 1)),
        ("Bureau of Statistics, updated 3 May 2024; Police, yearbook 2023", date(2024, 5, 3)),
        ("Register of the police, edition of June 2024", date(2024, 6, 1)),
        ("Ministry, release: 05.02.2024", date(2024, 2, 5)),
        ("Eurostat, crim_off_cat, release not stated in the file", None),
        ("Police register, offences of 2018-2022", None),
        ("Annual report 2018-2022", None),
        ("Ministry, release 31/31/2024", None),
        ("", None),
    ],
)
def test_the_release_of_a_source_is_read_where_it_can_be(
    source: str, released: date | None
) -> None:
    assert earliest_release(source) == released


@pytest.mark.parametrize(
    ("day", "refused"), [("2025-04-13", True), ("2025-04-14", False), ("", False)]
)
def test_a_return_is_not_older_than_the_release_that_it_names(
    project: Project, contracts: Contracts, day: str, refused: bool
) -> None:
    """Only the table whose source came later is kept out."""
    header = b"table,state,year,value,obs_status,conf_status,note\n"
    send(
        project,
        "octa/RO.csv",
        header + b"OCT_DRUG_OFFENCES,RO,2022,8,,,\nOCT_VEHICLE_THEFT,RO,2022,9,,,\n",
    )
    sources = (
        "source:OCT_DRUG_OFFENCES,Police release 14/04/2025\nsource:OCT_VEHICLE_THEFT,Police\n"
    )
    cover = f"field,answer\nreport,octa\nstate,RO\nround,2022\ndate,{day}\n{sources}"
    send(project, "octa/RO.cover.csv", cover.encode())
    findings = [
        f
        for f in read_round(project, contracts, round_=2022).findings
        if f.rule == "date-before-release"
    ]
    assert [(f.severity, f.table) for f in findings] == (
        [("error", "OCT_DRUG_OFFENCES")] if refused else []
    )
    if refused:
        assert (
            findings[0].found
            == "2025-04-13; the source of '3 Drug offences' was released 2025-04-14 or later"
        )
        assert refusals(findings) == {("RO", "octa", "OCT_DRUG_OFFENCES")}


def test_findings_of_one_kind_end_with_the_word_more() -> None:
    book = FindingBook(2022, "octa", state="RO", file="f.csv", contract_version="1.0.0")
    for number in range(MAX_ALIKE + 50):
        book.add("outside-form", f"B{number}", cell=f"B{number}", table="T")
    assert len(book.findings) == MAX_ALIKE
    assert book.findings[-1].found.endswith("more of this kind from here on")
    assert not book.findings[0].found.endswith("here on")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda sheet: sheet.replace(b"<sheetData>", b"<!DOCTYPE x><sheetData>"),
        lambda sheet: (
            b"\xfe\xff"
            + sheet.replace(b"<sheetData>", b"<!DOCTYPE x><sheetData>").decode().encode("utf-16-be")
        ),
        lambda sheet: sheet + b'<mergeCell ref="A1:XFD1048576"/>',
        lambda sheet: sheet + b'<x:mergeCell ref="&#65;1:XFD1048576"/>',
        lambda sheet: b'<?xml version="1.0" encoding="cp037"?>' + sheet,
        lambda sheet: sheet.decode().encode("cp037"),
    ],
)
def test_a_workbook_that_hides_or_multiplies_is_not_opened(
    blank: dict[tuple[str, str], bytes], spoil: Callable[[bytes], bytes]
) -> None:
    raw = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(blank["octa", "SELEC"])) as old,
        zipfile.ZipFile(raw, "w") as new,
    ):
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, spoil(content) if name == "xl/worksheets/sheet2.xml" else content)
    with pytest.raises(DamagedFile) as damage:
        check_archive(raw.getvalue())
    assert damage.value.rule == "unsafe-file"


def test_a_blank_form_is_read_without_findings(
    project: Project, contracts: Contracts, blank: dict[tuple[str, str], bytes]
) -> None:
    for (report, state), data in blank.items():
        send(project, f"{report}/{state}.xlsx", data)
    reading = read_round(project, contracts, round_=2022)
    assert {f.rule for f in reading.findings} == {"no-return"}
    assert [f.outcome for f in reading.files] == ["read"] * 3
    assert all(a.filled == sum(a.ignored.values()) > 0 for a in reading.accounts)
    assert {k for a in reading.accounts for k in a.ignored} == {
        "cover",
        "instructions",
        "lists",
        "form-text",
        "form-code",
    }


def test_files_that_are_nobodys_return_are_noted(project: Project, contracts: Contracts) -> None:
    for name in ("thb/notes.txt", "thb/.gitkeep", "thb/HR.cover.csv", "readme.txt"):
        send(project, name, b"x")
    send(project, "thb/HR.xlsx", b"x")
    (project.returns / "2022" / "thb" / "old").mkdir()
    findings = read_round(project, contracts, round_=2022).findings
    named = [f.file.removeprefix("2022/") for f in findings if f.rule == "not-a-return"]
    assert sorted(named) == ["readme.txt", "thb/HR.cover.csv", "thb/notes.txt", "thb/old"]
    assert [(f.state, f.severity) for f in findings if f.rule == "not-a-member"] == [
        ("HR", "error")
    ]


def test_every_member_state_without_a_return_is_noted(
    project: Project, contracts: Contracts
) -> None:
    findings = read_round(project, contracts, round_=2022).findings
    # the Center answers octa and its annual report about its own activity
    assert len(findings) == 3 * 11 + 2
    assert {(f.rule, f.severity) for f in findings} == {("no-return", "note")}


def test_a_round_without_a_folder_is_told_to_the_analyst(
    project: Project, contracts: Contracts
) -> None:
    with pytest.raises(UserError, match="no returns of round 2050"):
        read_round(project, contracts, round_=2050)


def test_staged_figures_carry_key_raw_text_and_origin(
    project: Project, contracts: Contracts, blank: dict[tuple[str, str], bytes]
) -> None:
    workbook = read_xlsx(blank["thb", "RO"])
    assert workbook.active_content == ()
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(blank["thb", "RO"]))
    book["9 Offences"]["C7"], book["9 Offences"]["E7"], book["9 Offences"]["G7"] = (
        12,
        ":",
        "about ten",
    )
    send(project, "thb/RO.xlsx", workbook_bytes(book, 2022))
    reading = read_round(project, contracts, round_=2022)
    with duckdb.connect(str(project.work(2022) / "staged.duckdb"), read_only=True) as staged:
        rows = staged.execute(
            "select key, raw, value, obs_status, conf_status, sheet, address, usable from"
            " thb_offences order by key"
        ).fetchall()
        files = staged.execute("select report, state, sha256, outcome from files").fetchall()
    assert rows == [
        ("THB_OFFENCES:RO.2018", "12", Decimal("12.000"), "A", "F", "9 Offences", "C7", True),
        ("THB_OFFENCES:RO.2019", ":", None, "O", "F", "9 Offences", "E7", True),
        ("THB_OFFENCES:RO.2020", "about ten", None, "O", "F", "9 Offences", "G7", False),
    ]
    assert files == [("thb", "RO", reading.files[0].sha256, "read")]


def test_whatever_stands_in_a_workbook_every_cell_has_an_outcome(
    project: Project,
    contracts: Contracts,
    blank: dict[tuple[str, str], bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    good = read_xlsx(blank["thb", "RO"])
    chance = random.Random(7)
    for number in range(25):
        # other bytes each time: what came of a file is remembered
        send(project, "thb/RO.xlsx", f"stands for workbook {number}".encode())
        spoiled = RawWorkbook(tuple(_spoil(s, chance) for s in good.sheets))
        answer = Opened("xlsx", spoiled)
        monkeypatch.setattr(
            "pipeline.returns.intake.read.open_file",
            lambda *_, answer=answer, **__: answer,
        )
        # an account that does not add up raises
        reading = read_round(project, contracts, round_=2022)
        account = reading.accounts[0]
        about = {f.table for f in reading.findings if f.state == "RO"}
        assert account.filled == sum(len(s.cells) for s in spoiled.sheets)
        assert set(account.refused_by_table) <= about


def _spoil(sheet: RawSheet, chance: random.Random) -> RawSheet:
    """The sheet with some cells written over, emptied, added and merged at random."""
    cells = dict(sheet.cells)
    merged = list(sheet.merged)
    texts = [
        "",
        " ",
        "_T",
        "Code",
        "2022",
        "2031",
        "Note",
        "Atlantis",
        "12",
        "1.234",
        "–",
        "abc",
        "B",
        "N",
        "*",
        "F._T",
    ]
    kinds: list[CellKind] = ["number", "text", "date", "boolean", "error", "empty"]
    for _ in range(chance.randint(0, 10)):
        row, column = chance.choice([*cells, (chance.randint(1, 40), chance.randint(1, 45))])
        kind = chance.choice(kinds)
        text = "3" if kind == "number" else "" if kind == "empty" else chance.choice(texts)
        formula = "=A1" if kind == "empty" else ""
        cells[row, column] = RawCell(
            sheet.name, f"{column_letters(column)}{row}", text, kind, formula
        )
        cells.pop(chance.choice(list(cells)))
        merged.append((row, column, row + chance.randint(0, 2), column + chance.randint(0, 2)))
    return replace(
        sheet, cells=dict(sorted(cells.items())), merged=tuple(merged[: chance.randint(0, 3)])
    )
