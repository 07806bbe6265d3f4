"""What would experts answer? An exercise: forms of the states with invented words, the
same ones at every run.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path

from openpyxl.worksheet.worksheet import Worksheet

from pipeline.contracts.layout import SOURCE_FIELD, SheetForm, form_of, tables_for
from pipeline.contracts.model import Contracts
from pipeline.contracts.template import build_workbook
from pipeline.project import Project
from pipeline.report.exhibits.judged_cells import AFTER, BEFORE
from pipeline.returns.intake.folder import MEETINGS
from pipeline.returns.meetings.recorded import record_paper
from pipeline.system.signed.people import person

ASSESSMENT = "assessment"
EXERCISE = 2023
TEXT = "EXERCISE: invented by a test, of {area} and {topic} as {state} sees it"


def write_forms(
    contracts: Contracts,
    returns: Path,
    *,
    round_: int = EXERCISE,
    states: Iterable[str] = (),
    sessions: Iterable[str] = (BEFORE, AFTER),
    seed: int = 1,
) -> list[Path]:
    """Fill in the forms of the `states`, of all members where none are named."""
    folder = returns / str(round_) / ASSESSMENT
    folder.mkdir(parents=True, exist_ok=True)
    contract = contracts.contract(ASSESSMENT)
    written = []
    for state in states or [m.code for m in contracts.members(round_)]:
        book = build_workbook(contracts, ASSESSMENT, state=state, round_=round_)
        cover = book["Cover"]
        for row in range(5, cover.max_row + 1):
            field = str(cover.cell(row, 1).value)
            answer = {"authority": "Ministry (exercise)", "date": f"{round_ + 1}-03-31"}.get(field)
            if field.startswith(SOURCE_FIELD):
                answer = "exercise"
            if answer:
                cover.cell(row, 3, answer)
        words = random.Random(f"{seed} {state}")
        for table in tables_for(contract, state, round_=round_):
            form = form_of(table, contract, state=state, round_=round_)
            _fill(form, book[form.sheet], words=words, sessions=set(sessions))
        path = folder / f"{state}.xlsx"
        book.save(path)
        written.append(path)
    return written


MEETING = """held: 2023-10-04
states: [AL, BG, GR, HU, RO, TR]
levels:
  - area: DRUGS
    level: very high
    clearance: public
    reason: >
      Routes moved, and what states seize follows them late.
  - area: THB
    level: medium
    agreed: [RO, AL, BG]
    clearance: public
    reason: Victims are found by few offices.
  - area: MIG
    level: high
    reason: A route through one of the states was told in confidence.
"""
PRIORITIES = """chosen: 2023-12-01
by: heads of the national units
clearance: public
areas:
  - {area: MIG, reason: Harm to persons comes first.}
  - {area: DRUGS, reason: It pays for the rest.}
"""


def write_papers(project: Project, contracts: Contracts, *, round_: int = EXERCISE) -> None:
    """Papers of an invented meeting, recorded as a rehearsal."""
    folder = project.returns / str(round_) / MEETINGS
    folder.mkdir(parents=True, exist_ok=True)
    who = person("Exercise", "analyst", day=f"{round_ + 1}-01-10")
    for name, text in (("1", MEETING), ("priorities", PRIORITIES)):
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    for name in ("1", "priorities"):
        record_paper(project, contracts, round_=round_, name=name, reason="", who=who)


def _fill(form: SheetForm, sheet: Worksheet, *, words: random.Random, sessions: set[str]) -> None:
    judged = form.table.judged
    assert judged is not None
    note = next(c.index for c in form.columns if c.kind == "note")
    for row in form.rows:
        if not judged.is_texts and row.codes[1] not in sessions:
            continue
        if judged.is_texts and (words.random() < 0.6):
            continue
        for column in (c for c in form.columns if c.kind == "value"):
            scale = form.scale(column).words
            about = random.Random(f"{row.codes[0]} {column.head}").random() * (len(scale) - 1)
            # after the meeting answers lie closer together
            spread = 0.5 if row.codes[-1] == AFTER else 1.6
            place = round(words.gauss(about, spread))
            sheet.cell(row.index, column.index, scale[min(max(place, 0), len(scale) - 1)])
        if judged.is_texts:
            text = TEXT.format(area=row.labels[0], topic=row.labels[1], state=form.state)
            sheet.cell(row.index, note, text)
