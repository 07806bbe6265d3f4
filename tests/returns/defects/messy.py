"""Messy returns: what programs and people make of a form without meaning harm. Read
right, or refused, not guessed.
"""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from typing import Any

from defects.cases import CASES as CASES
from defects.cases import Case, in_csv, rewrite, set_value, xlsx
from defects.formats import as_old_excel, as_open_document
from defects.returns import WHOLE_FILE, CsvDraft, Place, WorkbookDraft, place
from pipeline.contracts.layout import CODE_ROW
from pipeline.findings import Severity

# Figures and words. (name, report, table, line, value, rule, severity)
_FIGURES: list[tuple[str, str, str, str, Any, str, Severity]] = [
    ("thin_space_in_number", "thb", "THB_ASSETS", "", "1\u2009000", "number-as-text", "note"),
    ("narrow_space_in_number", "thb", "THB_ASSETS", "", "1\u202f000", "number-as-text", "note"),
    ("figure_space_in_number", "thb", "THB_ASSETS", "", "1\u2007000", "number-as-text", "note"),
    ("spaces_around_a_number", "thb", "THB_ASSETS", "", " 1000\u00a0", "number-as-text", "note"),
    (
        "invisible_mark_before_a_number",
        "thb",
        "THB_ASSETS",
        "",
        "\ufeff1000",
        "number-as-text",
        "note",
    ),
    (
        "thousands_point_and_decimal_comma",
        "octa",
        "OCT_DRUG_KG",
        "COC",
        "100,0",
        "decimal-comma",
        "note",
    ),
    (
        "thousands_comma_and_decimal_point",
        "thb",
        "THB_ASSETS",
        "",
        "1,000.0",
        "thousands-comma",
        "note",
    ),
    ("word_for_missing_in_macedonian", "thb", "THB_ASSETS", "", "нема", "missing-word", "note"),
    ("word_for_missing_in_greek", "thb", "THB_ASSETS", "", "δ/υ", "missing-word", "note"),
    ("word_for_missing_in_turkish", "thb", "THB_ASSETS", "", "Yok", "missing-word", "note"),
    (
        "word_for_missing_in_hungarian",
        "thb",
        "THB_ASSETS",
        "",
        " NINCS ADAT ",
        "missing-word",
        "note",
    ),
    ("word_for_missing_in_english_is_fine", "thb", "THB_ASSETS", "", "N/A", "", "note"),
    ("hyphen_for_missing_is_fine", "thb", "THB_ASSETS", "", "-", "", "note"),
    ("division_by_zero", "thb", "THB_OFFENCES", "", "#DIV/0!", "error-value", "error"),
    (
        "day_and_month_typed_as_a_number",
        "thb",
        "THB_OFFENCES",
        "",
        "12.05.2022",
        "not-a-number",
        "error",
    ),
]
for _name, _report, _table, _line, _value, _rule, _severity in _FIGURES:
    CASES.append(
        Case(_name, _report, _rule, _severity, WorkbookDraft, set_value(_table, _value, _line))
    )


# Sheets that were moved, renamed or hidden, in part or as a whole.


@xlsx("octa", "", "note")
def sheets_in_another_order_are_fine(draft: WorkbookDraft) -> Place:
    draft.book.move_sheet("Cover", len(draft.book.worksheets) - 1)
    draft.book.move_sheet(draft.form("OCT_DRUG_KG").sheet, -2)
    return WHOLE_FILE


@xlsx("octa", "sheet-renamed", "note")
def sheet_renamed(draft: WorkbookDraft) -> Place:
    draft.sheet("OCT_DRUG_KG").title = "Drogat"
    return "Drogat", ""


@xlsx("octa", "", "note")
def sheet_name_with_spaces_is_fine(draft: WorkbookDraft) -> Place:
    sheet = draft.sheet("OCT_DRUG_KG")
    sheet.title = f" {sheet.title} ".upper()
    return WHOLE_FILE


@xlsx("octa", "hidden-cells", "query")
def line_hidden(draft: WorkbookDraft) -> Place:
    cell = draft.figure("OCT_DRUG_KG", "COC", "2018")
    draft.sheet("OCT_DRUG_KG").row_dimensions[cell.row].hidden = True
    return place(cell)


@xlsx("octa", "hidden-cells", "query")
def lines_filtered_out(draft: WorkbookDraft) -> Place:
    cell = draft.figure("OCT_DRUG_KG", "HER", "2018")
    sheet = draft.sheet("OCT_DRUG_KG")
    sheet.auto_filter.ref = f"A{CODE_ROW}:H{CODE_ROW + 20}"
    sheet.auto_filter.add_filter_column(0, ["COC"])
    sheet.row_dimensions[cell.row].hidden = True
    return place(cell)


@xlsx("octa", "hidden-cells", "query")
def column_hidden(draft: WorkbookDraft) -> Place:
    cell = draft.figure("OCT_DRUG_OFFENCES", "", "2020")
    draft.sheet("OCT_DRUG_OFFENCES").column_dimensions[cell.column_letter].hidden = True
    return place(cell)


@xlsx("octa", "", "note")
def hidden_line_without_figures_is_fine(draft: WorkbookDraft) -> Place:
    draft.sheet("OCT_DRUG_KG").row_dimensions[
        draft.code("OCT_DRUG_KG", "HER").row + 30
    ].hidden = True
    return WHOLE_FILE


@xlsx("octa", "form-moved", "note")
def column_inserted_beside_the_form(draft: WorkbookDraft) -> Place:
    draft.sheet("OCT_DRUG_KG").insert_cols(1)
    return draft.form("OCT_DRUG_KG").sheet, f"B{CODE_ROW}"


@xlsx("octa", "", "note")
def empty_line_inside_the_form_is_fine(draft: WorkbookDraft) -> Place:
    draft.sheet("OCT_DRUG_KG").insert_rows(draft.code("OCT_DRUG_KG", "HER").row, 2)
    return WHOLE_FILE


@xlsx("octa", "", "note")
def empty_column_inside_the_form_is_fine(draft: WorkbookDraft) -> Place:
    draft.sheet("OCT_DRUG_KG").insert_cols(draft.head("OCT_DRUG_KG", "2021").column)
    return WHOLE_FILE


@xlsx("octa", "", "note")
def lines_in_another_order_are_fine(draft: WorkbookDraft) -> Place:
    sheet = draft.sheet("OCT_DRUG_KG")
    one, other = draft.code("OCT_DRUG_KG", "HER").row, draft.code("OCT_DRUG_KG", "COC").row
    for column in range(1, sheet.max_column + 1):
        first = sheet.cell(one, column)
        second = sheet.cell(other, column)
        first.value, second.value = second.value, first.value
    return WHOLE_FILE


@xlsx("thb", "THB_JUDGMENTS.key.unique", "error")
def line_twice(draft: WorkbookDraft) -> Place:
    sheet = draft.sheet("THB_JUDGMENTS")
    row = draft.code("THB_JUDGMENTS", "OTH").row + 3
    sheet.cell(row, 1).value = "ACQ"
    cell = draft.at_row("THB_JUDGMENTS", row)
    cell.value = 2
    return place(cell)


@xlsx("thb", "merged-cells", "error")
def figure_below_a_merged_cell(draft: WorkbookDraft) -> Place:
    """The second of two merged cells keeps its figure in the file, although no program
    shows it.
    """
    sheet, first, last = (
        draft.sheet("THB_ASSETS"),
        *(draft.figure("THB_ASSETS", "", y) for y in ("2018", "2019")),
    )
    part = f"xl/worksheets/sheet{draft.book.sheetnames.index(sheet.title) + 1}.xml"
    area = f'<mergeCell ref="{first.coordinate}:{last.coordinate}"/>'.encode()
    merged = b"</sheetData><mergeCells>" + area + b"</mergeCells>"
    draft.patch = lambda data: rewrite(
        data,
        lambda name, content: content.replace(b"</sheetData>", merged) if name == part else content,
    )
    return place(first)


@xlsx("thb", "merged-cells", "error")
def figures_of_two_lines_merged(draft: WorkbookDraft) -> Place:
    cell = draft.figure("THB_JUDGMENTS", "CONVD")
    draft.sheet("THB_JUDGMENTS").merge_cells(
        f"{cell.coordinate}:{cell.column_letter}{cell.row + 1}"
    )
    return place(cell)


# Codes and heads in other letters and languages.


@xlsx("thb", "", "note")
def spaces_around_codes_are_fine(draft: WorkbookDraft) -> Place:
    draft.code("THB_JUDGMENTS", "ACQ").value = " ACQ\u00a0"
    draft.head("THB_JUDGMENTS", "2021").value = "2021 "
    return WHOLE_FILE


@xlsx("thb", "look-alike", "note", "GR")
def greek_letters_in_a_code(draft: WorkbookDraft) -> Place:
    cell = draft.code("THB_JUDGMENTS", "OTH")
    cell.value = "ΟΤΗ"
    return place(cell)


@xlsx("thb", "look-alike", "note", "RS")
def cyrillic_letters_in_a_head(draft: WorkbookDraft) -> Place:
    cell = draft.head("THB_JUDGMENTS", "Note")
    cell.value = "Nоtе"
    return place(cell)


# (language, state, heads for code, status, confidentiality, note; empty: left as it is)
_HEADS = [
    ("albanian", "AL", "Kodi", "statusi", "Konfidencialiteti", "Shënim"),
    ("bosnian", "BA", "KOD", "", "Povjerljivost", "Napomena"),
    ("bulgarian", "BG", "Код", "статус", "Поверителност", "Бележка"),
    ("greek", "GR", "Κωδικός", "κατάσταση", "Εμπιστευτικότητα", "Σημείωση"),
    ("hungarian", "HU", "Kód", "állapot", "Bizalmasság", "Megjegyzés"),
    ("macedonian", "MK", "Шифра", "статус", "Доверливост", "Забелешка"),
    ("romanian", "RO", "Cod", "stare", "Confidențialitate", "Notă"),
    ("serbian", "RS", "Шифра", "статус", "Поверљивост", "Напомена"),
]


def _localised(code: str, status: str, conf: str, note: str) -> Callable[[WorkbookDraft], Place]:
    def change(draft: WorkbookDraft) -> Place:
        table = "OCT_DRUG_KG"
        cell = draft.head(table, "Code")
        draft.head(table, "Confidentiality").value, draft.head(table, "Note").value = conf, note
        if status:
            draft.head(table, "2022 status").value = f"2022 {status}"
        cell.value = code
        return place(cell)

    return change


for _language, _state, *_words in _HEADS:
    CASES.append(
        Case(
            f"heads_in_{_language}",
            "octa",
            "localised-header",
            "note",
            WorkbookDraft,
            _localised(*_words),
            _state,
        )
    )


# Other formats, and files under names that are not theirs.


def _file(suffix: str, make: Callable[[WorkbookDraft], bytes]) -> Callable[[WorkbookDraft], Place]:
    def change(draft: WorkbookDraft) -> Place:
        draft.files = {f"{draft.state}.{suffix}": make(draft)}
        return WHOLE_FILE

    return change


def _old(draft: WorkbookDraft) -> bytes:
    return as_old_excel(draft.book)


def _open(draft: WorkbookDraft) -> bytes:
    return as_open_document(draft.book)


def _with_password(draft: WorkbookDraft) -> bytes:
    from msoffcrypto.format.ooxml import OOXMLFile

    raw = io.BytesIO()
    OOXMLFile(io.BytesIO(draft.bytes())).encrypt("secret", raw)
    return raw.getvalue()


def _old_with_password(draft: WorkbookDraft) -> bytes:
    """The record that says how the rest is encrypted stands at the beginning, in place
    of one that nobody needs.
    """
    data = _old(draft)
    assert data.count(b"\xe1\x00\x02\x00") == 1
    return data.replace(b"\xe1\x00\x02\x00", b"\x2f\x00\x02\x00")


def _open_with_password(draft: WorkbookDraft) -> bytes:
    import zipfile

    raw = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(_open(draft))) as old,
        zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(
                name, b"\x07\x3c" * 40 if name == "content.xml" else _manifest(name, old.read(name))
            )
    return raw.getvalue()


def _manifest(name: str, content: bytes) -> bytes:
    if name != "META-INF/manifest.xml":
        return content
    return content.replace(
        b"</manifest:manifest>", b"<manifest:encryption-data/></manifest:manifest>"
    )


_FILES: list[tuple[str, str, str, Callable[[WorkbookDraft], bytes], str, Severity]] = [
    ("old_excel_format", "thb", "xls", _old, "old-format", "note"),
    ("open_document_is_fine", "thb", "ods", _open, "", "note"),
    ("open_document_named_as_excel", "octa", "xlsx", _open, "file-renamed", "note"),
    ("excel_named_as_old_excel", "octa", "xls", WorkbookDraft.bytes, "file-renamed", "note"),
    ("excel_with_a_password", "migration", "xlsx", _with_password, "password-protected", "error"),
    (
        "old_excel_with_a_password",
        "migration",
        "xls",
        _old_with_password,
        "password-protected",
        "error",
    ),
    (
        "open_document_with_a_password",
        "migration",
        "ods",
        _open_with_password,
        "password-protected",
        "error",
    ),
    ("old_excel_cut_off", "migration", "xls", lambda d: _old(d)[:9000], "unreadable-file", "error"),
    (
        "open_document_cut_off",
        "migration",
        "ods",
        lambda d: _open(d)[:-700],
        "unreadable-file",
        "error",
    ),
    ("empty_old_excel", "migration", "xls", lambda d: b"", "unreadable-file", "error"),
    (
        "picture_named_as_open_document",
        "octa",
        "ods",
        lambda d: b"\x89PNG\r\n",
        "unreadable-file",
        "error",
    ),
    (
        "compressed_text_cut_off",
        "octa",
        "csv.gz",
        lambda _: gzip.compress(b"table")[:-4],
        "unreadable-file",
        "error",
    ),
    ("binary_workbook", "octa", "xlsb", WorkbookDraft.bytes, "unsupported-format", "error"),
]
for _name, _report, _suffix, _make, _rule, _severity in _FILES:
    CASES.append(Case(_name, _report, _rule, _severity, WorkbookDraft, _file(_suffix, _make)))


# CSV files.


def _bytes(draft: CsvDraft, data: bytes, suffix: str = "csv") -> Place:
    draft.files = {f"{draft.state}.{suffix}": data}
    return WHOLE_FILE


@in_csv("thb", "", "note")
def compressed_csv_is_fine(draft: CsvDraft) -> Place:
    return _bytes(draft, gzip.compress(draft.text().encode()), "csv.gz")


@in_csv("thb", "file-renamed", "note")
def compressed_csv_named_as_plain(draft: CsvDraft) -> Place:
    return _bytes(draft, gzip.compress(draft.text().encode()))


@in_csv("thb", "file-renamed", "note")
def plain_csv_named_as_compressed(draft: CsvDraft) -> Place:
    return _bytes(draft, draft.text().encode(), "csv.gz")


@in_csv("thb", "", "note")
def announced_delimiter_is_fine(draft: CsvDraft) -> Place:
    draft.delimiter = ";"
    return _bytes(draft, b"sep=;\r\n" + draft.text().replace("\n", "\r\n").encode())


@in_csv("thb", "encoding", "note")
def utf_16_without_its_mark(draft: CsvDraft) -> Place:
    _bytes(draft, draft.text().encode("utf-16-le"))
    return "", "line 1"


@in_csv("thb", "encoding", "note")
def utf_16_the_other_way_round(draft: CsvDraft) -> Place:
    _bytes(draft, draft.text().encode("utf-16-be"))
    return "", "line 1"


@in_csv("octa", "encoding", "note", "GR")
def greek_code_page(draft: CsvDraft) -> Place:
    draft.encoding = "cp1253"
    draft.find("OCT_DRUG_OFFENCES")["note"] = "Στοιχεία της Ελληνικής Αστυνομίας"
    return "", "line 1"


@in_csv("octa", "encoding", "note", "BG")
def bulgarian_code_page(draft: CsvDraft) -> Place:
    draft.encoding = "cp1251"
    draft.find("OCT_DRUG_OFFENCES")["note"] = "Само регистрирани престъпления"
    return "", "line 1"


@in_csv("octa", "encoding", "note", "HU")
def central_european_code_page(draft: CsvDraft) -> Place:
    draft.encoding = "cp1250"
    draft.find("OCT_DRUG_OFFENCES")["note"] = "Csak a rendőrség adatai"
    return "", "line 1"


@in_csv("octa", "encoding", "note", "AL")
def western_code_page(draft: CsvDraft) -> Place:
    draft.encoding = "cp1252"
    draft.find("OCT_DRUG_OFFENCES")["note"] = "Vlera në ƒ, për florin"  # a sign that cp1250 has not
    return "", "line 1"


@in_csv("octa", "", "note")
def quoted_fields_and_spaces_are_fine(draft: CsvDraft) -> Place:
    line = draft.find("OCT_DRUG_KG", drug="HER")
    line["drug"], line["table"], line["year"] = " HER ", "OCT_DRUG_KG ", " 2022"
    line["note"] = 'Two lines,\n"quoted"; and more'
    return WHOLE_FILE


@in_csv("octa", "number-as-text", "note")
def csv_with_a_thin_space(draft: CsvDraft) -> Place:
    line = draft.find("OCT_DRUG_OFFENCES")
    line["value"] = "800"
    other = draft.find("OCT_DRUG_KG", drug="COC")
    other["value"] = "1\u2009000"
    for year in range(2018, 2022):
        draft.find("OCT_DRUG_KG", year, drug="COC")["value"] = "1000"
    return draft.place(other)


@in_csv("octa", "ambiguous-number", "query")
def csv_with_a_number_of_two_readings(draft: CsvDraft) -> Place:
    line = draft.find("OCT_DRUG_OFFENCES")
    line["value"] = "1.234"
    return draft.place(line)


@in_csv("octa", "missing-word", "note", "BG")
def csv_with_a_word_for_missing(draft: CsvDraft) -> Place:
    line = draft.find("OCT_DRUG_OFFENCES")
    line["value"] = "няма данни"
    return draft.place(line)


# (language, state, heads of table, state, year, value, note, age, sex)
_CSV_HEADS = [
    ("albanian", "AL", "tabela", "shteti", "viti", "vlera", "shënim"),
    ("bulgarian", "BG", "Таблица", "Държава", "Година", "Стойност", "Бележка"),
    ("greek", "GR", "Πίνακας", "Κράτος", "Έτος", "Τιμή", "Σημείωση"),
    ("hungarian", "HU", "Táblázat", "Állam", "Év", "Érték", "Megjegyzés"),
    ("macedonian", "MK", "табела", "држава", "година", "вредност", "забелешка"),
    ("romanian", "RO", "Tabel", "Stat", "An", "Valoare", "Notă"),
    ("serbian", "RS", "Tabela", "Država", "Godina", "Vrednost", "Napomena"),
]


def _csv_heads(words: list[str]) -> Callable[[CsvDraft], Place]:
    def change(draft: CsvDraft) -> Place:
        names = dict(zip(("table", "state", "year", "value", "note"), words, strict=True))
        draft.delimiter = ";"
        head, *lines = draft.text().split("\n")
        head = ";".join(names.get(name, name) for name in head.split(";"))
        _bytes(draft, "\n".join([head, *lines]).encode())
        return "", "line 1"

    return change


for _language, _state, *_words in _CSV_HEADS:
    CASES.append(
        Case(
            f"csv_heads_in_{_language}",
            "thb",
            "localised-header",
            "note",
            CsvDraft,
            _csv_heads(_words),
            _state,
        )
    )
