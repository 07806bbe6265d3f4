"""Hostile OpenDocument workbooks."""

from __future__ import annotations

import io
import zipfile

from .forms import LAUGHS, Traps, hostile, write

_NAMESPACES = (
    " ".join(
        f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for prefix, name in (
            ("office", "office"),
            ("table", "table"),
            ("text", "text"),
            ("script", "script"),
            ("draw", "drawing"),
        )
    )
    + ' xmlns:xlink="http://www.w3.org/1999/xlink"'
)


def ods(
    table: str, *, body: str = "", before: str = "", parts: dict[str, bytes] | None = None
) -> bytes:
    content = (
        f"<office:document-content {_NAMESPACES}>{before}<office:body><office:spreadsheet>{body}"
        f'<table:table table:name="Cover">{table}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    return ods_of(content, parts or {})


def ods_of(content: str, parts: dict[str, bytes]) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        write(archive, "mimetype", b"application/vnd.oasis.opendocument.spreadsheet")
        write(archive, "content.xml", content.encode())
        for name, part in parts.items():
            write(archive, name, part)
    return raw.getvalue()


_CELL = "<table:table-cell><text:p>1</text:p></table:table-cell>"


@hostile("unsafe-file", "ods")
def filled_rows_repeated_a_million_times(state: str, traps: Traps) -> bytes:
    return ods(f'<table:table-row table:number-rows-repeated="1048576">{_CELL}</table:table-row>')


@hostile("unsafe-file", "ods")
def filled_cells_repeated_in_many_rows(state: str, traps: Traps) -> bytes:
    cell = _CELL.replace(
        "<table:table-cell", '<table:table-cell table:number-columns-repeated="16384"'
    )
    return ods(f'<table:table-row table:number-rows-repeated="1000">{cell}</table:table-row>' * 50)


@hostile("unsafe-file", "ods")
def rows_repeated_beyond_any_sheet(state: str, traps: Traps) -> bytes:
    return ods(
        f'<table:table-row table:number-rows-repeated="99999999999">{_CELL}</table:table-row>'
    )


@hostile("unsafe-file", "ods")
def cell_merged_over_everything(state: str, traps: Traps) -> bytes:
    cell = _CELL.replace(
        "<table:table-cell", '<table:table-cell table:number-columns-spanned="99999999999"'
    )
    return ods(f"<table:table-row>{cell}</table:table-row>")


@hostile("unsafe-file", "ods")
def text_a_hundred_thousand_deep(state: str, traps: Traps) -> bytes:
    deep = "<text:span>" * 100_000 + "</text:span>" * 100_000
    return ods(
        f"<table:table-row><table:table-cell><text:p>{deep}</text:p></table:table-cell></table:table-row>"
    )


@hostile("unreadable-file", "ods")
def two_open_document_sheets_of_one_name(state: str, traps: Traps) -> bytes:
    row = f"<table:table-row>{_CELL}</table:table-row>"
    return ods(row, body=f'<table:table table:name="Cover">{row}</table:table>')


@hostile("active-content", "ods")
def object_in_an_open_document(state: str, traps: Traps) -> bytes:
    return ods(
        f"<table:table-row>{_CELL}</table:table-row>", parts={"Object 1/content.xml": b"<a/>"}
    )


@hostile("active-content", "ods")
def program_in_an_open_document(state: str, traps: Traps) -> bytes:
    return ods(
        f"<table:table-row>{_CELL}</table:table-row>", parts={"Basic/Standard/Module1.xml": b"<a/>"}
    )


@hostile("active-content", "ods")
def event_in_an_open_document(state: str, traps: Traps) -> bytes:
    listener = "<office:scripts><script:event-listener/></office:scripts>"
    return ods(f"<table:table-row>{_CELL}</table:table-row>", before=listener)


@hostile("active-content", "ods")
def picture_in_an_open_document_from_an_address(state: str, traps: Traps) -> bytes:
    return ods(f'<table:table-row><draw:image xlink:href="{traps.url}"/>{_CELL}</table:table-row>')


@hostile("active-content", "ods")
def open_document_sheet_from_another_file(state: str, traps: Traps) -> bytes:
    return ods(
        "<table:table-source"
        f' xlink:href="file://{traps.secret}"/><table:table-row>{_CELL}</table:table-row>'
    )


@hostile("active-content", "ods")
def open_document_link_to_a_program(state: str, traps: Traps) -> bytes:
    return ods(
        "",
        body="<table:dde-links><table:dde-link><office:dde-source/></table:dde-link></table:dde-links>",
    )


@hostile("unsafe-file", "ods")
def entities_in_an_open_document(state: str, traps: Traps) -> bytes:
    return ods_of(
        LAUGHS.decode() + f"<office:document-content {_NAMESPACES}>&l9;</office:document-content>",
        {},
    )
