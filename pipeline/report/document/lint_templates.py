"""Would the reports build? Templates, exhibits and texts of every report, written over
stores without any figure.

Every template is parsed; then each version is written as the build writes it, chapter
after chapter, over a store in which nobody reported anything. What depends on figures
is left to the build, and the wording to `make check-text`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from pipeline.cells import TOTAL
from pipeline.contracts.definitions import read_imprint, read_report_file, read_version_texts
from pipeline.contracts.lint import Wrong
from pipeline.contracts.model import Contracts
from pipeline.contracts.policy import Policy
from pipeline.errors import NarrativeError, UserError
from pipeline.numbers.store_files import write_empty_store
from pipeline.project import ENDING, Project
from pipeline.report.charts.palette import READABLE, contrast_on_paper
from pipeline.report.document.book import RESTRICTED, BookWriter, read_book
from pipeline.report.document.check_text import TextWriter
from pipeline.report.document.compose import read_definition
from pipeline.report.document.quality import read_quality
from pipeline.report.exhibits.exhibit_rules import OUTSIDE_SCORES
from pipeline.report.exhibits.figures import FULL
from pipeline.report.exhibits.layout import GRIDS, INDICATORS, ExhibitSpec, fill, read_exhibits
from pipeline.report.narrative.bound_text import MESSAGES, Narrative
from pipeline.report.narrative.sections import file_faults, read_sections
from pipeline.report.narrative.style import read_style_rules
from pipeline.report.printing import Printing
from pipeline.returns.meetings.texts import MEETINGS
from pipeline.system.page_templates import mistakes_told, open_templates
from pipeline.system.yaml_files import name_of

if TYPE_CHECKING:
    from jinja2 import Environment

_OF_ONE_STATE = "{state_name}"  # on a page of tables that stand side by side, not each speaks
_OF_FIGURES = "quality"  # its queries give numbers only where there are some
# Given by those who write letters and pages for states, and files for schedulers.
_FILTERS_OF_OTHERS = ("say", "css", "anchor", "clean", "line", "word", "shell", "assigned")


def lint_templates(
    project: Project, contracts: Contracts, *, policy: Policy, round_: int
) -> Iterator[str]:
    """Everything that keeps a report from being built, a sentence each with file and
    line.
    """
    yield from _parsed(project.templates)
    yield from _texts(project.templates)
    broken = [*_definitions(project, contracts, policy=policy)]
    yield from broken
    if broken:
        return
    with tempfile.TemporaryDirectory() as folder:
        for report in project.reports:
            store_path = Path(folder) / f"{report}.duckdb"
            write_empty_store(store_path, round_)
            done: set[str] = set()
            own = read_report_file(project.templates, report)
            for version in own.versions:
                store = Printing(store_path, contracts, report=report, version=version)
                yield from _written(store, project.templates, done=done)
            if own.meeting:
                store = Printing(store_path, contracts, report=report, version=RESTRICTED)
                yield from _book_written(store, project.templates)


def _parsed(templates: Path) -> Iterator[str]:
    """Every template of the project: its characters, its syntax, its filters, what it
    imports.
    """
    from jinja2 import nodes

    environment = open_templates(templates, *(p for p in sorted(templates.iterdir()) if p.is_dir()))
    environment.add_extension("jinja2.ext.i18n")
    environment.filters |= dict.fromkeys(_FILTERS_OF_OTHERS, str)
    for path in sorted(templates.rglob("*.j2")):
        name = path.relative_to(templates).as_posix()
        try:
            with mistakes_told(templates):
                environment.get_template(name)
                source = environment.loader.get_source(environment, name)[0]  # type: ignore[union-attr]
                tree = environment.parse(source)
        except UserError as problem:
            yield _told(problem, path)
            continue
        for node in tree.find_all((nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)):
            named = getattr(node, "template", None)
            if isinstance(named, nodes.Const) and not _is_there(environment, named.value):
                yield f"{name_of(path)} line {node.lineno}: there is no template '{named.value}'"


def _is_there(environment: Environment, name: str) -> bool:
    return name in environment.list_templates(filter_func=lambda listed: listed == name)


def _texts(templates: Path) -> Iterator[str]:
    """Every narrative of the project: its characters, its head lines, its bindings."""
    for path in sorted(templates.glob("*/narrative/**/*.md")):
        try:
            yield from (_told(problem, path) for problem in file_faults(path))
            read_sections(path)
        except UserError as problem:
            yield _told(problem, path)


def _definitions(project: Project, contracts: Contracts, *, policy: Policy) -> Iterator[str]:
    """What report.yaml, versions.yaml and their kin name, and whether it is there."""
    templates = project.templates
    wrong = Wrong()
    versions = wrong.tried(lambda: read_version_texts(templates)) or {}
    wrong.tried(lambda: read_imprint(templates))
    quality = wrong.tried(lambda: read_quality(templates)) or []
    wrong.tried(lambda: read_style_rules(templates))
    yield from wrong.told
    for name, texts in versions.items():
        if name not in policy.versions:
            yield (
                f"templates/shared/versions.yaml: the release policy has no version '{name}';"
                " correct the name"
            )
        elif texts.open_data and not policy.versions[name].protected:
            yield (
                f"templates/shared/versions.yaml, {name}: open_data is for a version that withholds"
                " what is secret"
            )
    for entry in quality:
        for figure in entry.get("figures", ()):
            if not (project.sql / "quality" / f"{figure['query']}.sql").is_file():
                where = f"templates/shared/quality.yaml, {entry['heading']}"
                yield (
                    f"{where}: there is no query sql/quality/{figure['query']}.sql; write it, or"
                    " correct the name"
                )
            for name in figure.get("versions", ()):
                if name not in versions:
                    yield (
                        f"templates/shared/quality.yaml, {entry['heading']}: there is no version"
                        f" '{name}'"
                    )
    for report in project.reports:
        yield from _definition(
            project,
            contracts,
            report=report,
            versions=set(versions),
            open_to_all={name for name, texts in versions.items() if texts.open_data},
        )
    for path in sorted(templates.glob("*/exhibits.yaml")):
        try:
            yield from lint_messages(path, read_exhibits(path))
        except UserError as problem:
            yield str(problem)


def lint_messages(exhibits: Path, known: Mapping[str, ExhibitSpec]) -> Iterator[str]:
    """Tables and charts that do not say what they show, and messages of none."""
    path = exhibits.parent / "narrative" / f"{MESSAGES}.md"
    if not path.is_file():
        return
    wanted = {
        s.id.lower(): s
        for s in known.values()
        if s.kind in (*GRIDS, INDICATORS, OUTSIDE_SCORES) and _OF_ONE_STATE not in s.title
    }
    found = read_sections(path)
    for name in (n for n in wanted if n not in found):
        yield (
            f"{wanted[name].place}: it has no message; add '# {name}' with a sentence that says"
            f" what it shows to {name_of(path)}"
        )
    placed = {id_.lower() for id_ in known}
    for name in (n for n in found if n not in placed):
        yield (
            f"{name_of(path)} line {found[name].line}: there is no exhibit '{name}'; correct the"
            " name, or remove the message"
        )


def _definition(
    project: Project,
    contracts: Contracts,
    *,
    report: str,
    versions: set[str],
    open_to_all: set[str],
) -> Iterator[str]:
    templates = project.templates
    try:
        own = read_report_file(templates, report)
    except UserError as problem:
        yield str(problem)
        return
    where = name_of(own.file.path)
    if report not in contracts.by_report:
        yield (
            f"{where}: there is no contract data_contracts/{report}{ENDING}; write it, or rename"
            " the folder"
        )
    if (seen := contrast_on_paper(own.colour)) < READABLE:
        yield (
            f"{where} {own.file.place(('colour',))}: {own.colour} has a contrast of {seen:.1f} on"
            f" white; a heading needs {READABLE}: take a darker one"
        )
    areas = {c.code for c in contracts.codelist("crime_area")} | {TOTAL}
    for number, area in enumerate(own.cases):
        if area not in areas:
            place = own.file.place(("cases", number))
            yield f"{where} {place}: '{area}' is not in codelists/crime_area.csv, and not {TOTAL}"
    tables = {t.name: t.report for t in contracts.tables}
    for number, cube in enumerate(own.borrowed_cubes):
        if tables.get(cube, report) == report:
            place = own.file.place(("borrowed_cubes", number))
            yield f"{where} {place}: '{cube}' is no table of another report"
    listed: dict[tuple[str, ...], tuple[str, ...]] = {("meeting",): own.meeting}
    listed |= {("versions", name): chapters for name, chapters in own.versions.items()}
    listed |= {("key_findings", name): chapters for name, chapters in own.key_findings.items()}
    for key, chapters in listed.items():
        if key != ("meeting",) and key[-1] not in versions:
            allowed = ", ".join(sorted(versions))
            yield (
                f"{where} {own.file.place(key)}: versions.yaml has no such version;"
                f" allowed: {allowed}"
            )
        elif key[0] == "key_findings" and key[-1] not in open_to_all & own.versions.keys():
            allowed = ", ".join(sorted(open_to_all & own.versions.keys())) or "none of this report"
            yield (
                f"{where} {own.file.place(key)}: key findings are for a version that everybody may"
                f" have, since copies for recipients mark one file; allowed: {allowed}"
            )
        for number, chapter in enumerate(chapters):
            if not any(
                (templates / f / "chapters" / f"{chapter}.html.j2").is_file()
                for f in (report, "shared")
            ):
                place = own.file.place((*key, number))
                yield (
                    f"{where} {place}: the chapter '{chapter}' has no template; write it, or"
                    " correct the name"
                )
    for text, name in ((own.title, "title"), (own.reference, "reference")):
        try:
            fill(text, {"year": "2022"}, where=f"{where} {own.file.place((name,))}")
        except UserError as problem:
            yield str(problem)


def _written(store: Printing, templates: Path, *, done: set[str]) -> Iterator[str]:
    """Write the chapters of a version that no version before had, then look at exhibits
    that none of them places.
    """
    told: dict[str, None] = {}
    try:
        writer = DryWriter(
            store, templates, read_definition(templates, store.report, version=store.version)
        )
        writer.listen(told)
    except UserError as problem:
        yield str(problem)
        return
    for name in (*writer.definition.chapters, *writer.definition.key_findings):
        if name not in done:
            done.add(name)
            writer.tried(lambda name=name: writer.write_chapter(name))  # type: ignore[misc]
    writer.build_rest()
    yield from told


def _book_written(store: Printing, templates: Path) -> Iterator[str]:
    """Write the chapters of the book for each meeting; what a report places is built
    already.
    """
    told: dict[str, None] = {}
    for meeting in MEETINGS:
        try:
            definition = read_book(templates, store.report, meeting=meeting)
            writer = DryBookWriter(store, templates, definition)
            writer.at_meeting(meeting)
            writer.listen(told)
        except UserError as problem:
            yield str(problem)
            return
        for name in definition.chapters:
            writer.tried(lambda name=name, writer=writer: writer.write_chapter(name))  # type: ignore[misc]
    yield from told


class DryWriter(TextWriter):
    """Writes chapters with their texts, and builds each exhibit once; what is wrong is
    kept in `told`.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        self.told: dict[str, None] = {}
        self.built: set[str] = set()

    def listen(self, told: dict[str, None]) -> None:
        """Keep what is wrong here, that of its texts too."""
        self.told = told
        self.narrative = Narrative(
            self.templates / self.store.report / "narrative",
            self.store,
            judges_words=False,
            tell=lambda problem: told.setdefault(f"templates/{problem}"),
        )

    def exhibit(self, id_: str, **more: str) -> Markup:
        spec = self._spec(id_)
        if id_ not in self.built and spec.kind != _OF_FIGURES:
            self.built.add(id_)
            values = {**self.values, **self._state_name(more)}
            self.tried(lambda: self._build(spec, "Table 0", values=values, width=FULL))
            self.tried(lambda: self.narrative.message(id_, values=self._in_text(values)))
        return Markup("")

    def build_rest(self) -> None:
        """Build the exhibits of the report that no chapter placed."""
        state = self.store.contracts.members(self.store.round)[0].code
        for id_ in self.exhibits:
            if id_ not in self.built:
                self.tried(lambda id_=id_: self.exhibit(id_, state=state))  # type: ignore[misc]

    def tried(self, build: Callable[[], object]) -> None:
        try:
            build()
        except UserError as problem:
            self.told[str(problem)] = None


class DryBookWriter(DryWriter, BookWriter):
    """The same for the book of a meeting."""


def _told(problem: UserError, path: Path) -> str:
    """A sentence that names its file, also where a problem was found before anybody
    knew which.
    """
    said = str(problem)
    if isinstance(problem, NarrativeError):
        return f"templates/{said}"
    return said if path.name in said else f"{name_of(path)}: {said}"
