"""Which figures do the records of a table come to? The same cells that the form has,
margins and zeros included.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from pipeline.contracts.layout import form_of
from pipeline.contracts.model import Contract
from pipeline.returns.intake.entry import Entry
from pipeline.returns.intake.parse import MISSING, NIL
from pipeline.returns.records.form import CONF, CONF_ORDER, RecordForm
from pipeline.returns.records.source import column, quoted

if TYPE_CHECKING:
    import duckdb

LARGEST = Decimal(10) ** 15
Codes = tuple[str, ...]


def figures(
    connection: duckdb.DuckDBPyConnection,
    form: RecordForm,
    *,
    contract: Contract,
    round_: int,
    names: tuple[str, ...],
) -> list[Entry]:
    """The cells of the table as a state would fill them in, counted from the rows in
    `records`, all of them good.

    Margins are those of the code lists. In a year with records, what has none is zero;
    a year without any, and a code that did not exist in the year, has no cell: that is
    not reported, which is not zero.
    """
    counted = _count(connection, form, names=names)
    years = {
        int(y)
        for (y,) in connection.execute(f"select distinct {column('year')} from records").fetchall()
    }
    keys = [
        k.codes for k in form_of(form.table, contract, state=form.state, round_=round_).addresses()
    ]
    valid = [codes for codes in keys if int(codes[1]) in years and _exists(form, codes)]
    nothing = (0, Decimal(0), "F")
    return [
        _entry(form, codes, *counted.get(codes, nothing))
        for codes in dict.fromkeys([*valid, *sorted(counted)])
    ]


def unusable(form: RecordForm, contract: Contract, *, round_: int) -> list[Entry]:
    """The cells of a table that is refused: they stand without a figure, so that none
    counts as withdrawn.
    """
    keys = form_of(form.table, contract, state=form.state, round_=round_).addresses()
    return [
        Entry(form.table, key.codes, "", None, MISSING, "C", "", "", "records", usable=False)
        for key in keys
    ]


def _exists(form: RecordForm, codes: Codes) -> bool:
    pairs = zip(form.table.dimensions, codes[2:], strict=True)
    return all(d.codelist[code].valid_in(int(codes[1])) for d, code in pairs)


def _count(
    connection: duckdb.DuckDBPyConnection, form: RecordForm, *, names: tuple[str, ...]
) -> dict[Codes, tuple[int, Decimal, str]]:
    """Records, their sum, and the confidentiality, by the codes of each cell that has a
    record.

    Each row counts for its own code and for every code above it, in each dimension: one
    join per dimension gives all margins, also where a list has more than one level, for
    which grouping sets would need a column per level.
    """
    joins, codes = "", []
    for number, dimension in enumerate(form.table.dimensions):
        pairs = [
            (leaf.code, code)
            for leaf in form.leaves(dimension)
            for code in form.above(dimension, leaf)
        ]
        values = ", ".join(f"({quoted(leaf)}, {quoted(code)})" for leaf, code in pairs)
        up = f"up{number}"
        joins += (
            f" inner join (values {values}) as {up}(leaf, code) on {up}.leaf ="
            f" {column(dimension.name)}"
        )
        codes.append(f"{up}.code")
    order = "[" + ", ".join(map(quoted, CONF_ORDER)) + "]"
    rank = f"max(coalesce(list_position({order}, {column(CONF)}), 1))" if CONF in names else "1"
    value = "sum(total)" if form.records.quantity else "sum(n)"
    found = connection.execute(
        f"""select {column("year")}, {", ".join(codes)}, sum(n)::bigint, {value}::decimal(38, 9),
        {rank}
        from records{joins}
        where not is_nil
        group by {column("year")}, {", ".join(codes)}"""
    ).fetchall()
    return {
        (form.state, str(year), *rest): (int(number), total, CONF_ORDER[rank - 1])
        for year, *rest, number, total, rank in found
    }


def _entry(form: RecordForm, codes: Codes, number: int, total: Decimal, conf: str) -> Entry:
    step = Decimal(1).scaleb(-form.table.decimals)
    value = total.quantize(step, ROUND_HALF_UP).normalize() + 0
    address = f"{number:,} record{'s' * (number != 1)}"
    # More than nothing, but less than half of the last decimal, is not zero.
    nil = total > 0 and value == 0
    return Entry(
        form.table,
        codes,
        f"{total.normalize() + 0:f}",
        None if nil else value,
        NIL if nil else "A",
        conf,
        "",
        "",
        address,
        usable=True,
    )
