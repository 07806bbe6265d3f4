"""Does a finished version hold anything that was not released? Opens its files as an
attacker would, and judges all.

Nothing here trusts the renderer: its list of keys says what each number claims to be,
the values are worked out again from the released cells. See
`pipeline.inspection.leaks.numerals` for numbers in text, `spelled` for those written as
words, `charts` for drawn ones, `objects` for what else a PDF holds, `words` for texts,
`files` for data file and manifest, `open_forms` for the data files, the workbook and
the page that go with a version that everybody may have.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pikepdf

from pipeline.contracts.model import Contracts
from pipeline.contracts.sources import Sources, load_sources
from pipeline.errors import LeakError
from pipeline.inspection.leaks.files import check_cells, check_manifest, machine_words
from pipeline.inspection.leaks.given import Given
from pipeline.inspection.leaks.numerals import WHY, Facts, Judge
from pipeline.inspection.leaks.open_forms import OpenForms, is_open_form
from pipeline.inspection.leaks.senders import check_store
from pipeline.inspection.readback.bindings import Bindings
from pipeline.inspection.readback.charts import ChartCheck
from pipeline.inspection.readback.finished import FinishedPdf
from pipeline.inspection.readback.maps import place_of, strange
from pipeline.inspection.readback.marks import Drawn
from pipeline.inspection.readback.marks import Path as MarkPath
from pipeline.inspection.readback.objects import (
    Declared,
    Objects,
    check_fonts,
    check_forms,
    check_strings,
    check_xmp,
    read_name_tree,
)
from pipeline.inspection.readback.outline import Block
from pipeline.inspection.readback.report import NUMERAL, ScanReport
from pipeline.inspection.readback.spelled import WHY as SPELLED
from pipeline.inspection.readback.spelled import (
    names,
    running_text,
    spelled_numbers,
)
from pipeline.inspection.readback.values import read_register
from pipeline.inspection.readback.visible import hidden_texts
from pipeline.inspection.readback.wording import public_contracts, public_wording
from pipeline.inspection.readback.words import Search, compact, shortens
from pipeline.report.charts.region import picture_layers
from pipeline.report.ledger import parse_ledger
from pipeline.system.collector import collector_at_rest

ATTACHMENTS = ("cells.csv",)
_SHOWN_LEAKS = 12
_UNREAD = "what was not read was not judged"


def check(folder: Path, released: Path, secrets: dict[str, str], **more: Any) -> ScanReport:
    """Scan a version. Raises LeakError that names file, page or object, what was found,
    and what to do.
    """
    report = scan_version(folder, released, secrets=secrets, **more)
    if report.leaks:
        listed = "\n".join(f"  - {leak}" for leak in report.leaks[:_SHOWN_LEAKS])
        more_of = len(report.leaks) - _SHOWN_LEAKS
        rest = f"\n  - and {more_of} more" if more_of > 0 else ""
        raise LeakError(
            f"{len(report.leaks)} leaks in a version that leaves the house:\n{listed}{rest}",
            where=str(folder.name),
            allowed="released cells, formulas over them, listed numbers and public wording",
            do="take out what was found, or release it; the version was not put in place",
        )
    return report


@collector_at_rest()
def scan_version(
    folder: Path,
    released: Path,
    *,
    secrets: dict[str, str],
    shown: Path,
    root: Path,
    beside: Mapping[str, Path] | None = None,
    machine: Iterable[str] = (),
    sources: Sources | None = None,
    read: Mapping[str, FinishedPdf] | None = None,
) -> ScanReport:
    """Scan the PDFs, data files and manifest in a folder.

    `released` is the version's store or a CSV of released cells, `secrets` the canaries
    of `pipeline.inspection.leaks.secrets.collect`, `shown` the renderer's list of keys
    of the report (shown.json), `beside` that of each other PDF by its name, `root` the
    project, whose contracts and templates say what wording is public, `machine` the names
    of machine and user, `sources` what of the covers may be said: without it the list
    alone, and no cleared text. `read` are PDFs that were read already, by name: one is
    taken where the folder holds the same bytes.
    """
    start = time.perf_counter()
    report = ScanReport()
    sources = sources or load_sources(root / "data_contracts" / "codelists")
    register = read_register(released)
    if released.suffix == ".duckdb":  # a list of released cells names no source
        register = replace(
            register,
            sources=check_store(released, public_contracts(root), sources=sources, report=report),
        )
    given = Given(
        register,
        parse_ledger(shown.read_bytes(), shown),
        [
            *public_wording(root),
            *register.sources,
            *(p.strip() for s in register.sources for p in s.split(";")),
            *(c.cited for c in public_contracts(root).outside),
        ],
        Search(secrets),
        root,
        set(machine),
    )
    given.files = {
        f.relative_to(folder).as_posix(): f.read_bytes()
        for f in sorted(folder.rglob("*"))
        if f.is_file()
    }
    given.beside = {n: parse_ledger(p.read_bytes(), p) for n, p in (beside or {}).items()}
    given.manifest = check_manifest(
        "manifest.json", given.files.get("manifest.json", b""), report=report
    )
    _judge_presence(given, report)
    for name, data in given.files.items():
        _scan_file(name, data, given=given, report=report, read=(read or {}).get(name))
    OpenForms(given, _facts(given, {}), drawings=given.drawings, report=report).check()
    for where, way, secret in given.search.hits():
        report.add(where, f"'{secret}' as {way}", "it is a text of the restricted tree")
    report.seconds = time.perf_counter() - start
    return report


def _judge_presence(given: Given, report: ScanReport) -> None:
    """A scan passes over nothing: files that the manifest names are there, a PDF is
    among them, and there are released cells to compare with.
    """
    for name in sorted(set(given.manifest.get("outputs", {})) - set(given.files)):
        report.add(name, "named by the manifest, and not there", _UNREAD)
    if not any(name.endswith(".pdf") for name in given.files):
        report.add("the version", "no PDF", _UNREAD)
    if not given.register.cells:
        report.add("the released cells", "none", "there is nothing to compare the files with")


def _scan_file(
    name: str, data: bytes, *, given: Given, report: ScanReport, read: FinishedPdf | None
) -> None:
    given.search.add_text("name of a file", name)
    given.search.add_bytes(name, data)
    expected = set(given.manifest.get("outputs", {})) | {"manifest.json"}
    if name not in expected:
        report.add(
            name,
            "a file that the manifest does not name",
            "only finished artefacts leave the house",
        )
    # these are judged one by one
    if name not in given.names and not re.fullmatch(r"(data|html)/.+", name):
        report.add(name, "a file of no known name", f"allowed are {', '.join(sorted(given.names))}")
    if name.endswith(".pdf"):
        pdf = read if read and read.content == data else FinishedPdf(data)
        _Pdf(name, pdf, given=given, report=report).scan()
        return
    if not name.endswith((".woff", ".xlsx")):  # compressed: any letters may stand in it
        _machine(name, data.decode("utf-8", "replace"), given=given, report=report)
    if name.endswith(".csv") and not is_open_form(name):
        check_cells(name, data, register=given.register, report=report)


def _machine(where: str, text: str, *, given: Given, report: ScanReport) -> None:
    for word in machine_words(text, given.machine):
        report.add(where, f"'{word}'", "it names a folder, the machine or the user of a build")


def _facts(given: Given, destinations: dict[str, int]) -> Facts:
    """What is known of the version beside its cells; `destinations` are the pages of
    the anchors of a PDF.
    """
    manifest = given.manifest
    day = date.fromisoformat(manifest.get("data_cutoff", "1900-01-01"))
    round_ = int(manifest.get("round", 0))
    contracts = public_contracts(given.root)
    return Facts(
        given.register.years | {str(manifest.get("round", ""))},
        str(manifest.get("reference", "")),
        round_,
        f"Data received by {day.day} {day:%B %Y}",
        given.wording,
        Bindings(given.register, contracts, round_=round_),
        _country_heads(contracts, round_),
        destinations,
        tuple(m.code for m in contracts.members(round_)),
    )


class _Pdf:
    """One PDF: each method judges one part of it."""

    def __init__(self, name: str, read: FinishedPdf, *, given: Given, report: ScanReport) -> None:
        self.name, self.read, self.given, self.report = name, read, given, report

    def scan(self) -> None:
        try:
            self._scan(self.read.file)
        except pikepdf.PdfError as problem:
            self.report.add(
                self.name, f"cannot be opened: {problem}", "nobody can say what it holds"
            )

    def _scan(self, pdf: pikepdf.Pdf) -> None:
        pages, blocks = self.read.pages, self.read.blocks
        if not pages:
            self.report.add(self.name, "no page", _UNREAD)
        self.facts = _facts(self.given, self.read.destinations)
        shown = self.given.beside.get(self.name, self.given.shown)
        self.judge = Judge(self.name, self.given.register, shown=shown, facts=self.facts)
        self.judge.judge(blocks)
        self.report.merge(self.judge.report)
        charts = ChartCheck(self.name, self.given.register, shown=shown)
        charts.check([b for b in blocks if b.kind == "Figure"])
        if self.name not in self.given.beside:  # the page for browsers is that of the report
            self.given.drawings += [
                compact("".join(t.text for t in b.texts)) for b in blocks if b.kind == "Figure"
            ]
        self.report.merge(charts.report)
        self._pages(pdf, pages)
        self._drawn_elsewhere(pages, [b for b in blocks if b.kind == "Figure"])
        self._furniture(pages, blocks)
        self._objects(pdf, pages)
        self._texts(blocks, pages)
        for block in blocks:
            self._spelled(f"{self.name}, page {block.page}, {block.kind}", running_text(block))

    # --- pages

    def _pages(self, pdf: pikepdf.Pdf, pages: list[Drawn]) -> None:
        repeated = {(h.page, text.order) for h in self.read.repeated_heads for text in h.texts}
        for number, (page, drawn) in enumerate(zip(pdf.pages, pages, strict=True), 1):
            where = f"{self.name}, page {number}"
            for what in [*drawn.strange, *drawn.images]:
                self.report.add(where, what, "the renderer draws text and paths only")
            for text, why in hidden_texts(page, drawn):
                self.report.add(
                    where, f"{why}: '{_line(text, drawn)}'", "what is printed must be seen"
                )
            untagged = [t for t in drawn.texts if t.tag is None or t.tag == "Artifact"]
            for text in untagged:
                if (number - 1, text.order) in repeated:
                    self.report.counts["repeated head"] += len(re.findall(NUMERAL, text.text))
                    continue
                self.report.add(
                    where, f"text outside of the structure: '{text.text}'", "every text has its tag"
                )
            if any("\ufffd" in t.text for t in drawn.texts):
                self.report.add(
                    where, "a glyph that stands for no character", "nobody can say what it reads"
                )

    def _drawn_elsewhere(self, pages: list[Drawn], figures: list[Block]) -> None:
        """Outside of charts only the grounds and lines of the layout are drawn: upright
        boxes, marked as such.
        """
        charts = {mark for figure in figures for mark in figure.marked}
        for index, drawn in enumerate(pages):
            picture = self._picture(drawn) if index == 0 else []
            for path in drawn.paths:
                if (
                    (index, path.tag) in charts
                    or (path.fill is None and path.stroke is None)
                    or path in picture
                ):
                    continue
                if path.tag != "Artifact" or path.curved or not path.upright:
                    self.report.add(
                        f"{self.name}, page {index + 1}",
                        f"a drawing outside of the charts at {path.box}",
                        "what it measures cannot be compared with released values",
                    )

    def _picture(self, cover: Drawn) -> list[MarkPath]:
        """The picture of the region on the cover: all of its paths, when each is the
        outline that it must be.
        """
        shaped = [
            p for p in cover.paths if p.fill is not None and p.tag == "Artifact" and not p.upright
        ]
        wanted = picture_layers(self.facts.members)
        if len(shaped) != len(wanted) or list(
            strange(shaped, wanted, place=place_of(shaped[0], wanted[0]))
        ):
            return []
        return shaped

    def _furniture(self, pages: list[Drawn], blocks: list[Block]) -> None:
        """Head and foot of a page: its chapter, the marking, the reference, the
        edition, the page's number.
        """
        linked = {mark for block in blocks for mark in block.marked}
        first = [compact(b.text) for b in blocks if b.page == 1]
        heads = {compact(b.text) for b in blocks if b.kind == "H1"}
        fixed = {
            compact(self.facts.reference),
            f"Edition{self.given.register.edition.number}",
            *heads,
        }
        for index, drawn in enumerate(pages):
            number = f"page{index + 1}of{len(pages)}"
            for text in drawn.texts:
                if not isinstance(text.tag, int) or (index, text.tag) in linked:
                    continue
                said = compact(text.text)
                wordy = not re.search(r"\d", said)
                known = said == number or said in fixed or (wordy and any(said in t for t in first))
                if known or any(
                    (said in h and len(said) > 3) or shortens(text.text, h) for h in heads
                ):
                    self.report.counts["head or foot"] += len(re.findall(NUMERAL, said))
                else:
                    self.report.add(
                        f"{self.name}, page {index + 1}, head or foot", f"'{text.text}'", WHY
                    )

    def _spelled(self, where: str, text: str) -> None:
        for phrase in spelled_numbers(
            text, self.given.said, names=names(self.given.root), members=self.given.members
        ):
            self.report.add(where, f"'{phrase}'", SPELLED)

    # --- the file

    def _objects(self, pdf: pikepdf.Pdf, pages: list[Drawn]) -> None:
        objects = Objects(self.name, self.read.content, report=self.report)
        objects.read(pdf)
        check_fonts(self.name, pdf, pages=pages, report=self.report)
        check_forms(self.name, pdf, pages=pages, report=self.report)
        day = self.given.manifest.get("data_cutoff", "")
        producer = f"WeasyPrint {self.given.manifest.get('libraries', {}).get('weasyprint', '')}"
        declared = Declared(
            {n for n in self.facts.destinations if self._is_anchor(n)},
            self.judge.titles,
            {f"D:{day.replace('-', '')}120000Z"},
            producer,
            set(ATTACHMENTS),
        )
        info = {str(v) for v in pdf.docinfo.values()}
        xmp = {
            *info,
            f"{day}T12:00:00Z",
            producer,
            "1",
            "3",
            "A",
            "Part of ISO 14289 the file conforms to",
        }
        for where, text in check_strings(
            self.name, objects.strings, declared=declared, report=self.report
        ):
            for numeral in re.findall(NUMERAL, self.judge.strike(compact(text))):
                self.report.add(where, f"'{numeral}' in '{text}'", WHY)
            self._spelled(where, text)
        for holder, entry, text in objects.strings:
            self.given.search.add_text(f"{self.name}, {holder}, {entry}", text)
            self.given.search.add_bytes(f"{self.name}, {holder}, {entry}", text.encode())
            _machine(f"{self.name}, {holder}, {entry}", text, given=self.given, report=self.report)
        for holder, entry, data in objects.streams:
            self.given.search.add_bytes(f"{self.name}, {holder}, {entry}", data)
            if entry not in ("/FontFile2", "/DestOutputProfile"):
                _machine(
                    f"{self.name}, {holder}, {entry}",
                    data.decode("utf-8", "replace"),
                    given=self.given,
                    report=self.report,
                )
            if entry == "/Metadata":
                check_xmp(self.name, data, allowed=xmp, report=self.report)
        self._attachments(pdf)

    def _is_anchor(self, name: str) -> bool:
        """Anchors are words; one with a digit is that of an exhibit, whose name stands
        in the templates.
        """
        if not re.search(r"\d", name):
            return True
        exhibits = {w.lower() for w in self.given.wording if re.fullmatch(r"\w+", w)}
        parts = name.split("-")
        return (
            len(parts) in (2, 3)
            and parts[1] in exhibits
            and not any(re.search(r"\d", p) for p in parts[2:])
        )

    def _attachments(self, pdf: pikepdf.Pdf) -> None:
        for name, spec in read_name_tree(pdf.Root, "/EmbeddedFiles"):
            where = f"{self.name}, attachment {name}"
            data = bytes(spec.EF.F.read_bytes())
            if name not in ATTACHMENTS or data != self.given.files.get(name):
                self.report.add(
                    where,
                    f"{len(data)} bytes",
                    "only the data file of this version may be attached",
                )
            if name.endswith(".csv"):
                check_cells(where, data, register=self.given.register, report=self.report)

    # --- texts

    def _texts(self, blocks: list[Block], pages: list[Drawn]) -> None:
        """All text of the pages, for the search: each block, each page in the order of
        drawing, what is hidden too.
        """
        for number, drawn in enumerate(pages, 1):
            text = " ".join(t.text for t in drawn.texts)
            self.given.search.add_text(f"{self.name}, page {number}", text)
            self.given.search.add_bytes(f"{self.name}, page {number}", text.encode())
            _machine(f"{self.name}, page {number}", text, given=self.given, report=self.report)
            for key in self.given.register.withheld & set(
                re.findall(r"[A-Z][A-Z0-9_]+:[\w.]+", text)
            ):
                self.report.add(
                    f"{self.name}, page {number}",
                    f"the key {key}",
                    "a page names no withheld cell by key",
                )
        for block in blocks:
            self.given.search.add_text(
                f"{self.name}, page {block.page}, {block.kind}", block.text + " " + block.alt
            )


def _country_heads(contracts: Contracts, round_: int) -> dict[str, str]:
    """The headings of country pages, official name and code, and the names that the
    contents have for them.
    """
    names = {m.code: m.extra["official_name"] for m in contracts.members(round_)}
    return {compact(name + code): compact(name) for code, name in names.items()}


def _line(text: Any, drawn: Drawn) -> str:
    return "".join(t.text for t in drawn.texts if t.place == text.place)
