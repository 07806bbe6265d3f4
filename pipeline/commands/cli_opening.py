"""Which command opens a round? Forms, letters and hashes for every state, and what the
round still needs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.cli_build import stop_where_failed
from pipeline.commands.options import Language, Round
from pipeline.commands.progress import progress_bar
from pipeline.project import Project
from pipeline.system.files import owner_only
from pipeline.system.lock import at_work

app = typer.Typer()


@app.command(name="open")
def open_(
    round_: Round,
    *,
    to: Annotated[
        Path | None, typer.Option("--to", help="The folder for the packages, new or of a round.")
    ] = None,
    language: Language = "",
) -> None:
    """Make the package of every state for a round: its blank workbooks with what it
    reported before in grey, its letter, a list of hashes; and say what the round still
    needs.
    """
    from pipeline.contracts.calendar import load_calendar
    from pipeline.contracts.model import load_contracts
    from pipeline.contracts.policy import load_policy
    from pipeline.contracts.template import check_round
    from pipeline.report.document.review import sections_to_read
    from pipeline.returns.round.needs import needs_of
    from pipeline.returns.round.opening import open_round

    project = Project.here(language)
    check_round(project.returns, round_)
    contracts = load_contracts(project.contracts)
    policy = load_policy(project.contracts, contracts)
    entries = load_calendar(project.contracts, contracts, policy=policy).of_round(round_)
    needs = needs_of(contracts, entries, round_=round_)
    texts = sections_to_read(project, round_)
    with (
        owner_only(project.outputs),
        at_work(project, f"open {round_}"),
        progress_bar(f"round {round_}") as step,
    ):
        _check_earlier(project, round_)
        opened = open_round(
            project, contracts, round_=round_, entries=entries, to=to, progress=step
        )
    for path, package in opened.packages:
        typer.echo(f"{path}: {package.grey} figures in grey, SHA-256 {package.sha256}")
        for sheet, number in package.no_room:
            typer.echo(
                f"  '{sheet}' has no line for {number} earlier figures: they are kept", err=True
            )
    typer.echo(
        f"\nRound {round_} still needs:" if needs or texts else f"\nRound {round_} lacks nothing."
    )
    for need in needs:
        typer.echo(f"- {need.line}")
    if texts:
        typer.echo(
            f"- templates: {len(texts)} sections were not read for {round_}; when there are"
            f" figures, run 'make review-texts ROUND={round_}'"
        )


def _check_earlier(project: Project, round_: int) -> None:
    """Check the returns of earlier rounds where they or the rules changed: what states
    reported is what is there now.
    """
    from pipeline.steps.plan import Plan, rounds_with_returns
    from pipeline.steps.run import Build

    if earlier := [r for r in rounds_with_returns(project, round_) if r < round_]:
        plan = Plan(project, max(earlier), versions=())
        stop_where_failed(Build(plan, typer.echo).run(["validate"]))
