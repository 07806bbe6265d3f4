"""What does each step of a build read? Its files and its code, by name with their
digests.

A digest is that of the meaning of a file where a comment changes nothing, else of its
bytes (`pipeline.system.meaning`). What a step never reads of the folder of the
contracts is left out by name; `tests/steps/test_inputs.py` runs the steps and looks at
what they open. Code counts by what is imported (`pipeline.system.sources`).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.contracts import calendar, gate_rules, mirrors, offices, published
from pipeline.contracts.answer import FEEDBACK
from pipeline.contracts.outside import FOLDER
from pipeline.contracts.settings import SETTINGS
from pipeline.contracts.state_names import NAMES
from pipeline.project import CODE_ROOT, DEFINITION, Project
from pipeline.report.document.order import Source
from pipeline.returns.cases import SCHEMA as CASES_SCHEMA
from pipeline.returns.cases import case_files
from pipeline.returns.meetings.kept import sheet_files
from pipeline.returns.meetings.papers import SCHEMAS as PAPER_SCHEMAS
from pipeline.returns.meetings.papers import paper_files
from pipeline.system.files import name_as_text
from pipeline.system.signed.people import parse_day
from pipeline.system.sources import names_in, sources_of
from pipeline.system.watch import Watch, files_below

Inputs = dict[str, str]

_POLICY = frozenset({"release_policy.yaml", "release_policy.schema.json"})
# Who may sign, and how the Center works: no figure and no page is made from them.
_NO_STEP = SETTINGS | {"allowed_signers"}
_FEEDBACK = frozenset({FEEDBACK})
_KNOWN = frozenset({"known_errors.yaml", "known_errors.schema.json"})
_POPULATION = frozenset({"codelists/population.csv"})
# The figures of others; what they are, and whose, is read with the contracts.
_CONTEXT = frozenset({FOLDER})
_NAMES = frozenset({NAMES})
# Of the definition of a report, what changes no document, and what holds for one version.
_OF_OTHERS = ("versions", "key_findings", "borrowed_cubes", "cases", "meeting")
_OF_VERSIONS = ("versions", "key_findings")
_CASES = frozenset({CASES_SCHEMA, *PAPER_SCHEMAS})
# Rules of a validation, and a table of a report.
_MIRRORS = frozenset(mirrors.FILES)
_OF_INTAKE = frozenset(
    {
        *offices.FILES,
        "anchors.csv",
        *published.FILES,
        "words_of_notes.csv",
        "codelists/aliases/citizenship.csv",
        "codelists/aliases/citizenship_aggregates.csv",
        "codelists/aliases/headers.csv",
    }
)
# What each step does not read of data_contracts.
NOT_READ = {
    "validate": _POLICY | _NO_STEP | _FEEDBACK | _POPULATION | _CONTEXT | _NAMES | _CASES,
    "findings": _POLICY | _NO_STEP | _POPULATION | _CONTEXT | _NAMES | _CASES,
    "numbers": _POLICY | _NO_STEP | _FEEDBACK | _KNOWN | _NAMES | _OF_INTAKE | _MIRRORS | _CASES,
    "stores": _NO_STEP | _FEEDBACK | _KNOWN | _NAMES | _OF_INTAKE | _MIRRORS,
    "protect": _NO_STEP | _FEEDBACK | _KNOWN | _NAMES | _OF_INTAKE | _MIRRORS,
    "document": _POLICY
    | _NO_STEP
    | _FEEDBACK
    | _KNOWN
    | _NAMES
    | _OF_INTAKE
    | _POPULATION
    | _CONTEXT
    | _CASES,
    "scan": _NO_STEP | _FEEDBACK | _KNOWN | frozenset(offices.FILES),
}
# The modules in which the work of a step begins.
CODE = {
    "validate": ("pipeline.returns.rules.validation",),
    "findings": ("pipeline.returns.feedback.send_back", "pipeline.returns.rules.pages"),
    "numbers": ("pipeline.numbers.build", "pipeline.numbers.presence"),
    "stores": ("pipeline.numbers.build",),
    "protect": ("pipeline.disclosure.protect",),
    "document": ("pipeline.report.document.compose", "pipeline.report.document.worker"),
    "pages": ("pipeline.system.pdf.write",),
    "data": ("pipeline.report.open_data.files",),
    "web": ("pipeline.report.document.web",),
    "audit": ("pipeline.inspection.numerals.audit",),
    "scan": ("pipeline.inspection.leaks.scan", "pipeline.inspection.leaks.secrets"),
    "manifest": ("pipeline.release.build", "pipeline.release.signoff.draft"),
    "desk": ("pipeline.steps.renew",),
}
# Which libraries are installed: other ones may read, draw or add up otherwise.
_LOCK = "requirements.lock"


class Reader:
    """What the steps of a round read, with the digests of now. A predecessor is read by
    what it said of its result, as `made` has it.
    """

    def __init__(self, project: Project, watch: Watch) -> None:
        self.project, self.watch = project, watch
        self._code: dict[tuple[str, ...], Inputs] = {}

    def code(self, *steps: str) -> Inputs:
        """The code that the work of steps runs, and the libraries."""
        modules = tuple(module for step in steps for module in CODE[step])
        if modules not in self._code:
            files = sources_of(modules, self._names_in)
            self._code[modules] = {
                f.relative_to(CODE_ROOT).as_posix(): self.watch.meaning(f) for f in files
            } | self.files([self.project.root / _LOCK])
        return dict(self._code[modules])

    def _names_in(self, file: Path) -> list[str]:
        names: list[str] = self.watch.told(file, "imports", lambda f: list(names_in(f)))
        return names

    def files(self, files: Iterable[Path]) -> Inputs:
        return {self.watch.name(f): self.watch.meaning(f) for f in files}

    def contracts(self, step: str) -> Inputs:
        """The contracts, lists and registers that a step reads."""
        folder = self.project.contracts
        read = (
            f for f in files_below(folder) if _entry(f.relative_to(folder)) not in NOT_READ[step]
        )
        # The contracts stand in the order in which the reports are printed.
        return self.files(read) | self._of_definitions("order")

    def bytes_of(self, files: Iterable[Path]) -> Inputs:
        return {self.watch.name(f): self.watch.content(f) for f in files}

    def entries(self, file: Path) -> Inputs:
        """The digests of the entries of a YAML file, those of its second level too, as
        `versions/public`.
        """
        found: Inputs = self.watch.told(file, "entries", _entries_of) or {}
        return found

    def returns(self, round_: int) -> Inputs:
        """What lies in the folder of a round, whatever it is: also what is no return is
        told to somebody.
        """
        folder = self.project.returns / str(round_)
        return self.bytes_of(Path(p) / n for p, _, names in os.walk(folder) for n in names) | {
            f"{self.watch.name(Path(p) / n)}/": "folder"
            for p, folders, _ in os.walk(folder)
            for n in folders
        }

    def names_of_returns(self) -> Inputs:
        """How the files of all rounds are called: a leak scan looks for their names."""
        found = sorted(str(f) for f in self.project.returns.rglob("*") if f.is_file())
        return {"names of returns": _digest([name_as_text(os.path.basename(f)) for f in found])}

    def returns_behind(self, report: str) -> Inputs:
        """The returns that the manifest of a report names: its own, and all where it
        borrows from other reports.
        """
        file = self.project.templates / report / DEFINITION
        borrows = self.entries(file).get("borrowed_cubes", "") not in ("", _digest([]))
        found: Inputs = {}
        for folder in sorted(self.project.returns.glob(f"*/{'*' if borrows else report}")):
            found |= self.bytes_of(f for f in sorted(folder.rglob("*")) if f.is_file())
        return found

    def query_logs(self, rounds: Iterable[int]) -> Inputs:
        names = ("queries.csv", "queries.jsonl")
        return self.bytes_of(
            path
            for r in rounds
            for name in names
            if (path := self.project.returns / str(r) / name).is_file()
        )

    def register(self) -> Inputs:
        """The editions that were released, beside which a version is chosen and proven, and
        the secret by which it is chosen.
        """
        folder = self.project.releases
        found = [*folder.glob("*/*.csv"), *folder.glob("*.jsonl"), *folder.glob("*/*.secret")]
        return self.bytes_of(sorted(found))

    def cleared(self) -> Inputs:
        path = self.project.cleared_texts
        return self.bytes_of([path] if path.is_file() else [])

    def cases(self, round_: int) -> Inputs:
        """The cases that are told in a round, and of which crime areas each report does."""
        return self.bytes_of(
            path for path in case_files(self.project, round_) if path.is_file()
        ) | self._of_definitions("cases")

    def meetings(self, rounds: Iterable[int]) -> Inputs:
        """The papers of the meetings of rounds, by what they are checked, and which of them
        were recorded.
        """
        record = self.project.meetings
        papers = [p for r in rounds for p in paper_files(self.project, r) if p.is_file()]
        checks = (self.project.contracts / name for name in (*PAPER_SCHEMAS, NAMES))
        return self.bytes_of(
            [*papers, *(checks if papers else ()), *([record] if record.is_file() else [])]
        )

    def amendments(self, round_: int) -> Inputs:
        """What meetings of a round amended."""
        return self.bytes_of(sheet_files(self.project, round_))

    def borrowed(self) -> Inputs:
        """Which cubes the reports borrow from each other: what else their definitions say
        changes no store.
        """
        return self._of_definitions("borrowed_cubes")

    def _of_definitions(self, name: str) -> Inputs:
        """What the definitions of all reports say of one thing."""
        folder = self.project.templates
        definitions = (folder / report / DEFINITION for report in self.project.reports)
        return {f"{self.watch.name(d)}: {name}": self.entries(d).get(name, "") for d in definitions}

    def texts_of(self, version: str) -> Inputs:
        """What a version is called, and how it is marked."""
        file = self.project.templates / "shared" / "versions.yaml"
        return {f"{self.watch.name(file)}: {version}": self.entries(file).get(version, "")}

    # What a version is made of.

    def document(self, report: str, version: str, source: Source | None) -> Inputs:
        """What its texts, tables and charts are made from; of templates what the last
        document was made from, and everything where there was none.
        """
        templates = self.project.templates
        definition = templates / report / DEFINITION
        policy = self.project.contracts / "release_policy.yaml"
        own = {
            f"{self.watch.name(definition)}: {name}": digest
            for name, digest in self.entries(definition).items()
            if name not in _OF_OTHERS
            and (name.split("/")[0] not in _OF_VERSIONS or name.endswith(f"/{version}"))
        }
        told = {
            f"{self.watch.name(policy)}: {name}": self.entries(policy).get(name, "")
            for name in (f"versions/{version}", "versions/public")
        }
        return {
            **self.code("document"),
            **self.contracts("document"),
            **own,
            **told,
            **self.files(_templates_of(templates, report, source)),
            **self._exhibits(report, source),
            **self.files(files_below(self.project.sql / "quality")),
        }

    def _exhibits(self, report: str, source: Source | None) -> Inputs:
        found: Inputs = {}
        for folder in ("shared", report):
            file = self.project.templates / folder / "exhibits.yaml"
            entries = self.entries(file)
            placed = source.exhibits if source else [n for n in entries if "/" not in n]
            name = self.watch.name(file)
            found |= {f"{name}: {one}": entries[one] for one in placed if one in entries}
        return found

    def pages(self) -> Inputs:
        shared = self.project.templates / "shared"
        return self.code("pages") | self.files(sorted(shared.glob("*.css")))

    def data(self) -> Inputs:
        return self.code("data")

    def web(self) -> Inputs:
        return self.code("web") | self.files(files_below(self.project.templates / "shared" / "web"))

    def audit(self) -> Inputs:
        shared = self.project.templates / "shared"
        exceptions = (shared / f"number_exceptions.{end}" for end in ("yaml", "schema.json"))
        return self.code("audit") | self.files(exceptions)

    def scan(self, round_: int) -> Inputs:
        return (
            self.code("scan")
            | self.contracts("scan")
            | self.cleared()
            | self.cases(round_)
            | self.meetings([round_])
        )

    def gate(self) -> Inputs:
        """From how many states on a report is complete."""
        return self.files(self.project.contracts / name for name in gate_rules.FILES)

    def manifest(self, report: str, *, protected: bool, source: Source | None) -> Inputs:
        """What the manifest names by the hash of its bytes."""
        folder = self.project.contracts
        left_out = _NO_STEP | _FEEDBACK | (_KNOWN if protected else frozenset())
        named = [f for f in files_below(folder) if f.relative_to(folder).as_posix() not in left_out]
        if source:
            named += [
                self.project.root / n for n in source.facts["inputs"] if n.startswith("templates/")
            ]
        return self.code("manifest") | {
            f"{name} (bytes)": found for name, found in self.bytes_of(named).items()
        }

    def desk(self, round_: int) -> Inputs:
        """What the page on the round tells of, beside what the steps left."""
        folder = self.project.round_folder(round_)
        left = [
            folder / "findings" / "findings.json",
            *sorted(folder.glob("changes/*/changes.json")),
            *sorted(folder.glob("proof/*.*")),
            *sorted(folder.glob("*/*/manifest.json")),
            *sorted(folder.glob("masters/*/*/manifest.json")),
            *sorted((self.project.releases / "signoff" / str(round_)).glob("*.*")),
            *sorted((self.project.releases / "accepted" / str(round_)).glob("*.jsonl")),
            *sorted((self.project.releases / "review" / str(round_)).glob("*.jsonl")),
            *folder.glob("gate/gate.json"),
            *(self.project.releases / "proofs").glob(f"{round_}.jsonl"),
        ]
        return (
            self.code("desk")
            | self.contracts("stores")
            | self.files(self.project.contracts / name for name in calendar.FILES)
            | self.query_logs([round_])
            | self._today()
            | self.files(files_below(self.project.templates / "desk"))
            | self.files(self.project.templates / r / DEFINITION for r in self.project.reports)
            | self.bytes_of(left)
        )

    def _today(self) -> Inputs:
        """The day, where a calendar tells what is due on it."""
        entered = self.entries(self.project.contracts / calendar.CALENDAR).get("rounds")
        return {} if entered in (None, _digest([])) else {"the day": f"{parse_day('')}"}


def _entry(name: Path) -> str:
    """What a file of data_contracts is called in the lists above: the figures of others by
    their folder, whatever cubes there are.
    """
    return FOLDER if name.parts[0] == FOLDER else name.as_posix()


def _templates_of(templates: Path, report: str, source: Source | None) -> Iterator[Path]:
    """The templates and texts of a document, style sheets and definitions left out."""
    if source:
        names = [n for n in source.facts["inputs"] if n.startswith("templates/")]
        files: Iterable[Path] = (templates.parent / n for n in names)
    else:
        files = [*files_below(templates / "shared"), *files_below(templates / report)]
    for file in files:
        is_web = file.parent == templates / "shared" / "web"
        if not is_web and file.suffix != ".css" and file.name not in _IN_ENTRIES:
            yield file


# Definitions that are looked at by their entries, and what only the audit reads.
_IN_ENTRIES = (
    DEFINITION,
    "exhibits.yaml",
    "number_exceptions.yaml",
    "number_exceptions.schema.json",
)


def _entries_of(file: Path) -> Inputs:
    """Digest by name of the entries of a YAML file and of the entries in them; of all of
    it where it has none.
    """
    from pipeline.system.yaml_files import written_in

    try:
        content = written_in(file.read_text(encoding="utf-8"))
    except ValueError as problem:
        return {"": f"no YAML: {problem}"[:200]}
    if not isinstance(content, dict):
        return {"": _digest(content)}
    found: Inputs = {}
    for name, entry in content.items():
        found[str(name)] = _digest(entry)
        if isinstance(entry, Mapping):
            found |= {f"{name}/{inner}": _digest(value) for inner, value in entry.items()}
    return found


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, default=str).encode()).hexdigest()
