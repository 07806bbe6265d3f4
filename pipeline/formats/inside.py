"""What happens where a file is opened? A clean process forks one child per file, binds it, and passes on what it tells.

Run as `python -m pipeline.formats.inside` by `pipeline.formats.opened`. All libraries that read files are loaded once,
before any file is seen: a bound child finds nothing left to load. Requests and answers are length and bytes.
"""

from __future__ import annotations

import codecs
import json
import os
import resource
import select
import signal
import sys
import time
from typing import Any, BinaryIO

import openpyxl.reader.excel  # noqa: F401
import xlrd  # noqa: F401

from pipeline.confine import confine
from pipeline.formats import ods, xls, xlsx  # noqa: F401
from pipeline.formats.csvtext import CODE_PAGES
from pipeline.formats.opened import as_json, read_bytes, receive, send
from pipeline.formats.raw import DamagedFile

MAX_MEMORY = 512 << 20  # bytes of address space of the reading process, its libraries included
MAX_SECONDS = 8  # of processor time
MAX_WAIT = 9.5  # seconds until the child is ended from outside
MAX_ANSWER = 64 << 20  # bytes

_TOO_SLOW = f"not read within {MAX_SECONDS} seconds"
_TOO_LARGE = f"more than {MAX_MEMORY >> 20} MiB of memory needed to read it"

for _name in ("utf-8-sig", "utf-16", *{page for pages in CODE_PAGES.values() for page in pages}, "cp1250", "cp1252"):
    codecs.lookup(_name)


def main() -> None:
    """Serve requests until the other side closes."""
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    while (question := receive(requests)) is not None:
        data = receive(requests) or b""
        send(answers, _in_child(json.loads(question), data))


def _in_child(question: dict[str, Any], data: bytes) -> bytes:
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read_end)
        with os.fdopen(write_end, "wb") as told:
            _read(question, data, told)
        os._exit(0)
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
    end, size = time.monotonic() + MAX_WAIT, 0
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


def _read(question: dict[str, Any], data: bytes, told: BinaryIO) -> None:
    _bind()
    try:
        answer = json.dumps(as_json(read_bytes(data, question["state"], question["names"]))).encode()
    except DamagedFile as damage:
        answer = json.dumps({"rule": damage.rule, "found": damage.found}).encode()
    except MemoryError:
        answer = _refused(_TOO_LARGE)
    except Exception as problem:
        # Whatever it is, it is about this file: the others are still read.
        answer = _refused(f"the reader broke down on it ({type(problem).__name__})")
    told.write(answer)


def _bind() -> None:
    """Little memory, little time, no file to write, no folder to read but the interpreter's own."""
    for limit, value in (
        (resource.RLIMIT_AS, MAX_MEMORY), (resource.RLIMIT_CPU, MAX_SECONDS), (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):  # fmt: skip
        resource.setrlimit(limit, (value, value))
    confine([], [], system=False)


def _refused(found: str) -> bytes:
    return json.dumps({"rule": "unsafe-file", "found": found}).encode()


if __name__ == "__main__":
    main()
