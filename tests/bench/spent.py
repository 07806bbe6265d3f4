"""What does a command cost: wall and CPU seconds, and memory at its peak?

The command is run by a small process of its own, this file run as a script, which takes
over the processes that the command leaves behind (those of a forkserver are waited for by
nobody) and waits for all of them. It is small because a process counts the memory of the
one that started it as its own peak until then.
"""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
STDERR_TAIL = 4000


@dataclass(frozen=True)
class Spent:
    """What a command and all processes that it started took.

    `wall`: seconds until the command ended. `cpu`: seconds, user and system, of all
    processes. `peak_mib`: the memory of the largest single process, MiB; not their sum.
    """

    wall: float
    cpu: float
    peak_mib: float


def spent(command: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> Spent:
    """Run a command to its end; SystemExit with the end of its stderr where it fails."""
    with tempfile.TemporaryFile() as errors:
        done = subprocess.run(
            [sys.executable, "-I", "-S", __file__, *command],
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            check=False,
        )
        if done.returncode:
            errors.seek(0)
            said = errors.read()[-STDERR_TAIL:].decode(errors="replace")
            raise SystemExit(f"error: {' '.join(command)} ended with {done.returncode}\n{said}")
    return Spent(**json.loads(done.stdout))


def together(each: Sequence[Spent]) -> Spent:
    """Commands that ran one after the other, as one."""
    return Spent(
        wall=sum(s.wall for s in each),
        cpu=sum(s.cpu for s in each),
        peak_mib=max(s.peak_mib for s in each),
    )


def surroundings() -> dict[str, str]:
    """The environment of this process without what would lead a command to another
    project.
    """
    others = ("MAKE", "MFLAGS", "SELEC_", "GIVEN_", "PYTHONPATH")
    return {k: v for k, v in os.environ.items() if not k.startswith(others)}


def measure(command: Sequence[str]) -> tuple[Spent, int]:
    """Run a command as the process that takes over its orphans; what it took, and how it
    ended.
    """
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "no process can be made to take over orphans here")
    start = time.perf_counter()
    first = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    wall = cpu = peak = 0.0
    ended = 1
    while True:
        try:
            # of each process itself and of those that it waited for
            pid, status, usage = os.wait4(-1, 0)
        except ChildProcessError:
            return Spent(wall=wall, cpu=cpu, peak_mib=peak / 1024), ended
        cpu += usage.ru_utime + usage.ru_stime
        peak = max(peak, usage.ru_maxrss)
        if pid == first.pid:
            wall = time.perf_counter() - start
            ended = first.returncode = os.waitstatus_to_exitcode(status)


def main(command: Sequence[str]) -> int:
    found, ended = measure(command)
    sys.stdout.write(json.dumps(found.__dict__))
    # a signal is told as shells do
    return ended if ended >= 0 else 128 - ended


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
