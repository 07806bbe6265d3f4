"""Copies of a published table as they reach an analyst: saved by another program,
moved, edited, cut, locked.

A damage takes the bytes of a file and gives those of the damaged copy. `Layout` says
where the table stands in the file; `target` is the row whose figure is changed where
only one is.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape, quoteattr

Row = list[Any]  # text, numbers, dates, truth values, None, Formula or ErrorValue


@dataclass(frozen=True)
class Formula:
    """A formula with the result that the program stored, or none."""

    text: str
    result: Any = None


@dataclass(frozen=True)
class ErrorValue:
    text: str


@dataclass(frozen=True)
class Layout:
    """Rows and columns of the table in its file; the first is 1. `values` are the
    columns that hold figures.
    """

    header: int
    state: int
    year: int  # 0 where the years are heads
    label: int
    values: tuple[int, ...]
    target: int  # a row that gives a figure of its own
    decimals: int = 0

    @property
    def value(self) -> int:
        return self.values[-1]


@dataclass
class Sheet:
    """One sheet of a copy. Merged ranges are like "A1:B2"; hidden rows and columns by
    number.
    """

    name: str
    rows: list[Row]
    merged: list[str] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    filtered: bool = False
    hidden: bool = False


Damage = Callable[[bytes, Layout], bytes]


# Reading a good file, so that it can be written again.


def is_workbook(data: bytes) -> bool:
    return data.startswith(b"PK")


@lru_cache(maxsize=2)
def _read(data: bytes) -> tuple[tuple[Any, ...], ...]:
    if is_workbook(data):
        from openpyxl import load_workbook

        sheet = load_workbook(io.BytesIO(data), read_only=True, data_only=True).worksheets[0]
        sheet.reset_dimensions()
        return tuple(sheet.iter_rows(values_only=True))
    text = data.decode("utf-8-sig")
    return tuple(
        tuple(row)
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(data))
    )


def delimiter_of(data: bytes) -> str:
    return "\t" if b"\t" in data.split(b"\n", 1)[0] else ","


def rows_of(data: bytes) -> list[Row]:
    return [list(row) for row in _read(data)]


def resave(data: bytes, rows: list[Row]) -> bytes:
    """The rows in the format in which the file was."""
    return as_xlsx([Sheet("data", rows)]) if is_workbook(data) else as_csv(rows, delimiter_of(data))


# Writing.


def as_csv(rows: list[Row], delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return text.getvalue().encode(encoding)


_NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
STATES = {False: "visible", True: "hidden"}


def as_xlsx(sheets: list[Sheet]) -> bytes:
    """A workbook written part by part: the library cannot store the result of a
    formula.
    """
    strings: dict[str, int] = {}
    data = io.BytesIO()
    numbers = range(1, len(sheets) + 1)
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        overrides = "".join(
            f'<Override PartName="/xl/{name}.xml" ContentType='
            f'"application/vnd.openxmlformats-officedocument.spreadsheetml.{kind}+xml"/>'
            for name, kind in [
                ("workbook", "sheet.main"),
                ("styles", "styles"),
                ("sharedStrings", "sharedStrings"),
                *((f"worksheets/sheet{n}", "worksheet") for n in numbers),
            ]
        )
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType='
            f'"application/vnd.openxmlformats-package.relationships+xml"/>{overrides}</Types>',
        )
        archive.writestr("_rels/.rels", _relations([("officeDocument", "xl/workbook.xml")]))
        parts = [*(("worksheet", f"worksheets/sheet{n}.xml") for n in numbers)]
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            _relations([*parts, ("styles", "styles.xml"), ("sharedStrings", "sharedStrings.xml")]),
        )
        listed = "".join(
            f'<sheet name={quoteattr(s.name)} sheetId="{n}" r:id="rId{n}"'
            f' state="{STATES[s.hidden]}"/>'
            for n, s in enumerate(sheets, 1)
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{_NAMESPACE}"'
            f' xmlns:r="{_RELATIONS}"><sheets>{listed}</sheets></workbook>',
        )
        archive.writestr(
            "xl/styles.xml",
            f'<styleSheet xmlns="{_NAMESPACE}"><fonts count="1"><font/></fonts><fills'
            ' count="1"><fill><patternFill patternType="none"/></fill></fills><borders'
            ' count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs'
            ' count="2"><xf numFmtId="0"/><xf numFmtId="14"'
            ' applyNumberFormat="1"/></cellXfs><cellStyles count="1"><cellStyle name="Normal"'
            ' xfId="0" builtinId="0"/></cellStyles></styleSheet>',
        )
        for n, sheet in enumerate(sheets, 1):
            archive.writestr(f"xl/worksheets/sheet{n}.xml", _sheet_xml(sheet, strings))
        items = "".join(f'<si><t xml:space="preserve">{escape(s)}</t></si>' for s in strings)
        archive.writestr("xl/sharedStrings.xml", f'<sst xmlns="{_NAMESPACE}">{items}</sst>')
    return data.getvalue()


def _relations(parts: list[tuple[str, str]]) -> str:
    listed = "".join(
        f'<Relationship Id="rId{n}" Type="{_RELATIONS}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(parts, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{listed}</Relationships>'


def _sheet_xml(sheet: Sheet, strings: dict[str, int]) -> str:
    columns = "".join(
        f'<col min="{c}" max="{c}" width="9" hidden="1"/>' for c in sorted(sheet.hidden_columns)
    )
    lines = []
    for number, row in enumerate(sheet.rows, 1):
        cells = "".join(
            _cell_xml(value, f"{letters(c)}{number}", strings) for c, value in enumerate(row, 1)
        )
        hidden = ' hidden="1"' if number in sheet.hidden_rows else ""
        lines.append(f'<row r="{number}"{hidden}>{cells}</row>')
    merged = "".join(f'<mergeCell ref="{m}"/>' for m in sheet.merged)
    filtered = f'<autoFilter ref="A1:C{len(sheet.rows)}"/>' if sheet.filtered else ""
    return (
        f'<worksheet xmlns="{_NAMESPACE}"><dimension'
        f' ref="A1"/>{f"<cols>{columns}</cols>" if columns else ""}'
        f"<sheetData>{''.join(lines)}</sheetData>{filtered}"
        f"{f'<mergeCells>{merged}</mergeCells>' if merged else ''}</worksheet>"
    )


def _cell_xml(value: Any, address: str, strings: dict[str, int]) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, Formula):
        kind = ' t="str"' if isinstance(value.result, str) else ""
        result = "" if value.result is None else f"<v>{escape(str(value.result))}</v>"
        return f'<c r="{address}"{kind}><f>{escape(value.text)}</f>{result}</c>'
    if isinstance(value, ErrorValue):
        return f'<c r="{address}" t="e"><v>{value.text}</v></c>'
    if isinstance(value, bool):
        return f'<c r="{address}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, date):
        return f'<c r="{address}" s="1"><v>{(value - date(1899, 12, 30)).days}</v></c>'
    if isinstance(value, str):
        return f'<c r="{address}" t="s"><v>{strings.setdefault(value, len(strings))}</v></c>'
    return f'<c r="{address}"><v>{value!r}</v></c>'


def letters(column: int) -> str:
    from openpyxl.utils import get_column_letter

    return get_column_letter(column)


def as_xls(rows: list[Row]) -> bytes:
    import xlwt

    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("data")
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            if value not in (None, ""):
                sheet.write(r, c, value)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def as_ods(rows: list[Row]) -> bytes:
    """An OpenDocument workbook with the one part that holds cells; a library takes
    minutes for a large table.
    """
    office, table, text = (
        f"urn:oasis:names:tc:opendocument:xmlns:{n}:1.0" for n in ("office", "table", "text")
    )
    lines = "".join(f"<t:table-row>{''.join(map(_ods_cell, row))}</t:table-row>" for row in rows)
    content = (
        f'<o:document-content xmlns:o="{office}" xmlns:t="{table}"'
        f' xmlns:x="{text}"><o:body><o:spreadsheet><t:table'
        f' t:name="data">{lines}</t:table></o:spreadsheet></o:body></o:document-content>'
    )
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(
            "mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED
        )
        archive.writestr("content.xml", content)
    return data.getvalue()


def _ods_cell(value: Any) -> str:
    if value in (None, ""):
        return "<t:table-cell/>"
    if isinstance(value, str):
        return f'<t:table-cell o:value-type="string"><x:p>{escape(value)}</x:p></t:table-cell>'
    return f'<t:table-cell o:value-type="float" o:value="{value!r}"/>'


def locked(data: bytes) -> bytes:
    """The workbook with a password."""
    from msoffcrypto.format.ooxml import OOXMLFile

    out = io.BytesIO()
    OOXMLFile(io.BytesIO(data)).encrypt("secret", out)
    return out.getvalue()


# Changes of cells.


def change(data: bytes, layout: Layout, column: int, make: Callable[[Any], Any]) -> bytes:
    """One cell of the target row made anew."""
    rows = rows_of(data)
    row = rows[layout.target - 1]
    row[column - 1] = make(row[column - 1])
    return resave(data, rows)


def put(value: Any) -> Damage:
    """The figure of the target row replaced."""
    return lambda data, layout: change(data, layout, layout.value, lambda _: value)


def each_figure(make: Callable[[Any], Any]) -> Damage:
    """Every figure of the table made anew."""

    def damage(data: bytes, layout: Layout) -> bytes:
        rows = rows_of(data)
        for row in rows[layout.header :]:
            for column in layout.values:
                if column <= len(row):
                    row[column - 1] = make(row[column - 1])
        return resave(data, rows)

    return damage


_NUMBER = re.compile(
    r"(?P<whole>\d{1,3}(?:,\d{3})+|\d+)(?P<fraction>\.\d+)?(?P<flags>\s*[a-z]*\s*)"
)


def _digits(value: Any) -> re.Match[str] | None:
    return (
        _NUMBER.fullmatch(str(value)) if value is not None and not isinstance(value, bool) else None
    )


def grouped(space: str) -> Damage:
    """Every figure as text with this sign between thousands; the fraction keeps its
    point.
    """

    def make(value: Any) -> Any:
        if not (found := _digits(value)):
            return value
        whole = f"{int(found['whole'].replace(',', '')):,}".replace(",", space)
        return whole + (found["fraction"] or "") + found["flags"]

    return each_figure(make)


def decimal_comma(value: Any) -> Any:
    if not (found := _digits(value)):
        return value
    return (
        found["whole"].replace(",", "")
        + (found["fraction"] or "").replace(".", ",")
        + found["flags"]
    )


def continental(value: Any) -> Any:
    """Points between thousands and a decimal comma."""
    if not (found := _digits(value)):
        return value
    whole = f"{int(found['whole'].replace(',', '')):,}".replace(",", ".")
    return whole + (found["fraction"] or "").replace(".", ",") + found["flags"]


def as_text(value: Any) -> Any:
    return value if value is None else str(value)


LOOK_ALIKE = str.maketrans(
    {
        "A": "А",
        "B": "В",
        "C": "С",
        "E": "Е",
        "H": "Н",
        "M": "М",
        "O": "О",
        "P": "Р",
        "T": "Τ",
        "a": "а",
        "c": "с",
        "e": "е",
        "i": "і",
        "o": "ο",
        "p": "р",
        "x": "х",
    }
)


def in_column(name: str, make: Callable[[str], str]) -> Damage:
    """Every text of the column of states or of labels made anew."""

    def damage(data: bytes, layout: Layout) -> bytes:
        rows = rows_of(data)
        column = getattr(layout, name)
        for row in rows[layout.header :]:
            if column <= len(row) and isinstance(row[column - 1], str):
                row[column - 1] = make(row[column - 1])
        return resave(data, rows)

    return damage


def in_heads(make: Callable[[str], str]) -> Damage:
    def damage(data: bytes, layout: Layout) -> bytes:
        rows = rows_of(data)
        rows[layout.header - 1] = [
            make(h) if isinstance(h, str) else h for h in rows[layout.header - 1]
        ]
        return resave(data, rows)

    return damage


# Changes of rows, columns and sheets.


def rows_above(data: bytes, layout: Layout) -> bytes:
    note: list[Row] = [
        ["Extract for the Center", 2024],
        [],
        ["3 files were joined"],
        [None, "checked"],
        [],
    ]
    return resave(data, note + rows_of(data))


def columns_beside(data: bytes, layout: Layout) -> bytes:
    """Numbers of rows and remarks on the left, a column in the middle, remarks on the
    right.
    """
    result = []
    for number, row in enumerate(rows_of(data), 1):
        head = number == layout.header
        left = ["No.", "Checked by"] if head else [number, "x"]
        right = ["Remarks"] if head else ["7"]
        # The middle only where it cannot shift the columns of a note above the header.
        result.append([*left, row[0], "Team" if head else "12", *row[1:], *right] if row else [])
    return resave(data, result)


def columns_reversed(data: bytes, layout: Layout) -> bytes:
    rows = rows_of(data)
    width = max(len(row) for row in rows)
    return resave(data, [(row + [None] * (width - len(row)))[::-1] for row in rows])


def rows_between(data: bytes, layout: Layout) -> bytes:
    """Empty rows inside the table and under it."""
    rows = rows_of(data)
    return resave(data, [*rows[: layout.target], [], [], *rows[layout.target :], [], []])


def other_sheets(data: bytes, layout: Layout) -> bytes:
    front = [Sheet("Read me", [["What this is"], ["Iso3_code", "Year"]]), Sheet("Лист1", [])]
    return as_xlsx(
        [*front, Sheet("Подаци 2022", rows_of(data)), Sheet("Chart", [[1, 2]], hidden=True)]
    )


def two_tables(data: bytes, layout: Layout) -> bytes:
    rows = rows_of(data)
    return as_xlsx([Sheet("a", rows), Sheet("b", rows)])


def merged_in_the_table(data: bytes, layout: Layout) -> bytes:
    rows = rows_of(data)
    column = letters(layout.label)
    rows.insert(layout.target, [*rows[layout.target - 1]])
    rows[layout.target][layout.label - 1] = None
    return as_xlsx([Sheet("data", rows, [f"{column}{layout.target}:{column}{layout.target + 1}"])])


def merged_above(data: bytes, layout: Layout) -> bytes:
    return as_xlsx([Sheet("data", [["A title over all columns"], *rows_of(data)], ["A1:H1"])])


def hidden_rows(data: bytes, layout: Layout) -> bytes:
    rows = rows_of(data)
    hidden = set(range(layout.target, min(layout.target + 3, len(rows) + 1)))
    return as_xlsx([Sheet("data", rows, hidden_rows=hidden, hidden_columns={layout.label})])


def filtered_rows(data: bytes, layout: Layout) -> bytes:
    rows = rows_of(data)
    return as_xlsx(
        [Sheet("data", rows, hidden_rows=set(range(layout.target, len(rows) + 1)), filtered=True)]
    )


def duplicated(data: bytes, layout: Layout) -> bytes:
    rows = rows_of(data)
    return resave(
        data, [*rows[: layout.target], [*rows[layout.target - 1]], *rows[layout.target :]]
    )


def contradicted(data: bytes, layout: Layout) -> bytes:
    """The target row again with another figure."""
    rows = rows_of(data)
    twin = [*rows[layout.target - 1]]
    twin[layout.value - 1] = "987654" if isinstance(twin[layout.value - 1], str) else 987654
    return resave(data, [*rows[: layout.target], twin, *rows[layout.target :]])


# Files of another kind.


def to_text(delimiter: str, encoding: str = "utf-8", announced: str = "") -> Damage:
    """The table as a text file, with Excel's first line where one is given."""

    def damage(data: bytes, layout: Layout) -> bytes:
        rows = rows_of(data)
        return announced.encode() + as_csv(rows, delimiter, encoding)

    return damage


def in_code_page(page: str) -> Damage:
    """The table as a text file in a code page; letters that it lacks lose their
    accents, as programs do it.

    A column of remarks in a language of that code page stands beside, so that the bytes
    could be read in others.
    """
    remark = {
        "cp1250": "Ověřeno žž",
        "cp1251": "Проверено",
        "cp1252": "vérifié",
        "cp1253": "Ελέγχθηκε",
        "cp1254": "doğrulandı ş",
    }[page]

    def fitting(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        # The publisher's own broken letters exist in no code page.
        value = value.replace("T\ufffdrkiye", "Türkiye").replace("TÃ¼rkiye", "Türkiye")
        return "".join(c if _exists(c, page) else _bare(c) for c in value)

    def damage(data: bytes, layout: Layout) -> bytes:
        rows = [[fitting(v) for v in row] for row in rows_of(data)]
        for number, row in enumerate(rows, 1):
            row.append("Remarks" if number == layout.header else remark)
        return as_csv(rows, ";", page)

    return damage


def _exists(letter: str, page: str) -> bool:
    try:
        letter.encode(page)
    except UnicodeEncodeError:
        return False
    return True


def _bare(letter: str) -> str:
    return unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode() or "?"


def utf_16_without_mark(data: bytes, layout: Layout) -> bytes:
    return as_csv(rows_of(data), "\t", "utf-16-le")


def zipped(data: bytes, layout: Layout) -> bytes:
    return gzip.compress(as_csv(rows_of(data)), compresslevel=1, mtime=0)


def cut_zipped(data: bytes, layout: Layout) -> bytes:
    whole = zipped(data, layout)
    return whole[: len(whole) // 2]


def to_xlsx(data: bytes, layout: Layout) -> bytes:
    return as_xlsx([Sheet("Sheet1", rows_of(data))])


def to_xls(data: bytes, layout: Layout) -> bytes:
    return as_xls(rows_of(data))


def to_ods(data: bytes, layout: Layout) -> bytes:
    return as_ods(rows_of(data))


def cut_text(data: bytes, layout: Layout) -> bytes:
    """A text file whose transfer broke off inside the target row."""
    rows = rows_of(data)[: layout.target]
    rows[-1] = rows[-1][: max(1, layout.value - 2)]
    return as_csv(rows).rstrip(b"\n")


def cut_workbook(data: bytes, layout: Layout) -> bytes:
    whole = data if is_workbook(data) else to_xlsx(data, layout)
    return whole[: len(whole) * 2 // 3]


def with_password(data: bytes, layout: Layout) -> bytes:
    return locked(data if is_workbook(data) else to_xlsx(data, layout))


def open_quote(data: bytes, layout: Layout) -> bytes:
    rows = as_csv(rows_of(data)).split(b"\n")
    rows[layout.target - 1] = b'"' + rows[layout.target - 1]
    return b"\n".join(rows)


def comma_in_a_field(data: bytes, layout: Layout) -> bytes:
    """A decimal comma in a comma-separated file without quotes: the row has a field too
    many.
    """
    rows = as_csv(rows_of(data)).split(b"\n")
    rows[layout.target - 1] += b",5"
    return b"\n".join(rows)


def web_page(data: bytes, layout: Layout) -> bytes:
    return b"<!DOCTYPE html><html><body>Service unavailable</body></html>"


def renamed_pdf(data: bytes, layout: Layout) -> bytes:
    return b"%PDF-1.7\n" + data[:100]


def with_macro(data: bytes, layout: Layout) -> bytes:
    out = io.BytesIO(to_xlsx(data, layout))
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"x")
    return out.getvalue()


def stored_formula(data: bytes, layout: Layout) -> bytes:
    """Every figure as the stored result of a formula."""
    rows = rows_of(data)
    for row in rows[layout.header :]:
        for column in layout.values:
            if column <= len(row) and row[column - 1] not in (None, ""):
                row[column - 1] = Formula("Sheet2!A1", row[column - 1])
    return as_xlsx([Sheet("data", rows)])


def in_workbook(damage: Damage) -> Damage:
    """The same damage to the table as a workbook, whatever it was."""
    return lambda data, layout: damage(data if is_workbook(data) else to_xlsx(data, layout), layout)


def in_text(damage: Damage) -> Damage:
    """The same damage to the table as a comma-separated file, whatever it was."""
    return lambda data, layout: damage(as_csv(rows_of(data)) if is_workbook(data) else data, layout)
