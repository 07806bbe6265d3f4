"""How is something written down that nobody may change later? One line an event, each with the hash of the line before.

A changed, removed or inserted line breaks the chain from there on. Lines cut off at the end do not: the last hash is
printed with every event, so that it can be kept elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import SignOffError
from pipeline.files import write_private

_START = "0" * 64


def read_chain(path: Path) -> list[dict[str, Any]]:
    """The events of a record, oldest first; none where there is no record.

    Raises SignOffError that names the first line that does not follow from the one before.
    """
    if not path.is_file():
        return []
    events: list[dict[str, Any]] = []
    previous = _START
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            event = json.loads(line)
            follows = event["previous"] == previous and event["number"] == number
        except (ValueError, KeyError, TypeError):
            follows = False
        if not follows:
            raise SignOffError(
                "the record was changed by hand: this line does not follow from the one before",
                where=f"{path.name} line {number}", allowed="the lines as the pipeline wrote them, in their order",
                do="restore the record from its last good copy",
            )  # fmt: skip
        events.append(event)
        previous = hashlib.sha256(line).hexdigest()
    return events


def append(path: Path, event: Mapping[str, Any]) -> str:
    """Write an event behind the others, whole or not at all. Returns the hash of its line."""
    number = len(read_chain(path)) + 1
    written = path.read_bytes() if path.is_file() else b""
    last = written.splitlines()[-1] if written else b""
    content = {"number": number, **event, "previous": hashlib.sha256(last).hexdigest() if last else _START}
    line = json.dumps(content, ensure_ascii=False).encode()
    write_private(path, written + line + b"\n")
    return hashlib.sha256(line).hexdigest()


def head(path: Path) -> str:
    """The hash of the last line, which stands for the whole record; empty where there is none."""
    lines = path.read_bytes().splitlines() if path.is_file() else []
    return hashlib.sha256(lines[-1]).hexdigest() if lines else ""
