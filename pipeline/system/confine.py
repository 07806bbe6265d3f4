"""What may a process reach that must not be trusted? The program and the few folders
that it was given, and nothing else.

Three guards, each with what it refuses on which kernel in `guards`:

- Landlock: files, also to libraries that open them by themselves; TCP; sockets and
  signals of others.
- A filter of system calls (`pipeline.system.syscalls`): programs, processes, every kind
  of
  network, signals, tracing.
- A hook of the interpreter: files, but only those that Python code opens. It stands in
  where Landlock is missing.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import UserError
from pipeline.system.syscalls import Role, bind_calls, is_supported

# Landlock system calls, the same number on every architecture
_CREATE, _ADD, _RESTRICT = (
    444,
    445,
    446,
)
_PR_SET_NO_NEW_PRIVS = 38
_EXECUTE = 1 << 0
_WRITE_FILE = 1 << 1
_READ_FILE = 1 << 2
_READ_DIR = 1 << 3
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_ALL_V1 = (1 << 13) - 1
_REFER = 1 << 13
_TRUNCATE = 1 << 14
_IOCTL_DEVICE = 1 << 15
_TCP_BIND_AND_CONNECT = 3
_OTHERS_SOCKETS_AND_SIGNALS = 3
_SYSTEM = (
    "/usr",
    "/lib",
    "/lib64",
    "/etc",
    "/proc",
    "/sys",
    "/dev",
    "/opt",
    "/var/cache/fontconfig",
)


class _Ruleset(ctypes.Structure):
    _fields_ = [
        ("access_fs", ctypes.c_uint64),
        ("access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    ]


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


@dataclass(frozen=True)
class Guards:
    """What this kernel has: the version of Landlock (0 without it), and whether it
    filters system calls.
    """

    landlock: int
    calls: bool

    def lines(self) -> Iterator[str]:
        """What is refused to a process that reads a return or renders a version, and by
        what.
        """
        landlock = f"Landlock {self.landlock}" if self.landlock else ""
        calls = "filter of system calls" if self.calls else ""
        hook = "only what Python code opens (hook of the interpreter)"
        tcp = landlock if self.landlock >= 4 else ""
        others = landlock if self.landlock >= 6 else ""
        for what, guards in (
            ("files and folders of others", landlock or hook),
            ("TCP", _both(tcp, calls)),
            ("UDP, raw and local sockets", calls),
            ("abstract local sockets of others", _both(others, calls)),
            ("signals to others", _both(others, calls)),
            ("programs", _both(landlock, calls)),
            ("new processes", calls or "limit of processes, not for root"),
            ("tracing, memory and descriptors of others", calls),
        ):
            yield f"{what}: {guards or 'not refused by this kernel'}"


def _both(one: str, other: str) -> str:
    return " and ".join(g for g in (one, other) if g)


def guards() -> Guards:
    """What this kernel has to keep a process in."""
    if sys.platform != "linux":
        return Guards(0, False)
    version = ctypes.CDLL(None, use_errno=True).syscall(_CREATE, None, 0, 1)
    return Guards(max(version, 0), is_supported())


def require_guard() -> None:
    """Raises UserError where nothing but the interpreter itself would keep a process
    in: that is no guard.
    """
    found = guards()
    if not found.landlock and not found.calls:
        raise UserError(
            "this machine cannot keep in what reads returns and renders reports",
            where="kernel",
            allowed=(
                "Linux with Landlock (5.13 or newer) or seccomp, on x86_64 or aarch64; in a"
                " container both may be forbidden"
            ),
            do="run it on such a machine, or allow the container the calls landlock_* and seccomp",
        )


def confine(
    readable: Iterable[Path],
    writable: Iterable[Path],
    *,
    system: bool = True,
    role: Role = "renderer",
) -> str:
    """Confine this process for good. Returns `kernel` or `interpreter`, which of the
    two guards its files.

    Without `system` only the interpreter and its libraries stay readable, no other
    folder of the machine. Raises UserError where the kernel guards nothing at all.
    """
    require_guard()
    reads = [Path(p) for p in (*(_SYSTEM if system else ()), sys.prefix, sys.base_prefix)] + list(
        readable
    )
    writes = list(writable)
    by_kernel = sys.platform == "linux" and _confine_by_kernel(reads, writes)
    bind_calls(role)  # after Landlock, whose own calls it refuses to a reader
    if not by_kernel:
        _confine_by_hook(reads, writes)
    return "kernel" if by_kernel else "interpreter"


def _confine_by_kernel(reads: list[Path], writes: list[Path]) -> bool:
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_CREATE, None, 0, 1)
    if version < 1:
        return False
    handled = (
        _ALL_V1
        | (_REFER if version >= 2 else 0)
        | (_TRUNCATE if version >= 3 else 0)
        | (_IOCTL_DEVICE if version >= 5 else 0)
    )
    rules = _Ruleset(
        handled,
        _TCP_BIND_AND_CONNECT if version >= 4 else 0,
        _OTHERS_SOCKETS_AND_SIGNALS if version >= 6 else 0,
    )
    # a kernel knows the fields of its version
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    descriptor = libc.syscall(_CREATE, ctypes.byref(rules), size, 0)
    if descriptor < 0:
        return False
    for path, allowed in (
        [(p, _READ) for p in reads]
        + [(p, handled) for p in writes]
        + [(Path("/dev/null"), _WRITE_FILE)]
    ):
        if not path.exists():
            continue
        if not path.is_dir():
            allowed &= _READ_FILE | _WRITE_FILE | _EXECUTE | (_TRUNCATE if version >= 3 else 0)
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
        rule = _PathBeneath(allowed, parent)
        failed = libc.syscall(_ADD, descriptor, 1, ctypes.byref(rule), 0)
        os.close(parent)
        if failed:
            return False
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return False
    done = libc.syscall(_RESTRICT, descriptor, 0) == 0
    os.close(descriptor)
    return bool(done)


def _confine_by_hook(reads: list[Path], writes: list[Path]) -> None:
    allowed = tuple(str(p.resolve()) for p in (*reads, *writes))

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event != "open" or not isinstance(arguments[0], str | bytes | os.PathLike):
            return
        path = os.path.realpath(os.fsdecode(arguments[0]))
        if not any(path == a or path.startswith(a + os.sep) for a in allowed):
            raise PermissionError(f"this process may not open {path}")

    sys.addaudithook(hook)
