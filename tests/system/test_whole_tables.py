"""Is a table that goes on over pages or columns one table for whoever hears it, whatever
it is made of, and is it told where it is not?
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from pipeline.errors import RenderError
from pipeline.inspection.readback.finished import FinishedPdf
from pipeline.system.pdf import repair
from pipeline.system.pdf.conform import check_pdf
from pipeline.system.pdf.fonts import font_faces
from pipeline.system.pdf.write import render_pdf

DATE = datetime(2023, 6, 30, 12, tzinfo=UTC)
FACES = "".join(
    f'@font-face {{ font-family: "Source Sans Pro"; font-weight: {weight}; src: url("{url}") }}'
    for weight, url in font_faces().items()
)
STYLE = """
    html { font: 10px/12px 'Source Sans Pro' }
    @page { size: 80mm 50mm; margin: 6mm; @top-left { content: 'Margin' } }
    h1 { font-size: 10px; margin: 0 } p { margin: 0; orphans: 1; widows: 1 }
    table { border-collapse: collapse } caption { break-after: avoid }
"""
HEAD = '<thead><tr><th scope="col">Head1<th scope="col">Head2</thead>'
TALL = "<br>".join(f"line{n}" for n in range(25))


def rows(first: int, last: int) -> str:
    return "".join(f'<tr><th scope="row">row{n}<td>cell{n}' for n in range(first, last + 1))


def table(*parts: str, caption: str = "<caption>Title</caption>", about: str = "") -> str:
    return f"<table {about}>{caption}{''.join(parts)}</table>"


@dataclass(frozen=True)
class Kind:
    """A document, the rows of its tables as they are to be read, and how often the words
    of heads and feet are printed once more.
    """

    body: str
    read: list[list[str]]
    style: str = ""
    again: Counter[str] = field(default_factory=Counter)


def read_rows(first: int, last: int) -> list[str]:
    return [f"row{n} cell{n}" for n in range(first, last + 1)]


HEADS = "Head1 Head2"
PLAIN = table(HEAD, "<tbody>", rows(1, 14))
KINDS = {
    "two pages": Kind(PLAIN, [["Title", HEADS, *read_rows(1, 14)]]),
    "many pages": Kind(table(HEAD, "<tbody>", rows(1, 60)), [["Title", HEADS, *read_rows(1, 60)]]),
    "groups of rows": Kind(
        table(HEAD, *(f"<tbody>{rows(n, n + 4)}" for n in range(1, 40, 5))),
        [["Title", HEADS, *read_rows(1, 40)]],
    ),
    "group heads": Kind(
        table(
            HEAD,
            "<tbody>",
            *(
                f'<tr><th scope="rowgroup" colspan=2>group{n}{rows(n, n + 4)}'
                for n in range(1, 30, 5)
            ),
        ),
        [
            [
                "Title",
                HEADS,
                *(line for n in range(1, 30, 5) for line in (f"group{n}", *read_rows(n, n + 4))),
            ]
        ],
    ),
    "a head of two rows": Kind(
        table(
            '<thead><tr><th scope="col" rowspan=2>Head1<th scope="colgroup" colspan=2>Both'
            '<tr><th scope="col">Head2<th scope="col">Head3</thead><tbody>',
            *(f'<tr><th scope="row">row{n}<td>left{n}<td>right{n}' for n in range(1, 31)),
        ),
        [
            [
                "Title",
                "Head1 Both",
                "Head2 Head3",
                *(f"row{n} left{n} right{n}" for n in range(1, 31)),
            ]
        ],
    ),
    "a foot": Kind(
        table(HEAD, f'<tbody>{rows(1, 30)}<tfoot><tr><th scope="row">Foot<td>Sum</tfoot>'),
        [["Title", HEADS, *read_rows(1, 30), "Foot Sum"]],
    ),
    "a row that goes on": Kind(
        table(HEAD, f'<tbody>{rows(1, 2)}<tr><th scope="row">tall<td>{TALL}{rows(3, 4)}'),
        [
            [
                "Title",
                HEADS,
                *read_rows(1, 2),
                f"tall {TALL.replace('<br>', ' ')}",
                *read_rows(3, 4),
            ]
        ],
    ),
    "a cell over several rows": Kind(
        table(
            HEAD.replace("</thead>", '<th scope="col">Head3</thead>'),
            "<tbody>",
            *(
                f'<tr><th scope="row" rowspan=3>span{n}<td>a{n}<td>b{n}'
                f"<tr><td>c{n}<td>d{n}<tr><td>e{n}<td>f{n}"
                for n in range(1, 11)
            ),
        ),
        [
            [
                "Title",
                "Head1 Head2 Head3",
                *(
                    line
                    for n in range(1, 11)
                    for line in (f"span{n} a{n} b{n}", f"c{n} d{n}", f"e{n} f{n}")
                ),
            ]
        ],
    ),
    "no heads": Kind(table("<tbody>", rows(1, 30)), [["Title", *read_rows(1, 30)]]),
    "no caption": Kind(
        table(HEAD, "<tbody>", rows(1, 30), caption=""), [[HEADS, *read_rows(1, 30)]]
    ),
    "a caption below": Kind(
        PLAIN, [[HEADS, *read_rows(1, 14), "Title"]], "caption { caption-side: bottom }"
    ),
    "a caption on the page before": Kind(
        PLAIN,
        [["Title", HEADS, *read_rows(1, 14)]],
        "h1 { height: 30mm } caption { break-after: auto } tr { height: 5mm }",
    ),
    "a page that lies": Kind(
        PLAIN, [["Title", HEADS, *read_rows(1, 14)]], "@page { size: 50mm 30mm }"
    ),
    "pages of two shapes": Kind(
        f"<p>Before</p><div>{table(HEAD, '<tbody>', rows(1, 40))}</div><p>After</p>",
        [["Title", HEADS, *read_rows(1, 40)]],
        "div { page: wide } @page wide { size: 120mm 40mm }",
    ),
    "two columns": Kind(
        f"<div>{table(HEAD, '<tbody>', rows(1, 40))}</div>",
        [["Title", HEADS, *read_rows(1, 40)]],
        "div { columns: 2 }",
    ),
    "notes at the foot of pages": Kind(
        table(HEAD, "<tbody>", rows(1, 9), "<tr><td>x<td>y<span>Note</span>", rows(10, 20)),
        [["Title", HEADS, *read_rows(1, 9), "x y 1", *read_rows(10, 20)]],
        "span { float: footnote }",
    ),
    "two tables with the same heads": Kind(
        PLAIN + PLAIN.replace("Title", "Other"),
        [["Title", HEADS, *read_rows(1, 14)], ["Other", HEADS, *read_rows(1, 14)]],
    ),
    "a table in a list": Kind(
        f"<ul><li>Point {PLAIN}</li><li>Next</li></ul>", [["Title", HEADS, *read_rows(1, 14)]]
    ),
    "sections that go on": Kind(
        f"<section><div><p>Before</p>{PLAIN}</div><div><p>After</p></div></section>",
        [["Title", HEADS, *read_rows(1, 14)]],
    ),
    "a link in a head": Kind(
        PLAIN.replace("Head2", '<a href="#end">Head2</a>') + '<p id="end">End</p>',
        [["Title", HEADS, *read_rows(1, 14)]],
    ),
    "a drawing in a head": Kind(
        PLAIN.replace(
            "Head2",
            "Head2 <img alt='Mark' src=\"data:image/svg+xml,<svg"
            " xmlns='http://www.w3.org/2000/svg' width='9' height='9'><path d='M0 0h9v9z'/>"
            '</svg>">',
        ),
        [["Title", HEADS, *read_rows(1, 14)]],
    ),
    "a table in the margin of each page": Kind(
        f"<div>{table('<tr><td>running<td>head', caption='')}</div>{PLAIN}",
        [["Title", HEADS, *read_rows(1, 14)]],
        "div { position: running(top) } @page { @top-right { content: element(top) } }",
    ),
    "one page": Kind(table(HEAD, "<tbody>", rows(1, 3)), [["Title", HEADS, *read_rows(1, 3)]]),
}


def write(kind: Kind, path: Path) -> bytes:
    html = (
        f'<html lang="en"><head><style>{FACES}{STYLE}{kind.style}</style></head>'
        f"<body><h1>Chapter</h1>{kind.body}</body></html>"
    )
    render_pdf(
        html, path, base_folder=path.parent, title="T", subject="S", date=DATE, attachments=[]
    )
    return path.read_bytes()


def below(element: Any) -> Iterator[Any]:
    """The structure elements in an element, in reading order."""
    for kid in element.get("/K", []):
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            yield kid
            yield from below(kid)


def tables_of(pdf: pikepdf.Pdf) -> list[Any]:
    return [e for e in below(pdf.Root.StructTreeRoot) if e.S == "/Table"]


def said(element: Any, read: FinishedPdf) -> str:
    """The words of an element, as they stand in the pages' marked content."""
    pages = {page.obj.objgen: number for number, page in enumerate(read.file.pages)}
    texts: dict[tuple[int, Any], list[str]] = {}
    for number, drawn in enumerate(read.pages):
        for text in drawn.texts:
            texts.setdefault((number, text.tag), []).append(text.text)
    words: list[str] = []
    for part in (element, *below(element)):
        for kid in part.K:
            if isinstance(kid, int):
                words += texts.get((pages[part.Pg.objgen], int(kid)), [])
    return " ".join(" ".join(words).split())


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, FinishedPdf]:
    """Each kind, written once; a kind is written only when a test asks for it."""
    folder = tmp_path_factory.mktemp("tables")

    class Written(dict[str, FinishedPdf]):
        def __missing__(self, name: str) -> FinishedPdf:
            self[name] = FinishedPdf(write(KINDS[name], folder / "table.pdf"))
            return self[name]

    return Written()


each_kind = pytest.mark.parametrize("name", KINDS)


@each_kind
def test_each_table_is_one_with_its_rows_in_order(
    name: str, written: dict[str, FinishedPdf]
) -> None:
    read = written[name]
    lines = [
        [said(e, read) for e in below(table) if e.S in ("/TR", "/Caption")]
        for table in tables_of(read.file)
    ]
    assert lines == KINDS[name].read
    for table in tables_of(read.file):
        kinds = [str(kid.S) for kid in table.K]
        assert max(kinds.count(kind) for kind in ("/Caption", "/THead", "/TFoot")) <= 1
    assert name == "one page" or len(read.pages) > 1 or "columns" in name


@each_kind
def test_what_is_read_or_passed_by_is_all_that_is_printed(
    name: str, written: dict[str, FinishedPdf]
) -> None:
    """A text is in the tree once, or an artifact; it is never both or lost."""
    read = written[name]
    held = Counter(mark for block in read.blocks for mark in block.marked)
    assert set(held.values()) <= {1}
    loose = [
        text.text
        for number, drawn in enumerate(read.pages)
        for text in drawn.texts
        if text.tag != "Artifact" and (number, text.tag) not in held
    ]
    assert set(loose) <= {"Margin", "running", "head"}
    passed = [t.text for drawn in read.pages for t in drawn.texts if t.tag == "Artifact"]
    known = {word for lines in KINDS[name].read for word in " ".join(lines).split()}
    assert set(" ".join(passed).split()) <= {*known, "Foot", "Sum"}
    heads = [text for head in read.repeated_heads for text in head.texts]
    feet = [text for text in passed if text in ("Foot", "Sum")]
    assert len(passed) == len(heads) + len(feet)


@each_kind
def test_each_cell_names_heads_of_its_own_table(name: str, written: dict[str, FinishedPdf]) -> None:
    read = written[name]
    for table in tables_of(read.file):
        names = [str(e.ID) for e in below(table) if e.S == "/TH"]
        assert len(set(names)) == len(names)
        columns = sum(e.S == "/TR" for h in table.K if h.S == "/THead" for e in below(h))
        for cell in (e for e in below(table) if e.S == "/TD"):
            headed = [str(head) for head in cell.A.Headers]
            assert set(headed) <= set(names)
            assert len(headed) >= bool(columns)
    index = [
        str(n) for n in read.file.Root.StructTreeRoot.get("/IDTree", {}).get("/Names", [])[::2]
    ]
    every = [str(e.ID) for e in below(read.file.Root.StructTreeRoot) if e.S == "/TH"]
    assert sorted(index) == sorted(every)


@each_kind
def test_the_tree_holds_together(name: str, written: dict[str, FinishedPdf]) -> None:
    """Each element names its parent, each marked content its element, and nothing empty
    or unreachable was left.
    """
    pdf = written[name].file
    waiting = [pdf.Root.StructTreeRoot]
    while waiting:
        element = waiting.pop()
        for kid in element.get("/K", []):
            if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
                assert kid.P.objgen == element.objgen
                assert kid.S not in ("/Table", "/THead", "/TBody", "/TR", "/Div", "/Sect") or len(
                    kid.K
                )
                waiting.append(kid)
    nums = list(pdf.Root.StructTreeRoot.ParentTree.Nums)
    parents = {int(n): p for n, p in zip(nums[::2], nums[1::2], strict=True)}
    assert list(parents) == sorted(parents)
    for element in below(pdf.Root.StructTreeRoot):
        for kid in element.K:
            if isinstance(kid, int):
                assert parents[int(element.Pg.StructParents)][int(kid)].objgen == element.objgen
    for page in pdf.pages:
        for link in page.get("/Annots", []):
            assert parents[int(link.StructParent)].S == "/Link"


def test_a_head_is_printed_on_each_page_and_said_once(written: dict[str, FinishedPdf]) -> None:
    read = written["many pages"]
    heads = [[t.text for t in drawn.texts if t.text.startswith("Head")] for drawn in read.pages]
    assert heads == [["Head1", "Head2"]] * len(read.pages)
    assert [head.page for head in read.repeated_heads] == list(range(1, len(read.pages)))


def test_links_in_a_head_that_is_printed_again_lead_from_the_first_page_only(
    written: dict[str, FinishedPdf],
) -> None:
    pages = written["a link in a head"].file.pages
    assert [len(page.get("/Annots", [])) for page in pages] == [1, *[0] * (len(pages) - 1)]


def test_what_is_repeated_on_each_page_as_a_whole_goes_on_nowhere(tmp_path: Path) -> None:
    kind = Kind(
        f"<div>{table('<tr><td>fixed<td>box', caption='')}</div>{PLAIN}",
        [],
        "div { position: fixed; bottom: 0; right: 0 }",
    )
    read = FinishedPdf(write(kind, tmp_path / "fixed.pdf"))
    lines = [[said(e, read) for e in below(t) if e.S == "/TR"] for t in tables_of(read.file)]
    assert lines.count(["fixed box"]) == len(read.pages)
    assert [HEADS, *read_rows(1, 14)] in lines


def test_the_same_bytes_come_each_time(tmp_path: Path) -> None:
    for name in ("many pages", "a link in a head", "a row that goes on"):
        one, other = (write(KINDS[name], tmp_path / f"{n}.pdf") for n in "ab")
        assert one == other


def test_a_head_that_cannot_be_passed_by_stops_the_build(tmp_path: Path) -> None:
    kind = Kind(PLAIN, [], "th { opacity: 0.5 }")
    with pytest.raises(RenderError, match="page 2: the head of a table .* drawn as a group"):
        write(kind, tmp_path / "group.pdf")
    assert not (tmp_path / "group.pdf").exists()


# --- what the check tells -------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "two pages",
        "many pages",
        "groups of rows",
        "a head of two rows",
        "no heads",
        "no caption",
        "two columns",
        "notes at the foot of pages",
        "sections that go on",
        "a page that lies",
    ],
)
def test_a_table_that_goes_on_as_a_second_one_stops_the_build(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repair, "join_tables", lambda document, pdf: None)
    with pytest.raises(RenderError, match="second table for whoever hears it"):
        write(KINDS[name], tmp_path / "table.pdf")


def failures(pdf: pikepdf.Pdf) -> tuple[str, ...]:
    content = io.BytesIO()
    pdf.save(content)
    return check_pdf(content.getvalue(), title="T", date=DATE).conformance.failures


@pytest.fixture
def whole(written: dict[str, FinishedPdf]) -> Iterator[pikepdf.Pdf]:
    """A table over several pages, to be damaged."""
    with pikepdf.open(io.BytesIO(written["many pages"].content)) as pdf:
        assert failures(pdf) == ()
        yield pdf


def test_a_second_head_in_a_table_is_told(whole: pikepdf.Pdf) -> None:
    (found,) = tables_of(whole)
    found.K.append(next(kid for kid in found.K if kid.S == "/THead"))
    assert any("page 1: a table has 2 heads" in failure for failure in failures(whole))


def test_a_head_that_is_in_no_element_and_no_artifact_is_told(whole: pikepdf.Pdf) -> None:
    page = whole.pages[1]
    content = page.Contents.read_bytes()
    passed = b"/Artifact\n<</Type /Pagination>>\nBDC"
    assert passed in content
    parents = whole.Root.StructTreeRoot.ParentTree.Nums[3]
    number = next(n for n, parent in enumerate(parents) if parent is None)
    page.Contents.write(content.replace(passed, f"/Span <</MCID {number}>> BDC".encode(), 1))
    assert any("is in no element" in failure for failure in failures(whole))


def test_tables_that_only_look_alike_are_left_alone(tmp_path: Path) -> None:
    """Captions, words between them, other heads, or one page tell two tables apart."""
    end = '<div style="break-before: page"></div>'
    short = table(HEAD, "<tbody>", rows(1, 2), caption="")
    for between in (
        f"<p>Between</p>{end}{short}",
        f"{end}{table(HEAD, '<tbody>', rows(1, 2))}",
        f"{end}{short.replace('Head2', 'Other')}",
    ):
        kind = Kind(short + between, [])
        read = FinishedPdf(write(kind, tmp_path / "two.pdf"))
        assert len(tables_of(read.file)) == 2
    plain = table("<tbody>", rows(1, 2), caption="")
    read = FinishedPdf(write(Kind(plain + plain, []), tmp_path / "two.pdf"))
    assert len(tables_of(read.file)) == 2
