"""How did each return end, and each table of it? Counted from the account of its files
and the findings about it; of a return in parts also by office.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pipeline.contracts.layout import tables_for
from pipeline.contracts.model import Contracts
from pipeline.contracts.offices import load_offices
from pipeline.findings import SEVERITIES, Finding
from pipeline.returns.intake.account import FileAccount
from pipeline.returns.texts import N_

if TYPE_CHECKING:
    from pipeline.returns.rules.outcome import Validation

LACKING = ("part-missing", "part-refused")
REFUSED_PART = N_("incomplete: a part is refused")
MISSING_PART = N_("incomplete: a part is missing")


@dataclass(frozen=True)
class SummaryRow:
    """One return, or the part of an `office`, as a line of a summary: whose, which file,
    how many cells ended where, how many findings.
    """

    state: str
    report: str
    file: str
    filled: int
    loaded: int
    refused: int
    ignored: int
    errors: int
    queries: int
    notes: int
    outcome: str
    office: str = ""


def summary_rows(validation: Validation, reports: Sequence[str]) -> list[SummaryRow]:
    """One row per state and report that a file or a finding is about, in the order of
    reports and states.
    """
    accounts: dict[tuple[str, str], list[FileAccount]] = {}
    for account in validation.accounts:
        accounts.setdefault((account.report, account.state), []).append(account)
    counts: dict[tuple[str, str], dict[str, int]] = {}
    for finding in validation.findings:
        if finding.state:
            by_severity = counts.setdefault(
                (finding.report, finding.state), dict.fromkeys(SEVERITIES, 0)
            )
            by_severity[finding.severity] += 1
    asked = (key for key in {*accounts, *counts} if key[0] in reports)
    keys = sorted(asked, key=lambda k: (reports.index(k[0]), k[1]))
    return [
        _summary_of_return(
            validation, key, accounts=accounts.get(key, []), counts=counts.get(key, {})
        )
        for key in keys
    ]


def part_rows(validation: Validation, *, report: str, state: str) -> list[SummaryRow]:
    """One row per office of a return that came in parts, in the order of their codes; the
    files that name no office stand first.
    """
    files = [f for f in validation.reading.files if (f.report, f.state) == (report, state)]
    rows = []
    for office in sorted({f.office for f in files}):
        own = {f.file for f in files if f.office == office}
        accounts = [a for a in validation.accounts if a.file in own]
        findings = [
            f
            for f in validation.findings
            if (f.report, f.state, f.office) == (report, state, office)
        ]
        errors = {f.table for f in findings if f.severity == "error"}
        given = {t for a in accounts for t in (*a.loaded_by_table, *a.refused_by_table)}
        refused = {t for s, r, t in validation.refused if (s, r) == (state, report)}
        is_refused = all(f.outcome == "refused" for f in files if f.office == office)
        counts: dict[str, int] = {s: sum(f.severity == s for f in findings) for s in SEVERITIES}
        row = _summary(
            (report, state),
            accounts=accounts,
            counts=counts,
            tables={""} if is_refused else refused & (given | errors),
        )
        rows.append(replace(row, office=office))
    return rows


def _summary_of_return(
    validation: Validation,
    key: tuple[str, str],
    *,
    accounts: list[FileAccount],
    counts: dict[str, int],
) -> SummaryRow:
    report, state = key
    tables = {t for s, r, t in validation.refused if (s, r) == (state, report)}
    row = _summary(key, accounts=accounts, counts=counts, tables=tables)
    lacking = {f.rule for f in lacking_parts(validation, state) if f.report == report}
    if not accounts or "" in tables or not lacking:
        return row
    return replace(row, outcome=REFUSED_PART if "part-refused" in lacking else MISSING_PART)


def lacking_parts(validation: Validation, state: str) -> list[Finding]:
    """What says of the returns of a state that the part of an office is not there, or
    was refused.
    """
    return [f for f in validation.findings if f.state == state and f.rule in LACKING]


def _summary(
    key: tuple[str, str],
    *,
    accounts: list[FileAccount],
    counts: dict[str, int],
    tables: set[str],
) -> SummaryRow:
    report, state = key
    if not accounts:
        outcome = N_("not received")
    elif "" in tables:
        outcome = N_("refused")
    elif len(tables) == 1:
        outcome = N_("1 table refused")
    else:
        outcome = (
            N_("{number} tables refused").format(number=len(tables)) if tables else N_("accepted")
        )
    return SummaryRow(
        state,
        report,
        ", ".join(a.file for a in accounts),
        sum(a.filled for a in accounts),
        sum(a.loaded for a in accounts),
        sum(a.refused for a in accounts),
        sum(sum(a.ignored.values()) for a in accounts),
        counts.get("error", 0),
        counts.get("query", 0),
        counts.get("note", 0),
        outcome,
    )


def table_outcomes(contracts: Contracts, validation: Validation) -> list[dict[str, Any]]:
    """What became of every table of every return: loaded, refused or empty, with its
    cells.
    """
    outcomes = []
    by_records = {(a.state, a.report, a.table) for a in validation.accounts if a.table}
    offices = {f.file: f.office for f in validation.reading.files if f.office}
    giving = _giving(contracts, validation)
    for account in validation.accounts:
        if account.state not in contracts.codelist("states"):
            continue
        for table in tables_for(
            contracts.contract(account.report), account.state, round_=validation.reading.round
        ):
            # A table sent as records is told of with their file, not with the sheet
            # that was set aside.
            if account.table != table.name and (
                account.table or (account.state, account.report, table.name) in by_records
            ):
                continue
            files = giving.get((account.report, account.state, table.name))
            if files is not None and account.file not in files:
                continue  # another part gives it
            loaded = account.loaded_by_table.get(table.name, 0)
            refused = validation.is_refused(account.state, account.report, table=table.name)
            outcomes.append(
                {
                    "report": account.report,
                    "state": account.state,
                    "file": account.file,
                    "table": table.name,
                    "sheet": table.layout.sheet,
                    "outcome": _outcome(refused, loaded),
                    "loaded": loaded,
                    "refused": account.refused_by_table.get(table.name, 0),
                    **office_entry(offices.get(account.file, "")),
                }
            )
    return outcomes


def _giving(
    contracts: Contracts, validation: Validation
) -> dict[tuple[str, str, str], frozenset[str]]:
    """The files that give each table of a return that came in parts: those with cells of
    it; else that of the office that is to give it; else the first file.
    """
    reading = validation.reading
    in_parts = {(f.report, f.state) for f in reading.files if f.office}
    arranged = load_offices(contracts)
    giving = {}
    for report, state in in_parts:
        files = [f for f in reading.files if (f.report, f.state) == (report, state)]
        accounts = {a.file: a for a in validation.accounts}
        parts = arranged.of(report, state, round_=reading.round)
        for table in tables_for(contracts.contract(report), state, round_=reading.round):
            said = [f.file for f in files if _has_cells(accounts.get(f.file), table.name)]
            own = [f.file for f in files if table.name in parts.get(f.office, ())]
            first = [f.file for f in files][:1]
            giving[report, state, table.name] = frozenset(said or own or first)
    return giving


def _has_cells(account: FileAccount | None, table: str) -> bool:
    return account is not None and bool(
        account.loaded_by_table.get(table) or account.refused_by_table.get(table)
    )


def office_entry(code: str) -> dict[str, str]:
    """An entry for an office, where there is one."""
    return {"office": code} if code else {}


def _outcome(refused: bool, loaded: int) -> str:
    if refused:
        return N_("refused")
    return N_("loaded") if loaded else N_("empty")
