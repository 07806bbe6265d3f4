"""What may a process open that must not be trusted? The program, and the few folders that it was given. No more.

On Linux with Landlock the kernel refuses everything else, also to libraries that open files by themselves, and every
TCP connection. Elsewhere an audit hook of the interpreter refuses what Python code opens; `confine` tells which it was.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # Landlock system calls, the same number on every architecture
_PR_SET_NO_NEW_PRIVS = 38
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_ALL_V1 = (1 << 13) - 1
_REFER, _TRUNCATE = 1 << 13, 1 << 14
_TCP_BIND_AND_CONNECT = 3
_SYSTEM = ("/usr", "/lib", "/lib64", "/etc", "/proc", "/sys", "/dev", "/opt", "/var/cache/fontconfig")


class _Ruleset(ctypes.Structure):
    _fields_ = [("access_fs", ctypes.c_uint64), ("access_net", ctypes.c_uint64)]


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


def confine(readable: Iterable[Path], writable: Iterable[Path], *, system: bool = True) -> str:
    """Confine this process for good. Returns `kernel` or `interpreter`, which of the two guards is in force.

    Without `system` only the interpreter and its libraries stay readable, no other folder of the machine.
    """
    reads = [Path(p) for p in (*(_SYSTEM if system else ()), sys.prefix, sys.base_prefix)] + list(readable)
    writes = list(writable)
    if sys.platform == "linux" and _confine_by_kernel(reads, writes):
        return "kernel"
    _confine_by_hook(reads, writes)
    return "interpreter"


def _confine_by_kernel(reads: list[Path], writes: list[Path]) -> bool:
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_CREATE, None, 0, 1)
    if version < 1:
        return False
    handled = _ALL_V1 | (_REFER if version >= 2 else 0) | (_TRUNCATE if version >= 3 else 0)
    rules = _Ruleset(handled, _TCP_BIND_AND_CONNECT if version >= 4 else 0)
    size = ctypes.sizeof(rules) if version >= 4 else 8
    descriptor = libc.syscall(_CREATE, ctypes.byref(rules), size, 0)
    if descriptor < 0:
        return False
    for path, allowed in (
        [(p, _READ) for p in reads] + [(p, handled) for p in writes] + [(Path("/dev/null"), _WRITE_FILE)]
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
