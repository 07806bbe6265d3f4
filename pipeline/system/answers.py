"""How does the process that renders say why it made nothing? Writes an error that a
person can repair as one JSON line, and reads it back in the process that asked.

Three ends are told apart, by what the process says and never by the words of a message:
a UserError is answered, a killed process has the number of its signal, and anything
else is a bug.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from typing import NoReturn, TypeVar

from pipeline import errors
from pipeline.errors import RenderError, UserError
from pipeline.system.apart import Apart

_KINDS = {
    kind.__name__: kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, UserError)
}
Order = TypeVar("Order")
_FIELDS = ("what", "where", "allowed", "do")
NO_MEMORY = "free memory or build one version at a time, then build again; the last good one stands"
_WHY = {
    "SIGKILL": ("most likely the machine had no memory left", NO_MEMORY),
    "SIGTERM": ("somebody ended it", "build again; the last good version stands"),
    "SIGHUP": ("its terminal was closed", "build again; the last good version stands"),
    "SIGXCPU": ("it used up the time it may take", "raise the limit (ulimit -t), build again"),
}
_CRASHED = (
    "a library crashed",
    "build again; if it ends the same way, report which version of which report it was",
)


def answer_line(problem: UserError) -> str:
    """The error as one line."""
    return json.dumps(
        {"kind": type(problem).__name__} | {name: getattr(problem, name) for name in _FIELDS}
    )


def do_apart(work: Callable[[Callable[[str], None], Order], None], order: Order) -> None:
    """Do one piece of work in a process of its own, and wait for it; it is ended where the
    waiting is broken off. Raises what `raise_end` does where it made nothing.
    """
    apart = Apart(work, order)
    try:
        ended = apart.end()
    except BaseException:
        apart.kill()
        apart.end()
        raise
    if ended.code:
        raise_end(ended.code, answer=ended.told, noise=ended.noise)


def raise_end(code: int, *, answer: str, noise: str) -> NoReturn:
    """Say how the process ended that made nothing. `code` is what the system returns for
    it, `answer` its standard output, `noise` its standard error.

    Raises the UserError that it answered, RenderError where a signal killed it, and
    RuntimeError for a bug.
    """
    if code < 0:
        raise _killed(-code)
    problem = _read_answer(answer)
    if problem is None or problem.exit_code != code:
        raise RuntimeError(noise.strip() or f"the rendering process ended with {code}, unanswered")
    raise problem


def _killed(number: int) -> RenderError:
    try:
        name = signal.Signals(number).name
    except ValueError:  # a signal without a name of its own
        name = f"signal {number}"
    why, do = _WHY.get(name, _CRASHED)
    return RenderError(f"the rendering process was killed by {name}: {why}", do=do)


def _read_answer(answer: str) -> UserError | None:
    """The error of the last line; None where the process gave no such line."""
    *_, last = ["", *answer.splitlines()]
    try:
        told = json.loads(last)
    except ValueError:
        return None
    match told:
        case {
            "kind": str(kind),
            "what": str(what),
            "where": str(where),
            "allowed": str(allowed),
            "do": str(do),
        } if kind in _KINDS:
            return _KINDS[kind](what, where=where, allowed=allowed, do=do)
    return None
