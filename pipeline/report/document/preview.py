"""How does one chapter look before its report is built? The chapter as a page for
browsers and as HTML to be printed, in the words, numbers and drawings of the report.

A chapter is numbered as in the whole report: the chapters before it are gone through,
but nothing of them is written or drawn. Only where the chapter tells of what was
printed before it are they written too, without drawings.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

from markupsafe import Markup

from pipeline.errors import UserError
from pipeline.report.charts.remembered import Charts, read_charts
from pipeline.report.document.compose import (
    Definition,
    Entry,
    Numbering,
    Parts,
    Writer,
    cutoff_of,
    describe_document,
    read_definition,
    title_of,
)
from pipeline.report.document.key_findings import short_definition
from pipeline.report.document.order import CHARTS
from pipeline.report.document.web import chapters_for_browsers, read_style, web_fonts
from pipeline.report.document.worker import answer, confine_renderer
from pipeline.report.exhibits.figures import FULL
from pipeline.report.exhibits.layout import ANNEXES, ExhibitSpec, asked_of
from pipeline.report.ledger import LedgerEntry
from pipeline.report.printing import Printing
from pipeline.report.views import ChartData, EmptyView, FigureView, TableView
from pipeline.system.page_templates import mistakes_told

MARK = "PREVIEW"
PAGE, PRINT, PDF = "page.html", "print.html", "chapter.pdf"
_SAID = "said.json"  # what the PDF says of itself
_NOT_DRAWN = "<svg><title>not drawn</title></svg>"
_LINK = re.compile(r' href="#([^"]*)"')


@dataclass(frozen=True)
class ChapterOrder:
    """One chapter of a version, the store it is made from, and the folder to write to.
    Paths are absolute.
    """

    root: Path
    store: Path
    out: Path
    report: str
    version: str
    chapter: str


def require_chapter(definition: Definition, *, version: str, chapter: str) -> None:
    """Raises UserError with the chapters of the version where it has no such one."""
    every = (*definition.chapters, *definition.key_findings)
    if chapter not in every:
        raise UserError(
            f"the {version} version of {definition.report} has no chapter '{chapter}'"
            if chapter
            else "which chapter?",
            where=f"templates/{definition.report}/report.yaml",
            allowed=", ".join(every),
            do="name one of them: CHAPTER=",
        )


@dataclass
class _Drawings(Charts):
    """Draws charts, but not those of chapters that are only gone through."""

    at_rest: bool = False

    def draw(self, data: ChartData, *, width_mm: float, height_mm: float | None) -> str:
        if self.at_rest:
            return _NOT_DRAWN
        return super().draw(data, width_mm=width_mm, height_mm=height_mm)


@dataclass
class ChapterWriter(Writer):
    """Writes a chapter. While `counts` it only counts what stands in one: headings and
    exhibits get their numbers, texts and exhibits are empty.
    """

    counts: bool = False

    def text(self, chapter: str, section: str, **more: str) -> Markup:
        return Markup("") if self.counts else super().text(chapter, section, **more)

    def findings(
        self, chapter: str, section: str, *, title: str = "What the figures say"
    ) -> Markup:
        return Markup("") if self.counts else super().findings(chapter, section, title=title)

    def on_paper(
        self, id_: str, chapter: str, *, title: str = "What changed only on paper"
    ) -> Markup:
        return Markup("") if self.counts else super().on_paper(id_, chapter, title=title)

    def country(self, code: str, facts: list[tuple[str, str]]) -> Markup:
        return super().country(code, [] if self.counts else facts)

    def exhibit(self, id_: str, **more: str) -> Markup:
        return self._counted(id_, **more) if self.counts else super().exhibit(id_, **more)

    def pair(self, left: str | Markup, *right: str | Markup, **more: str) -> Markup:
        if self.counts:
            return self._counted(*(p for p in (left, *right) if not isinstance(p, Markup)), **more)
        return super().pair(left, *right, **more)

    def begin(self) -> None:
        """Begin with the first chapter, whatever was written."""
        for written in (self.contents, self.tables, self.figures, self.headlines, self.placed):
            written.clear()
        self.used.clear()
        self.numbering = Numbering()

    def _counted(self, *ids: str, **more: str) -> Markup:
        for id_ in ids:
            spec = asked_of(self._spec(id_), self.store)
            if spec and not self.is_empty(id_, **more) and not self._says_why(spec, more):
                _, entries = self.kin_of(spec)
                entries.append(Entry(id_, f"{len(entries) + 1}", spec.title))
        return Markup("")

    def _says_why(self, spec: ExhibitSpec, more: dict[str, str]) -> bool:
        """Whether an annex has nothing to list, and a line in its place."""
        if spec.kind not in ANNEXES:
            return False
        values = {**self.values, **self._state_name(more)}
        view = self._build(spec, "Table 0", values=values, width=FULL)
        return isinstance(view, EmptyView)


class _Ledger(list[LedgerEntry]):
    """What was printed, and whether somebody asked for it."""

    was_asked = False

    def __iter__(self) -> Iterator[LedgerEntry]:
        self.was_asked = True
        return super().__iter__()


def write_chapter(
    store: Printing, templates: Path, *, definition: Definition, chapter: str
) -> tuple[ChapterWriter, str]:
    """The HTML of a chapter as it stands in the whole report, and who wrote it. Raises
    UserError, NarrativeError.
    """
    charts = store.charts = _Drawings(store.charts.known)
    writer = ChapterWriter(store, templates, definition)
    before = definition.chapters[: definition.chapters.index(chapter)]
    html, ledger = "", _Ledger()
    for is_written in (False, True):
        store.printed.clear()
        ledger = store.shown = _Ledger()
        writer.begin()
        writer.counts, charts.at_rest = not is_written, True
        for name in before:
            writer.write_chapter(name)
        # What the contents and a page hold is the chapter alone.
        writer.contents.clear()
        writer.placed.clear()
        writer.counts, charts.at_rest = False, False
        html = writer.write_chapter(chapter)
        if not ledger.was_asked:
            break
    return writer, html


def build_preview(store: Printing, templates: Path, chapter: str) -> dict[str, str]:
    """The page for browsers and the HTML to be printed of one chapter, by the names of
    their files. The page needs no other file.
    """
    from pipeline.report.charts.palette import page_colours
    from pipeline.report.open_data.grids import grid_csv
    from pipeline.system.pdf.fonts import font_faces

    def address(view: FigureView | TableView) -> str:
        table = view if isinstance(view, TableView) else view.table
        return _data_url("text/csv", grid_csv(table) if table else b"")

    definition = read_definition(templates, store.report, version=store.version)
    require_chapter(definition, version=store.version, chapter=chapter)
    if chapter in definition.key_findings:
        definition = short_definition(definition)
    writer, html = write_chapter(store, templates, definition=definition, chapter=chapter)
    doc = describe_document(store, templates, definition)
    listed = tuple(writer.contents), tuple(writer.tables), tuple(writer.figures)
    parts = Parts(doc, *listed, (html,), tuple(writer.placed))
    given = {"doc": doc, "mark": MARK, "chapter": chapter}
    environment = writer.environment
    with mistakes_told(templates):
        shown = chapters_for_browsers(parts, environment, address)
        page = environment.get_template("preview/page.html.j2").render(
            **given, style=Markup(_style(templates)), chapters=[_alone(c) for c in shown]
        )
        printed = environment.get_template("preview/print.html.j2").render(
            **given,
            fonts=font_faces(),
            colours=page_colours(definition.colour, store.version),
            chapters=[_alone(html)],
        )
    return {PAGE: page, PRINT: printed}


def _style(templates: Path) -> str:
    """The style sheet of pages for browsers with its fonts in it."""
    style = read_style(templates).decode("utf-8")
    for path, font in web_fonts().items():
        style = style.replace(path, _data_url("font/woff", font))
    return style


def _data_url(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def _alone(html: str) -> Markup:
    """A chapter whose links lead to nothing outside of it."""
    here = set(re.findall(r' id="([^"]*)"', html))
    return Markup(_LINK.sub(lambda m: m[0] if m[1] in here else "", html))


# In the confined process.


def write_pages_apart(tell: Callable[[str], None], order: ChapterOrder) -> None:
    """In a process of its own: confine it for good, then write both pages of a chapter."""
    confine_renderer(order.root, order.store, order.out)
    answer(tell, lambda: _write_pages(order))


def write_pdf_apart(tell: Callable[[str], None], order: ChapterOrder) -> None:
    """In a process of its own: confine it for good, then print the chapter whose HTML
    lies in its folder.
    """
    confine_renderer(order.root, order.store, order.out)
    answer(tell, lambda: _write_pdf(order))


def _open_store(order: ChapterOrder) -> Printing:
    from pipeline.contracts.model import load_contracts

    contracts = load_contracts(order.root / "data_contracts")
    charts = read_charts(order.out / CHARTS)
    return Printing(
        order.store, contracts, report=order.report, version=order.version, charts=charts
    )


def _write_pages(order: ChapterOrder) -> None:
    store = _open_store(order)
    pages = build_preview(store, order.root / "templates", order.chapter)
    for name, html in pages.items():
        (order.out / name).write_text(html, encoding="utf-8")
    definition = read_definition(order.root / "templates", order.report, version=order.version)
    title = title_of(definition, store.round)
    said = f"{MARK}: {title}", f"Chapter {order.chapter}", cutoff_of(store).isoformat()
    (order.out / _SAID).write_text(json.dumps(said), encoding="utf-8")


def _write_pdf(order: ChapterOrder) -> None:
    from pipeline.system.pdf.write import render_pdf

    title, subject, day = json.loads((order.out / _SAID).read_text(encoding="utf-8"))
    render_pdf(
        (order.out / PRINT).read_text(encoding="utf-8"),
        order.out / PDF,
        base_folder=order.root / "templates",
        title=title,
        subject=subject,
        date=datetime.combine(date.fromisoformat(day), time(12), UTC),
        attachments=[],
    )
