"""Which commands lead from a build to its readers? Those that hand in, approve, release
and hand out.

Like those of `pipeline.commands.cli`, of which they are a part, they parse, call one
function and print.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.commands.moved import tell_desk
from pipeline.commands.options import Hand, Report, Round, Version, one_of, signed
from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.system.lock import at_work

if TYPE_CHECKING:
    from pipeline.contracts.model import Contracts
    from pipeline.release.signoff.record import Subject
    from pipeline.system.signed.people import Person

app = typer.Typer()

Why = Annotated[
    str, typer.Option("--reason", envvar="SELEC_REASON", help="A sentence that is kept.")
]


@app.command()
@signed
def accept(
    round_: Round,
    report: Report,
    *,
    reason: Why = "",
    query: Annotated[str, typer.Option("--query", help="The id of one finding.")] = "",
    state: Annotated[
        str, typer.Option("--state", help="With a rule: its findings on one state.")
    ] = "",
    rule: Annotated[str, typer.Option("--rule", help="Those of one rule.")] = "",
    gate: Annotated[
        str, typer.Option("--gate", help="The id of what the release gate names; see gate.")
    ] = "",
    hand: Hand,
) -> None:
    """List the open findings under a report in a file for reasons; with a reason, enter
    why those of one rule, or a single one, are accepted, or let what the release gate
    names pass.
    """
    if gate:
        if query or state or rule:
            raise UserError(
                "one reason is for one thing",
                allowed="what the gate names, or findings",
                do="give GATE= without QUERY=, STATE= and RULE=",
            )
        _let_pass(round_, report, gate=gate, reason=reason, hand=hand)
        return
    from pipeline.contracts.model import load_contracts
    from pipeline.release.signoff.findings import accept as enter
    from pipeline.release.signoff.findings import reasons_file

    project = Project.here()
    one_of(report, project.reports, what="report")
    with at_work(project, f"accept {report} {round_}"):
        contracts = load_contracts(project.contracts)
        who = hand.person(project, "accept") if reason.strip() else None
        found = enter(
            project,
            contracts,
            round_=round_,
            report=report,
            reason=reason,
            query=query,
            state=state,
            rule=rule,
            who=who,
        )
    if reason.strip():
        tell_desk(project, round_)
    for finding in found:
        typer.echo(f"{finding}: {finding.reason or 'no reason yet'}")
    without = sum(not f.reason for f in found)
    typer.echo(
        f"{reasons_file(project, round_, report=report)}: {len(found)} open findings,"
        f" {without} without a"
        " reason"
    )


def _let_pass(round_: int, report: str, *, gate: str, reason: str, hand: Hand) -> None:
    from pipeline.release.gate.passing import let_gate_pass
    from pipeline.release.signoff.reasons import GATE_COMMAND

    project = Project.here()
    one_of(report, project.reports, what="report")
    with at_work(project, f"accept {report} {round_}"):
        who = hand.person(project, GATE_COMMAND)
        passed = let_gate_pass(project, round_=round_, report=report, id_=gate, why=reason, who=who)
    tell_desk(project, round_)
    typer.echo(f"{passed.id} {passed.kind}: {passed.found}")
    typer.echo(f"let pass by {who}: {' '.join(reason.split())}")


@app.command()
@signed
def submit(
    round_: Round,
    report: Report,
    *,
    version: Version,
    hand: Hand,
) -> None:
    """Hand in a draft for review: its files, what they were made from, and the open
    findings with their reasons.
    """
    from pipeline.release.signoff.steps import submit as hand_in

    _act("submit", round_, report=report, version=version, hand=hand, act=hand_in)


@app.command()
@signed
def approve(
    round_: Round,
    report: Report,
    *,
    version: Version,
    hand: Hand,
) -> None:
    """Approve the draft that was submitted; two different people must."""
    from pipeline.release.signoff.steps import approve as sign

    _act("approve", round_, report=report, version=version, hand=hand, act=sign)


@app.command(name="return")
@signed
def return_(
    round_: Round,
    report: Report,
    *,
    version: Version,
    hand: Hand,
    reason: Why = "",
) -> None:
    """Return a draft from review, or take an approval back, for a reason."""
    from pipeline.release.signoff.steps import send_back

    _act(
        "return",
        round_,
        report=report,
        version=version,
        hand=hand,
        act=lambda p, c, s, who: send_back(p, s, who=who, reason=reason),
    )


@app.command()
@signed
def release(
    round_: Round,
    report: Report,
    *,
    version: Version,
    hand: Hand,
    test: Annotated[
        bool, typer.Option("--test", help="A trial: sign with the test certificate.")
    ] = False,
) -> None:
    """Release an approved version as an edition, or say everything that is missing."""
    from pipeline.release.signoff.edition import release as let_go

    _act(
        "release",
        round_,
        report=report,
        version=version,
        hand=hand,
        act=lambda p, _, s, who: let_go(p, s, who=who, test=test),
    )


Ref = Annotated[str, typer.Option("--ref", help="What is printed: thb:T4, thb:T4.r4.c2, thb:p12.")]
Text = Annotated[str, typer.Option("--text", envvar="SELEC_TEXT", help="A sentence that is kept.")]


@app.command()
def review(round_: Round, report: Report, *, version: Version) -> None:
    """List the exhibits of a draft that changed, whether they are ticked, and all
    comments with their replies.
    """
    from pipeline.release.signoff.review import told

    _sign(
        "review",
        round_,
        report=report,
        version=version,
        act=lambda p, _, s: told(p, s),
        moves_something=False,
    )


@app.command()
@signed
def tick(
    round_: Round,
    report: Report,
    *,
    version: Version,
    ref: Ref,
    hand: Hand,
) -> None:
    """Enter that a changed exhibit of the draft in review was looked at."""
    from pipeline.release.signoff.review import tick as enter

    _act(
        "tick",
        round_,
        report=report,
        version=version,
        hand=hand,
        act=lambda p, _, s, who: enter(p, s, ref=ref, who=who),
    )


@app.command()
@signed
def comment(
    round_: Round,
    report: Report,
    *,
    version: Version,
    ref: Ref,
    text: Text = "",
    hand: Hand,
) -> None:
    """Comment on a figure, an exhibit, a sentence or a page of the draft in review."""
    from pipeline.release.signoff.review import comment as enter

    _act(
        "comment",
        round_,
        report=report,
        version=version,
        hand=hand,
        act=lambda p, _, s, who: enter(p, s, ref=ref, text=text, who=who),
    )


@app.command()
@signed
def reply(
    round_: Round,
    report: Report,
    *,
    version: Version,
    number: Annotated[int, typer.Option("--comment", help="Its number, as make review has it.")],
    text: Text = "",
    hand: Hand,
) -> None:
    """Reply to a comment of the review."""
    from pipeline.release.signoff.review import reply as enter

    _act(
        "reply",
        round_,
        report=report,
        version=version,
        hand=hand,
        act=lambda p, _, s, who: enter(p, s, number=number, text=text, who=who),
    )


@app.command()
@signed
def withdraw(
    round_: Round,
    report: Report,
    *,
    version: Version,
    hand: Hand,
    reason: Why = "",
) -> None:
    """Withdraw a released edition, for a reason; its record stays."""
    from pipeline.release.signoff.edition import withdraw as take_back

    _act(
        "withdraw",
        round_,
        report=report,
        version=version,
        hand=hand,
        act=lambda p, c, s, who: take_back(p, s, who=who, reason=reason),
    )


@app.command()
def status(round_: Round, report: Report, *, version: Version) -> None:
    """Where a version stands between draft and release, and what a release would still
    miss.
    """
    from pipeline.release.signoff.steps import status as tell

    _sign(
        "status",
        round_,
        report=report,
        version=version,
        act=lambda p, _, s: tell(p, s),
        moves_something=False,
    )


def _act(
    what: str,
    round_: int,
    *,
    report: str,
    version: str,
    hand: Hand,
    act: Callable[[Project, Contracts, Subject, Person], Iterator[str]],
) -> None:
    _sign(
        what,
        round_,
        report=report,
        version=version,
        act=lambda p, c, s: act(p, c, s, hand.person(p, what)),
    )


def _sign(
    what: str,
    round_: int,
    *,
    report: str,
    version: str,
    act: Callable[[Project, Contracts, Subject], Iterator[str]],
    moves_something: bool = True,
) -> None:
    from pipeline.contracts.model import load_contracts
    from pipeline.contracts.policy import load_policy
    from pipeline.release.signoff.record import Subject

    project = Project.here()
    one_of(report, project.reports, what="report")
    contracts = load_contracts(project.contracts)
    load_policy(project.contracts, contracts).version(version)  # raises where there is none
    with at_work(project, f"{what} {report} {round_} {version}"):
        for line in act(project, contracts, Subject(round_, report, version)):
            typer.echo(line)
        if moves_something:
            tell_desk(project, round_)


@app.command()
def moves(page: Annotated[Path, typer.Argument()] = Path("docs/how-to/sign-off.md")) -> None:
    """Write the table of the moves between draft and release, and its diagram, into the
    page about it.
    """
    from pipeline.release.signoff.moves import write_moves

    typer.echo(f"{page}: {'written' if write_moves(page) else 'nothing changed'}")


Password = Annotated[
    Path | None, typer.Option("--password-file", help="A file whose first line is the password.")
]


@app.command()
@signed
def copies(
    round_: Round,
    report: Report,
    *,
    recipients: Annotated[
        Path, typer.Option("--recipients", help="CSV with the columns name and organisation.")
    ],
    version: Version = "restricted",
    hand: Hand,
) -> None:
    """Make a numbered, named, encrypted copy of the released edition for every
    recipient.
    """
    from pipeline.release.copies.hand_out import make_copies
    from pipeline.release.copies.recipients import read_recipients

    people = read_recipients(recipients)
    _act(
        "copies",
        round_,
        report=report,
        version=version,
        hand=hand,
        act=lambda p, c, s, who: make_copies(p, s, recipients=people, who=who),
    )


@app.command()
def verify(file: Annotated[Path, typer.Argument()], password: Password = None) -> None:
    """Say what a file is: its hash, edition, copy, and whether its signature holds."""
    from pipeline.release.copies.verify import read_password
    from pipeline.release.copies.verify import verify as look

    for line in look(Project.here(), file, read_password(password)):
        typer.echo(line)


@app.command()
def trace(file: Annotated[Path, typer.Argument()], password: Password = None) -> None:
    """Whose copy a leaked file, page or picture comes from."""
    from pipeline.release.copies.verify import read_password, whose

    for line in whose(Project.here(), file, password=read_password(password)):
        typer.echo(line)
