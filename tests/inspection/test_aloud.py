"""Is a PDF read aloud as its tags say: each text with what it is, each cell with its heads,
and nothing that no tag holds?
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pytest
from here import Done, inherited, run_here

from pipeline.errors import UserError
from pipeline.inspection.readback.aloud import lines_of_pages, read_aloud
from pipeline.inspection.readback.finished import FinishedPdf
from pipeline.system.pdf.fonts import font_faces
from pipeline.system.pdf.write import render_pdf

FACES = "".join(
    f'@font-face {{ font-family: "Source Sans Pro"; font-weight: {weight}; src: url("{url}") }}'
    for weight, url in font_faces().items()
)
STYLE = """
    html { font: 10px/12px 'Source Sans Pro' } h1 { font-size: 10px }
    @page { size: 120mm 70mm; margin: 6mm; @top-left { content: 'Margin' } }
"""
SVG = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><path d='M0 0h9v9z'/></svg>"
ROWS = "".join(f'<tr><th scope="row">State {n}<td>{n}1<td>{n}2<td>' for n in range(1, 13))
BODY = f"""
    <h1>1 Victims</h1>
    <p>In all <b>1,856</b> victims, see <a href="#end">the end</a>.</p>
    <ul><li>A point</li><li>Another, with <a href="#end">a link</a></li></ul>
    <ol><li>Numbered</li></ol>
    <figure><figcaption>Figure 1 Lines</figcaption>
    <img alt="It rose from 3 to 7." src="data:image/svg+xml,{SVG}"></figure>
    <table style="break-before: page"><caption>Table 1 Counts</caption>
    <thead><tr><th scope="col" rowspan=2>State<th scope="colgroup" colspan=2>2022
    <th scope="col" rowspan=2>Note<tr><th scope="col">Women<th scope="col">Men</thead>
    <tbody><tr><th scope="rowgroup" colspan=4>Members{ROWS}</tbody></table>
    <h2 id="end">1.1 End</h2>
"""


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("aloud") / "small.pdf"
    html = f'<html lang="en"><head><style>{FACES}{STYLE}</style></head><body>{BODY}</body></html>'
    date = datetime(2023, 6, 30, 12, tzinfo=UTC)
    render_pdf(
        html, path, base_folder=path.parent, title="T", subject="S", date=date, attachments=[]
    )
    return path


def said(content: bytes, *pages: int) -> list[str]:
    return list(lines_of_pages(read_aloud(FinishedPdf(content)), pages))


def test_each_text_is_said_with_what_it_is(printed: Path) -> None:
    assert said(printed.read_bytes(), 1) == [
        "--- page 1",
        "Heading 1: 1 Victims",
        "In all 1,856 victims, see link the end .",
        "List of 2",
        "- A point",
        "- Another, with link a link",
        "List of 1",
        "- 1. Numbered",
        "Figure 1 Lines",
        "Figure: It rose from 3 to 7.",
    ]


def test_a_table_is_said_once_with_the_heads_of_each_cell(printed: Path) -> None:
    told = said(printed.read_bytes(), 2, 3)
    rows = [f"Members, State {n}: 2022 Women {n}1; 2022 Men {n}2; Note blank" for n in range(1, 13)]
    after = told.index("--- page 3")
    assert told[:5] == [
        "--- page 2",
        "Table with 15 rows and 4 columns: Table 1 Counts",
        "Column heads: State; 2022; Note",
        "Column heads: Women; Men",
        "Members",
    ]
    assert told[5:after] + told[after + 1 : -1] == rows
    assert told[-1] == "Heading 2: 1.1 End"
    assert 5 < after < len(told) - 2


def test_what_no_tag_holds_is_not_said(printed: Path) -> None:
    assert not any("Margin" in line for line in said(printed.read_bytes(), 1, 2, 3))
    out = io.BytesIO()
    with pikepdf.open(printed) as pdf:
        document = pdf.Root.StructTreeRoot.K[0]
        document.K = pikepdf.Array(list(document.K)[1:])
        pdf.save(out)
    assert "Heading 1: 1 Victims" not in said(out.getvalue(), 1)


@pytest.mark.parametrize("with_page", [False, True])
def test_text_without_an_element_of_its_own_is_said(with_page: bool, printed: Path) -> None:
    """As other programs tag: a heading holds its content itself, as a number or with its
    page.
    """
    out = io.BytesIO()
    with pikepdf.open(printed) as pdf:
        heading = pdf.Root.StructTreeRoot.K[0].K[0]
        assert heading.S == "/H1"
        number, page = int(heading.K[0].K[0]), heading.Pg
        mark = pikepdf.Dictionary(Type=pikepdf.Name.MCR, MCID=number, Pg=page)
        heading.K = pikepdf.Array([mark if with_page else number])
        if with_page:
            heading.Pg = pdf.pages[1].obj
        pdf.save(out)
    assert said(out.getvalue(), 1)[1] == "Heading 1: 1 Victims"


def test_pages_on_which_nothing_is_said_say_so(printed: Path) -> None:
    out = io.BytesIO()
    with pikepdf.open(printed) as pdf:
        pdf.add_blank_page()
        pdf.save(out)
        count = len(pdf.pages)
    assert said(out.getvalue(), count) == [f"--- page {count}", "nothing is said"]


def test_a_file_without_tags_cannot_be_read() -> None:
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(out)
    with pytest.raises(UserError, match="has no tags"):
        said(out.getvalue(), 1)


# --- the command


def run(*arguments: str) -> Done:
    return run_here("read-aloud", "--round", "2022", *arguments, environment=inherited())


@pytest.mark.parametrize(
    ("asked", "found"),
    [("2", [2]), ("1,3", [1, 3]), ("3,1-2", [1, 2, 3]), (" 1 - 2 ", [1, 2]), ("", [1, 2, 3])],
)
def test_pages_are_asked_for_one_by_one_or_as_a_stretch(
    asked: str, found: list[int], printed: Path
) -> None:
    done = run("--file", str(printed), "--pages", asked)
    assert done.returncode == 0
    told = [line for line in done.stdout.splitlines() if line.startswith("--- page")]
    assert told == [f"--- page {page}" for page in found]


@pytest.mark.parametrize("asked", ["0", "9", "2-1", "1-9", "x", "1,,2", "-1", "1;2", "²"])
def test_pages_that_are_not_there_are_told(asked: str, printed: Path) -> None:
    done = run("--file", str(printed), "--pages", asked)
    assert done.returncode == 2
    assert "is no page of the file" in done.stderr
    assert "allowed: pages from 1 to 3" in done.stderr
    assert done.stdout == ""


def test_what_is_no_pdf_or_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_text("no PDF", encoding="utf-8")
    for file, told in (("a.pdf", "cannot be opened as a PDF"), ("b.pdf", "no such file")):
        done = run("--file", str(tmp_path / file))
        assert done.returncode == 2
        assert told in done.stderr


def test_a_version_that_is_not_built_is_told(tmp_path: Path) -> None:
    done = run_here(
        "read-aloud",
        "--round",
        "2022",
        "--report",
        "octa",
        environment={**inherited(), "SELEC_OUTPUTS": str(tmp_path)},
    )
    assert done.returncode == 2
    assert "the restricted version of octa is not built" in done.stderr
