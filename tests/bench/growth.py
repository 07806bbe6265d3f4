"""How does the cost of each step grow with rounds, states and tables? `make bench-growth`,
or with AXES="rounds tables" SEED=2.

Builds projects that are made of the example returns, each from nothing in a folder of its
own, one command a step. Along each axis the others stay as they are: one round, eleven
states, the tables of today.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import duckdb
import pikepdf

from pipeline.contracts.model import load_contracts
from pipeline.project import Project
from pipeline.report.document.order import pdf_name
from pipeline.steps.plan import RECORDS

from .growth_rule import Growth, growth_of
from .spent import Spent, spent, surroundings, together
from .synthetic import RENDERED, ROUND, Example, Made, Size, make_project, tables_today

SIZES: Mapping[str, tuple[int, ...]] = {
    "rounds": (1, 3, 10),
    "states": (11, 20, 30),
    "tables": (tables_today(), 60, 80),
}
SMALLEST = Size(rounds=1, states=11, tables=tables_today())
VERSIONS = ("restricted", "public")
# What may grow faster: it looks for the cells to hide of all tables together.
EXEMPT = "protect"


@dataclass(frozen=True)
class Cost:
    """What a step took of a project, and how much it had to read: `input` rows of
    returns, cells of stores, or pages.
    """

    input: int
    unit: str
    spent: Spent


Costs = dict[str, Cost]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--axes", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--seed", type=int, default=1, help="of the factors of the figures")
    chosen = parser.parse_args(arguments)
    axes = list(dict.fromkeys(chosen.axes))
    known: dict[Size, Costs] = {}
    with tempfile.TemporaryDirectory(prefix="bench-growth-") as folder:
        example = Example.read(Path(folder) / "example")
        for size in dict.fromkeys(size for axis in axes for size in _sizes(axis)):
            sys.stderr.write(f"{size}\n")
            with tempfile.TemporaryDirectory(dir=folder) as root:
                made = make_project(Path(root) / "project", size, example, seed=chosen.seed)
                known[size] = measure(made, size)
            for step, cost in known[size].items():
                sys.stderr.write(f"  {step}: {cost.input:,} {cost.unit}, {cost.spent}\n")
    found = {axis: [known[size] for size in _sizes(axis)] for axis in axes}
    path = Project.here().outputs / "bench-growth.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(_as_json(found, chosen.seed), indent=1) + "\n", encoding="utf-8")
    for axis in axes:
        sys.stdout.write("\n".join([*table(axis, found[axis]), "", ""]))
    sys.stdout.write("\n".join([*verdicts(found), f"written to {path}", ""]))
    return 0


def _sizes(axis: str) -> list[Size]:
    return [replace(SMALLEST, **{axis: n}) for n in SIZES[axis]]


# What a project costs.


def measure(made: Made, size: Size) -> Costs:
    """Every step of the build of the last round, from nothing; validation round by round.
    Raises SystemExit where figures that were sent did not arrive.
    """
    project = Project(made.root)
    each = validate_rounds(made, size)
    sent = sum(made.sent.values())
    costs = {
        "validate, all rounds": Cost(sent, "rows", together(each)),
        "validate, the last round": Cost(made.sent[ROUND], "rows", each[-1]),
        "numbers": Cost(sent, "rows", _build(made, "numbers")),
    }
    check_arrived(project, sent)
    stores = _build(made, "stores")
    cells = _cells(project)
    costs["stores"] = Cost(cells, "cells", stores)
    costs["protect"] = Cost(cells, "cells", _build(made, "protect"))
    for number, version in enumerate(VERSIONS, 1):
        # the versions before are there already
        took = _build(made, "render", versions=VERSIONS[:number])
        costs[f"render {version}"] = Cost(_pages(project, version), "pages", took)
    # its proof is checked again, over the cells of all reports
    costs["render public"] = replace(costs["render public"], input=cells, unit="cells")
    return costs


def _build(
    made: Made, until: str, round_: int = ROUND, *, versions: Iterable[str] = VERSIONS
) -> Spent:
    command = [sys.executable, "-m", "pipeline", "build", "--round", str(round_)]
    command += ["--reports", RENDERED, "--versions", " ".join(versions), "--until", until]
    return spent(command, cwd=made.root, env=surroundings())


def validate_rounds(made: Made, size: Size) -> list[Spent]:
    """Validate one round after the other. Raises SystemExit where a round that was
    validated already is validated again.
    """
    each: list[Spent] = []
    known: dict[int, int] = {}
    for round_ in size.round_numbers:
        each.append(_build(made, "validate", round_))
        records = {
            r: Project(made.root).round_folder(r) / RECORDS / f"validate-{r}.json"
            for r in (*known, round_)
        }
        now = {r: path.stat().st_mtime_ns for r, path in records.items()}
        if again := [r for r, time in known.items() if now[r] != time]:
            raise SystemExit(f"error: {again} were validated again by the build of {round_}")
        known = now
    return each


def check_arrived(project: Project, sent: int) -> None:
    """Raise SystemExit where the ledger does not hold every figure that was sent."""
    with duckdb.connect(str(project.warehouse), read_only=True) as ledger:
        tables = [t.sql_name for t in load_contracts(project.contracts).tables]
        arrived = sum(_count(ledger, f"warehouse.{name}") for name in tables)
    if arrived != sent:
        raise SystemExit(f"error: {arrived:,} figures arrived of {sent:,} that were sent")


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    ((count,),) = connection.execute(f"select count(*) from {table}").fetchall()
    return int(count)


def _cells(project: Project) -> int:
    """The cells of the restricted stores of all reports."""
    found = 0
    for report in project.reports:
        with duckdb.connect(str(project.store(ROUND, report, "restricted")), read_only=True) as s:
            found += _count(s, "cells")
    return found


def _pages(project: Project, version: str) -> int:
    folder = project.version_folder(ROUND, RENDERED, version)
    with pikepdf.open(folder / pdf_name(RENDERED, version, round_=ROUND, edition=1)) as pdf:
        return len(pdf.pages)


# What is told of it.


def growths(costs: Sequence[Costs]) -> dict[str, Growth]:
    """How each step grew over projects from the smallest to the largest."""
    return {
        step: growth_of([(c[step].input, c[step].spent.cpu) for c in costs]) for step in costs[0]
    }


def table(axis: str, costs: Sequence[Costs]) -> Iterator[str]:
    """The steps of an axis as plain text, CPU in seconds and memory in MiB by size."""
    yield f"{axis}: {', '.join(map(str, SIZES[axis]))}"
    yield (
        f"{'step':<24}  {'input':>22}  {'factor':>6}  {'CPU s':>20}  {'factor':>6}"
        f"  {'wall s':>20}  {'peak MiB':>16}  {'CPU as input to the':>19}  than input"
    )
    for step, growth in growths(costs).items():
        of = [c[step] for c in costs]
        inputs = f"{_listed((c.input for c in of), ',.0f')} {of[0].unit}"
        yield (
            f"{step:<24}  {inputs:>22}  {growth.input_factor:>6.2f}"
            f"  {_listed((c.spent.cpu for c in of), '.1f'):>20}  {growth.cpu_factor:>6.2f}"
            f"  {_listed((c.spent.wall for c in of), '.1f'):>20}"
            f"  {_listed((c.spent.peak_mib for c in of), '.0f'):>16}"
            f"  {growth.exponent:>19}  {growth.verdict}"
        )


def verdicts(found: Mapping[str, Sequence[Costs]]) -> Iterator[str]:
    """Which steps grow faster than their input, a line each."""
    faster = [
        f"{step}, by {axis}"
        for axis, costs in found.items()
        for step, growth in growths(costs).items()
        if growth.is_faster
    ]
    for name in faster:
        yield f"grows faster than its input: {name}{' (may)' if name.startswith(EXEMPT) else ''}"
    if not faster:
        yield "no step grows faster than its input"


def _listed(values: Iterable[float], form: str) -> str:
    return " ".join(format(v, form) for v in values)


def _as_json(found: Mapping[str, Sequence[Costs]], seed: int) -> dict[str, object]:
    return {
        "seed": seed,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "axes": {
            axis: [
                {"size": asdict(size), "steps": {name: asdict(c) for name, c in cost.items()}}
                for size, cost in zip(_sizes(axis), costs, strict=True)
            ]
            for axis, costs in found.items()
        },
        "growth": {
            axis: {
                step: {**asdict(growth), "verdict": growth.verdict}
                for step, growth in growths(costs).items()
            }
            for axis, costs in found.items()
        },
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
