"""How does a report read from cover to last annex? Chapters from templates, numbered,
as one HTML document.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from markupsafe import Markup

from pipeline.contracts.codelists import in_running_text
from pipeline.contracts.definitions import read_imprint, read_report_file, read_version_texts
from pipeline.contracts.policy import load_policy
from pipeline.errors import UserError
from pipeline.numbers.decisions import OF_LEVEL, OF_PRIORITY
from pipeline.report.charts.palette import cover_colours, page_colours
from pipeline.report.charts.region import picture
from pipeline.report.document.annexes import build_annex
from pipeline.report.document.cases import has_cases, write_cases
from pipeline.report.document.contributed import (
    has_contributions,
    write_contributions,
    write_decisions,
)
from pipeline.report.edition import CORRIGENDUM, LIST_OF_EDITIONS
from pipeline.report.exhibits.exhibit_rules import ENABLERS, GAPS, OF_EXPERTS, SILENT, SINCE
from pipeline.report.exhibits.figures import FULL, HALF, build_figure, why_no_figure
from pipeline.report.exhibits.headline import headlines_of
from pipeline.report.exhibits.judged_cells import (
    SCORES,
    areas_of,
    earlier_of,
    in_sentence,
    is_answered,
    judged_areas,
    released_session,
    session_of,
)
from pipeline.report.exhibits.judged_enablers import areas_with_enablers
from pipeline.report.exhibits.judged_gaps import has_gaps
from pipeline.report.exhibits.judged_since import is_second
from pipeline.report.exhibits.layout import (
    ANNEXES,
    CHARTS,
    GRIDS,
    INDICATORS,
    ExhibitSpec,
    asked_of,
    fill,
    read_exhibits,
    speaks,
    variables,
)
from pipeline.report.exhibits.tables import build_table, why_no_table
from pipeline.report.ledger import HEADLINE, Fact, PrintedHeading, TableKeys, note_exhibit
from pipeline.report.narrative.bindings import fact_text
from pipeline.report.narrative.bound_text import Narrative
from pipeline.report.narrative.release_texts import ReleaseTexts, release_texts
from pipeline.report.printing import Printing
from pipeline.report.store import Store
from pipeline.report.views import EmptyView, ExhibitView, ShownView, TableView
from pipeline.system.page_templates import mistakes_told, open_templates

EXECUTIVE = "executive"  # the chapter that stands before the contents
MOST_FINDINGS = 4
_OPENING = ("summary", "countries")
COVER_MAP = 180.0  # millimetres
_FRAME = ("versions.yaml", "imprint.yaml", "region.json", "quality.yaml")

_PLACES = re.compile(r"\{\{ *(?:exhibit|pair)\(([^)]*)\)")
_CASES = re.compile(r"\bcases\(([^)]*)\)")
_JUDGED = re.compile(r"\bjudged\(([^)]*)\)")
_HELD = re.compile(r'\{% *(?:include|extends) "([^"]+)"')
_NAME = re.compile(r'"(\w+)"')
PLACED = "exhibits placed"  # among the inputs of a version
_OF_STATES = "for state in states"
IN_QUESTION = "in question"  # what stands in the place of a fact that is a part in question


@dataclass(frozen=True)
class Entry:
    """One line of the contents or of a list of tables or figures."""

    id: str
    number: str
    title: str
    level: int = 1
    listed: bool = (
        True  # exhibits of country pages are found through the country, not through the lists
    )


@dataclass(frozen=True)
class Definition:
    """A report as its report.yaml defines it."""

    report: str
    title: str
    reference: str
    colour: str
    chapters: tuple[str, ...]
    key_findings: tuple[str, ...]  # chapters of the short document; none where there is none
    subtitle: str
    marking: str
    releasability: tuple[str, ...]
    # whether the forms for everybody go with it: a page for browsers, data files, a
    # workbook
    open_data: bool


@dataclass(frozen=True)
class Parts:
    """What a report was put together from, for its other forms: a page for the web, a
    workbook.
    """

    doc: Mapping[str, Any]  # title, subtitle, marking and the like, as the templates take them
    contents: tuple[Entry, ...]
    tables: tuple[Entry, ...]
    figures: tuple[Entry, ...]
    chapters: tuple[str, ...]  # HTML as it is printed
    # in their order, each with the HTML that shows it in its chapter
    exhibits: tuple[tuple[str, ShownView], ...]


@dataclass(frozen=True)
class Document:
    """A finished report in HTML, with the figures of its build."""

    html: str
    title: str
    subject: str
    reference: str
    date: date
    tables: int
    figures: int
    empty_exhibits: int
    sentences_left_out: tuple[str, ...]
    numbers_in_text: int
    inputs: dict[str, str]  # what of the templates this version was made from: name -> SHA-256
    exhibits: tuple[str, ...]  # ids of those that were placed
    parts: Parts


def read_definition(templates: Path, report: str, *, version: str) -> Definition:
    """Read report.yaml and the shared versions.yaml. Raises UserError when the version
    is not defined.
    """
    own = read_report_file(templates, report)
    versions = read_version_texts(templates)
    if version not in own.versions or version not in versions:
        raise UserError(
            f"there is no version '{version}'",
            where=str(own.file.path),
            allowed=", ".join(own.versions),
        )
    shared = versions[version]
    return Definition(
        report,
        own.title,
        f"{own.reference}/{shared.reference}",
        own.colour,
        own.versions[version],
        own.key_findings.get(version, ()),
        shared.subtitle,
        shared.marking,
        shared.releasability,
        shared.open_data,
    )


def title_of(definition: Definition, round_: int) -> str:
    """The title of a report, as a reader shows it in place of the name of the file."""
    return f"{definition.title}, {round_}"


def subject_of(definition: Definition, store: Store) -> str:
    """What the metadata of a report say beside its title: version, year and edition."""
    edition = store.edition
    replaces = f", replaces {edition.replaces}" if edition.replaces else ""
    return (
        f"{definition.subtitle}, reference year {store.round}, edition {edition.number}{replaces}"
    )


def reference_of_edition(definition: Definition, store: Store) -> str:
    """The reference number of an edition: `SELEC/THB/2023/P/1`."""
    return f"{fill(definition.reference, variables(store))}/{store.edition.number}"


def build_document(store: Printing, templates: Path) -> Document:
    """Build the HTML of the store's report and version. Raises UserError,
    NarrativeError.
    """
    from pipeline.system.pdf.fonts import font_faces

    definition = read_definition(templates, store.report, version=store.version)
    writer = Writer(store, templates, definition)
    corrects = (CORRIGENDUM,) if store.edition.replaces else ()
    finding = writer.finding()
    written = {n: writer.write_chapter(n) for n in (*definition.chapters, *corrects)}
    chapters = [*written.values()]
    doc = {**describe_document(store, templates, definition), "finding": finding}
    members = [m.code for m in store.contracts.members(store.round)]
    with mistakes_told(templates):
        html = writer.environment.get_template("shared/report.html.j2").render(
            doc=doc,
            fonts=font_faces(),
            colours=page_colours(definition.colour, store.version),
            cover=picture(*cover_colours(definition.colour, store.version), COVER_MAP, members),
            contents=writer.contents,
            tables=[e for e in writer.tables if e.listed],
            figures=[e for e in writer.figures if e.listed],
            opening=Markup(written.get(EXECUTIVE, "")),
            chapters=[Markup(c) for n, c in written.items() if n != EXECUTIVE],
        )
    return Document(
        html,
        title_of(definition, store.round),
        subject_of(definition, store),
        str(doc["reference"]),
        cutoff_of(store),
        len(writer.tables),
        len(writer.figures),
        writer.empty,
        tuple(writer.narrative.left_out),
        writer.narrative.bound,
        writer.inputs(),
        tuple(sorted(writer.used)),
        Parts(
            doc,
            tuple(writer.contents),
            tuple(writer.tables),
            tuple(writer.figures),
            tuple(chapters),
            tuple(writer.placed),
        ),
    )


def cutoff_of(store: Store) -> date:
    """The day by which the returns were received that a version is made from."""
    return date.fromisoformat(store.meta["cutoff"])


def describe_document(store: Store, templates: Path, definition: Definition) -> dict[str, Any]:
    """What a version says of itself, as the templates take it: `doc`."""
    day = cutoff_of(store)
    imprint = read_imprint(templates)
    return {
        "report": store.report,
        "reading": imprint.reading,
        "contact": imprint.contact,
        "title": definition.title,
        "subtitle": definition.subtitle,
        "version": store.version,
        "round": store.round,
        "edition": f"Edition {store.edition.number}",
        "replaces": store.edition.told,
        "editions": LIST_OF_EDITIONS,
        "reference": reference_of_edition(definition, store),
        "marking": definition.marking,
        "releasability": definition.releasability,
        "date_text": f"Data received by {day.day} {day:%B %Y}",
        "language": "en",
        "members": [m.extra["official_name"] for m in store.contracts.members(store.round)],
    }


@dataclass
class Numbering:
    """The running numbers of a report. Chapters count in figures, annexes in letters, and
    sections begin anew in each of them.
    """

    chapters: int = 0
    annexes: int = 0
    sections: int = 0
    part: str = ""  # number of the chapter or annex that is being written

    def next_chapter(self) -> str:
        self.chapters += 1
        return self._begin(str(self.chapters))

    def next_annex(self) -> str:
        self.annexes += 1
        return self._begin(chr(ord("A") + self.annexes - 1))

    def next_section(self) -> str:
        self.sections += 1
        return f"{self.part}.{self.sections}"

    def _begin(self, part: str) -> str:
        self.part, self.sections = part, 0
        return part


@dataclass
class Writer:
    """Writes chapters and lists what stands in them: headings, tables and figures."""

    store: Printing
    templates: Path
    definition: Definition
    contents: list[Entry] = field(default_factory=list)
    tables: list[Entry] = field(default_factory=list)
    figures: list[Entry] = field(default_factory=list)
    headlines: list[Entry] = field(default_factory=list)
    empty: int = 0
    numbering: Numbering = field(default_factory=Numbering)
    read: set[Path] = field(default_factory=set)
    used: dict[str, ExhibitSpec] = field(default_factory=dict)
    placed: list[tuple[str, ShownView]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.values = variables(self.store)
        self.exhibits: dict[str, ExhibitSpec] = {}
        for folder in ("shared", self.store.report):
            path = self.templates / folder / "exhibits.yaml"
            if path.is_file():
                self.exhibits |= read_exhibits(path)
        self.narrative = Narrative(self.templates / self.store.report / "narrative", self.store)
        self.environment = open_templates(self.templates, trim_blocks=True)
        with mistakes_told(self.templates):
            self.macros: Any = self.environment.get_template("shared/macros.html.j2").module

    def write_chapter(self, name: str) -> str:
        """One chapter or annex from its template, own or shared."""
        own = f"{self.store.report}/chapters/{name}.html.j2"
        path = own if (self.templates / own).is_file() else f"shared/chapters/{name}.html.j2"
        if not (self.templates / path).is_file():
            raise UserError(
                f"chapter '{name}' has no template", where=own, do="write it or correct report.yaml"
            )
        self.read.update(_held_by(self.templates / path, self.templates))
        if self.leaves_out(self.templates / path):
            return ""
        with mistakes_told(self.templates):
            body = self.environment.get_template(path).render(**self.calls())
        # Chapters follow each other on a page; a new part starts a new one.
        opens = " opens" if name in _OPENING else ""
        return f'<section class="chapter{opens}">\n{body}\n</section>'

    def calls(self) -> dict[str, Any]:
        """What a template of a chapter may call and look at, by the names that it uses."""
        return {
            "chapter": self.chapter,
            "annex": self.annex,
            "opening": self.opening,
            "section": self.section,
            "text": self.text,
            "exhibit": self.exhibit,
            "pair": self.pair,
            "findings": self.findings,
            "cases": self.cases,
            "contributions": self.contributions,
            "has_contributions": partial(has_contributions, self.store),
            "assessed": self.assessed,
            "on_area": self.on_area,
            "has_earlier": partial(is_second, self.store),
            "has_gaps": partial(has_gaps, self.store),
            "every_area": partial(areas_of, self.store),
            "earlier": lambda area: earlier_of(self.store, area)[0],
            "priorities": self.priorities,
            "has_priorities": self.has_priorities,
            "has_cases": partial(has_cases, self.store, ()),
            "has_figures": self.store.has_figures,
            "on_paper": self.on_paper,
            "country": self.country,
            "release": self.release,
            "states": self.store.contracts.members(self.store.round),
            "round": self.store.round,
            "is_asked": self.store.is_asked,
            "is_judged": self.is_judged,
            "judged": self.judged,
            "contract": self.store.contracts.contract(self.store.report),
            "edition": self.store.edition,
        }

    def chapter(self, id_: str, title: str, *, running: str = "") -> Markup:
        """The heading of a chapter; `running` is what of a long title stands at the head
        of each page, in its words and their order.
        """
        number = self.numbering.next_chapter()
        return self._head("h1", id_, number=number, title=title, level=1, running=running)

    def opening(self, id_: str, title: str) -> Markup:
        """The heading of what stands before the contents: it has no number."""
        title = fill(title, self.values)
        self.contents.append(Entry(id_, "", title, 1))
        self.store.note(PrintedHeading("", id_, title, 1, listed=title))
        return Markup('<h1 id="{}">{}</h1>').format(id_, title)

    def finding(self) -> str:
        """The finding of the year, in one line for the cover of a report with a summary."""
        if EXECUTIVE not in self.definition.chapters:
            return ""
        return self.narrative.one_of(EXECUTIVE, "finding", values=self.values)

    def annex(self, id_: str, title: str, *, running: str = "") -> Markup:
        number = f"Annex {self.numbering.next_annex()}"
        return self._head("h1", id_, number=number, title=title, level=1, running=running)

    def section(self, id_: str, title: str) -> Markup:
        number = self.numbering.next_section()
        return self._head("h2", id_, number=number, title=title, level=2)

    def country(self, code: str, facts: list[tuple[str, str]]) -> Markup:
        """Head of a state's page with its facts: (key with {year}, label)."""
        name = self.store.contracts.codelist("states")[code].extra["official_name"]
        id_ = f"state-{code.lower()}"
        number = self.numbering.next_section()
        self.contents.append(Entry(id_, number, name, 2))
        self.store.note(PrintedHeading(number, id_, f"{name} {code}", 2, listed=name))
        shown = []
        for key, label in facts:
            filled = fill(key, {**self.values, "state": code})
            text = fact_text(self.store, filled)
            shown.append((text or IN_QUESTION, fill(label, self.values)))
            if text:
                bound = f"[[{filled}]] {shown[-1][1]}"
                place = f"{id_}.fact.{len(shown)}"
                self.store.note(Fact(bound, " ".join(shown[-1]), place))
        head: Markup = self.macros.country_head(id_, name, code, shown)
        return head

    def _head(
        self, tag: str, id_: str, *, number: str, title: str, level: int, running: str = ""
    ) -> Markup:
        title = fill(title, self.values)
        self.contents.append(Entry(id_, number, title, level))
        self.store.note(PrintedHeading(number, id_, title, level))
        short = f"{number} {fill(running, self.values) or title}" if level == 1 else ""
        attribute = Markup(' data-running="{}"').format(short) if short else Markup("")
        return Markup('<{} id="{}"{}><span class="heading-number">{}</span> {}</{}>').format(
            Markup(tag), id_, attribute, number, title, Markup(tag)
        )

    def text(self, chapter: str, section: str, **more: str) -> Markup:
        values = self._in_text({**self.values, **self._state_name(more)})
        return self.narrative.paragraphs(chapter, section, values=values)

    def findings(
        self, chapter: str, section: str, *, title: str = "What the figures say"
    ) -> Markup:
        """The findings that open a report, of one idea each. Raises UserError where more
        are written than a reader keeps.
        """
        items = self.narrative.items(chapter, section, values=self.values)
        if len(items) > MOST_FINDINGS:
            raise UserError(
                f"there are {len(items)} key findings",
                where=f"{self.store.report}/narrative/{chapter}.md, section '{section}'",
                allowed=f"{MOST_FINDINGS}, of one idea each",
                do="leave out those that the chapters say as well",
            )
        block: Markup = self.macros.key_findings(items, fill(title, self.values))
        return block

    def on_paper(
        self, id_: str, chapter: str, *, title: str = "What changed only on paper"
    ) -> Markup:
        """A box on changes of the key figures of the row `id_` that are none of what is
        counted, as far as figures, statuses and corrections tell: the section `changes` of
        a chapter, for each figure. None where nothing is told.
        """
        spec = asked_of(self._spec(id_), self.store)
        lines = headlines_of(spec, self.store, values=self.values) if spec else []
        told = []
        for number, line in enumerate(lines, 1):
            every = f"{line.key.cube}:{'.'.join(['*', *line.key.codes[1:]])}"
            own = {"key": str(line.key), "states": every, "indicator": str(number)}
            said = self.narrative.line(chapter, "changes", values={**self.values, **own})
            if said:
                told.append((line.name[:1].upper() + line.name[1:], said))
        box: Markup = self.macros.on_paper(told, fill(title, self.values))
        return box if told else Markup("")

    def is_judged(self, area: str = "") -> bool:
        """Whether the version may tell a judgement of a crime area, or of any."""
        areas = judged_areas(self.store)
        return area in areas if area else bool(areas)

    def judged(self, *areas: str) -> Markup:
        """The key judgements of the crime areas of a chapter, or that none was submitted."""
        told = [area for area in areas if self.is_judged(area)]
        if not told:
            return self.text("judgement", "none")
        return Markup("\n").join(self.on_area("key", area) for area in told) + self._why(
            OF_LEVEL, areas
        )

    def assessed(self, areas: Iterable[str], question: str = "") -> list[str]:
        """Those of the crime areas of which the version may tell a judgement, or one on this
        question.
        """
        told = [area for area in areas if self.is_judged(area)]
        return [a for a in told if not question or is_answered(self.store, a, question)]

    def on_area(self, section: str, area: str) -> Markup:
        """A text on what experts judge of a crime area, and judged before."""
        label = self.store.label(SCORES, "area", code=area)
        year, before = earlier_of(self.store, area)
        return self.text(
            "judgement",
            section,
            area=area,
            area_name=in_sentence(label),
            session=session_of(self.store, area),
            met=released_session(self.store),
            earlier=str(year),
            earlier_session=before,
        )

    def cases(self, *areas: str) -> Markup:
        """The cases of these crime areas that this version may tell, each in a box; of all
        areas without. Nothing where there is none.
        """
        boxes = write_cases(self.store, areas)
        block: Markup = self.macros.case_boxes(boxes)
        return block if boxes else Markup("")

    def contributions(self, *areas: str, topics: Collection[str] = ()) -> Markup:
        """What experts wrote of these crime areas, by topic, as far as this version may
        print it. Nothing where there is none.
        """
        written = write_contributions(self.store, areas, topics)
        block: Markup = self.macros.contributions(written)
        return block if written else Markup("")

    def priorities(self) -> Markup:
        """The crime areas that were chosen as priorities, in their order, each with its
        reason and who chose; nothing where none was, or this version may not tell.
        """
        return self._why(OF_PRIORITY, ())

    def has_priorities(self) -> bool:
        """Whether this version tells of chosen priorities."""
        return any(own.kind == OF_PRIORITY for own in self.store.decisions)

    def _why(self, kind: str, areas: Collection[str]) -> Markup:
        topics = write_decisions(self.store, kind, areas)
        block: Markup = self.macros.contributions(topics)
        return block if topics else Markup("")

    def release(self) -> ReleaseTexts:
        """Which texts say what this version shows, as the release policy has it."""
        contracts = self.store.contracts
        return release_texts(load_policy(contracts.codelists.parent, contracts), self.store.version)

    def pair(self, left: str | Markup, *right: str | Markup, **more: str) -> Markup:
        """Two exhibits side by side, each as wide as half of the text; more of them
        stand below the right one. A written text may stand in the place of any.
        """
        parts = (left, *right)
        asked = [p for p in parts if isinstance(p, Markup) or not self.is_empty(p, **more)]
        width = FULL if len(asked) < 2 else HALF
        set_out = [
            p if isinstance(p, Markup) else self._exhibit(p, width, more=more) for p in asked
        ]
        if len(set_out) < 2:
            return Markup("").join(set_out)
        first, *others = set_out
        block: Markup = self.macros.pair(first, Markup("\n").join(others))
        return block

    def exhibit(self, id_: str, **more: str) -> Markup:
        """An exhibit by its id; `state` fills {state} in exhibits of country pages.

        Nothing where the round does not ask for what it shows.
        """
        return self._exhibit(id_, FULL, more=more)

    def is_empty(self, id_: str, **more: str) -> bool:
        """Whether an exhibit has no place: the round does not ask for it, or no figure of
        it is there in this version. An annex has one, to say that it is empty.
        """
        spec = asked_of(self._spec(id_), self.store)
        if spec is None:
            return True
        values = {**self.values, **self._state_name(more)}
        try:
            if spec.kind in CHARTS:
                return bool(why_no_figure(spec, self.store, values=values))
            if spec.kind in GRIDS:
                return bool(why_no_table(spec, self.store, values=values))
            if spec.kind in OF_EXPERTS:
                return not self._may_tell(spec)
            return spec.kind == INDICATORS and not speaks(spec, self.store, values=values)
        except UserError:
            return False  # it is told when it is built

    def _may_tell(self, spec: ExhibitSpec) -> bool:
        """Whether the version has anything to say in an exhibit of what experts judge."""
        others = {
            GAPS: has_gaps,
            SINCE: is_second,
            ENABLERS: areas_with_enablers,
        }
        if spec.kind in others:
            return bool(others[spec.kind](self.store))
        return self.is_judged(spec.area)

    def leaves_out(self, path: Path) -> bool:
        """Whether a chapter has exhibits and all of them are empty. What nobody reported
        stands in one table, and a chapter without a figure is none.
        """
        named = _exhibits_named(path, self.templates)
        if not all(id_ in self.exhibits for id_ in named):
            return False  # the line of the template is told when it is written
        if any(has_cases(self.store, areas) for areas in _areas_named(path, self.templates)):
            return False
        areas = _areas_judged(path, self.templates)
        if self.assessed(areas) or any(c.area in areas for c in self.store.contributions):
            return False
        return bool(named) and all(self.is_empty(id_) for id_ in named)

    def _spec(self, id_: str) -> ExhibitSpec:
        if id_ not in self.exhibits:
            raise UserError(
                f"there is no exhibit '{id_}'",
                allowed=", ".join(self.exhibits),
                do="correct the name, or add it to exhibits.yaml",
            )
        return self.exhibits[id_]

    def _exhibit(self, id_: str, width: float, *, more: dict[str, str]) -> Markup:
        spec = asked_of(self._spec(id_), self.store)
        values = {
            **self.values,
            **self._state_name(more),
        }
        if spec is None:
            return Markup("")
        self.used[id_] = spec
        word, entries = self.kin_of(spec)
        number = f"{word} {len(entries) + 1}"
        view = self._build(spec, number, values=values, width=width)
        if isinstance(view, EmptyView):
            self.empty += 1
            says_why = spec.kind in ANNEXES and spec.kind not in SILENT
            said: Markup = self.macros.empty(view) if says_why else Markup("")
            return said
        view = replace(view, message=self.message(spec, values=values))
        entries.append(Entry(view.id, number, view.title, listed="state" not in more))
        self._note(view, number, spec=spec, state=more.get("state", ""))
        block: Markup = self.macros.exhibit(view)
        self.placed.append((str(block), view))
        return block

    def message(self, spec: ExhibitSpec, *, values: Mapping[str, str]) -> str:
        """What an exhibit shows, in one line."""
        return self.narrative.message(spec.id, values=self._in_text(values))

    def kin_of(self, spec: ExhibitSpec) -> tuple[str, list[Entry]]:
        """What an exhibit is called, and those with which it is numbered.

        The row of key figures has a number for who asks after it, but none is printed and
        no list names it.
        """
        if spec.kind == "headline":
            return HEADLINE, self.headlines
        return ("Figure", self.figures) if spec.kind in CHARTS else ("Table", self.tables)

    def _note(self, view: ShownView, number: str, *, spec: ExhibitSpec, state: str) -> None:
        """Note an exhibit that is placed, and the keys of a table behind it."""
        cubes = _cubes(spec)
        noted = note_exhibit(view, number, spec=spec.id, kind=spec.kind, state=state, cubes=cubes)
        self.store.note(noted)
        if isinstance(view, TableView):
            rows = tuple(tuple(c.key for c in r.cells) for r in view.rows)
            self.store.note(TableKeys(view.id, rows))

    def _build(
        self, spec: ExhibitSpec, number: str, *, values: Mapping[str, str], width: float
    ) -> ExhibitView:
        try:
            return self._build_kind(spec, number, values=values, width=width)
        except UserError as problem:
            if problem.where and not problem.where.startswith("codelists/"):
                raise
            raise type(problem)(
                problem.what, where=spec.place, allowed=problem.allowed, do=problem.do
            ) from problem

    def _build_kind(
        self, spec: ExhibitSpec, number: str, *, values: Mapping[str, str], width: float
    ) -> ExhibitView:
        if spec.kind in CHARTS:
            return build_figure(spec, self.store, number=number, values=values, width_mm=width)
        if spec.kind in ANNEXES:
            return build_annex(spec, self.store, number=number, values=values)
        return build_table(spec, self.store, number=number, values=values)

    def inputs(self) -> dict[str, str]:
        """Hashes of the files read and of the exhibits placed: what another version
        prints is no input of this one.
        """
        shared = self.templates / "shared"
        frame = [p for p in shared.iterdir() if p.suffix in (".j2", ".css") or p.name in _FRAME]
        files = sorted({*self.read, *self.narrative.read, *frame})
        hashes = {
            f"templates/{p.relative_to(self.templates).as_posix()}": (
                hashlib.sha256(p.read_bytes()).hexdigest()
            )
            for p in files
        }
        placed = repr(sorted(self.used.items(), key=lambda item: item[0]))
        return {**hashes, PLACED: hashlib.sha256(placed.encode()).hexdigest()}

    @staticmethod
    def _in_text(values: Mapping[str, str]) -> dict[str, str]:
        """The values of a place as its texts take them."""
        name = values.get("state_name")
        return {**values, "state_name": in_running_text(name)} if name else dict(values)

    def _state_name(self, more: dict[str, str]) -> dict[str, str]:
        if "state" in more:
            return {**more, "state_name": self.store.label("", "state", code=more["state"])}
        return more


def _held_by(path: Path, templates: Path) -> Iterator[Path]:
    """A template, and those that it includes or goes on from."""
    yield path
    for name in _HELD.findall(path.read_text(encoding="utf-8")):
        if (templates / name).is_file():
            yield from _held_by(templates / name, templates)


def _whole_text(path: Path, templates: Path) -> str:
    """The template of a chapter with those that it includes or goes on from."""
    return "".join(own.read_text(encoding="utf-8") for own in _held_by(path, templates))


def _areas_named(path: Path, templates: Path) -> list[list[str]]:
    """The crime areas of each place of a chapter in which cases are told; none is all."""
    return [_NAME.findall(call) for call in _CASES.findall(_whole_text(path, templates))]


def _areas_judged(path: Path, templates: Path) -> list[str]:
    """The crime areas whose judgements a chapter opens with."""
    calls = _JUDGED.findall(_whole_text(path, templates))
    return [area for call in calls for area in _NAME.findall(call)]


def _exhibits_named(path: Path, templates: Path) -> list[str]:
    """The exhibits that a chapter places once, with those of the templates that it
    includes; none where it has pages of states.
    """
    text = _whole_text(path, templates)
    if _OF_STATES in text:
        return []
    return [id_ for call in _PLACES.findall(text) for id_ in _NAME.findall(call)]


def _cubes(spec: ExhibitSpec) -> list[str]:
    """The cubes that an exhibit prints from, where its definition names them."""
    named = [str(line["key"]).split(":")[0] for line in spec.indicators]
    named += [key.split(":")[0] for line in spec.lines for key in line.keys]
    return list(dict.fromkeys([spec.cube, *named] if spec.cube else named))
