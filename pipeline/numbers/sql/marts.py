"""How do the numbers of a round come to be? Seeds, models and checks into one DuckDB
file of marts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.cells import POPULATION_CUBE, SUPPRESSED_HIGHEST
from pipeline.contracts.model import Contracts, Table, link_of
from pipeline.contracts.outside import load_figures
from pipeline.contracts.population import load_population
from pipeline.numbers.sql.runner import read_models, run_checks, run_models
from pipeline.project import Project
from pipeline.returns.meetings.papers import Meeting
from pipeline.system.columns import insert_rows
from pipeline.system.files import unfinished
from pipeline.system.kept import (
    check_database,
    is_there,
    keep_file,
    open_database,
    quoted_path,
    write_out,
)
from pipeline.system.progress import Progress, silent

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Resolution:
    """What a state answered of a figure that one of its parts exceeds: whole, parts or
    neither, and in which round.
    """

    key: str
    resolution: str
    reason: str
    round: int


def build_marts(
    project: Project,
    contracts: Contracts,
    *,
    round_: int,
    submissions: Iterable[str],
    refused: Iterable[tuple[str, str, str]],
    resolutions: Iterable[Resolution] = (),
    meetings: Iterable[Meeting] = (),
    progress: Progress = silent,
) -> dict[str, int]:
    """Build `cubes.duckdb` of a round from the submissions that count, and check it.
    Returns rows read per check.

    The file appears only when every model ran and every check passed. Raises UserError
    and CheckError.
    """
    import duckdb

    check_database(project.warehouse)
    final = project.work(round_) / "cubes.duckdb"
    temporary = unfinished(final)
    temporary.unlink(missing_ok=True)
    connection = duckdb.connect(str(temporary))
    try:
        connection.execute(f"attach {quoted_path(project.warehouse)} as ledger (read_only)")
        connection.execute("create schema warehouse")
        for table in contracts.tables:
            # A table that the round does not ask for has no figures in it: no cell, no
            # line of coverage, no exhibit.
            only = "" if table.is_asked(round_) else " where false"
            connection.execute(
                f"create view warehouse.{table.sql_name} as from ledger.{table.sql_name}{only}"
            )
        write_seeds(connection, contracts, round_=round_)
        _seed_submissions(connection, submissions, refused=refused)
        _insert(
            connection,
            "seed.resolution",
            rows=[(r.key, r.resolution, r.reason, r.round) for r in resolutions],
        )
        _seed_meetings(connection, contracts, meetings)
        run_models(connection, read_models(project.sql, tables=contracts.tables), progress=progress)
        counts = run_checks(connection, project.sql)
        # Views on the ledger would break once it is no longer attached; the marts stand
        # for themselves.
        for table in contracts.tables:
            connection.execute(f"drop view warehouse.{table.sql_name}")
        connection.execute("detach ledger")
        write_out(connection)
    finally:
        connection.close()
    keep_file(temporary, final)
    return counts


def _seed_submissions(
    connection: duckdb.DuckDBPyConnection,
    submissions: Iterable[str],
    *,
    refused: Iterable[tuple[str, str, str]],
) -> None:
    connection.execute("create table seed.chosen (submission_id varchar)")
    _insert(connection, "seed.chosen", rows=[(s,) for s in submissions])
    connection.execute("""create table seed.current_submissions as
        select s.* from ledger.submissions s join seed.chosen using (submission_id)""")
    connection.execute("create table seed.refused (state varchar, report varchar, cube varchar)")
    _insert(connection, "seed.refused", rows=sorted(refused))


def write_seeds(
    connection: duckdb.DuckDBPyConnection, contracts: Contracts, *, round_: int
) -> None:
    """Load contract facts and code lists as tables of the schema `seed`."""
    connection.execute("create schema seed")
    # a contract may ask for fewer years than the others
    window = max((contract.years(round_) for contract in contracts), key=len)
    connection.execute(
        "create table seed.parameters (round integer, first_year integer, suppressed_highest"
        " integer)"
    )
    _insert(connection, "seed.parameters", rows=[(round_, window[0], SUPPRESSED_HIGHEST)])
    connection.execute("create table seed.member (year integer, state varchar, sort integer)")
    # an assessment is held however old it is: of its year too it is known who was a member
    judged = [t.first_round for t in contracts.tables if t.judged and t.is_asked(round_)]
    years = range(min([window[0] - 1, *judged]), round_ + 1)
    _insert(
        connection,
        "seed.member",
        rows=[(y, m.code, m.sort) for y in years for m in contracts.members(y)],
    )
    connection.execute(
        "create table seed.resolution (key varchar, resolution varchar, reason varchar, round"
        " integer)"
    )
    _seed_cubes(connection, contracts, round_=round_)
    _seed_codes(connection, contracts)
    connection.execute(
        "create table seed.population (state varchar, year integer, population bigint, source"
        " varchar)"
    )
    rows = [(p.state, p.year, p.persons, p.source) for p in load_population(contracts.codelists)]
    _insert(connection, "seed.population", rows=rows)
    _seed_context(connection, contracts)
    _seed_judged(connection, contracts)


def _seed_judged(connection: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    """The questions that are answered on scales, and the matrix of threat levels."""
    connection.execute(
        "create table seed.judged_question (cube varchar, question varchar, size integer,"
        " is_common boolean)"
    )
    connection.execute(
        "create table seed.judged_role (cube varchar, question varchar, is_likelihood boolean)"
    )
    connection.execute(
        "create table seed.judged_matrix (likelihood integer, impact integer, level integer)"
    )
    connection.execute(
        "create table seed.judged_meeting (cube varchar, year integer, area varchar, session"
        " varchar, meeting varchar, level integer, word varchar, states varchar[], file varchar,"
        " line integer, round integer)"
    )
    if contracts.assessment is None:
        return
    matrix = contracts.assessment.matrix
    scored = [t for t in contracts.tables if t.judged and not t.judged.is_texts]
    questions, roles = [], []
    for table in scored:
        assert table.judged is not None
        common = table.judged.common
        for code, scale in table.judged.scales:
            questions.append((table.name, code, len(scale.words), scale == common))
            if code == matrix.likelihood or code in matrix.impacts:
                roles.append((table.name, code, code == matrix.likelihood))
    _insert(connection, "seed.judged_question", rows=questions)
    _insert(connection, "seed.judged_role", rows=roles)
    rows = [(i, j, level) for i, row in enumerate(matrix.rows, 1) for j, level in enumerate(row, 1)]
    _insert(connection, "seed.judged_matrix", rows=rows)


def _seed_meetings(
    connection: duckdb.DuckDBPyConnection, contracts: Contracts, meetings: Iterable[Meeting]
) -> None:
    """The levels that meetings judged, of the session that others may read of."""
    settings = contracts.assessment
    if settings is None:
        return
    rows = [
        (
            settings.scored,
            met.round,
            own.area,
            settings.session,
            met.name,
            own.level,
            settings.levels.word(own.level),
            list(own.agreed),
            met.file,
            own.line,
            met.round,
        )
        for met in meetings
        for own in met.levels
    ]
    _insert(connection, "seed.judged_meeting", rows=rows)


def _seed_context(connection: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    """What others published, without totals: the models add them up, but no scores."""
    connection.execute(
        "create table seed.context (cube varchar, area varchar, year integer, codes varchar[],"
        " value decimal(18, 3), source varchar, scored boolean)"
    )
    figures = load_figures(contracts.folder)
    rows = [
        (f.cube, f.area, f.year, list(f.codes), f.value, f.told, cube.scores is not None)
        for cube in contracts.outside
        for f in figures[cube.name]
    ]
    _insert(connection, "seed.context", rows=rows)


def _seed_cubes(
    connection: duckdb.DuckDBPyConnection, contracts: Contracts, *, round_: int
) -> None:
    connection.execute(
        """create table seed.cube (cube varchar, report varchar, title varchar, unit varchar,
        crime_area varchar,
        respondent varchar, sort integer, family varchar, rounding integer, several varchar,
        is_judged boolean)"""
    )
    links = {t.name: _family(contracts, t) for t in contracts.tables}
    rows: list[tuple[Any, ...]] = [
        (
            t.name,
            t.report,
            t.title,
            t.unit,
            t.crime_area,
            t.respondent,
            i,
            links[t.name][0],
            t.rounding,
            t.several_figures,
            t.judged is not None,
        )
        for i, t in enumerate(contracts.tables_of(round_))
    ]
    rows.append(
        (
            POPULATION_CUBE,
            "",
            "Mid-year population",
            "inhabitants",
            "",
            "reference",
            len(rows),
            POPULATION_CUBE,
            0,
            "",
            False,
        )
    )
    rows += [
        (c.name, "", c.title, c.unit, "", "others", len(rows) + i, c.name, 0, "", False)
        for i, c in enumerate(contracts.outside)
    ]
    rows += [
        (
            t.name,
            t.report,
            t.title,
            t.unit,
            t.crime_area,
            "others",
            len(rows) + i,
            t.name,
            0,
            "",
            True,
        )
        for i, t in enumerate(contracts.judged_tables)
        if t.is_asked(round_)
    ]
    _insert(connection, "seed.cube", rows=rows)
    connection.execute(
        "create table seed.fixed_code (cube varchar, dimension varchar, code varchar)"
    )
    _insert(
        connection,
        "seed.fixed_code",
        rows=[(name, *pair) for name, (_, at) in links.items() for pair in at],
    )
    connection.execute(
        "create table seed.cube_dimension (cube varchar, position integer, dimension varchar,"
        " codelist varchar)"
    )
    _insert(
        connection,
        "seed.cube_dimension",
        rows=[
            (t.name, i, d.name, d.codelist.name)
            for t in contracts.tables
            for i, d in enumerate(t.dimensions, 1)
        ],
    )


def _family(contracts: Contracts, table: Table) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The first of the tables that count the same thing as this one, and the codes at
    which it is met there.
    """
    at: tuple[tuple[str, str], ...] = ()
    while link := link_of(table):
        table = contracts.table(link.same_total_as)
        at = at + link.at
    return table.name, at


def _seed_codes(connection: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    connection.execute(
        """create table seed.cube_code (cube varchar, position integer, code varchar,
        parent varchar,
        open_list boolean, valid_from integer, valid_to integer, states varchar[])"""
    )
    _insert(
        connection, "seed.cube_code", rows=[row for t in contracts.tables for row in _cube_codes(t)]
    )
    connection.execute(
        "create table seed.codelist (codelist varchar, code varchar, label varchar, parent varchar,"
        " sort integer)"
    )
    names = sorted(
        {d.codelist.name for t in contracts.tables for d in t.dimensions} | {"states", "crime_area"}
    )
    _insert(
        connection,
        "seed.codelist",
        rows=[
            (name, c.code, c.label, c.parent, c.sort)
            for name in names
            for c in contracts.codelist(name)
        ],
    )


def _cube_codes(table: Table) -> list[tuple[Any, ...]]:
    return [
        (
            table.name,
            i,
            c.code,
            d.parent_of(c),
            bool(table.layout.open_rows),
            c.valid_from,
            c.valid_to,
            c.extra.get("states", "").split(),
        )
        for i, d in enumerate(table.dimensions, 1)
        for c in d.codes
    ]


def _insert(
    connection: duckdb.DuckDBPyConnection, table: str, *, rows: list[tuple[Any, ...]]
) -> None:
    kinds = [kind for _, kind, *_ in connection.execute(f"describe {table}").fetchall()]
    insert_rows(connection, table, kinds=kinds, rows=rows)


def open_marts(project: Project, round_: int) -> duckdb.DuckDBPyConnection:
    """Open the marts of a round for reading. Raises UserError when they were not built
    yet.
    """
    from pipeline.errors import UserError

    path: Path = project.work(round_) / "cubes.duckdb"
    if not is_there(path):
        raise UserError(
            f"round {round_} has no numbers yet", do=f"run 'make reports ROUND={round_}' first"
        )
    return open_database(path)
