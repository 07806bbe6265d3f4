"""The defects that other programs make: what they write in their own way, and what none
should write.
"""

from __future__ import annotations

import re
from typing import Any

from defects.cases import rewrite, xlsx
from defects.returns import WHOLE_FILE, Place, WorkbookDraft, place

FIGURE = "THB_OFFENCES"


def _in_cell(draft: WorkbookDraft, cell: Any, xml: str) -> Place:
    """Write over a cell of the saved file; `{}` stands for its address."""
    part = f"xl/worksheets/sheet{draft.book.sheetnames.index(cell.parent.title) + 1}.xml"
    pattern = re.compile(rf'<c r="{cell.coordinate}"[^>]*?(?:/>|>.*?</c>)'.encode())
    new = xml.replace("{}", cell.coordinate).encode()

    def change(name: str, content: bytes) -> bytes:
        if name != part:
            return content
        assert pattern.search(content)
        return pattern.sub(lambda _: new, content, count=1)

    draft.patch = lambda data: rewrite(data, change)
    return place(cell)


@xlsx("thb", "", "note")
def general_in_another_language_is_no_date(draft: WorkbookDraft) -> Place:
    draft.figure(FIGURE).number_format = "Standard"
    draft.figure("THB_ASSETS").number_format = "Általános"
    draft.figure("THB_JUDGMENTS", "ACQ").number_format = "#,##0 m"
    return WHOLE_FILE


@xlsx("octa", "date-in-number", "error")
def date_in_another_language(draft: WorkbookDraft) -> Place:
    cell = draft.figure("OCT_DRUG_OFFENCES")
    cell.value, cell.number_format = 45000, "TT.MM.JJJJ"
    return place(cell)


@xlsx("thb", "", "note")
def styles_that_no_library_knows_are_fine(draft: WorkbookDraft) -> Place:
    def change(name: str, content: bytes) -> bytes:
        if name != "xl/styles.xml":
            return content
        return re.sub(
            rb"<fills[^>]*>",
            b'<fills><fill/><fill><patternFill patternType="plaid"/></fill>',
            content,
        )

    draft.patch = lambda data: rewrite(data, change)
    return WHOLE_FILE


@xlsx("migration", "", "note")
def strict_open_xml_is_fine(draft: WorkbookDraft) -> Place:
    def change(_: str, content: bytes) -> bytes:
        old, new = b"http://schemas.openxmlformats.org", b"http://purl.oclc.org/ooxml"
        for part in (b"/officeDocument/", b"/spreadsheetml/"):
            content = content.replace(old + part + b"2006/", new + part)
        return content

    draft.patch = lambda data: rewrite(data, change)
    return WHOLE_FILE


@xlsx("octa", "formula", "note")
def formula_with_an_empty_result(draft: WorkbookDraft) -> Place:
    cell = draft.figure("OCT_TERROR_ATTACKS", "_T", "2019")
    return _in_cell(draft, cell, '<c r="{}" t="str"><f>IF(C10="","",C10)</f><v></v></c>')


@xlsx("thb", "number-as-formula", "note")
def number_in_quotes_behind_a_sign_of_equality(draft: WorkbookDraft) -> Place:
    cell = draft.figure(FIGURE)
    return _in_cell(draft, cell, '<c r="{}" t="inlineStr"><is><t>="12"</t></is></c>')


@xlsx("thb", "invisible-characters", "note")
def mark_of_direction_behind_a_number(draft: WorkbookDraft) -> Place:
    draft.figure(FIGURE).value = "12\u200e"
    return place(draft.figure(FIGURE))


@xlsx("thb", "not-a-number", "error")
def number_in_a_turned_direction(draft: WorkbookDraft) -> Place:
    draft.figure(FIGURE).value = "\u202d12\u202c"
    return place(draft.figure(FIGURE))


@xlsx("octa", "formula-as-text", "error")
def text_of_a_sum_for_a_figure(draft: WorkbookDraft) -> Place:
    return _in_cell(
        draft,
        draft.figure("OCT_DRUG_OFFENCES"),
        '<c r="{}" t="inlineStr"><is><t>=400+400</t></is></c>',
    )


@xlsx("thb", "steering-characters", "error")
def confidentiality_that_steers(draft: WorkbookDraft) -> Place:
    draft.conf(FIGURE).value = "C\u202c"
    return place(draft.conf(FIGURE))


for _name, _xml in (
    ("two_values_in_a_cell", '<c r="{}"><v>12</v><v>9012</v></c>'),
    ("cell_that_stands_twice", '<c r="{}"><v>12</v></c><c r="{}"><v>9012</v></c>'),
    ("row_that_stands_twice", '<c r="{}"><v>12</v></c></row><row r="7"><c r="{}"><v>9012</v></c>'),
    ("number_of_another_language", '<c r="{}"><v>80,118</v></c>'),
    ("number_that_is_none", '<c r="{}"><v>NaN</v></c>'),
    ("number_of_a_programmer", '<c r="{}"><v>1_0</v></c>'),
    ("number_in_other_digits", '<c r="{}"><v>١٢</v></c>'),
    ("date_that_is_none", '<c r="{}" t="d"><v>2022-13-01</v></c>'),
    ("text_that_is_not_there", '<c r="{}" t="s"><v>99999</v></c>'),
):

    def _change(draft: WorkbookDraft, xml: str = _xml) -> Place:
        return _in_cell(draft, draft.figure(FIGURE), xml)

    _change.__name__ = _name
    xlsx("thb", "damaged-cell", "error")(_change)


@xlsx("octa", "", "note")
def escaped_line_break_in_a_note_is_fine(draft: WorkbookDraft) -> Place:
    cell = draft.note("OCT_DRUG_OFFENCES")
    _in_cell(draft, cell, '<c r="{}" t="inlineStr"><is><t>Line one_x000D_ line two</t></is></c>')
    return WHOLE_FILE
