"""What did a meeting of experts judge, and what did leaders choose? One file a paper.

`returns/<round>/meetings/` holds the papers of a round: `1.yaml` and `2.yaml`, a
level of threat by crime area with its reason and who agreed, and `priorities.yaml`,
the crime areas that were chosen. They are written at the Center and looked at like
texts of senders; what is wrong is told with file and line. Which of them count says
`pipeline.returns.meetings.recorded`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pipeline.contracts.checked_files import read_checked
from pipeline.contracts.model import Contracts
from pipeline.contracts.scales import JUDGING, Assessment
from pipeline.contracts.state_names import load_names
from pipeline.errors import ContractError, UserError
from pipeline.project import Project
from pipeline.returns.intake.folder import MEETINGS as FOLDER
from pipeline.returns.intake.folder import is_left_by_program
from pipeline.returns.plain_texts import numbers_in, screened, signs_in
from pipeline.system.yaml_files import YamlFile

PRIORITIES = "priorities"
SCHEMAS = ("meeting.schema.json", "priorities.schema.json")
PAGE = "docs/how-to/assessment.md"
RESTRICTED = "restricted"
_PAPER = re.compile(r"(?:[1-9]|priorities)\.yaml")
_BESIDE = re.compile(r"[1-9]\.amendments\.xlsx|replaced")  # amendments, which lie beside them


@dataclass(frozen=True)
class JudgedLevel:
    """The level of threat that a meeting judged: its place among the levels, the states
    that agreed, and who may read the reason. `line` is where it stands.
    """

    area: str
    level: int
    agreed: tuple[str, ...]
    reason: str
    clearance: str
    line: int


@dataclass(frozen=True)
class Meeting:
    """A meeting of experts: its number, its day, the states that took part."""

    name: str
    file: str  # from the folder of the returns
    round: int
    held: str
    states: tuple[str, ...]
    levels: tuple[JudgedLevel, ...]


@dataclass(frozen=True)
class Priorities:
    """The crime areas that were chosen, in their order, each with its reason; who chose
    them, when, and who may read it.
    """

    file: str
    round: int
    chosen: str
    by: str
    clearance: str
    areas: tuple[tuple[str, str], ...]


Paper = Meeting | Priorities


def paper_files(project: Project, round_: int) -> list[Path]:
    """The papers of the meetings of a round, in a fixed order; what is none is in it too."""
    folder = project.returns / str(round_) / FOLDER
    if not folder.is_dir():
        return []
    return [
        path
        for path in sorted(folder.iterdir())
        if not _BESIDE.fullmatch(path.name) and not is_left_by_program(path.name)
    ]


def is_paper(path: Path) -> bool:
    """Whether a file can be a paper: by its name, and no link or folder."""
    return bool(_PAPER.fullmatch(path.name)) and path.is_file() and not path.is_symlink()


def load_papers(
    project: Project, contracts: Contracts, *, round_: int, names: Collection[str] | None = None
) -> tuple[Paper, ...]:
    """The papers of a round by their names, those of these `names` alone where they are
    given. Raises ContractError with all that is wrong in all of them, each with its line.
    """
    papers: list[Paper] = []
    told: list[str] = []
    for path in paper_files(project, round_):
        if names is not None and not (path.stem in names and is_paper(path)):
            continue
        try:
            papers.append(_load(path, project, contracts, round_=round_))
        except UserError as problem:
            name = path.name if _PAPER.fullmatch(path.name) else "a file of another name"
            lines = problem.what.splitlines() or [""]
            told += [f"{round_}/{FOLDER}/{name} {line}".rstrip() for line in lines]
    if told:
        raise ContractError(
            "\n".join(told), where=f"returns/{round_}/{FOLDER}", do=f"correct them; see {PAGE}"
        )
    return tuple(papers)


def _load(path: Path, project: Project, contracts: Contracts, *, round_: int) -> Paper:
    if not is_paper(path):
        raise UserError("is no paper of a meeting: these are 1.yaml to 9.yaml and priorities.yaml")
    settings = contracts.assessment
    if settings is None:
        raise UserError("there are no scales: data_contracts/assessment.yaml is missing")
    is_meeting = path.stem != PRIORITIES
    file = read_checked(
        path,
        project.contracts / SCHEMAS[not is_meeting],
        wrong=lambda f: _Wrong(f, contracts, settings=settings, round_=round_).all(),
        page=PAGE,
    )
    name = f"{round_}/{FOLDER}/{path.name}"
    return _meeting(file, settings, name) if is_meeting else _priorities(file, name)


def _meeting(file: YamlFile, settings: Assessment, name: str) -> Meeting:
    own = file.mapping()
    levels = [
        JudgedLevel(
            level["area"],
            settings.levels.place(level["level"]) or 0,
            tuple(sorted(level.get("agreed", own["states"]))),
            _one_line(level["reason"]),
            level.get("clearance", RESTRICTED),
            file.line(("levels", number)),
        )
        for number, level in enumerate(own["levels"])
    ]
    round_ = int(name.split("/", 1)[0])
    states = tuple(sorted(own["states"]))
    return Meeting(file.path.stem, name, round_, own["held"], states, tuple(levels))


def _priorities(file: YamlFile, name: str) -> Priorities:
    own = file.mapping()
    areas = tuple((a["area"], _one_line(a["reason"])) for a in own["areas"])
    round_ = int(name.split("/", 1)[0])
    return Priorities(name, round_, own["chosen"], _one_line(own["by"]), own["clearance"], areas)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def texts_of(papers: Iterable[Paper]) -> Iterator[str]:
    """What people wrote in papers: reasons, and who chose."""
    for paper in papers:
        if isinstance(paper, Meeting):
            yield from (level.reason for level in paper.levels)
        else:
            yield paper.by
            yield from (reason for _, reason in paper.areas)


@dataclass(frozen=True)
class _Wrong:
    """What is wrong in a paper, each with its line."""

    file: YamlFile
    contracts: Contracts
    settings: Assessment
    round_: int

    def all(self) -> Iterator[str]:
        own = self.file.mapping()
        yield from self._of_day("held" if "held" in own else "chosen")
        if "held" in own:
            yield from self._of_states(own, ("states",))
            yield from self._of_levels(own)
        yield from self._of_areas("levels" if "held" in own else "areas")
        yield from self._of_texts()

    def _of_day(self, field: str) -> Iterator[str]:
        day = self.file.mapping()[field]
        where = self.file.place((field,))
        try:
            when = date.fromisoformat(day)
        except ValueError:
            yield f"{where}: there is no such day: {day}"
            return
        if not self.round_ <= when.year <= self.round_ + 2:
            yield (
                f"{where}: {day} is outside of {self.round_} to {self.round_ + 2}, the years in"
                f" which round {self.round_} is assessed"
            )

    def _of_states(
        self, own: Mapping[str, Any], at: tuple[Any, ...], *, among: Iterable[str] = ()
    ) -> Iterator[str]:
        members = [m.code for m in self.contracts.members(self.round_)]
        present = list(among)
        for number, state in enumerate(own[at[-1]]):
            where = self.file.place((*at, number))
            if state not in members:
                yield f"{where}: '{state}' is no member state; allowed: {', '.join(members)}"
            elif present and state not in present:
                yield (
                    f"{where}: {state} agreed, and did not take part; allowed: {', '.join(present)}"
                )

    def _of_levels(self, own: Mapping[str, Any]) -> Iterator[str]:
        for number, level in enumerate(own["levels"]):
            at = ("levels", number)
            if self.settings.levels.place(level["level"]) is None:
                yield (
                    f"{self.file.place((*at, 'level'))}: there is no level '{level['level']}';"
                    f" allowed: {', '.join(self.settings.levels.words)}"
                )
            if "agreed" in level:
                yield from self._of_states(level, (*at, "agreed"), among=own["states"])

    def _of_areas(self, field: str) -> Iterator[str]:
        allowed = self.contracts.areas_judged
        seen: set[str] = set()
        for number, entry in enumerate(self.file.mapping()[field]):
            where = self.file.place((field, number, "area"))
            if entry["area"] not in allowed:
                yield (
                    f"{where}: '{entry['area']}' is no crime area that is assessed; allowed:"
                    f" {', '.join(allowed)}"
                )
            elif entry["area"] in seen:
                yield f"{where}: {entry['area']} stands twice"
            seen.add(entry["area"])

    def _of_texts(self) -> Iterator[str]:
        own = self.file.mapping()
        if "by" in own:
            yield from self._of_text(own["by"], ("by",))
            if own["clearance"] != RESTRICTED:
                yield from self._of_states_named(own["by"], ("by",), cleared=own["clearance"])
        for field in ("levels", "areas"):
            for number, entry in enumerate(own.get(field, ())):
                at = (field, number, "reason")
                yield from self._of_text(entry["reason"], at)
                cleared = entry.get("clearance", own.get("clearance", RESTRICTED))
                if cleared != RESTRICTED:
                    yield from self._of_states_named(entry["reason"], at, cleared=cleared)

    def _of_text(self, text: str, at: tuple[Any, ...]) -> Iterator[str]:
        where = self.file.place(at)
        yield from (f"{where}: {problem}" for problem in screened(text, what="a paper"))
        for found in numbers_in(text):
            yield f"{where}: '{found}' is a number; figures stand in the chapters, take it out"
        for sign in signs_in(text):
            yield f"{where}: '{sign}' is no sign of a plain text; take it out"
        for match in JUDGING.finditer(text):
            yield (
                f"{where}: '{match[0]}' is a judgement; how sure it is says the scores, the reason"
                " says why"
            )

    def _of_states_named(self, text: str, at: tuple[Any, ...], *, cleared: str) -> Iterator[str]:
        """A judgement for others names no state, by an adjective neither."""
        states = self.contracts.codelist("states")
        for code, name in load_names(self.contracts.folder).states_in(text).items():
            yield (
                f"{self.file.place(at)}: it names {states.label(code)}, and is cleared as"
                f" {cleared}; a judgement for others names no state, take '{name}' out"
            )
