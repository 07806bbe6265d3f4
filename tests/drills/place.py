"""Where is a drill done? A small project whose scheduled run was once not disturbed, and
what that run left.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl

TESTS = Path(__file__).parents[1]
# As pytest has it, for whoever runs the drills alone.
for folder in (TESTS.parent, TESTS):
    if str(folder) not in sys.path:
        sys.path.append(str(folder))

from builds import give_secret  # noqa: E402
from repro.compare_outputs import differences, tables_of  # noqa: E402
from small_project import SMALL_ROUND, small_project  # noqa: E402

from pipeline.project import Project  # noqa: E402
from pipeline.release.operations.run_file import FOLDER, Run  # noqa: E402
from pipeline.release.operations.runs import read_runs  # noqa: E402
from pipeline.returns.archive import original  # noqa: E402
from pipeline.returns.journal import read_journal  # noqa: E402
from pipeline.returns.submissions import read_receipts  # noqa: E402
from pipeline.system.files import UNFINISHED  # noqa: E402

ROUND = SMALL_ROUND
LONGEST = 900.0  # seconds that any run of a drill may take
# A page on runs differs by its runs.
OF_RUNS = re.compile(r"^round-\d{4}\.html:")
CALENDAR = f"""zone: Europe/Bucharest
rounds:
  - round: {SMALL_ROUND}
    report: thb
    opens: {SMALL_ROUND + 1}-01-10
    due: {SMALL_ROUND + 1}-03-31
    cutoff: {SMALL_ROUND + 1}-04-30
    release: {{public: {SMALL_ROUND + 1}-06-01 10:00}}
"""


@dataclass(frozen=True)
class Row:
    """What came of one trial: where in the run or on what disk, how the run ended that was
    disturbed, what the next one did, and whether it left what an undisturbed one leaves.
    `faults` is what was not as it must be; empty where all was.
    """

    drill: str
    point: str
    ended: str
    then: str = ""
    equal: bool | None = None
    faults: tuple[str, ...] = ()

    @property
    def cells(self) -> tuple[str, ...]:
        equal = "" if self.equal is None else "yes" if self.equal else "NO"
        return self.drill, self.point, self.ended, self.then, equal


HEADS = ("drill", "point or size", "the run ended with", "the next run", "equal")


@dataclass(frozen=True)
class Ended:
    """A run that ended: its exit code (137 for SIGKILL, as a shell says it), what it
    printed, and how long it took.
    """

    code: int
    told: str
    seconds: float


@dataclass
class Place:
    """A small project that is scheduled. `kept` holds what lay there before the return was
    corrected, and what the undisturbed run left.
    """

    root: Path
    environment: dict[str, str] = field(default_factory=dict)
    outputs: Path = Path("outputs")
    records: Path = Path("records")

    @property
    def project(self) -> Project:
        outputs, records = self.root / self.outputs, self.root / self.records
        return Project(self.root, outputs, records_folder=records)

    @property
    def kept(self) -> Path:
        return self.root.parent / "kept"

    @property
    def returns(self) -> Path:
        return self.root / "returns" / str(SMALL_ROUND) / "thb"

    def begin(self, *arguments: str, told: Path | None = None) -> subprocess.Popen[bytes]:
        """Begin a run as a scheduler does, in a group of processes of its own."""
        inherited = {
            k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS", "SELEC_"))
        }
        if self.outputs != Path("outputs"):
            inherited |= {"SELEC_OUTPUTS": str(self.outputs), "SELEC_RECORDS": str(self.records)}
        command = arguments or ("run", "--round", str(SMALL_ROUND))
        with (told or Path(os.devnull)).open("wb") as file:
            return subprocess.Popen(
                [".venv/bin/python", "-m", "pipeline", *command],
                cwd=self.root,
                env={**inherited, **self.environment},
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
            )

    def run(self, *arguments: str) -> Ended:
        """Run to the end. What it printed and what its stages printed come together."""
        told = self.root.parent / "told.txt"
        began = time.monotonic()
        process = self.begin(*arguments, told=told)
        try:
            code = process.wait(LONGEST)
        finally:
            end(process, signal.SIGKILL)
        seconds = time.monotonic() - began
        text = told.read_text(encoding="utf-8", errors="replace")
        if not arguments and (runs := self.runs()):
            log = self.project.records / FOLDER / f"{runs[0].id}.log"
            text += log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
        return Ended(shell_code(code), text, seconds)

    def runs(self) -> list[Run]:
        return read_runs(self.project)

    def schedule(self) -> None:
        """The calendar and the settings of a scheduled run: one report, one version."""
        contracts = self.root / "data_contracts"
        settings = (contracts / "operations.yaml").read_text(encoding="utf-8")
        settings = re.sub(r"versions: \[.*?\]", "versions: [public]", settings)
        (contracts / "operations.yaml").write_text(settings, encoding="utf-8")
        (contracts / "calendar.yaml").write_text(CALENDAR, encoding="utf-8")

    def begin_again(self, of: str = "before") -> None:
        """Outputs and records as they were kept; without `of` there are none."""
        for name in ("outputs", "records"):
            shutil.rmtree(self.root / name, ignore_errors=True)
            if of:
                shutil.copytree(self.kept / of / name, self.root / name, symlinks=True)
            else:
                (self.root / name).mkdir()
        if not of:
            self.share_secret()

    def share_secret(self) -> None:
        """Every place of a drill hides the same cells, so what they publish is compared."""
        give_secret(self.root / self.records)

    def keep(self, name: str) -> None:
        for part in ("outputs", "records"):
            target = self.kept / name / part
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(self.root / part, target, symlinks=True)

    def correct(self, value: int, state: str = "RO") -> None:
        """Another figure in the return of a state."""
        path = self.returns / f"{state}.xlsx"
        book = openpyxl.load_workbook(path)
        book["9 Offences"]["C7"] = value
        book.save(path)

    def published(self, of: str = "") -> dict[str, bytes]:
        """The files of the version, as a reader meets them."""
        root = self.kept / of / "outputs" if of else self.project.outputs
        folder = root / str(SMALL_ROUND) / "thb" / "public"
        return {p.name: p.read_bytes() for p in sorted(folder.glob("*")) if p.is_file()}

    # What a run must have left.

    def unlike(self, of: str) -> Iterator[str]:
        """What differs from an undisturbed run, in outputs and records; runs excepted."""
        kept = self.kept / of
        for line in differences(kept / "outputs", self.project.outputs):
            if not OF_RUNS.match(line):
                yield line
        there = Project(self.root, kept / "outputs", records_folder=kept / "records")
        for name, one, other in (
            ("journal", _journal(there), _journal(self.project)),
            ("submissions", _receipts(there), _receipts(self.project)),
        ):
            if one != other:
                yield f"records: {name} differs"
        for event in read_journal(there):
            path = original(self.project, event.sha256)
            if event.sha256 and not path.is_file():
                yield f"records: the archive lacks {event.file}"
        ledgers = (kept / "records" / "warehouse.duckdb", self.project.warehouse)
        if tables_of(ledgers[0]) != tables_of(ledgers[1]):
            yield "records: the ledger differs"

    def left_over(self) -> Iterator[str]:
        """What no run may leave: unfinished files, a mark of a run, a lock that is held."""
        folders = (self.project.outputs, self.project.records)
        for folder in folders:
            yield from (f"left behind: {p.name}" for p in folder.rglob(f"*{UNFINISHED}*"))
        yield from (f"left behind: {p}" for p in (folders[0] / ".running").glob("*"))
        if (self.root / ".git" / "index.lock").exists():
            yield "left behind: a lock of git"
        for folder in folders:
            if not (folder / ".lock").exists():
                continue
            with (folder / ".lock").open("r+b") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    yield f"the lock of {folder.name} is held"

    def goes_on(self, of: str, *, code: int = 0) -> tuple[Ended, bool, list[str]]:
        """The next run: how it ended, whether it left what an undisturbed one leaves, and
        what is wrong.
        """
        done = self.run()
        wrong = [*self.left_over(), *traces(done.told)]
        if done.code != code:
            wrong.append(f"the next run ended with {done.code}: {done.told[-600:]}")
        unlike = [*self.unlike(of)]
        return done, not unlike, [*wrong, *unlike]


def shell_code(code: int) -> int:
    return code if code >= 0 else 128 - code


def end(process: subprocess.Popen[bytes], number: int) -> None:
    """A signal for a run and all its processes, as systemd and a power cut send it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
    process.wait(LONGEST)


def traces(told: str) -> list[str]:
    """Tracebacks, which nobody may meet."""
    return ["a traceback: " + told[at.start() :][:1500] for at in re.finditer("Traceback", told)]


def _journal(project: Project) -> list[tuple[str, str]]:
    return [(event.file, event.sha256) for event in read_journal(project)]


def _receipts(project: Project) -> list[tuple[object, ...]]:
    found = read_receipts(project, SMALL_ROUND)
    return [(r.id, r.outcome, r.files, r.tables, r.filled, r.loaded) for r in found]


def make_place(folder: Path) -> Place:
    """A place with what a run left from nothing (`before`), and the next one after a state
    corrected its return (`after`).
    """
    place = Place(small_project(folder / "project"))
    place.schedule()
    _must_end_well(place.run())
    place.keep("before")
    place.correct(533)
    _must_end_well(place.run())
    place.keep("after")
    return place


def make_whole(place: Place) -> None:
    """An undisturbed run from nothing with the corrected return (`whole`)."""
    place.begin_again("")
    done = place.run()
    _must_end_well(done)
    place.keep("whole")


def _must_end_well(done: Ended) -> None:
    if done.code:
        raise SystemExit(f"an undisturbed run ended with {done.code}\n{done.told}")


def table_of(rows: Sequence[Row]) -> str:
    """The rows as a table of Markdown."""
    lines = [HEADS, ("---",) * len(HEADS), *(row.cells for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
