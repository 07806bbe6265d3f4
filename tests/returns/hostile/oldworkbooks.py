"""Hostile workbooks of the old Excel format."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable

from .forms import Traps, hostile


def old_excel(state: str, change: Callable[[bytearray], None] = lambda _: None) -> bytes:
    """A workbook of the old format."""
    import xlwt

    book = xlwt.Workbook()
    sheet = book.add_sheet("Cover")
    sheet.write(0, 0, state)
    book.add_sheet("Other").write(0, 0, xlwt.Formula("Cover!A1"))
    raw = io.BytesIO()
    book.save(raw)
    data = bytearray(raw.getvalue())
    change(data)
    return bytes(data)


def _directory(data: bytearray) -> int:
    """Where the list of streams of a compound file begins."""
    (sector,) = struct.unpack("<i", data[48:52])
    return int(512 * (sector + 1))


@hostile("active-content", "xls")
def program_in_an_old_workbook(state: str, traps: Traps) -> bytes:
    def change(data: bytearray) -> None:
        start = _directory(data)
        name = "_VBA_PROJECT_CUR".encode("utf-16-le") + b"\0\0"
        entry = name.ljust(64, b"\0") + struct.pack("<HBBiii", len(name), 1, 1, -1, -1, -1)
        data[start + 256 : start + 256 + len(entry)] = entry
        struct.pack_into("<i", data, start + 128 + 72, 2)  # beside the stream of the workbook

    return old_excel(state, change)


@hostile("active-content", "xls")
def macro_sheet_in_an_old_workbook(state: str, traps: Traps) -> bytes:
    def change(data: bytearray) -> None:
        # BOUNDSHEET: length, place of the sheet, visibility, type, name.
        at = data.index(b"\x05\x00Other")
        data[at - 1] = 1

    return old_excel(state, change)


@hostile("active-content", "xls")
def link_to_a_program_in_an_old_workbook(state: str, traps: Traps) -> bytes:
    def change(data: bytearray) -> None:
        at = data.index(b"\xae\x01\x04\x00")  # SUPBOOK, the list of what formulas refer to
        data[at + 4 : at + 8] = b"\0\0\0\0"

    return old_excel(state, change)


@hostile("unreadable-file", "xls")
def old_workbook_cut_short(state: str, traps: Traps) -> bytes:
    return old_excel(state)[:1500]


@hostile("unreadable-file", "xls")
def old_workbook_that_runs_in_circles(state: str, traps: Traps) -> bytes:
    def change(data: bytearray) -> None:
        # the table of sectors continues in sector 0, for ever
        struct.pack_into("<iI", data, 68, 0, 0x7FFFFFFF)
        data[512 + 508 : 512 + 512] = struct.pack("<i", 0)

    return old_excel(state, change)


@hostile("unreadable-file", "xls")
def old_workbook_of_two_gigabytes_by_its_own_account(state: str, traps: Traps) -> bytes:
    def change(data: bytearray) -> None:
        struct.pack_into("<i", data, _directory(data) + 128 + 120, 0x7FFFFFFF)

    return old_excel(state, change)


@hostile("unreadable-file", "xls")
def old_workbook_with_a_text_longer_than_the_file(state: str, traps: Traps) -> bytes:
    def change(data: bytearray) -> None:
        at = data.index(b"\xfc\x00")  # SST, the table of texts: numbers of texts in all
        struct.pack_into("<II", data, at + 4, 0x7FFFFFFF, 0x7FFFFFFF)

    return old_excel(state, change)
