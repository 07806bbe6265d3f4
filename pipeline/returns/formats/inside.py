"""What happens where a file is opened? A clean process forks twice per file: one child
takes the file, one reads it.

Run as `python -m pipeline.returns.formats.inside` by `pipeline.returns.formats.opened`.
All libraries that read files are loaded once, before any file is seen: a bound child
finds nothing left to load. Requests and answers are length and bytes. The clean process
itself never holds a byte of a file or of an answer, so nothing of one return is in the
memory in which the next one is read.
"""

from __future__ import annotations

import codecs
import ctypes
import json
import os
import resource
import select
import signal
import sys
import time
from contextlib import suppress
from typing import Any, BinaryIO

import openpyxl.formula.translate  # noqa: F401
import openpyxl.utils.datetime  # noqa: F401
import xlrd  # noqa: F401

from pipeline.returns.formats import ods, xls, xlsx  # noqa: F401
from pipeline.returns.formats.letters import CODE_PAGES
from pipeline.returns.formats.opened import as_json, read_bytes, receive, send
from pipeline.returns.formats.raw import DamagedFile
from pipeline.system.confine import confine

MAX_MEMORY = 512 << 20  # bytes of address space of the reading process, its libraries included
# Seconds of processor time; a full form takes less than half of one. Time on the wall
# would depend on what else the machine does, and then the same file could be read on
# one machine and be refused on another.
MAX_SECONDS = 4
MAX_WAIT = 60  # seconds on the wall until a child that does nothing is ended from outside
MAX_ANSWER = 16 << 20  # bytes; a full form gives a tenth of one million

_CLOSE_RANGE = 436  # a system call, the same number on every architecture
_HIGHEST = ctypes.c_uint(0xFFFFFFFF)

_TOO_SLOW = f"not read within {MAX_SECONDS} seconds"
_TOO_LARGE = f"more than {MAX_MEMORY >> 20} MiB of memory needed to read it"

for _name in ("utf-8-sig", "utf-16", *CODE_PAGES):
    codecs.lookup(_name)


def main() -> None:
    """Serve requests until the other side closes."""
    while select.select([sys.stdin], [], []):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                status = 0 if _serve() else 1
            finally:
                os._exit(status)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
            return


def _serve() -> bool:
    """Take one request and answer it; False when there is none any more."""
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    question = receive(requests)
    if question is None:
        return False
    data = receive(requests) or b""
    send(answers, read_in_child(json.loads(question), data))
    return True


def read_in_child(question: dict[str, Any], data: bytes) -> bytes:
    """What a bound child of this process tells of a file, as JSON: its content, or the
    rule that it breaks.
    """
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            with os.fdopen(write_end, "wb") as told:
                _read(question, data, told=told)
            status = 0
        finally:
            os._exit(status)  # nothing of a file may be seen in a traceback
    os.close(write_end)
    answer, late = _listen(read_end)
    if late:
        os.kill(child, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status == 0 and not late and len(answer) <= MAX_ANSWER:
        return answer
    if late or status == -signal.SIGXCPU:
        return _refused(_TOO_SLOW)
    if len(answer) > MAX_ANSWER:
        return _refused(f"more than {MAX_ANSWER:,} bytes of cells")
    return _refused(f"{_TOO_LARGE}, or a reader that broke down on it")


def _listen(descriptor: int) -> tuple[bytes, bool]:
    """What the child told until it closed its end, and whether it had to be cut short."""
    parts: list[bytes] = []
    end = time.monotonic() + MAX_WAIT
    size = 0
    with os.fdopen(descriptor, "rb", buffering=0) as told:
        while size <= MAX_ANSWER:
            ready, _, _ = select.select([told], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                return b"", True
            part = told.read(1 << 20)
            if not part:
                return b"".join(parts), False
            parts.append(part)
            size += len(part)
    return b"".join(parts), False


def _read(question: dict[str, Any], data: bytes, *, told: BinaryIO) -> None:
    bind(told.fileno())
    try:
        answer = json.dumps(
            as_json(
                read_bytes(
                    data, question["state"], names=question["names"], words=question["words"]
                )
            )
        ).encode()
    except DamagedFile as damage:
        answer = json.dumps({"rule": damage.rule, "found": damage.found}).encode()
    except MemoryError:
        answer = _refused(_TOO_LARGE)
    except Exception as problem:
        # Whatever it is, it is about this file: the others are still read.
        answer = _refused(f"the reader broke down on it ({type(problem).__name__})")
    told.write(answer)


def bind(told: int) -> None:
    """Little memory, little time, no file to write, no folder to read but the
    interpreter's own, no other process, no network: `pipeline.system.confine` says
    which guard refuses what.

    Of what its parent had open only the descriptor `told` stays: the next file in the
    queue is no business of this one, and what a library prints about a file is printed
    nowhere. Raises UserError where the kernel guards nothing.
    """
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nothing, standard)
    _close_others(told)
    for limit, value in (
        (resource.RLIMIT_AS, MAX_MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(limit, (value, value))
    # The signal of the first limit tells what happened; the second one ends a process
    # that does not listen to it.
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS + 1))
    confine([], [], system=False, role="reader")
    sys.addaudithook(_no_network)


def _close_others(kept: int) -> None:
    """Close every descriptor from 3 on but one, whatever its number."""
    os.closerange(3, kept)
    if ctypes.CDLL(None, use_errno=True).syscall(_CLOSE_RANGE, kept + 1, _HIGHEST, 0):
        # A kernel before 5.9 does not know the call.
        for name in os.listdir("/proc/self/fd"):
            if int(name) > kept:
                with suppress(OSError):  # the one that lists them
                    os.close(int(name))


def _no_network(event: str, _: Any) -> None:
    """The kernel refuses all of it where it can; this refuses what Python code asks for
    where it cannot.
    """
    if event.startswith(("socket.", "subprocess.", "os.exec", "os.posix_spawn", "os.system")):
        raise PermissionError(f"no {event} while a return is read")


def _refused(found: str) -> bytes:
    return json.dumps({"rule": "unsafe-file", "found": found}).encode()


if __name__ == "__main__":
    main()
