"""Which files of a round hold records, whose, and of which table? `<STATE>.<TABLE>.records.csv|csv.gz|parquet`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pipeline.contracts.layout import tables_for
from pipeline.contracts.model import Contracts, Table
from pipeline.files import name_as_text
from pipeline.intake.folder import RECORDS_MARK, is_left_by_program, respondents
from pipeline.intake.shown import shown_name
from pipeline.project import REPORTS, Project

_NAME = re.compile(r"(?P<state>[^.]+)\.(?P<table>[^.]+)\.records\.(?P<kind>csv|csv\.gz|parquet)", re.IGNORECASE)


@dataclass(frozen=True)
class RecordFile:
    """One file of records. `rule` says why it is not read; empty when it is. `table` is None where none is meant."""

    report: str
    state: str
    table: Table | None
    path: Path
    name: str  # relative to the folder of the returns, as findings and sources print it
    kind: str  # csv, csv.gz or parquet
    rule: str = ""


def find_records(project: Project, contracts: Contracts, round_: int) -> list[RecordFile]:
    """Every file of a round that is named as records, in a fixed order."""
    found: list[RecordFile] = []
    for report in REPORTS:
        folder = project.returns / str(round_) / report
        paths = sorted(folder.iterdir(), key=lambda p: p.name) if folder.is_dir() else []
        taken: set[tuple[str, str]] = set()
        for path in paths:
            left = path.name.startswith(".") or is_left_by_program(path.name)
            if RECORDS_MARK in path.name.lower() and not left:
                file = _look_at(path, contracts, report, round_)
                name = file.table.name if file.table else ""
                if not file.rule and (file.state, name) in taken:
                    file = RecordFile(report, file.state, file.table, path, file.name, file.kind, "second-file")
                taken.add((file.state, name))
                found.append(file)
    return found


def _look_at(path: Path, contracts: Contracts, report: str, round_: int) -> RecordFile:
    name = f"{round_}/{report}/{shown_name(name_as_text(path.name))}"
    match = _NAME.fullmatch(path.name)
    if match is None:
        return RecordFile(report, "", None, path, name, "", "not-a-return")
    state, kind = match["state"].upper(), match["kind"].lower()
    if state not in respondents(contracts, report, round_):
        return RecordFile(report, state, None, path, name, kind, "not-a-member")
    asked = {t.name: t for t in tables_for(contracts.contract(report), state, round_) if t.records}
    table = asked.get(match["table"].upper())
    if table is None:
        return RecordFile(report, state, None, path, name, kind, "records-not-asked")
    # A link may lead out of the folder of the returns, and what is neither file nor link is no return.
    rule = "unsafe-file" if path.is_symlink() or not path.is_file() else ""
    return RecordFile(report, state, table, path, name, kind, rule)
