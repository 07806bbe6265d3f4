"""Which commands ask states for their consent? Proof sheets, and what comes back."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.commands.moved import tell_desk
from pipeline.commands.options import NAMED_REPORTS, Hand, Round, Today, one_of, signed
from pipeline.commands.progress import progress_bar
from pipeline.project import Project
from pipeline.system.lock import at_work

app = typer.Typer()

State = Annotated[str, typer.Option("--state", help="ISO code of a member state, for example RO.")]
Text = Annotated[
    str,
    typer.Option(
        "--text", envvar="SELEC_TEXT", help="What the state said, or where its answer is filed."
    ),
]


@app.command(name="proof-sheets")
def proof_sheets(
    round_: Round,
    *,
    state: Annotated[str, typer.Option("--state", help="Of one state only.")] = "",
    day: Today = "",
) -> None:
    """Write for each state every figure that will be printed of it, in each version, to
    be confirmed.
    """
    from pipeline.contracts.model import load_contracts
    from pipeline.release.proofs.sheets import SheetMaker
    from pipeline.release.proofs.write import write_sheets
    from pipeline.system.signed.people import parse_day

    project = Project.here()
    when = parse_day(day)
    with at_work(project, f"proof sheets {round_}"), progress_bar("proof sheets"):
        maker = SheetMaker(project, load_contracts(project.contracts), round_=round_, day=when)
        states = [state] if state else maker.states()
        written = write_sheets(project, (maker.sheet(one) for one in states))
    for folder in written:
        typer.echo(str(folder))


@app.command(name="confirm-proof")
@signed
def confirm_proof(
    round_: Round,
    state: State,
    *,
    report: Annotated[
        str, typer.Option("--report", help=f"One of: {NAMED_REPORTS}; all without it.")
    ] = "",
    text: Text = "",
    hand: Hand,
) -> None:
    """Enter that a state confirmed its proof sheet, as it was made."""
    from pipeline.release.proofs.answer import confirm

    project = Project.here()
    if report:
        one_of(report, project.reports, what="report")
    with at_work(project, f"confirm proof {state} {round_}"):
        who = hand.person(project, "confirm-proof")
        reports = confirm(
            project,
            round_=round_,
            state=state,
            reports=[report] if report else [],
            text=text,
            who=who,
        )
        typer.echo(f"{state} confirmed {', '.join(reports)} of round {round_}; entered by {who}")
        tell_desk(project, round_)


@app.command(name="object-proof")
@signed
def object_proof(
    round_: Round,
    state: State,
    *,
    ref: Annotated[
        str,
        typer.Option("--ref", help="Places or keys of figures, for example thb:T4.r4.c2."),
    ],
    text: Text,
    hand: Hand,
) -> None:
    """Enter what a state objects to on its proof sheet: the figures, and what it said."""
    from pipeline.contracts.model import load_contracts
    from pipeline.release.proofs.answer import object_to

    project = Project.here()
    with at_work(project, f"object proof {state} {round_}"):
        who = hand.person(project, "object-proof")
        id_, keys = object_to(
            project,
            load_contracts(project.contracts),
            round_=round_,
            state=state,
            figures=ref,
            text=text,
            who=who,
        )
        typer.echo(f"{id_}: {state} objects to {', '.join(keys)}; entered by {who}")
        tell_desk(project, round_)
