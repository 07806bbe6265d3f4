"""Are contracts, code lists, models and exhibits well formed? Checks them without running any of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from pipeline.contracts.anchors import load_anchors
from pipeline.contracts.answer import read_answer_days
from pipeline.contracts.codelists import load_codelist
from pipeline.contracts.known_errors import load_known_errors
from pipeline.contracts.lint_states import lint_states, without_consent
from pipeline.contracts.model import ATTRIBUTES, Table, load_contracts
from pipeline.contracts.policy import load_policy
from pipeline.errors import ContractError
from pipeline.project import REPORTS, Project
from pipeline.signers import lint_signers


def odcs_schema() -> dict[str, Any]:
    """The JSON schema of the data contract standard, as its package ships it."""
    import open_data_contract_standard

    path = Path(open_data_contract_standard.__file__).parent / "schema.json"
    schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return schema


# What a contract of ours may say of a table beside the words of the standard.
TABLE_PROPERTIES = (
    "crimeArea", "unit", "iccs", "respondent", "layout", "records", "identities", "plausibility", "severalFigures",
    "firstRound", "lastRound",
)  # fmt: skip


def lint_contract(path: Path) -> list[str]:
    """Every place where a contract does not follow the standard, or says what nobody reads, as `path: what`."""
    import jsonschema

    validator = jsonschema.validators.validator_for(odcs_schema())(odcs_schema())
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    wrong = [
        f"{path.name} at {'.'.join(map(str, e.absolute_path)) or 'the top'}: {e.message[:300]}"
        for e in validator.iter_errors(content)
    ]
    return wrong or [
        f"{path.name}, table {table['name']}: nobody reads the property '{own['property']}'; known are "
        + ", ".join(TABLE_PROPERTIES)
        for table in content["schema"] for own in table.get("customProperties", ())
        if own["property"] not in TABLE_PROPERTIES
    ]  # fmt: skip


def lint_project(project: Project) -> Iterator[str]:
    """Check everything; yields a line per kind that is right. Raises ContractError with all that is wrong."""
    wrong = [w for report in REPORTS for w in lint_contract(project.contracts / f"{report}.odcs.yaml")]
    if wrong:
        raise ContractError("\n".join(wrong), do="correct the contract; the standard is ODCS 3.2")
    contracts = load_contracts(project.contracts)
    yield f"contracts: {len(contracts.by_report)} follow ODCS 3.2, {len(contracts.tables)} tables"

    policy = load_policy(project.contracts, contracts)
    persons = sum(rule.counts_persons for rule in policy.tables.values())
    yield f"release policy: {', '.join(policy.versions)}; {persons} tables count persons"

    yield lint_signers(project.contracts)
    yield f"feedback: states have {read_answer_days(project.contracts)} days to answer"
    known = load_known_errors(project.contracts, contracts)
    yield f"known errors: {len(known)}" + (f", {', '.join(e.id for e in known)}" if known else "")

    anchors = load_anchors(project.contracts, contracts)
    yield f"anchors: {len(anchors)} totals that publishers printed elsewhere"

    lists = sorted(project.codelists.glob("*.csv"))
    own_form = ("population", "cell_symbols")  # these two are not lists of codes
    checked = [load_codelist(project.codelists, p.stem) for p in lists if p.stem not in own_form]
    yield f"code lists: {len(checked)} with {sum(len(c) for c in checked)} codes"
    yield from _lint_units(project)
    if lacking := list(lint_states(project, contracts)):
        raise ContractError("\n  ".join(["member states lack something:", *lacking]), do="do what stands behind each")
    yield "member states: population, spellings, border sections, citizenship and outline are there"
    yield from without_consent(contracts, policy)


def _lint_units(project: Project) -> Iterator[str]:
    contracts = load_contracts(project.contracts)
    units, areas = contracts.codelist("unit"), contracts.codelist("crime_area")
    for table in contracts.tables:
        units[table.unit]
        areas[table.crime_area]
    yield "units and crime areas: every table uses listed ones"
    taken = [t for t in contracts.tables if t.records]
    for table in taken:
        if wrong := _wrong_records(table):
            raise ContractError(f"{table.name}: {wrong}", where=f"{table.report}.odcs.yaml", do="correct its records")
    yield f"records: {len(taken)} tables may be sent as records"


def _wrong_records(table: Table) -> str:
    """What is wrong with the record form of a table; empty when nothing is."""
    assert table.records is not None
    quantity = table.records.quantity
    if not table.records.one.strip():
        return "the record form does not say what one row is"
    if not table.dimensions:
        return "a table without dimensions has no record form: a line of state and year would mean nothing and a record"
    if quantity and not re.fullmatch("[a-z][a-z0-9_]*", quantity):
        return f"'{quantity}' is no name of a column; use small letters, digits and low lines"
    if quantity in (*table.key_dimensions, *ATTRIBUTES):
        return f"the column '{quantity}' of the record form stands for something else already"
    return ""
