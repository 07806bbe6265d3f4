"""Who is writing to outputs and records? One build at a time; a build that died is
noticed and what it left half-done removed.

A build of several steps holds the lock over all of them, and its steps are processes of
their own that know it (`HELD`); a single command takes it for itself. The kernel frees
the lock when the process that holds it ends, however it ends; its steps end with it.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pipeline.errors import BusyError
from pipeline.project import Project
from pipeline.system.files import UNFINISHED, owner_only, write_file

HELD = "SELEC_LOCK_HELD"  # set to the folder of outputs, by the build of which a command is a part
_PAUSE = 0.5  # seconds between two looks at a lock that is waited for
_LONGEST_END = 10.0  # seconds that a killed step may take to be gone
_LOCK, _RUNNING, _TIMES = ".lock", ".running", ".times"


@contextmanager
def at_work(project: Project, what: str, *, wait: float = 0) -> Iterator[None]:
    """Write to the outputs and records, for their owner only. Raises BusyError while
    another build does, also one that has other outputs and the same records, after `wait`
    seconds; tells of an earlier run that died.
    """
    with owner_only(project.outputs), owner_only(project.records), _alone(project, what, wait):
        began = time.monotonic()
        yield
        _keep_time(project.outputs, what, seconds=time.monotonic() - began)


def _keep_time(outputs: Path, what: str, *, seconds: float) -> None:
    # A file a command: two of them end at the same time when make builds two versions.
    write_file(
        outputs / _TIMES / re.sub(r"[^A-Za-z0-9-]+", "_", what), f"{what}\t{seconds:.2f}\n".encode()
    )


def times(outputs: Path) -> dict[str, float]:
    """Seconds of the last run of each command that came to its end."""
    lines = [
        p.read_text(encoding="utf-8").rstrip("\n").split("\t")
        for p in sorted((outputs / _TIMES).glob("[!.]*"))
    ]
    return {line[0]: float(line[1]) for line in lines if len(line) == 2}


@contextmanager
def _alone(project: Project, what: str, wait: float) -> Iterator[None]:
    outputs = project.outputs
    end = time.monotonic() + wait
    is_part = os.environ.get(HELD) == str(outputs.resolve())
    with ExitStack() as locks:
        if not is_part:
            for folder in (outputs, project.records):
                locks.callback(os.close, _take(folder, what, end))
            for died in _after_death(project):
                print(f"note: {died}", file=sys.stderr)
        marker = outputs / _RUNNING / str(os.getpid())
        marker.parent.mkdir(exist_ok=True)
        marker.write_text(
            json.dumps({"what": what, "started": started_at(os.getpid())}), encoding="utf-8"
        )
        try:
            yield
        except BaseException:
            marker.unlink(missing_ok=True)
            _remove(_below(project, f".*.{os.getpid()}{UNFINISHED}*"))
            if not is_part:
                # Steps that were ended with it could not tidy up.
                _after_death(project)
            raise
        finally:
            marker.unlink(missing_ok=True)


def _take(folder: Path, what: str, end: float) -> int:
    descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        taken = _is_taken(descriptor)
        if not taken and time.monotonic() < end:
            print(f"note: waiting, {_holder(descriptor)} is at work", file=sys.stderr, flush=True)
        while not taken and time.monotonic() < end:
            time.sleep(_PAUSE)
            taken = _is_taken(descriptor)
    except BaseException:
        os.close(descriptor)
        raise
    if not taken:
        holder = _holder(descriptor)
        os.close(descriptor)
        raise BusyError(
            f"{holder} is at work on the same {folder.name}",
            where=str(folder),
            allowed="one build at a time",
            do="wait until it has ended and run again; nothing was changed",
        )
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"process {os.getpid()} ({what})".encode(), 0)
    return descriptor


def _is_taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(descriptor: int) -> str:
    return os.pread(descriptor, 200, 0).decode("utf-8", "replace") or "another build"


def _after_death(project: Project) -> list[str]:
    """What runs left behind that ended in the middle: a line for each. Their unfinished
    files are removed.
    """
    told = []
    for marker in sorted((project.outputs / _RUNNING).glob("*")):
        try:
            said = json.loads(marker.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            said = {}
        if marker.name.isdigit() and _is_alive(int(marker.name), said.get("started")):
            continue
        told.append(
            f"an earlier run ({said.get('what', 'unknown')}) ended in the middle; the last good"
            " outputs stand, what it left half-done was removed and is made again"
        )
        marker.unlink(missing_ok=True)
    if told:
        # A database that was being made has its journal beside it, with one more
        # ending.
        _remove(_below(project, f".*{UNFINISHED}*"))
    return told


def _below(project: Project, pattern: str) -> Iterator[Path]:
    for folder in (project.outputs, project.records):
        yield from folder.rglob(pattern)


def _is_alive(process: int, started: object) -> bool:
    """Whether a run is still going, although nobody holds the lock: the steps of a build
    that was killed are killed with it, and are waited for.
    """
    end = time.monotonic() + _LONGEST_END
    while started == started_at(process):
        if time.monotonic() > end:
            return True
        time.sleep(0.02)
    return False


def _remove(unfinished: Iterable[Path]) -> None:
    for path in sorted(unfinished):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def started_at(process: int) -> str:
    """When a process began, as the kernel counts; empty when there is none. A number
    may be given away again.
    """
    try:
        return (
            Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[19]
        )
    except (OSError, IndexError):
        return ""
