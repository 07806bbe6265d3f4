"""What does the record of a run say? One file of JSON lines, read.

The first line says what was run with which code and libraries, one line a step follows
as it ends, and the last line is that of the end: a run without one is going on or was
killed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.project import Project
from pipeline.system.lock import started_at

FOLDER = "runs"
TIME = "%Y-%m-%dT%H:%M:%SZ"
NAMED = "%Y%m%dT%H%M%SZ"  # within the name of a run
ENDED_BY_SIGNAL = 128


@dataclass(frozen=True)
class StepRun:
    """A step as it was done. Times are seconds since 1970; `code` is its exit code, 0
    where it came to its end; `error` the kind of what a person must repair; `why` what
    had changed; `inputs` a digest of everything that it read.
    """

    name: str
    began: float
    ended: float
    code: int = 0
    error: str = ""
    why: str = ""
    inputs: str = ""


@dataclass(frozen=True)
class Run:
    """A run that was recorded. `code` is None while it goes on and where it was killed;
    `alive` tells the two apart.
    """

    id: str
    what: str
    round: int
    began: str
    commit: str
    libraries: Mapping[str, str]
    steps: tuple[StepRun, ...]
    ended: str = ""
    code: int | None = None
    said: Mapping[str, Any] = field(default_factory=dict)
    alive: bool = False
    set_back_from: str = ""  # the later moment that an earlier run bears

    @property
    def latest(self) -> str:
        """The latest moment that is known of: the clock was not before it."""
        return max(self.began, self.set_back_from)

    @property
    def seconds(self) -> float | None:
        """From begin to end; None where there is no end."""
        if not self.ended:
            return None
        return (moment_of(self.ended) - moment_of(self.began)).total_seconds()

    @property
    def end(self) -> str:
        """How it ended, in a word or two."""
        if self.code is None:
            return "going on" if self.alive else "killed"
        if self.code > ENDED_BY_SIGNAL:
            return f"ended by signal {self.code - ENDED_BY_SIGNAL}"
        return "done" if self.code == 0 else f"exit code {self.code}"


def run_paths(project: Project) -> list[Path]:
    """The records of all runs, the last one first."""
    return sorted((project.records / FOLDER).glob("*.jsonl"), reverse=True)


def read_run(path: Path) -> Run | None:
    """A run from its file, as far as its lines are whole; None where it has no first
    line, or one of another form.
    """
    lines = [*_lines(path)]
    match lines[:1]:
        case [{"form": 1, "run": str(id_), "what": str(what), "round": int(round_)} as first]:
            pass
        case _:
            return None
    last = next((line for line in lines if "ended" in line), {})
    return Run(
        id_,
        what,
        round_,
        str(first.get("began", "")),
        str(first.get("commit", "")),
        first.get("libraries", {}),
        tuple(_step(line["step"]) for line in lines if isinstance(line.get("step"), dict)),
        str(last.get("ended", "")),
        last.get("code"),
        last.get("said", {}),
        alive=not last and started_at(first.get("process", 0)) == first.get("process_began"),
        set_back_from=str(first.get("set_back_from", "")),
    )


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with suppress(OSError):
        for line in path.read_bytes().splitlines():
            try:
                found = json.loads(line)
            except ValueError:  # the machine went down while it was written
                return
            if isinstance(found, dict):
                yield found


def _step(said: Mapping[str, Any]) -> StepRun:
    return StepRun(
        str(said.get("name", "")),
        float(said.get("began", 0)),
        float(said.get("ended", 0)),
        int(said.get("code", 0)),
        str(said.get("error", "")),
        str(said.get("why", "")),
        str(said.get("inputs", "")),
    )


def moment_of(text: str, form: str = TIME) -> datetime:
    """The moment that a record says, or with `NAMED` the name of a run."""
    return datetime.strptime(text, form).replace(tzinfo=UTC)
