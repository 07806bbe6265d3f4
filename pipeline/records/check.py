"""Which rows of a file break a rule of the contract, and on which lines do they stand?

The file is read once to bring equal rows together, with how often each occurs. Rules look at these few rows, so a
rule more costs nothing. Only where one is broken the file is read again, to find the lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.files import replace_file, unfinished
from pipeline.records.form import CONF, CONF_ORDER, RecordForm
from pipeline.records.source import LINE, QUANTITY, ROW, ParquetSource, Source, bare, column, file_name, quoted, raw

if TYPE_CHECKING:
    import duckdb

SAMPLE = 20  # line numbers that a finding names; the full list is a file of its own
_EXAMPLES = 3
_FOUND = 80  # characters of what was found
# Six digits in a row or more, however they are grouped, or what an address holds: such text is written down nowhere.
_NUMBER_OF_A_PERSON = "([0-9][ ./-]?){6,}|@"
NOT_SHOWN = "(not shown: it may be about a person)"
GOOD, BLANK, BAD = 0, 1, 2  # what the text of a quantity is


@dataclass(frozen=True)
class RowRule:
    """A rule about one row: which rows break it, and what to say was found there (SQL over the rows of `records`)."""

    rule: str
    column: str
    allowed: str
    broken: str
    found: str


@dataclass(frozen=True)
class BrokenRule:
    """A rule with how many rows break it, the first of their lines, and what is found most often."""

    rule: RowRule
    count: int
    lines: tuple[int, ...]
    found: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Checked:
    """What came of checking a file: broken rules, and how many filled fields stand in good and in bad rows."""

    broken: tuple[BrokenRule, ...]
    rows: int
    good_fields: int
    bad_fields: int


def _among(codes: list[str] | tuple[str, ...]) -> str:
    return "(" + ", ".join(map(quoted, codes)) + ")" if codes else "('')"


def row_rules(form: RecordForm, names: tuple[str, ...]) -> list[RowRule]:
    """The rules of a file with these columns, in the order in which findings name them."""
    years = [str(y) for y in form.years]
    whole = f"fields = {len(names)}"
    rules = [
        RowRule(
            "records-line", "", f"{len(names)} fields: {', '.join(names)}", f"fields <> {len(names)}",
            "concat(fields, ' fields')",
        ),
        _code_rule("wrong-state", "state", form.state, f"{whole} and {column('state')} <> {quoted(form.state)}"),
        _code_rule(
            "year-outside-window", "year", f"{years[0]} to {years[-1]}",
            f"{whole} and {column('year')} not in {_among(years)}",
        ),
    ]  # fmt: skip
    for dimension in form.table.dimensions:
        leaves = form.leaves(dimension)
        codes = [c.code for c in leaves]
        allowed = ", ".join(codes[:30]) + (", …" if len(codes) > 30 else "")
        name = column(dimension.name)
        rules.append(
            _code_rule(
                "unknown-code", dimension.name, allowed, f"{whole} and not is_nil and {name} not in {_among(codes)}"
            )
        )
        limited = [(c.code, [str(y) for y in form.years if c.valid_in(y)]) for c in leaves]
        outside = [
            f"{name} = {quoted(code)} and {column('year')} in {_among([y for y in years if y not in valid])}"
            for code, valid in limited
            if len(valid) < len(years)
        ]
        if outside:
            found = f"concat({name}, ' in ', {column('year')})"
            rules.append(
                RowRule(
                    "records-code-year", dimension.name, "codes that exist in the year",
                    f"{whole} and ({' or '.join(outside)})", found,
                )
            )  # fmt: skip
    if form.records.quantity:
        allowed = "a number, 0 or more, with a decimal point" if form.table.decimals else "a whole number, 0 or more"
        # What stands there differs from row to row: it is looked up with the line.
        broken = f"{whole} and not is_nil and quantity <> {GOOD}"
        rules.append(RowRule("records-quantity", form.records.quantity, allowed, broken, "null"))
    if CONF in names:
        rules.append(
            _code_rule(
                "unknown-conf", CONF, "empty, " + ", ".join(CONF_ORDER),
                f"{whole} and {column(CONF)} not in {_among(('', *CONF_ORDER))}",
            )
        )  # fmt: skip
    return rules


def _code_rule(rule: str, name: str, allowed: str, broken: str) -> RowRule:
    return RowRule(rule, name, allowed, broken, f"case {column(name)} when '' then 'nothing' else {column(name)} end")


def gather(connection: duckdb.DuckDBPyConnection, source: Source, form: RecordForm) -> None:
    """Read the file into the table `records`: its different rows, each with its number `n` and the sum of quantities.

    `is_nil` marks a line of state and year alone in a year without any other: there was nothing to record.
    """
    names = [n for n in source.header.names if n != source.quantity]
    if source.by_line:
        lines = f"select {LINE}, count(*) as n from ({source.read(numbered=False)}) group by {LINE}"
        rows = _with_quantity(source, source.rows(lines, f"{LINE}, n, "), form)
        rows = f"select *, null::decimal(38, 9) as total from ({rows})"
    else:
        rows = _with_quantity(source, source.rows(source.read(numbered=False)), form)
        key = ", ".join(_key(source))
        rows = f"select {key}, count(*) as n, {_total(source)} as total from ({rows}) group by {key}"
    whole = f"fields = {len(source.header.names)}"
    bare_columns = ", ".join(f"{bare(raw(n))} as {column(n)}" for n in names)
    filled = " + ".join([f"({column(n)} <> '')::integer" for n in names] + [f"(quantity <> {BLANK})::integer"])
    empty = " and ".join([f"{column(d.name)} = ''" for d in form.table.dimensions] + [f"quantity = {BLANK}"])
    connection.execute(
        f"""create temp table records as
        with rows as (
            select *, {bare_columns} from ({rows})
        ),

        counted as (
            select *, case when {whole} then {filled} else odd_filled end as filled, {whole} and {empty} as is_empty
            from rows
        )

        select row_number() over () as id, *,
            is_empty and not bool_or({whole} and not is_empty) over (partition by {column("year")}) as is_nil
        from counted
        where filled > 0"""
    )


def _key(source: Source) -> list[str]:
    """The columns by which rows are alike."""
    columns = [raw(n) for n in source.header.names if n != source.quantity]
    return [LINE] if source.by_line else [*columns, "fields", "odd_filled", "quantity"]


def _total(source: Source) -> str:
    if not source.quantity:
        return "null::decimal(38, 9)"
    # The second reading is for the few that have blanks or quotes around them.
    number = f"coalesce(try_cast({QUANTITY} as decimal(38, 9)), try_cast({bare(QUANTITY)} as decimal(38, 9)))"
    return f"sum(case when quantity = {GOOD} then {number} end)"


def _with_quantity(source: Source, rows: str, form: RecordForm) -> str:
    """The rows with what their quantity is: a number, nothing, or something else."""
    if not source.quantity:
        return f"select *, {BLANK} as quantity from ({rows})"
    number = "[0-9]{1,15}([.][0-9]{1,9})?" if form.table.decimals else "[0-9]{1,15}"
    kind = (
        f"case when regexp_full_match({QUANTITY}, {quoted(number)}) then {GOOD} when {bare(QUANTITY)} = '' then {BLANK}"
        f" when regexp_full_match({bare(QUANTITY)}, {quoted(number)}) then {GOOD} else {BAD} end"
    )
    return f"select *, {kind} as quantity from ({rows})"


def check(
    connection: duckdb.DuckDBPyConnection, source: Source, form: RecordForm, full_list: Path
) -> Checked:
    """Check the gathered rows; where a rule is broken, `full_list` gets every line with rule, column and its text."""
    rules = row_rules(form, source.header.names)
    broken = " union all ".join(
        f"select id, {number} as rule, left({r.found}, {_FOUND}) as found from records where {r.broken}"
        for number, r in enumerate(rules)
    )
    connection.execute(f"create temp table broken as {broken}")
    (rows, good, bad) = connection.execute(
        """select coalesce(sum(n) filter (where not is_nil), 0),
            coalesce(sum(n * filled) filter (where id not in (from (select id from broken))), 0),
            coalesce(sum(n * filled) filter (where id in (from (select id from broken))), 0)
        from records"""
    ).fetchone() or (0, 0, 0)
    counts = dict(
        connection.execute("select rule, sum(n)::bigint from broken join records using (id) group by rule").fetchall()
    )
    found: tuple[BrokenRule, ...] = ()
    if counts:
        _write_lines(connection, source, form, rules, full_list)
        found = tuple(_broken(connection, full_list, rules[n], int(counts[n])) for n in sorted(counts))
    return Checked(found, int(rows), int(good), int(bad))


def _write_lines(
    connection: duckdb.DuckDBPyConnection, source: Source, form: RecordForm, rules: list[RowRule], full_list: Path
) -> None:
    """Read the file again, with line numbers, and keep the lines of rows that break a rule."""
    key = ", ".join(_key(source))
    found = f"coalesce(found, left({QUANTITY}, {_FOUND}))" if source.quantity else "found"
    lines, rows = source.read(numbered=True), f"select {key}, rule, found from broken inner join records using (id)"
    if isinstance(source, ParquetSource):
        lines = _with_quantity(source, source.rows(lines), form)
    elif not source.by_line:
        # Numbering lines is work for one core, so the others first find which lines it is about.
        taken = _with_quantity(source, source.rows(source.read(numbered=False), f"{LINE}, "), form)
        rows = f"select distinct {LINE}, rule, {found} as found from ({taken}) inner join ({rows}) using ({key})"
        key, found = LINE, "found"
    connection.execute("create temp table rule_names (rule integer, name varchar, about varchar)")
    names = [[number, r.rule, r.column] for number, r in enumerate(rules)]
    connection.executemany("insert into rule_names values (?, ?, ?)", names)
    fresh = unfinished(full_list)
    connection.execute(
        f"""copy (
            select {ROW} as line, rule_names.name as rule, rule_names.about as "column", {_shown(found)} as found
            from ({lines})
            inner join ({rows}) using ({key})
            inner join rule_names using (rule)
            order by line, rule_names.rule
        ) to {quoted(str(fresh))} (format parquet)"""
    )
    replace_file(fresh, full_list)


def _shown(found: str) -> str:
    """What was found as it may be written down: codes and words, but nothing that may be the number of a person."""
    return f"case when regexp_matches({found}, '{_NUMBER_OF_A_PERSON}') then '{NOT_SHOWN}' else {found} end"


def _broken(connection: duckdb.DuckDBPyConnection, full_list: Path, rule: RowRule, count: int) -> BrokenRule:
    """One rule with its count and samples. Raises AssertionError when the lines found are not the rows counted."""
    where = f"from read_parquet({file_name(full_list)}) where rule = ? and \"column\" = ?"
    asked = [rule.rule, rule.column]
    listed, lines = connection.execute(f"select count(*), min(line, {SAMPLE}) {where}", asked).fetchone() or (0, [])
    assert listed == count, f"{rule.rule}: {count} rows counted, {listed} lines found"
    found = connection.execute(
        f"select found, count(*) as n {where} group by found order by n desc, found limit {_EXAMPLES}", asked
    ).fetchall()
    return BrokenRule(rule, count, tuple(lines), tuple(found))
