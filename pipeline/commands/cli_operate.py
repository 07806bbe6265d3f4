"""Which commands run the year without a person, and look at what was run?"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.commands.options import Today
from pipeline.commands.tables import Json, print_table
from pipeline.project import Project

if TYPE_CHECKING:
    from pipeline.release.operations.runs import Run

app = typer.Typer()
_MOST = 20


@app.command()
def run(
    round_: Annotated[
        int, typer.Option("--round", help="The newest round that is open, without it.")
    ] = 0,
    *,
    day: Today = "",
) -> None:
    """Do the way of the year as far as calendar and record allow today; nothing is
    approved or released.
    """
    from pipeline.contracts.calendar import load_calendar
    from pipeline.contracts.model import load_contracts
    from pipeline.contracts.operations import load_operations
    from pipeline.contracts.policy import load_policy
    from pipeline.release.operations.runs import forget_runs, recorded
    from pipeline.steps.unattended import round_of, run_stages, way_of
    from pipeline.system.lock import at_work
    from pipeline.system.signed.people import parse_day

    project = Project.here()
    contracts = load_contracts(project.contracts)
    policy = load_policy(project.contracts, contracts)
    settings = load_operations(project.contracts, policy)
    calendar = load_calendar(project.contracts, contracts, policy=policy)
    today = parse_day(day)
    number = round_ or round_of(calendar, today)
    way = way_of(number, entries=calendar.of_round(number), settings=settings, day=today)
    with (
        at_work(project, f"run {number}", wait=60 * settings.wait),
        recorded(project, f"run {number}", round_=number) as record,
    ):
        typer.echo(f"run {record.id}: round {number} on {today}")
        for line in way.why:
            typer.echo(line)
        code = run_stages(project, way, record, tell=typer.echo)
        forget_runs(project, keep_days=settings.keep_days, keep_last=settings.keep_last)
        if code:
            typer.echo(f"what was printed: {record.told}", err=True)
            sys.exit(code)


@app.command()
def log(
    name: Annotated[
        str, typer.Argument(help="A run, by the beginning of its name; last for the last one.")
    ] = "",
    *,
    as_json: Json = False,
) -> None:
    """List the runs that were recorded, or the steps of one of them."""
    from pipeline.release.operations.runs import find_run, read_runs

    project = Project.here()
    found = [find_run(project, name)] if name else read_runs(project)[:_MOST]
    if as_json:
        shown = [{**asdict(run), "seconds": run.seconds, "end": run.end} for run in found]
        typer.echo(json.dumps(shown[0] if name else shown, indent=1))
    elif name:
        _print_run(found[0])
    else:
        rows = [
            (r.id, r.what, r.began, _length(r.seconds), str(len(r.steps)), r.end) for r in found
        ]
        heads = ("run", "what", "began (UTC)", "took", "steps", "how it ended")
        print_table("Runs, the last one first", heads, rows)


def _print_run(run: Run) -> None:
    rows = [
        (
            step.name,
            _length(step.ended - step.began),
            step.error or (f"exit code {step.code}" if step.code else "done"),
            step.why,
            step.inputs[:12],
        )
        for step in run.steps
    ]
    heads = ("step", "took", "how it ended", "why", "inputs")
    print_table(f"{run.id}: {run.what}, began {run.began}, {run.end}", heads, rows)
    typer.echo(f"code {run.commit[:12]}; {', '.join(f'{n} {v}' for n, v in run.libraries.items())}")


def _length(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds // 60)} min {seconds % 60:.0f} s"
