"""Does the leak scan find what an attacker would? Real versions are clean; everything
tampered with is caught.

To read a version takes seconds, so a copy is tampered with in several ways that do not
hide each other, and scanned once: each way has to be found for itself.
"""

from __future__ import annotations

import base64
import csv
import io
import json
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pikepdf
import pytest
from builds import EVERY_VERSION_OF_STATES, FOR_PARTNERS, OF_STATES, ROOT, ROUND
from pikepdf import Array, Dictionary, Name, Pdf, Stream, String

from pipeline.errors import LeakError
from pipeline.inspection.leaks.scan import check, scan_version
from pipeline.inspection.leaks.secrets import collect
from pipeline.inspection.readback.marks import Fonts, read_page, to_unicode
from pipeline.inspection.readback.objects import read_name_tree
from pipeline.inspection.readback.report import ScanReport
from pipeline.inspection.readback.words import canaries
from pipeline.project import Project
from pipeline.release.manifest import pdf_of
from pipeline.report.document.order import key_findings_name, short_ledger
from pipeline.report.ledger import charts_of, parse_ledger, statements_of

pytestmark = pytest.mark.slow

CANARY = "canary note quokka of Tirana"
NOTE = "Figure sent by the Ministry on the telephone"
SECRET = "7,654"  # a number that no public report prints
MACHINE = "build-host-wombat"
KINDS = (
    "cell",
    "formula",
    "year",
    "mark",
    "value in chart",
    "alternative text",
    "cell in data file",
)


@dataclass(frozen=True)
class Version:
    """A protected version with what a scan of it goes by."""

    folder: Path
    store: Path
    shown: Path

    @property
    def pdf(self) -> Path:
        return self.folder / pdf_of(p.name for p in self.folder.iterdir())

    @property
    def short(self) -> Path:
        """The key findings, where the version has them as a document of their own."""
        return self.folder / key_findings_name(self.pdf.name)

    def copy(self, folder: Path) -> Version:
        return Version(Path(shutil.copytree(self.folder, folder)), self.store, self.shown)

    def scan(self, secrets: dict[str, str] | None = None) -> ScanReport:
        words = canaries([CANARY]) if secrets is None else secrets
        beside = {self.short.name: short_ledger(self.shown)} if self.short.is_file() else {}
        return scan_version(
            self.folder,
            self.store,
            secrets=words,
            shown=self.shown,
            beside=beside,
            root=ROOT,
            machine=[MACHINE],
        )


@pytest.fixture(scope="session")
def version_of(built: Project) -> Callable[[str, str], Version]:
    """Finished versions with their lists of keys, which the build keeps to itself."""

    def find(report: str, version: str) -> Version:
        where = ROUND, report, version
        return Version(built.master_folder(*where), built.store(*where), built.ledger(*where))

    return find


@pytest.fixture
def copy(version_of: Callable[[str, str], Version], tmp_path: Path) -> Version:
    """A copy of the public report on trafficking, to be tampered with."""
    return version_of("thb", "public").copy(tmp_path / "public")


@pytest.mark.parametrize("report", OF_STATES)
def test_a_public_version_is_clean_and_every_numeral_has_its_class(
    built: Project, version_of: Callable[[str, str], Version], report: str
) -> None:
    secrets = collect(built, ROUND, report, "public")
    assert len(secrets) > 10
    found = version_of(report, "public").scan(secrets)
    assert [str(leak) for leak in found.leaks] == []
    for kind in KINDS:
        assert found.counts[kind] > 15, kind


@pytest.mark.parametrize(
    ("report", "version"), [case for case in EVERY_VERSION_OF_STATES if FOR_PARTNERS in case.values]
)
def test_a_partner_version_was_scanned_when_it_was_built(
    built: Project, report: str, version: str
) -> None:
    manifest = built.version_folder(ROUND, report, version) / "manifest.json"
    counts = json.loads(manifest.read_text(encoding="utf-8"))["build"]["leak_scan"]
    for kind in KINDS:
        assert counts[kind] > 100, kind


def edit(version: Version, change: Callable[[Pdf], None]) -> None:
    """Write the PDF anew after a change, as a tool would: one revision, objects packed."""
    with pikepdf.open(version.pdf, allow_overwriting_input=True) as pdf:
        change(pdf)
        pdf.save(version.pdf, object_stream_mode=pikepdf.ObjectStreamMode.generate)


def add_content(version: Version, content: str, page: int = 8) -> None:
    def change(pdf: Pdf) -> None:
        pdf.pages[page].contents_add(Stream(pdf, content.encode()))

    edit(version, change)


def replace_content(version: Version, page: int, old: bytes, new: bytes) -> None:
    def change(pdf: Pdf) -> None:
        stream = pdf.pages[page].Contents
        data = bytes(stream.read_bytes())
        assert old in data
        stream.write(data.replace(old, new, 1))

    edit(version, change)


def glyphs(version: Version, text: str, page: int = 8) -> str:
    """The text in the codes of the report's own font, with the font's name."""
    with pikepdf.open(version.pdf) as pdf:
        name, codes = next(iter(fonts_with(pdf, page, text)))
        return f"{name} 9 Tf <{''.join(codes[c] for c in text)}> Tj"


def fonts_with(pdf: Pdf, page: int, text: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The fonts of a page that have all letters of a text: name, and letter to code."""
    for name, font in pdf.pages[page].Resources.Font.items():
        pairs = re.findall(rb"<([0-9a-f]{4})> <([0-9a-f]{4})>", font.ToUnicode.read_bytes())
        codes = {chr(int(to, 16)): code.decode() for code, to in pairs}
        if set(text) <= set(codes):
            yield name, codes


def shown_text(version: Version, before: str, x: int = 100, y: int = 60) -> None:
    add_content(
        version,
        f"/P <</MCID 900>> BDC q {before} BT 1 0 0 1 {x} {y} Tm {glyphs(version, SECRET)} ET Q EMC",
    )


def figure(version: Version, kind: str) -> tuple[int, bytes]:
    """Page and drawing of the first chart of a kind."""
    entries = parse_ledger(version.shown.read_bytes(), version.shown)
    wanted = [str(d.data.kind) for d in charts_of(entries)].index(kind)
    with pikepdf.open(version.pdf) as pdf:
        for number, page in enumerate(pdf.pages):
            data = bytes(page.Contents.read_bytes())
            drawings = re.findall(rb"/Figure\n.*?\nEMC\n", data, re.DOTALL)
            if wanted < len(drawings):
                return number, drawings[wanted]
            wanted -= len(drawings)
    raise AssertionError(f"no chart of kind {kind}")


def in_figure(version: Version, kind: str, change: Callable[[bytes], bytes]) -> None:
    page, drawing = figure(version, kind)
    assert change(drawing) != drawing
    replace_content(version, page, drawing, change(drawing))


# --- one way to leak each -------------------------------------------------------------


def white_text(version: Version) -> None:
    shown_text(version, "1 1 1 rg")


def off_page_text(version: Version) -> None:
    shown_text(version, "0 0 0 rg", x=-400)


def unpainted_text(version: Version) -> None:
    shown_text(version, "3 Tr")


def tiny_text(version: Version) -> None:
    shown_text(version, "0.01 0 0 0.01 100 100 cm")


def covered_text(version: Version) -> None:
    line = f"BT 1 0 0 1 100 60 Tm {glyphs(version, SECRET)} ET 0 0 0 rg 90 50 200 40 re f"
    add_content(version, f"/P <</MCID 900>> BDC q {line} Q EMC")


def clipped_text(version: Version) -> None:
    """Text that is painted, and a clip path beside it that leaves nothing of it."""
    shown_text(version, "300 300 20 20 re W n 0 0 0 rg", x=101)


def number_as_a_word(version: Version) -> None:
    word = glyphs(version, "three victims")
    add_content(version, f"/P <</MCID 25>> BDC 0 0 0 rg BT 1 0 0 1 200 60 Tm {word} ET EMC")


def previous_revision(version: Version) -> None:
    """The title once said the number; a later revision takes it back."""
    edit(version, lambda pdf: pdf.docinfo.__setitem__("/Title", f"{SECRET} victims"))
    data = version.pdf.read_bytes()
    with pikepdf.open(version.pdf) as pdf:
        number = pdf.trailer.Info.objgen[0]
        size = int(pdf.trailer.Size)
        root = pdf.trailer.Root.objgen[0]
    previous = re.findall(rb"startxref\s+(\d+)", data)[-1].decode()
    entry = f"{number} 0 obj\n<</Title (Report)>>\nendobj\n".encode()
    table = f"xref\n{number} 1\n{len(data) + 1:010d} 00000 n \n".encode()
    about = f"<</Size {size}/Root {root} 0 R/Info {number} 0 R/Prev {previous}>>"
    trailer = f"trailer\n{about}\nstartxref\n".encode()
    end = f"{len(data) + 1 + len(entry)}\n%%EOF\n".encode()
    version.pdf.write_bytes(data + b"\n" + entry + table + trailer + end)


def attachment(version: Version) -> None:
    edit(
        version,
        lambda pdf: pdf.attachments.__setitem__(
            "all.csv", b"key,value\nTHB_VICTIMS:RO.2022.F.Y_LT18,3\n"
        ),
    )


def other_data_in_attachment(version: Version) -> None:
    edit(
        version,
        lambda pdf: pdf.Root.AF[0].EF.F.write(b"key,value,unit,obs_status,conf_status,coverage\n"),
    )


def xmp_field(version: Version) -> None:
    def change(pdf: Pdf) -> None:
        data = bytes(pdf.Root.Metadata.read_bytes())
        field = b'<rdf:Description rdf:about="" pdf:Keywords="7654 victims"/></rdf:RDF>'
        pdf.Root.Metadata.write(data.replace(b"</rdf:RDF>", field))

    edit(version, change)


def xmp_date(version: Version) -> None:
    def change(pdf: Pdf) -> None:
        data = bytes(pdf.Root.Metadata.read_bytes())
        pdf.Root.Metadata.write(
            re.sub(rb"\d{4}-\d\d-\d\dT12:00:00Z", b"2025-11-21T23:28:07Z", data, count=1)
        )

    edit(version, change)


def info_field(version: Version) -> None:
    edit(version, lambda pdf: pdf.docinfo.__setitem__("/Keywords", "an early draft"))


def info_title(version: Version) -> None:
    edit(version, lambda pdf: pdf.docinfo.__setitem__("/Title", f"{SECRET} victims"))


def info_date(version: Version) -> None:
    edit(version, lambda pdf: pdf.docinfo.__setitem__("/ModDate", "D:20251121232807Z"))


def outline_title(version: Version) -> None:
    edit(
        version,
        lambda pdf: pdf.Root.Outlines.First.__setattr__("Title", String(f"Minors: {SECRET}")),
    )


def alternative_text(version: Version) -> None:
    def change(pdf: Pdf) -> None:
        figures = (o for o in pdf.objects if isinstance(o, Dictionary) and o.get("/S") == "/Figure")
        figure = next(f for f in figures if "1,685" in str(f.Alt))
        figure.Alt = String(str(figure.Alt).replace("1,685", "1,684"))

    edit(version, change)


def actual_text(version: Version) -> None:
    def change(pdf: Pdf) -> None:
        cell = next(o for o in pdf.objects if isinstance(o, Dictionary) and o.get("/S") == "/TD")
        cell.ActualText = String("3")

    edit(version, change)


def form_field(version: Version) -> None:
    def change(pdf: Pdf) -> None:
        field = pdf.make_indirect(Dictionary(FT=Name.Tx, T=String("count"), V=String("3")))
        pdf.Root.AcroForm = Dictionary(Fields=Array([field]))

    edit(version, change)


def comment(version: Version) -> None:
    def change(pdf: Pdf) -> None:
        rectangle = Array([0, 0, 10, 10])
        note = Dictionary(
            Type=Name.Annot, Subtype=Name.Text, Rect=rectangle, Contents=String("Albania had three")
        )
        pdf.pages[8].Annots = Array([pdf.make_indirect(note)])

    edit(version, change)


def script(version: Version) -> None:
    edit(
        version,
        lambda pdf: pdf.Root.__setitem__(
            "/OpenAction", Dictionary(S=Name.JavaScript, JS=String("x"))
        ),
    )


def layer(version: Version) -> None:
    edit(version, lambda pdf: pdf.Root.__setitem__("/OCProperties", Dictionary(OCGs=Array([]))))


def unreferenced_object(version: Version) -> None:
    """An object that stands in the table and is reached from nowhere: tools drop it
    when they write, so it is added.
    """
    data = version.pdf.read_bytes()
    with pikepdf.open(version.pdf) as pdf:
        pdf.save(
            version.pdf.with_suffix(".flat"), object_stream_mode=pikepdf.ObjectStreamMode.disable
        )
    flat = version.pdf.with_suffix(".flat")
    data = flat.read_bytes()
    flat.unlink()
    start = data.rindex(b"\nxref") + 1
    size = int(re.findall(rb"/Size (\d+)", data[start:])[0])
    extra = f"{size} 0 obj\n(women in Albania: 3)\nendobj\n".encode()
    table = data[start:].replace(f"xref\n0 {size}\n".encode(), f"xref\n0 {size + 1}\n".encode())
    table = table.replace(b"trailer", f"{start:010d} 00000 n \ntrailer".encode(), 1)
    table = table.replace(f"/Size {size}".encode(), f"/Size {size + 1}".encode())
    table = re.sub(rb"startxref\n\d+", f"startxref\n{start + len(extra)}".encode(), table)
    version.pdf.write_bytes(data[:start] + extra + table)


def bytes_between_objects(version: Version) -> None:
    data = version.pdf.read_bytes()
    at = data.index(b"startxref")
    version.pdf.write_bytes(data[:at] + b"% women in Albania: 3\n" + data[at:])


def undrawn_form(version: Version) -> None:
    def change(pdf: Pdf) -> None:
        form = Stream(pdf, b"q Q")
        form.Type, form.Subtype, form.BBox = Name.XObject, Name.Form, Array([0, 0, 9, 9])
        pdf.pages[8].Resources.XObject["/x9999"] = pdf.make_indirect(form)

    edit(version, change)


def glyph_left_in_font(version: Version) -> None:
    def change(pdf: Pdf) -> None:
        font = next(iter(pdf.pages[8].Resources.Font.values()))
        cmap = bytes(font.ToUnicode.read_bytes())
        font.ToUnicode.write(
            re.sub(rb"(\d+) beginbfchar\n", rb"\1 beginbfchar\n<06ff> <0416>\n", cmap, count=1)
        )

    edit(version, change)


def longer_bar(version: Version) -> None:
    """One bar of a chart is a little longer than its value."""

    def change(drawing: bytes) -> bytes:
        corner = re.search(
            rb"\n([\d.]+) ([\d.]+) m\n([\d.]+) \2 l\n\3 ([\d.]+) l\n\1 \4 l\nh\nB\n", drawing
        )
        assert corner
        longer = corner[0].replace(
            b"\n" + corner[3], b"\n" + f"{float(corner[3]) + 2:.2f}".encode()
        )
        return drawing.replace(corner[0], longer, 1)

    in_figure(version, "grouped_bar", change)


def another_bar(version: Version) -> None:
    in_figure(
        version,
        "grouped_bar",
        lambda d: _last(d, b"0.0784 0.1294 0.2392 rg 1 1 1 RG 31 20 40 7 re B"),
    )


def raised_marker(version: Version) -> None:
    def change(drawing: bytes) -> bytes:
        marker = re.search(
            rb"1 0 0 1 ([\d.]+) ([\d.]+) cm\n(?:(?!BT|cm).)*? c\n", drawing, re.DOTALL
        )
        assert marker
        raised = f"1 0 0 1 {marker[1].decode()} {float(marker[2]) - 1:.2f} cm\n".encode()
        return drawing.replace(b"1 0 0 1 %s %s cm\n" % marker.groups(), raised)

    in_figure(version, "line", change)


def recoloured_tile(version: Version) -> None:
    """A state takes the colour of another class."""

    def change(drawing: bytes) -> bytes:
        colours = re.findall(rb"(0\.\d+ 0\.\d+ 0\.\d+) rg\n", drawing)
        # the first colour of all is that of the land around
        first = next(c for c in colours if c != colours[0])
        other = next(c for c in colours if c not in (colours[0], first))
        return drawing.replace(first + b" rg\n", other + b" rg\n", 1)

    in_figure(version, "map", change)


def coloured_tile(version: Version) -> None:
    """A withheld figure's tile takes the colour of a class."""
    in_figure(version, "heat", lambda d: d.replace(b"1 1 1 rg", b"0.2471 0.4706 0.6471 rg", 1))


def text_in_chart(version: Version) -> None:
    page, _ = figure(version, "map")
    text = f"0 0 0 rg BT 1 0 0 -1 60 60 Tm {glyphs(version, '3', page)} ET"
    in_figure(version, "map", lambda d: _last(d, text.encode()))


def second_number_at_an_axis(version: Version) -> None:
    """Another number stands in the place of one of the axis, where it would be taken
    for the scale.
    """
    page, _ = figure(version, "line")
    with pikepdf.open(version.pdf) as pdf:
        texts = read_page(pdf.pages[page], Fonts()).texts
        top = float(pdf.pages[page].mediabox[3])
    pieces = Counter(t.place for t in texts)
    zero = next(t for t in texts if t.text == "0" and pieces[t.place] == 1)
    place = f"{zero.x / 0.75:.2f} {(top - zero.y) / 0.75:.2f}"  # the page is laid out in CSS pixels
    text = f"0 0 0 rg BT 1 0 0 -1 {place} Tm {glyphs(version, '3', page)} ET"
    in_figure(version, "line", lambda d: _last(d, text.encode()))


def _last(drawing: bytes, content: bytes) -> bytes:
    return drawing.removesuffix(b"EMC\n") + content + b"\nEMC\n"


def other_outline(version: Version) -> None:
    """An island of the map lies elsewhere: a shape could stand for a number."""

    def change(drawing: bytes) -> bytes:
        # each path begins at 0 0 before it goes to its own first corner
        corner = re.search(rb"\n(\d+\.\d+) ([\d.]+) m\n", drawing[len(drawing) // 2 :])
        assert corner
        moved = f"\n{float(corner[1]) + 9:.2f} ".encode() + corner[2] + b" m\n"
        return drawing[: len(drawing) // 2] + drawing[len(drawing) // 2 :].replace(
            corner[0], moved, 1
        )

    in_figure(version, "map", change)


def drawing_on_the_cover(version: Version) -> None:
    add_content(version, "/Artifact BMC 0.2 0.2 0.2 rg 100 60 m 140 63 l 120 90 l f EMC", page=0)


def drawing_beside_charts(version: Version) -> None:
    add_content(version, "/Artifact BMC 0.2 0.2 0.2 rg 100 60 m 140 63 l 120 90 l f EMC")


def cell_of_a_table(version: Version) -> None:
    print_another_number(version, page_of(version, "thb-t1"), "1,856")


def number_in_a_sentence(version: Version) -> None:
    # the key figure stands before it
    print_another_number(version, page_of(version, "summary"), "1,856", which=1)


def key_figure(version: Version) -> None:
    """The first of the large numbers that open the report is another one."""
    print_another_number(version, page_of(version, "summary"), "1,856")


def print_another_number(version: Version, page: int, number: str, which: int = 0) -> None:
    """The page prints the first digit once more in the place of the last: 1,851 where
    it printed 1,856.
    """
    with pikepdf.open(version.pdf) as pdf:
        data = bytes(pdf.pages[page].Contents.read_bytes())
        found = []
        for font in pdf.pages[page].Resources.Font.values():
            texts = to_unicode(font.ToUnicode.read_bytes())
            codes = [
                b"|".join(b"%04x" % code for code, text in texts.items() if text == c)
                for c in number
            ]
            if all(codes):  # a digit has a glyph for tables and one for text
                found += list(
                    re.finditer(rb"(?:>-?[\d.]*<)?".join(b"(?:%s)" % c for c in codes), data)
                )
    places = {m.start(): m for m in found}  # two weights of the font may have the same codes
    assert len(places) > which
    match = places[sorted(places)[which]]
    changed = match[0][:-4] + match[0][:4]
    with pikepdf.open(version.pdf, allow_overwriting_input=True) as pdf:
        pdf.pages[page].Contents.write(data[: match.start()] + changed + data[match.end() :])
        pdf.save(version.pdf, object_stream_mode=pikepdf.ObjectStreamMode.generate)


def number_on_a_country_page(version: Version) -> None:
    """Where the page of a state begins with its figures, one of them is another."""
    facts = (s.text for s in statements_of(parse_ledger(version.shown.read_bytes(), version.shown)))
    number = next(fact.split()[0] for fact in facts if fact.endswith(" registered victims, 2022"))
    print_another_number(version, country_page(version, "al"), number)


def count_of_a_withheld_cell(version: Version) -> None:
    """A table on the page of a state prints 3 where the figure is withheld."""
    page = country_page(version, "rs")
    places: list[int] = []
    with pikepdf.open(version.pdf) as pdf:
        data = bytes(pdf.pages[page].Contents.read_bytes())
        for _, codes in fonts_with(pdf, page, "c3"):
            form = rb"\[<%s>0\] TJ" % codes["c"].encode()
            if places := [m.start() for m in re.finditer(form, data[: data.index(b"/Figure")])]:
                break
    # text that is set side by side is drawn before its charts: here are the tables
    place = places[len(places) // 2]
    old = data[data.rindex(b"BT", 0, place) : place + 6]
    replace_content(version, page, old, old[:-4] + codes["3"].encode())


def country_page(version: Version, state: str) -> int:
    return page_of(version, f"state-{state}")


def page_of(version: Version, name: str) -> int:
    """The page on which a heading or an exhibit stands."""
    with pikepdf.open(version.pdf) as pdf:
        numbers = {page.obj.objgen: number for number, page in enumerate(pdf.pages)}
        return numbers[dict(read_name_tree(pdf.Root, "/Dests"))[name][0].objgen]


def canary_in_base64(version: Version) -> None:
    hidden(version, base64.b64encode(f"xx{CANARY}".encode()))


def canary_in_utf16(version: Version) -> None:
    hidden(version, CANARY.encode("utf-16-be"))


def canary_in_hex(version: Version) -> None:
    hidden(version, CANARY.encode().hex().encode())


def canary_reversed(version: Version) -> None:
    hidden(version, CANARY.upper()[::-1].encode())


def hidden(version: Version, data: bytes) -> None:
    """Bytes in a comment of a content stream, which no viewer shows."""
    with pikepdf.open(version.pdf, allow_overwriting_input=True) as pdf:
        pdf.pages[8].contents_add(Stream(pdf, b"q Q\n% " + data + b"\n"))
        pdf.save(
            version.pdf, object_stream_mode=pikepdf.ObjectStreamMode.generate, compress_streams=True
        )


def canary_of_a_note(version: Version) -> None:
    """A note of a return, in capitals and with its letters in another order of bytes."""
    hidden(version, NOTE.upper().encode("utf-16-le"))


def canary_in_text(version: Version) -> None:
    title = String("Canary\u00ad-note QUOKKA, of Tirana")
    edit(version, lambda pdf: pdf.Root.Outlines.First.__setattr__("Title", title))


def folder_of_a_build(version: Version) -> None:
    edit(version, lambda pdf: pdf.docinfo.__setitem__("/Subject", "/home/analyst/outputs/2022/thb"))


def name_of_the_machine(version: Version) -> None:
    edit(
        version,
        lambda pdf: pdf.docinfo.__setitem__("/Subject", f"Public version, {MACHINE.upper()}"),
    )


def producer(version: Version) -> None:
    edit(version, lambda pdf: pdf.docinfo.__setitem__("/Producer", "WeasyPrint 70.0 on analyst-pc"))


def value_of_a_withheld_cell(version: Version) -> None:
    rewrite_cells(version, lambda row: {**row, "value": "3"} if row["conf_status"] == "S" else row)


def coverage_of_a_withheld_cell(version: Version) -> None:
    rewrite_cells(
        version, lambda row: {**row, "coverage": "9/11"} if row["conf_status"] == "S" else row
    )


def rewrite_cells(version: Version, change: Callable[[dict[str, str]], dict[str, str]]) -> None:
    path = version.folder / "cells.csv"
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(change(row) for row in rows)
    path.write_text(text.getvalue(), encoding="utf-8")


def input_in_manifest(version: Version) -> None:
    path = version.folder / "manifest.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["inputs"]["returns/2022/thb/RO.xlsx"] = "0" * 64
    path.write_text(json.dumps(content), encoding="utf-8")


def file_left_behind(version: Version) -> None:
    (version.folder / "shown.json").write_text("[]", encoding="utf-8")


Cases = dict[Callable[[Version], None], str]
PUBLIC: dict[str, Cases] = {
    "texts": {
        white_text: "white text on white: '7,654'",
        off_page_text: "text outside of the page: '7,654'",
        unpainted_text: "text in rendering mode 3: '7,654'",
        tiny_text: "text 0.1 points high: '7,654'",
        clipped_text: "text outside of its clip path: '7,654'",
        covered_text: "text under a filled area: '7,654'",
        number_in_a_sentence: "'1,851' in 'Against 2021, the number of registered victims",
        cell_of_a_table: "TD in thb-t1: '1,851 i' is printed for THB_VICTIMS:SELEC.2022._T._T",
        canary_in_base64: "'canary note quokka of Tirana' as base64",
        canary_in_hex: "'canary note quokka of Tirana' as hex",
        canary_reversed: "'canary note quokka of Tirana' as text, reversed",
        input_in_manifest: "the input 'returns/2022/thb/RO.xlsx'",
        file_left_behind: "shown.json: a file that the manifest does not name",
        bytes_between_objects: "outside of any object: b'% women in Albania: 3'",
    },
    "entries": {
        attachment: "attachment all.csv: 4. bytes",
        xmp_field: "XMP: Keywords: 7654 victims",
        info_field: "an entry /Keywords",
        info_title: "'7,654' in '7,654 victims'",
        info_date: "'D:20251121232807Z'",
        outline_title: "'7,654' in 'Minors: 7,654'",
        actual_text: "an entry /ActualText",
        form_field: "an entry /AcroForm",
        comment: "an annotation /Text",
        script: "an entry /OpenAction",
        layer: "an entry /OCProperties",
        undrawn_form: "a form that no page draws",
        glyph_left_in_font: "1 characters that no page shows: Ж",
        folder_of_a_build: "/Subject: '/home/analyst'",
        producer: "/Producer: 'WeasyPrint 70.0 on analyst-pc'",
        value_of_a_withheld_cell: r"cells.csv line .*,3,.*\(the cell is withheld",
        unreferenced_object: "nothing refers to: women in Albania: 3",
    },
    "charts": {
        longer_bar: "chart thb-f7: a mark shows about",
        raised_marker: "chart thb-f1: a mark shows about",
        recoloured_tile: "chart thb-f4: the tile of .* has the colour of another class",
        text_in_chart: "chart thb-f4: '3'",
        other_outline: "chart thb-f4: a path at .* is no outline of the region",
        alternative_text: "the alternative text '.*1,684 in 2018",
        drawing_beside_charts: "a drawing outside of the charts",
        other_data_in_attachment: "attachment cells.csv: 47 bytes",
        xmp_date: "XMP: CreateDate: 2025-11-21",
        canary_in_text: "/Title: 'canary note quokka of Tirana' as text",
        name_of_the_machine: f"'{MACHINE}'",
        coverage_of_a_withheld_cell: r"cells.csv line .*9/11,? \(the cell is withheld",
        previous_revision: "revision 1, object .*7,654",
    },
    "more": {
        another_bar: "chart thb-f7: a (mark shows|filled area)",
        second_number_at_an_axis: "chart thb-f1: labels (0 and 3|3 and 0) at one grid line",
        canary_in_utf16: "'canary note quokka of Tirana' as",
        number_as_a_word: "'three victims'",
        key_figure: "TD in thb-h1: '1,851' is printed for THB_VICTIMS:SELEC.2022._T._T",
        drawing_on_the_cover: "page 1: a drawing outside of the charts",
    },
}
PARTNER: Cases = {
    number_on_a_country_page: (
        "no sentence reads '.* registered victims, 2022' with the released values"
    ),
    count_of_a_withheld_cell: "TD in thb-c.*-rs: '3' is printed for THB_.*RS.*released is c",
    coloured_tile: "chart thb-f4s: the tile of .* is coloured",
    canary_of_a_note: f"'{NOTE}' as",
    number_as_a_word: "'three victims'",
}


@pytest.mark.sampled(3)
@pytest.mark.parametrize("group", PUBLIC)
def test_what_was_tampered_with_in_a_public_version_is_caught(copy: Version, group: str) -> None:
    assert not_caught(copy, PUBLIC[group]) == []


def test_what_was_tampered_with_in_a_partner_version_is_caught(
    version_of: Callable[[str, str], Version], tmp_path: Path
) -> None:
    assert not_caught(version_of("thb", "partner").copy(tmp_path / "partner"), PARTNER) == []


def not_caught(version: Version, cases: Cases) -> list[str]:
    """The ways to tamper with a version that a scan after all of them did not find,
    with what it found.
    """
    for tamper in cases:
        tamper(version)
    found = [str(leak) for leak in version.scan(canaries([CANARY, NOTE])).leaks]
    missed = [
        tamper.__name__
        for tamper, wanted in cases.items()
        if not any(re.search(wanted, f) for f in found)
    ]
    return [*missed, *found] if missed else []


def test_writing_a_file_anew_is_no_leak(copy: Version) -> None:
    """What the other cases are caught by is what they hide, not that a tool wrote the
    file.
    """
    edit(copy, lambda pdf: None)
    assert [str(leak) for leak in copy.scan().leaks] == []


def test_a_leak_stops_the_build_with_file_place_and_remedy(copy: Version) -> None:
    info_title(copy)
    with pytest.raises(LeakError) as caught:
        check(copy.folder, copy.store, {}, shown=copy.shown, root=ROOT)
    message = str(caught.value)
    assert "selec-thb-2022-public-1.pdf" in message
    assert "7,654" in message
    assert "to do:" in message


def test_short_and_public_phrases_are_no_canaries() -> None:
    public = "The parts and the unknown add up to the total."
    assert canaries(
        ["RO.xlsx", "54 in 2021, 16 in 2022", "unknown add up to the total", CANARY], public
    ) == {"canarynotequokkaoftirana": CANARY}
