"""Which commands say whether a round is fit to be published? The release gate."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from pipeline.commands.moved import tell_desk
from pipeline.commands.options import NAMED_REPORTS, Round, Today, one_of
from pipeline.commands.tables import Json
from pipeline.errors import NoGoError
from pipeline.project import Project

app = typer.Typer()


@app.command()
def gate(
    round_: Round,
    *,
    report: Annotated[
        str, typer.Option("--report", help=f"One of: {NAMED_REPORTS}; all without it.")
    ] = "",
    day: Today = "",
    as_json: Json = False,
) -> None:
    """Say whether a round is fit to be published, GO or NO-GO with each reason, and write
    it as one page; NO-GO has an exit code of its own.
    """
    from pipeline.release.gate.look import gate as look
    from pipeline.release.gate.page import lines, write_gate
    from pipeline.system.lock import at_work
    from pipeline.system.signed.people import parse_day

    project = Project.here()
    if report:
        one_of(report, project.reports, what="report")
    when = parse_day(day)
    with at_work(project, f"gate {round_}"):
        whole = look(project, round_, day=when)
        folder = write_gate(project, whole)
        tell_desk(project, round_)
    found = whole.only(report) if report else whole
    if as_json:
        typer.echo(json.dumps(found.as_json(), indent=1, ensure_ascii=False))
    else:
        for line in (*lines(found), str(folder / "gate.pdf")):
            typer.echo(line)
    if not found.is_go:
        open_ = len(found.reasons)
        raise NoGoError(
            f"NO-GO: {open_} reason{'' if open_ == 1 else 's'} that nobody let pass",
            where=f"{report or 'round'} {round_}",
            allowed="none",
            do="do what stands under each; docs/how-to/release-gate.md explains them",
        )
