"""What did a state send, byte for byte, and since when do we know it? Originals by
their hash, and a journal of them.

The files of a round are kept before anybody reads them, and what was kept is what is
read: whatever happens to a file meanwhile, the figures, the ledger, the journal and the
archive speak of the same bytes.

`records/archive/<first two letters>/<sha256>` is never changed.
`records/archive/journal.csv` says when a file of the returns was first seen, changed,
or gone (`pipeline.returns.journal`). Restricted, like all that states send.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.returns.formats.archive import MAX_FILE
from pipeline.returns.intake.folder import RECORDS_MARK, is_left_by_program
from pipeline.returns.journal import Event, add_events, read_journal
from pipeline.system.files import name_as_text, unfinished

TAKEN = "taken"  # in the work folder of a round, while it is read: its files as they were kept
_PIECE = 1 << 20


@dataclass(frozen=True)
class TakenRound:
    """The files of a round as they were kept. `folder` holds them under their names, as
    the folder of the returns does.

    `kept` is name and hash of each; the name is relative to the folder of the returns.
    """

    folder: Path
    kept: Mapping[str, str]


@contextmanager
def take_round(project: Project, round_: int) -> Iterator[TakenRound]:
    """Keep every file of a round, and give a folder of what was kept to read from; it
    is gone afterwards.

    A link stays a link, and what is no file stays none: neither is followed or opened.
    """
    taken = project.work(round_) / TAKEN
    shutil.rmtree(taken, ignore_errors=True)
    taken.mkdir(parents=True, mode=0o700)
    kept: dict[str, str] = {}
    try:
        for path in _all_below(project.returns / str(round_)):
            name = path.relative_to(project.returns)
            if digest := _take(project, path, target=taken / name):
                kept[name_as_text(name)] = digest
        yield TakenRound(taken, kept)
    finally:
        shutil.rmtree(taken, ignore_errors=True)


def _all_below(folder: Path) -> Iterator[Path]:
    """Everything in a folder, each folder before what lies in it; no link is followed."""
    for parent, folders, files in os.walk(folder):
        yield Path(parent)
        folders.sort()
        yield from (Path(parent, name) for name in folders if Path(parent, name).is_symlink())
        yield from (Path(parent, name) for name in sorted(files))


def _take(project: Project, path: Path, *, target: Path) -> str:
    """Put one thing of the returns in the folder to read from. Returns its hash if it
    is a file that is kept.
    """
    with suppress(FileNotFoundError):  # it was taken away meanwhile: then it was not sent
        status = path.lstat()
        if stat.S_ISLNK(status.st_mode):
            target.symlink_to(os.readlink(path))
        elif stat.S_ISDIR(status.st_mode):
            target.mkdir(mode=0o700)
        elif not stat.S_ISREG(status.st_mode):
            os.mkfifo(target, 0o600)
        elif status.st_size > MAX_FILE and RECORDS_MARK not in path.name.lower():
            with target.open("wb") as file:  # nobody reads a file of that size: its size says why
                file.truncate(status.st_size)
        else:
            return _take_file(project, path, target=target)
    return ""


def _take_file(project: Project, path: Path, *, target: Path) -> str:
    try:
        digest = keep_original(project, path)
    except PermissionError:
        target.touch(mode=0o000)  # whoever reads it says so, as of the file itself
        return ""
    try:
        os.link(original(project, digest), target)
    except OSError:  # a file system without links
        shutil.copyfile(original(project, digest), target)
    return digest if _counts(path) else ""


def archive_round(
    project: Project,
    round_: int,
    *,
    dates: Mapping[str, str],
    today: date | None = None,
    kept: Mapping[str, str] | None = None,
) -> list[Event]:
    """Enter in the journal what was kept of a round, or keep it as it is now. Returns
    what is new in the journal.

    `dates` gives the date on the cover of a return by its name.
    """
    if kept is None:
        with take_round(project, round_) as taken:
            kept = taken.kept
    seen = (today or date.today()).isoformat()
    journal = read_journal(project)
    # Where the clock was set back, nothing counts as known before what came earlier.
    latest = max((seen, *(e.seen for e in journal)))
    last = {e.file: e for e in journal if e.file.startswith(f"{round_}/")}
    events = []
    for name, digest in sorted(kept.items()):
        before = last.pop(name, None)
        if before is None or before.sha256 != digest:
            events.append(
                Event(
                    _known(dates.get(owner_of(name, dates), ""), latest, before=before),
                    seen,
                    name,
                    digest,
                )
            )
    events += [Event(max(latest, e.known), seen, e.file, "") for e in last.values() if e.sha256]
    if events:
        _private(project.archive)
        add_events(project, events)
    return events


def _counts(path: Path) -> bool:
    return not path.name.startswith(".") and not is_left_by_program(path.name)


def owner_of(name: str, dates: Mapping[str, str]) -> str:
    """The return whose date a file bears: its own, or that of the return beside which
    it lies as cover or records. Of several parts it is the one that is named most alike.
    """
    if name in dates:
        return name
    folder, _, own = name.rpartition("/")
    words = own.split(".")
    beside = [
        n
        for n in dates
        if n.rpartition("/")[0] == folder and n.rpartition("/")[2].split(".")[0] == words[0]
    ]
    return max(beside, key=lambda n: _alike(n.rpartition("/")[2].split("."), words), default="")


def _alike(one: list[str], other: list[str]) -> int:
    """How many words two names begin with alike, in capitals or not."""
    pairs = enumerate(zip(one, other, strict=False))
    shorter = min(len(one), len(other))
    return next((n for n, (a, b) in pairs if a.casefold() != b.casefold()), shorter)


def _known(told: str, latest: str, *, before: Event | None) -> str:
    """A date on a cover is believed when it is a day before the file was seen, and
    after what it replaces. `latest` is that day, or a later one that the journal knows.
    """
    seen = max(latest, before.known) if before else latest
    try:
        day = date.fromisoformat(told).isoformat()
    except ValueError:
        return seen
    if day > seen or (before is not None and day <= before.known):
        return seen
    return day


def keep_original(project: Project, path: Path) -> str:
    """Copy a file into the archive unless it is there already. Returns the hash of the
    bytes that are there.

    The name in the archive is the hash of what was copied, not of what was there before
    or will be there after.
    """
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if _holds(original(project, digest), digest, path.stat().st_size):
        return digest
    _private(project.archive)
    fresh = unfinished(project.archive / "incoming")
    copied = hashlib.sha256()
    with path.open("rb") as source, fresh.open("wb") as copy:
        while piece := source.read(_PIECE):
            copied.update(piece)
            copy.write(piece)
        copy.flush()
        os.fsync(copy.fileno())
    target = original(project, copied.hexdigest())
    _private(target.parent)
    fresh.chmod(0o600)
    os.replace(fresh, target)
    return copied.hexdigest()


def _holds(kept: Path, digest: str, size: int) -> bool:
    """True when the archive has a file whole; of files longer than a return only the
    length is looked at.
    """
    if not kept.is_file() or kept.stat().st_size != size:
        return False
    with kept.open("rb") as file:
        return size > MAX_FILE or hashlib.file_digest(file, "sha256").hexdigest() == digest


def original(project: Project, sha256: str) -> Path:
    """Where the archive keeps a file."""
    return project.archive / sha256[:2] / sha256


def _private(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for part in (folder, *folder.parents):
        part.chmod(0o700)
        if part.name == "archive":
            return


def restore(project: Project, as_of: date, *, folder: Path) -> int:
    """Put the returns of all rounds into `folder` as they were known on a day. Returns
    how many files there are.

    Raises UserError when nothing was known then, or when the archive lacks a file or
    holds another in its place.
    """
    known: dict[str, str] = {}
    for event in read_journal(project):
        if event.known <= as_of.isoformat():
            known[event.file] = event.sha256
    files = {name: sha256 for name, sha256 in known.items() if sha256}
    if not files:
        days = sorted(e.known for e in read_journal(project))
        raise UserError(
            f"nothing was known on {as_of}",
            where=str(project.archive),
            allowed=f"days from {days[0]} on" if days else "a day after the first 'make validate'",
            do="give a later day, or run 'make validate' first: it archives what was sent",
        )
    shutil.rmtree(folder, ignore_errors=True)
    for name, sha256 in sorted(files.items()):
        restore_file(project, sha256, name=name, folder=folder)
    return len(files)


def known_later(project: Project, as_of: date, *, folders: Collection[str]) -> dict[str, str]:
    """Files in these folders of the rounds that no day before this one knew, each with the
    day from which it is known. Nothing in such a file says since when it is true.
    """
    first: dict[str, str] = {}
    for event in read_journal(project):
        if event.file.split("/")[1] in folders:
            first.setdefault(event.file, event.known)
    return {file: day for file, day in sorted(first.items()) if day > as_of.isoformat()}


def restore_file(project: Project, sha256: str, *, name: str, folder: Path) -> None:
    """Put one file of the archive under its name into a folder. Raises UserError when the
    archive lacks it or holds another in its place.
    """
    source, target = original(project, sha256), folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    if not source.is_file():
        raise UserError(
            f"the archive lacks {sha256}, which is {name}",
            where=str(source),
            do="restore it from a backup",
        )
    shutil.copyfile(source, target)
    with target.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            raise UserError(
                f"the archived file is not {name} any more", where=str(source), do="restore it"
            )
