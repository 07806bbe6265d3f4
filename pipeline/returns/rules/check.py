"""Which figures of a round break a rule of their contract, and what follows from it?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.contracts.model import Contracts
from pipeline.errors import CheckError
from pipeline.findings import Finding
from pipeline.project import Project
from pipeline.returns.intake.account import FileAccount
from pipeline.returns.intake.reading import RoundReading
from pipeline.returns.intake.stage import STAGED, leave_out, staged_cells
from pipeline.returns.meetings.standing import check_amendments
from pipeline.returns.received import read_round
from pipeline.returns.rules.anchored import check_anchors
from pipeline.returns.rules.compile import Rule, compile_rules
from pipeline.returns.rules.known import (
    after_leaving_out,
    entries_in_force,
    left_out,
    require_current,
    require_figures,
    with_known,
)
from pipeline.returns.rules.mirrored import check_mirrors
from pipeline.returns.rules.outcome import Refusals, Validation
from pipeline.returns.rules.published import check_published
from pipeline.returns.rules.queries import ORIGIN
from pipeline.returns.rules.query_log import read_log, with_queries
from pipeline.system.kept import open_database
from pipeline.system.patches import import_great_expectations
from pipeline.system.progress import Progress, silent

_ADDRESS = re.compile(r"([A-Z]{1,3})(\d+)|line (\d+)")


def validate_round(
    project: Project,
    contracts: Contracts,
    *,
    round_: int,
    progress: Progress = silent,
    taken: Path | None = None,
) -> Validation:
    """Read the returns of a round, check them, write the findings and say which tables
    are refused.

    `taken` is a folder to read them from in place of that of the returns: a copy that
    nobody changes meanwhile.
    Raises UserError when the round has no folder and CheckError when a check could not
    run.
    """
    from pipeline.returns.rules.pages import write_findings

    log = read_log(project, contracts, round_=round_)
    sent = replace(project, returns_folder=taken) if taken else project
    reading = read_round(
        sent, contracts, round_=round_, progress=progress, meanwhile=import_great_expectations
    )
    progress("checking against the contracts")
    found, accounts = _check_with_known(project, contracts, round_=round_, reading=reading)
    found = with_queries(_with_offices(found, reading), log)
    findings = in_order(found)
    refused = refusals(findings, later_files(reading), parts=refused_parts(reading))
    validation = Validation(reading, findings, refused, tuple(_after(a, refused) for a in accounts))
    write_findings(project, contracts, validation=validation)
    return validation


def _check_with_known(
    project: Project, contracts: Contracts, *, round_: int, reading: RoundReading
) -> tuple[list[Finding], list[FileAccount]]:
    """All findings of a round and the accounts of its files, after what the register of
    known errors does.

    Figures that are left out are looked for first, in a check of their tables, because
    no rule may count them later. Raises ContractError when an entry of the register is
    out of date.
    """
    staged = project.work(round_) / STAGED
    known = entries_in_force(contracts, reading)
    leaving = [k for k in known if k.entry.effect == "leave-out"]
    first: list[Finding] = []
    if leaving:
        tables = frozenset(k.entry.table for k in leaving)
        first = [
            *reading.findings,
            *check_round(project, contracts, round_=round_, reading=reading, tables=tables),
        ]
    cells = {
        (k.entry.table, k.entry.state): staged_cells(
            staged, contracts.table(k.entry.table), state=k.entry.state
        )
        for k in known
    }
    out = left_out(known, (c for found in cells.values() for c in found if c.usable))
    leave_out(staged, [(contracts.table(k.entry.table), c) for k, c in out])

    with open_database(staged):  # held open, it is opened again at once by each of the checks
        found = [
            *reading.findings,
            *check_round(project, contracts, round_=round_, reading=reading),
            *check_anchors(project, contracts, round_=round_, reading=reading),
            *check_published(project, contracts, round_=round_, reading=reading),
            *check_mirrors(project, contracts, round_=round_),
            *check_amendments(project, contracts, round_=round_),
        ]
    # A finding that needed the figures left out is gone from the second check, and is
    # kept all the same.
    found += [f for f in first if any(k.lines(f) for k in leaving) and f not in found]
    require_current(known, found, round_=round_)
    require_figures(
        known,
        found,
        unread=frozenset(c.key for every in cells.values() for c in every if not c.usable),
    )
    versions = {c.report: c.version for c in contracts}
    return with_known(known, found, out=out, versions=versions), [
        after_leaving_out(a, out, reading=reading) for a in reading.accounts
    ]


def _with_offices(findings: Iterable[Finding], reading: RoundReading) -> list[Finding]:
    """The findings with the offices whose parts they are about."""
    offices = {f.file: f.office for f in reading.files if f.office}
    return [replace(f, office=offices[f.file]) if f.file in offices else f for f in findings]


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings in the order in which a validation lists them."""
    return tuple(sorted(findings, key=lambda f: (f.sort_key, f.file, f.key, f.found)))


def later_files(reading: RoundReading) -> frozenset[str]:
    """The files that states sent after their first one, and those that lie beside a part
    of the same return that was read: each of them is refused alone.
    """
    in_parts = _returns_in_parts(reading)
    return frozenset(
        f.file for f in reading.files if f.number > 1 or (f.report, f.state) in in_parts
    )


def refused_parts(reading: RoundReading) -> frozenset[str]:
    """The files that were refused beside a part that was read: nothing in them keeps out
    what an office gives.
    """
    in_parts = _returns_in_parts(reading)
    return frozenset(
        f.file for f in reading.files if f.outcome == "refused" and (f.report, f.state) in in_parts
    )


def _returns_in_parts(reading: RoundReading) -> set[tuple[str, str]]:
    return {(f.report, f.state) for f in reading.files if f.office and f.outcome == "read"}


def refusals(
    findings: Iterable[Finding],
    later_files: frozenset[str] = frozenset(),
    *,
    parts: frozenset[str] = frozenset(),
) -> Refusals:
    """The tables that are not loaded because of an error: (state, report, table), table
    "" for a whole return.

    An error of one of `later_files` as a whole refuses that file alone: what the state
    sent before stands. Of `parts`, which were refused, no error refuses a table.
    """
    return frozenset(
        (f.state, f.report, f.table)
        for f in findings
        if f.severity == "error" and f.file not in parts and (f.table or f.file not in later_files)
    )


def _after(account: FileAccount, refused: Refusals) -> FileAccount:
    if (account.state, account.report, "") in refused:
        return account.refuse(None)
    return account.refuse({t for s, r, t in refused if (s, r) == (account.state, account.report)})


def check_round(
    project: Project,
    contracts: Contracts,
    *,
    round_: int,
    reading: RoundReading,
    tables: frozenset[str] | None = None,
) -> list[Finding]:
    """Check the staged figures of a round against every rule of the contracts, or of
    `tables` alone.

    Raises CheckError when a check could not run: a check that crashed has neither
    passed nor failed.
    """
    from pipeline.returns.rules.judged import judge_rules

    database = project.work(round_) / STAGED
    filled, past = _tables_with_rows(project, contracts, round_=round_)
    asked = None if tables is None else {contracts.table(t).sql_name for t in tables}
    # A check on no rows would pass without having looked at anything; but what was
    # there before may be missed.
    rules = [
        r
        for c in contracts
        for r in compile_rules(contracts, c, round_=round_)
        if (asked is None or r.check.table in asked)
        and (r.check.table in filled or (r.looks_back and r.check.table in past))
    ]
    outcomes = judge_rules(database, [r.check for r in rules], index_columns=ORIGIN)
    crashed = [o for o in outcomes if o.status == "could_not_run"]
    if crashed or len(outcomes) != len(rules):
        raise CheckError(
            f"{len(crashed)} checks could not run: " + ", ".join(o.rule_id for o in crashed[:10]),
            where=str(database),
            allowed="every check passes or fails",
            do=(
                "repair the check; the first one says:"
                f" {crashed[0].error[:500] if crashed else 'no outcome'}"
            ),
        )
    findings = []
    for rule, outcome in zip(rules, outcomes, strict=True):
        rows = outcome.bad_rows
        if outcome.status == "failed" and not rows:
            raise CheckError(f"{rule.rule_id} failed without naming a row", where=str(database))
        findings += _findings(
            contracts, round_, rule=rule, rows=_repeats(rows) if rule.is_joint_key else rows
        )
    return findings


def _tables_with_rows(
    project: Project, contracts: Contracts, *, round_: int
) -> tuple[set[str], set[str]]:
    """Names of the staged tables with figures, now and in an earlier round."""
    with open_database(project.work(round_) / STAGED) as connection:
        counts = " union all ".join(
            f"select '{t.sql_name}' as name, exists (select 1 from {t.sql_name}) as filled"
            for t in contracts.tables
        )
        now = {str(name) for name, filled in connection.execute(counts).fetchall() if filled}
        past = connection.execute("select distinct lower(table_name) from earlier").fetchall()
        return now, {str(name) for (name,) in past}


def _repeats(rows: Sequence[dict[str, object]]) -> list[dict[str, object]]:
    """Rows that repeat a key, without the first one of each key in reading order."""
    seen: set[object] = set()
    repeats = []
    for row in sorted(rows, key=_in_reading_order):
        if row["key"] in seen:
            repeats.append(row)
        seen.add(row["key"])
    return repeats


def _in_reading_order(row: dict[str, object]) -> tuple[str, str, int, int, str]:
    match = _ADDRESS.match(str(row["address"]))
    letters, number, line = match.groups() if match else ("", None, None)
    return (
        str(row["file"]),
        str(row["sheet"]),
        int(number or line or 0),
        len(letters or ""),
        letters or "",
    )


def _findings(
    contracts: Contracts, round_: int, *, rule: Rule, rows: Iterable[dict[str, object]]
) -> list[Finding]:
    table = next(t for t in contracts.tables if t.sql_name == rule.check.table)
    version = contracts.contract(table.report).version
    return [
        Finding(
            round=round_,
            report=table.report,
            state=str(row["state"]),
            file=str(row["file"]),
            sheet=str(row["sheet"]),
            cell=str(row["address"]),
            table=table.name,
            key=str(row["key"]),
            rule=rule.rule_id,
            severity=rule.severity,
            found=str(row.get("found", row["raw"])),
            allowed=rule.allowed,
            do=rule.do,
            contract_version=version,
        )
        for row in rows
    ]
