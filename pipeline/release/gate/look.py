"""Is a round fit to be published, and if not, why? By what the steps of a build left.

No report has to be rendered: the gate reads the last validation, the marts, the texts,
and the records of who signed what. It says nothing of a figure but its key, and repeats
no word of a sender.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from pipeline.contracts.gate_rules import GateRules
from pipeline.contracts.model import Contracts, load_contracts
from pipeline.contracts.policy import load_policy
from pipeline.numbers.presence import Counted, Counts, read_counts
from pipeline.project import Project
from pipeline.release.gate.enough import rules_of
from pipeline.release.gate.reasons import Gate, GateReason, Kind, ReportGate, states_of
from pipeline.release.proofs.standing import proofs_of
from pipeline.release.signoff.findings import OpenFinding, open_findings
from pipeline.release.signoff.reasons import let_pass
from pipeline.report.document.review import unread_sections
from pipeline.returns.rules.validated import read_validation
from pipeline.system.kept import is_there
from pipeline.system.signed.people import parse_day

_MOST = 6  # names in one sentence


@dataclass(frozen=True)
class _Looked:
    """What the conditions of one report are asked about."""

    project: Project
    contracts: Contracts
    rules: GateRules
    round: int
    report: str
    day: date


def gate(
    project: Project,
    round_: int,
    *,
    day: date | None = None,
    reports: Iterable[str] | None = None,
) -> Gate:
    """Whether a round is fit to be published on a day, today without one, with all that
    keeps it back. Raises DamagedFileError where what a step left is damaged, and
    ContractError where the rules of the gate cannot be read.
    """
    contracts = load_contracts(project.contracts)
    rules = rules_of(project, contracts)
    when = day or parse_day("")
    counts = read_counts(project, contracts, round_=round_)
    found = []
    for report in project.reports if reports is None else reports:
        looked = _Looked(project, contracts, rules, round_, report, when)
        found.append(_report_gate(looked, counts))
    return Gate(round_, when, rules.reference, tuple(found))


def _report_gate(looked: _Looked, counts: Counts | None) -> ReportGate:
    """One report. What was never checked or counted keeps it back: the conditions have
    nothing to look at.
    """
    title = looked.contracts.contract(looked.report).title
    least = looked.rules.least(looked.report)
    if counts is None or not _is_validated(looked):
        reason = GateReason(
            Kind.NOT_COUNTED,
            looked.round,
            looked.report,
            "the returns of the round were not checked and counted",
            "a round that was built",
            f"make reports ROUND={looked.round}",
        )
        return ReportGate(looked.report, title, (), (), least, (reason,))
    counted = counts.reports[looked.report]
    least = counted.least(least)
    findings = open_findings(
        looked.project, looked.contracts, round_=looked.round, report=looked.report
    )
    reasons = [
        *_too_few_states(looked, counted),
        *_refused(looked, findings),
        *_conflicts(looked, counts),
        *_texts(looked),
        *_proofs(looked, counted),
    ]
    passed = let_pass(looked.project, looked.round, report=looked.report)
    reasons = [replace(reason, passed=passed.get(reason.id)) for reason in reasons]
    return ReportGate(
        looked.report,
        title,
        counted.present,
        counted.lacking,
        least,
        tuple(sorted(reasons, key=lambda r: (list(Kind).index(r.kind), r.table, r.state))),
        tuple(_told(looked, counted, findings)),
    )


def _is_validated(looked: _Looked) -> bool:
    return is_there(looked.project.work(looked.round) / "validation.json")


# --- the conditions: one function each


def _too_few_states(looked: _Looked, counted: Counted) -> Iterator[GateReason]:
    """Enough states have figures, in the report and in each of its headline tables."""
    least = counted.least(looked.rules.least(looked.report))
    if len(counted.present) < least:
        yield GateReason(
            Kind.STATES,
            looked.round,
            looked.report,
            f"figures of {states_of(counted.present, counted.lacking)} for {looked.round};"
            f" none of {_some(counted.lacking)}",
            f"{least} {'state' if least == 1 else 'states'}",
            f"ask for their returns ('make late ROUND={looked.round}'), or let it pass",
            about=counted.lacking,
        )
    policy = load_policy(looked.project.contracts, looked.contracts)
    for table, states in counted.by_table.items():
        needed = looked.rules.least_in(table)
        if policy.table(table).headline and len(states) < needed:
            lacking = counted.lacking_in(table)
            yield GateReason(
                Kind.HEADLINE,
                looked.round,
                looked.report,
                f"{looked.contracts.table(table).title}: figures of {states_of(states, lacking)};"
                f" none of {_some(lacking)}",
                f"{needed} {'state' if needed == 1 else 'states'}",
                "ask these states for the table, or let it pass",
                table=table,
                about=lacking,
            )


def _refused(looked: _Looked, findings: Iterable[OpenFinding]) -> Iterator[GateReason]:
    """No return is refused and no table kept out, unless somebody signed why. A reason
    that was let pass stays in the list.
    """
    whole = read_validation(looked.project, looked.round).refused
    groups: dict[tuple[str, str], list[OpenFinding]] = {}
    for finding in findings:
        if finding.severity == "error":
            groups.setdefault((finding.state, finding.table), []).append(finding)
    for (state, table), errors in groups.items():
        is_whole = not table and (state, looked.report, "") in whole
        if ("refused_returns" if is_whole else "open_errors") not in looked.rules.asks:
            continue
        what = f"the return of {state or 'a file of no state'} is refused"
        if not is_whole:
            what = f"{table or 'a file'} of {state or 'no state'} is kept out"
        rules = _some(sorted({finding.rule for finding in errors}))
        yield GateReason(
            Kind.REFUSED if is_whole else Kind.ERROR,
            looked.round,
            looked.report,
            f"{what}: {len(errors)} error{'s' if len(errors) > 1 else ''} ({rules})",
            "none that nobody signed a reason for",
            f"ask {state or 'the sender'} for a new return, or let it pass",
            state=state,
            table=table,
            findings=tuple(sorted(finding.id for finding in errors)),
        )


def _conflicts(looked: _Looked, counts: Counts) -> Iterator[GateReason]:
    """In a headline table no part is above its whole in the reference year, unanswered."""
    if "conflicts" not in looked.rules.asks:
        return
    policy = load_policy(looked.project.contracts, looked.contracts)
    own = {t.name for t in looked.contracts.contract(looked.report).tables}
    groups: dict[tuple[str, str], list[str]] = {}
    for conflict in counts.conflicts:
        if conflict.cube in own and policy.table(conflict.cube).headline:
            told = f"{conflict.part} is above {conflict.whole}"
            groups.setdefault((conflict.cube, conflict.state), []).append(told)
    for (table, state), conflicts in groups.items():
        title = looked.contracts.table(table).title
        parts = "a part is" if len(conflicts) == 1 else f"{len(conflicts)} parts are"
        yield GateReason(
            Kind.CONFLICT,
            looked.round,
            looked.report,
            f"{title}: {parts} above the whole, and {state} has not said which figures count;"
            f" {conflicts[0]}",
            "no open conflict in a headline table",
            f"'make ask STATE={state}', and 'make answer' with what it says; or let it pass",
            state=state,
            table=table,
            about=tuple(conflicts),
        )


def _texts(looked: _Looked) -> Iterator[GateReason]:
    """Every text that must be read was read for the round."""
    if "texts" not in looked.rules.asks:
        return
    reason = GateReason(
        Kind.TEXTS,
        looked.round,
        looked.report,
        "nobody can say which were read: no store of it was built",
        f"every text read for {looked.round}",
        f"make review-texts ROUND={looked.round}",
    )
    versions = load_policy(looked.project.contracts, looked.contracts).versions
    if not any(is_there(looked.project.store(looked.round, looked.report, v)) for v in versions):
        yield reason
        return
    unread = unread_sections(
        looked.project, looked.contracts, round_=looked.round, of=(looked.report,)
    )
    if names := tuple(one.section.reference for one in unread):
        yield replace(reason, found=f"{len(names)} not read: {_some(names)}", about=names)


def _proofs(looked: _Looked, counted: Counted) -> Iterator[GateReason]:
    """Every state confirmed what is printed of it, or its day has passed; none objects."""
    if "proof_sheets" not in looked.rules.asks:
        return
    found = proofs_of(
        looked.project,
        looked.contracts,
        round_=looked.round,
        report=looked.report,
        states=counted.ever,
        day=looked.day,
    )
    until = f"asked until {found.until}" if found.until else "the calendar gives no day"
    reason = GateReason(
        Kind.PROOFS,
        looked.round,
        looked.report,
        f"{states_of(found.waiting, set(counted.ever) - set(found.waiting))} have not confirmed"
        f" what is printed of them ({until}): {', '.join(found.waiting)}",
        "each confirmed, or its day passed",
        f"'make proof-sheets ROUND={looked.round}' makes the sheets, 'make confirm-proof' enters"
        " an answer",
        about=found.waiting,
    )
    if found.waiting:
        yield reason
    for version, states in found.changed.items():
        yield replace(
            reason,
            found=f"what is printed of {', '.join(states)} is not what was confirmed",
            version=version,
            about=states,
            do=f"'make proof-sheets ROUND={looked.round}', and let them confirm it again",
        )
    for objection in found.objections:
        yield replace(
            reason,
            kind=Kind.OBJECTION,
            state=objection.state,
            found=f"{objection.state} objected on {objection.day} to"
            f" {_some(objection.keys)} ({objection.id})",
            asked="no open objection",
            do="correct the figures and let the state confirm a new sheet; or let it pass",
            about=(objection.id, *objection.keys),
        )


def _told(looked: _Looked, counted: Counted, findings: Sequence[OpenFinding]) -> Iterator[str]:
    """What holds nothing back at the gate."""
    if counted.lacking and len(counted.present) >= counted.least(looked.rules.least(looked.report)):
        yield f"no figures for {looked.round} of {_some(counted.lacking)}"
    open_ = sum(f.severity == "query" and not f.reason for f in findings)
    if open_:
        yield (
            f"{open_} open queries have no reason yet; 'make submit' asks for one"
            f" ('make accept REPORT={looked.report}')"
        )


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return ", ".join(names[:_MOST]) + more
