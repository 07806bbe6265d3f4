"""How long does it take to check records, beside other ways to do it? `make
bench-records ROWS=10000000`.

Files are made from the contract (seeded). One file of all rows, one in a thousand of
them with a defect, is checked by the pipeline, by hand-written SQL, by Great
Expectations on pandas and by pandera on polars, each in a process of its own; all must
find the same bad rows. Then the rows are sent by eleven states without defects, and
taken to the cubes.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from pipeline.contracts.model import load_contracts
from pipeline.project import Project

from .record_files import ROOT, ROUND

# one that counts its rows, and one that adds up a quantity
TABLE, SUMMED = (
    "MIG_DETECTED",
    "OCT_DRUG_KG",
)
SEED, ONE_BAD_IN = 7, 1000
NAMES = {
    "pipeline": "this pipeline",
    "sql_counts": "hand-written SQL, counts only",
    "sql_with_lines": "hand-written SQL, with line numbers",
    "gx_pandas": "Great Expectations on pandas",
    "pandera_polars": "pandera on polars",
}
PEERS = tuple(way for way in NAMES if way != "pipeline")


@dataclass(frozen=True)
class Measured:
    """One way over one file. Without `seconds` it did not finish, and `why` says what
    ended it.
    """

    table: str
    way: str
    rows: int
    seconds: float | None
    mib: int
    bad: int | None = None
    why: str = ""


@dataclass(frozen=True)
class Ended:
    """A process that ended: wall time, the most memory it held, what it printed."""

    code: int
    seconds: float
    mib: int
    printed: str
    errors: str


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument(
        "--peers", choices=("yes", "no"), default="yes", help="no: the pipeline alone"
    )
    parser.add_argument(
        "--kind", choices=("csv", "csv.gz", "parquet"), default="csv", help="of the whole intake"
    )
    chosen = parser.parse_args(arguments)
    outputs = Project.here().outputs
    outputs.mkdir(parents=True, exist_ok=True)
    measured: list[Measured] = []
    with tempfile.TemporaryDirectory(prefix="bench-records-", dir=outputs) as folder:
        for table in (TABLE, SUMMED):
            measured += measure_ways(
                Path(folder), table, chosen.rows, PEERS if chosen.peers == "yes" else ()
            )
        measured += measure_intake(Path(folder) / "intake", chosen.rows, chosen.kind)
    path = outputs / "bench-records.json"
    result = {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "seed": SEED,
        "libraries": {
            n: version(n) for n in ("duckdb", "great-expectations", "pandas", "pandera", "polars")
        },
        "measured": [asdict(m) for m in measured],
    }
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write("\n".join([*lines(measured), "", f"written to {path}", ""]))
    return report_differences(measured)


def report_differences(measured: Sequence[Measured]) -> int:
    """1 when two ways found different numbers of bad rows in a file, or one found none;
    otherwise 0.
    """
    for table in dict.fromkeys(m.table for m in measured):
        found = {m.way: m.bad for m in measured if m.table == table and m.bad is not None}
        if found and (len(set(found.values())) > 1 or not any(found.values())):
            sys.stderr.write(f"error: {table}: not the same bad rows: {found}\n")
            return 1
    return 0


def measure_ways(folder: Path, table: str, rows: int, peers: Sequence[str]) -> list[Measured]:
    """The pipeline and its peers over one file, which is removed afterwards."""
    report = load_contracts(ROOT / "data_contracts").table(table).report
    path = folder / table / str(ROUND) / report / f"RO.{table}.records.csv"
    path.parent.mkdir(parents=True)
    write(path, rows, SEED, ONE_BAD_IN)
    measured = []
    for way in ("pipeline", *peers):
        ended = run([sys.executable, "-m", "tests.bench.record_peers", way, str(path)])
        if ended.code:
            why = (
                "out of memory"
                if ended.code == -9 or "Memory" in ended.errors
                else ended.errors.strip()[-200:]
            )
            measured.append(Measured(table, way, rows, None, ended.mib, why=why))
        else:
            told = json.loads(ended.printed.splitlines()[-1])
            measured.append(Measured(table, way, rows, told["seconds"], ended.mib, told["bad"]))
    path.unlink()
    return measured


def measure_intake(folder: Path, rows: int, kind: str) -> list[Measured]:
    """A round in which every state sends its share of the rows: read, checked, loaded,
    and counted into cubes.
    """
    contracts = load_contracts(ROOT / "data_contracts")
    states = [m.code for m in contracts.members(ROUND)]
    returns = folder / "returns" / str(ROUND) / contracts.table(TABLE).report
    returns.mkdir(parents=True)
    shares = [rows // len(states) + (n < rows % len(states)) for n in range(len(states))]
    for state, share in zip(states, shares, strict=True):
        write(returns / f"{state}.{TABLE}.records.{kind}", share, SEED, 0)
    surroundings = {
        "SELEC_RETURNS": str(folder / "returns"),
        "SELEC_OUTPUTS": str(folder / "outputs"),
    }
    measured = []
    for step in ("validate", "numbers"):
        ended = run([sys.executable, "-m", "pipeline", step, "--round", str(ROUND)], surroundings)
        if ended.code:
            raise SystemExit(f"error: {step} ended with {ended.code}\n{ended.errors}")
        measured.append(
            Measured(
                f"{len(states)} states, .{kind}", step, rows, round(ended.seconds, 2), ended.mib
            )
        )
    if counted(Project(ROOT, folder / "outputs")) != rows:
        raise SystemExit(
            f"error: the cubes hold {counted(Project(ROOT, folder / 'outputs')):,} of {rows:,}"
            " records"
        )
    return measured


def counted(project: Project) -> int:
    """Records in the cubes: the region's totals over places and years."""
    import duckdb

    with duckdb.connect(str(project.work(ROUND) / "cubes.duckdb"), read_only=True) as connection:
        where = "where cube = ? and state = 'SELEC' and codes[2] = '_T'"
        row = connection.execute(
            f"select coalesce(sum(value), 0) from marts.cells {where}", [TABLE]
        ).fetchone()
    assert row is not None
    return int(row[0])


def write(path: Path, rows: int, seed: int, one_bad_in: int) -> None:
    """Make a file in a process of its own: this one stays small, as what it starts
    inherits its peak.
    """
    options = ["--seed", str(seed), "--one-bad-in", str(one_bad_in)]
    ended = run([sys.executable, "-m", "tests.bench.record_files", str(path), str(rows), *options])
    if ended.code:
        raise SystemExit(f"error: {path.name} could not be made\n{ended.errors}")


def run(command: list[str], surroundings: Mapping[str, str] | None = None) -> Ended:
    with tempfile.TemporaryFile("w+") as printed, tempfile.TemporaryFile("w+") as errors:
        start = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=printed,
            stderr=errors,
            env={**os.environ, **(surroundings or {})},
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        printed.seek(0)
        errors.seek(0)
        return Ended(
            process.returncode,
            seconds,
            round(usage.ru_maxrss / 1024),
            printed.read(),
            errors.read(),
        )


def lines(measured: Sequence[Measured]) -> Iterator[str]:
    """The measurements as a table in Markdown; times are also given as multiples of the
    quickest hand-written SQL.
    """
    yield "| table | way | rows | s | times SQL | peak MiB | bad rows |"
    yield "|---|---|---|---|---|---|---|"
    for m in measured:
        by_hand = [
            o.seconds
            for o in measured
            if o.table == m.table and o.way.startswith("sql") and o.seconds is not None
        ]
        times = (
            f"{m.seconds / min(by_hand):.1f}"
            if by_hand and m.seconds is not None and min(by_hand)
            else ""
        )
        seconds = m.why if m.seconds is None else f"{m.seconds:.1f}"
        bad = "" if m.bad is None else f"{m.bad:,}"
        yield (
            f"| {m.table} | {NAMES.get(m.way, m.way)} | {m.rows:,} | {seconds} | {times} |"
            f" {m.mib:,} | {bad} |"
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
