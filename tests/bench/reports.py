"""How do the ways of hiding compare on the project's own public reports? All three
together, as one release.

    python -m tests.bench.reports --method METHOD --result FILE

Ours is the step of the build as it is: choose, write the stores, prove, verify, for the
public version, with an empty register of editions. The peers start from the same cells
and sums and what the policy withholds by rule; hiding nothing else, or eliminating.
ACRO has no part in this: it makes tables from records, and the returns are counts.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from pipeline.contracts.model import Contracts, load_contracts
from pipeline.contracts.policy import Policy, load_policy
from pipeline.disclosure.choose.linked import NO_LIMIT, System
from pipeline.disclosure.choose.system import Linked, Secrets, build_system, find_secrets, link
from pipeline.disclosure.proof import certificate_path, require_proof
from pipeline.disclosure.protect import protect_round, release_day
from pipeline.disclosure.prove.system import Interval
from pipeline.numbers.build import store_inputs
from pipeline.numbers.mart_rows import read_marts
from pipeline.project import Project
from pipeline.returns.rules.validated import read_validation

from .judge import judge
from .methods import Result, used
from .yardstick import gaussian_only

ROUND, VERSION = 2022, "public"
NAME = f"public reports {ROUND}"
PHASES = CHOOSE, PROVE = "what to withhold", "proof"  # in the messages of the build
STEPS = ("choose", "prove")


@dataclass
class Clock:
    """Seconds by phase, and how often each began, as the build tells of them: `version:
    phase`.
    """

    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    times: Counter[str] = field(default_factory=Counter)
    phase: str = ""
    since: float = 0.0

    def __call__(self, what: str, done: int = 0, total: int = 0) -> None:
        """A version's next phase; any other message belongs to the phase it comes in."""
        now = time.perf_counter()
        self.seconds[self.phase] += now - self.since
        self.since = now
        if what.partition(": ")[2] in PHASES:
            self.phase = what
            self.times[what] += 1


@dataclass(frozen=True)
class World:
    """The cells of the release and its system before anything is chosen."""

    linked: Linked
    secrets: Secrets
    system: System
    policy: Policy

    def names(self, hidden: np.ndarray) -> set[str]:
        """The cells that a pattern hides. Where few contributed, a sum of shown cells
        is no secret, and is shown.
        """
        found = {n for n, h in zip(self.system.names, hidden, strict=True) if h}
        for name in sorted(found & self.secrets.few - self.secrets.small):
            parts = self.linked.cells[name].parts
            if parts and found.isdisjoint(parts):
                found.remove(name)
        return found

    def share(self, hidden: set[str]) -> float:
        """The part of all counted persons that is hidden; grams and rates don't add up
        with them.
        """
        counted = {
            n: float(self.linked.values[n]) for n in self.linked.current if self._counts_persons(n)
        }
        return sum(v for n, v in counted.items() if n in hidden) / sum(counted.values())

    def _counts_persons(self, name: str) -> bool:
        cube = self.linked.cells[name].key.cube
        return cube in self.policy.tables and self.policy.table(cube).counts_persons


def read_world(project: Project, contracts: Contracts) -> World:
    """The public version's system, as the chooser starts from it."""
    policy = load_policy(project.contracts, contracts)
    version = policy.version(VERSION)
    day = release_day(store_inputs(read_validation(project, ROUND), ROUND, reports=project.reports))
    linked = link(
        read_marts(project, ROUND).reported_cells(), [], contracts=contracts, policy=policy
    )
    secrets = find_secrets(linked, policy, version=version, day=day, given_up=frozenset())
    return World(
        linked,
        secrets,
        build_system(
            linked, secrets, contracts=contracts, policy=policy, round_=ROUND, left_open={}
        ),
        policy,
    )


def primary_only(project: Project, contracts: Contracts, limit: float) -> Result:
    """What the policy withholds by rule, and nothing else."""
    world = read_world(project, contracts)
    return _judged(world, "primary only", world.system.hidden, 0.0, limit)


def elimination(project: Project, contracts: Contracts, limit: float) -> Result:
    """Gaussian elimination alone, over all tables together."""
    world = read_world(project, contracts)
    begun = time.perf_counter()
    hidden = np.asarray(gaussian_only(world.system), dtype=bool)
    return _judged(world, "elimination", hidden, time.perf_counter() - begun, limit)


def ours(project: Project, contracts: Contracts, limit: float) -> Result:
    """The step of the build, in a folder of its own. It fails where a cell stays
    without a certificate.

    Cells of breakdowns that were given up count as added.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        alone = Project(
            project.root, Path(folder) / "outputs", project.returns, Path(folder) / "releases"
        )
        shutil.copytree(project.work(ROUND), alone.work(ROUND))
        clock = Clock()
        versions = protect_round(alone, contracts, round_=ROUND, progress=clock)
        clock("end")
        cpu, peak = used(resource.RUSAGE_SELF)
        begun = time.perf_counter()
        require_proof(alone, ROUND, version=VERSION)
        verify = time.perf_counter() - begun
        size = certificate_path(alone, ROUND, version=VERSION).stat().st_size
    public = next(v for v in versions if v.version == VERSION)
    counts = public.decision.tables.values()
    seconds = {
        name: clock.seconds[f"{VERSION}: {phase}"]
        for name, phase in zip(STEPS, PHASES, strict=True)
    }
    seconds["verify"] = verify
    world = read_world(project, contracts)
    return Result(
        NAME,
        "ours",
        len(public.decision.shown) + len(public.decision.withheld),
        sum(t.primary for t in counts),
        sum(t.secondary + t.given_up for t in counts),
        world.share(set(public.decision.withheld)),
        seconds=seconds,
        cpu_seconds=cpu,
        peak_mib=peak,
        exposed=len(public.proof.failures),
        tables=public.proof.tables,
        certificate_bytes=size,
        notes={"given_up": sum(t.given_up for t in counts), "sensitive": public.proof.demands},
        rounds=clock.times[f"{VERSION}: {PROVE}"],
    )


METHODS: dict[str, Callable[[Project, Contracts, float], Result]] = {
    "primary": primary_only,
    "elimination": elimination,
    "ours": ours,
}


def _judged(world: World, method: str, hidden: np.ndarray, choose: float, limit: float) -> Result:
    system = world.system
    cpu, peak = used(resource.RUSAGE_SELF)
    names = world.names(hidden)
    by_rule = world.secrets.all
    begun = time.perf_counter()
    demands = {system.names[d.cell]: (d.low, d.high, d.values) for d in system.demands}
    found = judge(
        system.names,
        system.value,
        hidden=hidden,
        sums=(),
        lows=system.low,
        highs=system.high,
        demands=demands,
        intervals=list(_intervals(system)),
        time_limit=limit,
    )
    return Result(
        NAME,
        method,
        len(system.names),
        len(names & by_rule),
        len(names - by_rule),
        world.share(names),
        found.exact,
        found.width_1,
        found.width_2,
        found.undecided,
        {"choose": choose, "judge": time.perf_counter() - begun},
        cpu,
        peak,
        notes={"sensitive": len(demands)},
    )


def _intervals(system: System) -> list[Interval]:
    """The rows of the system as the auditor reads rows."""
    rows = system.rows
    found: list[Interval] = []
    for r in range(rows.shape[0]):
        inside = slice(rows.indptr[r], rows.indptr[r + 1])
        factors = {
            system.names[c]: int(f)
            for c, f in zip(rows.indices[inside], rows.data[inside], strict=True)
        }
        high = None if system.row_high[r] >= NO_LIMIT else int(system.row_high[r])
        found.append((f"row {r}", factors, int(system.row_low[r]), high))
    return found


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--method", choices=METHODS, required=True)
    parser.add_argument(
        "--limit", type=float, default=600.0, help="seconds that a judgement may take"
    )
    parser.add_argument("--result", type=Path, required=True)
    given = parser.parse_args(arguments)
    project = Project.here()
    result = METHODS[given.method](project, load_contracts(project.contracts), given.limit)
    given.result.write_text(json.dumps(asdict(result)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
