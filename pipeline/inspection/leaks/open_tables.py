"""Does each table that goes out by itself show what was released? As CSV, on a sheet of
the workbook, behind a chart.

Each cell is compared with the key that the renderer noted for it, in the form that the
text of a released value takes there; heads, labels and notes are texts, in which every
number must be listed.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Sequence
from typing import Any
from xml.etree import ElementTree

from pipeline.inspection.leaks.given import Given
from pipeline.inspection.leaks.numerals import WHY, Judge
from pipeline.inspection.readback.charts import ChartCheck
from pipeline.inspection.readback.report import NUMERAL, ScanReport
from pipeline.inspection.readback.spelled import WHY as SPELLED
from pipeline.inspection.readback.spelled import names, spelled_numbers
from pipeline.inspection.readback.wording import SYMBOLS
from pipeline.inspection.readback.words import compact
from pipeline.report.exhibits.chart_tables import table_of
from pipeline.report.ledger import Exhibit, PrintedChart, TableKeys
from pipeline.report.open_data.grids import GROUP, MARKS, grid, machine
from pipeline.report.open_data.workbook import SHORTHAND_HEAD, value

# The parts of a workbook of tables. A comment, drawing, macro, query, link or custom
# property would be another one.
_PART = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|docProps/(?:core|app)\.xml|xl/(?:workbook|styles|sharedStrings)\.xml"
    r"|xl/_rels/workbook\.xml\.rels|xl/theme/theme1\.xml|xl/worksheets/sheet\d+\.xml|xl/tables/table\d+\.xml"
    r"|xl/worksheets/_rels/sheet\d+\.xml\.rels"
)
_MARK = re.compile(r"\[?(?:[bdekpuwqvi*]|part|old)\]?")
Form = Callable[[str], Any]  # what the text of a released value becomes in a file


class OpenTables:
    """The tables of one version; `judge` knows which numbers texts may hold."""

    def __init__(self, given: Given, judge: Judge, *, report: ScanReport) -> None:
        self.given, self.judge, self.report = given, judge, report

    def csv(self, name: str, data: bytes) -> None:
        """The CSV beside a table or chart, named as it."""
        id_ = name.removeprefix("html/tables/").removesuffix(".csv")
        self.lines(name, csv_lines(data), id_, machine)

    def lines(self, where: str, lines: Sequence[Sequence[Any]], id_: str, form: Form) -> None:
        """Lines of one exhibit, the heads first: each cell is what was noted for it, in
        this form of a text.
        """
        noted = (e for e in self.given.shown if isinstance(e, TableKeys | PrintedChart))
        match next((e for e in noted if e.id == id_), None):
            case PrintedChart() as chart:
                self.chart_lines(where, lines, noted=chart, form=form)
            case TableKeys() as table:
                self._table_lines(where, lines, noted=table, form=form)
            case None:
                self.report.add(where, f"the table '{id_}'", "no exhibit has this name")

    def _table_lines(
        self, where: str, lines: Sequence[Sequence[Any]], *, noted: TableKeys, form: Form
    ) -> None:
        heads, *body = lines
        labels = 2 if heads[0] == GROUP else 1
        marked = heads[-1] in (MARKS, SHORTHAND_HEAD)
        rows = [row for row in noted.rows if row]
        if len(rows) != len(body):
            self.report.add(where, f"{len(body)} lines", f"{len(rows)} were noted as printed")
        for head in heads:
            self.text(where, str(head))
        for line, row in zip(body, rows, strict=False):
            cells = list(line[labels : -1 if marked else None])
            for label in line[:labels]:
                self.text(where, str(label), cell=True)
            if marked:
                self._marks(where, str(line[-1]))
            if len(cells) != len(row):
                self.report.add(
                    where, f"{len(cells)} cells in a line", f"{len(row)} were noted as printed"
                )
            for cell, reference in zip(cells, row, strict=False):
                self._cell(where, cell, reference=reference, row=row, form=form)

    def _cell(
        self, where: str, cell: Any, *, reference: str, row: Sequence[str], form: Form
    ) -> None:
        if not reference:
            counted = re.fullmatch(r"(\d+) of (\d+)", str(cell))
            if counted and int(counted[2]) == len(row) - 1 and int(counted[1]) <= int(counted[2]):
                return
            self.text(where, str(cell), cell=True)
            return
        allowed = [form(machine(t)) for t in self.given.register.printed(reference)]
        if cell in allowed or (str(cell) == "none" and form("") in allowed):
            self.report.counts["cell in open form"] += 1
            return
        said = " or ".join(str(a) for a in allowed) or "nothing"
        self.report.add(where, f"'{cell}' stands for {reference}", f"released is {said}")

    def chart_lines(
        self, where: str, lines: Sequence[Sequence[Any]], *, noted: PrintedChart, form: Form
    ) -> None:
        """The lines of the table behind a chart, the heads first: its points as the
        released values make them.
        """
        released = ChartCheck(where, self.given.register, shown=self.given.shown).released(
            noted.data, where
        )
        plain = grid(table_of(released, noted.id, number="", head=str(lines[0][0]), source=""))
        count = len(plain.heads) - (1 if plain.marks else 0)
        expected = [[line[0], *(form(c) for c in line[1:count])] for line in plain.lines]
        for line, wanted in zip([list(line) for line in lines[1:]], expected, strict=False):
            if line[:count] != wanted:
                self.report.add(where, f"'{line}'", f"released is '{wanted}'")
            self.report.counts["cell in open form"] += count - 1
            for rest in line[count:]:
                self._marks(where, str(rest))
        if len(lines) - 1 != len(expected) or [str(h) for h in lines[0][:count]] != list(
            plain.heads[:count]
        ):
            self.report.add(
                where, f"{len(lines) - 1} lines under {list(lines[0])}", "the chart draws others"
            )

    def _marks(self, where: str, text: str) -> None:
        """`2020: b, *; 2021: p`, or the same as shorthand: heads of columns with marks."""
        for part in filter(None, text.split("; ")):
            head, _, marks = part.rpartition(": ")
            if part != "[z]" and not all(_MARK.fullmatch(m) for m in re.split(r",? ", marks)):
                self.report.add(
                    where, f"'{text}'", "marks of figures stand there, and nothing else"
                )
            self.text(where, head)

    # --- workbook

    def workbook(self, name: str, data: bytes) -> None:
        """Every sheet of the workbook: one table each, and texts."""
        import openpyxl

        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            for part in parts.namelist():
                content = parts.read(part)
                self.given.search.add_bytes(f"{name}, {part}", content)
                if (
                    not _PART.fullmatch(part)
                    or b"<f>" in content
                    or b'TargetMode="External"' in content
                ):
                    self.report.add(
                        name,
                        f"the part {part}",
                        "a workbook of tables has sheets, tables and texts only",
                    )
                if part.startswith("docProps/"):
                    self._properties(f"{name}, {part}", content)
        book = openpyxl.load_workbook(io.BytesIO(data))
        exhibits = self._exhibits()
        for sheet in book.worksheets:
            where = f"{name}, sheet {sheet.title}"
            if sheet.sheet_state != "visible":
                self.report.add(where, "a hidden sheet", "what is given must be seen")
            id_ = exhibits.get(sheet.title.replace("_", " "))
            lines = [list(line) for line in sheet.iter_rows(values_only=True)]
            start, end = self._range(sheet) if id_ else (len(lines), len(lines))
            notes = 0
            for line in [*lines[:start], *lines[end:]]:
                for text in line:
                    if sheet.title == "Notes" and text == notes + 1:
                        notes += 1
                    elif text is not None and not self._number_of_exhibit(str(text)):
                        self.text(where, str(text))
            if id_:
                self.lines(where, lines[start:end], id_, value)

    def _properties(self, where: str, content: bytes) -> None:
        """What a workbook says of itself: public texts, the day of the data, names and
        number of its sheets.
        """
        stamp = f"{self.given.manifest.get('data_cutoff', '')}T12:00:00Z"
        for element in ElementTree.fromstring(content).iter():
            text = (element.text or "").strip()
            counted = element.tag.endswith(("}i4", "}AppVersion", "}DocSecurity"))
            if text and text != stamp and not counted and not self._number_of_exhibit(text):
                self.text(where, text)

    def _range(self, sheet: Any) -> tuple[int, int]:
        tables = list(sheet.tables.values())
        if len(tables) != 1:
            raise ValueError(f"sheet {sheet.title} has {len(tables)} tables")
        first, last = tables[0].ref.split(":")
        return int(re.sub(r"\D", "", first)) - 1, int(re.sub(r"\D", "", last))

    def _exhibits(self) -> dict[str, str]:
        """Number of each exhibit that has figures -> its id. A chart or table is noted
        before its number, or after.
        """
        found: dict[str, str] = {}
        chart = ""
        last = ""
        for entry in self.given.shown:
            match entry:
                case PrintedChart(id=id_):
                    chart = id_
                case Exhibit(number=last):
                    if chart and last.startswith("Figure"):
                        found[last] = chart
                    chart = ""
                case TableKeys(id=id_):
                    found[last] = id_
        return found

    def _number_of_exhibit(self, text: str) -> bool:
        numbers = self.judge.exhibits
        for number in numbers:
            match = re.match(rf"{re.escape(number)}(?!\d)", compact(text.replace("_", " ")))
            if match:
                rest = compact(text.replace("_", " "))[match.end() :].lstrip(":")
                return not re.search(
                    NUMERAL, re.sub(r"(?:\[note\d+\])+$", "", self.judge.strike(rest))
                )
        return bool(re.fullmatch(r"\[note \d+\]", text))

    # --- texts

    def text(self, where: str, text: str, *, cell: bool = False) -> None:
        """A text has no numeral that is not listed, and says no number in words that is
        not public wording.
        """
        self.given.search.add_text(where, text)
        for phrase in spelled_numbers(
            text, self.given.said, names=names(self.given.root), members=self.given.members
        ):
            self.report.add(where, f"'{phrase}'", SPELLED)
        said = compact(text)
        if cell and (said in self.judge.codes or said in SYMBOLS):
            return
        for numeral in re.findall(NUMERAL, self.judge.strike(said)):
            self.report.add(where, f"'{numeral}' in '{text}'", WHY)


def csv_lines(data: bytes) -> list[list[str]]:
    """The lines of a CSV file. Raises UnicodeDecodeError and csv.Error."""
    return list(csv.reader(io.StringIO(data.decode("utf-8"), newline=""), strict=True))
