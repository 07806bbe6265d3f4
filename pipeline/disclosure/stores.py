"""What may a version open? Writes one store per report and version: the only file its renderer reads.

A version that is not protected holds every cell of the report's cubes. The store of a protected one holds released
cells with their values, and the keys of withheld cells without any: what is not in the file cannot leak. Beside it
stands the same as CSV, the form in which the cells are published, registered and audited.
A store is replaced only when its content changed, so that nothing is rendered again without need.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.cells import Key, plain
from pipeline.contracts.definitions import read_report_file
from pipeline.contracts.model import Contracts
from pipeline.contracts.policy import VersionRule
from pipeline.disclosure.questions import Conflict, queried_keys, visible_conflicts
from pipeline.disclosure.released import released_csv
from pipeline.disclosure.sums import TrueCell
from pipeline.files import replace_file, unfinished, write_file
from pipeline.project import Project
from pipeline.sql.marts import POPULATION_CUBE, open_marts

if TYPE_CHECKING:
    import duckdb

_TABLES = {
    "cells": """key varchar, cube varchar, state varchar, year integer, codes varchar[], value decimal(18, 3),
        unit varchar, obs_status varchar, conf_status varchar, coverage integer, members integer, states varchar[],
        note varchar, vintage integer, withheld boolean, question varchar, counts boolean, wholes varchar[],
        queried boolean""",
    "conflicts": """state varchar, year integer, whole varchar, whole_cube varchar, part_cube varchar,
        dimensions varchar[], part varchar, parts varchar[], resolution varchar, reason varchar""",
    "coverage": "report varchar, cube varchar, title varchar, sort integer, state varchar, answer varchar",
    "revisions": """key varchar, state varchar, year integer, old_value decimal(18, 3), old_raw varchar,
        old_round integer, new_value decimal(18, 3), new_raw varchar, difference decimal(18, 3), unit varchar""",
    "findings": """state varchar, report varchar, cube varchar, key varchar, rule varchar, severity varchar,
        sheet varchar, cell varchar, found varchar, allowed varchar, contract_version varchar,
        remark varchar""",
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
    borrowed = read_report_file(project.templates, report).borrowed_cubes
    for cube in borrowed:
        contracts.table(cube)
    return [t.name for t in contracts.contract(report).tables] + list(borrowed) + [POPULATION_CUBE]


@dataclass(frozen=True)
class Marts:
    """What the marts of a round hold for stores: rows as they stand there."""

    cells: list[dict[str, Any]]
    coverage: list[tuple[Any, ...]]
    revisions: list[tuple[Any, ...]]
    areas: list[tuple[Any, ...]]
    conflicts: tuple[Conflict, ...] = ()
    doubtful: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # a part in question, and its wholes

    def every_cell(self) -> dict[str, TrueCell]:
        """All cells by key, also the reference population, which is public."""
        return {
            r["key"]: TrueCell(
                Key.parse(r["key"]), r["value"], r["obs_status"], r["conf_status"], r["origin"],
                tuple(r["part_keys"] or ()),
            )
            for r in self.cells
        }  # fmt: skip

    def reported_cells(self) -> dict[str, TrueCell]:
        """The cells that disclosure control is about."""
        return {k: c for k, c in self.every_cell().items() if c.key.cube != POPULATION_CUBE}


def read_marts(project: Project, round_: int) -> Marts:
    """Read what stores are made of. Raises UserError when the marts were not built yet."""
    marts = open_marts(project, round_)
    try:
        cells = _read_cells(marts)
        return Marts(
            cells,
            marts.execute(
                "select report, cube, title, sort, state, answer from marts.coverage order by sort, state_sort"
            ).fetchall(),
            marts.execute(
                """select cube, key, state, year, old_value, old_raw, old_round, new_value, new_raw, difference, unit
                from marts.revisions order by key"""
            ).fetchall(),
            marts.execute("select crime_area, cube, sort from marts.by_crime_area order by sort").fetchall(),
            tuple(
                Conflict(s, y, w, wc, pc, tuple(d), p, tuple(ps), r, why)
                for s, y, w, wc, pc, d, p, ps, r, why in marts.execute(
                    """select state, year, whole, whole_cube, part_cube, dimensions, part, parts, resolution, reason
                    from marts.conflicts order by whole, part_cube, dimensions"""
                ).fetchall()
            ),
            _doubtful(marts, cells),
        )
    finally:
        marts.close()


def write_stores(
    project: Project, contracts: Contracts, round_: int, version: VersionRule, marts: Marts, inputs: StoreInputs,
    reports: Iterable[str], shown: Collection[str] = (),
) -> dict[str, bool]:  # fmt: skip
    """Write the stores of a version, one a report; `shown` are the keys a protected version shows. Returns per store
    whether its content changed."""
    changed = {}
    keeps, known = version.keeps, set(shown) if version.protected else None
    present = {r["key"] for r in marts.cells if r["value"] is not None or r["obs_status"] == "Q"}
    conflicts = list(marts.conflicts) if known is None else visible_conflicts(marts.conflicts, known)
    told = _told(marts, conflicts)
    queried = queried_keys(inputs.findings, contracts, present, known)
    for report in reports:
        cubes = set(cubes_of(project, contracts, report))
        own = [r for r in marts.cells if r["cube"] in cubes]
        coverage = [c for c in marts.coverage if c[1] in cubes]
        if known is None:
            cells = [_full_row(r) for r in own]
        else:
            cells = [_released_row(r, r["key"] in known or r["cube"] == POPULATION_CUBE) for r in own]
            coverage = [_answer(c) for c in coverage]
        cells = [(*c, *_doubt(r, c[14], told), r["key"] in queried) for r, c in zip(own, cells, strict=True)]
        content = {
            "conflicts": [_conflict_row(c, "notes" in keeps) for c in conflicts if c.whole_cube in cubes],
            "cells": cells if "notes" in keeps else [(*c[:12], "", *c[13:]) for c in cells],
            "coverage": [_in_question(c, conflicts, inputs.meta[report]) for c in coverage],
            "revisions": [r[1:] for r in marts.revisions if r[0] in cubes and "revisions" in keeps],
            "findings": [_finding_row(f) for f in inputs.findings if f["report"] == report and "findings" in keeps],
            "sources": [(*s[:4], s[4] if "definitions" in keeps else "") for s in inputs.sources if s[2] in cubes],
            "areas": [a for a in marts.areas if a[1] in cubes],
            "meta": sorted({**inputs.meta[report], **_suppressed(own, cells)}.items()),
        }
        path = project.store(round_, report, version.name)
        changed[f"{report}/{version.name}"] = _write_store(path, content, round_)
    return changed


def write_empty_store(path: Path, round_: int) -> None:
    """A store of a round in which nobody reported anything: what can be written over it can be written over any."""
    content: dict[str, list[tuple[Any, ...]]] = {name: [] for name in _TABLES}
    content["meta"] = [("cutoff", f"{round_ + 1}-01-01"), ("refused", ""), ("round", str(round_))]
    _write_store(path, content, round_)


def _read_cells(marts: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    result = marts.execute(
        """select key, cube, state, year, codes, value, unit, obs_status, conf_status, coverage, members, states, note,
        round, origin, part_keys, question, questioned, counts from marts.cells order by key"""
    )
    columns = [d[0] for d in result.description]
    return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]


def _full_row(row: dict[str, Any]) -> tuple[Any, ...]:
    return (
        row["key"], row["cube"], row["state"], row["year"], row["codes"], row["value"], row["unit"], row["obs_status"],
        row["conf_status"], row["coverage"], row["members"], row["states"], row["note"], row["round"], False,
    )  # fmt: skip


def _released_row(row: dict[str, Any], released: bool) -> tuple[Any, ...]:
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


def _doubtful(marts: duckdb.DuckDBPyConnection, cells: Iterable[dict[str, Any]]) -> dict[str, tuple[str, ...]]:
    """The parts in question, and what is worked out from them, each with the wholes in whose blocks it stands."""
    rows = marts.execute("select key, wholes from core.questioned_cells where role = 'part' order by key").fetchall()
    found = {key: tuple(wholes) for key, wholes in rows}
    for row in cells:
        if row["origin"] in ("derived", "group") and not row["counts"] and row["key"] not in found:
            wholes = {w for part in row["part_keys"] or () for w in found.get(part, ())}
            found[row["key"]] = tuple(sorted(wholes))
    return found


def _told(marts: Marts, conflicts: Iterable[Conflict]) -> dict[str, list[str]]:
    """For each cell of a block in conflict, the wholes of the conflicts that this version may tell."""
    known = {c.whole for c in conflicts}
    told = {w: {w} for w in known}
    for part, wholes in marts.doubtful.items():
        if own := known.intersection(wholes):
            told.setdefault(part, set()).update(own)
    return {key: sorted(wholes) for key, wholes in told.items()}


def _doubt(row: dict[str, Any], withheld: bool, told: Mapping[str, list[str]]) -> tuple[str, bool, list[str]]:
    """`question`, `counts` and `wholes` of a cell as far as this version may tell them."""
    if withheld:
        return "", True, []
    if row["coverage"] is not None:
        own = [str(Key.parse(row["key"]).at(state=s)) for s in row["questioned"]]
        wholes = [w for w in own if w in told]
        return ("whole" if wholes else ""), True, wholes
    return (row["question"], row["counts"], told[row["key"]]) if row["key"] in told else ("", True, [])


def _suppressed(rows: Iterable[dict[str, Any]], cells: Iterable[tuple[Any, ...]]) -> dict[str, str]:
    """How many cells their senders had suppressed, and how many of these are withheld: two numbers a report, so that
    nobody takes what states kept back for what the Center hides."""
    sent = [c[14] for r, c in zip(rows, cells, strict=True) if r["value"] is None and r["obs_status"] == "Q"]
    return {"sent_suppressed": str(len(sent)), "withheld_suppressed": str(sum(sent))}


def _conflict_row(c: Conflict, with_reason: bool) -> tuple[Any, ...]:
    return (
        c.state, c.year, c.whole, c.whole_cube, c.part_cube, list(c.dimensions), c.part, list(c.parts), c.resolution,
        c.reason if with_reason else "",
    )  # fmt: skip


def _in_question(
    row: tuple[Any, ...], conflicts: Iterable[Conflict], meta: Mapping[str, str]
) -> tuple[Any, ...]:
    """A state whose answer to a table stands in an open conflict of the reference year is in question."""
    asked = any(
        (c.state, c.year, c.resolution) == (row[4], int(meta["round"]), "") and row[1] in (c.part_cube, c.whole_cube)
        for c in conflicts
    )
    return (*row[:5], "question" if asked and row[5] == "reported" else row[5])


def _answer(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """That all counts of a state are small is itself a small count: it reads as reported."""
    return (*row[:5], "reported" if row[5] == "suppressed" else row[5])


def _finding_row(f: dict[str, Any]) -> tuple[Any, ...]:
    return (
        f["state"], f["report"], f["table"], f["key"], f["rule"], f["severity"], f["sheet"], f["cell"], f["found"],
        f["allowed"], f["contract_version"], f["remark"],
    )  # fmt: skip


def _write_store(path: Path, content: dict[str, list[tuple[Any, ...]]], round_: int) -> bool:
    """Write a store when its content differs from the one in place. The sidecar .sha256 is what make compares."""
    import duckdb
    import pandas as pd

    digest = hashlib.sha256(json.dumps([content, _TABLES], default=_jsonable, sort_keys=True).encode()).hexdigest()
    sidecar, as_csv = path.with_suffix(".sha256"), path.with_suffix(".csv")
    if path.is_file() and as_csv.is_file() and sidecar.is_file() and sidecar.read_text().strip() == digest:
        return False
    temporary = unfinished(path)
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
    sidecar.unlink(missing_ok=True)  # first: what a build that dies here leaves must not pass for finished
    write_file(as_csv, released_csv(content["cells"], round_))
    replace_file(temporary, path)
    write_file(sidecar, f"{digest}\n".encode())
    return True


def _jsonable(value: Any) -> str:
    return plain(value) if isinstance(value, Decimal) else str(value)
