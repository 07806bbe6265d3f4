"""One way to check a file of records, in a process of its own: seconds, bad rows and
broken rules, as JSON.

    python -m tests.bench.record_peers pipeline
    returns/2022/migration/RO.MIG_DETECTED.records.csv

Each way reads the file, finds every row that breaks a rule, and counts rows and broken
rules. Libraries are imported before the clock starts. Lines with too few or too many
fields are left out of the comparison: pandas and polars refuse a file with such a line
as a whole.
"""

from __future__ import annotations

import json
import logging
import os
import resource
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pipeline.contracts.model import load_contracts
from pipeline.project import Project

from .record_files import ROOT, ROUND, Allowed, allowed, form_of_file

NUMBER = r"[0-9]{1,15}(?:\.[0-9]{1,9})?"
SPARE = 3 * 2**30  # bytes that are left to the machine
Found = tuple[int, int]  # bad rows, broken rules


def by_the_pipeline(path: Path, work: Path) -> Callable[[], Found]:
    """As intake does it: findings with counts and lines, the full list as Parquet, the
    account of fields.
    """
    import duckdb

    from pipeline.returns.records.read import read_records

    project = Project(ROOT, work, path.parents[2])
    contracts = load_contracts(ROOT / "data_contracts")

    def run() -> Found:
        (read,) = read_records(project, contracts, round_=ROUND)
        if not read.findings:
            return 0, 0
        (full_list,) = (project.findings(ROUND) / "records").glob("*.parquet")
        row = duckdb.execute(
            "select count(distinct line), count(*) from read_parquet(?)", [str(full_list)]
        ).fetchone()
        assert row is not None
        return row[0], row[1]

    return run


def _conditions(columns: Sequence[Allowed]) -> list[str]:
    """When is a column wrong, as one would write it by hand."""
    wrong = []
    for c in columns:
        if c.is_number:
            wrong.append(f"coalesce(try_cast({c.column} as decimal(28, 9)), -1) < 0")
        else:
            codes = ", ".join(f"'{code}'" for code in c.codes)
            wrong.append(
                f"{c.column} not in ({codes})" + (f" or {c.column} is null" if c.needed else "")
            )
    return wrong


def _scan(path: Path, columns: Sequence[Allowed]) -> str:
    if path.suffix == ".parquet":
        return f"read_parquet('{path}')"
    names = ", ".join(f"'{c.column}': 'varchar'" for c in columns)
    return (
        f"read_csv('{path}', auto_detect = false, header = true, delim = ',', columns ="
        f" {{{names}}})"
    )


def by_sql_with_lines(path: Path, work: Path) -> Callable[[], Found]:
    """Hand-written DuckDB SQL that gives what a finding needs: rule and line of every
    bad row, listed in a file.
    """
    import duckdb

    columns = allowed(form_of_file(path))
    wrong = zip(columns, _conditions(columns), strict=True)
    flags = ", ".join(f"case when {w} then '{c.column}' end" for c, w in wrong)
    listed = work / "listed.parquet"
    work.mkdir(parents=True, exist_ok=True)

    def run() -> Found:
        with duckdb.connect() as connection:
            connection.execute(f"""copy (
                    select line, unnest(list_filter(rules, lambda r: r is not null)) as rule
                    from (
                        select row_number() over () + 1 as line,
                        [{flags}] as rules from {_scan(path, columns)}
                    )
                    where len(list_filter(rules, lambda r: r is not null)) > 0
                ) to '{listed}' (format parquet)""")
            row = connection.execute(
                f"select count(distinct line), count(*) from '{listed}'"
            ).fetchone()
            assert row is not None
            return row[0], row[1]

    return run


def by_sql_counts(path: Path, work: Path) -> Callable[[], Found]:
    """Hand-written DuckDB SQL that only counts, rule by rule: one scan, and no line
    numbers.
    """
    import duckdb

    columns = allowed(form_of_file(path))
    wrong = _conditions(columns)
    counts = ", ".join(f"count(*) filter ({w})" for w in wrong)
    anything = " or ".join(f"({w})" for w in wrong)

    def run() -> Found:
        with duckdb.connect() as connection:
            query = f"select count(*) filter ({anything}), {counts} from {_scan(path, columns)}"
            row = connection.execute(query).fetchone()
            assert row is not None
            return row[0], sum(row[1:])

    return run


def by_gx_on_pandas(path: Path, work: Path) -> Callable[[], Found]:
    """Great Expectations on a data frame of text, every bad row listed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import great_expectations as gx
    import pandas as pd

    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    columns = allowed(form_of_file(path))

    def run() -> Found:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])
        context: Any = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        batch = (
            context.data_sources.add_pandas("peers")
            .add_dataframe_asset("records")
            .add_batch_definition_whole_dataframe("all")
            .get_batch(batch_parameters={"dataframe": frame})
        )
        suite = gx.ExpectationSuite(name="records")
        for c in columns:
            if c.needed:
                suite.add_expectation(
                    gx.expectations.ExpectColumnValuesToNotBeNull(column=c.column)
                )
            if c.is_number:
                suite.add_expectation(
                    gx.expectations.ExpectColumnValuesToMatchRegex(
                        column=c.column, regex=f"^{NUMBER}$"
                    )
                )
            else:
                suite.add_expectation(
                    gx.expectations.ExpectColumnValuesToBeInSet(
                        column=c.column, value_set=list(c.codes)
                    )
                )
        result = batch.validate(suite, result_format={"result_format": "COMPLETE"})
        bad: list[int] = []
        for one in result.results:
            if (one.exception_info or {}).get("raised_exception"):
                raise RuntimeError(f"{one.expectation_config.type} could not run on pandas")
            bad += one.result.get("unexpected_index_list") or []
        return len(set(bad)), len(bad)

    return run


def by_pandera_on_polars(path: Path, work: Path) -> Callable[[], Found]:
    """pandera with all failure cases collected, on a polars frame of text."""
    import pandera.polars as pa
    import polars as pl

    columns = allowed(form_of_file(path))
    schema = pa.DataFrameSchema(
        {
            c.column: pa.Column(
                str,
                (
                    pa.Check.str_matches(f"^{NUMBER}$")
                    if c.is_number
                    else pa.Check.isin(list(c.codes))
                ),
                nullable=not c.needed,
            )
            for c in columns
        }
    )

    def run() -> Found:
        frame = pl.read_csv(path, infer_schema=False)
        try:
            schema.validate(frame, lazy=True)
        except pa.errors.SchemaErrors as problem:
            cases = problem.failure_cases
            return cases["index"].n_unique(), cases.height
        return 0, 0

    return run


WAYS: dict[str, Callable[[Path, Path], Callable[[], Found]]] = {
    "pipeline": by_the_pipeline,
    "sql_with_lines": by_sql_with_lines,
    "sql_counts": by_sql_counts,
    "gx_pandas": by_gx_on_pandas,
    "pandera_polars": by_pandera_on_polars,
}


def main(arguments: Sequence[str]) -> int:
    way, file = arguments
    path = Path(file).resolve()
    # A way that needs more memory than the machine has must end by itself, not take
    # others with it.
    most = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") - SPARE
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    with tempfile.TemporaryDirectory(prefix="way-", dir=path.parents[3]) as work:
        run = WAYS[way](path, Path(work))
        start = time.perf_counter()
        bad, broken = run()
        seconds = time.perf_counter() - start
    sys.stdout.write(
        json.dumps({"seconds": round(seconds, 2), "bad": bad, "broken": broken}) + "\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
