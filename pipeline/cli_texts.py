"""The commands about texts: what is wrong with them, who has read them. Each calls one function, prints its result."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.errors import NarrativeError
from pipeline.options import Round
from pipeline.project import Project

app = typer.Typer()


@app.command(name="check-text")
def check_text(round_: Round) -> None:
    """List every fault of the texts of a round, of all reports and versions whose stores are built."""
    from pipeline.contracts.model import load_contracts
    from pipeline.report.check_text import check_texts

    project = Project.here()
    found = check_texts(project, load_contracts(project.contracts), round_)
    for note in found.notes:
        typer.echo(f"note: {note}")
    for fault in found.faults:
        typer.echo(fault.line)
    read = f"{len(found.versions)} versions of round {round_}"
    if found.faults:
        raise NarrativeError(
            f"{len(found.faults)} faults in the texts of {read}", do="correct them; docs/write-narrative.md says how"
        )
    typer.echo(f"texts: no fault in {read}")


@app.command(name="review-texts")
def review_texts(
    round_: Round,
    read: Annotated[str, typer.Option("--read", help="A section as it is shown, or several, or all-shown.")] = "",
) -> None:
    """Show the sections to be read for a round, with what changed in their figures; or mark them as read."""
    from pipeline.contracts.model import load_contracts
    from pipeline.report.review import mark_read, unread_sections

    project = Project.here()
    contracts = load_contracts(project.contracts)
    if read:
        for reference in mark_read(project, contracts, round_, read):
            typer.echo(f"{reference}: read for round {round_}")
        return
    waiting = unread_sections(project, contracts, round_)
    for section in waiting:
        typer.echo("\n".join(section.lines()) + "\n")
    typer.echo(
        f"{len(waiting)} sections to be read for round {round_}; mark each with READ=report/chapter.section"
        if waiting else f"every section was read for round {round_}"
    )  # fmt: skip
