"""Do the drills of a scheduled run, and print what came of them.

    make drills, or with KIND="kills disk": some of kills, twice, disk, clock, returns, backup

A small project is made in a temporary folder, and run once without disturbance. Every row
of the table is a trial: what was done to a run, how it ended, what the next run did, and
whether outputs and records (its own record excepted) are those of the undisturbed one. It
ends with 1 where anything is not as it must be, and says what. It takes an hour on two cores.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from . import broken, clock, full_disk, kills, restored, twice
from .place import Place, Row, make_place, make_whole, table_of

POINTS = 20


def parts(place: Place) -> dict[str, tuple[Callable[[], Iterator[Row]], str]]:
    """Each kind of drill, and why it cannot be done here, where it cannot."""
    return {
        "kills": (
            lambda: kills.drill(place, kills.points_of(place, POINTS)),
            "",
        ),
        "twice": (lambda: twice.drill(place), ""),
        "disk": (lambda: full_disk.drill(place, full_disk.SIZES), full_disk.cannot()),
        "clock": (lambda: clock.drill(place, clock.BACK), clock.cannot()),
        "returns": (lambda: broken.drill(place, broken.DAMAGES), ""),
        "backup": (lambda: restored.drill(place), ""),
    }


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make drills", description=__doc__)
    parser.add_argument("--kind", default="", help="some of them, with blanks between")
    kinds = parser.parse_args(arguments).kind.split()
    rows: list[Row] = []
    # What it began ends with it, and what it mounted goes.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    with tempfile.TemporaryDirectory(prefix="drills-") as folder:
        place = make_place(Path(folder))
        make_whole(place)
        drills = parts(place)
        if unknown := {*kinds} - {*drills}:
            parser.error(f"there is no drill {', '.join(sorted(unknown))}: {', '.join(drills)}")
        for kind, (drill, cannot) in drills.items():
            if kinds and kind not in kinds:
                continue
            if cannot:
                print(f"{kind}: not done here, {cannot}", flush=True)
                continue
            for row in drill():
                rows.append(row)
                print(" | ".join(row.cells), flush=True)
                for fault in row.faults:
                    print(f"  FAULT: {fault}", flush=True)
    print(f"\n{table_of(rows)}\n")
    failed = sum(bool(row.faults) for row in rows)
    print(f"{len(rows)} trials, {failed} not as they must be")
    return 1 if failed or not rows else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
