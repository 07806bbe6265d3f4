"""Hostile archives: they inflate, lie about their parts, or name them to lead astray."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
import zlib

from .forms import MILLION, SHEET, Make, Traps, form, hostile, with_parts, write


@hostile("unsafe-file")
def part_that_inflates_a_thousand_times(state: str, traps: Traps) -> bytes:
    return with_parts(state, {"xl/media/big.xml": b" " * 85_000_000})


@hostile("unsafe-file")
def many_parts_that_inflate(state: str, traps: Traps) -> bytes:
    return with_parts(state, {f"xl/media/{n}.bin": b"\0" * MILLION for n in range(90)})


@hostile("unsafe-file")
def archive_of_a_thousand_parts(state: str, traps: Traps) -> bytes:
    return with_parts(state, {f"xl/media/{n}.txt": b"" for n in range(1000)})


@hostile("unsafe-file")
def parts_that_share_one_body(state: str, traps: Traps) -> bytes:
    """Many entries of the list of parts that point to the same compressed megabytes."""
    body = zlib.compress(b"\0" * 20_000_000, 9)[2:-4]
    name = b"xl/media/a.bin"
    crc = zlib.crc32(b"\0" * 20_000_000)
    good = form(state)
    sizes = (crc, len(body), 20_000_000, len(name), 0)
    local = struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", 20, 0, 8, 0, 33, *sizes) + name + body
    place = len(good_parts(good))
    entries = b"".join(
        struct.pack(
            "<4sHHHHHHIIIHHHHHII", b"PK\x01\x02", 20, 20, 0, 8, 0, 33, *sizes, 0, 0, 0, 0, place
        )
        + b"xl/media/%c.bin" % (97 + n)
        for n in range(20)
    )
    return spliced(good, local, entries, 20)


def good_parts(data: bytes) -> bytes:
    """The bytes of an archive before its list of parts."""
    (offset,) = struct.unpack("<I", data[data.rindex(b"PK\x05\x06") + 16 :][:4])
    return data[:offset]


def spliced(data: bytes, local: bytes, entries: bytes, number: int) -> bytes:
    """An archive with more behind its parts and more entries in its list."""
    end = data.rindex(b"PK\x05\x06")
    parts = good_parts(data)
    listed = data[len(good_parts(data)) : end]
    (count,) = struct.unpack("<H", data[end + 10 : end + 12])
    central = listed + entries
    tail = struct.pack(
        "<4sHHHHIIH",
        b"PK\x05\x06",
        0,
        0,
        count + number,
        count + number,
        len(central),
        len(parts) + len(local),
        0,
    )
    return parts + local + central + tail


@hostile("unreadable-file")
def part_that_lies_about_its_size(state: str, traps: Traps) -> bytes:
    data = bytearray(with_parts(state, {"xl/media/big.xml": b"<a>" + b" " * 50_000_000 + b"</a>"}))
    entry = data.index(b"xl/media/big.xml", data.rindex(b"xl/media/big.xml") - 46) - 46
    struct.pack_into("<I", data, entry + 24, 100)  # declared in the list of parts: a hundred bytes
    return bytes(data)


@hostile("unreadable-file")
def archive_inside_an_archive(state: str, traps: Traps) -> bytes:
    inner = b"\0" * 10_000_000
    for depth in range(6):
        raw = io.BytesIO()
        with zipfile.ZipFile(raw, "w") as archive:
            for copy in range(4):
                write(archive, f"{depth}-{copy}.zip", inner)
        inner = raw.getvalue()
    return inner


@hostile("unsafe-file")
def two_parts_of_one_name(state: str, traps: Traps) -> bytes:
    raw = io.BytesIO(form(state))
    with zipfile.ZipFile(raw, "a") as archive:
        other = archive.read(SHEET)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            write(archive, SHEET, other)
    return raw.getvalue()


@hostile("unsafe-file")
def two_parts_that_differ_in_case(state: str, traps: Traps) -> bytes:
    return with_parts(state, {"xl/Worksheets/SHEET2.xml": b"<worksheet/>"})


@hostile("unsafe-file")
def excel_and_open_document_at_once(state: str, traps: Traps) -> bytes:
    return with_parts(state, {"content.xml": b"<office/>"})


def _with_name(name: str) -> Make:
    def make(state: str, traps: Traps) -> bytes:
        return with_parts(state, {name: b"* * * * * root /bin/sh"})

    return make


for _what, _name in {
    "upwards": "../../../etc/cron.d/x",
    "from_the_root": "/etc/cron.d/x",
    "upwards_in_windows": "..\\..\\startup\\x.bat",
    "by_its_drive": "C:/startup/x.bat",
}.items():
    hostile("unsafe-file", name=f"part_named_{_what}")(_with_name(_name))


@hostile("unsafe-file")
def part_with_a_zero_byte_in_its_name(state: str, traps: Traps) -> bytes:
    data = with_parts(state, {"xl/media/a#.xml.exe": b"MZ"})
    return data.replace(b"xl/media/a#.xml.exe", b"xl/media/a\0.xml.exe")


@hostile("unsafe-file")
def part_with_an_endless_name(state: str, traps: Traps) -> bytes:
    return with_parts(state, {"xl/" + "a/" * 20_000 + "x.xml": b"<a/>"})


@hostile("unsafe-file")
def link_inside_the_archive(state: str, traps: Traps) -> bytes:
    raw = io.BytesIO(form(state))
    with zipfile.ZipFile(raw, "a") as archive:
        link = zipfile.ZipInfo("xl/media/image1.png", (2023, 3, 31, 0, 0, 0))
        link.create_system, link.external_attr = 3, 0o120777 << 16
        archive.writestr(link, str(traps.secret))
    return raw.getvalue()
