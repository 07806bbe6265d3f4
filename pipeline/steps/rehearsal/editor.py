"""Who reads the texts of a tried year? An editor who marks every section as read, and
takes out what does not hold of invented figures.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pipeline.report.document.check_text import Fault, check_texts
from pipeline.report.document.review import ALL_SHOWN, mark_read
from pipeline.steps.rehearsal.exercise import Exercise
from pipeline.steps.rehearsal.marks import EXERCISE

_MOST = 4  # times that the texts are read
_PLACE = re.compile(r"(?P<file>\S+\.md) line (?P<line>\d+)")
_INSTEAD = f"{EXERCISE}: a sentence that does not hold of invented figures was taken out here."


def correct_texts(exercise: Exercise) -> str:
    """Take out every paragraph that has a fault, until none is left, and read what was
    put in its place. Returns what is still wrong; empty where nothing is.
    """
    faults: tuple[Fault, ...] = ()
    of_round = exercise.project, exercise.contracts()
    for _ in range(_MOST):
        mark_read(*of_round, round_=exercise.round, read=ALL_SHOWN)
        faults = check_texts(*of_round, exercise.round).faults
        if not faults or not _take_out(exercise, faults):
            break
    return "; ".join(fault.line for fault in faults)


def _take_out(exercise: Exercise, faults: Iterable[Fault]) -> int:
    """Put another sentence in the place of each paragraph or item that is wrong."""
    places: dict[str, set[int]] = {}
    for fault in faults:
        if place := _PLACE.match(fault.where):
            places.setdefault(place["file"], set()).add(int(place["line"]))
    for file, numbers in places.items():
        path = exercise.project.templates / file
        lines = path.read_text(encoding="utf-8").split("\n")
        for number in numbers:
            line = lines[number - 1]
            if not line.startswith("#"):
                lines[number - 1] = "- " * line.startswith("- ") + _INSTEAD
        path.write_text("\n".join(lines), encoding="utf-8")
    return len(places)
