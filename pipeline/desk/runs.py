"""How did the last runs go, and did they take longer than the ones before them?"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from pipeline.project import Project
from pipeline.release.operations.runs import Run, read_runs

SHOWN = 10
_COMPARED = 5  # earlier runs of the same kind
_SLOWER = 1.5  # times the usual, which is worth a look


@dataclass(frozen=True)
class RunLine:
    """A run in a line. `usual` is the median of the runs of the same kind before it, in
    seconds; None where there are none that came to their end, `took` where it has none.
    """

    id: str
    what: str
    began: str
    end: str
    is_well: bool
    took: float | None
    usual: float | None

    @property
    def is_slow(self) -> bool:
        return bool(self.took and self.usual and self.took > _SLOWER * self.usual)


def last_runs(project: Project) -> list[RunLine]:
    """The last runs, the last one first."""
    runs = read_runs(project)
    return [_line(run, runs[number + 1 :]) for number, run in enumerate(runs[:SHOWN])]


def _line(run: Run, earlier: list[Run]) -> RunLine:
    before = [r.seconds for r in earlier if r.what == run.what and r.code == 0 and r.seconds]
    return RunLine(
        run.id,
        run.what,
        run.began.replace("T", " ").removesuffix("Z"),
        run.end,
        run.code == 0 or run.alive,
        run.seconds,
        median(before[:_COMPARED]) if before else None,
    )
