"""How do the texts of a round stand? As their states sent them, amended by the meetings
so far; and which amendments have lost their text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.contracts.model import Contracts
from pipeline.findings import Finding
from pipeline.project import Project
from pipeline.returns.intake.folder import MEETINGS as FOLDER
from pipeline.returns.intake.problems import RULES
from pipeline.returns.intake.stage import STAGED, staged_texts
from pipeline.returns.meetings.kept import (
    ENDING,
    Standing,
    as_amended,
    load_sheets,
    not_applied,
    sheet_files,
)
from pipeline.returns.meetings.texts import MeetingText, meeting_texts
from pipeline.system.kept import is_there

RULE = "amendment-without-text"


@dataclass(frozen=True)
class StandingText:
    """A text of a state on a topic of a crime area; `table` is the report of its form."""

    state: str
    table: str
    area: str
    topic: str
    standing: Standing


def standing_texts(
    project: Project, contracts: Contracts, *, round_: int, before: int = 0
) -> list[StandingText]:
    """The texts of a round after its meetings, after those before one where it is given.
    None where nothing was read yet. Raises UserError where a sheet is not as it came.
    """
    staged = project.work(round_) / STAGED
    found: list[StandingText] = []
    for table in contracts.tables_of(round_):
        if table.judged is None or not table.judged.is_texts or not is_there(staged):
            continue
        sheets = load_sheets(project, contracts, round_=round_, before=before)
        for area, topic, state, text in staged_texts(staged, table):
            standing = as_amended(text, (area, topic), sheets)
            found.append(StandingText(state, table.report, area, topic, standing))
    return found


def texts_before(
    project: Project, contracts: Contracts, *, round_: int, number: int
) -> list[MeetingText]:
    """The texts that a meeting has before it, with their references."""
    found = standing_texts(project, contracts, round_=round_, before=number)
    return list(meeting_texts((t.area, t.topic, t.standing.text, "") for t in found))


def check_amendments(project: Project, contracts: Contracts, *, round_: int) -> Iterator[Finding]:
    """Amendments that do not apply, because the text that they amend is no more. Raises
    UserError where a sheet is not as it came.
    """
    staged = project.work(round_) / STAGED
    if not sheet_files(project, round_):
        return
    sheets = load_sheets(project, contracts, round_=round_)
    for table in contracts.tables_of(round_):
        if table.judged is None or not table.judged.is_texts:
            continue
        texts = [((area, topic), text) for area, topic, _, text in staged_texts(staged, table)]
        for sheet, place, reference in not_applied(texts, sheets):
            name, _, cell = place.rpartition(", ")
            yield Finding(
                round=round_,
                report="",
                state="",
                file=f"{round_}/{FOLDER}/{sheet.meeting}{ENDING}",
                sheet=name.removeprefix("sheet '").removesuffix("'"),
                cell=cell,
                table="",
                key="",
                rule=RULE,
                severity=RULES[RULE].severity,
                found=f"{reference} was amended, and its state sent another text since",
                allowed=RULES[RULE].allowed,
                do=RULES[RULE].do,
            )
