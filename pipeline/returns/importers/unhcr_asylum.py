"""What did UNHCR publish on asylum? Applications and grants of protection by country of
origin, added up for the migration return.

The publisher has one row for each country of origin, authority, stage and unit. Only
persons are taken, never cases; and only the first instance, because a repeated
application, an appeal or a review counts the same person again. Of two authorities the
state comes before UNHCR. A figure under 5 is published as 5: how many of a sum are, its
note says.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.cells import Key
from pipeline.contracts.model import Contracts
from pipeline.contracts.sources import NOT_STATED
from pipeline.returns.importers.figures import (
    Columns,
    Gathering,
    Reading,
    Source,
    own_rows,
    with_anchored,
)
from pipeline.returns.importers.sheets import PublishedRow, read_published
from pipeline.returns.importers.values import Number

TABLE = "MIG_ASYLUM"
TITLE = "Refugee Data Finder, asylum applications and decisions"
ESTIMATED, OTHERWISE_DEFINED = "E", "D"
LEAST = "5"  # what the publisher writes for 1 to 5


@dataclass(frozen=True)
class _Heads:
    """The heads of one form of a table: what a row is of, and the figures that a step of
    the return is the sum of.
    """

    year: str
    asylum: str
    origin: str
    authority: str
    stage: str
    unit: str
    figures: tuple[str, ...]
    kind: str = ""  # new or repeated; decisions have none

    @property
    def all(self) -> tuple[str, ...]:
        kind = (self.kind,) if self.kind else ()
        return (
            self.year,
            self.asylum,
            self.origin,
            self.authority,
            self.stage,
            self.unit,
            *kind,
            *self.figures,
        )


# The service has each table under the names of its interface, and under those of the page
# from which it is downloaded.
_SERVICE = ("year", "coa_iso", "coo_iso", "procedure_type", "dec_level")
_PAGE = (
    "Year",
    "Country of asylum (ISO)",
    "Country of origin (ISO)",
    "Authority",
    "Stage of procedure",
)
FORMS = {
    "applications": _Heads(*_SERVICE, "app_pc", ("applied",), "app_type"),
    "applications of the page": _Heads(*_PAGE, "Cases / Persons", ("applied",), "Application type"),
    "decisions": _Heads(*_SERVICE, "dec_pc", ("dec_recognized", "dec_other")),
    "decisions of the page": _Heads(
        *_PAGE, "Cases / Persons", ("Recognized decisions", "Complementary protection")
    ),
}
STEPS = {"applications": "APPL", "decisions": "GRANT"}
PERSONS, CASES = "p", "c"
# In the order in which they are taken where a state and year has several of them.
AUTHORITIES = {
    "g": "",
    "j": "counted by the state and UNHCR together (J)",
    "u": "counted by UNHCR, not by the state (U)",
}
STAGES = {"fi": "", "fa": "first instance and appeal in one figure (FA)"}
KINDS = {"n": "", "nr": "new and repeated applications in one figure (NR)", "": ""}
REPEATED = "r"


@dataclass(frozen=True)
class _Claim:
    """A row of persons at the first instance. `choice` names authority, stage and kind;
    the least of a cell is taken.
    """

    row: PublishedRow
    origin: str
    choice: tuple[int, int, int]
    number: Number
    least: int  # how many of its figures stand for 1 to 5
    differs: tuple[str, ...]  # what it is beside what the return asks for

    @property
    def what(self) -> str:
        return f"{self.origin} {self.number.raw}"


@dataclass
class _Cell:
    """All rows of one cell, and whether cases stand where no persons do."""

    claims: list[_Claim] = field(default_factory=list)
    cases: bool = False


def read(path: Path, contracts: Contracts, round_: int) -> Reading:
    """Read applications or decisions for the years of a round. Raises UserError when the
    file holds neither.
    """
    published = read_published(
        path, {name: heads.all for name, heads in FORMS.items()}, contracts=contracts
    )
    reading = _gather(Gathering(contracts, round_, published))
    return with_anchored(
        reading,
        contracts,
        read_again=lambda scope: _gather(Gathering(contracts, round_, published, scope=scope)),
    )


def _gather(gathering: Gathering) -> Reading:
    heads = FORMS[gathering.published.kind]
    step = STEPS[gathering.published.kind.split()[0]]
    labels = tuple(h for h in heads.all if h not in (heads.year, heads.asylum, *heads.figures))
    columns = Columns(heads.asylum, heads.year, labels)
    cells: dict[Key, _Cell] = defaultdict(_Cell)
    for state, year, row in own_rows(gathering, "migration", columns=columns):
        cell = cells[Key(TABLE, (state, year, step))]
        _take_row(row, cell, heads=heads, gathering=gathering)
    notes: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for key, cell in sorted(cells.items()):
        for note in _settle_cell(key, cell, gathering=gathering):
            notes[key.state][note].append(str(key.year))
    _remark(notes, step, gathering=gathering)
    source = Source("unhcr_asylum", "UNHCR", TITLE, NOT_STATED)
    return gathering.settle(source, (TABLE,))


def _take_row(row: PublishedRow, cell: _Cell, *, heads: _Heads, gathering: Gathering) -> None:
    """Put a row into its cell, or skip it by the rule that keeps it out."""
    numbers = [gathering.read(row, head) for head in heads.figures]
    origin = row.text(heads.origin) or "no country"
    kind = row.label(heads.kind) if heads.kind else ""
    authority, stage, unit = (row.label(h) for h in (heads.authority, heads.stage, heads.unit))
    what = row.whole

    def skip(rule: str) -> None:
        gathering.skip(row.where, what, rule=rule)

    if unit != PERSONS:
        cell.cases = cell.cases or unit == CASES
        return skip("cases_not_persons" if unit == CASES else "unit_not_in_list")
    if kind == REPEATED:
        return skip("repeated_application")
    if stage not in STAGES or (kind and kind not in KINDS):
        return skip("not_first_instance")
    if authority not in AUTHORITIES:
        return skip("authority_not_in_list")
    # A stage says nothing of an application, which is lodged once, whoever decides on it.
    said = (AUTHORITIES[authority], "" if heads.kind else STAGES[stage], KINDS[kind])
    choice = (
        list(AUTHORITIES).index(authority),
        list(STAGES).index(stage),
        list(KINDS).index(kind),
    )
    least = sum(n.text == LEAST for n in numbers)
    differs = tuple(filter(None, said))
    cell.claims.append(_Claim(row, origin, choice, _added(numbers), least, differs))
    return None


def _added(numbers: list[Number]) -> Number:
    """The sum of the figures of a row; one that is missing or cannot be read leaves none,
    because a sum without it is not the publisher's.
    """
    raw = " and ".join(n.raw or "a blank" for n in numbers)
    for number in numbers:
        if number.rule or not number.text.isdigit():
            return Number("", raw, number.rule or "cannot_be_added")
    return Number(str(sum(int(n.text) for n in numbers)), raw)


def _settle_cell(key: Key, cell: _Cell, *, gathering: Gathering) -> list[str]:
    """Add the figures of a cell, and give what its note must say."""
    if not cell.claims:
        return ["published in cases, not in persons; left blank"] if cell.cases else []
    first = min(claim.choice for claim in cell.claims)
    taken = [claim for claim in cell.claims if claim.choice == first]
    for claim in cell.claims:
        if claim.choice != first:
            gathering.skip(claim.row.where, f"{key} {claim.what}", rule="another_count_is_taken")
    differs = taken[0].differs
    least = sum({claim.origin: claim.least for claim in taken}.values())
    status = OTHERWISE_DEFINED if differs else ESTIMATED if least else ""
    for claim in taken:
        gathering.add(
            key, claim.number, where=claim.row.where, obs_status=status, part=claim.origin
        )
    origins = len({claim.origin for claim in taken})
    marked = [f"{least} of the figures of {origins} countries of origin are 5, for 1 to 5"]
    return [*differs, *(marked if least else [])]


def _remark(notes: dict[str, dict[str, list[str]]], step: str, *, gathering: Gathering) -> None:
    """What the sums of a state are, on the line of the step, each with its years."""
    for state, said in sorted(notes.items()):
        key = Key(TABLE, (state, str(gathering.round_), step))
        for note, years in said.items():
            gathering.remark(key, f"{', '.join(years)}: {note}")
