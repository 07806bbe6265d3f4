"""Do two runs at once ever write at the same time?"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator

from pipeline.errors import BusyError

from .place import LONGEST, ROUND, Place, Row, end, shell_code, traces

SAYS_SO = "is at work"


def drill(place: Place) -> Iterator[Row]:
    """A second run waits for the first, and finds nothing to do; a command that does not
    wait says who is at work.
    """
    place.begin_again()
    told = [place.root.parent / f"run-{n}.txt" for n in (1, 2)]
    first, second = (place.begin(told=path) for path in told)
    try:
        while not place.project.outputs.joinpath(".running").is_dir():
            time.sleep(0.02)
        command = place.run("validate", "--round", str(ROUND))
        codes = [shell_code(process.wait(LONGEST)) for process in (first, second)]
    finally:
        for process in (first, second):
            end(process, signal.SIGKILL)
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in told]
    later, earlier = place.runs()[:2]
    wrong = [fault for text in texts for fault in traces(text)]
    wrong += [f"a run ended with {code}" for code in codes if code]
    if not any(SAYS_SO in text for text in texts):
        wrong.append("neither says that it waits")
    if later.began < earlier.ended:
        wrong.append(f"one began at {later.began}, the other ended at {earlier.ended}")
    if rendered := [s.name for s in later.steps if s.name.startswith("render")]:
        wrong.append(f"the second did again what was done: {rendered}")
    unlike = [*place.unlike("after")]
    yield Row(
        "two runs at once",
        "begun together",
        f"{codes[0]} and {codes[1]}, one after the other",
        "the second rendered nothing",
        not unlike,
        (*wrong, *unlike, *place.left_over()),
    )
    wrong = traces(command.told)
    if command.code != BusyError.exit_code or SAYS_SO not in command.told:
        wrong.append(f"a command beside a run ended with {command.code}: {command.told[-300:]}")
    yield Row(
        "a command beside a run", "validate", f"{command.code}, says who works", "", None, (*wrong,)
    )
