"""What does a state get to know when its return arrives? A receipt on one page or two:
files, their hashes, what was read, what was found.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipeline.contracts.model import Contracts
from pipeline.contracts.offices import office_label
from pipeline.project import Project
from pipeline.returns.days import read_date
from pipeline.returns.feedback.paper import Paper, on_paper
from pipeline.returns.submissions import Receipt, submission_folder
from pipeline.returns.texts import N_, Texts
from pipeline.system.files import write_private

PAGE = "receipt.pdf"


def receipt_pdf(
    project: Project, contracts: Contracts, *, receipt: Receipt, texts: Texts, marking: str
) -> bytes:
    """The receipt of a submission as a PDF. It is made once and kept with the
    submission: what a state holds in its hand does not change.
    """
    kept = submission_folder(project, receipt) / PAGE
    if not kept.is_file():
        write_private(kept, _render(project, contracts, receipt, texts=texts, marking=marking))
    return kept.read_bytes()


def _render(
    project: Project, contracts: Contracts, receipt: Receipt, *, texts: Texts, marking: str
) -> bytes:
    paper = Paper(project, texts)
    name = contracts.codelist("states").label(receipt.state)
    title = texts.say(N_("Receipt of submission {number}: {state}")).format(
        number=receipt.number, state=name
    )
    office = office_label(contracts, receipt.office) if receipt.office else ""
    if office:
        title = f"{title}, {office}"
    members = {c.code for c in contracts.members(receipt.round)}
    with TemporaryDirectory() as folder:  # only its owner can look into it
        output = Path(folder) / PAGE
        paper.pdf(
            "receipt.html.j2",
            _view(receipt, contracts, paper)
            | {"title": title, "name": name, "is_member": receipt.state in members}
            | {"marking": marking, "office": office},
            output=output,
            title=title,
            subject=marking,
            day=date.fromisoformat(receipt.seen),
        )
        return output.read_bytes()


def _view(receipt: Receipt, contracts: Contracts, paper: Paper) -> dict[str, Any]:
    say = paper.texts.say
    return {
        "id": receipt.id,
        "report": contracts.contract(receipt.report).title,
        "round": receipt.round,
        "seen": paper.day(date.fromisoformat(receipt.seen)),
        "dated": paper.day(read_date(receipt.dated)),
        "outcome": say(receipt.outcome),
        "files": [
            {
                "file": on_paper(file.file),
                "sha256": file.sha256,
                "size": paper.number(file.size) if file.size >= 0 else "–",
                "is_new": file.is_new,
            }
            for file in receipt.files
        ],
        "tables": [
            {
                "sheet": on_paper(table.sheet),
                "outcome": say(table.outcome),
                "loaded": paper.number(table.loaded),
                "refused": paper.number(table.refused),
            }
            for table in receipt.tables
        ],
        **{
            name: paper.number(getattr(receipt, name))
            for name in ("filled", "loaded", "refused", "ignored", "errors", "queries", "notes")
        },
    }
