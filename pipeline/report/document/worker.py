"""How is one version rendered? In a process of its own that can open one store and
nothing else of the outputs.

Run as `python -m pipeline.report.document.worker ROOT STORE OUT REPORT VERSION`; writes
the PDF, cells.csv, figures.json and shown.json (which keys stand behind each number,
for the leak scan) to OUT, and for a version that everybody may have its open forms to
OUT/open (`pipeline.report.open_data`). What a person must repair is answered as one
line (`pipeline.report.document.answer`). The parent (`pipeline.release.build`) adds the
manifest and puts everything in place.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import RenderError, UserError
from pipeline.report.document.answer import NO_MEMORY, answer_line

if TYPE_CHECKING:
    from pipeline.report.document.compose import Document
    from pipeline.report.store import Store

OPEN = "open"  # the folder of the open forms, in OUT


def render_version(root: Path, store_path: Path, *, out: Path, report: str, version: str) -> None:
    """Render one report version from its store into `out`. Raises UserError and its
    kin.
    """
    from pipeline.contracts.model import load_contracts
    from pipeline.report.document.compose import build_document, read_definition
    from pipeline.report.document.data_annex import cells_csv
    from pipeline.report.ledger import ledger_json
    from pipeline.report.printing import Printing
    from pipeline.system.pdf.write import render_pdf

    store = Printing(
        store_path, load_contracts(root / "data_contracts"), report=report, version=version
    )
    document = build_document(store, root / "templates")
    (out / "report.html").write_text(document.html, encoding="utf-8")
    annex = cells_csv(store.printed.values(), store.round)
    figures = render_pdf(
        document.html,
        out / pdf_name(report, version, round_=store.round),
        base_folder=root / "templates",
        title=document.title,
        subject=document.subject,
        date=datetime.combine(document.date, time(12), UTC),
        attachments=[
            ("cells.csv", annex, "Every figure printed in this report, with its key and status")
        ],
    )
    (out / "report.html").unlink()
    (out / "cells.csv").write_bytes(annex)
    inputs = document.inputs
    if read_definition(root / "templates", report, version=version).open_data:
        inputs = inputs | write_open_forms(
            store, document, templates=root / "templates", folder=out / OPEN
        )
    facts = {
        "reference": document.reference,
        "cutoff": document.date.isoformat(),
        "pages": figures.pages,
        "tables": document.tables,
        "figures": document.figures,
        "exhibits_without_data": document.empty_exhibits,
        "printed_cells": len(store.printed),
        "withheld_cells": sum(c.withheld for c in store.printed.values()),
        "numbers_bound_in_text": document.numbers_in_text,
        "sentences_left_out": len(document.sentences_left_out),
        "accessibility": figures.conformance.record(),
        "inputs": inputs,
    }
    (out / "figures.json").write_text(json.dumps(facts), encoding="utf-8")
    (out / "shown.json").write_text(ledger_json(store.shown), encoding="utf-8")


def write_open_forms(
    store: Store, document: Document, *, templates: Path, folder: Path
) -> dict[str, str]:
    """Write the forms of a version that everybody may load into a folder. Returns their
    inputs with hashes.
    """
    from pipeline.report.document.web import page_inputs
    from pipeline.report.open_data.files import open_files

    for path, data in open_files(
        store,
        document,
        templates=templates,
        pdf=pdf_name(store.report, store.version, round_=store.round),
    ).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return page_inputs(templates)


def pdf_name(report: str, version: str, *, round_: int) -> str:
    return f"selec-{report}-{round_}-{version}.pdf"


def main(arguments: list[str]) -> int:
    from pipeline.system.confine import confine

    root, store, out = (Path(a).resolve() for a in arguments[:3])
    report, version = arguments[3:]
    # Libraries keep caches in the home folder, which this process cannot open.
    os.environ["MPLCONFIGDIR"] = os.environ["XDG_CACHE_HOME"] = os.environ["TMPDIR"] = str(out)
    os.environ["HOME"] = str(out)
    readable = [root / name for name in ("pipeline", "templates", "data_contracts", "sql")]
    confine([*readable, store.parent], [out])
    try:
        render_version(root, store, out=out, report=report, version=version)
    except UserError as problem:
        return _answer(problem)
    except MemoryError:
        return _answer(RenderError("the rendering process found no memory", do=NO_MEMORY))
    return 0


def _answer(problem: UserError) -> int:
    print(answer_line(problem), flush=True)
    return problem.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
