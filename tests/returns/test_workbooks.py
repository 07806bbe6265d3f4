"""Is a workbook read by what stands in it, however odd its styles, its properties and
the program that wrote it?
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from defects.formats import as_open_document
from openpyxl import Workbook, load_workbook

from pipeline.returns.formats.numberformats import shown_as
from pipeline.returns.formats.opened import open_file
from pipeline.returns.formats.raw import DamagedFile, RawCell, RawSheet, RawWorkbook
from pipeline.returns.formats.xlsx import read_xlsx
from pipeline.returns.formats.xlsx_parts import unescaped
from pipeline.returns.intake.cover import cover_of_sheet

ROOT = Path(__file__).parents[2]
STYLES, SHEET, BOOK = "xl/styles.xml", "xl/worksheets/sheet1.xml", "xl/workbook.xml"
RELATIONS = "xl/_rels/workbook.xml.rels"
Change = Callable[[bytes], bytes]


def workbook() -> bytes:
    """A small workbook with a number, a text, a date, a truth value, an error, a
    formula and a merged range.
    """
    book = Workbook()
    raw = io.BytesIO()
    sheet = book.worksheets[0]
    sheet.title = "1 Drugs kg"
    sheet["A1"], sheet["B1"], sheet["C1"], sheet["D1"], sheet["E1"] = (
        80.118,
        "heroin",
        True,
        "#REF!",
        12,
    )
    sheet["A2"], sheet["B2"] = 45000, "=A1*2"
    sheet["A2"].number_format = "yyyy-mm-dd"
    sheet["C2"] = "merged"
    sheet.merge_cells("C2:D3")
    book.create_sheet("2 Offences")["A1"] = "second"
    book.save(raw)
    return raw.getvalue()


GOOD = workbook()


def changed(
    parts: dict[str, Change], names: dict[str, str] | None = None, data: bytes = GOOD
) -> bytes:
    """The workbook with some parts changed, and some of another name."""
    raw = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert set(parts) <= set(archive.namelist())
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(raw, "w") as new:
        for name in old.namelist():
            content = parts.get(name, lambda c: c)(old.read(name))  # type: ignore[no-untyped-call]
            new.writestr((names or {}).get(name, name), content)
    return raw.getvalue()


def in_part(part: str, old: str, new: str) -> bytes:
    def change(content: bytes) -> bytes:
        assert old.encode() in content, f"{part} holds no {old}"
        return content.replace(old.encode(), new.encode(), 1)

    return changed({part: change})


def in_cell(address: str, xml: str) -> bytes:
    """The workbook with one cell written over."""
    pattern = re.compile(rf'<c r="{address}"[^>]*?(?:/>|>.*?</c>)'.encode())

    def change(content: bytes) -> bytes:
        assert pattern.search(content)
        return pattern.sub(lambda _: xml.encode(), content, count=1)

    return changed({SHEET: change})


def with_shared_text(text: str) -> bytes:
    """The workbook with a text in E1 that stands in the list of shared texts, as Excel
    writes all of them.
    """
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relation = (
        '<Relationship Id="rIdT" Target="SharedStrings.xml" Type='
        '"http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"/></Relationships>'
    )
    data = changed(
        {RELATIONS: lambda c: c.replace(b"</Relationships>", relation.encode())},
        data=in_cell("E1", '<c r="E1" t="s"><v>1</v></c>'),
    )
    raw = io.BytesIO(data)
    with zipfile.ZipFile(raw, "a") as archive:
        archive.writestr(
            "xl/sharedStrings.xml",
            f'<sst xmlns="{main}"><si><t>no</t></si><si><t>{text}</t></si></sst>',
        )
    return raw.getvalue()


def cells(data: bytes) -> dict[str, RawCell]:
    """The cells of the first sheet by address, as the bound process reads them."""
    content = open_file(data, "RO", names=()).content
    assert isinstance(content, RawWorkbook)
    return {c.address: c for c in content.sheets[0].cells.values()}


def strict(data: bytes) -> bytes:
    """The workbook as Strict Open XML: other names for the same things."""
    names = [
        (
            b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
            b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        ),
        (
            b"http://schemas.openxmlformats.org/officeDocument/2006/",
            b"http://purl.oclc.org/ooxml/officeDocument/",
        ),
        (
            b"http://schemas.openxmlformats.org/drawingml/2006/",
            b"http://purl.oclc.org/ooxml/drawingml/",
        ),
    ]

    def change(content: bytes) -> bytes:
        for old, new in names:
            content = content.replace(old, new)
        return content

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return changed(dict.fromkeys(archive.namelist(), change), data=data)


def test_strict_open_xml_holds_the_same_cells() -> None:
    assert read_xlsx(strict(GOOD)) == read_xlsx(GOOD)
    assert len(read_xlsx(strict(GOOD)).sheets[0].cells) >= 8


def returns() -> list[Path]:
    return sorted((ROOT / "returns").glob("*/*/*.xlsx"))


@pytest.mark.parametrize(
    "path", returns()[::5], ids=lambda p: "-".join(p.with_suffix("").parts[-3:])
)
def test_the_cells_are_those_that_the_library_reads(path: Path) -> None:
    book = load_workbook(path, data_only=True)
    read = read_xlsx(path.read_bytes())
    assert [s.name for s in read.sheets] == book.sheetnames
    for sheet in read.sheets:
        filled = {p: c.value for p, c in book[sheet.name]._cells.items() if c.value is not None}
        assert set(sheet.cells) == set(filled)
        assert {p: c.text for p, c in sheet.cells.items() if c.kind == "text"} == {
            p: v for p, v in filled.items() if isinstance(v, str)
        }
        numbers = {p: float(c.text) for p, c in sheet.cells.items() if c.kind == "number"}
        assert numbers == {
            p: pytest.approx(v) for p, v in filled.items() if isinstance(v, int | float)
        }


# Styles and properties that no reader of figures needs.


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        (STYLES, '<family val="2"', '<family val="49"'),
        (STYLES, '<family val="2"', '<family val="-1"'),
        (STYLES, '<fills count="2">', '<fills count="3"><fill/>'),
        (
            STYLES,
            '<fonts count="1">',
            '<fonts count="1"><font><sz val="large"/><color rgb="red"/></font>',
        ),
        (STYLES, '<borders count="1">', '<borders count="1"><border><left style="wavy"/></border>'),
        (STYLES, '<cellStyles count="1">', '<cellStyles><cellStyle name="x" xfId="999"/>'),
        (STYLES, '<cellXfs count="2">', '<cellXfs count="none">'),
        (
            STYLES,
            "</styleSheet>",
            '<dxfs count="1"><dxf><font><b val="perhaps"/></font></dxf></dxfs></styleSheet>',
        ),
        (
            "docProps/core.xml",
            "<dcterms:created",
            "<dcterms:modified>last year</dcterms:modified><dcterms:created",
        ),
        (BOOK, "<bookViews>", '<bookViews><workbookView activeTab="77" visibility="sideways"/>'),
        (BOOK, "<calcPr ", '<calcPr calcMode="sometimes" '),
        (SHEET, "<sheetData>", '<sheetFormatPr defaultRowHeight="tall"/><sheetData>'),
        (SHEET, "</worksheet>", '<pageSetup orientation="upwards" paperSize="A4"/></worksheet>'),
        (
            SHEET,
            "</worksheet>",
            '<conditionalFormatting><cfRule type="x"/></conditionalFormatting></worksheet>',
        ),
        (
            SHEET,
            "</worksheet>",
            '<dataValidations><dataValidation type="x" sqref="A1"/></dataValidations></worksheet>',
        ),
    ],
)
def test_styles_and_properties_that_a_library_does_not_know_damage_nothing(
    part: str, old: str, new: str
) -> None:
    assert cells(in_part(part, old, new)) == cells(GOOD)


@pytest.mark.parametrize("name", ["ISO-8859-1", "iso-8859-15", "windows-1250", "us-ascii", "utf8"])
def test_a_part_may_say_its_encoding(name: str) -> None:
    def change(content: bytes) -> bytes:
        return f'<?xml version="1.0" encoding="{name}"?>'.encode() + re.sub(
            rb"<\?xml.*?\?>", b"", content
        )

    assert cells(changed({"docProps/core.xml": change})) == cells(GOOD)


@pytest.mark.parametrize("name", ["workbook2.xml", "book.xml", "Workbook.XML"])
def test_the_workbook_may_have_any_name(name: str) -> None:
    def rename(content: bytes) -> bytes:
        return content.replace(b"workbook.xml", name.encode())

    names = {BOOK: f"xl/{name}", RELATIONS: f"xl/_rels/{name}.rels"}
    assert cells(changed({"_rels/.rels": rename, "[Content_Types].xml": rename}, names)) == cells(
        GOOD
    )


def test_names_of_parts_may_have_other_slashes_and_capitals() -> None:
    names = {SHEET: "xl\\worksheets\\Sheet1.xml", STYLES: "XL/Styles.xml"}
    assert cells(changed({}, names)) == cells(GOOD)


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        ({SHEET: lambda c: c[: len(c) // 2]}, "cut off or garbled"),
        ({STYLES: lambda c: c[:-20]}, "cut off or garbled"),
        ({"_rels/.rels": lambda c: c.replace(b'/officeDocument"', b'/other"')}, "no workbook"),
        ({SHEET: lambda c: c.replace(b"spreadsheetml/2006/main", b"unknown")}, "another thing"),
        ({RELATIONS: lambda c: c.replace(b"sheet2", b"sheet7")}, "'2 Offences' is missing"),
        ({SHEET: lambda c: c.replace(b'r="A1"', b'r="?1"')}, "address"),
        ({SHEET: lambda c: c.replace(b'<row r="2"', b'<row r="0"')}, "number"),
    ],
)
def test_a_damaged_workbook_is_told_in_words_of_its_sender(
    parts: dict[str, Change], found: str
) -> None:
    with pytest.raises(DamagedFile, match=found) as damage:
        cells(changed(parts))
    assert damage.value.rule == "unreadable-file"
    assert not re.search(r"Error|Exception|openpyxl|None", str(damage.value))


# Dates.


@pytest.mark.parametrize(
    "code",
    [
        "yyyy-mm-dd",
        "d.m.yyyy",
        "dd/mm/yy",
        "[$-407]d. mmmm yyyy",
        "h:mm",
        "hh:mm:ss.000",
        "h:mm AM/PM",
        "mmm yy",
        'd" de "mmmm',
        "yyyy\\-mm\\-dd;@",
        "TT.MM.JJJJ",
        "jj/mm/aaaa",
        "éééé\\-hh\\-nn",
        "ДД.ММ.ГГГГ",
        "gg.aa.yyyy",
        "ηη/μμ/εεεε",
        "rrrr-mm-dd",
        "m",
        "YYYY",
        "[Red]dd.mm.yyyy",
        "yyyymmdd",
    ],
)
def test_formats_of_dates(code: str) -> None:
    assert shown_as(164, code) == "date"


@pytest.mark.parametrize("code", ["[h]:mm", "[mm]:ss", "[ss]", "[hh]:mm:ss.0"])
def test_formats_of_durations(code: str) -> None:
    assert shown_as(164, code) == "duration"


@pytest.mark.parametrize(
    "code",
    [
        "General",
        "Standard",
        "Általános",
        "Standaard",
        "Geral",
        "Genel",
        "Општо",
        "Общ",
        "Opći",
        "Opšte",
        "Γενικός",
        "Normál",
        "Estándar",
        "Allmänt",
        "Vakio",
        "Ogólny",
        "Všeobecný",
        "Gewöhnlich",
        "G/通用格式",
        "標準",
        "Standard;-Standard",
        "#,##0 m",
        "0 d",
        '0.00" days"',
        "#,##0.00 [$lei-418]",
        "0.00E+00",
        "@",
        "0%",
        '"m"0',
        "\\d0",
        "_d0_m",
        "[Red]0;[Blue]-0",
        "# ?/?",
        "0.0 \\k\\g",
        "[Color10]0",
        "[<1000]0;0.0",
        '""',
        "",
        "kg",
    ],
)
def test_formats_of_numbers(code: str) -> None:
    assert shown_as(164, code) == "number"


def test_formats_without_a_code() -> None:
    assert [shown_as(n) for n in (0, 1, 4, 9, 13, 14, 22, 45, 46, 47, 48, 49)] == [
        *["number"] * 5,
        "date",
        "date",
        "date",
        "duration",
        "date",
        "number",
        "number",
    ]


@pytest.mark.parametrize(
    ("code", "kind"), [("Standard", "number"), ("#,##0 m", "number"), ("TT.MM.JJJJ", "date")]
)
def test_the_format_of_a_cell_tells_a_date_from_a_figure(code: str, kind: str) -> None:
    cell = cells(in_part(STYLES, "yyyy-mm-dd", code))["A2"]
    assert (cell.kind, cell.text) == (kind, "45000" if kind == "number" else "2023-03-15")


# What a cell may hold.


@pytest.mark.parametrize(
    ("xml", "text", "kind"),
    [
        ("<c><v>386</v></c>", "386", "number"),
        ("<c><v> 386\n</v></c>", "386", "number"),
        ("<c><v>8.0118E1</v></c>", "80.118", "number"),
        ("<c><v>-0</v></c>", "0", "number"),
        ('<c t="d"><v>2023-03-31</v></c>', "2023-03-31", "date"),
        ('<c t="b"><v>1</v></c>', "TRUE", "boolean"),
        ('<c t="e"><v>#N/A</v></c>', "#N/A", "error"),
        ('<c t="str"><v>n/a</v></c>', "n/a", "text"),
        (
            (
                '<c t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r><rPh sb="0"'
                ' eb="1"><t>x</t></rPh></is></c>'
            ),
            "ab",
            "text",
        ),
        ('<c s="99"><v>5</v></c>', "5", "number"),
        # What no spreadsheet writes.
        ("<c><v>NaN</v></c>", "NaN", "damaged"),
        ("<c><v>INF</v></c>", "INF", "damaged"),
        ("<c><v>80,118</v></c>", "80,118", "damaged"),
        ("<c><v>1_0</v></c>", "1_0", "damaged"),
        ("<c><v>١٢</v></c>", "١٢", "damaged"),
        ("<c><v>１２</v></c>", "１２", "damaged"),
        ("<c><v>0x1F</v></c>", "0x1F", "damaged"),
        ("<c><v>1 234</v></c>", "1 234", "damaged"),
        ("<c><v>1e999</v></c>", "1e999", "damaged"),
        ("<c><v>twelve</v></c>", "twelve", "damaged"),
        ('<c t="d"><v>2023-13-31</v></c>', "2023-13-31", "damaged"),
        ('<c t="d"><v>yesterday</v></c>', "yesterday", "damaged"),
        ('<c t="b"><v>yes</v></c>', "yes", "damaged"),
        ('<c t="s"><v>999</v></c>', "text number 999", "damaged"),
        ('<c t="s"><v>-1</v></c>', "text number -1", "damaged"),
        ('<c t="s"><v>1_0</v></c>', "text number 1_0", "damaged"),
        ('<c t="vector"><v>3</v></c>', "3", "damaged"),
        ("<c><v>386</v><v>9386</v></c>", "2 values in one cell: 386 and 9386", "damaged"),
        (
            '<c t="inlineStr"><is><t>a</t></is><is><t>b</t></is></c>',
            "2 values in one cell: a and b",
            "damaged",
        ),
        ("<c><f>1+1</f><f>2+2</f><v>2</v></c>", "2 values in one cell: 2 and 2+2", "damaged"),
    ],
)
def test_a_cell_that_no_spreadsheet_writes_is_marked_and_the_rest_is_read(
    xml: str, text: str, kind: str
) -> None:
    read = cells(in_cell("E1", xml.replace("<c", '<c r="E1"', 1)))
    assert (
        read.pop("E1").text,
        cells(in_cell("E1", xml.replace("<c", '<c r="E1"', 1)))["E1"].kind,
    ) == (text, kind)
    expected = cells(GOOD)
    expected.pop("E1")
    assert read == expected


@pytest.mark.parametrize(
    ("xml", "text", "kind"),
    [
        ('<c r="E1" t="str"><f>IF(A1="","",A1)</f><v></v></c>', "", "text"),
        ('<c r="E1" t="str"><f>IF(A1="","",A1)</f><v/></c>', "", "text"),
        ('<c r="E1"><f>A1</f></c>', "", "empty"),
        ('<c r="E1"><f>A1</f><v></v></c>', "", "empty"),
        ('<c r="E1"><f>A1</f><v>3</v></c>', "3", "number"),
    ],
)
def test_an_empty_result_is_told_from_a_formula_never_worked_out(
    xml: str, text: str, kind: str
) -> None:
    cell = cells(in_cell("E1", xml))["E1"]
    assert (cell.text, cell.kind, bool(cell.formula)) == (text, kind, True)


def test_a_shared_formula_reads_as_it_does_in_each_cell() -> None:
    shared = (
        '<c r="E1"><f t="shared" ref="E1:F1" si="0">A1*2</f><v>1</v></c><c r="F1"><f t="shared"'
        ' si="0"/><v>2</v></c>'
    )
    read = cells(in_cell("E1", shared))
    assert (read["E1"].formula, read["F1"].formula) == ("=A1*2", "=B1*2")


@pytest.mark.parametrize(
    ("old", "new", "damaged"),
    [
        ('<c r="A2"', '<c r="A1"><v>9386</v></c><c r="A2"', ["A1"]),
        (
            '<row r="2"',
            '<row r="1"><c r="A1"><v>7</v></c><c r="H1"><v>8</v></c></row><row r="2"',
            ["A1", "H1"],
        ),
        ('<c r="A2"', '<c r="J9"><v>1</v></c><c r="A2"', ["J9"]),
    ],
)
def test_a_cell_or_row_that_stands_twice_never_wins(old: str, new: str, damaged: list[str]) -> None:
    read = cells(in_part(SHEET, old, new))
    assert sorted(a for a, c in read.items() if c.kind == "damaged") == damaged
    assert all("twice" in read[a].text or "in row" in read[a].text for a in damaged)


def test_rows_and_cells_without_a_number_stand_one_after_the_other() -> None:
    def change(content: bytes) -> bytes:
        return re.sub(rb'(<(?:c|row)) r="[A-Z]*[0-9]+"', rb"\1", content)

    assert {a: c.text for a, c in cells(changed({SHEET: change})).items() if a[0] in "AB"} == {
        a: c.text for a, c in cells(GOOD).items() if a[0] in "AB"
    }


# Escapes in texts.


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Line one_x000D_\nline two", "Line one\r\nline two"),
        ("tab_x0009_stop", "tab\tstop"),
        ("_x0041_bc", "Abc"),
        ("_x005F_x000D_", "_x000D_"),
        ("_x005f_x005F_x005F_x000D_", "_x005F_x000D_"),
        ("_x005F_", "_"),
        ("_xD83D__xDE00_", "😀"),
        ("_xD83D_", "\ufffd"),
        ("_x00E9_t_x00e9_", "été"),
        ("_x000", "_x000"),
        ("_xlfn.", "_xlfn."),
        ("a_x_b", "a_x_b"),
        ("_x000G_", "_x000G_"),
        ("_X000D_", "_X000D_"),
    ],
)
def test_escapes_are_the_characters_that_they_stand_for(written: str, read: str) -> None:
    assert unescaped(written) == read
    assert cells(with_shared_text(written))["E1"].text == read
    inline = f'<c r="E1" t="inlineStr"><is><r><t xml:space="preserve">{written}</t></r></is></c>'
    assert cells(in_cell("E1", inline))["E1"].text == read
    assert cells(in_cell("E1", f'<c r="E1" t="str"><v>{written}</v></c>'))["E1"].text == read


def test_escapes_in_the_name_of_a_sheet() -> None:
    assert cells(in_part(BOOK, "1 Drugs kg", "1_x0020_Drugs kg")) == {
        a: replace(c, sheet="1 Drugs kg") for a, c in cells(GOOD).items()
    }


@pytest.mark.parametrize(
    ("value", "kind"),
    [("12", "number"), ("1_0", "damaged"), ("١٢", "damaged"), ("80,118", "damaged")],
)
def test_a_number_of_an_open_document_is_one(value: str, kind: str) -> None:
    book = Workbook()
    book.worksheets[0]["A1"] = 12
    data = as_open_document(book)

    def change(content: bytes) -> bytes:
        assert b'office:value="12"' in content
        return content.replace(b'office:value="12"', f'office:value="{value}"'.encode())

    assert cells(changed({"content.xml": change}, data=data))["A1"].kind == kind


def test_an_answer_of_the_cover_that_stands_twice_is_none() -> None:
    rows = [
        ("report", "thb"),
        ("date", "2023-03-31"),
        ("date", "2023-06-30"),
        ("state", "RO"),
        ("state", "RO"),
    ]
    filled = {
        (row, column): RawCell("Cover", f"{'AC'[column > 1]}{row}", text)
        for row, pair in enumerate(rows, 5)
        for column, text in zip((1, 3), pair, strict=True)
    }
    answers = cover_of_sheet(RawSheet("Cover", False, filled))
    assert {field: cell.kind for field, cell in answers.items()} == {
        "report": "text",
        "date": "damaged",
        "state": "text",
    }
