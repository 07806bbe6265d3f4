"""Is a finished PDF read once for all who judge it, and as before?"""

from __future__ import annotations

import gc
import io
from pathlib import Path

import pikepdf
import pytest

from pipeline.inspection.leaks.scan import scan_version
from pipeline.inspection.readback import finished
from pipeline.inspection.readback.finished import FinishedPdf
from pipeline.inspection.readback.marks import Fonts, read_page
from pipeline.system.collector import collector_at_rest

_FONT = b"/CIDInit begincmap\n2 beginbfchar\n<0001> <0041>\n<0002> <00660069>\nendbfchar\nendcmap"


def small_pdf(*contents: bytes) -> bytes:
    """A page for each content, with a font in which 1 is A, 2 is a ligature, both of
    known width.
    """
    pdf = pikepdf.new()
    part = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, W=[1, [600, 700]], FontDescriptor=pikepdf.Dictionary()
    )
    font = pdf.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Font,
            Subtype=pikepdf.Name.Type0,
            BaseFont=pikepdf.Name("/Tried"),
            DescendantFonts=[part],
            ToUnicode=pdf.make_stream(_FONT),
        )
    )
    for content in contents:
        page = pdf.add_blank_page()
        page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F=font))
        page.Contents = pdf.make_stream(content)
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def shown(*contents: bytes) -> list[tuple[str, float, float]]:
    """Text, place and width of all that some pages show."""
    pages = FinishedPdf(small_pdf(*contents)).pages
    return [(t.text, round(t.x, 6), round(t.width, 6)) for page in pages for t in page.texts]


def test_the_same_bytes_show_the_same_text_wherever_they_stand() -> None:
    assert shown(
        b"BT /F 10 Tf <0001> Tj <0002> Tj <0001> Tj ET", b"BT /F 20 Tf <0001> Tj <0003> Tj ET"
    ) == [
        ("A", 0, 6),
        ("fi", 6, 7),
        ("A", 13, 6),
        ("A", 0, 12),
        ("\ufffd", 12, 10),
    ]


def test_pieces_of_a_text_are_joined_and_moved() -> None:
    assert shown(b"BT /F 10 Tf [<0001> 100 <00010002> -200] TJ <0001> Tj ET") == [
        ("AAfi", 0, 20),
        ("A", 20, 6),
    ]


def test_codes_are_noted_on_each_page_that_shows_them() -> None:
    pages = FinishedPdf(
        small_pdf(
            b"BT /F 10 Tf <0001> Tj ET", b"BT /F 10 Tf <0001> Tj <0002> Tj ET", b"BT /F 9 Tf ET"
        )
    ).pages
    assert [page.glyphs for page in pages] == [{"/Tried": {1}}, {"/Tried": {1, 2}}, {}]


def test_text_in_no_font_and_what_no_renderer_writes_is_still_told() -> None:
    pages = FinishedPdf(small_pdf(b"BT /G 10 Tf <0001> Tj ET", b"BT 5 Tz ET d0")).pages
    assert pages[0].strange == ["text in a font that is not there"]
    assert pages[1].strange == ["operator Tz", "operator d0"]


@pytest.mark.parametrize("content", [b"1 0 0 cm", b"1 m", b"5 5 l", b"BT 1 Td ET"])
def test_content_that_cannot_be_run_is_told(content: bytes) -> None:
    (page,) = FinishedPdf(small_pdf(content)).pages
    assert page.strange[0].startswith("the content cannot be read")


def test_an_inner_mark_has_the_tag_of_the_outer() -> None:
    (page,) = FinishedPdf(
        small_pdf(
            b"/Artifact BMC /Span BMC BT /F 9 Tf <0001> Tj ET EMC EMC"
            b" /P <</MCID 7>> BDC /Span BMC BT /F 9 Tf <0001> Tj ET EMC EMC"
            b" EMC BT /F 9 Tf <0001> Tj ET"
        )
    ).pages
    assert [t.tag for t in page.texts] == ["Artifact", 7, None]


def test_it_is_read_once_and_the_scan_takes_what_was_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    read: list[object] = []

    def reading(page: pikepdf.Page, fonts: Fonts) -> object:
        read.append(page)
        return read_page(page, fonts)

    monkeypatch.setattr(finished, "read_page", reading)
    content = small_pdf(b"BT /F 10 Tf <0001> Tj ET", b"")
    pdf = FinishedPdf(content)
    assert pdf.pages is pdf.pages
    assert pdf.blocks is pdf.blocks
    assert len(read) == 2

    (tmp_path / "version").mkdir()
    (tmp_path / "version" / "report.pdf").write_bytes(content)
    (tmp_path / "released.csv").write_text("key,value\n", encoding="utf-8")
    (tmp_path / "shown.json").write_text("[]", encoding="utf-8")

    def scan(known: FinishedPdf) -> list[str]:
        found = scan_version(
            tmp_path / "version",
            tmp_path / "released.csv",
            secrets={},
            shown=tmp_path / "shown.json",
            root=Path(__file__).parents[2],
            read={"report.pdf": known},
        )
        return [str(leak) for leak in found.leaks]

    told = scan(pdf)
    assert len(read) == 2
    # Another file is never taken for the one in the folder.
    assert scan(FinishedPdf(small_pdf(b"", b"", b""))) == told
    assert len(read) == 4


def test_a_file_that_cannot_be_opened_says_so_where_it_is_asked() -> None:
    with pytest.raises(pikepdf.PdfError):
        _ = FinishedPdf(b"no PDF").pages


@pytest.mark.parametrize("working", [True, False])
def test_the_collector_works_afterwards_as_before(working: bool) -> None:
    @collector_at_rest()
    def fail() -> None:
        raise ValueError(f"collects: {gc.isenabled()}")

    before = gc.isenabled()
    try:
        (gc.enable if working else gc.disable)()
        with pytest.raises(ValueError, match="collects: False"):
            fail()
        assert gc.isenabled() == working
    finally:
        (gc.enable if before else gc.disable)()
