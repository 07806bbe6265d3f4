"""Which amendments stand in a round? The sheets that meetings sent back, kept beside
the returns.

`returns/<round>/meetings/<N>.amendments.xlsx` is the sheet of meeting N as it came. It
is read anew by whoever asks, with the care of the first time. A text that a meeting
amended stands as amended; what the second meeting amends may have been amended by the
first. The original stays in archive and ledger.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.contracts.model import Contracts
from pipeline.contracts.sources import as_written, text_hash
from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.returns.formats.archive import MAX_FILE
from pipeline.returns.formats.raw import DamagedFile
from pipeline.returns.intake.folder import MEETINGS as FOLDER
from pipeline.returns.meetings.read import AmendmentSheet, Closing, not_readable, read_sheet, tell
from pipeline.returns.meetings.texts import MEETINGS

ENDING = ".amendments.xlsx"
_FILE = re.compile(rf"([0-9])({re.escape(ENDING)})")
Place = tuple[str, str]  # a crime area and a topic


@dataclass(frozen=True)
class Standing:
    """A text as it stands after meetings, and the meetings that amended it."""

    text: str
    meetings: tuple[int, ...] = ()


def sheet_path(project: Project, round_: int, number: int) -> Path:
    """Where the sheet of a meeting is kept."""
    return project.returns / str(round_) / FOLDER / f"{number}{ENDING}"


def sheet_files(project: Project, round_: int) -> list[Path]:
    """The sheets that are kept of a round, in the order of the meetings."""
    paths = (sheet_path(project, round_, number) for number in MEETINGS)
    return [path for path in paths if path.is_file()]


def load_sheets(
    project: Project, contracts: Contracts, *, round_: int, before: int = 0
) -> tuple[AmendmentSheet, ...]:
    """The sheets of a round, those of meetings before one where it is given. Raises
    UserError with all that is wrong in one.
    """
    sheets = []
    for path in sheet_files(project, round_):
        match = _FILE.fullmatch(path.name)
        number = int(match[1]) if match else 0
        if before and number >= before:
            continue
        where = f"returns/{round_}/{FOLDER}/{path.name}"
        data = bytes_of(path, where=where)
        sheet, problems = read_bytes(data, contracts, round_=round_, number=number, where=where)
        tell(problems, where=where, do=f"give the sheet anew: 'make amendments N={number} FILE='")
        sheets.append(sheet)
    return tuple(sheets)


def bytes_of(path: Path, *, where: str) -> bytes:
    """The bytes of a file that may be a sheet. Raises UserError where it is none."""
    try:
        if not path.is_file():
            raise UserError("there is no such file", where=where, do="give FILE= with its path")
        if (size := path.stat().st_size) > MAX_FILE:
            raise UserError(f"the file has {size:,} bytes", where=where, allowed=f"{MAX_FILE:,}")
        return path.read_bytes()
    except OSError as problem:
        raise UserError(f"the file cannot be read: {problem.strerror}", where=where) from None


def read_bytes(
    data: bytes, contracts: Contracts, *, round_: int, number: int, where: str
) -> tuple[AmendmentSheet, list[str]]:
    """What a sheet says and everything that is wrong in it. Raises UserError where it
    cannot be read.
    """
    try:
        return read_sheet(data, contracts, round_=round_, number=number)
    except DamagedFile as problem:
        raise not_readable(problem, where=where) from None


def as_amended(text: str, place: Place, sheets: Iterable[AmendmentSheet]) -> Standing:
    """How a text of a crime area and a topic stands after the meetings of these sheets."""
    text, by = as_written(text), []
    for sheet in sheets:
        for own in sheet.amendments:
            if (own.area, own.topic) == place and own.sha256 == text_hash(text):
                text = own.text
                by.append(sheet.meeting)
                break
    return Standing(text, tuple(by))


def not_applied(
    texts: Iterable[tuple[Place, str]], sheets: Iterable[AmendmentSheet]
) -> Iterator[tuple[AmendmentSheet, str, str]]:
    """Amendments of texts that do not stand as they did, because their state sent others
    since: the sheet, the place in it, and the reference.
    """
    standing = [(place, as_written(text)) for place, text in texts]
    for sheet in sheets:
        known = {(place, text_hash(text)) for place, text in standing}
        for own in sheet.amendments:
            if ((own.area, own.topic), own.sha256) not in known:
                yield sheet, own.place, own.reference
        standing = [(place, as_amended(text, place, [sheet]).text) for place, text in standing]


def closings(sheets: Iterable[AmendmentSheet]) -> dict[tuple[str, str], Closing]:
    """Who closes which gap by when, by crime area and hash of the gap; what a later
    meeting said stands.
    """
    return {(c.area, c.sha256): c for sheet in sheets for c in sheet.closings}
