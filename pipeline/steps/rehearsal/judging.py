"""What would experts judge in a tried year? Invented words, closer after the meeting.

Each state leans one way, and each crime area has its own middle, so that answers spread
as answers do: some areas are judged alike, of others states differ. The same seed gives
the same words.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.contracts.layout import SheetForm, form_of, tables_for
from pipeline.contracts.model import Contract
from pipeline.steps.rehearsal.marks import EXERCISE

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

SESSIONS = ("1", "2")  # before the meeting, each state alone, and again after it
_APART = {"1": 1.5, "2": 0.6}  # places that answers lie apart
_NOT_ASSESSED = 0.05  # of the answers
_WRITTEN = 0.3  # of the texts that are asked for
_CLEARED = 0.5  # of them, for everybody


@dataclass(frozen=True)
class Answer:
    """What stands in a cell of a form, in the sheet of its table."""

    sheet: str
    row: int
    column: int
    text: str


def answers(
    contract: Contract, state: str, *, round_: int, seed: int, sessions: int
) -> Iterator[Answer]:
    """What the experts of a state enter after so many `sessions`: words in the lines of
    these, and texts.
    """
    for table in tables_for(contract, state, round_=round_):
        form = form_of(table, contract, state=state, round_=round_)
        assert table.judged is not None, f"{table.name} is answered on no scale"
        if table.judged.is_texts:
            yield from _texts(form, seed=seed)
        else:
            yield from _words(form, seed=seed, sessions=SESSIONS[:sessions])


def _words(form: SheetForm, *, seed: int, sessions: tuple[str, ...]) -> Iterator[Answer]:
    for row in form.rows:
        area, session = row.codes
        if session not in sessions:
            continue
        for column in (c for c in form.columns if c.kind == "value"):
            scale = form.scale(column).words
            middle = random.Random(f"{seed} {area} {column.head}").random() * (len(scale) - 1)
            own = random.Random(f"{seed} {form.state} {area} {column.head} {session}")
            if own.random() >= _NOT_ASSESSED:
                place = round(own.gauss(middle, _APART[session]))
                word = scale[min(max(place, 0), len(scale) - 1)]
                yield Answer(form.sheet, row.index, column.index, word)


def _texts(form: SheetForm, *, seed: int) -> Iterator[Answer]:
    judged = form.table.judged
    assert judged is not None
    assert judged.texts is not None
    note = next(c.index for c in form.columns if c.kind == "note")
    for row in form.rows:
        own = random.Random(f"{seed} {form.state} {row.codes}")
        if own.random() >= _WRITTEN:
            continue
        cleared = own.random() < _CLEARED
        for column in (c for c in form.columns if c.kind == "value"):
            aspect = column.head.split(".")[0]
            words = form.scale(column).words
            word = own.choice(words)
            if cleared and aspect == judged.texts.clearance:
                word = words[-1]
            if cleared and aspect == judged.texts.handling:
                word = judged.texts.free[0]
            yield Answer(form.sheet, row.index, column.index, word)
        area, topic = row.labels[:2]
        yield Answer(form.sheet, row.index, note, f"{EXERCISE}: invented, on {area}, {topic}.")


def fill_in(book: Workbook, given: Iterator[Answer]) -> None:
    """Enter answers into a form, as by hand."""
    for answer in given:
        book[answer.sheet].cell(answer.row, answer.column).value = answer.text
