"""Where does the proof sheet of a state lie? PDF, workbook and record, put there whole.

`outputs/<round>/proof-sheets/<STATE>/` holds the sheet as it goes to the state. It is
restricted: a state sees all its own figures there, also those that others do not.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path

from pipeline.project import Project
from pipeline.release.proofs.book import sheet_book
from pipeline.release.proofs.paper import write_pdf
from pipeline.release.proofs.sheets import RECORD, ProofSheet, asked_by, sheet_folder
from pipeline.release.publish import put_in_place
from pipeline.system.files import UNFINISHED


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
