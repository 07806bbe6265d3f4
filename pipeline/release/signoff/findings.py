"""Which findings are still open under a report, and why is each accepted? A file of the
reasons that analysts signed.

`releases/signoff/<round>/<report>.accepted.csv` has a line for every open finding, for
reading; the column `reason` is what `make accept` entered
(`pipeline.release.signoff.reasons`). An approval repeats the reasons: it says what was
known.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from pipeline.contracts.model import Contracts
from pipeline.errors import UserError
from pipeline.numbers.stores import cubes_of
from pipeline.project import Project
from pipeline.release.signoff.reasons import enter_reason, require_signed, signed_reasons
from pipeline.returns.rules.query_log import id_of, place_of, read_log
from pipeline.returns.rules.validated import read_validation
from pipeline.system.files import csv_bytes, csv_rows, write_private
from pipeline.system.signed.people import Person

_MAX_REASON = 500


@dataclass(frozen=True)
class OpenFinding:
    """A finding that nobody has settled; `reason` says why the report may go out with
    it.
    """

    id: str
    severity: str
    state: str
    table: str
    place: str
    rule: str
    found: str
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.id} {self.state} {self.table} {self.place} ({self.rule}): {self.found}"


COLUMNS = tuple(f.name for f in fields(OpenFinding))


def open_findings(
    project: Project, contracts: Contracts, *, round_: int, report: str
) -> list[OpenFinding]:
    """Errors and queries under the tables that a report prints, with their reasons, in
    a fixed order.

    Settled, and so not listed, are findings of the register of known errors and queries
    that the state confirmed.
    """
    tables = set(cubes_of(project, contracts, report=report))
    log = read_log(project, contracts, round_=round_)
    confirmed = {id_ for id_, query in log.items() if query.effect == "confirmed"}
    reasons = signed_reasons(project, round_, report=report)
    of_errors = signed_reasons(project, round_, report=report, errors=True)
    require_signed(
        _reasons(reasons_file(project, round_, report=report)),
        reasons,
        path=reasons_file(project, round_, report=report),
    )
    found: dict[str, OpenFinding] = {}
    for finding in read_validation(project, round_).findings:
        concerns = finding.table in tables or (not finding.table and finding.report == report)
        id_ = finding.query or id_of(finding)
        if finding.severity == "note" or finding.known or not concerns or id_ in confirmed:
            continue
        found[id_] = OpenFinding(
            id_,
            finding.severity,
            finding.state,
            finding.table,
            finding.key or place_of(finding),
            finding.rule,
            " ".join(finding.found.split())[:300],
            (of_errors if finding.severity == "error" else reasons).get(id_, ""),
        )
    return sorted(found.values(), key=lambda f: (f.severity, f.state, f.table, f.place, f.rule))


def accept(
    project: Project,
    contracts: Contracts,
    *,
    round_: int,
    report: str,
    reason: str = "",
    query: str = "",
    state: str = "",
    rule: str = "",
    who: Person | None = None,
) -> list[OpenFinding]:
    """Write the file of reasons anew, with `reason` entered for what is named. Returns
    all.

    A reason is for one thing: the finding with this id, or those of one rule, of one
    state where that is given. Raises UserError when neither id nor rule is given or
    nothing is named by them, or when the reason could not stand in the file.
    """
    reason = " ".join(reason.split())
    if len(reason) > _MAX_REASON or not reason.isprintable():
        raise UserError(
            "the reason cannot be kept", allowed=f"up to {_MAX_REASON} printable characters"
        )
    found = open_findings(project, contracts, round_=round_, report=report)
    of_state = [f for f in found if f.state == state or not state]
    if reason and of_state and not (query or rule):
        raise UserError(
            f"one reason does not accept everything: {_by_rule(of_state)}",
            where=f"{report} {round_}",
            allowed="a reason for one rule (of one state, or of all), or for one finding",
            do=(
                f"make accept ROUND={round_} REPORT={report}"
                f' RULE={_commonest(of_state)}{f" STATE={state}" if state else ""} REASON="...",'
                " or QUERY= with the id of one finding"
            ),
        )
    if reason:
        named = [
            f
            for f in found
            if (f.id == query or not query)
            and (f.state == state or not state)
            and (f.rule == rule or not rule)
        ]
        picked = {f.id for f in named if f.severity != "error"}
        if named and not picked:
            raise UserError(
                f"{named[0].id} is an error, which keeps its table out",
                where=f"{report} {round_}",
                allowed="a reason for queries",
                do=(
                    "ask for a new return; or let the head of unit or the director let it pass:"
                    f" 'make gate ROUND={round_} REPORT={report}' names it for 'make accept GATE='"
                ),
            )
        if not picked and found:
            raise UserError(
                f"no open finding of {report} {round_} is named by QUERY={query} STATE={state}"
                f" RULE={rule}",
                do=f"see 'make accept ROUND={round_} REPORT={report}' for the list",
            )
        if who is None:
            raise UserError(
                "nobody accepts this",
                allowed="a person",
                do="give SIGN_KEY=, or REHEARSAL=yes with BY=",
            )
        if picked:
            enter_reason(project, round_, report=report, reason=reason, ids=sorted(picked), who=who)
        found = [replace(f, reason=reason) if f.id in picked else f for f in found]
    rows = [[asdict(f)[c] for c in COLUMNS] for f in found]
    write_private(reasons_file(project, round_, report=report), csv_bytes(COLUMNS, rows))
    return found


def _by_rule(found: Collection[OpenFinding]) -> str:
    """The rules with their findings and those that have no reason yet, a line each."""
    every = Counter(f.rule for f in found)
    without = Counter(f.rule for f in found if not f.reason)
    lines = [
        f"  RULE={rule}: {n} findings, {without[rule]} without a reason"
        for rule, n in sorted(every.items())
    ]
    return "".join(f"\n{line}" for line in lines) or "there is no open finding"


def _commonest(found: Iterable[OpenFinding]) -> str:
    """The rule with most findings that have no reason yet."""
    count = Counter(f.rule for f in found if not f.reason)
    return min(count, key=lambda rule: (-count[rule], rule), default="...")


def problems(found: Iterable[OpenFinding]) -> list[str]:
    """Why these findings keep a version from being signed, one line each: errors and
    queries without a reason.
    """
    told = {"error": "open error"}
    return [
        f"{told.get(finding.severity, 'no reason why it is accepted')}: {finding}"
        for finding in found
        if not finding.reason
    ]


def reasons_file(project: Project, round_: int, *, report: str) -> Path:
    return project.releases / "signoff" / str(round_) / f"{report}.accepted.csv"


def _reasons(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    try:
        rows = csv_rows(path.read_bytes())
    except (UnicodeDecodeError, csv.Error) as problem:
        raise UserError(
            f"the reasons cannot be read: {problem}",
            where=str(path),
            allowed="CSV in UTF-8",
            do="save it as CSV again",
        ) from None
    if rows and not {"id", "reason"} <= set(rows[0]):
        raise UserError(
            "columns are missing",
            where=str(path),
            allowed=",".join(COLUMNS),
            do="put the header back",
        )
    return {
        row["id"]: " ".join(row["reason"].split())[:_MAX_REASON]
        for row in rows
        if row["reason"].strip()
    }
