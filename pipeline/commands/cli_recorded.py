"""Which command puts what a meeting decided on record? It calls one function and prints
its result.
"""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.commands.moved import tell_desk
from pipeline.commands.options import Hand, Round, signed
from pipeline.project import Project
from pipeline.system.lock import at_work

app = typer.Typer()


@app.command(name="record-meeting")
@signed
def record_meeting(
    round_: Round,
    paper: Annotated[
        str, typer.Option("--paper", help="1 to 9, or priorities; all are listed without.")
    ] = "",
    *,
    reason: Annotated[
        str, typer.Option("--reason", envvar="SELEC_REASON", help="Why it is recorded anew.")
    ] = "",
    take_back: Annotated[
        bool, typer.Option("--take-back", help="Take the record back instead.")
    ] = False,
    hand: Hand,
) -> None:
    """List what meetings of a round decided, and which papers of it are on record; with a
    paper, sign it, so that reports print it.
    """
    from pipeline.contracts.model import load_contracts
    from pipeline.returns.meetings import recorded

    project = Project.here()
    if not paper:
        found = recorded.papers_of(project, round_)
        for one in found:
            typer.echo(str(one))
        counted = sum(p.counts for p in found)
        typer.echo(f"round {round_}: {counted} of {len(found)} papers of meetings are on record")
        return
    contracts = load_contracts(project.contracts)
    with at_work(project, f"record-meeting {round_}"):
        who = hand.person(project, "record-meeting")
        if take_back:
            left = recorded.take_back(project, round_=round_, name=paper, reason=reason, who=who)
            typer.echo(str(left or f"{paper}  taken off the record, and its file is gone"))
        else:
            entered = recorded.record_paper(
                project, contracts, round_=round_, name=paper, reason=reason, who=who
            )
            typer.echo(str(entered))
        tell_desk(project, round_)
    typer.echo("run 'make reports' again: reports print what counts now")
