"""Do the forms for everybody hold exactly what was released? Data files, workbook and
page, each opened and compared.

Data files must have one line for each cell of the register, no more and no less, and
say of a withheld one nothing but that it is. A table of the report as CSV or on a
sheet, and the table behind a chart, is compared cell by cell with the keys that the
renderer noted; the page is judged like the text of a PDF, and its drawings read as
those of the PDF did.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

from pipeline.cells import CONF_LABEL, OBS_LABEL
from pipeline.inspection.leaks.files import check_cells, leaves
from pipeline.inspection.leaks.given import Given
from pipeline.inspection.leaks.numerals import WHY, Facts, Judge
from pipeline.inspection.leaks.open_tables import OpenTables, csv_lines
from pipeline.inspection.readback.charts import ChartCheck
from pipeline.inspection.readback.page import Page, read_page
from pipeline.inspection.readback.report import NUMERAL, ScanReport
from pipeline.inspection.readback.spelled import WHY as SPELLED
from pipeline.inspection.readback.spelled import names, spelled_numbers
from pipeline.inspection.readback.wording import public_contracts
from pipeline.inspection.readback.words import compact
from pipeline.report.edition import LIST_OF_EDITIONS
from pipeline.report.exhibits.described import describe
from pipeline.report.ledger import charts_of
from pipeline.report.open_data.grids import machine
from pipeline.report.open_data.sdmx import COLUMNS

_SDMX = "http://www.sdmx.org/resources/sdmxml/schemas/v3_0/message"
_SCHEMA = f"{_SDMX} https://registry.sdmx.org/schemas/v3_0/SDMXMessage.xsd"


def is_open_form(name: str) -> bool:
    """Whether a file of a version is one of the forms for everybody, by its path."""
    return name.endswith(".xlsx") or name.startswith(("data/", "html/"))


class OpenForms:
    """The open forms of one version; `drawings` are the labels of the charts of its
    PDF, in their order.
    """

    def __init__(
        self, given: Given, facts: Facts, *, drawings: Sequence[str], report: ScanReport
    ) -> None:
        self.given, self.facts, self.drawings, self.report = given, facts, drawings, report
        self.files = {n: d for n, d in given.files.items() if is_open_form(n)}
        self.judge = Judge("", given.register, shown=given.shown, facts=facts)
        self.tables = OpenTables(given, self.judge, report=report)
        self.contracts = public_contracts(given.root)

    def check(self) -> None:
        """Check every file. What is of no known kind, or lies where none is expected,
        is a leak.
        """
        checks: list[tuple[str, Callable[[str, bytes], None]]] = [
            (r"data/[A-Z][A-Z0-9_]*\.csv", self._observations),
            (r"data/codes/CL_[A-Z_]+\.csv", self._words),
            (r"data/datapackage\.json", self._package),
            (r"data/structure\.xml", self._structure),
            (r"html/tables/[\w-]+\.csv", self.tables.csv),
            (r"html/index\.html", self._page),
            (r"html/style\.css", self._style),
            (r"html/fonts/[\w.-]+\.(?:woff|txt)", self._font),
            (r"[\w-]+\.xlsx", self.tables.workbook),
        ]
        for name, data in self.files.items():
            found = next((check for form, check in checks if re.fullmatch(form, name)), None)
            if found is None:
                self.report.add(
                    name, "a file of no known kind", "only finished artefacts leave the house"
                )
                continue
            try:
                found(name, data)
            except (
                UnicodeDecodeError,
                csv.Error,
                ValueError,
                KeyError,
                zipfile.BadZipFile,
                SyntaxError,
            ) as problem:
                self.report.add(name, f"cannot be read: {problem}", "nobody can say what it holds")
        self._complete()
        self.report.merge(self.judge.report)

    # --- data files

    def _observations(self, name: str, data: bytes) -> None:
        """SDMX-CSV: its lines are those of the released cells of one cube, written
        another way.
        """
        cube = name.removeprefix("data/").removesuffix(".csv")
        heads, *lines = csv_lines(data)
        rows = [dict(zip(heads, line, strict=True)) for line in lines]
        codes = heads[len(COLUMNS) : heads.index("OBS_VALUE")]
        table = [
            ",".join(
                ("key", "value", "unit", "obs_status", "conf_status", "coverage", "states", "marks")
            )
        ]
        keys = []
        for row in rows:
            frequency, state, *others = [row[c] for c in codes]
            year = others.pop()
            if (
                frequency != "A"
                or row["STRUCTURE"] != "dataflow"
                or not row["STRUCTURE_ID"].startswith(f"SELEC:{cube}(")
            ):
                self.report.add(name, ",".join(row.values()), "it is of another dataflow")
            keys.append(f"{cube}:{'.'.join([state, year, *others])}")
            counted = (
                f"{row['COUNTED']}/{row['COUNTED_OF']}"
                if row["COUNTED"] or row["COUNTED_OF"]
                else ""
            )
            doubtful = row["OBS_STATUS"] == "V" and set(row["MARKS"].split()) & {"i", "q"}
            table.append(
                ",".join(
                    (
                        keys[-1],
                        row["OBS_VALUE"],
                        row["UNIT_MEASURE"],
                        "A" if doubtful else row["OBS_STATUS"],
                        row["CONF_STATUS"],
                        counted,
                        row["COUNTED_AREAS"],
                        row["MARKS"],
                    )
                )
            )
        check_cells(
            name, "\n".join(table).encode(), register=self.given.register, report=self.report
        )
        expected = {k for k in self.given.register.cells if k.startswith(f"{cube}:")}
        if len(keys) != len(set(keys)) or set(keys) != expected:
            self.report.add(
                name, f"{len(keys)} cells", f"{len(expected)} cells of {cube} are in the register"
            )
        version = {row["STRUCTURE_ID"] for row in rows}
        if not all(re.fullmatch(rf"SELEC:{cube}\({self._versions}\)", v) for v in version):
            self.report.add(name, ", ".join(sorted(version)), "it is no version of a contract")

    @property
    def _versions(self) -> str:
        return f"(?:{'|'.join(sorted({re.escape(c.version) for c in self.contracts}))})"

    def _words(self, name: str, data: bytes) -> None:
        head, *lines = csv_lines(data)
        for code, label, parent, since, until, note, *more in lines:
            years = [y for y in (since, until) if y and not re.fullmatch(r"[12][0-9]{3}", y)]
            for text in (label, note, *years):
                self.tables.text(name, text)
            if code not in self._codes or (parent and parent not in self._codes):
                self.report.add(name, f"the code '{code}' in '{parent}'", "it is in no code list")
            for column, said in zip(head[-len(more) :] if more else (), more, strict=True):
                if said not in self._said_of(code, column):
                    self.report.add(
                        name, f"'{said}' as {column} of '{code}'", "no code list says so"
                    )

    def _said_of(self, code: str, column: str) -> set[str]:
        """What the lists of items scored by others say of a code in a column."""
        lists = [d.codelist for c in self.contracts.outside if c.scores for d in c.dimensions]
        return {one[code].extra.get(column, "") for one in lists if code in one}

    @property
    def _codes(self) -> set[str]:
        lists = [d.codelist for t in self.contracts.every_table for d in t.dimensions]
        lists += [d.codelist for c in self.contracts.outside for d in c.dimensions]
        lists += [self.contracts.codelist(n) for n in ("states", "unit")]
        lists += [self.contracts.areas_of(c.name) for c in self.contracts.outside]
        return {c.code for one in lists for c in one} | set(OBS_LABEL) | set(CONF_LABEL) | {"A"}

    def _package(self, name: str, data: bytes) -> None:
        """The description names each data file with its size and hash; its words are
        public.
        """
        content: dict[str, Any] = json.loads(data)
        for resource in content["resources"]:
            file = self.files.get(f"data/{resource['path']}", b"")
            if (resource.pop("bytes"), resource.pop("hash")) != (
                len(file),
                f"sha256:{hashlib.sha256(file).hexdigest()}",
            ):
                self.report.add(
                    name, f"'{resource['path']}'", "size or hash are not those of the file"
                )
        day = self.given.manifest.get("data_cutoff", "")
        known = {
            f"{day}T12:00:00Z",
            "utf-8",
            *(c.version for c in self.contracts),
            str(content["name"]),
        }
        for entry, leaf in leaves("", content):
            if (
                not isinstance(leaf, bool)
                and str(leaf) not in known
                and not str(leaf).startswith("https://datapackage.org/")
            ):
                self.tables.text(f"{name}{entry}", str(leaf))

    def _structure(self, name: str, data: bytes) -> None:
        """The structure holds words of contracts and code lists; attributes are codes,
        names and references.
        """
        from xml.etree import ElementTree

        if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
            self.report.add(name, "a document type", "the structure needs none")
            return
        day = self.given.manifest.get("data_cutoff", "")
        report = f"selec-{self.given.manifest.get('report')}-{self.given.manifest.get('round')}-"
        components = {"CS_SELEC", "SELEC"}
        known = self._codes | components | {"POPULATION"}
        known |= {t.name for t in self.contracts.every_table}
        known |= {c.name for c in self.contracts.outside}
        for element in ElementTree.fromstring(data).iter():
            text = (element.text or "").strip()
            stamped = text.startswith((f"{day}T12:00:00", report)) or text.startswith("urn:sdmx:")
            if text and not (stamped or text in known):
                self.tables.text(name, text)
            for key, said in element.attrib.items():
                plain = re.sub(rf"\((?:{self._versions})\)", "", said)
                if (
                    re.search(r"\d", plain)
                    and said not in known
                    and not self._attribute(key, plain, element=element, known=known)
                ):
                    self.report.add(
                        name, f'{key}="{said}"', "it is no code, no reference and no place"
                    )

    def _attribute(self, key: str, said: str, *, element: Any, known: set[str]) -> bool:
        if key.endswith("position") and said.isdigit():
            return int(said) <= 13
        if key in ("version", "minOccurs", "maxOccurs") and re.fullmatch(
            rf"{self._versions}|[01]", said
        ):
            return True
        if key.endswith("schemaLocation"):
            return said == _SCHEMA
        if key.startswith("{http://www.w3.org/") or key == "urn":
            return (
                not re.search(r"\d", said)
                or said.rsplit(".", 1)[-1] in known
                or said.rsplit("=", 1)[-1] in known
            )
        return False

    # --- page

    def _page(self, name: str, data: bytes) -> None:
        page = read_page(data.decode())
        judge = Judge(name, self.given.register, shown=self.given.shown, facts=self.facts)
        blocks = [b for b in page.blocks if b.kind not in ("Download", "Summary")]
        judge.judge(blocks)
        self.report.merge(judge.report)
        for what in page.strange:
            self.report.add(name, what, "the page has text, tables and drawings only")
        for block in page.blocks:
            self.given.search.add_text(f"{name}, {block.kind}", block.text)
            for phrase in spelled_numbers(
                block.text,
                self.given.said,
                names=names(self.given.root),
                members=self.given.members,
            ):
                self.report.add(f"{name}, {block.kind}", f"'{phrase}'", SPELLED)
            if block.kind in ("Download", "Summary"):
                text = compact(block.text)
                if not any(
                    text in (f"{n}asCSV", f"{n}asatable") for n in judge.exhibits
                ) and re.search(r"\d", text):
                    self.report.add(f"{name}, {block.kind}", f"'{block.text}'", WHY)
        for said in page.spoken:
            plain = re.sub(
                rf"^(?:Figuresof)?(?:{'|'.join(judge.exhibits) or '-'})(?=,)", "", compact(said)
            )
            if re.search(NUMERAL, judge.strike(plain)):
                self.report.add(name, f"'{said}' as an attribute", WHY)
            for phrase in spelled_numbers(
                said, self.given.said, names=names(self.given.root), members=self.given.members
            ):
                self.report.add(name, f"'{phrase}' as an attribute", SPELLED)
        self._links(name, page)
        self._drawings(name, page)

    def _links(self, name: str, page: Page) -> None:
        for link in page.links:
            if link == LIST_OF_EDITIONS:
                known = True  # beside the editions; nothing of the version
            elif link.startswith("#"):
                known = link[1:] in page.anchors
            else:
                path = link.removeprefix("../") if link.startswith("../") else f"html/{link}"
                known = path in self.given.files
            if not known:
                self.report.add(name, f"a link to '{link}'", "it leads out of the version")

    def _drawings(self, name: str, page: Page) -> None:
        """The drawings are those of the PDF, which were measured there; their
        descriptions and tables are released.
        """
        charts = charts_of(self.given.shown)
        if not len(page.drawings) == len(charts) == len(self.drawings) == len(page.chart_tables):
            self.report.add(
                name, f"{len(page.drawings)} drawings", f"{len(self.drawings)} are in the PDF"
            )
        check = ChartCheck(name, self.given.register, shown=self.given.shown)
        for drawing, noted, printed, lines in zip(
            page.drawings, charts, self.drawings, page.chart_tables, strict=False
        ):
            where = f"{name}, chart {noted.id}"
            if compact(drawing.description) != compact(describe(check.released(noted.data, where))):
                self.report.add(
                    where, f"the description '{drawing.description}'", "it is not that of the chart"
                )
            if compact(drawing.labels) != printed:
                self.report.add(
                    where, f"the labels '{drawing.labels}'", "the drawing of the PDF has others"
                )
            plain = [
                [_unmarked(c) if i else c.strip() for i, c in enumerate(line)] for line in lines
            ]
            self.tables.chart_lines(where, plain, noted=noted, form=lambda text: text)

    def _style(self, name: str, data: bytes) -> None:
        if data != (self.given.root / "templates" / "shared" / "web" / "style.css").read_bytes():
            self.report.add(name, "another style", "it is that of the templates")

    def _font(self, name: str, data: bytes) -> None:
        if name.endswith(".woff") and not data.startswith(b"wOFF"):
            self.report.add(name, "no font", "only the report font lies there")

    def _complete(self) -> None:
        """Every cube that was released has its data file."""
        cubes = {key.split(":")[0] for key in self.given.register.cells}
        there = {
            n.removeprefix("data/").removesuffix(".csv")
            for n in self.files
            if re.fullmatch(r"data/\w+\.csv", n)
        }
        if any(n.startswith("data/") for n in self.files) and cubes != there:
            self.report.add(
                "data",
                ", ".join(sorted(cubes ^ there)),
                "each released cube has its file, and no other",
            )


def _unmarked(text: str) -> str:
    """The text of a cell without its footnote marks, as machines read it."""
    plain = text.strip()
    return machine(re.sub(r"(?<=[\d:c–x>])[bdekpuwqvi*](?:,[bdekpuwqvi*])*$", "", plain))
