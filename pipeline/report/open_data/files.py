"""What goes with a version that everybody may have? Its files by path: data package,
workbook, page for browsers.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time
from pathlib import Path

from pipeline.report.document.compose import Document
from pipeline.report.document.order import Paper, workbook_name
from pipeline.report.document.web import build_page, csv_path
from pipeline.report.open_data.flows import flows, lists
from pipeline.report.open_data.grids import grid_csv, tables_of
from pipeline.report.open_data.package import codes_csv, codes_path, package_json
from pipeline.report.open_data.sdmx import observations_csv, structure_xml
from pipeline.report.open_data.workbook import workbook
from pipeline.report.sources import publishers
from pipeline.report.store import Store
from pipeline.report.views import FigureView, TableView

DATA, PAGE = "data", "html"
_CALLED = {False: "Report (PDF)", True: "Key findings (PDF)"}


def data_files(store: Store, document: Document, *, pdf: str) -> dict[str, bytes]:
    """Data package and workbook of a version by their path in its folder; `pdf` is the
    name of the report.

    All of it comes from the store of the version and the finished document, and is the
    same bytes every time.
    """
    created = datetime.combine(document.date, time(12), UTC)
    views = [view for _, view in document.parts.exhibits]
    package = data_package(store, document, created=created)
    files = {f"{DATA}/{path}": data for path, data in package.items()}
    files[workbook_name(pdf)] = workbook(tables_of(views), document.parts.doc, created=created)
    return files


def page_files(
    report: str, document: Document, *, templates: Path, papers: Sequence[Paper]
) -> dict[str, bytes]:
    """The page for browsers with all that lies beside it, by path in the folder of the
    version; `papers` are the documents beside it, the report first.
    """
    pdf = papers[0].pdf
    others = {
        **{_CALLED[bool(paper.prefix)]: f"../{paper.pdf}" for paper in papers},
        "Tables (Excel workbook)": f"../{workbook_name(pdf)}",
        "All released figures (CSV)": f"../{report}.csv",
        "Description of the data (Frictionless data package)": f"../{DATA}/datapackage.json",
        "Structure of the data (SDMX)": f"../{DATA}/structure.xml",
    }
    page = build_page(document.parts, templates, files=others)
    for _, view in document.parts.exhibits:
        if isinstance(view, FigureView) and view.table:
            page[csv_path(view)] = grid_csv(view.table)
        elif isinstance(view, TableView):
            page[csv_path(view)] = grid_csv(view)
            if view.course and view.course.table:
                page[csv_path(view.course)] = grid_csv(view.course.table)
    return {f"{PAGE}/{path}": data for path, data in page.items()}


def data_package(store: Store, document: Document, *, created: datetime) -> dict[str, bytes]:
    """SDMX-CSV by dataflow, the structure as SDMX-ML, code lists, and the description
    of it all; by path.
    """
    found = flows(store)
    doc = document.parts.doc
    version = store.contracts.contract(store.report).version
    name = f"selec-{store.report}-{store.round}-{store.version}"
    files = {f"{flow.id}.csv": observations_csv(flow, store.cells_of(flow.id)) for flow in found}
    files |= {codes_path(one): codes_csv(one) for one in lists(found)}
    description = (
        f"{document.subject}. {doc['date_text']}. Every released figure and every withheld one, by"
        " state and year, with observation and confidentiality status. A key CUBE:state.year.codes"
        " names a figure in all forms."
    )
    files["datapackage.json"] = package_json(
        found,
        files,
        name=name,
        title=document.title,
        description=description,
        version=version,
        created=created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        licence=str(doc["marking"]),
        sources=publishers(store, [flow.id for flow in found]),
    )
    files["structure.xml"] = structure_xml(found, version, prepared=created, message=name)
    return files
