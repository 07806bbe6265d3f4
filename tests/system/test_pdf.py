"""Does a report become a conforming PDF, the same each time, and does anything less
stop the build?
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from jinja2 import DictLoader, Environment, FileSystemLoader, StrictUndefined, UndefinedError
from jinja2.loaders import ChoiceLoader

from pipeline.errors import RenderError
from pipeline.report.charts.draw import draw_chart
from pipeline.report.charts.palette import cover_colours, page_colours
from pipeline.report.charts.region import picture
from pipeline.report.views import (
    CellView,
    ChartData,
    Column,
    EmptyView,
    FigureView,
    Footnote,
    Point,
    Row,
    Series,
    TableView,
)
from pipeline.system.pdf.conform import ALWAYS_RUN, Conformance, PdfFigures, Verdict, check_pdf
from pipeline.system.pdf.fonts import font_faces
from pipeline.system.pdf.write import render_pdf

TEMPLATES = Path(__file__).parents[2] / "templates"
DATE = datetime(2023, 6, 30, 12, 0, tzinfo=UTC)
FACES = "".join(
    f'@font-face {{ font-family: "Source Sans Pro"; font-weight: {weight}; src: url("{url}") }}'
    for weight, url in font_faces().items()
)

TABLE = TableView(
    id="thb-t1",
    number="Table 1",
    title="Registered victims by sex",
    unit="persons",
    columns=(
        Column("State", "label"),
        Column("Women", group="2021"),
        Column("Men", group="2021"),
        Column("Women", group="2022"),
        Column("Men", group="2022"),
    ),
    rows=(
        Row(
            "SELEC region",
            tuple(CellView(text) for text in ("1,100", "400", "1,200", "300")),
            kind="total",
        ),
        Row("Members of the EU", (), kind="group"),
        Row(
            "Ελλάδα",
            (CellView("12", marks=("a",)), CellView(":"), CellView("c"), CellView("<5")),
            level=1,
        ),
    ),
    source="returns of the member states",
    footnotes=(Footnote("a", "Nine months only."),),
)
FIGURE = FigureView(
    id="thb-f1",
    number="Figure 1",
    title="Registered victims",
    unit="persons",
    svg=draw_chart(
        ChartData(
            "line",
            (Series("Türkiye", (Point("2021", 1500, "1,500"), Point("2022", 1720, "1,720"))),),
            "persons",
            "F1",
        )
    ),
    alt="Registered victims rose from 1,500 to 1,720.",
    source="returns of the member states",
)
EMPTY = EmptyView("No state reported this table.")

REPORT = """{% extends "shared/base.html.j2" %}{% import "shared/macros.html.j2" as m %}
{% block chapters %}<section class="chapter"><h1 id="c1">1 Victims</h1>
{{ m.key_findings(["Victims rose <b>by a half</b>.", "Скопје and Београд."]) }}
<p>See <a href="#thb-t1">Table 1</a>.</p>
{% for view in views %}{{ m.exhibit(view) }}{% endfor %}
<section>{{ m.country_head("c-tr", "Türkiye", "TR", [("343", "victims")]) }}</section>
</section>{% endblock %}
{% block annexes %}<section class="annex"><h1 id="a1">A Definitions</h1>
</section>{% endblock %}"""


def environment(**templates: str) -> Environment:
    loader = ChoiceLoader([DictLoader(templates), FileSystemLoader(TEMPLATES)])
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined)


def report_html(*views: Any, version: str = "restricted") -> str:
    doc = {
        "title": "Trafficking in Human Beings",
        "subtitle": "The year 2022",
        "version": version,
        "round": "2022",
        "edition": "Edition 1",
        "replaces": "",
        "reference": "SELEC/THB/2022/1",
        "marking": "For law enforcement use only",
        "releasability": ["May not be passed on."],
        "date_text": "30 June 2023",
        "language": "en",
        "members": ["Albania", "Türkiye"],
        "reading": ["A colon means not reported."],
        "contact": [],
    }
    views = views or (TABLE, FIGURE)
    entries = [
        {"id": view.id, "number": view.number, "title": view.title, "level": 1} for view in views
    ]
    chapters = [
        {"id": "c1", "number": "1", "title": "Victims", "level": 1},
        {"id": "c-tr", "number": "1.1", "title": "Türkiye", "level": 2},
    ]
    return (
        environment(report=REPORT)
        .get_template("report")
        .render(
            doc=doc,
            fonts=font_faces(),
            contents=chapters,
            tables=entries[:1],
            figures=entries[1:2],
            views=views,
            colours=page_colours("#5a2a62", version),
            cover=picture(*cover_colours("#5a2a62", version), 180, ("BG", "GR", "RO")),
        )
    )


def macro(call: str, **context: Any) -> str:
    source = '{% import "shared/macros.html.j2" as m %}{{ ' + call + " }}"
    return environment(call=source).get_template("call").render(**context)


def page(body: str, style: str = "", lang: str = 'lang="en"') -> str:
    font = f"{FACES} html {{ font-family: 'Source Sans Pro' }}"
    return (
        f"<!DOCTYPE html><html {lang}><head><style>{font}"
        f" {style}</style></head><body>{body}</body></html>"
    )


def write(html: str, output: Path, **changes: Any) -> PdfFigures:
    arguments: dict[str, Any] = {
        "base_folder": TEMPLATES,
        "title": "The title",
        "subject": "The subject",
        "date": DATE,
        "attachments": [("data.csv", b"key,value\n", "The numbers")],
    }
    return render_pdf(html, output, **(arguments | changes))


def elements(pdf: pikepdf.Pdf) -> list[Any]:
    found: list[Any] = []

    def walk(element: Any) -> None:
        if isinstance(element, pikepdf.Dictionary) and "/S" in element:
            found.append(element)
            for kid in element.get("/K", []):
                walk(kid)

    walk(pdf.Root.StructTreeRoot.K[0])
    return found


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> tuple[PdfFigures, Path]:
    output = tmp_path_factory.mktemp("pdf") / "report.pdf"
    return write(report_html(), output), output


# --- a report that conforms -----------------------------------------------------------


def test_it_says_it_is_archivable_and_accessible(report: tuple[PdfFigures, Path]) -> None:
    with pikepdf.open(report[1]) as pdf:
        with pdf.open_metadata() as xmp:
            assert (xmp["pdfaid:part"], xmp["pdfaid:conformance"], xmp["pdfuaid:part"]) == (
                "3",
                "A",
                "1",
            )
            assert xmp["dc:title"] == "The title"
        raw = pdf.Root.Metadata.read_bytes()
        assert raw.count(b"<rdf:RDF") == 1
        assert b"pdfaExtension:schemas" in raw
        assert str(pdf.Root.Lang) == "en"
        assert pdf.Root.MarkInfo.Marked
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        assert pdf.Root.OutputIntents[0].S == "/GTS_PDFA1"


def test_it_counts_what_it_wrote(report: tuple[PdfFigures, Path]) -> None:
    figures, output = report
    assert figures.bytes == output.stat().st_size
    assert (figures.tables, figures.figures, figures.attachments) == (1, 1, ("data.csv",))
    assert all(font.startswith("Source-Sans-Pro") for font in figures.fonts)


def test_bookmarks_name_the_chapters(report: tuple[PdfFigures, Path]) -> None:
    with pikepdf.open(report[1]) as pdf, pdf.open_outline() as outline:
        titles = [item.title for item in outline.root]
    assert titles == [
        "Releasability",
        "How to read this report",
        "Contents",
        "1 Victims",
        "A Definitions",
    ]


def test_figures_carry_their_alternative_text(report: tuple[PdfFigures, Path]) -> None:
    with pikepdf.open(report[1]) as pdf:
        assert [str(e.Alt) for e in elements(pdf) if e.S == "/Figure"] == [FIGURE.alt]


def test_cells_know_the_heads_of_both_rows_of_a_grouped_head(
    report: tuple[PdfFigures, Path],
) -> None:
    with pikepdf.open(report[1]) as pdf:
        heads = [e for e in elements(pdf) if e.S == "/TH"]
        cells = [e for e in elements(pdf) if e.S == "/TD"]
        scopes = [str(e.A.Scope) for e in heads]
        assert scopes == ["/Column"] * 7 + ["/Row"] * 3
        ids = [str(e.ID) for e in heads]
        # Row heads: the region, the group of states, the state. The last cell is men in
        # 2022.
        assert [str(name) for name in cells[-1].A.Headers] == [ids[2], ids[6], ids[8], ids[9]]
        assert len(pdf.Root.StructTreeRoot.IDTree.Names) == 2 * len(ids)


def test_a_link_is_one_link_whatever_it_is_made_of(report: tuple[PdfFigures, Path]) -> None:
    with pikepdf.open(report[1]) as pdf:
        links = [e for e in elements(pdf) if e.S == "/Link"]
        annotations = [a for p in pdf.pages for a in p.get("/Annots", [])]
        led = [
            kid
            for e in links
            for kid in e.K
            if isinstance(kid, pikepdf.Dictionary) and kid.get("/Type") == "/OBJR"
        ]
        # Entries of the contents have a number, a title, and a page that the style
        # sheet puts there.
        assert [str(a.Dest) for a in annotations] == ["c1", "c-tr", "thb-f1", "thb-t1", "thb-t1"]
        assert len(links) == len(led) == len(annotations)
        assert [o.Obj.objgen for o in led] == [a.objgen for a in annotations]


def test_attachments_are_dated_csv_data(report: tuple[PdfFigures, Path]) -> None:
    with pikepdf.open(report[1]) as pdf:
        (file,) = pdf.Root.AF
        assert file.AFRelationship == "/Data"
        assert file.EF.F.Subtype == "/text/csv"
        assert file.EF.F.read_bytes() == b"key,value\n"
        assert (
            str(file.EF.F.Params.CreationDate)
            == str(file.EF.F.Params.ModDate)
            == "D:20230630120000Z"
        )
        assert str(pdf.docinfo["/CreationDate"]) == "D:20230630120000Z"


def test_chart_letters_are_text_and_every_page_is_marked_and_numbered(
    report: tuple[PdfFigures, Path],
) -> None:
    pypdf = pytest.importorskip("pypdf")
    figures, output = report
    texts = [page.extract_text() for page in pypdf.PdfReader(output).pages]
    assert "1,720" in "".join(texts)
    assert "Türkiye" in "".join(texts)
    for number, text in enumerate(texts, 1):
        assert text.count("For law enforcement use only") >= 2
        assert f"page {number} of {figures.pages}" in text


def test_contents_print_the_page_a_chapter_starts_on(report: tuple[PdfFigures, Path]) -> None:
    pypdf = pytest.importorskip("pypdf")
    contents = pypdf.PdfReader(report[1]).pages[2].extract_text()
    assert "Victims" in contents
    assert contents.split("Victims", 1)[1].replace(".", "").split()[0] == "4"


def test_a_wide_table_turns_its_page_and_the_next_exhibit_turns_it_back(tmp_path: Path) -> None:
    wide = replace(TABLE, id="thb-t9", wide=True)
    write(report_html(TABLE, FIGURE, wide, replace(TABLE, id="thb-t10")), tmp_path / "wide.pdf")
    with pikepdf.open(tmp_path / "wide.pdf") as pdf:
        shapes = "".join("L" if p.mediabox[2] > p.mediabox[3] else "P" for p in pdf.pages)
    assert shapes.strip("P") == "L"
    assert shapes.endswith("LP")


def test_dates_are_read_as_utc(tmp_path: Path) -> None:
    write(page("<h1>A</h1>"), tmp_path / "a.pdf", date=datetime(2023, 6, 30, 12, 0))
    write(
        page("<h1>A</h1>"),
        tmp_path / "b.pdf",
        date=datetime.fromisoformat("2023-06-30T14:00:00+02:00"),
    )
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()


def test_two_processes_write_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text(report_html(), encoding="utf-8")
    script = (
        "import sys, json\nfrom datetime import datetime\nfrom pathlib import Path\n"
        "from pipeline.system.pdf.write import *\nhtml, output, base = map(Path, sys.argv[1:])\n"
        "figures = render_pdf(html.read_text(encoding='utf-8'), output, base_folder=base,"
        " title='T', subject='S', date=datetime(2023, 6, 30),"
        " attachments=[('b.csv', b'2', 'B'), ('a.csv', b'1', 'A')])\n"
        "print(json.dumps(figures.sha256))"
    )
    settings = [
        {"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo", "LC_ALL": "C"},
        {
            "PYTHONHASHSEED": "77",
            "TZ": "America/Lima",
            "LC_ALL": "C.UTF-8",
            "SOURCE_DATE_EPOCH": "1",
        },
    ]
    processes = [
        subprocess.Popen(
            [
                sys.executable,
                "-c",
                script,
                str(tmp_path / "report.html"),
                str(tmp_path / f"{number}.pdf"),
                str(TEMPLATES),
            ],
            env={**os.environ, **setting},
            cwd=TEMPLATES.parent,
            stdout=subprocess.PIPE,
        )
        for number, setting in enumerate(settings)
    ]
    sums = {json.loads(process.communicate(timeout=60)[0]) for process in processes}
    assert len(sums) == 1
    assert (tmp_path / "0.pdf").read_bytes() == (tmp_path / "1.pdf").read_bytes()


# --- what stops the build -------------------------------------------------------------

BROKEN = {
    "no alternative text": (
        page('<h1>A</h1><img src="data:image/svg+xml,<svg/>">'),
        "no required alt description",
    ),
    "an address of the internet": (
        page('<h1>A</h1><img alt="x" src="https://selec.org/x.png">'),
        "only files of the",
    ),
    "a file of the machine": (
        page('<h1>A</h1><img alt="x" src="file:///etc/passwd">'),
        "only files of the project",
    ),
    "a way out of the folder": (
        page('<h1>A</h1><img alt="x" src="../pyproject.toml">'),
        "only files of the project",
    ),
    "a file of another kind": (
        page('<h1>A</h1><img alt="x" src="shared/base.html.j2">'),
        "only files of the project",
    ),
    "a font that is not there": (
        page("<h1>A</h1>", "@font-face { font-family: X; src: url(x.ttf) }"),
        "be loaded",
    ),
    "a style nobody knows": (page("<h1>A</h1>", "p { colour: red }"), "unknown property"),
    "a link to nowhere": (page('<h1>A</h1><p><a href="#no">x</a></p>'), "No anchor #no"),
    "a link to a file": (
        page('<h1>A</h1><p><a href="shared/x">x</a></p>'),
        "a link leads to a 'file' address",
    ),
    "a script link": (
        page('<h1>A</h1><p><a href="javascript:x()">x</a></p>'),
        "leads to a 'javascript' address",
    ),
    "a letter the font lacks": (page("<h1>A</h1><p>漢</p>"), "漢"),
    "a skipped heading": (page("<h1>A</h1><h3>B</h3>"), "a level is skipped"),
    "no headings": (page("<p>A</p>"), "no bookmarks"),
    "a picture out of a chart": (
        page(
            '<h1>A</h1><img alt="x" src="data:image/svg+xml,<svg'
            " xmlns='http://www.w3.org/2000/svg'><image width='1' height='1'"
            " href='http://x.org/a.png'/></svg>\">"
        ),
        "only files of the project",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_nothing_is_written_when_there_is(case: str, tmp_path: Path) -> None:
    html, message = BROKEN[case]
    output = tmp_path / "report.pdf"
    output.write_bytes(b"the last good one")
    with pytest.raises(RenderError) as error:
        write(html, output)
    assert message in str(error.value)
    assert output.read_bytes() == b"the last good one"
    assert [path.name for path in tmp_path.iterdir()] == ["report.pdf"]


def test_a_link_in_the_folder_that_leads_out_of_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "x.svg").symlink_to(tmp_path / "secret.svg")
    with pytest.raises(RenderError, match="only files of the project"):
        write(
            page('<h1>A</h1><img alt="x" src="x.svg">'),
            tmp_path / "a.pdf",
            base_folder=tmp_path / "templates",
        )


@pytest.mark.parametrize(
    "change",
    [
        {"title": " "},
        {"attachments": [("data.exe", b"", "x")]},
        {"attachments": [("../data.csv", b"", "x")]},
        {"attachments": [("data.csv", b"", "")]},
        {"attachments": [("data.csv", b"1", "x"), ("data.csv", b"2", "x")]},
    ],
)
def test_arguments_that_cannot_be_embedded_are_refused(
    change: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(RenderError):
        write(page("<h1>A</h1>"), tmp_path / "a.pdf", **change)


def test_checks_of_the_finished_file_see_what_is_not_there() -> None:
    content = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.docinfo["/Author"] = "analyst7"
        link = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Dest="t1", Rect=[0, 0, 1, 1]
        )
        pdf.pages[0].Annots = pikepdf.Array([pdf.make_indirect(link)])
        pdf.Root.OpenAction = pdf.make_indirect(
            pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
        )
        pdf.save(content)
    found = check_pdf(content.getvalue(), title="T", language="en", date=DATE).conformance
    failed = "\n".join(found.failures)
    missing = "page 1: a link to t1 is not tagged as a link"
    for words in (
        "not tagged",
        missing,
        "language",
        "output intent",
        "/Author",
        "pdfuaid:part",
        "script",
        "starts an action",
    ):
        assert words in failed


def test_the_check_counts_the_rules_that_ran_and_what_failed(
    report: tuple[PdfFigures, Path],
) -> None:
    checked = report[0].conformance
    assert checked.ran > ALWAYS_RUN
    assert {"alternative text", "table heads", "tagged links", "own fonts"} <= checked.ran
    assert checked.record() == {"rules": len(checked.ran), "failed": 0}
    assert checked.faults() == ()


def test_a_check_that_ran_nothing_or_not_all_has_not_passed() -> None:
    assert Conformance.of([]).faults() != ()
    said = [Verdict(rule) for rule in sorted(ALWAYS_RUN)]
    assert Conformance.of(said).faults() == ()
    for left_out in said:
        (fault,) = Conformance.of([v for v in said if v != left_out]).faults()
        assert fault == f"these rules were not run: {left_out.rule}"
    failing = Conformance.of([*said, Verdict("links", "one"), Verdict("links", "two")])
    assert failing.faults() == ("one", "two")
    assert failing.record() == {"rules": len(said) + 1, "failed": 2}


def test_nothing_is_written_where_no_rule_was_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Conformance, "of", lambda _: Conformance(frozenset(), ()))
    with pytest.raises(RenderError, match="these rules were not run: bookmarks"):
        write(page("<h1>A</h1>"), tmp_path / "a.pdf")
    assert not (tmp_path / "a.pdf").exists()


# --- macros ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("view", "message"),
    [
        (replace(FIGURE, alt=" "), "figure thb-f1 has no alternative text"),
        (replace(FIGURE, title=""), "figure thb-f1 has no caption"),
        (replace(FIGURE, id=""), "a figure has no id"),
        (replace(TABLE, title=""), "table thb-t1 has no caption"),
        (replace(TABLE, id=""), "a table has no id"),
        (replace(TABLE, source=""), "thb-t1 names no source"),
        (replace(TABLE, columns=TABLE.columns[:-1]), "one cell for each column"),
        (replace(TABLE, columns=TABLE.columns[1:]), "first column must be of kind"),
    ],
)
def test_a_part_the_reader_would_miss_stops_the_template(view: Any, message: str) -> None:
    with pytest.raises(UndefinedError, match=message):
        macro("m.exhibit(view)", view=view)


def test_texts_are_never_read_as_markup() -> None:
    html = macro("m.exhibit(view)", view=replace(TABLE, title="<script>x</script>"))
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_an_exhibit_without_data_says_so() -> None:
    assert "No state reported this table." in macro("m.empty(view)", view=EMPTY)
    with pytest.raises(UndefinedError, match="gives no reason"):
        macro("m.empty(view)", view=replace(EMPTY, reason=""))


def test_the_accent_of_a_version_comes_from_one_class() -> None:
    assert '<body class="version-public">' in report_html(version="public")
