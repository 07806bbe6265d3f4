"""How do the key findings of a report become a document of their own? Chapters that
report.yaml lists, written over the same store with the same exhibits and texts.

The document is short and goes to readers who will not open the report. It is part of
the same edition: no figure stands in it that the report does not print, so that whoever
reviewed the report knows them all, and each is found in the data annex.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from markupsafe import Markup

from pipeline.errors import UserError
from pipeline.report.document.compose import (
    PLACED,
    Definition,
    Writer,
    describe_document,
    read_definition,
)
from pipeline.report.document.order import Paper, digest
from pipeline.report.printing import Printing
from pipeline.system.page_templates import mistakes_told

TEMPLATE = "shared/key_findings.html.j2"
_LISTED = 6


@dataclass(frozen=True)
class KeyFindings:
    """A finished short document in HTML, what of the templates it was made from, and the
    exhibits that it places.
    """

    html: str
    inputs: dict[str, str]
    exhibits: tuple[str, ...]


def short_definition(definition: Definition) -> Definition:
    """The short document as a definition of its own, with what the report is called."""
    return replace(definition, title=_titled(definition.title), chapters=definition.key_findings)


def title_of_paper(paper: Paper, whole: str) -> str:
    """What a document of a version says as its title, beside that of the report as a whole."""
    return _titled(whole) if paper.prefix else whole


def _titled(whole: str) -> str:
    return f"Key findings of {whole}"


def build_key_findings(store: Printing, templates: Path) -> KeyFindings:
    """Write the short document of the store's report and version; what it prints is noted
    in the store. Raises UserError, NarrativeError.
    """
    from pipeline.report.charts.palette import page_colours
    from pipeline.system.pdf.fonts import font_faces

    own = read_definition(templates, store.report, version=store.version)
    definition = short_definition(own)
    writer = Writer(store, templates, definition)
    chapters = [Markup(writer.write_chapter(name)) for name in definition.chapters]
    with mistakes_told(templates):
        html = writer.environment.get_template(TEMPLATE).render(
            doc={**describe_document(store, templates, definition), "whole": own.title},
            fonts=font_faces(),
            colours=page_colours(definition.colour, store.version),
            contents=writer.contents,
            tables=[],
            figures=[],
            chapters=chapters,
        )
    return KeyFindings(html, writer.inputs(), tuple(sorted(writer.used)))


def inputs_with(short: KeyFindings | None, whole: dict[str, str]) -> dict[str, str]:
    """What of the templates a version was made from, its short document too."""
    if short is None:
        return whole
    placed = digest(f"{whole[PLACED]} {short.inputs[PLACED]}")
    return {**short.inputs, **whole, PLACED: placed}


def require_printed(short: Printing, whole: Printing) -> None:
    """Raises UserError where the short document prints a figure that the report does not."""
    more = sorted(str(key) for key in short.printed.keys() - whole.printed.keys())
    if more:
        rest = f" and {len(more) - _LISTED} more" if len(more) > _LISTED else ""
        raise UserError(
            f"the key findings print figures that the report does not: "
            f"{', '.join(more[:_LISTED])}{rest}",
            where=f"templates/{short.report}/report.yaml, key_findings, {short.version}",
            allowed="figures that the report prints too",
            do="print them in a chapter of the report, or take them out of the key findings",
        )
