"""What does a build cost, step by step and after an edit, now and at an earlier commit?

    make bench, or with BEFORE=commit

Two working copies are made in a temporary folder, one of this one and one of the commit,
and both are built from nothing by turns: first each step alone, then all reports, then
all reports again after each of some edits, one on top of the other. Both run with the
libraries of this working copy. CPU seconds are those of all processes of a command; the
peak is that of its largest process. After it, the rules of a round beside their peers.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from pipeline.contracts.model import load_contracts
from pipeline.project import Project
from pipeline.returns.intake.stage import STAGED

from . import peers
from .edits import EDITS
from .spent import Spent, spent, surroundings, together

ROOT = Path(__file__).parents[2]
ROUND, EARLIER, BIG_ROWS = 2022, 2021, 200_000
# The last commit whose builds went by the time of files.
BEFORE = "0cf5029"
VERSIONS = ("restricted", "public")
RESULT = "bench.json"
Commands = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Step:
    """The commands that do a step: those of now, and those of the commit before."""

    name: str
    now: Commands
    before: Commands


def _python(*arguments: str) -> tuple[str, ...]:
    return (".venv/bin/python", "-m", "pipeline", *arguments)


def _build(*arguments: str) -> Commands:
    return (_python("build", "--round", str(ROUND), *arguments),)


STEPS = (
    Step(
        f"validate {EARLIER} and {ROUND}",
        _build("--until", "validate"),
        tuple(_python("validate", "--round", str(r), "--no-feedback") for r in (EARLIER, ROUND)),
    ),
    Step(
        "numbers, checks, open stores",
        _build("--until", "stores"),
        (_python("numbers", "--round", str(ROUND)),),
    ),
    Step(
        "protect what is asked for",
        _build("--until", "protect"),
        (_python("protect", "--round", str(ROUND)),),
    ),
    *(
        Step(
            f"render {report} {kind}",
            _build("--reports", report, "--versions", kind),
            (_python(*("render", "--round", str(ROUND), "--report", report, "--version", kind)),),
        )
        for report in Project(ROOT).reports
        for kind in VERSIONS
    ),
    Step(
        f"findings, marked returns, letters {ROUND}",
        (_python("validate", "--round", str(ROUND)),),
        (_python("validate", "--round", str(ROUND)),),
    ),
)
ALL_REPORTS: Commands = (("make", "reports"),)


@dataclass(frozen=True)
class Side:
    """A working copy to be measured, with outputs of its own."""

    name: str
    root: Path

    def measure(self, commands: Commands, outputs: str) -> Spent:
        """The commands one after the other, as one."""
        env = surroundings() | {"SELEC_OUTPUTS": str(self.root.parent / f"{self.name}-{outputs}")}
        return together([spent(command, cwd=self.root, env=env) for command in commands])


def checked_out(folder: Path, commit: str) -> Path:
    """The files of a commit; of this working copy as it is where none is named."""
    folder.mkdir()
    if commit:
        done = subprocess.run(
            ["git", "archive", "--format=tar", commit], cwd=ROOT, capture_output=True
        )
        if done.returncode:
            raise SystemExit(f"error: commit {commit} is not in this repository")
        subprocess.run(["tar", "-x"], cwd=folder, input=done.stdout, check=True)
    else:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        )
        for name in filter(None, listed.stdout.decode().split("\0")):
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return folder


Figures = dict[str, dict[str, Spent]]


def compare(sides: Sequence[Side], done: Figures, edits: Sequence[str]) -> Iterator[str]:
    """Measure both sides by turns, into `done`; a line as each figure is there."""
    for step in STEPS:
        for side in sides:
            commands = step.now if side.name == "now" else step.before
            done.setdefault(step.name, {})[side.name] = side.measure(commands, "alone")
        yield line(step.name, done[step.name])
    for name in ("all reports, from nothing", *edits):
        for side in sides:
            if name in EDITS:
                EDITS[name](side.root)
            done.setdefault(name, {})[side.name] = side.measure(ALL_REPORTS, "together")
        yield line(name, done[name])


WIDTH = 44


def head(sides: Sequence[Side]) -> str:
    columns = "".join(f"  {f'{s.name}: CPU s':>13} {'wall s':>7} {'peak MiB':>8}" for s in sides)
    return (
        f"{'step, or edit and make reports':<{WIDTH}}{columns}{'  CPU' if len(sides) > 1 else ''}"
    )


def line(name: str, figures: dict[str, Spent]) -> str:
    """A step with the figures of each side, and what part of the first one's CPU seconds
    the last one took.
    """
    found = list(figures.values())
    columns = "".join(f"  {f.cpu:>13.1f} {f.wall:>7.1f} {f.peak_mib:>8.0f}" for f in found)
    ratio = f"  {found[-1].cpu / found[0].cpu:.2f}" if len(found) > 1 else ""
    return f"{name:<{WIDTH}}{columns}{ratio}"


def compare_peers(folder: Path, project: Project, rows: int) -> Iterator[str]:
    """The rules of the same staged figures: as the project asks them, an expectation a
    rule, by hand in SQL, and by GX on pandas as it comes. A line each.
    """
    contracts = load_contracts(ROOT / "data_contracts")
    staged = project.work(ROUND) / STAGED
    big = folder / "big.duckdb"
    every = peers.staged_checks(contracts, staged, ROUND)
    peers.make_big(project, ROUND, big, rows)
    checks = peers.big_checks(contracts, ROUND)
    ours, single, by_hand, on_pandas = peers.WAYS
    peers.WAYS[single](big, checks[:1])  # GX is imported before the clock starts
    yield f"{'rules beside peers':<{WIDTH}}  {'CPU s':>13} {'wall s':>7} {'bad rows':>8}"
    for what, database, asked, ways in (
        (f"{len(every)} rules of the round", staged, every, (ours, single, by_hand)),
        (f"{len(checks)} rules of {rows:,} rows", big, checks, (ours, single, by_hand, on_pandas)),
    ):
        for way in ways:
            took = peers.timed(peers.WAYS[way], database, asked)
            name = f"{what}: {way}"
            yield f"{name:<{WIDTH}}  {took.cpu:>13.2f} {took.wall:>7.2f} {took.bad_rows:>8,}"


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--before", default=BEFORE, help="commit to compare with, or none")
    parser.add_argument("--rows", type=int, default=BIG_ROWS, help="rows of the peers' big table")
    parser.add_argument("--edits", nargs="*", choices=EDITS, default=list(EDITS), metavar="EDIT")
    given = parser.parse_args(arguments)
    # Set up here, it is for both sides: the mark is younger than what either asks for.
    subprocess.run(["make", "--silent", ".venv/.installed-requirements"], cwd=ROOT, check=True)
    before = "" if given.before == "none" else given.before
    done: Figures = {}
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        sides = [
            Side(kind, checked_out(folder / kind, commit))
            for kind, commit in (("before", before), ("now", ""))
            if commit or kind == "now"
        ]
        _say(head(sides))
        for text in compare(sides, done, given.edits):
            _say(text)
        now = sides[-1].root
        for text in compare_peers(folder, Project(now, folder / "now-alone"), given.rows):
            _say(text)
    result = {
        "before": before,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "libraries": {
            name: version(name) for name in ("duckdb", "great-expectations", "pandas", "weasyprint")
        },
        "spent": {k: {s: asdict(f) for s, f in v.items()} for k, v in done.items()},
    }
    path = Project.here().outputs / RESULT
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    _say(f"written to {path}")
    return 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
