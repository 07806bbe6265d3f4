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

from pipeline.errors import NoGoError, UserError

from .place import ROUND, TESTS, Ended, Place, Row, traces

STATE = "RO"
OTHERS = ("BG", "GR")
NOBODY = "there is no figure"


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


def trial(place: Place, name: str, *, others: tuple[str, ...], kept: dict[str, bytes]) -> Row:
    """A run without the return, what it says, and the next one with it."""
    done, lacking, wrong = without(place, others=others, is_nobody=not others)
    put_back(place, kept)
    after, equal, more = _with_it(place)
    return Row(
        "a state's return",
        name,
        f"{done.code}, NO-GO: " + (f"{lacking} of 11 states lack" if others else NOBODY),
        f"with the return: exit {after}",
        equal,
        (*wrong, *more),
    )


def without(
    place: Place, *, others: tuple[str, ...], is_nobody: bool = False
) -> tuple[Ended, int, list[str]]:
    """A run without the return: how it ended, how many states lack, and what is wrong with
    what it says. Where nobody sent anything, there is nothing to count.
    """
    done = place.run()
    wrong = [*traces(done.told), *place.left_over()]
    if done.code != (UserError if is_nobody else NoGoError).exit_code:
        wrong.append(f"it ended with {done.code}: {done.told[-1500:]}")
    gate = json.loads((place.project.round_folder(ROUND) / "gate" / "gate.json").read_bytes())
    thb = next(report for report in gate["reports"] if report["report"] == "thb")
    if is_nobody and NOBODY not in done.told:
        wrong.append(f"it does not say that nobody sent anything: {done.told[-600:]}")
    if thb["go"] or (STATE not in thb["lacking"] and not is_nobody):
        wrong.append(f"the gate does not miss {STATE}: {thb}")
    notice = place.run("notice", "last")
    if "release gate thb" not in notice.told or notice.code:
        wrong.append(f"the notice does not name the gate: {notice.told}")
    late = json.loads(place.run("late", "--round", f"{ROUND}", "--json").told)
    if STATE not in {owed["state"] for owed in late}:
        wrong.append(f"nobody is told that {STATE} owes a return: {late}")
    figures = figures_of(place.project.outputs)
    before = figures_of(place.kept / "whole" / "outputs")
    for state in others:
        if not before[state] or figures.get(state) != before[state]:
            wrong.append(f"the figures of {state} are others")
    return done, len(thb["lacking"]), wrong


def _with_it(place: Place) -> tuple[int, bool, list[str]]:
    """The next run, with the return: what is published is that of a run that never missed
    it. Records and findings tell what came before, and so differ.
    """
    done = place.run()
    wrong = [*traces(done.told), *place.left_over()]
    equal = bool(place.published()) and place.published() == place.published("whole")
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
