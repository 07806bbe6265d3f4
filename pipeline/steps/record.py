"""What did a step read when it was last done, and what did it leave? One file a step,
`outputs/<round>/.steps/<step>.json`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pipeline.system.files import write_file

_FORM = 1  # of the files; a step with a record of another form is done again


@dataclass(frozen=True)
class Record:
    """What was read, by group and name with its digest; the files that were left, by
    their name (`Watch.name`) with the digest of their bytes; and what the step said of
    its result, for those that follow.
    """

    inputs: Mapping[str, Mapping[str, str]]
    left: Mapping[str, str] = field(default_factory=dict)
    said: Mapping[str, str] = field(default_factory=dict)


def read_record(folder: Path, step: str) -> Record | None:
    """The record of a step; None where it was never done, or nobody can say."""
    try:
        content = json.loads(_path(folder, step).read_bytes())
    except (OSError, ValueError):
        return None
    match content:
        case {"form": 1, "inputs": dict(inputs), "left": dict(left), "said": dict(said)}:
            return Record(inputs, left, said)
    return None


def write_record(folder: Path, step: str, record: Record) -> None:
    content: dict[str, Any] = {"form": _FORM, **asdict(record)}
    write_file(_path(folder, step), json.dumps(content).encode())


def inputs_digest(record: Record | None) -> str:
    """One digest of everything that a step read; empty where nobody can say."""
    if record is None:
        return ""
    return hashlib.sha256(json.dumps(record.inputs, sort_keys=True).encode()).hexdigest()


def forget(folder: Path, step: str) -> None:
    """A step that is about to be done was never done, until it ends."""
    _path(folder, step).unlink(missing_ok=True)


def _path(folder: Path, step: str) -> Path:
    return folder / f"{re.sub('[^A-Za-z0-9_-]+', '-', step)}.json"
