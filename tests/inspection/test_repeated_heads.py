"""Is a head that is printed again known as one by audit and scan, and nothing else that
stands outside of the structure?
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pytest
from builds import ROOT

from pipeline.contracts.model import Contracts
from pipeline.inspection.leaks.scan import scan_version
from pipeline.inspection.numerals.frame import furniture
from pipeline.inspection.numerals.known import Known, read_known
from pipeline.inspection.readback.finished import FinishedPdf
from pipeline.inspection.readback.marks import Drawn, Text
from pipeline.inspection.readback.outline import Block
from pipeline.inspection.readback.repeated import repeated_heads
from pipeline.report.printing import Printing
from pipeline.system.pdf.fonts import font_faces
from pipeline.system.pdf.write import render_pdf

FACES = "".join(
    f'@font-face {{ font-family: "Source Sans Pro"; font-weight: {weight}; src: url("{url}") }}'
    for weight, url in font_faces().items()
)
STYLE = "html { font: 10px/12px 'Source Sans Pro' } @page { size: 90mm 60mm; margin: 6mm }"
HEAD = '<thead><tr><th scope="col">State<th scope="col">In 2017<th scope="col">Of 77</thead>'
ROWS = "".join(f'<tr><th scope="row">Albania<td>x{"x" * (n % 9)}<td>y' for n in range(22))
TABLE = f"<table><caption>Victims</caption>{HEAD}<tbody>{ROWS}</tbody></table>"
PASSED = b"/Artifact\n<</Type /Pagination>>\nBDC"


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A table over three pages, and a page after it."""
    path = tmp_path_factory.mktemp("heads") / "table.pdf"
    html = (
        f'<html lang="en"><head><style>{FACES}{STYLE}</style></head><body><h1>Chapter</h1>'
        f'{TABLE}<p style="break-before: page">After</p></body></html>'
    )
    date = datetime(2023, 6, 30, 12, tzinfo=UTC)
    render_pdf(
        html, path, base_folder=path.parent, title="T", subject="S", date=date, attachments=[]
    )
    return path.read_bytes()


def with_content(content: bytes, page: int, change: Callable[[bytes], bytes]) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as pdf:
        stream = pdf.pages[page].Contents
        before = stream.read_bytes()
        stream.write(change(before))
        assert stream.read_bytes() != before
        pdf.save(out)
    return out.getvalue()


def head_of(content: bytes, page: int) -> bytes:
    """What draws the first text of a head that is passed by."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        found = re.search(
            re.escape(PASSED) + rb".*?\nEMC\n", pdf.pages[page].Contents.read_bytes(), re.DOTALL
        )
    assert found
    return found[0]


def swapped(content: bytes) -> bytes:
    """Another letter at the start of a head that is passed by: one that stands in it."""
    start = content.index(PASSED)
    codes = re.findall(rb"[<>]([0-9a-f]{4})", content[start:])
    other = next(code for code in codes if code != codes[0])
    return content[:start] + content[start:].replace(codes[0], other, 1)


SPOILT: dict[str, Callable[[bytes], bytes]] = {
    "other letters": lambda c: with_content(c, 1, swapped),
    "a part of a head": lambda c: with_content(
        c, 1, lambda data: data.replace(head_of(c, 1), b"", 1)
    ),
    "on a page that the table does not reach": lambda c: with_content(
        c, 3, lambda data: data + b"\nq 1 0 0 1 0 90 cm 0 0 0 rg\n" + head_of(c, 1) + b"Q\n"
    ),
    "a word more than once": lambda c: with_content(
        c, 2, lambda data: data.replace(head_of(c, 2), 2 * head_of(c, 2), 1)
    ),
}


def told(content: bytes, folder: Path) -> list[str]:
    """What the leak scan says of texts outside of the structure."""
    (folder / "version").mkdir()
    (folder / "version" / "report.pdf").write_bytes(content)
    (folder / "released.csv").write_text("key,value\n", encoding="utf-8")
    (folder / "shown.json").write_text("[]", encoding="utf-8")
    found = scan_version(
        folder / "version",
        folder / "released.csv",
        secrets={},
        shown=folder / "shown.json",
        root=ROOT,
    )
    return [str(leak) for leak in found.leaks if "outside of the structure" in str(leak)]


def test_heads_that_are_printed_again_are_known_page_by_page(printed: bytes) -> None:
    found = FinishedPdf(printed).repeated_heads
    assert [(head.page, head.text) for head in found] == [
        (1, "State In 2017 Of 77"),
        (2, "State In 2017 Of 77"),
    ]


def test_the_scan_lets_heads_be_and_nothing_else(printed: bytes, tmp_path: Path) -> None:
    assert told(printed, tmp_path) == []


@pytest.mark.parametrize("way", SPOILT)
def test_the_scan_tells_what_only_looks_like_a_head(
    way: str, printed: bytes, tmp_path: Path
) -> None:
    assert told(SPOILT[way](printed), tmp_path) != []


@pytest.fixture
def known(store: Callable[..., Printing], contracts: Contracts, tmp_path: Path) -> Known:
    store("key | value | states\nTHB_VICTIMS:RO.2022._T._T | 500 |")
    return read_known(
        ROOT / "templates",
        contracts,
        store=tmp_path / "store.duckdb",
        report="thb",
        version="restricted",
    )


def test_the_audit_accounts_for_numerals_of_heads_and_of_nothing_else(
    printed: bytes, known: Known
) -> None:
    def open_numerals(content: bytes) -> list[str]:
        passages = list(furniture(known, FinishedPdf(content), headings=set()))
        assert passages
        return [n for passage in passages for n, claim, _ in passage.numerals() if claim is None]

    assert open_numerals(printed) == []
    for way in ("other letters", "a part of a head"):
        assert set(open_numerals(SPOILT[way](printed))) <= {"2017", "77"}
        assert "77" in open_numerals(SPOILT[way](printed))


# --- the words of heads on one page


def text(words: str, order: int, tag: int | str | None = "Artifact") -> Text:
    return Text(words, 0, 0, 9, 9, 0, (0.0,), 1.0, tag, order, order, "F")


def tables(*heads: str) -> list[Block]:
    """Tables that stand on the pages 0 and 1, with a head each."""
    blocks = []
    for number, head in enumerate(heads, 1):
        path = ("Table", "THead", "TR", "TH")
        blocks.append(Block("TH", 1, path, [text(head, number, number)], table=number))
        body = ("Table", "TBody", "TR", "TD")
        blocks.append(Block("TD", 1, body, marked=[(0, 90), (1, 90)], table=number))
    return blocks


@pytest.mark.parametrize(
    ("drawn", "found"),
    [
        (["A", "B"], ["A B"]),
        (["A B"], ["A B"]),
        (["A", "B", "C"], ["A B C"]),
        (["A", "B", "A", "B", "C"], ["A B", "A B C"]),
        (["A", "A", "B"], ["A B"]),
        (["B"], []),
        (["A"], []),
        (["A", "x", "B"], []),
        (["A", "B", "x"], ["A B"]),
    ],
)
def test_the_longest_head_is_found(drawn: list[str], found: list[str]) -> None:
    page = Drawn(texts=[text(words, order) for order, words in enumerate(drawn)])
    heads = repeated_heads(tables("A B", "A B C"), [Drawn(), page])
    assert [head.text for head in heads] == found
    assert {head.page for head in heads} <= {1}
