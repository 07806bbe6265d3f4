"""Which mail left for which state? A record of every message that was handed to a
relay, with the message itself.

`records/archive/mail/<round>.jsonl` says of each who sent it, when, to whom, its digest
and what the relay answered; the messages lie in a folder beside it. A line is written
before a message is handed over, another one after it: where the second is missing,
nobody knows whether it left, and it is not sent again unless somebody asks.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal, get_args

from pipeline.project import Project
from pipeline.system.files import write_private
from pipeline.system.kept import damaged

Event = Literal["sending", "sent", "refused"]
_TEXTS = ("event", "state", "by", "at", "relay", "message", "sha256", "note")


@dataclass(frozen=True)
class Sending:
    """One line of the record. `number` counts the messages to a state in a round,
    `occasions` are those of its reminder, `at` is the moment in UTC. `message` is the
    file of the message, `note` what the relay did not take.
    """

    event: Event
    state: str
    number: int
    occasions: tuple[str, ...]
    to: tuple[str, ...]
    by: str
    at: str
    relay: str
    message: str
    sha256: str
    note: str = ""


def read_sent(project: Project, round_: int) -> list[Sending]:
    """The record of a round, oldest first. Raises DamagedFileError where a line is none."""
    path = _record(project, round_)
    try:
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        return [_parsed(line) for line in lines]
    except (OSError, ValueError, TypeError, KeyError) as problem:
        raise damaged(path, f"it is no record of what was sent: {problem}") from problem


def _parsed(line: str) -> Sending:
    found = json.loads(line)
    names = {f.name for f in fields(Sending)}
    lists = {name: tuple(str(item) for item in found[name]) for name in ("occasions", "to")}
    if (
        set(found) != names
        or found["event"] not in get_args(Event)
        or not all(isinstance(found[name], str) for name in _TEXTS)
        or not isinstance(found["number"], int)
    ):
        raise ValueError("a line that is no message")
    return Sending(**{**found, **lists})


def add_sent(project: Project, round_: int, sending: Sending) -> None:
    """Write a line behind the others, whole or not at all."""
    before = read_sent(project, round_)
    lines = [json.dumps(asdict(s), ensure_ascii=False) for s in (*before, sending)]
    write_private(_record(project, round_), "".join(f"{line}\n" for line in lines).encode())


def keep_message(project: Project, round_: int, *, name: str, content: bytes) -> tuple[str, str]:
    """Keep a message that is about to leave; returns its file, relative to the archive,
    and its digest.
    """
    path = _record(project, round_).with_suffix("") / name
    write_private(path, content)
    return path.relative_to(project.archive).as_posix(), hashlib.sha256(content).hexdigest()


def last_of(record: Iterable[Sending], state: str) -> list[Sending]:
    """The last line on each message to a state, in their order."""
    return list({s.number: s for s in record if s.state == state}.values())


def _record(project: Project, round_: int) -> Path:
    return project.archive / "mail" / f"{round_}.jsonl"
