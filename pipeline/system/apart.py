"""How is work done in a process of its own that knows nothing of the one that asks?

A clean process loads the heavy libraries once and forks a child for each piece of work
(`multiprocessing.forkserver`). It begins with surroundings of its own, so that nothing
of the machine, of the one who asks or of an earlier piece of work reaches a child, and
it never opens a file of the outputs or of the returns. What a child tells is bytes,
never an object: nothing of it is unpickled.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import connection, forkserver, get_context, resource_tracker
from multiprocessing.reduction import DupFd
from types import ModuleType
from typing import IO, Any

from pipeline.project import CODE_ROOT

DATABASE = ("duckdb",)
# Heavy, and used by whoever renders. Who checks returns loads Great Expectations besides.
DRAWING = (*DATABASE, "matplotlib.backends.backend_svg", "matplotlib.figure", "weasyprint")
_PR_SET_PDEATHSIG = 1
_LONGEST = 1 << 20  # bytes that a child may tell

_context = get_context("forkserver")


@dataclass(frozen=True)
class Ended:
    """How a piece of work ended: the code of its process (the number of a signal as a
    negative one), what it told, and what was printed meanwhile.
    """

    code: int
    told: str
    noise: str


class Apart:
    """A piece of work that is being done by a process of its own.

    `function(tell, *arguments)` must be one of a module, `arguments` what can be
    pickled; it tells by `tell(text)`, once, and ends with `sys.exit(code)` or returns.
    """

    def __init__(
        self,
        function: Callable[..., object],
        *arguments: object,
    ) -> None:
        start(function.__module__)
        self._noise: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 closed in `end`
        self._answer, told = _context.Pipe(duplex=False)
        self._process = _context.Process(
            target=_work,
            args=(function, arguments, told, _Descriptor(self._noise)),
        )
        try:
            with _no_main_module(), _not_interrupted():
                self._process.start()
        except BaseException:
            if self._process.pid:
                self._process.kill()
            raise
        told.close()

    @property
    def sentinel(self) -> int:
        """What `wait` waits for."""
        return self._process.sentinel

    def end(self) -> Ended:
        """Wait until the work has ended, and say how."""
        try:
            told = self._answer.recv_bytes(_LONGEST).decode("utf-8", "replace")
        except (EOFError, OSError):
            told = ""
        self._process.join()
        self._answer.close()
        with self._noise as file:
            file.seek(0)
            noise = file.read().decode("utf-8", "replace")
        return Ended(self._process.exitcode or 0, told, noise)

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()


def in_fork(work: Callable[[], object]) -> None:
    """In a child: do work in a fork of it, whose memory is gone afterwards. Where it ends
    with a code or by a signal, so does this process.
    """
    _flush()
    child = os.fork()
    if not child:
        _end_with_parent()
        os._exit(_code_of(work))
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code < 0:
        with suppress(OSError):  # some cannot be caught, and are as they should be
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    elif code:
        sys.exit(code)


def _code_of(work: Callable[[], object]) -> int:
    """The exit code of work, done to its end in this process."""
    code: object = 1
    try:
        work()
        code = 0
    except SystemExit as end:
        code = end.code or 0
    except BaseException:
        traceback.print_exc()
    finally:
        _flush()
    return code if isinstance(code, int) else 1


def _flush() -> None:
    sys.stdout.flush()
    sys.stderr.flush()


def _end_with_parent() -> None:
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def wait(running: list[Apart]) -> list[Apart]:
    """Those that have ended, as soon as one has."""
    ready = connection.wait([work.sentinel for work in running])
    return [work for work in running if work.sentinel in ready]


def start(*modules: str, libraries: Sequence[str] = DRAWING) -> None:
    """Begin to load libraries and some modules of the pipeline, if that was not begun
    yet; returns at once.
    """
    forkserver.set_forkserver_preload([*libraries, *modules])
    with _clean_surroundings(), _no_main_module(), _not_interrupted():
        forkserver.ensure_running()


class _Descriptor:
    """A file that a child may write to, whoever its parent is."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file: IO[bytes] | None = file

    def __reduce__(self) -> tuple[Callable[[Any], Any], tuple[Any]]:
        assert self._file
        return _take, (DupFd(self._file.fileno()),)


def _take(duplicate: Any) -> int:
    descriptor: int = duplicate.detach()
    return descriptor


def _work(
    function: Callable[..., object],
    arguments: tuple[object, ...],
    told: connection.Connection,
    noise: int,
) -> None:
    """In the child: do the work, with all that is printed in a file of its own."""
    # The clean process ends with the one that asked, and its children with it.
    _end_with_parent()
    _flush()
    for standard in (1, 2):
        os.dup2(noise, standard)
    os.close(noise)
    function(lambda text: told.send_bytes(text.encode()[:_LONGEST]), *arguments)


@contextmanager
def _no_main_module() -> Iterator[None]:
    """While a process is started: it would import what the one who asks was started as,
    which is of no use to its work.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@contextmanager
def _not_interrupted() -> Iterator[None]:
    """While the clean process is started: Ctrl-C is for the one that asks, who ends what
    was begun, afterwards. A process that is loading libraries would answer it with a
    traceback; the mask stays with it.
    """
    resource_tracker.ensure_running()  # which would take the mask off where it has to start
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_scratch: list[str] = []


@contextmanager
def _clean_surroundings() -> Iterator[None]:
    """While the clean process is started: the same bytes on any machine, in any time
    zone and language.
    """
    before = dict(os.environ)
    if not _scratch:
        _scratch.append(tempfile.mkdtemp(prefix="selec-"))
        atexit.register(shutil.rmtree, _scratch[0], ignore_errors=True)
    os.environ.clear()
    os.environ.update(
        {
            "PATH": before.get("PATH", ""),
            "PYTHONPATH": str(CODE_ROOT),
            "PYTHONHASHSEED": "0",
            "TZ": "UTC",
            "LC_ALL": "C.UTF-8",
            "OMP_NUM_THREADS": "1",
            # Libraries look for a home folder as they are loaded.
            "HOME": _scratch[0],
            "MPLCONFIGDIR": _scratch[0],
        }
    )
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
