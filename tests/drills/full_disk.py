"""What does a run do on a disk that is too small? Outputs, records and the temporary
files of the run on a file system of some MiB, which then gets room.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from pipeline.errors import PlaceError

from .place import Ended, Place, Row, traces

SIZES = tuple(range(4, 44, 4))  # MiB
ROOM = 400  # MiB


def cannot() -> str:
    """Why a file system cannot be made here; empty where it can."""
    folder = Path("/tmp")
    done = subprocess.run(
        ["unshare", "-m", "mount", "-t", "tmpfs", "-o", "size=1m", "none", str(folder)],
        capture_output=True,
        text=True,
    )
    return done.stderr.strip() if done.returncode else ""


@contextmanager
def disk(folder: Path, size: int) -> Iterator[Path]:
    """An empty disk of `size` MiB at `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    _mount("-t", "tmpfs", "-o", f"size={size}m,mode=700", "drill", str(folder))
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def make_room(folder: Path, size: int) -> None:
    _mount("-o", f"remount,size={size}m", str(folder))


def drill(place: Place, sizes: Sequence[int]) -> Iterator[Row]:
    """From nothing, on disks of these sizes."""
    for size in sizes:
        with disk(place.root.parent / "disk", size) as folder:
            yield trial(place, folder, size)


def on_disk(place: Place, folder: Path) -> Place:
    """The place with all that it writes on a disk of its own."""
    (folder / "tmp").mkdir()
    there = replace(
        place,
        outputs=folder / "outputs",
        records=folder / "records",
        environment={"TMPDIR": str(folder / "tmp")},
    )
    there.share_secret()
    return there


def trial(place: Place, folder: Path, size: int) -> Row:
    """A run on a full disk says so and leaves nothing half in place; with room, the next
    one ends as on any disk.
    """
    small = on_disk(place, folder)
    done = small.run()
    wrong = [*faults_of(small, done)]
    message = next((line for line in done.told.splitlines() if "error: " in line), "")
    expected = place.published("whole")
    for name, content in small.published().items():
        if content != expected.get(name):
            wrong.append(f"half in place: {name}")
    make_room(folder, ROOM)
    after, equal, more = small.goes_on("whole")
    return Row(
        "full disk",
        f"{size} MiB",
        f"{done.code}" + (f", {message.strip()[:60]}" if done.code else ", it fits"),
        f"with room: exit {after.code}",
        equal,
        (*wrong, *more),
    )


def faults_of(small: Place, done: Ended) -> Iterator[str]:
    """What is wrong with a run that found no room, or just enough."""
    yield from traces(done.told)
    if done.code not in (0, PlaceError.exit_code):
        yield f"it ended with {done.code}: {done.told[-1500:]}"
    if done.code and "error: cannot write" not in done.told:
        yield f"it does not say that there is no room: {done.told[-600:]}"
    yield from (f"after the full disk: {line}" for line in small.left_over())


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)
