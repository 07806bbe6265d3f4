"""Which system calls may a process make that must not be trusted? A filter in the
kernel (seccomp) refuses the others.

Two filters. A reader of one file may only work on memory and on files that it can open:
every other call is refused, also those of kernels to come. A renderer needs threads and
libraries of all kinds: refused is what reaches other processes, other machines and the
kernel's own settings. A refused call fails with EPERM, and the process goes on.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys
from collections.abc import Iterable, Sequence
from typing import Literal

Role = Literal["reader", "renderer"]

# audit name, column below, `seccomp`
_MACHINES = {
    "x86_64": (0xC000003E, 0, 317),
    "aarch64": (0xC00000B7, 1, 277),
}
# Numbers of system calls: on x86_64, on aarch64; -1 where there is no such call.
_NUMBERS = {
    "read": (0, 63),
    "readv": (19, 65),
    "pread64": (17, 67),
    "write": (1, 64),
    "writev": (20, 66),
    "lseek": (8, 62),
    "close": (3, 57),
    "fstat": (5, 80),
    "newfstatat": (262, 79),
    "stat": (4, -1),
    "lstat": (6, -1),
    "statx": (332, 291),
    "open": (2, -1),
    "openat": (257, 56),
    "readlink": (89, -1),
    "readlinkat": (267, 78),
    "access": (21, -1),
    "faccessat": (269, 48),
    "faccessat2": (439, 439),
    "getdents64": (217, 61),
    "getcwd": (79, 17),
    "brk": (12, 214),
    "mmap": (9, 222),
    "munmap": (11, 215),
    "mprotect": (10, 226),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "futex": (202, 98),
    "poll": (7, -1),
    "ppoll": (271, 73),
    "select": (23, -1),
    "pselect6": (270, 72),
    "nanosleep": (35, 101),
    "clock_nanosleep": (230, 115),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "gettimeofday": (96, 169),
    "time": (201, -1),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132),
    "restart_syscall": (219, 128),
    "exit": (60, 93),
    "exit_group": (231, 94),
    "getpid": (39, 172),
    "gettid": (186, 178),
    "getppid": (110, 173),
    "getuid": (102, 174),
    "geteuid": (107, 175),
    "getgid": (104, 176),
    "getegid": (108, 177),
    "getrandom": (318, 278),
    "getrusage": (98, 165),
    "getrlimit": (97, 163),
    "times": (100, 153),
    "uname": (63, 160),
    "sysinfo": (99, 179),
    "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123),
    "rseq": (334, 293),
    "set_robust_list": (273, 99),
    "set_tid_address": (218, 96),
    "membarrier": (324, 283),
    "arch_prctl": (158, -1),
    "fcntl": (72, 25),
    "fork": (57, -1),
    "vfork": (58, -1),
    "clone": (56, 220),
    "clone3": (435, 435),
    "execve": (59, 221),
    "execveat": (322, 281),
    "kill": (62, 129),
    "tkill": (200, 130),
    "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "pidfd_getfd": (438, 438),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "kcmp": (312, 272),
    "perf_event_open": (298, 241),
    "bpf": (321, 280),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    "sendto": (44, 206),
    "sendmsg": (46, 211),
    "sendmmsg": (307, 269),
    "recvfrom": (45, 207),
    "recvmsg": (47, 212),
    "recvmmsg": (299, 243),
    "prlimit64": (302, 261),
    "setpriority": (141, 140),
    "ioprio_set": (251, 30),
    "sched_setaffinity": (203, 122),
    "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118),
    "sched_setattr": (314, 274),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "semget": (64, 190),
    "semop": (65, 193),
    "semctl": (66, 191),
    "semtimedop": (220, 192),
    "msgget": (68, 186),
    "msgsnd": (69, 189),
    "msgrcv": (70, 188),
    "msgctl": (71, 187),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
    "mount": (165, 40),
    "umount2": (166, 39),
    "move_mount": (429, 429),
    "open_tree": (428, 428),
    "fsopen": (430, 430),
    "fsmount": (432, 432),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "syslog": (103, 116),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "personality": (135, 92),
    "lookup_dcookie": (212, 18),
    "ioctl": (16, 29),
}
_NAMES = tuple(_NUMBERS)
_READER = _NAMES[: _NAMES.index("fcntl")]  # allowed; `fcntl` for some commands
_RENDERER = tuple(
    n for n in _NAMES[_NAMES.index("fork") : _NAMES.index("ioctl")] if n not in ("clone", "clone3")
)
_SELF_ONLY = ("kill", "tgkill", "prlimit64")  # of a renderer: to itself
_CLONE_THREAD = 0x00010000
_FLAGS_OF_A_DESCRIPTOR = (1, 2, 3)  # F_GETFD, F_SETFD, F_GETFL
# F_SETOWN, F_SETSIG, F_SETOWN_EX: a signal to whom one likes
_SIGNALS_OF_A_DESCRIPTOR = (
    8,
    10,
    15,
)
_KEYBOARD = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX: type into a terminal

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _EPERM, _ENOSYS = 0x7FFF0000, 0x00050001, 0x00050026
_X32 = 0x40000000  # from here on the numbers of a second set of calls of x86_64
_SET_MODE_FILTER, _ALL_THREADS, _NO_NEW_PRIVS = 1, 1, 38
_NUMBER, _ARCHITECTURE = 0, 4  # places in what the filter is shown


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_char_p)]


def is_supported() -> bool:
    """Whether this machine has filters of system calls, and this module knows its
    numbers.
    """
    if sys.platform != "linux" or platform.machine() not in _MACHINES or sys.maxsize < 2**32:
        return False
    # Refused because the program is no address, where there are filters; unknown to the
    # kernel where there are none.
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall(_MACHINES[platform.machine()][2], _SET_MODE_FILTER, 0, None)
    return ctypes.get_errno() == 14  # EFAULT


def bind_calls(role: Role) -> bool:
    """Refuse system calls to this process and all of its threads for good. Returns
    whether the kernel does it.
    """
    if not is_supported():
        return False
    machine = platform.machine()
    code = filter_program(machine, role, process=os.getpid())
    number = _MACHINES[machine][2]
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0):
        return False
    program = _Program(len(code) // 8, code)
    return bool(libc.syscall(number, _SET_MODE_FILTER, _ALL_THREADS, ctypes.byref(program)) == 0)


def filter_program(machine: str, role: Role, *, process: int) -> bytes:
    """The filter for a process with this number on `x86_64` or `aarch64`, as
    instructions of the kernel's BPF.
    """
    architecture, column, _ = _MACHINES[machine]
    rules = _for_reader(column) if role == "reader" else _for_renderer(column, process)
    return b"".join(_program(architecture, rules, default=_EPERM if role == "reader" else _ALLOW))


def numbers(machine: str) -> dict[str, int]:
    """The number of each system call that the filters name, where the machine has it."""
    column = _MACHINES[machine][1]
    return {name: found[column] for name, found in _NUMBERS.items() if found[column] >= 0}


def _program(architecture: int, rules: Iterable[bytes], *, default: int) -> Iterable[bytes]:
    """The filter: another architecture or set of calls is refused, then rule by rule,
    then what holds for the rest.
    """
    yield _step(_LOAD, _ARCHITECTURE)
    yield _step(_EQUAL, architecture, if_true=1, if_false=0)
    yield _step(_RETURN, _EPERM)
    yield _step(_LOAD, _NUMBER)
    yield _step(_AT_LEAST, _X32, if_true=0, if_false=1)
    yield _step(_RETURN, _EPERM)
    yield from rules
    yield _step(_RETURN, default)


def _for_reader(column: int) -> list[bytes]:
    rules = [_always(n, _ALLOW) for name in _READER if (n := _NUMBERS[name][column]) >= 0]
    rules.append(
        _where(
            _NUMBERS["fcntl"][column],
            1,
            values=_FLAGS_OF_A_DESCRIPTOR,
            then=_ALLOW,
            otherwise=_EPERM,
        )
    )
    return rules


def _for_renderer(column: int, process: int) -> list[bytes]:
    # its flags cannot be seen: libraries then use `clone`
    rules = [_always(_NUMBERS["clone3"][column], _ENOSYS)]
    rules.append(_with_bit(_NUMBERS["clone"][column], 0, bit=_CLONE_THREAD))
    for name in _RENDERER:
        number = _NUMBERS[name][column]
        if number < 0:
            continue
        if name in _SELF_ONLY:
            itself = (0, process) if name == "prlimit64" else (process,)
            rules.append(_where(number, 0, values=itself, then=_ALLOW, otherwise=_EPERM))
        else:
            rules.append(_always(number, _EPERM))
    rules.append(
        _where(
            _NUMBERS["fcntl"][column],
            1,
            values=_SIGNALS_OF_A_DESCRIPTOR,
            then=_EPERM,
            otherwise=_ALLOW,
        )
    )
    rules.append(
        _where(_NUMBERS["ioctl"][column], 1, values=_KEYBOARD, then=_EPERM, otherwise=_ALLOW)
    )
    return rules


def _always(number: int, then: int) -> bytes:
    return _step(_EQUAL, number, if_true=0, if_false=1) + _step(_RETURN, then)


def _where(
    number: int, argument: int, *, values: Sequence[int], then: int, otherwise: int
) -> bytes:
    """For one call: `then` where the lower half of an argument is one of the values,
    `otherwise` where it is none.
    """
    tests = b"".join(
        _step(_EQUAL, value, if_true=0, if_false=1) + _step(_RETURN, then) for value in values
    )
    body = _step(_LOAD, 16 + 8 * argument) + tests + _step(_RETURN, otherwise)
    return _step(_EQUAL, number, if_true=0, if_false=len(body) // 8) + body


def _with_bit(number: int, argument: int, *, bit: int) -> bytes:
    tests = _step(_ANY_BIT, bit, if_true=0, if_false=1) + _step(_RETURN, _ALLOW)
    body = _step(_LOAD, 16 + 8 * argument) + tests + _step(_RETURN, _EPERM)
    return _step(_EQUAL, number, if_true=0, if_false=len(body) // 8) + body


def _step(code: int, value: int, *, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, value)
