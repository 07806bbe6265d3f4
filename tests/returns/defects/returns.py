"""Good returns, made from the contract: every defect is one change to one of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.contracts.layout import (
    CODE_ROW,
    COVER_SHEET,
    SheetForm,
    cover_fields,
    form_of,
    tables_for,
)
from pipeline.contracts.model import Contracts, Table, load_contracts
from pipeline.contracts.template import build_workbook
from pipeline.returns.intake.lines import AFTER, BEFORE

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell.cell import Cell, MergedCell
    from openpyxl.worksheet.worksheet import Worksheet

ROOT = Path(__file__).parents[3]
ROUND = 2022
Place = tuple[str, str]  # sheet and cell
WHOLE_FILE: Place = ("", "")

# Table, line, figure of every year. Parts and unknown add up, linked tables agree,
# nothing changes from year to year.
_VICTIMS = {
    "F": (10, 20, 0, 30),
    "M": (5, 15, 0, 20),
    "O": (0, 0, 0, 0),
    "_U": (0, 0, 0, 0),
    "_T": (15, 35, 0, 50),
}
GOOD: dict[str, dict[str, dict[str, float]]] = {
    "thb": {
        "THB_VICTIMS": {
            f"{sex}.{age}": n
            for sex, numbers in _VICTIMS.items()
            for age, n in zip(("Y_LT18", "Y_GE18", "_U", "_T"), numbers, strict=True)
        },
        "THB_VICTIMS_CTZ": {"_T": 50, "_U": 5, "RO": 30, "BG": 15},
        "THB_PERSONS": {
            **{
                f"SUSP.{s}": n
                for s, n in zip(("F", "M", "O", "_U", "_T"), (10, 30, 0, 0, 40), strict=True)
            },
            **{
                f"PROS.{s}": n
                for s, n in zip(("F", "M", "O", "_U", "_T"), (8, 22, 0, 0, 30), strict=True)
            },
            **{
                f"CONV.{s}": n
                for s, n in zip(("F", "M", "O", "_U", "_T"), (5, 15, 0, 0, 20), strict=True)
            },
        },
        "THB_CONV_FORM": {"_T": 20, "SEX": 10, "LAB": 5},
        "THB_OFFENCES": {"": 12},
        "THB_JUDGMENTS": {"_T": 15, "CONVD": 10, "ACQ": 2, "APP": 3, "OTH": 0},
        "THB_ASSETS": {"": 1000},
    },
    "migration": {
        "MIG_STAY_CTZ": {"_T": 500, "_U": 20, "SY": 300, "AF": 180},
        "MIG_RETURNED": {"_T": 100, "FORC": 60, "VOL": 40, "_U": 0},
        "MIG_SMUGGLING": {"": 25},
        "MIG_DEATHS": {"": 3},
    },
    "octa": {
        "OCT_DRUG_KG": {"HER": 12.5, "COC": 100},
        "OCT_DRUG_OFFENCES": {"": 800},
        "OCT_TERROR_ATTACKS": {"_T": 2},
    },
}


@lru_cache(maxsize=64)
def good_workbook(report: str, state: str, round_: int = ROUND) -> bytes:
    """The bytes of a good workbook. Opening them again is faster than making the form
    anew.
    """
    draft = WorkbookDraft(report, state, round_)
    draft.fill(build_workbook(contracts(), report, state=state, round_=round_))
    return draft.bytes()


@lru_cache(maxsize=1)
def contracts() -> Contracts:
    return load_contracts(ROOT / "data_contracts")


@lru_cache(maxsize=1024)
def _form(table: str, state: str, round_: int) -> SheetForm:
    asked = contracts().table(table)
    return form_of(asked, contracts().contract(asked.report), state=state, round_=round_)


def place(cell: Cell | MergedCell) -> Place:
    return str(cell.parent.title), str(cell.coordinate)


@dataclass
class WorkbookDraft:
    """A good workbook that a defect is put into. `patch` changes its bytes after it was
    saved.
    """

    report: str
    state: str
    round: int = ROUND
    patch: Callable[[bytes], bytes] = lambda data: data
    files: dict[str, bytes] | None = None  # instead of the workbook

    @cached_property
    def book(self) -> Workbook:
        """A good workbook to change, opened when it is first asked for: some defects
        need none.
        """
        from openpyxl import load_workbook

        return load_workbook(io.BytesIO(good_workbook(self.report, self.state, self.round)))

    def fill(self, book: Workbook) -> None:
        """Write the good figures into a blank form."""
        self.__dict__["book"] = book
        self.cover("date").value = f"{self.round + 1}-03-31"
        for name, lines in GOOD[self.report].items():
            for line, number in lines.items():
                row = self._row_of(name, line)
                for year in contracts().contract(self.report).years(self.round):
                    self._at(name, row, str(year)).value = number

    def form(self, table: str) -> SheetForm:
        return _form(table, self.state, self.round)

    def sheet(self, table: str) -> Worksheet:
        return self.book[self.form(table).sheet]

    def _row_of(self, table: str, line: str) -> int:
        """The row of a line; a country that has none yet takes the next free line of
        the open list.
        """
        form = self.form(table)
        sheet = self.sheet(table)
        for row in form.rows:
            if row.code == line and (row.codes or not form.table.layout.rows):
                return row.index
        label = contracts().codelist("citizenship").label(line)
        return (
            self.add_line(table, label) if not self._has(sheet, label) else self._line(sheet, label)
        )

    def _has(self, sheet: Worksheet, label: str) -> bool:
        return any(sheet.cell(r, 2).value == label for r in range(CODE_ROW + 1, 60))

    def _line(self, sheet: Worksheet, label: str) -> int:
        return next(r for r in range(CODE_ROW + 1, 60) if sheet.cell(r, 2).value == label)

    def add_line(self, table: str, label: str, code: str = "") -> int:
        """Write a country in the next free line of an open list and return its row."""
        sheet = self.sheet(table)
        row = next(
            r.index
            for r in self.form(table).rows
            if not r.codes and not sheet.cell(r.index, 2).value
        )
        sheet.cell(row, 2, label or None)
        sheet.cell(row, 1, code or None)
        return row

    def _at(self, table: str, row: int, head: str) -> Any:
        column = next(c.index for c in self.form(table).columns if c.head == head)
        return self.sheet(table).cell(row, column)

    def figure(self, table: str, line: str = "", head: str = "2022") -> Any:
        return self._at(table, self._row_of(table, line), head)

    def at_row(self, table: str, row: int, head: str = "2022") -> Any:
        return self._at(table, row, head)

    def status(self, table: str, line: str = "", head: str = "2022") -> Any:
        return self.figure(table, line, f"{head} status")

    def note(self, table: str, line: str = "") -> Any:
        return self.figure(table, line, "Note")

    def conf(self, table: str, line: str = "") -> Any:
        return self.figure(table, line, "Confidentiality")

    def code(self, table: str, line: str = "") -> Any:
        return self.sheet(table).cell(self._row_of(table, line), 1)

    def head(self, table: str, head: str) -> Any:
        return self._at(table, CODE_ROW, head)

    def cover(self, name: str) -> Any:
        sheet = self.book[COVER_SHEET]
        return next(sheet.cell(r, 3) for r in range(5, 60) if sheet.cell(r, 1).value == name)

    def write(self, folder: Path) -> None:
        for name, data in (self.files or {f"{self.state}.xlsx": self.bytes()}).items():
            (folder / name).write_bytes(data)

    def bytes(self) -> bytes:
        raw = io.BytesIO()
        self.book.save(raw)
        return self.patch(raw.getvalue())


@dataclass
class CsvDraft:
    """A good CSV return that a defect is put into."""

    report: str
    state: str
    round: int = ROUND
    delimiter: str = ","
    encoding: str = "utf-8"
    files: dict[str, bytes] | None = None
    header: list[str] = field(init=False)
    lines: list[dict[str, str]] = field(init=False)
    answers: dict[str, str] | None = field(init=False)

    def __post_init__(self) -> None:
        contract = contracts().contract(self.report)
        tables = tables_for(contract, self.state, round_=self.round)
        names = list(dict.fromkeys(d.name for t in tables for d in t.dimensions))
        self.header = [*BEFORE, *names, *AFTER]
        self.lines = [
            {
                "table": t.name,
                "state": self.state,
                "year": str(year),
                **self._codes(t, line),
                "value": f"{number:g}",
            }
            for t in tables
            for line, number in GOOD[self.report].get(t.name, {}).items()
            for year in contract.years(self.round)
        ]
        fields = cover_fields(contract, self.state, state_name="", round_=self.round)
        self.answers = {code: value for code, _, value, _ in fields if value} | {
            "date": f"{self.round + 1}-03-31"
        }

    def _codes(self, table: Table, line: str) -> dict[str, str]:
        return dict(zip(table.layout.rows, line.split("."), strict=True)) if line else {}

    def find(self, table: str, year: int = ROUND, **codes: str) -> dict[str, str]:
        wanted = {"table": table, "year": str(year), **codes}
        return next(x for x in self.lines if all(x.get(k) == v for k, v in wanted.items()))

    def place(self, line: dict[str, str], column: str = "value") -> Place:
        return (
            "",
            f"line {next(n for n, x in enumerate(self.lines, 2) if x is line)}, column {column}",
        )

    def text(self) -> str:
        return _csv(
            [self.header, *([x.get(name, "") for name in self.header] for x in self.lines)],
            self.delimiter,
        )

    def write(self, folder: Path) -> None:
        for name, data in (
            self.files or {f"{self.state}.csv": self.text().encode(self.encoding)}
        ).items():
            (folder / name).write_bytes(data)
        if self.answers is not None:
            rows = [["field", "answer"], *([k, v] for k, v in self.answers.items())]
            (folder / f"{self.state}.cover.csv").write_text(_csv(rows, ","), encoding="utf-8")


def _csv(rows: list[list[str]], delimiter: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return out.getvalue()
