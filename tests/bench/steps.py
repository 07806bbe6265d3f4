"""How long does each step of the build take, and validation beside its peers? `make
bench`, or with --runs 5.

Everything is built from nothing in a folder of its own; returns and code are those of
this working copy.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path

from pipeline.contracts.model import load_contracts
from pipeline.project import REPORTS, Project
from pipeline.returns.intake.stage import STAGED

from . import peers

ROOT = Path(__file__).parents[2]
ROUND, BIG_ROWS = 2022, 200_000
Times = dict[str, list[float]]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1, help="how often each step is run")
    parser.add_argument(
        "--rows", type=int, default=BIG_ROWS, help="rows of the big table of the comparison"
    )
    chosen = parser.parse_args(arguments)
    times: Times = {}
    found: dict[str, int] = {}
    for _ in range(chosen.runs):
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            time_build(Path(folder), times)
            time_peers(Path(folder), times, found, chosen.rows)
    result = {
        "runs": chosen.runs,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "libraries": {
            name: version(name) for name in ("duckdb", "great-expectations", "pandas", "weasyprint")
        },
        "seconds": times,
        "bad_rows": found,
    }
    path = Project.here().outputs / "bench.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write("\n".join([*table(times, found), f"written to {path}", ""]))
    return 0


def time_build(folder: Path, times: Times) -> None:
    """Each step alone, one after the other; then all of it with make and two jobs; then
    make with nothing to do.
    """
    alone = folder / "alone"
    rounds = sorted(
        p.name for p in (ROOT / "returns").iterdir() if p.is_dir() and int(p.name) <= ROUND
    )
    for round_ in rounds:
        _time(
            times,
            f"validate {round_}",
            [*_pipeline("validate"), "--round", round_, "--no-feedback"],
            alone,
        )
    _time(
        times,
        f"validate {ROUND}, with what goes back",
        [*_pipeline("validate"), "--round", str(ROUND)],
        alone,
    )
    _time(times, f"numbers {ROUND}", [*_pipeline("numbers"), "--round", str(ROUND)], alone)
    _time(
        times,
        f"protect {ROUND}: public and partner",
        [*_pipeline("protect"), "--round", str(ROUND)],
        alone,
    )
    for report in REPORTS:
        for kind in ("restricted", "public", "partner"):
            command = [
                *_pipeline("render"),
                "--round",
                str(ROUND),
                "--report",
                report,
                "--version",
                kind,
            ]
            _time(times, f"render {report} {kind}", command, alone)
    together = folder / "together"
    _time(times, "make reports, from nothing, two jobs", ["make", "reports"], together)
    _time(times, "make reports, nothing changed", ["make", "reports"], together)


def time_peers(folder: Path, times: Times, found: dict[str, int], rows: int) -> None:
    """Validation of the same staged figures: as the project does it, by hand in SQL,
    and by GX on pandas.
    """
    contracts = load_contracts(ROOT / "data_contracts")
    project = Project(ROOT, folder / "alone")
    staged = project.work(ROUND) / STAGED
    big = folder / "big.duckdb"
    every = peers.staged_checks(contracts, staged, ROUND)
    peers.make_big(project, ROUND, big, rows)
    checks = peers.big_checks(contracts, ROUND)
    # GX is imported before the clock starts, for both that use it
    peers.by_gx_on_duckdb(big, checks[:1])
    for name, way, database, asked in (
        (f"{len(every)} checks of the round: GX on DuckDB", peers.by_gx_on_duckdb, staged, every),
        (
            f"{len(every)} checks of the round: hand-written SQL",
            peers.by_hand_written_sql,
            staged,
            every,
        ),
        (
            f"{len(checks)} checks of {rows:,} rows: GX on DuckDB",
            peers.by_gx_on_duckdb,
            big,
            checks,
        ),
        (
            f"{len(checks)} checks of {rows:,} rows: hand-written SQL",
            peers.by_hand_written_sql,
            big,
            checks,
        ),
        (
            f"{len(checks)} checks of {rows:,} rows: GX on pandas",
            peers.by_gx_on_pandas,
            big,
            checks,
        ),
    ):
        seconds, bad = peers.timed(
            lambda way=way, database=database, asked=asked: way(database, asked)  # type: ignore[misc]
        )
        times.setdefault(name, []).append(round(seconds, 3))
        found[name] = bad


def _pipeline(command: str) -> list[str]:
    return [sys.executable, "-m", "pipeline", command]


def _time(times: Times, name: str, command: list[str], outputs: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    start = time.perf_counter()
    done = subprocess.run(
        command,
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**environment, "SELEC_OUTPUTS": str(outputs)},
    )
    if done.returncode:
        raise SystemExit(f"error: {' '.join(command)} ended with {done.returncode}\n{done.stderr}")
    times.setdefault(name, []).append(round(time.perf_counter() - start, 3))


def table(times: Times, found: dict[str, int]) -> Iterable[str]:
    """The times as plain text, in seconds."""
    width = max(map(len, times))
    yield f"{'step':<{width}}  {'runs':>4}  {'min s':>8}  {'median s':>8}  {'bad rows':>8}"
    for name, seconds in times.items():
        bad = f"{found[name]:,}" if name in found else ""
        yield (
            f"{name:<{width}}  {len(seconds):>4}  {min(seconds):>8.2f} "
            f" {statistics.median(seconds):>8.2f}  {bad:>8}"
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
