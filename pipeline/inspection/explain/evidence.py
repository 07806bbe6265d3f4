"""What is known of one cell? Its value, the cells that add up to it, their files, SQL,
contract, findings, releases.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from pipeline.cells import BOTH_YEARS, OBS_LABEL, POPULATION_CUBE, REGIONS, Key, is_outside
from pipeline.contracts.model import Contracts
from pipeline.contracts.outside import CONTEXT
from pipeline.findings import Finding
from pipeline.numbers.sql.explain import ORIGINS, Explained, explain
from pipeline.numbers.sql.lineage import models_behind
from pipeline.numbers.sql.marts import open_marts
from pipeline.numbers.sql.staging import place_of_model
from pipeline.project import Project
from pipeline.returns.rules.validated import Validated, read_validation


@dataclass(frozen=True)
class Evidence:
    """One cell with all that stands behind it. `missing` says why there is no value, or
    which states are not in it.
    """

    cell: Explained
    adds_up: str  # `95 + 36 = 131`, empty for a cell without parts
    missing: tuple[str, ...]
    findings: tuple[str, ...]
    models: tuple[str, ...]
    contract: str
    withheld: tuple[tuple[str, str], ...]  # version, and why it does not show the cell

    def as_dict(self) -> dict[str, Any]:
        return {
            **self.cell.as_dict(),
            "adds_up": self.adds_up,
            "missing": list(self.missing),
            "findings": list(self.findings),
            "sql": list(self.models),
            "contract": self.contract,
            "withheld": dict(self.withheld),
        }


class Cabinet:
    """Everything that evidence is taken from, opened once for many cells of a round."""

    def __init__(self, project: Project, contracts: Contracts, *, round_: int) -> None:
        self.project, self.contracts, self.round_ = project, contracts, round_
        self._models: dict[tuple[str, frozenset[str]], tuple[str, ...]] = {}
        self._marts = open_marts(project, round_)

    def __enter__(self) -> Cabinet:
        return self

    def __exit__(self, *_: object) -> None:
        self._marts.close()

    def _walk(self, key: str) -> Explained:
        return explain(
            self.project, self.contracts, round_=self.round_, text=key, marts=self._marts
        )

    def evidence(self, text: str) -> Evidence:
        """Raises UserError where the key does not exist or the round was not built."""
        cell = self._walk(text)
        key = Key.parse(cell.key)
        leaves = list(_leaves(cell))
        origins = frozenset(c.origin for c in _all(cell))
        return Evidence(
            cell,
            _sum(cell),
            tuple(self._missing(key, cell)),
            tuple(line for leaf in leaves for line in self._findings.get(leaf.key, ())),
            self._sql(key.cube, origins),
            self._contract(key.cube),
            tuple(self._withheld(cell.key)),
        )

    def _sql(self, cube: str, origins: frozenset[str]) -> tuple[str, ...]:
        if (cube, origins) not in self._models:
            names = {name for name, said in ORIGINS.items() if said in origins}
            models = models_behind(self.project.sql, cube, origins=names)
            files = tuple(place_of_model(self.project.sql, name) for name in models)
            self._models[cube, origins] = files
        return self._models[cube, origins]

    def _contract(self, cube: str) -> str:
        if cube == POPULATION_CUBE:
            return "data_contracts/codelists/population.csv"
        if is_outside(cube):
            return f"data_contracts/{CONTEXT}, cube {cube}"
        table = self.contracts.table(cube)
        return (
            f"data_contracts/{table.report}.odcs.yaml, table {table.name}, property value"
            f" ({table.measure})"
        )

    # --- what is not there

    def _missing(self, key: Key, cell: Explained) -> Iterator[str]:
        """Why a state's cell has no value, or which member states are not in a regional
        sum and why.
        """
        if is_outside(key.cube):
            return
        if key.state not in REGIONS:
            if cell.value is None:
                yield self._why(key, cell)
            return
        counted = {Key.parse(part.key).state for part in cell.parts}
        for member in self.contracts.members(key.year):
            if member.code not in counted:
                own = key.at(state=member.code)
                found = self._walk(str(own))
                why = self._why(own, found) if found.value is None else _why_not_counted(key, found)
                yield f"{member.label} is not in it: {why}"

    def _why(self, key: Key, cell: Explained) -> str:
        left_out = self._left_out.get(str(key))
        if left_out:
            place = f"{left_out.file}, {left_out.sheet} {left_out.cell}"
            return f"left out, '{left_out.found}' stands in {place}: {left_out.remark}"
        table = self.contracts.table(key.cube)
        if (key.state, table.report, key.cube) in self._refused:
            return "the table was refused; see the findings of the state"
        return cell.status or OBS_LABEL["O"]

    @cached_property
    def _validated(self) -> Validated:
        return read_validation(self.project, self.round_)

    @property
    def _refused(self) -> frozenset[tuple[str, str, str]]:
        return self._validated.refused

    @cached_property
    def _left_out(self) -> dict[str, Finding]:
        """The figures that the register of known errors keeps out, by key."""
        from pipeline.contracts.known_errors import load_known_errors

        entries = {e.id: e for e in load_known_errors(self.contracts.folder, self.contracts)}
        return {
            f.key: f
            for f in self._validated.findings
            if f.key and f.known in entries and entries[f.known].effect == "leave-out"
        }

    @cached_property
    def _findings(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for f in self._validated.findings:
            if f.key:
                said = f"{f.severity} {f.rule}: found {f.found}, allowed {f.allowed}"
                said += f"; {f.remark}" if f.remark else ""
                found.setdefault(f.key, []).append(f"{f.key}: {said}")
        return found

    @cached_property
    def _hidden(self) -> dict[str, dict[str, str]]:
        """By version the withheld cells with the reason that was written when they were
        chosen.
        """
        found = {}
        for path in sorted(self.project.proof(self.round_).glob("*.withheld.csv")):
            with path.open(encoding="utf-8", newline="") as file:
                found[path.name.split(".")[0]] = {
                    row["key"]: _reason(row) for row in csv.DictReader(file)
                }
        return found

    def _withheld(self, key: str) -> Iterator[tuple[str, str]]:
        for version, hidden in self._hidden.items():
            if key in hidden:
                yield version, hidden[key]


def _why_not_counted(region: Key, own: Explained) -> str:
    """Why a state with a figure is not in a sum over states."""
    if own.contradicts:
        return (
            f"its figure {figure(own.value) if own.value is not None else ''} does not count,"
            f" {own.contradicts[0]}"
        )
    if region.state == BOTH_YEARS:
        return "it did not report both years, or there is a break between them"
    return "it did not report every year of the window"


def _reason(row: dict[str, str]) -> str:
    return f"{row['reason']}: {row['protects']}" if row["protects"] else row["reason"]


def _all(cell: Explained) -> Iterator[Explained]:
    yield cell
    for part in cell.parts:
        yield from _all(part)


def _leaves(cell: Explained) -> Iterator[Explained]:
    return (c for c in _all(cell) if not c.parts)


def _sum(cell: Explained) -> str:
    """The sum over the parts, written out; it says so where it is another one than the
    value.
    """
    if not cell.parts:
        return ""
    values = [part.value for part in cell.parts if part.value is not None]
    total = sum(values, Decimal(0))
    said = f"{' + '.join(map(figure, values))} = {figure(total)}"
    if total == cell.value:
        return said
    return f"{said}, which is not {'nothing' if cell.value is None else figure(cell.value)}"


def figure(value: Decimal) -> str:
    return f"{value.normalize() + 0:,f}"


def texts(evidence: Evidence) -> Iterator[str]:
    """The evidence as lines of text."""
    from pipeline.numbers.sql.explain import lines

    yield from lines(evidence.cell)
    if evidence.adds_up:
        yield f"  adds up: {evidence.adds_up}"
    for what, said in (("missing", evidence.missing), ("finding", evidence.findings)):
        yield from (f"  {what}: {line}" for line in said)
    for version, why in evidence.withheld:
        reason, _, protected = why.partition(": ")
        named = protected.split(" ")
        more = f" and {len(named) - 3} more" if len(named) > 3 else ""
        yield (
            f"  withheld from the {version} version:"
            f" {reason}{' ' + ', '.join(named[:3]) if protected else ''}{more}"
        )
    yield f"  SQL: {' -> '.join(evidence.models)}"
    yield f"  contract: {evidence.contract}"
