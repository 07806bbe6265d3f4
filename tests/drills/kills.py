"""Does a run that was ended at any moment leave something to go on from?"""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import zip_longest

from .place import LONGEST, Place, Row, end, shell_code, traces

# Which signal, and whether all processes of the run get it.
WAYS = (
    (signal.SIGKILL, True),
    (signal.SIGTERM, True),
    (signal.SIGKILL, True),
    (signal.SIGTERM, False),
)
WAIT = 0.02  # seconds between two looks at the record of a run


@dataclass(frozen=True)
class Point:
    """A moment of a run: some seconds after the end of a number of its steps."""

    name: str
    steps: int
    seconds: float = 0.0


def points_of(place: Place, number: int) -> list[Point]:
    """Moments of the undisturbed run: the end of each step, and for the rest moments at
    equal distances, told from the end of the step before: a machine is not always as fast.
    """
    kept = place.kept / "after" / "records"
    steps = Place(place.root, records=kept).runs()[0].steps
    ends = [Point(f"after {s.name}", n) for n, s in enumerate(steps[:-1], 1)][: number // 2]
    began, ended = steps[0].began, steps[-1].ended
    spread = []
    for turn in range(number - len(ends)):
        share = (turn + 0.5) / (number - len(ends))
        moment = began + share * (ended - began)
        done = [step for step in steps if step.ended <= moment]
        since = moment - (done[-1].ended if done else began)
        name = f"at {share:.0%}, before the end of {steps[len(done)].name}"
        spread.append(Point(name, len(done), since))
    return [point for pair in zip_longest(spread, ends) for point in pair if point]


def drill(place: Place, points: list[Point]) -> Iterator[Row]:
    """At each point SIGKILL for all processes, SIGTERM for all, SIGTERM for the first
    alone, by turns.
    """
    for turn, point in enumerate(points):
        number, everybody = WAYS[turn % len(WAYS)]
        yield trial(place, point, number, everybody=everybody)


def trial(place: Place, point: Point, number: signal.Signals, *, everybody: bool) -> Row:
    """End a run at a point, look at what readers meet, and let the next run go on."""
    place.begin_again()
    earlier = len(place.runs())
    told = place.root.parent / "disturbed.txt"
    process = place.begin(told=told)
    try:
        _wait_until(place, point, process, earlier=earlier)
        if everybody:
            end(process, number)
        else:
            process.send_signal(number)
        code = shell_code(process.wait(LONGEST))
    finally:
        end(process, signal.SIGKILL)
    wrong = traces(told.read_text(encoding="utf-8", errors="replace"))
    if code not in (128 + number, 0):
        wrong.append(f"it ended with {code}")
    if number == signal.SIGTERM:
        wrong += place.left_over()
    # A reader meets whole files only, each of the state before or of the state after.
    before, after = place.published("before"), place.published("after")
    for name, content in place.published().items():
        if content not in (before.get(name), after.get(name)):
            wrong.append(f"a reader met {name} as neither run left it")
    done, equal, more = place.goes_on("after")
    who = "" if everybody else ", the run alone"
    return Row(
        f"ended by {number.name}{who}",
        point.name,
        f"{code}" + (" (it was done)" if code == 0 else ""),
        f"exit {done.code}, {_done_again(place)}",
        equal,
        (*wrong, *more),
    )


def _done_again(place: Place) -> str:
    stages = ("read and check, letters", "reminders", "desk")
    steps = [s for s in place.runs()[0].steps if s.inputs or s.why]
    steps = [s for s in steps if s.name not in stages]
    return f"{len(steps)} steps"


def _wait_until(
    place: Place, point: Point, process: subprocess.Popen[bytes], *, earlier: int
) -> None:
    while process.poll() is None:
        runs = place.runs()
        if len(runs) > earlier and len(runs[0].steps) >= point.steps:
            break
        time.sleep(WAIT)
    with suppress(subprocess.TimeoutExpired):
        process.wait(point.seconds or WAIT)
