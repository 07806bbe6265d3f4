"""In which order do the models run? Reads the folder sql/, works out who needs whom,
builds the marts, runs the checks.

A model is one file with one select; its folder is its schema and its name the file's.
References are found with sqlglot, so there is no list to keep. The staging models are
rendered from one template, one a table of the contracts; `staging.every_cube` stands
for the union of all of them. Seeds are the contract facts and code lists,
loaded as tables of the schema `seed`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.contracts.model import Table
from pipeline.errors import CheckError, UserError
from pipeline.numbers.sql.staging import LAYER as STAGING
from pipeline.numbers.sql.staging import TEMPLATE, TEMPLATE_PLACE, read_template, render_staging
from pipeline.system.progress import Progress, silent
from pipeline.system.repairable import require_room
from pipeline.system.yaml_files import read_text

if TYPE_CHECKING:
    import duckdb

LAYERS = (STAGING, "core", "marts")
_COLOURED = re.compile("\x1b\\[[0-9;]*m")
EVERY_CUBE = f"{STAGING}.every_cube"
SEED = "seed"
GIVEN = (SEED, "warehouse")  # schemas that models read and that no model builds
_MAY_BE_EMPTY = "May be empty:"  # in the head of a check, before the models it may meet empty


@dataclass(frozen=True)
class Model:
    """One select of the folder sql/. `name` is layer.stem, or layer.table where it was
    rendered from a template; `needs` are the models and given tables it reads.
    """

    name: str
    path: Path
    sql: str
    needs: frozenset[str]

    @property
    def place(self) -> str:
        """Its file, as messages name it."""
        return f"sql/{self.path.parent.name}/{self.path.name}"

    @property
    def _comments(self) -> list[str]:
        return [line[2:].strip() for line in self.sql.splitlines() if line.startswith("--")]

    @property
    def grain(self) -> str:
        """The first comment: what one row is and who reads it."""
        return " ".join(self._comments)

    @property
    def reads(self) -> frozenset[str]:
        """What it reads, seeds left out: they are facts of contracts, and never empty."""
        return frozenset(n for n in self.needs if n.split(".")[0] != SEED)

    @property
    def may_be_empty(self) -> frozenset[str]:
        """Models that a check may meet without rows, as its head says. Raises UserError
        where it names one that the check does not read.
        """
        heads = [line for line in self._comments if line.startswith(_MAY_BE_EMPTY)]
        named = frozenset(
            name.strip() for line in heads for name in line.removeprefix(_MAY_BE_EMPTY).split(",")
        )
        if unread := named - self.reads:
            raise UserError(
                f"its head says that {', '.join(sorted(unread)) or 'nothing'} may be empty, which"
                " it does not read",
                where=self.place,
                allowed=", ".join(sorted(self.reads)),
                do=f"correct the line '-- {_MAY_BE_EMPTY}', or take it out",
            )
        return named


def references(sql: str, where: str) -> frozenset[str]:
    """The schema-qualified tables a select reads. Raises UserError when the SQL cannot
    be parsed.
    """
    import sqlglot
    from sqlglot import exp

    try:
        tree = sqlglot.parse_one(sql, read="duckdb")
    except sqlglot.errors.SqlglotError as problem:
        first = _COLOURED.sub("", str(problem)).split("\n", 1)[0]
        raise UserError(
            f"the SQL cannot be parsed: {first}", where=where, do="correct the model"
        ) from problem
    return frozenset(f"{t.db}.{t.name}" for t in tree.find_all(exp.Table) if t.db)


def read_models(
    folder: Path, layers: Iterable[str] = LAYERS, *, tables: Iterable[Table] = ()
) -> dict[str, Model]:
    """All models by name, layer by layer; those of `tables` that have no file are
    rendered. Raises UserError where one cannot be read.
    """
    models: dict[str, Model] = {}
    for layer in layers:
        here = {m.name: m for m in _written_models(folder, layer)}
        if layer == STAGING:
            here |= {m.name: m for m in _rendered_models(folder, tables) if m.name not in here}
        models |= dict(sorted(here.items()))
    return models


def _written_models(folder: Path, layer: str) -> Iterator[Model]:
    for path in sorted((folder / layer).glob("[!_]*.sql")):
        sql = read_text(path)
        name = f"{layer}.{path.stem}"
        yield Model(name, path, sql, references(sql, f"sql/{layer}/{path.name}"))


def _rendered_models(folder: Path, tables: Iterable[Table]) -> Iterator[Model]:
    path = folder / STAGING / TEMPLATE
    tables = list(tables)
    template = read_template(folder) if tables else ""
    for table in tables:
        sql = render_staging(template, table)
        name = f"{STAGING}.{table.sql_name}"
        yield Model(name, path, sql, references(sql, TEMPLATE_PLACE))


def read_checks(folder: Path, models: Mapping[str, Model] | None = None) -> dict[str, Model]:
    """All checks by name. Raises UserError where one says a wrong thing in its head or,
    with `models`, reads what none of them builds.
    """
    checks = read_models(folder, ["checks"])
    for check in checks.values():
        _ = check.may_be_empty
        if models is not None:
            _require_built(check, models)
    return checks


def in_order(models: dict[str, Model]) -> list[str]:
    """Names of all models and of the staging union, each after what it needs. Raises
    UserError on a cycle or a gap.
    """
    graph: dict[str, set[str]] = {EVERY_CUBE: {n for n in models if n.startswith(f"{STAGING}.")}}
    for model in models.values():
        graph[model.name] = _require_built(model, models)
    try:
        return list(
            TopologicalSorter({k: sorted(v) for k, v in sorted(graph.items())}).static_order()
        )
    except CycleError as problem:
        raise UserError(
            f"models need each other: {' -> '.join(problem.args[1])}", do="break the cycle"
        ) from problem


def _require_built(model: Model, models: Mapping[str, Model]) -> set[str]:
    """The models that one reads. Raises UserError where nothing builds one of them."""
    needed = {n for n in model.needs if n.split(".")[0] not in GIVEN}
    if unknown := needed - set(models) - {EVERY_CUBE}:
        raise UserError(
            f"reads {', '.join(sorted(unknown))}, which no model builds",
            where=f"sql/{model.name}",
            do="correct the name or add the model",
        )
    return needed


def run_models(
    connection: duckdb.DuckDBPyConnection, models: dict[str, Model], *, progress: Progress = silent
) -> None:
    """Build every model as a table. The schemas `seed` and `warehouse` must be readable
    on the connection.
    """
    import duckdb

    for layer in LAYERS:
        connection.execute(f"create schema if not exists {layer}")
    order = in_order(models)
    for done, name in enumerate(order):
        progress(f"model {name}", done, total=len(order))
        if name == EVERY_CUBE:
            cubes = [n for n in models if n.startswith(f"{STAGING}.")]
            sql = " union all by name ".join(f"select * from {n}" for n in cubes)
            connection.execute(f"create table {EVERY_CUBE} as {sql}")
            continue
        try:
            connection.execute(f"create table {name} as {models[name].sql}")
        except duckdb.Error as problem:
            require_room(problem)
            raise UserError(
                f"the model does not run: {problem}",
                where=models[name].place,
                do="correct the model, then run 'make test'",
            ) from problem


def run_checks(connection: duckdb.DuckDBPyConnection, folder: Path) -> dict[str, int]:
    """Run every check: a query for bad rows. Raises CheckError with the offending rows.

    A check over an empty model proves nothing, so every model that it reads must hold
    rows, but for those that its head allows. Returns rows read per check.
    """
    checks = read_checks(folder)
    if not checks:
        raise CheckError(
            "there is no check, so nothing was proven",
            where="sql/checks",
            do="put the checks back; they are part of the pipeline",
        )
    seen = {}
    for name, check in checks.items():
        rows_read = _rows_read(connection, check)
        result = connection.execute(check.sql)
        bad = result.fetchmany(10)
        if bad:
            columns = [d[0] for d in result.description]
            rows = "\n  ".join(
                ", ".join(f"{c}={v}" for c, v in zip(columns, row, strict=True)) for row in bad
            )
            raise CheckError(
                f"the check found bad rows, the first {len(bad)}:\n  {rows}",
                where=check.place,
                do=(
                    "follow the keys with 'make explain KEY=...' and correct the model or the"
                    " return"
                ),
            )
        seen[name] = rows_read
    return seen


def _rows_read(connection: duckdb.DuckDBPyConnection, check: Model) -> int:
    """How many rows a check reads, seeds left out. Raises CheckError where a model that
    may not be empty is.
    """
    counts = {name: _count(connection, name) for name in sorted(check.reads)}
    empty = [name for name, rows in counts.items() if not rows and name not in check.may_be_empty]
    if empty or not counts:
        verb = "holds" if len(empty) == 1 else "hold"
        what = f"{', '.join(empty)} {verb} no rows" if empty else "the check reads no model"
        raise CheckError(
            f"{what}, so the check proves nothing",
            where=check.place,
            do=(
                "find out why nothing is there; where that is right, say so in the head of the"
                f" check: -- {_MAY_BE_EMPTY} {', '.join(empty) or 'layer.model'}"
            ),
        )
    return sum(counts.values())


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    row = connection.execute(f"select count(*) from {table}").fetchone()
    return int(row[0]) if row else 0
