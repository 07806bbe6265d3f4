"""Is a file that an earlier step left still what it left? Its hash lies beside it; a
damaged one is named.

The hash of `work/cubes.duckdb` is in `work/.kept/cubes.duckdb.sum`, as `sha256sum
--check` reads it: make makes a step again whose files are not what they were. A file
without a hash (its build died just then, or is from an earlier version of the pipeline)
is looked at as far as its form goes.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import DamagedFileError
from pipeline.system.files import replace_file, write_file

if TYPE_CHECKING:
    import duckdb

SEALS = ".kept"
LEDGER = "warehouse.duckdb"
SUBMISSIONS = "submissions"  # of all rounds, in the archive: what nothing makes again
_BLOCKS_BEGIN = 12288  # bytes of a DuckDB file before its blocks: three headers
_VERSION_FILE = re.compile(
    r"work/printed/(?P<printed>[a-z]+)-(?P<printed_version>[a-z]+)(?:\.short)?\.json|"
    r"(?:masters/)?(?P<report>[a-z]+)/(?P<version>[a-z]+)/[^/]+"
)

# what this process found sound, and the state of the file then
_verified: dict[Path, tuple[int, ...]] = {}
_unverified: set[Path] = set()  # databases that were opened without a hash


def keep_file(temporary: Path, final: Path) -> None:
    """Put a finished file in place, and its hash beside it."""
    unseal(final)
    replace_file(temporary, final)
    seal(final)


def keep_bytes(final: Path, content: bytes) -> None:
    """Write a file in one step, and its hash beside it."""
    unseal(final)
    write_file(final, content)
    seal(final)


def seal(path: Path) -> None:
    """Write down the hash of a file as it is now."""
    write_file(_seal_of(path), f"{_hash(path)}  {path.name}\n".encode())


def unseal(path: Path) -> None:
    """Forget the hash of a file that is about to change: what dies between the two is
    no damage.
    """
    _seal_of(path).unlink(missing_ok=True)
    _verified.pop(path, None)


def seal_folder(folder: Path) -> None:
    """Write down the hash of every file of a folder as it is now, in one list beside
    it.
    """
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    lines = (f"{_hash(p)}  {p.relative_to(folder.parent).as_posix()}\n" for p in files)
    write_file(_seal_of(folder), "".join(lines).encode())


def is_kept(path: Path) -> bool:
    """Whether a file is there and has the hash that was kept of it."""
    try:
        return check_file(path)
    except DamagedFileError:
        return False


def is_there(path: Path) -> bool:
    """Whether anything stands in the place of a file, a folder or a link to nowhere
    too.
    """
    return os.path.lexists(path)


def check_file(path: Path) -> bool:
    """Whether a hash was kept of a file. Raises DamagedFileError where it is another
    one, or cannot be read.
    """
    try:
        state = _state(path)
        for _ in range(2):  # a build may put both anew meanwhile
            kept = _read_seal(path)
            if kept is None:
                return False
            if _verified.get(path) == state or _hash(path) == kept:
                _verified[path] = state
                return True
            if _read_seal(path) == kept:
                break
    except OSError as problem:
        raise _unreadable(path, problem) from problem
    raise damaged(path, "it is not what was written there: it was changed, cut off or replaced")


def read_bytes(path: Path) -> bytes:
    """The content of a file. Raises DamagedFileError where it is not what was left, or
    cannot be read.
    """
    check_file(path)
    try:
        return path.read_bytes()
    except OSError as problem:
        raise _unreadable(path, problem) from problem


def read_json(path: Path, kind: type = dict) -> Any:
    """A record in JSON, an object or a list. Raises DamagedFileError where it is not
    what was left.
    """
    return parse_json(read_bytes(path), path, kind=kind)


def remembered(path: Path) -> dict[str, Any]:
    """A record that only saves work: empty where it is not there or damaged."""
    try:
        found: dict[str, Any] = read_json(path)
    except DamagedFileError:
        return {}
    return found


def parse_json(content: bytes, path: Path, *, kind: type = dict) -> Any:
    """The object or list in the bytes of a record that lies at `path`. Raises
    DamagedFileError where there is none.
    """
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as problem:
        raise damaged(path, f"it is no JSON: {problem}" if content else "it is empty") from problem
    if not isinstance(found, kind):
        raise damaged(path, "it is no record of this pipeline")
    return found


def open_database(path: Path) -> duckdb.DuckDBPyConnection:
    """A database for reading. Raises DamagedFileError where it is not what was left."""
    import duckdb

    sealed = check_file(path)
    try:
        connection = duckdb.connect(str(path), read_only=True)
    except duckdb.Error as problem:
        if "Conflicting lock" in str(problem):
            raise
        raise damaged(path, str(problem).splitlines()[0]) from problem
    if not sealed:
        _unverified.add(path)
        _check_length(connection, path)
    return connection


def check_database(path: Path) -> None:
    """Raises DamagedFileError where a database that is about to be attached is not what
    was left.
    """
    open_database(path).close()


def write_out(connection: duckdb.DuckDBPyConnection) -> None:
    """Write all that was committed into the file itself, as the last thing before a
    database is closed and put in place. Closing it does so too, but says nothing where
    the disk is full: the file is then without what still stands in the journal beside it.
    """
    connection.execute("checkpoint")


def quoted_path(path: Path) -> str:
    """The path of a database as a text of SQL, for `attach`."""
    return "'" + str(path).replace("'", "''") + "'"


def _check_length(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """DuckDB opens a file whose end is missing, and fails only where it needs a part of
    it, or not at all.
    """
    row = connection.execute(
        "select block_size, total_blocks from pragma_database_size()"
    ).fetchone()
    if row and path.stat().st_size < _BLOCKS_BEGIN + row[0] * row[1]:
        connection.close()
        raise damaged(path, "its end is missing")


def blamed(problem: Exception) -> DamagedFileError | None:
    """What an error of the database says where a file was opened of which no hash was
    kept; None for other errors.
    """
    if type(problem).__module__.strip("_") != "duckdb":
        return None
    if type(problem).__name__ not in (
        "IOException",
        "FatalException",
        "InternalException",
        "SerializationException",
    ):
        return None
    for path in sorted(_unverified):
        return damaged(path, str(problem).splitlines()[0])
    return None


def damaged(path: Path, what: str) -> DamagedFileError:
    """The error about a file, with what to do about it."""
    return DamagedFileError(f"the file is damaged: {what}"[:400], where=str(path), do=_remedy(path))


def _unreadable(path: Path, problem: OSError) -> DamagedFileError:
    if isinstance(problem, PermissionError):
        return DamagedFileError(
            f"the file cannot be read: {problem.strerror}",
            where=str(path),
            do="let the user who runs this read it",
        )
    return damaged(path, problem.strerror or str(problem))


def _remedy(path: Path) -> str:
    """The command that makes a file of the outputs again; for the ledger, which nothing
    makes again, what to do.
    """
    if path.name == LEDGER:
        return (
            "put back the copy of your last backup; without one, move the file away and run 'make"
            " reports' for each round: it is filled again from the returns, and what was replaced"
            " since then is in the archive only"
        )
    parts = path.absolute().parts
    at = next(
        (i for i in range(len(parts) - 1, 0, -1) if re.fullmatch(r"[0-9]{4}", parts[i])), None
    )
    if at is None:
        return "put back the copy of your last backup"
    if parts[at - 1] == SUBMISSIONS:
        return (
            "put back the copy of your last backup; without one, move the folder away: the next"
            f" 'make validate ROUND={parts[at]}' writes a receipt of what lies there then"
        )
    given = f" ROUND={parts[at]}" + (
        f" AS_OF={parts[at - 2]}" if parts[at - 3 : at - 2] == ("as-of",) else ""
    )
    inside = "/".join(parts[at + 1 :])
    if inside.startswith(("findings/", "work/validation", "work/staged")):
        return f"run 'make validate{given}', which makes it again"
    if found := _VERSION_FILE.fullmatch(inside):
        report = found["report"] or found["printed"]
        version = found["version"] or found["printed_version"]
        if report not in ("stores", "work"):
            return (
                f"run 'make report REPORT={report} VERSION={version}{given}', which makes it again"
            )
    return f"run 'make reports{given}', which makes it again"


def _seal_of(path: Path) -> Path:
    return path.parent / SEALS / f"{path.name}.sum"


def _read_seal(path: Path) -> str | None:
    try:
        return _seal_of(path).read_text(encoding="utf-8", errors="replace")[:64]
    except OSError:
        return None


def _state(path: Path) -> tuple[int, ...]:
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
