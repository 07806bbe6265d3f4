"""How do published figures get into returns? Blank cells are filled; what a state wrote
is never changed.

A cell that holds the same number stays as it is. A cell that holds another number keeps
it, and the note of its line says what the source gives. Every value comes with the
source on the cover.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pipeline.cells import Key
from pipeline.contracts.layout import CENTER, tables_for
from pipeline.contracts.model import Contracts, Table
from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.returns.importers.csv_return import CsvReturn
from pipeline.returns.importers.figures import Figure, Reading, clean_number, spot
from pipeline.returns.importers.workbook_return import WorkbookReturn, put_files

AUTHORITY = "Pre-filled from published figures"
LEFT_BLANK = "; left blank"


class ReturnFile(Protocol):
    """A return that can be filled, workbook or CSV."""

    path: Path

    def value(self, key: Key) -> str: ...
    def has_line(self, key: Key) -> bool: ...
    def add_lines(self, table: Table, codes: set[str]) -> set[str]: ...
    def put(self, key: Key, text: str, *, status: str) -> None: ...
    def remark(self, key: Key, note: str) -> None: ...
    def cite(self, table: str, cited: str) -> None: ...
    def answer(self, field_: str, text: str) -> None: ...
    def content(self) -> dict[Path, bytes]: ...


@dataclass(frozen=True)
class Filled:
    """What happened to one return: cells written, found equal, kept against the source,
    and figures without a line.
    """

    state: str
    report: str
    path: Path
    written: int = 0
    same: int = 0
    conflicts: int = 0
    blank: int = 0  # figures the source contradicts itself on: a note, no value
    no_line: int = 0  # the open list of the sheet is full


def fill_returns(
    project: Project,
    contracts: Contracts,
    *,
    reading: Reading,
    round_: int,
    states: list[str] | None = None,
    folder: Path | None = None,
    day: str = "",
) -> list[Filled]:
    """Write the figures of a reading into the returns of a round; a state without
    figures gets a blank return.

    `folder` holds one folder per report, by default `returns/<round>`. `day` dates
    returns that bear no date; without one the state dates its return when it sends it.
    Raises UserError when a return cannot be read or written: then none is changed.
    """
    root = folder or project.returns / str(round_)
    members = [c.code for c in contracts.members(round_)]
    if wrong := [s for s in states or [] if s not in members]:
        raise UserError(
            f"'{wrong[0]}' is not a member state in {round_}", allowed=", ".join(members)
        )
    results: list[Filled] = []
    files: dict[Path, bytes] = {}
    asked = {t.name: t for name in reading.tables if (t := contracts.table(name)).is_asked(round_)}
    for report in dict.fromkeys(table.report for table in asked.values()):
        of_center = all(t.respondent == "center" for t in asked.values() if t.report == report)
        for state in [CENTER] if of_center else states or members:
            figures = [
                f
                for f in reading.figures
                if f.key.state == state
                and f.key.cube in asked
                and asked[f.key.cube].report == report
            ]
            filled, content = _fill_return(
                contracts,
                report,
                state=state,
                round_=round_,
                folder=root / report,
                figures=figures,
                reading=reading,
                day=day,
            )
            results.append(filled)
            files |= content
    put_files(files)
    return results


def open_return(
    contracts: Contracts, report: str, *, state: str, round_: int, folder: Path
) -> ReturnFile:
    """The return of a state: its CSV file, its workbook, or the blank workbook where it
    has sent none.
    """
    workbook = folder / f"{state}.xlsx"
    tidy = folder / f"{state}.csv"
    if workbook.is_file() and tidy.is_file():
        raise UserError(
            f"{state} has a workbook and a CSV return",
            where=str(folder),
            allowed="one of the two",
            do="keep the one the state sent last",
        )
    if tidy.is_file():
        return CsvReturn(contracts, report, state, round_, tidy)
    return WorkbookReturn(contracts, report, state, round_, workbook)


def _fill_return(
    contracts: Contracts,
    report: str,
    *,
    state: str,
    round_: int,
    folder: Path,
    figures: list[Figure],
    reading: Reading,
    day: str,
) -> tuple[Filled, dict[Path, bytes]]:
    file = open_return(contracts, report, state=state, round_=round_, folder=folder)
    _add_lines(file, contracts, report=report, state=state, round_=round_, figures=figures)
    counts = {"written": 0, "same": 0, "conflicts": 0, "blank": 0, "no_line": 0}
    for figure in sorted(figures, key=lambda f: f.key):
        counts[
            _fill_cell(file, contracts.table(figure.key.cube), figure=figure, reading=reading)
        ] += 1
    for name in sorted({f.key.cube for f in figures}):
        file.cite(name, reading.source.cited)
    file.answer("authority", CENTER if state == CENTER else AUTHORITY)
    file.answer("date", day)
    return Filled(state, report, file.path, **counts), file.content()


def _add_lines(
    file: ReturnFile,
    contracts: Contracts,
    *,
    report: str,
    state: str,
    round_: int,
    figures: list[Figure],
) -> None:
    """Open lists get all their new lines at once, so that the first fill stands in the
    order of names.
    """
    for table in tables_for(contracts.contract(report), state, round_=round_):
        if table.layout.open_rows:
            place = table.key_dimensions.index(table.layout.rows[0])
            file.add_lines(table, {f.key.codes[place] for f in figures if f.key.cube == table.name})


def _fill_cell(file: ReturnFile, table: Table, *, figure: Figure, reading: Reading) -> str:
    if not file.has_line(figure.key):
        return "no_line"
    existing = file.value(figure.key)
    if not figure.text:
        file.remark(figure.key, figure.note.replace(LEFT_BLANK, "") if existing else figure.note)
        return "blank"
    if not existing:
        file.put(figure.key, figure.text, status=figure.obs_status)
        file.remark(figure.key, figure.note)
        return "written"
    if _equal(existing, figure.text, table=table):
        return "same"
    source = f"{reading.source.publisher}, {reading.source.table}"
    file.remark(figure.key, f"{spot(table, figure.key)}: {source} gives {figure.text}")
    return "conflicts"


def _equal(existing: str, published: str, *, table: Table) -> bool:
    return existing == published or clean_number(existing, table.decimals) == published
