"""When did we know which file of a state? The journal of the archive, a chain of lines
that only grows.

Each line of `records/archive/journal.csv` holds the hash of the line before, and the
last one says how many there are: a line changed, removed, put in, moved or cut off is
named. No person signs it, as a validation writes it; but every event of the releases
names its last line (`pipeline.system.signed.chain`), and what was there by then cannot
be written anew.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable
from dataclasses import dataclass, fields
from urllib.parse import quote, unquote_to_bytes

from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.system.files import csv_bytes, write_file
from pipeline.system.signed.event_lines import START, digest, file_of
from pipeline.system.signed.heads import keeps_heads, sealed_beside

_NAME = "journal.csv of the archive,"
_END = "end"  # the last line: how many lines there are before it, and the hash of the last of them
_RESTORE = "restore it from a backup; the archived files themselves are named by their hash"


@dataclass(frozen=True)
class Event:
    """A file of the returns as it was from a day on. `sha256` is empty when the file
    was gone.

    `known` is the day from which its content counts as known: the date that a return
    bears, or the day on which it was first seen, where it bears none, or one that
    cannot be. `file` is relative to the folder of the returns.
    """

    known: str
    seen: str
    file: str
    sha256: str


COLUMNS = (*(f.name for f in fields(Event)), "previous")


def read_journal(project: Project) -> list[Event]:
    """Every event, oldest first. Raises UserError that names the first line that is not
    as it was written.
    """
    path = project.journal
    content = path.read_bytes() if path.is_file() else b""
    if path.is_file() and not content.endswith(b"\n"):
        raise _refused(
            "the last line is cut off" if content else "the journal is empty",
            content.count(b"\n") + 1,
        )
    lines = content[:-1].split(b"\n") if content else []
    if lines:
        _require_chain(lines)
    _require_sealed(project, lines)
    return [
        Event(known, seen, _name(file), sha256)
        for known, seen, file, sha256, _ in map(_cells, lines[1:-1])
    ]


def add_events(project: Project, events: Iterable[Event]) -> None:
    """Write events behind the others, whole or not at all. The folder of the archive is
    there, its owner's alone.
    """
    new = list(events)
    if not new:
        return
    read_journal(project)
    path = project.journal
    lines = path.read_bytes()[:-1].split(b"\n")[:-1] if path.is_file() else [_line(COLUMNS)]
    for event in new:
        lines.append(
            _line((event.known, event.seen, _written(event.file), event.sha256, _before(lines)))
        )
    write_file(path, file_of([*lines, _last(lines)]), mode=0o600)


def _require_chain(lines: list[bytes]) -> None:
    if lines[0] != _line(COLUMNS):
        old = lines[0] == _line(COLUMNS[:-1])
        what = (
            "this journal is from before its lines were chained"
            if old
            else "this is no journal of the archive"
        )
        raise UserError(
            what,
            where=f"{_NAME} line 1",
            allowed=",".join(COLUMNS),
            do=(
                "move it away; 'make validate' of each round writes a new one, and the archived"
                " files stay"
                if old
                else _RESTORE
            ),
        )
    for number, line in enumerate(lines[1:-1], 2):
        cells = _cells(line)
        if (
            len(cells) != len(COLUMNS)
            or _line(cells) != line
            or cells[-1] != _before(lines[: number - 1])
        ):
            raise _refused("this line does not follow from the one before", number)
    if lines[-1] != _last(lines[:-1]):
        raise _refused(
            "this is not the end of what stands before: lines were changed, added or cut off",
            len(lines),
        )


def _require_sealed(project: Project, lines: list[bytes]) -> None:
    """The journal holds every line that an event in the releases names. Where the
    releases lie elsewhere, they may be those of another archive, which its first line
    tells.
    """
    if not keeps_heads(project.releases):
        return
    own = project.releases.is_relative_to(project.records)
    for where, seal in sealed_beside(project.releases, project.journal.name):
        match seal:
            case [str(first), int(number), str(sha256)]:
                mine = own or (len(lines) > 2 and digest(lines[1]) == first)
                if mine and not (0 < number < len(lines) and digest(lines[number - 1]) == sha256):
                    raise _refused(
                        f"it is not the journal that {where} names: it was cut off or written anew",
                        number,
                    )
            case _:
                raise _refused(f"{where} does not say which journal it names", 1)


def _written(name: str) -> str:
    """A name of a file on one line and in UTF-8, whatever its sender called it: bytes
    that do not show as %XX.
    """
    return "".join(
        c if c.isprintable() and c != "%" else quote(os.fsencode(c), safe="") for c in name
    )


def _name(written: str) -> str:
    return os.fsdecode(unquote_to_bytes(written))


def _before(lines: list[bytes]) -> str:
    return digest(lines[-1]) if len(lines) > 1 else START


def _last(lines: list[bytes]) -> bytes:
    return _line((_END, str(len(lines)), "", "", _before(lines)))


def _line(cells: Iterable[str]) -> bytes:
    return csv_bytes(cells, [])[:-1]


def _cells(line: bytes) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(line.decode("utf-8"))), [])
    except (UnicodeDecodeError, csv.Error):
        return []


def _refused(what: str, line: int) -> UserError:
    return UserError(
        what,
        where=f"{_NAME} line {line}",
        allowed="the lines as the pipeline wrote them, in their order",
        do=_RESTORE,
    )
