"""Which files are what they were when they were last looked at? Digests by path, read
anew only where a file was written since.

`Watch.meaning` is the digest of `pipeline.system.meaning`, `Watch.content` that of the
bytes. What was found is kept in one file with the state of each file then: its inode,
size, and both its times in nanoseconds. Nobody can write to a file and give it back the
time of its last change of state, so a kept digest is that of the file that lies there.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.system.files import name_as_text, write_file
from pipeline.system.meaning import bytes_of, digest_of

_FORM = 1  # of the file that keeps them; another one is not read
# How files of returns and their folders are called: by a round, a report, a state and the
# number of the file. Whatever else a sender wrote may be a person's name or number.
RETURNS = "returns"
_EXPECTED = re.compile(
    r"[12][0-9]{3}|[a-z]{2,9}|(?:[A-Z]{2,5}|queries)(?:\.[0-9]{1,2})?(?:\.[a-z]{3,9}){1,2}"
)


class Watch:
    """The digests of files, kept in `memory`. `folders` are those that may lie anywhere,
    by the names that they go by, the inner ones first: a path is named by the folder that
    it lies in, so that one that was moved is not another one. No name that a sender made
    up is kept.
    """

    def __init__(self, folders: Mapping[str, Path], memory: Path) -> None:
        self._folders, self._memory = folders, memory
        self._names: dict[str, str] = {}
        self._kept: dict[str, list[Any]] = _read(memory)
        self._found: dict[str, list[Any]] = {}

    def meaning(self, path: Path) -> str:
        """The digest of what a file means; empty where there is none."""
        return str(self._digest(path, "meaning", digest_of))

    def content(self, path: Path) -> str:
        """The digest of the bytes of a file; empty where there is none."""
        return str(self._digest(path, "content", bytes_of))

    def told(self, path: Path, what: str, read: Callable[[Path], Any]) -> Any:
        """What `read` says of a file, kept like a digest under the name `what`: JSON."""
        return self._digest(path, what, read)

    def name(self, path: Path) -> str:
        """How a file is called in what is kept and in what people are told."""
        # Asked several times of each file: taking paths apart is most of a build of nothing.
        where = os.fspath(path)
        if (known := self._names.get(where)) is None:
            known = self._names[where] = self._name(path)
        return known

    def _name(self, path: Path) -> str:
        for name, folder in self._folders.items():
            if path.is_relative_to(folder):
                inside = path.relative_to(folder)
                path = Path(name, *(map(_expected, inside.parts) if name == RETURNS else (inside,)))
                break
        text = name_as_text(path.as_posix())
        if text.isprintable():
            return text
        return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)

    def path(self, name: str) -> Path:
        """Where the file lies that goes by a name; no return that its sender named."""
        for start, folder in self._folders.items():
            if Path(name).is_relative_to(start):
                return folder / Path(name).relative_to(start)
        return Path(name)

    def save(self) -> None:
        """Keep what was found for the next time."""
        if self._found != self._kept:
            content = {"form": _FORM, "files": self._found | _others(self._kept, self._found)}
            write_file(self._memory, json.dumps(content).encode())

    def _digest(self, path: Path, what: str, read: Callable[[Path], Any]) -> Any:
        try:
            found = os.lstat(path)
        except OSError:
            return ""
        if not stat.S_ISREG(found.st_mode):
            kind = stat.filemode(found.st_mode)[0]
            return f"no file but {kind}" + (os.readlink(path) if kind == "l" else "")
        state = [found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns]
        name = f"{what}:{self.name(path)}"
        kept = self._found.get(name) or self._kept.get(name)
        if kept is None or kept[0] != state:
            try:
                kept = [state, read(path)]
            except OSError as problem:
                return f"unreadable: {problem.strerror}"
        self._found[name] = kept
        return kept[1]


def _expected(part: str) -> str:
    """A part of the path of a return; one that nobody asked for by its digest."""
    if _EXPECTED.fullmatch(part):
        return part
    return f"another-{hashlib.sha256(os.fsencode(part)).hexdigest()[:12]}"


def _read(memory: Path) -> dict[str, list[Any]]:
    try:
        content = json.loads(memory.read_bytes())
        return dict(content["files"]) if content["form"] == _FORM else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _others(kept: dict[str, list[Any]], found: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """What is known of files that were not asked for this time, as long as they are few."""
    others = {name: entry for name, entry in kept.items() if name not in found}
    return others if len(others) <= 4 * len(found) + 1000 else {}


def files_below(folder: Path) -> Iterator[Path]:
    """Every file of a folder in order of its path, without what Python makes beside its
    code and what is hidden.
    """
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if f != "__pycache__" and not f.startswith("."))
        yield from (Path(place) / name for name in sorted(names) if not name.startswith("."))


def some(files: Iterable[Path], *without: str) -> list[Path]:
    """The files whose names are not among these."""
    return [file for file in files if file.name not in without]
