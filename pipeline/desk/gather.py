"""What did the steps of a round leave? Tables received, findings, builds, proofs,
sign-off, changes and times.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pipeline.contracts.layout import respondents, tables_for
from pipeline.contracts.model import Contracts
from pipeline.desk.due import due_on
from pipeline.desk.meetings import next_of_assessment, steps_of
from pipeline.desk.runs import last_runs
from pipeline.desk.todo import next_of_states, next_of_version
from pipeline.disclosure.choose.reasons import SENSITIVE
from pipeline.errors import UserError
from pipeline.findings import SEVERITIES, Finding, Severity
from pipeline.project import Project
from pipeline.release.gate.page import gate_folder
from pipeline.release.manifest import papers_in, parse_manifest, pdf_of, sha256
from pipeline.release.proofs.record import read_answers
from pipeline.release.signoff.built import BuiltNow, built_now
from pipeline.release.signoff.findings import open_findings, problems
from pipeline.release.signoff.record import Subject
from pipeline.release.signoff.review import review_of
from pipeline.returns.rules.query_log import list_queries, read_log
from pipeline.system.kept import damaged, is_there, read_bytes, read_json
from pipeline.system.lock import times

MOST_RULES = 12
_NOTHING: Mapping[tuple[str, str], str] = MappingProxyType({})


@dataclass(frozen=True)
class Place:
    """One table of one state: a short word for the grid, the whole sentence for who
    hears it, and how it is drawn.
    """

    short: str
    says: str
    kind: str  # accepted, query, refused, empty, missing, none


def gather(
    project: Project,
    contracts: Contracts,
    *,
    round_: int,
    versions: Iterable[str],
    day: date,
    stale: Mapping[tuple[str, str], str] = _NOTHING,
) -> dict[str, Any]:
    """The view of the page as it stands on a day; `stale` says by report and version why
    what lies there is out of date. Raises UserError where the round was never validated.
    """
    path = project.findings(round_) / "findings.json"
    found = _read(path)
    if found is None:
        raise UserError(
            f"round {round_} was not validated yet", do=f"run 'make reports ROUND={round_}'"
        )
    findings = _findings(found, path)
    order = list(versions)
    due = due_on(project, contracts, round_=round_, day=day)
    log = read_log(project, contracts, round_=round_)
    asking = Counter(
        q.query.state for q in list_queries(findings, log) if q.state_of_play == "open"
    )
    without = {
        r: _without_reason(project, contracts, round_=round_, report=r) for r in project.reports
    }
    builds = [
        (made, built)
        for r in project.reports
        for v in order
        if (built := built_now(project, Subject(round_, r, v)))
        and (made := _build(project, built, stale=stale.get((r, v), "")))
    ]
    assessment = steps_of(project, contracts, round_=round_, files=found["files"], due=due)
    todo = [
        *next_of_states(round_, due=due, queries=asking),
        *next_of_assessment(assessment),
        *(
            step
            for made, built in builds
            if (
                step := next_of_version(
                    built,
                    stale=made["stale"],
                    without_reason=without[made["report"]],
                    unsettled=len(list(made["review"].problems())) if made["review"] else 0,
                )
            )
        ),
    ]
    return {
        "round": round_,
        "due": due,
        "todo": todo,
        "assessment": assessment,
        "grids": [
            _grid(contracts, r, round_=round_, found=found, findings=findings)
            for r in contracts.by_report
        ],
        "counts": _counts(found, findings),
        "rules": _rules(findings),
        "files": _files(contracts, round_, found=found, findings=findings),
        "builds": [made for made, _ in builds],
        "gate": _read(gate_folder(project, round_) / "gate.json"),
        "answers": read_answers(project, round_),
        "proofs": [p for v in order if (p := _proof(project, round_, version=v))],
        "changes": [
            c
            for r in project.reports
            for v in order
            if (c := _changes(project, round_, report=r, version=v))
        ],
        "runs": last_runs(project),
        "times": times(project.outputs),
    }


def _read(path: Path) -> Any:
    return read_json(path) if is_there(path) else None


def _findings(found: Mapping[str, Any], path: Path) -> list[Finding]:
    """Raises DamagedFileError where the record holds what is no finding."""
    try:
        return [Finding.from_json(f) for f in found["findings"]]
    except (KeyError, TypeError, ValueError) as problem:
        raise damaged(path, f"it is no record of findings: {problem}") from problem


def _grid(
    contracts: Contracts,
    report: str,
    *,
    round_: int,
    found: Mapping[str, Any],
    findings: Iterable[Finding],
) -> dict[str, Any]:
    """States across, tables down: what became of each table of each return."""
    asked = respondents(contracts, report, round_=round_)
    states = [c for c in contracts.codelist("states") if c.code in asked]
    contract = contracts.contract(report)
    sent = {f["state"] for f in found["files"] if f["report"] == report}
    outcomes = _outcomes(t for t in found["tables"] if t["report"] == report)
    queries = Counter((f.state, f.table) for f in findings if f.severity == "query")
    forms = {s.code: {t.name for t in tables_for(contract, s.code, round_=round_)} for s in states}
    rows = []
    for table in contract.tables_of(round_):
        places = [
            place_of_state(
                s.label,
                table.name in forms[s.code],
                has_sent=s.code in sent,
                outcome=outcomes.get((s.code, table.name)),
                queries=queries[s.code, table.name],
            )
            for s in states
        ]
        rows.append({"name": table.name, "title": table.title, "places": places})
    return {
        "report": report,
        "title": contract.title,
        "states": [(s.code, s.label) for s in states],
        "rows": rows,
    }


def _outcomes(told: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    """What became of each table of each state, over all files that gave some of it."""
    outcomes: dict[tuple[str, str], dict[str, Any]] = {}
    for one in told:
        place = (one["state"], one["table"])
        before = outcomes.get(place, {"outcome": one["outcome"], "loaded": 0, "refused": 0})
        outcomes[place] = {
            "outcome": one["outcome"] if one["outcome"] != "empty" else before["outcome"],
            "loaded": before["loaded"] + one["loaded"],
            "refused": before["refused"] + one["refused"],
        }
    return outcomes


def place_of_state(
    state: str, is_asked: bool, *, has_sent: bool, outcome: Mapping[str, Any] | None, queries: int
) -> Place:
    if not is_asked:
        return Place("", f"{state} is not asked for it", "none")
    if not has_sent or outcome is None:
        return Place("missing", f"{state}: no return", "missing")
    loaded = outcome["loaded"]
    if outcome["outcome"] == "refused":
        return Place(
            "refused", f"{state}: refused, {outcome['refused']} figures not loaded", "refused"
        )
    if not loaded:
        return Place("–", f"{state}: received, no figure in this table", "empty")
    asked = f", {queries} open to question" if queries else ""
    mark = f" ?{queries}" if queries else ""
    return Place(
        f"{loaded}{mark}",
        f"{state}: {loaded} figures accepted{asked}",
        "query" if queries else "accepted",
    )


def _counts(found: Mapping[str, Any], findings: Iterable[Finding]) -> dict[str, int]:
    by_severity = Counter(f.severity for f in findings)
    accounts = found["accounts"]
    severities = {str(s): by_severity[s] for s in SEVERITIES}
    return {
        "files": len(found["files"]),
        "filled": sum(a["filled"] for a in accounts),
        "loaded": sum(a["loaded"] for a in accounts),
        "refused": sum(a["refused"] for a in accounts),
        "ignored": sum(sum(a["ignored"].values()) for a in accounts),
        **severities,
    }


def _rules(findings: Iterable[Finding]) -> list[tuple[str, str, int, int]]:
    """The rules with most findings: severity, rule, findings, states."""
    count: Counter[tuple[Severity, str]] = Counter()
    states: dict[tuple[Severity, str], set[str]] = {}
    for f in findings:
        count[f.severity, f.rule] += 1
        states.setdefault((f.severity, f.rule), set()).add(f.state)
    ordered = sorted(count, key=lambda k: (SEVERITIES.index(k[0]), -count[k], k[1]))
    return [(*k, count[k], len(states[k])) for k in ordered[:MOST_RULES]]


def _files(
    contracts: Contracts, round_: int, *, found: Mapping[str, Any], findings: Iterable[Finding]
) -> list[dict[str, Any]]:
    """A line a state: its returns, and how many findings are open to it."""
    by_state = Counter((f.state, f.severity) for f in findings)
    asked = {s for r in contracts.by_report for s in respondents(contracts, r, round_=round_)}
    lines = []
    for code in contracts.codelist("states"):
        if code.code in asked:
            mine = [f for f in found["files"] if f["state"] == code.code]
            open_: dict[str, Any] = {s: by_state[code.code, s] for s in SEVERITIES}
            lines.append(
                {
                    "code": code.code,
                    "name": code.label,
                    "returns": len({f["report"] for f in mine}),
                    "dated": max((f["received"] for f in mine), default=""),
                    **open_,
                }
            )
    return lines


def _without_reason(project: Project, contracts: Contracts, *, round_: int, report: str) -> int:
    """How many open findings under a report keep it from being handed in; none where
    nothing was validated that can be restored.
    """
    if not is_there(project.work(round_) / "validation.json"):
        return 0
    return len(problems(open_findings(project, contracts, round_=round_, report=report)))


def _build(project: Project, built: BuiltNow, *, stale: str) -> dict[str, Any] | None:
    """A card: the draft that lies there, and beside it what was released."""
    subject = built.subject
    round_, report, version = subject.round, subject.report, subject.version
    folder = project.version_folder(round_, report, version)
    path = folder / "manifest.json"
    if not is_there(path):
        return None
    manifest = parse_manifest(read_bytes(path), path)
    pdf = manifest.pdf
    made = manifest.build
    return {
        "report": report,
        "version": version,
        "folder": f"{round_}/{report}/{version}",
        "pdf": pdf,
        "short": [paper.pdf for paper in papers_in(manifest.outputs) if paper.prefix],
        "path": folder / pdf,
        "state": built.state,
        "told": built.told,
        "edition": built.edition,
        "draft": built.draft,
        "released": _released(built),
        "stale": stale,
        "review": (
            review_of(project, subject) if built.state in ("in review", "approved") else None
        ),
        "rehearsal": built.is_rehearsal,
        "pages": made["pages"],
        "cells": made["printed_cells"],
        "withheld": made["withheld_cells"],
        "commit": manifest.git_commit[:12],
        "cutoff": manifest.data_cutoff,
        "reference": manifest.reference,
        "hash": manifest.outputs[pdf].sha256,
        "approvals": [f"{a.by}, {a.role}, {a.day}" for a in built.approvals],
        "checks": _checks(made),
        "page": (folder / "html" / "index.html").is_file(),
    }


def _released(built: BuiltNow) -> dict[str, Any] | None:
    """What readers have: the newest edition that was not withdrawn."""
    if built.released is None:
        return None
    event = built.released.event
    pdf = pdf_of(event.files)
    return {
        "name": event.name,
        "edition": event.edition,
        "day": event.day,
        "by": f"{event.by}, {event.role}",
        "pdf": pdf,
        "hash": event.files.get(pdf, ""),
        "is_built": built.state == "released" and built.edition == event.edition,
    }


def _checks(made: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the checks of a build recorded: name and what they found."""
    lines = []
    if audit := made.get("number_audit"):
        says = f"{audit.get('numerals', 0):,} numerals, {audit.get('unaccounted', 0)} unaccounted"
        lines.append(("Number audit", says))
    if access := made.get("accessibility"):
        lines.append(
            ("Accessibility", "passed" if not access["failed"] else f"{access['failed']} failed")
        )
    if scan := made.get("leak_scan"):
        lines.append(
            ("Leak scan", f"{sum(scan.values()):,} numbers judged, nothing that was not released")
        )
    return lines


def _proof(project: Project, round_: int, *, version: str) -> dict[str, Any] | None:
    certificate = _read(project.proof(round_) / f"{version}.json")
    if certificate is None:
        return None
    stores = project.store(round_, project.reports[0], version).parent
    same = all(
        (stores / name).is_file() and sha256((stores / name).read_bytes()) == digest
        for name, digest in certificate["releases"][""]["files"].items()
    )
    return {
        "version": version,
        "sensitive": _sensitive(project, round_, version=version),
        "hidden": len(certificate["base"]),
        "tables": len(certificate["tables"]),
        "editions": len(certificate["releases"]) - 1,
        "holds": same,
    }


def _sensitive(project: Project, round_: int, *, version: str) -> int:
    """How many cells a version withholds for their own sake."""
    path = project.proof(round_) / f"{version}.withheld.csv"
    if not path.is_file():
        return 0
    with path.open(encoding="utf-8", newline="") as file:
        return sum(row["reason"] in SENSITIVE for row in csv.DictReader(file))


def _changes(project: Project, round_: int, *, report: str, version: str) -> dict[str, Any] | None:
    folder = project.round_folder(round_) / "changes" / f"{report}-{version}"
    content = _read(folder / "changes.json")
    if content is None:
        return None
    return {
        "report": report,
        "version": version,
        "folder": f"{round_}/changes/{report}-{version}",
        "before": content["before"]["name"],
        "now": content["now"]["name"],
        "figures": len(content["figures"]),
        "passages": len(content["passages"]),
        "pages": len(content["pages"]),
        "reasons": content["reasons"],
    }
