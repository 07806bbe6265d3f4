"""Is a list of recipients read right, and does the pattern of a copy name it and nobody
else?
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from PIL import Image
from test_signoff import blank

from pipeline.errors import UserError
from pipeline.release.copies.pattern import bits, drawing, new_code
from pipeline.release.copies.recipients import Recipient, read_recipients
from pipeline.release.copies.trace import trace
from pipeline.release.pagemark import mark_pages

CODES = {
    f"copy {n}": code
    for n, code in enumerate(("f424fca6cad07cab", "4d04c6fe4dce503d", "9afbd8f9325c41b4"), 1)
}


def marked(copy: str) -> bytes:
    return mark_pages(blank(1), lambda width, height: [], drawing=drawing(CODES[copy]))


def picture(content: bytes, dpi: int = 150) -> Image.Image:
    with pypdfium2.PdfDocument(content) as opened:
        return Image.fromarray(
            opened[0].render(scale=dpi / 72, rev_byteorder=True).to_numpy()[:, :, :3]
        )


def saved(image: Image.Image, kind: str = "PNG", **how: int) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **how)
    return out.getvalue()


@pytest.mark.parametrize("copy", ["copy 1", "copy 3"])
def test_a_page_names_its_copy(copy: str) -> None:
    assert [t.label for t in trace(marked(copy), CODES)] == [copy]


def test_a_page_of_no_copy_or_of_one_that_is_not_logged_names_nobody() -> None:
    assert trace(blank(1), CODES) == []
    others = {label: code for label, code in CODES.items() if label != "copy 2"}
    assert trace(marked("copy 2"), others) == []
    assert trace(marked("copy 2"), {}) == []


@pytest.mark.parametrize("leak", ["corner", "turned", "quarter turn", "smaller", "JPEG", "noise"])
def test_a_picture_of_a_part_names_its_copy(leak: str) -> None:
    image = picture(marked("copy 2"))
    width, height = image.size
    part = image.crop((width // 3, height // 2, width, height))
    kinds = {
        "corner": lambda: saved(image.crop((0, height // 2, width * 2 // 3, height))),
        "turned": lambda: saved(
            part.rotate(-2.3, expand=True, fillcolor="white", resample=Image.Resampling.BICUBIC)
        ),
        "quarter turn": lambda: saved(part.rotate(90, expand=True)),
        "smaller": lambda: saved(
            part.resize((part.width * 4 // 5, part.height * 4 // 5), Image.Resampling.LANCZOS)
        ),
        "JPEG": lambda: saved(part, "JPEG", quality=85),
        "noise": lambda: saved(noisy(part)),
    }
    assert [t.label for t in trace(kinds[leak](), CODES)] == ["copy 2"]


def noisy(image: Image.Image) -> Image.Image:
    grain = np.random.default_rng(7).normal(0, 5, (image.height, image.width, 3))
    return Image.fromarray((np.asarray(image) + grain).clip(0, 255).astype("uint8"))


def test_codes_are_far_from_each_other_in_every_place() -> None:
    codes: list[str] = []
    for _ in range(20):
        codes.append(new_code(codes))
    laid = [np.array(bits(code)) for code in codes]
    for number, one in enumerate(laid):
        for other in laid[:number]:
            alike = [
                (np.roll(one, (r, c), (0, 1)) == other).sum() for r in range(8) for c in range(8)
            ]
            assert max(alike) <= 48


def test_what_is_no_page_is_refused() -> None:
    for content in (b"%PDF-1.7 nothing", b"no picture"):
        with pytest.raises(UserError):
            trace(content, CODES)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "columns or lines are missing"),
        ("name\nAna\n", "columns"),
        ("name,organisation\n", "columns or lines"),
        ("name,organisation\nAna,\n", "line 2"),
        ("name,organisation\nAna,X\nana,x\n", "line 3"),
        ("name,organisation\n" + "A" * 61 + ",X\n", "line 2"),
        ("name,organisation\nA\x07,X\n", "line 2"),
    ],
)
def test_a_wrong_list_of_recipients_is_refused_with_its_line(
    tmp_path: Path, text: str, told: str
) -> None:
    path = tmp_path / "recipients.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=told):
        read_recipients(path)


def test_a_list_as_a_spreadsheet_saves_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "recipients.csv"
    path.write_bytes("\ufeffname;organisation;e-mail\r\nΜαρία Κ.;ΕΛ.ΑΣ.;x@y\r\n".encode())
    assert read_recipients(path) == [Recipient("Μαρία Κ.", "ΕΛ.ΑΣ.")]
