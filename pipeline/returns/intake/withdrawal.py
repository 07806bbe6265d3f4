"""Which tables does a state take back? Read from `<STATE>.<number>.withdrawn.csv`: one
line per table, with a reason.

What the state said of them in this round then counts no more; the ledger keeps it, and
earlier rounds stand.
"""

from __future__ import annotations

from pipeline.contracts.codelists import fold
from pipeline.contracts.layout import tables_for
from pipeline.returns.formats.raw import CsvText
from pipeline.returns.intake.codes import clean, read_code
from pipeline.returns.intake.entry import ReturnContext
from pipeline.returns.intake.lines import csv_cells, records_of

WITHDRAWAL_COLUMNS = frozenset({"table", "reason"})
EVERY_TABLE = "*"


def read_withdrawal(ctx: ReturnContext, csv_text: CsvText) -> frozenset[str]:
    """Names of the tables that are withdrawn, each with a note; findings for what is no
    table.
    """
    tables = {t.name: t for t in tables_for(ctx.contract, ctx.state, round_=ctx.round)}
    header, records = records_of(csv_text, WITHDRAWAL_COLUMNS)
    ctx.ignore(header, "form-code")
    if "table" not in {fold(c.text) for c in header}:
        ctx.book.add(
            "wrong-header",
            ", ".join(c.text for c in header)[:200],
            cell="line 1",
            allowed="table,reason",
        )
        ctx.refuse(csv_cells(csv_text, WITHDRAWAL_COLUMNS))
        return frozenset()
    withdrawn: set[str] = set()
    for record in records:
        cells = [*record.fields.values(), *record.beyond]
        text = clean(record.text("table"))
        place = record.place("table")
        names = (
            list(tables)
            if text == EVERY_TABLE
            else [name for name in [read_code(text, tables)[0]] if name]
        )
        if not names:
            ctx.book.add(
                "unknown-table",
                place.raw or "no table",
                cell=place.address,
                allowed=", ".join(tables),
            )
            ctx.refuse(cells)
            continue
        reason = record.text("reason") or "no reason given"
        for name in names:
            ctx.book.add("withdrawn", reason, cell=place.address, table=name)
        ctx.ignore(cells, "withdrawal")
        withdrawn.update(names)
    return frozenset(withdrawn)
