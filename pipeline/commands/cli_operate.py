"""Which commands run the year without a person, and look at what was run?"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.commands.options import Today
from pipeline.commands.tables import Json, print_table
from pipeline.errors import UserError
from pipeline.project import Project

if TYPE_CHECKING:
    from pipeline.release.operations.runs import Run

app = typer.Typer()
_MOST = 20
_NAMED = "A run, by its number or the beginning of its name; last for the last one."


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
    from pipeline.release.operations.clock import require_clock
    from pipeline.release.operations.runs import forget_runs, recorded
    from pipeline.steps.unattended import round_of, run_stages, said_of, way_of
    from pipeline.system.lock import at_work
    from pipeline.system.signed.people import parse_day

    project = Project.here()
    with ExitStack() as held:
        with _recorded_where_it_does_not_begin(project, round_):
            if not day:
                require_clock(project)
            contracts = load_contracts(project.contracts)
            policy = load_policy(project.contracts, contracts)
            settings = load_operations(project.contracts, policy)
            calendar = load_calendar(project.contracts, contracts, policy=policy)
            today = parse_day(day)
            number = round_ or round_of(calendar, today)
            way = way_of(
                number,
                entries=calendar.of_round(number),
                reports=project.reports,
                settings=settings,
                day=today,
                has_returns=(project.returns / str(number)).is_dir(),
            )
            held.enter_context(at_work(project, f"run {number}", wait=60 * settings.wait))
        record = held.enter_context(
            recorded(project, f"run {number}", round_=number, is_dated=bool(day))
        )
        typer.echo(f"run {record.id}: round {number} on {today}")
        for line in way.why:
            typer.echo(line)
        code = run_stages(project, way, record, tell=typer.echo)
        record.said |= said_of(project, number)
        for line in _said(record.said):
            typer.echo(line)
        forget_runs(project, keep_days=settings.keep_days, keep_last=settings.keep_last)
        if code:
            typer.echo(f"what was printed: {record.told}", err=True)
            sys.exit(code)


@contextmanager
def _recorded_where_it_does_not_begin(project: Project, round_: int) -> Iterator[None]:
    """What keeps a run from beginning stands in a record of its own: whoever looks at the
    last run must not see the one before, which was well.
    """
    from pipeline.release.operations.runs import recorded

    try:
        yield
    except UserError as problem:
        what = f"run {round_}" if round_ else "run"
        with recorded(project, what, round_=round_) as record:
            record.tell(f"error: {problem}")
            raise


@app.command()
def log(
    name: Annotated[str, typer.Argument(help=_NAMED)] = "",
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


@app.command()
def notice(
    name: Annotated[str, typer.Argument(help=_NAMED)] = "last",
    *,
    send: Annotated[
        bool,
        typer.Option("--send", help="Mail it to the operators of mail.yaml, if there are any."),
    ] = False,
) -> None:
    """Say how a run ended that nobody watched; without a figure."""
    from pipeline.release.operations.notice import notice_of, send_notice
    from pipeline.release.operations.runs import find_run

    project = Project.here()
    found = find_run(project, name)
    for line in notice_of(found):
        typer.echo(line)
    if send:
        from pipeline.contracts.mail import load_mail
        from pipeline.contracts.model import load_contracts

        mail = load_mail(project.contracts, load_contracts(project.contracts))
        if mail is None or mail.relay is None or not mail.operators:
            typer.echo("nobody is written to: mail.yaml names no relay or no operators")
            return
        not_taken = send_notice(found, mail)
        typer.echo(f"sent to {len(mail.operators) - len(not_taken)} operators")
        for address in not_taken:
            typer.echo(f"not taken: {address}", err=True)


@app.command()
def schedule(
    folder: Annotated[Path, typer.Option("--to", help="Where the files are written.")] = Path(),
    *,
    user: Annotated[str, typer.Option("--user", help="Who runs it; you, without it.")] = "",
) -> None:
    """Write units of systemd and a line for cron that run the pipeline every day."""
    import getpass

    from pipeline.contracts.calendar import load_calendar
    from pipeline.contracts.model import load_contracts
    from pipeline.contracts.operations import PAGE, load_operations
    from pipeline.contracts.policy import load_policy
    from pipeline.release.operations.schedule import schedule_files, write_schedule

    project = Project.here()
    contracts = load_contracts(project.contracts)
    policy = load_policy(project.contracts, contracts)
    settings = load_operations(project.contracts, policy)
    zone = load_calendar(project.contracts, contracts, policy=policy).zone
    files = schedule_files(project, settings, zone=zone, user=user or getpass.getuser())
    target = project.outputs / "schedule" if folder == Path() else folder
    for path in write_schedule(project, files, folder=target):
        typer.echo(str(path))
    typer.echo(f"how they are installed: {PAGE}")


def _print_run(run: Run) -> None:
    from pipeline.release.operations.clock import set_back

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
    for line in _said(run.said):
        typer.echo(line)
    if run.set_back_from:
        typer.echo(set_back(run.set_back_from))
    typer.echo(f"code {run.commit[:12]}; {', '.join(f'{n} {v}' for n, v in run.libraries.items())}")


def _said(said: Mapping[str, Any]) -> Iterator[str]:
    """What a record says of the round, in words."""
    if findings := said.get("findings"):
        yield "findings: " + ", ".join(f"{number} {what}" for what, number in findings.items())
    if gate := said.get("gate"):
        yield "release gate: " + ", ".join(f"{report} {how}" for report, how in gate.items())


def _length(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds // 60)} min {seconds % 60:.0f} s"


PasswordFile = Annotated[
    Path, typer.Option("--password-file", help="A file for its owner alone; without it nothing.")
]


@app.command()
def backup(
    to: Annotated[Path, typer.Option("--to", help="A folder on another disk or machine.")],
    password_file: PasswordFile,
) -> None:
    """Keep records, returns and contracts of one moment, encrypted, and read them back."""
    from pipeline.contracts.model import load_contracts
    from pipeline.contracts.operations import load_operations
    from pipeline.contracts.policy import load_policy
    from pipeline.release.operations.backup import make_backup

    project = Project.here()
    contracts = load_contracts(project.contracts)
    settings = load_operations(project.contracts, load_policy(project.contracts, contracts))
    done = make_backup(project, to, password_file=password_file, wait=60 * settings.wait)
    typer.echo(f"{to}: backup {done.name} by {done.how}, {done.files} files, read back whole")


@app.command(name="check-backup")
def check_backup(
    from_: Annotated[Path, typer.Option("--from", help="Where backups lie.")],
    password_file: PasswordFile,
) -> None:
    """Bring the last backup back into a folder that is removed again, file by file."""
    from pipeline.release.operations.backup import check_backup as check

    done = check(from_, password_file=password_file)
    typer.echo(f"{from_}: backup {done.name} by {done.how}, {done.files} files, whole")


@app.command()
def restore(
    from_: Annotated[Path, typer.Option("--from", help="Where backups lie.")],
    into: Annotated[
        Path, typer.Option("--into", help="The folder of a project; nothing in it is replaced.")
    ],
    password_file: PasswordFile,
) -> None:
    """Bring the last backup back: records, returns and contracts."""
    from pipeline.release.operations.backup import restore_backup

    done, placed = restore_backup(from_, into, password_file=password_file)
    for folder in placed:
        typer.echo(str(folder))
    typer.echo(f"backup {done.name}, {done.files} files; make reports builds the outputs again")
