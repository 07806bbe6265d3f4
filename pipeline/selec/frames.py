"""How does a figure come into a notebook? As a frame of pandas with its unit, statuses,
coverage and way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.cells import POPULATION_CUBE, Key
from pipeline.contracts.codelists import CodeList
from pipeline.contracts.model import Table, load_contracts
from pipeline.contracts.policy import load_policy
from pipeline.errors import UserError
from pipeline.release.operations.run_file import FOLDER as RUNS
from pipeline.selec.place import PUBLIC, Place, built_rounds, find_place, find_project
from pipeline.selec.snapshot import connect_place
from pipeline.selec.views import VIEWS
from pipeline.system.kept import is_there

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

Codes = str | int | Sequence[str | int]
# Columns of whole numbers, which pandas would make floats where some are empty.
_WHOLE = frozenset(
    [
        "year",
        "coverage",
        "members",
        "vintage",
        "round",
        "old_round",
        "level",
        "cells",
        "position",
        "valid_from",
        "valid_to",
        "first_round",
        "last_round",
    ]
)


@dataclass(frozen=True)
class _Held:
    """The copy of a round and version, and the state of the files that it was made of."""

    state: tuple[object, ...]
    connection: duckdb.DuckDBPyConnection


_held: dict[tuple[Path, int, str], _Held] = {}


def cells(
    cube: str,
    *,
    round: int | None = None,
    version: str = PUBLIC,
    labels: bool = False,
    **codes: Codes,
) -> pd.DataFrame:
    """The cells of a cube, one a row, as far as the version may know them.

    `codes` keep only rows with these codes: `state="RO"`, `year=[2021, 2022]`,
    `sex="F"`; `labels` adds a column with the label of each code. The value is in the
    unit of its row, and empty where there is none to show: `obs_status` says why. A
    version that is not protected also has `origin`, the `submission`, `file`, `sheet`,
    `address` and `raw` of a figure that a state gave, and the `part_keys` of a sum.
    `frame.attrs` names table, round, version and the hash of the store. Raises UserError
    for a cube or code that there is not, and where it was not built.
    """
    place = find_place(round, version)
    table = None if cube == POPULATION_CUBE else place.contracts.table(cube)
    report = table.report if table else place.reports[0]
    _require_cube(place, table, report=report)
    lists = _lists_of(place, table)
    where, values = _only(cube, lists, codes)
    name = table.sql_name if table else f"(from cells where cube = '{POPULATION_CUBE}')"
    query = f"select * from {name} where {where} order by key"
    frame = _frame(_connection(place).execute(query, values))
    for dimension, codelist in lists.items() if labels else ():
        said = {c.code: c.label for c in codelist}
        at = list(frame.columns).index(dimension)
        frame.insert(at + 1, f"{dimension}_label", frame[dimension].map(said))
    store = place.project.store(place.round, report, version)
    frame.attrs = {
        "cube": cube,
        "title": table.title if table else "Mid-year population",
        "round": place.round,
        "version": version,
        "store": store.with_suffix(".sha256").read_text(encoding="ascii").strip(),
    }
    return frame


def _require_cube(place: Place, table: Table | None, *, report: str) -> None:
    """Raises UserError where the round does not ask for a table, or its report was not
    built.
    """
    if table and not table.is_asked(place.round):
        raise UserError(
            f"round {place.round} does not ask for {table.name}",
            allowed=", ".join(t.name for t in place.contracts.tables_of(place.round)),
        )
    if report not in place.reports:
        version = place.version.name
        raise UserError(
            f"the {version} version of {report} was not built in round {place.round}",
            do=f"run 'make report REPORT={report} VERSION={version} ROUND={place.round}' first",
        )


def _lists_of(place: Place, table: Table | None) -> dict[str, CodeList]:
    """The code list of each dimension but the year."""
    own = {d.name: d.codelist for d in table.dimensions} if table else {}
    areas = place.contracts.areas_of(table.name) if table else place.contracts.codelist("states")
    return {"state": areas, **own}


def _only(
    cube: str, lists: Mapping[str, CodeList], codes: Mapping[str, Codes]
) -> tuple[str, list[list[str]]]:
    """The condition for these codes. Raises UserError for what the cube does not have."""
    terms, values = ["true"], []
    for name, given in codes.items():
        if name not in ("year", *lists):
            raise UserError(
                f"{cube} has no dimension '{name}'", allowed=", ".join(["year", *lists])
            )
        wanted = [str(c) for c in ([given] if isinstance(given, str | int) else given)]
        for code in wanted:
            if name != "year":
                lists[name].label(code)  # the error of a code that there is not lists all
            elif not code.isdecimal():
                raise UserError(f"'{code}' is no year", allowed="four digits, for example 2022")
        terms.append(f'"{name}"::varchar in (select unnest(?::varchar[]))')
        values.append(wanted)
    return " and ".join(terms), values


def sql(
    query: str,
    parameters: Sequence[object] | Mapping[str, object] = (),
    *,
    round: int | None = None,
    version: str = PUBLIC,
) -> pd.DataFrame:
    """The answer to a query over the views, as a frame. Values go in `parameters`, for
    each `?` or `$name` of the query.

    Raises UserError where the query cannot be answered.
    """
    import duckdb

    place = find_place(round, version)
    connection = _connection(place)
    try:
        return _frame(connection.execute(query, parameters or None))
    except duckdb.Error as problem:
        raise _refused(problem, place) from problem


def _refused(problem: duckdb.Error, place: Place) -> UserError:
    said = " ".join(str(problem).split("LINE 1:")[0].split())
    asked = [v.name for v in VIEWS if v.restricted and f"name {v.name} does not exist" in said]
    if asked and place.version.protected:
        return UserError(
            f"the {place.version.name} version does not tell {asked[0]}",
            do='ask a version that is not protected: version="restricted"',
        )
    return UserError(
        f"the query cannot be answered: {said}",
        allowed="one SELECT over the views of selec.views()",
        do="correct the query; nothing can be written, and no file opened",
    )


def lineage(
    key: str,
    *,
    round: int | None = None,
    version: str = PUBLIC,
) -> pd.DataFrame:
    """The way of one cell: the cell at level 0, below it the cells that add up to it,
    down to file, sheet and address.

    Raises UserError for a protected version, which knows no files, and for a key that
    there is not.
    """
    place = find_place(round, version)
    asked = Key.parse(key)
    if asked.cube != POPULATION_CUBE:
        place.contracts.check_key(asked)
    if place.version.protected:
        raise UserError(
            f"the {version} version does not tell where figures come from",
            do='ask a version that is not protected: version="restricted"',
        )
    return _frame(
        _connection(place).execute(
            """with recursive way as (
                select 0 as level, [key] as path, * from cells where key = ?
                union all
                select way.level + 1, list_append(way.path, cells.key), cells.*
                from way inner join cells on list_contains(way.part_keys, cells.key)
            )
            select level, key, value, unit, obs_status, origin, vintage, submission, file, sheet,
                address, raw
            from way order by path""",
            [str(asked)],
        )
    )


def rounds() -> pd.DataFrame:
    """What was built: a row for each round, version and report."""
    import pandas as pd

    project = find_project()
    policy = load_policy(project.contracts, load_contracts(project.contracts))
    found = [
        (year, version, report)
        for version in policy.versions
        for year, reports in built_rounds(project, version).items()
        for report in reports
    ]
    return pd.DataFrame(sorted(found), columns=["round", "version", "report"])


def tables(*, round: int | None = None, version: str = PUBLIC) -> pd.DataFrame:
    """The tables that a round asks for, one a row: cube, report, title, unit, dimensions."""
    return sql("select * from tables", round=round, version=version)


def codes(cube: str, *, round: int | None = None, version: str = PUBLIC) -> pd.DataFrame:
    """The codes of each dimension of a cube with their labels and years."""
    find_place(round, version).contracts.table(cube)
    query = "select * exclude (cube) from codes where cube = ? order by position, code"
    return sql(query, [cube], round=round, version=version)


def views(*, round: int | None = None, version: str = PUBLIC) -> pd.DataFrame:
    """The views of a round and version, a row for each column, with what it says."""
    return sql(
        """select view_name as view, v.comment as holds, column_name as "column",
            lower(data_type) as type, c.comment as says
        from duckdb_views() as v inner join duckdb_columns() as c
            on view_name = table_name and v.schema_name = c.schema_name
        where v.schema_name = 'main' and not v.internal
        order by view_name, column_index""",
        round=round,
        version=version,
    )


def _frame(answer: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """The rows of an answer: whole numbers stay whole where some are empty."""
    frame = answer.df()
    for name in frame.columns:
        if name in _WHOLE and frame[name].dtype.kind in "if":
            frame[name] = frame[name].astype("Int64")
    return frame


def _connection(place: Place) -> duckdb.DuckDBPyConnection:
    """A cursor on the copy of what is asked; it is made again when a build changed it."""
    place_key = (place.project.outputs, place.round, place.version.name)
    state = _state(place)
    held = _held.get(place_key)
    if held is None or held.state != state:
        held = _Held(state, connect_place(place))
        _held[place_key] = held
    return held.connection.cursor()


def _state(place: Place) -> tuple[object, ...]:
    """What tells that a build, or another contract, changed what the copy is made of."""
    files = [path for _, path in place.stores()]
    if not place.version.protected:
        work = place.project.work(place.round)
        files += [work / "cubes.duckdb", work / "validation.json", place.project.warehouse]
        files += sorted((place.project.records / RUNS).glob("*.jsonl"))
    seen = [p.stat() for p in files if is_there(p)]
    return (*((s.st_ino, s.st_size, s.st_mtime_ns) for s in seen), id(place.contracts))
