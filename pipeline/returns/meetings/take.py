"""How does an amendment sheet come in? Whole, or not at all; and nothing that came
before is lost.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from pipeline.contracts.model import Contracts
from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.returns.intake.shown import shown_name
from pipeline.returns.intake.stage import STAGED
from pipeline.returns.meetings.kept import ENDING, bytes_of, read_bytes, sheet_path
from pipeline.returns.meetings.read import Amendment, AmendmentSheet, Closing, tell
from pipeline.returns.meetings.standing import texts_before
from pipeline.returns.meetings.texts import MeetingText, meeting_name
from pipeline.system.files import write_file
from pipeline.system.kept import is_there

REPLACED = "replaced"  # the folder of sheets in whose place others came
_AGAIN = "correct the sheet and give it again: nothing was taken"


def take_sheet(
    project: Project, contracts: Contracts, *, round_: int, number: int, path: Path
) -> list[str]:
    """Keep the sheet of a meeting. Returns what it says, a line each, beside what the one
    before said. Raises UserError with everything that is wrong; then nothing is kept.
    """
    meeting_name(number)
    name = shown_name(path.name)
    staged = project.work(round_) / STAGED
    if not is_there(staged):
        raise UserError(
            f"round {round_} was not validated",
            where=str(staged),
            do=f"run 'make validate ROUND={round_}' once",
        )
    data = bytes_of(path, where=name)
    sheet, problems = read_bytes(data, contracts, round_=round_, number=number, where=name)
    texts = texts_before(project, contracts, round_=round_, number=number)
    tell([*problems, *_not_there(sheet, texts)], where=name, do=_AGAIN)
    if not sheet.amendments and not sheet.closings:
        raise UserError(
            "it amends no text, and nobody closes a gap",
            where=name,
            do="look whether it is the sheet that the meeting filled in",
        )
    kept = sheet_path(project, round_, number)
    told = [*_summary(sheet)]
    if kept.is_file():
        old = bytes_of(kept, where=str(kept))
        if old == data:
            return ["the same sheet is kept already: nothing changed"]
        try:
            before, _ = read_bytes(old, contracts, round_=round_, number=number, where=str(kept))
            told += _changes(before, sheet)
        except UserError:  # somebody damaged it where it is kept: this one mends that
            told.append("the sheet in whose place it came could not be read; it is set aside")
        _set_aside(kept, old, number=number)
    kept.parent.mkdir(parents=True, exist_ok=True)
    write_file(kept, data)
    return told


def _not_there(sheet: AmendmentSheet, texts: Iterable[MeetingText]) -> Iterator[str]:
    """What is said of a text or a gap that is not there, or not any more."""
    standing = {(t.area, t.topic, t.sha256) for t in texts}
    known = {t.reference for t in texts}
    said: list[Amendment | Closing] = [*sheet.amendments, *sheet.closings]
    for own in said:
        if (own.area, own.topic, own.sha256) not in standing:
            what = "its text changed since" if own.reference in known else "there is no such text"
            yield f"{own.place}: {own.reference}: {what}; write the sheet anew with 'make meeting'"


def _set_aside(kept: Path, data: bytes, *, number: int) -> None:
    """Keep a sheet in whose place another one comes."""
    hashed = hashlib.sha256(data).hexdigest()[:8]
    aside = kept.parent / REPLACED / f"{number}.{hashed}{ENDING}"
    aside.parent.mkdir(parents=True, exist_ok=True)
    write_file(aside, data)


def _summary(sheet: AmendmentSheet) -> Iterator[str]:
    name = meeting_name(sheet.meeting)
    yield f"{name}: {len(sheet.amendments)} texts amended, {len(sheet.closings)} gaps given"
    for closing in sheet.closings:
        yield f"{closing.reference}: {closing.who} by {closing.day}"


def _changes(before: AmendmentSheet, now: AmendmentSheet) -> Iterator[str]:
    """What of a sheet is otherwise than on the one in whose place it came."""
    yield "in the place of a sheet that came before, which is set aside:"
    for old, new in (
        (_amended(before), _amended(now)),
        (_closed(before), _closed(now)),
    ):
        for key in [*old, *(k for k in new if k not in old)]:
            if key not in new:
                yield f"  {key[0]}: taken back"
            elif key not in old:
                yield f"  {key[0]}: new"
            elif old[key] != new[key]:
                yield f"  {key[0]}: said otherwise"


def _amended(sheet: AmendmentSheet) -> dict[tuple[str, str], str]:
    return {(a.reference, a.sha256): f"{a.text}\n{a.reason}" for a in sheet.amendments}


def _closed(sheet: AmendmentSheet) -> dict[tuple[str, str], str]:
    return {(c.reference, c.sha256): f"{c.who} {c.day}" for c in sheet.closings}
