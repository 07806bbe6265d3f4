"""Which command tries a year before it is one? A rehearsal, from the opening of a round
to the copies of its editions.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.commands.options import Round
from pipeline.errors import RehearsalError
from pipeline.project import Project

if TYPE_CHECKING:
    from pipeline.steps.rehearsal.account import Done

app = typer.Typer()
_FEW = ("BG", "HU", "ME", "RO", "RS", "TR")


class Size(StrEnum):
    """How much of a year is tried."""

    FULL = "full"
    ASSESSMENT = "assessment"
    SMALL = "small"


class Ending(StrEnum):
    """How the gate of the year is to speak at its end."""

    GO = "go"
    NO_GO = "no-go"


@app.command()
def rehearsal(
    round_: Round,
    *,
    to: Annotated[
        Path | None,
        typer.Option("--to", help="An empty folder; rehearsal-<round> in the outputs without it."),
    ] = None,
    size: Annotated[
        Size, typer.Option("--size", help="small: one report, few states; assessment: OCTA SEE.")
    ] = Size.FULL,
    ending: Annotated[
        Ending, typer.Option("--ending", help="no-go: some states never send.")
    ] = Ending.GO,
    seed: Annotated[int, typer.Option("--seed", help="Other figures, and other states err.")] = 1,
) -> None:
    """Try the whole year with invented returns and test keys, in an empty folder; every page
    says EXERCISE.
    """
    from pipeline.steps.rehearsal.account import write_account
    from pipeline.steps.rehearsal.year import Plan, rehearse

    project = Project.here()
    folder = to or project.outputs / f"rehearsal-{round_}"
    tried = {
        Size.FULL: {"reports": project.reports},
        Size.ASSESSMENT: {"reports": _discussed(project)},
        Size.SMALL: {"reports": project.reports[:1], "states": _FEW},
    }
    plan = Plan(
        round_,
        **tried[size],
        versions=("restricted", "public"),
        never=3 if ending is Ending.NO_GO else 0,
        seed=seed,
    )
    account = rehearse(project, folder, plan, run=_typed, tell=typer.echo)
    heading = {
        "round": str(round_),
        "ending": "GO, editions and copies" if plan.is_go else "NO-GO, nothing handed in",
        "reports": ", ".join(plan.reports),
        "versions": ", ".join(plan.versions),
        "seed": str(seed),
    }
    for path in write_account(Project(folder.resolve()), account, heading=heading):
        typer.echo(str(path))
    seconds, cpu = account.spent
    told = f"{len(account.tried)} things were tried in {seconds:.0f} s ({cpu:.0f} CPU s)"
    if account.failed:
        raise RehearsalError(
            f"{told}, and {len(account.failed)} of them did not work; the first: "
            f"{account.failed[0].what}",
            where=str(folder),
            do="read rehearsal.html there: each is listed with what was printed",
        )
    typer.echo(f"{told}, and all of them worked: {heading['ending']}")


def _discussed(project: Project) -> tuple[str, ...]:
    """The report that meetings of experts discuss."""
    from pipeline.release.meetings.papers import report_of_meetings

    return (report_of_meetings(project),)


def _typed(folder: Path, arguments: Sequence[str]) -> Done:
    """Run a command as somebody would type it in a folder of its own, which has its code."""
    from pipeline.steps.rehearsal.account import Done
    from pipeline.steps.unattended import told_to_end

    ours = ("SELEC_", "MAKE", "PYTHON")
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    command = [sys.executable, "-m", "pipeline", *arguments]
    asked = subprocess.Popen(
        command, cwd=folder, env=inherited, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    with told_to_end(asked) as process:
        told, _ = process.communicate()
    return Done(process.returncode, told.decode(errors="replace"))
