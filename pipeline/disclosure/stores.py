"""What may a version open? Writes one store per report and version: the only file its renderer reads.

The restricted store holds every cell of the report's cubes with notes, revisions and queries. The public store holds
released cells with their values, and the keys of withheld cells without any: what is not in the file cannot leak.
A store is replaced only when its content changed, so that nothing is rendered again without need.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from pipeline.cells import Key
from pipeline.contracts.model import Contracts
from pipeline.disclosure.safe import Candidate, choose_public
from pipeline.errors import UserError
from pipeline.files import replace_file
from pipeline.project import VERSIONS, Project
from pipeline.sql.marts import POPULATION_CUBE, open_marts

if TYPE_CHECKING:
    import duckdb

_TABLES = {
    "cells": """key varchar, cube varchar, state varchar, year integer, codes varchar[], value decimal(18, 3),
        unit varchar, obs_status varchar, conf_status varchar, coverage integer, members integer, states varchar[],
        note varchar, vintage integer, withheld boolean""",
    "coverage": "report varchar, cube varchar, title varchar, sort integer, state varchar, answer varchar",
    "revisions": """key varchar, state varchar, year integer, old_value decimal(18, 3), old_raw varchar,
        old_round integer, new_value decimal(18, 3), new_raw varchar, difference decimal(18, 3), unit varchar""",
    "findings": """state varchar, report varchar, cube varchar, key varchar, rule varchar, severity varchar,
        sheet varchar, cell varchar, found varchar, allowed varchar""",
    "sources": "state varchar, report varchar, cube varchar, source varchar, definition varchar",
    "areas": "crime_area varchar, cube varchar, sort integer",
    "meta": "name varchar, value varchar",
}


@dataclass(frozen=True)
class StoreInputs:
    """What stores need beside the marts: findings, sources named on covers, and by report the facts of the round."""

    findings: tuple[dict[str, Any], ...]
    sources: tuple[tuple[str, str, str, str, str], ...]
    meta: dict[str, dict[str, str]]


def cubes_of(project: Project, contracts: Contracts, report: str) -> list[str]:
    """The cubes a report prints from: its own tables and those its exhibits borrow from other reports."""
    path = project.templates / report / "report.yaml"
    if not path.is_file():
        raise UserError(
            "the report has no definition", where=str(path), do="add report.yaml (see docs/add-a-report.md)"
        )
    borrowed = yaml.safe_load(path.read_text(encoding="utf-8")).get("borrowed_cubes", [])
    for cube in borrowed:
        contracts.table(cube)
    return [t.name for t in contracts.contract(report).tables] + list(borrowed) + [POPULATION_CUBE]


def write_stores(
    project: Project, contracts: Contracts, round_: int, inputs: StoreInputs, reports: Iterable[str]
) -> dict[str, bool]:
    """Write the stores of all reports and versions. Returns per store whether its content changed."""
    marts = open_marts(project, round_)
    try:
        rows = _read_cells(marts)
        coverage = marts.execute(
            "select report, cube, title, sort, state, answer from marts.coverage order by sort, state_sort"
        ).fetchall()
        revisions = marts.execute(
            """select cube, key, state, year, old_value, old_raw, old_round, new_value, new_raw, difference, unit
            from marts.revisions order by key"""
        ).fetchall()
        areas = marts.execute("select crime_area, cube, sort from marts.by_crime_area order by sort").fetchall()
    finally:
        marts.close()
    shown = choose_public([_candidate(r) for r in rows], contracts)
    changed = {}
    for report in reports:
        cubes = set(cubes_of(project, contracts, report))
        content: dict[str, dict[str, list[tuple[Any, ...]]]] = {}
        own = [r for r in rows if r["cube"] in cubes]
        content["restricted"] = {
            "cells": [_restricted_row(r) for r in own],
            "coverage": [c for c in coverage if c[1] in cubes],
            "revisions": [r[1:] for r in revisions if r[0] in cubes],
            "findings": [_finding_row(f) for f in inputs.findings if f["report"] == report],
            "sources": [s for s in inputs.sources if s[2] in cubes],
            "areas": [a for a in areas if a[1] in cubes],
            "meta": sorted(inputs.meta[report].items()),
        }
        content["public"] = {
            "cells": [_public_row(r, r["key"] in shown) for r in own],
            "coverage": [_public_answer(c) for c in coverage if c[1] in cubes],
            "revisions": [],
            "findings": [],
            "sources": [(*s[:4], "") for s in inputs.sources if s[2] in cubes],
            "areas": [a for a in areas if a[1] in cubes],
            "meta": sorted(inputs.meta[report].items()),
        }
        for version in VERSIONS:
            path = project.store(round_, report, version)
            changed[f"{report}/{version}"] = _write_store(path, content[version])
    return changed


def _read_cells(marts: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    result = marts.execute(
        """select key, cube, state, year, codes, value, unit, obs_status, conf_status, coverage, members, states, note,
        round, part_keys from marts.cells order by key"""
    )
    columns = [d[0] for d in result.description]
    return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]


def _candidate(row: dict[str, Any]) -> Candidate:
    return Candidate(
        Key.parse(row["key"]), row["value"], row["obs_status"], row["conf_status"], tuple(row["part_keys"] or ())
    )


def _restricted_row(row: dict[str, Any]) -> tuple[Any, ...]:
    return (
        row["key"], row["cube"], row["state"], row["year"], row["codes"], row["value"], row["unit"], row["obs_status"],
        row["conf_status"], row["coverage"], row["members"], row["states"], row["note"], row["round"], False,
    )  # fmt: skip


def _public_row(row: dict[str, Any], released: bool) -> tuple[Any, ...]:
    """A released cell, or a withheld one that says nothing but that it is withheld. Missing stays missing."""
    known_missing = row["value"] is None and row["obs_status"] != "Q"
    withheld = not released and not known_missing
    obs_status = "Q" if withheld else row["obs_status"]
    conf_status = "S" if withheld else "F"
    counted = released or known_missing
    return (
        row["key"], row["cube"], row["state"], row["year"], row["codes"], row["value"] if released else None,
        row["unit"], obs_status, conf_status, row["coverage"] if counted else None, row["members"] if counted else None,
        row["states"] if counted else [], "", row["round"] if released else None, withheld,
    )  # fmt: skip


def _public_answer(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """That all counts of a state are small is itself a small count: it reads as reported."""
    return (*row[:5], "reported" if row[5] == "suppressed" else row[5])


def _finding_row(f: dict[str, Any]) -> tuple[Any, ...]:
    return (
        f["state"], f["report"], f["table"], f["key"], f["rule"], f["severity"], f["sheet"], f["cell"], f["found"],
        f["allowed"],
    )  # fmt: skip


def _write_store(path: Path, content: dict[str, list[tuple[Any, ...]]]) -> bool:
    """Write a store when its content differs from the one in place. The sidecar .sha256 is what make compares."""
    import duckdb
    import pandas as pd

    digest = hashlib.sha256(json.dumps([content, _TABLES], default=_jsonable, sort_keys=True).encode()).hexdigest()
    sidecar = path.with_suffix(".sha256")
    if path.is_file() and sidecar.is_file() and sidecar.read_text().strip() == digest:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".building")
    temporary.unlink(missing_ok=True)
    connection = duckdb.connect(str(temporary))
    try:
        for name, columns in _TABLES.items():
            connection.execute(f"create table {name} ({columns})")
            if content[name]:
                names = [c.split()[0] for c in columns.replace("decimal(18, 3)", "decimal").split(",")]
                frame = pd.DataFrame(content[name], columns=names, dtype=object)  # noqa: F841  DuckDB reads it by name
                connection.execute(f"insert into {name} select * from frame")
    finally:
        connection.close()
    replace_file(temporary, path)
    sidecar.write_text(digest + "\n")
    return True


def _jsonable(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return str(value)
