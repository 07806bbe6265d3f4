"""How does a finished version get into place? All its files at once, so that a reader
never meets half a version.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from pipeline.system.files import owner_only, unfinished

_READ_FILE, _READ_FOLDER = 0o400, 0o500


def put_in_place(folder: Path, files: Mapping[str, bytes | Path]) -> None:
    """Replace the folder of a version by one with exactly these files (bytes, or a
    finished file to be moved), by their path in it.

    The new folder is made beside the old one and swapped in, so the last good version
    stays if the build dies before.
    """
    fresh = unfinished(folder)
    old = folder.with_name(folder.name + ".old")
    # a build died between the two moves: the old version is the last good one
    if old.exists() and not folder.exists():
        os.rename(old, folder)
    for leftover in (fresh, old):
        shutil.rmtree(leftover, ignore_errors=True)
    fresh.mkdir()
    for name, content in files.items():
        (fresh / name).parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Path):
            os.replace(content, fresh / name)
        else:
            (fresh / name).write_bytes(content)
    if folder.exists():
        os.rename(folder, old)
    os.rename(fresh, folder)
    shutil.rmtree(old, ignore_errors=True)


def discard(folder: Path) -> None:
    """Remove a folder, if it is there, whatever in it is for reading only."""
    for inner in (folder, *(p for p in folder.rglob("*") if p.is_dir() and not p.is_symlink())):
        if inner.exists():
            inner.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)


def keep_for_reading(folder: Path, files: Mapping[str, bytes]) -> None:
    """Put a folder in place whole that nobody is meant to change again: its files, its
    folders and itself are for reading only, by their owner. Raises FileExistsError
    where there is such a folder.
    """
    if folder.exists():
        raise FileExistsError(folder)
    with owner_only(folder.parent):
        fresh = unfinished(folder)
        discard(fresh)
        fresh.mkdir()
        for name, data in files.items():
            (fresh / name).parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(
                os.open(fresh / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _READ_FILE), "wb"
            ) as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        for inner in sorted((p for p in fresh.rglob("*") if p.is_dir()), reverse=True):
            inner.chmod(_READ_FOLDER)
        os.rename(fresh, folder)
        folder.chmod(_READ_FOLDER)
