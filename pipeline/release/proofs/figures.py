"""What will be printed of a state, in each version? Its own figures, and no other's.

From what was built: the list of printed cells beside each master, what a protected
version gives away as data, and the ledger of what is printed where. A figure worked out
from those of several states is none of one state, and only counted.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from pipeline.cells import OBS_LABEL, REGIONS, Cell, Key, is_outside, printed_decimals
from pipeline.contracts.layout import CENTER
from pipeline.contracts.model import Contracts
from pipeline.contracts.operations import load_operations
from pipeline.contracts.policy import load_policy
from pipeline.errors import UserError
from pipeline.inspection.explain.printed import read_ledger
from pipeline.project import Project
from pipeline.report.document.order import ANNEX
from pipeline.report.ledger import keys_of
from pipeline.report.numbers import cell_text, number_text
from pipeline.report.questions import named
from pipeline.report.store import Store
from pipeline.system.kept import is_there

HIDDEN, ABSENT = "hidden", "not printed"
How = Literal["printed", "data", "hidden", "absent"]


@dataclass(frozen=True)
class Shown:
    """How a version shows a figure: its text, and the first place where it stands."""

    how: How
    text: str
    ref: str = ""

    @property
    def is_there(self) -> bool:
        """Whether anything stands there for a reader."""
        return self.how in ("printed", "data")

    @property
    def is_figure(self) -> bool:
        """Whether a number is printed, or that there is one: not that there is none."""
        return self.how == "printed" and self.text not in (":", "–")

    def __str__(self) -> str:
        return f"{self.text} (data files)" if self.how == "data" else self.text


@dataclass(frozen=True)
class Worked:
    """A figure that is worked out from figures of one state, as a version prints it."""

    formula: str
    text: str
    ref: str


@dataclass(frozen=True)
class OfState:
    """All that a version shows of a state: figures by key, and what is worked out from
    them. `others` counts figures that are worked out with those of others.
    """

    shown: Mapping[str, Shown]
    worked: tuple[Worked, ...]
    others: int

    @property
    def fingerprint(self) -> str:
        """One hash over all that is shown; places do not count, nor what is hidden."""
        lines = [
            f"{key} {shown.how} {shown.text}\n"
            for key, shown in sorted(self.shown.items())
            if shown.how != "hidden"
        ]
        lines += sorted(f"{worked.formula} {worked.text}\n" for worked in self.worked)
        return hashlib.sha256("".join(lines).encode()).hexdigest()


@dataclass
class _Gathered:
    shown: dict[str, Shown] = field(default_factory=dict)
    worked: list[Worked] = field(default_factory=list)
    others: int = 0


class VersionFigures:
    """What one version of a report shows of each state. Raises UserError where it was not
    built, DamagedFileError where it is not what was left.
    """

    def __init__(
        self, project: Project, contracts: Contracts, *, round_: int, report: str, version: str
    ) -> None:
        where = round_, report, version
        path = project.master_folder(*where) / ANNEX
        if not is_there(path):
            raise UserError(
                f"the {version} version of {report} was not built in round {round_}",
                where=str(path),
                do=f"run 'make report REPORT={report} VERSION={version} ROUND={round_}' first",
            )
        self.report, self.version = report, version
        self.store = Store(project.store(*where), contracts, report=report, version=version)
        self.protected = load_policy(project.contracts, contracts).version(version).protected
        lines = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")))
        self.printed = {line["key"] for line in lines}
        self._gathered: dict[str, _Gathered] = {}
        self._gather(project, round_)

    def of_state(self, state: str) -> OfState:
        """What it shows of a state."""
        found = self._gathered.get(state, _Gathered())
        return OfState(found.shown, tuple(found.worked), found.others)

    def states(self) -> list[str]:
        """The states of which it shows a figure."""
        return sorted(self._gathered)

    def _gather(self, project: Project, round_: int) -> None:
        ledger = read_ledger(project, round_, report=self.report, version=self.version)
        places: dict[str, str] = {}
        formulas: dict[tuple[str, str], str] = {}  # with their text, and where it stands first
        for number in ledger.numbers():
            for behind in number.behind:
                keys = keys_of(behind)
                if keys == [behind]:
                    places.setdefault(behind, number.ref)
                elif keys:
                    formulas.setdefault((behind, number.text), number.ref)
        for cell in self.store.every_cell():
            if _is_of_a_state(cell.key):
                key = str(cell.key)
                if shown := self._shown(cell, places.get(key, "")):
                    self._of(cell.key.state).shown[key] = shown
        # a printed cell that the store does not hold was never reported
        for key in sorted(self.printed - {k for f in self._gathered.values() for k in f.shown}):
            parsed = Key.parse(key)
            if _is_of_a_state(parsed) and parsed.state in self._gathered:
                text = cell_text(self.store.cell(parsed))
                self._of(parsed.state).shown[key] = Shown("printed", text, places.get(key, ""))
        for (formula, text), ref in formulas.items():
            states = {Key.parse(key).state for key in keys_of(formula)}
            if len(states) == 1 and states <= self._gathered.keys():
                self._of(*states).worked.append(Worked(formula, text, ref))
                continue
            for state in states & self._gathered.keys():
                self._of(state).others += 1

    def _of(self, state: str) -> _Gathered:
        return self._gathered.setdefault(state, _Gathered())

    def _shown(self, cell: Cell, ref: str) -> Shown | None:
        """How a cell is shown; None where it is neither printed nor given away."""
        is_printed = str(cell.key) in self.printed
        if cell.withheld:
            return Shown("hidden", HIDDEN, ref)
        if is_printed:
            return Shown("printed", cell_text(cell), ref)
        if self.protected and cell.has_value:
            return Shown("data", cell_text(cell))
        return None


def _is_of_a_state(key: Key) -> bool:
    """Whether a figure is one that a state reported: not of the region, of the Center or
    of others.
    """
    return key.state not in (*REGIONS, CENTER) and not is_outside(key.cube)


# --- a sheet


@dataclass(frozen=True)
class SheetFigure:
    """A figure of a state beside that of the year before, and how each version shows it.
    `marks` say what is doubtful, `restated` what an earlier round had in its place.
    """

    key: str
    table: str
    label: str
    unit: str
    year: int
    shown: Mapping[str, Shown]
    before: str
    change: str
    marks: str
    restated: str

    @property
    def is_reported(self) -> bool:
        """Whether there is a figure, or one that is hidden, in any version."""
        return any(s.how in ("hidden", "data") or s.is_figure for s in self.shown.values())

    @property
    def ref(self) -> str:
        return next((s.ref for s in self.shown.values() if s.ref), "")

    @property
    def hidden_in(self) -> tuple[str, ...]:
        return tuple(version for version, s in self.shown.items() if s.how == "hidden")


def figures_of(state: str, versions: Iterable[VersionFigures], *, round_: int) -> list[SheetFigure]:
    """The figures of a state in a report, by table, series and year; none that no version
    shows. The first of the versions is the one that shows most: from it come the year
    before and the marks.
    """
    versions = list(versions)
    first = versions[0].store
    by_version = {v.version: v.of_state(state).shown for v in versions}
    keys = {key for of in by_version.values() for key, shown in of.items() if shown.is_there}
    restated = {r.key: r for r in first.revisions if r.state == state}
    found = []
    for key in sorted(map(Key.parse, keys), key=lambda k: _order(first, k)):
        told = str(key)
        cell = first.cell(key)
        before = first.cell(key.at(year=key.year - 1)) if key.year > first.years[0] else None
        shown = {v: by.get(told, Shown("absent", ABSENT)) for v, by in by_version.items()}
        revision = restated.get(told)
        found.append(
            SheetFigure(
                told,
                first.table(key.cube).title,
                named(first, key),
                cell.unit,
                key.year,
                shown,
                cell_text(before) if before else "",
                _change(before, cell) if before else "",
                _marks(cell, round_),
                f"{revision.old_raw} in round {revision.old_round}" if revision else "",
            )
        )
    return found


def _order(store: Store, key: Key) -> tuple[int, tuple[str, ...], int]:
    names = [table.name for table in store.contracts.every_table]
    return names.index(key.cube), key.codes[2:], key.year


def _change(before: Cell, now: Cell) -> str:
    if before.value is None or now.value is None:
        return ""
    difference = Decimal(now.value - before.value)
    text = number_text(difference, printed_decimals(difference, now.unit))
    return f"+{text}" if difference > 0 else text


def _marks(cell: Cell, round_: int) -> str:
    words = {"i": "in question", "q": "queried", "v": "of an earlier round"}
    found = [words[mark] for mark in cell.doubts(round_).split()]
    if cell.has_value and cell.obs_status != "A":
        found.append(OBS_LABEL[cell.obs_status])
    return ", ".join(found)


def version_names(project: Project, contracts: Contracts) -> Iterator[str]:
    """The versions that a run builds, those that show most first: a state confirms what is
    to be released, and a version that nobody builds is not.
    """
    policy = load_policy(project.contracts, contracts)
    rules = [policy.version(name) for name in load_operations(project.contracts, policy).versions]
    yield from (rule.name for rule in sorted(rules, key=lambda r: (r.protected, r.name)))
