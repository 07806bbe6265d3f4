"""How is a backup made, checked and brought back? With restic where it is there, else
as encrypted archives.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from pipeline.errors import DamagedFileError, UserError
from pipeline.project import Project
from pipeline.release.operations.sealed import pack, unpack
from pipeline.release.operations.snapshot import put_back, require_whole, snapshot, taken
from pipeline.release.publish import discard
from pipeline.system.files import owner_only

RESTIC = "restic"
_ENDING = ".selec-backup"
_NAMED = "%Y%m%dT%H%M%S%fZ"
_HOURS = 6  # that a tool may take


@dataclass(frozen=True)
class Done:
    """What was made or checked: its name, how many files are in it, and by what."""

    name: str
    files: int
    how: str


class Kept(Protocol):
    """Where backups lie."""

    how: str

    def put(self, folder: Path) -> str:
        """Keep the content of a folder; returns the name of the backup."""
        ...

    def get(self, folder: Path) -> str:
        """Bring the last backup back into an empty folder; returns its name."""
        ...


def make_backup(project: Project, to: Path, *, password_file: Path, wait: float) -> Done:
    """Keep records, returns and contracts in the folder `to`, and read them back whole.
    Waits up to `wait` seconds while somebody builds.
    """
    if _is_inside(to, project.outputs) or _is_inside(to, project.records):
        raise UserError(
            "a backup within what it is a backup of is lost with it",
            where=str(to),
            allowed="a folder on another disk or machine",
            do="name one: TO=/mnt/backup/selec",
        )
    kept = _kept(to, password_file, new=True)
    with snapshot(project, wait=wait) as folder:
        name = kept.put(folder)
    files = check_backup(to, password_file=password_file).files
    return Done(name, files, kept.how)


def check_backup(where: Path, *, password_file: Path) -> Done:
    """Bring the last backup back into a folder that is removed again, and compare every
    file with the list of its hashes.
    """
    kept = _kept(where, password_file, new=False)
    with _aside(Path(tempfile.gettempdir())) as folder:
        name = kept.get(folder)
        return Done(name, require_whole(folder), kept.how)


def restore_backup(where: Path, into: Path, *, password_file: Path) -> tuple[Done, list[Path]]:
    """Bring the last backup back into the folder of a project, once it is seen to be
    whole. Nothing that lies there is replaced.
    """
    if lying := taken(into):
        raise UserError(
            "something lies there already, and is not replaced",
            where=", ".join(map(str, lying)),
            allowed="a folder without records, returns and data_contracts",
            do="move them away, or name another folder: INTO=",
        )
    kept = _kept(where, password_file, new=False)
    into.mkdir(parents=True, exist_ok=True)
    with _aside(into) as folder:
        name = kept.get(folder)
        files = require_whole(folder)
        for place in taken(into):  # somebody began there meanwhile
            raise UserError("something lies there already", where=str(place), do="begin again")
        for empty in ("records", "returns", "data_contracts"):
            if (into / empty).is_dir():
                (into / empty).rmdir()
        return Done(name, files, kept.how), put_back(folder, into)


@contextmanager
def _aside(beside: Path) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=".restored-", dir=beside))
    try:
        with owner_only(folder):
            yield folder
    finally:
        discard(folder)


def _is_inside(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def _kept(where: Path, password_file: Path, *, new: bool) -> Kept:
    """What the folder holds decides how it is read; what is new is left to restic where
    it is there.
    """
    password = _password(password_file)
    is_restic = (where / "config").is_file() and (where / "keys").is_dir()
    archives = sorted(where.glob(f"*{_ENDING}")) if where.is_dir() else []
    if is_restic or (new and not archives and shutil.which(RESTIC)):
        if not shutil.which(RESTIC):
            raise UserError(
                "it was made with restic, which is not there",
                where=str(where),
                do="ask an administrator to run: apt-get install restic",
            )
        return _Restic(where, password_file, is_there=is_restic)
    if not new and not archives:
        raise UserError("there is no backup", where=str(where), do="name the folder of TO=")
    return _Archives(where, password)


def _password(path: Path) -> bytes:
    """Raises UserError where the file is not there, empty, or open to others."""
    try:
        found = path.stat()
        password = path.read_bytes().strip()
    except OSError as problem:
        raise UserError(
            f"the file of the password cannot be read: {problem.strerror}",
            where=str(path),
            do="name it: PASSWORD_FILE=; without it a backup cannot be opened by anybody",
        ) from problem
    if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise UserError(
            "others may read the password",
            where=str(path),
            allowed="a file for its owner alone",
            do=f"chmod 600 {path}",
        )
    if not password:
        raise UserError("the file of the password is empty", where=str(path), do="write one in it")
    return password


def _is_moment(name: str) -> bool:
    try:
        datetime.strptime(name, _NAMED)
    except ValueError:
        return False
    return True


class _Archives:
    how = "encrypted archive"

    def __init__(self, folder: Path, password: bytes) -> None:
        self._folder, self._password = folder, password

    def put(self, folder: Path) -> str:
        with owner_only(self._folder):
            target = self._folder / f"{self._next_name()}{_ENDING}"
            begun = target.with_name(f".{target.name}.unfinished")
            try:
                pack(folder, begun, password=self._password)
                os.replace(begun, target)
            finally:
                begun.unlink(missing_ok=True)
        return target.name

    def _next_name(self) -> str:
        """The moment, by which backups are in their order; where the clock was set back,
        the one after the last backup.
        """
        earlier = [path.name.removesuffix(_ENDING) for path in self._folder.glob(f"*{_ENDING}")]
        now = f"{datetime.now(UTC):{_NAMED}}"
        last = max((name for name in earlier if _is_moment(name)), default="")
        if now > last:
            return now
        return f"{datetime.strptime(last, _NAMED) + timedelta(microseconds=1):{_NAMED}}"

    def get(self, folder: Path) -> str:
        last = max(self._folder.glob(f"*{_ENDING}"))
        unpack(last, folder, password=self._password)
        return last.name


class _Restic:
    how = RESTIC

    def __init__(self, repository: Path, password_file: Path, *, is_there: bool) -> None:
        self._repository = repository.resolve()
        self._password_file = password_file.resolve()
        self._is_there = is_there

    def put(self, folder: Path) -> str:
        if not self._is_there:
            with owner_only(self._repository):
                self._run("init")
        # The last one is found by its time. Where the clock was set back, it is made the last.
        last, now = self._time_of_last(), datetime.now(UTC)
        when = f"{now if last is None or last < now else last:%Y-%m-%d %H:%M:%S}"
        self._run("backup", "--host", "selec", "--tag", "selec", "--time", when, ".", cwd=folder)
        self._run("check")
        return self._last()

    def get(self, folder: Path) -> str:
        self._run("restore", "latest", "--tag", "selec", "--target", str(folder), "--verify")
        return self._last()

    def _last(self) -> str:
        found = self._snapshots()
        return str(found[-1]["short_id"]) if found else ""

    def _time_of_last(self) -> datetime | None:
        """The first whole second after the last backup."""
        found = self._snapshots() if self._is_there else []
        # Nine digits of a second, of which Python reads six.
        times = [re.sub(r"\.[0-9]+", "", str(snapshot["time"])) for snapshot in found]
        moments = [datetime.fromisoformat(time.replace("Z", "+00:00")) for time in times]
        return max(moments) + timedelta(seconds=1) if moments else None

    def _snapshots(self) -> list[dict[str, Any]]:
        """All backups, the last one at the end."""
        found: list[dict[str, Any]] = json.loads(self._run("snapshots", "--tag", "selec", "--json"))
        return sorted(found, key=lambda snapshot: str(snapshot["time"]))

    def _run(self, *arguments: str, cwd: Path | None = None) -> str:
        # An environment of its own: whose repository it is is said here alone.
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("RESTIC_")},
            "RESTIC_PASSWORD_FILE": str(self._password_file),
            "RESTIC_REPOSITORY": str(self._repository),
            "RESTIC_PROGRESS_FPS": "0.0001",
            "TZ": "UTC",
        }
        done = subprocess.run(
            [RESTIC, "--no-cache", "--quiet", *arguments],
            cwd=cwd,
            env=environment,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_HOURS * 3600,
        )
        if done.returncode:
            told = " ".join(done.stderr.split())[-300:] or f"exit code {done.returncode}"
            reads = arguments[0] in ("check", "restore") and "wrong password" not in told
            kind = DamagedFileError if reads else UserError
            raise kind(
                f"restic {arguments[0]}: {told}",
                where=str(self._repository),
                do="what it says; restic check --read-data looks at the whole repository",
            )
        return done.stdout
