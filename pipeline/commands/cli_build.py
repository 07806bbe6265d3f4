"""Which commands build a round? Checking it, all of it, and what a build would do and
why.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.commands.options import NAMED_REPORTS, Language, Round, one_of
from pipeline.commands.progress import progress_bar
from pipeline.errors import UserError
from pipeline.project import Project

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.release.operations.runs import RunRecord
    from pipeline.steps.run import Outcome

app = typer.Typer()

Reports = Annotated[
    str, typer.Option("--reports", help=f"Some of: {NAMED_REPORTS}; all without it.")
]
VersionNames = Annotated[
    str, typer.Option("--versions", help="Versions of the release policy, with spaces.")
]


@app.command()
def build(
    round_: Round,
    *,
    reports: Reports = "",
    versions: VersionNames = "restricted public",
    for_review: Annotated[
        bool, typer.Option("--for-review", help="Let manifests name the commit of now.")
    ] = False,
    until: Annotated[
        str, typer.Option("--until", help="Only this kind of step and those before it.")
    ] = "",
) -> None:
    """Build reports: the steps whose inputs changed, and those that follow from them."""
    from pipeline.release.manifest import git_commit
    from pipeline.release.operations.runs import recorded
    from pipeline.steps.plan import Plan
    from pipeline.steps.run import Build
    from pipeline.system.lock import at_work

    project = Project.here()
    names = _reports(reports)
    commit = git_commit(project.root) if for_review else ""
    with (
        at_work(project, f"build {round_}"),
        recorded(project, f"build {round_}", round_=round_) as run,
    ):
        plan = Plan(project, round_, reports=names, versions=versions.split(), commit=commit)
        outcome = Build(plan, _telling(run), run.step).run(until.split())
        if not until:
            _list_reports(project, round_, asked=plan.pdfs())
        stop_where_failed(outcome)


def _list_reports(project: Project, round_: int, *, asked: list[Path]) -> None:
    """Name the reports that were asked for, and of all that lie there those that are out
    of date.
    """
    from pipeline.steps.stale import stale_versions

    stale = {found.pdf: found.why for found in stale_versions(project, round_)}
    for pdf in asked:
        typer.echo(f"{pdf}{f'  STALE: {stale[pdf]}' if pdf in stale else ''}")
    for pdf, why in stale.items():
        if pdf not in asked:
            typer.echo(f"not built now, STALE: {pdf}: {why}")


def _telling(run: RunRecord) -> Callable[[str], None]:
    """What steps print is shown, and kept beside the record of the run."""

    def tell(text: str) -> None:
        typer.echo(text)
        run.tell(text)

    return tell


def stop_where_failed(outcome: Outcome) -> None:
    """Tell the errors of a build and end with the code of the gravest one; a bug is
    raised.
    """
    from pipeline.steps.run import problems_of

    for problem in problems_of(outcome):
        if not isinstance(problem, UserError):
            raise problem
        typer.echo(f"error: {problem}", err=True)
    if outcome.failed:
        typer.echo("not everything was built: the errors are above, older files stand", err=True)
        sys.exit(max(getattr(p, "exit_code", 1) for p in outcome.failed.values()))


@app.command()
def validate(
    round_: Round,
    language: Language = "",
    *,
    feedback: Annotated[bool, typer.Option(help="Write marked returns and letters too.")] = True,
) -> None:
    """Read and check the returns of a round where they or the rules changed; write
    findings, a page per state, and what goes back to it.
    """
    from pipeline.release.operations.runs import recorded
    from pipeline.returns.rules.validation import print_summary, restore_validation
    from pipeline.steps.plan import Plan, take_as_left
    from pipeline.steps.run import Build
    from pipeline.system.lock import at_work

    project = Project.here(language)
    written = []
    with (
        at_work(project, f"validate {round_}"),
        recorded(project, f"validate {round_}", round_=round_) as run,
    ):
        plan = Plan(project, round_, versions=())
        outcome = Build(plan, _telling(run), run.step).run(["findings"])
        stop_where_failed(outcome)
        validation = restore_validation(project, round_)
        if feedback:
            from pipeline.contracts.model import load_contracts
            from pipeline.returns.feedback.send_back import write_feedback

            contracts = load_contracts(project.contracts)
            with progress_bar(f"feedback of round {round_}") as step:
                written = write_feedback(project, contracts, validation=validation, progress=step)
            take_as_left(project, round_)
    if f"validate {round_}" not in outcome.done:
        print_summary(project, validation)
    for path in written:
        typer.echo(str(path))


@app.command()
def plan(
    round_: Round, *, reports: Reports = "", versions: VersionNames = "restricted public"
) -> None:
    """Say what a build would do and why, a line a step, without doing it."""
    from pipeline.steps.plan import Plan
    from pipeline.steps.why import lines_of

    found = Plan(Project.here(), round_, reports=_reports(reports), versions=versions.split())
    for line in lines_of(found):
        typer.echo(line)


def _reports(names: str) -> tuple[str, ...]:
    known = Project.here().reports
    for name in names.split():
        one_of(name, known, what="report")
    return tuple(r for r in known if not names.strip() or r in names.split())
