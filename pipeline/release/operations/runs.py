"""Which runs were there, and how did they end? One file of JSON lines a run, read and
written.

The first line says what was run with which code and libraries, one line a step follows
as it ends, and the last line is that of the end: a run without one is going on or was
killed. No figure and no word that a state sent stands in a line; what steps print for
people goes to the file beside it, for the owner of the records alone.
"""

from __future__ import annotations

import json
import os
import platform
import signal
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

from pipeline import __version__
from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.system.files import owner_only, write_private
from pipeline.system.lock import started_at
from pipeline.system.repairable import repairable

FOLDER = "runs"
PART_OF = "SELEC_RUN"  # set to the name of a run, by the run of which a command is a part
_FORM = 1
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_ENDED_BY_SIGNAL = 128


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

    @property
    def seconds(self) -> float | None:
        """From begin to end; None where there is no end."""
        if not self.ended:
            return None
        return (_moment(self.ended) - _moment(self.began)).total_seconds()

    @property
    def end(self) -> str:
        """How it ended, in a word or two."""
        if self.code is None:
            return "going on" if self.alive else "killed"
        if self.code > _ENDED_BY_SIGNAL:
            return f"ended by signal {self.code - _ENDED_BY_SIGNAL}"
        return "done" if self.code == 0 else f"exit code {self.code}"


class RunRecord:
    """The record of the run that is going on, written line by line as things happen. A
    command that is a part of a run (`PART_OF`) writes its steps into the record of that.
    """

    def __init__(self, project: Project, what: str, *, round_: int) -> None:
        # Who only reads records loads nothing of what makes reports.
        from pipeline.release.manifest import LIBRARIES, git_commit

        now = datetime.now(UTC)
        self._folder = project.records / FOLDER
        self.said: dict[str, Any] = {}
        part_of = os.environ.get(PART_OF, "")
        self.is_part = bool(part_of) and (self._folder / f"{part_of}.jsonl").is_file()
        # Numbered, so that their order is that in which they were run whatever the clock says.
        self.id = part_of if self.is_part else f"{_next(self._folder):06}-{now:%Y%m%dT%H%M%SZ}"
        if not self.is_part:
            self._add(
                {
                    "form": _FORM,
                    "run": self.id,
                    "what": what,
                    "round": round_,
                    "began": f"{now:{_TIME}}",
                    "process": os.getpid(),
                    "process_began": started_at(os.getpid()),
                    "pipeline": __version__,
                    "commit": git_commit(project.root),
                    "python": platform.python_version(),
                    "libraries": dict(_versions_of(LIBRARIES)),
                }
            )

    @property
    def path(self) -> Path:
        return self._folder / f"{self.id}.jsonl"

    @property
    def told(self) -> Path:
        """Restricted: what the steps printed for people, which may name figures."""
        return self._folder / f"{self.id}.log"

    def step(self, step: StepRun) -> None:
        """A step has ended."""
        self._add({"step": asdict(step)})

    def tell(self, text: str) -> None:
        """Keep what a step printed; of a part of a run, the run does."""
        if not self.is_part:
            with owner_only(self._folder), self.told.open("a", encoding="utf-8") as file:
                file.write(f"{text}\n")

    def end(self, code: int, said: Mapping[str, Any]) -> None:
        """The run has ended. What is said of its end must be no figure of a state."""
        if not self.is_part:
            self._add({"ended": f"{datetime.now(UTC):{_TIME}}", "code": code, "said": dict(said)})

    def _add(self, line: dict[str, Any]) -> None:
        content = json.dumps(line, sort_keys=True).encode() + b"\n"
        if not self.path.exists():
            write_private(self.path, content)
            return
        with self.path.open("ab") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())


@contextmanager
def recorded(project: Project, what: str, *, round_: int) -> Iterator[RunRecord]:
    """A run from its begin to its end, however it ends. What is put into `said` of the
    record meanwhile is said of the end.
    """
    record = RunRecord(project, what, round_=round_)
    code = 1
    try:
        yield record
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1 if end.code else 0
        raise
    except KeyboardInterrupt:
        code = _ENDED_BY_SIGNAL + signal.SIGINT
        raise
    except Exception as problem:
        told = repairable(problem)
        code = told.exit_code if told else 1
        raise
    finally:
        record.end(code, record.said)


def read_runs(project: Project) -> list[Run]:
    """Every run that was recorded, the last one first."""
    paths = sorted((project.records / FOLDER).glob("*.jsonl"), reverse=True)
    return [run for path in paths if (run := _read(path))]


def find_run(project: Project, name: str) -> Run:
    """A run by its number, its name or the beginning of it; `last` is the last one. Raises
    UserError where there is none or several.
    """
    runs = read_runs(project)
    wanted = f"{int(name):06}-" if name.isascii() and name.isdigit() else name
    found = runs[:1] if name == "last" else [r for r in runs if r.id.startswith(wanted)]
    if len(found) != 1:
        what = "no run" if not found else f"{len(found)} runs"
        raise UserError(
            f"there is {what} '{name}'",
            where=str(project.records / FOLDER),
            allowed=", ".join(r.id for r in runs[:5]) or "none was recorded yet",
            do="name one as 'make log' lists it",
        )
    return found[0]


def forget_runs(project: Project, *, keep_days: int, keep_last: int) -> list[str]:
    """Remove the records of runs that are too old, and say which."""
    oldest = f"{datetime.now(UTC) - timedelta(days=keep_days):%Y%m%dT%H%M%SZ}"
    paths = sorted((project.records / FOLDER).glob("*.jsonl"), reverse=True)
    gone = [path for path in paths[keep_last:] if path.stem.partition("-")[2] < oldest]
    for path in gone:
        path.with_suffix(".log").unlink(missing_ok=True)
        path.unlink(missing_ok=True)
    return [path.stem for path in gone]


def _next(folder: Path) -> int:
    """The number of the next run: one more than that of the last."""
    last = max((path.stem for path in folder.glob("[0-9]*-*.jsonl")), default="0-")
    return int(last.partition("-")[0]) + 1


def _read(path: Path) -> Run | None:
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


def _versions_of(libraries: Iterable[str]) -> Iterable[tuple[str, str]]:
    for name in libraries:
        with suppress(PackageNotFoundError):
            yield name, installed(name)


def _moment(text: str) -> datetime:
    return datetime.strptime(text, _TIME).replace(tzinfo=UTC)
