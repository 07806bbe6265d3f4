"""What does each file of a folder cost the process that reads it? Seconds of processor
time, and memory at its peak.

Run as a program of its own: the memory of children is known only as the most that any
of them ever had.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from pipeline.returns.formats.inside import read_in_child


def main() -> None:
    """Print one JSON object: by file its seconds (of the processor, on the wall), and
    the peak of all in MiB.
    """
    question = {"state": "RO", "names": ["table", "state", "year", "value"]}
    seconds = {}
    for path in sorted(Path(sys.argv[1]).rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.monotonic()
        read_in_child(question, path.read_bytes())
        wall = time.monotonic() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        seconds[str(path.relative_to(sys.argv[1]))] = (used, wall)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peak": peak}))


if __name__ == "__main__":
    main()
