"""Does every file that somebody may hold up to `make verify` and `make trace` get an
answer, and never a traceback?
"""

from __future__ import annotations

import gzip
import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.release.copies.verify import read_password, verify, whose
from pipeline.release.signoff.signature import sign

TEXT = "a file of nobody that knows nothing about editions\n"


def pdf(pages: int = 1, size: tuple[float, float] = (595, 842), **saved: object) -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as made:
        for _ in range(pages):
            made.add_blank_page(page_size=size)
        made.save(out, **saved)
    return out.getvalue()


def locked(version: int) -> bytes:
    new = version > 3
    return pdf(
        encryption=pikepdf.Encryption(user="right", owner="other", R=version, metadata=new, aes=new)
    )


def picture(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (300, 300), "white").save(out, kind)
    return out.getvalue()


def png_that_says_it_is(width: int, height: int) -> bytes:
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("word/document.xml", TEXT)
    return out.getvalue()


def without_pages() -> bytes:
    return pdf().replace(b"/Count 1", b"/Count 0").replace(b"/Kids [ 3 0 R ]", b"/Kids [ ]     ")


def pages_in_a_circle() -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as made:
        made.add_blank_page()
        made.Root.Pages.Kids = pikepdf.Array([made.Root.Pages])
        made.save(out)
    return out.getvalue()


def a_page_that_is_none() -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as made:
        made.add_blank_page()
        made.Root.Pages.Kids = pikepdf.Array(
            [made.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.Page))] * 3
        )
        made.Root.Pages.Count = 3
        made.save(out)
    return out.getvalue()


FOREIGN: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "zeros": lambda: bytes(5000),
    "text": TEXT.encode,
    "web page": lambda: b"<!DOCTYPE html><html><body>%PDF</body></html>",
    "archive": archive,
    "packed": lambda: gzip.compress(pdf()),
    "head of a PDF alone": lambda: b"%PDF-1.7\n",
    "head and noise": lambda: b"%PDF-1.7\n" + random.Random(1).randbytes(3000),
    "cut to a half": lambda: pdf(3)[: len(pdf(3)) // 2],
    "cut before its end": lambda: pdf(3)[:-20],
    "words before its head": lambda: b"From: somebody\r\n\r\n" + pdf(),
    "no pages": lambda: pdf(0),
    "pages taken out": without_pages,
    "pages in a circle": pages_in_a_circle,
    "pages that are none": a_page_that_is_none,
    "the widest page": lambda: pdf(size=(14_400, 3)),
    "locked with AES-256": lambda: locked(6),
    "locked with AES-128": lambda: locked(4),
    "locked with RC4": lambda: locked(3),
    "a sound PDF of others": lambda: pdf(2),
    "a sound picture": lambda: picture("PNG"),
    "a cut picture": lambda: picture("JPEG")[:200],
    "a picture with a broken part": lambda: picture("PNG")[:60] + b"xxxx" + picture("PNG")[64:],
    "a picture that says it is huge": lambda: png_that_says_it_is(60_000, 60_000),
    "a picture that says it is endless": lambda: png_that_says_it_is(2**31 - 1, 2**31 - 1),
}


@pytest.mark.parametrize("kind", FOREIGN)
@pytest.mark.parametrize("password", ["", "wrong"])
def test_a_file_of_nobody_gets_a_sentence(
    project: Project, tmp_path: Path, kind: str, password: str
) -> None:
    path = tmp_path / "found.pdf"
    path.write_bytes(FOREIGN[kind]())
    with pytest.raises(UserError, match="no file of any edition and no copy, or it was changed"):
        list(verify(project, path, password))
    with pytest.raises(UserError) as refused:
        list(whose(project, path, password=password))
    told = str(refused.value)
    assert "Error" not in told
    assert "0x" not in told
    assert ("PASSWORD_FILE" in told) == kind.startswith("locked"), told
    assert ("this is not its password" in told) == (kind.startswith("locked") and bool(password))


def test_a_signed_file_cut_or_changed_anywhere_gets_a_sentence(
    project: Project, tmp_path: Path
) -> None:
    """At thirty places: what is left of it is neither an edition nor does it stop the
    command.
    """
    signed = sign(project, pdf(), reason="a test")
    chance = random.Random(7)
    path = tmp_path / "found.pdf"
    for number in range(30):
        place = chance.randrange(1, len(signed))
        changed = bytearray(signed[:place] if number % 2 else signed)
        if number % 2 == 0:
            changed[place : place + 3] = chance.randbytes(3)
        path.write_bytes(bytes(changed))
        for ask in (verify, whose):
            with pytest.raises(UserError):
                list(ask(project, path))


def test_a_signature_of_the_test_certificate_is_said_to_prove_nothing(
    project: Project, tmp_path: Path
) -> None:
    path = tmp_path / "signed.pdf"
    path.write_bytes(sign(project, pdf(), reason="a test"))
    told: list[str] = []
    with pytest.raises(UserError):
        told.extend(verify(project, path))  # what was told before it is refused stays told
    assert any("signed with a test certificate that anybody can make" in line for line in told)


def test_what_is_no_file_gets_a_sentence(project: Project, tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        for ask in (verify, whose):
            with pytest.raises(UserError, match="there is no such file"):
                list(ask(project, path))


@pytest.mark.parametrize("content", [b"\xff\xfe\x00x", b"\x80password"])
def test_a_password_that_cannot_be_read_gets_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "password.txt").write_bytes(content)
    with pytest.raises(UserError, match="the password cannot be read"):
        read_password(tmp_path / "password.txt")
