"""Which of UNHCR's counts of asylum is taken? Persons at the first instance, one count
of each country and year.

The publisher has one row for each country of origin, authority, stage and unit. Cases
are no persons; a repeated application, an appeal or a review counts the same person
again. Of two authorities the state comes before UNHCR, new applications before those
that hold repeated ones as well. A figure under 5 is published as 5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.returns.importers.sheets import PublishedRow
from pipeline.returns.importers.values import Number

PUBLISHER = "UNHCR"
TITLE = "Refugee Data Finder, asylum applications and decisions"
LEAST = "5"  # what the publisher writes for 1 to 5
OF_CASES = "cases_not_persons"


@dataclass(frozen=True)
class Heads:
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
APPLICATIONS = {
    "applications": Heads(*_SERVICE, "app_pc", ("applied",), "app_type"),
    "applications of the page": Heads(*_PAGE, "Cases / Persons", ("applied",), "Application type"),
}
DECISIONS = {
    "decisions": Heads(*_SERVICE, "dec_pc", ("dec_recognized", "dec_other")),
    "decisions of the page": Heads(
        *_PAGE, "Cases / Persons", ("Recognized decisions", "Complementary protection")
    ),
}
_PERSONS, _CASES = "p", "c"
# In the order in which they are taken where a state and year has several of them.
_AUTHORITIES = {
    "g": "",
    "j": "counted by the state and UNHCR together (J)",
    "u": "counted by UNHCR, not by the state (U)",
}
_STAGES = {"fi": "", "fa": "first instance and appeal in one figure (FA)"}
# Of an application `NA` says that it is a new one: so Germany's were given up to 2020.
_STAGES_OF_APPLICATIONS = {**_STAGES, "na": ""}
_KINDS = {"n": "", "nr": "new and repeated applications in one figure (NR)", "": ""}
_REPEATED = "r"


@dataclass(frozen=True)
class Count:
    """A row of persons at the first instance. `choice` names authority, stage and kind;
    the least of a country and year is taken.
    """

    row: PublishedRow
    origin: str
    choice: tuple[int, int, int]
    number: Number
    least: int  # how many of its figures stand for 1 to 5
    differs: tuple[str, ...]  # what it is beside what a return asks for

    @property
    def what(self) -> str:
        return f"{self.origin} {self.number.raw}"


def count_of(row: PublishedRow, heads: Heads, *, numbers: Sequence[Number]) -> Count | str:
    """What a row counts, with the numbers of its figures; or the rule that keeps it out."""
    kind = row.label(heads.kind) if heads.kind else ""
    authority, stage, unit = (row.label(h) for h in (heads.authority, heads.stage, heads.unit))
    stages = _STAGES_OF_APPLICATIONS if heads.kind else _STAGES
    if unit != _PERSONS:
        return OF_CASES if unit == _CASES else "unit_not_in_list"
    if kind == _REPEATED:
        return "repeated_application"
    if stage not in stages or (kind and kind not in _KINDS):
        return "not_first_instance"
    if authority not in _AUTHORITIES:
        return "authority_not_in_list"
    # A stage says nothing of an application, which is lodged once, whoever decides on it.
    said = (_AUTHORITIES[authority], "" if heads.kind else stages[stage], _KINDS[kind])
    choice = (
        list(_AUTHORITIES).index(authority),
        list(stages).index(stage),
        list(_KINDS).index(kind),
    )
    origin = row.text(heads.origin) or "no country"
    least = sum(n.text == LEAST for n in numbers)
    return Count(row, origin, choice, _added(numbers), least, tuple(filter(None, said)))


def is_new(row: PublishedRow, heads: Heads) -> bool:
    """Whether a row of applications holds new ones, counted this way or another."""
    return row.label(heads.kind) in _KINDS


def chosen(counts: Sequence[Count]) -> list[Count]:
    """The rows that are taken of one country of asylum and year: those of the first
    authority, stage and kind that stand there.
    """
    first = min((count.choice for count in counts), default=None)
    return [count for count in counts if count.choice == first]


def _added(numbers: Sequence[Number]) -> Number:
    """The sum of the figures of a row; one that is missing or cannot be read leaves none,
    because a sum without it is not the publisher's.
    """
    raw = " and ".join(n.raw or "a blank" for n in numbers)
    for number in numbers:
        if number.rule or not number.text.isdigit():
            return Number("", raw, number.rule or "cannot_be_added")
    return Number(str(sum(int(n.text) for n in numbers)), raw)
