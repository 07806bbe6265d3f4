"""What does a state answer in its own file? The rows of its marked workbook, or of a
CSV, that answer queries.

The file is opened as a return is: in a bound process, without formulas, macros and
links. What is wrong is told all at once, with its place; then nothing of the file is
taken.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.contracts.codelists import fold
from pipeline.contracts.model import Contracts
from pipeline.errors import UserError
from pipeline.returns.days import read_date
from pipeline.returns.formats.archive import MAX_FILE
from pipeline.returns.formats.letters import UNREAD
from pipeline.returns.formats.opened import Opened, open_file
from pipeline.returns.formats.raw import (
    CsvText,
    DamagedFile,
    RawCell,
    RawSheet,
    RawWorkbook,
    column_letters,
)
from pipeline.returns.intake.problems import RULES
from pipeline.returns.intake.shown import shown_name, steers
from pipeline.returns.intake.vocabulary import load_words
from pipeline.returns.rules.query_log import EFFECTS, ID

QUERY, EFFECT, RESOLUTION, ANSWER, ANSWERED = "query", "effect", "resolution", "answer", "answered"
TO_FILL = (EFFECT, RESOLUTION, ANSWER, ANSWERED)
CODES = (QUERY, *TO_FILL)
PAGE = "docs/how-to/queries.md"
LONGEST_DAY = len("31.12.2023.")  # more is more than a day
MAX_TOLD = 20  # problems that are listed; the others are counted
_STATE = re.compile(r"([A-Za-z]{2,5})[-._ ]")
_SEND_AGAIN = "correct the file, or ask the state to, and read it again: nothing was entered"


@dataclass(frozen=True)
class Answered:
    """An answer as a state wrote it: the id of its query, what follows from it, which
    figures count, its words, its day (YYYY-MM-DD), and where it stands in the file.
    """

    query: str
    effect: str
    resolution: str
    text: str
    day: str
    place: str


@dataclass(frozen=True)
class AnswerFile:
    """The answers of a file, and the hash of its bytes. `unanswered` are rows of queries
    that were left blank.
    """

    name: str
    sha256: str
    answers: tuple[Answered, ...]
    unanswered: int


def read_answers(path: Path, contracts: Contracts, *, day: str = "", state: str = "") -> AnswerFile:
    """Read the answers of a file. `day` is that of answers that give none, `state` whose
    code page a CSV may have; the name of the file tells it too.

    Raises UserError with everything that is wrong, or where the file cannot be read.
    """
    name = shown_name(path.name)
    data = _bytes_of(path, name)
    try:
        opened = open_file(
            data,
            state or _state_of(path.name, contracts),
            names=CODES,
            words=load_words(contracts.codelists),
        )
        rows = _rows_of(opened)
    except DamagedFile as problem:
        rule = RULES[problem.rule]
        raise UserError(
            f"the file is not read: {problem.found}", where=name, allowed=rule.allowed, do=rule.do
        ) from None
    answers: list[Answered] = []
    problems: list[str] = []
    unanswered = 0
    for row in rows:
        if not any(cell.raw.strip() for code, cell in row.cells.items() if code != QUERY):
            unanswered += bool(row.text(QUERY))
            continue
        problems += _wrong(row)
        answers.append(
            Answered(
                row.text(QUERY).casefold(),
                row.text(EFFECT).casefold(),
                row.text(RESOLUTION).casefold(),
                row.text(ANSWER),
                _day(row.text(ANSWERED)) or day,
                row.place,
            )
        )
    tell(problems, where=name)
    if not answers:
        raise UserError(
            f"no query is answered in it, {unanswered} are left blank",
            where=name,
            allowed=f"{EFFECT} and {ANSWER} beside the id of a query",
            do="look whether it is the file that the state filled in",
        )
    return AnswerFile(name, hashlib.sha256(data).hexdigest(), tuple(answers), unanswered)


def _day(text: str) -> str:
    """The day of an answer as the log writes it; what is none stays as it was written."""
    found = read_date(text) if len(text) <= LONGEST_DAY else None
    return found.isoformat() if found else text


def tell(problems: Sequence[str], *, where: str) -> None:
    """Raises UserError with all problems of a file, if there are any."""
    if problems:
        more = len(problems) - MAX_TOLD
        listed = [*problems[:MAX_TOLD], *([f"and {more} more"] if more > 0 else [])]
        raise UserError(
            "\n  ".join([f"{len(problems)} answers cannot be taken:", *listed]),
            where=where,
            allowed=f"the columns {', '.join(CODES)} as {PAGE} explains them",
            do=_SEND_AGAIN,
        )


def _bytes_of(path: Path, name: str) -> bytes:
    try:
        if not path.is_file():
            raise UserError("there is no such file", where=name, do="give FILE= with its path")
        if (size := path.stat().st_size) > MAX_FILE:
            raise UserError(f"the file has {size:,} bytes", where=name, allowed=f"{MAX_FILE:,}")
        return path.read_bytes()
    except OSError as problem:
        raise UserError(f"the file cannot be read: {problem.strerror}", where=name) from None


def _state_of(name: str, contracts: Contracts) -> str:
    match = _STATE.match(name)
    state = match[1].upper() if match else ""
    return state if state in contracts.codelist("states") else ""


# Rows of any format.


@dataclass(frozen=True)
class _Row:
    """One row: where it stands, and its cells by the code of their column."""

    place: str
    cells: Mapping[str, RawCell]
    hidden: bool = False

    def text(self, code: str) -> str:
        cell = self.cells.get(code)
        return " ".join(cell.text.split()) if cell else ""


def _wrong(row: _Row) -> Iterator[str]:
    """What of a row no answer may hold, whatever it says."""
    if not row.text(QUERY):
        yield f"{row.place}: an answer without the id of its query"
    if row.hidden:
        yield f"{row.place}: the row is hidden; show all rows and send the file again"
    for code, cell in row.cells.items():
        if cell.formula:
            yield f"{row.place}: {code} is a formula; write the words themselves"
        elif cell.kind in ("error", "damaged", "boolean"):
            yield f"{row.place}: {code} holds no text ({cell.kind})"
        elif UNREAD in cell.text:
            yield f"{row.place}: {code} holds letters of an unknown code page; save it as UTF-8"
        elif steers(cell.text):
            yield f"{row.place}: {code} holds characters that nobody sees; type it anew"


def _rows_of(opened: Opened) -> list[_Row]:
    """The rows below the codes of the columns. Raises DamagedFile where there are none."""
    content = opened.content
    if isinstance(content, CsvText):
        return _rows_of_csv(content)
    if content.active_content:
        raise DamagedFile("active-content", ", ".join(content.active_content[:5]))
    return _rows_of_workbook(content)


def _rows_of_csv(content: CsvText) -> list[_Row]:
    if not content.encoding:
        raise DamagedFile("unknown-letters", "letters of an unknown code page")
    header, *records = content.records
    columns = [fold(name) for name in header.fields]
    _require_columns(columns, f"line {header.line}")
    rows = []
    for record in records:
        place = f"line {record.line}"
        if len(record.fields) > len(columns):
            raise DamagedFile("unreadable-file", f"{place} has more fields than the header")
        cells = {
            code: RawCell("", f"{place}, column {code}", text)
            for code, text in zip(columns, record.fields, strict=False)
            if code in CODES and text
        }
        rows.append(_Row(place, cells))
    return rows


def _rows_of_workbook(content: RawWorkbook) -> list[_Row]:
    found = [(sheet, row, columns) for sheet in content.sheets for row, columns in _heads(sheet)]
    if not found:
        raise DamagedFile("no-code-row", f"no row with the codes {', '.join(CODES)}")
    if len(found) > 1:
        raise DamagedFile("no-code-row", f"{len(found)} rows with the codes {', '.join(CODES)}")
    sheet, head, columns = found[0]
    _require_columns(columns.values(), f"row {head}")
    if sheet.hidden:
        raise DamagedFile("hidden-sheet", "the sheet of the answers is hidden")
    for top, left, bottom, right in sheet.merged:
        if bottom > head and any(left <= column <= right for column in columns):
            corner = f"{column_letters(left)}{top}"
            raise DamagedFile("merged-cells", f"cells of answers are merged from {corner} on")
    rows: dict[int, dict[str, RawCell]] = {}
    for (row, column), cell in sheet.cells.items():
        if row > head and (code := columns.get(column)):
            rows.setdefault(row, {})[code] = cell
    return [
        _Row(f"row {row}", cells, hidden=row in sheet.hidden_rows)
        for row, cells in sorted(rows.items())
        if row > head + 1 or not _is_head(cells)
    ]


def _heads(sheet: RawSheet) -> Iterator[tuple[int, dict[int, str]]]:
    """Rows of a sheet that hold the codes of the columns: row, and code by column."""
    by_row: dict[int, dict[int, str]] = {}
    for (row, column), cell in sheet.cells.items():
        if cell.text.strip() in CODES and not cell.formula:
            by_row.setdefault(row, {})[column] = cell.text.strip()
    for row, columns in by_row.items():
        if {QUERY, ANSWER} <= set(columns.values()):
            yield row, columns


def _is_head(cells: Mapping[str, RawCell]) -> bool:
    """Whether the row below the codes is that of the heads, which people read: it names
    its columns, and answers nothing.
    """
    query, effect = (cells[code].text.strip() if code in cells else "" for code in (QUERY, EFFECT))
    return bool(query) and not ID.fullmatch(query) and fold(effect) not in EFFECTS


def _require_columns(columns: Iterable[str], where: str) -> None:
    columns = list(columns)
    missing = [code for code in CODES if code not in columns]
    twice = [code for code in CODES if columns.count(code) > 1]
    if missing or twice:
        what = f"{where}: missing {', '.join(missing)}" if missing else f"{where}: {twice[0]} twice"
        raise DamagedFile("wrong-header", what)
