"""Which commands are about texts? Those that show faults, mark a text as read, or clear
it. Each calls one function and prints its result.
"""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.commands.moved import tell_desk
from pipeline.commands.options import Hand, Round, signed
from pipeline.errors import NarrativeError
from pipeline.project import Project
from pipeline.system.lock import at_work

app = typer.Typer()


@app.command(name="check-text")
def check_text(round_: Round) -> None:
    """List every fault of the texts of a round, of all reports and versions whose
    stores are built.
    """
    from pipeline.contracts.model import load_contracts
    from pipeline.report.document.check_text import check_texts

    project = Project.here()
    found = check_texts(project, load_contracts(project.contracts), round_)
    for note in found.notes:
        typer.echo(f"note: {note}")
    for fault in found.faults:
        typer.echo(fault.line)
    read = f"{len(found.versions)} versions of round {round_}"
    if found.faults:
        raise NarrativeError(
            f"{len(found.faults)} faults in the texts of {read}",
            do="correct them; docs/how-to/write-narrative.md says how",
        )
    typer.echo(f"texts: no fault in {read}")


@app.command(name="review-texts")
def review_texts(
    round_: Round,
    read: Annotated[
        str, typer.Option("--read", help="A section as it is shown, or several, or all-shown.")
    ] = "",
) -> None:
    """Show the sections to be read for a round, with what changed in their figures; or
    mark them as read.
    """
    from pipeline.contracts.model import load_contracts
    from pipeline.report.document.review import mark_read, unread_sections

    project = Project.here()
    contracts = load_contracts(project.contracts)
    if read:
        for reference in mark_read(project, contracts, round_=round_, read=read):
            typer.echo(f"{reference}: read for round {round_}")
        return
    waiting = unread_sections(project, contracts, round_=round_)
    for section in waiting:
        typer.echo("\n".join(section.lines()) + "\n")
    typer.echo(
        f"{len(waiting)} sections to be read for round {round_}; mark each with"
        " READ=report/chapter.section"
        if waiting
        else f"every section was read for round {round_}"
    )


@app.command(name="clear-text")
@signed
def clear_text(
    round_: Round,
    text: Annotated[
        str, typer.Option("--text", envvar="SELEC_TEXT", help="A hash, or its beginning.")
    ] = "",
    *,
    reason: Annotated[
        str, typer.Option("--reason", envvar="SELEC_REASON", help="Why others may read it.")
    ] = "",
    take_back: Annotated[
        bool, typer.Option("--take-back", help="Take the clearance back instead.")
    ] = False,
    hand: Hand,
) -> None:
    """List the texts of covers and of experts that versions for others do not print; with
    a hash, let them print that very text.
    """
    from pipeline.returns import cleared

    project = Project.here()
    if text:
        change = cleared.take_back if take_back else cleared.clear_text
        with at_work(project, f"clear-text {round_}"):
            who = hand.person(project, "clear-text")
            typer.echo(str(change(project, round_, sha256=text, reason=reason, who=who)))
            tell_desk(project, round_)
        typer.echo(
            "run 'make reports' again: versions for others are chosen, proven and printed anew"
        )
        return
    found = cleared.sender_texts(project, round_)
    for one in found:
        typer.echo(str(one))
    waiting = sum(not t.is_cleared for t in found)
    cleared_too = len(found) - waiting
    typer.echo(
        f"round {round_}: {waiting} texts are not printed for others, {cleared_too} are cleared"
    )
