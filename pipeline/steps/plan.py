"""Which steps does a build of a round have, and which of them must be done? Each step
with what it reads, what it leaves, and the steps before it.

A step is done again where something that it reads is not what it read the last time, or
something that it left is not what it left. What a step says of its result is by
content, so a step that comes to the same end as before lets those after it rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from pipeline.contracts.sender_binds import FOR_STATES
from pipeline.errors import UserError
from pipeline.project import DEFINITION, Project
from pipeline.release.manifest import pdf_of
from pipeline.release.order import kept_paths
from pipeline.release.signoff.record import Subject
from pipeline.release.succession import is_next, stands
from pipeline.report.document.order import SOURCE, Source, parse_source
from pipeline.report.edition import note_path
from pipeline.steps.inputs import Inputs, Reader
from pipeline.steps.record import Record, read_record, write_record
from pipeline.system.watch import RETURNS, Watch, files_below

RECORDS = ".steps"
COMMIT = "commit"  # what a version says of itself, beside its files
STATES = "states in"  # what the numbers say of a report: the states that it has figures of
Groups = dict[str, Inputs]


@dataclass(frozen=True)
class Versions:
    """The rows of the release policy as far as a build must know them before it reads
    the contracts: which versions are protected, and which others their readers have.
    """

    protected: Mapping[str, bool]
    readers_have: Mapping[str, tuple[str, ...]]

    def closure(self, asked: Iterable[str]) -> list[str]:
        """The protected versions that must be chosen for those asked, in the order of the
        policy.
        """
        needed: set[str] = set()
        waiting = list(asked)
        while waiting:
            name = waiting.pop()
            if self.protected.get(name) and name not in needed:
                needed.add(name)
                waiting += self.readers_have.get(name, ())
        return [name for name in self.protected if name in needed]


@dataclass(frozen=True)
class Step:
    """One step: its name, the names of those before it, what it reads (by group, as it
    is now), and the files that it leaves.
    """

    name: str
    after: tuple[str, ...]
    reads: Callable[[], Groups]
    leaves: Callable[[], Iterable[Path]]
    round: int
    report: str = ""
    version: str = ""

    @property
    def kind(self) -> str:
        return self.name.split(" ", 1)[0]

    @property
    def title(self) -> str:
        """How people call it."""
        if self.report:
            return f"{self.report} {self.version}"
        return self.name


@dataclass(frozen=True)
class Change:
    """One thing that is not as it was: its name, its group, and how it changed."""

    group: str
    name: str
    how: str  # changed, new, gone, damaged, never done


class Plan:
    """The steps of a build of some versions of some reports of a round, in an order in
    which they can be done. With `commit` the manifests must name it: a version that is
    handed in says by which commit it can be built again.
    """

    def __init__(
        self,
        project: Project,
        round_: int,
        *,
        reports: Iterable[str] | None = None,
        versions: Iterable[str],
        commit: str = "",
    ) -> None:
        self.project, self.round, self.commit = project, round_, commit
        self.watch = watch_of(project)
        self.reader = Reader(project, self.watch)
        self.policy = read_versions(project)
        self.reports = project.reports if reports is None else tuple(reports)
        self.versions = tuple(dict.fromkeys(versions))
        if unknown := [v for v in self.versions if v not in self.policy.protected]:
            raise UserError(
                f"there is no version '{unknown[0]}'",
                where="release_policy.yaml",
                allowed=", ".join(self.policy.protected),
            )
        self.rounds = rounds_with_returns(project, round_)
        self.protected = self.policy.closure(self.versions)
        self.open = [v for v in self.policy.protected if not self.policy.protected[v]]
        self.steps = {step.name: step for step in self._steps()}

    # What the steps are.

    def _steps(self) -> Iterator[Step]:
        for number, round_ in enumerate(self.rounds):
            before = tuple(f"validate {r}" for r in self.rounds[:number])
            yield Step(
                f"validate {round_}",
                before,
                partial(self._validate_reads, round_),
                partial(self._validate_leaves, round_),
                round_,
            )
        yield Step(
            f"findings {self.round}",
            (f"validate {self.round}",),
            self._findings_reads,
            self._findings_leaves,
            self.round,
        )
        validated = tuple(f"validate {r}" for r in self.rounds)
        numbers = f"numbers {self.round}"
        yield Step(numbers, validated, self._numbers_reads, self._numbers_leaves, self.round)
        stores = f"stores {self.round}"
        yield Step(stores, (numbers,), self._stores_reads, self._stores_leave, self.round)
        protect = f"protect {self.round}"
        if self.protected:
            yield Step(protect, (numbers,), self._protect_reads, self._protect_leaves, self.round)
        for version in self.versions:
            for report in self.reports:
                protected = self.policy.protected[version]
                yield Step(
                    f"render {report} {version} {self.round}",
                    (protect if protected else stores,),
                    partial(self._version_reads, report, version),
                    partial(self._version_leaves, report, version),
                    self.round,
                    report,
                    version,
                )
        yield Step(
            f"desk {self.round}",
            (
                f"findings {self.round}",
                *(f"render {r} {v} {self.round}" for v in self.versions for r in self.reports),
            ),
            lambda: {"": self.reader.desk(self.round)},
            lambda: [self.project.outputs / "index.html"],
            self.round,
        )

    # What they read. What a step before said of its result stands for what it left.

    def _said(self, step: str) -> Inputs:
        record = self.record(step)
        said = record.said if record else {"nothing": "was never done"}
        return {f"{name} of {step}": digest for name, digest in said.items()}

    def _validate_reads(self, round_: int) -> Groups:
        reader = self.reader
        earlier: Inputs = {}
        for r in self.rounds:
            if r < round_:
                earlier |= {
                    name: d
                    for name, d in self._said(f"validate {r}").items()
                    if name.startswith("figures")
                }
        return {
            "": reader.code("validate")
            | reader.contracts("validate")
            | reader.returns(round_)
            | reader.cleared()
            | earlier
        }

    def _findings_reads(self) -> Groups:
        templates, project = self.project.templates, self.project
        catalogue = templates / "locale" / project.language / "messages.po"
        return {
            "": self.reader.code("findings")
            | self.reader.contracts("findings")
            | self.reader.files(files_below(templates / "findings"))
            | self.reader.files(files_below(templates / "feedback"))
            | self.reader.files([catalogue])
            | self.reader.texts_of(FOR_STATES)
            | {"language": project.language}
            | self._said(f"validate {self.round}")
        }

    def _numbers_reads(self) -> Groups:
        sql = self.project.sql
        models = [
            f for layer in ("staging", "core", "marts", "checks") for f in files_below(sql / layer)
        ]
        said: Inputs = {}
        for r in self.rounds:
            said |= self._said(f"validate {r}")
        return {
            "": self.reader.code("numbers")
            | self.reader.contracts("numbers")
            | self.reader.files(models)
            | self.reader.query_logs(self.rounds)
            | self.reader.meetings(self.rounds)
            | said
        }

    def _stores_reads(self) -> Groups:
        return {
            "": self.reader.code("stores")
            | self.reader.contracts("stores")
            | self.reader.borrowed()
            | self.reader.cases(self.round)
            | self.reader.meetings([self.round])
            | self.reader.amendments(self.round)
            | self.reader.cleared()
            | self._said(f"numbers {self.round}")
            | self._said(f"validate {self.round}")
        }

    def _protect_reads(self) -> Groups:
        return {
            "": self.reader.code("protect")
            | self.reader.contracts("protect")
            | self.reader.borrowed()
            | self.reader.cases(self.round)
            | self.reader.meetings([self.round])
            | self.reader.amendments(self.round)
            | self.reader.register()
            | self._said(f"numbers {self.round}")
            | self._said(f"validate {self.round}"),
            # One group a version: a build that asks for fewer leaves the others.
            **{f"version {v}": {v: "asked"} for v in self.protected},
        }

    def _version_reads(self, report: str, version: str) -> Groups:
        reader, project = self.reader, self.project
        protected = self.policy.protected[version]
        source = self.kept_source(report, version)
        store = project.store(self.round, report, version)
        figures = reader.bytes_of([store.with_suffix(".sha256")])
        certificate = project.proof(self.round) / f"{version}.json"
        returns = {} if protected else reader.returns_behind(report)
        groups = {
            "document": figures
            | reader.document(report, version, source)
            | reader.bytes_of([note_path(store)]),
            "pages": reader.pages(),
            "audit": figures | reader.audit(),
            "manifest": reader.manifest(report, protected=protected, source=source) | returns,
            "draft": reader.gate() | self._states_of(report),
        }
        if protected:
            groups["data"] = figures | reader.data()
            groups["web"] = reader.web()
            groups["scan"] = figures | reader.scan(self.round) | self._secrets(report)
            groups["draft"] |= reader.bytes_of([certificate])
        return groups

    def _states_of(self, report: str) -> Inputs:
        """Which states have figures in a report, as the step that counted them said: a
        draft of one that lacks states is marked.
        """
        name = f"{STATES} {report} of numbers {self.round}"
        return {name: self._said(f"numbers {self.round}").get(name, "")}

    def _secrets(self, report: str) -> Inputs:
        """Where what a version must not say is looked for: the open store of the report,
        the covers, and the names of returns. Texts of other chapters are not looked at
        again for a page that stays: nothing in it came from them.
        """
        covers = f"covers of validate {self.round}"
        open_store = self.project.store(self.round, report, self.open[0])
        return (
            self.reader.bytes_of([open_store.with_suffix(".sha256")])
            | self.reader.names_of_returns()
            | {covers: self._said(f"validate {self.round}").get(covers, "")}
        )

    def kept_source(self, report: str, version: str) -> Source | None:
        """What was kept of a version that was built; None where it was not, or is damaged."""
        path = self._kept(report, version)[SOURCE]
        try:
            return parse_source(path.read_bytes(), path)
        except (OSError, UserError):
            return None

    # What they leave.

    def _validate_leaves(self, round_: int) -> Iterator[Path]:
        work = self.project.work(round_)
        yield from (work / "validation.json", work / "staged.duckdb")
        yield self.project.findings(round_) / "findings.json"

    def _findings_leaves(self) -> Iterator[Path]:
        yield from sorted(self.project.findings(self.round).glob("*.html"))

    def _numbers_leaves(self) -> Iterator[Path]:
        yield self.project.warehouse
        yield self.project.work(self.round) / "cubes.duckdb"

    def _stores_leave(self) -> Iterator[Path]:
        for version in self.open:
            yield from self._stores_of(version)

    def _protect_leaves(self) -> Iterator[Path]:
        for version in self.protected:
            yield from self._stores_of(version)
            yield self.project.proof(self.round) / f"{version}.json"

    def _stores_of(self, version: str) -> Iterator[Path]:
        for report in self.project.reports:
            store = self.project.store(self.round, report, version)
            yield from (store, store.with_suffix(".csv"), store.with_suffix(".sha256"))

    def _version_leaves(self, report: str, version: str) -> Iterator[Path]:
        where = self.round, report, version
        yield from files_below(self.project.master_folder(*where))
        yield from files_below(self.project.version_folder(*where))
        yield from self._kept(report, version).values()

    def _kept(self, report: str, version: str) -> dict[str, Path]:
        named = self.reader.entries(self.project.templates / report / DEFINITION)
        return kept_paths(
            self.project,
            self.round,
            report,
            version,
            key_findings=f"key_findings/{version}" in named,
        )

    def pdfs(self) -> list[Path]:
        """The reports that lie there, of those that the plan builds."""
        folders = (
            self.project.version_folder(self.round, report, version)
            for report in self.reports
            for version in self.versions
        )
        return [
            folder / name
            for folder in folders
            if folder.is_dir() and (name := pdf_of(p.name for p in folder.iterdir()))
        ]

    # Which must be done.

    def records(self, step: Step) -> Path:
        return self.project.round_folder(step.round) / RECORDS

    def record(self, step: str) -> Record | None:
        """The record of a step by its name."""
        found = self.steps[step]
        return read_record(self.records(found), step)

    def changes(self, step: Step) -> list[Change]:
        """Why a step must be done, with all before it as they are now; none where it
        need not.
        """
        record = self.record(step.name)
        if record is None:
            return [Change("", step.title, "never done")]
        found = []
        for group, now in step.reads().items():
            before = record.inputs.get(group, {})
            for name in sorted({*now, *before}):
                if now.get(name) != before.get(name):
                    how = "new" if name not in before else "gone" if name not in now else "changed"
                    found.append(Change(group, name, how))
        if step.report and self.commit not in ("", record.said.get(COMMIT)):
            found.append(Change("manifest", "the commit", "changed"))
        if step.report and self._is_of_another_edition(step, found):
            found.append(Change("document", "the edition", "changed"))
        for name, digest in record.left.items():
            if self.watch.content(self.watch.path(name)) != digest:
                found.append(Change("left", name, "damaged"))
        return found

    def _is_of_another_edition(self, step: Step, found: Iterable[Change]) -> bool:
        """Whether a version would be another edition than it says. A released one stays
        what it is until something else of it changes, or somebody hands it in.
        """
        subject = Subject(step.round, step.report, step.version)
        others = [change for change in found if change.group != "draft"]
        rests = not self.commit and not others and stands(self.project, subject)
        return not rests and not is_next(self.project, subject)

    def result(self, step: Step, said: Mapping[str, str], before: Groups) -> Record:
        """The record of a step that was just done. What was written to while it was being
        done counts as it was before, so that the step is done again.
        """
        groups = {}
        for group, now in step.reads().items():
            at_first = before.get(group, {})
            groups[group] = {name: at_first.get(name, digest) for name, digest in now.items()}
        left = {}
        for path in step.leaves():
            if digest := self.watch.content(path):
                left[self.watch.name(path)] = digest
        return Record(groups, left, dict(said))


def watch_of(project: Project) -> Watch:
    """The memory of the digests of a project's files."""
    folders = {
        "records/releases": project.releases,
        "records": project.records,
        "outputs": project.outputs,
        RETURNS: project.returns,
        "": project.root,
    }
    return Watch(folders, project.outputs / RECORDS / "files.json")


def take_as_read(project: Project, files: Iterable[Path], round_: int) -> None:
    """Let the steps that read the log of queries of a round rest although something was
    entered in it: nothing that was found or counted changes by what was asked.
    """
    watch = watch_of(project)
    now = {watch.name(f): watch.content(f) for f in files if f.is_file()}
    for folder in sorted(project.outputs.glob(f"[0-9]*/{RECORDS}")):
        steps = [f"numbers {folder.parent.name}", f"validate {round_}"]
        for step in steps if int(folder.parent.name) >= round_ else []:
            if record := read_record(folder, step):
                inputs = {group: {**names, **now} for group, names in record.inputs.items()}
                write_record(folder, step, replace(record, inputs=inputs))


def take_answers(project: Project, files: Iterable[Path], round_: int) -> None:
    """Let the validation of a round rest after answers were entered in the log of
    queries (`files`) and in what it left. The steps behind it see that findings changed.
    """
    watch = watch_of(project)
    step, folder = f"validate {round_}", project.round_folder(round_) / RECORDS
    if record := read_record(folder, step):
        now = {watch.name(f): watch.content(f) for f in files if f.is_file()}
        inputs = {group: {**names, **now} for group, names in record.inputs.items()}
        work, pages = project.work(round_), project.findings(round_)
        written = (work / "validation.json", pages / "findings.json")
        left = {watch.name(p): watch.content(p) for p in written}
        said = {**record.said, "findings": watch.content(written[0])}
        write_record(
            folder, step, replace(record, inputs=inputs, left={**record.left, **left}, said=said)
        )


def take_as_left(project: Project, round_: int) -> None:
    """Let the pages on what was found count as left by their step: they were written
    again from the same findings, with what goes back to states named on them. Pages in
    another language than the step's are none of its.
    """
    watch = watch_of(project)
    step, folder = f"findings {round_}", project.round_folder(round_) / RECORDS
    record = read_record(folder, step)
    if record and record.inputs.get("", {}).get("language") == project.language:
        pages = project.findings(round_).glob("*.html")
        left = {watch.name(p): watch.content(p) for p in pages}
        write_record(folder, step, replace(record, left=left))


def read_versions(project: Project) -> Versions:
    """The versions of the release policy, before anybody checked it. Raises UserError
    where there are none to be read; the whole file is checked when it is used.
    """
    from pipeline.system.yaml_files import written_in

    path = project.contracts / "release_policy.yaml"
    try:
        content = written_in(path.read_text(encoding="utf-8"))
        rows = {str(name): row for name, row in content["versions"].items()}
        return Versions(
            {name: bool(row["protected"]) for name, row in rows.items()},
            {name: tuple(map(str, row["readers_have"])) for name, row in rows.items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
        raise UserError(
            f"the versions of the release policy cannot be read: {problem}",
            where=path.name,
            do="correct the file; 'make check' says what is wrong",
        ) from problem


def rounds_with_returns(project: Project, round_: int) -> list[int]:
    """The rounds that have returns up to one, which give the revisions; and this one in
    any case.
    """
    folder = project.returns
    named = [p.name for p in folder.iterdir() if p.is_dir()] if folder.is_dir() else []
    earlier = {int(n) for n in named if n.isdigit() and len(n) == 4 and int(n) < round_}
    return [*sorted(earlier), round_]
