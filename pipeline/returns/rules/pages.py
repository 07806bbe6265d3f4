"""What do analyst and state see of the findings? One JSON file and one page per state,
self-contained.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.contracts.layout import respondents
from pipeline.contracts.model import Contracts
from pipeline.contracts.offices import office_label
from pipeline.findings import SEVERITIES, Finding
from pipeline.project import Project
from pipeline.returns.intake.account import FileAccount
from pipeline.returns.rules.reference import anchor_of, every_kind
from pipeline.returns.rules.summary import office_entry, summary_rows, table_outcomes
from pipeline.returns.texts import N_, Texts, load_texts
from pipeline.system.kept import is_kept, keep_bytes
from pipeline.system.page_templates import mistakes_told, open_templates

if TYPE_CHECKING:
    from jinja2 import Environment

    from pipeline.returns.rules.outcome import Validation

_PAGE = re.compile(r"[A-Z]{2,5}\.html")
SEVERITY_TEXT = {
    "error": N_("Errors: the table is not loaded until they are corrected"),
    "query": N_("Queries: the figures are loaded, please confirm or correct them"),
    "note": N_("Notes: nothing needs to be done"),
}
COUNTED = {
    "error": N_("Error findings: {number}"),
    "query": N_("Query findings: {number}"),
    "note": N_("Note findings: {number}"),
}


def write_findings(project: Project, contracts: Contracts, *, validation: Validation) -> Path:
    """Write `findings.json`; it stays untouched where its content is the same."""
    folder = project.findings(validation.reading.round)
    folder.mkdir(parents=True, exist_ok=True)
    return _write(folder / "findings.json", _json(contracts, validation))


def write_pages(project: Project, contracts: Contracts, *, validation: Validation) -> list[Path]:
    """Write `index.html`, a page per state with links to what goes back to it, and the
    page of rules that they link; files whose content is the same stay untouched.
    """
    folder = project.findings(validation.reading.round)
    folder.mkdir(parents=True, exist_ok=True)
    texts = load_texts(project)
    environment = _environment(project, texts)
    environment.filters["office"] = partial(office_label, contracts)
    pages = {}
    states = states_with_page(contracts, validation)
    for state, name in states.items():
        view = _state_view(contracts, validation, state=state, name=name)
        sent_back = sorted(p.name for p in (folder / state).glob("[!.]*"))
        with mistakes_told(project.templates):
            pages[f"{state}.html"] = environment.get_template("state.html.j2").render(
                view, sent_back=sent_back
            )
    with mistakes_told(project.templates):
        pages["rules.html"] = environment.get_template("rules.html.j2").render(
            round=validation.reading.round,
            parts=every_kind(contracts, (validation.reading.round,)),
        )
        pages["index.html"] = environment.get_template("index.html.j2").render(
            _index_view(contracts, validation, states=states)
        )
    for old in folder.glob("*.html"):
        if _PAGE.fullmatch(old.name) and old.name not in pages:
            old.unlink()
    return [_write(folder / name, text) for name, text in pages.items()]


def _write(path: Path, text: str) -> Path:
    # An untouched file keeps its time stamp, so that what depends on it is not built
    # again.
    data = text.encode()
    if not is_kept(path) or path.read_bytes() != data:
        keep_bytes(path, data)
    return path


def _json(contracts: Contracts, validation: Validation) -> str:
    reading = validation.reading
    content = {
        "round": reading.round,
        "files": [
            {
                "report": f.report,
                "state": f.state,
                "file": f.file,
                "sha256": f.sha256,
                "received": f.received,
                "contract_version": f.contract_version,
                "outcome": f.outcome,
                **office_entry(f.office),
            }
            for f in reading.files
        ],
        "accounts": [_account(a) for a in validation.accounts],
        "tables": table_outcomes(contracts, validation),
        "refused": [list(r) for r in sorted(validation.refused)],
        "findings": [f.as_json() for f in validation.findings],
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _account(account: FileAccount) -> dict[str, Any]:
    return {
        "report": account.report,
        "state": account.state,
        "file": account.file,
        "filled": account.filled,
        "loaded": account.loaded,
        "refused": account.refused,
        "ignored": dict(account.ignored),
    }


def _environment(project: Project, texts: Texts) -> Environment:
    environment = open_templates(
        project.templates / "findings", trim_blocks=True, lstrip_blocks=True
    )
    texts.install(environment)
    environment.filters["anchor"] = anchor_of
    return environment


def states_with_page(contracts: Contracts, validation: Validation) -> dict[str, str]:
    """States that get a page: all that are asked, and those that a file is about. Only
    listed codes name a file.
    """
    asked = [
        state
        for report in contracts.by_report
        for state in respondents(contracts, report, round_=validation.reading.round)
    ]
    known = contracts.codelist("states")
    about = {
        *asked,
        *(f.state for f in validation.findings),
        *(f.state for f in validation.reading.files),
    }
    return {c.code: c.label for c in known if c.code in about}


def _state_view(
    contracts: Contracts, validation: Validation, *, state: str, name: str
) -> dict[str, Any]:
    summary = {
        r.report: r for r in summary_rows(validation, [*contracts.by_report]) if r.state == state
    }
    outcomes = [o for o in table_outcomes(contracts, validation) if o["state"] == state]
    reports = []
    for report in contracts.by_report:
        findings = [f for f in validation.findings if (f.state, f.report) == (state, report)]
        if report in summary:
            reports.append(
                {
                    "id": report,
                    "title": contracts.contract(report).title,
                    "summary": summary[report],
                    "tables": [o for o in outcomes if o["report"] == report],
                    "groups": _by_severity(findings),
                    "ignored": _ignored(
                        a for a in validation.accounts if (a.state, a.report) == (state, report)
                    ),
                }
            )
    return {"round": validation.reading.round, "state": state, "name": name, "reports": reports}


def _by_severity(findings: list[Finding]) -> list[dict[str, Any]]:
    groups = [(s, [f for f in findings if f.severity == s]) for s in SEVERITIES]
    return [
        {
            "severity": s,
            "title": SEVERITY_TEXT[s],
            "caption": COUNTED[s].format(number=len(found)),
            "findings": found,
        }
        for s, found in groups
        if found
    ]


def _ignored(accounts: Iterable[FileAccount]) -> list[tuple[str, int]]:
    total: dict[str, int] = {}
    for account in accounts:
        for rule, number in account.ignored.items():
            total[rule] = total.get(rule, 0) + number
    return sorted(total.items())


def _index_view(
    contracts: Contracts, validation: Validation, *, states: dict[str, str]
) -> dict[str, Any]:
    others = [f for f in validation.findings if f.state not in states]
    return {
        "round": validation.reading.round,
        "states": states,
        "rows": summary_rows(validation, [*contracts.by_report]),
        "others": others,
    }
