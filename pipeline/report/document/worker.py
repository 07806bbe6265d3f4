"""How is one version rendered? In a process of its own that can open one store and
nothing else of the outputs.

It gets an `Order` and writes to its folder: report.html, cells.csv, shown.json (which
keys stand behind each number, for the leak scan), both of its key findings too where it
has a short document of them, charts.json and source.json (the
figures of the build, and what the next one compares); the PDF where its pages are not
those that were kept; and for a version that everybody may have its open forms to `open`
(`pipeline.report.open_data`). What a person must repair is answered as one line
(`pipeline.system.answers`). The parent (`pipeline.release.build`) adds the manifest and
puts everything in place.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import RenderError, UserError
from pipeline.project import CODE_ROOT
from pipeline.report.document.order import (
    ANNEX,
    CHARTS,
    HTML,
    LEDGER,
    OPEN,
    SOURCE,
    Order,
    Part,
    Source,
    digest,
    parse_source,
)
from pipeline.system.answers import NO_MEMORY, answer_line
from pipeline.system.apart import in_fork
from pipeline.system.confine import confine
from pipeline.system.repairable import no_room

if TYPE_CHECKING:
    from pipeline.report.document.compose import Document
    from pipeline.report.document.key_findings import KeyFindings
    from pipeline.report.printing import Printing
    from pipeline.report.store import Store


# What a manifest says of the pages.
_OF_PAGES = ("pages", "accessibility")


def make_document(order: Order) -> None:
    """Everything but the pages, if it is ordered; source.json says what came of it."""
    kept = order.kept if order.parts <= {Part.PAGES} else None
    _write_source(order, kept or _make_document(order))


def print_pages(order: Order) -> None:
    """The pages, where they are ordered or would come out other than those that were
    kept, and in source.json what a manifest says of them.
    """
    path = order.out / SOURCE
    source = parse_source(path.read_bytes(), path)
    if Part.PAGES in order.parts or not (order.kept and source.same_pages(order.kept)):
        pages = _write_pages(order, source)
    else:
        named = [paper.figure(name) for paper in order.papers for name in _OF_PAGES]
        pages = {name: order.kept.facts[name] for name in named}
    _write_source(order, replace(source, facts={**source.facts, **pages}))


def _write_source(order: Order, source: Source) -> None:
    (order.out / SOURCE).write_text(json.dumps(source.as_json()), encoding="utf-8")


def _make_document(order: Order) -> Source:
    """Build the document, and of its open forms those that it changes."""
    from pipeline.contracts.model import load_contracts
    from pipeline.report.charts.remembered import read_charts
    from pipeline.report.document.compose import build_document, read_definition
    from pipeline.report.document.data_annex import cells_csv
    from pipeline.report.document.key_findings import inputs_with
    from pipeline.report.ledger import ledger_json
    from pipeline.report.printing import Printing

    templates = order.root / "templates"
    contracts = load_contracts(order.root / "data_contracts")
    charts = read_charts(order.out / CHARTS)
    store = Printing(
        order.store, contracts, report=order.report, version=order.version, charts=charts
    )
    document = build_document(store, templates)
    short = _make_key_findings(order, store) if order.key_findings else None
    annex = cells_csv(store.printed.values(), store.round)
    facts = _figures(store, document)
    facts["inputs"] = inputs_with(short, document.inputs)
    source = Source(
        digest(document.html),
        digest(annex),
        digest(
            repr(
                (
                    document.title,
                    document.subject,
                    document.date,
                    document.parts,
                    order.key_findings,
                )
            )
        ),
        document.title,
        document.subject,
        tuple(sorted({*document.exhibits, *(short.exhibits if short else ())})),
        facts,
        digest(short.html) if short else "",
    )
    (order.out / HTML).write_text(document.html, encoding="utf-8")
    (order.out / ANNEX).write_bytes(annex)
    (order.out / CHARTS).write_bytes(charts.as_json())
    (order.out / LEDGER).write_text(ledger_json(store.shown), encoding="utf-8")
    if read_definition(templates, order.report, version=order.version).open_data:
        facts["inputs"] |= _write_open_forms(order, store, document=document, source=source)
    return source


def _make_key_findings(order: Order, whole: Printing) -> KeyFindings:
    """Write the HTML and the ledger of the short document of a version."""
    from pipeline.report.document.key_findings import build_key_findings, require_printed
    from pipeline.report.ledger import ledger_json
    from pipeline.report.printing import Printing

    store = Printing(
        order.store,
        whole.contracts,
        report=order.report,
        version=order.version,
        charts=whole.charts,
    )
    short = build_key_findings(store, order.root / "templates")
    require_printed(store, whole)
    paper = order.papers[-1]
    (order.out / paper.html).write_text(short.html, encoding="utf-8")
    (order.out / paper.ledger).write_text(ledger_json(store.shown), encoding="utf-8")
    return short


def _figures(store: Printing, document: Document) -> dict[str, Any]:
    """What a manifest says of a document; the pages and their check are put in later."""
    return {
        "reference": document.reference,
        "cutoff": document.date.isoformat(),
        "pages": None,
        "tables": document.tables,
        "figures": document.figures,
        "exhibits_without_data": document.empty_exhibits,
        "printed_cells": len(store.printed),
        "withheld_cells": sum(c.withheld for c in store.printed.values()),
        "numbers_bound_in_text": document.numbers_in_text,
        "sentences_left_out": len(document.sentences_left_out),
        "accessibility": None,
    }


def _write_pages(order: Order, source: Source) -> Mapping[str, Any]:
    """Write the PDFs from the HTML and the figures that lie there; the figures are attached
    to the report. Returns what a manifest says of them.
    """
    from pipeline.report.document.key_findings import title_of_paper
    from pipeline.system.pdf.write import render_pdf

    templates = order.root / "templates"
    annex = (order.out / ANNEX).read_bytes()
    attached = [(ANNEX, annex, "Every figure printed in this report, with its key and status")]
    found: dict[str, Any] = {}
    for paper in order.papers:
        figures = render_pdf(
            (order.out / paper.html).read_text(encoding="utf-8"),
            order.out / paper.pdf,
            base_folder=templates,
            title=title_of_paper(paper, source.title),
            subject=source.subject,
            date=datetime.combine(date.fromisoformat(source.facts["cutoff"]), time(12), UTC),
            attachments=[] if paper.prefix else attached,
        )
        said = (figures.pages, figures.conformance.record())
        found |= {paper.figure(n): s for n, s in zip(_OF_PAGES, said, strict=True)}
    return found


def _write_open_forms(
    order: Order, store: Store, *, document: Document, source: Source
) -> dict[str, str]:
    """Write the forms of a version that everybody may load, as far as they may differ
    from those that were kept. Returns their inputs with hashes.
    """
    from pipeline.report.document.web import page_inputs
    from pipeline.report.open_data.files import data_files, page_files

    templates = order.root / "templates"
    changed = order.kept is None or order.kept.views != source.views
    files: dict[str, bytes] = {}
    if changed or Part.DATA in order.parts:
        files |= data_files(store, document, pdf=order.pdf)
    if changed or Part.WEB in order.parts:
        files |= page_files(store.report, document, templates=templates, papers=order.papers)
    for path, data in files.items():
        (order.out / OPEN / path).parent.mkdir(parents=True, exist_ok=True)
        (order.out / OPEN / path).write_bytes(data)
    return page_inputs(templates)


def render_apart(tell: Callable[[str], None], order: Order) -> None:
    """In a process of its own: confine it for good, then render. Ends it with the exit
    code of the error where a person must repair something.

    The document is made in a fork: its memory is gone before the pages are laid out,
    which take the most.
    """
    in_fork(partial(_do, tell, order, make_document))
    _do(tell, order, print_pages)


def _do(tell: Callable[[str], None], order: Order, make: Callable[[Order], None]) -> None:
    confine_renderer(order.root, order.store, order.out)
    answer(tell, partial(make, order))


def confine_renderer(root: Path, store: Path, out: Path) -> None:
    """Confine this process for good to what a version is made of: templates, contracts,
    the folder of its store, and the folder that it writes to.
    """
    # Libraries keep caches in the home folder, which this process cannot open.
    for name in ("MPLCONFIGDIR", "XDG_CACHE_HOME", "TMPDIR", "HOME"):
        os.environ[name] = str(out)
    tempfile.tempdir = str(out)
    readable = [root / n for n in ("templates", "data_contracts", "sql")]
    # The outlines of states lie beside the code that draws them.
    readable += [CODE_ROOT / n for n in ("pipeline", "templates")]
    confine([*readable, store.parent], [out])


def answer(tell: Callable[[str], None], make: Callable[[], object]) -> None:
    """Do the work of a renderer. Ends the process with the exit code of the error where a
    person must repair something, and tells it.
    """
    try:
        make()
    except UserError as problem:
        tell(answer_line(problem))
        sys.exit(problem.exit_code)
    except OSError as problem:
        full = no_room(problem)
        if full is None:
            raise
        tell(answer_line(full))
        sys.exit(full.exit_code)
    except MemoryError:
        told = RenderError("the rendering process found no memory", do=NO_MEMORY)
        tell(answer_line(told))
        sys.exit(told.exit_code)
