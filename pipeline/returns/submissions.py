"""What came with which submission of a state, and what was found in it then? A receipt
and the findings of each, kept in the archive.

A submission is what a validation met for the first time of a return: new files, or
others under the same name. Where offices send parts, each part is a submission of its
own; all of a return are numbered in one row.

`records/archive/submissions/<round>/<id>/` holds `receipt.json` and `findings.json`;
nothing writes them a second time, so a later submission, another contract or a new rule
does not change what was said of an earlier one.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from pipeline.contracts.model import Contracts
from pipeline.errors import UserError
from pipeline.findings import SEVERITIES, Finding
from pipeline.project import Project
from pipeline.returns.archive import original, owner_of
from pipeline.returns.intake.reading import FileReading
from pipeline.returns.rules.outcome import Validation
from pipeline.returns.rules.summary import SummaryRow, part_rows, summary_rows, table_outcomes
from pipeline.system.files import unfinished, write_private
from pipeline.system.kept import SUBMISSIONS, damaged, parse_json

RECEIPT, FOUND = "receipt.json", "findings.json"
_ID = re.compile(r"([A-Z]{2,5})-([a-z]+)-([0-9]{4})-([1-9][0-9]{0,3})")


@dataclass(frozen=True)
class ReceivedFile:
    """A file of a return. `is_new` where it came with this submission; the others lay
    there before. `size` is in bytes, -1 where the file is not kept.
    """

    file: str
    sha256: str
    size: int
    is_new: bool


@dataclass(frozen=True)
class ReadTable:
    """What became of a table: its outcome, and how many of its cells were loaded and
    refused.
    """

    table: str
    sheet: str
    outcome: str
    loaded: int
    refused: int


@dataclass(frozen=True)
class Receipt:
    """What arrived of a return, or of the part of an `office`, and what was read of it.
    `seen` is the day on which it was met, `dated` what its covers say; numbers are those
    of filled cells, and of findings by their severity.
    """

    round: int
    report: str
    state: str
    number: int
    seen: str
    dated: str
    outcome: str
    contract_version: str
    files: tuple[ReceivedFile, ...]
    tables: tuple[ReadTable, ...]
    filled: int
    loaded: int
    refused: int
    ignored: int
    errors: int
    queries: int
    notes: int
    office: str = ""

    def as_json(self) -> dict[str, Any]:
        """The receipt as records in JSON hold it; that of a whole return names no
        office.
        """
        found = asdict(self)
        if not self.office:
            del found["office"]
        return found

    @property
    def id(self) -> str:
        return f"{self.state}-{self.report}-{self.round}-{self.number}"


def keep_submissions(
    project: Project,
    contracts: Contracts,
    *,
    validation: Validation,
    kept: Mapping[str, str],
    today: date | None = None,
) -> list[Receipt]:
    """Write a receipt for each return, or part of one, of which a validation met
    something new, with what was found in it. `kept` is name and hash of each file of the
    archive. Returns the new receipts.
    """
    round_ = validation.reading.round
    readings: dict[tuple[str, str, str], list[FileReading]] = {}
    for file in validation.reading.files:
        if file.state in contracts.codelist("states"):  # other codes name no folder
            readings.setdefault((file.report, file.state, file.office), []).append(file)
    receipts = {}  # the last of each
    numbers: dict[tuple[str, str], int] = {}
    for known in read_receipts(project, round_):
        receipts[known.report, known.state, known.office] = known
        numbers[known.report, known.state] = known.number
    names = {f.file: "" for f in validation.reading.files}
    new = []
    for (report, state, office), files in sorted(readings.items()):
        last = receipts.get((report, state, office))
        there = {f.file: f.sha256 for f in files}
        own = frozenset(there)
        there |= {name: sha256 for name, sha256 in kept.items() if owner_of(name, names) in own}
        before = {f.file: f.sha256 for f in last.files} if last else {}
        if not (came := {n for n, sha256 in there.items() if before.get(n) != sha256}):
            continue
        receipt = _receipt(
            contracts,
            validation,
            files,
            number=numbers.get((report, state), 0) + 1,
            seen=(today or date.today()).isoformat(),
            received=tuple(
                ReceivedFile(name, sha256, _size(project, sha256), name in came)
                for name, sha256 in sorted(there.items())
            ),
        )
        numbers[report, state] = receipt.number
        whose = (report, state, office)
        found = [f for f in validation.findings if (f.report, f.state, f.office) == whose]
        _keep(project, receipt, found)
        new.append(receipt)
    return new


def _size(project: Project, sha256: str) -> int:
    path = original(project, sha256) if sha256 else None
    return path.stat().st_size if path and path.is_file() else -1


def _receipt(
    contracts: Contracts,
    validation: Validation,
    files: list[FileReading],
    *,
    number: int,
    seen: str,
    received: tuple[ReceivedFile, ...],
) -> Receipt:
    report, state, office = files[0].report, files[0].state, files[0].office
    row = _row(validation, report, state=state, office=office)
    own = {f.file for f in files}
    tables: dict[str, ReadTable] = {}
    for told in table_outcomes(contracts, validation):
        if told["file"] in own:
            table = ReadTable(
                *(told[n] for n in ("table", "sheet", "outcome", "loaded", "refused"))
            )
            before = tables.get(table.table)
            # Of several files the one that brought a table says what became of it.
            if before is None or (table.loaded, table.refused) > (before.loaded, before.refused):
                tables[table.table] = table
    return Receipt(
        validation.reading.round,
        report,
        state,
        number,
        seen,
        max(f.received for f in files),
        row.outcome,
        max(f.contract_version for f in files),
        received,
        tuple(tables.values()),
        row.filled,
        row.loaded,
        row.refused,
        row.ignored,
        row.errors,
        row.queries,
        row.notes,
        office,
    )


def _row(validation: Validation, report: str, *, state: str, office: str) -> SummaryRow:
    """How a return ended; where it came in parts, how the part did."""
    parts = part_rows(validation, report=report, state=state)
    if any(row.office for row in parts):
        return next(row for row in parts if row.office == office)
    return next(r for r in summary_rows(validation, [report]) if r.state == state)


def submission_folder(project: Project, receipt: Receipt) -> Path:
    return _folder(project, receipt.round) / receipt.id


def _folder(project: Project, round_: int) -> Path:
    return project.archive / SUBMISSIONS / str(round_)


def _keep(project: Project, receipt: Receipt, found: Iterable[Finding]) -> None:
    """Put both files in place in one step."""
    target = submission_folder(project, receipt)
    fresh = unfinished(target)
    shutil.rmtree(fresh, ignore_errors=True)
    for name, content in (
        (RECEIPT, receipt.as_json()),
        (FOUND, {"submission": receipt.id, "findings": [f.as_json() for f in found]}),
    ):
        text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
        write_private(fresh / name, text.encode())
    for folder in (target.parent, target.parent.parent):
        folder.chmod(0o700)
    os.rename(fresh, target)


# Reading them.


def read_receipts(project: Project, round_: int) -> list[Receipt]:
    """All receipts of a round, by report, state and number. Raises DamagedFileError."""
    found = [
        _read_receipt(path / RECEIPT)
        for path in _folder(project, round_).glob("*")
        if _ID.fullmatch(path.name)
    ]
    return sorted(found, key=lambda r: (r.report, r.state, r.number))


def _read_receipt(path: Path) -> Receipt:
    content = _content(path)
    try:
        receipt = Receipt(
            **{
                # One from before returns came in parts names no office.
                **{f.name: content[f.name] for f in fields(Receipt) if f.name != "office"},
                "office": content.get("office", ""),
                "files": tuple(ReceivedFile(**f) for f in content["files"]),
                "tables": tuple(ReadTable(**t) for t in content["tables"]),
            }
        )
    except (KeyError, TypeError) as problem:
        raise damaged(path, f"it is no receipt: {problem}") from problem
    if receipt.id != path.parent.name:
        raise damaged(path, f"it is the receipt of {receipt.id}"[:80])
    return receipt


def _content(path: Path) -> Any:
    try:
        return parse_json(path.read_bytes(), path)
    except OSError as problem:
        raise damaged(path, problem.strerror or str(problem)) from problem


@dataclass(frozen=True)
class Submission:
    """A submission with what was found in it. `before` is the id of the submission before
    it, of the same office; `new` are the places in `findings` of those that it did not
    have, `gone` how many of those it had are gone.
    """

    receipt: Receipt
    findings: tuple[Finding, ...]
    new: frozenset[int]
    gone: int
    before: str = ""


def read_submission(project: Project, id_: str) -> Submission:
    """What was found in a submission when it came. Raises UserError where there is no
    such submission.
    """
    match = _ID.fullmatch(id_)
    known = read_receipts(project, int(match[3])) if match else []
    receipt = next((r for r in known if r.id == id_), None)
    if receipt is None:
        raise UserError(
            f"there is no submission '{id_[:80]}'",
            allowed=", ".join(r.id for r in known) or "an id such as RO-thb-2022-1",
            do="'make findings ROUND=' lists the submissions of a round",
        )
    whose = (receipt.report, receipt.state, receipt.office)
    same = [r for r in known if (r.report, r.state, r.office) == whose]
    earlier = max(
        (r for r in same if r.number < receipt.number), key=lambda r: r.number, default=None
    )
    found = _findings(project, receipt)
    if earlier is None:
        return Submission(receipt, found, frozenset(), 0)
    before = {_place(f) for f in _findings(project, earlier)}
    new = frozenset(i for i, f in enumerate(found) if _place(f) not in before)
    gone = len(before - {_place(f) for f in found})
    return Submission(receipt, found, new, gone, earlier.id)


def _findings(project: Project, receipt: Receipt) -> tuple[Finding, ...]:
    path = submission_folder(project, receipt) / FOUND
    content = _content(path)
    try:
        return tuple(Finding.from_json(f) for f in content["findings"])
    except (KeyError, TypeError, ValueError) as problem:
        raise damaged(path, f"it holds no findings: {problem}") from problem


def _place(finding: Finding) -> tuple[str, ...]:
    """What makes two findings the same one: rule, severity and place, and not the file,
    which a later submission calls otherwise.
    """
    f = finding
    place = (f.key,) if f.key else (f.sheet, f.cell)
    return (f.rule, f.severity, f.table, *place)


# Told on the terminal.


def lines_of_receipts(receipts: Iterable[Receipt]) -> Iterator[tuple[str, ...]]:
    """A line for each submission: its id, its day, its new files, what became of it."""
    for r in receipts:
        came = ", ".join(f"{f.file} {f.sha256[:12]}" for f in r.files if f.is_new)
        counts = ", ".join(
            f"{number} {severity}{'' if number == 1 else 's'}"
            for severity, number in zip(SEVERITIES, (r.errors, r.queries, r.notes), strict=True)
        )
        yield r.id, r.seen, came, r.outcome, counts.replace("querys", "queries")
