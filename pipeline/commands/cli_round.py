"""Which commands are about the days of a round? Its calendar, who owes what, who is
reminded, what came.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.commands.options import By, Language, Round, Today
from pipeline.commands.tables import Json, print_table
from pipeline.errors import MailError, UserError
from pipeline.project import Project

if TYPE_CHECKING:
    from pipeline.contracts.calendar import Calendar

app = typer.Typer()


@app.command()
def calendar(
    round_: Annotated[
        int, typer.Option("--round", help="Only this round; every one without it.")
    ] = 0,
    *,
    out: Annotated[
        str, typer.Option("--out", help="Write it as an iCalendar file for calendar programs.")
    ] = "",
) -> None:
    """Print the days of the rounds, by time, and write them for calendar programs."""
    project = Project.here()
    entered = _calendar(project)
    entries = entered.of_round(round_) if round_ else entered.entries
    if not entries:
        raise _not_entered(round_)
    found = [h for entry in entries for h in entry.happenings()]
    rows = [
        (
            f"{h.when:%Y-%m-%d %H:%M}" if h.when != h.day else f"{h.when:%Y-%m-%d}",
            str(h.round),
            h.report,
            h.what,
        )
        for h in sorted(found, key=lambda h: (f"{h.when:%Y-%m-%d %H:%M}", h.round))
    ]
    print_table(f"Calendar, hours of {entered.zone}", ("when", "round", "report", "what"), rows)
    if out:
        from pipeline.returns.round.ics import calendar_file
        from pipeline.system.files import write_file

        write_file(Path(out), calendar_file(found))
        typer.echo(out)


@app.command()
def late(round_: Round, *, day: Today = "", as_json: Json = False) -> None:
    """Print which state owes which return, since when; a return that was refused whole
    is owed still.
    """
    from pipeline.contracts.model import load_contracts
    from pipeline.returns.round.owed import owed_on
    from pipeline.system.signed.people import parse_day

    project = Project.here()
    entries = _calendar(project).of_round(round_)
    if not entries:
        raise _not_entered(round_)
    today = parse_day(day)
    found = owed_on(project, load_contracts(project.contracts), entries=entries, day=today)
    if as_json:
        typer.echo(json.dumps([asdict(o) for o in found], default=str, indent=1))
        return
    rows = [
        (
            o.report,
            o.state,
            f"{o.due}{' extended' if o.extended else ''}",
            str(o.received or ""),
            o.told,
        )
        for o in found
    ]
    heads = ("report", "state", "due", "first seen", "how it stands")
    print_table(f"Returns of round {round_} on {today}", heads, rows)
    for entry in entries:
        owing = [o.state for o in found if o.report == entry.report and o.is_owed]
        whole = sum(o.report == entry.report for o in found)
        typer.echo(
            f"{entry.report}: {len(owing)} of {whole} owe their return"
            + (f": {', '.join(sorted(owing))}" if owing else "")
        )


@app.command()
def remind(
    round_: Round,
    *,
    day: Today = "",
    state: Annotated[
        str, typer.Option("--state", help="Only this state, whatever the calendar says.")
    ] = "",
    send: Annotated[bool, typer.Option("--send", help="Send them through the relay too.")] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Send also what was sent for this occasion.")
    ] = False,
    by: By = "",
    language: Language = "",
) -> None:
    """Write reminders to the states that owe returns, as letters and as drafts of mails;
    mail leaves only where it is asked for and a relay is named.
    """
    from pipeline.contracts.mail import load_mail
    from pipeline.contracts.model import load_contracts
    from pipeline.returns.round.reminders import next_reminder, reminders_on
    from pipeline.returns.round.reminding import (
        ENDINGS,
        files_of,
        require_addresses,
        require_relay,
        send_reminders,
        write_reminders,
    )
    from pipeline.system.lock import at_work
    from pipeline.system.signed.people import parse_day

    project = Project.here(language)
    entered = _calendar(project)
    if not entered.of_round(round_):
        raise _not_entered(round_)
    contracts = load_contracts(project.contracts)
    mail = load_mail(project.contracts, contracts)
    today = parse_day(day)
    due = reminders_on(project, contracts, calendar=entered, round_=round_, day=today, state=state)
    if send:
        require_relay(mail)
    with at_work(project, f"remind {round_}"):
        letters = write_reminders(
            project, due, round_=round_, mail=mail, zone=entered.zone, whole=not state
        )
        for letter in letters:
            for ending in ENDINGS:
                typer.echo(str(files_of(project, letter, ending)))
        for reminder in due:
            if mail and mail.reached(reminder.state) is None:
                typer.echo(f"note: {mail.path.name} has no address of {reminder.state}", err=True)
        if send and mail:
            require_addresses(mail, due)
            refused = []
            for outcome in send_reminders(project, letters, mail=mail, by=_who(by), again=again):
                typer.echo(f"{outcome.state}: {outcome.event}, {outcome.told}")
                refused += [outcome.state] if outcome.event == "refused" else []
            if refused:
                raise MailError(
                    f"the relay refused what was written to {', '.join(refused)}",
                    do="correct their addresses in the settings of mail, and run it again",
                )
    if not due:
        after = next_reminder(entered, round_, day=today)
        typer.echo(
            f"round {round_}: nobody is to be reminded on {today}"
            + (f"; the next day to remind is {after}" if after else "")
        )


@app.command()
def findings(
    round_: Round,
    *,
    submission: Annotated[
        str, typer.Option("--submission", help="For example RO-thb-2022-1; without it a list.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Print what was found in a submission when it came, or list the submissions."""
    from pipeline.returns.submissions import lines_of_receipts, read_receipts, read_submission

    project = Project.here()
    if not submission:
        receipts = read_receipts(project, round_)
        if as_json:
            typer.echo(json.dumps([r.as_json() for r in receipts], indent=1, ensure_ascii=False))
            return
        heads = ("submission", "first seen", "what came", "outcome", "found")
        print_table(f"Submissions of round {round_}", heads, lines_of_receipts(receipts))
        return
    found = read_submission(project, submission)
    if as_json:
        told = {
            "receipt": found.receipt.as_json(),
            "findings": [f.as_json() for f in found.findings],
        }
        typer.echo(json.dumps(told, indent=1, ensure_ascii=False))
        return
    rows = [
        (
            f.severity,
            "new" if number in found.new else "",
            f.sheet,
            f.cell,
            f.rule,
            f.found,
        )
        for number, f in enumerate(found.findings)
    ]
    office = f", the part of {found.receipt.office}" if found.receipt.office else ""
    title = f"Found in {found.receipt.id}{office}, first seen on {found.receipt.seen}"
    print_table(title, ("severity", "since", "sheet", "cell", "rule", "found"), rows)
    if found.before:
        which = "the submission before" if not found.receipt.office else found.before
        typer.echo(f"{len(found.new)} are new, {found.gone} of {which} are gone")


def _who(by: str) -> str:
    """Who sends: the name that was typed, else the user of the machine."""
    import getpass

    try:
        return " ".join(by.split())[:100] or getpass.getuser()
    except (KeyError, OSError):  # a user without a name
        return f"user {os.getuid()}"


def _calendar(project: Project) -> Calendar:
    from pipeline.contracts.calendar import load_calendar
    from pipeline.contracts.model import load_contracts
    from pipeline.contracts.policy import load_policy

    contracts = load_contracts(project.contracts)
    policy = load_policy(project.contracts, contracts)
    return load_calendar(project.contracts, contracts, policy=policy)


def _not_entered(round_: int) -> UserError:
    from pipeline.contracts.calendar import CALENDAR, PAGE

    what = f"round {round_} is not entered" if round_ else "no round is entered"
    return UserError(what, where=CALENDAR, do=f"enter its days; {PAGE} has an example")
