"""What stands in the data dictionary? Tables, fields, codes and rules, from contracts
and code lists alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.contracts.layout import CENTER, respondents
from pipeline.contracts.model import LAST_ROUND, Contract, Contracts, Table
from pipeline.contracts.template import HELP
from pipeline.findings import Severity
from pipeline.returns.rules.compile import compile_rules
from pipeline.returns.rules.reference import CONTRACT, intake_kinds, kind_of
from pipeline.system.yaml_files import read_yaml

FIRST_YEAR, LAST_YEAR = 0, 9999  # of a code: open at that end
_OF_EVERY_TABLE = ("crime_area", "unit")  # lists that tables name outside of their fields


@dataclass(frozen=True)
class Field:
    """A field of a table. `codes` are those of its list that the table uses; empty where
    it uses all of them, or has no list.
    """

    table: str
    name: str
    label: str
    role: str
    kind: str
    position: int | None
    required: bool
    codelist: str
    codes: tuple[str, ...]
    minimum: float | None
    maximum: float | None
    description: str


@dataclass(frozen=True)
class RuleEntry:
    """A rule of a table in the round of the dictionary, or one of intake, which looks at
    files of every report. `of` is the table, or what the rule of intake is about.
    """

    of: str
    rule: str
    severity: Severity
    meaning: str
    allowed: str
    do: str


@dataclass(frozen=True)
class TableEntry:
    """A table with its fields and rules. `first_round` and `last_round` are None where it
    was always asked, and where it is still asked.
    """

    table: Table
    first_round: int | None
    last_round: int | None
    is_asked: bool
    answers: str
    how: str  # as totals, or as records too
    adds_up: tuple[str, ...]
    fields: tuple[Field, ...]
    rules: tuple[RuleEntry, ...]


@dataclass(frozen=True)
class CodeEntry:
    """A code; years are None where they are open, `states` empty where it is for all."""

    code: str
    label: str
    parent: str
    valid_from: int | None
    valid_to: int | None
    states: tuple[str, ...]
    is_group: bool
    note: str


@dataclass(frozen=True)
class ListEntry:
    """A code list with the tables that take codes from it."""

    name: str
    tables: tuple[str, ...]
    codes: tuple[CodeEntry, ...]


@dataclass(frozen=True)
class ContractEntry:
    """A contract with its tables, in its order."""

    contract: Contract
    states: tuple[str, ...]
    tables: tuple[TableEntry, ...]


@dataclass(frozen=True)
class Dictionary:
    """All contracts as they stand; the rules are those of one round."""

    round: int
    contracts: tuple[ContractEntry, ...]
    lists: tuple[ListEntry, ...]
    intake: tuple[RuleEntry, ...]
    signs: tuple[tuple[str, str], ...]  # what is written in a form in place of a figure


def read_dictionary(contracts: Contracts, *, round_: int) -> Dictionary:
    """Gather the dictionary. Raises ContractError where a contract cannot be read."""
    entries = tuple(_contract(contracts, c, round_=round_) for c in contracts)
    return Dictionary(
        round_,
        entries,
        tuple(_lists(contracts, entries)),
        tuple(
            RuleEntry(heading, kind.name, severity, kind.meaning, kind.allowed[0], kind.do[0])
            for heading, kinds in intake_kinds().items()
            for kind in kinds
            for severity in kind.severities
        ),
        HELP,
    )


def _contract(contracts: Contracts, contract: Contract, *, round_: int) -> ContractEntry:
    rules: dict[str, list[RuleEntry]] = defaultdict(list)
    for rule in compile_rules(contracts, contract, round_=round_):
        table = rule.rule_id.split(".")[0]
        meaning = CONTRACT[kind_of(rule.rule_id)]
        rules[table].append(
            RuleEntry(table, rule.rule_id, rule.severity, meaning, rule.allowed, rule.do)
        )
    raw = {s["name"]: s for s in read_yaml(contract.path).mapping()["schema"]}
    asked = respondents(contracts, contract.report, round_=round_)
    states = tuple(contracts.codelist("states").label(s) for s in asked if s != CENTER)
    return ContractEntry(
        contract,
        states,
        tuple(
            TableEntry(
                t,
                t.first_round or None,
                None if t.last_round == LAST_ROUND else t.last_round,
                t.is_asked(round_),
                "each member state" if t.respondent == "states" else "the Center",
                f"as totals, or as records: {t.records.one}" if t.records else "as totals",
                tuple(_sums(t)),
                tuple(_field(t, p) for p in raw[t.name]["properties"]),
                tuple(rules[t.name]),
            )
            for t in contract.tables
        ),
    )


def _sums(table: Table) -> Iterator[str]:
    """What must add up, a sentence each."""
    for identity in table.identities:
        if identity.same_total_as:
            at = "".join(f", {dimension} {code}" for dimension, code in identity.at)
            yield f"the total is that of {identity.same_total_as}{at}"
        elif identity.parts:
            label = table.dimension(identity.dimension).label
            said = "are the total" if identity.parts == "equal" else "are at most the total"
            rounded = f", rounded to {identity.rounding}" if identity.rounding else ""
            yield f"{label}: the parts {said}{rounded}"


def _field(table: Table, raw: dict[str, Any]) -> Field:
    own = {p["property"]: p["value"] for p in raw.get("customProperties", ())}
    limits = raw.get("logicalTypeOptions", {})
    return Field(
        table.name,
        raw["name"],
        raw.get("businessName", raw["name"]),
        own.get("role", ""),
        raw["logicalType"],
        raw.get("primaryKeyPosition"),
        bool(raw.get("required")),
        own.get("codelist", ""),
        tuple(str(e["value"]) for e in raw.get("enum", ())),
        limits.get("minimum"),
        limits.get("maximum"),
        raw.get("description", ""),
    )


def _lists(contracts: Contracts, entries: tuple[ContractEntry, ...]) -> Iterator[ListEntry]:
    """The lists that tables use, by name."""
    users: dict[str, dict[str, None]] = defaultdict(dict)
    for entry in (t for c in entries for t in c.tables):
        for name in (*(f.codelist for f in entry.fields), *_OF_EVERY_TABLE):
            if name and name != "year":  # a year is no code of a list
                users[name][entry.table.name] = None
    for name in sorted(users):
        yield ListEntry(
            name,
            tuple(users[name]),
            tuple(
                CodeEntry(
                    c.code,
                    c.label,
                    c.parent,
                    None if c.valid_from == FIRST_YEAR else c.valid_from,
                    None if c.valid_to == LAST_YEAR else c.valid_to,
                    tuple(c.extra.get("states", "").split()),
                    c.is_group,
                    c.note,
                )
                for c in contracts.codelist(name)
            ),
        )
