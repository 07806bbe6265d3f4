"""What may each version show? The release policy, read and checked against its schema
and the contracts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pipeline.cells import REGION, REGIONS
from pipeline.contracts.holders import Holder, check_holders, read_holders
from pipeline.contracts.model import Contracts
from pipeline.contracts.sender_binds import EMBARGOED, keeps_out, releases
from pipeline.errors import ContractError, UserError
from pipeline.system.yaml_files import YamlFile, faults, read_yaml

POLICY, SCHEMA = "release_policy.yaml", "release_policy.schema.json"


@dataclass(frozen=True)
class TableRule:
    """What holds for one table: its sensitivity, and what a hidden count in it must
    keep possible.
    """

    sensitivity: Literal["none", "small_counts", "judgement"]
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
    # who knows cells anyway: it is proven against each of them, and says so in these words
    holders: tuple[Holder, ...] = ()
    proven_against: tuple[str, ...] = ()


@dataclass(frozen=True)
class Weights:
    """What hiding a cell costs, as multiples."""

    region: float
    both_years: float
    total: float
    reference_year: float
    headline: float
    headline_parts: float
    hidden_before: float


@dataclass(frozen=True)
class Policy:
    """The release policy as a whole."""

    versions: Mapping[str, VersionRule]
    tables: Mapping[str, TableRule]
    weights: Weights
    coarsen_above: float
    suppressed: tuple[int, int]  # what a count may be that its sender suppressed
    # version, states, tables; no table means all
    consents: tuple[tuple[str, frozenset[str], frozenset[str]], ...]
    # state, table -> the first free day of its cells with status E
    embargoes: Mapping[tuple[str, str], date]
    holders: Mapping[str, tuple[Holder, ...]]  # by entry, also where no version names them

    def table(self, name: str) -> TableRule:
        return self.tables[name]

    def version(self, name: str) -> VersionRule:
        """Raises UserError when the policy has no such version."""
        if name not in self.versions:
            raise UserError(
                f"there is no version '{name}'", where=POLICY, allowed=", ".join(self.versions)
            )
        return self.versions[name]

    def protected_version(self, name: str) -> VersionRule:
        """A version that withholds figures. Raises UserError where it is none."""
        rule = self.version(name)
        if not rule.protected:
            raise UserError(
                f"the {name} version shows everything, so there is nothing to prove",
                where=POLICY,
                allowed=", ".join(v.name for v in self.versions.values() if v.protected),
                do="name another VERSION",
            )
        return rule

    def is_bound(
        self, version: VersionRule, state: str, *, table: str, conf_status: str, day: date
    ) -> bool:
        """Whether the sender keeps a cell out of a version on a day: by its status, or
        for want of consent.

        The Center's own figures need no consent, and its sums over states have no
        status but F.
        """
        until = self.embargoes.get((state, table)) if conf_status == EMBARGOED else None
        is_over = until is not None and day >= until
        if not is_over and (
            keeps_out(conf_status, protected=version.protected) or conf_status in version.bound
        ):
            return True
        return (
            version.needs_consent
            and state not in REGIONS
            and not any(
                name == version.name and state in states and (not tables or table in tables)
                for name, states, tables in self.consents
            )
        )


@lru_cache(maxsize=8)
def load_policy(folder: Path, contracts: Contracts) -> Policy:
    """Read the policy of the folder data_contracts. Raises ContractError with
    everything that is wrong.
    """
    file = read_yaml(folder / POLICY)
    schema = json.loads((folder / SCHEMA).read_text(encoding="utf-8"))
    wrong = file.against(schema)
    if not any(path[:1] in ((), ("versions",)) for path, _ in faults(file.content, schema)):
        wrong += releases(file)  # also where something else is wrong: it matters most
    wrong = wrong or [*_against_contracts(file, contracts), *_without_effect(file)]
    if wrong:
        raise ContractError(
            "\n".join(["the release policy is wrong:", *wrong]),
            where=POLICY,
            do="correct the entries named; see docs/background/disclosure.md",
        )
    return _read(file.content, contracts)


def _against_contracts(file: YamlFile, contracts: Contracts) -> Iterator[str]:
    """Entries about tables, dimensions, states and versions that are not there."""
    content = file.content
    names = {t.name for t in contracts.tables}
    states = {state.code for state in contracts.codelist("states") if state.parent}
    for name in sorted(names - set(content["tables"])):
        yield (
            f"{file.place(('tables',))}.{name}: the table has no entry, so nobody decided what of"
            " it is public"
        )
    for name, rule in content["tables"].items():
        if name not in names:
            yield f"{file.place(('tables', name))}: there is no such table"
            continue
        judged = contracts.table(name).judged is not None
        if judged != (rule["sensitivity"] == "judgement"):
            place = file.place(("tables", name, "sensitivity"))
            what = "judgements" if judged else "no judgements"
            yield f"{place}: the table holds {what}, so it is {'' if judged else 'not '}'judgement'"
        known = {d.name for d in contracts.table(name).dimensions}
        for number, step in enumerate(rule.get("coarsen", [])):
            for dimension in sorted(set(step) - known):
                place = file.place(("tables", name, "coarsen", number))
                yield (
                    f"{place}: there is no dimension '{dimension}'; allowed:"
                    f" {', '.join(sorted(known)) or 'none'}"
                )
    for name, own in content["versions"].items():
        for other in sorted(set(own["readers_have"]) - set(content["versions"])):
            yield f"{file.place(('versions', name, 'readers_have'))}: there is no version '{other}'"
    for number, consent in enumerate(content["consents"]):
        at = f"line {file.line(('consents', number))}, consents"
        if consent["version"] not in content["versions"]:
            yield f"{at}: there is no version '{consent['version']}'"
        tables = [] if consent["tables"] == "all" else consent["tables"]
        for kind, given, known in (("table", tables, names), ("state", consent["states"], states)):
            for name in sorted(set(given) - known):
                yield f"{at}: there is no {kind} '{name}'"
    for number, embargo in enumerate(content["embargoes"]):
        if embargo["table"] not in names or embargo["state"] not in {*states, REGION}:
            place = file.place(("embargoes", number))
            yield f"{place}: there is no table '{embargo['table']}' of '{embargo['state']}'"
    yield from check_holders(file, tables=names, states=states)


def _without_effect(file: YamlFile) -> Iterator[str]:
    """Entries that would be used otherwise than they read, or not at all."""
    content = file.content
    for number, consent in enumerate(content["consents"]):
        version = content["versions"].get(consent["version"])
        if version and not version["needs_consent"]:
            place = file.place(("consents", number, "version"))
            yield (
                f"{place}: the version '{consent['version']}' asks for no consent, so nothing would"
                " come of it"
            )
    seen: set[tuple[str, str]] = set()
    for number, embargo in enumerate(content["embargoes"]):
        own = (embargo["state"], embargo["table"])
        if own in seen:
            yield f"{file.place(('embargoes', number))}: {' '.join(own)} stands twice"
        seen.add(own)
        try:
            date.fromisoformat(embargo["until"])
        except ValueError:
            yield (
                f"{file.place(('embargoes', number, 'until'))}: '{embargo['until']}' is no day of"
                " the calendar"
            )
    if content["suppressed_by_sender"]["highest"] < content["suppressed_by_sender"]["lowest"]:
        yield f"{file.place(('suppressed_by_sender',))}: the highest is below the lowest"
    waiting = {name: set(own["readers_have"]) for name, own in content["versions"].items()}
    while ready := [name for name, others in waiting.items() if not others & set(waiting)]:
        waiting = {name: others for name, others in waiting.items() if name not in ready}
    if waiting:
        place = file.place(("versions",))
        names = ", ".join(waiting)
        yield f"{place}: the readers of {names} have each other's versions, in a circle"


def _read(content: dict[str, Any], contracts: Contracts) -> Policy:
    states = [state.code for state in contracts.codelist("states") if state.parent]
    holders = read_holders(content["holders"], states)
    small = content["small_counts"]
    width = content["bound_cells"]
    contributors = content["min_contributors"]
    tables = {}
    for name, own in content["tables"].items():
        rule = own.get("small_counts", small)
        tables[name] = TableRule(
            own["sensitivity"],
            rule["threshold"],
            rule["highest"],
            rule["values"],
            own.get("width_percent", width["width_percent"]),
            own.get("min_contributors", contributors),
            own.get("headline", False),
            tuple(tuple(step) for step in own.get("coarsen", [])),
        )
    versions = {
        name: VersionRule(
            name,
            own["protected"],
            own["small_counts"] == "hidden",
            frozenset(own["bound"]),
            own["needs_consent"],
            tuple(own["readers_have"]),
            frozenset(own["keeps"]),
            tuple(holder for entry in own["holders"] for holder in holders[entry]),
            tuple(content["holders"][entry]["who"] for entry in own["holders"]),
        )
        for name, own in content["versions"].items()
    }
    consents = tuple(
        (
            c["version"],
            frozenset(c["states"]),
            frozenset([] if c["tables"] == "all" else c["tables"]),
        )
        for c in content["consents"]
    )
    embargoes = {
        (e["state"], e["table"]): date.fromisoformat(e["until"]) for e in content["embargoes"]
    }
    weights = Weights(**content["weights"])
    suppressed = (
        content["suppressed_by_sender"]["lowest"],
        content["suppressed_by_sender"]["highest"],
    )
    return Policy(
        versions,
        tables,
        weights,
        content["coarsen_above"],
        suppressed,
        consents,
        embargoes,
        holders,
    )
