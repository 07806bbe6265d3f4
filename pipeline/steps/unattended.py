"""What does a run do without a person? The way of the year, as far as it may go today.

Each stage is a command of its own, as a person would type it, so that a run ends as a
person would see it end: with that command's exit code. Nothing is approved or released
here; what people have signed is only looked at.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from pipeline.contracts.calendar import Calendar, Dates
from pipeline.contracts.operations import Operations
from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.release.gate.page import NAME, gate_folder
from pipeline.release.operations.runs import PART_OF, RunRecord, StepRun
from pipeline.system.kept import remembered
from pipeline.system.lock import HELD
from pipeline.system.steady import moment

_GRACE = 30.0  # seconds that a stage has to end by itself
STOPPED = "not tried: what it needs failed"


@dataclass(frozen=True)
class Stage:
    """A command of a run. After one that `blocks` has failed, later ones are not tried."""

    name: str
    arguments: tuple[str, ...]
    blocks: bool = False


@dataclass(frozen=True)
class Way:
    """What a run does today: stages in their order, and why no more than these."""

    stages: tuple[Stage, ...]
    why: tuple[str, ...]


def round_of(calendar: Calendar, day: date) -> int:
    """The newest round that is open on a day. Raises UserError where there is none."""
    open_ = [entry.round for entry in calendar.entries if entry.opens <= day]
    if not open_:
        days = sorted(entry.opens for entry in calendar.entries)
        raise UserError(
            f"no round is open on {day}",
            where="calendar.yaml",
            allowed=f"days from {days[0]} on" if days else "a round that is entered there",
            do="enter the round, or name it: ROUND=2024",
        )
    return max(open_)


def way_of(
    round_: int,
    *,
    entries: Iterable[Dates],
    reports: Sequence[str],
    settings: Operations,
    day: date,
    has_returns: bool = True,
) -> Way:
    """What a run may do on a day: nothing before a report opens, reading and checking
    until its returns are due, and everything that people do not sign from then on. Where
    the calendar does not have the round, everything. Without any return (`has_returns`)
    nothing is read until the first are due: then it is an error that there is none.
    """
    days = {entry.report: entry for entry in entries}
    if not days:
        free = f"round {round_} is not in the calendar: nothing is waited for"
        return Way((_reading(round_), *_building(round_, reports, settings, day)), (free,))
    opened = [report for report in days if days[report].opens <= day]
    if not opened:
        first = min(entry.opens for entry in days.values())
        return Way((), (f"round {round_} opens on {first}",))
    due = [r for r in reports if r in opened and days[r].due <= day]
    why = [
        f"{report}: opens on {days[report].opens}"
        if report not in opened
        else f"{report}: returns are due on {days[report].due}, no report is built before"
        for report in days
        if report not in due and (report in reports or report not in opened)
    ]
    building = _building(round_, due, settings, day, all_=len(due) == len(reports)) if due else ()
    reminding = Stage("reminders", ("remind", "--round", str(round_), "--date", f"{day}"))
    if not due and not has_returns:
        return Way((reminding,), (*why, f"no return of round {round_} came yet"))
    return Way((_reading(round_), reminding, *building), tuple(why))


def _reading(round_: int) -> Stage:
    return Stage("read and check, letters", ("validate", "--round", str(round_)), blocks=True)


def _building(
    round_: int, reports: Sequence[str], settings: Operations, day: date, *, all_: bool = True
) -> tuple[Stage, ...]:
    of_round = ("--round", str(round_))
    versions = ("--versions", " ".join(settings.versions))
    # The gate of the whole round asks for reports that are not due yet, too.
    asked = [("--report", report) for report in reports] if not all_ else [()]
    return (
        Stage(
            "numbers, protection, reports, audits",
            ("build", *of_round, "--reports", " ".join(reports), *versions),
        ),
        *(
            Stage(" ".join(("release gate", *of[1:])), ("gate", *of_round, *of, "--date", f"{day}"))
            for of in asked
        ),
        # At the end: it shows what the gate said.
        Stage("desk", ("desk", *of_round)),
    )


def run_stages(
    project: Project, way: Way, record: RunRecord, *, tell: Callable[[str], None]
) -> int:
    """Do the stages one after the other, and write down how each ended. Returns the exit
    code of the first that failed, else 0.
    """
    code, blocked = 0, False
    for stage in way.stages:
        if blocked:
            tell(f"{stage.name}: {STOPPED}")
            continue
        began = moment()
        ended = _do(project, stage, record)
        record.step(StepRun(stage.name, began, moment(), code=ended))
        tell(f"{stage.name}: {'done' if not ended else f'exit code {ended}'}")
        code = code or ended
        blocked = bool(ended) and stage.blocks
    return code


def said_of(project: Project, round_: int) -> dict[str, Any]:
    """What may be said of a round in a record: how many findings there are of each
    severity, and the verdict of the gate for each report.
    """
    findings = remembered(project.findings(round_) / "findings.json").get("findings", ())
    gate = remembered(gate_folder(project, round_) / f"{NAME}.json")
    severities = Counter(str(finding.get("severity")) for finding in findings)
    reports = gate.get("reports", ())
    verdicts = {str(r.get("report")): "GO" if r.get("go") else "NO-GO" for r in reports}
    return {"findings": dict(severities), "gate": verdicts}


def _do(project: Project, stage: Stage, record: RunRecord) -> int:
    environment = {
        **os.environ,
        HELD: str(project.outputs.resolve()),
        PART_OF: record.id,
    }
    command = [sys.executable, "-m", "pipeline", *stage.arguments]
    record.told.touch(mode=0o600)
    with (
        record.told.open("ab") as told,
        told_to_end(
            subprocess.Popen(command, cwd=project.root, env=environment, stdout=told, stderr=told)
        ) as process,
    ):
        code = process.wait()
    return code if code >= 0 else 128 - code


@contextmanager
def told_to_end(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is told to end where this one ends in the middle of it."""
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(_GRACE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
