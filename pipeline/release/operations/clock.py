"""Was the clock set back since the last run? Asked of the records of the runs, which go
by number.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.release.operations.run_file import TIME, moment_of, read_run, run_paths
from pipeline.system.steady import moment

_BACK = timedelta(days=1)  # a clock may be corrected by so much without a person


def now_utc() -> datetime:
    return datetime.fromtimestamp(moment(), UTC)


def set_back(latest: str) -> str:
    """What is said where the clock lies before a run that was recorded."""
    return (
        f"the clock was set back, or was wrong: an earlier run began at {latest}; records keep the"
        " order in which they were written"
    )


def clock_set_back_from(project: Project, now: datetime | None = None) -> str:
    """The latest moment that the runs know of, where the clock lies before it; else
    nothing.
    """
    paths = run_paths(project)
    last = next((run for path in paths if (run := read_run(path))), None)
    return last.latest if last and last.latest > f"{now or now_utc():{TIME}}" else ""


def require_clock(project: Project) -> None:
    """Raises UserError where the clock lies days before the last run: whoever goes by
    the calendar then would do too little, and say that all is well.
    """
    now = now_utc()
    latest = clock_set_back_from(project, now)
    if latest and moment_of(latest) - now > _BACK:
        raise UserError(
            f"the clock says {now:%Y-%m-%d %H:%M} UTC, and an earlier run began at {latest}",
            where="the clock of this machine",
            allowed=f"a clock that is not set back by more than {_BACK.days} day",
            do="set the clock right; where it is right now, say so once: make run DATE="
            f"{now:%Y-%m-%d}",
        )
