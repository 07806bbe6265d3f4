"""Which commands serve a meeting of experts? Its papers go out, its amendments come
back.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.moved import tell_desk
from pipeline.commands.options import Round
from pipeline.project import Project

app = typer.Typer()
Number = Annotated[int, typer.Option("--number", help="Which meeting of the round: 1 or 2.")]


@app.command()
def meeting(round_: Round, *, number: Number) -> None:
    """Write the papers of an expert meeting: its book, and the amendment sheet."""
    from pipeline.release.meetings.papers import write_papers

    project = Project.here()
    for path in write_papers(project, round_=round_, number=number):
        typer.echo(str(path))
    tell_desk(project, round_)


@app.command()
def amendments(
    round_: Round,
    file: Annotated[Path, typer.Argument(help="The sheet that the meeting filled in.")],
    *,
    number: Number,
) -> None:
    """Take in the amendment sheet of an expert meeting, all of it or nothing."""
    from pipeline.contracts.model import load_contracts
    from pipeline.returns.meetings.take import take_sheet

    project = Project.here()
    contracts = load_contracts(project.contracts)
    for line in take_sheet(project, contracts, round_=round_, number=number, path=file):
        typer.echo(line)
    tell_desk(project, round_)
