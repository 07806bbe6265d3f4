"""What do states send in a tried year? Forms that they fill in with invented figures:
in time, late, broken, wrong, corrected, and not at all.
"""

from __future__ import annotations

import random
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from io import BytesIO
from pathlib import Path

from pipeline.cells import TOTAL, Key
from pipeline.contracts.layout import SOURCE_FIELD, cover_fields, respondents, tables_for
from pipeline.contracts.model import Contracts, Table
from pipeline.contracts.policy import load_policy
from pipeline.returns.importers.csv_return import CsvCell, Dialect, csv_return_bytes
from pipeline.returns.importers.workbook_return import WorkbookReturn, put_files
from pipeline.steps.rehearsal.exercise import REGISTER, Exercise
from pipeline.steps.rehearsal.invented import Figures, invented
from pipeline.steps.rehearsal.judging import SESSIONS, answers, fill_in
from pipeline.steps.rehearsal.marks import EXERCISE

_AUTHORITY = f"{EXERCISE}, invented authority"
_CONTACT = f"{EXERCISE}, national focal point"
_ANSWERED = 0.6  # of the tables that do not open a report
_TOO_MUCH = 5  # times as much stands in the part that cannot be true


class Manner(StrEnum):
    """How a state sends its returns."""

    IN_TIME = "in time"
    AS_CSV = "in time, as CSV"
    LATE = "after a reminder"
    BROKEN = "broken, then whole"
    WRONG = "with a part above its whole, then corrected"
    ODD = "with a figure that it is asked about and confirms"
    NEVER = "never"


@dataclass(frozen=True)
class Senders:
    """Who sends how. The first states of a seeded order do what goes wrong."""

    exercise: Exercise
    seed: int
    manners: Mapping[str, Manner]

    @classmethod
    def of(cls, exercise: Exercise, *, seed: int, never: int = 0) -> Senders:
        """The states of the round, `never` of which send nothing."""
        states = [m.code for m in exercise.contracts().members(exercise.round)]
        others = [s for s in states if s != exercise.extended]
        random.Random(seed).shuffle(others)
        manners = dict.fromkeys(states, Manner.IN_TIME)
        odd = (Manner.WRONG, Manner.BROKEN, Manner.LATE, Manner.ODD, Manner.AS_CSV)
        manners |= dict(
            zip([*others, exercise.extended], (Manner.NEVER,) * never + odd, strict=False)
        )
        return cls(exercise, seed, manners)

    def those(self, *manners: Manner) -> list[str]:
        return [state for state, manner in self.manners.items() if manner in manners]

    def owing(self) -> list[str]:
        """Who owes a return on the day of the reminder: what cannot be read is owed by
        everybody, what is not there yet not by the state that was given more time.
        """
        not_there = self.those(Manner.LATE, Manner.NEVER)
        waited_for = [state for state in not_there if state != self.exercise.extended]
        return [*self.those(Manner.BROKEN), *waited_for]

    def send(self, state: str, *, day: date, spoiled: bool = False) -> list[Path]:
        """Put the returns of a state where returns are read. `spoiled` is what a state
        sends at first that must send again.
        """
        manner = self.manners.get(state, Manner.IN_TIME)
        contracts = self.exercise.contracts()
        put: dict[Path, bytes] = {}
        for report in self.exercise.reports:
            if state not in respondents(contracts, report, round_=self.exercise.round):
                continue
            figures = self._figures(contracts, report, state)
            if spoiled and manner is Manner.WRONG:
                _put_part_above_whole(contracts, report, figures, year=self.exercise.round)
            if manner is Manner.ODD:
                _make_odd(contracts, report, figures, year=self.exercise.round)
            if manner is Manner.AS_CSV:
                put |= self._as_csv(contracts, report, state, figures=figures, day=day)
                continue
            path, content = self._filled(contracts, report, state, figures=figures, day=day)
            broken = spoiled and manner is Manner.BROKEN
            put[path] = content[: len(content) // 2] if broken else content
        for contract in self.exercise.judged:
            if state in respondents(contracts, contract, round_=self.exercise.round):
                path, content = self._judged(contracts, contract, state, day=day, sessions=1)
                broken = spoiled and manner is Manner.BROKEN
                put[path] = content[: len(content) // 2] if broken else content
        put_files(put)
        return [*put]

    def judge_again(self, state: str, *, day: date) -> list[Path]:
        """Put what the experts of a state judge after a meeting beside what they did before."""
        contracts = self.exercise.contracts()
        put: dict[Path, bytes] = {}
        for contract in self.exercise.judged:
            if state in respondents(contracts, contract, round_=self.exercise.round):
                path, content = self._judged(
                    contracts, contract, state, day=day, sessions=len(SESSIONS)
                )
                put[path.with_suffix(".2.xlsx")] = content
        put_files(put)
        return [*put]

    def _judged(
        self, contracts: Contracts, contract: str, state: str, *, day: date, sessions: int
    ) -> tuple[Path, bytes]:
        """The form of experts with their words after so many sessions."""
        book = self._blank(contracts, contract, state)
        given = answers(
            contracts.contract(contract),
            state,
            round_=self.exercise.round,
            seed=self.seed,
            sessions=sessions,
        )
        fill_in(book.workbook, given)
        for field, answer in self._answers(contracts, contract, state, day=day):
            book.answer(field, answer)
        return book.path, book.content()[book.path]

    def _blank(self, contracts: Contracts, report: str, state: str) -> WorkbookReturn:
        """The form that came with the opening of the round."""
        from openpyxl import load_workbook

        round_ = self.exercise.round
        opened = self.exercise.project.round_folder(round_) / "opening" / f"{state}-{round_}.zip"
        with zipfile.ZipFile(opened) as package:
            form = load_workbook(BytesIO(package.read(f"{report}/{state}.xlsx")))
        path = self._place(report, state, ".xlsx")
        return WorkbookReturn(contracts, report, state, round_, path, workbook=form)

    def _figures(self, contracts: Contracts, report: str, state: str) -> Figures:
        """What a state can answer: no state keeps records of all that is asked. The tables
        that open a report are answered by every one, and the others by most.
        """
        contract = contracts.contract(report)
        every = invented(contract, state, round_=self.exercise.round, seed=self.seed)
        policy = load_policy(self.exercise.project.contracts, contracts)
        tables = contract.tables_of(self.exercise.round)
        kept = {
            table.name
            for number, table in enumerate(tables)
            if not number
            or not table.dimensions
            or policy.table(table.name).headline
            or random.Random(f"{self.seed} {state} {table.name} kept").random() < _ANSWERED
        }
        return {key: value for key, value in every.items() if key.cube in kept}

    def _place(self, report: str, state: str, suffix: str) -> Path:
        folder = self.exercise.project.returns / str(self.exercise.round) / report
        return folder / f"{state}{suffix}"

    def _filled(
        self, contracts: Contracts, report: str, state: str, *, figures: Figures, day: date
    ) -> tuple[Path, bytes]:
        """The form that came with the opening of the round, filled in as by hand."""
        round_ = self.exercise.round
        book = self._blank(contracts, report, state)
        for table in tables_for(contracts.contract(report), state, round_=round_):
            own = {key: value for key, value in figures.items() if key.cube == table.name}
            book.add_lines(table, _lines_of(table, own))
            for key, value in own.items():
                book.put(key, str(value), status="")
        for field, answer in self._answers(contracts, report, state, day=day):
            book.answer(field, answer)
        return book.path, book.content()[book.path]

    def _as_csv(
        self, contracts: Contracts, report: str, state: str, *, figures: Figures, day: date
    ) -> dict[Path, bytes]:
        contract = contracts.contract(report)
        known = {
            field: value
            for field, _, value, _ in cover_fields(
                contract, state, state_name=state, round_=self.exercise.round
            )
        }
        known |= dict(self._answers(contracts, report, state, day=day))
        return csv_return_bytes(
            self._place(report, state, ".csv"),
            contract,
            state=state,
            round_=self.exercise.round,
            cells={key: CsvCell(str(value)) for key, value in figures.items()},
            cover=[*known.items()],
            dialect=Dialect(separator=";"),
        )

    def _answers(
        self, contracts: Contracts, report: str, state: str, *, day: date
    ) -> Iterator[tuple[str, str]]:
        """What a state writes on the cover."""
        fields = cover_fields(
            contracts.contract(report), state, state_name=state, round_=self.exercise.round
        )
        said = {"authority": _AUTHORITY, "contact": _CONTACT, "date": f"{day}"}
        for field, _, _, fills in fields:
            if fills:
                yield field, said.get(field, REGISTER if field.startswith(SOURCE_FIELD) else "yes")


def _lines_of(table: Table, figures: Figures) -> set[str]:
    """The lines of an open list that the figures need."""
    if not table.layout.open_rows:
        return set()
    names = table.key_dimensions
    at = names.index(table.layout.rows[0])
    return {key.codes[at] for key in figures}


def _put_part_above_whole(
    contracts: Contracts, report: str, figures: Figures, *, year: int
) -> None:
    """A part of the first table becomes larger than the total that stands above it."""
    table, part = _a_part(contracts, report, figures, year=year)
    whole = figures[table.total_key(part.state, year)]
    figures[part] = whole * _TOO_MUCH


def _make_odd(contracts: Contracts, report: str, figures: Figures, *, year: int) -> None:
    """All figures of a table of one number a year rise tenfold: nothing contradicts
    them, and somebody must ask.
    """
    for table in contracts.contract(report).tables_of(year):
        if not table.dimensions:
            for key in [k for k in figures if k.cube == table.name and k.year == year]:
                figures[key] *= 10
            return


def _a_part(contracts: Contracts, report: str, figures: Figures, *, year: int) -> tuple[Table, Key]:
    """The largest part with one code beside the total, of the first table that has
    totals.
    """
    for table in contracts.contract(report).tables_of(year):
        parts = [
            key
            for key in figures
            if key.cube == table.name
            and key.year == year
            and sum(code != TOTAL for code in key.codes[2:]) == 1
        ]
        if parts and all(dimension.has_total for dimension in table.dimensions):
            return table, max(parts, key=lambda key: figures[key])
    raise LookupError(f"no table of {report} has parts and a total")
