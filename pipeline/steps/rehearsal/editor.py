"""Who corrects the texts of a tried year? An editor who takes out what does not hold of
invented figures.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pipeline.report.document.check_text import Fault, check_texts
from pipeline.steps.rehearsal.exercise import Exercise
from pipeline.steps.rehearsal.marks import EXERCISE

_PLACE = re.compile(r"(?P<file>\S+\.md) line (?P<line>\d+)")
_INSTEAD = f"{EXERCISE}: a sentence that does not hold of invented figures was taken out here."


def correct_texts(exercise: Exercise) -> str:
    """Take out every paragraph that has a fault. Returns what is wrong that no paragraph
    can be taken out for; empty where there is none.
    """
    found = check_texts(exercise.project, exercise.contracts(), exercise.round).faults
    _take_out(exercise, found)
    return "; ".join(fault.line for fault in found if not _PLACE.match(fault.where))


def _take_out(exercise: Exercise, faults: Iterable[Fault]) -> None:
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
