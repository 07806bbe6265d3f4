"""What does a run make of a return that does not come, or comes broken? The round goes on
without it, says so, and the figures of other states stay as they are.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

from msoffcrypto.format.ooxml import OOXMLFile

from pipeline.errors import NoGoError

from .place import SMALL_ROUND as ROUND
from .place import TESTS, Place, Row, traces

STATE = "RO"
OTHERS = ("BG", "GR")


def _missing(path: Path) -> None:
    path.unlink()


def _nobody(path: Path) -> None:
    for other in path.parent.glob("*"):
        other.unlink()
    path.parent.rmdir()


def _cut(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _of_another_round(path: Path) -> None:
    other = TESTS.parent / "returns" / str(ROUND + 1) / "thb" / path.name
    path.write_bytes(other.read_bytes())


def _locked(path: Path) -> None:
    locked = io.BytesIO()
    OOXMLFile(io.BytesIO(path.read_bytes())).encrypt("a made-up password", locked)
    path.write_bytes(locked.getvalue())


# What becomes of the return of a state. Others stay, but where nobody sends anything.
DAMAGES: dict[str, Callable[[Path], None]] = {
    "no return": _missing,
    "no folder of returns": _nobody,
    "cut off in the middle": _cut,
    "an empty file": _empty,
    "of another round": _of_another_round,
    "locked with a password": _locked,
}


def drill(place: Place, damages: dict[str, Callable[[Path], None]]) -> Iterator[Row]:
    """Each damage from nothing, and then the whole return."""
    kept = {path.name: path.read_bytes() for path in place.returns.iterdir()}
    for name, damage in damages.items():
        place.begin_again("")
        try:
            damage(place.returns / f"{STATE}.xlsx")
            yield trial(place, name, others=OTHERS if damage != _nobody else (), kept=kept)
        finally:
            put_back(place, kept)


def put_back(place: Place, kept: dict[str, bytes]) -> None:
    place.returns.mkdir(parents=True, exist_ok=True)
    for name, content in kept.items():
        (place.returns / name).write_bytes(content)


def trial(
    place: Place,
    name: str,
    *,
    others: tuple[str, ...],
    kept: dict[str, bytes],
    expected: str = "whole",
) -> Row:
    """A run without the return, what it says, and the next one with it."""
    done = place.run()
    wrong = [*traces(done.told), *place.left_over()]
    if done.code != NoGoError.exit_code:
        wrong.append(f"it ended with {done.code}: {done.told[-1500:]}")
    gate = json.loads((place.project.round_folder(ROUND) / "gate" / "gate.json").read_bytes())
    thb = next(report for report in gate["reports"] if report["report"] == "thb")
    if thb["go"] or STATE not in thb["lacking"]:
        wrong.append(f"the gate does not miss {STATE}: {thb}")
    notice = place.run("notice", "last")
    if "release gate thb" not in notice.told or notice.code:
        wrong.append(f"the notice does not name the gate: {notice.told}")
    owed = {o["state"] for o in json.loads(place.run("late", "--round", f"{ROUND}", "--json").told)}
    if STATE not in owed:
        wrong.append(f"nobody is told that {STATE} owes a return: {sorted(owed)}")
    figures, before = (
        figures_of(place.project.outputs),
        figures_of(place.kept / expected / "outputs"),
    )
    for state in others:
        if not before[state] or figures.get(state) != before[state]:
            wrong.append(f"the figures of {state} are others")
    put_back(place, kept)
    after, equal, more = _with_it(place, expected)
    verdict = "NO-GO" if not thb["go"] else "GO"
    return Row(
        "a state's return",
        name,
        f"{done.code}, {verdict}: {len(thb['lacking'])} states lack",
        f"with the return: exit {after}",
        equal,
        (*wrong, *more),
    )


def _with_it(place: Place, expected: str) -> tuple[int, bool, list[str]]:
    """The next run, with the return: what is published is that of a run that never missed
    it. Records and findings tell what came before, and so differ.
    """
    done = place.run()
    wrong = [*traces(done.told), *place.left_over()]
    equal = bool(place.published()) and place.published() == place.published(expected)
    if done.code:
        wrong.append(f"with the return it ended with {done.code}: {done.told[-1500:]}")
    if not equal:
        wrong.append("with the return something else is published")
    return done.code, equal, wrong


def figures_of(outputs: Path) -> dict[str, list[tuple[str, ...]]]:
    """The restricted figures of the report by state."""
    path = outputs / str(ROUND) / "stores" / "restricted" / "thb.csv"
    found: dict[str, list[tuple[str, ...]]] = {}
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.reader(file):
                found.setdefault(row[0].partition(":")[2].partition(".")[0], []).append(tuple(row))
    return found
