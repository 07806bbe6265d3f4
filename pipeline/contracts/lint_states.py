"""Is everything there that a member state needs? Population, spellings, border
sections, citizenship, a place in tables by state, outline, consent.

Checked for every state that is a member in the last year of the reference population,
or becomes one later.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from pipeline.contracts.codelists import Code
from pipeline.contracts.lists import read_list
from pipeline.contracts.model import Contracts
from pipeline.contracts.policy import Policy
from pipeline.contracts.population import load_population
from pipeline.project import Project

PAGE = "docs/how-to/add-a-state.md"
_MEMBERS, _GROUP = "SELEC", "G_SEL"


def lint_states(project: Project, contracts: Contracts) -> Iterator[str]:
    """Every thing that a member state lacks: in which file, what is missing, what to
    do.
    """
    population = {(p.state, p.year) for p in load_population(project.codelists)}
    last = max((year for _, year in population), default=0)
    window = min(contract.window_years for contract in contracts)
    members = current_members(contracts, last)
    aliases = _aliases(project.codelists / "aliases" / "states.csv")
    outlines = _outlines(project.templates / "shared" / "region.json")
    for state in members:
        yield from _facts(state)
        missing = [
            str(y)
            for y in range(last - window + 1, last + 1)
            if state.valid_in(y) and (state.code, y) not in population
        ]
        if missing:
            yield _told(
                "population.csv",
                f"no population of {state.code} in {', '.join(missing)}",
                do="add a row for each of these years, with its source; rates need them",
            )
        if aliases.get(state.extra.get("iso3", "")) != state.code:
            yield _told(
                "aliases/states.csv",
                f"no spelling leads to {state.code} from its code of three letters",
                do="add the spellings that publishers and states use for it, among them that code",
            )
        if not any(
            state.code in s.extra.get("states", "").split()
            for s in contracts.codelist("border_section")
        ):
            yield _told(
                "border_section.csv",
                f"no section names {state.code} among its states",
                do=f"add {state.code} to the column 'states' of every border that it has",
            )
        yield from _citizenship(contracts, state)
        yield from _left_out(contracts, state)
        if state.code not in outlines:
            yield (
                f"templates/shared/region.json: no outline of {state.code}; add its number to CODES"
                " of tools/outline_region.py and make the outlines anew, as its first lines say"
                f" ({PAGE})"
            )


def current_members(contracts: Contracts, year: int) -> list[Code]:
    """The states that are members in a year or become members after it."""
    return [
        s
        for s in contracts.codelist("states")
        if s.parent == _MEMBERS and s.valid_to >= max(year, s.valid_from)
    ]


def without_consent(contracts: Contracts, policy: Policy) -> Iterator[str]:
    """A version that needs consent and the members that did not give it: that may be
    right, and is said.
    """
    given = {(version, state) for version, states, _ in policy.consents for state in states}
    last = max(p.year for p in load_population(contracts.codelists))
    members = [m.code for m in current_members(contracts, last)]
    for version in (v for v in policy.versions.values() if v.needs_consent):
        if missing := [code for code in members if (version.name, code) not in given]:
            yield (
                f"consents: the {version.name} version leaves out {', '.join(missing)}, who did not"
                " agree to it"
            )


def _told(file: str, what: str, *, do: str) -> str:
    return f"data_contracts/codelists/{file}: {what}; {do} ({PAGE})"


def _facts(state: Code) -> Iterator[str]:
    for column in ("official_name", "iso3", "eu"):
        if not state.extra.get(column, "").strip():
            yield _told("states.csv", f"{state.code} has no {column}", do="fill in the column")


def _citizenship(contracts: Contracts, state: Code) -> Iterator[str]:
    listed = contracts.codelist("citizenship")
    if state.code not in listed:
        yield _told(
            "citizenship.csv", f"no citizenship {state.code}", do=f"add the line of {state.label}"
        )
    elif _GROUP in listed and listed[state.code].parent != _GROUP:
        yield _told(
            "citizenship.csv",
            f"the citizenship {state.code} stands in {listed[state.code].parent}",
            do=f"give it the parent {_GROUP}, which holds the citizens of member states",
        )


def _left_out(contracts: Contracts, state: Code) -> Iterator[str]:
    """Tables that name states as a dimension take their codes from a list of their own in
    the contract: no member may be missing there, for its figures could not be written.
    """
    for contract in contracts:
        for table in contract.tables:
            for dimension in table.dimensions:
                if dimension.codelist.name == "states" and state not in dimension.codes:
                    yield (
                        f"data_contracts/{contract.path.name}: {table.name} does not list"
                        f" {state.code} as its {dimension.name}; add {{value: {state.code}}} to"
                        f" the enum of {dimension.name} ({PAGE})"
                    )


def _aliases(path: Path) -> dict[str, str]:
    return {
        line["alias"]: line["code"]
        for line in read_list(path, ("alias", "code"), keys=("alias", "code"))
    }


def _outlines(path: Path) -> set[str]:
    return set(json.loads(path.read_text(encoding="utf-8"))["shapes"])
