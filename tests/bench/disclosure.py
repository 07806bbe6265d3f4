"""How does the choice of hidden cells compare with its peers, in safety, loss and time?
`make bench-disclosure`.

    make bench-disclosure                                   instances of 1,000 and
    10,000 cells, and the public reports
    make bench-disclosure SIZES="1000 10000 100000"         the largest takes hours for
    some of the peers
    make bench-disclosure INSTANCES=folder                  also public test data:
    d3.csv, d4.csv of R's SSBtools

Each method runs on each instance in a process of its own: hiding small counts only,
ACRO, Gaussian elimination alone, and ours. The independent auditor says what each gives
away. `methods`, `reports` and `acro_peer` tell what exactly is done.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from pipeline.project import Project

from . import methods, reports
from .methods import Result

ROOT = Path(__file__).parents[2]
SIZES = ("1000", "10000", "100000")
HEADS = (
    "instance",
    "method",
    "cells",
    "primary",
    "added",
    "value %",
    "exact",
    "±1",
    "±2",
    "open",
    "unproven",
    "choose s",
    "prove s",
    "cpu s",
    "MiB",
    "tables",
    "KiB",
    "verify s",
)


@dataclass(frozen=True)
class Target:
    """What was promised, whether it was met (None: not measured), and what was
    measured.
    """

    name: str
    met: bool | None
    measured: str

    def line(self) -> str:
        word = "not measured" if self.met is None else "met" if self.met else "MISSED"
        return f"{word:<12}  {self.name}{': ' if self.measured else ''}{self.measured}"


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", nargs="*", default=list(SIZES[:2]), choices=SIZES)
    parser.add_argument("--instances", type=Path, help="a folder with d3.csv and d4.csv")
    parser.add_argument(
        "--methods", nargs="*", default=list(methods.METHODS), choices=list(methods.METHODS)
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--limit", type=float, default=3600.0, help="seconds that a method may take on an instance"
    )
    parser.add_argument(
        "--no-reports", action="store_true", help="leave out the three public reports"
    )
    given = parser.parse_args(arguments)
    public = [str(given.instances / f"{n}.csv") for n in ("d3", "d4")] if given.instances else []
    jobs = [
        ("methods", method, ["--instance", instance, "--seed", str(given.seed)])
        for instance in (*given.sizes, *(p for p in public if Path(p).is_file()))
        for method in given.methods
    ]
    if not given.no_reports:
        jobs += [("reports", method, []) for method in reports.METHODS if method in given.methods]
    results: list[Result] = []
    failed: list[str] = []
    for module, method, options in jobs:
        label = f"{options[1] if options else module}: {method}"
        result = run_alone(f"tests.bench.{module}", method, options, given.limit)
        if isinstance(result, Result):
            results.append(result)
        else:
            failed.append(f"{label} {result}")
        # after each one, so that nothing is lost when it is stopped
        path = _write(results, failed, given.seed)
        sys.stderr.write(f"{label}: {'measured' if isinstance(result, Result) else result}\n")
    promised = [t.line() for t in targets(results, failed)]
    lines = [*table(results), "", *notes(results), *failed, "", *promised, f"written to {path}", ""]  # type: ignore[possibly-undefined]  # one job at least
    sys.stdout.write("\n".join(lines))
    return 0


def run_alone(module: str, method: str, options: Sequence[str], limit: float) -> Result | str:
    """A measurement in a process of its own; why there is none, when it failed or took
    too long.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        path = Path(folder) / "result.json"
        command = [
            sys.executable,
            "-m",
            module,
            "--method",
            method,
            "--result",
            str(path),
            *options,
        ]
        command += ["--limit", str(limit / 2)]  # for a proof or a judgement
        child = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            _, errors = child.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            # a group of its own: the child and what it started
            os.killpg(child.pid, signal.SIGKILL)
            child.communicate()
            return f"did not finish within {limit:,.0f} s"
        if child.returncode:
            return (
                f"failed: {(errors.strip() or f'ended with {child.returncode}').splitlines()[-1]}"
            )
        return Result(**json.loads(path.read_text(encoding="utf-8")))


def targets(results: Sequence[Result], failed: Sequence[str] = ()) -> list[Target]:
    """What was promised, held against what was measured. Where ours came to no end
    there is no certificate either.
    """
    own = {r.instance: r for r in results if r.method == "ours"}
    unproven = [f"{r.instance}: {r.exposed:,} without" for r in own.values() if r.exposed]
    unproven += [f for f in failed if ": ours " in f]
    found = [
        Target(
            "no sensitive cell without a certificate",
            not unproven if own or unproven else None,
            ", ".join(unproven or own),
        ),
        _at_most("the three public reports", own.get(reports.NAME), 5, "s"),
        _at_most("10,000 cells", own.get("10,000 cells"), 45, "s"),
        _at_most("100,000 cells", own.get("100,000 cells"), 720, "s"),
        _at_most("100,000 cells", own.get("100,000 cells"), 4, "GiB"),
    ]
    for peer in results:
        if peer.method == "elimination" and peer.secondary and peer.instance in own:
            ratio = own[peer.instance].secondary / peer.secondary
            most = 1.3 if peer.instance == reports.NAME else 1.5
            name = f"{peer.instance}: at most {most} times the cells that elimination adds"
            found.append(Target(name, ratio <= most, f"{ratio:.2f}"))
    return found


def _at_most(name: str, result: Result | None, most: float, unit: str) -> Target:
    """A promise of seconds (to choose, prove and verify) or of memory."""
    name = f"{name} within {most:,.0f} {unit}"
    if result is None:
        return Target(name, None, "")
    measured = result.peak_mib / 1024 if unit == "GiB" else result.own_seconds
    return Target(name, measured <= most, f"{measured:,.1f} {unit}")


def table(results: Iterable[Result]) -> Iterable[str]:
    """The measurements as plain text."""
    lines = [HEADS, *(_row(r) for r in results)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADS))]
    for line in lines:
        first = [f"{text:<{w}}" for text, w in zip(line[:2], widths[:2], strict=True)]
        rest = [f"{text:>{w}}" for text, w in zip(line[2:], widths[2:], strict=True)]
        yield "  ".join([*first, *rest]).rstrip()


def _row(r: Result) -> tuple[str, ...]:
    counts = (r.cells, r.primary, r.secondary)
    leaks = (r.exact, r.width_1, r.width_2, r.undecided)
    size = None if r.certificate_bytes is None else r.certificate_bytes / 1024
    return (
        r.instance,
        r.method,
        *(f"{n:,}" for n in counts),
        f"{100 * r.share_hidden:.1f}",
        *(f"{n:,}" for n in leaks),
        _optional(r.exposed, 0),
        _optional(r.seconds.get("choose"), 1),
        _optional(r.seconds.get("prove"), 1),
        f"{r.cpu_seconds:,.1f}",
        f"{r.peak_mib:,.0f}",
        _optional(r.tables, 0),
        _optional(size, 0),
        _optional(r.seconds.get("verify"), 2),
    )


def _optional(number: float | None, digits: int) -> str:
    return "" if number is None else f"{number:,.{digits}f}"


def notes(results: Iterable[Result]) -> Iterable[str]:
    """What the columns mean, and what single methods add."""
    yield (
        "primary: hidden by the rule; added: hidden beside them; value %: share of all counts that"
        " is hidden"
    )
    yield (
        "exact, ±1, ±2: sensitive cells known exactly or to within 2 or 3 values; open: not judged"
        " in time"
    )
    for r in results:
        if r.notes:
            told = ", ".join(
                f"{name.replace('_', ' ')} {number:,}" for name, number in r.notes.items()
            )
            yield f"{r.instance}, {r.method}: {told}"


def _write(results: Sequence[Result], failed: Sequence[str], seed: int) -> Path:
    told = {
        "seed": seed,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "libraries": {name: version(name) for name in ("highspy", "numpy", "scipy")},
        "results": [asdict(r) for r in results],
        "failed": list(failed),
        "targets": [asdict(t) for t in targets(results, failed)],
    }
    path = Project.here().outputs / "bench-disclosure.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return path


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
