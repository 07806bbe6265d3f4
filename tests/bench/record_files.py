"""What would states send as records? Writes files of any size from the contract:
seeded, with a share of defects.

    python -m tests.bench.record_files RO.MIG_DETECTED.records.csv 1000000 --seed 7
    --one-bad-in 1000

State, table and kind of file are read off its name.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.contracts.model import load_contracts
from pipeline.returns.records.form import CONF, CONF_ORDER, RecordForm

ROOT = Path(__file__).parents[2]
ROUND = 2022
KINDS = {
    "csv": "format csv, header",
    "csv.gz": "format csv, header, compression gzip",
    "parquet": "format parquet",
}
LARGEST = 5_000_000  # thousandths of the unit in one record


@dataclass(frozen=True)
class Allowed:
    """What a column may hold: a list of codes, or a number where there is none. One
    that is `needed` is never empty.
    """

    column: str
    codes: tuple[str, ...]
    needed: bool = True

    @property
    def is_number(self) -> bool:
        return not self.codes


def form_of_file(path: Path) -> RecordForm:
    """What a file of records is checked against, by its name."""
    state, table = path.name.split(".")[:2]
    contracts = load_contracts(ROOT / "data_contracts")
    found = contracts.table(table)
    return RecordForm(found, state, contracts.contract(found.report).years(ROUND))


def allowed(form: RecordForm) -> list[Allowed]:
    """The columns of a file of records in order, and what they hold in every year of
    the window.
    """
    years = tuple(str(y) for y in form.years)
    found = [Allowed("state", (form.state,)), Allowed("year", years)]
    for dimension in form.table.dimensions:
        always = [c.code for c in form.leaves(dimension) if all(c.valid_in(y) for y in form.years)]
        found.append(Allowed(dimension.name, tuple(always)))
    if form.records.quantity:
        found.append(Allowed(form.records.quantity, ()))
    return [*found, Allowed(CONF, CONF_ORDER, needed=False)]


def write_records(path: Path, rows: int, *, seed: int, one_bad_in: int = 0) -> None:
    """Write a file of records. Of every `one_bad_in` rows about one breaks one rule; 0
    makes all of them good.

    The same numbers give the same bytes.
    """
    import duckdb

    columns = allowed(form_of_file(path))
    kind = path.name.partition(".records.")[2]
    picked = [f"{_good(c, n, seed)} as good{n}" for n, c in enumerate(columns)]
    written = [_written(columns, n) for n in range(len(columns))]
    is_bad = f"hash(i, {seed}, 'bad') % {one_bad_in} = 0" if one_bad_in else "false"
    which = f"(hash(i, {seed}, 'which') % {len(_defects(columns))})::integer"
    with duckdb.connect() as connection:
        connection.execute(f"""copy (
                select {", ".join(written)}
                from (
                    select {", ".join(picked)}, case when {is_bad} then {which} end as defect
                    from range({rows}) as numbers(i)
                )
            ) to '{path}' ({KINDS[kind]})""")


def _good(column: Allowed, number: int, seed: int) -> str:
    drawn = f"hash(i, {seed}, {number})"
    if column.is_number:
        return f"(({drawn} % {LARGEST}) / 1000)::decimal(18, 3)::varchar"
    if not column.needed:
        return f"case when {drawn} % 10 = 0 then {_pick(column.codes, drawn)} end"
    return _pick(column.codes, drawn)


def _pick(codes: Sequence[str], drawn: str) -> str:
    return f"[{', '.join(repr(c) for c in codes)}][1 + ({drawn} % {len(codes)})::integer]"


def _defects(columns: Sequence[Allowed]) -> list[tuple[int, str]]:
    """Column and text of every defect; no text is a code or a number that is left out."""
    wrong = {"state": "'XX'", "year": "'1999'"}
    found = []
    for number, column in enumerate(columns):
        found.append((number, "'-1.5'" if column.is_number else wrong.get(column.column, "'_T'")))
        if column.needed:
            found.append((number, "null"))
    return found


def _written(columns: Sequence[Allowed], number: int) -> str:
    cases = [
        f"when {which} then {text}"
        for which, (n, text) in enumerate(_defects(columns))
        if n == number
    ]
    return f'case defect {" ".join(cases)} else good{number} end as "{columns[number].column}"'


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("rows", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--one-bad-in", type=int, default=0)
    chosen = parser.parse_args(arguments)
    write_records(chosen.path, chosen.rows, seed=chosen.seed, one_bad_in=chosen.one_bad_in)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
