"""Is whatever another engine would read otherwise refused with file and line, and what
both read alike left alone? Tried with each function that DuckDB has.
"""

from __future__ import annotations

import random
import re
from pathlib import Path

import duckdb
import pytest
from engines import DuckEngine, to_spark
from portable_forms import FORMS, GIVEN

from pipeline.contracts.model import Contracts
from pipeline.errors import UserError
from pipeline.numbers.sql.portable import FUNCTIONS, differences, wrong_models
from pipeline.numbers.sql.runner import read_checks, read_models

ROOT = Path(__file__).parents[3]

# What is written, and what is told of it.
REFUSED = [
    ("list(key order by value)", "list_sort(list(x))"),
    ("array_agg(key order by value desc)", "list_sort(list(x))"),
    ("list(distinct key order by key)", "list_sort(list(x))"),
    ("string_agg(key, ', ' order by key)", "never compared|order inside"),
    ("list(key)", "whatever order"),
    ("flatten(list(codes))", "whatever order"),
    ("list_sort(list(key) filter (where ok))", "coalesce(list_sort(list(x)"),
    ("list_distinct(codes)", "list_sort(list_distinct(x))"),
    ("array_to_string(list_distinct(codes), '.')", "list_sort(list_distinct(x))"),
    ("first(key order by value)", "row_number()"),
    ("last(key)", "row_number()"),
    ("any_value(key)", "row_number()"),
    ("arg_max(key, value)", "row_number()"),
    ("max_by(key, value)", "row_number()"),
    ("mode(key)", "row_number()"),
    ("codes[place]", "list_extract(x, i)"),
    ("codes[place + 1]", "list_extract(x, i)"),
    ("codes[-1]", "list_extract(x, i)"),
    ("codes[0]", "list_extract(x, i)"),
    ("codes['a']", "list_extract(x, i)"),
    ("codes[1:2]", "list_transform(range"),
    ("list_slice(codes, 1, 2)", "list_transform(range"),
    ("array_slice(codes, 1, 2)", "list_transform(range"),
    ("list_transform(codes, lambda code, i: i)", "list_extract(x, i)"),
    ("list_filter(codes, lambda code, i: i > 1)", "list_extract(x, i)"),
    ("len(codes)", "array_length(x)"),
    ("LEN(codes)", "array_length(x)"),
    ("value::integer", "round(x)::int"),
    ("cast(value / 2 as bigint)", "round(x)::bigint"),
    ("round(value, 1)::bigint", "round(x)::bigint"),
    ("sum(value)::bigint", "round(x)::bigint"),
    ("(case when ok then 1 else value end)::integer", "round(x)::int"),
    ("key like 'G\\_%' escape '\\'", "starts_with"),
    ("key like 'a\\%'", "starts_with"),
    ("(select max(value) from core.names)", "join it"),
    ("list_sort(codes, 'desc')", "with 1"),
    ("list_sort(codes, 'asc', 'nulls last')", "with 1"),
    ("list_reverse_sort(codes)", "never compared"),
    ("range(1, 9, 2)", "with 2"),
    ("max(value, 2)", "with 1"),
    ("value::timestamp", "type timestamp"),
    ("{'a': 1}", "never compared"),
    ("regexp_matches(key, 'a')", "never compared"),
    ("codes @> ['a']", "never compared"),
    ("exists(select 1)", "never compared"),
    ("key ilike 'a'", "never compared"),
    ("no_such_function(key)", "never compared"),
]
REFUSED_SELECTS = [
    ("select key from core.cells\nunion all by name\nselect key from core.names", 1, "union all"),
    ("select\n  * exclude (key)\nfrom core.cells", 2, "name the columns"),
    ("select\n  c.* exclude (key)\nfrom core.cells as c", 2, "name the columns"),
    ("select\n  * replace (1 as key)\nfrom core.cells", 2, "name the columns"),
    ("select columns('k.*')\nfrom core.cells", 1, "never compared"),
    (
        "select *\nfrom core.cells\nqualify row_number() over (order by key) = 1",
        3,
        "row_number() over (...) as place",
    ),
    ("select c.*\nfrom core.cells as c\nqualify row_number() over () = 1", 3, "column more"),
    ("select key\nfrom core.cells\nqualify row_number() over () = 1", 3, "in the next select"),
    ("select *\nfrom core.cells\njoin core.names using (state)", 1, "write on a.x = b.x"),
    ("select key\nfrom core.cells\nnatural join core.names", 3, "write inner join"),
    ("select key\nfrom core.cells as a\nasof join core.names as b on a.year >= b.year", 3, "join"),
    ("select key\nfrom core.cells\npositional join core.names", 3, "join"),
    ("select key\nfrom core.cells as a\nfull join core.names as b on true", 3, "full join"),
    ("select key\nfrom core.cells as a\nanti join core.names as b on true", 3, "anti join"),
    ("select c\nfrom core.cells,\nunnest(codes) as t(c)", 3, "column of a select"),
    ("select x\nfrom range(3) as t(x)", 2, "column of a select"),
    ("select key\nfrom core.cells\nwhere unnest(codes) = 'F'", 3, "columns of a select"),
    ("select unnest(codes) as a,\nunnest(codes) as b\nfrom core.cells", 1, "one select for each"),
    ("select distinct on (state)\n  key from core.cells", 1, "distinct on"),
    ("select key\nfrom core.cells\nlimit 3", 3, "never compared"),
    ("select key\nfrom core.cells using sample 3", 2, "never compared"),
    (
        "with recursive a as (select 1 as x\nunion\nselect x + 1 from a)\nselect x from a",
        1,
        "count the steps",
    ),
    (
        "select year > 2020 as late,\n  count(*) filter (where late) over () as n\nfrom core.cells",
        2,
        "in the select before",
    ),
    ("pivot core.cells\non year using sum(value)", 1, "never compared"),
]


@pytest.mark.parametrize(("written", "told"), REFUSED, ids=[w for w, _ in REFUSED])
def test_what_is_read_otherwise_is_told_with_its_line_wherever_it_stands(
    written: str, told: str
) -> None:
    places = [
        (f"select key,\n  state,\n  {written} as x\nfrom core.cells\ngroup by all", 3),
        (
            f"with a as (\n  select {written}\n  from core.cells group by all\n)\nselect 1 from a",
            2,
        ),
        (
            f"select ''\nunion all\nselect\n  {written}\nfrom core.cells group by all",
            4,
        ),
        (f"select key from core.cells\nwhere state is null\n  or {written} is null", 3),
    ]
    for sql, line in places:
        said = list(differences(sql, "sql/core/new.sql"))
        wanted = [part for part in told.split("|") if any(part in s for s in said)]
        assert wanted, (sql, said)
        assert all(s.startswith(f"sql/core/new.sql line {line}: ") for s in said), (sql, said)
        with pytest.raises(UserError, match=f"line {line}: "):
            to_spark(sql)


@pytest.mark.parametrize(("sql", "line", "told"), REFUSED_SELECTS)
def test_a_select_that_is_read_otherwise_is_told_with_its_line(
    sql: str, line: int, told: str
) -> None:
    said = list(differences(sql, "new.sql"))
    assert any(s.startswith(f"new.sql line {line}: ") and told in s for s in said), said


@pytest.mark.parametrize("sql", FORMS)
def test_what_both_engines_read_alike_is_allowed_and_runs(sql: str) -> None:
    assert list(differences(sql, "new.sql")) == []
    assert to_spark(sql)
    connection = duckdb.connect()
    connection.execute(GIVEN)
    assert DuckEngine(connection).run(sql).columns


def test_each_function_that_is_allowed_stands_in_a_form_that_is_compared() -> None:
    together = " ".join(FORMS)
    assert [f for f in FUNCTIONS if not re.search(rf"\b{f}\(", together)] == []


def test_no_other_function_of_duckdb_is_allowed() -> None:
    asked = (
        "select distinct function_name from duckdb_functions()"
        " where function_type in ('scalar', 'aggregate')"
        " and regexp_full_match(function_name, '[a-z]\\w*')"
    )
    found = duckdb.connect().execute(asked).fetchall()
    others = sorted({name for (name,) in found} - FUNCTIONS)
    assert len(others) > 300
    chosen = random.Random(4).sample(others, 150)
    silent = []
    for name in chosen:
        sql = f"select key,\n  {name}(value) as x\nfrom core.cells"
        try:
            told = list(differences(sql, "new.sql"))
        except Exception:  # no select of one argument: it cannot be parsed, so no model has it
            continue
        if not any(t.startswith("new.sql line 2: ") for t in told):
            silent.append(name)
    assert silent == []


def test_a_sentence_is_short_enough_to_be_read() -> None:
    for written, _ in REFUSED:
        for said in differences(f"select {written} from core.cells", "new.sql"):
            assert len(said.split()) <= 45, said


def test_the_models_of_the_project_are_read_alike(contracts: Contracts) -> None:
    models = read_models(ROOT / "sql", tables=contracts.tables)
    assert list(wrong_models(models | read_checks(ROOT / "sql"))) == []


def test_lines_of_the_template_are_told_once(contracts: Contracts, tmp_path: Path) -> None:
    (tmp_path / "staging").mkdir()
    text = "-- Grain: one cell.\nselect\n    len([$dimensions]) as n,\nfrom warehouse.$table\n"
    (tmp_path / "staging/_template.sql").write_text(text, encoding="utf-8")
    models = read_models(tmp_path, ["staging"], tables=contracts.tables)
    (said,) = wrong_models(models)
    assert said.startswith("sql/staging/_template.sql line 3: len(...)")


def test_an_index_counts_from_one_on_both_engines() -> None:
    assert "TRY_ELEMENT_AT(codes, CAST(1 AS INT))" in to_spark("select codes[1] as x from core.a")
    assert "core__a AS b" in to_spark("select b.x from core.a as b")
