"""Which offices of a state send a return in parts, and which tables does each give?

Reads `offices.yaml` beside the contracts and the code list of offices. A state that has
no entry sends one whole return; whoever sends parts all the same is read all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pipeline.contracts.checked_files import read_checked
from pipeline.contracts.codelists import CodeList, fold
from pipeline.contracts.layout import CENTER, respondents, tables_for
from pipeline.contracts.model import Contracts
from pipeline.errors import UserError
from pipeline.system.yaml_files import YamlFile

OFFICES, SCHEMA = "offices.yaml", "offices.schema.json"
FILES = (OFFICES, SCHEMA)
LIST = "office"  # the code list
# What stands in the name of a file for something else, and can be no office.
_TAKEN = ("COVER", "RECORDS", "WITHDRAWN")
PAGE = "docs/how-to/parts.md"

# Office to names of the tables that it gives, in the order of the code list.
Parts = Mapping[str, tuple[str, ...]]
NO_PARTS: Parts = MappingProxyType({})


@dataclass(frozen=True)
class Arrangement:
    """Who gives what of the return of a state to a report, from a round on. Without
    offices the state sends one whole return again.
    """

    state: str
    report: str
    first: int
    parts: Parts


@dataclass(frozen=True)
class Offices:
    """All arrangements that are entered."""

    entries: tuple[Arrangement, ...] = ()

    def of(self, report: str, state: str, *, round_: int) -> Parts:
        """The parts of a return in a round; none where the state sends it whole."""
        known = [
            e for e in self.entries if (e.report, e.state) == (report, state) and e.first <= round_
        ]
        return max(known, key=lambda e: e.first).parts if known else NO_PARTS


def office_list(contracts: Contracts) -> CodeList:
    """The offices that a return may name; none beside contracts of earlier days."""
    if not (contracts.codelists / f"{LIST}.csv").is_file():
        return CodeList(LIST, [])
    return contracts.codelist(LIST)


def office_named(contracts: Contracts, text: str) -> str:
    """The code of an office by its code or label, however it is written; empty where
    there is none. `border-police`, `Border police` and `BORDER_POLICE` are one.
    """
    wanted = _plain(text)
    return next(
        (c.code for c in office_list(contracts) if wanted in (_plain(c.code), _plain(c.label))), ""
    )


def _plain(text: str) -> str:
    return fold(text).replace("-", "_").replace(" ", "_")


def office_label(contracts: Contracts, code: str) -> str:
    """The name of an office for people; its code where no list has it."""
    known = office_list(contracts)
    return known.label(code) if code in known else code


def in_file_name(office: str) -> str:
    """An office as the name of a file has it: `border_police`."""
    return office.lower()


def require_office(contracts: Contracts, text: str) -> str:
    """The code of an office that somebody typed. Raises UserError where there is none."""
    if not (code := office_named(contracts, text)):
        raise UserError(
            f"there is no office '{text[:40]}'",
            allowed=", ".join(in_file_name(c.code) for c in office_list(contracts)),
            do=f"give one of these, or add a line to codelists/{LIST}.csv; see {PAGE}",
        )
    return code


def load_offices(contracts: Contracts) -> Offices:
    """The arrangements beside the contracts; none where there is no such file. Raises
    ContractError with all that is wrong with them, each with its line.
    """
    path = contracts.folder / OFFICES
    if not path.exists():
        return Offices()
    file = read_checked(
        path, path.parent / SCHEMA, wrong=lambda file: _wrong(file, contracts), page=PAGE
    )
    order = [c.code for c in office_list(contracts)]
    return Offices(
        tuple(
            Arrangement(
                entry["state"],
                entry["report"],
                entry["from"],
                MappingProxyType(
                    {o: tuple(entry["offices"][o]) for o in order if o in entry["offices"]}
                ),
            )
            for entry in file.content["parts"]
        )
    )


def _wrong(file: YamlFile, contracts: Contracts) -> Iterator[str]:
    """What a schema cannot see: names that the contracts do not have, an entry that
    stands twice, and tables that nobody would give.
    """
    for code in office_list(contracts):
        if code.code.upper() in _TAKEN or not code.code[0].isalpha():
            yield f"codelists/{LIST}.csv: '{code.code}' would not be told apart in a file name"
    seen = set()
    for number, entry in enumerate(file.content["parts"]):
        at: tuple[str | int, ...] = ("parts", number)
        report, state, first = entry["report"], entry["state"], entry["from"]
        if report not in contracts.by_report:
            known = ", ".join(contracts.by_report)
            yield f"{file.place((*at, 'report'))}: there is no report '{report}', only {known}"
            continue
        asked = [s for s in respondents(contracts, report, round_=first) if s != CENTER]
        if state not in asked:
            yield (
                f"{file.place((*at, 'state'))}: '{state}' is not asked in round {first}, only"
                f" {', '.join(asked)}"
            )
            continue
        if (subject := (state, report, first)) in seen:
            yield f"{file.place(at)}: {state} for {report} from {first} on stands twice"
        seen.add(subject)
        yield from _wrong_tables(file, contracts, entry["offices"], at=at, report=report)
        given = {table for tables in entry["offices"].values() for table in tables}
        contract = contracts.contract(report)
        missing = [t.name for t in tables_for(contract, state, round_=first) if t.name not in given]
        if given and missing:
            yield (
                f"{file.place((*at, 'offices'))}: no office gives {', '.join(missing)}; each table"
                " needs one"
            )


def _wrong_tables(
    file: YamlFile,
    contracts: Contracts,
    offices: Mapping[str, list[str]],
    *,
    at: tuple[str | int, ...],
    report: str,
) -> Iterator[str]:
    listed = office_list(contracts)
    tables = [t.name for t in contracts.contract(report).tables]
    for office, given in offices.items():
        place = (*at, "offices", office)
        if office not in listed:
            known = ", ".join(c.code for c in listed)
            yield f"{file.place(place)}: there is no office '{office}', only {known}"
        for number, name in enumerate(given):
            if name not in tables:
                yield (
                    f"{file.place((*place, number))}: {report} has no table '{name}', only"
                    f" {', '.join(tables)}"
                )
