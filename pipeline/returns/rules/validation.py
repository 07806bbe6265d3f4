"""What does the next step need of a validation? Writes it beside the staged figures,
and reads all of it back.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from pipeline.contracts.model import Contracts
from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.returns.archive import archive_round, take_round
from pipeline.returns.intake.account import FileAccount
from pipeline.returns.intake.reading import RoundReading
from pipeline.returns.rules.check import in_order, validate_round
from pipeline.returns.rules.outcome import Validation
from pipeline.returns.rules.pages import write_findings
from pipeline.returns.rules.query_log import read_log, with_new_answers
from pipeline.returns.rules.summary import summary_rows
from pipeline.returns.rules.validated import VALIDATION, parse_validation, read_content
from pipeline.returns.submissions import keep_submissions
from pipeline.system.kept import keep_bytes
from pipeline.system.progress import Progress, silent


def validate_and_write(
    project: Project, contracts: Contracts, *, round_: int, progress: Progress = silent
) -> Validation:
    """Read, check and write down a round. Raises UserError without returns, CheckError
    when a check could not run.
    """
    if not (project.returns / str(round_)).is_dir():
        raise UserError(
            f"there are no returns of round {round_}",
            where=str(project.returns),
            do="put the returns under returns/<round>/<report>/",
        )
    with take_round(project, round_) as taken:
        validation = validate_round(
            project, contracts, round_=round_, progress=progress, taken=taken.folder
        )
    archive_round(
        project,
        round_,
        dates={f.file: f.received for f in validation.reading.files},
        kept=taken.kept,
    )
    keep_submissions(project, contracts, validation=validation, kept=taken.kept)
    _write(project, validation)
    return validation


def enter_answers(project: Project, contracts: Contracts, *, round_: int) -> bool:
    """Let the last validation of a round say what states answered since, without
    reading their returns again. Returns whether it does: not where there is none, or
    where a figure that was confirmed is so no more.
    """
    try:
        validation = restore_validation(project, round_)
    except UserError:  # none, or a damaged one: the next command reads the returns
        return False
    log = read_log(project, contracts, round_=round_)
    answered = with_new_answers(validation.findings, log)
    if answered is None:
        return False
    validation = replace(validation, findings=in_order(answered))
    write_findings(project, contracts, validation=validation)
    _write(project, validation)
    return True


def _write(project: Project, validation: Validation) -> None:
    round_ = validation.reading.round
    content = {
        "round": round_,
        "files": [f.as_json() for f in validation.reading.files],
        "accounts": [_account_json(a) for a in validation.accounts],
        "findings": [f.as_json() for f in validation.findings],
        "refused": sorted(validation.refused),
    }
    keep_bytes(project.work(round_) / VALIDATION, json.dumps(content, ensure_ascii=False).encode())


def _account_json(account: FileAccount) -> dict[str, Any]:
    values = {f.name: getattr(account, f.name) for f in fields(account)}
    return {
        name: dict(sorted(v.items())) if isinstance(v, Mapping) else v for name, v in values.items()
    }


def restore_validation(project: Project, round_: int) -> Validation:
    """The whole validation of a round as it was written. Raises UserError when the
    round was not validated yet.
    """
    content = read_content(project, round_)
    if "accounts" not in content:
        raise UserError(
            f"round {round_} was validated by an earlier version of the pipeline",
            do=f"run 'make validate ROUND={round_}' again",
        )
    found = parse_validation(content, project=project, round_=round_)
    accounts = tuple(FileAccount(**a) for a in content["accounts"])
    reading = RoundReading(round_, found.files, found.findings, accounts)
    return Validation(reading, found.findings, found.refused, accounts)


def print_summary(project: Project, validation: Validation) -> None:
    """One line per return, for the terminal: what was received, where its cells ended,
    how many findings.
    """
    from rich.console import Console
    from rich.table import Table

    table = Table(
        title=f"Returns of round {validation.reading.round}",
        title_justify="left",
        box=None,
        pad_edge=False,
    )
    for head in ("report", "state", "file"):
        table.add_column(head)
    for head in ("filled", "loaded", "refused", "ignored", "errors", "queries", "notes"):
        table.add_column(head, justify="right")
    table.add_column("outcome")
    rows = summary_rows(validation, project.collected)
    received = {row.report for row in rows if row.file}
    for report in dict.fromkeys(row.report for row in rows if row.report not in received):
        table.add_row(report, "all", *[""] * 8, "not received")
    for row in (r for r in rows if r.report in received):
        counts = (
            row.filled,
            row.loaded,
            row.refused,
            row.ignored,
            row.errors,
            row.queries,
            row.notes,
        )
        table.add_row(row.report, row.state, row.file, *map(str, counts), row.outcome)
    # Names of files are text: brackets in them are no markup, colons no pictures.
    console = Console(
        width=None if os.isatty(1) else 140, highlight=False, markup=False, emoji=False
    )
    console.print(table)
    console.print(f"findings: {project.findings(validation.reading.round)}")
