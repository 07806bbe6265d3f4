"""Is whatever a bound process tries refused by the kernel, also where native code tries
it? Each door is tried.
"""

from __future__ import annotations

import json
import os
import platform
import re
import select
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from defects.returns import GOOD, good_workbook

from hostile.forms import ROOT
from pipeline.errors import UserError
from pipeline.returns.formats import opened
from pipeline.system.confine import Guards, confine, guards, require_guard
from pipeline.system.syscalls import filter_program, numbers

EPERM, ENOSYS, ALLOW = 0x00050001, 0x00050026, 0x7FFF0000
MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# Tries every door by calls of the C library and of the kernel, as native code would,
# and tells the error of each.
TRY = """
import ctypes, json, os, sys, threading
from pipeline.system.confine import confine
from pipeline.returns.formats import inside
from pipeline.system.syscalls import numbers
import platform
role, parent, port, told = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
far = [int(n) for n in sys.argv[5:]]
call = numbers(platform.machine())
libc = ctypes.CDLL(None, use_errno=True)
here = os.getpid()
text = ctypes.create_string_buffer(64)
name = ctypes.create_string_buffer(b"/bin/true")
arguments = (ctypes.c_char_p * 2)(b"/bin/true", None)
libc.mmap.restype = ctypes.c_void_p
signals = ctypes.create_string_buffer(128)
if role == "reader":
    inside.bind(told)
else:
    confine([], [])
def by_kernel(name, *given):
    return lambda: libc.syscall(call[name], *given)
tries = {
    "UDP": lambda: libc.socket(2, 2, 0),
    "UDP over IPv6": lambda: libc.socket(10, 2, 0),
    "TCP": lambda: libc.socket(2, 1, 0),
    "local socket": lambda: libc.socket(1, 1, 0),
    "local datagrams": lambda: libc.socket(1, 2, 0),
    "packets": lambda: libc.socket(17, 3, 0),
    "netlink": lambda: libc.socket(16, 3, 0),
    "vsock": lambda: libc.socket(40, 1, 0),
    "pair of sockets": lambda: libc.socketpair(1, 1, 0, text),
    "send by a descriptor": lambda: libc.sendto(told, text, 1, 0, None, 0),
    "fork": lambda: libc.fork(),
    "vfork by the kernel": by_kernel("vfork") if "vfork" in call else by_kernel("clone", 17, 0, 0,
    0, 0),
    "clone": by_kernel("clone", 17, 0, 0, 0, 0),
    "clone in new namespaces": by_kernel("clone", 0x10000000 | 17, 0, 0, 0, 0),
    "clone3": by_kernel("clone3", text, 64),
    "run a program": lambda: libc.execve(name, arguments, None),
    "run a program by descriptor": by_kernel("execveat", -100, name, arguments, None, 0),
    "signal to the parent": lambda: libc.kill(parent, 15),
    "signal to everybody": lambda: libc.kill(-1, 0),
    "signal to the group": lambda: libc.kill(0, 0),
    "signal to a thread of the parent": by_kernel("tgkill", parent, parent, 15),
    "old signal to a thread": by_kernel("tkill", parent, 15),
    "queued signal": by_kernel("rt_sigqueueinfo", parent, 15, signals),
    "descriptor of the parent": by_kernel("pidfd_open", parent, 0),
    "signals by a descriptor": lambda: libc.fcntl(told, 8, parent),
    "trace the parent": lambda: libc.ptrace(16, parent, None, None),
    "be traced": lambda: libc.ptrace(0, 0, None, None),
    "memory of the parent": by_kernel("process_vm_readv", parent, text, 1, text, 1, 0),
    "memory into the parent": by_kernel("process_vm_writev", parent, text, 1, text, 1, 0),
    "limits of the parent": by_kernel("prlimit64", parent, 7, text, None),
    "io_uring": by_kernel("io_uring_setup", 8, text),
    "bpf": by_kernel("bpf", 0, text, 64),
    "perf": by_kernel("perf_event_open", text, 0, -1, -1, 0),
    "userfaultfd": by_kernel("userfaultfd", 0),
    "keys": by_kernel("keyctl", 0, -3, 0, 0, 0),
    "shared memory": by_kernel("shmget", 0, 4096, 0o1600),
    "messages": by_kernel("msgget", 0, 0o1600),
    "namespaces": by_kernel("unshare", 0x10000000),
    "mount": by_kernel("mount", name, name, name, 0, None),
    "another root": by_kernel("chroot", name),
}
found = {}
for what, act in tries.items():
    ctypes.set_errno(0)
    result = act()
    if what in ("fork", "clone", "clone in new namespaces", "vfork by the kernel",
    "clone3") and result == 0:
        os._exit(0)
    found[what] = [result, ctypes.get_errno()]
for number in far:
    try:
        os.read(number, 1)
        found[f"descriptor {number}"] = [0, 0]
    except OSError as problem:
        found[f"descriptor {number}"] = [-1, problem.errno]
if role == "renderer":
    ran = []
    thread = threading.Thread(target=lambda: ran.append(1)); thread.start(); thread.join()
    os.kill(here, 0)
    found["own threads and signals"] = ran
os.write(told, json.dumps(found).encode())
"""
ERRORS = {1, 9, 13, 38}  # EPERM, EBADF (a descriptor that was closed), EACCES, ENOSYS


def _tried(role: str) -> dict[str, list[int]]:
    """What a bound process got. It inherits descriptors with large numbers, behind
    which there is a secret.
    """
    read_end, write_end = os.pipe()
    secret, other = os.pipe()
    os.write(other, b"secret")
    far = [os.dup2(secret, n) for n in (200, 255, 256, 300, 900)]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                TRY,
                role,
                str(os.getpid()),
                str(listener.getsockname()[1]),
                str(write_end),
                *map(str, far),
            ],
            pass_fds=[write_end, *far],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
        )
    for descriptor in (write_end, secret, other, *far):
        os.close(descriptor)
    with os.fdopen(read_end) as told:
        answer = told.read()
    assert done.returncode == 0, done.stderr
    found: dict[str, list[int]] = json.loads(answer)
    return found


NO_FILTER = not guards().calls


@pytest.mark.skipif(NO_FILTER, reason="this kernel filters no system calls")
def test_native_code_in_a_reader_reaches_nobody() -> None:
    ended: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda *_: ended.append(1))
    try:
        found = _tried("reader")
    finally:
        signal.signal(signal.SIGTERM, before)
    assert ended == []
    assert len(found) == 45
    assert {what: got for what, got in found.items() if got[0] != -1 or got[1] not in ERRORS} == {}
    assert {
        got[1]
        for what, got in found.items()
        if what.startswith("descriptor ") and what[11:].isdigit()
    } == {9}


@pytest.mark.skipif(NO_FILTER, reason="this kernel filters no system calls")
def test_native_code_in_a_renderer_reaches_nobody() -> None:
    found = _tried("renderer")
    assert found.pop("own threads and signals") == [1]
    doors = {what: got for what, got in found.items() if not re.fullmatch(r"descriptor \d+", what)}
    assert len(doors) == 40
    assert {what: got for what, got in doors.items() if got[0] != -1 or got[1] not in ERRORS} == {}


def test_the_process_that_serves_readers_keeps_no_byte_of_a_file_or_of_an_answer(
    tmp_path: Path,
) -> None:
    """What one state sent must not be in the memory in which the file of the next one
    is read.
    """
    report = next(iter(GOOD))
    state = "TR"
    canary = b"a-canary-of-one-return-that-is-in-no-library"
    text = "key,value\n" + f"{canary.decode()},5\n" * 200
    server = subprocess.Popen(
        [sys.executable, "-P", "-B", "-m", "pipeline.returns.formats.inside"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "OPENPYXL_LXML": "False"},
    )
    assert server.stdin
    assert server.stdout
    try:
        for data in (text.encode(), good_workbook(report, state), text.encode()):
            opened.send(
                server.stdin,
                json.dumps({"state": state, "names": ["key", "value"], "words": []}).encode(),
            )
            opened.send(server.stdin, data)
            assert select.select([server.stdout], [], [], 60)[0]
            answer = opened.receive(server.stdout)
            assert answer
            assert (canary in answer) is (data == text.encode())
        assert canary not in _memory(server.pid)
        assert b"pipeline.returns.formats" in _memory(server.pid)
    finally:
        server.stdin.close()
        assert server.wait(20) == 0


def _memory(process: int) -> bytes:
    """All that a process can write to."""
    found = []
    with open(f"/proc/{process}/maps") as maps, open(f"/proc/{process}/mem", "rb") as memory:
        for line in maps:
            match = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
            if match:
                memory.seek(int(match[1], 16))
                found.append(memory.read(int(match[2], 16) - int(match[1], 16)))
    return b"".join(found)


# The filter itself, for machines that this one is not: the kernel's little language,
# followed step by step.


def _judged(code: bytes, architecture: int, number: int, *arguments: int) -> int:
    shown = struct.pack("<IIQ6Q", number, architecture, 0, *(arguments + (0,) * 6)[:6])
    steps = [struct.unpack_from("<HBBI", code, at) for at in range(0, len(code), 8)]
    at = value = 0
    while True:
        kind, if_true, if_false, operand = steps[at]
        at += 1
        match kind:
            case 0x20:
                (value,) = struct.unpack_from("<I", shown, operand)
            case 0x15:
                at += if_true if value == operand else if_false
            case 0x35:
                at += if_true if value >= operand else if_false
            case 0x45:
                at += if_true if value & operand else if_false
            case 0x06:
                return int(operand)
            case _:
                raise AssertionError(kind)


@pytest.mark.parametrize("machine", MACHINES)
def test_the_filter_of_a_reader_refuses_every_call_that_it_does_not_name(machine: str) -> None:
    code = filter_program(machine, "reader", process=77)
    call = numbers(machine)
    here = MACHINES[machine]
    allowed = {n for n in range(1024) if _judged(code, here, n, 0, 1) == ALLOW}
    names = {name for name, n in call.items() if n in allowed}
    assert {"read", "write", "mmap", "openat", "exit_group", "futex", "fcntl"} <= names
    assert allowed == {call[n] for n in names}
    assert len(allowed) < 70
    assert not names & {
        "socket",
        "clone",
        "clone3",
        "execve",
        "kill",
        "tgkill",
        "ptrace",
        "ioctl",
        "prlimit64",
    }
    for command in (0, 4, 5, 6, 8, 10, 15, 1024, 1030):
        assert _judged(code, here, call["fcntl"], 3, command) == EPERM
    _other_sets_are_refused(code, here, call)


@pytest.mark.parametrize("machine", MACHINES)
def test_the_filter_of_a_renderer_lets_it_have_threads_and_nobody_else(machine: str) -> None:
    code = filter_program(machine, "renderer", process=77)
    call = numbers(machine)
    here = MACHINES[machine]
    for name in ("read", "openat", "mmap", "futex", "fcntl", "ioctl"):
        assert _judged(code, here, call[name], 1, 1) == ALLOW
    # a thread, as the C library makes it
    assert _judged(code, here, call["clone"], 0x3D0F00) == ALLOW
    for flags in (17, 0, 0x4111, 0x10000000 | 17, 0x100):
        assert _judged(code, here, call["clone"], flags) == EPERM
    assert _judged(code, here, call["clone3"]) == ENOSYS
    for name in ("kill", "tgkill", "prlimit64"):
        assert _judged(code, here, call[name], 77) == ALLOW
        for other in (1, 76, 0xFFFFFFFF, *((0,) if name != "prlimit64" else ())):
            assert _judged(code, here, call[name], other) == EPERM
    assert _judged(code, here, call["ioctl"], 0, 0x5412) == EPERM
    for name in (
        "socket",
        "execve",
        "ptrace",
        "pidfd_open",
        "io_uring_setup",
        "bpf",
        "setns",
        "shmget",
        "keyctl",
    ):
        assert _judged(code, here, call[name]) == EPERM
    _other_sets_are_refused(code, here, call)


def _other_sets_are_refused(code: bytes, here: int, call: dict[str, int]) -> None:
    for other in (0x40000003, *(a for a in MACHINES.values() if a != here), 0):
        assert _judged(code, other, call["read"]) == EPERM
    for number in (0x40000000, 0x40000000 + call["socket"], 0xFFFFFFFF):
        assert _judged(code, here, number) == EPERM


HEADERS = {
    "x86_64": (
        Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
        r"#define __NR_(\w+)\s+(\d+)",
    ),
    "aarch64": (Path("/usr/include/asm-generic/unistd.h"), r"#define __NR(?:3264)?_(\w+)\s+(\d+)"),
}


@pytest.mark.parametrize("machine", MACHINES)
def test_the_numbers_of_the_calls_are_those_of_the_kernel(machine: str) -> None:
    header, pattern = HEADERS[machine]
    if not header.is_file():
        pytest.skip("the headers of the kernel are not installed")
    known = {"fstatat": "newfstatat"}
    said = {known.get(name, name): int(n) for name, n in re.findall(pattern, header.read_text())}
    ours = numbers(machine)
    assert {n: v for n, v in ours.items() if said.get(n) != v} == {}


def test_it_is_told_which_guard_refuses_what(capsys: pytest.CaptureFixture[str]) -> None:
    told = dict(line.split(": ", 1) for line in Guards(7, True).lines())
    assert told["signals to others"] == "Landlock 7 and filter of system calls"
    assert "not refused" not in " ".join(told.values())
    told = dict(line.split(": ", 1) for line in Guards(2, False).lines())
    assert told["files and folders of others"] == "Landlock 2"
    assert (
        told["UDP, raw and local sockets"]
        == told["signals to others"]
        == "not refused by this kernel"
    )
    told = dict(line.split(": ", 1) for line in Guards(0, True).lines())
    assert "only what Python code opens" in told["files and folders of others"]
    assert told["new processes"] == "filter of system calls"
    found = guards()
    if platform.system() == "Linux" and found.landlock >= 6:
        assert found.calls


def test_where_the_kernel_guards_nothing_no_return_is_read_and_nothing_is_rendered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pipeline.system.confine.guards", lambda: Guards(0, False))
    monkeypatch.setattr("pipeline.returns.formats.opened._idle", [])
    with pytest.raises(UserError, match="cannot keep in what reads returns") as problem:
        require_guard()
    assert "to do:" in str(problem.value)
    with pytest.raises(UserError, match="cannot keep in"):
        confine([], [])
    with pytest.raises(UserError, match="cannot keep in"):
        opened.open_file(b"key,value\n", "TR", names=["key"])
