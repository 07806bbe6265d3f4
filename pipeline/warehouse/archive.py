"""What did a state send, byte for byte, and since when do we know it? Originals by their hash, and a journal of them.

`outputs/archive/<first two letters>/<sha256>` is never changed. `outputs/archive/journal.csv` says when a file of the
returns was first seen, changed, or gone; nothing in it is changed later. Restricted, like all that states send.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, fields
from datetime import date
from pathlib import Path

from pipeline.errors import UserError
from pipeline.files import csv_bytes, unfinished, write_file
from pipeline.kept import is_there, read_bytes
from pipeline.project import Project

JOURNAL = "journal.csv"


@dataclass(frozen=True)
class Event:
    """A file of the returns as it was from a day on. `sha256` is empty when the file was gone.

    `known` is the day from which its content counts as known: the date that a return bears, or the day on which it
    was first seen, where it bears none, or one that cannot be. `file` is relative to the folder of the returns.
    """

    known: str
    seen: str
    file: str
    sha256: str


def archive_round(project: Project, round_: int, dates: Mapping[str, str], today: date | None = None) -> list[Event]:
    """Keep every file of a round as it is now. Returns what is new in the journal.

    `dates` gives the date on the cover of a return by its name. A link is not followed: it has no content of its own.
    """
    folder = project.returns / str(round_)
    seen = (today or date.today()).isoformat()
    last = {e.file: e for e in read_journal(project) if e.file.startswith(f"{round_}/")}
    events = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and not p.is_symlink() and _counts(p)):
        name = path.relative_to(project.returns).as_posix()
        digest = _keep(project, path)
        before = last.pop(name, None)
        if before is None or before.sha256 != digest:
            events.append(Event(_known(dates.get(_owner(name, dates), ""), seen, before), seen, name, digest))
    events += [Event(max(seen, e.known), seen, e.file, "") for e in last.values() if e.sha256]
    _append(project, events)
    return events


def _counts(path: Path) -> bool:
    return not path.name.startswith((".", "~$"))


def _owner(name: str, dates: Mapping[str, str]) -> str:
    """The return whose date a file bears: its own, or that of the return beside which it lies as cover or records."""
    if name in dates:
        return name
    stem = name.split("/")[-1].split(".")[0]
    folder = name.rsplit("/", 1)[0]
    return next((n for n in dates if n.rsplit("/", 1)[0] == folder and n.split("/")[-1].split(".")[0] == stem), "")


def _known(told: str, seen: str, before: Event | None) -> str:
    """A date on a cover is believed when it is a day before the file was seen, and after what it replaces."""
    try:
        day = date.fromisoformat(told).isoformat()
    except ValueError:
        return seen
    if day > seen or (before is not None and day <= before.known):
        return seen
    return day


def _keep(project: Project, path: Path) -> str:
    """Copy a file into the archive unless it is there already. Returns its hash."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    target = original(project, digest)
    if not target.is_file():
        _private(target.parent)
        fresh = unfinished(target)
        shutil.copyfile(path, fresh)
        with fresh.open("rb") as file:
            copied = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
        if copied != digest:  # the file was changed while it was copied: its next reading sees it whole
            fresh.unlink()
            return _keep(project, path)
        fresh.chmod(0o600)
        os.replace(fresh, target)
    return digest


def original(project: Project, sha256: str) -> Path:
    """Where the archive keeps a file."""
    return project.archive / sha256[:2] / sha256


def _private(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for part in (folder, *folder.parents):
        part.chmod(0o700)
        if part.name == "archive":
            return


def read_journal(project: Project) -> list[Event]:
    """Every event, oldest first. Raises UserError when the journal was changed by hand."""
    path = project.archive / JOURNAL
    if not is_there(path):
        return []
    names = [f.name for f in fields(Event)]
    try:
        lines = list(csv.reader(io.StringIO(read_bytes(path).decode("utf-8"), newline="")))
    except (UnicodeDecodeError, csv.Error):
        lines = []
    if not lines or lines[0] != names or any(len(line) != len(names) for line in lines[1:]):
        raise UserError(
            "the journal of the archive cannot be read", where=str(path), allowed=",".join(names),
            do="restore it from a backup; the archived files themselves are named by their hash",
        )  # fmt: skip
    return [Event(*line) for line in lines[1:]]


def _append(project: Project, events: Iterable[Event]) -> None:
    lines = [astuple(e) for e in events]
    if lines:
        _private(project.archive)
        text = csv_bytes([f.name for f in fields(Event)], [*(astuple(e) for e in read_journal(project)), *lines])
        write_file(project.archive / JOURNAL, text, 0o600)


def restore(project: Project, as_of: date, folder: Path) -> int:
    """Put the returns of all rounds into `folder` as they were known on a day. Returns how many files there are.

    Raises UserError when nothing was known then, or when the archive lacks a file or holds another in its place.
    """
    known: dict[str, str] = {}
    for event in read_journal(project):
        if event.known <= as_of.isoformat():
            known[event.file] = event.sha256
    files = {name: sha256 for name, sha256 in known.items() if sha256}
    if not files:
        days = sorted(e.known for e in read_journal(project))
        raise UserError(
            f"nothing was known on {as_of}", where=str(project.archive),
            allowed=f"days from {days[0]} on" if days else "a day after the first 'make validate'",
            do="give a later day, or run 'make validate' first: it archives what was sent",
        )  # fmt: skip
    shutil.rmtree(folder, ignore_errors=True)
    for name, sha256 in sorted(files.items()):
        source, target = original(project, sha256), folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if not source.is_file():
            raise UserError(f"the archive lacks {sha256}", where=str(source), do="restore it from a backup")
        shutil.copyfile(source, target)
        with target.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                raise UserError(f"the archived file is not {name} any more", where=str(source), do="restore it")
    return len(files)
