"""How is a build done? Step after step where something changed, two at a time, each in
a process of its own.

The process that builds opens no store and no return: it compares digests, starts the
work, and tells how it ended. A step that fails keeps those after it from being done;
all others are done, and the build as a whole fails.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from pipeline.project import Project
from pipeline.release.operations.runs import StepRun
from pipeline.release.order import Again, begin_version
from pipeline.report.document.order import Order, Part
from pipeline.report.document.worker import render_apart
from pipeline.steps.plan import COMMIT, Change, Plan, Step
from pipeline.steps.record import forget, inputs_digest, write_record
from pipeline.steps.why import reasons_of
from pipeline.system.answers import answer_line, raise_end
from pipeline.system.apart import DATABASE, Apart, start, wait
from pipeline.system.lock import HELD
from pipeline.system.repairable import repairable
from pipeline.system.steady import moment

JOBS = 2
# Steps that one process does one after the other: what it loads for one serves the next.
TOGETHER = ("validate", "numbers stores")
_MOST = 3  # files that are named of those that changed
CONTRACTS = "open_data_contract_standard.model"  # every step reads them
# What nearly every version needs, from rendering to its draft.
OF_VERSIONS = (
    CONTRACTS,
    "pipeline.release.signoff.draft",
    "pipeline.report.document.worker",
    "pipeline.report.document.compose",
    "pipeline.report.open_data.files",
    "pipeline.system.pdf.write",
    "pikepdf",
    "openpyxl",
    "gptables",
)


@dataclass(frozen=True)
class Job:
    """Steps that are being done by one process; of a version that is rendered, what its
    renderer was ordered.
    """

    steps: tuple[Step, ...]
    apart: Apart
    began: float
    again: Again | None = None
    order: Order | None = None


@dataclass(frozen=True)
class Errand:
    """What a process is sent to do: steps of a plan by name, and of a version that was
    rendered what its renderer was ordered.
    """

    project: Project
    round: int
    reports: tuple[str, ...]
    versions: tuple[str, ...]
    steps: tuple[str, ...]
    again: Again | None = None
    order: Order | None = None

    def plan(self) -> Plan:
        return Plan(self.project, self.round, reports=self.reports, versions=self.versions)


@dataclass
class Outcome:
    """What a build did: the steps that were done with their reasons, those that failed
    with what a person must repair, and those that had to be left.
    """

    done: list[str] = field(default_factory=list)
    failed: dict[str, Exception] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)


class Build:
    """The doing of a plan. `tell` gets what steps print, when they have ended; `note`
    every step that was done or tried.
    """

    def __init__(
        self,
        plan: Plan,
        tell: Callable[[str], None],
        note: Callable[[StepRun], None] = lambda step: None,
    ) -> None:
        self.plan, self.tell, self.note = plan, tell, note
        self.reasons: dict[str, str] = {}
        self.waiting = dict(plan.steps)
        self.running: list[Job] = []
        self.outcome = Outcome()
        self.settled: set[str] = set()

    def run(self, until: Iterable[str] = ()) -> Outcome:
        """Do what has to be done; with `until` only the steps of these kinds and those
        before them.
        """
        if wanted := set(until):
            self._keep_only(wanted)
        try:
            while self.waiting or self.running:
                self._start_what_is_ready()
                if self.running:
                    self._settle_what_ended()
        except BaseException:
            for job in self.running:
                job.apart.kill()
                job.apart.end()
                self._clean(job)
            raise
        self.plan.watch.save()
        return self.outcome

    def _keep_only(self, kinds: set[str]) -> None:
        kept: dict[str, Step] = {}
        for step in reversed(self.waiting.values()):
            if step.kind in kinds or any(step.name in other.after for other in kept.values()):
                kept[step.name] = step
        self.waiting = dict(reversed(kept.items()))

    # Which can be started.

    def _start_what_is_ready(self) -> None:
        for step in [*self.waiting.values()]:
            if len(self.running) >= JOBS:
                return
            if step.name not in self.waiting:
                continue
            before = set(step.after) & set(self.plan.steps)
            if before & {*self.outcome.failed, *self.outcome.left} and step.kind != "desk":
                self.waiting.pop(step.name)
                self.outcome.left.append(step.name)
            elif not before & (set(self.waiting) | self._names_running()):
                self.waiting.pop(step.name)
                if changes := self.plan.changes(step):
                    self.reasons[step.name] = reasons_of(changes)
                    self._start(step, changes)

    def _names_running(self) -> set[str]:
        return {step.name for job in self.running for step in job.steps}

    def _start(self, step: Step, changes: list[Change]) -> None:
        self.plan.watch.save()
        if step.kind == "render" or any(s.kind == "render" for s in self.waiting.values()):
            start(*OF_VERSIONS)
        else:
            start(CONTRACTS, libraries=DATABASE)
        if step.kind == "render":
            self._start_version(step, again_of(changes))
            return
        steps = (step, *self._those_that_go_with(step))
        for one in steps[1:]:
            self.waiting.pop(one.name)
        self.running.append(Job(steps, self._apart(steps), moment()))

    def _those_that_go_with(self, step: Step) -> Iterator[Step]:
        kinds = next((kinds.split() for kinds in TOGETHER if step.kind in kinds.split()), [])
        for other in self.waiting.values():
            if other.kind in kinds and step.name in other.after:
                yield other

    def _apart(
        self, steps: Iterable[Step], again: Again | None = None, order: Order | None = None
    ) -> Apart:
        plan = self.plan
        names = tuple(step.name for step in steps)
        where = plan.project, plan.round, plan.reports, plan.versions
        return Apart(do_apart, Errand(*where, names, again, order))

    def _start_version(self, step: Step, again: Again) -> None:
        """Begin with the renderer, which may open the store alone; where nothing has to
        be rendered, with what comes after it.
        """
        forget(self.plan.records(step), step.name)
        order = begin_version(
            self.plan.project, step.round, report=step.report, version=step.version, again=again
        )
        if order.parts:
            apart = Apart(render_apart, order)
            self.running.append(Job((step,), apart, moment(), again, order))
        else:
            self._finish_version(step, again, order, began=moment())

    def _finish_version(self, step: Step, again: Again, order: Order, *, began: float) -> None:
        apart = self._apart((step,), again, order)
        self.running.append(Job((step,), apart, began, None, order))

    # What came of them.

    def _settle_what_ended(self) -> None:
        ended = wait([job.apart for job in self.running])
        for job in [job for job in self.running if job.apart in ended]:
            self.running.remove(job)
            how = job.apart.end()
            rendered = job.again is not None and job.order is not None and not how.code
            if rendered and job.again and job.order:
                self._finish_version(job.steps[0], job.again, job.order, began=job.began)
                continue
            self._clean(job)
            if how.code:
                try:
                    raise_end(how.code, answer=how.told, noise=how.noise)
                except Exception as problem:
                    self._fail(job, problem)
                continue
            told = json.loads(how.told)
            self._note_done(job, told["done"], told["ended"])
            self.outcome.done += told["done"]
            if how.noise.strip():
                self.tell(how.noise.rstrip())

    def _fail(self, job: Job, problem: Exception) -> None:
        """The step that failed is the first that has no record now."""
        done = [s for s in job.steps if self.plan.record(s.name)]
        undone = [s for s in job.steps if s not in done]
        self.outcome.done += [s.name for s in done if s is not job.steps[-1]]
        first, *others = undone or [job.steps[-1]]
        self.outcome.failed[first.name] = problem
        self.note(
            StepRun(
                first.name,
                job.began,
                moment(),
                code=getattr(problem, "exit_code", 1),
                error=type(problem).__name__,
                why=self.reasons.get(first.name, ""),
            )
        )
        self.outcome.left += [s.name for s in others]

    def _note_done(self, job: Job, names: list[str], ended: list[float]) -> None:
        began = job.began
        for name, end in zip(names, ended, strict=True):
            digest = inputs_digest(self.plan.record(name))
            why = self.reasons.get(name) or "what came before it changed"
            self.note(StepRun(name, began, end, why=why, inputs=digest))
            began = end

    def _clean(self, job: Job) -> None:
        if job.order:
            shutil.rmtree(job.order.out, ignore_errors=True)


def again_of(changes: Iterable[Change]) -> Again:
    """Which parts of a version are made again for what changed of its inputs."""
    groups = {change.group for change in changes}
    is_other = bool(groups & {"", Part.DOCUMENT.value})
    if groups & {"", "left"}:
        return Again(edition=is_other)
    parts = frozenset(part for part in Part if part.value in groups)
    return Again(
        parts,
        audit="audit" in groups,
        scan="scan" in groups,
        draft="draft" in groups,
        edition=is_other,
    )


def do_apart(tell: Callable[[str], None], errand: Errand) -> None:
    """In a process of its own: do the steps named, each where it has to be done, and
    write down that they were. Ends with the exit code of the error where a person must
    repair something.
    """
    os.environ[HELD] = str(errand.project.outputs.resolve())
    done: list[str] = []
    ended: list[float] = []
    try:
        plan = errand.plan()
        for name in errand.steps:
            step = plan.steps[name]
            if errand.order and errand.again:
                _do_version(plan, step, errand.order, errand.again)
            elif plan.changes(step):
                _do(plan, step)
            else:
                continue
            done.append(name)
            ended.append(moment())
    except Exception as problem:
        told = repairable(problem)
        if told is None:
            raise
        tell(answer_line(told))
        sys.exit(told.exit_code)
    tell(json.dumps({"done": done, "ended": ended}))


def _do(plan: Plan, step: Step) -> None:
    from pipeline.steps.work import WORK

    before = step.reads()
    forget(plan.records(step), step.name)
    said = WORK[step.kind](plan, step)
    write_record(plan.records(step), step.name, plan.result(step, said, before))
    print(f"{step.title}: done")


def _do_version(plan: Plan, step: Step, order: Order, again: Again) -> None:
    from pipeline.release.build import finish_version
    from pipeline.release.manifest import git_commit
    from pipeline.release.signoff.draft import mark_built
    from pipeline.release.signoff.record import Subject
    from pipeline.system.lock import at_work

    before = step.reads()
    project = plan.project
    said = {COMMIT: git_commit(project.root)}
    with at_work(project, f"render {step.report} {step.round} {step.version}"):
        built = finish_version(project, order, again=again)
        subject = Subject(step.round, step.report, step.version)
        built = mark_built(project, subject, built=built, again=again)
    write_record(plan.records(step), step.name, plan.result(step, said, before))
    made = ", ".join(part for part in Part if part in built.made) or "manifest"
    figures = built.figures
    pages = figures.get("key_findings_pages")
    short = f"; key findings: {pages} pages" if pages else ""
    print(
        f"{step.title}: {made}; changed: {_few(built.changed) or 'nothing'}; "
        f"{figures['pages']} pages, {figures['tables']} tables, {figures['figures']} figures{short}"
    )


def _few(names: tuple[str, ...]) -> str:
    more = [f"{len(names) - _MOST} files more"] if len(names) > _MOST else []
    return ", ".join([*names[:_MOST], *more])


def problems_of(outcome: Outcome) -> list[Exception]:
    """What a person must repair, each error once though several steps ran into it."""
    told: dict[str, Exception] = {}
    for problem in outcome.failed.values():
        told.setdefault(str(problem), problem)
    return list(told.values())
