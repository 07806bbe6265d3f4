"""How does a test run commands without a new process for each? It asks make what it would
run, and runs that in this process, as the command line does.

A process of its own loads for seconds what this one has loaded already. What only a real
process shows, such as being killed, edited code or another user, is tested with one:
`builds.run_make` and its like.
"""

from __future__ import annotations

import io
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from builds import ROOT

from pipeline.commands import cli
from pipeline.system.apart import DRAWING, start

Done = subprocess.CompletedProcess[str]
RUN = ["-m", "pipeline"]
# Stands for Python where make is asked: writes down what it was called with, and does nothing.
_RECORDER = """#!/bin/bash
{ printf '%s\\0' "$#" "$@"; env -0; printf '\\n\\0'; } >> "$SELEC_CALLS"
"""
_OF_MAKE = ("MAKE", "MFLAGS", "GIVEN_", "SELEC_CALLS")


class NotOfPipelineError(Exception):
    """What make would run is no command of the pipeline."""


@dataclass(frozen=True)
class Call:
    """A command that make would run, with its environment."""

    arguments: tuple[str, ...]
    environment: Mapping[str, str]


def inherited() -> dict[str, str]:
    """The environment of this process without what would lead a command elsewhere."""
    ours = ("MAKE", "MFLAGS", "SELEC_")
    return {k: v for k, v in os.environ.items() if not k.startswith(ours)}


def make_here(*given: str, root: Path = ROOT, environment: Mapping[str, str] | None = None) -> Done:
    """What `make` with these targets and variables runs in a working copy, run in this
    process; stopped by the first that fails, as make is.

    The code is that of this process, so the copy must not have edited its own.
    """
    with tempfile.TemporaryDirectory() as scratch:
        recorder, calls = Path(scratch) / "python", Path(scratch) / "calls"
        recorder.write_text(_RECORDER, encoding="utf-8")
        recorder.chmod(0o700)
        made = subprocess.run(
            ["make", *given, f"PY={recorder}"],
            cwd=root,
            capture_output=True,
            text=True,
            env={**inherited(), **(environment or {}), "SELEC_CALLS": str(calls)},
        )
        asked = [*_read_calls(calls.read_bytes())] if calls.exists() else []
    if others := [call for call in asked if list(call.arguments[:2]) != RUN]:
        raise NotOfPipelineError(f"make runs another program: {others[0].arguments}")
    out, err = "", ""
    for call in asked:
        done = run_here(*call.arguments[2:], root=root, environment=call.environment)
        out, err = out + done.stdout, err + done.stderr
        if done.returncode:
            return Done(given, 2, out, f"{err}make: Error {done.returncode}\n")
    return Done(given, made.returncode, out + made.stdout, err + made.stderr)


def done_here(*given: str, root: Path, environment: Mapping[str, str] | None = None) -> str:
    """What such a `make` printed. A failure shows what it said."""
    done = make_here(*given, root=root, environment=environment)
    assert done.returncode == 0, f"make {' '.join(given)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def _read_calls(written: bytes) -> Iterator[Call]:
    parts = iter(written.decode("utf-8", "surrogateescape").split("\0"))
    for count in parts:
        if not count:
            return
        arguments = tuple(next(parts) for _ in range(int(count)))
        environment = {}
        while (entry := next(parts)) != "\n":
            name, _, value = entry.partition("=")
            if not name.startswith(_OF_MAKE):
                environment[name] = value
        yield Call(arguments, environment)


def run_here(
    *arguments: str, root: Path = ROOT, environment: Mapping[str, str] | None = None
) -> Done:
    """Run a command of the pipeline in this process: its code, and what it printed. A bug
    gives its traceback, as Python does.
    """
    out, err = io.StringIO(), io.StringIO()
    with _as_a_command(root, inherited() if environment is None else environment, arguments):
        # once a worker: the forks of every later command have it
        start("tests.loaded", libraries=DRAWING)
        with redirect_stdout(out), redirect_stderr(err):
            try:
                cli.main()
                code = 0
            except SystemExit as ended:
                code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
            except Exception:
                traceback.print_exc()
                code = 1
    return Done(arguments, code, out.getvalue(), err.getvalue())


@contextmanager
def _as_a_command(
    root: Path, environment: Mapping[str, str], arguments: tuple[str, ...]
) -> Iterator[None]:
    """Folder, environment and arguments of a command, and nothing remembered of the one
    before; put back afterwards.
    """
    before = os.getcwd(), dict(os.environ), sys.argv, signal.getsignal(signal.SIGTERM)
    forget()
    os.chdir(root)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["pipeline", *arguments]
    try:
        yield
    finally:
        folder, variables, sys.argv, handler = before
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(variables)
        signal.signal(signal.SIGTERM, handler)
        forget()


def forget() -> None:
    """Empty the caches of the pipeline: a new process has none, and files may have
    changed.
    """
    for name, module in [*sys.modules.items()]:
        if name.startswith("pipeline."):
            for value in [*vars(module).values()]:
                if clear := getattr(value, "cache_clear", None):
                    clear()


def typed(line: str, *, root: Path, environment: Mapping[str, str] | None = None) -> Done:
    """A line as a page shows it, typed in a working copy: a plain call of make is run in
    this process, everything else by the shell.
    """
    try:
        words = shlex.split(line)
        if words[:1] == ["make"] and not set(line) & set("|;&<>$`*?~"):
            return make_here(*words[1:], root=root, environment=environment)
    except NotOfPipelineError:
        pass
    return subprocess.run(
        ["bash", "-c", line],
        cwd=root,
        capture_output=True,
        text=True,
        env={**inherited(), **(environment or {})},
        timeout=300,
    )
