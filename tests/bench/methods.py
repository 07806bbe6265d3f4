"""What does one way of hiding cells hide on one instance, what does it give away, and
what does it cost?

    python -m tests.bench.methods --method METHOD --instance 1000 --seed 1 --result FILE

Each measurement is a process of its own, so that its peak memory is its own. What a
pattern gives away is judged by the auditor, for somebody who knows all shown cells and
how the method works: where only small counts are hidden (primary-only, ACRO) a hidden
cell is known to be small; where complements look the same (elimination, ours) it is
only known not to be zero. Our own pattern goes through the loop of a release: choose,
prove, hide more for what could not be proven, prove again.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from pipeline.disclosure.choose.choose import choose, strengthen
from pipeline.disclosure.choose.linked import Pattern, System
from pipeline.disclosure.prove.proof import Proof, prove
from pipeline.disclosure.prove.system import NO_LIMIT

from . import acro_peer
from .certificates import verify
from .instances import VALUES, Instance, as_system, make_instance, read_municipal
from .judge import judge
from .yardstick import gaussian_only

ROUNDS = 4  # times that a pattern is proven before what is left counts as exposed


@dataclass
class Result:
    """One method on one instance: cells by why they are hidden, what leaks, seconds,
    and the proof where there is one.

    `exposed` counts sensitive cells without a certificate; only our own method makes
    one. `exact`, `width_1` and `width_2` count sensitive cells that an attacker knows
    exactly or to within two or three values. `seconds` are by the clock, `cpu_seconds`
    those of the processor until there was a pattern, and with ours its proof.
    """

    instance: str
    method: str
    cells: int
    primary: int
    secondary: int = 0
    share_hidden: float = 0.0
    exact: int = 0
    width_1: int = 0
    width_2: int = 0
    undecided: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    cpu_seconds: float = 0.0
    peak_mib: float = 0.0
    exposed: int | None = None
    tables: int | None = None
    certificate_bytes: int | None = None
    rounds: int | None = None
    notes: dict[str, int] = field(default_factory=dict)

    @property
    def own_seconds(self) -> float:
        """What a release would wait for: everything but the judgement."""
        return sum(s for step, s in self.seconds.items() if step != "judge")


@dataclass(frozen=True)
class Task:
    """An instance as chooser and auditor read it, and how long each may take."""

    name: str
    instance: Instance
    system: System
    limit: float

    @property
    def sensitive(self) -> np.ndarray:
        return (self.system.value > 0) & (self.system.value < self.instance.threshold)

    @property
    def demands(self) -> dict[str, tuple[int, int, int]]:
        return {self.system.names[d.cell]: (d.low, d.high, d.values) for d in self.system.demands}


def read_task(name: str, seed: int, limit: float) -> Task:
    """An instance by its size, or by the path of a CSV file."""
    instance = make_instance(int(name), seed) if name.isdigit() else read_municipal(Path(name))
    return Task(
        f"{int(name):,} cells" if name.isdigit() else Path(name).stem,
        instance,
        as_system(instance),
        limit,
    )


def primary_only(task: Task) -> Result:
    """Small counts and nothing else, as `<5`."""
    begun = time.perf_counter()
    hidden = task.sensitive
    result = counted(task, "primary only", hidden, {"choose": time.perf_counter() - begun})
    return judged(
        task,
        result,
        hidden,
        np.ones_like(task.system.value),
        _all(task, task.instance.threshold - 1),
    )


def acro(task: Task) -> Result:
    """What ACRO's tables leave blank. Its blanks may be zeros."""
    acro_peer.make_environment()
    release = acro_peer.release(task.instance)
    hidden = np.array([n in release.hidden for n in task.system.names])
    result = counted(task, "ACRO", hidden & (task.system.value > 0), {"choose": release.seconds})
    result.cpu_seconds, result.peak_mib = used(resource.RUSAGE_CHILDREN)
    result.notes = {
        "tables": release.tables,
        "false_totals": release.false_totals,
        "blank_zeros": int((hidden & (task.system.value == 0)).sum()),
    }
    most = np.where(
        task.system.value < task.instance.threshold, task.instance.threshold - 1, NO_LIMIT
    )
    return judged(task, result, hidden, _all(task, 0), most)


def elimination(task: Task) -> Result:
    """Gaussian elimination alone: no hidden cell is a combination of shown ones."""
    begun = time.perf_counter()
    hidden = np.asarray(gaussian_only(task.system), dtype=bool)
    result = counted(task, "elimination", hidden, {"choose": time.perf_counter() - begun})
    return judged(task, result, hidden, task.system.low, task.system.high)


def ours(task: Task, seed: int = 0) -> Result:
    """The pattern of this project, proven, with its certificate checked by the tool
    that anybody can run.
    """
    begun = time.perf_counter()
    pattern = choose(task.system, seed=seed)
    seconds = {"choose": time.perf_counter() - begun, "prove": 0.0}
    place = {n: i for i, n in enumerate(task.system.names)}
    for rounds in range(1, ROUNDS + 1):
        begun = time.perf_counter()
        proof = prove_pattern(task, pattern)
        seconds["prove"] += time.perf_counter() - begun
        if not proof.failures or rounds == ROUNDS:
            break
        begun = time.perf_counter()
        pattern = strengthen(task.system, pattern, cells=[place[n] for n in proof.failures])
        seconds["choose"] += time.perf_counter() - begun
    result = counted(task, "ours", pattern.hidden, seconds)
    # one round at least
    result.exposed, result.tables = len(proof.failures), len(proof.tables)  # type: ignore[possibly-undefined]
    result.rounds = rounds
    result.notes = {
        "asked_for_what_zeros_leave_open": sum(
            (d.low, d.high, d.values) != (1, task.instance.threshold - 1, VALUES)
            for d in task.system.demands
        ),
        "unprotected": len(pattern.unprotected),
    }
    hidden = {n for n, h in zip(task.system.names, pattern.hidden, strict=True) if h}
    verified = verify(task.instance, hidden, task.demands, proof.tables)
    if verified.holds == bool(proof.failures):
        raise RuntimeError(f"{task.name}: proof and verifier differ: {verified.said}")
    result.certificate_bytes, seconds["verify"] = verified.size, verified.seconds
    if proof.failures:
        judged(task, result, pattern.hidden, task.system.low, task.system.high, set(proof.failures))
    return result


METHODS: dict[str, Callable[[Task], Result]] = {
    "primary": primary_only,
    "acro": acro,
    "elimination": elimination,
    "ours": ours,
}


def prove_pattern(task: Task, pattern: Pattern) -> Proof:
    """Counter-tables for every sensitive cell of a pattern."""
    system = task.system
    return prove(
        system.names,
        system.value,
        hidden=pattern.hidden,
        sums=task.instance.sums,
        intervals=(),
        lows=system.low,
        highs=system.high,
        demands=task.demands,
        suggested=[m.named(system.names) for m in pattern.moves],
        time_limit=task.limit,
    )


def _all(task: Task, value: int) -> np.ndarray:
    return np.full(len(task.system.value), value, dtype=np.int64)


def counted(task: Task, method: str, hidden: np.ndarray, seconds: dict[str, float]) -> Result:
    """How much a pattern hides. Processor and memory are read here, before anything is
    judged.
    """
    value = task.system.value
    cpu, peak = used(resource.RUSAGE_SELF)
    return Result(
        task.name,
        method,
        len(value),
        int((hidden & task.sensitive).sum()),
        int((hidden & ~task.sensitive).sum()),
        float(value[hidden].sum() / value.sum()),
        seconds=seconds,
        cpu_seconds=cpu,
        peak_mib=peak,
    )


def judged(
    task: Task,
    result: Result,
    hidden: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    only: set[str] | None = None,
) -> Result:
    """Add what the pattern gives away to a result. A sensitive cell that is shown is
    known exactly.
    """
    begun = time.perf_counter()
    demands = {n: d for n, d in task.demands.items() if only is None or n in only}
    found = judge(
        task.system.names,
        task.system.value,
        hidden=hidden,
        sums=task.instance.sums,
        lows=low,
        highs=high,
        demands=demands,
        time_limit=task.limit,
    )
    shown = int((task.sensitive & ~hidden).sum())
    result.exact, result.width_1, result.width_2 = found.exact + shown, found.width_1, found.width_2
    result.undecided = found.undecided
    result.seconds["judge"] = time.perf_counter() - begun
    return result


def used(whose: int) -> tuple[float, float]:
    """Processor seconds and peak memory in MiB, of this process or of those that it
    started.

    Linux lets a process begin with the peak of the one that started it, so small ones
    show that of the bench.
    """
    usage = resource.getrusage(whose)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--method", choices=METHODS, required=True)
    parser.add_argument("--instance", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--limit", type=float, default=600.0, help="seconds that a proof or a judgement may take"
    )
    parser.add_argument("--result", type=Path, required=True)
    given = parser.parse_args(arguments)
    result = METHODS[given.method](read_task(given.instance, given.seed, given.limit))
    given.result.write_text(json.dumps(asdict(result)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
