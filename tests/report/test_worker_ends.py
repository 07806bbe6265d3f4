"""Does a renderer say what a person can repair, and nothing else?"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable

import pytest

from pipeline.errors import NarrativeError, PlaceError, RenderError
from pipeline.report.document.worker import answer


def raising(problem: BaseException) -> Callable[[], None]:
    def make() -> None:
        raise problem

    return make


@pytest.mark.parametrize(
    ("problem", "kind"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), PlaceError),
        (OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)), PlaceError),
        (OSError(errno.EFBIG, os.strerror(errno.EFBIG)), PlaceError),
        (MemoryError(), RenderError),
        (NarrativeError("a number that is no cell"), NarrativeError),
    ],
)
def test_what_a_person_can_repair_is_told(problem: BaseException, kind: type) -> None:
    told: list[str] = []
    with pytest.raises(SystemExit) as end:
        answer(told.append, raising(problem))
    assert end.value.code == kind.exit_code  # type: ignore[attr-defined]
    assert json.loads(told[0])["kind"] == kind.__name__


@pytest.mark.parametrize(
    "problem", [PermissionError(errno.EACCES, "a closed door"), ValueError("a bug")]
)
def test_a_bug_stays_one(problem: Exception) -> None:
    told: list[str] = []
    with pytest.raises(type(problem)):
        answer(told.append, raising(problem))
    assert told == []
