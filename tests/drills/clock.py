"""What does a run do when the clock is set back? Runs on a clock that is wrong, by
`libfaketime` before every process, and then right again.

The processes that do the steps begin with an empty environment, so that the clock is set
by the interpreter itself: a script in its place that starts it with the library.
"""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import UserError
from pipeline.returns.journal import read_journal
from pipeline.returns.submissions import read_receipts

from .place import ROUND, Ended, Place, Row, traces

LIBRARY = "libfaketimeMT.so.1"
# How far the clock is set back, as libfaketime writes it: the hour at the end of summer
# time, a day, and a battery that ran down.
BACK = {"an hour": "-3600", "a day": "-1d", "ten years": "-10y"}
STATE = "RO"
SAYS_SO = "the clock was set back"
REFUSES = "an earlier run began at"


def library() -> str:
    found = sorted(Path("/usr/lib").glob(f"*/faketime/{LIBRARY}"))
    return str(found[0]) if found else ""


def cannot() -> str:
    """Why no clock can be set here; empty where it can."""
    return "" if library() else "libfaketime is not there: apt-get install libfaketime"


def drill(place: Place, back: dict[str, str]) -> Iterator[Row]:
    """A corrected return comes in while the clock is set back; then the clock is right."""
    kept = (place.returns / f"{STATE}.xlsx").read_bytes()
    for name, by in back.items():
        place.begin_again("whole")
        try:
            yield trial(place, name, by)
        finally:
            (place.returns / f"{STATE}.xlsx").write_bytes(kept)


def trial(place: Place, name: str, by: str) -> Row:
    """Whatever is recorded keeps the order in which it came. A run that would do too little
    by a clock of another year does nothing, and says so.
    """
    place.correct(544, STATE)
    with clock_set(place.root, by):
        wrong_clock = place.run()
        # Somebody who looks into it, on the same clock.
        read = place.run("validate", "--round", str(ROUND))
    faults = [*faults_of(place, read, code=0), *order_of(place)]
    if SAYS_SO not in read.told:
        faults.append(f"a command does not say that the clock was set back: {read.told[:600]}")
    refused = wrong_clock.code == UserError.exit_code and REFUSES in wrong_clock.told
    if not refused:
        faults += faults_of(place, wrong_clock, code=0)
        if SAYS_SO not in wrong_clock.told:
            faults.append(f"the run does not say so: {wrong_clock.told[:600]}")
    place.correct(555, STATE)
    right = place.run()
    faults += [*faults_of(place, right, code=0), *order_of(place)]
    receipts = [r for r in read_receipts(place.project, ROUND) if r.state == STATE]
    if [r.number for r in receipts] != [1, 2, 3]:
        faults.append(f"not every submission is there: {[r.id for r in receipts]}")
    return Row(
        "clock set back",
        name,
        f"{wrong_clock.code}, {'refused' if refused else 'done'}, says so",
        f"clock right: exit {right.code}",
        None,
        (*faults,),
    )


def faults_of(place: Place, done: Ended, *, code: int) -> Iterator[str]:
    yield from traces(done.told)
    yield from place.left_over()
    if done.code != code:
        yield f"it ended with {done.code}: {done.told[-1500:]}"


def order_of(place: Place) -> Iterator[str]:
    """What is wrong with the order of runs and of what is known of a state."""
    runs = place.runs()
    if [int(run.id[:6]) for run in runs] != [*range(len(runs), 0, -1)]:
        yield f"the runs do not stand in the order in which they were: {[r.id for r in runs]}"
    if any(step.ended < step.began for run in runs for step in run.steps):
        yield "a step ended before it began"
    if any((run.seconds or 0) < 0 for run in runs):
        yield "a run ended before it began"
    known = [e.known for e in read_journal(place.project) if Path(e.file).stem == STATE]
    if known != sorted(known) or len(known) < 2:
        yield f"what came later is known earlier: {known}"


@contextmanager
def clock_set(root: Path, by: str) -> Iterator[None]:
    """In a working copy every interpreter, and all that it starts, has a clock that is
    wrong by so much.
    """
    venv, kept = root / ".venv", root / ".venv-right"
    venv.rename(kept)
    try:
        (venv / "bin").mkdir(parents=True)
        # Not a link: whoever renders may read what lies in its environment, and no more.
        shutil.copytree(kept / "lib", venv / "lib", symlinks=True, copy_function=_link)
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


def _link(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)
    return target
