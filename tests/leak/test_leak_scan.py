"""Does the leak scan find what an attacker would? Real public versions are clean; each tampered copy is caught."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pikepdf
import pytest
from builds import ROOT, ROUND
from pikepdf import Array, Dictionary, Name, Pdf, Stream, String

from pipeline.contracts.model import Contracts
from pipeline.errors import LeakError
from pipeline.leaks.report import ScanReport
from pipeline.leaks.scan import check, scan_version
from pipeline.leaks.secrets import collect
from pipeline.leaks.words import canaries
from pipeline.project import REPORTS, Project
from pipeline.report.document import build_document
from pipeline.report.store import Store

pytestmark = pytest.mark.slow

CANARY = "canary note quokka of Tirana"
SECRET = "7,654"  # a number that no public report prints
MACHINE = "build-host-wombat"


@dataclass(frozen=True)
class Version:
    """A public version with what a scan of it goes by."""

    folder: Path
    store: Path
    shown: Path

    @property
    def pdf(self) -> Path:
        return next(self.folder.glob("*.pdf"))

    def scan(self, secrets: dict[str, str] | None = None) -> ScanReport:
        words = canaries([CANARY]) if secrets is None else secrets
        return scan_version(self.folder, self.store, words, shown=self.shown, root=ROOT, machine=[MACHINE])


@pytest.fixture(scope="session")
def versions(built: Project, contracts: Contracts, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Version]:
    """The three public versions with their lists of keys, which the build keeps to itself."""
    folder, found = tmp_path_factory.mktemp("shown"), {}
    for report in REPORTS:
        store = built.store(ROUND, report, "public")
        opened = Store(store, contracts, report, "public")
        build_document(opened, built.templates)
        (folder / f"{report}.json").write_text(json.dumps(opened.shown), encoding="utf-8")
        found[report] = Version(built.version_folder(ROUND, report, "public"), store, folder / f"{report}.json")
    return found


@pytest.fixture
def copy(versions: dict[str, Version], tmp_path: Path) -> Version:
    """A copy of the public report on trafficking, to be tampered with."""
    thb = versions["thb"]
    return Version(Path(shutil.copytree(thb.folder, tmp_path / "public")), thb.store, thb.shown)


@pytest.mark.parametrize("report", REPORTS)
def test_a_public_version_is_clean_and_every_numeral_has_its_class(
    built: Project, versions: dict[str, Version], report: str
) -> None:
    secrets = collect(built, ROUND, report, "public")
    assert len(secrets) > 20
    found = versions[report].scan(secrets)
    assert [str(leak) for leak in found.leaks] == []
    for kind in ("cell", "formula", "year", "mark", "value in chart", "alternative text", "cell in data file"):
        assert found.counts[kind] > 15, kind


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


def glyphs(version: Version, text: str) -> str:
    """The text in the codes of the report's own font, with the font's name."""
    with pikepdf.open(version.pdf) as pdf:
        for name, font in pdf.pages[8].Resources.Font.items():
            pairs = re.findall(rb"<([0-9a-f]{4})> <([0-9a-f]{4})>", font.ToUnicode.read_bytes())
            codes = {chr(int(to, 16)): code.decode() for code, to in pairs}
            if set(text) <= set(codes):
                return f"{name} 9 Tf <{''.join(codes[c] for c in text)}> Tj"
    raise AssertionError(f"no font has all of {text}")


def shown_text(version: Version, before: str, x: int = 100, y: int = 60) -> None:
    add_content(version, f"/P <</MCID 900>> BDC {before} BT 1 0 0 1 {x} {y} Tm {glyphs(version, SECRET)} ET EMC")


# --- one way to leak each ---------------------------------------------------------------------------------------------


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
    add_content(version, f"/P <</MCID 900>> BDC {line} EMC")


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
    trailer = f"trailer\n<</Size {size}/Root {root} 0 R/Info {number} 0 R/Prev {previous}>>\nstartxref\n".encode()
    end = f"{len(data) + 1 + len(entry)}\n%%EOF\n".encode()
    version.pdf.write_bytes(data + b"\n" + entry + table + trailer + end)


def attachment(version: Version) -> None:
    edit(version, lambda pdf: pdf.attachments.__setitem__("all.csv", b"key,value\nTHB_VICTIMS:RO.2022.F.Y_LT18,3\n"))


def other_data_in_attachment(version: Version) -> None:
    edit(version, lambda pdf: pdf.Root.AF[0].EF.F.write(b"key,value,unit,obs_status,conf_status,coverage\n"))


def xmp_field(version: Version) -> None:
    def change(pdf: Pdf) -> None:
        data = bytes(pdf.Root.Metadata.read_bytes())
        field = b'<rdf:Description rdf:about="" pdf:Keywords="7654 victims"/></rdf:RDF>'
        pdf.Root.Metadata.write(data.replace(b"</rdf:RDF>", field))

    edit(version, change)


def xmp_date(version: Version) -> None:
    def change(pdf: Pdf) -> None:
        data = bytes(pdf.Root.Metadata.read_bytes())
        pdf.Root.Metadata.write(data.replace(b"2023-03-31T12:00:00Z", b"2025-11-21T23:28:07Z", 1))

    edit(version, change)


def info_field(version: Version) -> None:
    edit(version, lambda pdf: pdf.docinfo.__setitem__("/Keywords", "an early draft"))


def info_title(version: Version) -> None:
    edit(version, lambda pdf: pdf.docinfo.__setitem__("/Title", f"{SECRET} victims"))


def info_date(version: Version) -> None:
    edit(version, lambda pdf: pdf.docinfo.__setitem__("/ModDate", "D:20251121232807Z"))


def outline_title(version: Version) -> None:
    edit(version, lambda pdf: pdf.Root.Outlines.First.__setattr__("Title", String(f"Minors: {SECRET}")))


def alternative_text(version: Version) -> None:
    def change(pdf: Pdf) -> None:
        figure = next(o for o in pdf.objects if isinstance(o, Dictionary) and o.get("/S") == "/Figure")
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
        note = Dictionary(Type=Name.Annot, Subtype=Name.Text, Rect=rectangle, Contents=String("Albania had three"))
        pdf.pages[8].Annots = Array([pdf.make_indirect(note)])

    edit(version, change)


def script(version: Version) -> None:
    edit(version, lambda pdf: pdf.Root.__setitem__("/OpenAction", Dictionary(S=Name.JavaScript, JS=String("x"))))


def layer(version: Version) -> None:
    edit(version, lambda pdf: pdf.Root.__setitem__("/OCProperties", Dictionary(OCGs=Array([]))))


def unreferenced_object(version: Version) -> None:
    """An object that stands in the table and is reached from nowhere: tools drop it when they write, so it is added."""
    data = version.pdf.read_bytes()
    with pikepdf.open(version.pdf) as pdf:
        pdf.save(version.pdf.with_suffix(".flat"), object_stream_mode=pikepdf.ObjectStreamMode.disable)
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
        font.ToUnicode.write(re.sub(rb"(\d+) beginbfchar\n", rb"\1 beginbfchar\n<06ff> <0416>\n", cmap, count=1))

    edit(version, change)


def longer_bar(version: Version) -> None:
    """One bar of the chart of sex and age is a little longer than its value."""
    with pikepdf.open(version.pdf) as pdf:
        data = bytes(pdf.pages[9].Contents.read_bytes())
    figure = data[data.index(b"/Figure") :]
    corner = re.search(rb"\n([\d.]+) ([\d.]+) m\n([\d.]+) \2 l\n\3 ([\d.]+) l\n\1 \4 l\nh\nB\n", figure)
    assert corner
    old = corner[0]
    right = corner[3]
    new = old.replace(b"\n" + right, b"\n" + f"{float(right) + 2:.2f}".encode())
    replace_content(version, 9, old, new)


def another_bar(version: Version) -> None:
    add_to_figure(version, 9, "0.0784 0.1294 0.2392 rg 1 1 1 RG 31 20 40 7 re B")


def raised_marker(version: Version) -> None:
    replace_content(version, 4, b"1 0 0 1 46.87 78.34 cm", b"1 0 0 1 46.87 77.34 cm")


def coloured_tile(version: Version) -> None:
    """A withheld state's tile takes the colour of a class."""
    with pikepdf.open(version.pdf) as pdf:
        data = bytes(pdf.pages[8].Contents.read_bytes())
    at = data.index(b"1 1 1 rg", data.index(b"/Figure"))
    old = data[at : at + 200]
    replace_content(version, 8, old, old.replace(b"1 1 1 rg", b"0.2471 0.4706 0.6471 rg"))


def text_in_chart(version: Version) -> None:
    add_to_figure(version, 8, f"0 0 0 rg BT 1 0 0 -1 60 60 Tm {glyphs(version, '3')} ET")


def add_to_figure(version: Version, page: int, content: str) -> None:
    with pikepdf.open(version.pdf) as pdf:
        data = bytes(pdf.pages[page].Contents.read_bytes())
    start = data.index(b"/Figure")
    end = data.index(b"EMC", start)
    replace_content(version, page, data[start:end], data[start:end] + content.encode() + b"\n")


def drawing_beside_charts(version: Version) -> None:
    add_content(version, "/Artifact BMC 0.2 0.2 0.2 rg 100 60 m 140 63 l 120 90 l f EMC")


def cell_of_a_table(version: Version) -> None:
    print_another_number(version, page=5)


def number_in_a_sentence(version: Version) -> None:
    print_another_number(version, page=4)


def print_another_number(version: Version, page: int) -> None:
    """The page prints 1,851 where it printed 1,856."""
    with pikepdf.open(version.pdf) as pdf:
        data = bytes(pdf.pages[page].Contents.read_bytes())
    code = re.search(r"<(.+)>", glyphs(version, "1,856"))
    assert code
    digits = [code[1][i : i + 4] for i in range(0, len(code[1]), 4)]
    found = re.search(r"-?\d*".join(f"<{d}>" for d in digits).encode(), data)
    assert found
    replace_content(version, page, found[0], found[0].replace(digits[-1].encode(), digits[0].encode()))


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
        pdf.save(version.pdf, object_stream_mode=pikepdf.ObjectStreamMode.generate, compress_streams=True)


def canary_in_text(version: Version) -> None:
    title = String("Canary\u00ad-note QUOKKA, of Tirana")
    edit(version, lambda pdf: pdf.Root.Outlines.First.__setattr__("Title", title))


def folder_of_a_build(version: Version) -> None:
    edit(version, lambda pdf: pdf.docinfo.__setitem__("/Subject", "/home/analyst/outputs/2022/thb"))


def name_of_the_machine(version: Version) -> None:
    edit(version, lambda pdf: pdf.docinfo.__setitem__("/Subject", f"Public version, {MACHINE.upper()}"))


def producer(version: Version) -> None:
    edit(version, lambda pdf: pdf.docinfo.__setitem__("/Producer", "WeasyPrint 70.0 on analyst-pc"))


def value_of_a_withheld_cell(version: Version) -> None:
    rewrite_cells(version, lambda row: {**row, "value": "3"} if row["conf_status"] == "S" else row)


def coverage_of_a_withheld_cell(version: Version) -> None:
    rewrite_cells(version, lambda row: {**row, "coverage": "9/11"} if row["conf_status"] == "S" else row)


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


TAMPERED: dict[Callable[[Version], None], str] = {
    white_text: "white text on white: '7,654'",
    off_page_text: "text outside of the page: '7,654'",
    unpainted_text: "text in rendering mode 3: '7,654'",
    tiny_text: "text 0.1 points high: '7,654'",
    covered_text: "text under a filled area: '7,654'",
    previous_revision: "revision 1, object .*7,654",
    attachment: "attachment all.csv: 4. bytes",
    other_data_in_attachment: "attachment cells.csv: 47 bytes",
    xmp_field: "XMP: Keywords: 7654 victims",
    xmp_date: "XMP: CreateDate: 2025-11-21",
    info_field: "an entry /Keywords",
    info_title: "'7,654' in '7,654 victims'",
    info_date: "'D:20251121232807Z'",
    outline_title: "'7,654' in 'Minors: 7,654'",
    alternative_text: "the alternative text '.*1,684 in 2018",
    actual_text: "an entry /ActualText",
    form_field: "an entry /AcroForm",
    comment: "an annotation /Text",
    script: "an entry /OpenAction",
    layer: "an entry /OCProperties",
    unreferenced_object: "nothing refers to: women in Albania: 3",
    bytes_between_objects: "outside of any object: b'% women in Albania: 3'",
    undrawn_form: "a form that no page draws",
    glyph_left_in_font: "1 characters that no page shows: Ж",
    longer_bar: "chart thb-f3b: a mark shows about",
    another_bar: "chart thb-f3b: a (mark shows|filled area)",
    raised_marker: "chart thb-f1: a mark shows about 1,700",
    coloured_tile: "chart thb-f4: the tile of .* is coloured",
    text_in_chart: "chart thb-f4: the drawing cannot be read back .*6 labels",
    cell_of_a_table: "TD in thb-t1: '1,851' is printed for THB_VICTIMS:SELEC.2022._T._T",
    number_in_a_sentence: "'1,851' in 'In 2022 the authorities",
    drawing_beside_charts: "a drawing outside of the charts",
    canary_in_base64: "'canary note quokka of Tirana' as base64",
    canary_in_utf16: "'canary note quokka of Tirana' as",
    canary_in_hex: "'canary note quokka of Tirana' as hex",
    canary_reversed: "'canary note quokka of Tirana' as text, reversed",
    canary_in_text: "/Title: 'canary note quokka of Tirana' as text",
    folder_of_a_build: "/Subject: '/home/analyst'",
    name_of_the_machine: f"'{MACHINE}'",
    producer: "/Producer: 'WeasyPrint 70.0 on analyst-pc'",
    value_of_a_withheld_cell: r"cells.csv line .*\(the cell is withheld",
    coverage_of_a_withheld_cell: r"cells.csv line .*\(the cell is withheld",
    input_in_manifest: "the input 'returns/2022/thb/RO.xlsx'",
    file_left_behind: "shown.json: a file that the manifest does not name",
}


@pytest.mark.parametrize("tamper", TAMPERED, ids=lambda tamper: tamper.__name__)
def test_a_tampered_version_is_caught(copy: Version, tamper: Callable[[Version], None]) -> None:
    tamper(copy)
    found = [str(leak) for leak in copy.scan().leaks]
    assert [leak for leak in found if re.search(TAMPERED[tamper], leak)], "\n".join(found)


def test_writing_a_file_anew_is_no_leak(copy: Version) -> None:
    """What the other cases are caught by is what they hide, not that a tool wrote the file."""
    edit(copy, lambda pdf: None)
    assert [str(leak) for leak in copy.scan().leaks] == []


def test_a_leak_stops_the_build_with_file_place_and_remedy(copy: Version) -> None:
    info_title(copy)
    with pytest.raises(LeakError) as caught:
        check(copy.folder, copy.store, {}, shown=copy.shown, root=ROOT)
    message = str(caught.value)
    assert "selec-thb-2022-public.pdf" in message
    assert "7,654" in message
    assert "to do:" in message


def test_short_and_public_phrases_are_no_canaries() -> None:
    public = "The parts and the unknown add up to the total."
    assert canaries(["RO.xlsx", "54 in 2021, 16 in 2022", "unknown add up to the total", CANARY], public) == {
        "canarynotequokkaoftirana": CANARY
    }
