"""What may a version open? Writes one store per report and version: the only file its
renderer reads.

A version that is not protected holds every cell of the report's cubes. The store of a
protected one holds released cells with their values, and the keys of withheld cells
without any: what is not in the file cannot leak. Beside it stands the same as CSV, the
form in which the cells are published, registered and audited. A store is replaced only
when its content changed, so that nothing is rendered again without need.
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
from pipeline.contracts.sources import Sources
from pipeline.numbers.questions import Conflict, queried_keys, visible_conflicts
from pipeline.numbers.released import released_csv
from pipeline.numbers.sql.marts import POPULATION_CUBE, open_marts
from pipeline.numbers.true_cells import TrueCell
from pipeline.project import Project
from pipeline.returns.cleared import sources_of
from pipeline.system.files import unfinished
from pipeline.system.kept import is_kept, keep_bytes, keep_file

if TYPE_CHECKING:
    import duckdb

_TABLES = {
    "cells": (
        """key varchar, cube varchar, state varchar, year integer, codes varchar[],
        value decimal(18, 3),
        unit varchar, obs_status varchar, conf_status varchar, coverage integer, members integer,
        states varchar[],
        note varchar, vintage integer, withheld boolean, question varchar, counts boolean,
        wholes varchar[],
        queried boolean"""
    ),
    "conflicts": (
        """state varchar, year integer, whole varchar, whole_cube varchar, part_cube varchar,
        dimensions varchar[], part varchar, parts varchar[], resolution varchar, reason varchar"""
    ),
    "coverage": (
        "report varchar, cube varchar, title varchar, sort integer, state varchar, answer varchar"
    ),
    "revisions": (
        """key varchar, state varchar, year integer, old_value decimal(18, 3), old_raw varchar,
        old_round integer, new_value decimal(18, 3), new_raw varchar, difference decimal(18, 3),
        unit varchar"""
    ),
    "findings": (
        """state varchar, report varchar, cube varchar, key varchar, rule varchar, severity varchar,
        sheet varchar, cell varchar, found varchar, allowed varchar, contract_version varchar,
        remark varchar"""
    ),
    "sources": "state varchar, report varchar, cube varchar, source varchar, definition varchar",
    "areas": "crime_area varchar, cube varchar, sort integer",
    "meta": "name varchar, value varchar",
}


@dataclass(frozen=True)
class StoreInputs:
    """What stores need beside the marts: findings, sources named on covers, and by
    report the facts of the round.
    """

    findings: tuple[dict[str, Any], ...]
    sources: tuple[tuple[str, str, str, str, str], ...]
    meta: dict[str, dict[str, str]]


def cubes_of(project: Project, contracts: Contracts, *, report: str) -> list[str]:
    """The cubes a report prints from: its own tables and those its exhibits borrow from
    other reports.
    """
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
    # a part in question, and its wholes
    doubtful: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def every_cell(self) -> dict[str, TrueCell]:
        """All cells by key, also the reference population, which is public."""
        return {
            r["key"]: TrueCell(
                Key.parse(r["key"]),
                r["value"],
                r["obs_status"],
                r["conf_status"],
                r["origin"],
                tuple(r["part_keys"] or ()),
            )
            for r in self.cells
        }

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
                "select report, cube, title, sort, state, answer from marts.coverage order by sort,"
                " state_sort"
            ).fetchall(),
            marts.execute(
                """select cube, key, state, year, old_value, old_raw, old_round, new_value,
                new_raw, difference, unit
                from marts.revisions order by key"""
            ).fetchall(),
            marts.execute(
                "select crime_area, cube, sort from marts.by_crime_area order by sort"
            ).fetchall(),
            tuple(
                Conflict(s, y, w, wc, pc, tuple(d), p, tuple(ps), r, why)
                for s, y, w, wc, pc, d, p, ps, r, why in marts.execute(
                    """select state, year, whole, whole_cube, part_cube, dimensions, part, parts,
                    resolution, reason
                    from marts.conflicts order by whole, part_cube, dimensions"""
                ).fetchall()
            ),
            _doubtful(marts, cells),
        )
    finally:
        marts.close()


def write_stores(
    project: Project,
    contracts: Contracts,
    *,
    round_: int,
    version: VersionRule,
    marts: Marts,
    inputs: StoreInputs,
    reports: Iterable[str],
    shown: Collection[str] = (),
    left_out: Collection[str] = (),
) -> dict[str, bool]:
    """Write the stores of a version, one a report; `shown` are the keys a protected
    version shows, `left_out` those it has no line for. Returns per store whether its
    content changed.
    """
    changed = {}
    incomplete = _sums_that_lack(marts.cells, left_out)
    keeps = version.keeps
    known = set(shown) if version.protected else None
    present = {r["key"] for r in marts.cells if r["value"] is not None or r["obs_status"] == "Q"}
    conflicts = (
        list(marts.conflicts) if known is None else visible_conflicts(marts.conflicts, known)
    )
    told = _told(marts, conflicts)
    queried = queried_keys(inputs.findings, contracts, present=present, shown=known)
    sources = sources_of(project)
    for report in reports:
        cubes = set(cubes_of(project, contracts, report=report))
        own = [r for r in marts.cells if r["cube"] in cubes and r["key"] not in left_out]
        coverage = [c for c in marts.coverage if c[1] in cubes]
        if known is None:
            cells = [_full_row(r) for r in own]
        else:
            cells = [
                _released_row(
                    r,
                    r["key"] in known or r["cube"] == POPULATION_CUBE,
                    lacks=r["key"] in incomplete,
                )
                for r in own
            ]
            coverage = [_answer(c) for c in coverage]
        cells = [
            (*c, *_doubt(r, c[14], told=told), r["key"] in queried)
            for r, c in zip(own, cells, strict=True)
        ]
        content = {
            "conflicts": [
                _conflict_row(c, "notes" in keeps) for c in conflicts if c.whole_cube in cubes
            ],
            "cells": cells if "notes" in keeps else [(*c[:12], "", *c[13:]) for c in cells],
            "coverage": [_in_question(c, conflicts, meta=inputs.meta[report]) for c in coverage],
            "revisions": [r[1:] for r in marts.revisions if r[0] in cubes and "revisions" in keeps],
            "findings": [
                _finding_row(f)
                for f in inputs.findings
                if f["report"] == report and "findings" in keeps
            ],
            "sources": [
                _source_row(s, version, sources=sources) for s in inputs.sources if s[2] in cubes
            ],
            "areas": [a for a in marts.areas if a[1] in cubes],
            "meta": sorted({**inputs.meta[report], **_suppressed(own, cells)}.items()),
        }
        path = project.store(round_, report, version.name)
        changed[f"{report}/{version.name}"] = _write_store(path, content, round_=round_)
    return changed


def _source_row(
    row: tuple[str, str, str, str, str], version: VersionRule, *, sources: Sources
) -> tuple[str, ...]:
    """State, report, table, source and definition as a version may print them: nothing
    that a sender wrote goes into a protected one but what was cleared.
    """
    *place, source, definition = row
    if version.protected:
        source = sources.for_others(source)
        definition = sources.definition_for_others(definition)
    return (*place, source, definition if "definitions" in version.keeps else "")


def write_empty_store(path: Path, round_: int) -> None:
    """A store of a round in which nobody reported anything: what can be written over it
    can be written over any.
    """
    content: dict[str, list[tuple[Any, ...]]] = {name: [] for name in _TABLES}
    content["meta"] = [("cutoff", f"{round_ + 1}-01-01"), ("refused", ""), ("round", str(round_))]
    _write_store(path, content, round_=round_)


def _read_cells(marts: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    result = marts.execute(
        """select key, cube, state, year, codes, value, unit, obs_status, conf_status, coverage,
        members, states, note,
        round, origin, part_keys, question, questioned, counts from marts.cells order by key"""
    )
    columns = [d[0] for d in result.description]
    return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]


def _full_row(row: dict[str, Any]) -> tuple[Any, ...]:
    return (
        row["key"],
        row["cube"],
        row["state"],
        row["year"],
        row["codes"],
        row["value"],
        row["unit"],
        row["obs_status"],
        row["conf_status"],
        row["coverage"],
        row["members"],
        row["states"],
        row["note"],
        row["round"],
        False,
    )


def _sums_that_lack(rows: Iterable[dict[str, Any]], left_out: Collection[str]) -> set[str]:
    """The sums worked out over open lists of which rows are left out, and the regional
    sums of these. All of them say that they may lack something: which of them does
    would tell what the rows are.
    """
    lists = {Key.parse(k).codes[:2] + (k.split(":")[0],) for k in left_out}
    of_states = {
        r["key"]
        for r in rows
        if r["origin"] == "group" and (r["state"], str(r["year"]), r["cube"]) in lists
    }
    return of_states | {
        r["key"]
        for r in rows
        if r["coverage"] is not None and of_states & set(r["part_keys"] or ())
    }


def _released_row(row: dict[str, Any], released: bool, *, lacks: bool = False) -> tuple[Any, ...]:
    """A released cell, or a withheld one that says nothing but that it is withheld.
    Missing stays missing.
    """
    known_missing = row["value"] is None and row["obs_status"] != "Q"
    withheld = not released and not known_missing
    obs_status = "Q" if withheld else "U" if lacks else row["obs_status"]
    conf_status = "S" if withheld else "F"
    counted = released or known_missing
    return (
        row["key"],
        row["cube"],
        row["state"],
        row["year"],
        row["codes"],
        row["value"] if released else None,
        row["unit"],
        obs_status,
        conf_status,
        row["coverage"] if counted else None,
        row["members"] if counted else None,
        row["states"] if counted else [],
        "",
        row["round"] if released else None,
        withheld,
    )


def _doubtful(
    marts: duckdb.DuckDBPyConnection, cells: Iterable[dict[str, Any]]
) -> dict[str, tuple[str, ...]]:
    """The parts in question, and what is worked out from them, each with the wholes in
    whose blocks it stands.
    """
    rows = marts.execute(
        "select key, wholes from core.questioned_cells where role = 'part' order by key"
    ).fetchall()
    found = {key: tuple(wholes) for key, wholes in rows}
    for row in cells:
        if row["origin"] in ("derived", "group") and not row["counts"] and row["key"] not in found:
            wholes = {w for part in row["part_keys"] or () for w in found.get(part, ())}
            found[row["key"]] = tuple(sorted(wholes))
    return found


def _told(marts: Marts, conflicts: Iterable[Conflict]) -> dict[str, list[str]]:
    """For each cell of a block in conflict, the wholes of the conflicts that this
    version may tell.
    """
    known = {c.whole for c in conflicts}
    told = {w: {w} for w in known}
    for part, wholes in marts.doubtful.items():
        if own := known.intersection(wholes):
            told.setdefault(part, set()).update(own)
    return {key: sorted(wholes) for key, wholes in told.items()}


def _doubt(
    row: dict[str, Any], withheld: bool, *, told: Mapping[str, list[str]]
) -> tuple[str, bool, list[str]]:
    """`question`, `counts` and `wholes` of a cell as far as this version may tell them."""
    if withheld:
        return "", True, []
    if row["coverage"] is not None:
        own = [str(Key.parse(row["key"]).at(state=s)) for s in row["questioned"]]
        wholes = [w for w in own if w in told]
        return ("whole" if wholes else ""), True, wholes
    return (
        (row["question"], row["counts"], told[row["key"]]) if row["key"] in told else ("", True, [])
    )


def _suppressed(rows: Iterable[dict[str, Any]], cells: Iterable[tuple[Any, ...]]) -> dict[str, str]:
    """How many cells their senders had suppressed, and how many of these are withheld:
    two numbers a report, so that nobody takes what states kept back for what the Center
    hides.
    """
    sent = [
        c[14]
        for r, c in zip(rows, cells, strict=True)
        if r["value"] is None and r["obs_status"] == "Q"
    ]
    return {"sent_suppressed": str(len(sent)), "withheld_suppressed": str(sum(sent))}


def _conflict_row(c: Conflict, with_reason: bool) -> tuple[Any, ...]:
    return (
        c.state,
        c.year,
        c.whole,
        c.whole_cube,
        c.part_cube,
        list(c.dimensions),
        c.part,
        list(c.parts),
        c.resolution,
        c.reason if with_reason else "",
    )


def _in_question(
    row: tuple[Any, ...], conflicts: Iterable[Conflict], *, meta: Mapping[str, str]
) -> tuple[Any, ...]:
    """A state whose answer to a table stands in an open conflict of the reference year
    is in question.
    """
    asked = any(
        (c.state, c.year, c.resolution) == (row[4], int(meta["round"]), "")
        and row[1] in (c.part_cube, c.whole_cube)
        for c in conflicts
    )
    return (*row[:5], "question" if asked and row[5] == "reported" else row[5])


def _answer(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """That all counts of a state are small is itself a small count: it reads as
    reported.
    """
    return (*row[:5], "reported" if row[5] == "suppressed" else row[5])


def _finding_row(f: dict[str, Any]) -> tuple[Any, ...]:
    return (
        f["state"],
        f["report"],
        f["table"],
        f["key"],
        f["rule"],
        f["severity"],
        f["sheet"],
        f["cell"],
        f["found"],
        f["allowed"],
        f["contract_version"],
        f["remark"],
    )


def _write_store(path: Path, content: dict[str, list[tuple[Any, ...]]], *, round_: int) -> bool:
    """Write a store when its content differs from the one in place. The sidecar .sha256
    is what make compares.
    """
    import duckdb
    import pandas as pd

    digest = _digest(content)
    released = released_csv(content["cells"], round_)
    sidecar = path.with_suffix(".sha256")
    as_csv = path.with_suffix(".csv")
    # The CSV is compared as well: other code may write the same cells in another way.
    if (
        all(map(is_kept, (path, as_csv, sidecar)))
        and sidecar.read_text().strip() == digest
        and as_csv.read_bytes() == released
    ):
        return False
    temporary = unfinished(path)
    temporary.unlink(missing_ok=True)
    connection = duckdb.connect(str(temporary))
    try:
        for name, columns in _TABLES.items():
            connection.execute(f"create table {name} ({columns})")
            if content[name]:
                names = [
                    c.split()[0] for c in columns.replace("decimal(18, 3)", "decimal").split(",")
                ]
                # DuckDB reads the frame by its name.
                frame = pd.DataFrame(content[name], columns=names, dtype=object)  # noqa: F841
                connection.execute(f"insert into {name} select * from frame")
    finally:
        connection.close()
    # First: what a build that dies here leaves must not pass for finished.
    sidecar.unlink(missing_ok=True)
    keep_bytes(as_csv, released)
    keep_file(temporary, path)
    keep_bytes(sidecar, f"{digest}\n".encode())
    return True


def store_problems(path: Path, round_: int) -> list[str]:
    """What of a store is not as it was written: its tables against the hash beside it,
    its released cells against its tables. Empty where all is as it was.
    """
    import duckdb

    sidecar = path.with_suffix(".sha256")
    as_csv = path.with_suffix(".csv")
    if gone := [f.name for f in (path, sidecar, as_csv) if not f.is_file()]:
        return [f"{', '.join(gone)}: there is no such file; run 'make reports'"]
    try:
        with duckdb.connect(str(path), read_only=True) as store:
            content = {name: store.execute(f"select * from {name}").fetchall() for name in _TABLES}
    except duckdb.Error as problem:
        return [f"{path.name}: it cannot be read: {str(problem).splitlines()[0][:200]}"]
    found = []
    if sidecar.read_bytes().strip() != _digest(content).encode():
        found.append(f"{path.name}: its tables are not those of {sidecar.name}")
    if as_csv.read_bytes() != released_csv(content["cells"], round_):
        found.append(f"{as_csv.name}: not the released cells of {path.name}")
    return found


def _digest(content: Mapping[str, list[tuple[Any, ...]]]) -> str:
    columns = {name: " ".join(text.split()) for name, text in _TABLES.items()}
    return hashlib.sha256(
        json.dumps([content, columns], default=_jsonable, sort_keys=True).encode()
    ).hexdigest()


def _jsonable(value: Any) -> str:
    return plain(value) if isinstance(value, Decimal) else str(value)
