"""Which rows of a file break a rule of the contract, and on which lines do they stand?

The file is read once to bring equal rows together, with how often each occurs. Rules
look at these few rows, so a rule more costs nothing. Only where one is broken the file
is read again, to find the lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.returns.records.form import CONF, CONF_ORDER, RecordForm
from pipeline.returns.records.repairs import MISSING_WORDS, Remark, too_much
from pipeline.returns.records.source import (
    LINE,
    QUANTITY,
    ROW,
    ParquetSource,
    Source,
    bare,
    column,
    file_name,
    quoted,
    raw,
)
from pipeline.system.files import replace_file, unfinished

if TYPE_CHECKING:
    import duckdb

SAMPLE = 20  # line numbers that a finding names; the full list is a file of its own
_EXAMPLES = 3
_FOUND = 80  # characters of what was found
# Six digits in a row or more, however they are grouped, or what an address holds: such
# text is written down nowhere.
_NUMBER_OF_A_PERSON = "([0-9][ ./-]?){6,}|@"
NOT_SHOWN = "(not shown: it may be about a person)"
# What the text of a quantity is: a number, nothing, something else, or a number in the
# way of programs.
GOOD, BLANK, BAD, ODD = 0, 1, 2, 3
MOST_DIFFERENT = 1_000_000  # rows; codes of a table make some thousands at most
DECIMALS = 9  # of a quantity; they are added exactly


@dataclass(frozen=True)
class RowRule:
    """A rule about one row: which rows break it, and what to say was found there (SQL
    over the rows of `records`).
    """

    rule: str
    column: str
    allowed: str
    broken: str
    found: str
    do: str = ""  # where more can be said than to correct the lines


@dataclass(frozen=True)
class BrokenRule:
    """A rule with how many rows break it, the first of their lines, and what is found
    most often.
    """

    rule: RowRule
    count: int
    lines: tuple[int, ...]
    found: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Checked:
    """What came of checking a file: broken rules, and how many filled fields stand in
    good and in bad rows.
    """

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
            "records-line",
            "",
            f"{len(names)} fields: {', '.join(names)}",
            f"fields <> {len(names)}",
            "concat(fields, ' fields')",
        ),
        _code_rule(
            "wrong-state",
            "state",
            allowed=form.state,
            broken=f"{whole} and {column('state')} <> {quoted(form.state)}",
        ),
        _code_rule(
            "year-outside-window",
            "year",
            allowed=f"{years[0]} to {years[-1]}",
            broken=f"{whole} and {column('year')} not in {_among(years)}",
            do="give the year alone, in four digits",
        ),
    ]
    for dimension in form.table.dimensions:
        leaves = form.leaves(dimension)
        codes = [c.code for c in leaves]
        allowed = ", ".join(codes[:30]) + (", …" if len(codes) > 30 else "")
        name = column(dimension.name)
        rules.append(
            _code_rule(
                "unknown-code",
                dimension.name,
                allowed=allowed,
                broken=f"{whole} and not is_nil and {name} not in {_among(codes)}",
            )
        )
        limited = [(c.code, [str(y) for y in form.years if c.valid_in(y)]) for c in leaves]
        outside = [
            f"{name} = {quoted(code)} and {column('year')} in"
            f" {_among([y for y in years if y not in valid])}"
            for code, valid in limited
            if len(valid) < len(years)
        ]
        if outside:
            found = f"concat({name}, ' in ', {column('year')})"
            rules.append(
                RowRule(
                    "records-code-year",
                    dimension.name,
                    "codes that exist in the year",
                    f"{whole} and ({' or '.join(outside)})",
                    found,
                )
            )
    if form.records.quantity:
        allowed = "a whole number, 0 or more, of at most fifteen digits"
        if form.table.decimals:
            allowed = (
                f"0 or more, at most fifteen digits before the decimal point and {DECIMALS}"
                " behind it"
            )
        # What stands there differs from row to row: it is looked up with the line.
        broken = f"{whole} and not is_nil and quantity in ({BLANK}, {BAD})"
        do = "give the quantity in digits, without unit, comma or sign"
        rules.append(
            RowRule("records-quantity", form.records.quantity, allowed, broken, "null", do)
        )
    if CONF in names:
        rules.append(
            _code_rule(
                "unknown-conf",
                CONF,
                allowed="empty, " + ", ".join(CONF_ORDER),
                broken=f"{whole} and {column(CONF)} not in {_among(('', *CONF_ORDER))}",
            )
        )
    return rules


def _code_rule(rule: str, name: str, *, allowed: str, broken: str, do: str = "") -> RowRule:
    found = f"case {column(name)} when '' then 'nothing' else {column(name)} end"
    return RowRule(rule, name, allowed, broken, found, do)


def gather(connection: duckdb.DuckDBPyConnection, source: Source, *, form: RecordForm) -> None:
    """Read the file into the table `records`: its different rows, each with its number
    `n` and the sum of quantities.

    `is_nil` marks a line of state and year alone in a year without any other: there was
    nothing to record. Raises RefusedRecords where hardly any two rows are equal.
    """
    names = [n for n in source.header.names if n != source.quantity]
    if source.by_line:
        lines = source.read(numbered=False)
        _bring_together(connection, f"select {LINE}, count(*) as n from ({lines}) group by {LINE}")
        rows = _with_quantity(source, source.rows("from gathered", f"{LINE}, n, "), form=form)
        rows = f"select *, null::decimal(38, 9) as total from ({rows})"
    else:
        rows = _with_quantity(source, source.rows(source.read(numbered=False)), form=form)
        key = ", ".join(_key(source))
        query = (
            f"select {key}, count(*) as n, {_total(source)} as total from ({rows}) group by {key}"
        )
        _bring_together(connection, query)
        rows = "from gathered"
    whole = f"fields = {len(source.header.names)}"
    bare_columns = ", ".join(f"{_code(n, form)} as {column(n)}" for n in names)
    filled = " + ".join(
        [f"({column(n)} <> '')::integer" for n in names] + [f"(quantity <> {BLANK})::integer"]
    )
    empty = " and ".join(
        [f"{column(d.name)} = ''" for d in form.table.dimensions] + [f"quantity = {BLANK}"]
    )
    connection.execute(f"""create temp table records as
        with rows as (
            select *, {bare_columns} from ({rows})
        ),

        counted as (
            select *, case when {whole} then {filled} else odd_filled end as filled,
            {whole} and {empty} as is_empty
            from rows
        )

        select row_number() over () as id, *,
            is_empty and not bool_or({whole} and not is_empty) over (partition by {column("year")})
            as is_nil
        from counted
        where filled > 0""")


def _bring_together(connection: duckdb.DuckDBPyConnection, query: str) -> None:
    """Equal rows of the file into the table `gathered`. Raises RefusedRecords where
    hardly any are equal.
    """
    connection.execute(f"create temp table gathered as {query}")
    (different,) = connection.execute("select count(*) from gathered").fetchone() or (0,)
    if different > MOST_DIFFERENT:
        raise too_much(
            f"{different:,} different rows",
            f"at most {MOST_DIFFERENT:,}: records of equal codes are equal",
        )


def _code(name: str, form: RecordForm) -> str:
    """The text of a field as it is compared with the codes: as programs write it, where
    that can be read in one way.

    A year that stood in a column with gaps has a fraction of nought (`2022.0`). A word
    for nothing (`NA`, `NaN`) is nothing, unless it is a code of the list: NA is
    Namibia.
    """
    text = bare(raw(name))
    if name == "year":
        return f"case when {_is_fraction_of_nought(text)} then left({text}, 4) else {text} end"
    words = _missing_words(name, form)
    return f"case when lower({text}) in {_among(words)} then '' else {text} end" if words else text


def _is_fraction_of_nought(text: str) -> str:
    return f"regexp_full_match({text}, '[0-9]{{4}}[.]0+')"


def _missing_words(name: str, form: RecordForm) -> list[str]:
    dimension = next((d for d in form.table.dimensions if d.name == name), None)
    if dimension is None and name != CONF:
        return []
    codes = {c.code.lower() for c in dimension.codes} if dimension else set()
    return [word for word in MISSING_WORDS if word not in codes]


def remarks(
    connection: duckdb.DuckDBPyConnection, source: Source, *, form: RecordForm
) -> list[Remark]:
    """Notes on what is written otherwise than the form has it, and was read all the
    same.
    """
    whole = f"fields = {len(source.header.names)}"
    asked: list[tuple[str, str, str, str]] = []
    for name in source.header.names:
        if name == "year":
            asked.append(
                (
                    f"{whole} and {_is_fraction_of_nought(bare(raw(name)))}",
                    "years with a fraction of nought",
                    "the year alone",
                    "write years as whole numbers",
                )
            )
        elif words := _missing_words(name, form) if name != source.quantity else []:
            asked.append(
                (
                    f"{whole} and lower({bare(raw(name))}) in {_among(words)}",
                    f"a word for nothing in the column {name}",
                    "an empty field",
                    "leave the field empty",
                )
            )
    if source.quantity:
        asked.append(
            (
                f"quantity = {ODD}",
                f"quantities with an exponent or more than {DECIMALS} decimals",
                f"up to {DECIMALS} decimals",
                f"round to {DECIMALS} decimals, without an exponent; they were read so",
            )
        )
    sums = ", ".join(f"coalesce(sum(n) filter ({condition}), 0)::bigint" for condition, *_ in asked)
    counted = connection.execute(f"select {sums} from records").fetchone() or ()
    kind = "row" if isinstance(source, ParquetSource) else "line"
    return [
        Remark("records-read-as", f"{number:,} {kind}{'s' * (number > 1)}: {found}", allowed, do)
        for number, (_, found, allowed, do) in zip(counted, asked, strict=True)
        if number
    ]


def _key(source: Source) -> list[str]:
    """The columns by which rows are alike."""
    columns = [raw(n) for n in source.header.names if n != source.quantity]
    return [LINE] if source.by_line else [*columns, "fields", "odd_filled", "quantity"]


def _total(source: Source) -> str:
    if not source.quantity:
        return "null::decimal(38, 9)"
    # The second reading is for the few that have blanks or quotes around them. The cast
    # rounds half up.
    number = f"coalesce(try_cast({QUANTITY} as decimal(38, 9)), {_bare_number()})"
    return f"sum(case when quantity in ({GOOD}, {ODD}) then {number} end)"


def _bare_number() -> str:
    return f"try_cast({bare(QUANTITY)} as decimal(38, {DECIMALS}))"


def _with_quantity(source: Source, rows: str, *, form: RecordForm) -> str:
    """The rows with what their quantity is: a number, nothing, or something else."""
    if not source.quantity:
        return f"select *, {BLANK} as quantity from ({rows})"
    fraction = f"[0-9]{{1,{DECIMALS}}}0*" if form.table.decimals else "0+"
    number = f"[0-9]{{1,15}}([.]{fraction})?"
    # The shortest text of a binary fraction has up to seventeen digits: 0.1 + 0.2 is
    # 0.30000000000000004.
    odd = "[0-9]([.][0-9]{1,40})?[eE][+]?[0-9]{1,3}"
    if form.table.decimals:
        odd = "[0-9]{1,15}([.][0-9]{1,40})?([eE][-+]?[0-9]{1,3})?"
    largest = f"{_bare_number()} < 1000000000000000" + (
        "" if form.table.decimals else f" and {_bare_number()} % 1 = 0"
    )
    nothing = _among(["", *MISSING_WORDS])
    kind = (
        f"case when regexp_full_match({QUANTITY}, {quoted(number)}) then {GOOD} when"
        f" lower({bare(QUANTITY)}) in {nothing} then {BLANK} when"
        f" regexp_full_match({bare(QUANTITY)}, {quoted(number)}) then {GOOD} when"
        f" regexp_full_match({bare(QUANTITY)}, {quoted(odd)}) and {largest} then {ODD} else"
        f" {BAD} end"
    )
    return f"select *, {kind} as quantity from ({rows})"


def check(
    connection: duckdb.DuckDBPyConnection, source: Source, form: RecordForm, full_list: Path
) -> Checked:
    """Check the gathered rows; where a rule is broken, `full_list` gets every line with
    rule, column and its text.
    """
    rules = row_rules(form, source.header.names)
    broken = " union all ".join(
        f"select id, {number} as rule, left({r.found}, {_FOUND}) as found from records where"
        f" {r.broken}"
        for number, r in enumerate(rules)
    )
    connection.execute(f"create temp table broken as {broken}")
    rows, good, bad = connection.execute("""select coalesce(sum(n) filter (where not is_nil), 0),
            coalesce(sum(n * filled) filter (where id not in (from (select id from broken))), 0),
            coalesce(sum(n * filled) filter (where id in (from (select id from broken))), 0)
        from records""").fetchone() or (0, 0, 0)
    counts = dict(
        connection.execute(
            "select rule, sum(n)::bigint from broken join records using (id) group by rule"
        ).fetchall()
    )
    found: tuple[BrokenRule, ...] = ()
    if counts:
        _write_lines(connection, source, form=form, rules=rules, full_list=full_list)
        found = tuple(
            _broken(connection, full_list, rule=rules[n], count=int(counts[n]))
            for n in sorted(counts)
        )
    return Checked(found, int(rows), int(good), int(bad))


def _write_lines(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    *,
    form: RecordForm,
    rules: list[RowRule],
    full_list: Path,
) -> None:
    """Read the file again, with line numbers, and keep the lines of rows that break a
    rule.
    """
    key = ", ".join(_key(source))
    written = f"coalesce(nullif(left({bare(QUANTITY)}, {_FOUND}), ''), 'nothing')"
    found = f"coalesce(found, {written})" if source.quantity else "found"
    lines = source.read(numbered=True)
    rows = f"select {key}, rule, found from broken inner join records using (id)"
    if isinstance(source, ParquetSource):
        lines = _with_quantity(source, source.rows(lines), form=form)
    elif not source.by_line:
        # Numbering lines is work for one core, so the others first find which lines it
        # is about.
        taken = _with_quantity(
            source, source.rows(source.read(numbered=False), f"{LINE}, "), form=form
        )
        rows = (
            f"select distinct {LINE}, rule, {found} as found from ({taken}) inner join ({rows})"
            f" using ({key})"
        )
        key, found = LINE, "found"
    connection.execute("create temp table rule_names (rule integer, name varchar, about varchar)")
    names = [[number, r.rule, r.column] for number, r in enumerate(rules)]
    connection.executemany("insert into rule_names values (?, ?, ?)", names)
    fresh = unfinished(full_list)
    connection.execute(f"""copy (
            select {ROW} as line, rule_names.name as rule, rule_names.about as "column",
                {_shown(found, form)} as found
            from ({lines})
            inner join ({rows}) using ({key})
            inner join rule_names using (rule)
            order by line, rule_names.rule
        ) to {quoted(str(fresh))} (format parquet)""")
    replace_file(fresh, full_list)


def _shown(found: str, form: RecordForm) -> str:
    """What was found as it may be written down: codes, words and numbers, but nothing
    that may be one of a person.

    Where a number or a year is asked, it is told what stands in its place, without the
    digits that may be a person's.
    """
    number = (
        "rule_names.name = 'records-quantity' and rule_names.about ="
        f" {quoted(form.records.quantity)}"
    )
    year = "rule_names.about = 'year'"
    digits, fraction = "[-+]?[0-9]{6,}", "[-+]?(0|[1-9][0-9]*)[.][0-9]+([eE][-+]?[0-9]+)?"
    day = "[0-9]{4}-[0-9]{2}-[0-9]{2}([ T].*)?"
    other_day = "[0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{1,4}([ T].*)?"
    return f"""case
        when {number} and regexp_full_match({found}, '{digits}') then concat('a number of ',
        len({found}), ' digits')
        when {number} and regexp_full_match({found}, '{fraction}') and len({found}) > 8
            then concat(left({found}, 6), '…, a number of ', len({found}), ' characters')
        when {number} and regexp_full_match({found},
        '[-+]?[0-9][0-9. ]*,[0-9]+') and len({found}) > 6
            then 'a number with a comma'
        when {year} and regexp_full_match({found}, '{day}') then concat('a date of ', left({found},
        4))
        when {year} and regexp_full_match({found}, '{other_day}') then 'a date'
        when {year} and regexp_full_match({found}, '{digits}') then concat('a number of ',
        len({found}), ' digits')
        when regexp_matches({found}, '{_NUMBER_OF_A_PERSON}') then '{NOT_SHOWN}'
        else {found}
    end"""


def _broken(
    connection: duckdb.DuckDBPyConnection, full_list: Path, *, rule: RowRule, count: int
) -> BrokenRule:
    """One rule with its count and samples. Raises AssertionError when the lines found
    are not the rows counted.
    """
    where = f'from read_parquet({file_name(full_list)}) where rule = ? and "column" = ?'
    asked = [rule.rule, rule.column]
    listed, lines = connection.execute(
        f"select count(*), min(line, {SAMPLE}) {where}", asked
    ).fetchone() or (0, [])
    assert listed == count, f"{rule.rule}: {count} rows counted, {listed} lines found"
    found = connection.execute(
        f"select found, count(*) as n {where} group by found order by n desc, found limit"
        f" {_EXAMPLES}",
        asked,
    ).fetchall()
    return BrokenRule(rule, count, tuple(lines), tuple(found))
