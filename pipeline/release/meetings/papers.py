"""How do the papers of a meeting get into place? The book printed apart and audited,
the amendment sheet beside it, both or none.

`outputs/<round>/meetings/<N>/` is restricted: the book is made from the restricted
store. It is no version: nothing there is signed off, copied or released.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from pipeline.contracts.definitions import read_report_file
from pipeline.contracts.model import Contracts, load_contracts
from pipeline.errors import UserError
from pipeline.inspection.numerals.audit import audit_numbers, require_accounted
from pipeline.inspection.numerals.known import read_known
from pipeline.inspection.readback.finished import FinishedPdf
from pipeline.project import Project
from pipeline.release.order import charts_path
from pipeline.release.publish import put_in_place
from pipeline.report.document.book import (
    LEDGER,
    PDF,
    RESTRICTED,
    BookOrder,
    read_book,
    texts_of,
    write_book_apart,
)
from pipeline.report.document.compose import reference_of_edition
from pipeline.report.document.order import CHARTS
from pipeline.report.ledger import parse_ledger
from pipeline.report.store import Store
from pipeline.returns.meetings.kept import sheet_path
from pipeline.returns.meetings.sheet import sheet_bytes
from pipeline.returns.meetings.texts import meeting_name
from pipeline.system.answers import do_apart
from pipeline.system.files import UNFINISHED, owner_only
from pipeline.system.kept import check_file, is_kept, is_there

SHEET = "amendments.xlsx"


def report_of_meetings(project: Project) -> str:
    """The report that meetings of experts discuss. Raises UserError where none is."""
    if report := discussed_report(project):
        return report
    raise UserError(
        "no report is discussed at meetings",
        where=str(project.templates),
        do="list the chapters of its book under 'meeting' in its report.yaml",
    )


def discussed_report(project: Project) -> str | None:
    """The first report with chapters of a book for meetings; None where there is none."""
    read = (r for r in project.reports if read_report_file(project.templates, r).meeting)
    return next(read, None)


def write_papers(project: Project, *, round_: int, number: int) -> list[Path]:
    """Put the book and the amendment sheet of a meeting in place. Returns their paths.

    Raises UserError where there is no such meeting, its amendments came back, or the
    restricted version was not built, what a renderer answers, and NumberAuditError where
    the book prints a numeral that nothing accounts for. The last good papers stay until
    the new ones are whole.
    """
    _require_open(project, round_, number)
    report = report_of_meetings(project)
    contracts = load_contracts(project.contracts)
    store = _require_store(project, round_, report)
    folder = project.meeting_folder(round_, number)
    with owner_only(project.outputs):
        folder.parent.mkdir(parents=True, exist_ok=True)
        out = Path(tempfile.mkdtemp(prefix=".", suffix=UNFINISHED, dir=folder.parent))
        try:
            charts = charts_path(project, round_, report, RESTRICTED)
            if is_kept(charts):
                shutil.copyfile(charts, out / CHARTS)
            order = BookOrder(
                project.root.resolve(), store.resolve(), out.resolve(), report, number
            )
            do_apart(write_book_apart, order)
            _audit(project, contracts, order)
            read = Store(store, contracts, report=report, version=RESTRICTED)
            sheet = sheet_bytes(contracts, texts_of(read), round_=round_, number=number)
            put_in_place(folder, {PDF: (out / PDF).read_bytes(), SHEET: sheet})
        finally:
            shutil.rmtree(out, ignore_errors=True)
    return [folder / PDF, folder / SHEET]


def _require_open(project: Project, round_: int, number: int) -> None:
    """The references and hashes of a meeting are those of the texts that it had before it:
    once they are amended, its papers stay what they were.
    """
    name = meeting_name(number)
    if (kept := sheet_path(project, round_, number)).is_file():
        raise UserError(
            f"the amendments of the {name} came back; its papers stay as they went out",
            where=str(kept),
            do="write those of the next meeting, or take the sheet away to begin anew",
        )


def _require_store(project: Project, round_: int, report: str) -> Path:
    store = project.store(round_, report, RESTRICTED)
    if not is_there(store):
        raise UserError(
            f"the {RESTRICTED} version of {report} was not built for {round_}",
            where=str(store),
            do=f"run 'make report REPORT={report} VERSION={RESTRICTED} ROUND={round_}' once",
        )
    check_file(store)
    return store


def _audit(project: Project, contracts: Contracts, order: BookOrder) -> None:
    """Account for every numeral of the book, as for those of a report."""
    known = read_known(
        project.templates,
        contracts,
        store=order.store,
        report=order.report,
        version=RESTRICTED,
    )
    store = Store(order.store, contracts, report=order.report, version=RESTRICTED)
    book = read_book(project.templates, order.report, meeting=order.meeting)
    known = replace(known, reference=reference_of_edition(book, store))
    ledger = (order.out / LEDGER).read_bytes()
    found = audit_numbers(
        FinishedPdf((order.out / PDF).read_bytes()),
        known,
        ledger=parse_ledger(ledger, order.out / LEDGER),
    )
    require_accounted(found, where=f"book of meeting {order.meeting}")
