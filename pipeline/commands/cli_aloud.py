"""Which command says what a screen reader would say of a PDF? Page by page, from its
structure tree.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.options import Report, Round, Version, one_of
from pipeline.errors import UserError
from pipeline.project import Project

app = typer.Typer()


@app.command(name="read-aloud")
def read_aloud(
    round_: Round,
    *,
    report: Report = "",
    version: Version = "restricted",
    file: Annotated[
        str, typer.Option("--file", help="Any PDF with tags; by default the one that was built.")
    ] = "",
    pages: Annotated[
        str, typer.Option("--pages", help="Pages, for example 4 or 16-20 or 4,16-20; all if none.")
    ] = "",
) -> None:
    """Print what a screen reader would say of the pages of a PDF, from its structure tree."""
    import pikepdf

    from pipeline.inspection.readback import aloud
    from pipeline.inspection.readback.finished import FinishedPdf

    project = Project.here()
    of = report or project.reports[0]
    one_of(of, project.reports, what="report")
    path = Path(file) if file else _built(project, round_, of, version=version)
    if not path.is_file():
        raise UserError("there is no such file", where=str(path), do="name a PDF: FILE=")
    read = FinishedPdf(path.read_bytes())
    try:
        count = len(read.file.pages)
    except pikepdf.PdfError as problem:
        raise UserError(
            "it cannot be opened as a PDF",
            where=str(path),
            allowed="a PDF that is whole and not encrypted",
            do="make it again, or unlock it",
        ) from problem
    for line in aloud.lines_of_pages(aloud.read_aloud(read), _asked(pages, count)):
        typer.echo(line)


def _built(project: Project, round_: int, report: str, *, version: str) -> Path:
    from pipeline.release.manifest import pdf_of

    folder = project.version_folder(round_, report, version)
    name = pdf_of(path.name for path in folder.iterdir()) if folder.is_dir() else ""
    if not name:
        raise UserError(
            f"the {version} version of {report} is not built",
            where=str(folder),
            do=f"make report REPORT={report} VERSION={version} ROUND={round_}",
        )
    return folder / name


def _asked(pages: str, count: int) -> list[int]:
    """The pages that were asked for, each once, in the order of the file."""
    if not pages:
        return list(range(1, count + 1))
    found: set[int] = set()
    for part in pages.split(","):
        match = re.fullmatch(r"\s*([0-9]{1,6})\s*(?:-\s*([0-9]{1,6})\s*)?", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= first <= last <= count:
            raise UserError(
                f"'{part.strip()}' is no page of the file",
                where="PAGES",
                allowed=f"pages from 1 to {count}, as 4 or 16-20 or 4,16-20",
                do="give other pages",
            )
        found.update(range(first, last + 1))
    return sorted(found)
