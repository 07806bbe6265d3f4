"""What does a run do when the clock is set back? Runs on a clock that is wrong, by
`libfaketime` before every process, and then right again.

The processes that do the steps begin with an empty environment, so that the clock is set
by the interpreter itself: a script in its place that starts it with the library.
"""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.returns.journal import read_journal
from pipeline.returns.submissions import read_receipts

from .place import SMALL_ROUND, Ended, Place, Row, traces

LIBRARY = "libfaketimeMT.so.1"
# How far the clock is set back, as libfaketime writes it: the hour at the end of summer
# time, a day, and a battery that ran down.
BACK = {"an hour": "-3600", "a day": "-1d", "ten years": "-10y"}
SAYS_SO = "the clock was set back"


def library() -> str:
    found = sorted(Path("/usr/lib").glob(f"*/faketime/{LIBRARY}"))
    return str(found[0]) if found else ""


def cannot() -> str:
    """Why no clock can be set here; empty where it can."""
    return "" if library() else "libfaketime is not there: apt-get install libfaketime"


def drill(place: Place, back: dict[str, str]) -> Iterator[Row]:
    """A corrected return comes in while the clock is set back; then the clock is right."""
    kept = (place.returns / "RO.xlsx").read_bytes()
    for name, by in back.items():
        place.begin_again("whole")
        try:
            yield trial(place, name, by)
        finally:
            (place.returns / "RO.xlsx").write_bytes(kept)


def trial(place: Place, name: str, by: str) -> Row:
    """Order and numbers of all that is recorded stay those in which it came."""
    before = [run.id for run in place.runs()]
    last = read_journal(place.project)[-1]
    place.correct(544)
    with clock_set(place.root, by):
        done = place.run()
    wrong = [*traces(done.told), *place.left_over()]
    if done.code:
        wrong.append(f"it ended with {done.code}: {done.told[-1500:]}")
    wrong += order_of(place, done, before=before, known=last.known)
    place.correct(555)
    after = place.run()
    wrong += [*traces(after.told), *place.left_over()]
    if after.code:
        wrong.append(f"with the right clock it ended with {after.code}: {after.told[-1500:]}")
    events = [e for e in read_journal(place.project) if e.file.endswith("RO.xlsx")]
    numbers = [r.number for r in read_receipts(place.project, SMALL_ROUND) if r.state == "RO"]
    if len(events) != 3 or numbers != [1, 2, 3]:
        wrong.append(f"not every submission is there: {events}, {numbers}")
    says = "says so" if SAYS_SO in done.told else "nothing to say"
    return Row(
        "clock set back",
        name,
        f"{done.code}, {says}",
        f"clock right: exit {after.code}",
        None,
        (*wrong,),
    )


def order_of(place: Place, done: Ended, *, before: list[str], known: str) -> Iterator[str]:
    """What is wrong with the records of a run on a clock that was set back."""
    runs = place.runs()
    if [run.id for run in runs[1:]] != before:
        yield f"the runs do not stand in the order in which they were: {[r.id for r in runs]}"
    if runs[0].began < runs[1].ended and SAYS_SO not in done.told:
        yield f"it does not say that the clock was set back: {done.told[:600]}"
    if any(step.ended < step.began for step in runs[0].steps) or (runs[0].seconds or 0) < 0:
        yield "a step ended before it began"
    came = read_journal(place.project)[-1]
    if came.known < known:
        yield f"what came later is known since {came.known}, before {known}"


@contextmanager
def clock_set(root: Path, by: str) -> Iterator[None]:
    """In a working copy every interpreter, and all that it starts, has a clock that is
    wrong by so much.
    """
    venv, kept = root / ".venv", root / ".venv-right"
    venv.rename(kept)
    try:
        (venv / "bin").mkdir(parents=True)
        (venv / "lib").symlink_to(kept.resolve() / "lib")
        shutil.copy(kept / "pyvenv.cfg", venv)
        # Waits are measured by a clock that nobody sets.
        (venv / "bin" / "python").write_text(
            f"#!/bin/bash\nexport LD_PRELOAD={shlex.quote(library())} FAKETIME={shlex.quote(by)}"
            " FAKETIME_DONT_FAKE_MONOTONIC=1 NO_FAKE_STAT=1\n"
            f'exec -a "$0" {shlex.quote(str(kept.resolve() / "bin" / "python"))} "$@"\n',
            encoding="utf-8",
        )
        (venv / "bin" / "python").chmod(0o755)
        yield
    finally:
        shutil.rmtree(venv)
        kept.rename(venv)
