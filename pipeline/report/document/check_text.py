"""What is wrong with the texts of a round? All faults of all reports and versions at
once, without rendering any.

Every chapter is written over its built store by the code that writes it for the PDF,
exhibits left out; what a build would stop at, one after the other, is collected here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from markupsafe import Markup, escape

from pipeline.contracts.definitions import read_report_file
from pipeline.contracts.model import Contracts
from pipeline.errors import NarrativeError, UserError
from pipeline.project import Project
from pipeline.report.document.compose import Writer, read_definition
from pipeline.report.exhibits.layout import asked_of
from pipeline.report.narrative.bound_text import Narrative
from pipeline.report.narrative.sections import LONGEST, Section, place_of, read_sections, words_in
from pipeline.report.narrative.style import read_style_rules, style_faults
from pipeline.report.printing import Printing
from pipeline.system.kept import is_there


@dataclass(frozen=True)
class Fault:
    """One fault of a text, with the versions that it stops. `what`, `allowed` and `do`
    as the build would say them.
    """

    where: str
    what: str
    allowed: str
    do: str
    versions: tuple[str, ...]  # thb/restricted

    @property
    def line(self) -> str:
        """On one line, with the reports and versions first."""
        allowed = f" (allowed: {self.allowed})" if self.allowed else ""
        return f"{', '.join(self.versions)}: templates/{self.where}: {self.what}{allowed}"


@dataclass(frozen=True)
class Notes:
    """What was found in the texts of a round. Notes are no faults."""

    faults: tuple[Fault, ...]
    notes: tuple[str, ...]
    versions: tuple[str, ...]  # those that were read


@dataclass
class _Found:
    versions: dict[tuple[str, str, str, str], dict[str, None]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    claims: dict[tuple[str, str], bool] = field(default_factory=dict)
    asked: dict[str, Section] = field(default_factory=dict)
    read: set[Path] = field(default_factory=set)

    def tell(self, version: str, problem: UserError) -> None:
        self.versions[problem.where, " ".join(problem.what.split()), problem.allowed, problem.do][
            version
        ] = None


class TextWriter(Writer):
    """Writes the texts of a version and nothing else: exhibits take no place but for what
    they say.
    """

    def leaves_out(self, path: Path) -> bool:
        return False  # its texts may be printed in another round

    def exhibit(self, id_: str, **more: str) -> Markup:
        if asked_of(self._spec(id_), self.store) is None:
            return Markup("")
        values = self._in_text({**self.values, **self._state_name(more)})
        return Markup(escape(self.narrative.message(id_, values=values)))

    def pair(self, left: str | Markup, *right: str | Markup, **more: str) -> Markup:
        return Markup("").join(
            part if isinstance(part, Markup) else self.exhibit(part, **more)
            for part in (left, *right)
        )


def write_texts(store: Printing, templates: Path, *, narrative: Narrative) -> None:
    """Print every text of a version, in its order, with the values of its chapters:
    country pages state by state.
    """
    definition = read_definition(templates, store.report, version=store.version)
    writer = TextWriter(store, templates, definition)
    writer.narrative = narrative
    writer.finding()
    for name in (*definition.chapters, *definition.key_findings):
        writer.write_chapter(name)


def check_texts(project: Project, contracts: Contracts, round_: int) -> Notes:
    """Read the texts of every version of a round whose store exists. Raises UserError
    where none does.
    """
    found = _Found()
    read = []
    for report in project.reports:
        for version in read_report_file(project.templates, report).versions:
            store_path = project.store(round_, report, version)
            if is_there(store_path):
                read.append(f"{report}/{version}")
                _check(
                    project,
                    Printing(store_path, contracts, report=report, version=version),
                    found=found,
                )
    if not read:
        raise UserError(
            f"no store of round {round_} was built",
            where=str(project.round_folder(round_) / "stores"),
            do=f"run 'make check-text ROUND={round_}', which builds them",
        )
    faults = [Fault(*key, tuple(versions)) for key, versions in found.versions.items()]
    return Notes(tuple(sorted(faults, key=_order)), tuple(_notes(found)), tuple(read))


def _check(project: Project, store: Printing, *, found: _Found) -> None:
    version = f"{store.report}/{store.version}"
    narrative = Narrative(
        project.templates / store.report / "narrative",
        store,
        tell=lambda problem: found.tell(version, problem),
    )
    try:
        write_texts(store, project.templates, narrative=narrative)
    except (
        UserError
    ) as problem:  # of a template or a definition: nothing more can be said of this version
        found.tell(version, problem)
    rules = read_style_rules(project.templates)
    for section in narrative.asked.values():
        for sentence, where in section.sentences():
            for fault in style_faults(sentence, where, rules=rules):
                found.tell(version, fault)
            if words_in(sentence) > LONGEST:
                found.tell(version, _too_long(sentence, where))
    for claim, reached in narrative.claims.items():
        found.claims[claim] = found.claims.get(claim, False) or reached
    found.asked |= narrative.asked
    found.read |= narrative.read


def _too_long(sentence: str, where: str) -> NarrativeError:
    return NarrativeError(
        f"a sentence has {words_in(sentence)} words: '{' '.join(sentence.split())[:60]}'",
        where=where,
        allowed=f"{LONGEST} words, a binding counted as one",
        do="make two sentences of it",
    )


def _order(fault: Fault) -> tuple[str, int, str]:
    place, _, line = fault.where.partition(" line ")
    return place, int(line) if line.isdigit() else 0, fault.what


def _notes(found: _Found) -> Iterator[str]:
    """Claims that no version had figures for, and sections that no version prints."""
    for (where, claim), reached in sorted(found.claims.items()):
        if not reached:
            yield (
                f"templates/{where}: no version has figures for [[{claim}]]; its sentence is"
                " printed nowhere"
            )
    printed = {(s.path, s.name) for s in found.asked.values()}
    for path in sorted(found.read, key=str):
        for section in read_sections(path).values():
            if (path, section.name) not in printed and not _replaced(section, found.asked.values()):
                yield (
                    f"templates/{place_of(path)} line {section.line}: no version prints the section"
                    f" '{section.name}'"
                )


def _replaced(section: Section, asked: Iterable[Section]) -> bool:
    """Whether a text of the round stands in the place of this one."""
    return any(s.reference == section.reference and s.path != section.path for s in asked)
