"""How does a finished file get into place? In one step, so that a build that dies
leaves the last good one.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# What a spreadsheet takes for a formula at the beginning of a cell, the wide forms of
# East Asian keyboards included.
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_BREAKS = ("\t", "\r", "\n")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")

# the ending of what is being written; only a run that died leaves one behind
UNFINISHED = ".unfinished"


def unfinished(final: Path) -> Path:
    """Where a file or folder is made before it goes into place: beside it, so that one
    move is enough.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    return final.with_name(f".{final.name}.{os.getpid()}{UNFINISHED}")


def name_as_text(path: Path | str) -> str:
    """The name of a file as text that can be written down: bytes of it that are no
    UTF-8 stand as `\\xe2`.
    """
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def replace_file(temporary: Path, final: Path) -> None:
    """Put a finished file in place of an earlier one; the folder is made where it is
    missing.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    _make_way(final)
    os.replace(temporary, final)


def clear_place(final: Path) -> None:
    """Let nothing stand in the place of a file that is about to be made anew."""
    _make_way(final)
    final.unlink(missing_ok=True)


def _make_way(final: Path) -> None:
    """A folder in the place of a file is set aside, beside it, with all that is in it."""
    if final.is_dir() and not final.is_symlink():
        numbers = (
            n for n in range(1, 1000) if not final.with_name(f"{final.name}.folder-{n}").exists()
        )
        final.rename(final.with_name(f"{final.name}.folder-{next(numbers)}"))


def write_file(final: Path, content: bytes, *, mode: int = 0o666) -> None:
    """Write a file in one step; `mode` is limited by the umask, as for any new file."""
    temporary = unfinished(final)
    temporary.unlink(missing_ok=True)
    try:
        # Made with its mode, because between making and changing it others could open
        # it.
        with os.fdopen(
            os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb"
        ) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        _make_way(final)
        os.replace(temporary, final)
    finally:
        temporary.unlink(missing_ok=True)


def write_private(final: Path, content: bytes) -> bool:
    """Write a file that only its owner may read, in a folder like it. Returns whether
    its content changed.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    final.parent.chmod(0o700)
    if final.is_file() and final.read_bytes() == content:
        final.chmod(0o600)
        return False
    write_file(final, content, mode=0o600)
    return True


@contextmanager
def owner_only(folder: Path) -> Iterator[None]:
    """Whatever is made meanwhile, by this process and those it starts, can be opened by
    its owner alone: files have mode 0600, folders 0700. `folder` is made so too, with
    all that an earlier version of the pipeline left open in it.
    """
    before = os.umask(0o077)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if folder.stat().st_mode & 0o077:
            folder.chmod(0o700)  # first: then nobody comes in while the rest follows
            for path in folder.rglob("*"):
                with suppress(FileNotFoundError):  # another build may be tidying up
                    if not path.is_symlink() and (mode := path.stat().st_mode) & 0o077:
                        path.chmod(mode & 0o700)
        yield
    finally:
        os.umask(before)


def guarded(text: str) -> str:
    """A text that no spreadsheet runs as a formula: where it would begin like one, an
    apostrophe stands before it.
    """
    starts = text.lstrip(" \u00a0\u200b\ufeff").startswith(
        (*_FORMULA, *_BREAKS)
    ) or text.startswith(_BREAKS)
    return f"'{text}" if starts else text


def csv_bytes(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> bytes:
    """A table as CSV, UTF-8, one header line. A text that a spreadsheet would run gets
    an apostrophe before it.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows([_inert(v) for v in row] for row in rows)
    return text.getvalue().encode()


def csv_rows(content: bytes) -> list[dict[str, str]]:
    """The lines of what `csv_bytes` wrote, by head, without the apostrophes before what
    a spreadsheet would run.

    Read too is what a spreadsheet saved of it: with a byte order mark, or parted by
    semicolons. A line with more cells than heads has them under the name "". Raises
    UnicodeDecodeError and csv.Error.
    """
    text = content.decode("utf-8-sig")
    delimiter = ";" if ";" in text.split("\n", 1)[0] else ","
    reader = csv.DictReader(
        io.StringIO(text, newline=""), delimiter=delimiter, restkey="", restval="", strict=True
    )
    return [
        {h: _plain(v) if isinstance(v, str) else ",".join(v) for h, v in row.items()}
        for row in reader
    ]


def _plain(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text


def _inert(value: object) -> object:
    if not isinstance(value, str) or _NUMBER.fullmatch(value):
        return value
    # A bare carriage return is not quoted, and begins a line for many readers.
    return guarded(value).replace("\r", "\n")
