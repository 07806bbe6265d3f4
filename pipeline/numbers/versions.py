"""What may a version know? The rows of its stores, made from the marts of a round.

A version that is not protected knows every cell of a report's cubes. A protected one
knows released cells with their values, and of withheld cells nothing but their keys.
Begin at `tell_version`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from pipeline.cells import TOTAL, Key, Question, is_judged, is_outside
from pipeline.contracts.model import MEETING, Contracts
from pipeline.contracts.policy import VersionRule
from pipeline.contracts.sources import Sources
from pipeline.findings import Finding
from pipeline.numbers.contributions import contributions, stored_contributions
from pipeline.numbers.decisions import stored_decisions
from pipeline.numbers.judgements import is_released
from pipeline.numbers.mart_rows import MartCell, Marts
from pipeline.numbers.questions import Conflict, queried_keys, visible_conflicts
from pipeline.numbers.stored_tables import (
    StoreContent,
    StoredCase,
    StoredCaseFact,
    StoredCell,
    StoredCoverage,
    StoredDecision,
    StoredFact,
    StoredFinding,
    StoredSource,
)
from pipeline.returns.cases import Case, told_to
from pipeline.returns.meetings.read import AmendmentSheet
from pipeline.returns.meetings.recorded import Decisions


@dataclass(frozen=True)
class StoreInputs:
    """What stores need beside the marts: findings, sources named on covers, by report the
    facts of the round, the cases that are told in it, and what meetings decided and amended.
    """

    findings: tuple[Finding, ...]
    sources: tuple[StoredSource, ...]
    meta: dict[str, dict[str, str]]
    cases: tuple[Case, ...] = ()
    decisions: Decisions = Decisions()
    sheets: tuple[AmendmentSheet, ...] = ()


@dataclass(frozen=True)
class Told:
    """What a version may tell of a round, worked out once for all its reports. `shown`
    is None where it shows every cell; `wholes` are by cell the figures in question that
    it may name beside it.
    """

    version: VersionRule
    marts: Marts
    inputs: StoreInputs
    shown: frozenset[str] | None
    left_out: frozenset[str]
    incomplete: frozenset[str]
    conflicts: tuple[Conflict, ...]
    wholes: Mapping[str, tuple[str, ...]]
    queried: frozenset[str]
    contracts: Contracts

    def is_shown(self, cell: MartCell) -> bool:
        if self.shown is None or is_outside(cell.cube):
            return True
        if is_judged(cell.cube):
            return is_released(cell, self.contracts.assessment)
        return cell.key in self.shown

    def has_line(self, cell: MartCell) -> bool:
        """Whether the version may know that the cell is there."""
        return cell.key not in self.left_out and (not is_judged(cell.cube) or self.is_shown(cell))

    def tells_answers(self, cube: str) -> bool:
        """Whether the version may know which states answered a table: of judgements the
        states alone do.
        """
        return self.shown is None or not is_judged(cube)

    def keeps(self, what: str) -> bool:
        """Whether the policy leaves the version notes, findings, revisions, definitions."""
        return what in self.version.keeps


def tell_version(
    marts: Marts,
    inputs: StoreInputs,
    *,
    contracts: Contracts,
    version: VersionRule,
    shown: Collection[str],
    left_out: Collection[str],
) -> Told:
    """What a version may tell; `shown` are the keys that a protected one shows,
    `left_out` those that it has no line for.
    """
    known = frozenset(shown) if version.protected else None
    present = {c.key for c in marts.cells if c.value is not None or c.is_suppressed}
    conflicts = (
        marts.conflicts if known is None else tuple(visible_conflicts(marts.conflicts, known))
    )
    return Told(
        version,
        marts,
        inputs,
        known,
        frozenset(left_out),
        _sums_that_lack(marts.cells, left_out),
        conflicts,
        _wholes_told(marts, conflicts),
        queried_keys(inputs.findings, contracts, present=present, shown=known),
        contracts,
    )


def store_content(
    told: Told, report: str, *, cubes: Collection[str], areas: Collection[str], sources: Sources
) -> StoreContent:
    """All tables of the store of a report that prints from these cubes, and tells the cases
    of these crime areas, `_T` for all.
    """
    cases = [c for c in told.inputs.cases if c.crime_area in areas or TOTAL in areas]
    may_be_told = [c for c in cases if c.clearance in told_to(told.version)]
    meta = told.inputs.meta[report]
    own = [c for c in told.marts.cells if c.cube in cubes and told.has_line(c)]
    cells = [_tell_cell(c, told) for c in own]
    return StoreContent(
        cells=tuple(cells),
        conflicts=tuple(
            c if told.keeps("notes") else replace(c, reason="")
            for c in told.conflicts
            if c.whole_cube in cubes
        ),
        coverage=tuple(
            _tell_coverage(c, told, round_=int(meta["round"]))
            for c in told.marts.coverage
            if c.cube in cubes and told.tells_answers(c.cube)
        ),
        revisions=tuple(
            r
            for r in told.marts.revisions
            if Key.parse(r.key).cube in cubes and told.keeps("revisions")
        ),
        findings=tuple(
            _stored_finding(f)
            for f in told.inputs.findings
            if f.report == report and told.keeps("findings")
        ),
        sources=tuple(
            _tell_source(s, told, sources=sources)
            for s in told.inputs.sources
            if s.cube in cubes and told.tells_answers(s.cube)
        ),
        areas=tuple(a for a in told.marts.areas if a.cube in cubes),
        meta=tuple(
            StoredFact(name, value)
            for name, value in sorted({**meta, **_count_suppressed(own, cells)}.items())
        ),
        cases=tuple(_stored_case(c) for c in may_be_told),
        case_facts=tuple(
            StoredCaseFact(c.id, f.name, f.what, f.value, f.unit, f.day, f.said, f.line)
            for c in may_be_told
            for f in c.facts
        ),
        decisions=_decisions_told(told, cubes),
        contributions=stored_contributions(
            contributions(
                told.marts.cells,
                told.contracts,
                cubes=cubes,
                round_=int(meta["round"]),
                sheets=told.inputs.sheets,
            ),
            told.contracts,
            told_to=told_to(told.version) if told.version.protected else None,
            sources=sources,
        ),
    )


def _decisions_told(told: Told, cubes: Collection[str]) -> tuple[StoredDecision, ...]:
    """What meetings decided, where the report prints what they judged."""
    settings = told.contracts.assessment
    if settings is None or settings.scored not in cubes:
        return ()
    return stored_decisions(
        told.inputs.decisions,
        told.contracts,
        told_to=told_to(told.version) if told.version.protected else None,
        shown={c.codes[0] for c in told.marts.cells if _is_meetings(c) and told.has_line(c)},
    )


def _is_meetings(cell: MartCell) -> bool:
    return is_judged(cell.cube) and cell.codes[-1] == MEETING


def _stored_case(case: Case) -> StoredCase:
    texts = case.title, case.head, case.paragraphs, case.cited
    return StoredCase(case.id, case.file, case.crime_area, case.clearance, *texts)


def _tell_cell(cell: MartCell, told: Told) -> StoredCell:
    """A cell as the version may know it: all of it, as released, or withheld."""
    stored = _full_cell(cell, told)
    if told.shown is not None:
        stored = _released_cell(cell, stored, told=told)
    return stored if told.keeps("notes") else replace(stored, note="")


def _full_cell(cell: MartCell, told: Told) -> StoredCell:
    question, counts, wholes = _tell_doubt(cell, told)
    return StoredCell(
        key=cell.key,
        cube=cell.cube,
        state=cell.state,
        year=cell.year,
        codes=cell.codes,
        value=cell.value,
        unit=cell.unit,
        obs_status=cell.obs_status,
        conf_status=cell.conf_status,
        coverage=cell.coverage,
        members=cell.members,
        states=cell.states,
        note=cell.note,
        vintage=cell.round,
        withheld=False,
        question=question,
        counts=counts,
        wholes=wholes,
        queried=cell.key in told.queried,
        word=told.contracts.word_of(Key.parse(cell.key), cell.value),
    )


def _released_cell(cell: MartCell, stored: StoredCell, *, told: Told) -> StoredCell:
    """A released cell, or a withheld one that says nothing but that it is withheld.
    Missing stays missing.
    """
    is_shown = told.is_shown(cell)
    if is_shown or not (cell.value is not None or cell.is_suppressed):
        return replace(
            stored,
            obs_status="U" if cell.key in told.incomplete else stored.obs_status,
            conf_status="F",
            note="",
            vintage=stored.vintage if is_shown else None,
            states=() if is_judged(cell.cube) else stored.states,
        )
    return replace(
        stored,
        value=None,
        obs_status="Q",
        conf_status="S",
        coverage=None,
        members=None,
        states=(),
        note="",
        vintage=None,
        withheld=True,
        question="",
        counts=True,
        wholes=(),
        word="",
    )


def _sums_that_lack(cells: Iterable[MartCell], left_out: Collection[str]) -> frozenset[str]:
    """The sums worked out over open lists of which rows are left out, and the regional
    sums of these. All of them say that they may lack something: which of them does
    would tell what the rows are.
    """
    cells = list(cells)
    lists = {(k.state, k.year, k.cube) for k in map(Key.parse, left_out)}
    of_states = {c.key for c in cells if c.origin == "group" and (c.state, c.year, c.cube) in lists}
    return frozenset(of_states) | {
        c.key for c in cells if c.coverage is not None and of_states & set(c.part_keys or ())
    }


def _wholes_told(marts: Marts, conflicts: Iterable[Conflict]) -> dict[str, tuple[str, ...]]:
    """For each cell of a block in conflict, the wholes of the conflicts that this
    version may tell.
    """
    known = {c.whole for c in conflicts}
    told = {w: {w} for w in known}
    for part, wholes in marts.doubtful.items():
        if own := known.intersection(wholes):
            told.setdefault(part, set()).update(own)
    return {key: tuple(sorted(wholes)) for key, wholes in told.items()}


def _tell_doubt(cell: MartCell, told: Told) -> tuple[Question, bool, tuple[str, ...]]:
    """`question`, `counts` and `wholes` of a cell as far as this version may tell them."""
    if cell.coverage is not None:
        own = (str(Key.parse(cell.key).at(state=s)) for s in cell.questioned)
        wholes = tuple(w for w in own if w in told.wholes)
        return ("whole" if wholes else ""), True, wholes
    if cell.key in told.wholes:
        return cell.question, cell.counts, told.wholes[cell.key]
    return "", True, ()


def _count_suppressed(own: Iterable[MartCell], cells: Iterable[StoredCell]) -> dict[str, str]:
    """How many cells their senders had suppressed, and how many of these are withheld:
    two numbers a report, so that nobody takes what states kept back for what the Center
    hides.
    """
    sent = [stored for c, stored in zip(own, cells, strict=True) if c.is_suppressed]
    withheld = sum(stored.withheld for stored in sent)
    return {"sent_suppressed": str(len(sent)), "withheld_suppressed": str(withheld)}


def _tell_coverage(row: StoredCoverage, told: Told, *, round_: int) -> StoredCoverage:
    """How a state answered a table. That all its counts are small is itself a small
    count, so a protected version says reported; a state whose answer stands in an open
    conflict of the reference year is in question.
    """
    if told.shown is not None and row.answer == "suppressed":
        row = replace(row, answer="reported")
    asked = any(
        (c.state, c.year, c.resolution) == (row.state, round_, "")
        and row.cube in (c.part_cube, c.whole_cube)
        for c in told.conflicts
    )
    return replace(row, answer="question") if asked and row.answer == "reported" else row


def _tell_source(row: StoredSource, told: Told, *, sources: Sources) -> StoredSource:
    """What a cover says as a version may print it: nothing that a sender wrote goes
    into a protected one but what was cleared.
    """
    if told.version.protected:
        row = replace(
            row,
            source=sources.for_others(row.source),
            definition=sources.definition_for_others(row.definition),
        )
    return row if told.keeps("definitions") else replace(row, definition="")


def _stored_finding(f: Finding) -> StoredFinding:
    return StoredFinding(
        state=f.state,
        report=f.report,
        cube=f.table,
        key=f.key,
        rule=f.rule,
        severity=f.severity,
        sheet=f.sheet,
        cell=f.cell,
        found=f.found,
        allowed=f.allowed,
        contract_version=f.contract_version,
        remark=f.remark,
    )
