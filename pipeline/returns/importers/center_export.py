"""What did the Center do, by an export of its information system? Counts actions into
the Center's own returns.

A file is read by the export of `center_export.yaml` whose columns it has. Every word of
it must be known there: a row that nobody understands would make each count too low, so
all such rows are told and nothing is written. No row of a kind is not reported, never
zero.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipeline.cells import TOTAL, Key
from pipeline.contracts.center_export import EXPORTS, OTHER, PAGE, CodedColumn, Export, load_exports
from pipeline.contracts.codelists import fold
from pipeline.contracts.layout import CENTER
from pipeline.contracts.model import Contracts
from pipeline.contracts.sources import NOT_STATED
from pipeline.errors import UserError
from pipeline.returns.importers.figures import Figure, Reading, Source
from pipeline.returns.intake.personal import personal_data
from pipeline.system.yaml_files import visible

BY_FORCE, BY_STATE, TRAININGS = "SEL_ACTIVITY", "ACT_STATES", "ACT_TRAININGS"
TRAINING = "TRAIN"
MOST_BYTES = 100_000_000
_TOLD = 20  # lines of a file that are told
_FORMS = {
    "YYYY": r"(?P<y>\d{4})",
    "YYYY-MM-DD": r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})(?:[T ].*)?",
    "DD.MM.YYYY": r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4})\.?(?: .*)?",
    "DD/MM/YYYY": r"(?P<d>\d{1,2})/(?P<m>\d{1,2})/(?P<y>\d{4})(?: .*)?",
    "MM/DD/YYYY": r"(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{4})(?: .*)?",
}


@dataclass(frozen=True)
class _Action:
    """A row of an export: what was done, under which task force, with whom, how often."""

    year: int
    activity: str
    force: str
    states: tuple[str, ...]
    count: int


def read(path: Path, contracts: Contracts, round_: int) -> Reading:
    """Count the actions of the years of a round. Raises UserError with every line that
    cannot be understood.
    """
    exports = load_exports(contracts.folder, contracts)
    if not exports:
        raise UserError(
            "no export of the Center's system is entered",
            where=EXPORTS,
            do=f"say there which column is what; see {PAGE}",
        )
    data = _bytes_of(path)
    export, head, lines = _fitting(path, data, exports)
    actions = list(_actions(path, export, head=head, lines=lines))
    years = contracts.contract(contracts.table(BY_FORCE).report).years(round_)
    own = [a for a in actions if a.year in years]
    figures = tuple(_figures(own, export, contracts))
    outside = Counter({"other_year": len(actions) - len(own)})
    return Reading(
        Source("center_export", CENTER, "records of the Center", NOT_STATED),
        figures,
        (),
        {reason: number for reason, number in outside.items() if number},
        len(own),
        (BY_FORCE, BY_STATE, TRAININGS),
        (f"read as '{export.id}' of {EXPORTS}", *_not_said(export)),
    )


def _not_said(export: Export) -> Iterator[str]:
    if export.task_force is None:
        yield "the export does not say the task force: only totals were counted"
    if export.states is None:
        yield "the export does not say the states: no table by state was filled"


# --- the file


def _bytes_of(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UserError(
                f"the file has more than {MOST_BYTES:,} bytes",
                where=str(path),
                do="export fewer years, or without the texts",
            )
        return path.read_bytes()
    except OSError as problem:
        raise UserError(
            f"the file cannot be read: {problem.strerror}", where=str(path), do="name it with FILE="
        ) from None


def _fitting(
    path: Path, data: bytes, exports: Sequence[Export]
) -> tuple[Export, list[str], list[tuple[int, list[str]]]]:
    """The one export whose columns the file has, its heads, and its lines with their
    numbers. Raises UserError where none fits, or several do.
    """
    fitting = []
    lacking = []
    for export in exports:
        try:
            head, lines = _table(data, export)
        except (ValueError, csv.Error) as problem:
            lacking.append(f"{export.id}: it cannot be read as {export.encoding}: {problem}"[:200])
            continue
        if missing := [c for c in export.columns if head.count(c) != 1]:
            named = ", ".join(f"'{c}'" for c in missing)
            lacking.append(f"{export.id}: not once in its head: {named}")
        else:
            fitting.append((export, head, lines))
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise UserError(
            f"the file fits several exports: {', '.join(e.id for e, _, _ in fitting)}",
            where=str(path),
            allowed="one whose columns the file has",
            do=f"make the columns of one of them say more in {EXPORTS}",
        )
    raise UserError(
        "the file is none of the exports that are entered:\n" + "\n".join(lacking),
        where=str(path),
        allowed="a file with the columns of one of them, each once",
        do=f"export it again, or enter its columns in {EXPORTS}; see {PAGE}",
    )


def _table(data: bytes, export: Export) -> tuple[list[str], list[tuple[int, list[str]]]]:
    text = data.decode("utf-8-sig" if export.encoding == "utf-8" else export.encoding)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=export.separator, strict=True)
    rows = []
    for row in reader:
        if any(cell.strip() for cell in row):
            rows.append((reader.line_num, [cell.strip() for cell in row]))
    if not rows:
        raise ValueError("it has no line")
    return rows[0][1], rows[1:]


# --- the rows


def _actions(
    path: Path, export: Export, *, head: list[str], lines: list[tuple[int, list[str]]]
) -> Iterator[_Action]:
    """Every row as an action. Raises UserError that tells each line that is none."""
    at = {column: head.index(column) for column in export.columns}
    wrong: list[str] = []
    found = []
    for number, row in lines:
        if len(row) != len(head):
            wrong.append(f"line {number}: {len(row)} cells, the head has {len(head)}")
            continue
        cells = {column: row[place] for column, place in at.items()}
        told = _Row(number, cells, wrong)
        found.append(told.action(export))
    if wrong:
        more = f"\nand {len(wrong) - _TOLD} more" if len(wrong) > _TOLD else ""
        raise UserError(
            f"{len(wrong)} things of the file cannot be understood:\n"
            + "\n".join(wrong[:_TOLD])
            + more,
            where=str(path),
            allowed=f"words and forms that '{export.id}' has in {EXPORTS}",
            do=(
                "enter the words there, or correct the file; no return was changed, because a row"
                f" that is left out makes every count too low; see {PAGE}"
            ),
        )
    yield from found


class _Row:
    """One row on its way to an action; what is wrong with it is told to `wrong`."""

    def __init__(self, number: int, cells: dict[str, str], wrong: list[str]) -> None:
        self.number, self.cells, self.wrong = number, cells, wrong

    def action(self, export: Export) -> _Action:
        force = self._codes(export.task_force)
        activity = self._codes(export.activity)
        return _Action(
            self._year(export),
            export.always or (activity[0] if activity else ""),
            force[0] if force else "",
            self._codes(export.states),
            self._count(export.count),
        )

    def _tell(self, column: str, text: str, why: str) -> None:
        said = (
            "what looks like data of a person" if personal_data(text) else f"'{visible(text)[:60]}'"
        )
        self.wrong.append(f"line {self.number}, column '{column}': {said} {why}")

    def _codes(self, coded: CodedColumn | None) -> tuple[str, ...]:
        """The codes of a cell, each once, in their order."""
        if coded is None:
            return ()
        cell = self.cells[coded.column]
        parts = cell.split(coded.separator) if coded.separator else [cell]
        codes = []
        for part in (p.strip() for p in parts):
            if fold(part) in coded.words:
                codes.append(coded.words[fold(part)])
            else:
                self._tell(coded.column, part, "is no word that is entered")
        return tuple(dict.fromkeys(codes))

    def _year(self, export: Export) -> int:
        text = self.cells[export.date]
        match = re.fullmatch(_FORMS[export.date_form], text)
        if match is None:
            self._tell(export.date, text, f"is no date of the form {export.date_form}")
            return 0
        parts = match.groupdict()
        try:
            day = date(int(parts["y"]), int(parts.get("m") or 1), int(parts.get("d") or 1))
        except ValueError:
            self._tell(export.date, text, "is no day of the calendar")
            return 0
        return day.year

    def _count(self, column: str) -> int:
        if not column:
            return 1
        text = self.cells[column]
        if not re.fullmatch(r"\d{1,7}", text):
            self._tell(column, text, "is no whole number")
            return 0
        return int(text)


# --- the figures


def _figures(actions: Sequence[_Action], export: Export, contracts: Contracts) -> Iterator[Figure]:
    """The counts by key. A table that the export cannot tell apart has totals alone."""
    members = {c.code for c in contracts.codelist("states") if c.parent}
    counts: Counter[Key] = Counter()
    for action in actions:
        year = str(action.year)
        forces = [TOTAL, *filter(None, [action.force])]
        for force in forces:
            if action.activity == TRAINING:
                counts[Key(TRAININGS, (CENTER, year, force))] += action.count
            else:
                counts[Key(BY_FORCE, (CENTER, year, action.activity, force))] += action.count
        for state in action.states:
            if state in members and state != OTHER:
                counts[Key(BY_STATE, (CENTER, year, action.activity, state))] += action.count
    asked = {code.code for d in contracts.table(BY_STATE).dimensions for code in d.codes}
    for key, count in sorted(counts.items()):
        if key.cube != BY_STATE or key.codes[-1] in asked:
            yield Figure(key, str(count))
