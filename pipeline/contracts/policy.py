"""What may each version show? The release policy, read and checked against its schema and the contracts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml

from pipeline.contracts.model import Contracts
from pipeline.errors import ContractError, UserError

POLICY, SCHEMA = "release_policy.yaml", "release_policy.schema.json"
# Material that may go with a protected version. Notes, findings and revisions repeat what senders wrote; an answer on a
# definition does too, but goes with it as far as it says yes or no, or was cleared.
MAY_KEEP = frozenset({"definitions"})


@dataclass(frozen=True)
class TableRule:
    """What holds for one table: its sensitivity, and what a hidden count in it must keep possible."""

    sensitivity: Literal["none", "small_counts"]
    threshold: int  # counts from 1 to threshold - 1 are small
    highest: int  # a hidden small count could still be this much or more
    values: int  # and has at least so many possible values
    width_percent: float  # a larger bound cell could still be this much lower and higher
    min_contributors: int
    headline: bool
    coarsen: tuple[tuple[str, ...], ...]

    @property
    def counts_persons(self) -> bool:
        return self.sensitivity == "small_counts"


@dataclass(frozen=True)
class VersionRule:
    """What one version may show: a row of the policy."""

    name: str
    protected: bool  # some cells are withheld, and the release needs a proof
    hides_small_counts: bool
    bound: frozenset[str]  # confidentiality statuses that keep a cell out
    needs_consent: bool
    readers_have: tuple[str, ...]  # versions that its readers know as well
    keeps: frozenset[str]  # restricted material that goes with it


@dataclass(frozen=True)
class Weights:
    """What hiding a cell costs, as multiples."""

    region: float
    both_years: float
    total: float
    reference_year: float
    headline: float
    hidden_before: float


@dataclass(frozen=True)
class Policy:
    """The release policy as a whole."""

    versions: Mapping[str, VersionRule]
    tables: Mapping[str, TableRule]
    weights: Weights
    coarsen_above: float
    suppressed: tuple[int, int]  # what a count may be that its sender suppressed
    consents: tuple[tuple[str, frozenset[str], frozenset[str]], ...]  # version, states, tables; no table means all
    embargoes: Mapping[tuple[str, str], date]  # state, table -> the first free day of its cells with status E

    def table(self, name: str) -> TableRule:
        return self.tables[name]

    def version(self, name: str) -> VersionRule:
        """Raises UserError when the policy has no such version."""
        if name not in self.versions:
            raise UserError(f"there is no version '{name}'", where=POLICY, allowed=", ".join(self.versions))
        return self.versions[name]

    def is_bound(self, version: VersionRule, state: str, table: str, conf_status: str, day: date) -> bool:
        """Whether the sender keeps a state's cell out of a version on a day: by its status, or for want of consent."""
        if conf_status == "E" and day >= self.embargoes.get((state, table), date.max):
            return False
        if conf_status in version.bound:
            return True
        return version.needs_consent and not any(
            name == version.name and state in states and (not tables or table in tables)
            for name, states, tables in self.consents
        )


@lru_cache(maxsize=8)
def load_policy(folder: Path, contracts: Contracts) -> Policy:
    """Read the policy of the folder data_contracts. Raises ContractError with everything that is wrong."""
    path = folder / POLICY
    try:
        content = json.loads(json.dumps(yaml.safe_load(path.read_text(encoding="utf-8")), default=str))  # dates as text
    except (OSError, yaml.YAMLError) as problem:
        raise ContractError(f"the release policy cannot be read: {problem}", where=str(path)) from problem
    wrong = [*_against_schema(content, folder / SCHEMA)] or [*_against_contracts(content, contracts)]
    if wrong:
        raise ContractError("\n".join(wrong), where=POLICY, do="correct the entries named; see docs/disclosure.md")
    return _read(content)


def _against_schema(content: Any, schema: Path) -> list[str]:
    import jsonschema

    validator = jsonschema.Draft202012Validator(json.loads(schema.read_text(encoding="utf-8")))
    found = validator.iter_errors(content)
    return [f"{'.'.join(map(str, e.absolute_path)) or 'the top'}: {e.message[:300]}" for e in found]


def _against_contracts(content: dict[str, Any], contracts: Contracts) -> list[str]:
    names = {t.name for t in contracts.tables}
    states = {c.code for c in contracts.codelist("states")}
    rules = content["tables"]
    wrong = [f"tables.{n}: the table has no entry, so nobody decided what of it is public" for n in names - set(rules)]
    wrong += [f"tables.{n}: there is no such table" for n in set(rules) - names]
    for name in sorted(names & set(rules)):
        known = {d.name for d in contracts.table(name).dimensions}
        unknown = {d for step in rules[name].get("coarsen", []) for d in step} - known
        wrong += [f"tables.{name}.coarsen: there is no dimension '{d}'" for d in sorted(unknown)]
    for name, own in content["versions"].items():
        unknown = set(own["readers_have"]) - set(content["versions"])
        wrong += [f"versions.{name}.readers_have: there is no version '{v}'" for v in sorted(unknown)]
        if own["protected"] and (words := sorted(set(own["keeps"]) - MAY_KEEP)):
            wrong.append(
                f"versions.{name}.keeps: {', '.join(words)} hold what senders wrote, and the version is protected; "
                f"allowed are {', '.join(sorted(MAY_KEEP))}"
            )
    for consent in content["consents"]:
        if consent["version"] not in content["versions"]:
            wrong.append(f"consents: there is no version '{consent['version']}'")
        tables = [] if consent["tables"] == "all" else consent["tables"]
        wrong += [f"consents: there is no table '{t}'" for t in sorted(set(tables) - names)]
        wrong += [f"consents: there is no state '{s}'" for s in sorted(set(consent["states"]) - states)]
    for embargo in content["embargoes"]:
        if embargo["table"] not in names or embargo["state"] not in states:
            wrong.append(f"embargoes: there is no table '{embargo['table']}' of '{embargo['state']}'")
    return sorted(wrong)


def _read(content: dict[str, Any]) -> Policy:
    small, width, contributors = content["small_counts"], content["bound_cells"], content["min_contributors"]
    tables = {}
    for name, own in content["tables"].items():
        rule = own.get("small_counts", small)
        tables[name] = TableRule(
            own["sensitivity"], rule["threshold"], rule["highest"], rule["values"],
            own.get("width_percent", width["width_percent"]), own.get("min_contributors", contributors),
            own.get("headline", False), tuple(tuple(step) for step in own.get("coarsen", [])),
        )  # fmt: skip
    versions = {
        name: VersionRule(
            name, own["protected"], own["small_counts"] == "hidden", frozenset(own["bound"]),
            own["needs_consent"], tuple(own["readers_have"]), frozenset(own["keeps"]),
        )
        for name, own in content["versions"].items()
    }  # fmt: skip
    consents = tuple(
        (c["version"], frozenset(c["states"]), frozenset([] if c["tables"] == "all" else c["tables"]))
        for c in content["consents"]
    )
    embargoes = {(e["state"], e["table"]): date.fromisoformat(e["until"]) for e in content["embargoes"]}
    weights = Weights(**content["weights"])
    suppressed = (content["suppressed_by_sender"]["lowest"], content["suppressed_by_sender"]["highest"])
    return Policy(versions, tables, weights, content["coarsen_above"], suppressed, consents, embargoes)
