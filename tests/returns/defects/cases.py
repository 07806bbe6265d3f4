"""The defects: each is one change to a good return, and the one finding that must come
of it.
"""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from defects.returns import WHOLE_FILE, CsvDraft, Place, WorkbookDraft, place
from pipeline.findings import Severity

Also = tuple[str, Severity, str, str, str]  # rule, severity, table, line, year


@dataclass(frozen=True)
class Case:
    """A defect in the return of a state. `change` puts it in and says where the finding
    must stand.
    """

    name: str
    report: str
    rule: str  # empty: the return is as good as before
    severity: Severity
    kind: type[WorkbookDraft] | type[CsvDraft]
    change: Callable[[Any], Place]
    state: str = ""
    earlier: bool = False  # a good return of the round before is there too
    also: tuple[Also, ...] = ()  # what follows in another table from the same figure


CASES: list[Case] = []
Change = Callable[[Any], Place]


def _register(
    kind: Any,
    report: str,
    rule: str,
    severity: Severity,
    state: str,
    earlier: bool,
    also: tuple[Also, ...] = (),
) -> Callable[[Change], Change]:
    def add(change: Change) -> Change:
        CASES.append(
            Case(change.__name__, report, rule, severity, kind, change, state, earlier, also)
        )
        return change

    return add


def xlsx(
    report: str,
    rule: str,
    severity: Severity,
    state: str = "",
    *,
    earlier: bool = False,
    also: Any = (),
) -> Callable[[Change], Change]:
    return _register(WorkbookDraft, report, rule, severity, state, earlier, also)


def in_csv(
    report: str, rule: str, severity: Severity, state: str = ""
) -> Callable[[Change], Change]:
    return _register(CsvDraft, report, rule, severity, state, False)


def set_value(table: str, value: Any, line: str = "", head: str = "2022") -> Change:
    """A change of one figure; the finding stands at its cell."""

    def change(draft: WorkbookDraft) -> Place:
        cell = draft.figure(table, line, head)
        cell.value = value
        return place(cell)

    return change


# One figure whose text is wrong. (name, report, table, line, year, value, rule,
# severity)
_FIGURES: list[tuple[str, str, str, str, str, Any, str, Severity]] = [
    ("words_for_a_number", "thb", "THB_OFFENCES", "", "2022", "about ten", "not-a-number", "error"),
    (
        "unit_after_the_number",
        "thb",
        "THB_OFFENCES",
        "",
        "2022",
        "12 offences",
        "not-a-number",
        "error",
    ),
    ("percent_sign", "octa", "OCT_DRUG_OFFENCES", "", "2022", "50%", "not-a-number", "error"),
    ("yes_for_a_number", "migration", "MIG_DEATHS", "", "2022", "yes", "not-a-number", "error"),
    (
        "footnote_mark_on_the_number",
        "octa",
        "OCT_DRUG_OFFENCES",
        "",
        "2022",
        "800²",
        "not-a-number",
        "error",
    ),
    ("range_for_a_number", "migration", "MIG_DEATHS", "", "2022", "3-5", "not-a-number", "error"),
    ("odd_groups", "thb", "THB_ASSETS", "", "2022", "10 00", "not-a-number", "error"),
    (
        "date_in_a_number",
        "thb",
        "THB_OFFENCES",
        "",
        "2022",
        datetime.date(2022, 12, 1),
        "date-in-number",
        "error",
    ),
    ("true_for_a_number", "thb", "THB_OFFENCES", "", "2022", True, "boolean-in-number", "error"),
    ("error_value", "thb", "THB_OFFENCES", "", "2022", "#REF!", "error-value", "error"),
    (
        "formula_never_calculated",
        "octa",
        "OCT_DRUG_OFFENCES",
        "",
        "2022",
        "=400+400",
        "formula-without-value",
        "error",
    ),
    ("number_stored_as_text", "thb", "THB_OFFENCES", "", "2022", "12", "number-as-text", "note"),
    (
        "no_break_space_in_number",
        "thb",
        "THB_ASSETS",
        "",
        "2022",
        "1\u00a0000",
        "number-as-text",
        "note",
    ),
    ("apostrophe_in_number", "thb", "THB_ASSETS", "", "2022", "1'000", "number-as-text", "note"),
    ("thousands_comma", "thb", "THB_ASSETS", "", "2022", "1,000", "thousands-comma", "note"),
    ("one_thousands_point", "thb", "THB_ASSETS", "", "2022", "1.000", "ambiguous-number", "query"),
    (
        "two_thousands_points",
        "thb",
        "THB_ASSETS",
        "",
        "2019",
        "1.000.000",
        "thousands-point",
        "note",
    ),
    (
        "decimal_comma_in_a_count",
        "migration",
        "MIG_SMUGGLING",
        "",
        "2022",
        "25,5",
        "decimal-comma",
        "error",
    ),
    (
        "decimal_comma_in_kilograms",
        "octa",
        "OCT_DRUG_KG",
        "HER",
        "2022",
        "12,5",
        "decimal-comma",
        "note",
    ),
    (
        "comma_in_kilograms",
        "octa",
        "OCT_DRUG_KG",
        "HER",
        "2022",
        "1,234",
        "ambiguous-number",
        "query",
    ),
    ("four_decimals", "octa", "OCT_DRUG_KG", "HER", "2022", 12.50004, "rounded", "note"),
    ("twenty_digits", "octa", "OCT_DRUG_KG", "HER", "2022", 1e20, "number-too-large", "error"),
    (
        "fraction_of_a_person",
        "migration",
        "MIG_SMUGGLING",
        "",
        "2022",
        25.5,
        "MIG_SMUGGLING.value.integer",
        "error",
    ),
    (
        "tiny_fraction",
        "migration",
        "MIG_SMUGGLING",
        "",
        "2022",
        25.00001,
        "MIG_SMUGGLING.value.integer",
        "error",
    ),
    (
        "negative",
        "migration",
        "MIG_SMUGGLING",
        "",
        "2022",
        -3,
        "MIG_SMUGGLING.value.minimum",
        "error",
    ),
    (
        "above_maximum",
        "octa",
        "OCT_DRUG_OFFENCES",
        "",
        "2019",
        20_000_000,
        "OCT_DRUG_OFFENCES.value.maximum",
        "error",
    ),
    (
        "nil_in_a_count",
        "migration",
        "MIG_DEATHS",
        "",
        "2022",
        "0n",
        "MIG_DEATHS.value.nil",
        "query",
    ),
    ("spaces_only", "migration", "MIG_DEATHS", "", "2022", "  ", "blank-text", "note"),
    (
        "total_not_matching",
        "thb",
        "THB_JUDGMENTS",
        "_T",
        "2022",
        16,
        "THB_JUDGMENTS.judgment.sum",
        "query",
    ),
    (
        "total_below_parts",
        "migration",
        "MIG_RETURNED",
        "_T",
        "2022",
        90,
        "MIG_RETURNED.kind.sum",
        "query",
    ),
    (
        "list_not_matching",
        "migration",
        "MIG_STAY_CTZ",
        "_T",
        "2022",
        520,
        "MIG_STAY_CTZ.citizenship.sum",
        "query",
    ),
    (
        "sudden_change",
        "migration",
        "MIG_SMUGGLING",
        "",
        "2022",
        200,
        "MIG_SMUGGLING.value.change",
        "query",
    ),
    ("missing_is_fine", "thb", "THB_ASSETS", "", "2022", ":", "", "note"),
    ("not_applicable_is_fine", "thb", "THB_ASSETS", "", "2022", "–", "", "note"),
    ("suppressed_is_fine", "migration", "MIG_DEATHS", "", "2022", "<5", "", "note"),
    ("zero_is_fine", "migration", "MIG_DEATHS", "", "2022", 0, "", "note"),
    ("nil_kilograms_are_fine", "octa", "OCT_DRUG_KG", "HER", "2022", "0n", "", "note"),
]
for _name, _report, _table, _line, _head, _value, _rule, _severity in _FIGURES:
    CASES.append(
        Case(
            _name, _report, _rule, _severity, WorkbookDraft, set_value(_table, _value, _line, _head)
        )
    )


# Figures beside each other.


@xlsx(
    "thb",
    "THB_CONV_FORM.part_exceeds_whole",
    "query",
    also=[("THB_PERSONS.part_exceeds_whole", "query", "THB_PERSONS", "CONV._T", "2022")],
)
def part_above_its_total(draft: WorkbookDraft) -> Place:
    draft.figure("THB_CONV_FORM", "SEX").value = 25
    return place(draft.figure("THB_CONV_FORM", "_T"))


@xlsx(
    "thb",
    "THB_VICTIMS_CTZ.total.same_as_THB_VICTIMS",
    "query",
    also=[("THB_VICTIMS.part_exceeds_whole", "query", "THB_VICTIMS", "_T._T", "2019")],
)
def linked_totals_differ(draft: WorkbookDraft) -> Place:
    draft.figure("THB_VICTIMS_CTZ", "_U", "2019").value = 6
    cell = draft.figure("THB_VICTIMS_CTZ", "_T", "2019")
    cell.value = 51
    return place(cell)


@xlsx("thb", "THB_PERSONS.stage.chain", "note")
def more_convicted_than_prosecuted(draft: WorkbookDraft) -> Place:
    for year in range(2018, 2023):
        draft.figure("THB_PERSONS", "PROS.M", str(year)).value = 10
        draft.figure("THB_PERSONS", "PROS._T", str(year)).value = 18
    return place(draft.figure("THB_PERSONS", "CONV._T"))


@xlsx("migration", "", "note")
def sudden_change_with_a_note_is_fine(draft: WorkbookDraft) -> Place:
    draft.figure("MIG_SMUGGLING").value = 200
    draft.note("MIG_SMUGGLING").value = "One large case with many defendants."
    return WHOLE_FILE


@xlsx("migration", "MIG_SMUGGLING.value.revised", "note", earlier=True)
def figure_of_an_earlier_round_revised(draft: WorkbookDraft) -> Place:
    cell = draft.figure("MIG_SMUGGLING", "", "2019")
    cell.value = 26
    return place(cell)


@xlsx("migration", "MIG_SMUGGLING.value.not_restated", "note", earlier=True)
def figure_of_an_earlier_round_left_out(draft: WorkbookDraft) -> Place:
    draft.figure("MIG_SMUGGLING", "", "2019").value = None
    return draft.form("MIG_SMUGGLING").sheet, ""


# Statuses, confidentiality, notes.


@xlsx("octa", "unknown-status", "error")
def status_not_in_the_list(draft: WorkbookDraft) -> Place:
    draft.status("OCT_DRUG_OFFENCES").value = "X"
    return place(draft.status("OCT_DRUG_OFFENCES"))


@xlsx("octa", "unknown-conf", "error")
def confidentiality_not_in_the_list(draft: WorkbookDraft) -> Place:
    draft.conf("OCT_DRUG_OFFENCES").value = "secret"
    return place(draft.conf("OCT_DRUG_OFFENCES"))


@xlsx("thb", "status-without-value", "query")
def estimate_without_a_figure(draft: WorkbookDraft) -> Place:
    draft.status("THB_REPATRIATED", "_T").value = "E"
    return place(draft.status("THB_REPATRIATED", "_T"))


@xlsx("octa", "status-contradicts-value", "query")
def figure_with_status_missing(draft: WorkbookDraft) -> Place:
    draft.status("OCT_DRUG_OFFENCES").value = "O"
    return place(draft.status("OCT_DRUG_OFFENCES"))


@xlsx("octa", "status-contradicts-value", "query")
def not_applicable_with_status_estimated(draft: WorkbookDraft) -> Place:
    draft.figure("OCT_DRUG_OFFENCES").value = "–"
    draft.status("OCT_DRUG_OFFENCES").value = "E"
    return place(draft.status("OCT_DRUG_OFFENCES"))


@xlsx("thb", "", "note")
def not_collected_without_a_figure_is_fine(draft: WorkbookDraft) -> Place:
    draft.status("THB_REPATRIATED", "_T").value = "L"
    return WHOLE_FILE


@xlsx("octa", "OCT_DRUG_OFFENCES.note.required", "query")
def break_without_a_note(draft: WorkbookDraft) -> Place:
    draft.status("OCT_DRUG_OFFENCES").value = "B"
    return place(draft.figure("OCT_DRUG_OFFENCES"))


@xlsx("octa", "note-too-long", "query")
def note_of_two_pages(draft: WorkbookDraft) -> Place:
    draft.note("OCT_DRUG_OFFENCES").value = "Explanation. " * 100
    return place(draft.note("OCT_DRUG_OFFENCES"))


@xlsx("octa", "personal-data", "query")
def telephone_number_in_a_note(draft: WorkbookDraft) -> Place:
    draft.note("OCT_DRUG_OFFENCES").value = "Call +40 21 303 60 09 for details."
    return place(draft.note("OCT_DRUG_OFFENCES"))


@xlsx("octa", "OCT_DRUG_OFFENCES.note.embargo", "query")
def embargo_without_its_end(draft: WorkbookDraft) -> Place:
    draft.conf("OCT_DRUG_OFFENCES").value = "E"
    draft.note("OCT_DRUG_OFFENCES").value = "Until the court has decided."
    return place(draft.figure("OCT_DRUG_OFFENCES", "", "2018"))


@xlsx("octa", "", "note")
def note_without_a_figure_is_kept_in_the_account(draft: WorkbookDraft) -> Place:
    draft.note("OCT_CIGARETTES").value = "Reported by customs only."
    return WHOLE_FILE


# Codes and lines.


@xlsx("thb", "unknown-code", "error")
def code_of_a_line_damaged(draft: WorkbookDraft) -> Place:
    cell = draft.code("THB_JUDGMENTS", "ACQ")
    cell.value = "ACQX"
    return place(cell)


@xlsx("thb", "unknown-code", "error")
def code_of_a_line_emptied(draft: WorkbookDraft) -> Place:
    cell = draft.code("THB_JUDGMENTS", "ACQ")
    cell.value = None
    return place(cell)


@xlsx("migration", "unknown-code", "error")
def code_of_a_column_damaged(draft: WorkbookDraft) -> Place:
    cell = draft.head("MIG_SMUGGLING", "2021")
    cell.value = "20Z1"
    return place(cell)


@xlsx("migration", "unknown-code", "error")
def code_of_a_column_emptied(draft: WorkbookDraft) -> Place:
    cell = draft.head("MIG_SMUGGLING", "2021")
    cell.value = None
    return place(cell)


@xlsx("migration", "year-outside-window", "error")
def year_of_the_future(draft: WorkbookDraft) -> Place:
    cell = draft.head("MIG_SMUGGLING", "2021")
    cell.value = "2031"
    return place(cell)


@xlsx("octa", "look-alike", "note", "BG")
def cyrillic_letter_in_a_code(draft: WorkbookDraft) -> Place:
    cell = draft.code("OCT_TERROR_ATTACKS", "_T")
    cell.value = "_Т"
    return place(cell)


@xlsx("octa", "look-alike", "note", "GR")
def greek_letters_in_the_word_code(draft: WorkbookDraft) -> Place:
    cell = draft.head("OCT_TERROR_ATTACKS", "Code")
    cell.value = "Cοde"
    return place(cell)


@xlsx("migration", "missing-lines", "query")
def line_deleted(draft: WorkbookDraft) -> Place:
    draft.sheet("MIG_DETECTED").delete_rows(8)
    return place(draft.head("MIG_DETECTED", "Code"))


@xlsx("thb", "grey-figures-changed", "error")
def grey_figures_that_the_cover_does_not_know(draft: WorkbookDraft) -> Place:
    sheet = draft.sheet("THB_VICTIMS")
    column = sheet.max_column + 2
    sheet.cell(6, column).value, sheet.cell(7, column).value = "2022 before", 5
    return sheet.title, ""


@xlsx("thb", "THB_VICTIMS_FORM.form.valid", "error")
def code_that_did_not_exist_in_the_year(draft: WorkbookDraft) -> Place:
    draft.code("THB_VICTIMS_FORM", "BABY.2022").value = "SURR.2022"
    cell = draft.figure("THB_VICTIMS_FORM", "BABY.2022", "F._T")
    cell.value = 1
    return place(cell)


@xlsx("migration", "MIG_PREVENTED.section.valid", "error", "RO")
def border_that_the_state_does_not_have(draft: WorkbookDraft) -> Place:
    draft.code("MIG_PREVENTED", "BG").value = "IR"
    cell = draft.figure("MIG_PREVENTED", "BG")
    cell.value = 4
    return place(cell)


@xlsx("thb", "THB_VICTIMS_CTZ.key.unique", "error")
def country_twice(draft: WorkbookDraft) -> Place:
    cell = draft.at_row("THB_VICTIMS_CTZ", draft.add_line("THB_VICTIMS_CTZ", "Rumania", "RO"))
    cell.value = 3
    return place(cell)


@xlsx("migration", "unknown-citizenship", "query")
def country_that_nobody_knows(draft: WorkbookDraft) -> Place:
    for year in range(2018, 2023):
        draft.figure("MIG_STAY_CTZ", "_U", str(year)).value = None
        draft.figure("MIG_STAY_CTZ", "AF", str(year)).value = 200
    sheet = draft.sheet("MIG_STAY_CTZ")
    cell = next(sheet.cell(r, 2) for r in range(7, 20) if sheet.cell(r, 2).value == "Afghanistan")
    cell.value = "Atlantis"
    return place(cell)


@xlsx("migration", "unknown-twice", "query")
def second_line_for_unknown(draft: WorkbookDraft) -> Place:
    row = draft.add_line("MIG_STAY_CTZ", "Atlantis")
    draft.at_row("MIG_STAY_CTZ", row).value = 7
    return place(draft.sheet("MIG_STAY_CTZ").cell(row, 2))


@xlsx("migration", "aggregate-line", "query")
def continent_among_countries(draft: WorkbookDraft) -> Place:
    row = draft.add_line("MIG_STAY_CTZ", "Asia")
    draft.at_row("MIG_STAY_CTZ", row).value = 480
    return place(draft.sheet("MIG_STAY_CTZ").cell(row, 2))


@xlsx("migration", "code-label-differ", "query")
def code_and_name_of_different_countries(draft: WorkbookDraft) -> Place:
    row = draft.add_line("MIG_STAY_CTZ", "Iraq", "IR")
    draft.at_row("MIG_STAY_CTZ", row).value = 1
    return place(draft.sheet("MIG_STAY_CTZ").cell(row, 1))


@xlsx("migration", "", "note")
def country_spelled_another_way_is_fine(draft: WorkbookDraft) -> Place:
    sheet = draft.sheet("MIG_STAY_CTZ")
    cell = next(
        sheet.cell(r, 2) for r in range(7, 20) if str(sheet.cell(r, 2).value).startswith("Syria")
    )
    cell.value = "SYRIA"
    return WHOLE_FILE


# Sheets and their form.


@xlsx("octa", "missing-sheet", "error")
def sheet_deleted(draft: WorkbookDraft) -> Place:
    name = draft.form("OCT_TERROR_ATTACKS").sheet
    del draft.book[name]
    return name, ""


@xlsx("octa", "unknown-sheet", "query")
def sheet_of_their_own(draft: WorkbookDraft) -> Place:
    draft.book.create_sheet("Our figures")["A1"] = 5
    return "Our figures", ""


@xlsx("octa", "hidden-sheet", "query")
def sheet_of_the_form_hidden(draft: WorkbookDraft) -> Place:
    draft.sheet("OCT_TERROR_ATTACKS").sheet_state = "hidden"
    return draft.form("OCT_TERROR_ATTACKS").sheet, ""


@xlsx("octa", "hidden-sheet", "query")
def hidden_sheet_of_their_own(draft: WorkbookDraft) -> Place:
    sheet = draft.book.create_sheet("Draft")
    sheet["A1"], sheet.sheet_state = 5, "veryHidden"
    return "Draft", ""


@xlsx("octa", "form-moved", "note")
def rows_inserted_above_the_form(draft: WorkbookDraft) -> Place:
    draft.sheet("OCT_DRUG_KG").insert_rows(1, 2)
    return draft.form("OCT_DRUG_KG").sheet, "A8"


@xlsx("octa", "no-code-row", "error")
def row_of_codes_without_its_mark(draft: WorkbookDraft) -> Place:
    cell = draft.head("OCT_DRUG_KG", "Code")
    cell.value = "Lines"
    return place(cell)


@xlsx("thb", "merged-cells", "error")
def figure_merged_with_its_status(draft: WorkbookDraft) -> Place:
    draft.sheet("THB_OFFENCES").merge_cells("C7:D7")
    return draft.form("THB_OFFENCES").sheet, "C7"


@xlsx("thb", "changed-text", "note")
def label_of_a_line_changed(draft: WorkbookDraft) -> Place:
    cell = draft.sheet("THB_JUDGMENTS").cell(draft.code("THB_JUDGMENTS", "ACQ").row, 2)
    cell.value = "Freispruch"
    return place(cell)


@xlsx("octa", "outside-form", "query")
def figure_right_of_the_form(draft: WorkbookDraft) -> Place:
    cell = draft.sheet("OCT_DRUG_OFFENCES")["P7"]
    cell.value = 3
    return place(cell)


@xlsx("octa", "outside-form", "query")
def remark_below_the_form(draft: WorkbookDraft) -> Place:
    cell = draft.sheet("OCT_DRUG_OFFENCES")["A20"]
    cell.value = "Source: police"
    return place(cell)


@xlsx("thb", "formula", "note")
def formula_with_its_result(draft: WorkbookDraft) -> Place:
    cell = draft.figure("THB_OFFENCES")
    cell.value = "=6+6"
    draft.patch = lambda data: _replace(
        data, rb"<f>6\+6</f><v\s*/>|<f>6\+6</f><v></v>", b"<f>6+6</f><v>12</v>"
    )
    return place(cell)


# The cover and the file.


@xlsx("thb", "wrong-cover", "error")
def cover_of_another_state(draft: WorkbookDraft) -> Place:
    draft.cover("state").value = "TR"
    return place(draft.cover("state"))


@xlsx("thb", "wrong-cover", "error")
def cover_of_another_round(draft: WorkbookDraft) -> Place:
    draft.cover("round").value = "2021"
    return place(draft.cover("round"))


@xlsx("thb", "wrong-cover", "error")
def cover_of_another_report(draft: WorkbookDraft) -> Place:
    draft.cover("report").value = "octa"
    return place(draft.cover("report"))


@xlsx("thb", "cover-missing", "query")
def no_cover(draft: WorkbookDraft) -> Place:
    del draft.book["Cover"]
    return "Cover", ""


@xlsx("thb", "contract-version", "query")
def form_of_another_contract_version(draft: WorkbookDraft) -> Place:
    draft.cover("contract_version").value = "0.9.0"
    return place(draft.cover("contract_version"))


@xlsx("thb", "unreadable-file", "error")
def half_of_the_file(draft: WorkbookDraft) -> Place:
    draft.patch = lambda data: data[: len(data) // 2]
    return WHOLE_FILE


@xlsx("octa", "unreadable-file", "error")
def damaged_sheet(draft: WorkbookDraft) -> Place:
    draft.patch = lambda data: _replace(data, rb"</sheetData>", b"<row")
    return WHOLE_FILE


@xlsx("octa", "unsafe-file", "error")
def archive_that_inflates(draft: WorkbookDraft) -> Place:
    draft.patch = lambda data: _add(data, "xl/media/huge.xml", b" " * 90_000_000)
    return WHOLE_FILE


@xlsx("octa", "unsafe-file", "error")
def document_type_with_entities(draft: WorkbookDraft) -> Place:
    entity = b'<!DOCTYPE w [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><sheetData>'
    draft.patch = lambda data: _replace(data, rb"<sheetData>", entity)
    return WHOLE_FILE


@xlsx("octa", "unsafe-file", "error")
def the_whole_sheet_merged(draft: WorkbookDraft) -> Place:
    merged = b'</sheetData><mergeCells count="1"><mergeCell ref="A20:XFD1048576"/></mergeCells>'
    draft.patch = lambda data: _replace(data, rb"</sheetData>", merged)
    return WHOLE_FILE


@xlsx("octa", "active-content", "error")
def macro_in_the_workbook(draft: WorkbookDraft) -> Place:
    draft.patch = lambda data: _add(data, "xl/vbaProject.bin", b"Sub Auto_Open()")
    return WHOLE_FILE


@xlsx("migration", "second-file", "error")
def two_files_for_one_state(draft: WorkbookDraft) -> Place:
    text = CsvDraft(draft.report, draft.state).text()
    draft.files = {f"{draft.state}.xlsx": draft.bytes(), f"{draft.state}.csv": text.encode()}
    return WHOLE_FILE


# (name, report, suffix, bytes, rule)
_FILES: list[tuple[str, str, str, bytes, str]] = [
    ("empty_file", "migration", "xlsx", b"", "unreadable-file"),
    (
        "web_page_named_as_workbook",
        "migration",
        "xlsx",
        b"<html><table></table></html>",
        "unreadable-file",
    ),
    ("pdf_named_as_workbook", "migration", "xlsx", b"%PDF-1.7 ...", "unreadable-file"),
    (
        "workbook_with_a_password",
        "migration",
        "xlsx",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 64,
        "unreadable-file",
    ),
    ("text_named_as_workbook", "migration", "xlsx", b"victims: 12", "unreadable-file"),
    (
        "damaged_old_excel_format",
        "migration",
        "xls",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "unreadable-file",
    ),
    ("damaged_open_document", "octa", "ods", b"PK\x03\x04", "unreadable-file"),
    ("archive_named_as_csv", "octa", "csv", b"PK\x03\x04 and more", "unreadable-file"),
    ("workbook_with_macros_by_name", "octa", "xlsm", b"PK\x03\x04", "unsupported-format"),
    ("empty_csv", "octa", "csv", b"\n", "unreadable-file"),
]


def _only(suffix: str, data: bytes) -> Change:
    def change(draft: WorkbookDraft) -> Place:
        draft.files = {f"{draft.state}.{suffix}": data}
        return WHOLE_FILE

    return change


for _name, _report, _suffix, _data, _rule in _FILES:
    CASES.append(Case(_name, _report, _rule, "error", WorkbookDraft, _only(_suffix, _data)))


# CSV files.


@in_csv("thb", "", "note")
def semicolons_are_fine(draft: CsvDraft) -> Place:
    draft.delimiter = ";"
    return WHOLE_FILE


@in_csv("thb", "", "note")
def tabs_and_byte_order_mark_are_fine(draft: CsvDraft) -> Place:
    draft.delimiter, draft.encoding = "\t", "utf-8-sig"
    return WHOLE_FILE


@in_csv("thb", "encoding", "note", "MK")
def cyrillic_code_page(draft: CsvDraft) -> Place:
    draft.encoding = "cp1251"
    draft.find("THB_OFFENCES")["note"] = "Само пријавени дела"
    return "", "line 1"


@in_csv("migration", "encoding", "note", "RS")
def latin_serbian_code_page(draft: CsvDraft) -> Place:
    draft.encoding = "cp1250"
    draft.find("MIG_DEATHS")["note"] = "Izveštaj granične policije"
    return "", "line 1"


@in_csv("thb", "encoding", "note")
def utf_16(draft: CsvDraft) -> Place:
    draft.encoding = "utf-16"
    return "", "line 1"


@in_csv("thb", "wrong-header", "error")
def csv_without_a_header(draft: CsvDraft) -> Place:
    draft.header = [f"c{n}" for n in range(len(draft.header))]
    return "", "line 1, column 1"


@in_csv("thb", "missing-column", "error")
def csv_without_confidentiality(draft: CsvDraft) -> Place:
    draft.header.remove("conf_status")
    return "", "line 1"


@in_csv("thb", "unknown-column", "error")
def csv_with_a_column_of_their_own(draft: CsvDraft) -> Place:
    draft.header.append("remarks")
    return "", f"line 1, column {len(draft.header)}"


@in_csv("thb", "unknown-table", "error")
def csv_with_an_unknown_table(draft: CsvDraft) -> Place:
    line = draft.find("THB_ASSETS")
    line["table"] = "THB_MONEY"
    return draft.place(line, "table")


@in_csv("thb", "wrong-state", "error")
def csv_with_a_line_of_another_state(draft: CsvDraft) -> Place:
    line = draft.find("THB_ASSETS")
    line["state"] = "TR"
    return draft.place(line, "state")


@in_csv("migration", "unknown-code", "error")
def csv_with_an_unknown_code(draft: CsvDraft) -> Place:
    line = draft.find("MIG_RETURNED", kind="VOL")
    line["kind"] = "VOLUNTARY"
    return draft.place(line, "kind")


@in_csv("migration", "MIG_DEATHS.year.window", "error")
def csv_with_a_year_of_the_future(draft: CsvDraft) -> Place:
    line = draft.find("MIG_DEATHS", 2018)
    line["year"] = "2031"
    return draft.place(line)


@in_csv("migration", "MIG_DEATHS.key.unique", "error")
def csv_with_a_line_twice(draft: CsvDraft) -> Place:
    line = dict(draft.find("MIG_DEATHS"))
    draft.lines.append(line)
    return draft.place(line)


@in_csv("migration", "unknown-twice", "query")
def csv_with_a_second_unknown_country(draft: CsvDraft) -> Place:
    line = {**draft.find("MIG_STAY_CTZ", citizenship="_U"), "citizenship": "Atlantis"}
    draft.lines.append(line)
    return draft.place(line, "citizenship")


@in_csv("octa", "look-alike", "note", "RS")
def csv_with_a_cyrillic_code(draft: CsvDraft) -> Place:
    line = draft.find("OCT_DRUG_KG", drug="COC")
    line["drug"] = "СОС"
    return draft.place(line, "drug")


@in_csv("octa", "outside-form", "query")
def csv_with_a_code_that_the_table_has_not(draft: CsvDraft) -> Place:
    line = draft.find("OCT_DRUG_OFFENCES")
    line["drug"] = "HER"
    return draft.place(line, "drug")


@in_csv("octa", "not-a-number", "error")
def csv_with_words_for_a_number(draft: CsvDraft) -> Place:
    line = draft.find("OCT_DRUG_OFFENCES")
    line["value"] = "many"
    return draft.place(line)


@in_csv("octa", "decimal-comma", "note")
def csv_with_a_decimal_comma(draft: CsvDraft) -> Place:
    line = draft.find("OCT_DRUG_KG", drug="HER")
    line["value"], draft.delimiter = "12,5", ";"
    return draft.place(line)


@in_csv("octa", "cover-missing", "query")
def csv_without_a_cover(draft: CsvDraft) -> Place:
    draft.answers = None
    return "Cover", ""


@in_csv("octa", "wrong-cover", "error")
def csv_with_the_cover_of_another_round(draft: CsvDraft) -> Place:
    assert draft.answers is not None
    draft.answers["round"] = "2020"
    return "Cover", f"line {list(draft.answers).index('round') + 2}, column answer"


def _replace(data: bytes, pattern: bytes, by: bytes) -> bytes:
    """Replace a pattern in every sheet of a workbook."""
    return rewrite(
        data, lambda name, part: re.sub(pattern, by, part) if "worksheets/sheet" in name else part
    )


def _add(data: bytes, name: str, content: bytes) -> bytes:
    raw = io.BytesIO(data)
    with zipfile.ZipFile(raw, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return raw.getvalue()


def rewrite(data: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    raw = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return raw.getvalue()
