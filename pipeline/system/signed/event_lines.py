"""How does an event stand in a file? As a line of JSON, in one spelling only, so that
its hash stands for it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import SignOffError, UserError

START = "0" * 64  # what stands for the line before the first one
RESTORE = "restore the file from its last good copy, and find out who changed it"


def lines_of(path: Path) -> list[bytes]:
    """The lines of a record as they lie there; none where there is no record. Raises
    SignOffError where the file is empty, or its last line does not end.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return []
    if not content.endswith(b"\n"):
        what = "the last line is cut off" if content else "the record is empty"
        raise SignOffError(
            what,
            where=f"{path.name} line {content.count(10) + 1}",
            allowed="whole lines",
            do=RESTORE,
        )
    return content[:-1].split(b"\n")


def seal_of_journal(path: Path) -> list[object] | None:
    """What an event names of a journal (`pipeline.returns.journal`), which nobody
    signs: the hash of its first event, the number of its last line before the end, and
    the hash of that; None where there is none.
    """
    lines = path.read_bytes()[:-1].split(b"\n")[:-1] if path.is_file() else []
    return [digest(lines[1]), len(lines), digest(lines[-1])] if len(lines) > 1 else None


def file_of(lines: list[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def digest(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()


def before(lines: list[bytes], number: int) -> str:
    """The hash of the line before this one, which are numbered from 1."""
    return digest(lines[number - 2]) if number > 1 else START


def written(content: Mapping[str, Any]) -> bytes:
    """A line, or what of it is signed. Raises UserError where a text is none."""
    try:
        return json.dumps(content, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise UserError(
            "a text holds what is no UTF-8", allowed="text in UTF-8", do="type it again"
        ) from None


def parsed(line: bytes, where: str) -> dict[str, Any]:
    """An event, if the line is letter for letter what the pipeline writes: no other
    spaces, no key twice, no CRLF.
    """
    event = loosely(line)
    if not event or written(event) != line:
        raise SignOffError(
            "this line is not as the pipeline writes lines",
            where=where,
            allowed="the line as it was",
            do=RESTORE,
        )
    return event


def loosely(line: bytes) -> dict[str, Any]:
    """What a line holds, whether or not it is true; nothing where it is no event."""
    try:
        event = json.loads(line)
        written(event)
    except (ValueError, RecursionError, UserError):
        return {}
    return event if isinstance(event, dict) else {}
