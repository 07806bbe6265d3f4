"""Where does the proof sheet of a state lie? PDF, workbook and record, put there whole.

`outputs/<round>/proof-sheets/<STATE>/` holds the sheet as it goes to the state. It is
restricted: a state sees all its own figures there, also those that others do not.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict
from itertools import islice
from pathlib import Path

from pipeline.project import Project
from pipeline.release.proofs.book import sheet_book
from pipeline.release.proofs.paper import write_pdf
from pipeline.release.proofs.sheets import RECORD, ProofSheet, asked_by, sheet_folder
from pipeline.release.publish import put_in_place
from pipeline.report.document.worker import answer
from pipeline.system.answers import raise_end
from pipeline.system.apart import Apart, wait
from pipeline.system.files import UNFINISHED

AT_ONCE = 2


def write_sheets(project: Project, sheets: Iterable[ProofSheet]) -> list[Path]:
    """Put sheets in place, two at a time, each in a process of its own: one has some
    thousand figures, and takes seconds. Returns their folders in the order of the sheets.
    Raises what `write_sheet` raises.
    """
    waiting = iter(sheets)
    running: dict[Apart, Path] = {}
    folders: list[Path] = []
    try:
        while True:
            for sheet in islice(waiting, AT_ONCE - len(running)):
                folders.append(sheet_folder(project, sheet.round, sheet.state))
                running[Apart(_write_apart, project, sheet)] = folders[-1]
            if not running:
                return folders
            for work in wait([*running]):
                del running[work]
                ended = work.end()
                if ended.code:
                    raise_end(ended.code, answer=ended.told, noise=ended.noise)
    except Exception:
        for work in running:  # it puts its own sheet in place, or takes its files away
            work.end()
        raise
    except BaseException:
        for work in running:
            work.kill()
            work.end()
        raise


def _write_apart(tell: Callable[[str], None], project: Project, sheet: ProofSheet) -> None:
    answer(tell, lambda: write_sheet(project, sheet))


def write_sheet(project: Project, sheet: ProofSheet) -> Path:
    """Put the sheet of a state in place: PDF, workbook and record together. Returns its
    folder. Raises RenderError where the PDF cannot be made.
    """
    folder = sheet_folder(project, sheet.round, sheet.state)
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".sheet-", suffix=UNFINISHED, dir=folder.parent))
    name = f"{sheet.state}-{sheet.round}-proof"
    try:
        pdf = scratch / f"{name}.pdf"
        write_pdf(project, sheet, pdf)
        record = json.dumps(asdict(asked_by(sheet)), default=str, indent=1) + "\n"
        put_in_place(
            folder,
            {f"{name}.pdf": pdf, f"{name}.xlsx": sheet_book(sheet), RECORD: record.encode()},
        )
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return folder
