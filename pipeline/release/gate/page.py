"""What does the head of unit get of the gate? One page, as PDF and HTML, and JSON.

Written into `outputs/<round>/gate`. The page is of the day that was asked about; lists
are cut so that it stays one page, the JSON has all.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, time
from pathlib import Path

from pipeline.contracts.gate_rules import PAGE
from pipeline.errors import RenderError
from pipeline.project import Project
from pipeline.release.gate.reasons import Gate, GateReason
from pipeline.release.publish import put_in_place
from pipeline.system.files import UNFINISHED
from pipeline.system.page_templates import mistakes_told, open_templates
from pipeline.system.yaml_files import read_text

MARKING = "Working paper. For law enforcement and judicial use only"
FOLDER, NAME = "gate", "gate"
STYLES = ("feedback/letter.css", "gate/gate.css", "gate/screen.css")  # of the page in a browser
# Reasons that each report may list: the first number with which all stays on one page.
LIST_LENGTHS = (12, 10, 8, 7, 6, 5, 4, 3, 2, 1)
MAX_PAGES = 1


def gate_folder(project: Project, round_: int) -> Path:
    """Where the papers of the gate lie."""
    return project.round_folder(round_) / FOLDER


def write_gate(project: Project, found: Gate) -> Path:
    """Write `gate.json`, `gate.html` and `gate.pdf` together. Returns the folder. Raises
    RenderError where the page cannot be made.
    """
    folder = gate_folder(project, found.round)
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".gate-", suffix=UNFINISHED, dir=folder.parent))
    try:
        pdf = scratch / f"{NAME}.pdf"
        html = _write_pdf(project, found, pdf)
        content = json.dumps(found.as_json(), indent=1, ensure_ascii=False) + "\n"
        files: dict[str, bytes | Path] = {
            f"{NAME}.json": content.encode(),
            f"{NAME}.html": html.encode(),
            f"{NAME}.pdf": pdf,
        }
        put_in_place(folder, files)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return folder


def lines(found: Gate) -> Iterator[str]:
    """The gate for the terminal: the verdict, then a report with its reasons."""
    yield f"{found.verdict}: round {found.round} on {found.day} ({found.reference})"
    for report in found.reports:
        yield (
            f"{report.report}: {'GO' if report.is_go else 'NO-GO'}; figures of {report.states},"
            f" {report.least} asked"
        )
        for reason in report.reasons:
            yield from _told(reason)
        yield from (f"  note: {told}" for told in report.told)


def _told(reason: GateReason) -> Iterator[str]:
    where = f", {reason.version} version" if reason.version else ""
    yield f"  - {reason.id} {reason.kind}{where}: {reason.found}"
    if reason.passed:
        yield f"    {reason.passed}"
        return
    yield f"    asked: {reason.asked}; keeps back: {reason.holds_back}"
    yield f"    to do: {reason.do}"


def _write_pdf(project: Project, found: Gate, output: Path) -> str:
    """Render the page; returns it as HTML that stands alone."""
    from markupsafe import Markup

    from pipeline.system.pdf.fonts import font_faces
    from pipeline.system.pdf.write import render_pdf

    folder = project.templates
    environment = open_templates(folder, trim_blocks=True, lstrip_blocks=True)
    title = f"Release gate of round {found.round}: {found.verdict}"
    # read by people only: the style sheets are ours
    styles = Markup("\n".join(read_text(folder / name) for name in STYLES))
    view = {"gate": found, "title": title, "marking": MARKING, "page": PAGE, "styles": styles}
    with mistakes_told(folder):
        template = environment.get_template("gate/gate.html.j2")
        alone = template.render(**view, fonts={}, most=LIST_LENGTHS[0], alone=True)
    pages = 0
    for most in LIST_LENGTHS:
        with mistakes_told(folder):
            html = template.render(**view, fonts=font_faces(), most=most, alone=False)
        written = render_pdf(
            html,
            output,
            base_folder=folder,
            title=title,
            subject=MARKING,
            date=datetime.combine(found.day, time(12), UTC),
            attachments=[],
        )
        pages = written.pages
        if pages <= MAX_PAGES:
            return alone
    raise RenderError(f"the page of the gate has {pages} pages", allowed=str(MAX_PAGES))
