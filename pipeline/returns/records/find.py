"""Which files of a round hold records, whose, and of which table?
`<STATE>.<TABLE>.records.csv|csv.gz|parquet`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.contracts.layout import respondents, tables_for
from pipeline.contracts.model import Contracts, Table
from pipeline.project import Project
from pipeline.returns.intake.folder import RECORDS_MARK, is_left_by_program
from pipeline.returns.intake.shown import shown_name
from pipeline.system.files import name_as_text

_NAME = re.compile(
    r"(?P<state>[^.]+)\.(?P<table>[^.]+)\.records\.(?P<kind>csv|csv\.gz|parquet)", re.IGNORECASE
)


@dataclass(frozen=True)
class RecordFile:
    """One file of records. `rule` says why it is not read; empty when it is. `table` is
    None where none is meant.

    `other` is the file that holds the same table, where this is the second one.
    """

    report: str
    state: str
    table: Table | None
    path: Path
    name: str  # relative to the folder of the returns, as findings and sources print it
    kind: str  # csv, csv.gz or parquet, by its name
    rule: str = ""
    other: str = ""


def find_records(project: Project, contracts: Contracts, *, round_: int) -> list[RecordFile]:
    """Every file of a round that is named as records, in a fixed order."""
    found: list[RecordFile] = []
    for report in contracts.by_report:
        folder = project.returns / str(round_) / report
        paths = sorted(folder.iterdir(), key=lambda p: p.name) if folder.is_dir() else []
        taken: dict[tuple[str, str], str] = {}
        for path in paths:
            left = path.name.startswith(".") or is_left_by_program(path.name)
            if RECORDS_MARK in path.name.lower() and not left:
                file = _look_at(path, contracts, report=report, round_=round_)
                name = file.table.name if file.table else ""
                if not file.rule and (other := taken.get((file.state, name))):
                    file = replace(file, rule="second-file", other=other)
                elif file.table:
                    taken[file.state, name] = path.name
                found.append(file)
    return found


def _look_at(path: Path, contracts: Contracts, *, report: str, round_: int) -> RecordFile:
    name = f"{round_}/{report}/{shown_name(name_as_text(path.name))}"
    states = respondents(contracts, report, round_=round_)
    match = _NAME.fullmatch(path.name)
    if match is None:
        # Whoever sent it thinks that it was read.
        state = path.name.partition(".")[0].upper()
        known = state in states
        return RecordFile(
            report,
            state if known else "",
            None,
            path,
            name,
            "",
            "records-not-asked" if known else "not-a-return",
        )
    state = match["state"].upper()
    kind = match["kind"].lower()
    if state not in states:
        return RecordFile(report, shown_name(state), None, path, name, kind, "not-a-member")
    asked = {
        t.name: t for t in tables_for(contracts.contract(report), state, round_=round_) if t.records
    }
    table = asked.get(match["table"].upper())
    if table is None:
        return RecordFile(report, state, None, path, name, kind, "records-not-asked")
    # A link may lead out of the folder of the returns, and what is neither file nor
    # link is no return.
    rule = "linked-file" if path.is_symlink() else "" if path.is_file() else "not-a-file"
    return RecordFile(report, state, table, path, name, kind, rule)
