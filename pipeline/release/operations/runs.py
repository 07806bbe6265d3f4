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
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import timedelta
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

from pipeline import __version__
from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.release.operations.clock import clock_set_back_from, now_utc, set_back
from pipeline.release.operations.run_file import (
    ENDED_BY_SIGNAL,
    FOLDER,
    NAMED,
    TIME,
    moment_of,
    read_run,
    run_paths,
)
from pipeline.release.operations.run_file import Run as Run
from pipeline.release.operations.run_file import StepRun as StepRun
from pipeline.system.files import owner_only, write_private
from pipeline.system.lock import started_at
from pipeline.system.repairable import repairable

PART_OF = "SELEC_RUN"  # set to the name of a run, by the run of which a command is a part
_FORM = 1


class RunRecord:
    """The record of the run that is going on, written line by line as things happen. A
    command that is a part of a run (`PART_OF`) writes its steps into the record of that.
    """

    def __init__(self, project: Project, what: str, *, round_: int, is_dated: bool = False) -> None:
        # Who only reads records loads nothing of what makes reports.
        from pipeline.release.manifest import LIBRARIES, git_commit

        now = now_utc()
        self._folder = project.records / FOLDER
        self.said: dict[str, Any] = {}
        part_of = os.environ.get(PART_OF, "")
        self.is_part = bool(part_of) and (self._folder / f"{part_of}.jsonl").is_file()
        # Numbered, so that their order is that in which they were run whatever the clock says.
        self.id = part_of if self.is_part else f"{_next(self._folder):06}-{now:{NAMED}}"
        self.set_back_from = ""
        if not self.is_part:
            self.set_back_from = "" if is_dated else clock_set_back_from(project, now)
            self._add(
                {
                    "form": _FORM,
                    "run": self.id,
                    "what": what,
                    "round": round_,
                    "began": f"{now:{TIME}}",
                    "set_back_from": self.set_back_from,
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
            self._add({"ended": f"{now_utc():{TIME}}", "code": code, "said": dict(said)})

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
def recorded(
    project: Project, what: str, *, round_: int, is_dated: bool = False
) -> Iterator[RunRecord]:
    """A run from its begin to its end, however it ends. What is put into `said` of the
    record meanwhile is said of the end. Where the clock lies before an earlier run, that is
    told, but for a run whose day a person named (`is_dated`).
    """
    record = RunRecord(project, what, round_=round_, is_dated=is_dated)
    if record.set_back_from:
        print(f"note: {set_back(record.set_back_from)}", file=sys.stderr, flush=True)
    code = 1
    try:
        yield record
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1 if end.code else 0
        raise
    except KeyboardInterrupt:
        code = ENDED_BY_SIGNAL + signal.SIGINT
        raise
    except Exception as problem:
        told = repairable(problem)
        code = told.exit_code if told else 1
        raise
    finally:
        record.end(code, record.said)


def read_runs(project: Project) -> list[Run]:
    """Every run that was recorded, the last one first."""
    paths = run_paths(project)
    return [run for path in paths if (run := read_run(path))]


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
    """Remove the records of runs that are too old, and say which. How old they are is
    asked of the runs: by a clock that is wrong for some days nothing is lost.
    """
    paths = run_paths(project)
    begun = sorted(path.stem.partition("-")[2] for path in paths[:keep_last])
    if not begun:
        return []
    middle = moment_of(begun[len(begun) // 2], NAMED)
    oldest = f"{min(now_utc(), middle) - timedelta(days=keep_days):{NAMED}}"
    gone = [path for path in paths[keep_last:] if path.stem.partition("-")[2] < oldest]
    for path in gone:
        path.with_suffix(".log").unlink(missing_ok=True)
        path.unlink(missing_ok=True)
    return [path.stem for path in gone]


def _next(folder: Path) -> int:
    """The number of the next run: one more than that of the last."""
    last = max((path.stem for path in folder.glob("[0-9]*-*.jsonl")), default="0-")
    return int(last.partition("-")[0]) + 1


def _versions_of(libraries: Iterable[str]) -> Iterable[tuple[str, str]]:
    for name in libraries:
        with suppress(PackageNotFoundError):
            yield name, installed(name)
