"""Which command shows a chapter before its report is built? Once, or again whenever it
is saved.
"""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.commands.options import Report, Round, Version, one_of
from pipeline.project import Project

app = typer.Typer()


@app.command()
def preview(
    round_: Round,
    report: Report,
    *,
    version: Version,
    chapter: Annotated[
        str, typer.Option("--chapter", help="A chapter of report.yaml, for example drugs.")
    ] = "",
    watch: Annotated[
        bool, typer.Option("--watch", help="Again whenever a template is saved, until Ctrl-C.")
    ] = False,
) -> None:
    """Write one chapter of a built round as a page and a PDF, marked PREVIEW and not
    audited.
    """
    from pipeline.system.apart import start

    start("pipeline.report.document.preview")  # loads while the names are looked up

    from pipeline.release.preview import Asked, preview_chapter, watch_chapter

    project = Project.here()
    one_of(report, project.reports, what="report")
    asked = Asked(round_, report, version, chapter)
    if not watch:
        for path in preview_chapter(project, asked):
            typer.echo(str(path))
        return
    try:
        watch_chapter(project, asked, tell=typer.echo)
    except KeyboardInterrupt:
        typer.echo("ended")
