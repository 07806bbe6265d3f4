"""What follows from a move on every command? The page on the round is written anew."""

from __future__ import annotations

import typer

from pipeline.project import Project


def tell_desk(project: Project, round_: int) -> None:
    """Write the desk anew after something was entered; say so where that failed."""
    from pipeline.steps.renew import renew_desk

    for line in renew_desk(project, round_):
        typer.echo(line, err=True)
