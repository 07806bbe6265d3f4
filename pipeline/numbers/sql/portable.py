"""Would another engine read a model as DuckDB does? Names each construct that it would
read otherwise, with what to write instead.

Spark reads the models through sqlglot. Of some constructs the translation fails aloud;
of others it gives other rows and says nothing. Those are told one by one. Whatever is
left and was never compared on both engines is refused too, so that a construct that
nobody thought of is looked at before it is used.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.numbers.sql.runner import Model


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Functions that were compared on both engines, by the names that models write.
FUNCTIONS = _words(
    """abs array_length array_to_string bool_and bool_or coalesce count flatten greatest least
    length list list_contains list_distinct list_extract list_filter list_sort list_sum
    list_transform max min nullif range round row_number starts_with sum unnest"""
)
# What a select is made of besides functions, by the names that sqlglot gives.
_PARTS = _words(
    """Identifier Column Table Alias Literal Select From TableAlias CTE Star Join Where
    DataType DataTypeParam Null Boolean Union Group With Paren Ordered Filter Window
    WindowSpec Distinct Order Bracket Subquery Lambda Having Neg Not Is In Between EQ NEQ GT
    GTE LT LTE NullSafeEQ NullSafeNEQ Add Sub Mul Div IntDiv Mod DPipe BitwiseLeftShift
    BitwiseRightShift BitwiseAnd Like And Or Case If Cast Array Pow"""
)
_JOINS = frozenset({"", "INNER", "LEFT", "CROSS", "SEMI", "LEFT OUTER", "LEFT SEMI"})
_WHOLE_TYPES = frozenset({"TINYINT", "SMALLINT", "INT", "BIGINT", "INT128", "HUGEINT"})
_TYPES = frozenset(
    {"INT", "BIGINT", "DECIMAL", "DOUBLE", "VARCHAR", "TEXT", "BOOLEAN", "ARRAY", "LIST"}
)
_MOST_ARGUMENTS = {
    "list_sort": 1,
    "list": 1,
    "range": 2,
    "max": 1,
    "min": 1,
    "count": 1,
    "round": 2,
}
_WHOLE = frozenset({"Count", "ArraySize", "RowNumber", "Null", "Round", "Length"})
_MADE_OF_WHOLE = _words(
    """Add Sub Mul IntDiv Mod Paren Neg BitwiseLeftShift BitwiseRightShift BitwiseAnd Coalesce
    Filter Case If Window"""
)
_WITHOUT_PLACE = frozenset({"Max", "Min"})  # functions of which sqlglot keeps no place
_ARBITRARY = _words(
    """first last any_value arbitrary mode arg_max arg_min max_by min_by argmax argmin
    first_value last_value nth_value"""
)
_SLICES = frozenset({"list_slice", "array_slice"})
_BY_PLACE = "list_transform(range(1, array_length(x) + 1), lambda i: list_extract(x, i))"
_LONGEST_QUOTE = 60


def differences(sql: str, place: str) -> Iterator[str]:
    """A sentence with file and line for each construct of a select that another engine
    would read otherwise. The select must be one that can be parsed.
    """
    import sqlglot

    tree = sqlglot.parse_one(sql, read="duckdb")
    told = set()
    for node in tree.walk():
        if said := _told_of(node, sql):
            told.add((_line(node), said))
    for line, said in sorted(told):
        yield f"{place} line {line}: {said}"


def wrong_models(models: Mapping[str, Model]) -> Iterator[str]:
    """The differences of all models and checks, each once: those that are rendered from
    one template share its lines.
    """
    told: dict[str, None] = {}
    for model in models.values():
        told |= dict.fromkeys(differences(model.sql, model.place))
    yield from told


def _told_of(node: Any, sql: str) -> str:
    """What is said of one node, by the first rule that has something to say."""
    return next((said for rule in _RULES if (said := rule(node, sql))), "")


def _list_in_order(node: Any, sql: str) -> str:
    if _kind(node) == "Order" and _is_function(node.parent):
        written = _written(node.parent, sql) or _quoted(node.parent)
        if _kind(node.parent) == "ArrayAgg" or written in FUNCTIONS:
            return (
                f"the order inside {written}(... order by ...) is lost on another engine, without"
                f" a word; write list_sort(list(x)), which sorts by the values"
            )
        if written not in _ARBITRARY:
            return (
                f"the order inside {written}(... order by ...) is not kept everywhere; sort a list"
                " of the values: list_sort(list(x))"
            )
    return ""


def _list_of_any_order(node: Any, sql: str) -> str:
    if _kind(node) == "ArrayAgg" and _kind(node.this) != "Order":
        above = _above(node, ("Filter", "Coalesce", "Flatten", "ArrayDistinct", "Paren"))
        if _kind(above) not in ("ArraySort", "ArraySize"):
            return (
                f"{_written(node, sql)}(...) comes in whatever order an engine reads rows; write"
                " list_sort(list(x))"
            )
    return ""


def _list_of_nothing(node: Any, sql: str) -> str:
    if _kind(node) != "ArrayAgg":
        return ""
    select = _select_of(node)
    has_filter = _kind(node.parent) == "Filter"
    if not has_filter and (select is None or select.args.get("group")):
        return ""
    passed = ("Filter", "Flatten", "ArrayDistinct", "Paren", "ArraySort", "ArraySize", "Order")
    if _kind(_above(node, passed)) == "Coalesce":
        return ""
    return (
        f"{_written(node, sql)}(...) over no rows is null here and an empty list elsewhere;"
        " write coalesce(list_sort(list(x) filter (where ...)), []::varchar[])"
    )


def _list_made_distinct(node: Any, sql: str) -> str:
    if _kind(node) == "ArrayDistinct":
        above = _above(node, ("Coalesce", "Paren", "Flatten"))
        if _kind(above) not in ("ArraySort", "ArraySize"):
            return (
                f"{_written(node, sql)}(...) has another order on each engine; write"
                " list_sort(list_distinct(x))"
            )
    return ""


def _arbitrary_row(node: Any, sql: str) -> str:
    written = _written(node, sql)
    if _is_function(node) and (written in _ARBITRARY or _kind(node) in ("ArgMax", "ArgMin")):
        return (
            f"{written or _kind(node).lower()}(...) takes another row elsewhere where several tie;"
            " write max(x) where all are the same, or row_number() over (partition by a order by b)"
            " as place, and take place = 1 in the next select"
        )
    return ""


def _index(node: Any, sql: str) -> str:
    if _kind(node) == "Bracket":
        index = node.expressions[0]
        if len(node.expressions) != 1 or _kind(index) == "Slice":
            return f"a slice of a list is read otherwise elsewhere; write {_BY_PLACE}"
        if _kind(index) != "Literal" or index.is_string or int(index.name) < 0:
            return (
                "an index that is no plain number from 1 counts from 0 on another engine, without"
                " a word; write list_extract(x, i), which counts from 1 everywhere"
            )
    if _is_function(node) and _written(node, sql) in _SLICES:
        return f"{_written(node, sql)}(...) is read otherwise elsewhere; write {_BY_PLACE}"
    return ""


def _place_in_lambda(node: Any, _: str) -> str:
    if _kind(node) == "Lambda" and len(node.expressions) > 1:
        return (
            "the second name of a lambda counts from 1 here and from 0 elsewhere, without a word;"
            f" write {_BY_PLACE}"
        )
    return ""


def _union(node: Any, _: str) -> str:
    if node.args.get("by_name"):
        return (
            "union by name exists on no other engine; name the same columns in the same order and"
            " write union all"
        )
    return ""


def _stars(node: Any, _: str) -> str:
    if _kind(node) == "Star" and any(node.args.get(a) for a in ("except_", "replace", "rename")):
        return "* exclude, replace or rename is no common SQL; name the columns"
    if _kind(node) == "Star" and any(node.args.get(a) for a in ("except", "ilike", "like")):
        return "* with a choice of columns is no common SQL; name the columns"
    if _kind(node) == "Select" and any(_kind(e) == "Star" for e in node.expressions):
        joins = node.args.get("joins") or []
        if any(j.args.get("using") for j in joins):
            return (
                "* beside a join with using (...) gives the columns in another order elsewhere;"
                " write on a.x = b.x, or name the columns"
            )
    return ""


def _qualify(node: Any, _: str) -> str:
    if _kind(node) == "Qualify" and any(e.is_star for e in node.parent.expressions):
        return (
            "qualify beside * leaves a column more in the rows of another engine; write"
            " row_number() over (...) as place, and take place = 1 in the next select"
        )
    if _kind(node) == "Qualify":
        return (
            "qualify is no common SQL; write row_number() over (...) as place, and take place = 1"
            " in the next select"
        )
    return ""


def _length(node: Any, sql: str) -> str:
    if _kind(node) == "Length" and _written(node, sql) == "len":
        return (
            "len(...) of a list is the length of a text elsewhere; write array_length(x) of a"
            " list, and length(x) of a text"
        )
    return ""


def _to_whole(node: Any, _: str) -> str:
    if _kind(node) == "Cast" and node.to.this.name in _WHOLE_TYPES and not _is_whole(node.this):
        return (
            f"a cast to {node.to.this.name.lower()} rounds here and cuts off elsewhere, without a"
            f" word; write round(x)::{node.to.this.name.lower()}"
        )
    return ""


def _is_whole(node: Any) -> bool:
    kind = _kind(node)
    if kind == "Literal":
        return not node.is_string and node.name.isdigit()
    if kind == "Cast":
        return node.to.this.name in _WHOLE_TYPES
    if kind == "Round":
        return node.args.get("decimals") is None
    if kind == "Filter":
        return _is_whole(node.this)
    if kind == "Case":
        told = [i.args["true"] for i in node.args["ifs"]] + [node.args.get("default")]
        return all(_is_whole(t) for t in told if t is not None)
    if kind in _MADE_OF_WHOLE:
        parts = [p for p in (node.this, node.args.get("expression"), *node.expressions) if p]
        return all(_is_whole(p) for p in parts)
    return kind in _WHOLE


def _like(node: Any, _: str) -> str:
    pattern = node.args.get("expression") if _kind(node) == "Like" else None
    if _kind(node) == "Escape" or (pattern is not None and "\\" in pattern.sql()):
        return (
            "like with a backslash or escape matches otherwise elsewhere; write starts_with(x, 'y')"
        )
    return ""


def _join(node: Any, _: str) -> str:
    if _kind(node) != "Join":
        return ""
    if method := node.args.get("method"):
        return (
            f"a {str(method).lower()} join is read otherwise elsewhere; write inner join or left"
            " join with on"
        )
    said = " ".join(str(node.args[a]) for a in ("side", "kind") if node.args.get(a)).upper()
    if said not in _JOINS:
        return (
            f"a {said.lower()} join was never compared on both engines; write inner, left, cross"
            " or semi join"
        )
    return ""


def _unnest(node: Any, _: str) -> str:
    parent = node.parent
    is_read = _kind(parent) in ("Table", "From", "Join", "Lateral") and parent.this is node
    if _kind(node) == "Unnest" or (is_read and _is_function(node)):
        return "a function in from is read otherwise elsewhere; write it as a column of a select"
    if _kind(node) == "Explode":
        select = _select_of(node)
        if select is None:
            return "unnest runs in columns of a select alone; write it there"
        if sum(1 for e in select.expressions for _ in e.find_all(type(node))) > 1:
            return (
                "two unnest in one select run side by side here and not at all elsewhere; write"
                " one select for each"
            )
    return ""


def _distinct_on(node: Any, _: str) -> str:
    if _kind(node) == "Distinct" and node.args.get("on"):
        return (
            "distinct on takes another row on another engine; write row_number() over (...) as"
            " place, and take place = 1 in the next select"
        )
    return ""


def _select_in_expression(node: Any, _: str) -> str:
    if _kind(node) == "Subquery" and _kind(node.parent) not in ("From", "Join", "In"):
        return (
            "a select inside an expression is not run everywhere once it names what is outside;"
            " write it as a select of its own and join it"
        )
    return ""


def _recursion(node: Any, _: str) -> str:
    if _kind(node) != "With" or not node.args.get("recursive"):
        return ""
    for cte in node.expressions:
        reads = {_name(t) for t in cte.this.walk() if _kind(t) == "Table"}
        if cte.alias in reads and _kind(cte.this) == "Union" and cte.this.args.get("distinct"):
            return (
                f"recursion with union ({cte.alias}) is run by few engines; count the steps, stop"
                " at a number with union all, and select distinct in the next select"
            )
    return ""


def _alias_in_window(node: Any, _: str) -> str:
    """A window over what the same select works out: DuckDB alone looks there."""
    select = _select_of(node) if _kind(node) == "Window" else None
    if select is None:
        return ""
    made = {e.alias for e in select.expressions if e.alias and _name(e.this) != e.alias}
    for column in (n for n in node.walk() if _kind(n) == "Column" and not n.table):
        if column.name in made:
            return (
                f"a window over {column.name}, which the same select works out, is run by few"
                f" engines; work {column.name} out in the select before"
            )
    return ""


def _more_than_one(node: Any, sql: str) -> str:
    """More in a function than was compared: how to sort, a step, how many."""
    most = _MOST_ARGUMENTS.get(written := _written(node, sql) or node.key.lower())
    if not _is_function(node) or most is None:
        return ""
    given = _arguments(node, sql)
    if given > most:
        return (
            f"{written}(...) with more than {most} argument{'s' * (most > 1)} means something else"
            f" elsewhere; write it with {most}"
        )
    return ""


def _type(node: Any, _: str) -> str:
    if _kind(node) == "DataType" and (name := node.this.name) not in _TYPES:
        return (
            f"the type {name.lower()} was never compared on both engines; write"
            " varchar, boolean, integer, bigint, decimal, double or a list of them"
        )
    return ""


def _never_compared(node: Any, sql: str) -> str:
    kind = _kind(node)
    if kind == "IgnoreNulls":
        return ""  # how sqlglot holds any_value, which is told
    written = _written(node, sql)
    if _is_function(node) and kind not in _PARTS:
        if written in FUNCTIONS or (not written and kind in _WITHOUT_PLACE):
            return ""
        return (
            f"{written or node.sql_name().lower()}(...) was never compared on both engines; write"
            " it with functions that other models use, or see docs/how-to/write-a-model.md"
        )
    if kind not in _PARTS:
        return (
            f"'{_quoted(node)}' was never compared on both engines; write it with what other"
            " models use"
        )
    return ""


_RULES: tuple[Callable[[Any, str], str], ...] = (
    _list_in_order,
    _list_of_any_order,
    _list_of_nothing,
    _list_made_distinct,
    _arbitrary_row,
    _index,
    _place_in_lambda,
    _union,
    _stars,
    _qualify,
    _length,
    _to_whole,
    _like,
    _join,
    _unnest,
    _distinct_on,
    _select_in_expression,
    _recursion,
    _alias_in_window,
    _more_than_one,
    _type,
    _never_compared,
)


def _name(node: Any) -> str:
    """The name of a column or table; none of anything else."""
    return str(node.name) if _kind(node) in ("Column", "Table") else ""


def _kind(node: Any) -> str:
    return type(node).__name__


@cache
def _function() -> type:
    from sqlglot import exp

    found: type = exp.Func
    return found


def _is_function(node: Any) -> bool:
    return isinstance(node, _function())


def _written(node: Any, sql: str) -> str:
    """The name of a function as the model writes it; empty where its place is not known."""
    meta = node.meta if _is_function(node) else {}
    if "start" not in meta and _kind(node.parent) == "IgnoreNulls":
        meta = node.parent.meta
    if "start" not in meta:
        return ""
    word = sql[meta["start"] : meta["end"] + 1]
    return word.lower() if re.fullmatch(r"\w+", word) else ""


def _arguments(node: Any, sql: str) -> int:
    """How many arguments a function is written with: the commas that stand in no bracket
    and no text. sqlglot leaves some of them out of its tree.
    """
    if "end" not in node.meta:
        return sum(1 for v in node.args.values() if v is not None and not isinstance(v, bool))
    depth, commas, rest = 0, 0, re.sub(r"'[^']*'", "''", sql[node.meta["end"] + 1 :])
    for sign in rest:
        depth += (sign in "([{") - (sign in ")]}")
        commas += sign == "," and depth == 1
        if depth == 0 and sign == ")":
            break
    return commas + 1


def _line(node: Any) -> int:
    """The line that a node begins in, by itself, by what is in it, or by what it is in."""
    at: Any = node
    while at is not None:
        lines = [n.meta["line"] for n in at.walk() if "line" in n.meta]
        if lines:
            return int(min(lines))
        at = at.parent
    return 1


def _above(node: Any, passed: tuple[str, ...]) -> Any:
    """The first node above one that is none of these kinds."""
    above = node.parent
    while above is not None and _kind(above) in passed:
        above = above.parent
    return above


def _select_of(node: Any) -> Any:
    """The select of which a node is in a column; none where it stands elsewhere in it."""
    child, above = node, node.parent
    while above is not None and _kind(above) != "Select":
        child, above = above, above.parent
    if above is None or not any(child is e for e in above.expressions):
        return None
    return above


def _quoted(node: Any) -> str:
    text = " ".join(node.sql(dialect="duckdb").split())
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}..."
