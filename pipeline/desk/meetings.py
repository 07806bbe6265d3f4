"""Where do the assessment of a round and its meetings stand? What is there, what is to
be done, and the command, in the order of the year: forms, the papers of each meeting,
amendments, levels, priorities.

Only where the round asks for an assessment. What lies there and was not signed, and
what was changed since, is said as such: the first is printed nowhere, the other stops
builds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.contracts.layout import respondents
from pipeline.contracts.model import Contract, Contracts
from pipeline.desk.due import Due
from pipeline.desk.todo import ToDo
from pipeline.project import Project
from pipeline.release.meetings.papers import discussed_report
from pipeline.report.document.book import PDF, RESTRICTED
from pipeline.report.exhibits.judged_cells import AFTER, BEFORE
from pipeline.report.store import Store
from pipeline.returns.meetings.kept import sheet_path
from pipeline.returns.meetings.papers import PRIORITIES
from pipeline.returns.meetings.recorded import Recorded, papers_of
from pipeline.returns.meetings.texts import MEETINGS, meeting_name
from pipeline.system.kept import is_there

ABOUT = "assessment"  # what a line of Next is about


@dataclass(frozen=True)
class Step:
    """A step of an assessment: how it stands, whether it is done, and the command that
    goes on with it. `waits` where it can be done now, or went wrong.
    """

    what: str
    stands: str
    is_done: bool
    command: str
    waits: bool


def steps_of(
    project: Project,
    contracts: Contracts,
    *,
    round_: int,
    files: Iterable[Mapping[str, Any]],
    due: Due,
) -> list[Step]:
    """The steps of the assessment of a round; none where it asks for no assessment.
    `files` are those of the last validation. Raises SignOffError where the record of
    the papers is not as it was written.
    """
    contract = _asked(contracts, round_)
    if contract is None:
        return []
    asked = respondents(contracts, contract.report, round_=round_)
    sent = {str(f["state"]) for f in files if f["report"] == contract.report}
    steps = [_forms(contract.report, asked, sent, round_=round_, due=due)]
    report = discussed_report(project)
    if report is None:
        return steps
    judged = _judged(project, contracts, round_=round_, report=report)
    papers = {paper.name: paper for paper in papers_of(project, round_)}
    levels = any(paper.counts for name, paper in papers.items() if name != PRIORITIES)
    back = [n for n in MEETINGS if sheet_path(project, round_, n).is_file()]
    goes_on = bool(sent)  # a form that is missing keeps no meeting back
    for number, session in zip(MEETINGS, (BEFORE, AFTER), strict=True):
        made = f"make meeting ROUND={round_} N={number}"
        if judged is None:
            made = f"make report ROUND={round_} REPORT={report} VERSION={RESTRICTED}"
        told = "nothing was built" if judged is None else f"{judged[session]} states judged"
        has_book = is_there(project.meeting_folder(round_, number) / PDF)
        has_sheet = number in back
        decides = has_sheet and number == back[-1] and not levels
        name = meeting_name(number)
        when = "before" if session == BEFORE else "after"
        book = f"{'written' if has_book else 'not written'}; {told} {when} the meeting"
        if judged is None:
            book = f"{'written' if has_book else 'not written'}; {told}"
        sheet = "taken in" if has_sheet else "not back"
        given = f"make amendments ROUND={round_} N={number} FILE="
        steps += [
            Step(f"book of the {name}", book, has_book or has_sheet, made, goes_on),
            Step(f"amendments of the {name}", sheet, has_sheet, given, has_book),
            _paper(papers, f"levels of the {name}", str(number), round_=round_, due=decides),
        ]
        goes_on = has_sheet
    steps.append(_paper(papers, PRIORITIES, PRIORITIES, round_=round_, due=levels))
    return steps


def next_of_assessment(steps: Iterable[Step]) -> Iterator[ToDo]:
    """The steps that wait now."""
    for step in steps:
        if step.waits and not step.is_done:
            yield ToDo(ABOUT, f"{step.what}: {step.stands}", step.command)


def _asked(contracts: Contracts, round_: int) -> Contract | None:
    """The contract of the assessment, where the round asks for it."""
    if contracts.assessment is None:
        return None
    scored = contracts.table(contracts.assessment.scored)
    if not scored.is_asked(round_):
        return None
    return next(c for c in contracts if scored in c.tables)


def _forms(report: str, asked: Iterable[str], sent: set[str], *, round_: int, due: Due) -> Step:
    states = list(asked)
    missing = [state for state in states if state not in sent]
    told = [f"{len(states) - len(missing)} of {len(states)} states sent one"]
    if missing:
        told.append(f"not there: {', '.join(missing)}")
    if late := [owed.state for owed in due.late if owed.report == report]:
        told.append(f"late or refused: {', '.join(sorted(late))}")
    command = f"make late ROUND={round_}"
    if missing and not due.is_entered:  # nobody knows who is late
        command = f"make template REPORT={report} STATE={missing[0]} ROUND={round_}"
    return Step("forms", "; ".join(told), not missing and not late, command, waits=True)


def _paper(papers: Mapping[str, Recorded], what: str, name: str, *, round_: int, due: bool) -> Step:
    """What was decided: recorded, or written and not signed, or changed since. Not every
    meeting decides: where nothing lies there only a step that is due waits.
    """
    paper = papers.get(name)
    command = f"make record-meeting ROUND={round_} N={name}"
    if paper is None:
        stands = f"none; they are written as returns/{round_}/meetings/{name}.yaml"
        return Step(what, stands, False, command, due)
    if paper.counts:
        return Step(what, f"recorded by {paper.by} on {paper.day}", True, command, waits=False)
    if not paper.recorded:
        return Step(what, "written, not recorded: printed nowhere", False, command, waits=True)
    how = "changed since they were recorded" if paper.sha256 else "recorded, and their file is gone"
    return Step(what, f"{how}: builds stop", False, f'{command} REASON="..."', waits=True)


def _judged(
    project: Project, contracts: Contracts, *, round_: int, report: str
) -> dict[str, int] | None:
    """How many states judged in each session, as the last build knew it; None where
    nothing was built.
    """
    path = project.store(round_, report, RESTRICTED)
    if not is_there(path) or contracts.assessment is None:
        return None
    scored = contracts.table(contracts.assessment.scored)
    place = scored.key_dimensions.index("session")
    found: dict[str, set[str]] = {BEFORE: set(), AFTER: set()}
    for cell in Store(path, contracts, report=report, version=RESTRICTED).every_cell():
        if cell.key.cube == scored.name and cell.key.year == round_ and cell.has_value:
            found.setdefault(cell.key.codes[place], set()).add(cell.key.state)
    return {session: len(states) for session, states in found.items()}
