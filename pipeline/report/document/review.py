"""Who has read which text for a round? Sections still to be read, with what their
figures say now and said before.

A section that is general, or that says anything without a figure behind it, carries
`reviewed: <round>` in its head line. A mark of a later round counts for earlier ones as
well. Reading is shown; marking is a command of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.contracts.definitions import read_report_file
from pipeline.contracts.model import Contracts
from pipeline.errors import NarrativeError, UserError
from pipeline.project import Project
from pipeline.report.document.check_text import write_texts
from pipeline.report.ledger import Sentence
from pipeline.report.narrative.bound_text import MESSAGES, Narrative
from pipeline.report.narrative.sections import Section, read_sections, texts_of
from pipeline.report.printing import Printing
from pipeline.system.yaml_files import read_text

ALL_SHOWN = "all-shown"
_RESTRICTED = "restricted"


@dataclass(frozen=True)
class Told:
    """A sentence with figures: as it reads now, and as it read over the round of the
    last reading.
    """

    now: str  # empty where it has nothing to show
    then: str  # the same; None-like empty where that round was not built

    @property
    def changed(self) -> bool:
        return self.now != self.then


@dataclass(frozen=True)
class Unread:
    """A section that nobody has read for a round: its text, and its sentences with
    figures now and then.
    """

    section: Section
    reports: tuple[str, ...]
    told: tuple[Told, ...]
    since: int  # the round it was last read for; 0 where it never was, or that round is not built

    def lines(self) -> Iterator[str]:
        """What a person reads: where it stands, the text as it is written, and each
        figure that changed.
        """
        last = (
            f"last read for round {self.section.reviewed}"
            if self.section.reviewed
            else "never read"
        )
        yield f"=== {self.section.reference} ({', '.join(self.reports)}; {last})"
        yield f"    templates/{self.section.where} line {self.section.line}"
        yield from (f"    {line}" for line in self.section.text.strip().splitlines())
        for told in self.told:
            if self.since and told.changed:
                yield f"  - {self.since}: {told.then or 'left out'}"
            if not self.since or told.changed:
                yield f"  + now:  {told.now or 'left out'}"


def unread_sections(
    project: Project, contracts: Contracts, *, round_: int, of: Iterable[str] | None = None
) -> list[Unread]:
    """The sections of all reports, or of some, that must be read for a round. Raises
    UserError where no store of it was built.
    """
    of = project.reports if of is None else tuple(of)
    built = [*_versions(project, round_, of=of)]
    if built and not any(_waits(project, report, round_) for report in of):
        return []  # nothing has to be written to know it
    now: dict[str, dict[str, list[str]]] = {}
    sections: dict[str, Section] = {}
    reports: dict[str, dict[str, None]] = {}
    for report, version in built:
        asked, told = _written(project, contracts, round_=round_, report=report, version=version)
        now[report] = told | now.get(report, {})
        for reference, section in asked.items():
            if section.reviewed < round_ and section.needs_reader:
                sections[reference] = section
                reports.setdefault(reference, {})[report] = None
    if not now:
        raise UserError(
            f"no store of round {round_} was built",
            where=str(project.round_folder(round_) / "stores"),
            do=f"run 'make review-texts ROUND={round_}', which builds them",
        )
    before = _before(
        project,
        contracts,
        wanted={(r, s.reviewed) for ref, s in sections.items() for r in reports[ref]},
    )
    found = []
    for reference, section in sorted(sections.items()):
        report = next(iter(reports[reference]))
        key = f"{section.chapter}.{section.name}"
        then = before.get((report, section.reviewed), {})
        texts = now[report].get(key, []), then.get(key, [])
        pairs = [Told(*pair) for pair in zip(texts[0], texts[1] or texts[0], strict=False)]
        found.append(
            Unread(
                section,
                tuple(reports[reference]),
                tuple(pairs),
                section.reviewed if texts[1] else 0,
            )
        )
    return found


def _waits(project: Project, report: str, round_: int) -> bool:
    """Whether any text that a report could print must be read for a round."""
    for folder in (
        project.templates / report / "narrative",
        project.templates / "shared/narrative",
    ):
        for chapter in {path.stem for path in folder.rglob("*.md")}:
            if any(_unread_of(folder, chapter, round_=round_)):
                return True
    return False


def _unread_of(folder: Path, chapter: str, *, round_: int) -> Iterator[Section]:
    """The sections of a chapter that must be read for a round; none where the chapter has
    no text in it.
    """
    own: dict[str, Section] = {}
    try:
        for path in texts_of(folder, chapter, round_=round_):
            own |= read_sections(path)
    except NarrativeError:  # a chapter of exhibits alone, or of another round
        return
    yield from (s for s in own.values() if s.reviewed < round_ and s.needs_reader)


def sections_to_read(project: Project, round_: int) -> list[Section]:
    """The sections of all reports that somebody must read for a round, whether or not
    anything of it was built.
    """
    found: dict[str, Section] = {}
    for report in project.reports:
        versions = read_report_file(project.templates, report).versions
        folder = project.templates / report / "narrative"
        chapters = dict.fromkeys(c for chapters in versions.values() for c in chapters)
        for chapter in (*chapters, MESSAGES):
            found |= {s.reference: s for s in _unread_of(folder, chapter, round_=round_)}
    return list(found.values())


def _versions(project: Project, round_: int, *, of: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The built versions of a round, restricted ones first: what others print they
    mostly print too.
    """
    for report in of:
        versions = read_report_file(project.templates, report).versions
        for version in sorted(versions, key=lambda v: v != _RESTRICTED):
            if project.store(round_, report, version).is_file():
                yield report, version


def _before(
    project: Project, contracts: Contracts, *, wanted: Iterable[tuple[str, int]]
) -> dict[tuple[str, int], dict[str, list[str]]]:
    """The sentences of today's texts over the stores of earlier rounds, where these are
    built.
    """
    return {
        (report, round_): _written(
            project, contracts, round_=round_, report=report, version=_RESTRICTED
        )[1]
        for report, round_ in sorted(wanted)
        if project.store(round_, report, _RESTRICTED).is_file()
    }


def _written(
    project: Project, contracts: Contracts, *, round_: int, report: str, version: str
) -> tuple[dict[str, Section], dict[str, list[str]]]:
    """The sections that a version prints, and of each its sentences with figures; those
    of state pages are not told.
    """
    store = Printing(
        project.store(round_, report, version), contracts, report=report, version=version
    )
    narrative = Narrative(
        project.templates / report / "narrative", store, tell=lambda problem: None
    )
    write_texts(store, project.templates, narrative=narrative)
    said = {
        (e.place, e.written): e.text
        for e in store.shown
        if isinstance(e, Sentence) and not e.values.get("state")
    }
    told = {
        f"{s.chapter}.{s.name}": [
            said.get((f"{s.chapter}.{s.name}.{number}", written), "")
            for number, (written, _) in enumerate(s.sentences(), 1)
            if "[[" in written and "{state}" not in written
        ]
        for s in narrative.asked.values()
    }
    return dict(narrative.asked), told


def mark_read(project: Project, contracts: Contracts, *, round_: int, read: str) -> list[str]:
    """Write a round into the head lines of sections that were read for it: one by its
    reference, or all that are shown. Returns their references. Raises UserError where a
    reference is no section still to be read.
    """
    waiting = {
        u.section.reference: u.section for u in unread_sections(project, contracts, round_=round_)
    }
    chosen = (
        list(waiting) if read == ALL_SHOWN else [r.strip() for r in read.split(",") if r.strip()]
    )
    unknown = [r for r in chosen if r not in waiting]
    if unknown:
        raise UserError(
            f"{', '.join(unknown)}: no section of this name is to be read for round {round_}",
            allowed=", ".join([ALL_SHOWN, *waiting]),
            do="give one of these as READ=",
        )
    for reference in chosen:
        _mark(waiting[reference].path, waiting[reference].name, round_=round_)
    return chosen


def _mark(path: Path, name: str, *, round_: int) -> None:
    text = read_text(path)
    head = rf"^(# +{re.escape(name)}(?:[ \t]+general)?)(?:[ \t]+reviewed:[ \t]*\d*)?[ \t]*$"
    path.write_text(
        re.sub(head, rf"\1 reviewed: {round_}", text, count=1, flags=re.MULTILINE), encoding="utf-8"
    )
