"""Can any entry of the release policy show what a sender bound? Every field of the
schema at every value it allows.

A value is put into the real policy and loaded as every step loads it. Either the policy
is refused by name and line, or every status that a sender may give still keeps its cell
out of every version but the states' own.
"""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from builds import ROOT
from small_tables import true_cells, with_region

from pipeline.contracts.model import Contracts
from pipeline.contracts.policy import POLICY, SCHEMA, Policy, load_policy
from pipeline.contracts.sender_binds import FOR_STATES, MAY_KEEP, PUBLIC
from pipeline.disclosure.choose.decide import Chooser
from pipeline.errors import ContractError
from pipeline.system.yaml_files import read_yaml

DATA = ROOT / "data_contracts"
RULES: dict[str, Any] = json.loads((DATA / SCHEMA).read_text(encoding="utf-8"))
REAL: dict[str, Any] = read_yaml(DATA / POLICY).content
# The code list of SDMX, and what a sender's file could hold besides: every status but F
# says that a cell is not free.
STATUSES = ("A", "C", "D", "E", "G", "M", "N", "O", "S", "T", "X", "c", "confidential")
DAYS = (date(1900, 1, 1), date(2023, 5, 1), date(9999, 12, 31))
TABLE = "THB_VICTIMS"

Load = Callable[[dict[str, Any]], Policy]


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory, contracts: Contracts) -> Load:
    folder = tmp_path_factory.mktemp("policy")
    shutil.copy(DATA / SCHEMA, folder)

    def load_(content: dict[str, Any]) -> Policy:
        (folder / POLICY).write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
        return load_policy.__wrapped__(folder, contracts)

    return load_


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    return RULES["$defs"][name] if name else schema


def values(schema: dict[str, Any]) -> Iterator[Any]:
    """Every value of a field of few values, and the ends of a field of many."""
    schema = resolved(schema)
    match schema:
        case {"anyOf": alternatives}:
            for alternative in alternatives:
                yield from values(alternative)
        case {"const": only}:
            yield only
        case {"enum": listed}:
            yield from listed
        case {"type": "boolean"}:
            yield from (True, False)
        case {"type": "integer" | "number"}:
            least = schema["minimum"]
            yield from {least, least + 1, schema.get("maximum", 10**9)}
        case {"type": "string", "format": "date"}:
            yield from ("1900-01-01", "9999-12-31", "2024-13-01")
        case {"type": "string"}:
            yield from (
                "",
                "1.0.0",
                FOR_STATES,
                PUBLIC,
                "partner",
                "press",
                "RO",
                "SELEC",
                TABLE,
                "sex",
            )
        case {"type": "array", "items": items}:
            single = list(values(items))
            yield []
            yield from ([one] for one in single)
            yield single
        case {"type": "object"}:
            yield {name: next(values(of)) for name, of in schema.get("properties", {}).items()}


def fields(
    schema: dict[str, Any], path: tuple[Any, ...] = ()
) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Every field of the schema with the place it has in the policy, one table and
    every version for all of them.
    """
    schema = resolved(schema)
    yield path, schema
    for name, of in schema.get("properties", {}).items():
        yield from fields(of, (*path, name))
    of_any = schema.get("additionalProperties")
    if isinstance(of_any, dict):
        for name in REAL["versions"] if path == ("versions",) else (TABLE,):
            yield from fields(of_any, (*path, name))
    if "items" in schema and path in (("consents",), ("embargoes",)):
        yield from fields(schema["items"], (*path, 0))


def changed(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    content = copy.deepcopy(REAL)
    content["embargoes"] = [{"state": "RO", "table": "THB_PERSONS", "until": "2023-05-01"}]
    at: Any = content
    for step in path[:-1]:
        at = at.setdefault(step, {}) if isinstance(at, dict) else at[step]
    if value is None and (isinstance(at, list) or path[-1] in at):
        del at[path[-1]]
    elif value is not None:
        at[path[-1]] = value
    return content


def assert_binds(policy: Policy, contracts: Contracts) -> None:
    """Every status keeps its cell out of every version for others, in every table, for
    every state, on every day.
    """
    for version in policy.versions.values():
        assert version.protected == (version.name != FOR_STATES), version.name
        if not version.protected:
            continue
        assert version.keeps <= set(MAY_KEEP)
        assert version.name == PUBLIC or PUBLIC in version.readers_have
        for table in contracts.tables:
            for status in STATUSES:
                for day in DAYS:
                    for state in ("RO", "SELEC"):
                        until = policy.embargoes.get((state, table.name))
                        is_over = status == "E" and until is not None and day >= until
                        bound = policy.is_bound(
                            version, state, table=table.name, conf_status=status, day=day
                        )
                        assert bound or is_over, (version.name, table.name, state, status, day)


def outcome_of(load: Load, content: dict[str, Any]) -> Policy | ContractError:
    try:
        return load(content)
    except ContractError as problem:
        return problem


FIELDS = [(path, schema) for path, schema in fields(RULES) if path]


@pytest.mark.sampled(3)
@pytest.mark.parametrize(("path", "schema"), FIELDS, ids=[".".join(map(str, p)) for p, _ in FIELDS])
def test_no_value_of_a_field_shows_what_a_sender_bound(
    load: Load, contracts: Contracts, path: tuple[Any, ...], schema: dict[str, Any]
) -> None:
    tried = 0
    for value in [None, *values(schema)]:
        tried += 1
        match outcome_of(load, changed(path, value)):
            case Policy() as policy:
                assert_binds(policy, contracts)
            case problem:
                assert problem.where.startswith(POLICY)
                assert problem.do
    assert tried > 1


def test_every_field_of_the_schema_is_tried() -> None:
    """The walk above misses none: it meets as many names as the schema defines."""
    named = {path[-1] for path, _ in FIELDS}

    def names(schema: Any) -> Iterator[str]:
        if isinstance(schema, dict):
            yield from schema.get("properties", {})
            for inner in schema.values():
                yield from names(inner)

    assert set(names(RULES)) - {"properties"} <= named


@pytest.mark.parametrize("protected", [True, False])
@pytest.mark.parametrize("bound", [[], ["N"], ["C", "D", "E"], ["A", "S"], ["C", "D", "E", "N"]])
@pytest.mark.parametrize("readers_have", [[], [PUBLIC], [FOR_STATES], ["press"]])
def test_a_version_of_another_name_binds_as_well(
    load: Load, contracts: Contracts, bound: list[str], readers_have: list[str], *, protected: bool
) -> None:
    own = {
        "recipients": "The press",
        "protected": protected,
        "small_counts": "shown",
        "bound": bound,
        "needs_consent": False,
        "readers_have": readers_have,
        "holders": [],
        "keeps": [],
    }
    right = protected and bound == ["C", "D", "E", "N"] and readers_have == [PUBLIC]
    outcome = outcome_of(load, changed(("versions", "press"), own))
    assert isinstance(outcome, Policy) == right, outcome
    if isinstance(outcome, Policy):
        assert_binds(outcome, contracts)
    else:
        assert "versions.press" in str(outcome)
        assert "line " in str(outcome)


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (("versions", "public", "bound"), [], "versions.public.bound: C, D, E, N is missing"),
        (("versions", "partner", "bound"), ["N", "C", "D"], "versions.partner.bound: E is missing"),
        (
            ("versions", "public", "protected"),
            False,
            "versions.public.protected: the version 'restricted'",
        ),
        (("versions", "restricted", "protected"), True, "versions.restricted.protected"),
        (
            ("versions", "public", "keeps"),
            ["revisions"],
            "revisions would go out with what states keep back",
        ),
        (("versions", "public", "keeps"), ["findings", "notes"], "findings, notes would go out"),
        (("versions", "partner", "readers_have"), [], "everybody has the version 'public'"),
        (
            ("versions", "public", "readers_have"),
            ["restricted"],
            "'restricted' is no other version",
        ),
        (("versions", "public", "readers_have"), ["partner"], "each other's versions, in a circle"),
        (("versions", "public"), None, "there is no version 'public'"),
        (("consents", 0, "tables"), [], "consents.1.tables"),
        (("consents", 0, "version"), "public", "the version 'public' asks for no consent"),
        (("consents", 0, "states"), ["SELEC"], "there is no state 'SELEC'"),
        (("embargoes", 0, "until"), "2024-13-01", "'2024-13-01' is no day of the calendar"),
        (("bound_cells", "width_percent"), 0.001, "bound_cells.width_percent"),
    ],
)
def test_what_would_release_is_refused_with_its_line(
    load: Load, path: tuple[Any, ...], value: Any, told: str
) -> None:
    with pytest.raises(ContractError, match=POLICY) as problem:
        load(changed(path, value))
    assert told in str(problem.value)
    assert "line " in str(problem.value)


def test_a_version_that_stands_twice_is_refused(tmp_path: Path, contracts: Contracts) -> None:
    shutil.copy(DATA / SCHEMA, tmp_path)
    text = (DATA / POLICY).read_text(encoding="utf-8")
    twice = text.replace(
        "    small_counts: hidden\n", "    small_counts: hidden\n    small_counts: shown\n"
    )
    assert twice != text
    (tmp_path / POLICY).write_text(twice, encoding="utf-8")
    with pytest.raises(ContractError, match="'small_counts' stands twice, first in line"):
        load_policy.__wrapped__(tmp_path, contracts)


BOUND = """
key                       | value | conf
THB_OFFENCES:AL.2022      | 30    |
THB_OFFENCES:BA.2022      | 45    |
THB_OFFENCES:BG.2022      | 60    |
THB_OFFENCES:RO.2022      | 1296  | {status}
THB_OFFENCES:TR.2022      | 343   |
"""


@pytest.mark.parametrize("status", ["A", "C", "D", "E", "N", "S"])
@pytest.mark.parametrize("version", ["public", "partner"])
@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("small_counts",), {"threshold": 2, "highest": 1, "values": 2}),
        (("bound_cells", "width_percent"), 5),
        (("tables", "THB_OFFENCES"), {"sensitivity": "none", "headline": True, "width_percent": 5}),
        (("coarsen_above",), 1),
    ],
)
def test_a_bound_cell_stays_out_of_what_is_chosen(
    load: Load, contracts: Contracts, version: str, status: str, path: tuple[Any, ...], value: Any
) -> None:
    policy = load(changed(path, value))
    cells = with_region(true_cells(BOUND.format(status=status)), 2022, 2022)
    chosen = Chooser(
        cells,
        (),
        contracts=contracts,
        policy=policy,
        version=policy.version(version),
        round_=2022,
        day=DAYS[1],
    ).decision()
    assert "THB_OFFENCES:RO.2022" not in chosen.shown
    assert "THB_OFFENCES:TR.2022" in chosen.shown or "THB_OFFENCES:SELEC.2022" in chosen.shown


def test_the_centers_own_figures_are_bound_as_well(load: Load, contracts: Contracts) -> None:
    dimensions = contracts.table("SEL_ACTIVITY").dimensions
    key = f"SEL_ACTIVITY:SELEC.2022.{'.'.join(d.codes[0].code for d in dimensions)}"
    policy = load(REAL)
    for version in ("public", "partner"):
        for status, is_shown in (("F", True), ("N", False)):
            cells = {
                str(c.key): c
                for c in true_cells(f"key|value|conf|origin\n{key}|40|{status}|reported")
            }
            chosen = Chooser(
                cells,
                (),
                contracts=contracts,
                policy=policy,
                version=policy.version(version),
                round_=2022,
                day=DAYS[1],
            ).decision()
            assert (key in chosen.shown) == is_shown
