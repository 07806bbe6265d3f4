"""Which commands serve a meeting of experts? Its papers go out, its amendments come
back.
"""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.commands.options import Round
from pipeline.project import Project

app = typer.Typer()
Number = Annotated[int, typer.Option("--number", help="Which meeting of the round: 1 or 2.")]


@app.command()
def meeting(round_: Round, *, number: Number) -> None:
    """Write the papers of an expert meeting: its book, and the amendment sheet."""
    from pipeline.release.meetings.papers import write_papers

    for path in write_papers(Project.here(), round_=round_, number=number):
        typer.echo(str(path))
