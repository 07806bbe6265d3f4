"""What does a round still need before its returns can be asked for and counted? Figures
of population, codes that are valid in its year, days in the calendar.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.contracts.calendar import CALENDAR, PAGE, Dates
from pipeline.contracts.layout import respondents, tables_for
from pipeline.contracts.model import Contracts
from pipeline.contracts.population import FILE as POPULATION
from pipeline.contracts.population import load_population


@dataclass(frozen=True)
class Need:
    """Something that is missing: where, what, and what to do about it."""

    where: str
    what: str
    do: str

    @property
    def line(self) -> str:
        return f"{self.where}: {self.what}; {self.do}"


def needs_of(contracts: Contracts, entries: Iterable[Dates], *, round_: int) -> list[Need]:
    """What a round still needs, as far as contracts, lists and calendar can tell."""
    return [
        *_days(contracts, entries, round_=round_),
        *_population(contracts, round_),
        *_codes(contracts, round_),
    ]


def _days(contracts: Contracts, entries: Iterable[Dates], *, round_: int) -> Iterator[Need]:
    entered = {dates.report for dates in entries if dates.round == round_}
    missing = [c.report for c in contracts if c.report not in entered]
    if missing:
        yield Need(
            f"data_contracts/{CALENDAR}",
            f"round {round_} has no days for {', '.join(missing)}",
            f"enter them ({PAGE}) and open the round again: letters name the day then",
        )


def _population(contracts: Contracts, round_: int) -> Iterator[Need]:
    known = {p.state for p in load_population(contracts.codelists) if p.year == round_}
    if missing := [m.code for m in contracts.members(round_) if m.code not in known]:
        yield Need(
            f"data_contracts/codelists/{POPULATION}",
            f"there is no population of {round_} for {', '.join(missing)}",
            "add it with its source before the round is built: rates need it",
        )


def _codes(contracts: Contracts, round_: int) -> Iterator[Need]:
    """Dimensions of which nothing is valid in the year, and tables that a state cannot
    fill in because of it.
    """
    if not contracts.members(round_):
        yield Need(
            "data_contracts/codelists/states.csv",
            f"no state is a member in {round_}",
            "correct the years of membership",
        )
    wrong: dict[tuple[str, str], list[str]] = {}
    for contract in contracts:
        for state in respondents(contracts, contract.report, round_=round_):
            for table in tables_for(contract, state, round_=round_):
                for dimension in table.dimensions:
                    if not dimension.codes_for(state, range(round_, round_ + 1)):
                        place = (dimension.codelist.name, table.name)
                        wrong.setdefault(place, []).append(state)
    for (name, asked), states in wrong.items():
        yield Need(
            f"data_contracts/codelists/{name}.csv",
            f"no code of {asked} is valid in {round_} for {', '.join(states)}",
            "add codes, or the last round of the table to its contract",
        )
