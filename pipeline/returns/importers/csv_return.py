"""What does a return look like as tidy CSV? One row per filled cell, and the cover as a
second file.

`<STATE>.csv` has the columns table, state, year, every other dimension of the report's
tables in the order of the contract, value, obs_status, conf_status, note. A dimension
that a table does not have stays empty. `<STATE>.cover.csv` has the columns field,
answer with the fields of the cover sheet. Both files use one separator and one code
page.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.cells import Key
from pipeline.contracts.layout import SOURCE_FIELD, tables_for
from pipeline.contracts.model import Contract, Contracts, Table
from pipeline.errors import UserError
from pipeline.returns.formats.csvtext import decode
from pipeline.returns.formats.raw import DamagedFile
from pipeline.returns.importers.workbook_return import WorkbookReturn, join_notes, put_files

SEPARATORS = (",", ";", "\t")
ATTRIBUTES = ("value", "obs_status", "conf_status", "note")
COVER_HEADER = ["field", "answer"]
NOT_AVAILABLE = ":"


@dataclass(frozen=True)
class Dialect:
    """How a sender writes CSV. `encoding` utf-8-sig is UTF-8 with a byte order mark."""

    separator: str = ","
    encoding: str = "utf-8"


@dataclass
class CsvCell:
    text: str
    obs_status: str = ""
    conf_status: str = ""
    note: str = ""


def further_dimensions(contract: Contract, state: str, *, round_: int) -> list[str]:
    """Every dimension of the round's tables beside state and year, once, in contract
    order.
    """
    return list(
        dict.fromkeys(
            d.name for t in tables_for(contract, state, round_=round_) for d in t.dimensions
        )
    )


def cover_path(path: Path) -> Path:
    return path.with_name(f"{path.stem}.cover.csv")


def write_csv_return(
    path: Path,
    contract: Contract,
    *,
    state: str,
    round_: int,
    cells: dict[Key, CsvCell],
    cover: list[tuple[str, str]],
    dialect: Dialect,
) -> None:
    """Write both files of a return. Raises UserError when a note cannot be written in
    the code page.
    """
    put_files(
        csv_return_bytes(
            path, contract, state=state, round_=round_, cells=cells, cover=cover, dialect=dialect
        )
    )


def csv_return_bytes(
    path: Path,
    contract: Contract,
    *,
    state: str,
    round_: int,
    cells: dict[Key, CsvCell],
    cover: list[tuple[str, str]],
    dialect: Dialect,
) -> dict[Path, bytes]:
    """What both files of a return hold. Raises UserError when a note cannot be written
    in the code page.
    """
    tables = {t.name: t for t in tables_for(contract, state, round_=round_)}
    order = {name: n for n, name in enumerate(tables)}
    names = further_dimensions(contract, state, round_=round_)
    rows = [["table", "state", "year", *names, *ATTRIBUTES]]
    for key in sorted(cells, key=lambda k: (order[k.cube], k.codes)):
        codes = dict(zip(tables[key.cube].key_dimensions, key.codes, strict=True))
        cell = cells[key]
        row = [key.cube, key.state, str(key.year), *(codes.get(n, "") for n in names)]
        rows.append([*row, cell.text, cell.obs_status, cell.conf_status, cell.note])
    answers = [COVER_HEADER, *([f, a] for f, a in cover)]
    return {
        path: _bytes(path, rows, dialect=dialect),
        cover_path(path): _bytes(path, answers, dialect=dialect),
    }


def _bytes(path: Path, rows: list[list[str]], *, dialect: Dialect) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=dialect.separator, lineterminator="\r\n").writerows(rows)
    try:
        return text.getvalue().encode(dialect.encoding)
    except UnicodeEncodeError as problem:
        raise UserError(
            f"'{problem.object[problem.start : problem.end]}' does not exist in {dialect.encoding}",
            where=str(path),
            do="write the return in UTF-8",
        ) from problem


def to_csv(source: WorkbookReturn, path: Path, *, dialect: Dialect) -> None:
    """Write a workbook return as CSV.

    A workbook has one note and one confidentiality per line; in CSV every filled cell
    of the line carries them. A line that has only a note becomes one row for its last
    cell, with `:`.
    """
    cells: dict[Key, CsvCell] = {}
    for filled, keys, conf, note in source.lines():
        for key, text, status in filled:
            cells[key] = CsvCell(text, status, conf, note)
        if not filled and (note or conf):
            cells[max(keys)] = CsvCell(NOT_AVAILABLE, "", conf, note)
    contract = source.contracts.contract(source.report)
    write_csv_return(
        path,
        contract,
        state=source.state,
        round_=source.round_,
        cells=cells,
        cover=source.cover(),
        dialect=dialect,
    )


@dataclass
class CsvReturn:
    """A return as CSV, opened to be filled. It offers what `WorkbookReturn` offers, and
    is saved as it was written.
    """

    contracts: Contracts
    report: str
    state: str
    round_: int
    path: Path
    dialect: Dialect = Dialect()
    cells: dict[Key, CsvCell] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        contract = self.contracts.contract(self.report)
        header = [
            "table",
            "state",
            "year",
            *further_dimensions(contract, self.state, round_=self.round_),
            *ATTRIBUTES,
        ]
        self.dialect, rows = _read(self.path, self.state, header=header)
        for line, row in enumerate(rows, 2):
            key = self._key(row, line)
            if key in self.cells:
                raise UserError(
                    f"{key} stands twice",
                    where=f"{self.path} line {line}",
                    do="keep one of the rows",
                )
            self.cells[key] = CsvCell(*(row[a].strip() for a in ATTRIBUTES))
        if cover_path(self.path).is_file():
            _, cover = _read(cover_path(self.path), self.state, header=COVER_HEADER)
            self.answers = {r["field"]: r["answer"] for r in cover}

    def value(self, key: Key) -> str:
        text = self.cells[key].text if key in self.cells else ""
        return "" if text == NOT_AVAILABLE else text

    def has_line(self, key: Key) -> bool:
        return True

    def add_lines(self, table: Table, codes: set[str]) -> set[str]:
        return set()

    def put(self, key: Key, text: str, *, status: str) -> None:
        cell = self.cells.setdefault(key, CsvCell(""))
        cell.text, cell.obs_status = text, status or cell.obs_status

    def remark(self, key: Key, note: str) -> None:
        cell = self.cells.setdefault(key, CsvCell(NOT_AVAILABLE))
        cell.note = join_notes(cell.note, note)

    def cite(self, table: str, cited: str) -> None:
        old = self.answers.get(SOURCE_FIELD + table, "")
        if cited not in old:
            self.answers[SOURCE_FIELD + table] = f"{old}; {cited}" if old else cited

    def answer(self, field_: str, text: str) -> None:
        self.answers[field_] = self.answers.get(field_) or text

    def content(self) -> dict[Path, bytes]:
        """The files of the return as they are to be written. Raises UserError when a
        note cannot be written.
        """
        contract = self.contracts.contract(self.report)
        cover = list(self.answers.items())
        return csv_return_bytes(
            self.path,
            contract,
            state=self.state,
            round_=self.round_,
            cells=self.cells,
            cover=cover,
            dialect=self.dialect,
        )

    def _key(self, row: dict[str, str], line: int) -> Key:
        table = self.contracts.table(row["table"].strip())
        codes = {d: row[d].strip() for d in table.key_dimensions}
        key = table.key(codes)
        try:
            self.contracts.check_key(key)
        except UserError as problem:
            raise UserError(
                problem.what,
                where=f"{self.path} line {line}",
                allowed=problem.allowed,
                do="correct the row, then import again",
            ) from problem
        return key


def _read(path: Path, state: str, *, header: list[str]) -> tuple[Dialect, list[dict[str, str]]]:
    """The rows of a CSV file whose separator and code page are found out by its text
    and its header.
    """
    data = path.read_bytes()
    try:
        text, encoding = decode(data, state)
    except DamagedFile as problem:
        raise UserError(
            f"the CSV return cannot be read: {problem}",
            where=str(path),
            do="save it as UTF-8, then import again",
        ) from problem
    if data.startswith(b"\xef\xbb\xbf"):
        encoding = "utf-8-sig"
    for separator in SEPARATORS:
        reader = csv.DictReader(
            io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=separator
        )
        if reader.fieldnames and set(header) <= set(reader.fieldnames):
            rows = [{k: v or "" for k, v in row.items() if k is not None} for row in reader]
            return Dialect(separator, encoding), rows
    raise UserError(
        "the header of the CSV return is not the expected one",
        where=str(path),
        allowed=",".join(header),
        do="correct the header, or move the file away to start from a blank workbook",
    )
