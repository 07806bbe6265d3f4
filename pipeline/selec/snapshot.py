"""How is a round asked without anything being written? By a copy in a database that is
only for reading, and that can open no file.

The copy is made of the stores of the version that is asked for. One that is not
protected adds marts, ledger and findings. No database of the outputs stays open, so a
notebook that is left open keeps no build from its work. The copy has no name any more
once it is opened: it is gone with the process, however that ends.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.cells import POPULATION_CUBE
from pipeline.contracts.model import LAST_ROUND, Table
from pipeline.errors import BusyError, UserError
from pipeline.findings import Finding
from pipeline.release.operations.runs import read_runs
from pipeline.returns.rules.validated import read_validation
from pipeline.selec.place import PUBLIC, Place, find_place
from pipeline.selec.views import KEPT, VIEWS, columns_of, comments_of, select_of, view_of_cube
from pipeline.system.columns import insert_rows
from pipeline.system.kept import check_database, is_there, quoted_path, write_out

if TYPE_CHECKING:
    import duckdb

_CLOSED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "temp_directory": "",
    "lock_configuration": True,
}


def connect(*, round: int | None = None, version: str = PUBLIC) -> duckdb.DuckDBPyConnection:
    """A connection to the views of a round and version, the newest round where none is
    named. It writes nothing and opens no file.

    Raises UserError where that was not built, BusyError while a build writes to it.
    """
    return connect_place(find_place(round, version))


def connect_place(place: Place) -> duckdb.DuckDBPyConnection:
    """The same for a place that was found."""
    import duckdb

    folder = Path(tempfile.mkdtemp(prefix="selec-"))  # for its owner only
    try:
        path = folder / "selec.duckdb"
        try:
            with duckdb.connect(str(path)) as copy:
                _fill(copy, place)
                _make_views(copy, place)
                write_out(copy)
        except duckdb.IOException as problem:
            if "Conflicting lock" not in str(problem):
                raise
            raise BusyError(
                "a build is writing to the ledger", do="ask again when it has ended"
            ) from problem
        return duckdb.connect(str(path), read_only=True, config=_CLOSED)
    finally:
        shutil.rmtree(folder)


def _fill(copy: duckdb.DuckDBPyConnection, place: Place) -> None:
    """Copy the rows that the version may tell into tables of the schema `kept`."""
    copy.execute(f"create schema {KEPT}")
    _describe_tables(copy, place)
    _copy_stores(copy, place)
    if not place.version.protected:
        _copy_lineage(copy, place)
        _copy_ledger(copy, place)
        _copy_findings(copy, place)
        _copy_runs(copy, place)


def tables_to_ask(place: Place) -> list[Table]:
    """The tables that the round asks for, and the cubes of context."""
    contracts = place.contracts
    return [
        *contracts.tables_of(place.round),
        *(contracts.table(c.name) for c in contracts.outside),
    ]


def _describe_tables(copy: duckdb.DuckDBPyConnection, place: Place) -> None:
    asked = tables_to_ask(place)
    copy.execute(
        f"""create table {KEPT}.tables (cube varchar, report varchar, title varchar,
        description varchar, grain varchar, unit varchar, crime_area varchar,
        respondent varchar, first_round integer, last_round integer, dimensions varchar[])"""
    )
    rows = [
        (
            *(t.name, t.report, t.title, t.description, t.grain, t.unit, t.crime_area),
            t.respondent,
            t.first_round or None,
            None if t.last_round == LAST_ROUND else t.last_round,
            [d.name for d in t.dimensions],
        )
        for t in asked
    ]
    _insert(copy, "tables", rows)
    copy.execute(
        f"""create table {KEPT}.codes (cube varchar, dimension varchar, position integer,
        code varchar, label varchar, parent varchar, valid_from integer, valid_to integer)"""
    )
    areas = {t.name: place.contracts.areas_of(t.name) for t in asked}
    _insert(
        copy,
        "codes",
        [
            (t.name, name, at, c.code, c.label, c.parent, c.valid_from, c.valid_to)
            for t in asked
            for at, name, codes in (
                (1, "state", areas[t.name]),
                *((i, d.name, d.codelist) for i, d in enumerate(t.dimensions, 3)),
            )
            for c in codes
        ],
    )


def _copy_stores(copy: duckdb.DuckDBPyConnection, place: Place) -> None:
    """Each report gives its own tables; population is in all of them."""
    first, *_ = place.reports
    for report, path in place.stores():
        own = [t.name for t in place.contracts.contract(report).tables]
        own += [c.name for c in place.contracts.outside if c.reports[0] == report]
        if report == first:
            own.append(POPULATION_CUBE)
        cubes = ", ".join(f"'{name}'" for name in own)
        with _attached(copy, path):
            for name, select in {
                "cells": f"select *, '{report}' as report from other.cells where cube in ({cubes})",
                "coverage": f"from other.coverage where cube in ({cubes})",
                "conflicts": f"from other.conflicts where whole_cube in ({cubes})",
                "sources": f"from other.sources where cube in ({cubes})",
                "revisions": f"from other.revisions where split_part(key, ':', 1) in ({cubes})",
                "facts": f"select '{report}' as report, name, value from other.meta",
            }.items():
                do = (
                    f"create table {KEPT}.{name} as"
                    if report == first
                    else f"insert into {KEPT}.{name}"
                )
                copy.execute(f"{do} {select}")


def _copy_lineage(copy: duckdb.DuckDBPyConnection, place: Place) -> None:
    """Where each figure comes from: its submission, or the cells that add up to it."""
    marts = place.project.work(place.round) / "cubes.duckdb"
    _require(marts, place)
    with _attached(copy, marts):
        copy.execute(
            f"""create or replace table {KEPT}.cells as
            with brought as (
                select key, file, round, min(submission_id) as submission
                from other.core.reported group by all
            )
            select cells.*, m.origin, brought.submission, nullif(m.file, '') as file,
                nullif(m.sheet, '') as sheet, nullif(m.address, '') as address,
                nullif(m.raw, '') as raw, coalesce(m.part_keys, []) as part_keys
            from {KEPT}.cells
            left join other.marts.cells as m using (key)
            left join brought
                on brought.key = m.key and brought.file = m.file and brought.round = m.round"""
        )
        copy.execute(
            f"create table {KEPT}.used as select submission_id from other.seed.current_submissions"
        )


def _copy_ledger(copy: duckdb.DuckDBPyConnection, place: Place) -> None:
    """Every submission with its figures, those of earlier rounds too."""
    _require(place.project.warehouse, place)
    with _attached(copy, place.project.warehouse):
        columns = copy.execute(
            "select column_name from duckdb_columns()"
            " where database_name = 'other' and table_name = 'submissions'"
        ).fetchall()
        # A ledger that was last written before returns came in parts has no office.
        office = "nullif(office, '')" if ("office",) in columns else "null::varchar"
        copy.execute(
            f"""create table {KEPT}.submissions as
            select submission_id as submission, round, report, state, file, sha256,
                nullif(received, '') as received, contract_version, cells,
                submission_id in (from {KEPT}.used) as used, {office} as office
            from other.submissions order by round, report, state, file, submission_id"""
        )
        known = {
            name
            for (name,) in copy.execute(
                "select table_name from duckdb_tables() where database_name = 'other'"
            ).fetchall()
        }
        selects = [_statements_of(t) for t in place.contracts.tables if t.sql_name in known]
        copy.execute(f"create table {KEPT}.statements as {' union all by name '.join(selects)}")


def _statements_of(table: Table) -> str:
    return f"""select submission_id as submission, key, '{table.name}' as cube, state,
        year::integer as year, value, raw, obs_status, conf_status, note, sheet, address
        from other.{table.sql_name}"""


def _copy_findings(copy: duckdb.DuckDBPyConnection, place: Place) -> None:
    names = [f.name for f in fields(Finding)]
    columns = ", ".join(
        f'"{"table_name" if n == "table" else n}" {"integer" if n == "round" else "varchar"}'
        for n in names
    )
    copy.execute(f"create table {KEPT}.findings ({columns})")
    found = read_validation(place.project, place.round).findings
    _insert(copy, "findings", [tuple(getattr(f, n) for n in names) for f in found])


def _copy_runs(copy: duckdb.DuckDBPyConnection, place: Place) -> None:
    """What was run when: records that hold no figure and no word of a sender."""
    copy.execute(
        f"""create table {KEPT}.runs (run varchar, what varchar, round integer, began timestamp,
        ended timestamp, seconds double, code integer, "end" varchar, "commit" varchar)"""
    )
    copy.execute(
        f"""create table {KEPT}.steps (run varchar, step varchar, began timestamp,
        ended timestamp, seconds double, code integer, error varchar, why varchar)"""
    )
    runs = sorted(read_runs(place.project), key=lambda run: run.id)
    _insert(
        copy,
        "runs",
        [
            (
                *(r.id, r.what, r.round, r.began.removesuffix("Z")),
                *(r.ended.removesuffix("Z") or None, r.seconds, r.code, r.end, r.commit),
            )
            for r in runs
        ],
    )
    _insert(
        copy,
        "steps",
        [
            (
                *(r.id, s.name, _moment(s.began), _moment(s.ended)),
                *(s.ended - s.began, s.code, s.error, s.why),
            )
            for r in runs
            for s in r.steps
        ],
    )


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None).isoformat()


def _insert(copy: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Sequence[object]]) -> None:
    kinds = [kind for _, kind, *_ in copy.execute(f"describe {KEPT}.{table}").fetchall()]
    insert_rows(copy, f"{KEPT}.{table}", kinds=kinds, rows=rows)


@contextmanager
def _attached(copy: duckdb.DuckDBPyConnection, path: Path) -> Iterator[None]:
    """A database of the outputs as `other`, only for reading. Raises DamagedFileError."""
    check_database(path)
    copy.execute(f"attach {quoted_path(path)} as other (read_only)")
    try:
        yield
    finally:
        copy.execute("detach other")


def _require(path: Path, place: Place) -> None:
    if not is_there(path):
        raise UserError(
            f"{path.name} of round {place.round} is not there",
            where=str(path),
            do=f"run 'make reports ROUND={place.round}' first",
        )


def _make_views(copy: duckdb.DuckDBPyConnection, place: Place) -> None:
    protected = place.version.protected
    for view in VIEWS:
        if view.restricted and protected:
            continue
        columns = columns_of(view, protected=protected)
        copy.execute(f"create view {view.name} as {select_of(view, protected=protected)}")
        for comment in comments_of(view, columns):
            copy.execute(comment)
    for table in tables_to_ask(place):
        if table.report in place.reports:
            view = view_of_cube(table, protected=protected)
            copy.execute(f"create view {view.name} as {view.select}")
            for comment in comments_of(view, view.columns, table):
                copy.execute(comment)
