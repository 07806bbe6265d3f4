"""What goes into an audit? Released files, earlier editions, true cells, rules, and
what others published.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path

from pipeline.cells import Key, is_judged
from pipeline.contracts.holders import Holder
from pipeline.contracts.model import Contracts
from pipeline.disclosure.prove.system import Interval
from pipeline.errors import UserError

COLUMNS = ("key", "value", "unit", "obs_status", "conf_status", "coverage", "states")
MARKS = "marks"  # a last column of newer files, of which nothing follows
SUPPRESSED = "Q"
SCORE_DECIMALS = 1  # of half points
LESS = "<5"  # what others publish of a count from 1 to the threshold less one


@dataclass(frozen=True)
class TrueCell:
    """A cell as the marts hold it. One that its sender suppressed (status Q) has no
    number that anybody here knows.
    """

    key: str
    value: Decimal | None
    obs_status: str
    conf_status: str
    origin: str
    part_keys: tuple[str, ...] = ()
    agreed: int = 0  # states that agreed to what a meeting judged, of which nothing is a part

    @property
    def is_suppressed(self) -> bool:
        return self.value is None and self.obs_status == SUPPRESSED

    @property
    def counts(self) -> bool:
        """Whether there is a number, known or suppressed. Otherwise nothing was
        reported.
        """
        return self.value is not None or self.is_suppressed


@dataclass(frozen=True)
class JudgedLine:
    """A line of a released file that tells of judgements."""

    key: str
    value: Decimal | None
    states: tuple[str, ...]


@dataclass(frozen=True)
class ReleasedFile:
    """One report's released cells: numbers by key, the contributors named for regional
    ones, and the keys that have a line at all; None where every cell has one. Lines of
    judgements stand apart.
    """

    name: str
    sha256: str
    shown: Mapping[str, Decimal]
    states: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    keys: frozenset[str] | None = None
    judged: tuple[JudgedLine, ...] = ()

    def names(self, key: str) -> bool:
        """Whether a reader of the file knows that the cell is there."""
        return self.keys is None or key in self.keys


@dataclass(frozen=True)
class EarlierEdition:
    """What was released earlier, and the true cells as they were then."""

    name: str
    released: tuple[ReleasedFile, ...]
    truth: tuple[TrueCell, ...]


@dataclass(frozen=True)
class CubeRules:
    """What holds for one cube: counts from 1 to `threshold` - 1 are sensitive where it
    has small counts; hidden ones must be able to be `highest` or more, and have so many
    possible `values`.
    """

    small_counts: bool
    threshold: int = 5
    highest: int = 4
    values: int = 3
    width_percent: float = 10.0
    suppressed: tuple[int, int] = (0, 4)  # what a count may be that its sender suppressed


@dataclass(frozen=True)
class Rules:
    """The policy as the audit needs it. `is_bound(key, conf_status)`: its sender's
    status hides a cell of any size.
    """

    cubes: Mapping[str, CubeRules]
    is_bound: Callable[[str, str], bool]

    def cube(self, name: str) -> CubeRules:
        return self.cubes.get(name, CubeRules(small_counts=False))


@dataclass(frozen=True)
class Knowledge:
    """Everything an audit of one version of one round reads. `extra`: what others
    published, None for `<5`.
    """

    version: str
    round_: int
    contracts: Contracts
    rules: Rules
    released: tuple[ReleasedFile, ...]
    truth: tuple[TrueCell, ...]
    editions: tuple[EarlierEdition, ...] = ()
    intervals: tuple[Interval, ...] = ()
    extra: Mapping[str, Decimal | None] = field(default_factory=dict)
    day: str = ""  # by which embargoes are judged
    # policy, contracts and code lists, and their digests
    rules_files: Mapping[str, str] = field(default_factory=dict)
    time_limit: float = 600.0
    judged: Mapping[str, TrueCell] = field(default_factory=dict)  # what experts judged, truly
    holders: tuple[Holder, ...] = ()  # against whom it is proven one by one


def read_released(path: Path) -> ReleasedFile:
    """Read one released file. Raises UserError with file and line."""
    try:
        data = path.read_bytes()
        rows = list(csv.reader(data.decode("utf-8").splitlines()))
    except (OSError, UnicodeDecodeError) as problem:
        raise UserError(
            f"the released file cannot be read: {problem}", where=str(path)
        ) from problem
    if not rows or tuple(rows[0]) not in (COLUMNS, (*COLUMNS, MARKS)):
        raise UserError(
            "the first line does not name the columns", where=str(path), allowed=",".join(COLUMNS)
        )
    shown: dict[str, Decimal] = {}
    states: dict[str, tuple[str, ...]] = {}
    seen: set[str] = set()
    judged: list[JudgedLine] = []
    for line, row in enumerate(rows[1:], 2):
        where = f"{path} line {line}"
        if len(row) != len(rows[0]):
            raise UserError(f"there are {len(row)} columns", where=where, allowed=str(len(rows[0])))
        key = row[0]
        cube = Key.parse(key).cube
        if key in seen:
            raise UserError(f"{key} stands twice", where=where)
        seen.add(key)
        if is_judged(cube):
            value = read_number(row[1], where) if row[1] else None
            judged.append(JudgedLine(key, value, tuple(row[6].split())))
            continue
        if row[1]:
            shown[key] = read_number(row[1], where)
        if row[6]:
            states[key] = tuple(row[6].split())
    counted = frozenset(seen) - {line.key for line in judged}
    digest = hashlib.sha256(data).hexdigest()
    return ReleasedFile(path.name, digest, shown, states, counted, tuple(judged))


def read_number(text: str, where: str) -> Decimal:
    """A number of a file. Raises UserError."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal(-1)
    if not value.is_finite() or value < 0:
        raise UserError(
            f"'{text}' is not a number of cases", where=where, allowed="digits with a decimal point"
        )
    return value


def join_shown(files: Iterable[ReleasedFile]) -> dict[str, Decimal]:
    """All numbers of the files of one edition. Raises UserError where two files differ
    on a cell.
    """
    shown: dict[str, Decimal] = {}
    for file in files:
        for key, value in file.shown.items():
            if shown.setdefault(key, value) != value:
                raise UserError(
                    f"{key} is {value} here and {shown[key]} in another file of the release",
                    where=file.name,
                    do="build all reports of the round from the same marts",
                )
    return shown


def unit_of(contracts: Contracts, cube: str) -> int:
    """How many whole steps make one: cubes with three decimals are counted in
    thousandths, scores of others in tenths.
    """
    decimals = {t.name: t.decimals for t in contracts.tables}
    decimals |= {c.name: SCORE_DECIMALS for c in contracts.outside if c.scores}
    return int(10 ** decimals.get(cube, 0))


def to_steps(key: str, value: Decimal, *, unit: int) -> int:
    """A value in whole steps. Raises UserError when it is finer than its cube's
    decimals.
    """
    steps = value * unit
    if steps != steps.to_integral_value() or steps < 0:
        raise UserError(f"{key} is {value}", allowed=f"not negative, in steps of 1/{unit}")
    return int(steps)
