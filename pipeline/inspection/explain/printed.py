"""How does one printed number come about? Its text, the formula with its operands, and
the evidence of every cell.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from pipeline.cells import Key
from pipeline.contracts.model import Contracts
from pipeline.errors import UserError
from pipeline.inspection.explain.evidence import Cabinet, Evidence, figure, texts
from pipeline.inspection.explain.references import Ledger, Listed, Printed
from pipeline.inspection.explain.scored import score_steps
from pipeline.inspection.readback.scores import READINGS
from pipeline.inspection.readback.values import percent_places, rounded
from pipeline.project import Project
from pipeline.report.document.cases import fact_text
from pipeline.report.document.quality import answer
from pipeline.report.exhibits.strips import answered
from pipeline.report.ledger import ANSWERED, is_of_the_version, keys_of, parse_ledger
from pipeline.report.narrative.commands import operands_of
from pipeline.report.printing import Printing
from pipeline.system.kept import is_there, read_bytes

_PLACES = {"change": "0.1", "share": "0.1", "rate": "0.01"}
_PER = {"share": 100, "rate": 100_000}


@dataclass(frozen=True)
class Worked:
    """A formula with its operands and what comes out of it."""

    formula: str
    steps: str
    value: Decimal | None


@dataclass(frozen=True)
class ExplainedNumber:
    """A printed number with everything behind it. Figures are those of the restricted
    version.
    """

    printed: Printed
    version: str
    formulas: tuple[Worked, ...]
    cells: tuple[Evidence, ...]

    def as_dict(self) -> dict[str, Any]:
        return {
            **asdict(self.printed),
            "version": self.version,
            "formulas": [
                {**asdict(f), "value": None if f.value is None else str(f.value)}
                for f in self.formulas
            ],
            "cells": [c.as_dict() for c in self.cells],
        }


def read_ledger(project: Project, round_: int, *, report: str, version: str) -> Ledger:
    """What a version prints. Raises UserError when it was not built."""
    if report not in project.reports:
        raise UserError(
            f"there is no report '{report}'",
            allowed=", ".join(f"{r}:T1.r1.c1" for r in project.reports),
        )
    path = project.ledger(round_, report, version)
    if not is_there(path):
        raise UserError(
            f"the {version} version of {report} was not built in round {round_}",
            where=str(path),
            do=f"run 'make report REPORT={report} VERSION={version} ROUND={round_}' first",
        )
    return Ledger(report, parse_ledger(read_bytes(path), path))


def explain_reference(
    project: Project, contracts: Contracts, *, round_: int, reference: str, version: str
) -> ExplainedNumber | Listed:
    """Explain a printed number, or list what a reference stands for. Raises UserError
    that names near references.
    """
    report = reference.strip().partition(":")[0]
    found = read_ledger(project, round_, report=report, version=version).find(reference)
    if isinstance(found, Listed):
        return found
    with Cabinet(project, contracts, round_=round_) as cabinet:
        return Explainer(cabinet, report, version=version).explain(found)


class Explainer:
    """Explains many numbers of one version."""

    def __init__(self, cabinet: Cabinet, report: str, *, version: str) -> None:
        self.cabinet, self.version = cabinet, version
        path = cabinet.project.store(cabinet.round_, report, version)
        self.store = Printing(path, cabinet.contracts, report=report, version=version)

    def explain(self, printed: Printed) -> ExplainedNumber:
        if not printed.behind:
            return ExplainedNumber(printed, self.version, (), ())
        behind = [r for text in printed.behind for r in operands_of(self.store, text)]
        keys = dict.fromkeys(k for r in behind for k in keys_of(r))
        cells = {key: self.cabinet.evidence(key) for key in keys}
        formulas = tuple(
            self._ask(r) if is_of_the_version(r) else _work_out(r, cells)
            for r in dict.fromkeys(behind)
            if "(" in r
        )
        return ExplainedNumber(printed, self.version, formulas, tuple(cells.values()))

    def _ask(self, reference: str) -> Worked:
        """A figure about the version as a whole: the query that gives it, asked once
        more.
        """
        name = reference.partition("(")[2].removesuffix(")")
        if reference.startswith(f"{ANSWERED}("):
            told = f"tables of the return that {name} answered = {answered(self.store, name)}"
            return Worked(reference, told, None)
        if reference.startswith("case("):
            return _told_of_case(self.store, reference, name)
        said = answer(self.store, self.cabinet.project.root, name=name)
        return Worked(
            reference, f"sql/quality/{name}.sql over the store of the version = {said}", None
        )


def _told_of_case(store: Printing, reference: str, name: str) -> Worked:
    """In which file and line of the register of cases a number or a date stands."""
    id_, _, fact = name.partition(" ")
    (told,) = (f for f in store.case_facts if (f.case_id, f.name) == (id_, fact))
    (case,) = (c for c in store.cases if c.case_id == id_)
    unit = f" {told.unit}" if told.unit else ""
    where = f"returns/{case.file} line {told.line}"
    return Worked(reference, f"{where}, {told.what} = {fact_text(told)}{unit}", told.value)


def _work_out(reference: str, cells: dict[str, Evidence]) -> Worked:
    """A formula worked out from the exact values of its cells, without looking at what
    was printed.
    """
    name, _, inside = reference.removesuffix(")").partition("(")
    first, _, rest = inside.partition(", ")
    if name in _SIGNS:
        return _added(
            reference,
            [operands.split(" + ") for operands in inside.split(", ")],
            signs=_SIGNS[name],
            cells=cells,
        )
    if name in READINGS:
        groups = [[cells[k].cell.value for k in group.split(" + ")] for group in inside.split(", ")]
        return Worked(reference, *score_steps(name, groups))
    if name == "undrawn":
        return Worked(reference, "left out of the drawing", None)
    if name == "tenths":
        return _of_ten(reference, first, parts=rest.split(", "), cells=cells)
    if name in ("middle", "between", "answers"):
        told = {
            "answers": "how many states chose each word, and how many did not judge",
            "middle": "the middle of the answers in their order",
            "between": "the outermost answers",
        }
        return Worked(reference, told[name], None)
    if name == "coverage":
        return Worked(reference, f"states counted: {cells[first].cell.coverage or 'none'}", None)
    top = cells[first].cell.value
    base = [cells[k].cell.value for k in rest.split(" + ")]
    known = [b for b in base if b is not None]
    if top is None or len(known) != len(base) or not sum(known):
        return Worked(reference, "an operand has no value", None)
    below = f"({' + '.join(map(figure, known))})" if len(known) > 1 else figure(known[0])
    total = sum(known, Decimal(0))
    if name == "change":
        exact = (top - total) / total * 100
        steps = f"({figure(top)} - {below}) / {below} x 100"
    else:
        exact = top / total * _PER[name]
        steps = f"{figure(top)} / {below} x {_PER[name]:,}"
    value = exact.quantize(Decimal(_PLACES[name]), ROUND_HALF_UP)
    if name == "change":
        value = rounded(value, percent_places(value))
    return Worked(reference, f"{steps} = {value}", value)


# of the operands of formulas that only add
_SIGNS = {
    "sum": "+",
    "difference": "+-",
    "instead": "+-+",
}


def _of_ten(reference: str, own: str, *, parts: list[str], cells: dict[str, Evidence]) -> Worked:
    """A part in tenths, before it was rounded so that all parts make ten."""
    sums = {part: _added(part, [part.split(" + ")], signs="+", cells=cells).value for part in parts}
    known = [value for value in sums.values() if value is not None]
    top = sums.get(own)
    if top is None or len(known) < len(sums) or not sum(known):
        return Worked(reference, "an operand has no value", None)
    exact = top * 10 / sum(known, Decimal(0))
    said = f"{figure(top)} / ({' + '.join(map(figure, known))}) x 10 = {exact:.2f}"
    return Worked(reference, f"{said}; the parts are rounded to ten together", exact)


def _added(
    reference: str, operands: list[list[str]], *, signs: str, cells: dict[str, Evidence]
) -> Worked:
    value = Decimal(0)
    steps = ""
    for sign, keys in zip(signs, operands, strict=True):
        for key in keys:
            own = cells[key].cell.value
            if own is None:
                return Worked(reference, "an operand has no value", None)
            value += own if sign == "+" else -own
            steps += f" {sign} {figure(own)}" if steps else figure(own)
    return Worked(reference, f"{steps} = {figure(value)}", value)


def lines(found: ExplainedNumber | Listed) -> Iterator[str]:
    """For the terminal."""
    if isinstance(found, Listed):
        yield f"{found.ref}  {found.where}"
        width = max((len(ref) for ref, _ in found.lines), default=0)
        yield from (f"  {ref:<{width}}  {said}" for ref, said in found.lines)
        return
    yield f"{found.printed.ref}  {found.printed.where}"
    yield f"  printed in the {found.version} version: {found.printed.text or 'nothing'}"
    yield from (f"  {note}" for note in found.printed.footnotes)
    if not found.printed.behind:
        yield "  it is no figure: no cell stands behind it"
    for worked in found.formulas:
        yield f"  {worked.formula}: {worked.steps}"
    for evidence in found.cells:
        yield ""
        yield from texts(evidence)


def explain_key(project: Project, contracts: Contracts, *, round_: int, key: str) -> Evidence:
    """All that is known of a cell. Raises UserError where the key does not exist or the
    round was not built.
    """
    parsed = Key.parse(key)
    with Cabinet(project, contracts, round_=round_) as cabinet:
        return cabinet.evidence(str(parsed))
