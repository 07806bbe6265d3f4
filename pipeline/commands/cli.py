"""Which commands are there? Parses what was typed, calls one function, prints its
result.

Heavy libraries are imported by the functions called, never here: `--help` must answer
at once.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from pipeline import __version__
from pipeline.commands.cli_aloud import app as aloud_commands
from pipeline.commands.cli_build import app as build_commands
from pipeline.commands.cli_gate import app as gate_commands
from pipeline.commands.cli_meeting import app as meeting_commands
from pipeline.commands.cli_opening import app as opening_commands
from pipeline.commands.cli_operate import app as operate_commands
from pipeline.commands.cli_preview import app as preview_commands
from pipeline.commands.cli_proofs import app as proof_commands
from pipeline.commands.cli_recorded import app as recorded_commands
from pipeline.commands.cli_rehearsal import app as rehearsal_commands
from pipeline.commands.cli_release import app as release_commands
from pipeline.commands.cli_return import app as return_commands
from pipeline.commands.cli_round import app as round_commands
from pipeline.commands.cli_texts import app as text_commands
from pipeline.commands.moved import tell_desk
from pipeline.commands.options import (
    Hand,
    Language,
    Office,
    Report,
    Round,
    Version,
    one_of,
    signed,
    signed_today,
)
from pipeline.commands.progress import progress_bar
from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.system.files import owner_only
from pipeline.system.lock import at_work
from pipeline.system.moved import settle_records
from pipeline.system.repairable import repairable

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help=(
        "Statistical returns in, public and restricted reports out. The make targets call these"
        " commands."
    ),
)

app.add_typer(aloud_commands)
app.add_typer(build_commands)
app.add_typer(opening_commands)
app.add_typer(gate_commands)
app.add_typer(preview_commands)
app.add_typer(meeting_commands)
app.add_typer(operate_commands)
app.add_typer(proof_commands)
app.add_typer(rehearsal_commands)
app.add_typer(release_commands)
app.add_typer(return_commands)
app.add_typer(round_commands)
app.add_typer(text_commands)
app.add_typer(recorded_commands)

State = Annotated[str, typer.Option("--state", help="ISO code of a member state, for example RO.")]
Day = Annotated[
    str, typer.Option("--date", help="A day, for example 2023-04-01; the clock is not asked.")
]


def main() -> None:
    """Run a command. A UserError is printed without a traceback, with its own exit
    code; a bug shows its traceback.
    """
    signal.signal(signal.SIGTERM, _end)
    try:
        if not any(name.startswith("_") and name.endswith("_COMPLETE") for name in os.environ):
            settle_records(Project.here())
        app()
    except UserError as problem:
        _stop(problem)
    except Exception as problem:
        if told := repairable(problem):
            _stop(told)
        raise


def _end(number: int, frame: object) -> None:
    """A command that is told to end does so as after Ctrl-C: what is half-done goes."""
    sys.exit(128 + number)


def _stop(problem: UserError) -> None:
    typer.echo(f"error: {problem}", err=True)
    sys.exit(problem.exit_code)


@app.command()
def feedback(round_: Round, state: State, *, language: Language = "") -> None:
    """Write what goes back to a state from a checked round: its returns with the
    findings marked, and a letter.
    """
    from pipeline.contracts.model import load_contracts
    from pipeline.returns.feedback.send_back import write_feedback
    from pipeline.returns.rules.validation import restore_validation
    from pipeline.steps.plan import take_as_left

    project = Project.here(language)
    with (
        at_work(project, f"feedback {round_} {state}"),
        progress_bar(f"feedback for {state}") as step,
    ):
        validation = restore_validation(project, round_)
        written = write_feedback(
            project,
            load_contracts(project.contracts),
            validation=validation,
            state=state,
            progress=step,
        )
        take_as_left(project, round_)
    for path in written:
        typer.echo(str(path))
    if not written:
        typer.echo(f"nothing changed: {project.findings(round_) / state}")


@app.command()
def texts() -> None:
    """List every text that is said to states anew, and bring the catalogues of all
    languages up to it.
    """
    from pipeline.returns.texts import write_catalogues

    for path in write_catalogues(Project.here()):
        typer.echo(str(path))


@app.command()
def rules(page: Annotated[Path, typer.Argument()] = Path("docs/reference/rules.md")) -> None:
    """Write the page of all rules that a return is checked by: severity, meaning, what
    is allowed, what to do.
    """
    from pipeline.contracts.model import load_contracts
    from pipeline.returns.rules.reference import write_rules

    changed = write_rules(page, load_contracts(Project.here().contracts))
    typer.echo(f"{page}: {'written' if changed else 'nothing changed'}")


@app.command()
def dictionary(round_: Round) -> None:
    """Write the data dictionary of all contracts, as a workbook and a page: tables,
    fields, codes, and the rules of a round.
    """
    from pipeline.contracts.model import load_contracts
    from pipeline.returns.dictionary.page import write_dictionary

    project = Project.here()
    for path in write_dictionary(project, load_contracts(project.contracts), round_=round_):
        typer.echo(path)


@app.command()
def numbers(round_: Round) -> None:
    """Load accepted returns into the ledger, run the SQL models and checks, write the
    restricted stores.
    """
    from pipeline.contracts.model import load_contracts
    from pipeline.numbers.build import build_numbers

    project = Project.here()
    with at_work(project, f"numbers {round_}"), progress_bar("numbers") as step:
        built = build_numbers(
            project, load_contracts(project.contracts), round_=round_, progress=step
        )
    changed = ", ".join(built.changed_stores) or "none"
    typer.echo(
        f"numbers: {built.new_submissions} new submissions, {len(built.checks)} checks passed, "
        f"stores changed: {changed}"
    )


@app.command()
def protect(round_: Round) -> None:
    """Choose what each protected version shows, write its stores, and prove that the
    rest cannot be worked out.
    """
    from pipeline.contracts.model import load_contracts
    from pipeline.disclosure.protect import protect_round

    project = Project.here()
    with at_work(project, f"protect {round_}"), progress_bar("protection") as step:
        versions = protect_round(
            project, load_contracts(project.contracts), round_=round_, progress=step
        )
    for protected in versions:
        typer.echo(protected.line())


@app.command()
def render(round_: Round, report: Report, *, version: Version) -> None:
    """Render one version of a report from its store: the master, and the draft of it
    that is read.
    """
    from pipeline.release.signoff.draft import build_draft

    project = Project.here()
    one_of(report, project.reports, what="report")
    with (
        at_work(project, f"render {report} {round_} {version}"),
        progress_bar(f"{report} {version}"),
    ):
        built = build_draft(project, round_, report=report, version=version)
    typer.echo(
        f"{built.pdf}: {built.figures['pages']} pages, {built.figures['tables']} tables, "
        f"{built.figures['figures']} figures"
    )


@app.command()
@signed
def register(
    round_: Round,
    report: Report,
    *,
    version: Version,
    hand: Hand,
) -> None:
    """Enter what a protected version released into the register of editions."""
    from pipeline.contracts.model import load_contracts
    from pipeline.disclosure.protect import register_edition

    project = Project.here()
    one_of(report, project.reports, what="report")
    with at_work(project, f"register {report} {round_} {version}"):
        who = hand.person(project, "register")
        name = register_edition(
            project,
            load_contracts(project.contracts),
            round_=round_,
            report=report,
            version=version,
            who=who,
        )
    typer.echo(name)
    tell_desk(project, round_)


@app.command()
def audit(
    round_: Round,
    version: Version,
    *,
    extra: Annotated[
        Path | None, typer.Option("--extra", help="A file of what others published.")
    ] = None,
) -> None:
    """Check the proof of a protected version again, beside what others published where
    a file of it is given.
    """
    from pipeline.contracts.model import load_contracts
    from pipeline.disclosure.protect import audit_again

    project = Project.here()
    contracts = load_contracts(project.contracts)
    with progress_bar(f"audit of {version}"):
        lines = list(audit_again(project, contracts, round_=round_, version=version, extra=extra))
    for line in lines:
        typer.echo(line)


@app.command()
def disclosure_options(round_: Round, version: Version) -> None:
    """What a protected version would show if one entry of the release policy were
    another: each option is chosen, proven and thrown away.
    """
    from pipeline.contracts.model import load_contracts
    from pipeline.disclosure.options import table_of, weigh_options

    project = Project.here()
    contracts = load_contracts(project.contracts)
    with progress_bar(f"options of {version}") as progress:
        outcomes = list(
            weigh_options(project, contracts, round_=round_, version=version, progress=progress)
        )
    for line in table_of(outcomes):
        typer.echo(line)


@app.command()
def template(
    report: Report,
    state: State,
    *,
    round_: Round,
    out: Annotated[Path | None, typer.Option("--out")] = None,
    office: Office = "",
) -> None:
    """Write the blank return workbook of a state, or of one of its offices, from the
    contract.
    """
    from pipeline.contracts.model import load_contracts
    from pipeline.contracts.offices import in_file_name, require_office
    from pipeline.contracts.template import check_round
    from pipeline.returns.round.forms import write_template

    project = Project.here()
    one_of(report, project.collected, what="report")
    check_round(project.returns, round_)
    contracts = load_contracts(project.contracts)
    code = require_office(contracts, office) if office else ""
    name = f"{state}.{in_file_name(code)}.xlsx" if code else f"{state}.xlsx"
    path = out or project.round_folder(round_) / "templates" / report / name
    with owner_only(project.outputs):
        write_template(contracts, report, state=state, round_=round_, path=path, office=code)
    typer.echo(str(path))


@app.command(name="import")
def import_(
    round_: Round,
    source: Annotated[
        str,
        typer.Option("--source", help="For example glotip; docs/how-to/importers.md lists all."),
    ],
    *,
    file: Annotated[Path, typer.Option("--file", help="The publisher's file.")],
    release: Annotated[
        str,
        typer.Option(help="When a file was released that does not say it: December 2025."),
    ] = "",
) -> None:
    """Pre-fill the returns of a round from a file of published figures."""
    from pipeline.contracts.model import load_contracts
    from pipeline.returns.importers.run import run_import

    project = Project.here()
    with progress_bar(f"importing {source}"):
        summary = run_import(
            project,
            load_contracts(project.contracts),
            source=source,
            file=file,
            round_=round_,
            release=release,
        )
    for line in summary.lines():
        typer.echo(line)


@app.command()
def context(
    *,
    table: Annotated[str, typer.Option(help="The cube of context, for example CTX_CROSSINGS.")],
    file: Annotated[Path, typer.Option("--file", help="The publisher's file.")],
    release: Annotated[
        str,
        typer.Option(help="When a file was released that does not say it: December 2025."),
    ] = "",
) -> None:
    """Take in figures that others published, which stand as context beside returns."""
    from pipeline.contracts.model import load_contracts
    from pipeline.numbers.outside.taken import take_context

    project = Project.here()
    with progress_bar(f"taking in {table}"):
        account = take_context(
            project.contracts,
            load_contracts(project.contracts),
            cube=table,
            file=file,
            release=release,
        )
    for line in account:
        typer.echo(line)


@app.command()
def published(
    *,
    table: Annotated[str, typer.Option(help="The series, for example asylum-applications.")],
    file: Annotated[Path, typer.Option("--file", help="The publisher's file.")],
    round_: Annotated[int, typer.Option("--round", help="Its years are taken in.")],
    release: Annotated[
        str,
        typer.Option(help="When a file was released that does not say it: December 2025."),
    ] = "",
) -> None:
    """Take in what a publisher printed of states, to set beside their returns."""
    from pipeline.contracts.model import load_contracts
    from pipeline.returns.importers.published import take_published

    project = Project.here()
    with progress_bar(f"taking in {table}"):
        account = take_published(
            project.contracts,
            load_contracts(project.contracts),
            id_=table,
            file=file,
            round_=round_,
            release=release,
        )
    for line in account:
        typer.echo(line)


@app.command()
def examples(
    folder: Annotated[
        Path,
        typer.Argument(help="Folder with the publishers' files; see docs/how-to/importers.md."),
    ],
) -> None:
    """Make the example returns again from the publishers' files."""
    from pipeline.contracts.model import load_contracts
    from pipeline.returns.importers.examples import make_examples

    project = Project.here()
    for summary in make_examples(project, load_contracts(project.contracts), data_folder=folder):
        for line in summary.lines():
            typer.echo(line)


@app.command()
def queries(
    round_: Round, state: Annotated[str, typer.Option("--state", help="Of one state only.")] = ""
) -> None:
    """List the queries of a checked round: open, asked, answered, resolved."""
    from pipeline.contracts.model import load_contracts
    from pipeline.returns.rules.query_log import list_queries, print_queries, read_log
    from pipeline.returns.rules.query_record import record_of_queries
    from pipeline.returns.rules.validated import read_validation
    from pipeline.system.signed.chain import is_rehearsal

    project = Project.here()
    log = read_log(project, load_contracts(project.contracts), round_=round_)
    print_queries(list_queries(read_validation(project, round_).findings, log, state=state), round_)
    if is_rehearsal(record_of_queries(project, round_).read()):
        typer.echo(
            "REHEARSAL: nobody signed what was asked and answered, and no version can be submitted"
            " with it"
        )


@app.command()
@signed_today
def ask(
    round_: Round,
    state: State,
    *,
    day: Day,
    hand: Hand,
) -> None:
    """Enter the open queries of a state in the log of the round, as asked on a day."""
    from pipeline.contracts.model import load_contracts
    from pipeline.returns.rules.query_log import ask as enter
    from pipeline.returns.rules.query_log import log_files
    from pipeline.returns.rules.validated import read_validation
    from pipeline.steps.plan import take_as_read

    project = Project.here()
    findings = read_validation(project, round_).findings
    who = hand.person(project, "ask")
    with at_work(project, f"ask {state} {round_}"):
        asked = enter(
            project,
            load_contracts(project.contracts),
            round_=round_,
            state=state,
            day=day,
            findings=findings,
            who=who,
        )
        take_as_read(project, log_files(project, round_), round_)
    tell_desk(project, round_)
    for query in asked:
        typer.echo(f"{query.id}  {query.key or query.cell}  {query.rule}: {query.found}")
    typer.echo(f"{len(asked)} queries entered as asked of {state} on {day}")


@app.command()
@signed_today
def answer(
    round_: Round,
    day: Day,
    *,
    query: Annotated[str, typer.Option("--query", help="The id of a query that was asked.")],
    text: Annotated[
        str, typer.Option("--answer", envvar="SELEC_ANSWER", help="What the state said.")
    ],
    effect: Annotated[str, typer.Option("--effect", help="confirmed, corrected or withdrawn.")],
    resolution: Annotated[
        str, typer.Option("--resolution", help="Which count: whole, parts or neither.")
    ] = "",
    hand: Hand,
) -> None:
    """Enter what a state answered to a query, and what follows from it."""
    from pipeline.contracts.model import load_contracts
    from pipeline.returns.rules.query_log import answer as enter
    from pipeline.returns.rules.query_log import log_files
    from pipeline.returns.rules.validation import enter_answers
    from pipeline.steps.plan import take_answers

    project = Project.here()
    who = hand.person(project, "answer")
    contracts = load_contracts(project.contracts)
    with at_work(project, f"answer {query}"):
        entered = enter(
            project,
            contracts,
            round_=round_,
            id_=query,
            text=text,
            effect=effect,
            day=day,
            resolution=resolution,
            who=who,
        )
        if enter_answers(project, contracts, round_=round_):
            take_answers(project, log_files(project, round_), round_)
    tell_desk(project, round_)
    tell_desk(project, round_)
    counts = f"; counts: {entered.resolution}" if entered.resolution else ""
    typer.echo(f"{entered.id}: {entered.effect} on {entered.answered}{counts}")


@app.command()
@signed_today
def answers(
    round_: Round,
    file: Annotated[
        Path, typer.Option("--file", help="A marked workbook, or a CSV of answers, filled in.")
    ],
    *,
    day: Annotated[
        str, typer.Option("--date", help="The day of answers that give none, as 2023-04-20.")
    ] = "",
    state: Annotated[str, typer.Option("--state", help="Whose answers they must be.")] = "",
    hand: Hand,
) -> None:
    """Enter the answers that a state wrote into its own file, all of them or none."""
    from pipeline.contracts.model import load_contracts
    from pipeline.returns.archive import keep_original
    from pipeline.returns.rules.answers import read_answers
    from pipeline.returns.rules.answers_entered import answer_all
    from pipeline.returns.rules.query_log import log_files
    from pipeline.returns.rules.validation import enter_answers
    from pipeline.steps.plan import take_answers

    project = Project.here()
    contracts = load_contracts(project.contracts)
    who = hand.person(project, "answer")
    read = read_answers(file, contracts, day=day, state=state)
    with at_work(project, f"answers {round_}"):
        entered = answer_all(project, contracts, round_=round_, file=read, who=who, state=state)
        if entered.new or entered.replaced:  # what was refused is not kept
            keep_original(project, file)
        if enter_answers(project, contracts, round_=round_):
            take_answers(project, log_files(project, round_), round_)
    for query in (*entered.new, *entered.replaced):
        counts = f"; counts: {query.resolution}" if query.resolution else ""
        typer.echo(f"{query.id}: {query.effect} on {query.answered}{counts}")
    typer.echo(
        f"{len(entered.new)} answers entered, {len(entered.replaced)} replaced,"
        f" {len(entered.same)} were there before, {read.unanswered} queries left blank"
    )


@app.command()
def explain(
    round_: Round,
    key: Annotated[
        str, typer.Argument(help="A cell key, for example THB_VICTIMS:SELEC.2022._T._T.")
    ] = "",
    *,
    ref: Annotated[
        str, typer.Option("--ref", help="A printed number, for example thb:T4.r4.c2; thb:T4 lists.")
    ] = "",
    version: Version = "restricted",
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Walk a printed number or a cell back: formula, SQL, the cells that add up to it,
    files, addresses, findings.
    """
    from pipeline.contracts.model import load_contracts
    from pipeline.inspection.explain.evidence import texts
    from pipeline.inspection.explain.printed import explain_key, explain_reference, lines

    if bool(key) == bool(ref):
        raise UserError("either a key or a reference is explained", do="give KEY= or REF=")
    project = Project.here()
    contracts = load_contracts(project.contracts)
    if ref:
        found = explain_reference(project, contracts, round_=round_, reference=ref, version=version)
        told = found.as_dict()
        told_as_text = lines(found)
    else:
        evidence = explain_key(project, contracts, round_=round_, key=key)
        told = evidence.as_dict()
        told_as_text = texts(evidence)
    typer.echo(
        json.dumps(told, indent=2, ensure_ascii=False) if as_json else "\n".join(told_as_text)
    )


@app.command(name="contract-diff")
def contract_diff(
    old: Annotated[
        str, typer.Option("--old", help="A folder, a contract file or a git revision.")
    ] = "HEAD",
    new: Annotated[str, typer.Option("--new", help="The same; by default the working copy.")] = "",
    *,
    round_: Annotated[
        int | None, typer.Option("--round", help="The round that is replayed; default: newest.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Fail where a supplier breaks.")] = False,
) -> None:
    """Say of every change of the contracts whom it breaks, and replay the last round's
    returns.
    """
    from pipeline.errors import ContractError
    from pipeline.returns.contract_diff import compare_contracts, print_comparison

    with progress_bar("contracts") as step:
        found = compare_contracts(Project.here(), old, new=new, round_=round_, progress=step)
    if as_json:
        typer.echo(json.dumps(found.as_dict(), indent=2, ensure_ascii=False))
    else:
        print_comparison(found)
    if strict and found.breaks_supplier:
        raise ContractError(
            "the new contract breaks suppliers",
            where=f"{old} -> {found.new}",
            do="keep the old contract for this round, or tell the states before the next one",
        )


@app.command()
def history(
    state: State,
    table: Annotated[
        str, typer.Option("--table", help="A table of the contracts, for example THB_VICTIMS.")
    ],
    *,
    key: Annotated[
        str, typer.Option("--key", help="One cell; without it the cells that were ever changed.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Who said what when: every file of a state, and what each said of the cells of a
    table.
    """
    from pipeline.contracts.model import load_contracts
    from pipeline.numbers.warehouse.history import history as read_history
    from pipeline.numbers.warehouse.history import print_history

    project = Project.here()
    found = read_history(
        project, load_contracts(project.contracts), state=state, table_name=table, key=key
    )
    if as_json:
        typer.echo(json.dumps(found.as_dict(), indent=2, ensure_ascii=False))
    else:
        print_history(found)


@app.command()
def changes(
    round_: Round,
    report: Report,
    *,
    version: Version,
    old: Annotated[str, typer.Option("--from")],
    new: Annotated[str, typer.Option("--to")] = "last",
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """What differs between two builds of a version: `last`, draft-1, edition-1, a day
    built with AS_OF, or a folder.
    """
    from pipeline.contracts.model import load_contracts
    from pipeline.contracts.policy import load_policy
    from pipeline.release.changes.builds import find_build
    from pipeline.release.changes.paper import write_changes

    project = Project.here()
    contracts = load_contracts(project.contracts)
    one_of(report, project.reports, what="report")
    load_policy(project.contracts, contracts).version(version)
    before, after = (
        find_build(project, round_, report=report, version=version, name=name)
        for name in (old, new)
    )
    with at_work(project, "changes"):
        found = write_changes(
            project, contracts, round_=round_, report=report, version=version, old=before, new=after
        )
    tell_desk(project, round_)
    typer.echo(
        json.dumps(found.content, indent=1, ensure_ascii=False)
        if as_json
        else "\n".join(found.lines())
    )


@app.command()
def desk(
    round_: Round,
    serve: Annotated[
        bool, typer.Option("--serve", help="Serve it on loopback until Ctrl-C.")
    ] = False,
    *,
    port: Annotated[int, typer.Option("--port", help="0 takes a free one.")] = 8000,
) -> None:
    """Write outputs/index.html, the page on the whole round."""
    from pipeline.steps.renew import desk_of

    project = Project.here()
    typer.echo(str(desk_of(project, round_)))
    if serve:
        from pipeline.desk.serve import server

        try:
            desk_server = server(project.outputs, port, reports=project.reports)
        except (OSError, OverflowError) as problem:
            raise UserError(
                f"port {port} cannot be used: {getattr(problem, 'strerror', problem)}",
                do="give another one: make desk PORT=8080",
            ) from problem
        typer.echo(f"{desk_server.address}  (for nobody else; Ctrl-C ends it)")
        with suppress(KeyboardInterrupt):
            desk_server.serve_forever()


@app.command(name="as-of")
def as_of(
    day: Annotated[str, typer.Argument(help="For example 2026-03-01.")],
    folder: Annotated[
        Path, typer.Option("--folder", help="Where the returns of that day are put.")
    ],
) -> None:
    """Put returns, cases and papers of meetings as they were known on a day into a folder,
    from the archive.
    """
    from pipeline.disclosure.register import as_known_on
    from pipeline.returns.archive import known_later, restore
    from pipeline.returns.cleared import cleared_on
    from pipeline.returns.intake.folder import CASES, MEETINGS
    from pipeline.returns.intake.shown import shown_name
    from pipeline.returns.meetings.recorded import recorded_on

    project = Project.here()
    when = _day(day)
    then = Project(project.root, folder / "outputs", folder / "returns")
    settle_records(then)  # of a build of that day by an earlier version of the pipeline
    with owner_only(project.outputs):
        number = restore(project, when, folder=then.returns)
        released = as_known_on(project, when, folder=then.releases)
        cleared_on(project, when, folder=then.releases)
        papers = recorded_on(project, when, then=then)
    typer.echo(
        f"{folder}: {number} files known on {when}, {released} released editions,"
        f" {papers} papers of meetings on record"
    )
    for file, seen in known_later(project, when, folders=(CASES, MEETINGS)).items():
        typer.echo(f"not there: {shown_name(file)}, first seen on {seen}")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UserError(
            f"'{text}' is no day", allowed="YYYY-MM-DD, for example 2026-03-01"
        ) from None


@app.command()
def lint() -> None:
    """Check contracts, lists, policy, registers, SQL models, templates and texts
    without running any of them.
    """
    from pipeline.commands.lint import lint_everything

    for line in lint_everything(Project.here()):
        typer.echo(line)


@app.command()
def guards() -> None:
    """Say what keeps a process in that reads a return or renders a version, on this
    kernel.
    """
    from pipeline.system.confine import guards as found
    from pipeline.system.confine import require_guard

    for line in found().lines():
        typer.echo(line)
    require_guard()


@app.command()
def version() -> None:
    """The version of the pipeline."""
    typer.echo(__version__)
