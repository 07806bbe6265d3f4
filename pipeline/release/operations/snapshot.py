"""What must be kept of a project, all of one moment? A copy of records, returns and
contracts, with a list of hashes.

The copy is made while nobody builds, which takes seconds; packing it away can take as
long as it takes. What is packed, and what comes back, is compared with the list.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pipeline.errors import DamagedFileError
from pipeline.project import Project
from pipeline.release.manifest import git_commit
from pipeline.release.publish import discard
from pipeline.system.files import owner_only, write_file
from pipeline.system.lock import at_work, started_at

LIST = "backup.json"
RECORDS, RELEASES, RETURNS, CONTRACTS = "records", "releases", "returns", "data_contracts"
# What a process writes for as long as it runs.
_PASSING = (".lock", ".running", ".times")
_COPY = ".backup-"  # and which process makes it


@contextmanager
def snapshot(project: Project, *, wait: float) -> Iterator[Path]:
    """A folder with the copy, gone in the end. Waits up to `wait` seconds for a build
    that is going on; raises BusyError then.
    """
    with owner_only(project.records):
        _remove_left(project.records)
        # No unfinished file of a build: the next one tidies those away while this is packed.
        folder = project.records / f"{_COPY}{os.getpid()}-{started_at(os.getpid())}"
        try:
            with at_work(project, "backup", wait=wait):
                for name, source in _folders(project).items():
                    if source.is_dir():
                        _copy(source, folder / name)
            write_file(folder / LIST, _list_of(project, folder))
            yield folder
        finally:
            discard(folder)


def _remove_left(records: Path) -> None:
    """Copies of backups that were killed, with all that is in them."""
    for path in records.glob(f"{_COPY}*"):
        process, _, began = path.name.removeprefix(_COPY).partition("-")
        if not process.isdigit() or started_at(int(process)) != began:
            discard(path)


def require_whole(folder: Path) -> int:
    """Compare what came back with its list. Returns how many files there are. Raises
    DamagedFileError that names the first that is not what was packed.
    """
    try:
        said: dict[str, str] = json.loads((folder / LIST).read_bytes())["files"]
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise _damaged(LIST, "it has no list of what was packed") from problem
    found = _hashes(folder)
    for name in sorted({*said, *found}):
        if name not in found:
            raise _damaged(name, "it is missing")
        if name not in said:
            raise _damaged(name, "nobody packed it")
        if said[name] != found[name]:
            raise _damaged(name, "it is not what was packed")
    return len(said)


def put_back(folder: Path, into: Path) -> list[Path]:
    """Move what came back into the folder of a project, in which none of it is. Returns
    the folders.
    """
    placed = []
    for name in (RECORDS, RETURNS, CONTRACTS, RELEASES):
        if (folder / name).is_dir():
            target = into / name if name != RELEASES else into / RECORDS / RELEASES
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(folder / name, target)
            placed.append(target)
    return placed


def taken(into: Path) -> list[Path]:
    """What lies already where something would be put back."""
    places = (into / name for name in (RECORDS, RETURNS, CONTRACTS))
    return [place for place in places if place.is_dir() and any(place.iterdir())]


def _folders(project: Project) -> dict[str, Path]:
    found = {RECORDS: project.records, RETURNS: project.returns, CONTRACTS: project.contracts}
    if not project.releases.resolve().is_relative_to(project.records.resolve()):
        found[RELEASES] = project.releases
    return found


def _copy(source: Path, target: Path) -> None:
    def left(folder: str, names: list[str]) -> set[str]:
        passing = {n for n in names if n.startswith(_COPY) or n == "__pycache__"}
        return passing | ({*_PASSING} & {*names} if Path(folder) == source else set())

    shutil.copytree(source, target, symlinks=True, ignore=left)


def _list_of(project: Project, folder: Path) -> bytes:
    said = {
        "made": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "commit": git_commit(project.root),
        "files": _hashes(folder),
    }
    return json.dumps(said, indent=1, sort_keys=True).encode()


def _hashes(folder: Path) -> dict[str, str]:
    found = {}
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place, name)
            inside = path.relative_to(folder)
            if inside == Path(LIST):
                continue
            known = os.fsencode(inside).decode("utf-8", "surrogateescape")
            key = known.encode("utf-8", "backslashreplace").decode()
            if path.is_symlink():
                found[key] = f"link to {os.readlink(path)}"
            else:
                with path.open("rb") as file:
                    found[key] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def _damaged(name: str, what: str) -> DamagedFileError:
    return DamagedFileError(
        f"the backup is not whole: {what}",
        where=name,
        do="take an earlier backup, and make a new one at once: make backup TO=",
    )
