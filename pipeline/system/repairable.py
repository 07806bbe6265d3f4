"""Which errors of the machine can a person repair? A full disk, a name that reaches no
file, a damaged database: each as a UserError that says what to do.
"""

from __future__ import annotations

import errno
import os
import re

from pipeline.errors import PlaceError, UserError
from pipeline.system.kept import blamed

# No room left, over the quota, too large a file, only for reading, no permission, a
# file where a folder must be.
_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_PLACE = _ROOM | {
    errno.EROFS,
    errno.EACCES,
    errno.EPERM,
    errno.ENOTDIR,
    errno.EIO,
}
_NAME = {errno.ENAMETOOLONG, errno.ELOOP}
_NO_ROOM = re.compile(
    r"no space|disk quota|read-only|permission denied|file too large|could not write", re.IGNORECASE
)


def repairable(problem: Exception) -> UserError | None:
    """What to tell a person about an error; None where it is a bug."""
    match problem:
        case UserError():
            return problem
        case OSError(errno=number) if number in _NAME:
            named = os.fsdecode(problem.filename or "")[:80]
            what = f"no file is reached by it: {problem.strerror}"
            return UserError(what, where=named, do="give another name")
        case OSError(errno=number):
            return _place_error(problem) if number in _PLACE else None
    return _full_database(problem) or blamed(problem)


def require_room(problem: Exception) -> None:
    """Raises PlaceError where the database found no room to answer: that is no fault of
    what it was asked.
    """
    if full := _full_database(problem):
        raise full from problem


def _full_database(problem: Exception) -> PlaceError | None:
    """The database tells of a full disk in many classes, by where it was just writing."""
    is_database = type(problem).__module__.strip("_") == "duckdb"
    return _place_error(problem) if is_database and _NO_ROOM.search(str(problem)) else None


def no_room(problem: OSError) -> UserError | None:
    """What to tell a person where a file did not fit. Of a process that may open few files
    nothing else is a person's to repair: a door that it found closed is a bug.
    """
    return _place_error(problem) if problem.errno in _ROOM else None


def _place_error(problem: Exception) -> PlaceError:
    where = str(getattr(problem, "filename", "") or "")
    what = getattr(problem, "strerror", "") or str(problem).splitlines()[0]
    return PlaceError(
        f"cannot write: {what}",
        where=where,
        allowed="a folder of outputs with room that this user may write to",
        do=(
            "make room, or give another folder by SELEC_OUTPUTS; the last good outputs stand, the"
            " next run goes on"
        ),
    )
